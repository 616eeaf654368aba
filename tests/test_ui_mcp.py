"""The MCP server with the official client: every tool, progress, files, and errors in words."""

import asyncio

import numpy as np
import pytest
from mcp import Client

from segue.agent import Agent
from segue.tools.core import registry
from segue.tools.core.audio import Waveform, encode
from segue.ui.mcp_server import create_server, on_this_machine


@pytest.fixture
def tone(tmp_path):
    time = np.arange(3 * 44100) / 44100
    path = tmp_path / "tone.wav"
    encode(Waveform((0.3 * np.sin(2 * np.pi * 220 * time)).astype(np.float32)[None], 44100), path)
    return path


def talk(tmp_path, conversation):
    async def main():
        with Agent(home=tmp_path / "home") as agent:
            own = on_this_machine(agent)
            async with Client(create_server(lambda context: own)) as client:
                return await conversation(client)

    return asyncio.run(main())


def test_every_tool_is_listed_with_its_schema(tmp_path):
    async def listed(client):
        return (await client.list_tools()).tools

    found = {tool.name: tool for tool in talk(tmp_path, listed)}
    assert set(registry.tools()) | {"chat", "attach"} == set(found)
    assert found["tag"].input_schema["required"] == ["clip"]
    assert all(tool.description for tool in found.values())


def test_a_file_is_attached_changed_and_handed_back_as_sound(tmp_path, tone):
    told = []

    async def edited(client):
        async def progress(done, total, label):
            told.append((done, total, label))

        piece = (await client.call_tool("attach", {"path": str(tone)})).structured_content
        args = {"clip": {"id": piece["id"]}, "operations": [{"op": "reverse"}]}
        return await client.call_tool("edit", args, progress_callback=progress)

    result = talk(tmp_path, edited)
    assert not result.is_error
    kinds = [block.type for block in result.content]
    assert kinds[0] == "text"
    assert {"resource_link", "audio"} <= set(kinds)
    assert result.structured_content["out"]["piece"]["clip"]["frames"] == 3 * 44100


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("tag", {"clip": {"id": "p_none"}}, "p_none"),
        ("tag", {"clop": 1}, "clip"),
        ("attach", {"path": "nowhere.wav"}, "nowhere.wav"),
        ("sing", {}, "sing"),
    ],
)
def test_what_goes_wrong_is_an_error_result_in_words(tmp_path, name, arguments, words):
    async def wrong(client):
        return await client.call_tool(name, arguments)

    result = talk(tmp_path, wrong)
    assert result.is_error
    assert words in result.content[0].text
    assert "Traceback" not in result.content[0].text
