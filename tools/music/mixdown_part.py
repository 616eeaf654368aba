"""One part's way into the mix: compression, then everything linear in one convolution.

Equaliser, width, pan, room, echoes and the mono bass are linear and do not change with time, so they are
one impulse response a channel, applied by FFT (overlap-add, four blocks at once). A part's sound is a pure
function of its own notes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples
from segue.tools.music.mixdown import BLOCK, HOP, gain_ramp, sounds
from segue.tools.music.mixdown_spaces import Space, echo_response, room_response
from segue.tools.sound.loudness import db_to_gain

_LANES = 4  # blocks transformed at once: as many float32 as fit a vector register
_FILTER_S = 0.13  # where the equaliser's response has died away
_MONO_BELOW_HZ = 120.0
_THRESHOLD_DB, _RATIO = -16.0, 2.0
_ATTACK_S, _RELEASE_S = 0.008, 0.150
_DRUM_CLIP = np.float32(0.55)
_WIDE_DELAY_S = 0.011

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
_WIDTH = {
    "pad": 0.75,
    "chords": 0.5,
    "arpeggio": 0.5,
    "counter": 0.4,
    "other": 0.4,
    "percussion": 0.35,
    "drums": 0.35,
    "melody": 0.2,
    "lead": 0.2,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part stands: its role, level in dB, pan −1..1, share of the room 0..1, the genre's space, the tempo.

    ``wide`` says that its two channels differ already, so that nothing is done about its width.
    """

    role: str
    gain_db: float
    pan: float
    reverb: float
    space: Space
    bpm: float
    wide: bool = False


def placed(dry: Samples, sample_rate: int, place: Place, check: Callable[[], None] = lambda: None) -> Samples:
    """Put a part where it stands in the mix, before the master; works in ``dry`` itself and returns it.

    Parameters
    ----------
    dry : float32 ``[2, frames]``, at a level where 0 dB of gain suits the part's role.
    check : called often; may raise to stop.
    """
    _compress(dry, sample_rate, place.role in ("drums", "percussion"), check)
    mono = bool(np.array_equal(dry[0], dry[1]))
    size, taps, spectra = _responses(sample_rate, place, mono)
    _convolve(dry, spectra, size, size - taps + 1, check)
    return dry


