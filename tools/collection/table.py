"""Taking over what is known about music elsewhere: tables (CSV, TSV, JSON), exports of other programs, ratings in files.

A table's rows that are not here become tracks without files; what another program knows is taken by tracks of the library only.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from segue.tools.collection.catalogue import Catalogue, Track, now
from segue.tools.collection.counterparts import Counterparts
from segue.tools.collection.exports import read_export
from segue.tools.collection.popularity import popularity_of
from segue.tools.collection.scan import tracks_in
from segue.tools.collection.subsonic import Subsonic
from segue.tools.collection.tags import key_of, language_of, number_of, rating_of, split_list, year_of
from segue.tools.collection.words import normal
from segue.tools.core.audio import AUDIO_SUFFIXES
from segue.tools.core.errors import InvalidArgument, NotFound
from segue.tools.core.piece import Piece
from segue.tools.core.store import SHARED, Store

_MOST_BYTES = 500_000_000
_BATCH = 500
_NAMES = {
    "title": ("title", "name", "track name", "track title", "song"),
    "artist": ("artist", "artists", "artist name", "performer", "artist name s"),
    "album": ("album", "album name", "release"),
    "albumartist": ("albumartist", "album artist"),
    "genres": ("genre", "genres", "style", "styles"),
    "moods": ("mood", "moods"),
    "year": ("year", "date", "release date", "originaldate"),
    "bpm": ("bpm", "tempo"),
    "key": ("key", "initial key", "tonality"),
    "duration_s": ("duration s", "duration", "length", "seconds", "time"),
    "duration_ms": ("duration ms", "length ms", "total time"),
    "language": ("language", "lang"),
    "rating": ("rating", "stars"),
    "playcount": ("playcount", "play count", "plays", "listens"),
    "lastplayed": ("lastplayed", "last played", "play date"),
    "lyrics": ("lyrics",),
    "comment": ("comment", "comments", "description", "notes"),
    "tags": ("tags", "keywords"),
    "path": ("path", "file", "filename", "location"),
    "id": ("id", "track id", "uri", "isrc"),
}  # fmt: skip
_COLUMN = {name: field for field, names in _NAMES.items() for name in names}
# What a table may change of a track that is here already: what its user did; tags of files stay as they are.
_USER = ("rating", "playcount", "lastplayed")
_LISTED = 200  # names of what was not found that are told

Progress = Callable[[float, float, str], None]


class ImportResult(BaseModel):
    """What was brought: rows, new tracks, tracks known better now, rows without a title.

    ``unmatched`` names what another program knows and this library does not have, ``missing`` counts it.
    """

    program: str = "table"
    rows: int = 0
    added: int = 0
    matched: int = 0
    updated: int = 0
    skipped: int = 0
    missing: int = 0
    unmatched: list[str] = []


def import_any(catalogue: Catalogue, store: Store, path: Path, progress: Progress | None = None) -> ImportResult:
    """Take over what is known about music: another program's export, a table, or the ratings in a folder's own files.

    Raises
    ------
    NotFound : there is no such file or folder.
    InvalidArgument : none of these, broken, or hostile.
    """
    path = path.expanduser()
    if path.is_dir() or (path.suffix.lower() in AUDIO_SUFFIXES and path.is_file()):
        return _from_files(catalogue, path.resolve(), progress)
    if path.is_file() and (export := read_export(path)) is not None:
        result = ImportResult(program=export.program, rows=len(export.rows))
        return _take_over(catalogue, store, export.rows, result, progress, adds=False)
    return import_table(catalogue, store, path, progress)


def import_server(catalogue: Catalogue, store: Store, progress: Progress | None = None) -> ImportResult:
    """Take over the ratings and plays of the OpenSubsonic server that the settings name."""
    rows = Subsonic(catalogue.settings.subsonic).rows()
    return _take_over(
        catalogue, store, rows, ImportResult(program="the music server", rows=len(rows)), progress, adds=False
    )


def import_table(catalogue: Catalogue, store: Store, path: Path, progress: Progress | None = None) -> ImportResult:
    """Take over a table. Rows whose title and artist (or path) are here update plays and ratings; others are added.

    Raises
    ------
    NotFound : there is no such file.
    InvalidArgument : not a table, or without a column of titles; the message lists the columns.
    """
    rows = read_table(path)
    return _take_over(catalogue, store, rows, ImportResult(rows=len(rows)), progress, adds=True)


def _take_over(
    catalogue: Catalogue,
    store: Store,
    rows: list[dict[str, Any]],
    result: ImportResult,
    progress: Progress | None,
    adds: bool,
) -> ImportResult:
    known = Counterparts(catalogue.find("state != 'broken'"))
    changed: dict[str, Track] = {}
    for n, row in enumerate(rows):
        facts = facts_of(row)
        if not facts.get("title"):
            result.skipped += 1
            continue
        here = known.of(facts)
        if here is not None:
            here = changed.get(here.id, here)
            result.matched += 1
            track = _better(here, facts, newest=adds)
            result.updated += track != here
            if track != here:
                changed[track.id] = track
        elif adds:
            track = _new(facts)
            known.add(track)
            result.added += 1
            changed[track.id] = track
        else:
            result.missing += 1
            if len(result.unmatched) < _LISTED:
                result.unmatched.append(Track(id="", title=facts["title"], artist=facts.get("artist", "")).name)
        if n % _BATCH == _BATCH - 1:
            if adds:
                _keep(catalogue, store, changed)
            if progress:
                progress(n + 1, len(rows), facts["title"])
    _keep(catalogue, store, changed)
    return result


def _better(here: Track, facts: dict[str, Any], newest: bool) -> Track:
    """Return a track with what its user did, and with facts that it lacked.

    What a table says of plays is taken as it stands (``newest``); of another program's count and this library's the higher
    one stays, and the later time, so that the same export may be taken over again.
    """
    update = {k: facts[k] for k in _USER if facts.get(k) is not None}
    if not newest:
        if "playcount" in update:
            update["playcount"] = max(update["playcount"], here.playcount or 0) or None
        if "lastplayed" in update:
            update["lastplayed"] = max(update["lastplayed"], here.lastplayed or "") or None
    fill = {k: v for k, v in facts.items() if k not in ("path", "id") and v and not getattr(here, k, True)}
    return here.model_copy(update={**fill, **update})


def _from_files(catalogue: Catalogue, place: Path, progress: Progress | None) -> ImportResult:
    """Read the ratings and plays that players wrote into the library's own files."""
    tracks = [track for track in tracks_in(catalogue, place) if track.state == "ok"]
    if not tracks:
        raise NotFound(f"Nothing of {place} is in the library.", f"Add it first: segue library add {place}")
    result = ImportResult(program="files", rows=len(tracks))
    changed = []
    for n, track in enumerate(tracks):
        said = popularity_of(Path(track.path or ""))
        facts = {"rating": said.rating, "playcount": said.plays}
        result.matched += any(facts.values())
        better = _better(track, facts, newest=False)
        if better != track:
            changed.append(better)
        if progress and n % _BATCH == 0:
            progress(n, len(tracks), track.title)
    catalogue.save(changed)
    result.updated = len(changed)
    return result


