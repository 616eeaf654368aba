"""The library as columns in memory: what a search reads, built again only after a change."""

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from segue.tools.collection.catalogue import Catalogue, Track, best_tags
from segue.tools.collection.embed import SPACE
from segue.tools.collection.felt import felt_bpm
from segue.tools.collection.index import VectorIndex
from segue.tools.collection.measure import AUDIO_SPACE
from segue.tools.collection.names import NameIndex
from segue.tools.collection.postings import Postings
from segue.tools.collection.words import credits_of, normal
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.theory import Key, parse_key
from segue.tools.core.vocabulary import genres_in, mood

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

AXES = ("energy", "tempo", "mood", "brightness", "density", "acousticness", "loudness", "danceability", "distortion",
        "melody", "vocals", "familiarity", "length")  # fmt: skip
_MASKS = 64  # genres whose rows are remembered: 1 MB each in a library of a million
_BOOSTS = {"title": 3.0, "artist": 3.0, "album": 1.5, "genre": 2.0, "sound": 2.0, "words": 1.0, "lyrics": 0.5}


@dataclass(frozen=True, slots=True)
class Sample:
    """One piece of music to compare with: a track's facts and its vectors, where there are any."""

    track: Track
    audio: Floats | None = None
    text: Floats | None = None


class Snapshot:
    """Tracks as columns; NaN and empty mean not known. Row *n* of every column is ``tracks[n]``.

    Parameters
    ----------
    text, audio : vectors by track id.
    keep : a folder where the indexes of large libraries are kept.
    """

    def __init__(
        self, tracks: Sequence[Track], text: Mapping[str, Floats], audio: Mapping[str, Floats], keep: Path | None = None
    ) -> None:
        self.tracks = list(tracks)
        self.size = len(self.tracks)
        self.ids = [track.id for track in self.tracks]
        self.position = {id: n for n, id in enumerate(self.ids)}
        self.text = VectorIndex(text, self.ids, keep and keep / "text.faiss")
        self.audio = VectorIndex(audio, self.ids, keep and keep / "audio.faiss")
        self._columns: dict[str, Floats] = {}
        self._counts: dict[str, int] = {}
        self._axes: dict[str, Floats] = {}
        self._percentiles: dict[str, Floats] = {}
        self._of_genres: dict[frozenset[str], Mask] = {}

    def column(self, name: str) -> Floats:
        """Return a numeric field of ``Track`` as float32 ``[tracks]``."""
        if name not in self._columns:
            values = (getattr(track, name) for track in self.tracks)
            self._columns[name] = np.array([np.nan if v is None else v for v in values], dtype=np.float32)
        return self._columns[name]

    def unknown(self, name: str) -> int:
        """Return how many tracks have nothing in a numeric field."""
        key = f"unknown:{name}"
        if key not in self._counts:
            self._counts[key] = int(np.isnan(self.column(name)).sum())
        return self._counts[key]

    def mask_of(self, ids: Iterable[str]) -> Mask:
        """Return the rows of some ids; those that are not here are left out."""
        mask = np.zeros(self.size, dtype=bool)
        mask[self.rows_of(ids)] = True
        return mask

    def rows_of(self, ids: Iterable[str]) -> Rows:
        """Return the rows of some ids in their order; those that are not here are left out."""
        return np.array([self.position[id] for id in ids if id in self.position], dtype=np.intp)

    @cached_property
    def voices(self) -> Floats:
        """How sure someone sings, 0–1, as measured; of what was not measured, as its tags say; NaN where nothing is known."""
        told = [np.nan if track.vocals is not None else _told_voice(track) for track in self.tracks]
        measured = self.column("vocals")
        return np.where(np.isnan(measured), np.array(told, dtype=np.float32), measured)

    def tagged(self, axis: str) -> Floats:
        """Return where the moods that people wrote put each track on an axis, −1..1; NaN where they say nothing of it."""
        key = f"tagged:{axis}"
        if key not in self._axes:
            self._axes[key] = np.array([tagged_place(track, axis) for track in self.tracks], dtype=np.float32)
        return self._axes[key]

    @cached_property
    def bpm(self) -> Floats:
        """Tempo, quarter notes a minute."""
        return self.column("bpm")

    @cached_property
    def bpm_confidence(self) -> Floats:
        """How sure the tempo is, 0–1."""
        return self.column("bpm_confidence")

    @cached_property
    def analysed(self) -> Mask:
        """Which tracks were measured; tracks without a file never will be."""
        return np.array([track.analysed or track.path is None for track in self.tracks], dtype=bool)

    @cached_property
    def genres(self) -> list[frozenset[str]]:
        """Of each track its genres: as written (normal form) and as the vocabulary calls them."""
        return [genre_names(tuple(track.genres)) for track in self.tracks]

    @cached_property
    def _genre_codes(self) -> tuple[list[frozenset[str]], npt.NDArray[np.intp]]:
        codes: dict[frozenset[str], int] = {}
        rows = np.array([codes.setdefault(genres, len(codes)) for genres in self.genres], dtype=np.intp)
        return list(codes), rows

    def of_genre(self, test: Callable[[frozenset[str]], bool]) -> Mask:
        """Return the rows whose genres pass a test; it is run once for each combination there is."""
        distinct, rows = self._genre_codes
        return (
            np.array([test(genres) for genres in distinct], dtype=bool)[rows] if distinct else np.zeros(0, dtype=bool)
        )

    def of_genres(self, wanted: frozenset[str]) -> Mask:
        """Return the rows of one of the wanted genres (see ``has_genre``); they are remembered, and not to be written to."""
        mask = self._of_genres.get(wanted)
        if mask is None:
            mask = self.of_genre(lambda genres: has_genre(genres, wanted))
            mask.setflags(write=False)
            if len(self._of_genres) >= _MASKS:
                self._of_genres.clear()
            self._of_genres[wanted] = mask
        return mask

    @cached_property
    def without_genre(self) -> Mask:
        """Which tracks have no genre."""
        return self.of_genre(lambda genres: not genres)

    @cached_property
    def moods(self) -> dict[str, Mask]:
        """For each mood (normal form) the rows that carry it."""
        return self._holders([track.moods for track in self.tracks])

    @cached_property
    def instruments(self) -> dict[str, Mask]:
        """For each instrument (normal form) the rows that carry it."""
        return self._holders([track.instruments for track in self.tracks])

    def _holders(self, lists: Sequence[Sequence[str]]) -> dict[str, Mask]:
        rows: dict[str, list[int]] = {}
        for n, names in enumerate(lists):
            for name in names:
                rows.setdefault(name, []).append(n)
        found: dict[str, Mask] = {}
        for name, places in rows.items():
            found.setdefault(normal(name), np.zeros(self.size, dtype=bool))[places] = True
        return found

    @cached_property
    def tags(self) -> dict[str, Floats]:
        """For each tag of the ear its probability, float32 ``[tracks]``; 0 where it was not listened for."""
        found: dict[str, Floats] = {}
        for n, track in enumerate(self.tracks):
            for name, p in track.tags.items():
                if name not in found:
                    found[name] = np.zeros(self.size, dtype=np.float32)
                found[name][n] = p
        return found

    @cached_property
    def keys(self) -> npt.NDArray[np.int16]:
        """The tonic (0–11), plus 12 for minor keys, as int16 ``[tracks]``; −1 where the key is not known."""
        codes = {name: key_code(name) for name in {track.key for track in self.tracks}}
        return np.array([codes[track.key] for track in self.tracks], dtype=np.int16)

    @cached_property
    def last_played(self) -> npt.NDArray[np.str_]:
        """The day each track was last played, as ISO date ``[tracks]``; empty where it is not known."""
        return np.array([day_of(track.lastplayed) for track in self.tracks], dtype="U10")

    @cached_property
    def performers(self) -> npt.NDArray[np.int64]:
        """A number for each artist, int64 ``[tracks]``; −1 where the artist is not known."""
        codes: dict[str, int] = {"": -1}
        return np.array([codes.setdefault(normal(track.artist), len(codes)) for track in self.tracks], dtype=np.int64)

    @cached_property
    def artists(self) -> list[frozenset[str]]:
        """Of each track its artists in normal form: together and one by one."""
        return [artist_names(track.artist, track.albumartist) for track in self.tracks]

    @cached_property
    def _of_artist(self) -> dict[str, npt.NDArray[np.int32]]:
        found: dict[str, array[int]] = defaultdict(lambda: array("i"))
        for row, names in enumerate(self.artists):
            for name in names:
                found[name].append(row)
        return {name: np.array(rows, dtype=np.int32) for name, rows in found.items()}

    def of_artists(self, names: Iterable[str]) -> Mask:
        """Return the rows of some artists, named in normal form; those who are not here have none."""
        mask = np.zeros(self.size, dtype=bool)
        for name in names:
            if name in self._of_artist:
                mask[self._of_artist[name]] = True
        return mask

    @cached_property
    def languages(self) -> npt.NDArray[np.str_]:
        """Of each track its language, ISO 639-1 ``[tracks]``; empty where it is not known."""
        return np.array([(track.language or "")[:2] for track in self.tracks], dtype="U2")

    @cached_property
    def versions(self) -> npt.NDArray[np.int64]:
        """A number for each song, int64 ``[tracks]``, that its other recordings share."""
        codes: dict[str, int] = {}
        names = (track.version_of or version_name(track) or track.id for track in self.tracks)
        return np.array([codes.setdefault(name, len(codes)) for name in names], dtype=np.int64)

    @cached_property
    def postings(self) -> Postings:
        """All words with their BM25 weights."""
        return Postings([_document(track) for track in self.tracks], _BOOSTS)

    @cached_property
    def names(self) -> NameIndex:
        """Artists, titles, albums and genres."""
        return NameIndex(self.tracks)

    def axis(self, name: str) -> Floats:
        """Return the tracks' values on an axis: 0–1, tempo (as measured) and felt in bpm, length in s, familiarity in plays."""
        if name not in self._axes:
            self._axes[name] = np.array([axis_value(track, name) for track in self.tracks], dtype=np.float32)
        return self._axes[name]

    def percentiles(self, name: str) -> Floats:
        """Return where each track stands on an axis among those known, 0–100; NaN where unknown."""
        if name not in self._percentiles:
            values = self.axis(name)
            self._percentiles[name] = np.array([self.percentile(name, v) for v in values], dtype=np.float32)
        return self._percentiles[name]

    def percentile(self, name: str, value: float) -> float:
        """Return where a value stands on an axis among this library's, 0–100; NaN where nothing is known."""
        known = self._sorted(name)
        if not len(known) or np.isnan(value):
            return float("nan")
        low, high = np.searchsorted(known, value, "left"), np.searchsorted(known, value, "right")
        return float(50.0 * (low + high) / len(known))

    def _sorted(self, name: str) -> Floats:
        key = f"sorted:{name}"
        if key not in self._axes:
            values = self.axis(name)
            self._axes[key] = np.sort(values[~np.isnan(values)])
        return self._axes[key]

    def sample(self, row: int) -> Sample:
        """Return a row to compare with."""
        return Sample(self.tracks[row], self.audio.vector(row), self.text.vector(row))


