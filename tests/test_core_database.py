"""The database keeps what it acknowledged, migrates with a backup and refuses a newer file."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from segue.tools.core.database import Database
from segue.tools.core.errors import NewerHome, StoreError

FIRST = "CREATE TABLE words (word TEXT);\nCREATE INDEX by_word ON words (word);"
SECOND = "ALTER TABLE words ADD COLUMN language TEXT DEFAULT 'en';"


def test_a_migration_keeps_the_rows_and_leaves_a_backup(tmp_path):
    path = tmp_path / "words.db"
    old = Database(path, [FIRST])
    old.execute("INSERT INTO words VALUES ('segue')")
    old.close()
    new = Database(path, [FIRST, SECOND])
    row = new.row("SELECT word, language FROM words")
    assert tuple(row) == ("segue", "en")
    backup = Database(tmp_path / "words.v1.backup", [FIRST])
    assert backup.row("SELECT count(*) FROM words")[0] == 1


def test_a_newer_file_is_refused_and_untouched(tmp_path):
    path = tmp_path / "words.db"
    Database(path, [FIRST, SECOND]).close()
    with pytest.raises(NewerHome, match="Update Segue"):
        Database(path, [FIRST])
    Database(path, [FIRST, SECOND]).close()


def test_a_failed_migration_leaves_the_old_schema_whole(tmp_path):
    path = tmp_path / "words.db"
    Database(path, [FIRST]).close()
    with pytest.raises(Exception, match="no such table"):
        Database(path, [FIRST, "ALTER TABLE words ADD COLUMN a TEXT;\nINSERT INTO nowhere VALUES (1);"])
    again = Database(path, [FIRST])
    assert [row["name"] for row in again.rows("PRAGMA table_info(words)")] == ["word"]


def test_a_transaction_is_all_or_nothing(tmp_path):
    database = Database(tmp_path / "words.db", [FIRST])
    with pytest.raises(ZeroDivisionError), database.write() as db:
        db.execute("INSERT INTO words VALUES ('half')")
        raise ZeroDivisionError
    assert database.row("SELECT count(*) FROM words")[0] == 0


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="SEGUE_HOME"):
        Database(tmp_path / "file" / "words.db", [FIRST])


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
def test_no_acknowledged_row_is_lost_when_the_writer_is_killed(tmp_path):
    writer = textwrap.dedent(f"""
        from pathlib import Path
        from segue.tools.core.database import Database
        database = Database(Path({str(tmp_path / "words.db")!r}), [{FIRST!r}])
        number = 0
        while True:
            database.execute("INSERT INTO words VALUES (?)", (str(number),))
            print(number, flush=True)
            number += 1
    """)
    process = subprocess.Popen([sys.executable, "-c", writer], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGKILL)
    acknowledged = [0, *map(int, process.communicate()[0].split())]
    database = Database(tmp_path / "words.db", [FIRST])
    kept = {int(row["word"]) for row in database.rows("SELECT word FROM words")}
    assert set(acknowledged) <= kept
