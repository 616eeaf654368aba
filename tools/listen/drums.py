"""Drum hits by band: kick below 150 Hz, snare across the middle and top, hi-hat at the top alone.

A first classification of three voices by where an onset's energy rises; toms, cymbals and ghost notes
fall to the nearest of the three.
"""

import numpy as np
import numpy.typing as npt

from segue.tools.listen.notes import Heard
from segue.tools.listen.spectra import FRAME_RATE, Frames

KICK, SNARE, HAT = 36, 38, 42  # General MIDI keys
Floats = npt.NDArray[np.float64]


def drum_hits(frames: Frames) -> list[Heard]:
    """Return hits as notes whose pitch is the General MIDI key; none where nothing hits."""
    low, middle, high = (frames.bands[:, i].astype(float) for i in range(3))
    out: list[Heard] = []
    kicks = _peaks(low, 0.3)
    backs = _peaks(np.minimum(middle * 2, high), 0.35)
    hats = _peaks(high, 0.25)
    for at in kicks:
        out.append(_hit(at, KICK, low))
    snares = [at for at in backs if middle[_near(at)].max(initial=0) > 0.12]
    for at in snares:
        out.append(_hit(at, SNARE, high))
    for at in hats:
        if not any(abs(at - s) <= 2 for s in snares):
            out.append(_hit(at, HAT, high))
    return sorted(out, key=lambda n: (n.start, n.pitch))


def _near(at: int) -> slice:
    return slice(max(0, at - 2), at + 3)


def _peaks(rise: Floats, share: float) -> list[int]:
    """Return frames where a band rises most within 60 ms, by ``share`` of what its strong hits do."""
    top = float(np.percentile(rise[rise > 0.08], 92)) if (rise > 0.08).sum() >= 4 else 0.0
    if top < 0.25:  # natural log of magnitude within 12 ms: a swell, not a hit
        return []
    reach = round(0.06 * FRAME_RATE)
    candidates = np.nonzero((rise[1:-1] > rise[:-2]) & (rise[1:-1] >= rise[2:]) & (rise[1:-1] > share * top))[0] + 1
    out: list[int] = []
    for at in candidates:
        if out and at - out[-1] < reach:
            if rise[at] > rise[out[-1]]:
                out[-1] = int(at)
        else:
            out.append(int(at))
    return out


def _hit(at: int, key: int, rise: Floats) -> Heard:
    top = float(np.percentile(rise[rise > 0.08], 92))
    start = at / FRAME_RATE
    return Heard(start, start + 0.1, key, float(np.clip(0.75 * rise[_near(at)].max() / top, 0.1, 0.9)))
