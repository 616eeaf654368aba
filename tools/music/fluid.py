"""FluidSynth by ctypes: one synthesiser instance renders one part, each different stroke once.

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
from ctypes import c_char_p, c_double, c_float, c_int, c_void_p
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np

from segue.tools.core.audio import Samples
from segue.tools.core.errors import UnreadableMedia
from segue.tools.music.render_notes import DARKEST_CENTS, PLAIN, Event, Manner, Stroke, strike
from segue.tools.music.soundfont import FILTER_CUTOFF

BLOCK = 64  # FluidSynth computes in blocks of 64 frames; events take effect at their edges
_CHUNK, _TAIL_CHUNK = 16_384, 4096  # frames written at once while a note is held, and after it
_LONGEST_TAIL_S = 12.0
_SETTINGS = (
    (b"synth.reverb.active", 0),
    (b"synth.chorus.active", 0),
    (b"synth.polyphony", 128),
    (b"synth.dynamic-sample-loading", 1),
    (b"synth.threadsafe-api", 0),
    (b"synth.cpu-cores", 1),
)


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
    "fluid_synth_all_sounds_off": (c_int, [c_void_p, c_int]),
    "fluid_synth_pitch_bend": (c_int, [c_void_p, c_int, c_int]),
    "fluid_synth_set_gen": (c_int, [c_void_p, c_int, c_int, c_float]),
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


class Instrument:
    """One program of a soundfont in a synthesiser of its own; gives single notes. A context manager.

    Raises
    ------
    UnreadableMedia : the soundfont cannot be loaded.
    """

    def __init__(self, soundfont: Path, program: int, is_drum: bool, sample_rate: int) -> None:
        library = find_library()
        if library is None:
            raise RuntimeError("libfluidsynth is not there; callers ask find_library first")
        self.library, self.channel, self.rate = library, 9 if is_drum else 0, sample_rate
        self.settings, self.synth = library.new_fluid_settings(), None
        self.buffer = np.empty((2, 0), np.float32)
        for name, number in ((b"synth.sample-rate", float(sample_rate)), (b"synth.gain", 0.5)):
            library.fluid_settings_setnum(self.settings, name, number)
        for name, whole in _SETTINGS:
            library.fluid_settings_setint(self.settings, name, whole)
        self.synth = library.new_fluid_synth(self.settings)
        if library.fluid_synth_sfload(self.synth, str(soundfont).encode(), 0) < 0:
            self.close()
            raise UnreadableMedia(f"{soundfont.name} is not a soundfont that can be read.", "Give a .sf2 or .sf3 file.")
        library.fluid_synth_program_change(self.synth, self.channel, program)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the synthesiser."""
        if self.synth is not None:
            self.library.delete_fluid_synth(self.synth)
        if self.settings is not None:
            self.library.delete_fluid_settings(self.settings)
        self.synth = self.settings = None

    def stroke(self, stroke: Stroke, longest: int) -> Samples:
        """Return one note with its release: float32 ``[2, frames]``, valid until the next one, at most ``longest`` frames.

        Soft strokes are darker: soundfonts without velocity layers only make them softer.
        """
        library, synth, channel = self.library, self.synth, self.channel
        library.fluid_synth_pitch_bend(synth, channel, 8192 + round(stroke.cents / 200 * 8192))
        darker = DARKEST_CENTS * (1 - stroke.velocity / 127)
        library.fluid_synth_set_gen(synth, channel, FILTER_CUTOFF, darker)
        library.fluid_synth_noteon(synth, channel, stroke.pitch, stroke.velocity)
        room = (longest // BLOCK + 1) * BLOCK
        if self.buffer.shape[1] < room:
            self.buffer = np.empty((2, room), np.float32)
        left, right = (self.buffer[c].ctypes.data for c in (0, 1))
        written, held, released = 0, min(_grid(stroke.held), room), False
        while written < room and library.fluid_synth_get_active_voice_count(synth):
            size = min((room if released else held) - written, _TAIL_CHUNK if released else _CHUNK)
            at = written * self.buffer.itemsize
            library.fluid_synth_write_float(synth, size, left + at, 0, 1, right + at, 0, 1)
            written += size
            if written == held and not released:
                library.fluid_synth_noteoff(synth, channel, stroke.pitch)
                released = True
        if not released:
            library.fluid_synth_noteoff(synth, channel, stroke.pitch)
        if library.fluid_synth_get_active_voice_count(synth):
            library.fluid_synth_all_sounds_off(synth, channel)
            spare = np.empty((2, BLOCK), np.float32)
            library.fluid_synth_write_float(synth, BLOCK, spare[0].ctypes.data, 0, 1, spare[1].ctypes.data, 0, 1)
        return self.buffer[:, :written]


def _grid(frame: int) -> int:
    return max(1, (frame + BLOCK // 2) // BLOCK) * BLOCK


def play(
    soundfont: Path,
    events: Sequence[Event],
    frames: int,
    *,
    program: int,
    is_drum: bool,
    sample_rate: int,
    manner: Manner = PLAIN,
    check: Callable[[], None] = lambda: None,
) -> Samples:
    """Play one part with an instance of its own: dry, float32 ``[2, frames]``.

    Parameters
    ----------
    events : sorted by ``on``; events beyond ``frames`` are cut.
    manner : how repeated strokes differ, and whether the part is doubled.
    check : called often; may raise to stop.

    Raises
    ------
    UnreadableMedia : the soundfont cannot be loaded.
    """
    longest = round(_LONGEST_TAIL_S * sample_rate)
    with Instrument(soundfont, program, is_drum, sample_rate) as instrument:

        def sound(stroke: Stroke) -> Samples:
            return instrument.stroke(stroke, stroke.held + longest)

        return strike(events, frames, sound, manner, is_drum=is_drum, check=check)
