"""Hand percussion: one player's pattern, with a small change at the end of every fourth bar. Timpani beside it."""

from segue.tools.core.theory import Chord
from segue.tools.music.compose_plan import Plan, Voice
from segue.tools.music.rhythm import VELOCITY, Event, grid


def write_percussion(plan: Plan, voice: Voice, pattern: str, variant: int = 0) -> list[Event]:
    """Write a hand percussion part: its pattern, with a small change at every fourth bar."""
    keys = voice.instrument.keys or (70,)
    rng = plan.rng("perc", voice.name, variant)
    base = grid(pattern, plan.meter)
    order = [keys[rng.randrange(len(keys))] for _ in base]
    if len(keys) > 1 and order:
        order[0] = keys[-1]
    shape = rng.choice((0.0, 4.0, 8.0))  # how far the second of two strokes lies under the first
    events: list[Event] = []
    for bar in sorted(voice.bars):
        start = plan.start_of(bar)
        if bar == plan.final_bar:
            events.append(Event(start, 0.5, keys[0], 84))
            continue
        place = bar - (plan.section_of(bar).start_bar - 1)
        changed = place % 4 == 3 and len(base) > 2
        skip = rng.randrange(1, len(base)) if changed else -1
        for index, (at, mark) in enumerate(base):
            if index == skip or (plan.density < -0.4 and index % 2 and len(base) > 6):
                continue
            weak = 12.0 + shape / 2 if index % 2 else 4.0
            events.append(Event(start + at, 0.24, order[index], VELOCITY[mark] - weak))
        if changed and rng.random() < 0.6:
            events.append(Event(start + plan.meter.bar - 0.25, 0.2, keys[0], 64))
    return events


# The strokes of timpani in a bar, in beats: a call on one, or one of these under a fuller section.
_CALLS = ((0.0,), (0.0, 2.0), (0.0, 3.0), (0.0, 2.5, 3.0), (0.0, 3.5))
_ROLLED = 0.125  # beats between the strokes of a roll


def write_timpani(plan: Plan, voice: Voice, variant: int = 0) -> list[Event]:
    """Write timpani: the roots and fifths of the chords on strong beats, a roll that grows into every louder section."""
    call = plan.rng("timpani", voice.name, variant).choice(_CALLS)
    events: list[Event] = []
    for bar in sorted(voice.bars):
        start, end = plan.start_of(bar), plan.start_of(bar + 1)
        if bar == plan.final_bar:
            events += _roll(start, plan.final_duration(), _drum(plan.chord_at(start), voice), 84.0, 96.0)
            continue
        section = plan.section_of(bar)
        after = plan.section_of(min(bar + 1, plan.bars - 1))
        rolls = bar + 1 == plan.final_bar or (plan.is_last_of_section(bar) and after.energy > section.energy)
        length = plan.meter.bar / 2 if rolls else 0.0
        full = section.energy >= 0.6
        places = call if full else call[:1]
        for index, at in enumerate(places):
            if at < plan.meter.bar - length - 1e-6:
                chord = plan.chord_at(start + at)
                loud = (90.0 if full else 74.0) - (10.0 if index else 0.0)
                events.append(Event(start + at, 0.9, _drum(chord, voice, fifth=index % 2 == 1), loud))
        if rolls:
            home = plan.chord_at(end - length)
            events += _roll(end - length, length, _drum(home, voice), 60.0, 96.0)
    return events


def _drum(chord: Chord | None, voice: Voice, *, fifth: bool = False) -> int:
    """Return the pitch of the drum that is tuned to a chord's bass or its fifth."""
    low = voice.instrument.low
    if chord is None:
        return low + 5
    wanted = chord.bass
    if fifth and 7 in chord.intervals:
        wanted = (chord.root + 7) % 12
    return low + (wanted - low) % 12


def _roll(start: float, length: float, pitch: int, soft: float, loud: float) -> list[Event]:
    count = max(1, round(length / _ROLLED))
    return [
        Event(start + i * _ROLLED, _ROLLED, pitch, soft + (loud - soft) * i / max(1, count - 1)) for i in range(count)
    ]
