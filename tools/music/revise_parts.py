"""Who plays: parts taken out, kept alone, played on another instrument, added."""

import random
from collections.abc import Iterable

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.instruments import Instrument, find_ensemble, find_instrument, nearest_instruments
from segue.tools.core.score import Note, Part, Score
from segue.tools.music.arrange import choose_voices, manner_for, set_registers
from segue.tools.music.compose_from import bars_of, plan_beside, voice_of
from segue.tools.music.compose_plan import Voice, performed
from segue.tools.music.compose_request import read_instruments
from segue.tools.music.compose_write import tune_of, write_voice
from segue.tools.music.genres import Mood, all_genres
from segue.tools.music.parts import parts_named
from segue.tools.music.revise_places import bars_in
from segue.tools.music.revise_words import PLAIN, density_wished, genre_of, levels_of, number_of, tune_events


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
    """Return the score with one more part, written over its chords: "walking bass", "strings", "congas".

    ``prompt`` may say where it plays: "in the second half", "bars 5 to 8", "in the choruses"; else it plays where the piece does.

    Raises
    ------
    NotFound : an instrument, or a place in the piece, that there is not.
    """
    new = known_instrument(instrument)
    genre = genre_of(score, "")
    plan = plan_beside(score, genre, number_of(seed), None, bars_of(score))
    plan.density = density_wished(prompt)
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
    voice.bars = (bars_in(score, prompt.lower()) & used) or frozenset(used)
    notes = performed(plan, voice, write_voice(plan, voice, levels_of(plan), tune_events(score)))
    return score.model_copy(update={"parts": [*score.parts, voice.part(plan, notes)]})


def _place(score: Score, voice: Voice) -> None:
    """Give a new player the register that is free under the score's own tune."""
    tune = tune_of(score)
    lead = voice_of(tune, all_genres()[PLAIN], range(0)) if tune and voice.role != "melody" else None
    if lead is not None:
        lead.role = "melody"
    set_registers([v for v in (lead, voice) if v], 0.0)
    if voice.role not in ("bass", "melody", "chords", "pad", "counter", "arpeggio"):
        voice.low, voice.high = voice.instrument.low, voice.instrument.high


def _bars_played(score: Score) -> set[int]:
    return {int(n.start // score.beats_per_bar) for p in score.parts for n in p.notes}