def _compress(dry: Samples, sample_rate: int, clipped: bool, check: Callable[[], None]) -> None:
    """Compress lightly in place: 2:1 over −16 dBFS (RMS of 6 ms), both channels alike; drums with a soft top.

    The soft top, a desk's, spares the limiter the peaks.
    """
    frames = dry.shape[1]
    count = -(-frames // HOP)
    power = np.zeros(count)
    whole = frames // HOP
    for channel in dry:
        hops = channel[: whole * HOP].reshape(whole, HOP)
        power[:whole] += np.einsum("ij,ij->i", hops, hops)
        power[whole:] += np.square(channel[whole * HOP :]).sum()
    level = 10 * np.log10(power / (2 * HOP) + 1e-10)
    wanted = np.minimum(0.0, (_THRESHOLD_DB - level) * (1 - 1 / _RATIO))
    gain = _smoothed(wanted, sample_rate)
    for start in range(0, frames, BLOCK):
        check()
        block = dry[:, start : start + BLOCK]
        if not sounds(block):
            continue
        here = gain[start // HOP : start // HOP + BLOCK // HOP + 1]
        if here.min() < -0.001:
            block *= gain_ramp(10 ** (here / 20), block.shape[1])
        if clipped:
            block /= _DRUM_CLIP
            np.tanh(block, out=block)
            block *= _DRUM_CLIP


def _smoothed(wanted: npt.NDArray[np.float64], sample_rate: int) -> npt.NDArray[np.float64]:
    """Return gains in dB at hop edges: fast down, slowly up."""
    if not np.any(wanted):
        return np.zeros(len(wanted) + 1)
    attack, release = (math.exp(-HOP / (seconds * sample_rate)) for seconds in (_ATTACK_S, _RELEASE_S))
    now, gain = 0.0, [0.0]
    for value in wanted.tolist():
        now = value + (attack if value < now else release) * (now - value)
        gain.append(now)
    return np.array(gain)


# -- everything linear -------------------------------------------------------------------------


def _responses(sample_rate: int, place: Place, mono: bool) -> tuple[int, int, Any]:
    """Return the transform's size, the response's taps, and spectra ``[2 out, 1 or 2 in, bins]``."""
    from scipy import fft

    space = place.space
    echo = echo_response(sample_rate, space, place.bpm) if place.role in space.echoed else None
    room_taps = int((space.room_s + space.pre_delay_s) * sample_rate) + 2 if place.reverb > 0 else 0
    short = 2 * round(_FILTER_S * sample_rate)
    taps = short + max(room_taps, 0 if echo is None else echo.shape[1])
    size = _transform_size(taps)
    equaliser, side_pass, wide = _filters(sample_rate, _EQUALISER.get(place.role, _EQUALISER["other"]), size)
    angle, gain = (place.pan + 1) * math.pi / 4, db_to_gain(place.gain_db) * math.sqrt(2)
    left, right = np.float32(gain * math.cos(angle)), np.float32(gain * math.sin(angle))
    # The middle, late, in the side: wide on two loudspeakers, gone without a trace in mono.
    late = np.float32(0.0 if place.wide else _WIDTH.get(place.role, 0.0) / 2) * wide
    # [out][in]: what each channel of the part gives to each side, then what the middle of both sends on.
    direct = [[left * (1 + late), left * late], [-right * late, right * (1 - late)]]
    sent = [left / 2, right / 2]
    tails = np.zeros((2, size // 2 + 1), np.complex64)
    if place.reverb > 0:
        tails += np.float32(place.reverb) * _room_spectrum(sample_rate, space.room_s, space.pre_delay_s, size)
    if echo is not None:
        tails += fft.rfft(echo, size, axis=1)
    paths = np.array([[direct[o][i] + tails[o] * sent[i] for i in range(2)] for o in range(2)], dtype=np.complex64)
    middle = (paths[0] + paths[1]) / 2 * equaliser
    side = (paths[0] - paths[1]) / 2 * equaliser * side_pass
    spectra = np.stack([middle + side, middle - side])
    return size, taps, (spectra.sum(axis=1, keepdims=True) if mono else spectra).astype(np.complex64)


def _transform_size(taps: int) -> int:
    """Return the power of two that costs least a frame; beyond 2**18 transforms fall out of the processor's cache."""
    least = math.ceil(math.log2(taps + 1))
    sizes = [1 << power for power in range(max(15, least), max(18, least + 1) + 1)]
    costs = {size: size * math.log2(size) / (size - taps + 1) for size in sizes}
    return min(costs, key=lambda size: costs[size])


@lru_cache(maxsize=4)
def _room_spectrum(sample_rate: int, seconds: float, pre_delay_s: float, size: int) -> Any:  # noqa: ANN401
    from scipy import fft

    return fft.rfft(room_response(sample_rate, seconds, pre_delay_s), size, axis=1)


@lru_cache(maxsize=24)
def _filters(sample_rate: int, shape: tuple[float, float, float, float], size: int) -> Any:  # noqa: ANN401
    """Return spectra of the equaliser, of the side's high-pass (bass stays in the middle), and of the late copy."""
    from scipy import fft
    from scipy.signal import butter, sosfilt

    impulse = np.zeros(round(_FILTER_S * sample_rate))
    impulse[0] = 1.0
    responses = [
        sosfilt(equaliser_sections(sample_rate, *shape), impulse),
        sosfilt(butter(4, _MONO_BELOW_HZ, "highpass", fs=sample_rate, output="sos"), impulse),
        np.roll(impulse, round(_WIDE_DELAY_S * sample_rate)),
    ]
    return [fft.rfft(response, size).astype(np.complex64) for response in responses]


def _convolve(samples: Samples, spectra: Any, size: int, hop: int, check: Callable[[], None]) -> None:  # noqa: ANN401
    """Overlap-add in place. Blocks lie at fixed frames, so but for rounding no sample depends on what comes later.

    Silent blocks are passed over; those that sound are transformed ``_LANES`` at a time.
    """
    inputs, tail = spectra.shape[1], size - hop
    ringing, rings = np.zeros((2, tail + hop), np.float32), 0
    starts = range(0, samples.shape[1], hop)
    sounding = [start for start in starts if sounds(samples[:, start : start + hop])]
    done = 0
    for first in range(0, len(sounding), _LANES):
        check()
        group = sounding[first : first + _LANES]
        answers = dict(zip(group, _answers(samples, group, spectra, size, hop), strict=False))
        last = first + _LANES >= len(sounding)
        until = len(starts) if last else group[-1] // hop + 1
        for start in starts[done:until]:
            if start in answers:
                ringing[:, :tail] += answers[start][:, :tail]
                ringing[:, tail:] = answers[start][:, tail:]
                rings = -(-size // hop)
            if rings:
                piece = samples[:inputs, start : start + hop]
                samples[:, start : start + hop] = ringing[:, : piece.shape[1]]
                ringing[:, :tail] = ringing[:, hop:]
                ringing[:, tail:] = 0
                rings -= 1
        done = until


def _answers(samples: Samples, starts: list[int], spectra: Any, size: int, hop: int) -> Any:  # noqa: ANN401
    """Return what the blocks at ``starts`` answer: float32 ``[block, 2, size]``."""
    from scipy import fft

    inputs = spectra.shape[1]
    blocks = np.zeros((inputs, _LANES, size), np.float32)  # always as many lanes, so that rounding is always the same
    for lane, start in enumerate(starts):
        block = samples[:inputs, start : start + hop]
        blocks[:, lane, : block.shape[1]] = block
    transformed = fft.rfft(blocks, axis=2)
    out = np.empty((_LANES, 2, size), np.float32)
    for side in range(2):
        product = transformed[0] * spectra[side, 0]
        if inputs == 2:
            product += transformed[1] * spectra[side, 1]
        out[:, side] = fft.irfft(product, size, axis=1, overwrite_x=True)
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
