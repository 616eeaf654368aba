"""How right listening is: tempo, beats, meter, key, chords and sections of pieces whose truth is known, and of recordings.

``segue eval listen`` renders 56 composed pieces and 58 human-made scores (from music21's corpus; more from MIDI files of
``--data-home``), the reporting half with a soundfont of ``--data-home``/soundfonts, and judges Segue, librosa (where it is
installed) and an answer that never changes by ``mir_eval``. ``--save FILE`` writes the tables between ``<!-- eval listen -->`` markers.
"""

import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from segue.evals import edit_report, listen_recordings
from segue.evals.generate_report import write_between
from segue.evals.listen_metrics import LISTENING, harte, judged
from segue.evals.listen_pieces import Truth, pieces
from segue.evals.listen_sound import sound_of, soundfont_for
from segue.evals.listen_yardsticks import constant, listened
from segue.tools.listen.analyse import analyse_wave
from segue.tools.listen.facts import Analysis

SUITE = "listen"
DESCRIPTION = (
    "listening: tempo, beats, key, chords, sections against known truth, librosa and a constant answer; recordings"
)
BEGIN, END = "<!-- eval listen -->", "<!-- /eval listen -->"
SYSTEMS = ("Segue", "library", "constant")
Say = Callable[[str], None]
Rows = list[dict[str, Any]]


def run(
    limit: int | None = None, data_home: Path | None = None, save: Path | None = None, say: Say | None = None
) -> dict[str, Any]:
    """Measure listening.

    Parameters
    ----------
    limit : about how many pieces, and how many recordings; all of them when not given.
    data_home : a folder with ``soundfonts/``, MIDI files and ``music/``, each of which may be missing.
    save : a text file with this suite's markers, between which its tables are written.
    say : called with one line of progress; standard error when not given.

    Returns
    -------
    dict, all of it JSON: ``tables`` (title, note, header, rows, goals); ``passed`` of ``total`` counts goals met.
    """
    say = say or to_stderr
    rows = measured(pieces(limit, data_home), data_home, say)
    font = soundfont_for("reporting", data_home).name
    tables = [
        summary(rows, LISTENING, "Known truth, the reporting half", font, "librosa"),
        by_family(rows, LISTENING),
        *listen_recordings.tables(data_home, limit, say),
    ]
    return finished(SUITE, tables, {"limit": limit, "pieces": rows}, save, (BEGIN, END), say)


def measured(truths: Iterable[Truth], data_home: Path | None, say: Say) -> Rows:
    """Judge every system's answers to every piece."""
    out: Rows = []
    for truth in truths:
        wave = sound_of(truth.score, truth.number, truth.half, data_home)
        answers = {
            "Segue": as_answer(analyse_wave(wave, by_ear=False)),
            "library": listened(wave),
            "constant": constant(wave.duration_s),
        }
        found = {name: judged(truth, a, wave.duration_s) for name, a in answers.items() if a is not None}
        out.append(row_of(truth, found))
        if len(out) % 20 == 0:
            say(f"{len(out)} pieces heard")
    return out


def as_answer(facts: Analysis) -> dict[str, Any]:
    """Return an analysis in the form in which all systems answer."""
    return {
        "tempo": facts.bpm,
        "beats": facts.beats,
        "meter": facts.meter,
        "key": facts.key,
        "chords": [(start, end, harte(symbol)) for start, end, symbol in facts.chords]
        or [(0.0, facts.duration_s, "N")],
        "sections": [start for _, start, _ in facts.sections if start > 0],
    }


# -- what both suites share -----------------------------------------------------------------------


