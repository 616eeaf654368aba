"""How well requests are planned, against plans that were written down beforehand by people who had not seen the planner.

Five sets: ``intents`` (``planning_dev.json``: each of the 96 intents in one or two phrasings), ``dev`` and ``train``
(utterances that the planner may be tuned on), ``check`` (every third utterance of the ``train`` files: only its
figures are looked at while tuning) and ``test`` (eight paraphrases of each intent, frozen by their hash before any
tuning, and never tuned on). Notation and comparison: ``planning_match``; figures: ``planning_score``.
"""

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from segue.agent.builtin import BuiltinPlanner
from segue.agent.check import check
from segue.agent.dialogue import State
from segue.agent.plan import Plan
from segue.evals.planning_contexts import known, names, state_for
from segue.evals.planning_score import Scored, Tally, score
from segue.tools.core.errors import InvalidArgument, PlanError

SUITE = "planning"
DESCRIPTION = "requests against the plans expected of them: 96 intents, utterances for tuning, utterances for testing"
SETS = ("intents", "dev", "train", "check", "test")
FROZEN = "1bbf2897550b7f4d765ce58faa97f3423af9ef957cb86a9fd454373e32b54c8e"  # the test set, before any tuning
_OF_TRAIN = 500  # of eight thousand: what it has learnt from
CERTAIN = 0.9  # from here on an LLM would not be asked
_HERE = Path(__file__).parent


class Planner(Protocol):
    """What the suite runs."""

    def plan(self, message: str, state: State) -> Plan:
        """Return the plan for a message."""
        ...


def cases(which: str = "intents") -> list[dict[str, Any]]:
    """Return the cases of a set."""
    name = "train" if which == "check" else which
    files = [_HERE / "planning_dev.json"] if which == "intents" else sorted(_HERE.glob(f"utterances_{name}_*.json"))
    found = [case for file in files for case in json.loads(file.read_text("utf-8"))["cases"]]
    return found if name != "train" else [case for case in found if _is_held(case["id"]) == (which == "check")]


def _is_held(id: str) -> bool:
    """Tell whether an utterance of the training files is kept for checking: every third of an intent."""
    return int(id.rpartition("-")[2]) % 3 == 0


