"""Tempo and pitch of sound that is never whole in memory: pieces that are laid on one another where they agree best."""

from collections.abc import Iterator

import numpy as np

from segue.tools.core.audio import Samples
from segue.tools.sound import blocks, stretch
from segue.tools.sound.blocks import Room, Source

PIECE_S = 30.0
_LAP_S, _SEEK_S = 0.25, 0.012


def stretched(source: Source, ratio: float, semitones: float, room: Room, formants: bool = True) -> Source:
    """Stretch in pieces of half a minute, each laid on the last where the two agree best, with a cross-fade."""
    rate = source.sample_rate
    frames = max(1, round(source.frames / ratio))
    lap, seek = round(_LAP_S * rate), round(_SEEK_S * rate)
    step = round(PIECE_S * rate)  # of what comes out
    lead = lap + seek

    def pieces() -> Iterator[Samples]:
        tail: Samples | None = None
        for start in range(0, frames, step):
            room.check()
            room.report(start, frames, "stretching")
            stop = min(frames, start + step)
            first = start - lead if start else 0
            last = min(frames, stop + lap)
            wave = blocks.waveform(source, round(first * ratio), round(last * ratio))
            made = stretch.change(wave, ratio, semitones, formants=formants, check=room.check).samples
            made = np.pad(made, ((0, 0), (0, max(0, last - first - made.shape[1]))))
            at = start - first
            if tail is not None:
                at += _best_shift(tail, made, at, seek)
                size = min(lap, tail.shape[1], made.shape[1] - at)
                rise = np.sin(np.pi / 2 * (np.arange(size, dtype=np.float32) + 0.5) / max(size, 1)) ** 2
                made[:, at : at + size] = made[:, at : at + size] * rise + tail[:, :size] * (1 - rise)
            body = made[:, at : at + stop - start]
            tail = made[:, at + stop - start : at + stop - start + lap]
            yield np.pad(body, ((0, 0), (0, stop - start - body.shape[1])))

    return room.written(pieces(), source.channels, rate)


def _best_shift(tail: Samples, made: Samples, at: int, seek: int) -> int:
    """Return the shift, within ``seek`` frames, at which a new piece agrees best with what the last one ended in."""
    from scipy.signal import correlate

    size = min(tail.shape[1], made.shape[1] - at - seek)
    if size <= 0:
        return 0
    near = made[:, at - seek : at + seek + size].sum(axis=0)
    found = correlate(near, tail[:, :size].sum(axis=0), mode="valid")
    energy = np.sqrt(np.maximum(np.convolve(near**2, np.ones(size, np.float32), mode="valid"), 1e-9))
    return int((found / energy).argmax()) - seek
