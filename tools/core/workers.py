"""Worker processes: heavy engines run beside the server, so that they hold up neither its talk nor its searches.

A worker runs one step at a time, at a lower priority. Progress, notes and partial results come through a
pipe while it works. It has no catalogue of its own: what its store wants to know or to keep is asked of this
process, whose files have one connection each (see ``database``); a blob is moved into place here, so that
a worker that is ended leaves nothing half-written. A stopped step may end by itself for a moment; then its
worker is killed, and the next step gets a new one.
"""

import contextlib
import dataclasses
import multiprocessing
import os
import pickle
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from segue.tools.core.base import Args, Backend, Context, Out, Runner
from segue.tools.core.errors import Cancelled, DeadlineExceeded, Transient
from segue.tools.core.settings import Settings
from segue.tools.core.workers_inside import ASKED, Work, main, unpacked

_PATIENCE_S = 0.25  # how long a step that was told to stop may take to end by itself
_LOOK_S = 0.05  # how often a running step's stop is looked at
_LONGEST_PATH = (
    60  # characters of the folder for temporary files: a socket's path has 104 on macOS, 32 of them its own name
)
_END_S = 5.0  # how long a killed process may take to be gone


class _Call(Args):
    """A function of a module, and what it is called with besides a context."""

    function: Callable[..., Any]
    values: tuple[Any, ...]
    tool: str
    backend: str


class _Returned(Out):
    """What it returned, pickled: it may be of any type."""

    value: bytes


def _calling(settings: Settings) -> Runner:
    def run(args: _Call, context: Context) -> Out:
        own = dataclasses.replace(context, tool=args.tool, backend=args.backend)
        return _Returned(value=pickle.dumps(args.function(own, *args.values)))

    return run


_CALL = Backend(tool="part", name="call", load=_calling, heavy=True)


def _kind() -> Any:  # noqa: ANN401 - a context of multiprocessing; which there are depends on the system
    """Return how processes are started: copied from a small one that has imported what they need, or afresh."""
    return multiprocessing.get_context("forkserver" if _copies() else "spawn")


def _copies() -> bool:
    """Tell whether processes can be copied: the one that is copied listens at a path that a system keeps short."""
    return os.name == "posix" and len(tempfile.gettempdir()) <= _LONGEST_PATH


