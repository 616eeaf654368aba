"""The composer: musical wishes in, a score out.

``compose`` chooses what was not asked for (genre, key, tempo, form, chords, players) with generators
seeded by one number, so that the same request with the same seed gives the same bytes.
"""

import random
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.instruments import find_instrument, is_meant_by
from segue.tools.core.score import Score, Section, TempoMark
from segue.tools.core.theory import Chord, Key
from segue.tools.music.arrange import Asked, choose_voices
from segue.tools.music.compose_from import accompanied, continued, on_melody
from segue.tools.music.compose_keys import moved, prepared, with_keys
from segue.tools.music.compose_plan import Plan, chord_spans
from segue.tools.music.compose_request import (
    Request,
    Style,
    check_length,
    check_limits,
    choose_genre,
    choose_key,
    density_of,
    excluded,
    free_bars,
    preferred_tempo,
    read_instruments,
    read_moods,
    register_of,
    register_shifts,
    say_stand_in,
    say_unused,
    silent,
    swing_of,
    tempo_range,
    with_roles,
    with_style,
)
from segue.tools.music.compose_shape import shaped
from segue.tools.music.compose_wishes import Say
from segue.tools.music.compose_words import GENERAL
from segue.tools.music.compose_write import write_parts
from segue.tools.music.form import ENERGY, default_bars, plan_form, read_form
from segue.tools.music.form_length import Length, plan_length
from segue.tools.music.genres import Genre
from segue.tools.music.harmony import asked_spans, dominant_chords, parse_chords, write_chords
from segue.tools.music.melody_lyrics import set_lyrics
from segue.tools.music.rhythm import Meter, meter_of

__all__ = ["Request", "Style", "compose"]

_MANY = 16  # players of a large band


def compose(request: Request, say: Say = silent) -> Score:
    """Write a piece.

    Parameters
    ----------
    say : called with one true sentence for every wish that was bent or could not be honoured.

    Raises
    ------
    InvalidArgument : a wish that has no musical reading; the hint has the nearest that has one.
    """
    request = replace(request, seed=secrets.randbelow(2**31) if request.seed is None else request.seed)
    check_limits(request)
    request = with_style(request)
    say_unused(request, say)
    if request.continue_from is not None:
        return continued(request, say)
    if request.accompany is not None:
        return accompanied(request, say)
    if request.melody is not None:
        return on_melody(request, say)
    return _new_piece(request, say)


def _new_piece(request: Request, say: Say) -> Score:
    seed = request.seed or 0
    rng = random.Random(f"{seed}:choices")
    mood = read_moods(request.moods, say)
    asked = read_instruments(request.instruments)
    genre = choose_genre(request, mood, asked, rng)
    say_stand_in(request, genre, say)
    key = choose_key(request, genre, mood, random.Random(f"{seed}:key:{genre.name}"), say)
    chords = parse_chords(request.chords)
    if request.key is None and chords:
        key = _key_of_chords(chords, key)
    meter = meter_of(request.meter or genre.meter, request.grouping)
    preferred = preferred_tempo(request, genre, mood, rng)
    length = _length(request, genre, meter, preferred, len(chords))
    check_length(length.bars, meter.bar, length.bpm)
    for sentence in length.notes:
        say(sentence)
    sections = _sections(request, genre, length.bars, len(chords), key, rng, say)
    ends = not request.loop
    if chords:
        exact = bool(request.section_bars) or any(n for _, n in read_form(request.form))
        spans = asked_spans(chords, length.bars, meter, sections if exact else ())
        _say_foreign(chords, key, say)
        _say_turns(len(chords), sections, say, exact=exact)
        spans = moved(spans, sections, key, meter, say)
    else:
        spans = write_chords(genre, key, meter, sections, f"{seed}:harmony", ends=ends)
        spans = prepared(spans, sections, key, meter)
        if request.loop and genre.cadence != "blues" and len(spans) > 2 and spans[-1].chord == spans[0].chord:
            spans[-1] = replace(spans[-1], chord=dominant_chords(genre, key)[0])
    hold = _hold(request, length, meter)
    plan = Plan(
        key=key, meter=meter, bpm=length.bpm, genre=genre, spans=spans, sections=sections, seed=seed,
        swing=swing_of(request, genre, meter), machine=genre.machine if request.feel is None else request.feel == 0,
        density=density_of(request, mood), brightness=mood.brightness, register=register_of(request, mood),
        hold_s=hold, ends=ends, feel=request.feel or 1.0, fades=request.fades,
    )  # fmt: skip
    exclude = list(excluded(request, say))
    only = request.only or len(asked) >= 3
    voices = choose_voices(genre, asked, exclude, only=only, mood=mood, rng=random.Random(f"{seed}:players"))
    voices = with_roles(voices, request, genre, say)
    if not voices:
        raise InvalidArgument("Nobody is left to play.", "Exclude fewer instruments, or name one that may play.")
    parts = write_parts(
        plan,
        voices,
        [one.instrument.name for one in asked],
        mood,
        loop=request.loop,
        registers=register_shifts(request),
    )
    parts = shaped(parts, plan, request, say)
    _say_players(asked, [part.instrument for part in parts], say)
    score = Score(
        title=request.title, tempo=_tempo(plan, request), key=str(key), meter=meter.name, grouping=list(request.grouping),
        bars=plan.bars, genre=genre.name, seed=seed, swing=plan.swing, chords=chord_spans(spans), sections=sections, parts=parts,
    )  # fmt: skip
    return set_lyrics(score, request.lyrics, say) if request.lyrics else score


