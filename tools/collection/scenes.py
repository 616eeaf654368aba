"""Scenes: what artists and songs are generally known for, so that a library without genre tags can be asked for genres.

``known_artists.json`` holds some fifty scenes: the words by which people ask for one (genre, decade, occasion, mood),
and artists of it; ``known_songs.json`` the same of well-known songs. Both were written for this project from common
knowledge; an artist or a song may stand in several scenes.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from segue.tools.collection.snapshot import Floats
from segue.tools.collection.words import normal, stem, tokens

_ARTISTS = Path(__file__).parent / "known_artists.json"
_SONGS = Path(__file__).parent / "known_songs.json"
_ADDED = re.compile(r"(?<=\w)\W*(?:[\(\[].*|\s-\s.*)$")  # "(feat. …)", "[Live]", " - Remaster" after a title
_GUEST = 0.6  # how much of a scene a track has through an artist who is not named first
_SAME = [
    ("r&b", "rnb"), ("r and b", "rnb"), ("r & b", "rnb"), ("hip hop", "hiphop"), ("hip-hop", "hiphop"), ("k-pop", "kpop"),
    ("k pop", "kpop"), ("lo-fi", "lofi"), ("lo fi", "lofi"), ("eighties", "80s"), ("nineties", "90s"), ("seventies", "70s"),
    ("sixties", "60s"), ("fifties", "50s"), ("1980s", "80s"), ("1990s", "90s"), ("1970s", "70s"), ("1960s", "60s"),
    ("80's", "80s"), ("90's", "90s"), ("70's", "70s"), ("60's", "60s"), ("50's", "50s"), ("old school", "oldschool"),
    ("work out", "workout"), ("exercise", "workout"), ("exercising", "workout"), ("run ", "workout "), ("running", "workout"),
    ("studying", "study"), ("sleeping", "sleep"), ("relaxing", "relax"), ("relaxed", "relax"), ("calming", "calm"),
    ("rapping", "rap"), ("r and r", "rock and roll"), ("rock n roll", "rock and roll"), ("afro ", "afrobeats "), ("nigeria", "nigerian"), ("christ ", "christian "), ("2022", "recent"),
    ("latest", "recent"), ("newer", "new"), ("heart break", "heartbreak"), ("broke up", "breakup"), ("break up", "breakup"),
    ("dancing", "dance"), ("tropical", "summer"), ("drive", "road trip"), ("driving", "road trip"),
]  # fmt: skip
"""Other ways to write a scene's words; replaced in this order."""


class Scenes:
    """How far each track of a library belongs to each scene, and which scenes a text asks for.

    Parameters
    ----------
    of_row : how far a row belongs to a scene, 0–1, float32 ``[tracks, scenes]``. words : of each scene its stems.
    """

    def __init__(self, of_row: Floats, words: Sequence[frozenset[str]]) -> None:
        self.of_row, self._words = of_row, words
        holders: dict[str, int] = defaultdict(int)
        for scene in self._words:
            for word in scene:
                holders[word] += 1
        self._weight = {word: float(np.log(1 + len(self._words) / count)) for word, count in holders.items()}

    def asked(self, text: str) -> Floats:
        """Return how strongly a text asks for each scene, float32 ``[scenes]``: rare words count more."""
        said = scene_words(text)
        found = [sum(self._weight[word] for word in said & words) for words in self._words]
        return np.array(found, dtype=np.float32)

    def words_for(self, row: int, text: str) -> list[str]:
        """Return the words of a text that ask for a scene which the row's artists belong to, as they are written."""
        said = {stem(token.word): token.word for token in tokens(text)}
        mine = [self._words[int(scene)] for scene in np.nonzero(self.of_row[row])[0]]
        wanted = scene_words(text)
        return [written for word, written in said.items() if word in wanted and any(word in words for words in mine)]

    def of_rows(self, rows: Iterable[tuple[int, float]]) -> Floats:
        """Return the scenes of some rows with their weights, float32 ``[scenes]``; each row counts as one."""
        out = np.zeros(self.of_row.shape[1], dtype=np.float32)
        for row, weight in rows:
            out += weight * self.of_row[row] / max(1.0, float(self.of_row[row].sum()))
        return out

    def near(self, wanted: Floats) -> Floats:
        """Return how far each track belongs to the scenes wanted, 0–1, float32 ``[tracks]``."""
        most = float(wanted.max(initial=0.0))
        if most <= 0:
            return np.zeros(len(self.of_row), dtype=np.float32)
        return np.asarray((self.of_row * (wanted / most) ** 2).max(axis=1), dtype=np.float32)


def scenes_of_artists(artists: Sequence[Sequence[str]]) -> Scenes:
    """Return the scenes of tracks by their artists, of each track the first-named first."""
    known, words = _known()
    of_row = np.zeros((len(artists), len(words)), dtype=np.float32)
    for row, names in enumerate(artists):
        for place, name in enumerate(names):
            for scene in known.get(_key(name), ()):
                of_row[row, scene] = max(float(of_row[row, scene]), _GUEST if place else 1.0)
    return Scenes(of_row, words)


def scenes_of_songs(titles: Sequence[str], artists: Sequence[Sequence[str]]) -> Scenes:
    """Return the scenes of tracks that are well-known songs; the others belong to none."""
    known, words = _known_songs()
    of_row = np.zeros((len(titles), len(words)), dtype=np.float32)
    for row, (title, names) in enumerate(zip(titles, artists, strict=True)):
        plain = normal(_ADDED.sub("", title))
        for name in names:
            for scene in known.get((plain, _key(name)), ()):
                of_row[row, scene] = 1.0
    return Scenes(of_row, words)


def scene_words(text: str) -> set[str]:
    """Return a text's stems with the names of scenes in one way of writing."""
    flat = f" {text.lower().replace('’', chr(39))} "
    for written, same in _SAME:
        flat = flat.replace(written, same)
    return {stem(token.word) for token in tokens(flat)}


@lru_cache(maxsize=1)
def words_of_scenes() -> frozenset[str]:
    """Return all stems by which a scene is asked for."""
    return frozenset(word for words in (*_known()[1], *_known_songs()[1]) for word in words)


@lru_cache(maxsize=1)
def _known() -> tuple[dict[str, set[int]], list[frozenset[str]]]:
    """The scenes of each artist, and the words of each scene."""
    listed = json.loads(_ARTISTS.read_text("utf-8"))
    artists: dict[str, set[int]] = defaultdict(set)
    for n, scene in enumerate(listed):
        for name in scene["artists"]:
            artists[_key(name)].add(n)
    return dict(artists), _words_of(listed)


@lru_cache(maxsize=1)
def _known_songs() -> tuple[dict[tuple[str, str], set[int]], list[frozenset[str]]]:
    """The scenes of each song by title and artist, and the words of each scene."""
    listed = json.loads(_SONGS.read_text("utf-8"))
    songs: dict[tuple[str, str], set[int]] = defaultdict(set)
    for n, scene in enumerate(listed):
        for title, artist in scene["songs"]:
            songs[normal(_ADDED.sub("", title)), _key(artist)].add(n)
    return dict(songs), _words_of(listed)


def _words_of(listed: Sequence[dict[str, list[str]]]) -> list[frozenset[str]]:
    return [frozenset(word for said in scene["words"] for word in scene_words(said)) for scene in listed]


def _key(name: str) -> str:
    return normal(name).removeprefix("the ")
