"""A tune varied: its frame on the strong beats stays, what lies between is ornamented or simplified."""

from collections.abc import Sequence

from segue.tools.core.score import Note
from segue.tools.music.compose_plan import Plan
from segue.tools.music.compose_write import skyline
from segue.tools.music.rhythm import Event


def varied(plan: Plan, notes: Sequence[Note], variant: int) -> list[Event]:
    """Return a tune's notes as a variation: passing and neighbour notes, anticipations, repeated notes.

    Notes on the pulses keep their place and pitch, so the tune is known again.
    """
    rng = plan.rng("varied", variant)
    line = skyline(notes)
    events = [Event(n.start, n.duration, n.pitch, float(n.velocity)) for n in notes if n not in line]
    for index, note in enumerate(line):
        after = line[index + 1] if index + 1 < len(line) else None
        start, pitch, duration = note.start, note.pitch, note.duration
        strong = plan.meter.strength(start) >= 0.6
        if not strong and rng.random() < 0.25 and after is not None and after.start - start <= 0.5:
            continue  # simplified: the note before rings on
        if not strong and rng.random() < 0.2 and start % 0.5 == 0.0 and _is_free(line, index, start - 0.25):
            start, duration = start - 0.25, duration + 0.25  # anticipated
        if duration >= 1.0 and rng.random() < 0.7:
            half = duration / 2
            scale = plan.scale(plan.chord_at(start + half))
            target = after.pitch if after is not None and after.start - note.end < 1.0 else pitch
            other = _between(pitch, target, scale, up=rng.random() < 0.5)
            events.append(Event(start, half, pitch, float(note.velocity)))
            events.append(Event(start + half, half, other, float(max(1, note.velocity - 8))))
        else:
            events.append(Event(start, duration, pitch, float(note.velocity)))
    return sorted(events, key=lambda e: (e.start, e.pitch))


def _is_free(line: Sequence[Note], index: int, start: float) -> bool:
    return start >= 0 and (index == 0 or line[index - 1].end <= start + 0.01)


def _between(pitch: int, target: int, scale: Sequence[int], *, up: bool) -> int:
    """Return the scale note on the way to the next one, or a neighbour where there is no way to go."""
    way = 1 if target > pitch else -1 if target < pitch else (1 if up else -1)
    return next((p for p in (pitch + way, pitch + 2 * way, pitch + 3 * way) if p % 12 in scale), pitch)
