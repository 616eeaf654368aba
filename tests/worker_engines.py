"""Engines that worker processes can load: functions of a module, small and real."""

import os
import signal
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from segue.tools import generate
from segue.tools.core.audio import Waveform
from segue.tools.core.base import Args, Context, Out, Runner, Tool, Value
from segue.tools.core.errors import LimitReached
from segue.tools.core.piece import Piece
from segue.tools.core.settings import Settings


class WorkArgs(Args):
    """Work for a while and return a word."""

    name: str = ""
    word: str | None = None


class WorkOut(Out):
    """A word, a measured one, and numbers."""

    word: str
    maybe: Value[str] = Value[str]()
    numbers: list[float] = []


class MakeArgs(Args):
    """Make pieces."""

    title: str = "piece"
    count: int = 1


class MakeOut(Out):
    """The pieces."""

    pieces: list[Piece]


WORK = Tool("work", WorkArgs, WorkOut)
MAKE = Tool("make", MakeArgs, MakeOut)


def tone() -> Waveform:
    """Return a sine, mono, 8 kHz."""
    time_s = np.arange(2000) / 8000.0
    return Waveform((0.2 * np.sin(2 * np.pi * 440.0 * time_s)).astype(np.float32)[None, :], 8000)


def lending(settings: Settings) -> Runner:
    """Return an engine that stays here and has its work done apart; "deaf" makes that ignore every stop."""

    def run(args: WorkArgs, context: Context) -> WorkOut:
        pid, nice, piece = context.apart(_lent, args.name)
        assert isinstance(piece, Piece)
        return WorkOut(word=f"{os.getpid()} {pid}", numbers=[float(nice)], maybe=Value(value=piece.id, confidence=1.0))

    return run


def _lent(context: Context, name: str) -> tuple[int, int, Piece]:
    context.note(f"pid {os.getpid()}")
    if name == "deaf":
        time.sleep(60)
    context.progress(1, 2, "half")
    return os.getpid(), os.nice(0), context.add_piece(name, wave=tone())


def counting(settings: Settings) -> Runner:
    """Return an engine that tells how far it is, and in which process."""

    def run(args: WorkArgs, context: Context) -> WorkOut:
        for n in range(1, 6):
            context.progress(n, 5, f"part {n}")
            time.sleep(0.12)
        context.note(f"{context.owner} {context.tool} {context.backend} {context.attempt_key} {context.args['name']}")
        context.early(WorkOut(word="half"))
        return WorkOut(word=str(os.getpid()), maybe=Value(value="sure", confidence=0.5), numbers=[float(os.nice(0))])

    return run


def waiting(settings: Settings) -> Runner:
    """Return an engine that stops when it is told to."""

    def run(args: WorkArgs, context: Context) -> WorkOut:
        context.note(f"pid {os.getpid()}")
        while True:
            context.check()
            time.sleep(0.01)

    return run


def deaf(settings: Settings) -> Runner:
    """Return an engine that hears nothing while it writes: a blob, a temporary file, a file lent for a while."""

    def run(args: WorkArgs, context: Context) -> WorkOut:
        clip = context.store.add_wave(tone())
        context.store.own_file(clip.id, context.owner)
        tempfile.mkstemp()
        (context.store.folder / f".writing-{os.getpid()}-half.flac").write_bytes(b"half")
        context.note(f"pid {os.getpid()}")
        context.note(f"blob {clip.id}")
        threading.Event().wait(30)
        return WorkOut(word="too late")

    return run


def dying(settings: Settings) -> Runner:
    """Return an engine whose process is ended from outside, once: ``word`` names the file that remembers it."""

    def run(args: WorkArgs, context: Context) -> WorkOut:
        been = Path(args.word or "")
        if not been.exists():
            been.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return WorkOut(word="alive")

    return run


def failing(settings: Settings) -> Runner:
    """Return an engine that raises what its arguments name."""

    def run(args: WorkArgs, context: Context) -> WorkOut:
        if args.name == "limit":
            raise LimitReached("Enough for today.", "Come back tomorrow.", retry_s=7.5)
        if args.name == "file":
            raise FileNotFoundError("no such thing")
        if args.name == "odd":
            raise _Odd(1, 2)
        return WorkOut(word=str(1 / 0))

    return run


class _Odd(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__("odd")


def making(settings: Settings) -> Runner:
    """Return an engine that keeps pieces with stems, one after the other."""

    def run(args: MakeArgs, context: Context) -> MakeOut:
        pieces: list[Piece] = []
        for n in range(args.count):
            wave = Waveform(np.random.default_rng(n).uniform(-0.5, 0.5, (2, 800)).astype(np.float32), 8000)
            parents = [context.store.piece(piece.id, context.owner) for piece in pieces]
            pieces.append(context.add_piece(f"{args.title} {n}", wave=wave, stems={"tone": tone()}, parents=parents))
        context.store.remember("made", len(context.store.pieces(context.owner, limit=50)))
        return MakeOut(pieces=pieces)

    return run


def composing(settings: Settings) -> Runner:
    """Return an engine for ``generate`` that takes a moment and keeps a tone, another one for every seed and owner."""

    def run(args: generate.Args, context: Context) -> generate.Out:
        time.sleep(0.1)
        wave = tone()
        wave.samples[0, :8] = np.frombuffer(os.urandom(8), np.uint8) / 256
        return generate.Out(pieces=[context.add_piece(f"a tone for {context.owner}", wave=wave, seed=args.seed)])

    return run
