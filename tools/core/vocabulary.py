"""Music words in free text: genres, moods, instruments, keys, tempi, chords, lengths, bars and more.

Each ``…_in(text)`` returns what it finds from left to right as ``Found(value, start, end)``. What is read
is only what stands there: whether "slow" is a wish, a search word or part of a title is for the caller.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from segue.tools.core.instruments import all_instruments, ensembles
from segue.tools.core.lexicon import Found, Lexicon, Word, fold, singular, words_of
from segue.tools.core.quantities import (
    Bars,
    Tempo,
    Years,
    bars_in,
    decibels_in,
    duration_in,
    interval_in,
    loudness_in,
    meter_in,
    numbers_in,
    ordinals_in,
    percent_in,
    tempo_in,
    years_in,
)
from segue.tools.core.tonality import chords_in, key_in

__all__ = [
    "Axis", "Bars", "Found", "Genre", "Lexicon", "Mood", "Tempo", "Word", "Years", "axes_in", "bars_in", "chords_in",
    "decibels_in", "duration_in", "fold", "genre", "genres", "genres_in", "instruments_in", "interval_in", "is_word", "key_in",
    "languages_in", "loudness_in", "meter_in", "mood", "moods", "moods_in", "nearest_genre", "numbers_in",
    "ordinals_in", "percent_in", "plain_words", "same_genre", "singular", "stems_in", "tempo_in", "words_of", "years_in",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Genre:
    """A genre people look for: canonical ``name``, ``title`` for people, and the genre it is composed as."""

    name: str
    title: str
    composed_as: str


@dataclass(frozen=True, slots=True)
class Mood:
    """A mood on Russell's circumplex (1980), and the axis it moves a search along.

    ``valence`` and ``arousal`` are −1..1 (starting values by ear; nothing was measured); ``axis`` is one of
    ``retrieve.Axis`` and ``way`` +1 or −1.
    """

    name: str
    valence: float
    arousal: float
    axis: str
    way: int


@dataclass(frozen=True, slots=True)
class Axis:
    """A direction people ask for: an axis of ``retrieve.Axis``, and which way the word points (+1 or −1)."""

    name: str
    way: int


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("vocabulary.json").read_text("utf-8"))
    return loaded


@lru_cache(maxsize=1)
def plain_words() -> frozenset[str]:
    """Return words of plain English that are never taken for a misspelt music word."""
    return frozenset(_data()["plain"])


@lru_cache(maxsize=1)
def genres() -> dict[str, Genre]:
    """Return every genre by its canonical name; names of composable ones are those of the composer."""
    return {name: Genre(name, entry["title"], entry["as"]) for name, entry in _data()["genres"].items()}


@lru_cache(maxsize=1)
def moods() -> dict[str, Mood]:
    """Return every mood by its name."""
    return {
        name: Mood(name, entry["valence"], entry["arousal"], entry["axis"], entry["way"])
        for name, entry in _data()["moods"].items()
    }


@lru_cache(maxsize=1)
def _genre_words() -> Lexicon[str]:
    entries: dict[str, str] = {}
    for name, entry in _data()["genres"].items():
        for word in (name.replace("_", " "), entry["title"], *entry["words"]):
            entries.setdefault(word, name)
    return Lexicon(entries, _data()["plain"])


@lru_cache(maxsize=1)
def _mood_words() -> Lexicon[str]:
    entries: dict[str, str] = {}
    for name, entry in _data()["moods"].items():
        for word in (name, *entry["words"]):
            for form in _forms(word):
                entries.setdefault(form, name)
    return Lexicon(entries, _data()["plain"], _inflected(list(entries)))


@lru_cache(maxsize=1)
def _instrument_words() -> Lexicon[str]:
    entries: dict[str, str] = {}
    for instrument in all_instruments():
        entries.setdefault(instrument.name, instrument.name)
    for instrument in all_instruments():
        for alias in instrument.aliases:
            entries.setdefault(alias, instrument.name)
    for name in ensembles():
        entries.setdefault(name, name)
    return Lexicon(entries, _data()["plain"])


@lru_cache(maxsize=1)
def _axis_words() -> Lexicon[Axis]:
    entries: dict[str, Axis] = {}
    for name, ways in _data()["axes"].items():
        for way, words in ((1, ways["up"]), (-1, ways["down"])):
            for word in words:
                for form in _forms(word):
                    entries.setdefault(form, Axis(name, way))
    for name, found in moods().items():
        entries.setdefault(name, Axis(found.axis, found.way))
    for name, entry in _data()["moods"].items():
        for word in entry["words"]:
            entries.setdefault(word, Axis(moods()[name].axis, moods()[name].way))
    return Lexicon(entries, _data()["plain"], _inflected(list(entries)))


@lru_cache(maxsize=1)
def _stem_words() -> Lexicon[str]:
    entries = {word: name for name, words in _data()["stems"].items() for word in (name, *words)}
    return Lexicon(entries, _data()["plain"])


@lru_cache(maxsize=1)
def _language_words() -> Lexicon[str]:
    return Lexicon({word: code for code, words in _data()["languages"].items() for word in words}, _data()["plain"])


def _inflected(words: Iterable[str]) -> set[str]:
    return {form for word in words for form in _forms(word)[1:]}


def _forms(adjective: str) -> tuple[str, ...]:
    """Return an adjective with its comparative and superlative, spelt by rule; odd ones are in the data."""
    if " " in adjective or "-" in adjective or len(adjective) > 8 or not adjective.isascii():
        return (adjective,)
    stem = adjective[:-1] + "i" if adjective.endswith("y") else adjective.rstrip("e")
    doubled = stem + stem[-1] if len(stem) == 3 and stem[-1] in "dtgn" else stem
    return (adjective, doubled + "er", doubled + "est")


def genres_in(text: str) -> list[Found[str]]:
    """Return genres by canonical name.

    >>> [found.value for found in genres_in("some lo fi and Drum & Bass, or shoegaze")]
    ['lofi', 'drum_and_bass', 'shoegaze']
    """
    return _genre_words().find(text)


def is_word(word: str) -> bool:
    """Tell whether a plain word is a genre, a mood, an instrument, a direction, a stem or a language, spelt right."""
    lists = (_genre_words, _mood_words, _instrument_words, _axis_words, _stem_words, _language_words)
    return any(words().holds(word) for words in lists)


def genre(name: str) -> Genre | None:
    """Return the genre that a whole phrase names, or None."""
    found = _genre_words().get(name)
    return genres()[found] if found else None


def nearest_genre(name: str) -> str | None:
    """Return the composable genre that is nearest to one, or None where the word is no genre."""
    found = genre(name)
    return found.composed_as if found else None


def same_genre(one: str, other: str) -> bool:
    """Tell whether two words name the same genre ("hip-hop" and "Hip Hop")."""
    a, b = genre(one), genre(other)
    return a == b if a and b else fold(one) == fold(other)


def moods_in(text: str) -> list[Found[str]]:
    """Return moods by name; comparatives count ("calmer" is calm)."""
    return _mood_words().find(text)


def mood(name: str) -> Mood | None:
    """Return the mood that a whole phrase names, or None."""
    found = _mood_words().get(name)
    return moods()[found] if found else None


def instruments_in(text: str) -> list[Found[str]]:
    """Return instruments and ensembles by canonical name.

    >>> [found.value for found in instruments_in("swap the piano for a nylon-string guitar")]
    ['piano', 'nylon guitar']
    """
    return _instrument_words().find(text)


def stems_in(text: str) -> list[Found[str]]:
    """Return stems by the names that tools take: vocals, drums, bass, guitar, piano, other, melody, chords."""
    return _stem_words().find(text)


def axes_in(text: str) -> list[Found[Axis]]:
    """Return directions: "more upbeat" has energy +1, "darker" mood −1."""
    return _axis_words().find(text)


def languages_in(text: str) -> list[Found[str]]:
    """Return languages as ISO 639-1 codes: "French rap" has fr."""
    return _language_words().find(text)
