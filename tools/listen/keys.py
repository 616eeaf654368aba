"""The key of a whole piece and its changes, from tones and chords.

Profiles on what sounds, plus what the chords say: how long each tonic's triad lasts, whether its
dominant is there, which chord begins and which ends. Relative keys share their notes; these tell them apart.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segue.tools.core.theory import Key
from segue.tools.listen.tonal import STATES, Tones, chord_tones, is_diminished, is_minor, unit

Floats = npt.NDArray[np.float64]

# Albrecht & Shanahan (2013): profiles from 982 pieces; they tell relative keys apart better than probe tones.
_MAJOR = np.array([0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081])
_MINOR = np.array([0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052])
_KEYS = tuple(Key(tonic, mode) for mode in ("major", "minor") for tonic in range(12))
_PROFILES = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
# Pitch classes outside each key, 1 each; minor keys may raise their seventh.
_OUTSIDE = np.array(
    [[float(pc not in key.scale and not (key.is_minor and pc == (key.tonic + 11) % 12)) for pc in range(12)] for key in _KEYS]
)  # fmt: skip
# White and pink noise and drums alone measure .98–.99 and .25–.28; a band under as much noise .86 and .70.
_EVEN, _STEADY = 0.95, 0.4
_PARTS = 5  # one of which is left out at a time, to see whether the key stays
_SHORTEST_S = 14.0  # a key that stays for less is a passing one


def _fits(chroma: Floats, path: Sequence[int], weight: Floats) -> Floats:
    """Return how well each key fits, ``[24]``: chroma ``[12]``, chord states and their weights ``[spans]``."""
    centred = _PROFILES - _PROFILES.mean(axis=1, keepdims=True)
    moving = chroma - chroma.mean()
    fit = centred @ moving / (np.linalg.norm(centred, axis=1) * max(float(np.linalg.norm(moving)), 1e-9))
    triads = np.zeros((2, 12))
    for state, heard in zip(path, weight, strict=True):
        if state < STATES - 1 and not is_diminished(state):
            triads[int(is_minor(state)), state % 12] += heard
    triads /= max(float(triads.sum()), 1e-9)
    ends = np.zeros((2, 12))
    named = [state for state, heard in zip(path, weight, strict=True) if state < STATES - 1 and heard]
    if named:
        ends[int(is_minor(named[0])), named[0] % 12] += 0.5
        ends[int(is_minor(named[-1])), named[-1] % 12] += 0.5
    dominant = np.roll(triads[0], -7)
    foreign = np.zeros(12)
    for state, heard in zip(path, weight, strict=True):
        for tone in chord_tones(state):
            foreign[tone] += heard
    foreign /= max(float(foreign.sum()), 1e-9)
    outside = _OUTSIDE @ foreign
    return np.asarray(fit + 0.35 * triads.ravel() + 0.15 * ends.ravel() + 0.1 * np.tile(dominant, 2) - 1.2 * outside)


def find_key(tones: Tones, path: Sequence[int], lengths: Floats) -> tuple[Key | None, float]:
    """Return the key and a confidence 0..1; None where nothing tonal sounds.

    Parameters
    ----------
    path : chord states of each span.
    lengths : seconds of each span.
    """
    weight = lengths * (tones.level > 0.02)
    chroma = _chroma(tones, weight)
    if _evenness(chroma) > _EVEN and _steadiness(tones) < _STEADY:
        return None, 0.0
    fits = _fits(chroma, path, weight)
    order = np.argsort(-fits)
    margin = float(fits[order[0]] - fits[order[1]])
    confidence = np.clip(0.35 + 2.2 * margin, 0, 1) * np.clip(fits[order[0]] / 0.8, 0, 1)
    return _KEYS[int(order[0])], float(confidence) * _agreement(tones, path, weight, int(order[0]))


def _agreement(tones: Tones, path: Sequence[int], weight: Floats, best: int) -> float:
    """Return how often the key is the same when a fifth of the piece is left out, 0..1: chance tips a doubtful one."""
    fifth = np.minimum((np.cumsum(weight) / max(float(weight.sum()), 1e-9) * _PARTS).astype(int), _PARTS - 1)
    same = 0
    for part in range(_PARTS):
        rest = np.where(fifth == part, 0.0, weight)
        same += int(_fits(_chroma(tones, rest), path, rest).argmax()) == best
    return same / _PARTS


def _evenness(chroma: Floats) -> float:
    """Return the entropy of 12 weights that sum to one, 1 where all are equal."""
    return float(-(chroma * np.log(chroma + 1e-12)).sum() / np.log(12)) if chroma.sum() > 0 else 1.0


def _steadiness(tones: Tones) -> float:
    """Return how alike the tones of neighbouring spans are, 0..1: notes last or come again, noise does not."""
    rows = unit(tones.notes[tones.level > 0.02])
    return float(np.mean(np.sum(rows[1:] * rows[:-1], axis=1))) if len(rows) > 1 else 0.0


def _chroma(tones: Tones, weight: Floats) -> Floats:
    both = unit(tones.treble) + 0.7 * unit(tones.bass)
    total = (both * weight[:, None]).sum(axis=0)
    return np.asarray(total / total.sum()) if total.sum() > 0 else np.zeros(12)


def key_changes(tones: Tones, path: Sequence[int], edges: Floats, home: Key | None) -> list[tuple[float, Key]]:
    """Return ``(start in seconds, key)`` of each stretch; one entry where the key stays.

    The keys of windows of 24 spans are joined by Viterbi; a stretch must last 14 s and lie two fifths or
    more from its neighbour, or keep the tonic: nearer ones cannot be told from a chord or two.
    """
    if home is None:
        return []
    spans, lengths = len(path), np.diff(edges)
    weight = lengths * (tones.level > 0.02)
    width, step = 24, 4
    starts = list(range(0, max(1, spans - width + 1), step))
    if len(starts) < 4:
        return [(0.0, home)]
    local = np.stack(
        [
            _fits(
                _chroma(_part(tones, s, s + width), weight[s : s + width]), path[s : s + width], weight[s : s + width]
            )
            for s in starts
        ]
    )
    score, back = local[0] * 1.0, np.zeros(local.shape, dtype=int)
    for i in range(1, len(local)):
        best = int(score.argmax())
        move = score[best] - 1.6
        back[i] = np.where(score >= move, np.arange(24), best)
        score = np.maximum(score, move) + local[i]
    state = int(score.argmax())
    states = [state]
    for i in range(len(local) - 1, 0, -1):
        state = int(back[i, state])
        states.append(state)
    states.reverse()
    out: list[tuple[float, Key]] = []
    for start, found in zip(starts, states, strict=True):
        key = _KEYS[found]
        at = 0.0 if not out else float(edges[min(start + width // 2, spans)])
        if not out:
            out.append((0.0, key))
        elif out[-1][1] != key:
            out.append((at, key))
    return _lasting(out, float(edges[-1]), home)


def _part(tones: Tones, start: int, stop: int) -> Tones:
    return Tones(tones.notes[start:stop], tones.treble[start:stop], tones.bass[start:stop], tones.level[start:stop])


def _lasting(changes: list[tuple[float, Key]], end: float, home: Key) -> list[tuple[float, Key]]:
    """Drop stretches that are short or near relatives of the key before."""
    kept: list[tuple[float, Key]] = []
    for i, (start, key) in enumerate(changes):
        stop = changes[i + 1][0] if i + 1 < len(changes) else end
        if kept and (stop - start < _SHORTEST_S or _near(kept[-1][1], key)):
            continue
        kept.append((start, key))
    if len(kept) == 1:
        return [(0.0, home)]
    return [pair for i, pair in enumerate(kept) if i == 0 or pair[1] != kept[i - 1][1]]


def _near(a: Key, b: Key) -> bool:
    fifths = abs(((a.parent_major - b.parent_major) * 7 + 6) % 12 - 6)
    return fifths <= 1
