"""Musical wishes: the request, its limits, and the choice of what was left open."""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from segue.tools.core import vocabulary
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.instruments import find_ensemble, find_instrument, nearest_instruments
from segue.tools.core.score import Score
from segue.tools.core.theory import Key, parse_key, pitch_class
from segue.tools.music.arrange import Asked, is_excluded
from segue.tools.music.compose_plan import Voice
from segue.tools.music.compose_wishes import Say as Say
from segue.tools.music.compose_wishes import Wishes
from segue.tools.music.genres import Genre, Mood, all_genres, blend, find_genre, find_mood, nearest_genres
from segue.tools.music.rhythm import Meter, meter_of

MAX_BARS, MAX_SECONDS = 2000, 3600.0


@dataclass(frozen=True)
class Style:
    """What another piece sounds like, known from its score or measured."""

    bpm: float | None = None
    key: str | None = None
    meter: str | None = None
    genre: str | None = None
    instruments: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    swing: float | None = None


@dataclass(frozen=True)
class Request(Wishes):
    """Musical wishes, with what they start from; whatever is None or empty the composer chooses.

    ``lyrics`` are set to the tune. ``melody`` keeps that score's tune, ``continue_from`` goes on from a score,
    ``accompany`` keeps its parts and adds others, ``style`` follows another piece.
    """

    lyrics: str | None = None
    title: str = ""
    seed: int | None = None
    melody: Score | None = None
    continue_from: Score | None = None
    accompany: Score | None = None
    style: Style | None = None


def silent(text: str) -> None:
    """Take no note of what would be said."""


def check_limits(request: Request) -> None:
    """Refuse what nobody can play, with the nearest that can be.

    Raises
    ------
    InvalidArgument : tempo, length, bars or energy out of range.
    """
    numbers = (request.bpm, request.duration_s, request.swing, request.density, request.register, *request.energy)
    if any(value is not None and not math.isfinite(value) for value in numbers):
        raise InvalidArgument("A tempo, a length or a level is not a number.", "Write for example 120 bpm, 40 seconds.")
    bpm = request.bpm
    if bpm is not None and not 20 <= bpm <= 400:
        near = "20 bpm, or 40 with long notes" if bpm < 20 else "400 bpm, or about 170 for fast drum and bass"
        raise InvalidArgument(f"A tempo of {bpm:g} bpm cannot be played.", f"The nearest that can: {near}.")
    if request.duration_s is not None and not 0 < request.duration_s <= MAX_SECONDS:
        hint = (
            "Ask for up to 60 minutes, or for a loop that repeats."
            if request.duration_s > 0
            else "Ask for a few seconds."
        )
        raise InvalidArgument(f"{_spoken(request.duration_s)} is not a length that can be made.", hint)
    if request.duration_s is not None and request.duration_s < 1:
        raise InvalidArgument(f"{request.duration_s:g} seconds is too short for music.", "Ask for at least 1 second.")
    if request.bars is not None and not 1 <= request.bars <= MAX_BARS:
        raise InvalidArgument(f"{request.bars} bars cannot be made.", f"Ask for 1 to {MAX_BARS} bars.")
    if request.bars is not None and request.duration_s is None:
        seconds = request.bars * (meter_of(request.meter).bar if request.meter else 4.0) * 60.0 / (request.bpm or 120.0)
        if seconds > MAX_SECONDS * (1.0 if request.bpm else 1.1):
            most = int(MAX_SECONDS / seconds * request.bars)
            raise InvalidArgument(
                f"{request.bars} bars last {seconds / 60:.0f} minutes.",
                f"60 minutes is the limit: ask for at most {most} bars.",
            )
    if any(not 0 <= level <= 1 for level in request.energy):
        raise InvalidArgument("Energies lie between 0 and 1.", "Write for example [0.3, 0.6, 1.0].")
    if request.swing is not None and not 0.5 <= request.swing <= 0.8:
        raise InvalidArgument(
            f"A swing of {request.swing:g} is out of range.", "0.5 is straight, 0.667 is triplet swing."
        )


