"""The checks of composed music that are frozen or count collisions: they must find what is there and what is not."""

import json
from pathlib import Path

import numpy as np
import pytest

from segue.evals import generate_bad, generate_pictures, generate_variety, genre_check
from segue.evals.genre_measures import MEASURES, Reading
from segue.tools.core.audio import Waveform
from segue.tools.core.score import ChordSpan, Note, Part, Score, Section, TempoMark
from segue.tools.music.compose import Request, compose

KICK, SNARE, HAT = 36, 38, 42


def beat(kick, snare, bpm=95.0, bars=8, hats=range(0, 16, 2), shift=0.0):
    """A score of drums only, from sixteenth steps; ``shift`` delays every second eighth, in seconds."""
    notes = []
    for bar in range(bars):
        for pitch, steps in ((KICK, kick), (SNARE, snare), (HAT, hats)):
            for step in steps:
                late = shift if step % 4 == 2 else 0.0
                notes.append(Note(start=bar * 4 + step / 4, duration=0.2, pitch=pitch, velocity=90, shift_s=late))
    part = Part(name="drums", role="drums", stem="drums", instrument="electronic kit", is_drum=True, notes=notes)
    spans = [ChordSpan(start=4.0 * bar, duration=4, symbol=("Am7", "D7")[bar % 2]) for bar in range(bars)]
    return Score(tempo=[TempoMark(bpm=bpm)], key="A minor", bars=bars, chords=spans, parts=[part])


def met(score, genre):
    return {item.name: item.met for item in genre_check.check(score, genre)}


def test_the_checklists_are_the_frozen_ones():
    assert genre_check.checksum() == genre_check.FROZEN


def test_every_item_says_why_and_names_a_known_measure():
    def predicates(item):
        inner = item.get("any_of") or item.get("all_of")
        return [p for one in inner for p in predicates(one)] if inner else [item]

    lists = genre_check.checklists()
    assert len(lists) >= 30
    for items in lists.values():
        assert 5 <= len(items) <= 10
        assert all(item["why"] and item["name"] for item in items)
        assert all(p["measure"] in MEASURES for item in items for p in predicates(item))


def test_a_changed_item_is_listed_with_its_reason():
    loaded = json.loads(Path(genre_check.__file__).with_name("genre_checklists.json").read_text("utf-8"))
    assert all(change["why"] for change in loaded["changed"])
    assert bool(loaded["changed"]) == (genre_check.FROZEN != genre_check.FIRST_FROZEN)


def test_a_dembow_is_reggaeton_and_a_backbeat_is_not():
    dembow, backbeat = beat((0, 4, 8, 12), (3, 6, 11, 14)), beat((0, 8), (4, 12))
    assert met(dembow, "reggaeton")["dembow"]
    assert met(dembow, "reggaeton")["no backbeat"]
    assert not met(backbeat, "reggaeton")["dembow"]
    assert not met(backbeat, "reggaeton")["no backbeat"]
    assert met(backbeat, "rock")["backbeat"]
    assert not met(dembow, "rock")["backbeat"]


def test_half_time_is_read_at_the_genre_s_own_speed():
    """Seventy with the snare on two and four is a hundred and forty with the snare on three."""
    slow, fast = beat((0,), (4, 12), bpm=70.0), beat((0,), (8,), bpm=140.0)
    for score in (slow, fast):
        found = met(score, "trap")
        assert found["tempo"]
        assert found["half-time snare"]
        assert found["two and four stay free"]
    assert not met(beat((0,), (4, 12), bpm=140.0), "trap")["half-time snare"]


def test_swing_is_read_from_what_is_performed():
    third = beat((0, 8), (4, 12), bpm=120.0, shift=60.0 / 120.0 * (2 / 3 - 1 / 2))
    assert MEASURES["swing"](Reading(third), {"unit": 8}) == pytest.approx(2 / 3, abs=0.002)
    assert MEASURES["swing"](Reading(beat((0,), (4,))), {"unit": 8}) == pytest.approx(0.5)
    assert met(third, "jazz_swing")["swing"]
    assert not met(third, "rock")["swing"]


def test_chords_and_missing_players_are_measured():
    found = met(beat((0, 8), (4, 12)), "jazz_swing")
    assert found["sevenths"]
    assert found["ii-V"]
    assert not found["instruments"]


@pytest.mark.parametrize("genre", ["jazz_swing", "reggaeton"])
def test_a_composed_piece_fits_its_own_list_best(genre):
    ranked = genre_check.nearest(compose(Request(genre=genre, seed=1)))
    assert [share for _, share in ranked] == sorted((share for _, share in ranked), reverse=True)
    assert dict(ranked)[genre] == ranked[0][1]


