"""The planning suite measures what it says: figures on plans made right and wrong, and the peers over real HTTP."""

import json
from collections import Counter

import pytest

from segue.agent.plan import Plan, Step
from segue.evals import planning, suites
from segue.evals.planning_contexts import contexts, state_for
from segue.evals.planning_peers import peer, read_tasks
from segue.evals.planning_score import Tally, score
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.vocabulary import fold
from tests.scripted_llm import Move, ScriptedLlm, plan

CHAIN = {
    "id": "83", "message": "find something calm and give me its tempo", "context": "empty",
    "accept": [{"steps": [
        {"id": "a", "tool": "retrieve", "args": {"query": {"~": "calm"}}},
        {"tool": "tag", "args": {"clip": {"step": "a", "field": "items", "index": 0}}},
    ]}],
}  # fmt: skip
RIGHT = [
    Step(id="s1", tool="retrieve", args={"query": "calm"}),
    Step(id="s2", tool="tag", args={"clip": {"step": "s1", "field": "items", "index": 0}}),
]


def tally(*plans: Plan) -> Tally:
    figures = Tally()
    for made in plans:
        figures.add(score(CHAIN, made), 0.9)
    return figures


def test_a_right_plan_has_every_figure():
    found = tally(Plan(steps=RIGHT))
    assert (found.exact, found.tools, found.edges, found.with_edges, found.f1, found.steady) == (1, 1, 1, 1, 1.0, 1.0)


def test_each_mistake_moves_its_own_figure():
    unlinked = [RIGHT[0], Step(id="s2", tool="tag", args={"clip": {"id": "t1"}})]
    found = tally(Plan(steps=unlinked))
    assert (found.exact, found.tools, found.edges, found.right, found.missing, found.extra) == (0, 1, 0, 1, 1, 1)
    fewer = tally(Plan(steps=RIGHT[:1]))
    assert (fewer.tools, fewer.right, fewer.missing, fewer.extra) == (0, 1, 1, 0)
    asks = tally(Plan(steps=RIGHT, question="Which one?"))
    assert (asks.exact, asks.asked_needlessly) == (0, 1)
    unsure = tally(Plan(steps=RIGHT), Plan(steps=RIGHT[:1], certain=0.5))
    assert (unsure.certain, unsure.certain_right, unsure.steady) == (1, 1, 0.0)


def test_the_suite_runs_one_set_and_refuses_others():
    result = planning.run(half="intents", limit=12)
    assert result["sets"]["intents"]["n"] == 12
    header, rows = suites()["planning"].table(result)
    assert all(len(row) == len(header) for row in rows)
    with pytest.raises(InvalidArgument):
        planning.run(half="exam")
    with pytest.raises(InvalidArgument):
        planning.run(planner="oracle")


def test_the_test_half_is_the_one_that_was_frozen():
    assert planning.fingerprint("test") == planning.FROZEN
    test, dev = planning.cases("test"), planning.cases("dev")
    assert Counter(case["id"][:2] for case in test) == {f"{n:02d}": 8 for n in range(1, 97)}
    assert {case["id"][:2] for case in dev} == {f"{n:02d}" for n in range(1, 97)}
    assert not {fold(case["message"]) for case in test} & {fold(case["message"]) for case in dev}
    assert {case["context"] for case in test + dev} <= set(contexts())


def called(*calls: tuple[str, dict]) -> Move:
    """Return an answer that calls tools."""
    listed = [
        {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
        for n, (name, args) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": None, "tool_calls": listed}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    return Move(
        raw=json.dumps({"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]})
    )


def test_a_react_loop_is_read_as_a_plan():
    moves = [called(("retrieve", {"query": "calm"})), called(("tag", {"clip": {"id": "s1:items:0"}})), Move("Done.")]
    with ScriptedLlm(*moves) as server:
        made = peer("react", "m", server.url).plan(CHAIN["message"], state_for("empty"))
    assert score(CHAIN, made).verdict.ok, made
    assert len(server.requests) == 3


def test_a_list_of_tasks_is_read_as_a_plan():
    said = 'Sure: [{"task": "retrieve", "id": 0, "dep": [-1], "args": {"query": "calm"}}, {"task": "tag", "id": 1, "dep": [0], "args": {"clip": "<GENERATED>-0"}}]'
    with ScriptedLlm(Move(said)) as server:
        made = peer("musicagent", "m", server.url).plan(CHAIN["message"], state_for("empty"))
    assert score(CHAIN, made).verdict.ok, made
    assert read_tasks("I cannot do that.") == Plan(planner="musicagent")


def test_our_llm_planner_counts_as_none_where_it_fails():
    good = plan(("retrieve", {"query": "calm"}), ("tag", {"clip": {"step": "s1", "field": "items", "index": 0}}))
    with ScriptedLlm(good, Move("no"), Move("no")) as server:
        measured = peer("llm", "m", server.url)
        assert score(CHAIN, measured.plan(CHAIN["message"], state_for("empty"))).verdict.ok
        assert measured.plan(CHAIN["message"], state_for("empty")) == Plan()
