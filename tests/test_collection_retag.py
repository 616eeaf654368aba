"""Writing tags into files: the tag block alone, everything else the same to the byte, and all of it taken back."""

import hashlib
import importlib.util
import json
import os
import struct
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from segue.tools import library
from segue.tools.collection import tagblock
from segue.tools.collection.retag import Retag
from segue.tools.collection.scan import scan
from segue.tools.collection.tagblock import with_tags
from segue.tools.collection.tagbytes import contents
from segue.tools.collection.tags import read_tags
from segue.tools.collection.undo import Journal, stepped, steps_back
from segue.tools.core.errors import CannotDo, NotFound
from segue.tools.core.store import SHARED, file_hash
from segue.tools.listen.analyse import Analysis, remember, remembered
from tests.collection_support import make_home
from tests.test_collection_tags import KINDS, READ, WRITTEN, mp3, text

needs_mutagen = pytest.mark.skipif(not importlib.util.find_spec("mutagen"), reason="the extra 'tags' (mutagen, GPL) is not installed")  # fmt: skip
VALUES = {"bpm": 96.5, "key": "Bb minor", "moods": ["calm", "warm"], "replaygain_db": -6.5, "replaygain_peak": 0.98}
FIELDS = ["bpm", "key", "mood", "replaygain"]
SOUND = 0.2 * np.sin(np.arange(44_100) * 0.05)


def made(folder: Path, suffix: str) -> Path:
    """Write a second of sound with tags of several kinds."""
    path = folder / f"a{suffix}"
    if suffix == ".mp3":
        return mp3(path, [*KINDS, text("TBPM", "90"), text("TXXX", "replaygain_track_gain\0-1 dB")])
    if suffix == ".ogg":
        with soundfile.SoundFile(path, "w", 44_100, 1, format="OGG", subtype="VORBIS") as out:
            out.title, out.artist, out.comment, out.album = "Song", "Ann", "a note " * 300, "Harbour"
            out.write(SOUND)
        return path
    with av.open(path, "w", format={".m4a": "ipod", ".opus": "ogg"}.get(suffix, suffix[1:])) as out:
        out.metadata.update(title="Song", artist="Ann", composer="Bach", comment="a note", album_artist="Various", compilation="1")  # fmt: skip
        out.metadata.update({"work": "Fifth", "SERATO": "x" * 900, "rating": "80"} if suffix != ".m4a" else {})
        codec = {".flac": "flac", ".opus": "libopus", ".m4a": "aac"}[suffix]
        stream = out.add_stream(codec, rate=48_000, layout="mono", format="s16" if codec in ("flac", "libopus") else "fltp")  # fmt: skip
        for start in range(0, 48_000, 960):
            part = SOUND[start % 40_000 : start % 40_000 + 960].astype(np.float32)
            part = (part * 20_000).astype(np.int16) if stream.format.name == "s16" else part
            piece = av.AudioFrame.from_ndarray(part[None, :], format=stream.format.name, layout="mono")
            piece.sample_rate = 48_000
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path


def packets(path: Path) -> str:
    """Return the MD5 of the coded sound, as ``ffmpeg -c copy -f md5`` has it."""
    found = hashlib.md5()
    with av.open(str(path)) as file:
        for packet in file.demux(file.streams.audio[0]):
            found.update(bytes(packet))
    return found.hexdigest()


@needs_mutagen
@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg", ".opus", ".m4a"])
def test_only_the_tags_asked_for_change(tmp_path, suffix):
    path = made(tmp_path, suffix)
    old, before, sound = path.read_bytes(), read_tags(path), packets(path)
    new = with_tags(old, suffix, VALUES)
    path.write_bytes(new)
    after = read_tags(path)
    bpm = 96 if suffix == ".m4a" else 96.5  # its tag holds whole numbers
    assert (after["bpm"], after["key"], after["moods"]) == (bpm, "Bb minor", ["calm", "warm"])
    assert (after["replaygain_db"], after["replaygain_peak"]) == (-6.5, 0.98)
    ours = {*VALUES, "bpm_confidence", "key_confidence"}
    assert {k: v for k, v in after.items() if k not in ours} == {k: v for k, v in before.items() if k not in ours}
    assert packets(path) == sound
    others = [tag for tag in contents(old, suffix).tags if tag[0] not in frozenset[str]().union(*tagblock.NAMES.values())]  # fmt: skip
    assert [tag for tag in contents(new, suffix).tags if tag in others] == others
    assert stepped(new, steps_back(new, old)) == old
    again = with_tags(new, suffix, {**VALUES, "bpm": 97.0})
    assert abs(len(again) - len(new)) < 64


