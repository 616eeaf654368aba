"""The embedded editor on pieces with stems: exactly what was asked, exactly nothing else."""

import numpy as np
import pytest

from segue.tools.core.errors import CannotDo, NotFound
from segue.tools.music import exact_score
from tests.edit_support import RATE, open_bench, recording, small_score


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = open_bench(tmp_path_factory.mktemp("home"))
    yield bench
    bench.store.close()


@pytest.fixture(scope="module")
def piece(bench):
    return bench.compose()


def stem(bench, piece, name):
    return bench.store.wave(piece.stems[name]).samples


def test_removing_a_part_leaves_the_sum_of_the_others(bench, piece):
    out = bench.edit(piece, {"op": "remove", "stems": ["drums"]})
    expected = stem(bench, piece, "bass").astype(np.float64) + stem(bench, piece, "rhodes")
    assert np.array_equal(bench.samples(out.piece), expected.astype(np.float32))
    assert out.piece.stems == {name: piece.stems[name] for name in ("bass", "rhodes")}  # the very same blobs
    assert out.piece.score.parts == ["bass", "rhodes"]
    assert out.details == [{"op": "remove", "how": "sum of the other stems", "removed": ["drums"], "residual": 0.0}]
    assert bench.notes == []


def test_removed_and_isolated_sum_to_the_mix(bench, piece):
    rest = bench.edit(piece, {"op": "remove", "stems": ["chords"]}).piece
    alone = bench.edit(piece, {"op": "isolate", "stems": ["electric piano"]}).piece
    assert list(alone.stems) == ["rhodes"]
    total = bench.samples(rest).astype(np.float64) + bench.samples(alone)
    assert np.array_equal(total.astype(np.float32), bench.samples(piece))


@pytest.mark.parametrize(
    ("word", "parts"),
    [("rhodes", ["rhodes"]), ("the piano", ["rhodes"]), ("chords", ["rhodes"]), ("Bass", ["bass"]), ("drum", ["drums"]),
     ("keys", ["rhodes"]), ("electric bass", ["bass"])],
)  # fmt: skip
def test_parts_by_the_words_people_say(bench, piece, word, parts):
    assert list(bench.edit(piece, {"op": "isolate", "stems": [word]}).piece.stems) == parts


def test_unknown_parts_and_empty_results_are_refused(bench, piece):
    with pytest.raises(NotFound, match="drums, bass, rhodes"):
        bench.edit(piece, {"op": "remove", "stems": ["vocals"]})
    with pytest.raises(CannotDo, match="left"):
        bench.edit(piece, {"op": "remove", "stems": ["drums", "bass", "piano"]})


def test_a_part_louder_or_softer(bench, piece):
    out = bench.edit(piece, {"op": "gain", "stem": "drums", "db": -6})
    assert {n: out.piece.stems[n] for n in ("bass", "rhodes")} == {n: piece.stems[n] for n in ("bass", "rhodes")}
    assert np.abs(stem(bench, out.piece, "drums") - stem(bench, piece, "drums") * 10 ** (-6 / 20)).max() < 1e-6
    bench.edit(piece, {"op": "gain", "stem": "bass", "db": 12})
    assert "lowered" in bench.notes[0]


def test_fade_touches_only_its_span_and_stems_still_sum(bench, piece):
    out = bench.edit(piece, {"op": "fade", "in_s": 0.5, "out_s": 2.0}).piece
    middle = slice(RATE // 2, piece.clip.frames - 2 * RATE)
    assert np.array_equal(bench.samples(out)[:, middle], bench.samples(piece)[:, middle])
    assert np.array_equal(bench.stem_sum(out), bench.samples(out))


def test_trim_copies_and_cuts_the_score_alike(bench, piece):
    out = bench.edit(piece, {"op": "trim", "start_s": 2.0, "end_s": 6.0}).piece
    assert np.array_equal(bench.samples(out), bench.samples(piece)[:, 2 * RATE : 6 * RATE])
    assert np.array_equal(bench.stem_sum(out), bench.samples(out))
    score = bench.store.score(out.score)
    assert score.bars == 2
    assert [c.symbol for c in score.chords] == ["F", "C"]
    assert min(note.start for note in score.part("bass").notes) == 0
    assert max(note.end for part in score.parts for note in part.notes) <= 8


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "loudness", "lufs": -20},
        {"op": "loudness", "lufs": -12},
        {"op": "effect", "description": "warmer, small room, punchier"},
        {"op": "reverse"},
        {"op": "loop", "times": 2},
        {"op": "gain", "db": -3},
        {"op": "transpose", "semitones": 0.5},
        {"op": "extend", "duration_s": 5},
    ],
)
def test_stems_sum_to_the_mix_after_every_change(bench, piece, operation):
    out = bench.edit(piece, operation).piece
    assert list(out.stems) == ["drums", "bass", "rhodes"]
    assert np.array_equal(bench.stem_sum(out), bench.samples(out))


