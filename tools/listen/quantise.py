"""From notes in seconds to a score: beats, grid, swing, parts.

Notated times lie on a grid of sixteenths (or triplets where a beat has them); what was played beside
the grid stays in ``Note.shift_s``, so that the MIDI sounds as the recording did.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.tools.core.instruments import Instrument, find_instrument
from segue.tools.core.score import ChordSpan, Note, Part, Score, Section, TempoMark
from segue.tools.listen.facts import Analysis
from segue.tools.listen.notes import Heard

Floats = npt.NDArray[np.float64]

_PULSE = 0.12  # confidence below which beats are no help
_FREE_BPM = 120.0  # the grid where no pulse was found
_STEADY = 0.93  # stability above which one tempo mark serves
_BASS_TOP = 52  # E3: what lies below, lowest of its moment, is the bass of a mix


@dataclass(frozen=True)
class Grid:
    """The map between seconds of a recording and beats of its score.

    ``seconds[i]`` is where beat ``i`` of the score lies in the recording; ``marks`` are the score's tempo
    marks; ``offset_s`` is how much later an event stands in the score's own time than in the recording.
    """

    seconds: Floats
    marks: list[TempoMark]
    offset_s: float
    meter: str
    free: bool

    def beat(self, time: float) -> float:
        """Return the beat at a time in the recording, seconds."""
        return float(np.interp(time, self.seconds, np.arange(len(self.seconds))))


def grid_of(facts: Analysis) -> Grid:
    """Lay a grid of quarter-note beats over a recording, bar lines on its downbeats."""
    meter = facts.meter or "4/4"
    per_bar = int(meter.split("/")[0])
    end = facts.duration_s
    beats = np.array(facts.beats)
    if len(beats) < 4 or facts.bpm_confidence < _PULSE:
        gap = 60 / _FREE_BPM
        return Grid(np.arange(0, end + per_bar * gap, gap), [TempoMark(bpm=_FREE_BPM)], 0.0, meter, True)
    first = int(np.argmin(np.abs(beats - facts.downbeats[0]))) if facts.downbeats else 0
    gap = float(np.median(np.diff(beats)))
    if facts.tempo_stability >= _STEADY and facts.bpm:
        gap = 60 / facts.bpm
        # The line of that slope through the beats.
        start = float(np.median(beats - np.arange(len(beats)) * gap)) if _regular(beats, gap) else float(beats[0])
        if _regular(beats, gap):
            beats = start + np.arange(len(beats)) * gap
    lead = int(np.ceil(beats[0] / gap - 0.12))  # beats before the first heard one; a sliver is not one
    lead += (-(lead + first)) % per_bar  # so that bar lines fall on downbeats
    before = beats[0] - np.arange(lead, 0, -1) * gap
    after = np.arange(1, int(np.ceil(max(0.0, end - beats[-1]) / gap)) + per_bar) * gap + beats[-1]
    seconds = np.concatenate([before, beats, after])
    gaps = np.diff(seconds)
    marks = [TempoMark(beat=0, bpm=round(60 / float(gaps[0]), 3))]
    for i, gap_i in enumerate(gaps):
        bpm = round(60 / float(gap_i), 3)
        if abs(bpm / marks[-1].bpm - 1) > 0.005 and 20 < bpm < 400:
            marks.append(TempoMark(beat=i, bpm=bpm))
    return Grid(seconds, marks, -float(seconds[0]), meter, False)


def _regular(beats: Floats, gap: float) -> bool:
    """Tell whether beat i lies within an eighth of a beat of a straight line."""
    line = beats - np.arange(len(beats)) * gap
    return float(np.abs(line - np.median(line)).max()) < 0.125 * gap


def swing_of(positions: Sequence[float]) -> float:
    """Return where off-beat eighths lie within the beat, .5 (straight) to .75; .5 where there are few."""
    inside = np.array([p % 1.0 for p in positions])
    off = inside[(inside > 0.42) & (inside < 0.78)]
    if len(off) < 8:
        return 0.5
    middle = float(np.median(off))
    spread = float(np.median(np.abs(off - middle)))
    return round(middle, 2) if middle > 0.56 and spread < 0.06 else 0.5


def _snap(position: float, swing: float, triplets: bool) -> float:
    """Return the grid position nearest to a played one."""
    whole, inside = divmod(position, 1.0)
    if triplets:
        return float(whole + round(inside * 3) / 3)
    if swing > 0.5:
        marks = {0.0: 0.0, swing / 2: 0.25, swing: 0.5, (1 + swing) / 2: 0.75, 1.0: 1.0}
        return float(whole + marks[min(marks, key=lambda m: abs(m - inside))])
    return float(whole + round(inside * 4) / 4)


def _triplet_beats(positions: Floats) -> set[int]:
    """Return beats whose notes fit thirds far better than quarters."""
    out = set()
    for beat in set(np.floor(positions + 0.1).astype(int).tolist()):
        inside = positions[(positions >= beat - 0.1) & (positions < beat + 0.9)] - beat
        straight = np.abs(inside * 4 - np.round(inside * 4)) / 4
        thirds = np.abs(inside * 3 - np.round(inside * 3)) / 3
        if (np.abs(inside) > 0.15).sum() >= 2 and thirds.max() < 0.07 and thirds.sum() < 0.45 * straight.sum():
            out.add(int(beat))
    return out


def quantised(heard: Sequence[Heard], grid: Grid, swing: float = 0.5) -> list[Note]:
    """Return notes on the grid; their played times stay in ``shift_s``."""
    if not heard:
        return []
    positions = np.array([grid.beat(n.start) for n in heard])
    triplets = _triplet_beats(positions) if swing == 0.5 and not grid.free else set()
    out: dict[tuple[float, int], Note] = {}
    for note, position in zip(heard, positions, strict=True):
        start = max(0.0, _snap(float(position), swing, int(np.floor(position + 0.1)) in triplets))
        end = grid.beat(note.end)
        step = 1 / 3 if int(np.floor(position + 0.1)) in triplets else 0.25
        length = max(step, round((end - float(position)) / step) * step)
        at = float(np.interp(start, np.arange(len(grid.seconds)), grid.seconds))
        made = Note(
            start=round(start, 4),
            duration=round(length, 4),
            pitch=note.pitch,
            velocity=int(np.clip(round(35 + 95 * note.strength), 1, 127)),
            shift_s=round(float(np.clip(note.start - at, -0.15, 0.15)), 4),
        )
        key = (made.start, made.pitch)
        if key not in out or out[key].duration < made.duration:
            out[key] = made
    return _joined(sorted(out.values(), key=lambda n: (n.start, n.pitch)))


def _joined(notes: list[Note]) -> list[Note]:
    """Cut a note where its pitch begins again, and close gaps of less than a sixteenth before the next onset."""
    starts = sorted({n.start for n in notes})
    again: dict[int, list[float]] = {}
    for note in notes:
        again.setdefault(note.pitch, []).append(note.start)
    out = []
    for note in notes:
        later = [s for s in again[note.pitch] if s > note.start]
        duration = min(note.duration, later[0] - note.start) if later else note.duration
        i = int(np.searchsorted(starts, note.end - 1e-6))
        if i < len(starts) and 0 < starts[i] - (note.start + duration) <= 0.26 and duration >= 0.5:
            duration = starts[i] - note.start
        out.append(note.model_copy(update={"duration": round(max(duration, 0.05), 4)}))
    return out


def to_score(
    heard: Sequence[Heard],
    facts: Analysis,
    title: str = "",
    stem: str | None = None,
    drums: Sequence[Heard] = (),
) -> tuple[Score, Grid]:
    """Make a score of notes and what is known of the recording.

    Parameters
    ----------
    heard : pitched notes. drums : hits, with General MIDI keys as pitches.
    stem : what was listened to; "" or None for everything, which is split into bass, melody and chords
        where it holds several players.
    """
    grid = grid_of(facts)
    swing = 0.5 if grid.free else swing_of([grid.beat(n.start) for n in (*heard, *drums)])
    parts: list[Part] = []
    for name, role, notes in _split(heard, facts, stem):
        instrument = _instrument(name, stem, facts)
        if notes:
            parts.append(
                Part(
                    name=name,
                    role=role,
                    stem=instrument.stem,
                    instrument=instrument.name,
                    program=instrument.program,
                    notes=quantised(notes, grid, swing),
                )
            )
    if drums:
        parts.append(
            Part(name="drums", role="drums", stem="drums", instrument="drums", is_drum=True, notes=_hits(drums, grid, swing))
        )  # fmt: skip
    per_bar = float(grid.meter.split("/")[0]) * 4 / float(grid.meter.split("/")[1])
    last = max([n.end for p in parts for n in p.notes], default=grid.beat(facts.duration_s))
    bars = max(1, int(np.ceil(last / per_bar - 1e-6)))
    marks = [m for m in grid.marks if m.beat == 0 or m.beat < bars * per_bar]
    score = Score(
        title=title,
        tempo=marks,
        key=facts.key or "C major",
        meter=grid.meter,
        bars=bars,
        genre=facts.genre,
        swing=min(0.8, swing),
        chords=_chords(facts, grid, bars * per_bar),
        sections=_sections(facts, grid, bars, per_bar),
        parts=parts,
    )
    return score, grid


def _hits(drums: Sequence[Heard], grid: Grid, swing: float) -> list[Note]:
    return [n.model_copy(update={"duration": 0.25}) for n in quantised(drums, grid, swing)]


def _split(heard: Sequence[Heard], facts: Analysis, stem: str | None) -> list[tuple[str, str, list[Heard]]]:
    """Return ``(name, role, notes)`` of each part."""
    if stem:
        role = {"bass": "bass", "melody": "melody", "vocals": "melody"}.get(stem, "other")
        return [(stem, role, list(heard))]
    players = [name for name in facts.instruments if name != "drums"]
    solo = len(players) == 1 and facts.drums is False
    if solo or len(heard) < 12:
        return [(players[0] if players else "piano", "chords", list(heard))]
    bass: list[Heard] = []
    melody: list[Heard] = []
    rest: list[Heard] = []
    starts = np.array([n.start for n in heard])
    for note in heard:
        together = [heard[int(i)] for i in np.nonzero(np.abs(starts - note.start) < 0.06)[0]]
        sounding = [n for n in heard if n.start <= note.start + 0.03 and n.end > note.start + 0.03] or together
        if note.pitch < _BASS_TOP and note.pitch == min(n.pitch for n in sounding):
            bass.append(note)
        elif note.pitch >= 60 and note.pitch == max(n.pitch for n in sounding) and note.end - note.start > 0.1:
            melody.append(note)
        else:
            rest.append(note)
    return [("melody", "melody", melody), ("chords", "chords", rest), ("bass", "bass", bass)]


def _instrument(name: str, stem: str | None, facts: Analysis) -> Instrument:
    """Return the instrument to write a part for: the part's own name, or what was heard, or piano."""
    pitched = [n for n in facts.instruments if n not in ("drums", "bass")]
    wanted = {"bass": "electric bass", "melody": "flute", "vocals": "choir", "chords": "piano"}.get(name, name)
    if name in ("melody", "chords") and pitched:
        wanted = pitched[0]
    found = find_instrument(wanted)
    if found is None or found.is_drum:
        found = find_instrument("piano")
    assert found is not None  # the table of instruments begins with the piano
    return found


def _chords(facts: Analysis, grid: Grid, beats: float) -> list[ChordSpan]:
    out: list[ChordSpan] = []
    for start, end, symbol in facts.chords:
        a, b = round(grid.beat(start)), round(min(grid.beat(end), beats))
        if b > a:
            out.append(ChordSpan(start=a, duration=b - a, symbol=symbol))
    return out


def _sections(facts: Analysis, grid: Grid, bars: int, per_bar: float) -> list[Section]:
    edges = [min(bars, max(0, round(grid.beat(start) / per_bar))) for _, start, _ in facts.sections] + [bars]
    return [
        Section(name=label, start_bar=a + 1, bars=b - a)
        for (label, _, _), a, b in zip(facts.sections, edges[:-1], edges[1:], strict=True)
        if b > a
    ]
