"""The store: content-addressed blobs in a folder, and the SQLite catalogue of pieces over them.

A blob's name is the SHA-256 of its content; it is written to a temporary file, synchronised and
renamed, so that a reader never sees half of one. Audio made here is 24-bit FLAC; uploads keep their
bytes. Recordings of the user's library are linked, not copied.
"""

import errno
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from segue.tools.core.audio import Waveform, decode, encode, probe, stream
from segue.tools.core.database import Database
from segue.tools.core.errors import DiskFull, NotFound, StoreError
from segue.tools.core.piece import Clip, Piece
from segue.tools.core.score import Score, ScoreInfo
from segue.tools.core.settings import Settings

_MIGRATIONS = [
    """
    CREATE TABLE blobs (
        id TEXT PRIMARY KEY, suffix TEXT NOT NULL, bytes INTEGER NOT NULL,
        external TEXT, created REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0)
    );
    CREATE TABLE pieces (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
        created TEXT NOT NULL, body TEXT NOT NULL
    );
    CREATE INDEX pieces_by_owner ON pieces (owner, kind, created);
    CREATE TABLE parents (child TEXT NOT NULL, parent TEXT NOT NULL, PRIMARY KEY (child, parent));
    CREATE INDEX parents_by_parent ON parents (parent);
    CREATE TABLE uses (piece TEXT NOT NULL, blob TEXT NOT NULL, PRIMARY KEY (piece, blob));
    CREATE INDEX uses_by_blob ON uses (blob);
    CREATE TABLE files (blob TEXT NOT NULL, owner TEXT NOT NULL, PRIMARY KEY (blob, owner));
    CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    """,
]
_FULL, _ROOM = "The disk is full: nothing was written.", "Free some room, or run `segue store clean`."
_CACHE_SAMPLES = 60_000_000  # decoded sound kept in memory: 240 MB of float32
SHARED = "shared"  # owner of what everybody on this home may see (library tracks)


