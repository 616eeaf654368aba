"""A change in a span of time put back into the whole: everything outside the span stays as it was, to the sample."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.errors import InvalidArgument
from segue.tools.music import exact
from segue.tools.music.exact import Material, Say

_EDGE_S = 0.02  # cross-fade inside the span, at either end


def put_back(whole: Material, changed: Material, start: int, stop: int, say: Say) -> Material:
    """Return ``whole`` with the frames ``start`` to ``stop`` replaced by a changed copy of them.

    Inside the span's edges lie cross-fades of 20 ms. Parts that the change took away are silent in the span; where the
    change gave up the parts, so does the result. The score stays.

    Raises
    ------
    InvalidArgument : the change did not keep the length.
    """
    if changed.frames != stop - start:
        raise InvalidArgument(
            "Only what keeps the length can be done in a span.", "Cut the span out, or change the whole."
        )
    wave = _replaced(whole.wave, changed.wave.samples, start, stop)
    if not whole.stems or not changed.stems:
        return exact.without_stems(whole, wave) if whole.stems else Material(wave, score=whole.score)
    stems: Mapping[str, Waveform] = {
        name: _replaced(stem, _of(changed, name), start, stop) for name, stem in whole.stems.items()
    }
    return exact.summed({name: exact.on_grid(stem) for name, stem in stems.items()}, whole.score, whole.mix, say)


def _of(material: Material, name: str) -> Samples:
    known = material.stems.get(name)
    return known.samples if known is not None else np.zeros_like(material.wave.samples)


def share_of(
    places: npt.NDArray[np.int64], start: int, stop: int, frames: int, sample_rate: int
) -> npt.NDArray[np.float32]:
    """Return how much of a change counts at frames of its span, 0..1: all of it, but for the cross-fades where the sound goes on."""
    edge = min(round(_EDGE_S * sample_rate), (stop - start) // 4)
    share = np.ones(len(places))
    if edge and start > 0:
        share = np.minimum(share, (places - start + 0.5) / edge)
    if edge and stop < frames:
        share = np.minimum(share, (stop - 1 - places + 0.5) / edge)
    return np.asarray(share, dtype=np.float32)


def _replaced(whole: Waveform, inside: Samples, start: int, stop: int) -> Waveform:
    """Return a sound with a span of it replaced, cross-faded at those edges where the sound goes on."""
    out = whole.samples.copy()
    share = share_of(np.arange(start, stop), start, stop, whole.frames, whole.sample_rate)
    span = out[:, start:stop]
    inside = inside if len(inside) == len(out) else np.repeat(inside.mean(axis=0, keepdims=True), len(out), axis=0)
    out[:, start:stop] = np.where(share == 1, inside, span + (inside - span) * share)
    return Waveform(out, whole.sample_rate)
