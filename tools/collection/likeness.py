"""How alike two pieces are: their sound (musicnn's vector), their axes, genre, tempo, key and words."""

from collections.abc import Sequence

import numpy as np

from segue.tools.collection.snapshot import Floats, Sample, Snapshot, axis_value, genre_names, has_genre, key_of
from segue.tools.core.theory import Key

_AXES = ("energy", "brightness", "density", "acousticness", "danceability", "distortion", "vocals", "mood")
_MODE = ("major", "minor")
_WEIGHTS = {"audio": 0.35, "axes": 0.3, "tempo": 0.1, "key": 0.05, "genre": 0.15, "words": 0.05}


def likeness(library: Snapshot, seed: Sample) -> Floats:
    """Return how like ``seed`` every track is, 0–1, float32 ``[tracks]``.

    What is not known of a pair is left out and the rest weighs more; NaN where nothing is known.
    """
    terms: dict[str, Floats] = {}
    if seed.audio is not None:
        terms["audio"] = _spread(library.audio.similarities(seed.audio))
    if seed.text is not None:
        terms["words"] = np.clip(library.text.similarities(seed.text), 0, 1)
    known = [name for name in _AXES if not np.isnan(axis_value(seed.track, name))]
    if known:
        gaps = [np.abs(library.axis(name) - axis_value(seed.track, name)) for name in known]
        terms["axes"] = np.asarray(1 - np.mean(gaps, axis=0), dtype=np.float32)
    if seed.track.bpm:
        octaves = np.abs(np.log2(library.bpm / seed.track.bpm))
        terms["tempo"] = np.asarray(np.clip(1 - np.minimum(octaves, np.abs(octaves - 1) + 0.1) / 0.5, 0, 1))
    if genres := genre_names(tuple(seed.track.genres)):
        same = library.of_genre(lambda other: has_genre(other, genres) or has_genre(genres, other))
        unknown = library.of_genre(lambda other: not other)
        terms["genre"] = np.where(unknown, np.nan, same).astype(np.float32)
    if (key := key_of(seed.track)) is not None:
        steps = np.array([camelot_steps(Key(n % 12, _MODE[n // 12]).camelot, key.camelot) for n in range(24)])
        near = 1 - np.minimum(steps, 4) / 4
        terms["key"] = np.where(library.keys < 0, np.nan, near[library.keys]).astype(np.float32)
    return _weighted(terms, library.size)


def likeness_to_all(library: Snapshot, seeds: Sequence[Sample]) -> Floats:
    """Return how like all the seeds together every track is: near each of them, not just to one."""
    each = np.array([likeness(library, seed) for seed in seeds]).reshape(len(seeds), library.size)
    known = ~np.isnan(each).any(axis=0)
    out = np.full(library.size, np.nan, dtype=np.float32)
    out[known] = 0.5 * each[:, known].mean(axis=0) + 0.5 * each[:, known].min(axis=0)
    return out


def camelot_steps(one: str, other: str) -> int:
    """Return how far two keys stand on the Camelot wheel; 0 the same, 1 a neighbour or the relative key."""
    around = abs(int(one[:-1]) - int(other[:-1])) % 12
    return min(around, 12 - around) + (one[-1] != other[-1])


def _spread(similarity: Floats) -> Floats:
    """Stretch cosines, which crowd near 1 within one library, over 0–1."""
    known = similarity[~np.isnan(similarity)]
    if len(known) < 3 or float(np.ptp(known)) < 1e-6:
        return np.clip(similarity, 0, 1)
    low = float(np.percentile(known, 5))
    return np.asarray(np.clip((similarity - low) / max(1 - low, 1e-6), 0, 1), dtype=np.float32)


def _weighted(terms: dict[str, Floats], size: int) -> Floats:
    total, weight = np.zeros(size), np.zeros(size)
    for name, values in terms.items():
        known = ~np.isnan(values)
        total[known] += _WEIGHTS[name] * values[known]
        weight[known] += _WEIGHTS[name]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(weight > 0, total / weight, np.nan), dtype=np.float32)
