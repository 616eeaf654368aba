"""A track as tools show it."""

from segue.tools.core.base import Out


class Item(Out):
    """A track that was found: ``reasons`` are true of it (measured features, tags, words of the query)."""

    id: str
    title: str = ""
    artist: str = ""
    album: str = ""
    year: int | None = None
    genre: str = ""
    duration_s: float | None = None
    bpm: float | None = None
    key: str | None = None
    sound: list[str] = []
    score: float = 0.0
    reasons: list[str] = []
