"""The form changed: a section made longer or shorter, another ending."""

from collections.abc import Sequence

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import ChordSpan, Note, Score, Section, TempoMark
from segue.tools.core.theory import parse_key
from segue.tools.music.compose_from import ends_held, plan_beside, spans_of
from segue.tools.music.compose_plan import Span, chord_spans
from segue.tools.music.compose_request import Say, silent
from segue.tools.music.harmony import asked_spans, close_section, home_chord
from segue.tools.music.revise_bars import chords_with, respan, write_bars
from segue.tools.music.revise_words import check_bars, find_section, genre_of, number_of
from segue.tools.music.rhythm import meter_of

ENDINGS = ("held", "cold", "slowing", "new")


def resize_section(score: Score, section: str, bars: int, *, seed: int | None = None) -> Score:
    """Return the score with a section that lasts ``bars`` bars: a longer intro, a shorter bridge.

    New bars come after the section's own, over its chords, by those who play in it; a shorter section
    loses its last bars, an intro its first. What follows moves and is otherwise identical.

    Raises
    ------
    InvalidArgument, NotFound : no such section, or no bars left.
    """
    if bars < 1:
        raise InvalidArgument("A section has at least one bar.", "Drop the section by cutting its bars instead.")
    found = find_section(score, section)
    if bars <= found.bars:
        return _without_bars(score, found, found.bars - bars)
    grown = _with_bars(score, found, bars - found.bars)
    first = found.start_bar + found.bars
    playing = {p.name for p in grown.parts if _plays(p.notes, score, found)}
    number = number_of(seed)
    genre = genre_of(score, "")
    plan = plan_beside(grown, genre, number, None, grown.bars)
    new = range(first - 1, first - 1 + bars - found.bars)
    made = write_bars(grown, plan, playing, new, number, enter=playing)
    parts = [p.model_copy(update={"notes": made[p.name]}) if p.name in made else p for p in grown.parts]
    return grown.model_copy(update={"parts": parts})


def _plays(notes: Sequence[Note], score: Score, section: Section) -> bool:
    half = score.bar_beat(section.start_bar) + section.bars * score.beats_per_bar / 2
    end = score.bar_beat(section.start_bar + section.bars)
    return any(half - 1e-6 <= n.start < end - 1e-6 for n in notes)


def _with_bars(score: Score, section: Section, more: int) -> Score:
    """Return the score with empty bars behind a section, its chords going on in them."""
    meter = meter_of(score.meter)
    edge, shift = score.bar_beat(section.start_bar + section.bars), more * meter.bar
    notes = [n for p in score.parts if not p.is_drum for n in p.notes]
    spans = spans_of(score, parse_key(score.key), meter, score.bars, notes)
    out = [Span(s.start, min(s.end, edge) - s.start, s.chord) for s in spans if s.start < edge - 1e-6]
    for offset in range(more):
        source = score.bar_beat(section.start_bar + offset % section.bars)
        out += [
            Span(max(s.start, source) - source + edge + offset * meter.bar,
                 min(s.end, source + meter.bar) - max(s.start, source), s.chord)
            for s in spans
            if s.start < source + meter.bar - 1e-6 and s.end > source + 1e-6
        ]  # fmt: skip
    out += [Span(max(s.start, edge) + shift, s.end - max(s.start, edge), s.chord) for s in spans if s.end > edge + 1e-6]
    return _moved(score, edge, shift, section, more, chord_spans(out) if score.chords else [])


def _without_bars(score: Score, section: Section, fewer: int) -> Score:
    if fewer == 0:
        return score
    at_front = section.start_bar == 1
    first = 1 if at_front else section.start_bar + section.bars - fewer
    low, high = score.bar_beat(first), score.bar_beat(first + fewer)
    check_bars(score, first, first + fewer - 1)
    parts = [
        p.model_copy(update={"notes": [
            n.model_copy(update={"duration": round(min(n.duration, low - n.start), 4)}) if n.start < low - 1e-6 < n.end - 1e-3 else n
            for n in p.notes
            if not low - 1e-6 <= n.start < high - 1e-6
        ]})
        for p in score.parts
    ]  # fmt: skip
    chords = [
        piece
        for c in score.chords
        for piece in (
            ChordSpan(start=c.start, duration=min(c.start + c.duration, low) - c.start, symbol=c.symbol) if c.start < low - 1e-6 else None,
            ChordSpan(start=max(c.start, high), duration=c.start + c.duration - max(c.start, high), symbol=c.symbol) if c.start + c.duration > high + 1e-6 else None,
        )
        if piece is not None
    ]  # fmt: skip
    cut = score.model_copy(update={"parts": parts, "chords": chords})
    moved = [c.model_copy(update={"start": c.start - (high - low)}) if c.start >= high - 1e-6 else c for c in chords]
    return _moved(cut, high, low - high, section, -fewer, moved)


