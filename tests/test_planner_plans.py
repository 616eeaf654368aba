"""The built-in planner against the frozen plans, and against paraphrases of every intent."""

import json
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
    result = planning.run(half="intents")
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


def test_why_is_answered_from_the_reasons_of_the_search():
    state = state_for("list")
    reasons = ["8 bpm slower than number 1", "calm, by its tags"]
    state.things["t2"] = state.things["t2"].model_copy(update={"reasons": reasons})
    for message in ("why number 2?", "why did you pick the second one?", "how come you chose Night Ferry?"):
        plan = PLANNER.plan(message, state)
        assert not plan.steps, message
        assert plan.reply == "“Night Ferry” by Mazzy Star: 8 bpm slower than number 1; calm, by its tags."
    for message in ("why the first one?", "why is the second one so slow?"):
        assert PLANNER.plan(message, state).steps[0].tool == "caption", message


def test_an_axis_that_is_held_drops_an_older_wish():
    state = state_for("list")
    state.search = {"query": "jazz", "adjust": {"energy": 1.0}}
    args = PLANNER.plan("slower please, but keep the energy", state).steps[0].args
    assert (args["adjust"], args["hold"]) == ({"tempo": -1.0}, ["energy"])


def test_a_wish_against_a_word_of_the_query_takes_its_place():
    state = state_for("list")
    state.search = {"query": "something calm for the evening"}
    plan = PLANNER.plan("not the second one, more upbeat", state)
    assert plan.steps[0].args["query"] == "something for the evening"
    assert plan.steps[0].args["adjust"] == {"energy": 1.0}
    assert any("calm" in note for note in plan.notes)


def test_hard_filters_stay_where_a_seed_takes_the_place_of_the_query():
    args = PLANNER.plan("more like the second one", state_for("list_90s")).steps[0].args
    assert "query" not in args
    assert args["filters"]["year_min"] == 1990
