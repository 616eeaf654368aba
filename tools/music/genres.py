"""Genres and moods as numbers: tempo ranges, modes, progressions, grooves, ensembles, forms.

The data is ``genres.json``: grids have 16 steps a bar of 4/4 (``x`` hit, ``X`` accent, ``o`` ghost, ``O`` open
or long, ``.`` rest); progressions are Roman numerals against the major scale, one a bar, a comma inside a bar.
"""

import difflib
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from segue.tools.core import vocabulary


@dataclass(frozen=True)
class Kick:
    """The bass drum of a genre, for whoever synthesises or treats it.

    Attributes
    ----------
    hz : pitch that it settles on; ``sweep`` how far over it it starts (1: an octave), ``sweep_s`` how fast it falls.
    decay_s : time to −35 dB.
    click, drive : the beater's noise and the saturation, 0–1.
    """

    hz: float
    sweep: float
    sweep_s: float
    decay_s: float
    click: float
    drive: float


@dataclass(frozen=True)
class Genre:
    """What makes a genre recognisable.

    Attributes
    ----------
    bpm : lowest, typical and highest tempo.
    modes : modes of ``theory.MODES`` it is written in, the commonest first.
    form : name of a form family of ``segue.tools.music.form``.
    cadence : how its sections close: "authentic", "half", "loop" or "blues".
    drums : grids and the kit, or None where the genre has no drums.
    bass, comp : instrument and manner; ``comp`` in order of importance.
    swing, swing_unit : share of the unit (beats) that its first half takes.
    machine : exact timing, and velocities that repeat.
    slows : whether its players slow down before the end.
    melody : notes a beat, syncopation 0–1.
    voices : how many notes a comping chord has.
    kick : name of its bass drum among ``kicks()``.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    bpm: tuple[float, float, float]
    modes: tuple[str, ...]
    meter: str
    major: tuple[str, ...]
    minor: tuple[str, ...]
    form: str
    cadence: str
    drums: dict[str, Any] | None
    bass: tuple[str, str]
    comp: tuple[tuple[str, str], ...]
    lead: tuple[str, ...]
    pad: tuple[str, ...]
    arp: tuple[str, ...]
    counter: tuple[str, ...]
    perc: dict[str, str]
    swing: float
    swing_unit: float
    machine: bool
    melody: tuple[float, float]
    pentatonic: bool
    voices: int
    blue: bool = False
    chromatic: bool = False
    kick: str = "acoustic"
    slows: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def progressions(self, mode: str, minor: bool) -> tuple[str, ...]:
        """Return progressions for a mode: the mode's own where it is neither major nor minor."""
        own = modal_progressions().get(mode)
        if own and mode not in self.modes:
            return own
        return self.minor if minor else self.major


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("genres.json").read_text("utf-8"))
    return loaded


@lru_cache(maxsize=1)
def modal_progressions() -> dict[str, tuple[str, ...]]:
    """Return progressions that show the colour of each mode that is neither major nor minor."""
    return {mode: tuple(found) for mode, found in _data()["modes"].items()}


@lru_cache(maxsize=1)
def kicks() -> dict[str, Kick]:
    """Return the bass drums by name; ``Genre.kick`` is one of them."""
    return {name: Kick(**numbers) for name, numbers in _data()["kicks"].items()}


def _frozen(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON with tuples out
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


@lru_cache(maxsize=1)
def all_genres() -> dict[str, Genre]:
    """Return every genre by its canonical name."""
    return {
        name: Genre(name=name, **{key: _frozen(value) for key, value in entry.items()})
        for name, entry in _data()["genres"].items()
    }


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-]+", " ", text.lower().replace("’", "'")).strip()


@lru_cache(maxsize=1)
def _index() -> dict[str, str]:
    index: dict[str, str] = {}
    for name, genre in all_genres().items():
        for alias in (name, genre.title):
            index.setdefault(_plain(alias), name)
    for name, genre in all_genres().items():
        for alias in genre.aliases:
            index.setdefault(_plain(alias), name)
    return index


