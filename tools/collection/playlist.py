"""Playlists that other players open: extended M3U in UTF-8, and XSPF 1 (xspf.org)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a playlist; ``path`` is None for music that has no file here."""

    path: Path | None
    title: str
    artist: str = ""
    album: str = ""
    duration_s: float | None = None


def m3u8(entries: Sequence[Entry]) -> bytes:
    """Return an extended M3U playlist of the entries that have a file, with absolute paths."""
    lines = ["#EXTM3U"]
    for entry in entries:
        if entry.path is not None:
            name = f"{entry.artist} - {entry.title}" if entry.artist else entry.title
            seconds = -1 if entry.duration_s is None else round(entry.duration_s)
            lines += [f"#EXTINF:{seconds},{' '.join(name.split())}", str(entry.path)]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def xspf(entries: Sequence[Entry], title: str = "") -> bytes:
    """Return an XSPF playlist; entries without a file are named without a location."""
    space = "http://xspf.org/ns/0/"
    ElementTree.register_namespace("", space)
    root = ElementTree.Element(f"{{{space}}}playlist", version="1")
    if title:
        ElementTree.SubElement(root, f"{{{space}}}title").text = _clean(title)
    tracks = ElementTree.SubElement(root, f"{{{space}}}trackList")
    for entry in entries:
        track = ElementTree.SubElement(tracks, f"{{{space}}}track")
        fields = {
            "location": entry.path.as_uri() if entry.path else "",
            "title": entry.title,
            "creator": entry.artist,
            "album": entry.album,
            "duration": str(round(entry.duration_s * 1000)) if entry.duration_s else "",
        }
        for name, text in fields.items():
            if text:
                ElementTree.SubElement(track, f"{{{space}}}{name}").text = _clean(text)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _clean(text: str) -> str:
    """Leave out what XML 1.0 cannot hold."""
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
