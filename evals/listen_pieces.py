"""Pieces whose truth is known, for the listening suites: half composed by Segue, half human-made scores.

The human ones ship inside music21 (chorales, quartets and piano pieces, folk tunes) and, where ``DATA_HOME`` has MIDI
files, those. All of them get a tempo curve of 5–15 %, every third in two or four a swing. Even numbers of each family
are the tuning half, which Segue may be fitted to; odd ones the reporting half, played by another soundfont.
"""

import itertools
import math
import random
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from segue.evals.humans import corpus, tune_scores
from segue.tools.core.errors import SegueError
from segue.tools.core.score import ChordSpan, Note, Part, Score, Section, TempoMark
from segue.tools.core.theory import QUALITIES, parse_chord
from segue.tools.music.compose import compose
from segue.tools.music.compose_request import Request
from segue.tools.music.genres import all_genres
from segue.tools.music.midi import read_midi
from segue.tools.music.musicxml_read import read_musicxml

SECONDS = 36.0  # of a piece; medleys last as long as their tunes
SEED = 20261121
# Family → how many at most, and what is known of each of its pieces.
FAMILIES: dict[str, tuple[int, frozenset[str]]] = {
    "composed": (56, frozenset({"tempo", "key", "chords", "sections", "notes", "drums"})),
    "chorales": (20, frozenset({"tempo", "key", "chords", "notes"})),
    "quartets and piano": (12, frozenset({"tempo", "key", "chords", "notes"})),
    "tunes with chords": (4, frozenset({"tempo", "key", "chords", "notes"})),
    "tunes alone": (12, frozenset({"tempo", "key", "notes"})),
    "medleys of tunes": (10, frozenset({"tempo", "sections", "notes"})),
    "MIDI files": (24, frozenset({"tempo", "chords", "notes", "drums"})),
}
HUMAN = tuple(name for name in FAMILIES if name != "composed")
_SCORES = {
    "chorales": ("bach/*.mxl",),
    "quartets and piano": ("haydn/*/*.mxl", "mozart/*/*.mxl", "beethoven/*.mxl", "joplin/*.mxl", "schumann_robert/*.mxl"),
}  # fmt: skip
_TEMPI = {"chorales": (60, 96), "quartets and piano": (72, 144), "tunes": (90, 150)}
_CHOIRS = ((52, 52, 52, 52), (19, 19, 19, 19), (56, 60, 57, 58), (48, 48, 48, 48), (73, 68, 71, 70))
_LEADS = (73, 40, 71, 21, 56, 24, 0, 110)  # General MIDI programs, from 0
_COMPS = ((24, 32), (0, 32), (21, 32), (25, 33))  # chords and bass


@dataclass(frozen=True)
class Truth:
    """A piece: its score as it is played, and which of its facts are known."""

    number: int
    name: str
    family: str
    half: str
    score: Score
    known: frozenset[str] = field(default_factory=frozenset)

    @property
    def human(self) -> bool:
        """Whether a person wrote its notes."""
        return self.family in HUMAN


def pieces(limit: int | None = None, data_home: Path | None = None) -> Iterator[Truth]:
    """Yield the pieces in a fixed order, family by family; ``limit`` takes about so many, evenly from all families."""
    warnings.filterwarnings("ignore", module="music21")
    total = sum(count for count, _ in FAMILIES.values())
    for family, (count, known) in FAMILIES.items():
        wanted = count if limit is None else max(2, round(count * limit / total))
        for place, (name, score) in enumerate(itertools.islice(_family(family, data_home), min(count, wanted))):
            half = ("tuning", "reporting")[place % 2]
            yield Truth(1000 * list(FAMILIES).index(family) + place, name, family, half, score, known)


def _family(family: str, data_home: Path | None) -> Iterator[tuple[str, Score]]:
    if family == "composed":
        yield from _composed()
    elif family in _SCORES:
        yield from _in_parts(family)
    elif family == "MIDI files":
        yield from _midi_files(data_home)
    else:
        yield from {"tunes with chords": _with_chords, "tunes alone": _alone, "medleys of tunes": _medleys}[family]()


def _composed() -> Iterator[tuple[str, Score]]:
    """Our composer's, without our synthesis: its scores, but neither its sound nor its mix."""
    genres = [name for name in all_genres() if name != "ambient"]
    for number in itertools.count():
        genre = genres[(number * 5) % len(genres)]
        score = compose(Request(genre=genre, seed=40_000 + number, duration_s=SECONDS), lambda text: None)
        yield f"{genre} {number}", score


