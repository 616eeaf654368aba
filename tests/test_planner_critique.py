"""What is said of a list, turns of the talk, comparisons and contrasts: general rules, in words of our own."""

from typing import Any

import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.agent.language import contrast, stance, turning
from segue.evals.planning_contexts import names, state_for

PLANNER = BuiltinPlanner(names)


def _args(message: str, context: str) -> dict[str, Any]:
    plan = PLANNER.plan(message, state_for(context))
    assert [step.tool for step in plan.steps] == ["retrieve"], (plan.steps, plan.question, plan.reply)
    return plan.steps[0].args


@pytest.mark.parametrize(
    ("message", "adjust", "hold"),
    [
        ("the vibe can stay where it is, a little faster though", {"tempo": 0.5}, ["mood"]),
        ("livelier and a shade darker", {"energy": 1.0, "mood": -0.5}, []),
        ("dial the distortion back", {"distortion": -1.0}, []),
        ("the tempo is perfect but the energy is too low", {"energy": 1.0}, ["tempo"]),
        ("love the sound, hate the tempo", {"tempo": -1.0}, []),
        ("this is lovely but there's too much going on", {"density": -1.0}, []),
        ("not melodic enough", {"melody": 1.0}, []),
        ("they are slightly frantic", {"energy": -0.5}, []),
    ],
)
def test_qualities_by_stance(message: str, adjust: dict[str, float], hold: list[str]) -> None:
    """Words of degree and of keeping are read wherever they stand."""
    args = _args(message, "list")
    assert (args["query"], args.get("adjust"), args.get("hold", [])) == ("jazz", adjust, hold)


@pytest.mark.parametrize(
    ("message", "out"),
    [
        ("number two and number four don't do it for me", ["t2", "t4"]),
        ("tracks 2 to 4 can go", ["t2", "t3", "t4"]),
        ("I could live without the opening two", ["t1", "t2"]),
        ("first and last are dreadful", ["t1", "t5"]),
        ("the middle one is a dud", ["t3"]),
    ],
)
def test_tracks_that_are_not_wanted(message: str, out: list[str]) -> None:
    """Tracks are meant by number, by place and together; what is said of one is said of all that are joined."""
    plan = PLANNER.plan(message, state_for("list"))
    assert plan.steps[0].args["filters"]["exclude"] == out
    assert [(op.op, op.target.id) for op in plan.state] == [("reject", id) for id in out]  # type: ignore[union-attr]


@pytest.mark.parametrize("message", ["decades don't matter", "you can drop the 90s thing now", "stop worrying about when it was recorded", "any era is fine"])  # fmt: skip
def test_a_filter_falls(message: str) -> None:
    """A filter that is in force falls, whatever it is called."""
    plan = PLANNER.plan(message, state_for("list_90s"))
    assert plan.steps[0].args == {"query": "jazz"}
    assert [(op.op, op.target) for op in plan.state] == [("drop", "year")]


@pytest.mark.parametrize(
    ("context", "message", "ops"),
    [
        ("journey_5", "undo the last two things you did", ["undo", "undo"]),
        ("piece_without_drums", "hm, I preferred it the way it was", ["undo"]),
        ("two_lists", "take me back to the list we had at the beginning", ["back"]),
        ("two_lists", "what was in that jazz list?", ["back"]),
        ("piece", "hang on, I changed my mind", ["cancel"]),
        ("piece", "please stop generating", ["cancel"]),
        ("pending", "by all means", ["confirm"]),
    ],
)
def test_turns_of_the_talk(context: str, message: str, ops: list[str]) -> None:
    """Undo, back, stop and yes are told by their heading words, the rest in any order."""
    plan = PLANNER.plan(message, state_for(context))
    assert ([op.op for op in plan.state], plan.steps, plan.question) == (ops, [], None)


@pytest.mark.parametrize("message", ["stop the drums after bar 4", "go back to the chorus melody in the outro", "cancel out the hum"])  # fmt: skip
def test_no_turn_where_something_else_is_spoken_of(message: str) -> None:
    """A heading word beside words of another kind turns nothing."""
    assert turning.turned(message, state_for("piece")) is None


def test_what_follows_a_turn_speaks_of_the_state_it_leaves() -> None:
    """ "Back to the jazz list, but slower" refines the list gone back to."""
    plan = PLANNER.plan("back to the jazz list, but slower", state_for("two_lists"))
    assert [op.op for op in plan.state] == ["back"]
    assert (plan.steps[0].args["query"], plan.steps[0].args["adjust"]) == ("jazz", {"tempo": -1.0})


@pytest.mark.parametrize(
    ("message", "clips"),
    [
        ("how much louder is 5 than 2?", ["t5", "t2"]),
        ("which of them is the darkest?", ["t1", "t2", "t3", "t4", "t5"]),
        ("what persuaded you to put number 4 in?", ["t4"]),
    ],
)
def test_comparisons_and_reasons(message: str, clips: list[str]) -> None:
    """Degrees and reasons are asked of what is named, else of all."""
    plan = PLANNER.plan(message, state_for("list"))
    assert [(step.tool, [clip["id"] for clip in step.args["clips"]]) for step in plan.steps] == [("caption", clips)]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("jazzy but never cheesy", "jazzy"),
        ("gentle yet not boring", "gentle"),
        ("songs I've never listened to", "songs I've never listened to"),
        ("how many tracks have no genre?", "how many tracks have no genre?"),
    ],
)
def test_what_a_description_is_not_to_be(said: str, kept: str) -> None:
    """Only what denies a quality beside a description is taken out."""
    assert contrast.softened(said)[0] == kept


def test_misspelt_words_of_talk() -> None:
    """Letters that changed places are put right; words that only look alike are left."""
    assert stance.respelt("mroe enegry wihtout the bass from three albums") == "more enegry without the bass from three albums"  # fmt: skip
