"""The score: what the composer makes, the transcriber finds, and exact edits work on.

Time is in beats, and a beat is a quarter note whatever the meter; bars count from 1.
Notated time (``start``, ``duration``) and performed time (``start`` plus ``shift_s``) are kept
apart, so that notation stays clean while the performance swings and breathes.
"""

import bisect
import json
import re
from collections.abc import Sequence
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field, field_validator

ROLES = ("drums", "bass", "chords", "pad", "melody", "counter", "arpeggio", "percussion", "lead", "other")
STEM_NAMES = ("vocals", "drums", "bass", "guitar", "piano", "other")


class Note(BaseModel):
    """One note.

    ``start`` and ``duration`` are beats, ``pitch`` a MIDI number (60 = middle C; on drum parts the
    General MIDI key), ``velocity`` 1–127, ``shift_s`` the performed deviation in seconds.
    """

    model_config = ConfigDict(frozen=True)

    start: float = Field(ge=0)
    duration: float = Field(gt=0)
    pitch: int = Field(ge=0, le=127)
    velocity: int = Field(80, ge=1, le=127)
    shift_s: float = 0.0
    lyric: str | None = None

    @property
    def end(self) -> float:
        """Where the note ends, in beats."""
        return self.start + self.duration


class Part(BaseModel):
    """One player.

    ``name`` is unique in its score and names its stem ("drums", "bass", "rhodes", "melody").
    ``role`` is one of ``ROLES``; ``stem`` the wider group of ``STEM_NAMES`` it belongs to.
    ``program`` is General MIDI, 0-based. ``synth`` names a synthesised instrument that replaces
    the sampled one. ``gain_db``, ``pan`` (−1..1) and ``reverb`` (0..1) are its place in the mix.
    """

    name: str
    role: str = "other"
    stem: str = "other"
    instrument: str = ""
    program: int = Field(0, ge=0, le=127)
    is_drum: bool = False
    synth: str | None = None
    gain_db: float = 0.0
    pan: float = Field(0.0, ge=-1, le=1)
    reverb: float = Field(0.2, ge=0, le=1)
    seed: int = 0
    notes: list[Note] = []


class TempoMark(BaseModel):
    """From ``beat`` on, ``bpm`` quarter notes a minute."""

    beat: float = Field(0.0, ge=0)
    bpm: float = Field(gt=0, le=999)


class ChordSpan(BaseModel):
    """A chord symbol ("Am7", "C/E", "N" for none) that lasts ``duration`` beats from ``start``."""

    start: float = Field(ge=0)
    duration: float = Field(gt=0)
    symbol: str


class Section(BaseModel):
    """A named span of whole bars: ``start_bar`` counts from 1; ``key`` is None where the score's own key stays."""

    name: str
    start_bar: int = Field(ge=1)
    bars: int = Field(ge=1)
    energy: float = Field(0.5, ge=0, le=1)
    key: str | None = None