class Store:
    """Blobs and pieces of one ``SEGUE_HOME``. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._open(settings)
        self.database = Database(settings.home / "store.db", _MIGRATIONS)

    def _open(self, settings: Settings) -> None:
        """Open what needs no catalogue."""
        self.settings = settings
        self.folder = settings.home / "store"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The data folder {settings.home} cannot be used ({error.strerror}).",
                "Set SEGUE_HOME to a folder that you may write to.",
            ) from error
        self._cache: OrderedDict[str, Waveform] = OrderedDict()
        self._cache_lock = threading.Lock()

    # -- blobs ---------------------------------------------------------------------------------

    def put_bytes(self, data: bytes, suffix: str) -> str:
        """Keep bytes and return their id (SHA-256). ``suffix`` has its dot."""
        blob = hashlib.sha256(data).hexdigest()
        if self.known(blob):
            return blob
        temporary = self._temporary(suffix)
        try:
            with open(temporary, "wb") as out:
                out.write(data)
        except OSError as error:
            raise self._failed(temporary, error) from error
        return self.adopt(temporary, blob, suffix)

    def put_file(self, path: Path, suffix: str | None = None) -> str:
        """Copy a file into the store and return its id (SHA-256)."""
        suffix = (suffix or path.suffix).lower()
        temporary = self._temporary(suffix)
        try:
            shutil.copyfile(path, temporary)
        except FileNotFoundError as error:
            temporary.unlink(missing_ok=True)
            raise NotFound(f"There is no file {path}.", "Check the name and the folder.") from error
        except OSError as error:
            raise self._failed(temporary, error) from error
        return self.adopt(temporary, file_hash(temporary), suffix)

    def link_file(self, path: Path, content_hash: str | None = None) -> str:
        """Know a file of the user's by its content's hash, without copying it."""
        blob = content_hash or file_hash(path)
        self.link_files([(path, blob)])
        return blob

    def link_files(self, files: Iterable[tuple[Path, str]]) -> None:
        """Know many files of the user's, each with its content's hash, as one transaction."""
        with self.database.write() as db:
            for path, blob in files:
                db.execute(
                    "INSERT INTO blobs (id, suffix, bytes, external) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (id) DO UPDATE SET external = excluded.external WHERE external IS NOT NULL",
                    (blob, path.suffix.lower(), path.stat().st_size, str(path.resolve())),
                )

    def path(self, blob: str) -> Path:
        """Return where a blob's bytes are.

        Raises
        ------
        NotFound : unknown, cleaned away, or a linked file that was moved.
        """
        row = self.database.row("SELECT suffix, external FROM blobs WHERE id = ?", (blob,))
        if row is None:
            raise NotFound(f"Nothing is stored under {blob[:12]}.", "It may have been removed by `segue store clean`.")
        path = Path(row["external"]) if row["external"] else self._place(blob, row["suffix"])
        if not path.is_file():
            raise NotFound(f"The file {path} is gone.", "Put it back, or scan its folder again.")
        return path

    def known(self, blob: str) -> bool:
        """Tell whether a blob's bytes are here."""
        row = self.database.row("SELECT suffix, external FROM blobs WHERE id = ?", (blob,))
        return row is not None and (bool(row["external"]) or self._place(blob, row["suffix"]).is_file())

    def _place(self, blob: str, suffix: str) -> Path:
        return self.folder / blob[:2] / (blob + suffix)

    def _temporary(self, suffix: str) -> Path:
        try:
            handle, name = tempfile.mkstemp(prefix=f".writing-{os.getpid()}-", suffix=suffix, dir=self.folder)
        except OSError as error:
            raise self._failed(self.folder, error) from error
        os.close(handle)
        return Path(name)

    def forget_writing(self, process: int) -> None:
        """Remove what a process that was ended had begun to write."""
        for left_over in self.folder.glob(f".writing-{process}-*"):
            left_over.unlink(missing_ok=True)

    def _failed(self, temporary: Path, error: OSError) -> StoreError:
        if temporary.is_file():
            temporary.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return DiskFull(_FULL, _ROOM)
        return StoreError(
            f"The store cannot be written to ({error.strerror}).", "Check SEGUE_HOME and its permissions."
        )

    def adopt(self, temporary: Path, blob: str, suffix: str) -> str:
        """Take a file of this folder in as a blob and return its id.

        Synchronise, rename into place, record: in that order, so that a row never lacks its bytes.
        """
        place = self._place(blob, suffix)
        try:
            place.parent.mkdir(exist_ok=True)
            with open(temporary, "rb+") as out:
                os.fsync(out.fileno())
            size = temporary.stat().st_size
            os.replace(temporary, place)
            _sync_folder(place.parent)
        except OSError as error:
            raise self._failed(temporary, error) from error
        self.database.execute(
            "INSERT INTO blobs (id, suffix, bytes) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET suffix = excluded.suffix, external = NULL",
            (blob, suffix, size),
        )
        return blob

    # -- sound and scores ----------------------------------------------------------------------

    def add_wave(self, wave: Waveform, bits: int = 24) -> Clip:
        """Keep a sound as FLAC. Samples on the 24-bit grid (``audio.quantised``) come back bit for bit."""
        temporary = self._temporary(".flac")
        try:
            encode(wave, temporary, "flac", bits)
        except OSError as error:
            raise self._failed(temporary, error) from error
        except DiskFull as error:
            temporary.unlink(missing_ok=True)
            raise DiskFull(_FULL, _ROOM) from error
        blob = self.adopt(temporary, file_hash(temporary), ".flac")
        return Clip(id=blob, sample_rate=wave.sample_rate, channels=wave.channels, frames=wave.frames)

    def add_recording(self, path: Path, link: bool = False) -> Clip:
        """Keep (or link) a recording as it is, after it was decoded once to prove that it can be.

        Raises
        ------
        NotFound, UnreadableMedia : see ``audio.decode``.
        """
        info = probe(path)
        if info.frames * info.channels > _CACHE_SAMPLES:  # too long to be held: read through once, block by block
            frames = sum(block.shape[1] for block in stream(path, self.settings.max_input_s))
            blob = self.link_file(path) if link else self.put_file(path)
            return Clip(id=blob, sample_rate=info.sample_rate, channels=info.channels, frames=frames)
        wave = decode(path, self.settings.max_input_s, self.settings.max_input_bytes)
        blob = self.link_file(path) if link else self.put_file(path)
        self._remember_wave(blob, wave)
        return Clip(id=blob, sample_rate=wave.sample_rate, channels=wave.channels, frames=wave.frames)

    def wave(self, clip: Clip) -> Waveform:
        """Return a clip's sound; recently used ones come from memory. Treat it as read-only."""
        with self._cache_lock:
            if clip.id in self._cache:
                self._cache.move_to_end(clip.id)
                return self._cache[clip.id]
        wave = decode(self.path(clip.id), self.settings.max_input_s, self.settings.max_input_bytes)
        self._remember_wave(clip.id, wave)
        return wave

    def _remember_wave(self, blob: str, wave: Waveform) -> None:
        wave.samples.flags.writeable = False
        with self._cache_lock:
            self._cache[blob] = wave
            while len(self._cache) > 1 and sum(w.samples.size for w in self._cache.values()) > _CACHE_SAMPLES:
                self._cache.popitem(last=False)

    def add_score(self, score: Score) -> ScoreInfo:
        """Keep a score and return its summary with the blob's id."""
        info = score.summary()
        info.id = self.put_bytes(score.to_json(), ".score.json")
        return info

    def score(self, info: ScoreInfo) -> Score:
        """Return the whole score behind a summary."""
        return Score.model_validate_json(self.path(info.id).read_bytes())

    # -- pieces --------------------------------------------------------------------------------

    def save(self, piece: Piece) -> Piece:
        """Keep a piece, new or changed, with its parents and the blobs it uses."""
        self.save_all([piece])
        return piece

    def save_all(self, pieces: Iterable[Piece]) -> None:
        """Keep many pieces as one transaction: each by itself would wait for the disk."""
        with self.database.write() as db:
            for piece in pieces:
                blobs = {clip.id for clip in [piece.clip, *piece.stems.values()] if clip}
                if piece.score:
                    blobs.add(piece.score.id)
                db.execute(
                    "INSERT INTO pieces (id, owner, kind, title, created, body) VALUES (?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT (id) DO UPDATE SET title = excluded.title, body = excluded.body",
                    (piece.id, piece.owner, piece.kind, piece.title, piece.created, piece.model_dump_json()),
                )
                db.execute("DELETE FROM uses WHERE piece = ?", (piece.id,))
                db.executemany("INSERT INTO uses VALUES (?, ?)", [(piece.id, blob) for blob in blobs])
                db.executemany("INSERT OR IGNORE INTO parents VALUES (?, ?)", [(piece.id, p) for p in piece.parents])

    def piece(self, id: str, owner: str) -> Piece:
        """Return a piece that ``owner`` may see.

        Raises
        ------
        NotFound : unknown, or somebody else's: the two cannot be told apart.
        """
        row = self.database.row("SELECT body FROM pieces WHERE id = ? AND owner IN (?, ?)", (id, owner, SHARED))
        if row is None:
            raise NotFound(f"There is no piece {id}.", "Name one that this conversation or the library knows.")
        return Piece.model_validate_json(row["body"])

    def pieces(self, owner: str, kind: str = "piece", limit: int = 100) -> list[Piece]:
        """Return an owner's pieces, the newest first."""
        rows = self.database.rows(
            "SELECT body FROM pieces WHERE owner = ? AND kind = ? ORDER BY created DESC, rowid DESC LIMIT ?",
            (owner, kind, limit),
        )
        return [Piece.model_validate_json(row["body"]) for row in rows]

    def remove(self, ids: Collection[str]) -> None:
        """Forget pieces; their blobs go at the next ``clean``."""
        with self.database.write() as db:
            for id in ids:
                db.execute("DELETE FROM pieces WHERE id = ?", (id,))
                db.execute("DELETE FROM uses WHERE piece = ?", (id,))

    def own_file(self, blob: str, owner: str) -> None:
        """Record that ``owner`` may read a blob that is not part of a piece (an exported file, say)."""
        self.database.execute("INSERT OR IGNORE INTO files VALUES (?, ?)", (blob, owner))

    def disown_file(self, blob: str, owner: str) -> None:
        """Take back what ``own_file`` recorded; a blob that nothing else uses goes with the next ``clean``."""
        self.database.execute("DELETE FROM files WHERE blob = ? AND owner = ?", (blob, owner))

    def may_read(self, blob: str, owner: str) -> bool:
        """Tell whether ``owner`` may read a blob: one of a piece of theirs, or a file made for them."""
        row = self.database.row(
            "SELECT 1 FROM uses JOIN pieces ON pieces.id = uses.piece WHERE uses.blob = ? AND owner IN (?, ?) "
            "UNION SELECT 1 FROM files WHERE blob = ? AND owner IN (?, ?)",
            (blob, owner, SHARED, blob, owner, SHARED),
        )
        return row is not None

    # -- what was measured once ----------------------------------------------------------------

    def recall(self, key: str) -> Any:  # noqa: ANN401 - any JSON
        """Return what was remembered under ``key``, or None."""
        row = self.database.row("SELECT value FROM memory WHERE key = ?", (key,))
        return json.loads(row["value"]) if row else None

    def remember(self, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON
        """Keep a JSON value under ``key`` (measurements, keyed by content hash and version)."""
        self.database.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (key, json.dumps(value)))

    # -- room ----------------------------------------------------------------------------------

    def usage(self) -> dict[str, int]:
        """Return counts and bytes: pieces, blobs, bytes, unused_blobs, unused_bytes, linked."""
        row = self.database.row(
            "SELECT count(*) AS blobs, coalesce(sum(bytes), 0) AS bytes FROM blobs WHERE external IS NULL"
        )
        unused = self.database.row(f"SELECT count(*) AS n, coalesce(sum(bytes), 0) AS b FROM blobs {_UNUSED}")
        pieces = self.database.row("SELECT count(*) AS n FROM pieces WHERE kind = 'piece'")
        linked = self.database.row("SELECT count(*) AS n FROM blobs WHERE external IS NOT NULL")
        assert row
        assert unused
        assert pieces
        assert linked
        return {
            "pieces": pieces["n"], "blobs": row["blobs"], "bytes": row["bytes"],
            "unused_blobs": unused["n"], "unused_bytes": unused["b"], "linked": linked["n"],
            "quota_bytes": self.settings.store_quota_mb * 1_000_000,
        }  # fmt: skip

    def clean(self, keep: Collection[str] = ()) -> dict[str, int]:
        """Remove blobs that nothing uses; above the quota also the oldest pieces not in ``keep``.

        A piece that a kept piece was made from is kept as well. Returns what was removed.
        """
        removed = 0
        if self.usage()["bytes"] > self.settings.store_quota_mb * 1_000_000:
            removed = self._remove_oldest(set(keep))
        freed = self._remove_unused()
        for left_over in self.folder.glob(".writing-*"):
            left_over.unlink(missing_ok=True)
        return {"pieces": removed, **freed}

    def _remove_oldest(self, keep: set[str]) -> int:
        pending = list(keep)
        while pending:
            for row in self.database.rows("SELECT parent FROM parents WHERE child = ?", (pending.pop(),)):
                if row["parent"] not in keep:
                    keep.add(row["parent"])
                    pending.append(row["parent"])
        removed = 0
        for row in self.database.rows("SELECT id FROM pieces WHERE kind = 'piece' ORDER BY created"):
            usage = self.usage()
            if usage["bytes"] - usage["unused_bytes"] <= usage["quota_bytes"]:
                break
            if row["id"] not in keep:
                self.remove([row["id"]])
                removed += 1
        return removed

    def _remove_unused(self) -> dict[str, int]:
        count = size = 0
        for row in self.database.rows(f"SELECT id, suffix, bytes FROM blobs {_UNUSED}"):
            self.database.execute("DELETE FROM blobs WHERE id = ?", (row["id"],))
            self._place(row["id"], row["suffix"]).unlink(missing_ok=True)
            count, size = count + 1, size + row["bytes"]
        return {"blobs": count, "bytes": size}

    def close(self) -> None:
        """Close the catalogue."""
        self.database.close()


_UNUSED = (
    "WHERE external IS NULL AND NOT EXISTS (SELECT 1 FROM uses WHERE blob = blobs.id) "
    "AND NOT EXISTS (SELECT 1 FROM files WHERE blob = blobs.id)"
)


def new_id(prefix: str = "p") -> str:
    """Return a fresh unguessable id such as ``p_3f9a…``."""
    return f"{prefix}_{secrets.token_hex(6)}"


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with open(path, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
