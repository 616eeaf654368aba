"""Length: the tempo, the whole bars and the held last chord that together last as long as was asked."""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Length:
    """How fast and how long: ``hold_s`` is when the last chord is let go, seconds after the last downbeat."""

    bpm: float
    bars: int
    hold_s: float | None
    notes: tuple[str, ...] = ()


def fills(bars: int, bar: float, bpm: float, duration_s: float) -> bool:
    """Tell whether bars at a tempo can last that long: the last downbeat sounds and rings, and no silence follows.

    ``bar`` is the length of a bar in beats.
    """
    seconds = bar * 60.0 / bpm
    return duration_s - (bars - 1) * seconds >= 0.5 and duration_s - bars * seconds <= 4.5


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
            fitting = bars * bar * 60.0 / (duration_s - ring)
            low, _, high = tempo_range
            if not 30 <= fitting <= 300:  # nobody plays that: the length is kept
                free = plan_length(bar=bar, tempo_range=tempo_range, preferred=preferred, bpm=None, bars=None,
                                   duration_s=duration_s, loop=False, free_bars=bars)  # fmt: skip
                text = (
                    f"{bars} bars in {duration_s:g} s would need {fitting:.0f} bpm: {free.bars} bars were made instead."
                )
                return replace(free, notes=(text,))
            said: tuple[str, ...] = ()
            if not low <= fitting <= high:
                said = (f"{bars} bars in {duration_s:g} s need {fitting:.0f} bpm.",)
            return Length(round(fitting, 2), bars, None, said)
        music, last = bars * bar * 60.0 / bpm, (bars - 1) * bar * 60.0 / bpm
        if not fills(bars, bar, bpm, duration_s):
            text = f"{bars} bars at {bpm:g} bpm last {music:.1f} s, not {duration_s:g} s: bars and tempo were kept."
            return Length(bpm, bars, None, (text,))
        return Length(bpm, bars, max(0.25, duration_s - last - min(ring, 0.6 * (duration_s - last))))

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
