"""What the windows of the page look on at: a turn that works is waited for, and its window may turn to something else.

The turn goes on by itself; only the waiting ends.
"""

import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from segue.agent.events import Event

_PATIENCE_S = 2.0  # for a watch to end; what it still says after that comes too late to be right


class Left(Exception):
    """The window has turned to something else."""


class _Watch:
    def __init__(self) -> None:
        self.heard: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self.left = False
        self.over = threading.Event()


class Views:
    """The watches of every window, by the window's name."""

    def __init__(self) -> None:
        self._open: defaultdict[str, set[_Watch]] = defaultdict(set)
        self._lock = threading.Lock()

    def watch(self, window: str, work: Callable[[Callable[[Event], None]], Any]) -> Iterator[Event]:
        """Do ``work`` on a thread of its own, which is given a function to call with events, and yield these.

        Raises
        ------
        Left : the window was left meanwhile; the work goes on. Whatever ``work`` raises is raised here otherwise.
        """
        watch = _Watch()
        wrong: list[BaseException] = []

        def working() -> None:
            try:
                work(watch.heard.put)
            except BaseException as error:  # raised where one looks on
                wrong.append(error)
            finally:
                watch.heard.put(None)

        with self._lock:
            self._open[window].add(watch)
        threading.Thread(target=working, name="segue-watch", daemon=True).start()
        try:
            while (event := watch.heard.get()) is not None and not watch.left:
                yield event
            if watch.left:
                raise Left
            if wrong:
                raise wrong[0]
        finally:
            with self._lock:
                self._open[window].discard(watch)
                if not self._open[window]:
                    del self._open[window]
            watch.over.set()

    def leave(self, window: str) -> None:
        """End what the window looks on at, and wait for that: nothing is said of it from here on."""
        with self._lock:
            watches = list(self._open.get(window, ()))
        for watch in watches:
            watch.left = True
            watch.heard.put(None)
        for watch in watches:
            watch.over.wait(_PATIENCE_S)
