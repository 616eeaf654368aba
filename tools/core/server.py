"""The model server: loaded models behind the job protocol of ``tools.core.jobs``, over HTTP.

::

    POST   /v1/jobs                        → 202 with the job; 429 when the queue is full
    GET    /v1/jobs/{id}                   where it stands
    GET    /v1/jobs/{id}/events            the same as server-sent events, until it ends
    DELETE /v1/jobs/{id}                   cancel
    GET    /v1/jobs/{id}/outputs/{name}    what it made
    POST   /v1/blobs                       audio in → {"id"}
    GET    /v1/models                      what there is, and what each can honour
    GET    /health                         200 while the process lives; the one path that needs no key
    GET    /ready                          200 while jobs are taken, else 503: models load, or it shuts down
    GET    /metrics                        for Prometheus

Audio travels as bytes, never as paths or URLs. A header ``Idempotency-Key`` returns the job that the
same key started before.
"""

import asyncio
import math
import secrets
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.tools.core.errors import (  # fmt: skip
    BadInput,
    CannotDo,
    InvalidArgument,
    LimitReached,
    NotFound,
    NotSignedIn,
    Rejected,
    SegueError,
    Transient,
    UnreadableMedia,
)
from segue.tools.core.job_queue import JobServer
from segue.tools.core.jobs import Honoured, JobRequest, JobStatus, ModelInfo
from segue.tools.core.models import ENDED, Job, Model

_MAX_REQUEST, _MAX_BLOB = 8 * 2**20, 256 * 2**20  # bytes
_FOLLOW_S, _KEEP_ALIVE_S = 0.05, 15.0


class Fault(BaseModel):
    """What is wrong, as the client's errors say it."""

    code: str
    message: str
    hint: str = ""


class Refusal(BaseModel):
    """Why a request was refused; ``fields`` says of every wish what would become of it, where that is the reason."""

    error: Fault
    fields: dict[str, Honoured] | None = None


