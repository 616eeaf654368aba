"""One HTTP exchange with a model server that a step can be taken out of at any moment, and its faults as typed errors."""

import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from segue.tools.core.errors import BackendUnavailable, CannotDo, DeadlineExceeded, Transient

Check = Callable[[], None]
_CONNECT_S = 3.0
_LOOK_S = 0.02


def exchange(
    method: str,
    url: str,
    check: Check,
    limit_s: float,
    *,
    key: str | None = None,
    **more: Any,  # noqa: ANN401 - httpx's own
) -> httpx.Response:
    """Return a server's answer to one request; redirects are not followed.

    Parameters
    ----------
    check : called several times a second; what it raises (a cancellation, a deadline) ends the exchange.
    limit_s : wall-clock limit, whatever the server does between two bytes.
    key : sent as bearer token.

    Raises
    ------
    BackendUnavailable : nobody answers, or the key is refused.
    Transient : worth trying again; with a cause where the connection was lost after the request had gone out, so that the
        server may have acted on it.
    CannotDo : the server refused the request; the message has its words.
    DeadlineExceeded : ``limit_s`` passed.
    """
    done = threading.Event()
    outcome: list[httpx.Response | Exception] = []
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    client = httpx.Client(timeout=httpx.Timeout(None, connect=_CONNECT_S), headers=headers)

    def work() -> None:
        try:
            outcome.append(client.request(method, url, **more))
        except Exception as error:  # whatever the library raises is looked at in the step's own thread
            outcome.append(error)
        done.set()

    end = time.monotonic() + limit_s
    threading.Thread(target=work, daemon=True).start()
    try:
        while not done.wait(_LOOK_S):
            check()
            if time.monotonic() > end:
                raise DeadlineExceeded(f"{_server(url)} took longer than it may.", "Raise step_timeout_s.")
    finally:
        client.close()  # a server that is still at work sees that nobody waits
    return _whole(outcome[0], _server(url))


def _server(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _whole(outcome: httpx.Response | Exception, server: str) -> httpx.Response:
    if isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout | httpx.InvalidURL | httpx.UnsupportedProtocol):
        raise BackendUnavailable(f"The server {server} does not answer.", "Start it, or unset it.") from outcome
    if isinstance(outcome, Exception):
        raise Transient(f"The server {server} broke off ({type(outcome).__name__}).") from outcome
    status = outcome.status_code
    if status in (401, 403):
        raise BackendUnavailable(f"The server {server} refused the key.", "Set SEGUE_SERVER_KEY.")
    if status in (408, 409, 429) or status >= 500:
        raise Transient(f"The server {server} is busy or in trouble ({status}).")
    if not outcome.is_success:
        raise CannotDo(f"The server {server} refused the request ({status}: {_reason(outcome)}).")
    return outcome


def _reason(response: httpx.Response) -> str:
    """Return the server's own words, shortened, on one line."""
    try:
        body = response.json()
        error = body.get("error") or body.get("detail") or body
        text = str(error.get("message") or error) if isinstance(error, dict) else str(error)
    except (ValueError, AttributeError):
        text = response.reason_phrase
    return " ".join(text.split())[:200]