def check_length(bars: int, bar: float, bpm: float) -> None:
    """Refuse bars that would last longer than the longest piece; ``bar`` is a bar's length in beats.

    Raises
    ------
    InvalidArgument : the hint says how many bars fit.
    """
    seconds = bars * bar * 60.0 / bpm
    if seconds > MAX_SECONDS + 1:
        fit = int(MAX_SECONDS * bpm / 60.0 / bar)
        raise InvalidArgument(
            f"{bars} bars at {bpm:g} bpm last {seconds / 60:.0f} minutes.",
            f"The longest piece is {MAX_SECONDS / 60:.0f} minutes: ask for {fit} bars or fewer, or for a loop that repeats.",
        )


def _spoken(seconds: float) -> str:
    return f"{seconds / 3600:g} hours" if seconds >= 3600 else f"{seconds:g} seconds"


def with_style(request: Request) -> Request:
    """Return the request with what it left open taken from its style."""
    style = request.style
    if style is None:
        return request
    return replace(
        request,
        bpm=request.bpm or style.bpm,
        key=request.key or style.key,
        meter=request.meter or style.meter,
        genre=request.genre or style.genre,
        moods=request.moods or style.moods,
        instruments=request.instruments or style.instruments,
        swing=request.swing if request.swing is not None else style.swing,
        style=None,
    )


# Wishes that music which exists already leaves no room for, as people call them.
_NEW_ONLY = {"keys": "changes of key", "form": "form", "section_bars": "bars of sections", "fades": "fades", "ending": "ending",
             "feel": "timing", "registers": "registers", "dynamics": "dynamics", "onsets": "onsets a beat", "octaves": "range",
             "articulation": "articulation", "notes": "note lengths", "voices": "number of voices", "roles": "roles",
             "dance": "danceability", "grouping": "grouping of the bar", "mode": "mode"}  # fmt: skip


def say_unused(request: Request, say: Say) -> None:
    """Tell which wishes are not used where a tune is kept, parts are accompanied or a piece goes on."""
    if request.melody is None and request.continue_from is None and request.accompany is None:
        return
    unused = [name for field, name in _NEW_ONLY.items() if getattr(request, field) not in (None, ())]
    if unused:
        say(f"Music that exists keeps its own course, so these wishes were not used: {', '.join(unused)}.")


def read_instruments(words: Sequence[str]) -> list[Asked]:
    """Return the instruments that words name; ensembles stand for their players.

    Raises
    ------
    InvalidArgument : an unknown instrument; the hint names the nearest.
    """
    asked: list[Asked] = []
    for word in words:
        players = find_ensemble(word)
        single = find_instrument(word)
        if players:
            asked += [Asked(player.name, player) for player in players]
        elif single is not None:
            asked.append(Asked(word, single))
        else:
            near = ", ".join(nearest_instruments(word)) or "piano, guitar or strings"
            raise InvalidArgument(f"'{word}' is not an instrument that can be played here.", f"The nearest: {near}.")
    kept: list[Asked] = []
    for one in asked:
        if one.instrument.name == "violin" or one.instrument not in [k.instrument for k in kept]:
            kept.append(one)
    return kept


def say_stand_in(request: Request, genre: Genre, say: Say) -> None:
    """Tell where a style that was asked for has no rules of its own and is written as its nearest."""
    known = vocabulary.genre(request.genre) if request.genre else None
    if known and known.name != known.composed_as == genre.name:
        say(f"{known.title[0].upper()}{known.title[1:]} has no rules of its own here: it is written as {genre.title}.")


