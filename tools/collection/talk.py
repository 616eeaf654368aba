"""Ranking a library by a whole talk: what was said last and before, what was liked and what was not.

Each turn is of a kind (an artist is named, others like one are wanted, a scene is asked for, nothing is said but
"thanks", or something else), and each kind weighs the sources of evidence in its own way. The weights
(``talk_weights.json``) were found by coordinate search on the dialogues for tuning of `segue eval discovery`.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from segue.tools.collection.embed import embed_query
from segue.tools.collection.names import NameMatch
from segue.tools.collection.scenes import scene_words, scenes_of_artists, scenes_of_songs, words_of_scenes
from segue.tools.collection.snapshot import Floats, Snapshot
from segue.tools.collection.words import COMMON, STOP, credits_of, normal, stem, tokens

Encode = Callable[[str], Floats | None]
_WEIGHTS = Path(__file__).parent / "talk_weights.json"
_FADE = 0.7  # what a turn further back counts against the next
_WORD_FADE = 0.6
_SCENE_FADE = 0.8
_REJECTED = 0.5  # what a rejected track takes from its artist
_POSSESSIVE = re.compile(r"['’]s\b")
_OTHERS = re.compile(
    r"\b(similar|(bands?|artists?|singers?|groups?) like|like (them|those|these|this)|such as|same)\b", re.I
)
# Words of a scene's name that say nothing when they stand alone: nobody is "known for old".
_NO_FAME = frozenset({"old", "new", "modern", "listen", "listening", "wind", "winding", "down", "up", "one", "best", "top", "last", "first"})  # fmt: skip
_FILLING = STOP | frozenset(
    [
        "add",
        "create",
        "love",
        "loved",
        "loving",
        "like",
        "liked",
        "awesome",
        "amazing",
        "perfect",
        "great",
        "excellent",
        "wonderful",
        "fantastic",
        "beautiful",
        "nice",
        "cool",
        "lovely",
        "sweet",
        "fire",
        "wow",
        "oh",
        "yeah",
        "yea",
        "yes",
        "sure",
        "alright",
        "course",
        "mix",
        "include",
        "throw",
        "wrap",
        "finish",
        "finalize",
        "complete",
        "list",
        "playlist",
        "listen",
        "hear",
        "going",
        "maybe",
        "perhaps",
        "think",
        "right",
        "also",
        "too",
        "well",
        "enough",
        "couple",
        "bit",
        "little",
        "lets",
        "let",
        "start",
        "started",
        "end",
        "last",
        "lastly",
        "final",
        "finally",
        "more",
        "some",
        "another",
        "different",
        "various",
        "suggestion",
        "suggest",
        "pick",
        "picks",
        "choice",
        "choices",
        "selection",
        "option",
        "options",
        "enjoy",
        "keep",
        "coming",
        "next",
        "want",
        "wanted",
        "would",
        "id",
        "thanks",
        "appreciate",
        "artist",
        "artists",
        "album",
        "vibe",
        "vibes",
        "feel",
        "feeling",
        "mood",
        "making",
        "fan",
        "really",
        "much",
        "many",
        "done",
        "job",
        "tracks",
        "feature",
        "featuring",
        "include",
        "including",
        "popular",
        "anything",
        "something",
        "got",
        "gotten",
        "able",
        "hi",
        "hello",
        "hey",
        "there",
        "greetings",
        "morning",
        "afternoon",
        "evening",
        "day",
        "today",
        "favourite",
        "favorite",
        "best",
        "kind",
        "style",
        "genre",
        "type",
        "similar",
    ]
)
"""Words of talk about a playlist that tell nothing of the music."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A talk as far as it went: the user's words, the current ones last, and the rows rated in each earlier turn."""

    said: Sequence[str]
    liked: Sequence[Sequence[int]] = ()
    disliked: Sequence[Sequence[int]] = ()


