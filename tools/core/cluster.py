"""A model on several GPUs and hosts: its replicas are a Ray Serve deployment, one GPU each.

The server in front is the same (``tools.core.server``): it has the queue, deals the batches and answers
HTTP; only the batches travel. A replica that dies loses nothing: its batch is run again by another, and
as every row brings its own seed, with the same result. What is lost with the front itself its clients
submit again, under the same Idempotency-Key. Wants the extra ``ray``; ``RAY_ADDRESS`` names a cluster, without it
Ray starts here.
"""

import asyncio
import os
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from segue.tools.core.errors import BackendUnavailable, SegueError, Transient
from segue.tools.core.jobs import Honoured, JobRequest, JobStatus, ModelInfo
from segue.tools.core.lanes import one_by_one, typed
from segue.tools.core.models import Batch, Batching, Job, Model, Options, Output, Result, Row, load_served
from segue.tools.core.settings import Settings

_ATTEMPTS = 4  # of a batch, where replicas die under it
_EXCHANGE_S = 0.2
_LOAD_S = 1800.0


@dataclass(frozen=True)
class Description:
    """What the front needs to know of a model that it does not have itself."""

    info: ModelInfo
    size: int
    wait_s: float
    batched: bool


@dataclass(frozen=True)
class Parcel:
    """A batch on its way to a replica: the jobs with their blobs, and of every row its job, number and seed."""

    id: str
    size: int
    jobs: list[tuple[JobRequest, dict[str, bytes]]]
    rows: list[tuple[int, int, int]]


@dataclass(frozen=True)
class Answer:
    """What a replica made: a result a row; of every job its notes, effective parameters and seeds."""

    results: list[Result]
    told: list[tuple[list[str], dict[str, Any], list[int]]]


class Board:
    """Where a batch's replica and the front meet while it runs: how far the rows are, which jobs were stopped."""

    def __init__(self) -> None:
        self._shares: dict[str, tuple[list[float], float, str]] = {}
        self._stops: dict[str, list[bool]] = {}

    def write(self, id: str, shares: list[float], steps: float, stage: str) -> list[bool] | None:
        """The replica says how far it is and hears which jobs were stopped; None where nobody listens."""
        if id in self._stops:
            self._shares[id] = (shares, steps, stage)
        return self._stops.get(id)

    def read(self, id: str, stops: list[bool]) -> tuple[list[float], float, str]:
        """The front says which jobs were stopped and hears how far the rows are."""
        self._stops[id] = stops
        return self._shares.get(id, ([], 1.0, ""))

    def forget(self, id: str) -> None:
        """The front has what it wanted, or wants it no more."""
        self._shares.pop(id, None)
        self._stops.pop(id, None)


class Replica:
    """One loaded model in a process of its own, a batch at a time."""

    def __init__(self, name: str, settings: Settings, options: Options) -> None:
        self._model = load_served(name, settings, options)
        self._batching = self._model.batching or one_by_one(self._model)
        self._one = asyncio.Lock()

    async def describe(self) -> Description:
        """Say what the model is."""
        batching = self._batching
        return Description(self._model.info, batching.size, batching.wait_s, self._model.batching is not None)

    async def judge(self, request: JobRequest) -> tuple[dict[str, Honoured], str]:
        """Say what the model makes of a request, and with which others it can share a batch."""
        return dict(self._model.judge(request)), repr(self._batching.key(request))

    async def run(self, parcel: Parcel, board: Any) -> Answer:  # noqa: ANN401 - a handle of Ray's
        """Run a batch; what the model raises becomes its rows' result."""
        async with self._one:
            return await asyncio.to_thread(self._run, parcel, board)

    def _run(self, parcel: Parcel, board: Any) -> Answer:  # noqa: ANN401
        jobs = [Job(request, _status(request), blobs) for request, blobs in parcel.jobs]
        rows = [Row(jobs[of], number, seed) for of, number, seed in parcel.rows]
        for row in rows:
            row.job.rows.append(row)
        batch = Batch(rows, parcel.size)
        over = threading.Event()
        reporter = threading.Thread(target=_report, args=(parcel.id, batch, jobs, board, over), daemon=True)
        reporter.start()
        try:
            results = list(self._batching.run(batch))
        except Exception as error:  # told as a result: whatever it is, the front must be able to read it
            results = [typed(error, self._model.info)] * len(rows)
        finally:
            over.set()
        if any(getattr(result, "code", "") == "OutOfMemory" for result in results):
            self._batching.free()
        return Answer(results, [(job.status.notes, job.status.effective, job.status.seeds) for job in jobs])


