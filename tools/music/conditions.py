"""A score as what generating models can be led by: a guide melody to hear, chord labels, a melody's salience.

MusicGen-melody follows the chroma of a recording (Copet et al. 2023); JASCO takes chords by Chordino's
labels, and the melody as a matrix of pitches by frames (Tal et al. 2024).
"""

import base64
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.jobs import JobRequest
from segue.tools.core.models import Row
from segue.tools.core.score import ChordSpan, Note, Score, TempoMark
from segue.tools.core.theory import Chord, parse_chord
from segue.tools.music.measures import tune
from segue.tools.sound.delivery import read_blob

SIZES = (
    "small", "medium", "large", "melody", "melody-large",
    "stereo-small", "stereo-medium", "stereo-large", "stereo-melody", "stereo-melody-large",
)  # fmt: skip
MELODY_HONOURS = {
    "audio.melody": "its chroma leads, repeated where it is shorter; rhythm and octave are free",
    "music.score": "its tune's chroma leads",
    "music.chords": "their roots lead, where there is no tune",
}
SALIENCE_LOWEST = 43  # G2: measured on the matrices and recordings that the JASCO repository holds
SALIENCE_BINS = 53
SALIENCE_RATE = 50.0
_PARTIALS = (1.0, 0.5, 0.25, 0.12)
_FADE_S = 0.01
# JASCO's roots are spelt so, and no other way.
_ROOTS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_LABELS = {
    "": "", "m": "m", "7": "7", "maj7": "maj7", "m7": "m7", "6": "6", "m6": "m6", "m7b5": "m7b5", "dim": "dim", "aug": "aug",
}  # fmt: skip


def score_wished(request: JobRequest) -> Score | None:
    """Return the score that a request brings as MIDI, else its chords as one, else None.

    Raises
    ------
    InvalidArgument : not base64, or not MIDI.
    """
    music = request.music
    if midi := music.score.get("midi"):
        from segue.tools.music.notation import read_midi

        try:
            data = base64.b64decode(midi, validate=True)
        except ValueError as error:
            raise InvalidArgument("music.score.midi is not base64.", "Send the MIDI file's bytes as base64.") from error
        with tempfile.TemporaryDirectory(prefix="segue-score-") as folder:
            path = Path(folder) / "score.mid"
            path.write_bytes(data)
            return read_midi(path)
    if not music.chords:
        return None
    starts = [chord.beat for chord in music.chords]
    spans = [
        ChordSpan(start=chord.beat, duration=max(0.25, end - chord.beat), symbol=chord.symbol)
        for chord, end in zip(music.chords, [*starts[1:], starts[-1] + 4], strict=True)
    ]
    return Score(tempo=[TempoMark(bpm=music.bpm or 120)], meter=music.meter or "4/4", chords=spans)


