"""Every registered tool and engine, whoever wrote it, keeps the same promises.

Nothing is listed here: a new file in ``tools/`` or ``tools/backends/`` is tested as it stands, and the
last tests prove with a throw-away tool and engine that two new files are all it takes.
"""

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from segue.tools.core.base import Args, Backend, Out, Tool
from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.registry import backends, load, tools
from segue.tools.core.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
TOOLS = list(tools().values())
BACKENDS = backends()


def each(things: list[Any], name: Any) -> Any:
    return pytest.mark.parametrize("thing", things, ids=name)


each_tool = each(TOOLS, lambda tool: tool.name)
each_backend = each(BACKENDS, lambda backend: f"{backend.tool}_{backend.name}")


@each_tool
def test_tool_is_named_after_its_file(thing: Tool) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", thing.name)
    assert Path(inspect.getfile(thing.Args)).name == f"{thing.name}.py"
    assert thing.Args.__name__ == "Args"
    assert thing.Out.__name__ == "Out"


@each_tool
def test_tool_is_described(thing: Tool) -> None:
    module = sys.modules[thing.Args.__module__]
    assert module.__doc__
    assert 30 <= len(thing.description) <= 400, "the docstring of Args is the tool's description"
    assert thing.description.endswith(".")
    assert thing.Out.__doc__
    assert thing.seconds > 0


@each_tool
def test_tool_has_schemas(thing: Tool) -> None:
    assert issubclass(thing.Args, Args)
    assert issubclass(thing.Out, Out)
    for model in (thing.Args, thing.Out):
        schema = model.model_json_schema()
        json.dumps(schema)
        assert schema["properties"]
    assert thing.Args.model_json_schema()["additionalProperties"] is False, "unknown arguments are errors"


@each_tool
def test_tool_asks_before_nothing_or_with_a_question(thing: Tool) -> None:
    required = thing.Args.model_json_schema().get("required", [])
    if not required:
        answer = thing.confirm(thing.Args())
        assert answer is None or answer.endswith("?")


@each_tool
def test_tool_has_an_embedded_engine(thing: Tool) -> None:
    kinds = [backend.kind for backend in backends(thing.name)]
    assert "embedded" in kinds, "every tool works without a server"


@each_backend
def test_backend_is_named_after_its_file(thing: Backend) -> None:
    assert thing.tool in tools()
    assert (ROOT / "tools" / "backends" / f"{thing.tool}_{thing.name}.py").is_file()


@each_backend
def test_backend_says_its_licence(thing: Backend) -> None:
    assert thing.licence.strip()
    non_commercial = re.search(r"\bNC\b|non.?commercial", thing.licence, re.IGNORECASE) is not None
    assert thing.commercial is not non_commercial
    assert not re.search(r"\bA?GPL", thing.licence) or thing.kind == "served", "no GPL code in this process"


@each_backend
def test_backend_is_described(thing: Backend) -> None:
    module = sys.modules.get(f"segue.tools.backends.{thing.tool}_{thing.name}")
    assert module is not None
    assert len(module.__doc__ or "") > 30


@each_backend
def test_backend_loads_or_says_why_not(thing: Backend, home: Path) -> None:
    settings = load_settings(home=home)
    runner, reason = None, thing.unavailable(settings)
    if reason is None:
        try:
            runner = load(thing, settings)
        except BackendUnavailable as error:
            reason = error.hint
    if runner is None:
        assert len(reason or "") > 10, "say why, with the command that helps"
        return
    assert callable(runner)
    assert len(inspect.signature(runner).parameters) == 2, "called with (args, context)"


@each_backend
def test_served_backend_names_its_server_and_the_command_that_starts_one(thing: Backend, home: Path) -> None:
    assert (thing.server is not None) is (thing.kind == "served")
    if thing.server:
        reason = thing.unavailable(load_settings(home=home)) or ""
        assert f"SEGUE_SERVERS={thing.server}=http://127.0.0.1:" in reason
        assert reason.startswith("no server is set: "), "then the command"
        assert thing.unavailable(load_settings(home=home, servers={thing.server: "http://127.0.0.1:9"})) is None


def test_backends_are_unique() -> None:
    names = [(backend.tool, backend.name) for backend in BACKENDS]
    assert len(names) == len(set(names))


