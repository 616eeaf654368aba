"""/v1 as clients of other makers use it: openai, LangChain, an Open-WebUI-like sequence."""

import asyncio
import base64
import io
import json
import re
from typing import Any

import httpx
import openai
import pytest
import soundfile

from tests.ui_support import service, tone

MAKE = "make a 2 bar lo-fi loop"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    with service(tmp_path_factory.mktemp("served") / "home") as (url, _):
        yield url


@pytest.fixture
def client(running: str):
    with openai.OpenAI(base_url=f"{running}/v1", api_key="ann", max_retries=0, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return tone(tmp_path_factory.mktemp("files") / "tone.wav", seconds=3).read_bytes()


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


@pytest.fixture(scope="module")
def made(running: str) -> dict[str, Any]:
    """An answer with a piece, asked for with its sound."""
    with openai.OpenAI(base_url=f"{running}/v1", api_key="ann", max_retries=0, timeout=120) as client:
        done = client.chat.completions.create(
            model="segue",
            messages=[user(MAKE)],
            modalities=["text", "audio"],
            audio={"voice": "alloy", "format": "wav"},
        )
    return done.model_dump()


def links(text: str) -> list[str]:
    return re.findall(r"\]\((http[^)]+)\)", text)


def test_the_model_is_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["segue"]
    assert client.models.retrieve("segue").owned_by == "segue"
    with pytest.raises(openai.NotFoundError, match="segue"):
        client.chat.completions.create(model="gpt-4o", messages=[user("hello")])


def test_what_is_made_comes_as_links_and_as_sound(made: dict[str, Any]) -> None:
    message = made["choices"][0]["message"]
    assert made["choices"][0]["finish_reason"] == "stop"
    assert "Here is" in message["content"]
    found = links(message["content"])
    assert len(found) == 2, "sound and MIDI"
    answer = httpx.get(found[0])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/mpeg")
    frames, rate = soundfile.read(io.BytesIO(base64.b64decode(message["audio"]["data"])))
    assert len(frames) > rate
    assert made["segue"]["artifacts"][0]["url"].startswith("http://127.0.0.1")
    assert made["usage"]["total_tokens"] > 0


def test_a_conversation_goes_on_without_being_named(client: openai.OpenAI, made: dict[str, Any]) -> None:
    history = [user(MAKE), {"role": "assistant", "content": made["choices"][0]["message"]["content"]}]
    slower = client.chat.completions.create(model="segue", messages=[*history, user("make it slower")])
    assert slower.segue["session"] == made["segue"]["session"]  # type: ignore[attr-defined]
    assert slower.segue["plan"]["steps"][0]["tool"] == "edit"  # type: ignore[attr-defined]
    # The same message once more, as a client does that asks for another answer: a branch, not a third turn.
    again = client.chat.completions.create(model="segue", messages=[*history, user("transpose it up a tone")])
    assert again.segue["session"] != made["segue"]["session"]  # type: ignore[attr-defined]
    assert again.segue["plan"]["steps"][0]["tool"] == "edit"  # type: ignore[attr-defined]
    lost = [user("make a tango"), {"role": "assistant", "content": "Here."}, user("hello")]
    fresh = client.chat.completions.create(model="segue", messages=lost)
    assert "begins anew" in fresh.choices[0].message.content


def test_progress_streams_where_clients_ignore_it(client: openai.OpenAI) -> None:
    with client.chat.completions.create(
        model="segue", messages=[user(MAKE)], stream=True, stream_options={"include_usage": True}
    ) as stream:
        chunks = list(stream)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    text = "".join(delta.content or "" for delta in deltas)
    thoughts = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
    assert "Here is" in text
    assert len(links(text)) == 2
    assert "generate · composer" in thoughts
    assert "generate" not in text.split("](")[0]
    assert chunks[-1].usage.completion_tokens > 0
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"


def test_sound_that_is_sent_is_listened_to(client: openai.OpenAI, sound: bytes) -> None:
    data = base64.b64encode(sound).decode()
    for part in (
        {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}},
        {"type": "file", "file": {"filename": "x.wav", "file_data": f"data:audio/wav;base64,{data}"}},
    ):
        content = [{"type": "text", "text": "reverse it"}, part]
        done = client.chat.completions.create(model="segue", messages=[{"role": "user", "content": content}])
        assert done.segue["artifacts"][0]["duration_s"] == pytest.approx(3, abs=0.01)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"type": "input_audio", "input_audio": {"data": "!!", "format": "wav"}}, "base64"),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "exe"}}, "exe"),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}, "sound file"),
        ({"type": "audio_url", "audio_url": {"url": "http://127.0.0.1:9/x.wav"}}, "addresses"),
    ],
)
def test_sound_that_cannot_be_read_is_refused(client: openai.OpenAI, part: dict[str, Any], words: str) -> None:
    with pytest.raises(openai.BadRequestError, match=words):
        client.chat.completions.create(model="segue", messages=[{"role": "user", "content": [part]}])


