"""Listening finds what was played: tempo, beats, meter, key, chords, in sound whose truth is known."""

import mir_eval
import numpy as np
import pytest

from segue.tools.core.audio import Waveform
from segue.tools.core.piece import Piece
from segue.tools.core.score import ChordSpan, Note, Part, Score, Section
from segue.tools.core.settings import load_settings
from segue.tools.core.store import Store, new_id
from segue.tools.listen.analyse import analyse, analyse_wave
from segue.tools.listen.facts import AXES
from tests.listen_support import RATE, band, noise_hit, place, wave_of


@pytest.fixture
def store(tmp_path):
    store = Store(load_settings(home=tmp_path))
    yield store
    store.close()


def overlap(truth, found):
    """Share of time with the same chord."""
    total = sum(end - start for start, end, _ in truth)
    same = sum(
        max(0.0, min(e1, e2) - max(s1, s2))
        for s1, e1, a in truth
        for s2, e2, b in found
        if a.replace("maj7", "").replace("7", "") == b.replace("maj7", "").replace("7", "")
    )
    return same / total


@pytest.mark.parametrize(
    ("bpm", "per_bar", "chords", "key"),
    [
        (92, 4, ["C", "Am", "F", "G7"], "C major"),
        (124, 4, ["Dm", "Bb", "Gm", "A7"], "D minor"),
        (138, 3, ["G", "Em", "C", "D7"], "G major"),
        (76, 4, ["Ebmaj7", "Cm7", "Fm7", "Bb7"], "Eb major"),
    ],
)
def test_a_band_is_heard(bpm, per_bar, chords, key):
    wave, beats, spans = band(chords, bpm, per_bar)
    heard = analyse_wave(wave)
    assert heard.bpm == pytest.approx(bpm, rel=0.02)
    assert mir_eval.beat.f_measure(beats, np.array(heard.beats)) > 0.95
    assert heard.meter == f"{per_bar}/4"
    assert np.abs(np.array(heard.downbeats)[:, None] - beats[::per_bar][None, :]).min(axis=1).max() < 0.07
    assert heard.key == key
    assert overlap(spans, heard.chords) > 0.9


def test_silence_noise_and_a_half_second_are_not_music(store):
    silence = analyse_wave(Waveform(np.zeros((2, 5 * RATE), np.float32), RATE))
    assert silence.silent
    assert (silence.bpm, silence.key, silence.chords, silence.beats) == (None, None, [], [])
    noise = analyse_wave(wave_of(np.random.default_rng(1).standard_normal(10 * RATE)))
    assert noise.bpm is None or noise.bpm_confidence < 0.3
    assert noise.key is None or noise.key_confidence < 0.3
    short = analyse_wave(band(["C"], 120, bars=1)[0])
    blip = analyse_wave(wave_of(noise_hit(0.5, 3)))
    assert short.duration_s > blip.duration_s == pytest.approx(0.5)
    assert blip.bpm is None


def test_axes_are_all_there_and_between_0_and_1():
    heard = analyse_wave(band(["Am", "F"], 100, bars=6)[0])
    assert set(heard.axes) == set(AXES)
    assert all(0 <= value <= 1 for value in heard.axes.values())
    assert 1 <= heard.valence <= 9
    assert 1 <= heard.arousal <= 9


def test_sections_differ_where_the_music_does():
    a, _, _ = band(["C", "Am", "F", "G"], 120, bars=8)
    b, _, _ = band(["Eb", "Bb", "Cm", "Ab"], 120, bars=8, drums=False, arpeggio=True)
    length = int(8 * 2.0 * RATE)
    buffer = np.zeros(4 * length + RATE)
    for i, part in enumerate((a, b, a, b)):
        place(buffer, i * length / RATE, part.samples[0, int(0.3 * RATE) :][:length])
    heard = analyse_wave(wave_of(buffer))
    starts = [start for _, start, _ in heard.sections]
    for truth in (16.0, 32.0, 48.0):
        assert min(abs(truth - s) for s in starts) < 2.1
    labels = [label.rstrip("'") for label, _, _ in heard.sections]
    assert len(set(labels)) == 2


def test_a_score_is_believed_over_the_ear(store):
    notes = [Note(start=i, duration=1, pitch=60 + (i % 3) * 4) for i in range(32)]
    score = Score(
        tempo=[{"bpm": 87}],
        key="E minor",
        meter="4/4",
        bars=8,
        genre="folk",
        chords=[ChordSpan(start=0, duration=16, symbol="Em7"), ChordSpan(start=16, duration=16, symbol="C")],
        sections=[Section(name="verse", start_bar=1, bars=4), Section(name="chorus", start_bar=5, bars=4)],
        parts=[Part(name="melody", role="melody", instrument="flute", notes=notes)],
    )
    wave = band(["C", "Am"], 120, bars=6)[0]
    piece = store.save(Piece(id=new_id(), clip=store.add_wave(wave), score=store.add_score(score)))
    facts = analyse(store, piece)
    assert (facts.bpm, facts.key, facts.meter, facts.genre) == (87, "E minor", "4/4", "folk")
    assert facts.bpm_confidence == facts.key_confidence == facts.meter_confidence == 1.0
    assert [c[2] for c in facts.chords] == ["Em7", "C"]
    assert [s[0] for s in facts.sections] == ["verse", "chorus"]
    assert facts.instruments == ["flute"]
    assert facts.drums is False
    assert facts.loudness_lufs < -5
    unheard = analyse(store, store.save(Piece(id=new_id(), score=store.add_score(score))))
    assert unheard.bpm == 87
    assert "no sound" in unheard.notes[0]


def test_what_was_measured_is_remembered(store):
    piece = store.save(Piece(id=new_id(), clip=store.add_wave(band(["C", "F"], 100, bars=4)[0])))
    first = analyse(store, piece)
    store.path(piece.clip.id).unlink()
    store._cache.clear()
    assert analyse(store, piece) == first


def test_measuring_can_be_stopped():
    class Stop(Exception):
        pass

    def check():
        raise Stop

    with pytest.raises(Stop):
        analyse_wave(band(["C"], 100, bars=2)[0], check=check)
