"""What others answer to the same sound: librosa, Basic Pitch's own package, and an answer that never changes.

librosa 0.11's beat tracker; the mean of its constant-Q chroma against Krumhansl and Kessler's profiles; triad templates on
beats with its Viterbi; its agglomerative segmentation; its onset detector in three bands for drums. ``basic_pitch.inference.predict``
with its defaults for notes. Their answers are remembered beside the sounds, by content and version.
"""

import hashlib
import importlib
import itertools
import json
import logging
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.evals.listen_sound import cache_folder, installed
from segue.tools.core.audio import Waveform, encode

Floats = npt.NDArray[np.float64]
Answer = dict[str, Any]
VERSION = 2  # raise it when a question changes
RATE = 22_050
SECTION_S = 15.0  # of the constant answer, and of librosa's, which wants to be told how many there are
_NAMES = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
# Krumhansl & Kessler (1982), as most implementations of template keys have them.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_BANDS = ((36, 30.0, 150.0), (38, 150.0, 2500.0), (42, 5000.0, 11_000.0))  # General MIDI key, Hz
PUBLISHED = ("librosa", "basic_pitch", "resampy")


def listened(wave: Waveform) -> Answer | None:
    """Return librosa's answers (tempo, beats, key, chords, sections, drums); None where it is not installed."""
    if not installed("librosa"):
        return None
    return _remembered(wave, "librosa", f"{VERSION}-{version('librosa')}", _librosa)


def transcribed(wave: Waveform) -> Answer | None:
    """Return Basic Pitch's notes as ``[start, end, pitch]``; None where its package cannot be imported."""
    if not all(installed(name) for name in PUBLISHED):
        return None
    return _remembered(wave, "basic-pitch", f"{VERSION}-{version('basic-pitch')}", _basic_pitch)


def constant(seconds: float) -> Answer:
    """Return what is answered without listening: 120 bpm, 4/4, C major, a new section every 15 s, a rock beat."""
    beats = np.arange(0.5, seconds, 0.5)
    hits = [(float(t), key) for i, t in enumerate(beats) for key in (36 if i % 2 == 0 else 38, 42)]
    return {
        "tempo": 120.0,
        "beats": beats.tolist(),
        "meter": "4/4",
        "key": "C major",
        "chords": [[0.0, seconds, "C:maj"]],
        "sections": np.arange(SECTION_S, seconds - 1, SECTION_S).tolist(),
        "drums": hits,
        "notes": [[float(t), float(t) + 0.5, 60] for t in beats],
    }


def _remembered(wave: Waveform, name: str, mark: str, ask: Any) -> Answer:  # noqa: ANN401 - a function of either kind
    content = hashlib.sha256(wave.samples.tobytes()).hexdigest()[:24]
    path = cache_folder() / f"{content}.{name}-{mark}.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(ask(wave)), "utf-8")
    found: Answer = json.loads(path.read_text("utf-8"))
    return found


def _librosa(wave: Waveform) -> Answer:
    librosa: Any = importlib.import_module("librosa")
    mono = librosa.resample(wave.mono(), orig_sr=wave.sample_rate, target_sr=RATE)
    tempo, frames = librosa.beat.beat_track(y=mono, sr=RATE)
    chroma = librosa.feature.chroma_cqt(y=mono, sr=RATE)
    beats = librosa.frames_to_time(frames, sr=RATE)
    edges = np.concatenate([[0.0], beats, [len(mono) / RATE]])
    synced = librosa.util.sync(chroma, frames, aggregate=np.median)
    timbre = librosa.util.sync(librosa.feature.mfcc(y=mono, sr=RATE), frames)
    return {
        "tempo": float(np.atleast_1d(tempo)[0]),
        "beats": beats.tolist(),
        "key": template_key(chroma.mean(axis=1)),
        "chords": _chords(librosa, synced, edges),
        "sections": _sections(librosa, np.vstack([synced, timbre]), edges),
        "drums": _drums(librosa, mono),
    }


def template_key(chroma: Floats) -> str:
    """Return the key whose profile correlates best with 12 weights."""
    fits = [
        (float(np.corrcoef(chroma, np.roll(profile, tonic))[0, 1]), f"{_NAMES[tonic]} {mode}")
        for mode, profile in (("major", _MAJOR), ("minor", _MINOR))
        for tonic in range(12)
    ]
    return max(fits)[1]


def _chords(librosa: Any, chroma: Floats, edges: Floats) -> list[list[Any]]:  # noqa: ANN401 - untyped
    """Label beats by binary triads and its own Viterbi decoder, as its documentation shows."""
    major, minor = np.zeros(12), np.zeros(12)
    major[[0, 4, 7]] = minor[[0, 3, 7]] = 1
    shapes = np.array([np.roll(shape, root) for shape in (major, minor) for root in range(12)] + [np.full(12, 0.25)])
    likely = np.exp(shapes @ chroma)
    likely /= likely.sum(axis=0, keepdims=True)
    path = librosa.sequence.viterbi_discriminative(likely, librosa.sequence.transition_loop(25, 0.9))
    names = [f"{name}:{mode}" for mode in ("maj", "min") for name in _NAMES] + ["N"]
    return [
        [float(a), float(b), names[state]]
        for state, (a, b) in zip(path, itertools.pairwise(edges), strict=False)
        if b > a
    ]


def _sections(librosa: Any, rows: Floats, edges: Floats) -> list[float]:  # noqa: ANN401 - untyped
    count = min(rows.shape[1], max(2, round(edges[-1] / SECTION_S) + 1))
    spread = np.maximum(rows.std(axis=1, keepdims=True), 1e-9)
    first = librosa.segment.agglomerative((rows - rows.mean(axis=1, keepdims=True)) / spread, count)
    return [float(edges[i]) for i in first if i > 0]


def _drums(librosa: Any, mono: Floats) -> list[list[float]]:  # noqa: ANN401 - untyped
    struck = librosa.effects.percussive(mono)
    hits: list[list[float]] = []
    for key, low, high in _BANDS:
        strength = librosa.onset.onset_strength(y=struck, sr=RATE, fmin=low, fmax=high, n_mels=16)
        found = librosa.onset.onset_detect(onset_envelope=strength, sr=RATE, units="time")
        hits += [[float(t), key] for t in found]
    return hits


def _basic_pitch(wave: Waveform) -> Answer:
    level = logging.root.level
    logging.root.setLevel(logging.ERROR)  # the package warns of every engine it does not find
    try:
        inference: Any = importlib.import_module("basic_pitch.inference")
    finally:
        logging.root.setLevel(level)
    from segue.tools.listen.notes import model_path

    path = cache_folder() / f"asked-{hashlib.sha256(wave.samples.tobytes()).hexdigest()[:12]}.wav"
    encode(wave, path, bits=16)
    try:
        events = inference.predict(Path(path), model_path())[2]
    finally:
        path.unlink()
    return {"notes": sorted([float(e[0]), float(e[1]), int(e[2])] for e in events)}
