"""Scanning: tags, content, moved and changed and broken files, resuming after a kill."""

import os
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import soundfile

from segue.tools.collection import scan as scan_module
from segue.tools.collection.abreast import Pace
from segue.tools.collection.scan import scan, with_content
from segue.tools.collection.tags import from_name, key_of, rating_of, split_list, year_of
from segue.tools.core.errors import Cancelled, InvalidArgument, NotFound
from segue.tools.core.score import Note, Part, Score
from segue.tools.core.store import SHARED, file_hash
from segue.tools.music.notation import midi_bytes
from tests.collection_support import SONGS, make_folder, make_home, write_song


@pytest.fixture
def library(tmp_path: Path, home: Path):
    settings, store, catalogue = make_home(home)
    folder = make_folder(tmp_path / "music")
    yield settings, store, catalogue, folder
    catalogue.close()


def test_tags_become_rows_and_pieces(library):
    _, store, catalogue, folder = library
    seen: list[tuple[float, float]] = []
    result = scan(catalogue, store, folder, progress=lambda done, total, label: seen.append((done, total)))
    assert (result.found, result.added, result.broken) == (len(SONGS), len(SONGS), {})
    assert catalogue.size == len(SONGS)
    assert seen[0] == (0, len(SONGS))
    assert seen[-1] == (len(SONGS), len(SONGS))
    track = catalogue.find("title = 'Low Tide'")[0]
    assert (track.artist, track.album, track.genres, track.year) == ("Nina Harrow", "Harbour", ["Jazz"], 1994)
    assert track.duration_s == pytest.approx(4.0, abs=0.05)
    piece = store.piece(track.id, "anybody")
    assert (piece.kind, piece.owner, piece.clip.id) == ("track", SHARED, track.content)
    assert store.wave(piece.clip).duration_s == pytest.approx(4.0, abs=0.05)


def test_a_second_scan_reads_nothing_again(library):
    _, store, catalogue, folder = library
    scan(catalogue, store, folder)
    generation = catalogue.generation
    again = scan(catalogue, store, folder)
    assert (again.unchanged, again.added, again.changed) == (len(SONGS), 0, 0)
    assert catalogue.generation == generation


def test_moved_changed_and_gone_files(library):
    _, store, catalogue, folder = library
    scan(catalogue, store, folder)
    low = catalogue.find("title = 'Low Tide'")[0]
    catalogue.save([low.model_copy(update={"rating": 5.0})])
    (folder / "deeper").mkdir()
    os.rename(low.path, folder / "deeper" / "moved.ogg")
    cafe = catalogue.find("title = 'Café Noir'")[0]
    write_song(Path(cafe.path), "Café Blanc", "Nina Harrow", "Harbour", "Jazz", "1996", seed=77)
    iron = catalogue.find("title = 'Iron Gate'")[0]
    Path(iron.path).unlink()
    result = scan(catalogue, store, folder)
    assert (result.moved, result.changed, result.gone, result.added) == (1, 1, 1, 0)
    moved = catalogue.track(low.id)
    assert (Path(moved.path).name, moved.rating) == ("moved.ogg", 5.0)
    assert store.path(moved.content) == Path(moved.path)
    assert catalogue.track(cafe.id).title == "Café Blanc"
    assert catalogue.track(iron.id).state == "gone"
    assert catalogue.size == len(SONGS) - 1


def test_broken_files_are_listed_and_do_not_stop_the_scan(library):
    _, store, catalogue, folder = library
    (folder / "a text.wav").write_text("this is no sound")
    (folder / "empty.mp3").write_bytes(b"")
    (folder / "notes.txt").write_text("not music at all")
    (folder / "broken.flac").write_bytes((folder / "01.flac").read_bytes()[:20])
    result = scan(catalogue, store, folder)
    assert {Path(path).name for path in result.broken} == {"a text.wav", "empty.mp3", "broken.flac"}
    assert all(reason for reason in result.broken.values())
    assert catalogue.size == len(SONGS)
    assert len(scan(catalogue, store, folder).broken) == 3
    (folder / "empty.mp3").unlink()
    scan(catalogue, store, folder)
    assert catalogue.count("state = 'broken'") == 2


