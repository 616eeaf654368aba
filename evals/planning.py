"""How well requests are planned: the 96 intents, with the plans that were written down beforehand.

``segue eval planning`` runs the built-in planner over ``planning_dev.json``. This is the dev set: the planner
was tuned on it, so its score says that nothing broke, and not how well unseen phrasings fare.
"""

import json
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Protocol

from segue.agent.builtin import BuiltinPlanner
from segue.agent.check import check
from segue.agent.dialogue import State
from segue.agent.plan import Plan
from segue.evals.planning_contexts import known, names, state_for
from segue.evals.planning_match import Verdict, judge
from segue.tools.core.errors import InvalidArgument, PlanError

SUITE = "planning"
DESCRIPTION = "the plans expected of the 96 intents, alone, chained and in context (dev set)"


class Planner(Protocol):
    """What the suite runs."""

    def plan(self, message: str, state: State) -> Plan:
        """Return the plan for a message."""
        ...


def cases() -> list[dict[str, Any]]:
    """Return the frozen cases."""
    loaded = json.loads(Path(__file__).with_name("planning_dev.json").read_text("utf-8"))
    return list(loaded["cases"])


def run(planner: Planner | str | None = None) -> dict[str, Any]:
    """Plan every case and compare.

    Parameters
    ----------
    planner : what is measured; by name only "builtin" so far.

    Raises
    ------
    InvalidArgument : a planner by another name.

    Returns
    -------
    dict with ``lines`` (of the 96 intents), ``lines_right``, ``cases``, ``cases_right``, ``fields`` (precision and
    recall per argument), ``milliseconds`` (median and 95th percentile of a warm plan) and ``rows``.
    """
    if isinstance(planner, str) and planner != "builtin":
        raise InvalidArgument(
            f"The planner '{planner}' cannot be measured by this suite yet.", "Use --planner builtin."
        )
    used = BuiltinPlanner(names) if planner is None or isinstance(planner, str) else planner
    rows: list[dict[str, Any]] = []
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    used.plan("find calm piano in D minor, 90 bpm", state_for("list"))
    for case in cases():
        started = time.perf_counter()
        plan = used.plan(case["message"], state_for(case["context"]))
        seconds = time.perf_counter() - started
        verdict = _verdict(plan, case)
        for kind, listed in (
            ("right", verdict.right_fields),
            ("missing", verdict.missing_fields),
            ("extra", verdict.extra_fields),
        ):
            for name in listed:
                counts[name][kind] += 1
        rows.append(
            {
                "id": case["id"], "message": case["message"], "context": case["context"], "ok": verdict.ok,
                "wrong": verdict.wrong, "milliseconds": round(1000 * seconds, 2),
                "plan": plan.model_dump(mode="json", exclude_defaults=True),
            }
        )  # fmt: skip
    return _summary(rows, counts)


def _verdict(plan: Plan, case: dict[str, Any]) -> Verdict:
    verdict = judge(plan, case["accept"])
    try:
        check(plan, state_for(case["context"]), known)
    except PlanError as error:
        verdict.wrong += [f"check: {problem}" for problem in error.problems]
    return verdict


def _summary(rows: list[dict[str, Any]], counts: dict[str, Counter[str]]) -> dict[str, Any]:
    lines: dict[str, bool] = {}
    for row in rows:
        if row["id"][0].isdigit():
            line = row["id"][:2]
            lines[line] = lines.get(line, True) and row["ok"]
    times = sorted(row["milliseconds"] for row in rows)
    return {
        "suite": SUITE,
        "set": "dev",
        "lines": len(lines),
        "lines_right": sum(lines.values()),
        "passed": sum(lines.values()),
        "total": len(lines),
        "cases": len(rows),
        "cases_right": sum(row["ok"] for row in rows),
        "fields": {name: _rates(counted) for name, counted in sorted(counts.items())},
        "milliseconds": {"median": times[len(times) // 2], "p95": times[int(0.95 * (len(times) - 1))]},
        "rows": rows,
    }


def _rates(counted: Counter[str]) -> dict[str, Any]:
    right, missing, extra = counted["right"], counted["missing"], counted["extra"]
    return {
        "n": right + missing,
        "precision": round(right / (right + extra), 3) if right + extra else None,
        "recall": round(right / (right + missing), 3) if right + missing else None,
    }


def table(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing: the cases, then every argument's precision and recall, then the time."""
    rows = [
        [row["id"], row["message"], row["context"], "yes" if row["ok"] else "NO", "; ".join(row["wrong"])[:160]]
        for row in result["rows"]
    ]
    rows += [
        ["", f"argument {name}", f"n = {rates['n']}", "", f"precision {rates['precision']}, recall {rates['recall']}"]
        for name, rates in result["fields"].items()
    ]
    spent = result["milliseconds"]
    found = f"{result['lines_right']} of {result['lines']} intents, {result['cases_right']} of {result['cases']} cases"
    rows.append(
        ["", "all (dev set: the planner was tuned on it)", "", found, f"{spent['median']} ms, p95 {spent['p95']} ms"]
    )
    return ["", "message", "context", "right", "what is wrong"], rows


def main(json: bool = False) -> int:  # the command line's own name for it
    """Run and print; 0 where every case is right."""
    result = run()
    if json:
        _print_json(result)
    else:
        _print_table(result)
    return 0 if result["cases_right"] == result["cases"] else 1


def _print_json(result: dict[str, Any]) -> None:
    print(json.dumps(result, ensure_ascii=False))


def _print_table(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    header, rows = table(result)
    shown = Table(title="Planning, built-in planner, dev set")
    for column in header:
        shown.add_column(column)
    for row in rows:
        shown.add_row(*row)
    Console().print(shown)
