"""Harmony changed: other chords under given bars, another mode."""

from collections.abc import Iterable, Sequence

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import ChordSpan, Note, Part, Score
from segue.tools.core.theory import (
    MODES,
    QUALITIES,
    Chord,
    Key,
    key_distance_semitones,
    make_chord,
    parse_chord,
    parse_key,
)
from segue.tools.music.compose_from import plan_beside
from segue.tools.music.compose_plan import Plan
from segue.tools.music.compose_request import Say, silent
from segue.tools.music.compose_write import tune_of
from segue.tools.music.harmony import asked_spans, parse_chords
from segue.tools.music.parts import parts_named
from segue.tools.music.revise_bars import chords_with, respan, write_bars
from segue.tools.music.revise_time import transpose
from segue.tools.music.revise_words import bars_meant, genre_of, number_of
from segue.tools.music.rhythm import meter_of

_BRIGHTER = {"minor": "major", "phrygian": "minor", "locrian": "minor", "dorian": "major", "mixolydian": "major",
             "major": "lydian", "harmonic minor": "major", "melodic minor": "major"}  # fmt: skip
_DARKER = {"major": "minor", "lydian": "major", "mixolydian": "minor", "dorian": "minor", "minor": "phrygian",
           "harmonic minor": "phrygian", "melodic minor": "minor"}  # fmt: skip


def set_chords(
    score: Score, chords: Sequence[str], start_bar: int | None = None, end_bar: int | None = None, *,
    section: str | None = None, keep: Sequence[str] = (), seed: int | None = None, say: Say = silent,
) -> Score:  # fmt: skip
    """Return the score with other chords under these bars, one entry a bar, repeated.

    Who plays the harmony is written anew there; the tune keeps its rhythm, and those of its strong notes
    that the new chords do not have move to the nearest tone. Drums and parts in ``keep`` stay.

    Raises
    ------
    InvalidArgument, NotFound : not chords, no such bars, section or part.
    """
    if start_bar is not None and end_bar is None and section is None:
        end_bar = start_bar + max(0, len(chords) - 1)
    first, last = bars_meant(score, start_bar, end_bar, section)
    bars = last - first + 1
    read = parse_chords(chords)
    if not read:
        raise InvalidArgument("No chords were given.", 'Write one a bar, for example ["C", "G", "Am7", "F/A"].')
    if len(read) > bars:
        say(f"{bars} bars have no room for {len(read)} bars of chords: the last ones were left out.")
    low, high = score.bar_beat(first), score.bar_beat(last + 1)
    meter = meter_of(score.meter)
    number = number_of(seed)
    plan = plan_beside(score, genre_of(score, ""), number, None, score.bars)
    fresh = [type(s)(s.start + low, s.duration, s.chord) for s in asked_spans(read, bars, meter)]
    respan(plan, low, high, fresh)
    locked = {name for word in keep for name in parts_named(score.parts, word)}
    tune = tune_of(score)
    lead = tune.name if tune is not None and tune.role in ("melody", "lead") else ""
    accompany = {p.name for p in score.parts if not p.is_drum and p.role != "percussion"} - locked - {lead}
    parts = [
        p.model_copy(update={"notes": _on_chords(p.notes, plan, low, high)}) if p.name == lead not in locked else p
        for p in score.parts
    ]
    moved = score.model_copy(update={"parts": parts})
    made = write_bars(moved, plan, accompany, range(first - 1, last), number)
    parts = [p.model_copy(update={"notes": made[p.name]}) if p.name in made else p for p in parts]
    return score.model_copy(update={"parts": parts, "chords": chords_with(score, plan, low, high)})


def _on_chords(notes: Iterable[Note], plan: Plan, low: float, high: float) -> list[Note]:
    """Return a tune whose strong notes between two beats are tones of the chords under them."""
    out = []
    for note in notes:
        chord = plan.chord_at(note.start) if low - 1e-6 <= note.start < high - 1e-6 else None
        strong = plan.meter.strength(note.start) >= 0.6 or note.duration >= 1.0
        if chord is not None:
            allowed = chord.pitch_classes if strong else set(plan.scale(chord)) | chord.pitch_classes
            if note.pitch % 12 not in allowed:
                near = min((p for p in range(128) if p % 12 in allowed), key=lambda p: (abs(p - note.pitch), -p))
                note = note.model_copy(update={"pitch": near})
        out.append(note)
    return out


# -- modes -----------------------------------------------------------------------------------------


def mode_of(key: Key, wish: str) -> str:
    """Return the mode that a wish means for a key: "brighter", "darker", or a mode by its name.

    Raises
    ------
    InvalidArgument : no such mode, or nothing brighter or darker is left.
    """
    table = {"brighter": _BRIGHTER, "darker": _DARKER}.get(wish)
    if table is None:
        return parse_key(f"C {wish}").mode
    if key.mode not in table:
        raise InvalidArgument(f"{key} is as {wish.removesuffix('er')} as the modes get.", "Name a mode, or a mood.")
    return table[key.mode]


