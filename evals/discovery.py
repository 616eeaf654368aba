"""How well music is found by talking: real talks about playlists, next to what needs no dialogue engine.

``segue eval discovery --cpcd FILE`` reads the Conversational Playlist Curation Dataset (``discovery_cpcd``). What was
tuned was tuned on one half of the dialogues; the other half is reported, and every system runs on the same pool with the
same filter: nothing that was rated before comes back. Without the file the suite says so and measures nothing.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segue.evals import edit_report
from segue.evals.discovery_cpcd import Floats, Rank, Talks, View, halves, listened, load, score
from segue.evals.discovery_house import House, cache_folder
from segue.evals.discovery_pieces import analysed, home, pieces, strangers
from segue.evals.discovery_rewriting import rewritten
from segue.evals.discovery_rules import long_talk, rules
from segue.evals.discovery_sound import identification, recorded
from segue.evals.generate_report import write_between
from segue.tools.collection.embed import embed
from segue.tools.collection.postings import Postings
from segue.tools.collection.words import STOP, stem, tokens

SUITE = "discovery"
BEGIN, END = "<!-- eval discovery -->", "<!-- /eval discovery -->"
DESCRIPTION = (
    "finding music by talking: real talks about playlists, next to BM25, vectors and their fusion (--cpcd FILE)"
)
ENGINE = "Segue"
DIALOGUES, EXCERPTS = 500, 200
_STOPPED = ", music stop words"
GOAL = 1.2  # times the best baseline, for hit@10 and hit@100
_RRF = 60.0
_ENGLISH = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "for",
        "if",
        "in",
        "into",
        "is",
        "it",
        "no",
        "not",
        "of",
        "on",
        "or",
        "such",
        "that",
        "the",
        "their",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "was",
        "will",
        "with",
    ]
)
"""The stop words of Lucene's English analyser."""


def run(
    cpcd: Path | None = None,
    limit: int | None = None,
    save: Path | None = None,
    data_home: Path | None = None,
    rendered: bool = True,
    answers: Path | None = None,
    llm_base_url: str | None = None,
    llm_model: str | None = None,
) -> dict[str, Any]:
    """Rank every turn of the reported half by every system.

    Parameters
    ----------
    cpcd : a file of the data set; without it no real talks are ranked, and that is said. limit : at most so many dialogues.
    data_home : a folder with ``music/``: half of its recordings are known, excerpts of all are identified.
    save : a text file with the markers ``BEGIN`` and ``END``, between which the tables are written anew.
    llm_base_url, llm_model : an LLM's server, by whose planner the queries of the talks are rewritten as well; without
        one the answers are those of a script. answers : a file of recorded answers (``discovery_rewriting``).
    rendered : also hold made-up dialogues over a library of rendered pieces, and identify excerpts of them; the pieces
        take some minutes the first time and are kept.

    Raises
    ------
    InvalidArgument : the file is not of that format.

    Returns
    -------
    dict with ``rows`` (system and figures), ``goals`` (goal, found, met), ``dialogues``, ``turns``, ``pool``, ``skipped``.
    """
    result: dict[str, Any] = {"suite": SUITE, "rows": [], "goals": [], "skipped": ""}
    if rendered:
        result.update(_rendered(limit))
    if data_home is not None and (heard := recorded(data_home / "music", min(EXCERPTS, limit or EXCERPTS))):
        result["recordings"] = heard
        result["goals"] += [
            _goal(
                "excerpts of real recordings recognised: 95%", heard["top1"], heard["top1"] >= 0.95, heard["excerpts"]
            ),
            _goal(
                "false alarms on other real recordings: 1%", heard["false"], heard["false"] <= 0.01, heard["strangers"]
            ),
        ]
    if cpcd is None:
        result["skipped"] = "The data set is not part of Segue: segue eval discovery --cpcd FILE (CC BY 4.0)."
    else:
        _talked(cpcd, limit, result, answers, llm_base_url, llm_model)
    result["passed"], result["total"] = sum(goal["met"] for goal in result["goals"]), len(result["goals"])
    if save is not None:
        write_between(save, BEGIN, END, _markdown(result))
    return result


