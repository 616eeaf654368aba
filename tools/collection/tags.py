"""What a file's own tags and header say, and what its name says where it has no tags. Files are opened read-only."""

import math
import re
from pathlib import Path
from typing import Any

from segue.tools.collection.credits import clean, credits_of, gain_of, level_of
from segue.tools.collection.credits import first as first_of
from segue.tools.collection.cue import marks_of
from segue.tools.collection.popularity import popularity_of
from segue.tools.core.audio import AUDIO_SUFFIXES, probe
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.theory import parse_key

SCORE_SUFFIXES = frozenset({".mid", ".midi", ".musicxml", ".mxl"})
MUSIC_SUFFIXES = AUDIO_SUFFIXES | SCORE_SUFFIXES
_LANGUAGES = {"eng": "en", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "spa": "es", "ita": "it", "por": "pt",
              "jpn": "ja", "kor": "ko", "zho": "zh", "chi": "zh", "rus": "ru", "nld": "nl", "dut": "nl", "swe": "sv",
              "pol": "pl", "tur": "tr", "ara": "ar", "hin": "hi"}  # fmt: skip


def read_tags(path: Path) -> dict[str, Any]:
    """Return what a sound file says about itself, as fields of ``catalogue.Track``; absent facts are absent.

    Raises
    ------
    UnreadableMedia : empty, not audio, or broken.
    NotFound : the file is gone.
    """
    header = probe(path)
    facts: dict[str, Any] = {
        "samplerate": header.sample_rate,
        "channels": header.channels,
        "duration_s": None if math.isnan(header.duration_s) else header.duration_s,
    }
    facts.update(_tinytag(path))
    named = from_name(path)
    return {**{k: v for k, v in named.items() if not facts.get(k)}, **{k: v for k, v in facts.items() if v}}


def _tinytag(path: Path) -> dict[str, Any]:
    """Tags by tinytag; a container that it does not know gives none, and the file is known by its name."""
    from tinytag import TinyTag, TinyTagException

    try:
        tag = TinyTag.get(str(path))
    except (TinyTagException, OSError, ValueError, IndexError, KeyError):
        return {}
    other: dict[str, list[Any]] = {key: list(values) for key, values in tag.other.items()}
    other["composer"] = [tag.composer or "", *other.get("composer", ())]
    first = {key: str(values[0]).strip() for key, values in other.items() if values}
    genres = [tag.genre or "", *map(str, other.get("genre", []))]
    said = popularity_of(path)
    facts: dict[str, Any] = {
        "title": clean(tag.title),
        **credits_of(clean(tag.artist), clean(tag.title), clean(tag.albumartist), other),
        "album": clean(tag.album),
        "albumartist": clean(tag.albumartist),
        "track": tag.track,
        "disc": tag.disc,
        "year": year_of(tag.year) or year_of(first_of(other, "originaldate", "originalyear", "tdor", "tory")),
        "originaldate": first_of(other, "originaldate", "originalyear", "tdor", "tory") or None,
        "genres": split_list(genres),
        "bitrate": round(tag.bitrate) if tag.bitrate else None,
        "comment": clean(tag.comment),
        "lyrics": clean(first.get("lyrics") or first.get("unsyncedlyrics")),
        "language": language_of(first.get("language", "")),
        "moods": split_list([str(m) for m in (*other.get("mood", ()), *other.get("tmoo", ()))]),
        "mbid": first_of(other, "musicbrainz_trackid", "musicbrainz track id", "ufid").rsplit(" ", 1)[-1],
        "replaygain_db": gain_of(other),
        "replaygain_peak": level_of(first_of(other, "replaygain_track_peak")),
        "cue": marks_of(path, str(next(iter(other.get("cuesheet", ())), ""))),
        "isrc": first.get("isrc", ""),
        "rating": rating_of(first.get("rating") or first.get("fmps_rating")) or said.rating,
        "playcount": int(number_of(first.get("fmps_playcount") or first.get("playcount")) or 0) or said.plays,
    }
    bpm = number_of(first.get("bpm") or first.get("tempo"))
    if bpm and 20 <= bpm <= 400:
        facts.update(bpm=bpm, bpm_confidence=1.0)
    if key := key_of(first.get("initial_key") or first.get("initialkey") or first.get("key") or ""):
        facts.update(key=key, key_confidence=1.0)
    return facts


def from_name(path: Path) -> dict[str, Any]:
    """Read artist, track number and title from names such as ``03 - Artist - Title.flac``.

    >>> from_name(Path("/music/02 Nina - Low Tide.mp3"))["title"]
    'Low Tide'
    """
    name = clean(path.stem.replace("_", " "))
    facts: dict[str, Any] = {}
    if match := re.match(r"(\d{1,3})[\s.)-]+(?=\S)", name):
        facts["track"] = int(match[1])
        name = name[match.end() :].strip()
    halves = re.split(r"\s+[-–—]\s+", name, maxsplit=1)
    if len(halves) == 2:
        facts["artist"], name = halves[0].strip(), halves[1].strip()
    facts["title"] = name or clean(path.stem)
    return facts


def split_list(values: list[str]) -> list[str]:
    """Split "Jazz; Soul/Funk, Blues" into its entries, each once and in order."""
    entries = [part.strip() for value in values for part in re.split(r"[;,/|\x00]", value)]
    first: dict[str, str] = {}
    for entry in entries:
        if entry:
            first.setdefault(entry.casefold(), entry)
    return list(first.values())


def number_of(value: object) -> float | None:
    """Read a number from text such as "128", "128,5" or "128 BPM"; None where there is none."""
    match = re.search(r"-?\d+(?:[.,]\d+)?", str(value)) if value is not None else None
    return float(match[0].replace(",", ".")) if match else None


def year_of(value: object) -> int | None:
    """Read a year between 1000 and 2999 from a date in any order; None where there is none."""
    match = re.search(r"(?<!\d)([12]\d{3})(?!\d)", str(value)) if value else None
    return int(match[1]) if match else None


def key_of(value: str) -> str | None:
    """Return a key tag in the form that Segue writes ("D minor"), or None where it is none."""
    try:
        return str(parse_key(value)) if value.strip() else None
    except InvalidArgument:
        return None


def language_of(value: str) -> str | None:
    """Return a language as ISO 639-1 ("fr") from "fr", "fra", "fr-CA"; None where it is not known."""
    code = value.strip().lower()[:3].rstrip("-_")
    return code if len(code) == 2 else _LANGUAGES.get(code)


def rating_of(value: object) -> float | None:
    """Return 0–5 stars from a rating tag: FMPS 0–1, stars 1–5, or 0–100."""
    number = number_of(value)
    if number is None or number < 0:
        return None
    stars = number * 5 if number <= 1 else number if number <= 5 else number / 20
    return min(5.0, round(stars, 2)) or None
