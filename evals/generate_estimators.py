"""What bare notes say: key, tempo, meter and chords of notes whose names, signatures and tempo marks are gone.

The estimators know when notes start and end in seconds, how high and how loud they are, and which are drums.
They know nothing of who wrote the notes, and the same ones run on human scores (``generate_humans``), so that
their own error stands beside every figure. Their weights were set by hand on these human scores; figures of
composed pieces were in sight when the last of them were chosen, so this is a comparison and no blind test.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from segue.tools.core.score import Score
from segue.tools.core.theory import QUALITIES, Key

Floats = npt.NDArray[np.float64]
RATE = 100  # frames of the accent curve a second
SLOWEST, FASTEST = 40.0, 220.0  # quarter notes a minute

# Temperley, Music and Probability (2007), p. 85: how likely each degree is in a piece of the Kostka-Payne corpus.
_MAJOR = np.array([0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400])
_MINOR = np.array([0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330])
_KEYS = [Key(tonic, mode) for mode in ("major", "minor") for tonic in range(12)]
_BASS_WEIGHT, _LAST_WEIGHT, _FIRST_WEIGHT = 0.5, 0.2, 0.1

# Meters as eighths in a bar, the felt pulse in eighths, and the weight of every eighth (Lerdahl & Jackendoff 1983).
_METERS: dict[str, tuple[int, float, tuple[float, ...]]] = {
    "2/4": (4, 2.0, (4, 0, 2, 0)),
    "3/4": (6, 2.0, (4, 0, 2, 0, 2, 0)),
    "4/4": (8, 2.0, (4, 0, 2, 0, 3, 0, 2, 0)),
    "5/4": (10, 2.0, (4, 0, 2, 0, 2, 0, 3, 0, 2, 0)),
    "6/8": (6, 3.0, (4, 0, 0, 3, 0, 0)),
    "7/8": (7, 2.0, (4, 0, 2, 0, 2, 0, 0)),
    "12/8": (12, 3.0, (4, 0, 0, 2, 0, 0, 3, 0, 0, 2, 0, 0)),
}
# How usual each meter is: common time leads; a bar in five or seven, which the human scores hardly have, needs evidence.
_USUAL = {"4/4": 0.0, "3/4": -0.07, "2/4": -0.3, "6/8": -0.03, "12/8": -0.03, "5/4": -0.17, "7/8": -0.17}
_PULSE_BPM, _PULSE_WEIGHT = 140.0, 0.093  # felt pulses lie near; the weight is for an octave away, squared
# How much likeness counts after a felt pulse, a bar, two bars, a quarter, an eighth; the same of the bass alone.
_PULSE, _BAR, _TWO_BARS, _QUARTER, _EIGHTH = 0.17, 0.7, 0.2, 0.34, 0.06
_BASS_PULSE, _BASS_BAR, _BASS_TWO_BARS = 0.1, 0.3, 0.1
_FIT, _ON_EIGHTHS, _ON_SIXTEENTHS = 0.07, 0.2, 0.2  # the meter's weights; onsets that lie on eighths and sixteenths
_PRESENT = 4.0  # accents on at least a quarter of the grid, as strong as the strongest, are enough


@dataclass(frozen=True)
class Bare:
    """Notes without names: starts and ends in seconds, MIDI pitches, velocities, and which are drums; ``[notes]`` each."""

    start: Floats
    end: Floats
    pitch: npt.NDArray[np.int64]
    velocity: Floats
    drum: npt.NDArray[np.bool_]

    @property
    def seconds(self) -> float:
        """When the last note ends."""
        return float(self.end.max()) if len(self.end) else 0.0


def bare_notes(rows: Iterable[tuple[float, float, int, float, bool]]) -> Bare:
    """Return notes given as (start s, end s, pitch, velocity, is_drum), in order of their starts."""
    listed = sorted(rows)
    columns: Sequence[Sequence[float]] = list(zip(*listed, strict=True)) if listed else [(), (), (), (), ()]
    return Bare(
        np.asarray(columns[0], dtype=float), np.asarray(columns[1], dtype=float), np.asarray(columns[2], dtype=np.int64),
        np.asarray(columns[3], dtype=float), np.asarray(columns[4], dtype=bool),
    )  # fmt: skip


def stripped(score: Score) -> Bare:
    """Return the notes of a score as they are performed, with everything that names them taken away."""
    clock = score.clock()
    return bare_notes(
        (
            max(0.0, clock.seconds(note.start) + note.shift_s),
            clock.seconds(note.end) + note.shift_s,
            note.pitch,
            note.velocity,
            part.is_drum,
        )
        for part in score.parts
        for note in part.notes
    )


# -- key --------------------------------------------------------------------------------------------


def key_of(notes: Bare) -> Key | None:
    """Return the major or minor key that the notes fit best; None without pitched notes.

    Correlates durations by pitch class with Temperley's profiles (Krumhansl & Schmuckler's method), and adds what
    the bass says: how much of it is the tonic, and whether it begins and ends there.
    """
    pitched = ~notes.drum
    if not pitched.any():
        return None
    length = np.minimum(notes.end - notes.start, 4.0)[pitched]
    weights = np.bincount(notes.pitch[pitched] % 12, length, 12)
    bass = _bass_line(notes)
    low = np.bincount(notes.pitch[bass] % 12, np.minimum(notes.end - notes.start, 4.0)[bass], 12)
    shares = low / max(1e-9, float(low.sum()))
    last, first = notes.pitch[bass[-1]] % 12, notes.pitch[bass[0]] % 12

    def fit(key: Key) -> float:
        profile = np.roll(_MINOR if key.is_minor else _MAJOR, key.tonic)
        score = float(np.corrcoef(weights, profile)[0, 1]) if weights.std() > 0 else 0.0
        score += _BASS_WEIGHT * float(shares[key.tonic] + 0.5 * shares[(key.tonic + 7) % 12])
        return score + _LAST_WEIGHT * bool(last == key.tonic) + _FIRST_WEIGHT * bool(first == key.tonic)

    return max(_KEYS, key=fit)


def _bass_line(notes: Bare) -> npt.NDArray[np.int64]:
    """Return the indices of pitched notes under which nothing sounds when they start, one a moment."""
    pitched = np.nonzero(~notes.drum)[0]
    if not len(pitched):
        return pitched
    begin = (notes.start * RATE).astype(int) + 3  # 30 ms of grace for players that are not together
    stop = np.maximum((notes.end * RATE).astype(int), begin + 1)
    lowest = np.full(int(stop.max()) + 1, 128)
    for index in pitched[np.argsort(-notes.pitch[pitched], kind="stable")]:
        lowest[begin[index] : stop[index]] = notes.pitch[index]
    under = pitched[notes.pitch[pitched] <= lowest[begin[pitched]]]
    apart = np.append(np.diff(notes.start[under]) > 0.03, True)
    return np.asarray(under[apart])


# -- tempo and meter --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pulse:
    """Tempo in quarter notes a minute, meter, and when the first bar starts in seconds."""

    bpm: float
    meter: str
    first_s: float


def pulse_of(notes: Bare) -> Pulse | None:
    """Return tempo and meter together; None where there are too few notes.

    An accent curve (loudness, length, bass and kick) and the bass alone are compared with themselves moved by an
    eighth, a beat and a bar of every tempo and meter; the curve is folded on the bar to be compared with the meter's
    weights, and onsets should lie on its eighths. A felt pulse near 140 a minute and common meters are preferred
    where the notes leave it open.
    """
    if len(notes.start) < 8 or notes.start.max() < 2.0:
        return None
    accent, bass = _accents(notes)
    likeness, below = _autocorrelation(accent), _autocorrelation(bass)
    best: tuple[float, float, str] | None = None
    for eighth in _eighths(likeness):
        bpm = 30.0 / eighth
        if not SLOWEST <= bpm <= FASTEST:
            continue
        common = _QUARTER * _at(likeness, 2 * eighth) + _EIGHTH * _at(likeness, eighth)
        common += _ON_EIGHTHS * _aligned(notes.start, eighth) + _ON_SIXTEENTHS * _aligned(notes.start, eighth / 2)
        for meter, (count, felt, _) in _METERS.items():
            bar = count * eighth
            if bar * RATE >= len(likeness) - 2:
                continue
            octaves = float(np.log2(60.0 / (felt * eighth) / _PULSE_BPM))
            score = common + _USUAL[meter] - _PULSE_WEIGHT * octaves**2 + _FIT * _fold(accent, eighth, meter)[0]
            score += _PULSE * _at(likeness, felt * eighth) + _BASS_PULSE * _at(below, felt * eighth)
            score += _BAR * _at(likeness, bar) + _TWO_BARS * _at(likeness, 2 * bar)
            score += _BASS_BAR * _at(below, bar) + _BASS_TWO_BARS * _at(below, 2 * bar)
            if best is None or score > best[0]:
                best = (score, eighth, meter)
    if best is None:
        return None
    _, eighth, meter = best
    return Pulse(float(30.0 / eighth), meter, float(_fold(accent, eighth, meter)[1]))


def _accents(notes: Bare) -> tuple[Floats, Floats]:
    """Return accent curves of all notes and of bass and kick, ``[frames]`` at ``RATE``: loudness, length, kind of drum."""
    length = 0.4 + np.minimum(notes.end - notes.start, 1.0)
    weight = notes.velocity / 90.0 * length
    weight[notes.drum] = 0.5
    for keys, heavy in (((35, 36), 1.6), ((37, 38, 39, 40), 0.9), ((42, 44), 0.25), ((49, 55, 57), 1.2)):
        weight[notes.drum & np.isin(notes.pitch, keys)] = heavy
    bass = _bass_line(notes)
    depth = np.zeros(len(weight))  # where the bass rests the next part is lowest, and counts less
    if len(bass):
        depth[bass] = np.clip((notes.pitch[bass].mean() + 6.0 - notes.pitch[bass]) / 12.0, 0.0, 1.0)
    low = weight * depth
    low[notes.drum & np.isin(notes.pitch, (35, 36))] = 1.0
    weight *= 1.0 + 2.0 * depth
    return _curve(notes.start, weight), _curve(notes.start, low)


def _curve(start: Floats, weight: Floats) -> Floats:
    """Return weights at times as a curve with bells of 16 ms, so that players need not be together."""
    frames = int(start.max() * RATE) + RATE
    bell = np.exp(-0.5 * (np.arange(-4, 5) / 1.6) ** 2)
    return np.convolve(np.sqrt(np.bincount((start * RATE).round().astype(int), weight, frames)), bell, "same")


def _aligned(start: Floats, period: float) -> float:
    """Return how well onsets lie on a grid, 0..1: the length of their mean phase in stretches of 8 s (a tempo may drift)."""
    turns = np.exp(2j * np.pi * start / period)
    sums = np.zeros(int(start.max() // 8) + 1, dtype=complex)
    np.add.at(sums, (start // 8).astype(int), turns)
    return float(np.abs(sums).sum() / len(start))


def _autocorrelation(curve: Floats) -> Floats:
    """Return how alike the curve and itself later are, 0..1 for each lag in frames up to 16 s; 1 at none."""
    moving = curve - curve.mean()
    size = 1 << int(2 * len(curve) - 1).bit_length()
    spectrum = np.fft.rfft(moving, size)
    found = np.fft.irfft(np.abs(spectrum) ** 2, size)[: min(len(curve) - 1, 16 * RATE)]
    shared = 1.0 - np.arange(len(found)) / len(curve)
    return np.asarray(found / max(1e-9, float(found[0])) / np.maximum(shared, 0.2))


def _at(likeness: Floats, seconds: float) -> float:
    """Return the likeness at a lag, the best of the frames beside it."""
    at = round(seconds * RATE)
    return float(likeness[max(0, at - 1) : at + 2].max()) if at < len(likeness) else 0.0


def _eighths(likeness: Floats) -> list[float]:
    """Return how long an eighth may be, in seconds: the peaks of likeness and their halves, thirds and doubles, exact."""
    low, high = round(RATE * 30.0 / FASTEST), round(RATE * 240.0 / SLOWEST)
    inner = likeness[: high + 2]
    peaks = [
        i
        for i in range(low, len(inner) - 1)
        if inner[i] >= inner[i - 1] and inner[i] > inner[i + 1] and inner[i] > 0.05
    ]
    peaks = sorted(peaks, key=lambda i: -inner[i])[:16]
    found: list[float] = []
    for peak in peaks:
        for parts in (1, 2, 3, 4, 6, 8):
            eighth = peak / RATE / parts
            if 30.0 / FASTEST <= eighth <= 30.0 / SLOWEST:
                exact = _refined(likeness, eighth)
                if all(abs(exact - other) > 0.004 * exact for other in found):
                    found.append(exact)
    return found


def _refined(likeness: Floats, eighth: float) -> float:
    """Return the period near ``eighth`` that explains later repetitions best: errors shrink with every multiple."""
    for multiple in (2, 4, 8, 16, 32):
        lag = eighth * multiple * RATE
        if lag + 4 >= len(likeness):
            break
        middle = round(lag)
        window = likeness[middle - 2 : middle + 3]
        top = int(window.argmax())
        if window[top] < 0.1:
            continue
        at = float(middle - 2 + top)
        if 0 < top < 4:
            a, b, c = window[top - 1 : top + 2]
            at += 0.5 * (a - c) / min(-1e-9, a - 2 * b + c)
        eighth = at / multiple / RATE
    return eighth


def _fold(accent: Floats, eighth: float, meter: str) -> tuple[float, float]:
    """Return how well the accents folded on bars fit the meter's weights (−1..1), and when the first bar starts."""
    rolled = _rolled(meter)
    count = len(rolled)
    places = np.arange(int(len(accent) / RATE / eighth))
    turns = np.bincount(places % count, minlength=count)
    best = (-1.0, 0.0)
    if turns.min() == 0:
        return best
    for fine in (0.0, 0.25 * eighth, 0.5 * eighth, 0.75 * eighth):
        heard = accent[np.minimum(((places * eighth + fine) * RATE + 0.5).astype(int), len(accent) - 1)]
        profile = np.bincount(places % count, heard, count) / turns
        profile -= profile.mean()
        size = float(np.sqrt(profile @ profile))
        if size > 1e-9:
            fits = rolled @ profile / size * min(1.0, _PRESENT * float(heard.mean() / max(1e-9, accent.max())))
            phase = int(fits.argmax())
            if fits[phase] > best[0]:
                best = (float(fits[phase]), phase * eighth + fine)
    return best


