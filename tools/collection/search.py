"""Search: words, meaning, likeness and measured axes, fused by rank within hard constraints.

Reciprocal-rank fusion: Cormack, Clarke & Büttcher 2009. Everything that could not be honoured is
said through ``note``.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from segue.tools.collection import ordering
from segue.tools.collection.embed import MISSING, embed_query
from segue.tools.collection.filters import SHOWN, Constraint, Limits, all_of, constraints, relaxed
from segue.tools.collection.likeness import likeness, likeness_to_all
from segue.tools.collection.matching import HAS, Coverage, coverage_of, looks_like_a_name, matched
from segue.tools.collection.moves import changing, moved, within_reach
from segue.tools.collection.query import Reading, read_query
from segue.tools.collection.reasons import reasons_for
from segue.tools.collection.remembered import Taste
from segue.tools.collection.snapshot import Floats, Mask, Rows, Sample, Snapshot
from segue.tools.collection.splitting import splitting
from segue.tools.collection.talk import Talk, TalkRanker
from segue.tools.collection.words import normal

_RRF = 60.0
_MEANS = 0.3  # cosine from which a track counts as near a query in meaning (MiniLM; unrelated words reach 0.25)
_HEAD = 10  # places of a list that are seen at once
_TASTE = 0.15  # what a liked artist adds to a talk's scores of 0 to 1; a liked track twice that
_DEEP = 5000  # how far down a long list other recordings of a song are looked for
Note = Callable[[str], None]


@dataclass(slots=True)
class Request:
    """What is looked for; the fields are those of the retrieve tool, with references resolved."""

    query: str = ""
    like: list[Sample] = field(default_factory=list)
    unlike: list[Sample] = field(default_factory=list)
    among: list[str] | None = None
    limits: Limits = field(default_factory=Limits)
    adjust: dict[str, float] = field(default_factory=dict)
    hold: list[str] = field(default_factory=list)
    max_per_artist: int | None = None
    total_s: float | None = None
    order: str = "best"
    k: int = 5
    playlist: bool = False
    talk: Talk | None = None
    taste: Taste = field(default_factory=Taste)


@dataclass(frozen=True, slots=True)
class Hit:
    """A track that was found: its row, a score of at most 1, and why."""

    row: int
    score: float
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Found:
    """The best of what matches, and how many match in all."""

    hits: list[Hit]
    total: int
    question: str | None = None


def search(
    library: Snapshot,
    request: Request,
    note: Note,
    phrase: Callable[[str], list[str]] = lambda text: [],
    rng: np.random.Generator | None = None,
    ranker: TalkRanker | None = None,
) -> Found:
    """Find tracks.

    Parameters
    ----------
    note : told, in one sentence each, what could not be honoured, seen or found.
    phrase : returns ids of tracks that hold words next to each other.
    rng : chance for requests without any wish ("surprise me").
    ranker : ranks by the whole talk, where the request has one.
    """
    limits = constraints(library, request.limits, note)
    base = _reach(library, request)
    allowed = all_of(limits, library.size) & base
    _say_unseen(library, limits, base, note)
    reading = _read(library, request.query, note)
    if not allowed.any():
        if base.any():
            note(("Nothing matches all of that. " + relaxed(limits, _meant(library, reading, base))).strip())
        elif request.among is None:
            note("The library holds nothing besides what it was to be like.")
        return Found([], 0)
    allowed = within_reach(library, request, allowed, note)
    allowed, closeness = moved(library, request, allowed, note)
    rows = np.flatnonzero(allowed)
    sources = _sources(library, request, reading, rows, phrase, note)
    if closeness is not None:
        sources.append((closeness[rows], 1.5))
    if request.talk is not None and ranker is not None and ranker.knows(request.talk):
        talked = ranker.scores(request.talk)
        if request.like or request.unlike or closeness is not None:
            sources.append((talked[rows], 0.5))
        else:
            return _by_talk(library, request, reading, talked, limits, rows, ranker, note)
    if not sources:
        return _sample(library, request, allowed, bool(limits), rng or np.random.default_rng(), note)
    if request.taste and request.among is None:
        sources.append((_liking(library, request.taste)[rows], 0.3))
    fused = _fuse(sources, rows, library.size)
    coverage = coverage_of(library, reading)
    fitting = rows
    if coverage is not None:
        share = coverage.share(rows)
        if not share.any():
            return _nearest(library, request, reading, fused, coverage, limits, rows, note)
        fitting = matched(reading, share, rows, note)
        if reading.superlative and reading.wishes:
            fused[rows] = 1e-3 * fused[rows] + _degree(library, reading)[rows]
        fused[rows] += np.floor(share * 4 + 1e-6)
    total = len(fitting)
    only_others = all(limit.words == SHOWN or limit.words.startswith("not by ") for limit in limits)
    free = only_others and not request.adjust and coverage is None  # "23 match" says nothing about likeness alone
    pool, collapsed = _collapse(library, _order(fused, fitting, rows, request), request)
    chosen = _choose(library, pool, request, reading, note)
    chosen = _arrange(library, chosen, request, note)
    best = max((float(fused[row]) for row in chosen), default=1.0) or 1.0
    changes = changing(request)
    closest = _closest(library, request.like)
    hits = []
    for row in chosen:
        seeds = request.like if closest is None else [request.like[closest[row]]]
        why = _known_taste(library, request.taste, row)
        why += reasons_for(library, reading, request.limits, changes, seeds, chosen, row, request.order)
        if closest is not None:
            why.insert(0, f"most like {seeds[0].track.title}")
        if collapsed[row] > 1:
            why.append(f"{collapsed[row]} recordings of it are in the library")
        hits.append(Hit(row, round(float(fused[row]) / best, 4), why))
    question = None if request.among or request.like else splitting(library, fitting, request.limits, reading, len(hits))  # fmt: skip
    return Found(hits, len(hits) if free else total, question)


def _degree(library: Snapshot, reading: Reading) -> Floats:
    """Where each track stands, 0 to 1, on the axes that the words ask the most of."""
    places = [np.nan_to_num(library.percentiles(w.axis), nan=50 - 50 * w.way) for w in reading.wishes if w.axis]
    ways = [w.way for w in reading.wishes if w.axis]
    if not places:
        return np.zeros(library.size, dtype=np.float32)
    return np.asarray(np.mean([p if way > 0 else 100 - p for p, way in zip(places, ways, strict=True)], axis=0) / 100, dtype=np.float32)  # fmt: skip


def _liking(library: Snapshot, taste: Taste) -> Floats:
    """How a user's taste speaks for each track: 3 liked, 2 its artist liked, 1 nothing known, 0 rejected or its artist."""
    scores = np.ones(library.size, dtype=np.float32)
    for artists, value in ((taste.rejected_artists, 0.0), (taste.liked_artists, 2.0)):
        scores[library.of_artists(artists)] = value
    for ids, value in ((taste.rejected, 0.0), (taste.liked, 3.0)):
        scores[library.mask_of(ids)] = value
    return scores


