"""Stretching, splicing, levels and effects, by measurement."""

import numpy as np
import pytest

from segue.evals import edit_stretch
from segue.tools.core.audio import Waveform
from segue.tools.core.errors import Cancelled, InvalidArgument
from segue.tools.sound import dynamics, effects, effects_words, formants, splice, stretch, stretch_worker
from segue.tools.sound.loudness import true_peak_db
from tests.edit_support import RATE, clicks, recording, tones


def level_db(wave: Waveform, low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(wave.samples[0])) ** 2
    hertz = np.fft.rfftfreq(wave.frames, 1 / wave.sample_rate)
    return float(10 * np.log10(power[(hertz >= low) & (hertz < high)].mean() + 1e-12))


def noise(seconds: float = 4.0, level: float = 0.1) -> Waveform:
    """Pink, as music is: white noise would weigh the treble too much."""
    frames = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(size=(2, frames)))
    samples = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(spectrum.shape[1]), 20)), frames)
    return Waveform((samples * level / samples.std()).astype(np.float32), RATE)


# -- stretching --------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [0.5, 0.8, 1.1, 2.0])
def test_tempo_changes_by_exactly_the_ratio_and_pitch_does_not(ratio):
    wave = Waveform(tones(4.0, (440,), 0.5)[None], RATE)
    out = stretch.change(wave, ratio)
    assert out.frames == round(wave.frames / ratio)
    assert peak_hertz(out) == pytest.approx(440, abs=1.0)


def test_clicks_land_where_the_new_tempo_puts_them():
    out = stretch.change(Waveform(clicks(6.0, 1.0)[None], RATE), 1.25).samples[0]
    for beat in (1, 2, 3, 4):
        expected = round(beat * RATE / 1.25)
        window = out[expected - 4000 : expected + 6000] ** 2
        centre = float(np.sum(window * np.arange(len(window))) / window.sum()) - 4000
        assert abs(centre / RATE) < 0.012


@pytest.mark.parametrize("semitones", [-5, 0.5, 3, 12])
def test_pitch_moves_by_cents_and_length_stays(semitones):
    wave = Waveform(tones(4.0, (440,), 0.5)[None], RATE)
    out = stretch.change(wave, 1.0, semitones)
    assert out.frames == wave.frames
    assert abs(1200 * np.log2(peak_hertz(out) / (440 * 2 ** (semitones / 12)))) < 5


def test_a_voice_moved_up_keeps_its_formants():
    sung = Waveform(edit_stretch.vowel(2.0), RATE)
    truth = edit_stretch.vowel(2.0, 150 * 2 ** (5 / 12))
    kept, moved = (stretch.change(sung, 1.0, 5.0, formants=keep).samples for keep in (True, False))
    off = [edit_stretch.formants_off_db(sound, truth) for sound in (kept, moved)]
    assert off[0] < 0.75 * off[1]
    assert np.sqrt((kept**2).mean()) == pytest.approx(np.sqrt((moved**2).mean()), rel=0.1)


def test_keeping_formants_where_nothing_moved_changes_nothing():
    sound = np.stack([tones(1.0) + clicks(1.0), clicks(1.0)])
    np.testing.assert_allclose(formants.moved(sound, 1.0, RATE), sound, atol=2e-6)


def test_long_sounds_go_to_a_child_process_and_give_the_same():
    wave = recording(12.0)
    assert wave.samples.size > stretch._INLINE_SAMPLES
    inline = stretch_worker.stretched(wave.samples, RATE, 1.1)
    assert np.array_equal(stretch.change(wave, 1.1).samples, inline[:, : round(wave.frames / 1.1)])


def test_a_child_process_is_stopped():
    def stop() -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        stretch.change(recording(12.0), 1.1, check=stop)


def test_stretching_refuses_what_it_cannot_do():
    with pytest.raises(InvalidArgument, match="10 ms"):
        stretch.change(Waveform(np.zeros((1, 441), np.float32), RATE), 1.1)
    with pytest.raises(InvalidArgument, match="beyond"):
        stretch.change(recording(1.0), 9.0)


