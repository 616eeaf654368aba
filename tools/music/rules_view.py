"""A score read once for the rules: who plays what, chord by chord and bar by bar; and what a rule finds.

Ranges come from ``rules.json``: for every measure the starting value of the rule, what human-made scores
measure, and the range in use with its source.
"""

import bisect
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.instruments import Instrument, find_instrument, of_program
from segue.tools.core.score import Note, Part, Score
from segue.tools.core.theory import Chord, Key, parse_chord, parse_key
from segue.tools.music.compose_write import skyline, tune_of
from segue.tools.music.form import kind_of
from segue.tools.music.genres import Genre, all_genres
from segue.tools.music.rhythm import Meter, meter_of

Range = tuple[float | None, float | None]


@dataclass(frozen=True)
class Finding:
    """What one measure of one rule found in a piece.

    Attributes
    ----------
    rule : number of the rule, 1–20; ``name`` the measure (a rule can have several).
    value : what was measured, None where there is nothing to measure.
    wanted : lowest and highest value that are met; None is open.
    met : None where the rule does not apply to this piece or style.
    why : one sentence.
    """

    rule: int
    name: str
    value: float | None
    wanted: Range
    met: bool | None
    why: str


@lru_cache(maxsize=1)
def ranges() -> dict[str, dict[str, Any]]:
    """Return the frozen ranges by name of the measure."""
    loaded: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("rules.json").read_text("utf-8"))
    return loaded


def wanted_of(name: str, genre: str | None = None) -> Range:
    """Return the range in use for a measure, a genre's own where it has one."""
    entry = ranges()[name]
    low, high = entry.get("genres", {}).get(genre, entry["used"])
    return low, high


def measured(name: str, value: float | None, why: str, genre: str | None = None) -> Finding:
    """Return the finding of a measure; a value of None says that there is nothing to measure, ``why`` says so."""
    low, high = wanted = wanted_of(name, genre)
    rule = int(ranges()[name]["rule"])
    if value is None:
        return Finding(rule, name, None, wanted, None, why)
    met = (low is None or value >= low - 1e-9) and (high is None or value <= high + 1e-9)
    return Finding(rule, name, round(value, 4), wanted, met, why)


def exempt(name: str, why: str) -> Finding:
    """Return the finding of a measure that a style breaks on purpose."""
    return measured(name, None, f"exempt: {why}")


@lru_cache(maxsize=4096)
def chord_of(symbol: str | None) -> Chord | None:
    """Return the chord of a symbol; None for none, for "N" and for what is no chord symbol."""
    if not symbol or symbol == "N":
        return None
    try:
        return parse_chord(symbol)
    except InvalidArgument:
        return None


@dataclass(frozen=True, slots=True)
class Span:
    """A chord with its beats."""

    start: float
    end: float
    chord: Chord