def choose_genre(request: Request, mood: Mood, asked: Sequence[Asked], rng: random.Random) -> Genre:
    """Return the genre asked for, or one that fits mood and instruments.

    Raises
    ------
    InvalidArgument : an unknown genre; the hint names the nearest.
    """
    if request.genre:
        found = find_genre(request.genre)
        if found is None:
            near = ", ".join(nearest_genres(request.genre)) or "pop, jazz, house"
            raise InvalidArgument(f"'{request.genre}' is not a genre that is known here.", f"The nearest: {near}.")
        return found
    names = {one.instrument.name for one in asked}
    families = {one.instrument.family for one in asked}
    ensembles = " ".join(request.instruments).lower()
    if ("quartet" in ensembles and "string" in ensembles) or {"violin", "viola"} <= names or "harpsichord" in names:
        return all_genres()["classical"]
    if "orchestra" in ensembles or names & {"timpani", "taiko", "french horn"}:
        return all_genres()["cinematic"]
    if "distortion guitar" in names:
        return all_genres()["rock"]
    if names & {"808", "808 kit"}:
        return all_genres()["trap"]
    if names & {"vinyl drums"}:
        return all_genres()["lofi"]
    if names & {"jazz kit"} or ("upright bass" in names and "reeds" in families):
        return all_genres()["jazz_swing"]
    if names & {"supersaw", "electronic kit"}:
        return all_genres()["house"]
    if names & {"banjo", "fiddle", "mandolin"}:
        return all_genres()["folk"]
    if request.only and asked and families <= {"piano", "guitar", "strings", "flutes", "reeds", "mallets", "choir"}:
        return all_genres()[rng.choice(["classical", "folk"])]
    if mood.arousal <= -0.4:
        options = ["lofi", "ambient", "folk", "classical", "bossa_nova"]
    elif mood.arousal >= 0.5:
        options = ["pop", "rock", "house", "funk", "disco"] if mood.valence >= 0 else ["rock", "techno", "cinematic"]
    elif mood.valence < -0.2:
        options = ["cinematic", "trap", "lofi", "synthwave"]
    else:
        options = ["pop", "lofi", "folk", "soul", "synthwave", "bossa_nova"]
    return all_genres()[rng.choice(options)]


_MAJOR_LIKE = ("major", "lydian", "mixolydian")


def choose_key(request: Request, genre: Genre, mood: Mood, rng: random.Random, say: Say = silent) -> Key:
    """Return the key asked for, or a tonic by chance with a mode of request, genre and mood.

    Raises
    ------
    InvalidArgument : not a key; the hint has the nearest.
    """
    if request.key:
        try:
            return parse_key(request.key)
        except InvalidArgument as error:
            raise InvalidArgument(error.message, f"{_nearest_key(request.key)}{error.hint}") from error
    mode = rng.choices(genre.modes, weights=[3, 2, 1][: len(genre.modes)])[0]
    if request.mode:
        if mood.mode and (mood.mode in _MAJOR_LIKE) != (request.mode in _MAJOR_LIKE):
            say(f"The mood would rather be in {mood.mode}; {request.mode} was asked for and used.")
        mode = request.mode
    elif mood.mode and mood.mode not in genre.modes:
        minor = [m for m in genre.modes if m not in _MAJOR_LIKE]
        major = [m for m in genre.modes if m in _MAJOR_LIKE]
        mode = mood.mode if mood.mode == "phrygian" else ((major if mood.mode == "major" else minor) or [mood.mode])[0]
    elif mood.mode:
        mode = mood.mode
    tonics = (0, 2, 4, 5, 7, 9, 10, 3) if mode in _MAJOR_LIKE else (9, 2, 4, 7, 0, 5, 11, 6)
    return Key(rng.choices(tonics, weights=(4, 4, 3, 3, 4, 3, 2, 2))[0], mode)


def _nearest_key(text: str) -> str:
    """Return a sentence with the key that something unreadable is nearest to, or nothing."""
    letter = re.match(r"\s*([A-Za-z])", text)
    if not letter:
        return ""
    name = letter[1].upper() if letter[1].upper() in "ABCDEFG" else "B" if letter[1].upper() == "H" else "C"
    sharp, flat = re.search(r"sharp|#|is\b", text, re.I), re.search(r"flat|es\b", text, re.I)
    tonic = (pitch_class(name) + bool(sharp) - bool(flat)) % 12
    key = Key(tonic, "minor" if re.search(r"min|moll|m\b", text, re.I) else "major")
    return f"The nearest is {key}. "


def tempo_range(request: Request, genre: Genre) -> tuple[float, float, float]:
    """Return the lowest, typical and highest tempo: the genre's, cut to what was asked for."""
    low, typical, high = genre.bpm
    if request.tempo_range is None:
        return genre.bpm
    least, most = request.tempo_range
    if most < low or least > high:  # the wish lies outside the genre: it wins
        return least, (least + most) / 2, most
    low, high = max(low, least), min(high, most)
    return low, min(high, max(low, typical)), high


