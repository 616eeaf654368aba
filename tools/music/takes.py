"""Several takes of one request: composed, ranked by the critic, the best first.

With a seed the takes are those of seed, seed + 1, …, and only their order is the critic's: the same seed
gives the same scores on every run. Without one the critic also chooses among drafts: as many as a
listener does not notice, at most ``DRAFTS`` for every take. A draft that repeats a piece made before is dropped.
"""

import secrets
import time
from dataclasses import dataclass, replace

from segue.tools.core.score import Score
from segue.tools.music.compose import compose
from segue.tools.music.compose_request import Request
from segue.tools.music.compose_wishes import Say
from segue.tools.music.critic import rank
from segue.tools.music.fingerprints import fingerprints
from segue.tools.music.memory import Memory

DRAFTS = 4
REDRAWS = 10  # drafts that are dropped because they repeat something, at most
_BUDGET_S = 0.2  # for composing all drafts; judging them takes about as long again


@dataclass(frozen=True)
class Take:
    """A score with the seed that gives it again, and why the critic put it where it is.

    ``number`` counts takes in the order of their seeds, from 1. ``said`` is what its composer had to say.
    ``redrawn`` counts the drafts that were dropped before, for all takes together.
    """

    number: int
    seed: int
    score: Score
    why: str
    said: tuple[str, ...]
    redrawn: int = 0


@dataclass(frozen=True)
class _Draft:
    seed: int
    score: Score
    said: tuple[str, ...]
    repeats: frozenset[str]


def compose_takes(request: Request, count: int, say: Say, memory: Memory | None = None) -> list[Take]:
    """Return ``count`` takes of a request, the best first; says what bent a wish, and who comes first why.

    Parameters
    ----------
    memory : what was made before, for a request without a seed and without a given tune; the takes are added to it.

    Raises
    ------
    InvalidArgument : as ``compose`` does.
    """
    given = request.melody or request.continue_from or request.accompany
    memory = memory if request.seed is None and given is None else None
    drafts, dropped = _drafts(request, count, memory)
    if len(drafts) == 1:
        [one] = drafts
        chosen = [Take(1, one.seed, one.score, "", one.said, dropped)]
    else:
        ranked = rank([one.score for one in drafts], request)[:count]
        seeds = sorted(drafts[one.index].seed for one in ranked)
        chosen = [
            Take(seeds.index(draft.seed) + 1, draft.seed, draft.score, one.why, draft.said, dropped)
            for one in ranked
            for draft in [drafts[one.index]]
        ]
    for sentence in dict.fromkeys(text for take in chosen for text in take.said):
        say(sentence)
    if repeated := {one.seed: one.repeats for one in drafts if one.repeats}:
        _say_repeated(chosen, repeated, say)
    if memory is not None:
        for take in chosen:
            memory.remember(take.score)
    if count > 1:
        best = chosen[0]
        who = "the best comes first" if request.seed is None else f"take {best.number} (seed {best.seed}) comes first"
        say(f"The takes stand in the critic's order: {who}. {best.why}")
    return chosen


def _drafts(request: Request, count: int, memory: Memory | None) -> tuple[list[_Draft], int]:
    """Return the drafts that the critic may choose from, and how many were dropped as repeating something."""
    first = request.seed if request.seed is not None else secrets.randbelow(2**31 - 8 * DRAFTS - REDRAWS)
    most = count if request.seed is not None else count * DRAFTS
    started = time.monotonic()
    drafts: list[_Draft] = []
    seen: set[tuple[str | None, str]] = set()
    dropped = 0
    while len(drafts) < most:
        said: list[str] = []
        made = len(drafts) + dropped
        score = compose(replace(request, seed=first + made), said.append)
        repeats: frozenset[str] = frozenset()
        if memory is not None:
            mine = fingerprints(score)
            repeats = memory.shared(score) | {name for name in mine if (score.genre, name) in seen}
            if repeats and dropped < REDRAWS:
                dropped += 1
                continue
            seen.update((score.genre, name) for name in mine)
        drafts.append(_Draft(first + made, score, tuple(said), repeats))
        spent = time.monotonic() - started
        if len(drafts) >= count and spent * (made + 2) / (made + 1) > _BUDGET_S:
            break
    fresh = [one for one in drafts if not one.repeats]
    return (fresh if len(fresh) >= count else drafts), dropped


def _say_repeated(chosen: list[Take], repeated: dict[int, frozenset[str]], say: Say) -> None:
    """Say which of the pieces made before comes back in a take, where every draft had something of them."""
    letters = {name[0] for take in chosen for name in repeated.get(take.seed, ())}
    things = [
        what
        for letter, what in (("t", "eight notes of the tune"), ("d", "the drums of a section"))
        if letter in letters
    ]
    if things:
        say(
            f"{' and '.join(things).capitalize()} are those of an earlier piece: {REDRAWS} other drafts repeated something, too."
        )
