"""ABC that a model writes becomes a score that is played; what cannot be read is asked for once more, then refused."""

import numpy as np
import pytest

from segue.agent import Agent
from segue.tools.backends.generate_abc_llm import apart
from segue.tools.core.errors import UnreadableMedia
from segue.tools.core.settings import load_settings
from segue.tools.music.abc import MAX_LETTERS, read_abc, tune_in
from tests.openai_double import double

DUET = """Here is your tune:
```abc
X:1
T:Two Friends
M:4/4
L:1/4
Q:1/4=120
K:G
V:1 name="Violin"
G A B d | e d B2 | G A B d | G4 |]
V:2 name="Cello"
G,2 D,2 | C,2 G,2 | D,2 D,2 | G,4 |]
```
Enjoy!"""
LATER = '"Dm" D2 F2 A2 d2 | "Gm" G2 B2 d2 g2 | "A7" ^C2 E2 A2 E2 | "Dm" d8 |]'


@pytest.fixture
def made(home):
    def make(url, **args):
        settings = load_settings(home=home, servers={"abc_llm": url}, prefer={"generate": "abc_llm"}, retries=0)
        with Agent(settings) as agent:
            result = agent.run_tool("generate", {"prompt": "a reel", "seed": 3, **args})
            kept = [agent.store.piece(p["id"], "local") for p in (result.out or {}).get("pieces", [])]
            return result, kept, [agent.store.score(p.score) for p in kept], [agent.store.wave(p.clip) for p in kept]

    return make


def test_a_chat_models_tune_is_played_with_stems(made):
    with double(chat=DUET) as server:
        result, [piece], [score], [wave] = made(server.url)
        [body] = server.sent("chat")
    assert result.backend == "abc_llm"
    assert (piece.title, score.bpm, score.key, score.bars) == ("Two Friends", 120, "G major", 4)
    assert list(piece.stems) == ["violin", "cello"]
    assert [len(part.notes) for part in score.parts] == [12, 7]
    assert 8 < wave.duration_s < 14
    assert np.abs(wave.samples).max() > 0.1
    assert "16 bars" in body["messages"][1]["content"][0]["text"]


def test_what_can_be_set_is_set_exactly_and_the_rest_is_said(made):
    with double(chat=DUET) as server:
        result, _, [score], _ = made(server.url, bpm=96, key="A major", bars=2, instruments=["flute", "bassoon"])
        assert (score.bpm, score.key, score.bars) == (96, "A major", 2)
        assert [part.instrument for part in score.parts] == ["flute", "bassoon"]
        assert score.parts[0].notes[0].pitch == 69
        assert any("moved to A major" in note for note in result.notes)
        result, _, [score], _ = made(server.url, key="D minor", meter="3/4", bars=8, chords=["Dm", "A7"], energy=[0, 1])
    said = " ".join(result.notes)
    for words in ("not in D minor", "not in 3/4", "4 bars, and not 8", "may have written others", "energy curve"):
        assert words in said


def test_chatmusician_goes_on_from_a_header_with_the_controls(made):
    with double(models=["m-a-p/ChatMusician"], completion=LATER) as server:
        result, [piece, _], [score, _], _ = made(server.url, bpm=92, key="D minor", takes=2)
        first, second = server.sent("completions")
    assert first["prompt"].startswith("Human: Write a")
    assert first["prompt"].endswith("</s> Assistant: X:1\nL:1/8\nQ:1/4=92\nM:4/4\nK:Dm\n")
    assert (first["seed"], second["seed"]) == (3, 4)
    assert (score.bpm, score.key) == (92, "D minor")
    assert [chord.symbol for chord in score.chords] == ["Dm", "Gm", "A7", "Dm"]
    assert piece.made_by.seed == 3
    assert result.notes == []


def test_mupt_is_given_and_gives_its_own_line_ends(made):
    with double(models=["mupt"], root="m-a-p/MuPT-v1-8192-1.3B", completion="|: D2 F2 A2 d2 | G8 | A8 :|") as server:
        result, _, [score], _ = made(server.url, key="D dorian", bpm=100)
        [body] = server.sent("completions")
    assert body["prompt"] == "X:1<n>L:1/8<n>Q:1/4=100<n>M:4/4<n>K:Ddor<n>"
    assert score.bars == 6, "the repeat is played"
    assert score.key == "D dorian"
    assert result.status == "done"


def test_tracks_between_bars_become_voices():
    text = "X:1\nL:1/8\nM:4/4\nK:C\n|: C8 | C,8 | <|> D8 | D,8 | <|> E8 |] E,8 |] <|>"
    score = read_abc(apart(text))
    assert [[note.pitch for note in part.notes] for part in score.parts] == [[60, 62, 64], [48, 50, 52]]


def test_a_bad_tune_is_repaired_once(made):
    answers = iter(["I am sorry, I cannot.", DUET])
    with double(chat=lambda body: next(answers)) as server:
        result, [piece], *_ = made(server.url)
        _, second = server.sent("chat")
    assert piece.title == "Two Friends"
    assert any("wrote another" in note for note in result.notes)
    assert "could not be used: There is no ABC" in second["messages"][1]["content"][0]["text"]


def test_after_a_second_bad_tune_the_composer_takes_over(made):
    with double(chat="X:1\nK:C\nC99999 |") as server:
        result, *_ = made(server.url, bars=2)
        assert len(server.sent("chat")) == 2
    assert result.backend == "composer"
    assert any("wrote no ABC that can be read" in note and "composer did it instead" in note for note in result.notes)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no ABC"),
        ("Once upon a time", "no ABC"),
        ("X:1\nM:4/4\nL:1/8\nabc", "no key"),
        ("X:1\nK:C\n[[[", "cannot be read|can be read"),
        ("X:1\nK:C\n", "."),
        ("X:1\nK:C\nC9999|", "note length"),
        ("X:1\nK:C\n" + "C" * MAX_LETTERS, "longer than"),
    ],
)
def test_what_is_no_tune_is_refused_at_once(text, why):
    with pytest.raises(UnreadableMedia, match=why):
        read_abc(text)


def test_only_the_tune_is_taken_from_a_text():
    assert tune_in(DUET).startswith("X:1\nT:Two Friends")
    assert "Enjoy" not in tune_in(DUET)
    assert tune_in("K:C\nCDE|\n\nX:2\nK:D\nDEF|") == "K:C\nCDE|"


def test_defaults_and_repeats_follow_the_standard():
    score = read_abc("X:1\nM:2/4\nK:Am\n%%MIDI program 73\n|:A4|1c4:|2e4|]")
    assert score.beats_per_bar == 2
    assert [note.pitch for note in score.parts[0].notes] == [69, 72, 69, 76]
    assert {note.duration for note in score.parts[0].notes} == {1.0}, "sixteenths, since a bar is short"
    assert score.parts[0].instrument == "flute"
