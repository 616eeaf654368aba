"""The critic: how well a score fits a request, and which of several takes to put first.

``judge`` adds four shares, each 0–1 and each worked out from the notes alone:

    total = 0.45 · fit + 0.30 · taste + 0.15 · clean + 0.10 · variety

- fit: the mean over what was asked for (key, tempo, meter, length, bars, chords in order, form, genre,
  instruments in and out, density, swing); 1 where nothing was asked for.
- taste: how nearly the rules that apply are met (``segue.tools.music.rules``), all weighing alike; the measures
  of a rule share its weight, and each counts 0.5 ^ (10 · distance from its range / limit of the range).
- clean: 1 less five times the share of time in which the tune rubs by a semitone against the comping, or the
  bass by a minor ninth against tune or comping.
- variety: how little the tune copies the other takes, and that it neither loops one bar nor never repeats one.

Nothing is drawn by chance: the same scores and request give the same order.
"""

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from segue.tools.core.score import Note, Score
from segue.tools.music.compose_request import Request
from segue.tools.music.critic_fit import shares_of_wishes
from segue.tools.music.rules import check_view, distance
from segue.tools.music.rules_view import Finding, View

_WEIGHTS = {"fit": 0.45, "taste": 0.30, "clean": 0.15, "variety": 0.10}
_GRAM = 6  # notes of a melody that count as the same when they follow each other alike


@dataclass(frozen=True)
class Judgement:
    """What the critic thinks of a score; every figure 0–1. ``reasons`` are sentences, the weightiest first."""

    total: float
    fit: float
    taste: float
    clean: float
    variety: float
    reasons: list[str]
    findings: list[Finding]


@dataclass(frozen=True)
class Ranked:
    """A take in its place: ``index`` among those given, ``score`` 0–1, ``why`` one sentence."""

    index: int
    score: float
    why: str


def judge(score: Score, request: Request, others: Sequence[Score] = ()) -> Judgement:
    """Judge a score by what was asked for, by the rules, by its clashes and against other takes."""
    view = View(score)
    asked = shares_of_wishes(view, request)
    fit = sum(asked.values()) / len(asked) if asked else 1.0
    findings = check_view(view, request)
    taste = _taste(findings)
    rub = clashes(view)
    clean = max(0.0, 1.0 - 5.0 * rub)
    mine = melody_grams(view)
    likeness = max((_likeness(mine, melody_grams(View(other))) for other in others), default=0.0)
    variety = (1.0 - likeness) * _repeats_well(view)
    total = sum(_WEIGHTS[name] * value for name, value in
                (("fit", fit), ("taste", taste), ("clean", clean), ("variety", variety)))  # fmt: skip
    missed = [name for name, value in asked.items() if value < 0.9]
    reasons = [f"What was asked for is missed in {name}." for name in missed]
    unmet = [f for f in findings if f.met is False]
    if unmet:
        reasons.append(f"{len(unmet)} measures of the rules are not met: " + ", ".join(f.name for f in unmet[:4]) + ".")
    if rub > 0.02:
        reasons.append(f"Tune, bass and chords rub by a semitone for {rub:.0%} of the time.")
    if likeness > 0.5:
        reasons.append("Its tune is nearly that of another take.")
    return Judgement(round(total, 4), fit, taste, clean, variety, reasons, findings)


def rank(scores: Sequence[Score], request: Request) -> list[Ranked]:
    """Return takes, the best first; equal ones stay in the order given."""
    judged = [judge(score, request, [*scores[:i], *scores[i + 1 :]]) for i, score in enumerate(scores)]
    order = sorted(range(len(scores)), key=lambda i: (-judged[i].total, i))
    return [Ranked(i, judged[i].total, _why(judged[i], [judged[j] for j in order])) for i in order]


def _taste(findings: Sequence[Finding]) -> float:
    """Return the mean over the rules that apply, their measures weighing alike, of how nearly they are met.

    What misses its range by a tenth of the limit still counts half, so that takes that miss the same rules differ.
    """
    marks: dict[int, list[float]] = {}
    for finding in findings:
        if finding.met is not None:
            limit = max((abs(edge) for edge in finding.wanted if edge is not None), default=1.0)
            off = 0.0 if finding.met else distance(finding)
            marks.setdefault(finding.rule, []).append(0.5 ** (10.0 * off / max(limit, 0.05)))
    return sum(sum(m) / len(m) for m in marks.values()) / len(marks) if marks else 1.0


