"""What files say: several artists, guests, compilations, composers, ReplayGain, CUE sheets."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from segue.tools.collection.credits import artists_of, gain_of, level_of
from segue.tools.collection.cue import marks_of, parse
from segue.tools.collection.scan import scan
from segue.tools.collection.tags import read_tags
from tests.collection_support import make_home


def frame(name: str, body: bytes) -> bytes:
    size = bytes(len(body) >> shift & 127 for shift in (21, 14, 7, 0))
    return name.encode() + size + b"\0\0" + body


def text(name: str, words: str) -> bytes:
    return frame(name, b"\3" + words.encode())


def mp3(path: Path, frames: list[bytes]) -> Path:
    """Write half a second of mp3 with an ID3v2.4 tag of these frames."""
    body = path.with_name("body.mp3")
    soundfile.write(body, 0.1 * np.sin(np.arange(22_050) * 0.05), 44_100)
    joined = b"".join(frames)
    size = bytes(len(joined) >> shift & 127 for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\4\0\0" + size + joined + body.read_bytes())
    body.unlink()
    return path


def test_several_artists_guests_composer_and_work(tmp_path):
    path = mp3(tmp_path / "a.mp3", [
        text("TPE1", "Ann Lee\0Bob Ray"), text("TIT2", "Song (feat. Cy & Di)"), text("TPE2", "Various Artists"),
        text("TCOM", "Bach\0Mozart"), text("TXXX", "WORK\0Symphony 5"), text("TDOR", "1971-05-02"), text("TMOO", "sad"),
        text("TXXX", "REPLAYGAIN_TRACK_GAIN\0-6.48 dB"), text("TXXX", "REPLAYGAIN_TRACK_PEAK\x000.98"),
        frame("UFID", b"http://musicbrainz.org\0rec-1"), frame("POPM", b"me@home\0\xc4\0\0\0\7"), frame("PCNT", b"\0\0\0\3"),
    ])  # fmt: skip
    facts = read_tags(path)
    assert facts["artist"] == "Ann Lee, Bob Ray"
    assert facts["artists"] == ["Ann Lee", "Bob Ray", "Cy", "Di"]
    assert (facts["composer"], facts["work"], facts["compilation"]) == ("Bach, Mozart", "Symphony 5", True)
    assert (facts["originaldate"], facts["year"], facts["moods"], facts["mbid"]) == (
        "1971-05-02",
        1971,
        ["sad"],
        "rec-1",
    )
    assert (facts["replaygain_db"], facts["replaygain_peak"]) == (-6.48, 0.98)
    assert (facts["rating"], facts["playcount"]) == (4.0, 7)


@pytest.mark.parametrize(
    ("credits", "title", "artists"),
    [
        (["Simon & Garfunkel"], "The Boxer", ["Simon & Garfunkel"]),
        (["Earth, Wind & Fire"], "", ["Earth, Wind & Fire"]),
        (["A ft. B, C and D"], "", ["A", "B", "C", "D"]),
        (["A"], "Night [featuring B]", ["A", "B"]),
        (["Ann", "ANN", "Bob"], "", ["Ann", "Bob"]),
        (["Little Feat"], "Left Feat", ["Little Feat"]),
        ([""], "", []),
    ],
)
def test_artists_one_by_one(credits, title, artists):
    assert artists_of(credits, title) == artists


def test_gains_that_are_none():
    assert [level_of(t) for t in ("-7.2 dB", "+3 db", ".98", "", "loud", "1e999", "900 dB")] == [-7.2, 3.0, 0.98, None, None, None, None]  # fmt: skip


SHEET = """REM GENRE Jazz
PERFORMER "Nina Harrow"
TITLE "Harbour"
FILE "album.wav" WAVE
  TRACK 01 AUDIO
    TITLE "Low Tide"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Café Noir"
    PERFORMER "Óscar Lune"
    INDEX 00 00:01:70
    INDEX 01 00:02:15
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("name", ["album.cue", "album.flac.cue", "Sheet.CUE"])
def test_a_cue_sheet_beside_an_album(tmp_path, encoding, name):
    soundfile.write(tmp_path / "album.flac", np.zeros(44_100 * 4), 44_100)
    (tmp_path / name).write_bytes(SHEET.encode(encoding))
    expected = [(0.0, "Low Tide", "Nina Harrow"), (2.2, "Café Noir", "Óscar Lune")]
    assert marks_of(tmp_path / "album.flac") == expected
    assert marks_of(tmp_path / "album.flac", SHEET) == expected


def test_sheets_that_say_nothing(tmp_path):
    assert parse(SHEET, "another.flac") == []
    assert parse("FILE\nTRACK\nINDEX 01 99:99", "") == []
    assert parse(SHEET.split("  TRACK 02")[0], "") == []  # one track is no division
    assert len(parse('FILE "a.wav" WAVE\n' + "TRACK 01 AUDIO\nINDEX 01 00:01:00\n" * 5000, "")) == 999
    (tmp_path / "a.cue").write_bytes(b"\0" * 2_000_000)
    assert marks_of(tmp_path / "a.flac") == []