def guide_of(row: Row, seconds: float, rate: int) -> Waveform | None:
    """Return what leads a row, mono, of exactly so many seconds: the same shape whatever is given.

    Raises
    ------
    InvalidArgument : a score without tune and chords.
    """
    if row.request.audio.melody:
        found = read_blob(row.blobs[row.request.audio.melody]).resampled(rate).with_channels(1)
    elif score := score_wished(row.request):
        played = guide_melody(score, seconds, rate)
        if played is None:
            raise InvalidArgument("The score has neither a tune nor chords to lead by.", "Leave it out.")
        found = played
    else:
        return None
    frames = round(seconds * rate)
    samples = np.tile(found.samples, -(-frames // found.frames))[:, :frames]
    return Waveform(np.ascontiguousarray(samples), rate)


def guide_melody(score: Score, seconds: float | None = None, sample_rate: int = 32_000) -> Waveform | None:
    """Return a score's tune as a plain harmonic tone, mono, for a model that follows a recording's chroma.

    Without a tune the roots of the chords are played; None where there are no chords either.

    Parameters
    ----------
    seconds : length; the score's own where None.
    """
    notes = tune(score) or _roots(score)
    if not notes:
        return None
    clock = score.clock()
    length = seconds if seconds is not None else clock.seconds(score.beats)
    samples = np.zeros(max(1, round(length * sample_rate)), dtype=np.float32)
    for note in notes:
        start = round(clock.seconds(note.start) * sample_rate)
        end = min(len(samples), round(clock.seconds(note.end) * sample_rate))
        if end > start:
            samples[start:end] += _tone(note.pitch, end - start, sample_rate)
    return Waveform(samples[None], sample_rate)


def _roots(score: Score) -> list[Note]:
    spans = [(span, parse_chord(span.symbol)) for span in score.chords if span.symbol != "N"]
    return [Note(start=span.start, duration=span.duration, pitch=60 + chord.root) for span, chord in spans]


def _tone(pitch: int, frames: int, sample_rate: int) -> Samples:
    """Return a tone with four partials and short fades."""
    phase = 2 * np.pi * 440.0 * 2 ** ((pitch - 69) / 12) * np.arange(frames) / sample_rate
    tone = sum(level * np.sin(phase * n) for n, level in enumerate(_PARTIALS, 1))
    fade = min(frames // 2, round(_FADE_S * sample_rate))
    window = np.ones(frames)
    if fade:
        window[:fade] = np.linspace(0, 1, fade, endpoint=False)
        window[-fade:] = window[:fade][::-1]
    return np.asarray(0.2 * tone * window, dtype=np.float32)


def jasco_label(chord: Chord) -> tuple[str, bool]:
    """Return the label that JASCO knows for a chord, and whether it says the whole of it.

    >>> jasco_label(parse_chord("Dbmaj7"))
    ('C#maj7', True)
    >>> jasco_label(parse_chord("Gsus4"))
    ('G', False)
    """
    exact = chord.quality in _LABELS
    quality = chord.quality if exact else _nearest(chord)
    return _ROOTS[chord.root] + _LABELS[quality], exact and chord.bass == chord.root


def _nearest(chord: Chord) -> str:
    """Return the known quality that shares most with a chord: first its third and fifth, then its seventh."""
    tones = {interval % 12 for interval in chord.intervals}
    fifth = 6 if {3, 6} <= tones and 7 not in tones else 8 if {4, 8} <= tones and 7 not in tones else 7
    third = 3 if 3 in tones and 4 not in tones else 4
    if fifth == 6:
        return "m7b5" if 10 in tones else "dim"
    if fifth == 8:
        return "aug"
    if third == 3:
        return "m7" if 10 in tones else "m6" if 9 in tones else "m"
    if not {3, 4} & tones:  # suspended and open chords: their seventh would bring a third with it
        return ""
    return "7" if 10 in tones else "maj7" if 11 in tones else "6" if 9 in tones else ""


def jasco_chords(chords: Sequence[tuple[float, str]], seconds: float) -> tuple[list[tuple[str, float]], list[str]]:
    """Return a progression as JASCO's ``(label, start in seconds)``, and what had to be simplified ("Gsus4 as G").

    Parameters
    ----------
    chords : start in seconds and symbol; "N" is no chord.
    seconds : what begins later is left out.

    Raises
    ------
    InvalidArgument : not a chord symbol.
    """
    found: list[tuple[str, float]] = []
    simplified: list[str] = []
    for start, symbol in sorted(chords):
        if start >= seconds:
            break
        label, exact = ("N", True) if symbol == "N" else jasco_label(parse_chord(symbol))
        if not exact and f"{symbol} as {label}" not in simplified:
            simplified.append(f"{symbol} as {label}")
        if found and found[-1][1] == start:
            found.pop()
        found.append((label, start))
    return found, simplified


def jasco_salience(score: Score, seconds: float = 10.0) -> npt.NDArray[np.float32]:
    """Return a score's tune as JASCO's salience, ``[53 pitches from G2, 50 frames a second]``, ones and zeros.

    Notes beyond G2–B6 are moved by octaves into it.
    """
    matrix = np.zeros((SALIENCE_BINS, round(seconds * SALIENCE_RATE)), dtype=np.float32)
    for note in tune(score):
        start, end = (round(score.clock().seconds(beat) * SALIENCE_RATE) for beat in (note.start, note.end))
        pitch = note.pitch - SALIENCE_LOWEST
        while pitch < 0:
            pitch += 12
        while pitch >= SALIENCE_BINS:
            pitch -= 12
        matrix[:, start:end] = 0.0  # one voice: a later note takes over
        matrix[pitch, start:end] = 1.0
    return matrix