def enter() -> None:
    """Reach the cluster, or start one here. What Ray starts ends with the thread that it was started by: call it from one that stays.

    Raises
    ------
    BackendUnavailable : Ray is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would report to its makers
    try:
        import ray
        from ray import serve
    except ImportError as error:
        raise BackendUnavailable("Replicas need the package 'ray'.", "Run: pip install 'segue-music[ray]'.") from error
    if not ray.is_initialized():
        ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False)
    serve.start(proxy_location="Disabled")


def load_replicated(name: str, settings: Settings, options: Options, replicas: int, least: int = 1) -> Model:
    """Deploy a model and return what stands for it in the front.

    Parameters
    ----------
    replicas, least : most and fewest of them; more are started as batches wait.

    Raises
    ------
    BackendUnavailable : Ray is not installed.
    """
    enter()
    import ray
    from ray import serve

    gpus = 1 if (options.device or "cuda").startswith("cuda") and ray.cluster_resources().get("GPU") else 0
    place = _place(name)
    deployment = serve.deployment(Replica).options(
        name="model",
        ray_actor_options={"num_cpus": 1, "num_gpus": gpus},
        max_ongoing_requests=64,
        autoscaling_config={
            "min_replicas": least, "max_replicas": replicas, "target_ongoing_requests": 1, "upscale_delay_s": 2
        },
    )  # fmt: skip
    handle = serve.run(deployment.bind(name, settings, options), name=place, route_prefix=None)
    described: Description = handle.describe.remote().result(timeout_s=_LOAD_S)
    return _Front(handle, ray.remote(num_cpus=0)(Board).remote(), described).model()


def leave(names: Sequence[str]) -> None:
    """Take models that were deployed off the cluster again, and leave it; nothing where Ray was not reached."""
    import ray
    from ray import serve

    if ray.is_initialized():
        for name in names:
            serve.delete(_place(name))
        ray.shutdown()


def _place(name: str) -> str:
    return f"segue-{name.replace('.', '-')}"


class _Front:
    """The model as the front sees it: everything is asked of the replicas."""

    def __init__(self, handle: Any, board: Any, described: Description) -> None:  # noqa: ANN401
        self._handle, self._board, self._described = handle, board, described

    def model(self) -> Model:
        """Return it."""
        of = self._described
        if not of.batched:
            return Model(of.info, run=self._run_job, judge=self._judge)
        return Model(of.info, batching=Batching(of.size, self._run, key=self._key, wait_s=of.wait_s), judge=self._judge)

    def _judge(self, request: JobRequest) -> dict[str, Honoured]:
        fields: dict[str, Honoured] = self._handle.judge.remote(request).result(timeout_s=30.0)[0]
        return fields

    def _key(self, request: JobRequest) -> str:
        return str(self._handle.judge.remote(request).result(timeout_s=30.0)[1])

    def _run_job(self, job: Job) -> dict[str, Output]:
        (result,) = self._run(Batch(job.rows, 1))
        if isinstance(result, SegueError):
            raise result
        return result

    def _run(self, batch: Batch) -> Sequence[Result]:
        from ray.exceptions import RayError

        jobs = batch.jobs
        rows = [(jobs.index(row.job), row.number, row.seed) for row in batch]
        fault = ""
        for attempt in range(_ATTEMPTS):
            parcel = Parcel(secrets.token_hex(8), batch.size, [(job.request, dict(job.blobs)) for job in jobs], rows)
            try:
                answer = self._followed(batch, parcel)
            except RayError as error:
                fault = type(error).__name__
                time.sleep(0.2 * 2**attempt)
                continue
            for job, (notes, effective, seeds) in zip(jobs, answer.told, strict=True):
                for note in notes:
                    job.say(note)
                job.effective(**effective)
                job.status.seeds += seeds
            return _raised(answer.results)
        raise Transient(f"No replica of {self._described.info.name} finished the batch ({fault}).", "Try again.")

    def _followed(self, batch: Batch, parcel: Parcel) -> Answer:
        """Send a batch and follow it to its end; a job that is stopped here is stopped there."""
        import ray

        jobs = batch.jobs
        ray.get(self._board.read.remote(parcel.id, [job.stop.is_set() for job in jobs]))
        response = self._handle.run.remote(parcel, self._board)
        try:
            while True:
                try:
                    answer: Answer = response.result(timeout_s=_EXCHANGE_S)
                    return answer
                except TimeoutError:
                    stops = [job.stop.is_set() for job in jobs]
                    shares, steps, stage = ray.get(self._board.read.remote(parcel.id, stops))
                    for row, share in zip(batch.rows, shares, strict=False):  # none before the replica's first word
                        row.moved(share * steps, steps, stage)
                    batch.check()
        finally:
            self._board.forget.remote(parcel.id)


def _raised(results: list[Result]) -> list[Result]:
    """Return results; the one error of a whole batch is raised, as the model did."""
    first = results[0]
    if isinstance(first, SegueError) and all(result == first or str(result) == str(first) for result in results):
        raise first
    return results


def _report(id: str, batch: Batch, jobs: list[Job], board: Any, over: threading.Event) -> None:  # noqa: ANN401
    """Tell the front how far a batch is, until it is over; where the front is gone, stop the batch."""
    import ray

    while not over.wait(_EXCHANGE_S):
        status = jobs[0].status
        try:
            stops = ray.get(board.write.remote(id, [row.share for row in batch], status.total, status.stage))
        except ray.exceptions.RayError:
            stops = None
        for job, stop in zip(jobs, stops or [True] * len(jobs), strict=True):
            if stop:
                job.stop.set()


def _status(request: JobRequest) -> JobStatus:
    return JobStatus(job_id="", state="running", task=request.task, model=request.model)
