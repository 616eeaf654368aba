"""What a sound file is made of, byte by byte: its tags one by one, and the sound. Shows that writing tags changed nothing else.

ID3v2.3 and 2.4 (id3.org), FLAC (RFC 9639), Ogg (RFC 3533) with Vorbis or Opus (RFC 7845), MP4 (ISO/IEC 14496-12).
"""

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from segue.tools.core.errors import CannotDo

_HINT = "Its tags go into a file beside it."
_PLAIN = {
    b"moov",
    b"trak",
    b"mdia",
    b"minf",
    b"stbl",
    b"udta",
    b"edts",
    b"dinf",
}  # atoms that hold atoms and nothing else


@dataclass(frozen=True)
class Contents:
    """Tags as ``(name in lower case, bytes)`` in their order, whatever else stands there as ``("", bytes)``; the sound's MD5."""

    kind: str
    tags: tuple[tuple[str, bytes], ...]
    sound: str

    def without(self, names: frozenset[str]) -> "Contents":
        """Return the same without the tags of these names."""
        return Contents(self.kind, tuple(tag for tag in self.tags if tag[0] not in names), self.sound)


def contents(data: bytes, suffix: str) -> Contents:
    """Return what a file of that suffix holds.

    Raises
    ------
    CannotDo : its tags cannot be told from the rest, or it is of another kind than its suffix says.
    """
    reader = _READERS.get(suffix.lower())
    if reader is None:
        raise CannotDo(f"Tags cannot be written into {suffix} files.", _HINT)
    try:
        return reader(data)
    except (struct.error, IndexError, ValueError) as error:
        raise CannotDo("Its tags are broken.", _HINT) from error


def synchsafe(size: bytes) -> int:
    """Return a number written with seven bits a byte."""
    total = 0
    for byte in size:
        total = total << 7 | byte & 0x7F
    return total


# -- mp3 ------------------------------------------------------------------------------------------


def id3_end(data: bytes) -> int:
    """Return where the ID3v2 tag at the head of a file ends; 0 where there is none."""
    return 10 + synchsafe(data[6:10]) if data[:3] == b"ID3" and len(data) >= 10 else 0


