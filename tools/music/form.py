"""Form: how long a piece is, which sections it has, and how its energy rises and falls."""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from segue.tools.core.score import Section

ENERGY = {
    "intro": 0.3, "verse": 0.5, "pre-chorus": 0.62, "chorus": 0.85, "bridge": 0.55, "solo": 0.75, "outro": 0.35,
    "A": 0.5, "B": 0.72, "C": 0.6, "head": 0.6, "build": 0.6, "drop": 0.95, "break": 0.35, "groove": 0.6,
    "climax": 0.98, "mambo": 0.85, "montuno": 0.7, "theme": 0.6, "interlude": 0.4, "ending": 0.4, "dub": 0.45,
}  # fmt: skip
_NAMES = {
    "prechorus": "pre-chorus", "pre": "pre-chorus", "hook": "chorus", "refrain": "chorus", "middle 8": "bridge",
    "middle eight": "bridge", "breakdown": "break", "buildup": "build", "build-up": "build", "build up": "build",
    "coda": "outro", "end": "ending", "instrumental": "solo", "strophe": "verse", "introduction": "intro",
    "guitar solo": "solo", "a": "A", "b": "B", "c": "C",
}  # fmt: skip
_LENGTH = {"intro": 4, "outro": 4, "ending": 4, "pre-chorus": 4, "build": 8, "interlude": 4}
# What a section shares its progression and tune with.
_KIND = {
    "verse": "a", "A": "a", "head": "a", "groove": "a", "theme": "a", "chorus": "c", "drop": "c", "B": "c", "climax": "c",
    "mambo": "c", "bridge": "b", "C": "b", "break": "b", "dub": "b", "solo": "s", "montuno": "s", "pre-chorus": "p",
    "build": "p", "intro": "i", "outro": "o", "ending": "o", "interlude": "i",
}  # fmt: skip
_UNITS: dict[str, tuple[tuple[str, ...], ...]] = {
    "song": (
        ("verse",), ("verse", "chorus"), ("verse", "chorus", "chorus"), ("verse", "chorus", "verse", "chorus"),
        ("verse", "chorus", "verse", "bridge", "chorus"), ("verse", "chorus", "verse", "chorus", "bridge", "chorus"),
        ("verse", "chorus", "verse", "chorus", "bridge", "chorus", "chorus"),
        ("verse", "pre-chorus", "chorus", "verse", "pre-chorus", "chorus", "bridge", "chorus"),
    ),
    "loop": (("A",), ("A", "B"), ("A", "B", "A"), ("A", "B", "A", "B"), ("A", "B", "C", "B", "A"),
             ("A", "B", "A", "C", "B", "A")),
    "edm": (("drop",), ("build", "drop"), ("groove", "build", "drop"), ("build", "drop", "break", "drop"),
            ("groove", "build", "drop", "break", "drop"), ("groove", "build", "drop", "break", "build", "drop"),
            ("groove", "build", "drop", "groove", "break", "build", "drop")),
    "jazz": (("head",), ("head", "solo"), ("head", "solo", "head"), ("head", "solo", "solo", "head")),
    "blues": (("head",), ("head", "solo"), ("head", "solo", "head"), ("head", "solo", "solo", "head")),
    "aaba": (("A",), ("A", "B"), ("A", "B", "A"), ("A", "A", "B", "A"), ("A", "A", "B", "A", "solo"),
             ("A", "A", "B", "A", "solo", "A")),
    "ternary": (("A",), ("A", "B"), ("A", "B", "A"), ("A", "A", "B", "A"), ("A", "A", "B", "C", "A")),
    "arc": (("A",), ("A", "B"), ("A", "B", "A"), ("A", "B", "C", "A")),
    "cinematic": (("A",), ("A", "climax"), ("A", "B", "climax"), ("A", "B", "A", "climax"), ("A", "B", "A", "B", "climax")),
    "salsa": (("verse",), ("verse", "mambo"), ("verse", "montuno", "mambo"), ("verse", "mambo", "montuno", "mambo"),
              ("verse", "verse", "mambo", "montuno", "mambo")),
}  # fmt: skip
_MORE = {"song": ("verse", "chorus"), "edm": ("groove", "drop"), "jazz": ("solo",), "blues": ("solo",),
         "salsa": ("montuno", "mambo")}  # fmt: skip


