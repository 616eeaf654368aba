"""What a request may cost: the size of its body, and how much an owner may ask for and use."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.tools.core.errors import LimitReached
from segue.ui.keys import Allowance

_MOST_OWNERS = 10_000
_MINUTE, _HOUR = 60.0, 3600.0
_SMALL = 4_000_000  # bytes of a JSON body
LARGEST_TEXT = 100_000_000  # bytes of one that may hold sound as text


@dataclass
class _Use:
    """What an owner asked for (times, s) and used (times with steps and seconds), the last hour's."""

    requests: deque[float] = field(default_factory=deque)
    work: deque[tuple[float, int, float]] = field(default_factory=deque)


class Ledger:
    """Counts what owners use; one a server. ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._uses: OrderedDict[str, _Use] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, owner: str, allows: Allowance) -> None:
        """Count a request.

        Raises
        ------
        LimitReached : too many requests, steps or seconds; it says when to come again.
        """
        now = self._clock()
        with self._lock:
            use = self._use(owner)
            while use.requests and use.requests[0] <= now - _MINUTE:
                use.requests.popleft()
            while use.work and use.work[0][0] <= now - _HOUR:
                use.work.popleft()
            if len(use.requests) >= allows.requests_per_minute:
                self._refuse(f"{allows.requests_per_minute} requests a minute", use.requests[0] + _MINUTE - now)
            steps, seconds = sum(work[1] for work in use.work), sum(work[2] for work in use.work)
            if steps >= allows.steps_per_hour:
                self._refuse(f"{allows.steps_per_hour} steps an hour", use.work[0][0] + _HOUR - now)
            if seconds >= allows.seconds_per_hour:
                self._refuse(f"{allows.seconds_per_hour:g} s of work an hour", use.work[0][0] + _HOUR - now)
            use.requests.append(now)

    def charge(self, owner: str, steps: int, seconds: float) -> None:
        """Count work that was done."""
        with self._lock:
            self._use(owner).work.append((self._clock(), steps, seconds))

    def _use(self, owner: str) -> _Use:
        use = self._uses.setdefault(owner, _Use())
        self._uses.move_to_end(owner)
        if len(self._uses) > _MOST_OWNERS:
            self._uses.popitem(last=False)
        return use

    def _refuse(self, what: str, wait_s: float) -> None:
        wait = max(1.0, wait_s)
        raise LimitReached(f"This key may use {what}, and has.", f"Try again in {wait:.0f} s.", retry_s=wait)


class BodyLimit:
    """ASGI middleware: a body that is larger than its route takes is refused before it is read whole."""

    def __init__(self, app: ASGIApp, largest_file: int) -> None:
        self.app = app
        self.largest_file = largest_file

    def _most(self, path: str) -> int:
        if path.startswith("/gradio_api/upload") or path == "/api/pieces":
            return self.largest_file + 100_000
        return LARGEST_TEXT if path.startswith(("/v1/", "/mcp")) else _SMALL

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it with 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most, read, begun = self._most(scope["path"]), 0, False

        async def refuse() -> None:
            said = {"code": "TooLarge", "message": f"The request is larger than {most} bytes.", "hint": "Send less."}
            await JSONResponse({"error": said}, status_code=413)(scope, receive, send)

        async def receiving() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise _TooLarge
            return message

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        length = Headers(scope=scope).get("content-length", "0")
        if length.isdigit() and int(length) > most:
            await refuse()
            return
        try:
            await self.app(scope, receiving, sending)
        except _TooLarge:
            if begun:
                raise
            await refuse()


class _TooLarge(Exception):
    """More came than was announced."""
