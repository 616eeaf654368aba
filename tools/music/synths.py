"""Synthesised instruments, for where samples are wrong for the genre: 808, supersaw, reese, FM piano…

Oscillators are wavetables with no harmonic above Nyquist, so nothing aliases; every note starts and ends
on a ramp. ``synths_drums`` has the drum machine.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples
from segue.tools.music import synths_drums
from segue.tools.music.render_notes import Event, Manner, Stroke, strike
from segue.tools.music.synths_kits import kit_of

Mono = npt.NDArray[np.float64]
_TABLE = 2048


def _hz(pitch: float) -> float:
    return float(440.0 * 2 ** ((pitch - 69) / 12))


@lru_cache(maxsize=256)
def _table(shape: str, harmonics: int) -> Any:  # noqa: ANN401 - lru_cache loses the type
    """One cycle with ``harmonics`` partials: "saw", "square", or "dark" (a saw with a gentle low-pass)."""
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=complex)
    k = np.arange(1, min(harmonics, _TABLE // 2 - 1) + 1)
    weights = 1.0 / k
    if shape == "square":
        weights = weights * (k % 2)
    elif shape == "dark":
        weights = weights / (1 + (k / 4.0) ** 2)
    spectrum[k] = -1j * weights * _TABLE / np.pi
    cycle = np.fft.irfft(spectrum)
    return np.append(cycle, cycle[0])


def _oscillator(shape: str, hz: float, frames: int, sample_rate: int, phase: float = 0.0) -> Mono:
    """A band-limited oscillator of constant pitch."""
    harmonics = max(1, int(0.45 * sample_rate / hz))
    table = _table(shape, harmonics if harmonics < 24 else harmonics // 8 * 8)
    position = np.mod(phase + np.arange(frames) * (hz / sample_rate), 1.0) * _TABLE
    at = position.astype(np.int64)
    part = position - at
    return np.asarray(table[at] * (1 - part) + table[at + 1] * part)


def _gate(
    held: int, sample_rate: int, attack_s: float, release_s: float, decay_s: float = 0.0, sustain: float = 1.0
) -> Mono:
    """Linear attack, exponential decay to ``sustain``, cosine release: no clicks at either end."""
    attack, release = max(2, int(attack_s * sample_rate)), max(64, int(release_s * sample_rate))
    time = np.arange(held)
    body = np.minimum(1.0, time / attack)
    if decay_s > 0:
        body = body * (sustain + (1 - sustain) * np.exp(-time / (decay_s * sample_rate / 3)))
    tail = body[-1] * np.cos(np.linspace(0, math.pi / 2, release)) ** 2
    return np.concatenate([body, tail])


def _noise_for(stroke: Stroke) -> np.random.Generator:
    """Phases differ from pitch to pitch and take to take, and are the same on every run."""
    return np.random.default_rng(stroke.pitch * 65_537 + stroke.take)


def _eight_oh_eight(stroke: Stroke, rate: int) -> Samples:
    gate = _gate(stroke.held, rate, 0.002, 0.08, 1.6, 0.25)
    time = np.arange(len(gate)) / rate
    hz = _hz(stroke.pitch)
    # The kick-like drop at the start is what makes the bass speak on small loudspeakers.
    phase = 2 * math.pi * hz * (time + 1.2 * 0.014 * (1 - np.exp(-time / 0.014)))
    tone = np.tanh(1.7 * np.sin(phase)) / math.tanh(1.7)
    return _stereo(tone * gate)


def _log_drum(stroke: Stroke, rate: int) -> Samples:
    """The bass of amapiano: a struck, hollow sine that starts high, with a wooden knock, driven."""
    gate = _gate(stroke.held, rate, 0.002, 0.09, 0.9, 0.1)
    time, hz = np.arange(len(gate)) / rate, _hz(stroke.pitch)
    phase = 2 * math.pi * hz * (time + 0.9 * 0.018 * (1 - np.exp(-time / 0.018)))
    tone = np.sin(phase) + 0.35 * np.sin(2 * phase) * np.exp(-time / 0.12)
    knock = 0.5 * np.sin(2 * math.pi * 5.4 * hz * time) * np.exp(-time / 0.012)
    return _stereo(np.tanh(1.6 * (tone + knock)) * gate)


def _sub(stroke: Stroke, rate: int) -> Samples:
    gate = _gate(stroke.held, rate, 0.006, 0.06)
    phase = 2 * math.pi * _hz(stroke.pitch) * np.arange(len(gate)) / rate
    return _stereo((np.sin(phase) + 0.12 * np.sin(2 * phase)) * gate)


def _reese(stroke: Stroke, rate: int) -> Samples:
    gate = _gate(stroke.held, rate, 0.008, 0.09)
    random, hz, frames = _noise_for(stroke), _hz(stroke.pitch), len(gate)
    left, right = (
        sum(_oscillator("dark", hz * 2 ** (cents / 1200), frames, rate, random.random()) for cents in detune) / 2
        for detune in ((-14.0, 9.0), (-9.0, 14.0))
    )
    root = np.sin(2 * math.pi * hz * np.arange(frames) / rate)
    return np.stack([(0.8 * side + 0.4 * root) * gate for side in (left, right)]).astype(np.float32)


def _wobble(stroke: Stroke, rate: int) -> Samples:
    gate = _gate(stroke.held, rate, 0.004, 0.05)
    frames, hz = len(gate), _hz(stroke.pitch)
    held_s = (stroke.held) / rate
    cycles = max(1, round(held_s * 4))  # whole cycles a note, so that a wobble ends where the note does
    depth = 0.5 - 0.5 * np.cos(2 * math.pi * cycles * np.arange(frames) / max(1, stroke.held))
    dark, bright = (_oscillator(shape, hz, frames, rate) for shape in ("dark", "saw"))
    root = np.sin(2 * math.pi * hz * np.arange(frames) / rate)
    return _stereo(np.tanh(1.4 * (root + dark * 0.6 + bright * depth)) * gate * 0.8)


def _supersaw(stroke: Stroke, rate: int) -> Samples:
    gate = _gate(stroke.held, rate, 0.008, 0.18)
    random, hz, frames = _noise_for(stroke), _hz(stroke.pitch), len(gate)
    out = np.zeros((2, frames))
    for cents, place in ((-19, -0.9), (-11.5, 0.6), (-5, -0.3), (0, 0.0), (5.5, 0.3), (12, -0.6), (19.5, 0.9)):
        voice = _oscillator("saw", hz * 2 ** (cents / 1200), frames, rate, random.random())
        out[0] += voice * math.cos((place + 1) * math.pi / 4)
        out[1] += voice * math.sin((place + 1) * math.pi / 4)
    return (out * gate / 3.2).astype(np.float32)


def _acid(stroke: Stroke, rate: int) -> Samples:
    gate = _gate(stroke.held, rate, 0.003, 0.03)
    frames, hz = len(gate), _hz(stroke.pitch)
    bite = np.exp(-np.arange(frames) / (0.12 * rate)) * (0.3 + 0.7 * stroke.velocity / 127)
    dark, bright = (_oscillator(shape, hz, frames, rate) for shape in ("dark", "saw"))
    return _stereo(np.tanh(1.5 * (dark * (1 - 0.5 * bite) + bright * bite)) * gate)


def _pluck(stroke: Stroke, rate: int) -> Samples:
    gate = _gate(stroke.held, rate, 0.002, 0.25, 0.7, 0.05)
    frames, hz, random = len(gate), _hz(stroke.pitch), _noise_for(stroke)
    bite = np.exp(-np.arange(frames) / (0.09 * rate))
    sides = [
        _oscillator("dark", hz * 2 ** (c / 1200), frames, rate, random.random()) * (1 - bite)
        + _oscillator("saw", hz * 2 ** (c / 1200), frames, rate, random.random()) * bite
        for c in (-6, 6)
    ]
    return (np.stack(sides) * gate).astype(np.float32)


def _fm_piano(stroke: Stroke, rate: int) -> Samples:
    """Two operators at 1:1 for the body, two at 1:14 for the tine (after Chowning 1973 and the DX7's electric piano)."""
    gate = _gate(stroke.held, rate, 0.002, 0.18, 3.0, 0.0)
    time, hz, force = np.arange(len(gate)) / rate, _hz(stroke.pitch), stroke.velocity / 127
    wave = 2 * math.pi * hz * time
    body = np.sin(
        wave + (0.3 + 1.3 * force * np.exp(-time / 0.5)) * np.sin(wave + 0.02 * np.sin(2 * math.pi * 5 * time))
    )
    tine_ratio = 14.0 if hz * 15 < 0.4 * rate else max(1.0, math.floor(0.4 * rate / hz) - 1.0)
    tine = np.sin(wave + 0.6 * np.exp(-time / 0.06) * np.sin(tine_ratio * wave)) * force * np.exp(-time / 0.25)
    sway = 0.12 * np.sin(2 * math.pi * 4.6 * time)
    tone = (body + 0.5 * tine) * gate
    return np.stack([tone * (1 + sway), tone * (1 - sway)]).astype(np.float32) * np.float32(0.7)


def _stereo(mono: Mono) -> Samples:
    return np.stack([mono, mono]).astype(np.float32)


_VOICES: dict[str, Callable[[Stroke, int], Samples]] = {
    "808": _eight_oh_eight,
    "log_drum": _log_drum,
    "sub": _sub,
    "reese": _reese,
    "wobble": _wobble,
    "supersaw": _supersaw,
    "acid": _acid,
    "pluck": _pluck,
    "fm_piano": _fm_piano,
}
# One player, one note at a time: a new note ends the one before.
_MONOPHONIC = frozenset({"808", "log_drum", "sub", "reese", "wobble", "acid"})


def names() -> tuple[str, ...]:
    """Return every name that ``Part.synth`` may have."""
    return (*_VOICES, "drum_machine", "vinyl")


def knows(name: str | None) -> bool:
    """Return whether a synth plays on its own; "vinyl" does not: it treats the sampled kit (``aged``)."""
    return name in _VOICES or name == "drum_machine"


def play(
    name: str,
    events: Sequence[Event],
    frames: int,
    sample_rate: int,
    check: Callable[[], None],
    genre: str | None = None,
) -> Samples:
    """Play one part dry: float32 ``[2, frames]``; the same contract as ``fluid.play``. Drums are the genre's own."""
    if name == "drum_machine":
        return synths_drums.play(events, frames, sample_rate, kit_of(genre), check)
    voice = _VOICES[name]

    def sound(stroke: Stroke) -> Samples:
        return voice(stroke, sample_rate) * np.float32((stroke.velocity / 127) ** 1.6 * 0.3)

    played = _one_at_a_time(events) if name in _MONOPHONIC else events
    manner = Manner(takes=1 if name in _MONOPHONIC else 3, power=1.6)
    return strike(played, frames, sound, manner, is_drum=False, check=check)


def _one_at_a_time(events: Sequence[Event]) -> list[Event]:
    ordered = sorted(events, key=lambda event: event.on)
    return [
        here if after is None else replace(here, off=min(here.off, max(after.on, here.on + 128)))
        for here, after in zip(ordered, [*ordered[1:], None], strict=False)
    ]


def aged(samples: Samples, sample_rate: int) -> Samples:
    """Return a kit as an old sampler and a worn record have it: 12 bits, soft tops, no deep end, some drive."""
    from scipy.signal import butter, sosfilt

    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0.0:
        return samples
    driven = np.tanh(samples * (2.0 / peak)) / math.tanh(2.0)
    crushed = np.round(driven * 2047) / 2047
    sections = np.concatenate(
        [butter(2, 7500, fs=sample_rate, output="sos"), butter(1, 45, "highpass", fs=sample_rate, output="sos")]
    )
    return np.asarray(sosfilt(sections, crushed, axis=1) * peak, dtype=np.float32)
