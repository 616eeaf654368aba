"""Real talks about playlists: the Conversational Playlist Curation Dataset, what may be read of it, and its figures.

Chaganty, Leszczynski, Zhang, Ganti, Balog and Radlinski 2023, CC BY 4.0. The pool is the union of all tracks of the
file; tracks of one normalised title and the same artists are one. A system reads the user's words up to and with the
current turn, and what was liked or disliked in earlier turns; nothing else. The dialogues are not part of Segue: only
the ids of each half are.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.collection.catalogue import Track
from segue.tools.collection.words import normal
from segue.tools.core.errors import InvalidArgument

Floats = npt.NDArray[np.float32]
CUTS = (1, 10, 20, 100)
_HALVES = Path(__file__).parent / "discovery_halves.json"


@dataclass(frozen=True, slots=True)
class View:
    """What may be read at a turn: the user's words, the current ones last, and the rows rated in each earlier turn."""

    said: tuple[str, ...]
    liked: tuple[tuple[int, ...], ...] = ()
    disliked: tuple[tuple[int, ...], ...] = ()

    @property
    def rated(self) -> set[int]:
        """The rows that were heard and rated: no system may return them again."""
        return {row for turn in (*self.liked, *self.disliked) for row in turn}


@dataclass(frozen=True, slots=True)
class Case:
    """A turn that is scored: what may be read, and the rows that were liked then."""

    view: View
    gold: frozenset[int]


@dataclass(frozen=True, slots=True)
class Talks:
    """The pool as rows of a library, and of each dialogue its scored turns."""

    tracks: list[Track]
    cases: dict[str, list[Case]]


Rank = Callable[[View], Floats]
"""A system: of what may be read it makes a score for every row of the pool, float32 ``[rows]``."""


def halves() -> dict[str, list[str]]:
    """Return the ids of the dialogues that may be tuned on and of those that are reported: ``{tune, report}``."""
    found: dict[str, list[str]] = json.loads(_HALVES.read_text("utf-8"))
    return found


def load(path: Path) -> Talks:
    """Read the data set.

    Raises
    ------
    InvalidArgument : the file is not of that format.
    """
    try:
        dialogues = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        found: dict[str, Mapping[str, Any]] = {}
        for dialogue in dialogues:
            found.update(dialogue["tracks"])
        names = {id: _cluster(track) for id, track in found.items()}
        ordered = sorted(set(names.values()))
        rows = {name: n for n, name in enumerate(ordered)}
        first: dict[str, str] = {}
        for id in sorted(names):
            first.setdefault(names[id], id)
        tracks = [_track(first[name], found[first[name]]) for name in ordered]
        position = {id: rows[name] for id, name in names.items()}
        cases = {dialogue["id"]: list(_cases(dialogue["turns"], position)) for dialogue in dialogues}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidArgument(
            f"{path} is not a file of the Conversational Playlist Curation Dataset ({error}).",
            "One JSON object a line, with id, turns and tracks.",
        ) from error
    return Talks(tracks, cases)


def _cluster(track: Mapping[str, Any]) -> str:
    return f"{normal(track['track_titles'])}|{'|'.join(sorted(normal(name) for name in track['track_artists']))}"


def _track(id: str, track: Mapping[str, Any]) -> Track:
    return Track(id=id, title=track["track_titles"], artist=", ".join(track["track_artists"]), album=track["track_release_titles"])  # fmt: skip


def _cases(turns: Sequence[Mapping[str, Any]], position: Mapping[str, int]) -> Iterator[Case]:
    """Yield the turns that have something liked that was not shown before."""
    liked: list[tuple[int, ...]] = []
    disliked: list[tuple[int, ...]] = []
    said: list[str] = []
    for turn in turns:
        said.append(turn["user_query"])
        now = tuple(dict.fromkeys(position[id] for id in turn["liked_results"]))
        view = View(tuple(said), tuple(liked), tuple(disliked))
        if gold := frozenset(now) - view.rated:
            yield Case(view, gold)
        liked.append(now)
        disliked.append(tuple(dict.fromkeys(position[id] for id in turn["disliked_results"])))


def score(talks: Talks, ids: Sequence[str], rank: Rank) -> dict[str, float]:
    """Return ``hit@k``, ``mrr@100`` and ``ndcg@20``: the mean over a dialogue's turns, then over the dialogues.

    No system returns what was rated before, and every list is filled to its end in one fixed order.
    """
    means = []
    for id in ids:
        turns = [figures(ranked(rank(case.view), case.view), case.gold) for case in talks.cases[id]]
        if turns:
            means.append({name: float(np.mean([turn[name] for turn in turns])) for name in turns[0]})
    return {name: float(np.mean([mean[name] for mean in means])) for name in means[0]} if means else {}


def listened(talks: Talks, ids: Sequence[str], rank: Rank, places: int = 10, wanted: int = 3) -> dict[str, float]:
    """Let a simulated listener talk to a system that shows ``places`` tracks a turn.

    The listener says the dialogue's words turn by turn, likes of what is shown now whatever the real one liked in the
    whole dialogue, and rejects the rest; the system knows these likes, not the recorded ones. Success is ``wanted``
    liked tracks (all, where there are fewer).

    Returns
    -------
    ``turns``: the mean number of turns to success, one more than the dialogue has where there is none; ``success``: the
    share of dialogues with success; ``found``: liked tracks a dialogue.
    """
    turns, successes, found = [], [], []
    for id in ids:
        cases = talks.cases[id]
        goal = frozenset().union(*(case.gold for case in cases))
        liked: list[tuple[int, ...]] = []
        disliked: list[tuple[int, ...]] = []
        enough = None
        for number, said in enumerate((case.view.said for case in cases), 1):
            kept = (*[()] * (len(said) - 1 - len(liked)), *liked)  # turns that nothing was liked in are no cases
            view = View(said, kept, (*[()] * (len(kept) - len(disliked)), *disliked))
            shown = ranked(rank(view), view, places)
            liked.append(tuple(row for row in shown if row in goal))
            disliked.append(tuple(row for row in shown if row not in goal))
            if enough is None and sum(map(len, liked)) >= min(wanted, len(goal)):
                enough = number
        turns.append(enough or len(cases) + 1)
        successes.append(enough is not None)
        found.append(sum(map(len, liked)))
    return {"turns": float(np.mean(turns)), "success": float(np.mean(successes)), "found": float(np.mean(found))}


def ranked(scores: Floats, view: View, most: int = 100) -> list[int]:
    """Return the best rows, the best first, without those that were rated before."""
    rated = view.rated
    order = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")[: most + len(rated)]
    return [int(row) for row in order if int(row) not in rated and scores[row] > -np.inf][:most]


def figures(rows: Sequence[int], gold: frozenset[int]) -> dict[str, float]:
    """Return the figures of one list (Järvelin & Kekäläinen 2002 for nDCG, with gains of 0 and 1)."""
    places = [n for n, row in enumerate(rows, 1) if row in gold]
    out = {f"hit@{cut}": float(any(place <= cut for place in places)) for cut in CUTS}
    out["mrr@100"] = 1 / places[0] if places else 0.0
    gain = sum(1 / np.log2(place + 1) for place in places if place <= 20)
    out["ndcg@20"] = float(gain / sum(1 / np.log2(place + 1) for place in range(1, min(20, len(gold)) + 1)))
    return out
