"""Rules 3, 4, 5, 7, 8 and 9: kick and bass, drum patterns and fills, accents, hats, micro-timing and swing."""

import statistics
from collections import Counter
from collections.abc import Iterable

from segue.tools.core.score import Part
from segue.tools.music.bass_grids import FREE_OF_KICK
from segue.tools.music.rhythm import swung
from segue.tools.music.rules_view import Finding, View, deviation, exempt, mean, measured

_KICKS = frozenset({35, 36})
_SNARES = frozenset({37, 38, 39, 40})
_HATS = frozenset({42, 44, 46})
_FILL_KEYS = _SNARES | frozenset({41, 43, 45, 47, 48, 50, *range(60, 69)})
_CRASHES = frozenset({49, 52, 55, 57})


def check_rhythm(view: View) -> list[Finding]:
    """Return the findings of rules 3, 4, 5, 7, 8 and 9."""
    return [
        kick_meets_bass(view), drum_repeats(view), *fills(view), *accents(view), equal_hats(view), *timing(view),
    ]  # fmt: skip


def kick_meets_bass(view: View) -> Finding:
    """Rule 3: share of kicks, in bars where the bass plays, that meet a bass onset within 20 ms as performed."""
    if view.bass_manner in FREE_OF_KICK:
        return exempt("kick_bass", f"the bass is {view.bass_manner.replace('_', ' ')}")
    clock = view.score.clock()
    active = {int(n.start // view.bar) for n in view.bass}
    kicks = [
        clock.seconds(n.start) + n.shift_s for n in view.kit if n.pitch in _KICKS and int(n.start // view.bar) in active
    ]
    if not kicks:
        return measured("kick_bass", None, "no kicks or no bass")
    onsets: dict[int, list[float]] = {}
    for note in view.bass:
        at = clock.seconds(note.start) + note.shift_s
        onsets.setdefault(int(at * 10), []).append(at)
    met = sum(
        any(abs(at - other) <= 0.02 for cell in (-1, 0, 1) for other in onsets.get(int(at * 10) + cell, ()))
        for at in kicks
    )
    return measured("kick_bass", met / len(kicks), f"{met} of {len(kicks)} kicks meet a bass onset within 20 ms")


def drum_repeats(view: View) -> Finding:
    """Rule 4: how many bars of drums stand identical in a row."""
    if not view.kit:
        return measured("drum_repeats", None, "no drums")
    best = run = 0
    before: tuple[tuple[float, int], ...] = ()
    for shape in view.kit_bars:
        run = run + 1 if shape and shape == before else 1 if shape else 0
        best, before = max(best, run), shape
    name = view.genre.name if view.genre else None
    return measured("drum_repeats", best, f"at most {best} identical bars in a row", name)


def fills(view: View) -> list[Finding]:
    """Rule 5: share of section changes with drums on both sides that have a fill before; crash and kick after it."""
    bars = view.kit_bars
    starts = [s.start_bar - 1 for s in view.score.sections[1:]]
    changes = [b for b in starts if 1 <= b < len(bars) - 1 and bars[b] and bars[b - 1]]
    if not changes:
        why = "no change of section with drums on both sides"
        return [measured("fills", None, why), measured("fill_landings", None, why)]
    filled = sum(_is_fill(view, bar - 1) for bar in changes)
    landed = 0
    for bar in changes:
        here = {pitch for at, pitch in bars[bar] if at < 0.02}
        landed += bool(here & _CRASHES) and bool(here & _KICKS)
    return [
        measured("fills", filled / len(changes), f"{filled} of {len(changes)} section changes have a fill before them"),
        measured("fill_landings", landed / len(changes), f"crash and kick begin {landed} of {len(changes)} sections"),
    ]


def _is_fill(view: View, bar: int) -> bool:
    """Return whether the second half of a bar has drums that its section's bars lack, or leaves out what they have."""
    section = next(s for s in reversed(view.score.sections) if s.start_bar - 1 <= bar)
    first = section.start_bar - 1
    usual_bars = [view.kit_bars[b] for b in range(first, bar) if view.kit_bars[b]] or [
        view.kit_bars[b] for b in range(max(0, first - 4), first) if view.kit_bars[b]
    ]
    counts = Counter(hit for shape in usual_bars for hit in set(shape))
    usual = {hit for hit, count in counts.items() if count * 2 >= len(usual_bars)}
    here = set(view.kit_bars[bar])
    late = view.bar / 2 - 0.01
    new = [hit for hit in here - usual if hit[0] >= late and hit[1] in _FILL_KEYS | _KICKS]
    missing = [hit for hit in usual - here if hit[0] >= view.bar - 1.01]
    return len(new) >= 2 or len(missing) >= 3 or (len(new) + len(missing) >= 3)


# -- loud and soft ----------------------------------------------------------------------------------


def accents(view: View) -> list[Finding]:
    """Rule 7: strong beats over weak ones, deviation of each part, jitter that nothing explains, ghost notes."""
    return [_strong_over_weak(view), _deviation(view), _jitter(view), _ghosts(view)]


def _strong_over_weak(view: View) -> Finding:
    """Mean over the parts of how much louder downbeats are than off-beats; soft ghost notes are left out."""
    gaps: list[float] = []
    for part in view.score.parts:
        heard = [(view.strength(n.start), n.velocity) for n in part.notes if n.velocity > 55]
        strong = [velocity for strength, velocity in heard if strength >= 0.99]
        weak = [velocity for strength, velocity in heard if strength <= 0.3]
        if len(strong) >= 4 and len(weak) >= 4:
            gaps.append(mean(strong) - mean(weak))
    if not gaps:
        return measured("accents", None, "no part plays on both strong and weak beats")
    return measured("accents", mean(gaps), f"downbeats over off-beats in velocity, mean of {len(gaps)} parts")


def _deviation(view: View) -> Finding:
    spreads = {p.name: deviation([n.velocity for n in p.notes]) for p in view.score.parts if len(p.notes) >= 24}
    if view.machine:
        return exempt("velocity_deviation", "played by machines")
    if not spreads:
        return measured("velocity_deviation", None, "no part of 24 notes")
    name = max(spreads, key=lambda part: abs(spreads[part] - 13.0))
    return measured("velocity_deviation", spreads[name], f"the part farthest from the middle is {name}")


def _jitter(view: View) -> Finding:
    """Velocity that neither its place in the bar, its drum, nor the loudness of its bar explains (deviation)."""
    left = [r for part in view.score.parts if len(part.notes) >= 24 for r in _residuals(part, view.bar)]
    if len(left) < 24:
        return measured("velocity_jitter", None, "no part of 24 notes")
    return measured("velocity_jitter", deviation(left), "deviation of velocity that place and bar do not explain")


def _residuals(part: Part, bar: float) -> list[float]:
    """Return what is left of velocities after the means of their bars and then of their places."""
    notes = [
        (int(n.start // bar), (round(n.start % bar, 2), n.pitch if part.is_drum else 0), n.velocity) for n in part.notes
    ]
    by_bar = _means((number, v) for number, _, v in notes)
    centred = [(place, v - by_bar[number]) for number, place, v in notes]
    by_place = _means(centred)
    counts = Counter(place for place, _ in centred)
    return [v - by_place[place] for place, v in centred if counts[place] >= 4]


def _means(pairs: Iterable[tuple[object, float]]) -> dict[object, float]:
    total: dict[object, float] = {}
    count: Counter[object] = Counter()
    for key, value in pairs:
        total[key] = total.get(key, 0.0) + value
        count[key] += 1
    return {key: total[key] / count[key] for key in total}


def _ghosts(view: View) -> Finding:
    snares = [n.velocity for n in view.kit if n.pitch in (38, 40)]
    if len(snares) < 8:
        return measured("ghost_notes", None, "fewer than eight snare hits")
    ghosts = [v for v in snares if v < 0.65 * statistics.median(sorted(snares)[len(snares) // 2 :])]
    if not ghosts:
        return measured("ghost_notes", None, "no ghost notes")
    inside = sum(25 <= v <= 55 for v in ghosts)
    return measured(
        "ghost_notes", inside / len(ghosts), f"{inside} of {len(ghosts)} ghost notes have velocities 25 to 55"
    )


def equal_hats(view: View) -> Finding:
    """Rule 8: the longest run of equal hi-hat velocities."""
    if view.machine or (view.genre and (view.genre.drums or {}).get("kit") in ("electronic kit", "808 kit")):
        return exempt("equal_hats", "drum machines repeat themselves")
    best = run = before = 0
    for note in view.kit:
        if note.pitch in _HATS:
            run = run + 1 if note.velocity == before else 1
            best, before = max(best, run), note.velocity
    if not best:
        return measured("equal_hats", None, "no hi-hat")
    return measured("equal_hats", best, f"at most {best} equal hi-hat velocities in a row")


# -- early and late -----------------------------------------------------------------------------------


def timing(view: View) -> list[Finding]:
    """Rule 9: deviation in ms round each part's own offset (machines: none), and swing as asked."""
    unit = view.genre.swing_unit if view.genre else 1.0
    seconds = view.seconds_per_beat
    share = view.score.swing
    spreads: dict[str, float] = {}
    for part in view.score.parts:
        if len(part.notes) >= 24:
            left = [n.shift_s for n in part.notes]
            if share > 0.5:  # what swing moves is meant
                left = [n.shift_s - (swung(n.start, share, unit) - n.start) * seconds for n in part.notes]
            spreads[part.name] = 1000.0 * deviation(left)
    out = [_swing(view, unit)]
    if not spreads:
        return [measured("timing_deviation", None, "no part of 24 notes"), *out]
    if view.machine:
        name = max(spreads, key=lambda part: spreads[part])
        return [measured("machine_timing", spreads[name], f"ms, most in {name}"), *out]
    name = max(spreads, key=lambda part: abs(spreads[part] - 6.0))
    return [measured("timing_deviation", spreads[name], f"ms; the part farthest from the middle is {name}"), *out]


def _swing(view: View, unit: float) -> Finding:
    """Where the second half of a swing unit is played, as a share of it, against the share that was asked for."""
    found: list[float] = []
    for part in view.score.parts:
        phases = [((n.start / unit) % 1.0, n.shift_s) for n in part.notes]
        on = [shift for phase, shift in phases if phase < 0.01]
        off = [shift for phase, shift in phases if abs(phase - 0.5) < 0.01]
        if len(on) >= 8 and len(off) >= 8:
            found.append(0.5 + (statistics.median(off) - statistics.median(on)) / (unit * view.seconds_per_beat))
    if not found:
        return measured("swing_error", None, "nobody plays enough on and off the beat")
    error = abs(statistics.median(found) - view.score.swing)
    return measured("swing_error", error, f"played {statistics.median(found):.3f}, asked {view.score.swing:.3f}")
