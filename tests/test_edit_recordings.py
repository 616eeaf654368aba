"""The embedded editor on recordings: what was asked happens, everything else keeps its samples."""

import threading
from pathlib import Path

import numpy as np
import pytest

from segue.tools.core.audio import Waveform, quantised
from segue.tools.core.errors import Cancelled, CannotDo, InvalidArgument, NotFound
from segue.tools.core.piece import Piece
from segue.tools.core.store import new_id
from tests.edit_support import RATE, open_bench, recording, tones


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = open_bench(tmp_path_factory.mktemp("home"))
    yield bench
    bench.store.close()


@pytest.fixture(scope="module")
def house(bench):
    """A real recording: the mono mp3 at 11 kHz that pygame brings, whose header claims 87 frames too many."""
    import pygame

    path = Path(pygame.__file__).parent / "examples" / "data" / "house_lo.mp3"
    return bench.store.save(Piece(id=new_id(), title="House", clip=bench.store.add_recording(path)))


@pytest.fixture(scope="module")
def song(bench):
    return bench.add(recording(8.0))


def test_remove_and_isolate_sum_to_the_original(bench, song):
    for stem in ("drums", "harmonic"):
        rest = bench.edit(song, {"op": "remove", "stems": [stem]})
        alone = bench.edit(song, {"op": "isolate", "stems": [stem]})
        back = bench.samples(rest.piece).astype(np.float64) + bench.samples(alone.piece)
        error = np.sum((back - bench.samples(song)) ** 2) / np.sum(bench.samples(song) ** 2)
        assert 10 * np.log10(error + 1e-30) < -100
        assert rest.details[0]["residual_db"] < -60
        assert rest.piece.clip.frames == song.clip.frames
        assert (rest.piece.title, alone.piece.title) == (f"Song – without {stem}", f"Song – {stem} only")
        assert rest.piece.parents == [song.id]


def test_previews_are_labelled_with_their_bleed_and_honest_stems_are_not(bench, song):
    out = bench.edit(song, {"op": "isolate", "stems": ["drums"]})
    assert out.details[0]["preview"]
    assert isinstance(out.details[0]["bleed_db"], float)
    assert len(bench.notes) == 1
    assert "preview" in bench.notes[0]
    assert "segue-music[demucs]" in bench.notes[0]
    bench.edit(song, {"op": "isolate", "stems": ["percussive"]})
    assert bench.notes == []


def test_a_stem_gets_louder_by_its_own_share(bench, song):
    alone = bench.samples(bench.edit(song, {"op": "isolate", "stems": ["harmonic"]}).piece)
    louder = bench.samples(bench.edit(song, {"op": "gain", "stem": "harmonic", "db": -6}).piece)
    expected = bench.samples(song) + (10 ** (-6 / 20) - 1) * alone
    assert np.abs(louder - expected).max() < 1e-6


def test_trim_is_a_copy(bench, song):
    out = bench.edit(song, {"op": "trim", "start_s": 1.5, "end_s": -2})
    assert np.array_equal(bench.samples(out.piece), bench.samples(song)[:, round(1.5 * RATE) : 6 * RATE])
    assert bench.notes == []


def test_concat_keeps_both_and_adds_their_lengths(bench, song):
    other = bench.add(recording(3.0), "Other")
    out = bench.edit(song, {"op": "concat", "clips": [{"id": other.id}]})
    samples = bench.samples(out.piece)
    edge = round(0.006 * RATE)
    assert samples.shape[1] == 11 * RATE
    assert np.array_equal(samples[:, : 8 * RATE - edge], bench.samples(song)[:, :-edge])
    assert np.array_equal(samples[:, 8 * RATE + edge :], bench.samples(other)[:, edge:])
    assert out.piece.parents == [song.id, other.id]


def test_concat_matches_rate_and_channels_and_says_what_changes(bench, song):
    other = bench.add(Waveform((tones(2.0, rate=22_050) * 0.02)[None], 22_050), "Radio")
    out = bench.edit(song, {"op": "concat", "clips": [{"id": other.id}]})
    assert (out.piece.clip.sample_rate, out.piece.clip.channels) == (RATE, 2)
    assert out.piece.duration_s == pytest.approx(10.0, abs=0.001)
    assert any("22050" in note for note in bench.notes)
    assert any("softer" in note for note in bench.notes)


