"""``.ci/eval_data.py``: what it takes out of a package, without the network."""

import importlib.util
import io
import tarfile
from pathlib import Path

import pytest

from tests.ui_support import ROOT


@pytest.fixture
def eval_data():
    spec = importlib.util.spec_from_file_location("eval_data", ROOT / ".ci" / "eval_data.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package(files: dict[str, bytes]) -> bytes:
    """Return a package of Debian with these files: an ``ar`` archive of three members."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:xz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    out = b"!<arch>\n"
    for name, data in (("debian-binary", b"2.0"), ("control.tar.xz", b""), ("data.tar.xz", held.getvalue())):
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)
    return out


def test_recordings_come_with_their_licence_and_noises_do_not(eval_data, tmp_path: Path):
    wanted = eval_data.Package("g/game/game_1_all.deb", "", "music", "usr/share/game/music/")
    song = b"o" * eval_data.LEAST_BYTES
    data = package(
        {
            "usr/share/doc/game/copyright": b"CC0",
            "usr/share/game/music/song.ogg": song,
            "usr/share/game/music/beep.ogg": b"short",
            "usr/share/game/other/voice.ogg": song,
        }
    )
    assert eval_data.unpacked(data, wanted, tmp_path) == 1
    assert (tmp_path / "music" / "song.ogg").read_bytes() == song
    assert (tmp_path / "licences" / "game_1_all.deb.txt").read_bytes() == b"CC0"


def test_what_is_no_package_is_refused(eval_data):
    with pytest.raises(ValueError, match="not a package"):
        eval_data.contents(b"<html>moved</html>")
