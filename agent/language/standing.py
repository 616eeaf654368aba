"""What is said of where a player stands: "cut out this bit", "reverse this part", "what are the chords here?"."""

import math
import re
from collections.abc import Callable
from typing import Any

from segue.agent.dialogue import Place, State
from segue.agent.language.barring import WITHIN
from segue.agent.op_words import clock
from segue.agent.plan import Plan, Step

Further = Callable[[str, State], Plan]
BIT = re.compile(r"\b(?:this|that) (?:bit|part|bar|moment|passage|spot)\b", re.IGNORECASE)
_AROUND_S = 5.0  # on either side of where the player stands
_AWAY = re.compile(r"\b(?:(?:cut|snip|edit|take|leave|throw)\s+(?:out|away)|remove|delete|drop|skip|lose|get rid of)\s+(?:this|that)\b|\b(?:cut|snip|edit|take|leave)\s+(?:this|that) \w+\s+(?:out|away)\b", re.IGNORECASE)  # fmt: skip
_ALONE = re.compile(r"\b(?:(?:only|just|to|alone)\s+(?:this|that)\b|(?:crop|trim|keep|extract|isolate|clip)\s+(?:this|that)\b)", re.IGNORECASE)  # fmt: skip
_MORE = re.compile(r"\b(?:and|then|export|save|transcribe|describe|like|loop|fade|chords|key|tempo)\b", re.IGNORECASE)


def here(text: str, state: State, further: Further) -> Plan | None:
    """Return the plan for a message about the place where the player stands; None where it names no such place.

    The piece that plays stands for "this bit" while the rest is planned; what was planned is then done within the seconds
    around the place, by itself where its operations can keep to them, else on a cut of them.
    """
    match = BIT.search(text)
    if state.playing is None or match is None:
        return None
    place = state.playing
    thing = state.thing(place.id)
    whole_s = (thing.duration_s if thing else None) or math.inf
    end_s = min(place.at_s + _AROUND_S, whole_s)
    span = {"start_s": max(0.0, min(place.at_s, end_s) - _AROUND_S), "end_s": end_s}
    note = (
        f"“{match[0]}” is taken as {clock(span['start_s'])} to {clock(span['end_s'])}, around where the player stands."
    )
    if _AWAY.search(text):
        plan = _joined(place, span, whole_s)
    elif _ALONE.search(text) and not _MORE.search(text):
        plan = Plan(planner="builtin", steps=[_cut(place, span)])
    else:
        alone = state.model_copy(update={"focus": [place.id], "lists": [], "search": {}, "playing": None})
        plan = _within(further(f"{text[: match.start()]}this track{text[match.end() :]}", alone), place, span)
    return plan.model_copy(update={"notes": [*plan.notes, note]}) if plan.steps else plan


def _cut(place: Place, span: dict[str, float]) -> Step:
    return Step(id="bit", tool="edit", args={"clip": {"id": place.id}, "operations": [{"op": "trim", **span}]})


def _joined(place: Place, span: dict[str, float], whole_s: float) -> Plan:
    """Return the plan that leaves a span out: what comes after it is joined to what comes before."""
    first, rest = {"op": "trim", "end_s": span["start_s"]}, {"op": "trim", "start_s": span["end_s"]}
    join = {"op": "concat", "clips": [{"step": "after", "field": "piece"}]}
    between = span["start_s"] > 0 and span["end_s"] < whole_s
    left = [first, join] if between else [first] if span["start_s"] > 0 else [rest]
    steps = [("after", [rest]), ("s1", left)] if between else [("s1", left)]
    own = {"id": place.id}
    return Plan(planner="builtin", steps=[Step(id=id, tool="edit", args={"clip": own, "operations": done}) for id, done in steps])  # fmt: skip


def _within(plan: Plan, place: Place, span: dict[str, float]) -> Plan:
    """Return a plan that works on the span alone."""
    own = {"id": place.id}
    operations = [
        op for step in plan.steps if step.args.get("clip") == own for op in step.args.get("operations") or [{}]
    ]
    if operations and all(op.get("op") in WITHIN for op in operations):
        steps = [
            step.model_copy(update={"args": {**step.args, "operations": [{**op, **span} for op in step.args["operations"]]}})
            if step.args.get("clip") == own else step
            for step in plan.steps
        ]  # fmt: skip
        return plan.model_copy(update={"steps": steps})
    steps = [step.model_copy(update={"args": _instead(step.args, own)}) for step in plan.steps]
    if steps == plan.steps:
        return plan
    return plan.model_copy(update={"steps": [_cut(place, span), *steps]})


def _instead(value: Any, own: dict[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """Return arguments in which the cut stands for the whole piece."""
    if value == own:
        return {"step": "bit", "field": "piece"}
    if isinstance(value, dict):
        return {name: _instead(one, own) for name, one in value.items()}
    return [_instead(one, own) for one in value] if isinstance(value, list) else value
