"""Words as search sees them: one normal form for what people type and for what files are called."""

import re
import unicodedata
from dataclasses import dataclass

_JOINED = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'"})


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word and where it stands in the text (character offsets)."""

    word: str
    start: int
    end: int


def normal(text: str) -> str:
    """Return the words of ``text`` in normal form, joined by single spaces.

    Case, accents, punctuation and emoji go; "&" becomes "and".

    >>> normal("Beyoncé & Jay‐Z — Déjà Vu!")
    'beyonce and jay z deja vu'
    """
    return " ".join(token.word for token in tokens(text))


def tokens(text: str) -> list[Token]:
    """Return the words of ``text`` with their places; apostrophes inside a word are dropped."""
    found = []
    for match in re.finditer(r"[^\W_]+(?:'[^\W_]+)*|&", text.translate(_JOINED)):
        word = "and" if match[0] == "&" else fold(match[0].replace("'", ""))
        if word:
            found.append(Token(word, match.start(), match.end()))
    return found


_CREDITS = re.compile(r"\s+(?:feat\.?|ft\.?|featuring|with|vs\.?|x)\s+|[,;/]\s*", re.IGNORECASE)


def credits_of(artist: str) -> list[str]:
    """Return the artists of a credit one by one, the first-named first; "A & B" may be one band, so it stays whole too.

    >>> credits_of("Nina Harrow & Marlo Quint feat. Lena")
    ['Nina Harrow & Marlo Quint', 'Nina Harrow', 'Marlo Quint', 'Lena']
    """
    found = []
    for part in _CREDITS.split(artist):
        pair = [name for name in re.split(r"\s+(?:&|and)\s+", part) if name.strip()]
        found += [part, *pair] if len(pair) == 2 and all(" " in name.strip() for name in pair) else [part]
    return list(dict.fromkeys(name.strip() for name in found if normal(name)))


def fold(word: str) -> str:
    """Lower a word and take its accents away."""
    split = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in split if not unicodedata.combining(c))


def stem(word: str) -> str:
    """Return a word's stem for matching: plural and participle endings of English go, no more.

    A light stemmer on purpose (after Harman's S-stemmer, 1991): "songs" finds "song" and "dancing"
    finds "dance", while names are left alone.
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that say nothing about the music asked for: they neither find nor name a track by themselves.
STOP = _set(
    """a an and any are as at be been but by can could do does for from get give got had has have hear he her his how i if in
    into is it its just let like lets list listen me more most my need no not of off on one ones or our out over play please put
    recommend search show similar so some somebody someone something song songs sound sounding sounds such than that the them
    then there these they thing things this those to track tracks tune tunes up us very want was we were what when which while
    who will with would you your music artist band album piece pieces number called named titled find make same else another
    yes ok okay thanks thank hello hi hey im ive id dont cant bpm minutes minute seconds second hour hours key tempo around
    about under less only library record records recording recordings playlist few lot really kind type sort stuff good great
    nice favourite favorite best new old other others all every each after before between again now today tonight anything everything nothing without instead"""
)

# Common words that are also names of songs and artists: alone and in lower case they are not taken for names.
COMMON = STOP | _set(
    """love baby home time night day life world heart girl boy man woman rain sun summer winter spring autumn fire water moon
    star stars sky blue red black white green gold silver dance dancing party happy sad calm slow fast quiet loud soft hard
    dark light bright warm cold cool hot sweet dream dreams sleep sleeping work working study studying coding run running
    drive driving morning evening midnight city street road river sea ocean lost found gone stay come back go going higher
    lower faster slower louder calmer happier darker start end stop begin intro outro verse chorus bridge solo drums bass
    guitar piano vocals voice singer live remix version cover acoustic electric electronic first last next third fourth
    fifth two three four five six seven eight nine ten year years decade family friends food money power free freedom alone
    together forever never always ever still here everything nothing mood energy beat beats melody melodic chords
    lyric lyrics word words clip file stem stems take takes loop reverse fade mix master remove add drop change save export
    undo compare describe tag similarity bar bars half double minor major sharp flat relax relaxing chill focus upbeat"""
)
