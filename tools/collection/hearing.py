"""Hearing files in processes of their own: all cores are used, a decoder that dies takes no scan with it, people go first.

A ``Listener`` is one such process, at a low priority and with one thread for arithmetic. It ends when its pipe does, also
where this process was killed.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segue.tools.core.errors import BadInput, UnreadableMedia

if TYPE_CHECKING:
    from segue.tools.collection.fingerprint import Marks
    from segue.tools.core.score import Score
    from segue.tools.listen.facts import Analysis

_NICE = 10
_LOOK_S = 0.2  # how often somebody who waits is asked whether they still do
_END_S = 5.0  # how long a process whose pipe has ended may take to be gone
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Sound:
    """A file to be heard, as its row says it is: rate in Hz, channels, frames; ``max_s`` and ``max_bytes`` are the limits."""

    path: Path
    sample_rate: int
    channels: int
    frames: int
    max_s: float
    max_bytes: int


def heard(sound: Sound, check: Callable[[], None] | None = None) -> "tuple[Analysis, Marks]":
    """Hear a file: everything that is measured, and its landmarks. A long one is read in blocks, twice.

    ``check`` is called often and may raise to stop.

    Raises
    ------
    NotFound, UnreadableMedia : as ``decode``.
    """
    from segue.tools.collection.fingerprint import landmarks, landmarks_of_blocks
    from segue.tools.core.audio import decode, stream
    from segue.tools.listen.analyse import LONG_S, analyse_blocks, analyse_wave

    if sound.frames / sound.sample_rate <= LONG_S:
        wave = decode(sound.path, sound.max_s, sound.max_bytes)
        return analyse_wave(wave, check), landmarks(wave)
    found = analyse_blocks(stream(sound.path, sound.max_s), sound.sample_rate, sound.channels, sound.frames, check)
    return found, landmarks_of_blocks(stream(sound.path, sound.max_s), sound.sample_rate)


class Listeners:
    """Listeners for threads: each thread that asks has one of its own."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self._all: list[Listener] = []
        self._ended = False

    def mine(self) -> "Listener":
        """Return the calling thread's listener, a new one where there is none or it has died."""
        mine: Listener | None = getattr(self._mine, "listener", None)
        if mine is None or not mine.alive:
            mine = self._mine.listener = Listener()
            self._all.append(mine)
            if self._ended:
                mine.end()
        return mine

    def end(self) -> None:
        """End all of them, also in the middle of a file."""
        self._ended = True
        for listener in self._all:
            listener.end()


class Listener:
    """A process that hears one file after another."""

    def __init__(self) -> None:
        here = multiprocessing.get_context("spawn")
        self._pipe, theirs = here.Pipe()
        self._process = here.Process(target=main, args=(theirs,), name="segue-listener", daemon=True)
        self._process.start()
        theirs.close()

    def hear(self, sound: Sound, check: Callable[[], None]) -> "tuple[Analysis, Marks]":
        """Hear a file there; ``check`` is called meanwhile and may raise to stop, after which this listener is of no use.

        Raises
        ------
        BadInput : the file is broken, or its decoder died of it.
        RuntimeError : it could not be measured for a reason that nobody foresaw.
        """
        from segue.tools.listen.facts import Analysis

        found, marks = self._ask(sound, sound.path, check)
        return Analysis.model_validate(found), marks

    def read(self, path: Path, check: Callable[[], None]) -> "tuple[dict[str, Any], Score | None]":
        """Read a file's tags, or the notes of a score, there; as ``facts_of``, and else as ``hear``."""
        facts, score = self._ask(path, path, check)
        return facts, score

    def _ask(self, wanted: Sound | Path, path: Path, check: Callable[[], None]) -> tuple[Any, Any]:
        try:
            self._pipe.send(wanted)
            while not self._pipe.poll(_LOOK_S):
                check()
            kind, body = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join(_END_S)  # its pipe ends a moment before it does
            raise UnreadableMedia(f"{path.name} made its decoder crash.", "Convert it with another program.") from error
        if kind == "bad":
            raise UnreadableMedia(*body)
        if kind == "error":
            raise RuntimeError(body)
        return body[0], body[1]

    @property
    def alive(self) -> bool:
        """Whether it can hear another file."""
        return bool(self._process.is_alive())

    def end(self) -> None:
        """End the process, also in the middle of a file."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def main(pipe: Connection) -> None:
    """Hear files until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _one_thread()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    while True:
        try:
            pipe.send(_answer(pipe.recv()))
        except (EOFError, OSError):  # nobody is there any more
            return


def _one_thread() -> None:
    """Keep arithmetic to this thread: two that wait for each other on a busy machine burn more than they save."""
    from threadpoolctl import threadpool_limits

    for name in _THREADS:  # for what is loaded from here on
        os.environ[name] = "1"
    threadpool_limits(1)  # for what the program that began this process loads in it first


def facts_of(path: Path) -> "tuple[dict[str, Any], Score | None]":
    """Return what a file says of itself: its tags and length, or those of the notes in it, and these.

    Raises
    ------
    BadInput, OSError : it cannot be read.
    """
    from segue.tools.collection.tags import from_name, read_tags
    from segue.tools.core.audio import AUDIO_SUFFIXES

    if path.suffix.lower() in AUDIO_SUFFIXES:
        return read_tags(path), None
    from segue.tools.music.notation import read_midi, read_musicxml

    facts = from_name(path)
    written = (read_midi if path.suffix.lower() in (".mid", ".midi") else read_musicxml)(path)
    facts.update(bpm=written.bpm, bpm_confidence=1.0, key=written.key, key_confidence=0.5, meter=written.meter)
    facts.update(duration_s=written.clock().seconds(written.beats))
    facts.update(instruments=list(dict.fromkeys(p.instrument or p.name for p in written.parts)))
    return facts, written


def _answer(wanted: Sound | Path) -> tuple[str, Any]:
    try:
        if isinstance(wanted, Path):
            return "read", facts_of(wanted)
        found, marks = heard(wanted)
    except BadInput as error:
        return "bad", (error.message, error.hint)
    except OSError as error:
        return "bad", (str(error), "")
    except Exception as error:  # one file must not end a library's scan; who waits is told
        return "error", f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
    return "heard", (found.model_dump(), marks)
