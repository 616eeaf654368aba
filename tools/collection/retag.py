"""Writing what is known of tracks into the user's own files, after a yes: into the tag block where that changes nothing else, beside it otherwise."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from segue.tools.collection import sidecar, tagblock
from segue.tools.collection.catalogue import Catalogue, Track
from segue.tools.collection.files import explained
from segue.tools.collection.scan import relink
from segue.tools.collection.tags import read_tags
from segue.tools.collection.undo import Journal, replace, taken_back
from segue.tools.core.errors import BadInput, CannotDo, NotFound
from segue.tools.core.store import Store

_MOST_BYTES = 256_000_000  # of a file whose tag block is changed: it is held in memory, three times
# Whether a file was changed, and whether its sidecar.
_WHERE = {
    (False, False): "there already",
    (True, False): "file",
    (False, True): "beside",
    (True, True): "file and beside",
}
Note = Callable[[str], None]


class Retag:
    """Writes tags, and takes the last ones back."""

    def __init__(self, catalogue: Catalogue, store: Store, journal: Path) -> None:
        self._catalogue, self._store, self._journal = catalogue, store, Journal(journal)

    def write(
        self,
        tracks: Sequence[Track],
        fields: Sequence[str],
        note: Note,
        check: Callable[[], None],
        progress: Callable[[float, float, str], None] | None = None,
    ) -> list[dict[str, Any]]:
        """Write fields of tracks; return a row for each file: its tags, and where they stand ("file", "beside", "there already").

        Raises
        ------
        CannotDo : nothing is known that could be written, or a folder cannot be written to.
        DiskFull : no room. What was written before stays in either case, and can be taken back.
        """
        planned = sidecar.planned(tracks, fields, note)
        by_path = {track.path: track for track in tracks}
        self._journal.begin({path: sidecar.read(sidecar.sidecar_of(Path(path))) for path in planned})
        rows: list[dict[str, Any]] = []
        reasons: Counter[str] = Counter()
        for done, (path, values) in enumerate(planned.items()):
            check()
            if progress:
                progress(done, len(planned), Path(path).name)
            with explained(Path(path).parent):
                inside, left = self._one(by_path[path], values, reasons)
                beside = bool(left) and sidecar.add(Path(path), left)
            rows.append({"file": path, **values, "written": _WHERE[inside, beside]})
        if all(row["written"] == "there already" for row in rows):
            self._journal.drop()
        self._tell(rows, reasons, note)
        return rows

    def _one(self, track: Track, values: dict[str, Any], reasons: "Counter[str]") -> tuple[bool, dict[str, Any]]:
        """Write one file's tags into it; tell whether it was changed, and which tags must stand beside it."""
        names = {name: sidecar.FIELDS[name] for name in values}
        mine = {names[name]: value for name, value in values.items() if names[name] in tagblock.NAMES}
        left = {name: value for name, value in values.items() if names[name] not in tagblock.NAMES}
        if not mine:
            return False, left
        try:
            path = _writable(Path(track.path or ""))
            there = read_tags(path)
            mine = {field: value for field, value in mine.items() if not _is_said(there.get(field), value)}
            if mine:
                self._replace(track, path, mine)
        except (CannotDo, BadInput) as error:
            reasons[error.message] += 1
            return False, values
        return bool(mine), left

    def _replace(self, track: Track, path: Path, values: dict[str, Any]) -> None:
        old = path.read_bytes()
        new = tagblock.with_tags(old, path.suffix, values)
        self._journal.changes(path, old, new)
        replace(path, new)
        relink(self._catalogue, self._store, track)

    def undo(self, note: Note) -> int:
        """Put everything back as it was before the last writing, files to the byte; return how many files.

        Raises
        ------
        NotFound : there is nothing to undo.
        """
        batch = self._journal.last()
        if batch is None:
            raise NotFound("No tags were written, so there is nothing to undo.", "Write some first: library retag.")
        beside, files = batch
        by_path = {os.path.realpath(track.path): track for track in self._catalogue.find("path IS NOT NULL") if track.path}  # fmt: skip
        changed, touched = [], set()
        for path, whole in taken_back(files):
            touched.add(str(path))
            if not whole:
                changed.append(path.name)
            elif track := by_path.get(os.path.realpath(path)):
                relink(self._catalogue, self._store, track)
        for name, values in beside.items():
            if sidecar.put_back(Path(name), values):
                touched.add(os.path.realpath(name))
        self._journal.drop()
        if changed:
            note(f"Left as they are, since they were changed by others or are gone: {', '.join(changed[:5])}" + (f" and {len(changed) - 5} more." if len(changed) > 5 else "."))  # fmt: skip
        return len(touched) - len(changed)

    def _tell(self, rows: Sequence[dict[str, Any]], reasons: "Counter[str]", note: Note) -> None:
        where = Counter(row["written"] for row in rows)
        inside = where["file"] + where["file and beside"]
        beside = where["beside"] + where["file and beside"]
        if inside:
            note(f"{inside} file{'s' * (inside != 1)}: only the tags asked for were changed; all other tags and the sound are the same to the byte.")  # fmt: skip
        if beside:
            note(
                f"{beside} file{'s' * (beside != 1)}: tags stand beside the music, in files ending in {sidecar.SUFFIX}."
            )
        for reason, count in reasons.most_common(3) if beside else ():
            note(f"{count} × beside it, because: {reason}")
        if where["there already"]:
            note(f"{where['there already']} held these tags already.")
        if inside or beside:
            note("Retag with the field 'undo' takes them back.")


def _writable(path: Path) -> Path:
    """Return where a file really lies, if its tags may be written into it.

    Raises
    ------
    CannotDo : mutagen is not installed, the file is marked read-only, somebody else's, or too large.
    """
    if not tagblock.available():
        raise CannotDo(f"Writing into music files needs mutagen (GPL): {tagblock.EXTRA}", "Or leave them beside.")
    path = path.resolve()
    stat = path.stat()
    if not stat.st_mode & 0o222 or not os.access(path, os.W_OK):
        raise CannotDo("It is marked read-only.", "Allow writing.")
    if hasattr(os, "geteuid") and os.geteuid() not in (0, stat.st_uid):
        raise CannotDo("It belongs to another user.", "Its tags go into a file beside it.")
    if stat.st_size > _MOST_BYTES:
        raise CannotDo("It is larger than 256 MB.", "Its tags go into a file beside it.")
    return path


def _is_said(said: object, value: object) -> bool:
    """Tell whether what a file says is this already."""
    if isinstance(value, float) and isinstance(said, (int, float)):
        return abs(said - value) < 0.005
    return bool(said == value)
