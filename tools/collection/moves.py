"""Critiques that move along measured axes: "more upbeat", "slower", "keep the energy"."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from segue.tools.collection.query import side_words
from segue.tools.collection.snapshot import Floats, Mask, Sample, Snapshot, axis_value, tagged_place

STEP = 15.0  # percentile points of the library that one step moves
LEAST = {"tempo": 0.5, "length": 1.0, "familiarity": 0.05}  # least difference that counts as moved; else 0.01 of 0–1
_FELT = {"tempo": "felt"}  # the axis that is compared, where it is not the one that is asked for
_TAGGED_LEAST, _TAGGED_STEP, _TAGGED_HELD = 0.1, 0.5, 0.35  # of −1..1: beyond it, one step, and what is alike
_HELD_POINTS, _HELD_SHARE = 12.0, {"tempo": 0.06, "length": 0.15}


class Moving(Protocol):
    """What is read of a request."""

    like: list[Sample]
    among: list[str] | None
    adjust: dict[str, float]
    hold: list[str]


def base_of(library: Snapshot, request: Moving, axis: str) -> float:
    """Return the value that is moved from: the mean of the seeds, else the middle of the items asked about, else of the library."""
    seeds = np.array([axis_value(sample.track, axis) for sample in request.like], dtype=float)
    seeds = seeds[~np.isnan(seeds)]
    if len(seeds):
        return float(seeds.mean())
    values = library.axis(axis)
    if request.among is not None:
        wanted = set(request.among)
        values = values[[id in wanted for id in library.ids]]
    values = values[~np.isnan(values)]
    return float(np.median(values)) if len(values) else float("nan")


def changing(request: Moving) -> dict[str, float]:
    """Return the axes to move and their steps: what is held is not moved."""
    return {axis: steps for axis, steps in request.adjust.items() if steps and axis not in request.hold}


def _beyond(library: Snapshot, request: Moving, axis: str, steps: float, allowed: Mask) -> Mask:
    """Return the rows that lie in the asked direction on an axis.

    A tempo lies there surely where it does as it was measured and as it is felt, against both of what is moved from;
    where nothing allowed is as sure, the felt tempo decides.
    """
    with np.errstate(invalid="ignore"):
        sign, least = np.sign(steps), LEAST.get(axis, 0.01)
        beyond = (library.axis(_FELT.get(axis, axis)) - base_of(library, request, _FELT.get(axis, axis))) * sign > least
        if axis not in _FELT:
            return np.asarray(beyond)
        bases = [base_of(library, request, name) for name in (axis, _FELT[axis])]
        start = max(bases) if steps > 0 else min(bases)
        sure = np.all([(library.axis(name) - start) * sign > least for name in (axis, _FELT[axis])], axis=0)
    return np.asarray(sure if (allowed & sure).any() else beyond)


def within_reach(library: Snapshot, request: Moving, allowed: Mask, note: Callable[[str], None]) -> Mask:
    """Return the rows that keep what is held; where none of them lies in the asked direction and others do, holding is let go."""
    kept = held(library, request, allowed, note)
    if changing(request) and not _reaches(library, request, kept) and _reaches(library, request, allowed):
        note(f"Nothing that keeps the {' and the '.join(request.hold)} goes that way; it was let go.")
        return allowed
    return kept


def _reaches(library: Snapshot, request: Moving, allowed: Mask) -> bool:
    """Tell whether any row lies in the asked direction on every axis."""
    for axis, steps in changing(request).items():
        allowed = np.asarray(allowed & _beyond(library, request, axis, steps, allowed))
    return bool(allowed.any())


def moved(library: Snapshot, request: Moving, allowed: Mask, note: Callable[[str], None]) -> tuple[Mask, Floats | None]:
    """Return the rows that really lie in the asked direction, and how near each is to the step asked for.

    A step is 15 percentile points of this library. Where nothing lies there, the rows stay as they
    are, the nearest come first, and that is said.
    """
    closeness: list[Floats] = []
    for axis, steps in changing(request).items():
        name = _FELT.get(axis, axis)
        base = base_of(library, request, name)
        if np.isnan(base):
            places = _as_tagged(library, request, axis)
            if places is None:
                note(f"Nothing is measured of '{axis}' yet, so it could not be changed.")
                continue
            with np.errstate(invalid="ignore"):
                beyond = places * np.sign(steps) > _TAGGED_LEAST
            note(f"Nothing is measured of '{axis}' yet, so the moods in the tags decide.")
            if (allowed & beyond).any():
                allowed = np.asarray(allowed & beyond)
            else:
                note(f"Nothing that fits is tagged {side_words(axis, steps)} than that; these come nearest.")
            closeness.append((1 - np.abs(places - _TAGGED_STEP * steps)).astype(np.float32))
            continue
        values, places = library.axis(name), library.percentiles(name)
        beyond = _beyond(library, request, axis, steps, allowed)
        unknown = int((allowed & np.isnan(values)).sum())
        if unknown:
            few = "track is" if unknown == 1 else "tracks are"
            note(f"{unknown:,} {few} not analysed yet: they cannot be compared by {axis}.")
        goal = np.clip(library.percentile(name, base) + STEP * steps, 2, 98)
        near = 1 - np.abs(places - goal) / 100
        if (allowed & beyond).any():
            allowed = allowed & beyond
        else:
            verb = "has" if axis in ("energy", "distortion", "vocals") else "is"
            note(f"Nothing that fits {verb} {side_words(axis, steps)} than that; these come nearest.")
            near = np.where(np.isnan(values), np.nan, np.sign(steps) * places / 100)
        closeness.append(near.astype(np.float32))
    return allowed, np.asarray(np.mean(closeness, axis=0), dtype=np.float32) if closeness else None


def _as_tagged(library: Snapshot, request: Moving, axis: str) -> Floats | None:
    """Return how far each track lies, by the moods in its tags, from what is moved from (−2..2); None where tags say nothing."""
    places = library.tagged(axis)
    if np.isnan(places).all():
        return None
    seeds = np.array([tagged_place(sample.track, axis) for sample in request.like], dtype=float)
    known = seeds[~np.isnan(seeds)]
    return np.asarray(places - (float(known.mean()) if len(known) else 0.0))


def held(library: Snapshot, request: Moving, allowed: Mask, note: Callable[[str], None]) -> Mask:
    """Return the rows that keep the held axes: within 12 percentile points, tempo within 6%, length within 15%."""
    for axis in request.hold:
        base = base_of(library, request, axis)
        if np.isnan(base):
            places = _as_tagged(library, request, axis)
            if places is None:
                note(f"Nothing is measured of '{axis}' yet, so it could not be held.")
                continue
            with np.errstate(invalid="ignore"):
                near = np.abs(places) <= _TAGGED_HELD
            if (allowed & near).any():
                allowed = np.asarray(allowed & near)
                note(f"Nothing is measured of '{axis}' yet, so the moods in the tags decide what keeps it.")
            else:
                note(f"Nothing that fits keeps the {axis}; it was let go.")
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            if axis in _HELD_SHARE:
                near = np.abs(np.log(library.axis(axis) / base)) <= np.log(1 + _HELD_SHARE[axis])
            else:
                near = np.abs(library.percentiles(axis) - library.percentile(axis, base)) <= _HELD_POINTS
        if (allowed & near).any():
            allowed = allowed & near
        else:
            note(f"Nothing that fits keeps the {axis}; it was let go.")
    return allowed
