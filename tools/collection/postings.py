"""Ranked words: postings with precomputed BM25 weights in numpy (Robertson & Zaragoza 2009, BM25F)."""

from array import array
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
        words: dict[str, int] = {}
        held, holders, counts = array("i"), array("i"), array("f")  # a word, a document, how often: one entry a pair
        lengths = np.zeros(max(1, self.size))
        for n, document in enumerate(documents):
            counter: dict[str, float] = defaultdict(float)
            for name, text in document.items():
                for token in tokens(text):
                    counter[stem(token.word)] += boosts.get(name, 1.0)
            lengths[n] = sum(counter.values())
            for word, count in counter.items():
                held.append(words.setdefault(word, len(words)))
                holders.append(n)
                counts.append(count)
        codes, documents_of = np.array(held, dtype=np.int32), np.array(holders, dtype=np.int32)
        tf = np.array(counts, dtype=np.float64)
        df = np.bincount(codes, minlength=len(words)) if len(codes) else np.zeros(0, dtype=np.int64)
        idf = np.log(1 + (self.size - df + 0.5) / (df + 0.5))
        norm = _K1 * (1 - _B + _B * lengths[documents_of] / (float(lengths.mean()) or 1.0))
        order = np.argsort(codes, kind="stable")
        self._documents = documents_of[order]
        self._weights = (idf[codes] * tf * (_K1 + 1) / (tf + norm)).astype(np.float32)[order]
        ends = np.cumsum(df)
        self._spans = {word: slice(int(ends[code] - df[code]), int(ends[code])) for word, code in words.items()}

    def scores(self, words: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the BM25 score of every document for some stems, float32 ``[documents]``."""
        out = np.zeros(self.size, dtype=np.float32)
        for word in words:
            if word in self._spans:
                out[self._documents[self._spans[word]]] += self._weights[self._spans[word]]
        return out

    def holders(self, word: str) -> npt.NDArray[np.int32]:
        """Return the documents that hold a stem."""
        return self._documents[self._spans.get(word, slice(0, 0))]

    def __contains__(self, word: str) -> bool:
        return word in self._spans
