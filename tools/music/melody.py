"""Tunes: a motif, its return and its variation, in phrases that breathe.

A phrase is made of two-bar ideas. Rhythm and contour of the motif are drawn once a kind of section;
pitches are found by a beam search that weighs contour, chord tones on strong beats, steps against
leaps, the turn after a leap, and the cadence.
"""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from segue.tools.core.score import Section
from segue.tools.music.compose_plan import Plan, Voice
from segue.tools.music.form import kind_of
from segue.tools.music.rhythm import Event, Meter

Rhythm = tuple[tuple[float, float], ...]  # (start, duration) in beats from the start of the idea
_BEAM = 6
_WIDE = 7


@dataclass(frozen=True)
class Idea:
    """A rhythm with its contour in scale steps from the first note."""

    rhythm: Rhythm
    contour: tuple[int, ...]

    def varied(self, rng: random.Random) -> "Idea":
        """Return the idea with its last notes turned, or moved by a step (a sequence)."""
        if len(self.contour) < 3:
            return self
        if rng.random() < 0.5:
            lift = rng.choice((-1, 1))
            return Idea(self.rhythm, tuple(c + lift for c in self.contour))
        turned = list(self.contour)
        turned[-1] = turned[-2] + rng.choice((-1, 1, -2))
        return Idea(self.rhythm, tuple(turned))

    def closed(self, length: float, meter: Meter) -> "Idea":
        """Return the idea cut to end on a long note, with a rest before ``length``."""
        rest = min(1.0, meter.bar / 3)
        place = meter.bar if length > meter.bar else max(meter.pulses)
        before = [(at, d) for at, d in self.rhythm if at < place - 1e-6]
        final = max(0.5, min(length - rest, place + meter.bar * 0.6) - place)
        before = [(at, min(d, place - at)) for at, d in before]
        count = len(before)
        return Idea((*before, (place, final)), (*self.contour[:count], 0))


def draw_idea(rng: random.Random, meter: Meter, bars: int, density: float, syncopation: float) -> Idea:
    """Draw a rhythm of ``bars`` bars that ends with a rest, and a contour for it."""
    length = bars * meter.bar
    rest = max(0.5, min(1.5, length * rng.uniform(0.14, 0.24)))
    stop = length - round(rest * 2) / 2
    rhythm: list[tuple[float, float]] = []
    cells = _cells(meter, density, syncopation)
    for bar in range(bars):
        for pulse, size in _pulse_groups(meter, rng, syncopation):
            at = bar * meter.bar + pulse
            if at >= stop - 1e-6:
                break
            for offset, duration in _choose(rng, cells, size):
                begin = at + offset
                if begin < stop - 0.2:
                    rhythm.append((begin, min(duration, stop - begin)))
    if rng.random() < 0.3 and len(rhythm) > 4 and rhythm[0][0] == 0.0:
        rhythm = rhythm[1:]  # an idea that starts off the beat
    if not rhythm:
        rhythm = [(0.0, stop)]
    last_at, last_duration = rhythm[-1]
    rhythm[-1] = (last_at, max(last_duration, min(stop - last_at, 1.5)))
    return Idea(tuple(rhythm), draw_contour(rng, len(rhythm)))


def draw_contour(rng: random.Random, count: int) -> tuple[int, ...]:
    """Draw scale steps: an arch, a fall, a rise or a wave, mostly in steps with a leap now and then."""
    shape = rng.choice(("arch", "fall", "rise", "wave", "arch"))
    here, contour = 0, [0]
    for i in range(1, count):
        share = i / max(1, count - 1)
        up = {"arch": share < 0.5, "fall": False, "rise": True, "wave": int(share * 4) % 2 == 0}[shape]
        size = rng.choices((0, 1, 2, 3, 4), weights=(1.2, 6.0, 1.5, 0.7, 0.5))[0]
        if rng.random() < 0.2:
            up = not up
        here += size if up else -size
        if abs(here) > 6:
            here += -3 if here > 0 else 3
        contour.append(here)
    return tuple(contour)


def _pulse_groups(meter: Meter, rng: random.Random, syncopation: float) -> list[tuple[float, float]]:
    """Return (position, length) of the groups that rhythm cells fill: pulses, or two joined."""
    bounds = [*meter.pulses, meter.bar]
    groups: list[tuple[float, float]] = []
    i = 0
    while i < len(meter.pulses):
        joined = i + 2 < len(bounds) and rng.random() < 0.35 + 0.25 * syncopation
        step = 2 if joined else 1
        groups.append((bounds[i], bounds[i + step] - bounds[i]))
        i += step
    return groups


