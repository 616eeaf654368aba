"""The queue of a model server: bounded; what clients ask of it, and the threads that work it off, a lane a model."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from hashlib import sha256

from segue.tools.core.errors import Cancelled, InvalidArgument, LimitReached, NotFound, Rejected, SegueError, Transient
from segue.tools.core.jobs import Honoured, JobRequest, JobStatus, ModelInfo
from segue.tools.core.lanes import Lane
from segue.tools.core.metrics import Metrics
from segue.tools.core.models import ENDED, Job, Model, Output, Result, Row

_FETCH_S = 5.0  # how long a server that shuts down waits for outputs to be fetched
_SEED_BELOW = 2**31  # what every sampler takes
_BLOBS_KEPT = 64
_KEPT_BYTES = 2**30


def honoured(request: JobRequest, model: Model) -> dict[str, Honoured]:
    """Say for every wish of a request what this model makes of it."""
    fields = {name: _general(name, model.info) for name in request.asked()}
    return fields | dict(model.judge(request))


def _general(name: str, info: ModelInfo) -> Honoured:
    if name not in info.honours:
        return Honoured(status="ignored", how=f"{info.name} has no such control")
    how = info.honours[name]
    return Honoured(status="approximated", how=how) if how else Honoured()


class JobServer:
    """A bounded queue of jobs and the threads that run them.

    Parameters
    ----------
    models : the loaded models; ``add`` brings more.
    workers : batches of one model that run at once.
    queue_size : jobs that may wait; beyond it submissions are refused.
    kept : ended jobs whose outputs are kept for fetching.
    """

    def __init__(
        self,
        models: Iterable[Model] = (),
        workers: int = 1,
        queue_size: int = 32,
        kept: int = 64,
    ) -> None:
        self.lanes: dict[str, Lane] = {}
        self.jobs: OrderedDict[str, Job] = OrderedDict()
        self.blobs: OrderedDict[str, bytes] = OrderedDict()
        self.queue_size = queue_size
        self.taking = True
        self.loading: list[str] = []  # models that will be added soon
        self.metrics = Metrics()
        self._keys: dict[str, str] = {}
        self._kept, self._workers = kept, workers
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        for model in models:
            self.add(model)

    def add(self, model: Model) -> None:
        """Serve one more model."""
        lane = Lane(model, self._changed, self.metrics)
        self.lanes[model.info.name] = lane
        for n in range(self._workers):
            thread = threading.Thread(target=self._work, args=(lane,), name=f"{model.info.name}-{n}", daemon=True)
            self._threads.append(thread)
            thread.start()

    # -- what clients ask ---------------------------------------------------------------------------

    def submit(self, request: JobRequest, key: str | None = None) -> tuple[Job, bool]:
        """Queue a job; return it and whether it is new.

        A key brings back the job that it started before, unless that one failed or was cancelled.

        Raises
        ------
        NotFound : no such model, or a blob that was not uploaded.
        InvalidArgument : a task the model has not, or a key that came with another request before.
        Rejected : a wish the model rejects, or an ignored one in strict mode.
        LimitReached : too many jobs wait; ``retry_s`` says for how long.
        Transient : the server is shutting down, or still loading models.
        """
        try:
            return self._submitted(request, key)
        except SegueError as error:
            self.metrics.count("segue_jobs_refused_total", reason=error.code)
            raise

    def _submitted(self, request: JobRequest, key: str | None) -> tuple[Job, bool]:
        if earlier := self._earlier(request, key):
            return earlier, False
        if not self.taking:
            raise Transient("The server is shutting down.", "Ask another, or come back.")
        lane = self._lane(request)
        fields = _judged(request, lane.model)  # outside the lock, as the next: a model may take its time
        alike = (request.task, lane.batching.key(request))
        with self._changed:
            if earlier := self._earlier(request, key):
                return earlier, False
            blobs = self._needed(request)
            if self.waiting() >= self.queue_size:
                raise LimitReached("The queue is full.", "Try again later.", retry_s=max(1.0, lane.wait_s(1)))
            seeds = _seeds(request)
            status = JobStatus(
                job_id=secrets.token_hex(8), state="queued", task=request.task, model=request.model, fields=fields,
                revision=lane.model.info.revision, seeds=seeds if lane.model.batching else [],
            )  # fmt: skip
            job = Job(request, status, blobs, on_end=self._count)
            rows = seeds if lane.model.batching else seeds[:1]
            job.rows = [Row(job, number, seed, alike) for number, seed in enumerate(rows)]
            lane.rows.extend(job.rows)
            self.jobs[status.job_id] = job
            if key:
                self._keys[key] = status.job_id
            self._forget_old()
            self._changed.notify_all()
            return job, True

    def _earlier(self, request: JobRequest, key: str | None) -> Job | None:
        """Return the job that a key started before, unless it failed or was cancelled."""
        with self._changed:
            earlier = self.jobs.get(self._keys.get(key or "", ""))
        if earlier is None or earlier.status.state in ("failed", "cancelled"):
            return None
        if earlier.request != request:
            raise InvalidArgument("This Idempotency-Key came with another request.", "Take a new key.")
        return earlier

    def job(self, id: str) -> Job:
        """Return a job, or raise ``NotFound``."""
        if (job := self.jobs.get(id)) is None:
            raise NotFound(f"There is no job {id}.", "Ended jobs are kept for a while only.")
        return job

    def status(self, job: Job) -> JobStatus:
        """Return where a job stands now: its place in the queue and an estimate with it."""
        now = job.status.model_copy()
        lane = self.lanes[now.model]
        if now.state == "queued":
            with self._changed:
                before = lane.before(job)
            now.position = len({id(row.job) for row in before}) + 1
            now.queued_s = round(time.monotonic() - job.created, 3)
            now.eta_s = round(lane.wait_s(len(before) + len(job.rows)), 1)
        elif now.state == "running":
            share, spent = now.done / now.total, time.monotonic() - job.started
            now.eta_s = round(spent * (1 - share) / share if share > 0.05 else lane.batch_s, 1)
        return now

    def output(self, id: str, name: str) -> Output:
        """Return what a job made under this name, or raise ``NotFound``."""
        job = self.job(id)
        if (made := job.outputs.get(name)) is None:
            raise NotFound(f"Job {id} has no output '{name}'.", "Its status lists what there is.")
        job.fetched.add(name)
        return made

    def cancel(self, id: str) -> Job:
        """Stop a job: at once where it waits, at its next progress report where it runs."""
        job = self.job(id)
        with self._changed:
            self._stop(job)
        return job

    def add_blob(self, data: bytes) -> str:
        """Keep uploaded bytes for jobs to refer to and return their id; the same bytes have the same id."""
        id = sha256(data).hexdigest()[:32]
        with self._changed:
            self.blobs[id] = data
            self.blobs.move_to_end(id)
            while len(self.blobs) > _BLOBS_KEPT or (len(self.blobs) > 1 and _bytes(self.blobs) > _KEPT_BYTES):
                self.blobs.popitem(last=False)
        return id

    def waiting(self) -> int:
        """Return how many jobs wait."""
        return sum(job.status.state == "queued" for job in list(self.jobs.values()))

    @property
    def ready(self) -> bool:
        """Whether every model is loaded and jobs are taken."""
        return self.taking and not self.loading

    def measured(self) -> str:
        """Return the metrics in Prometheus' text format."""
        jobs = list(self.jobs.values())
        for name in self.lanes:
            states = [job.status.state for job in jobs if job.request.model == name]
            self.metrics.set("segue_jobs_waiting", states.count("queued"), model=name)
            self.metrics.set("segue_jobs_running", states.count("running"), model=name)
        self.metrics.set("segue_queue_limit", self.queue_size)
        self.metrics.set("segue_ready", self.ready)
        self.metrics.set("segue_blob_bytes", _bytes(self.blobs))
        return self.metrics.text()

    def _count(self, job: Job) -> None:
        model, task = job.request.model, job.request.task
        self.metrics.count("segue_jobs_total", model=model, task=task, state=job.status.state)
        self.metrics.observe("segue_queue_seconds", (job.started or job.ended) - job.created, model=model, task=task)
        if job.started:
            self.metrics.observe("segue_job_seconds", job.ended - job.started, model=model, task=task)

    # -- the end ------------------------------------------------------------------------------------

    def drain(self, grace_s: float) -> bool:
        """Take no more jobs; wait until those there are have ended and been fetched. Return whether they have."""
        self.taking = False
        deadline = time.monotonic() + grace_s
        while not (idle := self._idle()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return idle

    def close(self) -> None:
        """Cancel what is left and end the threads."""
        with self._changed:
            self.taking = False
            for lane in self.lanes.values():
                lane.closed = True
            for job in list(self.jobs.values()):
                if job.status.state not in ENDED:
                    self._stop(job)
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5.0)

    def _idle(self) -> bool:
        now = time.monotonic()
        return all(
            job.status.state in ENDED and (job.fetched >= set(job.outputs) or now - job.ended > _FETCH_S)
            for job in list(self.jobs.values())
        )

    # -- bookkeeping, under the lock ----------------------------------------------------------------

    def _lane(self, request: JobRequest) -> Lane:
        lane = self.lanes.get(request.model)
        if lane is None and self.loading:
            raise Transient(f"The server is still loading {', '.join(self.loading)}.", "Come back in a moment.")
        if lane is None:
            raise NotFound(f"There is no model '{request.model}'.", f"Models: {', '.join(self.lanes)}.")
        if request.task not in lane.model.info.tasks:
            can = ", ".join(lane.model.info.tasks)
            raise InvalidArgument(f"{request.model} cannot {request.task}.", f"It can: {can}.")
        return lane

    def _needed(self, request: JobRequest) -> dict[str, bytes]:
        audio = request.audio
        ids = [audio.src, audio.melody, audio.drums, audio.style, *(span.blob for span in audio.ref)]
        missing = [id for id in ids if id and id not in self.blobs]
        if missing:
            raise NotFound(f"There is no blob {missing[0]}.", "Upload it first with POST /v1/blobs.")
        return {id: self.blobs[id] for id in ids if id}

    def _stop(self, job: Job) -> None:
        job.stop.set()
        if self.lanes[job.request.model].take_out(job) == len(job.rows):
            job.end("cancelled")

    def _forget_old(self) -> None:
        ended = [id for id, job in self.jobs.items() if job.status.state in ENDED]
        sizes = [sum(len(made.data) for made in self.jobs[id].outputs.values()) for id in ended]
        surplus = max(0, len(ended) - self._kept)
        while surplus < len(ended) - 1 and sum(sizes[surplus:]) > _KEPT_BYTES:
            surplus += 1
        for id in ended[:surplus]:
            del self.jobs[id]
            self._keys = {key: job for key, job in self._keys.items() if job != id}

    # -- running ------------------------------------------------------------------------------------

    def _work(self, lane: Lane) -> None:
        while (batch := lane.next()) is not None:
            start = time.monotonic()
            for job in batch.jobs:
                if job.status.state == "queued":
                    job.started = start
                    job.status.queued_s = round(start - job.created, 3)
                    job.status.state = "running"
            results = lane.run(batch)
            name = lane.model.info.name
            self.metrics.observe("segue_batch_rows", len(batch), model=name)
            self.metrics.observe("segue_batch_seconds", time.monotonic() - start, model=name)
            with self._changed:
                for row, result in zip(batch.rows, results, strict=True):
                    self._settle(row, result)

    def _settle(self, row: Row, result: Result) -> None:
        job, lane = row.job, self.lanes[row.request.model]
        row.batch = None
        if job.status.state in ENDED:
            return
        if isinstance(result, SegueError):
            lane.take_out(job)
            job.stop.set()
            if not isinstance(result, Cancelled):
                job.status.error = {"code": result.code, "message": result.message, "hint": result.hint}
            job.end("cancelled" if isinstance(result, Cancelled) else "failed")
            return
        prefix = f"{row.number}/" if lane.model.batching else ""
        job.outputs |= {prefix + name: made for name, made in result.items()}
        job.status.outputs = list(job.outputs)
        row.finish()


def _seeds(request: JobRequest) -> list[int]:
    """Return a seed for every take: those given, then the numbers after the last; without any, random ones."""
    given = request.sample.seeds
    count = max(request.sample.n, len(given))
    if not given:
        return [secrets.randbelow(_SEED_BELOW) for _ in range(count)]
    return given + [given[-1] + n for n in range(1, count - len(given) + 1)]


def _judged(request: JobRequest, model: Model) -> dict[str, Honoured]:
    fields = honoured(request, model)
    rejected = [f"{name} ({what.how})" for name, what in fields.items() if what.status == "rejected"]
    if rejected:
        raise Rejected(f"{model.info.name} rejects {', '.join(rejected)}.", "Change it, or leave it out.", fields)
    ignored = [name for name, what in fields.items() if what.status == "ignored"]
    if request.strict and ignored:
        raise Rejected(f"{model.info.name} would ignore {', '.join(ignored)}.", "Leave them out, or strict.", fields)
    return fields


def _bytes(blobs: "OrderedDict[str, bytes]") -> int:
    return sum(map(len, blobs.values()))
