"""Operations on notes through the editor: stems that are not named keep every sample, loops close to the sample."""

import numpy as np
import pytest

from segue.tools import edit as ops
from segue.tools.core.errors import CannotDo, NotFound
from tests.edit_support import RATE, open_bench, recording, small_score


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = open_bench(tmp_path_factory.mktemp("home"))
    yield bench
    bench.store.close()


@pytest.fixture(scope="module")
def piece(bench):
    """A piece with room for new peaks: where there is none, all stems get one constant gain, which is said."""
    return bench.edit(bench.compose(), {"op": "loudness", "lufs": -20}).piece


def same(before, after):
    return {name for name, clip in after.stems.items() if before.stems.get(name) == clip}


def sums(bench, piece):
    return np.array_equal(bench.stem_sum(piece), bench.samples(piece))


@pytest.mark.parametrize(
    ("operation", "kept"),
    [
        ({"op": "regenerate", "keep": ["drums"], "seed": 1}, {"drums"}),
        ({"op": "regenerate", "parts": ["bass"], "section": "the verse", "prompt": "busier", "seed": 1}, {"drums", "rhodes"}),
        ({"op": "mode", "mode": "brighter"}, {"drums"}),
        ({"op": "feel", "beat": "half_time"}, {"bass", "rhodes"}),
        ({"op": "feel", "humanise": 0.5, "parts": ["bass"], "seed": 1}, {"drums", "rhodes"}),
        ({"op": "transpose", "key": "A major"}, {"drums"}),
    ],
)  # fmt: skip
def test_stems_that_are_not_named_keep_every_sample(bench, piece, operation, kept):
    out = bench.edit(piece, operation)
    assert same(piece, out.piece) >= kept
    assert set(out.piece.stems) - same(piece, out.piece)
    assert out.piece.clip.frames == piece.clip.frames
    assert sums(bench, out.piece)
    if "seed" in operation:
        assert out.details[0]["seed"] == 1
        assert bench.edit(piece, operation).piece.stems == out.piece.stems


def test_other_chords_sound_in_their_bars_only(bench, piece):
    out = bench.edit(piece, {"op": "chords", "chords": ["Dm7"], "start_bar": 2, "seed": 1})
    assert out.details[0]["bars"] == [2, 2]
    assert "drums" in same(piece, out.piece)
    before, after = bench.samples(piece), bench.samples(out.piece)
    assert np.array_equal(before[:, : round(1.9 * RATE)], after[:, : round(1.9 * RATE)])
    assert [c.symbol for c in bench.store.score(out.piece.score).chords] == ["Am", "Dm7", "C", "G"]


def test_words_are_set_and_nothing_sounds_otherwise(bench):
    score = small_score()
    tune = score.parts[2].model_copy(update={"role": "melody", "name": "lead", "notes": [
        note.model_copy(update={"start": float(i), "duration": 0.9}) for i, note in enumerate(score.parts[2].notes)
    ]})  # fmt: skip
    sung = bench.compose(score.model_copy(update={"parts": [*score.parts[:2], tune]}))
    out = bench.edit(sung, {"op": "lyrics", "text": "Sun-light on the water"})
    assert same(sung, out.piece) == set(sung.stems)
    lyrics = [n.lyric for n in bench.store.score(out.piece.score).part("lead").notes]
    assert lyrics[:4] == ["Sun-", "light", "on", "the"]
    assert any("not sung" in note for note in bench.notes)