def test_the_users_files_are_not_touched(library):
    _, store, catalogue, folder = library
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}
    for path in before:
        path.chmod(0o444)
    folder.chmod(0o555)
    scan(catalogue, store, folder)
    folder.chmod(0o755)
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()} == before


def test_folders_without_music_are_errors(library, tmp_path):
    _, store, catalogue, _ = library
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InvalidArgument, match="no music"):
        scan(catalogue, store, tmp_path / "nothing")
    with pytest.raises(NotFound, match="no folder"):
        scan(catalogue, store, tmp_path / "absent")


def test_a_stopped_scan_goes_on(library):
    _, store, catalogue, folder = library
    steps = iter(range(100))

    def stop() -> None:
        if next(steps) == 3:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        scan(catalogue, store, folder, check=stop)
    assert catalogue.size == 3
    result = scan(catalogue, store, folder)
    assert (result.unchanged, result.added) == (3, len(SONGS) - 3)


KILLED = """
import sys, time
from pathlib import Path
from segue.tools.collection.catalogue import open_catalogue
from segue.tools.collection.scan import scan
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store
settings = Settings(home=Path(sys.argv[1]))
scan(open_catalogue(settings), Store(settings), Path(sys.argv[2]), check=lambda: (print('file', flush=True), time.sleep(.01)))
print('done', flush=True)
"""


def killed_after(home: Path, folder: Path, files: int) -> bool:
    """Scan in a process of its own and kill it when it has come to so many files; tell whether it was still at work."""
    with subprocess.Popen([sys.executable, "-c", KILLED, str(home), str(folder)], stdout=subprocess.PIPE) as child:
        said = [child.stdout.readline() for _ in range(files)]
        child.send_signal(signal.SIGKILL)
    return b"done\n" not in said


def test_a_scan_killed_five_times_has_every_file_once_and_loses_none(tmp_path, home):
    folder = tmp_path / "music"
    folder.mkdir()
    for n in range(90):
        soundfile.write(folder / f"{n:02d}.wav", np.full(400, n / 100), 8000)
    ids: set[str] = set()
    for files in (31, 50, 45, 60, 100):  # the last one while it reads the contents
        assert killed_after(home, folder, files)
        _, _, catalogue = make_home(home)
        kept = {track.id for track in catalogue.find()}
        catalogue.close()
        assert ids <= kept
        ids = kept
    assert ids
    _, store, catalogue = make_home(home)
    result = scan(catalogue, store, folder)
    assert (result.unchanged, result.added) == (len(ids), 90 - len(ids))
    tracks = catalogue.find()
    assert ids <= {track.id for track in tracks}
    assert sorted(Path(track.path).name for track in tracks) == [f"{n:02d}.wav" for n in range(90)]
    assert len({track.content for track in tracks}) == len(store.pieces(SHARED, "track", 200)) == 90
    assert store.wave(store.piece(tracks[7].id, SHARED).clip).samples[0, 0] == pytest.approx(0.07, abs=1e-4)
    catalogue.close()


def test_tags_are_searchable_before_the_contents_are_read(library):
    _, store, catalogue, folder = library
    steps = iter(range(100))

    def stop() -> None:
        if next(steps) == len(SONGS) + 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        scan(catalogue, store, folder, check=stop)
    assert catalogue.phrase("glass ra")
    unread = [track for track in catalogue.find() if track.content is None]
    assert len(unread) == len(SONGS) - 2
    assert with_content(catalogue, store, unread[0]).content == file_hash(Path(unread[0].path))
    assert store.piece(unread[0].id, SHARED).clip.id == catalogue.track(unread[0].id).content
    os.rename(unread[1].path, folder / "moved before it was read.ogg")
    result = scan(catalogue, store, folder)
    assert (result.moved, result.added, result.unchanged) == (1, 0, len(SONGS) - 1)
    assert all(track.content for track in catalogue.find())


