"""The suite ``edit``: its measures tell good from bad, and its tables say what was measured."""

import math
from pathlib import Path

import numpy as np
import pytest

from segue.evals import (
    edit,
    edit_bad,
    edit_effects,
    edit_invariance,
    edit_report,
    edit_separation,
    edit_speed,
    edit_stretch,
)
from segue.evals.edit_bench import bench
from segue.evals.edit_mixtures import Mixture, recordings, rendered
from segue.tools.core.audio import Waveform
from segue.tools.core.errors import InvalidArgument
from segue.tools.sound import separate
from tests.edit_support import RATE, clicks, recording, tones


def test_si_sdr_is_that_of_its_definition():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(2, 50_000)).astype(np.float32)
    noise = rng.normal(size=truth.shape).astype(np.float32)
    assert edit_separation.si_sdr(truth + 0.1 * noise, truth) == pytest.approx(20, abs=0.2)
    assert edit_separation.si_sdr(0.3 * (truth + 0.1 * noise), truth) == pytest.approx(20, abs=0.2)


def test_known_stems_are_judged_and_goals_follow_from_them(monkeypatch):
    monkeypatch.setattr(edit_separation, "_BSS", ())  # slow, and the packages' own
    drums, tone = np.stack([clicks(2.0)] * 2), np.stack([tones(2.0)] * 2)
    mixture = Mixture("test", "made", RATE, {"drums": drums, "other": tone})
    rows = edit_separation.measured([mixture], lambda text: None)
    score = {(row["stem"], row["system"]): row["si_sdr"] for row in rows}
    assert score["drums", "ideal ratio mask"] > score["drums", "Segue"] > score["drums", "mixture"]
    table = edit_separation.table(rows)
    assert {goal["goal"].partition(":")[0] for goal in table["goals"]} == {"drums", "percussive", "harmonic"}
    assert all(len(row) == len(table["header"]) for row in table["rows"])


def test_mixtures_are_the_same_on_every_run_and_sum():
    first, again = (rendered(2, seconds=1.0) for _ in range(2))
    np.testing.assert_array_equal(first.mix.samples, again.mix.samples)
    np.testing.assert_allclose(first.truth("harmonic") + first.truth("drums"), first.mix.samples, atol=1e-6)


def test_real_recordings_are_found_without_anything_downloaded():
    found = recordings(4)
    assert len(found) == 4
    assert all(wave.duration_s >= 0.5 for _, wave in found)


def test_changes_that_should_not_be_are_found():
    with bench() as desk:
        piece = desk.add(recording(3.0))
        x = desk.samples(piece)
        assert edit_invariance.CHECKS["trim"](desk, piece, x, RATE) == 0
        assert edit_invariance.CHECKS["gain in a span"](desk, piece, x, RATE) == 0
    moved = x.copy()
    moved[0, 1000] += np.float32(3 / 2**23)
    assert edit_invariance.steps(x, moved) == pytest.approx(3, abs=0.01)
    assert math.isinf(edit_invariance.steps(x, x[:, 1:]))


def test_stretch_measures_find_what_was_put_in():
    tone = edit_stretch._sine(2.0)
    assert edit_stretch.pitch_hz(tone) == pytest.approx(440, abs=0.01)
    beats = edit_stretch.clicks(4.0, 0.5)
    assert np.diff(edit_stretch.onsets_s(beats)) == pytest.approx(0.5, abs=1e-3)
    assert edit_stretch.attack_ms(beats) < 5
    tune = edit_stretch.notes(3.2)
    assert edit_stretch.convergence_db(tune, tune) < -100
    assert edit_stretch.convergence_db(edit_stretch.notes(3.2, semitones=1), tune) > -10