def test_the_suite_counts_and_tabulates():
    result = genre_check.run(seeds=(1,), genres=("blues", "disco"))
    assert result["total"] == sum(len(genre_check.checklists()[genre]) for genre in ("blues", "disco"))
    header, rows = genre_check.table(result)
    assert [row[0] for row in rows] == ["blues", "disco", "all"]
    assert all(len(row) == len(header) for row in rows)


def tune(degrees, start=0.0, tonic=60, key="C major", step=0.5):
    notes = [Note(start=start + k * step, duration=step, pitch=tonic + d) for k, d in enumerate(degrees)]
    return Score(key=key, bars=8, parts=[Part(name="lead", role="melody", notes=notes)])


def test_a_tune_is_found_again_in_another_key_and_octave_and_place():
    phrase = (0, 2, 4, 5, 7, 5, 4, 2)
    one, moved = tune(phrase), tune(phrase, start=4.0, tonic=74, key="D major")
    assert len(generate_variety.compare([one, moved])["tunes_shared"]) == 1
    other = tune((0, 2, 4, 5, 7, 5, 4, 0), start=4.0)
    slower = tune(phrase, step=1.0)
    assert not generate_variety.compare([one, other])["tunes_shared"]
    assert not generate_variety.compare([one, slower])["tunes_shared"]
    assert not generate_variety.compare([one, tune(phrase, key="D major")])["tunes_shared"]  # other degrees


def test_a_whole_drum_pattern_is_found_again_and_one_stroke_makes_another():
    def with_section(score):
        return score.model_copy(update={"sections": [Section(name="verse", start_bar=1, bars=4)]})

    one, same = with_section(beat((0, 8), (4, 12))), with_section(beat((0, 8), (4, 12), bpm=120.0))
    other = with_section(beat((0, 8, 10), (4, 12)))
    [shared] = generate_variety.compare([one, same, other])["drums_shared"]
    assert shared["sections"] == ["verse at bar 1", "verse at bar 1"]
    assert shared["full"]


def test_the_variety_suite_draws_its_own_seeds_and_names_them():
    result = generate_variety.run("bossa_nova", pieces=3)
    [row] = result["rows"]
    assert len(set(row["seeds"])) == 3
    header, lines = generate_variety.table(result)
    assert len(lines[0]) == len(header)


def test_what_cannot_be_played_is_said_without_jargon():
    """The refusals only: nothing is rendered."""
    result = generate_bad.run([case for case in generate_bad.CASES if case.outcome == generate_bad.ERROR])
    assert result["total"] >= 20
    assert [(row["name"], row["reply"], row["wrong"]) for row in result["rows"] if not row["ok"]] == []
    header, rows = generate_bad.table(result)
    assert all(len(row) == len(header) for row in rows)


def test_jargon_and_a_missing_hint_are_noticed():
    rows = generate_bad.run([generate_bad.Case("no tempo", {"bpm": 0}, generate_bad.PIECE, "banana")])["rows"]
    assert "wanted: piece" in rows[0]["wrong"]
    assert "does not say banana" in rows[0]["wrong"]
    assert generate_bad.JARGON.search("step s1 (generate): Input should be greater than 0")


def sine(hertz=997.0, amplitude=0.1, seconds=5.0, rate=44_100):
    time = np.arange(int(seconds * rate)) / rate
    return Waveform(np.tile(amplitude * np.sin(2 * np.pi * hertz * time), (2, 1)).astype(np.float32), rate)


def test_the_loudness_curve_is_in_lufs():
    """A stereo sine of 997 Hz at −20 dBFS measures −20 LUFS (EBU Tech 3341, test 1 at another level)."""
    times, lufs = generate_pictures.short_term(sine())
    assert times[0] == pytest.approx(1.5)
    assert times[-1] == pytest.approx(3.5, abs=0.11)
    assert lufs[5:] == pytest.approx(-20.0, abs=0.1)


def test_the_spectrogram_has_low_notes_below_high_ones():
    def row(hertz):
        return int(generate_pictures.spectrogram(sine(hertz), columns=9)[:, 4].argmax())

    assert row(5000.0) < row(997.0) < row(110.0)


def test_a_picture_is_small_and_has_the_sections_and_parts():
    score = beat((0, 8), (4, 12)).model_copy(update={"sections": [Section(name="verse", start_bar=1, bars=8)]})
    wave = sine(seconds=20.0)
    svg = generate_pictures._svg(score, wave, "four < five")
    assert ">verse<" in svg
    assert ">drums<" in svg
    assert "four &lt; five" in svg
    png = generate_pictures.draw(score, wave, "a beat")
    assert png.startswith(b"\x89PNG")
    assert len(png) < 150_000


def test_the_page_of_pictures_shows_every_request():
    docs = Path(__file__).parent.parent / "docs"
    page = (docs / "listening.md").read_text("utf-8")
    for shown in generate_pictures.SHOWN:
        assert f"images/generate/{shown.name}.png" in page
        assert 0 < (docs / "images" / "generate" / f"{shown.name}.png").stat().st_size < 150_000
