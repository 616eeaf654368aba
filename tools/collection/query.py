"""The words of a query: what they ask of the music, and how far each track has it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from segue.tools.collection.filters import span_words, within
from segue.tools.collection.names import NameMatch
from segue.tools.collection.occasions import occasions_in
from segue.tools.collection.snapshot import Floats, Snapshot, genre_names, has_genre
from segue.tools.collection.words import STOP, normal, stem, tokens
from segue.tools.core import vocabulary
from segue.tools.core.theory import Key, parse_key

_NO_DEGREE = frozenset({"forest", "request", "honest", "latest", "oldest", "newest", "guest", "quest", "interest", "protest", "harvest", "tempest", "modest", "finest", "greatest", "biggest", "budapest", "everest", "midwest"})  # fmt: skip
_HEARD = 0.2  # probability from which one of musicnn's tags counts as heard
Reason = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that the query asks of the music: how far each track has it (0–1), that in words, the axis it lies on."""

    kind: str
    words: str
    evidence: Floats
    reason: Reason
    axis: str = ""
    way: int = 1


@dataclass(slots=True)
class Reading:
    """A query as read: attributes wished, names of the library in it, and the words left over (stems)."""

    text: str
    wishes: list[Wish] = field(default_factory=list)
    names: list[NameMatch] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def superlative(self) -> bool:
        """Whether the most of something is asked for: "the loudest", "most energetic"."""
        return any(word in ("most", "least") or (word.endswith("est") and word not in _NO_DEGREE and len(word) > 5) for word in normal(self.text).split())  # fmt: skip


def read_query(library: Snapshot, text: str) -> Reading:
    """Read what a query asks for."""
    reading = Reading(text[:10_000])
    text = reading.text
    covered = bytearray(len(text))  # 1 where a character was read

    def free(start: int, end: int) -> bool:
        return not any(covered[start:end])

    def take(start: int, end: int) -> None:
        covered[start:end] = b"\1" * (end - start)

    def wish_of(make: Callable[[Snapshot, str, str], Wish], found: Sequence[vocabulary.Found[str]]) -> None:
        """Take every mention; what is said again is one wish all the same."""
        made: set[str] = set()
        for one in found:
            if free(one.start, one.end):
                if one.value not in made:
                    reading.wishes.append(make(library, one.value, text[one.start : one.end]))
                made.add(one.value)
                take(one.start, one.end)

    reading.names = [name for name in library.names.find(text) if name.kind != "genre"]
    for name in reading.names:
        take(name.start, name.end)
    wish_of(_genre, vocabulary.genres_in(text))
    wish_of(_instrument, vocabulary.instruments_in(text))
    for said, way, start, end in occasions_in(text):
        if free(start, end):
            reading.wishes.append(_occasion(library, said, way))
            take(start, end)
    wish_of(lambda of, mood, said: _mood(of, mood), vocabulary.moods_in(text))
    wish_of(lambda of, key, said: _key(of, parse_key(key)), vocabulary.key_in(text))
    for tempo in vocabulary.tempo_in(text):
        if free(tempo.start, tempo.end) and any(c.isdigit() for c in text[tempo.start : tempo.end]):
            wish = _tempo(library, tempo.value)
            if wish.words not in {other.words for other in reading.wishes}:
                reading.wishes.append(wish)
            take(tempo.start, tempo.end)
    already = {wish.words for wish in reading.wishes}
    for tag, start, end in _heard(library, text):
        if free(start, end):
            if tag not in already:
                reading.wishes.append(_tag(library, tag))
                already.add(tag)
            take(start, end)
    left = [t.word for t in tokens(text) if t.word not in STOP and free(t.start, t.end)]
    reading.words = list(dict.fromkeys(stem(word) for word in left))
    return reading


def _genre(library: Snapshot, genre: str, said: str) -> Wish:
    wanted = genre_names((genre, said))
    title = vocabulary.genres()[genre].title
    evidence = library.of_genres(wanted).astype(np.float32)
    evidence = np.maximum(evidence, 0.8 * _tag_evidence(library, said))
    near = not (evidence > 0.25).any()
    if near:  # nothing is called so: the genres that are played like it, and what the ear calls by its words
        family = vocabulary.genres()[genre].composed_as
        like = library.of_genre(lambda genres: any(_family(name) == family for name in genres))
        heard = np.mean([_tag_evidence(library, token.word) for token in tokens(said)], axis=0)
        evidence = np.maximum(0.5 * like, 0.8 * heard).astype(np.float32)

    def reason(row: int) -> str:
        track = library.tracks[row]
        if has_genre(library.genres[row], wanted):
            sure = "sounds like" if "genres" in track.measured else "tagged"
            return f"{sure} {', '.join(track.genres[:2])}"
        if near and track.genres:
            return f"{track.genres[0]}, the nearest here to {title}"
        return f"sounds like {title}"

    return Wish("genre", title, evidence, reason)


@lru_cache(maxsize=4096)
def _family(name: str) -> str:
    found = vocabulary.genre(name)
    return found.composed_as if found else ""


