"""What tracks must be like: filters, directions, totals and orders read from a clause."""

import re
from dataclasses import dataclass, field
from typing import Any

from segue.agent.language import cues, narrowing
from segue.agent.language.bounds import bound, denied
from segue.agent.language.clause import Clause
from segue.agent.language.curve import curve
from segue.agent.language.draft import Draft
from segue.agent.language.reference import keys_in, names_in
from segue.agent.language.sorting import CAN
from segue.tools.core.vocabulary import Found, Tempo, genres

_NEAR = 0.03  # "at 120 bpm" finds 116.4–123.6: a tempo in a tag is rarely exact
_ROUGHLY = 0.05  # "around 170": five per cent either way

_PATH = r" (?:gradual(?:ly)?|step by step|bit by bit|slowly (?:moving|going|getting)|path from|journey from|transition(?:ing)? from|bridge from|morph(?:ing)? from|ease from|travel from|all the way to) "
_HOLD = r" (?:keep(?:ing)?|hold(?:ing)?|maintain(?:ing)?|same|retain(?:ing)?|without (?:changing|losing)|dont (?:change|touch|lose)|leave|preserv(?:e|ing)|as) (?:it |the |that |its |all |just as |em |them |things |how |this |so )*(?:same )?$"
_MORE = frozenset(["more", "extra", "further", "plus", "piu", "plus", "mehr", "mas", "increase", "additional"])


