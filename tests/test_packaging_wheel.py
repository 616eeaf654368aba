"""The wheel holds exactly what git holds below the five folders, and says what it is."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("agent", "tools", "prompts", "ui", "evals")


def tracked() -> list[str]:
    """The files that git knows, below the folders that are packages."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing to compare with")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listing.split("\0") if name and (ROOT / name).exists()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built from a copy of what git knows."""
    copy = tmp_path_factory.mktemp("copy")
    for name in tracked():
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target, follow_symlinks=False)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(copy / "dist"), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (built,) = (copy / "dist").glob("*.whl")
    return zipfile.ZipFile(built)


def test_wheel_holds_what_git_holds(wheel: zipfile.ZipFile) -> None:
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    wanted = {f"segue/{name}" for name in tracked() if name.split("/")[0] in FOLDERS}
    assert inside == wanted, "explicit packages or package-data in pyproject.toml miss something"


def test_wheel_says_licence_and_command(wheel: zipfile.ZipFile) -> None:
    (metadata_name,) = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
    metadata = wheel.read(metadata_name).decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert "Requires-Python: <3.14,>=3.11" in metadata
    (entry_points,) = [n for n in wheel.namelist() if n.endswith("entry_points.txt")]
    assert "segue = segue.ui.cli:main" in wheel.read(entry_points).decode()
    assert any(n.endswith("licenses/LICENSE") for n in wheel.namelist())
    assert any(n.endswith("licenses/NOTICE") for n in wheel.namelist())


def test_nothing_is_installed_outside_segue(wheel: zipfile.ZipFile) -> None:
    assert {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" not in name} == {"segue"}


def test_links_for_type_checkers_point_at_the_folders() -> None:
    for name in FOLDERS:
        link = ROOT / ".link" / "segue" / name
        assert link.is_symlink(), f"{link} is missing: ln -s ../../{name} {link}"
        assert link.resolve() == ROOT / name


def test_every_folder_with_code_is_a_declared_package() -> None:
    declared = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {
        "segue." + str(path.parent.relative_to(ROOT)).replace("/", ".")
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert found == declared
