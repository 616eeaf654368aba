"""What a text claims about music, and which of it others do not say: an LLM may word facts and may add none."""

import re
from collections.abc import Iterator
from functools import lru_cache

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.instruments import all_instruments
from segue.tools.core.theory import parse_key

# Kinds of claim, besides keys and instruments: the words that make one, and the claim that they make.
_SAID = (
    (r"[2-9]/[48]|12/8", None),
    (r"waltz(?:es)?", "3/4"),
    (r"sing(?:s|ing|er|ers)?|sung|vocals?|voices?|vocalists?|lyrics", "voice"),
    (r"woman|female|women", "a woman's voice"),
    (r"(?<!wo)man|(?<!fe)male|men", "a man's voice"),
    (r"drums?|drummer|percussion|snare|hi-?hats?|kick drum", "drums"),
    (r"chorus(?:es)?|refrain", "a chorus"),
    (r"verses?", "a verse"),
    (r"bridge", "a bridge"),
    (r"jazz\w*|rock|metal|punk|blues|soul|funk\w*|hip[- ]hop|rap|folk|country|techno|house|ambient|classical|reggae|disco|bossa nova|pop|indie|gospel|flamenco|swing|trance|baroque", None),
    (r"happy|cheerful|joyful|sad|melancholic|melancholy|tense|dark|peaceful|energetic|aggressive|romantic|gloomy|angry", None),
    (r"modulat\w+|changes? (?:of )?key|key changes?", "a change of key"),
    (r"speeds? up|slows? down|accelerat\w+", "a change of tempo"),
)  # fmt: skip
_KEY = re.compile(r"\b([A-G])(?:(#|♯|b|♭)|[ -](sharp|flat))?[ -](major|minor)\b")
_NO = re.compile(
    r"\b(?:no|not|none|never|without|neither|nor|cannot|instrumental|unsure|nobody)\b|n[’']t\b", re.IGNORECASE
)
_PARTS = re.compile(r"(?<=[.!?;:\n])\s+|,\s+(?=but|and)|\s+but\s+")
_FAMILIES = frozenset({"piano", "mallets", "organ", "guitar", "bass", "strings", "choir", "brass", "reeds", "flutes", "folk", "drums"})  # fmt: skip
_NO_NAMES = frozenset({"lead", "line", "solo", "voice", "voices", "bass line", "kit", "sets", "horn section", "crystal", "power"})  # fmt: skip


def added(text: str, given: str) -> str:
    """Return the first claim of ``text`` that ``given`` does not make, as the text words it; "" where there is none.

    A claim is a key, meter, instrument, voice, section's name, genre, mood word or change. What ``given`` denies ("I hear no
    drums") may be denied, not claimed; what it claims may not be denied.

    >>> added("A calm piece in D minor with a saxophone.", "It is in D minor, calm, with piano.")
    'saxophone'
    """
    known = set(_claims(given))
    named = {claim for claim, _ in known}
    for claim, positive in _claims(text):
        if (claim, positive) not in known and (positive or claim in named):
            return claim
    return ""


def _claims(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each claim with whether it is made or denied."""
    for part in _PARTS.split(text):
        positive = _NO.search(part) is None
        for tonic, sign, word, mode in _KEY.findall(part):
            try:
                yield str(parse_key(f"{tonic}{sign or {'sharp': '#', 'flat': 'b'}.get(word, '')} {mode}")), positive
            except InvalidArgument:
                continue
        low = part.lower()
        for pattern, claim in _SAID:
            for match in re.finditer(rf"(?<![\w/])(?:{pattern})(?![\w/])", low):
                yield claim or match[0], positive
        for match in _names().finditer(low):
            yield re.sub(r"(?<=[a-z]{3})s$", "", match[0]), positive


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    names = {name for one in all_instruments() if one.family in _FAMILIES for name in (one.name, *one.aliases)}
    names = {name.lower() for name in names if len(name) >= 4 and name.lower() not in _NO_NAMES}
    words = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{words})s?(?!\w)")
