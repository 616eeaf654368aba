"""Who is let in: Host, Origin, key, cookie; and which owner stands behind a request."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from segue.ui.guard import OWNER_COOKIE, Guard, owner_of

TOKEN = "t" * 32
KEY = "a key that was chosen"
BASE = "http://127.0.0.1:7860"


async def _who(request: Request) -> JSONResponse:
    return JSONResponse({"owner": request.state.owner})


def client(key: str | None = None, base: str = BASE) -> TestClient:
    paths = ["/", "/api/health", "/api/x", "/gradio_api/queue/join", "/artifacts/x"]
    app = Starlette(routes=[Route(path, _who, methods=["GET", "POST"]) for path in paths])
    return TestClient(Guard(app, TOKEN, key), base_url=base, follow_redirects=False)


def owner(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["owner"])


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "localhost:7860", "[::1]:7860", "LOCALHOST:7860"])
def test_loopback_names_are_answered(host: str) -> None:
    assert client().get("/api/x", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:7860", "", "localhost.evil:1", "[", "a@localhost@evil"])  # fmt: skip
def test_other_names_are_refused(host: str) -> None:
    answer = client().get("/", headers={"host": host})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://127.0.0.1:7860.evil.example", "http://127.0.0.1:9999"]
)
def test_other_pages_are_refused(origin: str, method: str) -> None:
    assert client().request(method, "/api/x", headers={"origin": origin}).status_code == 403


def test_own_page_and_no_page_are_let_in() -> None:
    assert client().post("/api/x", headers={"origin": BASE}).status_code == 200
    assert client().post("/api/x").status_code == 200
    assert client().post("/api/x", headers={"origin": "null"}).status_code == 403


def test_each_browser_is_an_owner_of_its_own() -> None:
    alice, bob = client(), client()
    first = owner(alice.get("/"))
    assert first.startswith("w_")
    assert owner(alice.get("/api/x")) == first, "the cookie is sent again"
    assert owner(bob.get("/")) != first
    cookie = alice.cookies[OWNER_COOKIE]
    assert len(cookie) >= 43
    assert cookie not in first, "the owner that is written down does not hold the secret"
    assert owner_of(cookie) == first


def test_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    said = client().get("/").headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Lax" in said


def test_without_cookie_or_key_nobody_is_there() -> None:
    assert owner(client().get("/api/x")) == ""
    assert owner(client().get("/api/x", headers={"cookie": f"{OWNER_COOKIE}=short"})) == ""


def test_token_is_this_machines_user() -> None:
    assert owner(client().get("/api/x", headers={"authorization": f"Bearer {TOKEN}"})) == "local"
    assert owner(client().get("/api/x", headers={"authorization": "Bearer "})) == ""
    assert owner(client().get("/api/x", headers={"authorization": "Bearer wrong"})) == ""


def test_key_is_demanded_of_everybody() -> None:
    outside = client(KEY, "http://music.example")
    assert outside.get("/").status_code == 401
    assert outside.get("/api/x").status_code == 401
    assert outside.post("/gradio_api/queue/join").status_code == 401
    assert outside.get("/artifacts/x").status_code == 401
    assert outside.get("/?key=wrong").status_code == 401
    assert outside.get("/api/health").status_code == 200
    assert owner(outside.get("/api/x", headers={"authorization": f"Bearer {KEY}"})) == "local"


def test_key_opens_the_page_and_is_not_kept_in_the_browser() -> None:
    outside = client(KEY, "http://music.example")
    entered = outside.get("/", params={"key": KEY})
    assert entered.status_code == 303
    assert entered.headers["location"] == "/"
    assert KEY not in entered.headers["set-cookie"]
    assert owner(outside.get("/")).startswith("w_")


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/file=/etc/passwd", "/file=/etc/passwd", "/gradio_api/file/etc/passwd", "/gradio_api/proxy=http://x", "/proxy=http://x", "/gradio_api/stream/x"],
)  # fmt: skip
def test_gradios_own_files_are_shut(path: str) -> None:
    assert client().get(path).status_code == 404


def test_policy_allows_no_other_host() -> None:
    policy = client().get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
