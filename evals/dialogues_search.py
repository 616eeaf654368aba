"""The search of the simulated world: filters are obeyed, words, likeness and critiques rank."""

from collections import Counter
from collections.abc import Callable

from segue.agent.plan import Ref
from segue.evals.dialogues_facts import Fact, fact_of_track, kin_genre
from segue.evals.dialogues_library import LIBRARY
from segue.tools import retrieve
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.theory import parse_key
from segue.tools.core.vocabulary import fold, genres_in

_LOW = {"calm", "quiet", "mellow", "relaxed", "relaxing", "chill", "sleep", "soft", "gentle", "slow"}
_HIGH = {"upbeat", "energetic", "party", "loud", "wild", "driving", "happy", "dance", "fast"}
_SAD = {"sad", "melancholic", "dark"}
_TRACKS = tuple(map(fact_of_track, LIBRARY))


def found(args: retrieve.Args, fact: Callable[[Ref], Fact]) -> retrieve.Out:
    """Return what the library has for a request."""
    likes, unlikes = [fact(ref) for ref in args.like], [fact(ref) for ref in args.unlike]
    if args.action == "identify":
        heard = [track for track in _TRACKS if any(like.track == track.id for like in likes)]
        return _out(heard, len(heard))
    if args.among:
        return _out(
            _arranged([one for one in map(fact, args.among) if fits(one, args.filters)], args)[: args.k],
            len(args.among),
        )
    seeds = {like.id for like in likes}
    allowed = [track for track in _TRACKS if track.id not in seeds and fits(track, args.filters)]
    allowed = _meant(allowed, args.query)

    def worth(track: Fact) -> float:
        value = _by_words(track, args.query) + sum(_likeness(track, like) for like in likes)
        value -= sum(_likeness(track, unlike) for unlike in unlikes)
        return value + sum(0.8 * steps * _axis(track, axis) for axis, steps in args.adjust.items())

    ranked = sorted(allowed, key=lambda track: (-worth(track), -track.rating, track.id))
    return _out(_arranged(_limited(ranked, args), args), len(allowed))


def fits(track: Fact, limits: retrieve.Filters) -> bool:
    """Tell whether a track meets every filter."""
    return all((
        limits.artist is None or fold(limits.artist) == fold(track.artist),
        fold(track.artist) not in map(fold, limits.exclude_artists),
        limits.genre is None or kin_genre(limits.genre, track.genre or ""),
        not any(kin_genre(genre, track.genre or "") for genre in limits.exclude_genres),
        _within(track.year, limits.year_min, limits.year_max),
        _within(track.bpm, limits.bpm_min, limits.bpm_max),
        _within(track.duration_s, limits.duration_min_s, limits.duration_max_s),
        limits.key is None or _same_key(limits.key, track.key),
        limits.vocals is None or limits.vocals == track.vocals,
        limits.language is None or limits.language == track.language,
        _within(track.rating, limits.rating_min, None),
        _within(track.plays, None, limits.plays_max),
        limits.unplayed is None or limits.unplayed == (track.plays == 0),
        track.id not in limits.exclude,
    ))  # fmt: skip


def _within(value: float | None, low: float | None, high: float | None) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def _same_key(wanted: str, key: str | None) -> bool:
    try:
        return key is not None and parse_key(wanted) == parse_key(key)
    except InvalidArgument:
        return False


def _meant(tracks: list[Fact], query: str) -> list[Fact]:
    """Return only the tracks of a title, an artist or the genres that the query names, where it names any."""
    words = f" {fold(query)} "
    for named in (
        [track for track in tracks if f" {fold(track.title)} " in words],
        [track for track in tracks if f" {fold(track.artist)} " in words],
        [track for track in tracks if any(kin_genre(g.value.replace("_", " "), track.genre or "") for g in genres_in(query))],
    ):  # fmt: skip
        if named:
            return named
    return tracks


def _by_words(track: Fact, query: str) -> float:
    said = set(fold(query).split())
    own = {fold(word) for word in (*track.words, *track.title.split(), *track.artist.split(), track.genre or "")}
    value = float(len(said & own))
    value += (1 - track.energy / 5) if said & _LOW else 0.0
    return value + ((track.energy / 5 - 1) if said & _HIGH else 0.0)


def _likeness(track: Fact, other: Fact) -> float:
    near = -abs(track.energy - other.energy) / 5 - abs((track.bpm or 110) - (other.bpm or 110)) / 60
    same = 1.0 if other.genre and kin_genre(track.genre or "", other.genre) else 0.0
    return near + same + 0.3 * len(set(track.words) & set(other.words))


def _axis(track: Fact, axis: str) -> float:
    """Return where a track stands on an axis of critiques, about 0 to 1."""
    return {
        "tempo": (track.bpm or 110) / 200,
        "mood": 0.0 if set(track.words) & _SAD else 1.0,
        "acousticness": track.acoustic / 10,
        "distortion": float("distortion" in track.words),
        "vocals": float(track.vocals),
        "familiarity": min(1.0, track.plays / 30),
        "length": track.duration_s / 600,
    }.get(axis, track.energy / 10)


def _limited(ranked: list[Fact], args: retrieve.Args) -> list[Fact]:
    """Return as many as asked for, by artist, by length in all, and by number."""
    shown: list[Fact] = []
    per_artist: Counter[str] = Counter()
    for track in ranked:
        per_artist[track.artist] += 1
        if args.max_per_artist and per_artist[track.artist] > args.max_per_artist:
            continue
        if args.total_s is not None and sum(one.duration_s for one in shown) + track.duration_s > args.total_s:
            continue
        if args.total_s is None and len(shown) == args.k:
            break
        shown.append(track)
    return shown


def _arranged(tracks: list[Fact], args: retrieve.Args) -> list[Fact]:
    field, _, way = args.order.partition("_")
    if (name := _FIELDS.get(field)) is None:
        return tracks
    known = [track for track in tracks if getattr(track, name) is not None]
    unknown = [track for track in tracks if getattr(track, name) is None]
    return sorted(known, key=lambda track: getattr(track, name), reverse=way == "down") + unknown


_FIELDS = {"energy": "energy", "tempo": "bpm", "year": "year", "length": "duration_s", "plays": "plays", "title": "title", "artist": "artist"}  # fmt: skip


def _out(tracks: list[Fact], total: int) -> retrieve.Out:
    items = [
        retrieve.Item(
            id=t.id, title=t.title, artist=t.artist, year=t.year, genre=t.genre or "", duration_s=t.duration_s, bpm=t.bpm,
            key=t.key, reasons=list(t.words),
        )
        for t in tracks
    ]  # fmt: skip
    return retrieve.Out(items=items, total=total)
