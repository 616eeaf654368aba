"""Chords for a tune: where they change, which fit its notes, and how its phrases close.

A Viterbi search over the triads of the key, half a bar at a time where a bar has two halves: what a chord
costs are the notes that it does not explain (passing notes cost little), what it earns is where it leads.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from segue.tools.core.score import Note
from segue.tools.core.theory import Chord, Key, best_key, make_chord
from segue.tools.music.compose_plan import Span
from segue.tools.music.genres import Genre
from segue.tools.music.harmony import diatonic_chords, roman_chord
from segue.tools.music.rhythm import Meter

_FITS = 0.86  # share of a tune's sound that its stated key has to explain
# What a root's move upwards in semitones earns: falling fifths most.
_MOVES = {0: 0.0, 5: 0.22, 7: 0.12, 2: 0.1, 10: 0.06, 9: 0.12, 8: 0.06, 3: 0.0, 4: 0.0}


@dataclass(frozen=True)
class _Slot:
    """A stretch that has one chord: the share of its sound by pitch class, and its place."""

    start: float
    length: float
    weights: tuple[float, ...]
    passing: tuple[float, ...]
    opens_bar: bool
    closes: str


def key_of_tune(notes: Sequence[Note], stated: Key) -> Key:
    """Return the stated key where it explains a tune's notes, else the one that does best (Krumhansl & Kessler 1982).

    The last note counts three times: tunes end at home.
    """
    weights = [0.0] * 12
    for note in notes:
        weights[note.pitch % 12] += note.duration
    total = sum(weights)
    scale = set(stated.scale) | ({(stated.tonic + 11) % 12} if stated.is_minor else set())
    if not total or sum(weights[pc] for pc in scale) / total >= _FITS:
        return stated
    weights[max(notes, key=lambda n: n.start).pitch % 12] += 0.2 * total
    return best_key(weights)[0]


def chords_for_tune(notes: Sequence[Note], key: Key, meter: Meter, bars: int, genre: Genre | None = None) -> list[Span]:
    """Return the chords that fit a tune, with cadences where its phrases end and the tonic at its end.

    Parameters
    ----------
    notes : the tune, or all pitched notes of a piece.
    genre : adds the sevenths that its comping has; triads without one.
    """
    chords = diatonic_chords(key)
    slots = _slots(sorted(notes, key=lambda n: n.start), meter, bars)
    if not slots:
        return []
    best = [_fit(slots[0], chord, rank) + _home(slots[0], chord, key, first=True) for rank, chord in enumerate(chords)]
    back: list[list[int]] = []
    for index, slot in enumerate(slots[1:], start=1):
        last = index == len(slots) - 1
        row, pointers = [], []
        for rank, chord in enumerate(chords):
            own = _fit(slot, chord, rank) + (_home(slot, chord, key, first=False) if last else 0.0)
            options = [best[i] + _move(before, chord, slot, key) for i, before in enumerate(chords)]
            i = max(range(len(options)), key=options.__getitem__)
            row.append(options[i] + own)
            pointers.append(i)
        best = row
        back.append(pointers)
    path = [max(range(len(best)), key=best.__getitem__)]
    for pointers in reversed(back):
        path.append(pointers[path[-1]])
    spans: list[Span] = []
    for slot, i in zip(slots, reversed(path), strict=True):
        if spans and not slot.opens_bar and spans[-1].chord == chords[i]:
            spans[-1] = replace(spans[-1], duration=spans[-1].duration + slot.length)
        else:
            spans.append(Span(slot.start, slot.length, chords[i]))
    return _coloured(spans, notes, key, genre) if genre is not None and genre.voices > 3 else spans


def _slots(notes: Sequence[Note], meter: Meter, bars: int) -> list[_Slot]:
    places = [0.0]
    if len(meter.pulses) >= 2 and meter.bar >= 2.9:
        places.append(meter.pulses[(len(meter.pulses) + 1) // 2])
    ends = phrase_ends(notes, meter, bars)
    out = []
    at = 0
    for bar in range(bars):
        for index, place in enumerate(places):
            start = bar * meter.bar + place
            stop = bar * meter.bar + (places[index + 1] if index + 1 < len(places) else meter.bar)
            weights, passing = [0.0] * 12, [0.0] * 12
            while at and notes[at - 1].end > start + 0.05:
                at -= 1
            while at < len(notes) and notes[at].end <= start + 0.05:
                at += 1
            for i in range(at, len(notes)):
                note = notes[i]
                if note.start >= stop - 0.05:
                    break
                sounding = min(note.end, stop) - max(note.start, start)
                struck = 0.5 + meter.strength(note.start) if note.start >= start - 0.05 else 0.9
                if sounding > 0.05:
                    kind = passing if _passes(notes, i, meter) else weights
                    kind[note.pitch % 12] += min(sounding, 2.0) * struck
            closes = ends.get(bar, "") if index == len(places) - 1 else ""
            out.append(_Slot(start, stop - start, tuple(weights), tuple(passing), place == 0.0, closes))
    return out


def _passes(notes: Sequence[Note], i: int, meter: Meter) -> bool:
    """Return whether a note is a weak one that is reached and left by step."""
    note = notes[i]
    if not 0 < i < len(notes) - 1 or meter.strength(note.start) >= 0.75 or note.duration > 1.05:
        return False
    return 0 < abs(note.pitch - notes[i - 1].pitch) <= 2 and 0 < abs(notes[i + 1].pitch - note.pitch) <= 2


def phrase_ends(notes: Sequence[Note], meter: Meter, bars: int) -> dict[int, str]:
    """Return the bars in which a phrase of the tune comes to rest: "end" for the last, "phrase" for the others."""
    ends: dict[int, str] = {}
    for i, note in enumerate(notes):
        bar = int((note.start + 1e-6) // meter.bar)
        following = notes[i + 1].start if i + 1 < len(notes) else math.inf
        long = note.duration >= 0.45 * meter.bar or following - note.end >= 0.9
        if long and bar % 2 == 1 and bar < bars:
            ends[bar] = "phrase"
    if notes:
        ends[min(bars - 1, int((notes[-1].start + 1e-6) // meter.bar))] = "end"
    return ends


def _fit(slot: _Slot, chord: Chord, rank: int) -> float:
    total = sum(slot.weights) + sum(slot.passing)
    if not total:
        return -0.02 * rank
    tones = chord.pitch_classes
    score = sum(w * (1.0 if pc in tones else -1.3) for pc, w in enumerate(slot.weights))
    score += sum(w * (0.4 if pc in tones else -0.1) for pc, w in enumerate(slot.passing))
    return score / total * (1.0 if slot.opens_bar else 0.8) - 0.025 * rank - 0.12 * (chord.quality == "dim")


def _home(slot: _Slot, chord: Chord, key: Key, *, first: bool) -> float:
    if chord.root != key.tonic:
        return 0.0
    return 0.35 if first else 1.2


def _move(before: Chord, after: Chord, slot: _Slot, key: Key) -> float:
    score = _MOVES.get((after.root - before.root) % 12, -0.08)
    dominant = (key.tonic + 7) % 12
    if before == after:
        score = 0.0 if slot.opens_bar else 0.4
    elif not slot.opens_bar:
        score -= 0.25
    if before.root == dominant and after.root == (key.tonic + 5) % 12:
        score -= 0.25  # dominants do not fall back
    if slot.closes and after.root == key.tonic:
        score += 0.3 + 0.4 * (before.root == dominant) + 0.4 * (slot.closes == "end")
    elif slot.closes and after.root == dominant:
        score += 0.25
    elif slot.closes:
        score -= 0.2
    return score


def _coloured(spans: Sequence[Span], notes: Sequence[Note], key: Key, genre: Genre) -> list[Span]:
    """Return chords with the sevenths of a style, left out where the tune holds a note that would rub."""
    out = []
    for span in spans:
        chord = span.chord
        if chord is None or chord.quality not in ("", "m", "dim"):
            out.append(span)
            continue
        degree = (chord.root - key.tonic) % 12
        seventh = "7" if degree == 7 and chord.quality == "" else {"": "maj7", "m": "m7", "dim": "m7b5"}[chord.quality]
        if genre.cadence == "blues" and chord.quality == "":
            seventh = "7"
        richer = make_chord(chord.root, seventh, key=key)
        added = (chord.root + richer.intervals[-1]) % 12
        held = [n for n in notes if n.start < span.end - 0.05 and n.end > span.start + 0.05 and n.duration >= 0.9]
        rubs = any((n.pitch - added) % 12 in (1, 11) for n in held)
        if rubs and seventh == "maj7":
            richer = make_chord(chord.root, "6", key=key)
        out.append(replace(span, chord=chord if rubs and seventh != "maj7" else richer))
    if len(out) > 1 and genre.cadence == "authentic" and out[-1].chord and out[-1].chord.root == key.tonic:
        before = out[-2].chord
        if before is not None and before.root == (key.tonic + 7) % 12 and before.quality == "":
            out[-2] = replace(out[-2], chord=roman_chord("V7", key))
    return out
