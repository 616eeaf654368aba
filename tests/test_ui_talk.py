"""The conversation in the terminal: completion, a player, keys; and what a notebook shows."""

import json
import sys
import time
from pathlib import Path

from segue.agent.events import Artifact, Reply
from segue.ui.conversation import Talk
from segue.ui.playing import Player
from tests.ui_support import here, tone


def talk() -> Talk:
    return Talk(None, None, [], False)  # type: ignore[arg-type]  # nothing here speaks


def test_commands_and_files_are_completed(tmp_path: Path) -> None:
    for name in ("one song.wav", "other.wav", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    assert talk().completions("/s") == ["/sessions ", "/session ", "/stop "]
    assert talk().completions("make") == []
    assert talk().completions(f"/attach {tmp_path}/o") == [
        f"/attach {tmp_path}/one song.wav",
        f"/attach {tmp_path}/other.wav",
    ]
    assert talk().completions(f"/attach {tmp_path}/") == [
        f"/attach {tmp_path}/folder/", f"/attach {tmp_path}/one song.wav", f"/attach {tmp_path}/other.wav",
    ]  # fmt: skip


def test_a_player_of_this_machine_plays(tmp_path: Path, monkeypatch, capsys) -> None:
    heard = tmp_path / "heard"
    program = tmp_path / "player.py"
    program.write_text(f"import sys, time; open({str(heard)!r}, 'w').write(sys.argv[1]); time.sleep(60)")
    monkeypatch.setenv("SEGUE_PLAYER", f"{sys.executable} {program}")
    one = talk()
    one.last = Reply(
        session="s", turn="t", reply="", artifacts=[Artifact(id="p", kind="audio", path="/x.flac", title="x")]
    )
    one.command("/play")
    for _ in range(200):
        if heard.exists() and heard.read_text():
            break
        time.sleep(0.05)
    assert heard.read_text() == "/x.flac"
    one.command("/stop")
    assert "stopped" in capsys.readouterr().err
    assert not one.player.stop()
    one.command("/play 7")
    assert "no such sound" in capsys.readouterr().err


def test_without_a_player_the_path_is_told(monkeypatch) -> None:
    monkeypatch.delenv("SEGUE_PLAYER", raising=False)
    monkeypatch.setenv("PATH", "")
    assert Player().play(Path("/x.flac")).startswith("/x.flac")


def test_keys_are_made_listed_and_removed(home: Path) -> None:
    made = json.loads(here("keys", "add", "ann", "--requests-per-minute", "5", "--json").stdout)
    assert made["key"].startswith("sg-")
    assert here("keys", "add", "ann").exit_code == 2
    listed = json.loads(here("keys", "list", "--json").stdout)
    assert listed == [{"name": "ann", "requests_per_minute": 5, "steps_per_hour": 1200, "seconds_per_hour": 3600.0}]
    assert made["key"] not in (home / "keys.json").read_text()
    assert "ann\t5" in here("keys", "list").stdout
    assert here("keys", "remove", "ann").exit_code == 0
    assert here("keys", "remove", "ann").exit_code == 2


def test_a_notebook_shows_words_and_players(tmp_path: Path) -> None:
    sound = Artifact(id="p", kind="audio", path=str(tone(tmp_path / "x.wav")), title="<b>x</b>", duration_s=2)
    text = Artifact(id="q", kind="text", path="/<i>.txt", title="words")
    html = Reply(session="s", turn="t", reply="Here <u>it</u> is.", artifacts=[sound, text])._repr_html_()
    assert '<audio controls src="data:audio/mpeg;base64,' in html
    assert "<b>" not in html
    assert "<u>" not in html
    assert "<i>" not in html
    assert sound._repr_html_() in html
    assert "<audio" not in Artifact(id="p", kind="audio", path="/gone.flac", title="x")._repr_html_()