class View:
    """What the rules ask of a score, worked out once.

    The lead is the part of the tune, the comping every part whose role is "chords", the kit the first drum
    part. Bars count from 0 here.
    """

    def __init__(self, score: Score) -> None:
        self.score = score
        self.bar = score.beats_per_bar
        self.genre: Genre | None = all_genres().get(score.genre or "")
        self._strengths: dict[float, float] = {}

    @cached_property
    def meter(self) -> Meter:
        """The meter, with its pulses; 4/4 where the notated one cannot be felt."""
        try:
            return meter_of(self.score.meter)
        except InvalidArgument:
            return meter_of("4/4")

    def strength(self, beat: float) -> float:
        """Return the metric weight, 0–1, of a beat; worked out once for every place in the bar."""
        place = round(beat % self.bar, 3)
        if place not in self._strengths:
            self._strengths[place] = self.meter.strength(place)
        return self._strengths[place]

    @property
    def machine(self) -> bool:
        """Whether the style is played by machines: exact, with velocities that repeat."""
        return self.genre is not None and self.genre.machine

    @property
    def bass_manner(self) -> str:
        """The genre's manner of playing the bass; empty where there is no genre."""
        return self.genre.bass[1] if self.genre else ""

    @cached_property
    def keys(self) -> list[tuple[float, Key]]:
        """The keys with the beats they begin at."""
        return [(self.score.bar_beat(bar), parse_key(name)) for bar, name in self.score.key_changes()]

    def key_at(self, beat: float) -> Key:
        """Return the key at a beat."""
        return next((key for start, key in reversed(self.keys) if start <= beat + 1e-6), self.keys[0][1])

    def role(self, *roles: str) -> list[Part]:
        """Return the parts of some roles that have notes."""
        return [part for part in self.score.parts if part.role in roles and part.notes]

    @cached_property
    def kit(self) -> list[Note]:
        """The drum kit's notes in order."""
        part = next((p for p in self.score.parts if p.is_drum and p.role == "drums"), None)
        part = part or next((p for p in self.score.parts if p.is_drum and p.role != "percussion"), None)
        return sorted(part.notes, key=lambda n: (n.start, n.pitch)) if part else []

    @cached_property
    def bass(self) -> list[Note]:
        """The bass line in order."""
        parts = self.role("bass")
        return sorted(parts[0].notes, key=lambda n: n.start) if parts else []

    @cached_property
    def lead_part(self) -> Part | None:
        """The part with the tune: of role melody or lead, or the highest of a score without roles."""
        parts = self.role("melody") or self.role("lead")
        known = any(p.role not in ("other", "drums") for p in self.score.parts)
        return parts[0] if parts else None if known else tune_of(self.score)

    @cached_property
    def lead(self) -> list[Note]:
        """The tune: the top line of the lead, in order."""
        return skyline(self.lead_part.notes) if self.lead_part else []

    @cached_property
    def _lead_starts(self) -> list[float]:
        return [n.start for n in self.lead]

    def lead_from(self, beat: float) -> int:
        """Return the index of the lead's first note that begins at a beat or later."""
        return bisect.bisect_left(self._lead_starts, beat - 1e-6)

    @cached_property
    def spans(self) -> list[Span]:
        """The chords in order, repeated symbols joined, silence left out."""
        out: list[Span] = []
        for span in sorted(self.score.chords, key=lambda c: c.start):
            chord = chord_of(span.symbol)
            if chord is None:
                continue
            if out and out[-1].chord == chord and abs(out[-1].end - span.start) < 1e-6:
                out[-1] = Span(out[-1].start, span.start + span.duration, chord)
            else:
                out.append(Span(span.start, span.start + span.duration, chord))
        return out

    @cached_property
    def _span_starts(self) -> list[float]:
        return [span.start for span in self.spans]

    def chord_at(self, beat: float) -> Chord | None:
        """Return the chord that sounds at a beat."""
        index = bisect.bisect_right(self._span_starts, beat + 1e-6) - 1
        if index < 0 or beat >= self.spans[index].end - 1e-6:
            return None
        return self.spans[index].chord

    @cached_property
    def kit_bars(self) -> list[tuple[tuple[float, int], ...]]:
        """For every bar the kit's hits as (position in beats, key), in order."""
        bars: list[list[tuple[float, int]]] = [[] for _ in range(self.score.bars)]
        for note in self.kit:
            bar = int((note.start + 1e-6) // self.bar)
            if bar < len(bars):
                bars[bar].append((round(note.start - bar * self.bar, 3), note.pitch))
        return [tuple(sorted(hits)) for hits in bars]

    @cached_property
    def playing(self) -> list[frozenset[str]]:
        """For every bar the names of the parts that sound in it."""
        out: list[set[str]] = [set() for _ in range(self.score.bars)]
        for part in self.score.parts:
            bars: set[int] = set()
            for note in part.notes:
                first = int((note.start + 1e-6) // self.bar)
                last = int((note.end - 0.01) // self.bar)
                if first == last:
                    bars.add(first)
                else:
                    bars.update(range(first, last + 1))
            for bar in bars:
                if bar < len(out):
                    out[bar].add(part.name)
        return [frozenset(names) for names in out]

    @cached_property
    def notes_in_bar(self) -> list[int]:
        """For every bar how many notes begin in it."""
        out = [0] * self.score.bars
        for part in self.score.parts:
            for note in part.notes:
                bar = int((note.start + 1e-6) // self.bar)
                if bar < len(out):
                    out[bar] += 1
        return out

    def sections_of(self, kind: str) -> list[range]:
        """Return the bars (from 0) of every section of a kind ("a" verse, "c" chorus), the last held bar left out."""
        last = self.score.bars - 1 if len(self.score.sections) > 1 else self.score.bars
        found = [
            range(s.start_bar - 1, min(last, s.start_bar - 1 + s.bars))
            for s in self.score.sections
            if kind_of(s.name) == kind
        ]
        return [bars for bars in found if len(bars)]

    @cached_property
    def seconds_per_beat(self) -> float:
        """Length of a beat at the first tempo, in seconds."""
        return 60.0 / self.score.bpm


def mean(values: Sequence[float]) -> float:
    """Return the mean; plain floats, several times faster than the standard library's exact one."""
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """Return the standard deviation of a whole population."""
    middle = mean(values)
    return math.sqrt(math.fsum((v - middle) ** 2 for v in values) / len(values))


def player_of(part: Part) -> Instrument:
    """Return the instrument that plays a part."""
    return find_instrument(part.instrument) or of_program(part.program, part.is_drum)


def groups(notes: Sequence[Note]) -> list[tuple[float, tuple[int, ...]]]:
    """Return onsets in order with their pitches, low to high."""
    at: dict[float, set[int]] = {}
    for note in notes:
        at.setdefault(round(note.start, 3), set()).add(note.pitch)
    return [(start, tuple(sorted(at[start]))) for start in sorted(at)]
