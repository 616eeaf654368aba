"""What people already have: ratings and plays in files, iTunes, rekordbox and ListenBrainz exports; hostile ones refused."""

import datetime
import io
import json
import plistlib
import zipfile
from pathlib import Path

import pytest

from segue.tools import library
from segue.tools.backends.library_catalogue import BACKEND
from segue.tools.collection.catalogue import Track
from segue.tools.collection.counterparts import Counterparts, path_of
from segue.tools.collection.popularity import popularity_of, stars_of
from segue.tools.collection.scan import scan
from segue.tools.core.audio import Waveform, encode
from segue.tools.core.errors import InvalidArgument, NotFound
from tests.collection_support import RATE, fill, make_context, make_home, tone

SONGS = [
    Track(id="t_1", title="Low Tide", artist="Nina Harrow", album="Harbour", duration_s=200.0, path="/music/Nina Harrow/Harbour/01 Low Tide.mp3"),
    Track(id="t_2", title="Iron Gate", artist="The Anvils", duration_s=180.0),
    Track(id="t_3", title="Café Noir", artist="Nina Harrow & Marlo Quint", duration_s=240.0),
    Track(id="t_4", title="Iron Gate", artist="The Anvils", album="Live", duration_s=300.0, playcount=9),
]  # fmt: skip


@pytest.fixture
def house(tmp_path):
    settings, store, catalogue = make_home(tmp_path / "home")
    fill(store, catalogue, SONGS)
    context, notes = make_context(settings, store)
    run = BACKEND.load(settings)

    def bring(path: Path, data: bytes | str | None = None) -> dict:
        if data is not None:
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return run(library.Args(action="import", folder=str(path)), context).rows[0]

    return bring, catalogue, notes, store


def itunes(**tracks) -> bytes:
    return plistlib.dumps({"Major Version": 1, "Tracks": tracks, "Playlists": []})


def test_itunes(house, tmp_path):
    bring, catalogue, notes, _ = house
    played = datetime.datetime(2021, 5, 6, 7, 8, 9)
    data = itunes(
        a={"Name": "An old name", "Location": "file://localhost/Volumes/Old/Nina%20Harrow/Harbour/01%20Low%20Tide.mp3",
           "Rating": 80, "Play Count": 12, "Play Date UTC": played, "BPM": 92},
        b={"Name": "IRON GATE", "Artist": "the anvils", "Total Time": 181_000, "Rating": 100, "Rating Computed": True, "Play Count": 3},
        c={"Name": "Iron Gate", "Artist": "The Anvils", "Album": "Live", "Play Count": 4},
        d={"Name": "Elsewhere", "Artist": "Nobody", "Rating": 20},
    )  # fmt: skip
    row = bring(tmp_path / "Library.xml", data)
    assert (row["program"], row["matched"], row["missing"], row["unmatched"]) == (
        "iTunes",
        3,
        1,
        ["Elsewhere by Nobody"],
    )
    tide, gate, _, live = catalogue.find()
    assert (tide.rating, tide.playcount, tide.lastplayed, tide.bpm) == (4.0, 12, "2021-05-06T07:08:09+00:00", 92)
    assert (tide.title, gate.rating, gate.playcount) == ("Low Tide", None, 3)
    assert live.playcount == 9, "what was counted here is not lowered"
    assert any("Elsewhere by Nobody" in note for note in notes)
    assert bring(tmp_path / "Library.xml")["updated"] == 0, "the same export again changes nothing"
    assert catalogue.size == len(SONGS), "what is not here is not made up"


