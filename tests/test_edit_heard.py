"""Loops of a recording's bars and its chords in another style."""

import numpy as np
import pytest

from segue.tools.backends import edit_heard
from segue.tools.core.audio import Waveform
from segue.tools.core.errors import CannotDo, InvalidArgument
from segue.tools.core.settings import load_settings
from segue.tools.listen.facts import Analysis
from segue.tools.music.exact import Material
from segue.tools.music.exact_sound import Desk
from tests.edit_support import RATE, recording, tones

LINES = [0.5, 2.5, 4.5, 6.5]


@pytest.fixture
def desk():
    said: list[str] = []
    return Desk(said.append, lambda: None, lambda done, total, label: None), said


def test_bars_repeat_from_line_to_line(desk):
    song = Material(recording(8.0))
    done = edit_heard.bars_looped(song, LINES, 2, 3, 3, False, desk[0])
    sound, source = done.material.wave.samples, song.wave.samples[:, round(2.5 * RATE) : round(6.5 * RATE)]
    assert sound.shape[1] == 3 * source.shape[1]
    np.testing.assert_array_equal(sound[:, 2 * source.shape[1] :], source)
    inside = source.shape[1] - round(0.0201 * RATE)
    np.testing.assert_array_equal(sound[:, :inside], source[:, :inside])


def test_a_seamless_loop_goes_round_without_a_step(desk):
    tone = tones(8.0, hertz=(211.3,))
    done = edit_heard.bars_looped(Material(Waveform(np.stack([tone, tone]), RATE)), LINES, 2, 2, 1, True, desk[0])
    sound = done.material.wave.samples
    assert sound.shape[1] == 2 * RATE
    seam = abs(sound[0, 0] - sound[0, -1])
    assert seam <= 1.1 * np.abs(np.diff(sound[0, RATE // 2 : RATE])).max()


def test_bars_that_are_not_there_are_refused(desk):
    song = Material(recording(8.0))
    with pytest.raises(InvalidArgument, match="3 whole bars"):
        edit_heard.bars_looped(song, LINES, 4, 4, 2, False, desk[0])
    with pytest.raises(CannotDo, match="No bars of this recording"):
        edit_heard.bars_looped(song, [], 1, 1, 2, False, desk[0])


def test_another_style_is_composed_over_what_is_heard_and_said_to_be(desk, home):
    facts = Analysis(
        bpm=120, bpm_confidence=0.9, downbeats=[0.5, 2.5, 4.5, 6.5, 8.5], meter="4/4", meter_confidence=0.9, key="A minor", key_confidence=0.9,
        chords=[(0.5, 2.5, "Am"), (2.5, 4.5, "F"), (4.5, 6.5, "C"), (6.5, 8.5, "G")],
    )  # fmt: skip
    talk, said = desk
    done = edit_heard.restyled(Material(recording(9.0)), facts, "as a bossa nova", 3, load_settings(home=home), talk)
    score = done.material.score
    assert (score.genre, score.bars, score.key) == ("bossa_nova", 4, "A minor")
    assert [span.symbol for span in score.chords][:4] == ["Am", "F", "C", "G"]
    assert len(done.material.stems) >= 2
    assert any("not the recording changed" in text for text in said)
    with pytest.raises(CannotDo, match="no style"):
        edit_heard.restyled(Material(recording(9.0)), facts, "nicer", 3, load_settings(home=home), talk)
    with pytest.raises(CannotDo, match="clearly enough"):
        edit_heard.restyled(Material(recording(9.0)), Analysis(), "jazz", 3, load_settings(home=home), talk)
