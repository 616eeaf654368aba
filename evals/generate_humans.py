"""Human scores through the same estimators: what the figures of ``segue eval generate`` are to be read against.

The scores ship inside music21: Bach chorales, string quartets and folk tunes whose key, mode and meter are written
in them. They have no tempo, so each is played evenly at one drawn from a range that is usual for its kind.
"""

import random
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.evals.generate_estimators import Bare, bare_notes, chord_of, key_of, pulse_of, stripped, third_of
from segue.evals.humans import corpus
from segue.tools.core.errors import SegueError
from segue.tools.core.score import TempoMark
from segue.tools.core.theory import Key, parse_key
from segue.tools.music.midi import read_midi
from segue.tools.music.musicxml_read import read_musicxml

SEED = 20260608
# Kind → where its files are, how many are taken, and between which tempi they are played (quarter notes a minute).
_KINDS: dict[str, tuple[tuple[str, ...], int, tuple[int, int]]] = {
    "chorales": (("bach/*.mxl",), 80, (60, 100)),
    "quartets": (("haydn/*/*.mxl", "mozart/*/*.mxl", "beethoven/*/*.mxl"), 30, (70, 150)),
    "folk tunes": (("ryansMammoth/*.abc",), 40, (80, 180)),
}
_SAME_BAR = {"2/2": "4/4"}
_KNOWN = ("2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "12/8")
_LEAST, _MOST = 60, 4000  # notes
# Bach chorales with Roman numerals by Andrew Jones in the corpus: number of the analysis → file of the notes.
_ANALYSED = {1: "bwv269", 2: "bwv347", 5: "bwv267", 6: "bwv281"}


@dataclass(frozen=True)
class Human:
    """A human score as bare notes, with what its page says and the tempo it was played at."""

    name: str
    kind: str
    notes: Bare
    key: Key | None
    meter: str
    bpm: float


def humans(limit: int | None = None) -> Iterator[Human]:
    """Yield the sample in a fixed order; ``limit`` shortens each kind."""
    warnings.filterwarnings("ignore", module="music21")
    for kind, (patterns, count, tempi) in _KINDS.items():
        rng = random.Random(f"{SEED}:{kind}")
        paths = sorted(path for pattern in patterns for path in corpus().glob(pattern))
        rng.shuffle(paths)
        left = min(count, limit or count)
        for path in paths:
            bpm = float(rng.randint(*tempi))
            found = _tune(path, kind, bpm) if path.suffix == ".abc" else _in_parts(path, kind, bpm)
            if found is not None and _LEAST <= len(found.notes.start) <= _MOST and found.meter in _KNOWN:
                yield found
                left -= 1
            if not left:
                break


def _in_parts(path: Path, kind: str, bpm: float) -> Human | None:
    """Return a score in parts; None where its mode is not written or its meter changes."""
    with zipfile.ZipFile(path) as packed:
        text = "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist() if "META" not in name)
    meters = set(re.findall(r"<beats>(\d+)</beats>\s*<beat-type>(\d+)<", text))
    if len(meters) != 1 or not re.search(r"<mode>(major|minor)</mode>", text):
        return None
    try:
        score = read_musicxml(path)
    except SegueError:  # a few files are beyond what the reader takes
        return None
    played = score.model_copy(update={"tempo": [TempoMark(bpm=bpm)]})
    meter = _SAME_BAR.get(score.meter, score.meter)
    return Human(path.stem, kind, stripped(played), parse_key(score.key), meter, bpm)


def _tune(path: Path, kind: str, bpm: float) -> Human | None:
    """Return a single tune in ABC; None where its mode is not written or its meter changes."""
    from music21 import converter
    from music21.key import Key as WrittenKey

    score: Any = converter.parse(path)
    meters = {mark.ratioString for mark in score.recurse().getElementsByClass("TimeSignature")}
    keys = [key for key in score.recurse().getElementsByClass("KeySignature") if isinstance(key, WrittenKey)]
    if len(meters) != 1 or not keys or not hasattr(score, "parts"):
        return None
    beat = 60.0 / bpm
    rows = [
        (float(note.offset) * beat, float(note.offset + note.quarterLength) * beat, note.pitches[0].midi, 80.0, False)
        for part in score.parts
        for note in part.flatten().notes
        if note.quarterLength > 0
    ]
    meter = _SAME_BAR.get(min(meters), min(meters))
    return Human(path.stem, kind, bare_notes(rows), Key(keys[0].tonic.pitchClass, keys[0].mode), meter, bpm)


def popular(folder: Path) -> Iterator[Human]:
    """Yield the MIDI files of a folder whose meter is known here and whose tempo stays within 2 %; keys are rarely written."""
    for path in sorted(folder.rglob("*.mid")):
        try:
            score = read_midi(path)
        except SegueError:
            continue
        tempi = [mark.bpm for mark in score.tempo]
        notes = stripped(score)
        if score.meter in _KNOWN and max(tempi) <= 1.02 * min(tempi) and len(notes.start) >= _LEAST:
            yield Human(path.stem, "MIDI files (--data-home)", notes, None, score.meter, score.bpm)


def estimated(human: Human) -> tuple[Key | None, float | None, str | None]:
    """Return key, tempo and meter as the estimators find them in one human score."""
    pulse = pulse_of(human.notes)
    return key_of(human.notes), pulse.bpm if pulse else None, pulse.meter if pulse else None


def chords_found(limit: int = len(_ANALYSED)) -> tuple[int, int]:
    """Return how many chords of analysed chorales the template finds (root and third), and of how many."""
    from music21 import converter

    warnings.filterwarnings("ignore", module="music21")
    right = total = 0
    for number, name in list(_ANALYSED.items())[:limit]:
        notes = stripped(
            read_musicxml(corpus() / "bach" / f"{name}.mxl").model_copy(update={"tempo": [TempoMark(bpm=60)]})
        )
        analysis: Any = converter.parse(corpus() / "bach" / "choraleAnalyses" / f"riemenschneider{number:03d}.rntxt")
        for numeral in analysis.recurse().getElementsByClass("RomanNumeral"):
            start = float(numeral.getOffsetInHierarchy(analysis))
            found = chord_of(notes, start, start + float(numeral.quarterLength))
            minor = numeral.quality in ("minor", "diminished")
            total += 1
            right += (
                found is not None and found[0] == numeral.root().pitchClass and (third_of(found[1]) == "minor") == minor
            )
    return right, total
