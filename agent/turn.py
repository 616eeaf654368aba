"""One user turn end to end, durable: plan, then carry out, as a LangGraph graph over SQLite.

Checkpoints mark the accepted plan and the reply; the table of results in ``sessions.db`` is the truth
about steps. A process killed in the middle of a turn loses nothing: the next call on that session
goes on with the plan, takes finished steps from the table, and says that it did.
"""

import asyncio
import os
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict

from segue.agent.asides import aside
from segue.agent.asides import kept as kept_over
from segue.agent.check import check
from segue.agent.check_types import ref_of
from segue.agent.dialogue import Heard, State, Thing
from segue.agent.events import Emit, Event, Reply, ShownPlan, ShownResult, ShownStep, ToolResult
from segue.agent.fold import Dialogue, thing_of
from segue.agent.places import Queues
from segue.agent.plan import Plan
from segue.agent.reply import artifacts_of, worded
from segue.agent.runner import LOCAL, Runner, validated
from segue.agent.session import Sessions, Turn
from segue.agent.taste import learned
from segue.agent.trace import Redactor, Tracer
from segue.agent.turn_process import alive, here
from segue.tools.core import registry
from segue.tools.core.errors import BadInput, HomeInUse, NotFound, PlanError, SegueError
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store

Trace = Callable[[str, dict[str, Any]], None]
_MOST_DIALOGUES = 100  # folded sessions kept in memory
_MOST_RESUMES = 2  # after that a turn that kills its process is given up
RESUMED = "This request had been interrupted; it was resumed, and steps that had finished were not run again."


class Mind(Protocol):
    """What plans a turn and words its reply."""

    async def plan(self, message: str, state: State, *, trace: Trace, stop: asyncio.Event) -> Plan:
        """Return a checked plan; raises only ``SegueError``."""

    async def word(self, turn: Turn, plan: Plan, results: Sequence[ToolResult], draft: str, *, trace: Trace, stop: asyncio.Event, write: Callable[[str], None]) -> str:  # fmt: skip
        """Return the reply's final wording; ``write`` takes it piece by piece. ``draft`` is what is true."""


