"""What narrows a search, read by type wherever it stands: tempo, length, voices, ratings, plays, how many of one artist.

Each reader finds a quantity or a word of a class; :mod:`bounds` tells what the words around it make of it.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from segue.agent.language.bounds import bound, denied
from segue.tools.core.vocabulary import numbers_in, words_of

Span = tuple[int, int]


@dataclass(frozen=True)
class Reading:
    """Values read from a text and the spans that they were read from."""

    values: dict[str, Any] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()


# -- tempo -------------------------------------------------------------------------------------------
_PULSE = re.compile(r"\b(?:bpms?|tempos?|tempi|beats|beets|clicks|pulses|pulse|speed|metronome|rpm|cadence|strides?|steps)(?:[ -](?:(?:a|per|the|every|to the) (?:min(?:ute)?)|wise))?\b|(?<=faster than )(?=\d)|(?<=slower than )(?=\d)|(?<=quicker than )(?=\d)|(?<=slow as )(?=\d)|(?<=fast as )(?=\d)", re.IGNORECASE)  # fmt: skip
_LOW_BPM, _HIGH_BPM = 40, 230
_JOINED = re.compile(r"^\s*(?:bpm\s*)?(?:-|–|to|and|till|until|through|up to|or)\s*$", re.IGNORECASE)
_TENS = re.compile(r"\b(?P<part>low|lower|mid|middle|high|upper|early|late)?[ -]?(?P<ten>\d{2,3})['’]?s\b", re.IGNORECASE)  # fmt: skip
_COUNTED = re.compile(r"\s*(?:%|percent|per cent|songs?|tracks?|tunes?|minutes?|mins?|seconds?|secs?|hours?|s\b|stars?|times|plays?|bars?|takes?|ones?\b|artists?|bands?|of\b|more\b|db|lufs|hz|st\b|nd\b|rd\b|th\b|/|'s|:\d)", re.IGNORECASE)  # fmt: skip
_NAMED = re.compile(r"(?:\b(?:number|track|no\.?|song|take|version|clip|bars?|measure|nr)\s*|#\s*|\$|(?<=\d)[./:])$", re.IGNORECASE)  # fmt: skip


def pulse(text: str, taken: list[Span], *, bare: bool) -> Reading:
    """Read tempi that are given as mere numbers beside a word for tempo: "tempo-wise the 130s", "bpm: max 95, min 80".

    Parameters
    ----------
    taken : spans that are other quantities.
    bare : whether a number may be a tempo though no word says so ("house, 124").
    """
    if not bare and not _PULSE.search(text):
        return Reading()
    for tens in _TENS.finditer(text):
        low = int(tens["ten"])
        if _PULSE.search(text) and _LOW_BPM <= low < _HIGH_BPM and low % 10 == 0:
            part = (tens["part"] or "").lower()
            first, last = {"": (0, 9), "m": (3, 7), "l": (0, 4), "h": (5, 9), "u": (5, 9), "e": (0, 4)}[part[:1]]
            if part == "late":
                first, last = 5, 9
            return Reading({"bpm_min": float(low + first), "bpm_max": float(low + last)}, ((tens.start(), tens.end()), *_words(text)))  # fmt: skip
    found = [
        number
        for number in numbers_in(text)
        if _LOW_BPM <= number.value <= _HIGH_BPM
        and not any(low < number.end and number.start < high for low, high in taken)
        and not _COUNTED.match(text, number.end)
        and not _NAMED.search(text[: number.start])
    ]
    values: dict[str, Any] = {}
    spans: list[Span] = []
    at = 0
    while at < len(found):
        number = found[at]
        if at + 1 < len(found) and _JOINED.match(text[number.end : found[at + 1].start]):
            other = found[at + 1]
            values |= {"bpm_min": min(number.value, other.value), "bpm_max": max(number.value, other.value)}
            spans.append((number.start, other.end))
            at += 2
            continue
        kind, low, high = bound(text, number.start, number.end)
        if kind == "max":
            values["bpm_max"] = number.value
        elif kind == "min":
            values["bpm_min"] = number.value
        else:
            near = 0.05 if kind == "about" else 0.03  # a tempo in a tag is rarely exact
            values |= {"bpm_min": round(number.value * (1 - near), 1), "bpm_max": round(number.value * (1 + near), 1)}
        spans.append((low, high))
        at += 1
    return Reading(values, (*spans, *_words(text))) if values else Reading()


def _words(text: str) -> tuple[Span, ...]:
    return tuple((m.start(), m.end()) for m in _PULSE.finditer(text) if m[0])


# -- voices ------------------------------------------------------------------------------------------
_VOICE = frozenset(["vocals", "vocal", "vox", "voice", "voices", "singing", "singers", "singer", "sings", "sing", "sung", "lyrics", "words", "rapping", "vocalist", "vocalists", "crooning", "voc", "rappers", "vocls", "vokals", "singign", "siging", "voce", "voix", "stimme", "gesang", "voz", "paroles"])  # fmt: skip
_NO_VOICE = frozenset(["instrumental", "instrumentals", "wordless", "vocalless", "voiceless", "instumental", "instumentals", "intrumental", "intrumentals", "instrumentl", "instrumentel", "lyricless", "nonvocal", "vocalfree"])  # fmt: skip
_WITHOUT = frozenset(["no", "not", "without", "zero", "minus", "sans", "nobody", "none", "never", "dont", "doesnt", "didnt", "cant", "cannot", "nothing", "hate", "skip", "hide", "lose", "drop", "ditch", "exclude", "avoid", "omit", "nor", "senza", "ohne", "sin", "hold", "bin", "remove", "kill", "free", "mustnt", "shouldnt", "isnt", "arent", "wont", "noone", "lacking", "devoid", "sem", "nix", "rid"])  # fmt: skip
_AFTER = re.compile(r"^(?:[\s-]*(?:free|less)\b|\s+(?:(?:is|are)\s+)?(?:not|un)[ -]?(?:welcome|wanted|needed|allowed|required|necessary|please)\b|\s+(?:is|are)(?:n'?t| not)\b)", re.IGNORECASE)  # fmt: skip
_WANTED = re.compile(r"(?:\b(?:with|must have|must be|must contain|want|wants|need|needs|required?|give me|has to have|have to have|has|have|having|contain(?:s|ing)?|include|including|featuring|but|only|just|and|add|also|where|on which|that|prefer|rather)\s+(?:(?:a|an|any|some|real|actual|actually|proper|human|people|someone|somebody|anyone|anybody|folks|everyone|with|who|is|are|the|only|lead|ones|songs|tracks|stuff|ppl|somone|where)\s+)*)$", re.IGNORECASE)  # fmt: skip
_IN_WHICH = re.compile(r"^\s*(?:(?:is|are)\s+)?(?:wanted|required|needed|please|only|a must|mandatory|essential|obligatory|welcome)\b", re.IGNORECASE)  # fmt: skip
_OTHERWISE = re.compile(r"^\s+(?:about|like|style|in (?!it\b|them\b)|over|part|line|track|melody|wise|of|from|that|which|harmon\w+|above|on the|to me|softly|quietly|:)|^\s*[\"“'‘:]|^[\s-]+(?:wise|driven|led|heavy)", re.IGNORECASE)  # fmt: skip
_LET = frozenset(["any", "the", "a", "an", "all", "of", "that", "have", "has", "having", "with", "want", "to", "hear", "be", "is", "are", "songs", "tracks", "stuff", "anything", "everything", "ones", "people", "someone", "somebody", "anyone", "anybody", "human", "lead", "or", "and", "which", "those", "really", "like", "need", "feature", "featuring", "contain", "contains", "talking", "in", "it", "them", "should", "must", "allowed", "for", "more", "out", "bits", "much", "on", "i", "get", "include", "including", "where", "who", "even", "single"])  # fmt: skip


@lru_cache(maxsize=256)
def voices(text: str) -> Reading:
    """Read whether there shall be voices: ``vocals`` is False for "nobody singing", True for "voices wanted"."""
    words = words_of(text)
    for at, word in enumerate(words):
        plain, before, behind = word.plain, text[: word.start], text[word.end :]
        if plain in _NO_VOICE:
            unwanted = _refused(words, at)
            if re.match(r"\s+(?:bridge|break|section|intro|passage|part|solo|version)", behind):
                continue
            return Reading({"vocals": unwanted is not None}, ((words[unwanted if unwanted is not None else at].start, word.end),))  # fmt: skip
        if plain not in _VOICE:
            continue
        refused = _refused(words, at)
        if refused is not None:
            return Reading({"vocals": False}, ((words[refused].start, _to(words, at)),))
        if tail := _AFTER.match(behind):
            return Reading({"vocals": False}, ((word.start, word.end + tail.end()),))
        if re.search(r"\bnon[ -]$", before, re.IGNORECASE):
            return Reading({"vocals": False}, ((word.start - 4, word.end),))
        if re.search(r"\b(?:less|fewer|more|much|many)\s+$", before, re.IGNORECASE):
            continue  # a direction, not a limit
        if tail := _IN_WHICH.match(behind):
            return Reading({"vocals": True}, ((word.start, word.end + tail.end()),))
        lead = _WANTED.search(before)
        if lead and not _OTHERWISE.match(behind) and not re.match(r"(?:and|but)\s+$", lead[0], re.IGNORECASE):
            return Reading({"vocals": True}, ((lead.start(), word.end),))
    return Reading()


def _refused(words: Any, at: int) -> int | None:  # noqa: ANN401 - words of a text
    """Return where the refusal of a word begins, or None: only what glues a wish stands between."""
    for back in range(at - 1, -1, -1):
        plain = words[back].plain
        if plain in _WITHOUT or (plain in ("one", "out") and back and words[back - 1].plain in ("no", "leave", "weed", "filter")):  # fmt: skip
            start = back - 1 if plain in ("one", "out") else back
            return start - 1 if start and words[start - 1].plain in ("i", "we", "must", "strictly", "do", "get", "with", "absolutely") else start  # fmt: skip
        if plain not in _LET and plain not in _VOICE:
            return None
    return None


def _to(words: Any, at: int) -> int:  # noqa: ANN401 - words of a text
    """Return where a refusal ends: "no words or voices at all"."""
    end: int = words[at].end
    for word in words[at + 1 :]:
        if word.plain not in _VOICE and word.plain not in ("or", "and", "at", "all", "of", "any", "kind", "whatsoever", "please", "over", "it", "them", "either", "on", "talking"):  # fmt: skip
            break
        end = word.end
    return end


# -- ratings and plays -------------------------------------------------------------------------------
_MARK = re.compile(r"★+|⭐+|\*{2,5}")
_STAR = re.compile(r"\bstar(?:s|red|ring|rd)?\b|\brat(?:ed|ing|ings|e)\b|\bscor(?:ed?|ing)\b|\bmarks?\b|\bout of (?:5|five)\b|/\s?5\b", re.IGNORECASE)  # fmt: skip
_BEST = re.compile(r"\b(?:(?:my|our|all[- ]time|personal|absolute|the ones i) )*(?:favou?rites?|favs?|faves?|(?:top|highest|highly|best|well)[ -]rated|most loved|best[ -]loved|likes?(?= only\b))\b", re.IGNORECASE)  # fmt: skip
_HALF = re.compile(r"^\s*(?:½|and a half|\.5)", re.IGNORECASE)
_FIVE = 5.0
_OF_STARS = r"(?:[\s-]*(?:\+|plus\b)?[\s-]*(?:stars?\b|/\s?5\b|out of (?:5|five)\b))?"
_RATED = re.compile(r"\b(?:(?:that |which |what |have |i(?:'ve| have)? |given |with |a |an |the |only |my )*(?:rat(?:ed|ings?)|scor(?:ed?|ing)|star(?:red)|gave|given|marked)(?: (?:of|a|an|it|them|at|as|with|full|is|be|has|good|high|or|them all))*[\s:]*)$", re.IGNORECASE)  # fmt: skip


@lru_cache(maxsize=256)
def rating(text: str) -> Reading:
    """Read the lowest rating that counts: "four stars or better", "things I gave ★★★★★", "4/5"."""
    if mark := _MARK.search(text):
        low = _lead(text, mark.start())
        return Reading({"rating_min": float(min(5, len(mark[0])))}, ((low, mark.end()),))
    star = _STAR.search(text)
    best = _BEST.search(text)
    if not star and not best and not re.search(r"\b(?:gave|given)\b", text, re.IGNORECASE):
        return Reading()
    for number in numbers_in(text):
        value = number.value
        behind = text[number.end :]
        if half := _HALF.match(behind):
            value, behind = int(value) + 0.5, behind[half.end() :]
        end = number.end + (half.end() if half else 0)
        unit = re.match(_OF_STARS, behind, re.IGNORECASE)
        end += unit.end() if unit else 0
        near = bool(unit and unit[0]) or _RATED.search(_plain_lead(text, number.start)) is not None
        if not 0 < value <= _FIVE or not (near or best):
            continue
        if not near and re.match(r"\s*(?:songs?|tracks?|tunes?|of\b|minutes?|per|hours?|artists?|from|by|each|times|plays?)", behind, re.IGNORECASE):  # fmt: skip
            continue
        kind, low, high = bound(text, number.start, end)
        spans = [(_lead(text, low), high)]
        if kind == "max" and not denied(text, low):
            return Reading()  # "rated under two": nothing holds that
        spans += [(m.start(), m.end()) for m in (*_STAR.finditer(text), *_BEST.finditer(text))]
        return Reading({"rating_min": min(_FIVE, value)}, tuple(spans))
    if best:
        return Reading({"rating_min": 4.0}, ((_lead(text, best.start()), best.end()),))
    return Reading()


def _plain_lead(text: str, position: int) -> str:
    """Return what stands before a number, without the words that bound it."""
    _, low, _ = bound(text, position, position)
    return text[:low] if low < position else text[:position]


def _lead(text: str, position: int) -> int:
    """Return where the words begin that lead up to a rating: "that I gave", "rated"."""
    match = _RATED.search(text[:position])
    return match.start() if match else position


_PLAYED = r"(?:play(?:ed|ing|s)?|hear(?:d|ing)?|heared|listen(?:ed|ing|s)?(?: to)?|spins?|spun|put on|opened|touched|tried|launched|streamed|given [\w ]{0,12}(?:spin|listen|chance|play|go)|(?:pressed|hit) play|cued|started|sampled|explored)"
_NOT_YET = re.compile(
    rf"\b(?:(?:that |which |what |but |songs? |tracks? |i|i'?ve|we'?ve|we|you|have|has|had|been|are|is|were|yet|still|the ones|ones|anything|stuff)\s+)*(?:never|not|haven'?t|havent|hasn'?t|hasnt|didn'?t|didnt|ain'?t|aint|isn'?t|aren'?t|yet to|still to|without|nobody|no one|nothing|n'?t)\b(?:\s+(?:yet|been|ever|even|actual?ly|once|really|properly|got(?:ten)?|round|around|to|to be|be|have|i|we|you|that|which|has|a single|given|once|even once|bothered|managed|had|it|them|any))*\s+{_PLAYED}(?:\s+(?:yet|before|in (?:ages|years)|for (?:ages|years)|to|so far|once|at all|even once|a single time|on|it|them|until now|up to now|myself))*"
    r"|\b(?:un(?:played|heard|listened|touched|opened|explored)(?:[- ]to)?|never[- ]played|new to (?:me|my ears|us)|first[- ]time listens?|forgotten|neglected|ignored|overlooked|gathering dust|collecting dust)\b"
    r"|\b(?:no|zero|0|without any) (?:plays?|listens?|spins)\b|\bplay ?count (?:of |is |= ?)?(?:0|zero|nil|nought)\b",
    re.IGNORECASE,
)  # fmt: skip
_ALREADY = re.compile(rf"\b(?:what(?:ever)?|everything|anything|all|those|songs|tracks|stuff|the ones|ones|any(?: \w+)?)?\s*(?:that )?(?:i(?:'ve| have)?|we(?:'ve| have)?) (?:already |ever |previously |recently )*{_PLAYED}(?: to)?(?: (?:already|before|recently|yet))*", re.IGNORECASE)  # fmt: skip
_HARDLY = re.compile(rf"\b(?:i(?:'ve| have)? |have |has |been |that )*(?:hardly|rarely|barely|seldom|scarcely|infrequently|almost never|next to never|little|least|less)(?:[- ]ever)?[- ](?:ever |been )*{_PLAYED}|\b(?:few|low) (?:plays?|play counts?|listens)\b|\bonly {_PLAYED} (?:a few times|once or twice|a handful of times)|\b{_PLAYED} (?:only |just )?(?:a few times|once or twice|a handful of times|the least)", re.IGNORECASE)  # fmt: skip
_PLAY_COUNT = re.compile(rf"{_PLAYED}|\bplay ?counts?\b|\blistens?\b", re.IGNORECASE)
_TIMES = re.compile(r"^\s*(?:times?|x|plays?|listens?|spins?|goes)?\b", re.IGNORECASE)
_FEW_PLAYS = 5


_JUST_ONCE = re.compile(r"\b(?:only|just|barely) (?:ever )?(?:been )?(?:listened to|played|heard|spun|put on)(?: (?:it|them|those))?(?: all)? (?:the )?(?:once|one time)\b", re.IGNORECASE)  # fmt: skip


@lru_cache(maxsize=256)
def plays(text: str) -> Reading:
    """Read how often tracks may have been played: ``unplayed``, or ``plays_max``."""
    if _PLAY_COUNT.search(text):
        for number in numbers_in(text):
            unit = re.match(r"\s*(times?|x\b|plays?|listens?|spins?|goes)(?![\w-])", text[number.end :], re.IGNORECASE)
            lead = re.search(rf"(?:{_PLAYED}|play ?counts?|plays)\s+(?:\w+\s+){{0,3}}$", text[: number.start], re.IGNORECASE)  # fmt: skip
            if not unit or not (lead or unit[1].lower().startswith(("play", "listen", "spin"))):
                continue
            kind, low, high = bound(text, number.start, number.end + unit.end())
            if kind == "min" and _denied_before(text, low):
                kind = "max"
            elif kind != "max" or number.value == 0:
                continue
            strict = re.search(r"\b(?:under|below|less|fewer|lower)\b", text[low : number.start], re.IGNORECASE)
            most = int(number.value) - (1 if strict else 0)
            return Reading({"plays_max": max(0, most)}, ((_opening(text, low), high),))
    if hardly := _HARDLY.search(text):
        return Reading({"plays_max": _FEW_PLAYS}, ((hardly.start(), hardly.end()),))
    if once := _JUST_ONCE.search(text):
        return Reading({"plays_max": 1}, ((_opening(text, once.start()), once.end()),))
    if never := _NOT_YET.search(text):
        return Reading({"unplayed": True}, ((never.start(), never.end()),))
    if (already := _ALREADY.search(text)) and denied(text, already.start()):
        return Reading({"unplayed": True}, ((_opening(text, already.start()), already.end()),))
    return Reading()


def _denied_before(text: str, position: int) -> bool:
    return denied(text, position) or re.search(r"\b(?:no|not|nothing|skip|hide|drop|lose|rid of|leave out|remove|exclude|ditch|bin|without)\b[^,;.]*$", text[:position], re.IGNORECASE) is not None  # fmt: skip


def _opening(text: str, position: int) -> int:
    """Return where the clause part begins that denies or asks: all of it was read."""
    before = text[:position]
    cut = max(before.rfind(mark) for mark in (",", ";", ".", ":", " and ", " but ", " with "))
    return cut + 1 if cut >= 0 else 0


# -- how many of one artist --------------------------------------------------------------------------
_PERFORMER = r"(?:artists?|artsts?|bands?|singers?|acts?|musicians?|performers?|groups?|names?|pianists?|guitarists?|players?|rappers?|composers?|producers?|djs?|outfits?|people|person|guys?|gals?|vocalists?|soloists?|ensembles?|orchestras?|trios?|quartets?|songwriters?|creators?|bloke|soul|human)"
_EACH = r"(?:each|every|any(?: one| single| given)?|the same|(?:any )?one|a single|an?|individual|same|single|each and every|one and the same)"
_PER_ARTIST = re.compile(rf"(?:\s*(?:-|\s)\s*(?:songs?|tracks?|tunes?|titles?|pieces?|cuts?|numbers?|entries|entry|recordings?|works?|things?|picks?|of (?:them|these|those)|at (?:the )?most|max(?:imum)?|tops))*\s*(?:(?:per|by|from|for|of)\s+(?:{_EACH}\s+)?{_PERFORMER}|(?:by|from|for|of)\s+(?:each|everyone|everybody|any one|anyone|anybody)|per (?:head|capita)|{_EACH}\s+{_PERFORMER}|apiece|a ?piece(?=\s*(?:$|[,.;!]))|each(?=\s*(?:$|[,.;!]|max|tops|at|please)))\b", re.IGNORECASE)  # fmt: skip
_CAP = re.compile(rf"\b(?:{_EACH}|all|per|the|to)\s+{_PERFORMER}\b[^,;.]{{0,24}}?\b(?:at|to|only|just|no more than|at most|max(?:imum)?|have|get|gets|has|appear|appears?|come up|comes up|shows? up|:)?\s*$", re.IGNORECASE)  # fmt: skip
_TIMES_ONLY = {"once": 1, "twice": 2, "thrice": 3}
_ONCE = re.compile(rf"\b(?:(?:each|every|any|no|the same|same|one)\s*(?:single )?{_PERFORMER}|every(?:one|body)|each(?: of them| one)?|any(?:one|body)|no ?(?:one|body)|(?:the )?same (?:one|name|person))\b[^,;.]{{0,32}}?\b(?P<n>once|twice|thrice|two times|three times|more than once|more than twice)\b", re.IGNORECASE)  # fmt: skip
_VARIED = re.compile(
    r"\b(?:every|each|all)\b[^,;.]{0,24}?\b(?:somebody|someone|a person|an artist|a band) (?:different|new|else)\b|"
    r"\b(?:no|not|never|without|avoid|don'?t|stop|do not)\b[^,;.]{0,24}?\b(?:two|2|more than one)\b[^,;.]{0,12}?\b(?:same|one) (?:guy|person|name|one|lot|people|singer|bunch)\b|"
    rf"\b(?:every|each|all)(?: (?:one|single|song|track|tune|piece|of them|songs|tracks))*(?: (?:be|is|are|should|must|has to|have to|to be|comes?|needs? to be|being))* (?:from |by |of )?(?:an? )?(?:different|new|separate|distinct|another|unique) {_PERFORMER}\b"
    rf"|\b(?:all |only |\w+ )?(?:different|various|mixed|distinct|varied|separate|unique) (?:artists|bands|singers|acts|musicians|performers|groups|names|people|composers|rappers)(?: (?:only|please|each time|every time|throughout))?\b"
    rf"|\b(?:no|not|never|without|avoid|don'?t|stop|quit|skip|do not|i don'?t want|i dont want)\b[^,;.]{{0,24}}?\b(?:repeat(?:s|ed|ing)?|repetitions?|doubl(?:es?|ing)(?: up)?|duplicat\w+|twice|two|more than one)\b[^,;.]{{0,16}}?\b{_PERFORMER}\b(?: twice)?"
    rf"|\b{_PERFORMER}[^,;.]{{0,16}}?\b(?:repeat(?:s|ed|ing)?|doubl(?:es|ing)(?: up)?|(?:appear|show(?:ing)? up|come up)\w* (?:twice|more than once|again))\b"
    rf"|\b(?:no|not|without|never)\b (?:any )?(?:the same )?{_PERFORMER} (?:twice|more than once|repeated|two times)\b"
    rf"|\b(?:the )?same {_PERFORMER}[^,;.]{{0,12}}?\b(?:over and over|again and again|all the time|twice|more than once)\b"
    rf"|\bno (?:two|2)\b[^,;.]{{0,16}}?\b(?:by|from|of) (?:the same|one|a single|any) {_PERFORMER}\b|\bno doubling(?: up)?\b|\bno doubles\b|\bno (?:artist )?repeats\b",
    re.IGNORECASE,
)  # fmt: skip


@lru_cache(maxsize=256)
def diversity(text: str) -> Reading:
    """Read how many tracks one artist may have: "two apiece, tops", "cap each artist at four", "no band twice"."""
    numbers = [(number.value, number.start, number.end) for number in numbers_in(text)]
    numbers += [(1.0, m.start(), m.end()) for m in re.finditer(r"\b(?:a single|a lone|a|just the one|single)(?= (?:songs?|tracks?|cuts?|pieces?|tunes?|numbers?|titles?)\b)", text, re.IGNORECASE)]  # fmt: skip
    spans: list[Span] = [(m.start(), m.end()) for m in _VARIED.finditer(text)]
    for value, start, end in numbers:
        if not 1 <= value <= 20:
            continue
        of_each = _PER_ARTIST.match(text, end)
        capped = None if of_each else _CAP.search(text[:start])
        if not of_each and not capped:
            continue
        kind, low, high = bound(text, start, end)
        if of_each:
            _, low, high = bound(text, start, of_each.end())
        elif re.match(r"\s*(?:minutes?|hours?|stars?|bpm|seconds?)", text[end:], re.IGNORECASE) or capped is None:
            continue
        else:
            low = min(low, capped.start())
        strict = re.search(r"\b(?:under|below|less|fewer)\b", text[low:start], re.IGNORECASE) and kind == "max"
        count = max(1, int(value) - (1 if strict and not denied(text, start) else 0))
        return Reading({"max_per_artist": count}, ((_wish(text, low), max(high, end)), *spans))
    if once := _ONCE.search(text):
        said = once["n"].lower()
        count = 2 if "twice" in said or "two" in said else 3 if "thrice" in said or "three" in said else 1
        if said == "more than twice":
            count = 2
        elif said in ("twice", "two times") and re.search(r"\b(?:no|not|never|without|don'?t|dont)\b", text[: once.start("n")], re.IGNORECASE):  # fmt: skip
            count = 1
        return Reading({"max_per_artist": count}, ((_wish(text, once.start()), once.end()), *spans))
    return (
        Reading({"max_per_artist": 1}, tuple((_wish(text, low), high) for low, high in spans)) if spans else Reading()
    )


def _wish(text: str, position: int) -> int:
    """Take in what merely leads up to a count: "no", "never", "I'd like", "only"."""
    match = re.search(r"(?:\b(?:no|not|never|nothing|only|just|i'?d like|i'?d rather have|i (?:do not|don'?t|dont) want|i want|with|have|can we have|a|the|make it|keep it to|more variety:?|of|and|but|maximum|max)\s+)+$", text[:position], re.IGNORECASE)  # fmt: skip
    return match.start() if match else position


# -- lengths -----------------------------------------------------------------------------------------
_WHOLE = re.compile(r"\b(?:in total|all in all|altogether|in all|total(?:l?ing|s)?|overall|worth|(?:the |this |that |whole |entire |full |all of )+(?:list|set|playlist|mix|thing|lot|queue|tape|show|programme|program|session|selection)|playlists?|mixtape|setlist|mix|fill(?:s|ing)?(?: up)?|run(?:s|ning)? (?:to|for)|lasts?(?: for)?|lasting|adds? up to|adding up to|comes? to|enough (?:for|to)|stretch(?:es)?|cover(?:s|ing)?|commute|drive|flight|workout|class|show|party|make it|make this|make that|make them|of (?:music|this|these|it|them|her|his|their|that)|long enough|side of|spans?|amount|set of|takes? (?:me |us )?(?:about )?|extend)\b", re.IGNORECASE)  # fmt: skip
_SINGLE = re.compile(r"\b(?:each|apiece|per (?:song|track|tune|piece)|songs?|tracks?|tunes?|ones|pieces?|numbers?|every (?:song|track|one)|epics?|those|which)\b", re.IGNORECASE)  # fmt: skip
_LONG_S, _HOUR_S = 600.0, 3000.0
_NEAR_LENGTH = 0.12  # "three-minute songs"
_PARTNER = re.compile(r"(?<!track )(?<!number )(?<!song )(?<!take )(?<!clip )(?<!# )(?P<lead>(?:\b(?:anywhere |somewhere )?(?:from|between) )?)(?<!track )(?<!number )(?<!song )(?<!take )(?<![\d.])(?P<n>\d+(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty|a|half a)\s*(?:-|–|to|and|till|or|up to)\s*$", re.IGNORECASE)  # fmt: skip


@lru_cache(maxsize=256)
def of_the_whole(text: str) -> bool:
    """Tell whether a length is said of everything together: "an hour of", "the whole set", "ten minutes' worth"."""
    return _WHOLE.search(text) is not None


def lengths(text: str, durations: list[Any]) -> Reading:
    """Read how long a track may be, or how long all together shall be (``total_s``)."""
    values: dict[str, Any] = {}
    spans: list[Span] = []
    at = 0
    while at < len(durations):
        length = durations[at]
        kind, low, high = bound(text, length.start, length.end)
        together = of_the_whole(text)
        single = _SINGLE.search(text) is not None
        partner = _PARTNER.search(text[: length.start])
        unit = 60.0 if re.search(r"min|m\b|['’]", text[length.start : length.end], re.IGNORECASE) else 1.0 if re.search(r"sec|\ds\b", text[length.start : length.end], re.IGNORECASE) else 3600.0  # fmt: skip
        first = numbers_in(partner["n"]) if partner else []
        if at + 1 < len(durations) and _JOINED.match(text[length.end : durations[at + 1].start]):
            other = durations[at + 1]
            values |= {
                "duration_min_s": min(length.value, other.value),
                "duration_max_s": max(length.value, other.value),
            }
            spans.append((low, other.end))
            at += 2
            continue
        if partner and first and first[0].value * unit < length.value and (partner["lead"] or not re.search(r"\band\s*$", partner[0])):  # fmt: skip
            values |= {"duration_min_s": first[0].value * unit, "duration_max_s": length.value}
            spans.append((partner.start(), high))
        elif kind in ("max", "min") and not (together and not single and length.value >= _LONG_S and kind == "max" and re.search(r"\b(?:total|altogether|playlist|set|whole|fill)", text)):  # fmt: skip
            values[f"duration_{kind}_s"] = length.value
            spans.append((low, high))
        elif (together and not re.search(r"\beach\b|\bper (?:song|track)", text)) or length.value >= _HOUR_S or (length.value >= _LONG_S and not re.search(r"\b(?:each|per (?:song|track)|long (?:songs?|tracks?|pieces?))\b", text)):  # fmt: skip
            values["total_s"] = length.value
            spans.append((low, high))
        else:
            values |= {
                "duration_min_s": round(length.value * (1 - _NEAR_LENGTH), 1),
                "duration_max_s": round(length.value * (1 + _NEAR_LENGTH), 1),
            }
            spans.append((low, high))
        at += 1
    return Reading(values, tuple(spans))