def test_rekordbox(house, tmp_path):
    bring, catalogue, _, _ = house
    row = bring(
        tmp_path / "collection.xml",
        """<?xml version="1.0" encoding="UTF-8"?>
        <DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox"/><COLLECTION Entries="2">
        <TRACK TrackID="1" Name="Café Noir" Artist="Marlo Quint" TotalTime="240" AverageBpm="110.00" Rating="204"
          PlayCount="5" Tonality="Gm" Location="file://localhost/C:/Music/caf%c3%a9.mp3"/>
        <TRACK TrackID="2" Name="Iron Gate" Artist="The Anvils" TotalTime="500" Rating="255" PlayCount="2"/>
        </COLLECTION></DJ_PLAYLISTS>""",
    )
    assert (row["program"], row["matched"], row["missing"]) == ("rekordbox", 1, 1), (
        "another length is another recording"
    )
    noir = catalogue.track("t_3")
    assert (noir.rating, noir.playcount, noir.bpm, noir.key) == (4.0, 5, 110, "G minor")


def listen(at: int, title: str, artist: str) -> dict:
    return {"listened_at": at, "track_metadata": {"track_name": title, "artist_name": artist}}


@pytest.mark.parametrize("form", ["list", "api", "lines", "zip"])
def test_listenbrainz(house, tmp_path, form):
    bring, catalogue, _, _ = house
    said = [listen(1_600_000_000 + n, "low tide", "Nina Harrow") for n in range(3)]
    said += [listen(1_700_000_000, "Gone", "Nobody"), {"track_metadata": {"track_name": "never heard"}}]
    lines = "\n".join(map(json.dumps, said))
    forms = {"list": json.dumps(said), "api": json.dumps({"payload": {"listens": said}}), "lines": lines}
    if form == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("user.json", '{"username": "ana"}')
            archive.writestr("feedback.jsonl", '{"score": 1, "recording_mbid": "x"}')
            archive.writestr("listens/2020/9.jsonl", lines)
        forms["zip"] = packed.getvalue()
    row = bring(tmp_path / f"listens.{form}", forms[form])
    assert (row["program"], row["rows"], row["matched"], row["missing"]) == ("ListenBrainz", 2, 1, 1)
    tide = catalogue.track("t_1")
    assert (tide.playcount, tide.lastplayed) == (3, "2020-09-13T12:26:42+00:00")


def popm(who: bytes, byte: int, plays: int) -> bytes:
    return who + b"\0" + bytes([byte]) + plays.to_bytes(4, "big")


def id3(version: int, *frames: tuple[bytes, bytes]) -> bytes:
    body = b""
    for name, data in frames:
        size = len(data).to_bytes(3 if version == 2 else 4, "big")
        body += name + size + (b"" if version == 2 else b"\0\0") + data
    body += b"\0" * 20
    return b"ID3" + bytes([version, 0, 0]) + bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0)) + body


def test_files_tell_ratings_and_plays(house, tmp_path):
    bring, catalogue, _, store = house
    music = tmp_path / "music"
    music.mkdir()
    sound = tmp_path / "sound.mp3"
    encode(Waveform(tone(1.0, 100, 3).T, RATE), sound)
    for name, byte, plays in (("one", 196, 7), ("two", 0, 0)):
        tag = id3(3, (b"TIT2", b"\0" + name.encode()), (b"POPM", popm(b"Windows Media Player 9 Series", byte, plays)))
        (music / f"{name}.mp3").write_bytes(tag + sound.read_bytes())
    scan(catalogue, store, music)
    one, two = (t for t in catalogue.find() if t.path and t.path.startswith(str(music)))
    assert (one.title, one.rating, one.playcount) == ("one", 4.0, 7)
    assert (two.rating, two.playcount) == (None, None)
    catalogue.save([one.model_copy(update={"rating": None, "playcount": 2})])
    before = (music / "one.mp3").read_bytes()
    row = bring(music)
    assert (row["program"], row["rows"], row["matched"], row["updated"]) == ("files", 2, 1, 1)
    assert (catalogue.track(one.id).rating, catalogue.track(one.id).playcount) == (4.0, 7)
    assert (music / "one.mp3").read_bytes() == before
    with pytest.raises(NotFound):
        bring(tmp_path / "home")


