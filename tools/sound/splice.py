"""Cutting and joining by the sample: spans, seams that do not click, fades, joins, overlays.

Cuts are lists of ``Segment`` so that a mix and its stems can be cut at the very same places.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.errors import InvalidArgument
from segue.tools.sound.loudness import db_to_gain

SEAM_S = 0.02  # cross-fade where a cut jumps within one recording
JOIN_S = 0.005  # fade on either side of a join that would click
_NEIGHBOURS = 64  # frames whose own steps say how large a step may be without being heard as a click

if TYPE_CHECKING:
    from segue.tools.sound.blocks import Source

Curve = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Segment:
    """Frames ``start`` to ``stop`` (excluded); its first ``blend`` frames fade over from what came before."""

    start: int
    stop: int
    blend: int = 0


def span(frames: int, sample_rate: int, start_s: float, end_s: float | None) -> tuple[int, int]:
    """Return the frames (start, stop) of a span in seconds; negative seconds count from the end.

    Raises
    ------
    InvalidArgument : outside the sound, or an end that is not after the start.
    """
    length = frames / sample_rate
    tolerance = 0.5 / sample_rate + 1e-6

    def place(seconds: float, what: str) -> int:
        at = seconds + length if seconds < 0 else seconds
        if at < -tolerance or at > length + tolerance:
            raise InvalidArgument(
                f"The {what} ({seconds:g} s) lies outside the sound, which lasts {length:.2f} s.",
                f"Give seconds from 0 to {length:.2f}, or negative ones to count from the end.",
            )
        return min(frames, max(0, round(at * sample_rate)))

    start = place(start_s, "start")
    stop = frames if end_s is None else place(end_s, "end")
    if stop <= start:
        raise InvalidArgument(
            f"The end ({stop / sample_rate:.2f} s) is not after the start ({start / sample_rate:.2f} s).",
            "Give an end that is later than the start.",
        )
    return start, stop


def assemble(wave: Waveform, segments: Sequence[Segment]) -> Waveform:
    """Play segments of one sound one after the other. Outside the blends every sample is the source's own.

    A blend is an equal-power cross-fade into the segment from what would have followed the one before.
    Where the sound ends there, the one before fades out and this one in.
    """
    source = wave.samples
    out = np.concatenate([source[:, s.start : s.stop] for s in segments], axis=1)
    at = 0
    for before, segment in zip([None, *segments], segments, strict=False):
        if before is not None and segment.blend:
            count = min(segment.blend, segment.stop - segment.start, before.stop - before.start)
            rise = _rise(count)
            follows = source[:, before.stop : before.stop + count]
            out[:, at : at + count] *= rise
            if follows.shape[1] == count:
                out[:, at : at + count] += follows * rise[::-1]
            else:
                out[:, at - count : at] *= rise[::-1]
        at += segment.stop - segment.start
    return Waveform(np.ascontiguousarray(out, dtype=np.float32), wave.sample_rate)


def _rise(count: int) -> Curve:
    """Equal-power rise: its square and the square of its reverse sum to one."""
    return np.asarray(np.sin(np.pi / 2 * (np.arange(count) + 0.5) / max(count, 1)), dtype=np.float32)


def clicks(before: Samples, after: Samples) -> bool:
    """Tell whether putting ``after`` behind ``before`` makes a step larger than their own around it."""
    near = np.concatenate([before[:, -_NEIGHBOURS:], after[:, :_NEIGHBOURS]], axis=1)
    steps = np.abs(np.diff(near, axis=1)).max(axis=0)
    seam = min(_NEIGHBOURS, before.shape[1]) - 1
    others = np.delete(steps, seam)
    return bool(steps[seam] > 1.5 * float(others.max(initial=0.0)) + 2e-4)


def fade_curve(frames: int, sample_rate: int, in_s: float, out_s: float) -> Curve:
    """Return the gain ``[frames]`` of an equal-power fade in and out: exactly 1 outside them, 0 at the very ends.

    Raises
    ------
    InvalidArgument : a fade longer than the sound.
    """
    gain = np.ones(frames, np.float32)
    for seconds, name in ((in_s, "in"), (out_s, "out")):
        count = round(seconds * sample_rate)
        if count > frames:
            raise InvalidArgument(
                f"A fade {name} of {seconds:g} s is longer than the sound ({frames / sample_rate:.2f} s).",
                "Give a shorter fade.",
            )
        if count:
            rise = np.sin(np.pi / 2 * np.arange(count) / count).astype(np.float32)
            if name == "in":
                gain[:count] *= rise
            else:
                gain[frames - count :] *= rise[::-1]
    return gain


def alike(waves: Sequence[Waveform]) -> list[Waveform]:
    """Return sounds at the first one's rate and the largest number of channels, so that they can be joined or mixed."""
    channels = max(wave.channels for wave in waves)
    return [wave.resampled(waves[0].sample_rate).with_channels(channels) for wave in waves]


