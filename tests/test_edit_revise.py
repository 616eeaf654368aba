"""The embedded editor on composed pieces: parts that sound anew beside parts that do not change by a sample."""

import numpy as np
import pytest

from segue.tools.core.errors import InvalidArgument, SegueError
from segue.tools.sound.loudness import true_peak_db
from tests.edit_support import RATE, open_bench, recording


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = open_bench(tmp_path_factory.mktemp("home"))
    yield bench
    bench.store.close()


@pytest.fixture(scope="module")
def piece(bench):
    from segue.tools.music.compose import Request, compose

    return bench.compose(
        compose(
            Request(
                genre="pop",
                bpm=120,
                key="D minor",
                bars=6,
                seed=5,
                title="Tune",
                only=True,
                instruments=("drums", "bass", "piano", "flute"),
            )
        )
    )


def same_blobs(before, after):
    return {name for name, clip in after.stems.items() if before.stems.get(name) == clip}


def sums(bench, piece):
    return np.array_equal(bench.stem_sum(piece), bench.samples(piece))


def test_another_instrument_leaves_every_other_stem_alone(bench, piece):
    out = bench.edit(piece, {"op": "replace", "stem": "bass", "instrument": "tuba"})
    assert same_blobs(piece, out.piece) == set(piece.stems) - {"bass"}
    assert len(out.details[0]["rendered"]) == 1
    assert out.piece.clip.frames == piece.clip.frames
    assert sums(bench, out.piece)
    assert true_peak_db(bench.store.wave(out.piece.clip)) <= -0.9
    assert out.piece.title == "Tune – bass → tuba"


def test_a_new_part_joins_and_can_be_taken_out_again_exactly(bench, piece):
    out = bench.edit(piece, {"op": "add", "instrument": "cello", "prompt": "slow"}).piece
    [new] = set(out.stems) - set(piece.stems)
    assert same_blobs(piece, out) == set(piece.stems)
    assert np.abs(bench.store.wave(out.stems[new]).samples).max() > 0.01
    back = bench.edit(out, {"op": "remove", "stems": [new]}).piece
    assert np.array_equal(bench.samples(back), bench.samples(piece))


def test_bars_written_anew_change_nothing_before_or_long_after(bench, piece):
    out = bench.edit(piece, {"op": "regenerate", "start_bar": 2, "end_bar": 2, "prompt": "busier"})
    start, end = out.details[0]["span_s"]
    assert (start, end) == (2.0, 4.0)
    first, last = out.details[0]["changed_s"]
    assert start - 0.1 <= first
    assert end - 1 < last <= end + 2.1
    assert sums(bench, out.piece)
    before, after = bench.samples(piece), bench.samples(out.piece)
    assert np.array_equal(after[:, : round(1.9 * RATE)], before[:, : round(1.9 * RATE)])
    assert np.array_equal(after[:, round(6.1 * RATE) :], before[:, round(6.1 * RATE) :])
    assert not np.array_equal(after, before)


def test_transposing_moves_notes_and_leaves_the_drums(bench, piece):
    out = bench.edit(piece, {"op": "transpose", "key": "E minor"}).piece
    assert out.score.key == "E minor"
    assert "drums" in same_blobs(piece, out)
    assert out.clip.frames == piece.clip.frames
    old, new = (bench.store.score(p.score).part("bass").notes for p in (piece, out))
    assert [b.pitch - a.pitch for a, b in zip(old, new, strict=True)] == [2] * len(old)


def test_tempo_is_exact_and_keeps_the_loudness_and_the_fades(bench, piece):
    out = bench.edit(piece, {"op": "fade", "out_s": 2.0}, {"op": "tempo", "bpm": 150}).piece
    assert out.score.bpm == 150
    assert out.mix["lufs"] == pytest.approx(piece.mix["lufs"], abs=1.0)
    assert bench.store.score(out.score).clock().seconds(24) == pytest.approx(24 * 60 / 150, rel=0.05)
    assert not bench.samples(out)[:, -1].any()
    assert sums(bench, out)


def test_longer_keeps_the_length_asked_for(bench, piece):
    out = bench.edit(piece, {"op": "extend", "duration_s": 24}).piece
    assert out.clip.frames == 24 * RATE
    assert out.score.bars > piece.score.bars
    assert sums(bench, out)


def test_another_style_keeps_the_key(bench, piece):
    out = bench.edit(piece, {"op": "restyle", "prompt": "bossa nova"}).piece
    assert out.score.genre == "bossa_nova"
    assert out.score.key == "D minor"
    assert sums(bench, out)


def test_a_part_that_comes_after_an_effect_goes_through_it_too(bench, piece):
    plain = bench.edit(piece, {"op": "replace", "stem": "bass", "instrument": "tuba"}).piece
    dark = bench.edit(
        piece, {"op": "effect", "description": "much darker"}, {"op": "replace", "stem": "bass", "instrument": "tuba"}
    )

    def treble(p):
        [name] = {n for n in p.stems if n not in piece.stems} or {"bass"}
        power = np.abs(np.fft.rfft(bench.store.wave(p.stems[name]).samples[0])) ** 2
        hertz = np.fft.rfftfreq(p.clip.frames, 1 / RATE)
        return 10 * np.log10(power[(hertz > 4000) & (hertz < 8000)].sum() / power[hertz < 500].sum())

    assert treble(dark.piece) < treble(plain) - 3


def test_a_part_composed_for_a_recording_is_in_its_tempo(bench):
    song = bench.add(recording(12.0))
    out = bench.edit(song, {"op": "add", "instrument": "cello"})
    assert out.details[0]["bpm"] == pytest.approx(120, abs=1)
    assert any("composed over the chords" in note for note in bench.notes)
    added = bench.samples(out.piece) - bench.samples(song)
    assert 0.005 < np.abs(added).max() < 1
    assert out.piece.clip.frames == song.clip.frames


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ({"op": "regenerate", "start_bar": 5, "end_bar": 99}, "bars"),
        ({"op": "replace", "stem": "bass", "instrument": "blorp"}, "blorp"),
        ({"op": "replace", "stem": "sitar", "instrument": "piano"}, "sitar"),
        ({"op": "add", "instrument": "blorp"}, "blorp"),
        ({"op": "tempo", "bpm": 399}, "Tempo|tempo|fast"),
    ],
)
def test_bad_requests_are_clear(bench, piece, operation, words):
    if operation["op"] == "tempo":
        piece = bench.edit(piece, {"op": "tempo", "ratio": 3}).piece
        operation = {"op": "tempo", "ratio": 4}
    with pytest.raises(SegueError, match=words) as caught:
        bench.edit(piece, operation)
    assert caught.value.hint


def test_end_before_start_is_refused_before_anything_runs(bench, piece):
    with pytest.raises(ValueError, match="before start_bar"):
        bench.edit(piece, {"op": "regenerate", "start_bar": 5, "end_bar": 2})
    with pytest.raises(InvalidArgument):
        bench.edit(piece, {"op": "trim", "start_s": 3, "end_s": 2})
