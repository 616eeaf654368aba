"""Places for heavy steps: few at a time, owners take turns, positions are told, who stops waiting is out."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from segue.agent import Agent
from segue.agent.places import Places
from segue.tools.core.errors import Cancelled


def order_of(arrivals: list[str], count: int = 1) -> tuple[list[str], dict[int, list[int]]]:
    """Let steps of these owners arrive while a first one runs; return who ran in which order, and what each was told."""
    ran: list[str] = []
    told: dict[int, list[int]] = {}

    async def main() -> None:
        places, stop, gate = Places(count), asyncio.Event(), asyncio.Event()

        async def first() -> None:
            async with places.place("a", stop, lambda p: None):
                await gate.wait()

        async def one(number: int, owner: str) -> None:
            async with places.place(owner, stop, told.setdefault(number, []).append):
                ran.append(f"{owner}{number}")
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(first()) for _ in range(count)]
        await asyncio.sleep(0)
        for number, owner in enumerate(arrivals):
            tasks.append(asyncio.create_task(one(number, owner)))
            await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*tasks)
        assert places.waiting == 0

    asyncio.run(main())
    return ran, told


def test_owners_take_turns() -> None:
    ran, told = order_of(["a", "a", "a", "b", "c"])
    assert ran == ["b3", "c4", "a0", "a1", "a2"]
    assert told[0][0] == 1
    assert told[0][-1] == 1
    assert max(told[0]) == 3, "others who have had nothing yet come first"
    assert told[3][0] == 1


def stopped(work: Callable[[Places, asyncio.Event], Awaitable[None]]) -> None:
    async def main() -> None:
        places, stop = Places(1), asyncio.Event()
        async with places.place("a", asyncio.Event(), lambda p: None):
            waiting = asyncio.ensure_future(work(places, stop))
            await asyncio.sleep(0)
            assert places.waiting == 1
            stop.set()
            with pytest.raises(Cancelled):
                await waiting
            assert places.waiting == 0
        async with places.place("b", asyncio.Event(), lambda p: None):
            pass

    asyncio.run(main())


def test_who_stops_waiting_is_out_of_the_queue() -> None:
    async def wait(places: Places, stop: asyncio.Event) -> None:
        async with places.place("b", stop, lambda p: None):
            raise AssertionError("there was no place")

    stopped(wait)


def test_a_branch_is_a_conversation_of_its_own(tmp_path) -> None:
    with Agent(home=tmp_path / "home") as agent:
        session = agent.chat("hello").session
        agent.chat("thanks", session)
        branch = agent.branch(session, 1)
        assert branch.turns == 1
        agent.chat("what can you do?", branch.id)
        assert [turn.message for turn in agent.history(branch.id)] == ["hello", "what can you do?"]
        assert [turn.message for turn in agent.history(session)] == ["hello", "thanks"]
        assert agent.history(branch.id)[0].reply.session == branch.id
        agent.delete(session)
        assert len(agent.history(branch.id)) == 2