def _in_parts(family: str) -> Iterator[tuple[str, Score]]:
    rng = random.Random(f"{SEED}:{family}")
    paths = sorted(path for pattern in _SCORES[family] for path in corpus().glob(pattern))
    rng.shuffle(paths)
    for path in paths:
        bpm = rng.uniform(*_TEMPI[family])
        programs: tuple[int, ...] = rng.choice(_CHOIRS) if family == "chorales" else (40, 40, 41, 42)
        try:
            score = read_musicxml(path)
        except SegueError:  # a few files are beyond what the reader takes
            continue
        if "major" not in score.key and "minor" not in score.key:
            continue
        if len(score.parts) <= 2:
            programs = (0, 0)
        parts = [
            part.model_copy(update={"program": programs[min(i, len(programs) - 1)], "is_drum": False})
            for i, part in enumerate(score.parts)
        ]
        yield path.stem, _played(score.model_copy(update={"parts": parts}), bpm, rng)


def _with_chords() -> Iterator[tuple[str, Score]]:
    """Tunes whose chord symbols people wrote: a lead, chords and bass from the symbols, every other one with drums."""
    rng = random.Random(f"{SEED}:chords")
    for place, tune in enumerate(tune_scores(("nottingham-dataset/*.abc", "leadSheet/*.mxl", "essenFolksong/irl.abc"))):
        if len([c for c in tune.chords if c.symbol != "N"]) < 8:
            continue
        comp, bass = rng.choice(_COMPS)
        parts = [_lead(tune, rng.choice(_LEADS)), *_comping(tune, comp, bass)]
        if place % 2:
            parts.append(_beat(tune))
        bpm = rng.uniform(*_TEMPI["tunes"])
        yield f"tune {place}", _played(tune.model_copy(update={"parts": parts}), bpm, rng)


def _alone() -> Iterator[tuple[str, Score]]:
    rng = random.Random(f"{SEED}:alone")
    for place, tune in enumerate(tune_scores(("ryansMammoth/*.abc",))):
        lead = _lead(tune, rng.choice(_LEADS))
        yield f"tune {place}", _played(tune.model_copy(update={"parts": [lead]}), rng.uniform(*_TEMPI["tunes"]), rng)


