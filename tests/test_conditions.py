"""A score as what generating models are led by: guide melody, JASCO's chord labels and salience."""

import base64

import numpy as np
import pytest

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.jobs import JobRequest
from segue.tools.core.score import ChordSpan, Note, Part, Score, TempoMark
from segue.tools.core.theory import QUALITIES, make_chord, parse_chord
from segue.tools.music import conditions
from segue.tools.music.notation import midi_bytes


def tune(*pitches, bpm=120.0):
    notes = [Note(start=n, duration=1, pitch=pitch) for n, pitch in enumerate(pitches)]
    return Score(tempo=[TempoMark(bpm=bpm)], parts=[Part(name="melody", role="melody", notes=notes)])


def strongest_hz(samples, sample_rate):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / sample_rate)[spectrum.argmax()])


def test_the_guide_melody_sounds_the_notes_when_they_are_played():
    wave = conditions.guide_melody(tune(69, 72, 64, bpm=60), 4.0, 32_000)
    assert wave.samples.shape == (1, 4 * 32_000)
    for second, hz in enumerate((440.0, 523.25, 329.63)):
        heard = strongest_hz(wave.samples[0, second * 32_000 : (second + 1) * 32_000], 32_000)
        assert abs(heard - hz) < 1.5
    assert np.abs(wave.samples[0, 3 * 32_000 :]).max() == 0
    assert np.abs(wave.samples).max() < 1


def test_without_a_tune_the_roots_of_the_chords_lead():
    score = Score(chords=[ChordSpan(start=0, duration=4, symbol="Am7"), ChordSpan(start=4, duration=4, symbol="N")])
    wave = conditions.guide_melody(score, 4.0)
    assert abs(strongest_hz(wave.samples[0, :60_000], 32_000) - 440) < 1.5
    assert np.abs(wave.samples[0, 64_000:]).max() == 0
    assert conditions.guide_melody(Score()) is None


def test_every_chord_has_a_label_that_jasco_knows():
    roots = {"A", "Ab", "B", "Bb", "C", "C#", "D", "E", "Eb", "F", "F#", "G"}
    known = {
        root + quality for root in roots for quality in ("", "m", "7", "maj7", "m7", "6", "m6", "m7b5", "dim", "aug")
    }
    for root in range(12):
        for quality in QUALITIES:
            label, exact = conditions.jasco_label(make_chord(root, quality))
            assert label in known
            if exact:
                assert parse_chord(label).pitch_classes == make_chord(root, quality).pitch_classes


@pytest.mark.parametrize(
    ("symbol", "label", "exact"),
    [
        ("Db", "C#", True), ("Gbm7", "F#m7", True), ("G#m", "Abm", True), ("D#maj7", "Ebmaj7", True),
        ("Gsus4", "G", False), ("C9", "C7", False), ("Dm9", "Dm7", False), ("Cadd9", "C", False), ("Bdim7", "Bdim", False),
        ("C7#5", "Caug", False), ("C/E", "C", False), ("F69", "F6", False), ("Am7b5", "Am7b5", True), ("E5", "E", False),
    ],
)  # fmt: skip
def test_chords_are_respelt_and_what_is_lost_is_told(symbol, label, exact):
    assert conditions.jasco_label(parse_chord(symbol)) == (label, exact)


def test_a_progression_in_seconds():
    found, simplified = conditions.jasco_chords([(4.0, "Gsus4"), (0.0, "Db"), (2.0, "N"), (11.0, "C")], 10.0)
    assert found == [("C#", 0.0), ("N", 2.0), ("G", 4.0)]
    assert simplified == ["Gsus4 as G"]
    with pytest.raises(InvalidArgument):
        conditions.jasco_chords([(0.0, "H#")], 10.0)


def test_salience_has_one_pitch_a_frame_from_g2():
    matrix = conditions.jasco_salience(tune(43, 60, 95, 30, 100, bpm=60))
    assert matrix.shape == (53, 500)
    assert matrix.dtype == np.float32
    assert [int(matrix[:, n * 50 + 25].argmax()) for n in range(5)] == [0, 17, 52, 42 - 43 + 12, 100 - 43 - 12]
    assert (matrix.sum(axis=0)[:250] == 1).all()
    assert matrix[:, 250:].max() == 0


def test_the_score_of_a_request_is_its_midi_else_its_chords():
    def asked(**music):
        return JobRequest.model_validate({"task": "generate", "model": "m", "music": music})

    midi = base64.b64encode(midi_bytes(tune(60, 64))).decode()
    read = conditions.score_wished(asked(score={"midi": midi}))
    assert [note.pitch for note in read.parts[0].notes] == [60, 64]
    chords = [{"beat": 0, "symbol": "Am"}, {"beat": 4, "symbol": "F"}]
    made = conditions.score_wished(asked(chords=chords, bpm=90))
    assert [(c.start, c.duration, c.symbol) for c in made.chords] == [(0, 4, "Am"), (4, 4, "F")]
    assert made.bpm == 90
    assert conditions.score_wished(asked()) is None
    with pytest.raises(InvalidArgument, match="base64"):
        conditions.score_wished(asked(score={"midi": "not base64!"}))
