"""One owner of a data folder; backup and restore of it."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from segue.tools.core.errors import BadInput, HomeInUse, InvalidArgument, NotFound
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store
from segue.ui import backup
from segue.ui.home import describe, holder, left_behind, owned


def test_nobody_owns_a_fresh_home(home: Path) -> None:
    assert holder(home) is None
    assert not home.exists(), "asking writes nothing"


def test_owner_is_named_and_gives_back(home: Path) -> None:
    with owned(home, "serve", port=7861) as me:
        who = holder(home)
        assert who is not None
        assert (who.pid, who.port, who.token) == (os.getpid(), 7861, me.token)
        assert who.url == "http://127.0.0.1:7861"
        with pytest.raises(HomeInUse, match=str(os.getpid())), owned(home, "store clean", wait_s=5):
            pass
    assert holder(home) is None
    assert left_behind(home) is None
    assert describe(home) == "free"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_lock_is_private(home: Path) -> None:
    with owned(home, "serve", port=1):
        assert (home / "lock").stat().st_mode & 0o077 == 0


def hold(home: Path, port: int = 0) -> "subprocess.Popen[str]":
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom segue.ui.home import owned\n"
        f"with owned(Path({str(home)!r}), 'chat', port={port}):\n    print('mine', flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "mine\n"
    return process


def test_a_killed_owner_leaves_no_lock(home: Path) -> None:
    process = hold(home)
    assert holder(home) is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert holder(home) is None
    gone = left_behind(home)
    assert gone is not None
    assert gone.pid == process.pid
    assert "without giving it back" in describe(home)
    with owned(home, "serve"):
        assert holder(home) is not None


def test_a_command_is_waited_for(home: Path) -> None:
    process = hold(home)
    with pytest.raises(HomeInUse), owned(home, "tag", wait_s=0.3):
        pass
    process.terminate()
    process.wait()
    with owned(home, "tag", wait_s=5):
        pass


@pytest.fixture
def lived_in(home: Path) -> Path:
    """A data folder with something in it."""
    store = Store(Settings(home=home))
    store.put_bytes(b"a tune", ".txt")
    store.remember("colour", "teal")
    store.close()
    (home / "lock").write_text("")
    return home


def test_backup_and_restore_bring_everything_back(lived_in: Path, tmp_path: Path) -> None:
    file = tmp_path / "saved.zip"
    assert backup.backup(lived_in, file) == 2
    assert backup.restore(file, tmp_path / "other") is None
    store = Store(Settings(home=tmp_path / "other"))
    assert store.recall("colour") == "teal"
    assert store.path(store.put_bytes(b"a tune", ".txt")).read_bytes() == b"a tune"
    store.close()
    assert "lock" not in zipfile.ZipFile(file).namelist()


def test_restore_asks_before_it_replaces(lived_in: Path, tmp_path: Path) -> None:
    file = tmp_path / "saved.zip"
    backup.backup(lived_in, file)
    with pytest.raises(InvalidArgument, match="not empty"):
        backup.restore(file, lived_in)
    (lived_in / "mine.txt").write_text("keep me")
    aside = backup.restore(file, lived_in, replace=True)
    assert aside is not None
    assert (aside / "mine.txt").read_text() == "keep me"
    assert not (lived_in / "mine.txt").exists()


def test_backup_is_consistent_while_it_is_written_to(lived_in: Path, tmp_path: Path) -> None:
    store = Store(Settings(home=lived_in))
    store.remember("later", 1)  # still in the write-ahead log
    backup.backup(lived_in, tmp_path / "saved.zip")
    store.close()
    backup.restore(tmp_path / "saved.zip", tmp_path / "other")
    copy = Store(Settings(home=tmp_path / "other"))
    assert copy.recall("later") == 1
    copy.close()


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil", "store/../../evil", "C:\\evil"])
def test_archive_cannot_write_elsewhere(name: str, tmp_path: Path) -> None:
    file = tmp_path / "evil.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("store.db", b"")
        archive.writestr(name, b"evil")
    with pytest.raises(BadInput):
        backup.restore(file, tmp_path / "home")
    assert not list(tmp_path.rglob("*evil*.txt"))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".home-restoring")]


def test_backup_names_what_is_wrong(tmp_path: Path, lived_in: Path) -> None:
    with pytest.raises(NotFound):
        backup.backup(tmp_path / "none", tmp_path / "x.zip")
    with pytest.raises(InvalidArgument):
        backup.backup(lived_in, lived_in / "x.zip")
    with pytest.raises(NotFound):
        backup.restore(tmp_path / "none.zip", tmp_path / "home")
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(BadInput):
        backup.restore(tmp_path / "cut.zip", tmp_path / "home")


def test_lock_text_is_json(home: Path) -> None:
    with owned(home, "serve", port=5):
        assert json.loads((home / "lock").read_text())["command"] == "serve"
