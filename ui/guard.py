"""Who may talk to the server: Host and Origin checks, keys, and the owner behind each request.

An owner is the machine's own user (SEGUE_API_KEY, or the token in SEGUE_HOME/lock), a key (``segue
keys add``), or an unguessable cookie, one a browser. Of keys and cookies only hashes are written
down. On a loopback server that has no keys, every bearer is an owner of its own: clients that must
send one may send any.
"""

import hashlib
import hmac
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.tools.core.errors import ConfigError
from segue.ui import keys as named
from segue.ui.keys import Allowance, Key, Keys
from segue.ui.links import Links

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
_OPEN_PATHS = ("/api/health", "/api/openapi.json")
# Gradio hands out any file it knows by its path; ours go through /artifacts, which asks whose they are.
_GRADIO_FILES = ("/gradio_api/file", "/file=", "/file/", "/gradio_api/stream", "/gradio_api/proxy", "/proxy=")

_KEY_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Segue</title>
<body style="font-family:system-ui;max-width:24rem;margin:15vh auto;padding:0 1rem">
<h1>Segue</h1><form method="get" action="/"><label>Key <input type="password" name="key" autofocus></label>
<button>Enter</button></form><p>Whoever runs this server can give you one: segue keys add NAME.</p></body></html>"""


def owner_of(cookie: str) -> str:
    """Return the owner behind a cookie's secret value."""
    return "w_" + hashlib.sha256(cookie.encode()).hexdigest()[:24]


class Guard:
    """ASGI middleware in front of everything. Sets owner and allowance in ``scope["state"]`` for what lies behind it.

    Parameters
    ----------
    app : what is protected.
    token : opens the API for this machine's user.
    key : of this machine's user from elsewhere.
    keys : of everybody else.
    links : signed links to artifacts, which need no key.
    closed : whether everybody must show a key; without that only loopback names are answered.
    """

    def __init__(
        self,
        app: ASGIApp,
        token: str,
        key: str | None = None,
        keys: Keys | None = None,
        links: Links | None = None,
        closed: bool | None = None,
    ) -> None:
        self.app = app
        self.token = token
        self.key = key
        self.keys = keys
        self.links = links
        self.closed = bool(key) if closed is None else closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookies = _cookies(headers)
        try:
            refusal = self._refusal(scope, headers) or self._keyless(scope, headers, cookies)
            owner, allows = ("", None) if refusal else self._owner(scope, headers)
        except ConfigError as error:
            refusal = _no(500, error.message, error.hint)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        fresh = ""
        if not owner:
            secret = cookies.get(OWNER_COOKIE, "")
            if len(secret) < 32 and scope["path"] == "/":
                secret = fresh = secrets.token_urlsafe(32)
            owner = owner_of(secret) if len(secret) >= 32 else ""
        scope.setdefault("state", {}).update(owner=owner, allows=allows or Allowance())

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
        if not self.closed and _name(host) not in LOOPBACK:
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
        """Return the refusal of a request without a key where one is demanded, or the way in with it."""
        given = _bearer(headers)
        if scope["path"] in _OPEN_PATHS or self._is_local(given) or self._key(given) or self._signed(scope):
            return None
        if given and (self.closed or self._all()):
            return _no(401, "This key is not known.", "Send one that `segue keys add NAME` made on the server.")
        if not self.closed:
            return None
        sealed = cookies.get(KEY_COOKIE, "")
        if sealed and any(hmac.compare_digest(sealed, _sealed(known)) for known in self._known()):
            return None
        if scope["path"] == "/" and scope.get("method") == "GET":
            given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("key", [""])[0]
            key = self._key(given)
            if key or self._is_local(given, token=False):
                answer: Response = RedirectResponse("/", status_code=303)
                answer.headers.append("Set-Cookie", _cookie(KEY_COOKIE, _sealed(key.hash if key else given)))
                return answer
            return HTMLResponse(_KEY_PAGE, status_code=401)
        return _no(401, "A key is needed.", "Send Authorization: Bearer KEY; `segue keys add NAME` makes one.")

    def _owner(self, scope: Scope, headers: Headers) -> tuple[str, Allowance | None]:
        """Return the owner that a request names itself, and what its key allows."""
        given = _bearer(headers)
        if self._is_local(given):
            return LOCAL_OWNER, None
        if key := self._key(given):
            return named.owner_of(given), key.allows
        if given:  # a loopback server without keys
            return named.owner_of(given), None
        return self._signed(scope), None

    def _signed(self, scope: Scope) -> str:
        """Return whose artifact is asked for with a signed link."""
        parts = scope["path"].removeprefix("/api").split("/")
        if self.links is None or len(parts) < 3 or parts[1] != "artifacts":
            return ""
        signature = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("sig", [""])[0]
        return self.links.owner(signature, parts[2]) if signature else ""

    def _is_local(self, given: str, token: bool = True) -> bool:
        known = [secret for secret in (self.token if token else "", self.key) if secret]
        return any(hmac.compare_digest(given.encode(), secret.encode()) for secret in known)

    def _all(self) -> list[Key]:
        return self.keys.all() if self.keys else []

    def _key(self, given: str) -> Key | None:
        return self.keys.find(given) if self.keys and given else None

    def _known(self) -> list[str]:
        """Return what the browser's sealed key may stand for."""
        return [*([self.key] if self.key else []), *(key.hash for key in self._all())]


def _bearer(headers: Headers) -> str:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


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
