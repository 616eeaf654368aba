"""Finding words of a word list in free text, however people write them.

Case, accents, hyphens, joined spelling ("lofi", "lo-fi", "lo fi") and plurals do not matter; one slip of
the finger in a longer word is forgiven. The matcher knows nothing about music.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

T = TypeVar("T")

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|&")
_GAP = re.compile(r"[\s\-–_/'’]{0,3}")
_GLUE = frozenset(
    {"it", "a", "an", "in", "to", "of", "is", "on", "the", "me", "my", "i"}
)  # never part of a word written apart
_REMEMBERED = 512  # texts of the last few turns
_SPANS_REMEMBERED = 8192
_TYPO_LENGTH = 6  # shorter words have too many real neighbours ("house", "horse") to be corrected
_LONGEST_SLIP = 40  # letters of a word that may still be a misspelling; a longer one is no word, and costs its square


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value read from a text, and where: character offsets, end excluded."""

    value: T
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: ``plain`` is lower case without accents and apostrophes."""

    plain: str
    start: int
    end: int


def fold(text: str) -> str:
    """Return the text in lower case, without accents and apostrophes.

    >>> fold("Canción d'été")
    'cancion dete'
    """
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    return "".join(c for c in decomposed if not unicodedata.combining(c) and c not in "'’")


@lru_cache(maxsize=512)
def words_of(text: str) -> tuple[Word, ...]:
    """Return the words of a text with their offsets; "&" counts as the word "and"."""
    return tuple(
        Word("and" if m[0] == "&" else fold(m[0]), m.start(), m.end()) for m in _TOKEN.finditer(text)
    )  # fmt: skip


@lru_cache(maxsize=512)
def _laid_out(text: str) -> tuple[tuple[Word, ...], tuple[int, ...]]:
    """Return the words of a text and, for each of them, how many from it on have nothing but blanks and hyphens between."""
    words = words_of(text)
    reach = [1] * len(words)
    for n in range(len(words) - 2, -1, -1):
        if _GAP.fullmatch(text, words[n].end, words[n + 1].start):
            reach[n] = reach[n + 1] + 1
    return words, tuple(reach)


def singular(word: str) -> str:
    """Return an English word without a plural ending, as far as spelling alone tells."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _deletes(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def one_slip(a: str, b: str) -> bool:
    """Tell whether two words differ by one letter too many, too few or wrong, or two swapped."""
    if a == b:
        return True
    if abs(len(a) - len(b)) > 1:
        return False
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[at:], b[at:]
    swapped = len(a) == len(b) and len(rest_a) > 1 and rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:]
    return swapped or rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:]


class Lexicon(Generic[T]):
    """A word list with values.

    Parameters
    ----------
    entries : phrase → value; phrases may have several words.
    plain : words that are never taken for a misspelt entry.
    strict : phrases that no slip is forgiven in (inflected forms have too many neighbours).
    """

    def __init__(self, entries: Mapping[str, T], plain: Iterable[str] = (), strict: Iterable[str] = ()) -> None:
        self._values: dict[str, T] = {}
        self._longest = 1
        self._phrases: set[tuple[str, ...]] = set()
        self._plain = frozenset(plain)
        self._near_plain = {
            short for word in self._plain if len(word) > _TYPO_LENGTH for short in {word, *_deletes(word)}
        }
        for phrase, value in entries.items():
            words = [word.plain for word in words_of(phrase)]
            self._longest = max(self._longest, len(words))
            self._values.setdefault("".join(words), value)
            self._phrases.add(tuple(words))
        exact = {"".join(word.plain for word in words_of(phrase)) for phrase in strict}
        self._slips: dict[str, list[str]] = {}
        for key in self._values:
            if len(key) >= _TYPO_LENGTH and key not in exact:
                for short in {key, *_deletes(key)}:
                    self._slips.setdefault(short, []).append(key)
        self._corrected: dict[str, str | None] = {}
        self._keys: dict[str, str | None] = {}  # words beside each other, as read before: texts share most of theirs
        self._read: dict[str, tuple[Found[T], ...]] = {}  # texts read before: clauses are read by many rules

    def __contains__(self, phrase: str) -> bool:
        """Tell whether a phrase is in the list, exactly but for spelling habits."""
        return "".join(word.plain for word in words_of(phrase)) in self._values

    def holds(self, word: str) -> bool:
        """Tell whether one plain word (lower case, no accents) stands in the list as it is."""
        return word in self._values

    def get(self, phrase: str) -> T | None:
        """Return the value of a whole phrase, slips forgiven, or None."""
        key = self._key([word.plain for word in words_of(phrase)])
        return None if key is None else self._values[key]

    def find(self, text: str) -> list[Found[T]]:
        """Return what is found, from left to right; the longest match wins, none overlap."""
        known = self._read.get(text)
        if known is None:
            if len(self._read) >= _REMEMBERED:
                self._read.clear()
            known = self._read[text] = tuple(self._find(text))
        return list(known)

    def _find(self, text: str) -> list[Found[T]]:
        words, reach = _laid_out(text)
        plain = [word.plain for word in words]
        found: list[Found[T]] = []
        at = 0
        while at < len(words):
            for count in range(min(self._longest + 1, reach[at]), 0, -1):
                key = self._remembered(plain[at : at + count])
                if key is not None:
                    found.append(Found(self._values[key], words[at].start, words[at + count - 1].end))
                    at += count - 1
                    break
            at += 1
        return found

    def _remembered(self, words: list[str]) -> str | None:
        said = " ".join(words)
        try:
            return self._keys[said]
        except KeyError:
            if len(self._keys) >= _SPANS_REMEMBERED:
                self._keys.clear()
            key = self._keys[said] = self._key(words)
            return key

    def _key(self, words: list[str]) -> str | None:
        if not words:
            return None
        joined = "".join(words)
        if len(words) > 1 and not _GLUE.isdisjoint(words) and tuple(words) not in self._phrases:
            return None  # "it a lo-fi sound" is no Italo
        if joined in self._values:
            return joined
        single = "".join(words[:-1]) + singular(words[-1])
        if single in self._values:
            return single
        if len(words) > 2 or len(joined) < _TYPO_LENGTH or any(word in self._plain for word in words):
            return None
        if len(words) == 2 and min(map(len, words)) < 4:
            return None  # "rock and" is no rock band
        if joined not in self._corrected:
            self._corrected[joined] = self._slip(single) or self._slip(joined)
        return self._corrected[joined]

    def _slip(self, word: str) -> str | None:
        if len(word) > _LONGEST_SLIP:
            return None
        near = {key for short in {word, *_deletes(word)} for key in self._slips.get(short, ())}
        if near and self._is_plain(word):
            return None
        fits = sorted(key for key in near if key[0] == word[0] and one_slip(key, word))
        return fits[0] if fits else None

    def _is_plain(self, word: str) -> bool:
        """Tell whether a misspelt word is rather a common word ("somthing" is no "soothing")."""
        if not self._near_plain & {word, *_deletes(word)}:
            return False
        return any(word[0] == common[0] and one_slip(common, word) for common in self._plain)
