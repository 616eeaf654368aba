"""A small sampler that plays soundfonts where there is no FluidSynth (SoundFont specification 2.04, section 9).

Key and velocity ranges, loops, tuning, the volume envelope, a resting low-pass, pan and exclusive
classes are played; modulators, LFOs and the modulation envelope are not.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples
from segue.tools.music import soundfont as sf
from segue.tools.music.render_notes import DARKEST_CENTS, PLAIN, Event, Manner, Stroke, strike

_LOUDEST = 0.35  # the level of one full-velocity voice: about FluidSynth's at gain 0.5
_ATTENUATION_SHARE = 0.4  # of a font's attenuation is applied, as the EMU8000 and FluidSynth do
_SILENT_DB = 90.0
_OPEN_CENTS = 13_000  # a low-pass from here on is none


def play(
    soundfont: Path,
    events: Sequence[Event],
    frames: int,
    *,
    program: int,
    is_drum: bool,
    sample_rate: int,
    manner: Manner = PLAIN,
    check: Callable[[], None] = lambda: None,
) -> Samples:
    """Play one part dry: float32 ``[2, frames]``; the same contract as ``fluid.play``."""
    font = sf.read_soundfont(soundfont)
    zones = font.zones(program, is_drum)

    def sound(stroke: Stroke) -> Samples:
        voices = [
            _voice(font, zone, stroke, sample_rate)
            for zone in zones
            if zone.keys[0] <= stroke.pitch <= zone.keys[1]
            and zone.velocities[0] <= stroke.velocity <= zone.velocities[1]
        ]
        out = np.zeros((2, max((voice.shape[1] for voice in voices), default=1)), np.float32)
        for voice in voices:
            out[:, : voice.shape[1]] += voice
        return out * np.float32((stroke.velocity / 127) ** 2)

    return strike(events, frames, sound, manner, is_drum=is_drum, check=check)


def _seconds(timecents: int) -> float:
    return 0.0 if timecents <= -12000 else min(60.0, float(2.0 ** (timecents / 1200)))


def _voice(font: sf.SoundFont, zone: sf.Zone, stroke: Stroke, sample_rate: int) -> Samples:
    """Return one zone's note at full level, release included, soft strokes darker: float32 ``[2, frames]``."""
    header, pitch, held = zone.sample, stroke.pitch, stroke.held
    root = zone.value(sf.ROOT_KEY) if zone.value(sf.ROOT_KEY) >= 0 else min(header.root, 127)
    played = zone.value(sf.FIXED_KEY) if zone.value(sf.FIXED_KEY) >= 0 else pitch
    cents = (
        (played - root) * zone.value(sf.SCALE_TUNING)
        + zone.value(sf.COARSE_TUNE) * 100
        + zone.value(sf.FINE_TUNE)
        + header.correction
        + stroke.cents
    )
    step = 2.0 ** (cents / 1200) * header.rate / sample_rate
    envelope = _envelope(zone, pitch, held, sample_rate)
    source = _source(font, zone, step, held, len(envelope))
    wave = _low_passed(
        source * envelope[: len(source)],
        _cutoff(zone, stroke.velocity),
        sample_rate,
    )
    attenuation_db = _ATTENUATION_SHARE * zone.value(sf.ATTENUATION) / 10
    pan = max(-1.0, min(1.0, zone.value(sf.PAN) / 500))
    angle = (pan + 1) * math.pi / 4
    gain = _LOUDEST * 10 ** (-attenuation_db / 20)
    # Three milliseconds at the end keep a cut sample from clicking.
    fade = min(len(wave), 128)
    wave[len(wave) - fade :] *= np.linspace(1, 0, fade)
    return np.stack([wave * gain * math.cos(angle), wave * gain * math.sin(angle)]).astype(np.float32)


def _cutoff(zone: sf.Zone, velocity: int) -> float:
    """Return a low-pass in cents; where the font sets one itself (its envelope opens it), velocity changes nothing."""
    resting = zone.value(sf.FILTER_CUTOFF)
    return resting if resting < _OPEN_CENTS else resting + DARKEST_CENTS * (1 - velocity / 127)


