"""Hand percussion: one player's pattern, with a small change at the end of every fourth bar."""

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
