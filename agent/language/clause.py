"""A clause: one request of a message, with everything that the vocabulary finds in it."""

import re
from functools import cached_property, lru_cache
from typing import Any

from segue.agent.language import cues
from segue.tools.core import vocabulary as words
from segue.tools.core.vocabulary import Found

_AMOUNTS = (
    (2.0, ("a lot", "much", "way", "far", "really", "very", "super", "extremely", "significantly", "drastically", "molto", "viel", "beaucoup", "mucho")),
    (0.5, ("a bit", "a little", "slightly", "a touch", "somewhat", "a tad", "a smidge", "bit more", "un po", "un peu", "etwas", "un poco", "subtly", "a hair", "tiny bit", "kinda")),
)  # fmt: skip


_BUT = re.compile(r"\b(?:anything|everything|all|anyone|everyone|whatever) (?:but|except|except for|apart from|other than)\s+(?=(?:(?-i:[A-Z0-9])|\w+ (?:music|songs|tracks)))", re.IGNORECASE)  # fmt: skip


class Clause:
    """One request.

    Attributes
    ----------
    text : as written.
    plain : its words in lower case, joined by single blanks, with a blank at both ends.
    """

    def __init__(self, text: str) -> None:
        self.text = _BUT.sub("no ", text.strip())
        self.memo: tuple[Any, tuple[Any, ...]] | None = None  # the things it names, kept while the plan stands as it is
        self.words = words.words_of(self.text)
        self.plain = " " + " ".join(word.plain for word in self.words) + " "

    def __repr__(self) -> str:
        return f"Clause({self.text!r})"

    def has(self, *phrases: str) -> bool:
        """Tell whether one of these phrases (plain words) stands in the clause."""
        return any(f" {phrase} " in self.plain for phrase in phrases)

    def starts(self, *phrases: str) -> bool:
        """Tell whether the clause begins with one of these phrases."""
        return any(self.plain.startswith(f" {phrase} ") for phrase in phrases)

    def match(self, pattern: str) -> re.Match[str] | None:
        """Search the plain words (blanks at both ends) with a pattern."""
        return _compiled(pattern).search(self.plain)

    @cached_property
    def verbs(self) -> list[Found[str]]:
        """Verbs by class, from left to right."""
        return cues.verbs().find(self.text)

    @cached_property
    def verb_classes(self) -> frozenset[str]:
        """The classes of all its verbs."""
        return frozenset(found.value for found in self.verbs)

    def verb(self, *classes: str) -> bool:
        """Tell whether a verb of one of these classes stands in the clause."""
        return any(name in self.verb_classes for name in classes)

    @cached_property
    def head(self) -> str:
        """The class of the verb that opens the clause, or nothing."""
        if not self.verbs or not self.words:
            return ""
        first = self.verbs[0]
        lead = sum(word.end <= first.start for word in self.words)
        if lead == 1 and self.words[0].plain in _ARTICLES:
            return ""  # "a slow waltz", "the mix"
        return first.value if lead <= 1 else ""

    @cached_property
    def is_question(self) -> bool:
        """Whether it asks for information."""
        if not self.words:
            return False
        opens = cues.is_question_word(self.words[0].plain) and not self.starts("do it", "do that", "have it")
        return opens or (self.text.rstrip().endswith("?") and self.head not in _ORDERS)

    @cached_property
    def genres(self) -> list[Found[str]]:
        """Genres by canonical name."""
        return words.genres_in(self.text)

    @cached_property
    def moods(self) -> list[Found[str]]:
        """Moods by name."""
        return words.moods_in(self.text)

    @cached_property
    def instruments(self) -> list[Found[str]]:
        """Instruments and ensembles by canonical name."""
        return words.instruments_in(self.text)

    @cached_property
    def stems(self) -> list[Found[str]]:
        """Stems."""
        return words.stems_in(self.text)

    @cached_property
    def axes(self) -> list[Found[words.Axis]]:
        """Directions of a search."""
        return words.axes_in(self.text)

    @cached_property
    def keys(self) -> list[Found[str]]:
        """Keys."""
        return words.key_in(self.text)

    @cached_property
    def chords(self) -> list[Found[list[str]]]:
        """Chord progressions."""
        return words.chords_in(self.text)

    @cached_property
    def tempi(self) -> list[Found[words.Tempo]]:
        """Tempi that are figures."""
        return [found for found in words.tempo_in(self.text) if found.value.kind != "word"]

    @cached_property
    def meters(self) -> list[Found[str]]:
        """Metres."""
        return words.meter_in(self.text)

    @cached_property
    def durations(self) -> list[Found[float]]:
        """Lengths in seconds."""
        found = words.duration_in(self.text)
        return [
            length for length in found if not any(t.start <= length.start and length.end <= t.end for t in self.tempi)
        ]  # "beats a minute"

    @cached_property
    def bars(self) -> list[Found[words.Bars]]:
        """Numbers and spans of bars."""
        return words.bars_in(self.text)

    @cached_property
    def intervals(self) -> list[Found[float]]:
        """Intervals in semitones."""
        return words.interval_in(self.text)

    @cached_property
    def decibels(self) -> list[Found[float]]:
        """Levels in dB."""
        return words.decibels_in(self.text)

    @cached_property
    def loudnesses(self) -> list[Found[float]]:
        """Loudnesses in LUFS."""
        return words.loudness_in(self.text)

    @cached_property
    def percents(self) -> list[Found[float]]:
        """Percentages."""
        return words.percent_in(self.text)

    @cached_property
    def years(self) -> list[Found[words.Years]]:
        """Spans of years."""
        return words.years_in(self.text)

    @cached_property
    def numbers(self) -> list[Found[float]]:
        """Numbers."""
        return words.numbers_in(self.text)

    @cached_property
    def formats(self) -> list[Found[str]]:
        """File formats; the endings of file names are none."""
        return [
            found for found in cues.formats().find(self.text) if self.text[max(0, found.start - 1) : found.start] != "."
        ]

    @cached_property
    def fields(self) -> list[Found[str]]:
        """Tag fields and statistics."""
        return cues.fields().find(self.text)

    @cached_property
    def effects(self) -> list[Found[str]]:
        """Effects and sounds."""
        return cues.effects().find(self.text)

    @cached_property
    def sections(self) -> list[Found[str]]:
        """Song sections."""
        return cues.sections().find(self.text)

    @cached_property
    def amount(self) -> float:
        """How much: 2 for "much", 0.5 for "a bit", else 1."""
        return next((value for value, phrases in _AMOUNTS if self.has(*phrases)), 1.0)

    @cached_property
    def songs(self) -> bool:
        """Whether it speaks of songs, artists or music to find."""
        return any(word.plain in cues.SONGS and "'" not in self.text[word.start : word.end] for word in self.words)

    def before(self, position: int, count: int = 3) -> list[str]:
        """Return the plain words before a character offset, nearest last."""
        return [word.plain for word in self.words if word.end <= position][-count:]

    def after(self, position: int, count: int = 3) -> list[str]:
        """Return the plain words from a character offset on."""
        return [word.plain for word in self.words if word.start >= position][:count]

    def negated(self, position: int) -> bool:
        """Tell whether what begins at an offset is unwanted: "no rap", "without any drums", "not too dark"."""
        near = self.before(position, 6)
        for at in range(len(near) - 1, -1, -1):
            if near[at] in _NEGATIONS:
                return True
            if near[at] not in _BETWEEN:
                # a list goes on: "no drums or bass"
                joined = at + 1 < len(near) and near[at + 1] in ("or", "and", "nor")
                if not joined:
                    return False
        return False


_ARTICLES = frozenset({"a", "an", "the", "my", "some", "that", "this", "its", "another", "more"})
# "add some reggae?" is an order put as a question.
_ORDERS = frozenset({"add", "find", "make", "give", "play", "remove", "replace", "export", "put", "concat", "extend"})
_NEGATIONS = frozenset(["no", "not", "without", "minus", "never", "non", "senza", "sans", "ohne", "sin", "dont", "doesnt", "isnt", "nothing", "except", "avoid", "excluding", "exclude", "skip", "hide", "hate", "dislike", "kein", "keine", "pas"])  # fmt: skip
_BETWEEN = frozenset(["any", "too", "the", "a", "an", "much", "more", "so", "very", "or", "and", "nor", "of", "that", "really", "all", "kind", "to", "be", "want", "some", "is", "with", "as", "anything"])  # fmt: skip


@lru_cache(maxsize=2048)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
