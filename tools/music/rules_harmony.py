"""Rules 1, 2, 14 and 16: how chords move, where the bass stands, how sections close, where the lead lies."""

import bisect
import itertools
import statistics
from collections.abc import Sequence

from segue.tools.core.score import Note
from segue.tools.core.theory import Key
from segue.tools.music.genres import all_genres
from segue.tools.music.harmony import dominant_chords, parallels, voice_motion
from segue.tools.music.rules_view import Finding, Span, View, exempt, groups, mean, measured

_POWER = frozenset({0, 5, 7})
_E3 = 52


def check_harmony(view: View) -> list[Finding]:
    """Return the findings of rules 1, 2, 14 and 16."""
    return [*voice_leading(view), *bass_notes(view), *cadences(view), *lead_height(view)]


def voice_leading(view: View) -> list[Finding]:
    """Rule 1: mean motion of the voices in semitones at changes of chord; share of parallel fifths and octaves."""
    moves: list[float] = []
    pairs = parallel = power = 0
    for part in view.role("chords", "pad"):
        chords = [(at, pitches) for at, pitches in groups(part.notes) if len(pitches) >= 3]
        if chords and all({(p - pitches[0]) % 12 for p in pitches} <= _POWER for _, pitches in chords):
            power += 1
            continue
        for (t0, before), (t1, after) in itertools.pairwise(chords):
            if view.chord_at(t0) == view.chord_at(t1) or t1 - t0 > 2 * view.bar:
                continue
            moves.append(voice_motion(before, after))
            if len(before) == len(after):
                pairs += len(before) * (len(before) - 1) // 2
                parallel += parallels(before, after)
    if not moves:
        why = "power chords" if power else "no comping in chords of three notes"
        return [exempt("comp_motion", why), exempt("comp_parallels", why)]
    return [
        measured("comp_motion", mean(moves), f"mean motion in semitones over {len(moves)} changes of chord"),
        measured("comp_parallels", parallel / pairs if pairs else 0.0, f"parallel fifths or octaves of {pairs} pairs"),
    ]


def bass_notes(view: View) -> list[Finding]:
    """Rule 2: root or slash note at chord changes; no narrow intervals below E3."""
    return [_bass_root(view), _low_intervals(view)]


def _bass_root(view: View) -> Finding:
    if not view.bass or not view.spans:
        return measured("bass_root", None, "no bass or no chords")
    if view.bass_manner == "drone":
        return exempt("bass_root", "a drone")
    starts = [n.start for n in view.bass]
    good = total = 0
    for span in view.spans:
        begin, end = bisect.bisect_left(starts, span.start - 0.05), bisect.bisect_left(starts, span.end - 0.05)
        held = begin and view.bass[begin - 1].end > span.start + 0.05
        inside = view.bass[begin - 1 if held else begin : end]
        if not inside:
            continue
        first = inside[0]
        if first.start < span.start - 0.3 and len(inside) > 1:  # held over: what comes next is the chord's
            first = inside[1] if inside[1].start < span.start + 0.51 else first
        total += 1
        good += first.pitch % 12 in (span.chord.root, span.chord.bass)
    if not total:
        return measured("bass_root", None, "the bass plays under no chord")
    return measured("bass_root", good / total, f"root or slash note at {good} of {total} chord changes")


def _low_intervals(view: View) -> Finding:
    low = [n for p in view.score.parts if not p.is_drum for n in p.notes if n.pitch < _E3 + 7]
    bass = [n for n in view.bass if n.pitch < _E3]
    if not bass:
        return measured("low_intervals", None, "no bass below E3")
    ids = {id(n) for n in view.bass}
    others = sorted((n for n in low if id(n) not in ids), key=lambda n: n.start)
    bad = _meeting(bass, others)
    why = f"{bad} of {len(bass)} bass notes have one within a fifth of them below E3"
    return measured("low_intervals", bad / len(bass), why, view.genre.name if view.genre else None)