@dataclass
class Criteria:
    """Arguments of a search, as far as a clause gives them; ``spans`` are the characters they were read from."""

    filters: dict[str, Any] = field(default_factory=dict)
    adjust: dict[str, float] = field(default_factory=dict)
    hold: list[str] = field(default_factory=list)
    args: dict[str, Any] = field(default_factory=dict)
    spans: list[tuple[int, int]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """What was asked for and nothing can check, in words."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.filters or self.adjust or self.hold or self.args or self.refused)


def read(clause: Clause, draft: Draft) -> Criteria:
    """Read everything that narrows, directs or orders a search."""
    found = Criteria()
    for part in (_years, _tempo, _key, _names, _genres, _language, _vocals, _rating, _plays, _diversity, _length, _order, _beyond):  # fmt: skip
        part(clause, draft, found)
    _directions(clause, found)
    return found


def _take(clause: Clause, found: Criteria, start: int, end: int, lead: str = "") -> None:
    """Count a span as read, with the words before it that belong to it."""
    before = clause.text[:start]
    match = re.search(rf"(?:\b(?:{lead or 'from|in|of|at|with|the|a|an|only|just|some|and|but|is|are|be|around|about|nothing|none'})\s+)+$", before, re.IGNORECASE)  # fmt: skip
    found.spans.append((match.start() if match else start, end))


def _years(clause: Clause, draft: Draft, found: Criteria) -> None:
    for years in clause.years:
        if any(name.kind != "genre" and years.start < name.end - _offset(clause, draft) and name.start - _offset(clause, draft) < years.end for name in names_in(clause, draft)):  # fmt: skip
            continue
        first, last = years.value.first, years.value.last
        if clause.negated(years.start) or denied(clause.text, years.start):
            if first is not None and last is not None:
                found.refused.append(f"leaving out the years {first} to {last}")
                _take(clause, found, years.start, years.end, "no|not|nothing|from|the|without|any")
                continue
            first, last = (last + 1, None) if last is not None else (None, first - 1 if first else None)
        if first is not None:
            found.filters["year_min"] = first
        if last is not None:
            found.filters["year_max"] = last
        _take(clause, found, years.start, years.end, "from|in|of|the|only|just|and|but|is|are|be|released|recorded|made|early|mid|late|that|came|out|songs|music")  # fmt: skip


def _offset(clause: Clause, draft: Draft) -> int:
    return max(0, draft.message.find(clause.text))


def _tempo(clause: Clause, draft: Draft, found: Criteria) -> None:
    for tempo in clause.tempi:
        low, high = _range(tempo)
        kind, start, end = bound(clause.text, tempo.start, tempo.end)
        if tempo.value.kind != "range" and kind == "about":
            low, high = tempo.value.bpm * (1 - _ROUGHLY), tempo.value.bpm * (1 + _ROUGHLY)
        elif tempo.value.kind != "range" and kind:
            low, high = (tempo.value.bpm, None) if kind == "min" else (None, tempo.value.bpm)
        elif denied(clause.text, tempo.start) and (low is None) != (high is None):
            low, high = high, low
        if low is not None:
            found.filters["bpm_min"] = round(low, 1)
        if high is not None:
            found.filters["bpm_max"] = round(high, 1)
        _take(clause, found, start, end)
    if not clause.tempi:
        taken = [(f.start, f.end) for kind in (clause.durations, clause.percents, clause.decibels) for f in kind]
        taken += [(f.start, f.end) for f in clause.years] + [(f.start, f.end) for f in clause.bars]
        taken += [(f.start, f.end) for f in clause.meters]
        bare = bool(clause.genres) and draft.arena != "piece" and not clause.verb("make")
        _put(narrowing.pulse(clause.text, taken, bare=bare), found)


def _range(found: Found[Tempo]) -> tuple[float | None, float | None]:
    tempo = found.value
    if tempo.kind == "exact":
        return tempo.bpm * (1 - _NEAR), tempo.bpm * (1 + _NEAR)
    return tempo.low, tempo.high


def _key(clause: Clause, draft: Draft, found: Criteria) -> None:
    for key in keys_in(clause, draft):
        found.filters["key"] = key.value
        _take(clause, found, key.start, key.end, "in|the|same|key|of|with|a|an|only|just|and|but|is|are|from|at")


_LED_TO = re.compile(r"\b(?:(?P<other>other than|apart from|besides|except(?: for)?|anyone but)|by|of|from|with|featuring)\s+(?:anything by\s+)?$", re.IGNORECASE)  # fmt: skip


def _names(clause: Clause, draft: Draft, found: Criteria) -> None:
    for name in names_in(clause, draft):
        if name.kind != "artist":
            continue
        written = draft.message[name.start : name.end]
        at = clause.text.find(written)
        if at < 0:
            continue
        near = clause.before(at, 3)
        led = _LED_TO.search(clause.text, 0, at)
        if clause.negated(led.start() if led else at) or denied(clause.text, at) or (led and led["other"]):
            found.filters.setdefault("exclude_artists", []).append(name.name)
            _take(clause, found, at, at + len(written), "no|not|nothing|isn\'t|isnt|just|other|than|without|any|by|of|from|more|except|but|minus|skip|songs|anything|something|i|dont|want|hate|dislike|avoid|to|hear|don\'t")  # fmt: skip
        elif near and near[-1] in ("by", "from", "of", "play", "hear", "some", "more", "any", "di", "von", "de"):
            found.filters["artist"] = name.name
            _take(clause, found, at, at + len(written), "by|from|of|some|more|any")


def _genres(clause: Clause, draft: Draft, found: Criteria) -> None:
    for genre in clause.genres:
        title = genres()[genre.value].title
        near = clause.before(genre.start, 2)
        if clause.negated(genre.start) or (near and near[-1] in ("too", "less")):
            found.filters.setdefault("exclude_genres", []).append(title)
            _take(clause, found, genre.start, genre.end, "no|not|without|any|too|less|except|but|minus|so|never|or|and|of|that")  # fmt: skip
        elif near and near[-1] in ("only", "just", "strictly"):
            found.filters["genre"] = title
            _take(clause, found, genre.start, genre.end)


def _language(clause: Clause, draft: Draft, found: Criteria) -> None:
    from segue.tools.core.vocabulary import languages_in

    for language in languages_in(clause.text):
        inside = [*clause.genres, *clause.instruments]
        if any(other.start <= language.start and language.end < other.end for other in inside):
            continue  # "French house", "Spanish guitar"
        if clause.negated(language.start):
            found.refused.append(f"leaving out {clause.text[language.start : language.end]} lyrics")
        else:
            found.filters["language"] = language.value
        tail = re.match(r"\s+(?:lyrics|words|singing|vocals|sung)\b", clause.text[language.end :], re.IGNORECASE)
        _take(
            clause, found, language.start, language.end + (tail.end() if tail else 0), "in|sung|with|only|no|not|lyrics"
        )


def _vocals(clause: Clause, draft: Draft, found: Criteria) -> None:
    _put(narrowing.voices(clause.text), found)


def _put(read: narrowing.Reading, found: Criteria) -> None:
    """Put what was read into the filters or, where it is none, into the arguments."""
    for name, value in read.values.items():
        (found.args if name in ("total_s", "max_per_artist") else found.filters)[name] = value
    found.spans += read.spans


def _plain_span(clause: Clause, found: Criteria, words: list[str]) -> None:
    """Count the place of some plain words as read."""
    plain = [word.plain for word in clause.words]
    for at in range(len(plain) - len(words) + 1):
        if plain[at : at + len(words)] == words:
            _take(clause, found, clause.words[at].start, clause.words[at + len(words) - 1].end)
            return


def _rating(clause: Clause, draft: Draft, found: Criteria) -> None:
    _put(narrowing.rating(clause.text), found)


def _plays(clause: Clause, draft: Draft, found: Criteria) -> None:
    _put(narrowing.plays(clause.text), found)


def _diversity(clause: Clause, draft: Draft, found: Criteria) -> None:
    _put(narrowing.diversity(clause.text), found)


def _length(clause: Clause, draft: Draft, found: Criteria) -> None:
    durations = [d for d in clause.durations if not any(low < d.end and d.start < high for low, high in found.spans)]
    _put(narrowing.lengths(clause.text, durations), found)


# Words around a curve that say nothing else: "let it … at the end".
_CURVED = "from|start|starts|starting|begin|begins|beginning|open|opens|end|ends|ending|finish|finishes|finishing|let|it|them|that|which|the|a|off|most|to|at|in|on|with|then|and|slowly|gradually|first|last|later|front|top|bottom|please|something|really|very|more|and more|out|up|down|energy|way|ones|should|be|go|goes|going|get|gets|getting"
_TRAILING = frozenset(_CURVED.split("|")) - {"with", "in", "and", "the", "a", "them", "which", "that", "it", "from"} | {
    "of"
}


def _order(clause: Clause, draft: Draft, found: Criteria) -> None:
    way = curve(clause)
    if way:
        order, low, high = way
        while high + 1 < len(clause.words) and clause.words[high + 1].plain in _TRAILING:
            high += 1
        found.args.setdefault("order", order)
        _take(clause, found, clause.words[low].start, clause.words[high].end, _CURVED)
    dated = clause.match(
        r" (oldest|newest|most recent|latest|earliest|longest|shortest|alphabetical\w*|most played) (?:ones |songs |tracks )?(?:first|last|order) "
    )
    if dated:
        found.refused.append(f"the order “{dated[0].strip()}” besides another: {CAN}")
        _plain_span(clause, found, dated[0].split())
    for match in re.finditer(_PATH, clause.plain) if not way else ():
        found.args["order"] = "path"
        _plain_span(clause, found, match[0].split())
    placed = clause.match(r" (?:put|move|bring|place|have|get) (?:the |all the )*(?:(?:most|least|more|less) )?\w+(?: \w+){0,3} (first|last|on top|(?:at|to) the (?:top|start|beginning|front|end|bottom)) ") or clause.match(r" (?:(?:most|least) )?\w+ (?:ones|songs|tracks|stuff) (first|last|on top|(?:at|to) the (?:top|start|beginning|front|end|bottom)) ")  # fmt: skip
    if placed and clause.axes:
        axis = clause.axes[0].value
        high = (axis.way > 0) != clause.has("least", "less")
        early = placed[1] not in ("last", "at the end", "at the bottom", "to the end", "to the bottom")
        found.args.setdefault("order", "energy_down" if high == early else "energy_up")
        if axis.name not in ("energy", "tempo", "loudness"):
            found.refused.append(f"sorting by {axis.name}: {CAN}")
        found.spans.append((0, len(clause.text)))
        return
    if added := clause.match(r" by (?:the )?(date added|when (?:i )?added|last played|date modified|date created) "):
        found.refused.append(f"sorting by {added[1]}: {CAN}")
    if clause.verb("sort") or clause.has("sorted", "ordered", "in order of", "by energy", "ranked"):
        down = clause.has(
            "descending", "highest", "most", "loudest", "fastest first", "high to low", "from high", "wildest"
        )
        other = next(
            (
                a.value.name
                for a in clause.axes
                if a.value.name not in ("energy",) and not (a.value.name == "brightness" and found.spans)
            ),
            None,
        )
        by = other if other in ("tempo", "length") and not clause.has("energy") else "energy"
        found.args.setdefault("order", f"{by}_{'down' if down else 'up'}")
        if other and by != other and not clause.has("energy"):
            found.refused.append(f"sorting by {other}: {CAN}")


def _beyond(clause: Clause, draft: Draft, found: Criteria) -> None:
    for phrase, what in cues.BEYOND.items():
        if clause.has(phrase) and what not in found.refused:
            found.refused.append(what)
            rest = clause.plain[clause.plain.index(f" {phrase} ") :].split()
            _plain_span(clause, found, rest)
            return


def _directions(clause: Clause, found: Criteria) -> None:
    """Read "more upbeat", "less busy", "too loud", "calmer", "keep the energy"; what only describes is left."""
    plain = [word.plain for word in clause.words]
    for axis in clause.axes:
        if axis.value.name == "length" and clause.durations:
            continue  # "make it an hour long"
        if any(low <= axis.start < high for low, high in found.spans):
            continue
        near = clause.before(axis.start, 5)
        lead = f" {' '.join(near)} "
        name, way = axis.value.name, axis.value.way
        if re.search(_HOLD, lead) and not re.search(r" (?:not|isnt|arent|nowhere near|never) (?:\w+ )?as $", lead):
            found.hold.append(name)
            _take(
                clause, found, axis.start, axis.end, "keep|keeping|hold|same|the|that|it|its|but|and|maintain|leave|as"
            )
            continue
        word = plain[[w.start for w in clause.words].index(axis.start)] if axis.start in [w.start for w in clause.words] else ""  # fmt: skip
        sign = _sign(near, word, clause)
        if sign:
            amount = clause.amount * sign * way
            before = found.adjust.get(name, 0.0)  # "too cheerful, make them gloomier" says one thing twice
            both = before + amount if before * amount < 0 else max(before, amount, key=abs)
            found.adjust[name] = max(-2.0, min(2.0, both))
            _take(clause, found, axis.start, axis.end, "more|less|fewer|too|much|a|bit|little|lot|not|so|as|the|with|lighter|but|and|way|slightly|really|even|quite|something|make|them|be|it|still|lower|softer")  # fmt: skip


_COMPARATIVE = re.compile(r"^(?!(?:other|together|never|ever|super|number|singer|layer|power|over|after|under|danger|summer|winter|flower|river|tender|clever|sober|somber)$)[a-z]{3,}(?:ier|er)$")  # fmt: skip


def _sign(near: list[str], word: str, clause: Clause) -> float:
    """Return +1 where a direction is asked for, −1 where its opposite is, 0 where the word only describes."""
    for back in reversed(near[-3:]):
        if back in (
            "too",
            "less",
            "fewer",
            "lighter",
            "lower",
            "softer",
            "reduced",
            "meno",
            "moins",
            "weniger",
            "menos",
        ):
            return -1.0
        if back in _MORE:
            negative = "no" in near[-3:] or "not" in near[-3:]
            return -1.0 if negative else 1.0
        if back in ("not", "isnt") and len(near) >= 1:
            return -0.5
        if back not in ("a", "bit", "much", "the", "so", "as", "way", "lot", "little", "and", "even", "too", "that", "of", "be", "something", "quite", "overly", "sounding"):  # fmt: skip
            break
    if _COMPARATIVE.match(word):
        return 1.0
    return 0.0


def apply(found: Criteria, args: dict[str, Any], draft: Draft) -> None:
    """Put what was read into the arguments of a search; what cannot be checked is noted."""
    filters = args.setdefault("filters", {})
    for name, value in found.filters.items():
        if name.startswith("exclude"):
            filters[name] = list(dict.fromkeys([*filters.get(name, []), *value]))
            if name == "exclude_artists":
                for artist in value:
                    draft.say("reject", artist)
        else:
            filters[name] = value
    if found.filters.get("exclude_artists") and filters.get("artist") in found.filters["exclude_artists"]:
        filters.pop("artist")
    adjust = args.setdefault("adjust", {})
    for name, value in found.adjust.items():
        adjust[name] = max(-2.0, min(2.0, float(value)))
    for name in found.hold:
        if name not in found.adjust:
            adjust.pop(name, None)
    hold = [*args.get("hold", []), *found.hold]
    args["hold"] = [name for name in dict.fromkeys(hold) if name not in found.adjust]
    args.update(found.args)
    if "total_s" in found.args or ("order" in found.args and args.get("action", "search") == "search" and "among" not in args):  # fmt: skip
        args["action"] = "playlist"
    for name in ("filters", "adjust", "hold"):
        if not args.get(name):
            args.pop(name, None)
    for what in found.refused:
        draft.note(f"I have no way to check {what}, so that part of the wish is not honoured.")
