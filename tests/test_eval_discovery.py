"""The suite discovery: what may be read of a talk, its figures, its systems, on talks made up here."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from segue.agent.dialogue import State, Thing
from segue.agent.planner_words import plan_messages
from segue.evals import discovery
from segue.evals.discovery_cpcd import View, figures, halves, listened, load, ranked, score
from segue.evals.discovery_house import House
from segue.evals.discovery_pieces import Made
from segue.evals.discovery_rewriting import rewritten, scripted
from segue.evals.discovery_rules import long_talk, rules
from segue.evals.discovery_sound import KINDS, excerpt, recorded
from segue.tools.collection.scenes import scenes_of_artists
from segue.tools.collection.snapshot import Snapshot
from segue.tools.collection.talk import Talk, TalkRanker
from segue.tools.core.errors import InvalidArgument
from tests.collection_support import RATE, fill, known_tracks, make_home, tone
from tests.openai_double import double

_PLAIN = {"Jazz": "jazz_swing", "Metal": "metal", "Ambient": "ambient", "Lo-Fi Hip Hop": "lofi", "House": "house", "Folk": "folk"}  # fmt: skip

NAMES = [("Harbour Light", "Nina Harrow"), ("Tin Roof", "Nina Harrow"), ("Anvil", "Metallica"), ("Rust", "Metallica"),
         ("Slow Rain", "Enya"), ("Juice", "Snoop Dogg, Dr. Dre"), ("Kite", "Marlo Quint"), ("Kite!", "Marlo Quint")]  # fmt: skip


def talk(id, turns):
    tracks = {f"x{n}": {"track_titles": title, "track_artists": artist.split(", "), "track_release_titles": "", "track_ids": f"x{n}"}
              for n, (title, artist) in enumerate(NAMES)}  # fmt: skip
    made = [
        {"user_query": said, "liked_results": liked, "disliked_results": disliked} for said, liked, disliked in turns
    ]
    return {"id": id, "turns": made, "tracks": tracks, "goal_playlist": []}


@pytest.fixture
def file(tmp_path):
    report = halves()["report"]
    talks = [
        talk(report[0], [("something by Nina Harrow", ["x0"], ["x2"]), ("thanks", [], []), ("one more", ["x0", "x1"], [])]),
        talk(report[1], [("play some heavy metal", ["x2", "x3"], [])]),
    ]  # fmt: skip
    path = tmp_path / "talks.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in talks), "utf-8")
    return path


def test_the_halves_share_no_dialogue():
    both = halves()
    assert not set(both["tune"]) & set(both["report"])
    assert len(set(both["tune"])) + len(set(both["report"])) == 225


def test_what_may_be_read_and_what_is_gold(file):
    talks = load(file)
    assert len(talks.tracks) == len(NAMES) - 1  # "Kite" and "Kite!" are one
    first, last = talks.cases[halves()["report"][0]]
    assert first.view == View(("something by Nina Harrow",))
    assert len(last.view.said) == 3
    assert {talks.tracks[row].title for row in last.gold} == {"Tin Roof"}  # what was liked before is no gold
    assert {talks.tracks[row].title for row in last.view.rated} == {"Harbour Light", "Anvil"}


def test_nothing_rated_is_ranked_and_figures_are_right():
    rows = ranked(np.array([5, 4, 3, 2], np.float32), View(("a", "b"), ((0,),), ((2,),)))
    assert rows == [1, 3]
    found = figures([9, 7, 8], frozenset({7, 5}))
    assert (found["hit@1"], found["hit@10"], found["mrr@100"]) == (0, 1, 0.5)
    assert found["ndcg@20"] == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))


def test_turns_are_averaged_before_dialogues(file):
    talks = load(file)
    metal = talks.tracks.index(next(t for t in talks.tracks if t.title == "Anvil"))
    found = score(
        talks, halves()["report"][:2], lambda view: np.eye(len(talks.tracks), dtype=np.float32)[metal] - np.float32(1)
    )
    assert found["hit@1"] == 0.5  # of the two turns of the first none, the one turn of the second


def test_without_the_file_it_says_so():
    result = discovery.run(rendered=False)
    assert "not part of Segue" in result["skipped"]
    assert "--cpcd" in discovery.table(result)[1][0][0]


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "no.jsonl"
    path.write_text('{"id": 1}\n', "utf-8")
    with pytest.raises(InvalidArgument, match="Conversational Playlist"):
        discovery.run(path, rendered=False)


def test_the_suite_runs_every_system_on_one_pool(file, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    text = tmp_path / "figures.md"
    text.write_text(f"before\n\n{discovery.BEGIN}\n{discovery.END}\n\nafter\n", "utf-8")
    result = discovery.run(file, save=text, rendered=False)
    written = text.read_text("utf-8")
    assert written.startswith("before")
    assert written.rstrip().endswith("after")
    assert f"| {discovery.ENGINE} |" in written
    names = [row["system"] for row in result["rows"]]
    assert names[-2:] == [discovery.ENGINE, f"{discovery.ENGINE}, queries by the LLM planner (scripted)"]
    assert len(names) == 9
    assert result["rewritten"] == {"by": "scripted", "turns": 3, "planned": 3}
    assert "say nothing about any LLM" in written
    assert (result["dialogues"], result["turns"], result["pool"]) == (2, 3, 7)
    assert len(discovery.table(result)[1]) == 13
    assert list((tmp_path / "cache" / "segue").glob("discovery-*.npy"))


def prompted(message, state):
    messages, _ = plan_messages(message, state, [])
    return json.loads(scripted(messages[-1]["content"]))["steps"][0]["args"]["query"]


def test_the_script_rewrites_from_what_the_prompt_holds():
    searched = State(turn=2, search={"query": "mellow jazz"}, last_tool="retrieve")
    assert prompted("can you play some mellow jazz please?", State()) == "mellow jazz"
    assert prompted("slower and with brass", searched) == "slower brass mellow jazz"
    searched.things["t"] = Thing(id="t", kind="track", title="Rust", artist="Nina Harrow")
    searched.roles["t"], searched.focus = "LIKED", ["t"]
    assert prompted("great, thanks, some more!", searched) == "mellow jazz Nina Harrow"


def test_an_llms_answers_are_recorded_and_read_again(file, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    talks, ids = load(file), halves()["report"][:2]
    house = House(talks.tracks, None)
    search = {"steps": [{"id": "s1", "tool": "retrieve", "args": {"query": "Metallica"}}]}
    kept = tmp_path / "answers.jsonl"
    with double(chat=json.dumps(search)) as server:
        first = rewritten(talks, ids, house, kept, server.url, "tiny")
        assert len(server.sent("chat")) == 3
    assert (first.by, first.planned, set(first.queries.values())) == ("server tiny", 3, {"Metallica"})
    lines = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    assert [(line["dialogue"], line["turn"]) for line in lines] == [(ids[0], 1), (ids[0], 3), (ids[1], 1)]
    lines[-1]["answer"] = "I would rather not."
    kept.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    again = rewritten(talks, ids, house, kept)
    assert (again.by, again.turns, again.planned) == ("recorded", 3, 2)  # what is no plan is searched as it was said
    view = talks.cases[ids[1]][0].view
    asked = house.scores(replace(view, said=("anything",)), "Metallica")
    assert talks.tracks[int(np.argmax(asked))].artist == "Metallica"
    kept.write_text("no JSON", "utf-8")
    with pytest.raises(InvalidArgument, match="no recorded answers"):
        rewritten(talks, ids, house, kept)


def test_artists_are_known_by_their_scenes():
    scenes = scenes_of_artists([["Metallica"], ["Enya"], ["Nobody At All"], ["The Beatles"], ["Nobody", "Metallica"]])
    near = scenes.near(scenes.asked("some heavy metal please"))
    assert near.argmax() == 0
    assert near[2] == 0
    assert 0 < near[4] < near[0]
    assert not scenes.near(scenes.asked("hello")).any()


def ranker():
    tracks = known_tracks(len(NAMES))
    for track, (title, artist) in zip(tracks, NAMES, strict=True):
        track.title, track.artist, track.genres, track.moods = title, artist, [], []
    return TalkRanker(Snapshot(tracks, {}, {}), lambda text: None)


def test_a_talk_is_carried_from_turn_to_turn():
    found = ranker()
    assert set(np.argsort(-found.scores(Talk(["some songs by Nina Harrow"])))[:2]) == {0, 1}
    after = found.scores(Talk(["some songs by Nina Harrow", "great, thanks!"], [[0]]))
    assert after[1] == max(np.delete(after, 0))  # "thanks" goes on with her
    assert np.argmax(found.scores(Talk(["play dr. dre's songs"]))) == 5
    assert set(np.argsort(-found.scores(Talk(["I need heavy metal for the gym"])))[:2]) == {2, 3}


@pytest.mark.parametrize(
    ("said", "kind"),
    [("more of Metallica", "named"), ("bands similar to Metallica", "similar"), ("90s hip-hop", "scene"),
     ("perfect, thanks!", "empty"), ("something about lighthouses", "other"), ("🎷", "empty"), ("", "empty")],
)  # fmt: skip
def test_kinds_of_turns(said, kind):
    assert ranker().kind(said) == kind


def test_a_talk_over_nothing():
    assert TalkRanker(Snapshot([], {}, {}), lambda text: None).scores(Talk(["jazz"])).shape == (0,)
    assert not ranker().scores(Talk([])).any()


def test_a_simulated_listener_goes_on_until_enough_is_found(file):
    talks = load(file)
    ids = halves()["report"][:2]
    knows = {
        row: n for n, row in enumerate(sorted({row for id in ids for case in talks.cases[id] for row in case.gold}))
    }
    scores = np.array([10.0 - knows.get(row, 99) for row in range(len(talks.tracks))], np.float32)
    everything = listened(talks, ids, lambda view: scores)
    assert (everything["turns"], everything["success"]) == (1.0, 1.0)
    nothing = listened(talks, ids, lambda view: -scores, places=1)
    assert nothing["success"] < 1
    assert nothing["turns"] > everything["turns"]


def test_dialogues_over_a_library_keep_their_word(tmp_path):
    settings, store, catalogue = make_home(tmp_path)
    tracks = known_tracks(40)
    fill(store, catalogue, tracks)
    made = {
        t.id: Made(t.title, t.artist, _PLAIN[t.genres[0]], t.year, t.bpm, t.duration_s, 1.0, False, tmp_path) for t in tracks
    }  # fmt: skip
    found = rules(made, settings, 3)
    assert (found["leaked"], found["repeated"]) == (0, 0)
    assert found["hard_turns"] == 6


def test_a_talk_of_forty_turns_is_right_to_its_end(tmp_path):
    settings, store, catalogue = make_home(tmp_path)
    tracks = known_tracks(60)
    fill(store, catalogue, tracks)
    made = {t.id: Made(t.title, t.artist, "folk", t.year, t.bpm, t.duration_s, 1.0, False, tmp_path) for t in tracks}
    made = {id: replace(one, genre=_PLAIN[tracks[n].genres[0]]) for n, (id, one) in enumerate(made.items())}
    found = long_talk(made, settings, talks=1)
    assert (found["first"], found["last"], found["turns"]) == (1.0, 1.0, 40)


def test_spoilt_excerpts_are_ten_seconds_and_not_what_they_were(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, tone(12, 100, 1), RATE)
    made = Made("a", "b", "pop", 2000, 100.0, 12.0, 1.0, False, path)
    clean = soundfile.read(path)[0]
    for kind in KINDS:
        wave = excerpt(made, kind, np.random.default_rng(0))
        assert abs(wave.duration_s - 10) < 0.4
        assert np.abs(wave.samples).max() > 0.05
        assert wave.samples.shape[1] != len(clean)


def test_real_recordings_are_told_apart(tmp_path):
    drawn = np.random.default_rng(4)
    for n in range(4):
        tones = drawn.uniform(200, 4000, (60, 6, 1))
        sound = np.sin(2 * np.pi * tones * np.arange(44_100 // 5) / 44_100).sum(axis=1).ravel()
        soundfile.write(tmp_path / f"{n}.wav", 0.1 * sound.astype(np.float32), 44_100)
    found = recorded(tmp_path, 5)
    assert found is not None
    assert found["top1"] >= 0.8
    assert (found["false"], found["recordings"]) == (0, 4)
    assert recorded(tmp_path / "nowhere", 5) is None
