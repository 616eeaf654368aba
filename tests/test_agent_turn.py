"""Turns end to end: durable, one at a time, undone and confirmed; through ``Agent``, as users go."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from segue.agent import Agent, Reply
from segue.agent.dialogue import State
from segue.agent.plan import Plan, StateOp
from segue.tools.core.audio import encode
from segue.tools.core.errors import DiskFull, InvalidArgument, NotFound, SegueError, UnreadableMedia
from tests.agent_support import (  # fmt: skip
    only,
    opener,
    settings_at,
    steps,
    tone,
    work,
)


@pytest.fixture
def agent(tmp_path):
    """Return a function that opens an agent whose planner plays plans; its work is logged in ``log``."""
    with opener(tmp_path) as open_:
        yield open_


def test_a_reply_is_the_object_that_chat_json_prints(agent):
    reply = agent(Plan(steps=steps(("make", {"title": "tune"}), work("a")), notes=["A wish was left out"])).chat("go")
    printed = json.loads(reply.model_dump_json())
    assert list(printed) == ["session", "turn", "reply", "plan", "results", "artifacts", "notes"]
    assert list(printed["plan"]["steps"][0]) == ["id", "tool", "args"]
    assert list(printed["results"][0]) == ["step", "tool", "backend", "status", "seconds", "out", "error"]
    (sound,) = printed["artifacts"]
    assert list(sound) == ["id", "kind", "path", "title", "duration_s"]
    assert (sound["kind"], sound["title"], sound["duration_s"]) == ("audio", "tune 1", 0.25)
    assert Path(sound["path"]).read_bytes()[:4] == b"fLaC"
    assert sound["id"] == printed["results"][0]["out"]["pieces"][0]["id"]
    assert printed["notes"] == ["A wish was left out"]
    assert "A wish was left out." in printed["reply"]


def test_the_first_event_comes_at_once_and_the_last_has_the_reply(agent):
    talk = agent(Plan(steps=steps(work("a"))), Plan(steps=steps(work("b"))))
    session = talk.chat("warm up").session
    stream = talk.stream("again", session)
    first = next(stream)
    assert first.type == "started"
    rest = list(stream)
    assert [event.type for event in rest if event.step and event.type != "progress"] == ["queued", "started", "done"]
    assert isinstance(rest[-1].reply, Reply)
    assert {event.turn for event in [first, *rest]} == {rest[-1].reply.turn}


def test_undo_and_redo_move_the_focus_and_say_what(agent):
    def edit(state: State) -> Plan:
        return Plan(steps=steps(("make", {"title": "later"})))

    talk = agent(Plan(steps=steps(("make", {"title": "first"}))), edit, only(StateOp(op="undo")), only(StateOp(op="redo")), only(StateOp(op="undo")), only(StateOp(op="undo")), only(StateOp(op="undo")))  # fmt: skip
    session = talk.chat("make one").session
    first = talk.state(session).focus
    talk.chat("make another", session)
    both = talk.state(session).focus
    assert len(both) == 2
    undone = talk.chat("undo that", session)
    assert undone.reply.startswith("Undone: “make another”. We are back at “first 1”.")
    state = talk.state(session)
    assert (state.focus, state.undone) == (first, 1)
    assert talk.chat("redo", session).reply == "Done again: “make another”."
    assert talk.state(session).focus == both
    talk.chat("undo", session)
    assert talk.chat("undo", session).reply.startswith("Undone: “make one”.")
    assert talk.state(session).focus == []
    assert talk.chat("undo", session).reply == "There is nothing to undo."


def test_a_new_agent_folds_the_same_state_from_the_file(agent):
    talk = agent(Plan(steps=steps(("make", {"count": 3}))), only(StateOp(op="like", target="Nujabes")))
    session = talk.chat("make three takes").session
    talk.chat("I like Nujabes", session)
    before = talk.state(session)
    talk.close()
    after = agent().state(session)
    assert after == before
    assert after.lists[-1].kind == "takes"
    assert len(after.lists[-1].ids) == 3
    assert after.roles == {"artist:Nujabes": "LIKED"}


def test_what_needs_a_yes_waits_for_it(agent, tmp_path):
    writes = Plan(steps=steps(work("before"), ("note", {"text": "tags"})))
    talk = agent(writes, only(StateOp(op="confirm")), only(StateOp(op="confirm")))
    asked = talk.chat("write the tags")
    assert asked.reply == "This writes “tags” into your files. Shall I? Say yes, and I do it."
    assert asked.results == []
    assert not (tmp_path / "log").exists()
    assert talk.state(asked.session).pending is not None
    done = talk.chat("yes", asked.session)
    assert [result.status for result in done.results] == ["done", "done"]
    assert (tmp_path / "log").read_text().count("note tags") == 1
    assert talk.state(asked.session).pending is None
    assert "nothing waits for a yes" in talk.chat("yes", asked.session).reply


def test_anything_but_yes_drops_what_waits(agent, tmp_path):
    talk = agent(Plan(steps=steps(("note", {"text": "x"}))), Plan(reply="Hello."), only(StateOp(op="confirm")))
    session = talk.chat("write").session
    talk.chat("hello", session)
    assert talk.state(session).pending is None
    talk.chat("yes", session)
    assert not (tmp_path / "log").exists()


def test_two_turns_of_one_session_come_one_after_the_other(agent, tmp_path):
    talk = agent(Plan(steps=steps(work("first", seconds=0.4))), Plan(steps=steps(work("second"))))
    session = talk.new_session().id
    events: list[str] = []
    first = threading.Thread(target=talk.chat, args=("one", session))
    first.start()
    time.sleep(0.15)
    talk.chat("two", session, on_event=lambda event: events.append(event.type))
    first.join()
    assert [line.split()[0] for line in (tmp_path / "log").read_text().splitlines()] == ["first", "second"]
    assert events[0] == "queued"
    assert [turn.message for turn in talk.history(session)] == ["one", "two"]


def test_two_sessions_run_side_by_side(agent):
    talk = agent(Plan(steps=steps(work("a"))), Plan(steps=steps(work("b"))))
    talk.new_session()
    threads = [threading.Thread(target=talk.chat, args=("go",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runs = [talk.history(session.id)[0].reply for session in talk.sessions() if session.turns]
    assert len(runs) == 2


def test_cancel_stops_the_turn_and_the_session_goes_on(agent, tmp_path):
    talk = agent(Plan(steps=steps(work("quick"), work("long", seconds=30))), Plan(steps=steps(work("next"))))
    session = talk.new_session().id
    stream = talk.stream("go", session)
    for event in stream:
        if event.type == "progress" and event.step == "s2":
            break
    start = time.monotonic()
    assert talk.cancel(session)
    reply = list(stream)[-1].reply
    assert time.monotonic() - start < 15  # of thirty seconds of work
    assert [result.status for result in reply.results] == ["done", "cancelled"]
    assert reply.cancelled
    assert "Stopped, as you asked" in reply.reply
    assert talk.chat("next", session).results[0].status == "done"
    assert talk.cancel(session) is False


def test_leaving_the_stream_does_not_stop_the_turn(agent):
    talk = agent(Plan(steps=steps(work("a", seconds=0.2))), Plan(reply="hi"))
    session = talk.new_session().id
    stream = talk.stream("go", session)
    next(stream)
    stream.close()
    talk.chat("hello", session)
    assert talk.history(session)[0].reply.results[0].status == "done"


def test_attachments_become_pieces_in_focus(agent, tmp_path):
    encode(tone(0.5), tmp_path / "hum.wav")
    seen: list[State] = []

    def look(state: State) -> Plan:
        seen.append(state)
        return Plan(steps=steps(work("a", clip={"id": state.attached[0]})))

    talk = agent(look, look)
    planned = talk.plan("what is it", attach=[tmp_path / "hum.wav"])
    assert planned.steps[0].args["clip"]["id"] == seen[0].attached[0]
    assert talk.store.pieces("local") == []
    reply = talk.chat("what is it", attach=[tmp_path / "hum.wav"])
    (piece,) = talk.store.pieces("local")
    assert reply.results[0].status == "done"
    assert seen[1].focus == [piece.id]
    assert seen[1].things[piece.id].title == "hum"
    assert talk.history(reply.session)[0].attached[0].id == piece.id
    assert talk.artifact_path(piece.id).read_bytes() == (tmp_path / "hum.wav").read_bytes()


def test_bad_attachments_and_sessions_are_refused_before_anything_happens(agent, tmp_path):
    (tmp_path / "text.wav").write_text("not sound")
    talk = agent()
    with pytest.raises(NotFound, match=r"There is no file .*gone\.wav"):
        talk.chat("x", attach=[tmp_path / "gone.wav"])
    with pytest.raises(UnreadableMedia):
        talk.chat("x", attach=[tmp_path / "text.wav"])
    with pytest.raises(NotFound, match="There is no session s_nope"):
        talk.chat("x", "s_nope")
    with pytest.raises(NotFound, match="There is no session s_nope"):
        talk.plan("x", "s_nope")


def test_owners_do_not_see_one_another(agent):
    alice = agent(Plan(steps=steps(("make", {}))), owner="alice")
    reply = alice.chat("make one")
    bob = agent(owner="bob")
    assert bob.sessions() == []
    for call in (bob.history, bob.state, bob.delete, bob.cancel, lambda s: bob.chat("x", s), lambda s: bob.trace(f"{s}.1")):  # fmt: skip
        with pytest.raises(NotFound):
            call(reply.session)
    with pytest.raises(NotFound):
        bob.artifact_path(reply.artifacts[0].id)
    assert alice.artifact_path(reply.artifacts[0].id).is_file()


def test_paths_as_text_are_for_the_local_owner(agent, tmp_path):
    encode(tone(), tmp_path / "a.wav")
    guest = agent(Plan(reply="Hello."), owner="guest")
    with pytest.raises(NotFound, match="to attach"):
        guest.chat("x", attach=[str(tmp_path / "a.wav")])
    with pytest.raises(NotFound, match="to attach"):
        guest.plan("x", attach=[str(tmp_path / "a.wav")])
    piece = guest.import_file(tmp_path / "a.wav")
    assert guest.history(guest.chat("x", attach=[piece.id]).session)[0].attached[0].id == piece.id


def test_a_fault_of_our_own_ends_the_turn_and_not_the_session(agent, monkeypatch):
    talk = agent(Plan(reply="a"), Plan(reply="b"))
    session = talk.new_session().id
    with monkeypatch.context() as patch:
        patch.setattr("segue.agent.turn.worded", lambda *args, **more: 1 / 0)
        with pytest.raises(SegueError, match=r"failed unexpectedly \(ZeroDivisionError\)") as caught:
            talk.chat("x", session)
    assert "Traceback" not in str(caught.value)
    assert any("ZeroDivisionError: division" in line.get("error", "") for line in talk.trace(f"{session}.1"))
    assert talk.chat("y", session).reply == "b"


def test_a_full_disk_is_a_clean_error_and_loses_nothing(agent, monkeypatch):
    talk = agent(Plan(steps=steps(work("a"))), Plan(steps=steps(work("b"))), Plan(reply="c"))
    session = talk.chat("x").session

    def full(*args: object) -> None:
        raise DiskFull("The disk is full: the change was not saved.", "Free some room and repeat.")

    with monkeypatch.context() as patch:
        patch.setattr(talk._house.sessions, "commit", full)
        with pytest.raises(DiskFull):
            talk.chat("y", session)
    assert talk.chat("z", session).reply == "c"
    assert [turn.status for turn in talk.history(session)] == ["done", "broken", "done"]


def test_sessions_are_titled_renamed_and_deleted(agent):
    talk = agent(Plan(reply="Hello."))
    session = talk.chat("  hello   there ").session
    assert [(s.title, s.turns) for s in talk.sessions()] == [("hello there", 1)]
    talk.rename(session, "Our talk")
    assert talk.sessions()[0].title == "Our talk"
    talk.delete(session)
    assert talk.sessions() == []
    with pytest.raises(NotFound):
        talk.history(session)


def test_deleting_a_session_stops_what_runs_in_it(agent):
    talk = agent(Plan(steps=steps(work("long", seconds=30))))
    session = talk.new_session().id
    stream = talk.stream("go", session)
    for event in stream:
        if event.type == "progress":
            break
    start = time.monotonic()
    talk.delete(session)
    assert time.monotonic() - start < 15  # of thirty seconds of work
    assert list(stream)[-1].reply.cancelled
    assert talk.sessions() == []


def test_a_planners_fault_does_not_end_the_conversation(agent):
    talk = agent(RuntimeError("boom"), Plan(steps=steps(("tag", {"clip": {"id": "p_404"}}))), Plan(reply="Hello."))
    first = talk.chat("x")
    assert "Something in me failed while reading that (RuntimeError)" in first.reply
    assert any("boom" in json.dumps(line) for line in talk.trace(first.turn))
    assert "the id 'p_404', which is not known" in talk.chat("y", first.session).reply
    assert talk.chat("z", first.session).reply == "Hello."


def test_replay_runs_the_plan_again_without_planning(agent, tmp_path):
    talk = agent(Plan(steps=steps(work("a"))))
    first = talk.chat("go")
    again = talk.replay(first.turn)
    assert again.turn != first.turn
    assert again.results[0].out == first.results[0].out
    assert len((tmp_path / "log").read_text().splitlines()) == 2


def test_replay_asks_again_for_a_yes(agent, tmp_path):
    talk = agent(Plan(steps=steps(("note", {"text": "x"}))))
    first = talk.chat("write")
    assert "Shall I?" in talk.replay(first.turn).reply
    assert not (tmp_path / "log").exists()


def test_a_listener_that_fails_does_not_break_the_turn(agent):
    def listen(event: object) -> None:
        raise ValueError("mine")

    assert agent(Plan(steps=steps(work("a")))).chat("go", on_event=listen).results[0].status == "done"


def test_single_tools(agent):
    talk = agent()
    assert talk.run_tool("work", {"name": "x"}).out["word"] == "x"
    with pytest.raises(InvalidArgument, match="no tool 'nope'"):
        talk.run_tool("nope", {})
    with pytest.raises(InvalidArgument, match="seconds"):
        talk.run_tool("work", {"seconds": -1})
    with pytest.raises(InvalidArgument, match="Shall I"):
        talk.run_tool("note", {"text": "x"})
    assert talk.run_tool("note", {"text": "x"}, yes=True).status == "done"
    assert talk.run_tool("tag", {"clip": {"id": "p_404"}}).error.code == "NotFound"


def test_asynchronous_code_has_the_same_calls(agent):
    import asyncio

    talk = agent(Plan(steps=steps(work("a"))), Plan(steps=steps(work("b"))))

    async def go() -> list[str]:
        reply = await talk.achat("one")
        return [event.type async for event in talk.astream("two", reply.session)]

    kinds = asyncio.run(go())
    assert kinds[0] == "started"
    assert kinds[-1] == "reply"


def test_the_agent_as_it_comes_talks_without_any_llm(tmp_path):
    with Agent(settings_at(tmp_path / "home")) as talk:
        hello = talk.chat("hello")
        assert hello.plan.planner == "builtin"
        assert hello.results == []
        assert hello.reply
        undo = talk.chat("undo that", hello.session)
        assert undo.reply.startswith("There is nothing to undo.")
        assert talk.plan("90 bpm lo-fi in D minor, 40 seconds").steps[0].tool == "generate"


def test_checkpoints_are_strict_and_do_not_pile_up(agent, tmp_path):
    reply = agent(Plan(steps=steps(work("a")))).chat("go")
    assert os.environ["LANGGRAPH_STRICT_MSGPACK"] == "true"
    with sqlite3.connect(tmp_path / "home" / "checkpoints.db") as kept:
        assert kept.execute("SELECT count(*) FROM checkpoints").fetchone() == (0,)
        assert kept.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    kept.close()
    assert reply.results[0].status == "done"


def test_importing_the_agent_is_cheap():
    code = "import sys; from segue.agent import Agent; Agent(); bad = {'langgraph', 'langchain_core', 'openai', 'scipy', 'gradio', 'onnxruntime', 'av'} & set(sys.modules); assert not bad, bad"  # fmt: skip
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
