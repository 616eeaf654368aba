"""A message as one search: what the reader sees, with the values that are said, however they are said."""

import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.agent.language import directly
from segue.agent.language.draft import Draft
from segue.evals.planning_contexts import names, state_for

JAZZ = {"query": "jazz"}
SHOWN = ["t1", "t2", "t3", "t4", "t5"]


def found(seen, message, context):
    """What is searched for a message of which the reader sees some labels, and what is said to the state."""
    state = state_for(context)
    draft = Draft(message, state, BuiltinPlanner(names)._known(message, state))
    plan = directly.direct(frozenset({"retrieve", *seen}), message, draft)
    assert plan is not None
    return plan.steps[0].args, {op.op for op in plan.state}


@pytest.mark.parametrize(
    ("seen", "message", "context", "args"),
    [
        ({"f.bpm"}, "nothing below 140 for me", "list", JAZZ | {"filters": {"bpm_min": 140.0}}),
        ({"f.bpm"}, "between 96 and 104 would be ideal", "list", JAZZ | {"filters": {"bpm_min": 96.0, "bpm_max": 104.0}}),
        ({"f.year"}, "the story ends in 1971, so nothing later", "list", JAZZ | {"filters": {"year_max": 1971}}),
        ({"f.year"}, "disco, 74 to 78", "empty", {"query": "disco", "filters": {"year_min": 1974, "year_max": 1978}}),
        ({"f.rating_min"}, "just my four star ones", "list", JAZZ | {"filters": {"rating_min": 4.0}}),
        ({"f.vocals"}, "voices are out of the question tonight", "list", JAZZ | {"filters": {"vocals": False}}),
        ({"f.unplayed"}, "what did I rip and then leave on the shelf", "empty", {"filters": {"unplayed": True}}),
        ({"f.exclude_artists"}, "Hana Mori has had her turn", "list", JAZZ | {"filters": {"exclude_artists": ["Hana Mori"]}}),
        ({"f.exclude"}, "a second helping", "list", JAZZ | {"filters": {"exclude": SHOWN}}),
        ({"f.exclude", "state.reject"}, "nah not 4", "list", JAZZ | {"filters": {"exclude": ["t4"]}}),
        ({"r.max_per_artist"}, "one per band, tops", "list", JAZZ | {"max_per_artist": 1}),
        ({"r.max_per_artist"}, "dealer's choice", "list", {"max_per_artist": 1}),
        ({"r.total_s"}, "enough bossa for a 25 minuet bath", "empty", {"total_s": 1500.0}),
        (set(), "bootlegs are welcome", "list", {"query": "jazz bootlegs"}),
        ({"r.like", "f.exclude_artists"}, "the middle one, but played by others", "list",
         {"like": [{"id": "t3"}], "filters": {"exclude_artists": ["Oscar Vale"]}}),
        ({"r.like"}, "the second to last is the mood, similar please", "list", {"like": [{"id": "t4"}]}),
        ({"r.like", "order.path"}, "Oasis to hardcore in tiny steps", "empty",
         {"like": [{"id": "t_wonderwall"}], "order": "path", "query": "hardcore"}),
        ({"r.among"}, "gloomiest of the three", "takes", {"query": "gloom", "k": 1}),
        ({"r.among", "order.energy_up"}, "calmest of these first", "list", {"order": "energy_up"}),
        ({"state.drop"}, "the years can go", "list_90s", JAZZ),
        ({"state.drop"}, "lose the calm bit, any piano will do", "piano_list", {"query": "piano"}),
    ],
)  # fmt: skip
def test_values_are_read_for_what_is_meant(seen, message, context, args):
    made, _ = found(seen, message, context)
    assert {name: made.get(name) for name in args} == args
    assert "filters" in args or not made.get("filters")


def test_turns_of_the_talk_are_kept():
    assert found({"f.exclude", "state.reject"}, "scrap one and three", "list")[1] == {"reject"}
    assert found({"f.vocals", "state.branch"}, "a copy of that with no singing", "list")[1] == {"branch"}
    assert found({"state.drop"}, "whenever it was recorded", "list_90s")[1] == {"drop"}


def test_the_tempo_of_a_track_is_matched():
    made, _ = found({"f.bpm"}, "as fast as number 2", "list")
    assert 86 < made["filters"]["bpm_min"] < 96 < made["filters"]["bpm_max"] < 106


def test_what_cannot_be_checked_is_said():
    message = "just the ones cut by Kevin Gray"
    plan = directly.direct(frozenset({"retrieve"}), message, Draft(message, state_for("list"), []))
    assert plan is not None
    assert plan.steps[0].args["query"] == "jazz"
    assert any("no way to check" in note for note in plan.notes)


@pytest.mark.parametrize("message", ["play the second one", "could you play number 3"])
def test_what_is_to_be_played_is_not_likened(message):
    draft = Draft(message, state_for("list"), [])
    assert directly.direct(frozenset({"retrieve", "r.like"}), message, draft) is None


@pytest.mark.parametrize(
    ("message", "wanted", "adjust"),
    [("swap the third for something slower", "t3", {"tempo": -1.0}), ("replace number 2 with something more upbeat", "t2", {"energy": 1.0})],
)  # fmt: skip
def test_a_track_is_exchanged_for_another_kind(message, wanted, adjust):
    plan = BuiltinPlanner(names).plan(message, state_for("list"))
    assert plan.steps[0].args == JAZZ | {"filters": {"exclude": [wanted]}, "adjust": adjust}


def test_what_a_piece_does_not_have_is_not_added_for_being_named():
    plan = BuiltinPlanner(names).plan("second one but with strings instead of the pad", state_for("takes"))
    assert [step.args for step in plan.steps] == [
        {"clip": {"id": "k2"}, "operations": [{"op": "add", "instrument": "strings"}]}
    ]
    assert any("no warm pad" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("message", "clip", "operation"),
    [
        ("make track 3 punchier", "t3", {"op": "effect"}),
        ("can number 5 be in E flat major?", "t5", {"op": "transpose", "key": "Eb major"}),
        ("Track 3 minus the bass please", "t3", {"op": "remove", "stems": ["bass"]}),
        ("On the Hana Mori track I want the piano standing alone", "t5", {"op": "isolate", "stems": ["piano"]}),
    ],
)
def test_one_track_of_a_list_is_changed(message, clip, operation):
    [step] = BuiltinPlanner(names).plan(message, state_for("list")).steps
    assert (step.tool, step.args["clip"]) == ("edit", {"id": clip})
    assert operation.items() <= step.args["operations"][0].items()
