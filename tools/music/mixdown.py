"""Gain curves and the master, which keep stems exact.

Each stem is a pure function of its own part (``mixdown_part``). What is not linear in the sum (the master's
limiter) is a stored gain curve that is applied to every stem alike; so the sum of the stems is the mix,
sample for sample, and a later edit applies the same curve again.
"""

import base64
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples
from segue.tools.core.score import Score
from segue.tools.sound.loudness import db_to_gain, k_weighted_energy, lufs_of_energy, peak_envelope

HOP = 256  # frames between two points of a gain curve: 5.8 ms at 44.1 kHz
CEILING_DB = -1.0
_GRID = np.float32(2**23)  # steps of the 24-bit grid to full scale
_MARGIN_DB = 1.5  # the limiter aims this far under the ceiling: room for an edit's new part, and for mp3
BLOCK = 65_536  # frames worked on at once, a multiple of HOP
_INAUDIBLE = 2e-7  # −134 dB: blocks under it are made silent, and silence costs nothing
_RELEASE = 16  # hops: time constant with which the limiter lets go, 93 ms
_CHORUS_OVER_LU = 2.3  # what choruses stand over verses
_RIDE_HOPS = 20  # half of the time that a fader takes to move, 0.12 s
Span = tuple[str, int, int]
_RAMP = np.linspace(0, 1, HOP, endpoint=False, dtype=np.float32)


# -- gain curves -------------------------------------------------------------------------------


