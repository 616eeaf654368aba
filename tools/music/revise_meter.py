"""Another meter: the bars, their chords, the players and the tune's shape stay; all is written in the new bar."""

from dataclasses import replace

from segue.tools.core.score import ChordSpan, Note, Part, Score
from segue.tools.music.compose_from import bars_of, plan_beside
from segue.tools.music.compose_plan import Plan, performed
from segue.tools.music.compose_request import Say, silent
from segue.tools.music.compose_write import skyline, tune_of, write_voice
from segue.tools.music.revise_bars import bars_played, hands
from segue.tools.music.revise_words import genre_of, levels_of, number_of, tune_events
from segue.tools.music.rhythm import Event, Meter, meter_of

_ORDER = {"drums": 0, "percussion": 1, "bass": 2}


def set_meter(score: Score, meter: str, *, seed: int | None = None, say: Say = silent) -> Score:
    """Return the score in another meter, bar for bar: a bar keeps its chords and its share of the tune.

    The tune's notes go to the same place within the bar, on the new grid; where two fall together the
    first is kept. Everybody else is written anew in the new meter and plays in the bars it played in.

    Raises
    ------
    InvalidArgument : a meter that cannot be played; the nearest is offered.
    """
    old, new = meter_of(score.meter), meter_of(meter)
    if old.name == new.name:
        return score
    number = number_of(seed)
    ratio = new.bar / old.bar
    bars = bars_of(score)
    tempo = [m.model_copy(update={"beat": round(_bent(m.beat, old, new), 4)}) for m in score.tempo]
    chords = [
        ChordSpan(start=start, duration=end - start, symbol=c.symbol)
        for c in score.chords
        if (end := _bent(c.start + c.duration, old, new)) - (start := _bent(c.start, old, new)) > 1e-6
    ]
    lead = tune_of(score)
    tune = [p.model_copy(update={"notes": _tune_in(p, old, new)}) if p is lead else p for p in score.parts]
    swing = score.swing if new.lower < 8 else 0.5
    frame = score.model_copy(
        update={"meter": new.name, "tempo": tempo, "chords": chords, "parts": tune, "bars": bars, "swing": swing}
    )
    plan = plan_beside(frame, genre_of(score, ""), number, None, bars)
    plan.swing = swing
    events = tune_events(frame)
    made: dict[str, list[Note]] = {}
    for part in sorted(score.parts, key=lambda p: 0 if p.is_drum else _ORDER.get(p.role, 3)):
        playing = bars_played(part, range(bars), old.bar)
        if part is lead:
            kept = next(p for p in frame.parts if p.name == part.name).notes
            top = {id(n) for n in skyline(kept)}
            own = [Event(n.start, n.duration, n.pitch, n.velocity) for n in kept if id(n) in top]
            others = [v for v in hands(part, plan.genre, playing) if v.role not in ("melody", "lead")]
            own += [e for v in others for e in write_voice(plan, v, levels_of(plan), events)]
            made[part.name] = _played(plan, part, own)
            continue
        written: list[Event] = []
        for voice in hands(part, plan.genre, playing):
            written += write_voice(plan, voice, levels_of(plan), events, variant=number % 99_991 + 1)
        made[part.name] = _played(plan, part, written)
    say(f"All parts were written in {new.name}; the tune keeps its notes as far as the shorter bars have room."
        if ratio < 1 else f"All parts were written in {new.name}; the tune keeps its notes.")  # fmt: skip
    parts = [p.model_copy(update={"notes": made[p.name]}) for p in score.parts]
    return frame.model_copy(update={"parts": parts})


def _played(plan: Plan, part: Part, events: list[Event]) -> list[Note]:
    voice = hands(part, plan.genre, range(0))[0]
    return performed(plan, replace(voice, name=part.name), sorted(events, key=lambda e: (e.start, e.pitch)))


def _bent(beat: float, old: Meter, new: Meter) -> float:
    """Return where a beat lies in the new meter: the same bar, the nearest eighth to the same share of it."""
    bar, place = divmod(beat + 1e-6, old.bar)
    return bar * new.bar + round(max(0.0, place - 1e-6) * new.bar / old.bar * 2) / 2


def _tune_in(part: Part, old: Meter, new: Meter) -> list[Note]:
    grid = 2 if new.lower >= 8 else 4
    out: dict[tuple[float, int], Note] = {}
    for note in part.notes:
        bar, place = divmod(note.start + 1e-6, old.bar)
        at = bar * new.bar + min(new.bar - 1 / grid, round(max(0.0, place) * new.bar / old.bar * grid) / grid)
        duration = max(1 / grid, round(note.duration * new.bar / old.bar * grid) / grid)
        moved = note.model_copy(update={"start": round(at, 4), "duration": duration, "shift_s": 0.0})
        out.setdefault((at, note.pitch), moved)
    ordered = sorted(out.values(), key=lambda n: (n.start, -n.pitch))
    top = [n for i, n in enumerate(ordered) if i == 0 or n.start > ordered[i - 1].start + 1e-6]
    return [
        n if i + 1 == len(top) or n.end <= top[i + 1].start
        else n.model_copy(update={"duration": round(top[i + 1].start - n.start, 4)})
        for i, n in enumerate(top)
    ]  # fmt: skip
