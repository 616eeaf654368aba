"""What searches keep to is told in words and taken away one by one; what a player tells comes with a message."""

from pathlib import Path

import httpx
import pytest

from segue.agent import Agent
from segue.agent.constraints import kept, without
from segue.agent.dialogue import Heard, Place, State, Thing
from segue.tools.core import registry
from segue.tools.core.errors import CannotDo, NotFound
from tests.collection_support import fill, known_tracks, make_home
from tests.ui_support import service


@pytest.fixture
def home(tmp_path: Path) -> Path:
    _, store, catalogue = make_home(tmp_path)
    fill(store, catalogue, known_tracks(60))
    store.close()
    return tmp_path


def words(search: dict) -> list[str]:
    return [one.words for one in kept(State(search=search, things={"t_1": Thing(id="t_1", title="Wonderwall")}))]


def test_every_sort_of_constraint_has_words():
    filters = {
        "exclude": ["t_9"], "bpm_min": 90, "bpm_max": 110, "year_min": 1990, "vocals": False, "exclude_artists": ["Ann", "Bob"],
        "duration_max_s": 180, "rating_min": 4, "key": "D minor",
    }  # fmt: skip
    search = {
        "query": "calm piano", "like": [{"id": "t_1"}], "filters": filters, "adjust": {"energy": 1, "mood": -1},
        "hold": ["tempo"], "max_per_artist": 1, "total_s": 2700, "order": "energy_up", "k": 5,
    }  # fmt: skip
    assert words(search) == [
        "“calm piano”", "like “Wonderwall”", "from 1990 on", "90 to 110 bpm", "up to 3 minutes", "in D minor", "without vocals",
        "4 stars or more", "not by Ann", "not by Bob", "more energy", "less mood", "tempo as it is", "one per artist",
        "45 minutes in all", "calm first",
    ]  # fmt: skip
    state = State(search=search, things={"t_1": Thing(id="t_1", title="Wonderwall")})
    for one in kept(state):
        [step] = without(state, one.words).steps
        assert one.words not in words(step.args)
        assert len(words(step.args)) == len(words(search)) - 1
    with pytest.raises(NotFound):
        without(state, "not by Cid")


def test_what_is_taken_away_stays_away_and_comes_back_by_undo(home):
    with Agent(home=home, planner="builtin") as agent:
        first = agent.chat("find some jazz under 100 bpm")
        session = first.session
        assert agent.kept(session) == ["“jazz”", "up to 100 bpm"] or "up to 100 bpm" in agent.kept(session)
        reply = agent.chat("without “up to 100 bpm”", session, drop="up to 100 bpm")
        assert reply.reply.startswith("No longer kept to: up to 100 bpm.")
        assert reply.results[0].out["total"] > first.results[0].out["total"]
        assert "up to 100 bpm" not in agent.kept(session)
        assert "without" not in str(agent.state(session).said), "what a chip says is no wish"
        with pytest.raises(NotFound):
            agent.chat("again", session, drop="up to 100 bpm")
        agent.chat("undo that", session)
        assert "up to 100 bpm" in agent.kept(session)


def test_without_the_last_wish_nothing_is_looked_for(home):
    with Agent(home=home, planner="builtin") as agent:
        session = agent.chat("find something calm").session
        while left := agent.kept(session):
            reply = agent.chat("without it", session, drop=left[0])
        assert "what shall I find" in reply.reply
        assert agent.state(session).search.get("query") is None


def test_what_plays_need_not_have_been_talked_about(home):
    with Agent(home=home, planner="builtin") as agent:
        session = agent.chat("find some jazz").session
        track = next(piece for piece in agent.store.pieces("shared", kind="track", limit=60) if piece.id not in agent.state(session).things)  # fmt: skip
        reply = agent.chat("cut out this bit", session, heard=Heard(playing=Place(id=track.id, at_s=42.0)))
        assert {str(step.args["clip"]) for step in reply.plan.steps} == {str({"id": track.id})}
        assert "37" in str(reply.plan.steps[-1].args["operations"])
        gone = agent.chat("cut out this bit", session, heard=Heard(playing=Place(id="p_nobody", at_s=42.0)))
        assert "p_nobody" not in str(gone.plan)


def test_over_http_skips_and_the_players_place_come_with_a_message(home):
    with service(home) as (url, room), httpx.Client(base_url=url, headers={"Authorization": "Bearer ann"}, timeout=60) as ann:  # fmt: skip
        first = ann.post("/api/chat", json={"message": "find some jazz"}).json()
        one, two = (item["id"] for item in first["results"][0]["out"]["items"][:2])
        at = f"/api/sessions/{first['session']}"
        heard = {"skipped": {one: 8.0, two: 45}, "playing": {"id": two, "at_s": 42.5}}
        assert ann.post(f"{at}/messages", json={"message": "more", "heard": heard}).status_code == 200
        turn = ann.get(f"{at}/messages/2").json()
        assert turn["heard"] == heard
        owner = next(owner for owner in room._agents if room.agent(owner).sessions())
        state = room.agent(owner).state(first["session"])
        assert [id for ids in state.disliked for id in ids] == [one], "who listened for 45 s did not turn it down"

        [words, *_] = ann.get(f"{at}/kept").json()
        events = ann.post(f"{at}/messages", json={"message": "without it", "drop": words}, headers={"Accept": "text/event-stream"})  # fmt: skip
        assert "No longer kept to" in events.text
        assert words not in ann.get(f"{at}/kept").json()
        refused = ann.post(f"{at}/messages", json={"message": "without it", "drop": words})
        assert refused.status_code == 404
        assert refused.json()["error"]["hint"]
        for wrong in ({"skipped": {one: -1}}, {"playing": {"at_s": 1}}, {"playing": {"id": one, "at_s": "4"}}):
            assert ann.post(f"{at}/messages", json={"message": "more", "heard": wrong}).status_code == 400


def test_what_failed_is_tried_again_and_what_had_worked_is_not(tmp_path, monkeypatch):
    real = registry.load

    def tired(backend, settings):
        if backend.tool == "caption":
            raise CannotDo("Not today.", "Try later.")
        return real(backend, settings)

    with Agent(home=tmp_path, planner="builtin") as agent:
        with monkeypatch.context() as patch:
            patch.setattr(registry, "load", tired)
            first = agent.chat("make a 2 bar lo-fi loop and describe it")
        assert [result.status for result in first.results] == ["done", "failed"]
        made = first.results[0].out["pieces"][0]["id"]
        again = agent.chat("make a 2 bar lo-fi loop and describe it", first.session, again=first.turn)
        assert [result.status for result in again.results] == ["done", "done"]
        assert again.results[0].out["pieces"][0]["id"] == made
        assert "Not done again, since it had worked: generate." in again.notes
        assert len(agent.store.pieces("local")) == 1
        with pytest.raises(NotFound):
            agent.chat("again", first.session, again=again.turn)
        with pytest.raises(NotFound):
            agent.chat("again", None, again=first.turn)
