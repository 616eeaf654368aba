"""Finished parts, of which only so many stay in memory: the others wait in a temporary file.

Three minutes of nine parts are 600 MB of float32. A ``Shelf`` keeps what fits and writes the rest to a file
without a name, which the system removes with the last reader.
"""

import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

import numpy as np

from segue.tools.core.audio import Samples, Waveform
from segue.tools.music.mixdown import BLOCK, blocks_of

IN_MEMORY = 240_000_000  # bytes of stems that stay in memory


class Shelf:
    """Sounds by name, float32 ``[2, frames]``; safe from several threads. Silent blocks take no room in the file."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._left = in_memory
        self._kept: dict[str, Samples] = {}
        self._filed: dict[str, tuple[int, dict[int, int]]] = {}  # name: frames, and by block the byte it starts at
        self._file: IO[bytes] | None = None
        self._end = 0
        self._lock = threading.Lock()

    def put(self, name: str, samples: Samples) -> None:
        """Keep a sound, in the place of one of the same name."""
        with self._lock:
            if name in self._kept:
                self._left += self._kept.pop(name).nbytes
            if name not in self._filed and samples.nbytes <= self._left:
                self._left -= samples.nbytes
                self._kept[name] = samples
                return
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="segue-stems-")  # noqa: SIM115 - lives as long as the shelf
            before = self._filed.get(name, (0, {}))[1]
            places: dict[int, int] = {}
            for start, block in blocks_of(samples):
                if start in before:
                    places[start] = before[start]
                else:
                    places[start] = self._end
                    self._end += 2 * 4 * BLOCK
                self._file.seek(places[start])
                self._file.write(np.ascontiguousarray(block).data)
            self._filed[name] = (samples.shape[1], places)

    def get(self, name: str) -> Samples:
        """Return a sound: the one in memory, or a new copy of the filed one."""
        with self._lock:
            if name in self._kept:
                return self._kept[name]
            frames, places = self._filed[name]
            assert self._file is not None
            self._file.flush()
            out = np.zeros((2, frames), np.float32)
            for start, place in places.items():
                block = out[:, start : start + BLOCK]
                self._file.seek(place)
                block[:] = np.fromfile(self._file, np.float32, block.size).reshape(block.shape)
            return out


class Stems(Mapping[str, Waveform]):
    """Stems by part name: those that were there before, and those on a shelf, read when they are asked for."""

    def __init__(self, shelf: Shelf, names: Sequence[str], sample_rate: int, given: Mapping[str, Waveform]) -> None:
        self._shelf, self._names, self._rate, self._given = shelf, dict.fromkeys(names), sample_rate, given

    def __getitem__(self, name: str) -> Waveform:
        if name not in self._names:
            raise KeyError(name)
        return self._given[name] if name in self._given else Waveform(self._shelf.get(name), self._rate)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