def snapshot_of(catalogue: Catalogue) -> Snapshot:
    """Return the catalogue's columns as they are now."""

    def make() -> Snapshot:
        text, audio = catalogue.vectors(SPACE), catalogue.vectors(AUDIO_SPACE)
        return Snapshot(catalogue.find(), text, audio, catalogue.settings.home / "index")

    found: Snapshot = catalogue.derived("snapshot", make)
    return found


def day_of(written: str | None) -> str:
    """Return the day of an ISO time, or its year or month alone; empty for anything else.

    >>> day_of("2019-05-03T10:00:00+00:00"), day_of("2019"), day_of("yesterday")
    ('2019-05-03', '2019', '')
    """
    found = re.match(r"\d{4}(?:-\d{2}){0,2}(?!\d)", written or "")
    return found[0] if found else ""


def axis_value(track: Track, name: str) -> float:
    """Return a track's value on an axis; NaN where it is not known."""
    if name == "tempo":
        return track.bpm if track.bpm else float("nan")
    if name == "felt":
        return felt_bpm(track) or float("nan")
    if name == "length":
        return track.duration_s if track.duration_s else float("nan")
    if name == "familiarity":
        return float(track.playcount or 0) + (track.rating or 0.0) / 10
    return track.axes.get(name, float("nan"))


