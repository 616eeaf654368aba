"""An OpenSubsonic server (Navidrome, gonic, Airsonic, Funkwhale …): its ratings and plays taken over, playlists pushed back.

Subsonic API 1.16.1 with tokens (md5 of password and a salt), JSON answers; opensubsonic.netlify.app. Where the server is
and who logs in stands in the setting ``subsonic``, never in a plan.
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from segue.tools.collection.catalogue import Track
from segue.tools.collection.counterparts import Counterparts
from segue.tools.core.errors import ConfigError, ToolError

_VERSION, _CLIENT = "1.16.1", "segue"
_PAGE, _MOST = 500, 200_000  # songs a page, songs in all
_TIMEOUT_S = 30.0
_HINT = "Check the setting 'subsonic' (https://user:password@host) and that the server runs."


class Subsonic:
    """A connection to one server.

    Parameters
    ----------
    address : ``https://user:password@host/path``.

    Raises
    ------
    ConfigError : no such address.
    """

    def __init__(self, address: str | None) -> None:
        parts = urlsplit(address or "")
        if parts.scheme not in ("http", "https") or not parts.hostname or not parts.username:
            raise ConfigError("No OpenSubsonic server is set up.", "Set SEGUE_SUBSONIC=https://user:password@host")
        port = f":{parts.port}" if parts.port else ""
        self.base = f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}/rest/"
        self._user, self._password = unquote(parts.username), unquote(parts.password or "")

    def call(self, method: str, parameters: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
        """Call a method and return its answer.

        Raises
        ------
        ToolError : the server cannot be reached, refuses, or does not speak the protocol.
        """
        import httpx

        salt = secrets.token_hex(8)
        token = hashlib.md5(f"{self._password}{salt}".encode(), usedforsecurity=False).hexdigest()
        login = [("u", self._user), ("t", token), ("s", salt), ("v", _VERSION), ("c", _CLIENT), ("f", "json")]
        try:
            answer = httpx.post(f"{self.base}{method}", data=_form([*login, *parameters]), timeout=_TIMEOUT_S)
            answer.raise_for_status()
            said = answer.json()["subsonic-response"]
            status = said["status"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ToolError(f"The music server did not answer as it should ({type(error).__name__}).", _HINT) from error
        if status != "ok":
            reason = (said.get("error") or {}).get("message", "no reason given")
            raise ToolError(f"The music server refuses: {str(reason)[:200]}.", _HINT)
        return dict(said)

    def songs(self) -> Iterator[dict[str, Any]]:
        """Yield every song that the server has, page by page."""
        for offset in range(0, _MOST, _PAGE):
            asked = [("query", ""), ("artistCount", "0"), ("albumCount", "0"), ("songCount", str(_PAGE)), ("songOffset", str(offset))]  # fmt: skip
            found = (self.call("search3", asked).get("searchResult3") or {}).get("song") or []
            yield from (song for song in found if isinstance(song, dict))
            if len(found) < _PAGE:
                return

    def rows(self) -> list[dict[str, Any]]:
        """Return what the server knows of its songs, in the words of a table."""
        return [
            {
                "title": song.get("title"), "artist": song.get("artist") or "", "album": song.get("album") or "",
                "path": song.get("path") or "", "duration": song.get("duration"), "year": song.get("year"),
                "genre": song.get("genre") or "", "bpm": song.get("bpm"), "rating": song.get("userRating"),
                "playcount": song.get("playCount"), "lastplayed": song.get("played"),
            }
            for song in self.songs()
        ]  # fmt: skip

    def push(self, name: str, tracks: Sequence[Track]) -> tuple[int, list[str]]:
        """Write a playlist, in place of one of the same name; return how many songs it has, and what the server lacks."""
        wanted = Counterparts(tracks)
        there: dict[str, str] = {}
        for song in self.songs():
            facts = {"title": song.get("title"), "artist": song.get("artist"), "album": song.get("album"), "path": song.get("path"), "duration_s": song.get("duration")}  # fmt: skip
            here = wanted.of(facts)
            if here is not None and song.get("id"):
                there.setdefault(here.id, str(song["id"]))
        ids = [there[track.id] for track in tracks if track.id in there]
        lists = (self.call("getPlaylists").get("playlists") or {}).get("playlist") or []
        old = next((str(one["id"]) for one in lists if one.get("name") == name), None)
        if ids:
            self.call("createPlaylist", [("playlistId", old) if old else ("name", name), *(("songId", id) for id in ids)])  # fmt: skip
        return len(ids), [track.name for track in tracks if track.id not in there]


def _form(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form
