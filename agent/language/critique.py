"""What a person says about the list that is shown: every part of it by what it speaks of and the stance it takes.

"The groove stays, tempo down", "first and last are awful" and "don't care how old they are" are read alike: a message
falls into segments, a segment holds items (a quality, a genre, an artist, a track, years, a filter) and words of
stance (more, keep, not, also, no matter). The order of words is free. A reading stands only where every word has a
place; what else is said goes to the other rules.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from segue.agent.language import criteria, refining, stance
from segue.agent.language.clause import Clause
from segue.agent.language.criteria import Criteria
from segue.agent.language.draft import Draft
from segue.agent.language.reference import mentions, names_in
from segue.agent.plan import Ref
from segue.tools.core.lexicon import Word
from segue.tools.core.vocabulary import Axis, Found, fold, genres, numbers_in, ordinals_in

_NUMBER = re.compile(r"\b(?:no|nr)\.?\s?(?=\d)", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“”«»]")
_GRADED = re.compile(r"er$")
_COUNTED = frozenset(["bpm", "minute", "minutes", "mins", "min", "seconds", "stars", "star", "percent", "hour", "hours", "per", "plays", "times", "db", "bars", "more", "songs", "tracks", "of", "th", "s"])  # fmt: skip
_PLACES = {"opening": 1, "opener": 1, "top": 1, "initial": 1, "closing": -1, "closer": -1, "last": -1, "final": -1, "bottom": -1, "first": 1}  # fmt: skip
_FILTERS = {
    "year": ("year_min", "year_max"), "artist": ("artist", "exclude_artists"), "genre": ("genre", "exclude_genres"), "bpm": ("bpm_min", "bpm_max"),
    "duration": ("duration_min_s", "duration_max_s"), "rating": ("rating_min",), "key": ("key",), "language": ("language",),
}  # fmt: skip
_OWN = frozenset(["exclude_genres", "exclude_artists", "artist", "genre"])  # read here, by stance


@dataclass
class _Token:
    """A stretch of words: an item of some kind, or words of stance."""

    kind: str  # axis, genre, artist, track, years, version, instrument, field, stance, amount, break, filler, unknown
    value: Any
    words: list[Word]
    stances: frozenset[str] = frozenset()


@dataclass
class _Segment:
    """Items and stances between two breaks."""

    tokens: list[_Token] = field(default_factory=list)
    opened_by: str = ""
    opened_at: int | None = None  # where the words that open it begin, if they belong to what they open ("with vocals")
    text: str = ""

    def of(self, *kinds: str) -> list[_Token]:
        return [token for token in self.tokens if token.kind in kinds]

    @property
    def items(self) -> list[_Token]:
        return self.of("axis", "genre", "artist", "track", "years", "version", "instrument", "field")


@dataclass
class _Wishes:
    """What was understood, before anything is put into the plan."""

    found: Criteria = field(default_factory=Criteria)
    rejected: list[str] = field(default_factory=list)
    liked: list[str] = field(default_factory=list)
    seeds: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    widened: list[tuple[int | None, int | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    branched: bool = False
    swapped: tuple[str, str] = ("", "")
    ordered: bool = False  # an order is asked for as well, which the rules of lists read

    @property
    def only_filters(self) -> bool:
        """Whether nothing but figures was read, which the rules of search read as well."""
        asked = self.found.adjust or self.found.hold or set(self.found.filters) & _OWN or "vocals" in self.found.filters
        return not (asked or self.rejected or self.seeds or self.dropped or self.added or self.widened or self.notes or self.branched or self.swapped[0])  # fmt: skip

    @property
    def is_empty(self) -> bool:
        return self.found.is_empty and not (self.rejected or self.dropped or self.added or self.widened or self.notes or self.seeds)  # fmt: skip


def heard(text: str, draft: Draft, unknown: float = 0.0) -> bool:
    """Take a message that speaks of the list, wholly or but for a share of unknown words; tell whether it was one."""
    clause = Clause(stance.respelt(_NUMBER.sub("number ", text)))
    if draft.arena != "list" or not (draft.state.search or draft.state.lists) or draft.state.attached:
        return False
    if not clause.words or _QUOTED.search(text) or (draft.group and draft.refined is None):
        return False
    if clause.words[0].plain in _ASKING and not clause.starts("how about", "what about", "is it possible", "do it"):
        return False
    slope = len(clause.axes) > 1 and clause.match(r" from (?:\w+ ){1,3}to ")
    if slope or _LIKENESS.search(clause.plain) or _SORTS.search(clause.plain):
        return False
    segments = _segments(clause, draft)
    strange = _strange(segments)
    if strange <= max(unknown, _LOOSE) * len(clause.words) and _corrects(segments, draft):
        return True
    wishes = _understood(segments, clause, draft)
    if (
        wishes is None
        or wishes.is_empty
        or wishes.ordered
        or wishes.only_filters
        or _strange(segments) > unknown * len(clause.words)
    ):
        return False
    _order(wishes, draft)
    return True


def _strange(segments: list[_Segment]) -> int:
    """Return how many words no reader knows."""
    return sum(len(token.words) for segment in segments for token in segment.of("unknown"))


# "others like them" looks for other music by what is shown.
_LIKENESS = re.compile(r" (?:others?|more|music|songs?|tracks?|ones?|stuff|artists?|something|anything|people|someone|bands?|singers?|acts?|someone else) (?:like|similar to) (?:them|him|her|those|these|it|this|that) ")  # fmt: skip
# "the calmest ones first", "slower than number 2", "from wild to peaceful": another order, a track to compare with.
_SORTS = re.compile(r" (?:\w{3,}est|(?:most|least) \w+|\w+er)(?: ones?| songs?| tracks?| things)? (?:first|last|on top|at the (?:top|start|end|bottom|front|beginning)) | than (?:the |number |no |track |song )*(?:\d|first|second|third|fourth|fifth|last|one|two|three|four|five) ")  # fmt: skip
_ASKING = frozenset(["what", "whats", "which", "who", "whos", "whose", "why", "when", "where", "how", "is", "are", "does", "did", "was", "were", "do"])  # fmt: skip


# -- from words to segments ------------------------------------------------------------------------------


def _segments(clause: Clause, draft: Draft) -> list[_Segment]:
    """Return the segments of a message, their words all in tokens."""
    words = list(clause.words)
    typed = _typed(clause, draft)
    plain = [word.plain for word in words]
    segments = [_Segment()]
    at = 0
    while at < len(words):
        if at and re.search(r"[,.;:!?()…\n]|\s[-–—]+\s|\.\.", clause.text[words[at - 1].end : words[at].start]):
            segments.append(_Segment(opened_by=","))
        token = _token(words, plain, at, typed)
        if token.kind == "break" and token.value in ("and", "or") and plain[at + 1 : at + 2] and plain[at + 1] in _ONWARDS and at and (plain[at - 1] in _COUNTED or plain[at - 1].isdigit()):  # fmt: skip
            token = _Token("unknown", "", words[at : at + 2])  # "150 bpm and up"
        if token.kind == "break":
            at_word = words[at].start if token.value in ("with", "only", "just") else None
            segments.append(_Segment(opened_by=token.value, opened_at=at_word))
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


def _token(words: list[Word], plain: list[str], at: int, typed: dict[int, list[tuple[str, Any, int]]]) -> _Token:
    """Return the longest thing that begins at a word; of equal ones an item before a word of stance."""
    items = typed.get(words[at].start, [])
    best: _Token | None = None
    for kind, value, end in sorted(items, key=lambda item: _RANK[item[0]]):
        size = next((n for n in range(at, len(words)) if words[n].end >= end), len(words) - 1) - at + 1
        if best is None or size > len(best.words):
            best = _Token(kind, value, words[at : at + size])
        elif size == len(best.words) and best.kind == "axis" and kind == "genre":
            best = _Token("axis", (best.value, value), best.words)  # "electronic": either, as the stance has it
    if best is None or best.kind == "axis":
        way = stance.directed().get(plain[at])
        following = plain[at + 1 : at + 3]
        if (
            way
            and set(following[:1]) & _AIMED
            and (at == 0 or plain[at - 1] not in ("more", "less", "too", "so", "the"))
        ):
            size = 2 if following[0] in _PARTICLES else 3 if following[1:] and following[1] in _PARTICLES else 2
            return _Token("axis", Axis(*way), words[at : at + size], frozenset({"directed"}))
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
            return _Token("amount", amounts[phrase], taken)
        if phrase in fillers:
            return _Token("filler", "", taken)
    return best or _Token("unknown", "", words[at : at + 1])


def _named(phrase: tuple[str, ...], found: frozenset[str], words: list[Word]) -> _Token:
    named = next((kind for kind in found if kind.startswith("field:")), None)
    if named:
        return _Token("field", named[6:], words)
    if "version" in found:
        return _Token("version", " ".join(phrase), words)
    if "break" in found and not found - {"break"}:
        return _Token("break", " ".join(phrase), words)
    if phrase == ("plus",):
        return _Token("break", "plus", words)
    return _Token("stance", " ".join(phrase), words, found)


# -- corrections -----------------------------------------------------------------------------------------
_LOOSE = 0.25  # share of unknown words in a correction: the wrong name is mostly one that nothing knows
_NAMED = frozenset({"artist", "instrument", "genre"})


def _corrects(segments: list[_Segment], draft: Draft) -> bool:
    """Take "not Dion. Nujabes", "harp instead of piano": what was understood wrongly is put right, the rest stays."""
    search = draft.state.search
    held = str((search.get("filters") or {}).get("artist", ""))
    asked = fold(str(search.get("query", ""))).split()
    slips = any("slip" in token.stances for segment in segments for token in segment.of("stance"))
    right: list[_Token] = []
    wrong: list[str] = []
    for segment in segments:
        for n, token in enumerate(segment.tokens):
            written = " ".join(word.plain for word in token.words)
            denied = "not" in _nearest(_Segment(segment.tokens[: n + 1]), n, _RELEVANT["track"])
            in_force = fold(held) == fold(str(token.value)) if token.kind == "artist" else written in asked
            if token.kind == "unknown" and written in fold(held).split():
                wrong += [written] if denied else []
            elif token.kind in _NAMED and (denied or in_force):
                wrong += [written] if in_force else []
            elif token.kind in _NAMED and segment.of("stance") and {t.value for t in segment.of("stance")} & _STAYS:
                return False
            elif token.kind in _NAMED:
                right.append(token)
    if len(right) != 1 or not (slips or wrong):
        return False
    one = right[0]
    said = " ".join(word.plain for word in one.words)
    wishes = _Wishes()
    for segment in segments:
        _plain_filters(segment, wishes, draft)
    if one.kind == "artist" and held:
        wishes.found.filters["artist"] = said = str(one.value)
    elif one.kind != "artist" and wrong:
        wishes.swapped = (wrong[0], said)
    else:
        return False
    draft.say("correct", said)
    _order(wishes, draft)
    return True


_STAYS = frozenset({"more", "less", "too", "no", "without", "also", "add", "include", "keep", "love", "like"})


# -- from segments to wishes -----------------------------------------------------------------------------


def _understood(segments: list[_Segment], clause: Clause, draft: Draft) -> _Wishes | None:
    """Return what the segments ask for, or None where an item stands without any stance."""
    wishes = _Wishes()
    kept: frozenset[str] = frozenset()
    wishes.branched = any("branch" in token.stances for segment in segments for token in segment.of("stance"))
    for n, segment in enumerate(segments):
        if segment.opened_by == "with" and "not" in kept:
            segment.text = segment.text.partition(" ")[2]  # "leave out anything with singing"
            segment.opened_at = segment.tokens[0].words[0].start
        own = frozenset().union(*(token.stances for token in segment.of("stance"))) - _ASIDE
        if not segment.items:
            if way := _pushed(segment):
                wishes.found.adjust["energy"] = way * _amount(segment)
            if {token.value for token in segment.of("stance")} - {"no"}:
                kept = own or kept  # "no, Oasis" denies nothing of what follows
            if not _plain_filters(segment, wishes, draft) and segment.of("unknown") and not own:
                continue
            continue
        if own or _graded(segment):
            kept = own
        elif wishes.seeds and len(segment.of("track")) == len(segment.items):
            own = frozenset()
        elif not own:
            following = segments[n + 1 :]
            later = next((s for s in following if any(t.stances - _ASIDE for t in s.of("stance"))), None)
            joined = segment.opened_by in ("", ",", "and", "or", "nor", "plus")
            said = next((t for t in later.of("stance") if t.stances - _ASIDE), None) if later else None
            if kept and joined:
                own = kept
            elif said is not None and later is not None and (later.opened_by in ("and", ",", "or") and later.items):
                own = said.stances
        if not _segment(segment, own, wishes, clause, draft):
            return None
    return wishes


_ASIDE = frozenset({"slip", "branch"})  # said of the whole message


_UPWARD = frozenset(
    {
        "up",
        "turn up",
        "crank up",
        "amp up",
        "pump up",
        "ramp up",
        "step up",
        "bump up",
        "dial up",
        "push up",
        "bring up",
        "up the",
    }
)
_DOWNWARD = frozenset(
    {
        "down",
        "tone down",
        "dial down",
        "dial back",
        "bring down",
        "turn down",
        "take down",
        "scale back",
        "scale down",
        "cut back",
    }
)
_PUSHED = frozenset({"it", "things", "them", "this", "notch", "gear", "notches", "everything", "that"})


def _pushed(segment: _Segment) -> float:
    """Return the way of "kick it up a notch", said of everything: +1, −1, or 0 where no such thing is said."""
    words = {word.plain for token in segment.tokens for word in token.words}
    if segment.items or segment.of("unknown") or not words & _PUSHED or not segment.of("stance"):
        return 0.0
    said = {token.value for token in segment.of("stance")}
    return 1.0 if said & _UPWARD else -1.0 if said & _DOWNWARD else 0.0


def _amount(segment: _Segment) -> float:
    """Return how much is wished: the largest amount said, else 1."""
    return float(max((token.value for token in segment.of("amount")), default=1.0))


def _graded(segment: _Segment) -> bool:
    return any(_is_graded(token) for token in segment.of("axis"))


def _is_graded(token: _Token) -> bool:
    return "directed" in token.stances or (bool(_GRADED.search(token.words[0].plain)) and len(token.words[0].plain) > 4)


def _segment(segment: _Segment, own: frozenset[str], wishes: _Wishes, clause: Clause, draft: Draft) -> bool:
    """Read one segment; False where an item of it finds no meaning."""
    amount = _amount(segment)
    _plain_filters(segment, wishes, draft)
    for n, token in enumerate(segment.tokens):
        if token not in segment.items:
            continue
        relevant = _RELEVANT[token.kind]
        said = _nearest(segment, n, relevant) or own & relevant
        reader = _READERS[token.kind]
        if not reader(token, said, amount, segment, wishes, draft):
            return False
    return True


_RELEVANT = {
    "axis": frozenset({"more", "less", "hold", "like", "not", "also", "as"}), "genre": frozenset({"not", "less", "also", "hold", "like"}),
    "artist": frozenset({"not", "less", "also", "hold", "like", "drop"}), "track": frozenset({"not", "like", "hold"}),
    "instrument": frozenset({"also", "not"}), "version": frozenset({"also", "not"}),
    "years": frozenset({"drop", "also", "not", "less", "more"}), "field": frozenset({"drop", "less"}),
}  # fmt: skip


def _nearest(segment: _Segment, n: int, relevant: frozenset[str]) -> frozenset[str]:
    """Return the stance that an item has: of the words before it, the nearest; else of those behind it."""
    for token in reversed(segment.tokens[:n]):
        if token.kind == "stance" and token.stances & relevant:
            if token.value == "as" and not any(t.value == "as" for t in segment.tokens[n:]):
                continue
            if token.value == "too" and "less" in relevant:
                return frozenset({"less"})
            if token.value == "not" and any(t.value == "enough" for t in segment.tokens[n + 1 : n + 2]):
                return frozenset({"more"})  # "not danceable enough"
            return token.stances & relevant
    behind = [t for t in segment.tokens[n + 1 :] if t.kind == "stance" and t.stances & relevant and t.value != "as"]
    return behind[0].stances & relevant - ({"less"} if behind[0].value == "too" else set()) if behind else frozenset()


def _axis(token: _Token, said: frozenset[str], amount: float, segment: _Segment, wishes: _Wishes, draft: Draft) -> bool:
    value = token.value
    genre = ""
    if isinstance(value, tuple):
        value, genre = value
        if "not" in said and not said & {"less", "more"}:
            return _genre(_Token("genre", genre, token.words), said, amount, segment, wishes, draft)
    axis: Axis = value
    name = axis.name
    if name == "vocals" and "vocals" in wishes.found.filters:
        return True
    if name == "length" and any(t.kind == "unknown" for t in segment.tokens):
        return False
    if _is_graded(token) and not said & {"less", "not"}:
        sign = 1.0
    elif (_is_graded(token) and "not" in said and "less" not in said) or "as" in said or "hold" in said:
        wishes.found.hold.append(name)
        return True
    elif "more" in said:
        sign = 1.0
    elif "less" in said or "not" in said:
        sign = -1.0
    elif "like" in said:
        wishes.found.hold.append(name)
        return True
    elif "also" in said:
        if {"versions", "version", "takes", "recordings", "cuts", "mixes"} & {
            w.plain for t in segment.tokens for w in t.words
        }:
            wishes.notes.append(_ALWAYS_IN)
        else:
            wishes.added.append(" ".join(word.plain for word in token.words))
        return True
    elif _complains(token, segment):
        sign = -1.0
    elif (
        wishes.branched
        or segment.opened_by in ("but", "yet", "only", "just", "plus", "though")
        or draft.refined is not None
    ):
        sign = 1.0
    else:
        return False
    if name == "vocals" and not said & {"more", "less"} and sign * axis.way < 0 and not _is_graded(token):
        wishes.found.filters["vocals"] = False
        return True
    before = wishes.found.adjust.get(name, 0.0)
    now = amount * sign * axis.way
    wishes.found.adjust[name] = max(-2.0, min(2.0, before + now if before * now < 0 else max(before, now, key=abs)))
    return True


def _complains(token: _Token, segment: _Segment) -> bool:
    """Tell whether "a bit frantic" or "slightly shrill" is said of what is there: it is too much so."""
    at = segment.tokens.index(token)
    near = [t for t in segment.tokens[:at] if t.kind != "filler"]
    return bool(near) and near[-1].kind == "amount" and near[-1].value < 1.0


_ALWAYS_IN = "Live versions, covers and remixes were never left out; only repeats of one recording are folded together."


def _genre(token: _Token, said: frozenset[str], amount: float, segment: _Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
    title = genres()[token.value].title
    if said & {"not", "less"} and "also" not in said - {"less"}:
        wishes.found.filters.setdefault("exclude_genres", []).append(title)
        return True
    written = " ".join(word.plain for word in token.words)
    if "also" in said:
        wishes.added.append(written)
        return True
    if said & {"hold", "like"}:
        return True
    if wishes.branched:
        wishes.added.append(written)
        return True
    return False


def _artist(token: _Token, said: frozenset[str], amount: float, segment: _Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
    held = (draft.state.search.get("filters") or {}).get("artist")
    if held and fold(str(held)) == fold(token.value) and "drop" in said:
        wishes.dropped.append("artist")
        return True
    if said & {"not", "less"} and "also" not in said - {"less"}:
        wishes.found.filters.setdefault("exclude_artists", []).append(token.value)
        return True
    return bool(said & {"like", "hold"})


def _track(token: _Token, said: frozenset[str], amount: float, segment: _Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
    at = segment.tokens.index(token)
    before = [t for t in segment.tokens[:at] if t.kind != "filler"]
    goes_on = not said and bool(wishes.seeds) and segment.opened_by in ("and", "or", ",", "plus")
    if goes_on or (before and before[-1].value in ("like", "similar")):
        subject = {word.plain for t in segment.tokens[:at] for word in t.words}
        if not subject & {"i", "we", "really", "id"}:
            wishes.seeds += token.value
            return True
    if "not" in said:
        wishes.rejected += token.value
        return True
    if said & {"like", "hold"}:
        wishes.liked += token.value
        return True
    return False


def _years(token: _Token, said: frozenset[str], amount: float, segment: _Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
    held = draft.state.search.get("filters") or {}
    first, last = token.value.first, token.value.last
    in_force = "year_min" in held or "year_max" in held
    within = in_force and (first is None or first >= held.get("year_min", 0)) and (last is None or last <= held.get("year_max", 9999))  # fmt: skip
    if within and "drop" in said and not (first is None and last is None):
        wishes.dropped.append("year")
        return True
    if "also" in said and in_force:
        wishes.widened.append((first, last))
        return True
    return not said & {"not", "less", "more"}  # a plain filter is read with the other figures of the segment


def _version(token: _Token, said: frozenset[str], amount: float, segment: _Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
    if "also" in said:
        wishes.notes.append(_ALWAYS_IN)
        return True
    return False


def _instrument(token: _Token, said: frozenset[str], amount: float, segment: _Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
    written = " ".join(word.plain for word in token.words)
    label = fold(str(draft.state.search.get("query", "")))
    if written in label.split():
        return True  # "not only piano"
    if "also" in said or wishes.branched:
        wishes.added.append(written)
        return True
    return False


def _field(token: _Token, said: frozenset[str], amount: float, segment: _Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
    held = draft.state.search.get("filters") or {}
    if "drop" not in said or not set(_FILTERS[token.value]) & set(held):
        # "be less fussy about the era, anything since 1960": the figure says the rest
        return bool({"drop", "less"} & said)
    wishes.dropped.append(token.value)
    return True


_READERS = {"axis": _axis, "genre": _genre, "artist": _artist, "track": _track, "years": _years, "version": _version, "instrument": _instrument, "field": _field}  # fmt: skip


def _plain_filters(segment: _Segment, wishes: _Wishes, draft: Draft) -> bool:
    """Read figures, languages and voices of a segment, as any search has them; tell whether there were any."""
    if not (re.search(r"\d", segment.text) or segment.of("unknown", "years", "axis")):
        return False
    clause = Clause(segment.text)
    read = criteria.read(clause, draft)
    filters = {name: value for name, value in read.filters.items() if name not in _OWN}
    if any("also" in token.stances or "drop" in token.stances for token in segment.of("stance")):
        filters = {name: value for name, value in filters.items() if not name.startswith("year")}
    args = {name: value for name, value in read.args.items() if name not in ("order", "action")}
    if "order" in read.args and not segment.of("axis") and not _pushed(segment):
        wishes.ordered = True
    if not filters and not args:
        return False
    wishes.found.filters |= filters
    wishes.found.args |= args
    spans = read.spans
    offset = segment.opened_at or 0
    for token in segment.tokens:
        if token.kind == "track" and len(token.words) > 1:
            continue
        if token.kind in ("unknown", "track", "axis") and any(low <= token.words[0].start - offset < high for low, high in spans):  # fmt: skip
            token.kind = "filler"
    return True


# -- from wishes to the plan -----------------------------------------------------------------------------


def _order(wishes: _Wishes, draft: Draft) -> None:
    """Put what was understood into the search in force."""
    if wishes.branched:
        draft.say("branch")
    refining.wish(
        draft, wishes.found, rejected=wishes.rejected, seeds=wishes.seeds, added=wishes.added, widened=wishes.widened, swapped=wishes.swapped,
        gone=[name for what in wishes.dropped for name in _FILTERS[what]], again=not (wishes.branched or wishes.rejected),
    )  # fmt: skip
    for id in dict.fromkeys(wishes.liked):
        draft.say("like", Ref(id=id))
    for id in dict.fromkeys(wishes.rejected):
        draft.say("reject", Ref(id=id))
    for what in dict.fromkeys(wishes.dropped):
        draft.say("drop", what)
    for note in wishes.notes:
        draft.note(note)
