"""What the library holds: its state, its statistics, its duplicates."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from segue.tools.collection.catalogue import Catalogue, Track
from segue.tools.collection.fingerprint import FingerprintIndex
from segue.tools.collection.snapshot import version_name
from segue.tools.collection.words import normal

_FIELDS = ("key", "genre", "tempo", "year", "mood", "artist", "language", "length", "rating", "plays")
_ALIASES = {"bpm": "tempo", "genres": "genre", "moods": "mood", "keys": "key", "decade": "year", "duration": "length",
            "tempos": "tempo", "artists": "artist", "years": "year", "languages": "language", "playcount": "plays",
            "camelot": "key", "ratings": "rating", "decades": "year"}  # fmt: skip
_SAME_RECORDING = 0.35  # share of landmarks that two encodings of one recording have in common, at least


def status(catalogue: Catalogue) -> dict[str, Any]:
    """Return the state of the library in one row."""
    tracks = catalogue.find()
    seconds = sum(track.duration_s or 0 for track in tracks)
    return {
        "tracks": len(tracks),
        "hours": round(seconds / 3600, 2),
        "analysed": sum(track.analysed for track in tracks),
        "not_analysed": sum(not track.analysed and track.path is not None for track in tracks),
        "without_file": sum(track.path is None for track in tracks),
        "broken": catalogue.count("state = 'broken'"),
        "missing": catalogue.count("state = 'gone'"),
        "folders": [folder["path"] for folder in catalogue.folders()],
    }


def statistics(tracks: Sequence[Track], fields: Sequence[str], note: Callable[[str], None]) -> list[dict[str, Any]]:
    """Count values: the commonest first; tempi by tens of bpm and years by decades, in order.

    Parameters
    ----------
    fields : of key, genre, tempo, year, mood, artist, language, length, rating, plays; key, genre and tempo when empty.
    """
    wanted = [_ALIASES.get(field.lower(), field.lower()) for field in fields] or ["key", "genre", "tempo"]
    rows: list[dict[str, Any]] = []
    for field in dict.fromkeys(wanted):
        if field not in _FIELDS:
            note(f"There are no statistics of '{field}'; there are: {', '.join(_FIELDS)}.")
            continue
        values = [_values(track, field) for track in tracks]
        known = sum(bool(v) for v in values)
        if not known:
            note(f"Nothing is known about the {field} of these {len(tracks)} tracks yet.")
            continue
        counts = Counter(value for found in values for value in found)
        ordered = field in ("tempo", "year", "length", "rating", "plays")
        entries = sorted(counts.items(), key=_first_number) if ordered else counts.most_common(12)
        rows += [
            {"what": field, "value": value, "tracks": count, "share": f"{100 * count / known:.0f}%"}
            for value, count in entries
        ]
        if known < len(tracks):
            note(f"The {field} of {len(tracks) - known} of {len(tracks)} tracks is not known.")
    return rows


def _first_number(entry: tuple[str, int]) -> float:
    digits = "".join(c if c.isdigit() else " " for c in entry[0]).split()
    return float(digits[0]) if digits else 0.0


def _values(track: Track, field: str) -> list[str]:
    if field == "genre":
        return track.genres
    if field == "mood":
        return track.moods
    if field == "tempo":
        return [f"{int(track.bpm // 10) * 10}–{int(track.bpm // 10) * 10 + 9} bpm"] if track.bpm else []
    if field == "year":
        return [f"{track.year // 10 * 10}s"] if track.year else []
    if field == "length":
        return [f"{int(track.duration_s // 60)}–{int(track.duration_s // 60) + 1} min"] if track.duration_s else []
    value = getattr(track, "playcount" if field == "plays" else field)
    return [f"{value:g}" if isinstance(value, float) else str(value)] if value not in (None, "") else []


def duplicates(catalogue: Catalogue, check: Callable[[], None]) -> list[dict[str, Any]]:
    """Return groups of tracks that are the same: the same file, the same recording, or the same title and artist.

    A group is told once, by its strongest evidence. Other versions ("Live", "Remix") are listed
    as versions and are no duplicates.
    """
    tracks = {track.id: track for track in catalogue.find()}
    told: set[frozenset[str]] = set()
    rows: list[dict[str, Any]] = []

    def tell(kind: str, ids: Sequence[str]) -> None:
        group = frozenset(ids)
        if len(group) > 1 and not any(group <= other for other in told):
            told.add(group)
            members = sorted((tracks[id] for id in group), key=lambda track: (track.title, track.id))
            rows.append(
                {
                    "same": kind,
                    "title": members[0].name,
                    "count": len(members),
                    "files": [track.path or track.name for track in members],
                    "ids": [track.id for track in members],
                }
            )

    for group in _grouped(tracks.values(), lambda track: track.content or ""):
        tell("file", group)
    for group in _same_recordings(catalogue, tracks, check):
        tell("recording", group)
    for group in _grouped(
        tracks.values(), lambda t: f"{normal(t.title)}|{normal(t.artist)}" if t.artist and t.title else ""
    ):
        lengths = [tracks[id].duration_s for id in group]
        known = [length for length in lengths if length]
        if not known or max(known) - min(known) <= max(3.0, 0.03 * max(known)):
            tell("title and artist", group)
    for group in _grouped(tracks.values(), version_name):
        tell("song, in versions", group)
    return rows


def _grouped(tracks: Any, key: Callable[[Track], str]) -> list[list[str]]:  # noqa: ANN401 - any iterable of tracks
    groups: dict[str, list[str]] = defaultdict(list)
    for track in tracks:
        if name := key(track):
            groups[name].append(track.id)
    return [group for group in groups.values() if len(group) > 1]


def _same_recordings(catalogue: Catalogue, tracks: dict[str, Track], check: Callable[[], None]) -> list[list[str]]:
    marks = {id: found for id, found in catalogue.fingerprints().items() if id in tracks}
    index = FingerprintIndex(marks)
    lead: dict[str, str] = {id: id for id in marks}

    def head(id: str) -> str:
        while lead[id] != id:
            id = lead[id]
        return id

    for id, found in marks.items():
        check()
        own = tracks[id].duration_s or 0.0
        for match in index.identify(found, most=8):
            other = tracks[match.id].duration_s or 0.0
            least = min(len(found), index.sizes[match.id])
            alike = match.landmarks >= _SAME_RECORDING * max(least, 1)
            if match.id != id and alike and abs(own - other) <= max(1.0, 0.03 * max(own, other)):
                lead[head(match.id)] = head(id)
    groups: dict[str, list[str]] = defaultdict(list)
    for id in marks:
        groups[head(id)].append(id)
    return [group for group in groups.values() if len(group) > 1]