def _known_taste(library: Snapshot, taste: Taste, row: int) -> list[str]:
    if library.ids[row] in taste.liked:
        return ["you liked it before"]
    if taste.liked_artists & library.artists[row]:
        return [f"you liked {library.tracks[row].artist} before"]
    return []


def _by_talk(
    library: Snapshot,
    request: Request,
    reading: Reading,
    talked: Floats,
    limits: list[Constraint],
    rows: Rows,
    ranker: TalkRanker,
    note: Note,
) -> Found:
    """The list where the talk ranks: first what has all that the words wish of the sound, then by the talk."""
    talk = request.talk or Talk([])
    wishes = [wish for wish in reading.wishes if (wish.evidence[rows] > HAS).any()]
    unmet = [wish.words for wish in reading.wishes if wish not in wishes]
    if unmet and ranker.scene(talk):
        note(f"Nothing here is tagged {' or '.join(unmet)}; chosen by what the artists are generally known for.")
    elif unmet:
        note(f"Nothing here is known as {' or '.join(unmet)}.")
    low, high = float(talked[rows].min()), float(talked[rows].max())
    score = ((talked - low) / max(1e-9, high - low)).astype(np.float32)
    fitting = rows
    if wishes:
        share = np.mean([wish.evidence[rows] > HAS for wish in wishes], axis=0).astype(np.float32)
        fitting = matched(Reading(reading.text, wishes), share, rows, note)
        score = score + np.mean([wish.evidence for wish in wishes], axis=0)
    if reading.superlative and reading.wishes:
        score = score + 100 * _degree(library, reading)
    if request.taste:
        score = score + _TASTE * (_liking(library, request.taste) - 1)
    pool, collapsed = _collapse(library, _ranked(score, fitting), request)
    if ranker.kind(talk.said[-1]) in ("scene", "other") and not request.limits.artist:
        first = ordering.per_artist(library, pool, 1)[:_HEAD]  # what is seen at once comes from different artists
        pool = list(dict.fromkeys([*first, *pool]))
    chosen = _arrange(library, _choose(library, pool, request, reading, note, spread=False), request, note)
    best = max((float(score[row]) for row in chosen), default=1.0) or 1.0
    hits = []
    for row in chosen:
        why = ranker.reasons(talk, row)
        why += _known_taste(library, request.taste, row)
        why += reasons_for(library, reading, request.limits, {}, [], chosen, row, request.order)
        if collapsed[row] > 1:
            why.append(f"{collapsed[row]} recordings of it are in the library")
        hits.append(Hit(row, round(float(score[row]) / best, 4), list(dict.fromkeys(why))[:4]))
    question = splitting(library, fitting, request.limits, reading, len(hits)) if wishes or limits else None
    return Found(hits, len(fitting) if wishes or limits else len(hits), question)


