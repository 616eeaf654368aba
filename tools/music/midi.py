"""Standard MIDI files: writing with mido, reading with a reader of our own that cannot be made to hang.

What is written is the performance (``Note.shift_s`` included); what is read is split again into a
notated start on sixteenths or triplets and the deviation from it, so that nothing is lost.
"""

import io
import re
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from segue.tools.core.errors import InvalidArgument, NotFound, UnreadableMedia
from segue.tools.core.instruments import of_program
from segue.tools.core.score import ChordSpan, Clock, Note, Part, Score, Section, TempoMark
from segue.tools.core.theory import Key, best_key, parse_chord, parse_key
from segue.tools.music.keys import keyed
from segue.tools.music.quantise import notated_starts

TICKS = 480  # a beat
MAX_BYTES = 4_000_000
MAX_EVENTS = 150_000  # an hour of a dense orchestra has 100,000
MAX_TEMPI = 20_000
MAX_PARTS = 200
_MINOR_BY_FIFTHS = ("Abm", "Ebm", "Bbm", "Fm", "Cm", "Gm", "Dm", "Am", "Em", "Bm", "F#m", "C#m", "G#m", "D#m", "A#m")
_MAJOR_BY_FIFTHS = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")


# -- writing -----------------------------------------------------------------------------------


def midi_bytes(score: Score) -> bytes:
    """Return the score as a Standard MIDI File, format 1.

    The first track has title, tempo map, meter, keys, section names (markers) and chord symbols (texts);
    then comes one track a part with its name, program, volume, pan, reverb and lyrics.
    """
    import mido

    file = mido.MidiFile(type=1, ticks_per_beat=TICKS, charset="utf-8")
    upper, lower = (int(number) for number in score.meter.split("/"))
    meta: list[tuple[int, int, mido.MetaMessage]] = [
        (0, 0, mido.MetaMessage("track_name", name=score.title or "Segue")),
        (0, 1, mido.MetaMessage("time_signature", numerator=upper, denominator=lower)),
    ]
    for bar, name in score.key_changes():
        key, tick = parse_key(name), round(score.bar_beat(bar) * TICKS)
        names = _MINOR_BY_FIFTHS if key.is_minor else _MAJOR_BY_FIFTHS
        meta.append((tick, 2, mido.MetaMessage("key_signature", key=names[key.fifths + 7])))
        meta.append((tick, 3, mido.MetaMessage("text", text=f"key: {name}")))
    for mark in score.tempo:
        micros = min(0xFFFFFF, max(1, round(60_000_000 / mark.bpm)))
        meta.append((round(mark.beat * TICKS), 4, mido.MetaMessage("set_tempo", tempo=micros)))
    for section in score.sections:
        tick = round(score.bar_beat(section.start_bar) * TICKS)
        meta.append((tick, 5, mido.MetaMessage("marker", text=section.name)))
    for chord in score.chords:
        meta.append((round(chord.start * TICKS), 6, mido.MetaMessage("text", text=f"chord: {chord.symbol}")))
    end = round(score.bars * score.beats_per_bar * TICKS)
    file.tracks.append(_track(meta, end))
    clock = score.clock()
    for number, part in enumerate(score.parts):
        file.tracks.append(_track(_part_events(part, clock, number, score), end))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _part_events(part: Part, clock: Clock, number: int, score: Score) -> list[tuple[int, int, object]]:
    import mido

    melodic = sum(not other.is_drum for other in score.parts[:number])
    free = [channel for channel in range(16) if channel != 9]
    channel = 9 if part.is_drum else free[melodic % 15]
    events: list[tuple[int, int, object]] = [(0, 0, mido.MetaMessage("track_name", name=part.name))]
    if part.instrument:
        events.append((0, 0, mido.MetaMessage("instrument_name", name=part.instrument)))
    if melodic >= 15:  # more players than channels: the sixteenth starts a second port
        events.append((0, 0, mido.MetaMessage("midi_port", port=min(255, melodic // 15))))
    volume = max(0, min(127, round(100 * 10 ** (part.gain_db / 40))))
    for control, value in ((7, volume), (10, round(63.5 + 63.5 * part.pan)), (91, round(127 * part.reverb))):
        events.append((0, 1, mido.Message("control_change", channel=channel, control=control, value=value)))
    events.append((0, 1, mido.Message("program_change", channel=channel, program=part.program)))
    for note in part.notes:
        on = _tick(clock, note.start, note.shift_s)
        off = max(on + 1, _tick(clock, note.end, note.shift_s))
        if note.lyric:
            events.append((on, 3, mido.MetaMessage("lyrics", text=note.lyric)))
        events.append((on, 4, mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)))
        events.append((off, 2, mido.Message("note_off", channel=channel, note=note.pitch, velocity=0)))
    return events


def _tick(clock: Clock, beat: float, shift_s: float) -> int:
    when = clock.beat(max(0.0, clock.seconds(beat) + shift_s)) if shift_s else beat
    return max(0, round(when * TICKS))


def _track(events: Iterable[tuple[int, int, object]], end: int) -> object:
    """Sort by time, then ends before lyrics before beginnings; turn into deltas."""
    import mido

    track, now = mido.MidiTrack(), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))  # type: ignore[attr-defined]
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track


# -- reading -----------------------------------------------------------------------------------


@dataclass
class _Voice:
    """The notes of one channel on one track, with what was said about it."""

    channel: int
    name: str = ""
    program: int | None = None
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)  # on, off, pitch, velocity
    lyrics: dict[int, str] = field(default_factory=dict)