# -- two new files, and no edit --------------------------------------------------------------------

WHISTLE_TOOL = '''"""A throw-away tool."""

from pydantic import Field

from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.base import Tool


class Args(BaseArgs):
    """Whistle a number of times, as a test of the registry would want to."""

    times: int = Field(1, ge=1, le=9, description="how often")
    loudly: bool = False


class Out(BaseOut):
    """What was whistled."""

    sound: str


TOOL = Tool("whistle", Args, Out)
'''
WHISTLE_BACKEND = '''"""A throw-away engine: it whistles by writing it down."""

from segue.tools.core.base import Backend, Context, Runner
from segue.tools.core.settings import Settings
from segue.tools.whistle import Args, Out


def _load(settings: Settings) -> Runner:
    def run(args: Args, context: Context) -> Out:
        context.progress(1, 1, "whistling")
        return Out(sound=" ".join(["FIUU" if args.loudly else "fiuu"] * args.times))

    return run


BACKEND = Backend(tool="whistle", name="lips", load=_load)
'''


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A view of the repository (links, not copies) with two more files in it."""
    copy = tmp_path_factory.mktemp("house")
    (copy / "segue").mkdir()
    for name in ["agent", "prompts", "ui", "evals"]:
        (copy / "segue" / name).symlink_to(ROOT / name)
    for source in [ROOT / "tools", ROOT / "tools" / "backends"]:
        target = copy / "segue" / source.relative_to(ROOT)
        target.mkdir()
        for entry in source.iterdir():
            if entry.name not in ("__pycache__", "backends"):
                (target / entry.name).symlink_to(entry)
    (copy / "segue" / "tools" / "whistle.py").write_text(WHISTLE_TOOL)
    (copy / "segue" / "tools" / "backends" / "whistle_lips.py").write_text(WHISTLE_BACKEND)
    (copy / "tools").symlink_to(copy / "segue" / "tools")
    (copy / "tests").mkdir()
    for name in ["__init__.py", "conftest.py"]:
        (copy / "tests" / name).symlink_to(ROOT / "tests" / name)
    (copy / "tests" / "test_conformance.py").write_text(Path(__file__).read_text(encoding="utf-8"))
    return copy


def inside(house: Path, home: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in that view; PYTHONPATH comes before the installed Segue."""
    environment = os.environ | {"PYTHONPATH": str(house), "SEGUE_HOME": str(home), "COLUMNS": "120", "NO_COLOR": "1"}
    return subprocess.run([sys.executable, *command], cwd=house, capture_output=True, text=True, env=environment)


def test_new_tool_is_in_the_plan_schema(house: Path, home: Path) -> None:
    code = "import json, segue.agent, segue.tools; print(segue.tools.__file__); print(json.dumps(segue.agent.plan_schema()))"
    done = inside(house, home, "-c", code)
    assert done.returncode == 0, done.stderr
    where, schema = done.stdout.strip().split("\n")
    assert where.startswith(str(house))
    assert '"whistle"' in schema
    assert "loudly" in schema


def test_new_tool_is_on_the_command_line(house: Path, home: Path) -> None:
    overview = inside(house, home, "-m", "segue.ui.cli", "--help")
    assert overview.returncode == 0, overview.stderr
    assert "whistle" in overview.stdout
    detail = inside(house, home, "-m", "segue.ui.cli", "whistle", "--help")
    assert "--loudly" in detail.stdout
    assert "how often" in detail.stdout
    assert "Whistle a number of times" in detail.stdout


def test_new_tool_runs_by_its_new_engine(house: Path, home: Path) -> None:
    done = inside(house, home, "-m", "segue.ui.cli", "whistle", "--times", "2", "--loudly", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["out"] == {"sound": "FIUU FIUU"}


def test_new_tool_and_engine_meet_this_very_test(house: Path, home: Path) -> None:
    done = inside(
        house, home, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-k", "whistle", "tests/test_conformance.py"
    )
    assert done.returncode == 0, done.stdout[-3000:]
    for test in ["test_tool_has_schemas[whistle]", "test_backend_loads_or_says_why_not[whistle_lips]"]:
        assert f"PASSED tests/test_conformance.py::{test}" in done.stdout
