"""From dry parts to a mix: equaliser, compression, pan, room, and a master that keeps stems exact.

Each stem is a pure function of its own part, so that it never depends on the others. What is not linear
in the sum (the master's limiter) is a stored gain curve that is applied to every stem alike; so the sum
of the stems is the mix, sample for sample, and a later edit applies the same curve again.
"""

import base64
import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, quantised
from segue.tools.sound.loudness import db_to_gain, k_weighted_energy, lufs_of_energy, peak_envelope

HOP = 256  # frames between two points of a gain curve: 5.8 ms at 44.1 kHz
CEILING_DB = -1.0
_MARGIN_DB = 1.0  # the limiter aims this far under the ceiling: room for an edit's new part, and for mp3
BLOCK = 65_536  # frames mixed at once, a multiple of HOP
_MONO_BELOW_HZ = 120.0
_RELEASE = 16  # hops: time constant with which the limiter lets go, 93 ms

# role: (high-pass Hz, bell Hz, bell dB, shelf dB over 6 kHz)
_EQUALISER = {
    "drums": (28.0, 350.0, -1.5, 3.0),
    "bass": (30.0, 280.0, -1.5, 0.0),
    "melody": (110.0, 300.0, -1.0, 2.0),
    "lead": (110.0, 300.0, -1.0, 2.0),
    "counter": (120.0, 320.0, -1.5, 1.5),
    "chords": (95.0, 300.0, -2.0, 2.5),
    "pad": (140.0, 320.0, -2.5, 0.0),
    "arpeggio": (120.0, 320.0, -1.5, 2.0),
    "percussion": (90.0, 350.0, -1.0, 1.5),
    "other": (90.0, 300.0, -1.5, 0.5),
}
# How wide a mono sample is made; what is not named stays in its place.
_WIDTH = {"pad": 0.75, "chords": 0.5, "arpeggio": 0.5, "counter": 0.4, "other": 0.4, "percussion": 0.25}
_DRUM_CLIP = np.float32(0.55)
# Seconds to −60 dB, by words in the genre's name.
_ROOMS = (
    (("ambient", "drone", "cinematic", "orchestral", "space"), 2.8),
    (("classical", "choral", "film", "baroque", "romantic"), 2.0),
    (("jazz", "bossa", "soul", "gospel", "ballad", "folk"), 1.2),
    (("techno", "house", "trance", "dub", "synthwave"), 1.4),
    (("hip", "trap", "drill", "funk", "punk", "metal", "lo-fi", "lofi"), 0.8),
)


def room_seconds(genre: str | None) -> float:
    """Return the reverberation time of a genre in seconds (to −60 dB)."""
    words = (genre or "").lower()
    return next((seconds for names, seconds in _ROOMS if any(name in words for name in names)), 1.1)


# -- one part ----------------------------------------------------------------------------------


def mix_part(dry: Samples, sample_rate: int, *, role: str, gain_db: float, pan: float, reverb: float,
             room_s: float, check: Callable[[], None] = lambda: None) -> Samples:  # fmt: skip
    """Put a part where it stands in the mix, before the master; works in ``dry`` itself and returns it.

    The part streams through in blocks of one fixed size, so that a sample never depends on how long
    the part is, and memory stays small.

    Parameters
    ----------
    dry : float32 ``[2, frames]``, at a level where 0 dB of gain suits the part's role.
    pan : −1..1; reverb : 0..1; room_s : reverberation time in seconds.
    check : called every block; may raise to stop.
    """
    from scipy.signal import butter

    equaliser = _Filter(equaliser_sections(sample_rate, *_EQUALISER.get(role, _EQUALISER["other"])), 2)
    compressor = _Compressor(sample_rate)
    late = _Delay(round(0.011 * sample_rate))
    width = np.float32(_WIDTH.get(role, 0.0))
    angle, gain = (pan + 1) * math.pi / 4, db_to_gain(gain_db) * math.sqrt(2)
    places = np.array([[gain * math.cos(angle)], [gain * math.sin(angle)]], dtype=np.float32)
    room = _Room(sample_rate, room_s, reverb) if reverb > 0 else None
    side_filter = _Filter(butter(4, _MONO_BELOW_HZ, "highpass", fs=sample_rate, output="sos"), 1)
    for start in range(0, dry.shape[1], BLOCK):
        check()
        block = dry[:, start : start + BLOCK]
        out = compressor(equaliser(block))
        if role in ("drums", "percussion"):
            out = _DRUM_CLIP * np.tanh(out / _DRUM_CLIP)  # a desk's soft top: spares the limiter the peaks
        if width:
            # The middle, late, in the side: wide on two loudspeakers, gone without a trace in mono.
            echo = late(out.mean(axis=0)) * width
            out[0] += echo
            out[1] -= echo
        out *= places
        if room:
            out += room(out)
        middle, side = (out[0] + out[1]) / 2, side_filter(((out[0] - out[1]) / 2)[None])[0]
        np.add(middle, side, out=block[0])
        np.subtract(middle, side, out=block[1])
    return dry


