"""Effects by numbers in words, an effect set anew, and what a message says about stretches and versions."""

import numpy as np
import pytest

from segue.agent import Agent
from segue.agent.language import versions
from segue.agent.op_words import done_words
from segue.tools.core.audio import encode
from segue.tools.core.errors import InvalidArgument
from segue.tools.sound import effects_numbers
from tests.edit_support import open_bench, recording


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return open_bench(tmp_path_factory.mktemp("settings"))


@pytest.mark.parametrize(
    ("words", "kind", "values"),
    [
        ("set the reverb decay to 1.2 s", "reverb", {"decay_s": 1.2}),
        ("reverb decay 800 ms", "reverb", {"decay_s": 0.8}),
        ("delay time of 0.25 s", "delay", {"time_s": 0.25}),
        ("compressor ratio 4:1", "compress", {"ratio": 4.0}),
        ("cut 3 dB at 250 Hz", "peak", {"hz": 250.0, "db": -3.0}),
        ("boost 2.5 kHz by 4 dB", "peak", {"hz": 2500.0, "db": 4.0}),
        ("−2 dB around 6 kHz", "peak", {"hz": 6000.0, "db": -2.0}),
        ("high-pass it at 100 Hz", "highpass", {"hz": 100.0}),
        ("a high cut at 8 kHz", "lowpass", {"hz": 8000.0}),
    ],
)
def test_numbers_in_words_are_parameters(words, kind, values):
    stages, rest = effects_numbers.read(words)
    assert [(stage.kind, dict(stage.values)) for stage in stages] == [(kind, values)]
    assert effects_numbers.nothing_else(rest)


def test_words_without_numbers_are_left_as_they_are():
    assert effects_numbers.read("warmer, a small room") == ([], "warmer, a small room")
    stages, rest = effects_numbers.read("warmer with reverb decay 2 s")
    assert stages[0].values == {"decay_s": 2.0}
    assert not effects_numbers.nothing_else(rest)
    assert "warmer" in rest


def test_an_effect_is_set_anew_from_what_was_before_it(bench):
    song = bench.add(recording(2.0))
    first = bench.edit(song, {"op": "effect", "description": "warmer, a small room"})
    again = bench.edit(first.piece, {"op": "effect", "description": "set the reverb decay to 1.2 s"})
    once = bench.edit(song, {"op": "effect", "description": "warmer, a small room, reverb decay 1.2 s"})
    np.testing.assert_array_equal(bench.samples(again.piece), bench.samples(once.piece))
    assert again.piece.parents == [song.id]
    reverb = next(stage for stage in again.details[0]["stages"] if stage["stage"] == "reverb")
    assert reverb["decay_s"] == 1.2
    wetter = bench.edit(again.piece, {"op": "effect", "description": "reverb mix to -6 dB"})
    assert wetter.piece.parents == [song.id]
    stages = {stage["stage"]: stage for stage in wetter.details[0]["stages"]}
    assert (stages["reverb"]["decay_s"], stages["reverb"]["wet_db"]) == (1.2, -6)
    assert "low_shelf" in stages
    third = bench.edit(again.piece, {"op": "effect", "description": "cut 3 dB at 250 Hz"})
    assert third.piece.parents == [again.piece.id]


def test_a_number_beyond_its_range_is_refused(bench):
    with pytest.raises(InvalidArgument, match="decay_s"):
        bench.edit(bench.add(recording(1.0)), {"op": "effect", "description": "reverb decay 900 s"})


@pytest.mark.parametrize(
    ("message", "rest", "start", "end"),
    [
        ("take the drums out from 0:30 to 0:45", "take the drums out", 30.0, 45.0),
        ("between 10 s and 20 s make it warmer", "make it warmer", 10.0, 20.0),
        ("reverse it from 1:02 on", "reverse it", 62.0, None),
        ("no vocals in the last 10 seconds", "no vocals", -10.0, None),
        ("telephone for the first 5 s", "telephone", 0.0, 5.0),
    ],
)
def test_a_stretch_is_taken_from_a_message(message, rest, start, end):
    found = versions.stretch(message)
    assert (found.rest, found.start_s, found.end_s) == (rest, start, end)


@pytest.mark.parametrize("message", ["from bar 2 to 5", "songs from 1990 to 2000", "make it 10% slower", "from 2 to 5"])
def test_what_is_no_stretch_of_seconds(message):
    assert versions.stretch(message) is None


def test_parameters_are_said():
    stage = {"stage": "reverb", "decay_s": 0.4, "wet_db": -9.0}
    said = done_words([{"op": "effect", "description": "a small room"}], [{"stages": [stage]}])
    assert said == ["effect: a small room (reverb: decay 0.4 s, wet −9 dB)"]
    assert done_words([{"op": "transpose", "semitones": 3}], [{"semitones": 3, "formants": "kept"}]) == [
        "moved by +3 semitones (formants kept)"
    ]


def test_a_talk_about_a_recording(tmp_path):
    """A stretch, what was done to it, and both versions in turns at one loudness."""
    encode(recording(12.0), tmp_path / "song.wav")
    with Agent(home=tmp_path / "home") as agent:
        first = agent.chat("make it sound like a telephone from 0:02 to 0:05", attach=[tmp_path / "song.wav"])
        operation = first.plan.steps[0].args["operations"][0]
        assert (operation["op"], operation["start_s"], operation["end_s"]) == ("effect", 2.0, 5.0)
        assert "Hz" in first.reply
        told = agent.chat("what did you do to it?", session=first.session)
        assert "telephone" in told.reply
        assert "300 Hz" in told.reply or "Hz" in told.reply
        turns = agent.chat("A/B this with the original at the same loudness", session=first.session)
        assert [step.args["operations"][0]["op"] for step in turns.plan.steps] == ["compare"]
        assert turns.results[0].status == "done"
        gains = turns.results[0].out["details"][0]["gains_db"]
        assert min(gains) <= 0.0 == max(gains)


@pytest.mark.parametrize(
    ("reached", "said"), [(-9.05, "brought to -9 LUFS"), (-10.4, "brought as near to -9 LUFS as it goes")]
)
def test_a_loudness_that_was_not_reached_is_not_claimed(reached, said):
    (words,) = done_words([{"op": "loudness", "lufs": -9}], [{"lufs_before": -16.0, "lufs_after": reached}])
    assert words.startswith(said)
    assert f"to −{-reached:g} LUFS" in words
