"""From played time to notated time: sixteenths or eighth triplets, decided beat by beat."""

import math
from collections import defaultdict
from collections.abc import Sequence

# A triplet has to explain a beat clearly better: human playing wobbles.
_TRIPLET_PENALTY = 0.02
_LEAD_IN = 0.125  # a note this little before a beat (in beats) is an early note of that beat


def grids(beats: Sequence[float], triplets: bool = True) -> dict[int, int]:
    """Return how many parts each whole beat that has onsets is divided into: 4 or 3."""
    within: dict[int, list[float]] = defaultdict(list)
    for beat in beats:
        whole = math.floor(beat + _LEAD_IN)
        within[whole].append(max(0.0, beat - whole))
    return {
        whole: 3 if triplets and _error(offsets, 3) + _TRIPLET_PENALTY < _error(offsets, 4) else 4
        for whole, offsets in within.items()
    }


def _error(offsets: Sequence[float], parts: int) -> float:
    return sum(abs(offset * parts - round(offset * parts)) / parts for offset in offsets) / len(offsets)


def notated_starts(beats: Sequence[float], triplets: bool = True) -> list[float]:
    """Return the notated start of each onset, in beats.

    >>> notated_starts([0.02, 0.34, 0.66, 1.24, 2.98])
    [0.0, 0.3333333333333333, 0.6666666666666666, 1.25, 3.0]
    """
    parts = grids(beats, triplets)
    out = []
    for beat in beats:
        whole = math.floor(beat + _LEAD_IN)
        out.append(max(0.0, whole + max(0, round((beat - whole) * parts[whole])) / parts[whole]))
    return out