def preferred_tempo(request: Request, genre: Genre, mood: Mood, rng: random.Random) -> float:
    """Return a whole tempo inside the range of genre and request, moved by the mood's arousal."""
    low, typical, high = tempo_range(request, genre)
    room = (high - typical) if mood.arousal > 0 else (typical - low)
    tempo = typical + 0.75 * mood.arousal * room + rng.uniform(-0.12, 0.12) * (high - low)
    return float(min(math.floor(high), max(math.ceil(low), round(tempo))))


def free_bars(bar: float, bpm: float, genre: Genre) -> int:
    """Return how many bars last about 50 seconds, with one to end on; blues keeps whole choruses."""
    seconds = bar * 60.0 / bpm
    if genre.form == "blues":
        return 12 * max(1, round(50.0 / seconds / 12)) + 1
    return 4 * max(2, round(50.0 / seconds / 4)) + 1


def read_moods(words: Sequence[str], say: Say) -> Mood:
    """Return the blend of mood words; unknown ones are said and left out."""
    found = []
    for word in words:
        mood = find_mood(word)
        if mood is None:
            say(f"'{word}' is not a mood that is known here, so it was left out.")
        else:
            found.append(mood[1])
    return blend(found)


def swing_of(request: Request, genre: Genre, meter: Meter) -> float:
    """Return the share of a beat that its first half takes; compound meters do not swing."""
    if meter.lower >= 8:
        return 0.5
    return request.swing if request.swing is not None else genre.swing


def density_of(request: Request, mood: Mood) -> float:
    """Return how busy the writing is, −1..1 round the genre's own."""
    wished = {"low": -1.0, "high": 0.9, "long": -0.9, "sixteenth": 0.8}
    for word in (request.onsets, request.notes):
        if request.density is None and word in wished:
            return wished[word]
    return max(
        -1.0, min(1.0, request.density if request.density is not None else 0.7 * mood.density + 0.2 * mood.arousal)
    )


def register_of(request: Request, mood: Mood) -> float:
    """Return how high the tune lies, −1..1 round the usual."""
    return max(-1.0, min(1.0, request.register if request.register is not None else mood.brightness))


def register_shifts(request: Request) -> dict[str, float]:
    """Return how far single instruments are moved, by the name that they have here."""
    out: dict[str, float] = {}
    for word, level in request.registers:
        players = find_ensemble(word)
        single = find_instrument(word)
        for player in players or ([single] if single else []):
            out[player.name] = level
    return out


def excluded(request: Request, say: Say) -> tuple[str, ...]:
    """Return who must not play: nobody can dance without drums, and what is not for dancing has none."""
    struck = [one for one in read_instruments(request.instruments) if one.instrument.is_drum]
    if request.dance is False and not struck:
        return (*request.exclude, "drums", "percussion")
    if request.dance and any(word.lower() in ("drums", "percussion", "beat") for word in request.exclude):
        say("Danceable music without drums leaves the pulse to the other players.")
    return request.exclude


def with_roles(voices: list[Voice], request: Request, genre: Genre, say: Say) -> list[Voice]:
    """Return the players with the roles that were asked for: arpeggios are taken over by a comping hand or added."""
    if "arpeggio" not in request.roles or any(v.role == "arpeggio" for v in voices):
        return voices
    hands = [v for v in voices if v.role == "chords"]
    if request.only or len(hands) > 1:
        for voice in hands[-1:]:
            voice.manner = "arpeggio"
            if len(hands) > 1:
                voice.role = "arpeggio"
        if not hands:
            say("Nobody of the players that were asked for can play arpeggios beside the tune.")
        return voices
    names = [*genre.arp, *(v.instrument.name for v in hands), "harp"]
    found = next(
        (
            i
            for name in names
            if (i := find_instrument(name)) and not is_excluded(Voice("", "arpeggio", i), request.exclude)
        ),
        None,
    )
    if found is None:
        return voices
    base = found.name if all(v.name != found.name for v in voices) else f"{found.name} arpeggio"
    return [*voices, Voice(base, "arpeggio", found, pan=0.38, reverb=0.3)]