def row_of(truth: Truth, found: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Return one piece's figures as JSON."""
    return {
        "number": truth.number,
        "name": truth.name,
        "family": truth.family,
        "half": truth.half,
        "human": truth.human,
        "found": {system: {name: round(value, 4) for name, value in one.items()} for system, one in found.items()},
    }


def summary(rows: Rows, measures: Sequence[str], title: str, font: str, library: str) -> dict[str, Any]:
    """Return the table of the reporting half with a goal a measure: at least as good as the library."""
    reported = [row for row in rows if row["half"] == "reporting"]
    lines, goals = [], []
    better = compared = 0
    for measure in measures:
        means = {system: _mean(reported, system, measure) for system in SYSTEMS}
        human = {system: _mean([r for r in reported if r["human"]], system, measure) for system in SYSTEMS}
        count = sum(measure in row["found"]["Segue"] for row in reported)
        lines.append([measure, str(count), *(_shown(means[s]) for s in SYSTEMS), *(_shown(human[s]) for s in SYSTEMS)])
        ours = means["Segue"]
        if ours is None:
            continue
        rival, who = (means["library"], library) if means["library"] is not None else (means["constant"], "the constant answer")  # fmt: skip
        if rival is not None:
            goals.append(goal(f"{measure}: at least {who}'s {rival:.3f}", f"{ours:.3f}", ours >= rival - 5e-4))
            compared += who == library
            better += who == library and ours > rival + 5e-4
    if compared:
        goals.append(goal(f"better than {library} on most measures", f"{better} of {compared}", better > compared / 2))
    humans = sum(row["human"] for row in rows)
    note = (
        f"{len(rows)} pieces, {humans} of them human-made scores with tempo curves of 5–15 % and swing; these are the "
        f"{len(reported)} of the reporting half, played with {font} and its own reverb and chorus through rooms, equalisers, saturation and "
        "hiss that nothing was tuned on. The last three columns are the human-made ones alone."
    )
    header = [
        "measure",
        "pieces",
        "Segue",
        library,
        "constant answer",
        "Segue, human",
        f"{library}, human",
        "constant, human",
    ]
    return {"title": title, "note": note, "header": header, "rows": lines, "goals": goals}


def by_family(rows: Rows, measures: Sequence[str]) -> dict[str, Any]:
    """Return Segue's and the library's means of each family and half."""
    lines = []
    for family in dict.fromkeys(row["family"] for row in rows):
        for half in ("tuning", "reporting"):
            some = [row for row in rows if row["family"] == family and row["half"] == half]
            cells = []
            for measure in measures:
                ours, theirs = _mean(some, "Segue", measure), _mean(some, "library", measure)
                cells.append("" if ours is None else f"{_shown(ours)} / {_shown(theirs)}")
            lines.append([family, f"{half}, {len(some)}", *cells])
    note = "Segue / the library. The tuning half, with Segue's own soundfont, is what its listening may be fitted to."
    return {
        "title": "Family by family",
        "note": note,
        "header": ["family", "half", *measures],
        "rows": lines,
        "goals": [],
    }


def finished(
    suite: str,
    tables: list[dict[str, Any]],
    more: Mapping[str, Any],
    save: Path | None,
    marks: tuple[str, str],
    say: Say,
) -> dict[str, Any]:
    """Return a suite's result, and write its tables where asked."""
    goals = [one for table_ in tables for one in table_["goals"]]
    if save is not None:
        write_between(save, *marks, edit_report.markdown(tables))
        say(f"written into {save}")
    passed = sum(one["met"] for one in goals)
    return {"suite": suite, **more, "tables": tables, "passed": passed, "total": len(goals)}


def goal(text: str, found: str, met: bool) -> dict[str, Any]:
    """Return a goal as the tables show it."""
    return {"goal": text, "found": found, "met": bool(met)}


def _mean(rows: Rows, system: str, measure: str) -> float | None:
    values = [row["found"][system][measure] for row in rows if measure in row["found"].get(system, {})]
    return statistics.fmean(values) if values else None


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def table(result: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing."""
    return edit_report.terminal(result["tables"])


def to_stderr(line: str) -> None:
    """Say a line of progress."""
    sys.stderr.write(f"{line}\n")
