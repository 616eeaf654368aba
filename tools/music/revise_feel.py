"""How a score is played: half-time and double-time beats, swing, humanised and quantised time. Its notes' pitches stay."""

import random
from collections.abc import Callable, Sequence

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import Note, Part, Score
from segue.tools.music.parts import parts_named
from segue.tools.music.revise_words import bars_meant, genre_of, number_of
from segue.tools.music.rhythm import jitter, meter_of, swung

# Cymbals keep their pace when the beat under them changes its own.
_CYMBALS = frozenset({42, 44, 46, 51, 53, 59, 49, 52, 55, 57})


def half_time(
    score: Score, start_bar: int | None = None, end_bar: int | None = None, section: str | None = None
) -> Score:
    """Return the score with its beat at half the pace: the same patterns over two bars, the hi-hat as fast as before.

    Tempo, harmony and all other parts stay. Fills before a new section stay as they are.

    Raises
    ------
    InvalidArgument : nobody drums in these bars.
    """
    return _beat(score, bars_meant(score, start_bar, end_bar, section), 2.0)


def double_time(
    score: Score, start_bar: int | None = None, end_bar: int | None = None, section: str | None = None
) -> Score:
    """Return the score with its beat at twice the pace: two bars' patterns in one. All other parts stay.

    Raises
    ------
    InvalidArgument : nobody drums in these bars.
    """
    return _beat(score, bars_meant(score, start_bar, end_bar, section), 0.5)


def _beat(score: Score, bars: tuple[int, int], ratio: float) -> Score:
    low, high = score.bar_beat(bars[0]), score.bar_beat(bars[1] + 1)
    kits = {p.name for p in score.parts if p.is_drum and p.role in ("drums", "other")}
    kits = {n for n in kits if (part := score.part(n)) and any(low <= x.start < high for x in part.notes)}
    if not kits:
        raise InvalidArgument("Nobody drums here, so there is no beat to slow or hurry.", "Add drums first.")
    parts = [
        p.model_copy(update={"notes": _at_pace(score, p, bars, ratio)}) if p.name in kits else p for p in score.parts
    ]
    return score.model_copy(update={"parts": parts})


def _at_pace(score: Score, part: Part, bars: tuple[int, int], ratio: float) -> list[Note]:
    bar = score.beats_per_bar
    meter = meter_of(score.meter)
    turns = {s.start_bar + s.bars - 1 for s in score.sections}  # their last bars hold the fills
    by_bar: dict[int, list[Note]] = {}
    for note in part.notes:
        by_bar.setdefault(int((note.start + 1e-6) // bar) + 1, []).append(note)
    out: list[Note] = []
    for number in sorted({*by_bar, *range(bars[0], bars[1] + 1)}):
        own = by_bar.get(number, [])
        start = score.bar_beat(number)
        if not bars[0] <= number <= bars[1] or not own or number in turns or number == score.bars:
            out += own
        elif ratio > 1:
            place = (number - bars[0]) % 2
            model = by_bar.get(number - place, own) if number - place not in turns else own
            first = score.bar_beat(number - place if model is not own else number)
            out += _slowed(model, own, first, start, place if model is not own else 0, bar)
        else:
            out += _hurried(own, start, bar, min(meter.pulses[1:2] or (bar,)))
    return sorted(out, key=lambda n: (n.start, n.pitch))


def _slowed(
    model: Sequence[Note], own: Sequence[Note], first: float, start: float, place: int, bar: float
) -> list[Note]:
    """Return one bar of a two-bar pattern made of one bar's kicks and snares; cymbals stay."""
    out = [n for n in own if n.pitch in _CYMBALS]
    for note in model:
        if note.pitch in _CYMBALS:
            continue
        at = (note.start - first) * 2 - place * bar
        if -1e-6 <= at < bar - 1e-6:
            out.append(note.model_copy(update={"start": round(start + max(0.0, at), 4)}))
    return out


def _hurried(own: Sequence[Note], start: float, bar: float, pulse: float) -> list[Note]:
    """Return the bar's kicks and snares twice as fast, twice; cymbals keep their pace."""
    out = [n for n in own if n.pitch in _CYMBALS]
    taken: set[tuple[float, int]] = set()
    for half in (0.0, bar / 2):
        for note in own:
            if note.pitch in _CYMBALS or (note.velocity <= 46 and pulse <= 0.5):
                continue
            at = round(start + half + (note.start - start) / 2, 4)
            if (at, note.pitch) not in taken:
                taken.add((at, note.pitch))
                duration = max(0.05, note.duration / 2)
                out.append(note.model_copy(update={"start": at, "duration": round(duration, 4)}))
    return out


# -- time ------------------------------------------------------------------------------------------


def set_swing(score: Score, swing: float) -> Score:
    """Return the score with another swing: 0.5 is straight, 0.667 triplets. Only the moments notes sound at change.

    Raises
    ------
    InvalidArgument : out of range.
    """
    if not 0.5 <= swing <= 0.8:
        raise InvalidArgument(f"A swing of {swing:g} is out of range.", "0.5 is straight, 0.667 is triplet swing.")
    if abs(swing - score.swing) < 1e-9:
        return score
    unit = genre_of(score, "").swing_unit
    seconds = 60.0 / score.bpm

    def moved(note: Note) -> Note:
        change = (swung(note.start, swing, unit) - swung(note.start, score.swing, unit)) * seconds
        return note if change == 0 else note.model_copy(update={"shift_s": round(note.shift_s + change, 5)})

    parts = [p.model_copy(update={"notes": [moved(n) for n in p.notes]}) for p in score.parts]
    return score.model_copy(update={"parts": parts, "swing": swing})


def humanise(score: Score, amount: float, words: Sequence[str] = (), *, seed: int | None = None) -> Score:
    """Return the score played more loosely: up to 10 ms and 6 velocities of deviation at ``amount`` 1."""
    number = number_of(seed)

    def loosened(part: Part) -> Part:
        rng = random.Random(f"{number}:humanise:{part.name}")
        notes = [
            n.model_copy(
                update={
                    "shift_s": round(n.shift_s + jitter(rng, 0.01 * amount, 0.025), 5),
                    "velocity": round(max(1.0, min(127.0, n.velocity + jitter(rng, 6.0 * amount, 15.0)))),
                }
            )
            for n in part.notes
        ]
        return part.model_copy(update={"notes": notes})

    return _each(score, words, loosened)


def quantise(score: Score, amount: float = 1.0, words: Sequence[str] = ()) -> Score:
    """Return the score on its grid: played deviations shrink by ``amount`` (1: none left but the swing)."""
    unit, seconds = genre_of(score, "").swing_unit, 60.0 / score.bpm

    def straightened(part: Part) -> Part:
        notes = []
        for note in part.notes:
            grid = (swung(note.start, score.swing, unit) - note.start) * seconds
            notes.append(note.model_copy(update={"shift_s": round(grid + (note.shift_s - grid) * (1 - amount), 5)}))
        return part.model_copy(update={"notes": notes})

    return _each(score, words, straightened)


def _each(score: Score, words: Sequence[str], change: Callable[[Part], Part]) -> Score:
    names = {name for word in words for name in parts_named(score.parts, word)} or {p.name for p in score.parts}
    return score.model_copy(update={"parts": [change(p) if p.name in names else p for p in score.parts]})
