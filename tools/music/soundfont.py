"""SoundFont 2 files: where they are, and reading them (SoundFont Technical Specification 2.04).

Also SF3, where each sample is an Ogg Vorbis stream. Only what ``sampler`` plays is kept: key and
velocity ranges, tuning, loops, the volume envelope, the filter's resting place, pan, attenuation.
"""

import importlib.util
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples
from segue.tools.core.errors import BackendUnavailable, NotFound, UnreadableMedia
from segue.tools.core.settings import Settings

DRUM_BANK = 128
_SYSTEM_FONTS = (
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf3/default-GM.sf3",
    "/usr/share/soundfonts/default.sf2",
)
# Generators by their numbers in the specification, section 8.1.2.
START, END, LOOP_START, LOOP_END, START_COARSE = 0, 1, 2, 3, 4
FILTER_CUTOFF, END_COARSE, PAN = 8, 12, 17
DELAY, ATTACK, HOLD, DECAY, SUSTAIN, RELEASE, KEY_TO_HOLD, KEY_TO_DECAY = 33, 34, 35, 36, 37, 38, 39, 40
INSTRUMENT, KEY_RANGE, VELOCITY_RANGE, LOOP_START_COARSE, FIXED_KEY, FIXED_VELOCITY = 41, 43, 44, 45, 46, 47
ATTENUATION, LOOP_END_COARSE, COARSE_TUNE, FINE_TUNE, SAMPLE, SAMPLE_MODES = 48, 50, 51, 52, 53, 54
SCALE_TUNING, EXCLUSIVE_CLASS, ROOT_KEY = 56, 57, 58
_DEFAULTS = {
    FILTER_CUTOFF: 13500, DELAY: -12000, ATTACK: -12000, HOLD: -12000, DECAY: -12000, RELEASE: -12000,
    SCALE_TUNING: 100, ROOT_KEY: -1, FIXED_KEY: -1, FIXED_VELOCITY: -1,
}  # fmt: skip
# What a preset may not say (section 8.5): sample-bound generators hold for the instrument only.
_INSTRUMENT_ONLY = frozenset(
    {START, END, LOOP_START, LOOP_END, START_COARSE, END_COARSE, LOOP_START_COARSE, LOOP_END_COARSE, FIXED_KEY,
     FIXED_VELOCITY, SAMPLE_MODES, EXCLUSIVE_CLASS, ROOT_KEY}
)  # fmt: skip
Generators = dict[int, int]


def find_soundfont(settings: Settings) -> Path:
    """Return the soundfont to play: the setting's, pretty_midi's, or a system one.

    Raises
    ------
    NotFound : the setting names a file that is not there.
    BackendUnavailable : there is none at all.
    """
    if settings.soundfont is not None:
        if not settings.soundfont.is_file():
            raise NotFound(f"There is no soundfont {settings.soundfont}.", "Correct the setting soundfont.")
        return settings.soundfont
    spec = importlib.util.find_spec("pretty_midi")
    shipped = Path(spec.origin).parent / "TimGM6mb.sf2" if spec and spec.origin else None
    for path in [*([shipped] if shipped else []), *map(Path, _SYSTEM_FONTS)]:
        if path.is_file():
            return path
    raise BackendUnavailable(
        "No soundfont was found.", "Install pretty_midi, or set SEGUE_SOUNDFONT to a .sf2 or .sf3 file."
    )


@dataclass(frozen=True, slots=True)
class SampleHeader:
    """One sample: ``start``…``end`` in frames of the pool (bytes in SF3), loop, rate in Hz, root key, cents."""

    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int
    root: int
    correction: int
    packed: bool


@dataclass(frozen=True, slots=True)
class Zone:
    """What sounds for some keys and velocities: a sample with its generators, preset added to instrument."""

    keys: tuple[int, int]
    velocities: tuple[int, int]
    sample: SampleHeader
    generators: Generators

    def value(self, generator: int) -> int:
        """Return a generator's value, or the specification's default."""
        return self.generators.get(generator, _DEFAULTS.get(generator, 0))


