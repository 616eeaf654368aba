"""Composing from music that exists: a tune is kept, parts are accompanied, a piece goes on."""

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import replace

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import Note, Part, Score, Section, TempoMark
from segue.tools.core.theory import Chord, Key, key_distance_semitones, parse_chord, parse_key
from segue.tools.music.arrange import choose_voices, manner_for
from segue.tools.music.compose_harmonise import chords_for_tune, key_of_tune
from segue.tools.music.compose_plan import Plan, Span, Voice, chord_spans, performed
from segue.tools.music.compose_request import (
    Request,
    choose_genre,
    read_instruments,
    read_moods,
    swing_of,
)
from segue.tools.music.compose_wishes import Say
from segue.tools.music.compose_write import skyline, tune_of, write_parts
from segue.tools.music.form import plan_length, with_energy
from segue.tools.music.genres import Genre, Mood, find_genre
from segue.tools.music.harmony import asked_spans, close_section, home_chord, parse_chords
from segue.tools.music.melody import write_melody
from segue.tools.music.melody_ideas import Idea, Quote, Theme
from segue.tools.music.melody_lyrics import set_lyrics
from segue.tools.music.rhythm import Event, Meter, meter_of


def bars_of(score: Score) -> int:
    """Return how many bars a score's notes reach into."""
    last = max((n.start for p in score.parts for n in p.notes), default=0.0)
    return max(1, score.bars if score.bars > 1 else 0, math.floor((last + 1e-3) / score.beats_per_bar) + 1)


def spans_of(score: Score, key: Key, meter: Meter, bars: int, notes: Sequence[Note]) -> list[Span]:
    """Return a score's chords, or the ones that fit its notes where it names none."""
    end = bars * meter.bar
    spans = [
        Span(c.start, min(c.duration, end - c.start), None if c.symbol == "N" else parse_chord(c.symbol))
        for c in sorted(score.chords, key=lambda c: c.start)
        if c.start < end
    ]
    return spans or chords_for_tune(notes, key, meter, bars)


def genre_of(request: Request, score: Score, mood: Mood, rng: random.Random) -> Genre:
    """Return the genre asked for, else the score's own, else one that fits."""
    if request.genre is None:
        found = find_genre(score.genre or "")
        if found is not None:
            return found
    return choose_genre(request, mood, read_instruments(request.instruments), rng)


def tune_idea(score: Score, meter: Meter) -> Idea | None:
    """Return the first two bars of a score's tune as an idea: rhythm and contour."""
    part = tune_of(score)
    found = theme_of(skyline(part.notes), parse_key(score.key), meter) if part else None
    return found.ideas[0] if found else None


def theme_of(line: Sequence[Note], key: Key, meter: Meter) -> Theme | None:
    """Return a line as a theme: its two-bar ideas, its range and how many notes a beat it has; None for under two notes."""
    ladder = [p for p in range(128) if p % 12 in key.scale]

    def step(pitch: int) -> int:
        return min(range(len(ladder)), key=lambda i: abs(ladder[i] - pitch))

    ideas: list[Idea] = []
    if not line:
        return None
    size = 2 * meter.bar
    first = math.floor((line[0].start + 1e-3) / meter.bar) * meter.bar
    if line[0].start - first >= meter.bar / 2:  # an upbeat: the ideas start at the bar line
        first += meter.bar
    for index in range(math.ceil((line[-1].end - first) / size)):
        start = first + index * size
        inside = [n for n in line if start - 1e-3 <= n.start < start + size - 0.3]
        if len(inside) >= 2:
            rhythm = tuple(
                (max(0.0, round((n.start - start) * 4) / 4), max(0.25, round(n.duration * 4) / 4)) for n in inside
            )
            ideas.append(Idea(rhythm, tuple(step(n.pitch) - step(inside[0].pitch) for n in inside)))
    if not ideas:
        return None
    pitches = [n.pitch for n in line]
    beats = 2 * meter.bar * len(ideas)
    return Theme(tuple(ideas), min(pitches), max(pitches), sum(len(i.rhythm) for i in ideas) / beats)


# -- a tune is kept --------------------------------------------------------------------------------


