"""``segue backup`` and ``segue restore``: a whole data folder as one zip file.

Databases are copied by SQLite's own backup, so that the copy is consistent; what can be made again
(caches) is in it too, because nobody can tell what a user would miss.
"""

import contextlib
import errno
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from segue.tools.core.errors import BadInput, DiskFull, InvalidArgument, NotFound, StoreError
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store

_LEFT_OUT = {"lock"}
_DATABASE_COMPANIONS = ("-wal", "-shm", "-journal")
MAX_MEMBERS = 5_000_000

Report = Callable[[int, int], None]


def backup(home: Path, target: Path, report: Report = lambda done, total: None) -> int:
    """Write the data folder to ``target`` and return the number of files in it.

    The file appears under its name only when it is complete.

    Raises
    ------
    NotFound : there is no data folder.
    InvalidArgument : ``target`` lies inside the data folder.
    DiskFull : no room left.
    """
    if not home.is_dir():
        raise NotFound(f"There is no data folder {home}.", "Set SEGUE_HOME to the folder to save.")
    target = target.resolve()
    if home.resolve() in target.parents:
        raise InvalidArgument(f"{target} lies inside the data folder.", "Choose a place outside of it.")
    if not target.parent.is_dir():
        raise NotFound(f"There is no folder {target.parent}.", "Make it first.")
    files = sorted(path for path in home.rglob("*") if path.is_file() and _belongs(path, home))
    handle, name = tempfile.mkstemp(prefix=".segue-backup-", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for number, path in enumerate(files):
                _add(archive, path, path.relative_to(home).as_posix())
                report(number + 1, len(files))
        with open(temporary, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(temporary, target)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk is full: {target.name} was not written.", "Free some room.") from error
        raise StoreError(f"{target} cannot be written ({error.strerror}).", "Choose another place.") from error
    finally:
        temporary.unlink(missing_ok=True)
    return len(files)


def _belongs(path: Path, home: Path) -> bool:
    inside = path.relative_to(home).as_posix()
    return inside not in _LEFT_OUT and not inside.endswith(_DATABASE_COMPANIONS) and ".writing-" not in inside


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    if path.suffix != ".db":
        archive.write(path, name)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        archive.write(copy, name, zipfile.ZIP_DEFLATED)


def restore(source: Path, home: Path, replace: bool = False) -> Path | None:
    """Bring a data folder back from a backup; return where the former one was put, if there was one.

    The archive is unpacked beside the data folder and opened once before anything is moved.

    Raises
    ------
    NotFound : there is no such file.
    BadInput : not a backup of Segue, or broken.
    InvalidArgument : the data folder is not empty and ``replace`` was not said.
    NewerHome : written by a newer Segue.
    """
    if not source.is_file():
        raise NotFound(f"There is no file {source}.", "Check the name and the folder.")
    present = home.is_dir() and any(entry.name not in _LEFT_OUT for entry in home.iterdir())
    if present and not replace:
        raise InvalidArgument(
            f"{home} is not empty.", "Say --replace to put it aside first, or give another folder as SEGUE_HOME."
        )
    home.parent.mkdir(parents=True, exist_ok=True)
    unpacked = Path(tempfile.mkdtemp(prefix=f".{home.name}-restoring-", dir=home.parent))
    try:
        _unpack(source, unpacked)
        Store(Settings(home=unpacked)).close()
        aside = None
        if present:
            aside = home.with_name(f"{home.name}.before-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        _exchange(unpacked, home, aside)
        return aside
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _unpack(source: Path, folder: Path) -> None:
    not_ours = BadInput(f"{source.name} is not a backup of Segue.", "Give a file that `segue backup` wrote.")
    try:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
            if "store.db" not in names or len(names) > MAX_MEMBERS:
                raise not_ours
            for name in names:
                parts = PurePosixPath(name).parts
                if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
                    raise not_ours
            archive.extractall(folder)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError) as error:
        raise not_ours from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("The disk is full: nothing was restored.", "Free some room.") from error
        raise


def _exchange(unpacked: Path, home: Path, aside: Path | None) -> None:
    """Move entry by entry, so that the lock that this process holds stays where it is."""
    home.mkdir(exist_ok=True)
    if aside:
        aside.mkdir()
        for entry in list(home.iterdir()):
            if entry.name not in _LEFT_OUT:
                entry.rename(aside / entry.name)
    for entry in list(unpacked.iterdir()):
        entry.rename(home / entry.name)
