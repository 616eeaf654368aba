"""Sections: where the music changes, which stretches are alike, and plain names where they are evident.

Boundaries by checkerboard novelty on a self-similarity matrix of bars (Foote 2000); stretches with the
same harmony share a letter, and get a prime where their sound differs. Names come from ``parts``.
"""

import itertools
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from segue.tools.listen.spectra import Array
from segue.tools.listen.tonal import unit

Floats = npt.NDArray[np.float64]

_SHORTEST_BARS = 4
_SILENT_DB = 24.0  # under the loudest bar
_SOUND_SHARE = 0.85  # of timbre in likeness, the rest is harmony: instruments come and go at sections, chords go round
_KERNEL = (4, 8)  # bars on either side of a boundary, at least and at most
_AT_ONCE = 256  # bars compared at a time
_FAVOUR = 0.025  # for boundaries a multiple of four bars apart
_DEVIATIONS = 0.55  # of novelty above its mean that make a boundary
_LEAST = 0.06  # novelty of a boundary: a loop that goes round unchanged reaches .05, sections .1 and more
_SAME_HARMONY = 0.86
_SAME_SOUND = 0.75


@dataclass(frozen=True)
class Stretch:
    """A section: its label, its span in seconds, its mean level in dB, its fullness; how sure a plain name is, 0..1.

    ``fullness`` is the mean of its mel bands as ``Frames.mel`` has them: more bands, or louder ones.
    """

    label: str
    start: float
    end: float
    level_db: float
    fullness: float = 0.0
    sure: float = 0.0


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
    cuts = _boundaries(harmony, sound)
    spans = list(itertools.pairwise(cuts))
    levels = [float(10 * np.log10(np.mean(10 ** (level_db[a:b] / 10)))) for a, b in spans]
    labels = _names(spans, levels, bars)
    unnamed = [i for i, label in enumerate(labels) if not label]
    for i, name in zip(unnamed, _letters([spans[i] for i in unnamed], harmony, sound), strict=True):
        labels[i] = name
    found = _joined(
        [
            Stretch(label, float(edges[a]), float(edges[b]), level, float(mel[a:b].mean()))
            for label, (a, b), level in zip(labels, spans, levels, strict=True)
        ]
    )
    # A quiet first verse comes again, an introduction does not; nor does an ending.
    again = _letters(spans, harmony, sound)
    for place in (0, -1):
        if found[place].label in ("intro", "outro") and again[place] in again[1:-1]:
            found[place] = replace(found[place], label=labels[again.index(again[place], 1)])
    return named(found)


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """Join neighbours with one label: nothing that can be named changes between them."""
    out: list[Stretch] = []
    for s in stretches:
        if out and out[-1].label == s.label:
            last = out[-1]
            a, b = last.end - last.start, s.end - s.start
            mean = 10 ** (last.level_db / 10) * a + 10 ** (s.level_db / 10) * b
            level = float(10 * np.log10(max(mean / (a + b), 1e-12)))
            out[-1] = Stretch(s.label, last.start, s.end, level, (last.fullness * a + s.fullness * b) / (a + b))
        else:
            out.append(s)
    return out


def _standard(values: Floats) -> Floats:
    moved = values - values.mean(axis=0)
    # One scale for all bands: a band that hardly moves must not count like one that does.
    return np.asarray(moved / max(float(moved.std()), 0.2))


def _alike(harmony: Floats, sound: Floats) -> Floats:
    """Return how alike bars are, ``[bars, bars]``."""
    square = (sound**2).mean(axis=1)
    cross = sound @ sound.T / sound.shape[1]
    distance = np.sqrt(np.maximum(0.0, square[:, None] + square[None, :] - 2 * cross))
    return np.asarray((1 - _SOUND_SHARE) * (harmony @ harmony.T) + _SOUND_SHARE * np.exp(-distance))


