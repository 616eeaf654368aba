"""The LLM planner on a real vLLM engine. Its model is random: what comes out must be valid, or rejected and said.

``RANDOM_PLANS`` is how many random plans are asked for: 16 by default; 500 take a quarter of an hour.
"""

import asyncio
import json
import os
import time
from pathlib import Path

import jsonschema
import pytest

from segue.agent import Agent
from segue.agent.dialogue import State
from segue.agent.llm import Llm
from segue.agent.llm_schema import plan_schema
from segue.agent.planner import Planner
from segue.agent.planner_words import plan_messages
from segue.tools.core.errors import Cancelled
from segue.tools.core.settings import Settings
from tests.vllm_support import running, vllm, vllm_python

pytestmark = [
    pytest.mark.served,
    pytest.mark.skipif(vllm_python() is None, reason="no vLLM here: .ci/vllm builds it on x86-64 Linux"),
]
MESSAGES = [
    "make a lo-fi beat", "find something calm", "describe this", "hello", "transpose it up a tone",
    "what is in my library?", "export it as mp3", "take number 2, remove the vocals and transcribe the bass",
]  # fmt: skip


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory):
    with vllm(tmp_path_factory.mktemp("vllm")) as address:
        yield address


def at(url: str, home: Path, **more) -> Settings:
    limits = {
        "llm_max_tokens": 120,
        "llm_temperature": 1.0,
        "llm_timeout_s": 240.0,
        "certain": False,
        "retries": 0,
        **more,
    }
    return Settings(home=home, llm_base_url=url, llm_model="tiny", **limits)


def untraced(kind: str, body: dict) -> None:
    """Keep no trace."""


def test_eight_turns_at_once_end_with_a_plan_that_holds(url: str, tmp_path: Path) -> None:
    agent = Agent(at(url, tmp_path, certain=True), planner="llm")

    async def all_of_them():
        return await asyncio.gather(*[agent.achat(message) for message in MESSAGES])

    replies = asyncio.run(all_of_them())
    agent.close()
    for message, reply in zip(MESSAGES, replies, strict=True):
        assert reply.reply, message
        by_other = any("built-in planner planned this turn" in note for note in reply.notes)
        assert by_other == (reply.plan.planner == "builtin"), (message, reply.plan, reply.notes)


def test_random_plans_are_valid_or_rejected(url: str, tmp_path: Path) -> None:
    """Each answer that ended fits the schema; each plan that was let through can be checked again."""
    count = int(os.environ.get("RANDOM_PLANS", "16"))
    schema = plan_schema()
    seen: list[tuple[str, str]] = []
    outcomes: list[str] = []

    async def one(number: int, gate: asyncio.Semaphore) -> None:
        message = MESSAGES[number % len(MESSAGES)]
        planner = Planner(at(url, tmp_path), lambda id: False, "llm")

        def trace(kind: str, body: dict) -> None:
            if kind == "answer" and body.get("finish") == "stop":
                seen.append((message, body["text"]))

        async with gate:
            plan = await planner.plan(message, State(), trace=trace, stop=asyncio.Event())
        outcomes.append(plan.planner)

    async def everything() -> None:
        gate = asyncio.Semaphore(8)
        await asyncio.gather(*[one(number, gate) for number in range(count)])

    asyncio.run(everything())
    assert len(outcomes) == count
    assert set(outcomes) <= {"llm", "builtin"}
    assert seen, "not one answer came to its end: raise llm_max_tokens"
    for message, text in seen:
        jsonschema.validate(json.loads(text), schema), message


def test_an_answer_that_is_cut_off_is_repaired_or_replaced_and_said(url: str, tmp_path: Path) -> None:
    agent = Agent(at(url, tmp_path, llm_max_tokens=8), planner="llm")
    reply = agent.chat("make me a sandwich of sounds")
    agent.close()
    assert reply.plan.planner == "builtin"
    assert any("so the built-in planner planned this turn" in note for note in reply.notes)


def test_a_reply_streams_in_pieces(url: str, tmp_path: Path) -> None:
    pieces: list[str] = []
    llm = Llm(at(url, tmp_path, llm_max_tokens=40))
    said = [{"role": "user", "content": "Say something."}]
    answer = asyncio.run(llm.stream(said, pieces.append, trace=untraced, stop=asyncio.Event()))
    assert len(pieces) > 3
    assert "".join(pieces) == answer.text
    assert answer.finish in ("stop", "length")


def test_cancelling_frees_the_engine(url: str, tmp_path: Path) -> None:
    llm = Llm(at(url, tmp_path, llm_max_tokens=4000))
    messages, _ = plan_messages("make a beat", State(), [])

    async def stopped() -> float:
        stop = asyncio.Event()
        task = asyncio.ensure_future(llm.stream(messages, lambda piece: None, trace=untraced, stop=stop))
        while not await asyncio.to_thread(running, url):
            await asyncio.sleep(0.1)
        stop.set()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            await task
        return time.monotonic() - began

    assert asyncio.run(stopped()) < 1.0
    end = time.monotonic() + 20
    while running(url) and time.monotonic() < end:
        time.sleep(0.1)
    assert running(url) == 0
