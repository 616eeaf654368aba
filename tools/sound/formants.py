"""Pitch and tempo moved together, as on a tape, and formants put back to where they were: the partials stay where they went.

Both in one pass over overlapping frames: each is transformed at one size and back at another, which resamples it, and its
spectrum is filtered on the way. The envelope is the cepstrum's slow part (Oppenheim & Schafer, "From frequency to quefrency",
2004); each frame is filtered by the ratio of the envelope that was to the one that would be, and keeps its power (after Röbel &
Rodet, "Efficient spectral envelope estimation and its application to pitch shifting", DAFx 2005).
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples

_WINDOW_S = (0.039, 0.056)  # frames at 44.1 kHz of 1720 to 2470, whichever pair of sizes serves
_NEAR_CENTS = 0.3  # how exact that pair must be
_QUEFRENCY_S = 0.002  # what is slower than this along frequency is envelope: voices up to 500 Hz keep theirs
_MOST_DB = 18.0  # a band where there was next to nothing cannot be filled
_FROM_HZ, _FULL_HZ = 150.0, 400.0  # no formants lie below; a bass keeps its weight
_EVERY = 4  # bins between two points of an envelope, which is smooth
_FRAMES = 64  # at once: what fits into a processor's cache

Floats = npt.NDArray[np.float32]
Check = Callable[[], None]


def moved(
    samples: Samples, pitch: float, sample_rate: int, *, formants: bool = True, check: Check = lambda: None
) -> Samples:
    """Return sound, ``[channels, frames]``, ``pitch`` times as high and as fast, in ``round(frames × length(pitch))`` frames.

    All channels are filtered alike, so that places between them stay. Exact to ``_NEAR_CENTS``.
    """
    from scipy import fft

    n, m = _sizes(pitch, sample_rate)
    hop, step, channels = n // 2, m // 2, len(samples)
    count, frames = -(-samples.shape[1] // hop) + 1, round(samples.shape[1] * m / n)
    before, after = _window(n), _window(m) * np.float32(m / n)
    envelope = _Envelope(n, min(n, m) // 2 + 1, pitch, sample_rate, samples)
    out = np.empty((channels, frames), np.float32)
    last = np.zeros((channels, step), np.float32)  # the second half of the frame before
    for first in range(0, count, _FRAMES):
        check()
        many = min(_FRAMES, count - first)
        block = _span(samples, (first - 1) * hop, (first + many) * hop)
        spectrum = fft.rfft(np.lib.stride_tricks.sliding_window_view(block, n, axis=1)[:, ::hop] * before)
        if formants:
            gain = envelope.gain(spectrum)
            spectrum = spectrum[..., : gain.shape[1]] * gain
        made = fft.irfft(spectrum, m) * after
        sound, rest = made[..., :step], made[..., step:]
        sound[:, 1:] += rest[:, :-1]
        sound[:, 0] += last
        last = rest[:, -1]
        at = (first - 1) * step  # the first half of the first frame lies before the sound
        whole = sound.reshape(channels, -1)[:, max(0, -at) : frames - at]
        out[:, max(0, at) : max(0, at) + whole.shape[1]] = whole
    return out


def length(pitch: float, sample_rate: int) -> float:
    """Return how much longer ``moved`` makes a sound: the inverse of ``pitch``, as nearly as the sizes of its frames come."""
    n, m = _sizes(pitch, sample_rate)
    return m / n


class _Envelope:
    """How strongly bins are to be filtered so that formants stay."""

    def __init__(self, n: int, bins: int, pitch: float, sample_rate: int, samples: Samples) -> None:
        size = max(2, min(n // 2, round(_QUEFRENCY_S * sample_rate)))
        lifter = 0.5 + 0.5 * np.cos(np.pi * np.arange(size) / size)
        lifter[0] /= 2  # the others stand for themselves and their mirror images
        at = np.arange(-(-bins // _EVERY) + 1) * _EVERY
        turns = 2 * np.pi * np.arange(size)[:, None] / n
        change = np.cos(turns * np.minimum(at * pitch, n // 2)) - np.cos(turns * np.minimum(at, n // 2))
        weight = np.log2(np.maximum(at * sample_rate / n, 1.0) / _FROM_HZ) / math.log2(_FULL_HZ / _FROM_HZ)
        # From cepstrum to logarithm of gain: the envelope where a bin comes to lie, less the one where it was.
        self._change = (lifter[:, None] * change * weight.clip(0, 1)).astype(np.float32)
        self._share = np.arange(_EVERY, dtype=np.float32) / _EVERY
        self._floor = np.float32(1e-9 * float(np.mean(samples**2)) * n + 1e-12)
        self._bins, self._most = bins, _MOST_DB * math.log(10) / 20

    def gain(self, spectrum: npt.NDArray[np.complex64]) -> Floats:
        """Return the gain of every bin that is kept, ``[frames, bins]``, for spectra ``[channels, frames, bins]``."""
        from scipy import fft

        power = (spectrum.real**2 + spectrum.imag**2).mean(axis=0)
        cepstrum = fft.irfft(np.log(power + self._floor))[:, : len(self._change)]
        points = np.exp((cepstrum @ self._change).clip(-self._most, self._most))
        steps = np.diff(points)[:, :, None] * self._share
        gain: Floats = (points[:, :-1, None] + steps).reshape(len(points), -1)[:, : self._bins]
        power = power[:, : self._bins]
        now = np.einsum("ij,ij,ij->i", power, gain, gain)
        gain *= np.sqrt((power.sum(axis=1) + self._floor) / (now + self._floor))[:, None]
        return gain


def _span(samples: Samples, start: int, stop: int) -> Samples:
    first, last = max(0, start), min(stop, samples.shape[1])
    inside = samples[:, first:last]
    return inside if (first, last) == (start, stop) else np.pad(inside, ((0, 0), (first - start, stop - last)))


def _window(n: int) -> Floats:
    """Return a sine window: its square, overlapping by half, sums to one."""
    return np.sin(np.pi * np.arange(n) / n).astype(np.float32)


@lru_cache(maxsize=256)
def _sizes(pitch: float, sample_rate: int) -> tuple[int, int]:
    """Return even sizes of a frame before and after whose ratio is the pitch; of those near enough, the quickest to transform."""
    low, high = (round(sample_rate * seconds / 2) for seconds in _WINDOW_S)
    pairs = [(2 * half, max(2, 2 * round(half / pitch))) for half in range(low, high)]
    off = {pair: abs(1200 * math.log2(pair[0] / pair[1] / pitch)) for pair in pairs}
    near = [pair for pair in pairs if off[pair] <= _NEAR_CENTS] or [min(pairs, key=lambda pair: off[pair])]
    return min(near, key=lambda pair: _work(pair[0]) + _work(pair[1]))


def _work(n: int) -> int:
    """Return what a transform of size ``n`` costs: in proportion to its prime factors."""
    left, total, factor = n, 0, 2
    while left > 1:
        while left % factor == 0:
            left, total = left // factor, total + factor
        factor += 1
    return n * total
