"""Music words in free text."""

import doctest

import pytest

from segue.agent.language import spelling
from segue.tools.core import lexicon, quantities, tonality, vocabulary
from segue.tools.core.theory import parse_key


@pytest.mark.parametrize("module", [lexicon, quantities, spelling, tonality, vocabulary])
def test_examples_in_the_docstrings_are_true(module):
    assert doctest.testmod(module).failed == 0


def values(found):
    return [f.value for f in found]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("40 seconds", [40]), ("a minute and a half", [90]), ("3 min", [180]), ("three minutes", [180]), ("0:45", [45]),
        ("1:02:03", [3723]), ("2 min 30 s", [150]), ("1m30s", [90]), ("two and a half minutes", [150]),
        ("half a minute", [30]), ("an hour and a half", [5400]), ("a 30s loop", [30]), ("20-second intro", [20]),
        ("the last ten seconds", [10]), ("from the 90s", []), ("a second verse", []), ("about half a minute", [30]),
        ("couple of minutes", [120]), ("2m", [120]), ("1:20", [80]), ("one minute twenty", [80]), ("three quarters of a minute", [45]),
        ("a minute-long jingle", [60]), ("the first minute", [60]), ("808s and hats", []), ("at 2:30 pm", []), ("3/4", []),
    ],
)  # fmt: skip
def test_lengths(text, seconds):
    assert values(vocabulary.duration_in(text)) == seconds


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("in D minor", "D minor"), ("to E flat major", "Eb major"), ("F#m? no, in F#m", "F# minor"), ("in fis-moll", "F# minor"),
        ("H-Dur", "B major"), ("Es-Dur", "Eb major"), ("in a minor", "A minor"), ("in the key of G", "G major"),
        ("re minore", "D minor"), ("sol bémol majeur", "F# major"), ("B flat dorian", "Bb dorian"), ("in E with a walking bass", "E major"),
        ("in A, 90 bpm", "A major"), ("in F sharp minor please", "F# minor"), ("key of Bb", "Bb major"), ("blues in e with harmonica", "E major"),
        ("in a, 90 bpm", "A major"), ("In E Flat", "Eb major"), ("in 8A", "A minor"),
    ],
)  # fmt: skip
def test_keys(text, key):
    assert [parse_key(v) for v in values(vocabulary.key_in(text))] == [parse_key(key)]


@pytest.mark.parametrize(
    "text",
    [
        "a minor third up",
        "a minor change",
        "first 10 s of A",
        "make a beat",
        "C G Am F",
        "in a café",
        "in a band",
        "in b.wav",
    ],
)
def test_not_a_key(text):
    assert vocabulary.key_in(text) == []


@pytest.mark.parametrize(
    ("text", "chords"),
    [
        ("C G Am F, bossa nova", ["C", "G", "Am", "F"]), ("C-G-Am-F please", ["C", "G", "Am", "F"]),
        ("Dm7, G7, Cmaj7", ["Dm7", "G7", "Cmaj7"]), ("over Am | F | C | G", ["Am", "F", "C", "G"]),
        ("ii V I in Bb", ["Cm", "F", "Bb"]), ("I–V–vi–IV in D major", ["D", "A", "Bm", "G"]),
        ("i bVI bIII bVII in A minor", ["Am", "F", "C", "G"]),
    ],
)  # fmt: skip
def test_chords(text, chords):
    assert values(vocabulary.chords_in(text)) == [chords]


@pytest.mark.parametrize("text", ["A dog", "I want it", "play A and B", "vocals over the beat", "AC/DC"])
def test_no_chords(text):
    assert vocabulary.chords_in(text) == []


def test_tempi():
    assert [t.bpm for t in values(vocabulary.tempo_in("90 bpm, then ninety-five BPM"))] == [90, 95]
    about = vocabulary.tempo_in("around 170 BPM")[0].value
    assert (about.kind, about.low < 170 < about.high) == ("about", True)
    assert vocabulary.tempo_in("between 80 and 90 bpm")[0].value.high == 90
    assert vocabulary.tempo_in("under 100 bpm")[0].value.low is None
    assert vocabulary.tempo_in("allegro")[0].value.kind == "word"


@pytest.mark.parametrize(
    ("text", "semitones"),
    [("a whole tone", [2]), ("two semitones", [2]), ("a minor third", [3]), ("an octave", [12]), ("five half steps", [5]),
     ("a perfect fifth", [7]), ("the third one", [])],
)  # fmt: skip
def test_intervals(text, semitones):
    assert values(vocabulary.interval_in(text)) == semitones


def test_bars_years_levels():
    assert vocabulary.bars_in("redo bars 9 to 12")[0].value == vocabulary.Bars(4, 9, 12)
    assert vocabulary.bars_in("the last two bars")[0].value == vocabulary.Bars(2, -2, -1)
    assert vocabulary.bars_in("eight bars")[0].value.count == 8
    assert vocabulary.years_in("before 2000")[0].value == vocabulary.Years(None, 1999)
    assert vocabulary.years_in("60s and 70s")[0].value == vocabulary.Years(1960, 1979)
    assert values(vocabulary.loudness_in("master to -14 LUFS")) == [-14]
    assert values(vocabulary.decibels_in("3 dB up, minus six dB")) == [3, -6]


def test_genres_however_they_are_written():
    for text in ("lo-fi", "lofi", "LoFi", "lo fi", "Lo-Fi Hip-Hop"):
        assert values(vocabulary.genres_in(text)) == ["lofi"], text
    for text in ("dnb", "drum & bass", "Drum'n'Bass", "drum and bass", "d&b"):
        assert values(vocabulary.genres_in(text)) == ["drum_and_bass"], text
    assert values(vocabulary.genres_in("raggae or shoegase")) == ["reggae", "shoegaze"]
    assert len(vocabulary.genres()) >= 200
    assert {g.composed_as for g in vocabulary.genres().values()} <= set(vocabulary.genres())


def test_moods_have_numbers_and_axes():
    assert len(vocabulary.moods()) >= 60
    assert vocabulary.mood("calmer") == vocabulary.mood("calm")
    assert vocabulary.mood("rilassanti").name == "relaxed"
    assert vocabulary.axes_in("more upbeat")[0].value == vocabulary.Axis("energy", 1)
    assert vocabulary.mood("happy").valence > 0 > vocabulary.mood("sad").valence


def test_a_common_word_is_no_misspelt_music_word():
    assert values(vocabulary.moods_in("somthing soothing")) == ["calm"]
    assert values(vocabulary.instruments_in("a battle theme")) == []
    assert values(vocabulary.genres_in("give it a lo-fi sound")) == ["lofi"]
    assert values(vocabulary.stems_in("the voclas")) == ["vocals"]


@pytest.mark.parametrize(("text", "bars"), [("a 16 bar blues", 16), ("an 8-bar loop", 8), ("a 12 bar blues", None)])
def test_a_twelve_bar_blues_is_a_form(text, bars):
    assert [b.count for b in values(vocabulary.bars_in(text))] == ([bars] if bars else [])
