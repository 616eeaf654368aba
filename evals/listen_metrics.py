"""Answers against the truth of a score, by ``mir_eval``: one figure from 0 to 1 a measure and piece.

Tempo: accuracy 1 and 2 within 4 % (Gouyon et al. 2006); beats: F within 70 ms after the first 5 s (Davies et al. 2009);
key: MIREX's weighted score; chords: overlap by majmin and sevenths; sections: hit rates at 0.5 and 3 s without the ends;
notes: onset within 50 ms, and offset within a fifth; drums: the mean F of kick, snare and hi-hat within 50 ms.
"""

import importlib
import importlib.util
import itertools
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.evals.listen_pieces import Truth, chords_of
from segue.tools.core.errors import BackendUnavailable, SegueError
from segue.tools.core.score import Score
from segue.tools.core.theory import QUALITIES, parse_chord, parse_key
from segue.tools.listen.read import pulse

Floats = npt.NDArray[np.float64]
LISTENING = ("tempo acc1", "tempo acc2", "beat F1", "key weighted", "chords majmin", "chords sevenths", "sections HR.5F",
             "sections HR3F", "meter")  # fmt: skip
WRITING = ("note F1 onset", "note F1 onset+offset", "drums F1")
_NEAR = 0.04
_NAMES = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
_DEGREES = {0: "1", 1: "b2", 2: "2", 3: "b3", 4: "3", 5: "4", 6: "b5", 7: "5", 8: "#5", 9: "6", 10: "b7", 11: "7",
            13: "b9", 14: "9", 15: "#9", 17: "11", 18: "#11", 20: "b13", 21: "13"}  # fmt: skip
_VOICES = {36: (35, 36), 38: (37, 38, 39, 40), 42: (42, 44, 46)}  # kick, snare, hi-hat: the keys that count as each
_SAME_METER = {"2/2": ("2/2", "4/4", "2/4"), "4/4": ("4/4", "2/4", "2/2"), "2/4": ("2/4", "4/4", "2/2")}


def mir_eval_here() -> Any:  # noqa: ANN401 - untyped
    """Return ``mir_eval``.

    Raises
    ------
    BackendUnavailable : it is not installed; nothing but measuring needs it.
    """
    if not importlib.util.find_spec("mir_eval"):
        raise BackendUnavailable("Measuring listening needs mir_eval.", "Run: pip install mir_eval.")
    return importlib.import_module("mir_eval")


def judged(truth: Truth, answer: Mapping[str, Any], seconds: float) -> dict[str, float]:
    """Return the measures that can be taken of an answer: what it has, of what is known of the piece.

    Parameters
    ----------
    answer : of tempo (bpm), beats (s), meter, key, chords (start, end, Harte's syntax), sections (inner bounds, s).
    seconds : length of the sound.
    """
    mir_eval = mir_eval_here()
    out: dict[str, float] = {}
    beats = beats_of(truth.score)
    if "tempo" in truth.known and "beats" in answer:
        bpm = 60.0 * (len(beats) - 1) / (beats[-1] - beats[0])
        ratio = (answer["tempo"] or 1e-9) / bpm
        out["tempo acc1"] = float(abs(ratio - 1) <= _NEAR)
        out["tempo acc2"] = float(any(abs(ratio / k - 1) <= _NEAR for k in (1, 2, 3, 1 / 2, 1 / 3)))
        trim = mir_eval.beat.trim_beats
        found = trim(np.array(answer["beats"], dtype=float))
        out["beat F1"] = _quiet(mir_eval.beat.f_measure, trim(beats), found)
        if "meter" in answer:
            out["meter"] = float(answer["meter"] in _SAME_METER.get(truth.score.meter, (truth.score.meter,)))
    key = plain_key(truth.score.key)
    if "key" in truth.known and key and "key" in answer:
        out["key weighted"] = float(mir_eval.key.weighted_score(key, answer["key"] or "X"))
    if "chords" in truth.known and answer.get("chords"):
        out |= _chords(truth.score, answer["chords"])
    if "sections" in truth.known and len(truth.score.sections) > 1 and "sections" in answer:
        for name, window in (("sections HR.5F", 0.5), ("sections HR3F", 3.0)):
            out[name] = _hits(sections_of(truth.score), answer["sections"], seconds, window)
    return out


def written(truth: Truth, answer: Mapping[str, Any]) -> dict[str, float]:
    """Return the measures of notes ``[start, end, pitch]`` and of drum hits ``[time, key]``, where answered."""
    mir_eval = mir_eval_here()
    out: dict[str, float] = {}
    if "notes" in answer:
        spans, pitches = notes_of(truth.score)
        rows = np.array(answer["notes"], dtype=float).reshape(-1, 3)
        rows = rows[rows[:, 1] > rows[:, 0]]
        hz = mir_eval.util.midi_to_hz
        for name, ratio in (("note F1 onset", None), ("note F1 onset+offset", 0.2)):
            score = mir_eval.transcription.precision_recall_f1_overlap
            out[name] = _quiet(score, spans, hz(pitches), rows[:, :2], hz(rows[:, 2]), offset_ratio=ratio, pick=2)
    struck = hits_of(truth.score)
    if "drums" in answer and struck:
        found = {key: sorted(t for t, k in answer["drums"] if k == key) for key in struck}
        out["drums F1"] = float(
            np.mean(
                [
                    _quiet(mir_eval.onset.f_measure, np.array(struck[key]), np.array(found[key]), pick=0)
                    for key in struck
                ]
            )
        )
    return out