def _novelty(harmony: Floats, sound: Floats) -> Floats:
    """Return how unlike what follows is to what came before, for each bar line, ``[bars + 1]`` (Foote 2000)."""
    bars = len(harmony)
    half = int(np.clip(bars // 6, *_KERNEL))
    taper = np.exp(-0.5 * ((np.arange(-half, half) + 0.5) / (0.6 * half)) ** 2)
    sign = np.sign(np.arange(-half, half) + 0.5)
    kernel = np.outer(sign * taper, sign * taper)
    found = []
    for start in range(0, bars + 1, _AT_ONCE):  # only near bars are compared: two hours have 3,600
        lines = min(_AT_ONCE, bars + 1 - start)
        near = np.clip(np.arange(start - half, start + lines - 1 + half), 0, bars - 1)
        alike = _alike(harmony[near], sound[near])
        found += [float((alike[i : i + 2 * half, i : i + 2 * half] * kernel).sum()) for i in range(lines)]
    return np.asarray(np.array(found) / np.abs(kernel).sum())


def _boundaries(harmony: Floats, sound: Floats) -> list[int]:
    """Return bar indices of boundaries, both ends included."""
    bars = len(harmony)
    novelty = _novelty(harmony, sound)
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


def letter(place: int) -> str:
    """Return the label of the n-th kind of section, from 0: A, B, … Z, S27."""
    return chr(ord("A") + place) if place < 26 else f"S{place + 1}"


def _letters(spans: list[tuple[int, int]], harmony: Floats, sound: Floats) -> list[str]:
    """Give stretches of like harmony one letter; a prime where they sound unlike the first of it."""
    found: list[tuple[str, tuple[int, int]]] = []
    used = 0
    out = []
    for span in spans:
        best, like, first = 0.0, "", span
        for name, other in found:
            value = _likeness(harmony[slice(*span)], harmony[slice(*other)])
            if value > best:
                best, like, first = value, name, other
        if best < _SAME_HARMONY:
            name = letter(used)
            used += 1
            found.append((name, span))
            out.append(name)
            continue
        distance = float(np.sqrt(((sound[slice(*span)].mean(axis=0) - sound[slice(*first)].mean(axis=0)) ** 2).mean()))
        out.append(like if np.exp(-distance) >= _SAME_SOUND - 0.25 else like + "'")
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


# -- plain names ----------------------------------------------------------------------------------

_LOUDER_DB, _FULLER = (
    1.0,
    0.03,
)  # what comes again and is a refrain stands out by this much; songs' choruses by 1.1 to 3 dB
_QUIETER_DB = 1.0  # a bridge, under both its neighbours
_ENDING_DB, _ENDING = 2.0, 0.2  # an introduction or ending beside what it leads to or from, and its greatest share
_LATE = 0.4  # of the piece, after which a bridge comes
_NAMES_SURE = 0.6  # of "intro" and "outro"


def named(found: list[Stretch]) -> list[Stretch]:
    """Give plain names where they are evident, each with how sure it is; all else keeps its letter.

    "chorus-like" comes again, is louder and fuller than the rest and than what leads to it; "bridge-like" comes once, late,
    and is quieter than both its neighbours; "intro" and "outro" come once and are short and quieter than what they lead to or from.
    """
    out = [replace(s, sure=_NAMES_SURE) if s.label in ("intro", "outro") else s for s in found]
    if len(out) < 3:
        return _in_order(out)
    end = out[-1].end
    for place, beside, name in ((0, 1, "intro"), (-1, -2, "outro")):
        s = out[place]
        fades = s.level_db <= out[beside].level_db - _ENDING_DB and s.end - s.start <= _ENDING * end
        if fades and sum(other.label == s.label for other in out) == 1:
            out[place] = replace(s, label=name, sure=_NAMES_SURE)
    letters = [s.label.rstrip("'") for s in out]
    for i in range(1, len(out) - 1):
        s = out[i]
        depth = min(out[i - 1].level_db, out[i + 1].level_db) - s.level_db
        if depth >= _QUIETER_DB and s.start >= _LATE * end and letters.count(letters[i]) == 1:
            out[i] = replace(s, label="bridge-like", sure=round(min(0.7, 0.3 + 0.1 * depth), 3))
    best = max(dict.fromkeys(s.label for s in out), key=lambda label: _refrain(out, label))
    stands_out = _refrain(out, best)
    if stands_out > 0:
        sure = round(min(0.8, 0.3 + 0.15 * stands_out), 3)
        out = [replace(s, label="chorus-like", sure=sure) if s.label == best else s for s in out]
    return _in_order(out)


def _in_order(found: list[Stretch]) -> list[Stretch]:
    """Give letters anew in the order in which they come: names have taken some."""
    labels = [s.label for s in found if not s.sure]
    fresh = {old: letter(place) for place, old in enumerate(dict.fromkeys(label.rstrip("'") for label in labels))}
    # A prime is a variant of what is there without one.
    new = {label: fresh[old := label.rstrip("'")] + "'" * (old != label and old in labels) for label in labels}
    return [s if s.sure else replace(s, label=new[s.label]) for s in found]


def _refrain(found: list[Stretch], label: str) -> float:
    """Return by how many dB what has this label stands out as a refrain does; 0 where it does not."""
    edges = ("intro", "outro", "bridge-like")
    mine = [i for i, s in enumerate(found) if s.label == label]
    others = [s for s in found if s.label not in (label, "intro", "outro")]
    if label in edges or len(mine) < 2 or not others:
        return 0.0
    if any(i and found[i].level_db < found[i - 1].level_db + _LOUDER_DB / 2 for i in mine):
        return 0.0
    ours = [found[i] for i in mine]
    louder = _mean_db(ours) - _mean_db(others)
    fuller = _mean_fullness(ours) - _mean_fullness(others)
    return louder if louder >= _LOUDER_DB and fuller >= _FULLER else 0.0


def _mean_db(stretches: list[Stretch]) -> float:
    seconds = sum(s.end - s.start for s in stretches)
    return float(10 * np.log10(sum(10 ** (s.level_db / 10) * (s.end - s.start) for s in stretches) / seconds))


def _mean_fullness(stretches: list[Stretch]) -> float:
    return sum(s.fullness * (s.end - s.start) for s in stretches) / sum(s.end - s.start for s in stretches)