def _read(library: Snapshot, query: str, note: Note) -> Reading:
    """Read the query; signs without a letter or digit ask for nothing, and that is said."""
    if query.strip() and not normal(query):
        note(f"'{query.strip()[:20]}' holds no word to search for; these were drawn by chance.")
    return read_query(library, query) if normal(query) else Reading("")


def _meant(library: Snapshot, reading: Reading, base: Mask) -> Mask:
    """The rows that have most of what the words ask for, whatever the filters say."""
    coverage = coverage_of(library, reading)
    fullest = base if coverage is None else coverage.fullest(base)
    return fullest if fullest.any() else base


def _closest(library: Snapshot, seeds: Sequence[Sample]) -> npt.NDArray[np.intp] | None:
    """For every row the seed that it is most like, where there are several."""
    if len(seeds) < 2:
        return None
    return np.asarray(np.argmax([np.nan_to_num(likeness(library, seed)) for seed in seeds], axis=0))


def _reach(library: Snapshot, request: Request) -> Mask:
    """The rows that may be found at all: those asked about, without the seeds themselves."""
    if request.among is not None:
        return library.mask_of(request.among)
    return ~library.mask_of(sample.track.id for sample in [*request.like, *request.unlike])


def _say_unseen(library: Snapshot, limits: Sequence[Constraint], base: Mask, note: Note) -> None:
    measuring = any(limit.unknown and limit.needs_measuring for limit in limits)
    waiting = np.count_nonzero(base & ~library.analysed) if measuring else 0
    for limit in limits:
        if limit.unknown and limit.needs_measuring and waiting:
            note(
                f"{waiting:,} track{' is' if waiting == 1 else 's are'} not analysed yet: the filter '{limit.words}' cannot see them."
            )
        elif limit.unknown:
            few = "track says" if limit.unknown == 1 else "tracks say"
            note(f"{limit.unknown:,} {few} nothing about '{limit.words}' and were left out.")


