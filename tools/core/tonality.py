"""Keys and chord progressions in free text, in English, German and solfège."""

import re
from functools import lru_cache

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.lexicon import Found
from segue.tools.core.theory import MODES, Key, make_chord, parse_chord, parse_key

_MODE = (
    r"(?:natural[ -]minor|harmonic[ -]minor|melodic[ -]minor|major|minor|maj|min|ionian|dorian|phrygian|lydian|"
    r"mixolydian|aeolian|locrian)"
)
_ACCIDENTAL = r"(?:\s?[#♯♭]|b|[ -]?(?:sharp|flat))?"
_ENGLISH = re.compile(rf"\b([A-Ga-g])({_ACCIDENTAL})[ -]?({_MODE})\b(?!\s+(?:second|third|fourth|fifth|sixth|seventh|key|chord|scale|change|detail|tweak|edit))", re.IGNORECASE)  # fmt: skip
_GERMAN = re.compile(r"\b((?:[A-Ha-h](?:is|es)?|[EeAa]s))[- ]?(dur|moll)\b", re.IGNORECASE)
_SOLFEGE = re.compile(r"\b(do|re|ré|mi|fa|sol|la|si)( diesis| dièse| sostenido| bemolle| bémol| bemol)?[ -](maggiore|minore|majeur|mineur|mayor|menor)\b", re.IGNORECASE)  # fmt: skip
_SHORT_MINOR = re.compile(r"\b([A-G])([#♯♭]|b)?m\b(?!aj)")
_CAMELOT = re.compile(r"\b(1[0-2]|[1-9])([AB])\b")
# A bare letter is a key only behind words that announce one.
_SIGN = r"(?:\s?[#♯♭]|b|[ -]?(?i:sharp|flat))?"
_END = r"(?![\w#♯♭'’])"
_BARE = re.compile(rf"\b(?:(?i:key(?: of)?:?|in(?: the key(?: of)?)?)\s+([A-G])({_SIGN}){_END}(?!\s*(?:clip|\d))|(?i:into|to|from)\s+(?i:the key of\s+)?([A-G])({_SIGN}){_END}(?!\s*(?:and\b|then\b|with\b|clip|\d)))")  # fmt: skip
# In lower case only where no article could stand: "blues in e with …", "in a, 90 bpm", but not "in a café".
_LOWER = re.compile(rf"\b(?i:key of|in(?: the key of)?)\s+([a-g])({_SIGN}){_END}(?=\s*(?:$|[,;:!?)]|[.](?!\w)|\b(?i:with|and|at|for|please|but|then|on|using|around|about)\b))")  # fmt: skip
_SYLLABLES = {"do": "C", "re": "D", "ré": "D", "mi": "E", "fa": "F", "sol": "G", "la": "A", "si": "B"}

_SYMBOL = r"[A-G](?:#|♯|♭|b)?(?:maj|min|mi|m|M|dim|aug|sus|add|alt|°|ø|Δ|\+)?(?:6/9|\d{1,2})?(?:\(?(?:sus|add|b|#|♭|♯|maj)\d{1,2}\)?|sus|alt)*(?:/[A-G](?:#|b)?)?"  # fmt: skip
_JOINT = r"(?:\s*[-–—|,>→]+\s*(?:and\s+)?|\s+(?:(?:and|&)\s+)?)"
_CHORDS = re.compile(rf"(?<![\w#]){_SYMBOL}(?:{_JOINT}{_SYMBOL})+(?![\w#])")
_DEGREE = r"[b#♭♯]?(?:VII|vii|III|iii|VI|vi|IV|iv|II|ii|V|v|I|i)(?:maj7|m7b5|ø7?|°7?|7|6|9)?"
_ROMAN = re.compile(rf"(?<![\w#]){_DEGREE}(?:{_JOINT}{_DEGREE})+(?![\w#])")
_DEGREES = ("i", "ii", "iii", "iv", "v", "vi", "vii")


