"""The players: FluidSynth, our sampler, our synths."""

import subprocess
import sys

import numpy as np
import pytest

from segue.tools.core.errors import UnreadableMedia
from segue.tools.music import fluid, sampler, synths
from segue.tools.music.render import render
from segue.tools.music.render_notes import Event
from segue.tools.music.soundfont import find_soundfont, read_soundfont
from tests.render_support import make_score, make_settings

RATE = 44_100
needs_fluidsynth = pytest.mark.skipif(fluid.find_library() is None, reason="no libfluidsynth on this machine")


@pytest.fixture(scope="module")
def font(tmp_path_factory):
    return find_soundfont(make_settings(tmp_path_factory.mktemp("home")))


def pitch_of(samples, low=40.0, high=2000.0):
    """The fundamental in Hz, by autocorrelation."""
    mono = samples.mean(axis=0)
    spectrum = np.fft.rfft(mono * np.hanning(len(mono)), 2 * len(mono))
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)
    lags = np.arange(int(RATE / high), int(RATE / low))
    best = lags[0] + int(np.argmax(correlation[lags]))
    a, b, c = correlation[best - 1 : best + 2]
    return RATE / (best + 0.5 * (a - c) / (a - 2 * b + c))


def envelope(samples, hop=2205):
    mono = np.square(samples).mean(axis=0)
    return np.sqrt(mono[: len(mono) // hop * hop].reshape(-1, hop).mean(axis=1))


@needs_fluidsynth
@pytest.mark.parametrize("program", [0, 33, 40, 56, 73])
def test_sampler_and_fluidsynth_agree(font, program):
    keys = (45, 52, 57, 60) if program == 33 else (60, 64, 67, 72)
    events = [Event(i * RATE, i * RATE + 35_000, key, 100) for i, key in enumerate(keys)]
    a, b = (
        player.play(font, events, 5 * RATE, program=program, is_drum=False, sample_rate=RATE)
        for player in (fluid, sampler)
    )
    for i, key in enumerate(keys):
        here = slice(i * RATE + 4000, i * RATE + 26_000)
        expected = 440 * 2 ** ((key - 69) / 12)
        for sound in (a, b):
            found = pitch_of(sound[:, here], low=expected * 0.7, high=expected * 1.4)
            assert abs(1200 * np.log2(found / expected)) < 25
    assert np.corrcoef(envelope(a), envelope(b))[0, 1] > 0.9
    assert abs(20 * np.log10(np.std(a) / np.std(b))) < 6


FRESH = """
import hashlib, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from segue.tools.music import fluid
events = [fluid.Event(0, 20000, 60, 50)]
def play(_):
    if fluid.find_library():
        return fluid.play(Path(sys.argv[1]), events, 20000, program=0, is_drum=False, sample_rate=44100).tobytes()
with ThreadPoolExecutor(4) as pool:
    print(len(set(pool.map(play, range(4)))))
"""


@needs_fluidsynth
def test_first_instances_in_several_threads_sound_alike(font):
    """FluidSynth fills its global tables with the first instance; the others must not run ahead of it."""
    for _ in range(3):
        out = subprocess.run([sys.executable, "-c", FRESH, str(font)], capture_output=True, text=True, check=True)
        assert out.stdout.strip() == "1"


@needs_fluidsynth
def test_drums_agree(font):
    events = [Event(i * 11_025, i * 11_025 + 4000, key, 100) for i, key in enumerate((36, 42, 38, 42, 36, 46, 38, 42))]
    a, b = (
        player.play(font, events, 2 * RATE + RATE // 2, program=0, is_drum=True, sample_rate=RATE)
        for player in (fluid, sampler)
    )
    assert np.corrcoef(envelope(a, 1102), envelope(b, 1102))[0, 1] > 0.85


@pytest.mark.parametrize("synthesiser", ["auto", "sampler"])
def test_both_render_whole_scores(tmp_path, synthesiser):
    out = render(make_score(bars=1), make_settings(tmp_path, synthesiser))
    total = np.sum([stem.samples for stem in out.stems.values()], axis=0, dtype=np.float64)
    assert np.array_equal(total, out.mix.samples.astype(np.float64))
    assert out.meta["synthesiser"] == ("sampler" if synthesiser == "sampler" else out.meta["synthesiser"])


def test_general_midi_is_complete(font):
    read = read_soundfont(font)
    for program in range(128):
        zones = read.zones(program, False)
        assert any(zone.keys[0] <= 60 <= zone.keys[1] for zone in zones), program
    assert any(zone.keys[0] <= 36 <= zone.keys[1] for zone in read.zones(0, True))


def test_a_file_that_is_no_soundfont(tmp_path):
    path = tmp_path / "x.sf2"
    for content in (b"", b"RIFF", b"RIFF\x10\0\0\0sfbkLIST", b"hello" * 100):
        path.write_bytes(content)
        read_soundfont.cache_clear()
        with pytest.raises(UnreadableMedia):
            read_soundfont(path)


@pytest.mark.parametrize("name", [n for n in synths.names() if synths.knows(n)])
def test_synths_start_and_end_cleanly(name):
    key = 36 if name in ("808", "log_drum", "sub", "reese", "wobble", "drum_machine") else 60
    sound = synths.play(name, [Event(1000, 20_000, key, 100)], 3 * RATE, RATE, lambda: None)
    assert sound.dtype == np.float32
    assert sound.shape == (2, 3 * RATE)
    assert not np.any(sound[:, :1000])
    peak = np.abs(sound).max()
    assert 0.05 < peak < 1.5
    steps = np.abs(np.diff(sound, axis=1)).max(axis=0)
    assert steps[995:1003].max() < 0.25 * peak
    last = np.flatnonzero(np.abs(sound).max(axis=0) > 0)[-1]
    assert np.abs(sound[:, last - 4 : last + 1]).max() < 0.02 * peak
    assert np.array_equal(sound, synths.play(name, [Event(1000, 20_000, key, 100)], 3 * RATE, RATE, lambda: None))


@pytest.mark.parametrize("name", ["supersaw", "reese", "acid", "pluck", "fm_piano"])
def test_synths_are_in_tune(name):
    sound = synths.play(name, [Event(0, RATE, 57, 100)], RATE, RATE, lambda: None)
    assert abs(1200 * np.log2(pitch_of(sound[:, 8000:40_000], 150, 320) / 220)) < 12


def test_high_saws_do_not_alias():
    sound = synths.play("supersaw", [Event(0, RATE, 96, 100)], RATE, RATE, lambda: None)[0, 4096 : 4096 + 16_384]
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    base = 440 * 2 ** ((96 - 69) / 12)
    between = (hz % base > 0.2 * base) & (hz % base < 0.8 * base) & (hz > 200)
    assert power[between].sum() < 1e-4 * power.sum()


def test_unknown_synths_fall_back_to_the_samples():
    assert not synths.knows("theremin 9000")
    assert not synths.knows(None)