def _sources(
    library: Snapshot, request: Request, reading: Reading, rows: Rows, phrase: Callable[[str], list[str]], note: Note
) -> list[tuple[Floats, float]]:
    """Everything that ranks: scores, float32 ``[rows]`` (NaN where a source has no opinion), and weights."""
    found: list[tuple[Floats, float]] = []
    if reading.names:
        scores = np.zeros(library.size, dtype=np.float32)
        value = {"title": 3.0, "artist": 2.0, "album": 1.5, "genre": 1.0}
        for name in reading.names:
            scores[library.rows_of(name.ids)] += value[name.kind] - (0 if name.exact else 0.5)
        found.append((_or_nan(scores[rows]), 3.0))
    if reading.wishes:
        total = np.sum([wish.evidence[rows] for wish in reading.wishes], axis=0)
        found.append((_or_nan(total), 1.5))
    if reading.text:
        words = [*reading.words, *(w for wish in reading.wishes for w in normal(wish.words).split())]
        found.append((_or_nan(library.postings.scores(words)[rows]), 1.0))
        if len(normal(reading.text).split()) >= 2:
            found.append((_or_nan(library.mask_of(phrase(reading.text))[rows]), 1.0))
        if len(library.text):
            vector = embed_query(reading.text)
            if vector is None:
                note(MISSING)
            else:
                found.append((library.text.similarities(vector, rows=rows), 0.5))
    if request.like:
        scores = likeness_to_all(library, request.like)
        if request.unlike:
            scores = scores - 0.6 * np.nan_to_num(np.max([likeness(library, s) for s in request.unlike], axis=0))
        found.append((scores[rows], 2.0))
    elif request.unlike:
        found.append((1 - np.max([likeness(library, s)[rows] for s in request.unlike], axis=0), 1.0))
    return found


def _or_nan(scores: npt.NDArray[np.floating] | Mask) -> Floats:
    return np.where(scores > 0, scores, np.nan).astype(np.float32)


def _fuse(sources: Sequence[tuple[Floats, float]], rows: Rows, size: int) -> Floats:
    """Reciprocal-rank fusion of scores for some rows, float32 ``[tracks]``, 0 elsewhere; rows that a source ties share a rank."""
    fused = np.zeros(len(rows), dtype=np.float64)
    for scores, weight in sources:
        known = np.flatnonzero(~np.isnan(scores))
        _, ranks = np.unique(-scores[known], return_inverse=True)
        fused[known] += weight / (_RRF + 1 + ranks)
    out = np.zeros(size, dtype=np.float32)
    out[rows] = fused / (sum(w for _, w in sources) / (_RRF + 1))
    return out


def _nearest(
    library: Snapshot,
    request: Request,
    reading: Reading,
    fused: Floats,
    coverage: Coverage,
    limits: list[Constraint],
    rows: Rows,
    note: Note,
) -> Found:
    """What comes nearest when no allowed row has what the words name; what stands in the way is said."""
    elsewhere = coverage.fullest(_reach(library, request))
    if elsewhere.any() and all(limit.words == SHOWN for limit in limits):
        note("Everything that matches was shown before or rejected.")
        return Found([], 0)
    words = reading.text[:80]
    if elsewhere.any():
        note(f"None of the {len(rows)} tracks within the filters fits '{words}'. " + relaxed(limits, elsewhere))
    near = rows if limits and elsewhere.any() else _near_in_meaning(library, reading, rows)
    if not len(near) or (looks_like_a_name(reading.text) and not elsewhere.any() and not reading.wishes):
        note(f"Nothing in the library is called or described as '{words}'.")
        return Found([], 0)
    if not elsewhere.any():
        note(f"No track carries the words '{words}'; these come nearest in meaning.")
    pool, _ = _collapse(library, _ranked(fused, near), request)
    chosen = _arrange(library, _choose(library, pool, request, reading, note), request, note)
    best = max((float(fused[row]) for row in chosen), default=1.0) or 1.0
    why = (
        reasons_for(library, reading, request.limits, changing(request), request.like, chosen, row, request.order)
        for row in chosen
    )
    hits = [Hit(row, round(float(fused[row]) / best, 4), reasons) for row, reasons in zip(chosen, why, strict=True)]
    return Found(hits, len(rows) if limits else len(hits))


