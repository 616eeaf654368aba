"""What a table or tags tell of music that was not measured: voices, moods, family names, comparisons, duplicates."""

from pathlib import Path

import pytest

from segue.agent.agent import Agent
from segue.agent.events import Reply
from segue.tools.core.settings import Settings

TABLE = """title,artist,album,genre,year,bpm,key,duration,mood,tags,language
Dawn,Ana Lima,Harbour,ambient,2001,60,C major,4:00,calm,instrumental,
Dusk,Ana Lima,Harbour,ambient,2004,90,A minor,3:00,melancholic,,en
Dusk (Live),Ana Lima,Live,ambient,2009,92,A minor,3:40,melancholic,,en
Parade,Bo Springsteen,March,rock,1980,140,G major,2:30,energetic,,en
Feast,Cy Reed,March,rock,1985,150,D major,3:10,happy,,en
Storm,Cy Reed,Weather,rock,1991,132,E minor,5:00,,,
"""


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    agent = Agent(Settings(home=tmp_path / "home"))
    table = tmp_path / "table.csv"
    table.write_text(TABLE, "utf-8")
    agent.run_tool("library", {"action": "import", "folder": str(table)})
    return agent


def _titles(reply: Reply) -> list[str]:
    return [item["title"] for item in (reply.results[-1].out or {})["items"]]


def _find(agent: Agent, **args: object) -> tuple[list[str], list[str]]:
    result = agent.run_tool("retrieve", args)
    assert result.out is not None
    return [item["title"] for item in result.out["items"]], list(result.notes)


def test_a_table_that_says_instrumental_or_names_a_language_tells_of_voices(agent: Agent) -> None:
    titles, notes = _find(agent, filters={"vocals": False})
    assert titles == ["Dawn"]
    assert any("1 track" in note for note in notes)  # of Storm nothing is known
    titles, _ = _find(agent, filters={"vocals": True}, k=10)
    assert {"Dusk", "Parade", "Feast"} <= set(titles)
    assert not {"Dawn", "Storm"} & set(titles)


def test_moods_in_tags_move_a_search_where_nothing_is_measured_and_that_is_said(agent: Agent) -> None:
    titles, notes = _find(agent, adjust={"energy": 1.0}, k=10)
    assert set(titles) == {"Parade", "Feast"}
    assert "Nothing is measured of 'energy' yet, so the moods in the tags decide." in notes
    titles, _ = _find(agent, adjust={"mood": -1.0}, k=10)
    assert set(titles) == {"Dusk", "Dusk (Live)"} or titles == ["Dusk"]
    _, notes = _find(agent, adjust={"melody": 1.0}, k=10)
    assert any("so it could not be changed" in note for note in notes)


def test_a_family_name_finds_its_artist_and_is_no_mistake(agent: Agent) -> None:
    titles, notes = _find(agent, query="Parade", filters={"artist": "Springsteen"})
    assert titles == ["Parade"]
    assert not notes
    titles, _ = _find(agent, filters={"exclude_artists": ["Springsteen", "Reed"]}, k=10)
    assert titles
    assert not {"Parade", "Feast", "Storm"} & set(titles)
    _, notes = _find(agent, query="Purple Rain", filters={"artist": "Prince"})
    assert "This library has no artist 'Prince'." in notes
    assert not any("would be" in note for note in notes)


def test_tracks_without_sound_are_compared_by_what_the_table_says(agent: Agent) -> None:
    first = agent.chat("rock")
    names = _titles(first)
    slower = agent.chat("which is slower, 1 or 2?", session=first.session).reply
    bpm = {"Parade": 140, "Feast": 150, "Storm": 132}
    assert slower.startswith(f"“{min(names[:2], key=bpm.__getitem__)}” is slower")
    assert "neither sound nor score" not in slower
    years = {"Parade": 1980, "Feast": 1985, "Storm": 1991}
    older = agent.chat("which is older, 1 or 2?", session=first.session).reply
    assert f"“{min(names[:2], key=years.__getitem__)}” is older" in older or "is older" in older


def test_duplicates_are_told_in_sentences_without_ids(agent: Agent) -> None:
    said = agent.chat("which are duplicates?").reply
    assert "versions of one song: Dusk by Ana Lima and Dusk (Live) by Ana Lima" in said
    assert "ids:" not in said
    assert "t_" not in said


def test_tracks_without_files_are_left_out_of_a_playlist_in_one_sentence(agent: Agent) -> None:
    first = agent.chat("surprise me")
    said = agent.chat("export as M3U8", session=first.session).reply
    assert said.count("no file") == 1
    assert "XSPF" in said


def test_nobody_is_known_for_a_year_or_for_being_old(agent: Agent) -> None:
    from segue.tools.collection.talk import _NO_FAME

    assert {"old", "listen", "winding", "down"} <= _NO_FAME
