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
import math
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.middleware.base import RequestResponseEndpoint

from segue.tools.core.errors import BadInput, LimitReached, NotFound, SegueError, Transient
from segue.tools.core.job_queue import JobServer
from segue.tools.core.jobs import JobRequest, JobStatus, ModelInfo
from segue.tools.core.models import ENDED, Job, Model


def create_app(models: Iterable[Model], workers: int = 1, queue_size: int = 32, key: str | None = None) -> FastAPI:
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
        body = {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
        if isinstance(error, LimitReached):
            return JSONResponse(body, 429, {"Retry-After": str(math.ceil(error.retry_s))})
        if isinstance(error, Transient):
            return JSONResponse(body, 503, {"Retry-After": "5"})
        return JSONResponse(body, 404 if isinstance(error, NotFound) else 422 if isinstance(error, BadInput) else 500)

    @app.post("/v1/jobs", status_code=202)
    async def submit(body: JobRequest, idempotency_key: str | None = Header(None)) -> JobStatus:
        job, _ = server.submit(body, idempotency_key)
        return server.status(job)

    @app.get("/v1/jobs/{id}")
    async def status(id: str) -> JobStatus:
        return server.status(server.job(id))

    @app.delete("/v1/jobs/{id}")
    async def cancel(id: str) -> JobStatus:
        return server.status(server.cancel(id))

    @app.get("/v1/jobs/{id}/events")
    async def events(id: str) -> StreamingResponse:
        return StreamingResponse(_follow(server.job(id)), media_type="text/event-stream")

    @app.get("/v1/jobs/{id}/outputs/{name:path}")
    async def output(id: str, name: str) -> Response:
        made = server.output(id, name)
        return Response(made.data, media_type=made.media_type)

    @app.post("/v1/blobs", status_code=201)
    async def blob(request: Request) -> dict[str, str]:
        return {"id": server.add_blob(await request.body())}

    @app.get("/v1/models")
    async def list_models() -> dict[str, list[ModelInfo]]:
        return {"data": [lane.model.info for lane in server.lanes.values()]}

    @app.get("/health")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "models": list(server.lanes), "queued": server.waiting()}

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
