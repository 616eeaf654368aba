"""The rules of a plan: ``check`` accepts it with its references typed, or says what is wrong with it.

Every problem is one sentence that a planner can act on: which step, which field, what is there, what
is wanted, and where it can be had. Nothing is filled in silently.
"""

import difflib
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from segue.agent.check_types import (
    Gives,
    Slot,
    fits,
    gives,
    is_ref,
    limits_at,
    model_at,
    placeholder,
    ref_of,
    said,
    substitute,
    type_words,
)
from segue.agent.dialogue import State
from segue.agent.plan import Plan, Ref, Step
from segue.tools.core import registry
from segue.tools.core.base import PieceRef, Tool
from segue.tools.core.errors import PlanError

MAX_STEPS = 32
_NOTES_SUFFIX = (".mid", ".midi", ".musicxml", ".xml", ".mxl")


def check(plan: Plan, state: State, known: Callable[[str], bool] | None = None) -> Plan:
    """Return the plan with its tool names resolved, after every step and edge was found right.

    Parameters
    ----------
    plan : as a planner wrote it.
    state : the dialogue; ids of its things may be referred to.
    known : tells of any other id (a library track, an older piece) whether it exists for this owner.

    Raises
    ------
    PlanError : ``problems`` has everything that was found, not only the first.
    """
    problems: list[str] = []
    steps: list[Step] = []
    earlier: dict[str, Tool] = {}
    if len(plan.steps) > MAX_STEPS:
        problems.append(f"the plan has {len(plan.steps)} steps; {MAX_STEPS} are the most")
    for step in plan.steps:
        tool = _tool(step.tool)
        where = f"step {step.id} ({step.tool})"
        if not step.id:
            problems.append(f"a step that calls {step.tool} has no id")
        if step.id in earlier:
            problems.append(f"two steps are called {step.id}; every step needs its own id")
        if tool is None:
            problems.append(f"{where}: there is no tool '{step.tool}'; tools are {', '.join(registry.tools())}")
            continue
        later = {other.id for other in plan.steps} - set(earlier)
        problems += [f"{where}: {words}" for words in _Edges(tool, earlier, later, state, known).problems(step.args)]
        earlier[step.id] = tool
        steps.append(step.model_copy(update={"tool": tool.name}))
    problems += _state_problems(plan, state, known)
    if problems:
        raise PlanError(problems)
    return plan.model_copy(update={"steps": steps})


def dependencies(step: Step) -> set[str]:
    """Return the ids of the steps that a step refers to."""
    found: set[str] = set()

    def look(value: Any) -> None:  # noqa: ANN401 - any JSON
        ref = ref_of(value)
        if ref is not None:
            if ref.step is not None:
                found.add(ref.step)
        elif isinstance(value, dict):
            for item in value.values():
                look(item)
        elif isinstance(value, list):
            for item in value:
                look(item)

    look(step.args)
    return found


def _tool(name: str) -> Tool | None:
    """Return the tool of that name; case and a ``segue.`` or ``tools.`` before it do not matter."""
    return registry.tools().get(name.strip().lower().rsplit(".", 1)[-1])


