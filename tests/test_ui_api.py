"""The HTTP API over real HTTP: exact to its own description, every owner by themselves, tools and jobs."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from segue.tools.core.registry import tools
from tests.ui_support import service, tone


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    with service(tmp_path_factory.mktemp("served") / "home") as (url, _):
        yield url


def caller(url: str, name: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {name}"}, timeout=60)


@pytest.fixture
def ann(running: str):
    with caller(running, "ann") as client:
        yield client


@pytest.fixture
def bob(running: str):
    with caller(running, "bob") as client:
        yield client


@pytest.fixture(scope="module")
def described(running: str) -> dict[str, Any]:
    return httpx.get(f"{running}/api/openapi.json", timeout=60).json()


@pytest.fixture(scope="module")
def piece(running: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tone(tmp_path_factory.mktemp("files") / "a tone.wav", seconds=3)
    with caller(running, "ann") as client:
        answer = client.post("/api/pieces", files={"file": ("a tone.wav", file.read_bytes())})
    assert answer.status_code == 201, answer.text
    return answer.json()


def follows(described: dict[str, Any], method: str, path: str, answer: httpx.Response) -> Any:
    """Check an answer against what the description says of it, and return its JSON."""
    said = described["paths"][path][method]["responses"]
    assert str(answer.status_code) in said, f"{answer.status_code} is not described: {answer.text[:200]}"
    if answer.status_code == 204:
        assert not answer.content
        return None
    schema = said[str(answer.status_code)]["content"]["application/json"]["schema"]
    jsonschema.validate(answer.json(), {**schema, "components": described["components"]})
    return answer.json()


def test_the_description_is_whole(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    jsonschema.Draft202012Validator.check_schema(described["components"]["schemas"]["GenerateArgs"])
    for path, methods in described["paths"].items():
        assert not path.startswith("/api/local")
        for method, about in methods.items():
            assert about.get("summary") or about.get("description"), f"{method} {path}"
            assert "HTTPValidationError" not in json.dumps(about["responses"])
    assert {f"/api/tools/{name}" for name in tools()} <= set(described["paths"])


def test_sessions_from_beginning_to_end(described: dict[str, Any], ann: httpx.Client, bob: httpx.Client) -> None:
    made = follows(described, "post", "/api/sessions", ann.post("/api/sessions", json={"title": "100% mine"}))
    at = f"/api/sessions/{made['id']}"
    reply = follows(
        described, "post", "/api/sessions/{id}/messages", ann.post(f"{at}/messages", json={"message": "hello"})
    )
    assert reply["session"] == made["id"]
    follows(described, "post", "/api/sessions/{id}/messages", ann.post(f"{at}/messages", json={"message": "thanks"}))
    listed = follows(described, "get", "/api/sessions", ann.get("/api/sessions"))
    assert made["id"] in {one["id"] for one in listed}
    for words, there in [("100%", True), ("%", True), ("_", False), ("HELLO", True), ("nothing of the kind", False)]:
        found = follows(described, "get", "/api/sessions", ann.get("/api/sessions", params={"search": words}))
        assert (made["id"] in {one["id"] for one in found}) is there, words
    turns = follows(described, "get", "/api/sessions/{id}/messages", ann.get(f"{at}/messages"))
    assert [turn["message"] for turn in turns] == ["hello", "thanks"]
    one = follows(described, "get", "/api/sessions/{id}/messages/{number}", ann.get(f"{at}/messages/2"))
    assert one["message"] == "thanks"
    assert ann.get(f"{at}/messages/3").status_code == 404
    branch = follows(described, "post", "/api/sessions/{id}/branch", ann.post(f"{at}/branch", json={"turns": 1}))
    assert branch["turns"] == 1
    assert ann.post(f"{at}/branch", json={"turns": 1.0}).json()["turns"] == 1
    assert ann.post(f"{at}/branch", json={"turns": "1"}).status_code == 400
    named = follows(described, "patch", "/api/sessions/{id}", ann.patch(at, json={"title": "Sunday"}))
    assert named["title"] == "Sunday"
    follows(described, "post", "/api/sessions/{id}/cancel", ann.post(f"{at}/cancel"))
    for method, path in [("GET", at), ("GET", f"{at}/messages"), ("DELETE", at), ("POST", f"{at}/cancel")]:
        assert bob.request(method, path).status_code == 404
    assert bob.post(f"{at}/messages", json={"message": "hello"}).status_code == 404
    assert bob.get("/api/sessions").json() == []
    follows(described, "delete", "/api/sessions/{id}", ann.delete(at))
    assert follows(described, "get", "/api/sessions/{id}", ann.get(at))["error"]["code"] == "NotFound"


def test_a_turn_as_events(ann: httpx.Client) -> None:
    with ann.stream("POST", "/api/chat", json={"message": "hello"}, headers={"Accept": "text/event-stream"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        blocks = [block.split("\n") for block in answer.read().decode().strip().split("\n\n")]
    kinds = [lines[0].removeprefix("event: ") for lines in blocks]
    bodies = [json.loads(lines[1].removeprefix("data: ")) for lines in blocks]
    assert kinds[0] == "started"
    assert kinds[-1] == "reply"
    assert bodies[-1]["reply"]["reply"]


def test_what_is_wrong_is_said_in_one_shape(described: dict[str, Any], ann: httpx.Client, running: str) -> None:
    for answer, status in [
        (ann.post("/api/chat", json={"massage": "hi"}), 400),
        (ann.post("/api/chat", content=b"{"), 400),
        (ann.get("/api/sessions", params={"limit": "many"}), 400),
        (ann.get("/api/nothing"), 404),
        (ann.put("/api/chat"), 405),
        (ann.post("/api/tools/tag", json={"clip": {"id": "p_none"}}), 200),
        (httpx.get(f"{running}/api/sessions", timeout=60), 401),
        (ann.post("/api/tools/library", json={"action": "retag", "fields": ["bpm"]}), 400),
    ]:
        assert answer.status_code == status, answer.text
        error = answer.json()["error"]
        assert set(error) == {"code", "message", "hint"}
        assert "Traceback" not in answer.text
    assert ann.post("/api/chat", content=b"[" * 100_000).status_code == 400
    assert ann.options("/api/pieces").headers["allow"] == "GET, POST"
    for body in ({"prompt": "a loop", "bars": "4"}, {"prompt": "a loop", "loop": 1}):
        assert ann.post("/api/tools/generate", json=body).status_code == 400, "near enough is not enough"
    assert ann.post("/api/jobs", json={"tool": "tag", "yes": 0}).status_code == 400
    loose = ann.post("/api/tools/tag", json={"clip": {"step": "s9", "field": "piece"}})
    assert (loose.status_code, "s9" in loose.text) == (400, True), "there is no earlier step here"
    assert ann.patch("/api/sessions/s_none", json={"title": " "}).status_code == 400


def test_every_tool_is_called_by_itself(described: dict[str, Any], ann: httpx.Client, bob: httpx.Client, piece: dict[str, Any]) -> None:  # fmt: skip
    infos = follows(described, "get", "/api/tools", ann.get("/api/tools"))
    assert {info["name"] for info in infos} == set(tools())
    args = {"clip": {"id": piece["id"]}, "operations": [{"op": "reverse"}]}
    edited = follows(described, "post", "/api/tools/edit", ann.post("/api/tools/edit", json=args))
    assert edited["status"] == "done"
    sound = httpx.get(edited["artifacts"][0]["url"])
    assert sound.status_code == 200, "the link opens without a key"
    assert sound.headers["content-type"].startswith("audio/")
    assert edited["artifacts"][0]["path"] == "", "where it lies on the server is nobody's business"
    theirs = follows(described, "post", "/api/tools/edit", bob.post("/api/tools/edit", json=args))
    assert theirs["status"] == "failed"
    with ann.stream("POST", "/api/tools/edit", json=args, headers={"Accept": "text/event-stream"}) as answer:
        lines = answer.read().decode()
    assert "event: started" in lines
    assert "event: result" in lines


def test_jobs_go_on_by_themselves(described: dict[str, Any], ann: httpx.Client, bob: httpx.Client) -> None:
    new = {"tool": "generate", "args": {"prompt": "a loop", "bars": 2, "seed": 1}}
    job = follows(described, "post", "/api/jobs", ann.post("/api/jobs", json=new))
    assert bob.get(f"/api/jobs/{job['id']}").status_code == 404
    with ann.stream("GET", f"/api/jobs/{job['id']}", headers={"Accept": "text/event-stream"}) as answer:
        states = [json.loads(line[6:])["state"] for line in answer.iter_lines() if line.startswith("data: ")]
    assert states[-1] == "done"
    done = follows(described, "get", "/api/jobs/{id}", ann.get(f"/api/jobs/{job['id']}"))
    assert done["result"]["out"]["pieces"]
    long = ann.post("/api/jobs", json={"tool": "generate", "args": {"prompt": "a symphony", "duration_s": 600}}).json()
    began = time.monotonic()
    stopped = follows(described, "delete", "/api/jobs/{id}", ann.delete(f"/api/jobs/{long['id']}"))
    assert stopped["state"] == "cancelled"
    assert time.monotonic() - began < 20
    assert {one["id"] for one in ann.get("/api/jobs").json()} == {job["id"], long["id"]}
    assert follows(described, "post", "/api/jobs", ann.post("/api/jobs", json={"tool": "sing"}))["state"] == "queued"


def test_pieces_with_their_outline_and_versions(described: dict[str, Any], ann: httpx.Client, bob: httpx.Client, piece: dict[str, Any]) -> None:  # fmt: skip
    at = f"/api/pieces/{piece['id']}"
    assert follows(described, "get", "/api/pieces/{id}", ann.get(at))["title"] == "a tone"
    edited = ann.post("/api/tools/edit", json={"clip": {"id": piece["id"]}, "operations": [{"op": "reverse"}]}).json()
    about = follows(
        described, "get", "/api/pieces/{id}/about", ann.get(f"/api/pieces/{edited['out']['piece']['id']}/about")
    )
    assert about["loudness"] < 0
    assert about["versions"][0]["id"] == piece["id"]
    assert about["versions"][-1]["how"] == "reverse"
    outline = follows(described, "get", "/api/artifacts/{id}/peaks", ann.get(f"/api/artifacts/{piece['id']}/peaks"))
    assert len(outline) == 480
    assert max(outline) == 100
    part = ann.get(f"/api/artifacts/{piece['id']}", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"RIFF")
    for path in (at, f"{at}/about", f"/api/artifacts/{piece['id']}", f"/api/artifacts/{piece['id']}/peaks"):
        assert bob.get(path).status_code == 404
    assert ann.post("/api/pieces", files={"file": ("x.wav", b"no sound")}).status_code == 400
    assert ann.post("/api/pieces", files={"file": ("nosuffix", b"x")}).status_code == 400


def test_an_empty_library_is_said(described: dict[str, Any], ann: httpx.Client) -> None:
    assert follows(described, "get", "/api/library", ann.get("/api/library"))["tracks"] == 0
    assert (
        follows(described, "get", "/api/library/tracks", ann.get("/api/library/tracks", params={"query": "x"}))["total"]
        == 0
    )


def test_a_key_that_asked_too_often_waits(tmp_path: Path) -> None:
    with service(tmp_path / "home") as (url, _), caller(url, "eve") as client:
        statuses = [client.get("/api/jobs").status_code for _ in range(241)]
        refused = client.get("/api/jobs")
        assert statuses.count(200) == 240
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
