"""Names of the library in a message: artists, titles, albums and genres, misspelt ones too."""

import difflib
import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from segue.tools.collection.words import COMMON, Token, credits_of, normal, tokens

Kind = Literal["artist", "title", "album", "genre"]
_ORDER: tuple[Kind, ...] = ("artist", "title", "album", "genre")
_INTRODUCES = frozenset(
    {"play", "called", "named", "titled", "by", "like", "song", "track", "artist", "album", "from", "meant"}
)
_LARGE = 20_000  # names
_LEAST_ENDING = 4  # letters of a family name that is known by itself
_NEAR = 0.82  # difflib ratio from which a word counts as misspelt and not as another word


class Named(Protocol):
    """What a name index reads of a track."""

    id: str
    title: str
    artist: str
    album: str
    genres: list[str]


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A name of the library found in a text; ``start`` and ``end`` are character offsets."""

    kind: Kind
    name: str
    ids: list[str] = field(default_factory=list)
    start: int = 0
    end: int = 0
    exact: bool = True


def trigrams(text: str) -> set[str]:
    """Return the letter trigrams of a padded text."""
    padded = f"  {text} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


class NameIndex:
    """All names of a set of tracks, by their words and by their trigrams."""

    def __init__(self, tracks: Iterable[Named]) -> None:
        self._ids: dict[tuple[Kind, str], list[str]] = defaultdict(list)
        self._written: dict[tuple[Kind, str], str] = {}
        for track in tracks:
            given: list[tuple[Kind, str]] = [("title", track.title), ("artist", track.artist), ("album", track.album)]
            given += [("artist", name) for name in credits_of(track.artist)]
            taken: set[tuple[Kind, str]] = set()
            for kind, name in [*given, *((("genre", g)) for g in track.genres)]:
                plain = normal(name)
                if plain and (kind, plain) not in taken:
                    taken.add((kind, plain))
                    self._ids[kind, plain].append(track.id)
                    self._written.setdefault((kind, plain), name)
        self._kinds: dict[str, list[Kind]] = defaultdict(list)
        for kind, plain in self._ids:
            self._kinds[plain].append(kind)
        self._longest = min(10, max((plain.count(" ") + 1 for plain in self._kinds), default=0))
        self._spelt = [plain for plain, kinds in self._kinds.items() if kinds != ["genre"]]
        places: dict[str, array[int]] = defaultdict(lambda: array("i"))
        for place, plain in enumerate(self._spelt):
            for gram in trigrams(plain):
                places[gram].append(place)
        self._grams = {gram: np.array(found, dtype=np.int32) for gram, found in places.items()}
        self._lengths = np.array([len(plain) for plain in self._spelt], dtype=np.int32)
        # In a large library every word is near some name: what its own names are made of is then spelt rightly.
        large = len(self._spelt) > _LARGE
        self._words = {word for plain in self._spelt for word in plain.split()} if large else set[str]()

    def find(self, text: str) -> list[NameMatch]:
        """Return the names that ``text`` mentions, by place; of overlapping ones the longest."""
        words = tokens(text)
        taken = [False] * len(words)
        found: list[NameMatch] = []
        for first, last in _spans(len(words), self._longest):
            plain = " ".join(word.word for word in words[first:last])
            if plain in self._kinds and not any(taken[first:last]) and self._is_a_name(text, words, first, last):
                found += self._matches(plain, words[first], words[last - 1], True)
                taken[first:last] = [True] * (last - first)
        for first, last in _spans(len(words), min(4, self._longest + 1)):
            if any(taken[first:last]) or not self._may_be_misspelt(words[first:last]):
                continue
            if self._words and all(word.word in self._words for word in words[first:last]):
                continue
            near = self.nearest(" ".join(word.word for word in words[first:last]))
            if near:
                found += self._matches(near, words[first], words[last - 1], False)
                taken[first:last] = [True] * (last - first)
        return sorted(found, key=lambda match: (match.start, _ORDER.index(match.kind)))

    def nearest(self, text: str, kind: Kind | None = None, floor: float = _NEAR) -> str | None:
        """Return the known name, in normal form, that ``text`` most likely misspells, or None."""
        plain = normal(text)
        grams = sorted((self._grams[gram] for gram in trigrams(plain) if gram in self._grams), key=len)
        # A name this near shares almost half of the trigrams at least, so it holds one of the rarer ones.
        rare = grams[: max(1, math.ceil(0.6 * len(trigrams(plain))))]
        if not rare:
            return None
        held, shared = np.unique(np.concatenate(rare), return_counts=True)
        fits = np.abs(self._lengths[held] - len(plain)) <= 4
        if kind is not None:
            fits &= np.array([kind in self._kinds[self._spelt[place]] for place in held], dtype=bool)
        held, shared = held[fits], shared[fits]
        order = np.argsort(-shared / (len(plain) + 2 + self._lengths[held]), kind="stable")[:30]
        near = [self._spelt[place] for place in held[order]]
        scored = [(difflib.SequenceMatcher(None, plain, name).ratio(), name) for name in near]
        best = max(scored, default=(0.0, ""))
        return best[1] if best[0] >= floor else None

    def ending(self, plain: str, kind: Kind) -> str | None:
        """Return the one name of a kind, in normal form, that ends with some whole words ("springsteen"); None where none or several do."""
        if len(plain) < _LEAST_ENDING:
            return None
        found = [name for name in self._spelt if name.endswith(f" {plain}") and kind in self._kinds[name]]
        return found[0] if len(found) == 1 else None

    def written(self, kind: Kind, plain: str) -> str:
        """Return a name as its tracks write it."""
        return self._written[kind, plain]

    def ids(self, kind: Kind, plain: str) -> Sequence[str]:
        """Return the tracks that carry a name (in normal form)."""
        return self._ids.get((kind, plain), ())

    def _matches(self, plain: str, first: Token, last: Token, exact: bool) -> Iterator[NameMatch]:
        for kind in sorted(self._kinds[plain], key=_ORDER.index):
            if exact or kind != "genre":
                ids = list(self._ids[kind, plain])
                yield NameMatch(kind, self._written[kind, plain], ids, first.start, last.end, exact)

    def _is_a_name(self, text: str, words: Sequence[Token], first: int, last: int) -> bool:
        """Common words count as a name only where they are written or introduced as one."""
        plain = [word.word for word in words[first:last]]
        if "genre" in self._kinds[" ".join(plain)] or not all(word in COMMON or len(word) < 3 for word in plain):
            return True
        start, end = words[first].start, words[last - 1].end
        quoted = start > 0 and end < len(text) and text[start - 1] in "\"'“‘«" and text[end] in "\"'”’»"
        whole = last - first == len(words)
        capital = first > 0 and all(
            text[w.start].isupper() for w in words[first:last] if w.word not in ("of", "the", "a", "and", "in")
        )
        introduced = first > 0 and words[first - 1].word in _INTRODUCES and last == len(words) and last - first > 1
        return quoted or capital or introduced or (whole and last - first > 1)

    @staticmethod
    def _may_be_misspelt(words: Sequence[Token]) -> bool:
        plain = [word.word for word in words]
        if (plain[0] in COMMON and plain[0] not in ("the", "a")) or plain[-1] in COMMON:
            return False
        longest = max(len(word) for word in plain if word not in COMMON) if any(w not in COMMON for w in plain) else 0
        return longest >= 5 and sum(map(len, plain)) >= 6


def _spans(count: int, longest: int) -> Iterator[tuple[int, int]]:
    """All spans of up to ``longest`` words, longer ones first."""
    for length in range(min(count, longest), 0, -1):
        for first in range(count - length + 1):
            yield first, first + length
