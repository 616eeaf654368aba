"""Pitch content beat by beat: approximate notes, chroma, chords.

The log-frequency spectrum of each beat is whitened and explained by a dictionary of harmonic tones
(non-negative least squares by multiplicative updates, after Mauch & Dixon 2010); chroma of treble and
bass come from the tones, chords from templates with Viterbi smoothing.
"""

import itertools
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from segue.tools.core.theory import Key, make_chord
from segue.tools.listen.spectra import (
    BINS_PER_SEMITONE,
    LONG,
    LONG_RATE,
    LOWEST,
    PITCH_BINS,
    RATE,
    SEMITONES,
    Array,
    Frames,
    hz,
)

Floats = npt.NDArray[np.float64]

NO_CHORD = "N"
# Quality (spelt as in core.theory) → weights of the chord tones above the root, and how usual it is (log odds).
_QUALITIES: tuple[tuple[str, dict[int, float], float], ...] = (
    ("", {0: 1.0, 4: 1.0, 7: 1.0}, 0.0),
    ("m", {0: 1.0, 3: 1.0, 7: 1.0}, 0.0),
    ("7", {0: 1.0, 4: 1.0, 7: 0.8, 10: 0.9}, -0.02),
    ("maj7", {0: 1.0, 4: 1.0, 7: 0.9, 11: 0.9}, -0.02),
    ("m7", {0: 1.0, 3: 1.0, 7: 0.9, 10: 0.9}, -0.02),
    ("dim", {0: 1.0, 3: 1.0, 6: 1.0}, -0.04),
    ("sus4", {0: 1.0, 5: 1.0, 7: 1.0}, -0.05),
)
STATES = 12 * len(_QUALITIES) + 1


@dataclass(frozen=True)
class Tones:
    """Activity of 84 tones (C1…B7) in each span, ``notes [spans, 84]``; ``treble`` and ``bass`` chroma ``[spans, 12]``.

    ``level`` is each span's magnitude over the loudest's, 0..1.
    """

    notes: Floats
    treble: Floats
    bass: Floats
    level: Floats


@lru_cache(maxsize=1)
def _dictionary() -> Array:
    """Return the tones' log-frequency spectra, ``[84, PITCH_BINS]``: 20 partials, each .7 of the one before."""
    axis = hz(LOWEST + np.arange(PITCH_BINS) / BINS_PER_SEMITONE)
    width = np.maximum(axis * (2 ** (1 / (12 * BINS_PER_SEMITONE)) - 1), 1.3 * RATE / LONG)
    out = np.zeros((SEMITONES, PITCH_BINS))
    for tone in range(SEMITONES):
        for partial in range(1, 21):
            f = float(hz(LOWEST + tone)) * partial
            distance = np.abs(axis - f) / width
            out[tone] += 0.7 ** (partial - 1) * np.where(distance < 1.5, 0.5 + 0.5 * np.cos(np.pi * distance / 1.5), 0)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    return np.asarray(out, dtype=np.float32)


def spans_of(frames: Frames, beats: Floats) -> Floats:
    """Return span edges in seconds, ``[spans + 1]``: the beats and the ends, or half seconds without beats."""
    seconds = frames.seconds
    if len(beats) < 4:
        return np.append(np.arange(0.0, max(seconds - 0.25, 0.01), 0.5), seconds)
    gap = float(np.median(np.diff(beats)))
    before = np.arange(beats[0] - gap, 0.3 * gap, -gap)[::-1]
    after = np.arange(beats[-1] + gap, seconds - 0.3 * gap, gap)
    inner = np.concatenate([before, beats, after])
    inner = inner[(inner > 0.3 * gap) & (inner < seconds - 0.05)]
    return np.concatenate([[0.0], inner, [seconds]])


def pooled(values: Array, edges: Floats, middle: bool = True) -> Array:
    """Return the median (or mean) of long-frame features in each span, ``[spans, …]``."""
    at = np.clip(np.round(edges * LONG_RATE).astype(int), 0, len(values))
    out = np.zeros((len(edges) - 1, *values.shape[1:]), dtype=np.float32)
    for i, (start, stop) in enumerate(itertools.pairwise(at)):
        # A long frame reaches 0.19 s to either side: where there is room, leave out the one on the edge.
        start = min(start + 1, len(values) - 1) if stop - start >= 3 else min(start, len(values) - 1)
        part = values[start : max(stop, start + 1)]
        out[i] = np.median(part, axis=0) if middle and len(part) > 2 else part.mean(axis=0)
    return out