class TalkRanker:
    """Ranks a library's tracks by a talk.

    Parameters
    ----------
    encode : makes the vector of a sentence; None where there is no encoder, and meaning is left out.
    """

    def __init__(self, library: Snapshot, encode: Encode = embed_query) -> None:
        self.library = library
        self.encode = encode
        self.credits = [credits_of(track.artist) for track in library.tracks]
        self._keys = [[normal(name) for name in names] for names in self.credits]
        self.rows: dict[str, list[int]] = defaultdict(list)
        for row, keys in enumerate(self._keys):
            for key in keys:
                self.rows[key].append(row)
        self.scenes = scenes_of_artists(self.credits)
        self.songs = scenes_of_songs([track.title for track in library.tracks], self.credits)
        held = [max((len(self.rows[key]) for key in keys), default=1) for keys in self._keys]
        self.held = np.log(np.array(held or [1])) / max(1.0, float(np.log(max(held, default=1))))
        self._named = lru_cache(maxsize=1024)(self._read_names)

    def kind(self, text: str) -> str:
        """Return what kind of turn a message is: named, similar, scene, empty or other."""
        if self._named(text)[1]:
            return "similar" if _OTHERS.search(_POSSESSIVE.sub("", text)) else "named"
        if scene_words(_POSSESSIVE.sub("", text)) & words_of_scenes():
            return "scene"
        return "other" if _content(text, scenes=False) else "empty"

    def knows(self, talk: Talk) -> bool:
        """Tell whether a talk says anything to rank by: a name, a scene, words of this library, or something liked before."""
        if any(talk.liked):
            return True
        return any(
            self._named(said)[0].any() or self.scene(Talk([said])) or self._words(said).any() for said in talk.said
        )

    def scene(self, talk: Talk) -> bool:
        """Tell whether the last words ask for a scene that artists of this library belong to."""
        return bool(talk.said) and bool(self.scenes.near(self.scenes.asked(talk.said[-1])).any())

    def reasons(self, talk: Talk, row: int) -> list[str]:
        """Say what in the talk speaks for a row: its artist was liked, or is known for what is asked."""
        found = []
        liked = {key: name for turn in talk.liked for r in turn for key, name in zip(self._keys[r], self.credits[r], strict=True)}  # fmt: skip
        mine = [liked[key] for key in self._keys[row] if key in liked]
        if mine:
            found.append(f"by {mine[0]}, of whom you liked something")
        said = self.scenes.words_for(row, talk.said[-1]) if talk.said else []
        said = [word for word in said if not word.isdigit() and word not in _NO_FAME]
        if said and self.credits[row]:
            found.append(f"{self.credits[row][0]} is known for {' and '.join(said[:2])}")
        return found

    def scores(self, talk: Talk) -> Floats:
        """Return a score for every track, float32 ``[tracks]``; with no words yet all are alike."""
        if not talk.said or not self.library.size:
            return np.zeros(self.library.size, dtype=np.float32)
        weights = _weights()[self.kind(talk.said[-1])]
        total: Floats = np.zeros(self.library.size, dtype=np.float32)
        for name, scores in self._sources(talk, {name for name, weight in weights.items() if weight}):
            total = total + np.float32(weights[name]) * scores
        rated = {row for turn in (*talk.liked, *talk.disliked) for row in turn}
        return self._spread(total.astype(np.float32), weights["spread"], rated)

    def _sources(self, talk: Talk, wanted: set[str]) -> Iterable[tuple[str, Floats]]:
        """Yield every source that is wanted: its name and its scores, brought to one scale."""
        ages = range(len(talk.said) - 1, -1, -1)
        makes: dict[str, Callable[[], Floats]] = {
            "names": lambda: _share(self._named(talk.said[-1])[0]),
            "earlier_names": lambda: _share(self._earlier_names(talk)),
            "words": lambda: _share(self._words(talk.said[-1])),
            "plain_words": lambda: _share(self._words(talk.said[-1], scenes=False)),
            "all_words": lambda: _share(_sum(_WORD_FADE**age * self._words(said) for said, age in zip(talk.said, ages, strict=True))),
            "earlier_plain_words": lambda: _share(_sum(_WORD_FADE ** (age - 1) * self._words(said, scenes=False) for said, age in zip(talk.said, ages, strict=True) if age)),
            "meaning": lambda: self._meaning([(talk.said[-1], 1.0)]),
            "all_meaning": lambda: self._meaning([(said, _FADE**age) for said, age in zip(talk.said, ages, strict=True)]),
            "first_meaning": lambda: self._meaning([(talk.said[0], 1.0)]),
            "liked_artists": lambda: _share(self._liked_artists(talk)),
            "liked_meaning": lambda: self._liked_meaning(talk),
            "liked_artist_meaning": lambda: self._liked_artist_meaning(talk),
            "held": lambda: _share(self.held),
            "song": lambda: _share(self.songs.near(self.songs.asked(talk.said[-1]))),
            "all_songs": lambda: _share(self.songs.near(_sum(_SCENE_FADE**age * self.songs.asked(said) for said, age in zip(talk.said, ages, strict=True)))),
            "liked_songs": lambda: _share(self.songs.near(self.songs.of_rows(_liked(talk)))),
            "famous": lambda: np.asarray(self.songs.of_row.any(axis=1), dtype=np.float32),
        }  # fmt: skip
        for name, make in makes.items():
            if name in wanted:
                yield name, make()
        for name, scenes in self._wanted_scenes(talk).items():
            near = self.scenes.near(scenes)
            if name in wanted:
                yield name, _share(near)
            if f"{name}_held" in wanted:
                yield f"{name}_held", _share(_share(near) * (0.3 + 0.7 * self.held))

    # -- words and names -------------------------------------------------------------------------

    def _words(self, text: str, scenes: bool = True) -> Floats:
        return self.library.postings.scores(_content(text, scenes))

    def _read_names(self, text: str) -> tuple[Floats, int]:
        """Return what the names in a message say for each track, and how many artists it names."""
        text = _POSSESSIVE.sub("", text)
        scores, artists = np.zeros(self.library.size, dtype=np.float32), 0
        found = self.library.names.find(text)
        for start, end in dict.fromkeys((name.start, name.end) for name in found):
            here = {name.kind: name for name in found if (name.start, name.end) == (start, end)}
            said = [token.word for token in tokens(text[start:end])]
            common = all(word in _FILLING or word in COMMON for word in said)
            artist = here.get("artist")
            if (artist is None and common) or (artist is not None and common and not text[start].isupper()):
                continue
            if artist is not None:
                scores[self._rows_of(artist)] += 1.0 if artist.exact else 0.7
                artists += 1
            for kind, value in (("title", 0.8), ("album", 0.5)):
                name = here.get(kind)  # type: ignore[call-overload]
                if name is not None and (len(said) > 1 or artist is not None):
                    sure = (1.0 if name.exact else 0.6) * (0.4 if artist is not None else 1.0)
                    scores[self._rows_of(name)] += value * sure
        return scores, artists

    def _rows_of(self, name: NameMatch) -> list[int]:
        return [self.library.position[id] for id in name.ids]

    def _earlier_names(self, talk: Talk) -> Floats:
        out = np.zeros(self.library.size, dtype=np.float32)
        for age, said in enumerate(reversed(talk.said[:-1])):
            out = np.maximum(out, _FADE**age * self._named(said)[0])
        return out

    # -- meaning ---------------------------------------------------------------------------------

    def _meaning(self, said: Iterable[tuple[str, float]]) -> Floats:
        vectors = [(self.encode(text), weight) for text, weight in said]
        return self._nearness([(vector, weight) for vector, weight in vectors if vector is not None])

    def _liked_meaning(self, talk: Talk) -> Floats:
        vectors = [(self.library.text.vector(row), weight) for row, weight in _liked(talk)]
        return self._nearness([(vector, weight) for vector, weight in vectors if vector is not None])

    def _nearness(self, vectors: Sequence[tuple[Floats, float]]) -> Floats:
        if not vectors or not len(self.library.text):
            return np.zeros(self.library.size, dtype=np.float32)
        middle = np.sum([weight * vector for vector, weight in vectors], axis=0)
        return _standard(np.nan_to_num(self.library.text.similarities(middle)))

    @cached_property
    def _artist_vectors(self) -> tuple[dict[str, int], Floats]:
        """The mean text vector of each artist's tracks."""
        places = {name: n for n, name in enumerate(sorted(self.rows))}
        out = np.zeros((len(places), self.library.text.dimensions), dtype=np.float32)
        for name, place in places.items():
            known = [vector for row in self.rows[name] if (vector := self.library.text.vector(row)) is not None]
            if known:
                middle = np.mean(known, axis=0)
                out[place] = middle / max(1e-9, float(np.linalg.norm(middle)))
        return places, out

    def _liked_artist_meaning(self, talk: Talk) -> Floats:
        places, vectors = self._artist_vectors
        middle = np.zeros(vectors.shape[1], dtype=np.float32)
        for row, weight in _liked(talk):
            for key in self._keys[row]:
                middle += weight * vectors[places[key]]
        length = float(np.linalg.norm(middle))
        if not length:
            return np.zeros(self.library.size, dtype=np.float32)
        near = vectors @ (middle / length)
        each = np.full(self.library.size, -np.inf, dtype=np.float32)
        np.maximum.at(each, self._credit_rows, near[self._credit_places])
        return _standard(np.where(np.isfinite(each), each, 0.0).astype(np.float32))

    @cached_property
    def _credit_rows(self) -> npt.NDArray[np.intp]:
        """The row of every credit, in the order of the rows."""
        return np.array([row for row, keys in enumerate(self._keys) for _ in keys], dtype=np.intp)

    @cached_property
    def _credit_places(self) -> npt.NDArray[np.intp]:
        """The artist's place in the matrix of artists of every credit."""
        places = self._artist_vectors[0]
        return np.array([places[key] for keys in self._keys for key in keys], dtype=np.intp)

    # -- artists and scenes ----------------------------------------------------------------------

    def _liked_artists(self, talk: Talk) -> Floats:
        counts: Counter[str] = Counter()
        for row, weight in _liked(talk):
            for name in self._keys[row]:
                counts[name] += weight  # type: ignore[assignment]
        for turn in talk.disliked:
            for row in turn:
                for name in self._keys[row][:1]:
                    counts[name] -= _REJECTED  # type: ignore[assignment]
        out = np.zeros(self.library.size, dtype=np.float32)
        for name, count in counts.items():
            out[self.rows[name]] = np.maximum(out[self.rows[name]], np.log1p(max(count, 0)))
        return out

    def _wanted_scenes(self, talk: Talk) -> dict[str, Floats]:
        """The scenes that the last words, all words, the liked tracks, the artists named, and the first three ask for."""
        ages = range(len(talk.said) - 1, -1, -1)
        asked = [self.scenes.asked(said) for said in talk.said]
        now, every = asked[-1], _sum(_SCENE_FADE**age * scenes for scenes, age in zip(asked, ages, strict=True))
        liked = self.scenes.of_rows(_liked(talk))
        named = np.zeros_like(now)
        for said, age in zip(talk.said, ages, strict=True):
            rows = np.nonzero(self._named(said)[0] >= 0.9)[0]
            named = named + _FADE**age * self.scenes.of_rows((int(row), 1 / len(rows)) for row in rows)
        both = 3 * now / max(1.0, float(now.max())) + 1.5 * every / max(1.0, float(every.max()))
        both = both + 1.5 * liked / max(1e-9, float(liked.max()))
        return {"scene": now, "all_scenes": every, "liked_scenes": liked, "named_scenes": named, "mixed_scenes": both}

    def _spread(self, scores: Floats, keep: float, rated: set[int], most: int = 400) -> Floats:
        """Let an artist's next track count less than the one before, by ``keep``, among the best."""
        if keep >= 1:
            return scores
        order = np.argsort(-scores, kind="stable")[:most]
        out, floor = scores.copy(), scores[order[-1]]
        seen: Counter[str] = Counter()
        for row in order:
            if int(row) not in rated:
                artist = self._keys[row][0] if self._keys[row] else ""
                out[row] = floor + (scores[row] - floor) * keep ** seen[artist]
                seen[artist] += 1
        return out


