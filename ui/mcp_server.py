"""Segue for other agents: every tool over the Model Context Protocol, on stdio and over HTTP at ``/mcp``.

Besides the registered tools there are ``chat`` (a turn of a conversation) and ``attach`` (a file
becomes a piece whose id the other tools take). Results carry structured content; what a tool makes
comes as links to files, and sound of up to ``_INLINE_S`` as audio content, too.
"""

import asyncio
import base64
import binascii
import mimetypes
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segue.agent import Agent
from segue.agent.events import Artifact, Event
from segue.tools.core import registry
from segue.tools.core.audio import decode, encode
from segue.tools.core.errors import InvalidArgument, SegueError
from segue.tools.core.piece import Piece

# Of sound in one result: clients refuse a server-sent event of more than a megabyte, and base64 takes a third more.
_INLINE_BYTES = 600_000
_INLINE_S = 45.0  # a longer sound would not fit as mp3, either
Handler = Callable[[Agent, dict[str, Any], Callable[[Event], None]], tuple[BaseModel, list[Artifact], bool]]


class Chat(BaseModel):
    """Talk to the music agent: it plans and runs tools, and answers in words with the files it made."""

    model_config = ConfigDict(extra="forbid")

    message: str
    session: str | None = Field(None, description="to go on with an earlier conversation")
    attach: list[str] = Field([], description="paths of files on this machine, or ids of pieces")


class Attach(BaseModel):
    """Take in a file (audio, MIDI, MusicXML); the piece's id is what other tools want as a clip."""

    model_config = ConfigDict(extra="forbid")

    path: str | None = Field(None, description="of a file on the machine that Segue runs on; only for its own user")
    data: str | None = Field(None, description="or the file itself, as base64")
    name: str = Field("sound.wav", description="the file's name where data is given; its suffix says what it is")


@dataclass(frozen=True)
class Client:
    """Who is served: their agent, and how a file reaches them."""

    agent: Agent
    link: Callable[[Artifact], str]


def on_this_machine(agent: Agent) -> Client:
    """Return a client that reads files of this machine."""
    return Client(agent, lambda made: Path(made.path).resolve().as_uri())


def _chat(agent: Agent, arguments: dict[str, Any], on_event: Callable[[Event], None]) -> tuple[BaseModel, list[Artifact], bool]:  # fmt: skip
    args = Chat(**arguments)
    reply = agent.chat(args.message, args.session, args.attach, on_event)
    return reply, reply.artifacts, reply.failed


def _attach(agent: Agent, arguments: dict[str, Any], on_event: Callable[[Event], None]) -> tuple[BaseModel, list[Artifact], bool]:  # fmt: skip
    given = Attach(**arguments)
    if given.data is not None:
        return _kept(agent, given.name, given.data), [], False
    if given.path is None:
        raise InvalidArgument("Neither a path nor data is given.", "Send the file as base64 in data, and its name.")
    if agent.owner != "local":
        raise InvalidArgument("Paths are only for the machine's own user.", "Send the file as base64 in data.")
    return agent.import_file(given.path), [], False


def _kept(agent: Agent, name: str, data: str) -> Piece:
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidArgument("The data is not base64.", "Send the file's bytes, encoded as base64.") from None
    plain = Path(name)
    with tempfile.TemporaryDirectory(prefix="segue-attached-") as folder:
        path = Path(folder) / f"attached{plain.suffix.lower()}"
        path.write_bytes(content)
        return agent.import_file(path, title=plain.stem)


_OWN: dict[str, tuple[type[BaseModel], Handler]] = {"chat": (Chat, _chat), "attach": (Attach, _attach)}


def tool_list() -> list[types.Tool]:
    """Return every tool with its description and JSON schema."""
    described = [(name, " ".join((model.__doc__ or "").split()), model) for name, (model, _) in _OWN.items()]
    described += [(tool.name, tool.description, tool.Args) for tool in registry.tools().values()]
    return [
        types.Tool(name=name, description=text, input_schema=model.model_json_schema())
        for name, text, model in described
    ]