def _talked(
    cpcd: Path, limit: int | None, result: dict[str, Any], answers: Path | None, url: str | None, model: str | None
) -> None:
    """Rank the turns of real talks, and put the figures into the result."""
    talks = load(cpcd)
    ids = [id for id in halves()["report"] if talks.cases.get(id)][:limit]
    vectors = Vectors(
        [track.words for track in talks.tracks], [case.view.said for id in ids for case in talks.cases[id]]
    )
    turns = sum(len(talks.cases[id]) for id in ids)
    house = House(talks.tracks, vectors.documents)
    by_llm = rewritten(talks, ids, house, answers, url, model)
    result["rewritten"] = {"by": by_llm.by, "turns": by_llm.turns, "planned": by_llm.planned}
    ranks = systems(talks, vectors, house)
    ranks[f"{ENGINE}, queries by the LLM planner ({by_llm.by})"] = lambda view: house.scores(
        view, by_llm.queries.get(view.said, "")
    )
    for name, rank in ranks.items():
        began = time.perf_counter()
        found = score(talks, ids, rank)
        ms = 1000 * (time.perf_counter() - began) / max(1, turns)
        result["rows"].append({"system": name, **found, "ms": ms, **listened(talks, ids, rank)})
    result.update(dialogues=len(ids), turns=turns, pool=len(talks.tracks))
    result["goals"] += _goals(result["rows"])


def _rendered(limit: int | None) -> dict[str, Any]:
    """Measure on rendered pieces: whether dialogues keep their word, and whether excerpts are recognised."""
    settings = home()
    made = analysed(pieces(settings), settings)
    kept = rules(made, settings, min(DIALOGUES, limit or DIALOGUES))
    long = long_talk(made, settings)
    known = identification(made, strangers(settings), settings, min(EXCERPTS, limit or EXCERPTS))
    goals = [
        _goal("hard limits hold in every turn", kept["hard"], kept["hard"] == 1, kept["hard_turns"]),
        _goal("rejected tracks that came back: none", kept["leaked"], not kept["leaked"], kept["dialogues"]),
        _goal("tracks shown again where others were asked for: none", kept["repeated"], not kept["repeated"], kept["dialogues"]),
        _goal("more and less move the axis asked for: 95%", kept["moved"], kept["moved"] >= 0.95, kept["moves"]),
        _goal("and hold what is to be held", kept["held"], not kept["held"] < 0.95, kept["holds"]),
        _goal("ordinals are resolved: 99%", kept["ordinals"], kept["ordinals"] >= 0.99, kept["pointed"]),
        _goal("of 40 turns the last ten are as right as the first ten", long["last"], long["last"] >= long["first"], long["turns"]),
        _goal("and take no longer (ratio, at most 1.5)", long["ratio"], long["ratio"] <= 1.5, long["turns"]),
        _goal("excerpts of 10 s recognised: 95%", known["top1"], known["top1"] >= 0.95, known["excerpts"]),
        _goal("false alarms on twins outside the library (same tempo, same drums): 1%", known["false"], known["false"] <= 0.01, known["strangers"]),
    ]  # fmt: skip
    return {"rules": kept, "long": long, "identification": known, "goals": goals}


def _goal(goal: str, found: float, met: bool, of: int) -> dict[str, Any]:
    return {"goal": goal, "found": f"{found:.3f} of {of:,}" if isinstance(found, float) else f"{found} in {of:,}", "met": bool(met)}  # fmt: skip


