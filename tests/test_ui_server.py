"""``segue serve`` as a process: page, API, files, owners, and commands that go through it."""

import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import httpx
import pytest

from segue.ui.home import Holder
from segue.ui.voice import Remote
from tests.ui_support import segue, server, service, tone


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def running(place: Path):
    with server(place / "home") as lock:
        yield lock
    assert (place / "home" / "lock").read_text() == "", "the folder was not given back at the end"


@pytest.fixture(scope="module")
def piece(running: dict[str, Any], place: Path) -> str:
    """A recording of this machine's user."""
    remote = Remote(Holder.model_validate({k: v for k, v in running.items() if k != "url"}))
    return remote.import_file(tone(place / 'a <b>"tone".wav')).id


@pytest.fixture
def user(running: dict[str, Any]):
    """This machine's user."""
    with httpx.Client(base_url=running["url"], headers={"Authorization": f"Bearer {running['token']}"}) as client:
        yield client


@pytest.fixture
def browser(running: dict[str, Any]):
    """Somebody else, with a browser."""
    with httpx.Client(base_url=running["url"], timeout=30) as client:
        assert client.get("/").status_code == 200
        yield client


def test_page_answers_and_loads_nothing_from_elsewhere(browser: httpx.Client) -> None:
    page = browser.get("/")
    assert "Segue" in page.text
    assert "fonts.googleapis.com" not in page.text
    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(?:https?:)?//', page.text)
    assert page.headers["content-security-policy"]
    assert page.elapsed.total_seconds() < 10


def test_only_what_takes_long_waits_in_the_pages_queue(browser: httpx.Client) -> None:
    queued = [d for d in browser.get("/config").json()["dependencies"] if d["backend_fn"] and d["queue"] is not False]
    assert len(queued) >= 5
    assert all(d["types"]["generator"] for d in queued), [d["api_name"] for d in queued if not d["types"]["generator"]]


def test_what_is_queued_while_its_windows_stream_closes_is_not_lost(browser: httpx.Client) -> None:
    """The answer comes when the window has let go of the stream, so that it begins another; that one has it all."""
    events = browser.get("/config").json()["dependencies"]
    asked = {
        "data": ["", None],
        "session_hash": "w1",
        "fn_index": next(d["id"] for d in events if d["api_name"] == "settle"),
    }

    def queue() -> str:
        return str(browser.post("/gradio_api/queue/join", json=asked).json()["event_id"])

    def told(lines: Iterator[str], until: str) -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = []
        for line in lines:
            if line.startswith("data: "):
                heard.append(json.loads(line[6:]))
                if heard[-1]["msg"] == until:
                    return heard
        raise AssertionError(f"the stream ended without {until}: {heard}")

    with ThreadPoolExecutor(1) as pool:
        first = queue()
        with browser.stream("GET", "/gradio_api/queue/data", params={"session_hash": "w1"}) as stream:
            lines = stream.iter_lines()  # kept: with it the stream would be closed
            assert first in [one["event_id"] for one in told(lines, "close_stream")]
            second = pool.submit(queue)  # the window has not read it yet
            assert not wait([second], timeout=1.0).done, "the window would take its old stream for the new event's"
        id = second.result(timeout=30)
        with browser.stream("GET", "/gradio_api/queue/data", params={"session_hash": "w1"}) as stream:
            done = [one for one in told(stream.iter_lines(), "process_completed") if one["msg"] == "process_completed"]
    assert [(one["event_id"], one["success"]) for one in done] == [(id, True)]


def test_sound_has_its_type_and_ranges(user: httpx.Client, piece: str) -> None:
    whole = user.get(f"/artifacts/{piece}")
    assert whole.status_code == 200
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = user.get(f"/artifacts/{piece}", headers={"Range": "bytes=44-99"})
    assert part.status_code == 206
    assert part.content == whole.content[44:100]


