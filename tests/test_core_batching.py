"""Rows side by side: the same sound alone and in company, nobody lost, and nobody hurt by somebody else's request."""

import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.tools.core.errors import InvalidArgument, LimitReached, Rejected, Transient
from segue.tools.core.job_queue import JobServer
from segue.tools.core.jobs import JobRequest, ModelInfo, MusicWish, Sampling, TextWish
from segue.tools.core.models import ENDED, Batching, Job, Model, Output, compatible, duration_bucket
from tests.models_support import Recurrent, until


def wish(prompt="hum", seeds=(), n=1, duration=None, temperature=None, model="recurrent", **extra):
    return JobRequest(
        task="generate", model=model, text=TextWish(prompt=prompt), music=MusicWish(duration=duration),
        sample=Sampling(n=n, seeds=list(seeds), temperature=temperature), extra=extra,
    )  # fmt: skip


@pytest.fixture
def served():
    """Start servers of given models, and end them."""
    servers = []

    def start(*models, **more):
        servers.append(JobServer(models, **more))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ended(server, *jobs, seconds=10.0):
    until(lambda: all(job.status.state in ENDED for job in jobs), seconds)
    return [job.status.state for job in jobs]


def together(server, net, requests):
    """Submit while the model is held at a first job, so that the rest wait and are dealt together."""
    net.gate.clear()
    first, _ = server.submit(wish("first", duration=1))
    until(lambda: first.status.state == "running")
    jobs = [server.submit(request)[0] for request in requests]
    net.gate.set()
    ended(server, first, *jobs)
    return jobs


def test_the_same_seed_alone_and_in_a_batch_of_eight_is_the_same_to_the_sample(served):
    net = Recurrent(size=8)
    server = served(net.model())
    alone, _ = server.submit(wish(seeds=[5]))
    ended(server, alone)
    jobs = together(server, net, [wish("x" * (n + 1), seeds=[n]) for n in range(4)] + [wish(seeds=[4, 5, 6, 7])])
    assert max(map(len, net.batches)) == 8, "they did run side by side"
    assert jobs[-1].outputs["1/mix"].data == alone.outputs["0/mix"].data
    assert len({output.data for job in jobs for output in job.outputs.values()}) == 8


def test_a_take_is_cropped_to_its_own_length_and_says_its_seed(served):
    net = Recurrent()
    server = served(net.model())
    short, long = together(server, net, [wish(duration=2, seeds=[1]), wish(duration=4.5, seeds=[1])])
    assert net.batches[-1] == [("hum", 1), ("hum", 1)], "one bucket of length, one batch"
    assert len(short.outputs["0/mix"].data) == 2 * 100 * 4
    assert long.outputs["0/mix"].data.startswith(short.outputs["0/mix"].data)
    drawn, _ = server.submit(wish(n=3))
    continued, _ = server.submit(wish(n=3, seeds=[7]))
    ended(server, drawn, continued)
    assert len(set(drawn.status.seeds)) == 3
    assert continued.status.seeds == [7, 8, 9]
    assert continued.status.effective == {"steps": 500}


wishes = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from([1.0, 4.0, 9.0]), st.sampled_from([None, 0.5])),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wishes, st.integers(1, 6), st.integers(1, 3))
def test_every_row_is_made_once_in_a_batch_of_its_own_kind(served, asked, size, workers):
    seen, lock = [], threading.Lock()

    def run(batch):
        with lock:
            seen.append([(row.request.music.duration, row.request.sample.temperature, row.job.status.job_id, row.number) for row in batch])  # fmt: skip
            assert batch.size == size
        return [{"mix": Output(f"{row.request.text.prompt}/{row.seed}".encode(), "text/plain")} for row in batch]

    info = ModelInfo(name="recurrent", tasks=["generate"], licence="Apache-2.0")
    server = served(Model(info, batching=Batching(size, run, wait_s=0.0)), workers=workers)
    jobs = [
        server.submit(wish(f"p{k}", n=n, duration=duration, temperature=heat))[0]
        for k, (n, duration, heat) in enumerate(asked)
    ]
    assert set(ended(server, *jobs)) == {"done"}
    rows = [row for batch in seen for row in batch]
    assert sorted(row[2:] for row in rows) == sorted((job.status.job_id, n) for job in jobs for n in range(len(job.rows)))  # fmt: skip
    for batch in seen:
        assert len(batch) <= size
        assert len({(duration_bucket(row[0]), row[1]) for row in batch}) == 1
    for k, job in enumerate(jobs):
        made = [job.outputs[f"{n}/mix"].data.decode() for n in range(len(job.rows))]
        assert made == [f"p{k}/{seed}" for seed in job.status.seeds]
    server.close()


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0.1, 5), (5, 5), (5.01, 10), (29, 30), (30, 30), (31, 60), (60, 60), (61, 90)]
)
def test_lengths_fall_into_buckets(seconds, bucket):
    assert duration_bucket(seconds) == bucket


