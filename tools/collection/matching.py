"""What a query's words match: which rows have what they name, and what to say where none has."""

from collections.abc import Callable

import numpy as np

from segue.tools.collection.query import Reading
from segue.tools.collection.snapshot import Floats, Mask, Snapshot
from segue.tools.collection.words import tokens

HAS = 0.25  # evidence from which a row counts as having what is wished


def named(library: Snapshot, reading: Reading) -> Mask | None:
    """Return the rows that carry most of the names in a query; None where it has no names of this library."""
    spans = {(name.start, name.end) for name in reading.names}
    if not spans:
        return None
    counts = np.zeros(library.size, dtype=int)
    for span in spans:
        ids = {id for name in reading.names if (name.start, name.end) == span for id in name.ids}
        counts += library.mask_of(ids)
    return np.asarray(counts == counts.max())


def coverage_of(library: Snapshot, reading: Reading) -> Floats | None:
    """Return how much of what the query asks for each row has, 0–1; None where it asks for nothing.

    Where names of the library stand in it, rows without them have nothing.
    """
    units = [wish.evidence > HAS for wish in reading.wishes]
    for word in reading.words:
        mask = np.zeros(library.size, dtype=bool)
        mask[library.postings.holders(word)] = True
        units.append(mask)
    rows = named(library, reading)
    known = [unit for unit in units if unit.any()]  # a word that is nowhere says nothing about any track
    if rows is not None:
        known = [rows, *(unit for unit in known if (unit & rows).any())]
        return np.asarray(np.where(rows, np.mean(known, axis=0), 0), dtype=np.float32)
    return np.asarray(np.mean(known or units, axis=0), dtype=np.float32) if units else None


def matched(reading: Reading, coverage: Floats, allowed: Mask, note: Callable[[str], None]) -> Mask:
    """Return the rows that match the words: all of them if any row does, else the rows that come nearest."""
    full = allowed & (coverage >= 0.999)
    if full.any():
        return np.asarray(full)
    there = [wish.words for wish in reading.wishes if (wish.evidence > HAS).any()]
    missing = [wish.words for wish in reading.wishes if not ((wish.evidence > HAS) & allowed).any()]
    if missing:
        note(f"Nothing here is known as {' or '.join(missing)}.")
    elif len(there) > 1:
        note(f"Nothing is {' and '.join(there)} at once; these come nearest.")
    return np.asarray(allowed & (coverage >= coverage[allowed].max() - 1e-6))


def looks_like_a_name(text: str) -> bool:
    """Tell whether a query is written as a title or an artist is: quoted, or with capitals after its first word."""
    words = tokens(text)
    return text.strip()[:1] in "\"'“‘«" or any(text[word.start].isupper() and word.word != "i" for word in words[1:])
