"""Quantities in free text: numbers, lengths, tempi, metres, bars, intervals, levels, years, ordinals.

Figures and words are read alike: "a minute and a half", "90 s", "twelve bars", "minus 14 LUFS".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from segue.tools.core.lexicon import Found

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS: dict[str, float] = {word: n for n, word in enumerate(_ONES)}
_WORDS |= {word: 10 * (n + 2) for n, word in enumerate(_TENS)}
_WORDS |= {"fourty": 40, "dozen": 12}
_ORDINALS: dict[str, int] = {
    word: n for n, word in enumerate(["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth"], 1)
}  # fmt: skip
_ORDINALS |= {"1st": 1, "2nd": 2, "3rd": 3, "last": -1, "final": -1, "latest": -1, "newest": -1}

_SMALL = "|".join(sorted(_WORDS, key=len, reverse=True))
# Bounded: thousands of digits, tried from each of them, would keep a pattern busy for minutes.
_FIGURE = r"(?:\d{1,3}(?:,\d{3}){1,4}|\d{1,12}(?:\.\d{1,12})?|\.\d{1,12})"
_SPELT = rf"(?:(?:a |one )?hundred(?: and)?(?: (?:{_SMALL}))?(?:[ -](?:{'|'.join(_ONES[1:10])}))?|(?:{'|'.join(_TENS)})[ -](?:{'|'.join(_ONES[1:10])})|{_SMALL})"  # fmt: skip
NUMBER = rf"(?:{_FIGURE}(?:\s?[½¼¾])?|[½¼¾]|{_SPELT}(?:\s(?:and a half|point (?:{_SMALL})))?|half a|half an|an?|(?:a )?couple(?: of)?|a few)"  # fmt: skip
_PLAIN_NUMBER = re.compile(rf"(?<![\w.])(-|−|minus )?({_FIGURE}(?:\s?[½¼¾])?|{_SPELT}(?: and a half)?)(?![\w]|\.\d)", re.IGNORECASE)  # fmt: skip
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75}


def number_of(text: str) -> float | None:
    """Return the number that a whole phrase says ("2.5", "twenty-one", "two and a half"), or None."""
    plain = " ".join(text.lower().replace("−", "-").replace("-", " - ").split())
    sign = 1.0
    if plain.startswith(("- ", "minus ")):
        sign, plain = -1.0, plain.split(" ", 1)[1]
    plain = plain.replace(" - ", " ")
    value = _unsigned(plain)
    return None if value is None else sign * value


def _unsigned(plain: str) -> float | None:
    fixed = {
        "a": 1,
        "an": 1,
        "half a": 0.5,
        "half an": 0.5,
        "a couple of": 2,
        "couple of": 2,
        "a couple": 2,
        "couple": 2,
        "a few": 3,
        "a dozen": 12,
    }
    if plain in fixed:
        return float(fixed[plain])
    extra = 0.0
    for mark, part in _FRACTIONS.items():
        if plain.endswith(mark):
            extra, plain = part, plain[:-1].strip()
            if not plain:
                return extra
    if plain.endswith(" and a half"):
        extra, plain = 0.5, plain.removesuffix(" and a half")
    if " point " in plain:
        plain, _, decimal = plain.partition(" point ")
        extra = _WORDS.get(decimal, 0) / 10
    if re.fullmatch(_FIGURE, plain):
        return float(plain.replace(",", "")) + extra
    total = 0.0
    for word in plain.split():
        if word == "hundred":
            total = (total or 1) * 100
        elif word in _WORDS:
            total += _WORDS[word]
        elif word not in ("a", "and"):
            return None
    return total + extra if plain else None


@lru_cache(maxsize=256)
def _numbers(text: str) -> tuple[Found[float], ...]:
    found: list[Found[float]] = []
    for match in _PLAIN_NUMBER.finditer(text):
        value = number_of(match[0])
        if value is not None:
            found.append(Found(value, match.start(), match.end()))
    return tuple(found)


def numbers_in(text: str) -> list[Found[float]]:
    """Return numbers in figures and words."""
    return list(_numbers(text))


# -- time ------------------------------------------------------------------------------------------

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_UNIT = r"(hours?|hrs?|h|minutes?|mins?|min\.|m|seconds?|secs?|sec\.|s|stunden?|minuten?|sekunden?|ore|ora|minuti|minuto|minutos|secondi|secondes?|segundos)"  # fmt: skip
_SPAN = re.compile(rf"(?:(?<![\w.:/#-])|(?<=\d[mh]))({NUMBER})[\s-]?{_UNIT}(?:\b|(?=\d))(?!['’])(\s+and a half|\s+and a quarter|\s+and three quarters)?", re.IGNORECASE)  # fmt: skip
_CLOCK = re.compile(r"(?<![\w:])(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?:\.(\d+))?(?![\w:])")
# "three quarters of a minute", "half-minute", "2'30", "a good minute", "minute-long".
_ODD = re.compile(
    r"\b(?:a |one )?(?P<part>half|quarter|three quarters)(?:[ -]of an?[ -]|-| )(?P<of>minute|hour)\b"
    r"|(?<![\w'’])(?P<minutes>\d{1,2})['’′](?P<seconds>[0-5]\d)(?:[\"”″]|(?!\w))"
    r"|\b(?:a |one )?(?:(?:good|full|whole) (?P<one>minute|hour)\b|(?P<long>minute|hour)(?=[ -]long\b))"
    r"|(?<=first |final )(?P<edge>minute)\b|(?<=last )(?P<late>minute)\b|(?<=opening |closing )(?P<outer>minute)\b",
    re.IGNORECASE,
)
# "one minute twenty": the seconds without their word.
_REST = re.compile(rf"\s+({_FIGURE}|{_SPELT})\b(?!\s*(?:%|bpm|bars?|hz|k\b|db|lufs|songs?|tracks?|takes?|times|of\b|versions?|variations?))", re.IGNORECASE)  # fmt: skip
_TAILS = {"and a half": 0.5, "and a quarter": 0.25, "and three quarters": 0.75}
_DECADES = frozenset({"50", "60", "70", "80", "90", "00"})


def duration_in(text: str) -> list[Found[float]]:
    """Return lengths and points of time in seconds.

    >>> [found.value for found in duration_in("a minute and a half, 0:45, 2 min 30 s, three minutes, 1m30s")]
    [90.0, 45.0, 150.0, 180.0, 90.0]
    """
    spans: list[Found[float]] = []
    for match in _SPAN.finditer(text):
        unit, number = match[2].lower(), match[1].lower()
        if unit == "s" and (
            (number in _DECADES and match[0].lower() == f"{number}s")
            or number in ("a", "an", "303", "606", "707", "808", "909")  # drum machines
            or re.fullmatch(r"(?:19|20)\d0", number)
        ):
            continue
        if unit == "m" and number in ("a", "an"):
            continue
        if unit.startswith("second") and number in ("a", "an") and not re.match(r"\s*(long|of|in\b|at\b|$)", text[match.end() :]):  # fmt: skip
            continue  # "a second verse" is no length
        value = number_of(number)
        if value is None or (len(unit) == 1 and not re.search(r"[\d½¼¾]", number)):
            continue  # "similar ones" is no second
        factor = _UNITS["h" if unit[0] in "h" or unit.startswith(("ore", "ora", "stund")) else unit[0]]
        tail = _TAILS.get((match[3] or "").strip().lower(), 0.0)
        end, seconds = match.end(), (value + tail) * factor
        rest = _REST.match(text, end) if factor == _UNITS["m"] and value == int(value) and not tail else None
        if rest and 1 <= (number_of(rest[1]) or 0) < 60 and not _SPAN.match(text, rest.start(1)):
            end, seconds = rest.end(), seconds + (number_of(rest[1]) or 0)
        spans.append(Found(seconds, match.start(), end))
    merged: list[Found[float]] = []
    for span in spans:
        last = merged[-1] if merged else None
        if last and re.fullmatch(r"\s*(?:,|and)?\s*", text[last.end : span.start]) and span.value < 60 <= last.value:
            merged[-1] = Found(last.value + span.value, last.start, span.end)
        else:
            merged.append(span)
    for match in _CLOCK.finditer(text):
        hours, minutes, seconds = (int(match[i] or 0) for i in (1, 2, 3))
        if re.match(r"\s*[ap]\.?m\b", text[match.end() :], re.IGNORECASE):
            continue
        value = hours * 3600 + minutes * 60 + seconds + (float(f"0.{match[4]}") if match[4] else 0.0)
        merged.append(Found(float(value), match.start(), match.end()))
    for match in _ODD.finditer(text):
        if not any(f.start < match.end() and match.start() < f.end for f in merged) or match["part"]:
            merged = [f for f in merged if not (f.start < match.end() and match.start() < f.end)]
            merged.append(Found(_odd(match), match.start(), match.end()))
    return sorted(merged, key=lambda f: f.start)


def _odd(match: re.Match[str]) -> float:
    if match["part"]:
        return {"half": 0.5, "quarter": 0.25, "three quarters": 0.75}[match["part"].lower()] * _UNITS[match["of"][0].lower()]  # fmt: skip
    if match["minutes"]:
        return 60.0 * float(match["minutes"]) + float(match["seconds"])
    return {"h": 3600.0, "m": 60.0}[(match["one"] or match["long"] or "m")[0].lower()]


# -- tempo, metre, bars ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo: ``bpm`` as said, the range ``low``–``high`` that it allows (None is open), and how it was said.

    ``kind`` is exact ("90 bpm"), about ("around 90"), range ("between 80 and 90", "under 100") or word ("allegro").
    """

    bpm: float
    low: float | None
    high: float | None
    kind: str = "exact"


