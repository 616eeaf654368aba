"""What the page shows of a turn: true to the events, and never markup from outside."""

from html.parser import HTMLParser
from typing import Any

from segue.agent.dialogue import State, Thing
from segue.agent.events import Artifact, Event, Fault, Reply, ShownResult, ToolResult
from segue.agent.session import Turn
from segue.ui import players, render

EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


class Tags(HTMLParser):
    """Collects what a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def html_is_ours(html: str) -> None:
    """No tag and no attribute of the evil title came through."""
    tags = Tags()
    tags.feed(html)
    assert tags.found
    for tag, attributes in tags.found:
        assert tag != "script"
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("src") or "/artifacts/").startswith("/artifacts/")


def piece(**more: Any) -> dict[str, Any]:
    clip = {"id": "c" * 64, "sample_rate": 44100, "channels": 2, "frames": 44100}
    return {"id": "p_1", "title": EVIL, "clip": clip, **more}


def reply(**more: Any) -> Reply:
    return Reply(session="s_1", turn="s_1.1", reply=more.pop("reply", "Done."), **more)


def test_titles_and_words_from_outside_are_never_markup() -> None:
    result = ShownResult(
        step="s1", tool="generate", backend=EVIL, status="done", out={"pieces": [piece(stems={EVIL: piece()["clip"]})]}
    )
    item = {"id": "t_1", "title": EVIL, "artist": EVIL, "genre": EVIL, "reasons": [EVIL]}
    found = ShownResult(step="s2", tool="retrieve", status="done", out={"items": [item], "total": 3})
    failed = ShownResult(step="s3", tool=EVIL, status="failed", error=Fault(code="X", message=EVIL, hint=EVIL))
    answer = reply(
        reply=EVIL,
        results=[result, found, failed],
        artifacts=[
            Artifact(id="p_1", kind="audio", path="/x.flac", title=EVIL, duration_s=1.0),
            Artifact(id="d" * 64, kind="text", path="/x.txt", title=EVIL),
        ],
        notes=[EVIL],
    )
    html_is_ours(render.reply(answer))
    thing = Thing(id='"><script>', title=EVIL)
    for part in render.turn(Turn(id="t", session="s", number=1, message=EVIL, attached=[thing], reply=answer)):
        html_is_ours(part)
    html_is_ours(render.said(EVIL, [EVIL]))


def test_a_turn_is_shown_as_it_runs() -> None:
    running = render.Running()
    assert "Thinking" in running.html()
    running.take(Event(type="started", session="s"))
    running.take(Event(type="queued", step="s1", tool="generate"))
    assert "sg-queued" in running.html()
    running.take(Event(type="started", step="s1", tool="generate", backend="composer"))
    running.take(Event(type="progress", step="s1", tool="generate", done=1, total=4, label="bass"))
    html = running.html()
    assert 'value="0.250"' in html
    assert "composer" in html
    assert "bass" in html
    assert 'aria-busy="true"' in html
    done = ToolResult(step="s1", tool="generate", status="done", backend="composer", seconds=2.5)
    running.take(Event(type="done", step="s1", tool="generate", seconds=2.5, result=done))
    running.take(Event(type="note", step="s1", text="No reverb."))
    running.take(Event(type="reply", text="Here "))
    running.take(Event(type="reply", text="it is."))
    html = running.html()
    assert "2.5 s" in html
    assert "<progress" not in html
    assert "Here it is." in html
    assert "No reverb." in html


def test_a_cancelled_step_says_so() -> None:
    running = render.Running()
    stopped = ToolResult(step="s1", tool="edit", status="cancelled")
    running.take(Event(type="failed", step="s1", tool="edit", result=stopped))
    assert "sg-cancelled" in running.html()


def test_a_failed_answer_is_opened() -> None:
    failed = ShownResult(
        step="s1",
        tool="edit",
        status="failed",
        error=Fault(code="CannotDo", message="No bass here.", hint="Name another."),
    )
    html = render.reply(reply(results=[failed]))
    assert '<details class="sg-plan" open>' in html
    assert "No bass here. Name another." in html


def test_player_offers_what_there_is() -> None:
    plain = players.player("p_1", "A tune", duration_s=61.4)
    assert 'src="/artifacts/p_1"' in plain
    assert "1:01" in plain
    assert "MIDI" not in plain
    noted = players.player("p_1", "A tune", has_score=True, stems={"bass": {"id": "b" * 64}})
    assert "/artifacts/p_1/A%20tune.mid" in noted
    assert "/artifacts/p_1/roll.svg" in noted
    assert f'src="/artifacts/{"b" * 64}"' in noted
    assert "1 stems" in noted or "bass" in noted


def test_notes_stand_once_and_midi_of_a_player_is_not_listed_twice() -> None:
    made = piece(score={"genre": "bossa_nova", "bpm": 120.0, "key": "D minor"})
    made["title"] = "Wave"
    answer = reply(
        reply="Ready.\n\nNo reverb was added.",
        notes=["No reverb was added"],
        results=[ShownResult(step="s1", tool="generate", status="done", out={"pieces": [made]})],
        artifacts=[
            Artifact(id="p_1", kind="audio", path="/x.flac", title="Wave", duration_s=1.0),
            Artifact(id="e" * 64, kind="midi", path="/x.mid", title="Wave"),
        ],
    )
    html = render.reply(answer)
    assert html.count("No reverb was added") == 1
    assert "e" * 64 not in html
    assert "bossa nova · 120 bpm · D minor" in html


def test_lists_are_numbered_as_people_name_them() -> None:
    items = [{"id": f"t_{n}", "title": f"Song {n}", "artist": "Ann", "reasons": ["calm"]} for n in (1, 2)]
    html = players.tracks(items, total=5)
    assert html.index('<li value="2">') < html.index("<b>Song 2</b> <i>Ann</i>")
    assert html.index("<b>Song 1</b>") < html.index('<li value="2">')
    assert "3 more fit" in html


def test_a_found_list_stands_once_and_advice_can_be_clicked() -> None:
    items = [{"id": f"t_{n}", "title": f"Song {n}", "reasons": ["calm"]} for n in (1, 2)]
    found = ShownResult(step="s1", tool="retrieve", status="done", out={"items": items, "total": 2})
    hint = "“More like number 1” or “not the second one” goes on from here."
    html = render.reply(reply(reply=f"Two fit:\n1. Song 1 – calm\n2. Song 2 – calm\n\n{hint}", results=[found]))
    assert html.count("Song 2</b>") == 1
    assert "2. Song 2" not in html
    assert 'data-say="more like number 1"' in html
    assert html.index("sg-tracks") < html.index("sg-next")


def test_a_question_is_answered_by_a_click() -> None:
    done = [ShownResult(step="s1", tool="retrieve", status="done")]
    html = render.reply(reply(reply="Write the tags of 3 files? Say yes, and I do it.", results=done))
    assert 'data-say="yes"' in html
    assert 'data-say="no"' in html


def test_long_chords_are_folded() -> None:
    line = " | ".join(f"{n // 60}:{n % 60:02d} {label}" for n, label in enumerate(["G", "Em7", "C/E", "N"] * 20))
    html = render.words(f"Here you are.\n\nChords: {line}")
    assert html.startswith("<p>Here you are.</p>")
    assert html.count("<li>") == 80
    assert "<small>1:19</small> N" in html
    assert html.index("<details>") > html.index("C/E")
    assert "56 more" in html
    assert "<details>" not in render.words("Sections: 0:00 A | 0:10 B | 0:20 C | 0:30 outro")
    assert "sg-chart" not in render.words("It begins at 0:10 and ends | so to say | at 0:20 | or not at 0:30 |")


def test_download_names_are_safe() -> None:
    assert players.file_name("../../etc/passwd", ".wav") == "etc_passwd.wav"
    assert players.file_name("", ".mid") == "segue.mid"
    assert players.file_name("Größe – leise", ".mp3") == "Größe _ leise.mp3"
    assert len(players.file_name("x" * 500, ".wav")) <= 84


def test_what_is_finished_can_be_heard_while_the_rest_runs() -> None:
    running = render.Running()
    clip = {"id": "a" * 64, "sample_rate": 44100, "channels": 2, "frames": 441000}
    running.take(Event(type="partial", step="s1", tool="generate", out={"pieces": [], "preview": clip}))
    assert f'src="/artifacts/{"a" * 64}"' in running.early
    assert "Preview: the first 10 s" in running.early
    running.take(Event(type="partial", step="s1", tool="generate", out={"pieces": [piece(clip=clip)]}))
    html_is_ours(running.early)
    assert "Preview" not in running.early
    assert 'src="/artifacts/p_' in running.early
    assert running.early not in running.html()  # progress redraws the turn, not what somebody listens to


def test_taste_is_told_in_words() -> None:
    state = State(
        things={"t_1": Thing(id="t_1", title=EVIL)},
        roles={"t_1": "LIKED", "artist:Ann": "REJECTED"},
        search={"query": "calm", "filters": {"exclude": ["t_1"], "bpm_max": 120}, "adjust": {"energy": 1}},
    )
    html = render.taste(state)
    html_is_ours(html)
    assert html.index("Liked") < html.index("Not wanted") < html.index("Ann")
    for words in ("“calm”", "up to 120 bpm", "more energy"):
        assert f'data-drop="{words}"' in html
        assert f'aria-label="No longer keep to {words}"' in html
    html_is_ours(render.chips([EVIL]))
    assert render.chips([]) == ""


def test_a_failed_turn_can_be_tried_again_and_shows_what_was_given() -> None:
    fault = Fault(code="CannotDo", message="No guitar here.", hint="Name another.")
    failed = ShownResult(step="s1", tool="edit", status="failed", error=fault)
    plan = {"planner": "builtin", "steps": [{"id": "s1", "tool": "edit", "args": {"note": EVIL}}]}
    html = render.reply(reply(reply=f"I could not: {fault}", results=[failed], plan=plan), message=EVIL)
    html_is_ours(html)
    assert html.count("No guitar here.") == 1
    assert '<p class="sg-error">' in html
    assert "Try again" in html
    assert "<dt>note</dt>" in html
    assert 'data-again="s_1.1"' in html
    assert "Try again" not in render.reply(reply(), message="x")
    done = ShownResult(step="s0", tool="generate", status="done")
    assert ">Try again: edit</button>" in render.reply(reply(results=[done, failed]), message="make and edit")


def test_the_tracks_of_a_smart_playlist_are_cards_too() -> None:
    items = [{"id": f"t_{n}", "title": f"Song {n}", "artist": "Ann", "reasons": []} for n in range(1, 61)]
    out = {"rows": [{"playlist": "calm", "tracks": 60}], "items": items}
    kept = ShownResult(step="s1", tool="library", status="done", out=out)
    html = render.reply(reply(reply="“calm” has 60 tracks:\n1. Song 1 by Ann\n2. Song 2 by Ann", results=[kept]))
    assert "“calm” has 60 tracks:" in html
    assert "1. Song 1" not in html
    assert html.count('class="sg-number"') == 50
    assert "I like Song 2" in html
    assert "… and 10 more." in html
