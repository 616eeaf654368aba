"""Stems by filters: they sum to the mix, separate what they claim to, and say how well."""

import numpy as np
import pytest

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import Cancelled, CannotDo, InvalidArgument, NotFound
from segue.tools.sound import separate
from tests.edit_support import RATE, clicks, recording, tones


def sdr(reference: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(reference**2) / np.sum((reference - estimate) ** 2)))


@pytest.mark.parametrize("stem", [*separate.HONEST, *separate.PREVIEWS])
def test_stem_and_rest_sum_to_the_mix(stem):
    mix = recording(3.0)
    taken = separate.extract(mix, [stem])
    assert np.abs(taken.stem.samples + taken.rest.samples - mix.samples).max() < 2e-7
    assert taken.residual_db() < -100
    assert taken.stem.samples.shape == mix.samples.shape
    assert (taken.bleed_db is not None) == (stem in separate.PREVIEWS)


def test_clicks_and_tones_come_apart():
    tone, click = tones(6.0), clicks(6.0)
    mix = Waveform(np.stack([tone + click, tone + click]), RATE)
    taken = separate.extract(mix, ["percussive"])
    assert sdr(np.stack([click, click]), mix.samples) < 0
    assert sdr(np.stack([click, click]), taken.stem.samples) > 15
    assert sdr(np.stack([tone, tone]), taken.rest.samples) > 20


def test_centre_and_sides_are_what_they_say():
    left, right = tones(2.0, (300,)), tones(2.0, (500,))
    mix = Waveform(np.stack([left, right]), RATE)
    centre = separate.extract(mix, ["centre"])
    assert np.allclose(centre.stem.samples[0], (left + right) / 2, atol=1e-7)
    assert np.allclose(centre.rest.samples, separate.extract(mix, ["sides"]).stem.samples, atol=1e-7)


def test_low_keeps_60_hz_and_leaves_1_khz():
    mix = Waveform((tones(2.0, (60,), 0.3) + tones(2.0, (1000,), 0.3))[None], RATE)
    low = separate.extract(mix, ["low"]).stem.samples[0, RATE // 2 : -RATE // 2]
    spectrum = np.abs(np.fft.rfft(low * np.hanning(len(low)))) * 4 / len(low)
    hertz = np.fft.rfftfreq(len(low), 1 / RATE)
    assert spectrum[np.argmin(np.abs(hertz - 60))] == pytest.approx(0.3, rel=0.02)
    assert spectrum[np.argmin(np.abs(hertz - 1000))] < 1e-4


def test_blocks_give_what_one_pass_gives(monkeypatch):
    mix = recording(7.0)
    whole = separate.extract(mix, ["drums"]).stem.samples
    monkeypatch.setattr(separate, "_BLOCK_S", 1.5)
    assert np.abs(separate.extract(mix, ["drums"]).stem.samples - whole).max() < 1e-6


def test_the_named_groups_share_the_mix_out():
    mix = recording(3.0)
    parts = [separate.extract(mix, [stem]).stem.samples for stem in separate.PREVIEWS]
    assert np.abs(sum(parts) - mix.samples).max() < 1e-5


@pytest.mark.parametrize("rate", [8000, 22_050, 48_000, 96_000])
def test_other_rates(rate):
    mix = recording(1.5, rate)
    taken = separate.extract(mix, ["percussive"])
    energy = np.sum(taken.stem.samples**2) / np.sum(mix.samples**2)
    assert 0.02 < energy < 0.9
    assert taken.stem.sample_rate == rate


def test_words_people_say():
    assert [separate.canonical(w) for w in ("Drum", "the vocals", "melody", "singing", "center", "bassline")] == [
        "drums", "vocals", "vocals", "vocals", "centre", "bass"
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["guitar", "piano", "the guitars"])
def test_guitar_and_piano_are_refused_with_the_command(word):
    with pytest.raises(CannotDo, match="demucs"):
        separate.extract(recording(1.0), [word])


def test_bad_requests():
    with pytest.raises(NotFound, match="percussive"):
        separate.extract(recording(1.0), ["kazoo"])
    with pytest.raises(InvalidArgument, match="10 ms"):
        separate.extract(Waveform(np.zeros((2, 441), np.float32), RATE), ["drums"])
    with pytest.raises(CannotDo, match="mono"):
        separate.extract(Waveform(tones(1.0)[None], RATE), ["sides"])


def test_it_stops_when_told_to():
    def stop() -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        separate.extract(recording(2.0), ["drums"], check=stop)


def test_silence_is_not_an_accident():
    taken = separate.extract(Waveform(np.zeros((2, RATE), np.float32), RATE), ["vocals"])
    assert not taken.stem.samples.any()
    assert np.isfinite(taken.residual_db())
