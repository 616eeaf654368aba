"""Commands that nobody wrote: made from a tool's ``Args``, so that a new tool is on the command line at once."""

import inspect
import json
import types
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from segue.tools.core.base import Ref, Tool
from segue.tools.core.errors import InvalidArgument
from segue.ui.deliver import run_and_print

_PLAIN = (str, int, float, bool)


def command(tool: Tool) -> Callable[..., None]:
    """Return a function that typer can make a command of: required references stand bare, the rest are options."""
    fields = tool.Args.model_fields
    positional = next((name for name, info in fields.items() if info.is_required() and _holds_refs(info)), None)

    def run(output: Path | None = None, args_json: str | None = None, json_output: bool = False, **given: Any) -> None:  # noqa: ANN401
        given = {name: value for name, value in given.items() if value not in (None, [])}
        files = {name: value for name, value in given.items() if _holds_refs(fields[name])}
        values = {name: _value(name, fields[name], value) for name, value in given.items() if name not in files}
        if args_json:
            values |= _json("--args", args_json)
        run_and_print(tool.name, values, output, json_output, files)

    parameters = [_parameter(name, info, positional) for name, info in fields.items()]
    parameters += [
        _option("output", Path | None, None, "where to copy what was made: a file, or a folder", "--output", "-o"),
        _option("args_json", str | None, None, "arguments as JSON, over the options", "--args"),
        _option("json_output", bool, False, "print JSON", "--json"),
    ]
    # Typer reads names, types and defaults from the signature.
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__ = tool.name
    run.__doc__ = tool.description
    return run


def _option(name: str, type_: Any, default: Any, help: str, *flags: str) -> inspect.Parameter:  # noqa: ANN401
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[type_, typer.Option(*flags, help=help)],
    )


def _parameter(name: str, info: FieldInfo, positional: str | None) -> inspect.Parameter:
    kind, many = _shape(info)
    help = "; ".join(part for part in (info.description or "", _choices(info)) if part)
    if not many and kind is str and not _is_plain(info):
        help = f"{help} (JSON)".strip()
    if name == positional:
        annotation: Any = list[str] if many else str
        annotation = Annotated[annotation, typer.Argument(help=help or "a file, or an id")]
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
    flag = "--" + name.replace("_", "-")
    if kind is bool:
        return _option(name, bool | None, None, help, f"{flag}/--no-{flag[2:]}")
    wanted: Any = types.GenericAlias(list, (kind,)) if many else kind | None
    return _option(name, wanted, [] if many else None, help, flag)


def _inner(annotation: Any) -> Any:  # noqa: ANN401 - any type
    """Return the type without ``| None``."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _shape(info: FieldInfo) -> tuple[Any, bool]:
    """Return the type that the command line reads, and whether the option can be repeated."""
    inner = _inner(info.annotation)
    if get_origin(inner) is list:
        element = get_args(inner)[0]
        if element in _PLAIN:
            return element, True
        return str, get_origin(element) is Literal or _is_ref(element)
    if inner in _PLAIN or get_origin(inner) is Literal:
        return inner, False
    return str, False


def _choices(info: FieldInfo) -> str:
    """Return the words that a list takes, where only some are taken."""
    inner = _inner(info.annotation)
    element = get_args(inner)[0] if get_origin(inner) is list else None
    return ", ".join(map(str, get_args(element))) if get_origin(element) is Literal else ""


def _is_plain(info: FieldInfo) -> bool:
    inner = _inner(info.annotation)
    return inner is str or _is_ref(inner)


def _is_ref(type_: Any) -> bool:  # noqa: ANN401 - any type
    return inspect.isclass(type_) and issubclass(type_, Ref)


def _holds_refs(info: FieldInfo) -> bool:
    inner = _inner(info.annotation)
    return _is_ref(inner) or (get_origin(inner) is list and _is_ref(get_args(inner)[0]))


def _value(name: str, info: FieldInfo, value: Any) -> Any:  # noqa: ANN401 - any argument
    kind, many = _shape(info)
    if kind is str and not many and not _is_plain(info) and isinstance(value, str):
        return _json("--" + name.replace("_", "-"), value)
    return value


def _json(flag: str, text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidArgument(f"{flag} is not JSON ({error.msg}).", 'For example: \'{"genre": "jazz"}\'') from None
