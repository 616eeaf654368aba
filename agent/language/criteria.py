"""What tracks must be like: filters, directions, totals and orders read from a clause."""

import re
from dataclasses import dataclass, field
from typing import Any

from segue.agent.language import cues
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.reference import keys_in, names_in
from segue.tools.core.vocabulary import Found, Tempo, genres, numbers_in

_NEAR = 0.03  # "at 120 bpm" finds 116.4–123.6: a tempo in a tag is rarely exact
_ABOUT = 0.12  # "three-minute songs"
_LONG_S = 600.0  # a length from here on is meant for the whole list

_UNDER = "under|below|shorter than|less than|no longer than|not longer than|max|maximum|at most|up to|within|no more than|not more than|fewer than"  # fmt: skip
_OVER = "over|above|longer than|more than|at least|minimum|no shorter than|min"
_ORDERS = {
    "energy_up": r" (?:build(?:s|ing)? up(?: to (?:a|the) (?:peak|climax|high|finale|big finish|end|max\w*))?|builds|building|(?:and|then|to|should|slowly|gradually|must) build|ramp(?:s|ing)? up|(?:rising|increasing|growing|more and more) energy|crescendo|get(?:s|ting)? (?:louder|faster|wilder|livelier|more \w+)|from (?:slow|calm|mellow|quiet|soft|chill|low)\w* (?:energy )?to (?:fast|wild|loud|energetic|high|upbeat|party|intense)|start(?:s|ing)? (?:mellow|slow|calm|soft|quiet|easy|chill|low|gentle)\w*|warm(?:s|ing)? up|(?:least|lowest|calmest|quietest|softest|slowest|mellowest) (?:energy |energetic )?(?:first|to)|energy up|ascending|ease into) ",
    "energy_down": r" (?:wind(?:s|ing)? down|cool(?:s|ing)? down|calm(?:s|ing)? down|slow(?:s|ing)? down|(?:falling|decreasing|less and less) energy|from (?:fast|wild|loud|energetic|high|upbeat|party)\w* to (?:slow|calm|mellow|quiet|soft|chill|low)|start(?:s|ing)? (?:fast|loud|wild|high|energetic|strong|hard)\w*|end(?:s|ing)? (?:calm|mellow|soft|quiet)\w*|(?:most|highest|wildest|loudest|fastest) (?:energy |energetic )?first|energy down|descending) ",
    "path": r" (?:gradual(?:ly)?|step by step|bit by bit|slowly (?:moving|going|getting)|path from|journey from|transition(?:ing)? from|bridge from|morph(?:ing)? from|ease from|travel from|all the way to) ",
}  # fmt: skip
_HOLD = r" (?:keep(?:ing)?|hold(?:ing)?|maintain(?:ing)?|same|retain(?:ing)?|without (?:changing|losing)|dont (?:change|touch|lose)|leave|preserv(?:e|ing)|as) (?:it |the |that |its |all |just as )*(?:same )?$"
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


_DENIED = re.compile(r"\b(?:nothing|none|no|not|hide|skip|exclude|leave out|without|never|drop|lose)\b(?:(?!\bbut\b)[^,.;])*$", re.IGNORECASE)  # fmt: skip


def denied(clause: Clause, position: int) -> bool:
    """Tell whether a range is one to leave out: "nothing that came out before 2015"."""
    return _DENIED.search(clause.text[:position]) is not None


def _years(clause: Clause, draft: Draft, found: Criteria) -> None:
    for years in clause.years:
        if any(name.kind != "genre" and years.start < name.end - _offset(clause, draft) and name.start - _offset(clause, draft) < years.end for name in names_in(clause, draft)):  # fmt: skip
            continue
        first, last = years.value.first, years.value.last
        if clause.negated(years.start) or denied(clause, years.start):
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
        if (
            (clause.negated(tempo.start) or denied(clause, tempo.start))
            and tempo.value.kind == "range"
            and (low is None) != (high is None)
        ):
            low, high = high, low
        if low is not None:
            found.filters["bpm_min"] = round(low, 1)
        if high is not None:
            found.filters["bpm_max"] = round(high, 1)
        _take(clause, found, tempo.start, tempo.end)


def _range(found: Found[Tempo]) -> tuple[float | None, float | None]:
    tempo = found.value
    if tempo.kind == "exact":
        return tempo.bpm * (1 - _NEAR), tempo.bpm * (1 + _NEAR)
    return tempo.low, tempo.high


