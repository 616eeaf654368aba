"""The library's catalogue: one row a track, with what tags say, what was measured, and what the user did.

Every track is also a piece of the store under the same id, so that every tool takes it. The music
itself stays where it is: files are opened read-only and never moved, copied or changed.
"""

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_origin

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from segue.tools.collection.names import NameIndex, NameMatch
from segue.tools.core.database import Database
from segue.tools.core.errors import NotFound
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store
from segue.tools.core.theory import parse_key

Vector = npt.NDArray[np.float32]

_MIGRATIONS = [
    """
    CREATE TABLE tracks (
        n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, path TEXT UNIQUE, mtime_ns INTEGER, size INTEGER,
        content TEXT, state TEXT NOT NULL, error TEXT NOT NULL, title TEXT NOT NULL, artist TEXT NOT NULL,
        album TEXT NOT NULL, albumartist TEXT NOT NULL, track INTEGER, disc INTEGER, year INTEGER, genres TEXT NOT NULL,
        language TEXT, comment TEXT NOT NULL, lyrics TEXT NOT NULL, isrc TEXT NOT NULL, duration_s REAL, bitrate REAL,
        samplerate INTEGER, channels INTEGER, bpm REAL, bpm_confidence REAL NOT NULL, key TEXT,
        key_confidence REAL NOT NULL, camelot TEXT, meter TEXT, moods TEXT NOT NULL, instruments TEXT NOT NULL,
        vocals REAL, valence REAL, arousal REAL, lufs REAL, axes TEXT NOT NULL, tags TEXT NOT NULL,
        caption TEXT NOT NULL, rating REAL, playcount INTEGER, lastplayed TEXT, dateadded TEXT NOT NULL,
        version_of TEXT, analysed INTEGER NOT NULL, measured TEXT NOT NULL
    );
    CREATE INDEX tracks_by_content ON tracks (content);
    CREATE INDEX tracks_by_size ON tracks (size);
    CREATE INDEX tracks_by_state ON tracks (state, analysed);
    CREATE TABLE folders (path TEXT PRIMARY KEY, added TEXT NOT NULL, scanned TEXT);
    CREATE TABLE vectors (
        track TEXT NOT NULL, space TEXT NOT NULL, vector BLOB NOT NULL, basis TEXT NOT NULL, PRIMARY KEY (track, space)
    );
    CREATE TABLE fingerprints (track TEXT PRIMARY KEY, marks BLOB NOT NULL);
    CREATE TABLE generation (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL);
    INSERT INTO generation VALUES (1, 1);
    CREATE VIRTUAL TABLE words USING fts5(
        title, artist, album, genre, other, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    );
    """,
    """
    CREATE TABLE taste (
        owner TEXT NOT NULL, item TEXT NOT NULL, liked INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (owner, item)
    );
    CREATE TABLE playlists (
        owner TEXT NOT NULL, name TEXT NOT NULL, args TEXT NOT NULL, items TEXT NOT NULL, refreshed TEXT NOT NULL,
        PRIMARY KEY (owner, name)
    );
    """,
    """
    ALTER TABLE tracks ADD COLUMN artists TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE tracks ADD COLUMN composer TEXT NOT NULL DEFAULT '';
    ALTER TABLE tracks ADD COLUMN work TEXT NOT NULL DEFAULT '';
    ALTER TABLE tracks ADD COLUMN compilation INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tracks ADD COLUMN originaldate TEXT;
    ALTER TABLE tracks ADD COLUMN mbid TEXT NOT NULL DEFAULT '';
    ALTER TABLE tracks ADD COLUMN replaygain_db REAL;
    ALTER TABLE tracks ADD COLUMN replaygain_peak REAL;
    ALTER TABLE tracks ADD COLUMN loudness_range_lu REAL;
    ALTER TABLE tracks ADD COLUMN cue TEXT NOT NULL DEFAULT '[]';
    """,
]


