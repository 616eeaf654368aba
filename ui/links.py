"""Links to artifacts that open without a key: signed for one artifact and owner, for a week.

A chat client shows the links of an answer, and a browser that follows one sends no key. What is
signed is the owner, the artifact and the day it ends; the secret lies in ``SEGUE_HOME/link.key``.
"""

import base64
import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path
from urllib.parse import quote

_LASTS_S = 7 * 24 * 3600


class Links:
    """Signs links and reads them again."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, owner: str, artifact: str, now: float | None = None) -> str:
        """Return what lets anybody read this artifact of this owner's, until a week from now."""
        until = int((time.time() if now is None else now) + _LASTS_S)
        body = f"{until}.{owner}"
        return base64.urlsafe_b64encode(f"{body}.{self._mark(body, artifact)}".encode()).decode().rstrip("=")

    def owner(self, signature: str, artifact: str, now: float | None = None) -> str:
        """Return whose the artifact is where the signature holds, else nothing."""
        try:
            text = base64.urlsafe_b64decode(signature.encode() + b"=" * (-len(signature) % 4)).decode()
            until, owner, mark = text.split(".")
            ends = int(until)
        except ValueError:
            return ""
        held = hmac.compare_digest(mark.encode(), self._mark(f"{until}.{owner}", artifact).encode())
        return owner if held and ends > (time.time() if now is None else now) else ""

    def _mark(self, body: str, artifact: str) -> str:
        return hmac.new(self._secret, f"{body}.{artifact}".encode(), hashlib.sha256).hexdigest()[:40]

    def url(self, base: str, owner: str, artifact: str, name: str = "") -> str:
        """Return the whole address of an artifact."""
        path = f"{base.rstrip('/')}/artifacts/{quote(artifact, safe='')}" + (f"/{quote(name, safe='')}" if name else "")
        return f"{path}?sig={self.sign(owner, artifact)}"


def open_links(home: Path) -> Links:
    """Return the links of a data folder; its secret is made at the first call."""
    path = home / "link.key"
    try:
        return Links(path.read_bytes())
    except FileNotFoundError:
        home.mkdir(parents=True, exist_ok=True)
        secret = secrets.token_bytes(32)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secret)
        return Links(secret)