def _near_in_meaning(library: Snapshot, reading: Reading, rows: Rows) -> Rows:
    vector = embed_query(reading.text) if len(library.text) else None
    if vector is None:
        return rows[:0]
    return rows[np.nan_to_num(library.text.similarities(vector, rows=rows)) >= _MEANS]


def _ranked(scores: Floats, rows: Rows) -> Rows:
    """Return some rows by falling score; of equal ones those that stand first in the library."""
    return rows[np.argsort(-scores[rows], kind="stable")]


def _order(fused: Floats, fitting: Rows, rows: Rows, request: Request) -> Rows:
    """Rows by score: what matches, and after it, where that is too few for a list by likeness, the rest."""
    ranked = _ranked(fused, fitting)
    if len(fitting) < request.k and request.like and request.among is None:
        rest = np.setdiff1d(rows[fused[rows] > 0], fitting)
        ranked = np.concatenate([ranked, _ranked(fused, rest)])
    return ranked if request.total_s else ranked[: max(_DEEP, 50 * request.k)]


def _collapse(library: Snapshot, rows: Rows, request: Request) -> tuple[list[int], Counter[int]]:
    """Keep the best recording of each song, and count them all."""
    if request.among is not None:
        return rows.tolist(), Counter(rows.tolist())
    if not request.total_s:
        rows = rows[: max(_DEEP, 50 * request.k)]
    _, best, counts = np.unique(library.versions[rows], return_index=True, return_counts=True)
    order = np.argsort(best)
    kept = rows[best[order]].tolist()
    return kept, Counter(dict(zip(kept, counts[order].tolist(), strict=True)))


def _choose(
    library: Snapshot, rows: list[int], request: Request, reading: Reading, note: Note, spread: bool = True
) -> list[int]:
    """Take the list's items: at most so many an artist (one, then the rest, by default), so many in all, or so long in all."""
    if request.max_per_artist:
        rows = ordering.per_artist(library, rows, request.max_per_artist)
    elif (
        spread
        and request.among is None
        and not request.limits.artist
        and not any(n.kind in ("artist", "album") for n in reading.names)
    ):
        rows = list(dict.fromkeys([*ordering.per_artist(library, rows, 1), *rows]))
    if request.total_s:
        chosen = ordering.to_length(library, rows, request.total_s)
        length = sum(library.tracks[row].duration_s or 0 for row in chosen)
        if abs(length - request.total_s) > max(30.0, 0.05 * request.total_s):
            note(f"What matches adds up to {length / 60:.1f} of the {request.total_s / 60:.1f} minutes asked for.")
        return chosen
    return rows[: request.k]


def _arrange(library: Snapshot, rows: list[int], request: Request, note: Note) -> list[int]:
    if request.order in ("energy_up", "energy_down"):
        unknown = sum(bool(np.isnan(library.axis("energy")[row])) for row in rows)
        if unknown:
            note(f"{unknown} of them {'is' if unknown == 1 else 'are'} not analysed yet and stand at the end.")
        return ordering.by_axis(library, rows, "energy", 1 if request.order == "energy_up" else -1)
    if ordering.is_field(request.order):
        rows, unknown_said = ordering.by_field(library.tracks, rows, request.order)
        if unknown_said:
            note(unknown_said)
        return rows
    if request.order == "path" or (request.playlist and request.order == "best"):
        ends = (request.like[0], request.like[-1]) if len(request.like) > 1 else (None, None)
        start = request.like[0] if len(request.like) == 1 else ends[0]
        rows = ordering.along(library, rows, start, ends[1])
        jumps = ordering.breaks(library, rows)
        if jumps:
            note("Some steps are not smooth (" + "; ".join(jumps[:4]) + ("; …)." if len(jumps) > 4 else ")."))
    return rows


