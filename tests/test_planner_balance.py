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