def _say_players(asked: Sequence[Asked], playing: Sequence[str], say: Say) -> None:
    """Say which of the players that were asked for have no part; "guitar" is any guitar."""
    there = [found for name in playing if (found := find_instrument(name))]
    missing = [
        one.instrument.name
        for one in asked
        if one.instrument.name not in playing
        and not (one.word.lower().strip() in GENERAL and any(is_meant_by(player, one.word) for player in there))
    ]
    if missing:
        say(f"No place was found for the {', '.join(dict.fromkeys(missing))}.")
    if len(playing) > _MANY:
        say(f"{len(playing)} instruments play: more than {_MANY} can hardly be told apart.")


def _sections(
    request: Request, genre: Genre, bars: int, cycle: int, key: Key, rng: random.Random, say: Say
) -> list[Section]:
    """Return the form with its energies and keys; what was asked for and has no room is said."""
    family = genre.form
    places = " ".join(wish.where for wish in request.keys)
    if family != "song" and not request.form and re.search("chorus|verse|bridge", places):
        family = "song"
    energy = request.energy
    if not energy and request.dynamics is None and request.ending == "big":
        energy = (0.45, 0.6, 0.75, 1.0)
    sections = plan_form(
        family, bars, request.form, energy, request.loop, rng, cycle=max(1, cycle), given=request.section_bars
    )
    asked = read_form(request.form)
    strange = [name for name, _ in asked if name not in ENERGY]
    if strange:
        say(
            f"'{strange[0]}' is no section that is known here (verse, chorus, intro, bridge …): it was written like a verse."
        )
    if len(sections) < len(asked):
        say(f"{bars} bars have no room for {len(asked)} sections: the last ones were left out.")
    elif any(n and n != s.bars for (_, n), s in zip(asked, sections, strict=False)):
        said = " + ".join(str(n or "?") for _, n in asked)
        used = " + ".join(str(s.bars) for s in sections)
        say(f"Sections of {said} bars do not make {bars} bars; they have {used} bars.")
    return with_keys(sections, key, request.keys, say)


def _length(request: Request, genre: Genre, meter: Meter, preferred: float, cycle: int) -> Length:
    """Return tempo and bars; the piece is long enough for the sections and changes of key that are asked for."""
    bars = request.bars
    free = default_bars(request.form) if request.form else free_bars(meter.bar, request.bpm or preferred, genre)
    if request.form and bars is None and all(n for _, n in read_form(request.form)):
        bars = free  # every section has its bars
    if request.loop:
        free = 12 if genre.form == "blues" else 8
        if cycle:
            free = cycle * max(1, round(8 / cycle))
    elif not request.form:
        if request.keys:
            free = max(free, 37)
        free = max(free, 8 + sum(n for _, n in request.section_bars))
        if cycle:
            free = cycle * max(1, round(free / cycle)) + 1
    return plan_length(
        bar=meter.bar, tempo_range=tempo_range(request, genre), preferred=preferred, bpm=request.bpm, bars=bars,
        duration_s=request.duration_s, loop=request.loop, free_bars=free,
    )  # fmt: skip


