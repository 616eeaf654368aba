"""One set of spectra for everything that listens: short frames for time, long frames for pitch.

Sound goes in by blocks of mono 22,050 Hz, so a two-hour file needs no more memory than its features.
Each long frame (8192 samples, 2.7 Hz a bin) spans eight hops of the short ones (1024 samples).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

RATE = 22050  # Hz; all listening happens here
HOP = 256  # samples between short frames: 11.6 ms
SHORT = 1024
LONG = 8192
STRIDE = 8  # short hops in a long hop
LONG_HOP = HOP * STRIDE
FRAME_RATE = RATE / HOP  # short frames a second: 86.1
LONG_RATE = RATE / LONG_HOP  # long frames a second: 10.8
MELS = 40
BINS_PER_SEMITONE = 3
LOWEST = 24  # MIDI pitch of the log-frequency axis' first semitone (C1, 32.7 Hz)
SEMITONES = 84
PITCH_BINS = BINS_PER_SEMITONE * SEMITONES
_COMPRESSION = 300.0  # log(1 + c·magnitude): −50 dBFS counts linearly, loud sound by its ratio
_BLOCK = 64  # long frames transformed at once


@dataclass(frozen=True)
class Frames:
    """Features of a whole recording.

    Attributes
    ----------
    seconds : length of the recording.
    onset : ``[n]`` at ``FRAME_RATE``: log-mel spectral flux, all bands.
    bands : ``[n, 3]``: the same below 150 Hz, 150–2,000 Hz, above.
    mel : ``[m, MELS]`` at ``LONG_RATE``: log-compressed mel magnitudes.
    power : ``[n]``: mean power of each short frame.
    centroid : ``[m]``: centre of the power spectrum, Hz (0 in silence).
    flatness : ``[m]``: geometric over arithmetic mean of the power at 1–8 kHz (0 tone … 1 noise).
    pitch : ``[m, PITCH_BINS]``: magnitudes on a log-frequency axis, 3 bins a semitone from C1, tuned to A440.
    tuning : how far the music lies from A440, semitones (−0.5..0.5).
    tuned : how far the partials agree on it, 0..1.
    rolloff : ``[m]``: the frequency below which 95 % of the power lies, Hz (0 in silence).
    crossings : zero crossings, a share of all samples.
    """

    seconds: float
    onset: Array
    bands: Array
    mel: Array
    power: Array
    centroid: Array
    flatness: Array
    pitch: Array
    tuning: float
    tuned: float
    rolloff: Array
    crossings: float


def hz(midi: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the frequency in Hz of MIDI pitches."""
    return np.asarray(440.0 * 2.0 ** ((np.asarray(midi, dtype=float) - 69.0) / 12.0))


