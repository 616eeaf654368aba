"""Places of a score in words: bars by number, sections by name, a half of the piece."""

import re

from segue.tools.core.score import Score
from segue.tools.music.form import section_name
from segue.tools.music.revise_words import find_section

_NAMES = r"(?:intro|verse|pre-?chorus|chorus|bridge|solo|outro|ending|drop|break|build|theme|interlude)"
_SECTION = re.compile(rf"\b(?:the |in the )?((?:first|second|third|last|1st|2nd|3rd|final) )?({_NAMES})( \d)?\b")
_ALL = re.compile(rf"\b(?:(?:every|each|all)(?: of)?(?: the)? |the |in (?:the )?)({_NAMES})(?:e?s)?\b(?! \d)")
_BARS = re.compile(r"\b(?:in )?bars? (\d+)(?: ?(?:-|–|to|through|and) ?(\d+))?")
_ON = re.compile(
    r"\b(?:from|starting (?:at|from|with|in)|after) bar (\d+)(?: on\w*)?(?! ?(?:-|–|to|through|until|till) ?(?:bar )?\d)\b"
)
_EDGE = re.compile(r"\b(?:at|towards?|near|for|in) the (?:very )?(start|beginning|end)\b")
_HALF = re.compile(r"\b(?:in )?(?:the )?(first|second|last) half\b")
_COUNT = re.compile(r"\b(?:in )?(?:the )?(first|last) (\d+) bars\b")


def span_in(score: Score, words: str) -> tuple[int, int] | None:
    """Return the first and the last bar that words in lower case name, from 1; None where they name none.

    Raises
    ------
    NotFound : a section that is not there; the hint lists those there are.
    """
    if found := _ON.search(words):
        return min(int(found[1]), score.bars), score.bars
    if found := _BARS.search(words):
        first = int(found[1])
        return first, int(found[2]) if found[2] else first
    if found := _HALF.search(words):
        middle = max(1, score.bars // 2)
        return (1, middle) if found[1] == "first" else (min(score.bars, middle + 1), score.bars)
    if (found := _COUNT.search(words)) and 1 <= int(found[2]) <= score.bars:
        count = int(found[2])
        return (1, count) if found[1] == "first" else (score.bars - count + 1, score.bars)
    if (found := _EDGE.search(words)) and score.sections:
        in_order = sorted(score.sections, key=lambda s: s.start_bar)
        section = in_order[-1 if found[1] == "end" else 0]
        return section.start_bar, min(score.bars, section.start_bar + section.bars - 1)
    if found := _SECTION.search(words):
        section = find_section(score, " ".join(part.strip() for part in found.groups() if part))
        return section.start_bar, min(score.bars, section.start_bar + section.bars - 1)
    return None


def bars_in(score: Score, words: str) -> frozenset[int]:
    """Return all bars that words in lower case name, from 0 (a section without its number is every one of that name); empty where none.

    Raises
    ------
    NotFound : as ``span_in``.
    """
    if found := _ALL.search(words):
        wanted = section_name(found[1]).lower()
        same = [section for section in score.sections if section_name(section.name).lower() == wanted]
        if same:
            return frozenset(bar for section in same for bar in range(section.start_bar - 1, section.start_bar - 1 + section.bars))  # fmt: skip
    span = span_in(score, words)
    return frozenset(range(span[0] - 1, min(span[1], score.bars))) if span else frozenset()


def without_places(words: str) -> str:
    """Return words without the places in them."""
    for place in (_COUNT, _HALF, _ON, _BARS, _EDGE, _SECTION):
        words = place.sub(" ", words)
    return " ".join(words.split())