def id3_frames(tag: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield name, flags and body of each frame of a whole ID3v2 tag, header included; nothing of an unknown version."""
    version, flags = tag[3], tag[5]
    if version not in (2, 3, 4):
        return
    body = tag[10:]
    if flags & 0x80 and version < 4:
        body = body.replace(b"\xff\x00", b"\xff")
    at = 0
    if flags & 0x40 and version > 2 and len(body) >= 4:
        at = synchsafe(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4], "big")
    width, header = (3, 6) if version == 2 else (4, 10)
    while at + header <= len(body) and body[at]:
        name, size = body[at : at + width], body[at + width : at + 2 * width]
        length = synchsafe(size) if version == 4 else int.from_bytes(size, "big")
        yield name, body[at + 2 * width : at + header], body[at + header : at + header + length]
        at += header + length


def id3_name(name: bytes, body: bytes) -> str:
    """Return what a frame is called: its four letters, or what a user-defined one says that it is, in lower case."""
    if name != b"TXXX" or not body:
        return name.decode("latin-1").lower()
    wide = body[0] in (1, 2)
    end = 1
    while end < len(body) and any(body[end : end + (2 if wide else 1)]):
        end += 2 if wide else 1
    coding = {0: "latin-1", 1: "utf-16", 2: "utf-16-be"}.get(body[0], "utf-8")
    return body[1:end].decode(coding, "replace").strip().lower()


def _mp3(data: bytes) -> Contents:
    end = id3_end(data)
    if not end:
        if data[:1] != b"\xff":
            raise CannotDo("It is no plain mp3 file.", _HINT)
        return Contents("ID3v2.4", (), _md5(data))
    version, flags = data[3], data[5]
    if version not in (3, 4) or flags & 0x50:  # an extended header, a footer: what they hold would be lost
        raise CannotDo(f"Its tag is of an old or rare kind (ID3v2.{version}).", _HINT)
    tags = tuple((id3_name(name, body), name + flags + body) for name, flags, body in id3_frames(data[:end]))
    return Contents(f"ID3v2.{version}", tags, _md5(data[end:]))


# -- FLAC and Ogg ---------------------------------------------------------------------------------


def _flac(data: bytes) -> Contents:
    if data[:4] != b"fLaC":
        raise CannotDo("It is no plain FLAC file.", _HINT)
    tags: list[tuple[str, bytes]] = []
    at, last = 4, False
    while not last:
        kind, size = data[at] & 0x7F, int.from_bytes(data[at + 1 : at + 4], "big")
        last, body = bool(data[at] & 0x80), data[at + 4 : at + 4 + size]
        if kind == 4:
            tags += _comments(body)
        elif kind != 1:  # padding
            tags.append(("", bytes([kind]) + body))
        at += 4 + size
    return Contents("FLAC", tuple(tags), _md5(data[at:]))


def _comments(body: bytes) -> list[tuple[str, bytes]]:
    """Return the vendor and each comment of a Vorbis comment block, and what follows them but padding."""
    size = struct.unpack_from("<I", body)[0]
    found = [("", body[4 : 4 + size])]
    at = 4 + size
    count = struct.unpack_from("<I", body, at)[0]
    at += 4
    for _ in range(count):
        size = struct.unpack_from("<I", body, at)[0]
        comment = body[at + 4 : at + 4 + size]
        found.append((comment.partition(b"=")[0].decode("utf-8", "replace").lower(), comment))
        at += 4 + size
    rest = body[at:].rstrip(b"\0")
    return [*found, ("", rest)] if len(rest) > 1 else found  # Vorbis ends in a framing bit


def _ogg(data: bytes) -> Contents:
    """Headers are packets; of the sound its bytes, how they part into packets, and its times: pages may be cut anew."""
    packets: list[bytes] = []
    sound, parts, times = (hashlib.md5(usedforsecurity=False) for _ in range(3))
    at, open_packet, serial, wanted = 0, b"", data[14:18], 3
    while (page := at) < len(data):
        if data[at : at + 4] != b"OggS" or data[at + 14 : at + 18] != serial:
            raise CannotDo("It holds several streams or broken pages.", _HINT)
        count = data[at + 26]
        sizes = data[at + 27 : at + 27 + count]
        start = at + 27 + count
        at = start + sum(sizes)
        taken = 0
        while len(packets) < wanted and taken < count:
            size = sizes[taken]
            taken += 1
            open_packet += data[start : start + size]
            start += size
            if size < 255:
                packets.append(open_packet)
                open_packet = b""
                wanted = 2 if packets[0][:8] == b"OpusHead" else 3
        sound.update(data[start:at])
        parts.update(sizes[taken:])
        time = data[page + 6 : page + 14]
        if taken < count and any(time) and time != b"\xff" * 8:  # where a packet of sound ends
            times.update(time)
    head = {b"\x01vorbis": (b"\x03vorbis", "Vorbis"), b"OpusHe": (b"OpusTags", "Opus")}
    mark, kind = next((found for start, found in head.items() if packets and packets[0].startswith(start)), (b"", ""))
    if not kind or len(packets) < wanted or not packets[1].startswith(mark):
        raise CannotDo("It is neither plain Ogg Vorbis nor Opus.", _HINT)
    rest = (("", packet) for packet in (packets[0], *packets[2:]))
    digest = _md5(b"".join(hashed.digest() for hashed in (sound, parts, times)))
    return Contents(kind, (*_comments(packets[1][len(mark) :]), *rest), digest)


# -- MP4 ------------------------------------------------------------------------------------------


def _mp4(data: bytes) -> Contents:
    if data[4:8] != b"ftyp":
        raise CannotDo("It is no plain MP4 file.", _HINT)
    tags: list[tuple[str, bytes]] = []
    sounds = [(start, end) for name, start, end in _atoms(data, 0, len(data)) if name == b"mdat"]
    if not sounds:
        raise CannotDo("It is no plain MP4 file.", _HINT)

    def offset(place: int) -> bytes:
        """Where in the sound a chunk lies: the file may have grown before it."""
        number = next((n for n, (start, end) in enumerate(sounds) if start <= place <= end), None)
        if number is None:
            raise CannotDo("Its sound does not lie where its tables say.", _HINT)
        return struct.pack(">IQ", number, place - sounds[number][0])

    def walk(start: int, end: int, inside: bytes) -> None:
        for name, body, stop in _atoms(data, start, end):
            here = inside + b"/" + name
            if name in (b"free", b"skip", b"mdat"):
                continue
            if name in (b"moof", b"mfra"):
                raise CannotDo("It is a fragmented MP4 file.", _HINT)
            if name in (b"stco", b"co64"):
                wide = 8 if name == b"co64" else 4
                places = [int.from_bytes(data[p : p + wide], "big") for p in range(body + 8, stop, wide)]
                tags.append(("", here + b"".join(map(offset, places))))
            elif name in _PLAIN:
                walk(body, stop, here)
            elif name == b"meta" and inside.endswith(b"udta"):
                walk(body + 4, stop, here)
            elif name == b"ilst":
                found = [(_item(data, kind, first, last), kind + data[first:last]) for kind, first, last in _atoms(data, body, stop)]  # fmt: skip
                tags.extend(sorted(found))  # their order says nothing
            else:
                tags.append(("", here + data[body:stop]))

    walk(0, len(data), b"")
    # An empty list of tags comes with a handler of its own: with the first tag both are new.
    kept = tuple(tag for tag in tags if tag[0] or not tag[1].startswith(b"/moov/udta/meta/hdlr"))
    return Contents("MP4", kept, _md5(b"".join(data[start:end] for start, end in sounds)))


def _atoms(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, begin and end of the body of each atom."""
    while at + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        stop = end if size == 0 else at + size
        if stop > end or stop < at + head:
            raise ValueError("atom")
        yield name, at + head, stop
        at = stop


def _item(data: bytes, kind: bytes, start: int, end: int) -> str:
    if kind != b"----":
        return kind.decode("latin-1").lower()
    named = (data[a + 4 : b] for name, a, b in _atoms(data, start, end) if name == b"name")
    return next(named, b"").decode("utf-8", "replace").lower()


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


_READERS: dict[str, Callable[[bytes], Contents]] = {
    ".mp3": _mp3, ".flac": _flac, ".ogg": _ogg, ".oga": _ogg, ".opus": _ogg, ".m4a": _mp4, ".m4b": _mp4, ".mp4": _mp4,
}  # fmt: skip
