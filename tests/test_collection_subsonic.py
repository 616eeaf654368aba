"""An OpenSubsonic server: a local double that checks tokens, pages and keeps playlists as the API describes."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from segue.tools import library
from segue.tools.backends.library_catalogue import BACKEND
from segue.tools.collection.catalogue import Track, open_catalogue
from segue.tools.core.base import ItemRef
from segue.tools.core.errors import ConfigError, ToolError
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store
from tests.collection_support import fill, make_context

USER, PASSWORD = "ana", "s&same"
SONGS = [
    {
        "id": f"so-{n}",
        "title": f"Song {n}",
        "artist": "Nina Harrow",
        "album": "Harbour",
        "duration": 200,
        "isDir": False,
    }
    for n in range(620)
]
SONGS[3] |= {"userRating": 4, "playCount": 11, "played": "2023-02-19T14:06:49.266174771Z"}


class Double(BaseHTTPRequestHandler):
    """The methods that are used, each as the API has it."""

    playlists: dict[str, dict] = {}
    calls: list[str] = []
    broken = False

    def do_POST(self):
        method = urlsplit(self.path).path.rsplit("/", 1)[-1]
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        type(self).calls.append(method)
        token = hashlib.md5((PASSWORD + form["s"][0]).encode()).hexdigest()
        if self.broken:
            return self.answer_text(b"<html>gateway</html>")
        if form["u"] != [USER] or form["t"] != [token] or "p" in form:
            return self.answer({"error": {"code": 40, "message": "Wrong username or password"}}, "failed")
        return self.answer(getattr(self, method)(form))

    def search3(self, form):
        offset, count = int(form["songOffset"][0]), int(form["songCount"][0])
        return {"searchResult3": {"song": SONGS[offset : offset + count]}}

    def getPlaylists(self, form):
        return {"playlists": {"playlist": [{"id": id, "name": one["name"]} for id, one in self.playlists.items()]}}

    def createPlaylist(self, form):
        id = form.get("playlistId", [f"pl-{len(self.playlists)}"])[0]
        name = form["name"][0] if "name" in form else self.playlists[id]["name"]
        self.playlists[id] = {"name": name, "songs": form["songId"]}
        return {"playlist": {"id": id, "name": name}}

    def answer(self, body, status="ok"):
        response = {"subsonic-response": {"status": status, "version": "1.16.1", "type": "double", **body}}
        self.answer_text(json.dumps(response).encode())

    def answer_text(self, data):
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def server():
    double = type("OneDouble", (Double,), {"playlists": {}, "calls": [], "broken": False})
    serving = ThreadingHTTPServer(("127.0.0.1", 0), double)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield double, f"127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()


def desk(home, address):
    settings = Settings(home=home, subsonic=address)
    store = Store(settings)
    catalogue = open_catalogue(settings)
    tracks = [Track(id=f"t_{n}", title=f"Song {n}", artist="Nina Harrow", duration_s=200.0) for n in (3, 5, 610)]
    fill(store, catalogue, [*tracks, Track(id="t_x", title="Only here", artist="Nobody")])
    context, notes = make_context(settings, store)
    run = BACKEND.load(settings)
    return lambda **args: run(library.Args(**args), context).rows[0], catalogue, notes


def test_ratings_and_plays_come_and_playlists_go_back(server, tmp_path):
    double, place = server
    act, catalogue, notes = desk(tmp_path, f"http://{USER}:s%26same@{place}/music/")
    row = act(action="import", folder="subsonic")
    assert (row["program"], row["rows"], row["matched"], row["updated"]) == ("the music server", 620, 3, 3)
    three = catalogue.track("t_3")
    assert (three.rating, three.playcount, three.lastplayed[:10]) == (4.0, 11, "2023-02-19")
    items = [ItemRef(id=id) for id in ("t_610", "t_3", "t_x")]
    assert act(action="push", items=items, name="Evening") == {"playlist": "Evening", "pushed": 2, "missing": 1}
    assert double.playlists == {"pl-0": {"name": "Evening", "songs": ["so-610", "so-3"]}}
    assert any("Only here by Nobody" in note for note in notes)
    act(action="push", items=items[1:2], name="Evening")
    assert double.playlists == {"pl-0": {"name": "Evening", "songs": ["so-3"]}}, "the same playlist, not another one"
    assert double.calls.count("search3") == 6


def test_a_push_is_asked_about_first():
    question = library.TOOL.confirm(library.Args(action="push", name="Evening"))
    assert "music server" in question


def test_what_goes_wrong_is_said_without_the_password(server, tmp_path):
    double, place = server
    act, _, _ = desk(tmp_path / "a", f"http://{USER}:wrong@{place}")
    with pytest.raises(ToolError, match="Wrong username") as refused:
        act(action="import", folder="subsonic")
    assert "wrong@" not in str(refused.value)
    act, _, _ = desk(tmp_path / "b", f"http://{USER}:x@127.0.0.1:1")
    with pytest.raises(ToolError, match="did not answer"):
        act(action="import", folder="subsonic")
    act, _, _ = desk(tmp_path / "c", None)
    with pytest.raises(ConfigError):
        act(action="import", folder="subsonic")
    double.broken = True
    act, _, _ = desk(tmp_path / "d", f"http://{USER}:s%26same@{place}")
    with pytest.raises(ToolError, match="did not answer"):
        act(action="push", items=[ItemRef(id="t_3")])
    assert "same" not in repr(Settings(subsonic="http://ana:s%26same@x"))
