"""Turns that are killed, interrupted or left in the middle: what was done stays done, the rest goes on."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from segue.agent import Agent
from segue.agent.plan import Plan
from segue.tools.core.errors import HomeInUse
from tests.agent_support import WORK, Scripted, WorkOut, engine, opener, registered, settings_at, steps, work

CHILD = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent that runs in the background may have it ignored
from tests.agent_support import *
from segue.agent import Agent

home, log, session = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def run(args, context):
    if args.name == "slow":
        (home / "reached").write_text("now")
        while not context.stop.is_set():
            time.sleep(0.01)
        context.check()
    return worker(log)(args, context)

calls = [{"name": "one"}, {"name": "slow", "word": {"step": "s1", "field": "word"}}, {"name": "three", "word": {"step": "s2", "field": "word"}}]
with registered(engine(WORK, run)):
    Agent(settings_at(home), planner=Scripted(Plan(steps=steps(*[("work", args) for args in calls])))).chat("do the work", session)
"""


@pytest.fixture
def agent(tmp_path):
    """Return a function that opens an agent whose planner plays plans; its work is logged in ``log``."""
    with opener(tmp_path) as open_:
        yield open_


@pytest.fixture
def at_work(tmp_path):
    """Return a process that is in the middle of a turn (its first step is done), and its session."""
    home = tmp_path / "home"
    opened = Agent(settings_at(home), planner=Scripted())
    session = opened.new_session().id
    opened.close()
    command = [sys.executable, "-c", CHILD, str(home), str(tmp_path / "log"), session]
    child = subprocess.Popen(command, cwd=Path(__file__).parent.parent, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (home / "reached").exists():
        assert time.monotonic() < deadline
        assert child.poll() is None, child.communicate()
        time.sleep(0.02)
    yield child, session
    child.kill()
    child.communicate()


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_killed_turn_goes_on_and_finished_steps_are_not_run_again(at_work, agent, tmp_path):
    child, session = at_work
    log = tmp_path / "log"
    talk = agent(Plan(reply="Hello again."))
    with pytest.raises(HomeInUse, match=f"process {child.pid}.* is at work on this session"):
        talk.chat("hello", session)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["one"]
    heard: list[tuple[str, str]] = []
    reply = talk.chat("hello", session, on_event=lambda event: heard.append((event.turn, event.type)))
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["one", "slow", "three"]
    assert "Your last request, “do the work”, had been interrupted; I finished it first." in reply.reply
    assert "word: three+slow+one" in reply.reply
    assert reply.reply.endswith("Hello again.")
    assert heard[-1] == (reply.turn, "reply")
    assert [turn for turn, kind in heard if kind == "reply"] == [reply.turn]
    first, second = talk.history(session)
    assert (first.status, second.status) == ("done", "done")
    assert first.reply.notes[0].startswith("This request had been interrupted; it was resumed")
    assert [result.status for result in first.reply.results] == ["done"] * 3
    assert talk.resume(session) == []


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_control_c_stops_the_turn_and_says_so_in_the_history(at_work, agent):
    child, session = at_work
    start = time.monotonic()
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert time.monotonic() - start < 15  # of thirty seconds of work
    assert "KeyboardInterrupt" in err
    (turn,) = agent().history(session)
    assert [result.status for result in turn.reply.results] == ["done", "cancelled", "cancelled"]


def test_a_turn_that_never_got_a_plan_is_planned_when_it_is_resumed(agent):
    talk = agent(Plan(steps=steps(work("late"))), Plan(reply="Hello."))
    session = talk.new_session().id
    talk._house.sessions.begin(session, "do it", [], "999999999:0")
    (reply,) = talk.resume(session)
    assert reply.results[0].out["word"] == "late"
    assert reply.reply.startswith("This request had been interrupted; it was resumed")


def test_a_turn_interrupted_again_and_again_is_given_up(agent):
    talk = agent(Plan(reply="Hello."))
    session = talk.new_session().id
    turn = talk._house.sessions.begin(session, "do it", [], "")
    talk._house.sessions.adopt(turn.id, "999999999:0#2")
    reply = talk.chat("hello", session)
    assert "“do it” was interrupted every time it was tried, so I gave it up" in reply.reply
    assert reply.reply.endswith("Hello.")
    assert [turn.status for turn in talk.history(session)] == ["broken", "done"]


def test_who_follows_a_turn_is_let_go_when_segue_ends(tmp_path):
    """A server that ends with a turn at work ends; the turn is finished after the next start."""
    with registered(engine(WORK, lambda args, context: time.sleep(30) or WorkOut(word=args.name))):
        talk = Agent(settings_at(tmp_path), planner=Scripted(Plan(steps=steps(("work", {})))))
        session, begun = talk.new_session().id, threading.Event()

        def follow():
            with contextlib.suppress(CancelledError):
                for event in talk.stream("work", session):
                    if event.type == "started" and event.step:
                        begun.set()

        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        assert begun.wait(30)
        talk.close()
        follower.join(10)
        assert not follower.is_alive()
        with Agent(settings_at(tmp_path), planner=Scripted()) as later:
            assert later.history(session)[-1].status == "open"
