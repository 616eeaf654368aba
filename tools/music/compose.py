"""The composer: musical wishes in, a score out.

``compose`` chooses what was not asked for (genre, key, tempo, form, chords, players) with generators
seeded by one number, so that the same request with the same seed gives the same bytes.
"""

import random
import secrets
from collections.abc import Sequence
from dataclasses import replace

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import Score, TempoMark
from segue.tools.core.theory import Chord, Key
from segue.tools.music.arrange import choose_voices
from segue.tools.music.compose_from import accompanied, continued, on_melody
from segue.tools.music.compose_plan import Plan, chord_spans
from segue.tools.music.compose_request import (
    Request,
    Style,
    check_limits,
    choose_genre,
    choose_key,
    density_of,
    free_bars,
    preferred_tempo,
    read_instruments,
    read_moods,
    register_of,
    say_stand_in,
    silent,
    swing_of,
    tempo_range,
    with_style,
)
from segue.tools.music.compose_wishes import Say
from segue.tools.music.compose_write import write_parts
from segue.tools.music.form import Length, default_bars, plan_form, plan_length
from segue.tools.music.genres import Genre
from segue.tools.music.harmony import asked_spans, dominant_chords, parse_chords, write_chords
from segue.tools.music.melody_lyrics import set_lyrics
from segue.tools.music.rhythm import Meter, meter_of

__all__ = ["Request", "Style", "compose"]
_SLOWING = frozenset(
    {"jazz_swing", "classical", "folk", "country", "ambient", "bossa_nova", "cinematic", "soul", "blues"}
)


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
    key = choose_key(request, genre, mood, rng)
    chords = parse_chords(request.chords)
    if request.key is None and chords:
        key = _key_of_chords(chords, key)
    meter = meter_of(request.meter or genre.meter)
    preferred = preferred_tempo(request, genre, mood, rng)
    length = _length(request, genre, meter, preferred, len(chords))
    for sentence in length.notes:
        say(sentence)
    family = genre.form
    sections = plan_form(family, length.bars, request.form, request.energy, request.loop, rng)
    if request.form and length.bars < len(request.form):
        say(f"{length.bars} bars have no room for {len(request.form)} sections: the last ones were left out.")
    ends = not request.loop
    if chords:
        spans = asked_spans(chords, length.bars, meter)
        _say_foreign(chords, key, say)
    else:
        spans = write_chords(genre, key, meter, sections, random.Random(f"{seed}:harmony"), ends=ends)
        if request.loop and genre.cadence != "blues" and len(spans) > 2 and spans[-1].chord == spans[0].chord:
            spans[-1] = replace(spans[-1], chord=dominant_chords(genre, key)[0])
    plan = Plan(
        key=key, meter=meter, bpm=length.bpm, genre=genre, spans=spans, sections=sections, seed=seed,
        swing=swing_of(request, genre, meter), machine=genre.machine, density=density_of(request, mood),
        brightness=mood.brightness, register=register_of(request, mood), hold_s=length.hold_s, ends=ends,
    )  # fmt: skip
    exclude = list(request.exclude)
    only = request.only or len(asked) >= 3
    voices = choose_voices(genre, asked, exclude, only=only, mood=mood, rng=random.Random(f"{seed}:players"))
    if not voices:
        raise InvalidArgument("Nobody is left to play.", "Exclude fewer instruments, or name one that may play.")
    parts = write_parts(plan, voices, [one.instrument.name for one in asked], mood, loop=request.loop)
    score = Score(
        title=request.title, tempo=_tempo(plan, request), key=str(key), meter=meter.name, bars=plan.bars, genre=genre.name,
        seed=seed, swing=plan.swing, chords=chord_spans(spans), sections=sections, parts=parts,
    )  # fmt: skip
    return set_lyrics(score, request.lyrics, say) if request.lyrics else score


def _length(request: Request, genre: Genre, meter: Meter, preferred: float, cycle: int) -> Length:
    free = default_bars(request.form) if request.form else free_bars(meter.bar, request.bpm or preferred, genre)
    if request.loop:
        free = 12 if genre.form == "blues" else 8
        if cycle:
            free = cycle * max(1, round(8 / cycle))
    elif cycle and not request.form:
        free = cycle * max(1, round(free / cycle)) + 1
    return plan_length(
        bar=meter.bar, tempo_range=tempo_range(request, genre), preferred=preferred, bpm=request.bpm, bars=request.bars,
        duration_s=request.duration_s, loop=request.loop, free_bars=free,
    )  # fmt: skip


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


def _tempo(plan: Plan, request: Request) -> list[TempoMark]:
    """Return tempo marks: acoustic styles slow down before the end where no tempo or length was asked for."""
    marks = [TempoMark(bpm=round(plan.bpm, 6))]
    free = request.bpm is None and request.duration_s is None and not request.loop and plan.bars >= 8
    if free and plan.genre.name in _SLOWING and not (request.form and request.form[-1] == "intro"):
        last = plan.start_of(plan.bars - 1)
        half = plan.meter.bar / 2
        marks += [TempoMark(beat=last - half * 2, bpm=round(plan.bpm * 0.95, 3)),
                  TempoMark(beat=last - half, bpm=round(plan.bpm * 0.9, 3)),
                  TempoMark(beat=last, bpm=round(plan.bpm * 0.87, 3))]  # fmt: skip
    return marks
