"""How much of a piece comes back: structureness from a fitness scape, compression by COSIATEC.

Structureness (Wu & Yang 2020) is the highest fitness of any stretch of 3–8, 8–15, or 15 seconds and more in
the fitness scape plot of Müller, Jiang & Grosche (2013). The paper computes the plot from audio; here it is
symbolic: one chroma vector a beat from the notes, repeats without change of tempo, lengths on a grid.
COSIATEC is that of Meredith (2013) on (onset, pitch) points; see ``compression_ratio`` for its bounds.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segue.tools.core.score import Note, Score

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SPANS_S = {"structure_short": (3.0, 8.0), "structure_middle": (8.0, 15.0), "structure_long": (15.0, 60.0)}
_MAX_BEATS = 480  # of a longer piece the middle is taken
_PENALTY = -2.0  # what a beat costs that is not among the most alike, as Müller et al. set it
_KEPT = 0.2  # share of the pairs of beats that count as alike
_POINTS = 400
_PATTERNS = 3000
_WIDTH = 256  # bits of a column: pitches and room, so that transpositions do not wrap


def structureness(score: Score) -> dict[str, float | None]:
    """Return the structureness (0–1) at short, middle and long span; None where the piece is too short."""
    chroma = beat_chroma(score)
    count = len(chroma)
    seconds = 60.0 / score.bpm
    out: dict[str, float | None] = dict.fromkeys(SPANS_S)
    if count < 8 or not chroma.any():
        return out
    alike = _enhanced(chroma)
    for name, (low, high) in SPANS_S.items():
        shortest, longest = max(2, round(low / seconds)), min(count // 2, round(high / seconds))
        if longest < shortest:
            continue
        step = max(1, (longest - shortest) // 6)
        out[name] = max(_fitness(alike, length) for length in range(shortest, longest + 1, step))
    return out


def beat_chroma(score: Score) -> Floats:
    """Return what sounds in each beat by pitch class, float64 ``[beats, 12]``, each beat of unit length or silent."""
    notes = [n for p in score.parts if not p.is_drum for n in p.notes]
    count = int(np.ceil(score.beats)) if notes else 0
    chroma = np.zeros((count + 1, 12))
    for note in notes:
        first, last = int(note.start), min(count, int(np.ceil(note.end - 1e-6)))
        for beat in range(first, max(first + 1, last)):
            if beat < count:
                chroma[beat, note.pitch % 12] += max(0.05, min(note.end, beat + 1) - max(note.start, beat))
    chroma = chroma[:count]
    if count > _MAX_BEATS:
        start = (count - _MAX_BEATS) // 2
        chroma = chroma[start : start + _MAX_BEATS]
    norms = np.linalg.norm(chroma, axis=1, keepdims=True)
    return np.asarray(np.divide(chroma, norms, out=np.zeros_like(chroma), where=norms > 0))


def _enhanced(chroma: Floats) -> Floats:
    """Return the self-similarity of beats, the most alike fifth scaled to 0–1, the rest a penalty."""
    alike = chroma @ chroma.T
    threshold = float(np.quantile(alike, 1.0 - _KEPT))
    scaled = (alike - threshold) / max(1e-9, 1.0 - threshold) if threshold < 1.0 - 1e-9 else (alike >= threshold) * 1.0
    out = np.where(alike >= threshold - 1e-9, np.clip(scaled, 0.0, 1.0), _PENALTY)
    np.fill_diagonal(out, 1.0)
    return np.asarray(out, dtype=np.float64)


def _fitness(alike: Floats, length: int) -> float:
    """Return the highest fitness of a stretch of ``length`` beats.

    For each stretch its repeats are the disjoint stretches with the highest sum of likeness along the
    diagonal; fitness is the harmonic mean of their mean likeness and of what they cover, both without the
    stretch itself.
    """
    count = len(alike)
    starts = count - length + 1
    padded = np.zeros((count + 1, count + 1))
    for i in range(count):  # cumulative sums along diagonals
        padded[i + 1, 1:] = padded[i, :-1] + alike[i]
    score = padded[length:, length:] - padded[:starts, :starts]  # [stretch, repeat]
    # Best disjoint repeats of every stretch: dynamic programming over the end of the covered time.
    best = np.zeros((starts, count + 1))
    taken = np.zeros((starts, count + 1))
    for end in range(1, count + 1):
        best[:, end], taken[:, end] = best[:, end - 1], taken[:, end - 1]
        if end >= length:
            value = best[:, end - length] + score[:, end - length]
            better = value > best[:, end] + 1e-9
            best[better, end] = value[better]
            taken[better, end] = taken[better, end - length] + 1
    covered = taken[:, -1] * length
    likeness = (best[:, -1] - length) / np.maximum(covered, 1.0)
    coverage = (covered - length) / count
    both = likeness + coverage
    fitness = np.where((likeness > 0) & (coverage > 0), 2 * likeness * coverage / np.maximum(both, 1e-9), 0.0)
    return float(fitness.max(initial=0.0))


# -- compression ----------------------------------------------------------------------------------------


def compression_ratio(notes: Sequence[Note], bar: float) -> float | None:
    """Return how many times shorter COSIATEC writes the notes: 1 is nothing repeated.

    Points are (onset in sixteenths or triplets, pitch). Of a longer piece the first whole bars with at most
    400 points count; in every round the 3,000 largest maximal translatable patterns are tried (all, mostly).
    """
    chosen = _first_bars(notes, bar)
    points = sorted({(round(n.start * 12), n.pitch) for n in chosen})
    if len(points) < 16:
        return None
    table = np.array(points, dtype=np.int64)
    table[:, 0] -= table[0, 0]
    table[:, 0] //= max(1, int(np.gcd.reduce(table[:, 0])))
    total, cost = len(table), 0
    while len(table) > 1:
        size, translators, covered = _best_class(table)
        if len(covered) < 2 or len(covered) <= size + translators - 1:
            break
        cost += size + translators - 1
        keep = np.ones(len(table), dtype=bool)
        keep[covered] = False
        table = table[keep]
    return total / (cost + len(table))


def _first_bars(notes: Sequence[Note], bar: float) -> list[Note]:
    ordered = sorted(notes, key=lambda n: n.start)
    if len(ordered) <= _POINTS:
        return ordered
    end = ordered[_POINTS].start // bar * bar
    return [n for n in ordered if n.start < end] or ordered[:_POINTS]


def _best_class(table: Ints) -> tuple[int, int, list[int]]:
    """Return size of the pattern, number of places, and the points covered of the class that compresses best."""
    count = len(table)
    first, second = np.triu_indices(count, 1)
    code = (table[second, 0] - table[first, 0]) * _WIDTH + (table[second, 1] - table[first, 1] + 128)
    order = np.argsort(code, kind="stable")
    code, first = code[order], first[order]
    edges = np.flatnonzero(np.diff(code)) + 1
    begins = np.concatenate([[0], edges])
    sizes = np.diff(np.concatenate([begins, [len(code)]]))
    largest = np.argsort(-sizes, kind="stable")[:_PATTERNS]
    places = [int(onset) * _WIDTH + int(pitch) for onset, pitch in table]
    bits = 0
    for place in places:
        bits |= 1 << place
    index = {place: i for i, place in enumerate(places)}
    best: tuple[float, int, int, int, list[int]] = (0.0, 0, 0, 0, [])
    seen: set[tuple[int, ...]] = set()
    for which in largest:
        if sizes[which] < 2:
            break
        members = first[begins[which] : begins[which] + sizes[which]]
        pattern = [places[i] for i in members]
        shape = tuple(p - pattern[0] for p in pattern)
        if shape in seen:
            continue
        seen.add(shape)
        here = bits  # bits that stay are places of the pattern's first point
        for step in shape[1:]:
            here &= bits >> step
        anchors = _set_bits(here)
        if len(anchors) < 2:
            continue
        covered = {anchor + step for anchor in anchors for step in shape}
        ratio = len(covered) / (len(shape) + len(anchors) - 1)
        if (ratio, len(covered)) > best[:2]:
            best = (ratio, len(covered), len(shape), len(anchors), sorted(index[p] for p in covered))
    return best[2], best[3], best[4]


def _set_bits(value: int) -> list[int]:
    out = []
    while value:
        low = value & -value
        out.append(low.bit_length() - 1)
        value ^= low
    return out
