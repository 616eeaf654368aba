"""musicnn (Pons & Serra 2019, ISC): tags and a 200-d vector, from the weights its package carries.

Two sets of weights are used: MagnaTagATune's (instruments, voices, sound; the vector) and the Million
Song Dataset's (genres as listeners name them).

The package is never imported (it would pull in TensorFlow): its checkpoint is read as data and the
network is computed with numpy. Input: log-mel patches of three seconds at 16 kHz.
"""

import importlib.util
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Waveform
from segue.tools.listen.checkpoint import read_checkpoint
from segue.tools.listen.spectra import Array, mel_filters

RATE = 16_000
_SIZE, _HOP, _BANDS, _PATCH = 512, 256, 96, 187
_GENRE_EVERY = 2  # genres change more slowly than sounds: every other patch is enough
_EPSILON = 1e-3  # of TensorFlow's batch normalisation

# Output orders of the two models, as musicnn's configuration lists them.
LABELS = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano", "ambient",
    "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing", "vocals", "no vocals",
    "harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop", "soft", "sitar", "solo", "man",
    "classic", "choir", "voice", "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello",
    "no voice", "weird", "country", "metal", "female voice", "choral",
)  # fmt: skip
GENRES = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock", "jazz",
    "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "mellow", "electronica",
    "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic",
    "experimental", "female vocalist", "guitar", "hip hop", "70s", "party", "country", "easy listening", "sexy",
    "catchy", "funk", "electro", "heavy metal", "progressive rock", "60s", "rnb", "indie pop", "sad", "house", "happy",
)  # fmt: skip


class Tagged(NamedTuple):
    """What the networks say: probabilities of ``LABELS`` and of ``GENRES``, and the 200-d vector."""

    tags: dict[str, float]
    genres: dict[str, float]
    vector: list[float]


def folder(model: str = "MTT_musicnn") -> Path | None:
    """Return where a model's weights lie, or None where the package is not installed."""
    spec = importlib.util.find_spec("musicnn")
    if spec is None or not spec.submodule_search_locations:
        return None
    place = Path(next(iter(spec.submodule_search_locations))) / model
    return place if (place / ".index").is_file() else None


def available() -> bool:
    """Tell whether the weights are there."""
    return folder() is not None


def tags(windows: Sequence[Array], rate: int, check: Callable[[], None] | None = None) -> Tagged | None:
    """Return what the networks say, averaged over windows; None without weights or sound.

    Parameters
    ----------
    windows : stretches of mono sound, float32 ``[frames]`` each.
    rate : their rate in Hz.
    """
    place, genre_place = folder(), folder("MSD_musicnn")
    patches = [patch for window in windows for patch in _patches(window, rate)]
    if place is None or not patches:
        return None
    sounds, vectors, genres = [], [], []
    for number, patch in enumerate(patches):
        if check:
            check()
        probability, vector = _network(place)(patch)
        sounds.append(probability)
        vectors.append(vector)
        if genre_place is not None and number % _GENRE_EVERY == 0:
            genres.append(_network(genre_place)(patch)[0])
    return Tagged(
        _named(LABELS, sounds), _named(GENRES, genres), [round(float(v), 4) for v in np.mean(vectors, axis=0)]
    )


def _named(labels: Sequence[str], rows: Sequence[Array]) -> dict[str, float]:
    return {label: round(float(p), 4) for label, p in zip(labels, np.mean(rows, axis=0), strict=True)} if rows else {}


def _patches(window: Array, rate: int) -> list[Array]:
    """Return log-mel patches ``[187, 96]``; what is shorter than one is repeated to fill it."""
    from scipy import fft

    sound = Waveform(np.ascontiguousarray(window[None, :], dtype=np.float32), rate).resampled(RATE).samples[0]
    if len(sound) < _SIZE:
        return []
    need = _PATCH * _HOP
    if len(sound) < need:
        sound = np.tile(sound, -(-need // len(sound)))[:need]
    padded = np.pad(sound, _SIZE // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_HOP]
    hann = np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SIZE) / _SIZE), dtype=np.float32)
    power = np.abs(fft.rfft(frames * hann, axis=1)) ** 2
    mel = np.log10(10_000.0 * (power @ mel_filters(_BANDS, RATE, _SIZE, 0.0, RATE / 2, slaney=True).T) + 1.0)
    return [np.asarray(mel[i : i + _PATCH], dtype=np.float32) for i in range(0, len(mel) - _PATCH + 1, _PATCH)]


