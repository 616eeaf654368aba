"""A score's own tune in another style."""

import random

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import Score
from segue.tools.music.arrange import choose_voices
from segue.tools.music.compose_from import bars_of, plan_beside, with_lead
from segue.tools.music.compose_request import Request, read_instruments, silent
from segue.tools.music.compose_write import skyline, tune_of
from segue.tools.music.genres import Genre, blend, find_genre, find_mood
from segue.tools.music.revise_words import genre_of, number_of
from segue.tools.music.rhythm import meter_of


def restyle(score: Score, prompt: str, *, seed: int | None = None) -> Score:
    """Return the score's tune and chords played in another style: new groove, bass, comping and players.

    Raises
    ------
    InvalidArgument : the words name no genre, mood or instrument that is known.
    """
    from segue.tools.core.vocabulary import genres_in, instruments_in, moods_in

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
    plan = plan_beside(score, genre, number, None, bars_of(score))
    plan.machine, plan.density = genre.machine, 0.6 * mood.density
    plan.swing = genre.swing if meter_of(score.meter).lower < 8 else 0.5
    plan.bpm = _tempo_for(score.bpm, genre)
    given = tune_of(score)
    voices = choose_voices(genre, instruments, [], only=len(instruments) >= 3, mood=mood, rng=random.Random(number))
    request = Request(title=score.title, seed=number)
    if given is None:
        raise InvalidArgument("There is no tune to keep.", "Ask for a new piece in that style instead.")
    lead = skyline(given.notes)
    made = with_lead(
        request, plan, voices, lead, given, asked_names=[a.instrument.name for a in instruments], mood=mood, say=silent
    )
    return made.model_copy(update={"chords": score.chords or made.chords, "sections": score.sections or made.sections})


def _tempo_for(bpm: float, genre: Genre) -> float:
    """Return the tempo itself: the tune is to be known again; far outside the genre's, the nearest it knows."""
    low, _, high = genre.bpm
    return min(max(bpm, low * 0.75), high * 1.3)
