"""Gradio's event streams, closed so that no event is lost.

Gradio (6.31) keeps one stream a window while the window has queued events, and tells the window with a last
message, ``close_stream``, that it may forget it. An event that is queued after the server has decided on that and
before the window has read it is lost: the window believes that its stream is still open and begins no other, so
nothing of that event arrives until something else is queued. And a window that forgets its stream breaks the
connection off, which, seen at a bad moment, makes the server forget the new event as well.

So the two agree first. A stream that was told to close stays open until the window breaks it off, which is how the
window says that it has read the message; and until then the answer to a newly queued event is held back. When that
answer comes, the window knows that it has no stream and begins one.
"""

import asyncio
import contextlib
import json
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_QUEUED, _STREAM = "/gradio_api/queue/join", "/gradio_api/queue/data"
_CLOSING = b'"msg":"close_stream"'  # no text of a user's reads so: its quotes are escaped
_PATIENCE_S = 10.0  # for a window that does not say that it has read it: one behind a proxy that keeps connections


class Streams:
    """ASGI middleware around Gradio's application: what a window queues while its stream closes waits for the next."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._closing: dict[str, asyncio.Event] = {}  # by window: set when the window knows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a stream, and an event that is queued, under watch."""
        if scope["type"] == "http" and scope["path"] == _STREAM:
            await self._stream(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == _QUEUED:
            await self._queue(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        window = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_hash", [""])[0]
        known = asyncio.Event()
        closing = False

        async def receiving() -> Message:
            message = await receive()
            if closing and message["type"] == "http.disconnect":
                known.set()
                await asyncio.Event().wait()  # Gradio ends the stream by itself, and forgets nothing
            return message

        async def sending(message: Message) -> None:
            nonlocal closing
            body = message.get("body", b"")
            if _CLOSING in body:
                closing = True
                self._closing[window] = known
            elif closing and not body:
                return  # the end of the answer: it is said when the window is gone
            await send(message)

        try:
            await self.app(scope, receiving, sending)
            if closing:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(_gone(receive, known), _PATIENCE_S)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            known.set()
            if self._closing.get(window) is known:
                del self._closing[window]

    async def _queue(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts: list[bytes] = []

        async def receiving() -> Message:
            message = await receive()
            parts.append(message.get("body", b""))
            return message

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and (closing := self._closing.get(_window(b"".join(parts)))):
                await closing.wait()
            await send(message)

        await self.app(scope, receiving, sending)


async def _gone(receive: Receive, known: asyncio.Event) -> None:
    while not known.is_set() and (await receive())["type"] != "http.disconnect":
        pass


def _window(body: bytes) -> str:
    """Return which window queues an event."""
    try:
        asked = json.loads(body)
    except ValueError:
        return ""
    return str(asked.get("session_hash", "")) if isinstance(asked, dict) else ""