def on_melody(request: Request, say: Say) -> Score:
    """Return a piece on a given tune: its notes stay, the rest is written round them."""
    source = request.melody
    assert source is not None
    seed = request.seed or 0
    rng = random.Random(f"{seed}:choices")
    given = tune_of(source)
    if given is None:
        raise InvalidArgument("The clip has no tune that could be used.", "Give a score or recording with a melody.")
    mood = read_moods(request.moods, say)
    asked = read_instruments(request.instruments)
    genre = genre_of(request, source, mood, rng)
    meter = meter_of(source.meter)
    if request.meter and meter_of(request.meter) != meter:
        say(f"The tune is in {meter.name}, which was kept; {request.meter} was not used.")
    notes = skyline(given.notes)
    key = key_of_tune(notes, parse_key(source.key))
    if str(key) != str(parse_key(source.key)):
        say(f"The tune's notes are in {key}, not in {source.key} as its file says.")
    if request.key:
        wanted = parse_key(request.key)
        shift = key_distance_semitones(key, wanted)
        if wanted.is_minor != key.is_minor:
            say(f"The tune is in {key} and was moved to {wanted.name_of(wanted.tonic)}, but kept its mode.")
        notes = [n.model_copy(update={"pitch": min(127, max(0, n.pitch + shift))}) for n in notes]
        key = key.transposed(shift)
    else:
        shift = 0
    length_bars = math.floor((max(n.end for n in notes) - 0.26) / meter.bar) + 1
    full = any(n.start > (length_bars - 1) * meter.bar + meter.bar / 2 for n in notes)
    bpm = request.bpm or source.bpm
    length = plan_length(
        bar=meter.bar, tempo_range=genre.bpm, preferred=bpm, bpm=bpm, bars=request.bars, duration_s=request.duration_s,
        loop=request.loop, free_bars=length_bars + (0 if request.loop or not full else 1),
    )  # fmt: skip
    for sentence in length.notes:
        say(sentence)
    sections = _theme_sections(length_bars, length.bars, request)
    lead = _repeated(notes, length_bars, length.bars, meter, sections)
    spans = _melody_chords(request, source, genre, key, length_bars, length.bars, notes, shift)
    plan = Plan(
        key=key, meter=meter, bpm=bpm, genre=genre, spans=spans, sections=sections, seed=seed,
        swing=swing_of(request, genre, meter) if genre.name != "classical" else source.swing, machine=genre.machine,
        density=request.density or 0.0, register=0.0, hold_s=length.hold_s, ends=not request.loop,
    )  # fmt: skip
    only = request.only or len(asked) >= 3
    voices = choose_voices(
        genre, asked, list(request.exclude), only=only, mood=mood, rng=random.Random(f"{seed}:players")
    )
    return with_lead(
        request, plan, voices, lead, given, asked_names=[a.instrument.name for a in asked], mood=mood, say=say
    )


def with_lead(
    request: Request,
    plan: Plan,
    voices: list[Voice],
    lead: list[Note],
    given: Part,
    *,
    asked_names: list[str],
    mood: Mood,
    say: Say,
) -> Score:
    """Return the score of a given tune with the parts that are written round it."""
    singer = next((v for v in voices if v.role == "melody"), None)
    others = [v for v in voices if v is not singer]
    if singer is not None:
        lead = sorted([*lead, *_solos(plan, singer, lead)], key=lambda n: n.start)
    events = [Event(n.start, n.duration, n.pitch, n.velocity) for n in lead]
    parts = write_parts(plan, others, asked_names, mood, loop=request.loop, lead=events) if others else []
    if singer is None:
        part = given.model_copy(update={"notes": lead, "role": "melody"})
    else:
        part = singer.part(plan, _fitted(lead, singer, say))
    names = {p.name for p in parts}
    if part.name in names:  # both hands of one player
        own = next(p for p in parts if p.name == part.name)
        parts = [p for p in parts if p is not own]
        joined = sorted([*own.notes, *part.notes], key=lambda n: (n.start, n.pitch))
        part = part.model_copy(update={"notes": joined})
    score = Score(
        title=request.title, key=str(plan.key), meter=plan.meter.name, bars=plan.bars, genre=plan.genre.name, seed=plan.seed,
        tempo=[TempoMark(bpm=plan.bpm)], swing=plan.swing, chords=chord_spans(plan.spans), sections=plan.sections, parts=[part, *parts],
    )  # fmt: skip
    return set_lyrics(score, request.lyrics, say, fixed=True) if request.lyrics else score


def _solos(plan: Plan, singer: Voice, lead: Sequence[Note]) -> list[Note]:
    """Return what the lead plays in the solos of a piece on a tune: free, in the tune's own range and manner."""
    free = [s for s in plan.sections if s.name == "solo"]
    theme = theme_of(lead, plan.key, plan.meter)
    if not free or theme is None:
        return []
    bars = frozenset(b for s in free for b in range(s.start_bar - 1, s.start_bar - 1 + s.bars))
    voice = replace(singer, bars=bars)
    return performed(plan, voice, write_melody(replace(plan, motif=theme), voice))


