"""What commands print: JSON on stdout, progress and logs on stderr, errors with their exit status."""

import functools
import json
import os
import sqlite3
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import typer

from segue.tools.core.errors import Cancelled, SegueError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from segue.agent.events import Event

P = ParamSpec("P")
R = TypeVar("R")


def out(text: str) -> None:
    """Print a line of the answer on stdout."""
    print(text, flush=True)


def log(text: str) -> None:
    """Print a line about what goes on, on stderr."""
    print(text, file=sys.stderr, flush=True)


def as_json(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Print one JSON value on stdout, indented on a terminal."""
    out(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def table(rows: list[dict[str, Any]], columns: list[str]) -> None:
    """Print rows: aligned on a terminal, separated by tabs when piped."""
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    if not sys.stdout.isatty():
        for line in cells:
            out("\t".join(line))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        shown.add_column(name.replace("_", " "))
    for line in cells:
        shown.add_row(*[Text(cell) for cell in line])
    Console().print(shown)


def _cell(value: Any) -> str:  # noqa: ANN401 - any JSON
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return ", ".join(_cell(part) for part in value)
    # Titles come from outside: no control sequences reach the terminal.
    return "".join(char if char.isprintable() else " " for char in str(value))


def plain(text: str) -> str:
    """Return text without control characters, other than line breaks."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn every error that a user may see into one line on stderr and its exit status."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except SegueError as error:
            if kwargs.get("json_output"):
                as_json({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
            log(f"segue: {plain(str(error))}")
            raise typer.Exit(error.exit_status) from None
        except KeyboardInterrupt:
            log("segue: interrupted")
            raise typer.Exit(Cancelled.exit_status) from None
        except BrokenPipeError:
            # The reader went away (`segue … | head`): nobody is left to tell.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except sqlite3.DatabaseError as error:
            log(f"segue: a database of the data folder cannot be read ({error}). Run: segue doctor --repair")
            raise typer.Exit(1) from None
        except OSError as error:
            log(f"segue: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
            raise typer.Exit(1) from None
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            if os.environ.get("SEGUE_DEBUG"):
                traceback.print_exc()
            log(f"segue: a fault of Segue's own ({type(error).__name__}: {error}). SEGUE_DEBUG=1 prints where.")
            raise typer.Exit(1) from None

    return run


class ShownProgress(AbstractContextManager["ShownProgress"]):
    """Shows the events of a turn on stderr: bars on a terminal, one line a step when piped.

    Use it as ``on_event``: ``with ShownProgress() as shown: agent.chat(…, on_event=shown)``.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self._bars: dict[str, TaskID] = {}
        self._progress: Progress | None = None

    def __enter__(self) -> "ShownProgress":
        if sys.stderr.isatty() and not self.quiet:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            self._progress = Progress(
                SpinnerColumn(finished_text="[green]✓"),
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=False,
            )
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()

    def __call__(self, event: "Event") -> None:
        """Take one event of a turn."""
        if self.quiet or not event.step:
            return
        if self._progress:
            self._show_bar(self._progress, event)
        elif event.type in ("done", "failed", "skipped"):
            log(step_line(event))

    def _show_bar(self, progress: "Progress", event: "Event") -> None:
        name = f"{event.tool} · {event.backend}" if event.backend else event.tool
        if event.step not in self._bars and event.type in ("started", "progress"):
            self._bars[event.step] = progress.add_task(name, total=None)
        bar = self._bars.get(event.step)
        if bar is None:
            return
        if event.type == "started":
            progress.update(bar, description=name)
        elif event.type == "progress":
            label = f"{name}  {plain(event.label)[:48]}" if event.label else name
            progress.update(bar, completed=event.done or 0.0, total=event.total, description=label)
        elif event.type in ("done", "failed", "skipped"):
            progress.update(bar, description=step_line(event), total=1, completed=1)


def step_line(event: "Event") -> str:
    """Return what became of a step, in one line."""
    engine = event.backend or (event.result.backend if event.result else "")
    by = f" by {engine}" if engine else ""
    if event.type == "done":
        return f"{event.tool}{by}: {event.seconds:.1f} s"
    return f"{event.tool}{by}: {event.result.status if event.result else event.type}"
