"""What runs inside a worker process: one step after another, with a store that asks the server's.

Started by ``workers``, which is the other end of the pipe.
"""

import os
import pickle
import queue
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from segue.tools.core import registry
from segue.tools.core.base import Args, Backend, Context, Out, Runner
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store

_NICE = 5  # a third of the time of whatever answers people, where both want the same processor


@dataclass(frozen=True)
class Work:
    """One step to run; ``seconds`` is how long it may take."""

    load: Callable[[Settings], Runner]
    tool: str
    backend: str
    extra: str | None
    args: Args
    settings: Settings
    owner: str
    resolved: dict[str, Any]
    attempt_key: str
    seconds: float | None


def main(pipe: Connection, folder: Path) -> None:
    """Run steps until the server is gone. ``folder`` is for temporary files; who ends the worker removes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends its workers
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    line = _Line(pipe)
    stores: dict[Path, StoreAway] = {}
    while True:
        step, stop = line.steps.get()
        try:
            work: Work = pickle.loads(step)  # may import anything: not for the thread that hears a stop
            home = work.settings.home
            store = stores.get(home) or stores.setdefault(home, StoreAway(work.settings, line))
            line.send("out", packed(_out(work, store, line, stop)))
        except Exception as error:  # an engine may raise anything: the server makes of it what it would of its own
            line.send("error", _portable(error))


def _out(work: Work, store: Store, line: "_Line", stop: threading.Event) -> Out:
    def tell(kind: str, body: Any) -> None:  # noqa: ANN401 - whatever can be pickled
        if running:
            line.send(kind, body)

    running = True
    backend = Backend(tool=work.tool, name=work.backend, load=work.load, extra=work.extra)
    context = Context(
        store=store, settings=work.settings, owner=work.owner, tool=work.tool, backend=work.backend,
        args=work.resolved, attempt_key=work.attempt_key,
        deadline=None if work.seconds is None else time.monotonic() + work.seconds,
        report=lambda done, total, label: tell("report", (done, total, label)),
        say=lambda text: tell("say", text), early=lambda out: tell("early", packed(out)), stop=stop,
        home=lambda function, *values: line.ask("", (function, *values), {}),
    )  # fmt: skip
    try:
        return registry.load(backend, work.settings)(work.args, context)
    finally:
        running = False  # what a thread of the engine's says later belongs to no step


def packed(out: Out) -> tuple[type[Out], dict[str, Any]]:
    """Return an output as its type and values: types such as ``Value[str]`` inside it cannot be pickled."""
    return type(out), out.model_dump()


def unpacked(pair: tuple[type[Out], dict[str, Any]]) -> Out:
    """Return what ``packed`` was given."""
    kind, values = pair
    return kind.model_validate(values)


def _portable(error: Exception) -> Exception:
    """Return an error that arrives whole, with where it came from as a note."""
    where = "".join(traceback.format_exception(error))
    error.__traceback__ = error.__cause__ = error.__context__ = None
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # its own constructor may do anything
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(where)
    return error


class _Line:
    """The pipe to the server: what is sent is whole, and what comes is sorted by a thread of its own."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._sending, self._asking = threading.Lock(), threading.Lock()
        self._answers: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()
        self.steps: queue.SimpleQueue[tuple[bytes, threading.Event]] = queue.SimpleQueue()
        threading.Thread(target=self._sort, name="line", daemon=True).start()

    def _sort(self) -> None:
        stop = threading.Event()
        while True:
            try:
                kind, body = self._pipe.recv()
            except (EOFError, OSError):
                os._exit(0)  # the server is gone: nobody waits for what is being made
            if kind == "run":
                stop = threading.Event()
                self.steps.put((body, stop))
            elif kind == "stop":
                stop.set()
            else:
                self._answers.put(body)

    def send(self, kind: str, body: Any) -> None:  # noqa: ANN401 - whatever can be pickled
        with self._sending:
            self._pipe.send((kind, body))

    def ask(self, name: str, values: tuple[Any, ...], named: dict[str, Any]) -> Any:  # noqa: ANN401 - what that method returns
        with self._asking:
            self.send("ask", (name, values, named))
            answer, error = self._answers.get()
        if error is not None:
            raise error
        return answer


def _asked(name: str) -> Any:  # noqa: ANN401 - stands for a method of Store
    def method(self: "StoreAway", *values: Any, **named: Any) -> Any:  # noqa: ANN401 - as that method
        return self.line.ask(name, values, named)

    return method


class StoreAway(Store):
    """A store whose catalogue is the server's: sound and bytes are read and written here, rows are asked for."""

    def __init__(self, settings: Settings, line: _Line) -> None:
        self.line = line
        self._open(settings)

    known: Any = _asked("known")
    adopt: Any = _asked("adopt")
    link_file: Any = _asked("link_file")
    path: Any = _asked("path")
    save: Any = _asked("save")
    piece: Any = _asked("piece")
    pieces: Any = _asked("pieces")
    own_file: Any = _asked("own_file")
    disown_file: Any = _asked("disown_file")
    may_read: Any = _asked("may_read")
    recall: Any = _asked("recall")
    remember: Any = _asked("remember")


ASKED = frozenset(StoreAway.__annotations__)  # what a worker may ask of the server's store