def tagged_place(track: Track, axis: str) -> float:
    """Return where a track's moods lie on the axes of energy and mood, −1..1, after Russell's circumplex; else NaN."""
    if axis not in ("energy", "mood") or "moods" in track.measured:
        return float("nan")
    known = [found for name in track.moods if (found := mood(normal(name))) is not None]
    return float(np.mean([one.arousal if axis == "energy" else one.valence for one in known])) if known else float("nan")  # fmt: skip


def _told_voice(track: Track) -> float:
    """Return 0 for what its tags call instrumental, 1 for what has lyrics or a language, NaN for all others."""
    if track.language == "zxx" or any(
        re.search(r"\binstrumentals?\b", normal(text)) for text in (*track.genres, *track.moods, track.comment)
    ):
        return 0.0
    return 1.0 if track.lyrics or track.language else float("nan")


_RAP = frozenset({"rap", "hip hop", "hiphop boombap"})  # one genre by two names


@lru_cache(maxsize=4096)
def genre_names(written: tuple[str, ...]) -> frozenset[str]:
    """Return genres in normal form and as the vocabulary calls them."""
    names = {normal(genre) for genre in written}
    names |= {normal(found.value) for genre in written for found in genres_in(genre)}
    if names & _RAP:
        names |= _RAP
    return frozenset(name for name in names if name)


