"""Loudness and peaks: integrated LUFS, true peak, gain.

ITU-R BS.1770-4 (K-weighting, gating, 4x oversampled peak) and EBU R 128. Sound is float32
``[channels, frames]``.
"""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform

SILENCE_LUFS = -70.0  # the absolute gate of BS.1770-4: what is below counts as silence
_TAPS = 12  # a phase, as in BS.1770-4 annex 2
_ROWS = 16
_SPAN = 64  # frames interpolated by one row of the matrix
_BLOCK = 65_536  # frames filtered at once
_SURROUND = np.array([1, 1, 1, 1.41, 1.41], np.float32)  # weights of channels, BS.1770-4 table 3


def db_to_gain(db: float) -> float:
    """Return the factor of a level in dB."""
    return float(10.0 ** (db / 20.0))


def gain_to_db(gain: float) -> float:
    """Return the level in dB of a factor; −120 dB for zero and below it."""
    return 20.0 * math.log10(max(abs(gain), 1e-6))


def integrated_lufs(wave: Waveform) -> float:
    """Return the gated loudness in LUFS; ``SILENCE_LUFS`` for silence and for less than 0.4 s of it.

    Sounds shorter than one 400 ms block are measured as if they were repeated to fill it.
    """
    samples, hop = wave.samples[:5], round(0.1 * wave.sample_rate)
    if wave.frames == 0 or not samples.any():
        return SILENCE_LUFS
    if wave.frames < 4 * hop:
        samples = np.tile(samples, (1, math.ceil(4 * hop / wave.frames)))
    if len(samples) > 3:
        samples = samples * np.sqrt(_SURROUND[: len(samples)])[:, None]
    # Blocks of 400 ms every 100 ms are sums of four hops; what does not fill a hop at the end is not measured.
    energy = k_weighted_energy(samples[:, : samples.shape[1] // hop * hop], wave.sample_rate, hop)
    return max(lufs_of_energy(energy, wave.sample_rate, hop), SILENCE_LUFS)


def true_peak_db(wave: Waveform) -> float:
    """Return the highest true peak of all channels in dBTP (4x oversampling); −120 for silence."""
    return gain_to_db(float(peak_envelope(wave.samples, 256).max(initial=0.0)))


def peak_envelope(samples: Samples, hop: int, floor: float = 0.5) -> npt.NDArray[np.float32]:
    """Return the true peak of every ``hop`` frames, over all channels: float32 ``[ceil(frames / hop)]``.

    Only hops whose sample peak reaches ``floor`` times the highest one are oversampled (a true peak
    is rarely more than 3 dB over the samples around it); the others report their sample peak.
    """
    frames = samples.shape[1]
    count, rest = frames // hop, frames % hop
    if frames == 0:
        return np.zeros(0, np.float32)
    body = samples[:, : count * hop].reshape(len(samples), count, hop)
    peaks = np.maximum(body.max(axis=2, initial=0), -body.min(axis=2, initial=0)).max(axis=0)
    if rest:
        peaks = np.append(peaks, np.abs(samples[:, count * hop :]).max())
    high = np.flatnonzero((peaks >= floor * peaks.max()) & (peaks > 0))
    for start in range(0, len(high), 512):
        chosen = high[start : start + 512]
        index = chosen[:, None] * hop + np.arange(-_TAPS // 2, hop + _TAPS // 2)[None, :]
        over = _oversampled_peaks(samples[:, np.clip(index, 0, frames - 1)])
        peaks[chosen] = np.maximum(peaks[chosen], over)
    return np.asarray(peaks, dtype=np.float32)


def _oversampled_peaks(blocks: Samples) -> npt.NDArray[np.float32]:
    """Return the highest value between the samples of blocks ``[channels, blocks, frames]``, per block.

    One product with a banded matrix interpolates ``_SPAN`` frames at once: a polyphase filter for BLAS, in
    products of ``_ROWS`` rows, which are too small for BLAS to wake other threads.
    """
    matrix = _interpolator()
    channels, count, frames = blocks.shape
    padded = np.zeros((channels, -(-count // _ROWS) * _ROWS, frames), np.float32)
    padded[:, :count] = blocks
    rows = padded.reshape(channels, -1, _ROWS, frames)
    out = np.zeros(rows.shape[1:3], np.float32)
    last = frames - len(matrix)
    for start in [*range(0, last, _SPAN), last]:
        over = rows[..., start : start + len(matrix)] @ matrix
        np.maximum(out, over.max(axis=(0, 3)), out=out)
        np.maximum(out, -over.min(axis=(0, 3)), out=out)
    return out.reshape(-1)[:count]


@lru_cache(maxsize=1)
def _interpolator() -> Any:  # noqa: ANN401 - a numpy array; lru_cache loses the type
    """Return a matrix from ``_SPAN + _TAPS`` samples to the three values after each of the middle ``_SPAN``."""
    from scipy.signal import firwin

    filter_ = (4.0 * firwin(4 * _TAPS + 1, 0.25, window=("kaiser", 6.0))).astype(np.float32)
    matrix = np.zeros((_SPAN + _TAPS, _SPAN, 3), np.float32)
    for phase in (1, 2, 3):
        # The filter's centre is tap 2 * _TAPS; a value phase/4 after sample n weighs sample n + k by tap (phase - 4k).
        for k in range(-_TAPS // 2 + 1, _TAPS // 2 + 1):
            for n in range(_SPAN):
                matrix[n + _TAPS // 2 + k, n, phase - 1] = filter_[2 * _TAPS + phase - 4 * k]
    return matrix.reshape(_SPAN + _TAPS, -1)


def with_gain(wave: Waveform, db: float) -> Waveform:
    """Return the sound ``db`` decibels louder."""
    return Waveform(np.asarray(wave.samples * np.float32(db_to_gain(db)), dtype=np.float32), wave.sample_rate)


def k_weighted_energy(samples: Samples, sample_rate: int, hop: int) -> npt.NDArray[np.float64]:
    """Return the K-weighted energy (sum of squares over channels) of every ``hop`` frames.

    With it the loudness under any slow gain curve costs microseconds: see ``lufs_of_energy``.
    """
    import pyloudnorm
    from scipy.signal import sosfilt

    channels, frames = samples.shape
    stages = pyloudnorm.Meter(sample_rate)._filters.values()
    sections = np.array([[*(stage.b / stage.a[0]), *(stage.a / stage.a[0])] for stage in stages])
    state = np.zeros((len(sections), channels, 2))
    out = np.zeros(-(-frames // hop))
    size = max(1, _BLOCK // hop) * hop
    for start in range(0, frames, size):
        weighted, state = sosfilt(sections, samples[:, start : start + size], axis=1, zi=state)
        whole = weighted.shape[1] // hop
        hops = weighted[:, : whole * hop].reshape(channels, whole, hop)
        first = start // hop
        out[first : first + whole] = np.einsum("ijk,ijk->j", hops, hops)
        if whole * hop < weighted.shape[1]:
            out[-1] = np.square(weighted[:, whole * hop :]).sum()
    return out


def lufs_of_energy(energy: npt.NDArray[np.float64], sample_rate: int, hop: int) -> float:
    """Return the gated loudness in LUFS from ``k_weighted_energy`` (BS.1770-4, 400 ms blocks, 75% overlap)."""
    size = max(1, round(0.4 * sample_rate / hop))
    step = max(1, round(0.1 * sample_rate / hop))
    total = np.concatenate([[0.0], np.cumsum(energy)])
    size = min(size, len(energy))
    starts = np.arange(0, len(energy) - size + 1, step)
    power = (total[starts + size] - total[starts]) / (size * hop)
    power = power[power > 10 ** ((SILENCE_LUFS + 0.691) / 10)]
    if len(power) == 0:
        return SILENCE_LUFS
    power = power[power > power.mean() / 10.0]  # the relative gate: 10 LU under the mean
    return float(-0.691 + 10.0 * np.log10(power.mean()))
