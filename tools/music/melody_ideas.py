"""Ideas of a tune: a rhythm with its contour, how it is drawn, and how it is developed.

A motif is two bars (one where there is no room). It is developed as the textbooks of form say (Schoenberg,
"Fundamentals of Musical Composition"; Caplin, "Classical Form"): sequence, inversion, fragmentation,
augmentation, a new rhythm on the same contour, an open or a closed end.
"""

import itertools
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

from segue.tools.music.rhythm import Meter

Rhythm = tuple[tuple[float, float], ...]  # (start, duration) in beats from the start of the idea
Cell = tuple[float, ...]  # durations; negative ones are rests


@dataclass(frozen=True)
class Idea:
    """A rhythm with its contour in scale steps from the first note."""

    rhythm: Rhythm
    contour: tuple[int, ...]

    def sequence(self, steps: int) -> "Idea":
        """Return the idea moved by scale steps."""
        return Idea(self.rhythm, tuple(c + steps for c in self.contour))

    def inverted(self) -> "Idea":
        """Return the idea with its contour upside down."""
        return Idea(self.rhythm, tuple(-c for c in self.contour))

    def varied(self, rng: random.Random) -> "Idea":
        """Return the idea with its last notes turned another way."""
        if len(self.contour) < 3:
            return self
        turned = list(self.contour)
        at = len(turned) - rng.choice((1, 1, 2))
        turned[at] = turned[at - 1] + rng.choice([s for s in (-2, -1, 1, 2, 3) if turned[at - 1] + s != turned[at]])
        return Idea(self.rhythm, tuple(turned))

    def rhythm_varied(self, rng: random.Random) -> "Idea":
        """Return the idea with one note divided, or two joined, or one moved off the beat."""
        rhythm, contour = list(self.rhythm), list(self.contour)
        way = rng.choice(("divide", "join", "push", "divide"))
        if way == "join" and len(rhythm) > 4:
            at = rng.randrange(1, len(rhythm) - 1)
            (a, d), (b, e) = rhythm[at - 1], rhythm[at]
            if abs(a + d - b) < 1e-6 and d + e <= 2.0:
                rhythm[at - 1 : at + 1] = [(a, d + e)]
                del contour[at]
                return Idea(tuple(rhythm), tuple(contour))
        if way == "push":
            late = [i for i in range(1, len(rhythm)) if rhythm[i][0] % 1 == 0 and rhythm[i - 1][1] >= 1.0]
            if late:
                at = rng.choice(late)
                (a, d), (b, e) = rhythm[at - 1], rhythm[at]
                rhythm[at - 1], rhythm[at] = (a, min(d, b - 0.5 - a)), (b - 0.5, e + 0.5)
                return Idea(tuple(rhythm), tuple(contour))
        long = [i for i, (_, d) in enumerate(rhythm[:-1]) if d >= 1.0]
        if long:
            at = rng.choice(long)
            begin, size = rhythm[at]
            half = size / 2 if size <= 2 else 1.0
            rhythm[at : at + 1] = [(begin, half), (begin + half, size - half)]
            contour.insert(at + 1, contour[at] + rng.choice((-1, 1)))
        return Idea(tuple(rhythm), tuple(contour))

    def fragmented(self, bar: float, steps: int) -> "Idea":
        """Return the first bar twice, the second time moved by scale steps."""
        head = [(i, at, d) for i, (at, d) in enumerate(self.rhythm) if at < bar - 1e-6]
        if not head:
            return self
        stop = min(bar, max(bar * 0.75, head[-1][1] + 0.5))
        first = [(at, min(d, stop - at)) for _, at, d in head]
        again = [(at + bar, d) for at, d in first]
        contour = [self.contour[i] for i, _, _ in head]
        return Idea((*first, *again), (*contour, *(c + steps for c in contour)))

    def augmented(self, length: float, rest: float) -> "Idea":
        """Return the head of the idea at half speed, as far as ``length`` leaves room before a rest."""
        kept = [(i, at * 2, d * 2) for i, (at, d) in enumerate(self.rhythm) if at * 2 < length - rest - 0.4]
        if len(kept) < 2:
            return self
        rhythm = [(at, min(d, length - rest - at)) for _, at, d in kept]
        return Idea(tuple(rhythm), tuple(self.contour[i] for i, _, _ in kept))

    def closed(self, length: float, meter: Meter, rest: float = 1.0, *, late: float = 0.0) -> "Idea":
        """Return the idea cut to end on a long note, with a rest before ``length``.

        The note falls on the second bar line, ``late`` beats after it (before it where negative).
        """
        rest = max(0.5, min(rest, meter.bar / 3))
        place = meter.bar if length > meter.bar else max(meter.pulses)
        if length > meter.bar and length - rest - place - late >= 0.5:
            place += late
        before = [(at, d) for at, d in self.rhythm if at < place - 1e-6]
        final = max(0.5, round((min(length - rest, place + meter.bar * 0.6) - place) * 2) / 2)
        before = [(at, min(d, place - at)) for at, d in before]
        count = len(before)
        return Idea((*before, (place, final)), (*self.contour[:count], 0))

    def likeness(self, other: "Idea") -> float:
        """Return how alike two ideas are, 0–1: onsets in common (Dice), and of those the moves that agree."""
        a = {round(at, 2): c for (at, _), c in zip(self.rhythm, self.contour, strict=True)}
        b = {round(at, 2): c for (at, _), c in zip(other.rhythm, other.contour, strict=True)}
        common = sorted(set(a) & set(b))
        if not common:
            return 0.0
        shared = 2.0 * len(common) / (len(a) + len(b))
        moves = [(a[y] - a[x], b[y] - b[x]) for x, y in itertools.pairwise(common)]
        alike = sum((p > 0) == (q > 0) and (p < 0) == (q < 0) and abs(p - q) <= 1 for p, q in moves)
        return 0.5 * shared + 0.5 * shared * (alike / len(moves) if moves else 1.0)

    def answered_by(self, other: "Idea", bar: float) -> "Idea":
        """Return the first bar of this idea with the second bar of another: kin that goes elsewhere."""
        head = [(i, at, d) for i, (at, d) in enumerate(self.rhythm) if at < bar - 1e-6]
        tail = [(i, at, d) for i, (at, d) in enumerate(other.rhythm) if at >= bar - 1e-6]
        if not head or not tail:
            return other
        rhythm = [(at, min(d, tail[0][1] - at)) for _, at, d in head] + [(at, d) for _, at, d in tail]
        joint = self.contour[head[-1][0]]
        first = other.contour[tail[0][0]]
        contour = [self.contour[i] for i, _, _ in head] + [joint + 1 + other.contour[i] - first for i, _, _ in tail]
        return Idea(tuple(rhythm), tuple(contour))