def test_a_loop_of_bars_goes_round_without_a_seam(bench, piece):
    out = bench.edit(piece, {"op": "loop", "seamless": True, "start_bar": 2, "end_bar": 3}).piece
    assert out.clip.frames == round(2 * 4 * 60 / 120 * RATE)
    assert out.mix["loop"] is True
    assert out.score.bars == 2
    wave = bench.samples(out)
    seam = abs(wave[:, 0] - wave[:, -1]).max()
    assert seam <= 2 * np.abs(np.diff(wave, axis=1)).max()
    assert np.abs(wave[:, -RATE // 10 :]).max() > 0.01  # it sounds to its last sample: no fade at the end
    thrice = bench.edit(piece, {"op": "loop", "seamless": True, "start_bar": 2, "end_bar": 3, "times": 3}).piece
    assert thrice.clip.frames == 3 * out.clip.frames
    assert np.array_equal(bench.samples(thrice), np.tile(wave, (1, 3)))
    changed = bench.edit(out, {"op": "regenerate", "parts": ["bass"], "seed": 2}).piece
    assert changed.clip.frames == out.clip.frames
    assert same(out, changed) == {"drums", "rhodes"}
    plain = bench.edit(piece, {"op": "loop", "start_bar": 2, "end_bar": 3, "times": 2}).piece
    assert np.array_equal(bench.samples(plain)[:, : 4 * RATE], bench.samples(piece)[:, 2 * RATE : 6 * RATE])


def test_lengths_meters_and_endings(bench, piece):
    out = bench.edit(piece, {"op": "extend", "section": "verse", "bars": 6})
    assert out.piece.score.bars == 6
    assert out.details[0]["section_bars"] == [4, 6]
    assert bench.edit(piece, {"op": "meter", "meter": "3/4", "seed": 1}).piece.score.meter == "3/4"
    cold = bench.edit(piece, {"op": "ending", "kind": "cold"}).piece
    assert cold.clip.frames == piece.clip.frames
    assert np.array_equal(bench.samples(cold)[:, : 5 * RATE], bench.samples(piece)[:, : 5 * RATE])
    slow = bench.edit(piece, {"op": "ending", "kind": "slowing"}).piece
    assert slow.clip.frames > piece.clip.frames


def test_what_is_not_there_is_said_and_recordings_have_no_notes(bench, piece):
    with pytest.raises(NotFound, match="chorus"):
        bench.edit(piece, {"op": "regenerate", "section": "chorus"})
    song = bench.add(recording(3.0))
    for operation in (
        {"op": "chords", "chords": ["C"]},
        {"op": "mode", "mode": "darker"},
        {"op": "meter", "meter": "3/4"},
        {"op": "feel", "swing": 0.6},
        {"op": "ending"},
        {"op": "lyrics", "text": "la"},
        {"op": "loop", "seamless": True},
        {"op": "loop", "start_bar": 1, "times": 2},
        {"op": "extend", "bars": 8},
    ):
        with pytest.raises(CannotDo, match="recording") as caught:
            bench.edit(song, operation)
        assert caught.value.hint


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "feel"},
        {"op": "feel", "swing": 0.6, "section": "verse"},
        {"op": "extend"},
        {"op": "extend", "duration_s": 5, "section": "verse"},
        {"op": "loop"},
        {"op": "regenerate", "section": "verse", "start_bar": 2},
        {"op": "regenerate", "end_bar": 2, "start_bar": 5},
        {"op": "mode", "mode": "purple"},
    ],
)
def test_operations_that_mean_nothing_are_refused(operation):
    with pytest.raises(ValueError, match=r"wants|whole|bars|order|after|literal|Input|comes|played"):
        ops.Args.model_validate({"clip": {"id": "p_1"}, "operations": [operation]})


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ({"op": "effect", "description": "the second half busier"}, {"drums", "bass", "rhodes"}),
        ({"op": "restyle", "prompt": "half-time feel"}, {"drums"}),
        ({"op": "restyle", "prompt": "simpler"}, {"drums", "bass", "rhodes"}),
        ({"op": "regenerate", "start_bar": 2, "end_bar": 3, "prompt": "chords to Dm7 E7"}, {"bass", "rhodes"}),
        ({"op": "effect", "description": "brighter harmonically"}, {"bass", "rhodes"}),
    ],
)
def test_words_for_notes_are_done_by_the_notes_wherever_they_come(bench, piece, operation, changed):
    out = bench.edit(piece, operation)
    assert set(piece.stems) - same(piece, out.piece) <= changed
    assert same(piece, out.piece) != set(piece.stems)
    assert out.piece.clip.frames == piece.clip.frames
    score = bench.store.score(out.piece.score)
    if "chords" in str(operation):
        assert [c.symbol for c in score.chords] == ["Am", "Dm7", "E7", "G"]
    if "second half" in str(operation):
        assert score.parts != bench.store.score(piece.score).parts
        before = bench.store.score(piece.score)
        for a, b in zip(before.parts, score.parts, strict=True):
            first, second = ([n.model_dump_json() for n in part.notes if n.start < 8] for part in (a, b))
            assert sorted(first) == sorted(second)


def test_words_for_sounds_stay_sounds_and_styles_stay_styles(bench, piece):
    assert bench.edit(piece, {"op": "effect", "description": "darker"}).details[0]["stages"]
    assert bench.edit(piece, {"op": "restyle", "prompt": "swing jazz"}).piece.score.genre == "jazz_swing"
    with pytest.raises(CannotDo, match="purple"):
        bench.edit(piece, {"op": "effect", "description": "purple"})


def test_a_loop_knows_its_points_and_its_tempo(bench, piece):
    from segue.tools.core.piece_marks import marks_of

    looped = bench.edit(piece, {"op": "loop", "seamless": True}).piece
    marks = marks_of(looped, bench.store.score(looped.score), looped.clip.frames)
    assert (marks.loop, marks.bpm, marks.meter) == ((0, looped.clip.frames), 120.0, "4/4")
    assert marks_of(piece, bench.store.score(piece.score), piece.clip.frames).loop is None
    assert marks_of(piece, None, 1) is None
