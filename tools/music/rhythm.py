"""Meter, grids, swing, accents and human timing. Positions are beats (quarter notes)."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from segue.tools.core.errors import InvalidArgument

VELOCITY = {"x": 86, "X": 106, "o": 40, "O": 92, "g": 32}
GHOST = 53.0  # a drum stroke up to this velocity is a ghost note: neither accents nor sections move it
KNOWN_METERS = ("4/4", "3/4", "2/4", "6/8", "12/8", "5/4", "7/8")


@dataclass(slots=True)
class Event:
    """A note while it is being written: start and duration in beats, MIDI pitch, velocity."""

    start: float
    duration: float
    pitch: int
    velocity: float

    @property
    def end(self) -> float:
        """Where it ends, in beats."""
        return self.start + self.duration


@dataclass(frozen=True)
class Meter:
    """A time signature with its pulses.

    Attributes
    ----------
    bar : length in beats (quarter notes).
    pulses : where the foot taps, in beats from the bar line.
    backbeats : the pulses that the snare answers on.
    compound : whether each pulse has three parts.
    """

    upper: int
    lower: int
    bar: float
    pulses: tuple[float, ...]
    backbeats: tuple[float, ...]
    compound: bool

    @property
    def name(self) -> str:
        """As written, e.g. "6/8"."""
        return f"{self.upper}/{self.lower}"

    @property
    def steps(self) -> int:
        """Sixteenths in a bar."""
        return max(1, round(self.bar * 4))

    @property
    def is_common(self) -> bool:
        """Whether grids written for 4/4 fit as they are."""
        return self.bar == 4.0 and not self.compound

    def strength(self, position: float) -> float:
        """Return the metric weight, 0–1, of a position counted from the bar line."""
        position = position % self.bar
        if position < 0.02 or self.bar - position < 0.02:
            return 1.0
        for index, pulse in enumerate(self.pulses):
            if abs(position - pulse) < 0.02:
                middle = len(self.pulses) % 2 == 0 and index == len(self.pulses) // 2
                return 0.8 if middle else 0.6
        return 0.3 if abs(position * 2 - round(position * 2)) < 0.04 else 0.12


@lru_cache(maxsize=64)
def meter_of(text: str, grouping: tuple[int, ...] = ()) -> Meter:
    """Return the meter that a time signature names; ``grouping`` says how its units are grouped: (3, 2, 2) in 7/8.

    Raises
    ------
    InvalidArgument : not a time signature, or one that cannot be felt (13/17); the nearest is offered.
    """
    parts = text.strip().replace(" ", "").split("/")
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        raise InvalidArgument(f"'{text}' is not a meter.", "Write for example 4/4, 3/4 or 6/8.")
    upper, lower = int(parts[0]), int(parts[1])
    if lower not in (2, 4, 8, 16) or not 1 <= upper <= 24:
        near = min((2, 4, 8, 16), key=lambda known: abs(known - lower))
        offered = f"{min(max(upper, 2), 24)}/{near}"
        raise InvalidArgument(f"'{text}' is not a meter that can be played.", f"The nearest that can is {offered}.")
    unit = 4.0 / lower
    bar = upper * unit
    compound = lower >= 8 and upper % 3 == 0 and upper > 3
    if compound:
        groups = [3] * (upper // 3)
    elif lower >= 8:
        groups = [2] * (upper // 2) if upper % 2 == 0 else [2] * (upper // 2 - 1) + [3]
    else:
        groups = [1] * upper
    groups = [group for group in groups if group] or [upper]
    if grouping and sum(grouping) == upper and lower >= 4:
        groups = list(grouping) if lower >= 8 else groups
        compound = compound and set(groups) == {3}
    pulses, at = [], 0.0
    for group in groups:
        pulses.append(at)
        at += group * unit
    if len(pulses) == 5:  # 5/4 is felt as 3 + 2
        backbeats: tuple[float, ...] = (pulses[2], pulses[4])
    elif len(pulses) == 3:
        backbeats = (pulses[2],) if lower >= 8 and not compound else (pulses[1], pulses[2])
    else:
        backbeats = tuple(pulses[1::2])
    return Meter(upper, lower, bar, tuple(pulses), backbeats, compound)


def grid(pattern: str, meter: Meter) -> list[tuple[float, str]]:
    """Return the hits of a 16-step pattern as (position in beats, mark), fitted to a meter.

    Common time takes the pattern as it is; other simple meters cut or repeat it; compound and
    asymmetric meters keep its marks on their eighths.
    """
    if meter.is_common:
        return [(i * 0.25, mark) for i, mark in enumerate(pattern) if mark != "."]
    if meter.lower >= 8:
        eighths = round(meter.bar * 2)
        marks = [
            pattern[(i * 2) % 16] if pattern[(i * 2) % 16] != "." else pattern[(i * 2 + 1) % 16] for i in range(eighths)
        ]
        return [(i * 0.5, mark) for i, mark in enumerate(marks) if mark != "."]
    return [(i * 0.25, pattern[i % 16]) for i in range(meter.steps) if pattern[i % 16] != "."]


def swung(start: float, share: float, unit: float) -> float:
    """Return the performed beat of a notated one, where the first half of each ``unit`` takes ``share``."""
    if share <= 0.5:
        return start
    whole = start // unit * unit
    phase = (start - whole) / unit
    bent = phase * 2 * share if phase < 0.5 else share + (phase - 0.5) * 2 * (1 - share)
    return whole + bent * unit


def jitter(rng: random.Random, deviation: float, limit: float) -> float:
    """Return a normal deviate that never leaves ±limit."""
    return max(-limit, min(limit, rng.gauss(0.0, deviation)))


def merged(events: Sequence[Event]) -> list[Event]:
    """Return events in order, without doubled onsets of one pitch and without overlaps of one pitch."""
    ordered = sorted(events, key=lambda e: (round(e.start, 4), e.pitch, -e.velocity))
    last: dict[int, Event] = {}
    kept: list[Event] = []
    for event in ordered:
        before = last.get(event.pitch)
        if before is not None:
            if abs(before.start - event.start) < 1e-3:
                before.duration = max(before.duration, event.duration)
                continue
            if before.end > event.start:
                before.duration = event.start - before.start
        last[event.pitch] = event
        kept.append(event)
    return kept