# Ranges of Italian tempo words as metronomes print them (Wittner), middle and limits in bpm.
_TEMPO_WORDS: dict[str, tuple[float, float, float]] = {
    "grave": (40, 35, 45), "largo": (50, 40, 60), "larghetto": (63, 60, 66), "lento": (55, 45, 60),
    "adagio": (70, 66, 76), "andante": (92, 76, 108), "andantino": (96, 80, 108), "moderato": (114, 108, 120),
    "allegretto": (116, 112, 120), "allegro": (138, 120, 156), "vivace": (166, 156, 176), "presto": (184, 168, 200),
    "prestissimo": (208, 200, 220), "slow": (70, 50, 90), "mid-tempo": (104, 90, 118), "midtempo": (104, 90, 118),
    "medium tempo": (104, 90, 118), "fast": (150, 125, 185), "uptempo": (132, 118, 160), "up-tempo": (132, 118, 160),
    "very slow": (54, 40, 66), "very fast": (176, 150, 220),
}  # fmt: skip
_BPM = r"(?:\s?-?\s?(?:bpm|beats? (?:per|a) minute)s?)"
_NUMERAL = rf"(?:{_FIGURE}|{_SPELT})"
_BPM_RANGE = re.compile(rf"(?:between\s+)?({_NUMERAL}){_BPM}?\s*(?:-|–|to|and)\s*({_NUMERAL}){_BPM}", re.IGNORECASE)
_BPM_ONE = re.compile(rf"(?:(around|about|roughly|circa|ca\.?|approximately|approx\.?|~|near|close to|some)\s*|(under|below|less than|slower than|at most|max(?:imum)?|up to)\s+|(over|above|more than|faster than|at least|min(?:imum)?)\s+)?({_NUMERAL}){_BPM}\b", re.IGNORECASE)  # fmt: skip
_TEMPO_OF = re.compile(rf"\b(?:tempo|bpm|speed)\s*(?:of|to|at|is|=|:)?\s*(around |about |~)?({_FIGURE})\b(?!\s*%)(?!:)", re.IGNORECASE)  # fmt: skip
_TEMPO_WORD = re.compile(r"\b(" + "|".join(sorted(map(re.escape, _TEMPO_WORDS), key=len, reverse=True)) + r")\b", re.IGNORECASE)  # fmt: skip
_ABOUT = 0.05  # "around 170": five per cent either way


