"""Lists in the order of a field: how it is asked for, both ways, beside other wishes, and what is not one."""

import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.agent.dialogue import ShownList
from segue.agent.language import sorting
from segue.evals.planning_contexts import names, state_for

PLANNER = BuiltinPlanner(names)
SHOWN = ["t1", "t2", "t3", "t4", "t5"]


def steps(context, message):
    return [(step.tool, step.args) for step in PLANNER.plan(message, state_for(context)).steps]


@pytest.mark.parametrize(
    ("context", "message", "order"),
    [
        ("list", "could these go in order of bpm", "tempo_up"),
        ("list", "sort by speed, fastest on top", "tempo_down"),
        ("track_playing", "arrange them slowest to fastest", "tempo_up"),
        ("artist_list", "in tempo order please, high to low", "tempo_down"),
        ("list_90s", "earliest ones first", "year_up"),
        ("journey_6", "I want the newest songs at the top", "year_down"),
        ("list", "put them in reverse chronological order", "year_down"),
        ("list", "rank these by when they came out", "year_up"),
        ("piano_list", "from old to new", "year_up"),
        ("list", "shortest first, would you", "length_up"),
        ("takes", "sort the takes by duration, descending", "length_down"),
        ("attached_five", "line these up by how long they are", "length_up"),
        ("list", "the shorter ones last", "length_down"),
        ("list", "best rated at the top", "rating_down"),
        ("track_playing", "by my ratings", "rating_down"),
        ("list", "order them by play count", "plays_down"),
        ("list_90s", "least played up front", "plays_up"),
        ("list", "sort the list alphabetically", "title"),
        ("attached_five", "my files from A to Z", "title"),
        ("list", "alphabetically by artist", "artist"),
        ("artist_list", "sort them by title, not by energy", "title"),
        ("attached_five", "organise these by camelot number", "key"),
        ("list", "arrange these harmonically", "path"),
        ("list", "oldset first", "year_up"),
        ("list", "order by lenght", "length_up"),
        ("list", "sotr them by tepmo, descending", "tempo_down"),
        ("list", "sort alphabeticaly", "title"),
    ],
)
def test_what_is_shown_is_put_in_the_order_of_a_field(context, message, order):
    [(tool, args)] = steps(context, message)
    state = state_for(context)
    assert tool == "retrieve"
    assert args["order"] == order
    assert [ref["id"] for ref in args["among"]] == (state.attached or state.lists[-1].ids)
    assert not args.get("query")


@pytest.mark.parametrize(
    ("context", "message", "wanted"),
    [
        ("empty", "jazz, oldest first", {"query": "jazz", "order": "year_up"}),
        ("piece", "everything by Mazzy Star, longest first", {"filters": {"artist": "Mazzy Star"}, "order": "length_down"}),
        ("empty", "calm piano, newest first", {"query": "calm piano", "order": "year_down"}),
        ("empty", "sort my whole library by tempo", {"order": "tempo_up"}),
        ("empty", "show me funk sorted by rating", {"query": "funk", "order": "rating_down"}),
        ("list", "only what came out after 2000, newest first", {"query": "jazz", "filters": {"year_min": 2001}, "order": "year_down"}),
    ],
)  # fmt: skip
def test_a_search_is_ordered_by_a_field(context, message, wanted):
    [(tool, args)] = steps(context, message)
    assert tool == "retrieve"
    assert args == {**wanted, "action": "playlist"}


@pytest.mark.parametrize(
    "message", ["sort my list by tempo and save it as m3u8", "save this in order of tempo as an m3u8"]
)
def test_a_list_is_saved_in_its_new_order(message):
    (_, ordered), (tool, saved) = steps("list", message)
    assert ordered["order"] == "tempo_up"
    assert (tool, saved) == ("export", {"items": [{"step": "s1", "field": "items"}], "formats": ["m3u8"]})


def test_what_is_described_is_also_put_in_the_order_of_a_field():
    told, ordered = steps("attached_five", "describe these and sort them by length, longest first")
    clips = [{"id": f"c{n}"} for n in range(1, 6)]
    assert told == ("caption", {"clips": clips})
    assert ordered == ("retrieve", {"among": clips, "order": "length_down", "k": 5})


@pytest.mark.parametrize(
    ("before", "message", "after"),
    [
        ("year_up", "reverse the order", "year_down"),
        ("energy_down", "ok, the other way round", "energy_up"),
        ("tempo_down", "can you flip the list", "tempo_up"),
        ("title", "reverse the order", None),
        ("best", "in reverse order please", None),
    ],
)
def test_an_order_is_turned_round(before, message, after):
    state = state_for("list")
    state.lists.append(ShownList(label="sorted", ids=SHOWN[::-1], turn=1, args={"order": before}))
    plan = PLANNER.plan(message, state)
    if after is None:
        assert "ordered by energy, tempo, year" in plan.question
    else:
        assert plan.steps[0].args == {"among": [{"id": id} for id in SHOWN[::-1]], "order": after, "k": 5}


@pytest.mark.parametrize(
    ("message", "order", "said"),
    [
        ("sort by loudness", "energy_up", "sorting by loudness: lists can be ordered by energy, tempo"),
        ("sort them by date added", "energy_up", "sorting by date added"),
        ("by title, Z to A", "title", "from Z to A"),
        ("worst rated first", "rating_down", "the worst rated first"),
        ("sort by artist, then year", "artist", "one thing at a time: by artist, not by year"),
    ],
)
def test_what_no_list_can_be_ordered_by_is_said(message, order, said):
    plan = PLANNER.plan(message, state_for("list"))
    assert plan.steps[0].args["order"] == order
    assert said in " ".join(plan.notes)


@pytest.mark.parametrize(
    "message",
    ["calmest first", "start mellow, build up", "sort by energy", "break my library down by year", "how many by key",
     "songs by artist Mazzy Star", "the longest one", "what is the oldest song here?", "count my tracks by year",
     "rank my genres by plays", "make the first one slower", "rename the files by title"],
)  # fmt: skip
def test_other_wishes_ask_for_no_order_of_a_field(message):
    assert sorting.read(message) is None


def test_more_of_the_same_is_looked_for_and_then_ordered():
    [(tool, args)] = steps("list", "more like these, newest first")
    assert tool == "retrieve"
    assert args["order"] == "year_down"
    assert "among" not in args
