"""Where references may stand in a tool's arguments, and what each field of a tool's output gives.

One walk over the types serves both ``check`` (is every edge of the graph well typed?) and the
runner (put values in the place of references), so that the two cannot disagree.
"""

import math
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from segue.tools.core.base import Args, ItemRef, Out, PieceRef, Ref, Tool, Value
from segue.tools.core.piece import Clip, FileOut, Piece

_NONE = type(None)
DROP = object()
"""What ``put`` returns to leave a field out, so that its default applies."""
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Slot:
    """A place in the arguments where a reference stands.

    Attributes
    ----------
    path : keys and indices from the arguments' root.
    wants : the type that is wanted there, without ``Optional``.
    in_list : whether it is one element of a list, so that a whole list may be spliced in.
    optional : whether None, or the field's default, may stand there instead.
    """

    path: Path
    wants: Any
    in_list: bool = False
    optional: bool = False

    @property
    def name(self) -> str:
        """The path in words: ``operations[0].clips[1]``."""
        text = ""
        for part in self.path:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text


@dataclass(frozen=True)
class Gives:
    """What a field of a tool's output is: ``kind`` of one element, and whether there is a list of them."""

    kind: Literal["piece", "item", "file", "scalar", "other"]
    many: bool
    type: Any

    @property
    def words(self) -> str:
        """Say it: "a list of pieces", "a number"."""
        if self.kind in ("scalar", "other"):
            return type_words(self.type)
        return {"piece": "pieces", "item": "items", "file": "files"}[self.kind] if self.many else f"one {self.kind}"


def ref_of(value: Any) -> Ref | None:  # noqa: ANN401 - any JSON
    """Return the reference that a JSON value is, or None. A dict is one when it has only a reference's keys."""
    if isinstance(value, Ref):
        return value
    if not isinstance(value, dict) or not value or not set(value) <= {"step", "field", "index", "id"}:
        return None
    if "step" not in value and "id" not in value:
        return None
    try:
        return Ref.model_validate(value)
    except ValidationError:
        return None