@lru_cache(maxsize=512)
def find_genre(text: str) -> Genre | None:
    """Return the genre that a name means ("lo-fi", "hip hop", "dnb", "smooth jazz"), or None."""
    plain = _plain(text)
    index = _index()
    found = index.get(plain) or index.get(re.sub(r"\b(music|style|song|track|beat|tune|type)s?\b", "", plain).strip())
    if not found:
        words = plain.split()
        pieces = [" ".join(words[i:j]) for i in range(len(words)) for j in range(len(words), i, -1)]
        found = next((index[piece] for piece in sorted(pieces, key=len, reverse=True) if piece in index), None)
    if not found and (known := vocabulary.genre(text)):
        found = known.composed_as
    if not found and len(plain) >= 4:
        near = difflib.get_close_matches(plain, index, n=1, cutoff=0.82)
        found = index[near[0]] if near else None
    return all_genres()[found] if found else None


def nearest_genres(text: str, count: int = 3) -> list[str]:
    """Return the titles of the genres that look most like an unknown one."""
    near = difflib.get_close_matches(_plain(text), _index(), n=count * 2, cutoff=0.3)
    return list(dict.fromkeys(all_genres()[_index()[word]].title for word in near))[:count]


@dataclass(frozen=True, slots=True)
class Mood:
    """A mood on Russell's circumplex (1980), with what it asks of the writing.

    ``valence`` and ``arousal`` are −1..1; ``brightness`` (register and timbre), ``density`` and
    ``space`` (reverb, long notes) are −1..1 as well; ``mode`` where a mood has a mode of its own.
    """

    valence: float = 0.0
    arousal: float = 0.0
    brightness: float = 0.0
    density: float = 0.0
    space: float = 0.0
    mode: str | None = None


