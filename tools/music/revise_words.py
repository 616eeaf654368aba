"""What the operations on a score read from words and from the score itself: a wish for density, the idiom, the tune."""

import re
import secrets
from dataclasses import dataclass

from segue.tools.core.errors import InvalidArgument, NotFound
from segue.tools.core.score import Score, Section
from segue.tools.core.vocabulary import genres_in
from segue.tools.music.compose_plan import Plan
from segue.tools.music.compose_write import tune_of
from segue.tools.music.form import section_name
from segue.tools.music.genres import Genre, all_genres, blend, find_genre, find_mood
from segue.tools.music.parts import ROLE_WORDS
from segue.tools.music.rhythm import Event

PLAIN = "pop"  # the idiom of scores that name no genre


def check_bars(score: Score, start_bar: int, end_bar: int) -> None:
    """Refuse bars that the piece has not."""
    if not 1 <= start_bar <= end_bar <= score.bars:
        raise InvalidArgument(
            f"Bars {start_bar} to {end_bar} are not in this piece.", f"It has bars 1 to {score.bars}."
        )


_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1,
             "final": -1}  # fmt: skip


def find_section(score: Score, words: str) -> Section:
    """Return the section that words name: "the bridge", "second chorus", "chorus 2", "last verse", "ending".

    Raises
    ------
    NotFound : no such section; the hint lists those there are.
    """
    text = " ".join(words.lower().replace("-", " ").split()).removeprefix("the ")
    number = next((n for word, n in _ORDINALS.items() if re.search(rf"\b{word}\b", text)), 0)
    bare = re.sub(rf"\b(?:{'|'.join(_ORDINALS)}|section|part)\b", "", text).strip()
    if digits := re.search(r"\b(\d+)$", bare):
        number, bare = int(digits[1]), bare[: digits.start()].strip()
    wanted = section_name(bare or "A").lower().replace(" ", "-")
    sections = sorted(score.sections, key=lambda s: s.start_bar)
    same = [s for s in sections if section_name(s.name).lower() == wanted]
    if not same and wanted in ("ending", "outro") and sections:
        same = [s for s in sections if section_name(s.name) in ("outro", "ending")] or [sections[-1]]
    if not same or number > len(same):
        there = ", ".join(f"{s.name} (bars {s.start_bar}–{s.start_bar + s.bars - 1})" for s in sections)
        count = {0: "no", 1: "only one"}.get(len(same), f"only {len(same)}")
        raise NotFound(
            f"There is {count} '{bare or words}' in this piece.",
            f"There are: {there}." if there else f"Name bars from 1 to {score.bars}.",
        )
    return same[number - 1 if number > 0 else number]


def bars_meant(score: Score, start_bar: int | None, end_bar: int | None, section: str | None) -> tuple[int, int]:
    """Return the first and the last bar meant: of a section, of bars by number, or of the whole piece.

    Raises
    ------
    InvalidArgument, NotFound : bars or a section that the piece has not.
    """
    if section:
        found = find_section(score, section)
        return found.start_bar, min(score.bars, found.start_bar + found.bars - 1)
    first = start_bar if start_bar is not None else 1
    last = end_bar if end_bar is not None else first if start_bar is not None else score.bars
    check_bars(score, first, last)
    return first, last


def number_of(seed: int | None) -> int:
    """Return the seed, or one by chance where none was given."""
    return secrets.randbelow(2**31) if seed is None else seed


def genre_of(score: Score, fallback: str) -> Genre:
    """Return the idiom a score is written in; ``fallback`` where it names none."""
    return find_genre(score.genre or "") or find_genre(fallback or PLAIN) or all_genres()[PLAIN]


@dataclass(frozen=True)
class Wish:
    """What words ask of bars that are written anew; numbers are −1..1 round what is there.

    ``tension`` brings a dominant pedal, a suspension before the close, more notes, a higher tune and a
    rise in loudness; below 0 the opposite of the last three. ``varied`` keeps the tune's frame.
    ``parts`` are those the words name, ``without`` those that fall silent, ``genre`` another idiom.
    """

    density: float = 0.0
    tension: float = 0.0
    register: float = 0.0
    loudness: float = 0.0
    varied: bool = False
    parts: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    genre: Genre | None = None


_MORE_TENSION = r"\b(?:more |extra |build |add |build up |raise the )?(?:tension|tense|tenser|suspense|suspenseful|dramatic|drama|intense|intensity)\b"
_MUTED = r"\b(?:without|no|minus|mute|drop)\b([^,;.]*)"
_LESS_TENSION = r"\b(?:less (?:tension|tense|intense|dramatic)|release|relax(?:ed)?|calm(?:er)?)\b"


def wish_of(score: Score, prompt: str) -> Wish:
    """Read a wish for bars: "busier drums", "more tension", "without the bass", "a reggaeton beat", "a variation"."""
    text = " ".join(prompt.lower().split())
    muted = re.findall(_MUTED, text)
    head = re.sub(_MUTED, " ", text)
    without = frozenset(name for words in muted for name in parts_in(score, words))
    calm = bool(re.search(_LESS_TENSION, head))
    tense = not calm and bool(re.search(_MORE_TENSION, head))
    found = genres_in(head)
    register = 0.6 * bool(re.search(r"\b(?:higher|brighter|up high)\b", head)) - 0.6 * bool(
        re.search(r"\b(?:lower|darker|deeper)\b", head)
    )
    loud = bool(re.search(r"\b(?:louder|stronger|harder|more energy|energetic|powerful|bigger)\b", head))
    soft = bool(re.search(r"\b(?:softer|quieter|gentler|gentle|soft|less energy|delicate)\b", head))
    return Wish(
        density=density_wished(head),
        tension=1.0 * tense - 0.6 * calm,
        register=register,
        loudness=1.0 * loud - 1.0 * soft,
        varied=bool(re.search(r"\b(?:vary|varied|variation|variations|ornament(?:ed)?|embellish(?:ed)?)\b", head)),
        parts=frozenset(parts_in(score, head)),
        without=without,
        genre=find_genre(found[0].value) if found else None,
    )


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
    words = set(re.findall(r"[a-z0-9\-]+", prompt.lower()))
    roles = {role for word in words for role in ROLE_WORDS.get(word, ())}
    for part in score.parts:
        names = {part.name.lower(), part.role, part.instrument.split()[-1] if part.instrument else part.name}
        said = any(name in prompt.lower() if " " in name else name in words or name + "s" in words for name in names)
        if said or part.role in roles:
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
