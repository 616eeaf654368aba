"""Stems of a recording with nothing downloaded: what filters and masks can honestly give.

Honest stems are defined by what they are: percussive and harmonic (median filtering of the
spectrogram: Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010), centre
and sides, low. Previews are labelled guesses: drums and bass by masks fitted to many such features
(``masks``), vocals by what is left in the middle, other by what is left over. Every stem is exactly ``mix − rest``, so what is taken out and what is left always sum to the recording.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.errors import CannotDo, InvalidArgument, NotFound
from segue.tools.sound import masks
from segue.tools.sound.spectrum import Spectrum, forward, inverse

HONEST = ("percussive", "harmonic", "centre", "sides", "low")
LINEAR = ("centre", "sides", "low")  # made without a spectrogram
PREVIEWS = ("drums", "bass", "vocals", "other")
DEMUCS = "pip install 'segue-music[demucs]'"
MIN_SECONDS = 0.25

_WORDS = {
    "drum": "drums", "beat": "drums", "beats": "drums", "kit": "drums", "drum kit": "drums",
    "percussion": "percussive", "percussives": "percussive", "harmonics": "harmonic", "tonal": "harmonic",
    "center": "centre", "middle": "centre", "mid": "centre", "side": "sides", "stereo": "sides",
    "bassline": "bass", "bass line": "bass", "bass guitar": "bass", "lows": "low", "sub": "low", "low end": "low",
    "vocal": "vocals", "voice": "vocals", "voices": "vocals", "singing": "vocals", "singer": "vocals",
    "melody": "vocals", "lead vocals": "vocals", "lead": "vocals", "acapella": "vocals", "a cappella": "vocals",
    "rest": "other", "others": "other", "guitars": "guitar", "keys": "piano", "pianos": "piano",
}  # fmt: skip
_REFUSED = ("guitar", "piano")

_BLOCK_S = 10.0
_LOW_HZ = 200.0
_LOW_TAPS = 4097
# What the masks' own model (see ``Masked.span``) promises too much, in dB: the median over rendered mixtures whose true stems are
# known; single pieces lie within 4 dB of it. Masks cannot see what other instruments put into the very bins that they keep.
# Vocals could only be measured on a sampled choir, so theirs is a careful guess.
_OPTIMISM_DB = {"drums": 3.0, "bass": 0.5, "vocals": 10.0, "other": 5.0}

Check = Callable[[], None]
Progress = Callable[[float, float, str], None]
Mask = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Extract:
    """What was taken out of a mix, and how good it is.

    ``stem`` and ``rest`` have the mix's shape and sum to it. ``bleed_db`` is the estimated energy of
    other instruments in the stem, relative to the stem's own, None where the stem is what its name
    says by definition.
    """

    stem: Waveform
    rest: Waveform
    names: tuple[str, ...]
    bleed_db: float | None

    @property
    def is_preview(self) -> bool:
        """Whether the stem is a guess that must be labelled so."""
        return self.bleed_db is not None

    def residual_db(self) -> float:
        """Return how much stem and rest, each kept as 24-bit sound, miss the mix by: dB under the mix."""
        grid = 2.0**23
        back = np.round(self.stem.samples * grid) / grid + np.round(self.rest.samples * grid) / grid
        mix = self.stem.samples.astype(np.float64) + self.rest.samples
        power = float(np.mean(mix**2))
        return round(10 * math.log10(max(float(np.mean((back - mix) ** 2)), 1e-20) / max(power, 1e-12)), 1)


def stem_word(name: str) -> str:
    """Return the plain stem name that a word means ("the singing" → "vocals"); unknown words come back."""
    word = " ".join(name.lower().replace("_", " ").split()).removeprefix("the ")
    return _WORDS.get(word, word)


def canonical(name: str) -> str:
    """Return the stem that a word means: one of ``HONEST`` or ``PREVIEWS``.

    Raises
    ------
    CannotDo : guitar and piano, which need a trained separator; the hint has the command.
    NotFound : no such stem; the hint lists those there are.
    """
    word = stem_word(name)
    if word in _REFUSED:
        raise CannotDo(
            f"The {word} of a recording cannot be taken out by filters alone.",
            f"Demucs can: {DEMUCS}. Without it there are {_listed()}.",
        )
    if word not in HONEST + PREVIEWS:
        raise NotFound(f"A recording has no stem '{name}'.", f"There are {_listed()}.")
    return word


def _listed() -> str:
    return f"{', '.join(HONEST)}, and as previews {', '.join(PREVIEWS)}"


def extract(
    wave: Waveform, names: Sequence[str], *, check: Check | None = None, progress: Progress | None = None
) -> Extract:
    """Take stems out of a recording, together.

    Parameters
    ----------
    wave : the mix, ``[channels, frames]``.
    names : words for stems; see ``canonical``.
    check : called often; raises to stop.
    progress : called with (done s, total s, label).

    Raises
    ------
    CannotDo, NotFound : see ``canonical``; ``CannotDo`` also for centre or sides of a mono recording.
    InvalidArgument : the recording is shorter than ``MIN_SECONDS``.
    """
    stems = named(names, wave.duration_s, wave.channels)
    masked = [stem for stem in stems if stem not in LINEAR]
    taken = np.zeros_like(wave.samples)
    bleed: float | None = None
    if masked:
        taken, bleed = _masked(wave, masked, check or (lambda: None), progress or (lambda done, total, label: None))
    for stem in stems:
        if stem in LINEAR:
            # From what is left, so that stems named together never take the same thing twice.
            taken = taken + linear(wave.samples - taken, stem, wave.sample_rate)
    stem_wave = Waveform(np.ascontiguousarray(taken, dtype=np.float32), wave.sample_rate)
    rest = Waveform(np.ascontiguousarray(wave.samples - stem_wave.samples, dtype=np.float32), wave.sample_rate)
    return Extract(stem_wave, rest, stems, bleed)


def named(names: Sequence[str], duration_s: float, channels: int) -> tuple[str, ...]:
    """Return the stems that words mean, each once, where a recording of that length and so many channels has them.

    Raises
    ------
    CannotDo, NotFound, InvalidArgument : as ``extract``.
    """
    stems = tuple(dict.fromkeys(canonical(name) for name in names))
    if duration_s < MIN_SECONDS:
        raise InvalidArgument(
            f"{duration_s * 1000:.0f} ms of sound cannot be separated into stems.", f"Give at least {MIN_SECONDS:g} s."
        )
    if channels < 2 and (flat := [s for s in stems if s in ("centre", "sides")]):
        raise CannotDo(f"This recording is mono: it has no {flat[0]} of its own.", "Ask for percussive or harmonic.")
    return stems


def linear(samples: Samples, stem: str, sample_rate: int) -> Samples:
    """Return centre, sides or low of sound, ``[channels, frames]``: linear and exact. Low sees ``reach`` frames either way."""
    if stem == "low":
        from scipy.signal import firwin, oaconvolve

        taps = firwin(2 * reach(stem, sample_rate) + 1, _LOW_HZ, fs=sample_rate).astype(np.float32)
        return np.asarray(oaconvolve(samples, taps[None, :], mode="same", axes=1), dtype=np.float32)
    centre = np.repeat(samples.mean(axis=0, keepdims=True), samples.shape[0], axis=0)
    return np.asarray(centre if stem == "centre" else samples - centre, dtype=np.float32)


def reach(stem: str, sample_rate: int) -> int:
    """Return how many frames either way a frame of one of ``LINEAR`` depends on."""
    return int(_LOW_TAPS * sample_rate / 44100) // 2 if stem == "low" else 0


def window_size(sample_rate: int) -> int:
    """Return the transform's length in frames: 4096 at 44.1 and 48 kHz, the same ~90 ms elsewhere."""
    return int(2 ** round(math.log2(4096 * sample_rate / 46000)))


