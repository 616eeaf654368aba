"""The README and docs are true: commands run, files exist, nothing points outside."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = re.findall(r"^\$ (segue .*)$", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_readme_shows_commands_to_run():
    assert len(COMMANDS) >= 8


@pytest.mark.timeout(900)  # a dozen commands, one of them a whole eval
def test_every_command_of_the_readme_runs(tmp_path):
    """In the order of the page, in one folder, as a reader would type them."""
    segue = Path(sys.executable).parent / "segue"
    environment = {**os.environ, "SEGUE_HOME": str(tmp_path / "home"), "OPENAI_BASE_URL": ""}
    for line in COMMANDS:
        words = shlex.split(line)[1:]
        done = subprocess.run(
            [segue, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, f"$ {line}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'src="([^"]+)"', text)
    local = [target for target in targets if not target.startswith(("http:", "https:", "mailto:"))]
    missing = [target for target in local if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_that_are_named_exist(page):
    named = set(re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")))
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert named <= there


def test_the_python_examples_run(tmp_path, monkeypatch):
    """All blocks of docs/python.md and of the README, each page as one program."""
    for page in (ROOT / "docs" / "python.md", ROOT / "README.md"):
        monkeypatch.setenv("SEGUE_HOME", str(tmp_path / page.stem))
        blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        assert blocks
        exec(compile("\n".join(blocks), str(page), "exec"), {})


def test_the_planners_score_is_the_one_that_its_command_prints():
    from segue.evals import planning

    result = planning.run(half="intents")
    assert f"{result['passed']} of {result['total']}" in (ROOT / "README.md").read_text(encoding="utf-8")
