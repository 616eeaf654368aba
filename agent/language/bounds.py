"""At most, at least, about or exactly? What the words around a quantity make of it, wherever they stand."""

import re
from functools import lru_cache

from segue.tools.core.vocabulary import words_of

_THAN = r"(?:than|then)"
_BELOW = rf"(?:under|below|beneath|underneath|(?:less|fewer|lower|shorter|slower|smaller|briefer|sooner) {_THAN}|inside(?: of)?|south of|<=?|≤)"
_ABOVE = rf"(?:over|above|beyond|past|exceed(?:s|ing)?|(?:more|longer|faster|quicker|higher|greater|bigger|larger|better) {_THAN}|upwards? of|north of|>=?|≥|in excess of)"
_MOST = r"(?:max(?:imum|imal(?:ly)?)?|at (?:the )?(?:very )?(?:most|longest|fastest|outside)|up ?to|(?:un)?till?|within|cap(?:ped|ping)?(?: [\w']+){0,3}? (?:at|to)|limit(?:ed|ing)?(?: [\w']+){0,3}? (?:to|at)|ceiling(?: of)?|top(?:ping|s)? (?:out )?at|(?:done|over|through|finished|out|wrapped up) (?:in|within|by))"
_LEAST = r"(?:min(?:imum|imal(?:ly)?)?|at (?:the )?(?:very )?least|atleast|at leats|starting (?:at|from)|floor(?: of)?|nothing but)"
_NEAR = r"(?:around|round|about|roughly|approx(?:\.|imately)?|circa|ca\.?|near(?:ly)?|close to|almost|some|~|somewhere (?:in|at|near)|in the region of|give or take|or so|more or less)"
_LINK = r"(?:[\s,:=]*\b(?:of|the|a|an|be|is|are|to|just|only|say|like|about|around|roughly|exactly|rating|tempo|bpm|speed|length|total|full)\b)*[\s:=]*"
_BEFORE = re.compile(
    rf"(?:(?<![\w])(?:(?P<below>{_BELOW})|(?P<above>{_ABOVE})|(?P<most>{_MOST})|(?P<least>{_LEAST})|(?P<near>{_NEAR})))(?![\w]){_LINK}$",
    re.IGNORECASE,
)
_NOUN = (
    r"(?:\s*(?:songs?|tracks?|tunes?|pieces?|titles?|stars?|plays?|times|ones?|each|bpm|long|in (?:length|total|all)))*"
)
_BEHIND = re.compile(
    rf"^{_NOUN}[\s,(]*(?:(?P<most>max(?:imum)?\b|tops?\b|or (?:less|under|fewer|shorter|below|slower|lower|sooner|briefer)\b|and (?:under|below|down|less|fewer|lower|slower|shorter)\b|at (?:the )?(?:very )?(?:most|outside|longest)\b|not (?:a|one) \w+ (?:more|longer|over)\b|and (?:no|not) (?:more|longer|a \w+ more)\b|(?:is|being) (?:the|my|our) (?:limit|max\w*|ceiling|cap|top))"
    r"|(?P<least>or (?:more|longer|over|above|better|higher|faster|quicker|up|greater)\b|and (?:up\w*|over|above|more|higher|better|longer|faster|beyond)\b|plus\b|\+|up(?:wards?)?\b|at (?:the )?(?:very )?least\b|min(?:imum)?\b)"
    r"|(?P<near>or so\b|-?ish\b|give or take\b|more or less\b|or thereabouts\b|roughly\b|approx\w*\b))",
    re.IGNORECASE,
)
_DENY = frozenset(["no", "not", "nothing", "none", "never", "dont", "doesnt", "wont", "cant", "cannot", "shouldnt", "mustnt", "hide", "skip", "drop", "lose", "bin", "exclude", "omit", "without", "ditch", "remove", "delete", "kill", "chuck", "toss", "discard", "scrap", "reject", "avoid", "nix", "except", "rid", "nor", "axe", "purge", "eliminate", "dump", "trash", "shed", "banish", "ban", "excluding"])  # fmt: skip
_DENY_OUT = frozenset(["leave", "weed", "filter", "throw", "kick", "take", "cut", "strip", "rule", "sort", "screen", "sift", "edit"])  # fmt: skip
_GLUE = frozenset(["a", "an", "the", "any", "anything", "everything", "all", "ones", "one", "songs", "song", "tracks", "track", "those", "these", "stuff", "tunes", "tune", "pieces", "piece", "music", "that", "thats", "which", "are", "is", "be", "being", "goes", "going", "go", "gets", "runs", "running", "lasts", "lasting", "last", "on", "drag", "drags", "comes", "came", "come", "clocks", "clocking", "out", "away", "in", "at", "with", "of", "much", "my", "me", "want", "to", "hear", "play", "give", "i", "ive", "have", "has", "having", "it", "them", "they", "us", "rated", "heard", "played", "listened", "and", "or", "minutes", "minute", "mins", "min", "seconds", "secs", "bpm", "stars", "star", "times", "even", "just", "remotely", "ever", "more", "longer", "shorter", "faster", "slower", "than", "over", "under", "below", "above", "cuts", "numbers", "whatever", "whichever", "tempo", "rating", "from", "released", "made", "recorded", "dated", "published", "between", "written", "by", "as", "old", "new", "before", "after", "since"])  # fmt: skip


def denied(text: str, position: int) -> bool:
    """Tell whether what stands at a position is denied: "nothing over", "skip those that last longer than".

    Only what glues a wish together may stand between: in "no jazz, under 3 minutes" nothing is denied.
    """
    return denial(text, position) is not None


@lru_cache(maxsize=512)
def denial(text: str, position: int) -> int | None:
    """Return where the denial begins of what stands at a position, or None."""
    words = [word for word in words_of(text) if word.end <= position]
    right = position
    for at in range(len(words) - 1, -1, -1):
        word = words[at]
        if re.search(r"[,;.:!?]", text[word.end : right]):
            return None
        if word.plain in _DENY:
            return word.start
        if word.plain in ("out", "away") and at and words[at - 1].plain in _DENY_OUT:
            return words[at - 1].start
        if word.plain not in _GLUE and not word.plain.isdigit():
            return None
        right = word.start
    return None


def bound(text: str, start: int, end: int) -> tuple[str, int, int]:
    """Return what a quantity is ("max", "min", "about" or "" for exactly), and the span with the words that say so.

    >>> bound("nothing longer than 5 minutes", 20, 29)[0], bound("15 mins plus", 0, 7)[0]
    ('max', 'min')
    """
    before = _BEFORE.search(text[:start])
    behind = _BEHIND.match(text[end:])
    kind = (before.lastgroup if before else None) or ""
    if before and kind in ("below", "above", "most", "least"):
        low = before.start()
        if kind in ("below", "above") and (refused := denial(text, low)) is not None:
            kind, low = ("least" if kind == "below" else "most"), refused
        return {"below": "max", "most": "max", "above": "min", "least": "min"}[kind], low, end
    if behind and behind.lastgroup in ("most", "least"):
        low = before.start() if before else start
        return ("max" if behind.lastgroup == "most" else "min"), low, end + behind.end()
    if before or behind:
        return "about", before.start() if before else start, end + (behind.end() if behind else 0)
    return "", start, end
