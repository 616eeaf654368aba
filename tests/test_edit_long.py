"""Long recordings in blocks: the same as in memory, whatever the blocks are."""

import numpy as np
import pytest

from segue.tools.backends import edit_long
from segue.tools.core.audio import Waveform, quantised
from segue.tools.core.errors import Cancelled, CannotDo, InvalidArgument
from segue.tools.sound import blocks, blocks_stretch
from tests.edit_support import RATE, open_bench, recording


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_S", 2)
    monkeypatch.setattr(blocks_stretch, "PIECE_S", 2.0)
    return open_bench(tmp_path)


@pytest.fixture
def long(monkeypatch):
    """A switch: from now on every recording counts as long."""
    return lambda on=True: monkeypatch.setattr(edit_long, "LONG_SAMPLES", 1 if on else 10**12)


@pytest.fixture
def both(bench, long):
    def edit(wave, *operations):
        piece = bench.add(wave)
        long(False)
        whole = bench.edit(piece, *operations)
        long()
        return bench, whole, bench.edit(piece, *operations)

    return edit


@pytest.mark.parametrize(
    ("operations", "tolerance"),
    [
        ([{"op": "trim", "start_s": 1.234, "end_s": -0.5}], 0),
        ([{"op": "reverse"}], 0),
        ([{"op": "gain", "db": -7.5}], 1.5 / 2**23),
        ([{"op": "fade", "in_s": 3, "out_s": 4}], 2e-4),
        ([{"op": "remove", "stems": ["drums"]}], 2e-6),
        ([{"op": "isolate", "stems": ["percussive"]}], 2e-6),
        ([{"op": "isolate", "stems": ["sides"]}], 2e-6),
        ([{"op": "remove", "stems": ["centre"], "start_s": 1}], 2e-6),
        ([{"op": "remove", "stems": ["low"]}], 2e-6),
        ([{"op": "isolate", "stems": ["low", "percussive", "centre"]}], 4e-6),
        ([{"op": "gain", "stem": "low", "db": -6}], 2e-6),
        ([{"op": "loudness", "lufs": -30}], 1e-3),
        ([{"op": "effect", "description": "warmer"}], 1e-3),
        ([{"op": "effect", "description": "a big hall"}], 1e-3),
        ([{"op": "effect", "description": "a dub echo"}], 1e-3),
        ([{"op": "effect", "description": "punchier"}], 1e-3),
        ([{"op": "effect", "description": "compressed, wider"}], 1e-3),
        ([{"op": "effect", "description": "chorus"}], 1e-3),
        ([{"op": "effect", "description": "tremolo"}], 1e-3),
        ([{"op": "gain", "db": -9, "start_s": 1.5, "end_s": 4.25}], 1.5 / 2**23),
        ([{"op": "reverse", "start_s": 1.5, "end_s": -1}], 0),
        ([{"op": "remove", "stems": ["drums"], "start_s": 2.5}], 2e-6),
        ([{"op": "effect", "description": "telephone", "start_s": 1, "end_s": 6}], 1e-3),
        ([{"op": "trim", "start_s": 1}, {"op": "reverse"}, {"op": "gain", "db": -3}], 1.5 / 2**23),
        ([{"op": "gain", "stem": "drums", "db": -6}], 2e-6),
        ([{"op": "effect", "description": "a big hall", "stem": "drums"}], 1e-3),
        ([{"op": "loop", "times": 3}], 1e-6),
        ([{"op": "loop", "times": 3, "seamless": True}], 1e-6),
        ([{"op": "loop", "times": 2, "start_bar": 2}], 1e-6),
    ],
)  # fmt: skip
def test_blocks_give_what_the_whole_gives(both, operations, tolerance):
    bench, whole, parts = both(recording(7.3), *operations)
    assert parts.details[0]["in_blocks"]
    assert parts.piece.title == whole.piece.title
    a, b = bench.samples(whole.piece), bench.samples(parts.piece)
    assert a.shape == b.shape
    assert np.abs(a - b).max() <= tolerance


