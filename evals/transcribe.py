"""How right transcription is: notes and drum hits of pieces whose truth is known, beside Basic Pitch as published.

``segue eval transcribe`` hears the pieces of ``segue eval listen`` and judges notes and drums by ``mir_eval``; its rivals are
``basic_pitch.inference.predict`` with its defaults and librosa's onsets in three bands, where they are installed.
``--save FILE`` writes the tables between ``<!-- eval transcribe -->`` markers.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from segue.evals import edit_report
from segue.evals.listen import Rows, Say, by_family, finished, row_of, summary, to_stderr
from segue.evals.listen_metrics import WRITING, written
from segue.evals.listen_pieces import Truth, pieces
from segue.evals.listen_sound import sound_of, soundfont_for
from segue.evals.listen_yardsticks import constant, listened, transcribed
from segue.tools.core.audio import Waveform
from segue.tools.listen.drums import drum_hits
from segue.tools.listen.notes import transcribe_wave

SUITE = "transcribe"
DESCRIPTION = "transcription: notes and drum hits against known truth, Basic Pitch as published and a constant answer"
BEGIN, END = "<!-- eval transcribe -->", "<!-- /eval transcribe -->"


def run(
    limit: int | None = None, data_home: Path | None = None, save: Path | None = None, say: Say | None = None
) -> dict[str, Any]:
    """Measure transcription; parameters and result as in ``listen.run``."""
    say = say or to_stderr
    rows = measured(pieces(limit, data_home), data_home, say)
    font = soundfont_for("reporting", data_home).name
    tables = [
        summary(rows, WRITING, "Known truth, the reporting half", font, "Basic Pitch / librosa"),
        by_family(rows, WRITING),
    ]
    return finished(SUITE, tables, {"limit": limit, "pieces": rows}, save, (BEGIN, END), say)


def measured(truths: Iterable[Truth], data_home: Path | None, say: Say) -> Rows:
    """Judge every system's notes and hits in every piece."""
    out: Rows = []
    for truth in truths:
        wave = sound_of(truth.score, truth.number, truth.half, data_home)
        others = (transcribed(wave) or {}) | {k: v for k, v in (listened(wave) or {}).items() if k == "drums"}
        answers = {"Segue": as_answer(wave), "library": others, "constant": constant(wave.duration_s)}
        out.append(row_of(truth, {name: written(truth, answer) for name, answer in answers.items()}))
        if len(out) % 20 == 0:
            say(f"{len(out)} pieces written down")
    return out


def as_answer(wave: Waveform) -> dict[str, Any]:
    """Return the notes and hits that Segue hears."""
    return {
        "notes": [(n.start, n.end, n.pitch) for n in transcribe_wave(wave)],
        "drums": [(n.start, n.pitch) for n in drum_hits(wave)],
    }


def table(result: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing."""
    return edit_report.terminal(result["tables"])
