"""The model server: loaded models behind the job protocol of ``tools.core.jobs``, over HTTP.

::

    POST   /v1/jobs                        → 202 with the job; 429 when the queue is full
    GET    /v1/jobs/{id}                   where it stands
    GET    /v1/jobs/{id}/events            the same as server-sent events, until it ends
    DELETE /v1/jobs/{id}                   cancel
    GET    /v1/jobs/{id}/outputs/{name}    what it made
    POST   /v1/blobs                       audio in → {"id"}
    GET    /v1/models, /health

Audio travels as bytes, never as paths or URLs. A header ``Idempotency-Key`` returns the job that the
same key started before.
"""

import asyncio
import json
import queue
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.middleware.base import RequestResponseEndpoint

from segue.tools.core.errors import BadInput, Cancelled, InvalidArgument, NotFound, SegueError
from segue.tools.core.jobs import Honoured, JobRequest, JobStatus, ModelInfo

ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class Output:
    """One file that a job made."""

    data: bytes
    media_type: str


@dataclass
class Job:
    """A job in the server: its request, where it stands, what it made."""

    request: JobRequest
    status: JobStatus
    blobs: Mapping[str, bytes]
    outputs: dict[str, Output] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    created: float = field(default_factory=time.monotonic)

    def say(self, note: str) -> None:
        """Tell the caller something about what was made (an approximation, an ignored wish)."""
        self.status.notes.append(note)

    def progress(self, done: float, total: float, stage: str) -> None:
        """Report progress, which only ever grows, and stop here when the job was cancelled."""
        if self.stop.is_set():
            raise Cancelled("Stopped.")
        if done / total >= self.status.done / self.status.total:
            self.status.done, self.status.total = done, total
        self.status.stage = stage


@dataclass(frozen=True)
class Model:
    """A loaded model: what it can, and the function that runs a job and fills its outputs."""

    info: ModelInfo
    run: Callable[[Job], dict[str, Output]]


def honoured(request: JobRequest, model: ModelInfo) -> dict[str, Honoured]:
    """Say for every wish of a request what this model makes of it."""
    fields: dict[str, Honoured] = {}
    for name in request.asked():
        if name not in model.honours:
            fields[name] = Honoured(status="ignored", how=f"{model.name} has no such control")
        elif how := model.honours[name]:
            fields[name] = Honoured(status="approximated", how=how)
        else:
            fields[name] = Honoured()
    return fields


class JobServer:
    """A bounded queue of jobs and the worker threads that run them.

    Parameters
    ----------
    models : the loaded models.
    workers : jobs that run at once.
    queue_size : jobs that may wait; beyond it submissions are refused.
    kept : ended jobs whose outputs are kept for fetching.
    """

    def __init__(self, models: Sequence[Model], workers: int = 1, queue_size: int = 32, kept: int = 64) -> None:
        self.models = {model.info.name: model for model in models}
        self.jobs: OrderedDict[str, Job] = OrderedDict()
        self.blobs: OrderedDict[str, bytes] = OrderedDict()
        self._keys: dict[str, str] = {}
        self._queue: queue.Queue[Job | None] = queue.Queue(queue_size)
        self._kept = kept
        self._lock = threading.Lock()
        self._seconds = 1.0  # running mean of a job's time, for the estimate
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, request: JobRequest, key: str | None = None) -> tuple[Job, bool]:
        """Queue a job; return it and whether it is new.

        Raises
        ------
        NotFound : no such model, or a blob that was not uploaded.
        InvalidArgument : a task the model has not, or an ignored wish in strict mode.
        queue.Full : too many jobs wait.
        """
        with self._lock:
            if key and key in self._keys:
                return self.jobs[self._keys[key]], False
            model = self.models.get(request.model)
            if model is None:
                raise NotFound(f"There is no model '{request.model}'.", f"Models: {', '.join(self.models)}.")
            if request.task not in model.info.tasks:
                raise InvalidArgument(
                    f"{request.model} cannot {request.task}.", f"It can: {', '.join(model.info.tasks)}."
                )
            fields = honoured(request, model.info)
            ignored = [name for name, what in fields.items() if what.status == "ignored"]
            if request.strict and ignored:
                raise InvalidArgument(
                    f"{request.model} would ignore {', '.join(ignored)}.", "Leave them out, or strict."
                )
            blobs = self._needed(request)
            status = JobStatus(
                job_id=secrets.token_hex(8), state="queued", task=request.task, model=request.model, fields=fields,
                position=self._queue.qsize() + 1, revision=model.info.revision,
                eta_s=round(self._seconds * (self._queue.qsize() + 1), 1),
            )  # fmt: skip
            job = Job(request, status, blobs)
            self._queue.put_nowait(job)
            self.jobs[status.job_id] = job
            if key:
                self._keys[key] = status.job_id
            self._forget_old()
            return job, True

    def job(self, id: str) -> Job:
        """Return a job, or raise ``NotFound``."""
        if id not in self.jobs:
            raise NotFound(f"There is no job {id}.", "Ended jobs are kept for a while only.")
        return self.jobs[id]

    def cancel(self, id: str) -> Job:
        """Stop a job: at once where it waits, at its next progress report where it runs."""
        job = self.job(id)
        job.stop.set()
        if job.status.state == "queued":
            job.status.state = "cancelled"
        return job

    def add_blob(self, data: bytes) -> str:
        """Keep uploaded bytes for jobs to refer to; the 64 latest are kept."""
        id = secrets.token_hex(8)
        self.blobs[id] = data
        while len(self.blobs) > 64:
            self.blobs.popitem(last=False)
        return id

    def close(self) -> None:
        """Cancel what runs and end the workers."""
        for job in list(self.jobs.values()):
            job.stop.set()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=5.0)

    def _needed(self, request: JobRequest) -> dict[str, bytes]:
        audio = request.audio
        ids = [audio.src, audio.melody, audio.drums, audio.style, *(span.blob for span in audio.ref)]
        missing = [id for id in ids if id and id not in self.blobs]
        if missing:
            raise NotFound(f"There is no blob {missing[0]}.", "Upload it first with POST /v1/blobs.")
        return {id: self.blobs[id] for id in ids if id}

    def _forget_old(self) -> None:
        ended = [id for id, job in self.jobs.items() if job.status.state in ENDED]
        for id in ended[: max(0, len(ended) - self._kept)]:
            del self.jobs[id]
            self._keys = {key: job for key, job in self._keys.items() if job != id}

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if job.stop.is_set():
                job.status.state = "cancelled"
                continue
            start = time.monotonic()
            job.status.state = "running"
            try:
                job.outputs = self.models[job.request.model].run(job)
                job.status.outputs = list(job.outputs)
                job.status.done = job.status.total
                job.status.state = "done"
                self._seconds = 0.7 * self._seconds + 0.3 * (time.monotonic() - start)
            except Cancelled:
                job.status.state = "cancelled"
            except SegueError as error:
                job.status.error = {"code": error.code, "message": error.message, "hint": error.hint}
                job.status.state = "failed"
            except Exception as error:  # a model may raise anything; the worker must live on and the caller be told
                job.status.error = {"code": "ToolError", "message": f"{type(error).__name__}: {error}", "hint": ""}
                job.status.state = "failed"
            job.status.seconds = round(time.monotonic() - start, 3)


