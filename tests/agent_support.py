"""Tools, engines and planners made up for the tests of the agent: small, real, and quick."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import Field

from segue.agent import Agent
from segue.agent.dialogue import State
from segue.agent.plan import Plan, StateOp, Step
from segue.tools.core import registry
from segue.tools.core.audio import Waveform
from segue.tools.core.base import Args, Backend, Context, ItemRef, Out, PieceRef, Tool, Value
from segue.tools.core.piece import FileOut, Piece
from segue.tools.core.settings import Settings


class WorkArgs(Args):
    """Work for a while and return a word."""

    name: str = ""
    seconds: float = Field(0.0, ge=0, le=60)
    word: str | None = None
    clip: PieceRef | None = None
    items: list[ItemRef] = []


class WorkOut(Out):
    """A word, a measured one, and numbers."""

    word: str
    maybe: Value[str] = Value[str]()
    numbers: list[float] = []


class MakeArgs(Args):
    """Make pieces."""

    title: str = "piece"
    count: int = Field(1, ge=0, le=8)


class MakeOut(Out):
    """The pieces."""

    pieces: list[Piece]


class NoteArgs(Args):
    """Write something of the user's own."""

    text: str
    folder: str | None = None


class NoteOut(Out):
    """Files."""

    files: list[FileOut] = []


def _ask(args: NoteArgs) -> str | None:
    return f"This writes “{args.text}” into your files. Shall I?"


WORK = Tool("work", WorkArgs, WorkOut)
MAKE = Tool("make", MakeArgs, MakeOut)
NOTE = Tool("note", NoteArgs, NoteOut, confirm=_ask)


def tone(seconds: float = 0.25, hertz: float = 440.0) -> Waveform:
    """Return a sine, mono, 8 kHz."""
    time_s = np.arange(int(8000 * seconds)) / 8000.0
    return Waveform((0.2 * np.sin(2 * np.pi * hertz * time_s)).astype(np.float32)[None, :], 8000)


def worker(log: Path | None = None) -> Callable[[WorkArgs, Context], WorkOut]:
    """Return an engine that sleeps, stops when told, and writes a line for each time it is run to the end."""

    def run(args: WorkArgs, context: Context) -> WorkOut:
        end = time.monotonic() + args.seconds
        while time.monotonic() < end:
            context.progress(max(0.0, args.seconds - (end - time.monotonic())), args.seconds, "working")
            time.sleep(0.005)
        if log is not None:
            with open(log, "a", encoding="utf-8") as out:
                out.write(f"{args.name} {context.attempt_key}\n")
        return WorkOut(word=f"{args.name}+{args.word}" if args.word else args.name, numbers=[1.0, 2.0])

    return run


def maker(args: MakeArgs, context: Context) -> MakeOut:
    """Make pieces that sound, each a little higher."""
    made = [context.add_piece(f"{args.title} {n + 1}", wave=tone(hertz=220.0 * (n + 1))) for n in range(args.count)]
    return MakeOut(pieces=made)


def engine(tool: Tool, run: Callable[[Any, Context], Out], name: str = "own", **more: Any) -> Backend:
    """Return a backend around a function."""
    return Backend(tool=tool.name, name=name, load=lambda settings: run, **more)


@contextmanager
def registered(*backends: Backend, tools: tuple[Tool, ...] = (WORK, MAKE, NOTE)) -> Iterator[None]:
    """Let the registry have these tools and engines beside the real ones."""
    real_tools, real_backends = registry.tools(), registry._all_backends()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "tools", lambda: {**real_tools, **{tool.name: tool for tool in tools}})
        patch.setattr(registry, "_all_backends", lambda: (*real_backends, *backends))
        patch.setattr(registry, "_loaded", {})
        yield


def steps(*calls: tuple[str, dict[str, Any]]) -> list[Step]:
    """Return steps s1, s2, … from (tool, arguments)."""
    return [Step(id=f"s{n}", tool=tool, args=args) for n, (tool, args) in enumerate(calls, 1)]


class Scripted:
    """A planner that plays plans in order and remembers the states it saw."""

    def __init__(self, *plans: Plan | Exception | Callable[[State], Plan]) -> None:
        self.plans = list(plans)
        self.states: list[State] = []

    def plan(self, message: str, state: State) -> Plan:
        self.states.append(state)
        plan = self.plans.pop(0)
        if isinstance(plan, Exception):
            raise plan
        return plan(state) if callable(plan) else plan


def only(*ops: StateOp) -> Plan:
    """Return a plan of state operations."""
    return Plan(state=list(ops))


def settings_at(home: Path, **more: Any) -> Settings:
    """Return settings for a test: quick retries, no LLM."""
    return Settings(home=home, **{"workers": 8, "llm_base_url": None, **more})


@contextmanager
def opener(folder: Path) -> Iterator[Callable[..., Agent]]:
    """Give a function that opens an agent whose planner plays plans, with the tools of this module; its work is logged in ``log``."""
    opened: list[Agent] = []
    log = folder / "log"

    def note(args: NoteArgs, context: Context) -> NoteOut:
        with open(log, "a", encoding="utf-8") as out:
            out.write(f"note {args.text}\n")
        return NoteOut()

    def open_(*plans: Plan | Exception | Callable[[State], Plan], owner: str = "local", **settings: Any) -> Agent:
        opened.append(Agent(settings_at(folder / "home", **settings), owner=owner, planner=Scripted(*plans)))
        return opened[-1]

    with registered(engine(WORK, worker(log)), engine(MAKE, maker), engine(NOTE, note)):
        yield open_
        for one in opened:
            one.close()


def work(name: str, **more: object) -> tuple[str, dict[str, object]]:
    """Return a call of the tool that works."""
    return ("work", {"name": name, **more})
