"""How well recordings are edited: separation, what is left alone, stretching, effects by words, speed, bad requests.

``segue eval edit`` renders mixtures whose stems are known, takes real recordings from ``--data-home`` (``music/``) and from
installed packages, and prints six tables with their goals. ``--save FILE`` writes them between ``<!-- eval edit -->`` markers.
``--data-home`` may also hold ``soundfonts/`` (other players for the mixtures) and ``songs/`` (MUSDB18-HQ's layout).
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from segue.evals import edit_bad, edit_effects, edit_invariance, edit_report, edit_separation, edit_speed, edit_stretch
from segue.evals.edit_mixtures import mixtures, recordings
from segue.evals.generate_report import write_between

SUITE = "edit"
DESCRIPTION = "editing recordings: separation, what is left alone, stretching, effects by words, speed, bad requests"
_WHOLE = 40  # mixtures from which on everything is measured whole
_RECORDINGS = 20
Say = Callable[[str], None]


def run(
    limit: int = _WHOLE, data_home: Path | None = None, save: Path | None = None, say: Say | None = None
) -> dict[str, Any]:
    """Measure editing.

    Parameters
    ----------
    limit : how many mixtures are rendered and separated; below 40 the other tables are shorter, too, and two-hour files are left out.
    data_home : a folder with ``music/``, ``soundfonts/`` and ``songs/``, each of which may be missing.
    save : a text file with this suite's markers, between which its tables are written.
    say : called with one line of progress; standard error when not given.

    Returns
    -------
    dict, all of it JSON: ``tables`` (title, note, header, rows, goals); ``passed`` of ``total`` counts goals met.
    """
    say = say or _to_stderr
    whole = limit >= _WHOLE
    found = recordings(_RECORDINGS if whole else max(1, limit // 2), data_home)
    tables = [
        edit_separation.table(edit_separation.measured(mixtures(limit, data_home), say)),
        edit_invariance.table(edit_invariance.measured(found, say)),
        edit_stretch.table(edit_stretch.measured(say)),
        edit_effects.table(edit_effects.measured(_heard(found, data_home), say)),
        edit_speed.table(edit_speed.measured(say, long_files=whole)),
        edit_bad.table(edit_bad.measured(say)),
    ]
    goals = [goal for one in tables for goal in one["goals"]]
    result = {
        "suite": SUITE,
        "limit": limit,
        "tables": tables,
        "passed": sum(g["met"] for g in goals),
        "total": len(goals),
    }
    if save is not None:
        write_between(save, edit_report.BEGIN, edit_report.END, edit_report.markdown(tables))
        say(f"written into {save}")
    return result


def table(result: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing."""
    return edit_report.terminal(result["tables"])


def _heard(found: list[tuple[str, Any]], data_home: Path | None) -> list[tuple[str, Any]]:
    """What effects are done to: a composed mix and the longest real recordings."""
    mixture = next(iter(mixtures(1, data_home)))
    longest = sorted((one for one in found if one[1].channels == 2), key=lambda one: -one[1].duration_s)[:3]
    return [(mixture.title, mixture.mix), *longest]


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