def _fitted(notes: list[Note], singer: Voice, say: Say) -> list[Note]:
    """Return the tune in octaves that the instrument can play."""
    low, high = singer.instrument.low, singer.instrument.high
    for octaves in (0, 12, -12, 24, -24):
        if all(low <= n.pitch + octaves <= high for n in notes):
            if octaves:
                way = "up" if octaves > 0 else "down"
                say(
                    f"The tune was moved {way} {abs(octaves) // 12} octave(s) so that the {singer.instrument.name} can play it."
                )
            return [n.model_copy(update={"pitch": n.pitch + octaves}) for n in notes] if octaves else notes
    say(f"The tune is wider than a {singer.instrument.name} can really play; it was kept.")
    return notes


def _repeated(
    notes: Sequence[Note], tune_bars: int, bars: int, meter: Meter, sections: Sequence[Section]
) -> list[Note]:
    """Return the tune in every section that states it, note for note."""
    end = bars * meter.bar
    out: list[Note] = []
    for turn in range(max(1, math.ceil(bars / tune_bars))):
        offset = turn * tune_bars * meter.bar
        here = next((s for s in sections if (s.start_bar - 1 + s.bars) * meter.bar > offset + 1e-6), sections[-1])
        if here.name == "solo":
            continue
        for note in notes:
            start = note.start + offset
            if start < end - 0.1 and not (turn and start >= end - meter.bar - 1e-6):
                out.append(note if turn == 0 else note.model_copy(update={"start": round(start, 4)}))
    return out


def _theme_sections(tune_bars: int, bars: int, request: Request) -> list[Section]:
    named: list[tuple[str, int]] = []
    left = bars
    while left > 0:
        size = min(tune_bars, left) if left - tune_bars >= 3 or left <= tune_bars else left
        named.append(("theme", size))
        left -= size
    if len(named) >= 4 and not request.loop:  # before the last statement the lead plays freely over the same chords
        named[-2] = ("solo", named[-2][1])
    levels = list(request.energy) or [min(0.9, 0.5 + 0.15 * i) for i in range(len(named))]
    return with_energy(named, levels)


def _melody_chords(
    request: Request,
    source: Score,
    genre: Genre,
    key: Key,
    tune_bars: int,
    bars: int,
    notes: Sequence[Note],
    shift: int,
) -> list[Span]:
    meter = meter_of(source.meter)
    if request.chords:
        return asked_spans(parse_chords(request.chords), bars, meter)
    if source.chords:
        line = [
            Span(s.start, s.duration, s.chord.transposed(shift, key) if s.chord and shift else s.chord)
            for s in spans_of(source, key, meter, tune_bars, notes)
        ]
    else:
        line = chords_for_tune(notes, key, meter, tune_bars, genre)
    out: list[Span] = []
    for turn in range(math.ceil(bars / tune_bars)):
        offset = turn * tune_bars * meter.bar
        for span in line:
            start = span.start + offset
            if start < bars * meter.bar - 1e-6:
                out.append(Span(start, min(span.duration, bars * meter.bar - start), span.chord))
    if bars % tune_bars == 1 and bars > 1 and not request.loop:  # the bar that is added to end on
        out[-1:] = [replace(out[-1], chord=home_chord(genre, key))]
    return out


# -- parts are accompanied -------------------------------------------------------------------------


