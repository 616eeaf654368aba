"""Exact changes to a score: each returns a new score in which whatever was not named is identical.

Bars count from 1 and both ends are included.
"""

import random
import re
import secrets
from collections.abc import Iterable
from dataclasses import replace

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.instruments import Instrument, find_ensemble, find_instrument, nearest_instruments
from segue.tools.core.score import ChordSpan, Note, Part, Score, TempoMark
from segue.tools.core.theory import key_distance_semitones, make_chord, parse_chord, parse_key
from segue.tools.music.arrange import choose_voices, manner_for, set_registers
from segue.tools.music.compose_from import bars_of, is_polyphonic, plan_beside, voice_of, with_lead
from segue.tools.music.compose_plan import Plan, Span, Voice, performed
from segue.tools.music.compose_request import Request, check_limits, read_instruments, silent
from segue.tools.music.compose_write import skyline, tune_of, write_voice
from segue.tools.music.genres import Genre, Mood, all_genres, blend, find_genre, find_mood
from segue.tools.music.harmony import dominant_chords
from segue.tools.music.parts import parts_named
from segue.tools.music.revise_extend import extend
from segue.tools.music.rhythm import Event, meter_of

__all__ = [
    "add_part", "extend", "isolate_parts", "known_instrument", "loop", "regenerate", "remove_parts",
    "replace_instrument", "restyle", "set_tempo", "transpose", "transpose_to", "trim_bars",
]  # fmt: skip

_PLAIN = "pop"  # the idiom of scores that name no genre


# -- parts -----------------------------------------------------------------------------------------


def remove_parts(score: Score, words: Iterable[str]) -> Score:
    """Return the score without the parts that are named.

    Raises
    ------
    InvalidArgument : no such part, or nothing would be left.
    """
    gone = {name for word in words for name in parts_named(score.parts, word)}
    kept = [p for p in score.parts if p.name not in gone]
    if not kept:
        raise InvalidArgument("Nothing would be left to hear.", "Keep at least one part.")
    return score.model_copy(update={"parts": kept})


def isolate_parts(score: Score, words: Iterable[str]) -> Score:
    """Return the score with only the parts that are named."""
    kept = {name for word in words for name in parts_named(score.parts, word)}
    return score.model_copy(update={"parts": [p for p in score.parts if p.name in kept]})


def replace_instrument(score: Score, part: str, instrument: str) -> Score:
    """Return the score with a part (by its exact name or a word for it) played on another instrument.

    Its notes stay, moved by whole octaves where the new instrument cannot reach them.
    """
    names = set(parts_named(score.parts, part))
    new = known_instrument(instrument)
    parts: list[Part] = []
    for one in score.parts:
        if one.name not in names:
            parts.append(one)
            continue
        if new.is_drum != one.is_drum:
            raise InvalidArgument(
                f"A {new.name} cannot play the notes of '{one.name}'.",
                "Remove the part and add another instead." if one.is_drum else "Choose an instrument with pitches.",
            )
        name = one.name if one.name in ("drums", "bass", "melody") and one.role == new.role else new.name
        notes = one.notes if new.is_drum else [_reachable(note, new) for note in one.notes]
        changed = {
            "name": _free_name(score, name, one.name),
            "instrument": new.name,
            "program": new.program,
            "synth": new.synth,
            "stem": new.stem,
            "notes": notes,
        }
        parts.append(one.model_copy(update=changed))
    return score.model_copy(update={"parts": parts})


def known_instrument(name: str) -> Instrument:
    """Return an instrument by name.

    Raises
    ------
    InvalidArgument : unknown; the hint names the nearest.
    """
    found = find_instrument(name) or next(iter(find_ensemble(name)), None)
    if found is None:
        near = ", ".join(nearest_instruments(name)) or "piano, guitar or strings"
        raise InvalidArgument(f"'{name}' is not an instrument that can be played here.", f"The nearest: {near}.")
    return found


def _free_name(score: Score, wanted: str, own: str = "") -> str:
    taken = {p.name for p in score.parts} - {own}
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} {number}", number + 1
    return name