def has_genre(track_genres: frozenset[str], wanted: frozenset[str]) -> bool:
    """Tell whether a track is of one of the wanted genres: "rock" takes "indie rock", not the other way round."""
    return any(name == genre or f" {name} " in f" {genre} " for name in wanted for genre in track_genres)


def artist_names(*written: str) -> frozenset[str]:
    """Return artists in normal form: the whole and the parts of "A feat. B" and "A, B"."""
    names = {normal(name) for text in written for name in [text, *credits_of(text)]}
    return frozenset(name for name in names if name)


_VERSION = re.compile(
    r"\s*[\(\[][^\)\]]*(live|remaster|version|edit|mix|acoustic|demo|mono|stereo|take|session|bonus|deluxe)[^\)\]]*[\)\]]"
    r"|\s+-\s+[^-]*(live|remaster|version|edit|mix|acoustic|demo|mono|stereo)[^-]*$",
    re.IGNORECASE,
)


def version_name(track: Track) -> str:
    """Return title and artist without "(Live)", "- 2011 Remaster" and the like; empty without an artist.

    >>> version_name(Track(id="t", title="Low Tide (Live at Home)", artist="Nina"))
    'low tide|nina'
    """
    title = normal(_VERSION.sub("", track.title))
    return f"{title}|{normal(track.artist)}" if title and track.artist else ""


def key_code(name: str | None) -> int:
    """Return a key's tonic, plus 12 where it is minor; −1 where it is not known."""
    try:
        key = parse_key(name) if name else None
    except InvalidArgument:
        return -1
    return -1 if key is None else key.tonic + 12 * key.is_minor


def key_of(track: Track) -> Key | None:
    """Return a track's key, or None where it is not known."""
    code = key_code(track.key)
    return None if code < 0 else Key(code % 12, "minor" if code >= 12 else "major")


def _document(track: Track) -> dict[str, str]:
    sound = [*track.moods, *track.instruments, *best_tags(track.tags)]
    return {
        "title": track.title,
        "artist": f"{track.artist} {track.albumartist if track.albumartist != track.artist else ''}",
        "album": track.album,
        "genre": " ".join(track.genres),
        "sound": " ".join(sound),
        "words": f"{track.caption} {track.comment}",
        "lyrics": track.lyrics,
    }
