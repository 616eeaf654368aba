"""Making the demo library, for the page and the terminal: always asked for, always with its progress."""

import queue
import threading
from collections.abc import Callable, Iterator

from segue.agent import Agent
from segue.tools.core.errors import SegueError

Report = Callable[[float, float, str], None]


def make(agent: Agent, report: Report) -> int:
    """Make the demo library and return the number of its pieces; ``report`` takes done, total and a title."""
    from segue.tools.collection.demo import make_demo

    return len(make_demo(agent.store, agent.settings, progress=report, apart=agent.context().apart))


def steps(agent: Agent) -> Iterator[tuple[float, float, str]]:
    """Make the demo library in a thread, and yield how far it is.

    Raises
    ------
    SegueError : as ``make_demo``.
    """
    said: queue.SimpleQueue[tuple[float, float, str] | SegueError | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            make(agent, lambda done, total, label: said.put((done, total, label)))
        except SegueError as error:
            said.put(error)
        finally:  # whatever it ended with: who waits for more must not wait for ever
            said.put(None)

    threading.Thread(target=work, name="demo library", daemon=True).start()
    while (one := said.get()) is not None:
        if isinstance(one, SegueError):
            raise one
        yield one
