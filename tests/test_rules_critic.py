"""The critic: every wish that is missed lowers the fit, clashes and copies cost, the order is the same every time."""

from dataclasses import replace

import pytest

from segue.tools.core.score import Note, Score
from segue.tools.music.compose import Request, compose
from segue.tools.music.critic import clashes, judge, melody_likeness, rank
from segue.tools.music.rules_view import View

WISHES = Request(
    genre="pop", seed=4, bpm=110.0, key="D minor", meter="4/4", bars=17, chords=("Dm", "Bb", "F", "C"),
    instruments=("piano",), exclude=("flute",), density=0.0, swing=0.5,
)  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Score:
    return compose(WISHES)


def test_what_was_asked_for_fits(made: Score) -> None:
    judged = judge(made, WISHES)
    assert judged.fit > 0.9
    assert not [r for r in judged.reasons if r.startswith("What was asked for") and "density" not in r]


@pytest.mark.parametrize(
    ("wish", "missed"),
    [
        ({"key": "E minor"}, "key"), ({"bpm": 140.0}, "tempo"), ({"meter": "3/4"}, "meter"), ({"bars": 30}, "bars"),
        ({"chords": ("Gm", "Eb", "Bb", "F")}, "chords"), ({"form": ("intro", "drop")}, "form"),
        ({"genre": "techno"}, "genre"), ({"instruments": ("accordion",)}, "instruments"),
        ({"exclude": ("piano",)}, "instruments left out"), ({"swing": 0.66}, "swing"), ({"duration_s": 300.0}, "length"),
        ({"density": 1.0}, "density"),
    ],
)  # fmt: skip
def test_every_wish_that_is_missed_is_named(made: Score, wish, missed: str) -> None:
    before, after = judge(made, WISHES), judge(made, replace(WISHES, **wish))
    assert after.fit < before.fit
    assert any(f"missed in {missed}." in reason for reason in after.reasons)


def rubbing(score: Score) -> Score:
    """The same piece with the tune a semitone over the comping's top all the time."""
    out = score.model_copy(deep=True)
    comp = next(p for p in out.parts if p.role == "chords")
    lead = next(p for p in out.parts if p.role == "melody")
    lead.notes = [Note(start=n.start, duration=max(n.duration, 0.6), pitch=n.pitch + 1) for n in comp.notes]
    return out


def test_clashes_cost(made: Score) -> None:
    assert clashes(View(made)) < 0.1
    bad = rubbing(made)
    assert clashes(View(bad)) > 0.3
    assert judge(bad, WISHES).clean < judge(made, WISHES).clean
    assert any("rub" in reason for reason in judge(bad, WISHES).reasons)


def test_a_copy_is_found_in_another_key(made: Score) -> None:
    moved = made.model_copy(deep=True)
    for part in moved.parts:
        if not part.is_drum:
            part.notes = [n.model_copy(update={"pitch": n.pitch + 2}) for n in part.notes]
    other = compose(replace(WISHES, seed=5))
    assert melody_likeness(made, moved) == 1.0
    assert melody_likeness(made, other) < 0.5
    assert judge(made, WISHES, [moved]).variety == 0.0


def test_rank_puts_the_best_first_and_repeats_itself(made: Score) -> None:
    takes = [rubbing(made), made, compose(replace(WISHES, key="E minor", chords=()))]
    ranked = rank(takes, WISHES)
    assert ranked[0].index == 1
    assert sorted(one.index for one in ranked) == [0, 1, 2]
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    assert all(0.0 <= one.score <= 1.0 and one.why.endswith(".") and one.why.count(". ") == 0 for one in ranked)
    assert rank(takes, WISHES) == ranked
    assert rank([], WISHES) == []
