"""The one question that would help most: what splits the tracks that match most evenly."""

from collections.abc import Sequence

import numpy as np

from segue.tools.collection.filters import Limits
from segue.tools.collection.query import Reading
from segue.tools.collection.snapshot import Mask, Rows, Snapshot

_MANY = 4  # times as many as are shown: fewer can be listened to without a question
_MOST = 3000  # tracks whose genres are counted one by one
_KNOWN, _EVEN = 0.7, 0.15  # least share that is known, and that stands on the smaller side


def splitting(library: Snapshot, rows: Rows, limits: Limits, reading: Reading, shown: int) -> str | None:
    """Return a question about the tracks that match, or None where few match or nothing splits them.

    Nothing is asked that the request has said already.
    """
    if shown < 1 or len(rows) < _MANY * shown:
        return None
    said = {wish.kind for wish in reading.wishes}
    sides: list[tuple[float, str]] = []
    if limits.vocals is None and not said & {"tag"}:
        sung = library.column("vocals")[rows]
        sides += _two(sung > 0.5, ~np.isnan(sung), "Sung or instrumental? {0} of them have a voice, {1} have none.")
    if not said & {"genre"} and limits.genre is None and len(rows) <= _MOST:
        names = [library.tracks[row].genres[0] for row in rows if library.tracks[row].genres]
        sides += _genre(names, len(rows))
    if "tempo" not in said and limits.bpm_min is None and limits.bpm_max is None:
        bpm = library.column("bpm")[rows]
        known = ~np.isnan(bpm)
        if known.any():
            middle = 10 * round(float(np.median(bpm[known])) / 10)
            sides += _two(bpm < middle, known, f"Slower or faster than {middle} bpm? {{0}} are slower, {{1}} are not.")
    if limits.year_min is None and limits.year_max is None:
        years = library.column("year")[rows]
        known = ~np.isnan(years)
        if known.any():
            middle = 10 * round(float(np.median(years[known])) / 10)
            sides += _two(years < middle, known, f"Older or newer than {middle}? {{0}} are older, {{1}} are not.")
    return max(sides, key=lambda side: side[0])[1] if sides else None


def _two(first: Mask, known: Mask, words: str) -> list[tuple[float, str]]:
    """Return how evenly a property splits what is known, and the question; nothing where it hardly does."""
    count = int(known.sum())
    one = int((first & known).sum())
    even = min(one, count - one) / max(1, count)
    if count < _KNOWN * len(known) or even < _EVEN:
        return []
    return [(even * count / len(known), words.format(one, count - one))]


def _genre(names: Sequence[str], count: int) -> list[tuple[float, str]]:
    if not names:
        return []
    kinds, held = np.unique(names, return_counts=True)
    order = np.argsort(-held, kind="stable")
    if len(order) < 2:
        return []
    one, other = int(held[order[0]]), int(held[order[1]])
    even = min(one, len(names) - one) / len(names)
    if len(names) < _KNOWN * count or even < _EVEN:
        return []
    words = f"{kinds[order[0]]}, or rather {kinds[order[1]]}? There are {one} and {other} of them."
    return [(even * len(names) / count, words[0].upper() + words[1:])]
