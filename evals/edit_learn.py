"""Fits the masks of ``segue.tools.sound.masks``: ``python -m segue.evals.edit_learn [mixtures]`` writes ``masks.json``.

Renders mixtures of seeds that ``segue eval edit`` does not use, half as composed and half played otherwise by the shipped
soundfont: the other soundfonts that the suite may be given are never learned from. What is minimised is the energy of
what a mask gets wrong, against the best real mask within 0 and 1 of each bin. Plain numpy on one thread; another processor may round a weight
otherwise.
"""

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from segue.evals.edit_mixtures import Mixture, rendered
from segue.tools.core.audio import Samples
from segue.tools.sound import masks
from segue.tools.sound.separate import window_size
from segue.tools.sound.spectrum import forward

_FIRST, _COUNT, _SECONDS = 1000, 36, 8.0
_SAMPLED = 25_000  # bins of each mixture
_HIDDEN = (32, 24)
_EPOCHS, _BATCH, _RATE = 14, 4096, 3e-3
_MOST_WEIGHT = 20.0

Array = npt.NDArray[np.float32]
Layer = tuple[Array, Array]


def sampled(mixture: Mixture, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return features, best shares and energies of bins drawn by their magnitude."""
    mix, n = mixture.mix.samples, window_size(mixture.rate)
    spectrum = forward(mix, n)
    power = np.mean(np.abs(spectrum) ** 2, axis=0)
    level = masks.reference(float(np.mean(mix.astype(np.float64) ** 2)), n)
    seen = masks.features(spectrum, mixture.rate, level)
    best = np.stack([_best(spectrum, mixture.stems.get(name), n) for name in masks.STEMS], axis=-1)
    chance = np.sqrt(power).ravel() / np.sqrt(power).sum()
    chosen = rng.choice(len(chance), _SAMPLED, p=chance / chance.sum())
    energy = power.ravel()[chosen] / chance[chosen]
    weight = np.minimum(energy / energy.mean(), _MOST_WEIGHT).astype(np.float32)
    return seen.reshape(-1, seen.shape[-1])[chosen], best.reshape(-1, best.shape[-1])[chosen], weight


def _best(spectrum: npt.NDArray[np.complex64], stem: Samples | None, n: int) -> Array:
    """Return the real mask that leaves the least of a stem behind, within 0 and 1."""
    if stem is None:
        return np.zeros(spectrum.shape[1:], np.float32)
    overlap = np.sum((forward(stem, n) * np.conj(spectrum)).real, axis=0)
    return np.asarray(np.clip(overlap / (np.sum(np.abs(spectrum) ** 2, axis=0) + 1e-12), 0, 1), dtype=np.float32)


def fitted(seen: Array, best: Array, weight: Array) -> list[Layer]:
    """Return layers fitted by Adam (Kingma & Ba 2015) to weighted squared errors of shares."""
    rng = np.random.default_rng(1)
    sizes = (seen.shape[1], *_HIDDEN, best.shape[1] + 1)
    layers: list[list[Array]] = [
        [(rng.normal(size=(a, b)) * np.sqrt(2 / a)).astype(np.float32), np.zeros(b, np.float32)]
        for a, b in itertools.pairwise(sizes)
    ]
    slow = [[np.zeros_like(v) for v in layer] for layer in layers]
    fast = [[np.zeros_like(v) for v in layer] for layer in layers]
    steps, total = 0, _EPOCHS * (-(-len(seen) // _BATCH))
    for _ in range(_EPOCHS):
        for batch in _batches(len(seen), rng):
            steps += 1
            rate = _RATE * 0.5 * (1 + np.cos(np.pi * steps / total))
            for number, slopes in enumerate(_slopes(layers, seen[batch], best[batch], weight[batch])):
                for place, slope in enumerate(slopes):
                    slow[number][place] = 0.9 * slow[number][place] + 0.1 * slope
                    fast[number][place] = 0.999 * fast[number][place] + 0.001 * slope**2
                    step = slow[number][place] / (1 - 0.9**steps)
                    layers[number][place] -= (
                        rate * step / (np.sqrt(fast[number][place] / (1 - 0.999**steps)) + 1e-8)
                    ).astype(np.float32)
    return [(matrix, offset) for matrix, offset in layers]


def _batches(count: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
    order = rng.permutation(count)
    for start in range(0, count, _BATCH):
        yield order[start : start + _BATCH]


def _slopes(layers: Sequence[Sequence[Array]], seen: Array, best: Array, weight: Array) -> list[list[Array]]:
    """Return the slopes of the error by every weight, backwards through softmax and rectifiers."""
    inputs, x = [], seen
    for number, (matrix, offset) in enumerate(layers):
        inputs.append(x)
        x = x @ matrix + offset
        x = np.maximum(x, 0) if number + 1 < len(layers) else x
    x = np.exp(x - x.max(axis=1, keepdims=True))
    share = x / x.sum(axis=1, keepdims=True)
    error = np.zeros_like(share)
    error[:, : best.shape[1]] = 2 * weight[:, None] * (share[:, : best.shape[1]] - best) / len(seen)
    back = share * (error - (error * share).sum(axis=1, keepdims=True))
    out: list[list[Array]] = []
    for number in range(len(layers) - 1, -1, -1):
        out.append([inputs[number].T @ back, back.sum(axis=0)])
        if number:
            back = (back @ layers[number][0].T) * (inputs[number] > 0)
    return out[::-1]


def main(count: int = _COUNT) -> None:
    """Render, look, fit, write."""
    rng = np.random.default_rng(0)
    found = []
    for number in range(_FIRST, _FIRST + count):
        found.append(sampled(rendered(number, seconds=_SECONDS), rng))
        sys.stderr.write(f"{number - _FIRST + 1} of {count}\n")
    seen, best, weight = (np.concatenate(part) for part in zip(*found, strict=True))
    mean, spread = seen.mean(axis=0), seen.std(axis=0) + 1e-6
    with threadpool_limits(1):
        layers = fitted(masks.normalised(seen, mean, spread), best, weight)
    stored = {"mean": _plain(mean), "spread": _plain(spread), "layers": [[_plain(m), _plain(b)] for m, b in layers]}
    Path(masks.__file__).with_name("masks.json").write_text(json.dumps(stored) + "\n", "utf-8")


def _plain(values: Array) -> list[object]:
    rounded: list[object] = np.round(values.astype(np.float64), 5).tolist()
    return rounded


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]))