def _quiet(score: Any, *args: Any, pick: int | None = None, **options: Any) -> float:  # noqa: ANN401 - untyped
    """Call mir_eval without its warnings of empty answers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = score(*args, **options)
    return float(found if pick is None else found[pick])


# -- the truth ------------------------------------------------------------------------------------


def beats_of(score: Score) -> Floats:
    """Return the felt beats in seconds, ``[b]``: quarters in 2/2, too, whose tempi here are those of quarters."""
    clock, step = score.clock(), 1.0 if score.meter == "2/2" else pulse(score)
    last = max((n.start for part in score.parts for n in part.notes), default=0.0)
    return np.array([clock.seconds(float(b)) for b in np.arange(0.0, last + 1e-6, step)])


def plain_key(text: str) -> str | None:
    """Return a key as mir_eval spells it; None for other modes than major and minor."""
    try:
        key = parse_key(text)
    except SegueError:
        return None
    return f"{_NAMES[key.tonic]} {key.mode}" if key.mode in ("major", "minor") else None


def harte(symbol: str) -> str:
    """Return a chord symbol in Harte's syntax, spelt out by degrees where it has no short name: "A:min7", "N", "X"."""
    if symbol in ("N", "X"):
        return symbol
    try:
        chord = parse_chord(symbol)
    except SegueError:
        return "X"
    short = {"": "maj", "m": "min", "7": "7", "maj7": "maj7", "m7": "min7", "dim": "dim", "aug": "aug", "sus4": "sus4",
             "sus2": "sus2", "6": "maj6", "m6": "min6", "9": "9", "maj9": "maj9", "m9": "min9", "dim7": "dim7",
             "m7b5": "hdim7", "mmaj7": "minmaj7", "11": "11", "m11": "min11", "13": "13"}  # fmt: skip
    name = short.get(chord.quality)
    if name is None:
        name = "(" + ",".join(_DEGREES[step] for step in QUALITIES[chord.quality] if step) + ")"
    return f"{_NAMES[chord.root]}:{name}"


def _chords(score: Score, answer: Sequence[Sequence[Any]]) -> dict[str, float]:
    mir_eval = mir_eval_here()
    clock = score.clock()
    spans = [
        (clock.seconds(c.start), clock.seconds(c.start + c.duration), harte(c.symbol))
        for c in chords_of(score)
        if c.duration > 1e-6
    ]
    if all(label == "X" for _, _, label in spans):
        return {}
    ref = np.array([span[:2] for span in spans])
    est = np.array([span[:2] for span in answer], dtype=float)
    est, names = mir_eval.util.adjust_intervals(est, [str(c[2]) for c in answer], ref[0, 0], ref[-1, 1], "N", "N")
    both, ref_names, est_names = mir_eval.util.merge_labeled_intervals(ref, [c[2] for c in spans], est, names)
    lasts = mir_eval.util.intervals_to_durations(both)
    out = {}
    for name, compare in (("chords majmin", mir_eval.chord.majmin), ("chords sevenths", mir_eval.chord.sevenths)):
        found = compare(ref_names, est_names)
        if float(lasts[found >= 0].sum()) > 2.0:  # seconds of which something can be said
            out[name] = float(mir_eval.chord.weighted_accuracy(found, lasts))
    return out


def sections_of(score: Score) -> list[float]:
    """Return the inner bounds of the sections in seconds."""
    clock = score.clock()
    return [clock.seconds(score.bar_beat(s.start_bar)) for s in score.sections if s.start_bar > 1]


def _hits(truth: Sequence[float], answer: Sequence[float], seconds: float, window: float) -> float:
    mir_eval = mir_eval_here()
    edges = [sorted({0.0, seconds, *(float(t) for t in side if 0 < t < seconds)}) for side in (truth, answer)]
    ref, est = (np.array(list(itertools.pairwise(side))) for side in edges)
    return _quiet(mir_eval.segment.detection, ref, est, window=window, trim=True, pick=2)


def notes_of(score: Score) -> tuple[Floats, Floats]:
    """Return spans in seconds ``[n, 2]`` and MIDI pitches ``[n]``; what two players strike together counts once."""
    clock = score.clock()
    rows: list[tuple[float, float, int]] = []
    latest: dict[int, float] = {}
    found = sorted(
        (clock.seconds(n.start) + n.shift_s, clock.seconds(n.end) + n.shift_s, n.pitch)
        for part in score.parts
        if not part.is_drum
        for n in part.notes
    )
    for start, end, pitch in found:
        if start - latest.get(pitch, -1.0) > 0.03:
            rows.append((max(0.0, start), max(end, start + 0.05), pitch))
            latest[pitch] = start
    table = np.array(rows, dtype=float).reshape(-1, 3)
    return table[:, :2], table[:, 2]


def hits_of(score: Score) -> dict[int, list[float]]:
    """Return the times of kick (36), snare (38) and hi-hat (42) in seconds, those that are struck four times at least."""
    clock = score.clock()
    out: dict[int, list[float]] = {}
    for key, keys in _VOICES.items():
        times = sorted(
            {
                round(max(0.0, clock.seconds(n.start) + n.shift_s), 3)
                for part in score.parts
                if part.is_drum
                for n in part.notes
                if n.pitch in keys
            }
        )
        if len(times) >= 4:
            out[key] = times
    return out