@lru_cache(maxsize=4)
def mel_filters(count: int, rate: int, size: int, low: float, high: float, slaney: bool = False) -> Array:
    """Return triangular mel filters, float32 ``[count, size // 2 + 1]``.

    Slaney's scale (linear to 1 kHz, then logarithmic); ``slaney`` also gives each filter unit area, as
    musicnn was trained with; otherwise each sums to one.
    """

    def to_mel(f: float) -> float:
        return 3.0 * f / 200.0 if f < 1000 else 15.0 + math.log(f / 1000.0) * 27.0 / math.log(6.4)

    mels = np.linspace(to_mel(low), to_mel(high), count + 2)
    edges = np.where(mels < 15, mels * 200.0 / 3.0, 1000.0 * np.exp(np.log(6.4) / 27.0 * (mels - 15.0)))
    freqs = np.arange(size // 2 + 1) * rate / size
    rise = (freqs[None, :] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - freqs[None, :]) / (edges[2:] - edges[1:-1])[:, None]
    weights = np.maximum(0.0, np.minimum(rise, fall))
    if slaney:
        weights *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    else:
        # The lowest filters are narrower than a bin: give each at least its nearest one.
        for row, centre in zip(weights, edges[1:-1], strict=True):
            if row.sum() == 0:
                row[round(centre * size / rate)] = 1.0
        weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(weights, dtype=np.float32)


@lru_cache(maxsize=1)
def pitch_map() -> Array:
    """Return the matrix from long-frame magnitudes to the log-frequency axis, ``[bins, PITCH_BINS]``.

    Each log-frequency bin reads the spectrum through a raised cosine one bin wide on either side, and
    at least one FFT bin wide where those are coarser (Mauch & Dixon 2010).
    """
    bins = _pitch_bin_count()
    freqs = np.arange(bins) * RATE / LONG
    centres = hz(LOWEST + np.arange(PITCH_BINS) / BINS_PER_SEMITONE)
    width = np.maximum(centres * (2 ** (1 / (12 * BINS_PER_SEMITONE)) - 1), RATE / LONG)
    distance = np.abs(freqs[:, None] - centres[None, :]) / width[None, :]
    weights = np.where(distance < 1, 0.5 + 0.5 * np.cos(np.pi * distance), 0.0)
    return np.asarray(weights / weights.sum(axis=0, keepdims=True), dtype=np.float32)


def _pitch_bin_count() -> int:
    return int(hz(LOWEST + SEMITONES) / (RATE / LONG)) + 8


class SpectraBuilder:
    """Turns blocks of mono sound at ``RATE`` into ``Frames``."""

    def __init__(self) -> None:
        self._buffer: Array = np.zeros(LONG // 2, dtype=np.float32)
        self._samples = 0
        self._last_mel: Array | None = None
        self._out: dict[str, list[Array]] = {
            name: [] for name in ("onset", "bands", "mel", "power", "centroid", "flatness", "pitch", "rolloff")
        }
        self._phase = 0j
        self._phase_of = 0.0
        self._crossings = 0
        filters = mel_filters(MELS, RATE, SHORT, 30.0, RATE / 2)
        self._mel = np.ascontiguousarray(filters.T)
        centres = filters @ (np.arange(SHORT // 2 + 1) * RATE / SHORT)
        low, high = centres < 150, centres >= 2000
        self._band_of = np.stack([low, ~low & ~high, high]).astype(np.float32).T
        self._band_of /= self._band_of.sum(axis=0)

    def push(self, block: Array) -> None:
        """Take the next samples, float32 ``[frames]``."""
        self._samples += len(block)
        self._crossings += int(np.count_nonzero(np.diff(np.signbit(block))))
        self._buffer = np.concatenate([self._buffer, block])
        self._work(final=False)

    def finish(self) -> Frames:
        """Return the features of everything pushed."""
        self._buffer = np.concatenate([self._buffer, np.zeros(LONG, dtype=np.float32)])
        self._work(final=True)
        m = max(1, math.ceil(self._samples / LONG_HOP))
        n = max(1, math.ceil(self._samples / HOP))
        join = {name: np.concatenate(parts) for name, parts in self._out.items()}
        tuning = float(np.angle(self._phase) / (2 * np.pi)) if abs(self._phase) > 0 else 0.0
        return Frames(
            seconds=self._samples / RATE,
            onset=join["onset"][:n],
            bands=join["bands"][:n],
            mel=join["mel"][:m],
            power=join["power"][:n],
            centroid=join["centroid"][:m],
            flatness=join["flatness"][:m],
            pitch=_shifted(join["pitch"][:m], tuning * BINS_PER_SEMITONE),
            tuning=tuning,
            tuned=abs(self._phase) / max(self._phase_of, 1e-12),
            rolloff=join["rolloff"][:m],
            crossings=self._crossings / max(1, self._samples),
        )

    def _work(self, final: bool) -> None:
        while True:
            count = (len(self._buffer) - LONG) // LONG_HOP + 1
            if count < 1 or (count < _BLOCK and not final):
                return
            count = min(count, _BLOCK)
            self._long(count)
            self._short(count * STRIDE)
            self._buffer = self._buffer[count * LONG_HOP :]

    def _short(self, count: int) -> None:
        from scipy import fft

        start = (LONG - SHORT) // 2
        view = np.lib.stride_tricks.sliding_window_view(self._buffer[start:], SHORT)[::HOP][:count]
        self._out["power"].append(np.asarray(np.einsum("ij,ij->i", view, view) / SHORT, dtype=np.float32))
        magnitude = np.abs(fft.rfft(view * _window(SHORT), axis=1))
        mel = np.log1p(_COMPRESSION * (magnitude @ self._mel))
        before = mel[:1] if self._last_mel is None else self._last_mel
        rise = np.maximum(0.0, np.diff(np.concatenate([before, mel]), axis=0))
        self._last_mel = mel[-1:]
        self._out["onset"].append(rise.mean(axis=1))
        self._out["bands"].append(rise @ self._band_of)
        self._out["mel"].append(mel.reshape(-1, STRIDE, MELS).mean(axis=1))

    def _long(self, count: int) -> None:
        from scipy import fft

        view = np.lib.stride_tricks.sliding_window_view(self._buffer, LONG)[::LONG_HOP][:count]
        magnitude = np.asarray(np.abs(fft.rfft(view * _window(LONG), axis=1)), dtype=np.float32)
        power = magnitude * magnitude
        total = power.sum(axis=1)
        freqs = np.arange(LONG // 2 + 1, dtype=np.float32) * (RATE / LONG)
        self._out["centroid"].append(np.where(total > 1e-10, power @ freqs / np.maximum(total, 1e-10), 0.0))
        share = power[:, : LONG // 2].reshape(count, -1, 16).sum(axis=2).cumsum(axis=1)
        below = (share < 0.95 * share[:, -1:]).sum(axis=1) * np.float32(16 * RATE / LONG)  # in steps of 43 Hz
        self._out["rolloff"].append(np.where(total > 1e-10, below, 0.0).astype(np.float32))
        coarse = power[:, 368:2976].reshape(count, -1, 16).mean(axis=2) + 1e-12  # 0.99–8.0 kHz in 43 Hz steps
        self._out["flatness"].append(np.exp(np.log(coarse).mean(axis=1)) / coarse.mean(axis=1))
        low = magnitude[:, : _pitch_bin_count()]
        self._out["pitch"].append(low @ pitch_map())
        self._tune(low)

    def _tune(self, magnitude: Array) -> None:
        """Add the spectral peaks' deviations from the tempered scale (parabolic interpolation)."""
        first = 40  # 108 Hz: below, a semitone is narrower than the window's lobe
        centre, left, right = magnitude[:, first:-1], magnitude[:, first - 1 : -2], magnitude[:, first + 1 :]
        loud = centre > 0.05 * centre.max(axis=1, keepdims=True)
        rows, cols = np.nonzero((centre > left) & (centre >= right) & loud & (centre > 1e-5))
        if not len(rows):
            return
        a, b, c = (np.log(x[rows, cols] + 1e-9) for x in (left, centre, right))
        offset = 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9)
        freq = (cols + first + np.clip(offset, -0.5, 0.5)) * (RATE / LONG)
        weight = centre[rows, cols]
        midi = 69.0 + 12.0 * np.log2(freq / 440.0)
        self._phase += complex(np.sum(weight * np.exp(2j * np.pi * midi)))
        self._phase_of += float(weight.sum())


@lru_cache(maxsize=4)
def _window(size: int) -> Array:
    """Return a Hann window scaled so that a sine of amplitude 1 has magnitude 1."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return np.asarray(window * 2.0 / window.sum(), dtype=np.float32)


def _shifted(pitch: Array, bins: float) -> Array:
    """Move the log-frequency axis by a fraction of bins, so that A440's grid falls on the music's."""
    position = np.arange(PITCH_BINS) + bins
    whole = np.floor(position).astype(int)
    share = np.asarray(position - whole, dtype=np.float32)
    low, high = np.clip(whole, 0, PITCH_BINS - 1), np.clip(whole + 1, 0, PITCH_BINS - 1)
    return np.asarray(pitch[:, low] * (1 - share) + pitch[:, high] * share, dtype=np.float32)
