"""Which recording is this? Landmarks of the spectrogram, after Wang 2003 ("An industrial-strength audio search").

Pairs of spectral peaks are hashed by both frequencies and their distance in time; an excerpt of a
recording shares many of them at one and the same offset. Noise, equalisation and lossy coding
leave enough of them. Another speed does not, so that an excerpt is also tried at a few speeds near its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform

Marks = npt.NDArray[np.uint32]

RATE = 11025  # Hz
_NFFT, _HOP = 1024, 512
_PEAKS_A_SECOND = 30
_FAN, _MOST_DT, _MOST_DF = 6, 63, 63
# Aligned landmarks, and their share of the excerpt's, for a match; and at how many moments they begin, for a recording
# agrees throughout, and another piece over the same drum loop only at its hits, however many landmarks these have. Most
# recordings are known by moments alone; sparse ones, which have few, by more landmarks and the share of the moments.
# Set on rendered excerpts with noise (14 dB SNR), mp3, a 300–4000 Hz band and 2% of speed: 97% of them are known, 10% of
# others with the very same drums at the same tempo taken for them (22% by landmarks alone), of other recordings none.
_LEAST, _LEAST_SHARE = 10, 0.03
_LEAST_MOMENTS, _MOMENTS_A_SECOND = 10, 3
_SPARSE_SHARE, _SPARSE_MOMENTS = 0.075, 0.12
_SPEEDS = (1.0, 0.98, 1.02, 0.99, 1.01, 0.97, 1.03)  # a bin is 10.8 Hz: half a percent moves most peaks by less
_ENOUGH_S = 20.0
_PART_S = 600.0  # of a long sound, taken at a time


@dataclass(frozen=True, slots=True)
class Match:
    """A recording that an excerpt is of: aligned landmarks, where in it the excerpt starts (s), and how fast it plays."""

    id: str
    landmarks: int
    share: float
    start_s: float
    speed: float = 1.0


def landmarks(wave: Waveform) -> Marks:
    """Return a sound's landmarks, uint32 ``[n, 2]``: hash (22 bits) and frame (46 ms)."""
    return _landmarks(Waveform(np.ascontiguousarray(wave.mono()[None, :]), wave.sample_rate).resampled(RATE).samples[0])