def test_conditions_and_sampling_part_batches_and_words_do_not():
    assert compatible(wish("a")) == compatible(wish("b", seeds=[3], duration=9))
    others = [wish("a", duration=11), wish("a", temperature=0.5), wish("a", fault="row"), JobRequest(task="generate", model="x")]  # fmt: skip
    assert len({compatible(other) for other in [wish("a"), *others]}) == 5


def test_cancelling_everything_frees_the_thread_at_once(served):
    net = Recurrent()
    server = served(net.model())
    net.gate.clear()
    jobs = [server.submit(wish(seeds=[n]))[0] for n in range(3)]
    until(lambda: any(job.status.state == "running" for job in jobs))
    for job in jobs:
        server.cancel(job.status.job_id)
    assert set(ended(server, *jobs)) == {"cancelled"}
    net.gate.set()
    after, _ = server.submit(wish())
    assert ended(server, after) == ["done"]


def test_who_is_cancelled_in_company_leaves_and_the_company_goes_on(served):
    net = Recurrent()
    server = served(net.model())
    net.gate.clear()
    leaving, staying = (server.submit(request)[0] for request in (wish("leaving", seeds=[1]), wish("staying", seeds=[2])))  # fmt: skip
    until(lambda: staying.status.state == "running" and leaving.status.state == "running")
    server.cancel(leaving.status.job_id)
    until(lambda: leaving.status.state == "cancelled", 2.0)
    assert staying.status.state == "running", "and the batch is still held"
    net.gate.set()
    assert ended(server, staying) == ["done"]
    assert leaving.status.state == "cancelled"
    assert leaving.outputs == {}


def test_a_waiting_job_that_is_cancelled_gives_its_place_away(served):
    net = Recurrent(size=1)
    server = served(net.model(), queue_size=1)
    net.gate.clear()
    running, _ = server.submit(wish())
    until(lambda: running.status.state == "running")
    waiting, _ = server.submit(wish())
    with pytest.raises(LimitReached) as refused:
        server.submit(wish())
    assert 0 < refused.value.retry_s < 60
    server.cancel(waiting.status.job_id)
    assert waiting.status.state == "cancelled"
    server.submit(wish())
    net.gate.set()


def test_a_batch_that_does_not_fit_is_made_in_halves_and_the_size_is_remembered(served):
    net = Recurrent(size=8, memory=2)
    server = served(net.model())
    job, _ = server.submit(wish(seeds=range(8)))
    assert ended(server, job) == ["done"]
    assert [len(batch) for batch in net.batches] == [2, 2, 2, 2]
    assert job.status.notes[0] == "Memory ran short: recurrent now makes 4 at once, not 8."
    again, _ = server.submit(wish(seeds=range(8)))
    assert ended(server, again) == ["done"]
    assert again.status.notes == []
    assert {name: made.data for name, made in again.outputs.items()} == {name: made.data for name, made in job.outputs.items()}  # fmt: skip
    assert 'segue_out_of_memory_total{model="recurrent"} 2' in server.measured()


def test_what_never_fits_is_told_by_name(served):
    server = served(Recurrent(size=4, memory=0).model())
    job, _ = server.submit(wish())
    assert ended(server, job) == ["failed"]
    assert job.status.error == {
        "code": "OutOfMemory", "message": "recurrent ran out of memory.",
        "hint": "Ask for something shorter, or serve a smaller model.",
    }  # fmt: skip