@dataclass
class _File:
    """Everything of interest in a file, in ticks."""

    division: int
    tempi: list[tuple[int, int]] = field(default_factory=list)  # tick, microseconds a beat
    meter: str | None = None
    keys: list[tuple[int, Key]] = field(default_factory=list)  # tick, key
    title: str = ""
    texts: list[tuple[int, str]] = field(default_factory=list)
    markers: list[tuple[int, str]] = field(default_factory=list)
    voices: list[_Voice] = field(default_factory=list)
    last_tick: int = 0
    events: int = 0


def read_midi(path: Path, max_s: float = 7200.0) -> Score:
    """Read a Standard MIDI File.

    Onsets are notated on the nearest sixteenth or eighth triplet, beat by beat; what is left of them is
    ``shift_s``. Where no key is given it is estimated from the notes.

    Raises
    ------
    NotFound : there is no such file.
    UnreadableMedia : not a MIDI file, broken, without a note, or beyond the limits on size, events and time.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", "Check the name and the folder.")
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableMedia(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB.", "Give a smaller MIDI file.")
    try:
        file = _parse(path.read_bytes())
    except (IndexError, struct.error, ValueError) as error:
        raise UnreadableMedia(f"{path.name} is not a MIDI file that can be read ({error}).", _HINT) from error
    return _score(file, path.stem, max_s)


_HINT = "Give a Standard MIDI File (.mid), or export it again from the program that made it."


def _parse(data: bytes) -> _File:
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        data = data[20:]
    if data[:4] != b"MThd":
        raise ValueError("no MThd header")
    size, _, tracks, division = struct.unpack_from(">IHHH", data, 4)
    if division & 0x8000:  # SMPTE: frames a second, ticks a frame; at 120 bpm a beat is half a second
        division = max(1, (256 - (division >> 8)) * (division & 0xFF) // 2)
    if division == 0:
        raise ValueError("0 ticks a beat")
    file, at = _File(division), 8 + size
    for number in range(tracks):
        while data[at : at + 4] != b"MTrk":
            if at + 8 > len(data):
                return file if number else _no_tracks()
            at += 8 + int(struct.unpack_from(">I", data, at + 4)[0])
        length = struct.unpack_from(">I", data, at + 4)[0]
        _parse_track(data, at + 8, min(len(data), at + 8 + length), number, file)
        at += 8 + length
    return file


def _no_tracks() -> _File:
    raise ValueError("no tracks")


def _parse_track(data: bytes, at: int, end: int, number: int, file: _File) -> None:
    tick = status = 0
    name = ""
    voices: dict[int, _Voice] = {}
    sounding: dict[tuple[int, int], tuple[int, int]] = {}
    lyrics: dict[int, str] = {}
    while at < end:
        delta, at = _variable(data, at)
        tick += delta
        file.events += 1
        if file.events > MAX_EVENTS:
            raise ValueError(f"more than {MAX_EVENTS} events")
        if data[at] & 0x80:
            status, at = data[at], at + 1
        if status == 0xFF:
            kind = data[at]
            size, at = _variable(data, at + 1)
            body, at = data[at : at + size], at + size
            if kind == 0x2F:
                break
            if kind in (0x03, 0x04) and not name:
                name = _text(body)
            if kind == 0x05:
                lyrics[tick] = _text(body)
            _meta(kind, body, tick, number, file)
        elif status in (0xF0, 0xF7):
            size, at = _variable(data, at)
            at += size
        elif status >= 0xF0 or status < 0x80:
            raise ValueError("a byte where an event should start")
        else:
            command, channel = status & 0xF0, status & 0x0F
            first, second = data[at] & 0x7F, 0
            at += 1
            if command not in (0xC0, 0xD0):
                second, at = data[at] & 0x7F, at + 1
            voice = voices.setdefault(channel, _Voice(channel))
            if command == 0xC0 and voice.program is None:
                voice.program = first
            elif command in (0x80, 0x90):
                before = sounding.pop((channel, first), None)
                if before and tick > before[0]:
                    voice.notes.append((before[0], tick, first, before[1]))
                if command == 0x90 and second:
                    sounding[(channel, first)] = (tick, second)
    for (channel, pitch), (on, velocity) in sounding.items():
        voices[channel].notes.append((on, max(tick, on + 1), pitch, velocity))
    file.last_tick = max(file.last_tick, tick)
    for voice in voices.values():
        voice.name, voice.lyrics = name, lyrics
        file.voices.append(voice)


def _meta(kind: int, body: bytes, tick: int, number: int, file: _File) -> None:
    if kind == 0x51 and len(body) == 3:
        file.tempi.append((tick, max(1, int.from_bytes(body, "big"))))
        if len(file.tempi) > MAX_TEMPI:
            raise ValueError(f"more than {MAX_TEMPI} tempo changes")
    elif kind == 0x58 and len(body) >= 2 and file.meter is None and 0 < body[0] < 100 and body[1] <= 5:
        file.meter = f"{body[0]}/{2 ** body[1]}"
    elif kind == 0x59 and len(body) >= 2 and len(file.keys) < MAX_TEMPI:
        fifths = int.from_bytes(body[:1], "big", signed=True)
        if -7 <= fifths <= 7:
            tonic = fifths * 7 % 12
            file.keys.append((tick, Key((tonic + 9) % 12, "minor") if body[1] else Key(tonic)))
    elif kind == 0x01 and len(file.texts) < MAX_TEMPI:
        file.texts.append((tick, _text(body)))
    elif kind == 0x06 and len(file.markers) < MAX_TEMPI:
        file.markers.append((tick, _text(body)))
    elif kind == 0x03 and number == 0 and not file.title:
        file.title = _text(body)


def _variable(data: bytes, at: int) -> tuple[int, int]:
    """Read a variable-length quantity: at most four bytes."""
    value = 0
    for _ in range(4):
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at
    raise ValueError("a number of more than four bytes")


def _text(body: bytes) -> str:
    try:
        text = body[:400].decode("utf-8")
    except UnicodeDecodeError:
        text = body[:400].decode("latin-1")
    return re.sub(r"[\x00-\x1f\x7f]", " ", text).strip()


def _score(file: _File, stem: str, max_s: float) -> Score:
    marks = [TempoMark(beat=tick / file.division, bpm=min(999.0, 60e6 / micros)) for tick, micros in file.tempi]
    by_beat = {mark.beat: mark for mark in marks} or {0.0: TempoMark(bpm=120)}
    tempo = [by_beat[beat] for beat in sorted(by_beat)]
    clock = Clock(tempo)
    voices = [voice for voice in file.voices if voice.notes]
    last = max((off for voice in voices for _, off, _, _ in voice.notes), default=0) / file.division
    if not voices:
        raise UnreadableMedia(f"{stem} holds no notes.", "Give a MIDI file with at least one note.")
    if len(voices) > MAX_PARTS:
        raise UnreadableMedia(f"{stem} has {len(voices)} parts; the limit is {MAX_PARTS}.", "Join some of its tracks.")
    if clock.seconds(last) > max_s or last > 100_000:
        raise UnreadableMedia(
            f"{stem} lasts {clock.seconds(last) / 60:.0f} minutes; the limit is {max_s / 60:.0f}.",
            "Cut it, or raise the setting max_input_s.",
        )
    parts: list[Part] = []
    for voice in voices:
        parts.append(_part(voice, clock, file.division, {part.name for part in parts}))
    keys = _keys(file)
    first = keys[min(keys)] if keys else estimated_key(parts)
    score = Score(title=file.title or stem, tempo=tempo, key=str(first), meter=file.meter or "4/4", parts=parts)
    # The last note's release hangs over the bar line in many files: a sixteenth is forgiven.
    bars = max(1, -int(-max(0.0, last - 0.26) // score.beats_per_bar))
    score.bars = max(bars, int((file.last_tick / file.division + 0.001) // score.beats_per_bar))
    score.bars = min(score.bars, bars + 8)
    score.chords = _chords(file, score.bars * score.beats_per_bar)
    bar = score.beats_per_bar * file.division
    changes = [(1 + round(tick / bar), str(key)) for tick, key in sorted(keys.items())]
    score.sections = keyed(_sections(file, score), score.key, score.bars, changes)
    return score


def _keys(file: _File) -> dict[int, Key]:
    """Return the keys by tick; the texts of our own files know modes that a signature cannot say."""
    keys = dict(reversed(file.keys))
    for tick, text in file.texts:
        if text.startswith("key: "):
            try:
                keys[tick] = parse_key(text[5:])
            except InvalidArgument:
                continue
    return keys


def _part(voice: _Voice, clock: Clock, division: int, taken: set[str]) -> Part:
    is_drum, program = voice.channel == 9, voice.program or 0
    instrument = of_program(program, is_drum)
    name = base = (voice.name or instrument.name)[:60] or "part"
    number = 2
    while name in taken:
        name, number = f"{base} {number}", number + 1
    events = sorted(voice.notes)
    beats = [on / division for on, _, _, _ in events]
    notes = [
        Note(start=start, duration=(off - on) / division, pitch=pitch, velocity=velocity,
             shift_s=round(clock.seconds(beat) - clock.seconds(start), 6), lyric=voice.lyrics.get(on) or None)
        for (on, off, pitch, velocity), beat, start in zip(events, beats, notated_starts(beats), strict=True)
    ]  # fmt: skip
    role = "drums" if is_drum else _role(instrument.role, notes)
    return Part(name=name, role=role, stem=instrument.stem, instrument=instrument.name, program=program,
                is_drum=is_drum, notes=sorted(notes, key=lambda note: (note.start, note.pitch)))  # fmt: skip


def _role(usual: str, notes: list[Note]) -> str:
    """A single line on a chord instrument is a melody, or a bass where it lies low."""
    onsets = Counter(note.start for note in notes)
    pitch = sorted(note.pitch for note in notes)[len(notes) // 2]
    if len(notes) / len(onsets) < 1.2:
        if pitch < 48:
            return "bass"
        return "melody" if usual in ("chords", "pad", "other") else usual
    return "chords" if usual in ("melody", "bass", "other") else usual


def estimated_key(parts: Iterable[Part]) -> Key:
    """Return the key that the notes of the pitched parts fit best, by duration; C major without any."""
    weights = [0.0] * 12
    for part in parts:
        if not part.is_drum:
            for note in part.notes:
                weights[note.pitch % 12] += min(note.duration, 4.0)
    return best_key(weights)[0] if any(weights) else Key(0)


def _chords(file: _File, end: float) -> list[ChordSpan]:
    found: list[tuple[float, str]] = []
    for tick, text in file.texts:
        if text.startswith("chord: ") and tick / file.division < end:
            symbol = text[7:]
            try:
                found.append((tick / file.division, symbol if symbol == "N" else parse_chord(symbol).symbol))
            except InvalidArgument:
                continue
    found.sort(key=lambda pair: pair[0])
    ends = [start for start, _ in found[1:]] + [end]
    return [
        ChordSpan(start=start, duration=stop - start, symbol=symbol)
        for (start, symbol), stop in zip(found, ends, strict=False)
        if stop > start
    ]


def _sections(file: _File, score: Score) -> list[Section]:
    starts = {
        1 + round(tick / file.division / score.beats_per_bar): text[:60] for tick, text in file.markers if text.strip()
    }
    bars = sorted(bar for bar in starts if bar <= score.bars)
    return [
        Section(name=starts[bar], start_bar=bar, bars=after - bar)
        for bar, after in zip(bars, [*bars[1:], score.bars + 1], strict=False)
    ]
