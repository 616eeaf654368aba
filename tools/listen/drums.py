"""Drum hits as kick, snare and hi-hat: peaks of the rise in each voice's own band that are gone a tenth of a second later.

Notes rise as well, but stay; what stays is taken off first. A hit that three spectral shapes, adapted to the kit at hand (after
Wu & Lerch 2015), explain without a voice is another's spill. Bands and shares are fitted to pieces rendered with another
soundfont than those that ``segue eval transcribe`` reports. Toms, cymbals and hand drums count where they fall into a band.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Waveform
from segue.tools.listen.notes import Heard, mono_22k
from segue.tools.listen.spectra import FRAME_RATE, HOP, MELS, RATE, SHORT, Array, mel_filters

KICK, SNARE, HAT = 36, 38, 42  # General MIDI keys
# Of each voice: its key, its band in Hz, the share of the strongest rises that a peak must reach, and the share of a strong
# hit that must be gone again.
_VOICES = ((KICK, (0.0, 150.0), 0.3, 0.45), (SNARE, (1500.0, 6000.0), 0.45, 0.5), (HAT, (7000.0, 12000.0), 0.18, 0.1))
_SWELL = 0.2  # what rises no more than this is no hit
_STAYS = 0.12  # nor is what falls no more than this
_APART_S = 0.055
_EXPLAINED = 0.15  # of a voice's strong shares, below which a hit is another's spill
# Rise of each voice at 60, 200, 700, 3,000 and 9,000 Hz, in natural log of magnitude, relative.
_SHAPES = ((1.0, 0.45, 0.1, 0.05, 0.0), (0.25, 0.9, 0.8, 0.9, 0.8), (0.0, 0.0, 0.05, 0.5, 1.0))
_AT_HZ = (60.0, 200.0, 700.0, 3000.0, 9000.0)
_BLOCK = 2048  # frames at once
Floats = npt.NDArray[np.float64]


def drum_hits(wave: Waveform, check: Callable[[], None] | None = None) -> list[Heard]:
    """Return hits as notes whose pitch is the General MIDI key; none where nothing hits."""
    mel = _log_mel(mono_22k(wave), check)
    rise = _rises(mel)
    centres = _centres()
    found: list[tuple[int, int, float]] = []  # frame, voice, strength
    for voice, (_, (low, high), least, share) in enumerate(_VOICES):
        inside = (centres >= low) & (centres < high)
        times = _peaks(rise[:, inside].mean(axis=1), least)
        if len(times) < 2:
            continue
        hits = _bursts(mel, times)[:, inside].mean(axis=1)
        usual = float(np.percentile(hits, 85))
        if usual >= _STAYS:
            found += [
                (int(t), voice, float(hit / usual)) for t, hit in zip(times, hits, strict=True) if hit > share * usual
            ]
    out = [
        Heard(t / FRAME_RATE, t / FRAME_RATE + 0.1, _VOICES[voice][0], float(np.clip(0.65 * strength, 0.15, 0.95)))
        for t, voice, strength in _explicable(mel, found)
    ]
    return sorted(out, key=lambda n: (n.start, n.pitch))


def _explicable(mel: Array, found: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Leave out hits whose sound needs no such voice."""
    if not found:
        return found
    times = np.unique([t for t, _, _ in found])
    vectors = _bursts(mel, times)
    shapes = _first_shapes()
    for _ in range(2):
        shapes = _adapted(vectors, _explained(vectors, shapes), shapes)
    shares = _explained(vectors, shapes)
    strong = [shares[:, voice][shares[:, voice] > 0.15] for voice in range(len(_VOICES))]
    least = [_EXPLAINED * float(np.percentile(s, 85)) if len(s) > 1 else 0.0 for s in strong]
    row = {int(t): n for n, t in enumerate(times)}
    return [(t, voice, strength) for t, voice, strength in found if shares[row[t], voice] > least[voice]]


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


def _peaks(band: Floats, least: float) -> npt.NDArray[np.intp]:
    """Return frames where a band's rise peaks above a share of its strongest; of two close ones the stronger."""
    top = float(np.percentile(band, 99)) if len(band) else 0.0
    if top < _SWELL:
        return np.zeros(0, dtype=np.intp)
    high = (band[1:-1] > band[:-2]) & (band[1:-1] >= band[2:]) & (band[1:-1] > least * top)
    kept: list[int] = []
    for t in np.nonzero(high)[0] + 1:
        if kept and t - kept[-1] < _APART_S * FRAME_RATE:
            if band[t] > band[kept[-1]]:
                kept[-1] = int(t)
        else:
            kept.append(int(t))
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