@needs_mutagen
@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("tail", [b"", b"TAG" + b"Song".ljust(124, b"\0") + b"\x11"])
def test_eighteen_kinds_of_frame_are_the_same_to_the_byte(tmp_path, version, tail):
    assert len({part[:4] for part in KINDS}) == 18
    path = mp3(tmp_path / "a.mp3", KINDS)
    old = path.read_bytes() + tail
    if version == 3:  # sizes of frames are plain numbers there
        body = b"".join(p[:4] + struct.pack(">I", len(p) - 10) + p[8:] for p in KINDS)
        assert len(body) == sum(map(len, KINDS))
        old = old[:3] + b"\3" + old[4:10] + body + old[10 + len(body) :]
    path.write_bytes(old)
    new = with_tags(old, ".mp3", VALUES)
    end = 10 + sum(map(len, KINDS))
    assert new.endswith(old[end:])  # the sound, and the old tag behind it
    head = new[: -len(old[end:])]
    for kind in KINDS:
        kind = kind if version == 4 else kind[:4] + struct.pack(">I", len(kind) - 10) + kind[8:]
        assert kind in head
    path.write_bytes(new)
    assert (read_tags(path)["bpm"], read_tags(path)["moods"], read_tags(path)["rating"]) == (96.5, ["calm", "warm"], 5.0)  # fmt: skip


def home_with(tmp_path: Path, home: Path, *names: str):
    folder = tmp_path / "music"
    folder.mkdir()
    for name in names:
        made(tmp_path, Path(name).suffix).rename(folder / name)
    settings, store, catalogue = make_home(home)
    scan(catalogue, store, folder)
    tracks = [track.model_copy(update={**VALUES, "meter": "4/4"}) for track in catalogue.find()]
    catalogue.save(tracks)
    return folder, store, catalogue, Retag(catalogue, store, settings.home / "retag.journal")


@needs_mutagen
def test_a_library_is_tagged_and_taken_back_to_the_byte(tmp_path, home):
    folder, store, catalogue, tags = home_with(tmp_path, home, "a.mp3", "b.flac", "c.ogg", "d.opus", "e.m4a")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    first = catalogue.find()[0]
    remember(store, store.piece(first.id, SHARED).clip, Analysis(bpm=96.5))
    said: list[str] = []
    rows = tags.write(catalogue.find(), [*FIELDS, "meter"], said.append, lambda: None)
    assert {row["written"] for row in rows} == {"file and beside"}
    assert {(row["replaygain"], row["replaygain_peak"]) for row in rows} == {(-6.5, 0.98)}
    assert json.loads((folder / "a.mp3.tags.json").read_text()) == {"meter": "4/4"}
    assert "5 files: only the tags asked for were changed" in said[0]
    for path in before:
        assert read_tags(path)["key"] == "Bb minor"
    # The library knows the files anew: nothing is scanned or measured again.
    again = scan(catalogue, store, folder)
    assert (again.unchanged, again.changed, again.moved) == (5, 0, 0)
    track = catalogue.track(first.id)
    assert track.content == file_hash(Path(track.path)) != first.content
    assert remembered(store, store.piece(first.id, SHARED).clip).bpm == 96.5
    rows = tags.write(catalogue.find(), ["key", "mood", "replaygain", "meter"], said.append, lambda: None)
    assert {row["written"] for row in rows} == {"there already"}  # nothing was written, nothing is to be taken back
    said.clear()
    assert tags.undo(said.append) == 5
    assert said == []
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before
    assert catalogue.track(first.id).content == first.content
    assert scan(catalogue, store, folder).unchanged == 5
    with pytest.raises(NotFound, match="nothing to undo"):
        tags.undo(said.append)
    catalogue.close()


@needs_mutagen
def test_what_others_changed_since_is_left_alone(tmp_path, home):
    folder, _, catalogue, tags = home_with(tmp_path, home, "a.mp3", "b.flac")
    tags.write(catalogue.find(), FIELDS, lambda said: None, lambda: None)
    (folder / "a.mp3").write_bytes(mine := (folder / "a.mp3").read_bytes() + b"more")
    said: list[str] = []
    assert tags.undo(said.append) == 1
    assert (folder / "a.mp3").read_bytes() == mine
    assert "changed by others" in said[0]
    assert "a.mp3" in said[0]
    catalogue.close()


@needs_mutagen
def test_files_that_cannot_be_written_get_a_sidecar(tmp_path, home):
    folder, _, catalogue, tags = home_with(tmp_path, home, "a.mp3", "b.flac", "c.mp3")
    (folder / "a.mp3").chmod(0o444)
    odd = (folder / "c.mp3").read_bytes()
    (folder / "c.mp3").write_bytes(odd[:5] + b"\x40" + odd[6:])  # an extended header
    before = {path: path.read_bytes() for path in folder.iterdir()}
    said: list[str] = []
    rows = {Path(row["file"]).name: row["written"] for row in tags.write(catalogue.find(), FIELDS, said.append, lambda: None)}  # fmt: skip
    assert rows == {"a.mp3": "beside", "b.flac": "file", "c.mp3": "beside"}
    assert (folder / "a.mp3").read_bytes() == before[folder / "a.mp3"]
    assert json.loads((folder / "a.mp3.tags.json").read_text())["replaygain"] == -6.5
    assert any("read-only" in note for note in said)
    assert tags.undo(said.append) == 3
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    catalogue.close()