def call(
    client: Client, name: str, arguments: dict[str, Any], on_event: Callable[[Event], None]
) -> types.CallToolResult:
    """Run a tool and return its result; what a user did wrong comes back as an error result, in words."""
    agent = client.agent
    try:
        if name in _OWN:
            out, artifacts, failed = _OWN[name][1](agent, arguments, on_event)
        else:
            result = agent.run_tool(name, arguments, on_event)
            out, artifacts, failed = result, agent.artifacts([result]), result.status != "done"
    except ValidationError as error:
        return _refused("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()))
    except SegueError as error:
        return _refused(str(error))
    body = out.model_dump(mode="json", exclude_none=True)
    content: list[types.ContentBlock] = [types.TextContent(type="text", text=_words(body))]
    left = _INLINE_BYTES
    for artifact in artifacts:
        content.append(_link(client, artifact))
        if artifact.kind == "audio" and (sound := _sound(artifact, left)):
            left -= len(sound[0])
            data = base64.b64encode(sound[0]).decode()
            content.append(types.AudioContent(type="audio", data=data, mime_type=sound[1]))
    return types.CallToolResult(content=content, structured_content=body, is_error=failed)


def _refused(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)


def _words(body: dict[str, Any]) -> str:
    """Return what a model reads: the reply of a turn, the error of a failed tool, else the output as JSON."""
    import json

    if "reply" in body:
        return "\n".join([str(body["reply"]), *body.get("notes", [])])
    if error := body.get("error"):
        return f"{error['message']} {error.get('hint', '')}".strip()
    return json.dumps(body.get("out") or body, ensure_ascii=False)


def _link(client: Client, artifact: Artifact) -> types.ContentBlock:
    name = artifact.title or Path(artifact.path).name
    return types.ResourceLink(
        type="resource_link", name=name, uri=client.link(artifact), mime_type=_media(artifact.path)
    )


def _media(path: str) -> str:
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def _sound(artifact: Artifact, most: int) -> tuple[bytes, str] | None:
    """Return a sound and what it is, as mp3 where the file itself is larger than ``most``; None where both are."""
    path = Path(artifact.path)
    if path.stat().st_size <= most:
        return path.read_bytes(), _media(artifact.path)
    if (artifact.duration_s or 0.0) > _INLINE_S:
        return None
    with tempfile.TemporaryDirectory(prefix="segue-sound-") as folder:
        small = Path(folder) / "sound.mp3"
        encode(decode(path), small)
        return (small.read_bytes(), "audio/mpeg") if small.stat().st_size <= most else None


class Told:
    """How far a call is, in per cent, over all its steps. It never goes back, which the protocol asks for."""

    def __init__(self) -> None:
        self._shares: dict[str, float] = {}
        self._last = -1.0

    def take(self, event: Event) -> float | None:
        """Take an event; return the per cent where there is something new to tell. The last one is not among them."""
        if event.type in ("queued", "started") and event.step:
            self._shares.setdefault(event.step, 0.0)
        elif event.type == "progress" and event.total:
            self._shares[event.step] = min(1.0, (event.done or 0.0) / event.total)
        elif event.type in ("done", "failed", "skipped"):
            self._shares[event.step] = 1.0
        else:
            return None
        now = 99.0 * sum(self._shares.values()) / len(self._shares)
        if now < self._last + 1:  # one notification a per cent is enough
            return None
        self._last = now
        return now


def create_server(who: Callable[[ServerRequestContext[Any]], Client]) -> Server[Any]:
    """Return the protocol server; ``who`` says for each request who is served."""

    async def list_tools(context: ServerRequestContext[Any], params: Any) -> types.ListToolsResult:  # noqa: ANN401
        return types.ListToolsResult(tools=tool_list())

    async def call_tool(
        context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        loop = asyncio.get_running_loop()
        telling: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue()
        told = Told()

        def on_event(event: Event) -> None:
            share = told.take(event)
            if share is not None:
                loop.call_soon_threadsafe(telling.put_nowait, (share, f"{event.tool} {event.label}".strip()))

        async def tell() -> None:
            while (one := await telling.get()) is not None:
                await context.session.report_progress(one[0], 100.0, one[1])

        teller = asyncio.create_task(tell())
        try:
            client = await asyncio.to_thread(who, context)
            result = await asyncio.to_thread(call, client, params.name, dict(params.arguments or {}), on_event)
            if not result.is_error:
                telling.put_nowait((100.0, params.name))
        finally:
            telling.put_nowait(None)
            await teller  # the result comes after all that was told of it
        return result

    return Server(
        "segue",
        title="Segue",
        instructions="Music: find, make, change, describe and write it down. Take files in with `attach`, or just `chat`.",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def serve_stdio(agent: Agent) -> None:
    """Serve until standard input ends."""
    from mcp.server.stdio import stdio_server

    client = on_this_machine(agent)
    server = create_server(lambda context: client)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
