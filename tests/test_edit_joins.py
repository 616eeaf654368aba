"""Joining and mixing to fit: the tempo and key of the other, cross-fades on the beat, even levels."""

import numpy as np
import pytest

from segue.tools.core.audio import Waveform, quantised
from segue.tools.core.errors import InvalidArgument
from segue.tools.music import exact_match
from segue.tools.music.exact import Material
from segue.tools.music.exact_match import Heard
from segue.tools.music.exact_sound import Desk
from segue.tools.sound.dynamics import loudness_lufs
from tests.edit_support import RATE, open_bench, recording


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return open_bench(tmp_path_factory.mktemp("joins"))


@pytest.fixture
def desk():
    said: list[str] = []
    return Desk(said.append, lambda: None, lambda done, total, label: None), said


def heard(bpm=120.0, key="C major", every_s=2.0, count=4, first=0.0):
    lines = [first + every_s * k for k in range(count)]
    return Heard(bpm, key, lines, lines)


def steady(level=0.1, seconds=8.0):
    return Material(Waveform(np.full((2, round(seconds * RATE)), level, np.float32), RATE))


def test_a_cross_fade_meets_bar_line_on_bar_line(desk):
    talk, said = desk
    first, second = steady(0.1), steady(0.2)
    done, after = exact_match.crossfaded(first, second, heard(), heard(first=0.5), 1.0, talk)
    assert done.measured == {"crossfade_s": 1.0, "at_s": 6.0, "on_the_beat": True}
    sound = done.material.wave.samples
    np.testing.assert_array_equal(sound[:, : 6 * RATE], first.wave.samples[:, : 6 * RATE])
    np.testing.assert_array_equal(sound[:, 7 * RATE :], np.full((2, sound.shape[1] - 7 * RATE), 0.2, np.float32))
    assert sound.shape[1] == round((6 + 7.5) * RATE)
    assert after.lines_s == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    assert any("left out" in text for text in said)


def test_without_beats_it_fades_over_the_ends_and_says_so(desk):
    talk, said = desk
    nothing = Heard(None, None, [], [])
    done, _ = exact_match.crossfaded(steady(), steady(), nothing, nothing, 2.0, talk)
    assert done.material.frames == 14 * RATE
    assert any("could not be put on a beat" in text for text in said)
    with pytest.raises(InvalidArgument, match="longer than one"):
        exact_match.crossfaded(steady(), steady(), nothing, nothing, 8.0, talk)


@pytest.mark.parametrize(
    ("own", "target", "ratio", "semitones"),
    [
        (heard(100, "D minor"), heard(110, "E minor"), 1.1, 2),
        (heard(60), heard(126), 1.05, 0),
        (heard(100, "A minor"), heard(100, "C major"), 1.0, 0),
        (heard(100, "B minor"), heard(100, "C major"), 1.0, -2),
        (heard(100, "B major"), heard(100, "C major"), 1.0, 1),
        (heard(100), heard(141), 1.0, 0),
        (Heard(None, None, [], []), heard(), 1.0, 0),
    ],
)
def test_the_shortest_way_to_the_others_tempo_and_key(desk, own, target, ratio, semitones):
    talk, said = desk
    material = Material(recording(2.0))
    made, there, done = exact_match.matched(material, own, target, ["tempo", "key"], "Song", talk)
    assert done.get("ratio", 1.0) == pytest.approx(ratio)
    assert done.get("semitones", 0) == semitones
    assert made.frames == round(material.frames / ratio)
    if ratio != 1 or semitones:
        assert said
        assert there.lines_s[1] == pytest.approx(2.0 / ratio)


def test_keys_that_rub_are_known():
    assert exact_match.keys_clash(heard(key="C major"), heard(key="F# major"))
    assert not exact_match.keys_clash(heard(key="C major"), heard(key="A minor"))
    assert not exact_match.keys_clash(heard(key="C major"), heard(key="G major"))
    assert exact_match.keys_clash(heard(key="C major"), heard(key="C minor"))


def test_mixing_evenly_brings_the_other_to_our_loudness(bench):
    song = bench.add(recording())
    faint = Waveform(quantised(recording().samples[:, ::-1] * np.float32(0.05)), RATE)
    out = bench.edit(song, {"op": "mix", "clips": [{"id": bench.add(faint).id}], "even": True})
    gain = out.details[0]["evened_db"][0]
    assert gain == pytest.approx(loudness_lufs(recording()) - loudness_lufs(faint), abs=0.05)


def test_concat_matches_a_beat_that_is_heard(bench):
    """Clicks at 100 bpm behind clicks at 120: afterwards both tick alike."""

    def ticking(bpm):
        wave = recording(12.0)
        out = np.zeros_like(wave.samples)
        size = 900
        burst = np.random.default_rng(2).normal(size=size) * np.exp(-np.arange(size) / 150)
        for k in range(int(12 * bpm / 60)):
            at = round(k * 60 / bpm * RATE)
            out[:, at : at + size] += (burst * (0.5 if k % 4 == 0 else 0.25))[: out.shape[1] - at]
        return Waveform(quantised(out), RATE)

    out = bench.edit(
        bench.add(ticking(120)), {"op": "concat", "clips": [{"id": bench.add(ticking(100)).id}], "match": ["tempo"]}
    )
    assert out.details[0]["matched"][0]["ratio"] == pytest.approx(1.2, abs=0.02)
    assert any("bpm" in note for note in bench.notes)
