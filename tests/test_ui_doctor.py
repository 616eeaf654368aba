"""The doctor on model servers: what answers and with what, what is missing and the command that brings it, on one screen."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from typer.testing import CliRunner

from segue.agent import Agent
from segue.tools.core.jobs import ModelInfo
from segue.tools.core.licences import licence_of
from segue.tools.core.models import Model, model_names
from segue.tools.core.registry import backends
from segue.tools.core.server import create_app
from segue.tools.core.settings import load_settings
from segue.ui.cli import build
from segue.ui.doctor_servers import servers
from tests.acestep_double import acestep
from tests.http_support import serving
from tests.openai_double import double

SERVED = {backend.server for backend in backends() if backend.server}


def rows(**settings):
    return {finding.what.removeprefix("server "): finding for finding in servers(load_settings(**settings))}


def model(name, licence="MIT", commercial=True, tasks=("generate",)):
    info = ModelInfo(name=name, tasks=list(tasks), licence=licence, commercial=commercial, honours={})
    return Model(info, lambda job: {})


def test_what_is_missing_comes_with_one_command_each():
    found = rows()
    assert set(found) == SERVED
    for name, row in found.items():
        assert row.level == "missing"
        assert row.says.startswith("not set: without ")
        assert f"SEGUE_SERVERS={name}=http://127.0.0.1:" in row.do


def test_the_guide_has_the_same_commands():
    """docs/serving.md, for every server for which a model comes with Segue; for the others the doctor names no model."""
    guide = (Path(__file__).parent.parent / "docs" / "serving.md").read_text("utf-8")
    for row in rows().values():
        command, _, setting = row.do.partition(", then ")
        if not command.startswith("serve a model of your own"):
            assert command in guide
            assert setting in guide
            served = re.fullmatch(r"segue serve-tools (\S+)", command)
            assert served is None or served[1] in model_names()


def test_no_two_commands_want_the_same_port():
    ports = [re.search(r"127\.0\.0\.1:(\d+)", row.do)[1] for row in rows().values() if ":8100" not in row.do]
    assert len(set(ports)) == len(ports)


def test_all_of_it_is_on_one_screen(home, monkeypatch):
    monkeypatch.setenv("SEGUE_HOME", str(home))
    done = CliRunner().invoke(build("doctor"), ["doctor"])
    lines = done.stdout.splitlines()
    assert sum(-(-len(line) // 100) for line in lines) <= 50, "rows of a terminal of 100 columns"
    (engines,) = (line for line in lines if "engines here" in line)
    for backend in backends():
        if backend.kind == "embedded":
            assert f"{backend.tool} by {backend.name}" in engines
            assert backend.licence.partition(";")[0] in engines
    for name in SERVED:
        assert any(f"server {name} " in line for line in lines)


def test_servers_of_each_kind_show_models_and_licences():
    made = create_app([model("musicgen", "CC-BY-NC-4.0 weights", False), model("composer", "Apache-2.0")])
    with serving(made) as jobs, double(models=["ears"], root="openai/whisper-large-v3") as words, acestep() as songs:
        found = rows(servers={"generate": jobs, "whisper": words.url, "audio_llm": words.url, "acestep": songs.url})
    assert found["generate"].level == "ok"
    assert "musicgen (CC-BY-NC-4.0 weights: generate); composer (Apache-2.0: generate)" in found["generate"].says
    assert found["whisper"].says == f"ears (MIT weights) at {words.url}"
    assert "acestep-v15-turbo (MIT weights)" in found["acestep"].says
    assert found["abc_llm"].level == "missing"


def test_commercial_mode_refuses_by_name():
    made = create_app([model("musicgen", "CC-BY-NC-4.0 weights", False), model("composer", "Apache-2.0")])
    only = create_app([model("magnet", "CC-BY-NC-4.0 weights", False)])
    with serving(made) as some, serving(only) as none, double(models=["mine"]) as unknown:
        found = rows(servers={"generate": some, "edit": none, "abc_llm": unknown.url}, commercial=True)
    assert found["generate"].level == "note"
    assert "refused for commercial use: musicgen (CC-BY-NC-4.0 weights)" in found["generate"].says
    assert found["generate"].says.startswith("composer (")
    assert found["edit"].level == "missing"
    assert "magnet (CC-BY-NC-4.0 weights)" in found["edit"].says
    assert "SEGUE_COMMERCIAL" in found["edit"].do
    assert (found["abc_llm"].level, "card" in found["abc_llm"].do) == ("note", True)


@pytest.mark.parametrize(
    ("server", "prefer", "says"),
    [
        ("generate", "remote", r"musicgen \(CC-BY-NC-4.0 weights\)"),
        ("abc_llm", "abc_llm", "facebook/musicgen-large may not be used here: CC-BY-NC-4.0 weights"),
        ("acestep", "acestep", "musicgen-large may not be used here: CC-BY-NC-4.0 weights"),
    ],
)
def test_a_step_refuses_them_by_name_too_and_the_composer_makes_it(home, server, prefer, says):
    made = create_app([model("musicgen", "CC-BY-NC-4.0 weights", False)])
    with serving(made) as jobs, double(root="facebook/musicgen-large") as words, acestep(model="musicgen-large") as songs:  # fmt: skip
        url = {"generate": jobs, "abc_llm": words.url, "acestep": songs.url}[server]
        settings = load_settings(home=home, servers={server: url}, prefer={"generate": prefer}, commercial=True)
        with Agent(settings) as agent:
            result = agent.run_tool("generate", {"prompt": "a loop", "bars": 1, "seed": 1})
    assert result.backend == "composer"
    assert any(re.search(says, note) for note in result.notes), result.notes


def test_faults_are_named_with_what_to_do():
    page = FastAPI()

    @page.get("/v1/models")
    def models():
        return HTMLResponse("<html>Welcome to nginx!</html>")

    with serving(page) as wrong, double(key="secret") as locked, double(models=["a"]) as other:
        found = rows(
            servers={"generate": "http://127.0.0.1:9", "edit": wrong, "whisper": locked.url, "audio_llm": f"{other.url}#b", "wisper": wrong}
        )  # fmt: skip
    assert "127.0.0.1:9 does not answer" in found["generate"].says
    assert "unset it" in found["generate"].do
    assert "not as a model server does" in found["edit"].says
    assert "refused the key" in found["whisper"].says
    assert "serves no 'b', but a" in found["audio_llm"].says
    assert found["wisper"].level == "note"
    assert "whisper" in found["wisper"].says


@pytest.mark.parametrize(
    ("name", "commercial"),
    [
        ("facebook/musicgen-stereo-large", False), ("nvidia/music-flamingo-hf", False), ("openai/whisper-large-v3", True),
        ("Qwen/Qwen2-Audio-7B-Instruct", True), ("m-a-p/ChatMusician", True), ("m-a-p/MuPT-v1-8192-1.3B", True),
        ("OpenMuQ/MuQ-MuLan-large", False), ("acestep-v15-turbo", True), ("cvssp/audioldm2-music", False), ("somebody/else", None),
    ],
)  # fmt: skip
def test_licences_are_known_by_the_names_of_models(name, commercial):
    assert licence_of(name).commercial is commercial