def _meeting(bass: Sequence[Note], others: Sequence[Note]) -> int:
    """Return how many bass notes sound with another note of a different pitch within 7 semitones, both below E3."""
    bad = at = 0
    sounding: list[Note] = []
    for note in bass:
        while at < len(others) and others[at].start <= note.start + 0.01:
            sounding.append(others[at])
            at += 1
        sounding = [n for n in sounding if n.end > note.start + 0.01]
        bad += any(0 < abs(n.pitch - note.pitch) < 7 and n.pitch < _E3 for n in sounding)
    return bad


# -- how it closes ------------------------------------------------------------------------------------


def cadences(view: View) -> list[Finding]:
    """Rule 14: sections end on the style's cadence; the tune ends on 1, 3 or 5."""
    return [_section_cadences(view), _melody_end(view)]


def _section_cadences(view: View) -> Finding:
    genre = view.genre or all_genres()["classical"]
    ends = [s for s in view.score.sections if s.bars >= 4]
    if not ends or not view.spans:
        return measured("section_cadences", None, "no sections of four bars or no chords")
    good = 0
    for section in ends:
        start, end = view.score.bar_beat(section.start_bar), view.score.bar_beat(section.start_bar + section.bars)
        inside = [span for span in view.spans if span.end > start + 1e-6 and span.start < end - 1e-6]
        good += bool(inside) and _closes(view, inside, view.key_at(end - 0.5), genre.cadence, start)
    return measured(
        "section_cadences", good / len(ends), f"{good} of {len(ends)} sections end on the {genre.cadence} cadence"
    )


def _closes(view: View, inside: Sequence[Span], key: Key, cadence: str, start: float) -> bool:
    """Return whether a section's chords end on a cadence: home from a dominant, on a dominant, or as its loop does."""
    genre = view.genre or all_genres()["classical"]
    roots = [span.chord.root for span in inside]
    leading = {chord.root for chord in dominant_chords(genre, key)} | {(key.tonic + 7) % 12}
    home = roots[-1] == key.tonic and (len(roots) < 2 or cadence != "authentic" or roots[-2] in leading)
    if home or roots[-1] in leading:
        return True
    if cadence != "loop":
        return False
    for bars in (2, 4, 8):  # a loop closes as it closed before
        before = view.chord_at(inside[-1].end - bars * view.bar - 0.25)
        if inside[-1].end - bars * view.bar > start and before == inside[-1].chord:
            return True
    return len(inside) <= 4


def _melody_end(view: View) -> Finding:
    if not view.lead:
        return measured("melody_end", None, "no lead")
    last = view.lead[-1]
    key = view.key_at(last.start)
    degree = (last.pitch - key.tonic) % 12
    good = degree in (0, 3 if key.is_minor else 4, 7)
    return measured("melody_end", float(good), f"the tune ends {degree} semitones over the tonic")


# -- where the lead lies --------------------------------------------------------------------------------


def lead_height(view: View) -> list[Finding]:
    """Rule 16: median height of the lead over the highest comping note that sounds with it, in semitones."""
    comping = sorted(
        (n for p in view.role("chords") if p is not view.lead_part for n in p.notes), key=lambda n: n.start
    )
    if not view.lead or not comping:
        return [measured("lead_over_comp", None, "no lead or no comping")]
    heights: list[int] = []
    at = 0
    sounding: list[Note] = []
    for note in view.lead:
        while at < len(comping) and comping[at].start < note.end - 0.01:
            sounding.append(comping[at])
            at += 1
        sounding = [n for n in sounding if n.end > note.start + 0.01]
        top = max((n.pitch for n in sounding if n.start < note.end - 0.01), default=None)
        if top is not None:
            heights.append(note.pitch - top)
    if not heights:
        return [measured("lead_over_comp", None, "lead and comping never sound together")]
    return [
        measured("lead_over_comp", statistics.median(heights), "median semitones from the comping's top to the lead")
    ]
