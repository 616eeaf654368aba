"""What other programs have written down about somebody's music: iTunes and Music.app, rekordbox, ListenBrainz.

Each reader gives rows in the words of ``table.facts_of``. They are about music that somebody has or had, so that only
tracks of the library take something from them. Files that declare XML entities, unpack to more than they should or are
not what they say are refused.
"""

import json
import plistlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from segue.tools.collection.counterparts import path_of
from segue.tools.collection.words import normal
from segue.tools.core.errors import InvalidArgument

Row = dict[str, Any]
_MOST_BYTES = 500_000_000
_MOST_FILES = 20_000  # inside an archive: months of listening
_HEAD = 4000
_ITUNES = {
    "title": "Name", "artist": "Artist", "album": "Album", "albumartist": "Album Artist", "genre": "Genre",
    "year": "Year", "bpm": "BPM", "comment": "Comments", "duration ms": "Total Time", "playcount": "Play Count",
}  # fmt: skip
_REKORDBOX = {
    "title": "Name", "artist": "Artist", "album": "Album", "genre": "Genre", "year": "Year", "bpm": "AverageBpm",
    "key": "Tonality", "comment": "Comments", "duration": "TotalTime", "playcount": "PlayCount",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Export:
    """Rows of an export, and the program that wrote it."""

    program: str
    rows: list[Row]


def read_export(path: Path) -> Export | None:
    """Return what an export holds; None where the file is none of those known here (a table, perhaps).

    Raises
    ------
    InvalidArgument : an export that is broken, too large or hostile.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise InvalidArgument(f"{path.name} is larger than {_MOST_BYTES // 1_000_000} MB.", "Export less at once.")
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    if head[:4] == b"PK\x03\x04":
        return Export("ListenBrainz", _listens(_unpacked(path), path.name))
    if head[:8] == b"bplist00" or b"<plist" in head or b"<!DOCTYPE plist" in head:
        return Export("iTunes", _itunes(path))
    if b"<DJ_PLAYLISTS" in head:
        return Export("rekordbox", _rekordbox(path))
    if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"<", b"\x00"):
        raise InvalidArgument(
            f"{path.name} is no library that is known here.",
            "Give iTunes's or Music.app's Library.xml, rekordbox's XML, a ListenBrainz export, or a table (CSV, TSV, JSON).",
        )
    if b'"track_metadata"' in head or b'"listened_at"' in head:
        return Export("ListenBrainz", _listens([path.read_bytes()], path.name))
    return None


# -- iTunes and Music.app --------------------------------------------------------------------------


def _itunes(path: Path) -> list[Row]:
    from xml.parsers.expat import ExpatError

    try:
        data = plistlib.loads(path.read_bytes())  # refuses declarations of entities by itself
        tracks = list(data["Tracks"].values())
        return [_itunes_row(track) for track in tracks if isinstance(track, dict) and track.get("Name")]
    except (plistlib.InvalidFileException, ExpatError, KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError) as error:  # fmt: skip
        raise InvalidArgument(
            f"{path.name} is not a music library as iTunes or Music.app writes it ({error or type(error).__name__}).",
            "Export it with File, Library, Export Library.",
        ) from error


def _itunes_row(track: dict[str, Any]) -> Row:
    row = {ours: track[theirs] for ours, theirs in _ITUNES.items() if theirs in track}
    row["path"] = path_of(str(track.get("Location") or ""))
    if not track.get("Rating Computed"):  # else an average of the album: nobody gave it
        row["rating"] = track.get("Rating")
    played = track.get("Play Date UTC")
    if isinstance(played, datetime):
        row["lastplayed"] = played.replace(tzinfo=UTC).isoformat(timespec="seconds")
    return row


# -- rekordbox -------------------------------------------------------------------------------------


def _rekordbox(path: Path) -> list[Row]:
    try:
        collection = parsed(path.read_bytes(), path.name).find("COLLECTION")
    except ElementTree.ParseError as error:
        raise InvalidArgument(
            f"{path.name} is not XML that can be read ({error}).", "Export the collection again."
        ) from error
    tracks = [] if collection is None else collection.findall("TRACK")
    return [_rekordbox_row(dict(track.attrib)) for track in tracks if track.get("Name")]


def _rekordbox_row(track: dict[str, str]) -> Row:
    row: Row = {ours: track[theirs] for ours, theirs in _REKORDBOX.items() if track.get(theirs)}
    row["path"] = path_of(track.get("Location", ""))
    rating = track.get("Rating", "0")
    if rating.isdigit() and int(rating):
        row["rating"] = min(5, round(int(rating) / 51))
    return row


def parsed(data: bytes, name: str) -> ElementTree.Element:
    """Return the root of an XML text that has no document type of its own, and so no entities.

    Raises
    ------
    InvalidArgument : it has one. ElementTree.ParseError : it is no XML.
    """
    declared = ("<!DOCTYPE", "<!ENTITY")
    if any(word.encode(code) in data for word in declared for code in ("ascii", "utf-16-le", "utf-16-be")):
        raise InvalidArgument(f"{name} declares XML entities, which no music library needs.", "Export it again.")
    return ElementTree.fromstring(data)


# -- ListenBrainz ----------------------------------------------------------------------------------


def _unpacked(path: Path) -> Iterator[bytes]:
    """Yield the files of listens in an archive, with a limit on what comes out of it."""
    left = _MOST_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [one for one in archive.infolist() if one.filename.endswith((".json", ".jsonl")) and not one.is_dir()]  # fmt: skip
            if len(inside) > _MOST_FILES:
                raise InvalidArgument(f"{path.name} holds {len(inside):,} files.", "Give the export as it came.")
            for one in inside:
                with archive.open(one) as file:
                    data = file.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise InvalidArgument(f"{path.name} unpacks to more than {_MOST_BYTES // 1_000_000} MB.", "Give one year at a time.")  # fmt: skip
                yield data
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InvalidArgument(f"{path.name} cannot be unpacked ({error}).", "Export your listens again.") from error


def _listens(files: Iterable[bytes], name: str) -> list[Row]:
    """Count listens: a row a recording, with its plays and the last of them."""
    counted: dict[tuple[str, str], Row] = {}
    for data in files:
        for listen in _lines(data, name):
            meta = listen.get("track_metadata")
            title = meta.get("track_name") if isinstance(meta, dict) else None
            if not isinstance(meta, dict) or not title or "listened_at" not in listen:
                continue
            artist = str(meta.get("artist_name") or "")
            row = counted.setdefault(
                (normal(str(title)), normal(artist)),
                {"title": title, "artist": artist, "album": meta.get("release_name") or "", "plays": 0, "lastplayed": ""},
            )  # fmt: skip
            row["plays"] += 1
            row["lastplayed"] = max(row["lastplayed"], _time(listen["listened_at"]))
    if not counted:
        raise InvalidArgument(f"{name} holds no listens.", "Give the archive that ListenBrainz exports, or its listens.")  # fmt: skip
    return list(counted.values())


def _lines(data: bytes, name: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON text (a list, or as the API answers) or of JSON lines."""
    read: Callable[[str], Any] = json.loads
    text = data.decode("utf-8-sig", "replace")
    try:
        try:
            found = read(text)
        except json.JSONDecodeError:
            found = [read(line) for line in text.splitlines() if line.strip()]
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidArgument(f"{name} is not valid JSON ({error}).", "Export your listens again.") from error
    if isinstance(found, dict) and isinstance(found.get("payload"), dict):
        found = found["payload"].get("listens")
    if isinstance(found, dict):
        found = found.get("listens") or [found]
    yield from (one for one in found or [] if isinstance(one, dict))


def _time(seconds: object) -> str:
    try:
        return datetime.fromtimestamp(float(str(seconds)), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return ""
