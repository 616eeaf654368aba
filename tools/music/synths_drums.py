"""A synthesised drum machine: General MIDI keys played by oscillators and filtered noise."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples
from segue.tools.music.render_notes import Event, Manner, Stroke, strike
from segue.tools.music.synths_kits import Kit

Mono = npt.NDArray[np.float64]
_KICKS = (35, 36)
_LENGTH = 64  # frames: every stroke is as long as every other


def play(events: Sequence[Event], frames: int, sample_rate: int, kit: Kit, check: Callable[[], None]) -> Samples:
    """Play one drum part: float32 ``[2, frames]``. Notes ring as long as the drum does, whatever their length."""

    def sound(stroke: Stroke) -> Samples:
        level = np.float32((stroke.velocity / 127) ** 1.6 * 0.5)
        return _placed(stroke.pitch, drum(stroke.pitch, sample_rate, kit)) * level

    alike = [replace(event, off=event.on + _LENGTH) for event in events]
    return strike(alike, frames, sound, Manner(power=1.6), is_drum=True, check=check)


def add_body(sound: Samples, events: Sequence[Event], sample_rate: int, kit: Kit) -> None:
    """Put the genre's bass drum under a sampled one, in place: a small soundfont's has neither weight nor click."""
    body = _kick(kit, sample_rate).astype(np.float32) * np.float32(kit.body)
    for event in events:
        if event.pitch in _KICKS and event.on < sound.shape[1]:
            piece = sound[:, event.on : event.on + len(body)]
            piece += body[: piece.shape[1]] * np.float32((event.velocity / 127) ** 2)


def _placed(key: int, mono: npt.NDArray[np.float32]) -> Samples:
    """Seen from the stool: hats a little left, toms from left to right, kick and snare in the middle."""
    pan = {42: -0.25, 44: -0.25, 46: -0.25, 50: -0.3, 48: -0.2, 47: 0.0, 45: 0.15, 43: 0.3, 41: 0.35, 49: -0.4,
           57: 0.4, 51: 0.35, 59: 0.35, 54: 0.3, 70: 0.35, 82: 0.35, 56: 0.2, 75: -0.3}.get(key, 0.0)  # fmt: skip
    angle = (pan + 1) * math.pi / 4
    return np.stack([mono * math.cos(angle), mono * math.sin(angle)]).astype(np.float32) * np.float32(math.sqrt(2))


@lru_cache(maxsize=256)
def drum(key: int, sample_rate: int, kit: Kit) -> Any:  # noqa: ANN401 - lru_cache loses the type
    """Return one stroke at full force, float32 ``[frames]``, peak about 1."""
    if key in _KICKS:
        sound = _kick(kit, sample_rate)
    elif key in (38, 40):
        shell = kit.snare_tone * _swept(sample_rate, kit.snare_hz, 0.5, 0.02, 0.14)
        sound = _mixed(shell, 0.9 * _noise(sample_rate, kit.snare_s, 1200, kit.snare_top_hz))
    elif key == 39:
        sound = _clap(sample_rate, kit.clap_s)
    elif key in (41, 43, 45, 47, 48, 50):
        sound = _swept(sample_rate, {41: 82, 43: 98, 45: 118, 47: 140, 48: 165, 50: 190}[key], 0.6, 0.05, 0.35)
    elif key in (42, 44, 46):
        sound = _metal(sample_rate, {42: kit.hat_s, 44: 1.4 * kit.hat_s, 46: kit.open_s}[key], 7000)
    elif key in (49, 52, 55, 57):
        sound = _mixed(_metal(sample_rate, 1.3, 4500), 0.5 * _noise(sample_rate, 1.3, 3000, 15000))
    elif key in (51, 53, 59):
        sound = _mixed(0.6 * _metal(sample_rate, 0.7, 6000), 0.4 * _tones(sample_rate, (3150.0, 4870.0), 0.12))
    elif key == 56:
        sound = _tones(sample_rate, (540.0, 800.0), 0.18, odd=True)
    elif key in (54, 69, 70, 82):
        sound = _noise(sample_rate, 0.07, 6000, 14000, attack_s=0.008)
    elif key in (37, 75, 76, 77):
        sound = _tones(sample_rate, {37: (1700.0, 460.0), 75: (2500.0,), 76: (1600.0,), 77: (1100.0,)}[key], 0.035)
    elif key in (60, 61, 62, 63, 64):
        sound = _swept(sample_rate, {60: 420, 61: 310, 62: 250, 63: 230, 64: 170}[key], 0.15, 0.02, 0.18)
    else:
        sound = _tones(sample_rate, (220.0 * 2 ** ((key - 60) / 24),), 0.12)
    fade = min(len(sound), 128)
    sound[len(sound) - fade :] *= np.linspace(1, 0, fade)
    return (sound / np.abs(sound).max()).astype(np.float32)


def _kick(kit: Kit, sample_rate: int) -> Mono:
    """A sine that falls to its pitch, the beater's click, and saturation: peak 1."""
    kick = kit.kick
    # ``decay_s`` is the time to −35 dB; ``_swept`` falls by e**-4, which is −35 dB, in that time.
    body = _swept(sample_rate, kick.hz, kick.sweep, kick.sweep_s, kick.decay_s)
    sound = _mixed(body, 0.45 * kick.click * _noise(sample_rate, 0.006, 1500, 9000))
    sound = sound / np.abs(sound).max()
    if kick.drive:
        push = 1 + 3 * kick.drive
        sound = np.tanh(push * sound) / math.tanh(push)
    fade = min(len(sound), 128)
    sound[len(sound) - fade :] *= np.linspace(1, 0, fade)
    return np.asarray(sound)


