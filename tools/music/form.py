"""Form: which sections a piece has, how long they are, and how its energy rises and falls."""

import math
import random
import re
from collections.abc import Sequence

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import Section
from segue.tools.music.form_length import Length as Length
from segue.tools.music.form_length import plan_length as plan_length

ENERGY = {
    "intro": 0.3, "verse": 0.5, "pre-chorus": 0.62, "chorus": 0.85, "bridge": 0.55, "solo": 0.75, "outro": 0.35,
    "A": 0.5, "B": 0.72, "C": 0.6, "D": 0.75, "E": 0.65, "head": 0.6, "build": 0.6, "drop": 0.95, "break": 0.35, "groove": 0.6,
    "climax": 0.98, "mambo": 0.85, "montuno": 0.7, "theme": 0.6, "interlude": 0.4, "ending": 0.4, "dub": 0.45,
}  # fmt: skip
_NAMES = {
    "prechorus": "pre-chorus", "pre": "pre-chorus", "hook": "chorus", "refrain": "chorus", "middle 8": "bridge",
    "middle eight": "bridge", "breakdown": "break", "buildup": "build", "build-up": "build", "build up": "build",
    "coda": "outro", "end": "ending", "instrumental": "solo", "strophe": "verse", "introduction": "intro",
    "guitar solo": "solo", "solos": "solo", "a": "A", "b": "B", "c": "C", "d": "D", "e": "E",
}  # fmt: skip
_LENGTH = {"intro": 4, "outro": 4, "ending": 4, "pre-chorus": 4, "build": 8, "interlude": 4}
# What a section shares its progression and tune with.
_KIND = {
    "verse": "a", "A": "a", "head": "a", "groove": "a", "theme": "a", "chorus": "c", "drop": "c", "B": "c", "climax": "c",
    "mambo": "c", "bridge": "b", "C": "b", "break": "b", "dub": "b", "solo": "s", "montuno": "s", "pre-chorus": "p",
    "build": "p", "D": "d", "E": "e", "intro": "i", "outro": "o", "ending": "o", "interlude": "i",
}  # fmt: skip
_UNITS: dict[str, tuple[tuple[str, ...], ...]] = {
    "song": (
        ("verse",), ("verse", "chorus"), ("verse", "chorus", "chorus"), ("verse", "chorus", "verse", "chorus"),
        ("verse", "chorus", "verse", "bridge", "chorus"), ("verse", "chorus", "verse", "chorus", "bridge", "chorus"),
        ("verse", "chorus", "verse", "chorus", "bridge", "chorus", "chorus"),
        ("verse", "pre-chorus", "chorus", "verse", "pre-chorus", "chorus", "bridge", "chorus"),
    ),
    "loop": (("A",), ("A", "B"), ("A", "A", "B"), ("A", "B", "A", "B"), ("A", "B", "A", "C", "B"),
             ("A", "B", "A", "C", "B", "A")),
    "edm": (("drop",), ("build", "drop"), ("groove", "build", "drop"), ("build", "drop", "break", "drop"),
            ("groove", "build", "drop", "break", "drop"), ("groove", "build", "drop", "break", "build", "drop"),
            ("groove", "build", "drop", "groove", "break", "build", "drop")),
    "jazz": (("head",), ("head", "solo"), ("head", "solo", "head"), ("head", "solo", "solo", "head")),
    "blues": (("head",), ("head", "solo"), ("head", "solo", "head"), ("head", "solo", "solo", "head")),
    "aaba": (("A",), ("A", "B"), ("A", "B", "A"), ("A", "A", "B", "A"), ("A", "A", "B", "A", "solo"),
             ("A", "A", "B", "A", "solo", "A")),
    "ternary": (("A",), ("A", "B"), ("A", "B", "A"), ("A", "A", "B", "A"), ("A", "A", "B", "C", "A")),
    "arc": (("A",), ("A", "B"), ("A", "A", "B"), ("A", "C", "B", "A")),
    "cinematic": (("A",), ("A", "climax"), ("A", "B", "climax"), ("A", "B", "A", "climax"), ("A", "B", "A", "B", "climax")),
    "salsa": (("verse",), ("verse", "mambo"), ("verse", "montuno", "mambo"), ("verse", "mambo", "montuno", "mambo"),
              ("verse", "verse", "mambo", "montuno", "mambo")),
}  # fmt: skip
_MORE = {"song": ("verse", "chorus"), "edm": ("groove", "drop"), "jazz": ("solo",), "blues": ("solo",),
         "salsa": ("montuno", "mambo")}  # fmt: skip