def _key(clause: Clause, draft: Draft, found: Criteria) -> None:
    for key in keys_in(clause, draft):
        found.filters["key"] = key.value
        _take(clause, found, key.start, key.end, "in|the|same|key|of|with|a|an|only|just|and|but|is|are|from|at")


def _names(clause: Clause, draft: Draft, found: Criteria) -> None:
    for name in names_in(clause, draft):
        if name.kind != "artist":
            continue
        written = draft.message[name.start : name.end]
        at = clause.text.find(written)
        if at < 0:
            continue
        near = clause.before(at, 3)
        if clause.negated(at):
            found.filters.setdefault("exclude_artists", []).append(name.name)
            _take(clause, found, at, at + len(written), "no|not|without|any|by|from|more|except|but|minus|skip|songs|anything|i|dont|want|hate|dislike|avoid|to|hear|don\'t")  # fmt: skip
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
    without = clause.match(r" (?:(?:leave out|exclude|no|skip|drop|remove|nothing|not) (?:anything |everything |songs |tracks |ones |all |those )*with (?:vocals?|singing|voices?|words|lyrics)|(?:no|without|minus|zero|not any|without any|senza|sans|ohne|sin) (?:any )?(?:vocals?|voices?|singing|singers?|words|lyrics|voce|voix|stimme|gesang|voz|paroles)|instrumentals?(?: only| music)?|nobody singing|vocals? free) ")  # fmt: skip
    with_them = clause.match(
        r" (?:with|only|must have|has|have) (?:real |some |someone |somebody |people |an? )?(?:vocals?|singing|singers?|lyrics|words|voices?) "
    )
    match = without or with_them
    if match:
        found.filters["vocals"] = without is None
        words = match[0].split()
        _plain_span(clause, found, words)


def _plain_span(clause: Clause, found: Criteria, words: list[str]) -> None:
    """Count the place of some plain words as read."""
    plain = [word.plain for word in clause.words]
    for at in range(len(plain) - len(words) + 1):
        if plain[at : at + len(words)] == words:
            _take(clause, found, clause.words[at].start, clause.words[at + len(words) - 1].end)
            return


def _rating(clause: Clause, draft: Draft, found: Criteria) -> None:
    match = re.search(r"(?:rated\s+|rating\s+(?:of\s+|over\s+|above\s+)?|at least\s+|min(?:imum)?\s+)?(\d(?:\.5)?|one|two|three|four|five)[\s-]*(?:\+\s*)?(?:stars?|\*+)(?:\s*(?:and|or)\s+(?:up|more|above|better|higher)|\s*\+)?|\brated\s+(?:at least\s+|above\s+|over\s+)?(\d(?:\.5)?)\b(?:\s*stars?)?", clause.text, re.IGNORECASE)  # fmt: skip
    if match and (value := numbers_in(match[1] or match[2])):
        found.filters["rating_min"] = min(5.0, value[0].value)
        _take(clause, found, match.start(), match.end(), "with|only|at|least|rated|over|above|the")
    elif clause.has("my favourites", "my favorites", "top rated", "highest rated", "best rated"):
        found.filters["rating_min"] = 4.0


def _plays(clause: Clause, draft: Draft, found: Criteria) -> None:
    never = clause.match(r" (?:(?:i )?(?:have|ive|havent|never|not|didnt)(?: \w+)? (?:never |not |yet |ever )?(?:played|heard|listened to|listened)(?: (?:yet|before|to|in ages|in years|for ages))*|never played|unplayed|unheard|not played|forgotten|neglected) ")  # fmt: skip
    if never and re.search(r"never|not|havent|unplayed|unheard|forgotten|neglected|didnt", never[0]):
        found.filters["unplayed"] = True
        _plain_span(clause, found, never[0].split())
        return
    few = re.search(r"played\s+(?:less|fewer)\s+than\s+(\w+)\s+times|(?:fewer|less) than (\w+) plays", clause.text, re.IGNORECASE)  # fmt: skip
    if few and (value := numbers_in(few[1] or few[2])):
        found.filters["plays_max"] = max(0, int(value[0].value) - 1)
        _take(clause, found, few.start(), few.end())