def _keep(catalogue: Catalogue, store: Store, changed: dict[str, Track]) -> None:
    bare = [track for track in changed.values() if track.path is None]
    store.save_all(Piece(id=track.id, owner=SHARED, kind="track", title=track.name) for track in bare)
    catalogue.save(changed.values())
    changed.clear()


def _new(facts: dict[str, Any]) -> Track:
    basis = facts.get("id") or "|".join(
        [normal(facts["title"]), normal(facts.get("artist", "")), normal(facts.get("album", ""))]
    )
    id = "t_" + hashlib.sha256(f"table\0{basis}".encode("utf-8", "replace")).hexdigest()[:12]
    known = {k: v for k, v in facts.items() if k in Track.model_fields and k not in ("id", "path") and v is not None}
    return Track.model_validate({**known, "id": id, "dateadded": now()})


def facts_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row's cells as fields of ``Track``; unknown columns and unreadable cells are left out."""
    cells = {
        _COLUMN[column]: value
        for name, value in row.items()
        if (column := normal(str(name))) in _COLUMN and value not in (None, "")
    }
    facts: dict[str, Any] = {}
    for name in ("title", "artist", "album", "albumartist", "lyrics", "comment", "path", "id", "lastplayed"):
        if name in cells:
            value = cells[name]
            facts[name] = ", ".join(map(str, value)) if isinstance(value, list) else " ".join(str(value).split())
    for name in ("genres", "moods"):
        if name in cells:
            value = cells[name]
            facts[name] = split_list([str(v) for v in value] if isinstance(value, list) else [str(value)])
    if "tags" in cells:
        value = cells["tags"]
        said = [str(v) for v in value] if isinstance(value, list) else split_list([str(value)])
        facts["comment"] = " ".join([facts.get("comment", ""), ", ".join(said)]).strip()
    if (year := year_of(cells.get("year"))) is not None:
        facts["year"] = year
    bpm = number_of(cells.get("bpm"))
    if bpm and 20 <= bpm <= 400:
        facts.update(bpm=bpm, bpm_confidence=1.0)
    if key := key_of(str(cells.get("key", ""))):
        facts.update(key=key, key_confidence=1.0)
    seconds = duration_of(cells.get("duration_s"))
    if seconds is None and (ms := number_of(cells.get("duration_ms"))):
        seconds = ms / 1000
    if seconds:
        facts["duration_s"] = seconds
    if language := language_of(str(cells.get("language", ""))):
        facts["language"] = language
    if (rating := rating_of(cells.get("rating"))) is not None:
        facts["rating"] = rating
    if (plays := number_of(cells.get("playcount"))) is not None and plays >= 0:
        facts["playcount"] = int(plays)
    return facts


