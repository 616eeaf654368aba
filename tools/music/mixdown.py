"""From dry parts to a mix: equaliser, compression, pan, room, and a master that keeps stems exact.

Each stem is a pure function of its own part, so that it never depends on the others. What is not linear
in the sum (the master's limiter) is a stored gain curve that is applied to every stem alike; so the sum
of the stems is the mix, sample for sample, and a later edit applies the same curve again.
"""

import base64
import math
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples
from segue.tools.sound.loudness import db_to_gain, k_weighted_energy, lufs_of_energy, peak_envelope

HOP = 256  # frames between two points of a gain curve: 5.8 ms at 44.1 kHz
CEILING_DB = -1.0
_MARGIN_DB = 1.0  # the limiter aims this far under the ceiling: room for an edit's new part, and for mp3
_ROOM_BLOCK = 65_536  # frames convolved at once
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
             room_s: float) -> Samples:  # fmt: skip
    """Return a part as it stands in the mix, before the master: float32 ``[2, frames]``.

    Parameters
    ----------
    dry : float32 ``[2, frames]``, at a level where 0 dB of gain suits the part's role.
    pan : −1..1; reverb : 0..1; room_s : reverberation time in seconds.
    """
    low, bell, bell_db, shelf_db = _EQUALISER.get(role, _EQUALISER["other"])
    out = _filtered(dry, equaliser_sections(sample_rate, low, bell, bell_db, shelf_db))
    out = _compressed(out, sample_rate)
    if role in ("drums", "percussion"):
        out = _DRUM_CLIP * np.tanh(out / np.float32(_DRUM_CLIP))  # a desk's soft top: spares the limiter the peaks
    if role in _WIDTH:
        out = _widened(out, sample_rate, _WIDTH[role])
    angle = (pan + 1) * math.pi / 4
    gain = db_to_gain(gain_db) * math.sqrt(2)
    out *= np.array([[gain * math.cos(angle)], [gain * math.sin(angle)]], dtype=np.float32)
    if reverb > 0:
        out += _room(out, sample_rate, room_s) * np.float32(reverb)
    return _mono_bass(out, sample_rate)


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


def _filtered(samples: Samples, sections: Any) -> Samples:  # noqa: ANN401
    from scipy.signal import sosfilt

    return np.asarray(sosfilt(sections.astype(np.float32), samples, axis=1), dtype=np.float32)


def _compressed(samples: Samples, sample_rate: int, threshold_db: float = -16.0, ratio: float = 2.0) -> Samples:
    """Lightly compress: 2:1 over −16 dBFS (RMS of 6 ms), 8 ms attack, 150 ms release; both channels alike."""
    count = -(-samples.shape[1] // HOP)
    padded = np.zeros(count * HOP, np.float32)
    padded[: samples.shape[1]] = np.square(samples).mean(axis=0)
    level = 10 * np.log10(padded.reshape(count, HOP).mean(axis=1) + 1e-10)
    wanted = np.minimum(0.0, (threshold_db - level) * (1 - 1 / ratio))
    if not np.any(wanted):
        return samples
    attack = math.exp(-HOP / (0.008 * sample_rate))
    release = math.exp(-HOP / (0.150 * sample_rate))
    gain, now = [0.0], 0.0
    for value in wanted.tolist():
        now = value + (attack if value < now else release) * (now - value)
        gain.append(now)
    return apply_curve(samples, 10 ** (np.array(gain) / 20))


def _widened(samples: Samples, sample_rate: int, width: float) -> Samples:
    """Add the middle, 11 ms late, to the side: wide on two loudspeakers, gone without a trace in mono."""
    delay = round(0.011 * sample_rate)
    late = np.zeros(samples.shape[1], np.float32)
    late[delay:] = samples.mean(axis=0)[: samples.shape[1] - delay] * np.float32(width)
    return np.stack([samples[0] + late, samples[1] - late])


def _mono_bass(samples: Samples, sample_rate: int, below_hz: float = 120.0) -> Samples:
    """Make everything below ``below_hz`` mono: the side signal is high-passed."""
    from scipy.signal import butter

    middle, side = (samples[0] + samples[1]) / 2, (samples[0] - samples[1]) / 2
    if np.any(side):
        side = _filtered(side[None], butter(4, below_hz, "highpass", fs=sample_rate, output="sos"))[0]
    return np.stack([middle + side, middle - side])


@lru_cache(maxsize=4)
def room_response(sample_rate: int, seconds: float) -> Any:  # noqa: ANN401 - lru_cache loses the type
    """Return a room's impulse response, float32 ``[2, taps]``, unit energy a channel.

    Exponentially decaying noise (Moorer 1979) in three bands, of which the high ones die sooner, 20 ms
    after the direct sound, high-passed at 200 Hz, with six early reflections.
    """
    from scipy.signal import butter

    random = np.random.default_rng(20)
    pre_delay, taps = int(0.020 * sample_rate), int(seconds * sample_rate)
    time = np.arange(taps) / sample_rate
    body = np.zeros((2, taps), np.float32)
    for band, share in (((200, 1500), 1.0), ((1500, 5000), 0.75), ((5000, 12000), 0.45)):
        noise = random.standard_normal((2, taps)).astype(np.float32)
        noise = _filtered(noise, butter(2, band, "bandpass", fs=sample_rate, output="sos"))
        body += noise * np.exp(-6.91 * time / (seconds * share)).astype(np.float32)
    for delay in (0.0, 0.0047, 0.0089, 0.0131, 0.0192, 0.0271):
        for channel in range(2):
            at = int((delay + 0.0013 * channel * (delay > 0)) * sample_rate)
            body[channel, at] += np.float32(random.choice([-1, 1]) * 2.0 * math.exp(-delay * 40))
    # Noise builds up over the first milliseconds; a hard edge would sound like a second attack.
    body *= np.minimum(1.0, time / 0.004 + 0.2).astype(np.float32)
    body[:, -taps // 8 :] *= np.cos(np.linspace(0, math.pi / 2, taps // 8 + (taps % 8 > 0)), dtype=np.float32)[None]
    out = np.concatenate([np.zeros((2, pre_delay), np.float32), body], axis=1)
    out = _filtered(out, butter(2, 200.0, "highpass", fs=sample_rate, output="sos"))
    return out / np.sqrt(np.square(out).sum(axis=1, keepdims=True))


def _room(samples: Samples, sample_rate: int, seconds: float) -> Samples:
    """Convolve in blocks of a fixed size, so that a sample never depends on how long the part is."""
    from scipy import fft

    response = room_response(sample_rate, seconds)
    taps, frames = response.shape[1], samples.shape[1]
    size = fft.next_fast_len(_ROOM_BLOCK + taps - 1, real=True)
    spectrum = fft.rfft(response, size, axis=1)
    mono = samples.mean(axis=0)
    out = np.zeros((2, frames + size), np.float32)
    for start in range(0, frames, _ROOM_BLOCK):
        block = np.zeros(_ROOM_BLOCK, np.float32)
        here = mono[start : start + _ROOM_BLOCK]
        block[: len(here)] = here
        if np.any(block):
            out[:, start : start + size] += fft.irfft(fft.rfft(block, size)[None] * spectrum, size, axis=1)
    return out[:, :frames]


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
    peaks = np.maximum(peak_envelope(total, HOP, floor=0.25), loudest_stem * 0.9)
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
