"""``/v1``: what any client of OpenAI's chat API can talk to. The whole agent is one model, ``segue``."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

from segue.agent.events import Reply
from segue.tools.core.errors import SegueError
from segue.tools.core.store import new_id
from segue.ui import openai_chores
from segue.ui import openai_turn as turns
from segue.ui.api_errors import fault
from segue.ui.caller import Caller
from segue.ui.openai_types import MODEL, ChatRequest, Heard, check_model, heard

if TYPE_CHECKING:
    from segue.agent import Agent

_BORN = 1_760_000_000  # when the model was "created", as the format wants it
_CHUNK = 48_000  # characters of sound in one event; a multiple of four


class ModelCard(BaseModel):
    """A model that can be asked."""

    id: str = MODEL
    object: str = "model"
    created: int = _BORN
    owned_by: str = "segue"


class ModelList(BaseModel):
    """The models."""

    object: str = "list"
    data: list[ModelCard] = [ModelCard()]


class Usage(BaseModel):
    """Tokens, estimated at four characters each."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(BaseModel):
    """An answer. ``segue`` has session, turn, notes, plan, and artifacts with their links."""

    id: str
    object: str = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[dict[str, Any]]
    usage: Usage
    segue: dict[str, Any] | None = None


_SHAPES: dict[int | str, dict[str, Any]] = {
    200: {"model": Completion, "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


def routes(call: Callable[[Request], Caller]) -> APIRouter:
    """Return the routes; ``call`` gives who calls."""
    router = APIRouter(prefix="/v1", tags=["openai"])
    Who = Annotated[Caller, Depends(call)]

    @router.get("/models")
    async def models(caller: Who) -> ModelList:
        """List the models: there is one, the agent."""
        return ModelList()

    @router.get("/models/{name}")
    async def model(caller: Who, name: str) -> ModelCard:
        """Return the model."""
        check_model(name)
        return ModelCard()

    @router.post("/chat/completions", responses=_SHAPES, response_class=JSONResponse)
    async def complete(caller: Who, request: Request, asked: ChatRequest) -> Response:
        """Take a turn: the last message of the user's, in the session that the messages before it belong to."""
        check_model(asked.model)
        last = max((n for n, one in enumerate(asked.messages) if one.role == "user"), default=-1)
        now = heard(asked.messages[last].content) if last >= 0 else Heard()
        message = turns.message_of(now)
        made = openai_chores.answer(message)
        if made is not None:
            return _chore(asked, message, made)
        agent = await caller.agent()
        past = turns.past_of([(one.role, heard(one.content, with_files=False).text) for one in asked.messages[:last]])
        named = (asked.metadata or {}).get("session") or request.headers.get("x-segue-session")
        session, notes = await asyncio.to_thread(turns.session_for, agent, past, named)
        notes += [*now.notes, *(f"Not done: {what}." for what in asked.ignored())]
        work = _Work(caller, agent, asked, message, now, session, notes)
        headers = {"X-Segue-Session": session, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        if asked.stream:
            return StreamingResponse(work.stream(), media_type="text/event-stream", headers=headers)
        return JSONResponse((await work.whole()).model_dump(mode="json", exclude_none=True), headers=headers)

    return router


class _Work:
    """One request's turn."""

    def __init__(
        self,
        caller: Caller,
        agent: "Agent",
        asked: ChatRequest,
        message: str,
        now: Heard,
        session: str,
        notes: list[str],
    ) -> None:
        self.caller, self.agent, self.asked, self.message = caller, agent, asked, message
        self.now, self.session, self.notes = now, session, notes
        self.id, self.created = new_id("chatcmpl"), int(time.time())

    async def whole(self) -> Completion:
        """Take the turn and return its answer."""
        async with turns.attached(self.now.files) as paths:
            reply = await self.agent.achat(self.message, self.session, paths)
        self.caller.charge(reply.results)
        data = await self._sound(reply)
        words = turns.content(self.caller, reply, self.notes)
        message: dict[str, Any] = {"role": "assistant", "content": words, "refusal": None}
        if data is not None:
            message["audio"] = self._audio(reply) | {"data": turns.spoken(data), "transcript": words}
        return Completion(
            id=self.id, created=self.created, usage=Usage(**turns.usage(self.message, words)),
            choices=[{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
            segue=turns.details(self.caller, reply, self.notes),
        )  # fmt: skip

    async def stream(self) -> AsyncIterator[str]:
        """Take the turn and yield its chunks; who leaves stops it."""
        ended = False
        try:
            yield self._chunk({"role": "assistant", "content": ""})
            async with turns.attached(self.now.files) as paths:
                async for line in self._turn(paths):
                    yield line
            ended = True
        except SegueError as error:
            ended = True
            yield _line({"error": fault(error) | {"type": "server_error", "param": None}})
        finally:
            if not ended:
                await asyncio.shield(asyncio.to_thread(self.agent.cancel, self.session))
        yield "data: [DONE]\n\n"

    async def _turn(self, paths: list[Any]) -> AsyncIterator[str]:
        written, reply = "", None
        events = self.agent.astream(self.message, self.session, paths)
        async for event in turns.with_pulse(events):
            if event is None:
                yield ": still at work\n\n"
                continue
            reply = event.reply or reply
            if event.type == "reply" and event.reply is None and event.text:
                written += event.text
                yield self._chunk({"content": event.text})
            elif line := turns.progress_line(event):
                yield self._chunk({"reasoning_content": line})
        assert reply is not None
        self.caller.charge(reply.results)
        data = await self._sound(reply)
        words = turns.content(self.caller, reply, self.notes)
        rest = turns.rest(written, words)
        if rest:
            yield self._chunk({"content": rest})
        if data is not None:
            text = turns.spoken(data)
            yield self._chunk({"audio": self._audio(reply) | {"transcript": words}})
            for start in range(0, len(text), _CHUNK):
                yield self._chunk({"audio": {"data": text[start : start + _CHUNK]}})
        yield self._chunk({}, "stop", segue=turns.details(self.caller, reply, self.notes))
        if self.asked.stream_options and self.asked.stream_options.include_usage:
            yield _line(self._head() | {"choices": [], "usage": turns.usage(self.message, words)})

    async def _sound(self, reply: Reply) -> bytes | None:
        if not self.asked.wants_audio:
            return None
        form = self.asked.audio.format if self.asked.audio else "mp3"
        data, said = await asyncio.to_thread(turns.sound, self.agent, reply, form)
        self.notes += [said] if said else []
        return data

    def _audio(self, reply: Reply) -> dict[str, Any]:
        return {"id": f"audio_{reply.turn}", "expires_at": self.created + 7 * 24 * 3600}

    def _head(self) -> dict[str, Any]:
        return {"id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": MODEL}

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, segue: dict[str, Any] | None = None) -> str:
        more = {"segue": segue} if segue else {}
        return _line(self._head() | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]} | more)


def _line(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _chore(asked: ChatRequest, message: str, made: str) -> Response:
    done = Completion(
        id=new_id("chatcmpl"), created=int(time.time()), usage=Usage(**turns.usage(message, made)),
        choices=[{"index": 0, "message": {"role": "assistant", "content": made}, "finish_reason": "stop"}],
    )  # fmt: skip
    if not asked.stream:
        return JSONResponse(done.model_dump(mode="json", exclude_none=True))
    head = {"id": done.id, "object": "chat.completion.chunk", "created": done.created, "model": MODEL}
    first = head | {"choices": [{"index": 0, "delta": {"role": "assistant", "content": made}, "finish_reason": None}]}
    last = head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return Response(_line(first) + _line(last) + "data: [DONE]\n\n", media_type="text/event-stream")
