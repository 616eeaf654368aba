"""Words and signs that all wishes for music share: orders, quotations, what is to be made, how many more."""

import re

from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.tools.core.vocabulary import numbers_in

ORDERS = frozenset({"remove", "isolate", "up", "down", "replace", "add", "transpose", "faster", "slower", "trim", "concat", "regenerate", "restyle", "effect", "master", "fade", "loop", "reverse", "export", "caption", "compare", "tag", "transcribe", "sort", "make", "write", "score", "scan", "continue", "extend", "turn"})  # fmt: skip


MADE = re.compile(r"\b(?:make|making|made|write|compose|generate|create|record|produce|sing|remix|cover|turn|convert|set) (?:me |us |a |an |it |this |that |the |some |something)", re.IGNORECASE)  # fmt: skip


QUOTED = re.compile(r"[\"“«]([^\"”»]{3,})[\"”»]|(?<!\w)['‘](.{3,}?)['’](?!\w)")
COUNT = r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|(?:a )?dozen"


def is_order(clause: Clause) -> bool:
    """Tell whether a clause opens with an order that something be done to a piece or made."""
    return clause.head in ORDERS


def audible(draft: Draft) -> bool:
    """Tell whether a clip of the user's own is in reach, about which nobody knows yet what it is."""
    thing = draft.thing(draft.it)
    return draft.arena == "piece" and thing is not None and thing.origin == "attached"


def how_many_more(clause: Clause) -> int | None:
    """Return the number in "five more", or None."""
    counted = re.search(rf"\b(\d{{1,2}}|{COUNT})\s+(?:more|others?|extra|further|additional)\b", clause.text, re.IGNORECASE)  # fmt: skip
    number = numbers_in(counted[1]) if counted else []
    return int(number[0].value) if number else 12 if counted and "dozen" in counted[1].lower() else None
