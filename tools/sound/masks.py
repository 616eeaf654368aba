"""Shares of drums and bass in every bin of a spectrogram, by a small regression over what ears use to tell them apart.

The features are the field's own: medians along time and frequency (Fitzgerald, DAFx 2010), rises and falls of a bin and of its
band (spectral flux: Masri 1996), how long a bin has been sounding, how much it stands out from its neighbours, where it lies in
pitch, level and stereo. A perceptron with two hidden layers (some 1,500 weights, ``masks.json``) turns them into shares. It was fitted by
``python -m segue.evals.edit_learn`` to pieces that Segue composed and rendered itself; no recording and no download is in it.
"""

import json
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.sound.spectrum import Spectrum

Array = npt.NDArray[np.float32]
MEDIAN = 31  # frames and bins; librosa's default, and the middle of Fitzgerald's range
REACH = 56  # frames to either side that a feature can see
STEMS = ("drums", "bass")
_BANDS = 23
_ROWS = 1 << 13  # bins that go through the perceptron at once: what fits into a processor's cache


def reference(power: float, n: int) -> float:
    """Return the level that features are measured against: the root mean square of a bin, from that of the samples."""
    return math.sqrt(0.375 * n * power) + 1e-9


def features(spectrum: Spectrum, sample_rate: int, level: float) -> Array:
    """Return the features of every bin, ``[bins, frames, features]``.

    Parameters
    ----------
    spectrum : ``[channels, bins, frames]``, hop a quarter of the window.
    level : ``reference`` of the whole recording, so that blocks of it give what the whole gives.
    """
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    power = np.mean(np.abs(spectrum) ** 2, axis=0).astype(np.float32)
    magnitude = np.sqrt(power)
    floor = np.float32(1e-3 * level)
    log = np.log(magnitude + floor)
    harmonic, percussive = (np.log(part + floor) for part in medians(magnitude))
    band, members = _bands(power.shape[0], sample_rate)
    loud = np.log(members @ power + floor**2) / 2
    flux = loud - _moved(loud, 2)
    broad = np.clip(flux, 0, None)[4:].mean(axis=0, keepdims=True)
    pitch = np.log2(np.maximum(np.arange(power.shape[0]) * sample_rate / (2 * power.shape[0] - 2), 10) / 1000)[:, None]
    whole = np.ones_like(log)
    out = [
        percussive - harmonic, log - percussive, log - harmonic,
        *(log - _moved(log, by) for by in (1, 3, -2, -5)),
        log - uniform_filter1d(log, 81, axis=1, mode="nearest"),
        *(log - uniform_filter1d(log, size, axis=0, mode="nearest") for size in (9, 101)),
        flux[band], maximum_filter1d(flux, 9, axis=1, origin=4)[band],
        broad * whole, maximum_filter1d(broad, 7, axis=1, origin=3) * whole,
        (loud - _moved(loud, -6))[band],
        pitch * whole / 3, np.abs(pitch + 3.3) * whole / 3, log - math.log(level), _sides(spectrum, floor),
    ]  # fmt: skip
    # One plane a feature: a view with features last, so that nothing is shuffled in memory.
    return np.moveaxis(np.stack([np.asarray(one, dtype=np.float32) for one in out]), 0, -1)


def medians(magnitude: Array) -> tuple[Array, Array]:
    """Return a magnitude spectrogram's median along time (harmonic) and along frequency (percussive)."""
    return _median(magnitude), np.ascontiguousarray(_median(np.ascontiguousarray(magnitude.T)).T)


def _median(rows: Array) -> Array:
    """Return the running median along every row, mirrored at its ends.

    As one long row, for which scipy has an algorithm ten times as fast as the one for two dimensions.
    """
    from scipy.ndimage import median_filter

    reach = MEDIAN // 2
    padded = np.pad(rows, ((0, 0), (reach, reach)), mode="symmetric")
    found = median_filter(padded.ravel(), size=MEDIAN, mode="reflect").reshape(padded.shape)
    return np.asarray(found[:, reach:-reach], dtype=np.float32)


def _moved(values: Array, by: int) -> Array:
    """Return values ``by`` frames later (earlier where negative); the edge goes on."""
    index = np.clip(np.arange(values.shape[1]) - by, 0, values.shape[1] - 1)
    return np.asarray(values[:, index])


@lru_cache(maxsize=8)
def _bands(bins: int, sample_rate: int) -> Any:  # noqa: ANN401 - two arrays; lru_cache loses the types
    """Return each bin's band, and the matrix that averages bins into bands."""
    hertz = np.arange(bins) * sample_rate / (2 * bins - 2)
    edges = np.concatenate([[0.0], np.geomspace(40, 16000, _BANDS - 1), [1e9]])
    band = np.clip(np.digitize(hertz, edges) - 1, 0, _BANDS - 1)
    members = np.zeros((_BANDS, bins), np.float32)
    members[band, np.arange(bins)] = 1
    return band, members / np.maximum(members.sum(axis=1, keepdims=True), 1)


def _sides(spectrum: Spectrum, floor: np.float32) -> Array:
    """Return how much of a bin is in the sides, as half a logarithm; -4 (all in the middle) in mono."""
    if spectrum.shape[0] < 2:
        return np.full(spectrum.shape[1:], -4.0, np.float32)
    side, middle = (np.abs(spectrum[0] + sign * spectrum[1]) ** 2 for sign in (-1, 1))
    return np.asarray(np.log((side + floor**2) / (middle + floor**2)).clip(-8, 4) / 2, dtype=np.float32)


def shares(seen: Array) -> Array:
    """Return the shares of ``STEMS`` and of all else for features, ``[bins, frames, 3]``; they sum to 1."""
    weights = _weights()
    planes = np.moveaxis(seen, -1, 0)
    out = np.empty((len(STEMS) + 1, *seen.shape[:-1]), np.float32)
    mean, spread = weights["mean"][:, None], weights["spread"][:, None]
    step = max(1, _ROWS // seen.shape[1])
    for start in range(0, len(seen), step):
        part = planes[:, start : start + step]
        x = normalised(part.reshape(len(planes), -1), mean, spread)
        for number, (matrix, offset) in enumerate(weights["layers"]):
            x = matrix.T @ x + offset[:, None]
            x = np.maximum(x, 0, out=x) if number + 1 < len(weights["layers"]) else x
        x = np.exp(x - x.max(axis=0))
        out[:, start : start + step] = (x / x.sum(axis=0)).reshape(len(out), *part.shape[1:])
    return np.moveaxis(out, 0, -1)


def normalised(seen: Array, mean: Array, spread: Array) -> Array:
    """Return features of mean 0 and spread 1, within five of it."""
    return np.asarray(((seen - mean) / spread).clip(-5, 5), dtype=np.float32)


@lru_cache(maxsize=1)
def _weights() -> dict[str, Any]:
    stored = json.loads(Path(__file__).with_name("masks.json").read_text("utf-8"))
    array = {name: np.asarray(stored[name], dtype=np.float32) for name in ("mean", "spread")}
    layers = [(np.asarray(m, dtype=np.float32), np.asarray(b, dtype=np.float32)) for m, b in stored["layers"]]
    return {**array, "layers": layers}
