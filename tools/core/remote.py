"""The client of the job protocol: what served engines use to reach a model server.

One idempotency key a job, bounded waits, cancellation passed on, and every field that the server did
not simply use told to the user.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from segue.tools.core.errors import BackendUnavailable, CannotDo, DeadlineExceeded, InvalidArgument, Transient
from segue.tools.core.jobs import JobRequest, JobStatus, ModelInfo

_CONNECT_S = 2.0
_POLL_S = 0.1


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
        return [ModelInfo.model_validate(model) for model in self._ask("GET", "/v1/models").json()["data"]]

    def upload(self, data: bytes) -> str:
        """Send sound and return its blob id."""
        return str(self._ask("POST", "/v1/blobs", content=data).json()["id"])

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
        BackendUnavailable, Transient, CannotDo, InvalidArgument, DeadlineExceeded.
        """
        body = request.model_dump(exclude_defaults=True) | {"task": request.task, "model": request.model}
        status = JobStatus.model_validate(
            self._ask("POST", "/v1/jobs", json=body, headers={"Idempotency-Key": key}).json()
        )
        path = f"/v1/jobs/{status.job_id}"
        try:
            while status.state in ("queued", "running"):
                if deadline is not None and time.monotonic() > deadline:
                    raise DeadlineExceeded(f"{request.model} took longer than it may.", "Raise step_timeout_s.")
                stage = f"waiting, number {status.position}" if status.state == "queued" else status.stage
                progress(status.done, status.total, stage)
                time.sleep(_POLL_S)
                status = JobStatus.model_validate(self._ask("GET", path).json())
        except BaseException:
            self._abandon(path)
            raise
        if status.state == "cancelled":
            raise Transient(f"{self.url} stopped the job.")
        if status.state == "failed":
            error = status.error or {}
            raise CannotDo(error.get("message", "The model server failed."), error.get("hint", ""))
        return RemoteJob(status, {name: self._ask("GET", f"{path}/outputs/{name}").content for name in status.outputs})

    def _abandon(self, path: str) -> None:
        """Tell the server to stop; a server that is gone has stopped already."""
        try:
            self._http.delete(path, timeout=_CONNECT_S)
        except httpx.HTTPError:
            return

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own options
        try:
            response = self._http.request(method, path, **more)
        except httpx.ConnectError as error:
            raise BackendUnavailable(
                f"The model server {self.url} does not answer.", "Start it, or unset it."
            ) from error
        except httpx.HTTPError as error:
            raise Transient(f"The model server {self.url} broke off ({type(error).__name__}).") from error
        if response.status_code in (429, 500, 502, 503, 504):
            raise Transient(f"The model server {self.url} is busy or in trouble ({response.status_code}).")
        if response.is_error:
            raise InvalidArgument(f"The model server refused: {_reason(response)}")
        return response


def _reason(response: httpx.Response) -> str:
    try:
        error = response.json()["error"]
        return f"{error['message']} {error.get('hint', '')}".strip()
    except (ValueError, KeyError, TypeError):
        return f"status {response.status_code}"
