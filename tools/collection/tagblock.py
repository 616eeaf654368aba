"""Writing tags into a file's own tag block through mutagen, the extra ``tags`` (GPL-2.0-or-later): the only file that imports it.

Files come and go as bytes; frames that are not written are handed to mutagen unparsed, and whether they and the
sound are the same afterwards is proved by ``tagbytes``, which knows nothing of mutagen.
"""

import importlib.util
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from segue.tools.collection.credits import R128_DB
from segue.tools.collection.tagbytes import contents, id3_end, id3_name
from segue.tools.core.errors import CannotDo

EXTRA = "pip install 'segue-music[tags]'"
# What each field of a track is called in the formats, in lower case: these are replaced, all else stays.
NAMES: dict[str, frozenset[str]] = {
    "bpm": frozenset({"tbpm", "tmpo", "bpm", "tempo"}),
    "key": frozenset({"tkey", "initialkey", "initial_key", "key"}),
    "moods": frozenset({"tmoo", "mood"}),
    "genres": frozenset({"tcon", "\xa9gen", "gnre", "genre"}),
    "replaygain_db": frozenset({"replaygain_track_gain", "r128_track_gain"}),
    "replaygain_peak": frozenset({"replaygain_track_peak"}),
}
_SPARE = 1024  # bytes left free behind a tag that had to grow
_FREE = "com.apple.iTunes"


def available() -> bool:
    """Return whether mutagen is installed."""
    return importlib.util.find_spec("mutagen") is not None


def with_tags(data: bytes, suffix: str, values: Mapping[str, Any]) -> bytes:
    """Return a file with some tags written, every other one and the sound as they were.

    Parameters
    ----------
    values : by field of ``NAMES``: bpm, key ("D minor"), moods and genres (lists), replaygain_db in dB, replaygain_peak.

    Raises
    ------
    CannotDo : it is no file whose tags can be written so that all else stays; the message says why.
    """
    from mutagen import MutagenError

    before = contents(data, suffix)
    try:
        after = _WRITERS[before.kind.partition("v2")[0]](data, values)
    except (MutagenError, ValueError, KeyError) as error:
        raise CannotDo("Its tags cannot be written.", "They go into a file beside it.") from error
    ours = frozenset[str]().union(*(NAMES[field] for field in values))
    if contents(after, suffix).without(ours) != before.without(ours):
        raise CannotDo("Writing its tags would change others.", "They go into a file beside it.")
    return after


