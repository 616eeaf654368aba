"""Do dialogues keep their word? Made-up dialogues over a real analysed library, judged by how its pieces were made.

Every dialogue goes through the built-in planner, the fold and the retrieve tool. It sets a limit, asks for others,
points at the second one to reject it, asks on, and moves from the first one along an axis while another is held.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from segue.agent.builtin import BuiltinPlanner
from segue.agent.check import check
from segue.agent.check_types import ref_of
from segue.agent.dialogue import Known
from segue.agent.events import ToolResult
from segue.agent.fold import Dialogue
from segue.agent.plan import Plan
from segue.agent.session import Turn
from segue.evals.discovery_pieces import Made
from segue.tools import retrieve
from segue.tools.collection.catalogue import open_catalogue
from segue.tools.core import registry
from segue.tools.core.base import Context
from segue.tools.core.errors import PlanError, SegueError
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store
from segue.tools.core.vocabulary import genres

_HELD = {"tempo": 0.08, "length": 0.15}  # how far a held axis may stray, as the tool promises and a little
MOVES = {
    "faster": ("tempo", 1), "slower": ("tempo", -1), "longer": ("length", 1), "shorter": ("length", -1),
}  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What was kept and what was not, one truth value each."""

    hard: list[bool] = field(default_factory=list)
    leaked: int = 0
    repeated: int = 0
    moved: list[bool] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    pointed: list[bool] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def rules(made: dict[str, Made], settings: Settings, count: int = 500) -> dict[str, Any]:
    """Hold ``count`` dialogues; return the figures and up to twenty turns that broke a rule."""
    tally = Tally()
    house = _House(settings)
    rng = np.random.default_rng(3)
    for _ in range(count):
        _dialogue(house, made, rng, tally)
    return {
        "dialogues": count,
        "hard": _mean(tally.hard), "hard_turns": len(tally.hard), "leaked": tally.leaked, "repeated": tally.repeated,
        "moved": _mean(tally.moved), "moves": len(tally.moved), "held": _mean(tally.held), "holds": len(tally.held),
        "ordinals": _mean(tally.pointed), "pointed": len(tally.pointed), "broken": tally.broken[:20],
    }  # fmt: skip


def _mean(values: Sequence[bool]) -> float:
    return float(np.mean(values)) if values else float("nan")


def long_talk(made: dict[str, Made], settings: Settings, count: int = 40, talks: int = 3) -> dict[str, Any]:
    """Hold talks of ``count`` turns, each a limit, others, a rejection or a move; return rightness and time, first and last ten.

    Returns
    -------
    ``first`` and ``last``: the share of the first and the last ten turns of which all that is shown keeps every limit so far
    and nothing that was rejected comes back; ``ratio``: time of the last ten turns over that of the first ten.
    """
    house = _House(settings)
    rng = np.random.default_rng(5)
    right: list[list[bool]] = []
    spent: list[list[float]] = []
    for _ in range(talks):
        dialogue = Dialogue()
        words, holds = _limit(made, rng)
        rejected: set[str] = set()
        seen: set[str] = set()
        shown: list[str] = []
        rights, times = [], []
        for turn in range(count):
            kind = turn % 4
            if kind == 2 and shown:
                rejected.add(shown[0])
            said = (
                f"find me some music {words}" if kind == 0 else "show me others" if kind == 1
                else "not the first one" if kind == 2 else str(rng.choice(["calmer", "more energetic", "happier"]))
            )  # fmt: skip
            began = time.perf_counter()
            _, found = house.say(dialogue, said)
            times.append(time.perf_counter() - began)
            shown = found or shown
            seen.update(found)
            left = [id for id, one in made.items() if holds(one) and id not in seen | rejected]
            rights.append(
                all(holds(made[id]) and id not in rejected for id in found) and bool(found or kind or not left)
            )
        right.append(rights)
        spent.append(times)
    first, last = (
        float(np.median([np.sum(times[part]) for times in spent])) for part in (slice(0, 10), slice(-10, None))
    )
    return {
        "first": _mean([one for rights in right for one in rights[:10]]),
        "last": _mean([one for rights in right for one in rights[-10:]]),
        "ratio": last / max(1e-9, first), "turns": count * talks,
    }  # fmt: skip