class OutOfMemoryError(RuntimeError):
    """Named as torch names its own."""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OutOfMemoryError("CUDA"), "OutOfMemory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "OutOfMemory"),
        (RuntimeError("shapes do not match"), "ToolError"),
    ],
)
def test_errors_of_a_library_become_typed_ones(served, error, code):
    def run(job: Job):
        raise error

    server = served(Model(ModelInfo(name="recurrent", tasks=["generate"], licence="MIT"), run))
    job, _ = server.submit(wish())
    ended(server, job)
    assert job.status.error["code"] == code


@pytest.mark.parametrize("fault", ["always", "row"])
def test_a_guilty_job_fails_alone(served, fault):
    net = Recurrent()
    model = net.model()
    alike = Batching(8, net.run, key=lambda request: None)
    server = served(Model(model.info, batching=alike))
    jobs = together(server, net, [wish("good"), wish("bad", fault=fault), wish("fine")])
    assert [job.status.state for job in jobs] == ["done", "failed", "done"]


def test_progress_only_grows_over_several_batches_and_ends_at_all(served):
    net = Recurrent(size=2, step_s=0.002)
    server = served(net.model())
    job, _ = server.submit(wish(n=5))
    shares = []
    while job.status.state not in ENDED:
        shares.append(job.status.done / job.status.total)
        time.sleep(0.001)
    assert shares == sorted(shares)
    assert len({round(share, 2) for share in shares}) > 5
    assert job.status.done == job.status.total


def test_a_key_is_one_request_and_a_failed_one_may_be_tried_again(served):
    net = Recurrent(memory=0, size=1)
    server = served(net.model())
    failed, _ = server.submit(wish(), "key")
    ended(server, failed)
    net.memory = 9
    again, new = server.submit(wish(), "key")
    assert new
    assert ended(server, again) == ["done"]
    assert server.submit(wish(), "key") == (again, False)
    with pytest.raises(InvalidArgument, match="another request"):
        server.submit(wish("other"), "key")


def test_a_rejected_wish_is_refused_with_the_reason(served):
    server = served(Recurrent().model())
    with pytest.raises(Rejected, match=r"rejects music.duration \(at most 30 s\)") as refused:
        server.submit(wish(duration=31))
    assert {name: field.status for name, field in refused.value.fields.items()} == {
        "text.prompt": "used", "music.duration": "rejected",
    }  # fmt: skip


def test_draining_finishes_what_there_is_and_takes_nothing_more(served):
    net = Recurrent(step_s=0.01)
    server = served(net.model())
    job, _ = server.submit(wish())
    done = []
    thread = threading.Thread(target=lambda: done.append(server.drain(10.0)))
    thread.start()
    until(lambda: not server.taking)
    with pytest.raises(Transient, match="shutting down"):
        server.submit(wish())
    until(lambda: job.status.state == "done")
    time.sleep(0.1)
    assert not done, "the output has not been fetched yet"
    server.output(job.status.job_id, "0/mix")
    thread.join(2)
    assert done == [True]


def test_draining_ends_with_its_grace(served):
    net = Recurrent()
    server = served(net.model())
    net.gate.clear()
    job, _ = server.submit(wish())
    assert server.drain(0.1) is False
    server.close()
    assert job.status.state == "cancelled"


def test_several_models_have_lanes_of_their_own(served):
    slow, quick = Recurrent(), Recurrent()
    server = served(slow.model("slow"), quick.model("quick"))
    slow.gate.clear()
    held, _ = server.submit(wish(model="slow"))
    free, _ = server.submit(wish(model="quick"))
    assert ended(server, free) == ["done"]
    assert held.status.state == "running"
    slow.gate.set()


def test_the_place_in_the_queue_and_the_estimate_follow_the_queue(served):
    net = Recurrent(size=1)
    server = served(net.model())
    net.gate.clear()
    jobs = [server.submit(wish())[0] for _ in range(3)]
    until(lambda: jobs[0].status.state == "running")
    places = [server.status(job).position for job in jobs]
    waits = [server.status(job).eta_s for job in jobs[1:]]
    assert places == [0, 1, 2]
    assert waits[0] < waits[1]
    server.cancel(jobs[1].status.job_id)
    assert server.status(jobs[2]).position == 1
    net.gate.set()
