"""The single-tool commands, from a file to a file."""

import json
from pathlib import Path
from typing import Any

import pytest

from segue.tools.core.audio import decode, probe
from tests.ui_support import here


def run(*words: str) -> Any:
    done = here(*words)
    assert done.exit_code == 0, done.stderr
    return done


@pytest.fixture
def beat(tmp_path: Path) -> Path:
    """A piece of the composer, with its MIDI beside it."""
    path = tmp_path / "beat.wav"
    run("generate", "a lo-fi beat", "--duration", "6", "--seed", "1", "--chords", "Dm7 G7 | Cmaj7", "-o", str(path))
    return path


def test_generate_writes_the_form_that_the_suffix_says(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = run("generate", "a techno loop", "--bpm", "130", "--bars", "2", "--seed", "3", "-o", str(folder), "--json")
    body = json.loads(done.stdout)
    assert body["status"] == "done"
    assert {Path(path).suffix for path in body["written"]} == {".wav", ".mid"}
    for path in body["written"]:
        assert Path(path).stat().st_size > 100
    assert body["out"]["pieces"][0]["score"]["bpm"] == 130


def test_a_generated_file_can_be_described_measured_and_written_down(beat: Path, tmp_path: Path) -> None:
    assert decode(beat).duration_s == pytest.approx(6.0, abs=0.1)
    measured = json.loads(run("tag", str(beat), "--json").stdout)["out"]
    assert measured["duration_s"] == pytest.approx(6.0, abs=0.1)
    assert run("caption", str(beat)).stdout.strip()
    chords = tmp_path / "beat.json"
    run("transcribe", str(beat), "-o", str(chords))
    assert json.loads(chords.read_text())["text"]


def test_edit_is_planned_from_words(beat: Path, tmp_path: Path) -> None:
    target = tmp_path / "short.flac"
    run("edit", str(beat), "keep only the first 3 seconds", "-o", str(target))
    assert probe(target).format == "flac"
    assert decode(target).duration_s == pytest.approx(3.0, abs=0.1)


def test_separate_takes_a_recording_apart_and_says_how_well(beat: Path, tmp_path: Path) -> None:
    folder = tmp_path / "stems"
    done = run("separate", str(beat), "-o", str(folder))
    stems = sorted(folder.rglob("*.wav"))
    assert {"bass", "drums"} <= {stem.stem for stem in stems}
    assert len({probe(stem).frames for stem in stems}) == 1
    assert sorted(done.stdout.splitlines()) == [str(stem) for stem in stems]
    assert "note:" in done.stderr


def test_what_was_not_understood_is_a_failure(beat: Path) -> None:
    done = here("edit", str(beat), "qwertz uiop")
    assert done.exit_code == 1
    assert done.stderr.strip()
