"""``/api/sessions`` and ``/api/chat``: conversations over HTTP, a turn as one JSON object or as events."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from segue.agent.dialogue import Heard
from segue.agent.session import Session
from segue.tools.core.errors import NotFound, SegueError
from segue.ui.api_errors import fault
from segue.ui.caller import Answer, Caller, Message
from segue.ui.json_types import WHOLE

if TYPE_CHECKING:
    from segue.agent import Agent

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "JSON, or events with Accept: text/event-stream"}
}  # fmt: skip


class Conversation(BaseModel):
    """A session: ``created`` and ``updated`` are seconds since 1970, ``turns`` how many there were."""

    id: str
    title: str
    created: float
    updated: float
    turns: int = 0


class Title(BaseModel):
    """A session's title."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field("", max_length=500)


class NewTitle(BaseModel):
    """What a session is to be called."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=500, pattern=r"\S")


class Standing(BaseModel):
    """Where a player stands: the id of a piece or track, and the second."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(max_length=100)
    at_s: float = Field(0.0, ge=0, le=1_000_000, strict=True)


class Listened(BaseModel):
    """What the caller's player tells: ids that were left, each after how many seconds, and where it stands ("this bit")."""

    model_config = ConfigDict(extra="forbid")

    skipped: dict[str, Annotated[float, Field(ge=0, le=1_000_000, strict=True)]] = Field({}, max_length=200)
    playing: Standing | None = None

    def heard(self) -> Heard:
        """Return it as the agent takes it."""
        return Heard.model_validate(self.model_dump())


class Said(BaseModel):
    """What the user says; ``attach`` are ids of pieces that the caller has.

    ``drop`` takes away one of the constraints that ``/api/sessions/{id}/kept`` lists: the search is run again without it.
    ``again`` is the id of a turn of the session: the steps that it did not finish are done, and those alone.
    """

    model_config = ConfigDict(extra="forbid")

    message: str = Field(max_length=20_000)
    attach: list[str] = Field([], max_length=50)
    heard: Listened | None = None
    drop: str | None = Field(None, max_length=2_000)
    again: str | None = Field(None, max_length=100)


class SaidAnywhere(Said):
    """What the user says, in a session or in a new one."""

    session: str | None = None


class BranchAt(BaseModel):
    """After which turn to branch off."""

    model_config = ConfigDict(extra="forbid")

    turns: Annotated[int, Field(ge=0, le=100_000, strict=True), WHOLE]


class Stopped(BaseModel):
    """Whether there was something to stop."""

    cancelled: bool


def conversation(session: Session) -> Conversation:
    """Return a session as others see it."""
    return Conversation(**session.model_dump(exclude={"owner"}))


def events(lines: AsyncIterator[tuple[str, dict[str, Any]]]) -> Response:
    """Return server-sent events: each has a type and JSON data."""

    async def text() -> AsyncIterator[str]:
        async for kind, body in lines:
            yield f"event: {kind}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n"

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(text(), media_type="text/event-stream", headers=headers)


def wants_events(request: Request) -> bool:
    """Tell whether the caller asked for events."""
    return "text/event-stream" in request.headers.get("accept", "")


async def turn(caller: Caller, request: Request, said: Said, session: str | None) -> Any:  # noqa: ANN401 - JSON or events
    """Take a turn: one object, or its events as they come."""
    agent = await caller.agent()
    for item in said.attach:
        await asyncio.to_thread(agent.store.piece, item, agent.owner)
    if session is not None:
        await asyncio.to_thread(agent.history, session)  # an unknown one is an error now, not in the events
    if wants_events(request):
        return events(_told(caller, agent, said, session))
    reply = await agent.achat(said.message, session, said.attach, heard=_heard(said), drop=said.drop, again=said.again)
    caller.charge(reply.results)
    return caller.answer(reply)


def _heard(said: Said) -> Heard | None:
    return said.heard.heard() if said.heard else None


async def _told(
    caller: Caller, agent: "Agent", said: Said, session: str | None
) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield a turn's events as they come; the last one has the reply, or an error."""
    try:
        async for event in agent.astream(said.message, session, said.attach, _heard(said), said.drop, said.again):
            if event.reply is not None:
                caller.charge(event.reply.results)
            yield event.type, caller.event(event)
    except SegueError as error:
        yield "error", {"error": fault(error)}


