"""What players add to a tune: upbeats, chromatic approaches, slides into blue notes, ornaments, and breath."""

import itertools
import random
from collections.abc import Sequence

from segue.tools.core.instruments import Instrument
from segue.tools.music.compose_plan import Plan
from segue.tools.music.melody_pitch import blue_notes
from segue.tools.music.melody_styles import Style
from segue.tools.music.rhythm import Event

_WINDS = frozenset({"harmonica", "pan flute", "ocarina", "shakuhachi", "whistle", "bagpipes"})
_BREATH_S = 7.0  # MUSIC.md, rule 6: at most 8 s without a breath


def blows(instrument: Instrument) -> bool:
    """Return whether an instrument is blown by one player, who has to breathe."""
    return instrument.family in ("reeds", "flutes", "brass") or instrument.name in _WINDS


def ornamented(plan: Plan, style: Style, phrase: Sequence[Event], rng: random.Random, *, solo: bool) -> list[Event]:
    """Return a phrase with the chromatic approaches, slides and ornaments of its style."""
    line = list(phrase)
    if style.approach:
        line = _approached(plan, line, rng, min(0.9, style.approach * (1.4 if solo else 0.7)))
    if style.bend:
        line = _bent(plan, line, rng, min(0.6, style.bend * (1.6 if solo else 1.0)))
    if style.grace and not plan.machine:
        line = _graced(plan, line, rng, style.grace)
    return line


def _approached(plan: Plan, line: list[Event], rng: random.Random, chance: float) -> list[Event]:
    """Let weak short notes lead by a semitone into the strong note after them."""
    for i, (event, target) in enumerate(itertools.pairwise(line)):
        near = target.start - event.start <= 0.51 and event.duration <= 0.5
        if not near or plan.meter.strength(event.start) >= 0.6 or plan.meter.strength(target.start) < 0.6:
            continue
        if rng.random() >= chance or target.pitch in (event.pitch, line[i - 1].pitch if i else -1):
            continue
        side = -1 if event.pitch < target.pitch else 1
        leads = target.pitch + side
        before = line[i - 1].pitch if i else event.pitch
        free = not i or _leaves_freely(plan, line[i - 1], leads)
        if leads % 12 not in plan.key.scale and abs(before - leads) <= 4 and before != leads and free:
            line[i] = Event(event.start, event.duration, leads, event.velocity)
    return line


def _leaves_freely(plan: Plan, event: Event, to: int) -> bool:
    """Return whether a note may go to a pitch: one that is foreign to its chord has to move by step (rule 11)."""
    chord = plan.chord_at(event.start)
    return chord is None or event.pitch % 12 in chord.pitch_classes or abs(to - event.pitch) <= 2


def _bent(plan: Plan, line: list[Event], rng: random.Random, chance: float) -> list[Event]:
    """Slide by a semitone from below into long notes: the bend of a guitar, a harp or a horn."""
    blue = blue_notes(plan) or {(plan.key.tonic + 3) % 12, (plan.key.tonic + 6) % 12}
    out: list[Event] = []
    for event in line:
        free = event.start - (out[-1].end if out else event.start - 1.0)
        fits = event.duration >= 0.75 and (event.pitch - 1) % 12 in blue and event.start >= 0.25
        fits = fits and (not out or _leaves_freely(plan, out[-1], event.pitch - 1))
        if fits and rng.random() < chance * 2:
            if out and free < 0.25 and out[-1].duration >= 0.5:
                out[-1].duration -= 0.25 - free
                free = 0.25
            if free >= 0.25 and plan.bar_at(event.start - 0.25) == plan.bar_at(event.start):
                out.append(Event(event.start - 0.25, 0.25, event.pitch - 1, event.velocity - 14))
        out.append(event)
    return out


def _graced(plan: Plan, line: list[Event], rng: random.Random, chance: float) -> list[Event]:
    """Put a mordent, a turn or a slide on notes of a beat or more, where the tempo leaves time for it."""
    small = 0.25 if plan.bpm <= 126 else 0.5
    out: list[Event] = []
    top = max((event.pitch for event in line), default=0)  # an ornament never leaves the player's range
    for index, event in enumerate(line):
        if event.duration < 4 * small - 0.12 or index == len(line) - 1 or rng.random() >= chance:
            out.append(event)
            continue
        scale = plan.scale(plan.chord_at(event.start))
        upper = next((p for p in range(event.pitch + 1, event.pitch + 4) if p % 12 in scale), event.pitch + 2)
        lower = next((p for p in range(event.pitch - 1, event.pitch - 4, -1) if p % 12 in scale), event.pitch - 2)
        upper = upper if upper <= top else lower
        figure = rng.choice(((event.pitch, upper), (event.pitch, lower), (upper, event.pitch, lower)))
        if figure[0] != event.pitch:  # a turn after the note was struck
            figure = (event.pitch, *figure[:2]) if event.duration >= 5 * small else (event.pitch, upper)
        for i, pitch in enumerate(figure):
            out.append(Event(event.start + i * small, small * 0.95, pitch, event.velocity - 6 * (i > 0)))
        done = small * len(figure)
        out.append(Event(event.start + done, event.duration - done, event.pitch, event.velocity - 4))
    return out


