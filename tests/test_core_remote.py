"""The job client against the real server over real HTTP on loopback."""

import asyncio
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from segue.tools.core.errors import (
    BackendUnavailable,
    Cancelled,
    CannotDo,
    DeadlineExceeded,
    OutOfMemory,
    Rejected,
    Transient,
)
from segue.tools.core.jobs import JobRequest, ModelInfo, MusicWish, Sampling, TextWish
from segue.tools.core.models import Model, Output
from segue.tools.core.remote import JobClient
from segue.tools.core.server import create_app
from tests.http_support import serving
from tests.models_support import Recurrent


class Slow:
    """A model that takes a hundred short steps unless told to be quick."""

    def __init__(self):
        self.runs = 0
        self.stopped = threading.Event()

    def run(self, job):
        self.runs += 1
        if job.request.text.prompt == "impossible":
            raise CannotDo("This model cannot do that.", "Ask another.")
        try:
            for step in range(100):
                job.progress(step, 100, "sampling")
                time.sleep(0 if job.request.text.prompt == "quick" else 0.05)
        except Cancelled:
            self.stopped.set()
            raise
        return {"mix": Output(b"sound", "audio/wav")}


@pytest.fixture
def model():
    return Slow()


@pytest.fixture
def client(model):
    info = ModelInfo(name="slow", tasks=["generate"], licence="Apache-2.0", honours={"text.prompt": ""})
    with serving(create_app([Model(info, model.run)])) as url:
        yield JobClient(url)


def request(prompt):
    return JobRequest(task="generate", model="slow", text=TextWish(prompt=prompt))


def nothing(done, total, stage):
    """Take progress and do nothing."""


def test_a_job_comes_back_with_its_outputs_and_fields(client):
    job = client.run(request("quick"), "k1", nothing)
    assert job.outputs == {"mix": b"sound"}
    assert job.status.fields["text.prompt"].status == "used"


def test_the_same_key_runs_once(client, model):
    for _ in range(2):
        client.run(request("quick"), "k1", nothing)
    assert model.runs == 1


def test_cancelling_here_stops_the_work_there(client, model):
    def cancel_soon(done, total, stage):
        if done >= 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        client.run(request("long"), "k2", cancel_soon)
    assert model.stopped.wait(2)


def test_a_deadline_holds_and_stops_the_work_there(client, model):
    start = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        client.run(request("long"), "k3", nothing, deadline=start + 0.3)
    assert time.monotonic() - start < 2
    assert model.stopped.wait(2)


def test_what_the_server_says_reaches_the_user(client):
    with pytest.raises(CannotDo, match="Ask another"):
        client.run(request("impossible"), "k4", nothing)
    with pytest.raises(BackendUnavailable, match="no model 'nobody'"):
        client.run(JobRequest(task="generate", model="nobody"), "k5", nothing)


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(BackendUnavailable, match=r"127\.0\.0\.1:9"):
        JobClient("http://127.0.0.1:9").models()


def test_fifty_at_once_none_lost_none_doubled_by_a_small_queue():
    net = Recurrent(size=4)
    waits, app = [], create_app([net.model()], queue_size=6)
    with serving(app) as url, ThreadPoolExecutor(50) as people:

        def ask(n):
            wish = JobRequest(task="generate", model="recurrent", text=TextWish(prompt=f"number {n}"), sample=Sampling(seeds=[n]))  # fmt: skip
            return JobClient(url).run(wish, f"key {n}", lambda done, total, stage: waits.append(stage))

        jobs = list(people.map(ask, range(50)))
    made = [row for batch in net.batches for row in batch]
    assert sorted(made) == sorted((f"number {n}", n) for n in range(50))
    assert len({job.outputs["0/mix"] for job in jobs}) == 50
    assert [job.status.seeds for job in jobs] == [[n] for n in range(50)]
    assert "The queue is full." in waits


def test_who_asked_for_what_is_rejected_hears_which_wish(tmp_path):
    net = Recurrent()
    with serving(create_app([net.model()])) as url:
        with pytest.raises(Rejected, match=r"music.duration \(at most 30 s\)"):
            JobClient(url).run(JobRequest(task="generate", model="recurrent", music=MusicWish(duration=40)), "k", nothing)  # fmt: skip
        net.memory = 0
        with pytest.raises(OutOfMemory, match="Ask for something shorter"):
            JobClient(url).run(JobRequest(task="generate", model="recurrent"), "k", nothing)


def test_a_key_that_is_wrong_is_named():
    with serving(create_app([Recurrent().model()], key="right")) as url:
        assert JobClient(url, "right").models()[0].name == "recurrent"
        with pytest.raises(BackendUnavailable, match="SEGUE_SERVER_KEY"):
            JobClient(url, "wrong").models()


def test_a_server_that_forgot_the_job_is_worth_another_try(client, model):
    app_lost = JobClient(client.url)
    with pytest.raises(Transient, match="lost the job"):
        app_lost._status("/v1/jobs/none")


def test_a_server_that_loads_is_waited_for():
    app = create_app()
    jobs = app.state.jobs
    jobs.loading = ["recurrent"]
    with serving(app) as url:
        stages = []

        def loaded(done, total, stage):
            stages.append(stage)
            if jobs.loading:
                jobs.add(Recurrent().model())
                jobs.loading = []

        made = JobClient(url).run(JobRequest(task="generate", model="recurrent"), "k", loaded)
    assert stages[0] == "The server is still loading recurrent."
    assert made.status.state == "done"


@contextmanager
def answering(*answers):
    """A server that gives each of these answers to the next request, the last one for ever; bytes in parts with pauses."""
    left = list(answers)

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        status, parts, pause = left.pop(0) if len(left) > 1 else left[0]
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await asyncio.sleep(pause)
        await send({"type": "http.response.body", "body": b""})

    with serving(app) as url:
        yield url


STATUS = b'{"job_id": "j", "state": "%s", "task": "generate", "model": "m"}'


@pytest.mark.parametrize(
    "answer",
    [
        (200, [b"<html>It works!</html>"], 0),
        (200, [b'{"data": [{"name": 1}]}'], 0),
        (200, [b""], 0),
        (500, [b"{}"], 0),
        (502, [b"<html>"], 0),
    ],
)
def test_answers_that_make_no_sense_are_one_typed_error(answer):
    with answering(answer) as url, pytest.raises(Transient, match=re.escape(url)):
        JobClient(url).models()


def test_an_answer_that_drips_ends_with_the_clock():
    with answering((200, [b" "] * 100, 0.05)) as url:
        start = time.monotonic()
        with pytest.raises(Transient, match="more than"):
            JobClient(url, timeout_s=0.5).models()
        assert time.monotonic() - start < 2.5


def test_a_short_break_of_the_line_does_not_lose_the_job():
    answers = [(202, [STATUS % b"running"], 0), (502, [b""], 0), (200, [b"<html>"], 0), (200, [STATUS % b"done"], 0)]
    with answering(*answers) as url:
        assert JobClient(url).run(request("x"), "k", nothing).status.state == "done"