@pytest.mark.parametrize("version", [2, 3, 4])
def test_frames_of_every_version(tmp_path, version):
    names = (b"POP", b"CNT") if version == 2 else (b"POPM", b"PCNT")
    data = id3(version, (names[0], popm(b"a@b", 255, 3)), (names[1], (11).to_bytes(4, "big")))
    (tmp_path / "a.mp3").write_bytes(data)
    found = popularity_of(tmp_path / "a.mp3")
    assert (found.rating, found.plays) == (5.0, 11)


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_broken_tags_say_nothing_or_what_is_left(tmp_path, cut):
    (tmp_path / "a.mp3").write_bytes(id3(3, (b"POPM", popm(b"who", 128, 1)))[:cut])
    found = popularity_of(tmp_path / "a.mp3")
    assert found.rating in (None, 3.0)
    assert found.plays in (None, 1)


def test_stars_as_programs_mean_them():
    assert [stars_of(byte) for byte in (1, 64, 128, 196, 255)] == [1, 2, 3, 4, 5]
    assert [stars_of(byte, "traktor@native-instruments.de") for byte in (51, 102, 153, 204, 255)] == [1, 2, 3, 4, 5]


ENTITIES = '<!DOCTYPE {0} [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
BAD = {
    "entities.xml": '<?xml version="1.0"?>' + ENTITIES.format("DJ_PLAYLISTS") + "<DJ_PLAYLISTS>&b;</DJ_PLAYLISTS>",
    "outside.xml": '<!DOCTYPE DJ_PLAYLISTS [<!ENTITY x SYSTEM "file:///etc/passwd">]><DJ_PLAYLISTS>&x;</DJ_PLAYLISTS>',
    "plist.xml": '<?xml version="1.0"?>' + ENTITIES.format("plist") + '<plist version="1.0"><dict/></plist>',
    "cut.xml": "<DJ_PLAYLISTS><COLLECTION><TRACK Name=",
    "page.html": "<html><body>hello</body></html>",
    "no tracks.xml": '<plist version="1.0"><dict><key>Music</key><string>x</string></dict></plist>',
    "listens.json": '[{"listened_at": 5, "track_metadata": ',
    "none.json": '{"listened_at": 5, "track_metadata": {}}',
    "deep.json": '{"listened_at": 1, "track_metadata": ' + "[" * 100_000,
    "bytes.zip": b"PK\x03\x04" + b"\0" * 50,
}


@pytest.mark.parametrize("name", BAD)
def test_broken_and_hostile_files_are_refused_in_words(house, tmp_path, name):
    bring, catalogue, _, _ = house
    with pytest.raises(InvalidArgument) as refused:
        bring(tmp_path / name, BAD[name])
    assert name in str(refused.value)
    assert refused.value.hint
    assert catalogue.find() == [t.model_copy(update={"dateadded": now.dateadded}) for t, now in zip(SONGS, catalogue.find(), strict=True)]  # fmt: skip


def test_an_archive_that_unpacks_to_too_much_is_refused(house, tmp_path, monkeypatch):
    monkeypatch.setattr("segue.tools.collection.exports._MOST_BYTES", 50_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(3):
            archive.writestr(f"listens/{n}.jsonl", b"\n" * 30_000)
    with pytest.raises(InvalidArgument, match="unpacks to more"):
        house[0](tmp_path / "bomb.zip")


def test_paths_of_urls():
    assert path_of("file:///a/b%20c%23.mp3") == "/a/b c#.mp3"
    assert path_of("file://localhost/C:/Music/x.mp3") == "C:/Music/x.mp3"
    assert path_of("/plain/a.mp3") == "/plain/a.mp3"
    known = Counterparts([SONGS[0]])
    assert known.of({"path": r"D:\Backup\NINA HARROW\harbour\01 low tide.MP3"}) is SONGS[0]
    assert known.of({"path": "/else/01 Low Tide.mp3", "title": "x"}) is None