@dataclass
class SoundFont:
    """A soundfont in memory: presets by (bank, program), and the pool of samples."""

    presets: dict[tuple[int, int], list[Zone]]
    pool: bytes
    _unpacked: dict[int, Samples] = field(default_factory=dict)

    def zones(self, program: int, is_drum: bool) -> list[Zone]:
        """Return the zones of a General MIDI program or kit; the nearest where it is missing."""
        bank = DRUM_BANK if is_drum else 0
        for key in ((bank, program), (bank, program // 8 * 8), (bank, 0)):
            if key in self.presets:
                return self.presets[key]
        return next(iter(self.presets.values()), [])

    def samples(self, header: SampleHeader) -> npt.NDArray[np.float32]:
        """Return a sample's frames, mono float32 in −1..1."""
        if header.start not in self._unpacked:
            self._unpacked[header.start] = self._read(header)
        return self._unpacked[header.start]

    def _read(self, header: SampleHeader) -> npt.NDArray[np.float32]:
        if header.packed:
            import soundfile

            data, _ = soundfile.read(io.BytesIO(self.pool[header.start : header.end]), dtype="float32")
            return np.asarray(data if data.ndim == 1 else data[:, 0], dtype=np.float32)
        raw = np.frombuffer(self.pool, "<i2", header.end - header.start, header.start * 2)
        return raw.astype(np.float32) / np.float32(32768)


@lru_cache(maxsize=2)
def read_soundfont(path: Path) -> SoundFont:
    """Read a .sf2 or .sf3 file.

    Raises
    ------
    UnreadableMedia : not a soundfont, or a broken one.
    """
    data = path.read_bytes()
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise UnreadableMedia(f"{path.name} is not a soundfont.", "Give a .sf2 or .sf3 file.")
    chunks: dict[bytes, bytes] = {}
    for kind, body in _chunks(data, 12):
        if kind == b"LIST":
            chunks.update(_chunks(body, 4))
    try:
        return SoundFont(_presets(chunks), chunks[b"smpl"])
    except (KeyError, IndexError, struct.error, ValueError) as error:
        raise UnreadableMedia(f"{path.name} is a broken soundfont.", "Give another .sf2 or .sf3 file.") from error


def _chunks(data: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    while start + 8 <= len(data):
        size = struct.unpack_from("<I", data, start + 4)[0]
        yield data[start : start + 4], data[start + 8 : start + 8 + size]
        start += 8 + size + (size & 1)


def _presets(chunks: dict[bytes, bytes]) -> dict[tuple[int, int], list[Zone]]:
    headers = [
        SampleHeader(start, end, loop_start, loop_end, rate, root, correction, bool(kind & 0x10))
        for start, end, loop_start, loop_end, rate, root, correction, _, kind in (
            row[1:] for row in struct.iter_unpack("<20s5IBbHH", chunks[b"shdr"])
        )
    ][:-1]
    instrument_rows = list(struct.iter_unpack("<20sH", chunks[b"inst"]))
    instrument_bags = list(struct.iter_unpack("<HH", chunks[b"ibag"]))
    instrument_generators = list(struct.iter_unpack("<Hh", chunks[b"igen"]))
    instruments = [
        _zones(instrument_bags, instrument_generators, here[1], after[1], SAMPLE)
        for here, after in pairwise(instrument_rows)
    ]
    preset_rows = list(struct.iter_unpack("<20sHHH3I", chunks[b"phdr"]))
    preset_bags = list(struct.iter_unpack("<HH", chunks[b"pbag"]))
    preset_generators = list(struct.iter_unpack("<Hh", chunks[b"pgen"]))
    presets: dict[tuple[int, int], list[Zone]] = {}
    for here, after in pairwise(preset_rows):
        zones = [
            zone
            for outer in _zones(preset_bags, preset_generators, here[3], after[3], INSTRUMENT)
            for inner in instruments[outer[INSTRUMENT]]
            if (zone := _merged(outer, inner, headers)) is not None
        ]
        presets[(here[2], here[1])] = zones
    return presets


def _zones(
    bags: list[tuple[int, ...]], generators: list[tuple[int, ...]], first: int, last: int, target: int
) -> list[Generators]:
    """Return the zones of one preset or instrument, its global zone's values filled in."""
    common: Generators = {}
    out = []
    for bag in range(first, last):
        zone: Generators = {row[0]: row[1] for row in generators[bags[bag][0] : bags[bag + 1][0]]}
        if target in zone:
            out.append({**common, **zone})
        elif bag == first:
            common = zone
    return out


def _range(zone: Generators, generator: int) -> tuple[int, int]:
    packed = zone.get(generator, 127 << 8) & 0xFFFF
    return packed & 0xFF, packed >> 8


def _merged(outer: Generators, inner: Generators, headers: list[SampleHeader]) -> Zone | None:
    ranges = []
    for generator in (KEY_RANGE, VELOCITY_RANGE):
        (a, b), (c, d) = _range(outer, generator), _range(inner, generator)
        if max(a, c) > min(b, d):
            return None
        ranges.append((max(a, c), min(b, d)))
    merged = dict(inner)
    for generator, value in outer.items():
        if generator not in _INSTRUMENT_ONLY and generator not in (INSTRUMENT, KEY_RANGE, VELOCITY_RANGE):
            merged[generator] = merged.get(generator, _DEFAULTS.get(generator, 0)) + value
    return Zone(ranges[0], ranges[1], headers[inner[SAMPLE]], merged)
