"""Changes in a span of time, effects by named parameters and on one stem, and versions heard in turns."""

import numpy as np
import pytest

from segue.tools.core.errors import CannotDo, InvalidArgument
from segue.tools.sound.dynamics import loudness_lufs
from tests.edit_support import RATE, open_bench, recording


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return open_bench(tmp_path_factory.mktemp("spans"))


@pytest.fixture(scope="module")
def song(bench):
    return bench.add(recording())


@pytest.mark.parametrize(
    "operation",
    [{"op": "gain", "db": -9}, {"op": "effect", "description": "a big hall"}, {"op": "reverse"}, {"op": "remove", "stems": ["drums"]},
     {"op": "effect", "description": "distorted"}, {"op": "isolate", "stems": ["low"]}, {"op": "gain", "stem": "drums", "db": -6}],
)  # fmt: skip
def test_outside_a_span_every_sample_stays(bench, song, operation):
    out = bench.edit(song, {**operation, "start_s": 2, "end_s": -3})
    before, after = bench.samples(song), bench.samples(out.piece)
    assert after.shape == before.shape
    np.testing.assert_array_equal(after[:, : 2 * RATE], before[:, : 2 * RATE])
    np.testing.assert_array_equal(after[:, 5 * RATE :], before[:, 5 * RATE :])
    assert np.abs(after[:, 3 * RATE : 4 * RATE] - before[:, 3 * RATE : 4 * RATE]).max() > 1e-3
    assert (out.details[0]["start_s"], out.details[0]["end_s"]) == (2.0, 5.0)


def test_a_span_of_a_composed_piece_keeps_its_parts_and_its_score(bench):
    piece = bench.compose()
    out = bench.edit(piece, {"op": "remove", "stems": ["drums"], "start_s": 2, "end_s": 4})
    assert list(out.piece.stems) == list(piece.stems)
    assert out.piece.score.id == piece.score.id
    rate = piece.clip.sample_rate
    drums, before = (bench.store.wave(p.stems["drums"]).samples for p in (out.piece, piece))
    assert not drums[:, round(2.03 * rate) : round(3.97 * rate)].any()
    np.testing.assert_array_equal(drums[:, : 2 * rate], before[:, : 2 * rate])
    np.testing.assert_array_equal(bench.samples(out.piece)[:, : 2 * rate], bench.samples(piece)[:, : 2 * rate])


def test_an_effect_on_one_stem_leaves_the_others(bench):
    piece = bench.compose()
    out = bench.edit(piece, {"op": "effect", "description": "much darker", "stem": "rhodes"})
    for name in ("drums", "bass"):
        assert out.piece.stems[name].id == piece.stems[name].id
    assert out.piece.stems["rhodes"].id != piece.stems["rhodes"].id


def test_an_effect_on_a_stem_of_a_recording_is_a_labelled_preview(bench, song):
    out = bench.edit(song, {"op": "effect", "description": "a big hall", "stem": "drums"})
    assert out.details[0]["preview"]
    assert any("preview" in note for note in bench.notes)


def test_parameters_that_an_edit_showed_can_be_changed(bench, song):
    shown = bench.edit(song, {"op": "effect", "description": "warmer, a small room"}).details[0]["stages"]
    again = bench.edit(song, {"op": "effect", "stages": shown})
    assert again.details[0]["stages"] == shown
    room = next(stage for stage in shown if stage["stage"] == "reverb")
    longer = bench.edit(
        song, {"op": "effect", "description": "warmer, a small room", "stages": [{**room, "decay_s": 1.5}]}
    )
    changed = {stage["stage"]: stage for stage in longer.details[0]["stages"]}
    assert changed["reverb"] == {**room, "decay_s": 1.5}
    assert changed["low_shelf"] == next(stage for stage in shown if stage["stage"] == "low_shelf")
    with pytest.raises(InvalidArgument, match=r"reverb has no bits\. It has decay_s|reverb has no bits"):
        bench.edit(song, {"op": "effect", "stages": [{"stage": "reverb", "bits": 8}]})


def test_synonyms_in_one_breath_count_once(bench, song):
    stages = bench.edit(song, {"op": "effect", "description": "tinny, like a small speaker"}).details[0]["stages"]
    assert [stage["stage"] for stage in stages] == ["highpass", "lowpass"]


def test_what_changes_the_length_cannot_be_done_in_a_span(bench, song):
    with pytest.raises(InvalidArgument, match="outside"):
        bench.edit(song, {"op": "gain", "db": -3, "start_s": 90})


def test_two_versions_in_turns_are_equally_loud(bench, song):
    softer = bench.edit(song, {"op": "gain", "db": -12}, {"op": "effect", "description": "much brighter"}).piece
    out = bench.edit(song, {"op": "compare", "with_clip": {"id": softer.id}, "turn_s": 2, "turns": 4})
    wave = bench.store.wave(out.piece.clip)
    turns = [type(wave)(wave.samples[:, k * 2 * RATE : (k + 1) * 2 * RATE], RATE) for k in range(4)]
    levels = [loudness_lufs(turn) for turn in turns]
    assert max(levels) - min(levels) < 1.0
    assert wave.frames == 8 * RATE
    assert {song.id, softer.id} <= set(out.piece.parents)


def test_a_part_that_would_clip_on_its_own_is_refused(bench):
    piece = bench.compose()
    with pytest.raises(CannotDo, match="clip"):
        bench.edit(piece, {"op": "effect", "stages": [{"stage": "gain", "db": 24}], "stem": "drums"})
