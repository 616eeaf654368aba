"""Which track of the library a line of somebody else's list means: by its file, then by title and artist."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import unquote, urlsplit

from segue.tools.collection.catalogue import Track
from segue.tools.collection.words import credits_of, normal

_PARTS = 3  # artist, album, file: enough to know a library that lies elsewhere now
_ANOTHER_S = 15.0  # a recording whose length differs by more is another one of the same name


class Counterparts:
    """The tracks of a library by file and by name."""

    def __init__(self, tracks: Iterable[Track]) -> None:
        self._by_path: dict[str, Track] = {}
        self._by_end: dict[tuple[str, ...], list[Track]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[Track]] = defaultdict(list)
        for track in tracks:
            self.add(track)

    def add(self, track: Track) -> None:
        """Know one more track."""
        if track.path:
            self._by_path[track.path] = track
            self._by_end[ending(track.path)].append(track)
        for artist in dict.fromkeys([normal(track.artist), *map(normal, credits_of(track.artist))]):
            self._by_name[normal(track.title), artist].append(track)

    def of(self, facts: Mapping[str, Any]) -> Track | None:
        """Return the track that facts (fields of ``Track``) are about; None where none is."""
        path = str(facts.get("path") or "")
        if path:
            if path in self._by_path:
                return self._by_path[path]
            same = self._by_end.get(ending(path), [])
            if len(same) == 1 and len(ending(path)) == _PARTS:
                return same[0]
        title, artist = normal(str(facts.get("title") or "")), str(facts.get("artist") or "")
        for name in dict.fromkeys([normal(artist), *map(normal, credits_of(artist))]):
            if title and (found := self._best(self._by_name.get((title, name), []), facts)):
                return found
        return None

    def _best(self, tracks: list[Track], facts: Mapping[str, Any]) -> Track | None:
        """Of several recordings of a name the one of that album, else of the nearest length."""
        album, length = normal(str(facts.get("album") or "")), facts.get("duration_s")
        near = [t for t in tracks if not length or not t.duration_s or abs(t.duration_s - length) <= _ANOTHER_S]
        if not near:
            return None
        return min(
            near,
            key=lambda t: (not album or normal(t.album) != album, abs((t.duration_s or 0.0) - (length or 0.0)) if length else 0.0),
        )  # fmt: skip


def ending(path: str) -> tuple[str, ...]:
    """Return the last parts of a path of any system, without regard to case."""
    pure = PureWindowsPath(path) if re.match(r"[A-Za-z]:[\\/]", path) else PurePosixPath(path)
    return tuple(part.casefold() for part in pure.parts[-_PARTS:])


def path_of(location: str) -> str:
    """Return the path that a file URL names; other text as it is.

    >>> path_of("file://localhost/Users/ana/Music/Low%20Tide.mp3")
    '/Users/ana/Music/Low Tide.mp3'
    >>> path_of("file://localhost/C:/Music/a.mp3")
    'C:/Music/a.mp3'
    """
    if not location.lower().startswith("file:"):
        return location
    try:
        path = unquote(urlsplit(location.replace("#", "%23").replace("?", "%3F")).path)
    except ValueError:
        return ""
    return path[1:] if re.match(r"/[A-Za-z]:[\\/]", path) else path