def _content(text: str, scenes: bool = True) -> list[str]:
    """Return the stems that tell something of the music; without those that ask for a scene if wanted."""
    text = _POSSESSIVE.sub("", text)
    found = [stem(t.word) for t in tokens(text) if t.word not in _FILLING and len(t.word) > 1]
    return found if scenes else [word for word in found if word not in words_of_scenes() and word not in ("hip", "hop")]


def told(text: str) -> str:
    """Return the words of a message that tell something of the music, as they are written.

    >>> told("Great, thanks! Can you add some mellow jazz by Nina Harrow?")
    'mellow jazz Nina Harrow'
    """
    return " ".join(text[t.start : t.end] for t in tokens(text) if t.word not in _FILLING and len(t.word) > 1)


def searched_for(message: str, query: str) -> str:
    """Return what a turn is ranked by: the person's words, and after them the words that an LLM's query adds."""
    said = set(normal(message).split())
    added = [word for word in query.split() if not set(normal(word).split()) <= said]
    return f"{message} ({' '.join(added)})" if added else message


def _liked(talk: Talk) -> list[tuple[int, float]]:
    """The liked rows with their weights: what was liked longer ago counts less."""
    return [(row, _FADE**age) for age, turn in enumerate(reversed(talk.liked)) for row in turn]


def _share(scores: Floats) -> Floats:
    most = float(scores.max(initial=0.0))
    return scores / most if most > 0 else scores


def _standard(scores: Floats) -> Floats:
    """Standard scores from −1 to 4, over 4."""
    return np.asarray(np.clip((scores - scores.mean()) / (scores.std() + 1e-9), -1, 4) / 4, dtype=np.float32)


def _sum(each: Iterable[Floats]) -> Floats:
    found = list(each)
    return np.asarray(np.sum(found, axis=0), dtype=np.float32) if found else np.zeros(1, dtype=np.float32)


@lru_cache(maxsize=1)
def _weights() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads(_WEIGHTS.read_text("utf-8"))
    return found