@lru_cache(maxsize=16)
def _rolled(meter: str) -> Floats:
    """Return the meter's weights begun at each eighth, ``[phases, eighths]``, each of length 1 round a mean of 0."""
    weights = np.asarray(_METERS[meter][2], dtype=float)
    weights = (weights - weights.mean()) / np.linalg.norm(weights - weights.mean())
    return np.stack([np.roll(weights, phase) for phase in range(len(weights))])


# -- chords -----------------------------------------------------------------------------------------

_TEMPLATES = {quality: QUALITIES[quality] for quality in ("", "m", "7", "maj7", "m7", "dim", "m7b5", "aug", "sus4")}


def chord_of(notes: Bare, start: float, end: float) -> tuple[int, str] | None:
    """Return root and quality of the chord that sounds between two times in seconds; None where nothing does.

    Durations by pitch class against templates; tones outside one count against it, and the bass counts twice.
    """
    overlap = np.minimum(notes.end, end) - np.maximum(notes.start, start)
    inside = (overlap > 0.02) & ~notes.drum
    if not inside.any():
        return None
    weights = np.bincount(notes.pitch[inside] % 12, overlap[inside], 12)
    weights = weights / weights.sum()
    lowest = notes.pitch[inside][np.argmin(notes.pitch[inside])] % 12
    weights[lowest] += 0.25

    def fit(root: int, quality: str) -> float:
        tones = [(root + step) % 12 for step in _TEMPLATES[quality]]
        held = [float(weights[tone]) for tone in tones]
        outside = float(weights.sum()) - sum(held)
        missing = sum(value < 0.04 for value in held)
        return sum(held) - 0.7 * outside - 0.12 * missing + 0.3 * held[0] - 0.04 * (len(tones) - 3)

    return max(((root, quality) for root in range(12) for quality in _TEMPLATES), key=lambda chord: fit(*chord))


def third_of(quality: str) -> str:
    """Return "major", "minor" or "none" for the third of a chord quality."""
    steps = QUALITIES[quality]
    return "major" if 4 in steps else "minor" if 3 in steps else "none"