@dataclass(frozen=True)
class Quote:
    """Bars of a tune to be stated again as they were: (start, duration, pitch) from the bar (from 0) they began in."""

    first_bar: int
    bars: int
    notes: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True)
class Theme:
    """A tune that exists and that a new one goes on from: its ideas in order, its range, its pace.

    Attributes
    ----------
    ideas : its two-bar ideas.
    low, high : its lowest and highest pitch, MIDI.
    density : notes a beat.
    quote : what a section named "theme" states note for note.
    """

    ideas: tuple[Idea, ...]
    low: int
    high: int
    density: float
    quote: Quote | None = None

    def recombined(self, rng: random.Random, bar: float) -> Idea:
        """Return an idea made of bars of the tune: rhythms it has, contours it has, in another order."""
        first, second = rng.choice(self.ideas), rng.choice(self.ideas)
        joined = first.answered_by(second, bar)
        return joined.inverted() if rng.random() < 0.4 else joined


# -- rhythm ----------------------------------------------------------------------------------------

# Cells by length in beats, each with the tag that a style weighs.
_CELLS: dict[float, tuple[tuple[Cell, str], ...]] = {
    1.0: (((1.0,), "long"), ((0.5, 0.5), "even"), ((0.75, 0.25), "dotted"), ((0.25, 0.75), "snap"), ((-0.5, 0.5), "off"),
          ((0.25, 0.25, 0.5), "run"), ((0.5, 0.25, 0.25), "run"), ((0.25, 0.25, 0.25, 0.25), "run"), ((-1.0,), "gap"),
          ((0.25, 0.5, 0.25), "sync"), ((-0.25, 0.25, 0.5), "off"), ((-0.5, 0.25, 0.25), "off")),
    2.0: (((2.0,), "long"), ((1.5, 0.5), "dotted"), ((1.0, 1.0), "long"), ((0.5, 1.0, 0.5), "sync"), ((1.0, 0.5, 0.5), "even"),
          ((0.5, 0.5, 1.0), "even"), ((0.75, 0.75, 0.5), "three"), ((0.5, 0.75, 0.75), "three"), ((0.75, 0.5, 0.75), "three"),
          ((0.5, 0.5, 0.5, 0.5), "even"), ((-0.5, 0.5, 0.5, 0.5), "off"), ((-0.5, 1.5), "off"), ((0.5, 1.5), "sync"),
          ((-0.5, 0.5, -0.5, 0.5), "off"), ((0.5, 0.5, -0.5, 0.5), "off"), ((0.25, 0.25, 0.5, 1.0), "run"),
          ((0.75, 0.25, 1.0), "dotted"), ((1.0, 0.75, 0.25), "dotted"), ((0.25, 0.75, 1.0), "snap"), ((-1.0, 0.5, 0.5), "gap"),
          ((-1.0, 1.0), "gap"), ((0.5, -0.5, 0.5, 0.5), "stab"), ((0.25, -0.5, 0.25, -0.5, 0.5), "stab"),
          ((-0.5, 0.25, 0.25, 0.5, 0.5), "off"), ((0.5, 0.25, 0.25, 0.5, 0.5), "run"), ((0.25, 0.5, 0.25, 1.0), "sync"),
          ((0.25, 0.5, 0.5, 0.5, 0.25), "sync"), ((0.75, 0.25, 0.5, 0.5), "dotted"), ((-0.75, 0.25, 1.0), "off"), ((-0.5, 0.5, 1.0), "off"), ((0.5, 0.25, 0.25, 1.0), "run"),
          ((1.0, 0.25, 0.25, 0.5), "run"), ((1.25, 0.25, 0.5), "dotted"), ((0.75, 0.25, 0.75, 0.25), "dotted"),
          ((-0.5, 1.0, 0.5), "off"), ((0.5, 0.75, 0.25, 0.5), "dotted")),
    4.0: (((1.5, 1.5, 1.0), "three"), ((0.75, 0.75, 0.75, 0.75, 1.0), "three"), ((3.0, 1.0), "long"), ((4.0,), "hold"),
          ((0.5, 1.0, 1.0, 1.0, 0.5), "sync"), ((-1.0, 1.0, 1.0, 1.0), "gap"), ((1.5, 2.5), "sync"), ((3.0, 0.5, 0.5), "long"),
          ((2.5, 0.5, 1.0), "dotted"), ((-0.5, 1.0, 1.0, 1.0, 0.5), "off"), ((1.5, 1.0, 1.5), "three"),
          ((0.75, 0.75, 0.5, 0.75, 0.75, 0.5), "three"), ((-2.0, 1.0, 1.0), "gap"), ((1.0, -1.0, 0.5, 0.5, 1.0), "stab"),
          ((0.5, -1.0, 0.5, -1.0, 0.5, 0.5), "stab"), ((1.0, 1.0, 1.0, 1.0), "even"), ((2.0, 1.0, 1.0), "long")),
    1.5: (((1.5,), "long"), ((1.0, 0.5), "dotted"), ((0.5, 0.5, 0.5), "even"), ((0.5, 1.0), "snap"), ((0.75, 0.25, 0.5), "dotted"),
          ((0.25, 0.25, 0.5, 0.5), "run"), ((-0.5, 0.5, 0.5), "off"), ((-1.0, 0.5), "gap"), ((0.75, 0.75), "sync")),
    3.0: (((3.0,), "long"), ((1.5, 1.5), "long"), ((1.5, 1.0, 0.5), "dotted"), ((1.0, 0.5, 1.0, 0.5), "even"), ((2.0, 1.0), "long"),
          ((1.0, 1.0, 1.0), "even"), ((0.5, 0.5, 0.5, 1.5), "even"), ((1.5, 0.5, 1.0), "dotted"), ((1.0, 2.0), "snap"),
          ((2.0, 0.5, 0.5), "even"), ((-1.0, 1.0, 1.0), "gap"), ((0.5, 1.0, 1.5), "sync"), ((2.5, 0.5), "long"),
          ((0.5, 0.5, 1.0, 1.0), "even"), ((1.0, 0.5, 0.5, 1.0), "even"), ((1.0, 1.0, 0.5, 0.5), "even"), ((-0.5, 0.5, 1.0, 1.0), "off"),
          ((1.5, 0.5, 0.5, 0.5), "dotted"), ((0.75, 0.25, 1.0, 1.0), "dotted"), ((-1.0, 1.0, 0.5, 0.5), "gap"), ((-1.0, 2.0), "gap"),
          ((0.5, 0.5, 2.0), "even"), ((1.0, 0.75, 0.25, 1.0), "dotted"), ((0.5, 0.5, 0.5, 0.5, 1.0), "run"), ((1.0, 1.5, 0.5), "sync"),
          ((-1.5, 0.5, 1.0), "gap"), ((1.5, 0.5, 0.75, 0.25), "dotted"), ((1.0, 0.5, 0.5, 0.5, 0.5), "run")),
    2.5: (((1.0, 1.5), "sync"), ((0.5, 0.5, 1.0, 0.5), "even"), ((2.5,), "long"), ((1.5, 1.0), "dotted"), ((1.0, 0.5, 1.0), "even")),
}  # fmt: skip
# In compound time a bar of three beats is two of one and a half: these cells would cut across.
_SIMPLE_ONLY = frozenset(
    cell
    for cell, _ in _CELLS[3.0]
    if cell not in {(3.0,), (1.5, 1.5), (1.5, 1.0, 0.5), (1.0, 0.5, 1.0, 0.5), (0.5, 0.5, 0.5, 1.5)}
)


