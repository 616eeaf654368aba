"""Ratings and plays inside MP3 files: the frames POPM and PCNT of ID3v2.2 to 2.4 (id3.org), read without the sound."""

from dataclasses import dataclass
from pathlib import Path

from segue.tools.collection.tagbytes import id3_frames, synchsafe

_MOST_BYTES = 64_000_000  # a tag with pictures; larger ones are not read
_FRAMES = {b"POPM", b"PCNT", b"POP", b"CNT"}
_TRAKTOR = "traktor@native-instruments.de"
# What a POPM byte is in stars: Windows writes 1, 64, 128, 196 and 255, MediaMonkey the halves between.
_STARS = ((1, 1.0), (13, 0.5), (54, 1.5), (64, 2.0), (118, 2.5), (128, 3.0), (186, 3.5), (196, 4.0), (242, 4.5), (255, 5.0))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Popularity:
    """What a file remembers of its listener: stars (0.5 to 5), how often it was played; None where it does not say."""

    rating: float | None = None
    plays: int | None = None


def popularity_of(path: Path) -> Popularity:
    """Return what the tag at the head of a file says; nothing where there is none, or a broken one.

    Of several listeners' ratings the first with stars counts, of their plays the highest.
    """
    ratings: list[float] = []
    plays: list[int] = []
    for name, body in _frames(path):
        if name in (b"PCNT", b"CNT"):
            plays.append(int.from_bytes(body[:8], "big"))
            continue
        who, ended, rest = body.partition(b"\0")
        if not ended or not rest:
            continue
        if stars := stars_of(rest[0], who.decode("latin-1")):
            ratings.append(stars)
        if len(rest) > 4:  # a counter has four bytes at least
            plays.append(int.from_bytes(rest[1:9], "big"))
    return Popularity(next(iter(ratings), None), max(plays, default=0) or None)


def stars_of(byte: int, who: str = "") -> float | None:
    """Return stars of a POPM byte as the program that wrote it meant them; None for 0, not rated.

    >>> stars_of(196), stars_of(204, "traktor@native-instruments.de"), stars_of(0)
    (4.0, 4.0, None)
    """
    if not byte:
        return None
    if who.strip().lower() == _TRAKTOR:
        return max(1.0, float(round(byte / 51)))
    return min(_STARS, key=lambda step: abs(step[0] - byte))[1]


def _frames(path: Path) -> list[tuple[bytes, bytes]]:
    """Return the wanted frames of a file's ID3v2 tag."""
    try:
        with open(path, "rb") as file:
            head = file.read(10)
            if len(head) < 10 or head[:3] != b"ID3" or head[3] not in (2, 3, 4):
                return []
            tag = file.read(min(synchsafe(head[6:10]), _MOST_BYTES))
    except OSError:
        return []
    return [(name, body) for name, _, body in id3_frames(head + tag) if name in _FRAMES]
