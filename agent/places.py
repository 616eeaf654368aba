"""Places for steps that keep a processor busy: few at a time in one process, shared fairly by its owners.

Who has the fewest steps running comes first; of those, who has waited longest for a turn. So one
owner with twenty requests does not keep the others waiting for all of them.
"""

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from segue.tools.core import registry
from segue.tools.core.base import Tool
from segue.tools.core.errors import Cancelled
from segue.tools.core.settings import Settings
from segue.tools.core.workers import Workers


@dataclass(eq=False)
class _Waiter:
    owner: str
    told: Callable[[int], None]
    ready: "asyncio.Future[None]"
    position: int = 0


@dataclass
class Places:
    """The places of one process. All calls come from one event loop.

    Attributes
    ----------
    count : how many steps may run at once.
    """

    count: int
    _running: Counter[str] = field(default_factory=Counter)
    _served: dict[str, int] = field(default_factory=dict)
    _turns: int = 0
    _waiting: list[_Waiter] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """How many steps wait."""
        return len(self._waiting)

    @contextlib.asynccontextmanager
    async def place(self, owner: str, stop: asyncio.Event, told: Callable[[int], None]) -> AsyncIterator[None]:
        """Hold a place; ``told`` hears the position (from 1) while there is none, at every change.

        Raises
        ------
        Cancelled : ``stop`` was set before a place was free.
        """
        if not self._waiting and self._running.total() < self.count:
            self._start(owner)
        else:
            await self._wait(owner, stop, told)
        try:
            yield
        finally:
            self._running[owner] -= 1
            if not self._running[owner]:
                del self._running[owner]
            self._next()

    async def _wait(self, owner: str, stop: asyncio.Event, told: Callable[[int], None]) -> None:
        waiter = _Waiter(owner, told, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._tell()
        stopped = asyncio.ensure_future(stop.wait())
        try:
            waiting: list[asyncio.Future[Any]] = [waiter.ready, stopped]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not waiter.ready.done():
                raise Cancelled("Stopped before it began.")
        except BaseException:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                self._tell()
            else:  # its place had just been given to it
                self._running[owner] -= 1
                self._next()
            raise
        finally:
            stopped.cancel()

    def _start(self, owner: str) -> None:
        self._running[owner] += 1
        self._turns += 1
        self._served[owner] = self._turns

    def _next(self) -> None:
        while self._waiting and self._running.total() < self.count:
            waiter = self._order()[0]
            self._waiting.remove(waiter)
            self._start(waiter.owner)
            waiter.ready.set_result(None)
        if not self._waiting:  # nobody waits: who came when is of no more use
            self._served.clear()
        self._tell()

    def _order(self) -> list[_Waiter]:
        """Return the waiters in the order in which they will be served if nothing else comes."""
        running, served = Counter(self._running), dict(self._served)
        left, order = list(self._waiting), []
        turns = self._turns
        while left:
            first = min(left, key=lambda w: (running[w.owner], served.get(w.owner, 0)))
            left.remove(first)
            order.append(first)
            turns += 1
            running[first.owner] += 1
            served[first.owner] = turns
        return order

    def _tell(self) -> None:
        for position, waiter in enumerate(self._order(), start=1):
            if position != waiter.position:
                waiter.position = position
                waiter.told(position)


class Queues:
    """The two queues of one process: for steps in worker processes, where there are any, and for those in itself."""

    def __init__(self, settings: Settings) -> None:
        self.workers = Workers(settings.processes) if settings.processes else None
        self._here = Places(settings.workers or max(2, os.cpu_count() or 2))
        self._apart = Places(self.workers.count) if self.workers else self._here

    def warm(self) -> None:
        """Start a worker, with what its engines import, before it is needed."""
        if self.workers:
            heavy = [backend for backend in registry.backends() if self.workers.takes(backend)]
            self.workers.warm(sorted({backend.load.__module__ for backend in heavy}))

    def of(self, tool: Tool) -> Places:
        """Return the queue of a tool's steps."""
        workers = self.workers
        if workers and any(workers.takes(backend) for backend in registry.backends(tool.name)):
            return self._apart
        return self._here

    def close(self) -> None:
        """End the worker processes, with what they are at."""
        if self.workers:
            self.workers.close()
