"""Rules 6, 15, 17 and 20 as far as notes tell: who can play it, how it rises, who enters, how it ends."""

import itertools
from collections.abc import Sequence

from segue.tools.core.score import Note
from segue.tools.music.compose_request import Request
from segue.tools.music.rules_view import Finding, View, exempt, groups, measured, player_of

_FEET = frozenset({35, 36, 44})
_TENTH = 16
_HANDS = frozenset({"piano", "organ"})
_WINDS = frozenset({"reeds", "flutes", "brass"})
_SECTIONS = frozenset({"brass", "synth brass", "brass section"})  # groups breathe in turn


def check_form(view: View, request: Request | None = None) -> list[Finding]:
    """Return the findings of rules 6, 15, 17 and 20; ``request`` tells whether the end may slow down."""
    return [*playable(view), *rise(view), *entrances(view), *ending(view, request)]


# -- playable -------------------------------------------------------------------------------------------


def playable(view: View) -> list[Finding]:
    """Rule 6: two sticks, hands of a tenth, breath every 8 s, real ranges."""
    return [_sticks(view), _spans(view), _breath(view), _ranges(view)]


def _sticks(view: View) -> Finding:
    if not view.kit:
        return measured("kit_hands", None, "no drums")
    if view.machine:
        return exempt("kit_hands", "a drum machine has no hands")
    most = max((len(set(pitches) - _FEET) for _, pitches in groups(view.kit)), default=0)
    return measured("kit_hands", most, f"at most {most} hand strokes at once")


def _spans(view: View) -> Finding:
    """Share of the chords on keyboards that two hands of a tenth and five fingers can take."""
    chords = [
        pitches
        for part in view.score.parts
        if not part.is_drum and player_of(part).family in _HANDS
        for _, pitches in groups(part.notes)
        if len(pitches) > 1
    ]
    if not chords:
        return measured("hand_spans", None, "no chords on a keyboard")
    good = sum(_in_two_hands(pitches) for pitches in chords)
    return measured("hand_spans", good / len(chords), f"{good} of {len(chords)} chords lie in two hands")


def _in_two_hands(pitches: Sequence[int]) -> bool:
    def hand(notes: Sequence[int]) -> bool:
        return not notes or (len(notes) <= 5 and notes[-1] - notes[0] <= _TENTH)

    return any(hand(pitches[:cut]) and hand(pitches[cut:]) for cut in range(len(pitches) + 1))


def _breath(view: View) -> Finding:
    """The longest stretch in seconds that a wind player has to play without a gap of an eighth of a second."""
    worst: float | None = None
    clock = view.score.clock()
    last = (view.score.bars - 1) * view.bar - 0.01
    for part in view.score.parts:
        player = player_of(part)
        if part.is_drum or player.family not in _WINDS or player.name in _SECTIONS or part.synth:
            continue
        start = end = -1.0
        for note in sorted((n for n in part.notes if n.start < last), key=lambda n: n.start):
            on, off = clock.seconds(note.start), clock.seconds(note.end)
            if on > end + 0.125:
                start = on
            end = max(end, off)
            worst = max(worst or 0.0, end - start)
    if worst is None:
        return measured("breath_s", None, "no wind player")
    return measured("breath_s", worst, "the longest stretch without a breath, in seconds")


def _ranges(view: View) -> Finding:
    inside = total = 0
    for part in view.score.parts:
        if part.is_drum or not part.notes:
            continue
        player = player_of(part)
        total += len(part.notes)
        inside += sum(player.low <= n.pitch <= player.high for n in part.notes)
    if not total:
        return measured("in_range", None, "no pitched notes")
    return measured("in_range", inside / total, f"{inside} of {total} notes lie in their instrument's range")


# -- rise and fall ----------------------------------------------------------------------------------------


