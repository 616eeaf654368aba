"""Lists in the order of a field: "oldest first", "sort them by tempo, fastest on top", "A to Z", "in order of length".

The rules and the reader know lists that run by energy. A message that asks for another order is planned as if it asked for
that one: words of energy stand in for those of the field, and the field is put into the plan that they lead to.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from segue.agent.dialogue import State
from segue.agent.language.clause import Clause
from segue.agent.language.curve import curve
from segue.agent.language.draft import arena
from segue.agent.plan import Plan, Step

CAN = "lists can be ordered by energy, tempo, year, length, rating, plays, title, artist or key"
Further = Callable[[str, State], Plan]

_NOUNS = {
    "tempo": r"tempos?|tempi|b\.?p\.?m\.?s?|speed|pace|beats (?:per|a) minute",
    "year": r"(?:the )?(?:release |recording )?(?:years?|dates?(?! (?:added|i added|modified|created|of (?:adding|purchase)|played|last)))(?: of release| (?:they|it) (?:came out|w(?:ere|as) (?:released|recorded)))?|age|decades?|era|when (?:they|it|each|these) (?:all )?(?:came out|w(?:ere|as) (?:released|recorded|made))",
    "length": r"lengths?|lenghts?|durations?|(?:running|playing|run|play) ?times?|how long (?:they|each|it)(?: \w+)?(?: (?:is|are|last|lasts|run|runs))?",
    "rating": r"(?:star )?ratings?|(?:number of )?stars|how (?:i|i've|i have|we|we've) rated (?:them|it)",
    "plays": r"(?:number of )?plays|play ?counts?|times played|how (?:often|much|many times) (?:i|i've|i have|we|we've|they|they've) (?:play|played|hear|heard|listened to|been played|were played)(?: (?:them|it|each))?",
    "title": r"(?:song |track )?(?:titles?|names?)|alphabet|first letter",
    "artist": r"artists?(?:'s?)?(?: names?)?|bands?(?: names?)?|performers?|singers?",
    "key": r"(?:musical )?keys?|camelot(?: (?:keys?|codes?|numbers?|wheel|order))?|circle of fifths",
}  # fmt: skip
_NOUN = "|".join(f"(?P<{field}>{words})" for field, words in _NOUNS.items())
_NOUN = rf"(?:the |their |its |my )?(?:{_NOUN})\b"
_NOUN_AT_END = r"(?:(?P<tempo>tempo|bpm)|(?P<year>(?:release )?(?:year|date)|age)|(?P<length>length|duration)|(?P<rating>rating)|(?P<plays>plays|play ?count))"
_SUPERLATIVES = {
    "year_up": r"oldest|older|earliest", "year_down": r"newest|newer|youngest|latest(?! (?:added|played))|most recent(?:ly (?:released|recorded))?(?!ly)",
    "length_up": r"shortest|shorter|briefest", "length_down": r"longest|longer|lengthiest",
    "tempo_up": r"slowest|slower|(?:lowest|smallest|low) (?:bpm|tempo)", "tempo_down": r"fastest|faster|quickest|(?:highest|high|top) (?:bpm|tempo)",
    "rating_up": r"(?:worst|lowest|least)[- ]rated|lowest ratings?|fewest stars", "rating_down": r"(?:best|highest|top|better|higher)[- ]rated|highest ratings?|most stars",
    "plays_up": r"(?:least|less)[- ](?:often[- ])?(?:played|listened(?:[- ]to)?|heard)|fewest plays",
    "plays_down": r"most[- ](?:often[- ]|frequently[- ])?(?:played|listened(?:[- ]to)?|heard)|most plays",
}  # fmt: skip
_SUPERLATIVE = "|".join(f"(?P<{order}>{words})" for order, words in _SUPERLATIVES.items())
_THINGS = r"(?: (?:ones?|songs?|tracks?|tunes?|pieces?|stuff|numbers?|records?|releases?|recordings?|takes?|clips?|files?|music|of (?:them|these|those|all)))?"
_TOP = r"first|1st|on top|(?:at|to|up) (?:the )?(?:very )?(?:top|front|start|beginning|head)|leading"
_BOTTOM = r"last|(?:at|to) (?:the )?(?:very )?(?:bottom|end|back)"
_FIRST = re.compile(rf"\b(?:{_SUPERLATIVE})\b{_THINGS}(?: (?:should|must|have to|need to|to))?(?: (?:come|comes|coming|go|goes|going|be|is|are|stand|stands))? (?:(?P<top>{_TOP})|(?P<bottom>{_BOTTOM}))\b", re.IGNORECASE)  # fmt: skip
_BEGINS = re.compile(rf"\b(?P<begin>start(?:s|ing)?|begin(?:s|ning)?|open(?:s|ing)?|end(?:s|ing)?|finish(?:es|ing)?)(?: off)? (?:with|at|from) (?:the )?(?:{_SUPERLATIVE})\b{_THINGS}", re.IGNORECASE)  # fmt: skip
_PAIRS = {
    "year": (r"old(?:er|est)?|earl(?:y|ier|iest)", r"new(?:er|est)?|recent|latest|most recent|modern|young(?:est)?"),
    "length": (r"short(?:er|est)?", r"long(?:er|est)?"),
    "tempo": (r"slow(?:er|est)?", r"fast(?:er|est)?|quick(?:er|est)?"),
    "plays": (r"least[- ]played", r"most[- ]played"),
    "rating": (r"(?:worst|lowest)[- ]rated", r"(?:best|highest)[- ]rated"),
}  # fmt: skip
_TO = r"(?: (?:ones|songs|tracks))? ?(?:to|-+>?|–|→|>|through|until|down to|up to) ?(?:the )?"
_RUNS = [
    (f"{field}_{way}", re.compile(rf"\b(?:from )?(?:the )?(?:{one}){_TO}(?:{other})\b{_THINGS}", re.IGNORECASE))
    for field, (low, high) in _PAIRS.items()
    for way, one, other in (("up", low, high), ("down", high, low))
]
_LETTERS = re.compile(r"\b(?:from )?(?:(?P<az>a ?(?:to|-|–|→|>|through) ?z)|(?P<za>z ?(?:to|-|–|→|>|through) ?a))\b", re.IGNORECASE)  # fmt: skip
_ADVERBS = {
    "title": r"(?:in )?(?:an? )?(?P<back_a>revers\w+ )?alphab\w+(?: order)?|in order of the alphabet",
    "year": r"(?:in )?(?:an? )?(?P<back_c>revers\w+ )?chron[oa]?logic\w*(?: order)?",
    "key": r"(?:in )?(?:harmonic(?: mixing)?|camelot) (?:key )?order",
}  # fmt: skip
_ADVERB = re.compile("|".join(rf"(?P<{field}>\b(?:{words})\b)" for field, words in _ADVERBS.items()), re.IGNORECASE)
_UP = r"ascending(?:ly)?|asc|rising|increasing(?:ly)?|climbing|upwards?|going up|(?:from )?(?:the )?low(?:est)? (?:to|->|→|-) high(?:est)?|(?:the )?(?:lowest|smallest|least|fewest|low)(?: \w+)? (?:first|on top|at the top)|(?:the )?highest (?:last|at the (?:end|bottom))"  # fmt: skip
_DOWN = r"descending(?:ly)?|desc|falling|decreasing(?:ly)?|dropping|downwards?|going down|(?:from )?(?:the )?high(?:est)? (?:to|->|→|-) low(?:est)?|(?:the )?(?:highest|biggest|largest|most|best|top|high)(?: \w+)? (?:first|on top|at the top|down)|(?:the )?lowest (?:last|at the (?:end|bottom))|top down|reversed?|backwards|in reverse(?: order)?"  # fmt: skip
_WAY = rf"(?:(?P<up>{_UP})|(?P<down>{_DOWN}))"
_TAIL = re.compile(
    rf"[\s,:;(–-]*(?:please,? |in |and |with |order |from |now,? )*(?:an? |the )?{_WAY}(?: order)?\b\)?", re.IGNORECASE
)
_VERB = r"(?:re-?)?(?:sort\w*|ord[ei]r\w*|rank\w*|arrang\w+|sequenc\w+|organi[sz]\w+)"
_SHOWN = r"(?:show|list|display|see|give|have|put|group|line|lay)(?: me| us)?(?: up)? (?:them|these|those|it|this|that|(?:the|my|this|that) (?:\w+ )?(?:list|playlist|songs|tracks|results|takes|clips|files)|everything|(?:all|the lot)(?: of (?:them|these|those))?)(?: up)?"  # fmt: skip
_WAYS = r"(?:(?P<rise>ascending|rising|increasing)|(?P<fall>descending|falling|decreasing|reverse))"
_BY = (
    re.compile(rf"(?P<lead>\b{_VERB}\b(?:(?! by )[^.;!?]){{0,80}}?,? |\b{_SHOWN},? |\b(?:alphab\w+|z),? |^\W*(?:(?:now|ok|okay|please|and|then|no|rather),? )*)(?P<said>(?:by|on|according to|after) (?:{_WAYS} )?{_NOUN})", re.IGNORECASE),
    re.compile(rf"(?P<lead>)(?P<said>\bin (?:an? |the )?(?:{_WAYS} )?(?:order|sequence) (?:of|by) (?:{_WAYS.replace('rise', 'rise2').replace('fall', 'fall2')} )?{_NOUN})", re.IGNORECASE),
    re.compile(rf"(?P<lead>)(?P<said>\bin (?:{_WAYS} )?{_NOUN} (?:order|sequence)\b)", re.IGNORECASE),
    re.compile(rf"(?P<lead>^\W*|, ?)(?P<said>{_NOUN}(?=,? (?:ascending|descending|asc|desc|low(?:est)? to high(?:est)?|high(?:est)? to low(?:est)?|rising|falling)\b))", re.IGNORECASE),
)  # fmt: skip
_AT_END = re.compile(rf"(?<=\w),? by {_NOUN_AT_END}[\s.!]*$", re.IGNORECASE)
_LISTENS = frozenset({"find", "play", "give"})  # verbs with which "jazz by year" is still a list
# "rank my genres by plays", "count them by year": figures of a library are no order of a list.
_FIGURES = re.compile(r"\b(?:stat(?:s|istics)?|count|how many|how much|histogram|distribution|spread|split|break\w*|share|breakdown|tags?|rename|folders?)\b", re.IGNORECASE)  # fmt: skip
_OF_OTHERS = re.compile(rf"\b{_VERB} (?:me )?(?:my |the |all |our )*(?:favou?rite |most common )?(?:genres|artists|keys|decades|years|moods|bands|albums|playlists|lists|folders)\b", re.IGNORECASE)  # fmt: skip
_AS_SORT = re.compile(r"(^\W*|[,;.] |\b(?:and|then|please|you|to|now) )(?:order|group|organi[sz]e)(?= (?:the|them|these|those|it|my|all|this|that|by|everything)\b)", re.IGNORECASE)  # fmt: skip
_LINED = re.compile(r"\b(?:line|lay) ((?:them|these|those|it|this|that|the \w+)) (?:up|out)\b", re.IGNORECASE)
_THEN = re.compile(rf",? (?:(?:and )?then (?:by )?{_NOUN}(?:,? {_WAY})?|and (?:by )?{_NOUN.replace('(?P<', '(?P<and_')}(?=\s*(?:[,.;!?]|$)))", re.IGNORECASE)  # fmt: skip
_NOT_BY = re.compile(rf",? (?:and )?(?:not|instead of|rather than)(?: by)? (?:energy|intensity|{_NOUN})(?=\s*(?:[,.;!?]|$))", re.IGNORECASE)  # fmt: skip
_EXPORTS = re.compile(r"^(?P<save>\W*(?:please )?(?:export|save|download|write|send)\b.*?) (?:in order of|by) energy, low to high(?P<rest>.*)$", re.IGNORECASE)  # fmt: skip
_SMOOTHLY = re.compile(rf"\b(?P<lead>{_VERB}\b[^.;!?]{{0,60}}?) (?:harmonically|for harmonic mixing|by harmony|in (?:a )?harmonic mixing order)\b", re.IGNORECASE)  # fmt: skip
_DEFAULT = {"rating": "down", "plays": "down"}
_NO_WAYS = {"title", "artist", "key"}
_UNKNOWN = {"rating_up": "the worst rated first", "title_down": "from Z to A", "artist_down": "by artist from Z to A", "key_down": "round the wheel the other way"}  # fmt: skip
_SORTS = re.compile(rf"\b{_VERB}\b", re.IGNORECASE)
_CALM, _RISING, _FROM = "calmest first", "by energy, low to high", "from calm to wild"
_ENERGY = ("energy_up", "energy_down")


@dataclass(frozen=True)
class Sorting:
    """An order that is asked for: as the retrieve tool calls it, the message with energy in its place, and without it."""

    order: str
    instead: str
    rest: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Said:
    field: str
    way: str | None
    start: int
    end: int
    instead: str


def read(text: str) -> Sorting | None:
    """Return the order by a field that a text asks for, or None."""
    text = _NOT_BY.sub("", text)
    if (_FIGURES.search(text) and not _SORTS.search(text)) or _OF_OTHERS.search(text):
        return None
    if smooth := _SMOOTHLY.search(text):
        return Sorting(
            "path", _AS_SORT.sub(r"\1sort", f"{text[: smooth.end('lead')]} {_RISING}{text[smooth.end() :]}"), ""
        )
    said = sorted(_all_said(text), key=lambda one: (one.start, -one.end))
    said = [one for n, one in enumerate(said) if not any(o.start <= one.start and one.end <= o.end for o in said[:n])]
    if not said:
        return None
    field = said[0].field
    if field == "title" and any(one.field == "artist" for one in said):
        field = "artist"  # "alphabetically by artist"
    other = next((one.field for one in said if one.field not in (field, "title")), None)
    if (then := _THEN.match(text, said[0].end)) and (
        second := next(name for name in _NOUNS if then[name] or then[f"and_{name}"])
    ) != field:
        said.insert(1, _Said(second, None, *then.span(), ""))
        other = other or second
    way = next((one.way for one in said if one.field == field and one.way), None) or _DEFAULT.get(field, "up")
    order = field if field in _NO_WAYS and way == "up" else f"{field}_{way}"
    notes = []
    if order in _UNKNOWN:
        notes.append(f"I cannot order {_UNKNOWN[order]}, only the usual way.")
        order = field if field in _NO_WAYS else f"{field}_{_DEFAULT[field]}"
    if other:
        notes.append(f"A list is ordered by one thing at a time: by {field}, not by {other} as well.")
    instead = rest = text
    for n, one in reversed(list(enumerate(said))):
        instead = instead[: one.start] + ("" if n else one.instead) + instead[one.end :]
        rest = rest[: one.start] + rest[one.end :]
    rest = _tidy(_SORTS.sub("", rest)) if not _tidy(_SORTS.sub("", rest)) else _tidy(rest)
    if curve(Clause(rest)) or re.search(r"\b(?:energy|intensity)\b", rest, re.IGNORECASE):
        return None  # two orders: that of energy is known better
    instead = _LINED.sub(r"sort \1", _AS_SORT.sub(r"\1sort", _tidy(instead)))
    if export := _EXPORTS.match(instead):
        instead = f"sort them {_RISING}, then {export['save'].strip()}{export['rest']}"
    return Sorting(order, instead, rest, tuple(notes))


def _tidy(text: str) -> str:
    text = re.sub(r"\s+([,;.!?])", r"\1", " ".join(text.split()))
    return re.sub(r"([,;])(?:\s*[,;])+", r"\1", text).strip(" ,;:-–")


def _all_said(text: str) -> Iterator[_Said]:
    sorts = _SORTS.search(text) is not None
    for pattern in _BY:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            field = next(name for name in _NOUNS if groups.get(name))
            if field in ("artist", "key", "year") and _NAMED.match(text[match.end() :]):
                continue  # "by artist Nina Simone", "by year 1990"
            way = "up" if groups.get("rise") or groups.get("rise2") else "down" if groups.get("fall") or groups.get("fall2") else None  # fmt: skip
            tail = _TAIL.match(text, match.end())
            if tail:
                way = "up" if tail["up"] else "down"
            start, end = match.start("said"), tail.end() if tail else match.end("said")
            known = groups["lead"].strip(" ,") and not pattern.pattern.startswith(r"(?P<lead>)")
            words = "in order of energy, low to high" if groups["said"].lower().startswith("in ") else _RISING
            yield _Said(field, way, start, end, words if known or sorts or words != _RISING else f"sort {_RISING}")
    if (bare := _AT_END.search(text)) and _is_wish(Clause(text)):
        field = next(name for name, words in bare.groupdict().items() if words)
        yield _Said(field, None, *bare.span(), f", {_CALM}")
    for match in _FIRST.finditer(text):
        field, way = _order_in(match)
        flip = bool(match["bottom"])
        yield _Said(field, _turned(way) if flip else way, *match.span(), _CALM)
    for match in _BEGINS.finditer(text):
        field, way = _order_in(match)
        if field != "tempo":
            flip = match["begin"].lower().startswith(("end", "finish"))
            yield _Said(field, _turned(way) if flip else way, *match.span(), _CALM)
    for order, pattern in _RUNS:
        for match in pattern.finditer(text):
            field, _, way = order.partition("_")
            yield _Said(field, way, *match.span(), _FROM)
    for match in _LETTERS.finditer(text):
        yield _Said("title", "up" if match["az"] else "down", *match.span(), _RISING if sorts else _CALM)
    for match in _ADVERB.finditer(text):
        field = next(name for name in _ADVERBS if match[name])
        back = match["back_a"] or match["back_c"]
        tail = _TAIL.match(text, match.end())
        end = tail.end() if tail else match.end()
        yield _Said(field, "down" if back or (tail and tail["down"]) else "up", match.start(), end, _RISING if sorts else _CALM)  # fmt: skip


def _is_wish(clause: Clause) -> bool:
    return not clause.is_question and clause.verb_classes <= _LISTENS


_NAMED = re.compile(r"\s+(?-i:[A-Z]\w+|\d{4}|(?:of|is|=)\b)", re.IGNORECASE)


def _order_in(match: re.Match[str]) -> tuple[str, str]:
    field, _, way = next(order for order in _SUPERLATIVES if match[order]).partition("_")
    return field, way


def _turned(way: str) -> str:
    return "down" if way == "up" else "up"


# -- hasty letters ---------------------------------------------------------------------------------------------------

_HASTY = ("sort", "order", "arrange", "oldest", "newest", "longest", "shortest", "slowest", "fastest", "latest", "tempo", "length", "duration", "rating", "artist")  # fmt: skip


def _slips(word: str) -> Iterator[str]:
    """Yield a word with two letters in the wrong order, with one left out, with one doubled."""
    for n in range(1, len(word) - 1):
        yield word[:n] + word[n + 1] + word[n] + word[n + 2 :]
        yield word[:n] + word[n + 1 :]
        yield word[: n + 1] + word[n:]


_SLIPS = {slip: word for word in _HASTY for slip in _slips(word)}


def _put_right(text: str) -> str:
    return re.sub(r"\w+", lambda match: _SLIPS.get(match[0].lower(), match[0]), text)


# -- plans -------------------------------------------------------------------------------------------------------

# A query that holds nothing but these is none: "sort my whole library by year".
_NOTHING = frozenset("sort order rank arrange organise organize list show give me my our the all of it them these those whole entire full every everything library collection music songs tracks tunes stuff i own have got by in on energy low high to calmest first calm wild from please and".split())  # fmt: skip  # noqa: SIM905
_LEFT = re.compile(r"[, ]*\b(?:(?:sorted|ordered|ranked|arranged) )?(?:by|in order of) energy(?:, low to high)?|[, ]*\b(?:sorted|ordered|ranked|arranged)$", re.IGNORECASE)  # fmt: skip
_MORE = re.compile(r"\b(?:more|others?|else|similar|like (?:these|those|this|that|them))\b", re.IGNORECASE)
_SEARCHES = ("search", "similar", "playlist")


def heard(message: str, state: State, further: Further, right: Callable[[str, State], str]) -> Plan | None:
    """Return the plan for a message that asks for a list in the order of a field; None where none does.

    Parameters
    ----------
    further : plans another message. right : puts misspelt words right.
    """
    if (turned := _turned_round(message, state, further)) is not None:
        return turned
    asked = read(message) or read(_put_right(message)) or read(_put_right(right(message, state)))
    if asked is None or read(asked.instead) is not None:
        return None
    plan = further(asked.instead, state)
    steps = [step for step in plan.steps if step.tool == "retrieve" and step.args.get("order") in _ENERGY]
    sounds = Clause(asked.rest)
    anew = all("among" not in step.args for step in steps) and bool(not steps or sounds.axes or sounds.moods)
    if (
        (anew or _MORE.search(asked.rest)) and asked.rest and arena(state) != "piece"
    ):  # "calm piano, oldest first": its words of energy are no order
        found = further(asked.rest, state)
        if found.steps and _seeks(found.steps[-1]):
            plan, steps = found, found.steps[-1:]
    if not steps or (asked.order == "path" and arena(state) == "piece"):
        return None
    ordered = [_ordered(step, asked.order) if step in steps else step for step in plan.steps]
    return plan.model_copy(update={"steps": ordered, "notes": [*plan.notes, *asked.notes]})


def _seeks(step: Step) -> bool:
    return step.tool == "retrieve" and step.args.get("action", "search") in _SEARCHES


def _ordered(step: Step, order: str) -> Step:
    """Return a search in the order of a field, without a query of which only the order was left."""
    args = {**step.args, "order": order}
    if "among" not in args and args.get("action", "search") == "search":
        args["action"] = "playlist"
    if "query" in args:
        args["query"] = _tidy(_LEFT.sub("", str(args["query"])))
    if "query" in args and {word.plain for word in Clause(str(args["query"])).words} <= _NOTHING:
        del args["query"]
    return step.model_copy(update={"args": args})


_TURN = re.compile(r"^\W*(?:(?:ok|okay|please|now|no|and|could|can|you|then|actually|hm+),? )*(?:(?:reverse|flip|invert|turn(?: a)?round|turn around|swap)(?: (?:the|this|that|its|their|list's))? (?:(?:sort(?:ing)?|running|list) )?(?:order|sorting|sequence|list|playlist)(?: (?:a)?round)?|(?:in |the )*(?:reverse|opposite|other) order|(?:(?:have|show|see|put|give|turn|sort|i|we|me|it|this|that|them|the list) )*(?P<way>(?:the )?other way (?:a)?round))(?:,? (?:please|now|instead))*\W*$", re.IGNORECASE)  # fmt: skip


def _turned_round(message: str, state: State, further: Further) -> Plan | None:
    """Take "reverse the order": what is shown, from its end, where it stands in an order."""
    shown, turn = state.shown, _TURN.match(message)
    if turn is None or arena(state) != "list" or shown is None:
        return None
    field, _, way = str(shown.args.get("order") or "").partition("_")
    if turn["way"] and way not in ("up", "down"):
        return None
    if way not in ("up", "down") or f"{field}_{_turned(way)}" in _UNKNOWN:
        return Plan(planner="builtin", question=f"By what shall I order them? {CAN[0].upper()}{CAN[1:]}.")
    among = [{"id": id} for id in shown.ids]
    args = {"among": among, "order": f"{field}_{_turned(way)}", "k": max(5, len(among))}
    return Plan(planner="builtin", steps=[Step(id="s1", tool="retrieve", args=args)])
