"""Drum hits as kick, snare and hi-hat: onsets, each explained by three spectral shapes.

The shapes start as what the three voices have in common on every kit and are adapted twice to the kit
at hand (after Wu & Lerch 2015). Toms, cymbals and ghost notes fall to the nearest of the three.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Waveform
from segue.tools.listen.notes import Heard, mono_22k
from segue.tools.listen.spectra import FRAME_RATE, HOP, MELS, RATE, SHORT, Array, mel_filters

KICK, SNARE, HAT = 36, 38, 42  # General MIDI keys
_KEYS = (KICK, SNARE, HAT)
# Rise of each voice at 60, 200, 700, 3,000 and 9,000 Hz, in natural log of magnitude, relative.
_SHAPES = ((1.0, 0.45, 0.1, 0.05, 0.0), (0.25, 0.9, 0.8, 0.9, 0.8), (0.0, 0.0, 0.05, 0.5, 1.0))
_AT_HZ = (60.0, 200.0, 700.0, 3000.0, 9000.0)
_SHARES = (0.4, 0.45, 0.3)  # of a voice's strong hits that make a hit
_APART_S = 0.07
_BLOCK = 2048  # frames at once
Floats = npt.NDArray[np.float64]


def drum_hits(wave: Waveform, check: Callable[[], None] | None = None) -> list[Heard]:
    """Return hits as notes whose pitch is the General MIDI key; none where nothing hits."""
    mel = _log_mel(mono_22k(wave), check)
    rise = _rises(mel)
    times = _onsets(rise)
    if not len(times):
        return []
    vectors = _bursts(mel, times)
    shapes = _first_shapes()
    for _ in range(2):
        shares = _explained(vectors, shapes)
        shapes = _adapted(vectors, shares, shapes)
    shares = _explained(vectors, shapes)
    out: list[Heard] = []
    for voice, key in enumerate(_KEYS):
        strong = shares[:, voice][shares[:, voice] > 0.15]
        if len(strong) < 2:
            continue
        usual = float(np.percentile(strong, 85))
        for t, share in zip(times, shares[:, voice], strict=True):
            if share > _SHARES[voice] * usual:
                start = float(t) / FRAME_RATE
                out.append(Heard(start, start + 0.1, key, float(np.clip(0.65 * share / usual, 0.15, 0.95))))
    return sorted(out, key=lambda n: (n.start, n.pitch))


def _log_mel(mono: Array, check: Callable[[], None] | None) -> Array:
    from scipy import fft

    filters = mel_filters(MELS, RATE, SHORT, 30.0, RATE / 2).T
    window = np.hanning(SHORT).astype(np.float32) * np.float32(4.0 / SHORT)
    padded = np.pad(mono, (SHORT // 2, SHORT))
    views = np.lib.stride_tricks.sliding_window_view(padded, SHORT)[::HOP]
    rows = []
    for start in range(0, len(views), _BLOCK):
        if check:
            check()
        rows.append(np.log1p(300.0 * (np.abs(fft.rfft(views[start : start + _BLOCK] * window, axis=1)) @ filters)))
    return np.asarray(np.concatenate(rows), dtype=np.float32)


def _rises(mel: Array) -> Floats:
    """Return how far each band lies above its level of the 50 ms before, ``[frames, MELS]``."""
    before = np.stack([np.pad(mel, ((k, 0), (0, 0)))[: len(mel)] for k in (2, 3, 4)]).mean(axis=0)
    return np.asarray(np.maximum(0.0, mel.astype(float) - before))


def _bursts(mel: Array, times: npt.NDArray[np.intp]) -> Floats:
    """Return what rises at each onset and is gone a tenth of a second later, ``[onsets, MELS]``: notes stay."""
    out = []
    for t in times:
        top = mel[max(0, t - 1) : t + 3].max(axis=0)
        before = mel[max(0, t - 5) : max(1, t - 1)].mean(axis=0)
        after = mel[t + 8 : t + 12].min(axis=0) if t + 8 < len(mel) else before
        out.append(np.maximum(0.0, top - np.maximum(before, after)))
    return np.array(out, dtype=float)


def _onsets(rise: Floats) -> npt.NDArray[np.intp]:
    """Return frames of onsets: peaks of the rise in any of three ranges of bands."""
    centres = _centres()
    found: set[int] = set()
    for low, high in ((0, 150), (150, 2500), (2500, 12000)):
        band = rise[:, (centres >= low) & (centres < high)].mean(axis=1)
        top = float(np.percentile(band, 99)) if len(band) else 0.0
        if top < 0.2:  # a swell, not a hit
            continue
        peaks = np.nonzero((band[1:-1] > band[:-2]) & (band[1:-1] >= band[2:]) & (band[1:-1] > 0.22 * top))[0] + 1
        found.update(int(p) for p in peaks)
    kept: list[int] = []
    total = rise.mean(axis=1)
    for t in sorted(found):
        if kept and t - kept[-1] < _APART_S * FRAME_RATE:
            if total[t] > total[kept[-1]]:
                kept[-1] = t
        else:
            kept.append(t)
    return np.array(kept, dtype=np.intp)


def _centres() -> Floats:
    filters = mel_filters(MELS, RATE, SHORT, 30.0, RATE / 2)
    return np.asarray(filters @ (np.arange(SHORT // 2 + 1) * RATE / SHORT), dtype=float)


def _first_shapes() -> Floats:
    at = np.log(np.maximum(_centres(), 30.0))
    shapes = np.array([np.interp(at, np.log(_AT_HZ), values) for values in _SHAPES])
    return np.asarray(shapes / np.linalg.norm(shapes, axis=1, keepdims=True))


def _explained(vectors: Floats, shapes: Floats) -> Floats:
    """Return how much of each shape explains each onset (non-negative least squares), ``[onsets, 3]``."""
    from scipy.optimize import nnls

    return np.array([nnls(shapes.T, vector)[0] for vector in vectors])


def _adapted(vectors: Floats, shares: Floats, shapes: Floats) -> Floats:
    """Move each shape half-way to the mean of the onsets that it alone explains."""
    out = shapes.copy()
    total = shares.sum(axis=1) + 1e-9
    for voice in range(len(shapes)):
        alone = shares[:, voice] / total > 0.75
        if alone.sum() >= 4:
            mean = vectors[alone].mean(axis=0)
            out[voice] = 0.5 * shapes[voice] + 0.5 * mean / max(float(np.linalg.norm(mean)), 1e-9)
            out[voice] /= np.linalg.norm(out[voice])
    return out
