"""The built-in planner against the frozen plans, and against paraphrases of every intent."""

import json
import time
from pathlib import Path

import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.agent.check import check
from segue.agent.dialogue import State
from segue.agent.plan import Plan, StateOp, Step
from segue.evals import planning, suites
from segue.evals.planning_contexts import contexts, known, names, state_for
from segue.evals.planning_match import judge

PARAPHRASES = json.loads(Path(__file__).with_name("planner_paraphrases.json").read_text("utf-8"))
PLANNER = BuiltinPlanner(names)


def plan_of(message: str, context: str) -> Plan:
    state = state_for(context)
    before = state.model_dump_json()
    plan = check(PLANNER.plan(message, state), state, known)
    assert state.model_dump_json() == before, "the planner changed the dialogue state"
    return plan


@pytest.mark.parametrize("case", planning.cases(), ids=lambda case: case["id"])
def test_frozen_plans(case):
    verdict = judge(plan_of(case["message"], case["context"]), case["accept"])
    assert verdict.ok, verdict.wrong


@pytest.mark.parametrize("case", PARAPHRASES, ids=lambda case: f"{case['id']}-{case['message'][:40]}")
def test_paraphrases(case):
    verdict = judge(plan_of(case["message"], case["context"]), case["accept"])
    assert verdict.ok, verdict.wrong


def test_every_line_of_the_intents_has_a_case():
    lines = {case["id"][:2] for case in planning.cases() if case["id"][0].isdigit()}
    assert lines == {f"{n:02d}" for n in range(1, 97)}
    assert {case["context"] for case in planning.cases()} <= set(contexts())


def test_a_turn_takes_less_than_25_ms():
    messages = [(case["message"], case["context"]) for case in planning.cases()]
    for message, context in messages:
        PLANNER.plan(message, state_for(context))
    times = []
    for message, context in messages:
        state = state_for(context)
        started = time.perf_counter()
        PLANNER.plan(message, state)
        times.append(time.perf_counter() - started)
    assert sorted(times)[len(times) // 2] < 0.025


def test_the_judge_tells_wrong_from_right():
    accept = [
        {
            "steps": [
                {"tool": "edit", "args": {"clip": {"id": "p1"}, "operations": [{"op": "remove", "stems": ["drums"]}]}}
            ]
        }
    ]

    def plan(stems, *more, **fields):
        operations = [{"op": "remove", "stems": stems}, *more]
        return Plan(steps=[Step(id="s1", tool="edit", args={"clip": {"id": "p1"}, "operations": operations})], **fields)

    assert judge(plan(["drums"]), accept).ok
    assert not judge(plan(["bass"]), accept).ok
    assert not judge(plan(["drums"], {"op": "reverse"}), accept).ok
    assert not judge(plan(["drums"], question="Really?"), accept).ok
    assert not judge(plan(["drums"], state=[StateOp(op="undo")]), accept).ok
    assert not judge(Plan(), accept).ok


def test_the_suite_is_found_and_prints_a_table():
    result = planning.run()
    assert (result["passed"], result["total"]) == (96, 96)
    header, rows = suites()["planning"].table(result)
    assert all(len(row) == len(header) for row in rows)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "   ",
        "?",
        "🎵",
        "a" * 5000,
        "and and and",
        "the",
        "#",
        "1",
        "\n\n",
        "drop table tracks;",
        "{}",
        "über",
        "東京",
    ],
)
@pytest.mark.parametrize("context", ["empty", "list", "piece", "takes", "attached_five", "pending"])
def test_anything_gives_a_plan_that_passes_the_check(message, context):
    plan_of(message, context)


def test_without_a_library_names_are_search_words():
    plan = BuiltinPlanner().plan("play The River by Springsteen", State())
    assert plan.steps[0].tool == "retrieve"
    assert "River" in plan.steps[0].args["query"]