def test_mix_sums_to_the_longest_and_lowers_only_with_a_word(bench, song):
    other = bench.add(Waveform(quantised(np.stack([tones(10.0, (700,), 0.1)] * 2)), RATE))
    out = bench.edit(song, {"op": "mix", "clips": [{"id": other.id}], "gains_db": [0, -6]})
    expected = bench.samples(other) * 10 ** (-6 / 20)
    expected[:, : 8 * RATE] += bench.samples(song)
    assert np.abs(bench.samples(out.piece) - expected).max() < 1e-6
    assert bench.notes == []
    bench.edit(song, {"op": "mix", "clips": [{"id": song.id}, {"id": song.id}]})
    assert "lowered" in bench.notes[0]


def test_fade_touches_only_its_span(bench, song):
    samples = bench.samples(bench.edit(song, {"op": "fade", "in_s": 1.0, "out_s": 2.0}).piece)
    assert np.array_equal(samples[:, RATE : 6 * RATE], bench.samples(song)[:, RATE : 6 * RATE])
    assert not samples[:, 0].any()
    assert not samples[:, -1].any()


def test_reverse_twice_is_the_same_clip_again(bench, song):
    out = bench.edit(song, {"op": "reverse"}, {"op": "reverse"})
    assert np.array_equal(bench.samples(out.piece), bench.samples(song))


def test_gain_never_clips_silently(bench, song):
    out = bench.edit(song, {"op": "gain", "db": 24})
    assert np.abs(bench.samples(out.piece)).max() <= 1.0
    assert out.details[0]["gain_db"] < 24
    assert "fit" in bench.notes[0]
    assert bench.edit(song, {"op": "gain", "db": -6}).details[0]["gain_db"] == -6


def test_loops_extensions_and_lengths(bench, song):
    looped = bench.edit(song, {"op": "loop", "times": 3}).piece
    assert looped.duration_s == pytest.approx(24, abs=4.1)  # whole bars repeat; a heard last bar may be left to the end
    extended = bench.edit(song, {"op": "extend", "duration_s": 20.5})
    assert extended.piece.clip.frames == round(20.5 * RATE)
    assert "own material" in bench.notes[0]
    assert len(extended.details[0]["jumps_s"]) >= 2
    shorter = bench.edit(song, {"op": "extend", "duration_s": 5})
    assert shorter.piece.clip.frames == 5 * RATE
    assert "shorter" in bench.notes[0]


def test_tempo_by_bpm_uses_and_states_the_measured_tempo(bench, song):
    out = bench.edit(song, {"op": "tempo", "bpm": 100})
    assert out.details[0]["bpm_before"] == pytest.approx(120, abs=0.5)
    assert out.piece.duration_s == pytest.approx(8 * 1.2, rel=0.005)
    assert "bpm" in bench.notes[0]
    assert bench.edit(song, {"op": "tempo", "ratio": 1.25}).piece.clip.frames == round(8 * RATE / 1.25)


def test_transpose_by_key_takes_the_shortest_way_from_the_measured_key(bench):
    chord = Waveform(quantised(np.stack([tones(8.0, (220, 261.63, 329.63, 440), 0.1)] * 2)), RATE)
    out = bench.edit(bench.add(chord), {"op": "transpose", "key": "B minor"})
    assert out.details[0]["key_before"] == "A minor"
    assert out.details[0]["semitones"] == 2
    assert out.piece.clip.frames == 8 * RATE


def test_loudness_and_effects_state_what_they_did(bench, song):
    out = bench.edit(song, {"op": "loudness", "lufs": -16}, {"op": "effect", "description": "a bit warmer, small room"})
    loudness, effect = out.details
    assert loudness["lufs_after"] == pytest.approx(-16, abs=0.3)
    assert loudness["true_peak_db"] <= -1.0
    assert [stage["stage"] for stage in effect["stages"]] == ["low_shelf", "high_shelf", "reverb"]
    assert effect["loudness_after"] == pytest.approx(-16, abs=0.3)
    assert out.piece.title == "Song – at -16 LUFS, a bit warmer, small room"


