"""Reading MusicXML (.musicxml, .xml, compressed .mxl) without trusting it.

Nothing is unpacked to disk, no entity is expanded, and sizes are checked before they are believed.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from segue.tools.core.errors import InvalidArgument, NotFound, UnreadableMedia
from segue.tools.core.instruments import find_instrument, of_program
from segue.tools.core.score import ChordSpan, Note, Part, Score, Section, TempoMark
from segue.tools.core.theory import Key, parse_chord
from segue.tools.music.keys import keyed
from segue.tools.music.midi import estimated_key
from segue.tools.music.musicxml import KINDS

MAX_PACKED = 8_000_000
MAX_UNPACKED = 24_000_000
MAX_NOTES = 80_000  # a whole symphony has about 60,000
MAX_TAGS = 2_400_000  # opening and closing: what that many notes need
MAX_DEPTH = 50
MAX_BEATS = 40_000.0
_HINT = "Export it again as MusicXML (.musicxml or .mxl) from the program that made it."
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_QUALITIES = {kind: quality for quality, (kind, degrees) in reversed(KINDS.items()) if not degrees}


class _Builder(ElementTree.TreeBuilder):
    """Builds the tree and stops where no score goes: 50 levels deep."""

    depth = 0

    def start(self, tag: Any, attrs: Any) -> ElementTree.Element:  # noqa: ANN401 - as in the standard library
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError("elements nested deeper than in any score")
        return super().start(tag, attrs)

    def end(self, tag: Any) -> ElementTree.Element:  # noqa: ANN401 - as in the standard library
        self.depth -= 1
        return super().end(tag)


@dataclass
class _Common:
    """What belongs to the whole score, gathered from all parts."""

    tempi: dict[float, float] = field(default_factory=dict)
    chords: dict[float, str] = field(default_factory=dict)
    sections: dict[int, str] = field(default_factory=dict)
    meter: str | None = None
    keys: dict[int, Key] = field(default_factory=dict)  # by measure, from 1
    measures: int = 0
    notes: int = 0


def read_musicxml(path: Path) -> Score:
    """Read a MusicXML file. Repeats are read once; grace notes are left out.

    Raises
    ------
    NotFound : there is no such file.
    UnreadableMedia : not MusicXML, broken, without a note, or beyond the limits on size, notes and length.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", "Check the name and the folder.")
    if path.stat().st_size > MAX_UNPACKED:
        raise UnreadableMedia(f"{path.name} is larger than {MAX_UNPACKED // 1_000_000} MB.", "Give a smaller score.")
    data = path.read_bytes()
    if data[:4] == b"PK\x03\x04":
        data = _unpacked(path)
    head = (
        data[:20_000].decode("utf-8", "replace")
        if data[:2] not in (b"\xff\xfe", b"\xfe\xff")
        else data[:20_000].decode("utf-16", "replace")
    )
    if "<!ENTITY" in head or b"<!ENTITY" in data or "<!ENTITY".encode("utf-16-le") in data:
        raise UnreadableMedia(f"{path.name} declares XML entities, which no score needs.", _HINT)
    try:
        if data.count(b"<note>") + data.count(b"<note ") > MAX_NOTES or data.count(b"<") > MAX_TAGS:
            raise ValueError(f"more than {MAX_NOTES} notes")
        parser = ElementTree.XMLParser(target=_Builder())
        parser.feed(data)
        return _score(parser.close(), path.stem)
    except ElementTree.ParseError as error:
        raise UnreadableMedia(f"{path.name} is not MusicXML that can be read ({error}).", _HINT) from error
    except (ValueError, OverflowError, ZeroDivisionError, RecursionError) as error:
        raise UnreadableMedia(f"{path.name} holds values that no score has ({error}).", _HINT) from error