class Track(BaseModel):
    """A row of the library.

    ``state`` is ok, broken (listed, never found) or gone (its file is missing; user data are kept).
    ``measured`` names the fields that were measured from the sound and not read from tags.
    ``artists`` are those of the credit one by one; ``cue`` are (start in s, title, artist) of what plays inside a whole album's file.
    ``axes`` are 0–1, named as the axes of the retrieve tool; ``vocals`` is a probability.
    """

    id: str
    path: str | None = None
    mtime_ns: int | None = None
    size: int | None = None
    content: str | None = None
    state: Literal["ok", "broken", "gone"] = "ok"
    error: str = ""
    title: str = ""
    artist: str = ""
    artists: list[str] = []
    composer: str = ""
    work: str = ""
    album: str = ""
    albumartist: str = ""
    compilation: bool = False
    track: int | None = None
    disc: int | None = None
    year: int | None = None
    originaldate: str | None = None
    genres: list[str] = []
    language: str | None = None
    comment: str = ""
    lyrics: str = ""
    isrc: str = ""
    mbid: str = ""
    cue: list[tuple[float, str, str]] = []
    duration_s: float | None = None
    bitrate: float | None = None
    samplerate: int | None = None
    channels: int | None = None
    bpm: float | None = None
    bpm_confidence: float = 0.0
    key: str | None = None
    key_confidence: float = 0.0
    camelot: str | None = None
    meter: str | None = None
    moods: list[str] = []
    instruments: list[str] = []
    vocals: float | None = None
    valence: float | None = None
    arousal: float | None = None
    lufs: float | None = None
    loudness_range_lu: float | None = None
    replaygain_db: float | None = None
    replaygain_peak: float | None = None
    axes: dict[str, float] = {}
    tags: dict[str, float] = {}
    caption: str = ""
    rating: float | None = None
    playcount: int | None = None
    lastplayed: str | None = None
    dateadded: str = ""
    version_of: str | None = None
    analysed: bool = False
    measured: list[str] = []

    @property
    def name(self) -> str:
        """Title and artist as people write them."""
        return f"{self.title} by {self.artist}" if self.artist else self.title

    @property
    def words(self) -> str:
        """What the text vector stands for: tags, moods and caption as one line."""
        parts = [self.title, self.artist, self.album, ", ".join(self.genres), ", ".join(self.moods)]
        parts += [", ".join(self.instruments), ", ".join(best_tags(self.tags)), self.caption]
        return ". ".join(part for part in parts if part)


def best_tags(tags: dict[str, float], floor: float = 0.15, most: int = 8) -> list[str]:
    """Return the names of the likeliest audio tags, the likeliest first."""
    return [name for name, p in sorted(tags.items(), key=lambda item: -item[1])[:most] if p >= floor]


_COLUMNS = list(Track.model_fields)
_JSON = {name for name, f in Track.model_fields.items() if get_origin(f.annotation) in (list, dict)}
_WRITE = (
    f"INSERT INTO tracks ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in _COLUMNS if c != 'id')}"
)


def _values(track: Track) -> list[Any]:
    dumped = track.model_dump()
    return [json.dumps(dumped[name]) if name in _JSON else dumped[name] for name in _COLUMNS]


def _from_row(row: Any) -> Track:  # noqa: ANN401 - a database row
    return Track(**{name: json.loads(row[name]) if name in _JSON else row[name] for name in _COLUMNS})


