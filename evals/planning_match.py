"""Does a plan agree with what was expected? The notation of ``planning_dev.json`` and its comparison.

An accepted plan is ``{steps: [{tool, args, may, id}], state, may_state, question, reply, notes}``. Every argument
counts: what is not listed must be absent, except prompts, ``k`` and what ``may`` names. Values are compared by
meaning (keys, genres, moods, instruments, numbers within 1%). A value may be a matcher:

- ``{"~": "words", "!": "words"}``: these words occur (as parts of words), those do not
- ``{"in": [low, high]}``: a number between · ``{"any": […]}``: one of these · ``{"set": […]}``: in any order
- ``{"has": […]}``: at least these · ``{"each": [[…], […]]}``: ids, one at least of each group, none other
- ``{"step": id, "field": …}``: an edge from the accepted plan's own step of that id

``"?name"`` in an operation is optional.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from segue.agent.plan import Plan, StateOp, Step
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.instruments import find_instrument
from segue.tools.core.theory import parse_chord, parse_key
from segue.tools.core.vocabulary import fold, mood, same_genre

_FREE = frozenset({"prompt", "k", "seed"})
_UNORDERED = frozenset(
    {"stems", "instruments", "exclude", "mood", "formats", "to", "fields", "hold", "exclude_genres", "exclude_artists"}
)  # fmt: skip
_GENRE = frozenset({"genre", "exclude_genres"})
_INSTRUMENT = frozenset({"instrument", "instruments", "exclude"})
_DEFAULTS: dict[str, Any] = {
    "action": "search",
    "order": "best",
    "takes": 1,
    "loop": False,
    "detail": "full",
    "start_s": 0,
    "in_s": 0,
}


@dataclass
class Verdict:
    """How a plan compares with one accepted plan: what is wrong, and the argument fields right, missing, extra."""

    wrong: list[str] = field(default_factory=list)
    right_fields: list[str] = field(default_factory=list)
    missing_fields: list[str] = field(default_factory=list)
    extra_fields: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the plan is right."""
        return not self.wrong


def judge(plan: Plan, accept: list[dict[str, Any]]) -> Verdict:
    """Return the verdict on the accepted plan that comes nearest."""
    return min(
        (_judge(plan, wanted) for wanted in accept),
        key=lambda v: (len(v.wrong), len(v.missing_fields) + len(v.extra_fields)),
    )


