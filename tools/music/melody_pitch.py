"""The pitches of a line: a beam search that weighs contour, chord tones, steps, leaps that turn back, and the end."""

from collections.abc import Sequence
from dataclasses import dataclass

from segue.tools.core.theory import Chord
from segue.tools.music.compose_plan import Plan

_BEAM = 5
_WIDE = 6
_STEP = (1.0, 0.0, 0.0, 1.5, 1.8, 2.4, 4.4, 3.2)  # cost of an interval by semitones, unison to fifth


@dataclass(frozen=True)
class Line:
    """What a line of pitches is asked to be.

    Attributes
    ----------
    times : (start, duration) in beats of the piece.
    contour : scale steps from the first note.
    targets : pitches to keep to instead of a contour, one for each note, or empty.
    low, high : range, MIDI.
    centre : where the first note would lie, MIDI.
    ending : "closed" (home), "open" (away from home), or "" for on the way.
    last : the pitch before the line, or None.
    repeats : how much repeated notes belong to the style, 0–1.
    colour : what a strong note outside the chord costs: low where suspensions and ninths are liked.
    reach : factor on the cost of skips and leaps.
    """

    times: Sequence[tuple[float, float]]
    contour: Sequence[int]
    targets: Sequence[int]
    low: int
    high: int
    centre: float
    ending: str
    last: int | None
    repeats: float = 0.5
    colour: float = 3.4
    reach: float = 1.0


def find_pitches(plan: Plan, line: Line) -> list[int]:
    """Return one pitch for each time of a line."""
    if not line.times:
        return []
    targets = list(line.targets) or _targets(plan, line)
    # (cost, pitches, whether the last is a strong non-chord tone, how many there were)
    beams: list[tuple[float, tuple[int, ...], bool, int]] = [(0.0, (), False, 0)]
    final = len(line.times) - 1
    unison = 2.4 - 1.5 * min(1.0, line.repeats)
    for index, (at, duration) in enumerate(line.times):
        ending = line.ending if index == final else ""
        options = _options(plan, at, duration, targets[index], line, ending)
        if index == final:  # nothing follows in which it could be resolved
            options = [(p, cost + 6.0 * foreign, foreign) for p, cost, foreign in options]
        grown: list[tuple[float, tuple[int, ...], bool, int]] = []
        for cost, done, hanging, strange in beams:
            before = done[-1] if done else line.last
            earlier = done[-2] if len(done) > 1 else line.last if done else None
            for pitch, own, foreign in options:
                move = _move_cost(earlier, before, pitch, hanging, unison, line.reach, first=not done)
                if len(done) > 2 and done[-1] == done[-3] and pitch == done[-2]:
                    move += 2.5  # to and fro and to and fro
                if foreign:  # one suspension colours a phrase, three blur its chords
                    move += 1.8 * strange
                grown.append((cost + own + move, (*done, pitch), foreign, strange + foreign))
        grown.sort(key=lambda item: item[0])
        beams = grown[:_BEAM]
    return list(beams[0][1])


def _targets(plan: Plan, line: Line) -> list[int]:
    scale = plan.key.scale
    scaling = 1.4 if line.reach < 0.6 else 1.0  # where skips are cheap the contour is drawn out
    contour = [round(c * scaling) for c in line.contour]
    if plan.genre.blue:  # a lick climbs the blues scale: six tones to the octave instead of seven
        scale = tuple(sorted((plan.key.tonic + s) % 12 for s in (0, 3, 5, 6, 7, 10)))
        contour = [round(c * 6 / 7) for c in contour]
    ladder = [p for p in range(line.low - 12, line.high + 13) if p % 12 in scale]
    chord = heard_chord(plan, *line.times[0])
    tones = chord.pitch_classes if chord else frozenset(scale)
    anchor = min(
        (p for p in range(line.low, line.high + 1) if p % 12 in tones),
        key=lambda p: abs(p - line.centre),
        default=line.low,
    )
    base = min(range(len(ladder)), key=lambda i: abs(ladder[i] - anchor))
    top = len(ladder) - 1
    return [ladder[min(max(base + step, 0), top)] for step in contour]