class Worker:
    """One worker process and the pipe to it."""

    def __init__(self) -> None:
        here = _kind()
        self.folder = Path(tempfile.mkdtemp(prefix="segue-worker-"))
        self.pipe: Connection
        self.pipe, theirs = here.Pipe()
        self.process = here.Process(target=main, args=(theirs, self.folder), name="segue-worker", daemon=True)
        self.process.start()
        theirs.close()

    @property
    def alive(self) -> bool:
        """Whether it can take a step."""
        return bool(self.process.is_alive())

    def end(self) -> None:
        """Kill it and remove what it had in its own folder for temporary files."""
        self.process.kill()
        self.process.join(_END_S)
        self.pipe.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Workers:
    """The worker processes of one data folder. They are started when they are needed.

    Parameters
    ----------
    count : how many steps run at once; further ones wait.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._running = 0
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._changed = threading.Condition()
        self._closed = False

    def takes(self, backend: Backend, args: Args | None = None) -> bool:
        """Tell whether an engine runs in a worker: it says that it is heavy, and another process can load it."""
        return backend.heavy and _portable((backend.load, args))

    def warm(self, modules: Sequence[str]) -> None:
        """Start one worker, so that the first step need not wait for it; ``modules`` are what every worker imports."""
        if _copies():
            _kind().set_forkserver_preload(["__main__", main.__module__, *modules])
        with self._place(threading.Event()):
            return

    def run(self, backend: Backend, args: Args, context: Context) -> Out:
        """Run an engine in a worker and return its answer; ``context`` hears what it says meanwhile.

        Raises
        ------
        Cancelled, DeadlineExceeded : ``context`` wanted it to stop; nothing of it runs any more.
        Transient : the worker died (ended from outside, out of memory).

        Whatever the engine raises is raised here, with its traceback as a note.
        """
        with self._place(context.stop) as worker:
            return _Run(worker, context).out(backend, args)

    def call(self, context: Context, function: Callable[..., Any], *values: Any) -> Any:  # noqa: ANN401 - as the function
        """Return ``function(context, *values)``, called in a worker; as ``run`` for a part of a step (``Context.apart``)."""
        out = self.run(
            _CALL, _Call(function=function, values=values, tool=context.tool, backend=context.backend), context
        )
        assert isinstance(out, _Returned)
        return pickle.loads(out.value)

    @contextlib.contextmanager
    def _place(self, stop: threading.Event) -> Iterator[Worker]:
        worker = self._wait(stop)
        try:
            if worker is None or not worker.alive:  # there was none, or it died while it was idle
                self._forget(worker)
                worker = self._start()
            yield worker
        finally:
            keep = worker is not None and worker.alive and not self._closed
            if not keep:
                self._forget(worker)
            with self._changed:
                self._running -= 1
                if keep and worker is not None:
                    self._idle.append(worker)
                self._changed.notify()

    def _wait(self, stop: threading.Event) -> Worker | None:
        """Wait for a place; return an idle worker, or None where one must be started."""
        with self._changed:
            while self._running >= self.count and not self._closed:
                if stop.is_set():
                    raise Cancelled("Stopped before it began.")
                self._changed.wait(_LOOK_S)
            if self._closed:
                raise Cancelled("Segue is ending.")
            self._running += 1
            return self._idle.pop() if self._idle else None

    def _start(self) -> Worker:
        try:
            worker = Worker()
        except (OSError, EOFError) as error:
            raise Transient(
                f"A process for this step could not be started ({error}).", "Close other programs, or set SEGUE_PROCESSES=0."
            ) from error  # fmt: skip
        with self._changed:
            self._all.add(worker)
        return worker

    def _forget(self, worker: Worker | None) -> None:
        if worker is not None:
            worker.end()
            with self._changed:
                self._all.discard(worker)

    def close(self) -> None:
        """End all of them, with what they are at."""
        with self._changed:
            self._closed = True
            ending = list(self._all)
            self._changed.notify_all()
        for worker in ending:
            worker.process.kill()
        for worker in ending:
            self._forget(worker)


class _Run:
    """One step in a worker, seen from here."""

    def __init__(self, worker: Worker, context: Context) -> None:
        self.worker, self.context = worker, context
        self._lent: set[tuple[Any, ...]] = set()
        self._until: float | None = None  # when a step that was told to stop is ended

    def out(self, backend: Backend, args: Args) -> Out:
        context = self.context
        seconds = None if context.deadline is None else context.deadline - time.monotonic()
        work = Work(
            backend.load, backend.tool, backend.name, backend.extra, args, context.settings, context.owner,
            dict(context.args), context.attempt_key, seconds,
        )  # fmt: skip
        context.check()  # starting the worker may have taken a while
        try:
            self.worker.pipe.send(("run", pickle.dumps(work)))
            kind, body = self._listen()
        except (EOFError, OSError) as error:
            self._give_up()
            context.check()
            raise Transient(
                f"The process that did {backend.tool} was ended from outside.", "Ask for it again; ask for less if it happens again."
            ) from error  # fmt: skip
        if kind == "error":
            raise body
        return unpacked(body)

    def _listen(self) -> tuple[str, Any]:
        """Hear the worker until it has an answer or an error."""
        while True:
            if self.worker.pipe.poll(_LOOK_S):
                kind, body = self.worker.pipe.recv()
                if kind in ("out", "error"):
                    return kind, body
                self._heard(kind, body)
            self._see_to_stop()

    def _see_to_stop(self) -> None:
        """Tell the worker to stop where its step must; kill it where it does not."""
        try:
            self.context.check()
        except (Cancelled, DeadlineExceeded):
            now = time.monotonic()
            if self._until is None:
                self._until = now + _PATIENCE_S
                self.worker.pipe.send(("stop", None))
            elif now > self._until:
                self._give_up()
                raise

    def _heard(self, kind: str, body: Any) -> None:  # noqa: ANN401 - what the worker sent
        if kind == "ask":
            self.worker.pipe.send(("answer", self._answer(*body)))
        elif kind == "report":
            self.context.report(*body)
        elif kind == "say":
            self.context.say(body)
        elif kind == "early":
            self.context.early(unpacked(body))

    def _answer(self, name: str, values: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Exception | None]:
        """Return what this process's store says, or a function called here; or what that raises."""
        if name and name not in ASKED:
            return None, AttributeError(f"a worker may not ask for {name}")
        try:
            answer = getattr(self.context.store, name)(*values, **named) if name else self.context.home(*values)
        except Exception as error:  # handed on: it is the engine's to handle
            return None, error
        if name == "own_file":
            self._lent.add(values)
        elif name == "disown_file":
            self._lent.discard(values)
        return answer, None

    def _give_up(self) -> None:
        """End the worker and take back what it had begun and nobody has an answer about."""
        pid = self.worker.process.pid
        self.worker.end()
        self.context.store.forget_writing(pid or 0)
        for blob, owner in self._lent:
            self.context.store.disown_file(blob, owner)


def _portable(value: object) -> bool:
    try:
        pickle.dumps(value)
    except (pickle.PicklingError, AttributeError, TypeError):  # a function inside a function, an object with a lock
        return False
    return True
