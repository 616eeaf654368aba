"""How well whole dialogues are carried: sixty of six to nine turns, judged by the state that each ends in.

The dialogues and what must be true at their ends were written before any planner was run on them and frozen by
their hash. A planner plans every turn in the state that its own earlier plans led to; the tools' part is played by a
made-up world (``dialogues_world``); the turns are folded by ``agent.fold`` as in the product. What is checked is what a
user would notice (``dialogues_judge``).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from segue.agent.builtin import BuiltinPlanner
from segue.agent.check import check
from segue.agent.dialogue import State
from segue.agent.fold import Dialogue
from segue.agent.plan import Plan
from segue.agent.session import Turn
from segue.evals.dialogues_judge import Check, Moment, Talk, checks
from segue.evals.dialogues_world import World, names
from segue.tools.core.errors import InvalidArgument, PlanError

SUITE = "dialogues"
DESCRIPTION = "sixty dialogues of six to nine turns in a world without sound, judged by the state they end in"
FIRST = "52eb7ad47c90932464e74669ce6bf48825bcd443beaefc8e64bc6bfb75f54ac0"
"""SHA-256 of ``dialogues.json`` as it was written down before a planner was first run on it."""
FROZEN = "f49bfd75793362661d75b15225df131cef3fada99f616dfea8ab8325c3625347"
"""Its SHA-256 since the mistakes in it that its list ``changed`` gives, with their reasons, were put right."""
_FILE = Path(__file__).parent / "dialogues.json"


class Planner(Protocol):
    """What the suite runs."""

    def plan(self, message: str, state: State) -> Plan:
        """Return the plan for a message."""
        ...


def dialogues() -> list[dict[str, Any]]:
    """Return the dialogues: ``{id, kind, turns, end}``."""
    found: list[dict[str, Any]] = json.loads(_FILE.read_text("utf-8"))["dialogues"]
    return found


def fingerprint() -> str:
    """Return the SHA-256 of the file of dialogues."""
    return hashlib.sha256(_FILE.read_bytes()).hexdigest()


def run(planner: Planner | str | None = None, limit: int | None = None) -> dict[str, Any]:
    """Hold every dialogue and judge its end.

    Parameters
    ----------
    planner : "builtin" (also without one), or an object. limit : at most so many dialogues, evenly spread.

    Raises
    ------
    InvalidArgument : an unknown planner.

    Returns
    -------
    dict with ``passed`` and ``total`` (dialogues), ``checks`` (right and all), ``kinds`` (the same of each kind) and
    ``rows`` (each dialogue: its id, kind, checks, what was wrong, and its turns with their plans).
    """
    if isinstance(planner, str) and planner != "builtin":
        raise InvalidArgument(f"There is no planner '{planner}' here.", "There is: builtin.")
    used = BuiltinPlanner(names) if planner is None or isinstance(planner, str) else planner
    listed = dialogues()
    if limit and limit < len(listed):
        listed = [listed[n * len(listed) // limit] for n in range(limit)]
    rows = [_row(dialogue, used) for dialogue in listed]
    kinds = {kind: _figures([row for row in rows if row["kind"] == kind]) for kind in dict.fromkeys(row["kind"] for row in rows)}  # fmt: skip
    every = _figures(rows)
    return {"suite": SUITE, "passed": every["right"], "total": every["dialogues"], **every, "kinds": kinds, "rows": rows}  # fmt: skip


def hold(turns: Sequence[str | dict[str, Any]], planner: Planner) -> Talk:
    """Hold a dialogue with a planner in a fresh world."""
    talk, fold = Talk(World()), Dialogue()
    for number, turn in enumerate(turns, 1):
        said, ids = (turn, []) if isinstance(turn, str) else (turn["say"], turn.get("attach", []))
        talk.moments.append(_turn(talk.world, fold, planner, number, said, ids))
    return talk


def _turn(world: World, fold: Dialogue, planner: Planner, number: int, said: str, attached: list[str]) -> Moment:
    """Take a turn as the product does: plan, check, ask before the user's files are changed, carry out, fold in."""
    things = [world.thing(id, "attached", number) for id in attached]
    state = fold.begin(number, things)
    plan, trouble = _planned(planner, said, state, world)
    confirmed = state.pending is not None and any(op.op == "confirm" for op in plan.state)
    if confirmed:
        waiting = Plan.model_validate(state.pending)  # nothing goes from this world: it still can be done
        plan = waiting.model_copy(update={"state": [*plan.state, *waiting.state], "question": None})
    waits = not confirmed and world.asks(plan)
    results = {} if waits else world.run(plan)
    turn = Turn(
        id=f"s.{number}", session="s", number=number, status="done", message=said, attached=things, plan=plan,
        named=world.named(plan, state.things, number), pending=plan.model_dump(mode="json") if waits else None,
    )  # fmt: skip
    fold.advance(turn, results)
    return Moment(said, plan, results, fold.state, trouble)


def _planned(planner: Planner, said: str, state: State, world: World) -> tuple[Plan, str]:
    try:
        return check(planner.plan(said, state), state, world.known), ""
    except PlanError as error:
        return Plan(), "; ".join(error.problems)
    except Exception as error:  # a fault of the planner ends its plan, as in the product, and not the dialogue
        return Plan(), f"{type(error).__name__}: {error}"


def _row(dialogue: Mapping[str, Any], planner: Planner) -> dict[str, Any]:
    talk = hold(dialogue["turns"], planner)
    found: list[Check] = checks(talk, dialogue["end"])
    wrong = [one.words for one in found if not one.ok]
    return {
        "id": dialogue["id"], "kind": dialogue["kind"], "ok": not wrong, "checks": len(found),
        "checks_right": len(found) - len(wrong), "wrong": wrong,
        "turns": [
            {"said": moment.said, "plan": moment.plan.model_dump(mode="json", exclude_defaults=True), "trouble": moment.trouble,
             "steps": [f"{r.tool} {r.status}{f': {r.error}' if r.error else ''}" for r in moment.results.values()]}
            for moment in talk.moments
        ],
    }  # fmt: skip


def _figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "dialogues": len(rows), "right": sum(row["ok"] for row in rows),
        "checks": sum(row["checks"] for row in rows), "checks_right": sum(row["checks_right"] for row in rows),
    }  # fmt: skip


def table(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing: the figures of each kind, then the dialogues that went wrong."""
    rows = [
        [kind, f"{found['right']}/{found['dialogues']}", f"{found['checks_right']}/{found['checks']}"]
        for kind, found in [*result["kinds"].items(), ("all", result)]
    ]
    rows += [
        [f"{row['id']}: {'; '.join(row['wrong'])}", "no", f"{row['checks_right']}/{row['checks']}"]
        for row in result["rows"]
        if not row["ok"]
    ]
    return ["dialogues", "right", "checks right"], rows