def draw_rhythm(
    rng: random.Random,
    meter: Meter,
    bars: int,
    density: float,
    tags: Mapping[str, float],
    *,
    rest: tuple[float, float],
    rhyme: float,
    finest: float = 0.25,
    legato: float = 0.5,
) -> Rhythm:
    """Draw a rhythm of ``bars`` bars that ends with a rest.

    Parameters
    ----------
    density : notes a beat that are aimed at.
    tags : how much a style likes each kind of cell.
    rest : shares of the whole, lowest and highest, that are left free at the end.
    rhyme : chance that the second bar starts as the first did.
    finest : the shortest note, in beats.
    legato : chance that a note is held over a rest of up to half a beat.
    """
    length = bars * meter.bar
    stop = length - max(0.5, round(length * rng.uniform(*rest) * 2) / 2)
    first = _bar(rng, meter, density, tags, finest)
    line = list(first)
    for bar in range(1, bars):
        start = bar * meter.bar
        if rng.random() < rhyme:
            half = meter.bar / 2 if rng.random() < 0.4 else meter.bar
            kept = [(at, d) for at, d in first if at < half - 1e-6]
            rest_of = [(at, d) for at, d in _bar(rng, meter, density, tags, finest) if at >= half - 1e-6]
            here = kept + rest_of
        else:
            here = _bar(rng, meter, density, tags, finest)
        line += [(start + at, d) for at, d in here]
    line = [(at, min(d, stop - at)) for at, d in line if at < stop - 0.2]
    if len(line) < 2:
        line = [(0.0, min(1.0, stop / 2)), (min(1.0, stop / 2), stop - min(1.0, stop / 2))]
    for i, ((at, d), (after, _)) in enumerate(itertools.pairwise(line)):
        gap = after - at - d
        held = 0 < gap <= 0.51 and rng.random() < legato
        line[i] = (at, after - at if held else min(d, after - at))
    last_at, last = line[-1]
    line[-1] = (last_at, max(last, min(stop - last_at, 1.0 if density > 0.8 else 2.0)))
    return tuple((round(at, 4), round(d, 4)) for at, d in line)