class Score(BaseModel):
    """A whole piece as notes.

    ``grouping`` says how a bar's units are grouped where it is not the usual way: [3, 2, 2] in 7/8.
    """

    title: str = ""
    tempo: list[TempoMark] = Field(default_factory=lambda: [TempoMark(bpm=120)], min_length=1)
    key: str = "C major"
    meter: str = "4/4"
    grouping: list[int] = []
    bars: int = Field(1, ge=1)
    genre: str | None = None
    seed: int | None = None
    swing: float = Field(0.5, ge=0.5, le=0.8, description="share of a beat that its first half takes")
    chords: list[ChordSpan] = []
    sections: list[Section] = []
    parts: list[Part] = []

    @field_validator("meter")
    @classmethod
    def _meter_is_a_fraction(cls, value: str) -> str:
        if not re.fullmatch(r"\d{1,2}/(1|2|4|8|16|32)", value) or value.startswith("0"):
            raise ValueError(f"'{value}' is not a meter such as 4/4 or 6/8")
        return value

    @property
    def bpm(self) -> float:
        """The tempo at the start, quarter notes a minute."""
        return self.tempo[0].bpm

    @property
    def beats_per_bar(self) -> float:
        """Length of a bar in quarter notes: 4 for 4/4, 3 for 6/8."""
        upper, lower = self.meter.split("/")
        return int(upper) * 4.0 / int(lower)

    @property
    def beats(self) -> float:
        """Length in beats: whole bars, or to the last note where that is later."""
        last = max((note.end for part in self.parts for note in part.notes), default=0.0)
        return max(self.bars * self.beats_per_bar, last)

    def part(self, name: str) -> Part | None:
        """Return the part of that name, if there is one."""
        return next((part for part in self.parts if part.name == name), None)

    def bar_beat(self, bar: int) -> float:
        """Return the beat at which ``bar`` (from 1) starts."""
        return (bar - 1) * self.beats_per_bar

    def key_changes(self) -> list[tuple[int, str]]:
        """Return the bars (from 1) at which a key begins, with the key; the first is bar 1."""
        changes = [(1, self.key)]
        for section in sorted(self.sections, key=lambda s: s.start_bar):
            key = section.key or self.key
            if key != changes[-1][1]:
                changes = [c for c in changes if c[0] != section.start_bar] + [(section.start_bar, key)]
        return changes

    def key_at(self, bar: int) -> str:
        """Return the key of a bar (from 1)."""
        return next(key for start, key in reversed(self.key_changes()) if start <= max(1, bar))

    def clock(self) -> "Clock":
        """Return the map between beats and seconds."""
        return Clock(self.tempo)

    def chord_at(self, beat: float) -> str | None:
        """Return the chord symbol that sounds at ``beat``."""
        return next((c.symbol for c in self.chords if c.start <= beat < c.start + c.duration), None)

    def to_json(self) -> bytes:
        """Return the canonical bytes: equal scores give equal bytes."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":")).encode()

    def summary(self) -> "ScoreInfo":
        """Return the few facts that travel with a piece."""
        return ScoreInfo(
            bpm=self.bpm,
            key=self.key,
            meter=self.meter,
            bars=self.bars,
            genre=self.genre,
            parts=[part.name for part in self.parts],
            sections=[section.name for section in self.sections],
        )


class ScoreInfo(BaseModel):
    """The few facts about a score that travel with its piece; ``id`` is the blob with the whole."""

    id: str = ""
    bpm: float
    key: str
    meter: str
    bars: int
    genre: str | None = None
    parts: list[str] = []
    sections: list[str] = []


class Clock:
    """Maps beats to seconds and back through tempo marks.

    >>> round(Clock([TempoMark(bpm=120), TempoMark(beat=4, bpm=60)]).seconds(6), 3)
    4.0
    """

    def __init__(self, marks: Sequence[TempoMark]) -> None:
        self._marks = sorted(marks, key=lambda mark: mark.beat)
        if self._marks[0].beat > 0:
            self._marks.insert(0, TempoMark(beat=0.0, bpm=self._marks[0].bpm))

    @cached_property
    def _seconds_at_mark(self) -> list[float]:
        out = [0.0]
        for before, after in zip(self._marks, self._marks[1:], strict=False):
            out.append(out[-1] + (after.beat - before.beat) * 60.0 / before.bpm)
        return out

    @cached_property
    def _beats_at_mark(self) -> list[float]:
        return [mark.beat for mark in self._marks]

    def seconds(self, beat: float) -> float:
        """Return the time of ``beat`` in seconds."""
        i = max(0, bisect.bisect_right(self._beats_at_mark, beat) - 1)
        return self._seconds_at_mark[i] + (beat - self._beats_at_mark[i]) * 60.0 / self._marks[i].bpm

    def beat(self, seconds: float) -> float:
        """Return the beat at a time in seconds."""
        i = max(0, bisect.bisect_right(self._seconds_at_mark, seconds) - 1)
        return self._beats_at_mark[i] + (seconds - self._seconds_at_mark[i]) * self._marks[i].bpm / 60.0
