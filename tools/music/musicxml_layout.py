"""How notes are laid out for notation: quantised, shared out to voices, cut into values, beamed.

Lengths are ticks of ``DIVISIONS`` a beat.
"""

from dataclasses import dataclass, replace

from segue.tools.core.score import Note
from segue.tools.music.quantise import grids

DIVISIONS = 12  # a beat: sixteenths are 3, eighth triplets 4


@dataclass
class Chord:
    """Notes that start and end together, in ticks of ``DIVISIONS`` from the piece's start."""

    start: int
    end: int
    notes: list[Note]


@dataclass(frozen=True)
class Piece:
    """One written note, chord or rest inside a measure; ``chord`` None is a rest."""

    start: int
    length: int
    chord: Chord | None
    whole: bool = False

    @property
    def triplet(self) -> bool:
        """Whether it is written as part of a triplet."""
        return self.length in (4, 8)


def chords_of(notes: list[Note], drums: bool, triplets: bool) -> list[Chord]:
    """Quantise: onsets and ends on the grid of their beat, equal spans joined to chords."""
    ends = [] if drums else [note.end for note in notes]
    onset_grids = grids([note.start for note in notes], triplets=triplets)
    end_grids = grids(ends, triplets=False) | onset_grids
    starts = [_snap(note.start, onset_grids) for note in notes]
    following = sorted(set(starts))
    after = dict(zip(following, [*following[1:], 1 << 60], strict=False))
    spans: dict[tuple[int, int], list[Note]] = {}
    for note, start in zip(notes, starts, strict=True):
        if drums:  # a stroke is written up to the next one, or the end of its beat
            end = min(after[start], (start // DIVISIONS + 1) * DIVISIONS)
        else:
            end = _snap(note.end, end_grids)
            # A gap of articulation before the next note is no rest.
            gap = after[start] - end
            if 0 < gap <= 3 and end - start >= 6 - gap:
                end = after[start]
            if end <= start:
                end = start + DIVISIONS // onset_grids.get(start // DIVISIONS, 4)
        spans.setdefault((start, end), []).append(note)
    return [
        Chord(start, end, _unique(chord)) for (start, end), chord in sorted(spans.items(), key=lambda item: item[0])
    ]


def _snap(beat: float, parts: dict[int, int]) -> int:
    whole = int(beat + 0.125)
    divided = parts.get(whole, 4)
    return max(0, (whole * divided + max(0, round((beat - whole) * divided))) * DIVISIONS // divided)


def _unique(notes: list[Note]) -> list[Note]:
    return [
        notes[i] for i in sorted({note.pitch: i for i, note in enumerate(notes)}.values(), key=lambda i: notes[i].pitch)
    ]


def share_out(chords: list[Chord], most: int) -> list[list[Chord]]:
    """Share chords out so that nothing overlaps within a voice; the last voice cuts what still does."""
    voices: list[list[Chord]] = [[] for _ in range(most)]
    for chord in chords:
        free = next((voice for voice in voices if not voice or voice[-1].end <= chord.start), None)
        if free is None:
            free = max(voices, key=lambda voice: voice[-1].start)
            last = free[-1]
            if last.start == chord.start:
                last.notes = _unique([*last.notes, *chord.notes])
                last.end = max(last.end, chord.end)
                continue
            free[-1] = replace(last, end=chord.start)
        free.append(chord)
    return [voice for voice in voices if voice] or [[]]


def values(low: int, high: int, origin: int, pulse: int) -> list[tuple[int, int]]:
    """Split a span of one measure into values that can be written and read: (start, length).

    ``origin`` is where the measure starts; ``pulse`` is 18 in compound meters and 12 in simple ones.
    """
    compound, out = pulse == 18, []
    while low < high:
        at = (low - origin) % pulse
        left = high - low
        whole = (high - origin) // DIVISIONS * DIVISIONS + origin - low  # up to the beat in which it ends
        if not compound and (at % 3 or ((high - origin) % 3 and whole <= 0)):
            length = min(DIVISIONS - at, left)  # inside a triplet beat: 4 or 8
        else:
            room = whole if not compound and (high - origin) % 3 else left
            length = next(value for value in _allowed(at, pulse) if value <= room)
        out.append((low, length))
        low += length
    return out


def _allowed(at: int, pulse: int) -> tuple[int, ...]:
    """Return the values that may start ``at`` ticks after a pulse, the longest first."""
    if pulse == 18:
        return (72, 36, 18, 12, 9, 6, 3) if at == 0 else tuple(v for v in (12, 9, 6, 3) if v <= pulse - at)
    if at == 0:
        return (48, 36, 24, 18, 12, 9, 6, 3)
    return (12, 6, 3) if at == 6 else (9, 6, 3) if at == 3 else (3,)


def beams_of(pieces: list[Piece], pulse: int) -> list[str]:
    """Return the beam elements of every piece: eighths and sixteenths of one pulse hang together."""
    out = [""] * len(pieces)
    group: list[int] = []
    origin = pieces[0].start if pieces else 0

    def flush() -> None:
        if len(group) > 1:
            for n, i in enumerate(group):
                word = "begin" if n == 0 else "end" if n == len(group) - 1 else "continue"
                out[i] = f'<beam number="1">{word}</beam>' + _second_beam(pieces, group, n)
        group.clear()

    for index, piece in enumerate(pieces):
        if group and (piece.start - origin) // pulse != (pieces[group[0]].start - origin) // pulse:
            flush()
        if piece.chord is not None and piece.length in (3, 4, 6, 9):
            group.append(index)
        else:
            flush()
    flush()
    return out


def _second_beam(pieces: list[Piece], group: list[int], n: int) -> str:
    def short(m: int) -> bool:
        return 0 <= m < len(group) and pieces[group[m]].length == 3

    if not short(n):
        return ""
    before, after = short(n - 1), short(n + 1)
    word = "continue" if before and after else "begin" if after else "end" if before else None
    return f'<beam number="2">{word or ("backward hook" if n else "forward hook")}</beam>'
