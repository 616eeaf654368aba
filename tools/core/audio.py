"""Sound in memory and in files: ``Waveform``, decoding, encoding, resampling.

wav, flac, ogg, opus, mp3 and aiff are read and written by libsndfile; m4a, aac, webm and the
sound of videos by FFmpeg (PyAV), with the containers and protocols named here and no others.
"""

import errno
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio_marks import Marks, write_marks
from segue.tools.core.errors import DiskFull, InvalidArgument, NotFound, UnreadableMedia

Samples = npt.NDArray[np.float32]

AUDIO_SUFFIXES = frozenset(
    [
        ".wav",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".mp3",
        ".aif",
        ".aiff",
        ".m4a",
        ".mp4",
        ".aac",
        ".webm",
        ".wma",
        ".mka",
        ".mov",
        ".mkv",
    ]
)
_LIBAV_CONTAINERS = frozenset({"mov", "mp4", "m4a", "aac", "matroska", "webm", "asf", "mp3", "ogg", "flac", "wav"})
_BLOCK = 65_536  # frames; libsndfile 1.2.2 crashes when 4M frames of Vorbis are written in one call


@dataclass(frozen=True, slots=True)
class Waveform:
    """Sound in memory.

    Attributes
    ----------
    samples : float32 ``[channels, frames]``, nominally in −1..1.
    sample_rate : Hz.
    """

    samples: Samples
    sample_rate: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise ValueError("samples must be float32 [channels, frames]")

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    def mono(self) -> Samples:
        """Return the mean of the channels, float32 ``[frames]``."""
        return np.asarray(self.samples.mean(axis=0), dtype=np.float32)

    def resampled(self, sample_rate: int) -> "Waveform":
        """Return the same sound at another rate in Hz (soxr, high quality)."""
        if sample_rate == self.sample_rate:
            return self
        import soxr

        out = soxr.resample(self.samples.T, self.sample_rate, sample_rate)
        return Waveform(np.ascontiguousarray(out.T, dtype=np.float32), sample_rate)

    def with_channels(self, channels: int) -> "Waveform":
        """Return the same sound with ``channels`` channels: mono is copied, more are averaged to mono first."""
        if channels == self.channels:
            return self
        base = self.samples if self.channels == 1 else self.samples.mean(axis=0, keepdims=True)
        return Waveform(np.ascontiguousarray(np.repeat(base, channels, axis=0), dtype=np.float32), self.sample_rate)


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a file's header says: rate in Hz, channels, frames (−1 where unknown), container."""

    sample_rate: int
    channels: int
    frames: int
    format: str

    @property
    def duration_s(self) -> float:
        """Length in seconds; NaN where the header does not say."""
        return self.frames / self.sample_rate if self.frames >= 0 else math.nan


def probe(path: Path) -> AudioInfo:
    """Read a file's header only.

    Raises
    ------
    NotFound : there is no such file.
    UnreadableMedia : empty, not audio, or broken.
    """
    _must_exist(path)
    import soundfile

    try:
        info = soundfile.info(str(path))
    except soundfile.LibsndfileError:
        with open(path, "rb") as source:
            if not any(source.read(_BLOCK)):  # a download that was only allotted; FFmpeg looks through all of it
                raise _not_audio(path) from None
        return _probe_libav(path)
    return AudioInfo(info.samplerate, info.channels, info.frames, info.format.lower())


def decode(path: Path, max_s: float = 7200.0, max_bytes: int = 2_000_000_000) -> Waveform:
    """Decode a whole file.

    Parameters
    ----------
    path : any format named in this module's docstring.
    max_s, max_bytes : limits against audio bombs; checked before and while decoding.

    Raises
    ------
    NotFound : there is no such file.
    UnreadableMedia : empty, not audio, broken, without a single frame, or beyond the limits.
    """
    info = probe(path)
    if path.stat().st_size > max_bytes:
        raise UnreadableMedia(
            f"{path.name} is larger than {max_bytes // 1_000_000} MB.", "Raise max_input_bytes to accept it."
        )
    _must_be_short(path, info, max_s)
    blocks = list(_blocks(path, info, max_s))
    frames = sum(block.shape[1] for block in blocks)
    if frames == 0:
        raise UnreadableMedia(f"{path.name} holds no sound (0 seconds).", "Give a longer recording.")
    samples = np.concatenate(blocks, axis=1) if len(blocks) > 1 else blocks[0]
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    return Waveform(np.ascontiguousarray(samples, dtype=np.float32), info.sample_rate)


