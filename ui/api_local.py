"""``/api/local``: the calls by which commands of this machine's user go through the server that owns the data folder."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import Response, StreamingResponse

from segue.agent.events import Event, ToolResult
from segue.tools.core.errors import InvalidArgument, NotFound, SegueError
from segue.ui.api_errors import fault
from segue.ui.guard import LOCAL_OWNER

if TYPE_CHECKING:
    from segue.agent import Agent
    from segue.ui.room import Room

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


def routes(room: "Room") -> APIRouter:
    """Return the route; it is no part of the public API."""
    router = APIRouter()

    @router.post("/api/local/{method}", include_in_schema=False)
    async def local(request: Request, method: str) -> Response:
        if request.state.owner != LOCAL_OWNER:
            raise NotFound("There is nothing here.", "Commands of this machine's user come in with their token.")
        call = _CALLS.get(method)
        if call is None:
            raise NotFound(f"There is no call '{method}'.", "Is the server of another version?")
        try:
            given = await request.json()
        except ValueError:
            raise InvalidArgument("The request's body is not JSON.", "Is the server of another version?") from None
        return StreamingResponse(_lines(room.agent(LOCAL_OWNER), call, given), media_type="text/event-stream")

    return router


async def _lines(agent: "Agent", call: Call, given: dict[str, Any]) -> AsyncIterator[str]:
    async for line in _called(agent, call, given):
        yield f"data: {json.dumps(line, ensure_ascii=False)}\n\n"


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
