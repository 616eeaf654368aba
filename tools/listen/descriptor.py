"""A short description of a sound for likeness: 23 numbers in −1..1, in the order and of the kinds that bliss uses.

Tempo; zero crossings; mean and deviation of the spectrum's centroid, roll-off and flatness and of the level; then thirteen
of harmony: how often tones lie 1–6 semitones apart, how often major, minor, diminished and augmented triads sound, how evenly
all twelve tones are used, how fast the harmony moves, and how far treble and bass agree.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segue.tools.listen.spectra import RATE, Array, Frames
from segue.tools.listen.tonal import Tones, harmonic_change, unit

Floats = npt.NDArray[np.float64]

SIZE = 23
_FASTEST = 206.0  # bpm
_HIGHEST = RATE / 2  # Hz
_LOWEST_DB = -90.0
_TRIADS = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 8))


def descriptor_of(frames: Frames, tones: Tones, bpm: float | None) -> list[float]:
    """Return the 23 numbers; an unknown tempo is −1, as is all harmony where nothing tonal sounds."""
    level = 10 * np.log10(np.maximum(frames.power.astype(float), 1e-9))
    audible = frames.centroid > 0
    values = [
        _scaled(bpm or 0.0, 0.0, _FASTEST),
        _scaled(frames.crossings, 0.0, 1.0),
        *_moments(frames.centroid[audible], _HIGHEST),
        *_moments(frames.rolloff[audible], _HIGHEST),
        *_moments(frames.flatness[audible], 1.0),
        _scaled(float(level.mean()), _LOWEST_DB, 0.0),
        _scaled(float(level.std()), 0.0, -_LOWEST_DB / 2),
        *_harmony(tones),
    ]
    return [round(value, 4) for value in values]


def _scaled(value: float, low: float, high: float) -> float:
    return float(np.clip(2 * (value - low) / (high - low) - 1, -1, 1))


def _moments(values: Array, high: float) -> Sequence[float]:
    if not len(values):
        return (-1.0, -1.0)
    return _scaled(float(values.mean()), 0.0, high), _scaled(float(values.std()), 0.0, high / 2)


def _harmony(tones: Tones) -> Sequence[float]:
    chroma = tones.treble + tones.bass
    heard = (tones.level > 0.02) & (chroma.sum(axis=1) > 1e-9)
    if not heard.any():
        return (-1.0,) * 13
    share = np.sqrt(chroma[heard] / chroma[heard].sum(axis=1, keepdims=True))  # one loud tone must not hide a chord
    rows = unit(share)
    apart = [float(np.mean(np.sum(rows * np.roll(rows, -step, axis=1), axis=1))) for step in range(1, 7)]
    triads = []
    for steps in _TRIADS:
        together = np.prod([np.roll(rows, -step, axis=1) for step in steps], axis=0)
        triads.append(float(np.mean(together.max(axis=1))) * 3**1.5)  # three equal tones alone give 1
    mean = chroma[heard].sum(axis=0) / chroma[heard].sum()
    evenness = float(-(mean * np.log(mean + 1e-12)).sum() / np.log(12))
    agreement = float(np.mean(np.sum(unit(tones.treble[heard]) * unit(tones.bass[heard]), axis=1)))
    change = float(np.mean(harmonic_change(tones)[heard]))
    return [_scaled(value, 0.0, 1.0) for value in (*apart, *triads, evenness, change, agreement)]
