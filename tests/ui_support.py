"""What tests of the user interface share: the command line as a process, a server, a scripted agent."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from typer.testing import CliRunner

from segue.tools.core.audio import Waveform, encode
from segue.ui.cli import build
from tests.http_support import serving

ROOT = Path(__file__).resolve().parent.parent


def segue(*words: str, home: Path, stdin: str = "", timeout: float = 120, **environment: str) -> "subprocess.CompletedProcess[str]":  # fmt: skip
    """Run the command line in a process of its own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SEGUE_", "OPENAI_"))}
    env |= {"SEGUE_HOME": str(home), "COLUMNS": "120", "NO_COLOR": "1", **environment}
    command = [sys.executable, "-m", "segue.ui.cli", *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=env, timeout=timeout)


def here(*words: str, stdin: str = "") -> Any:
    """Run the command line inside this process, on the data folder of the test; gives typer's result."""
    return CliRunner().invoke(build(words[0]), words, input=stdin)


def tone(path: Path, seconds: float = 2.0, hz: float = 440.0) -> Path:
    """Write a decaying tone, repeated twice a second."""
    rate = 22050
    t = np.arange(int(seconds * rate)) / rate
    wave = np.sin(2 * np.pi * hz * t) * np.exp(-6 * (t % 0.5)) * 0.5
    encode(Waveform(np.stack([wave, wave]).astype(np.float32), rate), path)
    return path


@contextmanager
def server(home: Path, *options: str, **environment: str):
    """Run ``segue serve`` on a free port; gives its lock (url, token) as a dictionary."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SEGUE_", "OPENAI_"))}
    env |= {"SEGUE_HOME": str(home), **environment}
    command = [sys.executable, "-m", "segue.ui.cli", "serve", "--port", "0", "--no-opening", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    said: list[str] = []
    try:
        assert process.stderr
        for line in process.stderr:
            said.append(line)
            if "Segue is at" in line:
                break
        else:
            raise AssertionError("".join(said))
        lock: dict[str, Any] = json.loads((home / "lock").read_text())
        lock["url"] = f"http://{lock['host']}:{lock['port']}"
        _wait(lock["url"])
        yield lock
    finally:
        process.terminate()
        process.communicate(timeout=120)


def _wait(url: str) -> None:
    for _ in range(100):
        try:
            if httpx.get(f"{url}/api/health", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


@contextmanager
def service(home: Path, **options: Any):
    """Serve everything but the page inside this process, with real HTTP; gives its address and its room."""
    from segue.tools.core.settings import load_settings
    from segue.ui.guard import Guard
    from segue.ui.limits import BodyLimit
    from segue.ui.room import Room
    from segue.ui.web import service as everything

    room = Room(load_settings(home=home))
    try:
        inner = BodyLimit(everything(room), 50_000_000)
        with serving(Guard(inner, "t" * 32, links=room.links, **options)) as url:
            yield url, room
    finally:
        room.close()
