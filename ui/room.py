"""What the server shares: one agent an owner, and what the page asks of it."""

import contextlib
import queue
import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from typing import Any

from starlette.requests import HTTPConnection

from segue.agent import Agent
from segue.agent.dialogue import Heard
from segue.agent.events import Emit, Event, ToolResult
from segue.tools.collection.catalogue import open_catalogue
from segue.tools.core.errors import NotSignedIn, SegueError
from segue.tools.core.settings import Settings
from segue.tools.core.store import SHARED, Store
from segue.ui import demo, players, render, talk
from segue.ui.guard import LOCAL_OWNER
from segue.ui.jobs import Jobs
from segue.ui.limits import Ledger
from segue.ui.links import open_links
from segue.ui.opening import Opening
from segue.ui.views import Left, Views

HELLO = "<h2>What shall we play?</h2><p>Find, make, change, describe and write down music by talking about it.</p>"
_MAKE = [
    "make me a lo-fi beat, 20 seconds",
    "write a 16 bar bossa nova in D minor at 120 bpm with guitar and flute",
]
_EMPTY = "make a 10 second jingle with marimba"
_MOST_STATISTICS = 5  # of each kind
_MOST_AGENTS = 200  # owners kept in memory; an agent is cheap to open again
_SHOWN_TURNS = 60  # older turns of a long session are not drawn


class Room:
    """The agents of a server, by owner.

    Parameters
    ----------
    folders : whether the page may name folders of this machine: only where nobody else can reach it.
    """

    def __init__(self, settings: Settings, folders: bool = True) -> None:
        self.settings = settings
        self.folders = folders
        self.host = Agent(settings, owner=SHARED)  # keeps the data folder open while the server runs
        self.opening = Opening(self.host.store)
        self.ledger = Ledger()
        self.jobs = Jobs()
        self.views = Views()
        self.links = open_links(settings.home)
        self._statistics: tuple[tuple[int, int], str] = ((0, 0), "")
        self._agents: OrderedDict[str, Agent] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def store(self) -> Store:
        """The store of the data folder."""
        return self.host.store

    def agent(self, owner: str) -> Agent:
        """Return an owner's agent.

        Raises
        ------
        NotSignedIn : the request has no owner: neither a cookie nor a key.
        """
        if not owner:
            raise NotSignedIn("Nobody is signed in.", "Open Segue's page first, or send Authorization: Bearer KEY.")
        with self._lock:
            agent = self._agents.get(owner)
            if agent is None:
                agent = self._agents[owner] = Agent(self.settings, owner=owner)
            self._agents.move_to_end(owner)
            gone = self._agents.popitem(last=False)[1] if len(self._agents) > _MOST_AGENTS else None
        if gone is not None:
            gone.close()
        return agent

    def guest(self, request: HTTPConnection | Any) -> "Guest":  # noqa: ANN401 - Gradio's request wraps Starlette's
        """Return who talks on the page."""
        inner = getattr(request, "request", request)
        owner = str(inner.scope.get("state", {}).get("owner", ""))
        return Guest(self, owner, str(getattr(request, "session_hash", None) or ""))

    def watched(self, tool: str, args: dict[str, Any]) -> Iterator[Event | ToolResult]:
        """Run a tool as this machine's user; yield its events, then its result.

        Raises
        ------
        SegueError : as ``Agent.run_tool``.
        """
        heard: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        with ThreadPoolExecutor(max_workers=1) as pool:
            work = pool.submit(self.agent(LOCAL_OWNER).run_tool, tool, args, heard.put)
            work.add_done_callback(lambda _: heard.put(None))
            while (event := heard.get()) is not None:
                yield event
            yield work.result()

    def library_html(self) -> str:
        """Return what the library holds: its tracks, its folders (where they may be named), its commonest genres and keys."""
        catalogue = open_catalogue(self.settings)
        tracks, heard = catalogue.size, catalogue.count("state = 'ok' AND analysed = 1")
        if self._statistics[0] != (tracks, heard):  # counted anew when there is more to count
            self._statistics = ((tracks, heard), _statistics(self.host) if tracks else "")
        unheard = catalogue.count("state = 'ok' AND analysed = 0 AND path IS NOT NULL")
        about = f"{tracks:,} tracks" + (f", {unheard:,} not measured yet" if unheard else "") if tracks else "empty"
        rows = "".join(_folder(one["path"]) for one in catalogue.folders()) if self.folders else ""
        folders = f'<ul class="sg-folders" aria-label="Folders">{rows}</ul>' if rows else ""
        return f"<p>{about}</p>{folders}{self._statistics[1]}"

    def opening_html(self) -> str:
        """Return what stands on the page before the first message."""
        return f'<div class="sg-hello">{HELLO}{self.opening.html()}</div>'

    def examples_html(self) -> str:
        """Return things to say first, which fit what there is."""
        tracks = self.store.pieces(SHARED, kind="track", limit=40)
        words = [
            *_MAKE,
            *([_EMPTY] if not tracks else ["what is in my library?", "find something calm for the evening"]),
        ]
        if tracks:
            words[1] = f"something like “{tracks[len(tracks) // 2].title}”"
        return "".join(players.say(one, one, kind="sg-example") for one in words)

    def close(self) -> None:
        """Stop what runs and close the data folder."""
        self.opening.stop()
        for agent in self._agents.values():
            agent.close()
        self.host.close()