def tones_of(frames: Frames, edges: Floats, rounds: int = 25) -> Tones:
    """Explain each span's spectrum by tones."""
    spectrum = pooled(frames.pitch, edges)
    level = spectrum.sum(axis=1)
    size = 18 * 2 + 1  # an octave and a half round each bin
    kernel = np.hamming(size)
    kernel /= kernel.sum()
    padded = np.pad(spectrum.astype(float), ((0, 0), (size // 2, size // 2)), mode="reflect")
    mean = np.apply_along_axis(np.convolve, 1, padded, kernel, "valid")
    square = np.apply_along_axis(np.convolve, 1, padded**2, kernel, "valid")
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    floor = 1e-3 * spectrum.max(initial=1e-9) + 1e-9
    white = np.maximum(0.0, spectrum - mean) / np.maximum(deviation, floor)
    white *= np.sqrt(spectrum / np.maximum(spectrum.max(axis=1, keepdims=True), 1e-9))
    target = white.astype(np.float32)
    words = _dictionary()
    activity = np.full((len(target), SEMITONES), 0.1, dtype=np.float32)
    above = target @ words.T
    gram = words @ words.T
    for _ in range(rounds):
        activity *= above / (activity @ gram + 1e-6)
    notes = activity.astype(float)
    pcs = (LOWEST + np.arange(SEMITONES)) % 12
    pitch = np.arange(SEMITONES)
    treble_window = np.interp(pitch, [12, 26, 54, 74], [0.0, 1.0, 1.0, 0.1])
    bass_window = np.interp(pitch, [2, 8, 22, 32], [0.3, 1.0, 1.0, 0.0])
    fold = np.eye(12)[pcs]
    loudest = float(level.max(initial=0.0))
    return Tones(
        notes=notes,
        treble=(notes * treble_window) @ fold,
        bass=(notes * bass_window) @ fold,
        level=level / loudest if loudest > 0 else np.zeros(len(level)),
    )


def unit(values: Floats) -> Floats:
    """Return rows of length one; zero rows stay zero."""
    norm = np.linalg.norm(values, axis=-1, keepdims=True)
    return np.asarray(values / np.where(norm > 1e-9, norm, 1.0))


def harmonic_change(tones: Tones) -> Floats:
    """Return how much treble and bass differ from the span before, ``[spans]``, 0..2."""
    both = np.concatenate([unit(tones.treble), unit(tones.bass)], axis=1)
    change = np.zeros(len(both))
    if len(both) > 1:
        wide = both.copy()
        wide[1:] += 0.5 * both[:-1]
        after = both.copy()
        after[:-1] += 0.5 * both[1:]
        a, b = unit(wide[:-1]), unit(after[1:])
        change[1:] = 1 - np.sum(a * b, axis=1)
    return change


@lru_cache(maxsize=1)
def _templates() -> tuple[Floats, Floats, Floats]:
    """Return treble templates ``[84, 12]``, bass templates ``[84, 12]`` and prior log odds ``[84]``."""
    treble, bass, prior = [], [], []
    for _, weights, odds in _QUALITIES:
        for root in range(12):
            t, b = np.zeros(12), np.zeros(12)
            for step, weight in weights.items():
                t[(root + step) % 12] = weight
                b[(root + step) % 12] = 0.35
            b[root] = 1.0
            treble.append(t)
            bass.append(b)
            prior.append(odds)
    return unit(np.array(treble)), unit(np.array(bass)), np.array(prior)


def chord_scores(tones: Tones) -> Floats:
    """Return each span's fit to every chord and to none, ``[spans, STATES]`` (none is last)."""
    treble, bass, prior = _templates()
    both = unit(np.sqrt(np.maximum(tones.treble, 0)))
    low = unit(tones.bass)
    fit = unit(tones.treble) @ treble.T * 0.5 + both @ treble.T * 0.5 + 0.35 * (low @ bass.T) + prior
    quiet = (tones.level < 0.01) | (tones.treble.sum(axis=1) + tones.bass.sum(axis=1) < 1e-6)
    none = np.full((len(fit), 1), 0.72)
    fit[quiet] = 0.0
    return np.concatenate([fit, none], axis=1)


def chord_path(scores: Floats, downbeat: npt.NDArray[np.bool_], key: Key | None) -> list[int]:
    """Return the likeliest state of each span: changes cost less on downbeats and within the key (Viterbi)."""
    total = scores * 7.0
    if key is not None:
        total = total + _in_key(key)
    score = total[0].copy()
    back = np.zeros(total.shape, dtype=int)
    own = np.arange(STATES)
    for i in range(1, len(total)):
        cost = 0.7 if downbeat[i] else 1.3
        best = int(score.argmax())
        move = score[best] - cost
        stay = score >= move
        back[i] = np.where(stay, own, best)
        score = np.where(stay, score, move) + total[i]
    state = int(score.argmax())
    path = [state]
    for i in range(len(total) - 1, 0, -1):
        state = int(back[i, state])
        path.append(state)
    return path[::-1]


def _in_key(key: Key) -> Floats:
    """Return a small bonus for chords whose tones lie in the key, ``[STATES]``."""
    scale = set(key.scale) | ({(key.tonic + 11) % 12} if key.is_minor else set())
    out = np.zeros(STATES)
    for q, (_, weights, _) in enumerate(_QUALITIES):
        for root in range(12):
            outside = sum((root + step) % 12 not in scale for step in weights)
            out[q * 12 + root] = (0.25, 0.05, -0.1, -0.2, -0.3)[outside]
    return out


def is_minor(state: int) -> bool:
    """Tell whether a chord state has a minor third and a perfect fifth."""
    return state < STATES - 1 and _QUALITIES[state // 12][0] in ("m", "m7")


def chord_tones(state: int) -> tuple[int, ...]:
    """Return the pitch classes of a chord state; none for "N"."""
    return () if state >= STATES - 1 else tuple((state + step) % 12 for step in _QUALITIES[state // 12][1])


def is_diminished(state: int) -> bool:
    """Tell whether a chord state is a diminished triad."""
    return state < STATES - 1 and _QUALITIES[state // 12][0] == "dim"


def chord_name(state: int, key: Key | None) -> str:
    """Return a state's chord symbol as the key spells it; "N" for none."""
    if state >= STATES - 1:
        return NO_CHORD
    quality = _QUALITIES[state // 12][0]
    return make_chord(state % 12, quality, key=key).symbol
