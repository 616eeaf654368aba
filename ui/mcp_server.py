"""Segue for other agents: every tool over the Model Context Protocol, on stdio and over HTTP at ``/mcp``.

Besides the registered tools there are ``chat`` (a turn of a conversation) and ``attach`` (a file
becomes a piece whose id the other tools take). Results carry structured content; what a tool makes
comes as links to files, and sound of up to ``_INLINE_BYTES`` as audio content, too.
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
from segue.tools.core.errors import InvalidArgument, SegueError
from segue.tools.core.piece import Piece

_INLINE_BYTES = 2_000_000
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
    for artifact in artifacts:
        content += _file(client, artifact)
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


def _file(client: Client, artifact: Artifact) -> list[types.ContentBlock]:
    path = Path(artifact.path)
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    name = artifact.title or path.name
    blocks: list[types.ContentBlock] = [
        types.ResourceLink(type="resource_link", name=name, uri=client.link(artifact), mime_type=media_type)
    ]
    if artifact.kind == "audio" and path.stat().st_size <= _INLINE_BYTES:
        data = base64.b64encode(path.read_bytes()).decode()
        blocks.append(types.AudioContent(type="audio", data=data, mime_type=media_type))
    return blocks


def create_server(who: Callable[[ServerRequestContext[Any]], Client]) -> Server[Any]:
    """Return the protocol server; ``who`` says for each request who is served."""

    async def list_tools(context: ServerRequestContext[Any], params: Any) -> types.ListToolsResult:  # noqa: ANN401
        return types.ListToolsResult(tools=tool_list())

    async def call_tool(
        context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        loop = asyncio.get_running_loop()

        def on_event(event: Event) -> None:
            if event.type == "progress" and event.total:
                told = context.session.report_progress(
                    event.done or 0.0, event.total, f"{event.tool} {event.label}".strip()
                )
                asyncio.run_coroutine_threadsafe(told, loop)

        client = await asyncio.to_thread(who, context)
        return await asyncio.to_thread(call, client, params.name, dict(params.arguments or {}), on_event)

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