def _source(font: sf.SoundFont, zone: sf.Zone, step: float, held: int, length: int) -> npt.NDArray[np.float64]:
    """Read the sample at ``step`` frames a frame, looping as its mode says, by cubic interpolation."""
    header, data = zone.sample, font.samples(zone.sample)
    base = 0 if header.packed else header.start
    begin = max(0, zone.value(sf.START) + 32768 * zone.value(sf.START_COARSE))
    end = min(len(data), len(data) + zone.value(sf.END) + 32768 * zone.value(sf.END_COARSE))
    loop_start = header.loop_start - base + zone.value(sf.LOOP_START) + 32768 * zone.value(sf.LOOP_START_COARSE)
    loop_end = header.loop_end - base + zone.value(sf.LOOP_END) + 32768 * zone.value(sf.LOOP_END_COARSE)
    position = begin + np.arange(length) * step
    mode = zone.value(sf.SAMPLE_MODES) & 3
    looped = mode in (1, 3) and 0 <= loop_start < loop_end <= len(data) and loop_end - loop_start >= 8
    if looped and mode == 1:
        over = position >= loop_end
        position[over] = loop_start + np.mod(position[over] - loop_start, loop_end - loop_start)
    elif looped:
        over = (position >= loop_end) & (np.arange(length) < held)
        position[over] = loop_start + np.mod(position[over] - loop_start, loop_end - loop_start)
        if held < length:
            position[held:] = position[max(0, held - 1)] + step * np.arange(1, length - held + 1)
    if not looped:
        position = position[: int(np.searchsorted(position, end - 1))]
    elif mode == 3:
        past = np.flatnonzero(position >= end - 1)
        position = position[: past[0]] if len(past) else position
    if len(position) == 0 or len(data) < 4:
        return np.zeros(1)
    at = position.astype(np.int64)
    part = position - at
    wrap = loop_end - loop_start if looped else 0

    def value(offset: int) -> Any:  # noqa: ANN401 - a float32 array
        index = at + offset
        if wrap and mode == 1:
            index = np.where(index >= loop_end, index - wrap, index)
        return data[np.clip(index, 0, len(data) - 1)]

    a, b, c, d = value(-1), value(0), value(1), value(2)
    # Catmull–Rom
    return np.asarray(b + 0.5 * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a))))


def _envelope(zone: sf.Zone, pitch: int, held: int, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the volume envelope as factors: linear attack, then straight lines in dB (section 8.1.2, 33–40)."""
    delay = _seconds(zone.value(sf.DELAY)) * sample_rate
    attack = max(_seconds(zone.value(sf.ATTACK)) * sample_rate, 1.0)
    hold = _seconds(zone.value(sf.HOLD) + zone.value(sf.KEY_TO_HOLD) * (60 - pitch)) * sample_rate
    decay = max(_seconds(zone.value(sf.DECAY) + zone.value(sf.KEY_TO_DECAY) * (60 - pitch)) * sample_rate, 1.0)
    release = max(_seconds(zone.value(sf.RELEASE)) * sample_rate, 0.005 * sample_rate)
    sustain_db = max(0.0, min(100.0, zone.value(sf.SUSTAIN) / 10))
    time = np.arange(held)
    fall_db = np.minimum(sustain_db, np.maximum(0.0, time - delay - attack - hold) * (100.0 / decay))
    body = np.clip((time - delay) / attack, 0.0, 1.0) * 10 ** (-fall_db / 20)
    last = float(body[-1]) if held else 1.0
    # Decay and release times are those of a fall of 100 dB; the last ten are not heard.
    tail = last * 10 ** (-np.arange(int(release * _SILENT_DB / 100)) * (100.0 / release) / 20)
    return np.concatenate([body, tail])


def _low_passed(wave: npt.NDArray[np.float64], cents: float, sample_rate: int) -> npt.NDArray[np.float64]:
    from scipy.signal import butter, sosfilt

    cutoff = 8.176 * 2 ** (cents / 1200)
    if cutoff > 0.4 * sample_rate:
        return wave
    return np.asarray(sosfilt(butter(2, cutoff, fs=sample_rate, output="sos"), wave))
