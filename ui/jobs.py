"""Tool calls that go on without their caller: begun, looked at, followed, stopped by id."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from segue.agent.events import Event, Fault, ToolResult
from segue.tools.core.errors import LimitReached, NotFound, SegueError
from segue.tools.core.store import new_id

if TYPE_CHECKING:
    from segue.agent import Agent

_MOST = 50  # kept for one owner; the oldest finished ones go
_MOST_OPEN = 20  # of one owner that may wait or run at once

State = Literal["queued", "running", "done", "failed", "cancelled"]


class Job(BaseModel):
    """Where a job stands. ``position`` is its place in the queue, from 1; ``created`` seconds since 1970."""

    id: str
    tool: str
    state: State = "queued"
    position: int | None = None
    done: float | None = None
    total: float | None = None
    label: str = ""
    created: float
    result: ToolResult | None = None
    error: Fault | None = None


class _Running:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.changed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def tell(self, **new: Any) -> None:  # noqa: ANN401 - any field's type
        self.job = self.job.model_copy(update=new)
        self.changed.set()
        self.changed = asyncio.Event()

    def take(self, event: Event) -> None:
        if event.type == "queued" and event.done:
            self.tell(position=int(event.done), label=event.label)
        elif event.type == "started" and event.step:
            self.tell(state="running", position=None, label="")
        elif event.type == "progress":
            self.tell(state="running", position=None, done=event.done, total=event.total, label=event.label)


class Jobs:
    """The jobs of a server, by owner; they end with it. All calls come from the server's event loop."""

    def __init__(self) -> None:
        self._jobs: dict[str, OrderedDict[str, _Running]] = {}

    def begin(self, agent: "Agent", tool: str, args: dict[str, Any], yes: bool) -> Job:
        """Begin a tool call."""
        mine = self._jobs.setdefault(agent.owner, OrderedDict())
        open_ones = [one for one in mine.values() if one.job.state in ("queued", "running")]
        if len(open_ones) >= _MOST_OPEN:
            raise LimitReached(f"{_MOST_OPEN} jobs are open.", "Wait for one, or stop one.", retry_s=5)
        running = _Running(Job(id=new_id("j"), tool=tool, created=time.time()))
        mine[running.job.id] = running
        for old in [id for id, one in mine.items() if one.job.state not in ("queued", "running")][: max(0, len(mine) - _MOST)]:  # fmt: skip
            del mine[old]
        running.task = asyncio.create_task(_work(running, agent, tool, args, yes))
        return running.job

    def job(self, owner: str, id: str) -> Job:
        """Return a job; NotFound where there is none such of this owner's."""
        return self._find(owner, id).job

    def all(self, owner: str) -> list[Job]:
        """Return an owner's jobs, the latest first."""
        mine = self._jobs.get(owner)
        return [one.job for one in reversed(mine.values())] if mine else []

    async def stop(self, owner: str, id: str) -> Job:
        """Stop a job and return what became of it."""
        running = self._find(owner, id)
        if running.task and not running.task.done():
            running.task.cancel()
            await asyncio.wait({running.task}, timeout=2.0)
        return running.job

    async def follow(self, owner: str, id: str) -> AsyncIterator[Job]:
        """Yield a job at every change, until it has ended."""
        running = self._find(owner, id)
        while True:
            changed = running.changed
            yield running.job
            if running.job.state not in ("queued", "running"):
                return
            await changed.wait()

    def _find(self, owner: str, id: str) -> _Running:
        mine = self._jobs.get(owner)
        running = mine.get(id) if mine else None
        if running is None:
            raise NotFound(f"There is no job {id}.", "Jobs are kept until the server ends.")
        return running


async def _work(running: _Running, agent: "Agent", tool: str, args: dict[str, Any], yes: bool) -> None:
    loop = asyncio.get_running_loop()

    def heard(event: Event) -> None:
        loop.call_soon_threadsafe(running.take, event)

    try:
        result = await agent.arun_tool(tool, args, heard, yes=yes)
        state: State = "done" if result.status == "done" else "cancelled" if result.status == "cancelled" else "failed"
        running.tell(state=state, result=result, error=result.error, position=None)
    except asyncio.CancelledError:
        stopped = Fault(code="Cancelled", message="Stopped.", hint="Begin it again if you want it after all.")
        running.tell(state="cancelled", error=stopped, position=None)
    except SegueError as error:
        running.tell(state="failed", error=Fault.of(error), position=None)