@needs_mutagen
def test_a_file_whose_other_tags_would_change_is_refused(tmp_path, monkeypatch):
    path = mp3(tmp_path / "a.mp3", KINDS)
    data = path.read_bytes()
    writers = {**tagblock._WRITERS, "ID3": lambda old, values: old.replace(b"a note", b"a nota")}
    monkeypatch.setattr(tagblock, "_WRITERS", writers)
    with pytest.raises(CannotDo, match="would change others"):
        with_tags(data, ".mp3", VALUES)
    for bad, suffix in ((b"", ".mp3"), (b"fLaC", ".flac"), (b"OggS", ".ogg"), (data, ".wav"), (b"\0\0\0\x08ftyp\0\0\1\0moov", ".m4a"), (data, ".flac")):  # fmt: skip
        with pytest.raises(CannotDo):
            contents(bad, suffix)


def tagged(folder: Path, suffix: str) -> Path:
    """Write a file with all the tags of ``WRITTEN``, as Picard names them in its format."""
    from mutagen.mp4 import MP4, MP4FreeForm
    from mutagen.oggopus import OggOpus
    from mutagen.oggvorbis import OggVorbis

    path = made(folder, suffix)
    if suffix != ".m4a":
        comments = (OggOpus if suffix == ".opus" else OggVorbis)(path)
        comments.update(WRITTEN)
        comments.save()
        return path
    file = MP4(path)
    file.delete()
    names = {"TITLE": "\xa9nam", "ARTIST": "\xa9ART", "ALBUM": "\xa9alb", "ALBUMARTIST": "aART", "DATE": "\xa9day", "GENRE": "\xa9gen",
             "COMPOSER": "\xa9wrt", "WORK": "\xa9wrk", "LYRICS": "\xa9lyr", "COMMENT": "\xa9cmt"}  # fmt: skip
    file["trkn"], file["disk"], file["cpil"], file["tmpo"] = [(3, 9)], [(2, 2)], True, [96]
    for name, values in WRITTEN.items():
        if name in names:
            file[names[name]] = values
        elif name not in ("TRACKNUMBER", "DISCNUMBER", "COMPILATION", "BPM"):
            name = name.replace("MUSICBRAINZ_TRACKID", "MusicBrainz Track Id")
            file[f"----:com.apple.iTunes:{name}"] = [MP4FreeForm(value.encode()) for value in values]
    file.save()
    return path


@needs_mutagen
@pytest.mark.parametrize("suffix", [".ogg", ".opus", ".m4a"])
def test_every_field_is_read_and_stays_when_tags_are_written(tmp_path, suffix):
    path = tagged(tmp_path, suffix)
    expected = {**READ, "bpm": 96.0} if suffix == ".m4a" else READ
    facts = read_tags(path)
    assert {name: facts.get(name) for name in READ} == expected
    path.write_bytes(with_tags(path.read_bytes(), suffix, {"moods": ["calm"]}))
    assert {name: read_tags(path).get(name) for name in READ} == {**expected, "moods": ["calm"]}


def test_without_mutagen_tags_stand_beside(tmp_path, home, monkeypatch):
    monkeypatch.setattr(tagblock, "available", lambda: False)
    folder, _, catalogue, tags = home_with(tmp_path, home, "a.mp3")
    before = (folder / "a.mp3").read_bytes()
    said: list[str] = []
    [row] = tags.write(catalogue.find(), FIELDS, said.append, lambda: None)
    assert row["written"] == "beside"
    assert any("segue-music[tags]" in note for note in said)
    assert (folder / "a.mp3").read_bytes() == before
    assert tags.undo(said.append) == 1
    assert os.listdir(folder) == ["a.mp3"]
    catalogue.close()


def test_the_journal_brings_old_bytes_back(tmp_path):
    rng = np.random.default_rng(0)
    old = rng.bytes(200_000)
    pages = b"".join(old[at : at + 4000] + bytes([at // 4000 % 250]) * 6 for at in range(1200, 200_000, 4000))
    for new in (old, b"tag" * 500 + old, old[:1000] + b"x" * 700 + old[1000:], old[:5000], b"", old[:1200] + pages):
        steps = steps_back(new, old)
        assert stepped(new, steps) == old
    assert len(json.dumps(steps_back(b"tag" * 500 + old, old))) < 100
    assert len(json.dumps(steps)) < 0.2 * len(old)
    journal = Journal(tmp_path / "journal")
    assert journal.last() is None
    journal.begin({"a": None})
    (tmp_path / "a").write_bytes(old)
    journal.changes(tmp_path / "a", old, b"new" + old)
    with open(tmp_path / "journal", "a") as out:
        out.write('{"file": "torn')
    beside, [entry] = journal.last()
    assert beside == {"a": None}
    assert entry["file"] == str(tmp_path / "a")
    journal.drop()
    assert journal.last() is None


def test_the_question_says_what_would_be_done():
    asked = library.Args(action="retag", fields=["bpm", "key", "loudness", "replaygain"])
    assert library.TOOL.confirm(asked) == "This writes BPM, key and ReplayGain into your own files. Shall I?"
    assert library.TOOL.confirm(library.Args(action="retag", fields=["key"])).startswith("This writes key into")
    assert "takes back" in library.TOOL.confirm(library.Args(action="retag", fields=["undo"]))
