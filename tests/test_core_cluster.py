"""A model as a Ray Serve deployment, where Ray is (``.ci/ray``): the same server in front, replicas behind."""

import contextlib
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from segue.tools.core.errors import Rejected
from segue.tools.core.job_queue import JobServer
from segue.tools.core.jobs import JobRequest, MusicWish, Sampling, TextWish
from segue.tools.core.models import ENDED, Options, load_served
from segue.tools.core.remote import JobClient
from segue.tools.core.settings import load_settings
from tests.models_support import until
from tests.test_ui_model_server import Served

ray = pytest.importorskip("ray", reason="wants Ray: run .ci/ray")

STEP_S = 0.1  # of every quarter of a second of sound


def wish(prompt="hum", **more):
    return JobRequest(
        task="generate", model="recurrent", text=TextWish(prompt=prompt), music=MusicWish(duration=2.0),
        sample=Sampling(**more),
    )  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    from segue.tools.core.cluster import load_replicated

    home = tmp_path_factory.mktemp("home")
    ray.init(num_cpus=4, num_gpus=0, include_dashboard=False, log_to_driver=False, configure_logging=False)
    settings = load_settings(home=home)
    yield load_replicated("tests.models_support", settings, Options(str(STEP_S), batch=2), replicas=2, least=2)
    ray.shutdown()


@pytest.fixture
def server(model):
    server = JobServer([model], workers=2, queue_size=64)
    yield server
    server.close()


def replicas():
    """The processes that hold a replica: Ray names them, and its own process, which started them, is our child."""
    found = []
    for place in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if place.name.isdigit() and (place / "cmdline").read_bytes().startswith(b"ray::ServeReplica"):
                found.append(int(place.name))
    return [pid for pid in found if parent(parent(pid)) == os.getpid()]


def parent(pid):
    """The process that started this one."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.timeout(240)
def test_the_command_serves_from_a_cluster_and_leaves_it(tmp_path):
    served = Served(
        "tests.models_support=0.01", "--replicas", "2", "--batch", "2", SEGUE_HOME=str(tmp_path), RAY_ADDRESS="local"
    )
    try:
        job = JobClient(served.url(120)).run(wish(n=3), "k", lambda done, total, stage: None)
        assert sorted(job.outputs) == ["0/mix", "1/mix", "2/mix"]
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(60) == 0, served.lines
    finally:
        served.process.kill()


def test_a_seed_gives_the_same_sound_as_in_this_process(server):
    job, _ = server.submit(wish(seeds=[3, 4, 5]))
    until(lambda: job.status.state in ENDED, 30)
    assert job.status.state == "done", job.status.error
    here = JobServer([load_served("tests.models_support", load_settings(), Options(batch=2))])
    twin, _ = here.submit(wish(seeds=[3, 4, 5]))
    until(lambda: twin.status.state in ENDED, 30)
    here.close()
    assert job.status.effective == twin.status.effective == {"steps": 500}
    for name, made in twin.outputs.items():
        far = np.frombuffer(job.outputs[name].data, np.float32)
        assert np.array_equal(far, np.frombuffer(made.data, np.float32))


def test_progress_and_cancelling_cross_the_cluster(server):
    job, _ = server.submit(wish())
    until(lambda: 0.2 < job.status.done / job.status.total < 1, 30)
    server.cancel(job.status.job_id)
    until(lambda: job.status.state == "cancelled", 20)
    after, _ = server.submit(wish())
    until(lambda: after.status.state == "running", 20)


def test_what_the_model_rejects_and_raises_is_told(server):
    with pytest.raises(Rejected, match="at most 30 s"):
        server.submit(wish().model_copy(update={"music": MusicWish(duration=31)}))
    job, _ = server.submit(wish().model_copy(update={"extra": {"fault": "always"}}))
    until(lambda: job.status.state in ENDED, 30)
    assert job.status.error["code"] == "ToolError"
    assert "broken" in job.status.error["message"]


@pytest.mark.timeout(180)
def test_a_replica_killed_under_load_loses_nothing(server):
    jobs = [server.submit(wish(f"number {n}", seeds=[n]))[0] for n in range(16)]
    until(lambda: sum(job.status.state == "running" for job in jobs) >= 3, 30)
    assert len(replicas()) == 2
    time.sleep(0.5)
    os.kill(replicas()[0], signal.SIGKILL)
    until(lambda: all(job.status.state in ENDED for job in jobs), 120)
    assert [job.status.state for job in jobs] == ["done"] * 16
    assert len({job.outputs["0/mix"].data for job in jobs}) == 16
    until(lambda: len(replicas()) == 2, 60)
