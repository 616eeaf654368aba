"""What was composed before, so that a piece without a seed does not repeat it: fingerprints in a small file.

The file has one line a piece: its genre, a tab, its fingerprints. It is never needed: where it is missing, broken
or cannot be written, the pieces of this process are remembered and nothing else happens. Several processes may
write at once: a line is added by one write, and the file is shortened by replacing it whole.
"""

import os
import tempfile
import threading
from collections import deque
from pathlib import Path

from segue.tools.core.score import Score
from segue.tools.music.fingerprints import fingerprints

FILE = "composed.prints"
_MOST_BYTES = 2_000_000  # about 1,500 pieces; from here on the older half is forgotten
_MOST_PIECES = 500  # of this process


class Memory:
    """The pieces made before, in this process and, through ``path``, in others and before a restart."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._recent: deque[tuple[str, frozenset[str]]] = deque(maxlen=_MOST_PIECES)
        self._read: tuple[tuple[int, int], dict[str, set[str]]] = ((0, 0), {})

    def shared(self, score: Score) -> frozenset[str]:
        """Return the fingerprints that a piece shares with any earlier one of its genre."""
        genre, mine = score.genre or "", fingerprints(score)
        with self._lock:
            found = mine & self._kept().get(genre, set())
            for own, prints in self._recent:
                found |= mine & prints if own == genre else frozenset()
        return found

    def remember(self, score: Score) -> None:
        """Keep a piece's fingerprints."""
        genre, mine = score.genre or "", fingerprints(score)
        line = f"{genre}\t{' '.join(sorted(mine))}\n".encode()
        with self._lock:
            self._recent.append((genre, mine))
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("ab", buffering=0) as file:
                    file.write(line)
                if self.path.stat().st_size > _MOST_BYTES:
                    self._shorten()
            except OSError:
                return  # a folder that cannot be written to: this process still remembers

    def _kept(self) -> dict[str, set[str]]:
        """Return the fingerprints in the file by genre; it is read again where it has changed."""
        try:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp != self._read[0]:
                kept: dict[str, set[str]] = {}
                for line in self.path.read_bytes()[-2 * _MOST_BYTES :].decode("ascii", "replace").splitlines():
                    genre, _, prints = line.partition("\t")
                    kept.setdefault(genre, set()).update(prints.split())
                self._read = (stamp, kept)
        except OSError:
            return {}
        return self._read[1]

    def _shorten(self) -> None:
        """Keep the newer half of the file; a line that another process adds meanwhile may be lost, which does no harm."""
        kept = self.path.read_bytes()[-_MOST_BYTES // 2 :].partition(b"\n")[2]
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f"{self.path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(kept)
            Path(name).replace(self.path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
