"""Scanning a folder: tags first, so that everything can be searched at once; contents and measuring come after.

What was read is kept several times a second, so a scan that was stopped or killed goes on where it was. Moved
files are known by their content, changed ones are read again, broken ones are listed. Files are
only ever opened for reading.
"""

import hashlib
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from segue.tools.collection.abreast import Pace, in_order
from segue.tools.collection.catalogue import Catalogue, Track, now
from segue.tools.collection.hearing import Listeners, facts_of
from segue.tools.collection.tags import MUSIC_SUFFIXES, from_name
from segue.tools.core.audio import AUDIO_SUFFIXES
from segue.tools.core.errors import BadInput, InvalidArgument, NotFound
from segue.tools.core.piece import Clip, Piece
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.core.store import SHARED, Store, file_hash, new_id

Progress = Callable[[float, float, str], None]
Check = Callable[[], None]

_FEW = 16  # files that are read sooner than a process of its own has begun
_KEEP_S, _KEEP_AT = 0.25, 200  # what was read is kept this often, or when it is so much: each time waits for the disk


class ScanResult(BaseModel):
    """What a scan found; ``broken`` lists file and reason."""

    folder: str
    found: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    unchanged: int = 0
    gone: int = 0
    analysed: int = 0
    waiting: int = 0
    broken: dict[str, str] = {}
    seconds: float = 0.0


def scan(
    catalogue: Catalogue,
    store: Store,
    folder: Path,
    *,
    progress: Progress | None = None,
    check: Check | None = None,
    apart: bool = False,
) -> ScanResult:
    """Read a folder (or one file) into the catalogue by names and tags, then know the contents of its files.

    Files are read on as many threads as there are cores, at a low priority.

    Parameters
    ----------
    progress : called with (files done, files, file name and the time left); once more from 0 on for the contents.
    check : called before every file; raises to stop the scan. What was read until then is kept.
    apart : read more than a few files in processes of their own: where others must not be held up (a server).

    Raises
    ------
    NotFound : there is no such folder.
    InvalidArgument : it holds no music.
    """
    began = time.monotonic()
    folder = folder.expanduser().resolve()
    if not folder.exists():
        raise NotFound(f"There is no folder {folder}.", "Check the name, or whether the disk is connected.")
    files, unreadable = _files(folder, catalogue.settings)
    if not files:
        raise InvalidArgument(
            f"{folder} holds no music files.", "Give a folder with mp3, flac, ogg, m4a, wav or MIDI files."
        )
    result = ScanResult(folder=str(folder), found=len(files), broken=unreadable)
    catalogue.add_folder(folder)
    listeners = Listeners() if apart and len(files) > _FEW else None
    try:
        _Tags(catalogue, store, result, listeners).read(files, progress, check)
    finally:
        if listeners:
            listeners.end()
    result.gone = _mark_gone(catalogue, folder, {str(path) for path in files})
    _know_contents(catalogue, store, folder, result, progress, check)
    catalogue.folder_scanned(folder)
    if progress:
        progress(len(files), len(files), "")
    result.waiting = catalogue.count("state = 'ok' AND analysed = 0 AND path IS NOT NULL")
    result.seconds = round(time.monotonic() - began, 3)
    return result


def _files(folder: Path, settings: Settings) -> tuple[list[Path], dict[str, str]]:
    if folder.is_file():
        return [folder], {}
    unreadable: dict[str, str] = {}

    def failed(error: OSError) -> None:
        unreadable[printable(str(error.filename))] = f"This folder cannot be read ({error.strerror})."

    own = {str((settings.home / name).resolve()) for name in ("store", "exports")}
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=failed):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and os.path.join(place, f) not in own)
        for name in sorted(names):
            if name.startswith(".") or Path(name).suffix.lower() not in MUSIC_SUFFIXES:
                continue
            path = os.path.join(place, name)
            if printable(path) == path:
                found.append(Path(path))
            else:
                unreadable[printable(path)] = "Its name holds bytes that are no text. Rename it, and scan again."
    return found, unreadable


def printable(path: str) -> str:
    """Return a path that can be written down: bytes that are no text become question marks."""
    return path.encode("utf-8", "replace").decode()


def _go_on() -> None:
    """What is asked while a file is read: the scan is stopped between files."""


# -- names and tags -------------------------------------------------------------------------------


@dataclass
class _Found:
    """What reading one file brought: facts (and the notes of a score), the track that it is by content, or a fault."""

    facts: dict[str, Any] = field(default_factory=dict)
    score: Score | None = None
    same: Track | None = None
    fault: str = ""


