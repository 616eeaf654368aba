"""A turn for OpenAI's clients: which session it belongs to, what is attached, and its answer as content and sound."""

import asyncio
import base64
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segue.agent.events import Event, Reply
from segue.agent.session import Session, Turn
from segue.tools.core.errors import InvalidArgument, SegueError
from segue.ui.artifacts import encoded
from segue.ui.caller import Caller
from segue.ui.openai_types import Heard
from segue.ui.players import file_name

if TYPE_CHECKING:
    from segue.agent import Agent

ALONE = "describe this"  # what is meant by a file without a word
_NEW = "The earlier messages of this conversation are not known here; it begins anew."
_FORMS = {"wav": ".wav", "mp3": ".mp3", "flac": ".flac", "opus": ".ogg", "aac": ".m4a"}
_LONGEST_S = 600.0  # of sound that is sent inside an answer
_QUIET_S = 10.0  # a comment is sent when nothing else was for so long: proxies close what is silent
_PCM_RATE = 24_000  # Hz, mono: what OpenAI's pcm16 means


@dataclass
class Past:
    """What a client says was said: the user's messages and the answers to them."""

    said: list[str]
    answered: list[str]


def past_of(messages: Sequence[tuple[str, str]]) -> Past:
    """Return the past from (role, text) of every message before the last one of the user's."""
    past = Past([], [])
    for role, text in messages:
        if role == "user":
            past.said.append(text or ALONE)
            past.answered.append("")
        elif role == "assistant" and past.said:
            past.answered[-1] = f"{past.answered[-1]}\n{text}".strip()
    return past


def session_for(agent: "Agent", past: Past, named: str | None) -> tuple[str, list[str]]:
    """Return the session that a request goes on with, and what is to be said about that.

    It is the one that is named; else the one in which the same was said and answered. Where that one
    has gone on since (an answer is asked for anew, a message was changed), a branch of it.
    """
    if named:
        return agent.session(named).id, []
    if not past.said:
        return agent.new_session().id, []
    found: list[Session] = []
    for session in agent.sessions(past.said[0][:200])[:40]:
        if session.turns < len(past.said):
            continue
        turns = agent.history(session.id)[: len(past.said)]
        if all(
            _same(turn, *said) for turn, said in zip(turns, zip(past.said, past.answered, strict=True), strict=True)
        ):
            if session.turns == len(past.said):
                return session.id, []
            found.append(session)
    if found:
        return agent.branch(found[0].id, len(past.said)).id, []
    return agent.new_session().id, [_NEW]


def _same(turn: Turn, said: str, answered: str) -> bool:
    if turn.message.strip() != said.strip() or turn.reply is None:
        return False
    # Of two conversations with the same words the files tell which one is meant.
    return not answered or all(made.id in answered for made in turn.reply.artifacts if made.kind == "audio")


@asynccontextmanager
async def attached(files: Sequence[tuple[str, bytes]]) -> AsyncIterator[list[Path]]:
    """Give files as paths while the block runs; the store has copies then."""
    with tempfile.TemporaryDirectory(prefix="segue-attached-") as folder:
        paths = []
        for number, (suffix, data) in enumerate(files, start=1):
            path = Path(folder) / f"recording {number}{suffix}"
            await asyncio.to_thread(path.write_bytes, data)
            paths.append(path)
        yield paths


def message_of(heard: Heard) -> str:
    """Return what is said to the agent.

    Raises
    ------
    InvalidArgument : neither words nor files.
    """
    if not heard.text and not heard.files:
        raise InvalidArgument("The last message of the user's is empty.", 'For example "make me a lo-fi beat".')
    return heard.text or ALONE


def content(caller: Caller, reply: Reply, notes: Sequence[str]) -> str:
    """Return an answer in words, with a link to every file that was made."""
    lines = []
    for made in reply.artifacts:
        suffix = ".mp3" if made.kind == "audio" and len(made.id) != 64 else "." + made.path.rsplit(".", 1)[-1]
        name = file_name(made.title.removesuffix(suffix) or made.kind, suffix)
        label = name.replace("[", "(").replace("]", ")")
        lines.append(f"- [{label}]({caller.link(made.id, name)})")
    blocks = [reply.reply, *notes, "\n".join(lines)]
    return "\n\n".join(block for block in blocks if block)


def details(caller: Caller, reply: Reply, notes: Sequence[str]) -> dict[str, Any]:
    """Return what clients that know Segue find in an answer's ``segue`` field."""
    answer = caller.answer(reply)
    return {
        "session": reply.session, "turn": reply.turn, "notes": [*notes, *reply.notes],
        "artifacts": [made.model_dump(mode="json", exclude={"path"}) for made in answer.artifacts],
        "plan": reply.plan.model_dump(mode="json"),
    }  # fmt: skip


def sound(agent: "Agent", reply: Reply, form: str) -> tuple[bytes | None, str]:
    """Return the first sound of an answer in that form, or None, and what is to be said about it."""
    made = next((one for one in reply.artifacts if one.kind == "audio" and len(one.id) != 64), None)
    if made is None:
        return None, ""
    if (made.duration_s or 0) > _LONGEST_S:
        return None, f"“{made.title}” is longer than {_LONGEST_S / 60:.0f} minutes, so it comes as a link only."
    piece = agent.store.piece(made.id, agent.owner)
    if form == "pcm16":
        assert piece.clip is not None
        wave = agent.store.wave(piece.clip).with_channels(1).resampled(_PCM_RATE)
        return (wave.samples[0].clip(-1, 1) * 32767).astype("<i2").tobytes(), ""
    path = encoded(agent.store, piece, _FORMS[form])
    try:
        return path.read_bytes(), ""
    finally:
        path.unlink(missing_ok=True)


def spoken(data: bytes) -> str:
    """Return sound as it stands in JSON."""
    return base64.b64encode(data).decode()


def progress_line(event: Event) -> str:
    """Return what a step does as a line for those who follow it; nothing for most events."""
    by = f" · {event.backend}" if event.backend else ""
    if event.type == "queued" and event.label:
        return f"{event.tool or 'waiting'}: {event.label}\n"
    if event.type == "started" and event.step:
        return f"{event.tool}{by}\n"
    if event.type == "progress" and event.total:
        return f"{event.tool} {100 * (event.done or 0) / event.total:.0f} % {event.label}".rstrip() + "\n"
    if event.type in ("done", "failed", "skipped") and event.step:
        return f"{event.tool}: {event.result.status if event.result else event.type}, {event.seconds:.1f} s\n"
    return ""


def rest(written: str, words: str) -> str:
    """Return what follows what was worded on the way; where the answer became another one, that is said after it."""
    return words[len(written) :] if words.startswith(written) else f"\n\n{words}"


def usage(asked: str, answered: str) -> dict[str, int]:
    """Return token counts as OpenAI's clients want them: estimated at four characters a token."""
    counts = {"prompt_tokens": -(-len(asked) // 4), "completion_tokens": -(-len(answered) // 4)}
    return {**counts, "total_tokens": sum(counts.values())}


async def with_pulse(events: AsyncIterator[Event]) -> AsyncIterator[Event | None]:
    """Yield events, and None whenever there was none for a while."""
    following = asyncio.ensure_future(anext(events))
    try:
        while True:
            done, _ = await asyncio.wait({following}, timeout=_QUIET_S)
            if not done:
                yield None
                continue
            try:
                event = following.result()
            except StopAsyncIteration:
                return
            following = asyncio.ensure_future(anext(events))
            yield event
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration, SegueError):
            await following
