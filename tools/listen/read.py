"""Facts that a score states exactly: no listening where the notes are known."""

import numpy as np
import numpy.typing as npt

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.instruments import find_instrument
from segue.tools.core.score import Score, Section
from segue.tools.core.theory import Key, parse_key
from segue.tools.listen import character
from segue.tools.listen.facts import Analysis
from segue.tools.listen.keys import find_key
from segue.tools.listen.spectra import LOWEST, SEMITONES
from segue.tools.listen.tonal import NO_CHORD, STATES, Tones, chord_name, chord_path, chord_scores

_COMPOUND = (6, 9, 12)


def pulse(score: Score) -> float:
    """Return the length of a felt beat in quarter notes: 1, or 1.5 in 6/8, 9/8 and 12/8."""
    upper, lower = (int(n) for n in score.meter.split("/"))
    return 4.0 / lower * (3 if upper in _COMPOUND and lower >= 8 else 1)


def read_score(score: Score, heard: Analysis | None) -> Analysis:
    """Return what the score says over what was heard (None where it has no sound)."""
    clock = score.clock()
    end = clock.seconds(score.beats)
    seconds = heard.duration_s if heard else end
    pulses = np.arange(0.0, score.beats - 1e-6, pulse(score))
    bars = [score.bar_beat(bar) for bar in range(1, int(np.ceil(score.beats / score.beats_per_bar - 1e-6)) + 1)]
    key, key_sure = score_key(score)
    chords, chords_sure = _chords(score, key)
    players = list(dict.fromkeys(_player(part.instrument or part.name, part.is_drum) for part in score.parts if part.notes))  # fmt: skip
    sung = any(part.stem == "vocals" and part.notes for part in score.parts)
    facts = (heard or Analysis(duration_s=seconds, notes=["Loudness and timbre are unknown: the score has no sound yet."])).model_copy(deep=True)  # fmt: skip
    sections = [
        (s.name, round(clock.seconds(score.bar_beat(s.start_bar)), 3), round(min(seconds, clock.seconds(score.bar_beat(s.start_bar + s.bars))), 3))
        for s in score.sections
    ]  # fmt: skip
    if sections:
        # The ring-out belongs to the last section.
        sections[-1] = (*sections[-1][:2], round(max(sections[-1][2], seconds), 3))
        facts.sections, facts.sections_confidence = sections, 1.0
        facts.sections_sure = [1.0] * len(sections)
        facts.section_parts = [_playing(score, s) for s in score.sections]
    steady = max(m.bpm for m in score.tempo) / min(m.bpm for m in score.tempo)
    facts.source = "score"
    facts.bpm, facts.bpm_confidence, facts.bpm_alternatives = round(score.bpm, 3), 1.0, []
    facts.tempo_stability = 1.0 if steady < 1.001 else round(max(0.0, 2 - steady), 3)
    facts.beats = [round(clock.seconds(float(b)), 4) for b in pulses]
    facts.downbeats = [round(clock.seconds(b), 4) for b in bars]
    facts.meter, facts.meter_confidence = score.meter, 1.0
    facts.key, facts.key_confidence = (str(key), key_sure) if key else (None, 0.0)
    facts.keys = [(0.0, str(key))] if key else []
    facts.tuning_cents, facts.tuning_confidence = 0.0, 1.0
    facts.chords, facts.chords_confidence = chords, chords_sure
    facts.instruments, facts.instruments_confidence = players, 1.0 if players else 0.0
    facts.vocals, facts.vocals_confidence = sung, 1.0
    facts.drums, facts.drums_confidence = any(part.is_drum and part.notes for part in score.parts), 1.0
    # A score that names no style is played by our own instruments: their sound says nothing about its style.
    facts.genre, facts.genre_confidence = (score.genre, 1.0) if score.genre else (None, 0.0)
    if heard and not heard.silent:
        _feel(facts, key)
    return facts


def _playing(score: Score, section: Section) -> list[str]:
    """Return the players that sound for at least half a bar of a section, as people call them."""
    start, end = score.bar_beat(section.start_bar), score.bar_beat(section.start_bar + section.bars)
    names = []
    for part in score.parts:
        inside = [n for n in part.notes if start - 0.01 <= n.start < end - 0.01]
        if len(inside) >= 2 or any(n.duration >= score.beats_per_bar / 2 for n in inside):
            names.append(_player(part.instrument or part.name, part.is_drum))
    return list(dict.fromkeys(names))


