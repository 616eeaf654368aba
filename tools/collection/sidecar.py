"""Writing tags without touching the music: a sidecar file beside each track, with a journal to undo it.

No free-licensed library writes tags in place without losing some, so the files themselves are never
written to. A sidecar is ``<file name>.tags.json``.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from segue.tools.collection.catalogue import Track, now
from segue.tools.core.errors import CannotDo, NotFound

SUFFIX = ".tags.json"
_FIELDS = {"bpm": "bpm", "tempo": "bpm", "key": "key", "camelot": "camelot", "mood": "moods", "moods": "moods", "genre": "genres",
           "genres": "genres", "meter": "meter", "language": "language", "loudness": "lufs", "lufs": "lufs",
           "replaygain": "replaygain_db", "replaygain_peak": "replaygain_peak",
           "instruments": "instruments", "rating": "rating", "year": "year", "title": "title", "artist": "artist",
           "album": "album", "caption": "caption"}  # fmt: skip


def planned(tracks: Sequence[Track], fields: Sequence[str], note: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Return what would be written: by file, the tags and their values.

    Raises
    ------
    CannotDo : none of the fields is known of any track, or none of the tracks has a file.
    """
    names = []
    for field in fields or ["bpm", "key", "genre", "mood", "replaygain"]:
        if field.lower() in _FIELDS:
            names.append(field.lower())
        else:
            note(f"'{field}' cannot be written as a tag.")
    changes: dict[str, dict[str, Any]] = {}
    for track in tracks:
        values = {name: getattr(track, _FIELDS[name]) for name in names}
        known = {
            name: round(v, 2) if isinstance(v, float) else v for name, v in values.items() if v not in (None, "", [])
        }
        if track.path and known:
            changes[track.path] = known
    if not changes:
        raise CannotDo(
            "There is nothing to write: none of these tracks has a file and known values.",
            "Let them be analysed first.",
        )
    if len(changes) < len(tracks):
        note(
            f"{len(tracks) - len(changes)} of {len(tracks)} tracks have no file or no known value and are left as they are."
        )
    return changes


def write(changes: dict[str, dict[str, Any]], journal: Path, check: Callable[[], None]) -> int:
    """Write the sidecars, each atomically, and first the journal that undoes them; return how many.

    Raises
    ------
    CannotDo : a folder cannot be written to; what was written before stays and is in the journal.
    """
    before = {path: _read(sidecar_of(Path(path))) for path in changes}
    journal.parent.mkdir(parents=True, exist_ok=True)
    with open(journal, "a", encoding="utf-8") as out:
        out.write(json.dumps({"time": now(), "before": before}) + "\n")
        out.flush()
        os.fsync(out.fileno())
    for done, (path, values) in enumerate(changes.items()):
        check()
        try:
            _replace(sidecar_of(Path(path)), {**(before[path] or {}), **values})
        except OSError as error:
            raise CannotDo(
                f"{Path(path).parent} cannot be written to ({error.strerror}); {done} sidecars were written before.",
                "Allow writing there, or undo with `library retag` and the field 'undo'.",
            ) from error
    return len(changes)


def undo(journal: Path) -> int:
    """Put the sidecars back as they were before the last write; return how many.

    Raises
    ------
    NotFound : there is nothing to undo.
    """
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.is_file() else []
    if not lines:
        raise NotFound("No tags were written, so there is nothing to undo.", "Write some first: library retag.")
    before: dict[str, dict[str, Any] | None] = json.loads(lines[-1])["before"]
    for path, values in before.items():
        if values is None:
            sidecar_of(Path(path)).unlink(missing_ok=True)
        else:
            _replace(sidecar_of(Path(path)), values)
    temporary = journal.with_suffix(".writing")
    temporary.write_text("".join(line + "\n" for line in lines[:-1]), encoding="utf-8")
    os.replace(temporary, journal)
    return len(before)


def sidecar_of(path: Path) -> Path:
    """Return the sidecar of a music file."""
    return path.with_name(path.name + SUFFIX)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _replace(path: Path, values: dict[str, Any]) -> None:
    temporary = path.with_name(f".{path.name}.writing")
    temporary.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(temporary, path)
