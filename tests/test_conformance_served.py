"""One contract for engines in this process and engines behind a server: the same Args, the same Out, the same errors.

Nothing is listed here but one example a tool. With every server off each tool works by itself; whatever a server does to an
engine becomes one of three typed errors, after which the embedded engine does the work and the reply says so.
"""

import time

import pytest
from fastapi import FastAPI, Response

from segue.agent import Agent
from segue.tools.core.audio import encode
from segue.tools.core.base import Backend, Context
from segue.tools.core.errors import BackendUnavailable, BadInput, CannotDo, Transient
from segue.tools.core.piece import Piece
from segue.tools.core.registry import backends, load, tool, tools
from segue.tools.core.settings import load_settings
from segue.tools.core.store import new_id
from tests.http_support import serving
from tests.listen_support import band

SERVED = [backend for backend in backends() if backend.kind == "served"]
DEAD = "http://127.0.0.1:9"
each_served = pytest.mark.parametrize("backend", SERVED, ids=lambda b: f"{b.tool}_{b.name}")
each_tool = pytest.mark.parametrize("name", sorted(tools()))


class Places:
    """One data folder for all, so that the recording is listened to once; and a server that is out of order in every way."""

    def __init__(self, home, url):
        self.home, self.url = home, url
        (home / "music").mkdir()
        wave = band(["Dm", "Bb", "Gm", "A7"], 120, bars=4)[0]
        encode(wave, home / "music" / "calm one.wav")
        encode(band(["C", "F"], 90, bars=2)[0], home / "music" / "calm two.wav")
        with self.agent() as agent:
            added = agent.run_tool("library", {"action": "add", "folder": str(home / "music")})
            assert added.status == "done", added.error
            clip = agent.store.add_wave(wave)
            self.piece = agent.store.save(Piece(id=new_id(), title="Take", clip=clip)).id

    def agent(self, **settings):
        return Agent(load_settings(home=self.home, retries=0, **settings))

    def example(self, name, clip=None):
        """Return arguments that every engine of a tool takes."""
        ref = {"id": clip or self.piece}
        return {
            "generate": {"prompt": "a lo-fi loop", "bars": 1, "seed": 1, **({"style": ref} if clip else {})},
            "edit": {"clip": ref, "operations": [{"op": "restyle", "prompt": "bossa nova", "seed": 1}]},
            "caption": {"clips": [ref]},
            "tag": {"clip": ref},
            "transcribe": {"clip": ref, "to": ["notes", "chords", "lyrics"]},
            "retrieve": {"query": "something", "like": [ref] if clip else []},
            "library": {"action": "status"},
            "export": {"items": [ref], "formats": ["wav"], "folder": str(self.home / "exports")},
        }[name]


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    app = FastAPI()

    @app.api_route("/{fault}/{path:path}", methods=["GET", "POST", "DELETE"])
    def broken(fault: str, path: str) -> Response:
        if fault == "page":
            return Response("<html>Welcome to nginx!</html>", media_type="text/html")
        if fault == "empty":
            return Response('{"data": [], "choices": []}', media_type="application/json")
        return Response('{"error": {"message": "no"}}', status_code=int(fault), media_type="application/json")

    with serving(app) as url:
        yield Places(tmp_path_factory.mktemp("home"), url)


@each_tool
def test_with_all_servers_off_every_tool_works(places, name):
    with places.agent() as agent:
        result = agent.run_tool(name, places.example(name))
    assert result.status == "done", result.error
    kinds = {backend.name: backend.kind for backend in backends(name)}
    assert kinds[result.backend] == "embedded"
    tool(name).Out.model_validate(result.out)
    assert not any("did it instead" in note for note in result.notes)


@each_served
@pytest.mark.parametrize("fault", ["gone", "page", "empty", "500", "503", "429", "401", "404"])
def test_whatever_a_server_does_is_one_of_three_errors(places, backend: Backend, fault):
    url = DEAD if fault == "gone" else f"{places.url}/{fault}"
    settings = load_settings(home=places.home, servers={backend.server: url}, retries=0, step_timeout_s=20)
    with places.agent() as agent:
        args = tool(backend.tool).Args.model_validate(places.example(backend.tool))
        context = Context(agent.store, settings, tool=backend.tool, backend=backend.name, attempt_key=f"{fault}:s1", deadline=time.monotonic() + 60)  # fmt: skip
        with pytest.raises((BackendUnavailable, Transient, CannotDo)) as caught:
            load(backend, settings)(args, context)
    assert type(caught.value) in (BackendUnavailable, Transient, CannotDo)
    assert caught.value.message.endswith(".")
    assert "Traceback" not in caught.value.message


@each_served
def test_the_embedded_engine_takes_over_and_it_is_said(places, backend: Backend):
    settings = {"servers": {backend.server: DEAD}, "prefer": {backend.tool: backend.name}}
    with places.agent(**settings) as agent:
        result = agent.run_tool(backend.tool, places.example(backend.tool))
    assert result.status == "done", result.error
    assert result.backend in {one.name for one in backends(backend.tool) if one.kind == "embedded"}
    tool(backend.tool).Out.model_validate(result.out)
    assert any("127.0.0.1:9" in note and f"{result.backend} did it instead" in note for note in result.notes), result.notes  # fmt: skip


@each_served
def test_what_the_user_got_wrong_is_told_alike(places, backend: Backend):
    """A clip that is not there, and an argument that is not there: no server is asked, and the words are the same."""
    wrong = [places.example(backend.tool, clip="p_nobody"), {**places.example(backend.tool), "loudly": True}]
    told = []
    for settings in ({}, {"servers": {backend.server: DEAD}, "prefer": {backend.tool: backend.name}}):
        with places.agent(**settings) as agent:
            told.append([said(agent, backend.tool, args) for args in wrong])
    assert told[0] == told[1]
    assert [code for code, _ in told[0]] == ["NotFound", "InvalidArgument"]


def said(agent, name, args):
    """Return what is said of arguments that are wrong: raised before the step, or told by it."""
    try:
        result = agent.run_tool(name, args)
    except BadInput as error:
        return error.code, error.message
    assert result.status == "failed"
    return result.error.code, result.error.message