def test_names_in_any_form_and_names_that_are_no_text(library):
    _, store, catalogue, folder = library
    decomposed = unicodedata.normalize("NFD", "Żółw – Été à Kraków")
    write_song(folder / f"{decomposed}.flac", "", "")
    soundfile.write(folder / "x.wav", np.zeros(800), 8000)
    try:
        os.rename(folder / "x.wav", os.fsencode(folder) + b"/caf\xe9.wav")
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    result = scan(catalogue, store, folder)
    assert [Path(path).name for path in result.broken] == ["caf?.wav"]
    assert "no text" in next(iter(result.broken.values()))
    [id] = catalogue.phrase("ete a krakow")
    track = catalogue.track(id)
    assert (track.artist, track.title) == ("Żółw", "Été à Kraków")
    assert unicodedata.is_normalized("NFC", track.title)
    composed = folder / unicodedata.normalize("NFC", Path(track.path).name)
    os.rename(track.path, composed)
    result = scan(catalogue, store, folder)
    assert (result.moved, result.added, result.gone) == (1, 0, 0)
    assert catalogue.track(id).path == str(composed)


def test_the_time_left_is_told(monkeypatch):
    clock = iter([0.0, 1.0, 10.0, 100.0, 590.0])
    monkeypatch.setattr("segue.tools.collection.abreast.time.monotonic", lambda: next(clock))
    pace = Pace(600)
    assert pace.label(1, "a.mp3") == "a.mp3"
    assert pace.label(10, "b.mp3") == "b.mp3 · about 10 min left"
    assert pace.label(400, "c.mp3") == "c.mp3 · about 50 s left"
    assert pace.label(590, "d.mp3") == "d.mp3 · about 10 s left"


def test_names_in_a_message(library):
    _, store, catalogue, folder = library
    scan(catalogue, store, folder)
    found = {(m.kind, m.name, m.exact) for m in catalogue.names("play cafe noir by nina harrow")}
    assert ("title", "Café Noir", True) in found
    assert ("artist", "Nina Harrow", True) in found
    text = "anything by Oskar Lune?"
    [match] = catalogue.names(text)
    assert (match.kind, match.name, match.exact) == ("artist", "Óscar Lune", False)
    assert text[match.start : match.end] == "Oskar Lune"
    assert catalogue.names("something calm for the evening 🎧") == []


def test_phrases_and_prefixes_take_any_text(library):
    _, store, catalogue, folder = library
    scan(catalogue, store, folder)
    tide = catalogue.find("title = 'Low Tide'")[0].id
    assert catalogue.phrase("low ti") == [tide]
    for text in ['"', "NEAR(a b", "title:low AND (", "*", "", "🎵", 'low" OR "iron']:
        assert isinstance(catalogue.phrase(text), list)


def test_reading_tag_values():
    assert split_list(["Jazz; Soul/Funk", "jazz"]) == ["Jazz", "Soul", "Funk"]
    assert (year_of("12/05/1987"), year_of("2004-01-01"), year_of("soon")) == (1987, 2004, None)
    assert (key_of("Dm"), key_of("8A"), key_of("off")) == ("D minor", "A minor", None)
    assert (rating_of("0.8"), rating_of("4"), rating_of("60"), rating_of(None)) == (4.0, 4.0, 3.0, None)
    assert from_name(Path("03 - Nina - Low Tide.flac")) == {"track": 3, "artist": "Nina", "title": "Low Tide"}
    assert from_name(Path("1999.mp3")) == {"title": "1999"}


def test_files_read_in_processes_beside_this_one_are_the_same_rows(tmp_path, monkeypatch):
    folder = make_folder(tmp_path / "music")
    (folder / "broken.flac").write_bytes(b"no sound in here")
    score = Score(parts=[Part(name="piano", notes=[Note(start=0, duration=1, pitch=60)])])
    (folder / "tune.mid").write_bytes(midi_bytes(score))
    monkeypatch.setattr(scan_module, "_FEW", 1)
    rows = []
    for name, apart in (("here", False), ("apart", True)):
        _, store, catalogue = make_home(tmp_path / name)
        result = scan(catalogue, store, folder, apart=apart)
        assert list(result.broken) == [str(folder / "broken.flac")]
        rows.append([track.model_dump(exclude={"dateadded"}) for track in catalogue.find()])
        notes = store.piece(catalogue.find("path LIKE '%.mid'")[0].id, "anybody").score
        assert notes is not None
        catalogue.close()
    assert rows[0] == rows[1]
