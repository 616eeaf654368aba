"""Slips of the finger in the words that hold a request together: "somthing", "plyalist", "simular".

Music words are forgiven where they are looked up; these are words of plain English that the reading of a
clause depends on. Names of the library, quotations and capitalised words are left as they are.
"""

import re
from functools import lru_cache

from segue.agent.dialogue import Known
from segue.agent.language import cues
from segue.tools.core.lexicon import one_slip
from segue.tools.core.vocabulary import genres_in, instruments_in, moods_in, plain_words, singular, stems_in

_FIRM = (
    "something", "anything", "everything", "someone", "somebody", "playlist", "playlists", "similar", "library", "without",
    "seconds", "minutes", "instead", "please", "quieter", "slower", "artist", "artists", "shorter", "between", "different",
    "another", "describe", "recommend", "generate", "transcribe", "remove", "replace", "lyrics", "version", "instruments",
    "background", "studying", "relaxing", "identify", "recognise", "recognize", "vocals", "before", "instrumental", "library", "longer", "faster", "songs", "tracks", "under", "minute", "rated", "tempo", "decade",
    "include", "sorry", "earlier", "previous", "results", "records", "duplicates", "restriction", "unplugged",
)  # fmt: skip
# How people type in a hurry, and what a dictated sentence has between its words.
_HASTY = {"smth": "something", "sth": "something", "sumthing": "something", "u": "you", "ur": "your", "pls": "please", "plz": "please", "gimme": "give me", "lemme": "let me", "wanna": "want to", "gonna": "going to", "tho": "though", "cuz": "because"}  # fmt: skip
_HASTY_WORD = re.compile(rf"(?<![\w'’.-])(?:{'|'.join(_HASTY)})(?![\w'’-]|\.\w)", re.IGNORECASE)
_HESITATION = re.compile(
    r"(?:^|(?<=[\s,]))(?:u+h+m*|u+m+|e+r+m*|hm+|lol|haha+|omg|bro|bruh|yo)(?=[\s,.!?]|$),?\s*", re.IGNORECASE
)
# "the bass drum, sorry, I mean the bass": only what was meant counts.
_MEANT = re.compile(r"\b(the|a|an|number|at|in|to)\s+(?:[\w#-]+\s+){0,3}?[\w#-]+[,\s]+(?:(?:sorry|no|oops|wait|er|ah)[,\s]+)+(?:i\s+mean(?:t)?|make\s+that)[,\s]+(?:the\s+|a\s+|an\s+|number\s+|at\s+|in\s+|to\s+)?", re.IGNORECASE)  # fmt: skip
_OTHERS = frozenset(["minuet", "minuets", "slow", "sever", "plaice", "shower", "sings", "sung", "sing", "swings"])
_WORD = re.compile(r"(?<![\w.'’@#/-])[a-z]{5,}(?![\w'’@/-]|\.\w)")
_QUOTED = re.compile(r"[\"“«][^\"”»]*[\"”»]")


def spoken(text: str) -> str:
    """Return a message without hesitations, with hasty spellings written out and slips of the tongue put right.

    >>> spoken("um, take out the bass drum sorry I mean the bass pls")
    'take out the bass please'
    """
    said = _HESITATION.sub("", text)
    said = _HASTY_WORD.sub(lambda match: _HASTY[match[0].lower()], said if said.strip(" ,.!?") else text)
    return _MEANT.sub(r"\1 ", said)


def corrected(text: str, names: list[Known]) -> str:
    """Return a message with misspelt words of plain English put right.

    >>> corrected("somthing simular, withuot drums", [])
    'something similar, without drums'
    """
    held = [(m.start(), m.end()) for m in _QUOTED.finditer(text)] + [(name.start, name.end) for name in names]

    def right(match: re.Match[str]) -> str:
        if any(low < match.end() and match.start() < high for low, high in held):
            return match[0]
        return _right(match[0]) or match[0]

    return _WORD.sub(right, text)


# Read word by word and not looked up, so that a music word's forgiveness does not help them.
_READ = ("vocals", "instrumental", "identify", "recognise", "recognize", "before")


@lru_cache(maxsize=2048)
def _right(word: str) -> str | None:
    """Return the word that was meant, or None where nothing is misspelt."""
    known = plain_words()
    if word not in known and singular(word) not in known and f"{word}s" not in _READ and not word.startswith(_READ):
        for firm in _READ:
            if firm[0] == word[0] and one_slip(firm, word):
                return firm
    if (
        word in known
        or word in _OTHERS
        or singular(word) in known
        or f"{word}s" in _FIRM
        or word in cues.verbs()
        or word in cues.PIECES
    ):
        return None
    # Where only the ending differs ("generated", "pleased") nothing is misspelt.
    near = [
        firm
        for firm in _FIRM
        if firm[0] == word[0]
        and (firm[:-1] != word[: len(firm) - 1] or word in (firm[:-1] if firm[-1] in "ge" else "",))
        and one_slip(firm, word)
    ]
    if word in _FIRM or not near or any(find(word) for find in (genres_in, moods_in, instruments_in, stems_in)):
        return None
    return near[0]