def test_errors_have_their_types(client: openai.OpenAI, running: str) -> None:
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="segue", messages=[user("hello")], n=3)
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="segue", messages=[user("hello")], metadata={"session": "s_none"})
    nobody = httpx.post(f"{running}/v1/chat/completions", json={"model": "segue", "messages": [user("hello")]})
    assert nobody.status_code == 401
    assert nobody.json()["error"]["type"] == "authentication_error"


def test_langchain_talks_to_it(running: str) -> None:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    model = ChatOpenAI(model="segue", base_url=f"{running}/v1", api_key=SecretStr("lc"), max_retries=0, timeout=120)
    said = model.invoke([("system", "You are brief."), ("human", "hello")])
    assert said.text
    streamed = [chunk.text for chunk in model.stream([("human", "hello"), ("ai", said.text), ("human", "thanks")])]
    assert "".join(streamed)

    async def ask() -> str:
        return (await model.ainvoke([("human", "what can you do?")])).text

    assert asyncio.run(ask())


def test_what_open_webui_asks(running: str) -> None:
    """Its sequence: the models, a streamed turn, then title, tags and follow-ups, which are no turns."""
    with httpx.Client(base_url=running, headers={"Authorization": "Bearer webui"}, timeout=60) as web:
        assert web.get("/v1/models").json()["data"][0]["id"] == "segue"
        body = {
            "model": "segue",
            "stream": True,
            "messages": [user("hello")],
            "stream_options": {"include_usage": True},
        }
        with web.stream("POST", "/v1/chat/completions", json=body) as answer:
            lines = [line for line in answer.read().decode().split("\n\n") if line.startswith("data: ")]
        assert lines[-1] == "data: [DONE]"
        talk = "<chat_history>\nUSER: hello\nASSISTANT: Hello.\n</chat_history>"
        for asked, field in [
            ("Generate a concise, 3-5 word title\n### Output:\nJSON format: { \"title\": \"your title\" }", "title"),
            ("Generate 1-3 broad tags\n### Output:\nJSON format: { \"tags\": [\"tag1\"] }", "tags"),
            ("Suggest 3-5 follow-up questions\nJSON format: { \"follow_ups\": [\"Question 1?\"] }", "follow_ups"),
        ]:  # fmt: skip
            task = {
                "model": "segue",
                "stream": False,
                "messages": [user(f"### Task:\n{asked}\n### Chat History:\n{talk}")],
            }
            done = web.post("/v1/chat/completions", json=task).json()
            assert field in json.loads(done["choices"][0]["message"]["content"])
        assert [one["title"] for one in web.get("/api/sessions").json()] == ["hello"]


def test_owners_do_not_share_conversations(running: str, made: dict[str, Any]) -> None:
    with openai.OpenAI(base_url=f"{running}/v1", api_key="bob", max_retries=0, timeout=60) as bob:
        history = [user(MAKE), {"role": "assistant", "content": made["choices"][0]["message"]["content"]}]
        done = bob.chat.completions.create(model="segue", messages=[*history, user("thanks")])
        assert done.segue["session"] != made["segue"]["session"]  # type: ignore[attr-defined]
        with pytest.raises(openai.NotFoundError):
            bob.chat.completions.create(
                model="segue", messages=[user("hello")], metadata={"session": made["segue"]["session"]}
            )