def section_name(text: str) -> str:
    """Return the usual name of a section ("Verse 1" → "verse", "hook" → "chorus")."""
    clean = re.sub(r"[\s_]*\d+$", "", text.strip())
    lower = clean.lower()
    lower = _NAMES.get(lower, lower)
    return lower if lower in ENERGY or len(clean) > 1 else clean.upper()


def kind_of(name: str) -> str:
    """Return the letter of the material that a section uses: equal letters share tune and chords."""
    return _KIND.get(section_name(name), "a")


def read_form(asked: Sequence[str]) -> list[tuple[str, int | None]]:
    """Read an asked form: names, with bars where they are given ("verse:16", "8 bar intro"); letters come apart ("AABA").

    Raises
    ------
    InvalidArgument : a section of no bars.
    """
    out: list[tuple[str, int | None]] = []
    for entry in asked:
        text = entry.strip()
        if re.fullmatch(r"[A-E](?:[ \-]?[A-E])+", text):
            out += [(letter, None) for letter in re.sub(r"[^A-E]", "", text)]
            continue
        match = re.fullmatch(r"(?:(\d+)[\s-]*bars?(?: of)?\s+)?(.+?)(?:\s*[:(×x]\s*(\d+)(?:[\s-]*bars?)?\)?|\s+(\d+)[\s-]*bars?)?", text, re.I)  # fmt: skip
        bars = next((int(n) for n in (match[1], match[3], match[4]) if n), None) if match else None
        name = section_name(match[2] if match else text)
        if bars is not None and not 1 <= bars <= 500:
            raise InvalidArgument(f"'{entry}' has no length that can be made.", "Write for example verse:16.")
        if name:
            out.append((name, bars))
    return out


def default_bars(form: Sequence[str]) -> int:
    """Return the usual length of an asked form, in bars, with one bar to end on where it is not given bar by bar."""
    read = read_form(form)
    given = all(bars for _, bars in read)
    return sum(bars or _LENGTH.get(name, 8) for name, bars in read) + (1 if len(read) > 1 and not given else 0)


