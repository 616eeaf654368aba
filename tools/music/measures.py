"""Figures that describe a piece, printed beside those of human-made scores; never "higher is better".

Pitch-class entropy, groove similarity and chord irregularity follow Wu & Yang, "The Jazz Transformer on the
Front Line" (ISMIR 2020); structureness and compression are in ``measures_structure``. All work on notes alone,
so that the same estimator serves human scores and ours.
"""

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from segue.tools.core.score import Note, Score
from segue.tools.core.theory import Chord, parse_key
from segue.tools.music.compose_write import skyline
from segue.tools.music.harmony import harmonise
from segue.tools.music.measures_structure import compression_ratio, structureness
from segue.tools.music.rhythm import meter_of
from segue.tools.music.rules_tune import leap_returns, step_share
from segue.tools.music.rules_view import View, chord_of

Floats = npt.NDArray[np.float64]
_PLACES = 64  # positions in a bar, as in the paper
_MELODY = 64  # notes of a tune that are compared


def pitched(score: Score) -> list[Note]:
    """Return all notes that have a pitch, in order."""
    return sorted((n for p in score.parts if not p.is_drum for n in p.notes), key=lambda n: (n.start, n.pitch))


def pitch_class_entropy(score: Score, bars: int) -> float | None:
    """Return the entropy in bits of the pitch classes that begin in windows of ``bars`` bars, averaged (0–3.58)."""
    notes = pitched(score)
    window = bars * score.beats_per_bar
    counts: dict[int, list[int]] = {}
    for note in notes:
        counts.setdefault(int((note.start + 1e-6) // window), [0] * 12)[note.pitch % 12] += 1
    values = [_entropy(count) for count in counts.values()]
    return sum(values) / len(values) if values else None


def _entropy(counts: Sequence[int]) -> float:
    total = sum(counts)
    return -sum(c / total * math.log2(c / total) for c in counts if c)


def groove_similarity(score: Score) -> float | None:
    """Return the mean likeness of the onset patterns of all pairs of bars (1 minus the share of places that differ)."""
    bars = np.zeros((score.bars, _PLACES), dtype=np.float64)
    size = score.beats_per_bar
    for part in score.parts:
        for note in part.notes:
            bar, place = divmod(note.start + 1e-6, size)
            if int(bar) < score.bars:
                bars[int(bar), int(place / size * _PLACES)] = 1.0
    bars = bars[bars.any(axis=1)]
    count = len(bars)
    if count < 2:
        return None
    ones = bars.sum(axis=1)
    differ = ones[:, None] + ones[None, :] - 2.0 * (bars @ bars.T)
    return float(1.0 - differ.sum() / (count * (count - 1)) / _PLACES)


def chord_irregularity(score: Score, *, by_notes: bool = True) -> float | None:
    """Return the share of different chord trigrams among all trigrams of the progression (0–1).

    ``by_notes`` estimates one chord a bar from the notes, as can be done with any score; without it the
    score's chord symbols are read.
    """
    if by_notes:
        symbols = [chord.symbol for chord in estimated_chords(score)]
    else:
        symbols = [s.symbol for s in score.chords if chord_of(s.symbol)]
    joined = [symbol for symbol, _ in itertools.groupby(symbols)]
    grams = list(zip(joined, joined[1:], joined[2:], strict=False))
    return len(set(grams)) / len(grams) if len(grams) >= 4 else None


def estimated_chords(score: Score) -> list[Chord]:
    """Return one chord a bar, found from the notes by Viterbi over the key's triads."""
    spans = harmonise(pitched(score), parse_key(score.key), meter_of(score.meter), score.bars)
    return [span.chord for span in spans if span.chord is not None]


# -- tunes --------------------------------------------------------------------------------------------


def tune(score: Score) -> list[Note]:
    """Return the top line of the lead."""
    return View(score).lead


def melody_code(notes: Sequence[Note]) -> npt.NDArray[np.int64]:
    """Return a tune as moves ``[notes − 1, 2]``: semitones, and sixteenths from onset to onset (32 at most)."""
    line = skyline(notes)[: _MELODY + 1]
    pairs = list(itertools.pairwise(line))
    moves = [(b.pitch - a.pitch, min(32, round((b.start - a.start) * 4))) for a, b in pairs]
    return np.array(moves, dtype=np.int64).reshape(-1, 2)


def melody_distances(one: npt.NDArray[np.int64], others: Sequence[npt.NDArray[np.int64]]) -> Floats:
    """Return the distances 0–1 of one tune (``melody_code``) from others: 0 is the same in any key.

    Levenshtein distance over the longer length: a move that differs in pitch or in rhythm alone costs a half.
    """
    if not others:
        return np.zeros(0)
    longest = max(len(code) for code in others)
    table = np.full((len(others), longest, 2), 10**6, dtype=np.int64)
    lengths = np.array([len(code) for code in others])
    for row, code in enumerate(others):
        table[row, : len(code)] = code
    before = np.tile(np.arange(longest + 1, dtype=np.float64), (len(others), 1))
    for index, move in enumerate(one):
        change = 0.5 * (table != move).sum(axis=2)
        best = np.minimum(before[:, :-1] + change, before[:, 1:] + 1.0)
        here = np.empty_like(before)
        here[:, 0] = index + 1.0
        # Insertions cost 1 each: a running minimum of (cost − column) takes them all at once.
        columns = np.arange(longest + 1, dtype=np.float64)
        here[:, 1:] = best
        here = np.minimum.accumulate(here - columns, axis=1) + columns
        before = here
    cost = before[np.arange(len(others)), lengths]
    return np.asarray(cost / np.maximum(np.maximum(lengths, len(one)), 1), dtype=np.float64)


def nearest_distances(tunes: Sequence[Sequence[Note]]) -> list[float]:
    """Return for every tune of nine notes or more its distance from the nearest other."""
    codes = [code for code in map(melody_code, tunes) if len(code) >= 8]
    if len(codes) < 2:
        return []
    return [float(melody_distances(code, [*codes[:i], *codes[i + 1 :]]).min()) for i, code in enumerate(codes)]


def tune_measures(line: Sequence[Note]) -> Iterator[tuple[str, float | None]]:
    """Yield the figures of one line: steps, leaps that turn back, range, note lengths in beats."""
    line = skyline(line)
    if len(line) < 9:
        return
    pitches = [n.pitch for n in line]
    lengths = sorted(b.start - a.start for a, b in itertools.pairwise(line))
    yield "melody_steps", step_share(line)
    yield "leap_returns", leap_returns(line)
    yield "melody_range", float(max(pitches) - min(pitches))
    yield "repeated_notes", sum(a == b for a, b in itertools.pairwise(pitches)) / (len(pitches) - 1)
    yield "note_length_median", lengths[len(lengths) // 2]
    yield "note_lengths", float(len({round(length * 12) for length in lengths}))


def measure_all(score: Score) -> dict[str, float]:
    """Return every figure that a score has by name."""
    found: dict[str, float | None] = {
        "pitch_entropy_1": pitch_class_entropy(score, 1),
        "pitch_entropy_4": pitch_class_entropy(score, 4),
        "groove_similarity": groove_similarity(score),
        "chord_irregularity": chord_irregularity(score),
        "compression": compression_ratio(pitched(score), score.beats_per_bar),
        **structureness(score),
        **dict(tune_measures(tune(score))),
    }
    return {name: value for name, value in found.items() if value is not None}
