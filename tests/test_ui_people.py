"""Many people at once on one process, as ``.ci/bench_people.py`` measures it: here without times, on a quick engine."""

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from segue.tools.core.base import Backend
from tests import worker_engines
from tests.agent_support import registered
from tests.ui_support import ROOT, service


@pytest.fixture
def bench(monkeypatch) -> ModuleType:
    """The benchmark, with people who hardly pause and music that is quickly made."""
    spec = importlib.util.spec_from_file_location("bench_people", ROOT / ".ci" / "bench_people.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench_people", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PAUSE_S", (0.0, 0.3))
    monkeypatch.setattr(module, "MAKERS", 3)
    monkeypatch.setenv("SEGUE_PROCESSES", "1")
    monkeypatch.setenv("SEGUE_PREFER", "generate=composing")
    return module


def test_nobody_sees_what_is_anothers_and_everybody_has_their_turn(bench: ModuleType, tmp_path: Path) -> None:
    home = tmp_path / "home"
    bench.library(home, tmp_path / "library.csv", 30)
    from segue.ui.keys import Keys

    secrets = bench.keys(home, 6)
    quick = Backend(tool="generate", name="composing", load=worker_engines.composing, heavy=True)
    with registered(quick), service(home, keys=Keys(home)) as (url, _):
        calm, busy = asyncio.run(bench.rounds(url, secrets, 6, 1.0))
    assert calm.wrong + busy.wrong == []
    assert calm.searches
    assert busy.searches
    assert len(busy.made) == 2 + bench.GREEDY
    assert [name for name, _ in busy.made].index("person 3") < len(busy.made) - 1
    assert busy.made[-1][0] == "greedy", "who asks for much at once is last"
    told = [position for positions in busy.positions for position in positions]
    assert min(told) == 1
    assert max(told) >= bench.GREEDY - 1, "everybody who waits is told how many are before them"
    assert {"p99", "0"} & {word for row in bench.table(calm, busy) for cell in row for word in cell.split()}


def test_the_benchmark_notices_a_leak(bench: ModuleType, tmp_path: Path, monkeypatch) -> None:
    """Everybody taken for one and the same owner: the probe must say so."""
    from segue.ui import guard

    home = tmp_path / "home"
    bench.library(home, tmp_path / "library.csv", 5)
    monkeypatch.setattr(guard.Guard, "_owner", lambda self, scope, headers: ("w_everybody", None))

    async def go(url: str) -> list[str]:
        people = [await bench.arrive(url, n, ["", "a", "b"]) for n in (1, 3)]
        for one in people:
            await bench.search(one, bench.Crowd(), "find something calm", None)
        wrong: list[str] = await bench.trespasses(people)
        for one in people:
            await one.client.aclose()
        return wrong

    with service(home) as (url, _):
        wrong = asyncio.run(go(url))
    assert any("could read" in line for line in wrong)
    assert any("is listed" in line for line in wrong)