def _feel(facts: Analysis, key: Key | None) -> None:
    """Correct what was inferred from a heard tempo and key by the true ones."""
    axes = facts.axes
    valence = facts.valence if facts.valence is not None else 5.0
    if facts.bpm and axes:
        axes["tempo"] = round(float(np.clip(np.log2(facts.bpm / 50) / 2, 0, 1)), 4)
        axes["vocals"] = 1.0 if facts.vocals else 0.0
    if key is not None and facts.key_confidence >= 1.0:
        bright = axes.get("brightness", 0.5)
        tempo = float(np.clip(np.log2((facts.bpm or 90) / 60) / 1.5, 0, 1))
        mode = 0.2 if key.is_minor else 0.85
        valence = round(1 + 8 * (0.55 * mode + 0.25 * tempo + 0.2 * bright), 2)
    facts.valence = valence
    if facts.arousal is not None:
        facts.moods, facts.moods_confidence = character.moods_of(valence, facts.arousal, 1.0)
    axes["mood"] = round((valence - 1) / 8, 4)


def _player(name: str, is_drum: bool) -> str:
    known = find_instrument(name)
    return known.name if known else ("drums" if is_drum else name)


def score_key(score: Score) -> tuple[Key | None, float]:
    """Return the key the score names, with confidence 1; where it is no key, the one its notes suggest."""
    try:
        return parse_key(score.key), 1.0
    except InvalidArgument:
        tones, lengths = score_tones(score)
        return find_key(tones, chord_path(chord_scores(tones), np.zeros(len(lengths), dtype=bool), None), lengths)


def score_tones(score: Score) -> tuple[Tones, npt.NDArray[np.float64]]:
    """Return the score's notes as tones per beat, and the beats' lengths in seconds."""
    clock = score.clock()
    count = max(1, int(np.ceil(score.beats - 1e-6)))
    notes = np.zeros((count, SEMITONES))
    for part in score.parts:
        for note in part.notes if not part.is_drum else ():
            row = min(max(note.pitch - LOWEST, 0), SEMITONES - 1)
            for beat in range(int(note.start), min(count, int(np.ceil(note.end - 1e-6)))):
                share = min(note.end, beat + 1) - max(note.start, beat)
                notes[beat, row] += share * note.velocity / 127
    fold = np.eye(12)[(LOWEST + np.arange(SEMITONES)) % 12]
    pitch = np.arange(SEMITONES)
    level = notes.sum(axis=1)
    edges = np.array([clock.seconds(b) for b in range(count + 1)])
    tones = Tones(
        notes=notes,
        treble=(notes * (pitch >= 20)) @ fold,
        bass=(notes * (pitch < 28)) @ fold,
        level=level / max(float(level.max(initial=0.0)), 1e-9),
    )
    return tones, np.diff(edges)


def _chords(score: Score, key: Key | None) -> tuple[list[tuple[float, float, str]], float]:
    """Return the score's chord symbols in seconds; where it has none, those its notes form."""
    clock = score.clock()
    if score.chords:
        return [
            (round(clock.seconds(c.start), 3), round(clock.seconds(c.start + c.duration), 3), c.symbol)
            for c in sorted(score.chords, key=lambda c: c.start)
        ], 1.0
    tones, _ = score_tones(score)
    if not tones.notes.any():
        return [], 0.0
    per_bar = max(1, round(score.beats_per_bar))
    downbeat = np.arange(len(tones.level)) % per_bar == 0
    out: list[tuple[float, float, str]] = []
    for beat, state in enumerate(chord_path(chord_scores(tones), downbeat, key)):
        symbol = chord_name(state, key) if state < STATES - 1 else NO_CHORD
        start, end = round(clock.seconds(beat), 3), round(clock.seconds(beat + 1), 3)
        if out and out[-1][2] == symbol:
            out[-1] = (out[-1][0], end, symbol)
        else:
            out.append((start, end, symbol))
    return out, 0.7
