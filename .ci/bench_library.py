"""A large library's search beside flat FAISS and bare FTS5: part of ``make bench``.

Made-up tracks with realistic words, a 384-d text vector and a 23-d audio vector each. Every query has words, a vector
and two filters (a genre and a span of years); recall is against the exact nearest of the same vectors. Each size is
measured in a process of its own on two cores.
"""

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
SIZES = (10_000, 100_000, 1_000_000)
QUERIES, WARM, K = 200, 10, 10
TEXT, AUDIO, TOPICS = 384, 23, 400
GENRES = (
    "rock",
    "jazz",
    "house",
    "folk",
    "metal",
    "ambient",
    "hip hop",
    "soul",
    "reggae",
    "country",
    "techno",
    "blues",
)
GOALS = {"p50": 20.0, "p99": 80.0, "recall": 0.95}


def main() -> int:
    """Measure one size in this process where asked to, or several in others, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", type=int, help="measure this size here and print JSON")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(asked.one)))
        return 0
    print("| tracks | build s | memory MB | disk MB | hybrid p50 / p99 ms | with the query's embedding | recall@10 | flat FAISS p50 / p99 | bare FTS5 p50 / p99 |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for size in asked.sizes:
        found = json.loads(
            subprocess.run(
                [sys.executable, __file__, "--one", str(size)], check=True, capture_output=True, text=True
            ).stdout.splitlines()[-1]
        )
        times = {name: f"{found[name][0]:.1f} / {found[name][1]:.1f}" for name in ("hybrid", "embedded", "flat", "fts")}
        print(
            f"| {size:,} | {found['build_s']:.0f} | {found['memory_mb']:.0f} | {found['disk_mb']:.0f} | {times['hybrid']} | "
            f"{times['embedded']} | {found['recall']:.3f} | {times['flat']} | {times['fts']} |", flush=True
        )  # fmt: skip
    return 0


def words_of(rng: np.random.Generator, count: int) -> list[str]:
    """Return made-up words of two or three syllables; how often each is used falls as in real titles (Zipf)."""
    parts = ["ba", "ri", "lo", "ten", "mar", "vel", "sun", "ka", "no", "del", "fi", "ro", "sha", "min", "tor", "e", "li", "gra"]  # fmt: skip
    return ["".join(rng.choice(parts, size=rng.integers(2, 5))) for _ in range(count)]


class Library:
    """Made-up columns: words, vectors around topics, genres and years."""

    def __init__(self, size: int) -> None:
        rng = np.random.default_rng(7)
        vocabulary = np.array(words_of(rng, 30_000))
        weights = 1 / np.arange(10, len(vocabulary) + 10) ** 0.9
        drawn = rng.choice(len(vocabulary), size=(size, 6), p=weights / weights.sum())
        artists = [f"{a} {b}" for a, b in zip(words_of(rng, 40_000), words_of(rng, 40_000), strict=True)]
        who = rng.integers(0, min(len(artists), max(10, size // 12)), size)
        self.titles = [" ".join(row) for row in vocabulary[drawn[:, :3]]]
        self.albums = [" ".join(row) for row in vocabulary[drawn[:, 3:5]]]
        self.artists = [artists[n] for n in who]
        self.genres = rng.integers(0, len(GENRES), size)
        self.years = rng.integers(1960, 2025, size)
        self.topics = rng.integers(0, TOPICS, size)
        self.centres = unit(rng.normal(size=(TOPICS, TEXT)).astype(np.float32))
        self.rng, self.size = rng, size

    def vectors(self, dimensions: int) -> Floats:
        """Unit vectors, float32 ``[size, dimensions]``: text ones stand around topics as sentences of a kind do."""
        out = np.empty((self.size, dimensions), dtype=np.float32)
        for start in range(0, self.size, 100_000):
            rows = slice(start, min(self.size, start + 100_000))
            noise = self.rng.normal(size=(rows.stop - rows.start, dimensions)).astype(np.float32) / np.sqrt(dimensions)
            out[rows] = self.centres[self.topics[rows]] + noise if dimensions == TEXT else noise
        return unit(out)


def unit(matrix: Floats) -> Floats:
    """Return rows of length 1."""
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def measured(size: int) -> dict[str, Any]:
    """Build a library of so many tracks and time searches over it."""
    cores = sorted(os.sched_getaffinity(0))[:2] if hasattr(os, "sched_getaffinity") else []
    if cores:
        os.sched_setaffinity(0, set(cores))
    import faiss

    from segue.tools.collection.catalogue import Track
    from segue.tools.collection.embed import embed_query
    from segue.tools.collection.filters import Limits
    from segue.tools.collection.search import Request, search
    from segue.tools.collection.snapshot import Snapshot

    faiss.omp_set_num_threads(2)
    made = Library(size)
    text, audio = made.vectors(TEXT), made.vectors(AUDIO)
    ids = [f"t_{n}" for n in range(size)]
    tracks = [
        Track.model_construct(
            id=ids[n], title=made.titles[n], artist=made.artists[n], album=made.albums[n],
            genres=[GENRES[made.genres[n]]], year=int(made.years[n]), duration_s=180.0,
        )
        for n in range(size)
    ]  # fmt: skip
    before = resident_mb()
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        keep = Path(folder)
        began = time.perf_counter()
        library = Snapshot(tracks, dict(zip(ids, text, strict=True)), dict(zip(ids, audio, strict=True)), keep)
        warm(library)
        build_s = time.perf_counter() - began
        rng = np.random.default_rng(11)
        asked = [query(made, text, rng) for _ in range(QUERIES + WARM)]
        requests = [Request(query=words, limits=Limits(genre=genre, year_min=low, year_max=low + 20), k=K) for words, _, genre, low in asked]  # fmt: skip
        import segue.tools.collection.search as module

        known = {request.query: vector for request, (_, vector, _, _) in zip(requests, asked, strict=True)}
        module.embed_query = known.__getitem__  # what is embedded is given: its time is measured apart
        hybrid = timed(lambda request: search(library, request, lambda said: None), requests)
        recall = float(np.mean([near(library, text, vector) for _, vector, _, _ in asked[WARM : WARM + 50]]))
        module.embed_query = embed_query.__wrapped__
        module.embed_query("a first sentence")  # the weights are read once, and that is no search
        embedded = timed(lambda request: search(library, request, lambda said: None), requests[: 50 + WARM])
        flat_index = faiss.IndexFlatIP(TEXT)
        flat_index.add(text)
        flat = timed(lambda one: flat_index.search(one[1][None, :], K), asked[: 50 + WARM])
        disk = sum(path.stat().st_size for path in keep.rglob("*") if path.is_file())
        fts, fts_bytes = bare_fts(made, asked, keep)
    return {
        "build_s": build_s, "memory_mb": resident_mb() - before, "disk_mb": disk / 1e6, "fts_mb": fts_bytes / 1e6,
        "hybrid": hybrid, "embedded": embedded, "recall": recall, "flat": flat, "fts": fts,
    }  # fmt: skip


def warm(library: Any) -> None:  # noqa: ANN401 - a snapshot
    """Make every column that a search reads."""
    for name in ("postings", "names", "genres", "keys", "performers", "artists", "versions", "languages", "moods", "instruments", "tags"):  # fmt: skip
        getattr(library, name)


def query(made: Library, text: Floats, rng: np.random.Generator) -> tuple[str, Floats, str, int]:
    """Return words of some track, a vector near it, a genre and a year from which on."""
    n = int(rng.integers(0, made.size))
    words = made.titles[n].split()[:2]
    noise = rng.normal(size=TEXT).astype(np.float32) / np.sqrt(TEXT)
    vector = text[n] + 0.5 * noise
    return " ".join(words), vector / np.linalg.norm(vector), GENRES[made.genres[n]], int(made.years[n]) - 10


def timed(run: Callable[[Any], Any], asked: Sequence[Any]) -> tuple[float, float]:
    """Return the median and the 99th percentile of the calls after the first few, ms."""
    taken = []
    for one in asked:
        began = time.perf_counter()
        run(one)
        taken.append(1000 * (time.perf_counter() - began))
    return float(np.percentile(taken[WARM:], 50)), float(np.percentile(taken[WARM:], 99))


def near(library: Any, text: Floats, vector: Floats) -> float:  # noqa: ANN401 - a snapshot
    """Return the share of the ten nearest vectors that the library's index finds."""
    exact = np.argpartition(-(text @ vector), K)[:K]
    scores = np.nan_to_num(library.text.similarities(vector), nan=-np.inf)
    return len(set(exact) & set(np.argpartition(-scores, K)[:K])) / K


def bare_fts(made: Library, asked: Sequence[tuple[str, Floats, str, int]], folder: Path) -> tuple[tuple[float, float], int]:  # fmt: skip
    """Time FTS5 alone with its own ranking and the same filters, as SQLite comes."""
    path = folder / "fts.db"
    db = sqlite3.connect(path)
    db.execute("CREATE VIRTUAL TABLE words USING fts5(title, artist, album, genre UNINDEXED, year UNINDEXED)")
    rows = zip(made.titles, made.artists, made.albums, (GENRES[n] for n in made.genres), made.years.tolist(), strict=True)  # fmt: skip
    db.executemany("INSERT INTO words VALUES (?, ?, ?, ?, ?)", rows)
    db.commit()
    sql = "SELECT rowid FROM words WHERE words MATCH ? AND genre = ? AND year BETWEEN ? AND ? ORDER BY rank LIMIT 10"

    def run(one: tuple[str, Floats, str, int]) -> list[Any]:
        return db.execute(sql, (" OR ".join(one[0].split()), one[2], one[3], one[3] + 20)).fetchall()

    found = timed(run, asked)
    db.close()
    return found, path.stat().st_size


def resident_mb() -> float:
    """Return the memory that this process holds at its most, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