def join(waves: Sequence[Waveform]) -> tuple[Waveform, list[bool]]:
    """Put sounds of one rate and channel count behind one another; lengths add up exactly.

    Joins that would click get a fade out and in of ``JOIN_S``; the list says which did.
    """
    parts = [wave.samples for wave in waves]
    softened = [clicks(a, b) for a, b in itertools.pairwise(parts)]
    return join_as(waves, softened), softened


def join_as(waves: Sequence[Waveform], softened: Sequence[bool]) -> Waveform:
    """Put sounds behind one another and soften just the joins named (a stem follows its mix)."""
    rate = waves[0].sample_rate
    out = np.concatenate([wave.samples for wave in waves], axis=1)
    at = 0
    for (before, after), soft in zip(itertools.pairwise(waves), softened, strict=True):
        at += before.frames
        if soft:
            count = min(round(JOIN_S * rate), before.frames, after.frames)
            out[:, at : at + count] *= _rise(count)
            out[:, at - count : at] *= _rise(count)[::-1]
    return Waveform(out, rate)


def overlay(waves: Sequence[Waveform], gains_db: Sequence[float]) -> Waveform:
    """Sum sounds of one rate and channel count at the given gains; as long as the longest. May pass full scale."""
    total = np.zeros((waves[0].channels, max(wave.frames for wave in waves)), np.float64)
    for wave, gain in zip(waves, gains_db, strict=True):
        total[:, : wave.frames] += wave.samples if gain == 0 else wave.samples * db_to_gain(gain)
    return Waveform(total.astype(np.float32), waves[0].sample_rate)


def reversed_(wave: Waveform) -> Waveform:
    """Return the sound backwards."""
    return Waveform(np.ascontiguousarray(wave.samples[:, ::-1]), wave.sample_rate)


def loop_segments(
    wave: "Waveform | Source", times: int, bar_lines_s: Sequence[float] = ()
) -> tuple[list[Segment], str]:
    """Return the segments that play a sound ``times`` times, and how in words.

    With bar lines known, a span of whole bars repeats in time and what lies before and behind it is
    heard once; else the whole sound repeats.
    """
    if times == 1:
        return [Segment(0, wave.frames)], "once, as it was"
    lines = [round(line * wave.sample_rate) for line in bar_lines_s if 0 <= line * wave.sample_rate <= wave.frames]
    if len(lines) >= 2:
        first, last = lines[0], lines[-1]
        bar = (last - first) / (len(lines) - 1)
        # A line that falls on the end of the sound may not have been heard; a longer rest is real music.
        if abs(wave.frames - (last + bar)) < 0.02 * wave.sample_rate:
            last = wave.frames
        if first < bar and wave.frames - last < bar and not (first == 0 and last == wave.frames):
            blend = _blend(wave, last, first)
            inner = [Segment(first, last, blend)] * (times - 2)
            bars = round((last - first) / bar)
            return (
                [Segment(0, last), *inner, Segment(first, wave.frames, blend)],
                f"{bars} bars repeated at bar lines",
            )
    blend = _blend(wave, wave.frames, 0)
    return [Segment(0, wave.frames), *[Segment(0, wave.frames, blend)] * (times - 1)], "the whole repeated"


