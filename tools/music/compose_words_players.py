"""Bands named by their size: "a jazz swing trio", "an acoustic folk duo", "a heavy five-piece rock band"."""

import re
from collections.abc import Sequence

from segue.tools.core import vocabulary
from segue.tools.core.instruments import find_ensemble, find_instrument, is_meant_by
from segue.tools.music.genres import find_genre

_SIZES = {"duo": 2, "duet": 2, "two": 2, "trio": 3, "three": 3, "quartet": 4, "four": 4, "quintet": 5, "five": 5, "sextet": 6, "six": 6}  # fmt: skip
_SIZE = re.compile(
    r"(?<!and )\b(duo|duet|trio|quartet|quintet|sextet)\b(?! section)|\b(two|three|four|five|six|[2-6])[- ]piece\b",
    re.IGNORECASE,
)

_NO_KIT = frozenset(
    {"folk", "celtic", "bluegrass", "flamenco", "tango", "classical"}
)  # their small bands have no drummer


def size_in(text: str) -> int | None:
    """Return how many players a band has whose size is named.

    >>> size_in("a smoky late night jazz quartet")
    4
    """
    found = _SIZE.search(text)
    if found is None:
        return None
    word = (found[1] or found[2]).lower()
    return int(word) if word.isdigit() else _SIZES[word]


def filled_up(text: str, genre: str | None, named: Sequence[str], exclude: Sequence[str]) -> tuple[str, ...]:
    """Return the players of a band: those that are named, and as many of the genre's own as its size leaves room for.

    A band with a name of its own ("string quartet", "jazz trio") is left as it is, and so is one without a genre or
    one that names its instrument ("guitar duo").
    """
    size, style = size_in(text), find_genre(genre) if genre else None
    own = [name for name in named if name != "band"]
    if size is None or style is None or any(find_ensemble(name) for name in own) or _is_named_after(text):
        return tuple(named)
    kit = [str(style.drums["kit"])] if style.drums and style.name not in _NO_KIT else []
    hands, leads = [name for name, _ in style.comp], [*style.lead, *style.counter]
    if size == 2 or not kit:
        order = [hands[0], *leads[:1], style.bass[0], *leads[1:], *hands[1:]]
    else:
        order = [*kit, style.bass[0], hands[0], *leads[:1], *hands[1:2], *leads[1:], *hands[2:]]
    taken = {player.name for name in own if (player := find_instrument(name))}
    for name in order:
        player = find_instrument(name)
        if player is None or player.name in taken or any(is_meant_by(player, word) for word in exclude):
            continue
        if len(own) < size:
            own.append(player.name)
            taken.add(player.name)
    return tuple(own)


def _is_named_after(text: str) -> bool:
    """Return whether a band is named after its instrument, which stands right before its size ("guitar duo")."""
    found = _SIZE.search(text)
    return found is not None and any(
        one.end <= found.start() and not text[one.end : found.start()].strip()
        for one in vocabulary.instruments_in(text)
    )
