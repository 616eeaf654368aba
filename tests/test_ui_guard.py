"""Who is let in: Host, Origin, key, cookie; and which owner stands behind a request."""

from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from segue.tools.core.errors import LimitReached, NotFound
from segue.ui.guard import OWNER_COOKIE, Guard, owner_of
from segue.ui.keys import Allowance, Keys
from segue.ui.limits import Ledger
from segue.ui.links import Links

TOKEN = "t" * 32
KEY = "a key that was chosen"
BASE = "http://127.0.0.1:7860"


async def _who(request: Request) -> JSONResponse:
    return JSONResponse({"owner": request.state.owner, **request.state.allows.model_dump()})


def client(key: str | None = None, base: str = BASE, **options: Any) -> TestClient:
    paths = ["/", "/api/health", "/api/x", "/gradio_api/queue/join", "/artifacts/x"]
    app = Starlette(routes=[Route(path, _who, methods=["GET", "POST"]) for path in paths])
    return TestClient(Guard(app, TOKEN, key, **options), base_url=base, follow_redirects=False)


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


def test_on_a_loopback_server_without_keys_every_bearer_is_an_owner_of_its_own() -> None:
    one, other = (owner(client().get("/api/x", headers={"authorization": f"Bearer {name}"})) for name in ("a", "b"))
    assert one.startswith("k_")
    assert one != other


def test_keys_have_owners_and_limits_of_their_own(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    secret = keys.add("ann", Allowance(requests_per_minute=7))
    assert secret not in keys.path.read_text()
    assert keys.path.stat().st_mode & 0o077 == 0
    ann = client(keys=keys).get("/api/x", headers={"authorization": f"Bearer {secret}"})
    assert owner(ann).startswith("k_")
    assert ann.json()["requests_per_minute"] == 7
    assert client(keys=keys).get("/api/x", headers={"authorization": "Bearer another"}).status_code == 401
    outside = client(None, "http://music.example", keys=keys, closed=True)
    assert outside.get("/").status_code == 401
    assert outside.get("/", params={"key": secret}).status_code == 303
    assert owner(outside.get("/")).startswith("w_")
    keys.remove("ann")
    assert outside.get("/").status_code == 401
    with pytest.raises(NotFound):
        keys.remove("ann")


def test_a_signed_link_opens_one_artifact_for_a_week() -> None:
    links = Links(b"secret")
    guarded = client(KEY, "http://music.example", links=links)
    signature = links.sign("w_ann", "x")
    assert owner(guarded.get("/artifacts/x", params={"sig": signature})) == "w_ann"
    assert guarded.get("/artifacts/y", params={"sig": signature}).status_code == 401
    assert guarded.get("/api/x", params={"sig": signature}).status_code == 401
    assert links.owner(signature, "x", now=2e9 + 1e9) == ""
    for wrong in ("", "AAAA", signature[:-2], "é", links.sign("w_ann", "y")):
        assert links.owner(wrong, "x") == ""


def test_limits_are_counted_by_owner() -> None:
    now = [0.0]
    ledger, allows = Ledger(lambda: now[0]), Allowance(requests_per_minute=2, steps_per_hour=3, seconds_per_hour=10)
    ledger.admit("a", allows)
    ledger.admit("a", allows)
    with pytest.raises(LimitReached) as refused:
        ledger.admit("a", allows)
    assert 1 <= refused.value.retry_s <= 60
    ledger.admit("b", allows)
    now[0] = 61
    ledger.admit("a", allows)
    ledger.charge("a", steps=1, seconds=11)
    with pytest.raises(LimitReached, match="10 s"):
        ledger.admit("a", allows)
    now[0] = 61 + 3601
    ledger.admit("a", allows)
    ledger.charge("a", steps=3, seconds=0)
    with pytest.raises(LimitReached, match="3 steps"):
        ledger.admit("a", allows)


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
