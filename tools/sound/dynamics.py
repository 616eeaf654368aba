"""Levels: gains that never clip silently, loudness in LUFS, a limiter, a compressor.

Whatever moves the level over time does so by one gain curve, so that a mix and its stems can be
given the same curve and still sum.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform
from segue.tools.sound.loudness import (
    SILENCE_LUFS,
    db_to_gain,
    gain_to_db,
    integrated_lufs,
    k_weighted_energy,
    lufs_of_energy,
    true_peak_db,
)

FULL_SCALE = 1.0 - 2.0**-23  # the largest sample that 24-bit formats hold
CEILING_DB = -1.0  # dBTP; EBU R 128's permitted maximum true peak
DEEPEST_DB = 9.0  # how much more than the plain gain a limiter may be driven: beyond it, music turns flat
STEP = 64  # frames per point of a gain curve's detector

Curve = npt.NDArray[np.float32]
Check = Callable[[], None]


def peak(samples: Samples) -> float:
    """Return the largest absolute sample."""
    return float(np.max(np.abs(samples), initial=0.0))


def headroom_db(wave: Waveform) -> float:
    """Return how much louder the sound can become before it clips (integers reach −1, but not +1), dB."""
    highest = max(float(wave.samples.max(initial=0.0)), -float(wave.samples.min(initial=0.0)) * FULL_SCALE)
    return -gain_to_db(highest / FULL_SCALE)


def fitting_gain_db(wave: Waveform) -> float:
    """Return 0 where nothing clips, else the smallest constant change in dB that keeps every sample in range."""
    room = headroom_db(wave)
    return 0.0 if room >= 0 else room - 0.01


def loudness_lufs(wave: Waveform) -> float | None:
    """Return the integrated loudness (ITU-R BS.1770-4), None where there is too little sound to tell."""
    if wave.duration_s < 0.4:
        return None
    value = integrated_lufs(wave)
    return value if value > SILENCE_LUFS else None


def limiter_curve(level: Curve, sample_rate: int, ceiling: float) -> Curve:
    """Return the gain ``[frames]`` that keeps a level ``[frames]`` (absolute, all channels) at or below ``ceiling``."""
    return between(limiter_points(highest_of(level), sample_rate, ceiling), 0, len(level))


def highest_of(level: Curve) -> Curve:
    """Return the highest level of every ``STEP`` frames."""
    count = math.ceil(len(level) / STEP)
    return np.asarray(np.pad(level, (0, count * STEP - len(level))).reshape(count, STEP).max(axis=1))


def limiter_points(highest: Curve, sample_rate: int, ceiling: float) -> Curve:
    """Return the gain of every ``STEP`` frames, whose highest levels are given: down within 5 ms before, release of 80 ms.

    The lines ``between`` them keep every frame's level at or below ``ceiling``.
    """
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    depth = 1.0 - np.minimum(1.0, ceiling / np.maximum(highest.astype(np.float64), 1e-9))
    # Every depth decays by the same factor a point, and the deepest of those that are left counts: in logarithms, less
    # the decay, that is the running maximum.
    decay = STEP / (0.08 * sample_rate) * np.arange(len(depth))
    held = np.exp(np.maximum.accumulate(np.log(np.maximum(depth, 1e-30)) + decay) - decay)
    ahead = max(1, round(0.005 * sample_rate / STEP))
    # A smoothed neighbour of a point sees half the smoothing and one more to either side: all that is as low as the point.
    lowest = minimum_filter1d(1.0 - held, 2 * (ahead + 1) + 1, mode="nearest")
    return np.asarray(np.minimum(uniform_filter1d(lowest, ahead | 1, mode="nearest"), 1.0), dtype=np.float32)


def compressor_points(
    power: Curve, sample_rate: int, threshold_db: float, ratio: float, attack_ms: float, release_ms: float
) -> npt.NDArray[np.float64]:
    """Return the gain in dB at every point of ``levels`` of a feed-forward RMS compressor (Giannoulis et al., JAES 2012)."""
    over = np.maximum(_db(power) - threshold_db, 0.0)
    return _followed(over * (1 / ratio - 1), sample_rate, attack_ms, release_ms)


def punch_points(power: Curve, sample_rate: int, attack_db: float) -> npt.NDArray[np.float64]:
    """Return the gain in dB at every point of ``levels`` that lifts (or softens) attacks by up to ``attack_db``.

    A fast envelope over a slow one marks attacks, whatever their level.
    """
    from scipy.ndimage import uniform_filter1d

    # Over some 9 ms, so that the waves of low notes are not taken for attacks.
    level = np.maximum(_db(uniform_filter1d(power, 6)) if len(power) else _db(power), -80.0)
    jump = _followed(level, sample_rate, 120.0, 1.0) - _followed(level, sample_rate, 120.0, 40.0)
    # Against the attacks that there are: in dense music they stand out less, and are attacks nevertheless.
    full = float(np.clip(np.quantile(jump, 0.98), 2.0, 10.0)) if len(jump) else 10.0
    return np.asarray(np.clip((jump - 0.2 * full) / (0.8 * full), 0.0, 1.0) * attack_db, dtype=np.float64)


def levels(samples: Samples) -> Curve:
    """Return the mean square over channels and ``STEP`` frames, float32 ``[ceil(frames / STEP)]``."""
    count = math.ceil(samples.shape[1] / STEP)
    power = np.mean(samples.astype(np.float32) ** 2, axis=0)
    padded = np.pad(power, (0, count * STEP - len(power))).reshape(count, STEP).mean(axis=1)
    return np.asarray(padded, dtype=np.float32)


def _db(power: Curve) -> npt.NDArray[np.float64]:
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)), dtype=np.float64)


def _followed(
    target: npt.NDArray[np.float64], sample_rate: int, down_ms: float, up_ms: float
) -> npt.NDArray[np.float64]:
    """Follow a curve with one time constant where it falls and another where it rises."""
    down = math.exp(-STEP / (down_ms / 1000 * sample_rate))
    up = math.exp(-STEP / (up_ms / 1000 * sample_rate))
    out = np.empty_like(target)
    held = float(target[0]) if len(target) else 0.0
    for i, value in enumerate(target.tolist()):
        share = down if value < held else up
        held = value + (held - value) * share
        out[i] = held
    return out


def spread(points_db: npt.NDArray[np.float64], start: int, stop: int) -> Curve:
    """Return one gain a frame, from ``start`` to ``stop``, of one point (dB) every ``STEP`` frames."""
    return between((10 ** (points_db / 20)).astype(np.float32), start, stop)


def between(points: Curve, start: int, stop: int) -> Curve:
    """Return the straight lines between gains that stand in the middle of every ``STEP`` frames."""
    if len(points) == 0:
        return np.ones(stop - start, np.float32)
    half = STEP // 2
    first, last = (start + half) // STEP, (stop + half) // STEP + 1
    near = points[np.clip(np.arange(first - 1, last + 1), 0, len(points) - 1)]
    # A row leads from one middle to the next.
    rows = near[:-1, None] + np.diff(near)[:, None] * (np.arange(STEP, dtype=np.float32) / STEP)
    begin = start + half - first * STEP
    return np.ascontiguousarray(rows.reshape(-1)[begin : begin + stop - start])


@dataclass(frozen=True, slots=True)
class Brought:
    """How a sound is brought to a loudness: the loudness it had, LUFS; the gain, dB; the limiter's curve where one is
    needed; and the true peak that is left, dBTP."""

    before: float
    gain_db: float
    curve: Curve | None
    true_peak_db: float


def to_loudness(wave: Waveform, lufs: float, check: Check | None = None) -> Brought:
    """Return what brings a sound to ``lufs`` with its true peak at or below −1 dBTP.

    ``wave`` must be measurable (``loudness_lufs`` not None).
    """
    check = check or (lambda: None)
    before, peak_db = loudness_lufs(wave), true_peak_db(wave)
    assert before is not None
    wanted = lufs - before
    if peak_db + wanted <= CEILING_DB:
        return Brought(before, wanted, None, peak_db + wanted)
    # A limiter takes loudness away, so the gain is raised until the limited sound is loud enough. The
    # loudness under a curve comes from K-weighted energies, measured once.
    energy = k_weighted_energy(wave.samples, wave.sample_rate, STEP)
    highest = highest_of(np.maximum(wave.samples.max(axis=0), -wave.samples.min(axis=0)))
    ceiling = db_to_gain(CEILING_DB - 0.3)
    for _ in range(3):
        points, gain_db, _ = limited_to(lufs, wanted, ceiling, highest, energy, wave.sample_rate, check)
        curve = between(points, 0, wave.frames)
        # What lies between samples may pass the ceiling of the samples: then that comes down.
        limited = Waveform(wave.samples * (curve * np.float32(db_to_gain(gain_db))), wave.sample_rate)
        peak_db = true_peak_db(limited)
        over = peak_db - (CEILING_DB - 0.02)
        if over <= 0:
            return Brought(before, gain_db, curve, peak_db)
        ceiling *= db_to_gain(-over - 0.05)
    return Brought(before, gain_db, curve * np.float32(db_to_gain(-over)), peak_db - over)


def limited_to(
    lufs: float, gain_db: float, ceiling: float, highest: Curve, energy: npt.NDArray[np.floating[Any]], sample_rate: int, check: Check
) -> tuple[Curve, float, float]:  # fmt: skip
    """Return the limiter's points, the gain in dB into it and the loudness reached that come nearest to ``lufs``.

    ``highest`` levels and K-weighted ``energy`` are those of every ``STEP`` frames; ``gain_db`` is tried first.
    """
    most = gain_db + DEEPEST_DB
    for _ in range(8):
        check()
        points = limiter_points(highest * np.float32(db_to_gain(gain_db)), sample_rate, ceiling)
        reached = lufs_of_energy(energy * (points * np.float32(db_to_gain(gain_db))) ** 2, sample_rate, STEP)
        if abs(lufs - reached) < 0.05 or gain_db >= most:
            break
        gain_db = min(gain_db + 1.3 * (lufs - reached), most)
    return points, gain_db, reached