class _Edges:
    """The check of one step's arguments."""

    def __init__(self, tool: Tool, earlier: dict[str, Tool], later: set[str], state: State, known: Callable[[str], bool] | None) -> None:  # fmt: skip
        self.tool, self.earlier, self.later, self.state = tool, earlier, later, state
        self.known = known or (lambda id: False)
        self.found: list[str] = []
        self.open_paths: list[tuple[str | int, ...]] = []
        self.args: dict[str, Any] = {}

    def problems(self, args: dict[str, Any]) -> list[str]:
        self.args = args
        stood_in = substitute(self.tool, args, self._put)
        try:
            self.tool.Args.model_validate(stood_in)
        except ValidationError as error:
            self.found += [words for words in map(self._words, error.errors()) if words]
        return self.found

    def _words(self, error: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
        """Say a pydantic error; one about a value that is only known later says nothing."""
        path = _path_in(self.args, error["loc"])
        if any(path[: len(p)] == p for p in self.open_paths):
            return ""
        name = Slot(path, None).name
        if error["type"] == "extra_forbidden":
            owner = model_at(self.tool.Args, path[:-1], self.args)
            allowed = list(owner.model_fields) if owner else []
            near = difflib.get_close_matches(str(path[-1]), allowed, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"it may have {', '.join(allowed)}" if allowed else "leave it out"  # fmt: skip
            return f"'{name}' is not an argument here; {hint}"
        if error["type"] == "missing":
            return f"'{name}' is missing"
        message = said(error)
        got = error.get("input")
        shown = f", not {got!r}" if isinstance(got, str | int | float | bool) and len(repr(got)) < 80 else ""
        return f"'{name}'{'' if message.startswith('must ') else ':'} {message}{shown}" if name else message

    def _put(self, slot: Slot, ref: Ref) -> Any:  # noqa: ANN401 - any JSON
        if ref.id is not None:
            self._id(slot, ref.id)
            return {"id": ref.id}
        self._step(slot, ref)
        if not is_ref(slot.wants):
            self.open_paths.append(slot.path)
        return placeholder(slot.wants, limits_at(self.tool.Args, slot.path, self.args))

    def _id(self, slot: Slot, id: str) -> None:
        thing = self.state.thing(id)
        if thing is None and not self.known(id):
            self.found.append(
                f"'{slot.name}' refers to the id '{id}', which is not known; use an id from the dialogue, or refer to an earlier step"
            )
        elif thing and issubclass(slot.wants, PieceRef):
            is_notes = thing.title.lower().endswith(_NOTES_SUFFIX)
            if thing.kind == "playlist" or (thing.kind == "file" and not is_notes):
                self.found.append(f"'{slot.name}' wants a piece; '{thing.title or id}' is a {thing.kind}")

    def _step(self, slot: Slot, ref: Ref) -> None:
        source = self.earlier.get(ref.step or "")
        if source is None:
            why = "comes later: a step may only refer to earlier ones" if ref.step in self.later else "does not exist"
            self.found.append(f"'{slot.name}' refers to step {ref.step}, which {why}")
            return
        given = gives(source.Out, ref.field or "")
        if given is None:
            self.found.append(
                f"'{slot.name}' refers to the field '{ref.field}' of step {ref.step}, but {source.name} gives {', '.join(source.Out.model_fields)}"
            )
            return
        if ref.index is not None and not given.many:
            self.found.append(f"'{slot.name}': '{ref.field}' of step {ref.step} is {given.words}, not a list; leave 'index' out")  # fmt: skip
            return
        self._kind(slot, ref, source, given)

    def _kind(self, slot: Slot, ref: Ref, source: Tool, given: Gives) -> None:
        whole_list = given.many and ref.index is None
        wants, list_ok = slot.wants, slot.in_list
        origin_args = getattr(wants, "__args__", ())
        if not is_ref(wants) and origin_args and is_ref(origin_args[0]):
            wants, list_ok = origin_args[0], True
        what = f"'{ref.field}' of step {ref.step} ({source.name})"
        if is_ref(wants):
            if given.kind in ("scalar", "other"):
                self.found.append(f"'{slot.name}' wants {type_words(wants)}, but {what} is {given.words}{_offer(source, ref)}")  # fmt: skip
            elif issubclass(wants, PieceRef) and given.kind == "file" and "piece" not in source.Out.model_fields and source.name != "export":  # fmt: skip
                self.found.append(f"'{slot.name}' wants a piece, but {what} is a file without notes or sound")
            elif whole_list and not list_ok:
                self.found.append(f"'{slot.name}' wants one {type_words(wants).split()[-1]}, but {what} is a list; add an 'index', from 0")  # fmt: skip
            return
        if given.kind != "scalar":
            self.found.append(f"'{slot.name}' wants {type_words(wants)}, but {what} is {given.words}; a value of a tag step, or a plain value, can stand there")  # fmt: skip
            return
        kind = given.type.__args__[0] if given.many and ref.index is not None else given.type
        as_element = slot.in_list and getattr(kind, "__origin__", None) is list
        if not fits(kind.__args__[0] if as_element else kind, wants):
            self.found.append(f"'{slot.name}' wants {type_words(wants)}, but {what} is {type_words(kind)}")


def _path_in(data: Any, loc: tuple[str | int, ...]) -> tuple[str | int, ...]:  # noqa: ANN401 - any JSON
    """Return pydantic's location without the parts that are no keys of the data (a union's tags)."""
    path: list[str | int] = []
    for n, part in enumerate(loc):
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            if n < len(loc) - 1 or not isinstance(data, dict):
                continue
        path.append(part)
    return tuple(path)


def _offer(source: Tool, ref: Ref) -> str:
    """Name the field of a step that can be used as a piece or an item."""
    for field in source.Out.model_fields:
        given = gives(source.Out, field)
        if given and given.kind in ("piece", "item"):
            index = ', "index": 0' if given.many else ""
            return f'; use {{"step": "{ref.step}", "field": "{field}"{index}}}'
    return f"; {source.name} makes no piece, so refer to what step {ref.step} was given instead"


def _state_problems(plan: Plan, state: State, known: Callable[[str], bool] | None) -> list[str]:
    problems: list[str] = []
    for op in plan.state:
        if isinstance(op.target, Ref):
            if op.target.step is not None:
                problems.append(f"{op.op}: its target is a known id, not a step's output")
            elif op.target.id not in state.things and not (known and known(op.target.id or "")):
                problems.append(f"{op.op}: the id '{op.target.id}' is not known")
        if op.op in ("like", "reject", "drop", "correct") and not op.target:
            problems.append(f"{op.op} needs a target")
        if op.op == "confirm" and state.pending is None:
            problems.append("confirm: nothing waits for a yes")
    return problems
