"""Notes from sound: Basic Pitch's network (Bittner et al. 2022) through onnxruntime, decoded here.

The package is never imported (it would pull in TensorFlow); its 230 KB ONNX file is read as data. The
network gives, 86 times a second for 88 pitches, how likely a note sounds and how likely one begins.
"""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import BackendUnavailable
from segue.tools.listen.spectra import Array

RATE = 22050
LOWEST_PITCH = 21  # A0
_WINDOW = 43_844  # samples the network takes: two seconds less a hop
_HOP = 256
_FRAMES = 172
_EDGE = 15  # frames at either side of a window that lack context
_KEEP = _FRAMES - 2 * _EDGE
FRAME_RATE = RATE / _HOP
_BATCH = 4
_LATENCY_S = 0.0  # of the network's onset peaks; measured on rendered notes


@dataclass(frozen=True, slots=True)
class Heard:
    """A note heard: start and end in seconds, MIDI pitch, strength 0..1."""

    start: float
    end: float
    pitch: int
    strength: float


@dataclass(frozen=True, slots=True)
class Profile:
    """How to decode: thresholds 0..1, shortest note in seconds, range in MIDI pitches, one voice or many.

    ``ghost``: a note this much weaker than one sounding an octave, a twelfth or two octaves below, and
    starting with it, is taken for its harmonic. ``slow``: also take notes without a clear onset.
    """

    onset: float = 0.6
    frame: float = 0.3
    shortest_s: float = 0.09
    low: int = 21
    high: int = 108
    voices: int = 0
    ghost: float = 0.8
    slow: float = 0.5
    top: bool = True


# Tuned on rendered solos and mixes; the published default (.5, .3) hears harmonics of plucked strings as notes.
PROFILES: dict[str, Profile] = {
    "": Profile(),
    "piano": Profile(onset=0.6, frame=0.25, low=28, ghost=0.6, slow=0.6),
    "guitar": Profile(onset=0.65, frame=0.4, low=38, high=88, ghost=0.9),
    "bass": Profile(onset=0.6, low=26, high=57, voices=1, slow=0.4, top=False),
    "melody": Profile(low=52, high=98, voices=1),
    "vocals": Profile(onset=0.5, low=45, high=86, voices=1, slow=0.35, shortest_s=0.12),
    "strings": Profile(onset=0.65, frame=0.2, low=28, ghost=0.55, slow=0.6, shortest_s=0.15),
}


def model_path() -> Path | None:
    """Return where the network lies, or None where the package is not installed."""
    spec = importlib.util.find_spec("basic_pitch")
    if spec is None or not spec.submodule_search_locations:
        return None
    place = Path(next(iter(spec.submodule_search_locations))) / "saved_models" / "icassp_2022" / "nmp.onnx"
    return place if place.is_file() else None


@lru_cache(maxsize=1)
def _session(place: Path) -> Any:  # noqa: ANN401 - onnxruntime is not typed
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the second thread costs more than it saves on so small a network
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(place), options, providers=["CPUExecutionProvider"])


