"""Keys and chord symbols as people write them."""

import pytest

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.theory import Key, best_key, key_distance_semitones, parse_chord, parse_key, roman_numeral


@pytest.mark.parametrize(
    ("text", "name", "camelot"),
    [
        ("D minor", "D minor", "7A"), ("Dm", "D minor", "7A"), ("b-Moll", "Bb minor", "3A"), ("H-Dur", "B major", "1B"),
        ("E flat major", "Eb major", "5B"), ("F♯ minor", "F# minor", "11A"), ("8A", "A minor", "8A"), ("es-Moll", "Eb minor", "2A"),
        ("cis moll", "C# minor", "12A"), ("g", "G major", "9B"),
    ],
)  # fmt: skip
def test_keys_are_read_as_musicians_write_them(text, name, camelot):
    key = parse_key(text)
    assert (str(key), key.camelot) == (name, camelot)


@pytest.mark.parametrize("text", ["H sharp", "", "major", "Q minor", "D minorish"])
def test_what_is_no_key_is_refused_with_an_example(text):
    with pytest.raises(InvalidArgument, match="D minor"):
        parse_key(text)


def test_every_camelot_code_names_a_key_of_its_own_and_comes_back():
    codes = [f"{number}{letter}" for number in range(1, 13) for letter in "AB"]
    assert [parse_key(code).camelot for code in codes] == codes
    assert len({str(parse_key(code)) for code in codes}) == 24


@pytest.mark.parametrize(
    ("symbol", "pitch_classes"),
    [("C", {0, 4, 7}), ("F#m7", {6, 9, 1, 4}), ("Bbmaj9", {10, 2, 5, 9, 0}), ("Am7/G", {9, 0, 4, 7}), ("Gsus4", {7, 0, 2}),
     ("C/E", {0, 4, 7}), ("Bø7", {11, 2, 5, 9}), ("C6/9", {0, 4, 7, 9, 2})],
)  # fmt: skip
def test_chord_symbols_give_their_pitch_classes(symbol, pitch_classes):
    assert parse_chord(symbol).pitch_classes == pitch_classes


def test_a_transposed_chord_is_spelt_by_its_key():
    assert parse_chord("C/E").transposed(3, parse_key("Eb major")).symbol == "Eb/G"
    assert parse_chord("D").transposed(4, parse_key("F# minor")).symbol == "F#"


def test_degrees_are_named_from_the_tonic():
    key = parse_key("A minor")
    assert [roman_numeral(symbol, key) for symbol in ("Am", "F", "C", "G", "E7")] == ["i", "bVI", "bIII", "bVII", "V"]


def test_the_best_key_of_a_scale_is_that_scale():
    weights = [0.0] * 12
    for degree, weight in zip(Key(2).scale, (6, 3, 4, 4, 5, 3, 2), strict=True):
        weights[degree] = weight
    assert best_key(weights)[0] == Key(2)
    assert best_key([0.0] * 12)[1] == 0.0


def test_the_shift_between_keys_is_the_short_way():
    assert key_distance_semitones(parse_key("B major"), parse_key("C major")) == 1
    assert key_distance_semitones(parse_key("C major"), parse_key("B major")) == -1
