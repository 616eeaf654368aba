"""Several takes of one request: composed, ranked by the critic, the best first.

With a seed the takes are those of seed, seed + 1, …, and only their order is the critic's: the same seed
gives the same scores on every run. Without one the critic also chooses among drafts: as many as a
listener does not notice, at most ``DRAFTS`` for every take.
"""

import secrets
import time
from dataclasses import dataclass, replace

from segue.tools.core.score import Score
from segue.tools.music.compose import compose
from segue.tools.music.compose_request import Request
from segue.tools.music.compose_wishes import Say
from segue.tools.music.critic import rank

DRAFTS = 4
_BUDGET_S = 0.2  # for composing all drafts; judging them takes about as long again


@dataclass(frozen=True)
class Take:
    """A score with the seed that gives it again, and why the critic put it where it is.

    ``number`` counts takes in the order of their seeds, from 1. ``said`` is what its composer had to say.
    """

    number: int
    seed: int
    score: Score
    why: str
    said: tuple[str, ...]


def compose_takes(request: Request, count: int, say: Say) -> list[Take]:
    """Return ``count`` takes of a request, the best first; says what bent a wish, and who comes first why.

    Raises
    ------
    InvalidArgument : as ``compose`` does.
    """
    first = request.seed if request.seed is not None else secrets.randbelow(2**31 - 8 * DRAFTS)
    most = count if request.seed is not None else count * DRAFTS
    started = time.monotonic()
    drafts: list[tuple[int, Score, tuple[str, ...]]] = []
    while len(drafts) < most:
        said: list[str] = []
        seed = first + len(drafts)
        drafts.append((seed, compose(replace(request, seed=seed), said.append), tuple(said)))
        spent = time.monotonic() - started
        if len(drafts) >= count and spent * (len(drafts) + 1) / len(drafts) > _BUDGET_S:
            break
    if len(drafts) == 1:
        chosen = [Take(1, *drafts[0][:2], "", drafts[0][2])]
    else:
        ranked = rank([score for _, score, _ in drafts], request)[:count]
        seeds = sorted(drafts[one.index][0] for one in ranked)
        chosen = [
            Take(seeds.index(drafts[one.index][0]) + 1, *drafts[one.index][:2], one.why, drafts[one.index][2])
            for one in ranked
        ]
    for sentence in dict.fromkeys(text for take in chosen for text in take.said):
        say(sentence)
    if count > 1:
        best = chosen[0]
        who = "the best comes first" if request.seed is None else f"take {best.number} (seed {best.seed}) comes first"
        say(f"The takes stand in the critic's order: {who}. {best.why}")
    return chosen
