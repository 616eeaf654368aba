"""Sections: where the music changes, which stretches are alike, and plain names where they are evident.

Boundaries by checkerboard novelty on a self-similarity matrix of bars (Foote 2000); stretches with the
same harmony share a letter, and get a prime where their sound differs.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.tools.listen.spectra import Array
from segue.tools.listen.tonal import unit

Floats = npt.NDArray[np.float64]

_SHORTEST_BARS = 4
_SILENT_DB = 24.0  # under the loudest bar
_SOUND_SHARE = 0.85  # of timbre in likeness, the rest is harmony: instruments come and go at sections, chords go round
_KERNEL = (4, 8)  # bars on either side of a boundary, at least and at most
_FAVOUR = 0.025  # for boundaries a multiple of four bars apart
_DEVIATIONS = 0.55  # of novelty above its mean that make a boundary
_LEAST = 0.06  # novelty of a boundary: a loop that goes round unchanged reaches .05, sections .1 and more
_SAME_HARMONY = 0.86
_SAME_SOUND = 0.75


@dataclass(frozen=True)
class Stretch:
    """A section: its label, its span in seconds, its mean level in dB."""

    label: str
    start: float
    end: float
    level_db: float


def sections_of(edges: Floats, chroma: Floats, mel: Array, level_db: Floats) -> list[Stretch]:
    """Cut a piece into sections.

    Parameters
    ----------
    edges : seconds of bar lines with both ends, ``[bars + 1]``.
    chroma : ``[bars, k, 12]``, k parts of each bar. mel : ``[bars, MELS]``. level_db : ``[bars]``.
    """
    # What rings out after the end is no section.
    loud = np.nonzero(level_db > level_db.max(initial=-120.0) - _SILENT_DB)[0]
    bars = int(loud[-1]) + 1 if len(loud) else len(edges) - 1
    end = float(edges[-1])
    edges, chroma, mel, level_db = edges[: bars + 1].copy(), chroma[:bars], mel[:bars], level_db[:bars]
    edges[-1] = end
    if bars < 2 * _SHORTEST_BARS:
        return [Stretch("A", float(edges[0]), float(edges[-1]), float(level_db.mean() if len(level_db) else -120))]
    harmony = unit(unit(chroma).reshape(bars, -1))
    sound = _standard(mel.astype(float))
    alike = (1 - _SOUND_SHARE) * (harmony @ harmony.T) + _SOUND_SHARE * (0.5 + 0.5 * _correlation(sound))
    cuts = _boundaries(alike)
    spans = list(itertools.pairwise(cuts))
    levels = [float(10 * np.log10(np.mean(10 ** (level_db[a:b] / 10)))) for a, b in spans]
    labels = _names(spans, levels, bars)
    unnamed = [i for i, label in enumerate(labels) if not label]
    for i, letter in zip(unnamed, _letters([spans[i] for i in unnamed], harmony, sound), strict=True):
        labels[i] = letter
    return _joined(
        [
            Stretch(label, float(edges[a]), float(edges[b]), level)
            for label, (a, b), level in zip(labels, spans, levels, strict=True)
        ]
    )


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """Join neighbours with one label: nothing that can be named changes between them."""
    out: list[Stretch] = []
    for s in stretches:
        if out and out[-1].label == s.label:
            last = out[-1]
            a, b = last.end - last.start, s.end - s.start
            mean = 10 ** (last.level_db / 10) * a + 10 ** (s.level_db / 10) * b
            out[-1] = Stretch(s.label, last.start, s.end, float(10 * np.log10(max(mean / (a + b), 1e-12))))
        else:
            out.append(s)
    return out


def _standard(values: Floats) -> Floats:
    moved = values - values.mean(axis=0)
    # One scale for all bands: a band that hardly moves must not count like one that does.
    return np.asarray(moved / max(float(moved.std()), 0.2))


def _correlation(rows: Floats) -> Floats:
    square = (rows**2).mean(axis=1)
    cross = rows @ rows.T / rows.shape[1]  # and not all differences at once: two hours have 3,000 bars
    distance = np.sqrt(np.maximum(0.0, square[:, None] + square[None, :] - 2 * cross))
    return np.asarray(2 * np.exp(-distance) - 1)


def _boundaries(alike: Floats) -> list[int]:
    """Return bar indices of boundaries, both ends included."""
    bars = len(alike)
    half = int(np.clip(bars // 6, *_KERNEL))
    taper = np.exp(-0.5 * ((np.arange(-half, half) + 0.5) / (0.6 * half)) ** 2)
    sign = np.sign(np.arange(-half, half) + 0.5)
    kernel = np.outer(sign * taper, sign * taper)
    padded = np.pad(alike, half, mode="edge")
    novelty = (
        np.array([float((padded[i : i + 2 * half, i : i + 2 * half] * kernel).sum()) for i in range(bars + 1)])
        / np.abs(kernel).sum()
    )
    novelty[:_SHORTEST_BARS] = novelty[bars - _SHORTEST_BARS + 1 :] = 0.0
    # Sections come in multiples of four bars more often than not.
    scores = np.array([novelty[offset::4].sum() for offset in range(4)])
    favoured = np.zeros(bars + 1)
    favoured[int(scores.argmax()) :: 4] = _FAVOUR
    threshold = max(_LEAST, float(novelty.mean() + _DEVIATIONS * novelty.std()))
    cuts: list[int] = []
    for i in np.argsort(-(novelty + favoured)):
        window = novelty[max(0, i - 1) : i + 2]
        if (
            novelty[i] >= threshold
            and novelty[i] + favoured[i] >= window.max()
            and all(abs(int(i) - c) >= _SHORTEST_BARS for c in cuts)
        ):
            cuts.append(int(i))
    return [0, *sorted(cuts), bars]


def _letters(spans: list[tuple[int, int]], harmony: Floats, sound: Floats) -> list[str]:
    """Give stretches of like harmony one letter; a prime where they sound unlike the first of it."""
    found: list[tuple[str, tuple[int, int]]] = []
    used = 0
    out = []
    for span in spans:
        best, letter, first = 0.0, "", span
        for name, other in found:
            value = _likeness(harmony[slice(*span)], harmony[slice(*other)])
            if value > best:
                best, letter, first = value, name, other
        if best < _SAME_HARMONY:
            letter = chr(ord("A") + used) if used < 26 else f"S{used + 1}"
            used += 1
            found.append((letter, span))
            out.append(letter)
            continue
        distance = float(np.sqrt(((sound[slice(*span)].mean(axis=0) - sound[slice(*first)].mean(axis=0)) ** 2).mean()))
        out.append(letter if np.exp(-distance) >= _SAME_SOUND - 0.25 else letter + "'")
    return out


def _likeness(a: Floats, b: Floats) -> float:
    """Return the mean similarity of two runs of bars, the shorter laid along the longer where it fits best."""
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    if len(short) < 0.4 * len(long):
        return 0.0
    return max(
        float(np.mean(np.sum(short * long[i : i + len(short)], axis=1))) for i in range(len(long) - len(short) + 1)
    )


def _names(spans: list[tuple[int, int]], levels: list[float], bars: int) -> list[str]:
    """Call a quiet short beginning "intro" and a quiet short end "outro"; all else stays unnamed ("")."""
    out = [""] * len(spans)
    if len(out) < 3:
        return out
    typical = float(np.median(levels))
    lengths = [b - a for a, b in spans]
    for i, name in ((0, "intro"), (-1, "outro")):
        if lengths[i] <= max(8, 0.15 * bars) and levels[i] < typical - 2.0:
            out[i] = name
    return out