def create_app(
    models: Iterable[Model] = (),
    workers: int = 1,
    queue_size: int = 32,
    key: str | None = None,
    hosts: Collection[str] = (),
) -> FastAPI:
    """Return the HTTP application that serves these models; its ``state.jobs`` is the ``JobServer``.

    Parameters
    ----------
    workers : batches of one model that run at once.
    queue_size : jobs that may wait.
    key : answer only who sends it as bearer token.
    hosts : answer only requests that were sent to one of these names, and from pages of no other.
    """
    server = JobServer(models, workers, queue_size)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(server.close)

    refusals: dict[int | str, dict[str, Any]] = {
        code: {"model": Refusal} for code in (400, 401, 404, 413, 422, 429, 503)
    }
    app = FastAPI(title="Segue model server", lifespan=lifespan, responses=refusals)
    app.state.jobs = server
    app.add_middleware(_Door, key=key, hosts=frozenset(hosts))

    @app.exception_handler(SegueError)
    async def refused(request: Request, error: SegueError) -> JSONResponse:
        return _said(error)

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return _said(InvalidArgument(f"The request cannot be used: {where}: {first['msg']}.", "See /docs."))

    @app.exception_handler(HTTPException)
    async def no_such_path(request: Request, error: HTTPException) -> JSONResponse:
        fault = Fault(code="BadInput", message=f"{error.detail}.", hint="See /docs.")
        routes = [
            route for route in app.routes if isinstance(route, Route) and route.path_regex.match(request.url.path)
        ]
        allowed = sorted({method for route in routes for method in route.methods or ()})
        headers = {"Allow": ", ".join(allowed)} if error.status_code == 405 else None
        return JSONResponse(Refusal(error=fault).model_dump(exclude_none=True), error.status_code, headers)

    @app.post("/v1/jobs", status_code=202)
    async def submit(body: JobRequest, idempotency_key: str | None = Header(None)) -> JobStatus:
        job, _ = await asyncio.to_thread(server.submit, body, idempotency_key)
        return server.status(job)

    @app.get("/v1/jobs/{id}")
    async def status(id: str) -> JobStatus:
        return server.status(server.job(id))

    @app.delete("/v1/jobs/{id}")
    async def cancel(id: str) -> JobStatus:
        return server.status(server.cancel(id))

    @app.get("/v1/jobs/{id}/events")
    async def events(id: str) -> StreamingResponse:
        return StreamingResponse(_follow(server, server.job(id)), media_type="text/event-stream")

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
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/ready")
    async def ready() -> JSONResponse:
        state = {
            "ready": server.ready, "models": list(server.lanes), "loading": server.loading, "waiting": server.waiting()
        }  # fmt: skip
        return JSONResponse(state, 200 if server.ready else 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(server.measured(), media_type="text/plain; version=0.0.4")

    return app


class _Door:
    """ASGI middleware: who may come in, by key, by the name they called and by the page they come from."""

    def __init__(self, app: ASGIApp, key: str | None, hosts: frozenset[str]) -> None:
        self.app, self.key, self.hosts = app, key, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif refused := self._refused(scope):
            await refused(scope, receive, send)
        else:
            await self.app(scope, _limited(receive, _most(scope)), send)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        names = [urlsplit("//" + headers.get("host", "")).hostname, urlsplit(headers.get("origin", "")).hostname]
        if self.hosts and not {name for name in names if name} <= self.hosts:
            return _said(NotSignedIn("This server answers its own machine only.", "Serve with SEGUE_SERVER_KEY set."))
        sent = headers.get("authorization", "").removeprefix("Bearer ")
        if self.key and scope["path"] != "/health" and not secrets.compare_digest(sent.encode(), self.key.encode()):
            return _said(NotSignedIn("The key is missing or wrong.", "Set SEGUE_SERVER_KEY."))
        if int(headers.get("content-length", "0")) > _most(scope):
            return _said(_too_much(_most(scope)))
        return None


def _most(scope: Scope) -> int:
    return _MAX_BLOB if scope["path"] == "/v1/blobs" else _MAX_REQUEST


def _too_much(limit: int) -> UnreadableMedia:
    return UnreadableMedia(f"That is more than {limit // 2**20} MB.", "Send less.")


def _limited(receive: Receive, limit: int) -> Receive:
    """Return a receiver that raises once a body that did not say its length is longer than allowed."""
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise _too_much(limit)
        return message

    return counted


def _said(error: SegueError) -> JSONResponse:
    """Return an error as HTTP says it."""
    fault = Fault(code=error.code, message=error.message, hint=error.hint)
    fields = error.fields if isinstance(error, Rejected) else None
    body = Refusal(error=fault, fields=fields).model_dump(exclude_none=True)
    if isinstance(error, LimitReached):
        return JSONResponse(body, 429, {"Retry-After": str(math.ceil(error.retry_s))})
    if isinstance(error, Transient):
        return JSONResponse(body, 503, {"Retry-After": "2"})
    statuses = {NotFound: 404, NotSignedIn: 401, UnreadableMedia: 413, BadInput: 422, CannotDo: 422}
    return JSONResponse(body, next((code for kind, code in statuses.items() if isinstance(error, kind)), 500))


async def _follow(server: JobServer, job: Job) -> AsyncIterator[str]:
    """Yield a job's states as server-sent events whenever something changed, until it ends."""
    last, outputs, silent = "", 0, 0.0
    while True:
        now = server.status(job)
        text = now.model_dump_json(exclude={"eta_s", "queued_s"})
        silent += _FOLLOW_S
        if text != last:
            kind = "audio" if len(now.outputs) > outputs else "step"
            yield f"event: {now.state if now.state != 'running' else kind}\ndata: {now.model_dump_json()}\n\n"
            last, outputs, silent = text, len(now.outputs), 0.0
        elif silent > _KEEP_ALIVE_S:
            yield ": still there\n\n"
            silent = 0.0
        if now.state in ENDED:
            return
        await asyncio.sleep(_FOLLOW_S)
