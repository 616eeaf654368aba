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
    if wave.samples.size <= _INLINE_SAMPLES:
        out = _stretched(wave.samples, wave.sample_rate, ratio, semitones, formants)
    else:
        out = _in_child(wave, ratio, semitones, formants, check or (lambda: None))
    return Waveform(_to_length(out, max(1, round(wave.frames / ratio))), wave.sample_rate)


def _stretched(samples: Samples, sample_rate: int, ratio: float, semitones: float, formants: bool) -> Samples:
    """Stretch, then resample to the pitch: within a cent, where shifting bins in one step is off by up to eleven."""
    import soxr
    from python_stretch import Signalsmith

    pitch = 2 ** (semitones / 12)
    stretch = Signalsmith.Stretch(1)  # a seed, so that the same request gives the same sound
    stretch.preset(samples.shape[0], sample_rate)
    stretch.timeFactor = ratio / pitch
    out = np.asarray(stretch.process(np.array(samples)), dtype=np.float32)  # a copy: it wants to write to its input
    if pitch == 1:
        return out
    moved = np.asarray(soxr.resample(out.T, pitch, 1), dtype=np.float32).T
    return kept(moved, pitch, sample_rate) if formants else moved


def _in_child(wave: Waveform, ratio: float, semitones: float, formants: bool, check: Check) -> Samples:
    with tempfile.TemporaryDirectory(prefix="segue-stretch-") as folder:
        source, target = Path(folder, "in.npy"), Path(folder, "out.npy")
        np.save(source, wave.samples)
        command = [sys.executable, "-m", __name__, str(source), str(target),
                   str(wave.sample_rate), repr(ratio), repr(semitones), str(int(formants))]  # fmt: skip
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


def _main(source: str, target: str, sample_rate: str, ratio: str, semitones: str, formants: str) -> None:
    made = _stretched(np.load(source), int(sample_rate), float(ratio), float(semitones), formants == "1")
    np.save(target, made)


if __name__ == "__main__":
    _main(*sys.argv[1:])
