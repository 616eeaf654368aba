"""Rules 10 to 13: the steps of a tune, its chord tones, its phrases, the return of its motif."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from segue.tools.core.score import Note
from segue.tools.music.rules_view import Finding, View, measured

_PULSE = 0.6  # metric strength from which a place counts as a strong beat


def check_tune(view: View) -> list[Finding]:
    """Return the findings of rules 10, 11, 12 and 13."""
    return [*steps(view), *chord_tones(view), *phrases(view), *motif(view)]


def intervals(line: Sequence[Note]) -> list[int]:
    """Return the moves of a line in semitones."""
    return [b.pitch - a.pitch for a, b in itertools.pairwise(line)]


def step_share(line: Sequence[Note]) -> float | None:
    """Return the share of moves of at most two semitones, repeated notes included."""
    moves = intervals(line)
    return sum(abs(m) <= 2 for m in moves) / len(moves) if len(moves) >= 8 else None


def leap_returns(line: Sequence[Note]) -> float | None:
    """Return the share of leaps of more than seven semitones after which the line turns back; None for under four."""
    leaps = [(a, b) for a, b in itertools.pairwise(intervals(line)) if abs(a) > 7]
    return sum(a * b < 0 for a, b in leaps) / len(leaps) if len(leaps) >= 4 else None


def steps(view: View) -> list[Finding]:
    """Rule 10: share of steps, leaps that turn back, range in semitones."""
    line = view.lead
    if len(line) < 9:
        return [
            measured(name, None, "no lead of nine notes") for name in ("melody_steps", "leap_returns", "melody_range")
        ]
    pitches = [n.pitch for n in line]
    width = max(pitches) - min(pitches)
    back = leap_returns(line)
    return [
        measured("melody_steps", step_share(line), f"moves of at most two semitones, of {len(line) - 1}"),
        measured(
            "leap_returns",
            back,
            "leaps of more than seven semitones that turn back" if back is not None else "fewer than four wide leaps",
        ),
        measured("melody_range", width, f"from {min(pitches)} to {max(pitches)}"),
    ]


def chord_tones(view: View) -> list[Finding]:
    """Rule 11: chord tones on strong beats; the others move on by step (or are repeated until they do)."""
    line = view.lead
    inside = total = resolved = foreign = 0
    for index, note in enumerate(line):
        chord = view.chord_at(note.start)
        if chord is None or view.strength(note.start) < _PULSE:
            continue
        total += 1
        if note.pitch % 12 in chord.pitch_classes:
            inside += 1
            continue
        after = next((n for n in line[index + 1 :] if n.pitch != note.pitch), None)
        if after is not None:
            foreign += 1
            resolved += abs(after.pitch - note.pitch) <= 2
    if not total:
        return [measured(name, None, "no lead over chords") for name in ("strong_chord_tones", "dissonance_steps")]
    return [
        measured("strong_chord_tones", inside / total, f"{inside} of {total} notes on strong beats are chord tones"),
        measured(
            "dissonance_steps",
            resolved / foreign if foreign else None,
            f"{resolved} of {foreign} others move on by step",
        ),
    ]


# -- phrases --------------------------------------------------------------------------------------------


def phrases(view: View) -> list[Finding]:
    """Rule 12: rests of half a beat after phrases of two or four bars; how much of its time the lead is silent."""
    line = view.lead
    if len(line) < 9:
        return [measured(name, None, "no lead of nine notes") for name in ("phrase_rests", "lead_silence")]
    shares = {bars: _rests_at(view, bars) for bars in (2, 4)}
    found = {bars: share for bars, share in shares.items() if share is not None}
    best = max(found, key=lambda bars: found[bars]) if found else None
    last = (view.score.bars - 1) * view.bar
    heard = [min(n.end, after.start) - n.start for n, after in itertools.pairwise(line)] + [line[-1].duration]
    sounding = sum(min(d, max(0.0, last - n.start)) for n, d in zip(line, heard, strict=True))
    silent = 1.0 - sounding / (max(line[-1].end, last) - line[0].start)
    return [
        measured("phrase_rests", found[best] if best else None, f"rests at the ends of phrases of {best} bars"),
        measured("lead_silence", silent, "share of the time from its first note that the lead is silent"),
    ]


def _rests_at(view: View, bars: int) -> float | None:
    """Return the share of phrase ends, every ``bars`` bars of a section, with half a beat of rest within a beat of them."""
    line = view.lead
    ends = rests = 0
    pieces = view.score.sections or []
    spans = [(s.start_bar - 1, s.start_bar - 1 + s.bars) for s in pieces] or [(0, view.score.bars)]
    for first, after in spans:
        for bar in range(first + bars, after + 1, bars):
            at = bar * view.bar
            begin, end = view.lead_from(at - bars * view.bar), view.lead_from(at + 0.51)
            if begin == end or bar >= view.score.bars:
                continue
            ends += 1
            rests += _rest_near(line[begin : end + 8], at, min(2.0, view.bar / 2))
    return rests / ends if ends else None


def _rest_near(line: Sequence[Note], at: float, room: float) -> bool:
    """Return whether the line rests for half a beat somewhere from ``room`` beats before to one after ``at``."""
    for a, b in itertools.pairwise(line):
        if b.start - a.end >= 0.45 and a.end <= at + 1.0 and b.start >= at - room:
            return True
        if a.start > at + 1.0:
            return False
    return line[-1].end < at + 1.0


# -- the motif --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """A stretch of tune: onsets in beats from its start, and pitches."""

    onsets: tuple[float, ...]
    pitches: tuple[int, ...]


def shape_of(view: View, first: int, bars: int) -> Shape:
    """Return the tune of some bars (from 0)."""
    start, end = first * view.bar, (first + bars) * view.bar
    inside = view.lead[view.lead_from(start) : view.lead_from(end)]
    return Shape(tuple(round(n.start - start, 2) for n in inside), tuple(n.pitch for n in inside))


def likeness(one: Shape, other: Shape) -> float:
    """Return how alike two stretches of tune are, 0–1, whatever their keys.

    The mean of two shares: onsets in common (Dice), and of those the ones reached by the same move:
    up, down or not, and within two semitones of the same size.
    """
    if not one.onsets or not other.onsets:
        return float(not one.onsets and not other.onsets)
    a, b = dict(zip(one.onsets, one.pitches, strict=True)), dict(zip(other.onsets, other.pitches, strict=True))
    common = sorted(set(a) & set(b))
    rhythm = 2.0 * len(common) / (len(a) + len(b))
    moves = [(a[y] - a[x], b[y] - b[x]) for x, y in itertools.pairwise(common)]
    alike = sum((p > 0) == (q > 0) and (p < 0) == (q < 0) and abs(p - q) <= 2 for p, q in moves)
    contour = alike / len(moves) if moves else float(bool(common))
    return 0.5 * rhythm + 0.5 * rhythm * contour


def motif(view: View) -> list[Finding]:
    """Rule 13: returns of the opening motif, some varied; likeness of chorus to chorus and verse to chorus."""
    return [*_returns(view), _chorus_likeness(view), _verse_likeness(view)]


def _returns(view: View) -> list[Finding]:
    if not view.lead or view.score.bars < 12:
        why = "no lead, or too short for returns"
        return [measured("motif_returns", None, why), measured("motif_variants", None, why)]
    first = int((view.lead[0].start + 1e-6) // view.bar)
    opening = shape_of(view, first, 2)
    same = varied = 0
    for bar in range(first + 2, view.score.bars - 2):
        here = shape_of(view, bar, 2)
        if here.onsets and likeness(opening, here) >= 0.6:
            same += 1
            varied += here != opening
    return [
        measured("motif_returns", same, f"the opening two bars come back {same} times"),
        measured("motif_variants", varied, f"{varied} of {same} returns are varied"),
    ]


def _chorus_likeness(view: View) -> Finding:
    choruses = [bars for bars in view.sections_of("c") if shape_of(view, bars.start, len(bars)).onsets]
    if len(choruses) < 2:
        return measured("chorus_likeness", None, "fewer than two choruses with a lead")
    values = [_section_likeness(view, choruses[0], other) for other in choruses[1:]]
    return measured("chorus_likeness", min(values), "the least alike of the later choruses against the first")


def _verse_likeness(view: View) -> Finding:
    verses, choruses = view.sections_of("a"), view.sections_of("c")
    verses = [bars for bars in verses if shape_of(view, bars.start, len(bars)).onsets]
    choruses = [bars for bars in choruses if shape_of(view, bars.start, len(bars)).onsets]
    if not verses or not choruses:
        return measured("verse_chorus_likeness", None, "no verse and chorus with a lead")
    return measured(
        "verse_chorus_likeness", _section_likeness(view, verses[0], choruses[0]), "first verse to first chorus"
    )


def _section_likeness(view: View, one: range, other: range) -> float:
    """Return the mean likeness of sections, two bars at a time, over the bars that both have."""
    bars = min(len(one), len(other))
    pairs = [
        (shape_of(view, one.start + i, min(2, bars - i)), shape_of(view, other.start + i, min(2, bars - i)))
        for i in range(0, bars, 2)
    ]
    heard = [(a, b) for a, b in pairs if a.onsets or b.onsets]
    return sum(likeness(a, b) for a, b in heard) / len(heard) if heard else 0.0
