"""Bars written anew in some or all parts; every note outside them stays."""

import re
from dataclasses import replace

from segue.tools.core.score import ChordSpan, Note, Part, Score
from segue.tools.core.theory import make_chord
from segue.tools.music.arrange import manner_for
from segue.tools.music.compose_from import is_polyphonic, plan_beside, voice_of
from segue.tools.music.compose_plan import Plan, Span, Voice, performed
from segue.tools.music.compose_write import write_voice
from segue.tools.music.genres import Genre, all_genres
from segue.tools.music.harmony import dominant_chords
from segue.tools.music.revise_words import (
    check_bars,
    density_wished,
    genre_of,
    levels_of,
    number_of,
    parts_in,
    tune_events,
)


def regenerate(score: Score, start_bar: int, end_bar: int, prompt: str = "", *, seed: int | None = None) -> Score:
    """Return the score with these bars written anew in every part that plays there.

    Words of ``prompt`` are followed: "busier", "simpler", "more tension", a mood, or parts ("busier
    drums" leaves all but the drums alone). Notes outside the bars are identical.
    """
    check_bars(score, start_bar, end_bar)
    first, after = start_bar - 1, end_bar
    low, high = score.bar_beat(start_bar), score.bar_beat(end_bar + 1)
    genre = genre_of(score, "")
    variant = number_of(seed)
    plan = plan_beside(score, genre, variant, None, score.bars)
    plan.density = density_wished(prompt)
    tense = bool(re.search(r"tension|tense|suspens|dramatic|darker", prompt, re.IGNORECASE))
    if tense:
        _tighten(plan, low, high)
        plan.density = max(plan.density, 0.35)
    chosen = parts_in(score, prompt)
    parts: list[Part] = []
    for part in sorted(score.parts, key=lambda p: not p.is_drum):
        plays = any(low - 1e-6 <= n.start < high - 1e-6 for n in part.notes)
        if not plays or (chosen and part.name not in chosen):
            parts.append(part)
            continue
        new: list[Note] = []
        for voice in _hands(part, genre, range(first, after)):
            if voice.role == "melody":
                plan.register = 0.5 if tense else 0.0
            events = write_voice(plan, voice, levels_of(plan), tune_events(score), variant=variant % 997 + 1)
            new += performed(plan, voice, [e for e in events if low - 1e-6 <= e.start < high - 1e-6])
        lift = 6 if tense else 0
        new = [
            n.model_copy(update={"duration": round(min(n.duration, high - n.start), 4) if end_bar < score.bars else n.duration,
                                 "velocity": min(127, n.velocity + lift)})
            for n in new
        ]  # fmt: skip
        kept = [n for n in part.notes if not low - 1e-6 <= n.start < high - 1e-6]
        merged = sorted([*kept, *new], key=lambda n: (n.start, n.pitch))
        parts.append(part.model_copy(update={"notes": merged}))
    order = {p.name: i for i, p in enumerate(score.parts)}
    parts.sort(key=lambda p: order[p.name])
    chords = _chords_with(score, plan, low, high) if tense else score.chords
    return score.model_copy(update={"parts": parts, "chords": chords})


def _tighten(plan: Plan, low: float, high: float) -> None:
    """Let the last bar before ``high`` stand on the dominant, suspended first."""
    bar = plan.meter.bar
    root = dominant_chords(all_genres()["classical"], plan.key)[0].root
    start = max(low, high - bar)
    half = max(plan.meter.pulses, key=lambda p: -abs(p - bar / 2))
    tight = [Span(start, half or bar, make_chord(root, "7sus4", key=plan.key))]
    if half:
        tight.append(Span(start + half, bar - half, make_chord(root, "7", key=plan.key)))
    before = [replace(s, duration=min(s.end, start) - s.start) for s in plan.spans if s.start < start - 1e-6]
    later = [Span(max(s.start, high), s.end - max(s.start, high), s.chord) for s in plan.spans if s.end > high + 1e-6]
    fresh = Plan(
        plan.key,
        plan.meter,
        plan.bpm,
        plan.genre,
        [*before, *tight, *later],
        plan.sections,
        plan.seed,
        plan.swing,
        plan.machine,
    )
    plan.spans = fresh.spans
    plan.__dict__.pop("_starts", None)


def _chords_with(score: Score, plan: Plan, low: float, high: float) -> list[ChordSpan]:
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


def _hands(part: Part, genre: Genre, bars: range) -> list[Voice]:
    """Return the player of a part as voices to write: a lone pianist has a tune, chords and a bass."""
    voice = voice_of(part, genre, bars)
    pitches = [n.pitch for n in part.notes] or [60]
    if not part.is_drum:
        middle = (min(pitches) + max(pitches)) // 2
        voice.low = max(0, min(min(pitches), middle - 8))
        voice.high = min(127, max(max(pitches), voice.low + 17))
    if part.role != "melody" or not is_polyphonic(part):
        return [voice]
    lead = replace(voice, low=max(voice.low, voice.high - 19))
    chords = replace(voice, role="chords", manner=manner_for(voice.instrument, genre), low=52, high=72)
    hands = [lead, chords]
    if min(pitches) < 46:
        hands.append(replace(voice, role="bass", manner="half_notes", low=28, high=55))
    return hands
