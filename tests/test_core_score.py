"""The score's clock and its canonical bytes."""

import pytest
from pydantic import ValidationError

from segue.tools.core.score import Clock, Note, Part, Score, TempoMark


def test_the_clock_goes_there_and_back_over_tempo_changes():
    clock = Clock([TempoMark(bpm=120), TempoMark(beat=8, bpm=60), TempoMark(beat=12, bpm=90)])
    assert clock.seconds(8) == pytest.approx(4.0)
    assert clock.seconds(12) == pytest.approx(8.0)
    for beat in (0, 3.25, 8, 11.9, 40):
        assert clock.beat(clock.seconds(beat)) == pytest.approx(beat)


@pytest.mark.parametrize(
    ("meter", "beats"), [("4/4", 4), ("3/4", 3), ("6/8", 3), ("12/8", 6), ("7/8", 3.5), ("5/4", 5)]
)
def test_a_bar_is_counted_in_quarter_notes(meter, beats):
    assert Score(meter=meter).beats_per_bar == beats


@pytest.mark.parametrize("meter", ["4", "0/4", "4/5", "four four"])
def test_a_meter_that_is_none_is_refused(meter):
    with pytest.raises(ValidationError):
        Score(meter=meter)


def test_a_score_survives_its_own_json():
    score = Score(
        parts=[Part(name="lead", notes=[Note(start=0.5, duration=0.25, pitch=60, shift_s=0.004, lyric="la")])]
    )
    assert Score.model_validate_json(score.to_json()) == score
    assert Score.model_validate_json(score.to_json()).to_json() == score.to_json()