def fingerprint(which: str) -> str:
    """Return the SHA-256 of a set's files, in the order of their names."""
    files = sorted(_HERE.glob(f"utterances_{which}_*.json"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def run(planner: Planner | str | None = None, half: str | None = None, limit: int | None = None, llm_model: str | None = None, llm_base_url: str | None = None) -> dict[str, Any]:  # fmt: skip
    """Plan every case and compare.

    Parameters
    ----------
    planner : what is measured: "builtin", a planner of ``planning_peers`` by name ("llm", "react", "musicagent"),
        or an object.
    half : one set alone, of ``SETS``. limit : at most so many cases of each set, evenly spread; of ``train``, which says
        least, 500 where all sets are measured.

    Raises
    ------
    InvalidArgument : an unknown planner or set.

    Returns
    -------
    dict with ``sets`` (the figures of each set), ``passed`` and ``total`` (of the 96 intents' own lines),
    ``milliseconds`` (median and 95th percentile of a warm plan) and ``rows`` (every case).
    """
    if half is not None and half not in SETS:
        raise InvalidArgument(f"There is no set '{half}'.", f"There are: {', '.join(SETS)}.")
    used = _planner(planner, llm_model, llm_base_url)
    used.plan("find calm piano in D minor, 90 bpm", state_for("list"))
    most = (
        {which: limit or (_OF_TRAIN if which == "train" else None) for which in SETS} if half is None else {half: limit}
    )
    sets = {which: _measured(used, _spread(cases(which), count)) for which, count in most.items()}
    tallies = {which: _tally(scored) for which, scored in sets.items()}
    lines = tallies["intents"].intents if "intents" in tallies else {}
    times = sorted(one.milliseconds for scored in sets.values() for one in scored)
    return {
        "suite": SUITE,
        "sets": {which: _figures(tally) for which, tally in tallies.items()},
        "passed": sum(all(found) for found in lines.values()),
        "total": len(lines),
        "milliseconds": {"median": times[len(times) // 2], "p95": times[int(0.95 * (len(times) - 1))]} if times else {},
        "rows": [_row(which, one) for which, scored in sets.items() for one in scored],
    }


def _planner(planner: Planner | str | None, model: str | None, url: str | None) -> Planner:
    if planner is None or planner == "builtin":
        return BuiltinPlanner(names)
    if not isinstance(planner, str):
        return planner
    from segue.evals.planning_peers import peer

    return peer(planner, model, url)


def _spread(listed: list[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    if not limit or limit >= len(listed):
        return listed
    return [listed[n * len(listed) // limit] for n in range(limit)]


def _measured(planner: Planner, listed: Iterable[dict[str, Any]]) -> list[Scored]:
    scored = []
    for case in listed:
        state = state_for(case["context"])
        started = time.perf_counter()
        plan = planner.plan(case["message"], state)
        milliseconds = round(1000 * (time.perf_counter() - started), 2)
        one = score(case, plan, milliseconds)
        try:
            check(plan, state_for(case["context"]), known)
        except PlanError as error:
            one.verdict.wrong += [f"check: {problem}" for problem in error.problems]
        scored.append(one)
    return scored


def _tally(scored: Iterable[Scored]) -> Tally:
    tally = Tally()
    for one in scored:
        tally.add(one, CERTAIN)
    return tally


def _figures(tally: Tally) -> dict[str, Any]:
    return {
        "n": tally.n,
        "exact": _share(tally.exact, tally.n),
        "tools": _share(tally.tools, tally.n),
        "precision": round(tally.precision, 4),
        "recall": round(tally.recall, 4),
        "f1": round(tally.f1, 4),
        "edges": _share(tally.edges, tally.with_edges),
        "with_edges": tally.with_edges,
        "asked": _share(tally.asked, tally.to_ask),
        "to_ask": tally.to_ask,
        "asked_needlessly": tally.asked_needlessly,
        "steady": round(tally.steady, 4),
        "certain": _share(tally.certain, tally.n),
        "certain_right": _share(tally.certain_right, tally.certain),
        "intents": {intent: f"{sum(found)}/{len(found)}" for intent, found in sorted(tally.intents.items())},
        "fields": {name: dict(counted) for name, counted in sorted(tally.fields.items())},
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _row(which: str, one: Scored) -> dict[str, Any]:
    return {
        "set": which, "id": one.case["id"], "message": one.case["message"], "context": one.case["context"],
        "ok": one.verdict.ok, "wrong": one.verdict.wrong, "milliseconds": one.milliseconds,
        "certain": one.plan.certain, "plan": one.plan.model_dump(mode="json", exclude_defaults=True),
    }  # fmt: skip


def table(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing: the figures of each set, the arguments that go wrong most, the time."""
    shown = [which for which in SETS if result["sets"].get(which, {}).get("n")]
    figures = [result["sets"][which] for which in shown]
    named = [
        ("utterances", "n"), ("plans right in every argument", "exact"), ("tools right", "tools"),
        ("arguments: precision", "precision"), ("arguments: recall", "recall"), ("arguments: F1", "f1"),
        ("edges right", "edges"), ("utterances with edges", "with_edges"), ("asked where one should ask", "asked"),
        ("utterances to ask at", "to_ask"), ("asked needlessly", "asked_needlessly"),
        ("intents with all paraphrases right (pass^k)", "steady"), ("certain, so that no LLM is asked", "certain"),
        ("right where certain", "certain_right"),
    ]  # fmt: skip
    rows = [[label, *(_number(found[key]) for found in figures)] for label, key in named]
    for which, found in zip(shown, figures, strict=True):
        weak = [f"{intent}: {right}" for intent, right in found["intents"].items() if len(set(right.split("/"))) > 1]
        rows.append([f"intents not whole in {which}", *(", ".join(weak) if w == which else "" for w in shown)])
    spent = result["milliseconds"]
    rows.append(["milliseconds a plan: median, p95", f"{spent['median']}, {spent['p95']}", *[""] * (len(shown) - 1)])
    return ["planning", *shown], rows


def _number(value: float | int | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%" if isinstance(value, float) else str(value)
