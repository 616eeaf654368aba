"""Tempo, key and loop points inside files: ``acid`` and ``smpl`` chunks in WAV, Vorbis comments in FLAC.

Samplers and audio workstations read them: a loop comes up looped and at its tempo.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

_ONE_SHOT, _ROOT_KEY, _STRETCH = 1, 2, 4  # flags of the acid chunk
_MIDDLE_C = 60


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be known about a sound without hearing it.

    Attributes
    ----------
    bpm : quarter notes a minute.
    key : in words, "D minor"; ``tonic`` its root as a MIDI pitch class, for samplers.
    meter : such as "4/4".
    loop : first frame, and the one after the last.
    """

    bpm: float | None = None
    key: str | None = None
    tonic: int | None = None
    meter: str = "4/4"
    loop: tuple[int, int] | None = None


def write_marks(path: Path, sample_rate: int, frames: int, marks: Marks) -> None:
    """Add marks to a WAV or FLAC file that was just written; other formats are left as they are."""
    with path.open("rb") as file:
        start = file.read(12)
    if start[:4] == b"RIFF" and start[8:] == b"WAVE":
        _add_chunks(path, _chunks(sample_rate, frames, marks))
    elif start[:4] == b"fLaC":
        _add_comments(path, _comments(marks))


def _chunks(sample_rate: int, frames: int, marks: Marks) -> bytes:
    out = b""
    if marks.bpm:
        upper, lower = (int(number) for number in marks.meter.split("/"))
        begin, end = marks.loop or (0, frames)
        beats = round((end - begin) / sample_rate * marks.bpm / 60)
        root = _MIDDLE_C + (marks.tonic or 0)
        flags = (_STRETCH if marks.loop else _ONE_SHOT) | (_ROOT_KEY if marks.tonic is not None else 0)
        body = struct.pack("<IHHfIHHf", flags, root, 0x8000, 0.0, beats, lower, upper, marks.bpm)
        out += b"acid" + struct.pack("<I", len(body)) + body
    if marks.loop:
        begin, end = marks.loop
        head = struct.pack("<9I", 0, 0, round(1e9 / sample_rate), _MIDDLE_C, 0, 0, 0, 1, 0)
        body = head + struct.pack("<6I", 0, 0, begin, end - 1, 0, 0)  # the last frame is part of the loop
        out += b"smpl" + struct.pack("<I", len(body)) + body
    return out


def _add_chunks(path: Path, chunks: bytes) -> None:
    if not chunks:
        return
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        if size % 2:  # chunks begin on even bytes
            size += file.write(b"\0")
        file.write(chunks)
        file.seek(4)
        file.write(struct.pack("<I", size + len(chunks) - 8))


def _comments(marks: Marks) -> list[str]:
    out = [f"BPM={marks.bpm:g}"] if marks.bpm else []
    out += [f"KEY={marks.key}", f"INITIALKEY={marks.key}"] if marks.key else []
    if marks.loop:
        begin, end = marks.loop
        out += [f"LOOPSTART={begin}", f"LOOPLENGTH={end - begin}"]
    return out


def _add_comments(path: Path, comments: list[str]) -> None:
    """Put comments into a FLAC file, behind those that its encoder wrote."""
    if not comments:
        return
    data = path.read_bytes()
    blocks: list[tuple[int, bytes]] = []
    at, last = 4, False
    while not last:
        head = data[at]
        last, size = bool(head & 0x80), int.from_bytes(data[at + 1 : at + 4], "big")
        blocks.append((head & 0x7F, data[at + 4 : at + 4 + size]))
        at += 4 + size
    vendor: bytes = b"Segue"
    before: list[bytes] = []
    for kind, body in blocks:
        if kind == 4:
            vendor, before = _read_comments(body)
    every = [*before, *(comment.encode() for comment in comments)]
    body = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(every))
    body += b"".join(struct.pack("<I", len(comment)) + comment for comment in every)
    kept = [(kind, block) for kind, block in blocks if kind not in (1, 4)]  # padding is given up, too
    written = [kept[0], (4, body), *kept[1:]]
    with path.open("wb") as file:
        file.write(b"fLaC")
        for number, (kind, block) in enumerate(written):
            final = 0x80 if number == len(written) - 1 else 0
            file.write(bytes([final | kind]) + len(block).to_bytes(3, "big") + block)
        file.write(data[at:])


def _read_comments(body: bytes) -> tuple[bytes, list[bytes]]:
    size = struct.unpack_from("<I", body)[0]
    vendor, at = body[4 : 4 + size], 8 + size
    comments = []
    for _ in range(struct.unpack_from("<I", body, 4 + size)[0]):
        length = struct.unpack_from("<I", body, at)[0]
        comments.append(body[at + 4 : at + 4 + length])
        at += 4 + length
    return vendor, comments
