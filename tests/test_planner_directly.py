"""A message as one request of one tool, whatever its words (``directly.py``), and as two requests (``following.parted``)."""

import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.agent.language import directly, following
from segue.agent.language.draft import Draft
from segue.evals.planning_contexts import names, state_for


def direct(seen, message, context):
    return directly.direct(frozenset(seen), message, Draft(message, state_for(context), names(message)))


@pytest.mark.parametrize(
    ("seen", "message", "context", "tool", "args"),
    [
        ({"retrieve"}, "The name's gone. Slow, Spanish guitar, a woman humming.", "empty", "retrieve", {"query": "name's gone. Slow, Spanish guitar, a woman humming"}),
        ({"retrieve", "r.max_per_artist"}, "can you pick a handful for me?", "empty", "retrieve", {"max_per_artist": 1}),
        ({"retrieve", "identify"}, "been whistling this for a week", "attached_hum", "retrieve", {"action": "identify", "like": [{"id": "h1"}]}),
        ({"retrieve", "r.like"}, "I love Wonderwall, what else will I love", "empty", "retrieve", {"like": [{"id": "t_wonderwall"}], "action": "similar"}),
        ({"retrieve", "adjust.energy-"}, "my gran is asleep next door", "list", "retrieve", {"query": "jazz", "filters": {"exclude": ["t1", "t2", "t3", "t4", "t5"]}, "adjust": {"energy": -1.0}}),
        ({"generate", "g.melody"}, "Same melody as my file, only for a clarinet", "attached_recording", "generate", {"prompt": "Same melody as my file, only for a clarinet", "melody": {"id": "r1"}, "instruments": ["clarinet"]}),
        ({"generate", "g.takes"}, "takes=8, chiptune, bpm 140", "empty", "generate", {"prompt": "takes=8, chiptune, bpm 140", "genre": "chiptune", "bpm": 140.0, "takes": 8}),
        ({"edit", "edit.regenerate"}, "I don't like bars three and four, write me something calmer there", "piece", "edit", {"clip": {"id": "p1"}, "operations": [{"op": "regenerate", "start_bar": 3, "end_bar": 4, "prompt": "calmer there"}]}),
        ({"edit", "edit.regenerate"}, "rework 10 thru 14, darker", "attached_midi", "edit", {"clip": {"id": "d1"}, "operations": [{"op": "regenerate", "start_bar": 10, "end_bar": 14, "prompt": "darker"}]}),
    ],
)  # fmt: skip
def test_a_message_is_one_request(seen, message, context, tool, args):
    plan = direct(seen, message, context)
    assert plan is not None
    assert [(step.tool, step.args) for step in plan.steps] == [(tool, args)]


@pytest.mark.parametrize(
    ("seen", "message", "context"),
    [
        ({"retrieve", "r.like"}, "something like it", "empty"),  # like what?
        ({"generate", "g.takes"}, "a different waltz each time", "empty"),  # how many?
        ({"generate", "g.melody"}, "do it on a clarinet", "empty"),  # whose melody?
        ({"edit", "edit.regenerate"}, "write it anew, calmer", "piece"),  # which bars?
        ({"caption"}, "what is this", "piece"),
    ],
)
def test_what_lacks_a_value_is_left_to_the_rules(seen, message, context):
    assert direct(seen, message, context) is None


def test_halves_come_with_the_likeliest_first():
    halves = following.parted("make two loops, pick the calmer, then save it as flac")
    assert halves[0] == ("make two loops, pick the calmer", "save it as flac")
    assert ("make two loops", "pick the calmer, then save it as flac") in halves
    assert following.parted("just one thing please") == []


@pytest.mark.parametrize(
    ("message", "context", "args"),
    [
        ("find me some music from the 1970s", "empty", {"filters": {"year_min": 1970, "year_max": 1979}}),
        ("find me some music from 2000 or later", "empty", {"filters": {"year_min": 2000}}),
        ("find me music by Portishead", "empty", {"filters": {"artist": "Portishead"}}),
        ("find me music from Italy", "empty", {"query": "Italy"}),
        ("play the second one", "list", {"among": [{"id": "t2"}], "k": 1}),
        ("can i hear the third one", "list", {"among": [{"id": "t3"}], "k": 1}),
        ("play it", "list", {"among": [{"id": "t1"}], "k": 1}),
        ("classic rock w/o beatles or springsteen", "empty", {"query": "classic rock", "filters": {"exclude_artists": ["The Beatles", "Bruce Springsteen"]}}),
        ("something epic but not over the top", "recording", {"query": "epic"}),
        ("songs i've only listened to once", "empty", {"filters": {"plays_max": 1}}),
    ],
)  # fmt: skip
def test_ordinary_searches(message, context, args):
    plan = BuiltinPlanner(names).plan(message, state_for(context))
    assert [(step.tool, step.args) for step in plan.steps] == [("retrieve", args)]


