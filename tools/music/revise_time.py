"""Key, tempo and bars of a score moved, cut and repeated; nothing is written anew."""

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import ChordSpan, Note, Score, TempoMark
from segue.tools.core.theory import key_distance_semitones, parse_chord, parse_key
from segue.tools.music.compose_request import Request, check_limits
from segue.tools.music.revise_words import check_bars


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
    sections = [
        s.model_copy(update={"key": str(parse_key(s.key).transposed(semitones))}) if s.key else s
        for s in score.sections
    ]
    return score.model_copy(update={"key": str(key), "chords": chords, "parts": parts, "sections": sections})


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


def trim_bars(score: Score, start_bar: int, end_bar: int) -> Score:
    """Return only these bars, moved to the start. Notes that ring over the end are cut there."""
    check_bars(score, start_bar, end_bar)
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
