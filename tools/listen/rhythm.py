"""Beats, bars and meter from onset strength.

The tempo (``tempo``) is followed through the piece; beats by dynamic programming over the local period (Ellis 2007).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.tools.listen.spectra import FRAME_RATE, Frames
from segue.tools.listen.tempo import (
    FASTEST,
    LOW_WEIGHT,
    SLOWEST,
    STEP_S,
    WINDOW_S,
    candidates,
    drums_alone,
    harmonic_flux,
    likelihoods,
    read,
    tempogram,
    whitened,
)

Floats = npt.NDArray[np.float64]

_TIGHTNESS = 200.0  # twice Ellis's: the period followed here is the local one
_BEAT_LOW, _BEAT_HARMONY = 0.8, 0.3  # of the low band and of changes of harmony beside onsets, where beats are placed
_JUMP = 0.03  # what a step of 0.8 % in the period from second to second costs


@dataclass(frozen=True)
class Rhythm:
    """What was found: ``bpm`` None where no pulse stands out.

    ``confidence`` 0..1; ``alternatives`` other tempi, the likeliest first; ``beats`` in seconds;
    ``strength`` how far onsets stand on the beats, 0..1; ``stability`` 1 where all beats are equal;
    ``drums_alone`` where nothing rings at a pitch.
    """

    bpm: float | None
    confidence: float
    alternatives: list[float]
    beats: Floats
    strength: float
    stability: float
    drums_alone: bool = False


@dataclass(frozen=True)
class Bars:
    """Meter ("4/4", "3/4", "6/8" or None), its confidence, and the index of the first downbeat."""

    meter: str | None
    confidence: float
    beats_per_bar: int
    first: int


def novelty(frames: Frames) -> Floats:
    """Return onset strength with slow swells removed, in units of its own deviation, ``[n]``."""
    return whitened(frames.onset.astype(float))


def follow(frames: Frames) -> Rhythm:
    """Find tempo and beats."""
    onset = novelty(frames)
    nothing = Rhythm(None, 0.0, [], np.zeros(0), 0.0, 0.0)
    if frames.seconds < 1.5 or onset.max(initial=0.0) <= 0 or float(frames.onset.max()) < 0.05:
        return nothing
    low, harmony = whitened(frames.bands[:, 0].astype(float)), whitened(harmonic_flux(frames))
    gram = tempogram(onset + LOW_WEIGHT * low)
    profiles = (gram.mean(axis=0), tempogram(low).mean(axis=0), tempogram(harmony).mean(axis=0))
    periods = candidates(profiles[0])
    if not len(periods):
        return nothing
    drums = drums_alone(frames)
    likely = likelihoods(profiles, periods, drums)
    pulse = onset + _BEAT_LOW * low + _BEAT_HARMONY * harmony
    beats = _beats(pulse, _local_periods(gram, float(periods[likely.argmax()])), onset)
    if len(beats) < 3:
        return nothing
    bpm, stability = _steady(beats)
    bpm = _refined(onset, bpm) if stability > 0.9 else bpm
    strength = float(np.clip(read(profiles[0], np.array(60 / bpm)), 0, 1))
    others = _alternatives(likely, periods, bpm)
    # Half and double are a matter of taste; only another pulse that fits as well makes a tempo doubtful.
    rivals = [share for tempo, share in others if not _octave(tempo, bpm)]
    margin = 1.0 - max(rivals, default=0.0) / float(likely.max())
    confidence = float(np.clip(2.0 * strength, 0, 1) * np.clip(0.5 + margin, 0, 1))
    return Rhythm(bpm, confidence, [round(t, 1) for t, _ in others[:3]], beats, strength, stability, drums)


def _octave(a: float, b: float) -> bool:
    return abs(abs(math.log2(a / b)) - 1) < 0.06


def _salience(profile: Floats, periods: Floats) -> Floats:
    """Sum the autocorrelation at one and two periods and at the bar of three or four: beats repeat, and so do bars."""
    at = [read(profile, periods * multiple) for multiple in (1, 2, 3, 4)]
    return np.maximum(at[0] + 0.6 * at[1] + np.maximum(at[2], at[3]), 0.0)


def _local_periods(gram: Floats, period: float) -> Floats:
    """Follow the beat's period in frames through the piece (Viterbi within 18% of the usual one), ``[windows]``."""
    candidates = np.geomspace(period / 1.18, period * 1.18, 41)
    salience = np.stack([_salience(row, candidates) for row in gram])
    jump = np.abs(np.arange(41)[:, None] - np.arange(41)[None, :]) * _JUMP
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


def _beats(pulse: Floats, path: Floats, onset: Floats) -> Floats:
    """Return beat times in seconds (Ellis 2007, with a period that may move); where ``onset`` is silent at an end are none."""
    half = WINDOW_S / 2 * FRAME_RATE
    centres = half + np.arange(len(path)) * STEP_S * FRAME_RATE
    period = np.interp(np.arange(len(pulse)), centres, path)
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 2.5) ** 2)
    smooth = np.convolve(pulse, kernel, "same")
    smooth = smooth / max(smooth.std(), 1e-9)
    score = smooth.copy()
    back = np.full(len(pulse), -1)
    longest = int(2 * period.max()) + 1
    table = {
        p: -_TIGHTNESS * np.log(np.arange(max(1, p // 2), 2 * p + 1)[::-1] / p) ** 2
        for p in range(int(period.min()), int(period.max()) + 2)
    }
    rounded = np.round(period).astype(int)
    padded = np.concatenate([np.zeros(longest), score])
    start_up = 0.0
    for t in range(len(pulse)):
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
    struck = np.convolve(onset, kernel, "same")
    heard = struck[np.clip(np.round(beats).astype(int), 0, len(struck) - 1)]
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


def _alternatives(likely: Floats, periods: Floats, bpm: float) -> list[tuple[float, float]]:
    """Return other tempi with their likelihoods, the likeliest first; half and double are always among them."""
    found = [(60 / float(p), float(share)) for p, share in zip(periods, likely, strict=True) if abs(math.log2(60 / p / bpm)) > 0.08]  # fmt: skip
    out = []
    for factor in (0.5, 2.0):
        tempo = bpm * factor
        if SLOWEST <= tempo <= FASTEST:
            near = [share for t, share in found if abs(math.log2(t / tempo)) <= 0.08]
            found = [(t, share) for t, share in found if abs(math.log2(t / tempo)) > 0.08]
            out.append((tempo, max(near, default=0.0)))
    best = sorted(out + found, key=lambda pair: -pair[1])
    # Three are told: the half and the double come before what is hardly likelier.
    return sorted(best, key=lambda pair: (pair not in out, -pair[1])) if len(best) > 3 else best


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