def _bar(
    rng: random.Random, meter: Meter, density: float, tags: Mapping[str, float], finest: float
) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for start, size in _groups(rng, meter, density, tags):
        at = start
        for duration in _cell(rng, meter, size, density, tags, finest):
            if duration > 0:
                out.append((at, duration))
            at += abs(duration)
    return out


def _groups(rng: random.Random, meter: Meter, density: float, tags: Mapping[str, float]) -> list[tuple[float, float]]:
    """Return (position, length) of the groups that cells fill: pulses, two joined, or a whole bar."""
    bounds = [*meter.pulses, meter.bar]
    whole = 0.1 + 0.25 * min(1.0, tags.get("three", 0.0)) + 0.3 * (density < 0.6) + 0.15 * (tags.get("hold", 0.0) > 0)
    if round(meter.bar, 2) in (3.0, 4.0) and rng.random() < whole:
        return [(0.0, meter.bar)]
    groups: list[tuple[float, float]] = []
    i = 0
    while i < len(meter.pulses):
        size = 1
        if i + 2 < len(bounds) and round(bounds[i + 2] - bounds[i], 2) in _CELLS and rng.random() < 0.6:
            size = 2
        groups.append((bounds[i], bounds[i + size] - bounds[i]))
        i += size
    return groups


def _cell(
    rng: random.Random, meter: Meter, size: float, density: float, tags: Mapping[str, float], finest: float
) -> Cell:
    options, weights = [], []
    for cell, tag in _CELLS.get(round(size, 2), (((size,), "long"),)):
        if min(abs(d) for d in cell) < finest - 1e-6 or (meter.compound and cell in _SIMPLE_ONLY):
            continue
        count = sum(d > 0 for d in cell)
        away = abs(math.log((count + 0.4) / (density * size + 0.4)))
        options.append(cell)
        weights.append(tags.get(tag, 0.04) * math.exp(-1.6 * away) + 1e-4)
    return rng.choices(options, weights=weights)[0] if options else (size,)