def heard_chord(plan: Plan, at: float, duration: float) -> Chord | None:
    """Return the chord that a note belongs to: one that comes half a beat early has the chord to come."""
    if duration > 0.5 and plan.meter.strength(at) <= 0.3:
        return plan.chord_at(at + 0.5)
    return plan.chord_at(at)


def _options(
    plan: Plan, at: float, duration: float, target: int, line: Line, ending: str
) -> list[tuple[int, float, bool]]:
    """Return (pitch, cost, whether it is a strong non-chord tone) of what one note could be."""
    chord = heard_chord(plan, at, duration)
    tones = chord.pitch_classes if chord else frozenset()
    scale = plan.scale(chord)
    blue = blue_notes(plan)
    penta = pentatonic(plan) if plan.genre.pentatonic or plan.genre.blue else None
    strong = plan.meter.strength(at) >= 0.6 or duration >= 1.5
    tonic = plan.key.tonic
    low, high = line.low, line.high
    wanted = min(max(target, low), high)
    out: list[tuple[int, float, bool]] = []
    for pitch in range(max(low, wanted - _WIDE), min(high, wanted + _WIDE) + 1):
        pc = pitch % 12
        inside = pc in tones
        if not inside and pc not in scale and pc not in blue:
            continue
        cost = abs(pitch - wanted) * 0.7 / line.reach
        foreign = bool(chord) and not inside
        if foreign:
            if pc in blue:
                cost += 2.6 if strong else 0.2
            else:
                cost += line.colour if strong else 0.9
            if (pc - 1) % 12 in tones and duration >= 0.5:
                cost += 2.5
            if ending:
                cost += 12.0
        if penta and pc not in penta and pc not in blue:
            cost += 1.1 if foreign else 0.5
        if ending == "closed":
            degree = (pc - tonic) % 12
            cost += 0.0 if degree == 0 else 1.6 if degree in (3, 4, 7) else 4.5
        elif ending == "open":
            cost += 3.0 if pc == tonic else 0.0
        out.append((pitch, cost, foreign and strong))
    return out or [(wanted, 0.0, False)]


def pentatonic(plan: Plan) -> frozenset[int]:
    """Return the five tones of the key's pentatonic scale; the blues adds those of the minor one to the major third."""
    steps = (0, 3, 5, 7, 10) if plan.key.is_minor else (0, 3, 4, 5, 7, 10) if plan.genre.blue else (0, 2, 4, 7, 9)
    return frozenset((plan.key.tonic + s) % 12 for s in steps)


def blue_notes(plan: Plan) -> frozenset[int]:
    """Return the flat third and flat fifth where the genre has blue notes."""
    if not plan.genre.blue:
        return frozenset()
    return frozenset(((plan.key.tonic + 3) % 12, (plan.key.tonic + 6) % 12))


def _move_cost(
    earlier: int | None, before: int | None, pitch: int, hanging: bool, unison: float, reach: float, *, first: bool
) -> float:
    if before is None:
        return 0.0
    step = pitch - before
    size = abs(step)
    cost = unison if size == 0 else _STEP[size] if size <= 7 else 7.0 + 0.8 * (size - 8)
    if size > 2:
        cost *= reach
    if first:
        cost *= 0.6
    if hanging and not 1 <= size <= 2:
        cost += 9.0
    if earlier is not None:
        leap = before - earlier
        if abs(leap) > 7 and leap * step >= 0:
            cost += 9.0
        elif abs(leap) > 4 and leap * step > 0 and size > 2:
            cost += 3.0
        if leap == 0 and step == 0:
            cost += 1.5
        elif pitch == earlier:  # a trill between two notes goes nowhere
            cost += 0.4 + 0.4 * unison
    return cost
