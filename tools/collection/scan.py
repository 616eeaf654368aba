"""Scanning a folder: tags first, so that everything can be searched at once; measuring comes after.

Every file is committed by itself, so a scan that was stopped or killed goes on where it was. Moved
files are known by their content, changed ones are read again, broken ones are listed. Files are
only ever opened for reading.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel

from segue.tools.collection.catalogue import Catalogue, Track, now
from segue.tools.collection.tags import MUSIC_SUFFIXES, from_name, read_tags
from segue.tools.core.audio import AUDIO_SUFFIXES
from segue.tools.core.errors import BadInput, Cancelled, DeadlineExceeded, InvalidArgument, NotFound, SegueError
from segue.tools.core.piece import Clip, Piece
from segue.tools.core.settings import Settings
from segue.tools.core.store import SHARED, Store, file_hash, new_id

Progress = Callable[[float, float, str], None]
Check = Callable[[], None]


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
) -> ScanResult:
    """Read a folder (or one file) into the catalogue by names and tags.

    Parameters
    ----------
    progress : called with (files done, files, file name).
    check : called before every file; raises to stop the scan.

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
    known = {track.path: track for track in catalogue.find("path IS NOT NULL")}
    for done, path in enumerate(files):
        if check:
            check()
        if progress:
            progress(done, len(files), path.name)
        _take(catalogue, store, path, known, result)
    result.gone = _mark_gone(catalogue, folder, {str(path) for path in files})
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
        unreadable[str(error.filename)] = f"This folder cannot be read ({error.strerror})."

    own = {str((settings.home / name).resolve()) for name in ("store", "exports")}
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=failed):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and os.path.join(place, f) not in own)
        found += [
            Path(place, name)
            for name in sorted(names)
            if not name.startswith(".") and Path(name).suffix.lower() in MUSIC_SUFFIXES
        ]
    return found, unreadable


def _take(catalogue: Catalogue, store: Store, path: Path, known: dict[str | None, Track], result: ScanResult) -> None:
    """Bring one file into the catalogue, whatever became of it since the last scan."""
    before = known.get(str(path))
    try:
        stat = path.stat()
        if before and before.state != "gone" and (before.mtime_ns, before.size) == (stat.st_mtime_ns, stat.st_size):
            result.unchanged += 1
            if before.state == "broken":
                result.broken[str(path)] = before.error
            return
        content = file_hash(path)
        moved = None if before else _moved_from(catalogue, content, stat.st_size)
        old = before or moved
        id = old.id if old else _id_for(catalogue, path, content)
        place = {"path": str(path), "mtime_ns": stat.st_mtime_ns, "size": stat.st_size, "content": content}
        if old and old.content == content and old.state != "broken":
            track = old.model_copy(update={**place, "state": "ok", "error": ""})
            store.link_file(path, content)
            result.moved += moved is not None
            result.unchanged += moved is None
        else:
            track = _read(store, path, Track(id=id, **place), old)
            result.changed += old is not None
            result.added += old is None
    except (SegueError, OSError) as error:
        if isinstance(error, (Cancelled, DeadlineExceeded)) or not isinstance(error, (BadInput, OSError)):
            raise
        track = _broken(catalogue, path, before, str(error))
        result.broken[str(path)] = track.error
    catalogue.save([track])
    known[str(path)] = track


def _read(store: Store, path: Path, fresh: Track, old: Track | None) -> Track:
    """Read tags, link the file and keep the piece; what the user did to an older version stays."""
    score = None
    if path.suffix.lower() in AUDIO_SUFFIXES:
        facts = read_tags(path)
    else:
        from segue.tools.music.notation import read_midi, read_musicxml

        facts = from_name(path)
        written = (read_midi if path.suffix.lower() in (".mid", ".midi") else read_musicxml)(path)
        score = store.add_score(written)
        length = written.clock().seconds(written.beats)
        facts.update(bpm=written.bpm, bpm_confidence=1.0, key=written.key, key_confidence=0.5, meter=written.meter)
        facts.update(duration_s=length, instruments=list(dict.fromkeys(p.instrument or p.name for p in written.parts)))
    kept = {}
    if old:
        names = ("rating", "playcount", "lastplayed", "dateadded")
        kept = {name: value for name in names if (value := getattr(old, name)) is not None}
    track = Track.model_validate({**fresh.model_dump(), **facts, **{k: v for k, v in kept.items() if v}})
    track.dateadded = track.dateadded or now()
    clip = None
    if score is None:
        assert track.content
        rate = track.samplerate or 44100
        frames = round((track.duration_s or 0.0) * rate)
        store.link_file(path, track.content)
        clip = Clip(id=track.content, sample_rate=rate, channels=track.channels or 2, frames=frames)
    store.save(Piece(id=track.id, owner=SHARED, kind="track", title=track.name, clip=clip, score=score))
    return track


def _moved_from(catalogue: Catalogue, content: str, size: int) -> Track | None:
    """Return the track of this content whose file is no longer where it was."""
    same = catalogue.find("content = ? AND size = ?", (content, size))
    return next((track for track in same if track.path and not Path(track.path).exists()), None)


def _id_for(catalogue: Catalogue, path: Path, content: str) -> str:
    """An id that comes out the same when a scan was killed before its row was written."""
    id = "t_" + hashlib.sha256(f"{path}\0{content}".encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return new_id("t") if catalogue.count("id = ?", (id,)) else id


def _broken(catalogue: Catalogue, path: Path, before: Track | None, reason: str) -> Track:
    try:
        stat = path.stat()
        place = {"mtime_ns": stat.st_mtime_ns, "size": stat.st_size}
    except OSError:
        place = {}
    id = before.id if before else _id_for(catalogue, path, "")
    return Track.model_validate(
        {**from_name(path), "id": id, "path": str(path), "state": "broken", "error": reason, **place}
    )


def _mark_gone(catalogue: Catalogue, folder: Path, present: set[str]) -> int:
    """Mark tracks under ``folder`` whose files are missing; their user data wait for the files to return."""
    inside = str(folder) + os.sep
    gone = [
        track.model_copy(update={"state": "gone", "error": "The file is missing."})
        for track in catalogue.find("path IS NOT NULL AND state != 'gone'")
        if track.path and track.path.startswith(inside) and track.path not in present and not Path(track.path).exists()
    ]
    broken = [track.id for track in gone if not track.content]
    if broken:
        with catalogue.database.write() as db:
            db.executemany("DELETE FROM tracks WHERE id = ?", [(id,) for id in broken])
    if kept := [track for track in gone if track.content]:
        catalogue.save(kept)
    return len(gone)


def tracks_in(catalogue: Catalogue, folder: Path) -> Iterator[Track]:
    """Yield every track, in whatever state, whose file lies in ``folder``."""
    place = str(folder.expanduser().resolve())
    for track in catalogue.find("path IS NOT NULL"):
        if track.path == place or (track.path or "").startswith(place + os.sep):
            yield track
