"""How well recordings are edited: separation, what is left alone, stretching, effects by words, speed, bad requests.

``segue eval edit`` renders mixtures whose stems are known, takes real recordings from ``--data-home`` (``music/``) and from
installed packages, and prints a table a part with its goals. ``--part NAME`` measures one part alone; ``long``, two-hour files,
is measured only where it is named. ``--save FILE`` writes each part between its own markers as soon as it is measured.
``--data-home`` may also hold ``soundfonts/`` (other players for the mixtures) and ``songs/`` (MUSDB18-HQ's layout).
"""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from segue.evals import edit_bad, edit_effects, edit_invariance, edit_report, edit_separation, edit_speed, edit_stretch
from segue.evals.edit_mixtures import mixtures, recordings
from segue.evals.generate_report import write_between
from segue.tools.core.errors import InvalidArgument

SUITE = "edit"
DESCRIPTION = "editing recordings: separation, what is left alone, stretching, effects by words, speed, bad requests"
PARTS = ("separation", "invariance", "stretch", "effects", "speed", "bad", "long")
_WHOLE = 40  # mixtures from which on everything is measured whole
_RECORDINGS = 20
Say = Callable[[str], None]


def run(
    limit: int = _WHOLE,
    data_home: Path | None = None,
    save: Path | None = None,
    part: str | None = None,
    say: Say | None = None,
) -> dict[str, Any]:
    """Measure editing.

    Parameters
    ----------
    limit : how many mixtures are rendered and separated; below 40 the other tables are shorter, too.
    data_home : a folder with ``music/``, ``soundfonts/`` and ``songs/``, each of which may be missing.
    save : a text file with the markers of each part, between which its table is written.
    part : one of ``PARTS`` alone; when not given all but ``long``.
    say : called with one line of progress; standard error when not given.

    Returns
    -------
    dict, all of it JSON: ``tables`` (title, note, header, rows, goals); ``passed`` of ``total`` counts goals met.

    Raises
    ------
    InvalidArgument : there is no such part.
    """
    say = say or _to_stderr
    if part is not None and part not in PARTS:
        raise InvalidArgument(f"The suite has no part '{part}'.", f"Parts: {', '.join(PARTS)}.")
    tables = []
    for name in [part] if part else PARTS[:-1]:
        start = time.perf_counter()
        one = _measured(name, limit, data_home, say)
        say(f"{name}: {time.perf_counter() - start:.0f} s")
        for goal in one["goals"]:
            say(f"  {'met   ' if goal['met'] else 'MISSED'} {goal['goal']}: {goal['found']}")
        tables.append(one)
        if save is not None:
            write_between(save, *edit_report.markers(name), edit_report.markdown([one]))
            say(f"{name} written into {save}")
    goals = [goal for one in tables for goal in one["goals"]]
    return {
        "suite": SUITE,
        "limit": limit,
        "tables": tables,
        "passed": sum(g["met"] for g in goals),
        "total": len(goals),
    }


def _measured(part: str, limit: int, data_home: Path | None, say: Say) -> dict[str, Any]:
    if part == "separation":
        return edit_separation.table(edit_separation.measured(mixtures(limit, data_home), say))
    if part == "stretch":
        return edit_stretch.table(edit_stretch.measured(say))
    if part == "speed":
        return edit_speed.table(edit_speed.measured(say))
    if part == "long":
        return edit_speed.long_table(edit_speed.long_measured(say))
    if part == "bad":
        return edit_bad.table(edit_bad.measured(say))
    found = recordings(_RECORDINGS if limit >= _WHOLE else max(1, limit // 2), data_home)
    if part == "invariance":
        return edit_invariance.table(edit_invariance.measured(found, say))
    return edit_effects.table(edit_effects.measured(_heard(found, data_home), say))


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