def _reachable(note: Note, instrument: Instrument) -> Note:
    pitch = note.pitch
    while pitch < instrument.low and pitch + 12 <= 127:
        pitch += 12
    while pitch > instrument.high and pitch - 12 >= instrument.low:
        pitch -= 12
    return note if pitch == note.pitch else note.model_copy(update={"pitch": pitch})


def add_part(score: Score, instrument: str, prompt: str = "", *, seed: int | None = None) -> Score:
    """Return the score with one more part, written over its chords: "walking bass", "strings", "congas"."""
    new = known_instrument(instrument)
    genre = _genre_of(score, "")
    plan = plan_beside(score, genre, _seed(seed), None, bars_of(score))
    plan.density = _wish_density(prompt)
    [voice] = choose_voices(genre, read_instruments([new.name]), [], only=True, mood=Mood(), rng=random.Random(0))[:1]
    words = f"{instrument} {prompt}".lower()
    has = {p.role for p in score.parts}
    wanted = next((role for role in ("bass", "pad", "arpeggio", "counter", "melody", "chords") if role in words), None)
    if new.is_drum:
        voice.role = "percussion" if new.family == "percussion" else "drums"
    elif wanted and wanted != "bass":
        voice.role = wanted
    elif voice.role == "melody" and (has & {"melody", "lead"} or new.role in ("chords", "pad", "arpeggio")):
        voice.role = new.role if new.role in ("chords", "pad", "arpeggio") else "counter"
    if new.family == "bass":
        voice.role = "bass"
    voice.manner = {"bass": genre.bass[1], "chords": manner_for(new, genre)}.get(voice.role, "")
    if "walking" in words:
        voice.manner = "walking"
    voice.name = _free_name(score, voice.role if voice.role in ("drums", "bass") else new.name)
    _place(score, voice)
    used = _bars_played(score) or set(range(plan.bars))
    voice.bars = frozenset(used)
    notes = performed(plan, voice, write_voice(plan, voice, _levels(plan), _tune_events(score)))
    return score.model_copy(update={"parts": [*score.parts, voice.part(plan, notes)]})


def _place(score: Score, voice: Voice) -> None:
    """Give a new player the register that is free under the score's own tune."""
    tune = tune_of(score)
    lead = voice_of(tune, all_genres()[_PLAIN], range(0)) if tune and voice.role != "melody" else None
    if lead is not None:
        lead.role = "melody"
    set_registers([v for v in (lead, voice) if v], 0.0)
    if voice.role not in ("bass", "melody", "chords", "pad", "counter", "arpeggio"):
        voice.low, voice.high = voice.instrument.low, voice.instrument.high


