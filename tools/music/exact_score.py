"""Scores cut, joined and laid over one another in step with their sound."""

import itertools
import math
from collections.abc import Mapping, Sequence

from segue.tools.core.score import ChordSpan, Clock, Note, Part, Score, Section, TempoMark

_SHORTEST = 0.02  # beats; what a cut leaves of a note below this is dropped


def cut_score(score: Score, start_s: float, end_s: float) -> Score:
    """Return what sounds between two times in seconds, starting at beat 0. Notes that a cut divides are shortened."""
    clock = score.clock()
    first, last = clock.beat(start_s), clock.beat(end_s)
    length = last - first
    bar = score.beats_per_bar
    parts = [
        part.model_copy(update={"notes": [cut for note in part.notes if (cut := _cut_note(note, first, last))]})
        for part in score.parts
    ]
    chords = [
        ChordSpan(start=max(c.start, first) - first, duration=min(c.start + c.duration, last) - max(c.start, first), symbol=c.symbol)
        for c in score.chords
        if min(c.start + c.duration, last) - max(c.start, first) > _SHORTEST
    ]  # fmt: skip
    bars = max(1, math.ceil(length / bar - 0.02))
    sections = []
    for section in score.sections:
        a = (score.bar_beat(section.start_bar) - first) / bar
        b = a + section.bars
        a, b = max(0, round(a)), min(bars, round(b))
        if b > a:
            sections.append(section.model_copy(update={"start_bar": a + 1, "bars": b - a}))
    marks = sorted(score.tempo, key=lambda mark: mark.beat)
    current = [mark for mark in marks if mark.beat <= first] or marks[:1]
    tempo = [TempoMark(beat=0.0, bpm=current[-1].bpm)]
    tempo += [TempoMark(beat=m.beat - first, bpm=m.bpm) for m in marks if first < m.beat < last]
    return score.model_copy(
        update={"parts": parts, "chords": chords, "sections": sections, "tempo": tempo, "bars": bars}
    )


def _cut_note(note: Note, first: float, last: float) -> Note | None:
    start, end = max(note.start, first), min(note.end, last)
    if end - start < _SHORTEST:
        return None
    if start == note.start and end == note.end:
        return note.model_copy(update={"start": max(0.0, start - first)})
    shift = note.shift_s if start == note.start else 0.0
    return note.model_copy(update={"start": start - first, "duration": end - start, "shift_s": shift})


def renamed_parts(taken: Score, other: Score) -> dict[str, str]:
    """Return the names under which ``other``'s parts join ``taken``: their own, unless another instrument has it."""
    names: dict[str, str] = {}
    used = {part.name for part in taken.parts}
    for part in other.parts:
        same = taken.part(part.name)
        name = part.name
        if same is not None and (same.program, same.is_drum, same.synth) != (part.program, part.is_drum, part.synth):
            number = 2
            while f"{part.name} {number}" in used:
                number += 1
            name = f"{part.name} {number}"
        names[part.name] = name
        used.add(name)
    return names


def join_scores(first: Score, seconds: float, second: Score, names: Mapping[str, str]) -> Score:
    """Return ``second`` behind ``first``, its beat 0 at ``seconds`` of the joined piece.

    Where the first piece rings out, its last beats are stretched so that the second starts on a bar line.
    """
    clock, bar = first.clock(), first.beats_per_bar
    anchor = min(first.beats, clock.beat(seconds))
    rest = seconds - clock.seconds(anchor)
    begin = anchor
    tempo = [mark for mark in first.tempo if mark.beat < anchor or mark.beat == 0]
    if rest > 0.02:
        begin = math.ceil(anchor / bar - 1e-6) * bar
        begin = begin + bar if begin - anchor < 0.01 else begin
        tempo.append(TempoMark(beat=anchor, bpm=min(999.0, (begin - anchor) * 60 / rest)))
    tempo += [TempoMark(beat=mark.beat + begin, bpm=mark.bpm) for mark in second.tempo]
    shift = begin / bar
    sections = [
        Section(name=s.name, start_bar=max(1, round(shift) + s.start_bar), bars=s.bars, energy=s.energy)
        for s in second.sections
    ]
    return first.model_copy(
        update={
            "tempo": tempo,
            "bars": max(1, math.ceil((begin + second.bars * second.beats_per_bar) / bar - 1e-6)),
            "parts": _merged(first.parts, [_moved(part, begin) for part in second.parts], names),
            "chords": [*first.chords, *(c.model_copy(update={"start": c.start + begin}) for c in second.chords)],
            "sections": [*first.sections, *sections],
        }
    )


def overlay_scores(first: Score, second: Score, names: Mapping[str, str]) -> Score | None:
    """Return both scores at once, or None where tempo or meter differ: one page cannot hold both."""
    if first.tempo != second.tempo or first.meter != second.meter:
        return None
    return first.model_copy(
        update={"parts": _merged(first.parts, second.parts, names), "bars": max(first.bars, second.bars)}
    )


def heard_score(
    downbeats: Sequence[float], meter: str, key: str, chords: Sequence[tuple[float, float, str]], genre: str | None
) -> Score:
    """Return what was heard of a recording as a score without parts: its beat 0 is the first downbeat.

    Every bar gets the tempo that it was heard at, so what is composed for it stays in time.

    Parameters
    ----------
    downbeats : seconds, ascending, at least two.
    chords : (start s, end s, symbol).
    """
    upper, lower = meter.split("/")
    bar = int(upper) * 4.0 / int(lower)
    tempo = [
        TempoMark(beat=k * bar, bpm=min(999.0, bar * 60 / max(after - before, 0.05)))
        for k, (before, after) in enumerate(itertools.pairwise(downbeats))
    ]
    bars = len(downbeats) - 1
    clock = Clock(tempo)
    spans = []
    for start_s, end_s, symbol in chords:
        start = min(max(0.0, round(clock.beat(start_s - downbeats[0]))), bars * bar)
        end = min(max(0.0, round(clock.beat(end_s - downbeats[0]))), bars * bar)
        if end > start:
            spans.append(ChordSpan(start=start, duration=end - start, symbol=symbol))
    return Score(tempo=tempo, key=key, meter=meter, bars=bars, genre=genre, chords=spans)


def _moved(part: Part, beats: float) -> Part:
    return part.model_copy(
        update={"notes": [note.model_copy(update={"start": note.start + beats}) for note in part.notes]}
    )


def _merged(first: list[Part], second: list[Part], names: Mapping[str, str]) -> list[Part]:
    out = {part.name: part for part in first}
    for part in second:
        name = names[part.name]
        if name in out:
            out[name] = out[name].model_copy(update={"notes": [*out[name].notes, *part.notes]})
        else:
            out[name] = part.model_copy(update={"name": name})
    return list(out.values())