def same(wanted: Any, got: Any, name: str) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether a value is the wanted one, or fits the wanted matcher; ``name`` says what it is (key, genre, …)."""
    return _same(wanted, got, name, {})


def _judge(plan: Plan, wanted: dict[str, Any]) -> Verdict:
    steps = wanted.get("steps", [])
    verdict = min(
        (_steps(plan.steps, steps, order) for order in _orders(plan.steps, steps)),
        key=lambda v: len(v.wrong),
        default=_partly(plan, steps),
    )
    verdict.wrong += _state(plan.state, wanted.get("state", []), wanted.get("may_state", []))
    if wanted.get("question") is True and not plan.question:
        verdict.wrong.append("no question is asked")
    if not wanted.get("question") and plan.question:
        verdict.wrong.append(f"asks: {plan.question}")
    if wanted.get("reply") and not plan.reply:
        verdict.wrong.append("there is no reply")
    if wanted.get("notes") and not (plan.notes or plan.reply):
        verdict.wrong.append("nothing says what cannot be honoured")
    return verdict


def _partly(plan: Plan, wanted: list[dict[str, Any]]) -> Verdict:
    """Return the verdict on a plan with other tools: the arguments of the steps that both have still count."""
    left = list(range(len(plan.steps)))
    order = []
    for expected in wanted:
        here = next((n for n in left if plan.steps[n].tool == expected["tool"]), None)
        order.append(here)
        if here is not None:
            left.remove(here)
    pairs = [(expected, n) for expected, n in zip(wanted, order, strict=True) if n is not None]
    verdict = _steps(plan.steps, [expected for expected, _ in pairs], [n for _, n in pairs])
    for expected, n in zip(wanted, order, strict=True):
        if n is None:
            verdict.missing_fields += [f"{expected['tool']}.{name}" for name in _flat(expected["args"])]
    for n in left:
        step = plan.steps[n]
        verdict.extra_fields += [f"{step.tool}.{name}" for name in _flat(step.args) if name not in _FREE]
    verdict.wrong.insert(0, f"tools are {[s.tool for s in plan.steps]}, not {[s['tool'] for s in wanted]}")
    return verdict


def _orders(steps: list[Step], wanted: list[dict[str, Any]]) -> Iterator[list[int]]:
    """Yield the ways to pair accepted steps with planned ones of the same tool."""
    if len(steps) != len(wanted):
        return

    def pair(at: int, used: tuple[int, ...]) -> Iterator[list[int]]:
        if at == len(wanted):
            yield list(used)
            return
        for n, step in enumerate(steps):
            if n not in used and step.tool == wanted[at]["tool"]:
                yield from pair(at + 1, (*used, n))

    yield from pair(0, ())


def _steps(steps: list[Step], wanted: list[dict[str, Any]], order: list[int]) -> Verdict:
    ids = {w["id"]: steps[n].id for w, n in zip(wanted, order, strict=True) if "id" in w}
    verdict = Verdict()
    for expected, n in zip(wanted, order, strict=True):
        _args(steps[n], expected, ids, verdict)
    return verdict


def _args(step: Step, wanted: dict[str, Any], ids: dict[str, str], verdict: Verdict) -> None:
    expected = _flat(wanted["args"])
    got = _flat(step.args)
    may = {name.removesuffix(".*") for name in wanted.get("may", [])}
    for name, value in expected.items():
        if name in got and _same(value, got[name], name.rpartition(".")[2], ids):
            verdict.right_fields.append(f"{step.tool}.{name}")
            continue
        verdict.missing_fields.append(f"{step.tool}.{name}")
        if name in got:
            verdict.extra_fields.append(f"{step.tool}.{name}")
        verdict.wrong.append(f"{step.tool}.{name} is {got.get(name)!r}, not {value!r}")
    for name, value in got.items():
        leaf = name.rpartition(".")[2]
        if (
            name in expected
            or name in _FREE
            or name in may
            or name.split(".")[0] in may
            or _DEFAULTS.get(leaf, ...) == value
        ):
            continue
        verdict.extra_fields.append(f"{step.tool}.{name}")
        verdict.wrong.append(f"{step.tool}.{name} {value!r} was not asked for")


def _flat(args: dict[str, Any]) -> dict[str, Any]:
    """Return arguments with ``filters`` and ``adjust`` spread out, empty ones left away."""
    flat: dict[str, Any] = {}
    for name, value in args.items():
        if name in ("filters", "adjust"):
            flat |= {f"{name}.{key}": item for key, item in value.items() if item not in (None, [], "")}
        elif value not in (None, "", [], {}):
            flat[name] = value
    return flat


def _same(wanted: Any, got: Any, name: str, ids: dict[str, str]) -> bool:  # noqa: ANN401 - any JSON
    if isinstance(wanted, dict):
        if set(wanted) <= {"~", "!", "in", "any", "set", "has", "each"} and wanted:
            return _matches(wanted, got, name, ids)
        if "step" in wanted:
            return isinstance(got, dict) and got == {**wanted, "step": ids.get(wanted["step"])}
        return isinstance(got, dict) and _same_fields(wanted, got, ids)
    if isinstance(wanted, list):
        if not isinstance(got, list) or len(wanted) != len(got):
            return False
        if name in _UNORDERED:
            return _matches({"set": wanted}, got, name, ids)
        return all(_same(w, g, name, ids) for w, g in zip(wanted, got, strict=True))
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, int | float):
        return isinstance(got, int | float) and abs(wanted - got) <= 0.01 * max(abs(wanted), 1e-9)
    return isinstance(got, str) and _same_words(str(wanted), got, name)


def _same_fields(wanted: dict[str, Any], got: dict[str, Any], ids: dict[str, str]) -> bool:
    needed = {key: value for key, value in wanted.items() if not key.startswith("?")}
    optional = {key[1:]: value for key, value in wanted.items() if key.startswith("?")}
    extra = {key: value for key, value in got.items() if key not in needed and value not in (None, "", [])}
    if not all(key in got and _same(value, got[key], key, ids) for key, value in needed.items()):
        return False
    return all(
        _DEFAULTS.get(key, ...) == value or (key in optional and _same(optional[key], value, key, ids))
        for key, value in extra.items()
    )


def _matches(wanted: dict[str, Any], got: Any, name: str, ids: dict[str, str]) -> bool:  # noqa: ANN401 - any JSON
    text = fold(got) if isinstance(got, str) else ""
    if "~" in wanted and not all(word in text for word in fold(wanted["~"]).split()):
        return False
    if "!" in wanted and any(word in text for word in fold(wanted["!"]).split()):
        return False
    if "in" in wanted:
        low, high = wanted["in"]
        return isinstance(got, int | float) and low <= got <= high
    if "any" in wanted:
        return any(_same(choice, got, name, ids) for choice in wanted["any"])
    if "set" in wanted:
        return isinstance(got, list) and len(got) == len(wanted["set"]) and all(any(_same(w, g, name, ids) for g in got) for w in wanted["set"])  # fmt: skip
    if "has" in wanted:
        return isinstance(got, list) and all(any(_same(w, g, name, ids) for g in got) for w in wanted["has"])
    if "each" in wanted:
        given = [item.get("id") for item in got] if isinstance(got, list) else []
        known = {id for group in wanted["each"] for id in group}
        return bool(given) and set(given) <= known and all(set(group) & set(given) for group in wanted["each"])
    return isinstance(got, str)


def _same_words(wanted: str, got: str, name: str) -> bool:
    if fold(wanted) == fold(got):
        return True
    try:
        if name == "key":
            return parse_key(wanted) == parse_key(got)
        if name == "chords":
            a, b = parse_chord(wanted), parse_chord(got)
            return (a.root, a.quality, a.bass) == (b.root, b.quality, b.bass)
    except InvalidArgument:
        return False
    if name in _GENRE:
        return same_genre(wanted, got)
    if name == "mood":
        return (known := mood(wanted)) is not None and known == mood(got)
    if name in _INSTRUMENT:
        one, other = find_instrument(wanted), find_instrument(got)
        return one is not None and one == other
    return False


def _state(ops: list[StateOp], wanted: list[dict[str, Any]], may: list[str]) -> list[str]:
    left = list(ops)
    wrong: list[str] = []
    for expected in wanted:
        found = next((op for op in left if op.op == expected["op"] and _target(expected.get("target"), op)), None)
        if found is None:
            wrong.append(f"state has no {expected}")
        else:
            left.remove(found)
    return wrong + [f"state {op.op} {op.target} was not asked for" for op in left if op.op not in may]


def _target(wanted: Any, op: StateOp) -> bool:  # noqa: ANN401 - any JSON
    if wanted is None:
        return True
    got = op.target if isinstance(op.target, str) or op.target is None else {"id": op.target.id}
    return _same(wanted, got, "", {})
