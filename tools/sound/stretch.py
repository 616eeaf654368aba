"""Tempo without pitch, pitch without tempo: Signalsmith Stretch (MIT), by python-stretch; formants stay where they were.

Long sounds are stretched in a child process: the extension holds Python's lock while it works, and a
server must go on answering, and a cancelled step must end at once.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.errors import InvalidArgument, ToolError
from segue.tools.sound import formants as shaping
from segue.tools.sound import stretch_worker

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
    check = check or (lambda: None)
    # Resampled to the pitch, and stretched: within a cent, where shifting bins in one step is off by up to eleven. What makes
    # it shorter comes first.
    pitch = 2 ** (semitones / 12)
    rate, out = wave.sample_rate, wave.samples
    if pitch > 1:
        out = shaping.moved(out, pitch, rate, formants=formants, check=check)
    factor = ratio * (1.0 if pitch == 1 else shaping.length(pitch, rate))
    if factor != 1:
        inline = out.size <= _INLINE_SAMPLES
        out = stretch_worker.stretched(out, rate, factor) if inline else _in_child(out, rate, factor, check)
    if pitch < 1:
        out = shaping.moved(out, pitch, rate, formants=formants, check=check)
    return Waveform(_to_length(out, max(1, round(wave.frames / ratio))), wave.sample_rate)


def _in_child(samples: Samples, sample_rate: int, factor: float, check: Check) -> Samples:
    with tempfile.TemporaryDirectory(prefix="segue-stretch-") as folder:
        source, target = Path(folder, "in.npy"), Path(folder, "out.npy")
        np.save(source, samples)
        # Found where we find things, without looking for sites: a third of what starting it would cost.
        command = [sys.executable, "-P", "-S", stretch_worker.__file__, str(source), str(target)]
        paths = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen(
            [*command, str(sample_rate), repr(factor)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=paths,
        ) as child:  # fmt: skip
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
        return samples[:, :frames]
    return np.pad(samples, ((0, 0), (0, frames - samples.shape[1])))
