"""Files for the user: safe names, written whole or not at all, nothing overwritten."""

import errno
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from segue.tools.core.errors import CannotDo, DiskFull

_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))})
_LONGEST = 120  # bytes of a name, so that suffix and number still fit every file system


def safe_name(text: str, fallback: str = "untitled") -> str:
    """Return ``text`` as a file name that every system takes, without its suffix.

    >>> safe_name('AC/DC: "Live"')
    'AC-DC- Live'
    """
    name = re.sub(r"[/\\:|]", "-", re.sub(r'[<>"*?\x00-\x1f\x7f]', "", text))
    name = " ".join(name.split()).strip(" .-")
    while len(name.encode()) > _LONGEST:
        name = name[:-1].rstrip(" .-")
    return f"_{name}" if name.split(".")[0].lower() in _RESERVED else name or fallback


def free_name(folder: Path, name: str, suffix: str) -> Path:
    """Return ``folder/name.suffix``, or ``name (2)`` and so on where that is taken."""
    candidate, number = folder / f"{name}{suffix}", 1
    while candidate.exists():
        number += 1
        candidate = folder / f"{name} ({number}){suffix}"
    return candidate


def place(folder: Path, name: str, suffix: str, write: Callable[[Path], None]) -> Path:
    """Let ``write`` fill a temporary file and put it at a free name; return where it is.

    Raises
    ------
    DiskFull : no room left; nothing is left behind.
    CannotDo : the folder cannot be written to.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary_name = tempfile.mkstemp(prefix=".writing-", suffix=suffix, dir=folder)
        os.close(handle)
        temporary = Path(temporary_name)
        try:
            write(temporary)
            with open(temporary, "rb+") as out:
                os.fsync(out.fileno())
            temporary.chmod(0o644)
            return _settle(temporary, folder, name, suffix)
        finally:
            temporary.unlink(missing_ok=True)


def _settle(temporary: Path, folder: Path, name: str, suffix: str) -> Path:
    """Rename without overwriting: a hard link fails where a file has come in between."""
    for _ in range(1000):
        target = free_name(folder, name, suffix)
        try:
            os.link(temporary, target)
            return target
        except FileExistsError:
            continue
        except OSError:  # a file system without hard links
            os.replace(temporary, target)
            return target
    raise CannotDo(f"No free name like {name}{suffix} was found in {folder}.", "Choose another folder.")


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Say in words of ours why something could not be written into a folder.

    Raises
    ------
    DiskFull : no room left.
    CannotDo : the folder cannot be written to.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("The disk is full: the file was not written.", "Free some room and repeat.") from error
        raise CannotDo(f"{folder} cannot be written to ({error.strerror}).", "Choose another folder.") from error
