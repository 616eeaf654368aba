"""What human scores measure, and the ranges that follow from it."""

import json
import random

import pytest

from segue.evals.humans import (
    PERCENTILES,
    _symbol,
    human_figures,
    nearest_of_fifty,
    percentiles,
    rule_values,
    with_roles,
)
from segue.evals.humans_ranges import FILE, FITTING, calibrated
from segue.tools.core.score import Note, Part, Score
from segue.tools.music.compose import Request, compose
from segue.tools.music.measures import (
    chord_irregularity,
    groove_similarity,
    measure_all,
    melody_code,
    melody_distances,
    nearest_distances,
    pitch_class_entropy,
    pitched,
    tune,
)  # fmt: skip
from segue.tools.music.measures_structure import compression_ratio, structureness
from segue.tools.music.rules_view import ranges


def line(pitches, step: float = 1.0, bars: int | None = None, **more) -> Score:
    notes = [Note(start=i * step, duration=step, pitch=p) for i, p in enumerate(pitches)]
    return Score(
        bars=bars or -int(-len(pitches) * step // 4), parts=[Part(name="a", role="melody", notes=notes)], **more
    )


def test_the_frozen_ranges_follow_from_the_stored_figures() -> None:
    stored = json.loads(FILE.read_text("utf-8"))
    assert calibrated(stored, human_figures()) == stored
    for name, kind in FITTING.items():
        if stored[name]["humans"].get(kind):
            assert stored[name]["source"].startswith("humans'"), name
            assert stored[name]["start"] != stored[name]["used"], name


def test_a_range_keeps_the_sides_that_the_rule_limits() -> None:
    figures = {"kinds": {"melodies": {"melody_range": {"n": 40, "p5": 7.0, "p50": 12.0, "p95": 22.0}}}}
    entry = {"melody_range": {"rule": 10, "start": [None, 19], "used": [None, 19]}}
    assert calibrated(entry, figures)["melody_range"]["used"] == [None, 22.0]
    few = {"kinds": {"melodies": {"melody_range": {"n": 12, "p5": 7.0, "p50": 12.0, "p95": 22.0}}}}
    assert calibrated(entry, few)["melody_range"]["used"] == [None, 19]


def test_stored_figures_are_in_order() -> None:
    for kind, found in human_figures()["kinds"].items():
        assert len(found) > 15, kind
        for name, row in found.items():
            values = [row[f"p{p}"] for p in PERCENTILES]
            assert values == sorted(values), (kind, name)
            assert row["n"] >= 5


def test_percentiles() -> None:
    row = percentiles([float(i) for i in range(101)])
    assert (row["n"], row["p1"], row["p50"], row["p95"]) == (101, 1.0, 50.0, 95.0)


def test_roles_by_height_and_no_playing_in_print() -> None:
    low, high = line([48, 47, 45, 43] * 4), line([72, 74, 76, 77] * 4)
    parts = [low.parts[0].model_copy(update={"name": "b"}), high.parts[0]]
    score = with_roles(Score(bars=4, parts=parts))
    assert [(p.name, p.role) for p in score.parts] == [("a", "melody"), ("b", "bass")]
    assert "accents" not in rule_values(
        compose(Request(genre="techno", seed=1, bars=8)).model_copy(update={"parts": parts})
    )


@pytest.mark.parametrize(("figure", "symbol"), [("B-7", "Bb7"), ("Am", "Am"), ("F#", "F#"), ("nonsense", "N")])
def test_chord_figures(figure: str, symbol: str) -> None:
    assert _symbol(figure) == symbol


# -- the measures, on what can be worked out by hand ----------------------------------------------------------


def test_entropy_counts_pitch_classes() -> None:
    assert pitch_class_entropy(line([60, 72, 48, 60]), 1) == pytest.approx(0.0)
    assert pitch_class_entropy(line([60, 62, 64, 65]), 1) == pytest.approx(2.0)
    assert pitch_class_entropy(line([60, 60, 60, 60, 62, 62, 62, 62]), 2) == pytest.approx(1.0)


def test_groove_similarity_counts_places() -> None:
    same = line([60] * 8)
    assert groove_similarity(same) == pytest.approx(1.0)
    other = same.model_copy(deep=True)
    other.parts[0].notes = other.parts[0].notes[:5]  # the second bar has one onset instead of four
    assert groove_similarity(other) == pytest.approx(1 - 3 / 64)


def test_chord_irregularity_counts_trigrams() -> None:
    from segue.tools.core.score import ChordSpan

    def chords(text: str) -> Score:
        return Score(
            bars=16, chords=[ChordSpan(start=4.0 * i, duration=4.0, symbol=s) for i, s in enumerate(text.split())]
        )

    assert chord_irregularity(chords("C F G C F G C F"), by_notes=False) == pytest.approx(0.5)
    assert chord_irregularity(chords("C F G Am Dm Em"), by_notes=False) == pytest.approx(1.0)
    assert chord_irregularity(chords("C F"), by_notes=False) is None


def test_compression_of_a_loop_and_of_chance() -> None:
    loop = line([60, 67, 64, 62] * 16, step=0.5)
    value = compression_ratio(pitched(loop), 4.0)
    assert value == pytest.approx(64 / (4 + 16 - 1))  # a pattern of four points in 16 places
    chance = line([40 + (i * i * 17 + 5 * i) % 43 for i in range(64)], step=0.5)
    assert (compression_ratio(pitched(chance), 4.0) or 9) < 2.0 < (value or 0)


def test_structure_of_repeats() -> None:
    theme = [60, 62, 64, 65, 67, 69, 71, 66, 61, 63, 68, 70, 60, 64, 68, 71]
    again = structureness(line(theme * 3, tempo=[{"bpm": 120}]))
    once = structureness(line([*theme, *random.Random(3).choices(range(60, 72), k=32)], tempo=[{"bpm": 120}]))
    assert (again["structure_short"] or 0) > 0.5
    assert (again["structure_short"] or 0) > (once["structure_short"] or 0) + 0.2
    assert structureness(line([60, 62]))["structure_short"] is None


def test_melody_distance() -> None:
    tune_a = line([60, 62, 64, 65, 67, 65, 64, 62, 60, 67]).parts[0].notes
    higher = [n.model_copy(update={"pitch": n.pitch + 5}) for n in tune_a]
    one_off = [n.model_copy(update={"pitch": n.pitch + (i == 9)}) for i, n in enumerate(tune_a)]
    codes = [melody_code(notes) for notes in (tune_a, higher, one_off)]
    near = melody_distances(codes[0], codes)
    assert near[0] == near[1] == 0.0
    assert near[2] == pytest.approx(0.5 / 9)
    assert nearest_distances([tune_a, one_off, tune_a[:4]]) == pytest.approx([0.5 / 9, 0.5 / 9])


def test_nearest_is_looked_for_among_fifty() -> None:
    chance = random.Random(1)
    tunes = [line(chance.choices(range(60, 72), k=12)).parts[0].notes for _ in range(120)]
    found = nearest_of_fifty(tunes, draws=2)
    assert len(found) == 100
    assert found == nearest_of_fifty(tunes, draws=2)
    assert sum(found) / 100 > sum(nearest_distances(tunes)) / 120
    assert nearest_of_fifty(tunes[:99]) == []


def test_melody_distance_is_levenshtein() -> None:
    a = melody_code(line([60, 62, 64, 65, 67, 65, 64, 62, 60, 67]).parts[0].notes)
    for b in (a[2:], a[:-3], a[[0, 1, 4, 5, 6, 7, 8]]):
        assert melody_distances(a, [b])[0] == pytest.approx((len(a) - len(b)) / len(a))
        assert melody_distances(b, [a])[0] == pytest.approx((len(a) - len(b)) / len(a))


def test_every_figure_of_a_composed_piece() -> None:
    found = measure_all(compose(Request(genre="pop", seed=2, duration_s=60.0)))
    assert {"structure_short", "compression", "groove_similarity", "pitch_entropy_1", "melody_steps"} <= set(found)
    assert all(isinstance(value, float) for value in found.values())
    assert tune(compose(Request(genre="pop", seed=2, bars=8)))


def test_every_range_names_its_source() -> None:
    assert all(entry["source"] and len(entry["used"]) == 2 for entry in ranges().values())