@dataclass(frozen=True)
class Length:
    """How fast and how long: ``hold_s`` is when the last chord is let go, seconds after the last downbeat."""

    bpm: float
    bars: int
    hold_s: float | None
    notes: tuple[str, ...] = ()


def section_name(text: str) -> str:
    """Return the usual name of a section ("Verse 1" → "verse", "hook" → "chorus")."""
    clean = re.sub(r"[\s_]*\d+$", "", text.strip())
    lower = clean.lower()
    lower = _NAMES.get(lower, lower)
    return lower if lower in ENERGY or len(clean) > 1 else clean.upper()


def kind_of(name: str) -> str:
    """Return the letter of the material that a section uses: equal letters share tune and chords."""
    return _KIND.get(section_name(name), "a")


def default_bars(form: Sequence[str]) -> int:
    """Return the usual length of an asked form, in bars, with one bar to end on."""
    return sum(_LENGTH.get(section_name(name), 8) for name in form) + (1 if len(form) > 1 else 0)


def plan_length(
    *,
    bar: float,
    tempo_range: tuple[float, float, float],
    preferred: float,
    bpm: float | None,
    bars: int | None,
    duration_s: float | None,
    loop: bool,
    free_bars: int,
) -> Length:
    """Choose tempo and whole bars.

    Parameters
    ----------
    bar : length of a bar in beats.
    tempo_range : lowest, typical and highest bpm of the genre.
    preferred : the tempo to choose where nothing forces another.
    free_bars : how many bars to write where neither bars nor a duration was asked for.

    Returns
    -------
    Length : so that the last downbeat, its held chord and the ring-out end at ``duration_s``.
    """
    if duration_s is None:
        return Length(bpm or preferred, bars or free_bars, None)
    if loop:
        return _loop_length(bar, tempo_range, preferred, bpm, bars, duration_s)
    ring = min(2.4, max(1.6, 0.06 * duration_s)) if duration_s >= 6 else 0.27 * duration_s
    if bars is not None:
        if bpm is None:
            exact = bars * bar * 60.0 / (duration_s - ring)
            fitting = min(max(exact, 30.0), 300.0)
            low, _, high = tempo_range
            said: tuple[str, ...] = ()
            if not low <= fitting <= high:
                said = (f"{bars} bars in {duration_s:g} s need {fitting:.0f} bpm.",)
            return Length(round(fitting, 2), bars, None, said)
        music = bars * bar * 60.0 / bpm
        said = ()
        if abs(music - duration_s) > 4.5:
            said = (f"{bars} bars at {bpm:g} bpm last {music:.1f} s, not {duration_s:g} s: bars and tempo were kept.",)
        hold = None if said else max(0.4, duration_s - ring - (bars - 1) * bar * 60.0 / bpm)
        return Length(bpm, bars, hold, said)

    def fit(tempo: float) -> tuple[int, float]:
        seconds = bar * 60.0 / tempo
        before = max(0, math.floor((duration_s - ring - min(0.5 * seconds, 1.0)) / seconds))
        return before + 1, duration_s - ring - before * seconds

    if bpm is not None:
        count, hold = fit(bpm)
        return Length(bpm, count, max(0.3, hold))
    low, _, high = tempo_range
    best: tuple[float, float, int, float] | None = None
    for tempo in range(math.ceil(min(low, preferred)), math.floor(max(high, preferred)) + 1):
        count, hold = fit(tempo)
        cost = abs(tempo - preferred) / max(1.0, high - low) * 1.6
        cost += 0.5 * ((count - 1) % 4 != 0) + 0.4 * ((count - 1) % 2) + 0.2 * abs(hold * tempo / 60.0 / bar - 1.0)
        if best is None or cost < best[0]:
            best = (cost, float(tempo), count, hold)
    if best is None:
        count, hold = fit(preferred)
        return Length(preferred, count, max(0.3, hold))
    return Length(best[1], best[2], max(0.3, best[3]))


