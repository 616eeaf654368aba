"""Notes are found in sound, and lie on the beats in the score."""

import itertools

import mir_eval
import numpy as np
import pytest

from segue.tools.core.audio import Waveform
from segue.tools.core.score import Score
from segue.tools.listen import notes as listen_notes
from segue.tools.listen.analyse import analyse_wave
from segue.tools.listen.drums import HAT, KICK, SNARE, drum_hits
from segue.tools.listen.notes import Heard, Profile, as_arrays, decode, transcribe_wave
from segue.tools.listen.quantise import grid_of, swing_of, to_score
from tests.listen_support import RATE, drum_loop, place, tone, wave_of

TUNE = [60, 62, 64, 67, 69, 67, 64, 62, 60, 64, 67, 72, 71, 67, 62, 60]


def played(pitches, bpm, start=0.5, length=0.9):
    beat = 60 / bpm
    buffer = np.zeros(int((start + len(pitches) * beat + 1) * RATE))
    for i, pitch in enumerate(pitches):
        place(buffer, start + i * beat, tone(pitch, beat * length, decay=1.5))
    truth = [Heard(start + i * beat, start + (i + length) * beat, p, 1.0) for i, p in enumerate(pitches)]
    return wave_of(buffer), truth


def f1(truth, found):
    spans, pitches = as_arrays(truth)
    return mir_eval.transcription.precision_recall_f1_overlap(spans, pitches, *as_arrays(found), offset_ratio=None)[2]


def test_a_tune_is_heard_note_by_note():
    wave, truth = played(TUNE, 100)
    assert f1(truth, transcribe_wave(wave, "melody")) > 0.9


def test_a_bass_line_is_heard_as_one_voice():
    wave, truth = played([36, 43, 41, 38, 36, 48, 43, 40], 80)
    found = transcribe_wave(wave, "bass")
    assert f1(truth, found) > 0.8
    assert all(a.end <= b.start + 1e-6 for a, b in itertools.pairwise(found))


def test_silence_has_no_notes():
    assert transcribe_wave(Waveform(np.zeros((1, RATE), np.float32), RATE)) == []


def test_decoding_drops_weak_copies_and_cuts_repeats():
    notes, onsets = np.zeros((200, 88), np.float32), np.zeros((200, 88), np.float32)
    for row, level in ((39, 0.9), (51, 0.4), (40, 0.35)):  # C4, its octave, its neighbour
        notes[20:100, row], onsets[20, row] = level, 0.8
    notes[100:150, 39], onsets[100, 39] = 0.9, 0.9
    found = decode(notes, onsets, Profile())
    assert [n.pitch for n in found] == [60, 60]
    assert found[0].end <= found[1].start + 0.02


def test_the_score_lies_on_the_beats():
    wave, truth = played(TUNE * 2, 96)
    score, grid = to_score(transcribe_wave(wave), analyse_wave(wave), "tune", "melody")
    assert score.bpm == pytest.approx(96, rel=0.02)
    starts = sorted({n.start for n in score.parts[0].notes})
    assert np.mean(np.abs(np.array(starts) - np.round(starts)) < 1e-6) > 0.9
    clock = score.clock()
    played_at = [clock.seconds(n.start) + n.shift_s - grid.offset_s for n in score.parts[0].notes]
    near = [min(abs(t.start - p) for p in played_at) for t in truth]
    assert np.mean(np.array(near) < 0.06) > 0.9
    assert Score.model_validate_json(score.to_json()) == score


def test_without_a_pulse_the_grid_is_free_and_says_so():
    facts = analyse_wave(wave_of(tone(60, 2.0)))
    grid = grid_of(facts)
    assert grid.free
    assert grid.beat(1.0) == pytest.approx(2.0)


def test_swing_is_measured():
    straight = [i + half for i in range(16) for half in (0.0, 0.5)]
    swung = [i + half for i in range(16) for half in (0.0, 0.66)]
    assert swing_of(straight) == 0.5
    assert swing_of(swung) == pytest.approx(0.66, abs=0.01)


def test_drum_hits_are_sorted():
    wave, truth = drum_loop(110, 8)
    found = drum_hits(wave)
    for key in (KICK, SNARE, HAT):
        reference = np.array([t for t, k in truth if k == key])
        estimate = np.array(sorted(n.start for n in found if n.pitch == key))
        assert mir_eval.onset.f_measure(reference, estimate)[0] > 0.8, key


def test_missing_weights_are_said_with_the_command(monkeypatch):
    from segue.tools.core.errors import BackendUnavailable

    monkeypatch.setattr(listen_notes, "model_path", lambda: None)
    with pytest.raises(BackendUnavailable, match="segue doctor --fix"):
        transcribe_wave(wave_of(tone(60, 1.0)))
