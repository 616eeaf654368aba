"""``segue serve-tools`` as a process: it loads, answers, says what is missing, and ends without losing a job."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.jobs import JobRequest, MusicWish
from segue.tools.core.models import load_served, model_names
from segue.tools.core.remote import JobClient
from segue.tools.core.settings import load_settings

ROOT = Path(__file__).parent.parent
MODEL = "tests.models_support"


class Served:
    """A running ``segue serve-tools``; ``lines`` is what it has said so far."""

    def __init__(self, *words, **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "segue.ui.cli", "serve-tools", *words, "--port", "0"],
            cwd=ROOT, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.lines = []
        threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True).start()

    def url(self, seconds=30):
        return re.search(r"(http://[\d.]+:\d+);", self.said("SEGUE_SERVERS=", seconds))[1]

    def said(self, words, seconds=30):
        deadline = time.monotonic() + seconds
        while not (found := [line for line in self.lines if words in line]):
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.02)
        return found[0]


@pytest.fixture
def serve():
    started = []

    def start(*words, **environment):
        started.append(Served(*words, **environment))
        return started[-1]

    yield start
    for served in started:
        served.process.kill()
        served.process.wait()


def wish(seconds=5.0):
    return JobRequest(task="generate", model="recurrent", music=MusicWish(duration=seconds))


def test_it_ends_when_what_runs_has_ended_and_was_fetched(serve):
    served = serve(f"{MODEL}=0.1", "--batch", "2", "--queue", "3")
    url = served.url()
    assert httpx.get(f"{url}/ready").json()["models"] == ["recurrent"]
    found = []

    def ask():
        found.append(JobClient(url).run(wish(), "k", lambda done, total, stage: found.append(stage)))

    asking = threading.Thread(target=ask)
    asking.start()
    deadline = time.monotonic() + 10
    while "sampling" not in found:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    served.process.send_signal(signal.SIGTERM)
    served.said("ending")
    assert httpx.post(f"{url}/v1/jobs", json={"task": "generate", "model": "recurrent"}).status_code == 503
    asking.join(20)
    assert len(found[-1].outputs["0/mix"]) == 500 * 4
    assert served.process.wait(10) == 0


def test_its_grace_is_bounded_and_a_second_signal_ends_it_now(serve):
    served = serve(MODEL, "--model", "5", "--grace", "60")
    httpx.post(f"{served.url()}/v1/jobs", json=wish(30.0).model_dump())
    served.process.send_signal(signal.SIGINT)
    served.said("ending")
    served.process.send_signal(signal.SIGINT)
    served.process.wait(10)


def test_a_model_that_cannot_be_loaded_ends_it_with_the_reason(serve):
    served = serve(f"{MODEL}=loud")
    assert served.process.wait(30) == 2
    assert "cannot be loaded" in served.said("cannot be loaded", 2)


def test_a_package_that_is_missing_is_named_with_the_command(monkeypatch, home):
    monkeypatch.setattr("tests.models_support.EXTRA", "demucs", raising=False)

    def load(settings, options):
        raise ModuleNotFoundError("No module named 'demucs'", name="demucs")

    monkeypatch.setattr("tests.models_support.load_model", load)
    with pytest.raises(BackendUnavailable, match=r"needs the package 'demucs'.*pip install 'segue-music\[demucs\]'"):
        load_served(MODEL, load_settings(home=home))


@pytest.mark.parametrize("name", model_names())
def test_every_model_here_loads_or_says_what_it_needs(name, home):
    """None is listed: a new file is tested as it stands."""
    from importlib import import_module

    module = import_module(f"segue.tools.backends.model_{name}")
    assert len(module.__doc__) > 30
    try:
        model = load_served(name, load_settings(home=home))
    except BackendUnavailable as missing:
        said = missing.hint
    else:
        said = f"{model.info.licence} segue doctor"
        assert model.info.tasks
        assert ("NC" in model.info.licence) is not model.info.commercial
    assert "pip install 'segue-music[" in said or "segue doctor" in said