def _folder(path: str) -> str:
    says = escape(f"Look through {path} again", quote=True)
    return (
        f'<li><span>{escape(path)}</span><button type="button" class="sg-open" data-folder="{escape(path, quote=True)}" '
        f'aria-label="{says}" title="{says}">Again</button></li>'
    )


def _statistics(agent: Agent) -> str:
    rows = (agent.run_tool("library", {"action": "stats", "fields": ["genre", "key"]}).out or {}).get("rows", [])
    parts = []
    for what in ("genre", "key"):
        first = [row for row in rows if row.get("what") == what][:_MOST_STATISTICS]
        shown = "".join(f"<dt>{escape(str(row['value']))}</dt><dd>{row['tracks']}</dd>" for row in first)
        parts.append(f'<dl class="sg-stats">{shown}</dl>' if shown else "")
    return f"<details><summary>Statistics</summary>{''.join(parts)}</details>"


class Guest:
    """One owner on the page, in one window of it."""

    def __init__(self, room: Room, owner: str, window: str = "") -> None:
        self.room = room
        self.owner = owner
        self.window = window

    @property
    def agent(self) -> Agent:
        """This owner's agent."""
        return self.room.agent(self.owner)

    def begin(self, message: str) -> str:
        """Begin a session and return its id; its first message names it."""
        return self.agent.new_session().id

    def stream(
        self, message: str, session: str, attach: list[Path | str], heard: Heard | None = None, drop: str | None = None,
        again: str | None = None,
    ) -> Iterator[Event]:  # fmt: skip
        """Take a turn and yield its events; as ``talk.Guest``.

        Raises
        ------
        Left : the window turned to something else; the turn goes on.
        """
        agent = self.agent

        def work(emit: Emit) -> None:
            try:
                agent.chat(message, session, attach, emit, heard, drop, again)
            finally:
                for file in attach:
                    if isinstance(file, Path):
                        file.unlink(missing_ok=True)

        return self.room.views.watch(self.window, work)

    def leave(self) -> None:
        """Look on no longer at what works: the window turns to something else."""
        self.room.views.leave(self.window)

    def named(self, id: str) -> str:
        """Return the title of a piece or track of this owner's."""
        try:
            return self.room.store.piece(id, self.owner).title
        except SegueError:  # said properly when it is attached
            return id

    def history(self, session: str) -> talk.History:
        """Return a conversation as the page shows it."""
        if not session:
            return []
        shown: talk.History = []
        for turn in self.agent.history(session)[-_SHOWN_TURNS:]:
            question, answer = render.turn(turn)
            shown += [talk.bubble("user", question), talk.bubble("assistant", answer)]
        return shown

    def sessions(self, search: str = "") -> list[tuple[str, str]]:
        """Return titles and ids of the conversations that have begun, the latest first."""
        return [(session.title or "untitled", session.id) for session in self.agent.sessions(search) if session.turns]

    def title(self, session: str) -> str:
        """Return the title of a conversation, or nothing where there is none such."""
        return next((title for title, id in self.sessions() if id == session), "")

    def is_open(self, session: str) -> bool:
        """Tell whether the last turn has no answer yet: it runs, or its process was killed."""
        turns = self.agent.history(session) if session else []
        return bool(turns) and turns[-1].status == "open"

    def finish(self, session: str) -> None:
        """Wait for the turn that runs, or finish one that a killed process left; until the window is left."""
        agent = self.agent
        with contextlib.suppress(SegueError, Left):  # a turn that breaks off is shown as broken
            for _ in self.room.views.watch(self.window, lambda emit: agent.resume(session, emit)):
                continue

    def rename(self, session: str, title: str) -> None:
        """Give a conversation another title."""
        if session and title.strip():
            self.agent.rename(session, title.strip())

    def delete(self, session: str) -> None:
        """Forget a conversation; the pieces it made stay."""
        if session:
            self.agent.delete(session)

    def cancel(self, session: str) -> None:
        """Stop the running turn."""
        if session:
            self.agent.cancel(session)

    # -- the library -----------------------------------------------------------------------------

    def library_is_empty(self) -> bool:
        """Tell whether nothing can be found yet."""
        return not self.room.store.pieces(SHARED, kind="track", limit=1)

    def library_html(self, said: str = "", share: float | None = None) -> str:
        """Return what is in the library; ``said`` and ``share`` (0 to 1) tell how far a scan is."""
        bar = "" if share is None else f'<progress max="1" value="{share:.3f}" aria-label="Scan"></progress>'
        told = f'<p class="sg-quiet" role="status">{escape(said)}</p>{bar}' if said else ""
        return f'<div class="sg-hello-side">{told}{self.room.library_html()}</div>'

    def found_html(self, words: str) -> str:
        """Return the tracks of the library that fit."""
        if not words.strip():
            return ""
        result = self.agent.run_tool("retrieve", {"query": words.strip(), "k": 8})
        out = result.out or {}
        if result.error or not out.get("items"):
            return f'<p class="sg-quiet">{escape(str(result.error or "Nothing fits."))}</p>'
        return f'<div class="sg-found">{players.tracks(out["items"], out["total"])}</div>'

    def taste_html(self, session: str) -> str:
        """Return what is liked, what is not, and what a search must keep to, in this conversation."""
        try:
            state = self.agent.state(session) if session else None
        except SegueError:
            state = None
        if state is None:
            return '<p class="sg-quiet">What you like and do not like in this conversation stands here.</p>'
        return render.taste(state)

    def kept_html(self, session: str) -> str:
        """Return what the conversation's searches keep to, each with a button that takes it away."""
        try:
            return render.chips(self.agent.kept(session)) if session else ""
        except SegueError:
            return ""

    def make_demo(self) -> Iterator[str]:
        """Make the demo library, and yield what to show while it is made."""
        try:
            for done, total, label in demo.steps(self.room.host):
                bar = f'<progress max="{total:g}" value="{done:g}"></progress>'
                yield f'<div class="sg-hello"><h2>Composing the demo library</h2><p>{escape(label)}</p>{bar}</div>'
        except SegueError as error:
            yield f'<div class="sg-hello">{render.failed(error)}</div>'

    def add_folder(self, path: str) -> Iterator[str]:
        """Add a folder of the server's machine to the library."""
        if not self.room.folders:
            yield self.library_html(
                "On a server that others reach, folders are added on its own machine: segue library add FOLDER"
            )
            return
        if not path.strip():
            yield self.library_html("Name a folder.")
            return
        yield self.library_html("Reading the folder …")
        args = {"action": "add", "folder": str(Path(path.strip()).expanduser())}
        try:
            for event in self.room.watched("library", args):
                if isinstance(event, ToolResult):
                    yield self.library_html(str(event.error) if event.error else "The folder is in the library.")
                elif event.type == "progress" and event.total:
                    yield self.library_html(event.label or "Reading the folder …", (event.done or 0) / event.total)
        except SegueError as error:
            yield self.library_html(str(error))
