"""``/v1/responses``: a turn as OpenAI's newer API has it. A response is a turn, and its id says which one."""

import asyncio
import itertools
import json
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from segue.agent.events import Reply
from segue.agent.session import Turn
from segue.tools.core.errors import CannotDo, InvalidArgument, NotFound, SegueError
from segue.tools.core.store import new_id
from segue.ui import openai_responses_types as shapes
from segue.ui import openai_turn as turns
from segue.ui.caller import Caller
from segue.ui.openai_responses_types import Deleted, ItemList, Kept, ResponseOut, ResponseRequest
from segue.ui.openai_types import Heard, check_model

if TYPE_CHECKING:
    from segue.agent import Agent

_MOST_KEPT = 1000
_STOPS_S = 10.0  # a turn that is stopped has ended by then
_SHAPES: dict[int | str, dict[str, Any]] = {
    200: {"model": ResponseOut, "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


class _Desk:
    """What the routes remember between requests: what was said beside the words, and which turns are promised."""

    def __init__(self) -> None:
        self.kept: OrderedDict[str, Kept] = OrderedDict()
        self.promised: dict[str, int] = {}
        self.tasks: set[asyncio.Task[Reply]] = set()

    def keep(self, id: str, said: Kept) -> None:
        self.kept[id] = said
        if len(self.kept) > _MOST_KEPT:
            self.kept.popitem(last=False)

    async def place(self, agent: "Agent", asked: ResponseRequest, past: turns.Past) -> tuple[str, int, list[str]]:
        """Return session and number of the turn that a request becomes, and what is to be said about that."""
        notes: list[str] = []
        if asked.previous_response_id:
            session, after = shapes.turn_of(asked.previous_response_id)
            there = (await asyncio.to_thread(agent.session, session)).turns
            if not 1 <= after <= there:
                raise NotFound(f"There is no response '{asked.previous_response_id}'.", "It may have been deleted.")
        else:
            session, notes = await asyncio.to_thread(turns.session_for, agent, past, asked.session)
            after = (await asyncio.to_thread(agent.session, session)).turns
            there = after
        # Another request may be about to take the next turn here; and what is not to be kept must leave no trace.
        if max(there, self.promised.get(session, 0)) > after or (not asked.kept and after):
            session = (await asyncio.to_thread(agent.branch, session, after)).id
        self.promised[session] = after + 1
        return session, after + 1, notes

    def release(self, session: str, number: int) -> None:
        if self.promised.get(session) == number:
            del self.promised[session]


def routes(call: Callable[[Request], Caller]) -> APIRouter:
    """Return the routes; ``call`` gives who calls."""
    router = APIRouter(prefix="/v1/responses", tags=["openai"])
    Who = Annotated[Caller, Depends(call)]
    desk = _Desk()

    @router.post("", responses=_SHAPES, response_class=JSONResponse)
    async def create(caller: Who, asked: ResponseRequest) -> Response:
        """Take a turn: the input's last message, after the response that is named or the messages before it."""
        check_model(asked.model)
        if asked.background and not asked.kept:
            raise InvalidArgument("What runs in the background is kept.", "Leave out store, or background.")
        said = asked.messages()
        last = max((n for n, (role, _) in enumerate(said) if role == "user"), default=-1)
        now = shapes.words_of(said[last][1], with_files=True) if last >= 0 else Heard()
        message = turns.message_of(now)
        agent = await caller.agent()
        session, number, notes = await desk.place(agent, asked, turns.past_of(asked.past(max(last, 0))))
        notes += [*now.notes, *(f"Not done: {what}." for what in asked.ignored())]
        beside = Kept(**asked.model_dump(include=set(Kept.model_fields) - {"background"}), background=bool(asked.background), notes=notes)  # fmt: skip
        work = _Work(desk, caller, agent, asked, message, now, session, number, beside)
        desk.keep(work.id, beside)
        headers = {"X-Segue-Session": session, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        if asked.stream:
            return StreamingResponse(work.stream(), media_type="text/event-stream", headers=headers)
        body = await (work.begun() if asked.background else work.whole())
        return JSONResponse(body.model_dump(mode="json"), headers=headers)

    @router.get("/{id}")
    async def retrieve(caller: Who, id: str) -> ResponseOut:
        """Return a response; while its turn runs it is in progress. Its links are signed anew."""
        return _of_turn(caller, desk, id, await _turn(caller, id))

    @router.delete("/{id}")
    async def delete(caller: Who, id: str) -> Deleted:
        """Forget a response with its conversation, where it is the only one in it."""
        turn, agent = await _turn(caller, id), await caller.agent()
        if (await asyncio.to_thread(agent.session, turn.session)).turns > 1:
            raise CannotDo(
                "Other responses stand in the same conversation.",
                f"DELETE /api/sessions/{turn.session} forgets them all.",
            )
        await asyncio.to_thread(agent.delete, turn.session)
        desk.kept.pop(id, None)
        return Deleted(id=id)

    @router.post("/{id}/cancel")
    async def cancel(caller: Who, id: str) -> ResponseOut:
        """Stop a response's turn and return what became of it."""
        turn, agent = await _turn(caller, id), await caller.agent()
        if turn.status == "open":
            await asyncio.to_thread(agent.cancel, turn.session)
            deadline = time.monotonic() + _STOPS_S
            while turn.status == "open" and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
                turn = await _turn(caller, id)
        return _of_turn(caller, desk, id, turn)

    @router.get("/{id}/input_items")
    async def input_items(caller: Who, id: str) -> ItemList:
        """Return what a response was asked with."""
        turn = await _turn(caller, id)
        files = [{"type": "input_file", "filename": thing.title} for thing in turn.attached]
        content = [{"type": "input_text", "text": turn.message}, *files]
        item = {"id": f"msg_in_{turn.id}", "type": "message", "role": "user", "status": "completed", "content": content}
        return ItemList(data=[item], first_id=str(item["id"]), last_id=str(item["id"]))

    return router


async def _turn(caller: Caller, id: str) -> Turn:
    session, number = shapes.turn_of(id)
    agent = await caller.agent()
    found = [turn for turn in await asyncio.to_thread(agent.history, session) if turn.number == number]
    if not found:
        raise NotFound(f"There is no response '{id}'.", "It may have been deleted.")
    return found[0]


def _of_turn(caller: Caller, desk: _Desk, id: str, turn: Turn) -> ResponseOut:
    said = desk.kept.get(id) or Kept(previous_response_id=_before(turn))
    out = ResponseOut(id=id, created_at=turn.created, status="in_progress", **said.model_dump())
    if turn.reply is not None:
        return _finished(caller, out, turn.reply, turn.message, said.notes, shapes.steps_of(turn.reply))
    if turn.status == "broken":
        fault = {"code": "server_error", "message": "The turn broke off. Ask once more."}
        return out.model_copy(update={"status": "failed", "error": fault})
    return out


def _before(turn: Turn) -> str | None:
    return shapes.response_id(turn.session, turn.number - 1) if turn.number > 1 else None


def _finished(caller: Caller, out: ResponseOut, reply: Reply, message: str, notes: list[str], steps: str, text: str | None = None) -> ResponseOut:  # fmt: skip
    words = turns.content(caller, reply, notes) if text is None else text
    thoughts = [shapes.reasoning_item(reply.turn, steps)] if steps else []
    return out.model_copy(
        update={
            "status": "cancelled" if reply.cancelled else "completed", "completed_at": time.time(),
            "output": [*thoughts, shapes.message_item(reply.turn, words)],
            "usage": shapes.usage(turns.usage(message, words)), "segue": turns.details(caller, reply, notes),
        }
    )  # fmt: skip


@dataclass
class _Work:
    """One request's turn."""

    desk: _Desk
    caller: Caller
    agent: "Agent"
    asked: ResponseRequest
    message: str
    now: Heard
    session: str
    number: int
    said: Kept
    created: float = field(default_factory=time.time)

    @property
    def id(self) -> str:
        """The response's id."""
        return shapes.response_id(self.session, self.number)

    def _out(self) -> ResponseOut:
        there = shapes.Conversation(id=self.session) if self.asked.session else None
        return ResponseOut(id=self.id, created_at=self.created, status="in_progress", store=self.asked.kept, conversation=there, **self.said.model_dump())  # fmt: skip

    async def _reply(self) -> Reply:
        try:
            async with turns.attached(self.now.files) as paths:
                reply = await self.agent.achat(self.message, self.session, paths)
            self.caller.charge(reply.results)
            return reply
        finally:
            await self._end()

    async def _end(self) -> None:
        self.desk.release(self.session, self.number)
        if not self.asked.kept:
            await asyncio.to_thread(self.agent.delete, self.session)

    async def whole(self) -> ResponseOut:
        """Take the turn and return it."""
        reply = await self._reply()
        return _finished(self.caller, self._out(), reply, self.message, self.said.notes, shapes.steps_of(reply))

    async def begun(self) -> ResponseOut:
        """Let the turn run by itself; return it as soon as it can be asked for."""
        task = asyncio.create_task(self._reply())
        self.desk.tasks.add(task)
        task.add_done_callback(self.desk.tasks.discard)
        while not task.done() and (await asyncio.to_thread(self.agent.session, self.session)).turns < self.number:
            await asyncio.sleep(0.02)
        if task.done():
            task.result()  # an error is said now
        return _of_turn(self.caller, self.desk, self.id, await _turn(self.caller, self.id))

    async def stream(self) -> AsyncIterator[str]:
        """Take the turn and yield its events; who leaves stops it, unless it is one of the background."""
        numbers = itertools.count()
        ended = False
        try:
            async for body in self._events():
                if body is None:
                    yield ": still at work\n\n"
                    continue
                line = json.dumps(body | {"sequence_number": next(numbers)}, ensure_ascii=False)
                yield f"event: {body['type']}\ndata: {line}\n\n"
            ended = True
        finally:
            if not ended and not self.asked.background:
                await asyncio.shield(asyncio.to_thread(self.agent.cancel, self.session))
            await asyncio.shield(self._end())

    async def _events(self) -> AsyncIterator[dict[str, Any] | None]:
        out = self._out()
        yield {"type": "response.created", "response": out.model_dump(mode="json")}
        yield {"type": "response.in_progress", "response": out.model_dump(mode="json")}
        thoughts, words = _Thoughts(), _Words()
        reply: Reply | None = None
        try:
            async with turns.attached(self.now.files) as paths:
                async for event in turns.with_pulse(self.agent.astream(self.message, self.session, paths)):
                    if event is None:
                        yield None
                        continue
                    reply = event.reply or reply
                    if event.type == "reply" and event.reply is None and event.text:
                        for one in [*thoughts.close(), *words.write(event.text, thoughts.index)]:
                            yield one
                    elif (line := turns.progress_line(event)) and not words.text:
                        for one in thoughts.write(line):
                            yield one
        except SegueError as error:
            fault = {"code": "server_error", "message": f"{error.message} {error.hint}".strip()}
            failed = out.model_copy(update={"status": "failed", "error": fault})
            yield {"type": "response.failed", "response": failed.model_dump(mode="json")}
            return
        assert reply is not None
        self.caller.charge(reply.results)
        rest = turns.rest(words.text, turns.content(self.caller, reply, self.said.notes))
        for one in [*thoughts.close(), *words.write(rest, thoughts.index), *words.close()]:
            yield one
        done = _finished(self.caller, out, reply, self.message, self.said.notes, "", words.text)
        # The items are those that were told, ids and all.
        done = done.model_copy(update={"output": [*thoughts.items, *words.items]})
        kind = "response.incomplete" if reply.cancelled else "response.completed"
        yield {"type": kind, "response": done.model_dump(mode="json")}


class _Thoughts:
    """The item of the output that tells what the steps do."""

    def __init__(self) -> None:
        self.text = ""
        self.items: list[dict[str, Any]] = []
        self._id = new_id("rs")

    @property
    def index(self) -> int:
        """The place of the next item."""
        return 1 if self.text else 0

    def write(self, line: str) -> list[dict[str, Any]]:
        where = {"item_id": self._id, "output_index": 0, "summary_index": 0}
        opened: list[dict[str, Any]] = []
        if not self.text:
            item = {"id": self._id, "type": "reasoning", "status": "in_progress", "summary": []}
            opened = [
                {"type": "response.output_item.added", "output_index": 0, "item": item},
                {
                    "type": "response.reasoning_summary_part.added",
                    **where,
                    "part": {"type": "summary_text", "text": ""},
                },
            ]
        self.text += line
        return [*opened, {"type": "response.reasoning_summary_text.delta", **where, "delta": line}]

    def close(self) -> list[dict[str, Any]]:
        if not self.text or self.items:
            return []
        where = {"item_id": self._id, "output_index": 0, "summary_index": 0}
        self.items = [shapes.reasoning_item(self._id.removeprefix("rs_"), self.text)]
        part = self.items[0]["summary"][0]
        return [
            {"type": "response.reasoning_summary_text.done", **where, "text": self.text},
            {"type": "response.reasoning_summary_part.done", **where, "part": part},
            {"type": "response.output_item.done", "output_index": 0, "item": self.items[0]},
        ]


class _Words:
    """The item of the output that is the answer."""

    def __init__(self) -> None:
        self.text = ""
        self.items: list[dict[str, Any]] = []
        self._id = new_id("msg")
        self._index = -1

    def write(self, text: str, index: int) -> list[dict[str, Any]]:
        opened: list[dict[str, Any]] = []
        if self._index < 0:
            self._index = index
            item = {"id": self._id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
            part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
            opened = [
                {"type": "response.output_item.added", "output_index": index, "item": item},
                {"type": "response.content_part.added", **self._where(), "part": part},
            ]
        self.text += text
        delta = {"type": "response.output_text.delta", **self._where(), "delta": text, "logprobs": []}
        return [*opened, *([delta] if text else [])]

    def close(self) -> list[dict[str, Any]]:
        item = shapes.message_item(self._id.removeprefix("msg_"), self.text)
        self.items = [item]
        part = item["content"][0]
        cited = [
            {"type": "response.output_text.annotation.added", **self._where(), "annotation_index": n, "annotation": one}
            for n, one in enumerate(part["annotations"])
        ]
        return [
            *cited,
            {"type": "response.output_text.done", **self._where(), "text": self.text, "logprobs": []},
            {"type": "response.content_part.done", **self._where(), "part": part},
            {"type": "response.output_item.done", "output_index": self._index, "item": item},
        ]

    def _where(self) -> dict[str, Any]:
        return {"item_id": self._id, "output_index": self._index, "content_index": 0}
