"""The parts under listening: loudness by blocks, the checkpoint reader, musicnn's forward pass, long files."""

import numpy as np
import pytest

from segue.tools.core.errors import UnreadableMedia
from segue.tools.listen import musicnn
from segue.tools.listen.checkpoint import read_checkpoint
from segue.tools.listen.level import LevelMeter, k_weighting
from segue.tools.listen.spectra import SpectraBuilder, mel_filters
from segue.tools.listen.structure import Stretch, named
from segue.tools.sound.loudness import integrated_lufs, true_peak_db
from tests.listen_support import RATE, band, tone, wave_of

needs_weights = pytest.mark.skipif(not musicnn.available(), reason="musicnn's weights are not installed")


def test_k_weighting_is_the_standard_table():
    # ITU-R BS.1770-5, tables 1 and 2 (48 kHz).
    shelf, highpass = k_weighting(48000)
    assert shelf == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285, 1, -1.69065929318241, 0.73248077421585], abs=1e-6)  # fmt: skip
    assert highpass == pytest.approx([1, -2, 1, 1, -1.99004745483398, 0.99007225036621], abs=1e-6)


def test_a_1_khz_sine_reads_minus_3_lufs():
    t = np.arange(10 * 48000) / 48000
    meter = LevelMeter(48000, 1)
    meter.push(np.sin(2 * np.pi * 997 * t).astype(np.float32)[None, :])
    assert meter.integrated() == pytest.approx(-3.01, abs=0.05)


def test_level_by_blocks_is_the_level_of_the_whole():
    wave = band(["C", "F"], 120, bars=4)[0]
    meter = LevelMeter(wave.sample_rate, 1)
    for start in range(0, wave.frames, 50_000):
        meter.push(wave.samples[:, start : start + 50_000])
    assert meter.integrated() == pytest.approx(integrated_lufs(wave), abs=0.1)
    assert meter.true_peak_db == pytest.approx(true_peak_db(wave), abs=0.05)


def test_spectra_do_not_depend_on_the_blocks():
    samples = wave_of(tone(60, 3.0)).samples[0]
    whole, pieces = SpectraBuilder(), SpectraBuilder()
    whole.push(samples)
    for start in range(0, len(samples), 7001):
        pieces.push(samples[start : start + 7001])
    a, b = whole.finish(), pieces.finish()
    assert np.allclose(a.onset, b.onset, atol=1e-5)
    assert np.allclose(a.pitch, b.pitch, atol=1e-5)
    assert abs(a.tuning) < 0.03


def test_detuned_sound_is_measured_and_corrected():
    samples = wave_of(tone(60.3, 3.0)).samples[0]
    builder = SpectraBuilder()
    builder.push(samples)
    assert builder.finish().tuning == pytest.approx(0.3, abs=0.05)


def test_mel_filters_cover_the_spectrum():
    weights = mel_filters(40, RATE, 1024, 30.0, RATE / 2)
    assert weights.shape == (40, 513)
    assert np.allclose(weights.sum(axis=1), 1, atol=1e-5)


@needs_weights
def test_the_checkpoint_has_the_network():
    weights = read_checkpoint(musicnn.folder())
    assert weights["dense_1/kernel"].shape == (200, 50)
    assert weights["conv2d_1/kernel"].shape == (7, 67, 1, 204)


def test_a_broken_checkpoint_is_said(tmp_path):
    (tmp_path / ".index").write_bytes(b"nonsense" * 20)
    (tmp_path / ".data-00000-of-00001").write_bytes(b"\0" * 8)
    with pytest.raises(UnreadableMedia, match="weights"):
        read_checkpoint(tmp_path)


@needs_weights
def test_musicnn_tells_a_pluck_from_noise():
    rng = np.random.default_rng(0)
    pluck = np.concatenate([tone(p, 0.5) for p in (60, 64, 67, 72, 67, 64)] * 2).astype(np.float32)
    music = musicnn.tags([0.3 * pluck], RATE)
    noise = musicnn.tags([0.3 * rng.standard_normal(6 * RATE).astype(np.float32)], RATE)
    assert len(music.tags) == len(music.genres) == 50
    assert len(music.vector) == 200
    plucked = ("guitar", "piano", "harp", "harpsichord", "classical")
    assert sum(music.tags[t] for t in plucked) > 0.3 + sum(noise.tags[t] for t in plucked)


def test_without_weights_there_are_no_tags(monkeypatch):
    from segue.tools.listen.analyse import analyse_wave

    monkeypatch.setattr(musicnn, "folder", lambda model="": None)
    heard = analyse_wave(wave_of(tone(60, 2.0)))
    assert heard.tags == {}
    assert heard.genre is None
    assert "segue doctor --fix" in heard.notes[0]


def form(*parts):
    """Return stretches of 20 s from "label level fullness"."""
    rows = [part.split() for part in parts]
    return [
        Stretch(label, 20.0 * i, 20.0 * (i + 1), float(level), float(full))
        for i, (label, level, full) in enumerate(rows)
    ]


def names(*parts):
    return [stretch.label for stretch in named(form(*parts))]


def test_plain_names_where_they_are_evident():
    song = ["A -24 .4", "B -20 .6", "C -17 .9", "B -20 .6", "C -17 .9", "D -22 .5", "C -16 .9", "E -25 .3"]
    assert names(*song) == ["intro", "A", "chorus-like", "A", "chorus-like", "bridge-like", "chorus-like", "outro"]
    sure = [stretch.sure for stretch in named(form(*song))]
    assert sure[1] == sure[3] == 0
    assert all(0.3 <= value <= 0.8 for value in (*sure[::2], sure[5], sure[7]))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["A -20 .6", "B -20 .6", "A -20 .6", "B -20 .6"], ["A", "B", "A", "B"]),  # comes again, but no louder
        (["A -20 .6", "B -16 .5", "A -20 .6", "B -16 .5"], ["A", "B", "A", "B"]),  # louder, but thinner
        (["A -20 .6", "B -17 .9", "A -20 .6", "C -17 .9"], ["A", "B", "A", "C"]),  # louder, but once each
        (["A -17 .9", "B -20 .6", "A -22 .9", "B -20 .6"], ["A", "B", "A", "B"]),  # once weaker than what leads to it
        (
            ["A -20 .6", "B -24 .4", "A -20 .6", "C -20 .6", "A -20 .6"],
            ["A", "B", "A", "C", "A"],
        ),  # a quiet part, but early
        (
            ["A -24 .4", "B -18 .8", "A -24 .4", "B -18 .8"],
            ["A", "chorus-like", "A", "chorus-like"],
        ),  # a quiet verse is no intro
        (["B' -20 .6", "C -17 .9", "B' -20 .6", "C -17 .9"], ["A", "chorus-like", "A", "chorus-like"]),
        (["A -20 .6"], ["A"]),
    ],
)
def test_no_name_without_evidence(parts, expected):
    assert names(*parts) == expected
