"""What makes a dialogue about music feel intelligent, by the number it has in the list of such details.

4 reasons contrast, 5 percentiles of this library, 6 "a bit" and "much" are steps of percentiles, 15 neighbours in a
playlist fit and breaks are explained. The others are tested where they are made: 1 in ``test_agent_constraints``; 2 in
``test_agent_reply``; 3, 7, 8 and 9 in ``test_collection_search``; 10 to 14 in ``test_agent_remembering``.
"""

import itertools
import re

import numpy as np
import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.evals.planning_contexts import names, state_for
from segue.tools import retrieve
from segue.tools.collection.likeness import camelot_steps
from segue.tools.core.base import ItemRef
from segue.tools.core.registry import backends, load
from segue.tools.core.theory import parse_key
from tests.collection_support import fill, known_tracks, make_context, make_home


def house(home, tracks):
    """Return a search over a library of these tracks, and the notes it says."""
    settings, store, catalogue = make_home(home)
    fill(store, catalogue, tracks)
    context, notes = make_context(settings, store)
    run = load(next(b for b in backends("retrieve") if b.name == "catalogue"), settings)

    def ask(query="", like=(), **rest):
        notes.clear()
        return run(retrieve.Args(query=query, like=[ItemRef(id=id) for id in like], **rest), context).items

    return ask, notes


def alike(count, **fields):
    """Return tracks of one genre and loudness whose tempi are 80, 82, 84 …"""
    tracks = known_tracks(count)
    for n, track in enumerate(tracks):
        track.title, track.artist, track.genres, track.moods = f"Song {n}", f"Artist {n}", ["Indie"], []
        track.bpm, track.bpm_confidence, track.key, track.lufs = 80.0 + 2 * n, 1.0, "A minor", -14.0
        track.axes, track.duration_s = {"energy": 0.5}, 200.0
        for name, value in fields.items():
            setattr(track, name, value)
    return tracks


def fits(one, other):
    """Tell whether two tracks may follow one another: 8% of tempo, one step of the Camelot wheel, 3 LU."""
    key = camelot_steps(parse_key(one.key).camelot, parse_key(other.key).camelot)
    return abs(np.log2(other.bpm / one.bpm)) <= np.log2(1.08) and key <= 1 and abs(one.lufs - other.lufs) <= 3


def test_4_reasons_contrast_with_the_one_before(home):
    tracks = alike(12)
    for n, track in enumerate(tracks):
        track.bpm = 80.0 + 2 * (5 * n % 12)
    ask, _ = house(home, tracks)
    items = ask("indie", k=6)
    told = 0
    for place, item in enumerate(items[1:], 2):
        gap = round(item.bpm) - round(items[place - 2].bpm)
        wanted = f"{abs(gap)} bpm {'faster' if gap > 0 else 'slower'} than number {place - 1}"
        assert (wanted in item.reasons) == (abs(gap) >= 4)
        told += wanted in item.reasons
    assert told


def test_4_like_a_seed_it_is_said_how_much_slower(home):
    tracks = alike(12)
    ask, _ = house(home, tracks)
    for item in ask(like=[tracks[5].id], action="similar", adjust={"tempo": -1}):
        assert f"slower than Song 5 ({item.bpm:.0f} bpm against 90 bpm)" in item.reasons


def test_5_what_stands_out_is_told_by_the_percentiles_of_this_library(home):
    tracks = alike(20)
    ask, _ = house(home, tracks)
    [fastest] = ask("Song 19", k=1)
    assert any(re.fullmatch(r"fast for this library: 9\dth percentile", reason) for reason in fastest.reasons)
    [middle] = ask("Song 10", k=1)
    assert not any("for this library" in reason for reason in middle.reasons)


def test_5_the_same_tempo_is_slow_in_a_faster_library(home):
    tracks = alike(20)
    for n, track in enumerate(tracks[:19]):
        track.bpm = 130.0 + n
    ask, _ = house(home, tracks)
    [item] = ask("Song 19", k=1)
    assert item.bpm == 118
    assert any(reason.startswith("slow for this library") for reason in item.reasons)


@pytest.mark.parametrize(("words", "steps"), [("a bit faster", 0.5), ("faster", 1.0), ("much faster", 2.0), ("a little slower", -0.5), ("a lot slower", -2.0)])  # fmt: skip
def test_6_a_bit_and_much_are_steps(words, steps):
    [step] = BuiltinPlanner(names).plan(words, state_for("list")).steps
    assert step.args["adjust"] == {"tempo": steps}


def test_6_a_step_is_counted_in_percentiles_from_the_one_in_focus(home):
    tracks = alike(41)
    ask, _ = house(home, tracks)
    tempi = np.array([track.bpm for track in tracks])
    for seed in (tracks[10], tracks[20]):
        start, moves = np.searchsorted(tempi, seed.bpm), []
        for steps in (0.5, 1.0, 2.0):
            [item] = ask(like=[seed.id], action="similar", adjust={"tempo": steps}, k=1)
            moves.append(100 * (np.searchsorted(tempi, item.bpm) - start) / len(tempi))
        assert moves[0] == pytest.approx(7.5, abs=5)
        assert moves[1] == pytest.approx(15, abs=6)
        assert moves[0] < moves[1] < moves[2] <= 30 + 5


def test_15_neighbours_of_a_playlist_fit(home):
    tracks = alike(16)
    rng = np.random.default_rng(2)
    for n, track in enumerate(tracks):
        track.bpm = 80.0 + 2 * (7 * n % 16)
        track.key = ["A minor", "E minor", "C major"][int(rng.integers(3))]
        track.lufs = -14.0 + float(rng.uniform(-1, 1))
    ask, notes = house(home, tracks)
    items = ask("indie", action="playlist", k=12)
    assert len(items) == 12
    by_id = {track.id: track for track in tracks}
    breaks = [
        n for n, (one, other) in enumerate(itertools.pairwise(items), 1) if not fits(by_id[one.id], by_id[other.id])
    ]
    plain = sum(not fits(one, other) for one, other in itertools.pairwise(tracks))
    assert len(breaks) <= 2 < plain
    [note] = [note for note in notes if "not smooth" in note] or [""]
    assert [int(n) for n in re.findall(r"(\d+) to \d+: ", note)] == breaks


def test_15_breaks_are_explained(home):
    tracks = alike(6)
    odd = tracks[3]
    odd.bpm, odd.key, odd.lufs = 133.0, "Eb minor", -6.0
    ask, notes = house(home, tracks)
    items = ask("indie", action="playlist", k=6)
    place = [item.id for item in items].index(odd.id)
    [note] = [note for note in notes if "not smooth" in note]
    before = place or 1
    assert f"{before} to {before + 1}: " in note
    assert "133" in note
    assert "Eb minor" in note
    assert "8 LU louder" in note or "8 LU quieter" in note