def _say_turns(cycle: int, sections: Sequence[Section], say: Say, *, exact: bool) -> None:
    """Tell where sections are no whole turns of the asked chords: ``exact`` where their bars were asked for."""
    first, *rest = sections
    if not rest:
        return
    if not exact:
        if any((s.start_bar - 1) % cycle for s in rest):
            say(f"The sections are shorter than the progression of {cycle} bars, which runs on in order across them.")
        return
    if first.name == "intro" and first.bars % cycle:
        say(
            f"The {first.bars}-bar intro takes the end of the progression, so that the next section starts on its first chord."
        )
    cut = [s.name for s in [*sections[(first.name == "intro") : -1]] if s.bars % cycle]
    if cut:
        say(
            f"The progression of {cycle} bars is cut short at the end of {', '.join(dict.fromkeys(cut))}: each section starts on its first chord."
        )


def _key_of_chords(chords: Sequence[Sequence[object]], fallback: Key) -> Key:
    """Return the key that asked chords are in: most of their tones, the first and last root heaviest."""
    flat = [c for bar in chords for c in bar if isinstance(c, Chord)]
    if not flat:
        return fallback

    def fit(key: Key) -> float:
        scale = set(key.scale) | ({(key.tonic + 11) % 12} if key.is_minor else set())
        inside = sum(len(c.pitch_classes & scale) / len(c.pitch_classes) for c in flat) / len(flat)
        third_is_minor = 3 in flat[0].intervals and 4 not in flat[0].intervals
        home = 0.25 * (flat[0].root == key.tonic and third_is_minor == key.is_minor)
        return inside + home + 0.08 * (flat[-1].root == key.tonic) + 0.02 * (key.mode == fallback.mode)

    return max((Key(t, mode) for t in range(12) for mode in ("major", "minor")), key=fit)


def _say_foreign(chords: Sequence[Sequence[object]], key: Key, say: Say) -> None:
    flat = [c for bar in chords for c in bar if isinstance(c, Chord)]
    outside = [c.symbol for c in flat if c.root not in key.scale]
    if flat and len(outside) > len(flat) / 2:
        say(f"The chords {', '.join(dict.fromkeys(outside))} lie outside {key}; both were kept as asked.")


_SLOWER = (0.95, 0.9, 0.87)  # the last bar but one in halves, then the last bar


def _hold(request: Request, length: Length, meter: Meter) -> float | None:
    """Return how long the last chord is held, in seconds at the first tempo; a slowing that is asked for takes from it."""
    if request.ending == "cold":
        return min(length.hold_s or 1.0, 60.0 / length.bpm)
    if request.ending == "slowing" and length.hold_s is not None and length.bars >= 3:
        half = meter.bar / 2 * 60.0 / length.bpm
        lost = half * (1 / _SLOWER[0] + 1 / _SLOWER[1] - 2)
        return max(0.25, (length.hold_s - lost) * _SLOWER[2])
    return length.hold_s


def _tempo(plan: Plan, request: Request) -> list[TempoMark]:
    """Return tempo marks: acoustic styles slow down before the end where no tempo or length was asked for."""
    marks = [TempoMark(bpm=round(plan.bpm, 6))]
    free = request.bpm is None and request.duration_s is None and plan.bars >= 8
    slows = request.ending == "slowing" or (free and plan.genre.slows and request.ending != "cold")
    joins = bool(request.form) and request.form[-1] == "intro"
    if slows and plan.bars >= 3 and not request.loop and not joins and "out" not in request.fades:
        last = plan.start_of(plan.bars - 1)
        half = plan.meter.bar / 2
        places = (last - half * 2, last - half, last)
        marks += [
            TempoMark(beat=beat, bpm=round(plan.bpm * share, 3)) for beat, share in zip(places, _SLOWER, strict=True)
        ]
    return marks
