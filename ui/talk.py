"""One message on the page: what is sent, and what is shown while its turn runs."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from segue.agent.events import Event, Reply
from segue.tools.core.errors import SegueError
from segue.ui import render

History = list[dict[str, Any]]
_REDRAW_S = 0.15  # progress comes more often than anybody can see


class Guest(Protocol):
    """What a turn needs of the one who talks."""

    def begin(self, message: str) -> str:
        """Begin a session and return its id."""

    def history(self, session: str) -> History:
        """Return the conversation so far, as the page shows it."""

    def stream(self, message: str, session: str, attach: list[Path | str]) -> Iterator[Event]:
        """Take a turn and yield its events; what is attached are files and ids of pieces."""

    def named(self, id: str) -> str:
        """Return the title of a piece or track of this owner's."""


@dataclass
class Shown:
    """What the page shows now."""

    session: str
    history: History
    running: bool = True
    clear: bool = False


def bubble(role: str, html: str) -> dict[str, Any]:
    """Return a message of the conversation."""
    import gradio as gr

    return {"role": role, "content": gr.HTML(html)}


def send(guest: Guest, message: dict[str, Any], session: str, carried: Sequence[str] = ()) -> Iterator[Shown]:
    """Take a message with its files, and the pieces that it is about by their ids, through a turn."""
    text = str(message.get("text") or "").strip()
    files = [Path(path) for path in message.get("files") or []]
    past = guest.history(session) if session else []
    if not text and not files and not carried:
        yield Shown(session, past, running=False)
        return
    said = bubble("user", render.said(text, [*(path.name for path in files), *(guest.named(id) for id in carried)]))
    running = render.Running()
    yield Shown(session, [*past, said, bubble("assistant", running.html())], clear=True)
    try:
        session = session or guest.begin(text)
        yield from _run(guest, text or "describe this", session, [*files, *carried], running, [*past, said])
    except SegueError as error:
        shown = [*past, said, bubble("assistant", render.failed(error))]
        yield Shown(session, shown, running=False)
    finally:
        for path in files:  # the store has its own copy
            with contextlib.suppress(OSError):
                path.unlink()


def _run(
    guest: Guest, text: str, session: str, files: list[Path | str], running: render.Running, before: History
) -> Iterator[Shown]:
    drawn = 0.0
    answer: Reply | None = None
    for event in guest.stream(text, session, files):
        answer = event.reply or answer
        running.take(event)
        now = time.monotonic()
        if now - drawn > _REDRAW_S or event.type != "progress":
            drawn = now
            yield Shown(session, [*before, *_now(running)])
    if answer is None:
        yield Shown(session, [*before, *_now(running)], running=False)
        return
    yield Shown(answer.session, guest.history(answer.session), running=False)


def _now(running: render.Running) -> History:
    """Return what can be heard already and the turn as it stands, as two messages: the first one stays in the page."""
    heard = [bubble("assistant", running.early)] if running.early else []
    return [*heard, bubble("assistant", running.html())]
