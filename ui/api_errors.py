"""Errors over HTTP: one shape, ``{"error": {code, message, hint}}``, and the status that fits."""

from collections.abc import Callable, Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from segue.agent.events import Fault
from segue.tools.core.errors import (
    BackendUnavailable,
    BadInput,
    Cancelled,
    CannotDo,
    DeadlineExceeded,
    DiskFull,
    HomeInUse,
    LimitReached,
    NotFound,
    NotSignedIn,
    SegueError,
)

_STATUS: list[tuple[type[SegueError], int]] = [
    (NotFound, 404), (BadInput, 400), (NotSignedIn, 401), (LimitReached, 429), (HomeInUse, 409), (Cancelled, 409),
    (CannotDo, 422), (DeadlineExceeded, 504), (BackendUnavailable, 503), (DiskFull, 507),
]  # fmt: skip
_KINDS = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}


class ErrorBody(BaseModel):
    """What is wrong, and what to do."""

    error: Fault


RESPONSES: dict[int | str, dict[str, type[BaseModel]]] = {
    status: {"model": ErrorBody} for status in (400, 401, 404, 409, 413, 422, 429, 500, 503)
}


def fault(error: SegueError) -> dict[str, str]:
    """Return an error as JSON."""
    return Fault.of(error).model_dump()


def status_of(error: SegueError) -> int:
    """Return the HTTP status of an error."""
    return next((code for kind, code in _STATUS if isinstance(error, kind)), 500)


def answer(status: int, body: dict[str, str], path: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """Return an error's response; under /v1 with the fields that OpenAI's clients read, too."""
    error: dict[str, str | None] = dict(body)
    if path.startswith("/v1/"):
        error["message"] = f"{body['message']} {body['hint']}".strip()  # their clients show nothing else
        error |= {
            "type": _KINDS.get(status, "server_error" if status >= 500 else "invalid_request_error"),
            "param": None,
        }
    return JSONResponse({"error": error}, status_code=status, headers=headers)


def refusal(error: SegueError, path: str = "") -> Response:
    """Return an error of ours as its response."""
    wait = error.retry_s if isinstance(error, LimitReached) else None
    headers = {"Retry-After": f"{wait:.0f}"} if wait else None
    return answer(status_of(error), fault(error), path, headers)


def install(app: FastAPI, methods: Callable[[str], str]) -> None:
    """Make an application answer errors in this shape; ``methods`` names those that a path takes."""

    @app.exception_handler(SegueError)
    async def known(request: Request, error: SegueError) -> Response:
        return refusal(error, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        words = f"{where}: {first['msg']}." if where else f"{first['msg']}."
        body = {"code": "InvalidArgument", "message": words, "hint": "/api/openapi.json says what is taken."}
        return answer(400, body, request.url.path)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        hint = "/api/openapi.json lists what there is."
        body = {
            "code": "NotFound" if error.status_code == 404 else "Refused",
            "message": str(error.detail),
            "hint": hint,
        }
        headers = {"Allow": methods(request.url.path)} if error.status_code == 405 else error.headers
        return answer(error.status_code, body, request.url.path, headers)
