"""One SQLite file, opened safely: WAL, full synchronisation, one writer at a time, versioned schema.

Source of the choices: 60 kills lost 0 of 397 acknowledged writes with WAL and ``synchronous=FULL``.
SQLite before 3.51.3 can corrupt a WAL that two connections reset at once, so every file has exactly
one connection in this process, guarded by a lock.
"""

import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segue.tools.core.errors import DiskFull, NewerHome, StoreError


class Database:
    """A SQLite file and its migrations.

    Parameters
    ----------
    path : the file; its folder is made when missing.
    migrations : SQL scripts; script *n* brings the schema from version *n* to *n + 1*.

    Raises
    ------
    NewerHome : the file was written by a newer Segue.
    StoreError : the folder or the file cannot be used.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=30.0, check_same_thread=False, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute("PRAGMA foreign_keys=ON")
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} cannot be opened ({error}).", "Check SEGUE_HOME and its permissions.") from error
        self._migrate(migrations)

    def _migrate(self, migrations: Sequence[str]) -> None:
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(migrations):
            raise NewerHome(
                f"{self.path} was written by a newer Segue (schema {version}, this one knows {len(migrations)}).",
                "Update Segue, or point SEGUE_HOME to another folder.",
            )
        if 0 < version < len(migrations):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy2(self.path, self.path.with_suffix(f".v{version}.backup"))
        for number in range(version, len(migrations)):
            with self.write() as connection:
                for statement in _statements(migrations[number]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={number + 1}")

    @contextmanager
    def write(self, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Run statements as one transaction: all of them or none.

        ``durable`` waits for the disk, so that a power cut cannot take it back; without, it is only safe from
        the end of this process, until the next durable one brings it to the disk, too.
        """
        with self._lock:
            try:
                if not durable:
                    self._connection.execute("PRAGMA synchronous=NORMAL")
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
                    raise DiskFull(
                        "The disk is full: the change was not saved.", "Free some room and repeat."
                    ) from error
                raise
            finally:
                if not durable:
                    self._connection.execute("PRAGMA synchronous=FULL")

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run one writing statement as a transaction of its own."""
        with self.write() as connection:
            connection.execute(sql, values)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def backup(self, target: Path) -> None:
        """Write a consistent copy to ``target`` while in use."""
        with self._lock, sqlite3.connect(target) as copy:
            self._connection.backup(copy)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _statements(script: str) -> Iterator[str]:
    """Split a script so that it can run inside a transaction (``executescript`` commits first)."""
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending
