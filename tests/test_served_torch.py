"""The models in torch behind the job protocol, from real loaders, in the environment that ``.ci/models`` builds."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".venv-models"

pytestmark = [
    pytest.mark.served,
    pytest.mark.skipif(not (PLACE / ".done").is_file(), reason="wants the model libraries: run .ci/models"),
]


def run(tests):
    """Run ``tests/test_models_<tests>.py`` where the libraries are."""
    command = [
        str(PLACE / "bin" / "python"), "-m", "pytest", "-n0", "-p", "no:cacheprovider", f"tests/test_models_{tests}.py",
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, timeout=900)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("tests", "least"), [("audiocraft", 13), ("demucs", 4), ("transformers", 3), ("diffusers", 4), ("flamingo", 8)]
)
def test_models_through_their_real_loaders_on_random_weights(tests, least):
    done = run(tests)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= least


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("tests", "least", "missing"),
    [
        ("audiocraft_new", 5, "PyPI's audiocraft has neither JASCO nor MusicGen-Style: AUDIOCRAFT=… .ci/models"),
        ("listeners", 1, "beat_this is not installed: remove .venv-models and run .ci/models"),
        ("mt3", 7, "mt3-infer is not installed: remove .venv-models and run .ci/models"),
    ],
)
def test_models_of_packages_that_may_be_missing(tests, least, missing):
    done = run(tests)
    passed = re.search(r"(\d+) passed", done.stdout)
    if passed is None and "skipped" in done.stdout and "failed" not in done.stdout and "error" not in done.stdout:
        pytest.skip(missing)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert passed is not None
    assert int(passed[1]) >= least
