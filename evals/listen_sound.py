"""Scores into sound for the listening suites: another player, another room, another tape than Segue's own renderer has.

One FluidSynth instance plays all channels with its own reverb and chorus; then an equaliser, a room of decaying noise,
saturation and hiss, drawn by the piece's number. Finished sounds are kept in the user's cache.
"""

import hashlib
import importlib.util
import os
import random
from ctypes import c_double, c_int, c_void_p
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.evals.edit_mixtures import other_soundfont
from segue.tools.core.audio import Samples, Waveform, decode, encode
from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.score import Part, Score
from segue.tools.core.settings import load_settings
from segue.tools.music.fluid import BLOCK, find_library
from segue.tools.music.soundfont import find_soundfont

RATE = 44_100
VERSION = 1  # raise it when a sound changes
_RING_S = 1.0  # after the last note
_DRUMS = 9  # MIDI channel, from 0


def cache_folder() -> Path:
    """Return the folder where renderings and other libraries' answers are kept."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "segue" / "eval-listen"


def soundfont_for(half: str, data_home: Path | None) -> Path:
    """Return what plays a half: the tuning half our own soundfont, the reporting half another where there is one."""
    other = other_soundfont(data_home) if half == "reporting" else None
    return other or find_soundfont(load_settings())


def sound_of(score: Score, number: int, half: str, data_home: Path | None = None) -> Waveform:
    """Return a piece's sound, from the cache where it was made before; 44.1 kHz stereo, 16 bits.

    Parameters
    ----------
    number : draws the effects.
    half : "tuning" or "reporting"; see ``soundfont_for``.
    """
    font = soundfont_for(half, data_home)
    mark = f"{VERSION}:{number}:{half}:{font.name}:".encode()
    path = cache_folder() / f"{hashlib.sha256(mark + score.to_json()).hexdigest()[:24]}.flac"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = _treated(_played(score, font), number, half)
        part = path.with_suffix(f".{os.getpid()}.tmp")
        encode(Waveform(made, RATE), part, "flac", bits=16)
        part.replace(path)
    return decode(path)


def _played(score: Score, font: Path) -> Samples:
    """Return the dry-ish mix ``[2, frames]``: one synthesiser, a channel a part."""
    library: Any = find_library()
    if library is None:
        raise BackendUnavailable("There is no FluidSynth to play the pieces with.", "Run: pip install pygame-ce.")
    library.fluid_synth_cc.argtypes = [c_void_p, c_int, c_int, c_int]
    library.fluid_settings_setnum.argtypes = [c_void_p, library.fluid_settings_setnum.argtypes[1], c_double]
    settings = library.new_fluid_settings()
    for name, number in ((b"synth.sample-rate", float(RATE)), (b"synth.gain", 0.25)):
        library.fluid_settings_setnum(settings, name, number)
    library.fluid_settings_setint(settings, b"synth.dynamic-sample-loading", 1)
    synth = library.new_fluid_synth(settings)
    try:
        library.fluid_synth_sfload(synth, str(font).encode(), 1)
        events = _events(score, library, synth)
        frames = events[-1][0] + round(_RING_S * RATE) if events else RATE
        out = np.zeros((2, frames + 4 * BLOCK), np.float32)
        left, right = (out[c].ctypes.data for c in (0, 1))
        at = 0
        for frame, is_on, channel, pitch, velocity in [*events, (frames, 0, 0, 0, 0)]:
            size = max(0, (frame - at + BLOCK // 2) // BLOCK * BLOCK)
            if size:
                offset = at * out.itemsize
                library.fluid_synth_write_float(synth, size, left + offset, 0, 1, right + offset, 0, 1)
                at += size
            if is_on:
                library.fluid_synth_noteon(synth, channel, pitch, velocity)
            elif velocity == 0 and pitch:
                library.fluid_synth_noteoff(synth, channel, pitch)
        return out[:, :frames]
    finally:
        library.delete_fluid_synth(synth)
        library.delete_fluid_settings(settings)


def _events(score: Score, library: Any, synth: Any) -> list[tuple[int, int, int, int, int]]:  # noqa: ANN401 - ctypes
    """Set programs and return ``(frame, is on, channel, pitch, velocity)`` in order; ends before beginnings."""
    clock = score.clock()
    free = iter([c for c in range(16) if c != _DRUMS])
    events: list[tuple[int, int, int, int, int]] = []
    for place, part in enumerate(p for p in score.parts if p.notes):
        channel = _DRUMS if part.is_drum else next(free, 15)
        if not part.is_drum:
            library.fluid_synth_program_change(synth, channel, part.program)
            library.fluid_synth_cc(synth, channel, 10, 64 + (-1) ** place * min(40, 8 * place))
        library.fluid_synth_cc(synth, channel, 91, 20)
        for note in part.notes:
            start, end = (clock.seconds(beat) for beat in (note.start, note.end))
            on = max(0, round((start + note.shift_s) * RATE))
            off = max(on + BLOCK, round((end + note.shift_s) * RATE) - 2 * BLOCK)
            events += [(on, 1, channel, note.pitch, _loudness(part, note.velocity)), (off, 0, channel, note.pitch, 0)]
    return sorted(events, key=lambda e: (e[0], e[1]))


def _loudness(part: Part, velocity: int) -> int:
    return int(np.clip(round(velocity * 10 ** (np.clip(part.gain_db, -12, 6) / 40)), 1, 127))


def _treated(dry: Samples, number: int, half: str) -> Samples:
    """Put a mix through an equaliser, a room, saturation and hiss; each drawn by the number."""
    from scipy.signal import fftconvolve, sosfilt

    chance = random.Random(f"{half}:{number}")
    noise = np.random.default_rng(number)
    peak = float(np.abs(dry).max(initial=0.0))
    wet = dry.astype(np.float64) / max(peak, 1e-6)
    wet = sosfilt(_shelf(300.0, chance.uniform(-4, 4)), wet, axis=1)
    length = round(chance.uniform(0.2, 1.4) * RATE)
    room = noise.standard_normal((2, length)) * np.exp(-6.9 * np.arange(length) / length)
    room /= np.sqrt((room**2).sum(axis=1, keepdims=True))
    tail = np.stack([fftconvolve(x, r)[: wet.shape[1]] for x, r in zip(wet, room, strict=True)])
    wet = wet + chance.uniform(0.05, 0.3) * tail
    drive = chance.uniform(0.5, 2.5)
    wet = np.tanh(drive * wet / max(float(np.abs(wet).max()), 1e-6))
    wet += 10 ** (chance.uniform(-75, -50) / 20) * noise.standard_normal(wet.shape)
    return np.asarray(0.8 * wet / max(float(np.abs(wet).max()), 1e-6), dtype=np.float32)


def _shelf(corner_hz: float, gain_db: float) -> npt.NDArray[np.float64]:
    """Return a first-order shelf as one second-order section: ``gain_db`` below the corner, 0 dB above."""
    gain = 10 ** (gain_db / 20)
    k = np.tan(np.pi * corner_hz / RATE)
    return np.array([[(1 + gain * k) / (1 + k), (gain * k - 1) / (1 + k), 0.0, 1.0, (k - 1) / (1 + k), 0.0]])


def installed(name: str) -> bool:
    """Tell whether an optional library is there."""
    return importlib.util.find_spec(name) is not None
