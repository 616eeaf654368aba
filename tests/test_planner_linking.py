"""Chains that the reader sees, built from their values: cuts joined, a part out and another written down, an intro, a mix, words to be sung."""

import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.evals.planning_contexts import names, state_for
from segue.tools.core import minilm

pytestmark = pytest.mark.skipif(minilm.weights() is None, reason="the reader's encoder is not installed")
PLANNER = BuiltinPlanner(names)


def steps(context: str, message: str):
    return [(step.tool, step.args) for step in PLANNER.plan(message, state_for(context)).steps]


def piece(step: str):
    return {"step": step, "field": "piece"}


def trims(found):
    return [args["operations"][0] for _, args in found if args["operations"][0]["op"] == "trim"]


@pytest.mark.parametrize(
    ("context", "message", "cuts"),
    [
        ("two_clips", "I want the first 12 seconds of A followed by the last 8 of B", [{"start_s": 0.0, "end_s": 12.0}, {"start_s": -8.0}]),
        ("list", "seconds 5 to 20 of number 1 followed by 40 to 55 of number 4", [{"start_s": 5.0, "end_s": 20.0}, {"start_s": 40.0, "end_s": 55.0}]),
        ("attached_five", "the opening nine seconds off two.wav, same from four.wav, back to back", [{"start_s": 0.0, "end_s": 9.0}] * 2),
    ],
)  # fmt: skip
def test_cuts_are_joined_in_the_order_said(context, message, cuts):
    found = steps(context, message)
    assert trims(found) == [{"op": "trim", **cut} for cut in cuts]
    assert found[-1] == ("edit", {"clip": piece("s1"), "operations": [{"op": "concat", "clips": [piece("s2")]}]})


def test_the_length_of_a_crossfade_cuts_nothing():
    found = steps("attached_five", "last 6 seconds of five.wav, first 7 of two.wav, crossfade them over two seconds")
    assert trims(found) == [{"op": "trim", "start_s": -6.0}, {"op": "trim", "start_s": 0.0, "end_s": 7.0}]
    assert found[-1][1]["operations"] == [{"op": "concat", "clips": [piece("s2")], "crossfade_s": 2.0}]


def test_a_part_is_taken_out_and_another_written_down():
    found = steps("list", "number four, vocals off, then transcribe the bass and the drums")
    assert found[0][1] == {"clip": {"id": "t4"}, "operations": [{"op": "remove", "stems": ["vocals"]}]}
    assert [(args["clip"], args["stem"]) for tool, args in found if tool == "transcribe"] == [(piece("s1"), "bass"), (piece("s1"), "drums")]  # fmt: skip


@pytest.mark.parametrize(
    ("message", "in_front"),
    [
        ("my recording could do with 10 seconds of intro in its own key and tempo, stuck on the front", True),
        ("write an outro in the key and tempo of my recording and glue it on at the end", False),
    ],
)
def test_an_intro_has_the_key_and_tempo_of_what_it_opens(message, in_front):
    measured, made, joined = steps("attached_recording", message)
    assert measured == ("tag", {"clip": {"id": "r1"}})
    assert made[1]["bpm"] == {"step": "s1", "field": "bpm"}
    assert made[1]["key"] == {"step": "s1", "field": "key"}
    new = {"step": "s2", "field": "pieces", "index": 0}
    first, second = (new, {"id": "r1"}) if in_front else ({"id": "r1"}, new)
    assert joined[1] == {"clip": first, "operations": [{"op": "concat", "clips": [second]}]}


def test_clips_are_brought_to_one_level():
    (step,) = steps("two_clips", "B is much louder than A, blend them so both come out equally loud")
    assert step[1]["operations"][0]["even"] is True


@pytest.mark.parametrize(
    ("context", "message", "melody"),
    [
        ("empty", "Set this to music: 'the ferry leaves at seven, and I am not aboard'", None),
        ("attached_hum", "put these words to my tune: the ferry leaves at seven, and I am not aboard", {"id": "h1"}),
    ],
)
def test_words_that_are_given_are_set_to_music(context, message, melody):
    (step,) = steps(context, message)
    assert step[0] == "generate"
    assert step[1]["lyrics"] == "the ferry leaves at seven, and I am not aboard"
    assert step[1].get("melody") == melody


def test_players_that_are_counted_are_no_section():
    (step,) = steps("empty", "a tango for two violins and accordion")
    assert step[1]["instruments"] == ["violin", "accordion"]


@pytest.mark.parametrize(
    ("message", "to"),
    [
        ("midi of it and also the lyrics with times, for karaoke", ["notes", "lrc"]),
        ("label the parts for me and write out the chords too", ["chords", "sections"]),
    ],
)
def test_several_written_forms_are_one_step(message, to):
    (step,) = steps("recording", message)
    assert step == ("transcribe", {"clip": {"id": "r1"}, "to": to})


def test_two_requests_of_the_library_are_two_steps():
    found = steps("empty", "look for duplicates, and which genre do I have most of?")
    assert found == [("library", {"action": "duplicates"}), ("library", {"action": "stats", "fields": ["genre"]})]


def test_what_is_described_is_also_put_in_order():
    told, ordered = steps(
        "attached_five", "what are these five files? a sentence on each, and order them mellow to wild"
    )
    clips = [{"id": f"c{n}"} for n in range(1, 6)]
    assert told == ("caption", {"clips": clips, "detail": "short"})
    assert ordered == ("retrieve", {"among": clips, "order": "energy_up", "k": 5})


@pytest.mark.parametrize(
    ("message", "order"),
    [
        ("give me four versions of a surf rock riff and keep the wildest", "energy_down"),
        ("do a lullaby five different ways, then play me the gentlest", "energy_up"),
    ],
)
def test_of_several_takes_one_is_kept(message, order):
    made, picked = steps("empty", message)
    assert made[1]["takes"] > 3
    assert picked[1] == {"among": [{"step": "s1", "field": "pieces"}], "order": order, "k": 1}


def test_all_takes_are_saved_where_both_are_asked_for():
    made, saved = steps("empty", "two versions of a harp lullaby, and save them both as flac")
    assert made[1]["takes"] == 2
    assert saved == ("export", {"items": [{"step": "s1", "field": "pieces"}], "formats": ["flac"]})


def test_a_number_of_bars_bars_nothing():
    (step,) = steps("empty", "make a four bar trap beat at 140")
    assert (step[1]["genre"], step[1]["bars"], step[1]["bpm"]) == ("trap", 4, 140.0)


@pytest.mark.parametrize(
    ("message", "operations"),
    [
        ("remove the drums and turn the bass down by 6 dB", [{"op": "remove", "stems": ["drums"]}, {"op": "gain", "stem": "bass", "db": -6.0}]),
        ("remove the drums and the piano, turn the bass up by 2.5 dB", [{"op": "remove", "stems": ["drums", "piano"]}, {"op": "gain", "stem": "bass", "db": 2.5}]),
    ],
)  # fmt: skip
def test_of_two_changes_in_plain_words_none_is_lost(message, operations):
    """What the mixer's button says, too."""
    (step,) = steps("piece", message)
    assert step[1]["operations"] == operations