def test_what_plays_inside_an_album_is_found(tmp_path, home):
    folder = tmp_path / "music"
    folder.mkdir()
    soundfile.write(folder / "album.flac", np.zeros(44_100 * 4), 44_100)
    (folder / "album.cue").write_text(SHEET)
    _, store, catalogue = make_home(home)
    scan(catalogue, store, folder)
    [id] = catalogue.phrase("cafe noir")
    assert catalogue.track(id).cue[1] == (2.2, "Café Noir", "Óscar Lune")
    catalogue.close()


KINDS = [
    text("TIT2", "Song"), text("TPE1", "Ann\0Bob"), text("TXXX", "SERATO_GAIN\0-3"), frame("POPM", b"me@home\0\xff\0\0\1\0"),
    frame("PCNT", b"\0\0\1\0"), frame("APIC", b"\0image/png\0\3\0\x89PNG" + bytes(range(256))), frame("GEOB", b"\0application/octet-stream\0\0Serato Markers2\0\1\1"),
    frame("PRIV", b"TRAKTOR4\0\1\2\3"), frame("UFID", b"http://musicbrainz.org\0rec-1"), frame("USLT", b"\3eng\0la la"),
    frame("SYLT", b"\3eng\2\1\0la\0\0\0\0\1"), frame("COMM", b"\3eng\0a note"), frame("CHAP", b"ch1\0" + struct.pack(">IIII", 0, 500, 0, 0)),
    frame("RVA2", b"track\0\1\xff\x80\0"), frame("WXXX", b"\3\0http://example.org"), frame("MCDI", bytes(range(32))), frame("ETCO", b"\2\3\0\0\0\1"),
    frame("XSOP", b"\3unknown to anybody"),
]  # fmt: skip


# Every field of a library scan as people's programs write it, and what is read of it.
WRITTEN = {
    "TITLE": ["Song (feat. Cy)"], "ARTIST": ["Ann", "Bob"], "ALBUM": ["Harbour"], "ALBUMARTIST": ["Various Artists"], "TRACKNUMBER": ["3"],
    "DISCNUMBER": ["2"], "DATE": ["1994-01-02"], "ORIGINALDATE": ["1971-05-02"], "GENRE": ["Jazz", "Soul"], "COMPOSER": ["Bach"],
    "WORK": ["Fifth"], "COMPILATION": ["1"], "MUSICBRAINZ_TRACKID": ["rec-1"], "ISRC": ["USABC"], "BPM": ["96.5"], "INITIALKEY": ["Dm"],
    "MOOD": ["sad"], "LANGUAGE": ["fra"], "REPLAYGAIN_TRACK_GAIN": ["-6.50 dB"], "REPLAYGAIN_TRACK_PEAK": ["0.98"], "LYRICS": ["la la"],
    "FMPS_RATING": ["0.8"], "FMPS_PLAYCOUNT": ["7"], "COMMENT": ["a note"],
}  # fmt: skip
READ = {
    "title": "Song (feat. Cy)", "artist": "Ann, Bob", "artists": ["Ann", "Bob", "Cy"], "album": "Harbour", "albumartist": "Various Artists",
    "track": 3, "disc": 2, "year": 1994, "originaldate": "1971-05-02", "genres": ["Jazz", "Soul"], "composer": "Bach", "work": "Fifth",
    "compilation": True, "mbid": "rec-1", "isrc": "USABC", "bpm": 96.5, "key": "D minor", "moods": ["sad"], "language": "fr",
    "replaygain_db": -6.5, "replaygain_peak": 0.98, "lyrics": "la la", "rating": 4.0, "playcount": 7, "comment": "a note",
}  # fmt: skip


def test_every_field_of_a_flac_file(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, np.zeros(44_100), 44_100)
    comments = [f"{name}={value}".encode() for name, values in WRITTEN.items() for value in values]
    block = struct.pack("<I", 0) + struct.pack("<I", len(comments)) + b"".join(struct.pack("<I", len(c)) + c for c in comments)  # fmt: skip
    old = path.read_bytes()  # behind the marker and the block that says what the stream is
    path.write_bytes(old[:42] + b"\4" + len(block).to_bytes(3, "big") + block + old[42:])
    facts = read_tags(path)
    assert {name: facts.get(name) for name in READ} == READ
    assert (facts["samplerate"], facts["channels"], facts["duration_s"]) == (44_100, 1, 1.0)


def test_a_slash_between_blanks_parts_artists():
    assert artists_of(["AC/DC"], "") == ["AC/DC"]
    assert artists_of(["Ann / Bob feat. Cy"], "") == ["Ann", "Bob", "Cy"]


def test_opus_gain_is_counted_from_another_level():
    assert [gain_of({"r128_track_gain": [t]}) for t in ("-2944", "0", "loud")] == [-6.5, 5.0, None]