def _sample(
    library: Snapshot, request: Request, allowed: Mask, limited: bool, rng: np.random.Generator, note: Note
) -> Found:
    """Without any wish: the first in the order asked for; else tracks as different from one another as can be, by chance."""
    ordered = ordering.is_field(request.order)
    draw = rng.random(library.size)  # one for every track: what is left out moves no other
    shown = library.mask_of(request.limits.exclude)
    pool = allowed | shown if request.among is None and not request.total_s else allowed
    drawn = np.flatnonzero(pool)
    drawn = drawn[np.argsort(draw[drawn], kind="stable")]
    rows = drawn.tolist()
    if request.among is None and ordered:
        rows, _ = ordering.by_field(library.tracks, np.flatnonzero(allowed).tolist(), request.order)
        rows, _ = _collapse(library, np.array(rows, dtype=np.intp), request)
    elif request.among is None and request.k >= len(rows) and not request.total_s:
        rows.sort()  # everything was asked for
    elif request.among is None:
        rows, _ = _collapse(library, drawn, request)
        if request.taste:  # what was rejected in earlier conversations comes last
            liking = _liking(library, request.taste)
            rows.sort(key=lambda row: liking[row] < 1)
        rows = (
            _forgotten(library, rows)
            if request.limits.not_since
            else _choose_different(library, rows, request.k + int((pool & shown).sum()))
        )
        rows = [row for row in rows if allowed[row]]  # chosen with what was shown, so that one "no" exchanges one track
    elif request.order == "best":
        rows = sorted(rows)
    elif request.among is not None and request.order != "path":
        rows = [row for row in library.rows_of(dict.fromkeys(request.among)).tolist() if allowed[row]]
    chosen = _choose(library, rows, request, Reading(""), lambda text: None, spread=not ordered)
    heard = ordered or (request.among is not None and request.order != "path")
    chosen = _arrange(library, chosen, request, note if heard else lambda text: None)
    empty, fitting = Reading(""), np.flatnonzero(allowed)
    hits = [
        Hit(row, 1.0, reasons_for(library, empty, request.limits, {}, [], chosen, row, request.order)) for row in chosen
    ]
    question = splitting(library, fitting, request.limits, empty, len(hits)) if request.among is None else None
    return Found(hits, len(fitting) if limited else len(hits), question)


def _forgotten(library: Snapshot, rows: Sequence[int]) -> list[int]:
    """Mix what was once played often with what never was: one of each in turn."""
    plays = np.nan_to_num(library.column("playcount"))
    once = sorted((row for row in rows if plays[row] or library.last_played[row]), key=lambda row: -float(plays[row]))
    never = [row for row in rows if not (plays[row] or library.last_played[row])]
    mixed = [row for pair in zip(once, never, strict=False) for row in pair]
    return [*mixed, *once[len(never) :], *never[len(once) :]]


def _choose_different(library: Snapshot, rows: list[int], count: int) -> list[int]:
    """Put rows first that differ in genre and energy from those before them; look at 500 at most."""
    left, chosen = rows[:500], rows[:1]
    genres: Counter[str] = Counter(g for row in chosen for g in library.genres[row])
    energy = np.nan_to_num(library.axis("energy"), nan=0.5)
    left = left[1:]
    while left and len(chosen) < count:
        spread = [
            min(1, sum(genres[g] for g in library.genres[row]) or (not library.genres[row]))
            - min(abs(float(energy[row] - energy[c])) for c in chosen)
            for row in left
        ]
        row = left.pop(int(np.argmin(spread)))
        genres.update(library.genres[row])
        chosen.append(row)
    return chosen + left + rows[500:]