def key_in(text: str) -> list[Found[str]]:
    """Return keys as "D minor", "F# major", "Bb dorian".

    >>> key_in("90 bpm lo-fi in D minor")[0].value
    'D minor'
    >>> key_in("transpose it up a minor third")
    []
    """
    found: list[Found[str]] = []

    def add(name: str, match: re.Match[str], start: int | None = None) -> None:
        begin = match.start() if start is None else start
        if any(f.start < match.end() and begin < f.end for f in found):
            return
        try:
            found.append(Found(str(parse_key(name)), begin, match.end()))
        except InvalidArgument:
            return

    for match in _ENGLISH.finditer(text):
        # A lower-case "a" is mostly the article ("a minor change"); "in a minor" is a key all the same.
        if match[1] == "a" and not match[2] and not re.search(r"\b(?:in|to|into|of|key:?)\s+$", text[: match.start()]):
            continue
        add(f"{match[1].upper()}{_sign(match[2])} {match[3].lower().replace('-', ' ')}", match)
    for match in _GERMAN.finditer(text):
        add(f"{match[1]}-{match[2]}", match)
    for match in _SOLFEGE.finditer(text):
        sign = (match[2] or "").strip().lower()
        accidental = "#" if sign in ("diesis", "dièse", "sostenido") else "b" if sign else ""
        mode = "minor" if match[3].lower()[:3] in ("min", "men") else "major"
        add(f"{_SYLLABLES[match[1].lower()]}{accidental} {mode}", match)
    for match in _CAMELOT.finditer(text):
        add(match[0], match)
    for match in _SHORT_MINOR.finditer(text):
        if re.search(r"\b(?:in|to|into|of|key:?)\s+$", text[: match.start()]) and not _in_progression(text, match):
            add(f"{match[1]}{_sign(match[2] or '')} minor", match)
    for match in _BARE.finditer(text):
        group = 1 if match[1] else 3
        if not _in_progression(text, match, group):
            add(f"{match[group]}{_sign(match[group + 1])} major", match, match.start(group))
    for match in _LOWER.finditer(text):
        add(f"{match[1].upper()}{_sign(match[2])} major", match, match.start(1))
    return sorted(found, key=lambda f: f.start)


def chords_in(text: str, key: str | None = None) -> list[Found[list[str]]]:
    """Return progressions as chord symbols; Roman numerals are read in ``key``, or the key that the text names.

    Two letters make a progression only when they are joined ("C-G") or more than letters ("Am F").

    >>> chords_in("C G Am F, bossa nova")[0].value
    ['C', 'G', 'Am', 'F']
    >>> chords_in("a ii-V-I in F")[0].value
    ['Gm', 'C', 'F']
    """
    found: list[Found[list[str]]] = []
    for match in _CHORDS.finditer(text):
        symbols = [part.strip() for part in re.split(_JOINT, match[0]) if part.strip()]
        joined = bool(re.search(r"[-–—|>→]", match[0]))
        plain = sum(len(symbol) == 1 for symbol in symbols)
        if len(symbols) < 2 or (len(symbols) == 2 and not joined and plain > 1):
            continue
        if (
            len(symbols) == 2
            and re.search(r"\b(?:and|&)\s", match[0])
            and not all(re.search(r"\d", symbol) for symbol in symbols)
        ):
            continue  # "Am and C" are keys as often; "Dsus2 and Asus2" are not
        if symbols[0] == "A" and re.match(r"A\s+[A-G]\b", match[0]) and len(symbols) == 2:
            continue  # "A D …" at the start of a sentence is an article
        if all(_readable(symbol) for symbol in symbols):
            found.append(Found([parse_chord(symbol).symbol for symbol in symbols], match.start(), match.end()))
    for match in _ROMAN.finditer(text):
        degrees = [part for part in re.split(_JOINT, match[0]) if part]
        if len(degrees) < 3 and not re.search(r"[-–—|>→]", match[0]):
            continue
        home = parse_key(key) if key else _home(text, degrees)
        found.append(Found([_degree(degree, home) for degree in degrees], match.start(), match.end()))
    return sorted(found, key=lambda f: f.start)


def _sign(text: str) -> str:
    plain = text.strip().lower().lstrip("-")
    return {"♯": "#", "sharp": "#", "♭": "b", "flat": "b"}.get(plain, plain)


def _in_progression(text: str, match: re.Match[str], group: int = 1) -> bool:
    """Tell whether a letter is one of several chords ("to C G Am F")."""
    return any(found.start <= match.start(group) < found.end for found in chords_in(text, "C major"))


@lru_cache(maxsize=256)
def _readable(symbol: str) -> bool:
    try:
        parse_chord(symbol)
    except InvalidArgument:
        return False
    return True


def _home(text: str, degrees: list[str]) -> Key:
    named = key_in(re.sub(_ROMAN, " ", text))
    if named:
        return parse_key(named[0].value)
    return Key(9, "minor") if degrees[0].startswith("i") and not degrees[0].startswith("ii") else Key(0)


def _degree(numeral: str, key: Key) -> str:
    """Return the chord symbol of a Roman numeral: its case is the third, "b" and "#" are against the major scale."""
    match = re.fullmatch(r"([b#♭♯]?)([ivIV]+)(.*)", numeral)
    assert match is not None  # the pattern that found it
    steps = MODES["minor"] if key.is_minor and not match[1] else MODES["major"]
    root = key.tonic + steps[_DEGREES.index(match[2].lower())]
    root += {"b": -1, "♭": -1, "#": 1, "♯": 1}.get(match[1], 0)
    minor = match[2].islower()
    quality = {"ø": "m7b5", "ø7": "m7b5", "°": "dim", "°7": "dim7", "m7b5": "m7b5"}.get(match[3])
    if quality is None:
        quality = ("m" if minor else "") + match[3]
    return make_chord(root % 12, quality, None, key).symbol