def test_effect_measures_know_a_room_from_none():
    burst = edit_effects._burst()
    assert edit_effects._decay_s(burst) == 0
    wet = burst.samples.copy()
    time = np.arange(2 * RATE) / RATE
    wet[:, 900 : 900 + len(time)] += 0.02 * np.random.default_rng(1).normal(size=len(time)) * 10 ** (-3 * time / 1.2)
    assert edit_effects._decay_s(Waveform(wet.astype(np.float32), RATE)) == pytest.approx(1.2, abs=0.1)
    assert len(edit_effects.DESCRIBED) >= 60
    assert {one.measure for one in edit_effects.DESCRIBED} == set(edit_effects.MEASURES)


def test_one_description_is_judged_by_its_bounds(monkeypatch):
    monkeypatch.setattr(edit_effects, "DESCRIBED", (edit_effects.Described("much darker", "brightness", -20, -1),))
    rows = edit_effects.measured([("song", recording(3.0))], lambda text: None)
    assert edit_effects.right(rows[0])
    rows[0]["least"], rows[0]["most"] = 1, 5
    assert not edit_effects.right(rows[0])


def test_every_bad_request_is_answered_clearly():
    rows = edit_bad.measured(lambda text: None)
    assert [row["asked"] for row in rows if not row["right"]] == []


def test_speed_is_counted_against_its_goals():
    rows = [{"operation": "remove drums", "times": 4.0}, {"operation": "gain", "times": 99.0}]
    assert [goal["met"] for goal in edit_speed.table(rows)["goals"]] == [False, True]
    long = [
        {"operation": "trim", "times": 80.0, "mb": 300.0},
        {"operation": "fade", "times": None, "mb": None, "error": "killed"},
    ]
    assert [edit_speed.long_table(rows)["goals"][0]["met"] for rows in (long[:1], long)] == [True, False]


def test_a_part_is_measured_alone_and_written_between_its_markers(tmp_path, monkeypatch):
    rows = [{"asked": "10 ms", "wanted": "error", "came": "done", "text": "", "right": False}]
    monkeypatch.setattr(edit_bad, "measured", lambda say: rows)
    page, said = tmp_path / "editing.md", []
    begin, end = edit_report.markers("bad")
    page.write_text(f"before\n{begin}\n{end}\nbehind\n")
    result = edit.run(part="bad", save=page, say=said.append)
    assert (result["passed"], result["total"]) == (0, 1)
    assert any("MISSED" in line for line in said)
    assert "| answered clearly | 0 of 1 | **no** |" in page.read_text()
    assert page.read_text().startswith("before")
    with pytest.raises(InvalidArgument, match="no part"):
        edit.run(part="colour")


def test_the_page_has_a_place_for_every_part():
    page = (Path(__file__).parent.parent / "docs" / "editing.md").read_text("utf-8")
    assert all(marker in page for part in edit.PARTS for marker in edit_report.markers(part))


def test_the_embedded_drums_meet_their_goal_on_one_mixture():
    mixture = rendered(0, seconds=4.0)
    drums, found = mixture.truth("drums"), separate.each(mixture.mix, ["drums"])["drums"]
    gain = edit_separation.si_sdr(found, drums) - edit_separation.si_sdr(mixture.mix.samples, drums)
    assert gain >= 5.0
    np.testing.assert_array_equal(found, separate.extract(mixture.mix, ["drums"]).stem.samples)


def test_a_click_is_one():
    smooth = np.stack([tones(0.2)] * 2)
    assert edit_invariance.clicks_at(smooth, 4000) < 3
    smooth[:, 4000:] += 0.3
    assert edit_invariance.clicks_at(smooth, 4000) > 6


def test_the_report_is_markdown_with_every_table():
    table = {
        "title": "T",
        "note": "N",
        "header": ["a", "b"],
        "rows": [["1", "x|y"]],
        "goals": [{"goal": "g", "found": "f", "met": False}],
    }
    text = edit_report.markdown([table])
    assert "| 1 | x/y |" in text
    assert "**no**" in text
    header, rows = edit_report.terminal([table])
    assert all(len(row) == len(header) for row in rows)