def _masked(wave: Waveform, stems: Sequence[str], check: Check, progress: Progress) -> tuple[Samples, float | None]:
    """Return the sum of the named stems by soft masks, block by block, and their estimated bleed in dB."""
    out = np.zeros_like(wave.samples)
    level = level_of(float(np.mean(wave.samples.astype(np.float64) ** 2)), wave.sample_rate)
    length = round(_BLOCK_S * wave.sample_rate)
    kept = lost = 0.0
    for start in range(0, wave.frames, length):
        stop = min(wave.frames, start + length)
        masked = Masked(lambda a, b: wave.samples[:, a:b], wave.frames, wave.sample_rate, level, stems, check)
        out[:, start:stop], ours, others = masked.span(start, stop)
        kept, lost = kept + ours, lost + others
        progress(stop / wave.sample_rate, wave.duration_s, "separating")
    return out, bleed_db(stems, kept, lost)


def each(wave: Waveform, names: Sequence[str], check: Check = lambda: None) -> dict[str, Samples]:
    """Return stems by masks, every one for itself, ``[channels, frames]``: what is costly is computed once for all of them.

    Each is what ``extract`` gives where it is named alone; centre, sides and low are not made here.
    """
    stems = [canonical(name) for name in names]
    out = {stem: np.zeros_like(wave.samples) for stem in stems}
    level = level_of(float(np.mean(wave.samples.astype(np.float64) ** 2)), wave.sample_rate)
    masked = Masked(lambda a, b: wave.samples[:, a:b], wave.frames, wave.sample_rate, level, stems, check)
    length = round(_BLOCK_S * wave.sample_rate)
    for start in range(0, wave.frames, length):
        stop = min(wave.frames, start + length)
        for stem, sound in masked.each(start, stop).items():
            out[stem][:, start:stop] = sound
    return out


def level_of(power: float, sample_rate: int) -> float:
    """Return the level that masks measure a recording against, from the mean square of its samples."""
    return masks.reference(power, window_size(sample_rate))