def accompanied(request: Request, say: Say) -> Score:
    """Return a score with its own parts untouched and new ones beside them."""
    source = request.accompany
    assert source is not None
    seed = request.seed or 0
    mood = read_moods(request.moods, say)
    asked = read_instruments(request.instruments)
    genre = genre_of(request, source, mood, random.Random(f"{seed}:choices"))
    bars = bars_of(source)
    for wish, name in (
        (request.bpm, "tempo"),
        (request.key, "key"),
        (request.duration_s, "length"),
        (request.bars, "length"),
    ):
        if wish is not None:
            say(f"An accompaniment keeps the {name} of what it accompanies; '{wish}' was not used.")
    plan = plan_beside(source, genre, seed, request, bars)
    roles = {p.role for p in source.parts} | ({"drums"} if any(p.is_drum for p in source.parts) else set())
    if not roles & {"chords", "pad", "arpeggio"} and any(is_polyphonic(p) for p in source.parts):
        roles.add("chords")
    voices = choose_voices(genre, asked, list(request.exclude), only=bool(asked) and (request.only or len(asked) >= 2),
                           mood=mood, rng=random.Random(f"{seed}:players"))  # fmt: skip
    names = {a.instrument.name for a in asked}
    has_tune = tune_of(source) is not None
    wanted = [
        v for v in voices
        if v.instrument.name in names or (v.role not in roles and not (v.role == "melody" and has_tune) and not (names and v.role == "melody"))
    ]  # fmt: skip
    if not wanted:
        raise InvalidArgument("There is nothing left to add.", "Name the instruments that should accompany.")
    taken = {p.name for p in source.parts}
    for voice in wanted:
        base, number = voice.name, 2
        while voice.name in taken:
            voice.name, number = f"{base} {number}", number + 1
        taken.add(voice.name)
    tune = tune_of(source)
    lead = [Event(n.start, n.duration, n.pitch, n.velocity) for n in tune.notes] if tune else []
    parts = write_parts(plan, wanted, list(names), mood, loop=False, lead=lead)
    return source.model_copy(
        update={"parts": [*source.parts, *parts], "bars": max(bars, source.bars), "seed": seed,
                "genre": source.genre or genre.name, "chords": source.chords or chord_spans(plan.spans)}
    )  # fmt: skip


def is_polyphonic(part: Part) -> bool:
    """Return whether a part plays several notes at once for much of its time."""
    ordered = sorted(part.notes, key=lambda n: n.start)
    overlaps = sum(1 for a, b in itertools.pairwise(ordered) if b.start < a.end - 0.1)
    return bool(ordered) and not part.is_drum and overlaps > 0.4 * len(ordered)


def ends_held(score: Score) -> bool:
    """Return whether the last bar holds one chord: nothing but its first beat is struck."""
    first = (bars_of(score) - 1) * score.beats_per_bar
    struck = [n.start for p in score.parts for n in p.notes if n.start >= first - 1e-3]
    return bool(struck) and all(start < first + 0.26 for start in struck)


def plan_beside(score: Score, genre: Genre, seed: int, request: Request | None, bars: int) -> Plan:
    """Return the plan that a new part beside a score's own has to follow."""
    meter = meter_of(score.meter)
    key = parse_key(score.key)
    notes = [n for p in score.parts if not p.is_drum for n in p.notes]
    whole = Plan.of_score(score.model_copy(update={"bars": bars}), seed, genre)
    if request is not None and request.chords:
        whole.spans = asked_spans(parse_chords(request.chords), bars, meter)
    else:
        whole.spans = spans_of(score, key, meter, bars, notes)
    whole.ends = ends_held(score)
    whole.density = (request.density or 0.0) if request else 0.0
    return whole


# -- a piece goes on -------------------------------------------------------------------------------


def continued(request: Request, say: Say) -> Score:
    """Return what comes after a score: its key, tempo, meter and players, its motif, new bars."""
    source = request.continue_from
    assert source is not None
    seed = request.seed or 0
    mood = read_moods(request.moods, say)
    genre = genre_of(request, source, mood, random.Random(f"{seed}:choices"))
    meter = meter_of(request.meter or source.meter)
    key = parse_key(request.key or source.key)
    bpm = request.bpm or source.tempo[0].bpm
    length = plan_length(bar=meter.bar, tempo_range=genre.bpm, preferred=bpm, bpm=bpm, bars=request.bars,
                         duration_s=request.duration_s, loop=request.loop, free_bars=17)  # fmt: skip
    shift = key_distance_semitones(parse_key(source.key), key)
    theme = _theme_to_come(source, key, shift, meter)
    sections = _continued_sections(length.bars, theme, request, ends=not request.loop)
    spans = continued_chords(request, source, genre, key, meter, sections)
    plan = Plan(
        key=key, meter=meter, bpm=bpm, genre=genre, spans=spans, sections=sections, seed=seed, swing=source.swing,
        machine=genre.machine, density=request.density or 0.0, hold_s=length.hold_s, ends=not request.loop,
        motif=theme,
    )  # fmt: skip
    voices = [voice_of(p, genre, range(plan.bars)) for p in source.parts]
    voices = [v for v in voices if v.name not in request.exclude]
    extra = choose_voices(genre, read_instruments(request.instruments), list(request.exclude), only=True, mood=mood,
                          rng=random.Random(seed)) if request.instruments else []  # fmt: skip
    voices += [v for v in extra if v.name not in {w.name for w in voices}]
    if not voices:
        raise InvalidArgument("The score to go on from has no parts.", "Give one that has notes.")
    kept = {p.name: p for p in source.parts}
    parts = [
        p.model_copy(update={k: getattr(kept[p.name], k) for k in ("instrument", "program", "synth", "stem", "gain_db", "pan", "reverb")})
        if p.name in kept else p
        for p in write_parts(plan, voices, [v.instrument.name for v in voices], mood, loop=request.loop)
    ]  # fmt: skip
    say("The new piece holds what comes after; join the two to hear them in a row.")
    return Score(
        title=request.title, tempo=[source.tempo[0].model_copy(update={"beat": 0.0, "bpm": bpm})], key=str(key), meter=meter.name,
        bars=plan.bars, genre=genre.name, seed=seed, swing=plan.swing, chords=chord_spans(spans), sections=sections, parts=parts,
    )  # fmt: skip


