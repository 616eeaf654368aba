"""Sound on its way to a listening model: mono, 16 kHz, 16 bit, in windows that the servers take."""

import tempfile
from pathlib import Path

import numpy as np

from segue.tools.core.audio import Waveform, encode

RATE = 16_000  # what Whisper and the audio LLMs listen at
_LOOK_BACK_S = 6.0
_FRAME_S = 0.05


def listening(wave: Waveform) -> Waveform:
    """Return a sound as listening models take it."""
    return Waveform(wave.mono()[None, :], wave.sample_rate).resampled(RATE)


def wav_bytes(wave: Waveform) -> bytes:
    """Return a sound as a WAV file of 16 bit."""
    with tempfile.TemporaryDirectory(prefix="segue-sent-") as folder:
        path = Path(folder) / "sound.wav"
        encode(wave, path, bits=16)
        return path.read_bytes()


def windows(wave: Waveform, longest_s: float) -> list[tuple[float, Waveform]]:
    """Return a sound in pieces of at most ``longest_s`` with the start of each in seconds, cut where it is quietest."""
    rate, longest = wave.sample_rate, int(longest_s * wave.sample_rate)
    cuts = [0]
    while wave.frames - cuts[-1] > longest:
        stop = cuts[-1] + longest
        cuts.append(_quietest(wave, max(cuts[-1] + longest // 2, stop - int(_LOOK_BACK_S * rate)), stop))
    return [
        (start / rate, Waveform(np.ascontiguousarray(wave.samples[:, start:stop]), rate))
        for start, stop in zip(cuts, [*cuts[1:], wave.frames], strict=True)
    ]


def _quietest(wave: Waveform, start: int, stop: int) -> int:
    size = max(1, int(_FRAME_S * wave.sample_rate))
    part = wave.samples[:, start:stop].mean(axis=0)
    count = len(part) // size
    if count == 0:
        return stop
    levels = (part[: count * size].reshape(count, size) ** 2).mean(axis=1)
    return start + int(np.argmin(levels)) * size + size // 2
