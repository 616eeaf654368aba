"""MIDI out and in, and files that mean harm."""

import io
import struct
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.tools.core.errors import NotFound, UnreadableMedia
from segue.tools.core.score import Note, Part, Score, TempoMark
from segue.tools.music.notation import midi_bytes, read_midi
from tests.render_support import make_score


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(midi_bytes(make_score()))
    return path


def facts(part):
    return sorted((round(n.start, 4), round(n.duration, 2), n.pitch, n.velocity) for n in part.notes)


def test_what_is_written_is_read(written):
    score, read = make_score(), read_midi(written)
    assert (read.title, read.key, read.meter, read.bars, read.bpm) == ("Four chords", "A minor", "4/4", 4, 120)
    assert [(c.start, c.duration, c.symbol) for c in read.chords] == [
        (c.start, c.duration, c.symbol) for c in score.chords
    ]
    assert [(s.name, s.start_bar, s.bars) for s in read.sections] == [("verse", 1, 2), ("chorus", 3, 2)]
    for before, after in zip(score.parts, read.parts, strict=True):
        assert (before.name, before.program, before.is_drum, before.role) == (
            after.name, after.program, after.is_drum, after.role)  # fmt: skip
        assert facts(before) == facts(after)


def test_mido_reads_what_we_write(written):
    file = mido.MidiFile(written)
    assert file.type == 1
    assert len(file.tracks) == 5
    kinds = {message.type for message in file.tracks[0]}
    assert {"set_tempo", "time_signature", "key_signature", "marker", "track_name"} <= kinds
    assert {m.channel for m in file.tracks[1] if m.type == "note_on"} == {9}
    assert next(m.program for m in file.tracks[4] if m.type == "program_change") == 73
    assert file.length == pytest.approx(8.0, abs=0.01)


def test_tempo_map_swing_and_lyrics(tmp_path):
    notes = [Note(start=i / 2, duration=0.5, pitch=60 + i, shift_s=0.03 if i % 2 else -0.004, lyric=f"la{i}")
             for i in range(8)]  # fmt: skip
    score = Score(tempo=[TempoMark(bpm=100), TempoMark(beat=2, bpm=140)], key="Bb major", meter="3/4", bars=2,
                  parts=[Part(name="voice", role="melody", program=52, notes=notes)])  # fmt: skip
    path = tmp_path / "x.mid"
    path.write_bytes(midi_bytes(score))
    read = read_midi(path)
    assert [(m.beat, round(m.bpm, 2)) for m in read.tempo] == [(0, 100), (2, 140)]
    assert (read.key, read.meter) == ("Bb major", "3/4")
    before, after = score.clock(), read.clock()
    for a, b in zip(notes, read.parts[0].notes, strict=True):
        assert b.start == pytest.approx(a.start)
        assert b.lyric == a.lyric
        played = max(0.0, before.seconds(a.start) + a.shift_s)
        assert after.seconds(b.start) + b.shift_s == pytest.approx(played, abs=0.002)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 40), st.floats(0.05, 6), st.integers(0, 127)), min_size=1, max_size=40))
def test_any_performance_keeps_its_onsets(tmp_path_factory, events):
    notes = [Note(start=start, duration=duration, pitch=pitch) for start, duration, pitch in events]
    path = tmp_path_factory.mktemp("midi") / "x.mid"
    path.write_bytes(midi_bytes(Score(bars=1, parts=[Part(name="a", notes=notes)])))
    read = read_midi(path)
    clock = read.clock()
    played = {(round(clock.seconds(n.start) + n.shift_s, 2), n.pitch) for n in read.parts[0].notes}
    assert all(abs(n.start * 12 - round(n.start * 12)) < 1e-6 for n in read.parts[0].notes)
    assert {(round(round(n.start * 480) / 960, 2), n.pitch) for n in notes} >= played or len(played) <= len(notes)
    for second, pitch in played:
        assert any(abs(n.start / 2 - second) < 0.012 and n.pitch == pitch for n in notes)


def test_triplets_are_notated_as_triplets(tmp_path):
    notes = [Note(start=i / 3, duration=1 / 3, pitch=60) for i in range(6)] + [
        Note(start=2 + i / 4, duration=0.25, pitch=60) for i in range(4)
    ]
    path = tmp_path / "x.mid"
    path.write_bytes(midi_bytes(Score(parts=[Part(name="a", notes=notes)])))
    assert [n.start for n in read_midi(path).parts[0].notes] == pytest.approx([n.start for n in notes])


def test_eighteen_parts_are_all_kept(tmp_path):
    parts = [Part(name=f"part {i}", program=i, notes=[Note(start=0, duration=1, pitch=60)]) for i in range(18)]
    path = tmp_path / "x.mid"
    path.write_bytes(midi_bytes(Score(parts=parts)))
    assert [part.program for part in read_midi(path).parts] == list(range(18))


def test_a_file_by_another_program(tmp_path):
    file = mido.MidiFile(type=0, ticks_per_beat=96)
    track = mido.MidiTrack()
    file.tracks.append(track)
    for pitch in (67, 71, 74, 67):
        track.append(mido.Message("note_on", note=pitch, velocity=80, time=0))
        track.append(mido.Message("note_on", note=pitch, velocity=0, time=96))
    out = io.BytesIO()
    file.save(file=out)
    path = tmp_path / "plain.mid"
    path.write_bytes(out.getvalue())
    read = read_midi(path)
    assert read.title == "plain"
    assert read.bpm == 120
    assert read.key == "G major"
    assert [n.pitch for n in read.parts[0].notes] == [67, 71, 74, 67]


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", len(body)) + body


HEADER = chunk(b"MThd", struct.pack(">HHH", 1, 1, 480))
BOMBS = {
    "empty header": b"MThd",
    "no tracks": HEADER,
    "garbage": HEADER + chunk(b"MTrk", bytes(range(100))),
    "zero division": chunk(b"MThd", struct.pack(">HHH", 1, 1, 0)) + chunk(b"MTrk", b"\0\xff\x2f\0"),
    "no notes": HEADER + chunk(b"MTrk", b"\0\xff\x2f\0"),
    "centuries long": HEADER
    + chunk(
        b"MTrk",
        b"".join(b"\xff\xff\xff\x7f\x90\x3c\x40\xff\xff\xff\x7f\x80\x3c\x40" for _ in range(8)) + b"\0\xff\x2f\0",
    ),
    "a million events": HEADER + chunk(b"MTrk", b"\x00\x90\x3c\x40" + b"\x01\x3c\x40" * 1_000_000),
    "a million tempi": HEADER + chunk(b"MTrk", b"\x01\xff\x51\x03\x07\xa1\x20" * 300_000),
    "ten thousand parts": chunk(b"MThd", struct.pack(">HHH", 1, 10_000, 480))
    + chunk(b"MTrk", b"\0\x90\x3c\x40\x60\x80\x3c\x40\0\xff\x2f\0") * 10_000,
    "claims more than it has": HEADER + b"MTrk" + struct.pack(">I", 0xFFFFFFFF) + b"\0\xff\xff\xff",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused(tmp_path, name):
    path = tmp_path / "bomb.mid"
    path.write_bytes(BOMBS[name])
    with pytest.raises(UnreadableMedia) as caught:
        read_midi(path)
    assert caught.value.hint


def test_missing_file():
    with pytest.raises(NotFound):
        read_midi(Path("/nowhere/at/all.mid"))
