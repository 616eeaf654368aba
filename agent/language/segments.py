"""A message about a list in segments: every word in a token, an item of some kind or words of stance."""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from segue.agent.language import stance
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.reference import mentions, names_in
from segue.tools.core.lexicon import Word
from segue.tools.core.vocabulary import Axis, Found, numbers_in, ordinals_in

_COUNTED = frozenset(["bpm", "minute", "minutes", "mins", "min", "seconds", "stars", "star", "percent", "hour", "hours", "per", "plays", "times", "db", "bars", "more", "songs", "tracks", "of", "th", "s"])  # fmt: skip
_PLACES = {"opening": 1, "opener": 1, "top": 1, "initial": 1, "closing": -1, "closer": -1, "last": -1, "final": -1, "bottom": -1, "first": 1}  # fmt: skip


@dataclass
class Token:
    """A stretch of words: an item of some kind, or words of stance."""

    kind: str  # axis, genre, artist, track, years, version, instrument, field, stance, amount, break, filler, unknown
    value: Any
    words: list[Word]
    stances: frozenset[str] = frozenset()


@dataclass
class Segment:
    """Items and stances between two breaks."""

    tokens: list[Token] = field(default_factory=list)
    opened_by: str = ""
    opened_at: int | None = None  # where the words that open it begin, if they belong to what they open ("with vocals")
    text: str = ""

    def of(self, *kinds: str) -> list[Token]:
        """Return its tokens of some kinds."""
        return [token for token in self.tokens if token.kind in kinds]

    @property
    def items(self) -> list[Token]:
        """What it speaks of."""
        return self.of("axis", "genre", "artist", "track", "years", "version", "instrument", "field")


def segments_of(clause: Clause, draft: Draft) -> list[Segment]:
    """Return the segments of a message, their words all in tokens."""
    words = list(clause.words)
    typed = _typed(clause, draft)
    plain = [word.plain for word in words]
    segments = [Segment()]
    at = 0
    while at < len(words):
        if at and re.search(r"[,.;:!?()…\n]|\s[-–—]+\s|\.\.", clause.text[words[at - 1].end : words[at].start]):
            segments.append(Segment(opened_by=","))
        token = _token(words, plain, at, typed)
        if token.kind == "break" and token.value in ("and", "or") and plain[at + 1 : at + 2] and plain[at + 1] in _ONWARDS and at and (plain[at - 1] in _COUNTED or plain[at - 1].isdigit()):  # fmt: skip
            token = Token("unknown", "", words[at : at + 2])  # "150 bpm and up"
        if token.kind == "break":
            at_word = words[at].start if token.value in ("with", "only", "just") else None
            segments.append(Segment(opened_by=token.value, opened_at=at_word))
        else:
            segments[-1].tokens.append(token)
        at += len(token.words)
    for segment in segments:
        if segment.tokens:
            if segment.opened_at is None:
                segment.opened_at = segment.tokens[0].words[0].start
            segment.text = clause.text[segment.opened_at : segment.tokens[-1].words[-1].end]
    return [segment for segment in segments if segment.tokens]


_ONWARDS = frozenset({"up", "over", "above", "more", "less", "under", "below", "down", "later", "older", "newer", "onwards", "beyond", "longer", "shorter", "faster", "slower", "higher", "better", "after", "earlier"})  # fmt: skip


def _typed(clause: Clause, draft: Draft) -> dict[int, list[tuple[str, Any, int]]]:
    """Return what the vocabulary and the conversation know in a clause: by start, the kind, value and end."""
    found: dict[int, list[tuple[str, Any, int]]] = {}

    def add(kind: str, value: Any, start: int, end: int) -> None:  # noqa: ANN401 - a value of any kind
        found.setdefault(start, []).append((kind, value, end))

    spans: dict[tuple[int, int], list[str]] = {}
    for mention in mentions(clause, draft):
        if mention.end > mention.start and "id" in mention.target:
            spans.setdefault((mention.start, mention.end), []).append(
                mention.target["id"]
            )  # "tracks 2 to 4" is one span
    for (start, end), ids in spans.items():
        add("track", ids, start, end)
    for start, end, ids in _places(clause, draft):
        add("track", ids, start, end)
    for name in names_in(clause, draft):
        if name.kind == "artist":
            written = draft.message[name.start : name.end]
            at = clause.text.find(written)
            if at >= 0:
                add("artist", name.name, at, at + len(written))
    for years in clause.years:
        add("years", years.value, years.start, years.end)
    figures: list[Found[Any]] = [*clause.durations, *clause.tempi, *clause.numbers]
    for figure in figures:
        if " " in clause.text[figure.start : figure.end]:
            add("unknown", "", figure.start, figure.end)  # read with the other figures of its segment
    for axis in clause.axes:
        add("axis", axis.value, axis.start, axis.end)
    for before, word in pairwise(clause.words):
        if word.plain == "tune" and before.plain in ("more", "less", "enough", "any"):
            add("axis", Axis("melody", 1), word.start, word.end)  # "more tune to them", not more tunes
    for word in clause.words:
        if word.plain in ("vibe", "vibes", "atmosphere", "ambience", "ambiance"):
            add("axis", Axis("mood", 1), word.start, word.end)
    for before, word in pairwise(clause.words):
        if (before.plain, word.plain) in (("going", "on"), ("happening", "at"), ("much", "happening")):
            add("axis", Axis("density", 1), before.start, word.end)  # "too much going on"
    for genre in clause.genres:
        add("genre", genre.value, genre.start, genre.end)
    for instrument in clause.instruments:
        add("instrument", instrument.value, instrument.start, instrument.end)
    return found