def _theme_to_come(source: Score, key: Key, shift: int, meter: Meter) -> Theme | None:
    """Return the tune of a score as the theme of what follows, with its first bars to be quoted at its return."""
    part = tune_of(source)
    if part is None or meter != meter_of(source.meter):
        return None
    line = skyline(part.notes)
    moved = [n.model_copy(update={"pitch": min(127, max(0, n.pitch + shift))}) for n in line]
    theme = theme_of(moved, key, meter)
    if theme is None:
        return None
    first = math.floor((line[0].start + 1e-3) / meter.bar)
    bars = 8 if bars_of(source) - first >= 8 else 4
    stop = (first + bars) * meter.bar
    quote = [n for n in moved if n.start < stop - 1e-3]
    notes = tuple((round(n.start - first * meter.bar, 4), min(n.duration, stop - n.start), n.pitch) for n in quote)
    return replace(theme, quote=Quote(first, bars, notes))


def _continued_sections(bars: int, theme: Theme | None, request: Request, *, ends: bool) -> list[Section]:
    """Return the sections of what follows: something on from the tune, something else, and the tune itself again."""
    back = theme.quote.bars + ends if theme is not None and theme.quote is not None else 0
    if not back or bars < back + 4:
        named = [("A", bars)] if bars < 16 else [("A", bars // 4 * 2), ("B", bars - bars // 4 * 2)]
    else:
        before = bars - back
        half = before // 4 * 2
        named = [("A", before)] if before < 12 else [("A", half), ("B", before - half)]
        named.append(("theme", back))
    return with_energy(named, request.energy)


def continued_chords(
    request: Request, source: Score, genre: Genre, key: Key, meter: Meter, sections: Sequence[Section]
) -> list[Span]:
    """Return the source's progression going on: its first four or eight bars, closed at section ends."""
    total = sum(s.bars for s in sections)
    if request.chords:
        return asked_spans(parse_chords(request.chords), total, meter)
    bars = bars_of(source)
    notes = [n for p in source.parts if not p.is_drum for n in p.notes]
    shift = key_distance_semitones(parse_key(source.key), key)
    line: list[list[Chord | None]] = []
    spans = spans_of(source, parse_key(source.key), meter, bars, notes)
    for bar in range(bars):
        here = [
            s.chord.transposed(shift, key) if s.chord and shift else s.chord
            for s in spans
            if bar * meter.bar - 1e-6 <= s.start < (bar + 1) * meter.bar - 1e-6
        ]
        line.append(here or (line[-1][-1:] if line else [home_chord(genre, key)]))
    size = 8 if bars >= 8 else 4 if bars >= 4 else max(1, bars)
    line = line[:size]
    out: list[Span] = []
    for index, section in enumerate(sections):
        block: list[list[Chord | None]] = [list(line[i % len(line)]) for i in range(section.bars)]
        final = index == len(sections) - 1 and not request.loop
        if section.name == "theme":  # the tune has its own chords
            block[-1:] = [[home_chord(genre, key)]] if final else block[-1:]
        else:
            close_section(block, genre, key, home_chord(genre, key), final=final, opens=False)
        for offset, chords in enumerate(block):
            start = (section.start_bar - 1 + offset) * meter.bar
            out += [replace(s, start=s.start + start) for s in asked_spans([chords], 1, meter)]
    return out


def voice_of(part: Part, genre: Genre, bars: range) -> Voice:
    """Return the player of an existing part, with the manner it has in a genre."""
    voice = Voice.of_part(part, bars)
    if voice.role == "other":
        voice.role = "drums" if part.is_drum else "melody" if "melody" in part.name.lower() else "chords"
    if voice.role == "lead":
        voice.role = "melody"
    if voice.role == "bass":
        voice.manner = genre.bass[1]
    elif voice.role == "chords":
        voice.manner = manner_for(voice.instrument, genre)
    return voice
