"""What ``check`` accepts, and that what it rejects is said so that a planner can act on it."""

from typing import Any

import pytest

from segue.agent.check import MAX_STEPS, check, dependencies
from segue.agent.dialogue import State, Thing
from segue.agent.plan import Plan, Ref, StateOp, Step
from segue.tools.core.errors import PlanError
from tests.agent_support import steps

STATE = State(
    things={
        "p_1": Thing(id="p_1", title="song"),
        "f_list": Thing(id="f_list", kind="playlist", title="mix.m3u8"),
        "f_pic": Thing(id="f_pic", kind="file", title="score.svg"),
        "f_mid": Thing(id="f_mid", kind="file", title="bass.mid"),
    }
)
SONG = {"id": "p_1"}


def problems(*calls: tuple[str, dict[str, Any]], ops: tuple[StateOp, ...] = ()) -> list[str]:
    with pytest.raises(PlanError) as caught:
        check(Plan(steps=steps(*calls), state=list(ops)), STATE)
    return caught.value.problems


def test_a_chain_over_typed_edges_is_accepted_as_it_is():
    calls = (
        ("tag", {"clip": SONG}),
        ("generate", {"bpm": {"step": "s1", "field": "bpm"}, "key": {"step": "s1", "field": "key"}, "mood": {"step": "s1", "field": "mood"}}),
        ("edit", {"clip": SONG, "operations": [{"op": "concat", "clips": [{"step": "s2", "field": "pieces", "index": 0}]}]}),
        ("retrieve", {"like": [{"step": "s3", "field": "piece"}]}),
        ("export", {"items": [{"step": "s4", "field": "items"}], "formats": ["m3u8"]}),
        ("caption", {"clips": {"step": "s4", "field": "items"}}),
        ("tag", {"clip": {"step": "s4", "field": "items", "index": 1}}),
        ("edit", {"clip": SONG, "operations": [{"op": "tempo", "bpm": {"step": "s7", "field": "bpm"}}, {"op": "transpose", "key": {"step": "s7", "field": "key"}}]}),
    )  # fmt: skip
    plan = check(Plan(steps=steps(*calls)), STATE)
    assert [step.args for step in plan.steps] == [args for _, args in calls]
    assert dependencies(plan.steps[7]) == {"s7"}


def test_tool_names_are_resolved_and_unknown_ones_named():
    plan = check(Plan(steps=steps((" segue.tools.Tag", {"clip": SONG}))), STATE)
    assert plan.steps[0].tool == "tag"
    assert "there is no tool 'sing'; tools are caption, edit" in problems(("sing", {}))[0]


def test_references_forward_backward_and_to_nowhere():
    later = problems(
        ("tag", {"clip": {"step": "s2", "field": "pieces", "index": 0}}), ("generate", {}), ("tag", {"clip": {"step": "s9", "field": "piece"}})
    )  # fmt: skip
    assert later[0].endswith("'clip' refers to step s2, which comes later: a step may only refer to earlier ones")
    assert later[1].endswith("refers to step s9, which does not exist")
    assert "comes later" in problems(("edit", {"clip": {"step": "s1", "field": "piece"}, "operations": [{"op": "reverse"}]}))[0]  # fmt: skip


def test_two_steps_of_one_name():
    plan = Plan(steps=[Step(id="s1", tool="tag", args={"clip": SONG}), Step(id="s1", tool="tag", args={"clip": SONG})])
    with pytest.raises(PlanError, match="two steps are called s1"):
        check(plan, STATE)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"clip": {"step": "s1", "field": "piece"}}, "refers to the field 'piece' of step s1, but generate gives pieces"),
        ({"clip": {"step": "s1", "field": "pieces"}}, "wants one piece, but 'pieces' of step s1 (generate) is a list; add an 'index', from 0"),
        ({"clip": {"step": "s2", "field": "bpm"}}, "wants a piece, but 'bpm' of step s2 (tag) is a number; tag makes no piece"),
        ({"clip": {"step": "s3", "field": "items"}}, "add an 'index'"),
        ({"clip": {"id": "p_404"}}, "refers to the id 'p_404', which is not known"),
        ({"clip": {"id": "f_list"}}, "'mix.m3u8' is a playlist"),
        ({"clip": {"id": "f_pic"}}, "'score.svg' is a file"),
        ({"clip": "p_1"}, "'clip'"),
        ({}, "'clip' is missing"),
        ({"clip": SONG, "tempo": 3}, "'tempo' is not an argument here; it may have clip"),
    ],
)  # fmt: skip
def test_edges_into_a_clip(args, words):
    found = problems(("generate", {}), ("tag", {"clip": SONG}), ("retrieve", {"query": "x"}), ("tag", args))
    assert len(found) == 1
    assert found[0].startswith("step s4 (tag): ")
    assert words in found[0]


