"""Bars written anew in some or all parts; every note outside them, and every part that is kept, stays."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import ChordSpan, Note, Part, Score
from segue.tools.core.theory import make_chord, parse_key
from segue.tools.music.arrange import manner_for
from segue.tools.music.compose_from import is_polyphonic, plan_beside, voice_of
from segue.tools.music.compose_plan import Plan, Span, Voice, performed
from segue.tools.music.compose_request import Say, silent
from segue.tools.music.compose_write import tune_of, write_voice
from segue.tools.music.genres import Genre, all_genres
from segue.tools.music.harmony import dominant_chords
from segue.tools.music.parts import parts_named
from segue.tools.music.revise_vary import varied
from segue.tools.music.revise_words import (
    Wish,
    bars_meant,
    genre_of,
    levels_of,
    number_of,
    tune_events,
    wish_of,
)
from segue.tools.music.rhythm import Event

_TRIES = 4  # how many readings are drawn where one comes out as the notes that were there
_ORDER = {"drums": 0, "percussion": 1, "bass": 2, "melody": 3, "lead": 3}


def regenerate(
    score: Score, start_bar: int | None = None, end_bar: int | None = None, prompt: str = "", *,
    section: str | None = None, parts: Sequence[str] = (), keep: Sequence[str] = (), seed: int | None = None,
    say: Say = silent,
) -> Score:  # fmt: skip
    """Return the score with bars written anew: these, a section's, or without either all of them.

    Parameters
    ----------
    prompt : words that are followed: "busier", "simpler", "more tension", "a variation", "a reggaeton beat",
        "without the bass", or parts ("busier drums" leaves all but the drums alone).
    parts : words for the parts that are written anew; without them, and without parts in the prompt, all.
    keep : words for the parts that are locked.
    seed : the same seed gives the same notes.

    Notes outside the bars, and parts that are kept or not named, are identical.

    Raises
    ------
    InvalidArgument, NotFound : bars, a section or a part that is not there; nothing that may change.
    """
    first, last = bars_meant(score, start_bar, end_bar, section)
    low, high = score.bar_beat(first), score.bar_beat(last + 1)
    wish = wish_of(score, prompt)
    locked = _named(score, keep)
    asked = _named(score, parts) or set(wish.parts)
    silenced = set(wish.without) - locked
    only_silence = silenced and replace(wish, without=frozenset()) == Wish()
    chosen = (asked or ({p.name for p in score.parts} if not only_silence else set())) - locked - silenced
    if not chosen and not silenced:
        raise InvalidArgument("Every part is locked, so nothing can be written anew.", "Lock fewer parts.")
    number = number_of(seed)
    plan = plan_beside(score, wish.genre or genre_of(score, ""), number, None, score.bars)
    plan.density = max(-1.0, min(1.0, wish.density + 0.35 * wish.tension))
    harmony = {p.name for p in score.parts if p.role in ("bass", "chords", "pad", "arpeggio")}
    chords = score.chords
    if wish.tension > 0 and harmony and harmony <= chosen:
        key = next((s.key for s in score.sections if s.start_bar <= first < s.start_bar + s.bars), None)
        plan.key = parse_key(key or score.key)
        tighten(plan, low, high)
        chords = chords_with(score, plan, low, high)
    elif wish.tension > 0:
        say("The chords stay as they are, because not all who play them are written anew.")
    made = {name: _outside(score, name, low, high) for name in silenced}
    made |= write_bars(score, plan, chosen, range(first - 1, last), number, wish=wish, enter=asked)
    new = [p.model_copy(update={"notes": made[p.name]}) if p.name in made else p for p in score.parts]
    return score.model_copy(update={"parts": new, "chords": chords})


def write_bars(
    score: Score, plan: Plan, names: Iterable[str], bars: range, variant: int, *, wish: Wish | None = None,
    enter: Iterable[str] = (),
) -> dict[str, list[Note]]:  # fmt: skip
    """Return the notes of parts with these bars (from 0) written anew, each where it plays now.

    Parts in ``enter`` play in all of the bars where they were silent. Who is silent there and not in it
    is left out of the answer. ``plan.kicks`` are the kit's, whether it is written or not.
    """
    wish = wish or Wish()
    names, enter = set(names), set(enter)
    low, high = bars.start * plan.meter.bar, bars.stop * plan.meter.bar
    tune = tune_events(score)
    lead = tune_of(score)
    made: dict[str, list[Note]] = {}
    for part in sorted(score.parts, key=lambda p: 0 if p.is_drum else _ORDER.get(p.role, 4)):
        playing = bars_played(part, bars, plan.meter.bar)
        if part.name not in names or not (playing or part.name in enter):
            continue
        playing = playing or set(bars)
        old = [n for n in part.notes if low - 1e-6 <= n.start < high - 1e-6]
        new: list[Note] = []
        for turn in range(_TRIES):
            if wish.varied and part is lead and old:
                events = varied(plan, old, variant + turn)
            else:
                events = _written(plan, part, playing, tune, wish, variant + turn)
            inside = [e for e in events if low - 1e-6 <= e.start < high - 1e-6]
            new = _as_loud(_within(_performed(plan, part, inside), high, plan), old, wish)
            if [(n.start, n.pitch) for n in new] != [(n.start, n.pitch) for n in old]:
                break
        if part is lead:
            outside = [e for e in tune if not low - 1e-6 <= e.start < high - 1e-6]
            tune = sorted([*outside, *inside], key=lambda e: (e.start, e.pitch))
        kept = _outside(score, part.name, low, high)
        made[part.name] = sorted([*kept, *new], key=lambda n: (n.start, n.pitch))
    return made


def _named(score: Score, words: Sequence[str]) -> set[str]:
    return {name for word in words for name in parts_named(score.parts, word)}


def _outside(score: Score, name: str, low: float, high: float) -> list[Note]:
    part = score.part(name)
    return [n for n in part.notes if not low - 1e-6 <= n.start < high - 1e-6] if part else []


def bars_played(part: Part, bars: range, bar: float) -> set[int]:
    """Return the bars in which a part plays; a bar's rest between two of them counts as playing."""
    found = {int((n.start + 1e-6) // bar) for n in part.notes} & set(bars)
    held = {
        index
        for n in part.notes
        for index in range(int((n.start + 1e-6) // bar), int((n.end - 0.3) // bar) + 1)
        if index in bars
    }
    found |= held
    return found | {index for index in bars if {index - 1, index + 1} <= found}


def _written(
    plan: Plan, part: Part, bars: set[int], tune: Sequence[Event], wish: Wish, variant: int
) -> list[Event]:  # fmt: skip
    """Return a part's events, every hand of it."""
    events: list[Event] = []
    for voice in hands(part, plan.genre, bars):
        if voice.role == "melody":
            lift = round(4 * max(-1.0, min(1.0, wish.register + 0.6 * wish.tension)))
            voice.low, voice.high = max(0, voice.low + lift), min(127, voice.high + lift)
        events += write_voice(plan, voice, levels_of(plan), tune, variant=variant % 99_991 + 1)
    return events


def _performed(plan: Plan, part: Part, events: Sequence[Event]) -> list[Note]:
    return performed(plan, voice_of(part, plan.genre, range(0)), events)


def _within(notes: list[Note], high: float, plan: Plan) -> list[Note]:
    """Return notes that do not ring over the end of the bars, the piece's own end excepted."""
    if high >= plan.bars * plan.meter.bar - 1e-6:
        return notes
    return [n.model_copy(update={"duration": round(min(n.duration, high - n.start), 4)}) for n in notes]


def _as_loud(new: list[Note], old: Sequence[Note], wish: Wish) -> list[Note]:
    """Return new notes as loud as the old ones were on average, with the rise that was wished for."""
    if not new:
        return new
    level = statistics.mean(n.velocity for n in old) - statistics.mean(n.velocity for n in new) if old else 0.0
    level = max(-20.0, min(20.0, level)) + 9.0 * wish.loudness
    first, span = new[0].start, max(1e-6, new[-1].start - new[0].start)
    out = []
    for note in new:
        rise = wish.tension * 14.0 * (note.start - first) / span if wish.tension > 0 else 8.0 * wish.tension
        out.append(note.model_copy(update={"velocity": round(max(20.0, min(127.0, note.velocity + level + rise)))}))
    return out


def hands(part: Part, genre: Genre, bars: Iterable[int]) -> list[Voice]:
    """Return the player of a part as voices to write: a lone pianist has a tune, chords and a bass."""
    voice = voice_of(part, genre, range(0))
    voice.bars = frozenset(bars)
    pitches = [n.pitch for n in part.notes] or [60]
    if not part.is_drum:
        middle = (min(pitches) + max(pitches)) // 2
        voice.low = max(0, min(min(pitches), middle - 8))
        voice.high = min(127, max(max(pitches), voice.low + 17))
    if part.role != "melody" or not is_polyphonic(part):
        return [voice]
    lead = replace(voice, low=max(voice.low, voice.high - 19))
    chords = replace(voice, role="chords", manner=manner_for(voice.instrument, genre), low=52, high=72)
    both = [lead, chords]
    if min(pitches) < 46:
        both.append(replace(voice, role="bass", manner="half_notes", low=28, high=55))
    return both


# -- harmony ---------------------------------------------------------------------------------------


def tighten(plan: Plan, low: float, high: float) -> None:
    """Put the chords between two beats over a dominant pedal, and the last bar on the dominant, suspended first."""
    bar = plan.meter.bar
    root = dominant_chords(all_genres()["classical"], plan.key)[0].root
    start = max(low, high - bar)
    half = max(plan.meter.pulses, key=lambda p: -abs(p - bar / 2))
    over = [
        replace(s, chord=make_chord(s.chord.root, s.chord.quality, root, plan.key) if s.chord else None)
        for s in plan.spans_in(low, start)
    ]
    close = [Span(start, half or bar, make_chord(root, "7sus4", key=plan.key))]
    if half:
        close.append(Span(start + half, bar - half, make_chord(root, "7", key=plan.key)))
    respan(plan, low, high, [*over, *close])


def respan(plan: Plan, low: float, high: float, spans: Sequence[Span]) -> None:
    """Replace the chords between two beats, in place."""
    before = [replace(s, duration=min(s.end, low) - s.start) for s in plan.spans if s.start < low - 1e-6]
    later = [Span(max(s.start, high), s.end - max(s.start, high), s.chord) for s in plan.spans if s.end > high + 1e-6]
    plan.spans = [*before, *spans, *later]
    plan.__dict__.pop("_starts", None)  # cached


def chords_with(score: Score, plan: Plan, low: float, high: float) -> list[ChordSpan]:
    """Return the score's chords with the plan's between two beats; all others stay."""
    inside = [
        ChordSpan(start=s.start, duration=s.duration, symbol=s.chord.symbol if s.chord else "N")
        for s in plan.spans_in(low, high)
    ]
    before = [
        c if c.start + c.duration <= low + 1e-6 else c.model_copy(update={"duration": low - c.start})
        for c in score.chords
        if c.start < low - 1e-6
    ]
    after = [
        c if c.start >= high - 1e-6 else c.model_copy(update={"start": high, "duration": c.start + c.duration - high})
        for c in score.chords
        if c.start + c.duration > high + 1e-6
    ]
    return [*before, *inside, *after]
