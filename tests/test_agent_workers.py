"""Worker processes: what a step says and makes arrives as if it had run here, and what is stopped is gone."""

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from segue.agent import Agent
from segue.agent.events import Event, ToolResult
from segue.agent.places import Queues
from segue.agent.plan import Plan
from segue.agent.runner import Runner
from segue.tools.collection import hearing
from segue.tools.collection import measure as measuring
from segue.tools.collection.catalogue import open_catalogue
from segue.tools.collection.embed import SPACE
from segue.tools.core import registry
from segue.tools.core.base import Backend, Context, Tool
from segue.tools.core.errors import LimitReached
from segue.tools.core.store import Store
from tests import worker_engines
from tests.agent_support import registered, settings_at, steps
from tests.collection_support import make_folder
from tests.worker_engines import MAKE, WORK, WorkArgs, WorkOut

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="the engines of these tests use signals"),
    pytest.mark.timeout(120),
]


def apart(tool: Tool, load: Any) -> Backend:
    return Backend(tool=tool.name, name=load.__name__, load=load, heavy=load is not worker_engines.lending)


class Bench:
    """A store with worker processes, and everything that is heard of the steps run on it."""

    def __init__(self, home: Path) -> None:
        self.settings = settings_at(home, processes=1, retries=1)
        self.store = Store(self.settings)
        self.queues = Queues(self.settings)
        self.events: list[Event] = []
        self.took = 0.0

    def run(self, tool: Tool, load: Any, stop_at: str = "", **args: Any) -> ToolResult:
        """Run one step; ``stop_at`` is the beginning of the note at which it is stopped."""

        async def go() -> ToolResult:
            def emit(event: Event) -> None:
                self.events.append(event)
                if stop_at and event.type == "note" and event.text.startswith(stop_at):
                    self.began = time.monotonic()
                    runner.stop.set()

            runner = Runner(self.store, self.settings, "ada", "t1", emit, queues=self.queues)
            results = await runner.run(Plan(steps=steps((tool.name, args))))
            self.took = time.monotonic() - self.began
            return results["s1"]

        self.events.clear()
        self.began = time.monotonic()
        with registered(apart(tool, load), tools=(WORK, MAKE)):
            return asyncio.run(go())

    def said(self, start: str) -> str:
        """Return what follows ``start`` in a note."""
        return next(e.text for e in self.events if e.type == "note" and e.text.startswith(start)).removeprefix(start)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    made = Bench(tmp_path / "home")
    yield made
    made.queues.close()
    made.store.close()
    assert not list((tmp_path / "temporary").glob("segue-worker-*")), "temporary folders are removed"
    assert not list((made.settings.home / "store").glob(".writing-*"))


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_step_runs_beside_this_process_and_is_heard(bench):
    result = bench.run(WORK, worker_engines.counting, name="n")
    assert result.status == "done", result.error
    pid, nice = int(result.out["word"]), result.out["numbers"][0]
    assert pid != os.getpid()
    assert result.out["maybe"] == {"value": "sure", "confidence": 0.5}
    assert nice > os.nice(0)
    progress = [event.done for event in bench.events if event.type == "progress"]
    assert progress == sorted(progress)
    assert len(progress) == 5
    assert [event.label for event in bench.events if event.type == "progress"][-1] == "part 5"
    assert bench.said("ada ") == "work counting t1:s1 n"
    assert [event.out["word"] for event in bench.events if event.type == "partial"] == ["half"]
    assert int(bench.run(WORK, worker_engines.counting, name="n").out["word"]) == pid, "a worker is used again"
    bench.queues.close()
    assert not runs(pid)


def test_cancel_ends_a_step_that_listens_and_keeps_its_worker(bench):
    result = bench.run(WORK, worker_engines.waiting, stop_at="pid")
    assert result.status == "cancelled"
    assert bench.took < 10
    pid = int(bench.said("pid "))
    assert runs(pid)
    assert int(bench.run(WORK, worker_engines.counting, name="n").out["word"]) == pid


def test_cancel_kills_what_does_not_listen_and_leaves_nothing(bench):
    result = bench.run(WORK, worker_engines.deaf, stop_at="blob")
    assert result.status == "cancelled"
    assert bench.took < 10
    assert not runs(int(bench.said("pid "))), "no work goes on"
    assert not bench.store.may_read(bench.said("blob "), "ada"), "what was lent is taken back"
    assert not list(bench.store.folder.glob(".writing-*"))
    assert bench.run(WORK, worker_engines.counting, name="n").status == "done"