def rise(view: View) -> list[Finding]:
    """Rule 15 in notes: the chorus is denser and has a part more than the verse; where the peak lies."""
    names = ("chorus_density", "chorus_parts")
    verses, choruses = view.sections_of("a"), view.sections_of("c")
    if not verses or not choruses:
        out = [measured(name, None, "no verse and chorus") for name in names]
    else:
        quiet, loud = [b for bars in verses for b in bars], [b for bars in choruses for b in bars]
        density = _mean(view.notes_in_bar, loud) / max(0.25, _mean(view.notes_in_bar, quiet))
        players = [len(names_) for names_ in view.playing]
        more = _mean(players, loud) - _mean(players, quiet)
        out = [
            measured(names[0], density, "notes a bar in choruses over those in verses"),
            measured(names[1], more, "parts that play in choruses more than in verses, on average"),
        ]
    return [*out, _peak(view)]


def _mean(values: Sequence[int], bars: Sequence[int]) -> float:
    return sum(values[b] for b in bars) / len(bars)


def _peak(view: View) -> Finding:
    """Where the four bars with most velocity in all lie, as a share of the piece."""
    if view.score.bars < 16:
        return measured("peak_place", None, "too short for a peak")
    weight = [0.0] * view.score.bars
    for part in view.score.parts:
        for note in part.notes:
            bar = int((note.start + 1e-6) // view.bar)
            if bar < len(weight):
                weight[bar] += note.velocity
    sums = [sum(weight[i : i + 4]) for i in range(len(weight) - 3)]
    fullest = max(range(len(sums)), key=lambda i: (sums[i], i))
    return measured(
        "peak_place", (fullest + 2) / len(weight), "the middle of the fullest four bars, as a share of the piece"
    )


# -- who enters -------------------------------------------------------------------------------------------


def entrances(view: View) -> list[Finding]:
    """Rule 17: bars in a row in which nobody enters or leaves; share of the bars in which everybody plays."""
    bars = view.playing[:-1]  # the last held chord changes nothing
    if len(bars) < 12 or len(view.score.parts) < 3:
        why = "too short, or fewer than three parts"
        return [measured("unchanged_bars", None, why), measured("everybody", None, why)]
    best = run = 1
    for before, after in itertools.pairwise(bars):
        run = run + 1 if before == after else 1
        best = max(best, run)
    everyone = frozenset(p.name for p in view.score.parts if p.notes)
    share = sum(here == everyone for here in bars) / len(bars)
    return [
        measured("unchanged_bars", best, f"{best} bars in a row with the same players"),
        measured("everybody", share, "share of the bars in which everybody plays"),
    ]


# -- the end ----------------------------------------------------------------------------------------------


def ending(view: View, request: Request | None) -> list[Finding]:
    """Rule 20 in notes: the last onsets fall on a downbeat and are held; acoustic styles slow down before."""
    notes: list[Note] = [n for p in view.score.parts for n in p.notes]
    if not notes or (request is not None and request.loop):
        why = "a loop" if notes else "no notes"
        return [measured(name, None, why) for name in ("last_downbeat", "held_end_s", "slowing")]
    last = max(n.start for n in notes)
    place = last % view.bar
    off = min(place, view.bar - place)
    held = max(n.end for n in notes if n.start > last - 0.05) - last
    seconds = held * 60.0 / view.score.tempo[-1].bpm
    return [
        measured("last_downbeat", off, "beats from the last onset to a bar line"),
        measured("held_end_s", seconds, "seconds that the last notes are held"),
        _slowing(view, request),
    ]


def _slowing(view: View, request: Request | None) -> Finding:
    if view.genre is None or not view.genre.slows:
        return exempt("slowing", "only acoustic styles slow down")
    fixed = request is None or request.bpm is not None or request.duration_s is not None or view.score.bars < 8
    share = 1.0 - view.score.tempo[-1].bpm / view.score.bpm
    if fixed and abs(share) < 1e-6:
        return exempt("slowing", "tempo or length may have been asked for")
    return measured("slowing", share, "how much slower the end is than the start")
