"""The way of commands to the agent: in this process, or through the server that owns the data folder."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from segue.agent import Agent
from segue.agent.events import Artifact, Event, Reply, ToolResult
from segue.agent.plan import Plan
from segue.agent.session import Session, Turn
from segue.tools.core import errors
from segue.tools.core.errors import HomeInUse, SegueError, StoreError
from segue.tools.core.piece import Piece
from segue.tools.core.settings import load_settings
from segue.ui import home

WAIT_S = 30.0  # how long a command waits for another one to finish
OnEvent = Callable[[Event], None]


class Voice(Protocol):
    """What commands need of an agent."""

    def chat(
        self,
        message: str,
        session: str | None = None,
        attach: Sequence[str | Path] = (),
        on_event: OnEvent | None = None,
    ) -> Reply:
        """Take one turn."""

    def plan(self, message: str, session: str | None = None, attach: Sequence[str | Path] = ()) -> Plan:
        """Return what would be done."""

    def run_tool(
        self, name: str, args: dict[str, Any], on_event: OnEvent | None = None, *, yes: bool = False
    ) -> ToolResult:
        """Run one tool."""

    def import_file(self, path: str | Path, title: str | None = None) -> Piece:
        """Keep a file as a piece."""

    def artifacts(self, results: Sequence[ToolResult]) -> list[Artifact]:
        """Return the files behind results."""

    def artifact_path(self, id: str) -> Path:
        """Return where the bytes of an artifact are."""

    def sessions(self) -> list[Session]:
        """Return the sessions."""

    def history(self, session: str) -> list[Turn]:
        """Return the turns of a session."""

    def trace(self, turn: str | None = None) -> list[dict[str, Any]]:
        """Return how a turn came to be."""

    def replay(self, turn: str | None = None, on_event: OnEvent | None = None) -> Reply:
        """Run a turn's plan again."""


class Remote:
    """An agent behind the server that owns the data folder; calls go to ``/api/local``."""

    def __init__(self, server: home.Holder) -> None:
        self.server = server

    def chat(
        self,
        message: str,
        session: str | None = None,
        attach: Sequence[str | Path] = (),
        on_event: OnEvent | None = None,
    ) -> Reply:
        """Take one turn."""
        files = [_absolute(item) for item in attach]
        return Reply.model_validate(self._call("chat", on_event, message=message, session=session, attach=files))

    def plan(self, message: str, session: str | None = None, attach: Sequence[str | Path] = ()) -> Plan:
        """Return what would be done."""
        files = [_absolute(item) for item in attach]
        return Plan.model_validate(self._call("plan", message=message, session=session, attach=files))

    def run_tool(
        self, name: str, args: dict[str, Any], on_event: OnEvent | None = None, *, yes: bool = False
    ) -> ToolResult:
        """Run one tool."""
        return ToolResult.model_validate(self._call("run_tool", on_event, name=name, args=args, yes=yes))

    def import_file(self, path: str | Path, title: str | None = None) -> Piece:
        """Keep a file as a piece."""
        return Piece.model_validate(self._call("import_file", path=_absolute(path), title=title))

    def artifacts(self, results: Sequence[ToolResult]) -> list[Artifact]:
        """Return the files behind results."""
        found = self._call("artifacts", results=[result.model_dump(mode="json") for result in results])
        return [Artifact.model_validate(one) for one in found]

    def artifact_path(self, id: str) -> Path:
        """Return where the bytes of an artifact are."""
        return Path(self._call("artifact_path", id=id))

    def sessions(self) -> list[Session]:
        """Return the sessions."""
        return [Session.model_validate(one) for one in self._call("sessions")]

    def history(self, session: str) -> list[Turn]:
        """Return the turns of a session."""
        return [Turn.model_validate(one) for one in self._call("history", session=session)]

    def trace(self, turn: str | None = None) -> list[dict[str, Any]]:
        """Return how a turn came to be."""
        found: list[dict[str, Any]] = self._call("trace", turn=turn)
        return found

    def replay(self, turn: str | None = None, on_event: OnEvent | None = None) -> Reply:
        """Run a turn's plan again."""
        return Reply.model_validate(self._call("replay", on_event, turn=turn))

    def _call(self, method: str, on_event: OnEvent | None = None, **arguments: Any) -> Any:  # noqa: ANN401 - any JSON
        import httpx

        headers = {"Authorization": f"Bearer {self.server.token}"}
        url = f"{self.server.url}/api/local/{method}"
        try:
            # No read limit: a turn has its own deadline, and progress comes as it happens.
            with httpx.Client(timeout=httpx.Timeout(10.0, read=None), trust_env=False) as client:
                stream = client.stream("POST", url, json=arguments, headers=headers)
                with stream as answer:
                    for line in answer.iter_lines():
                        if not line.startswith("data: "):
                            continue
                        said = json.loads(line[6:])
                        if "event" in said:
                            if on_event:
                                on_event(Event.model_validate(said["event"]))
                        elif "error" in said:
                            raise error_from(said["error"])
                        else:
                            return said["result"]
        except httpx.HTTPError as error:
            raise StoreError(
                f"The server at {self.server.url} does not answer ({type(error).__name__}).",
                "Is it still starting? Try again.",
            ) from error
        raise StoreError(f"The server at {self.server.url} broke off.", "Look at its window, then try again.")


def error_from(said: dict[str, str]) -> SegueError:
    """Return an error as it was raised behind the API."""
    kind = getattr(errors, said.get("code", ""), SegueError)
    if not (isinstance(kind, type) and issubclass(kind, SegueError)) or kind is errors.PlanError:
        kind = SegueError
    return kind(said.get("message", "Something failed."), said.get("hint", ""))


def _absolute(item: str | Path) -> str:
    """Return a path as the server must read it; ids of pieces stay as they are."""
    text = str(item)
    return (
        text if text.startswith(("p_", "t_")) and not Path(text).exists() else str(Path(text).expanduser().absolute())
    )


@contextlib.contextmanager
def voice(command: str) -> Iterator[Voice]:
    """Give an agent while the block runs: through the server where one owns the data folder, else here.

    Raises
    ------
    HomeInUse : another command has it and did not finish in time.
    """
    settings = load_settings()
    who = home.holder(settings.home)
    if who and who.port:
        yield Remote(who)
        return
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(home.owned(settings.home, command, wait_s=WAIT_S))
        except HomeInUse:
            who = home.holder(settings.home)
            if not (who and who.port):
                raise
            yield Remote(who)  # a server was started while this waited
            return
        yield stack.enter_context(Agent(settings))
