"""The API is exactly what /api/openapi.json says: schemathesis asks a running server everything it can think of.

Every route is tried with what its schema takes and with what it does not. Where arguments hang together in ways that
no schema tells (a tool's, the sound in a message, a file), only what must be refused is tried.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from segue.tools.core.server import create_app
from segue.ui.keys import Allowance, Keys
from tests.http_support import serving
from tests.models_support import Recurrent
from tests.ui_support import service

pytestmark = pytest.mark.served
FREE = "^/(api/tools/|v1/chat|v1/responses$)|^/api/pieces$"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("served") / "home"
    home.mkdir()
    keys = Keys(home)
    key = keys.add("fuzz", Allowance(requests_per_minute=10**6, steps_per_hour=10**6, seconds_per_hour=1e9))
    with service(home, keys=keys, closed=True) as (url, _):
        yield url, key


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--exclude-path-regex", FREE], id="everything"),
        pytest.param(["--include-path-regex", FREE, "--mode", "negative"], id="refusals"),
    ],
)
def test_schemathesis_finds_nothing(running: tuple[str, str], options: list[str], tmp_path: Path) -> None:
    url, key = running
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/openapi.json",
        "--header", f"Authorization: Bearer {key}", "--phases", "coverage,fuzzing", "--max-examples", "8", "--seed", "1",
        "--request-timeout", "120", "--no-color", *options,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert "No module named" not in done.stderr, "set up anew: make test-served"
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Test cases:" in done.stdout


def test_schemathesis_finds_nothing_in_the_model_server_either(tmp_path: Path) -> None:
    with serving(create_app([Recurrent(size=4).model()], queue_size=500)) as url:
        command = [
            sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--phases", "coverage,fuzzing",
            "--max-examples", "20", "--seed", "1", "--request-timeout", "60", "--no-color",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
