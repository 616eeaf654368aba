"""The listening suites judge rightly: perfect answers get 1, wrong ones what they deserve, and pieces come again alike."""

import itertools

import numpy as np
import pytest

from segue.evals import listen, listen_metrics, listen_pieces, listen_recordings, listen_yardsticks, transcribe
from segue.tools.core.audio import Waveform
from segue.tools.core.score import ChordSpan, Note, Part, Score, Section, TempoMark
from segue.tools.listen.facts import Analysis
from tests.listen_support import RATE, band

ALL = frozenset({"tempo", "key", "chords", "sections", "notes", "drums"})


@pytest.fixture
def truth():
    notes = [Note(start=float(b), duration=1.0, pitch=60 + b % 5) for b in range(64)]
    kit = [Note(start=float(b), duration=0.2, pitch=36 if b % 2 == 0 else 38) for b in range(64)]
    score = Score(
        tempo=[TempoMark(beat=b, bpm=100 + 6 * (b % 2)) for b in range(64)],
        key="A minor",
        bars=16,
        chords=[ChordSpan(start=0, duration=32, symbol="Am7"), ChordSpan(start=32, duration=32, symbol="F")],
        sections=[Section(name="A", start_bar=1, bars=8), Section(name="B", start_bar=9, bars=8)],
        parts=[Part(name="tune", notes=notes), Part(name="kit", is_drum=True, notes=kit)],
    )
    return listen_pieces.Truth(1, "made up", "composed", "reporting", score, ALL)


def perfect(truth):
    score, clock = truth.score, truth.score.clock()
    beats = listen_metrics.beats_of(score)
    spans, pitches = listen_metrics.notes_of(score)
    return {
        "tempo": 60 * (len(beats) - 1) / (beats[-1] - beats[0]),
        "beats": beats.tolist(),
        "meter": "4/4",
        "key": "A minor",
        "chords": [
            (clock.seconds(c.start), clock.seconds(c.start + c.duration), listen_metrics.harte(c.symbol)) for c in score.chords
        ],
        "sections": listen_metrics.sections_of(score),
        "notes": [(*span, pitch) for span, pitch in zip(spans, pitches, strict=True)],
        "drums": [(t, key) for key, times in listen_metrics.hits_of(score).items() for t in times],
    }  # fmt: skip


def test_a_perfect_answer_is_perfect_and_the_constant_one_is_not(truth):
    answer = perfect(truth)
    seconds = truth.score.clock().seconds(64)
    found = listen_metrics.judged(truth, answer, seconds) | listen_metrics.written(truth, answer)
    assert set(found) == {*listen_metrics.LISTENING, *listen_metrics.WRITING}
    assert all(value == pytest.approx(1.0) for value in found.values()), found
    constant = listen_yardsticks.constant(seconds)
    poor = listen_metrics.judged(truth, constant, seconds) | listen_metrics.written(truth, constant)
    assert poor["tempo acc1"] == poor["tempo acc2"] == 0.0
    assert poor["key weighted"] == pytest.approx(0.3)  # C major is A minor's relative
    assert poor["chords majmin"] < 0.1
    assert poor["note F1 onset"] < 0.3


def test_half_the_tempo_counts_as_accuracy_2_alone(truth):
    answer = perfect(truth)
    answer["tempo"] /= 2
    found = listen_metrics.judged(truth, answer, 40.0)
    assert (found["tempo acc1"], found["tempo acc2"]) == (0.0, 1.0)


def test_beats_with_passing_notes_ask_for_no_chord():
    chord = [Note(start=0, duration=1, pitch=p) for p in (60, 64, 67, 70)]
    passing = [Note(start=1, duration=1, pitch=p) for p in (60, 62, 64)]
    score = Score(parts=[Part(name="piano", notes=[*chord, *passing])])
    assert [c.symbol for c in listen_pieces.chords_of(score)][:2] == ["C7", "X"]
    assert listen_metrics.harte("Bbm7b5") == "Bb:hdim7"
    assert listen_metrics.harte("C7b9") == "C:(3,5,b7,b9)"


def test_the_pieces_are_the_same_again_and_their_tempi_bend():
    def some():
        return list(itertools.islice(listen_pieces._family("tunes alone", None), 3))

    first, again = some(), some()
    assert [score.to_json() for _, score in first] == [score.to_json() for _, score in again]
    for _, score in first:
        bpm = [mark.bpm for mark in score.tempo]
        assert 1.04 < max(bpm) / min(bpm) < 1.17
    counts = {name: count for name, (count, _) in listen_pieces.FAMILIES.items() if name != "MIDI files"}
    human = sum(count for name, count in counts.items() if name in listen_pieces.HUMAN)
    assert sum(counts.values()) >= 100
    assert human >= sum(counts.values()) / 2


def test_summaries_set_a_goal_for_every_measure_of_the_library(truth):
    good, bad = {"beat F1": 0.9, "key weighted": 0.5}, {"beat F1": 0.8, "key weighted": 0.6}
    rows = [listen.row_of(truth, {"Segue": good, "library": bad, "constant": bad})]
    table = listen.summary(rows, listen_metrics.LISTENING, "title", "font", "librosa")
    assert [goal["met"] for goal in table["goals"]] == [True, False, False]
    assert table["rows"][2][:4] == ["beat F1", "1", "0.900", "0.800"]
    assert transcribe.SUITE == "transcribe"


def test_half_a_semitone_is_taken_up_by_key_or_tuning():
    plain = Analysis(bpm=100, bpm_confidence=0.9, key="C major", key_confidence=0.9, tuning_cents=0)
    up = Analysis(bpm=103, key="Db major", tuning_cents=-49)
    same = Analysis(bpm=103, key="C major", tuning_cents=49)
    wrong = Analysis(bpm=100, key="D major", tuning_cents=0)
    assert listen_recordings.compared(plain, up, 1.03, 51.2) == (True, 1.0)
    assert listen_recordings.compared(plain, same, 1.03, 51.2) == (True, 1.0)
    ok, score = listen_recordings.compared(plain, wrong, 1.03, 51.2)
    assert not ok
    assert score < 1.0


def test_loudness_agrees_with_ffmpeg():
    wave, _, _ = band(["C", "F"], 120, bars=4)
    table = listen_recordings.loudness_table(
        [("band", wave), ("short", Waveform(np.ones((1, RATE), np.float32) * 0.1, RATE))]
    )
    assert len(table["rows"]) == 1
    assert table["goals"][0]["met"], table