class _Network:
    """The "musicnn" architecture with 7x38, 7x67 timbral and 128, 64, 32 temporal filters."""

    def __init__(self, weights: dict[str, npt.NDArray[np.float32]]) -> None:
        self._w = weights

    def __call__(self, patch: Array) -> tuple[Array, Array]:
        """Return the 50 probabilities and the 200 values of the last hidden layer."""
        x = self._normal(patch, 0)
        front = np.concatenate(
            [self._timbral(x, i) for i in (0, 1)] + [self._temporal(x, i) for i in (2, 3, 4)], axis=1
        )
        first = self._normal(self._dense_in_time(front, 5), 6)
        second = self._normal(self._dense_in_time(first, 6), 7) + first
        third = self._normal(self._dense_in_time(second, 7), 8) + second
        deep = np.concatenate([front, first, second, third], axis=1)
        pooled = np.stack([deep.max(axis=0), deep.mean(axis=0)], axis=1).ravel()
        pooled = self._normal(pooled, 9)
        hidden = np.maximum(0, pooled @ self._w["dense/kernel"] + self._w["dense/bias"])
        hidden = self._normal(hidden, 10)
        logits = hidden @ self._w["dense_1/kernel"] + self._w["dense_1/bias"]
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32), np.asarray(hidden, dtype=np.float32)

    def _affine(self, index: int) -> tuple[Array, Array]:
        name = "batch_normalization" + (f"_{index}" if index else "")
        scale = self._w[f"{name}/gamma"] / np.sqrt(self._w[f"{name}/moving_variance"] + _EPSILON)
        return np.asarray(scale), np.asarray(self._w[f"{name}/beta"] - self._w[f"{name}/moving_mean"] * scale)

    def _normal(self, x: Array, index: int) -> Array:
        scale, shift = self._affine(index)
        return np.asarray(x * scale + shift)

    def _conv(self, index: int) -> tuple[Array, Array]:
        name = "conv2d" + (f"_{index}" if index else "")
        return self._w[f"{name}/kernel"], self._w[f"{name}/bias"]

    def _pooled(self, activity: Array, index: int) -> Array:
        """Normalise and take the maximum over frequency (axis 1); a negative scale turns it to a minimum."""
        scale, shift = self._affine(index)
        return np.asarray(np.where(scale >= 0, activity.max(axis=1), activity.min(axis=1)) * scale + shift)

    def _timbral(self, x: Array, index: int) -> Array:
        kernel, bias = self._conv(index)
        high, wide = kernel.shape[:2]
        views = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((3, 3), (0, 0))), (high, wide))
        times, places = views.shape[:2]
        flat = np.ascontiguousarray(views).reshape(times * places, high * wide)
        activity = np.maximum(0, flat @ kernel.reshape(high * wide, -1) + bias)
        return self._pooled(activity.reshape(times, places, -1), index + 1)

    def _temporal(self, x: Array, index: int) -> Array:
        kernel, bias = self._conv(index)
        length = kernel.shape[0]
        left = (length - 1) // 2
        views = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((left, length - 1 - left), (0, 0))), length, axis=0)
        times, bands = views.shape[:2]
        flat = np.ascontiguousarray(views).reshape(times * bands, length)
        activity = np.maximum(0, flat @ kernel.reshape(length, -1) + bias)
        return self._pooled(activity.reshape(times, bands, -1), index + 1)

    def _dense_in_time(self, x: Array, index: int) -> Array:
        kernel, bias = self._conv(index)
        padded = np.pad(x, ((3, 3), (0, 0)))
        rows = np.concatenate([padded[i : i + len(x)] for i in range(7)], axis=1)
        return np.asarray(np.maximum(0, rows @ kernel.reshape(rows.shape[1], -1) + bias))


@lru_cache(maxsize=2)
def _network(place: Path) -> _Network:
    return _Network({name: value for name, value in read_checkpoint(place).items() if "Adam" not in name})
