"""Whether each genre sounds like itself: checklists that were frozen before the composer was tuned.

``genre_checklists.json`` holds the items, each with its reason; ``FROZEN`` is the SHA-256 of that file. What was
corrected since the first freezing is listed in it under ``changed``. Scores are checked, nothing is rendered.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from segue.evals.genre_measures import MEASURES, Reading, felt_tempo
from segue.tools.core.score import Score
from segue.tools.music.compose import Request, compose

SUITE = "genres"
DESCRIPTION = "whether composed pieces have their genre's marks, by checklists frozen beforehand"
FROZEN = "04f9cb6f3778b160282fa2a1dd648c669d0880af8b4620a934669cb1439e3f4b"
FIRST_FROZEN = "bd9b3d23c51331a242233b0c856ba27f6a0412c412a140eb764a0d200becf0ae"  # before what ``changed`` lists
_CHECKLISTS = Path(__file__).with_name("genre_checklists.json")
SEEDS = (1, 2, 3, 4)
# Straight playing by people lands this near to 0.5 on either side (a rule of performed timing).
STRAIGHT_TOLERANCE = 0.02


@dataclass(frozen=True)
class Item:
    """One mark of a genre: what it is called, whether the piece has it, and what was measured."""

    name: str
    met: bool
    value: str
    why: str = ""


@lru_cache(maxsize=1)
def checklists() -> dict[str, list[dict[str, Any]]]:
    """Return the frozen items by genre."""
    loaded: dict[str, list[dict[str, Any]]] = json.loads(_CHECKLISTS.read_text("utf-8"))["genres"]
    return loaded


def checksum() -> str:
    """Return the SHA-256 of the checklists as they are now."""
    return hashlib.sha256(_CHECKLISTS.read_bytes()).hexdigest()


def speed_of(score: Score, items: Sequence[dict[str, Any]]) -> float:
    """Return 2 where the tempo is the genre's half, 0.5 where it is its double, else 1."""
    felt = felt_tempo(score)
    for item in items:
        if item.get("measure") == "tempo":
            for name, speed in (("half", 2.0), ("double", 0.5)):
                if name in item and item[name][0] <= felt <= item[name][1]:
                    return speed
    return 1.0


def check(score: Score, genre: str) -> list[Item]:
    """Return every item of a genre's checklist for a score; the genre must be one of ``checklists()``."""
    items = checklists()[genre]
    reading = Reading(score, speed_of(score, items))
    return [_judged(reading, item) for item in items]


def _judged(reading: Reading, item: dict[str, Any]) -> Item:
    met, value = _judge(reading, item)
    return Item(item["name"], met, value, item["why"])


def _judge(reading: Reading, predicate: dict[str, Any]) -> tuple[bool, str]:
    for name, every in (("any_of", any), ("all_of", all)):
        if name in predicate:
            found = [_judge(reading, one) for one in predicate[name]]
            return every(met for met, _ in found), " | ".join(value for _, value in found)
    value = MEASURES[predicate["measure"]](reading, predicate)
    if isinstance(value, str):
        return (value in predicate["one_of"] if "one_of" in predicate else value == ""), value or "yes"
    low, high = predicate.get("range", (predicate.get("min", -math.inf), predicate.get("max", math.inf)))
    slack = 5e-4  # half a last printed digit
    below = STRAIGHT_TOLERANCE if predicate["measure"] == "swing" and low <= 0.5 else slack
    return low - below <= value <= high + slack, f"{value:.4g} ({_bounds(low, high)})"


def _bounds(low: float, high: float) -> str:
    if math.isinf(high):
        return f"≥ {low:g}"
    return f"≤ {high:g}" if math.isinf(low) else f"{low:g} to {high:g}"


def nearest(score: Score) -> list[tuple[str, float]]:
    """Return every genre with the share of its items that a score meets, best first: a classifier that learned nothing."""
    shares = []
    for genre in checklists():
        items = check(score, genre)
        shares.append((genre, sum(item.met for item in items) / len(items)))
    return sorted(shares, key=lambda pair: -pair[1])


def run(seeds: Sequence[int] = SEEDS, genres: Sequence[str] | None = None) -> dict[str, Any]:
    """Compose a piece a genre and seed and check it.

    Returns
    -------
    dict with ``passed`` and ``total`` (items met, over all pieces), ``genres_whole`` (genres whose every item is met
    by every piece), ``recognised`` (genres whose first piece meets its own list at least as well as any other's),
    ``rows`` (one an item: genre, item, pieces that have it, pieces, values of those that do not),
    ``sha256`` and ``frozen`` (whether the file is the frozen one).
    """
    rows: list[dict[str, Any]] = []
    recognised: dict[str, str] = {}
    for genre in genres or sorted(checklists()):
        scores = [compose(Request(genre=genre, seed=seed)) for seed in seeds]
        found = [check(score, genre) for score in scores]
        ranked = nearest(scores[0])
        recognised[genre] = genre if dict(ranked)[genre] >= ranked[0][1] else ranked[0][0]
        for items in zip(*found, strict=True):
            missed = [f"seed {seed}: {i.value}" for seed, i in zip(seeds, items, strict=True) if not i.met]
            rows.append(
                {
                    "genre": genre, "item": items[0].name, "met": len(items) - len(missed), "pieces": len(items),
                    "missed": missed, "why": items[0].why,
                }
            )  # fmt: skip
    broken = {row["genre"] for row in rows if row["missed"]}
    whole = sorted({row["genre"] for row in rows} - broken)
    return {
        "suite": SUITE, "seeds": list(seeds), "passed": sum(row["met"] for row in rows),
        "total": sum(row["pieces"] for row in rows), "genres_whole": whole, "recognised": recognised, "rows": rows, "sha256": checksum(),
        "frozen": checksum() == FROZEN,
    }  # fmt: skip


def table(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing: a line a genre, what it lacks beside it."""
    rows: list[list[str]] = []
    for genre in sorted({row["genre"] for row in result["rows"]}):
        mine = [row for row in result["rows"] if row["genre"] == genre]
        met, total = sum(row["met"] for row in mine), sum(row["pieces"] for row in mine)
        missed = [f"{row['item']} ({row['met']}/{row['pieces']})" for row in mine if row["missed"]]
        rows.append(
            [genre, str(len(mine)), f"{met}/{total}", result["recognised"][genre], ", ".join(missed) or "all met"]
        )
    summary = f"{len(result['genres_whole'])} of {len(rows)} genres whole; seeds {result['seeds']}"
    own = sum(genre == best for genre, best in result["recognised"].items())
    rows.append(["all", "", f"{result['passed']}/{result['total']}", f"{own} are their own", summary])
    return ["genre", "items", "met", "best met list of all genres", "what is missed"], rows