def _unpacked(path: Path) -> bytes:
    """Return the score inside a .mxl: the container's root file, read with a limit on what comes out."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if path.stat().st_size > MAX_PACKED or len(names) > 500:
                raise UnreadableMedia(f"{path.name} is too large for a score.", "Give a smaller score.")
            chosen = None
            if "META-INF/container.xml" in names:
                container = _limited(archive, "META-INF/container.xml", 100_000, path)
                match = re.search(rb'full-path\s*=\s*["\']([^"\']+)["\']', container)
                chosen = match[1].decode("utf-8", "replace") if match else None
            if chosen not in names:
                chosen = next((n for n in names if n.endswith((".xml", ".musicxml")) and "META-INF" not in n), None)
            if chosen is None:
                raise UnreadableMedia(f"{path.name} holds no score.", _HINT)
            return _limited(archive, chosen, MAX_UNPACKED, path)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise UnreadableMedia(f"{path.name} is a broken .mxl file ({error}).", _HINT) from error


def _limited(archive: zipfile.ZipFile, name: str, limit: int, path: Path) -> bytes:
    """Read one member; what the header says about its size is not believed."""
    with archive.open(name) as source:
        data = source.read(limit + 1)
    if len(data) > limit:
        raise UnreadableMedia(f"{path.name} unpacks to more than {limit // 1_000_000} MB.", "Give a smaller score.")
    return data


def _score(root: ElementTree.Element, stem: str) -> Score:
    for element in root.iter():
        if "}" in str(element.tag):
            element.tag = str(element.tag).split("}", 1)[1]
    if root.tag != "score-partwise":
        what = "timewise MusicXML" if root.tag == "score-timewise" else "not a MusicXML score"
        raise ValueError(what)
    common = _Common()
    parts: list[Part] = []
    listed = {part.get("id", ""): part for part in root.iter("score-part")}
    for element in root.findall("part"):
        part = _part(element, listed.get(element.get("id", "")), common, {p.name for p in parts})
        if part.notes:
            parts.append(part)
    if not parts:
        raise UnreadableMedia(f"{stem} holds no notes.", "Give a score with at least one note.")
    tempo = [TempoMark(beat=beat, bpm=bpm) for beat, bpm in sorted(common.tempi.items())] or [TempoMark(bpm=120)]
    title = (root.findtext("work/work-title") or root.findtext("movement-title") or stem).strip()[:200]
    first = common.keys[min(common.keys)] if common.keys else estimated_key(parts)
    score = Score(title=title, tempo=tempo, key=str(first), meter=common.meter or "4/4",
                  bars=max(1, common.measures), parts=parts)  # fmt: skip
    score.bars = max(1, min(score.bars, 1 + int(score.beats // score.beats_per_bar)))
    score.bars = max(score.bars, -int(-max(n.end for p in parts for n in p.notes) // score.beats_per_bar))
    starts = sorted(common.chords)
    end = score.bars * score.beats_per_bar
    score.chords = [
        ChordSpan(start=start, duration=stop - start, symbol=common.chords[start])
        for start, stop in zip(starts, [*starts[1:], end], strict=False)
        if stop > start
    ]
    bars = sorted(bar for bar in common.sections if bar <= score.bars)
    score.sections = [
        Section(name=common.sections[bar], start_bar=bar, bars=after - bar)
        for bar, after in zip(bars, [*bars[1:], score.bars + 1], strict=False)
    ]
    changes = [(bar, str(key)) for bar, key in sorted(common.keys.items())]
    score.sections = keyed(score.sections, score.key, score.bars, changes)
    return score


def _part(element: ElementTree.Element, listed: ElementTree.Element | None, common: _Common, taken: set[str]) -> Part:
    reader = _Reader(common, listed)
    for number, measure in enumerate(element.findall("measure"), 1):
        reader.measure(measure, number)
    name = ((listed.findtext("part-name") if listed is not None else None) or "part").strip()[:60] or "part"
    program_text = listed.findtext("midi-instrument/midi-program") if listed is not None else None
    named = find_instrument(name)
    is_drum = reader.unpitched > len(reader.notes) / 2
    if program_text and program_text.strip().isdigit() and 1 <= int(program_text) <= 128:
        program = int(program_text) - 1
    else:
        program = named.program if named and named.is_drum == is_drum else 0
    instrument = (
        named if named and named.program == program and named.is_drum == is_drum else of_program(program, is_drum)
    )
    base, number = name, 2
    while name in taken:
        name, number = f"{base} {number}", number + 1
    return Part(name=name, role="drums" if is_drum else instrument.role, stem=instrument.stem, program=program,
                instrument=instrument.name, is_drum=is_drum,
                notes=sorted(reader.notes, key=lambda n: (n.start, n.pitch)))  # fmt: skip


class _Reader:
    """Reads one part, measure by measure."""

    def __init__(self, common: _Common, listed: ElementTree.Element | None) -> None:
        self.common = common
        self.notes: list[Note] = []
        self.unpitched = 0
        self.divisions = 1.0
        self.transpose = 0
        self.percussion = False  # its signature says nothing
        self.start = 0.0  # of the measure, in beats
        self.open: dict[int, int] = {}  # pitch → index of a tied note that goes on
        self.drums: dict[str, int] = {}
        for item in listed.iter("midi-instrument") if listed is not None else ():
            key = item.findtext("midi-unpitched")
            if key and key.strip().isdigit():
                self.drums[item.get("id", "")] = min(127, max(0, int(key) - 1))

    def measure(self, measure: ElementTree.Element, number: int) -> None:
        """Read one measure; its length is what its longest voice fills."""
        now = longest = last = 0.0
        for child in measure:
            if child.tag == "note":
                length = self._length(child)
                at = last if child.find("chord") is not None else now
                if child.find("grace") is None:
                    self._note(child, self.start + at, length)
                    if child.find("chord") is None:
                        last, now = now, now + length
            elif child.tag == "backup":
                now = max(0.0, now - self._length(child))
            elif child.tag == "forward":
                now += self._length(child)
            elif child.tag == "attributes":
                self._attributes(child, number)
            elif child.tag == "harmony":
                self._harmony(child, self.start + now)
            elif child.tag in ("direction", "sound"):
                self._direction(child, self.start + now, number)
            longest = max(longest, now)
        self.start += longest
        self.common.measures = max(self.common.measures, number)
        if self.start > MAX_BEATS:
            raise ValueError(f"more than {MAX_BEATS:.0f} beats")

    def _length(self, element: ElementTree.Element) -> float:
        text = element.findtext("duration")
        length = float(text) / self.divisions if text else 0.0
        if not 0 <= length <= 1000:
            raise ValueError(f"a duration of {length:g} beats")
        return length

    def _note(self, element: ElementTree.Element, start: float, length: float) -> None:
        if element.find("rest") is not None or length <= 0:
            return
        self.common.notes += 1
        if self.common.notes > MAX_NOTES:
            raise ValueError(f"more than {MAX_NOTES} notes")
        pitch = self._pitch(element)
        if not 0 <= pitch <= 127:
            return
        ties = {tie.get("type") for tie in element.findall("tie")}
        if "stop" in ties and pitch in self.open:
            index = self.open[pitch]
            before = self.notes[index]
            self.notes[index] = before.model_copy(
                update={"duration": max(before.duration, start + length - before.start)}
            )
            if "start" not in ties:
                del self.open[pitch]
            return
        lyric = element.findtext("lyric/text")
        if lyric and element.findtext("lyric/syllabic") in ("begin", "middle"):
            lyric += "-"
        self.notes.append(Note(start=start, duration=length, pitch=pitch, lyric=lyric or None))
        if "start" in ties:
            self.open[pitch] = len(self.notes) - 1

    def _pitch(self, element: ElementTree.Element) -> int:
        pitch = element.find("pitch")
        if pitch is None:
            self.unpitched += 1
            instrument = element.find("instrument")
            known = self.drums.get(instrument.get("id", "")) if instrument is not None else None
            return known if known is not None else 38
        step = _STEPS[(pitch.findtext("step") or "C").strip().upper()[:1] or "C"]
        alter = round(float(pitch.findtext("alter") or 0))
        return 12 * (int(pitch.findtext("octave") or 4) + 1) + step + alter + self.transpose

    def _attributes(self, element: ElementTree.Element, number: int) -> None:
        divisions = element.findtext("divisions")
        if divisions:
            self.divisions = float(divisions)
            if not 0 < self.divisions <= 1_000_000:
                raise ValueError(f"{divisions} divisions")
        beats, unit = element.findtext("time/beats"), element.findtext("time/beat-type")
        if self.common.meter is None and beats and unit:
            total = sum(int(number) for number in re.findall(r"\d+", beats))
            if 0 < total < 100 and unit.strip() in ("1", "2", "4", "8", "16", "32"):
                self.common.meter = f"{total}/{unit.strip()}"
        if element.find("transpose") is not None:
            self.transpose = round(float(element.findtext("transpose/chromatic") or 0)) + 12 * int(
                element.findtext("transpose/octave-change") or 0
            )
        self.percussion |= any(sign.text == "percussion" for sign in element.iter("sign"))
        fifths = element.findtext("key/fifths")
        if fifths and abs(int(fifths)) <= 7 and not self.percussion:
            major = int(fifths) * 7 % 12
            mode = (element.findtext("key/mode") or "major").strip().lower()
            offsets = {"major": 0, "minor": 9, "dorian": 2, "phrygian": 4, "lydian": 5, "mixolydian": 7, "locrian": 11}
            key = Key((major + offsets.get(mode, 0)) % 12, mode if mode in offsets else "major")
            self.common.keys.setdefault(number, key.transposed(self.transpose))

    def _direction(self, element: ElementTree.Element, at: float, number: int) -> None:
        offset = element.findtext("offset")
        at = max(0.0, at + (float(offset) / self.divisions if offset else 0.0))
        for sound in _with_self(element, "sound"):
            tempo = sound.get("tempo")
            if tempo and 5 <= float(tempo) <= 999:
                self.common.tempi.setdefault(at, float(tempo))
        rehearsal = element.findtext("direction-type/rehearsal")
        if rehearsal and rehearsal.strip():
            self.common.sections.setdefault(number, rehearsal.strip()[:60])

    def _harmony(self, element: ElementTree.Element, at: float) -> None:
        offset = element.findtext("offset")
        at = max(0.0, at + (float(offset) / self.divisions if offset else 0.0))
        symbol = _symbol(element)
        if symbol:
            self.common.chords.setdefault(at, symbol)


def _with_self(element: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    if element.tag == tag:
        yield element
    yield from element.findall(tag)


def _symbol(element: ElementTree.Element) -> str | None:
    """Return a chord symbol: from the kind's own text where that can be read, else from its name."""
    kind = element.find("kind")
    if kind is None:
        return None
    if (kind.text or "").strip() == "none":
        return "N"
    root, bass = _name(element, "root"), _name(element, "bass")
    if root is None:
        return None
    slash = f"/{bass}" if bass and bass != root else ""
    for quality in (kind.get("text"), _QUALITIES.get((kind.text or "").strip())):
        if quality is not None:
            try:
                return parse_chord(root + quality + slash).symbol
            except InvalidArgument:
                continue
    return root + slash


def _name(element: ElementTree.Element, what: str) -> str | None:
    step = (element.findtext(f"{what}/{what}-step") or "").strip()
    if step not in _STEPS:
        return None
    alter = round(float(element.findtext(f"{what}/{what}-alter") or 0))
    return step + ("#" * alter if alter > 0 else "b" * -alter)