def test_sound_is_offered_in_other_forms(user: httpx.Client, piece: str) -> None:
    for name, kind, head in [
        ("x.flac", "audio/flac", b"fLaC"),
        ("x.mp3", "audio/mpeg", b""),
        ("x.ogg", "audio/ogg", b"OggS"),
    ]:
        answer = user.get(f"/artifacts/{piece}/{name}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == kind
        assert answer.content.startswith(head)
        assert "attachment" in answer.headers["content-disposition"]
    assert user.get(f"/artifacts/{piece}/x.exe").status_code == 400
    assert user.get(f"/artifacts/{piece}/x.mid").status_code == 422, "a recording has no notes yet"


def test_others_do_not_get_it(browser: httpx.Client, user: httpx.Client, piece: str) -> None:
    assert user.get("/api/health").json()["status"] == "ok"
    assert browser.get(f"/artifacts/{piece}").status_code == 404
    assert browser.get(f"/artifacts/{piece}/x.wav").status_code == 404
    unknown = browser.get("/artifacts/p_000000000000")
    theirs = browser.get(f"/artifacts/{piece}")
    assert unknown.json()["error"]["code"] == theirs.json()["error"]["code"], "the two cannot be told apart"
    nobody = httpx.get(f"{user.base_url}/artifacts/{piece}")
    assert nobody.status_code == 404


def test_blobs_are_asked_for_by_their_owner_too(running: dict[str, Any], place: Path, browser: httpx.Client, user: httpx.Client, piece: str) -> None:  # fmt: skip
    import hashlib

    blob = hashlib.sha256((place / 'a <b>"tone".wav').read_bytes()).hexdigest()
    assert user.get(f"/artifacts/{blob}").status_code == 200
    assert browser.get(f"/artifacts/{blob}").status_code == 404


def test_twenty_paths_of_the_machine_are_not_served(
    browser: httpx.Client, running: dict[str, Any], place: Path
) -> None:
    home = place / "home"
    targets = ["/etc/passwd", str(home / "store.db"), str(home / "lock"), str(Path(__file__)), "../../etc/passwd"]
    forms = ["/gradio_api/file={}", "/file={}", "/artifacts/{}", "/gradio_api/file/{}"]
    for target in targets:
        for form in forms:
            assert browser.get(form.format(target)).status_code in (403, 404), form.format(target)


def test_api_wants_json_and_an_owner(browser: httpx.Client, user: httpx.Client, running: dict[str, Any]) -> None:
    assert user.post("/api/chat", content=b"{").status_code == 400
    assert user.post("/api/chat", json={"massage": "hi"}).status_code == 400
    assert user.post("/api/chat", json={"message": "hi", "session": "s_unknown"}).status_code == 404
    assert user.post("/api/chat", json={"message": "hi", "attach": ["/etc/passwd"]}).status_code == 404
    assert user.post("/api/chat", content=b'{"message": "' + b"a" * 1_100_000 + b'"}').status_code == 400
    assert user.post("/api/chat", content=b'{"message": "' + b"a" * 4_100_000 + b'"}').status_code == 413
    assert httpx.post(f"{running['url']}/api/chat", json={"message": "hi"}).status_code == 401
    assert browser.post("/api/local/sessions", json={}).status_code == 404, "only this machine's user"
    assert browser.get("/openapi.json").status_code == 404


def test_a_turn_over_http_is_in_the_history_of_its_owner_only(user: httpx.Client, browser: httpx.Client) -> None:
    reply = user.post("/api/chat", json={"message": "hello"}, timeout=60)
    assert reply.status_code == 200, reply.text
    session = reply.json()["session"]
    assert session in {one["id"] for one in user.get("/api/sessions").json()}
    assert user.get(f"/api/sessions/{session}/messages").json()[0]["message"] == "hello"
    assert browser.get("/api/sessions").json() == []
    assert browser.get(f"/api/sessions/{session}").status_code == 404


def test_a_turn_streams_its_events(user: httpx.Client) -> None:
    with user.stream("POST", "/api/chat", json={"message": "hello"}, headers={"Accept": "text/event-stream"}, timeout=60) as answer:  # fmt: skip
        events = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    assert events[-1]["reply"]["session"]
    assert "started" in [event["type"] for event in events]


def test_commands_go_through_the_server(running: dict[str, Any], place: Path, user: httpx.Client) -> None:
    home = place / "home"
    chat = segue("chat", "hello", "--json", home=home)
    assert chat.returncode == 0, chat.stderr
    session = json.loads(chat.stdout)["session"]
    assert user.get(f"/api/sessions/{session}").status_code == 200, "the server has it"
    trace = segue("trace", json.loads(chat.stdout)["turn"], home=home)
    assert trace.returncode == 0, trace.stderr
    assert all(json.loads(line) for line in trace.stdout.splitlines())
    tag = segue("tag", str(tone(place / "other.wav", 3)), "--json", home=home)
    assert tag.returncode == 0, tag.stderr
    assert json.loads(tag.stdout)["out"]["duration_s"] == pytest.approx(3, abs=0.05)


def test_commands_that_need_the_folder_to_themselves_say_who_has_it(running: dict[str, Any], place: Path) -> None:
    for words in (
        ["store", "clean"],
        ["backup", str(place / "x.zip")],
        ["restore", str(place / "x.zip")],
        ["serve", "--port", "0"],
    ):
        done = segue(*words, home=place / "home")
        assert done.returncode == 1, done.stdout
        assert "is in use by `segue serve`" in done.stderr
        assert running["url"] in done.stderr
        assert "Traceback" not in done.stderr


def test_a_port_in_use_is_a_clear_error(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = segue("serve", "--port", port, home=home)
    assert done.returncode == 2
    assert f"Port {port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_beyond_loopback_a_key_is_demanded(home: Path) -> None:
    done = segue("serve", "--host", "0.0.0.0", "--port", "0", home=home)
    assert done.returncode == 2
    assert "SEGUE_API_KEY" in done.stderr


def test_conversations_are_there_after_a_restart(tmp_path: Path) -> None:
    ann = {"Authorization": "Bearer ann"}
    with service(tmp_path / "home") as (url, _):
        said = httpx.post(f"{url}/api/chat", json={"message": "hello"}, headers=ann, timeout=60).json()
    with service(tmp_path / "home") as (url, _):
        listed = httpx.get(f"{url}/api/sessions", headers=ann).json()
        assert [one["id"] for one in listed] == [said["session"]]
        at = f"{url}/api/sessions/{said['session']}/messages"
        assert httpx.get(at, headers=ann).json()[0]["reply"]["reply"] == said["reply"]
        assert httpx.post(at, json={"message": "thanks"}, headers=ann, timeout=60).json()["session"] == said["session"]
        assert len(httpx.get(at, headers=ann).json()) == 2