def core(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any type
    """Return a type without ``Annotated`` and ``Optional``, and whether it was optional."""
    optional = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            members = get_args(annotation)
            rest = [member for member in members if member is not _NONE]
            optional = optional or len(rest) < len(members)
            if len(rest) != 1:
                return Union[tuple(rest)], optional  # noqa: UP007 - built at run time
            annotation = rest[0]
        else:
            return annotation, optional


def is_ref(annotation: Any) -> bool:  # noqa: ANN401 - any type
    """Tell whether a type is ``PieceRef``, ``ItemRef`` or ``Ref``."""
    return isinstance(annotation, type) and issubclass(annotation, Ref)


def substitute(tool: Tool, args: dict[str, Any], put: Callable[[Slot, Ref], Any]) -> dict[str, Any]:
    """Return the arguments with ``put(slot, ref)`` in the place of every reference.

    In a list a result that is itself a list is spliced in; ``DROP`` leaves the place out. Unknown fields are left as they are, for
    pydantic to reject.
    """
    return _model(tool.Args, args, (), put)


def _model(model: type[BaseModel], value: dict[str, Any], path: Path, put: Callable[[Slot, Ref], Any]) -> dict[str, Any]:  # fmt: skip
    out: dict[str, Any] = {}
    for name, item in value.items():
        info = model.model_fields.get(name)
        got = item if info is None else _value(info.annotation, item, (*path, name), put, not info.is_required())
        if got is not DROP:
            out[name] = got
    return out


def _value(annotation: Any, value: Any, path: Path, put: Callable[[Slot, Ref], Any], optional: bool = False) -> Any:  # noqa: ANN401 - any type and JSON  # fmt: skip
    wanted, nullable = core(annotation)
    ref = ref_of(value)
    if ref is not None and (is_ref(wanted) or ref.step is not None):
        return put(Slot(path, wanted, optional=optional or nullable), ref)
    origin = get_origin(wanted)
    if origin is list and isinstance(value, list):
        out: list[Any] = []
        element = core(get_args(wanted)[0])[0]
        for i, item in enumerate(value):
            inner = ref_of(item)
            if inner is not None and (is_ref(element) or inner.step is not None):
                got = put(Slot((*path, i), element, in_list=True), inner)
                out.extend(got if isinstance(got, list) else [] if got is DROP else [got])
            else:
                out.append(_value(element, item, (*path, i), put))
        return out
    if isinstance(value, dict):
        chosen = _variant(wanted, value)
        if chosen is not None:
            return _model(chosen, value, path, put)
    return value


def _variant(annotation: Any, value: dict[str, Any]) -> type[BaseModel] | None:  # noqa: ANN401 - any type
    """Return the model that a dict is meant for: in a union the one whose literal fields agree."""
    members = get_args(annotation) if get_origin(annotation) is Union else (annotation,)
    for member in members:
        if not (isinstance(member, type) and issubclass(member, BaseModel)):
            continue
        literals = {
            name: get_args(info.annotation)
            for name, info in member.model_fields.items()
            if get_origin(info.annotation) is Literal and info.is_required()
        }
        if len(members) == 1 or (literals and all(value.get(name) in allowed for name, allowed in literals.items())):
            return member
    return None


def gives(out: type[Out], field: str) -> Gives | None:
    """Return what a field of an output gives, or None where there is no such field, or none that a plan may use."""
    info = out.model_fields.get(field)
    if info is None:
        return None
    annotation, _ = core(info.annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and _is_value(annotation):
        annotation = core(annotation.model_fields["value"].annotation)[0]
        return Gives("scalar" if _plain(annotation) else "other", get_origin(annotation) is list, annotation)
    many = get_origin(annotation) is list
    element = core(get_args(annotation)[0])[0] if many else annotation
    if isinstance(element, type) and issubclass(element, BaseModel):
        if issubclass(element, Piece):
            return Gives("piece", many, annotation)
        if issubclass(element, FileOut):
            return Gives("file", many, annotation)
        if issubclass(element, Clip):  # bare sound, such as a preview: gone when the step is done
            return None
        if "id" in element.model_fields:
            return Gives("item", many, annotation)
    return Gives("scalar" if _plain(annotation) else "other", many, annotation)


def _is_value(model: type[BaseModel]) -> bool:
    return issubclass(model, Value)


def _plain(annotation: Any) -> bool:  # noqa: ANN401 - any type
    element = core(get_args(annotation)[0])[0] if get_origin(annotation) is list else annotation
    return element in (str, int, float, bool)


def fits(source: Any, wanted: Any) -> bool:  # noqa: ANN401 - any type
    """Tell whether a scalar (or list of scalars) may stand where ``wanted`` is wanted."""
    if get_origin(wanted) is list:
        inner = core(get_args(wanted)[0])[0]
        return fits(get_args(source)[0] if get_origin(source) is list else source, inner)
    if get_origin(source) is list:
        return False
    if get_origin(wanted) is Literal:
        return source is str
    if wanted in (int, float):
        return source in (int, float)
    return bool(source is wanted)


def type_words(annotation: Any) -> str:  # noqa: ANN401 - any type
    """Name a type for people: "a number", "a text", "a list of texts"."""
    annotation, _ = core(annotation)
    if get_origin(annotation) is list and get_origin(get_args(annotation)[0]) is Literal:
        return "any of " + ", ".join(map(str, get_args(get_args(annotation)[0])))
    if get_origin(annotation) is list:
        return f"a list of {type_words(get_args(annotation)[0]).split(' ', 1)[-1]}s"
    if is_ref(annotation):
        return "a piece" if issubclass(annotation, PieceRef) else "an item" if issubclass(annotation, ItemRef) else "a reference"  # fmt: skip
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(map(str, get_args(annotation)))
    return {str: "a text", int: "a whole number", float: "a number", bool: "yes or no"}.get(annotation, "an object")


def placeholder(wanted: Any, limits: list[Any]) -> Any:  # noqa: ANN401 - any type and JSON
    """Return a value that stands for one known only after an earlier step has run.

    It keeps within ``limits`` (pydantic's field metadata), so that the rest of the arguments can be
    validated beside it.
    """
    if is_ref(wanted):
        return {"id": "later"}
    if get_origin(wanted) is list:
        return [placeholder(core(get_args(wanted)[0])[0], [])]
    if get_origin(wanted) is Literal:
        return get_args(wanted)[0]
    if wanted in (int, float):
        low = next((v for m in limits for n in ("ge", "gt") if (v := getattr(m, n, None)) is not None), None)
        high = next((v for m in limits for n in ("le", "lt") if (v := getattr(m, n, None)) is not None), None)
        number = (low + high) / 2 if low is not None and high is not None else (low + 1 if low is not None else high - 1 if high is not None else 1)  # fmt: skip
        return wanted(number)
    return False if wanted is bool else "later"


def model_at(model: type[BaseModel], path: Path, data: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any JSON
    """Return the model that the object at ``path`` of ``data`` is validated by, or None for a scalar."""
    annotation: Any = model
    for part in path:
        if isinstance(part, int):
            if get_origin(annotation) is not list or not isinstance(data, list) or part >= len(data):
                return None
            annotation, data = core(get_args(annotation)[0])[0], data[part]
            continue
        here = _variant(annotation, data) if isinstance(data, dict) else None
        if here is None or part not in here.model_fields:
            return None
        annotation = core(here.model_fields[part].annotation)[0]
        data = data.get(part) if isinstance(data, dict) else None
    if isinstance(data, dict) and (found := _variant(annotation, data)):
        return found
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def limits_at(model: type[Args], path: Path, data: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """Return the metadata (``ge``, ``le``, …) of the field at ``path``."""
    owner = model_at(model, path[:-1], data)
    info = owner.model_fields.get(str(path[-1])) if owner else None
    return list(info.metadata) if info else []


_KINDS = {"float": "a number", "int": "a whole number", "string": "a text", "bool": "true or false", "list": "a list"}


def said(error: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    """Say what is wrong with a value, in words that follow its name: "must be at least 20"."""
    kind, limits = error["type"], error.get("ctx", {})
    value = error.get("input")
    if (isinstance(value, float) and math.isnan(value)) or kind == "finite_number":
        return "must be a number"
    for name, words in (
        ("greater_than_equal", "at least {ge:g}"), ("less_than_equal", "at most {le:g}"),
        ("greater_than", "more than {gt:g}"), ("less_than", "less than {lt:g}"),
    ):  # fmt: skip
        if kind == name:
            return f"must be {words.format(**limits)}"
    if kind == "int_from_float":
        return "must be a whole number"
    stem, _, failed = kind.partition("_")
    if failed in ("type", "parsing") and stem in _KINDS:
        return f"must be {_KINDS[stem]}"
    message: str = error["msg"].removeprefix("Value error, ")
    return message
