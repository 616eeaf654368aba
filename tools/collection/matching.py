"""What a query's words match: which rows have what they name, and what to say where none has."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.tools.collection.query import Reading
from segue.tools.collection.snapshot import Floats, Mask, Rows, Snapshot
from segue.tools.collection.words import tokens

HAS = 0.25  # evidence from which a row counts as having what is wished


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the things that a query asks for each track has, uint16 ``[tracks]``, and how many there are."""

    counts: npt.NDArray[np.uint16]
    asked: int

    def share(self, rows: Rows) -> Floats:
        """Return how much of it some rows have, 0–1, float32 ``[rows]``."""
        return np.asarray(self.counts[rows] / max(1, self.asked), dtype=np.float32)

    def fullest(self, base: Mask) -> Mask:
        """Return the rows of ``base`` that have the most of it; none where no row has anything."""
        return np.asarray(base & (self.counts >= max(1, int((self.counts * base).max()))))


def named(library: Snapshot, reading: Reading) -> Mask | None:
    """Return the rows that carry most of the names in a query; None where it has no names of this library."""
    spans = {(name.start, name.end) for name in reading.names}
    if not spans:
        return None
    counts = np.zeros(library.size, dtype=np.uint16)
    for span in spans:
        ids = {id for name in reading.names if (name.start, name.end) == span for id in name.ids}
        counts[library.rows_of(ids)] += 1
    return np.asarray(counts == counts.max())


def coverage_of(library: Snapshot, reading: Reading) -> Coverage | None:
    """Return how much of what the query asks for each row has; None where it asks for nothing.

    Where names of the library stand in it, rows without them have nothing.
    """
    within = named(library, reading)
    if within is None and not reading.wishes and not reading.words:
        return None
    counts, asked = np.zeros(library.size, dtype=np.uint16), 0
    if within is not None:
        counts += within
        asked += 1
    for wish in reading.wishes:
        having = wish.evidence > HAS if within is None else (wish.evidence > HAS) & within
        if having.any():
            counts += having
            asked += 1
    for word in reading.words:
        holders = library.postings.holders(word)
        holders = holders if within is None else holders[within[holders]]
        if len(holders):  # a word that is nowhere says nothing about any track
            counts[holders] += 1
            asked += 1
    return Coverage(counts, asked)


def matched(reading: Reading, share: Floats, rows: Rows, note: Callable[[str], None]) -> Rows:
    """Return which of some rows match the words: all that match fully if any does, else those that come nearest.

    Parameters
    ----------
    share : how much of what is asked for each of ``rows`` has, float32 ``[rows]``.
    """
    full = rows[share >= 0.999]
    if len(full):
        return full
    there = [wish.words for wish in reading.wishes if (wish.evidence > HAS).any()]
    missing = [wish.words for wish in reading.wishes if not (wish.evidence[rows] > HAS).any()]
    if missing:
        note(f"Nothing here is known as {' or '.join(missing)}.")
    elif len(there) > 1:
        note(f"Nothing is {' and '.join(there)} at once; these come nearest.")
    return np.asarray(rows[share >= share.max() - 1e-6])


def looks_like_a_name(text: str) -> bool:
    """Tell whether a query is written as a title or an artist is: quoted, or with capitals after its first word."""
    words = tokens(text)
    return text.strip()[:1] in "\"'“‘«" or any(text[word.start].isupper() and word.word != "i" for word in words[1:])
