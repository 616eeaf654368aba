"""Structure and taste of composed pieces: the rules each meets, and measures beside those of human scores.

A measure is never "the higher the better": what counts is whether a piece lies where human pieces lie. A piece
outside the 1st to 99th percentile is listed with what in its request explains it, or without a reason.
"""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from segue.evals.generate_requests import Asked
from segue.evals.humans import human_figures, percentiles
from segue.tools.core.score import Score
from segue.tools.core.theory import parse_chord
from segue.tools.music.compose_request import Request
from segue.tools.music.measures import measure_all
from segue.tools.music.rules import check_rules

MEASURES = {
    "structure_short": "structureness, short span", "structure_middle": "structureness, middle span",
    "structure_long": "structureness, long span", "pitch_entropy_1": "pitch-class entropy, 1 bar (bit)",
    "pitch_entropy_4": "pitch-class entropy, 4 bars (bit)", "groove_similarity": "groove similarity",
    "chord_irregularity": "chord irregularity", "compression": "compression by COSIATEC (CR)",
    "melody_steps": "tune: steps of at most 2 semitones", "melody_range": "tune: range (semitones)",
    "repeated_notes": "tune: notes repeated at once", "note_length_median": "tune: median note length (beats)",
}  # fmt: skip
_SHORT_BARS = 12


@dataclass(frozen=True)
class Outside:
    """One measure of one piece beyond what human pieces measure, and why."""

    number: int
    genre: str
    measure: str
    value: float
    low: float
    high: float
    reason: str


def taste_of(score: Score, request: Request) -> dict[str, Any]:
    """Return the rules' findings as ``[rule, measure, met]`` and the measures by name, ready for JSON."""
    found = [(f.rule, f.name, f.met) for f in check_rules(score, request)]
    return {"rules": found, "measures": {name: float(value) for name, value in measure_all(score).items()}}


def rules_met(pieces: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return for each rule and measure how many pieces it applies to and how many meet it, over all and by genre.

    Parameters
    ----------
    pieces : dicts with ``genre`` and ``rules`` as ``taste_of`` returns them.
    """
    cells: dict[tuple[int, str], dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for piece in pieces:
        for rule, name, met in piece["rules"]:
            if met is not None:
                cells[rule, name][piece["genre"]].append(met)
    rows = []
    for (rule, name), by_genre in sorted(cells.items()):
        marks = [met for found in by_genre.values() for met in found]
        low = {genre: round(sum(m) / len(m), 3) for genre, m in sorted(by_genre.items()) if sum(m) < 0.9 * len(m)}
        rows.append({"rule": rule, "measure": name, "n": len(marks), "met": sum(marks), "below": low})
    by_genre_all: dict[str, list[bool]] = defaultdict(list)
    for piece in pieces:
        by_genre_all[piece["genre"]] += [met for _, _, met in piece["rules"] if met is not None]
    genres = {genre: {"n": len(m), "met": sum(m)} for genre, m in sorted(by_genre_all.items())}
    return {"rows": rows, "genres": genres}


def human_range(measure: str) -> tuple[float, float, dict[str, dict[str, float]]] | None:
    """Return the lowest 1st and highest 99th percentile over the human sources that have a measure, and each source's figures."""
    kinds = {kind: found[measure] for kind, found in human_figures()["kinds"].items() if measure in found}
    if not kinds:
        return None
    return min(row["p1"] for row in kinds.values()), max(row["p99"] for row in kinds.values()), kinds


def beside_humans(pieces: Sequence[tuple[Asked, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return each measure's percentiles over some pieces beside humans', and the pieces that lie outside.

    Parameters
    ----------
    pieces : each with its request; dicts with ``genre``, ``bars`` and ``measures``.
    """
    rows, outside = [], []
    for name, title in MEASURES.items():
        found = [(asked, piece, piece["measures"][name]) for asked, piece in pieces if name in piece["measures"]]
        human = human_range(name)
        if not found or human is None:
            continue
        low, high, kinds = human
        ours = percentiles([value for _, _, value in found])
        beyond = [
            Outside(
                asked.number, piece["genre"], name, round(value, 4), low, high, reason(name, asked, piece, value < low)
            )
            for asked, piece, value in found
            if not low <= value <= high
        ]
        outside += [asdict(one) for one in beyond]
        rows.append(
            {
                "measure": name, "title": title, "n": len(found), "ours": ours, "outside": len(beyond),
                "unexplained": sum(not one.reason for one in beyond),
                "mean": round(statistics.mean(value for _, _, value in found), 3),
                "humans": {kind: {p: row[p] for p in ("n", "p1", "p50", "p99")} for kind, row in kinds.items()},
            }
        )  # fmt: skip
    return {"rows": rows, "outside": outside}


def reason(measure: str, asked: Asked, piece: Mapping[str, Any], is_low: bool) -> str:
    """Say what in the request explains a measure beyond humans'; empty where nothing does."""
    tones = {pc for symbol in asked.chords for pc in parse_chord(symbol).pitch_classes}
    if measure in ("pitch_entropy_1", "pitch_entropy_4", "chord_irregularity", "compression") and asked.chords:
        return f"its {len(asked.chords)} chords were asked for and hold {len(tones)} pitch classes"
    if measure.startswith("structure") and asked.chords and not is_low:
        return f"its {len(asked.chords)} chords were asked for and come round to the end"
    if measure.startswith(("structure", "compression", "chord", "groove")) and piece["bars"] <= _SHORT_BARS:
        return f"only {piece['bars']} bars fit the length that was asked for"
    if asked.meter in ("5/4", "7/8", "12/8", "6/8") and measure in ("note_length_median", "groove_similarity"):
        return f"{asked.meter} was asked for; hardly any human score here is in it"
    if measure == "repeated_notes" and piece["genre"] in (
        "techno",
        "house",
        "trance",
        "drill",
        "trap",
        "hiphop_boombap",
    ):
        return "a riff on one note is the style's own"
    if piece["genre"] in ("ambient", "techno") and is_low:
        return "the style stands still on purpose"
    return ""
