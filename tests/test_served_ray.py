"""The model server on a cluster, in the environment that ``.ci/ray`` builds."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".venv-ray"

pytestmark = [
    pytest.mark.served,
    pytest.mark.skipif(not (PLACE / ".done").is_file(), reason="wants Ray: run .ci/ray"),
]


@pytest.mark.timeout(1000)
def test_two_replicas_one_of_them_killed_under_load():
    command = [str(PLACE / "bin" / "python"), "-m", "pytest", "-n0", "-p", "no:cacheprovider", "tests/test_core_cluster.py"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout
