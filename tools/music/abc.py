"""Reading ABC notation (standard 2.1) without trusting it: what language models write, and people.

music21 parses it, and what it finds goes through MusicXML and the reader for that, with its limits on size, notes and length.
Repeats are played out (in tunes of three bars and more, where music21 sees the bars). Of the directives only ``%%MIDI program`` is followed.
"""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segue.tools.core.errors import UnreadableMedia
from segue.tools.core.instruments import Instrument, find_instrument, of_program
from segue.tools.core.score import Part, Score
from segue.tools.music.musicxml_read import read_musicxml

MAX_LETTERS = 4_000  # all of them notes, they take ten seconds to parse; a tune of 64 bars has about 2,000
_HINT = "ABC has a header (X:, M:, L:, K:) and then bars of notes."
_FIELD = re.compile(r"^([A-Za-z]):\s*(.*)$")
_KEPT = frozenset("XTCMLQKVwP")  # header and body fields that say something about the sound


def tune_in(text: str) -> str:
    """Return the first ABC tune in a text: from its first header line to an empty line or the end of the notes; "" for none."""
    lines = [line.strip() for line in text.replace("\r", "").split("\n")]
    start = next((n for n, line in enumerate(lines) if re.match(r"^[XTMLQKV]:\s*\S", line)), None)
    if start is None:
        return ""
    tune: list[str] = []
    for line in lines[start:]:
        if tune and (line == "" or line.startswith("```") or (line.startswith("X:") and len(tune) > 1)):
            if any(kept.startswith("K:") for kept in tune):
                break
            continue
        tune.append(line)
    return "\n".join(tune)


def read_abc(text: str, title: str = "") -> Score:
    """Return the score of an ABC tune.

    Parameters
    ----------
    text : one tune; what stands before and after it is left out.
    title : used where the tune has none.

    Raises
    ------
    UnreadableMedia : no tune, one that cannot be parsed, without notes, or beyond the limits.
    """
    from music21 import converter
    from music21.exceptions21 import Music21Exception
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    if len(text) > MAX_LETTERS:
        raise UnreadableMedia(f"The ABC is longer than {MAX_LETTERS} letters.", "Give a shorter tune.")
    tune = _clean(tune_in(text))
    try:
        parsed = _played_out(converter.parse(tune, format="abc"))
        data = GeneralObjectExporter(parsed).parse()
    except (Music21Exception, ValueError, TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError, RecursionError) as error:  # fmt: skip
        raise UnreadableMedia(f"This is not ABC that can be read ({_short(error)}).", _HINT) from error
    with tempfile.TemporaryDirectory(prefix="segue-abc-") as folder:
        path = Path(folder) / "tune.musicxml"
        path.write_bytes(data)
        score = read_musicxml(path)
    named = next((line[2:].strip() for line in tune.split("\n") if line.startswith("T:") and line[2:].strip()), title)
    return score.model_copy(update={"title": named[:200], "parts": _players(score.parts, _voices(tune_in(text)))})


def _clean(tune: str) -> str:
    """Return a tune with the fields that every reader needs, and without those that only cost time."""
    if not tune:
        raise UnreadableMedia("There is no ABC in this text.", _HINT)
    if re.search(r"\d{4,}", re.sub(r"^[A-Z]:.*$|^%.*$", "", tune, flags=re.MULTILINE)):
        raise UnreadableMedia("The ABC holds a note length that no music has.", _HINT)
    lines = []
    for line in tune.split("\n"):
        field = _FIELD.match(line)
        if not line.startswith("%") and (field is None or field[1] in _KEPT):
            lines.append(re.sub(r"%.*$", "", line))
    if not any(line.startswith("K:") for line in lines):
        raise UnreadableMedia("The ABC names no key (K:).", _HINT)
    if not any(line.startswith("L:") for line in lines):
        # The standard's own rule: sixteenths where a bar is shorter than three quarters of a whole note.
        meter = next((m for line in lines if (m := re.match(r"M:\s*(\d+)/(\d+)", line))), None)
        lines.insert(0, "L:1/16" if meter and int(meter[1]) < 0.75 * int(meter[2]) else "L:1/8")
    return "\n".join(["X:1", *(line for line in lines if not line.startswith("X:"))])


def _played_out(parsed: Any) -> Any:  # noqa: ANN401 - a stream of music21
    """Return a parsed tune with its repeats written out; with repeats that do not close it stays as it is."""
    from music21.exceptions21 import Music21Exception

    scores = getattr(parsed, "scores", None)
    first = scores[0] if scores else parsed
    try:
        return first.expandRepeats()
    except (Music21Exception, ValueError, IndexError, AttributeError):
        return first


def _voices(tune: str) -> list[Instrument | None]:
    """Return the instruments that a tune names for its voices, in their order: by name, or by General MIDI program."""
    found: dict[str, Instrument | None] = {}
    voice = "1"
    for line in tune.split("\n"):
        if header := re.match(r"V:\s*(\S+)", line):
            voice = header[1]
            name = re.search(r'\b(?:name|nm)="([^"]*)"', line)
            found[voice] = (find_instrument(name[1]) if name else None) or found.get(voice)
        elif program := re.match(r"%%MIDI\s+program\s+(?:\d+\s+)?(\d{1,3})\s*$", line):
            found[voice] = found.get(voice) or of_program(min(127, int(program[1])))
    return list(found.values())


def _players(parts: list[Part], voices: Sequence[Instrument | None]) -> list[Part]:
    """Return the parts with the instruments that the voices name, and roles by how high they lie."""
    heights = [sum(note.pitch for note in part.notes) / len(part.notes) for part in parts]
    found: list[Part] = []
    for number, part in enumerate(parts):
        named = voices[number] if number < len(voices) else None
        instrument = named or of_program(part.program, part.is_drum)
        role = "melody" if heights[number] == max(heights) else "bass" if heights[number] < 50 else "counter"
        found.append(playing(part, instrument, {other.name for other in found}, role))
    return found


def playing(part: Part, instrument: Instrument, taken: set[str], role: str | None = None) -> Part:
    """Return a part played on an instrument, under a name that is not taken."""
    name, number = instrument.name, 2
    while name in taken:
        name, number = f"{instrument.name} {number}", number + 1
    return part.model_copy(update={
        "name": name, "instrument": instrument.name, "program": instrument.program, "stem": instrument.stem,
        "role": role or part.role, "is_drum": instrument.is_drum, "synth": instrument.synth,
    })  # fmt: skip


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