def _time(sample_rate: int, seconds: float) -> Mono:
    return np.arange(int(seconds * sample_rate)) / sample_rate


def _mixed(a: Mono, b: Mono) -> Mono:
    out = np.zeros(max(len(a), len(b)))
    out[: len(a)] += a
    out[: len(b)] += b
    return out


def _swept(sample_rate: int, hz: float, drop: float, drop_s: float, decay_s: float) -> Mono:
    """A sine that falls from ``(1 + drop) hz`` to ``hz``."""
    time = _time(sample_rate, decay_s * 2.2)
    phase = 2 * math.pi * hz * (time + drop * drop_s * (1 - np.exp(-time / drop_s)))
    return np.asarray(np.sin(phase) * np.exp(-4.0 * time / decay_s) * np.minimum(1, time / 0.001))


def _noise(sample_rate: int, decay_s: float, low: float, high: float, attack_s: float = 0.001) -> Mono:
    from scipy.signal import butter, sosfilt

    time = _time(sample_rate, decay_s * 1.8 + 0.02)
    noise = np.random.default_rng(int(low)).standard_normal(len(time))
    band = sosfilt(butter(2, (low, min(high, 0.45 * sample_rate)), "bandpass", fs=sample_rate, output="sos"), noise)
    shape = np.exp(-4.0 * time / decay_s) * np.minimum(1, time / attack_s)
    out: Mono = band * shape
    return np.asarray(out / np.abs(out).max())


def _padded_sum(parts: Sequence[Mono]) -> Mono:
    out = parts[0]
    for part in parts[1:]:
        out = _mixed(out, part)
    return out


def _clap(sample_rate: int, ring_s: float) -> Mono:
    one = _noise(sample_rate, 0.012, 900, 6000)
    gap = int(0.010 * sample_rate)
    bursts = [np.concatenate([np.zeros(i * gap), one]) for i in range(3)]
    return _padded_sum([*bursts, np.concatenate([np.zeros(3 * gap), 0.8 * _noise(sample_rate, ring_s, 900, 6000)])])


def _metal(sample_rate: int, decay_s: float, low: float) -> Mono:
    """Six square waves at the TR-808's ratios, high-passed; harmonics stay under Nyquist."""
    from scipy.signal import butter, sosfilt

    time = _time(sample_rate, decay_s * 1.8 + 0.02)
    wave = np.zeros(len(time))
    for hz in (205.3, 369.6, 304.4, 522.7, 540.0, 800.0):
        for k in range(1, int(0.45 * sample_rate / (hz * 2)), 2):
            if k * hz * 2 > low / 2:
                wave += np.sin(2 * math.pi * hz * 2 * k * time + k) / k
    wave = sosfilt(butter(4, low, "highpass", fs=sample_rate, output="sos"), wave)
    out: Mono = np.asarray(wave * np.exp(-4.0 * time / decay_s) * np.minimum(1, time / 0.0008))
    return np.asarray(out / np.abs(out).max())


def _tones(sample_rate: int, hz: Sequence[float], decay_s: float, odd: bool = False) -> Mono:
    time = _time(sample_rate, decay_s * 2)
    wave = sum(np.sin(2 * math.pi * f * k * time) / k for f in hz for k in ((1, 3, 5, 7) if odd else (1,)))
    return np.asarray(wave * np.exp(-4.0 * time / decay_s) * np.minimum(1, time / 0.0006))