def _blend(wave: "Waveform | Source", stop: int, start: int) -> int:
    """Frames of cross-fade for a jump from ``stop`` to ``start``: none where it is smooth already."""
    ends = (max(0, stop - _NEIGHBOURS), stop), (start, min(start + _NEIGHBOURS, wave.frames))
    before, after = (wave.samples[:, a:b] if isinstance(wave, Waveform) else wave.read(a, b) for a, b in ends)
    if not clicks(before, after):
        return 0
    return round((SEAM_S if stop + SEAM_S * wave.sample_rate <= wave.frames else JOIN_S) * wave.sample_rate)


def extend_segments(wave: Waveform, frames: int, lines_s: Sequence[float]) -> tuple[list[Segment], int]:
    """Return segments that make a sound last ``frames``, by jumping back between alike places, and the frames too many.

    Parameters
    ----------
    wave : the sound; shorter than ``frames``.
    frames : the length wanted.
    lines_s : bar lines in seconds, ascending; jumps go from line to line.

    Raises
    ------
    InvalidArgument : fewer than three lines to jump between.
    """
    lines = [round(line * wave.sample_rate) for line in lines_s if 0 <= line * wave.sample_rate < wave.frames]
    if len(lines) < 3:
        raise InvalidArgument(
            "This is too short to be extended from its own material.", "Give at least three bars, or loop it instead."
        )
    features = _line_features(wave, lines)
    out: list[Segment] = []
    at, blend, missing = 0, 0, frames - wave.frames
    while missing > 0:
        start, stop = _best_jump(lines, features, at, missing)
        out.append(Segment(at, lines[stop], blend))
        at = lines[start]
        blend = _blend(wave, lines[stop], at)
        missing -= lines[stop] - lines[start]
    out.append(Segment(at, wave.frames, blend))
    return out, -missing


def _best_jump(lines: Sequence[int], features: npt.NDArray[np.float32], at: int, missing: int) -> tuple[int, int]:
    """Return (line to go back to, line to leave at): the most alike of those that bring the most of what is missing.

    The last line is left out: behind it the piece ends.
    """
    best, choice = -np.inf, (0, len(lines) - 1)
    shortest = max(1, min(missing, 3 * (lines[-1] - lines[0]) // 4))
    for stop in range(1, len(lines)):
        if lines[stop] <= at:
            continue
        for start in range(stop):
            gained = lines[stop] - lines[start]
            alike = float(features[start] @ features[stop])
            waste = max(0, gained - missing) / (lines[1] - lines[0] + 1)
            short = max(0, shortest - gained) / shortest
            score = alike - 0.3 * waste - 1.5 * short + 0.2 * lines[stop] / lines[-1]
            if score > best:
                best, choice = score, (start, stop)
    return choice


def _line_features(wave: Waveform, lines: Sequence[int]) -> npt.NDArray[np.float32]:
    """One vector a line, of length 1: band levels in four slices of the two seconds behind it."""
    mono = wave.mono()
    slices, size = 4, int(0.5 * wave.sample_rate)
    edges = np.geomspace(60, 0.4 * wave.sample_rate, 25)
    hertz = np.fft.rfftfreq(size, 1 / wave.sample_rate)
    bands = np.digitize(hertz, edges)
    out = np.zeros((len(lines), slices * 24), np.float32)
    for i, line in enumerate(lines):
        for k in range(slices):
            part = mono[line + k * size : line + (k + 1) * size]
            power = np.abs(np.fft.rfft(part * np.hanning(len(part)), size)) ** 2 if len(part) > 16 else hertz * 0
            levels = np.bincount(bands, power, minlength=26)[1:25]
            out[i, k * 24 : (k + 1) * 24] = np.log10(levels + 1e-6)
    out -= out.mean(axis=0)
    return np.asarray(out / (np.linalg.norm(out, axis=1, keepdims=True) + 1e-9), dtype=np.float32)