def test_files_with_notes_may_stand_where_a_clip_may():
    check(Plan(steps=steps(("tag", {"clip": {"id": "f_mid"}}))), STATE)
    check(Plan(steps=steps(("export", {"items": [{"id": "f_pic"}, {"id": "f_list"}], "formats": ["pdf"]}))), STATE)


@pytest.mark.parametrize(
    ("tool", "args", "words"),
    [
        ("generate", {"bpm": {"step": "s1", "field": "key"}}, "'bpm' wants a number, but 'key' of step s1 (tag) is a text"),
        ("generate", {"key": {"step": "s1", "field": "bpm"}}, "'key' wants a text, but 'bpm' of step s1 (tag) is a number"),
        ("generate", {"key": {"step": "s1", "field": "mood"}}, "'key' wants a text, but 'mood' of step s1 (tag) is a list of texts"),
        ("generate", {"bpm": {"step": "s1", "field": "sections"}}, "is a list of objects"),
        ("generate", {"bpm": {"step": "s1", "field": "bpm", "index": 0}}, "leave 'index' out"),
        ("generate", {"duration_s": -4}, "'duration_s' must be more than 0, not -4"),
        ("generate", {"bmp": 90}, "'bmp' is not an argument here; did you mean 'bpm'?"),
        ("edit", {"clip": SONG, "operations": []}, "'operations'"),
        ("edit", {"clip": SONG, "operations": [{"op": "gain", "dbs": 3}]}, "'operations[0].db' is missing"),
        ("edit", {"clip": SONG, "operations": [{"op": "transpose", "key": {"step": "s1", "field": "key"}, "semitones": 2}]}, "either semitones or key"),
        ("edit", {"clip": SONG, "operations": [{"op": "sing"}]}, "'sing'"),
        ("retrieve", {"filters": {"years": 1990}}, "'filters.years' is not an argument here; did you mean 'year_m"),
        ("export", {"items": [SONG], "formats": ["m3u9"]}, "not 'm3u9'"),
    ],
)  # fmt: skip
def test_values_and_units(tool, args, words):
    found = problems(("tag", {"clip": SONG}), (tool, args))
    assert any(words in problem for problem in found), found


def test_every_problem_is_told_at_once():
    found = problems(("tag", {}), ("generate", {"bpm": 1}), ("nope", {}))
    assert [problem.split(":")[0] for problem in found] == ["step s1 (tag)", "step s2 (generate)", "step s3 (nope)"]


def test_ids_of_the_library_count_as_known():
    plan = Plan(steps=steps(("tag", {"clip": {"id": "t_9"}})))
    assert check(plan, STATE, known={"t_9"}.__contains__).steps


def test_state_operations():
    assert "nothing waits for a yes" in problems(ops=(StateOp(op="confirm"),))[0]
    assert "'p_404' is not known" in problems(ops=(StateOp(op="like", target=Ref(id="p_404")),))[0]
    assert "needs a target" in problems(ops=(StateOp(op="drop"),))[0]
    check(Plan(state=[StateOp(op="undo"), StateOp(op="drop", target="year")]), STATE)


def test_plans_have_an_end():
    assert f"{MAX_STEPS} are the most" in problems(*[("generate", {})] * (MAX_STEPS + 1))[0]
