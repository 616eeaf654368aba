"""``/api/tools`` and ``/api/jobs``: every tool by itself, waited for, followed, or begun as a job."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, StrictBool, create_model

from segue.agent.events import Event, ToolResult
from segue.tools.core import registry
from segue.tools.core.base import Tool
from segue.tools.core.errors import SegueError
from segue.ui.api_errors import fault
from segue.ui.api_talk import EVENTS, events, wants_events
from segue.ui.caller import Caller, MadeFile
from segue.ui.jobs import Job, Jobs

if TYPE_CHECKING:
    from segue.agent import Agent


class ToolInfo(BaseModel):
    """A tool: what it does, the JSON schemas of what goes in and comes out, its engines."""

    name: str
    description: str
    args: dict[str, Any]
    out: dict[str, Any]
    engines: list[str]


class Called(ToolResult):
    """What became of a call, and the files that it made."""

    artifacts: list[MadeFile] = []


class NewJob(BaseModel):
    """A tool call that goes on by itself; ``yes`` allows what needs the user's yes."""

    model_config = ConfigDict(extra="forbid")

    tool: str
    args: dict[str, Any] = {}
    yes: StrictBool = False


class _Exact(BaseModel):
    """Takes what the description says and nothing like it: no "4" where a number is wanted."""

    model_config = ConfigDict(strict=True)


Yes = Annotated[bool, Query(description="allow what needs the user's yes")]


def routes(call: Callable[[Request], Caller], jobs: Jobs) -> APIRouter:
    """Return the routes; ``call`` gives who calls."""
    router = APIRouter()
    Who = Annotated[Caller, Depends(call)]

    @router.get("/api/tools", tags=["tools"])
    async def tools(caller: Who) -> list[ToolInfo]:
        """List the tools."""
        return [_info(tool) for tool in registry.tools().values()]

    for tool in registry.tools().values():
        _add(router, tool, Who)

    @router.post("/api/jobs", status_code=202, tags=["jobs"])
    async def begin(caller: Who, new: NewJob) -> Job:
        """Begin a tool call and return at once; look at it by its id."""
        return jobs.begin(await caller.agent(), new.tool, new.args, new.yes)

    @router.get("/api/jobs", tags=["jobs"])
    async def all_jobs(caller: Who) -> list[Job]:
        """List jobs, the latest first."""
        return jobs.all(caller.owner)

    @router.get("/api/jobs/{id}", tags=["jobs"], responses=EVENTS)
    async def job(caller: Who, request: Request, id: str) -> Job:
        """Look at a job; with Accept: text/event-stream follow it to its end."""
        found = jobs.job(caller.owner, id)
        if wants_events(request):
            return events(_followed(jobs, caller.owner, id))  # type: ignore[return-value]  # FastAPI passes responses on
        return found

    @router.delete("/api/jobs/{id}", tags=["jobs"])
    async def stop(caller: Who, id: str) -> Job:
        """Stop a job."""
        return await jobs.stop(caller.owner, id)

    return router


def _info(tool: Tool) -> ToolInfo:
    return ToolInfo(
        name=tool.name, description=tool.description, args=tool.Args.model_json_schema(),
        out=tool.Out.model_json_schema(), engines=[backend.name for backend in registry.backends(tool.name)],
    )  # fmt: skip


def _add(router: APIRouter, tool: Tool, who: Any) -> None:  # noqa: ANN401 - an annotation
    name = tool.name.capitalize()
    args: Any = create_model(f"{name}Args", __base__=(tool.Args, _Exact), __doc__=tool.Args.__doc__)
    out = create_model(f"{name}Out", __base__=tool.Out, __doc__=tool.Out.__doc__)
    called = create_model(f"{name}Called", __base__=Called, __doc__=Called.__doc__, out=(out | None, None))

    async def run(caller: Caller, request: Request, body: BaseModel, yes: Yes = False) -> Any:  # noqa: ANN401 - JSON or events
        agent = await caller.agent()
        given = body.model_dump(mode="json", exclude_unset=True)
        if wants_events(request):
            return events(_told(caller, agent, tool.name, given, yes))
        result = await agent.arun_tool(tool.name, given, yes=yes)
        return await _called(caller, agent, result)

    run.__annotations__ |= {"caller": who, "body": args}
    router.add_api_route(
        f"/api/tools/{tool.name}", run, methods=["POST"], name=tool.name, description=tool.description, tags=["tools"],
        response_model=called, responses=EVENTS,
    )  # fmt: skip


async def _called(caller: Caller, agent: "Agent", result: ToolResult) -> dict[str, Any]:
    caller.charge([result])
    made = await asyncio.to_thread(caller.made, agent, result)
    return result.model_dump(mode="json") | {"artifacts": [one.model_dump(mode="json") for one in made]}


async def _told(
    caller: Caller, agent: "Agent", name: str, args: dict[str, Any], yes: bool
) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield a call's events, then its result; a caller that leaves stops it."""
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[Event | None] = asyncio.Queue()

    def say(event: Event | None) -> None:
        with contextlib.suppress(RuntimeError):  # the server has closed: nobody listens any more
            loop.call_soon_threadsafe(heard.put_nowait, event)

    task = asyncio.create_task(agent.arun_tool(name, args, say, yes=yes))
    task.add_done_callback(lambda _: say(None))
    try:
        while (event := await heard.get()) is not None:
            yield event.type, event.model_dump(mode="json", exclude_defaults=True)
        yield "result", await _called(caller, agent, await task)
    except SegueError as error:
        yield "error", {"error": fault(error)}
    finally:
        task.cancel()


async def _followed(jobs: Jobs, owner: str, id: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    async for job in jobs.follow(owner, id):
        yield "job", job.model_dump(mode="json")