def tempo_in(text: str) -> list[Found[Tempo]]:
    """Return tempi in bpm, from figures and from tempo words.

    >>> tempo_in("around 170 BPM")[0].value
    Tempo(bpm=170.0, low=161.5, high=178.5, kind='about')
    """
    found: list[Found[Tempo]] = []

    def add(tempo: Tempo, match: re.Match[str]) -> None:
        if 20 <= tempo.bpm <= 400 and not any(f.start < match.end() and match.start() < f.end for f in found):
            found.append(Found(tempo, match.start(), match.end()))

    for match in _BPM_RANGE.finditer(text):
        low, high = number_of(match[1]), number_of(match[2])
        if low and high and low < high:
            add(Tempo((low + high) / 2, low, high, "range"), match)
    for match in _BPM_ONE.finditer(text):
        bpm = number_of(match[4])
        if bpm is None:
            continue
        if match[1]:
            add(Tempo(bpm, bpm * (1 - _ABOUT), bpm * (1 + _ABOUT), "about"), match)
        elif match[2]:
            add(Tempo(bpm, None, bpm, "range"), match)
        elif match[3]:
            add(Tempo(bpm, bpm, None, "range"), match)
        else:
            add(Tempo(bpm, bpm, bpm), match)
    for match in _TEMPO_OF.finditer(text):
        bpm = float(match[2])
        spread = _ABOUT if match[1] else 0.0
        add(Tempo(bpm, bpm * (1 - spread), bpm * (1 + spread), "about" if match[1] else "exact"), match)
    for match in _TEMPO_WORD.finditer(text):
        add(Tempo(*_TEMPO_WORDS[match[1].lower()], "word"), match)
    return sorted(found, key=lambda f: f.start)