def routes(call: Callable[[Request], Caller]) -> APIRouter:
    """Return the routes; ``call`` gives who calls."""
    router = APIRouter(tags=["sessions"])
    Who = Annotated[Caller, Depends(call)]

    @router.post("/api/chat", response_model=Answer, responses=EVENTS)
    async def chat(caller: Who, request: Request, said: SaidAnywhere) -> Any:  # noqa: ANN401 - JSON or events
        """Say something: in the session that is named, else in a new one."""
        return await turn(caller, request, said, said.session)

    @router.get("/api/sessions")
    async def sessions(
        caller: Who, search: Annotated[str, Query(max_length=200)] = "", limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> list[Conversation]:
        """List sessions, the most recently used first; ``search`` looks in titles and in what was said."""
        agent = await caller.agent()
        found = await asyncio.to_thread(agent.sessions, search)
        return [conversation(session) for session in found[:limit]]

    @router.post("/api/sessions", status_code=201)
    async def begin(caller: Who, title: Title) -> Conversation:
        """Begin a session; without a title its first message names it."""
        agent = await caller.agent()
        return conversation(await asyncio.to_thread(agent.new_session, title.title))

    @router.get("/api/sessions/{id}")
    async def session(caller: Who, id: str) -> Conversation:
        """Return one session."""
        return conversation(await _session(caller, id))

    @router.patch("/api/sessions/{id}")
    async def rename(caller: Who, id: str, title: NewTitle) -> Conversation:
        """Give a session another title."""
        agent = await caller.agent()
        await asyncio.to_thread(agent.rename, id, title.title)
        return conversation(await _session(caller, id))

    @router.delete("/api/sessions/{id}", status_code=204)
    async def delete(caller: Who, id: str) -> None:
        """Stop and forget a session; the pieces that it made stay."""
        agent = await caller.agent()
        await asyncio.to_thread(agent.delete, id)

    @router.get("/api/sessions/{id}/messages")
    async def messages(caller: Who, id: str) -> list[Message]:
        """Return the turns of a session; one that still runs is open and has no reply yet."""
        agent = await caller.agent()
        return [caller.message(turn) for turn in await asyncio.to_thread(agent.history, id)]

    @router.get("/api/sessions/{id}/messages/{number}")
    async def message(caller: Who, id: str, number: int) -> Message:
        """Return one turn, counted from 1."""
        agent = await caller.agent()
        found = [turn for turn in await asyncio.to_thread(agent.history, id) if turn.number == number]
        if not found:
            raise NotFound(f"The session has no message {number}.", "They count from 1.")
        return caller.message(found[0])

    @router.post("/api/sessions/{id}/messages", response_model=Answer, responses=EVENTS)
    async def say(caller: Who, request: Request, id: str, said: Said) -> Any:  # noqa: ANN401 - JSON or events
        """Say something in a session. Leaving before the answer stops nothing: it is in the messages later."""
        return await turn(caller, request, said, id)

    @router.get("/api/sessions/{id}/kept")
    async def kept(caller: Who, id: str) -> list[str]:
        """Return what the session's searches keep to, each in words by which a message's ``drop`` takes it away."""
        agent = await caller.agent()
        return await asyncio.to_thread(agent.kept, id)

    @router.post("/api/sessions/{id}/cancel")
    async def cancel(caller: Who, id: str) -> Stopped:
        """Stop the turn that runs."""
        agent = await caller.agent()
        return Stopped(cancelled=await asyncio.to_thread(agent.cancel, id))

    @router.post("/api/sessions/{id}/branch", status_code=201)
    async def branch(caller: Who, id: str, at: BranchAt) -> Conversation:
        """Begin a session with a copy of the first turns of this one."""
        agent = await caller.agent()
        return conversation(await asyncio.to_thread(agent.branch, id, at.turns))

    async def _session(caller: Caller, id: str) -> Session:
        agent = await caller.agent()
        return await asyncio.to_thread(agent.session, id)

    return router
