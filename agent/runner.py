"""The runner: a plan becomes events and results, independent steps side by side.

Results are kept by step id and committed before they are announced. Engines are synchronous and run in
threads of their own, so that one that overruns its deadline can be abandoned: its stop event is set, its
late words are not heard, and the loop goes on. In a server such a thread hands heavy work to a worker
process (``tools.core.workers``), which is ended where it does not stop.
"""

import asyncio
import contextlib
import math
import os
import random
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from segue.agent.check import dependencies
from segue.agent.check_types import said
from segue.agent.events import Emit, Event, Fault, Status, ToolResult, silent
from segue.agent.places import Queues
from segue.agent.plan import Plan, Step
from segue.agent.runner_refs import NothingThere, Resolver
from segue.tools.core import registry
from segue.tools.core.base import Args, Backend, Context, Out, Tool
from segue.tools.core.errors import (
    BackendUnavailable,
    Cancelled,
    CannotDo,
    DeadlineExceeded,
    InvalidArgument,
    SegueError,
    ToolError,
    Transient,
)
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store

LOCAL = "local"
_GRACE_S = 0.6  # how long a stopped engine may take to end (a worker is killed before) until it is abandoned
_BACKOFF_S = 0.25  # before the first retry; doubled for each further one, with jitter
_PROGRESS_S = 0.1  # progress events of one step come at most this often
_HEAVY_S = 0.5  # tools that take longer wait for a place; a search does not


def _keep_nothing(result: ToolResult) -> None:
    """Commit nowhere: for steps outside any session."""


def _trace_nothing(kind: str, body: dict[str, Any]) -> None:
    """Trace nowhere."""