def key_tag(key: str) -> str:
    """Return a key as tags hold it.

    >>> key_tag("F# minor"), key_tag("C major"), key_tag("D dorian")
    ('F#m', 'C', 'D dorian')
    """
    return key.removesuffix(" major") if key.endswith(" major") else key.replace(" minor", "m")


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _texts(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the values as texts by field."""
    made: dict[str, Callable[[Any], list[str]]] = {
        "bpm": lambda v: [_number(v)], "key": lambda v: [key_tag(v)], "moods": list, "genres": list,
        "replaygain_db": lambda v: [f"{v:+.2f} dB"], "replaygain_peak": lambda v: [f"{v:.6f}"],
    }  # fmt: skip
    return {field: made[field](value) for field, value in values.items()}


class _Verbatim(dict[str, Any]):
    """All frames that mutagen knows, none of which it may take apart."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - never returns
        raise KeyError(name)


def _id3(data: bytes, values: Mapping[str, Any]) -> bytes:
    from mutagen import id3

    end = id3_end(data)
    tags = id3.ID3()
    if end:
        tags = id3.ID3(BytesIO(data), known_frames=_Verbatim(id3.Frames), translate=False, load_v1=False)
    version = tags.version[1]
    ours = frozenset[str]().union(*(NAMES[field] for field in values))
    tags.unknown_frames = [raw for raw in tags.unknown_frames if id3_name(raw[:4], raw[10:]) not in ours]
    coding = id3.Encoding.UTF8
    for field, texts in _texts(values).items():
        kind = {"bpm": id3.TBPM, "key": id3.TKEY, "moods": id3.TMOO if version == 4 else None, "genres": id3.TCON}.get(field)  # fmt: skip
        name = {"moods": "MOOD", "replaygain_db": "REPLAYGAIN_TRACK_GAIN", "replaygain_peak": "REPLAYGAIN_TRACK_PEAK"}
        if kind is None:
            tags.add(id3.TXXX(encoding=coding, desc=name[field], text=texts))
        else:
            tags.add(kind(encoding=coding, text=texts))
    made = BytesIO()

    def padding(info: Any) -> int:  # noqa: ANN401 - mutagen's own
        left = end + info.padding  # in an empty file mutagen sees a lack of what it needs
        return int(left) if 0 <= left <= 64 * _SPARE else _SPARE

    tags.save(made, v1=0, v2_version=version, v23_sep="; ", padding=padding)
    return made.getvalue() + data[end:]


def _comments(tags: Any, values: Mapping[str, Any], gain: bool) -> None:  # noqa: ANN401 - mutagen's own
    """Set Vorbis comments; ``gain`` writes Opus' own kind of gain."""
    name = {"bpm": "BPM", "key": "INITIALKEY", "moods": "MOOD", "genres": "GENRE", "replaygain_db": "REPLAYGAIN_TRACK_GAIN",
            "replaygain_peak": "REPLAYGAIN_TRACK_PEAK"}  # fmt: skip
    for field, texts in _texts(values).items():
        for old in {old.lower() for old in tags.keys()} & NAMES[field]:  # noqa: SIM118 - a list that acts as a dict
            del tags[old]
        if gain and field == "replaygain_db":
            tags["R128_TRACK_GAIN"] = [str(round(256 * (values[field] - R128_DB)))]
        else:
            tags[name[field]] = texts


def _flac(data: bytes, values: Mapping[str, Any]) -> bytes:
    from mutagen.flac import FLAC

    file = BytesIO(data)
    sound = FLAC(file)
    if sound.tags is None:
        sound.add_tags()
    _comments(sound.tags, values, False)
    file.seek(0)
    sound.save(file)
    return file.getvalue()


def _ogg(data: bytes, values: Mapping[str, Any]) -> bytes:
    from mutagen.oggopus import OggOpus
    from mutagen.oggvorbis import OggVorbis

    opus = b"OpusHead" in data[:64]
    file = BytesIO(data)
    sound = (OggOpus if opus else OggVorbis)(file)
    _comments(sound.tags, values, opus)
    file.seek(0)
    sound.save(file)
    return file.getvalue()


def _mp4(data: bytes, values: Mapping[str, Any]) -> bytes:
    from mutagen.mp4 import MP4, MP4FreeForm

    file = BytesIO(data)
    sound = MP4(file)
    if sound.tags is None:
        sound.add_tags()
    free = {"key": "initialkey", "moods": "MOOD", "replaygain_db": "replaygain_track_gain", "replaygain_peak": "replaygain_track_peak"}  # fmt: skip
    for field, texts in _texts(values).items():
        for old in [old for old in sound.tags if old.lower().rpartition(":")[2] in NAMES[field]]:
            del sound.tags[old]
        if field == "bpm":
            sound.tags["tmpo"] = [round(values[field])]
        elif field == "genres":
            sound.tags["\xa9gen"] = texts
        else:
            sound.tags[f"----:{_FREE}:{free[field]}"] = [MP4FreeForm(text.encode()) for text in texts]
    file.seek(0)
    sound.save(file)
    return file.getvalue()


_WRITERS: dict[str, Callable[[bytes, Mapping[str, Any]], bytes]] = {
    "ID3": _id3, "FLAC": _flac, "Vorbis": _ogg, "Opus": _ogg, "MP4": _mp4,
}  # fmt: skip
