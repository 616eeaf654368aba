"""Every test gets a data folder of its own, no settings from outside, and no way to the network."""

import os
import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest

# For whatever runs outside a test function (module-scoped fixtures, subprocesses of collection).
_SESSION_HOME = tempfile.TemporaryDirectory(prefix="segue-tests-")
for _name in [name for name in os.environ if name.startswith(("SEGUE_", "OPENAI_"))]:
    del os.environ[_name]
os.environ["SEGUE_HOME"] = _SESSION_HOME.name
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

_connect = socket.socket.connect


def _only_local(self: socket.socket, address: object) -> None:
    host = address[0] if isinstance(address, tuple) else ""
    if self.family != getattr(socket, "AF_UNIX", None) and host not in ("127.0.0.1", "::1", "localhost"):
        raise OSError(f"a test wanted to reach {address}: tests stay on this machine")
    _connect(self, address)


@pytest.fixture(autouse=True)
def _isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SEGUE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(socket.socket, "connect", _only_local)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The data folder of this test."""
    return tmp_path / "home"


# -- the page in a real browser: for the served tests ----------------------------------------------


@pytest.fixture(scope="module")
def browser():
    from tests.browser_support import browsing

    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    from tests.ui_support import server

    with server(tmp_path_factory.mktemp("served") / "home") as lock:
        yield lock


@pytest.fixture
def visit(browser: Any, running: dict[str, Any]):
    """Somebody with a fresh browser; nothing may go wrong behind what they see."""
    from tests.browser_support import Visit

    guest = Visit(browser, running["url"])
    yield guest
    guest.done()
