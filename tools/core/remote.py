"""The client of the job protocol: what served engines use to reach a model server.

One idempotency key a job, bounded waits, cancellation passed on, and every field that the server did
not simply use told to the user.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from segue.tools.core.errors import (  # fmt: skip
    BackendUnavailable,
    CannotDo,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    OutOfMemory,
    Rejected,
    SegueError,
    Transient,
    UnreadableMedia,
)
from segue.tools.core.jobs import JobRequest, JobStatus, ModelInfo

M = TypeVar("M", bound=BaseModel)

_CONNECT_S = 2.0
_POLL_S = 0.1
_TRANSFER_S = 600.0  # longest transfer of sound
_MOST_BYTES = 2**30  # of one answer
_TRIES = 4  # of asking how a job is, before it is given up
_PATIENCE_S, _COME_BACK_S = 300.0, 5.0  # how long a full server is waited for in all, and at most at once
# What a server may say was wrong, and a client says again; everything else becomes one of two.
_KINDS = (CannotDo, Rejected, OutOfMemory, InvalidArgument, UnreadableMedia, Transient, BackendUnavailable)


class _Full(Transient):
    """The server takes no more for now, and says when it may again."""

    def __init__(self, message: str, hint: str, retry_s: float) -> None:
        super().__init__(message, hint)
        self.retry_s = retry_s


@dataclass(frozen=True)
class RemoteJob:
    """An ended job: where it stood at the end, and its outputs by name."""

    status: JobStatus
    outputs: dict[str, bytes]


class JobClient:
    """Reaches one model server.

    Parameters
    ----------
    url : the server's root, e.g. ``http://localhost:8100``.
    key : sent as bearer token, where the server wants one.
    timeout_s : wall-clock limit of one HTTP exchange.
    """

    def __init__(self, url: str, key: str | None = None, timeout_s: float = 30.0) -> None:
        self.url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._http = httpx.Client(
            base_url=self.url,
            timeout=httpx.Timeout(timeout_s, connect=_CONNECT_S),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )

    def models(self) -> list[ModelInfo]:
        """Return what the server offers.

        Raises
        ------
        BackendUnavailable : it does not answer.
        """
        try:
            return self._parsed(_Models, self._ask("GET", "/v1/models")).data
        except NotFound as error:
            raise BackendUnavailable(f"{self.url} is no model server.", "Check SEGUE_SERVERS.") from error

    def upload(self, data: bytes) -> str:
        """Send sound and return its blob id."""
        return self._parsed(_Blob, self._ask("POST", "/v1/blobs", _TRANSFER_S, content=data)).id

    def run(
        self,
        request: JobRequest,
        key: str,
        progress: Callable[[float, float, str], None],
        deadline: float | None = None,
    ) -> RemoteJob:
        """Submit a job, follow it to its end and fetch what it made.

        Parameters
        ----------
        key : the idempotency key: submitting again returns the same job.
        progress : called with done, total, stage; what it raises (a cancellation) stops the job, too.
        deadline : on ``time.monotonic()``'s clock.

        Raises
        ------
        BackendUnavailable, Transient, CannotDo, OutOfMemory, Rejected, InvalidArgument, DeadlineExceeded.
        """
        status = self._submitted(request, key, progress, deadline)
        path = f"/v1/jobs/{status.job_id}"
        try:
            while status.state in ("queued", "running"):
                if deadline is not None and time.monotonic() > deadline:
                    raise DeadlineExceeded(f"{request.model} took longer than it may.", "Raise step_timeout_s.")
                stage = f"waiting, number {status.position}" if status.state == "queued" else status.stage
                progress(status.done, status.total, stage)
                time.sleep(_POLL_S)
                status = self._status(path)
        except BaseException:
            self._abandon(path)
            raise
        if status.state == "cancelled":
            raise Transient(f"{self.url} stopped the job.")
        if status.state == "failed":
            raise _failure(status.error or {})
        outputs = {
            name: self._ask("GET", f"{path}/outputs/{quote(name)}", _TRANSFER_S).content for name in status.outputs
        }
        return RemoteJob(status, outputs)

    def _submitted(
        self, request: JobRequest, key: str, progress: Callable[[float, float, str], None], deadline: float | None
    ) -> JobStatus:
        """Submit a job; where the server is full or still loading, come back when it says, within the deadline."""
        body = request.model_dump(exclude_defaults=True) | {"task": request.task, "model": request.model}
        patience = min(deadline or math.inf, time.monotonic() + _PATIENCE_S)
        while True:
            try:
                response = self._ask("POST", "/v1/jobs", json=body, headers={"Idempotency-Key": key})
                return self._parsed(JobStatus, response)
            except NotFound as error:
                raise BackendUnavailable(error.message, error.hint) from error
            except _Full as full:
                again = time.monotonic() + min(full.retry_s, _COME_BACK_S)
                if again > patience:
                    raise
                while time.monotonic() < again:
                    progress(0.0, 1.0, full.message)
                    time.sleep(_POLL_S)

    def _status(self, path: str) -> JobStatus:
        """Return where a job stands; a short break of the line is no reason to give it up.

        Raises
        ------
        Transient : the server cannot be reached for some tries, or has lost the job.
        """
        for attempt in range(_TRIES):
            try:
                return self._parsed(JobStatus, self._ask("GET", path))
            except (Transient, BackendUnavailable):
                if attempt == _TRIES - 1:
                    raise
                time.sleep(_POLL_S * 2**attempt)
            except NotFound as error:
                raise Transient(f"{self.url} has lost the job.", "It may have been started anew.") from error
        raise Transient(f"{self.url} does not answer.")

    def _abandon(self, path: str) -> None:
        """Tell the server to stop; a server that is gone has stopped already."""
        try:
            self._http.delete(path, timeout=_CONNECT_S)
        except httpx.HTTPError:
            return

    def _ask(self, method: str, path: str, limit_s: float | None = None, **more: Any) -> httpx.Response:  # noqa: ANN401
        """Return a proper answer; ``more`` are httpx's own options.

        Raises
        ------
        BackendUnavailable, Transient, InvalidArgument, NotFound, CannotDo.
        """
        try:
            response = self._read(method, path, limit_s or self._timeout_s, more)
        except httpx.ConnectError as error:
            raise BackendUnavailable(
                f"The model server {self.url} does not answer.", "Start it, or unset it."
            ) from error
        except httpx.HTTPError as error:
            raise Transient(f"The model server {self.url} broke off ({type(error).__name__}).") from error
        if response.status_code in (429, 503) and (wait := response.headers.get("retry-after", "")).isdigit():
            raise _Full(*_reason(response), retry_s=float(wait))
        if response.status_code in (429, 500, 502, 503, 504):
            raise Transient(f"The model server {self.url} is busy or in trouble ({response.status_code}).")
        if response.status_code == 401:
            raise BackendUnavailable(f"The model server {self.url} wants another key.", "Set SEGUE_SERVER_KEY to its.")
        if response.is_error:
            message, hint = _reason(response)
            kind = NotFound if response.status_code == 404 else _kind(_code(response), InvalidArgument)
            raise kind(f"The model server refused: {message}", hint)
        return response

    def _read(self, method: str, path: str, limit_s: float, more: dict[str, Any]) -> httpx.Response:
        """Return a whole answer within a wall-clock limit: httpx's own is one of each read, and a drip never ends."""
        until = time.monotonic() + limit_s
        with self._http.stream(method, path, **more) as response:
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                if time.monotonic() > until:
                    raise Transient(f"The model server {self.url} answered for more than {limit_s:g} s.")
                if len(body) > _MOST_BYTES:
                    raise CannotDo(f"The model server {self.url} sent more than {_MOST_BYTES // 2**20} MB.")
            headers = {name: value for name, value in response.headers.items() if name != "content-encoding"}
            return httpx.Response(response.status_code, headers=headers, content=bytes(body))

    def _parsed(self, kind: type[M], response: httpx.Response) -> M:
        """Return what an answer says, or raise ``Transient`` where it is not what a model server says."""
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as error:
            raise Transient(f"{self.url} does not answer as a model server does.", "Check SEGUE_SERVERS.") from error


class _Models(BaseModel):
    data: list[ModelInfo]


class _Blob(BaseModel):
    id: str


def _failure(error: Mapping[str, str]) -> SegueError:
    """Return the error that a job ended with, of the kind that it had there."""
    kind = _kind(error.get("code", ""), CannotDo)
    return kind(error.get("message", "The model server failed."), error.get("hint", ""))


def _kind(code: str, otherwise: type[SegueError]) -> type[SegueError]:
    kinds = {kind.__name__: kind for kind in (*_KINDS, otherwise)}
    return kinds.get(code, otherwise)


def _code(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _reason(response: httpx.Response) -> tuple[str, str]:
    try:
        error = response.json()["error"]
        return str(error["message"]), str(error.get("hint", ""))
    except (ValueError, KeyError, TypeError):
        return f"status {response.status_code}.", ""