def stream(path: Path, max_s: float = 7200.0) -> Iterator[Samples]:
    """Yield a file's sound in blocks, float32 ``[channels, frames]``, for what must not hold it all.

    Raises
    ------
    NotFound, UnreadableMedia : as ``decode``, at the first block or where the file breaks the limit.
    """
    info = probe(path)
    _must_be_short(path, info, max_s)
    for block in _blocks(path, info, max_s):
        yield np.ascontiguousarray(np.nan_to_num(block), dtype=np.float32)


def _must_exist(path: Path) -> None:
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", "Check the name and the folder.")
    if path.stat().st_size == 0:
        raise UnreadableMedia(f"{path.name} is empty.", "Give a file that holds a recording.")


def _must_be_short(path: Path, info: AudioInfo, max_s: float) -> None:
    if info.frames >= 0 and info.duration_s > max_s:
        raise UnreadableMedia(
            f"{path.name} says it is {info.duration_s / 60:.0f} minutes long; the limit is {max_s / 60:.0f}.",
            "Cut it, or raise the setting max_input_s.",
        )


def _not_audio(path: Path) -> UnreadableMedia:
    return UnreadableMedia(
        f"{path.name} is not a sound file that can be read.",
        "Known are wav, flac, ogg, opus, mp3, aiff, m4a, aac and the sound of mp4, mov and webm.",
    )


def _blocks(path: Path, info: AudioInfo, max_s: float) -> Iterator[Samples]:
    import soundfile

    limit = int(max_s * info.sample_rate)
    seen = 0
    try:
        source: Iterator[Samples] = _sndfile_blocks(path) if not info.format.startswith("av:") else _libav_blocks(path)
        for block in source:
            seen += block.shape[1]
            if seen > limit:
                raise UnreadableMedia(
                    f"{path.name} is longer than {max_s / 60:.0f} minutes.", "Cut it, or raise max_input_s."
                )
            yield block
    except soundfile.LibsndfileError as error:
        if seen == 0:
            raise _not_audio(path) from error


def _sndfile_blocks(path: Path) -> Iterator[Samples]:
    """Read what is there: ``soundfile.blocks`` trusts the header, and an mp3 that claims too much ends in noise."""
    import soundfile

    with soundfile.SoundFile(str(path)) as source:
        while len(block := source.read(16 * _BLOCK, dtype="float32", always_2d=True)):
            yield block.T


def _open_libav(path: Path) -> Any:  # noqa: ANN401 - PyAV is not typed
    import av

    try:
        container = av.open(
            str(path), options={"protocol_whitelist": "file", "format_whitelist": ",".join(_libav_formats())}
        )
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise _not_audio(path) from error
    if not set(container.format.name.split(",")) & _LIBAV_CONTAINERS or not container.streams.audio:
        container.close()
        raise _not_audio(path)
    return container


def _libav_formats() -> list[str]:
    return ["mov,mp4,m4a,3gp,3g2,mj2", *sorted(_LIBAV_CONTAINERS)]


def _probe_libav(path: Path) -> AudioInfo:
    container = _open_libav(path)
    with container:
        stream = container.streams.audio[0]
        rate = int(stream.rate or 0)
        if rate <= 0 or int(stream.channels) <= 0:  # a container was made out, but nothing in it
            raise _not_audio(path)
        frames = -1 if stream.duration is None else round(float(stream.duration * stream.time_base) * rate)
        return AudioInfo(rate, int(stream.channels), frames, "av:" + container.format.name)


def _libav_blocks(path: Path) -> Iterator[Samples]:
    import av

    with _open_libav(path) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
        try:
            for frame in container.decode(stream):
                for part in resampler.resample(frame):
                    yield part.to_ndarray().astype(np.float32, copy=False)
        except av.error.FFmpegError as error:
            raise _not_audio(path) from error


_SUBTYPES = {
    "wav": ("WAV", {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}),
    "flac": ("FLAC", {16: "PCM_16", 24: "PCM_24", 32: "PCM_24"}),
    "aiff": ("AIFF", {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}),
    "ogg": ("OGG", {}),
    "opus": ("OGG", {}),
    "mp3": ("MP3", {}),
}


