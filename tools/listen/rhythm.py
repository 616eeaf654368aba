"""Tempo, beats, bars and meter from onset strength.

Tempo by autocorrelation with a log-normal preference (Ellis 2007; Percival & Tzanetakis 2014 for the
sum over multiples), followed through the piece; beats by dynamic programming over the local period.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.tools.listen.spectra import FRAME_RATE, Frames

Floats = npt.NDArray[np.float64]

SLOWEST, FASTEST = 40.0, 220.0  # bpm
PREFERRED, SPREAD = 120.0, 0.75  # bpm and octaves: where people tap (McKinney & Moelants 2006)
_WINDOW_S, _STEP_S = 8.0, 1.0
_TIGHTNESS = 500.0  # five times Ellis's: the period followed here is the local one
_LOW_WEIGHT = 0.5  # of the kick's and bass's band beside all onsets, where the pulse is sought


@dataclass(frozen=True)
class Rhythm:
    """What was found: ``bpm`` None where no pulse stands out.

    ``confidence`` 0..1; ``alternatives`` other tempi, the likeliest first; ``beats`` in seconds;
    ``strength`` how far onsets stand on the beats, 0..1; ``stability`` 1 where all beats are equal.
    """

    bpm: float | None
    confidence: float
    alternatives: list[float]
    beats: Floats
    strength: float
    stability: float


@dataclass(frozen=True)
class Bars:
    """Meter ("4/4", "3/4", "6/8" or None), its confidence, and the index of the first downbeat."""

    meter: str | None
    confidence: float
    beats_per_bar: int
    first: int


def novelty(frames: Frames) -> Floats:
    """Return onset strength with slow swells removed, in units of its own deviation, ``[n]``."""
    return _whitened(frames.onset.astype(float))


def _whitened(onset: Floats) -> Floats:
    size = max(3, round(0.4 * FRAME_RATE) | 1)
    local = np.convolve(np.pad(onset, size // 2, mode="edge"), np.ones(size) / size, "valid")[: len(onset)]
    out = np.maximum(0.0, onset - local)
    deviation = out.std()
    # A flux this small is the jitter of noise or of a steady tone, not an onset.
    return np.asarray(out / max(deviation, 0.01) if deviation > 0 else out)


def follow(frames: Frames) -> Rhythm:
    """Find tempo and beats."""
    onset = novelty(frames)
    nothing = Rhythm(None, 0.0, [], np.zeros(0), 0.0, 0.0)
    if frames.seconds < 1.5 or onset.max(initial=0.0) <= 0 or float(frames.onset.max()) < 0.05:
        return nothing
    pulse = onset + _LOW_WEIGHT * _whitened(frames.bands[:, 0].astype(float))
    gram = _tempogram(pulse)
    profile = gram.mean(axis=0)
    lags = np.arange(len(profile))
    periods = np.geomspace(60 / FASTEST, 60 / SLOWEST, 360)
    salience = _salience(profile, periods)
    preference = np.exp(-0.5 * (np.log2(60 / periods / PREFERRED) / SPREAD) ** 2)
    scored = salience * preference
    best = int(np.argmax(scored))
    if scored[best] <= 0:
        return nothing
    path = _local_periods(gram, periods[best])
    beats = _beats(pulse, path)
    if len(beats) < 3:
        return nothing
    bpm, stability = _steady(beats)
    bpm = _refined(onset, bpm) if stability > 0.9 else bpm
    strength = float(np.clip(np.interp(FRAME_RATE * 60 / bpm, lags, profile), 0, 1))
    others = _alternatives(scored, periods, bpm)
    # Half and double are a matter of taste; only another pulse that fits as well makes a tempo doubtful.
    rivals = [score for tempo, score in others if not _octave(tempo, bpm)]
    margin = 1.0 - max(rivals, default=0.0) / scored[best]
    confidence = float(np.clip(2.0 * strength, 0, 1) * np.clip(0.5 + margin, 0, 1))
    return Rhythm(bpm, confidence, [round(t, 1) for t, _ in others[:3]], beats, strength, stability)


def _octave(a: float, b: float) -> bool:
    return abs(abs(math.log2(a / b)) - 1) < 0.06


def _tempogram(onset: Floats) -> Floats:
    """Return normalised autocorrelations ``[windows, lags]`` of eight seconds each."""
    from scipy import fft

    size = min(len(onset), round(_WINDOW_S * FRAME_RATE))
    longest = min(size - 1, round(4 * 60 / SLOWEST * FRAME_RATE))
    starts = range(0, max(1, len(onset) - size + 1), round(_STEP_S * FRAME_RATE))
    out = np.zeros((len(starts), longest + 1))
    length = fft.next_fast_len(2 * size)
    share = size / (size - np.arange(longest + 1))
    for row, start in enumerate(starts):
        part = onset[start : start + size]
        part = part - part.mean()
        spectrum = np.abs(fft.rfft(part, length)) ** 2
        correlation = fft.irfft(spectrum)[: longest + 1]
        if correlation[0] > 1e-9:
            out[row] = correlation / correlation[0] * np.minimum(share, 3.0)
    return out


def _salience(profile: Floats, periods: Floats) -> Floats:
    """Sum the autocorrelation at one and two periods and at the bar of three or four: beats repeat, and so do bars."""
    lags = np.arange(len(profile))

    def at(multiple: int) -> Floats:
        where = periods * FRAME_RATE * multiple
        return np.where(where < len(profile) - 1, np.interp(where, lags, profile), 0.0)

    return np.maximum(at(1) + 0.6 * at(2) + np.maximum(at(3), at(4)), 0.0)


def _local_periods(gram: Floats, period: float) -> Floats:
    """Follow the beat's period in frames through the piece (Viterbi within 18% of the usual one), ``[windows]``."""
    candidates = np.geomspace(period / 1.18, period * 1.18, 41)
    salience = np.stack([_salience(row, candidates) for row in gram])
    jump = np.abs(np.arange(41)[:, None] - np.arange(41)[None, :]) * 0.06
    home = np.abs(np.arange(41) - 20) * 0.004
    score = salience[0] - home
    back = np.zeros(salience.shape, dtype=int)
    for row in range(1, len(salience)):
        options = score[:, None] - jump
        back[row] = options.argmax(axis=0)
        score = options.max(axis=0) + salience[row] - home
    state = int(score.argmax())
    path = np.zeros(len(salience))
    for row in range(len(salience) - 1, -1, -1):
        path[row] = candidates[state] * FRAME_RATE
        state = int(back[row, state])
    return path


