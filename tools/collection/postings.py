"""Ranked words: postings with precomputed BM25 weights in numpy (Robertson & Zaragoza 2009, BM25F)."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from segue.tools.collection.words import stem, tokens

_K1, _B = 1.2, 0.5


class Postings:
    """For every word the documents that hold it, with the weight it gives each.

    Parameters
    ----------
    documents : of each document its fields' texts.
    boosts : how often a word of a field counts.
    """

    def __init__(self, documents: Sequence[Mapping[str, str]], boosts: Mapping[str, float]) -> None:
        self.size = len(documents)
        counts: list[dict[str, float]] = []
        for document in documents:
            counter: dict[str, float] = defaultdict(float)
            for name, text in document.items():
                for token in tokens(text):
                    counter[stem(token.word)] += boosts.get(name, 1.0)
            counts.append(counter)
        lengths = np.array([float(sum(counter.values())) for counter in counts] or [0.0])
        mean = float(lengths.mean()) or 1.0
        places: dict[str, list[int]] = defaultdict(list)
        for n, counter in enumerate(counts):
            for word in counter:
                places[word].append(n)
        self._postings: dict[str, tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]] = {}
        for word, found in places.items():
            idf = math.log(1 + (self.size - len(found) + 0.5) / (len(found) + 0.5))
            tf = np.array([counts[n][word] for n in found])
            norm = _K1 * (1 - _B + _B * lengths[found] / mean)
            weights = idf * tf * (_K1 + 1) / (tf + norm)
            self._postings[word] = (np.array(found, dtype=np.int32), weights.astype(np.float32))

    def scores(self, words: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the BM25 score of every document for some stems, float32 ``[documents]``."""
        out = np.zeros(self.size, dtype=np.float32)
        for word in words:
            if word in self._postings:
                places, weights = self._postings[word]
                out[places] += weights
        return out

    def holders(self, word: str) -> npt.NDArray[np.int32]:
        """Return the documents that hold a stem."""
        return self._postings[word][0] if word in self._postings else np.zeros(0, dtype=np.int32)

    def __contains__(self, word: str) -> bool:
        return word in self._postings
