"""What a turn says while it runs, and what it leaves: ``Event``, ``ToolResult``, ``Artifact``, ``Reply``.

All are JSON-safe: they go over HTTP, into SQLite and to the chat page as they are.
"""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, Field

from segue.tools.core.errors import SegueError

Status = Literal["done", "failed", "skipped", "cancelled"]
EventType = Literal["queued", "started", "progress", "partial", "done", "failed", "skipped", "note", "reply"]


class Fault(BaseModel):
    """An error as data: the class name, what is wrong, what to do next."""

    code: str
    message: str
    hint: str = ""

    @classmethod
    def of(cls, error: SegueError) -> "Fault":
        """Return the fault of an error that a user may see."""
        return cls(code=error.code, message=error.message, hint=error.hint)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ToolResult(BaseModel):
    """What became of a step. ``args`` are its arguments with every reference resolved."""

    step: str
    tool: str
    status: Status
    backend: str = ""
    seconds: float = 0.0
    args: dict[str, Any] = {}
    out: dict[str, Any] | None = None
    error: Fault | None = None
    notes: list[str] = []
    attempts: int = 0


class ShownStep(BaseModel):
    """A step as ``chat --json`` prints it."""

    id: str
    tool: str
    args: dict[str, Any] = {}


class ShownPlan(BaseModel):
    """Who planned, and the steps."""

    planner: str = ""
    steps: list[ShownStep] = []


class ShownResult(BaseModel):
    """A result as ``chat --json`` prints it."""

    step: str
    tool: str
    backend: str = ""
    status: Status
    seconds: float = 0.0
    out: dict[str, Any] | None = None
    error: Fault | None = None


class Artifact(BaseModel):
    """A file that the turn made: ``path`` is where its bytes can be read now.

    ``id`` is a piece's id for its sound, and the blob's id (SHA-256) for every other file.
    """

    id: str
    kind: Literal["audio", "midi", "score", "picture", "playlist", "text"]
    path: str
    title: str = ""
    duration_s: float | None = None

    def _repr_html_(self) -> str:
        """Return what a notebook shows: a player."""
        from segue.agent.notebook import artifact_html

        return artifact_html(self)


class Reply(BaseModel):
    """One turn's answer: exactly the object that ``segue chat --json`` prints."""

    session: str
    turn: str
    reply: str
    plan: ShownPlan = ShownPlan()
    results: list[ShownResult] = []
    artifacts: list[Artifact] = []
    notes: list[str] = []

    @property
    def failed(self) -> bool:
        """Whether a step failed (exit status 1)."""
        return any(result.status in ("failed", "skipped") for result in self.results)

    @property
    def cancelled(self) -> bool:
        """Whether the turn was stopped (exit status 130)."""
        return any(result.status == "cancelled" for result in self.results)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the words, and players of what was made."""
        from segue.agent.notebook import reply_html

        return reply_html(self)


class Event(BaseModel):
    """Something that happened in a turn.

    An empty ``step`` means the turn itself: ``queued`` while an earlier turn of the session runs,
    ``started`` when planning begins. For steps: ``queued`` comes for each step of the accepted plan
    (with ``args``), then ``started`` (with ``backend``), ``progress`` (``done`` of ``total``,
    ``label``), ``partial`` (``out``), and one of ``done``, ``failed``, ``skipped`` (with
    ``result``; a cancelled step is ``failed`` with status "cancelled"). ``note`` has ``text``.
    ``reply`` events carry ``text`` as it is worded; the last one of a turn has the whole ``reply``,
    which is what counts where the two differ.
    """

    type: EventType
    session: str = ""
    turn: str = ""
    step: str = ""
    tool: str = ""
    backend: str = ""
    seconds: float = Field(0.0, description="since the turn started; of a finished step its own")
    done: float | None = None
    total: float | None = None
    label: str = ""
    text: str = ""
    args: dict[str, Any] | None = None
    out: dict[str, Any] | None = None
    result: ToolResult | None = None
    reply: Reply | None = None


Emit = Callable[[Event], None]
"""Takes an event; must return at once and never raise."""


def silent(event: Event) -> None:
    """Take an event and do nothing: for callers that only want the reply."""
