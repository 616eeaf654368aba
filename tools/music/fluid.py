"""FluidSynth by ctypes: one synthesiser instance renders one part.

The library comes inside pygame-ce's wheels for Linux and macOS; elsewhere the system's is used where
there is one. ``find_library`` returns None where there is none: then ``sampler`` plays the soundfont.
FluidSynth is LGPL-2.1-or-later and is only loaded, never linked.
"""

import ctypes
import ctypes.util
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from ctypes import c_char_p, c_double, c_int, c_void_p
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from segue.tools.core.audio import Samples
from segue.tools.core.errors import UnreadableMedia

BLOCK = 64  # FluidSynth computes in blocks of 64 frames; events take effect at their edges
_CHECK_FRAMES = 16_384  # how often a long note lets the caller look up (0.4 s of sound, some 5 ms of work)


@dataclass(frozen=True, slots=True)
class Event:
    """One note as it is played: ``on`` and ``off`` in frames, MIDI ``pitch`` and ``velocity``."""

    on: int
    off: int
    pitch: int
    velocity: int


def _candidates() -> Iterator[str]:
    spec = importlib.util.find_spec("pygame")
    if spec is not None and spec.origin:
        package = Path(spec.origin).parent
        for folder in (package.parent / "pygame_ce.libs", package / ".dylibs", package):
            if folder.is_dir():
                yield from (str(path) for path in sorted(folder.glob("libfluidsynth*")))
    found = ctypes.util.find_library("fluidsynth") or ctypes.util.find_library("libfluidsynth-3")
    if found:
        yield found
    if sys.platform == "darwin":
        yield from ("/opt/homebrew/lib/libfluidsynth.dylib", "/usr/local/lib/libfluidsynth.dylib")
    elif sys.platform == "win32":
        yield from ("libfluidsynth-3.dll", "libfluidsynth-2.dll", r"C:\tools\fluidsynth\bin\libfluidsynth-3.dll")
    else:
        yield from ("libfluidsynth.so.3", "libfluidsynth.so.2")


_PROTOTYPES: dict[str, tuple[object, list[object]]] = {
    "new_fluid_settings": (c_void_p, []),
    "delete_fluid_settings": (None, [c_void_p]),
    "fluid_settings_setnum": (c_int, [c_void_p, c_char_p, c_double]),
    "fluid_settings_setint": (c_int, [c_void_p, c_char_p, c_int]),
    "new_fluid_synth": (c_void_p, [c_void_p]),
    "delete_fluid_synth": (None, [c_void_p]),
    "fluid_synth_sfload": (c_int, [c_void_p, c_char_p, c_int]),
    "fluid_synth_program_select": (c_int, [c_void_p, c_int, c_int, c_int, c_int]),
    "fluid_synth_bank_select": (c_int, [c_void_p, c_int, c_int]),
    "fluid_synth_program_change": (c_int, [c_void_p, c_int, c_int]),
    "fluid_synth_noteon": (c_int, [c_void_p, c_int, c_int, c_int]),
    "fluid_synth_noteoff": (c_int, [c_void_p, c_int, c_int]),
    "fluid_synth_get_active_voice_count": (c_int, [c_void_p]),
    "fluid_synth_write_float": (c_int, [c_void_p, c_int, c_void_p, c_int, c_int, c_void_p, c_int, c_int]),
    "fluid_set_log_function": (c_void_p, [c_int, c_void_p, c_void_p]),
}


_LOADING = threading.Lock()


def find_library() -> ctypes.CDLL | None:
    """Return libfluidsynth (2.x), or None where there is none that loads."""
    with _LOADING:
        return _load_library()


@lru_cache(maxsize=1)
def _load_library() -> ctypes.CDLL | None:
    for name in _candidates():
        try:
            library = ctypes.CDLL(name)
            for function, (result, arguments) in _PROTOTYPES.items():
                entry = getattr(library, function)
                entry.restype, entry.argtypes = result, arguments
        except (OSError, AttributeError):
            continue
        for level in range(5):
            library.fluid_set_log_function(level, None, None)
        # The first instance fills the library's global tables, and a second one made meanwhile in another
        # thread does not wait for them: it would play without velocity curves. So one is made here, alone.
        settings = library.new_fluid_settings()
        library.delete_fluid_synth(library.new_fluid_synth(settings))
        library.delete_fluid_settings(settings)
        return library
    return None


def play(
    soundfont: Path,
    events: Sequence[Event],
    frames: int,
    *,
    program: int,
    is_drum: bool,
    sample_rate: int,
    check: Callable[[], None] = lambda: None,
) -> Samples:
    """Play one part with an instance of its own: dry, float32 ``[2, frames]``.

    Parameters
    ----------
    events : sorted by ``on``; events beyond ``frames`` are cut.
    check : called often; may raise to stop.

    Raises
    ------
    UnreadableMedia : the soundfont cannot be loaded.
    """
    library = find_library()
    if library is None:
        raise RuntimeError("libfluidsynth is not there; callers ask find_library first")
    settings = library.new_fluid_settings()
    synth = None
    try:
        for name, number in ((b"synth.sample-rate", float(sample_rate)), (b"synth.gain", 0.5)):
            library.fluid_settings_setnum(settings, name, number)
        for name, whole in (
            (b"synth.reverb.active", 0),
            (b"synth.chorus.active", 0),
            (b"synth.polyphony", 128),
            (b"synth.dynamic-sample-loading", 1),
            (b"synth.threadsafe-api", 0),
            (b"synth.cpu-cores", 1),
        ):
            library.fluid_settings_setint(settings, name, whole)
        synth = library.new_fluid_synth(settings)
        if library.fluid_synth_sfload(synth, str(soundfont).encode(), 0) < 0:
            raise UnreadableMedia(f"{soundfont.name} is not a soundfont that can be read.", "Give a .sf2 or .sf3 file.")
        channel = 9 if is_drum else 0
        library.fluid_synth_program_change(synth, channel, program)
        out = np.zeros((2, frames), np.float32)
        _run(library, synth, channel, events, out, check)
        return out
    finally:
        if synth is not None:
            library.delete_fluid_synth(synth)
        library.delete_fluid_settings(settings)


def _run(
    library: ctypes.CDLL, synth: int, channel: int, events: Sequence[Event], out: Samples, check: Callable[[], None]
) -> None:
    """Play the events into ``out``, skipping silence; every write is a whole number of blocks."""
    frames = out.shape[1]
    actions = sorted(
        [(_grid(e.off), 0, e.pitch, 0) for e in events] + [(_grid(e.on), 1, e.pitch, e.velocity) for e in events]
    )
    position = 0
    for when, kind, pitch, velocity in [*actions, (frames, 2, 0, 0)]:
        position = _write(library, synth, out, position, min(when, frames), check)
        if position >= frames:
            return
        if kind == 1:
            library.fluid_synth_noteon(synth, channel, pitch, velocity)
        elif kind == 0:
            library.fluid_synth_noteoff(synth, channel, pitch)


def _grid(frame: int) -> int:
    return (frame + BLOCK // 2) // BLOCK * BLOCK


def _write(
    library: ctypes.CDLL,
    synth: int,
    out: Samples,
    position: int,
    until: int,
    check: Callable[[], None],
) -> int:
    left, right = (out[c].ctypes.data for c in (0, 1))
    while position < until:
        if library.fluid_synth_get_active_voice_count(synth) == 0:
            return until
        size = min(until - position, _CHECK_FRAMES)
        at = position * 4
        library.fluid_synth_write_float(synth, size, left + at, 0, 1, right + at, 0, 1)
        position += size
        check()
    return position