@pytest.mark.parametrize(
    ("message", "context", "operations"),
    [
        ("only the last 4 seconds reversed, rest stays", "attached_recording", [{"op": "reverse", "start_s": -4.0}]),
        ("seconds 10 till 14 go backwards", "recording", [{"op": "reverse", "start_s": 10.0, "end_s": 14.0}]),
        ("the last ten seconds are superfluous", "recording", [{"op": "trim", "end_s": -10.0}]),
        ("5% quicker without altering the pitch", "recording", [{"op": "tempo", "ratio": 1.05}]),
        ("raise the piano by a decibel and a half", "long_piece", [{"op": "gain", "stem": "piano", "db": 1.5}]),
    ],
)
def test_ordinary_changes(message, context, operations):
    plan = BuiltinPlanner(names).plan(message, state_for(context))
    assert [step.args["operations"] for step in plan.steps] == [operations]


def test_what_is_found_is_the_model_of_what_is_then_made():
    plan = BuiltinPlanner(names).plan("find me some jazz, then make something similar", state_for("empty"))
    assert [step.tool for step in plan.steps] == ["retrieve", "generate"]
    assert plan.steps[1].args["style"] == {"step": "s1", "field": "items", "index": 0}


@pytest.mark.parametrize(
    ("seen", "message", "context", "said"),
    [
        ("reply", "name a good plumber in Leeds", "empty", "outside of what I do"),
        ("reply", "evening all, lovely to meet you", "empty", "Hello!"),
        ("reply", "much obliged, that was splendid", "list", "You're welcome"),
        ("reply", "and what would you be able to do for me", "recording", "I find, make"),
        ("reply", "the artist, remind me?", "track_playing", "Mazzy Star"),
    ],
)
def test_words_are_answered_with_words(seen, message, context, said):
    plan = direct({seen}, message, context)
    assert plan is not None
    assert said in (plan.reply or "")
    assert not plan.steps


@pytest.mark.parametrize(
    ("seen", "message", "context", "op", "target"),
    [
        ("state.back", "enough piano, where did the jazz go", "two_lists", "back", "jazz"),
        ("state.back", "the one from the very beginning", "two_lists", "back", "1"),
        ("state.back", "what you had before the piano", "two_lists", "back", None),
        ("state.cancel", "whoa, no more of that", "piece", "cancel", None),
        ("state.confirm", "aye, on you go", "pending", "confirm", None),
        ("state.undo", "I preferred it as it was", "journey_2", "undo", None),
    ],
)
def test_turns_of_the_talk(seen, message, context, op, target):
    plan = direct({seen}, message, context)
    assert plan is not None
    assert [(one.op, one.target) for one in plan.state] == [(op, target)]
    assert not plan.steps


def test_there_is_no_yes_where_nothing_waits():
    assert direct({"state.confirm"}, "aye, on you go", "empty") is None


def test_what_is_to_be_done_is_asked():
    plan = direct({"ask"}, "work your magic on it", "recording")
    assert plan is not None
    assert "evening_train.flac" in (plan.question or "")


@pytest.mark.parametrize(("message", "op"), [("I like “{}”", "like"), ("not “{}”", "reject")])
@pytest.mark.parametrize("title", ["rock no 0", "house no 2", "Get Out", "again", "Stop (Undo That)", "<img src=x>"])
def test_the_buttons_of_a_list_are_understood_whatever_a_track_is_called(message, op, title):
    state = state_for("list")
    state.things["t2"] = state.things["t2"].model_copy(update={"title": title})
    plan = BuiltinPlanner(names).plan(message.format(title), state)
    assert [(one.op, one.target.id) for one in plan.state] == [(op, "t2")]
    assert [step.args for step in plan.steps] == (
        [] if op == "like" else [{"query": "jazz", "filters": {"exclude": ["t2"]}}]
    )