class _Tags:
    """The first pass: every file's name, tags and header."""

    def __init__(self, catalogue: Catalogue, store: Store, result: ScanResult, listeners: Listeners | None) -> None:
        self._catalogue, self._store, self._result, self._listeners = catalogue, store, result, listeners
        tracks = catalogue.find("path IS NOT NULL")
        self._known = {track.path: track for track in tracks}
        self._ids = {track.id for track in catalogue.find("1")}
        self._by_size: dict[int | None, list[Track]] = defaultdict(list)
        for track in tracks:
            self._by_size[track.size].append(track)
        self._taken: set[str] = set()
        self._tracks: list[Track] = []
        self._pieces: list[Piece] = []
        self._links: list[tuple[Path, str]] = []
        self._kept = time.monotonic()

    def read(self, files: list[Path], progress: Progress | None, check: Check | None) -> None:
        """Bring all files into the catalogue, whatever became of them since the last scan."""
        pace = Pace(len(files))
        try:
            for done, (path, (stat, found)) in enumerate(in_order(self._look, files, check)):
                if progress:
                    progress(done, len(files), pace.label(done, path.name))
                if stat is None and not found.fault:
                    self._result.unchanged += 1
                    before = self._known[str(path)]
                    if before.state == "broken":
                        self._result.broken[str(path)] = before.error
                else:
                    self._take(path, stat, found)
                if len(self._tracks) >= _KEEP_AT or time.monotonic() - self._kept > _KEEP_S:
                    self._keep()
        finally:
            self._keep()

    def _look(self, path: Path) -> tuple[os.stat_result | None, _Found]:
        """Read one file, on any thread; no stat means that nothing changed."""
        before = self._known.get(str(path))
        try:
            stat = path.stat()
            if before and before.state != "gone" and (before.mtime_ns, before.size) == (stat.st_mtime_ns, stat.st_size):
                return None, _Found()
            return stat, self._facts(path, stat, [before] if before else self._lost(stat.st_size))
        except (BadInput, OSError) as error:
            return None, _Found(fault=str(error))

    def _lost(self, size: int) -> list[Track]:
        """Return tracks of that size whose files are no longer where they were: one of them may have been moved."""
        same = self._by_size.get(size, [])
        return [t for t in same if t.id not in self._taken and t.path and not Path(t.path).exists()]

    def _facts(self, path: Path, stat: os.stat_result, likely: list[Track]) -> _Found:
        content = file_hash(path) if likely else None
        for track in likely:
            # A scan that was killed before it knew the contents has left size and time alone.
            unread = track.content is None and (track.mtime_ns, track.size) == (stat.st_mtime_ns, stat.st_size)
            if track.state != "broken" and (unread or track.content == content):
                return _Found(same=track)
        facts, score = self._listeners.mine().read(path, _go_on) if self._listeners else facts_of(path)
        return _Found(facts, score)

    def _take(self, path: Path, stat: os.stat_result | None, found: _Found) -> None:
        before = self._known.get(str(path))
        if found.same and found.same.id in self._taken and stat:  # two copies of one file that is gone
            try:
                found = self._facts(path, stat, [])
            except (BadInput, OSError) as error:
                found = _Found(fault=str(error))
        if found.fault or stat is None:
            track = self._broken(path, before, found.fault)
            self._result.broken[str(path)] = track.error
        else:
            place = {"path": str(path), "mtime_ns": stat.st_mtime_ns, "size": stat.st_size}
            if found.same:
                track = found.same.model_copy(update={**place, "state": "ok", "error": ""})
                if track.content and path.suffix.lower() in AUDIO_SUFFIXES:
                    self._links.append((path, track.content))
                self._result.moved += before is None
                self._result.unchanged += before is not None
                self._taken.add(track.id)
            else:
                track = self._track(Track(id=before.id if before else self._id(path, stat), **place), found, before)
                self._result.changed += before is not None
                self._result.added += before is None
        self._known[str(path)] = track
        self._ids.add(track.id)
        self._tracks.append(track)

    def _track(self, fresh: Track, found: _Found, old: Track | None) -> Track:
        """Return a new or changed file's row and keep its piece; what the user did to an older version stays."""
        kept = {}
        if old:
            names = ("rating", "playcount", "lastplayed", "dateadded")
            kept = {name: value for name in names if (value := getattr(old, name))}
        track = Track.model_validate({**fresh.model_dump(), **found.facts, **kept})
        track.dateadded = track.dateadded or now()
        score = self._store.add_score(found.score) if found.score else None
        self._pieces.append(Piece(id=track.id, owner=SHARED, kind="track", title=track.name, score=score))
        return track

    def _id(self, path: Path, stat: os.stat_result) -> str:
        """An id that comes out the same when a scan was killed before its row was written."""
        mark = f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}"
        id = "t_" + hashlib.sha256(mark.encode()).hexdigest()[:12]
        return new_id("t") if id in self._ids else id

    def _broken(self, path: Path, before: Track | None, reason: str) -> Track:
        try:
            stat = path.stat()
            place = {"mtime_ns": stat.st_mtime_ns, "size": stat.st_size}
            id = before.id if before else self._id(path, stat)
        except OSError:
            place = {}
            id = before.id if before else new_id("t")
        return Track.model_validate(
            {**from_name(path), "id": id, "path": str(path), "state": "broken", "error": reason, **place}
        )

    def _keep(self) -> None:
        """Write what was read: the pieces before the rows, so that no row lacks its piece."""
        if self._links:
            self._store.link_files(self._links)
        if self._pieces:
            self._store.save_all(self._pieces)
        if self._tracks:
            self._catalogue.save(self._tracks)
        self._links, self._pieces, self._tracks = [], [], []
        self._kept = time.monotonic()


