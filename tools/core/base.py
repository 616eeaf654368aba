"""What a tool and an engine are: ``Tool``, ``Backend``, references, measured values, ``Context``.

A tool is one file in ``tools/`` with ``Args``, ``Out`` and ``TOOL``. A backend is one file in
``tools/backends/`` with ``BACKEND``. Schemas, commands, HTTP and tests follow from their types.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import Cancelled, CannotDo, DeadlineExceeded, NotFound
from segue.tools.core.piece import Clip, FileOut, MadeBy, Piece
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store, new_id

T = TypeVar("T")


class Ref(BaseModel):
    """A typed reference: an earlier step's output, or the id of a thing that is known.

    ``{"step": "s1", "field": "pieces", "index": 0}`` (``index`` only for lists; without it the
    whole list is meant) or ``{"id": "p_…"}``. Never a substring.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: str | None = None
    field: str | None = None
    index: int | None = None
    id: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "Ref":
        if (self.id is None) == (self.step is None):
            raise ValueError("a reference has either 'id' or 'step' with 'field'")
        if self.step is not None and not self.field:
            raise ValueError("a reference to a step names its 'field'")
        if self.id is not None and (self.field is not None or self.index is not None):
            raise ValueError("a reference by 'id' has no 'field' and no 'index'")
        return self


class PieceRef(Ref):
    """A reference where a clip is wanted: a recording, a score (MIDI, MusicXML), or a library track."""


class ItemRef(Ref):
    """A reference where any item is wanted: a piece, a library track, a playlist or a file."""


class Args(BaseModel):
    """Base of every tool's arguments: unknown names are errors; the docstring is the tool's description."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """Base of every tool's output."""


class Value(BaseModel, Generic[T]):
    """A measured value and how sure it is, 0–1; ``value`` None means that the engine abstains."""

    value: T | None = None
    confidence: float = Field(0.0, ge=0, le=1)


@dataclass(frozen=True)
class Tool:
    """What the agent can do: a name and the types of what goes in and out.

    Attributes
    ----------
    confirm : returns the question to ask before anything of the user's own is changed, else None.
    seconds : a rough guess of the embedded engine's time, for plans that show one.
    """

    name: str
    Args: type[Args]
    Out: type[Out]
    confirm: Callable[[Any], str | None] = lambda args: None
    seconds: float = 1.0

    @property
    def description(self) -> str:
        """The docstring of ``Args``."""
        return " ".join((self.Args.__doc__ or "").split())


Runner = Callable[[Any, "Context"], Out]
Apart = Callable[..., Any]  # calls a function of a module with values, as ``Context.apart`` does


@dataclass(frozen=True)
class Backend:
    """An engine behind a tool.

    Attributes
    ----------
    load : returns the callable ``(args, context) -> Out``; heavy imports belong inside it. Called
        once per process and settings.
    licence : of code and weights, as users need to know it ("Apache-2.0", "CC-BY-NC-4.0 weights").
    commercial : False where the licence forbids commercial use.
    extra : the extra of the package that brings what is missing ("demucs").
    server : the name under which the setting ``servers`` says where it is served.
    unavailable : returns why the engine cannot be used now, with the command that helps, or None.
    ignores : names, in words, what of these arguments the engine would ignore.
    cost : how far the engine is from what these arguments want, where that is only known by asking (a server):
        lower is better, and the embedded engine of each tool has the number of things that it ignores.
    says_so : whether its callable says itself what it ignored, and what was done instead.
    heavy : whether it keeps a processor busy for seconds. A server runs such engines in processes beside it,
        where they have the context's store but must not open the library's catalogue; ``load`` is then a
        function of a module.
    """

    tool: str
    name: str
    load: Callable[[Settings], Runner]
    kind: Literal["embedded", "served"] = "embedded"
    licence: str = "Apache-2.0"
    commercial: bool = True
    extra: str | None = None
    server: str | None = None
    unavailable: Callable[[Settings], str | None] = lambda settings: None
    ignores: Callable[[Any], list[str]] = lambda args: []
    cost: Callable[[Any, Settings], float] | None = None
    says_so: bool = False
    heavy: bool = False


