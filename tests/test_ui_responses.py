"""``/v1/responses`` with the real ``openai`` client: whole, streamed, in the background, one after another."""

import base64
import time
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types import responses as types

from tests.ui_support import service, tone

MAKE = "make a 2 bar lo-fi loop"
LONG = "make a 4 minute orchestral film score"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    with service(tmp_path_factory.mktemp("served") / "home") as (url, _):
        yield url


@pytest.fixture(scope="module")
def client(running: str):
    with openai.OpenAI(base_url=f"{running}/v1", api_key="ann", max_retries=0, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def made(client: openai.OpenAI) -> types.Response:
    return client.responses.create(model="segue", input=MAKE, metadata={"for": "the film"})


def citations(response: types.Response) -> list[Any]:
    message = next(item for item in response.output if item.type == "message")
    return [note for part in message.content for note in part.annotations]


def test_what_was_made_is_cited(made: types.Response) -> None:
    types.Response.model_validate(made.model_dump())  # strictly, which the client itself does not ask
    assert made.status == "completed"
    assert made.metadata == {"for": "the film"}
    assert "Here is" in made.output_text
    assert [item.type for item in made.output] == ["reasoning", "message"]
    assert "generate · composer: done" in made.output[0].summary[0].text
    cited = citations(made)
    assert [note.type for note in cited] == ["url_citation"] * 2, "sound and MIDI"
    for note in cited:
        assert note.url in made.output_text[note.start_index : note.end_index]
    assert httpx.get(cited[0].url).headers["content-type"] == "audio/mpeg"
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens


def test_a_response_follows_another(client: openai.OpenAI, made: types.Response) -> None:
    slower = client.responses.create(model="segue", input="make it slower", previous_response_id=made.id)
    assert slower.previous_response_id == made.id
    assert slower.segue["plan"]["steps"][0]["tool"] == "edit"  # type: ignore[attr-defined]
    assert slower.segue["session"] == made.segue["session"]  # type: ignore[attr-defined]
    other = client.responses.create(model="segue", input="transpose it up a tone", previous_response_id=made.id)
    assert other.segue["session"] != made.segue["session"], "a branch: the first one went on"  # type: ignore[attr-defined]
    assert other.segue["plan"]["steps"][0]["tool"] == "edit"  # type: ignore[attr-defined]
    said = [{"role": "user", "content": MAKE}, *(item.model_dump() for item in made.output), {"role": "user", "content": "thanks"}]  # fmt: skip
    told = client.responses.create(model="segue", input=said)
    assert "begins anew" not in told.output_text, "the output of one is the input of the next"
    for wrong in ("resp_s_000000000000_1", "resp_x", made.id[:-1] + "9"):
        with pytest.raises(openai.NotFoundError):
            client.responses.create(model="segue", input="and now?", previous_response_id=wrong)


def test_it_is_kept_asked_for_and_deleted(running: str, client: openai.OpenAI) -> None:
    told = client.responses.create(model="segue", input="hello", instructions="Answer like a pirate.")
    assert "Not done: instructions" in told.output_text, "what is not followed is said"
    again = client.responses.retrieve(told.id)
    types.Response.model_validate(again.model_dump())
    assert (again.id, again.status, again.output_text) == (told.id, "completed", told.output_text)
    assert again.instructions == "Answer like a pirate."
    asked = client.responses.input_items.list(told.id)
    assert [item.content[0].text for item in asked.data] == ["hello"]
    with openai.OpenAI(base_url=f"{running}/v1", api_key="bob", max_retries=0) as bob:
        for refused in (bob.responses.retrieve, bob.responses.delete, bob.responses.cancel):
            with pytest.raises(openai.NotFoundError):
                refused(told.id)
    client.responses.delete(told.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(told.id)


def test_what_is_not_to_be_kept_leaves_no_trace(running: str, client: openai.OpenAI, made: types.Response) -> None:
    with httpx.Client(base_url=running, headers={"Authorization": "Bearer ann"}) as web:
        before = {one["id"]: one["turns"] for one in web.get("/api/sessions").json()}
        told = client.responses.create(model="segue", input="thanks", previous_response_id=made.id, store=False)
        assert told.store is False
        assert {one["id"]: one["turns"] for one in web.get("/api/sessions").json()} == before
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(told.id)


def test_events_are_those_that_the_client_knows(client: openai.OpenAI) -> None:
    with client.responses.stream(model="segue", input=MAKE) as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    firsts = [kinds.index(f"response.{kind}") for kind in (
        "reasoning_summary_part.added", "reasoning_summary_text.delta", "reasoning_summary_text.done", "content_part.added",
        "output_text.delta", "output_text.annotation.added", "output_text.done", "content_part.done",
    )]  # fmt: skip
    assert firsts == sorted(firsts)
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert deltas == final.output_text
    assert len(citations(final)) == 2
    thoughts = "".join(event.delta for event in events if event.type == "response.reasoning_summary_text.delta")
    assert "generate · composer" in thoughts
    assert client.responses.retrieve(final.id).status == "completed"
    types.Response.model_validate(
        final.model_dump(exclude={"output": {"__all__": {"content": {"__all__": {"parsed"}}}}})
    )


def test_a_recording_is_heard(client: openai.OpenAI, tmp_path: Path) -> None:
    data = base64.b64encode(tone(tmp_path / "tone.wav", seconds=3).read_bytes()).decode()
    sound = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    text = {"type": "input_text", "text": "reverse this"}
    done = client.responses.create(model="segue", input=[{"role": "user", "content": [text, sound]}])  # type: ignore[list-item,misc]
    assert done.segue["plan"]["steps"][0]["tool"] == "edit"  # type: ignore[attr-defined]
    assert citations(done)
    file = {"type": "input_file", "filename": "tone.wav", "file_data": f"data:audio/wav;base64,{data}"}
    told = client.responses.create(model="segue", input=[{"role": "user", "content": [file]}])  # type: ignore[list-item,misc]
    assert "3.0 s" in told.output_text
    items = client.responses.input_items.list(told.id).data
    assert [part.type for part in items[0].content] == ["input_text", "input_file"]


def test_in_the_background_it_is_looked_at_and_stopped(client: openai.OpenAI) -> None:
    begun = client.responses.create(model="segue", input=LONG, background=True)
    assert begun.status == "in_progress"
    assert client.responses.retrieve(begun.id).status == "in_progress"
    began = time.monotonic()
    stopped = client.responses.cancel(begun.id)
    assert stopped.status == "cancelled"
    assert time.monotonic() - began < 10
    assert client.responses.retrieve(begun.id).status == "cancelled"
    done = client.responses.create(model="segue", input="hello", background=True)
    while done.status == "in_progress":
        time.sleep(0.05)
        done = client.responses.retrieve(done.id)
    assert done.status == "completed"
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model="segue", input="hello", background=True, store=False)


def test_who_leaves_a_stream_stops_it(client: openai.OpenAI) -> None:
    stream = client.responses.create(model="segue", input=LONG, stream=True)
    first = next(event for event in stream if event.type == "response.reasoning_summary_text.delta")
    assert first.delta
    id = "resp_" + stream.response.headers["x-segue-session"] + "_1"
    stream.close()
    deadline = time.monotonic() + 30
    while (left := client.responses.retrieve(id)).status == "in_progress":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert left.status == "cancelled"


def test_what_is_wrong_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="segue"):
        client.responses.create(model="gpt-4o", input="hello")
    for wrong in ("", [], [{"role": "assistant", "content": "hello"}]):
        with pytest.raises(openai.BadRequestError):
            client.responses.create(model="segue", input=wrong)  # type: ignore[arg-type]
