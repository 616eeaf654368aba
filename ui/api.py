"""The HTTP API: ``/api/health``, ``/api/chat``, ``/api/sessions``, and ``/api/local`` for commands of this machine's user."""

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from segue.agent.events import Event, ToolResult
from segue.tools.core.errors import (
    BadInput,
    Cancelled,
    DeadlineExceeded,
    HomeInUse,
    InvalidArgument,
    NotFound,
    SegueError,
)
from segue.ui.guard import LOCAL_OWNER

if TYPE_CHECKING:
    from segue.agent import Agent
    from segue.ui.room import Room

Handler = Callable[[Request], Awaitable[Response]]
_MOST_BYTES = 1_000_000  # of a request's body; files are uploaded, not sent here
_STATUS = [(NotFound, 404), (BadInput, 400), (HomeInUse, 409), (Cancelled, 409), (DeadlineExceeded, 504)]


class ChatBody(BaseModel):
    """What ``POST /api/chat`` takes; ``attach`` are ids of pieces that the caller has."""

    model_config = ConfigDict(extra="forbid")

    message: str
    session: str | None = None
    attach: list[str] = []


def answered(handler: Handler) -> Handler:
    """Turn errors that a user may see into JSON with the status that fits."""

    @functools.wraps(handler)
    async def run(request: Request) -> Response:
        try:
            return await handler(request)
        except SegueError as error:
            status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
            return JSONResponse({"error": fault(error)}, status_code=status)

    return run


def fault(error: SegueError) -> dict[str, str]:
    """Return an error as JSON."""
    return {"code": error.code, "message": error.message, "hint": error.hint}


async def _body(request: Request) -> Any:  # noqa: ANN401 - any JSON
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > _MOST_BYTES:
            raise InvalidArgument("The request is too large.", "Files are uploaded on the page, or named by a command.")
    try:
        return json.loads(data or b"{}")
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidArgument("The request's body is not JSON.", 'For example {"message": "make a beat"}.') from None


def routes(room: "Room") -> list[Route]:
    """Return the API's routes over a room."""

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    @answered
    async def chat(request: Request) -> Response:
        try:
            body = ChatBody.model_validate(await _body(request))
        except ValidationError as error:
            first = error.errors()[0]
            raise InvalidArgument(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.", "See docs/api.md.") from None
        agent = await asyncio.to_thread(room.agent, request.state.owner)
        for item in body.attach:
            await asyncio.to_thread(agent.store.piece, item, agent.owner)
        if "text/event-stream" in request.headers.get("accept", ""):
            return _events(_stream(agent, body))
        reply = await agent.achat(body.message, body.session, body.attach)
        return JSONResponse(reply.model_dump(mode="json"))

    @answered
    async def sessions(request: Request) -> Response:
        agent = await asyncio.to_thread(room.agent, request.state.owner)
        found = await asyncio.to_thread(agent.sessions)
        return JSONResponse([one.model_dump(mode="json", exclude={"owner"}) for one in found])

    @answered
    async def session(request: Request) -> Response:
        agent = await asyncio.to_thread(room.agent, request.state.owner)
        turns = await asyncio.to_thread(agent.history, request.path_params["id"])
        return JSONResponse([turn.model_dump(mode="json") for turn in turns])

    @answered
    async def local(request: Request) -> Response:
        if request.state.owner != LOCAL_OWNER:
            raise NotFound("There is nothing here.", "Commands of this machine's user come in with their token.")
        call = _CALLS.get(request.path_params["method"])
        if call is None:
            raise NotFound(f"There is no call '{request.path_params['method']}'.", "Is the server of another version?")
        return _events(_called(room.agent(LOCAL_OWNER), call, await _body(request)))

    return [
        Route("/api/health", health),
        Route("/api/chat", chat, methods=["POST"]),
        Route("/api/sessions", sessions),
        Route("/api/sessions/{id}", session),
        Route("/api/local/{method}", local, methods=["POST"]),
    ]


def _events(lines: AsyncIterator[dict[str, Any]]) -> Response:
    async def text() -> AsyncIterator[str]:
        async for line in lines:
            yield f"data: {json.dumps(line, ensure_ascii=False)}\n\n"

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(text(), media_type="text/event-stream", headers=headers)


async def _stream(agent: "Agent", body: ChatBody) -> AsyncIterator[dict[str, Any]]:
    """Yield a turn's events as they come; each is an ``Event``, an error is ``{"error": …}``."""
    try:
        async for event in agent.astream(body.message, body.session, body.attach):
            yield event.model_dump(mode="json", exclude_defaults=True)
    except SegueError as error:
        yield {"error": fault(error)}


Call = Callable[["Agent", dict[str, Any], Callable[[Event], None]], Any]

_CALLS: dict[str, Call] = {
    "chat": lambda agent, given, say: agent.chat(given["message"], given["session"], given["attach"], say),
    "plan": lambda agent, given, say: agent.plan(given["message"], given["session"], given["attach"]),
    "run_tool": lambda agent, given, say: agent.run_tool(given["name"], given["args"], say, yes=given["yes"]),
    "import_file": lambda agent, given, say: agent.import_file(given["path"], given["title"]),
    "artifacts": lambda agent, given, say: agent.artifacts(
        [ToolResult.model_validate(one) for one in given["results"]]
    ),
    "artifact_path": lambda agent, given, say: str(agent.artifact_path(given["id"])),
    "sessions": lambda agent, given, say: agent.sessions(),
    "history": lambda agent, given, say: agent.history(given["session"]),
    "trace": lambda agent, given, say: agent.trace(given["turn"]),
    "replay": lambda agent, given, say: agent.replay(given["turn"], say),
}


async def _called(agent: "Agent", call: Call, given: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Run a call in a thread; yield its events, then its result or its error. A caller that leaves stops a turn."""
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    session = ""

    def say(event: Event) -> None:
        loop.call_soon_threadsafe(events.put_nowait, event)

    task = asyncio.create_task(asyncio.to_thread(call, agent, given, say))
    task.add_done_callback(lambda _: events.put_nowait(None))
    try:
        while (event := await events.get()) is not None:
            session = event.session or session
            yield {"event": event.model_dump(mode="json", exclude_defaults=True)}
    finally:
        if not task.done() and session:
            await asyncio.to_thread(agent.cancel, session)
    try:
        yield {"result": _plain(await task)}
    except SegueError as error:
        yield {"error": fault(error)}
    except (KeyError, TypeError, ValidationError) as error:
        yield {
            "error": {
                "code": "InvalidArgument",
                "message": f"The call cannot be read ({error}).",
                "hint": "Is the server of another version?",
            }
        }


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value