class Catalogue:
    """The tracks of one data folder. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.home / "library.db", _MIGRATIONS)
        self._lock = threading.RLock()
        self._derived: dict[str, tuple[int, Any]] = {}

    # -- reading -------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """How many tracks can be found."""
        return self.count("state = 'ok'")

    def count(self, where: str = "1", values: Sequence[Any] = ()) -> int:
        """Return how many rows satisfy an SQL condition over the columns of ``Track``."""
        row = self.database.row(f"SELECT count(*) AS n FROM tracks WHERE {where}", values)
        return int(row["n"]) if row else 0

    def track(self, id: str) -> Track:
        """Return a track.

        Raises
        ------
        NotFound : the library has no track of that id.
        """
        found = self.find("id = ?", (id,))
        if not found:
            raise NotFound(f"The library has no track {id}.", "It may have been removed; search for it again.")
        return found[0]

    def find(self, where: str = "state = 'ok'", values: Sequence[Any] = (), limit: int = -1) -> list[Track]:
        """Return the tracks that satisfy an SQL condition, in the order they were added."""
        rows = self.database.rows(f"SELECT * FROM tracks WHERE {where} ORDER BY n LIMIT {int(limit)}", values)
        return [_from_row(row) for row in rows]

    def names(self, text: str) -> list[NameMatch]:
        """Return the artists, titles, albums and genres of this library that a message mentions."""
        index: NameIndex = self.derived("names", lambda: NameIndex(self.find()))
        return index.find(text)

    def phrase(self, text: str) -> list[str]:
        """Return ids of tracks with these words next to each other, the last one as a prefix (FTS5)."""
        from segue.tools.collection.words import normal

        words = normal(text)
        if not words:
            return []
        rows = self.database.rows(
            "SELECT id FROM tracks WHERE n IN (SELECT rowid FROM words WHERE words MATCH ? LIMIT 500) AND +state = 'ok'",
            (f'"{words}"*',),
        )
        return [row["id"] for row in rows]

    @property
    def generation(self) -> int:
        """A number that grows with every change, also of another process."""
        row = self.database.row("SELECT n FROM generation")
        return int(row["n"]) if row else 0

    def derived(self, name: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever `make` makes
        """Return what ``make`` builds from the whole catalogue, built again only after a change."""
        with self._lock:
            now = self.generation
            kept = self._derived.get(name)
            if kept is None or kept[0] != now:
                kept = self._derived[name] = (now, make())
            return kept[1]

    # -- writing -------------------------------------------------------------------------------

    def save(self, tracks: Iterable[Track]) -> None:
        """Keep tracks, new or changed, as one transaction."""
        with self.database.write() as db:
            for track in tracks:
                if track.key and not track.camelot:
                    track.camelot = parse_key(track.key).camelot
                track.dateadded = track.dateadded or now()
                db.execute(_WRITE, _values(track))
                row = db.execute("SELECT n FROM tracks WHERE id = ?", (track.id,)).fetchone()
                other = " ".join(
                    [*track.moods, *track.instruments, *best_tags(track.tags), track.caption, track.lyrics, *track.artists,
                     track.composer, track.work, *(f"{title} {by}" for _, title, by in track.cue)]
                )  # fmt: skip
                db.execute("DELETE FROM words WHERE rowid = ?", (row["n"],))
                db.execute(
                    "INSERT INTO words (rowid, title, artist, album, genre, other) VALUES (?, ?, ?, ?, ?, ?)",
                    (row["n"], track.title, track.artist, track.album, " ".join(track.genres), other),
                )
            db.execute("UPDATE generation SET n = n + 1")

    def remove(self, ids: Sequence[str], store: Store) -> None:
        """Forget tracks with all that was measured of them; their files are not touched."""
        with self.database.write() as db:
            for id in ids:
                db.execute("DELETE FROM words WHERE rowid IN (SELECT n FROM tracks WHERE id = ?)", (id,))
                for table, column in (("tracks", "id"), ("vectors", "track"), ("fingerprints", "track")):
                    db.execute(f"DELETE FROM {table} WHERE {column} = ?", (id,))
            db.execute("UPDATE generation SET n = n + 1")
        store.remove(ids)

    # -- vectors and fingerprints --------------------------------------------------------------

    def put_vectors(self, space: str, vectors: dict[str, tuple[Vector, str]]) -> None:
        """Keep vectors by track id, each with its basis: a mark of what it was computed from."""
        with self.database.write() as db:
            db.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)",
                [(id, space, np.asarray(v, dtype="<f4").tobytes(), basis) for id, (v, basis) in vectors.items()],
            )
            db.execute("UPDATE generation SET n = n + 1")

    def vectors(self, space: str) -> dict[str, Vector]:
        """Return the vectors of a space by track id."""
        rows = self.database.rows("SELECT track, vector FROM vectors WHERE space = ?", (space,))
        return {row["track"]: np.frombuffer(row["vector"], dtype="<f4") for row in rows}

    def bases(self, space: str) -> dict[str, str]:
        """Return the basis of each vector of a space by track id."""
        return {
            r["track"]: r["basis"]
            for r in self.database.rows("SELECT track, basis FROM vectors WHERE space = ?", (space,))
        }

    def put_fingerprint(self, id: str, marks: npt.NDArray[np.uint32]) -> None:
        """Keep a track's landmarks, uint32 ``[n, 2]``: hash and frame."""
        self.database.execute("INSERT OR REPLACE INTO fingerprints VALUES (?, ?)", (id, marks.astype("<u4").tobytes()))

    def fingerprints(self) -> dict[str, npt.NDArray[np.uint32]]:
        """Return all landmarks by track id."""
        rows = self.database.rows("SELECT track, marks FROM fingerprints")
        return {row["track"]: np.frombuffer(row["marks"], dtype="<u4").reshape(-1, 2) for row in rows}

    # -- folders -------------------------------------------------------------------------------

    def folders(self) -> list[dict[str, Any]]:
        """Return the folders of the library with when each was added and last scanned."""
        return [dict(row) for row in self.database.rows("SELECT path, added, scanned FROM folders ORDER BY path")]

    def add_folder(self, path: Path) -> None:
        """Remember a folder as part of the library."""
        self.database.execute("INSERT OR IGNORE INTO folders (path, added) VALUES (?, ?)", (str(path), now()))

    def folder_scanned(self, path: Path) -> None:
        """Remember that a folder was scanned to its end."""
        self.database.execute("UPDATE folders SET scanned = ? WHERE path = ?", (now(), str(path)))

    def remove_folder(self, path: Path) -> None:
        """Forget a folder; its tracks are removed by the caller."""
        self.database.execute("DELETE FROM folders WHERE path = ?", (str(path),))

    def close(self) -> None:
        """Close the file."""
        self.database.close()
        with _opening:
            for home, catalogue in list(_open.items()):
                if catalogue is self:
                    del _open[home]


def now() -> str:
    """Return the time in UTC, to the second, as the catalogue writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@lru_cache(maxsize=64)
def _resolved(home: Path) -> Path:
    """Return a folder without links; asking the system for every part of a path takes long in a busy server."""
    return home.resolve()


_open: dict[Path, Catalogue] = {}
_opening = threading.Lock()


def open_catalogue(settings: Settings) -> Catalogue:
    """Return the catalogue of a data folder: one a process, so that its file has one connection."""
    home = _resolved(settings.home)
    with _opening:
        if home not in _open:
            _open[home] = Catalogue(settings)
        return _open[home]
