"""Tables of titles and artists without files, and what a table knows about tracks that are here: CSV, TSV, JSON."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from segue.tools.collection.catalogue import Catalogue, Track, now
from segue.tools.collection.tags import key_of, language_of, number_of, rating_of, split_list, year_of
from segue.tools.collection.words import normal
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


class ImportResult(BaseModel):
    """What a table brought: rows, new tracks, tracks known better now, rows without a title."""

    rows: int = 0
    added: int = 0
    updated: int = 0
    skipped: int = 0


def import_table(
    catalogue: Catalogue,
    store: Store,
    path: Path,
    progress: Callable[[float, float, str], None] | None = None,
) -> ImportResult:
    """Take over a table. Rows whose title and artist (or path) are here update plays and ratings; others are added.

    Raises
    ------
    NotFound : there is no such file.
    InvalidArgument : not a table, or without a column of titles; the message lists the columns.
    """
    rows = read_table(path)
    result = ImportResult(rows=len(rows))
    known: dict[tuple[str, str], Track] = {}
    by_path: dict[str, Track] = {}
    for track in catalogue.find("state != 'broken'"):
        known.setdefault((normal(track.title), normal(track.artist)), track)
        if track.path:
            by_path[track.path] = track
    changed: dict[str, Track] = {}
    for n, row in enumerate(rows):
        facts = facts_of(row)
        if not facts.get("title"):
            result.skipped += 1
            continue
        name = (normal(facts["title"]), normal(facts.get("artist", "")))
        here = by_path.get(str(facts.get("path", ""))) or known.get(name)
        if here:
            update = {k: facts[k] for k in _USER if facts.get(k) is not None}
            fill = {k: v for k, v in facts.items() if k not in ("path", "id") and v and not getattr(here, k, True)}
            track = here.model_copy(update={**fill, **update})
            result.updated += track != here
        else:
            track = _new(facts)
            known[name] = track
            result.added += 1
        changed[track.id] = track
        if n % _BATCH == _BATCH - 1:
            _keep(catalogue, store, changed)
            if progress:
                progress(n + 1, len(rows), track.title)
    _keep(catalogue, store, changed)
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
