"""Lists in an order: by energy, by a field, along a path; to a total length; neighbours that fit."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any

import numpy as np

from segue.tools.collection.catalogue import Track
from segue.tools.collection.likeness import camelot_steps
from segue.tools.collection.snapshot import Sample, Snapshot, axis_value, key_of
from segue.tools.core.theory import parse_key
from segue.tools.core.vocabulary import fold

_TEMPO_STEP, _LOUDNESS_STEP = 0.08, 3.0  # neighbours: tempo within 8%, loudness within 3 LU, Camelot within 1


def _alphabetical(text: str) -> str | None:
    """How a name is sorted: without case, accents and signs before it; None where there is none."""
    text = text.strip()
    plain = (text.casefold() if text.isascii() else fold(text)).lstrip("'\"“‘«([{.… ")
    return plain or text or None


def _around_the_wheel(track: Track) -> float | None:
    """Where a key stands on the Camelot wheel: 1A, 1B, 2A … 12B."""
    key = key_of(track)
    return int(key.camelot[:-1]) + 0.5 * (key.camelot[-1] == "B") if key else None


_FIELDS: dict[str, tuple[str, Callable[[Track], float | str | None]]] = {
    "tempo": ("tempo", lambda track: track.bpm or None),
    "year": ("year", lambda track: track.year or None),
    "length": ("known length", lambda track: track.duration_s or None),
    "rating": ("rating", lambda track: track.rating),
    "plays": ("play count", lambda track: track.playcount),
    "title": ("title", lambda track: _alphabetical(track.title)),
    "artist": ("artist", lambda track: _alphabetical(track.artist)),
    "key": ("known key", _around_the_wheel),
}
"""What a list can be ordered by: its name where it lacks, and its value; None where it is not known."""


def by_field(tracks: Sequence[Track], rows: Sequence[int], order: str) -> tuple[list[int], str]:
    """Return rows by a field of their tracks, and what to say of those without it; equal ones stay in their order.

    Parameters
    ----------
    order : one of ``Args.order`` of the retrieve tool that names a field: ``year_down``, ``title`` …
    """
    name, _, way = order.partition("_")
    called, value = _FIELDS[name]
    values = [(row, value(tracks[row])) for row in rows]
    valued: list[tuple[int, Any]] = [(row, value) for row, value in values if value is not None]  # all of one kind
    known = [row for row, _ in sorted(valued, key=itemgetter(1), reverse=way == "down")]
    unknown = [row for row, value in values if value is None]
    if not unknown:
        return known, ""
    if not known:
        one = "It has" if len(rows) == 1 else "None of them has"
        return unknown, f"{one} {'no' if len(rows) == 1 else 'a'} {called}, so they stand as they were."
    several = len(unknown) > 1
    return known + unknown, f"{len(unknown)} of them {'have' if several else 'has'} no {called} and {'stand' if several else 'stands'} at the end."  # fmt: skip


def is_field(order: str) -> bool:
    """Tell whether an order is one by a field."""
    return order.partition("_")[0] in _FIELDS


def by_axis(library: Snapshot, rows: Sequence[int], axis: str, sign: int) -> list[int]:
    """Return rows by rising (+1) or falling (−1) value on an axis; unknown ones come last, in their order."""
    values = library.axis(axis)
    known = [row for row in rows if not np.isnan(values[row])]
    return sorted(known, key=lambda row: sign * float(values[row])) + [row for row in rows if np.isnan(values[row])]


def per_artist(library: Snapshot, rows: Sequence[int], most: int) -> list[int]:
    """Return the first so many rows of every artist, in their order; who is not known may come as often as they like."""
    counts: Counter[int] = Counter()
    kept = []
    for row, artist in zip(rows, library.performers[rows].tolist(), strict=True):
        if artist < 0 or counts[artist] < most:
            kept.append(row)
            counts[artist] += 1
    return kept


def along(library: Snapshot, rows: Sequence[int], start: Sample | None, end: Sample | None) -> list[int]:
    """Return rows in an order that leads from ``start`` to ``end`` by small steps.

    With both ends, rows are placed by how much nearer they are to the end than to the start; with
    one or none, every next row is the one that follows most smoothly.
    """
    from segue.tools.collection.likeness import likeness

    if start is not None and end is not None:
        lead = np.nan_to_num(likeness(library, end)) - np.nan_to_num(likeness(library, start))
        return sorted(rows, key=lambda row: float(lead[row]))
    left = list(rows)
    if not left:
        return []
    first = left.pop(0) if start is None else left.pop(int(np.argmin([_roughness(library, start, r) for r in left])))
    path = [first]
    while left:
        here = library.sample(path[-1])
        path.append(left.pop(int(np.argmin([_roughness(library, here, row) for row in left]))))
    return path


def _roughness(library: Snapshot, here: Sample, row: int) -> float:
    """How hard the step from one track to another is heard; 0 is seamless."""
    one, other = here.track, library.tracks[row]
    rough = 0.0
    if one.bpm and other.bpm:
        octaves = abs(np.log2(other.bpm / one.bpm))
        rough += min(octaves, abs(octaves - 1) + 0.05) / _TEMPO_STEP
    k, m = key_of(one), key_of(other)
    if k and m:
        rough += max(0, camelot_steps(k.camelot, m.camelot) - 1) * 0.7
    if one.lufs is not None and other.lufs is not None:
        rough += abs(one.lufs - other.lufs) / _LOUDNESS_STEP * 0.5
    energy = abs(axis_value(one, "energy") - axis_value(other, "energy"))
    return rough + (0.5 if np.isnan(energy) else 3 * float(energy))


def breaks(library: Snapshot, rows: Sequence[int]) -> list[str]:
    """Say where neighbours do not fit: the jump in tempo, key or loudness, by number in the list."""
    said = []
    for n, (a, b) in enumerate(pairwise(rows), start=1):
        one, other = library.tracks[a], library.tracks[b]
        jumps = []
        if one.bpm and other.bpm:
            octaves = float(np.log2(other.bpm / one.bpm))
            if abs(octaves) > np.log2(1 + _TEMPO_STEP) and abs(abs(octaves) - 1) > np.log2(1 + _TEMPO_STEP):
                jumps.append(f"{one.bpm:.0f} to {other.bpm:.0f} bpm")
        if one.key and other.key and camelot_steps(parse_key(one.key).camelot, parse_key(other.key).camelot) > 1:
            jumps.append(f"{one.key} to {other.key}")
        if one.lufs is not None and other.lufs is not None and abs(one.lufs - other.lufs) > _LOUDNESS_STEP:
            jumps.append(f"{abs(other.lufs - one.lufs):.0f} LU {'louder' if other.lufs > one.lufs else 'quieter'}")
        if jumps:
            said.append(f"{n} to {n + 1}: {', '.join(jumps)}")
    return said


def to_length(library: Snapshot, rows: Sequence[int], total_s: float) -> list[int]:
    """Return rows, best first, whose lengths add up to ``total_s`` as nearly as can be.

    The best are taken while they fit; then the last place is given to whichever row, or pair in
    place of the last one taken, comes nearest.
    """
    length = library.column("duration_s")
    known = [row for row in rows if not np.isnan(length[row]) and length[row] > 0]
    taken: list[int] = []
    used = 0.0
    for row in known:
        if used + length[row] <= total_s:
            taken.append(row)
            used += float(length[row])
    rest = [row for row in known if row not in set(taken)]
    if not rest:
        return taken
    best, choice = abs(total_s - used), taken
    spare = np.array(rest)
    trials = [(taken, used), *((taken[:n] + taken[n + 1 :], used - float(length[row])) for n, row in enumerate(taken))]
    for kept, sum_s in trials[:200]:
        gaps = np.abs(total_s - sum_s - length[spare])
        at = int(np.argmin(gaps))
        if gaps[at] < best - 0.5:
            best, choice = float(gaps[at]), [*kept, int(spare[at])]
    return choice