class _Filter:
    """Second-order sections that remember their state from block to block; silence costs nothing."""

    def __init__(self, sections: Any, channels: int) -> None:  # noqa: ANN401
        self.sections = np.asarray(sections, dtype=np.float32)
        self.state = np.zeros((len(self.sections), channels, 2), np.float32)

    def __call__(self, block: Samples) -> Samples:
        from scipy.signal import sosfilt

        if not np.any(block) and np.abs(self.state).max() < 1e-8:
            self.state[:] = 0
            return np.zeros_like(block)
        out, self.state = sosfilt(self.sections, block, axis=1, zi=self.state)
        return np.asarray(out, dtype=np.float32)


class _Compressor:
    """Lightly compresses: 2:1 over −16 dBFS (RMS of 6 ms), 8 ms attack, 150 ms release; both channels alike."""

    def __init__(self, sample_rate: int, threshold_db: float = -16.0, ratio: float = 2.0) -> None:
        self.threshold_db, self.slope, self.now = threshold_db, 1 - 1 / ratio, 0.0
        self.attack = math.exp(-HOP / (0.008 * sample_rate))
        self.release = math.exp(-HOP / (0.150 * sample_rate))

    def __call__(self, block: Samples) -> Samples:
        count = -(-block.shape[1] // HOP)
        power = np.zeros(count * HOP, np.float32)
        power[: block.shape[1]] = np.square(block).mean(axis=0)
        level = 10 * np.log10(power.reshape(count, HOP).mean(axis=1) + 1e-10)
        wanted = np.minimum(0.0, (self.threshold_db - level) * self.slope)
        if self.now > -0.001 and not np.any(wanted):
            self.now = 0.0
            return block.copy()
        gain = [self.now]
        for value in wanted.tolist():
            self.now = value + (self.attack if value < self.now else self.release) * (self.now - value)
            gain.append(self.now)
        return apply_curve(block, 10 ** (np.array(gain) / 20))


class _Delay:
    """Delays a mono stream by a fixed number of frames."""

    def __init__(self, frames: int) -> None:
        self.kept = np.zeros(frames, np.float32)

    def __call__(self, block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        joined = np.concatenate([self.kept, block])
        self.kept = joined[len(block) :]
        return joined[: len(block)]


class _Room:
    """Convolves the middle with a room's response, block by block (overlap-add)."""

    def __init__(self, sample_rate: int, seconds: float, level: float) -> None:
        from scipy import fft

        response = room_response(sample_rate, seconds) * np.float32(level)
        self.size = fft.next_fast_len(BLOCK + response.shape[1] - 1, real=True)
        self.spectrum = fft.rfft(response, self.size, axis=1)
        self.ringing = np.zeros((2, self.size), np.float32)

    def __call__(self, block: Samples) -> Samples:
        from scipy import fft

        if np.any(block):
            mono = np.zeros(BLOCK, np.float32)
            mono[: block.shape[1]] = block.mean(axis=0)
            self.ringing += fft.irfft(fft.rfft(mono, self.size)[None] * self.spectrum, self.size, axis=1)
        out = self.ringing[:, : block.shape[1]].copy()
        self.ringing[:, :-BLOCK] = self.ringing[:, BLOCK:]
        self.ringing[:, -BLOCK:] = 0
        return out


def equaliser_sections(sample_rate: int, low: float, bell: float, bell_db: float, shelf_db: float) -> Any:  # noqa: ANN401
    """Return second-order sections ``[3, 6]``: high-pass, bell, high shelf over 6 kHz (R. Bristow-Johnson's cookbook)."""
    from scipy.signal import butter

    sections = [butter(2, low, "highpass", fs=sample_rate, output="sos")[0]]
    a, w = 10 ** (bell_db / 40), 2 * math.pi * bell / sample_rate
    alpha = math.sin(w) / (2 * 0.9)
    sections.append(
        np.array([1 + alpha * a, -2 * math.cos(w), 1 - alpha * a, 1 + alpha / a, -2 * math.cos(w), 1 - alpha / a])
    )
    a, w = 10 ** (shelf_db / 40), 2 * math.pi * 6000.0 / sample_rate
    c, beta = math.cos(w), math.sin(w) * math.sqrt(2 * a)
    sections.append(
        np.array([a * (a + 1 + (a - 1) * c + beta), -2 * a * (a - 1 + (a + 1) * c), a * (a + 1 + (a - 1) * c - beta),
                  a + 1 - (a - 1) * c + beta, 2 * (a - 1 - (a + 1) * c), a + 1 - (a - 1) * c - beta])
    )  # fmt: skip
    return np.array([section / section[3] for section in sections])


@lru_cache(maxsize=4)
def room_response(sample_rate: int, seconds: float) -> Any:  # noqa: ANN401 - lru_cache loses the type
    """Return a room's impulse response, float32 ``[2, taps]``, unit energy a channel.

    Exponentially decaying noise (Moorer 1979) in three bands, of which the high ones die sooner, 20 ms
    after the direct sound, high-passed at 200 Hz, with six early reflections.
    """
    from scipy.signal import butter, sosfilt

    random = np.random.default_rng(20)
    pre_delay, taps = int(0.020 * sample_rate), int(seconds * sample_rate)
    time = np.arange(taps) / sample_rate
    body = np.zeros((2, taps), np.float32)
    for band, share in (((200, 1500), 1.0), ((1500, 5000), 0.75), ((5000, 12000), 0.45)):
        noise = random.standard_normal((2, taps))
        noise = sosfilt(butter(2, band, "bandpass", fs=sample_rate, output="sos"), noise)
        body += noise * np.exp(-6.91 * time / (seconds * share)).astype(np.float32)
    for delay in (0.0, 0.0047, 0.0089, 0.0131, 0.0192, 0.0271):
        for channel in range(2):
            at = int((delay + 0.0013 * channel * (delay > 0)) * sample_rate)
            body[channel, at] += np.float32(random.choice([-1, 1]) * 2.0 * math.exp(-delay * 40))
    # Noise builds up over the first milliseconds; a hard edge would sound like a second attack.
    body *= np.minimum(1.0, time / 0.004 + 0.2).astype(np.float32)
    body[:, -taps // 8 :] *= np.cos(np.linspace(0, math.pi / 2, taps // 8 + (taps % 8 > 0)), dtype=np.float32)[None]
    out = np.concatenate([np.zeros((2, pre_delay), np.float32), body], axis=1)
    out = sosfilt(butter(2, 200.0, "highpass", fs=sample_rate, output="sos"), out)
    return (out / np.sqrt(np.square(out).sum(axis=1, keepdims=True))).astype(np.float32)


# -- gain curves -------------------------------------------------------------------------------


def apply_curve(samples: Samples, curve: npt.NDArray[np.float64], gain: float = 1.0) -> Samples:
    """Return ``samples`` times ``gain`` times a curve of one point every ``HOP`` frames, interpolated.

    Past its end a curve keeps its last value.
    """
    frames = samples.shape[1]
    out = np.empty_like(samples)
    points = np.asarray(curve, dtype=np.float32) * np.float32(gain)
    needed = -(-frames // HOP) + 1
    if len(points) < needed:
        points = np.concatenate([points, np.full(needed - len(points), points[-1], np.float32)])
    ramp = np.linspace(0, 1, HOP, endpoint=False, dtype=np.float32)
    for start in range(0, needed - 1, 4096):
        here = points[start : min(start + 4097, needed)]
        values = (here[:-1, None] + (here[1:] - here[:-1])[:, None] * ramp[None, :]).reshape(-1)
        piece = slice(start * HOP, min(start * HOP + len(values), frames))
        out[:, piece] = samples[:, piece] * values[: piece.stop - piece.start]
    return out


def mastered(samples: Samples, curve: npt.NDArray[np.float64], gain: float) -> Samples:
    """Apply the master to a stem, in place, and put it on the 24-bit grid."""
    for start in range(0, samples.shape[1], BLOCK):
        block = samples[:, start : start + BLOCK]
        here = curve[min(start // HOP, len(curve) - 1) : start // HOP + BLOCK // HOP + 1]
        block[:] = quantised(apply_curve(block, here, gain))
    return samples


def exact_sum(stems: Sequence[Samples]) -> Samples:
    """Return the sum of samples on the 24-bit grid, without rounding."""
    out = np.empty_like(stems[0])
    for start in range(0, out.shape[1], BLOCK):
        piece = slice(start, start + BLOCK)
        total = stems[0][:, piece].astype(np.float64)
        for samples in stems[1:]:
            total += samples[:, piece]
        out[:, piece] = total
    return out


def pack_curve(curve: npt.NDArray[np.float64]) -> str:
    """Return a curve of values 0..1 as text: 16 bits a point, zlib, base64. ``unpack_curve`` rounds as this does."""
    return base64.b64encode(zlib.compress(np.floor(curve * 65535).astype("<u2").tobytes(), 9)).decode()


def unpack_curve(text: str) -> npt.NDArray[np.float64]:
    """Return the curve behind ``pack_curve``'s text."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), "<u2").astype(np.float64) / 65535


# -- the master --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Master:
    """The master's decision: a constant gain in dB, and the packed limiter curve."""

    gain_db: float
    curve: str


def decide_master(
    total: Samples, loudest_stem: npt.NDArray[np.float32], sample_rate: int, lufs: float, loop: bool
) -> Master:
    """Find gain and limiter curve that bring ``total`` to ``lufs`` with true peaks under −1 dBTP.

    Parameters
    ----------
    total : the sum of the parts, float32 ``[2, frames]``.
    loudest_stem : the highest sample peak of any stem, a ``HOP``: stems must stay within ±1 as well.
    loop : the curve joins its own start.
    """
    energy = k_weighted_energy(total, sample_rate, HOP)
    peaks = np.maximum(peak_envelope(total, HOP, floor=0.35), loudest_stem * 0.9)
    if lufs_of_energy(energy, sample_rate, HOP) <= -69.0 or not np.any(peaks):
        return Master(0.0, pack_curve(np.ones(2)))
    gain_db, curve = 0.0, np.ones(len(peaks) + 1)
    for _ in range(12):
        loud = lufs_of_energy(energy * db_to_gain(gain_db) ** 2 * _hop_power(curve), sample_rate, HOP)
        if abs(lufs - loud) < 0.01:
            break
        gain_db += lufs - loud
        curve = _limiter(peaks * db_to_gain(gain_db), loop)
    return Master(round(gain_db, 4), pack_curve(curve))


def _hop_power(curve: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean square of the curve between neighbouring points."""
    a, b = curve[:-1], curve[1:]
    return np.asarray((a * a + a * b + b * b) / 3)


def _limiter(peaks: npt.NDArray[np.floating[Any]], loop: bool) -> npt.NDArray[np.float64]:
    """Return gains at hop edges that keep every hop's peak under the ceiling, interpolation included.

    Falls over three hops (17 ms) before a peak and rises exponentially after it.
    """
    needed = np.minimum(1.0, db_to_gain(CEILING_DB - _MARGIN_DB) / np.maximum(peaks, 1e-9)).astype(np.float64)
    before = needed[-1] if loop else needed[0]
    after = needed[0] if loop else needed[-1]
    edges = np.minimum(np.append(needed, after), np.insert(needed, 0, before))
    laps = 2 if loop else 1  # the second lap starts with the gain that the first one ends with
    low = _windows(edges[:-1] if loop else edges, loop).min(axis=1).tolist() * laps
    now, gains = 1.0, []
    for value in low:
        now = min(value, now + (1.0 - now) / _RELEASE)
        gains.append(now)
    body = np.array(gains[len(gains) - len(gains) // laps :])
    body = _windows(body, loop).mean(axis=1)
    return np.append(body, body[0]) if loop else body


def _windows(values: npt.NDArray[np.float64], loop: bool) -> npt.NDArray[np.float64]:
    """Every point with its two neighbours: ``[points, 3]``."""
    padded = np.pad(values, 1, mode="wrap" if loop else "edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 3)
