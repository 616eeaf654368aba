"""Words into musical wishes: what a prompt says about the piece that is wanted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from segue.tools.core import vocabulary
from segue.tools.core.instruments import find_ensemble
from segue.tools.core.vocabulary import Found
from segue.tools.music.form import section_name

_NEGATION = re.compile(
    r"(?:\bno|\bwithout(?: any| the)?|\bexcept(?: for)?|\bminus|\bnot? any|\bleave out(?: the)?|\bomit(?: the)?|\bexcluding|\bbut no"
    r"|\binstead of(?: the)?|\bnever|\bdrop the|\bohne|\bzero)\s+(?:[\w-]+\s+){0,2}$",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"\b(solo|only|just|nothing but|unaccompanied|duet|duo|trio|quartet|quintet|a cappella|alone)\b"
    r"|\b(piano|guitar|harp|organ|harpsichord|cello|violin|flute) (piece|etude|sonata|nocturne|prelude|miniature|lullaby)\b",
    re.IGNORECASE,
)
_LOOP = re.compile(r"\b(loops?|looping|loopable|seamless)\b", re.IGNORECASE)
_SECTIONS = (
    r"(?:pre-?chorus|chorus|verse|bridge|intro(?:duction)?|outro|hook|refrain|drop|breakdown|break|build-?up|build|solo"
    r"|middle (?:8|eight)|coda|interlude|ending)"
)
_FORM = re.compile(rf"\b{_SECTIONS}(?:[\s,>/→–-]+(?:then |and |a |an |the |into )?{_SECTIONS})+\b", re.IGNORECASE)
_INTRO = re.compile(r"\b(?:an?|the)?\s*(?:[\w.-]+[\s-]+){0,3}(intro|introduction|outro)\b(?! with)", re.IGNORECASE)
_DENSE = re.compile(r"\b(busy|busier|dense|complex|virtuosic|fast notes|many notes)\b", re.IGNORECASE)
_SPARSE = re.compile(
    r"\b(sparse|sparser|simple|minimal(?:ist)?|few notes|stripped(?:-| )down|understated)\b", re.IGNORECASE
)
_SWING = re.compile(r"\bswing(?:\s+of|\s+at)?\s+(\d{2}(?:\.\d)?)\s*%|\b(\d{2}(?:\.\d)?)\s*%\s+swing\b", re.IGNORECASE)
_STRAIGHT = re.compile(r"\b(straight|no swing|unswung)\b", re.IGNORECASE)
_SWUNG = re.compile(r"\b(swung|with swing|swinging|shuffled?)\b", re.IGNORECASE)


GENERAL = frozenset({"drums", "beat", "bass", "guitar", "guitars"})  # what each genre has a kind of its own of


@dataclass(frozen=True)
class Words:
    """What words ask for; None and empty where they say nothing. ``tempo_range`` is (low, high) in bpm."""

    genre: str | None = None
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    bpm: float | None = None
    tempo_range: tuple[float, float] | None = None
    key: str | None = None
    meter: str | None = None
    duration_s: float | None = None
    bars: int | None = None
    chords: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only: bool = False
    loop: bool = False
    swing: float | None = None
    density: float | None = None


def wishes_in(prompt: str) -> Words:
    """Read a prompt.

    >>> wishes_in("90 bpm lo-fi in D minor, 40 seconds, Rhodes, no bass").exclude
    ('bass',)
    """
    if not prompt.strip():
        return Words()
    instruments, exclude = _instruments(prompt)
    taken = [(f.start, f.end) for f in vocabulary.instruments_in(prompt) if not find_ensemble(f.value)]
    genres = [f for f in vocabulary.genres_in(prompt) if not _inside(f, taken) or (f.start, f.end) in taken]
    styled = [(f.start, f.end) for f in genres]
    wanted = [f.value for f in genres if not _negated(prompt, f.start)]
    bpm, tempo_range = _tempo(prompt)
    duration = vocabulary.duration_in(prompt)
    bars = [f.value.count for f in vocabulary.bars_in(prompt) if f.value.count]
    chords = vocabulary.chords_in(prompt)
    key = vocabulary.key_in(prompt)
    meter = vocabulary.meter_in(prompt)
    moods = [f.value for f in vocabulary.moods_in(prompt) if not _negated(prompt, f.start) and not _inside(f, styled)]
    alone = (
        bool(_ALONE.search(prompt))
        and bool(instruments)
        and not re.search(r"\b(solo section|guitar solo|sax solo)\b", prompt, re.I)
    )
    return Words(
        genre=wanted[0] if wanted else None,
        genres=tuple(dict.fromkeys(wanted)),
        moods=tuple(dict.fromkeys(moods)),
        bpm=bpm,
        tempo_range=tempo_range,
        key=key[0].value if key else None,
        meter=meter[0].value if meter else "3/4" if re.search(r"\b(waltz|minuet)", prompt, re.IGNORECASE) else None,
        duration_s=duration[0].value if duration else None,
        bars=bars[0] if bars else None,
        chords=tuple(chords[0].value) if chords else (),
        form=_form(prompt),
        instruments=tuple(instruments),
        exclude=tuple(exclude),
        only=alone or any("quartet" in i or "trio" in i for i in instruments),
        loop=bool(_LOOP.search(prompt)),
        swing=_swing(prompt),
        density=0.7 if _DENSE.search(prompt) else -0.7 if _SPARSE.search(prompt) else None,
    )


def _negated(text: str, at: int) -> bool:
    return bool(_NEGATION.search(text[max(0, at - 40) : at]))


def _inside(found: Found[str], spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= found.start and found.end <= end for start, end in spans)


def _instruments(text: str) -> tuple[list[str], list[str]]:
    """Return the instruments that are wanted, and those that are not: "no drums or bass", "without guitar"."""
    wanted: list[str] = []
    unwanted: list[str] = []
    before: tuple[int, bool] | None = None
    styles = [(f.start, f.end) for f in vocabulary.genres_in(text)]
    for found in vocabulary.instruments_in(text):
        if _inside(found, styles) and not find_ensemble(found.value):
            continue
        negated = _negated(text, found.start)
        if before is not None and not negated:
            between = text[before[0] : found.start].lower()
            negated = before[1] and bool(re.fullmatch(r"\s*(,|or|and|nor|,\s*or|,\s*and|/|&)\s*(any\s+)?", between))
        word = text[found.start : found.end].lower()
        word = word if negated or word in GENERAL else found.value
        (unwanted if negated else wanted).append(word)
        before = (found.end, negated)
    if re.search(r"\b(no|without)\s+(?:any\s+)?percussion\b", text, re.IGNORECASE):
        unwanted.append("percussion")
    return list(dict.fromkeys(wanted)), list(dict.fromkeys(unwanted))


def _tempo(text: str) -> tuple[float | None, tuple[float, float] | None]:
    for found in vocabulary.tempo_in(text):
        tempo = found.value
        if tempo.kind in ("exact", "about"):
            return tempo.bpm, None
        if tempo.kind == "range":
            low = tempo.low if tempo.low is not None else (tempo.high or 120.0) * 0.75
            high = tempo.high if tempo.high is not None else low * 1.3
            return None, (low, high)
        if (
            tempo.low is not None
            and tempo.high is not None
            and text[found.start : found.end].lower() not in ("slow", "fast")
        ):
            return None, (tempo.low, tempo.high)
    # In a wish for music a bare "at 140" is a tempo.
    bare = re.search(r"\bat (\d{2,3})\b(?!\s*(?:%|s\b|sec|hz|khz|db|lufs|bars?\b|:|\.\d))", text, re.IGNORECASE)
    return (float(bare[1]), None) if bare and 30 <= int(bare[1]) <= 300 else (None, None)


def _form(text: str) -> tuple[str, ...]:
    match = _FORM.search(text)
    if match:
        return tuple(section_name(name) for name in re.findall(_SECTIONS, match[0], re.IGNORECASE))
    alone = _INTRO.search(text)
    if alone and not re.search(
        r"\b(song|with an? (?:short |long )?intro|after the intro|no intro|skip the intro)\b", text, re.IGNORECASE
    ):
        return (section_name(alone[1]),)
    return ()


def _swing(text: str) -> float | None:
    match = _SWING.search(text)
    if match:
        return min(0.8, max(0.5, float(match[1] or match[2]) / 100))
    if _STRAIGHT.search(text):
        return 0.5
    return 0.62 if _SWUNG.search(text) else None