def table(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing: a line a system, then the goals."""
    header, ranked = _systems(result)
    blank = [""] * (len(header) - 3)
    rows = [[result["skipped"], "", "", *blank]] if result["skipped"] else []
    rows += ranked
    rows += [[goal["goal"], "met" if goal["met"] else "MISSED", goal["found"], *blank] for goal in result["goals"]]
    return header, rows


def _systems(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return the table of what ranks real talks: a line a system."""
    names = ["hit@1", "hit@10", "hit@20", "hit@100", "mrr@100", "ndcg@20"]
    rows = [
        [row["system"], *(f"{row[name]:.3f}" for name in names), f"{row['turns']:.2f} ({row['success']:.0%})", f"{row['ms']:.0f}"]
        for row in result["rows"]
    ]  # fmt: skip
    return ["system", *names, "turns to success", "ms a turn"], rows


def _markdown(result: dict[str, Any]) -> str:
    """Return goals and systems as Markdown."""
    header, rows = _systems(result)
    note = result["skipped"] or (
        f"The reported half of CPCD: {result['dialogues']} dialogues, {result['turns']} turns, a pool of {result['pool']:,} tracks; nothing that was "
        "rated before comes back, for any system. Turns to success: a listener who wants three of the liked tracks. "
        + _whose(result["rewritten"])
    )
    table = {
        "title": "Real talks about playlists",
        "note": note,
        "header": header,
        "rows": rows,
        "goals": result["goals"],
    }
    return edit_report.markdown([table])


def _whose(rewritten: dict[str, Any]) -> str:
    """Say whose answers the queries of the LLM planner are."""
    by, share = rewritten["by"], f"{rewritten['planned']} of {rewritten['turns']} turns"
    if by == "scripted":
        return f"The queries by the LLM planner ({share}) are a script's, over HTTP like any LLM's: they show the way, and say nothing about any LLM."
    return f"The queries by the LLM planner ({share}): {by}."


def _goals(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    engine = next(row for row in rows if row["system"] == ENGINE)
    baselines = [row for row in rows if not row["system"].startswith(ENGINE)]
    plain = [row for row in baselines if not row["system"].endswith(_STOPPED)]
    out = []
    for figure in ("hit@10", "hit@100"):
        for known, of in (
            (plain, "BM25, vectors and their fusion"),
            (baselines, "these, music's stop words left out"),
        ):
            best = max(known, key=lambda row: row[figure])
            ratio = engine[figure] / max(1e-9, best[figure])
            out.append({"goal": f"{figure} at least {GOAL} times the best of {of} ({best['system']})", "found": f"{ratio:.2f}", "met": ratio >= GOAL})  # fmt: skip
    return out


class Vectors:
    """Sentence vectors of the pool and of what was said, computed once and kept in the user's cache folder."""

    def __init__(self, documents: Sequence[str], said: Sequence[Sequence[str]]) -> None:
        texts = [*documents, *sorted({text for turns in said for text in turns})]
        found = _kept(texts)
        self.documents: Floats | None = None if found is None else found[: len(documents)]
        self._said = {} if found is None else dict(zip(texts[len(documents) :], found[len(documents) :], strict=True))

    def __call__(self, text: str) -> Floats | None:
        """Return what was said as a unit vector; None where there is no encoder."""
        return self._said.get(text)


def _kept(texts: Sequence[str]) -> Floats | None:
    path = cache_folder() / f"discovery-{hashlib.sha256(chr(0).join(texts).encode()).hexdigest()[:16]}.npy"
    if path.is_file():
        kept: Floats = np.load(path)
        return kept
    found = embed(texts)
    if found is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, found)
    return found


def systems(talks: Talks, vectors: Vectors, house: House) -> dict[str, Rank]:
    """Return every system by name, the engine last."""
    tracks = talks.tracks
    postings = Postings([{"all": f"{t.title} {t.artist} {t.album}"} for t in tracks], {})

    def bm25(said: Callable[[View], str], stop: frozenset[str]) -> Rank:
        return lambda view: postings.scores([stem(t.word) for t in tokens(said(view)) if t.word not in stop])

    def dense(view: View) -> Floats:
        vector = vectors(view.said[-1])
        if vector is None or vectors.documents is None:
            return np.zeros(len(tracks), dtype=np.float32)
        return np.asarray(vectors.documents @ vector, dtype=np.float32)

    def last(view: View) -> str:
        return view.said[-1]

    def history(view: View) -> str:
        return " ".join(view.said)

    found: dict[str, Rank] = {}
    for name, stop in (("", _ENGLISH), (_STOPPED, STOP | _ENGLISH)):
        found[f"BM25, last words{name}"] = bm25(last, stop)
        found[f"BM25, all words{name}"] = bm25(history, stop)
    found["vectors alone, last words"] = dense
    for name in ("", _STOPPED):
        three = [found[f"BM25, last words{name}"], found[f"BM25, all words{name}"], dense]
        found[f"reciprocal-rank fusion{name}"] = fused(three)
    found[ENGINE] = house.scores
    return found


def fused(ranks: Sequence[Rank]) -> Rank:
    """Return the reciprocal-rank fusion of systems (Cormack, Clarke & Büttcher 2009); what a system scores 0 has no vote."""

    def rank(view: View) -> Floats:
        out = np.zeros(0, dtype=np.float64)
        for one in ranks:
            scores = one(view)
            places = np.argsort(np.argsort(-scores, kind="stable"), kind="stable")
            votes = np.where(scores > 0, 1 / (_RRF + 1 + places), 0.0)
            out = votes if not len(out) else out + votes
        return out.astype(np.float32)

    return rank