def _moved(
    score: Score, edge: float, shift: float, section: Section, more: int, chords: list[ChordSpan]
) -> Score:  # fmt: skip
    """Return the score with everything from ``edge`` on moved by ``shift`` beats, and the section resized."""
    parts = [
        p.model_copy(update={"notes": [
            n.model_copy(update={"start": round(n.start + shift, 4)}) if n.start >= edge - 1e-6 else n for n in p.notes
        ]})
        for p in score.parts
    ]  # fmt: skip
    sections = [
        s.model_copy(update={"bars": s.bars + more}) if s.start_bar == section.start_bar
        else s.model_copy(update={"start_bar": s.start_bar + more}) if s.start_bar > section.start_bar else s
        for s in score.sections
    ]  # fmt: skip
    tempo = [m.model_copy(update={"beat": m.beat + shift}) if m.beat >= edge - 1e-6 and m.beat > 0 else m for m in score.tempo]  # fmt: skip
    update = {"parts": parts, "sections": sections, "tempo": tempo, "chords": chords, "bars": score.bars + more}
    return score.model_copy(update=update)


# -- endings ---------------------------------------------------------------------------------------


def set_ending(score: Score, kind: str = "new", *, seed: int | None = None, say: Say = silent) -> Score:
    """Return the score with another ending.

    ``held``: the last bar is one chord that rings; ``cold``: it stops with one short stroke; ``slowing``:
    the last two bars slow down by 15 %; ``new``: the last four bars are written anew, with a cadence, and
    held. All before is identical.

    Raises
    ------
    InvalidArgument : no such ending.
    """
    if kind not in ENDINGS:
        raise InvalidArgument(f"'{kind}' is not an ending that is known.", f"There are: {', '.join(ENDINGS)}.")
    meter = meter_of(score.meter)
    last = score.bar_beat(score.bars)
    if kind == "slowing":
        base = score.clock()
        at = last - meter.bar / 2
        bpm = (
            60.0 / (base.seconds(last - meter.bar) - base.seconds(last - meter.bar - 1.0))
            if last > meter.bar + 1
            else score.bpm
        )
        marks = [m for m in score.tempo if m.beat < last - meter.bar - 1e-6 or m.beat == 0]
        steps = ((last - meter.bar, 0.95), (at, 0.9), (last, 0.85))
        tempo = [*marks, *(TempoMark(beat=max(0.0, b), bpm=round(bpm * f, 3)) for b, f in steps if b > 0)]
        return score.model_copy(update={"tempo": tempo})
    if kind == "cold":
        length = min(0.5, meter.bar / 4)
        parts = [
            p.model_copy(update={"notes": [
                n.model_copy(update={"duration": min(n.duration, length)}) if n.start >= last - 1e-6 else n
                for n in p.notes
                if n.start < last + 0.26
            ]})
            for p in score.parts
        ]  # fmt: skip
        return score.model_copy(update={"parts": parts})
    return _closed(score, kind, number_of(seed), say)


def _closed(score: Score, kind: str, number: int, say: Say) -> Score:
    """Write the last bar as a held chord of the key, after a cadence where the ending is to be new."""
    meter, genre, key = meter_of(score.meter), genre_of(score, ""), parse_key(score.key)
    if ends_held(score) and kind == "held":
        say("It ends on a held chord already.")
        return score
    count = min(4 if kind == "new" else 1, score.bars)
    low, high = score.bar_beat(score.bars - count + 1), score.bar_beat(score.bars + 1)
    plan = plan_beside(score, genre, number, None, score.bars)
    block = [[s.chord for s in plan.spans_in(low + i * meter.bar, low + (i + 1) * meter.bar)] for i in range(count)]
    close_section(block, genre, key, home_chord(genre, key), final=True, opens=False)
    fresh = [Span(s.start + low, s.duration, s.chord) for s in asked_spans(block, count, meter)]
    respan(plan, low, high, fresh)
    plan.ends = True
    late = score.bar_beat(max(1, score.bars - 3))
    names = {p.name for p in score.parts if any(n.start >= late - 1e-6 for n in p.notes)}
    made = write_bars(score, plan, names, range(score.bars - count, score.bars), number, enter=names)
    parts = [p.model_copy(update={"notes": made[p.name]}) if p.name in made else p for p in score.parts]
    return score.model_copy(update={"parts": parts, "chords": chords_with(score, plan, low, high)})
