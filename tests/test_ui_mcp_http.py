"""MCP over HTTP with the official client: owners by key, files in and out, progress that arrives in order."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from segue.tools.core import registry
from tests.ui_support import service, tone


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    with service(tmp_path_factory.mktemp("served") / "home") as (url, _):
        yield url


def talk(url: str, key: str, conversation: Callable[[Client], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            create_mcp_http_client(headers=headers) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
        ):
            return await conversation(client)

    return asyncio.run(main())


class Heard:
    """What a progress callback is told."""

    def __init__(self) -> None:
        self.shares: list[float] = []
        self.labels: list[str] = []

    async def __call__(self, done: float, total: float | None, label: str | None) -> None:
        assert total == 100
        self.shares.append(done)
        self.labels.append(label or "")

    def rose_to_the_end(self) -> bool:
        rising = all(before < after for before, after in zip(self.shares, self.shares[1:], strict=False))
        return rising and self.shares[-1:] == [100.0]


def test_a_file_goes_in_and_comes_back_as_sound(running: str, tmp_path: Path) -> None:
    data = base64.b64encode(tone(tmp_path / "tone.wav", seconds=3).read_bytes()).decode()
    heard = Heard()

    async def conversation(client: Client) -> Any:
        names = {tool.name for tool in (await client.list_tools()).tools}
        kept = await client.call_tool("attach", {"data": data, "name": "tone.wav"})
        assert not kept.is_error, kept.content
        refused = await client.call_tool("attach", {"path": str(Path(__file__))})
        assert refused.is_error
        piece = kept.structured_content["id"]
        args = {"clip": {"id": piece}, "operations": [{"op": "reverse"}]}
        return names, piece, await client.call_tool("edit", args, progress_callback=heard)

    names, piece, edited = talk(running, "mcp-ann", conversation)
    assert names == set(registry.tools()) | {"chat", "attach"}
    assert not edited.is_error
    kinds = {block.type: block for block in edited.content}
    assert {"text", "audio", "resource_link"} <= set(kinds)
    assert base64.b64decode(kinds["audio"].data)[:4] in (b"fLaC", b"RIFF")
    assert httpx.get(str(kinds["resource_link"].uri)).status_code == 200
    assert heard.rose_to_the_end(), heard.shares
    with httpx.Client(base_url=running, headers={"Authorization": "Bearer bob"}) as bob:
        assert bob.get(f"/api/pieces/{piece}").status_code == 404
    assert httpx.post(f"{running}/mcp", json={}).status_code == 401


def test_progress_of_a_piece_and_of_a_turn_with_two_steps(running: str) -> None:
    piece, turn, wrong = Heard(), Heard(), Heard()

    async def conversation(client: Client) -> Any:
        made = await client.call_tool(
            "generate", {"prompt": "lo-fi loop", "bars": 2, "seed": 1}, progress_callback=piece
        )
        message = {"message": "make a 2 bar folk loop and transpose it up a tone"}
        said = await client.call_tool("chat", message, progress_callback=turn)
        await client.call_tool("tag", {"clip": {"id": "p_none"}}, progress_callback=wrong)
        return made, said

    made, said = talk(running, "mcp-eve", conversation)
    assert "audio" in {block.type for block in made.content}
    assert piece.rose_to_the_end(), piece.shares
    assert len(piece.shares) > 3
    assert len(said.structured_content["plan"]["steps"]) == 2
    assert turn.rose_to_the_end(), turn.shares
    assert {label.split(" ")[0] for label in turn.labels} >= {"generate", "edit"}
    assert 100.0 not in wrong.shares, "what failed has not come to its end"
