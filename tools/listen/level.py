"""Loudness by blocks: integrated loudness, range and true peak (ITU-R BS.1770-5, EBU Tech 3342)."""

import math

import numpy as np
import numpy.typing as npt

from segue.tools.sound.loudness import peak_envelope

Samples = npt.NDArray[np.float32]

SILENT_LUFS = -70.0  # BS.1770's absolute gate: what is below counts as silence
_STEP_S = 0.1
_RISE = 1.42  # 3 dB


def k_weighting(sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the K-weighting filter of BS.1770 as second-order sections ``[2, 6]`` for any rate in Hz.

    The standard gives 48 kHz coefficients; these are the analogue prototypes behind them
    (De Man 2018), which agree with the table to 1e-6 at 48 kHz.
    """
    sections = []
    for f0, q, gain_db in ((1681.974450955533, 0.7071752369554196, 3.999843853973347), (38.13547087602444, 0.5003270373238773, None)):  # fmt: skip
        k = math.tan(math.pi * f0 / sample_rate)
        a0 = 1.0 + k / q + k * k
        if gain_db is not None:
            vh = 10 ** (gain_db / 20)
            vb = vh**0.4996667741545416
            b = [(vh + vb * k / q + k * k) / a0, 2 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0]
        else:
            b = [1.0, -2.0, 1.0]
        sections.append([*b, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0])
    return np.array(sections)


class LevelMeter:
    """Measures level while sound goes by. Channels count alike (surround weights are not applied)."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.sample_rate = sample_rate
        self._sos = k_weighting(sample_rate)
        self._state = np.zeros((2, channels, 2))
        self._step = round(_STEP_S * sample_rate)
        self._left = np.zeros((channels, 0))
        self._squares: list[npt.NDArray[np.float64]] = []
        self._tail = np.zeros((channels, 0), dtype=np.float32)
        self._sum = 0.0
        self._count = 0
        self.sample_peak = 0.0
        self.true_peak = 0.0

    def push(self, samples: Samples) -> None:
        """Take the next samples, float32 ``[channels, frames]``."""
        from scipy.signal import sosfilt

        self._sum += float(np.einsum("ij,ij->", samples, samples, dtype=np.float64))
        self._count += samples.size
        weighted, self._state = sosfilt(self._sos, samples, axis=1, zi=self._state)
        weighted = np.concatenate([self._left, weighted], axis=1)
        steps = weighted.shape[1] // self._step
        whole = weighted[:, : steps * self._step].reshape(len(weighted), steps, self._step)
        self._squares.append(np.einsum("cns,cns->n", whole, whole))
        self._left = weighted[:, steps * self._step :]
        self._peak(samples)

    def _peak(self, samples: Samples) -> None:
        """Oversample where the samples come within 3 dB of the peak so far: music rises no more between them."""
        joined = np.concatenate([self._tail, samples], axis=1)
        self._tail = joined[:, -64:].copy()
        highest = float(np.abs(joined).max(initial=0.0))
        self.sample_peak = max(self.sample_peak, highest)
        if highest * _RISE > self.true_peak:
            floor = max(1 / _RISE, self.true_peak / _RISE / highest)
            self.true_peak = max(self.true_peak, float(peak_envelope(joined, 128, floor).max(initial=0.0)))

    @property
    def rms_db(self) -> float:
        """Root mean square of all samples, dBFS."""
        return 10 * math.log10(self._sum / self._count) if self._count and self._sum > 1e-20 else -120.0

    @property
    def true_peak_db(self) -> float:
        """True peak, dBTP; −120 for silence."""
        return 20 * math.log10(self.true_peak) if self.true_peak > 1e-6 else -120.0

    def _blocks(self, steps: int) -> npt.NDArray[np.float64]:
        squares = np.concatenate(self._squares) if self._squares else np.zeros(0)
        if not len(squares) and self._left.size:
            squares = np.array([np.einsum("ij,ij->", self._left, self._left) * self._step / self._left.shape[1]])
        steps = max(1, min(steps, len(squares)))
        sums = np.convolve(squares, np.ones(steps), "valid") if len(squares) else np.zeros(0)
        return np.asarray(sums / (steps * self._step))

    def integrated(self) -> float:
        """Return the gated loudness in LUFS; −70 for silence. Clips below 0.4 s are one block."""
        blocks = self._blocks(4)
        blocks = blocks[blocks > _power(SILENT_LUFS)]
        if not len(blocks):
            return SILENT_LUFS
        return _lufs(float(blocks[blocks > blocks.mean() / 10].mean()))

    def range_lu(self) -> float:
        """Return the loudness range in LU (EBU Tech 3342: 3 s blocks, gate at −20 LU, 10th to 95th percentile)."""
        blocks = self._blocks(30)
        blocks = blocks[blocks > _power(SILENT_LUFS)]
        if not len(blocks):
            return 0.0
        blocks = blocks[blocks > blocks.mean() / 100]
        low, high = np.percentile(10 * np.log10(blocks), [10, 95])
        return float(high - low)


def _lufs(power: float) -> float:
    return -0.691 + 10 * math.log10(power)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))
