"""Making a piece longer in its own language: new sections of the kinds that it has, before its ending."""

from dataclasses import replace

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import Note, Part, Score, Section
from segue.tools.core.theory import parse_key
from segue.tools.music.arrange_bars import set_bars
from segue.tools.music.compose_from import bars_of, ends_held, spans_of, tune_idea, voice_of
from segue.tools.music.compose_plan import Plan, Span, Voice, chord_spans, performed
from segue.tools.music.compose_write import write_voice
from segue.tools.music.form import kind_of, plan_length, section_name, with_energy
from segue.tools.music.genres import Genre, all_genres, find_genre
from segue.tools.music.rhythm import Event, Meter, meter_of

_ENDINGS = ("outro", "ending")


def extend(score: Score, duration_s: float | None = None, *, bars: int | None = None, seed: int | None = None) -> Score:
    """Return the score made longer: to ``duration_s`` seconds (ring-out included) or to ``bars`` bars in all.

    What was there stays note for note; its ending moves to the new end. The motif comes back, for new
    sections are written with the piece's own ideas (unless ``seed`` asks for others).

    Raises
    ------
    InvalidArgument : neither length is given.
    """
    meter = meter_of(score.meter)
    old = bars_of(score)
    hold: float | None = None
    if duration_s is not None:
        length = plan_length(bar=meter.bar, tempo_range=(score.bpm, score.bpm, score.bpm), preferred=score.bpm, bpm=score.bpm,
                             bars=None, duration_s=duration_s, loop=False, free_bars=old)  # fmt: skip
        total, hold = length.bars, length.hold_s
    elif bars is not None:
        total = bars
    else:
        raise InvalidArgument("How long the piece should be was not said.", "Give a length in seconds or in bars.")
    if total <= old:
        return score
    sections = _covered(score, old)
    tail = _tail_bars(score, sections, old)
    cut, new = old - tail, total - old
    fresh = _new_sections(sections, cut, new)
    genre = find_genre(score.genre or "") or all_genres()["pop"]
    notes = [n for p in score.parts if not p.is_drum for n in p.notes]
    spans = spans_of(score, parse_key(score.key), meter, old, notes)
    chords = _longer_chords(spans, sections, fresh, cut, new, meter)
    kept = _cut_sections(sections, cut)
    moved = [s.model_copy(update={"start_bar": s.start_bar + new}) for s in _tail_sections(sections, cut)]
    every = [*kept, *fresh, *moved]
    number = seed if seed is not None else score.seed or 0
    plan = Plan(
        key=parse_key(score.key), meter=meter, bpm=score.bpm, genre=genre, spans=chords, sections=every, seed=number,
        swing=score.swing, machine=genre.machine, ends=ends_held(score),
        motif=None if score.seed is not None and seed is None else tune_idea(score, meter),
    )  # fmt: skip
    parts = _longer_parts(score, plan, genre, cut, new, hold)
    shift = new * meter.bar
    tempo = [
        m if m.beat < cut * meter.bar + 1e-6 else m.model_copy(update={"beat": m.beat + shift}) for m in score.tempo
    ]
    update = {"parts": parts, "bars": total, "sections": every, "tempo": tempo,
              "chords": chord_spans(chords) if score.chords else []}  # fmt: skip
    return score.model_copy(update=update)


def _covered(score: Score, bars: int) -> list[Section]:
    """Return sections for every bar; one section where the score has none."""
    if not score.sections:
        return [Section(name="A", start_bar=1, bars=bars, energy=0.6)]
    sections = sorted(score.sections, key=lambda s: s.start_bar)
    last = sections[-1]
    end = last.start_bar + last.bars - 1
    if end < bars:
        sections[-1] = last.model_copy(update={"bars": bars - last.start_bar + 1})
    return sections


def _tail_bars(score: Score, sections: list[Section], bars: int) -> int:
    """Return how many bars the ending has: the outro, or the held last bar."""
    last = sections[-1]
    if section_name(last.name) in _ENDINGS and last.bars < bars:
        return last.bars
    return 1 if ends_held(score) and bars > 1 else 0


def _cut_sections(sections: list[Section], cut: int) -> list[Section]:
    out = []
    for section in sections:
        first = section.start_bar - 1
        if first < cut:
            out.append(section.model_copy(update={"bars": min(section.bars, cut - first)}))
    return out


