"""Sound into and out of a model server: uploaded bytes read, what a model made delivered as it was asked for."""

import math
import tempfile
from pathlib import Path

import numpy as np

from segue.tools.core.audio import Waveform, decode, encode
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.models import Output, Row
from segue.tools.sound.dynamics import loudness_lufs, to_loudness
from segue.tools.sound.loudness import db_to_gain

MEDIA = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg", "ogg": "audio/ogg"}
HONOURS = {
    "delivery.format": "",
    "delivery.sample_rate": "",
    "delivery.channels": "",
    "delivery.lufs": "",
}


def read_blob(data: bytes, max_s: float = 1200.0) -> Waveform:
    """Decode uploaded bytes of any format that ``core.audio`` reads.

    Raises
    ------
    UnreadableMedia : not audio, broken, or longer than ``max_s`` seconds.
    """
    with tempfile.TemporaryDirectory(prefix="segue-blob-") as folder:
        path = Path(folder) / "blob.wav"
        path.write_bytes(data)
        return decode(path, max_s=max_s)


def blob_of(row: Row, id: str | None, wish: str) -> Waveform:
    """Return an uploaded sound that a row's request refers to.

    Raises
    ------
    InvalidArgument : the request names none; ``wish`` is the field that should.
    """
    if id is None:
        raise InvalidArgument(f"{row.request.task} wants {wish}.", "Upload it with POST /v1/blobs and name its id.")
    return read_blob(row.blobs[id])


def delivered(wave: Waveform, row: Row, *, stem: bool = False) -> Output:
    """Return a sound as a file with the format, rate, channels and loudness that the row's request wants.

    What a model makes beyond ±1 is turned down as a whole rather than clipped, and said. A stem keeps its
    level, so that stems sum to their mix; as WAV it is written in floats, which do not clip.
    """
    wish = row.request.delivery
    if wish.sample_rate:
        wave = wave.resampled(wish.sample_rate)
    if wish.channels:
        wave = wave.with_channels(wish.channels)
    if wish.lufs is not None:
        wave = _at_loudness(wave, wish.lufs, row)
    peak = float(np.abs(wave.samples).max(initial=0.0))
    if peak > 1.0 and not stem:
        row.say(f"The model's sound was turned down by {20 * math.log10(peak):.1f} dB, so that nothing clips.")
        wave = Waveform(wave.samples / np.float32(peak), wave.sample_rate)
    with tempfile.TemporaryDirectory(prefix="segue-delivery-") as folder:
        path = Path(folder) / f"mix.{wish.format}"
        encode(wave, path, bits=32 if stem and wish.format == "wav" else 24)
        return Output(path.read_bytes(), MEDIA[wish.format])


def _at_loudness(wave: Waveform, lufs: float, row: Row) -> Waveform:
    if loudness_lufs(wave) is None:
        row.say("The sound is too quiet or too short to be brought to a loudness.")
        return wave
    done = to_loudness(wave, lufs)
    samples = wave.samples * np.float32(db_to_gain(done.gain_db))
    return Waveform(samples if done.curve is None else samples * done.curve, wave.sample_rate)
