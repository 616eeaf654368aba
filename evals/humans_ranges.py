"""The ranges of the rules from human-made scores: ``python -m segue.evals.humans_ranges`` writes ``rules.json``.

A rule's starting value gives way to the humans' 5th and 95th percentile on the sides it has, where there
are human scores of a kind that fits. Both stand in the file, whichever is used.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segue.evals.humans import human_figures
from segue.tools.music import rules_view
from segue.tools.music.rules_view import ranges

FILE = Path(rules_view.__file__).with_name("rules.json")
# Measure → the kind of human scores that sets its range.
FITTING: dict[str, str] = {
    "melody_steps": "melodies",
    "leap_returns": "melodies",
    "melody_range": "melodies",
    "strong_chord_tones": "melodies",
    "peak_place": "tonal",
}
# Measure → genres whose range another kind sets.
FITTING_GENRES: dict[str, tuple[tuple[str, ...], str]] = {"low_intervals": (("classical", "cinematic"), "tonal")}
_UNFIT = (
    "starting value: of the human scores here none fits (folk tunes are notated without breaths, dynamics or "
    "players; the MIDI files are few, typed into score editors, and their leads are guessed)"
)
_LEAST = 30  # human scores that a range needs


def calibrated(entries: Mapping[str, Mapping[str, Any]], figures: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the entries of ``rules.json`` with human percentiles beside them and the range to use."""
    out: dict[str, dict[str, Any]] = {}
    for name, entry in entries.items():
        humans = {
            kind: {key: row[key] for key in ("n", "p5", "p50", "p95")}
            for kind, found in figures["kinds"].items()
            if (row := found.get(name))
        }
        new: dict[str, Any] = {"rule": entry["rule"], "start": entry["start"], "humans": humans}
        kind = FITTING.get(name, "")
        if humans.get(kind, {}).get("n", 0) >= _LEAST:
            new |= {
                "used": _between(entry["start"], humans[kind]),
                "source": f"humans' 5th and 95th percentile ({kind})",
            }
        else:
            new |= {"used": entry["start"], "source": _UNFIT if humans else "starting value: no human scores"}
        genres = dict(entry.get("genres", {}))
        if name in FITTING_GENRES:
            names, kind = FITTING_GENRES[name]
            genres |= {genre: _between(entry["start"], humans[kind]) for genre in names if kind in humans}
        out[name] = new | ({"genres": genres} if genres else {})
    return out


def _between(start: list[float | None], row: Mapping[str, float]) -> list[float | None]:
    """Return the humans' percentiles on the sides that the starting value limits."""
    low, high = start
    return [None if low is None else row["p5"], None if high is None else row["p95"]]


def main() -> None:
    """Write ``rules.json`` anew."""
    made = calibrated(ranges(), human_figures())
    lines = [f" {json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in made.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