@dataclass
class Live:
    """A turn that runs in this process."""

    turn: Turn
    owner: str
    settings: Settings
    mind: Mind
    emit: Emit
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    resumed: bool = False
    before: list[tuple[Turn, Reply]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    lines: list[tuple[str, str]] = field(default_factory=list)


class _Data(TypedDict, total=False):
    """The graph's state: plain values only."""

    turn: str
    plan: dict[str, Any]
    waits: str
    replied: bool


class Turns:
    """Takes turns, one at a time in each session. All of it runs on one event loop."""

    def __init__(self, store: Store, sessions: Sessions, settings: Settings) -> None:
        self.store, self.sessions, self.settings = store, sessions, settings
        self.queues = Queues(settings)
        self._locks: dict[str, asyncio.Lock] = {}
        self._live: dict[str, Live] = {}
        self._dialogues: dict[str, Dialogue] = {}
        self._graph: Any = None
        self._building = asyncio.Lock()
        self._saver: Any = None

    # -- what agents call ----------------------------------------------------------------------

    async def take(self, session: str, message: str, attached: Sequence[Thing], *, owner: str, settings: Settings, mind: Mind, emit: Emit, given: Plan | None = None, heard: Heard | None = None, finished: Sequence[ToolResult] = ()) -> Reply:  # fmt: skip
        """Take one turn and return its reply; waits while another turn of the session runs.

        ``finished`` are results for steps of ``given`` that are not to be run again.
        """
        lock = self._locks.setdefault(session, asyncio.Lock())
        if lock.locked():
            emit(Event(type="queued", session=session, label="waiting for the turn before"))
        async with lock:
            before = await self._finish_open(session, owner, settings, mind, emit)
            turn = await asyncio.to_thread(self.sessions.begin, session, message, list(attached), here(), given)
            turn.heard = heard or turn.heard
            for result in finished:
                await asyncio.to_thread(self.sessions.commit, turn.id, result)
            return await self._run(Live(turn, owner, settings, mind, emit, before=before))

    async def resume(self, session: str, *, owner: str, settings: Settings, mind: Mind, emit: Emit) -> list[Reply]:
        """Finish turns of the session that were interrupted; returns their replies."""
        async with self._locks.setdefault(session, asyncio.Lock()):
            return [reply for _, reply in await self._finish_open(session, owner, settings, mind, emit)]

    def unfinished(self, id: str, session: str, owner: str) -> tuple[Plan, list[ToolResult]]:
        """Return a turn's plan and the results that it has, to do what is left of it.

        Raises
        ------
        NotFound : no such turn in that session, or nothing of it is left.
        """
        turn = self.sessions.turn(id, owner)
        done = [result for result in self.sessions.results(id).values() if result.status == "done"]
        if turn.session != session or turn.plan is None or len(done) >= len(turn.plan.steps):
            raise NotFound(f"Nothing of the turn {id} is left to be done.", "Say what you want instead.")
        names = list(dict.fromkeys(result.tool for result in done))
        kept = [f"Not done again, since it had worked: {', '.join(names)}."] if names else []
        return turn.plan.model_copy(update={"state": [], "notes": [*turn.plan.notes, *kept]}), done

    def cancel(self, session: str) -> bool:
        """Stop the session's running turn, if there is one."""
        running = [live for live in self._live.values() if live.turn.session == session]
        for live in running:
            live.stop.set()
        return bool(running)

    def state(self, session: str, attached: Sequence[Thing] = ()) -> State:
        """Return the dialogue state for the session's next turn."""
        dialogue = self._dialogue(session)
        return dialogue.begin(dialogue.number + 1, attached)

    async def forget(self, session: str, owner: str) -> None:
        """Stop what runs in a session, then delete it."""
        self.cancel(session)
        async with self._locks.setdefault(session, asyncio.Lock()):
            self.sessions.delete(session, owner)
            self._dialogues.pop(session, None)

    async def close(self) -> None:
        """Stop what runs and close the checkpoints."""
        for live in self._live.values():
            live.stop.set()
        await asyncio.to_thread(self.queues.close)
        if self._saver is not None:
            await self._saver.conn.close()

    # -- one turn ------------------------------------------------------------------------------

    async def _finish_open(self, session: str, owner: str, settings: Settings, mind: Mind, emit: Emit) -> list[tuple[Turn, Reply]]:  # fmt: skip
        finished: list[tuple[Turn, Reply]] = []
        for turn, process in await asyncio.to_thread(self.sessions.open_turns, session):
            name, _, resumes = process.partition("#")
            if name != here() and alive(name):
                raise HomeInUse(f"Another Segue (process {name.split(':')[0]}) is at work on this session.", "Wait until it is done, or stop it.")  # fmt: skip
            count = int(resumes or 0)
            self.sessions.adopt(turn.id, f"{here()}#{count + 1}")
            live = Live(turn, owner, settings, mind, _as_earlier(emit), resumed=True)
            finished.append((turn, self._give_up(live) if count >= _MOST_RESUMES else await self._run(live)))
        return finished

    def _give_up(self, live: Live) -> Reply:
        turn = live.turn
        words = f"“{turn.message}” was interrupted every time it was tried, so I gave it up. Ask for it again, perhaps for less at once."
        results = [_shown(result) for result in self.sessions.results(turn.id).values()]
        turn.reply = Reply(session=turn.session, turn=turn.id, reply=words, results=results, notes=[words])
        turn.status = "broken"
        self.sessions.save(turn)
        return turn.reply

    async def _run(self, live: Live) -> Reply:
        turn = live.turn
        emit = live.emit

        def stamped(event: Event) -> None:
            seconds = event.seconds or round(time.monotonic() - live.began, 4)
            emit(event.model_copy(update={"session": turn.session, "turn": turn.id, "seconds": seconds}))

        live.emit = stamped
        stamped(Event(type="started", label="planning"))
        self._live[turn.id] = live
        try:
            graph = await self._ready()
            config = {"configurable": {"thread_id": turn.id}}
            kept = (await graph.aget_state(config)).next if live.resumed else ()
            await graph.ainvoke(None if kept else {"turn": turn.id}, config, durability="sync")
        except SegueError as error:
            await asyncio.to_thread(self._break, live, str(error))
            raise
        except Exception as error:  # a fault of ours: told plainly here, in full in the trace
            await asyncio.to_thread(self._break, live, "".join(traceback.format_exception(error)))
            raise SegueError(
                f"This turn failed unexpectedly ({type(error).__name__}).",
                "What had finished is kept. `segue trace` has the details for a report.",
            ) from error
        finally:
            del self._live[turn.id]
        if turn.reply is None:  # killed between saving the reply and its checkpoint
            turn = self.sessions.turn(turn.id, live.owner)
        await self._saver.adelete_thread(turn.id)
        assert turn.reply is not None
        return turn.reply

    def _break(self, live: Live, error: str) -> None:
        """Mark a turn that ended with an error, so that it is not tried again at every call."""
        self._tracer(live)("error", {"error": error})
        live.turn.status = "broken"
        self._save(live)

    async def _ready(self) -> Any:  # noqa: ANN401 - a compiled graph
        """Build the graph at the first turn: LangGraph takes a moment to import."""
        async with self._building:
            if self._graph is None:
                graph = await asyncio.to_thread(self._build)
                import aiosqlite
                from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

                self._saver = AsyncSqliteSaver(await aiosqlite.connect(self.settings.home / "checkpoints.db"))
                await self._saver.setup()
                # With its write-ahead log a checkpoint survives the death of the process without a flush to the disk.
                await self._saver.conn.execute("PRAGMA synchronous=NORMAL")
                self._graph = graph.compile(checkpointer=self._saver)
        return self._graph

    def _build(self) -> Any:  # noqa: ANN401 - a graph
        os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"  # read at import; its default would unpickle anything
        import langgraph.checkpoint.sqlite.aio  # noqa: F401 - imported here, off the event loop, for ``_ready``
        from langgraph.graph import END, START, StateGraph

        graph: Any = StateGraph(_Data)  # its node types do not know bound coroutine methods
        graph.add_node("plan", self._plan)
        graph.add_node("carry_out", self._carry_out)
        graph.add_edge(START, "plan")
        graph.add_edge("plan", "carry_out")
        graph.add_edge("carry_out", END)
        return graph

    async def _plan(self, data: _Data) -> _Data:
        live = self._live[data["turn"]]
        turn, trace = live.turn, self._tracer(live)
        state = self._dialogue(turn.session).begin(turn.number, turn.attached)
        self._heard(turn, state, live.owner)
        trace("message", {"message": turn.message, "attached": [thing.title for thing in turn.attached]})
        began = time.monotonic()
        plan = turn.given or await live.mind.plan(turn.message, state, trace=trace, stop=live.stop)
        confirmed = False
        if state.pending is not None and any(op.op == "confirm" for op in plan.state):
            plan, confirmed = self._confirmed(plan, state, live.owner), True
        waits = "" if confirmed else _question(plan)
        trace("plan", {"plan": plan.model_dump(mode="json"), "seconds": round(time.monotonic() - began, 4), "waits": waits})  # fmt: skip
        await asyncio.to_thread(self._keep_trace, live)
        return {"plan": plan.model_dump(mode="json"), "waits": waits}

    def _heard(self, turn: Turn, state: State, owner: str) -> None:
        """Let the plan know where the player stands; what plays may be nothing that was talked about yet."""
        place = turn.heard.playing
        if place is not None and place.id not in state.things:
            try:
                state.things[place.id] = thing_of(self.store.piece(place.id, owner))
            except NotFound:  # gone, or somebody else's
                return
        state.playing = place

    def _confirmed(self, plan: Plan, state: State, owner: str) -> Plan:
        """Return the plan that waited for the yes, checked again: things may have gone since."""
        waiting = Plan.model_validate(state.pending)
        try:
            waiting = check(waiting, state, self.known(owner))
        except PlanError as error:
            return plan.model_copy(update={"reply": f"That can no longer be done: {'; '.join(error.problems)}."})
        return waiting.model_copy(update={"state": [*plan.state, *waiting.state], "question": None})

    async def _carry_out(self, data: _Data) -> _Data:
        # One node: what stands between steps and reply is in the table of results, not in a checkpoint.
        await self._steps(data)
        await self._reply(data)
        return {"replied": True}

    async def _steps(self, data: _Data) -> None:
        live = self._live[data["turn"]]
        plan = Plan.model_validate(data["plan"])
        if not data.get("waits") and plan.steps:
            turn = live.turn.id

            def commit(result: ToolResult) -> None:
                self.sessions.commit(turn, result)

            trace = self._tracer(live)
            runner = Runner(
                self.store, live.settings, live.owner, turn, live.emit, commit, trace, live.stop, self.queues
            )
            plan = self._dialogue(live.turn.session).with_talk(plan, live.turn.message)
            began = time.monotonic()
            results = await runner.run(plan, await asyncio.to_thread(self.sessions.results, turn))
            for result in results.values():
                trace("step", result.model_dump(mode="json", include={"step", "tool", "backend", "status", "seconds", "attempts", "error", "notes"}))  # fmt: skip
            trace("run", {"seconds": round(time.monotonic() - began, 4)})

    async def _reply(self, data: _Data) -> None:
        live = self._live[data["turn"]]
        turn, trace = live.turn, self._tracer(live)
        plan, waits = Plan.model_validate(data["plan"]), data.get("waits") or ""
        kept = await asyncio.to_thread(self.sessions.results, turn.id)
        results = [kept[step.id] for step in plan.steps if step.id in kept]
        dialogue = self._dialogue(turn.session)
        state = dialogue.begin(turn.number, turn.attached)
        said = dialogue.words(plan.state, state)
        if live.stop.is_set() and not results and not said:
            said = ["Stopped; nothing was done."]
        beside = None if waits or live.stop.is_set() else aside(plan, results, state)
        if carried := kept_over(results, state):
            plan = plan.model_copy(update={"notes": [*plan.notes, carried]})
        draft = worded(plan, results, state, asked=turn.message, said=said, waits=waits, ask=beside.question if beside else "")  # fmt: skip
        text = draft
        if not waits and results and not live.stop.is_set():
            text = await live.mind.word(turn, plan, results, draft, trace=trace, stop=live.stop, write=lambda piece: live.emit(Event(type="reply", text=piece)))  # fmt: skip
        artifacts = await asyncio.to_thread(artifacts_of, self.store, live.owner, results)
        notes = [*plan.notes, *(note for result in results for note in result.notes)]
        if live.resumed:
            text, notes = f"{RESUMED}\n\n{text}", [RESUMED, *notes]
        for earlier, reply in live.before:
            about = f"Your last request, “{earlier.message}”, had been interrupted; I finished it first."
            text, notes = f"{about}\n{reply.reply.removeprefix(RESUMED).strip()}\n\n{text}", [about, *notes]
            artifacts = [*reply.artifacts, *artifacts]
        turn.reply = Reply(
            session=turn.session, turn=turn.id, reply=text, artifacts=artifacts, notes=list(dict.fromkeys(notes)),
            plan=ShownPlan(planner=plan.planner, steps=[ShownStep(**step.model_dump()) for step in plan.steps]),
            results=[_shown(result) for result in results],
        )  # fmt: skip
        turn.plan, turn.named, turn.status = plan, self._named(plan, state, live.owner), "done"
        offered = plan if waits else beside.offer if beside else None
        turn.pending = offered.model_dump(mode="json") if offered else None
        trace("reply", {"reply": text, "seconds": round(time.monotonic() - live.began, 4)})
        await asyncio.to_thread(self._save, live)
        await asyncio.to_thread(learned, self.settings, live.owner, state, self._dialogue(turn.session).state)
        live.emit(Event(type="reply", text="" if text != draft else text, reply=turn.reply))

    # -- helpers -------------------------------------------------------------------------------

    def known(self, owner: str) -> Callable[[str], bool]:
        """Return the test whether an id is a piece or library track that the owner may see."""

        def is_known(id: str) -> bool:
            try:
                self.store.piece(id, owner)
            except NotFound:
                return self.store.may_read(id, owner)
            return True

        return is_known

    def _named(self, plan: Plan, state: State, owner: str) -> list[Thing]:
        """Return the library's things that a plan names by id and that the dialogue does not know yet."""
        named: dict[str, Thing] = {}

        def look(value: Any) -> None:  # noqa: ANN401 - any JSON
            ref = ref_of(value)
            if ref is not None and ref.id and ref.id not in state.things and ref.id not in named:
                try:
                    named[ref.id] = thing_of(self.store.piece(ref.id, owner))
                except NotFound:
                    return
            for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                look(item)

        for step in plan.steps:
            look(step.args)
        for op in plan.state:
            look(op.target)
        return list(named.values())

    def _dialogue(self, session: str) -> Dialogue:
        dialogue = self._dialogues.pop(session, None) or Dialogue()
        self._dialogues[session] = dialogue
        while len(self._dialogues) > _MOST_DIALOGUES:
            self._dialogues.pop(next(iter(self._dialogues)))
        for turn in self.sessions.turns(session, after=dialogue.number):
            if turn.status == "open":
                break
            dialogue.advance(turn, self.sessions.results(turn.id))
        return dialogue

    def _tracer(self, live: Live) -> Tracer:
        return Tracer(Redactor(live.settings), lambda kind, body: live.lines.append((kind, body)))

    def _save(self, live: Live) -> None:
        """Write a turn that has ended, and the rest of its trace. Never on the event loop: it waits for the disk."""
        self._keep_trace(live)
        self.sessions.save(live.turn)

    def _keep_trace(self, live: Live) -> None:
        """Write the lines gathered so far in one transaction."""
        lines, live.lines = live.lines, []
        if lines:
            self.sessions.add_trace(live.turn.id, lines)


def _question(plan: Plan) -> str:
    """Return what must be asked before the plan may run, or nothing."""
    questions: list[str] = []
    for step in plan.steps:
        tool = registry.tool(step.tool)
        try:
            question = tool.confirm(validated(tool, step.args))
        except BadInput:  # a value that an earlier step gives: such a step does not touch the user's files
            question = None
        if question:
            questions.append(question)
    return " ".join(questions)


def _shown(result: ToolResult) -> ShownResult:
    return ShownResult.model_validate(result.model_dump(include=set(ShownResult.model_fields)))


def _as_earlier(emit: Emit) -> Emit:
    """Return a way to tell of an earlier turn: its reply is a note here, since the stream goes on."""

    def tell(event: Event) -> None:
        if event.type == "reply" and event.reply is not None:
            event = event.model_copy(update={"type": "note", "text": event.reply.reply, "reply": None})
        if event.type != "reply":
            emit(event)

    return tell


__all__ = ["LOCAL", "Live", "Mind", "Turns"]