def plan_form(
    family: str,
    bars: int,
    asked: Sequence[str],
    energy: Sequence[float],
    loop: bool,
    rng: random.Random,
    *,
    cycle: int = 1,
    given: Sequence[tuple[str, int]] = (),
) -> list[Section]:
    """Return sections that fill ``bars`` bars exactly.

    An asked form is kept in order; its sections get the bars they ask for, or their usual proportions. Without
    one, the family decides. ``energy`` (each 0–1, spread over the piece) replaces the usual curve.

    Parameters
    ----------
    cycle : bars of an asked progression: sections of free length are whole turns of it.
    given : bars of sections whose place in the form is free ("intro", 8).
    """
    if asked:
        read = read_form(asked)
        lengths = _fixed([n or 0 for _, n in read], [_LENGTH.get(name, 8) for name, _ in read], bars, cycle)
        named = [(name, n) for (name, _), n in zip(read, lengths, strict=True) if n > 0]
    elif loop:
        named = [("A", bars)] if bars <= 8 or cycle > 8 else [("A", bars // 2), ("B", bars - bars // 2)]
    else:
        named = _free_form(family, bars, rng)
        if given:
            named = _with_given(named, dict(given), bars, cycle)
        elif cycle > 1 and any(at % cycle for at in _starts(named)):
            named = _in_cycles([name for name, _ in named], bars, cycle)
    if len(energy) > 1 and not asked:
        named = _divided(named, max(1, cycle))
    return with_energy(named, energy)


def _starts(named: Sequence[tuple[str, int]]) -> list[int]:
    return [sum(n for _, n in named[:i]) for i in range(len(named))]


def _fixed(wanted: Sequence[int], usual: Sequence[int], bars: int, cycle: int) -> list[int]:
    """Return lengths that sum to ``bars``: those that are wanted (not 0) exactly where there is room."""
    room = bars - sum(wanted)
    free = [n for n, fixed in zip(usual, wanted, strict=True) if not fixed]
    if room < len(free) or (not free and room):
        return _stretched([fixed or n for n, fixed in zip(usual, wanted, strict=True)], bars, cycle)
    rest = iter(_stretched(free, room, cycle) if free else [])
    return [fixed or next(rest) for fixed in wanted]


def _with_given(named: list[tuple[str, int]], given: dict[str, int], bars: int, cycle: int) -> list[tuple[str, int]]:
    """Return a free form in which the sections of ``given`` have their bars; an intro or outro that lacks comes in."""
    names = [name for name, _ in named]
    if "intro" in given and names[0] != "intro":
        names.insert(0, "intro")
    if "outro" in given and names[-1] != "outro":
        names.append("outro")
    while len(names) > 2 and sum(given.get(name, 4) for name in names) > bars:
        index = next((i for i, name in enumerate(names) if name not in given), len(names) - 1)
        names.pop(index)
    lengths = _fixed([given.get(name, 0) for name in names], [_LENGTH.get(name, 8) for name in names], bars, cycle)
    return [(name, n) for name, n in zip(names, lengths, strict=True) if n > 0]


def _in_cycles(names: Sequence[str], bars: int, cycle: int) -> list[tuple[str, int]]:
    """Return sections that all begin with the first chord of a progression of ``cycle`` bars."""
    names = list(names)
    while len(names) > 1 and len(names) * cycle > bars:
        names.pop(0 if names[0] in ("intro", "groove") else -1)
    lengths = _stretched([max(cycle, _LENGTH.get(name, 8)) for name in names], bars, cycle)
    return [(name, n) for name, n in zip(names, lengths, strict=True) if n > 0]


def _divided(named: Sequence[tuple[str, int]], cycle: int) -> list[tuple[str, int]]:
    """Return sections of at most eight bars (or one turn of the chords), so that an energy curve can be followed."""
    size = cycle * max(1, round(8 / cycle))
    out = []
    for name, n in named:
        while n >= size + 4:
            out.append((name, size))
            n -= size
        out.append((name, n))
    if len(out) == 1 and out[0][1] >= 8 and cycle in (1, 2, 4):
        out = [(out[0][0], 4), (out[0][0], out[0][1] - 4)]
    return out


_PEAK = 0.72  # where a piece is at its fullest, as a share of its length


def with_energy(named: Sequence[tuple[str, int]], energy: Sequence[float]) -> list[Section]:
    """Return sections in a row with their energies; without a curve, the fullest lies about three quarters through."""
    total = sum(n for _, n in named)
    starts = _starts(named)
    levels = [ENERGY.get(name, 0.6) for name, _ in named]
    if energy:
        levels = [_curve(energy, (at + n / 2) / total) for at, (_, n) in zip(starts, named, strict=True)]
    elif len(named) > 2:
        levels = [
            level + 0.06 * (kind_of(name) == "a" and i >= 3)
            for i, (level, (name, _)) in enumerate(zip(levels, named, strict=True))
        ]
        top = max(levels)

        def fit(i: int) -> float:
            centre = (starts[i] + named[i][1] / 2) / total
            return levels[i] - 1.3 * abs(centre - _PEAK) - 0.5 * (named[i][0] in ("build", "break", "outro", "ending"))

        peak = max(range(len(named)), key=fit)
        levels = [level - 0.07 * (level > 0.7) for level in levels]
        levels[peak] = min(1.0, top + 0.1)
    return [
        Section(name=name, start_bar=at + 1, bars=n, energy=round(min(1.0, max(0.0, level)), 3))
        for at, (name, n), level in zip(starts, named, levels, strict=True)
    ]


def _curve(points: Sequence[float], where: float) -> float:
    if len(points) == 1:
        return points[0]
    at = where * len(points) - 0.5
    low = min(len(points) - 1, max(0, math.floor(at)))
    high = min(len(points) - 1, low + 1)
    share = min(1.0, max(0.0, at - low))
    return points[low] * (1 - share) + points[high] * share


def _stretched(usual: Sequence[int], bars: int, cycle: int = 1) -> list[int]:
    """Return lengths in the proportion of ``usual`` that sum to ``bars``.

    They are whole turns of the chords where these are given, else fours or twos where they can be; what is
    left over ends the last section. Where there are more sections than bars the last ones get none.
    """
    total = sum(usual)
    ideal = [n * bars / total for n in usual]
    whole = cycle * max(1, round(4 / cycle))
    for step in dict.fromkeys((whole, cycle, 4, 2, 1) if cycle > 1 else (4, 2, 1)):
        if step * len(usual) > bars:
            continue
        lengths = [max(step, round(n / step) * step) for n in ideal]
        while sum(lengths) > bars:
            index = max((i for i, n in enumerate(lengths) if n > step), key=lambda i: (lengths[i] - ideal[i], -i))
            lengths[index] -= step
        while sum(lengths) + step <= bars:
            index = max(range(len(lengths)), key=lambda i: (ideal[i] - lengths[i], i))
            lengths[index] += step
        lengths[-1] += bars - sum(lengths)
        return lengths
    return [1 if index < bars else 0 for index in range(len(usual))]


def _free_form(family: str, bars: int, rng: random.Random) -> list[tuple[str, int]]:
    if bars < 8:
        return [(_UNITS[family][0][0], bars)]
    if family == "blues":
        return _blues_form(bars)
    if family == "edm" and 21 <= bars <= 37:
        return _short_edm(bars)
    unit = 16 if bars >= 96 and family in ("edm", "jazz") else 8 if bars >= 21 else 4
    if unit == 8 and family in ("jazz", "ternary", "arc") and bars < 25:
        unit = 4
    intro = 0 if bars < 13 or family in ("jazz", "ternary", "arc") else 2 if bars < 21 else 4 if bars < 72 else unit
    units, left = divmod(bars - intro, unit)
    if left > 5:
        intro, left = intro + 2, left - 2
    if left == 0 and units >= 3 and unit >= 4:
        outro = min(unit, 4)
        units, left = units - 1, unit
        if left > outro:
            intro, left = intro + left - outro, outro
    names = list(_unit_names(family, units, rng))
    named = [("intro", intro)] if intro else []
    named += [(name, unit) for name in names]
    if left == 1 and len(names) > 2 and unit == 8:  # room to come down in after the last chorus
        shrinks = [i for i, (name, _) in enumerate(named) if name in ("break", "bridge", "build", "montuno")]
        if not shrinks and kind_of(names[-1]) == "c" and kind_of(names[-2]) in "ac":
            shrinks = [len(named) - 1]
        if shrinks:
            named[shrinks[-1]], left = (named[shrinks[-1]][0], 4), 5
    if left:
        named.append(("outro", left))
    return named


def _short_edm(bars: int) -> list[tuple[str, int]]:
    """Return two drops round a break: the kick drops out once even in under a minute."""
    named = [("intro", 4), ("drop", 4), ("break", 4), ("drop", 8)]
    left = bars - 20
    if left >= 4:
        named[1], left = ("drop", 8), left - 4
    if left >= 5:
        named.insert(1, ("build", 4))
        left -= 4
    if left >= 5:
        named.insert(4, ("build", 4))
        left -= 4
    return [*named, ("outro", left)] if left else named


def _unit_names(family: str, units: int, rng: random.Random) -> tuple[str, ...]:
    tables = _UNITS[family]
    if units <= len(tables):
        return tables[units - 1]
    names = list(tables[-1])
    more = _MORE.get(family, ("A", "B"))
    at = max(1, len(names) - 2)
    while len(names) < units:
        room = units - len(names)
        block = more if room >= len(more) else more[-1:] if rng.random() < 0.5 else more[:1]
        names[at:at] = block
        at += len(block)
    return tuple(names)


def _blues_form(bars: int) -> list[tuple[str, int]]:
    if bars < 12:
        return [("head", bars)]
    intro = 4 if bars % 12 in (4, 5, 6) and bars > 12 else 2 if bars % 12 in (2, 3) and bars > 12 else 0
    choruses, left = divmod(bars - intro, 12)
    names = list(_UNITS["blues"][min(choruses, 4) - 1])
    names[1:1] = ["solo"] * (choruses - len(names))
    named = [("intro", intro)] if intro else []
    named += [(name, 12) for name in names]
    return [*named, ("outro", left)] if left else named