def activations(
    mono: Array, check: Callable[[], None] | None = None, progress: Callable[[float], None] | None = None
) -> tuple[Array, Array]:
    """Return note and onset likelihoods, float32 ``[frames, 88]`` each.

    Parameters
    ----------
    mono : sound at 22,050 Hz, float32 ``[frames]``.

    Raises
    ------
    BackendUnavailable : Basic Pitch's weights are not installed.
    """
    place = model_path()
    if place is None:
        raise BackendUnavailable("Transcribing needs Basic Pitch's weights.", "Run: segue doctor --fix.")
    session = _session(place)
    name = session.get_inputs()[0].name
    total = max(1, -(-len(mono) // _HOP))
    count = -(-total // _KEEP)
    size = (count - 1) * _KEEP * _HOP + _WINDOW
    padded = np.zeros(_EDGE * _HOP + max(size, len(mono)), dtype=np.float32)
    padded[_EDGE * _HOP : _EDGE * _HOP + len(mono)] = mono
    notes = np.zeros((count * _KEEP, 88), dtype=np.float32)
    onsets = np.zeros_like(notes)
    for first in range(0, count, _BATCH):
        if check:
            check()
        rows = range(first, min(first + _BATCH, count))
        batch = np.stack([padded[i * _KEEP * _HOP :][:_WINDOW] for i in rows])[:, :, None]
        # The second output is the notes, the third the onsets; the first (pitch contours) is not computed.
        found_notes, found_onsets = session.run(
            ["StatefulPartitionedCall:1", "StatefulPartitionedCall:2"], {name: batch}
        )
        for row, n, o in zip(rows, found_notes, found_onsets, strict=True):
            span = slice(row * _KEEP, (row + 1) * _KEEP)
            notes[span], onsets[span] = n[_EDGE:-_EDGE], o[_EDGE:-_EDGE]
        if progress:
            progress(min(1.0, (first + _BATCH) / count))
    return notes[:total], onsets[:total]


def decode(notes: Array, onsets: Array, profile: Profile) -> list[Heard]:
    """Turn likelihoods into notes.

    A note begins at a peak of the onsets, or where a pitch rises from silence and stays, and lasts until
    its pitch falls under the threshold for 0.1 s or begins again. Weak copies a semitone beside or an
    octave, twelfth or two octaves above a stronger note are dropped.
    """
    low, high = profile.low - LOWEST_PITCH, profile.high - LOWEST_PITCH + 1
    found: list[Heard] = []
    for row in range(max(0, low), min(88, high)):
        found += _pitch_notes(notes[:, row], onsets[:, row], row + LOWEST_PITCH, profile)
    found = _without_neighbours(found)
    if profile.ghost:
        found = _without_harmonics(found, profile.ghost)
    if profile.voices == 1:
        found = _one_voice(found, profile)
    return sorted(found, key=lambda n: (n.start, n.pitch))


def _pitch_notes(level: Array, onset: Array, pitch: int, profile: Profile) -> list[Heard]:
    """Return the notes of one pitch."""
    on = level >= profile.frame
    if not on.any() and onset.max(initial=0.0) < profile.onset:
        return []
    peak = np.zeros(len(onset), dtype=bool)
    peak[1:-1] = (onset[1:-1] >= onset[:-2]) & (onset[1:-1] > onset[2:]) & (onset[1:-1] >= profile.onset)
    starts = [int(i) for i in np.nonzero(peak)[0]]
    gap = round(0.1 * FRAME_RATE)
    shortest = max(2, round(profile.shortest_s * FRAME_RATE))
    out: list[Heard] = []
    free = np.ones(len(level), dtype=bool)
    for k, start in enumerate(starts):
        limit = starts[k + 1] if k + 1 < len(starts) else len(level)
        end, last = start + 1, start
        while end < limit and end - last <= gap:
            if on[end]:
                last = end
            end += 1
        if last - start + 1 >= shortest:
            free[max(0, start - 3) : last + 1] = False
            out.append(_heard(level, start, last + 1, pitch))
    # What sounds without a sharp onset: bows, breath, voices.
    loud = free & (level >= profile.slow)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (free & on).astype(np.int8), [0]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start >= 1.5 * shortest and loud[start:end].sum() >= shortest:
            out.append(_heard(level, int(start), int(end), pitch))
    return out


def _heard(level: Array, start: int, end: int, pitch: int) -> Heard:
    return Heard(
        max(0.0, start / FRAME_RATE + _LATENCY_S),
        end / FRAME_RATE,
        pitch,
        float(np.clip(level[start:end].mean(), 0, 1)),
    )


def _without_neighbours(found: list[Heard]) -> list[Heard]:
    """Drop a note that a stronger one a semitone beside covers for most of its length."""
    by_pitch: dict[int, list[Heard]] = {}
    for note in found:
        by_pitch.setdefault(note.pitch, []).append(note)
    kept = []
    for note in found:
        beside = by_pitch.get(note.pitch - 1, []) + by_pitch.get(note.pitch + 1, [])
        if not any(
            other.strength > note.strength
            and min(other.end, note.end) - max(other.start, note.start) > 0.6 * (note.end - note.start)
            for other in beside
        ):
            kept.append(note)
    return kept


def _without_harmonics(found: list[Heard], ratio: float) -> list[Heard]:
    by_pitch: dict[int, list[Heard]] = {}
    for note in found:
        by_pitch.setdefault(note.pitch, []).append(note)
    kept = []
    for note in found:
        below = [other for step in (12, 19, 24) for other in by_pitch.get(note.pitch - step, [])]
        if not any(
            abs(other.start - note.start) < 0.05
            and note.strength < ratio * other.strength
            and other.end >= note.end - 0.1
            for other in below
        ):
            kept.append(note)
    return kept


def _one_voice(found: list[Heard], profile: Profile) -> list[Heard]:
    """Keep one note at a time: the best path by strength and register; overlaps are cut."""
    if not found:
        return []
    centre = float(np.median([n.pitch for n in found for _ in range(max(1, int(10 * (n.end - n.start) * n.strength)))]))

    def worth(note: Heard) -> float:
        lean = (note.pitch - centre) / 12.0
        return float(note.strength * min(1.0, note.end - note.start + 0.3) * (1 + 0.25 * np.clip(lean if profile.top else -lean, -1, 1)))  # fmt: skip

    kept: list[Heard] = []
    for note in sorted(found, key=lambda n: n.start):
        if not kept or note.start >= kept[-1].end - 0.03:
            kept.append(note)
            continue
        last = kept[-1]
        if note.start - last.start < 0.06:  # together: one of the two
            if worth(note) > worth(last) and not (not profile.top and note.pitch - last.pitch in (12, 19, 24)):
                kept[-1] = note
        elif worth(note) > 0.6 * worth(last):  # a new note takes over
            kept[-1] = replace(last, end=note.start)
            kept.append(note)
    return [n for n in kept if n.end - n.start >= 0.5 * profile.shortest_s]


def mono_22k(wave: Waveform) -> Array:
    """Return a sound as the network takes it."""
    mono = Waveform(np.ascontiguousarray(wave.mono()[None, :]), wave.sample_rate)
    return np.asarray(mono.resampled(RATE).samples[0])


def transcribe_wave(
    wave: Waveform,
    stem: str | None = None,
    check: Callable[[], None] | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[Heard]:
    """Return the notes of a sound.

    Parameters
    ----------
    stem : "bass", "melody", "vocals", "piano", "guitar", "strings": thresholds and range; for the bass
        what lies above 200 Hz is turned down first.

    Raises
    ------
    BackendUnavailable : Basic Pitch's weights are not installed.
    """
    mono = mono_22k(wave)
    peak = float(np.abs(mono).max(initial=0.0))
    if peak < 1e-4:
        return []
    if stem == "bass":
        mono = _low(mono)
        peak = float(np.abs(mono).max(initial=0.0))
    notes, onsets = activations(np.asarray(mono / max(peak, 1e-4) * 0.8, dtype=np.float32), check, progress)
    return decode(notes, onsets, PROFILES.get(stem or "", PROFILES[""]))


def _low(mono: Array) -> Array:
    from scipy.signal import butter, sosfiltfilt

    return np.asarray(sosfiltfilt(butter(2, 200, "lowpass", fs=RATE, output="sos"), mono), dtype=np.float32)


def as_arrays(notes: Sequence[Heard]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return intervals ``[n, 2]`` in seconds and pitches in Hz, as mir_eval takes them."""
    spans = np.array([[n.start, n.end] for n in notes]).reshape(-1, 2)
    return spans, 440.0 * 2.0 ** ((np.array([n.pitch for n in notes], dtype=float) - 69) / 12)
