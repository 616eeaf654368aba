"""What a planner gets right over many utterances: tools, arguments, edges, questions, and steadiness.

The figures are those of TaskBench (Shen et al. 2024) where it has them: tools as whole plans, argument fields
by micro-averaged F1, edges as (tool, field) → (tool, argument).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from segue.agent.plan import Plan
from segue.evals.planning_match import Verdict, judge

Edge = tuple[str, str, str, str]  # tool that gives, its field, tool that takes, its argument


@dataclass
class Scored:
    """One utterance and what became of it."""

    case: dict[str, Any]
    plan: Plan
    verdict: Verdict
    tools: bool = False
    edges: bool | None = None  # None where neither plan has any
    asked: bool = False
    milliseconds: float = 0.0


@dataclass
class Tally:
    """The figures over a set of utterances."""

    n: int = 0
    exact: int = 0
    tools: int = 0
    edges: int = 0
    with_edges: int = 0
    right: int = 0
    missing: int = 0
    extra: int = 0
    asked: int = 0
    to_ask: int = 0
    asked_needlessly: int = 0
    certain: int = 0
    certain_right: int = 0
    intents: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    fields: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def precision(self) -> float:
        """Micro-averaged precision of argument fields."""
        return self.right / max(1, self.right + self.extra)

    @property
    def recall(self) -> float:
        """Micro-averaged recall of argument fields."""
        return self.right / max(1, self.right + self.missing)

    @property
    def f1(self) -> float:
        """Micro-averaged F1 of argument fields."""
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)

    @property
    def steady(self) -> float:
        """pass^k: the share of intents of which every paraphrase was planned right."""
        return sum(all(found) for found in self.intents.values()) / max(1, len(self.intents))

    def add(self, scored: Scored, certain_from: float) -> None:
        """Count one utterance."""
        verdict = scored.verdict
        self.n += 1
        self.exact += verdict.ok
        self.tools += scored.tools
        if scored.edges is not None:
            self.with_edges += 1
            self.edges += scored.edges
        self.right += len(verdict.right_fields)
        self.missing += len(verdict.missing_fields)
        self.extra += len(verdict.extra_fields)
        wanted = any(accepted.get("question") for accepted in scored.case["accept"])
        self.to_ask += wanted
        self.asked += wanted and scored.asked
        self.asked_needlessly += scored.asked and not wanted
        if scored.plan.certain >= certain_from:
            self.certain += 1
            self.certain_right += verdict.ok
        if scored.case["id"][:2].isdigit():
            self.intents[scored.case["id"][:2]].append(verdict.ok)
        for kind in ("right", "missing", "extra"):
            for name in getattr(verdict, f"{kind}_fields"):
                self.fields[name][kind] += 1


def score(case: dict[str, Any], plan: Plan, milliseconds: float = 0.0) -> Scored:
    """Compare a plan with what a case accepts."""
    verdict = judge(plan, case["accept"])
    tools = sorted(step.tool for step in plan.steps)
    accepted = [sorted(step["tool"] for step in wanted.get("steps", [])) for wanted in case["accept"]]
    got = edges_of([step.model_dump() for step in plan.steps])
    wanted_edges = [edges_of(wanted.get("steps", [])) for wanted in case["accept"]]
    some = bool(got) or any(wanted_edges)
    edges = (verdict.ok or any(edges == got for edges in wanted_edges)) if some else None
    return Scored(case, plan, verdict, tools in accepted, edges, bool(plan.question), milliseconds)


def edges_of(steps: list[dict[str, Any]]) -> Counter[Edge]:
    """Return the edges of a plan, or of an accepted one, without the ids of its steps."""
    tools = {step.get("id", f"#{n}"): step["tool"] for n, step in enumerate(steps)}
    found: Counter[Edge] = Counter()

    def walk(value: Any, taker: str, argument: str) -> None:  # noqa: ANN401 - any JSON
        if isinstance(value, dict):
            if "step" in value:
                found[tools.get(value["step"], "?"), str(value.get("field", "")), taker, argument] += 1
                return
            for name, item in value.items():
                walk(item, taker, name if name not in ("any", "set", "has") else argument)
        elif isinstance(value, list):
            for item in value:
                walk(item, taker, argument)

    for step in steps:
        for name, value in step.get("args", {}).items():
            walk(value, step["tool"], name)
    return found
