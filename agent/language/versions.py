"""What a message says about a stretch of the piece in focus, about one of its stems, and about hearing two versions in turns."""

import re
from dataclasses import dataclass
from typing import Any

from segue.agent.dialogue import State, Thing
from segue.agent.language.barring import WITHIN
from segue.agent.plan import Plan

_TIME = r"(\d+:\d\d(?:\.\d+)?|\d+(?:\.\d+)?)(?: ?(?:s|secs?|seconds?))?(?: mark)?"
_STRETCHES = (
    rf"\b(?:only )?(?:from|between) (?:the )?{_TIME} ?(?:to|and|until|till|up to|-|–) ?(?:the )?{_TIME}(?![\w:.%])",
    rf"\b(?:only )?(?:from|after) (?:the )?{_TIME} (?:on|onwards?|to the end)\b",
    rf"\b(?:only )?(?:in|during|over|for) the (first|last|final) {_TIME}(?![\w:.%]|[ -]?(?:bars?|measures?|beats?|notes?|tracks?|songs?|takes?|verses?|choruses)\b)",
)
_STEM = re.compile(r"^the (drums?|bass|vocals?|voice|guitar|piano) (?!and\b|or\b|drum\b|boost)(.+)$", re.IGNORECASE)
_TURNS = re.compile(
    r"\ba ?/ ?b\b|\bin turns\b|\b(?:alternat\w+|switch\w*|back and forth) between\b"
    r"|\b(?:compare|versions?|before and after|original|old and new|old and the new)\b.*\b(?:same|equal|equally|matched) (?:loud\w*|level|volume)",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\b(?:original|first version|very first|recording|source|untouched|unedited)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Stretch:
    """From where to where in seconds (negative from the end, None to the edge), and the message without it."""

    rest: str
    start_s: float | None
    end_s: float | None


def stretch(message: str) -> Stretch | None:
    """Return the one stretch of seconds that a message names: "telephone from 0:02 to 0:05"."""
    for number, pattern in enumerate(_STRETCHES):
        found = list(re.finditer(pattern, message, re.IGNORECASE))
        if len(found) != 1:
            continue
        match = found[0]
        if number == 0 and not re.search(r":|\d ?s(?:ec\w*)?\b", match[0]):
            continue  # "from 2 to 5" may be bars, songs or stars
        rest = f"{message[: match.start()]} {message[match.end() :]}"
        rest = re.sub(r"\s+([,.!?])|^[\s,]+", r"\1", " ".join(rest.split())).strip(" ,")
        if not rest:
            return None
        if number == 2:
            length = _seconds(match[2])
            return Stretch(rest, 0.0, length) if match[1].lower() == "first" else Stretch(rest, -length, None)
        end = _seconds(match[2]) if number == 0 else None
        return Stretch(rest, _seconds(match[1]), end)
    return None


def _seconds(text: str) -> float:
    minutes, _, seconds = text.rpartition(":")
    return 60.0 * float(minutes or 0) + float(seconds)


def kept_to(plan: Plan, where: Stretch) -> Plan | None:
    """Return a plan whose edits keep to a stretch; None where it is not just edits that can."""
    if not plan.steps or plan.state or plan.question:
        return None
    given = {"start_s": where.start_s} | ({} if where.end_s is None else {"end_s": where.end_s})
    steps = []
    for step in plan.steps:
        operations = step.args.get("operations") or []
        if step.tool != "edit" or not operations or not all(op.get("op") in WITHIN for op in operations):
            return None
        steps.append(
            step.model_copy(update={"args": {**step.args, "operations": [{**op, **given} for op in operations]}})
        )
    return plan.model_copy(update={"steps": steps})


def tidied(plan: Plan) -> Plan:
    """Return a plan in which an effect on "the drums …" goes to that stem alone, and decibels at a frequency are no gain."""
    steps = []
    for step in plan.steps:
        operations = step.args.get("operations")
        if step.tool == "edit" and isinstance(operations, list):
            step = step.model_copy(
                update={
                    "args": {
                        **step.args,
                        "operations": [_on_stem(op) for op in operations if not _of_a_band(op, operations)],
                    }
                }
            )
        steps.append(step)
    return plan.model_copy(update={"steps": steps})


def _of_a_band(operation: Any, operations: list[Any]) -> bool:  # noqa: ANN401 - JSON of a plan
    """Tell whether a gain comes from the decibels of an equaliser: "cut 3 dB at 250 Hz"."""
    return operation.get("op") == "gain" and any(
        re.search(r"\d ?k?hz\b", str(other.get("description") or ""), re.IGNORECASE) for other in operations
    )


def _on_stem(operation: dict[str, Any]) -> dict[str, Any]:
    named = _STEM.match(str(operation.get("description") or "")) if operation.get("op") == "effect" else None
    if named is None or operation.get("stem"):
        return operation
    stem = {"drum": "drums", "vocal": "vocals", "voice": "vocals"}.get(named[1].lower(), named[1].lower())
    return {**operation, "stem": stem, "description": named[2]}


def in_turns(message: str, state: State) -> dict[str, Any] | None:
    """Return the arguments of an edit that plays the piece in focus and an earlier version of it in turns, equally loud."""
    latest = state.latest
    if latest is None or latest.kind != "piece" or not latest.parents or not _TURNS.search(message):
        return None
    other = _earlier(latest, state, first=bool(_FIRST.search(message)))
    if other is None:
        return None
    return {"clip": {"id": latest.id}, "operations": [{"op": "compare", "with_clip": {"id": other.id}}]}


def _earlier(thing: Thing, state: State, first: bool) -> Thing | None:
    seen = {thing.id}
    before = state.thing(thing.parents[0])
    while before is not None and first and before.parents and before.id not in seen:
        seen.add(before.id)
        further = state.thing(before.parents[0])
        if further is None:
            break
        before = further
    return before