def _medleys() -> Iterator[tuple[str, Score]]:
    """Two tunes in turns, A A B B A or A B A B, each with its own player; B has drums as well."""
    rng = random.Random(f"{SEED}:medleys")
    tunes = [t for t in tune_scores(("ryansMammoth/*.abc",)) if t.meter in ("4/4", "2/4", "2/2") and t.bars >= 8]
    for place, (first, second) in enumerate(zip(tunes[::2], tunes[1::2], strict=False)):
        bar = first.beats_per_bar
        order = "ABABA" if place % 2 else "ABBA"
        leads = rng.sample(_LEADS, 2)
        parts = {
            name: _lead(tune, program, name) for name, tune, program in zip("AB", (first, second), leads, strict=True)
        }
        notes: dict[str, list[Note]] = {"A": [], "B": []}
        span = 8 * 4.0 if bar >= 4 else 16 * bar
        for turn, name in enumerate(order):
            notes[name] += [
                n.model_copy(update={"start": n.start + turn * span, "duration": min(n.duration, span - n.start)})
                for n in parts[name].notes
                if n.start < span - 1e-6
            ]
        bars = round(span / bar)
        made = first.model_copy(
            update={
                "bars": bars * len(order),
                "sections": [Section(name=name, start_bar=1 + i * bars, bars=bars) for i, name in enumerate(order)],
                "parts": [part.model_copy(update={"notes": notes[name]}) for name, part in parts.items()],
                "chords": [],
            }
        )
        drums = _beat(made)
        inside = [n for n in drums.notes if order[min(len(order) - 1, int(n.start // span))] == "B"]
        made = made.model_copy(update={"parts": [*made.parts, drums.model_copy(update={"notes": inside})]})
        yield f"{order} {place}", _played(made, rng.uniform(110, 150), rng, seconds=120.0)


def _midi_files(data_home: Path | None) -> Iterator[tuple[str, Score]]:
    rng = random.Random(f"{SEED}:midi")
    for path in sorted(data_home.rglob("*.mid")) if data_home is not None else ():
        try:
            score = read_midi(path)
        except SegueError:
            continue
        tempi = [mark.bpm for mark in score.tempo]
        if max(tempi) <= 1.02 * min(tempi) and sum(len(p.notes) for p in score.parts) >= 100:
            yield path.stem, _played(score, score.bpm, rng)


# -- how people play ------------------------------------------------------------------------------


def _played(score: Score, bpm: float, rng: random.Random, seconds: float = SECONDS) -> Score:
    """Return a score's beginning with a tempo curve of 5–15 % between its slowest and fastest, and now and then a swing."""
    bars = max(1, min(score.bars, int(seconds * bpm / 60 / score.beats_per_bar)))
    end = bars * score.beats_per_bar
    depth, swung = rng.uniform(0.025, 0.075), rng.random() < 1 / 3
    period = rng.choice((4, 8)) * score.beats_per_bar
    turn = rng.uniform(0, 2 * math.pi)
    marks = [
        TempoMark(beat=beat / 2, bpm=bpm * (1 + depth * math.sin(2 * math.pi * beat / 2 / period + turn)))
        for beat in range(math.ceil(2 * end))
    ]
    swing = rng.choice((0.58, 0.62, 0.667)) if swung and score.meter in ("4/4", "2/4", "2/2") else 0.5
    parts = []
    for part in score.parts:
        notes = [
            Note(start=_swung(n.start, swing), pitch=n.pitch, velocity=max(1, min(127, n.velocity + rng.randint(-8, 8))),
                 duration=max(0.05, _swung(min(n.end, end), swing) - _swung(n.start, swing)))
            for n in part.notes if n.start < end - 1e-6
        ]  # fmt: skip
        parts.append(part.model_copy(update={"notes": notes, "synth": None}))
    chords = [
        c.model_copy(update={"duration": min(c.duration, end - c.start)}) for c in score.chords if c.start < end - 1e-6
    ]
    sections = [s for s in score.sections if s.start_bar <= bars]
    return score.model_copy(
        update={"tempo": marks, "bars": bars, "parts": parts, "chords": chords, "sections": sections, "swing": swing}
    )


def _swung(beat: float, swing: float) -> float:
    """Return where a beat of straight eighths lies when its first half takes ``swing`` of it."""
    whole, part = divmod(beat, 1.0)
    return whole + (part * 2 * swing if part < 0.5 else swing + (part - 0.5) * 2 * (1 - swing))


def _lead(tune: Score, program: int, name: str = "lead") -> Part:
    notes = [n.model_copy(update={"velocity": 96}) for part in tune.parts for n in part.notes]
    return Part(name=f"lead {name}", role="melody", program=program, notes=notes)


def _comping(tune: Score, comp: int, bass: int) -> Iterable[Part]:
    """Chords on every beat and the bass on every other, as the symbols say."""
    chords: list[Note] = []
    low: list[Note] = []
    for span in tune.chords:
        if span.symbol == "N":
            continue
        chord = parse_chord(span.symbol)
        for beat in range(max(1, round(span.duration))):
            start, length = span.start + beat, min(0.9, span.duration)
            if beat % 2 == 0:
                low.append(Note(start=start, duration=length, pitch=36 + chord.bass % 12, velocity=92))
            chords += [
                Note(start=start, duration=length, pitch=52 + (chord.root + step - 4) % 12, velocity=70)
                for step in QUALITIES[chord.quality]
            ]
    yield Part(name="chords", role="chords", program=comp, notes=_unique(chords))
    yield Part(name="bass", role="bass", stem="bass", program=bass, notes=low)


def _unique(notes: list[Note]) -> list[Note]:
    return list({(n.start, n.pitch): n for n in notes}.values())


def _beat(tune: Score) -> Part:
    """Kick on each bar's first beat, snare on its second half, hi-hat on eighths."""
    bar = tune.beats_per_bar
    notes = []
    for eighth in range(round(2 * tune.bars * bar)):
        place = (eighth / 2) % bar
        notes.append(Note(start=eighth / 2, duration=0.2, pitch=42, velocity=60 if eighth % 2 else 75))
        if place == 0:
            notes.append(Note(start=eighth / 2, duration=0.2, pitch=36, velocity=100))
        elif abs(place - bar / 2) < 1e-6:
            notes.append(Note(start=eighth / 2, duration=0.2, pitch=38, velocity=92))
    return Part(name="drums", role="drums", stem="drums", is_drum=True, notes=notes)


# -- what is true of a score ----------------------------------------------------------------------


def chords_of(score: Score) -> list[ChordSpan]:
    """Return the chords that are certain: the written symbols, or the beats whose notes are exactly a chord.

    Beats with passing notes get "X": nothing is asked of them.
    """
    if score.chords:
        return list(score.chords)
    shapes = {
        frozenset((root + step) % 12 for step in QUALITIES[quality]): (root, quality)
        for quality in ("m7", "maj7", "7", "dim", "m", "")
        for root in range(12)
    }
    names = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
    out = []
    for beat in range(math.ceil(score.beats)):
        sounding = {
            n.pitch % 12
            for part in score.parts
            if not part.is_drum
            for n in part.notes
            if min(n.end, beat + 1) - max(n.start, beat) > 0.15
        }
        root, quality = shapes.get(frozenset(sounding), (None, ""))
        out.append(ChordSpan(start=beat, duration=1, symbol="X" if root is None else names[root] + quality))
    return out