@dataclass
class Runner:
    """Runs the steps of one turn.

    Attributes
    ----------
    turn : the turn's id; with the step's it is the idempotency key of every attempt at that step.
    emit : takes each event, on the event loop's thread.
    commit : keeps a finished result for good; called before the result is announced.
    trace : takes what a developer wants to see and a user does not (tracebacks, attempts).
    queues : shared with all other runners of the process: heavy steps of many owners wait here, fairly.
    """

    store: Store
    settings: Settings
    owner: str = LOCAL
    turn: str = ""
    emit: Emit = silent
    commit: Callable[[ToolResult], None] = _keep_nothing
    trace: Callable[[str, dict[str, Any]], None] = _trace_nothing
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    queues: Queues | None = None

    async def run(self, plan: Plan, finished: Mapping[str, ToolResult] | None = None) -> dict[str, ToolResult]:
        """Run a checked plan and return its results by step id, in the plan's order.

        ``finished`` are results of an earlier attempt at the same turn: they are taken as they are.
        """
        loop = asyncio.get_running_loop()
        limit = asyncio.Semaphore(self.settings.workers or max(2, os.cpu_count() or 2))
        turn_deadline = time.monotonic() + self.settings.turn_timeout_s
        results: dict[str, ToolResult] = dict(finished or {})
        tasks: dict[str, asyncio.Task[None]] = {}

        async def one(step: Step) -> None:
            needed = [name for name in dependencies(step) if name in tasks]
            if needed:
                await asyncio.gather(*(tasks[name] for name in needed))
            result = await self._step(step, results, limit, turn_deadline)
            await asyncio.to_thread(self.commit, result)
            results[step.id] = result
            kind = "failed" if result.status == "cancelled" else result.status
            self.emit(Event(type=kind, step=step.id, tool=step.tool, backend=result.backend, seconds=result.seconds, out=result.out, result=result))  # fmt: skip

        for step in plan.steps:
            if step.id in results:
                continue
            self.emit(Event(type="queued", step=step.id, tool=step.tool, args=step.args))
            tasks[step.id] = loop.create_task(one(step))
        try:
            await asyncio.gather(*tasks.values())
        except BaseException:
            for task in tasks.values():
                task.cancel()
            raise
        return {step.id: results[step.id] for step in plan.steps}

    async def _step(
        self, step: Step, results: dict[str, ToolResult], limit: asyncio.Semaphore, turn_deadline: float
    ) -> ToolResult:
        """Return what became of one step; never raises for anything that a step can do wrong."""
        start = time.monotonic()
        outcome = ToolResult(step=step.id, tool=step.tool, status="failed", args=step.args)
        status: Status = "done"
        fault: Fault | None = None
        broken = next((results[d] for d in sorted(dependencies(step)) if results[d].status != "done"), None)
        if broken is not None:
            stopped = broken.status == "cancelled"
            why = (
                f"It needs step {broken.step} ({broken.tool}), which {'was stopped' if stopped else 'did not succeed'}."
            )
            fault = Fault(code="Cancelled" if stopped else "Skipped", message=why)
            return outcome.model_copy(update={"status": "cancelled" if stopped else "skipped", "error": fault})
        try:
            async with _slot(limit, self.stop), self._place(step):
                start = time.monotonic()
                deadline = min(start + self.settings.step_timeout_s, turn_deadline)
                out = await self._with_engines(step, results, outcome, deadline)
                outcome.out = out.model_dump(mode="json")
        except NothingThere as error:
            status, fault = "skipped", Fault(code="Skipped", message=error.message, hint=error.hint)
        except Cancelled as error:
            status, fault = "cancelled", Fault.of(error)
        except SegueError as error:
            status, fault = "failed", Fault.of(error)
        seconds = round(time.monotonic() - start, 3)
        return outcome.model_copy(update={"status": status, "error": fault, "seconds": seconds})

    def _place(self, step: Step) -> contextlib.AbstractAsyncContextManager[None]:
        """Return the place that a heavy step holds while it runs; model servers have queues of their own."""
        tool = registry.tool(step.tool)
        if self.queues is None or step.tool in self.settings.servers or tool.seconds <= _HEAVY_S:
            return contextlib.nullcontext()

        def told(position: int) -> None:
            label = f"number {position} in the queue"
            self.emit(Event(type="queued", step=step.id, tool=step.tool, done=float(position), label=label))

        return self.queues.of(tool).place(self.owner, self.stop, told)

    async def _with_engines(self, step: Step, results: Mapping[str, ToolResult], outcome: ToolResult, deadline: float) -> Out:  # fmt: skip
        """Resolve the arguments, then try the engines in order until one has done it."""
        tool = registry.tool(step.tool)

        def note(text: str) -> None:
            if text not in outcome.notes:
                outcome.notes.append(text)
                self.emit(Event(type="note", step=step.id, tool=step.tool, text=text))

        resolver = Resolver(self.store, self.settings, self.owner, results, note)
        outcome.args = await asyncio.to_thread(resolver.resolve, tool, step.args)
        args = validated(tool, outcome.args)
        self._guard(args)
        engines = await asyncio.to_thread(registry.ranked, tool.name, args, self.settings)
        failures: list[ToolError] = []
        for n, backend in enumerate(engines):
            outcome.backend = backend.name
            if n:
                note(f"{failures[-1].message.rstrip('.')}; {backend.name} did it instead.")
            try:
                out = await self._with_retries(backend, tool, args, outcome, deadline, note)
                for what in [] if backend.says_so else backend.ignores(args):
                    note(f"{backend.name} cannot take {what} into account.")
                return out
            except (BackendUnavailable, Transient, CannotDo) as error:
                self.trace("engine", {"step": step.id, "backend": backend.name, "error": str(error)})
                failures.append(error)
        outcome.backend = engines[0].name
        outcome.notes[:] = [text for text in outcome.notes if not text.endswith("did it instead.")]
        raise failures[0]

    def _guard(self, args: Args) -> None:
        """Refuse paths of this machine to everybody but its own user."""
        if self.owner != LOCAL and getattr(args, "folder", None):
            raise InvalidArgument(
                "Folders of the machine that Segue runs on are only for its own user.",
                "Leave the folder out, and download the file from the reply.",
            )

    async def _with_retries(
        self,
        backend: Backend,
        tool: Tool,
        args: Args,
        outcome: ToolResult,
        deadline: float,
        note: Callable[[str], None],
    ) -> Out:
        """Run one engine; what is worth trying again is tried again, with back-off and the same key."""
        for attempt in range(self.settings.retries + 1):
            outcome.attempts += 1
            try:
                return await self._attempt(backend, tool, args, outcome, deadline, note)
            except Transient:
                wait = _BACKOFF_S * 2**attempt * random.uniform(0.75, 1.25)  # spread, so that many do not come at once
                if attempt == self.settings.retries or time.monotonic() + wait > deadline:
                    raise
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stop.wait(), wait)
                    raise Cancelled("Stopped.") from None
        raise Transient(f"{tool.name} by {backend.name} was not tried.", "Set retries to 0 or more.")

    async def _attempt(
        self,
        backend: Backend,
        tool: Tool,
        args: Args,
        outcome: ToolResult,
        deadline: float,
        note: Callable[[str], None],
    ) -> Out:
        """Run an engine once, in a worker process or a thread of its own, no longer than the deadline."""
        loop = asyncio.get_running_loop()
        workers = self.queues.workers if self.queues else None
        answer: asyncio.Future[Out | None] = loop.create_future()
        voice = _Voice(loop, self.emit, outcome, note)
        context = Context(
            store=self.store, settings=self.settings, owner=self.owner, tool=tool.name, backend=backend.name,
            args=outcome.args, attempt_key=f"{self.turn}:{outcome.step}", deadline=deadline,
            report=voice.report, say=voice.say, early=voice.early, elsewhere=workers.call if workers else None,
        )  # fmt: skip
        self.emit(Event(type="started", step=outcome.step, tool=tool.name, backend=backend.name))

        def work() -> None:
            try:
                if workers is not None and workers.takes(backend, args):
                    out = workers.run(backend, args, context)
                else:
                    out = registry.load(backend, self.settings)(args, context)
                error: Exception | None = None
            except Exception as caught:  # an engine may raise anything: all of it becomes a typed failure
                out, error = None, caught
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, answer, out, error)

        threading.Thread(target=work, name=f"{tool.name}-{backend.name}", daemon=True).start()
        stopped = loop.create_task(self.stop.wait())
        try:
            waiting: list[asyncio.Future[Any]] = [answer, stopped]
            await asyncio.wait(waiting, timeout=max(0.0, deadline - time.monotonic()), return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
            if not answer.done():
                context.stop.set()
                if stopped.done():
                    await asyncio.wait({answer}, timeout=_GRACE_S)
                    raise Cancelled("Stopped.")
                raise DeadlineExceeded(
                    f"{tool.name} by {backend.name} took longer than it may and was stopped.",
                    "Ask for less, or raise step_timeout_s.",
                )
            out = answer.result()
        except SegueError:
            raise
        except Exception as error:
            raise self._typed(error, tool, backend, outcome.step) from error
        finally:
            context.stop.set()
            voice.mute()
            stopped.cancel()
        if not isinstance(out, tool.Out):
            self.trace("fault", {"step": outcome.step, "backend": backend.name, "error": f"returned {type(out).__name__}"})  # fmt: skip
            raise ToolError(
                f"{backend.name} gave no proper answer.", "Please report it; `segue trace` has the details."
            )
        return out

    def _typed(self, error: Exception, tool: Tool, backend: Backend, step: str) -> ToolError:
        """Return what a user is told about an unexpected exception; the traceback goes to the trace."""
        self.trace(
            "fault", {"step": step, "backend": backend.name, "error": "".join(traceback.format_exception(error))}
        )
        if isinstance(error, MemoryError):
            return ToolError(f"{tool.name} ran out of memory.", "Ask for something shorter, or close other programs.")
        if isinstance(error, ImportError) and not (error.name or "segue").startswith("segue"):
            return BackendUnavailable(
                f"{tool.name} by {backend.name} needs the package '{error.name}'.", "Run: segue doctor --fix."
            )
        return ToolError(
            f"{tool.name} by {backend.name} failed unexpectedly ({type(error).__name__}).",
            "Nothing else was changed. `segue trace` has the details for a report.",
        )


class _Voice:
    """What a running engine says, brought to the loop's thread; nothing is heard after ``mute``."""

    def __init__(self, loop: asyncio.AbstractEventLoop, emit: Emit, outcome: ToolResult, note: Callable[[str], None]) -> None:  # fmt: skip
        self._loop, self._emit, self._outcome, self._note = loop, emit, outcome, note
        self._muted = False
        self._last = 0.0

    def mute(self) -> None:
        self._muted = True

    def _speak(self, call: Callable[[Any], None], value: Any) -> None:  # noqa: ANN401 - an event or a text
        def now() -> None:
            if not self._muted:
                call(value)

        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody listens any more
            self._loop.call_soon_threadsafe(now)

    def report(self, done: float, total: float, label: str) -> None:
        now = time.monotonic()
        if now - self._last < _PROGRESS_S and done < total:
            return
        self._last = now
        o = self._outcome
        self._speak(self._emit, Event(type="progress", step=o.step, tool=o.tool, backend=o.backend, done=done, total=total, label=label))  # fmt: skip

    def say(self, text: str) -> None:
        self._speak(self._note, text)

    def early(self, out: Out) -> None:
        o = self._outcome
        self._speak(self._emit, Event(type="partial", step=o.step, tool=o.tool, backend=o.backend, out=out.model_dump(mode="json")))  # fmt: skip


def _settle(answer: "asyncio.Future[Out | None]", out: Out | None, error: Exception | None) -> None:
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
        answer.exception()  # marked as seen: an abandoned step's late failure is nobody's news
    else:
        answer.set_result(out)


@contextlib.asynccontextmanager
async def _slot(limit: asyncio.Semaphore, stop: asyncio.Event) -> AsyncIterator[None]:
    """Hold one of the places for running steps; waiting for it ends when the turn is stopped."""
    taken, stopped = asyncio.ensure_future(limit.acquire()), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({taken, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            raise Cancelled("Stopped before it began.")
        yield
    finally:
        stopped.cancel()
        if taken.done() and not taken.cancelled():
            limit.release()
        else:
            taken.cancel()


def validated(tool: Tool, args: dict[str, Any]) -> Args:
    """Return resolved arguments as the tool's type.

    Raises
    ------
    InvalidArgument : the first thing that is wrong with them, in words.
    """
    try:
        return tool.Args.model_validate(args)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message, got = said(first), first.get("input")
        known = isinstance(got, str | int) or (isinstance(got, float) and math.isfinite(got))
        shown = f", not {got!r}" if known and len(repr(got)) < 80 else ""
        limits = first.get("ctx", {})
        limit = next((limits[name] for name in ("ge", "le") if name in limits), None)
        hint = f"The nearest is {limit:g}." if limit is not None and known else ""
        colon = " " if message.startswith("must ") else ": "
        named = f"{where}{colon}" if where else ""
        raise InvalidArgument(f"{tool.name} cannot be done so: {named}{message}{shown}.", hint) from error