Cell = tuple[float, ...]  # durations; negative ones are rests


def _cells(meter: Meter, density: float, syncopation: float) -> dict[float, list[tuple[Cell, float]]]:
    slow, fast = max(0.1, 1.5 - density), max(0.05, density - 0.35)
    return {
        1.0: [((1.0,), slow * 1.4), ((0.5, 0.5), 0.5 + fast), ((0.75, 0.25), 0.5 * fast), ((-0.5, 0.5), 0.7 * syncopation),
              ((0.25, 0.25, 0.5), 0.3 * fast * fast), ((-1.0,), 0.25 * slow)],
        2.0: [((2.0,), slow), ((1.5, 0.5), 0.9), ((0.5, 1.0, 0.5), 1.5 * syncopation), ((1.0, 0.5, 0.5), 0.6 + fast),
              ((0.5, 0.5, 1.0), 0.6 + 0.6 * fast), ((0.75, 0.75, 0.5), 1.2 * syncopation * fast + 0.05),
              ((0.5, 0.5, 0.5, 0.5), fast), ((-0.5, 0.5, 0.5, 0.5), syncopation * fast + 0.05), ((-0.5, 1.5), 0.6 * syncopation)],
        1.5: [((1.5,), slow), ((1.0, 0.5), 1.0), ((0.5, 0.5, 0.5), 0.5 + fast), ((0.5, 1.0), 0.4 * syncopation + 0.1),
              ((0.75, 0.25, 0.5), 0.3 * fast)],
        3.0: [((3.0,), slow), ((1.5, 1.5), 0.9), ((1.5, 1.0, 0.5), 0.9), ((1.0, 0.5, 1.0, 0.5), fast + 0.3),
              ((2.0, 1.0), 0.8), ((1.0, 1.0, 1.0), 0.5 * (not meter.compound) + 0.1), ((0.5, 0.5, 0.5, 1.5), fast)],
        2.5: [((1.0, 1.5), 1.0), ((0.5, 0.5, 1.0, 0.5), 0.4 + fast), ((2.5,), slow)],
    }  # fmt: skip


def _choose(rng: random.Random, cells: dict[float, list[tuple[Cell, float]]], size: float) -> list[tuple[float, float]]:
    options = cells.get(round(size, 2))
    if not options:
        return [(0.0, size)]
    cell = rng.choices([c for c, _ in options], weights=[w for _, w in options])[0]
    out, at = [], 0.0
    for duration in cell:
        if duration > 0:
            out.append((at, duration))
        at += abs(duration)
    return out


@dataclass(frozen=True)
class _Slot:
    """Where an idea is placed: its start in beats, its length, the anchor's height, whether it closes."""

    start: float
    length: float
    idea: Idea
    lift: int
    closes: bool
    ends_section: bool


def write_melody(plan: Plan, voice: Voice, variant: int = 0) -> list[Event]:
    """Write the lead for ``voice.bars``: the motif returns in every section of its kind."""
    density, syncopation = plan.genre.melody
    density = max(0.25, density * (1 + 0.45 * plan.density))
    if plan.bpm > 150:
        density *= 0.8
    book = _Ideas(plan, density, syncopation, variant)
    events: list[Event] = []
    last: int | None = None
    for section in plan.sections:
        for slot in book.slots(section, voice):
            notes = _pitched(plan, voice, slot, last)
            if notes:
                last = notes[-1].pitch
            events += notes
    final = plan.final_bar
    if final is not None and final in voice.bars:
        events += _final_note(plan, voice, final, last)
    return _without_overlap(events)


