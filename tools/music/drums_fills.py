"""Fills: what a drummer plays before something new, by family, from one beat to a whole bar.

A fill is text such as ``"s=xxxx.... t=....1234"``: lanes of ``drums_grooves`` whose last mark falls at the end of the
bar, four marks a beat unless ``@3``, ``@6`` or ``@8`` says otherwise. Kicks go on under a fill unless it has
its own; ``cut`` takes them out, ``stop`` silences everything else as well.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from segue.tools.music.drums_grooves import CLAP, CRASH, LANES, SNARE, TOMS, fill_texts
from segue.tools.music.rhythm import Event


@dataclass(frozen=True)
class Fill:
    """A fill: ``hits`` as (beats from its start, key, mark), its length in beats, what it silences."""

    beats: float
    hits: tuple[tuple[float, int, str], ...]
    cut: bool
    stop: bool
    own_kick: bool


@lru_cache(maxsize=512)
def parse_fill(text: str) -> Fill:
    """Return the fill that a text describes."""
    per_beat, cut, stop = 4, False, False
    rows: list[tuple[str, str]] = []
    for word in text.split():
        if word.startswith("@"):
            per_beat = int(word[1:])
        elif word in ("cut", "stop"):
            cut, stop = True, stop or word == "stop"
        else:
            lane, _, row = word.partition("=")
            rows.append((lane, row))
    steps = max((len(row) for _, row in rows), default=per_beat)
    hits = [
        (round(index / per_beat, 4), TOMS.get(mark, LANES[lane]), mark)
        for lane, row in rows
        for index, mark in enumerate(row)
        if mark != "."
    ]
    return Fill(steps / per_beat, tuple(sorted(hits)), cut, stop, any(lane == "k" for lane, _ in rows))


def choose_fills(family: str, bar: float, *, big: bool, small: bool, rng: random.Random) -> list[Fill]:
    """Return the fills of a family that fit a bar, in random order; ``big`` ones first before a chorus."""
    fitting = [fill for text in fill_texts(family) if (fill := parse_fill(text)).beats <= bar]
    rng.shuffle(fitting)
    if big:
        fitting.sort(key=lambda fill: fill.beats < 2.0 and not fill.stop)
    elif small:
        fitting.sort(key=lambda fill: fill.beats > 1.0 or fill.stop)
    return fitting


def played(fill: Fill, start: float, snare: int, *, soft: float, rng: random.Random) -> list[Event]:
    """Return a fill's strokes from ``start`` on: it grows towards its end; ``soft`` is taken off."""
    out = []
    for at, key, mark in fill.hits:
        pitch = snare if key == SNARE and snare == CLAP and fill.beats <= 1.0 else key
        if mark == "o":
            velocity = rng.uniform(46, 52)
        else:
            growth = 20.0 * at / max(0.25, fill.beats)
            velocity = max(74.0, 82.0 + growth + (12.0 if mark == "X" else 0.0) - soft) + rng.uniform(-2, 2)
        length = 0.12 if fill.beats and len(fill.hits) / fill.beats > 5 else 0.24
        out.append(Event(round(start + at, 4), length, pitch, velocity))
    return out


def is_noticed(before: Sequence[Event], after: Sequence[Event], start: float, bar: float) -> bool:
    """Return whether a fill can be told from the groove: two new strokes, or four that are missing."""
    old = {(round(e.start, 3), e.pitch) for e in before}
    new = {(round(e.start, 3), e.pitch) for e in after}
    added = [hit for hit in new - old if hit[0] >= start + bar / 2 - 0.01 and hit[1] not in (42, 46, 51, CRASH)]
    missing = [hit for hit in old - new if hit[0] >= start + bar - 1.01]
    return len(added) >= 2 or len(missing) >= 4
