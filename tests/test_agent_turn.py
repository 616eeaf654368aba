"""Turns end to end: durable, one at a time, undone and confirmed; through ``Agent``, as users go."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from segue.agent import Agent, Reply
from segue.agent.dialogue import State
from segue.agent.plan import Plan, StateOp
from segue.tools.core.audio import encode
from segue.tools.core.errors import DiskFull, HomeInUse, InvalidArgument, NotFound, SegueError, UnreadableMedia
from tests.agent_support import (  # fmt: skip
    MAKE,
    NOTE,
    WORK,
    NoteOut,
    Scripted,
    WorkOut,
    engine,
    maker,
    only,
    registered,
    settings_at,
    steps,
    tone,
    worker,
)


@pytest.fixture
def agent(tmp_path):
    """Return a function that opens an agent whose planner plays plans; its work is logged in ``log``."""
    opened: list[Agent] = []
    log = tmp_path / "log"
    with registered(engine(WORK, worker(log)), engine(MAKE, maker), engine(NOTE, _note(log))):

        def open_(*plans: object, owner: str = "local", **settings: object) -> Agent:
            opened.append(Agent(settings_at(tmp_path / "home", **settings), owner=owner, planner=Scripted(*plans)))  # type: ignore[arg-type]
            return opened[-1]

        yield open_
        for one in opened:
            one.close()


def _note(log: Path):
    def run(args, context):
        with open(log, "a", encoding="utf-8") as out:
            out.write(f"note {args.text}\n")
        return NoteOut()

    return run


def work(name: str, **more: object) -> tuple[str, dict[str, object]]:
    return ("work", {"name": name, **more})


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


# -- killed in the middle ----------------------------------------------------------------------------

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