def test_a_loop_repeats_from_the_bar_line_and_rings_on(bench, piece):
    out = bench.edit(piece, {"op": "loop", "times": 3}).piece
    period = 8 * RATE  # four bars at 120 bpm
    assert out.clip.frames == piece.clip.frames + 2 * period
    assert np.array_equal(bench.samples(out)[:, : period - 1000], bench.samples(piece)[:, : period - 1000])
    score = bench.store.score(out.score)
    assert score.bars == 12
    assert len(score.part("bass").notes) == 3 * 16


def test_distortion_lets_the_parts_go_and_says_so(bench, piece):
    out = bench.edit(piece, {"op": "effect", "description": "distorted"}).piece
    assert out.stems == {}
    assert out.score is not None
    assert any("separate parts" in note for note in bench.notes)


def test_two_pieces_with_parts_join_into_one_with_parts(bench, piece):
    louder = small_score().model_copy(update={"title": "Second"})
    louder.parts[2] = louder.parts[2].model_copy(update={"name": "rhodes", "program": 24, "instrument": "nylon guitar"})
    second = bench.compose(louder)
    out = bench.edit(piece, {"op": "concat", "clips": [{"id": second.id}]}).piece
    assert list(out.stems) == ["drums", "bass", "rhodes", "rhodes 2"]
    assert np.array_equal(bench.stem_sum(out), bench.samples(out))
    assert out.clip.frames == piece.clip.frames + second.clip.frames
    score = bench.store.score(out.score)
    seconds = score.clock().seconds(min(n.start for n in score.part("rhodes 2").notes))
    assert seconds == pytest.approx(piece.duration_s, abs=0.001)
    assert score.bar_beat(score.bars + 1) >= 36
    without = bench.edit(out, {"op": "remove", "stems": ["drums"]}).piece
    assert list(without.stems) == ["bass", "rhodes", "rhodes 2"]


def test_laid_over_each_other_parts_stay_parts(bench, piece):
    out = bench.edit(piece, {"op": "mix", "clips": [{"id": piece.id}], "gains_db": [-6, -6]}).piece
    assert list(out.stems) == ["drums", "bass", "rhodes"]
    assert np.abs(bench.samples(out) - bench.samples(piece) * 10 ** (-6 / 20) * 2).max() < 1e-5


def test_with_a_recording_the_parts_go(bench, piece):
    song = bench.add(recording(3.0))
    out = bench.edit(piece, {"op": "concat", "clips": [{"id": song.id}]}).piece
    assert out.stems == {}
    assert out.score is None
    assert any("recording" in note for note in bench.notes)


def test_a_score_without_sound_is_played_first(bench):
    from segue.tools.core.piece import Piece
    from segue.tools.core.store import new_id

    bare = bench.store.save(Piece(id=new_id(), title="Bare", score=bench.store.add_score(small_score())))
    out = bench.edit(bare, {"op": "remove", "stems": ["bass"]}).piece
    assert list(out.stems) == ["drums", "rhodes"]
    assert "without sound" in bench.notes[0]


# -- scores ------------------------------------------------------------------------------------


def test_a_cut_in_the_middle_of_a_note_shortens_it():
    cut = exact_score.cut_score(small_score(), 1.0, 3.0)  # beats 2 to 6
    chord = cut.part("rhodes").notes
    assert (chord[0].start, chord[0].duration) == (0.0, 1.5)
    assert cut.bars == 1
    assert cut.bpm == 120


def test_joined_scores_keep_their_seconds():
    first, second = small_score(), small_score().model_copy(update={"tempo": [{"beat": 0, "bpm": 90}]})
    second = type(second).model_validate(second.model_dump())
    names = exact_score.renamed_parts(first, second)
    joined = exact_score.join_scores(first, 9.3, second, names)
    begin = 4 * 5.0  # the bar line behind bar 5, which is stretched over the ring-out
    assert joined.clock().seconds(begin) == pytest.approx(9.3, abs=1e-6)
    assert joined.clock().seconds(begin + 3) - 9.3 == pytest.approx(2.0, abs=1e-6)
    assert joined.part("bass").notes[16].start == begin
