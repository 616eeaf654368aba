"""The journal of what was written into the user's files, and taking it back to the byte.

For every file the journal holds how the old bytes come out of the new ones: mostly a tag block of some hundred
bytes, since all else stands in the new file still. It is on disk before the file is replaced.
"""

import base64
import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segue.tools.collection.catalogue import now

Step = list[int] | str  # [start, length] of the new bytes, or base64 of old ones
_BLOCK = 256  # bytes that must be equal to be found again


def steps_back(new: bytes, old: bytes) -> list[Step]:
    """Return how ``old`` is made of pieces of ``new`` and bytes of its own."""
    head = _common(new, old)
    tail = _common(new[head:][::-1], old[head:][::-1])
    steps: list[Step] = [[0, head]]
    stop, end = len(new) - tail, len(old) - tail
    places = {new[at : at + _BLOCK]: at for at in range(head, stop - _BLOCK + 1, _BLOCK)}
    at = kept = head
    while at <= end - _BLOCK:
        place = places.get(old[at : at + _BLOCK])
        if place is None:
            at += 1
            continue
        while at > kept and place > head and old[at - 1] == new[place - 1]:  # the equal stretch begins before the block
            at, place = at - 1, place - 1
        length = _common(new[place:stop], old[at:end])
        steps += [_own(old[kept:at]), [place, length]]
        at = kept = at + length
    return [step for step in (*steps, _own(old[kept:end]), [stop, tail]) if step and step != [0, 0]]


def _own(part: bytes) -> str:
    return base64.b64encode(part).decode()


def _common(a: bytes, b: bytes) -> int:
    """Return how many bytes both begin with."""
    length = min(len(a), len(b))
    differ = np.nonzero(np.frombuffer(a, np.uint8, length) != np.frombuffer(b, np.uint8, length))[0]
    return int(differ[0]) if len(differ) else length


def stepped(new: bytes, steps: list[Step]) -> bytes:
    """Return the old bytes."""
    return b"".join(
        base64.b64decode(step) if isinstance(step, str) else new[step[0] : step[0] + step[1]] for step in steps
    )


def replace(path: Path, data: bytes, mtime_ns: int | None = None) -> None:
    """Put a file's new bytes in its place at once: whole or not at all, with its rights, owner and attributes.

    Parameters
    ----------
    mtime_ns : its time; else it is now.
    """
    handle, name = tempfile.mkstemp(prefix=".segue-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        shutil.copystat(path, name)
        if hasattr(os, "chown"):
            with contextlib.suppress(PermissionError):  # a group that one is not in
                os.chown(name, path.stat().st_uid, path.stat().st_gid)
        at = time.time_ns() if mtime_ns is None else mtime_ns
        os.utime(name, ns=(at, at))
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


class Journal:
    """A file with a line for every batch of writing, and after it one for every file that was changed in place."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, beside: Mapping[str, Any]) -> None:
        """Begin a batch; ``beside`` is what stood in the sidecars before, by music file."""
        self._append({"time": now(), "before": dict(beside)})

    def changes(self, path: Path, old: bytes, new: bytes) -> None:
        """Note that a file is about to be replaced."""
        stat = path.stat()
        self._append({"file": str(path), "old": _hash(old), "new": _hash(new), "mtime_ns": stat.st_mtime_ns, "steps": steps_back(new, old)})  # fmt: skip

    def _append(self, entry: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a", encoding="utf-8") as out:
            out.write(json.dumps(entry) + "\n")
            out.flush()
            os.fsync(out.fileno())

    def last(self) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        """Return the last batch: what stood beside the files, and the files changed in place; None where there is none."""
        lines = self._lines()
        files: list[dict[str, Any]] = []
        for line in reversed(lines):
            entry = _entry(line)
            if "before" in entry:
                return entry["before"], files
            if entry:
                files.append(entry)
        return None

    def drop(self) -> None:
        """Forget the last batch."""
        lines = self._lines()
        while lines and "before" not in _entry(lines.pop()):
            pass
        temporary = self.path.with_suffix(".writing")
        temporary.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        os.replace(temporary, self.path)

    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []


def taken_back(files: list[dict[str, Any]]) -> Iterator[tuple[Path, bool]]:
    """Put files back as they were, the last written first; yield each with whether it could be: not one changed since."""
    for entry in files:
        path = Path(entry["file"])
        try:
            data = path.read_bytes()
            if _hash(data) == entry["old"]:  # it was never replaced: that batch was killed before
                continue
            old = stepped(data, entry["steps"]) if _hash(data) == entry["new"] else b""
            whole = bool(old) and _hash(old) == entry["old"]
            if whole:
                replace(path, old, entry["mtime_ns"])
        except OSError:
            whole = False
        yield path, whole


def _entry(line: str) -> dict[str, Any]:
    """Return a line of the journal; nothing where the machine stopped in the middle of it."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return found


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
