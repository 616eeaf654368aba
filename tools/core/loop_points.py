"""Loop points and tempo in WAV files, as samplers and sequencers read them: the chunks "smpl" and "acid"."""

import struct
from pathlib import Path

from segue.tools.core.audio import Waveform, encode
from segue.tools.core.piece import Piece

_FORWARD, _FOR_EVER, _STRETCHES, _MIDDLE_C = 0, 0, 4, 60


def encode_piece(piece: Piece, wave: Waveform, path: Path, format: str) -> None:
    """Write a piece's sound as ``encode`` does; a loop as WAV has its points and its tempo in the file.

    Raises
    ------
    InvalidArgument, DiskFull : as ``encode``.
    """
    encode(wave, path, format)
    if format == "wav" and piece.mix.get("loop") and piece.score is not None:
        upper, lower = (int(part) for part in piece.score.meter.split("/"))
        beats = round(piece.score.bars * upper * 4 / lower)
        _append(path, b"smpl", _sampler_chunk(wave))
        _append(path, b"acid", struct.pack("<IHHfIHHf", _STRETCHES, _MIDDLE_C, 0x8000, 0.0, beats, lower, upper, piece.score.bpm))  # fmt: skip


def _sampler_chunk(wave: Waveform) -> bytes:
    """Return the body of "smpl": one loop over every frame, for ever (RIFF MCI, 1994)."""
    head = struct.pack("<9I", 0, 0, round(1e9 / wave.sample_rate), _MIDDLE_C, 0, 0, 0, 1, 0)
    return head + struct.pack("<6I", 0, _FORWARD, 0, wave.frames - 1, 0, _FOR_EVER)


def _append(path: Path, name: bytes, body: bytes) -> None:
    """Add a chunk to the end of a RIFF file and count it in its size."""
    with path.open("r+b") as file:
        file.seek(0, 2)
        if file.tell() % 2:
            file.write(b"\0")
        file.write(name + struct.pack("<I", len(body)) + body)
        size = file.tell() - 8
        file.seek(4)
        file.write(struct.pack("<I", size))
