"""Keys that change inside a piece: where they stand in the sections of a score that is read."""

import itertools
from collections.abc import Sequence

from segue.tools.core.score import Section


def keyed(sections: Sequence[Section], home: str, bars: int, changes: Sequence[tuple[int, str]]) -> list[Section]:
    """Return sections that know their keys; a section in which the key changes is cut in two.

    Parameters
    ----------
    home : the score's key, which sections do not repeat.
    changes : (bar from 1, key) in order; keys equal to the one before are passed over.
    """
    turns = [(bar, key) for bar, key in changes if 1 < bar <= bars]
    turns = [turn for before, turn in zip([(1, home), *turns], turns, strict=False) if turn[1] != before[1]]
    if not turns:
        return list(sections)
    whole = list(sections) or [Section(name="A", start_bar=1, bars=bars)]
    if whole[0].start_bar > 1:
        whole.insert(0, Section(name="A", start_bar=1, bars=whole[0].start_bar - 1))
    out: list[Section] = []
    for section in whole:
        end = section.start_bar + section.bars
        edges = [section.start_bar, *(bar for bar, _ in turns if section.start_bar < bar < end), end]
        for start, stop in itertools.pairwise(edges):
            key = next((name for bar, name in reversed(turns) if bar <= start), home)
            part = {"start_bar": start, "bars": stop - start, "key": None if key == home else key}
            out.append(section.model_copy(update=part))
    return out
