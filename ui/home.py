"""Who owns a data folder: one process at a time, named in ``SEGUE_HOME/lock``.

The operating system holds the lock, so that a killed process leaves none behind; the file's text says
who it is (pid, port, command) and holds a token by which commands of the same user reach a server.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ValidationError

from segue.tools.core.errors import HomeInUse, StoreError

_LOCKED_BYTE = 1 << 20  # beyond the text, so that others can read it on Windows too


class Holder(BaseModel):
    """Who owns a data folder. ``port`` is 0 unless it is a server."""

    pid: int
    command: str
    host: str = "127.0.0.1"
    port: int = 0
    token: str = ""

    @property
    def url(self) -> str:
        """The address of the server's API."""
        return f"http://{'[::1]' if ':' in self.host else self.host}:{self.port}"

    def __str__(self) -> str:
        where = f" at {self.url}" if self.port else ""
        return f"`segue {self.command}` (process {self.pid}){where}"


def _try_lock(file: IO[str]) -> bool:
    if os.name == "nt":
        import msvcrt

        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _open(home: Path) -> IO[str]:
    try:
        home.mkdir(parents=True, exist_ok=True)
        # Only its user may read it: the token inside opens the server.
        return os.fdopen(os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"The data folder {home} cannot be used ({error.strerror}).",
            "Set SEGUE_HOME to a folder that you may write to.",
        ) from error


def _read(file: IO[str]) -> Holder | None:
    file.seek(0)
    try:
        return Holder.model_validate_json(file.read())
    except (ValidationError, UnicodeDecodeError):
        return None


def holder(home: Path) -> Holder | None:
    """Return who owns the data folder now, or None. What a killed process left behind does not count."""
    if not (home / "lock").exists():
        return None
    with _open(home) as file:
        return None if _try_lock(file) else _read(file)


def left_behind(home: Path) -> Holder | None:
    """Return the owner that ended without giving the folder back (killed, power cut), or None."""
    if not (home / "lock").exists():
        return None
    with _open(home) as file:
        return _read(file) if _try_lock(file) else None


@contextmanager
def owned(home: Path, command: str, *, host: str = "127.0.0.1", port: int = 0, wait_s: float = 0.0) -> Iterator[Holder]:
    """Own the data folder while the block runs.

    Parameters
    ----------
    command : what runs, as others are told ("serve", "chat").
    host, port : where a server answers; 0 for other commands.
    wait_s : how long to wait for another command to finish; a server is never waited for.

    Raises
    ------
    HomeInUse : another process owns it; the message says which.
    """
    file = _open(home)
    end = time.monotonic() + wait_s
    while not _try_lock(file):
        who = _read(file)
        if (who and who.port) or time.monotonic() >= end:
            file.close()
            raise HomeInUse(
                f"{home} is in use by {who or 'another Segue'}.",
                "Use its page, end it, or give another folder as SEGUE_HOME.",
            )
        time.sleep(0.1)
    me = Holder(pid=os.getpid(), command=command, host=host, port=port, token=secrets.token_urlsafe(24))
    _write(file, me.model_dump_json())
    try:
        yield me
    finally:
        _write(file, "")
        file.close()


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def describe(home: Path) -> str:
    """Return one sentence on the lock, for the doctor."""
    who = holder(home)
    if who:
        return f"owned by {who}"
    gone = left_behind(home)
    if gone:
        return f"free; `segue {gone.command}` (process {gone.pid}) ended without giving it back"
    return "free"
