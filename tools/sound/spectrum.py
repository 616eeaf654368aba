"""The short-time Fourier transform that separation works in, and its exact inverse."""

import math

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples

Spectrum = npt.NDArray[np.complex64]


def forward(samples: Samples, n: int) -> Spectrum:
    """Transform ``[channels, frames]`` with a periodic Hann window of ``n`` and a hop of n/4: ``[channels, bins, frames]``."""
    from scipy.fft import rfft

    hop = n // 4
    frames = math.ceil(samples.shape[1] / hop) + 3
    padded = np.pad(samples, ((0, 0), (n - hop, frames * hop + n - samples.shape[1])))
    windows = np.lib.stride_tricks.sliding_window_view(padded, n, axis=1)[:, : frames * hop : hop]
    spectrum = rfft(windows * hann(n), axis=-1)
    return np.ascontiguousarray(np.swapaxes(spectrum, 1, 2))


def inverse(spectrum: Spectrum, length: int, n: int) -> Samples:
    """Undo ``forward``: overlap-add with the same window (its squares sum to 1.5)."""
    from scipy.fft import irfft

    hop = n // 4
    pieces = irfft(np.swapaxes(spectrum, 1, 2), n, axis=-1) * (hann(n) / 1.5)
    channels, frames, _ = pieces.shape
    out = np.zeros((channels, (frames + 3) * hop), np.float32)
    for part in range(4):
        span = pieces[:, :, part * hop : (part + 1) * hop].reshape(channels, frames * hop)
        out[:, part * hop : (part + frames) * hop] += span
    return out[:, n - hop : n - hop + length]


def hann(n: int) -> Samples:
    """Return the periodic Hann window."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n), dtype=np.float32)
