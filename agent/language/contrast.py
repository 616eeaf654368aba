"""What a description is not to be: "uplifting, only it mustn't sound like an advert", "mysterious rather than creepy".

A genre or an artist is left out by a filter; figures and voices are read by the rules of search. Anything else that is
denied can be neither measured nor filtered: it must not stand in the query, and the reply says so.
"""

import re
from collections.abc import Iterable

from segue.agent.dialogue import Known
from segue.agent.language import stance
from segue.agent.language.clause import Clause
from segue.tools.core.vocabulary import axes_in, genres, moods_in

_DENIED = re.compile(
    r"[,;]?\s*\b(?:(?:but|yet|though|although|only|just|while|and|as long as|so long as|provided|if)\s+)*(?:(?:it|that|they|i|which|we|you|please|is|are|definitely|absolutely|really)\s+)*"
    r"(?P<head>not|never|no|without|rather than|as opposed to|instead of|minus|nothing|mustn['’]?t|must not|shouldn['’]?t|should not|don['’]?t|do not|doesn['’]?t|does not|isn['’]?t|aren['’]?t|can['’]?t|cannot|won['’]?t|wouldn['’]?t|avoid(?:ing)?|stopping short of|short of|nowhere near|far from|neither|anything but|stop at)\b"
    r"(?P<tail>(?:(?!\s+(?:and|but)\s+(?:from|in|by|with|under|over|around|at|only|between|no more|max|for)\b)[^,;.!?])+)",
    re.IGNORECASE,
)  # fmt: skip
_EMPTY = frozenset(["something", "anything", "some", "music", "songs", "song", "tracks", "track", "stuff", "a", "an", "the", "give", "me", "i", "want", "need", "play", "find", "show", "us", "please", "can", "you", "could"])  # fmt: skip
_OURS = re.compile(r"\b(?:vocals?|voices?|sing\w*|sung|words|lyrics?|instrumental|heard|hear|played|play|rated|stars?|library|own|twice|repeat\w*|artists?|bands?|same|longer|shorter|older|newer|before|after|know\w*|care|mind|matter|fuss\w*|sure|live|covers?|remix\w*|more than|less than|english|listen\w*|moods?|genres?|particular\w*|preference|idea|clue|special|like (?:it|this|that|these))\b", re.IGNORECASE)  # fmt: skip


def softened(text: str, names: Iterable[Known] = ()) -> tuple[str, list[str]]:
    """Return a search without what it is not to be, and notes on what could not be kept out.

    Parameters
    ----------
    names : names found in the text: who bears them is left out by a filter.

    >>> softened("mysterious rather than creepy")[0]
    'mysterious'
    """
    notes: list[str] = []
    borne = [name.start for name in names]

    def out(match: re.Match[str]) -> str:
        lead = Clause(text[: match.start()])
        before = {word.plain for word in lead.words if (word.plain,) not in stance.fillers()}
        tail = Clause(match["tail"])
        if lead.is_question or not before - _EMPTY or not tail.words or _OURS.search(match["tail"]) or tail.numbers or tail.years or tail.durations or tail.tempi or tail.keys or tail.instruments or tail.formats:  # fmt: skip
            return match[0]
        if any(match.start() <= start < match.end() for start in borne):
            return match[0]
        if any(word[:1].isupper() for word in match["tail"].split()) and not tail.genres:
            return match[0]
        if tail.genres and match["head"].lower() in ("no", "not", "without", "minus", "never") and len(tail.words) <= 2 * len(tail.genres):  # fmt: skip
            return match[0]
        if tail.genres and not axes_in(match["tail"]):
            return ", " + " and ".join(f"no {genres()[found.value].title}" for found in tail.genres)
        if (moods_in(match["tail"]) or axes_in(match["tail"])) and len(tail.words) <= 2 and match["head"].lower() == "not":  # fmt: skip
            return match[0]
        notes.append(f"Nothing here measures “{match['tail'].strip()}”, so I could not leave such tracks out.")
        return ""

    said = _DENIED.sub(out, text).strip(" ,;")
    return (said, notes) if said else (text, [])
