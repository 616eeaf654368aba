"""One message on the page: what is sent, and what is shown while its turn runs."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from segue.agent.dialogue import Heard
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

    def stream(
        self, message: str, session: str, attach: list[Path | str], heard: Heard | None = None, drop: str | None = None,
        again: str | None = None,
    ) -> Iterator[Event]:  # fmt: skip
        """Take a turn and yield its events; as ``Agent.stream``.

        What is attached are ids of pieces and files, which are removed when the turn is over: the store has its own copy.
        """

    def named(self, id: str) -> str:
        """Return the title of a piece or track of this owner's."""


class Along(BaseModel):
    """What the page's script sends with a message, besides its words."""

    carried: list[str] = []
    """Ids of pieces that it is about."""
    heard: Heard = Heard()
    drop: str | None = None
    """What searches are no longer to keep to, in the words of its chip."""
    again: str | None = None
    """The turn whose unfinished steps are to be done."""


def along(text: str) -> Along:
    """Return what the page's script sent along; nothing where that is not what it writes."""
    try:
        return Along.model_validate_json(text or "{}")
    except ValidationError:
        return Along()


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


def send(guest: Guest, message: dict[str, Any], session: str, more: Along | None = None) -> Iterator[Shown]:
    """Take a message with its files, and what the page's script sent along, through a turn."""
    more = more or Along()
    carried = more.carried
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
        events = guest.stream(text or "describe this", session, [*files, *carried], more.heard, more.drop, more.again)
        yield from _run(guest, events, session, running, [*past, said])
    except SegueError as error:
        shown = [*past, said, bubble("assistant", render.failed(error))]
        yield Shown(session, shown, running=False)


def _run(
    guest: Guest, events: Iterator[Event], session: str, running: render.Running, before: History
) -> Iterator[Shown]:
    drawn = 0.0
    answer: Reply | None = None
    for event in events:
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