def gain_ramp(points: npt.NDArray[Any], frames: int) -> Samples:
    """Return a curve of one point every ``HOP`` frames, interpolated: float32 ``[frames]``; it keeps its last value."""
    needed = -(-frames // HOP) + 1
    here = np.asarray(points[:needed], dtype=np.float32)
    if len(here) < needed:
        here = np.concatenate([here, np.full(needed - len(here), here[-1], np.float32)])
    ramp = (here[:-1, None] + (here[1:] - here[:-1])[:, None] * _RAMP).reshape(-1)
    return np.asarray(ramp[:frames])


def sounds(block: npt.NDArray[Any]) -> bool:
    """Return whether not every sample is zero; looks at the middle first, which mostly settles it."""
    return bool(block[0, block.shape[1] // 2]) or bool(block.max()) or bool(block.min())


def blocks_of(samples: npt.NDArray[Any]) -> Iterator[tuple[int, npt.NDArray[Any]]]:
    """Yield where a block starts, and the block, for blocks that are not silent."""
    for start in range(0, samples.shape[1], BLOCK):
        block = samples[:, start : start + BLOCK]
        if sounds(block):
            yield start, block


def silenced(samples: Samples, peaks: npt.NDArray[np.float32]) -> None:
    """Make blocks silent, in place, that hold no more than the rounding of a convolution."""
    for start, block in blocks_of(samples):
        if peaks[start // HOP : (start + BLOCK) // HOP].max() < _INAUDIBLE:
            block[:] = 0


def apply_curve(samples: Samples, curve: npt.NDArray[Any], gain: float = 1.0) -> None:
    """Multiply ``samples`` by ``gain`` times a curve, in place."""
    for start, block in blocks_of(samples):
        first = min(start // HOP, len(curve) - 1)
        ramp = gain_ramp(curve[first : first + BLOCK // HOP + 1], block.shape[1])
        ramp *= np.float32(gain)
        block *= ramp


def mastered(samples: Samples, curve: npt.NDArray[Any], gain: float) -> None:
    """Apply the master to a stem, in place, and put it on the 24-bit grid; float32 holds every step exactly."""
    for start, block in blocks_of(samples):
        first = min(start // HOP, len(curve) - 1)
        ramp = gain_ramp(curve[first : first + BLOCK // HOP + 1], block.shape[1])
        ramp *= np.float32(gain) * _GRID
        block *= ramp
        np.rint(block, out=block)
        np.clip(block, -_GRID, _GRID - 1, out=block)
        block *= 1 / _GRID


def add_steps(total: npt.NDArray[np.int32], samples: Samples) -> None:
    """Add samples that lie on the 24-bit grid to a sum in whole steps, so that no order rounds."""
    for start, block in blocks_of(samples):
        total[:, start : start + BLOCK] += (block * _GRID).astype(np.int32)


def from_steps(total: npt.NDArray[np.int32]) -> Samples:
    """Return a sum of steps as sound; the same memory is used."""
    out = total.view(np.float32)
    for start in range(0, total.shape[1], BLOCK):
        piece = slice(start, start + BLOCK)
        out[:, piece] = total[:, piece].astype(np.float32) / _GRID
    return out


def exact_sum(stems: Sequence[Samples]) -> Samples:
    """Return the sum of samples on the 24-bit grid, without rounding."""
    total = np.zeros(stems[0].shape, np.int32)
    for samples in stems:
        add_steps(total, samples)
    return from_steps(total)


def pack_curve(curve: npt.NDArray[np.float64]) -> str:
    """Return a curve of values 0..1 as text: 16 bits a point, zlib, base64. ``unpack_curve`` rounds as this does."""
    return base64.b64encode(zlib.compress(np.floor(curve * 65535).astype("<u2").tobytes(), 9)).decode()


def unpack_curve(text: str) -> npt.NDArray[np.float64]:
    """Return the curve behind ``pack_curve``'s text."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), "<u2").astype(np.float64) / 65535


# -- the master --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Master:
    """The master's decision: a constant gain in dB, the packed gain curve, and the loudness that comes of it."""

    gain_db: float
    curve: str
    lufs: float | None = None


def decide_master(
    total: Samples,
    loudest_stem: npt.NDArray[np.float32],
    sample_rate: int,
    lufs: float,
    loop: bool,
    sections: Sequence[Span] = (),
) -> Master:
    """Find gain and limiter curve that bring ``total`` to ``lufs`` with true peaks under −1 dBTP.

    Parameters
    ----------
    total : the sum of the parts, float32 ``[2, frames]``.
    loudest_stem : the highest sample peak of any stem, a ``HOP``: stems must stay within ±1 as well.
    loop : the curve joins its own start.
    sections : verses and choruses, so that a chorus stands out.
    """
    energy = k_weighted_energy(total, sample_rate, HOP)
    peaks = np.maximum(peak_envelope(total, HOP, floor=0.4), loudest_stem * 0.9)
    return master_of(energy, peaks, sample_rate, lufs, loop, sections)


def master_of(
    energy: npt.NDArray[np.float64],
    peaks: npt.NDArray[np.floating[Any]],
    sample_rate: int,
    lufs: float,
    loop: bool = False,
    sections: Sequence[Span] = (),
) -> Master:
    """Find the master from K-weighted energy and true peak of every ``HOP`` frames; see ``decide_master``."""
    if lufs_of_energy(energy, sample_rate, HOP) <= -69.0 or not np.any(peaks):
        return Master(0.0, pack_curve(np.ones(2)), -70.0)
    over = _CHORUS_OVER_LU
    for _ in range(3):
        ride = _ride(energy, sections, over)
        gain_db, curve, loud = _levelled(energy, peaks, ride, sample_rate, lufs, loop)
        # The limiter takes back some of what the fader gave.
        missing = _CHORUS_OVER_LU - _chorus_over(energy * _hop_power(curve), sections)
        if missing < 0.1 or not sections:
            break
        over += missing
    return Master(round(gain_db, 4), pack_curve(curve), loud)


def _levelled(
    energy: npt.NDArray[np.float64],
    peaks: npt.NDArray[np.floating[Any]],
    ride: npt.NDArray[np.float64],
    sample_rate: int,
    lufs: float,
    loop: bool,
) -> tuple[float, npt.NDArray[np.float64], float]:
    """Return the gain in dB, the curve of fader and limiter together, and the loudness that comes of them."""
    peaks = peaks * np.maximum(ride[:-1], ride[1:])
    gain_db, curve, loud = 0.0, ride, -70.0
    for _ in range(12):
        loud = lufs_of_energy(energy * db_to_gain(gain_db) ** 2 * _hop_power(curve), sample_rate, HOP)
        if abs(lufs - loud) < 0.01:
            break
        gain_db += lufs - loud
        curve = ride * _limiter(peaks * db_to_gain(gain_db), loop)
    return gain_db, curve, loud


def sections_of(score: Score, sample_rate: int) -> list[Span]:
    """Return a score's verses and choruses as (name, first hop, last hop)."""
    clock = score.clock()
    spans = []
    for section in score.sections:
        name = next((word for word in ("pre", "verse", "chorus", "drop") if word in section.name.lower()), "")
        start, end = (
            round(clock.seconds(score.bar_beat(bar)) * sample_rate / HOP)
            for bar in (section.start_bar, section.start_bar + section.bars)
        )
        if name in ("verse", "chorus", "drop") and end > start:
            spans.append(("verse" if name == "verse" else "chorus", start, end))
    return spans


def _chorus_over(energy: npt.NDArray[np.float64], sections: Sequence[Span]) -> float:
    """Return how far choruses stand over verses, in LU; infinity where there are not both."""
    power = {}
    for kind in ("verse", "chorus"):
        heard = [energy[a:b] for name, a, b in sections if name == kind and len(energy[a:b])]
        power[kind] = float(np.mean(np.concatenate(heard))) if heard else 0.0
    return 10 * math.log10(power["chorus"] / power["verse"]) if min(power.values()) > 0 else math.inf


def _ride(energy: npt.NDArray[np.float64], sections: Sequence[Span], over_lu: float) -> npt.NDArray[np.float64]:
    """Return the fader ride at hop edges: verses come down, by 4 dB at most, until choruses stand out."""
    out = np.ones(len(energy) + 1)
    missing = over_lu - _chorus_over(energy, sections)
    if missing <= 0:
        return out
    down = db_to_gain(-min(4.0, missing))
    for name, start, end in sections:
        if name == "verse":
            out[start + _RIDE_HOPS : end - _RIDE_HOPS] = down
    size = 2 * _RIDE_HOPS
    return np.convolve(np.pad(out, size, mode="edge"), np.ones(size + 1) / (size + 1), "same")[size:-size]


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
    low = _windows(edges[:-1] if loop else edges, loop).min(axis=1)
    low = np.tile(low, laps)
    # The way up to 1 shrinks by a fixed share a hop unless a deeper one is needed: a running maximum in logarithms.
    steps = np.arange(len(low)) * math.log(1 - 1 / _RELEASE)
    with np.errstate(divide="ignore"):
        missing = np.exp(np.maximum.accumulate(np.log(1.0 - low) - steps) + steps)
    body = (1.0 - missing)[len(low) - len(low) // laps :]
    body = _windows(body, loop).mean(axis=1)
    return np.append(body, body[0]) if loop else body


def _windows(values: npt.NDArray[np.float64], loop: bool) -> npt.NDArray[np.float64]:
    """Every point with its two neighbours: ``[points, 3]``."""
    padded = np.pad(values, 1, mode="wrap" if loop else "edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 3)