def landmarks_of_blocks(blocks: Iterable[Samples], sample_rate: int) -> Marks:
    """Return the landmarks of a sound too long to be held as a whole, from blocks ``[channels, any]``: ten minutes at a time."""
    import soxr

    resampler = soxr.ResampleStream(sample_rate, RATE, 1, dtype="float32")
    size = int(_PART_S * RATE / _HOP) * _HOP
    found, held, at = [np.zeros((0, 2), dtype=np.uint32)], np.zeros(0, dtype=np.float32), 0

    def take(part: npt.NDArray[np.float32]) -> None:
        marks = _landmarks(part)
        marks[:, 1] += np.uint32(at // _HOP)
        found.append(marks)

    for block in blocks:
        mono = np.ascontiguousarray(block.mean(axis=0), dtype=np.float32)
        held = np.concatenate([held, mono if sample_rate == RATE else resampler.resample_chunk(mono)])
        while len(held) >= size:
            take(held[:size])
            held, at = held[size:], at + size
    take(held)
    return np.concatenate(found)


def _landmarks(mono: npt.NDArray[np.float32]) -> Marks:
    from scipy.ndimage import maximum_filter
    from scipy.signal import stft

    if len(mono) < _NFFT or not np.any(mono):
        return np.zeros((0, 2), dtype=np.uint32)
    _, _, spectrum = stft(mono, RATE, nperseg=_NFFT, noverlap=_NFFT - _HOP, boundary=None, padded=False)
    level = np.log(np.abs(spectrum[: _NFFT // 2]) + 1e-6).astype(np.float32)
    # Against the spectrum's slow tilt, so that equalisation and loud basses do not take all the peaks.
    level -= level.mean(axis=1, keepdims=True) * 0.5
    peaks = (level == maximum_filter(level, size=(15, 9), mode="nearest")) & (level > np.median(level))
    bins, frames = np.nonzero(peaks)
    strength = level[bins, frames]
    keep = _strongest(frames, strength, level.shape[1])
    order = keep[np.lexsort((bins[keep], frames[keep]))]
    return _pairs(bins[order], frames[order])


def _strongest(frames: npt.NDArray[np.int64], strength: npt.NDArray[np.float32], total: int) -> npt.NDArray[np.int64]:
    """Keep the strongest peaks of every second."""
    second = frames * _HOP // RATE
    kept = [np.zeros(0, dtype=np.int64)]
    for n in range(int(total * _HOP / RATE) + 1):
        inside = np.nonzero(second == n)[0]
        kept.append(inside[np.argsort(-strength[inside])[:_PEAKS_A_SECOND]])
    return np.concatenate(kept)


def _pairs(bins: npt.NDArray[np.int64], frames: npt.NDArray[np.int64]) -> Marks:
    hashes, times = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    taken = np.zeros(len(bins), dtype=np.int64)
    for ahead in range(1, min(4 * _PEAKS_A_SECOND, len(bins))):
        dt = frames[ahead:] - frames[:-ahead]
        df = bins[ahead:] - bins[:-ahead]
        good = (dt > 0) & (dt <= _MOST_DT) & (np.abs(df) <= _MOST_DF) & (taken[:-ahead] < _FAN)
        taken[:-ahead] += good
        anchor = np.nonzero(good)[0]
        hashes.append(bins[anchor] << 13 | (df[anchor] + 64) << 6 | dt[anchor])
        times.append(frames[anchor])
    return np.stack([np.concatenate(hashes), np.concatenate(times)], axis=1).astype(np.uint32)


def _middle(wave: Waveform) -> Waveform:
    """Return the middle of a long sound: enough to be known by."""
    spare = wave.frames - round(_ENOUGH_S * wave.sample_rate)
    return (
        wave
        if spare <= 0
        else Waveform(wave.samples[:, spare // 2 : wave.frames - spare + spare // 2], wave.sample_rate)
    )


class FingerprintIndex:
    """The landmarks of many recordings, sorted by hash."""

    def __init__(self, marks: Mapping[str, Marks]) -> None:
        self.ids = list(marks)
        self.sizes = {id: len(found) for id, found in marks.items()}
        parts = [marks[id] for id in self.ids] or [np.zeros((0, 2), dtype=np.uint32)]
        hashes = np.concatenate([part[:, 0] for part in parts])
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._frames = np.concatenate([part[:, 1] for part in parts])[order].astype(np.int64)
        self._owners = np.repeat(np.arange(len(parts)), [len(part) for part in parts])[order]

    def recognise(self, wave: Waveform, most: int = 3) -> list[Match]:
        """Return the recordings that an excerpt may be of, played as it is or up to 3% faster or slower.

        The speeds nearest to its own come first; the first at which a recording is sure ends the search.
        """
        for speed in _SPEEDS:
            part = wave if speed == 1.0 else _middle(wave)
            slowed = Waveform(part.samples, max(1, round(part.sample_rate / speed)))
            found = self.identify(landmarks(slowed), most)
            if found:
                return [replace(match, speed=speed) for match in found]
        return []

    def identify(self, marks: Marks, most: int = 3) -> list[Match]:
        """Return the recordings that an excerpt may be of, the surest first; empty where none is sure."""
        if not len(marks) or not len(self._hashes):
            return []
        first = np.searchsorted(self._hashes, marks[:, 0], "left")
        count = np.searchsorted(self._hashes, marks[:, 0], "right") - first
        asked = np.repeat(np.arange(len(marks)), count)
        within = np.arange(len(asked)) - np.repeat(np.cumsum(count) - count, count)
        places = first[asked] + within
        shift = self._frames[places] - marks[asked, 1].astype(np.int64)
        owners = self._owners[places]
        times = marks[:, 1].astype(np.int64)
        every = len(np.unique(times))
        throughout = max(_LEAST_MOMENTS, _MOMENTS_A_SECOND * int(times.max() - times.min()) * _HOP / RATE)
        sure = []
        for owner in np.unique(owners):
            mine = owners == owner
            shifts = shift[mine]
            low = int(shifts.min())
            votes = np.bincount(shifts - low)
            votes = votes + np.concatenate([votes[1:], [0]])  # an excerpt may lie between two frames
            best = int(np.argmax(votes))
            share = int(votes[best]) / len(marks)
            if votes[best] < _LEAST or share < _LEAST_SHARE:
                continue
            aligned = (shifts == best + low) | (shifts == best + low + 1)
            moments = len(np.unique(times[asked[mine][aligned]]))
            if moments < throughout and (share < _SPARSE_SHARE or moments < _SPARSE_MOMENTS * every):
                continue
            start = (best + low) * _HOP / RATE
            sure.append(Match(self.ids[int(owner)], int(votes[best]), round(share, 4), round(start, 2)))
        sure.sort(key=lambda match: -match.landmarks)
        return sure[:most]