def bleed_db(stems: Sequence[str], kept: float, lost: float) -> float | None:
    """Return the estimated bleed of previews in dB, None where nothing named is a preview."""
    if not any(stem in PREVIEWS for stem in stems):
        return None
    model = 10 * math.log10(max(lost, 1e-12) / max(kept, 1e-12))
    return round(min(20.0, model + max(_OPTIMISM_DB.get(stem, 0.0) for stem in stems)), 1)


@dataclass(frozen=True)
class Masked:
    """Stems by masks in any span of a recording: what comes out does not depend on how it is divided.

    ``read(start, stop)`` gives the recording's samples; ``level`` is ``level_of`` the whole.
    """

    read: Callable[[int, int], Samples]
    frames: int
    sample_rate: int
    level: float
    stems: Sequence[str]
    check: Check

    def span(self, start: int, stop: int) -> tuple[Samples, float, float]:
        """Return the stems' sum in a span, and the energies that the masks take for theirs and for the others'.

        Context on both sides covers what the features can see, and transforms begin on the hop grid.
        """
        first, block = self._around(start, stop)
        spectrum = forward(block, window_size(self.sample_rate))
        found = self._masks(spectrum)
        mask = np.minimum(sum(found[stem] for stem in self.stems), np.float32(1.0))
        sound = self._sound(spectrum * mask, block.shape[1], start - first, stop - first)
        power = np.abs(spectrum) ** 2
        # Were the mask the share of power that is ours, mask³ would be ours in the stem, mask²(1 − mask) not.
        return sound, float(np.sum(power * mask**3)), float(np.sum(power * mask**2 * (1 - mask)))

    def each(self, start: int, stop: int) -> dict[str, Samples]:
        """Return every stem of a span for itself."""
        first, block = self._around(start, stop)
        spectrum = forward(block, window_size(self.sample_rate))
        found = self._masks(spectrum)
        ends = block.shape[1], start - first, stop - first
        return {stem: self._sound(spectrum * np.minimum(found[stem], 1.0), *ends) for stem in self.stems}

    def _around(self, start: int, stop: int) -> tuple[int, Samples]:
        """Return a span with what the features of its edges can see, and where it begins."""
        n = window_size(self.sample_rate)
        hop = n // 4
        reach = (masks.REACH + 1) * hop + n
        first = max(0, (start - reach) // hop * hop)
        self.check()
        return first, self.read(first, min(self.frames, stop + reach))

    def _sound(self, spectrum: Spectrum, length: int, start: int, stop: int) -> Samples:
        self.check()
        return inverse(spectrum, length, window_size(self.sample_rate))[:, start:stop]

    def _masks(self, spectrum: Spectrum) -> dict[str, Mask]:
        """Return the soft masks ``[bins, frames]`` (0..1) that are wanted, and maybe more, for ``[channels, bins, frames]``."""
        found: dict[str, Mask] = {}
        if set(self.stems) & set(PREVIEWS):
            found |= _named(spectrum, self.sample_rate, self.level)
        if set(self.stems) - set(PREVIEWS):
            harmonic, percussive = masks.medians(np.sqrt(np.mean(np.abs(spectrum) ** 2, axis=0)))
            share = np.asarray(percussive**2 / (percussive**2 + harmonic**2 + 1e-12), dtype=np.float32)
            found |= {"percussive": share, "harmonic": 1 - share}
        return found


def _named(spectrum: Spectrum, sample_rate: int, level: float) -> dict[str, Mask]:
    """Return the masks of previews: drums, bass, vocals and other sum to one."""
    share = masks.shares(masks.features(spectrum, sample_rate, level))
    parts = dict(zip(masks.STEMS, np.moveaxis(share, -1, 0), strict=False))
    rest = share[..., -1]
    hertz = np.arange(spectrum.shape[1], dtype=np.float32)[:, None] * (sample_rate / (2 * spectrum.shape[1] - 2))
    voice = _ramp(hertz, 150, 260) * (1 - _ramp(hertz, 7000, 9000)) * _centred(spectrum)
    return parts | {"vocals": rest * voice, "other": rest * (1 - voice)}


def _ramp(hertz: Mask, low: float, high: float) -> Mask:
    """Rise from 0 to 1 between two frequencies, on a logarithmic axis, as a half cosine."""
    position = np.clip(np.log2(np.maximum(hertz, 1.0) / low) / math.log2(high / low), 0, 1)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * position), dtype=np.float32)


def _centred(spectrum: npt.NDArray[np.complex64]) -> Mask:
    """Return how much each bin sits in the middle, 0..1 (similarity of Avendano, WASPAA 2003)."""
    if spectrum.shape[0] < 2:
        return np.ones(spectrum.shape[1:], np.float32)
    left, right = spectrum[0], spectrum[1]
    similar = 2 * np.real(left * np.conj(right)) / (np.abs(left) ** 2 + np.abs(right) ** 2 + 1e-12)
    return np.asarray(np.clip((similar - 0.6) / 0.35, 0, 1), dtype=np.float32)