def _why(one: Judgement, ranked: Sequence[Judgement]) -> str:
    """Say in one sentence what the take has over the others, or what it lacks."""
    figures = (
        f"fit {one.fit:.0%}, rules met {one.taste:.0%}, free of clashes {one.clean:.0%}, variety {one.variety:.0%}"
    )
    if len(ranked) == 1:
        return f"The only take: {figures}."
    best = one is ranked[0]
    other = ranked[1] if best else ranked[0]
    names = {"fit": "fits what was asked for", "taste": "keeps the rules", "clean": "is free of clashes",
             "variety": "has a tune of its own"}  # fmt: skip
    gaps = {name: _WEIGHTS[name] * (getattr(one, name) - getattr(other, name)) for name in names}
    name = max(gaps, key=lambda n: gaps[n]) if best else min(gaps, key=lambda n: gaps[n])
    if abs(gaps[name]) < 1e-9:
        return f"As good as the {'next' if best else 'first'} take: {figures}."
    return f"It {names[name]} {'better than the next' if best else 'less than the first'} take: {figures}."


# -- clashes and copies -------------------------------------------------------------------------------


def clashes(view: View) -> float:
    """Return the share of the tune's and the bass's time that rubs by a semitone or minor ninth.

    The tune rubs a semitone beside, or a minor ninth over, a comping note that it sounds with for at least
    half a beat; the bass where another part lies a minor ninth over a bass note on a pulse.
    """
    comping = sorted((n for p in view.role("chords", "pad") for n in p.notes), key=lambda n: n.start)
    lead = [n for n in view.lead if n.duration >= 0.5]
    bass = [n for n in view.bass if n.duration >= 0.5 and view.strength(n.start) >= 0.6]
    rubbing = _overlap(lead, comping, (1, -1, 13, 25)) + _overlap(bass, [*comping, *view.lead], (-13, -25, -37))
    whole = sum(n.duration for n in lead) + sum(n.duration for n in bass)
    return rubbing / whole if whole else 0.0


def _overlap(upper: Sequence[Note], lower: Sequence[Note], distances: tuple[int, ...]) -> float:
    """Return how many beats notes of ``upper`` lie at one of some distances over notes of ``lower``."""
    by_pitch: dict[int, list[tuple[float, float]]] = {}
    for note in sorted(lower, key=lambda n: n.start):
        by_pitch.setdefault(note.pitch, []).append((note.start, note.end))
    total = 0.0
    for note in upper:
        longest = 0.0
        for step in distances:
            spans = by_pitch.get(note.pitch - step, [])
            first = max(0, bisect.bisect_left(spans, (note.start, 0.0)) - 2)  # one pitch hardly overlaps itself
            for start, end in spans[first:]:
                if start >= note.end:
                    break
                longest = max(longest, min(end, note.end) - max(start, note.start))
        total += longest if longest >= 0.5 - 1e-6 else 0.0
    return total


Grams = set[tuple[tuple[int, float], ...]]


def melody_grams(view: View, size: int = _GRAM) -> Grams:
    """Return every run of ``size`` notes of the tune as intervals with their distances in time: keys do not matter."""
    line = view.lead
    moves = [(b.pitch - a.pitch, round(b.start - a.start, 2)) for a, b in itertools.pairwise(line)]
    return {tuple(moves[i : i + size - 1]) for i in range(len(moves) - size + 2)}


def melody_likeness(one: Score, other: Score) -> float:
    """Return the share of one tune's runs of six notes that the other has too (0 different, 1 a copy)."""
    return _likeness(melody_grams(View(one)), melody_grams(View(other)))


def _likeness(mine: Grams, theirs: Grams) -> float:
    return len(mine & theirs) / min(len(mine), len(theirs)) if mine and theirs else 0.0


def _repeats_well(view: View) -> float:
    """Return 1 where between a fifth and nine tenths of the tune's bars are new, falling to 0 outside."""
    bars: dict[int, list[tuple[float, int]]] = {}
    for note in view.lead:
        bar = int(note.start // view.bar)
        bars.setdefault(bar, []).append((round(note.start - bar * view.bar, 2), note.pitch))
    if len(bars) < 4:
        return 1.0
    new = len({tuple(shape) for shape in bars.values()}) / len(bars)
    return min(1.0, new / 0.2, (1.0 - new) / 0.1 + 0.5)
