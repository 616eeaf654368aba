"""Set-up: what is said where it cannot go on, and that a finished one needs nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(os.name == "nt", reason="make and sh are the Unix way; Windows has pipx")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The few files that set-up reads, in a folder of their own."""
    target = tmp_path / "clone"
    (target / ".ci").mkdir(parents=True)
    for name in ["Makefile", "pyproject.toml", ".ci/setup", ".ci/setup.py"]:
        shutil.copy2(ROOT / name, target / name)
    shutil.copytree(ROOT / "requirements", target / "requirements")
    return target


def set_up(copy: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    env = {"PATH": os.environ["PATH"], "HOME": str(copy), **environment}
    return subprocess.run([str(copy / ".ci" / "setup"), "run"], capture_output=True, text=True, env=env)


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_python_that_is_too_old_is_named(copy: Path) -> None:
    old = script(copy / "bin" / "python3", '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0; exit 1')
    done = set_up(copy, PYTHON=str(old))
    assert done.returncode == 1
    assert "3.11, 3.12 or 3.13" in done.stderr
    assert "Python 3.9.2" in done.stderr


def test_no_python_at_all(copy: Path) -> None:
    tools = copy / "bin"
    tools.mkdir()
    for name in ["sh", "dirname"]:
        (tools / name).symlink_to(shutil.which(name) or name)
    done = set_up(copy, PATH=str(tools))
    assert done.returncode == 1
    assert "none on the PATH" in done.stderr


def test_missing_ensurepip_names_python3_venv(copy: Path) -> None:
    hook = copy / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import importlib.util as u\nf = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'ensurepip' else f(name, *a)\n"
    )
    done = set_up(copy, PYTHON=sys.executable, PYTHONPATH=str(hook))
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
    assert not (copy / ".venv").exists()


def test_network_away_is_said_and_a_half_made_environment_is_repaired(copy: Path) -> None:
    (copy / ".venv" / "bin").mkdir(parents=True)  # killed while it was made
    away = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    done = set_up(copy, PYTHON=sys.executable, **away)
    assert done.returncode == 1
    assert "making .venv" in done.stderr
    assert "is the network away?" in done.stderr
    assert "Traceback" not in done.stderr
    again = set_up(copy, PYTHON=sys.executable, **away)
    assert "making .venv" not in again.stderr, "the finished stage is not repeated"


def test_a_finished_set_up_returns_at_once_without_network(copy: Path) -> None:
    bin = copy / ".venv" / "bin"
    script(bin / "python", f'exec "{sys.executable}" "$@"')
    script(bin / "pip", "exit 1")
    hashes = subprocess.run(
        [sys.executable, "-c", "import setup; print(setup.digest(setup.LOCKS['run']), setup.digest(['../pyproject.toml']))"],
        cwd=copy / ".ci", capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    (copy / ".venv" / ".segue-run").write_text(hashes[0])
    (copy / ".venv" / ".segue-project").write_text(hashes[1])
    done = set_up(copy, PYTHON=sys.executable, PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (copy / "requirements" / "base.txt").write_text("changed==1\n")
    stale = set_up(copy, PYTHON=sys.executable)
    assert stale.returncode == 1, "a changed lock file is noticed"
