"""Tags without touching the music: a sidecar file beside each track, ``<file name>.tags.json``; and what would be written."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from segue.tools.collection.catalogue import Track
from segue.tools.core.errors import CannotDo

SUFFIX = ".tags.json"
FIELDS = {"bpm": "bpm", "tempo": "bpm", "key": "key", "camelot": "camelot", "mood": "moods", "moods": "moods", "genre": "genres",
           "genres": "genres", "meter": "meter", "language": "language", "lufs": "lufs",
           "replaygain": "replaygain_db", "replaygain_peak": "replaygain_peak",
           "instruments": "instruments", "rating": "rating", "year": "year", "title": "title", "artist": "artist",
           "album": "album", "caption": "caption"}  # fmt: skip


def planned(tracks: Sequence[Track], fields: Sequence[str], note: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Return what would be written: by file, the tags and their values.

    Raises
    ------
    CannotDo : none of the fields is known of any track, or none of the tracks has a file.
    """
    names: list[str] = []
    for field in fields or ["bpm", "key", "genre", "mood", "replaygain"]:
        name = field.lower()
        if name in ("loudness", "replaygain"):  # what tags know of loudness
            names += ["replaygain", "replaygain_peak"]
        elif name in FIELDS:
            names.append(name)
        else:
            note(f"'{field}' cannot be written as a tag.")
    names = list(dict.fromkeys(names))
    changes: dict[str, dict[str, Any]] = {}
    for track in tracks:
        values = {name: getattr(track, FIELDS[name]) for name in names}
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


def add(path: Path, values: dict[str, Any]) -> bool:
    """Write tags into a music file's sidecar, beside those that stand there; tell whether that changed anything."""
    there = read(sidecar_of(path))
    return put_back(path, {**(there or {}), **values})


def put_back(path: Path, values: dict[str, Any] | None) -> bool:
    """Let a music file's sidecar hold these values, or be gone; tell whether that changed anything."""
    beside = sidecar_of(path)
    if read(beside) == values:
        return False
    if values is None:
        beside.unlink(missing_ok=True)
    else:
        _replace(beside, values)
    return True


def sidecar_of(path: Path) -> Path:
    """Return the sidecar of a music file."""
    return path.with_name(path.name + SUFFIX)


def read(path: Path) -> dict[str, Any] | None:
    """Return what a sidecar holds; None where there is none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _replace(path: Path, values: dict[str, Any]) -> None:
    temporary = path.with_name(f".{path.name}.writing")
    temporary.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(temporary, path)
