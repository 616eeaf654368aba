"""The one error tree of Segue.

::

    SegueError                      every error a user may see; `hint` says what to do next
    ├── BadInput                    what the user gave cannot be used            (exit status 2)
    │   ├── NotFound                no such file, session, piece, track or stem
    │   ├── InvalidArgument         a value out of range, or of the wrong kind
    │   └── UnreadableMedia         not audio, empty, broken, or beyond the limits
    ├── PlanError                   a plan that `check` rejects; `problems` lists why
    ├── ToolError                   a step that failed                           (exit status 1)
    │   ├── CannotDo                the engine cannot honestly do what was asked
    │   │   ├── Rejected            a served model does not take a wish; `fields` says of each what becomes of it
    │   │   └── OutOfMemory         it does not fit into memory, not even in smaller pieces
    │   ├── BackendUnavailable      engine not installed, or its server does not answer
    │   ├── Transient               worth trying again (429, 500, 503, a torn answer)
    │   ├── DeadlineExceeded        ran past its wall-clock deadline
    │   └── Cancelled               stopped by the user                          (exit status 130)
    ├── StoreError                  the data folder cannot be used
    │   ├── DiskFull                no room; nothing acknowledged was lost
    │   ├── NewerHome               SEGUE_HOME was written by a newer Segue
    │   └── HomeInUse               another Segue owns SEGUE_HOME
    ├── NotSignedIn             a server was asked for something without a key or a cookie
    ├── LimitReached            a key has used up what it may for now
    └── ConfigError                 a setting that cannot be used                (exit status 2)

Every message is one sentence about what is wrong; every hint says what to do next.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class SegueError(Exception):
    """Base of all errors a user may see.

    Parameters
    ----------
    message : what is wrong, in one sentence.
    hint : what to do next; empty where the message already says it.
    """

    exit_status = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    @property
    def code(self) -> str:
        """A stable name for programs: the class name."""
        return type(self).__name__


class BadInput(SegueError):
    """What the user gave cannot be used."""

    exit_status = 2


class NotFound(BadInput):
    """No such file, session, piece, track or stem."""


class InvalidArgument(BadInput):
    """A value out of range, or of the wrong kind."""


class UnreadableMedia(BadInput):
    """Not audio, empty, broken, or beyond the limits."""


class PlanError(SegueError):
    """A plan that ``check`` rejects."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("The plan cannot be carried out: " + "; ".join(problems))
        self.problems = list(problems)


class ToolError(SegueError):
    """A step that failed."""


class CannotDo(ToolError):
    """The engine cannot honestly do what was asked."""


class Rejected(CannotDo):
    """A served model does not take a wish, or would ignore one that is strict.

    ``fields`` says of every wish what becomes of it.
    """

    def __init__(self, message: str, hint: str = "", fields: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, hint)
        self.fields = dict(fields or {})


class OutOfMemory(CannotDo):
    """It does not fit into memory, not even in smaller pieces."""


class BackendUnavailable(ToolError):
    """An engine that is not installed, or whose server does not answer."""


class Transient(ToolError):
    """Worth trying again: 429, 500, 503 or a torn answer."""


class DeadlineExceeded(ToolError):
    """Ran past its wall-clock deadline."""


class Cancelled(ToolError):
    """Stopped by the user."""

    exit_status = 130


class StoreError(SegueError):
    """The data folder cannot be used."""


class DiskFull(StoreError):
    """No room left; nothing acknowledged was lost."""


class NewerHome(StoreError):
    """SEGUE_HOME was written by a newer Segue."""


class HomeInUse(StoreError):
    """Another Segue owns SEGUE_HOME."""


class NotSignedIn(SegueError):
    """A server was asked for something that belongs to somebody, without a key or a cookie."""


class LimitReached(SegueError):
    """A key has used up what it may for now.

    ``retry_s`` is in how many seconds it may go on.
    """

    def __init__(self, message: str, hint: str = "", retry_s: float = 60.0) -> None:
        super().__init__(message, hint)
        self.retry_s = retry_s


class ConfigError(SegueError):
    """A setting that cannot be used."""

    exit_status = 2