_METER = re.compile(r"(?<![\d/.])(1?\d)\s?/\s?(2|4|8|16)(?![\d/])")
_METER_WORDS = {"waltz time": "3/4", "common time": "4/4", "cut time": "2/2", "march time": "2/4", "three four": "3/4",
                "three-four": "3/4", "four four": "4/4", "four-four": "4/4", "six eight": "6/8", "six-eight": "6/8",
                "twelve eight": "12/8", "twelve-eight": "12/8", "five four": "5/4", "five-four": "5/4",
                "seven eight": "7/8", "seven-eight": "7/8", "seven four": "7/4", "nine eight": "9/8", "in three": "3/4",
                "in five": "5/4", "in seven": "7/8", "in 3": "3/4", "in 5": "5/4", "in 7": "7/8",
                "dreivierteltakt": "3/4"}  # fmt: skip
_METER_WORD = re.compile(r"\b(" + "|".join(sorted(map(re.escape, _METER_WORDS), key=len, reverse=True)) + r")\b(?!\s*(?:minutes?|seconds?|parts?|sections?|steps?|days?|hours?|keys?|bars?|ways?|voices?|versions?|takes?))", re.IGNORECASE)  # fmt: skip


def meter_in(text: str) -> list[Found[str]]:
    """Return metres as "3/4"."""
    found = [Found(f"{m[1]}/{m[2]}", m.start(), m.end()) for m in _METER.finditer(text) if int(m[1]) > 0]
    found += [Found(_METER_WORDS[m[1].lower()], m.start(), m.end()) for m in _METER_WORD.finditer(text)]
    return sorted(found, key=lambda f: f.start)


@dataclass(frozen=True, slots=True)
class Bars:
    """A number of bars, or a span of them (from 1, both included; negative ``start`` counts from the end)."""

    count: int
    start: int | None = None
    end: int | None = None


_BAR = r"(?:bars?|measures?|takte?n?)"
_BAR_SPAN = re.compile(rf"\b{_BAR}\s+({_NUMERAL})\s*(?:-|–|to|through|till|until|and|bis)\s*(?:{_BAR}\s+)?({_NUMERAL})\b", re.IGNORECASE)  # fmt: skip
_BAR_ONE = re.compile(rf"\b{_BAR}\s+(?:number\s+)?({_NUMERAL})\b", re.IGNORECASE)
_BAR_EDGE = re.compile(rf"\b(first|last|opening|final|closing)\s+({_NUMERAL})?\s*-?{_BAR}\b", re.IGNORECASE)
_BAR_COUNT = re.compile(rf"(?<![\w.])(?!(?:12|twelve)[\s-]?bars?\s+blues)({_NUMERAL})[\s-]?{_BAR}\b", re.IGNORECASE)


def bars_in(text: str) -> list[Found[Bars]]:
    """Return numbers and spans of bars.

    >>> bars_in("redo bars 9 to 12")[0].value
    Bars(count=4, start=9, end=12)
    """
    found: list[Found[Bars]] = []

    def add(bars: Bars, match: re.Match[str]) -> None:
        if bars.count > 0 and not any(f.start < match.end() and match.start() < f.end for f in found):
            found.append(Found(bars, match.start(), match.end()))

    for match in _BAR_SPAN.finditer(text):
        first, last = number_of(match[1]), number_of(match[2])
        if first and last:
            add(Bars(int(last - first) + 1, int(first), int(last)), match)
    for match in _BAR_ONE.finditer(text):
        if one := number_of(match[1]):
            add(Bars(1, int(one), int(one)), match)
    for match in _BAR_EDGE.finditer(text):
        count = int(number_of(match[2] or "one") or 1)
        head = match[1].lower() in ("first", "opening")
        add(Bars(count, 1, count) if head else Bars(count, -count, -1), match)
    for match in _BAR_COUNT.finditer(text):
        if many := number_of(match[1]):
            add(Bars(int(many)), match)
    return sorted(found, key=lambda f: f.start)


