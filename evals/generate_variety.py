"""Whether pieces of one genre differ: fifty without a seed, their tunes and their drums compared pair by pair.

A tune is shared where eight successive notes of two leads have the same scale degrees (semitones over the
tonic, octaves apart counting as the same) and the same distances in time. A drum pattern is shared where two whole
sections of at least four bars, with drums in at least half of them, have the same strokes at the same places. Beside
that stands how far each tune is from the nearest other one, and the same distance among tunes that people wrote.
"""

import math
import secrets
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from segue.evals.humans import human_figures, percentiles
from segue.tools.core.score import Part, Score
from segue.tools.core.theory import parse_key
from segue.tools.music.compose import Request, compose
from segue.tools.music.measures import nearest_distances, tune

SUITE = "variety"
DESCRIPTION = "fifty pieces a genre without a seed: no shared tune of 8 notes, no shared drum pattern"
GENRES = ("pop", "house", "jazz_swing", "hiphop_boombap")
RUN = 8
_MIN_BARS = 4
Tune = tuple[tuple[int, int], ...]
Pattern = tuple[tuple[int, int], ...]


def tunes(score: Score) -> dict[Tune, float]:
    """Return every run of eight notes of the lead, as degrees and distances in 48ths of a beat, with its first beat."""
    tonic = parse_key(score.key).tonic
    found: dict[Tune, float] = {}
    for part in score.parts:
        if part.role not in ("melody", "lead"):
            continue
        line = sorted(part.notes, key=lambda note: (note.start, -note.pitch))
        top = [note for k, note in enumerate(line) if k == 0 or note.start > line[k - 1].start + 1e-3]
        for first in range(len(top) - RUN + 1):
            run = top[first : first + RUN]
            octave = (run[0].pitch - tonic) // 12 * 12 + tonic
            starts = [round(48 * (note.start - run[0].start)) for note in run]
            found.setdefault(
                tuple((note.pitch - octave, at) for note, at in zip(run, starts, strict=True)), run[0].start
            )
    return found


def drum_patterns(score: Score) -> dict[Pattern, str]:
    """Return the whole drum pattern of each section of four bars or more: 48ths of a beat and keys, with its name.

    Sections in which the drums play in fewer than half of the bars have none: a crash into a break is no pattern.
    """
    found: dict[Pattern, str] = {}
    kits: list[Part] = [part for part in score.parts if part.role == "drums"]
    for section in score.sections:
        if section.bars < _MIN_BARS:
            continue
        start, end = score.bar_beat(section.start_bar), score.bar_beat(section.start_bar + section.bars)
        strokes = [
            (round(48 * (note.start - start)), note.pitch)
            for kit in kits
            for note in kit.notes
            if start - 1e-3 <= note.start < end - 1e-3
        ]
        if 2 * len({at // round(48 * score.beats_per_bar) for at, _ in strokes}) >= section.bars:
            found.setdefault(tuple(sorted(strokes)), f"{section.name} at bar {section.start_bar}")
    return found


def _is_full(pattern: Pattern) -> bool:
    """Whether a pattern has kick and snare (or clap, or cross-stick): not an intro of hats alone."""
    keys = {key for _, key in pattern}
    return bool(keys & {35, 36}) and bool(keys & {37, 38, 39, 40})


def _shared(found: Sequence[dict[Any, Any]]) -> dict[tuple[int, int], list[Any]]:
    """Return, for each pair of pieces that share something, what it is."""
    owners: dict[Any, list[int]] = defaultdict(list)
    for index, things in enumerate(found):
        for thing in things:
            owners[thing].append(index)
    pairs: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for thing, indices in owners.items():
        for pair in combinations(indices, 2):
            pairs[pair].append(thing)
    return pairs


def compare(scores: Sequence[Score]) -> dict[str, Any]:
    """Return the pairs of scores that share a tune or a drum pattern, each with an example and its place."""
    melodies, drums = [tunes(score) for score in scores], [drum_patterns(score) for score in scores]
    same_tune = [
        {
            "seeds": [scores[a].seed, scores[b].seed], "runs": len(runs), "beats": [melodies[a][runs[0]], melodies[b][runs[0]]],
            "degrees": [degree for degree, _ in runs[0]], "beats_apart": [round(at / 48, 3) for _, at in runs[0]],
        }
        for (a, b), runs in _shared(melodies).items()
    ]  # fmt: skip
    same_drums = [
        {"seeds": [scores[a].seed, scores[b].seed], "sections": [drums[a][shared[0]], drums[b][shared[0]]],
         "patterns": len(shared), "strokes": len(shared[0]), "full": any(_is_full(pattern) for pattern in shared)}
        for (a, b), shared in _shared(drums).items()
    ]  # fmt: skip
    return {
        "tunes_shared": same_tune, "drums_shared": same_drums,
        "runs": sum(map(len, melodies)), "sections": sum(map(len, drums)),
    }  # fmt: skip


def human_distance() -> float:
    """Return the 10th percentile of the distance from the nearest other tune among fifty tunes that people wrote."""
    return float(human_figures()["kinds"]["melodies"]["nearest_of_50"]["p10"])


def run(genre: str | None = None, pieces: int = 50, genres: Sequence[str] = GENRES) -> dict[str, Any]:
    """Compose pieces of each genre without a seed and compare every pair.

    Returns
    -------
    dict with ``rows``, one a genre: ``seeds`` (drawn by the composer, so that a collision can be made again),
    ``tunes_shared`` and ``drums_shared`` (one entry a pair of pieces), ``runs`` and ``sections`` compared,
    ``nearest`` (percentiles of the distance from the nearest other tune, 0–1); ``human_p10``; and ``passed`` of ``total``:
    genres in which no two pieces share anything and whose 10th percentile of distance is at least the humans'.
    """
    rows = []
    for name in [genre] if genre else genres:
        scores = [compose(Request(genre=name, seed=secrets.randbelow(2**31))) for _ in range(pieces)]
        distances = nearest_distances([tune(score) for score in scores])
        rows.append(
            {
                "genre": name, "pieces": pieces, "seeds": [score.seed for score in scores], **compare(scores),
                "nearest": percentiles(distances) if distances else {},
            }
        )  # fmt: skip
    people = human_distance()
    clean = sum(
        not row["tunes_shared"] and not row["drums_shared"] and row["nearest"].get("p10", 1.0) >= people for row in rows
    )
    return {"suite": SUITE, "passed": clean, "total": len(rows), "rows": rows, "human_p10": people}


def table(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing: a line a genre."""
    lines = []
    for row in result["rows"]:
        pairs = row["pieces"] * (row["pieces"] - 1) // 2
        examples = [f"tune {one['seeds']} at beats {one['beats']}" for one in row["tunes_shared"][:2]]
        examples += [f"drums {one['seeds']}: {' = '.join(one['sections'])}" for one in row["drums_shared"][:2]]
        lines.append(
            [
                row["genre"], str(row["pieces"]), str(pairs), str(len(row["tunes_shared"])), str(len(row["drums_shared"])),
                str(sum(one["full"] for one in row["drums_shared"])),
                f"{row['nearest'].get('p10', math.nan):.2f} (humans {result['human_p10']:.2f})",
                "; ".join(examples) or "nothing shared",
            ]
        )  # fmt: skip
    return [
        "genre",
        "pieces",
        "pairs",
        "pairs sharing a tune",
        "pairs sharing drums",
        "of them kick and snare",
        "nearest tune (p10)",
        "examples",
    ], lines