def set_mode(
    score: Score, wish: str, start_bar: int | None = None, end_bar: int | None = None, *, section: str | None = None,
    keep: Sequence[str] = (),
) -> Score:  # fmt: skip
    """Return the score in another mode on its own tonic: every note keeps its degree, rhythm and loudness.

    ``wish`` is "brighter", "darker", or a mode. With bars or a section only these change (borrowed
    chords), and the key stays. Drums and parts in ``keep`` stay; the dominant of a minor keeps its
    leading note.

    Raises
    ------
    InvalidArgument, NotFound : no such mode, bars, section or part.
    """
    key = parse_key(score.key)
    mode = mode_of(key, wish)
    if mode == key.mode:
        return score
    first, last = bars_meant(score, start_bar, end_bar, section)
    low, high = score.bar_beat(first), score.bar_beat(last + 1)
    whole = first == 1 and last == score.bars
    low, high = (0.0, float("inf")) if whole else (low, high)
    locked = {name for word in keep for name in parts_named(score.parts, word)}
    target = Key(key.tonic, mode)
    chords = [_chord_in(c, key, target) if low - 1e-6 <= c.start < high - 1e-6 else c for c in score.chords]
    dominants = [(c.start, c.start + c.duration) for c in chords if _is_dominant(c.symbol, target)]

    def moved(part: Part) -> Part:
        notes = []
        for note in part.notes:
            if low - 1e-6 <= note.start < high - 1e-6:
                led = (note.pitch - key.tonic) % 12 == 11 and any(a <= note.start < b for a, b in dominants)
                step = 0 if led else _step(note.pitch, key, target)
                note = note.model_copy(update={"pitch": max(0, min(127, note.pitch + step))}) if step else note
            notes.append(note)
        return part.model_copy(update={"notes": notes})

    parts = [p if p.is_drum or p.name in locked else moved(p) for p in score.parts]
    sections = [
        s.model_copy(update={"key": str(Key(own.tonic, mode_of(own, wish)))})
        if whole and s.key and (own := parse_key(s.key)).mode == key.mode
        else s
        for s in score.sections
    ]
    update = {"key": str(target) if whole else score.key, "parts": parts, "chords": chords, "sections": sections}
    return score.model_copy(update=update)


def set_key(score: Score, key: str) -> Score:
    """Return the score in another key, moved the shorter way; where the mode differs, its degrees change, too."""
    source, target = parse_key(score.key), parse_key(key)
    if source.mode != target.mode and source.is_minor != target.is_minor:
        score = set_mode(score, target.mode)
    return transpose(score, key_distance_semitones(source, target))


def _step(pitch: int, key: Key, target: Key) -> int:
    """Return how far a pitch moves from one mode to another on the same tonic: by its degree."""
    above = (pitch - key.tonic) % 12
    old, new = MODES[key.mode], MODES[target.mode]
    if above in old:
        return new[old.index(above)] - above
    if above in new:  # foreign before, at home now
        return 0
    degree = max(i for i, step in enumerate(old) if step < above)
    step = new[degree] + above - old[degree]
    following = new[degree + 1] if degree + 1 < 7 else 12
    return min(step, following) - above


def _is_dominant(symbol: str, key: Key) -> bool:
    if symbol == "N":
        return False
    chord = parse_chord(symbol)
    return (chord.root - key.tonic) % 12 == 7 and 4 in chord.intervals


def _chord_in(span: ChordSpan, key: Key, target: Key) -> ChordSpan:
    """Return a chord with its tones moved to another mode; a major dominant stays one."""
    if span.symbol == "N" or _is_dominant(span.symbol, key):
        return span
    chord = parse_chord(span.symbol)
    return span.model_copy(update={"symbol": _moved_chord(chord, key, target).symbol})


def _moved_chord(chord: Chord, key: Key, target: Key) -> Chord:
    def to(pc: int) -> int:
        return (pc + _step(60 + (pc - key.tonic) % 12 + key.tonic, key, target)) % 12

    root, bass = to(chord.root), to(chord.bass)
    tones = {(to((chord.root + i) % 12) - root) % 12 for i in chord.intervals}
    same = [q for q, intervals in QUALITIES.items() if {i % 12 for i in intervals} == tones]
    triad = [q for q in ("", "m", "dim", "aug", "sus4", "sus2") if {i % 12 for i in QUALITIES[q]} <= tones]
    return make_chord(root, (same or triad or [chord.quality])[0], bass, target)
