"""Work on many files at once, on threads of a low priority, with the time left told."""

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_NICE = 10  # of the threads: whatever people wait for goes first
_AHEAD = 16  # items begun per thread before the first of them is taken
_SAY_AFTER_S, _SAY_FROM_S = 3.0, 10.0  # a rate is known after so long; less left than this is not worth telling


def cores() -> int:
    """Return how many processors this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def step_back() -> None:
    """Lower the calling thread's priority, where the system knows priorities of threads (Linux)."""
    if hasattr(os, "setpriority") and hasattr(os, "sched_getaffinity"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def in_order(
    work: Callable[[Item], Result], items: Sequence[Item], check: Callable[[], None] | None = None
) -> Iterator[tuple[Item, Result]]:
    """Run ``work`` over items on as many threads as there are cores; yield each with its result, in order.

    Parameters
    ----------
    check : called before every item is yielded; may raise to stop, and then nothing further is begun.
    """
    count = cores()
    waiting = iter(items)
    running: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(count, "scan", initializer=step_back) as pool:
        try:
            while True:
                while len(running) < count * _AHEAD and (item := next(waiting, None)) is not None:
                    running.append((item, pool.submit(work, item)))
                if not running:
                    return
                if check:
                    check()
                item, future = running.popleft()
                yield item, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class Pace:
    """Tells how long the rest takes, from how long it took so far."""

    def __init__(self, total: int) -> None:
        self._total, self._began = total, time.monotonic()

    def label(self, done: int, name: str) -> str:
        """Return ``name``, with the time left where that is known and worth telling."""
        spent = time.monotonic() - self._began
        left = spent * (self._total - done) / done if done and spent > _SAY_AFTER_S else 0.0
        if left < _SAY_FROM_S:
            return name
        minutes = left / 60
        told = f"{left:.0f} s" if left < 90 else f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
        return f"{name} · about {told} left"
