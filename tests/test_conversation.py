"""The conversation of the README, whole: without an LLM, and with one that stumbles.

The recording is a composed piece bounced to one lossy file, so that nothing of its score is known.
"""

import json

import pytest

from segue.agent import Agent
from segue.evals import conversation
from segue.tools.core.audio import decode, encode
from segue.tools.core.settings import load_settings
from segue.tools.music.compose import Request, compose
from segue.tools.music.render import render
from tests.scripted_llm import Move, ScriptedLlm

LIBRARY = [("rock", 140.0), ("ambient", 70.0), ("house", 124.0), ("folk", 100.0)]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recording")
    score = compose(Request(genre="pop", bpm=112.0, key="G major", duration_s=26.0, seed=11))
    encode(render(score, load_settings(home=folder)).mix, folder / "street song.ogg")
    return folder / "street song.ogg"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    for number, (genre, bpm) in enumerate(LIBRARY):
        score = compose(Request(genre=genre, bpm=bpm, duration_s=10.0, seed=number))
        encode(render(score, load_settings(home=folder)).mix, folder / f"{genre} no {number}.ogg")
    return folder


@pytest.fixture
def home(tmp_path, library):
    with Agent(home=tmp_path / "home") as agent:
        added = agent.run_tool("library", {"action": "add", "folder": str(library)})
        assert added.status == "done", added.error
    return tmp_path / "home"


def test_every_turn_is_true_without_an_llm(home, recording):
    result = conversation.run(recording, home=home)
    assert [row for row in result["rows"] if not row["ok"]] == []


SPOKEN = {
    0: Move("Here are its tempo and chords.", finish="length"),
    1: Move("The drums are gone.", die_after=2),
    2: Move("I wrote the bass down as MIDI; check it by ear."),
    3: Move(status=400),
    4: Move(html=True),
    5: Move(empty=True),
    6: Move(finish=None, text="Here are more."),
    7: Move("Your playlist is saved."),
}
STUMBLES = {
    1: [
        Move(json.dumps({"steps": [{"id": "s1", "tool": "edit", "args": {"clip": {"step": "s9", "field": "piece"}}}]}))
    ],
    2: [Move("Sure! I will transcribe the bass for you."), Move("Really, I will.")],
}


def test_every_turn_is_true_with_an_llm_that_stumbles(home, recording):
    """Its plans are good; on the way it refers to a step that is not there, talks prose, and breaks off."""
    planners = []
    with ScriptedLlm() as server:
        settings = load_settings(home=home, planner="llm", certain=False, llm_base_url=server.url)
        journey = conversation.Journey(decode(recording))
        with Agent(settings) as agent, Agent(settings, planner="builtin") as guide:
            piece = agent.import_file(recording).id
            session = agent.new_session().id
            rows = []
            for index, (message, _) in enumerate(conversation.TURNS):
                plan = guide.plan(message, session, [piece] if index == 0 else [])
                good = Move(json.dumps(plan.model_dump(mode="json", include={"steps", "state"}, exclude_none=True)))
                server.moves[:] = [*STUMBLES.get(index, []), good, SPOKEN.get(index, Move(status=400))]
                rows.append(conversation.take(agent, journey, index, piece, session))
                planners.append(journey.replies[-1]["plan"]["planner"])
    assert [row for row in rows if not row["ok"]] == []
    assert planners[2] == "builtin", "prose twice: the built-in planner takes over"
    assert {*planners[:2], *planners[3:]} == {"llm"}
    assert any("planner" in note.lower() for note in journey.replies[2]["notes"]), "and the reply says so"
    assert journey.replies[7]["reply"].startswith("Your playlist is saved.")
