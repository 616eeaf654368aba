"""Whether pieces of one genre differ: fifty without a seed, their tunes and their drums compared pair by pair.

What counts as shared stands in ``segue.tools.music.fingerprints``. The pieces are made as a user gets them, by the
backend's own steps up to the sound: drafts, the critic's choice, and a memory of what was made before (a new one
for each fifty, not the user's), which draws again where something is repeated. Beside that stand fifty more without
the memory, how far each tune is from the nearest other one, and that distance among tunes that people wrote.
"""

import math
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from segue.evals.humans import human_figures, percentiles
from segue.tools.backends.generate_composer import composed
from segue.tools.core.score import Score
from segue.tools.generate import Args
from segue.tools.music.fingerprints import Pattern, drum_patterns, tunes
from segue.tools.music.measures import nearest_distances, tune
from segue.tools.music.memory import FILE, Memory

SUITE = "variety"
DESCRIPTION = "fifty pieces a genre without a seed: no shared tune of 8 notes, no shared drum pattern"
GENRES = ("pop", "house", "jazz_swing", "hiphop_boombap")


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
    ``redrawn`` (drafts that the memory dropped), ``nearest`` (percentiles of the distance from the nearest other
    tune, 0–1), ``without_memory`` (the shared pairs among as many other pieces made without it); ``human_p10``; and
    ``passed`` of ``total``: genres in which no two pieces share anything and whose 10th percentile of distance is
    at least the humans'.
    """
    rows = []
    for name in [genre] if genre else genres:
        with tempfile.TemporaryDirectory(prefix="segue-eval-") as folder:
            scores, redrawn = _made(name, pieces, Memory(Path(folder) / FILE))
        bare = compare(_made(name, pieces, None)[0])
        distances = nearest_distances([tune(score) for score in scores])
        rows.append(
            {
                "genre": name, "pieces": pieces, "seeds": [score.seed for score in scores], **compare(scores),
                "redrawn": redrawn, "nearest": percentiles(distances) if distances else {},
                "without_memory": {kind: bare[kind] for kind in ("tunes_shared", "drums_shared")},
            }
        )  # fmt: skip
    people = human_distance()
    clean = sum(
        not row["tunes_shared"] and not row["drums_shared"] and row["nearest"].get("p10", 1.0) >= people for row in rows
    )
    return {"suite": SUITE, "passed": clean, "total": len(rows), "rows": rows, "human_p10": people}


def _made(genre: str, pieces: int, memory: Memory | None) -> tuple[list[Score], int]:
    """Return the first take of as many requests without a seed, and how many drafts were drawn again."""
    takes = [composed(Args(prompt="", genre=genre), lambda text: None, memory)[1][0] for _ in range(pieces)]
    return [take.score for take in takes], sum(take.redrawn for take in takes)


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
                str(sum(one["full"] for one in row["drums_shared"])), str(row["redrawn"]),
                " and ".join(str(len(row["without_memory"][kind])) for kind in ("tunes_shared", "drums_shared")),
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
        "drafts drawn again",
        "tunes and drums shared without the memory",
        "nearest tune (p10)",
        "examples",
    ], lines