def _instrument(library: Snapshot, instrument: str, said: str) -> Wish:
    wanted = {normal(instrument), normal(said)}
    held = np.zeros(library.size, dtype=bool)
    for name in wanted & library.instruments.keys():
        held |= library.instruments[name]
    evidence = held.astype(np.float32)
    tag = np.maximum(_tag_evidence(library, instrument), _tag_evidence(library, said))
    evidence = np.maximum(evidence, tag)

    def reason(row: int) -> str:
        return f"with {instrument}" if held[row] else f"{instrument} heard in it"

    return Wish("instrument", instrument, evidence, reason)


def _mood(library: Snapshot, mood: str) -> Wish:
    plain = normal(mood)
    named = library.moods.get(plain, np.zeros(library.size, dtype=bool)).astype(np.float32)
    known = vocabulary.moods()[mood]
    axis, sign = known.axis, known.way
    evidence = np.maximum(0.9 * named, _side(library.percentiles(axis), sign))
    evidence = np.maximum(evidence, 0.9 * _tag_evidence(library, mood))
    # A trace of evidence for every measured track, so that the calmest of loud ones still comes first.
    places = np.nan_to_num(library.percentiles(axis), nan=0.0 if sign > 0 else 100.0)
    evidence = np.maximum(evidence, 0.001 * (places if sign > 0 else 100 - places))

    def reason(row: int) -> str:
        place = float(library.percentiles(axis)[row])
        if not np.isnan(place) and _side(np.float32(place), sign) > 0.3:
            return f"{plain}: {side_words(axis, sign)} than {place if sign > 0 else 100 - place:.0f}% of the library"
        return f"tagged {plain}" if "moods" not in library.tracks[row].measured else f"sounds {plain}"

    return Wish("mood", plain, np.asarray(evidence, dtype=np.float32), reason, axis, sign)


def _occasion(library: Snapshot, said: str, way: int) -> Wish:
    """Take an occasion for more or less energy, and for what was tagged with its words."""
    places = library.percentiles("energy")
    heard = 0.9 * _tag_evidence(library, said)
    trace = 0.001 * np.nan_to_num(places if way > 0 else 100 - places)  # so that the best of bad ones come first
    evidence = np.max([_side(places, way), heard, trace], axis=0).astype(np.float32)

    def reason(row: int) -> str:
        place = float(places[row])
        if np.isnan(place) or _side(np.float32(place), way) <= 0.3:
            return f"for “{said}”"
        return f"for “{said}”: {side_words('energy', way)} than {place if way > 0 else 100 - place:.0f}% of the library"

    return Wish("mood", said, evidence, reason, "energy", way)


def side_words(axis: str, sign: float) -> str:
    """Return "more energy", "slower", … for a direction along an axis."""
    plain = {"tempo": ("faster", "slower"), "mood": ("brighter in mood", "darker in mood"), "loudness": ("louder", "quieter"),
             "brightness": ("brighter", "darker in sound"), "density": ("denser", "sparser"), "length": ("longer", "shorter"),
             "acousticness": ("more acoustic", "less acoustic"), "danceability": ("more danceable", "less danceable"),
             "melody": ("more melodic", "less melodic"), "familiarity": ("more often played", "less often played")}  # fmt: skip
    if axis in plain:
        return plain[axis][sign < 0]
    return f"{'more' if sign > 0 else 'less'} {axis}"


def _side(percentiles: Floats | np.float32, sign: int) -> Floats:
    """0 in the middle of the library, 1 at its end; nothing where unknown."""
    return np.asarray(np.clip(sign * (np.nan_to_num(percentiles, nan=50.0) - 50) / 40, 0, 1), dtype=np.float32)


def _key(library: Snapshot, key: Key) -> Wish:
    match = library.keys == key.tonic + 12 * key.is_minor
    return Wish("key", str(key), match.astype(np.float32), lambda row: f"in {key}")


def _tempo(library: Snapshot, tempo: vocabulary.Tempo) -> Wish:
    match = within(library.bpm, tempo.low, tempo.high)
    words = f"{tempo.bpm:g} bpm" if tempo.low == tempo.high else f"{span_words(tempo.low, tempo.high)} bpm"
    return Wish("tempo", words, match.astype(np.float32), lambda row: f"{library.bpm[row]:.0f} bpm")


def _tag_evidence(library: Snapshot, words: str) -> Floats:
    """How sure musicnn hears something of this name, 0–1 (probabilities of its tags are small)."""
    plain = stem(normal(words))
    out = np.zeros(library.size, dtype=np.float32)
    for name, probability in library.tags.items():
        if stem(normal(name)) == plain:
            out = np.maximum(out, np.where(probability >= _HEARD, np.minimum(1.0, probability / 0.5), 0.0))
    return out.astype(np.float32)


def _heard(library: Snapshot, text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the tags of the ear that are named in the text: "female vocals", "electronic", "choir"."""
    names: dict[tuple[str, ...], str] = {}
    for name in sorted(library.tags):
        names.setdefault(tuple(_sung(word) for word in normal(name).split()), name)
    words = tokens(text)
    for length in (3, 2, 1):
        for first in range(len(words) - length + 1):
            part = words[first : first + length]
            found = names.get(tuple(_sung(word.word) for word in part))
            if found:
                yield found, part[0].start, part[-1].end


def _sung(word: str) -> str:
    return (
        "vocal" if word in ("singer", "singers", "voice", "voices", "vocals", "vocalist", "vocalists") else stem(word)
    )


def _tag(library: Snapshot, name: str) -> Wish:
    return Wish("tag", name, _tag_evidence(library, name), lambda row: f"{name} heard in it")
