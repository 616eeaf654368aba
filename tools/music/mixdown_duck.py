"""Parts that make way: for the kick where the genre pumps, and for the lead where registers collide.

The times are worked out from the score once and stored with the mix, so that a stem stays a function of
its own notes and of what is stored: ``{"kicks_s": [...], "pump_db": 5.0, "under_s": {part: [[from, to], ...]}}``.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.score import Part, Score
from segue.tools.music.mixdown import HOP
from segue.tools.music.mixdown_spaces import Space

_KICKS = (35, 36)
# How much of the pump a role goes along with; what is not named stands still.
_SHARE = {"pad": 1.0, "chords": 0.8, "bass": 0.7, "arpeggio": 0.6, "counter": 0.6, "other": 0.6, "melody": 0.3,
          "lead": 0.3}  # fmt: skip
_UNDER_DB = 3.0
_UNDER_ROLES = ("chords", "pad", "arpeggio", "counter", "other")
_APART = 5  # semitones that the lead should lie over what accompanies it
_GAP_S = 0.6  # shorter gaps between collisions are bridged, so that the level does not flutter
_FALL_S, _RISE_S = 0.06, 0.25


def ducks_of(score: Score, space: Space) -> dict[str, Any]:
    """Return when the parts of a score make way, in seconds."""
    clock = score.clock()
    kicks: set[float] = set()
    if space.pump_db:
        kicks = {
            round(clock.seconds(note.start) + note.shift_s, 4)
            for part in score.parts if part.is_drum
            for note in part.notes if note.pitch in _KICKS
        }  # fmt: skip
    leads = sorted(
        (clock.seconds(note.start), clock.seconds(note.end), note.pitch)
        for part in score.parts if part.role in ("melody", "lead") and not part.is_drum
        for note in part.notes
    )  # fmt: skip
    under = {}
    for part in score.parts:
        if part.role in _UNDER_ROLES and not part.is_drum:
            under[part.name] = _collisions(part, score, leads) if leads else []
    return {"kicks_s": sorted(kicks), "pump_db": space.pump_db if kicks else 0.0, "under_s": under}


def known_ducks(score: Score, space: Space, mix: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the ducks of an earlier mix, with those of parts that it did not have; of a first mix, the score's.

    A mix of version 1 had none, and stays as it is.
    """
    if mix is not None and int(mix.get("version", 1)) < 2:
        return {"kicks_s": [], "pump_db": 0.0, "under_s": {}}
    found = ducks_of(score, space)
    stored = (mix or {}).get("ducks")
    return {**stored, "under_s": {**found["under_s"], **stored["under_s"]}} if stored else found


def _collisions(part: Part, score: Score, leads: list[tuple[float, float, int]]) -> list[list[float]]:
    """Return the spans in which a lead's note lies less than ``_APART`` semitones over a part's highest one."""
    clock = score.clock()
    step = 0.02
    size = int(max(leads[-1][1], clock.seconds(score.beats)) / step) + 2
    lowest, highest = np.full(size, 999, np.int16), np.zeros(size, np.int16)
    for start, end, pitch in leads:
        piece = lowest[int(start / step) : int(end / step) + 1]
        np.minimum(piece, pitch, out=piece)
    for note in part.notes:
        piece = highest[int(clock.seconds(note.start) / step) : int(clock.seconds(note.end) / step) + 1]
        np.maximum(piece, note.pitch, out=piece)
    met = np.flatnonzero((highest > 0) & (lowest < 999) & (lowest - highest < _APART))
    spans: list[list[float]] = []
    for run in np.split(met, np.flatnonzero(np.diff(met) > _GAP_S / step) + 1):
        if len(run):
            spans.append([round(float(run[0] * step), 2), round(float((run[-1] + 1) * step), 2)])
    return spans


def moved(ducks: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Return stored times of a piece that now begins ``seconds`` later; what lies before its start is dropped."""
    return {
        **ducks,
        "kicks_s": [round(at + seconds, 4) for at in ducks["kicks_s"] if at + seconds >= 0],
        "under_s": {
            name: [[round(max(0.0, a + seconds), 2), round(b + seconds, 2)] for a, b in spans if b + seconds > 0]
            for name, spans in ducks["under_s"].items()
        },
    }


def duck_curve(
    ducks: Mapping[str, Any], part: Part, frames: int, sample_rate: int, period: int | None = None
) -> npt.NDArray[np.float32] | None:
    """Return a part's gain curve, one point a ``HOP``; None where it makes way for nothing.

    ``period`` is a loop's length in frames: what happens near its end goes on at its start.
    """
    depth = float(ducks["pump_db"]) * _SHARE.get(part.role, 0.0) if not part.is_drum else 0.0
    spans = ducks["under_s"].get(part.name, [])
    if not (depth and ducks["kicks_s"]) and not spans:
        return None
    points = -(-frames // HOP) + 1
    seconds = np.arange(points) * (HOP / sample_rate)
    down = np.zeros(points)
    if depth and ducks["kicks_s"]:
        kicks = np.array(ducks["kicks_s"])
        if period:
            kicks = np.concatenate([[kicks[-1] - period / sample_rate], kicks])
        down = depth * _pumped(kicks, seconds, HOP / sample_rate)
    for start, end in spans:
        a, b = (np.clip(edge, 0.0, 1.0) for edge in ((seconds - start) / _FALL_S + 1, (end - seconds) / _RISE_S + 1))
        down += _UNDER_DB * np.minimum(a, b)
    if period:
        down[-1] = down[0]
    return (10 ** (-np.minimum(down, 12.0) / 20)).astype(np.float32)


def _pumped(kicks: npt.NDArray[Any], seconds: npt.NDArray[Any], hop_s: float) -> Any:  # noqa: ANN401
    """Return 0..1 at every point: 1 where a kick has just been struck, 0 once what it pushed down has come back."""
    beat = float(np.median(np.diff(kicks))) if len(kicks) > 1 else 0.5
    back = float(np.clip(0.75 * beat, 0.12, 0.4))
    index = np.searchsorted(kicks, seconds + hop_s, side="right") - 1
    since = np.where(index >= 0, seconds - kicks[np.maximum(index, 0)], np.inf)
    held = np.clip((since - 0.03) / back, 0.0, 1.0)
    return 0.5 + 0.5 * np.cos(np.pi * held)
