"""Sound that is never whole in memory: sources read in spans, written block by block.

A ``Source`` is what a long recording is while it is edited: a file, or something done to another source when it is read. What can
only be done from front to back (filters that ring) is written to a temporary file of float32 first. Two hours of stereo are
2.5 GB there, and a few tens of MB here.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from segue.tools.core.audio import Samples, Waveform, quantised, stream
from segue.tools.sound.loudness import gain_to_db, k_weighted_energy, lufs_of_energy, peak_envelope

BLOCK_S = 10  # whole seconds, so that every block begins on the grid of any other rate
HOP = 64
Check = Callable[[], None]
Report = Callable[[float, float, str], None]


class Source(Protocol):
    """Sound by spans."""

    @property
    def channels(self) -> int: ...  # noqa: D102
    @property
    def frames(self) -> int: ...  # noqa: D102
    @property
    def sample_rate(self) -> int: ...  # noqa: D102

    def read(self, start: int, stop: int) -> Samples:
        """Return the frames ``start`` to ``stop``, float32 ``[channels, frames]``; outside the sound is silence."""


@dataclass(frozen=True)
class Raw:
    """Interleaved float32 in a file."""

    path: Path
    channels: int
    frames: int
    sample_rate: int

    def read(self, start: int, stop: int) -> Samples:
        """Return frames ``start`` to ``stop``; outside the sound is silence."""
        first, last = max(0, start), min(stop, self.frames)
        count = max(0, last - first)
        inside = np.fromfile(
            self.path, np.float32, count * self.channels, offset=4 * self.channels * min(first, self.frames)
        )
        found = inside.reshape(-1, self.channels).T
        return np.pad(found, ((0, 0), (min(first, stop) - start, stop - start - count - (min(first, stop) - start))))


@dataclass(frozen=True)
class Mapped:
    """A source that is made when it is read: ``make(start, stop)`` for spans inside the sound."""

    channels: int
    frames: int
    sample_rate: int
    make: Callable[[int, int], Samples]

    def read(self, start: int, stop: int) -> Samples:
        """Return frames ``start`` to ``stop``; outside the sound is silence."""
        first, last = min(max(0, start), self.frames), max(0, min(stop, self.frames))
        if last <= first:
            return np.zeros((self.channels, stop - start), np.float32)
        inside = self.make(first, last)
        return inside if (first, last) == (start, stop) else np.pad(inside, ((0, 0), (first - start, stop - last)))


class Room:
    """A temporary folder for what must be written on the way. A context manager."""

    def __init__(self, check: Check, report: Report) -> None:
        self.check, self.report = check, report
        self._folder = tempfile.TemporaryDirectory(prefix="segue-long-")
        self._count = 0

    def __enter__(self) -> "Room":
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def new(self, suffix: str = ".f32") -> Path:
        """Return the path of a new file."""
        self._count += 1
        return Path(self._folder.name) / f"{self._count}{suffix}"

    def decoded(self, path: Path, channels: int, sample_rate: int, max_s: float) -> Raw:
        """Decode a recording to a raw file."""
        target, frames = self.new(), 0
        with target.open("wb") as out:
            for block in stream(path, max_s):
                self.check()
                frames += block.shape[1]
                out.write(np.ascontiguousarray(block.T).tobytes())
        return Raw(target, channels, frames, sample_rate)

    def written(self, blocks: Iterator[Samples], channels: int, sample_rate: int) -> Raw:
        """Write blocks that follow one another to a raw file."""
        target, frames = self.new(), 0
        with target.open("wb") as out:
            for block in blocks:
                self.check()
                frames += block.shape[1]
                out.write(np.ascontiguousarray(block.T, dtype=np.float32).tobytes())
        return Raw(target, channels, frames, sample_rate)

    def flac(self, source: Source, label: str) -> Path:
        """Write a source as 24-bit FLAC and return the file."""
        import soundfile

        target = self.new(".flac")
        with soundfile.SoundFile(
            str(target), "w", source.sample_rate, source.channels, format="FLAC", subtype="PCM_24"
        ) as out:
            for start, stop in spans(source):
                self.check()
                self.report(stop, source.frames, label)
                out.write(quantised(source.read(start, stop)).T)
        return target


def spans(source: Source) -> Iterator[tuple[int, int]]:
    """Yield the blocks of a source as (start, stop)."""
    size = BLOCK_S * source.sample_rate
    for start in range(0, source.frames, size):
        yield start, min(start + size, source.frames)


def changed(source: Source, change: Callable[[Samples, int], Samples]) -> Mapped:
    """Return a source whose spans are ``change(samples, first frame)`` of another's."""
    return Mapped(
        source.channels,
        source.frames,
        source.sample_rate,
        lambda a, b: np.asarray(change(source.read(a, b), a), np.float32),
    )


def with_context(source: Source, change: Callable[[Samples, int], Samples], context: int) -> Mapped:
    """Return a source of spans changed together with ``context`` frames on either side, which are dropped again."""

    def make(start: int, stop: int) -> Samples:
        made = change(source.read(start - context, stop + context), start - context)
        return np.ascontiguousarray(made[:, context : context + stop - start])

    return Mapped(source.channels, source.frames, source.sample_rate, make)


# -- levels --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Levels:
    """What a source measures: K-weighted energy and the largest sample of every ``HOP`` frames, true peak, dBTP."""

    energy: Samples
    peaks: Samples
    true_peak_db: float
    highest: float
    lowest: float

    def lufs(self, sample_rate: int) -> float:
        """Return the integrated loudness."""
        return lufs_of_energy(self.energy.astype(np.float64), sample_rate, HOP)


def measured(source: Source, room: Room) -> Levels:
    """Measure a source in one pass."""
    rate = source.sample_rate
    lead = -(-rate // HOP) * HOP  # a second in which the filters of the weighting settle
    count = -(-source.frames // HOP)
    energy, peaks = np.zeros(count, np.float32), np.zeros(count, np.float32)
    true, highest, lowest = 0.0, 0.0, 0.0
    size = BLOCK_S * rate // HOP * HOP
    for start in range(0, source.frames, size):
        room.check()
        stop = min(start + size, source.frames)
        block = source.read(start - lead, stop)
        inside = block[:, lead:]
        first, hops = start // HOP, -(-(stop - start) // HOP)
        energy[first : first + hops] = k_weighted_energy(block, rate, HOP)[lead // HOP :]
        padded = np.pad(np.abs(inside).max(axis=0), (0, hops * HOP - inside.shape[1]))
        peaks[first : first + hops] = padded.reshape(hops, HOP).max(axis=1)
        true = max(true, float(peak_envelope(block[:, lead - HOP :], HOP, 0.9).max(initial=0.0)))
        highest, lowest = max(highest, float(inside.max())), min(lowest, float(inside.min()))
    return Levels(energy, peaks, gain_to_db(true), highest, lowest)


def waveform(source: Source, start: int, stop: int) -> Waveform:
    """Return a span as sound in memory."""
    return Waveform(np.ascontiguousarray(source.read(start, stop)), source.sample_rate)