def _bars_played(score: Score) -> set[int]:
    return {int(n.start // score.beats_per_bar) for p in score.parts for n in p.notes}


def _tune_events(score: Score) -> list[Event]:
    tune = tune_of(score)
    return [Event(n.start, n.duration, n.pitch, n.velocity) for n in tune.notes] if tune else []


def _levels(plan: Plan) -> dict[int, int]:
    return {
        bar: 1 if (energy := plan.section_of(bar).energy) < 0.45 else 2 if energy < 0.72 else 3
        for bar in range(plan.bars)
    }


# -- key and tempo ---------------------------------------------------------------------------------


def transpose(score: Score, semitones: int) -> Score:
    """Return the score that many semitones higher; drums stay. Notes beyond MIDI's range fold by octaves."""
    if semitones == 0:
        return score
    key = parse_key(score.key).transposed(semitones)

    def moved(note: Note) -> Note:
        pitch = note.pitch + semitones
        pitch += 12 * ((-pitch + 11) // 12) if pitch < 0 else -12 * ((pitch - 127 + 11) // 12) if pitch > 127 else 0
        return note.model_copy(update={"pitch": pitch})

    chords = [
        c
        if c.symbol == "N"
        else c.model_copy(update={"symbol": parse_chord(c.symbol).transposed(semitones, key).symbol})
        for c in score.chords
    ]
    parts = [p if p.is_drum else p.model_copy(update={"notes": [moved(n) for n in p.notes]}) for p in score.parts]
    return score.model_copy(update={"key": str(key), "chords": chords, "parts": parts})


def transpose_to(score: Score, key: str) -> Score:
    """Return the score in another key, moved the shorter way; the mode stays its own."""
    return transpose(score, key_distance_semitones(parse_key(score.key), parse_key(key)))


def set_tempo(score: Score, bpm: float | None = None, *, ratio: float | None = None) -> Score:
    """Return the score at another tempo: to a ``bpm`` at its start, or by ``ratio`` (new ÷ old). Swing keeps its share."""
    factor = ratio if ratio is not None else (bpm or score.bpm) / score.bpm
    check_limits(Request(bpm=score.bpm * factor))
    tempo = [mark.model_copy(update={"bpm": round(mark.bpm * factor, 6)}) for mark in score.tempo]
    parts = [
        p.model_copy(
            update={"notes": [n.model_copy(update={"shift_s": round(n.shift_s / factor, 6)}) for n in p.notes]}
        )
        for p in score.parts
    ]
    return score.model_copy(update={"tempo": tempo, "parts": parts})


# -- bars ------------------------------------------------------------------------------------------


def trim_bars(score: Score, start_bar: int, end_bar: int) -> Score:
    """Return only these bars, moved to the start. Notes that ring over the end are cut there."""
    _check_bars(score, start_bar, end_bar)
    low, high = score.bar_beat(start_bar), score.bar_beat(end_bar + 1)
    parts = []
    for part in score.parts:
        notes = [
            n.model_copy(
                update={"start": round(n.start - low, 4), "duration": round(min(n.duration, high - n.start), 4)}
            )
            for n in part.notes
            if low - 1e-6 <= n.start < high - 1e-6
        ]
        parts.append(part.model_copy(update={"notes": notes}))
    chords = [
        ChordSpan(
            start=max(0.0, c.start - low), duration=min(c.start + c.duration, high) - max(c.start, low), symbol=c.symbol
        )
        for c in score.chords
        if c.start + c.duration > low + 1e-6 and c.start < high - 1e-6
    ]
    sections = []
    for section in score.sections:
        first, last = max(section.start_bar, start_bar), min(section.start_bar + section.bars - 1, end_bar)
        if first <= last:
            sections.append(section.model_copy(update={"start_bar": first - start_bar + 1, "bars": last - first + 1}))
    marks = [m.model_copy(update={"beat": m.beat - low}) for m in score.tempo if low < m.beat < high]
    tempo_before = [m for m in score.tempo if m.beat <= low] or score.tempo[:1]
    tempo = [TempoMark(beat=0.0, bpm=tempo_before[-1].bpm), *marks]
    update = {"parts": parts, "chords": chords, "sections": sections, "tempo": tempo, "bars": end_bar - start_bar + 1}
    return score.model_copy(update=update)


def loop(score: Score, times: int) -> Score:
    """Return the score played ``times`` times in all."""
    if times < 1:
        raise InvalidArgument("A loop is played at least once.", "Say how many times in all.")
    length = score.bars * score.beats_per_bar
    parts = [
        p.model_copy(update={"notes": [_later(n, i * length) for i in range(times) for n in p.notes]})
        for p in score.parts
    ]
    chords = [c.model_copy(update={"start": c.start + i * length}) for i in range(times) for c in score.chords]
    sections = [
        s.model_copy(update={"start_bar": s.start_bar + i * score.bars}) for i in range(times) for s in score.sections
    ]
    tempo = [m.model_copy(update={"beat": m.beat + i * length}) for i in range(times) for m in score.tempo]
    update = {"parts": parts, "chords": chords, "sections": sections, "bars": score.bars * times, "tempo": tempo}
    return score.model_copy(update=update)


def _later(note: Note, beats: float) -> Note:
    return note if beats == 0 else note.model_copy(update={"start": round(note.start + beats, 4)})


def _check_bars(score: Score, start_bar: int, end_bar: int) -> None:
    if not 1 <= start_bar <= end_bar <= score.bars:
        raise InvalidArgument(
            f"Bars {start_bar} to {end_bar} are not in this piece.", f"It has bars 1 to {score.bars}."
        )


def regenerate(score: Score, start_bar: int, end_bar: int, prompt: str = "", *, seed: int | None = None) -> Score:
    """Return the score with these bars written anew in every part that plays there.

    Words of ``prompt`` are followed: "busier", "simpler", "more tension", a mood, or parts ("busier
    drums" leaves all but the drums alone). Notes outside the bars are identical.
    """
    _check_bars(score, start_bar, end_bar)
    first, after = start_bar - 1, end_bar
    low, high = score.bar_beat(start_bar), score.bar_beat(end_bar + 1)
    genre = _genre_of(score, "")
    variant = _seed(seed)
    plan = plan_beside(score, genre, variant, None, score.bars)
    plan.density = _wish_density(prompt)
    tense = bool(re.search(r"tension|tense|suspens|dramatic|darker", prompt, re.IGNORECASE))
    if tense:
        _tighten(plan, low, high)
        plan.density = max(plan.density, 0.35)
    chosen = _named_in(score, prompt)
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
            events = write_voice(plan, voice, _levels(plan), _tune_events(score), variant=variant % 997 + 1)
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


def _named_in(score: Score, prompt: str) -> set[str]:
    """Return the parts that a prompt names, none if it names none."""
    found: set[str] = set()
    words = set(re.findall(r"[a-z\-]+", prompt.lower()))
    for part in score.parts:
        names = {part.name.lower(), part.role, part.instrument.split()[-1] if part.instrument else part.name}
        if any(name in prompt.lower() if " " in name else name in words or name + "s" in words for name in names):
            found.add(part.name)
    return found


def _wish_density(prompt: str) -> float:
    text = prompt.lower()
    wished = 0.0
    if re.search(r"\b(busier|busy|denser|dense|more notes|faster|livelier|fuller|more active)\b", text):
        wished += 0.8
    if re.search(
        r"\b(simpler|simple|sparser|sparse|less busy|fewer notes|calmer|quieter|minimal|less notes|easier)\b", text
    ):
        wished -= 0.8
    if wished == 0.0:
        moods = [found[1] for word in re.findall(r"[a-z\-]+", text) if (found := find_mood(word))]
        wished = blend(moods).density
    return max(-1.0, min(1.0, wished))


def _genre_of(score: Score, fallback: str) -> Genre:
    return find_genre(score.genre or "") or find_genre(fallback or _PLAIN) or all_genres()[_PLAIN]


def _seed(seed: int | None) -> int:
    return secrets.randbelow(2**31) if seed is None else seed


# -- style -----------------------------------------------------------------------------------------


def restyle(score: Score, prompt: str, *, seed: int | None = None) -> Score:
    """Return the score's tune and chords played in another style: new groove, bass, comping and players.

    Raises
    ------
    InvalidArgument : the words name no genre, mood or instrument that is known.
    """
    from segue.tools.core.vocabulary import genres_in, instruments_in, moods_in

    genres = genres_in(prompt)
    genre = find_genre(genres[0].value) if genres else find_genre(prompt)
    moods = [m[1] for found in moods_in(prompt) if (m := find_mood(found.value))]
    instruments = read_instruments([found.value for found in instruments_in(prompt)])
    if genre is None and not moods and not instruments:
        raise InvalidArgument(
            f"'{prompt}' names no style that is known here.", "Write for example jazz, techno or bossa nova."
        )
    genre = genre or _genre_of(score, "")
    number = _seed(seed)
    mood = blend(moods)
    plan = plan_beside(score, genre, number, None, bars_of(score))
    plan.machine, plan.density = genre.machine, 0.6 * mood.density
    plan.swing = genre.swing if meter_of(score.meter).lower < 8 else 0.5
    plan.bpm = _tempo_for(score.bpm, genre)
    given = tune_of(score)
    voices = choose_voices(genre, instruments, [], only=len(instruments) >= 3, mood=mood, rng=random.Random(number))
    request = Request(title=score.title, seed=number)
    if given is None:
        raise InvalidArgument("There is no tune to keep.", "Ask for a new piece in that style instead.")
    lead = skyline(given.notes)
    made = with_lead(
        request, plan, voices, lead, given, asked_names=[a.instrument.name for a in instruments], mood=mood, say=silent
    )
    return made.model_copy(update={"chords": score.chords or made.chords, "sections": score.sections or made.sections})


def _tempo_for(bpm: float, genre: Genre) -> float:
    """Return the tempo itself: the tune is to be known again; far outside the genre's, the nearest it knows."""
    low, _, high = genre.bpm
    return min(max(bpm, low * 0.75), high * 1.3)
