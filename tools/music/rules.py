"""The rules of composing as measures: what makes written music sound like music, checked on scores and on sound.

Every rule has one or more measures, each with a frozen range in ``rules.json`` (the rule's starting value,
what human-made scores measure, the range in use). A style that breaks a rule on purpose is exempt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from segue.tools.core.score import Score
from segue.tools.music.compose_request import Request
from segue.tools.music.rules_form import check_form
from segue.tools.music.rules_harmony import check_harmony
from segue.tools.music.rules_rhythm import check_rhythm
from segue.tools.music.rules_tune import check_tune
from segue.tools.music.rules_view import Finding, View, exempt

__all__ = ["Finding", "Row", "check_rules", "check_view", "distance", "rules_table", "shares_met"]


def check_rules(score: Score, request: Request | None = None) -> list[Finding]:
    """Return what every measure found in a score, in the order of the rules.

    Parameters
    ----------
    request : what was asked for, where it is known: a loop has no end, a tempo that was asked for stays.
    """
    return check_view(View(score), request)


def check_view(view: View, request: Request | None = None) -> list[Finding]:
    """Return the findings of ``check_rules`` for a score that was read already."""
    found = [*check_harmony(view), *check_rhythm(view), *check_tune(view), *check_form(view, request)]
    excuses = _excuses(request) if request is not None else {}
    found = [exempt(f.name, excuses[f.name]) if f.name in excuses and f.met is not None else f for f in found]
    return sorted(found, key=lambda finding: finding.rule)


_TUNE = ("melody_steps", "leap_returns", "melody_range", "strong_chord_tones", "dissonance_steps", "phrase_rests",
         "lead_silence", "motif_returns", "motif_variants", "chorus_likeness", "verse_chorus_likeness", "melody_end")  # fmt: skip


def _excuses(request: Request) -> dict[str, str]:
    """Return the measures that a wish decides instead of the composer, each with the wish."""
    out: dict[str, str] = {}
    if request.melody is not None:
        out |= dict.fromkeys(_TUNE, "the tune was given")
    if request.chords:
        out |= {"section_cadences": "the chords were asked for"}
    if request.energy or request.fades:
        out |= dict.fromkeys(("chorus_density", "chorus_parts", "peak_place"), "the energy was asked for")
    if request.feel is not None:
        out |= {"timing_deviation": "the looseness was asked for"}
    if request.dynamics is not None:
        out |= {"velocity_deviation": "the dynamics were asked for"}
    return out


def shares_met(findings: Iterable[Finding]) -> dict[int, float]:
    """Return for every rule that applies the share of its measures that are met."""
    marks: dict[int, list[bool]] = {}
    for finding in findings:
        if finding.met is not None:
            marks.setdefault(finding.rule, []).append(finding.met)
    return {rule: sum(met) / len(met) for rule, met in sorted(marks.items())}


@dataclass(frozen=True)
class Row:
    """One measure in the scores of one genre: how many it applies to, how many meet it, the worst of them."""

    genre: str
    rule: int
    name: str
    applies: int
    met: int
    worst: Finding | None

    @property
    def share(self) -> float:
        """Share of the scores it applies to that meet it; 1 where it applies to none."""
        return self.met / self.applies if self.applies else 1.0


def rules_table(scores: Sequence[Score]) -> list[Row]:
    """Return one row for every genre and measure, the worst first, then by genre and rule."""
    cells: dict[tuple[str, int, str], list[Finding]] = {}
    for score in scores:
        for finding in check_rules(score):
            cells.setdefault((score.genre or "", finding.rule, finding.name), []).append(finding)
    rows = []
    for (genre, rule, name), found in cells.items():
        judged = [f for f in found if f.met is not None]
        unmet = [f for f in judged if not f.met]
        worst = max(unmet, key=distance, default=None)
        rows.append(Row(genre, rule, name, len(judged), len(judged) - len(unmet), worst))
    return sorted(rows, key=lambda row: (row.share, row.genre, row.rule, row.name))


def distance(finding: Finding) -> float:
    """Return how far a value lies outside its range."""
    low, high = finding.wanted
    value = finding.value or 0.0
    return max((low - value) if low is not None else 0.0, (value - high) if high is not None else 0.0)
