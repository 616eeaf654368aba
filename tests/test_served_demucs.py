"""The trained separator and the DAWproject schema, in the environment that ``.ci/demucs`` builds."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".venv-demucs"

pytestmark = [
    pytest.mark.served,
    pytest.mark.skipif(not (PLACE / ".done").is_file(), reason="wants Demucs: run .ci/demucs"),
]


def ran(*tests: str, **settings: str) -> dict[str, int]:
    """Run tests there and return how many passed, failed and were skipped."""
    command = [str(PLACE / "bin" / "python"), "-m", "pytest", "-n0", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, timeout=900
    )
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)", done.stdout)}
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return counts


@pytest.mark.timeout(900)
def test_demucs_through_its_real_loader_on_random_weights():
    counts = ran("tests/test_edit_demucs.py")
    assert counts["passed"] >= 9
    assert "skipped" not in counts


@pytest.mark.timeout(900)
@pytest.mark.skipif(not (PLACE / "Project.xsd").is_file(), reason="the schema of DAWproject could not be had")
def test_a_dawproject_file_is_valid_by_the_schema():
    counts = ran("tests/test_edit_daw.py", DAWPROJECT_XSD=str(PLACE / "Project.xsd"))
    assert "skipped" not in counts
