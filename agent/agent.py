"""``Agent``: the conversation for programs. The command line, the chat page, HTTP and MCP stand on it."""

import asyncio
import contextlib
import math
import queue
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from segue.agent import constraints
from segue.agent.agent_house import House, open_house
from segue.agent.dialogue import Heard, State, Thing
from segue.agent.events import Artifact, Emit, Event, Reply, ToolResult, silent
from segue.agent.plan import Plan
from segue.agent.session import Session, Turn
from segue.tools.core.base import Context
from segue.tools.core.errors import InvalidArgument, NotFound
from segue.tools.core.piece import Piece
from segue.tools.core.settings import Settings, load_settings
from segue.tools.core.store import Store

if TYPE_CHECKING:
    from segue.agent.planner import Planner, Plans

T = TypeVar("T")
Attach = Sequence[str | Path]


class Agent:
    """One user's way into Segue.

    Parameters
    ----------
    settings : read from the environment and ``segue.toml`` when not given.
    home : the data folder, over the settings' own.
    owner : whose sessions and pieces are seen. "local" is the user of this machine, who alone may
        name folders of it; servers give everybody else an owner of their own.
    planner : "builtin", "llm", or an object with ``plan(message, state) -> Plan``; else the settings say.

    Opening one is cheap: nothing is read, imported or written before the first call. Agents of the same
    home share store, sessions and one event loop; every method may be called from any thread.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        home: str | Path | None = None,
        owner: str = "local",
        planner: "str | Plans | None" = None,
    ) -> None:
        settings = settings or load_settings(home=home)
        self.settings = settings.model_copy(update={"home": Path(home)}) if home else settings
        self.owner = owner
        self._planner = planner
        self._mind: Planner | None = None
        self._opened: House | None = None

    # -- talking -------------------------------------------------------------------------------

    def chat(
        self,
        message: str,
        session: str | None = None,
        attach: Attach = (),
        on_event: Emit | None = None,
        heard: Heard | None = None,
        drop: str | None = None,
        again: str | None = None,
    ) -> Reply:
        """Take one turn and return its reply.

        Parameters
        ----------
        message : what the user says.
        session : the session to go on with; a new one when not given.
        attach : files (audio, MIDI, MusicXML), or ids of pieces that this owner has.
        on_event : called with every event as it happens, on another thread; must return soon.
        heard : what a player has to tell: tracks skipped, and where it stands ("this bit").
        drop : the words of one of ``kept``: the search is run again without it, whatever ``message`` says.
        again : the id of a turn of this session: what it did not finish is done as it was planned, and nothing else of it.

        Raises
        ------
        NotFound : an unknown session, a file that is not there, or nothing to drop or to do again.
        BadInput : an attachment that cannot be used.
        StoreError : the data folder cannot be used.

        A failed step raises nothing: it is in ``Reply.results``.
        """
        session = self._session(session)
        return self._wait(self._chat(message, session, attach, on_event or silent, heard, drop, again), session)

    async def achat(
        self,
        message: str,
        session: str | None = None,
        attach: Attach = (),
        on_event: Emit | None = None,
        heard: Heard | None = None,
        drop: str | None = None,
        again: str | None = None,
    ) -> Reply:
        """Take one turn from asynchronous code; as ``chat``. Being cancelled does not stop the turn: ``cancel`` does."""
        session = await asyncio.to_thread(self._session, session)
        work = self._chat(message, session, attach, on_event or silent, heard, drop, again)
        return await asyncio.wrap_future(self._submit(work))

    def stream(
        self,
        message: str,
        session: str | None = None,
        attach: Attach = (),
        heard: Heard | None = None,
        drop: str | None = None,
        again: str | None = None,
    ) -> Iterator[Event]:
        """Take one turn and yield its events; the last one has the reply.

        Leaving the loop early does not stop the turn: its reply is in the session's history.
        """
        events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        session = self._session(session)
        future = self._submit(self._chat(message, session, attach, events.put, heard, drop, again))
        future.add_done_callback(lambda _: events.put(None))
        try:
            while (event := events.get()) is not None:
                yield event
        except KeyboardInterrupt:
            self._stop_and_wait(session, future)
            raise
        future.result()

    async def astream(
        self,
        message: str,
        session: str | None = None,
        attach: Attach = (),
        heard: Heard | None = None,
        drop: str | None = None,
        again: str | None = None,
    ) -> AsyncIterator[Event]:
        """Take one turn and yield its events; as ``stream``, for asynchronous code."""
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[Event | None] = asyncio.Queue()

        def put(event: Event | None) -> None:
            with contextlib.suppress(RuntimeError):  # the listener's loop has closed; the turn goes on
                loop.call_soon_threadsafe(events.put_nowait, event)

        session = await asyncio.to_thread(self._session, session)
        future = self._submit(self._chat(message, session, attach, put, heard, drop, again))
        future.add_done_callback(lambda _: put(None))
        while (event := await events.get()) is not None:
            yield event
        future.result()

    def plan(self, message: str, session: str | None = None, attach: Attach = ()) -> Plan:
        """Return what would be done. Nothing is run and nothing is kept: attachments are only looked at."""
        if session is not None:
            self._house.sessions.session(session, self.owner)
        attached = [self._probe(n, item) for n, item in enumerate(attach, 1)]
        return self._wait(self._only_plan(message, session, attached), session)

    def cancel(self, session: str) -> bool:
        """Stop the session's running turn within a second; tells whether there was one."""
        return self._wait(self._cancel(session))

    def resume(self, session: str, on_event: Emit | None = None) -> list[Reply]:
        """Finish turns of the session that a killed process left; the next ``chat`` would do it too."""
        self._house.sessions.session(session, self.owner)
        return self._wait(self._resume(session, on_event or silent), session)

    # -- sessions ------------------------------------------------------------------------------

    def new_session(self, title: str = "") -> Session:
        """Begin a session; without a title its first message names it."""
        return self._house.sessions.create(self.owner, title)

    def sessions(self, search: str = "") -> list[Session]:
        """Return this owner's sessions, the most recently used first; those with ``search`` in title or messages."""
        return self._house.sessions.sessions(self.owner, search=search)

    def session(self, session: str) -> Session:
        """Return one session."""
        return self._house.sessions.session(session, self.owner)

    def history(self, session: str) -> list[Turn]:
        """Return the turns of a session: message, attachments, plan, reply. An open one has no reply yet."""
        self._house.sessions.session(session, self.owner)
        return self._house.sessions.turns(session)

    def state(self, session: str) -> State:
        """Return what the conversation knows: things, focus, lists, constraints, what waits for a yes."""
        self._house.sessions.session(session, self.owner)
        return self._wait(self._state(session))

    def kept(self, session: str) -> list[str]:
        """Return what the searches of a session keep to, each in words by which ``chat(drop=…)`` takes it away."""
        return [one.words for one in constraints.kept(self.state(session))]

    def rename(self, session: str, title: str) -> None:
        """Give a session another title."""
        self._house.sessions.rename(session, self.owner, title)

    def branch(self, session: str, turns: int) -> Session:
        """Begin a session with a copy of the first ``turns`` turns of another; what they made is shared."""
        return self._house.sessions.branch(session, self.owner, turns)

    def delete(self, session: str) -> None:
        """Stop and forget a session; pieces that it made stay in the store."""
        self._house.sessions.session(session, self.owner)
        self._wait(self._house.turns.forget(session, self.owner))

    # -- for developers ------------------------------------------------------------------------

    def trace(self, turn: str | None = None) -> list[dict[str, Any]]:
        """Return a turn's trace (the last turn's when not given): prompt, raw answer, plan, check errors, timings."""
        sessions = self._house.sessions
        return sessions.trace(sessions.turn(turn, self.owner).id if turn else sessions.last_turn(self.owner).id)

    def replay(self, turn: str | None = None, on_event: Emit | None = None) -> Reply:
        """Run a turn's plan again, as a new turn of its session, without asking any planner."""
        sessions = self._house.sessions
        old = sessions.turn(turn, self.owner) if turn else sessions.last_turn(self.owner)
        if old.plan is None:
            raise NotFound(f"The turn {old.id} has no plan to run again.", "It was broken off before it had one.")
        given = old.plan.model_copy(update={"state": []})
        return self._wait(self._take(old.session, old.message, old.attached, on_event or silent, given), old.session)

    # -- single tools and things ---------------------------------------------------------------

    def run_tool(self, name: str, args: dict[str, Any], on_event: Emit | None = None, *, yes: bool = False) -> ToolResult:  # fmt: skip
        """Run one tool outside any session, and return its result; a failure is in it.

        Parameters
        ----------
        name, args : the tool and its arguments; pieces as ``{"id": …}``.
        yes : allow what needs the user's yes (changes to the user's own files).

        Raises
        ------
        InvalidArgument : no such tool, or arguments it does not take, or a yes is wanted.
        """
        _may_run(name, args, yes)
        return self._wait(self._run_tool(name, args, on_event or silent))

    async def arun_tool(self, name: str, args: dict[str, Any], on_event: Emit | None = None, *, yes: bool = False) -> ToolResult:  # fmt: skip
        """Run one tool from asynchronous code; as ``run_tool``. Being cancelled stops it."""
        _may_run(name, args, yes)
        return await asyncio.wrap_future(self._submit(self._run_tool(name, args, on_event or silent)))

    def import_file(self, path: str | Path, title: str | None = None) -> Piece:
        """Keep a file (audio, MIDI, MusicXML) as a piece of this owner, and return it."""
        from segue.tools.music.intake import import_file

        return import_file(self.store, self.settings, Path(path), self.owner, title=title)

    def artifacts(self, results: Sequence[ToolResult]) -> list[Artifact]:
        """Return the files behind results of ``run_tool``."""
        from segue.agent.reply import artifacts_of

        return artifacts_of(self.store, self.owner, results)

    def artifact_path(self, id: str) -> Path:
        """Return where the bytes of an artifact are: of a piece its sound, else the file.

        Raises
        ------
        NotFound : unknown, somebody else's, or a piece without sound.
        """
        try:
            piece = self.store.piece(id, self.owner)
        except NotFound:
            if not self.store.may_read(id, self.owner):
                raise NotFound(f"There is no artifact {id}.", "Artifacts are listed in replies.") from None
            return self.store.path(id)
        if piece.clip is None:
            raise NotFound(f"“{piece.title}” has no sound.", "Export it as MIDI or MusicXML.")
        return self.store.path(piece.clip.id)

    def context(self) -> Context:
        """Return what work of this owner's outside any step may use: its heavy parts run where those of steps do."""
        workers = self._house.turns.queues.workers
        return Context(self.store, self.settings, self.owner, elsewhere=workers.call if workers else None)

    def warm(self) -> None:
        """Start what the first heavy step would wait for, where the settings have such steps run in processes."""
        self._house.turns.queues.warm()

    @property
    def store(self) -> Store:
        """The store that this agent works on."""
        return self._house.store

    def close(self) -> None:
        """Stop this owner's use of the home; the last agent of a home closes its files."""
        if self._opened is not None:
            self._opened.leave()
            self._opened = None

    def __enter__(self) -> "Agent":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # -- inside: everything below runs on the home's event loop ---------------------------------

    @property
    def _house(self) -> House:
        if self._opened is None:
            self._opened = open_house(self.settings)
        return self._opened

    def _planning(self) -> "Planner":
        if self._mind is None:
            from segue.agent.planner import Planner

            self._mind = Planner(self.settings, self._house.turns.known(self.owner), self._planner)
        return self._mind

    def _submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._house.loop)

    def _wait(self, work: Coroutine[Any, Any, T], session: str | None = None) -> T:
        future = self._submit(work)
        try:
            return future.result()
        except KeyboardInterrupt:
            self._stop_and_wait(session, future)
            raise

    def _stop_and_wait(self, session: str | None, future: "Future[Any]") -> None:
        """End what runs, give it a moment to write down that it was stopped."""
        if session is not None:
            self._submit(self._cancel(session))
        else:
            future.cancel()
        with contextlib.suppress(Exception):  # whatever it ended with, the interruption is what counts
            future.result(timeout=2.0)

    def _session(self, session: str | None) -> str:
        sessions = self._house.sessions
        return (sessions.session(session, self.owner) if session else sessions.create(self.owner)).id

    async def _chat(self, message: str, session: str, attach: Attach, emit: Emit, heard: Heard | None = None, drop: str | None = None, again: str | None = None) -> Reply:  # fmt: skip
        given: Plan | None = None
        finished: list[ToolResult] = []
        if drop is not None:
            given = constraints.without(await self._state(session), drop)
        if again is not None:
            given, finished = self._house.turns.unfinished(again, session, self.owner)
        if attach:
            _safe(emit)(Event(type="started", session=session, label="reading what is attached"))
        things = [await asyncio.to_thread(self._attach, item) for item in attach]
        return await self._take(session, message, things, emit, given, heard, finished)

    async def _take(self, session: str, message: str, things: list[Thing], emit: Emit, given: Plan | None = None, heard: Heard | None = None, finished: Sequence[ToolResult] = ()) -> Reply:  # fmt: skip
        return await self._house.turns.take(session, message, things, owner=self.owner, settings=self.settings, mind=self._planning(), emit=_safe(emit), given=given, heard=heard, finished=finished)  # fmt: skip

    async def _resume(self, session: str, emit: Emit) -> list[Reply]:
        return await self._house.turns.resume(session, owner=self.owner, settings=self.settings, mind=self._planning(), emit=_safe(emit))  # fmt: skip

    async def _only_plan(self, message: str, session: str | None, attached: list[Thing]) -> Plan:
        from segue.agent.fold import Dialogue

        state = self._house.turns.state(session, attached) if session else Dialogue().begin(1, attached)
        return await self._planning().plan(message, state, trace=lambda kind, body: None, stop=asyncio.Event())

    async def _run_tool(self, name: str, args: dict[str, Any], emit: Emit) -> ToolResult:
        from segue.agent.check import dependencies
        from segue.agent.plan import Step
        from segue.agent.runner import Runner
        from segue.tools.core.store import new_id

        step = Step(id="s1", tool=name, args=args)
        if earlier := sorted(dependencies(step)):
            raise InvalidArgument(
                f"There is no step '{earlier[0]}' before this one.", 'A tool that is called by itself takes {"id": …}.'
            )
        runner = Runner(
            self.store, self.settings, self.owner, new_id("call"), _safe(emit), queues=self._house.turns.queues
        )
        try:
            results = await runner.run(Plan(planner="direct", steps=[step]))
        except asyncio.CancelledError:
            runner.stop.set()
            raise
        return results["s1"]

    async def _cancel(self, session: str) -> bool:
        self._house.sessions.session(session, self.owner)
        return self._house.turns.cancel(session)

    async def _state(self, session: str) -> State:
        return self._house.turns.state(session)

    def _attach(self, item: str | Path) -> Thing:
        from segue.agent.fold import thing_of

        piece = self._own_piece(item)
        if piece is None:
            self._may_name(item)
            piece = self.import_file(item)
        return thing_of(piece, "attached")

    def _may_name(self, item: str | Path) -> None:
        """Refuse paths that come as text from anybody but this machine's user; a ``Path`` is a server's own upload."""
        if isinstance(item, str) and self.owner != "local":
            raise NotFound(f"There is no piece {item} to attach.", "Upload the file, and attach it by its id.")

    def _own_piece(self, item: str | Path) -> Piece | None:
        """Return the piece of that id, where an attachment is one and not a path."""
        if not isinstance(item, str) or not item.startswith(("p_", "t_")):
            return None
        with contextlib.suppress(NotFound):
            return self.store.piece(item, self.owner)
        return None

    def _probe(self, number: int, item: str | Path) -> Thing:
        """Return a throw-away thing for an attachment that is only planned with."""
        from segue.agent.fold import thing_of
        from segue.tools.core.audio import probe

        piece = self._own_piece(item)
        if piece is not None:
            return thing_of(piece, "attached")
        from segue.tools.music.intake import sniff

        self._may_name(item)
        path = Path(item)
        notes = sniff(path) != "audio"
        seconds = None if notes else probe(path).duration_s
        seconds = None if seconds is None or math.isnan(seconds) else seconds
        return Thing(id=f"attached_{number}", title=path.stem, origin="attached", duration_s=seconds, has_score=notes)


def _may_run(name: str, args: dict[str, Any], yes: bool) -> None:
    """Raise ``InvalidArgument`` where there is no such tool, its arguments are wrong, or a yes is wanted."""
    from segue.agent.runner import validated
    from segue.tools.core import registry

    tool = registry.tool(name)
    question = tool.confirm(validated(tool, args))
    if question and not yes:
        raise InvalidArgument(question, "Repeat it with --yes (over HTTP: yes=true).")


def _safe(emit: Emit) -> Callable[[Event], None]:
    """Return a callback that cannot break a turn: after its first failure it is not called again."""
    broken = False

    def call(event: Event) -> None:
        nonlocal broken
        if not broken:
            try:
                emit(event)
            except Exception:  # a listener's fault is no reason to lose the user's turn
                broken = True

    return call
