"""``segue eval generate`` itself: pieces made wrong on purpose are found wrong, right ones right, and by chance alone."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from segue.evals import generate, generate_report, generate_taste
from segue.evals.generate_audio import judge_heard, plain, sample
from segue.evals.generate_estimators import bare_notes, chord_of, key_of, pulse_of, stripped
from segue.evals.generate_humans import estimated, humans
from segue.evals.generate_judge import (
    NAMES,
    Verdict,
    judge_bare,
    judge_tempo,
    judge_written,
    key_error,
    share_asked,
    tempo_bin,
)
from segue.evals.generate_requests import Asked, drawn
from segue.tools.backends.generate_composer import request_from
from segue.tools.core.errors import InvalidArgument, NotFound
from segue.tools.core.score import ChordSpan, Note, Part, Score, TempoMark
from segue.tools.core.theory import parse_chord, parse_key
from segue.tools.listen.facts import Analysis
from segue.tools.music.compose import compose
from segue.tools.music.midi import midi_bytes, read_midi

ASKED = Asked(
    number=0, seed=7, style="pop", bpm=100, key="G major", meter="4/4", chords=("G", "Em", "C", "D"), bars=17,
    form=("verse", "chorus", "verse", "chorus"), instruments=("piano", "flute"), exclude=("guitar",),
)  # fmt: skip


@pytest.fixture(scope="module")
def score() -> Score:
    return compose(request_from(ASKED.args(), lambda text: None))


def read_back(score: Score, folder: Path) -> Score:
    path = folder / "piece.mid"
    path.write_bytes(midi_bytes(score))
    return read_midi(path)


def wrong(verdicts: list[Verdict]) -> set[str]:
    return {verdict.attribute for verdict in verdicts if not verdict.ok}


def moved(score: Score, semitones: int) -> Score:
    """Return the notes that many semitones higher, with everything written as before."""
    parts = [
        part if part.is_drum else part.model_copy(
            update={"notes": [n.model_copy(update={"pitch": n.pitch + semitones}) for n in part.notes]})
        for part in score.parts
    ]  # fmt: skip
    return score.model_copy(update={"parts": parts})


# -- requests ---------------------------------------------------------------------------------------


def test_requests_are_the_same_every_time_and_half_are_sentences() -> None:
    requests = drawn(200)
    assert requests == drawn(200)
    assert drawn(20, seed=1) != requests[:20]
    assert requests[:20] == drawn(20)
    assert sum(bool(asked.words) for asked in requests) == 100
    assert len({asked.line() for asked in requests}) == 200


def test_requests_cover_styles_keys_meters_and_chords() -> None:
    requests = drawn(400)
    assert len({asked.style for asked in requests} - {None}) == 31
    keys = [parse_key(asked.key) for asked in requests if asked.key]
    assert {key.tonic for key in keys} == set(range(12))
    assert {key.mode for key in keys} == {"major", "minor", "dorian", "mixolydian", "lydian", "phrygian"}
    assert {asked.meter for asked in requests} == {None, "4/4", "3/4", "2/4", "6/8", "12/8", "5/4", "7/8"}
    chords = [parse_chord(symbol) for asked in requests for symbol in asked.chords]
    assert any("/" in chord.symbol for chord in chords)
    assert len({chord.quality for chord in chords}) >= 15


def test_sentences_say_what_they_ask() -> None:
    for asked in drawn(120)[1::2]:
        for said in (asked.bpm, asked.key, asked.meter, *asked.chords, *asked.form, *asked.instruments, *asked.exclude):
            assert said is None or str(said) in asked.words, (said, asked.words)


# -- as written -------------------------------------------------------------------------------------


def test_a_right_piece_is_found_right(score: Score, tmp_path: Path) -> None:
    verdicts = judge_written(ASKED, read_back(score, tmp_path))
    assert wrong(verdicts) == set()
    names = {"TB", "CK", "meter", "bars", "form", "ECM", "any order", "present", "excluded"}
    assert names <= {v.attribute for v in verdicts}
    assert share_asked(verdicts) == 1.0


def _without(score: Score, instrument: str) -> Score:
    return score.model_copy(update={"parts": [part for part in score.parts if part.instrument != instrument]})


def _guitar(score: Score) -> Score:
    return score.model_copy(update={"parts": [*score.parts, score.parts[-1].model_copy(
        update={"name": "strummed", "instrument": "acoustic guitar", "program": 25, "is_drum": False})]})  # fmt: skip


def _chord(score: Score) -> Score:
    changed = [c.model_copy(update={"symbol": "Em7"}) if i == 1 else c for i, c in enumerate(score.chords)]
    return score.model_copy(update={"chords": changed})


def _form(score: Score) -> Score:
    return score.model_copy(
        update={"sections": [score.sections[0].model_copy(update={"name": "bridge"}), *score.sections[1:]]}
    )


def _cut(score: Score) -> Score:
    end = score.bar_beat(score.bars - 1)
    parts = [part.model_copy(update={"notes": [n for n in part.notes if n.end <= end]}) for part in score.parts]
    return score.model_copy(update={"parts": parts, "bars": score.bars - 2})


@pytest.mark.parametrize(
    ("spoil", "missed"),
    [
        (lambda s: s.model_copy(update={"key": "A major"}), {"CK", "CKD"}),
        (lambda s: s.model_copy(update={"key": "E minor"}), {"CK"}),
        (lambda s: s.model_copy(update={"tempo": [TempoMark(bpm=130)]}), {"TB", "bpm"}),
        (lambda s: s.model_copy(update={"tempo": [TempoMark(bpm=103)]}), {"bpm"}),
        (lambda s: s.model_copy(update={"tempo": [TempoMark(bpm=200)]}), {"TB", "TBT", "bpm"}),
        (lambda s: _without(s, "flute"), {"present"}),
        (_guitar, {"excluded"}),
        (_chord, {"ECM"}),
        (_cut, {"bars"}),
        (_form, {"form"}),
    ],
)
def test_what_is_spoilt_is_found_as_written(score: Score, tmp_path: Path, spoil: Any, missed: set[str]) -> None:
    found = wrong(judge_written(ASKED, read_back(spoil(score), tmp_path)))
    assert missed <= found
    allowed = {"bars": {"form"}, "form": {"form"}}.get(min(missed), set())
    assert found - missed - allowed - {"bar chords"} == set()


def test_another_meter_is_found(score: Score) -> None:
    assert "meter" in wrong(judge_written(ASKED, score.model_copy(update={"meter": "3/4"})))


def test_a_file_that_would_be_cut_off_or_end_in_silence_is_found(score: Score) -> None:
    end = max(score.clock().seconds(n.end) for part in score.parts for n in part.notes)
    for seconds, ok in ((round(end + 2), True), (round(end - 1), False), (round(end + 8), False)):
        verdicts = judge_written(Asked(number=0, seed=0, seconds=seconds), score)
        assert [v.ok for v in verdicts if v.attribute == "duration"] == [ok]


def test_misses_tell_misreading_from_miswriting() -> None:
    asked = replace(ASKED, words="a pop piece at 80 bpm", number=1)
    found = generate.piece(asked)
    tempo = next(v for v in found["written"] if v["attribute"] == "TB")
    assert not tempo["ok"]
    assert "read as 80" in tempo["why"]


# -- from bare notes --------------------------------------------------------------------------------


def test_bare_notes_show_a_piece_in_another_key_or_tempo(score: Score) -> None:
    right = judge_bare(ASKED, stripped(score), score)
    assert wrong(right) <= {"bar chords"}
    share = [v.ok for v in right if v.attribute == "bar chords"]
    assert sum(share) > 0.7 * len(share)
    higher = judge_bare(ASKED, stripped(moved(score, 3)), score)
    assert {"CK", "CKD"} <= wrong(higher)
    share = [v.ok for v in higher if v.attribute == "bar chords"]
    assert sum(share) < 0.3 * len(share)
    faster = score.model_copy(update={"tempo": [TempoMark(bpm=125)]})
    assert {"TB", "bpm"} <= wrong(judge_bare(ASKED, stripped(faster), faster))


def test_names_do_not_reach_the_estimators(score: Score) -> None:
    renamed = score.model_copy(update={"key": "Eb minor", "meter": "7/8", "title": "G major at 100", "chords": []})
    one, other = stripped(score), stripped(renamed)
    assert (one.start == other.start).all()
    assert (one.pitch == other.pitch).all()
    assert key_of(one) == key_of(other)
    assert pulse_of(one) == pulse_of(other)


def _waltz() -> list[tuple[float, float, int, float, bool]]:
    """Return a bass note and two chords a bar in D major, I IV V I, at 90 quarters a minute."""
    beat, rows = 60 / 90, []
    for bar in range(16):
        root = (50, 55, 57, 50)[bar % 4]
        rows.append((3 * bar * beat, (3 * bar + 1) * beat, root - 12, 100.0, False))
        for place in (1, 2):
            start = (3 * bar + place) * beat
            rows += [(start, start + beat / 2, root + up, 70.0, False) for up in (12, 16, 19)]
    return rows


def test_estimators_on_a_waltz() -> None:
    notes = bare_notes(_waltz())
    pulse = pulse_of(notes)
    assert str(key_of(notes)) == "D major"
    assert pulse is not None
    assert abs(pulse.bpm - 90) < 1
    assert pulse.meter == "3/4"
    assert chord_of(notes, 2.0, 4.0) == (7, "")


def test_estimators_without_notes() -> None:
    empty = bare_notes([])
    assert key_of(empty) is None
    assert pulse_of(empty) is None
    assert chord_of(empty, 0, 1) is None
    assert empty.seconds == 0


def test_estimators_on_human_scores() -> None:
    rows = [(one, estimated(one)) for one in humans(limit=3)]
    assert Counter(one.kind for one, _ in rows) == {"chorales": 3, "quartets": 3, "folk tunes": 3}
    keys = [key is not None and (key.tonic, key.is_minor) == (one.key.tonic, one.key.is_minor)
            for one, (key, _, _) in rows if one.key]  # fmt: skip
    tempi = [bpm is not None and abs(bpm - one.bpm) < 0.02 * one.bpm for one, (_, bpm, _) in rows]
    assert sum(keys) >= 6
    assert sum(tempi) >= 6


def test_tempo_bins_and_relations() -> None:
    assert [tempo_bin(bpm) for bpm in (30, 40, 59, 60, 89, 90, 139, 140, 209, 210)] == [0, 1, 1, 2, 3, 4, 5, 6, 7, 8]
    assert wrong(judge_tempo(100, 112)) == {"TB", "bpm"}
    assert judge_tempo(70, 69.9998)[0].ok
    assert wrong(judge_tempo(60, None)) == {"TB", "TBT", "bpm"}
    assert key_error(parse_key("C major"), parse_key("A minor")) == "relative key"
    assert key_error(parse_key("C major"), parse_key("C minor")) == "right tonic, another mode"


# -- from sound -------------------------------------------------------------------------------------


def test_what_is_heard_is_judged_without_the_score() -> None:
    piano = Part(name="piano", notes=[Note(start=0, duration=16, pitch=60)])
    score = Score(
        bars=4, tempo=[TempoMark(bpm=120)], chords=[ChordSpan(start=0, duration=16, symbol="C")], parts=[piano]
    )
    asked = Asked(number=0, seed=0, bpm=120, key="C major", meter="4/4", chords=("C", "Am"))
    facts = Analysis(bpm=60.2, key="A minor", meter="4/4", chords=[(0, 2.2, "C"), (2.2, 8, "Am7")])
    verdicts = judge_heard(asked, score, facts)
    assert wrong(verdicts) == {"TB", "TBT", "bpm", "CK", "bar chords"}
    assert [v.ok for v in verdicts if v.attribute == "bar chords"] == [True, True, False, True]


def test_the_plain_rendering_has_the_same_notes(score: Score) -> None:
    bare = plain(score)
    assert {part.name for part in bare.parts} <= {"piano", "drums"}
    assert sum(len(p.notes) for p in bare.parts) == sum(len(p.notes) for p in score.parts)
    assert all(part.reverb == 0 and part.synth is None for part in bare.parts)


def test_the_sound_sample_is_spread_over_short_pieces() -> None:
    requests = [replace(ASKED, number=n) for n in range(20)]
    chosen = sample(requests, {n: 30.0 if n % 2 else 300.0 for n in range(20)}, 5)
    assert [asked.number for asked in chosen] == [1, 5, 9, 13, 17]


# -- the whole, small -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    lines: list[str] = []
    found = generate.run(limit=12, say=lines.append)
    assert lines
    return found


def test_a_small_run_counts_what_was_asked(result: dict[str, Any]) -> None:
    requests = drawn(12)
    written = result["columns"]["written"]
    for attribute, field in (("TB", "bpm"), ("CK", "key"), ("meter", "meter"), ("bars", "bars"), ("ECM", "chords")):
        assert written[attribute]["n"] == sum(bool(getattr(asked, field)) for asked in requests)
    assert written["present"]["n"] == sum(len(asked.instruments) for asked in requests)
    assert result["total"] == 12
    assert result["columns"]["bare"]["TB"]["n"] == written["TB"]["n"]
    assert result["columns"]["humans"]["CK"]["n"] == 6
    assert 0.5 < result["asa"]["bare"] <= result["asa"]["written"] <= 1
    missed = {m["number"] for m in result["misses"] if m["column"] in ("written", "error")}
    assert result["passed"] == 12 - len(missed)


def test_a_small_run_prints_as_rows_and_as_markdown(result: dict[str, Any], tmp_path: Path) -> None:
    header, rows = generate.table(result)
    assert all(len(row) == len(header) for row in rows)
    assert all(isinstance(cell, str) for row in rows for cell in row)
    page = tmp_path / "page.md"
    page.write_text(f"# Mine\n{generate_report.BEGIN}\nold\n{generate_report.END}\nkept\n", "utf-8")
    generate_report.save(result, page)
    text = page.read_text("utf-8")
    assert text.startswith("# Mine\n")
    assert text.endswith("\nkept\n")
    assert "old" not in text
    assert "| key (CK) |" in text
    generate_report.save(result, page)
    assert page.read_text("utf-8") == text


def test_tables_need_a_file_with_markers(result: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    with pytest.raises(NotFound):
        generate_report.save(result, page)
    page.write_text("nothing here", "utf-8")
    with pytest.raises(InvalidArgument):
        generate_report.save(result, page)


def test_the_readme_holds_the_tables_of_the_requests_that_are_drawn_now() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    block = text.partition(generate_report.BEGIN)[2].partition(generate_report.END)[0]
    rows = {cells[1].strip(): cells[2].strip() for line in block.splitlines() if len(cells := line.split("|")) > 3}
    requests = drawn(200)
    for attribute, field in (("TB", "bpm"), ("CK", "key"), ("meter", "meter"), ("form", "form"), ("ECM", "chords")):
        assert rows.get(NAMES[attribute]) == str(sum(bool(getattr(asked, field)) for asked in requests)), (
            "stale: segue eval generate --audio 24 --save README.md"
        )


def test_pieces_beyond_human_measures_are_listed_with_a_reason_or_without() -> None:
    still = {"genre": "pop", "bars": 32, "measures": {"pitch_entropy_1": 0.0, "melody_range": 90.0}}
    found = generate_taste.beside_humans([(Asked(number=3, seed=0), still), (replace(ASKED, number=4), still)])
    reasons = {(one["number"], one["measure"]): one["reason"] for one in found["outside"]}
    assert reasons[3, "pitch_entropy_1"] == ""
    assert "chords were asked for" in reasons[4, "pitch_entropy_1"]
    assert reasons[4, "melody_range"] == ""
    assert next(row for row in found["rows"] if row["measure"] == "pitch_entropy_1")["unexplained"] == 1