def create_app(models: Sequence[Model], workers: int = 1, queue_size: int = 32, key: str | None = None) -> FastAPI:
    """Return the HTTP application that serves these models; with a key, only to who sends it as bearer token."""
    server = JobServer(models, workers, queue_size)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        server.close()

    app = FastAPI(title="Segue model server", lifespan=lifespan)
    app.state.jobs = server

    @app.middleware("http")
    async def guarded(request: Request, forward: RequestResponseEndpoint) -> Response:
        sent = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key and request.url.path != "/health" and not secrets.compare_digest(sent.encode(), key.encode()):
            error = {"code": "BadInput", "message": "The key is missing or wrong.", "hint": "Set SEGUE_SERVER_KEY."}
            return JSONResponse({"error": error}, 401)
        return await forward(request)

    @app.exception_handler(SegueError)
    async def refused(request: Request, error: SegueError) -> JSONResponse:
        status = 404 if isinstance(error, NotFound) else 422 if isinstance(error, BadInput) else 500
        return JSONResponse({"error": {"code": error.code, "message": error.message, "hint": error.hint}}, status)

    @app.post("/v1/jobs", status_code=202)
    async def submit(body: JobRequest, idempotency_key: str | None = Header(None)) -> Any:  # noqa: ANN401 - FastAPI
        try:
            job, _ = server.submit(body, idempotency_key)
        except queue.Full:
            error = {"code": "Transient", "message": "The queue is full.", "hint": "Try again later."}
            return JSONResponse({"error": error}, 429, {"Retry-After": "5"})
        return job.status

    @app.get("/v1/jobs/{id}")
    async def status(id: str) -> JobStatus:
        return server.job(id).status

    @app.delete("/v1/jobs/{id}")
    async def cancel(id: str) -> JobStatus:
        return server.cancel(id).status

    @app.get("/v1/jobs/{id}/events")
    async def events(id: str) -> StreamingResponse:
        return StreamingResponse(_follow(server.job(id)), media_type="text/event-stream")

    @app.get("/v1/jobs/{id}/outputs/{name:path}")
    async def output(id: str, name: str) -> Response:
        made = server.job(id).outputs.get(name)
        if made is None:
            raise NotFound(f"Job {id} has no output '{name}'.", "Its status lists what there is.")
        return Response(made.data, media_type=made.media_type)

    @app.post("/v1/blobs", status_code=201)
    async def blob(request: Request) -> dict[str, str]:
        return {"id": server.add_blob(await request.body())}

    @app.get("/v1/models")
    async def list_models() -> dict[str, list[ModelInfo]]:
        return {"data": [model.info for model in server.models.values()]}

    @app.get("/health")
    async def health() -> dict[str, Any]:
        waiting = sum(job.status.state == "queued" for job in server.jobs.values())
        return {"status": "ok", "models": list(server.models), "queued": waiting}

    return app


async def _follow(job: Job) -> AsyncIterator[str]:
    """Yield a job's states as server-sent events whenever something changed, until it ends."""
    last = ""
    while True:
        state = job.status.model_dump(mode="json")
        text = json.dumps(state)
        if text != last:
            kind = state["state"] if state["state"] != "running" else "step"
            yield f"event: {kind}\ndata: {text}\n\n"
            last = text
        if state["state"] in ENDED:
            return
        await asyncio.sleep(0.05)
