"""Short messages that mean one thing: a limit lifted, a genre taken up, an artist gone on with, music to sleep to."""

import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.agent.dialogue import ShownList, State, Thing


def _state(**search: object) -> State:
    things = {
        "t1": Thing(id="t1", kind="track", title="Alpha", artist="Ana Lima", origin="retrieve"),
        "t2": Thing(id="t2", kind="track", title="Beta", artist="Bo Reed", origin="retrieve"),
    }
    shown = ShownList(ids=["t1", "t2"], label="metal", kind="tracks", turn=1)
    return State(
        turn=1, things=things, focus=["t2"], lists=[shown], search={"query": "metal", **search}, last_tool="retrieve"
    )


def _plan(message: str, state: State):
    return BuiltinPlanner().plan(message, state)


@pytest.mark.parametrize(
    "message", ["drop the rating", "then drop the rating", "ok, lift the rating filter", "forget the rating"]
)
def test_a_limit_in_force_is_lifted(message):
    plan = _plan(message, _state(filters={"rating_min": 4.0, "year_min": 1990}))
    assert plan.steps[0].args["query"] == "metal"
    assert plan.steps[0].args["filters"] == {"year_min": 1990}
    assert [op.op for op in plan.state] == ["drop"]


def test_a_limit_of_a_search_that_found_nothing_is_lifted_too():
    state = _state().model_copy(update={"last_args": {"query": "metal", "filters": {"rating_min": 5.0}}})
    plan = _plan("drop the rating", state)
    assert plan.steps[0].args["query"] == "metal"
    assert not (plan.steps[0].args.get("filters") or {}).get("rating_min")


@pytest.mark.parametrize("message", ["drop the key", "forget the language", "take off the year limit please"])
def test_a_limit_that_is_not_there_is_not_searched_for(message):
    plan = _plan(message, _state())
    assert not plan.steps
    assert "is in force, so there is none to drop" in (plan.reply or "")


@pytest.mark.parametrize("message", ["switch to reggae", "ok, switch to reggae", "let's move on to some reggae music"])
def test_switching_to_a_genre_is_a_change_of_topic(message):
    [step] = _plan(message, _state(filters={"year_min": 1990})).steps
    assert step.tool == "retrieve"
    assert "reggae" in f"{step.args.get('query')} {(step.args.get('filters') or {}).get('genre')}"
    assert not step.args.get("like")


@pytest.mark.parametrize(
    "message", ["anything else by them?", "more by him", "do I have anything else by this artist?"]
)
def test_more_of_an_artist_is_by_the_one_in_focus(message):
    [step] = _plan(message, _state()).steps
    assert step.args["filters"]["artist"] == "Bo Reed"
    assert step.args["filters"]["exclude"] == ["t2"]


def test_what_is_owned_of_an_album_is_looked_up_by_its_name():
    [step] = _plan("what have I got from Kind of Blue?", _state()).steps
    assert step.args["query"] == "Kind of Blue"


@pytest.mark.parametrize(("message", "word"), [("help me fall asleep", "sleep"), ("can you help me focus", "focus"), ("help me wind down", "wind down")])  # fmt: skip
def test_help_with_sleeping_is_music_and_no_manual(message, word):
    plan = _plan(message, State())
    assert plan.reply is None
    assert word in plan.steps[0].args["query"]
    assert (_plan("help", State()).reply or "").startswith("I find, make")