def _diversity(clause: Clause, draft: Draft, found: Criteria) -> None:
    match = re.search(r"(?:(?:max(?:imum)?|at most|no more than|not more than|up to|only|limit(?: of)?|just)\s+)?(?:of\s+)?(\d+|one|two|three|four|five|a single)\s*(?:songs?|tracks?|titles?|each|entries)?\s*(?:max(?:imum)?\s*)?(?:per|by|from|for|of|an?|each)\s+(?:(?:each|every|the same|any|one|same)\s+)?(?:artist|band|singer|act|musician|performer)s?(?:\s+(?:at most|max(?:imum)?|tops|only))?", clause.text, re.IGNORECASE)  # fmt: skip
    if match:
        value = numbers_in(match[1])
        found.args["max_per_artist"] = max(1, int(value[0].value)) if value else 1
        _take(clause, found, match.start(), match.end())
    elif clause.has(
        "different artists", "no artist twice", "various artists", "mixed artists", "all different artists"
    ):
        found.args["max_per_artist"] = 1


def _upright(text: str) -> str:
    """Return words before a length with "nothing longer than" turned into "under"."""
    text = re.sub(r"\b(?:nothing|none|not|no songs?|no tracks?|never|skip|hide|drop|lose|omit|exclude|no|leave out)\s+(?:those |anything |everything |songs |tracks |all |any )?(?:that is |thats |that'?s |that goes |that lasts |going |lasting )?(?:longer than|over|above|more than|beyond|past)\s+$", "under ", text, flags=re.IGNORECASE)  # fmt: skip
    return re.sub(r"\b(?:nothing|none|no songs?|no tracks?|never|skip|hide|drop|lose|omit|exclude|no|leave out)\s+(?:those |anything |everything |songs |tracks |all |any )?(?:that is |thats |that'?s |that goes |that lasts )?(?:shorter than|under|below|less than)\s+$", "over ", text, flags=re.IGNORECASE)  # fmt: skip


_SKIPS = re.compile(rf"\b(?:nothing|none|skip|hide|drop|exclude|leave out|lose|no)\s+(?:\w+\s+){{0,2}}?(?:{_UNDER}|{_OVER}|longer|shorter)\s+[\w ]{{1,16}}?(?:minutes?|mins?|seconds?|secs?)\s+(?:and|or|nor)\s+(?:\w+\s+)?(?={_UNDER}|{_OVER})", re.IGNORECASE)  # fmt: skip


def _length(clause: Clause, draft: Draft, found: Criteria) -> None:
    for at, length in enumerate(clause.durations):
        before = _upright(clause.text[: length.start])
        if (skips := _SKIPS.search(before)) and (limit := re.fullmatch(rf"({_UNDER})|(?:{_OVER})", before[skips.end() :].strip(), re.IGNORECASE)):  # fmt: skip
            before = f"{before[: skips.end()]}{'over' if limit[1] else 'under'} "  # "skip those over 6 minutes and those under one"
        after = clause.text[length.end :]
        if re.search(rf"\b(?:{_UNDER})\s+$", before, re.IGNORECASE) or re.match(r"\s*(?:max\b|tops|or less|or shorter|at most)", after, re.IGNORECASE):  # fmt: skip
            found.filters["duration_max_s"] = length.value
        elif re.search(rf"\b(?:{_OVER})\s+$", before, re.IGNORECASE) or re.match(r"\s*(?:or more|or longer|\+|minimum|at least)", after, re.IGNORECASE):  # fmt: skip
            found.filters["duration_min_s"] = length.value
        elif re.search(r"\bbetween\s+$", before, re.IGNORECASE) and at + 1 < len(clause.durations):
            found.filters["duration_min_s"] = length.value
            found.filters["duration_max_s"] = clause.durations[at + 1].value
            _take(clause, found, length.start, clause.durations[at + 1].end, "between")
            break
        elif length.value >= _LONG_S or clause.has(
            "in total", "altogether", "total", "playlist", "mix", "set", "worth"
        ):
            found.args["total_s"] = length.value
        else:
            found.filters["duration_min_s"] = round(length.value * (1 - _ABOUT), 1)
            found.filters["duration_max_s"] = round(length.value * (1 + _ABOUT), 1)
        _take(clause, found, length.start, length.end, f"{_UNDER}|{_OVER}|nothing|none|between|about|around|for|of|that|is|are|lasting|long|a|an|and|but|last")  # fmt: skip
        tail = re.match(r"\s*(?:long|in total|altogether|total|worth of|worth|of music|of|each|or less|or more|tops|max|or shorter|or longer)\b", after, re.IGNORECASE)  # fmt: skip
        if tail:
            found.spans.append((length.end, length.end + tail.end()))