class _House:
    """The planner, the fold and the tool, as a session has them."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.store = settings, Store(settings)
        self.catalogue = open_catalogue(settings)
        self.planner = BuiltinPlanner(self._names)
        backend = registry.backends("retrieve")[0]  # embedded
        self._run = registry.load(backend, settings)

    def _names(self, text: str) -> list[Known]:
        return [Known(kind=m.kind, name=m.name, ids=m.ids, start=m.start, end=m.end, exact=m.exact) for m in self.catalogue.names(text)]  # fmt: skip

    def say(self, dialogue: Dialogue, message: str) -> tuple[Plan, list[str]]:
        """Take one turn; return its plan and what the last search of it shows."""
        number = dialogue.number + 1
        state = dialogue.begin(number, [])
        try:
            plan = check(self.planner.plan(message, state), state, lambda id: True)
        except PlanError:
            plan = Plan()
        results: dict[str, ToolResult] = {}
        shown: list[str] = []
        for step in dialogue.with_talk(plan, message).steps:
            if step.tool != "retrieve":
                continue
            try:
                args = retrieve.Args.model_validate(step.args)
                out = self._run(args, Context(self.store, self.settings, tool="retrieve"))
            except SegueError:
                continue
            assert isinstance(out, retrieve.Out)
            shown = [item.id for item in out.items]
            results[step.id] = ToolResult(step=step.id, tool="retrieve", args=step.args, status="done", out=out.model_dump(mode="json"))  # fmt: skip
        turn = Turn(id=str(number), session="s", number=number, message=message, plan=plan, status="done")
        dialogue.advance(turn, results)
        return plan, shown


def _dialogue(house: _House, made: dict[str, Made], rng: np.random.Generator, tally: Tally) -> None:
    dialogue = Dialogue()
    words, holds = _limit(made, rng)
    opening = str(rng.choice(["find me some music {}", "show me songs {}", "I want tracks {}"])).format(words)
    seen: list[str] = []
    rejected: list[str] = []

    def turn(message: str, fresh: bool) -> tuple[Plan, list[str]]:
        plan, shown = house.say(dialogue, message)
        wrong = [made[id].title for id in shown if not holds(made[id])]
        tally.hard.append(not wrong)
        back = [id for id in shown if id in rejected]
        again = [id for id in shown if id in seen] if fresh else []
        tally.leaked += len(back)
        tally.repeated += len(again)
        if wrong or back or again:
            tally.broken.append(f"{opening} … {message}: {wrong or 'came back'}")
        seen.extend(shown)
        return plan, shown

    _, first = turn(opening, False)
    if len(first) >= 2:
        said = str(rng.choice(["not the second one", "I don't like number 2", "the second one is not for me"]))
        plan, _ = house.say(dialogue, said)
        rejecting = [ref.id for op in plan.state if op.op == "reject" and (ref := ref_of(op.target)) is not None]
        _point(tally, rejecting, first[1], said)
        rejected.append(first[1])
    turn(str(rng.choice(["show me others", "something else", "more, please"])), True)
    if not first:
        return
    move, (axis, way) = list(MOVES.items())[int(rng.integers(len(MOVES)))]
    said = f"like {made[first[0]].title} but {move}"
    hold = None
    if axis == "tempo" and rng.random() < 0.3:
        hold, said = "length", said + ", about the same length"
    began = made[first[0]]
    plan, shown = house.say(dialogue, said)
    gone = {first[0], *(id for step in plan.steps for id in (step.args.get("filters") or {}).get("exclude", []))}
    able = [1 for id, one in made.items() if id not in gone and holds(one) and way * (_of(one, axis) - _of(began, axis)) > 0]  # fmt: skip
    keeping = hold and [1 for id, one in made.items() if id not in gone and holds(one) and way * (_of(one, axis) - _of(began, axis)) > 0 and _keeps(one, began, hold)]  # fmt: skip
    tally.leaked += len([id for id in shown if id in rejected])
    if not able:  # the tool says that nothing lies there, and shows the nearest
        return
    for id in shown:
        good = way * (_of(made[id], axis) - _of(began, axis)) > 0
        tally.moved.append(good)
        if hold and keeping:
            tally.held.append(_keeps(made[id], began, hold))
        if not good:
            tally.broken.append(f"{said}: {made[id].title} ({_of(made[id], axis):.1f} against {_of(began, axis):.1f})")


def _keeps(one: Made, began: Made, axis: str) -> bool:
    return bool(abs(np.log(_of(one, axis) / _of(began, axis))) <= np.log(1 + _HELD[axis]))


def _point(tally: Tally, found: Sequence[str | None], wanted: str, said: str) -> None:
    tally.pointed.append(list(found) == [wanted])
    if list(found) != [wanted]:
        tally.broken.append(f"{said}: not understood as the second")


def _of(one: Made, axis: str) -> float:
    return one.tempo if axis == "tempo" else one.length


def _limit(made: dict[str, Made], rng: np.random.Generator) -> tuple[str, Callable[[Made], bool]]:
    """Return a limit in words and the test whether a piece, as it was made, keeps it."""
    kind = int(rng.integers(5))
    one = made[sorted(made)[int(rng.integers(len(made)))]]
    if kind == 0:
        low = int(one.year // 10 * 10)
        return f"from {low} or later", lambda piece: piece.year >= low
    if kind == 1:
        high = int(one.year // 10 * 10 + 9)
        return f"from before {high + 1}", lambda piece: piece.year <= high
    if kind == 2:
        title = genres()[one.genre].title
        return f"but no {title.lower()}", lambda piece: piece.genre != one.genre
    if kind == 3:
        low_s = int(one.length) - 2
        return f"longer than {low_s} seconds", lambda piece: piece.length >= low_s
    return f"but not by {one.artist}", lambda piece: piece.artist != one.artist