@dataclass
class Context:
    """What a running step may use: the store, progress, notes, cancellation. One per step run.

    ``report(done, total, label)`` is called with progress, ``say(text)`` with a note that the user
    must see (a fallback, an approximation, an ignored wish), ``early(out)`` with a partial result.
    ``home(function, …)`` calls a function of a module where the data folder's databases are open: a heavy
    engine may itself be in another process. ``elsewhere`` is what ``apart`` calls where there are worker processes.
    """

    store: Store
    settings: Settings
    owner: str = "local"
    tool: str = ""
    backend: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    attempt_key: str = ""
    deadline: float | None = None
    report: Callable[[float, float, str], None] = lambda done, total, label: None
    say: Callable[[str], None] = lambda text: None
    early: Callable[[Out], None] = lambda out: None
    stop: threading.Event = field(default_factory=threading.Event)
    home: Callable[..., Any] = lambda function, *values: function(*values)
    elsewhere: Callable[..., Any] | None = None

    def progress(self, done: float, total: float = 1.0, label: str = "") -> None:
        """Report progress and stop here when the step was cancelled or ran out of time."""
        self.check()
        self.report(done, total, label)

    def note(self, text: str) -> None:
        """Tell the user something true that they would want to know, in one sentence."""
        self.say(text)

    def check(self) -> None:
        """Raise ``Cancelled`` or ``DeadlineExceeded`` when this step must stop."""
        if self.stop.is_set():
            raise Cancelled("Stopped.")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise DeadlineExceeded("This step took longer than it may.", "Raise step_timeout_s, or ask for less.")

    def apart(self, function: Callable[..., Any], *values: Any) -> Any:  # noqa: ANN401 - whatever the function returns
        """Return ``function(context, *values)``, called in a worker process where there are any, else here.

        For what keeps a processor busy inside a step that else answers at once, or needs the catalogue. The function is
        one of a module, values and answer can be pickled, and its context has store, progress, notes and stop.
        """
        return self.elsewhere(self, function, *values) if self.elsewhere else function(self, *values)

    # -- what steps work on --------------------------------------------------------------------

    def piece(self, ref: Ref) -> Piece:
        """Return the piece or library track behind a resolved reference."""
        if ref.id is None:
            raise NotFound(f"The reference to step {ref.step} was not resolved.", "This is a fault of the planner.")
        return self.store.piece(ref.id, self.owner)

    def wave(self, piece: Piece) -> Waveform:
        """Return a piece's sound. Pieces that are only a score have none until they are rendered."""
        if piece.clip is None:
            raise CannotDo(f"'{piece.title}' is a score without sound.", "Ask for it to be rendered first.")
        return self.store.wave(piece.clip)

    def score(self, piece: Piece) -> Score | None:
        """Return a piece's score, or None for a recording."""
        return self.store.score(piece.score) if piece.score else None

    # -- what steps make -----------------------------------------------------------------------

    def add_piece(
        self,
        title: str,
        *,
        wave: Waveform | None = None,
        clip: Clip | None = None,
        score: Score | None = None,
        stems: Mapping[str, Waveform | Clip] | None = None,
        parents: list[Piece] | None = None,
        seed: int | None = None,
        mix: dict[str, Any] | None = None,
        made_args: Mapping[str, Any] | None = None,
    ) -> Piece:
        """Keep a new piece and return it; it records the tool, arguments and engine that made it.

        Stems given as ``Clip`` are shared with the piece they came from and not written again.
        """
        kept = {
            name: stem if isinstance(stem, Clip) else self.store.add_wave(stem) for name, stem in (stems or {}).items()
        }
        return self.store.save(
            Piece(
                id=new_id(),
                owner=self.owner,
                title=title,
                clip=clip or (self.store.add_wave(wave) if wave else None),
                score=self.store.add_score(score) if score else None,
                stems=kept,
                mix=mix or {},
                parents=[parent.id for parent in parents or []],
                made_by=MadeBy(
                    tool=self.tool,
                    args=dict(made_args if made_args is not None else self.args),
                    backend=self.backend,
                    seed=seed,
                ),
            )
        )

    def add_file(self, data: bytes, suffix: str, kind: str, name: str, media_type: str) -> FileOut:
        """Keep a file that is not a piece (a picture, MIDI, a playlist) and return it."""
        blob = self.store.put_bytes(data, suffix)
        self.store.own_file(blob, self.owner)
        return FileOut(id=blob, kind=kind, name=name, media_type=media_type)