_LOW = r"(?:hush\w*|quiet\w*|soft\w*|calm\w*|gentl\w*|mellow\w*|slow\w*|laid back|laidback|chill\w*|sleep\w*|still\w*|peaceful|low|tender|easy|relaxed|dreamy|ambient|lazy|light\w*|small|dim|cool\w*)"
_HIGH = r"(?:roar\w*|wild\w*|loud\w*|hard\w*|fast\w*|punch\w*|heav\w*|energetic|intense|high|party|lively|liveliest|raging|furious|explosive|frantic|upbeat|danc\w*|big|storm\w*|blazing|hot\w*|livelier)"
_SLOPES = {
    "energy_up": rf" (?:from )?(?:the )?(?:most )?{_LOW}(?: \w+)? (?:up )?to (?:the )?(?:most )?{_HIGH} | start\w* (?:off )?{_LOW} (?:and |then )*(?:end|finish|clos)\w* {_HIGH} | energy (?:climbs?|rises?|grows?|builds?|going up|goes up) | get\w* (?:wilder|louder|livelier|harder) and (?:wilder|louder|livelier|harder) ",
    "energy_down": rf" (?:from )?(?:the )?(?:most )?{_HIGH}(?: \w+)? (?:down )?to (?:the )?(?:most )?{_LOW} | start\w* (?:off )?{_HIGH} (?:and |then )*(?:end|finish|clos)\w* {_LOW} | energy (?:falls?|drops?|sinks?|going down|goes down) | get\w* (?:calmer|quieter|softer|slower) and (?:calmer|quieter|softer|slower) | (?:liveliest|loudest|wildest|fastest) (?:one |ones )?(?:listed )?first ",
}  # fmt: skip


def _order(clause: Clause, draft: Draft, found: Criteria) -> None:
    for order, pattern in _SLOPES.items():
        if slope := clause.match(pattern):
            found.args.setdefault("order", order)
            _plain_span(clause, found, slope[0].split())
    dated = clause.match(
        r" (oldest|newest|most recent|latest|earliest|longest|shortest|alphabetical\w*|most played) (?:ones |songs |tracks )?(?:first|last|order) "
    )
    if dated:
        found.refused.append(f"the order “{dated[0].strip()}”: lists can be ordered by energy")
        _plain_span(clause, found, dated[0].split())
    for order, pattern in sorted(_ORDERS.items(), reverse=True):  # a path, where one is spoken of, before its slope
        for match in re.finditer(pattern, clause.plain):
            found.args.setdefault("order", order)
            _plain_span(clause, found, match[0].split())
    placed = clause.match(r" (?:put|move|bring|place|have|get) (?:the |all the )*(?:(?:most|least|more|less) )?\w+(?: \w+){0,3} (first|last|on top|(?:at|to) the (?:top|start|beginning|front|end|bottom)) ") or clause.match(r" (?:(?:most|least) )?\w+ (?:ones|songs|tracks|stuff) (first|last|on top|(?:at|to) the (?:top|start|beginning|front|end|bottom)) ")  # fmt: skip
    if placed and clause.axes:
        axis = clause.axes[0].value
        high = (axis.way > 0) != clause.has("least", "less")
        early = placed[1] not in ("last", "at the end", "at the bottom", "to the end", "to the bottom")
        found.args.setdefault("order", "energy_down" if high == early else "energy_up")
        if axis.name not in ("energy", "tempo", "loudness"):
            found.refused.append(f"sorting by {axis.name}: lists can be ordered by energy")
        found.spans.append((0, len(clause.text)))
        return
    if clause.verb("sort") or clause.has("sorted", "ordered", "in order of", "by energy", "ranked"):
        down = clause.has(
            "descending", "highest", "most", "loudest", "fastest first", "high to low", "from high", "wildest"
        )
        found.args.setdefault("order", "energy_down" if down else "energy_up")
        other = next(
            (
                a.value.name
                for a in clause.axes
                if a.value.name not in ("energy",) and not (a.value.name == "brightness" and found.spans)
            ),
            None,
        )
        if other and not clause.has("energy"):
            found.refused.append(f"sorting by {other}: lists can be ordered by energy")


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
        if re.search(_HOLD, lead):
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
