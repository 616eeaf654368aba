"""Rendering: exact sums, reuse, lengths, loops, loudness, cancelling."""

import numpy as np
import pytest

from segue.tools.core.audio import Waveform, quantised
from segue.tools.core.errors import Cancelled, InvalidArgument, NotFound
from segue.tools.core.score import Note, Part, Score, TempoMark
from segue.tools.core.settings import Settings
from segue.tools.music.render import Rendered, remix, render
from segue.tools.music.render_parts import part_events
from segue.tools.sound.loudness import integrated_lufs, true_peak_db
from tests.render_support import make_score, make_settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return make_settings(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def rendered(settings) -> Rendered:
    return render(make_score(), settings)


def total(stems):
    return np.sum([stem.samples for stem in stems.values()], axis=0, dtype=np.float64)


def test_stems_sum_to_the_mix_sample_for_sample(rendered):
    assert list(rendered.stems) == ["drums", "bass", "piano", "flute"]
    assert np.array_equal(total(rendered.stems), rendered.mix.samples.astype(np.float64))
    for stem in rendered.stems.values():
        assert stem.samples.shape == rendered.mix.samples.shape
        assert np.array_equal(quantised(stem.samples), stem.samples)


def test_loudness_and_true_peak(rendered):
    assert integrated_lufs(rendered.mix) == pytest.approx(-14.0, abs=0.1)
    assert true_peak_db(rendered.mix) <= -1.0
    assert rendered.meta["lufs"] == pytest.approx(integrated_lufs(rendered.mix), abs=0.1)


def test_every_part_is_heard(rendered):
    for name, stem in rendered.stems.items():
        assert integrated_lufs(stem) > -36, name


def test_rings_out_and_ends_silently(rendered):
    rate = rendered.mix.sample_rate
    assert rendered.mix.duration_s >= 8 + 1.5
    peak = np.abs(rendered.mix.samples).max()
    assert np.abs(rendered.mix.samples[:, -32:]).max() < peak * 1e-3
    assert np.abs(rendered.mix.samples[:, int(8.1 * rate) : int(8.3 * rate)]).max() > peak * 1e-3


def test_same_score_same_samples(rendered, settings):
    again = render(make_score(), settings)
    assert np.array_equal(again.mix.samples, rendered.mix.samples)


def test_a_stem_does_not_depend_on_other_parts(rendered, settings):
    score = make_score()
    alone = score.model_copy(update={"parts": [part for part in score.parts if part.name == "bass"]})
    other = render(alone, settings, reuse={}, mix=rendered.meta)
    frames = min(other.mix.frames, rendered.mix.frames) - 15_000  # the fade-out lies elsewhere
    assert np.array_equal(other.stems["bass"].samples[:, :frames], rendered.stems["bass"].samples[:, :frames])


def test_replacing_a_part_leaves_the_others_bit_identical(rendered, settings):
    score = make_score()
    flute = score.parts[3].model_copy(update={"program": 56, "instrument": "trumpet"})
    changed = score.model_copy(update={"parts": [*score.parts[:3], flute]})
    kept = {name: stem for name, stem in rendered.stems.items() if name != "flute"}
    out = render(changed, settings, reuse=kept, mix=rendered.meta)
    for name in kept:
        assert np.array_equal(out.stems[name].samples, rendered.stems[name].samples)
    assert not np.array_equal(out.stems["flute"].samples, rendered.stems["flute"].samples)
    assert out.mix.frames == rendered.mix.frames
    assert np.array_equal(total(out.stems), out.mix.samples.astype(np.float64))
    assert out.meta["curve"] == rendered.meta["curve"]


def test_rendering_again_with_the_stored_master_gives_the_same_stem(rendered, settings):
    kept = {name: stem for name, stem in rendered.stems.items() if name != "flute"}
    out = render(make_score(), settings, reuse=kept, mix=rendered.meta)
    assert np.array_equal(out.stems["flute"].samples, rendered.stems["flute"].samples)


def test_removing_a_part_is_the_exact_sum_of_the_rest(rendered):
    kept = {name: stem for name, stem in rendered.stems.items() if name != "drums"}
    out = remix(kept, rendered.meta)
    assert np.array_equal(out.mix.samples.astype(np.float64), total(kept))
    assert all(np.array_equal(out.stems[name].samples, kept[name].samples) for name in kept)
    assert out.meta["note"] == ""
    assert out.meta["lufs"] < -14


def test_a_sum_over_the_ceiling_is_lowered_as_a_whole_and_said(rendered):
    doubled = {**rendered.stems, "again": rendered.stems["drums"]}
    out = remix(doubled, rendered.meta)
    assert true_peak_db(out.mix) <= -1.0
    assert "lowered by" in out.meta["note"]
    assert out.meta["gain_db"] < rendered.meta["gain_db"]
    assert np.array_equal(total(out.stems), out.mix.samples.astype(np.float64))


@pytest.mark.parametrize("seconds", [5.0, 8.0, 9.25, 14.0])
def test_exact_duration(settings, seconds):
    out = render(make_score(), settings, duration_s=seconds)
    assert out.mix.frames == round(seconds * 44_100)
    assert np.abs(out.mix.samples[:, -16:]).max() < 1e-3
    assert np.array_equal(total(out.stems), out.mix.samples.astype(np.float64))


def test_loop_is_exact_bars_without_a_seam(settings):
    score = make_score(bars=2, bpm=93)
    out = render(score, settings, loop=True)
    assert out.mix.frames == round(8 * 60 / 93 * 44_100)
    twice = np.concatenate([out.mix.samples, out.mix.samples], axis=1)
    jumps = np.abs(np.diff(twice, axis=1)).max(axis=0)
    seam = jumps[out.mix.frames - 1]
    assert seam <= np.quantile(jumps, 0.999)
    # The tail of the last beat sounds at the start of the loop.
    assert np.abs(out.stems["flute"].samples[:, :200]).max() > 0


def test_tempo_map_and_shift_place_notes():
    score = Score(tempo=[TempoMark(bpm=120), TempoMark(beat=4, bpm=60)], bars=2)
    part = Part(
        name="a", notes=[Note(start=2, duration=1, pitch=60), Note(start=6, duration=1, pitch=60, shift_s=0.01)]
    )
    on = [event.on / 44_100 for event in part_events(part, score.clock(), 44_100)]
    assert on == pytest.approx([1.0, 4.01], abs=1e-4)


def test_overlapping_equal_pitches_do_not_cut_the_later_note():
    part = Part(
        name="a",
        notes=[
            Note(start=0, duration=3, pitch=60),
            Note(start=1, duration=1, pitch=60),
            Note(start=1, duration=2, pitch=60),
        ],
    )
    events = part_events(part, Score().clock(), 44_100)
    assert [(event.on, event.off) for event in events] == [(0, 22_050), (22_050, 66_150)]


def test_cancel_stops_quickly(settings):
    calls = []

    def stop(done, of, label):
        calls.append(done)
        if len(calls) == 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        render(make_score(bars=64), settings, progress=stop)


def test_reuse_needs_the_mix(rendered, settings):
    with pytest.raises(InvalidArgument):
        render(make_score(), settings, reuse=rendered.stems)


def test_stems_of_unequal_length_are_refused(rendered):
    short = Waveform(rendered.stems["bass"].samples[:, :1000], 44_100)
    with pytest.raises(InvalidArgument):
        remix({**rendered.stems, "bass": short}, rendered.meta)


def test_score_without_notes_is_silence(settings):
    out = render(Score(bars=1, parts=[Part(name="a")]), settings)
    assert not np.any(out.mix.samples)
    assert render(Score(bars=1), settings).meta["note"]


def test_missing_soundfont_is_named(tmp_path):
    with pytest.raises(NotFound, match=r"nowhere\.sf2"):
        render(make_score(bars=1), Settings(home=tmp_path, soundfont=tmp_path / "nowhere.sf2"))


def test_other_sample_rate(settings):
    out = render(make_score(bars=1), settings, sample_rate=48_000)
    assert out.mix.sample_rate == 48_000
    assert integrated_lufs(out.mix) == pytest.approx(-14, abs=0.3)


def test_bass_is_mono(rendered):
    from scipy.signal import butter, sosfilt

    side = rendered.mix.samples[0] - rendered.mix.samples[1]
    middle = rendered.mix.samples[0] + rendered.mix.samples[1]
    low = butter(4, 80, fs=44_100, output="sos")
    assert np.std(sosfilt(low, side)) < 0.05 * np.std(sosfilt(low, middle))


@pytest.mark.parametrize("loop", [False, True])
def test_the_shortest_durations(settings, loop):
    out = render(Score(bars=1, tempo=[TempoMark(bpm=900)], meter="1/16", parts=make_score(1).parts), settings,
                 duration_s=0.01, loop=loop)  # fmt: skip
    assert out.mix.frames == (735 if loop else 441)
