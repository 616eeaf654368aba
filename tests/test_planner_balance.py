"""Parts that are sent different ways in one breath, and parts with nothing but "up" or "down" beside them."""

import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.evals.planning_contexts import names, state_for


def planned(message, context="piece"):
    return BuiltinPlanner(names).plan(message, state_for(context))


def levels(plan):
    """Return the operations of a plan's one step, by stem: a level in dB, or None where it is taken out."""
    [step] = plan.steps
    assert step.tool == "edit"
    found = {}
    for operation in step.args["operations"]:
        if operation["op"] == "remove":
            found |= dict.fromkeys(operation["stems"])
        else:
            found[operation["stem"]] = operation["db"]
    return found


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("less drums, more bass", {"drums": -3, "bass": 3}),
        ("more bass but less drums", {"bass": 3, "drums": -3}),
        ("more bass less drums", {"bass": 3, "drums": -3}),
        ("drop the drums, louder bass", {"drums": None, "bass": 3}),
        ("kill the melody and more rhodes please", {"melody": None, "rhodes": 3}),
        ("more rhodes, less melody, no drums", {"rhodes": 3, "melody": -3, "drums": None}),
        ("quieter drums, louder bass", {"drums": -3, "bass": 3}),
        ("more bass and drums, less melody", {"bass": 3, "drums": 3, "melody": -3}),
        ("can we have less rhodes and a bit more melody", {"rhodes": -3, "melody": 2}),
        ("the drums are too loud, and the bass too quiet", {"drums": -3, "bass": 3}),
        ("bass up a bit, drums down 2 dB, melody out", {"bass": 2, "drums": -2, "melody": None}),
        ("drums and bass down 3 dB, rhodes up 2", {"drums": -3, "bass": -3, "rhodes": 2}),
        ("bass up a bit", {"bass": 2}),
        ("drums and bass down please", {"drums": -3, "bass": -3}),
        ("more bass and more drums", {"bass": 3, "drums": 3}),
        ("no drums and no bass", {"drums": None, "bass": None}),
    ],
)
def test_every_part_goes_its_own_way(message, expected):
    assert levels(planned(message)) == expected


def test_a_part_that_is_not_there_is_said_and_the_rest_is_done():
    plan = planned("lose the hats, more bass")
    assert levels(plan) == {"bass": 3}
    assert "no hi-hat" in " ".join(plan.notes)


@pytest.mark.parametrize("message", ["write the bass down", "what's up with the bass"])
def test_up_and_down_mean_other_things_too(message):
    assert all(step.tool != "edit" for step in planned(message).steps)


@pytest.mark.parametrize(
    ("message", "context", "operation"),
    [
        ("mute the bass in bars 5 to 8", "piece", {"op": "remove", "stems": ["bass"], "start_s": 10.435, "end_s": 20.87}),
        ("take out the drums for the first 4 bars", "piece", {"op": "remove", "stems": ["drums"], "start_s": 0.0, "end_s": 10.435}),
        ("drums 3 dB down in bars 9-12", "piece", {"op": "gain", "stem": "drums", "db": -3.0, "start_s": 20.87, "end_s": 31.304}),
        ("just the rhodes in the last 4 bars", "piece", {"op": "isolate", "stems": ["rhodes"], "start_s": -10.435}),
        ("rewrite the bass in bars 5 to 8", "piece", {"op": "regenerate", "start_bar": 5, "end_bar": 8, "parts": ["bass"]}),
        ("cut the first 10 seconds and the last 5", "recording", {"op": "trim", "start_s": 10.0, "end_s": -5.0}),
        ("trim off the last 4 seconds and the first 2", "recording", {"op": "trim", "start_s": 2.0, "end_s": -4.0}),
        ("cut the first and last 5 seconds", "recording", {"op": "trim", "start_s": 5.0, "end_s": -5.0}),
        ("I don't like the melody, write another one", "piece", {"op": "regenerate", "parts": ["melody"]}),
    ],
)  # fmt: skip
def test_a_place_is_kept_to(message, context, operation):
    [step] = planned(message, context).steps
    assert step.args["operations"] == [operation]


def test_bars_that_are_not_known_are_asked_for_and_nothing_is_done():
    plan = planned("mute the drums in bars 5 to 8", "recording")
    assert not plan.steps
    assert "from which second" in plan.question


def test_a_bar_is_as_long_as_its_meter_says():
    state = state_for("piece")
    waltz = state.model_copy(
        update={"things": {"p1": state.things["p1"].model_copy(update={"meter": "3/4", "bpm": 90.0})}}
    )
    [step] = BuiltinPlanner(names).plan("mute the bass in bars 3 to 4", waltz).steps
    assert (step.args["operations"][0]["start_s"], step.args["operations"][0]["end_s"]) == (4.0, 8.0)


@pytest.mark.parametrize("message", ["what have I got by Nirvana", "what do we have by Nirvana?", "which songs do I own by Nirvana"])  # fmt: skip
def test_what_is_owned_of_somebody_is_searched(message):
    [step] = planned(message, "empty").steps
    assert "Nirvana" in (step.args.get("query"), step.args.get("filters", {}).get("artist"))


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("add strings in the chorus", "in the chorus"),
        ("add a tambourine in the second half", "in the second half"),
        ("add strings only in bars 5 to 8", "only in bars 5 to 8"),
        ("put some congas in the second verse", "in the second verse"),
        ("add strings from bar 9 on", "from bar 9 on"),
    ],
)
def test_a_new_part_plays_where_it_is_wanted(message, place):
    [step] = planned(message).steps
    [operation] = step.args["operations"]
    assert operation["op"] == "add"
    assert place in operation["prompt"]
