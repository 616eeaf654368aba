"""What the operations on a score read from words and from the score itself: a wish for density, the idiom, the tune."""

import re
import secrets

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import Score
from segue.tools.music.compose_plan import Plan
from segue.tools.music.compose_write import tune_of
from segue.tools.music.genres import Genre, all_genres, blend, find_genre, find_mood
from segue.tools.music.rhythm import Event

PLAIN = "pop"  # the idiom of scores that name no genre


def check_bars(score: Score, start_bar: int, end_bar: int) -> None:
    """Refuse bars that the piece has not."""
    if not 1 <= start_bar <= end_bar <= score.bars:
        raise InvalidArgument(
            f"Bars {start_bar} to {end_bar} are not in this piece.", f"It has bars 1 to {score.bars}."
        )


def number_of(seed: int | None) -> int:
    """Return the seed, or one by chance where none was given."""
    return secrets.randbelow(2**31) if seed is None else seed


def genre_of(score: Score, fallback: str) -> Genre:
    """Return the idiom a score is written in; ``fallback`` where it names none."""
    return find_genre(score.genre or "") or find_genre(fallback or PLAIN) or all_genres()[PLAIN]


def density_wished(prompt: str) -> float:
    """Return how much busier (to 1) or simpler (to −1) words want it."""
    text = prompt.lower()
    wished = 0.0
    if re.search(r"\b(busier|busy|denser|dense|more notes|faster|livelier|fuller|more active)\b", text):
        wished += 0.8
    if re.search(
        r"\b(simpler|simple|sparser|sparse|less busy|fewer notes|calmer|quieter|minimal|less notes|easier)\b", text
    ):
        wished -= 0.8
    if wished == 0.0:
        moods = [found[1] for word in re.findall(r"[a-z\-]+", text) if (found := find_mood(word))]
        wished = blend(moods).density
    return max(-1.0, min(1.0, wished))


def parts_in(score: Score, prompt: str) -> set[str]:
    """Return the parts that a prompt names, none if it names none."""
    found: set[str] = set()
    words = set(re.findall(r"[a-z\-]+", prompt.lower()))
    for part in score.parts:
        names = {part.name.lower(), part.role, part.instrument.split()[-1] if part.instrument else part.name}
        if any(name in prompt.lower() if " " in name else name in words or name + "s" in words for name in names):
            found.add(part.name)
    return found


def tune_events(score: Score) -> list[Event]:
    """Return the tune of a score as events, empty where it has none."""
    tune = tune_of(score)
    return [Event(n.start, n.duration, n.pitch, n.velocity) for n in tune.notes] if tune else []


def levels_of(plan: Plan) -> dict[int, int]:
    """Return how full each bar (from 0) is played: 1 light, 2 normal, 3 full."""
    return {
        bar: 1 if (energy := plan.section_of(bar).energy) < 0.45 else 2 if energy < 0.72 else 3
        for bar in range(plan.bars)
    }