@pytest.mark.parametrize(
    ("operation", "tolerance"),
    [
        ({"op": "concat"}, 1e-6),
        ({"op": "concat", "crossfade_s": 1.0}, 1e-6),
        ({"op": "mix"}, 1e-6),
        ({"op": "mix", "gains_db": [-3, -6]}, 1e-6),
        ({"op": "mix", "even": True, "gains_db": [-6, -9]}, 1e-3),
        ({"op": "compare", "turn_s": 1.5}, 1e-3),
    ],
)  # fmt: skip
def test_other_pieces_come_in_block_by_block(both, bench, operation, tolerance):
    narrow = Waveform(quantised(0.4 * recording(5.1).samples[:1]), RATE)
    other = {"id": bench.add(narrow).id}
    named = {"with_clip": other} if operation["op"] == "compare" else {"clips": [other]}
    _, whole, parts = both(recording(7.3), operation | named)
    assert parts.details[0]["in_blocks"]
    assert parts.piece.title == whole.piece.title
    assert parts.piece.parents == whole.piece.parents
    a, b = bench.samples(whole.piece), bench.samples(parts.piece)
    assert a.shape == b.shape
    assert np.abs(a - b).max() <= tolerance
    kept = {name: value for name, value in parts.details[0].items() if name != "in_blocks"}
    assert set(kept) == set(whole.details[0])


@pytest.mark.parametrize("operation", [{"op": "tempo", "ratio": 1.25}, {"op": "transpose", "semitones": 3}])
def test_stretching_in_pieces_keeps_the_length_and_does_not_click(both, operation):
    bench, whole, parts = both(recording(7.0), operation)
    a, b = bench.samples(whole.piece), bench.samples(parts.piece)
    assert a.shape == b.shape
    assert np.abs(np.diff(b)).max() < 1.3 * np.abs(np.diff(a)).max()
    assert np.sqrt((b**2).mean()) == pytest.approx(np.sqrt((a**2).mean()), rel=0.03)


def test_a_limiter_in_blocks_keeps_the_true_peak(both):
    bench, whole, parts = both(recording(7.0), {"op": "loudness", "lufs": -9})
    for out in (whole, parts):
        assert out.details[0]["limited_db"] < 0
    from segue.tools.sound.dynamics import loudness_lufs
    from segue.tools.sound.loudness import true_peak_db

    a, b = (bench.store.wave(out.piece.clip) for out in (whole, parts))
    assert true_peak_db(b) <= -0.9
    assert loudness_lufs(b) == pytest.approx(loudness_lufs(a), abs=0.4)


def test_mono_and_odd_rates(bench, long):
    long()
    wave = Waveform(quantised(recording(3.0, rate=22_050).samples[:1]), 22_050)
    out = bench.edit(
        bench.add(wave), {"op": "effect", "description": "warmer, a small room"}, {"op": "fade", "out_s": 1}
    )
    assert (out.piece.clip.sample_rate, out.piece.clip.channels, out.piece.clip.frames) == (22_050, 1, wave.frames)


def test_what_cannot_be_done_in_blocks_is_done_in_memory(bench, long):
    long()
    piece = bench.add(recording(3.0))
    assert "in_blocks" not in bench.edit(piece, {"op": "fade", "in_s": 1}, {"op": "extend", "duration_s": 2}).details[0]
    with pytest.raises(InvalidArgument, match="not after"):
        bench.edit(piece, {"op": "trim", "start_s": 2, "end_s": 1})
    with pytest.raises(CannotDo, match="silent"):
        bench.edit(bench.add(Waveform(np.zeros((2, 3 * RATE), np.float32), RATE)), {"op": "loudness", "lufs": -14})


def test_it_stops_when_told_to(bench, long):
    import threading

    long()
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        bench.edit(bench.add(recording(3.0)), {"op": "remove", "stems": ["drums"]}, stop=stop)


def test_what_is_silent_is_not_brought_to_a_loudness(bench, long):
    long()
    silence = bench.add(Waveform(np.zeros((2, 3 * RATE), np.float32), RATE), "Nothing")
    out = bench.edit(bench.add(recording(4.0)), {"op": "mix", "clips": [{"id": silence.id}], "even": True})
    assert out.details[0]["evened_db"] == [0.0]
    assert any("'Nothing' was left as it is" in note for note in bench.notes)


def test_a_loudness_that_is_not_reached_is_not_in_the_name(both):
    peaks = recording(5.0)
    quiet = Waveform((peaks.samples * 0.02).astype(np.float32), RATE)
    quiet.samples[:, ::RATE] = 0.9
    bench, whole, parts = both(quiet, {"op": "loudness", "lufs": -6})
    for out in (whole, parts):
        assert f"at {out.details[0]['lufs_after']:.1f} LUFS" in out.piece.title
        assert "at -6 LUFS" not in out.piece.title
    assert sum(note.startswith("It reaches") for note in bench.notes) >= 1
