"""Parts that are to go different ways, in one breath: "less drums, more bass", "bass up a bit, drums down 2 dB, melody out".

Such a list has no verb that would part it into clauses; what parts it is that each of its pieces names a part of the piece
and says a way for it, before the part or after it, and that not all ways are the same.
"""

import itertools
import re

from segue.agent.language.clause import Clause
from segue.tools.core.vocabulary import Found

_EMPTY = r"(?:(?:and|but|with|then|also|plus|a|an|the|my|bit|little|lot|much|some|touch|tad|just|maybe|way|far|slightly|please|can|could|you|we|i|want|need|would|like|d|make|give|me|us|have|let|s|get|it|lets|so|it|its|needs|that|of) )*"  # fmt: skip
_WAYS = {
    "up": (
        r"(?:more|louder|hotter|bigger|stronger|extra|raise|boost|lift|turn up|bring up|push up|crank|up|increase|bump)",
        r"(?:up|louder|hotter|higher|forward|bigger|stronger|more present|too (?:quiet|soft|faint|weak)|buried)",
    ),
    "down": (
        r"(?:less|fewer|quieter|softer|lower|weaker|gentler|subtler|reduce|tame|turn down|bring down|tuck|dial back|ease|duck|soften|decrease)",
        r"(?:down|quieter|softer|lower|back|weaker|gentler|less|too (?:loud|much|strong|hot|prominent))",
    ),
    "out": (
        r"(?:no|without|lose|drop|kill|mute|ditch|remove|cut|scrap|strip|delete|take out|cut out|minus|no more|get rid of|dump|bin|axe)",
        r"(?:out|gone|off|away|muted)",
    ),
}
_BEFORE = {way: re.compile(rf"^ {_EMPTY}{before} ") for way, (before, _) in _WAYS.items()}
_AFTER = {way: re.compile(rf" {after} (?!to )") for way, (_, after) in _WAYS.items()}
_PARTED = re.compile(r"\s*(?:[,;/+&.]+\s*(?:(?:and|but|then|while|plus|with)\b\s*)?|\b(?:and|but|then|while|plus)\b\s*)", re.IGNORECASE)  # fmt: skip
_BARE = re.compile(r"\s+(?=(?:more|less|louder|quieter|softer|no)\s)", re.IGNORECASE)  # "more bass less drums"


def halves(clause: Clause, named: list[Found[str]]) -> list[tuple[str, str]]:
    """Return the pieces of a clause that send parts different ways, each with its way (up, down, out); none where they do not.

    Parameters
    ----------
    named : the parts that it names, whether the piece has them or not.
    """
    if len(named) < 2:
        return []
    pieces: list[tuple[str, str]] = []
    for start, end in _pieces(clause.text, named):
        own = [part for part in named if start <= part.start and part.end <= end]
        text = clause.text[start:end]
        way = _way(text, own[0].end - start, own[-1].end - start) if own else ""
        if way:
            pieces.append((way, text))
        elif pieces:
            pieces[-1] = (pieces[-1][0], clause.text[clause.text.index(pieces[-1][1]) : end])
        else:
            return []
    return pieces if len({way for way, _ in pieces}) > 1 else []


def _pieces(text: str, named: list[Found[str]]) -> list[tuple[int, int]]:
    ends = {part.end for part in named}
    bare = {m.end() for m in _BARE.finditer(text) if m.start() in ends}
    cuts = sorted({0, len(text), *(m.end() for m in _PARTED.finditer(text)), *bare})
    return [(a, b) for a, b in itertools.pairwise(cuts) if text[a:b].strip()]


def _way(text: str, first: int, last: int) -> str:
    """Return which way a piece sends the parts that end at these places; empty where it does not say."""
    head, tail = Clause(text[:first]).plain, Clause(text[last:]).plain
    found = [way for way, pattern in _BEFORE.items() if pattern.search(head)]
    found += [way for way, pattern in _AFTER.items() if pattern.search(tail)]
    return found[0] if len(set(found)) == 1 else ""