_MOODS: dict[str, Mood] = {
    "happy": Mood(0.9, 0.5, 0.5, 0.3, 0, "major"), "sad": Mood(-0.8, -0.5, -0.3, -0.4, 0.3, "minor"),
    "calm": Mood(0.3, -0.8, -0.1, -0.6, 0.5), "relaxed": Mood(0.5, -0.6, 0, -0.4, 0.3),
    "dark": Mood(-0.7, 0.0, -0.8, 0, 0.3, "minor"), "upbeat": Mood(0.8, 0.8, 0.4, 0.5, -0.2),
    "energetic": Mood(0.4, 1.0, 0.3, 0.7, -0.3), "aggressive": Mood(-0.6, 1.0, 0, 0.7, -0.4, "minor"),
    "melancholic": Mood(-0.6, -0.4, -0.2, -0.3, 0.3, "minor"), "romantic": Mood(0.5, -0.3, 0, -0.2, 0.3),
    "dreamy": Mood(0.3, -0.5, 0.2, -0.3, 0.8), "epic": Mood(0.1, 0.8, 0.2, 0.4, 0.5),
    "tense": Mood(-0.6, 0.6, -0.4, 0.3, 0.1, "minor"), "mysterious": Mood(-0.4, -0.2, -0.4, -0.3, 0.6, "minor"),
    "playful": Mood(0.8, 0.4, 0.6, 0.4, -0.3, "major"), "nostalgic": Mood(0.1, -0.3, -0.1, -0.1, 0.4),
    "hopeful": Mood(0.7, 0.2, 0.3, 0.1, 0.2, "major"), "triumphant": Mood(0.8, 0.9, 0.4, 0.4, 0.3, "major"),
    "peaceful": Mood(0.5, -0.9, 0, -0.7, 0.6, "major"), "angry": Mood(-0.8, 0.9, -0.2, 0.6, -0.4, "minor"),
    "scary": Mood(-0.9, 0.4, -0.7, 0, 0.5, "phrygian"), "groovy": Mood(0.5, 0.5, 0, 0.4, -0.2),
    "warm": Mood(0.5, -0.3, -0.3, 0, 0.2), "cold": Mood(-0.3, -0.2, 0.3, -0.3, 0.6, "minor"),
    "bright": Mood(0.6, 0.3, 0.9, 0.2, 0), "soft": Mood(0.2, -0.7, -0.3, -0.5, 0.3),
    "heavy": Mood(-0.4, 0.8, -0.5, 0.5, -0.1, "minor"), "lonely": Mood(-0.6, -0.6, -0.1, -0.6, 0.6, "minor"),
    "sexy": Mood(0.4, -0.1, -0.3, 0, 0.1), "funny": Mood(0.8, 0.4, 0.6, 0.3, -0.4, "major"),
    "serious": Mood(-0.3, 0, -0.3, 0, 0, "minor"), "minimal": Mood(0, -0.3, 0, -0.8, 0.1),
    "driving": Mood(0.1, 0.8, 0, 0.6, -0.2), "ethereal": Mood(0.2, -0.6, 0.5, -0.4, 1.0),
    "majestic": Mood(0.5, 0.4, 0.1, 0.2, 0.5), "gloomy": Mood(-0.8, -0.4, -0.6, -0.3, 0.4, "minor"),
}  # fmt: skip
_MOOD_WORDS: dict[str, str] = {
    "cheerful": "happy", "joyful": "happy", "joyous": "happy", "sunny": "happy", "fun": "happy", "feel-good": "happy",
    "positive": "happy", "merry": "happy", "unhappy": "sad", "sorrowful": "sad", "tragic": "sad", "mournful": "sad",
    "heartbroken": "sad", "blue": "sad", "tearful": "sad", "chill": "relaxed", "chilled": "relaxed", "mellow": "relaxed",
    "laid-back": "relaxed", "laid back": "relaxed", "lazy": "relaxed", "easy": "relaxed", "smooth": "relaxed",
    "cosy": "warm", "cozy": "warm", "quiet": "calm", "gentle": "soft", "tender": "soft", "delicate": "soft",
    "soothing": "calm", "slow": "calm", "sleepy": "peaceful", "serene": "peaceful", "tranquil": "peaceful",
    "meditative": "peaceful", "sinister": "dark", "evil": "dark", "brooding": "dark", "moody": "dark", "noir": "dark",
    "uplifting": "hopeful", "optimistic": "hopeful", "inspiring": "hopeful", "inspirational": "hopeful",
    "motivational": "hopeful", "lively": "upbeat", "bouncy": "upbeat", "peppy": "upbeat", "party": "upbeat",
    "danceable": "upbeat", "exciting": "energetic", "intense": "energetic", "powerful": "energetic", "fast": "energetic",
    "hype": "energetic", "wild": "energetic", "frantic": "energetic", "violent": "aggressive", "brutal": "aggressive",
    "hard": "heavy", "melancholy": "melancholic", "wistful": "melancholic", "bittersweet": "melancholic",
    "rainy": "melancholic", "emotional": "melancholic", "sentimental": "nostalgic", "retro": "nostalgic",
    "vintage": "nostalgic", "loving": "romantic", "intimate": "romantic", "passionate": "romantic", "sensual": "sexy",
    "sultry": "sexy", "smoky": "sexy", "floating": "dreamy", "hazy": "dreamy", "spacey": "dreamy", "hypnotic": "dreamy",
    "heroic": "triumphant", "victorious": "triumphant", "glorious": "triumphant", "grand": "majestic", "noble": "majestic",
    "suspenseful": "tense", "anxious": "tense", "nervous": "tense", "dramatic": "epic", "cinematic": "epic",
    "eerie": "scary", "creepy": "scary", "spooky": "scary", "haunting": "mysterious", "enigmatic": "mysterious",
    "quirky": "playful", "cute": "playful", "whimsical": "playful", "childlike": "playful", "silly": "funny",
    "comic": "funny", "light": "bright", "airy": "ethereal", "heavenly": "ethereal", "funky": "groovy",
    "somber": "gloomy", "sombre": "gloomy", "bleak": "gloomy", "depressing": "gloomy", "depressed": "gloomy",
    "sparse": "minimal", "simple": "minimal", "busy": "driving", "urgent": "driving", "rage": "angry", "furious": "angry",
}  # fmt: skip


def find_mood(word: str) -> tuple[str, Mood] | None:
    """Return the canonical name and numbers of a mood word, or None."""
    plain = word.lower().strip()
    name = plain if plain in _MOODS else _MOOD_WORDS.get(plain) or _MOOD_WORDS.get(plain.replace(" ", "-"))
    if name:
        return name, _MOODS[name]
    known = vocabulary.mood(plain)
    return (known.name, Mood(known.valence, known.arousal)) if known else None


def moods() -> tuple[str, ...]:
    """Return the canonical mood names."""
    return tuple(_MOODS)


def blend(found: list[Mood]) -> Mood:
    """Return the mean of several moods; the first mode that any of them has."""
    if not found:
        return Mood()
    n = len(found)
    return Mood(
        sum(m.valence for m in found) / n,
        sum(m.arousal for m in found) / n,
        sum(m.brightness for m in found) / n,
        sum(m.density for m in found) / n,
        sum(m.space for m in found) / n,
        next((m.mode for m in found if m.mode), None),
    )