_SETS = frozenset(
    ["list", "lists", "playlist", "search", "version", "copy", "set", "half", "selection", "results", "time", "batch"]
)


def _places(clause: Clause, draft: Draft) -> list[tuple[int, int, list[str]]]:
    """Return tracks by their place in the list: "the opening two", "the middle one", "first and last", "4"."""
    shown = draft.state.shown
    if shown is None or not shown.ids:
        return []
    found: list[tuple[int, int, list[str]]] = []
    words = clause.words
    for n, word in enumerate(words):
        following = words[n + 1].plain if n + 1 < len(words) else ""
        place = _PLACES.get(word.plain)
        many = numbers_in(following) if place else []
        if many and 1 < many[0].value <= len(shown.ids):
            size = int(many[0].value)
            found.append((word.start, words[n + 1].end, shown.ids[:size] if place == 1 else shown.ids[-size:]))
        elif word.plain in ("middle", "centre", "center") and len(shown.ids) % 2:
            found.append((word.start, word.end, [shown.ids[len(shown.ids) // 2]]))
        elif place and following not in _COUNTED | _SETS:
            found.append((word.start, word.end, [shown.ids[0 if place == 1 else -1]]))
        elif word.plain.isdigit() and following not in _COUNTED and 1 <= int(word.plain) <= len(shown.ids):
            found.append((word.start, word.end, [shown.ids[int(word.plain) - 1]]))
    for ordinal in ordinals_in(clause.text):
        after = clause.after(ordinal.end, 1)
        if (
            ordinal.value <= len(shown.ids)
            and -ordinal.value <= len(shown.ids)
            and not (after and after[0] in _COUNTED | _SETS)
        ):
            found.append((ordinal.start, ordinal.end, [shown.ids[ordinal.value - (1 if ordinal.value > 0 else 0)]]))
    return found


_PARTICLES = frozenset({"up", "down", "out", "off", "back"})
_AIMED = _PARTICLES | {"it", "them", "things", "this", "these", "everything", "that"}
_RANK = {"unknown": 9, "track": 0, "artist": 1, "years": 2, "axis": 3, "genre": 4, "instrument": 5}


def _token(words: list[Word], plain: list[str], at: int, typed: dict[int, list[tuple[str, Any, int]]]) -> Token:
    """Return the longest thing that begins at a word; of equal ones an item before a word of stance."""
    items = typed.get(words[at].start, [])
    best: Token | None = None
    for kind, value, end in sorted(items, key=lambda item: _RANK[item[0]]):
        size = next((n for n in range(at, len(words)) if words[n].end >= end), len(words) - 1) - at + 1
        if best is None or size > len(best.words):
            best = Token(kind, value, words[at : at + size])
        elif size == len(best.words) and best.kind == "axis" and kind == "genre":
            best = Token("axis", (best.value, value), best.words)  # "electronic": either, as the stance has it
    if best is None or best.kind == "axis":
        way = stance.directed().get(plain[at])
        following = plain[at + 1 : at + 3]
        if (
            way
            and set(following[:1]) & _AIMED
            and (at == 0 or plain[at - 1] not in ("more", "less", "too", "so", "the"))
        ):
            size = 2 if following[0] in _PARTICLES else 3 if following[1:] and following[1] in _PARTICLES else 2
            return Token("axis", Axis(*way), words[at : at + size], frozenset({"directed"}))
    table, amounts, fillers = stance.stances(), stance.amounts(), stance.fillers()
    for size in range(min(stance.longest(), len(words) - at), 0, -1):
        if best is not None and size < len(best.words):
            break
        phrase = tuple(plain[at : at + size])
        taken = words[at : at + size]
        if found := table.get(phrase):
            if best is not None and size == len(best.words) and not (found & {"like", "not"} and best.kind == "axis"):
                break
            return _named(phrase, found, taken)
        if best is not None and size == len(best.words):
            break
        if phrase in amounts:
            return Token("amount", amounts[phrase], taken)
        if phrase in fillers:
            return Token("filler", "", taken)
    return best or Token("unknown", "", words[at : at + 1])


def _named(phrase: tuple[str, ...], found: frozenset[str], words: list[Word]) -> Token:
    named = next((kind for kind in found if kind.startswith("field:")), None)
    if named:
        return Token("field", named[6:], words)
    if "version" in found:
        return Token("version", " ".join(phrase), words)
    if "break" in found and not found - {"break"}:
        return Token("break", " ".join(phrase), words)
    if phrase == ("plus",):
        return Token("break", "plus", words)
    return Token("stance", " ".join(phrase), words, found)
