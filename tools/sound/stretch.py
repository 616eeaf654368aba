"""Tempo without pitch, pitch without tempo: Signalsmith Stretch (MIT), by python-stretch; formants stay where they were.

Long sounds are stretched in a child process: the extension holds Python's lock while it works, and a
server must go on answering, and a cancelled step must end at once.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.errors import InvalidArgument, ToolError
from segue.tools.sound.formants import kept

MIN_SECONDS = 0.1
_INLINE_SAMPLES = 1_000_000  # ten seconds of stereo: about a sixth of a second's work
_NEAR = (
    0.75,
    1.35,
)  # stretch factors for which the cheaper setting serves as well; measured on chords, a tune and clicks
_BLOCK = 1 << 18  # frames resampled at once

Check = Callable[[], None]


def change(
    wave: Waveform, ratio: float = 1.0, semitones: float = 0.0, *, formants: bool = True, check: Check | None = None
) -> Waveform:
    """Play ``ratio`` times as fast and ``semitones`` higher; each leaves the other alone.

    The result has exactly ``round(frames / ratio)`` frames.

    Parameters
    ----------
    wave : what to change.
    ratio : new tempo ÷ old, 0.25–4.
    semitones : −24..24, fractions allowed.
    formants : keep them, so that a voice stays the same singer's; else they move with the pitch, as on a tape.
    check : called often; raises to stop.

    Raises
    ------
    InvalidArgument : shorter than ``MIN_SECONDS``, or out of range.
    """
    if wave.duration_s < MIN_SECONDS:
        raise InvalidArgument(
            f"{wave.duration_s * 1000:.0f} ms of sound cannot be stretched or transposed.",
            f"Give at least {MIN_SECONDS:g} s.",
        )
    if not 0.25 <= ratio <= 4 or not -24 <= semitones <= 24:
        raise InvalidArgument(
            f"A tempo ratio of {ratio:g} with {semitones:+g} semitones is beyond what can be done.",
            "Tempo goes from a quarter to four times, pitch two octaves either way.",
        )
    if ratio == 1 and semitones == 0:
        return wave
    check = check or (lambda: None)
    # Stretch, then resample to the pitch: within a cent, where shifting bins in one step is off by up to eleven.
    pitch = 2 ** (semitones / 12)
    if wave.samples.size <= _INLINE_SAMPLES:
        out = _stretched(wave.samples, wave.sample_rate, ratio / pitch)
    else:
        out = _in_child(wave, ratio / pitch, check)
    if pitch != 1:
        out = _resampled(out, pitch, check)
        out = kept(out, pitch, wave.sample_rate, check) if formants else out
    return Waveform(_to_length(out, max(1, round(wave.frames / ratio))), wave.sample_rate)


def _stretched(samples: Samples, sample_rate: int, factor: float) -> Samples:
    from python_stretch import Signalsmith

    stretch = Signalsmith.Stretch(1)  # a seed, so that the same request gives the same sound
    # Near the old tempo the library's cheaper setting (blocks every 40 ms) is as near to the truth as its dearer one
    # (every 30 ms), nearer on chords, and takes half the time; farther off it blurs.
    low, high = _NEAR
    stretch.preset(samples.shape[0], sample_rate, low <= factor <= high)
    stretch.timeFactor = factor
    return np.asarray(stretch.process(np.array(samples)), dtype=np.float32)  # a copy: it wants to write to its input


def _resampled(samples: Samples, pitch: float, check: Check) -> Samples:
    import soxr

    machine = soxr.ResampleStream(pitch, 1, samples.shape[0], dtype="float32")
    out = []
    for start in range(0, samples.shape[1], _BLOCK):
        check()
        stop = start + _BLOCK
        out.append(machine.resample_chunk(np.ascontiguousarray(samples[:, start:stop].T), stop >= samples.shape[1]))
    return np.ascontiguousarray(np.concatenate(out).T)


def _in_child(wave: Waveform, factor: float, check: Check) -> Samples:
    with tempfile.TemporaryDirectory(prefix="segue-stretch-") as folder:
        source, target = Path(folder, "in.npy"), Path(folder, "out.npy")
        np.save(source, wave.samples)
        command = [sys.executable, "-m", __name__, str(source), str(target), str(wave.sample_rate), repr(factor)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
            try:
                while True:
                    check()
                    try:
                        _, errors = child.communicate(timeout=0.1)
                        break
                    except subprocess.TimeoutExpired:
                        continue
            except BaseException:
                child.kill()
                raise
        if child.returncode or not target.is_file():
            last = (errors or "no message").strip().splitlines()[-1]
            raise ToolError(f"Stretching failed ({last}).", "Try a shorter piece.")
        return np.asarray(np.load(target), dtype=np.float32)


def _to_length(samples: Samples, frames: int) -> Samples:
    if samples.shape[1] >= frames:
        return np.ascontiguousarray(samples[:, :frames])
    return np.pad(samples, ((0, 0), (0, frames - samples.shape[1])))


def _main(source: str, target: str, sample_rate: str, factor: str) -> None:
    np.save(target, _stretched(np.load(source), int(sample_rate), float(factor)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