def upbeat(
    plan: Plan, first: Event, end_before: float, low: int, high: int, rng: random.Random, finest: float
) -> list[Event]:
    """Return one to three notes that lead into a phrase, where the rest before it is long enough to keep half a beat."""
    size = 0.5 if plan.bpm < 150 or plan.meter.compound else 1.0
    room = first.start - end_before - 0.5
    count = min(rng.choice((1, 1, 2, 2, 3)), int((room + 1e-6) / size), int(2.0 / size))
    if count < 1 or first.start - count * size < 0:
        return []
    if finest <= 0.25 and count == 2 and rng.random() < 0.3 and plan.bpm < 100:
        size = 0.25
    scale = [p for p in range(low, high + 1) if p % 12 in plan.key.scale and p != first.pitch]
    below = [p for p in scale if p < first.pitch][-count:]
    above = [p for p in scale if p > first.pitch][:count][::-1]
    run = below if (len(below) == count and rng.random() < 0.7) or len(above) < count else above
    if rng.random() < 0.25 and count >= 2:
        run = [first.pitch] * count
    if count == 1 and rng.random() < 0.35:  # from the dominant up to the note
        dominant = [p for p in range(low, first.pitch) if (p - plan.key.tonic) % 12 == 7 and first.pitch - p <= 7]
        run = dominant[-1:] or run
    start = first.start - len(run) * size
    return [Event(start + i * size, size * 0.9, pitch, first.velocity - 6) for i, pitch in enumerate(run)]


def breathing(plan: Plan, line: Sequence[Event], instrument: Instrument) -> list[Event]:
    """Return a line that its player has the breath for: no stretch of more than seven seconds without a rest.

    Players who need no breath keep the line as it is.
    """
    if not blows(instrument):
        return list(line)
    seconds = 60.0 / plan.bpm
    gap = 0.25 / seconds
    longest = _BREATH_S / seconds
    out: list[Event] = []
    first = 0  # of the notes since the last breath
    for event in sorted(line, key=lambda e: e.start):
        event = Event(event.start, min(event.duration, longest), event.pitch, event.velocity)
        if out and event.start - out[-1].end >= 0.15 / seconds:
            first = len(out)
        out.append(event)
        while first < len(out) - 1 and (event.end - out[first].start) * seconds > _BREATH_S:
            # Breath is taken after the longest note so far, the later of equals.
            at = max(range(first, len(out) - 1), key=lambda i: (out[i + 1].start - out[i].start, i))
            before = out[at]
            room = out[at + 1].start - before.start
            kept = min(before.duration, max(0.35 * room, room - gap))
            out[at] = Event(before.start, kept, before.pitch, before.velocity)
            first = at + 1
    return out


def turned_back(plan: Plan, line: Sequence[Event], low: int, high: int) -> list[Event]:
    """Return a line in which every leap of more than a fifth is followed by a move the other way (rule 10).

    Phrases that come back meet other neighbours than at first: the note after such a leap gives way.
    """
    out = list(line)
    for i in range(1, len(out) - 2):
        leap, after = out[i].pitch - out[i - 1].pitch, out[i + 1].pitch - out[i].pitch
        if abs(leap) <= 7 or leap * after < 0:
            continue
        side = -1 if leap > 0 else 1
        event = out[i + 1]
        chord = plan.chord_at(event.start)
        strong = plan.meter.strength(event.start) >= 0.6 and chord is not None
        allowed = chord.pitch_classes if chord and strong else frozenset(plan.scale(chord))
        near = [out[i].pitch + side * d for d in range(1, 6) if (out[i].pitch + side * d) % 12 in allowed]
        near = [p for p in near if low <= p <= high and _leaves_freely(plan, out[i], p)]
        if near:
            out[i + 1] = Event(event.start, event.duration, near[0], event.velocity)
            continue
        # The note after it has no room: then the leap itself is a fifth at most.
        event = out[i]
        allowed = frozenset(plan.scale(plan.chord_at(event.start)))
        if plan.meter.strength(event.start) >= 0.6 and (under := plan.chord_at(event.start)):
            allowed = under.pitch_classes
        near = [p for d in (7, 6, 5, 4) if (p := out[i - 1].pitch - side * d) % 12 in allowed and low <= p <= high]
        if near:
            out[i] = Event(event.start, event.duration, near[0], event.velocity)
    return out
