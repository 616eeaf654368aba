"""Joins, mixes, loops and turns of sounds that are never whole in memory; the same cuts and fades as ``splice``."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from segue.tools.core.audio import Samples
from segue.tools.sound import blocks, splice
from segue.tools.sound.blocks import Mapped, Room, Source
from segue.tools.sound.loudness import db_to_gain
from segue.tools.sound.splice import Segment

_NEAR = 256  # frames on either side that tell whether a join would click


def fitted(source: Source, rate: int, channels: int, room: Room) -> Source:
    """Return a source at another rate (soxr, high quality) and with other channels (mono is copied, more are averaged to mono)."""
    if source.channels != channels:
        narrow = source
        source = Mapped(channels, narrow.frames, narrow.sample_rate, lambda a, b: _spread(narrow.read(a, b), channels))
    return source if source.sample_rate == rate else room.written(_resampled(source, rate), channels, rate)


def _spread(samples: Samples, channels: int) -> Samples:
    base = samples if len(samples) == 1 else samples.mean(axis=0, keepdims=True)
    return np.repeat(base, channels, axis=0).astype(np.float32)


def _resampled(source: Source, rate: int) -> Iterator[Samples]:
    import soxr

    machine = soxr.ResampleStream(source.sample_rate, rate, source.channels, dtype="float32", quality="HQ")
    for start, stop in blocks.spans(source):
        block = np.ascontiguousarray(source.read(start, stop).T)
        yield np.asarray(machine.resample_chunk(block, stop == source.frames), dtype=np.float32).T


def part(source: Source, start: int, stop: int) -> Source:
    """Return the frames ``start`` to ``stop`` of a source."""
    return Mapped(source.channels, stop - start, source.sample_rate, lambda a, b: source.read(start + a, start + b))


def chained(sources: Sequence[Source]) -> Source:
    """Return sources of one rate and channel count behind one another, every sample as it was."""
    ends = list(itertools.accumulate(source.frames for source in sources))

    def make(start: int, stop: int) -> Samples:
        pieces = []
        for source, end in zip(sources, ends, strict=True):
            first = end - source.frames
            if first < stop and end > start:
                pieces.append(source.read(max(start, first) - first, min(stop, end) - first))
        return np.concatenate(pieces, axis=1)

    return Mapped(sources[0].channels, ends[-1], sources[0].sample_rate, make)


def joined(sources: Sequence[Source]) -> tuple[Source, list[bool]]:
    """Put sources behind one another; joins that would click get a fade out and in, and the list says which did."""
    soft = [
        splice.clicks(before.read(max(0, before.frames - _NEAR), before.frames), after.read(0, min(_NEAR, after.frames)))
        for before, after in itertools.pairwise(sources)
    ]  # fmt: skip
    count = round(splice.JOIN_S * sources[0].sample_rate)
    parts = []
    for number, source in enumerate(sources):
        size = min(count, source.frames)
        into, out_of = number > 0 and soft[number - 1], number < len(soft) and soft[number]
        parts.append(_faded(source, size if into else 0, size if out_of else 0))
    return chained(parts), soft


def _faded(source: Source, into: int, out_of: int) -> Source:
    """Return a source with an equal-power rise over its first frames and a fall over its last."""
    if not (into or out_of):
        return source

    def change(x: Samples, at: int) -> Samples:
        places = np.arange(at, at + x.shape[1])
        gain = np.ones(x.shape[1])
        if into:
            gain *= np.sin(np.pi / 2 * np.minimum((places + 0.5) / into, 1))
        if out_of:
            gain *= np.sin(np.pi / 2 * np.minimum((source.frames - places - 0.5) / out_of, 1))
        return np.where(gain == 1, x, x * gain.astype(np.float32))

    return blocks.changed(source, change)


def crossfaded(first: Source, second: Source, out_at: int, in_at: int, count: int) -> Source:
    """Leave the first at ``out_at`` for the second at ``in_at``, with an equal-power cross-fade of ``count`` frames."""
    tail = _faded(part(first, out_at, out_at + count), 0, count)
    head = _faded(part(second, in_at, in_at + count), count, 0)
    rest = part(second, in_at + count, second.frames)
    return chained([part(first, 0, out_at), overlaid([tail, head], [0.0, 0.0]), rest])


def overlaid(sources: Sequence[Source], gains_db: Sequence[float]) -> Source:
    """Sum sources of one rate and channel count at the given gains; as long as the longest. May pass full scale."""
    factors = [db_to_gain(gain) for gain in gains_db]

    def make(start: int, stop: int) -> Samples:
        total = np.zeros((sources[0].channels, stop - start))
        for source, factor in zip(sources, factors, strict=True):
            total += source.read(start, stop) * factor if factor != 1 else source.read(start, stop)
        return total.astype(np.float32)

    return Mapped(sources[0].channels, max(s.frames for s in sources), sources[0].sample_rate, make)


def assembled(source: Source, segments: Sequence[Segment]) -> Source:
    """Play segments of one source one after the other, as ``splice.assemble`` does."""
    parts: list[Source] = []
    for number, segment in enumerate(segments):
        size = segment.stop - segment.start
        count = 0
        body = part(source, segment.start, segment.stop)
        if number and segment.blend:
            before = segments[number - 1]
            count = min(segment.blend, size, before.stop - before.start)
            if before.stop + count <= source.frames:
                follows = _faded(part(source, before.stop, before.stop + count), 0, count)
                body = overlaid([_faded(body, count, 0), follows], [0.0, 0.0])
            else:
                parts[-1] = _faded(parts[-1], 0, count)
                body = _faded(body, count, 0)
        parts.append(body)
    return chained(parts)


def bars_looped(source: Source, start: int, stop: int, size: int, times: int, seamless: bool) -> Source:
    """Play ``start`` to ``stop`` several times, each pass fading over ``size`` frames into what lies before ``start``."""
    once = part(source, start, stop)
    turned = once
    if size:
        end = _faded(part(source, stop - size, stop), 0, size)
        before = _faded(part(source, start - size, start), size, 0)
        turned = chained([part(source, start, stop - size), overlaid([end, before], [0.0, 0.0])])
    return chained([*[turned] * (times - 1), turned if seamless else once])


def in_turns(sources: Sequence[Source], turn: int, turns: int) -> Source:
    """Play two sources of one length in turns, each going on where the last one stopped, with fades of 20 ms."""
    rate, frames = sources[0].sample_rate, min(source.frames for source in sources)
    fade = round(min(0.02, turn / rate / 4) * rate)
    starts = [min((number // 2) * turn, frames - turn) for number in range(turns)]
    return chained([_faded(part(sources[n % 2], at, at + turn), fade, fade) for n, at in enumerate(starts)])
