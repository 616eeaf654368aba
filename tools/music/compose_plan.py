"""The plan that all writers of parts share: key, meter, chords, sections, feel. Bars count from 0 here."""

import bisect
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from segue.tools.core.instruments import Instrument, find_instrument, of_program
from segue.tools.core.score import ChordSpan, Note, Part, Score, Section
from segue.tools.core.theory import Chord, Key, parse_chord, parse_key
from segue.tools.music import feel
from segue.tools.music.form import kind_of
from segue.tools.music.genres import Genre, all_genres, find_genre
from segue.tools.music.rhythm import GHOST, Event, Meter, jitter, merged, meter_of, swung


@dataclass(frozen=True)
class Span:
    """A chord that sounds from ``start`` for ``duration`` beats; ``chord`` None is silence ("N")."""

    start: float
    duration: float
    chord: Chord | None

    @property
    def end(self) -> float:
        """Where it ends, in beats."""
        return self.start + self.duration


@dataclass
class Plan:
    """What every part has to agree on.

    ``density``, ``brightness`` and ``register`` are −1..1 around the genre's own; ``hold_s`` is when
    the final chord is let go, in seconds after the last downbeat; ``ends`` whether there is a final chord.
    ``motif`` is a ``melody.Idea`` that the tune starts from, where one is given. ``feel`` says how far players
    stray from the grid (1 as usual), ``fades`` whether the music comes "in" or goes "out" by degrees.
    """

    key: Key
    meter: Meter
    bpm: float
    genre: Genre
    spans: list[Span]
    sections: list[Section]
    seed: int
    swing: float = 0.5
    machine: bool = False
    density: float = 0.0
    brightness: float = 0.0
    register: float = 0.0
    hold_s: float | None = None
    ends: bool = True
    kicks: list[float] = field(default_factory=list)
    motif: Any = None
    feel: float = 1.0
    fades: tuple[str, ...] = ()
    _scales: dict[Chord | None, tuple[int, ...]] = field(default_factory=dict)

    @cached_property
    def bars(self) -> int:
        """Length in bars."""
        return sum(section.bars for section in self.sections)

    @cached_property
    def _starts(self) -> list[float]:
        return [span.start for span in self.spans]

    def rng(self, *what: object) -> random.Random:
        """Return the generator for one purpose: independent of how much other purposes have drawn."""
        return random.Random(":".join(str(item) for item in (self.seed, *what)))

    def start_of(self, bar: int) -> float:
        """Return the beat at which a bar (from 0) starts."""
        return bar * self.meter.bar

    def bar_at(self, beat: float) -> int:
        """Return the bar (from 0) that a beat lies in."""
        return int((beat + 1e-6) // self.meter.bar)

    def span_at(self, beat: float) -> Span:
        """Return the chord span that sounds at a beat."""
        index = bisect.bisect_right(self._starts, beat + 1e-6) - 1
        return self.spans[max(0, index)]

    def chord_at(self, beat: float) -> Chord | None:
        """Return the chord that sounds at a beat."""
        return self.span_at(beat).chord

    def spans_in(self, start: float, end: float) -> list[Span]:
        """Return the spans between two beats, cut to them."""
        first = max(0, bisect.bisect_right(self._starts, start + 1e-6) - 1)
        out = []
        for span in self.spans[first:]:
            if span.start >= end - 1e-6:
                break
            low, high = max(span.start, start), min(span.end, end)
            if high - low > 1e-6:
                out.append(Span(low, high - low, span.chord))
        return out

    def section_of(self, bar: int) -> Section:
        """Return the section that a bar (from 0) belongs to."""
        for section in self.sections:
            if bar < section.start_bar - 1 + section.bars:
                return section
        return self.sections[-1]

    def kind_of_bar(self, bar: int) -> str:
        """Return the letter of the material of a bar's section."""
        return kind_of(self.section_of(bar).name)

    def is_last_of_section(self, bar: int) -> bool:
        """Return whether a section ends with this bar and another follows."""
        section = self.section_of(bar)
        return bar == section.start_bar - 2 + section.bars and bar < self.bars - 1

    def is_first_of_section(self, bar: int) -> bool:
        """Return whether a section starts with this bar."""
        return bar == self.section_of(bar).start_bar - 1

    @property
    def final_bar(self) -> int | None:
        """The bar (from 0) of the held last chord, or None where the piece does not end."""
        return self.bars - 1 if self.ends else None

    def final_duration(self) -> float:
        """Return how many beats the last chord is held."""
        if self.hold_s is None:
            return self.meter.bar
        return max(0.5, round(self.hold_s * self.bpm / 60.0 * 4) / 4)

    def scale(self, chord: Chord | None) -> tuple[int, ...]:
        """Return the key's scale bent to a chord: its tones replace the scale tones beside them."""
        if chord not in self._scales:
            tones = set(self.key.scale)
            for pc in chord.pitch_classes if chord else ():
                if pc not in tones:
                    tones -= {(pc + 1) % 12, (pc - 1) % 12} - (chord.pitch_classes if chord else frozenset())
                    tones.add(pc)
            self._scales[chord] = tuple(sorted(tones))
        return self._scales[chord]

    def key_of(self, bar: int) -> Key:
        """Return the key of a bar (from 0)."""
        section = self.section_of(bar)
        return parse_key(section.key) if section.key else self.key

    def by_keys(self) -> list[tuple[frozenset[int], "Plan"]]:
        """Return the bars of each key with the plan in that key: writers know one key at a time."""
        bars: dict[Key, set[int]] = {}
        for section in self.sections:
            key = parse_key(section.key) if section.key else self.key
            bars.setdefault(key, set()).update(range(section.start_bar - 1, section.start_bar - 1 + section.bars))
        if set(bars) <= {self.key}:
            return [(frozenset(range(self.bars)), self)]
        return [(frozenset(found), replace(self, key=key, _scales={})) for key, found in bars.items()]

    @classmethod
    def of_score(cls, score: Score, seed: int, genre: Genre | None = None) -> "Plan":
        """Return the plan behind a score: what a new part has to agree with."""
        meter = meter_of(score.meter, tuple(score.grouping))
        found = genre or find_genre(score.genre or "") or all_genres()["pop"]
        sections = _whole_sections(score)
        spans = [
            Span(c.start, c.duration, None if c.symbol == "N" else parse_chord(c.symbol))
            for c in sorted(score.chords, key=lambda c: c.start)
        ]
        kicks = sorted({n.start for part in score.parts if part.is_drum for n in part.notes if n.pitch in (35, 36, 41)})
        plan = cls(
            key=parse_key(score.key), meter=meter, bpm=score.bpm, genre=found, spans=spans, sections=sections, seed=seed,
            swing=score.swing, machine=found.machine, kicks=kicks,
            ends=bool(score.sections) and score.sections[-1].name != "loop",
        )  # fmt: skip
        if not plan.spans:
            plan.spans = [Span(0.0, plan.bars * meter.bar, None)]
        return plan


def _whole_sections(score: Score) -> list[Section]:
    """Return sections that cover every bar of a score."""
    out: list[Section] = []
    at = 1
    for section in sorted(score.sections, key=lambda s: s.start_bar):
        if section.start_bar > at:
            out.append(Section(name="A", start_bar=at, bars=section.start_bar - at, energy=0.6))
        if section.start_bar >= at:
            out.append(section)
            at = section.start_bar + section.bars
    if at <= score.bars:
        out.append(Section(name="A", start_bar=at, bars=score.bars - at + 1, energy=0.6))
    return out


@dataclass
class Voice:
    """A player to be written for: part name, role, instrument, manner, and the bars (from 0) it plays in."""

    name: str
    role: str
    instrument: Instrument
    manner: str = ""
    bars: frozenset[int] = frozenset()
    low: int = 0
    high: int = 127
    gain_db: float = 0.0
    pan: float = 0.0
    reverb: float = 0.2
    second: bool = False

    @classmethod
    def of_part(cls, part: Part, bars: Iterable[int]) -> "Voice":
        """Return the player of a part that exists already."""
        instrument = find_instrument(part.instrument) or of_program(part.program, part.is_drum)
        low, high = (instrument.low, instrument.high)
        return cls(
            part.name, part.role, instrument, "", frozenset(bars), low, high, part.gain_db, part.pan, part.reverb
        )

    def part(self, plan: Plan, notes: list[Note]) -> Part:
        """Return the finished part."""
        return Part(
            name=self.name, role=self.role, stem=self.instrument.stem, instrument=self.instrument.name,
            program=self.instrument.program, is_drum=self.instrument.is_drum, synth=self.instrument.synth,
            gain_db=round(self.gain_db, 2), pan=round(self.pan, 3), reverb=round(self.reverb, 3),
            seed=plan.rng("part", self.name).randrange(2**31), notes=notes,
        )  # fmt: skip


def performed(plan: Plan, voice: Voice, events: Sequence[Event]) -> list[Note]:
    """Turn written events into notes: accents by the meter, jitter, swing, the player's own lateness.

    Timing deviates by 5 ms (normal, at most 12; more where a loose feel is asked for) round a constant offset
    for each player; machines are exact. Velocity jitter stays within ±5.
    """
    rng = plan.rng("perform", voice.name)
    offset = 0.0
    if not plan.machine:
        offset = feel.lateness_s(plan.genre, voice.role) + rng.uniform(-0.003, 0.003)
    is_drum = voice.instrument.is_drum
    seconds = 60.0 / plan.bpm
    notes: list[Note] = []
    cymbals: list[int] = [-1, -1]
    hats: list[int] = [-1, -1]
    for event in merged(events):
        if event.duration < 0.03:
            continue
        velocity = event.velocity
        ghost = is_drum and velocity <= GHOST
        if not ghost:
            velocity += feel.accent(voice.role, plan.meter, event.start) + feel.touch(plan.genre)
            if is_drum and event.pitch in (38, 40):  # a snare is struck or ghosted, nothing between
                velocity = max(velocity, 66.0 if voice.instrument.name in ("jazz kit", "brush kit") else 80.0)
        velocity += jitter(rng, 1.2 if plan.machine else 2.2, 4.4)
        value = int(min(127, max(25, min(55, round(velocity)) if ghost else round(velocity))))
        if is_drum and event.pitch in (42, 44, 46, 51, 70):
            lists = (cymbals, hats) if event.pitch in (42, 44, 46) else (cymbals,)
            while any(value == before[0] == before[1] for before in lists):  # no three alike, on hats or on all
                value = value - 2 if value > 60 else value + 2
            for before in lists:
                before[:] = [before[1], value]
        shift = (swung(event.start, plan.swing, plan.genre.swing_unit) - event.start) * seconds
        if not plan.machine:
            late = feel.drum_lateness_s(plan.genre, event.pitch) if voice.role == "drums" else 0.0
            shift += offset + late + jitter(rng, 0.005 * plan.feel, 0.012 * plan.feel)
            if event.start < 0.01:
                shift = max(0.0, shift)
        performed_note = Note(
            start=round(event.start, 4),
            duration=round(event.duration, 4),
            pitch=event.pitch,
            velocity=value,
            shift_s=round(shift, 5),
        )
        notes.append(performed_note)
    return notes


def chord_spans(spans: Sequence[Span]) -> list[ChordSpan]:
    """Return the chords as a score keeps them."""
    return [ChordSpan(start=s.start, duration=s.duration, symbol=s.chord.symbol if s.chord else "N") for s in spans]