# -- contour ---------------------------------------------------------------------------------------

_GESTURES: dict[str, tuple[tuple[int, ...], ...]] = {
    "step": ((0, 1, 2), (0, -1, -2), (0, 1, 2, 3), (0, -1, -2, -3), (0, 1, 2, 1), (0, -1, -2, -1), (0, 1, 2, 3, 1), (0, 1, 2, 4),
             (0, -1, -2, 0), (0, 1, 2, -1)),
    "turn": ((0, 1, 0, -1), (0, -1, 0, 1), (0, 1, 0), (0, -1, 0), (0, 1, -1, 0), (0, -1, 1, 0), (0, 1, 0, 2), (0, 2, 1, -1)),
    "chord": ((0, 2, 4), (0, -2, -4), (0, 2, 4, 2), (0, 2, 4, 7), (0, -3, 0), (0, 4, 2), (0, 2, 4, 3), (0, -2, 2, 1),
              (0, 2, 4, 6, 5), (0, 3, 5, 4)),
    "leap": ((0, 4, 3, 2), (0, 5, 4, 3), (0, -3, -2, -1), (0, 3, 2, 1), (0, 7, 6, 5), (0, -4, -3), (0, 3, 2, 3, 1), (0, -4, -2, -3),
             (0, 4, 3, 1), (0, 5, 3, 4)),
    "repeat": ((0, 0, 0), (0, 0, 1), (0, 0, -1), (0, 0, 0, 2), (0, 0, 2, 0), (0, 0), (0, 0, 1, 0), (0, 1, 1), (0, -1, -1),
               (0, 2, 2, 1), (0, 0, -2, -1)),
    "swing": ((0, 2, 1, 3), (0, -2, -1, -3), (0, 2, 0, 2), (0, -2, 0, -1), (0, 3, 1, 2), (0, 2, 1, 0), (0, -2, 0, 1), (0, 1, 3, 2),
              (0, -1, 1, 2), (0, 2, -1, 1)),
}  # fmt: skip


def draw_contour(rng: random.Random, count: int, gestures: Mapping[str, float] | None = None) -> tuple[int, ...]:
    """Draw scale steps for ``count`` notes: gestures (steps, turns, broken chords, a leap filled in) in an arc.

    ``gestures`` weighs the kinds; what a leap opens, the next gesture fills from the other side.
    """
    liked = gestures or {"step": 1.0, "turn": 0.7, "leap": 0.5, "repeat": 0.5, "chord": 0.4, "swing": 0.3}
    best: tuple[int, ...] = ()
    for _ in range(4):  # a motif of two neighbouring notes is none: take the first draw that spans a fourth
        drawn = _gestured(rng, count, liked)
        if not best or max(drawn) - min(drawn) > max(best) - min(best):
            best = drawn
        if max(best) - min(best) >= min(3, count - 1):
            break
    return best


def _gestured(rng: random.Random, count: int, liked: Mapping[str, float]) -> tuple[int, ...]:
    names, weights = list(liked), list(liked.values())
    contour = [0]
    heading = rng.choice((1, 1, -1))
    before: tuple[int, ...] = ()
    while len(contour) < count:
        gesture = rng.choice(_GESTURES[rng.choices(names, weights=weights)[0]])
        if gesture == before:  # the same figure at once again is an exercise: the sequence is the scheme's work
            gesture = rng.choice(_GESTURES[rng.choices(names, weights=weights)[0]])
        before = gesture
        here = contour[-1]
        if (gesture[-1] * heading < 0) == (rng.random() < 0.7):
            gesture = tuple(-g for g in gesture)
        if abs(here + gesture[-1]) > 5:
            gesture = tuple(-abs(g) if here > 0 else abs(g) for g in gesture)
        contour += [here + g for g in gesture[1:]]
        if len(contour) > count * 0.55:
            heading = -1 if contour[-1] > 0 else 1
    return tuple(contour[:count])
