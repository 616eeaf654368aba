"""Set up ``.venv`` from the lock files: ``python .ci/setup.py run|dev``. Standard library only.

Can be stopped and started again at any point: each finished stage leaves a stamp that holds the hash
of what it was made from, so a complete set-up returns at once, without the network, and a half-made
one goes on where it stopped. Prints one line a stage.
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("SEGUE_VENV", ROOT / ".venv"))
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
LOG = VENV / "setup.log"
LOCKS = {"run": ["base.txt", "weights.txt"], "dev": ["dev.txt", "weights.txt"]}
OFFLINE = (
    "name resolution",
    "failed to fetch",
    "dns error",
    "connection",
    "unreachable",
    "timed out",
    "from versions: none",
)


class SetupError(Exception):
    """What went wrong, and what to do."""


def main(kind: str) -> int:
    """Bring ``.venv`` to what ``kind`` needs; return the exit status."""
    try:
        start = time.monotonic()
        if set_up(kind):
            print(f"ready after {time.monotonic() - start:.0f} s", file=sys.stderr)
    except SetupError as error:
        print(f"set-up stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def set_up(kind: str) -> bool:
    """Do the stages that are not done; return whether there were any."""
    packages = digest(LOCKS[kind])
    project = digest(["../pyproject.toml"])
    # A development set-up holds everything that running needs.
    packages_done = stamp(kind) == packages or stamp("dev") == digest(LOCKS["dev"])
    project_done = stamp("project") == project
    if usable() and packages_done and project_done:
        return False
    if not usable():
        make_venv()
        packages_done = project_done = False
    if stamp("tools") != digest(["tools.txt"]):
        say("getting the installer (uv)")
        pip(["install", "--quiet", "--no-deps", "--require-hashes", "-r", lock("tools.txt")])
        mark("tools", digest(["tools.txt"]))
    if not packages_done:
        names = " and ".join(f"requirements/{name}" for name in LOCKS[kind])
        say(f"installing {names} (about 1.2 GB on disk)")
        arguments = [part for name in LOCKS[kind] for part in ("-r", lock(name))]
        install(["--no-deps", "--require-hashes", *arguments])
        mark(kind, packages)
    if not project_done:
        say("installing Segue itself, editable")
        install(["--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
        mark("project", project)
    return True


def make_venv() -> None:
    """Make ``.venv``, or make it anew where it is half-made or of a Python that is gone."""
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(
            f"{sys.executable} cannot make virtual environments (no ensurepip).\n"
            f"  Debian, Ubuntu: apt install python3-venv   (or python{version}-venv), then the same command again."
        )
    say(f"making {VENV.name} with Python {platform.python_version()}")
    if VENV.exists():
        shutil.rmtree(VENV)
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SetupError(f"the virtual environment could not be made:\n{(done.stdout + done.stderr).strip()}")


def usable() -> bool:
    """Tell whether ``.venv`` is complete (venv installs pip last) and its Python still runs."""
    python = BIN / ("python.exe" if os.name == "nt" else "python")
    pip_is_there = (BIN / ("pip.exe" if os.name == "nt" else "pip")).exists()
    if not python.exists() or not pip_is_there:
        return False
    # Starting it proves that the Python it was made from is still there.
    check = "import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 13)))"
    return subprocess.run([str(python), "-c", check], capture_output=True).returncode == 0


def install(arguments: list[str]) -> None:
    """Install with uv, which is quick; with pip, which follows pip's own settings, where uv fails."""
    uv = BIN / ("uv.exe" if os.name == "nt" else "uv")
    if uv.exists():
        command = [str(uv), "pip", "install", "--quiet", "--python", str(BIN / "python"), *arguments]
        done = run(command)
        if done.returncode == 0:
            return
        say("uv could not; trying pip")
    pip(["install", "--quiet", *arguments])


def pip(arguments: list[str]) -> None:
    """Run the environment's own pip."""
    done = run([str(BIN / "python"), "-m", "pip", "--disable-pip-version-check", *arguments])
    if done.returncode != 0:
        if any(word in done.stderr.lower() for word in OFFLINE):
            raise SetupError("the package index cannot be reached: is the network away? The same command goes on here.")
        last = "\n  ".join(done.stderr.strip().splitlines()[-6:])
        raise SetupError(f"a package could not be installed:\n  {last}\n  All of it is in {LOG}.")


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run quietly; keep what was said in the log."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    with open(LOG, "a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}\n")
    return done


def lock(name: str) -> str:
    """Return the path of a lock file."""
    return str(ROOT / "requirements" / name)


def digest(names: list[str]) -> str:
    """Return one hash over files below ``requirements/``."""
    whole = hashlib.sha256()
    for name in names:
        whole.update((ROOT / "requirements" / name).read_bytes())
    return whole.hexdigest()[:16]


def stamp(name: str) -> str:
    """Return what a stage left behind, or an empty string."""
    path = VENV / f".segue-{name}"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def mark(name: str, value: str) -> None:
    """Record that a stage is done."""
    (VENV / f".segue-{name}").write_text(value, encoding="utf-8")


def say(text: str) -> None:
    """Print the line of a stage."""
    print(f"· {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))
