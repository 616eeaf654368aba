"""A score's own tune in another style."""

import random
from collections.abc import Sequence

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import Part, Score
from segue.tools.core.vocabulary import genres_in, instruments_in, moods_in
from segue.tools.music.arrange import choose_voices
from segue.tools.music.compose_from import bars_of, plan_beside, with_lead
from segue.tools.music.compose_request import Request, Say, read_instruments, silent
from segue.tools.music.compose_write import skyline, tune_of
from segue.tools.music.genres import Genre, blend, find_genre, find_mood
from segue.tools.music.parts import parts_named
from segue.tools.music.revise_words import genre_of, number_of
from segue.tools.music.rhythm import meter_of


def restyle(
    score: Score, prompt: str, *, keep: Sequence[str] = (), seed: int | None = None, say: Say = silent
) -> Score:  # fmt: skip
    """Return the score's tune and chords played in another style: new groove, bass, comping and players.

    Parts that ``keep`` names are locked: their notes, and with them the tempo and the swing, stay.

    Raises
    ------
    InvalidArgument : the words name no genre, mood or instrument that is known; there is no tune.
    NotFound : no part of a name in ``keep``.
    """
    genres = genres_in(prompt)
    genre = find_genre(genres[0].value) if genres else find_genre(prompt)
    moods = [m[1] for found in moods_in(prompt) if (m := find_mood(found.value))]
    instruments = read_instruments([found.value for found in instruments_in(prompt)])
    if genre is None and not moods and not instruments:
        raise InvalidArgument(
            f"'{prompt}' names no style that is known here.", "Write for example jazz, techno or bossa nova."
        )
    genre = genre or genre_of(score, "")
    number = number_of(seed)
    mood = blend(moods)
    locked = [p for p in score.parts if p.name in {name for word in keep for name in parts_named(score.parts, word)}]
    plan = plan_beside(score, genre, number, None, bars_of(score))
    plan.machine, plan.density = genre.machine, 0.6 * mood.density
    if not locked:
        plan.swing = genre.swing if meter_of(score.meter).lower < 8 else 0.5
        plan.bpm = _tempo_for(score.bpm, genre)
    given = tune_of(score)
    voices = choose_voices(genre, instruments, [], only=len(instruments) >= 3, mood=mood, rng=random.Random(number))
    if given is None:
        raise InvalidArgument("There is no tune to keep.", "Ask for a new piece in that style instead.")
    taken = {p.role for p in locked} | ({"melody"} if given in locked else set())
    voices = [v for v in voices if v.role not in taken]
    made = with_lead(
        Request(title=score.title, seed=number), plan, voices, skyline(given.notes), given,
        asked_names=[a.instrument.name for a in instruments], mood=mood, say=silent,
    )  # fmt: skip
    update = {"chords": score.chords or made.chords, "sections": score.sections or made.sections}
    if locked:
        update |= {"parts": _beside(locked, made.parts, given), "tempo": score.tempo, "bars": score.bars}
        say("What is locked keeps the tempo and the swing of the whole, so the new style came without its own.")
    return made.model_copy(update=update)


def _beside(locked: Sequence[Part], new: Sequence[Part], tune: Part) -> list[Part]:
    """Return locked parts as they are and new ones under names that are free."""
    names = {p.name for p in locked}
    out = list(locked)
    for part in new:
        if tune in locked and part.role == "melody":
            continue
        name, number = part.name, 2
        while name in names:
            name, number = f"{part.name} {number}", number + 1
        names.add(name)
        out.append(part if name == part.name else part.model_copy(update={"name": name}))
    return out


def _tempo_for(bpm: float, genre: Genre) -> float:
    """Return the tempo itself: the tune is to be known again; far outside the genre's, the nearest it knows."""
    low, _, high = genre.bpm
    return min(max(bpm, low * 0.75), high * 1.3)
