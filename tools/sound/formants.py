"""Formants kept where sound is transposed: the spectrum's envelope goes back to where it was, the partials stay where they went.

The envelope is the cepstrum's slow part (Oppenheim & Schafer, "From frequency to quefrency", 2004); each frame is filtered by the
ratio of the envelope that was to the one that is, and keeps its power (after Röbel & Rodet, "Efficient spectral envelope
estimation and its application to pitch shifting", DAFx 2005).
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples

_WINDOW_S = 0.0464  # 2048 frames at 44.1 kHz
_QUEFRENCY_S = 0.002  # what is slower than this along frequency is envelope: voices up to 500 Hz keep theirs
_MOST_DB = 18.0  # a band where there was next to nothing cannot be filled
_FROM_HZ, _FULL_HZ = 150.0, 400.0  # no formants lie below; a bass keeps its weight
_FRAMES = 64  # at once: what fits into a processor's cache


def kept(samples: Samples, pitch: float, sample_rate: int, check: Callable[[], None] = lambda: None) -> Samples:
    """Return transposed sound, ``[channels, frames]``, with the formants that it had before it was moved by the factor ``pitch``.

    All channels are filtered alike, so that places between them stay.
    """
    from scipy import fft

    n = 2 ** round(math.log2(_WINDOW_S * sample_rate))
    hop = n // 2
    if samples.shape[1] < n:
        return samples
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)).astype(np.float32)
    count = -(-samples.shape[1] // hop) + 1
    padded = np.pad(samples, ((0, 0), (hop, (count + 1) * hop - hop - samples.shape[1])))
    out = np.zeros_like(padded)
    floor = 1e-9 * float(np.mean(samples**2)) * n + 1e-12
    lifter, (below, above, share, weight) = _lifter(n, sample_rate), _places(n, pitch, sample_rate)
    most = _MOST_DB * math.log(10) / 20
    for first in range(0, count, _FRAMES):
        check()
        many = min(_FRAMES, count - first)
        block = padded[:, first * hop : (first + many + 1) * hop]
        frames = np.lib.stride_tricks.sliding_window_view(block, n, axis=1)[:, ::hop] * window
        spectrum = fft.rfft(frames, axis=-1)
        power = (spectrum.real**2 + spectrum.imag**2).mean(axis=0)
        cepstrum = fft.irfft(np.log(power + np.float32(floor)), axis=-1)[:, : len(lifter)] * lifter
        # Real and even: a cosine transform of the few coefficients that are left.
        envelope = fft.rfft(cepstrum, n, axis=-1).real
        gain = (envelope[:, below] * (1 - share) + envelope[:, above] * share - envelope) * weight
        gain = np.exp(gain.clip(-most, most))
        gain *= np.sqrt((power.sum(axis=1) + floor) / ((power * gain**2).sum(axis=1) + floor))[:, None]
        made = fft.irfft(spectrum * gain, axis=-1) * window
        halves = made.reshape(len(samples), many, 2, hop)
        place = out[:, first * hop : (first + many + 1) * hop].reshape(len(samples), many + 1, hop)
        place[:, :-1] += halves[:, :, 0]
        place[:, 1:] += halves[:, :, 1]
    return np.ascontiguousarray(out[:, hop : hop + samples.shape[1]])


def _lifter(n: int, sample_rate: int) -> npt.NDArray[np.float32]:
    """Return weights of the cepstrum's first coefficients, for half the logarithm of power: a raised cosine."""
    size = max(2, min(n // 2, round(_QUEFRENCY_S * sample_rate)))
    weights = 0.5 + 0.5 * np.cos(np.pi * np.arange(size) / size)
    weights[0] /= 2  # the others stand for themselves and their mirror images
    return weights.astype(np.float32)


def _places(
    n: int, pitch: float, sample_rate: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return for every bin the two where its former level now lies, the share of the second, and how much is corrected."""
    last = n // 2
    at = np.minimum(np.arange(last + 1) * pitch, last)
    below = at.astype(np.int64)
    hertz = np.maximum(np.arange(last + 1) * sample_rate / n, 1.0)
    weight = np.clip(np.log2(hertz / _FROM_HZ) / math.log2(_FULL_HZ / _FROM_HZ), 0, 1)
    return below, np.minimum(below + 1, last), (at - below).astype(np.float32), weight.astype(np.float32)
