"""What a person says about the list that is shown: every part of it by what it speaks of and the stance it takes.

"The groove stays, tempo down", "first and last are awful" and "don't care how old they are" are read alike: a message
falls into segments, a segment holds items (a quality, a genre, an artist, a track, years, a filter) and words of
stance (more, keep, not, also, no matter). The order of words is free. A reading stands only where every word has a
place; what else is said goes to the other rules.
"""

import re
from dataclasses import dataclass, field

from segue.agent.language import criteria, refining, stance
from segue.agent.language.clause import Clause
from segue.agent.language.criteria import Criteria
from segue.agent.language.draft import Draft
from segue.agent.language.reference import one_handled
from segue.agent.language.segments import Segment, Token, segments_of
from segue.agent.plan import Ref
from segue.tools.core.vocabulary import Axis, fold, genres

_NUMBER = re.compile(r"\b(?:no|nr)\.?\s?(?=\d)", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“”«»]")
_GRADED = re.compile(r"er$")
_FILTERS = {
    "year": ("year_min", "year_max"), "artist": ("artist", "exclude_artists"), "genre": ("genre", "exclude_genres"), "bpm": ("bpm_min", "bpm_max"),
    "duration": ("duration_min_s", "duration_max_s"), "rating": ("rating_min",), "key": ("key",), "language": ("language",),
}  # fmt: skip
_OWN = frozenset(["exclude_genres", "exclude_artists", "artist", "genre"])  # read here, by stance


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


_SWAPPED = re.compile(r"\b(?:swap|replace|exchange|trade|switch)\b(.+?)\s+(?:for|with) (?:something|one|some|a track|a song)(?: that(?:'s| is))? ((?:\w+ier|\w{3,}er|(?:more|less) \w+)\b)", re.IGNORECASE)  # fmt: skip


def heard(text: str, draft: Draft, unknown: float = 0.0) -> bool:
    """Take a message that speaks of the list, wholly or but for a share of unknown words; tell whether it was one."""
    clause = Clause(stance.respelt(_NUMBER.sub("number ", _SWAPPED.sub(r"not\1, \2", text))))
    if draft.arena != "list" or not (draft.state.search or draft.state.lists) or draft.state.attached:
        return False
    if not clause.words or _QUOTED.search(text) or (draft.group and draft.refined is None) or one_handled(clause, draft):  # fmt: skip
        return False
    if clause.words[0].plain in _ASKING and not clause.starts("how about", "what about", "is it possible", "do it"):
        return False
    slope = len(clause.axes) > 1 and clause.match(r" from (?:\w+ ){1,3}to ")
    if slope or _LIKENESS.search(clause.plain) or _SORTS.search(clause.plain):
        return False
    segments = segments_of(clause, draft)
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


def _strange(segments: list[Segment]) -> int:
    """Return how many words no reader knows."""
    return sum(len(token.words) for segment in segments for token in segment.of("unknown"))


# "others like them" looks for other music by what is shown.
_LIKENESS = re.compile(r" (?:others?|more|music|songs?|tracks?|ones?|stuff|artists?|something|anything|people|someone|bands?|singers?|acts?|someone else) (?:like|similar to) (?:them|him|her|those|these|it|this|that) ")  # fmt: skip
# "the calmest ones first", "slower than number 2", "from wild to peaceful": another order, a track to compare with.
_SORTS = re.compile(r" (?:\w{3,}est|(?:most|least) \w+|\w+er)(?: ones?| songs?| tracks?| things)? (?:first|last|on top|at the (?:top|start|end|bottom|front|beginning)) | than (?:the |number |no |track |song )*(?:\d|first|second|third|fourth|fifth|last|one|two|three|four|five) ")  # fmt: skip
_ASKING = frozenset(["what", "whats", "which", "who", "whos", "whose", "why", "when", "where", "how", "is", "are", "does", "did", "was", "were", "do"])  # fmt: skip


# -- corrections -----------------------------------------------------------------------------------------
_LOOSE = 0.25  # share of unknown words in a correction: the wrong name is mostly one that nothing knows
_NAMED = frozenset({"artist", "instrument", "genre"})