def _tail_sections(sections: list[Section], cut: int) -> list[Section]:
    out = []
    for section in sections:
        first, after = section.start_bar - 1, section.start_bar - 1 + section.bars
        if after > cut:
            start = max(first, cut)
            name = section.name if first >= cut else "outro"
            out.append(section.model_copy(update={"name": name, "start_bar": start + 1, "bars": after - start}))
    return out


def _new_sections(sections: list[Section], cut: int, new: int) -> list[Section]:
    """Return sections that go on as the piece went: its own ones again, without introductions."""
    own = [s for s in sections if s.start_bar - 1 < cut and section_name(s.name) not in ("intro", *_ENDINGS)]
    own = own or [Section(name="A", start_bar=1, bars=max(1, cut), energy=0.6)]
    named: list[tuple[str, int]] = []
    left, index = new, 0
    while left > 0:
        model = own[index % len(own)]
        size = min(max(1, model.bars), left)
        if 0 < left - size < 2:
            size = left
        named.append((model.name, size))
        left -= size
        index += 1
    start = cut + 1
    out = []
    for section in with_energy(named, []):
        level = next((s.energy for s in own if s.name == section.name), section.energy)
        top = min(1.0, level + 0.04)
        out.append(section.model_copy(update={"start_bar": start, "energy": round(top, 3)}))
        start += section.bars
    return out


def _longer_chords(
    spans: list[Span], sections: list[Section], fresh: list[Section], cut: int, new: int, meter: Meter
) -> list[Span]:
    edge, shift = cut * meter.bar, new * meter.bar
    out = [replace(s, duration=min(s.end, edge) - s.start) for s in spans if s.start < edge - 1e-6]
    for section in fresh:
        model = next(
            (s for s in sections if kind_of(s.name) == kind_of(section.name) and s.start_bar - 1 < cut), sections[0]
        )
        size = max(1, min(model.bars, cut - model.start_bar + 1))
        for offset in range(section.bars):
            source = (model.start_bar - 1 + offset % size) * meter.bar
            target = (section.start_bar - 1 + offset) * meter.bar
            inside = [s for s in spans if s.start < source + meter.bar - 1e-6 and s.end > source + 1e-6]
            out += [
                Span(
                    max(s.start, source) - source + target,
                    min(s.end, source + meter.bar) - max(s.start, source),
                    s.chord,
                )
                for s in inside
            ]
    out += [Span(max(s.start, edge) + shift, s.end - max(s.start, edge), s.chord) for s in spans if s.end > edge + 1e-6]
    return out


def _longer_parts(score: Score, plan: Plan, genre: Genre, cut: int, new: int, hold: float | None) -> list[Part]:
    """Return the parts: old notes, new notes for the new bars, and the old ending moved."""
    meter = plan.meter
    edge, shift = cut * meter.bar, new * meter.bar
    voices = [_registered(voice_of(p, genre, range(plan.bars)), p) for p in score.parts]
    levels = set_bars(plan, voices, [v.instrument.name for v in voices], loop=False)
    added = frozenset(range(cut, cut + new))
    for voice in voices:
        voice.bars = voice.bars & added
    order = {"drums": 0, "percussion": 1, "bass": 2, "melody": 3}
    made: dict[str, list[Note]] = {}
    tune: list[Event] = []
    for voice in sorted(voices, key=lambda v: order.get(v.role, 4)):
        events = [e for e in write_voice(plan, voice, levels, tune) if edge - 1e-6 <= e.start < edge + shift - 1e-6]
        if voice.role == "melody":
            tune = events
        made[voice.name] = [
            n.model_copy(update={"duration": round(min(n.duration, edge + shift - n.start), 4)})
            for n in performed(plan, voice, events)
        ]
    last = (plan.bars - 1) * meter.bar
    parts = []
    for part in score.parts:
        before = [n for n in part.notes if n.start < edge - 1e-6]
        after = [
            n.model_copy(update={"start": round(n.start + shift, 4)}) for n in part.notes if n.start >= edge - 1e-6
        ]
        if hold is not None and plan.ends and not part.is_drum:
            held = max(0.5, round(hold * plan.bpm / 60.0 * 4) / 4)
            after = [n.model_copy(update={"duration": held}) if n.start >= last - 1e-6 else n for n in after]
        parts.append(part.model_copy(update={"notes": [*before, *made.get(part.name, []), *after]}))
    return parts


def _registered(voice: Voice, part: Part) -> Voice:
    """Return the player in the register that its part keeps to."""
    pitches = [n.pitch for n in part.notes]
    if pitches and not part.is_drum:
        voice.low = min(pitches)
        voice.high = min(127, max(max(pitches), voice.low + 16))
    return voice
