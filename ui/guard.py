"""Who may talk to the server: Host and Origin checks, the key, and the owner behind each request.

An owner is the machine's own user (the key, or the token in SEGUE_HOME/lock), or an unguessable
cookie, one a browser. The cookie's value is a secret; only its hash is written down.
"""

import hashlib
import hmac
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LOCAL_OWNER = "local"
OWNER_COOKIE, KEY_COOKIE = "segue_owner", "segue_key"
_A_YEAR = 365 * 24 * 3600

# Gradio needs inline code; nothing may be loaded from another host.
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; connect-src 'self' data: blob:; "
    "font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
_OPEN_PATHS = ("/api/health",)
# Gradio hands out any file it knows by its path; ours go through /artifacts, which asks whose they are.
_GRADIO_FILES = ("/gradio_api/file", "/file=", "/file/", "/gradio_api/stream", "/gradio_api/proxy", "/proxy=")

_KEY_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Segue</title>
<body style="font-family:system-ui;max-width:24rem;margin:15vh auto;padding:0 1rem">
<h1>Segue</h1><form method="get" action="/"><label>Key <input type="password" name="key" autofocus></label>
<button>Enter</button></form><p>The key is what its server was given as SEGUE_API_KEY.</p></body></html>"""


def owner_of(cookie: str) -> str:
    """Return the owner behind a cookie's secret value."""
    return "w_" + hashlib.sha256(cookie.encode()).hexdigest()[:24]


class Guard:
    """ASGI middleware in front of everything. Sets ``scope["state"]["owner"]`` for what lies behind it.

    Parameters
    ----------
    app : what is protected.
    token : opens the API for this machine's user.
    key : demanded of everybody when set; without one only loopback names are answered.
    """

    def __init__(self, app: ASGIApp, token: str, key: str | None = None) -> None:
        self.app = app
        self.token = token
        self.key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookies = _cookies(headers)
        refusal = self._refusal(scope, headers) or self._keyless(scope, headers, cookies)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        fresh = ""
        secret = cookies.get(OWNER_COOKIE, "")
        if self._is_local(headers):
            owner = LOCAL_OWNER
        else:
            if len(secret) < 32 and scope["path"] == "/":
                secret = fresh = secrets.token_urlsafe(32)
            owner = owner_of(secret) if len(secret) >= 32 else ""
        scope.setdefault("state", {})["owner"] = owner

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.setdefault("X-Content-Type-Options", "nosniff")
                answer.setdefault("Referrer-Policy", "same-origin")
                answer.setdefault("Content-Security-Policy", PAGE_POLICY)
                if fresh:
                    answer.append("Set-Cookie", _cookie(OWNER_COOKIE, fresh))
            await send(message)

        await self.app(scope, receive, sending)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if not self.key and _name(host) not in LOOPBACK:
            return _no(403, "This server answers to 127.0.0.1 and localhost only.", "Open it by that name.")
        origin = headers.get("origin")
        if origin and origin != "null" and urlsplit(origin).netloc != host:
            return _no(403, "Another page sent this.", "Open Segue's own page.")
        if origin == "null" and scope.get("method") not in ("GET", "HEAD"):
            return _no(403, "A page without an origin sent this.", "Open Segue's own page.")
        path = scope["path"]
        if path.startswith(_GRADIO_FILES):
            return _no(404, "There is nothing here.", "Files are served under /artifacts.")
        return None

    def _keyless(self, scope: Scope, headers: Headers, cookies: dict[str, str]) -> Response | None:
        """Return the refusal of a request without the key where one is demanded, or the way in with it."""
        if not self.key or scope["path"] in _OPEN_PATHS or self._is_local(headers):
            return None
        if hmac.compare_digest(cookies.get(KEY_COOKIE, ""), _sealed(self.key)):
            return None
        if scope["path"] == "/" and scope.get("method") == "GET":
            given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("key", [""])[0]
            if hmac.compare_digest(given.encode(), self.key.encode()):
                answer: Response = RedirectResponse("/", status_code=303)
                answer.headers.append("Set-Cookie", _cookie(KEY_COOKIE, _sealed(self.key)))
                return answer
            return HTMLResponse(_KEY_PAGE, status_code=401)
        return _no(401, "A key is needed.", "Send Authorization: Bearer with the server's SEGUE_API_KEY.")

    def _is_local(self, headers: Headers) -> bool:
        given = headers.get("authorization", "").removeprefix("Bearer ").encode()
        known = [secret for secret in (self.token, self.key) if secret]
        return any(hmac.compare_digest(given, secret.encode()) for secret in known)


def _name(host: str) -> str:
    """Return the name of a Host header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _cookies(headers: Headers) -> dict[str, str]:
    jar = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _cookie(name: str, value: str) -> str:
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={_A_YEAR}"


def _sealed(key: str) -> str:
    """Return what the browser keeps in place of the key."""
    return hashlib.sha256(b"segue page " + key.encode()).hexdigest()


def _no(status: int, message: str, hint: str) -> Response:
    return JSONResponse({"error": {"code": "Refused", "message": message, "hint": hint}}, status_code=status)