def test_a_step_that_overruns_is_killed_too(bench):
    pid = int(bench.run(WORK, worker_engines.counting, name="n").out["word"])
    bench.settings = bench.settings.model_copy(update={"step_timeout_s": 1.0})
    result = bench.run(WORK, worker_engines.deaf)
    assert result.error.code == "DeadlineExceeded"
    end = time.monotonic() + 5
    while runs(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not runs(pid)


def test_a_worker_that_dies_is_replaced_and_its_step_tried_again(bench, tmp_path):
    result = bench.run(WORK, worker_engines.dying, word=str(tmp_path / "been"))
    assert (result.status, result.attempts, result.out["word"]) == ("done", 2, "alive")
    (tmp_path / "been").unlink()
    bench.settings = bench.settings.model_copy(update={"retries": 0})
    result = bench.run(WORK, worker_engines.dying, word=str(tmp_path / "been"))
    assert result.error.code == "Transient"
    assert "ended from outside" in result.error.message
    assert result.error.hint


def test_errors_arrive_whole(bench):
    limit = bench.run(WORK, worker_engines.failing, name="limit")
    assert (limit.error.code, limit.error.message, limit.error.hint) == ("LimitReached", "Enough for today.", "Come back tomorrow.")  # fmt: skip
    fault = bench.run(WORK, worker_engines.failing, name="zero")
    assert "failed unexpectedly (ZeroDivisionError)" in fault.error.message
    assert bench.run(WORK, worker_engines.failing, name="odd").error.code == "ToolError"
    missing = bench.run(WORK, worker_engines.failing, name="file")
    assert "failed unexpectedly (FileNotFoundError)" in missing.error.message, "not taken for a dead worker"
    backend = apart(WORK, worker_engines.failing)
    context = Context(bench.store, bench.settings)
    with pytest.raises(LimitReached) as raised:
        bench.queues.workers.run(backend, WorkArgs(name="limit"), context)
    assert raised.value.retry_s == 7.5
    with pytest.raises(ZeroDivisionError) as broken:
        bench.queues.workers.run(backend, WorkArgs(name="zero"), context)
    assert "worker_engines.py" in broken.value.__notes__[0], "where it happened, for the trace"


def test_pieces_are_kept_through_the_one_catalogue(bench):
    result = bench.run(MAKE, worker_engines.making, title="song", count=3)
    ids = [piece["id"] for piece in result.out["pieces"]]
    pieces = [bench.store.piece(id, "ada") for id in ids]
    assert pieces[2].parents == ids[:2]
    assert bench.store.wave(pieces[1].clip).samples.shape == (2, 800)
    assert bench.store.wave(pieces[1].stems["tone"]).sample_rate == 8000
    assert pieces[0].made_by.args == {"title": "song", "count": 3}
    assert bench.store.recall("made") == 3
    assert {path.suffix for path in bench.store.folder.rglob("*") if path.is_file()} == {".flac"}


def test_what_another_process_cannot_load_stays_here(bench):
    result = bench.run(WORK, lambda settings: lambda args, context: WorkOut(word=args.name), name="here")
    assert result.out["word"] == "here"
    assert bench.queues.workers._all == set()


def test_music_is_the_same_bytes_beside_and_here(tmp_path):
    wish = {"prompt": "a lo-fi loop", "bars": 2, "seed": 5, "duration_s": None}
    made = []
    for name, processes in (("here", 0), ("apart", 1)):
        with Agent(settings_at(tmp_path / name, processes=processes)) as agent:
            result = agent.run_tool("generate", wish)
            assert result.status == "done", result.error
            piece = agent.store.piece(result.out["pieces"][0]["id"], "local")
            made.append((piece.clip.id, {name: stem.id for name, stem in piece.stems.items()}, piece.score.id))
    assert made[0] == made[1]


def test_a_part_of_a_step_runs_beside_this_process_and_is_heard(bench):
    result = bench.run(WORK, worker_engines.lending, name="n")
    assert result.status == "done", result.error
    here, there = (int(pid) for pid in result.out["word"].split())
    assert here == os.getpid() != there
    assert result.out["numbers"][0] > os.nice(0)
    assert bench.said("pid ") == str(there)
    assert [event.label for event in bench.events if event.type == "progress"] == ["half"]
    piece = bench.store.piece(result.out["maybe"]["value"], "ada")
    assert (piece.made_by.tool, piece.made_by.backend) == ("work", "lending")


def test_cancel_kills_a_part_of_a_step_that_does_not_listen(bench):
    result = bench.run(WORK, worker_engines.lending, name="deaf", stop_at="pid")
    assert result.status == "cancelled"
    assert bench.took < 10  # of a minute of work
    end = time.monotonic() + 10
    while runs(int(bench.said("pid "))) and time.monotonic() < end:
        time.sleep(0.05)
    assert not runs(int(bench.said("pid ")))


def test_files_are_written_beside_this_process(tmp_path):
    """The same bytes as those written here."""
    written = {}
    for name, processes in (("here", 0), ("apart", 1)):
        with Agent(settings_at(tmp_path / name, processes=processes)) as agent:
            store = agent.store
            piece = Context(store, agent.settings).add_piece("song", wave=worker_engines.tone())
            result = agent.run_tool("export", {"items": [{"id": piece.id}], "formats": ["wav", "flac"]})
            assert result.status == "done", result.error
            written[name] = {file["name"]: Path(file["path"]).read_bytes() for file in result.out["files"]}
            workers = agent._house.turns.queues.workers
            assert workers is None or len(workers._all) == 1
    assert written["here"] == written["apart"]


def test_engines_that_are_heavy_can_be_loaded_apart(bench):
    heavy = {backend.tool for backend in registry.backends() if bench.queues.workers.takes(backend)}
    assert heavy >= {"generate", "edit", "tag", "transcribe"}
    assert "retrieve" not in heavy
    assert bench.queues.of(registry.tool("generate")) is not bench.queues.of(registry.tool("export"))


def test_a_library_is_read_beside_this_process(tmp_path, monkeypatch):
    """Sound is measured and words are embedded in other processes, and what is found is the same."""
    make_folder(tmp_path / "music", 2)
    monkeypatch.setattr(hearing, "heard", None)  # nothing is heard here
    monkeypatch.setattr(measuring, "embed", None)
    with Agent(settings_at(tmp_path / "home", processes=1)) as agent:
        result = agent.run_tool("library", {"action": "add", "folder": str(tmp_path / "music")})
        assert result.status == "done", result.error
        [row] = result.out["rows"]
        assert (row["added"], row["analysed"]) == (2, 2)
        assert open_catalogue(agent.settings).bases(SPACE)
        assert len(agent._house.turns.queues.workers._all) == 1
