"""What two pieces may not share: runs of eight notes of the tune, and whole drum patterns of sections.

A tune is shared where eight successive notes of two leads have the same scale degrees (semitones over the
tonic, octaves apart counting as the same) and the same distances in time. A drum pattern is shared where two whole
sections of at least four bars, with drums in at least half of them, have the same strokes at the same places.
"""

from hashlib import blake2b

from segue.tools.core.score import Part, Score
from segue.tools.core.theory import parse_key

RUN = 8
_MIN_BARS = 4
_BYTES = 6  # of a fingerprint: among a thousand pieces two differ by chance in all but one of ten million cases
Tune = tuple[tuple[int, int], ...]
Pattern = tuple[tuple[int, int], ...]


def tunes(score: Score) -> dict[Tune, float]:
    """Return every run of eight notes of the lead, as degrees and distances in 48ths of a beat, with its first beat."""
    tonic = parse_key(score.key).tonic
    found: dict[Tune, float] = {}
    for part in score.parts:
        if part.role not in ("melody", "lead"):
            continue
        line = sorted(part.notes, key=lambda note: (note.start, -note.pitch))
        top = [note for k, note in enumerate(line) if k == 0 or note.start > line[k - 1].start + 1e-3]
        for first in range(len(top) - RUN + 1):
            run = top[first : first + RUN]
            octave = (run[0].pitch - tonic) // 12 * 12 + tonic
            starts = [round(48 * (note.start - run[0].start)) for note in run]
            found.setdefault(
                tuple((note.pitch - octave, at) for note, at in zip(run, starts, strict=True)), run[0].start
            )
    return found


def drum_patterns(score: Score) -> dict[Pattern, str]:
    """Return the whole drum pattern of each section of four bars or more: 48ths of a beat and keys, with its name.

    Sections in which the drums play in fewer than half of the bars have none: a crash into a break is no pattern.
    """
    found: dict[Pattern, str] = {}
    kits: list[Part] = [part for part in score.parts if part.role == "drums"]
    for section in score.sections:
        if section.bars < _MIN_BARS:
            continue
        start, end = score.bar_beat(section.start_bar), score.bar_beat(section.start_bar + section.bars)
        strokes = [
            (round(48 * (note.start - start)), note.pitch)
            for kit in kits
            for note in kit.notes
            if start - 1e-3 <= note.start < end - 1e-3
        ]
        if 2 * len({at // round(48 * score.beats_per_bar) for at, _ in strokes}) >= section.bars:
            found.setdefault(tuple(sorted(strokes)), f"{section.name} at bar {section.start_bar}")
    return found


def fingerprints(score: Score) -> frozenset[str]:
    """Return a short hash of every run and every drum pattern of a piece: "t…" tunes, "d…" drums."""
    return frozenset(
        letter + blake2b(repr(thing).encode(), digest_size=_BYTES).hexdigest()
        for letter, things in (("t", tunes(score)), ("d", drum_patterns(score)))
        for thing in things
    )
