"""What an edit leaves alone: the largest difference outside what was asked for, over real recordings.

Differences are in steps of the 24-bit grid (full scale is 8 388 608 of them); 0 means sample for sample.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.evals.edit_bench import Bench, bench
from segue.tools.core.audio import Samples, Waveform, quantised
from segue.tools.core.errors import SegueError
from segue.tools.core.piece import Piece

STEPS = 2.0**23
_RESIDUAL_DB = -60.0
Say = Callable[[str], None]
Found = tuple[float, str]  # steps of difference, and what the words of the table say


def steps(a: Samples, b: Samples) -> float:
    """Return the largest difference between two sounds of one shape, in steps of the 24-bit grid."""
    if a.shape != b.shape:
        return math.inf
    return float(np.abs(a.astype(np.float64) - b).max(initial=0.0) * STEPS)


def measured(recordings: Sequence[tuple[str, Waveform]], say: Say) -> list[dict[str, Any]]:
    """Do every operation to every recording; one row each: operation, recording, steps (None where it was refused)."""
    rows = []
    with bench() as desk:
        for number, (name, wave) in enumerate(recordings):
            say(f"invariance {number + 1} of {len(recordings)}: {name}")
            grid = Waveform(quantised(wave.samples), wave.sample_rate)
            piece = desk.add(grid, name)
            for operation, check in CHECKS.items():
                row: dict[str, Any] = {"operation": operation, "recording": name, "steps": None, "error": ""}
                try:
                    row["steps"] = check(desk, piece, desk.samples(piece), grid.sample_rate)
                except SegueError as error:
                    row["error"] = str(error)
                rows.append(row)
            rows.append(
                {"operation": _CLICKS, "recording": name, "steps": None, "error": "", "click_db": _click(desk, piece)}
            )
            unchanged = steps(desk.samples(piece), grid.samples)
            rows.append({"operation": "(the version before stays)", "recording": name, "steps": unchanged, "error": ""})
    return rows


_CLICKS = "edges of spans and joins"


def _click(desk: Bench, piece: Piece) -> float:
    """Return the largest step at an edge beside those around it, dB, after a join and after a span played backwards."""
    x = desk.samples(piece)
    rate, n = desk.wave(piece).sample_rate, x.shape[1]
    joined = _after(desk, piece, {"op": "concat", "clips": [{"id": piece.id}]})
    turned = _after(desk, piece, {"op": "reverse", "start_s": (n // 3) / rate, "end_s": (2 * n // 3) / rate})
    places = [(joined, n), (turned, n // 3), (turned, 2 * n // 3)]
    return max(clicks_at(sound, at) for sound, at in places)


def _after(desk: Bench, piece: Piece, *operations: dict[str, Any]) -> Samples:
    return desk.samples(desk.edit(piece, *operations).piece)


def _constant_gain(before: Samples, after: Samples) -> float:
    """Return how far a sound is from being another one times a constant (rounding to the grid is half a step)."""
    a, b = before.astype(np.float64).ravel(), after.astype(np.float64).ravel()
    factor = float(a @ b) / max(float(a @ a), 1e-20)
    return float(np.abs(b - factor * a).max(initial=0.0) * STEPS)


def _trim(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
    end = x.shape[1] / rate
    found = _after(desk, piece, {"op": "trim", "start_s": 0.1 * end, "end_s": 0.9 * end})
    return steps(found, x[:, round(0.1 * end * rate) : round(0.9 * end * rate)])


def _fade(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
    count = x.shape[1] // 8
    found = _after(desk, piece, {"op": "fade", "in_s": count / rate, "out_s": count / rate})
    return steps(found[:, count:-count], x[:, count:-count])


def _reverse(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
    return steps(_after(desk, piece, {"op": "reverse"})[:, ::-1], x)


def _gain(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
    factor = np.float32(10 ** (-6 / 20))
    return steps(_after(desk, piece, {"op": "gain", "db": -6}), quantised(x * factor))


def _concat(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
    found = _after(desk, piece, {"op": "concat", "clips": [{"id": piece.id}]})
    seam, n = round(0.0051 * rate), x.shape[1]
    if found.shape[1] != 2 * n:
        return math.inf
    return max(steps(found[:, : n - seam], x[:, : n - seam]), steps(found[:, n + seam :], x[:, seam:]))


def _crossfaded(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
    """All before the cross-fade, and all behind it."""
    fade_s = min(0.5, x.shape[1] / rate / 8)
    out = desk.edit(piece, {"op": "concat", "clips": [{"id": piece.id}], "crossfade_s": fade_s})
    found, at = desk.samples(out.piece), round(out.details[0]["joins"][0]["at_s"] * rate)
    slack = round(0.001 * rate)  # the place is told to a millisecond
    behind = found.shape[1] - at - round(fade_s * rate) - slack
    gain = 10 ** (-_lowered_db(desk.notes) / 20)
    first, last = found[:, : at - slack], found[:, -behind:]
    if gain != 1:
        return max(_constant_gain(x[:, : first.shape[1]], first), _constant_gain(x[:, -behind:], last))
    return max(steps(first, x[:, : first.shape[1]]), steps(last, x[:, -behind:]))


def _lowered_db(notes: Sequence[str]) -> float:
    """Return by how much a whole was lowered so that it does not clip, as its notes say."""
    return next((float(found[1]) for note in notes if (found := re.search(r"lowered by ([\d.]+) dB", note))), 0.0)


def _mix(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
    quiet = desk.add(Waveform(quantised(np.roll(x, 100, axis=1) * np.float32(0.25)), rate))
    found = _after(desk, piece, {"op": "mix", "clips": [{"id": quiet.id}], "gains_db": [-12, -12]})
    factor = np.float32(10 ** (-12 / 20))
    return steps(found, quantised(x * factor + desk.samples(quiet) * factor))


def _loop(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
    """The first pass up to its seam, and the last one behind it."""
    out = desk.edit(piece, {"op": "loop", "times": 3})
    found = desk.samples(out.piece)
    seam = round(0.021 * rate)
    period = (found.shape[1] - x.shape[1]) // 2
    behind = x.shape[1] - period
    last = found[:, -period + behind :] if behind < period else found[:, -1:]
    first = steps(found[:, : min(x.shape[1], period) - seam], x[:, : min(x.shape[1], period) - seam])
    return max(first, steps(last[:, seam:], x[:, x.shape[1] - last.shape[1] + seam :]))


def _sum(stem: str) -> Callable[[Bench, Piece, Samples, int], float]:
    """Taken out and left over must sum to the recording."""

    def check(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
        out, left = (desk.edit(piece, {"op": op, "stems": [stem]}) for op in ("isolate", "remove"))
        if any("lowered" in note for note in desk.notes):
            return _constant_gain(x, desk.samples(out.piece) + desk.samples(left.piece))
        return steps(desk.samples(out.piece) + desk.samples(left.piece), x)

    return check


def _stem_gain(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
    """What a softer stem loses must be the stem itself."""
    stem = _after(desk, piece, {"op": "isolate", "stems": ["drums"]})
    lowered = any("lowered" in note for note in desk.notes)
    found = _after(desk, piece, {"op": "gain", "stem": "drums", "db": -6})
    if lowered:  # the stem by itself, so that it does not clip
        return _constant_gain(stem, found - x)
    return steps(found, x + stem * np.float32(10 ** (-6 / 20) - 1))


def _loudness(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
    return _constant_gain(x, _after(desk, piece, {"op": "loudness", "lufs": -40}))


def _shape(operation: dict[str, Any], ratio: float = 1.0) -> Callable[[Bench, Piece, Samples, int], float]:
    """Rate, channels and exact length must be kept; what is inside is another table's matter."""

    def check(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
        found = desk.wave(desk.edit(piece, operation).piece)
        same = found.sample_rate == rate and found.samples.shape == (x.shape[0], round(x.shape[1] / ratio))
        return 0.0 if same else math.inf

    return check


def _span(operation: dict[str, Any]) -> Callable[[Bench, Piece, Samples, int], float]:
    """A change in the middle third must leave the rest alone, but for 20 ms of cross-fade inside its edges."""

    def check(desk: Bench, piece: Piece, x: Samples, rate: int) -> float:
        start, stop = x.shape[1] // 3, 2 * x.shape[1] // 3
        found = _after(desk, piece, {**operation, "start_s": start / rate, "end_s": stop / rate})
        if found.shape != x.shape:
            return math.inf
        return max(steps(found[:, :start], x[:, :start]), steps(found[:, stop:], x[:, stop:]))

    return check


CHECKS: Mapping[str, Callable[[Bench, Piece, Samples, int], float]] = {
    "trim": _trim,
    "fade": _fade,
    "reverse": _reverse,
    "gain, all": _gain,
    "gain of drums": _stem_gain,
    "remove + isolate drums": _sum("drums"),
    "remove + isolate bass": _sum("bass"),
    "remove + isolate vocals": _sum("vocals"),
    "remove + isolate percussive": _sum("percussive"),
    "remove + isolate low": _sum("low"),
    "concat": _concat,
    "concat, cross-faded": _crossfaded,
    "mix": _mix,
    "loop": _loop,
    "loudness, without limiter": _loudness,
    "gain in a span": _span({"op": "gain", "db": -9}),
    "effect in a span": _span({"op": "effect", "description": "brighter"}),
    "reverse in a span": _span({"op": "reverse"}),
    "effect on a stem in a span": _span({"op": "effect", "description": "punchier", "stem": "drums"}),
    "low isolated in a span": _span({"op": "isolate", "stems": ["low"]}),
    "drums removed in a span": _span({"op": "remove", "stems": ["drums"]}),
    "effect: rate, channels, length": _shape({"op": "effect", "description": "a small room, warmer"}),
    "transpose: rate, channels, length": _shape({"op": "transpose", "semitones": 2}),
    "tempo: rate, channels, length": _shape({"op": "tempo", "ratio": 1.1}, 1.1),
}


def table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the second table and its goal."""
    lines, worst = [], 0.0
    names = list(dict.fromkeys(row["operation"] for row in rows))
    for name in names:
        here = [row for row in rows if row["operation"] == name]
        if name == _CLICKS:
            continue
        done = [row["steps"] for row in here if row["steps"] is not None]
        refused = "; ".join(sorted({row["error"].split(".")[0] for row in here if row["error"]}))
        largest = max(done, default=math.nan)
        worst = max(worst, largest) if done else worst
        lines.append([name, str(len(done)), _shown(largest), f"{len(here) - len(done)}: {refused}" if refused else ""])
    clicks = max((row["click_db"] for row in rows if "click_db" in row), default=0.0)
    return {
        "title": "Invariance",
        "note": f"{len({row['recording'] for row in rows})} real recordings at their own rates and widths. Largest difference outside "
        "what was asked for, in steps of the 24-bit grid (a step is −138 dB under full scale; one of them is rounding).",
        "header": ["operation", "n", "largest difference, steps", "refused"],
        "rows": lines,
        "goals": [
            {"goal": "nothing outside what was asked changes by more than two 24-bit steps",
             "found": _shown(worst), "met": worst <= 2.0},
            {"goal": f"no clicks at {_CLICKS}: no step more than 6 dB above those within a millisecond",
             "found": f"most {clicks:+.1f} dB", "met": clicks <= 6.0},
        ],
    }  # fmt: skip


def _shown(value: float) -> str:
    return "another shape" if math.isinf(value) else "" if math.isnan(value) else f"{value:.2g}"


def clicks_at(samples: Samples, frame: int) -> float:
    """Return the step between two samples beside the largest one around them (1 ms), dB; above 6 is a click."""
    near: npt.NDArray[np.float32] = np.abs(np.diff(samples[:, max(0, frame - 48) : frame + 48], axis=1)).max(axis=0)
    middle = min(48, frame) - 1
    others = np.delete(near, slice(max(0, middle - 1), middle + 2))
    return float(20 * np.log10(near[middle] / max(float(others.max(initial=0.0)), 1e-6) + 1e-9))
