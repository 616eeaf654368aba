"""What a plan asks for, as a set of labels: the tools, the operations, and which arguments matter.

``edit.remove``, ``edit.gain+``, ``retrieve``, ``adjust.energy-``, ``f.year``, ``state.undo`` … The reader
(``reader.py``) is trained to tell them from the words alone; plans made by rules are compared with it by them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from segue.agent.plan import Plan

TOOLS = frozenset({"generate", "edit", "caption", "tag", "retrieve", "transcribe", "library", "export"})
_FILTERS = {
    "year_min": "year", "year_max": "year", "bpm_min": "bpm", "bpm_max": "bpm", "duration_min_s": "duration",
    "duration_max_s": "duration", "plays_max": "unplayed",
}  # fmt: skip
_MADE_FROM = ("melody", "style", "continue_from", "accompany", "video", "takes", "form", "chords", "loop")
_PLAIN = frozenset({"k", "query", "action", "filters", "adjust", "order"})
_SEVERAL = 2


def labels(plan: Plan) -> frozenset[str]:
    """Return the labels of a plan."""
    return labels_of(
        ({"tool": step.tool, "args": step.args} for step in plan.steps),
        (op.op for op in plan.state),
        asks=bool(plan.question),
        replies=bool(plan.reply),
    )


def labels_of(steps: Iterable[Mapping[str, Any]], state: Iterable[str], *, asks: bool, replies: bool) -> frozenset[str]:
    """Return the labels of steps (``{"tool", "args"}``) and state operations, with whether something is asked or said."""
    found = {f"state.{op}" for op in state}
    if asks:
        found.add("ask")
    if replies:
        found.add("reply")
    for step in steps:
        found.add(step["tool"])
        if special := _SPECIAL.get(step["tool"]):
            found |= set(special(step.get("args") or {}))
    return frozenset(found)


def is_main(label: str) -> bool:
    """Tell whether a label says what is to be done, and not with which constraint."""
    return (
        label in TOOLS
        or label in ("identify", "question", "sections", "ask", "reply")
        or label.startswith(("edit.", "state."))
    )


def main_of(found: Iterable[str]) -> frozenset[str]:
    """Return the labels that say what is to be done."""
    return frozenset(label for label in found if is_main(label))


def _edit(args: Mapping[str, Any]) -> Iterable[str]:
    for operation in args.get("operations") or []:
        op = str(operation.get("op"))
        if op == "gain":
            op += _sign(operation.get("db"))
        elif op == "tempo" and (ratio := _number(operation.get("ratio"))) is not None:
            op += _sign(ratio - 1)
        yield f"edit.{op}"


def _retrieve(args: Mapping[str, Any]) -> Iterable[str]:
    if args.get("action") == "identify":
        yield "identify"
    for name in args.get("filters") or {}:
        yield f"f.{_FILTERS.get(name, name)}"
    for axis, amount in (args.get("adjust") or {}).items():
        yield f"adjust.{axis}{_sign(amount)}"
    if args.get("order"):
        yield f"order.{args['order']}"
    for name in args:
        if name not in _PLAIN:
            yield f"r.{name}"


def _generate(args: Mapping[str, Any]) -> Iterable[str]:
    return (f"g.{name}" for name in _MADE_FROM if name in args)


def _caption(args: Mapping[str, Any]) -> Iterable[str]:
    if args.get("question"):
        yield "question"
    if args.get("detail") == "sections":
        yield "sections"
    if len(args.get("clips") or []) >= _SEVERAL:
        yield "several"


def _transcribe(args: Mapping[str, Any]) -> Iterable[str]:
    return (f"to.{form}" for form in args.get("to") or [])


def _library(args: Mapping[str, Any]) -> Iterable[str]:
    yield f"library.{args.get('action')}"


_SPECIAL = {
    "edit": _edit, "retrieve": _retrieve, "generate": _generate, "caption": _caption, "transcribe": _transcribe,
    "library": _library,
}  # fmt: skip


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _sign(value: object) -> str:
    number = _number(value)
    return "" if not number else "+" if number > 0 else "-"