def encode(wave: Waveform, path: Path, format: str | None = None, bits: int = 24, marks: Marks | None = None) -> None:
    """Write a file; the format is the suffix's unless given.

    Parameters
    ----------
    wave : what to write; samples beyond ±1 are clipped by integer formats, NaN becomes 0.
    path : where to; the folder must exist. Written to directly: callers that need atomicity rename.
    format : wav, flac, aiff, ogg, opus, mp3 or m4a.
    bits : 16, 24 or 32 (float) for wav and aiff; 16 or 24 for flac; ignored by lossy formats.
    marks : tempo, key and loop points to be written into wav and flac files.

    Raises
    ------
    InvalidArgument : a format that cannot be written.
    DiskFull : no room left.
    """
    kind = (format or path.suffix.lstrip(".")).lower()
    kind = {"aif": "aiff", "oga": "ogg", "aac": "m4a", "mp4": "m4a"}.get(kind, kind)
    if not np.isfinite(wave.samples).all():  # encoders stop in the middle at a NaN
        wave = Waveform(np.nan_to_num(wave.samples, nan=0.0, posinf=1.0, neginf=-1.0), wave.sample_rate)
    try:
        if kind == "m4a":
            _encode_m4a(wave, path)
        elif kind in _SUBTYPES:
            _encode_sndfile(wave, path, kind, bits)
            if marks:
                write_marks(path, wave.sample_rate, wave.frames, marks)
        else:
            raise InvalidArgument(f"'{kind}' cannot be written.", "Choose one of wav, flac, mp3, ogg, opus, m4a, aiff.")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"The disk is full: {path.name} was not written.", "Free some room and repeat.") from error
        raise


def _encode_sndfile(wave: Waveform, path: Path, kind: str, bits: int) -> None:
    import soundfile

    container, subtypes = _SUBTYPES[kind]
    subtype: str | None = subtypes.get(bits) or {
        "opus": "OPUS",
        "ogg": "VORBIS",
        "mp3": "MPEG_LAYER_III",
    }.get(kind)
    if kind == "opus" and wave.sample_rate not in (8000, 12000, 16000, 24000, 48000):
        wave = wave.resampled(48000)
    if kind == "mp3" and wave.sample_rate not in (
        8000,
        11025,
        12000,
        16000,
        22050,
        24000,
        32000,
        44100,
        48000,
    ):
        wave = wave.resampled(44100)
    try:
        with soundfile.SoundFile(
            str(path), "w", wave.sample_rate, wave.channels, format=container, subtype=subtype
        ) as out:
            for start in range(0, wave.frames, _BLOCK):
                out.write(wave.samples[:, start : start + _BLOCK].T)
    except soundfile.LibsndfileError as error:
        # libsndfile says "System error." for a full disk, which is the one that users meet.
        if shutil.disk_usage(path.parent).free < 4 * wave.samples.size:
            raise OSError(errno.ENOSPC, str(error)) from error
        raise InvalidArgument(f"{path.name} cannot be written as {kind} ({error}).", "Try wav or flac.") from error


def _encode_m4a(wave: Waveform, path: Path) -> None:
    import av

    if wave.channels > 2:
        wave = wave.with_channels(2)
    if wave.sample_rate not in (44100, 48000, 32000, 22050, 16000):
        wave = wave.resampled(48000)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=wave.sample_rate)
        stream.layout = "mono" if wave.channels == 1 else "stereo"
        stream.bit_rate = 192_000
        for start in range(0, wave.frames, 1024):
            block = np.ascontiguousarray(np.clip(wave.samples[:, start : start + 1024], -1, 1))
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=stream.layout.name)
            frame.sample_rate = wave.sample_rate
            frame.pts = start
            frame.time_base = Fraction(1, wave.sample_rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def quantised(samples: Samples, bits: int = 24) -> Samples:
    """Round to the grid of a ``bits``-bit integer format, so that writing and reading is exact.

    float32 holds 24-bit integers exactly, so sums of quantised stems stay on the grid as long as
    they stay within ±1.
    """
    scale = np.float32(2 ** (bits - 1))  # a power of two: nothing here rounds but rint
    steps = np.clip(samples, np.float32(-1.0), 1 - 1 / scale)
    steps *= scale  # in place: fresh memory for a long sound takes longer than the sums
    np.rint(steps, out=steps)
    steps /= scale
    return np.asarray(steps, dtype=np.float32)
