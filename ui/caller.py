"""Who calls the API: their agent, what they may use, and how what was made reaches them."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from segue.agent.events import Artifact, Event, Reply, ToolResult
from segue.agent.session import Turn
from segue.tools.core.errors import NotSignedIn
from segue.ui.guard import LOCAL_OWNER
from segue.ui.players import file_name

if TYPE_CHECKING:
    from segue.agent import Agent
    from segue.ui.room import Room


class MadeFile(Artifact):
    """A file that a turn made. ``url`` opens without a key for a week; ``path`` is told to this machine's user only."""

    url: str


class Answer(Reply):
    """One turn's answer, as ``segue chat --json`` prints it, with links to what was made."""

    artifacts: list[MadeFile] = []  # type: ignore[assignment]  # each is an Artifact, too


class Message(Turn):
    """One turn: what was said and attached, what was planned, and the answer."""

    reply: Answer | None = None


class Caller:
    """One request's owner."""

    def __init__(self, room: "Room", request: Request) -> None:
        self.room = room
        self.owner = str(request.state.owner)
        self.base = str(request.base_url)
        self._allows = request.state.allows

    def admit(self) -> None:
        """Count the request; whoever this is must be somebody.

        Raises
        ------
        NotSignedIn : neither a key nor a cookie.
        LimitReached : the key has used up what it may.
        """
        if not self.owner:
            raise NotSignedIn("Nobody is signed in.", "Send Authorization: Bearer KEY, or open Segue's page first.")
        if self.owner.startswith("k_"):  # a cookie's owner could get another cookie
            self.room.ledger.admit(self.owner, self._allows)

    async def agent(self) -> "Agent":
        """Return the owner's agent."""
        return await asyncio.to_thread(self.room.agent, self.owner)

    def charge(self, results: Sequence[Any]) -> None:
        """Count what steps took (``ToolResult`` or ``ShownResult``)."""
        if self.owner.startswith("k_") and results:
            self.room.ledger.charge(self.owner, len(results), sum(result.seconds for result in results))

    # -- what was made, with its links -----------------------------------------------------------

    def link(self, id: str, name: str = "") -> str:
        """Return the whole address of an artifact."""
        return self.room.links.url(self.base, self.owner, id, name)

    def file(self, made: Artifact) -> MadeFile:
        """Return a file with its link."""
        suffix = "." + made.path.rsplit(".", 1)[-1]
        stem = made.title.removesuffix(suffix) or made.kind
        values = made.model_dump() | {"url": self.link(made.id, file_name(stem, suffix))}
        if self.owner != LOCAL_OWNER:
            values["path"] = ""
        return MadeFile(**values)

    def answer(self, reply: Reply) -> Answer:
        """Return an answer with its links."""
        body = reply.model_dump(exclude={"artifacts"})
        return Answer(**body, artifacts=[self.file(one) for one in reply.artifacts])

    def message(self, turn: Turn) -> Message:
        """Return a turn with its links."""
        answer = self.answer(turn.reply) if turn.reply else None
        return Message(**turn.model_dump(exclude={"reply"}), reply=answer)

    def event(self, event: Event) -> dict[str, Any]:
        """Return an event as JSON, a reply in it with its links."""
        body: dict[str, Any] = event.model_dump(mode="json", exclude_defaults=True, exclude={"reply"})
        if event.reply is not None:
            body["reply"] = self.answer(event.reply).model_dump(mode="json")
        return body

    def made(self, agent: "Agent", result: ToolResult) -> list[MadeFile]:
        """Return the files behind one result."""
        return [self.file(one) for one in agent.artifacts([result])]