# -- contents -------------------------------------------------------------------------------------


def _know_contents(
    catalogue: Catalogue, store: Store, folder: Path, result: ScanResult, progress: Progress | None, check: Check | None
) -> None:
    """The second pass: hash what was only read by its tags, so that it can be played, and known again when it moves."""
    tracks = [track for track in tracks_in(catalogue, folder) if track.state == "ok" and track.content is None]
    pace = Pace(len(tracks))
    batch: list[tuple[Track, str]] = []
    kept = time.monotonic()
    try:
        for done, (track, content) in enumerate(in_order(_content, tracks, check)):
            if progress:
                progress(done, len(tracks), pace.label(done, Path(track.path or "").name))
            if content:
                batch.append((track, content))
            if len(batch) >= _KEEP_AT or time.monotonic() - kept > _KEEP_S:
                _link(catalogue, store, batch)
                batch, kept = [], time.monotonic()
    finally:
        _link(catalogue, store, batch)


def _content(track: Track) -> str | None:
    """Return a file's hash; None where it went away or cannot be read: the next scan says so."""
    try:
        return file_hash(Path(track.path or ""))
    except OSError:
        return None


def _link(catalogue: Catalogue, store: Store, batch: list[tuple[Track, str]]) -> list[Track]:
    """Let the store know the files, give their pieces the sound, and only then write the rows."""
    known, pieces, files = [], [], []
    for track, content in batch:
        known.append(track.model_copy(update={"content": content}))
        path = Path(track.path or "")
        if path.suffix.lower() not in AUDIO_SUFFIXES:
            continue
        files.append((path, content))
        rate = track.samplerate or 44100
        clip = Clip(id=content, sample_rate=rate, channels=track.channels or 2, frames=round((track.duration_s or 0.0) * rate))  # fmt: skip
        pieces.append(Piece(id=track.id, owner=SHARED, kind="track", title=track.name, clip=clip))
    if known:
        store.link_files(files)
        store.save_all(pieces)
        catalogue.save(known)
    return known


def relink(catalogue: Catalogue, store: Store, track: Track) -> None:
    """Know a track's file anew whose tags we wrote: the same sound in other bytes, so that nothing is measured again."""
    from segue.tools.listen.analyse import remember, remembered

    path = Path(track.path or "")
    stat = path.stat()
    facts: dict[str, Any] = {"mtime_ns": stat.st_mtime_ns, "size": stat.st_size}
    if track.content is not None:
        content = facts["content"] = file_hash(path)
        store.link_files([(path, content)])
        piece = store.piece(track.id, SHARED)
        if piece.clip:
            found, clip = remembered(store, piece.clip), piece.clip.model_copy(update={"id": content})
            if found:
                remember(store, clip, found)
            store.save(piece.model_copy(update={"clip": clip}))
    catalogue.save([catalogue.track(track.id).model_copy(update=facts)])


def with_content(catalogue: Catalogue, store: Store, track: Track) -> Track:
    """Return a track whose file's content is known: read now where a scan has not come to it yet."""
    if track.content is not None or track.path is None:
        return track
    content = _content(track)
    return _link(catalogue, store, [(track, content)])[0] if content else track


def _mark_gone(catalogue: Catalogue, folder: Path, present: set[str]) -> int:
    """Mark tracks under ``folder`` whose files are missing; their user data wait for the files to return."""
    inside = str(folder) + os.sep
    missing = [
        track
        for track in catalogue.find("path IS NOT NULL AND state != 'gone'")
        if track.path and track.path.startswith(inside) and track.path not in present and not Path(track.path).exists()
    ]
    broken = [track.id for track in missing if track.state == "broken"]
    if broken:
        with catalogue.database.write() as db:
            db.executemany("DELETE FROM tracks WHERE id = ?", [(id,) for id in broken])
    if kept := [track for track in missing if track.state != "broken"]:
        catalogue.save(track.model_copy(update={"state": "gone", "error": "The file is missing."}) for track in kept)
    return len(missing)


def tracks_in(catalogue: Catalogue, folder: Path) -> Iterator[Track]:
    """Yield every track, in whatever state, whose file lies in ``folder``."""
    place = str(folder.expanduser().resolve())
    for track in catalogue.find("path IS NOT NULL"):
        if track.path == place or (track.path or "").startswith(place + os.sep):
            yield track
