"""Scanning: tags, content, moved and changed and broken files, resuming after a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from segue.tools.collection.scan import scan
from segue.tools.collection.tags import from_name, key_of, rating_of, split_list, year_of
from segue.tools.core.errors import Cancelled, InvalidArgument, NotFound
from segue.tools.core.store import SHARED
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
scan(open_catalogue(settings), Store(settings), Path(sys.argv[2]), check=lambda: (print('file', flush=True), time.sleep(.15)))
"""


def test_a_killed_scan_loses_nothing_and_repeats_nothing(tmp_path, home):
    folder = make_folder(tmp_path / "music")
    with subprocess.Popen([sys.executable, "-c", KILLED, str(home), str(folder)], stdout=subprocess.PIPE) as child:
        for _ in range(4):
            child.stdout.readline()
        time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
    _, store, catalogue = make_home(home)
    kept = {track.id for track in catalogue.find()}
    assert len(kept) >= 3
    result = scan(catalogue, store, folder)
    assert result.unchanged == len(kept)
    assert kept <= {track.id for track in catalogue.find()}
    assert catalogue.size == len(SONGS)
    assert len(store.pieces(SHARED, "track")) == len(SONGS)
    catalogue.close()


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