def duration_of(value: object) -> float | None:
    """Read seconds from "3:05", "1:02:03", "185" or 185.0."""
    if value is None:
        return None
    parts = str(value).strip().split(":")
    if 2 <= len(parts) <= 3 and all(part.strip().replace(".", "", 1).isdigit() for part in parts):
        return float(sum(float(part) * 60**n for n, part in enumerate(reversed(parts))))
    number = number_of(value)
    return number if number and number > 0 else None


def read_table(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a CSV, TSV, JSON or JSON-lines file."""
    path = path.expanduser()
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", "Name a .csv, .tsv or .json file.")
    if path.stat().st_size > _MOST_BYTES:
        raise InvalidArgument(f"{path.name} is larger than {_MOST_BYTES // 1_000_000} MB.", "Split it.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="cp1252", errors="replace")
    rows = list(_json_rows(text, path)) if text.lstrip()[:1] in ("[", "{") else list(_delimited(text))
    columns = list(dict.fromkeys(str(name) for row in rows[:50] for name in row))
    if not any(_COLUMN.get(normal(name)) == "title" for name in columns):
        found = f"its columns are {', '.join(columns[:12])}" if columns else "it has no rows"
        raise InvalidArgument(
            f"{path.name} has no column of titles: {found[:300]}.", "Name columns title, artist, album, genre, …"
        )
    return rows


def _json_rows(text: str, path: Path) -> Iterator[dict[str, Any]]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError:
        try:
            data = [json.loads(line) for line in text.splitlines() if line.strip()]
        except json.JSONDecodeError as error:
            raise InvalidArgument(f"{path.name} is not valid JSON ({error}).", "Give a list of objects.") from error
    if isinstance(data, dict):
        data = next((value for value in data.values() if isinstance(value, list)), [data])
    yield from (row for row in data if isinstance(row, dict))


def _delimited(text: str) -> Iterator[dict[str, Any]]:
    first = text.partition("\n")[0]
    delimiter = max("\t,;", key=first.count)
    for row in csv.DictReader(io.StringIO(text.replace("\0", "")), delimiter=delimiter):
        yield {name: value for name, value in row.items() if name is not None}