# -- pitch and level -------------------------------------------------------------------------------

_INTERVALS: dict[str, int] = {
    "half step": 1, "half tone": 1, "halftone": 1, "semitone": 1, "minor second": 1, "half-step": 1, "half-tone": 1,
    "whole tone": 2, "whole step": 2, "full step": 2, "whole-tone": 2, "whole-step": 2, "major second": 2, "tone": 2,
    "minor third": 3, "major third": 4, "third": 4, "perfect fourth": 5, "fourth": 5, "tritone": 6, "augmented fourth": 6,
    "diminished fifth": 6, "perfect fifth": 7, "fifth": 7, "minor sixth": 8, "major sixth": 9, "sixth": 9,
    "minor seventh": 10, "major seventh": 11, "octave": 12, "oktave": 12, "ottava": 12, "halbton": 1, "ganzton": 2,
    "semitono": 1, "semi": 1, "st": 1, "step": 2, "seventh": 10,
}  # fmt: skip
_INTERVAL = re.compile(rf"(?<![\w.])({NUMBER}|another|by|one more)[\s-]+(?:a\s+)?({'|'.join(sorted(map(re.escape, _INTERVALS), key=len, reverse=True))})(e?s)?\b", re.IGNORECASE)  # fmt: skip


def interval_in(text: str) -> list[Found[float]]:
    """Return intervals in semitones, without direction: "a minor third" is 3, "two whole steps" 4."""
    found: list[Found[float]] = []
    for match in _INTERVAL.finditer(text):
        name = match[2].lower()
        if name in ("third", "fourth", "fifth", "sixth", "seventh") and match[1].lower() not in ("a", "an", "by", "another"):  # fmt: skip
            continue
        value = 1.0 if match[1].lower() in ("another", "by", "one more") else number_of(match[1])
        if value:
            found.append(Found(value * _INTERVALS[name], match.start(), match.end()))
    return found


_DECIBELS = re.compile(rf"(?<![\w.])([+-]|−|minus |plus )?\s?({_NUMERAL})\s?(?:db|decibels?)\b(?!fs|tp)", re.IGNORECASE)
_LOUDNESS = re.compile(rf"(?<![\w.])([+-]|−|–|minus )?\s?({_NUMERAL})\s?(?:lufs|lkfs|lu)\b", re.IGNORECASE)
_PERCENT = re.compile(rf"(?<![\w.])([+-]|−|minus )?({_NUMERAL})\s?(?:%|per ?cent\b|prozent\b)", re.IGNORECASE)


def _signed(match: re.Match[str]) -> float:
    value = number_of(match[2]) or 0.0
    return -value if (match[1] or "").strip() in ("-", "−", "–", "minus") else value


def decibels_in(text: str) -> list[Found[float]]:
    """Return levels in dB, with a sign where one is written."""
    return [Found(_signed(m), m.start(), m.end()) for m in _DECIBELS.finditer(text)]


def loudness_in(text: str) -> list[Found[float]]:
    """Return loudnesses in LUFS; "14 LUFS" is read as −14, as nothing is ever above zero."""
    return [Found(-abs(_signed(m)), m.start(), m.end()) for m in _LOUDNESS.finditer(text)]


def percent_in(text: str) -> list[Found[float]]:
    """Return percentages, with a sign where one is written."""
    return [Found(_signed(m), m.start(), m.end()) for m in _PERCENT.finditer(text)]


# -- ordinals and years ----------------------------------------------------------------------------

_ORDINAL = re.compile(r"\b(\d{1,3}(?:st|nd|rd|th)|" + "|".join(w for w in sorted(_ORDINALS, key=len, reverse=True) if w.isalpha()) + r")\b", re.IGNORECASE)  # fmt: skip


def ordinals_in(text: str) -> list[Found[int]]:
    """Return ordinals: "the 2nd" is 2, "the last" −1."""
    found: list[Found[int]] = []
    for match in _ORDINAL.finditer(text):
        word = match[1].lower()
        found.append(Found(_ORDINALS[word] if word in _ORDINALS else int(word[:-2]), match.start(), match.end()))
    return found