def peak_hertz(wave: Waveform) -> float:
    middle = wave.samples[0, wave.frames // 4 : -wave.frames // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 8 * len(middle)))
    return float(np.argmax(spectrum) * wave.sample_rate / (8 * len(middle)))


# -- splicing ----------------------------------------------------------------------------------


def test_spans_count_from_either_end():
    assert splice.span(10 * RATE, RATE, 2, None) == (2 * RATE, 10 * RATE)
    assert splice.span(10 * RATE, RATE, -3, -1) == (7 * RATE, 9 * RATE)
    with pytest.raises(InvalidArgument, match="not after"):
        splice.span(10 * RATE, RATE, 5, 3)
    with pytest.raises(InvalidArgument, match="outside"):
        splice.span(10 * RATE, RATE, 0, 11)
    with pytest.raises(InvalidArgument, match="outside"):
        splice.span(10 * RATE, RATE, -11, None)


def test_a_jump_is_blended_and_nothing_else_changes():
    wave = recording(4.0)
    out = splice.assemble(wave, [splice.Segment(0, 3 * RATE), splice.Segment(RATE, 4 * RATE, 882)]).samples
    assert np.array_equal(out[:, : 3 * RATE], wave.samples[:, : 3 * RATE])
    assert np.array_equal(out[:, 3 * RATE + 882 :], wave.samples[:, RATE + 882 :])
    assert out.shape[1] == 6 * RATE


def test_joins_that_would_click_are_softened_and_others_are_not():
    a = Waveform(tones(1.0, (220,), 0.5)[None, : RATE - 50], RATE)
    b = Waveform(np.cos(2 * np.pi * 220 * np.arange(RATE) / RATE).astype(np.float32)[None] * 0.5, RATE)
    out, softened = splice.join([a, b])
    assert softened == [True]
    assert np.abs(np.diff(out.samples)).max() < 0.03
    assert out.frames == a.frames + b.frames
    fade = round(splice.JOIN_S * RATE)
    assert np.array_equal(out.samples[:, : a.frames - fade], a.samples[:, :-fade])
    assert np.array_equal(out.samples[:, a.frames + fade :], b.samples[:, fade:])
    quiet = Waveform(np.zeros((1, 1000), np.float32), RATE)
    assert splice.join([quiet, Waveform(tones(1.0)[None], RATE)])[1] == [False]


def test_a_seamless_loop_stays_seamless():
    period = Waveform(tones(1.0, (220, 330), 0.2)[None], RATE)
    segments, _ = splice.loop_segments(period, 3)
    assert np.array_equal(splice.assemble(period, segments).samples, np.tile(period.samples, 3))


def test_loops_in_time_where_bars_are_known():
    wave = recording(9.0)
    segments, how = splice.loop_segments(wave, 2, [0.5, 2.5, 4.5, 6.5, 8.5])
    out = splice.assemble(wave, segments)
    assert "4 bars" in how
    assert out.frames == wave.frames + 8 * RATE
    assert np.array_equal(out.samples[:, -RATE // 4 :], wave.samples[:, -RATE // 4 :])


def test_extending_gives_enough_and_jumps_between_bar_lines():
    wave = recording(8.0)
    segments, over = splice.extend_segments(wave, 21 * RATE, [2.0 * k for k in range(4)])
    out = splice.assemble(wave, segments)
    assert out.frames - over == 21 * RATE
    assert 0 <= over < 2 * RATE + 1
    assert all(segment.start % (2 * RATE) == 0 for segment in segments)


def test_fades_touch_only_their_span():
    gain = splice.fade_curve(RATE * 4, RATE, 1.0, 0.5)
    assert gain[0] == 0
    assert gain[-1] == 0
    assert (gain[RATE : -RATE // 2] == 1).all()
    assert gain[RATE // 2] == pytest.approx(np.sqrt(0.5), abs=1e-3)
    with pytest.raises(InvalidArgument, match="longer"):
        splice.fade_curve(RATE, RATE, 2.0, 0)


# -- levels ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lufs", [-30.0, -18.0, -12.0])
def test_loudness_is_reached_under_the_true_peak(lufs):
    wave = Waveform(np.stack([tones(5.0) + clicks(5.0)] * 2), RATE)
    done = dynamics.to_loudness(wave, lufs)
    curve = 1 if done.curve is None else done.curve
    out = Waveform(wave.samples * np.float32(10 ** (done.gain_db / 20)) * curve, RATE)
    assert true_peak_db(out) <= -1.0
    assert true_peak_db(out) == pytest.approx(done.true_peak_db, abs=0.02)
    assert dynamics.loudness_lufs(out) == pytest.approx(lufs, abs=0.3)


def test_full_scale_is_where_24_bits_end():
    assert dynamics.fitting_gain_db(Waveform(np.array([[-1.0, 0.5]], np.float32), RATE)) == 0
    assert dynamics.fitting_gain_db(Waveform(np.array([[1.5, 0.5]], np.float32), RATE)) == pytest.approx(
        -3.53, abs=0.01
    )


# -- effects -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "low", "high", "least", "most"),
    [
        ("brighter", 8000, 16000, 1.5, 6),
        ("a bit brighter", 8000, 16000, 0.7, 3),
        ("darker", 8000, 16000, -8, -1.5),
        ("warmer", 6000, 12000, -6, -1),
        ("less harsh", 3000, 4200, -6, -2),
        ("more bass", 40, 100, 2, 6),
        ("thinner", 40, 100, -8, -3),
        ("telephone", 8000, 16000, -80, -15),
        ("less muddy", 250, 310, -6, -2),
    ],
)
def test_words_move_the_spectrum_the_right_way_and_keep_the_loudness(words, low, high, least, most):
    wave = noise()
    reading = effects_words.read(words)
    out, _, measured = effects.apply(reading.stages, wave)
    assert not reading.unknown
    assert least < level_db(out, low, high) - level_db(wave, low, high) < most
    assert measured["loudness_after"] == pytest.approx(measured["loudness_before"], abs=0.1)
    assert out.samples.shape == wave.samples.shape


def test_a_hall_rings_longer_than_a_small_room():
    click = Waveform(np.zeros((2, 4 * RATE), np.float32), RATE)
    click.samples[:, 1000:1400] = np.random.default_rng(0).normal(size=400) * 0.3
    late = {}
    for words in ("small room", "big hall", "cathedral"):
        out, _, _ = effects.apply(effects_words.read(words).stages, click)
        late[words] = float(np.mean(out.samples[:, RATE : RATE * 3 // 2] ** 2))
    assert late["small room"] * 100 < late["big hall"] < late["cathedral"]


def test_stems_go_through_linear_effects_and_still_sum():
    mix = recording(4.0)
    one = Waveform((mix.samples * 0.3).astype(np.float32), RATE)
    two = Waveform(mix.samples - one.samples, RATE)
    stages = effects_words.read("punchier, warmer, small room, echo, wider, compressed, tremolo").stages
    out, stems, _ = effects.apply(stages, mix, {"one": one, "two": two})
    assert effects.keeps_stems(stages)
    assert np.abs(out.samples - stems["one"].samples - stems["two"].samples).max() < 1e-5
    assert not effects.keeps_stems(effects_words.read("distorted").stages)


def test_louder_and_quieter_change_the_loudness():
    wave = noise(level=0.05)
    for words, sign in (("louder", 1), ("quieter", -1)):
        _, _, measured = effects.apply(effects_words.read(words).stages, wave)
        assert sign * (measured["loudness_after"] - measured["loudness_before"]) == pytest.approx(4, abs=0.3)


def test_punch_raises_attacks_only():
    sound = np.stack([tones(3.0, level=0.03) + clicks(3.0, 1.0, 0.4)] * 2)
    curve = dynamics.spread(dynamics.punch_points(dynamics.levels(sound), RATE, 6.0), 0, sound.shape[1])
    assert curve[RATE - 200 : RATE + 600].max() > 1.6
    assert curve[RATE + RATE // 2 : 2 * RATE - 400].max() < 1.2


def test_reading_guesses_misses_and_says_so():
    reading = effects_words.read("warmr and blorptastic")
    assert reading.guessed == {"warmr": "warmer"}
    assert reading.unknown == ["blorptastic"]
    assert effects_words.read("less reverb").unknown == ["less reverb"]
    assert [s.values["db"] for s in effects_words.read("much warmer").stages] == pytest.approx([4.0, -4.8])
    assert effects_words.read("Can you make it sound a bit warmer, please?").heard == ["warm × 0.5"]


@pytest.mark.parametrize("sound", effects_words.known_sounds())
def test_every_known_sound_can_be_made(sound):
    wave = Waveform(np.stack([tones(0.6) + clicks(0.6)] * 2), RATE)
    out, _, _ = effects.apply(effects_words.read(sound).stages, wave)
    assert np.isfinite(out.samples).all()
    assert not np.array_equal(out.samples, wave.samples) or sound in ("wide", "narrow", "mono")
    assert dynamics.peak(out.samples) <= 1.0
    assert out.samples.shape == wave.samples.shape
