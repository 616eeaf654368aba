"""Who made a recording and what of: several artists, "feat.", compilations, composer and work, as tags write them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

_FEATURING = re.compile(r"\s*[\[(]?\s*\b(?:feat|ft|featuring)\b\.?\s+([^\])]+)[\])]?", re.IGNORECASE)
_JOINED = re.compile(r"\s*(?:,|;|\s&\s|\sand\s)\s*")
_VARIOUS = frozenset({"various artists", "various", "va", "v.a.", "diverse", "verschiedene interpreten", "artistes divers", "varios artistas"})  # fmt: skip
_YES = frozenset({"1", "true", "yes"})


def credits_of(artist: str, title: str, albumartist: str, other: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return ``artist`` with all its names, ``artists`` one by one, ``composer``, ``work`` and ``compilation``.

    Parameters
    ----------
    other : what else the tags hold, lower-case name → values; further artists stand under ``artist`` or ``artists``.

    >>> credits_of("Ann feat. Bob & Cy", "Song", "", {})["artists"]
    ['Ann', 'Bob', 'Cy']
    """
    extra = [name for value in (*other.get("artist", ()), *other.get("artists", ())) for name in str(value).split("\0")]
    names = artists_of([artist, *extra], title)
    credit = artist
    for name in extra:  # a second artist is one of the credit, unless the credit names them already
        if plain(name) not in plain(credit):
            credit = f"{credit}, {clean(name)}" if credit else clean(name)
    return {
        "artist": credit,
        "artists": names,
        "composer": joined(other.get("composer", ())),
        "work": joined(other.get("work", ())),
        "compilation": first(other, "compilation", "tcmp", "cpil", "itunescompilation").lower() in _YES
        or plain(albumartist) in _VARIOUS,
    }


def artists_of(credits: Sequence[str], title: str = "") -> list[str]:
    """Return every artist once, in order: those of each credit, then those whom credits and title feature.

    Names are cut at "feat." and " / " only: "Simon & Garfunkel", "Earth, Wind & Fire" and "AC/DC" are one artist each.
    """
    names: dict[str, str] = {}
    guests: list[str] = []
    for credit in credits:
        main, found = _without_guests(credit)
        guests += found
        for name in filter(None, main.split(" / ")):
            names.setdefault(plain(name), name)
    guests += _without_guests(title)[1]
    for guest in guests:
        names.setdefault(plain(guest), guest)
    return list(names.values())


def _without_guests(text: str) -> tuple[str, list[str]]:
    match = _FEATURING.search(text)
    if match is None:
        return clean(text), []
    guests = [clean(name) for name in _JOINED.split(match[1]) if clean(name)]
    return clean(text[: match.start()]), guests


def clean(text: object) -> str:
    """Return a tag's text in one line and one form: composed characters (NFC), single blanks.

    >>> clean("Cafe\\u0301  Noir") == "Caf\\u00e9 Noir"
    True
    """
    return " ".join(unicodedata.normalize("NFC", str(text or "")).replace("\x00", " ").split())


def plain(text: str) -> str:
    """Return a name for comparison."""
    return clean(text).casefold()


def joined(values: Sequence[Any]) -> str:
    """Return several values of one tag as one text, each once."""
    return ", ".join(dict.fromkeys(clean(part) for value in values for part in str(value).split("\0") if clean(part)))


def first(other: Mapping[str, Sequence[Any]], *names: str) -> str:
    """Return the first value of the first of these tags that is there; "" where none is."""
    return next((clean(str(other[name][0]).split("\0")[-1]) for name in names if other.get(name)), "")


def level_of(text: str) -> float | None:
    """Return a ReplayGain tag's number: "-6.48 dB" → −6.48; None where it is none, or no gain that a player applies.

    >>> level_of("+1.20 dB"), level_of("loud")
    (1.2, None)
    """
    match = re.fullmatch(r"([+-]?(?:\d+\.?\d*|\.\d+))\s*(?:dB)?", text.strip(), re.IGNORECASE)
    value = float(match[1]) if match else None
    return value if value is not None and abs(value) <= 60 else None


R128_DB = 5.0  # RFC 7845 counts gains from −23 LUFS, ReplayGain 2.0 from −18


def gain_of(other: Mapping[str, Sequence[Any]]) -> float | None:
    """Return a track's ReplayGain in dB, from a tag of that name or from Opus' own (RFC 7845, 5.2.1: 1/256 dB).

    >>> gain_of({"r128_track_gain": ["-2944"]})
    -6.5
    """
    opus = first(other, "r128_track_gain")
    if re.fullmatch(r"[+-]?\d{1,5}", opus):
        return round(int(opus) / 256 + R128_DB, 2)
    return level_of(first(other, "replaygain_track_gain"))