@dataclass(frozen=True, slots=True)
class Years:
    """A span of years, both included; None is open."""

    first: int | None
    last: int | None


_DECADE_WORDS = {"twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960,
                 "seventies": 1970, "eighties": 1980, "nineties": 1990, "noughties": 2000, "two thousands": 2000}  # fmt: skip
_DECADE = r"(?:(?:19|20)\d0'?s|'?[0-9]0'?s|" + "|".join(_DECADE_WORDS) + ")"
_DECADE_ONE = re.compile(rf"(?<![\w.])(early |mid[ -]|late )?({_DECADE})(?!\w)", re.IGNORECASE)
_DECADE_SPAN = re.compile(rf"(?<![\w.])({_DECADE})\s*(?:-|–|to|and|through|or)\s*(?:the\s+)?({_DECADE})(?!\w)", re.IGNORECASE)  # fmt: skip
_YEAR = r"(?:19[2-9]\d|20[0-4]\d)"
_YEAR_SPAN = re.compile(rf"\b({_YEAR})\s*(?:-|–|to|and|through)\s*({_YEAR})\b", re.IGNORECASE)
_YEAR_ONE = re.compile(rf"\b(before|until|up to|older than|pre[- ]|after|since|newer than|later than|post[- ]|from)?\s*(?:the )?\b({_DECADE}|{_YEAR})( and later| and newer| or later| onwards?| and before| or earlier)?(?!\w)", re.IGNORECASE)  # fmt: skip


def years_in(text: str) -> list[Found[Years]]:
    """Return spans of years: "90s" is 1990–1999, "before 2000" ends in 1999.

    "30s" is a length and not a decade unless "the" stands before it or a full year is written.

    >>> years_in("only 90s")[0].value
    Years(first=1990, last=1999)
    """
    found: list[Found[Years]] = []

    def add(years: Years, start: int, end: int) -> None:
        if not any(f.start < end and start < f.end for f in found):
            found.append(Found(years, start, end))

    for match in _DECADE_SPAN.finditer(text):
        first, last = _decade(match[1], "the "), _decade(match[2], "the ")
        if first and last:
            add(Years(min(first, last), max(first, last) + 9), match.start(), match.end())
    for match in _YEAR_SPAN.finditer(text):
        add(Years(int(match[1]), int(match[2])), match.start(), match.end())
    for match in _YEAR_ONE.finditer(text):
        _one(text, match, add)
    return sorted(found, key=lambda f: f.start)


def _one(text: str, match: re.Match[str], put: Callable[[Years, int, int], None]) -> None:
    how, tail = (match[1] or "").lower().strip(" -"), (match[3] or "").strip().lower()
    decade = _decade(match[2], text[: match.start(2)])
    first = decade if decade is not None else int(match[2]) if match[2].isdigit() else None
    if first is None:
        return
    last = first + 9 if decade is not None else first
    part = _DECADE_ONE.search(text, max(0, match.start(2) - 6))
    if decade is not None and part and part[1] and part.start(2) == match.start(2):
        shift = {"e": (0, -6), "m": (3, -3), "l": (6, 0)}[part[1][0].lower()]
        first, last = first + shift[0], last + shift[1]
    if how in ("before", "older than", "pre"):
        put(Years(None, first - 1), match.start(), match.end())
    elif how in ("until", "up to") or tail in ("and before", "or earlier"):
        put(Years(None, last), match.start(), match.end())
    elif how in ("after", "newer than", "later than", "post"):
        put(Years(last + 1, None), match.start(), match.end())
    elif how == "since" or tail in ("and later", "and newer", "or later", "onward", "onwards"):
        put(Years(first, None), match.start(), match.end())
    else:
        put(Years(first, last), match.start(2), match.end())


def _decade(word: str, before: str) -> int | None:
    plain = word.lower().replace("'", "")
    if plain in _DECADE_WORDS:
        return _DECADE_WORDS[plain]
    if not plain.endswith("s"):
        return None
    digits = plain[:-1]
    if len(digits) == 4:
        return int(digits)
    if digits in ("10", "20", "30", "40") and not re.search(r"\bthe\s+$", before, re.IGNORECASE):
        return None
    return 2000 + int(digits) if int(digits) <= 10 else 1900 + int(digits)