def test_the_new_piece_knows_how_it_was_made(bench, song):
    made = bench.edit(song, {"op": "trim", "end_s": 4}).piece
    again = bench.edit(made, {"op": "reverse"}).piece
    assert again.parents == [made.id]
    assert again.made_by.tool == "edit"
    assert again.title == "Song – backwards"
    assert bench.store.piece(song.id, "local") == song


@pytest.mark.parametrize(
    ("operation", "error", "words"),
    [
        ({"op": "remove", "stems": ["guitar"]}, CannotDo, "demucs"),
        ({"op": "remove", "stems": ["kazoo"]}, NotFound, "percussive"),
        ({"op": "trim", "start_s": 5, "end_s": 3}, InvalidArgument, "not after"),
        ({"op": "trim", "start_s": 9}, InvalidArgument, "outside"),
        ({"op": "fade", "in_s": 99}, InvalidArgument, "longer"),
        ({"op": "fade"}, InvalidArgument, "no length"),
        ({"op": "replace", "stem": "bass", "instrument": "tuba"}, CannotDo, "recording"),
        ({"op": "regenerate", "start_bar": 1, "end_bar": 2}, CannotDo, "recording"),
        ({"op": "restyle", "prompt": "nicer"}, CannotDo, "no style"),
        ({"op": "effect", "description": "blorptastic"}, CannotDo, "I know"),
        ({"op": "concat", "clips": [{"id": "p_nothing"}]}, NotFound, "p_nothing"),
        ({"op": "transpose", "key": "Q major"}, InvalidArgument, "key"),
    ],
)
def test_bad_requests_are_clear(bench, song, operation, error, words):
    with pytest.raises(error, match=words) as caught:
        bench.edit(song, operation)
    assert caught.value.hint


def test_ten_milliseconds(bench):
    blip = bench.add(Waveform(tones(0.01)[None], RATE), "Blip")
    for operation in (
        {"op": "reverse"},
        {"op": "loop", "times": 3},
        {"op": "gain", "db": -3},
        {"op": "trim", "end_s": 0.005},
    ):
        assert bench.edit(blip, operation).piece.clip.frames > 0
    for operation in (
        {"op": "remove", "stems": ["drums"]}, {"op": "tempo", "ratio": 1.1}, {"op": "transpose", "semitones": 2},
        {"op": "fade", "in_s": 1}, {"op": "extend", "duration_s": 10},
    ):  # fmt: skip
        with pytest.raises(InvalidArgument):
            bench.edit(blip, operation)
    with pytest.raises(CannotDo, match="too short"):
        bench.edit(blip, {"op": "loudness", "lufs": -14})


def test_it_stops_when_told_to(bench, song):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        bench.edit(song, {"op": "remove", "stems": ["drums"]}, stop=stop)


def test_a_real_mp3_is_read_to_its_end_and_no_further(bench, house):
    assert house.clip.frames == 80_064
    assert np.abs(bench.samples(house)).max() < 1.0


@pytest.mark.parametrize(
    ("operation", "frames"),
    [
        ({"op": "remove", "stems": ["drums"]}, 80_064),
        ({"op": "trim", "start_s": 1, "end_s": 3}, 2 * 11_025),
        ({"op": "tempo", "ratio": 0.9}, round(80_064 / 0.9)),
        ({"op": "transpose", "semitones": -3}, 80_064),
        ({"op": "extend", "duration_s": 15}, 15 * 11_025),
        ({"op": "effect", "description": "telephone, big hall"}, 80_064),
        ({"op": "loudness", "lufs": -16}, 80_064),
        ({"op": "add", "instrument": "rhodes"}, 80_064),
    ],
)
def test_rate_channels_and_length_of_a_real_recording_are_kept(bench, house, operation, frames):
    out = bench.edit(house, operation).piece
    assert (out.clip.sample_rate, out.clip.channels, out.clip.frames) == (11_025, 1, frames)
    samples = bench.samples(out)
    assert np.isfinite(samples).all()
    assert 0.02 < np.abs(samples).max() <= 1.0
