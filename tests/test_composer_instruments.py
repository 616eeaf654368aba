"""Instruments are found by the names that people say."""

import pytest

from segue.tools.core.instruments import (
    all_instruments,
    find_ensemble,
    find_instrument,
    is_meant_by,
    nearest_instruments,
    of_program,
)


def test_the_128_programs_stand_in_order_and_names_are_unique():
    instruments = all_instruments()
    assert [i.program for i in instruments[:128]] == list(range(128))
    assert len({i.name for i in instruments}) == len(instruments)
    assert all(i.low < i.high or i.keys for i in instruments)


@pytest.mark.parametrize(
    ("said", "name", "program"),
    [
        ("Rhodes", "rhodes", 4),
        ("electric piano", "rhodes", 4),
        ("nylon-string guitars", "nylon guitar", 24),
        ("a warm upright bass", "upright bass", 32),
        ("808", "808", 38),
        ("808 drums", "808 kit", 25),
        ("strings", "strings", 48),
        ("vinyl drums", "vinyl drums", 0),
        ("SAX", "tenor sax", 66),
        ("saxaphone", "tenor sax", 66),
        ("lead synth", "saw lead", 81),
        ("pads", "warm pad", 89),
        ("brushes", "brush kit", 40),
        ("pianno", "piano", 0),
        ("Hammond B3", "organ", 16),
        ("congas", "congas", 0),
    ],
)
def test_names_people_say(said, name, program):
    found = find_instrument(said)
    assert found is not None
    assert (found.name, found.program) == (name, program)


def test_every_name_and_alias_finds_an_instrument_of_that_name():
    for instrument in all_instruments():
        assert find_instrument(instrument.name) == instrument
        assert all(find_instrument(alias) is not None for alias in instrument.aliases)


@pytest.mark.parametrize("nonsense", ["", "zzz", "banana", "vocals", "qwertyuiop"])
def test_what_is_no_instrument_is_not_found(nonsense):
    assert find_instrument(nonsense) is None


def test_near_names_are_offered():
    assert "xylophone" in nearest_instruments("xylofoon")


def test_ensembles_and_families():
    assert [i.name for i in find_ensemble("string quartet")] == ["violin", "violin", "viola", "cello"]
    assert find_ensemble("piano") == ()
    assert is_meant_by(find_instrument("nylon guitar"), "guitars")
    assert is_meant_by(find_instrument("kick"), "drums")
    assert not is_meant_by(find_instrument("piano"), "guitars")
    assert of_program(25, is_drum=True).name == "808 kit"