def _beats(onset: Floats, path: Floats) -> Floats:
    """Return beat times in seconds (Ellis 2007, with a period that may move)."""
    half = _WINDOW_S / 2 * FRAME_RATE
    centres = half + np.arange(len(path)) * _STEP_S * FRAME_RATE
    period = np.interp(np.arange(len(onset)), centres, path)
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 2.5) ** 2)
    smooth = np.convolve(onset, kernel, "same")
    smooth = smooth / max(smooth.std(), 1e-9)
    score = smooth.copy()
    back = np.full(len(onset), -1)
    longest = int(2 * period.max()) + 1
    table = {
        p: -_TIGHTNESS * np.log(np.arange(max(1, p // 2), 2 * p + 1)[::-1] / p) ** 2
        for p in range(int(period.min()), int(period.max()) + 2)
    }
    rounded = np.round(period).astype(int)
    padded = np.concatenate([np.zeros(longest), score])
    start_up = 0.0
    for t in range(len(onset)):
        p = int(rounded[t])
        cost = table[p]
        reach = max(1, p // 2)
        window = padded[longest + t - 2 * p : longest + t - reach + 1] + cost
        k = int(window.argmax())
        previous = t - 2 * p + k
        if previous >= 0 and window[k] > start_up:
            padded[longest + t] += window[k]
            back[t] = previous
    total = padded[longest:]
    tail = int(np.median(rounded))
    t = len(total) - tail + int(total[-tail:].argmax()) if len(total) > tail else int(total.argmax())
    picked: list[int] = []
    while t >= 0:
        picked.append(t)
        t = int(back[t])
    beats = np.array(picked[::-1], dtype=float)
    beats = _sharpened(beats, smooth)
    heard = smooth[np.clip(np.round(beats).astype(int), 0, len(smooth) - 1)]
    # Beats that run on into silence at either end are not there.
    loud = np.nonzero(heard > 0.15 * np.sqrt(np.mean(heard**2)))[0]
    if not len(loud):
        return np.zeros(0)
    return np.asarray(beats[loud[0] : loud[-1] + 1] / FRAME_RATE)


def _sharpened(beats: Floats, smooth: Floats) -> Floats:
    """Move each beat to the top of the parabola through its neighbours."""
    i = np.clip(beats.astype(int), 1, len(smooth) - 2)
    a, b, c = smooth[i - 1], smooth[i], smooth[i + 1]
    bend = a - 2 * b + c
    shift = np.where(bend < -1e-9, 0.5 * (a - c) / np.where(bend < -1e-9, bend, -1.0), 0.0)
    return np.asarray(beats + np.clip(shift, -0.5, 0.5))


def _steady(beats: Floats) -> tuple[float, float]:
    """Return the typical tempo in bpm and how equal the beats are (1 − twice the relative deviation)."""
    gaps = np.diff(beats)
    middle = float(np.median(gaps))
    near = gaps[np.abs(gaps / middle - 1) < 0.2]
    wide = np.convolve(gaps, np.ones(4) / 4, "valid") if len(gaps) >= 8 else near
    stability = float(np.clip(1 - 2 * wide.std() / middle, 0, 1))
    if stability > 0.9 and len(beats) >= 8:
        # Slope of time over beat number; half the span robustly, so that one lost beat does not tilt it.
        k = len(beats) // 2
        return 60.0 * k / float(np.median(beats[k:] - beats[:-k])), stability
    return 60.0 / float(near.mean()), stability


def _refined(onset: Floats, bpm: float) -> float:
    """Sharpen a steady tempo: the frequency near it where the onsets' spectrum, with two harmonics, peaks."""
    limit = min(len(onset), round(120 * FRAME_RATE))
    part = onset[:limit] - onset[:limit].mean()
    if limit < 8 * FRAME_RATE:
        return bpm
    times = np.arange(limit) / FRAME_RATE
    grid = bpm * (1 + np.linspace(-0.012, 0.012, 49))
    power = [sum(abs(np.dot(part, np.exp(-2j * np.pi * (g / 60) * h * times))) for h in (1, 2)) for g in grid]
    k = int(np.argmax(power))
    if 0 < k < len(grid) - 1:
        a, b, c = power[k - 1 : k + 2]
        bend = a - 2 * b + c
        return float(grid[k] + (grid[1] - grid[0]) * (0.5 * (a - c) / bend if bend < 0 else 0.0))
    return bpm


def _alternatives(scored: Floats, periods: Floats, bpm: float) -> list[tuple[float, float]]:
    """Return other tempi with their scores: peaks of the salience, and half and double."""
    inner = scored[1:-1]
    peaks = np.nonzero((inner > scored[:-2]) & (inner >= scored[2:]))[0] + 1
    found = [(60 / float(periods[p]), float(scored[p])) for p in peaks if abs(math.log2(60 / periods[p] / bpm)) > 0.08]
    for factor in (0.5, 2.0):
        tempo = bpm * factor
        if SLOWEST <= tempo <= FASTEST:
            found = [(t, s) for t, s in found if abs(math.log2(t / tempo)) > 0.08]
            found.append((tempo, float(np.interp(60 / tempo, periods, scored))))
    return sorted(found, key=lambda pair: -pair[1])


def bars_of(frames: Frames, beats: Floats, change: Floats) -> Bars:
    """Find meter and downbeats.

    Parameters
    ----------
    beats : seconds, ``[b]``.
    change : how much the harmony changes at each beat, ``[b]``, any unit.

    Chords change, basses enter and accents fall on downbeats: each cue is compared for every grouping
    (by 3 or 4) and every phase.
    """
    if len(beats) < 8:
        return Bars(None, 0.0, 4, 0)
    at = np.clip(np.round(beats * FRAME_RATE).astype(int), 0, len(frames.onset) - 1)
    reach = 3

    def peak(values: npt.NDArray[np.float32]) -> Floats:
        padded = np.pad(values.astype(float), reach)
        return np.asarray(np.max([padded[at + k] for k in range(2 * reach + 1)], axis=0))

    cues = [(peak(frames.bands[:, 0]), 1.0), (peak(frames.onset), 0.5), (change[: len(beats)], 1.3)]
    best: dict[int, tuple[float, int]] = {}
    for size in (3, 4):
        scores = np.zeros(size)
        for values, weight in cues:
            scores += weight * _phase_contrast(values, size)
        phase = int(scores.argmax())
        best[size] = (float(scores[phase] - np.delete(scores, phase).mean()) + 1.2 * _likeness(cues, size), phase)
    size = 3 if best[3][0] > best[4][0] + 0.12 else 4
    margin = abs(best[3][0] - best[4][0])
    confidence = float(np.clip(0.35 + 0.6 * margin, 0, 0.95))
    return Bars("3/4" if size == 3 else "4/4", confidence, size, best[size][1])


def _phase_contrast(values: Floats, size: int) -> Floats:
    """Return how far each phase's mean lies above the others', in deviations, ``[size]``."""
    deviation = values.std()
    if deviation <= 1e-9:
        return np.zeros(size)
    z = (values - values.mean()) / deviation
    return np.array([z[phase::size].mean() for phase in range(size)])


def _likeness(cues: list[tuple[Floats, float]], size: int) -> float:
    """Return how like the cues are one and two bars apart (autocorrelation at the bar)."""
    total = weights = 0.0
    for values, weight in cues:
        z = values - values.mean()
        power = float(np.dot(z, z))
        if power > 1e-9 and len(z) > 2 * size + 2:
            total += (
                weight * (float(np.dot(z[:-size], z[size:])) + float(np.dot(z[: -2 * size], z[2 * size :]))) / power
            )
            weights += weight
    return total / weights if weights else 0.0