class _Ideas:
    """The ideas of a piece: a motif and an answer for each kind of section, kept for its returns."""

    def __init__(self, plan: Plan, density: float, syncopation: float, variant: int) -> None:
        self.plan, self.density, self.syncopation, self.variant = plan, density, syncopation, variant
        self.drawn: dict[tuple[str, str, int], Idea] = {}
        if isinstance(plan.motif, Idea):
            self.drawn[("a", "m", 2)] = plan.motif

    def idea(self, kind: str, part: str, bars: int) -> Idea:
        """Return the idea of a kind of section: "m" its motif, "n" its answer."""
        source = {"i": "a", "o": "a", "p": "a"}.get(kind, kind)
        key = (source, part, bars)
        if key not in self.drawn:
            rng = self.plan.rng("idea", *key, self.variant)
            busy = self.density * {"s": 1.4, "b": 0.8, "c": 1.05}.get(source, 1.0)
            new = draw_idea(rng, self.plan.meter, bars, busy, self.syncopation)
            if source in ("c", "s") and part == "m" and bars == 2:
                new = self._related(self.idea("a", "m", bars), new)
            self.drawn[key] = new
        return self.drawn[key]

    def _related(self, first: Idea, other: Idea) -> Idea:
        """The opening rhythm of the first motif with the other's answer: a chorus that is kin to its verse."""
        half = self.plan.meter.bar
        head = [(at, d) for at, d in first.rhythm if at < half]
        tail = [(at, d) for at, d in other.rhythm if at >= half]
        if not head or not tail:
            return other
        head[-1] = (head[-1][0], min(head[-1][1], tail[0][0] - head[-1][0]))
        rhythm = (*head, *tail)
        turned = tuple(-c for c in first.contour[: len(head)])
        contour = (*turned, *(turned[-1] + c - other.contour[0] for c in other.contour[-len(tail) :]))
        return Idea(rhythm, contour)

    def slots(self, section: Section, voice: Voice) -> list[_Slot]:
        """Return the ideas of a section in order: motif, variation, motif, close, and so on."""
        plan, kind = self.plan, kind_of(section.name)
        first, after = section.start_bar - 1, section.start_bar - 1 + section.bars
        bars = [b for b in range(first, after) if b in voice.bars and b != plan.final_bar]
        out: list[_Slot] = []
        index = 0
        while bars:
            bar = bars[0]
            pair = len(bars) > 1 and bars[1] == bar + 1
            size = 2 if pair else 1
            bars = bars[size:]
            place = (bar - first) // 2 if pair else index
            at_end = bar + size >= after or not bars or (bar + size == plan.final_bar)
            out.append(self._slot(kind, plan.start_of(bar), size, place, index, at_end))
            index += 1
        return out

    def _slot(self, kind: str, start: float, size: int, place: int, index: int, at_end: bool) -> _Slot:
        plan = self.plan
        length = size * plan.meter.bar
        motif, answer = self.idea(kind, "m", size), self.idea(kind, "n", size)
        lift = {"c": 3, "s": 2, "b": 1}.get(kind, 0) + (1 if place % 4 == 2 else 0)
        closes = place % 2 == 1 and (place % 4 == 3 or at_end)
        if closes or (at_end and index):
            base = answer if place % 4 == 3 else motif
            return _Slot(start, length, base.closed(length, plan.meter), lift, True, at_end)
        if kind == "s" and place % 2 == 1:
            rng = plan.rng("solo", start, self.variant)
            return _Slot(
                start,
                length,
                draw_idea(rng, plan.meter, size, self.density * 1.4, self.syncopation),
                lift,
                False,
                at_end,
            )
        if place % 4 == 1:
            return _Slot(start, length, answer, lift, False, at_end)
        if place % 4 == 2 and place >= 4:
            return _Slot(start, length, motif.varied(plan.rng("vary", kind, place, self.variant)), lift, False, at_end)
        return _Slot(start, length, motif, lift, False, at_end)


def lead_window(voice: Voice) -> tuple[int, int]:
    """Return the tessitura of a lead: at most 19 semitones inside the voice's range."""
    return voice.low, min(voice.high, voice.low + 19)


def _ladder(plan: Plan, low: int, high: int) -> list[int]:
    return [p for p in range(low - 12, high + 13) if p % 12 in plan.key.scale]