def _corrects(segments: list[Segment], draft: Draft) -> bool:
    """Take "not Dion. Nujabes", "harp instead of piano": what was understood wrongly is put right, the rest stays."""
    search = draft.state.search
    held = str((search.get("filters") or {}).get("artist", ""))
    asked = fold(str(search.get("query", ""))).split()
    slips = any("slip" in token.stances for segment in segments for token in segment.of("stance"))
    right: list[Token] = []
    wrong: list[str] = []
    for segment in segments:
        for n, token in enumerate(segment.tokens):
            written = " ".join(word.plain for word in token.words)
            denied = "not" in _nearest(Segment(segment.tokens[: n + 1]), n, _RELEVANT["track"])
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


def _understood(segments: list[Segment], clause: Clause, draft: Draft) -> _Wishes | None:
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


def _pushed(segment: Segment) -> float:
    """Return the way of "kick it up a notch", said of everything: +1, −1, or 0 where no such thing is said."""
    words = {word.plain for token in segment.tokens for word in token.words}
    if segment.items or segment.of("unknown") or not words & _PUSHED or not segment.of("stance"):
        return 0.0
    said = {token.value for token in segment.of("stance")}
    return 1.0 if said & _UPWARD else -1.0 if said & _DOWNWARD else 0.0


def _amount(segment: Segment) -> float:
    """Return how much is wished: the largest amount said, else 1."""
    return float(max((token.value for token in segment.of("amount")), default=1.0))


def _graded(segment: Segment) -> bool:
    return any(_is_graded(token) for token in segment.of("axis"))


def _is_graded(token: Token) -> bool:
    return "directed" in token.stances or (bool(_GRADED.search(token.words[0].plain)) and len(token.words[0].plain) > 4)


def _segment(segment: Segment, own: frozenset[str], wishes: _Wishes, clause: Clause, draft: Draft) -> bool:
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


def _nearest(segment: Segment, n: int, relevant: frozenset[str]) -> frozenset[str]:
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


def _axis(token: Token, said: frozenset[str], amount: float, segment: Segment, wishes: _Wishes, draft: Draft) -> bool:
    value = token.value
    genre = ""
    if isinstance(value, tuple):
        value, genre = value
        if "not" in said and not said & {"less", "more"}:
            return _genre(Token("genre", genre, token.words), said, amount, segment, wishes, draft)
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


def _complains(token: Token, segment: Segment) -> bool:
    """Tell whether "a bit frantic" or "slightly shrill" is said of what is there: it is too much so."""
    at = segment.tokens.index(token)
    near = [t for t in segment.tokens[:at] if t.kind != "filler"]
    return bool(near) and near[-1].kind == "amount" and near[-1].value < 1.0


_ALWAYS_IN = "Live versions, covers and remixes were never left out; only repeats of one recording are folded together."


def _genre(token: Token, said: frozenset[str], amount: float, segment: Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
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


def _artist(token: Token, said: frozenset[str], amount: float, segment: Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
    held = (draft.state.search.get("filters") or {}).get("artist")
    if held and fold(str(held)) == fold(token.value) and "drop" in said:
        wishes.dropped.append("artist")
        return True
    if said & {"not", "less"} and "also" not in said - {"less"}:
        wishes.found.filters.setdefault("exclude_artists", []).append(token.value)
        return True
    return bool(said & {"like", "hold"})


def _track(token: Token, said: frozenset[str], amount: float, segment: Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
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


def _years(token: Token, said: frozenset[str], amount: float, segment: Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
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


def _version(token: Token, said: frozenset[str], amount: float, segment: Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
    if "also" in said:
        wishes.notes.append(_ALWAYS_IN)
        return True
    return False


def _instrument(token: Token, said: frozenset[str], amount: float, segment: Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
    written = " ".join(word.plain for word in token.words)
    label = fold(str(draft.state.search.get("query", "")))
    if written in label.split():
        return True  # "not only piano"
    if "also" in said or wishes.branched:
        wishes.added.append(written)
        return True
    return False


def _field(token: Token, said: frozenset[str], amount: float, segment: Segment, wishes: _Wishes, draft: Draft) -> bool:  # fmt: skip
    held = draft.state.search.get("filters") or {}
    if "drop" not in said or not set(_FILTERS[token.value]) & set(held):
        # "be less fussy about the era, anything since 1960": the figure says the rest
        return bool({"drop", "less"} & said)
    wishes.dropped.append(token.value)
    return True


_READERS = {"axis": _axis, "genre": _genre, "artist": _artist, "track": _track, "years": _years, "version": _version, "instrument": _instrument, "field": _field}  # fmt: skip


def _plain_filters(segment: Segment, wishes: _Wishes, draft: Draft) -> bool:
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