def _loop_length(
    bar: float,
    tempo_range: tuple[float, float, float],
    preferred: float,
    bpm: float | None,
    bars: int | None,
    duration_s: float,
) -> Length:
    """Return whole bars that last exactly ``duration_s`` where the tempo is free, the nearest otherwise."""
    if bpm is not None:
        count = bars or max(1, round(duration_s * bpm / 60.0 / bar))
        exact = count * bar * 60.0 / bpm
        said: tuple[str, ...] = ()
        if abs(exact - duration_s) > 0.01:
            said = (f"A seamless loop of {count} bars at {bpm:g} bpm lasts {exact:.2f} s, not {duration_s:g} s.",)
        return Length(bpm, count, None, said)
    if bars is not None:
        return Length(round(bars * bar * 60.0 / duration_s, 4), bars, None)
    counts = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, *range(1, 200)]
    low, _, high = tempo_range

    def cost(count: int) -> float:
        tempo = count * bar * 60.0 / duration_s
        outside = 0.0 if low <= tempo <= high else 2.0
        return abs(math.log(tempo / preferred)) + outside + 0.3 * (count % 4 != 0) + 0.3 * (count % 2)

    count = min(counts, key=cost)
    return Length(round(count * bar * 60.0 / duration_s, 6), count, None)


def plan_form(
    family: str, bars: int, asked: Sequence[str], energy: Sequence[float], loop: bool, rng: random.Random
) -> list[Section]:
    """Return sections that fill ``bars`` bars exactly.

    An asked form is kept in order; its sections get their usual proportions. Without one, the
    family decides. ``energy`` (each 0–1, spread over the piece) replaces the usual curve.
    """
    if asked:
        lengths = _stretched([_LENGTH.get(section_name(name), 8) for name in asked], bars)
        named = [(section_name(name), n) for name, n in zip(asked, lengths, strict=True) if n > 0]
    elif loop:
        named = [("A", bars)] if bars <= 8 else [("A", bars // 2), ("B", bars - bars // 2)]
    else:
        named = _free_form(family, bars, rng)
    return with_energy(named, energy)


def with_energy(named: Sequence[tuple[str, int]], energy: Sequence[float]) -> list[Section]:
    """Return sections in a row with their energies; the last high point is the highest."""
    total = sum(n for _, n in named)
    high = [i for i, (name, _) in enumerate(named) if kind_of(name) == "c"]
    out: list[Section] = []
    start = 1
    for index, (name, n) in enumerate(named):
        if energy:
            level = _curve(energy, (start - 1 + n / 2) / total)
        else:
            level = ENERGY.get(name, 0.6)
            if high and index == high[-1] and len(high) > 1:
                level = min(1.0, level + 0.1)
            elif kind_of(name) == "a" and index >= 3:
                level += 0.06
        out.append(Section(name=name, start_bar=start, bars=n, energy=round(min(1.0, max(0.0, level)), 3)))
        start += n
    return out


def _curve(points: Sequence[float], where: float) -> float:
    if len(points) == 1:
        return points[0]
    at = where * len(points) - 0.5
    low = min(len(points) - 1, max(0, math.floor(at)))
    high = min(len(points) - 1, low + 1)
    share = min(1.0, max(0.0, at - low))
    return points[low] * (1 - share) + points[high] * share


def _stretched(usual: list[int], bars: int) -> list[int]:
    """Return lengths in the proportion of ``usual`` that sum to ``bars``, in fours where they can be."""
    total = sum(usual)
    for step in (4, 2, 1):
        lengths = [max(step, round(n * bars / total / step) * step) for n in usual]
        rest = bars - sum(lengths)
        if rest == 0:
            return lengths
        if step == 1:
            break
        if 0 < rest <= 3 and min(lengths) >= step:  # the odd bars end the last section
            lengths[-1] += rest
            return lengths
        if rest < 0 and abs(rest) < lengths[-1] - step:
            lengths[-1] += rest
            return lengths
    index = 0
    while rest != 0 and any(lengths):
        at = index % len(lengths)
        if rest > 0 or lengths[at] > 1 or bars < len(lengths):
            change = 1 if rest > 0 else -1
            if lengths[at] + change >= 0:
                lengths[at] += change
                rest -= change
        index += 1
    return lengths


def _free_form(family: str, bars: int, rng: random.Random) -> list[tuple[str, int]]:
    if bars < 8:
        return [(_UNITS[family][0][0], bars)]
    if family == "blues":
        return _blues_form(bars)
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
    if left:
        named.append(("outro", left))
    return named


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
