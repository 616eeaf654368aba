"""The job server keeps its protocol: states, events, cancel, idempotency, honest fields, a bounded queue."""

import threading
import time

import pytest
from fastapi.testclient import TestClient

from segue.tools.core import server
from segue.tools.core.errors import CannotDo
from segue.tools.core.jobs import ModelInfo
from segue.tools.core.models import Model, Output
from segue.tools.core.server import create_app


class Gate:
    """A model whose jobs take ten reports and wait at a gate, so that a test decides when they go on."""

    def __init__(self):
        self.open = threading.Event()
        self.open.set()
        self.ran = []

    def run(self, job):
        self.ran.append(job.request.text.prompt)
        if job.request.text.prompt == "impossible":
            raise CannotDo("This model cannot do that.", "Ask another.")
        if job.request.text.prompt == "crash":
            raise RuntimeError("boom")
        for step in range(10):
            job.progress(step, 10, "sampling")
            while not self.open.wait(0.01):
                job.progress(step, 10, "sampling")
        return {"mix.wav": Output(b"RIFF" + job.request.text.prompt.encode(), "audio/wav")}


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def client(gate):
    honours = {"text.prompt": "", "music.bpm": "rounded to 5 bpm"}
    info = ModelInfo(name="gate", tasks=["generate"], licence="Apache-2.0", honours=honours)
    with TestClient(create_app([Model(info, gate.run)], queue_size=2)) as client:
        yield client
        gate.open.set()


def submit(client, prompt="hello", headers=None, **more):
    return client.post(
        "/v1/jobs", json={"task": "generate", "model": "gate", "text": {"prompt": prompt}, **more}, headers=headers
    )


def until(client, id, *states):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        status = client.get(f"/v1/jobs/{id}").json()
        if status["state"] in states:
            return status
        time.sleep(0.01)
    raise AssertionError(f"the job stayed {status['state']}")


def test_a_job_runs_and_its_output_is_fetched(client):
    response = submit(client)
    assert response.status_code == 202
    status = until(client, response.json()["job_id"], "done")
    assert (status["done"], status["total"], status["outputs"]) == (10, 10, ["mix.wav"])
    output = client.get(f"/v1/jobs/{status['job_id']}/outputs/mix.wav")
    assert (output.content, output.headers["content-type"]) == (b"RIFFhello", "audio/wav")
    assert client.get(f"/v1/jobs/{status['job_id']}/outputs/other").status_code == 404


def test_every_wish_is_answered_and_strict_refuses_what_would_be_ignored(client):
    wishes = {"music": {"bpm": 93, "key": "D minor"}}
    fields = submit(client, **wishes).json()["fields"]
    assert {name: field["status"] for name, field in fields.items()} == {
        "text.prompt": "used", "music.bpm": "approximated", "music.key": "ignored",
    }  # fmt: skip
    refused = submit(client, strict=True, **wishes)
    assert refused.status_code == 422
    assert "music.key" in refused.json()["error"]["message"]


def test_events_end_with_the_job_and_progress_only_grows(client):
    id = submit(client).json()["job_id"]
    with client.stream("GET", f"/v1/jobs/{id}/events") as stream:
        lines = list(stream.iter_lines())
    assert "event: done" in lines
    import json

    done = [json.loads(line[6:])["done"] for line in lines if line.startswith("data: ")]
    assert done == sorted(done)


def test_a_running_job_is_cancelled_and_frees_its_worker(client, gate):
    gate.open.clear()
    id = submit(client).json()["job_id"]
    until(client, id, "running")
    client.delete(f"/v1/jobs/{id}")
    until(client, id, "cancelled")
    gate.open.set()
    until(client, submit(client, "next").json()["job_id"], "done")


def test_the_same_key_is_the_same_job(client, gate):
    ids = {submit(client, headers={"Idempotency-Key": "k1"}).json()["job_id"] for _ in range(3)}
    assert len(ids) == 1
    until(client, ids.pop(), "done")
    assert gate.ran == ["hello"]


def test_a_full_queue_says_when_to_come_back(client, gate):
    gate.open.clear()
    until(client, submit(client).json()["job_id"], "running")
    assert [submit(client).status_code for _ in range(3)] == [202, 202, 429]
    assert 1 <= int(submit(client).headers["retry-after"]) <= 5


