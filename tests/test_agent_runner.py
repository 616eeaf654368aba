"""The runner: side by side, in time, again when it is worth it, and never more than asked."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from segue.agent.events import Event, ToolResult
from segue.agent.plan import Plan
from segue.agent.runner import Runner
from segue.tools.core.base import Context, Value
from segue.tools.core.errors import BackendUnavailable, CannotDo, Transient
from segue.tools.core.store import Store
from tests.agent_support import (  # fmt: skip
    MAKE,
    NOTE,
    WORK,
    NoteOut,
    WorkArgs,
    WorkOut,
    engine,
    maker,
    registered,
    settings_at,
    steps,
    worker,
)


@pytest.fixture
def house(tmp_path):
    """Return a function that runs calls as one plan, and gives results, events and the time it took."""

    def run(*calls: tuple[str, dict[str, Any]], engines, during: Callable[[Runner], Any] | None = None, finished=None, owner="local", **settings: Any):  # fmt: skip
        chosen = settings_at(tmp_path, **settings)
        store, events, kept = Store(chosen), list[Event](), list[ToolResult]()

        async def go() -> dict[str, ToolResult]:
            runner = Runner(store, chosen, owner, "t1", events.append, kept.append)
            work = asyncio.create_task(runner.run(Plan(steps=steps(*calls)), finished))
            if during is not None:
                await during(runner)
            return await work

        with registered(*engines):
            start = time.monotonic()
            results = asyncio.run(go())
            took = time.monotonic() - start
        store.close()
        return results, events, kept, took

    return run


def test_independent_steps_run_side_by_side_and_dependants_wait(house):
    both = threading.Barrier(2, timeout=20)

    def meet(args: WorkArgs, context: Context) -> WorkOut:
        if not args.word:
            both.wait()  # broken, and an error, unless the other comes while this one runs
        return worker()(args, context)

    results, events, kept, _ = house(
        ("work", {"name": "a", "seconds": 0.4}),
        ("work", {"name": "b"}),
        ("work", {"name": "c", "word": {"step": "s1", "field": "word"}}),
        engines=[engine(WORK, meet)],
    )
    assert results["s3"].out["word"] == "c+a"
    assert results["s3"].args["word"] == "a"
    assert list(results) == ["s1", "s2", "s3"]
    assert {result.step for result in kept} == {"s1", "s2", "s3"}
    order = [(event.type, event.step) for event in events]
    assert order[:3] == [("queued", "s1"), ("queued", "s2"), ("queued", "s3")]
    assert order.index(("done", "s1")) < order.index(("started", "s3"))
    assert any(event.type == "progress" and event.total == 0.4 for event in events)


def test_only_as_many_at_once_as_allowed(house):
    running, most, lock = [], [], threading.Lock()

    def run(args: WorkArgs, context: Context) -> WorkOut:
        with lock:
            running.append(1)
            most.append(len(running))
        time.sleep(0.05)
        with lock:
            running.pop()
        return WorkOut(word="")

    house(*[("work", {})] * 6, engines=[engine(WORK, run)], workers=2)
    assert max(most) == 2


def test_a_result_is_kept_before_it_is_announced(tmp_path):
    chosen = settings_at(tmp_path)
    seen: list[str] = []

    async def go() -> None:
        store = Store(chosen)
        runner = Runner(store, chosen, emit=lambda e: seen.append(e.type), commit=lambda r: seen.append("kept"))
        await runner.run(Plan(steps=steps(("work", {}))))
        store.close()

    with registered(engine(WORK, worker())):
        asyncio.run(go())
    assert seen == ["queued", "started", "kept", "done"]


def test_a_failed_step_fails_only_its_dependants(house):
    def run(args: WorkArgs, context: Context) -> WorkOut:
        if args.name == "bad":
            raise CannotDo("It has no drums.", "Name another part.")
        return WorkOut(word=args.name)

    results, events, *_ = house(
        ("work", {"name": "bad"}),
        ("work", {"name": "after", "word": {"step": "s1", "field": "word"}}),
        ("work", {"name": "later", "word": {"step": "s2", "field": "word"}}),
        ("work", {"name": "free"}),
        engines=[engine(WORK, run)],
    )
    assert [result.status for result in results.values()] == ["failed", "skipped", "skipped", "done"]
    assert str(results["s1"].error) == "It has no drums. Name another part."
    assert "It needs step s1 (work), which did not succeed." in str(results["s2"].error)
    assert ("skipped", "s3") in [(event.type, event.step) for event in events]


def test_a_step_that_overruns_is_abandoned_and_told_to_stop(house):
    let_go, told = threading.Event(), threading.Event()

    def run(args: WorkArgs, context: Context) -> WorkOut:
        if args.name == "deaf":
            let_go.wait(20)  # hears nothing: only abandoning helps
            context.say("too late")
            if context.stop.is_set():
                told.set()
        return WorkOut(word=args.name)

    results, events, _, took = house(
        ("work", {"name": "deaf"}), ("work", {"name": "quick"}), engines=[engine(WORK, run)], step_timeout_s=0.3
    )
    let_go.set()
    assert took < 15  # the engine would have waited for twenty
    assert results["s1"].error.code == "DeadlineExceeded"
    assert results["s2"].status == "done"
    assert told.wait(5)
    assert not [event for event in events if event.type == "note"]


def test_the_turn_has_a_deadline_too(house):
    results, *_, took = house(
        ("work", {}), *[("work", {"seconds": 20})] * 3, engines=[engine(WORK, worker())], workers=1, turn_timeout_s=1.5
    )
    assert took < 20
    assert next(result.status for result in results.values()) == "done"
    assert {result.error.code for result in list(results.values())[1:]} == {"DeadlineExceeded"}


def test_cancel_ends_everything(house):
    async def stop(runner: Runner) -> None:
        await asyncio.sleep(0.2)
        runner.stop.set()

    results, _events, _, took = house(
        ("work", {"seconds": 30}), ("work", {"seconds": 30}), ("work", {"seconds": 30}), ("work", {"word": {"step": "s1", "field": "word"}}),
        engines=[engine(WORK, worker())], during=stop, workers=2,
    )  # fmt: skip
    assert took < 15  # of thirty seconds of work
    assert {result.status for result in results.values()} == {"cancelled"}
    assert not [t for t in threading.enumerate() if t.name.startswith("work-") and t.is_alive()]


def test_cancel_does_not_wait_for_a_deaf_engine(house):
    let_go = threading.Event()

    async def stop(runner: Runner) -> None:
        await asyncio.sleep(0.1)
        runner.stop.set()

    def deaf(args: WorkArgs, context: Context) -> WorkOut:
        let_go.wait(20)
        return WorkOut(word="")

    results, *_, took = house(("work", {}), engines=[engine(WORK, deaf)], during=stop)
    let_go.set()
    assert took < 15  # the engine would have waited for twenty
    assert results["s1"].status == "cancelled"


def test_transient_failures_are_tried_again_with_the_same_key(house):
    keys: list[str] = []

    def flaky(args: WorkArgs, context: Context) -> WorkOut:
        keys.append(context.attempt_key)
        if len(keys) < 3:
            raise Transient("The server is busy.", "Try again.")
        return WorkOut(word="at last")

    results, *_ = house(("work", {}), engines=[engine(WORK, flaky)], retries=2)
    assert results["s1"].status == "done"
    assert results["s1"].attempts == 3
    assert keys == ["t1:s1"] * 3


def test_retries_have_an_end(house):
    calls: list[int] = []

    def busy(args: WorkArgs, context: Context) -> WorkOut:
        calls.append(1)
        raise Transient("The server is busy.", "Try later.")

    results, *_ = house(("work", {}), engines=[engine(WORK, busy)], retries=1)
    assert len(calls) == 2
    assert str(results["s1"].error) == "The server is busy. Try later."


@pytest.mark.parametrize("error", [BackendUnavailable("Its server does not answer.", "Start it."), Transient("Busy.")])
def test_the_next_engine_does_it_and_says_so(house, error):
    def down(args: WorkArgs, context: Context) -> WorkOut:
        raise error

    results, events, *_ = house(
        ("work", {"name": "x"}), engines=[engine(WORK, down, "big"), engine(WORK, worker(), "small")], retries=0, prefer={"work": "big"}
    )  # fmt: skip
    assert results["s1"].backend == "small"
    assert results["s1"].notes == [f"{error.message.rstrip('.')}; small did it instead."]
    assert [event.text for event in events if event.type == "note"] == results["s1"].notes
    assert [event.backend for event in events if event.type == "started"] == ["big", "small"]


def test_when_no_engine_can_the_best_ones_reason_is_told(house):
    def cannot(words: str) -> Callable[[WorkArgs, Context], WorkOut]:
        def run(args: WorkArgs, context: Context) -> WorkOut:
            raise CannotDo(words)

        return run

    results, *_ = house(("work", {}), engines=[engine(WORK, cannot("First.")), engine(WORK, cannot("Second."), "zzz")])
    assert results["s1"].status == "failed"
    assert results["s1"].error.message == "First."
    assert results["s1"].notes == []


def test_ignored_wishes_are_told(house):
    results, *_ = house(("work", {}), engines=[engine(WORK, worker(), ignores=lambda args: ["the key"])])
    assert results["s1"].notes == ["own cannot take the key into account."]


def test_unexpected_faults_become_typed_failures_without_a_traceback(tmp_path):
    chosen, traced = settings_at(tmp_path), list[tuple[str, dict[str, Any]]]()

    def broken(args: WorkArgs, context: Context) -> WorkOut:
        raise ZeroDivisionError("division by zero")

    async def go() -> ToolResult:
        store = Store(chosen)
        runner = Runner(store, chosen, trace=lambda kind, body: traced.append((kind, body)))
        results = await runner.run(Plan(steps=steps(("work", {}))))
        store.close()
        return results["s1"]

    with registered(engine(WORK, broken)):
        result = asyncio.run(go())
    assert result.error.code == "ToolError"
    assert "ZeroDivisionError" in result.error.message
    assert "Traceback" not in result.model_dump_json()
    assert "Traceback" in traced[0][1]["error"]


def test_an_answer_of_the_wrong_type_is_a_failure(house):
    results, *_ = house(("work", {}), engines=[engine(WORK, lambda args, context: NoteOut())])
    assert results["s1"].error.message == "own gave no proper answer."


def test_partial_results_and_notes_are_events(house):
    def run(args: WorkArgs, context: Context) -> WorkOut:
        context.early(WorkOut(word="half"))
        context.note("Only an approximation.")
        time.sleep(0.05)
        return WorkOut(word="whole")

    results, events, *_ = house(("work", {}), engines=[engine(WORK, run)])
    assert [event.out["word"] for event in events if event.type == "partial"] == ["half"]
    assert results["s1"].notes == ["Only an approximation."]


def test_lists_are_spliced_and_entries_picked(house):
    results, *_ = house(
        ("make", {"count": 2}),
        ("work", {"items": [{"step": "s1", "field": "pieces"}, {"step": "s1", "field": "pieces", "index": 0}]}),
        ("work", {"clip": {"step": "s1", "field": "pieces", "index": -1}}),
        ("work", {"clip": {"step": "s1", "field": "pieces", "index": 4}}),
        engines=[engine(MAKE, maker), engine(WORK, worker())],
    )
    made = [piece["id"] for piece in results["s1"].out["pieces"]]
    assert [item["id"] for item in results["s2"].args["items"]] == [*made, made[0]]
    assert results["s3"].args["clip"] == {"id": made[1]}
    assert results["s4"].status == "skipped"
    assert "gave only 2, so there is no number 5" in results["s4"].error.message


def test_nothing_found_skips_what_needed_it(house):
    results, *_ = house(
        ("make", {"count": 0}), ("work", {"items": {"step": "s1", "field": "pieces"}}),
        engines=[engine(MAKE, maker), engine(WORK, worker())],
    )  # fmt: skip
    assert results["s2"].status == "skipped"
    assert "found nothing to go on with" in results["s2"].error.message


@pytest.mark.parametrize(("sure", "told"), [(0.9, 0), (0.2, 1)])
def test_a_value_that_is_unsure_is_used_and_said(house, sure, told):
    def run(args: WorkArgs, context: Context) -> WorkOut:
        return WorkOut(word="x", maybe=Value[str](value="D minor", confidence=sure))

    results, *_ = house(("work", {}), ("work", {"word": {"step": "s1", "field": "maybe"}}), engines=[engine(WORK, run)])
    assert results["s2"].args["word"] == "D minor"
    assert len(results["s2"].notes) == told


def test_a_value_that_was_not_found_is_left_open_where_it_may(house):
    results, *_ = house(("work", {"name": "a"}), ("work", {"word": {"step": "s1", "field": "maybe"}}), engines=[engine(WORK, worker())])  # fmt: skip
    assert results["s2"].status == "done"
    assert "word" not in results["s2"].args
    assert results["s2"].notes == ["The maybe could not be found out, so it was left open."]


def test_finished_steps_are_not_run_again(house, tmp_path):
    log = tmp_path / "log"
    old = ToolResult(step="s1", tool="work", status="done", out={"word": "kept", "maybe": {"value": None, "confidence": 0.0}, "numbers": []})  # fmt: skip
    results, events, _kept, _ = house(
        ("work", {"name": "a"}), ("work", {"name": "b", "word": {"step": "s1", "field": "word"}}),
        engines=[engine(WORK, worker(log))], finished={"s1": old},
    )  # fmt: skip
    assert log.read_text().split() == ["b", "t1:s2"]
    assert results["s2"].out["word"] == "b+kept"
    assert {event.step for event in events} == {"s2"}


def test_folders_are_for_the_local_owner_only(house):
    results, *_ = house(("note", {"text": "x", "folder": "/tmp"}), engines=[engine(NOTE, lambda a, c: NoteOut())], owner="key-7")  # fmt: skip
    assert results["s1"].error.code == "InvalidArgument"
    results, *_ = house(("note", {"text": "x", "folder": "/tmp"}), engines=[engine(NOTE, lambda a, c: NoteOut())])
    assert results["s1"].status == "done"
