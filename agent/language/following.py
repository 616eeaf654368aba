"""Requests that come in two halves: music is found, then something is done with what came of it.

"60s rock except the Beatles, plus the key of the first result": each half is read by itself. Rules that look at whole
messages would otherwise take words of the second half for wishes about the first.
"""

import re

from segue.agent.language import changing, cues
from segue.agent.language.clause import Clause
from segue.agent.language.clauses import quoted, strip_polite

_BREAK = re.compile(r"\s*(?:[;.!?]+\s+|,\s*|\s[-–—]\s)?(?:\b(?:and|then|plus|but|so|afterwards|next|finally)\b[\s,]*)*", re.IGNORECASE)  # fmt: skip
_AT = re.compile(r"[;.!?]+\s|,|\s[-–—]\s|\b(?:and|then|plus)\b", re.IGNORECASE)
_DONE = frozenset(
    ["remove", "isolate", "replace", "trim", "concat", "mix", "loop", "fade", "reverse", "transcribe", "export", "caption", "tag", "transpose", "extend", "up", "down", "add", "master", "faster", "slower", "put", "give", "take", "compare"]
)  # fmt: skip
"""Verbs of what is done with music that is there."""
_SAVED = re.compile(r"(?:exported|saved|written|delivered|bounced|rendered)(?: out)? (?:as|to|in|into) ", re.IGNORECASE)
_MEASURE = re.compile(
    r"(?:(?:what|how|which)\b|(?:tell|show|give|get) (?:me|us) (?:what|how|which|about|the|its|their)|(?:its|the|their) (?:key|tempo|bpm|speed|chords?|lyrics|words|score|sheet music|genre|mood|metre|meter|time signature|loudness|notes|lead ?sheet|beats)\b)",
    re.IGNORECASE,
)
_ONE = r"(?:hit|match|result|one|pick|track|song|tune|piece|find|choice|suggestion|of (?:those|them|these|the bunch|the lot))"
_FIRST = re.compile(
    rf"\b(?:the |your |my )?(?:new |very )?(?:(?:top|best|closest|nearest|first|number one|no\. ?1|number 1|winning|likeliest|opening) {_ONE}(?: (?:from|of|in) (?:it|that|those|them|the list|your list))?|number one\b(?! hit)|best match(?:es)?|top hit|winner\b|match\b(?! (?:the|it|its|up))|(?:first|top|best|nearest|closest)(?= *(?:$|[,.;!?]| (?:and|so|then|as|is|in|at|by|with|after|before)\b)))"
    r"|\bwhichever(?:'s| is| one is| comes(?: out)?)? (?:first|closest|nearest|best|on top)",
    re.IGNORECASE,
)
_ALL = re.compile(r"\b(?:what(?:ever)?(?:'s| is) left|the (?:lot|hits|results|whole lot|rest|whole list|finds|selection)|what(?:ever)? you (?:get|find|found|come up with|turn up|dig up)|the (?:songs|tracks|ones) you (?:find|found|get))\b", re.IGNORECASE)  # fmt: skip
_LONGEST = 400  # characters; longer messages say more than two things
_RESULT = re.compile(
    r"\b(?:it|its|that|that's|them|those|these|their|theirs|they|the (?:first|second|third|last|one|ones|song|track|list|playlist|result|piece|tune|top|best|two|pair|whole|new)|both|each|all|as an? |as (?:m3u8|xspf|wav|flac|mp3|ogg|midi|stems))\b",
    re.IGNORECASE,
)


def halves(message: str) -> tuple[str, str] | None:
    """Return what is to be found, and what is to be done with it; None where a message is one request."""
    if len(message) > _LONGEST:
        return None
    held = quoted(message)
    for match in _AT.finditer(message):
        if match.start() < 3 or any(low <= match.start() < high for low, high in held):
            continue
        rest = _BREAK.match(message, match.start())
        end = rest.end() if rest and rest.end() > match.end() else match.end()
        tail = strip_polite(_plain(message[end:].strip()))
        if tail and len(message[: match.start()].split()) > 1 and _is_further(message[: match.start()], tail):
            return message[: match.start()].strip(), tail
    return None


_PART = re.compile(r"(?P<hard>[;.!?]+\s+)|(?P<then>,?\s*\b(?:and\s+then|then|after\s+that|afterwards|once\s+(?:that's|that is|it's|you've|you have)\s+done)\b,?)|(?P<soft>,\s*and\b|,|\band\b|\s[-–—]\s)", re.IGNORECASE)  # fmt: skip


def parted(message: str) -> list[tuple[str, str]]:
    """Return the places at which a message may be two requests, as its halves, the likeliest first."""
    if len(message) > _LONGEST:
        return []
    held = quoted(message)
    found: list[tuple[int, int, str, str]] = []
    for match in _PART.finditer(message):
        head, tail = message[: match.start()].strip(), strip_polite(_plain(message[match.end() :].strip(" ,")))
        if (
            any(low <= match.start() < high for low, high in held)
            or len(head.split()) < 2
            or (len(tail.split()) < 2 and not Clause(tail).formats)
        ):
            continue
        rank = ("then", "hard", "soft").index(match.lastgroup or "soft")
        rank -= bool(Clause(tail).verbs and Clause(tail).verbs[0].start == Clause(tail).words[0].start)
        found.append((rank, match.start(), head, tail))
    return [(head, tail) for _, _, head, tail in sorted(found)]


def _plain(tail: str) -> str:
    """Return a second half with plain words for what the first one brings: "your top hit" → "the first one"."""
    tail = _SAVED.sub("save it as ", tail, count=1) if _SAVED.match(tail) else tail
    return _ALL.sub("them", _FIRST.sub("the first one", tail))


_OTHERWISE = re.compile(r"\b(?:intro|outro|ending|coda|as (?:it|they) (?:goes|go)|gradually|towards the end)\b", re.IGNORECASE)  # fmt: skip
"""Second halves that other rules read with the first."""
_ORDERS = re.compile(r"(?:pull|take|strip|get|rip|kick|turn|bring|crank|push|slow|speed|chop|cut|lay|stick|pop|copy|burn|dump|notate|work out|write (?:out|down|me|its)|jot|make it|keep|lower|raise|drop|lose|tab|pitch|set|whack|slap|bung|chuck|send|hand|rip|file|keep)\b", re.IGNORECASE)  # fmt: skip
"""Orders whose verb may stand apart from its particle: "pull the vocals out"."""


def _is_further(head: str, tail: str) -> bool:
    """Tell whether the second half is a request about what the first one brings."""
    if Clause(strip_polite(head)).head in _DONE - {"give", "take", "put"} or _OTHERWISE.search(tail):
        return False
    refers = bool(_RESULT.search(tail))
    if not refers and Clause(strip_polite(head)).head not in ("find", "play", "give"):
        return False
    clause = Clause(tail)
    if not clause.words:
        return False
    first = clause.verbs[0] if clause.verbs else None
    if first and first.start == clause.words[0].start and first.value in _DONE:
        return first.value in cues.openers() or first.value in ("up", "down")
    if _ORDERS.match(tail) and (changing.is_change(clause) or clause.formats):
        return True
    return refers and bool(_MEASURE.match(tail))