def _pitched(plan: Plan, voice: Voice, slot: _Slot, last: int | None) -> list[Event]:
    """Find the pitches of one idea by beam search."""
    low, high = lead_window(voice)
    ladder = _ladder(plan, low, high)
    times = [(slot.start + at, d) for at, d in slot.idea.rhythm]
    centre = low + (high - low) * 0.38 + slot.lift
    chord = plan.chord_at(times[0][0])
    tones = chord.pitch_classes if chord else frozenset(plan.key.scale)
    anchor = min((p for p in range(low, high + 1) if p % 12 in tones), key=lambda p: abs(p - centre), default=low)
    base = min(range(len(ladder)), key=lambda i: abs(ladder[i] - anchor))
    # (cost, pitches, whether the last is a strong non-chord tone)
    beams: list[tuple[float, tuple[int, ...], bool]] = [(0.0, (), False)]
    for index, (at, duration) in enumerate(times):
        step = slot.idea.contour[index] if index < len(slot.idea.contour) else 0
        target = ladder[min(max(base + step, 0), len(ladder) - 1)]
        final = index == len(times) - 1
        options = _options(plan, at, duration, target, low, high, closing=final and slot.closes)
        grown: list[tuple[float, tuple[int, ...], bool]] = []
        for cost, line, hanging in beams:
            before = line[-1] if line else last
            earlier = line[-2] if len(line) > 1 else last if line else None
            for pitch, own, foreign in options:
                move = _move_cost(earlier, before, pitch, hanging, first=not line)
                grown.append((cost + own + move, (*line, pitch), foreign))
        grown.sort(key=lambda item: item[0])
        beams = grown[:_BEAM]
    if not beams or not beams[0][1]:
        return []
    count = len(times)
    out = []
    for index, ((at, duration), pitch) in enumerate(zip(times, beams[0][1], strict=True)):
        arc = 6.0 * (1 - abs(2 * (index + 0.5) / count - 1))
        out.append(Event(at, duration * (0.92 if index < count - 1 else 0.97), pitch, 82 + arc))
    return out


def _options(
    plan: Plan, at: float, duration: float, target: int, low: int, high: int, *, closing: bool
) -> list[tuple[int, float, bool]]:
    """Return (pitch, cost, whether it is a strong non-chord tone) of what one note could be."""
    chord = plan.chord_at(at)
    tones = chord.pitch_classes if chord else frozenset()
    triad = {(chord.root + i) % 12 for i in chord.intervals[:3]} if chord else set()
    scale = set(plan.scale(chord))
    if plan.genre.blue:
        scale |= {(plan.key.tonic + 3) % 12, (plan.key.tonic + 6) % 12}
    penta = _pentatonic(plan)
    strong = plan.meter.strength(at) >= 0.6 or duration >= 1.5
    wanted = min(max(target, low), high)
    out: list[tuple[int, float, bool]] = []
    for pitch in range(max(low, wanted - _WIDE), min(high, wanted + _WIDE) + 1):
        pc = pitch % 12
        if pc not in scale and pc not in tones:
            continue
        cost = abs(pitch - wanted) * 0.55
        foreign = bool(chord) and pc not in tones
        if foreign:
            cost += 6.0 if strong else 0.9
            if (pc - 1) % 12 in tones and duration >= 0.5:
                cost += 2.5
            if closing:
                cost += 12.0
        elif closing and pc not in triad:
            cost += 3.0
        if plan.genre.pentatonic and pc not in penta and foreign:
            cost += 1.0
        out.append((pitch, cost, foreign and strong))
    return out or [(wanted, 0.0, False)]


def _pentatonic(plan: Plan) -> frozenset[int]:
    steps = (0, 3, 5, 7, 10) if plan.key.is_minor else (0, 2, 4, 7, 9)
    return frozenset((plan.key.tonic + s) % 12 for s in steps)


def _move_cost(earlier: int | None, before: int | None, pitch: int, hanging: bool, *, first: bool) -> float:
    if before is None:
        return 0.0
    step = pitch - before
    size = abs(step)
    cost = (1.0, 0.0, 0.0, 1.3, 1.5, 2.1, 4.0, 3.0)[size] if size <= 7 else 5.0 + 0.8 * (size - 8)
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
            cost += 2.5
    return cost


def _final_note(plan: Plan, voice: Voice, bar: int, last: int | None) -> list[Event]:
    """The last note: on 1, 3 or 5 of the key where the chord has it, near the note before."""
    low, high = lead_window(voice)
    at = plan.start_of(bar)
    chord = plan.chord_at(at)
    third = 3 if plan.key.is_minor else 4
    home = {(plan.key.tonic + i) % 12 for i in (0, third, 7)}
    tones = set(chord.pitch_classes) if chord else home
    wanted = home & tones or tones
    near = last if last is not None else (low + high) // 2
    pitch = min(
        (p for p in range(low, high + 1) if p % 12 in wanted),
        key=lambda p: abs(p - near) - 1.5 * (p % 12 == plan.key.tonic),
        default=near,
    )
    return [Event(at, plan.final_duration(), pitch, 86)]


def _without_overlap(events: Sequence[Event]) -> list[Event]:
    """Return a line for one breath: no two notes at once, in order."""
    line = sorted(events, key=lambda e: e.start)
    for event, following in itertools.pairwise(line):
        if event.end > following.start:
            event.duration = max(0.05, following.start - event.start)
    return line