@pytest.mark.parametrize(("prompt", "code"), [("impossible", "CannotDo"), ("crash", "ToolError")])
def test_a_failed_job_says_why_and_the_worker_lives_on(client, prompt, code):
    status = until(client, submit(client, prompt).json()["job_id"], "failed")
    assert status["error"]["code"] == code
    until(client, submit(client).json()["job_id"], "done")


def test_unknown_models_tasks_and_blobs_are_refused(client):
    unknown = client.post("/v1/jobs", json={"task": "generate", "model": "nobody"})
    assert unknown.status_code == 404
    assert "gate" in unknown.json()["error"]["hint"]
    assert client.post("/v1/jobs", json={"task": "caption", "model": "gate"}).status_code == 422
    assert submit(client, audio={"src": "nowhere"}).status_code == 404
    assert submit(client, audio={"src": client.post("/v1/blobs", content=b"RIFF").json()["id"]}).status_code == 202
    assert client.get("/v1/jobs/none").status_code == 404


def test_a_key_opens_everything_and_health_needs_none(gate):
    info = ModelInfo(name="gate", tasks=["generate"], licence="Apache-2.0")
    with TestClient(create_app([Model(info, gate.run)], key="right")) as client:
        assert client.get("/health").status_code == 200
        for path in ("/ready", "/metrics", "/v1/models", "/v1/jobs/x", "/docs", "/openapi.json"):
            assert client.get(path).status_code == 401
            assert client.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert client.get("/v1/models", headers={"Authorization": "Bearer right"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1:8100"}, 200),
        ({"host": "evil.example"}, 401),
        ({"host": "localhost:8100", "origin": "https://evil.example"}, 401),
        ({"host": "localhost:8100", "origin": "http://localhost:7860"}, 200),
    ],
)
def test_without_a_key_only_this_machine_and_its_pages_are_answered(gate, headers, status):
    info = ModelInfo(name="gate", tasks=["generate"], licence="Apache-2.0")
    with TestClient(create_app([Model(info, gate.run)], hosts=("127.0.0.1", "localhost"))) as client:
        assert client.get("/v1/models", headers=headers).status_code == status


def test_ready_while_jobs_are_taken_and_healthy_always(client):
    jobs = client.app.state.jobs
    assert client.get("/ready").json() == {"ready": True, "models": ["gate"], "loading": [], "waiting": 0}
    jobs.loading = ["other"]
    assert client.get("/ready").status_code == 503
    late = client.post("/v1/jobs", json={"task": "generate", "model": "other"})
    assert (late.status_code, late.headers["retry-after"]) == (503, "2")
    jobs.loading = []
    jobs.taking = False
    assert client.get("/ready").status_code == submit(client).status_code == 503
    assert client.get("/health").status_code == 200


def test_metrics_can_be_scraped_and_count(client):
    until(client, submit(client).json()["job_id"], "done")
    until(client, submit(client, "crash").json()["job_id"], "failed")
    submit(client, strict=True, music={"key": "D minor"})
    text = client.get("/metrics").text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert values['segue_jobs_total{model="gate",state="done",task="generate"}'] == "1"
    assert values['segue_jobs_total{model="gate",state="failed",task="generate"}'] == "1"
    assert values['segue_jobs_refused_total{reason="Rejected"}'] == "1"
    assert values['segue_batch_rows_bucket{model="gate",le="1"}'] == "2"
    assert values['segue_batch_rows_count{model="gate"}'] == values['segue_batch_rows_bucket{model="gate",le="+Inf"}']
    assert values["segue_ready"] == "1"


def test_what_is_too_large_is_refused(client, monkeypatch):
    monkeypatch.setattr(server, "_MAX_BLOB", 1000)

    def parts():
        yield from [b"x" * 600] * 2

    assert client.post("/v1/blobs", content=b"x" * 1001).status_code == 413
    assert client.post("/v1/blobs", content=parts()).status_code == 413
    assert client.post("/v1/blobs", content=b"x" * 1000).status_code == 201


def test_a_request_that_cannot_be_read_says_where(client):
    refused = client.post("/v1/jobs", json={"task": "generate", "model": "gate", "music": {"bpm": "fast"}})
    assert refused.status_code == 422
    assert "music.bpm" in refused.json()["error"]["message"]


def test_a_strict_refusal_tells_all_fields(client):
    refused = submit(client, strict=True, music={"bpm": 93, "key": "D minor"}).json()
    assert {name: field["status"] for name, field in refused["fields"].items()} == {
        "text.prompt": "used", "music.bpm": "approximated", "music.key": "ignored",
    }  # fmt: skip
    assert refused["error"]["code"] == "Rejected"
