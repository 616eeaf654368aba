"""The first seconds before the rest: at the gain that the whole will have."""

import numpy as np
import pytest

from segue.tools.core.errors import Cancelled
from segue.tools.core.score import Part, Score
from segue.tools.music.render import render
from segue.tools.music.render_preview import preview
from segue.tools.sound.loudness import db_to_gain
from tests.render_support import make_score, make_settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return make_settings(tmp_path_factory.mktemp("home"))


def test_the_predicted_gain_is_the_final_one(settings):
    score = make_score(bars=12)
    quiet = [note.model_copy(update={"velocity": 40}) for note in score.parts[3].notes if note.start < 24]
    loud = [note for note in score.parts[3].notes if note.start >= 24]
    score.parts[3] = score.parts[3].model_copy(update={"notes": quiet + loud})
    wave, meta = preview(score, settings, 6.0)
    final = render(score, settings)
    assert meta["preview"] is True
    assert wave.duration_s == pytest.approx(6.0, abs=0.01)
    assert abs(meta["gain_db"] - final.meta["gain_db"]) < 1.0
    assert meta["lufs"] == pytest.approx(-14, abs=0.1)
    # But for the gain and the limiter the samples are those of the whole.
    a, b = (x[0, 44_100 : 5 * 44_100] for x in (wave.samples, final.mix.samples))
    assert np.corrcoef(a, b)[0, 1] > 0.99
    level = np.std(a) / np.std(b) / db_to_gain(meta["gain_db"] - final.meta["gain_db"])
    assert 20 * abs(np.log10(level)) < 1.0


def test_short_and_silent_scores(settings):
    wave, _ = preview(make_score(bars=1), settings, 10.0)
    assert wave.duration_s == pytest.approx(2.0, abs=0.05)
    silent, meta = preview(Score(bars=8, parts=[Part(name="a")]), settings, 3.0)
    assert not np.any(silent.samples)
    assert meta["gain_db"] == 0.0


def test_it_can_be_stopped(settings):
    def stop():
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        preview(make_score(bars=8), settings, check=stop)
