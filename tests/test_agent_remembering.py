"""What is remembered beyond a search: taste across conversations, smart playlists, skips; and what an answer adds by itself."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from segue.agent import Agent
from segue.agent.asides import aside, kept
from segue.agent.builtin import BuiltinPlanner
from segue.agent.dialogue import Heard, Place, ShownList, State, Thing
from segue.agent.events import ToolResult
from segue.agent.language import remembering
from segue.agent.plan import Plan, Ref, StateOp, Step
from segue.tools.collection.catalogue import Track
from tests.collection_support import fill, known_tracks, make_home


@pytest.fixture
def agent(tmp_path):
    _, store, catalogue = make_home(tmp_path)
    fill(store, catalogue, known_tracks(60))
    store.close()
    with Agent(home=tmp_path, planner="builtin") as agent:
        yield agent


def found(reply) -> list[dict]:
    return [item for result in reply.results for item in (result.out or {}).get("items", [])]


def rows(agent, **args) -> list[dict]:
    result = agent.run_tool("library", args, yes=True)
    assert result.status == "done", result.error
    return result.out["rows"]


# -- taste -------------------------------------------------------------------------------------


def test_taste_outlives_a_conversation_and_is_its_users_own(agent, tmp_path):
    first = agent.chat("find some jazz")
    liked = found(first)[1]
    agent.chat("I like the second one", first.session)
    agent.chat("not the third one", first.session)
    told = {row["name"]: row["what"] for row in rows(agent, action="taste")}
    assert told[f"{liked['title']} by {liked['artist']}"] == "liked"
    assert sorted(told.values()) == ["liked", "not liked"]
    assert rows(Agent(home=tmp_path, owner="somebody else", planner="builtin"), action="taste") == []
    again = found(agent.chat("find some jazz"))
    assert again[0]["id"] == liked["id"]
    assert "you liked it before" in again[0]["reasons"]
    assert found(first)[2]["id"] not in [item["id"] for item in again[:3]], "what was turned down comes later"


def test_taste_is_shown_edited_and_erased_by_talking(agent):
    first = agent.chat("find some jazz")
    agent.chat("I like the first one", first.session)
    agent.chat("I like the second one", first.session)
    shown = agent.chat("what do you know about my taste?").reply
    assert found(first)[0]["title"] in shown
    agent.chat("forget that I like number 1", first.session)
    assert [row["id"] for row in rows(agent, action="taste")] == [found(first)[1]["id"]]
    asked = agent.chat("forget my taste")
    assert "Shall I?" in asked.reply
    assert rows(agent, action="taste")
    agent.chat("yes", asked.session)
    assert rows(agent, action="taste") == []


def test_an_undone_liking_is_forgotten(agent):
    first = agent.chat("find some jazz")
    agent.chat("I like the second one", first.session)
    agent.chat("undo that", first.session)
    assert rows(agent, action="taste") == []


def test_what_is_not_to_be_learnt_stays_in_its_conversation(agent):
    first = agent.chat("find some jazz, don't learn from this")
    assert found(first)
    assert "I learn nothing from this conversation" in first.reply
    agent.chat("I like the second one", first.session)
    assert rows(agent, action="taste") == []
    assert agent.state(first.session).roles[found(first)[1]["id"]] == "LIKED"


def test_a_taste_may_be_told_to_the_tool(agent):
    assert rows(agent, action="taste", fields=["like"], name="Artist C")[0]["name"] == "Artist C"
    items = found(agent.chat("surprise me with some folk"))
    assert items[0]["artist"] == "Artist C"
    assert "you liked Artist C before" in items[0]["reasons"]
    assert agent.run_tool("library", {"action": "taste", "fields": ["forget"], "name": "Nobody"}).status == "failed"


# -- smart playlists -----------------------------------------------------------------------------


def test_a_smart_playlist_is_refreshed(agent):
    first = agent.chat("find calm ambient music")
    saved = agent.chat("save this as a smart playlist called Evening", first.session)
    assert {item["id"] for item in found(saved)} >= {item["id"] for item in found(first)}
    new = Track(id="t_new", title="Snow", artist="New One", genres=["Ambient"], moods=["calm"], axes={"energy": 0.01}, analysed=True, bpm=60, year=2001)  # fmt: skip
    from segue.tools.collection.catalogue import open_catalogue

    fill(agent.store, open_catalogue(agent.settings), [new])
    fresh = agent.chat("refresh the Evening playlist")
    assert "t_new" in [item["id"] for item in found(fresh)]
    [row] = fresh.results[0].out["rows"]
    assert (row["playlist"], row["new"]) == ("Evening", 1)
    assert "Snow" in fresh.reply
    more = agent.chat("more like number 1", fresh.session)
    assert found(more)
    assert [row["playlist"] for row in rows(agent, action="playlists")] == ["Evening"]
    assert agent.run_tool("library", {"action": "refresh", "name": "Morning"}).error.hint.count("Evening") == 1


def test_a_second_surprise_is_another_and_a_no_exchanges_one_track(agent):
    first = agent.chat("surprise me")
    second = agent.chat("surprise me", first.session)
    one, two = ([item["id"] for item in found(reply)] for reply in (first, second))
    assert not set(one) & set(two)
    third = [item["id"] for item in found(agent.chat("not number 2", first.session))]
    assert two[1] not in third
    assert len(set(two) & set(third)) >= 3, "one is exchanged, with what is like it; the others stay, on any day"


# -- when it was last played -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("something I haven't played since 2021", "2022-01-01"),
        ("jazz not played since last summer", "2026-09-01"),
        ("what have I not listened to for two years", "2024-11-21"),
        ("rock I have not heard since March", "2026-04-01"),
        ("tracks I haven't heard in ages", "2024-11-21"),
    ],
)
def test_not_since(words, day):
    planner = BuiltinPlanner()
    plan = remembering.heard(words, State(turn=1), planner.plan, today=date(2026, 11, 21))
    assert [step.args["filters"]["not_since"] for step in plan.steps] == [day]
    assert "year_max" not in plan.steps[0].args["filters"]


def test_forgotten_tracks_are_mixed_with_those_never_played(tmp_path):
    _, store, catalogue = make_home(tmp_path)
    tracks = known_tracks(12)
    for n, track in enumerate(tracks):
        track.playcount = 20 + n if n < 4 else None if n < 8 else 3
        track.lastplayed = "2019-05-01T10:00:00+00:00" if n < 4 else None if n < 8 else "2025-01-01"
    fill(store, catalogue, tracks)
    store.close()
    with Agent(home=tmp_path, planner="builtin") as agent:
        items = found(agent.chat("something I haven't played since 2021"))
    assert {item["id"] for item in items} <= {track.id for track in tracks[:8]}
    forgotten = [item for item in items if any("last played 2019" in reason for reason in item["reasons"])]
    never = [item for item in items if "never played" in item["reasons"]]
    assert min(len(forgotten), len(never)) >= 2


# -- what the player tells -------------------------------------------------------------------------


def test_a_skip_counts_in_this_conversation_only(agent):
    first = agent.chat("find some jazz")
    one, two = (item["id"] for item in found(first)[:2])
    agent.chat("more", first.session, heard=Heard(skipped={one: 8.0, two: 45.0}))
    state = agent.state(first.session)
    assert [id for ids in state.disliked for id in ids] == [one], "who listened for 45 s did not turn it down"
    assert state.roles[one] == "SHOWN"
    assert rows(agent, action="taste") == []


def test_this_bit_is_where_the_player_stands():
    planner = BuiltinPlanner()
    things = {id: Thing(id=id, title=id, duration_s=60.0) for id in ("p_1", "p_2")}
    jazz = ShownList(ids=["p_2"], turn=1, args={"query": "jazz"})
    state = State(turn=2, things=things, focus=["p_2"], lists=[jazz], search={"query": "jazz"}, playing=Place(id="p_1", at_s=42.0))  # fmt: skip
    span, cut = {"start_s": 37.0, "end_s": 47.0}, {"step": "bit", "field": "piece"}

    def steps(message, state=state):
        return [(step.tool, step.args) for step in planner.plan(message, state).steps]

    trim = ("edit", {"clip": {"id": "p_1"}, "operations": [{"op": "trim", **span}]})
    assert steps("keep only this bit") == [trim]
    assert steps("reverse this bit") == [("edit", {"clip": {"id": "p_1"}, "operations": [{"op": "reverse", **span}]})]
    assert steps("what are the chords in this part?") == [trim, ("transcribe", {"clip": cut, "to": ["chords"]})]
    after, joined = steps("cut out this bit")
    assert after[1]["operations"] == [{"op": "trim", "start_s": 47.0}]
    assert joined[1]["operations"] == [{"op": "trim", "end_s": 37.0}, {"op": "concat", "clips": [{"step": "after", "field": "piece"}]}]  # fmt: skip
    assert "0:37 to 0:47" in planner.plan("keep only this bit", state).notes[-1]
    late = state.model_copy(update={"playing": Place(id="p_1", at_s=58.0)})
    assert steps("keep only this bit", late)[0][1]["operations"] == [{"op": "trim", "start_s": 53.0, "end_s": 60.0}]
    [(_, args)] = steps("cut out this bit", late)
    assert args["operations"] == [{"op": "trim", "end_s": 53.0}], "nothing comes after it"
    early = state.model_copy(update={"playing": Place(id="p_1", at_s=2.0)})
    assert len(steps("cut out this bit", early)) == 1
    assert all("start_s" not in str(args) for _, args in steps("cut out this bit", State(turn=2, things=things, focus=["p_2"])))  # fmt: skip


# -- what an answer adds ---------------------------------------------------------------------------


def things(**traits) -> State:
    known = {id: Thing(id=id, kind="track", title=id, **values) for id, values in traits.items()}
    return State(turn=4, things=known, lists=[ShownList(ids=list(known), turn=3)], search={"query": "calm"})


def test_rejections_generalise_aloud_and_yes_does_it():
    brass = {"genre": "Jazz", "artist": "A", "sound": ["trumpet", "calm"]}
    state = things(a=brass, b={**brass, "artist": "B"}, c={"genre": "Jazz", "artist": "C", "sound": ["calm"]}, d={"genre": "Jazz", "artist": "D"})  # fmt: skip
    state.roles["a"] = "REJECTED"
    plan = Plan(state=[StateOp(op="reject", target=Ref(id="b"))])
    said = aside(plan, [], state)
    assert said.question == "Both that you turned down have trumpet in them. Less trumpet, then?"
    [step] = said.offer.steps
    assert step.args["unlike"] == [{"id": "a"}, {"id": "b"}]
    assert set(step.args["filters"]["exclude"]) == {"a", "b", "c", "d"}
    state.roles["a"] = "SHOWN"
    assert aside(plan, [], state) is None, "one is no pattern"


def test_yes_to_a_generalisation_searches_again(tmp_path):
    _, store, catalogue = make_home(tmp_path)
    fill(store, catalogue, [track for n, track in enumerate(known_tracks(60)) if n % 6 < 2])
    store.close()
    with Agent(home=tmp_path, planner="builtin") as agent:
        first = agent.chat("find music from before 2020")
        for words in ("hello", "thanks"):  # a question was asked just now
            agent.chat(words, first.session)
        metal = [place for place, item in enumerate(found(first), 1) if item["genre"] == "Metal"]
        one = agent.chat(f"not number {metal[0]}", first.session)
        place = next(n for n, item in enumerate(found(one), 1) if item["genre"] == "Metal")
        reply = agent.chat(f"not number {place}", first.session)
        assert "Both that you turned down are Metal. No Metal, then?" in reply.reply
        after = agent.chat("yes", first.session)
        assert {item["genre"] for item in found(after)} == {"Jazz"}


def search(**out) -> ToolResult:
    args = out.pop("args", {"query": "calm"})
    return ToolResult(step="s1", tool="retrieve", status="done", args=args, out={"items": [{"id": "a"}], **out})


def test_one_question_in_three_turns_and_only_beside_results():
    result = search(question="Sung or instrumental?")
    plan = Plan(steps=[Step(id="s1", tool="retrieve", args={})])
    assert aside(plan, [result], State(turn=4, asked=1)).question == "Sung or instrumental?"
    assert aside(plan, [result], State(turn=3, asked=1)) is None
    assert aside(plan.model_copy(update={"question": "Which?"}), [result], State(turn=9)) is None
    assert aside(plan, [result.model_copy(update={"status": "failed"})], State(turn=9)) is None


def test_over_a_conversation_questions_are_rare_and_split_what_matches(agent):
    session, asked = None, []
    for turn, words in enumerate(
        ["find calm music", "more", "more, please", "something happy instead", "show me others"], 1
    ):
        reply = agent.chat(words, session)
        session = reply.session
        if "?" in reply.reply.split("\n")[-1]:
            asked.append(turn)
            assert found(reply)
    assert asked
    assert all(later - one >= 3 for one, later in pairwise(asked))


def test_a_change_of_topic_says_what_it_carries_over():
    before = State(turn=3, search={"query": "jazz", "filters": {"year_min": 1990, "year_max": 1999, "vocals": False, "exclude": ["a"]}})  # fmt: skip
    now = search(args={"query": "metal", "filters": {"year_min": 1990, "year_max": 1999, "vocals": False}})
    assert kept([now], before) == "Kept from before: 1990 to 1999, without vocals. “Forget the year” drops that."
    same = search(args={"query": "calm jazz", "filters": {"year_min": 1990, "year_max": 1999}})
    assert kept([same], before) == ""
    fresh = search(args={"query": "metal", "filters": {}})
    assert kept([fresh], before) == "No longer asked for: 1990 to 1999, without vocals."
    part = search(args={"query": "metal", "filters": {"vocals": False, "duration_max_s": 240}})
    assert (
        kept([part], before)
        == "Kept from before: without vocals. “Forget the vocals” drops that. No longer asked for: 1990 to 1999."
    )
    held = State(
        turn=3, search={"query": "The River", "filters": {"artist": "Springsteen"}}, lists=[ShownList(ids=["b"])]
    )
    other = search(args={"filters": {"artist": "Springsteen"}, "like": [{"id": "w"}], "action": "similar"})
    assert kept([other], held) == "Kept from before: by Springsteen. “Forget the artist” drops that."
    one_of_these = search(args={"filters": {"artist": "Springsteen"}, "like": [{"id": "b"}], "action": "similar"})
    assert kept([one_of_these], held) == ""
    short = State(turn=3, search={"query": "jazz", "filters": {"duration_max_s": 240.0}})
    assert kept([fresh], short) == "No longer asked for: up to 4 minutes long."
    rated = State(turn=3, search={"query": "jazz", "filters": {"rating_min": 4.0}})
    assert kept([fresh], rated) == "No longer asked for: rated 4 or more."


def test_statistics_come_with_a_picture(agent):
    reply = agent.chat("show me the statistics of my library")
    [picture] = [one for one in reply.artifacts if one.kind == "picture"]
    text = Path(picture.path).read_text("utf-8")
    assert text.startswith("<svg")
    assert "Metal" in text
    from xml.etree import ElementTree

    assert len(ElementTree.fromstring(text).findall(".//{http://www.w3.org/2000/svg}rect")) > 10
