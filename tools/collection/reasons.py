"""Why a track was chosen: only what is true of it, and where it can, against the others of the list."""

from collections.abc import Sequence

import numpy as np

from segue.tools.collection.catalogue import Track
from segue.tools.collection.filters import UNSURE, Limits
from segue.tools.collection.moves import LEAST
from segue.tools.collection.query import Reading, side_words
from segue.tools.collection.snapshot import Sample, Snapshot, axis_value, genre_names, has_genre, key_of
from segue.tools.collection.words import normal, stem, tokens

_MOST = 4
_NEAR_TEMPO = 0.12  # of the seed's tempo
_FAR = 10  # least number of measured tracks for a percentile to mean something


def reasons_for(
    library: Snapshot,
    reading: Reading,
    limits: Limits,
    adjust: dict[str, float],
    seeds: Sequence[Sample],
    rows: Sequence[int],
    row: int,
    order: str = "best",
) -> list[str]:
    """Return up to four reasons for a row of a list; ``order``: what it is ordered by, as the retrieve tool names it."""
    found = [
        *_of_order(library.tracks[row], order),
        *_of_words(library, reading, row),
        *_of_changes(library, adjust, seeds, row),
        *_of_seeds(library, seeds, row, adjust),
        *_of_limits(library, limits, row),
    ]
    place = list(rows).index(row)
    if place and len(found) < _MOST:
        found += _against(library, rows, place)
    if len(found) < 2:
        found += standing(library, row)
    if not found:
        found = _plain(library, row)
    return list(dict.fromkeys(found))[:_MOST]


def _of_order(track: Track, order: str) -> list[str]:
    """Say what gives a track its place in a list that is ordered by a field."""
    said = {
        "tempo": track.bpm and f"{track.bpm:.0f} bpm",
        "year": track.year and f"from {track.year}",
        "length": track.duration_s and f"{_written('length', track.duration_s)} long",
        "rating": track.rating is not None and f"rated {track.rating:g}",
        "plays": track.playcount is not None and f"played {track.playcount} time{'' if track.playcount == 1 else 's'}",
        "key": track.key and f"in {track.key}",
    }.get(order.partition("_")[0])
    return [said] if said else []


def _of_words(library: Snapshot, reading: Reading, row: int) -> list[str]:
    track, found = library.tracks[row], []
    for name in reading.names:
        if track.id in name.ids:
            spelt = "" if name.exact else f" (you wrote '{reading.text[name.start : name.end]}')"
            found.append(
                {"title": "the title", "artist": f"by {name.name}", "album": f"from {name.name}"}.get(name.kind, "")
                + spelt
            )
    found += [wish.reason(row) for wish in reading.wishes if wish.evidence[row] > 0.25]
    fields = {
        "title": track.title,
        "album": track.album,
        "artist": track.artist,
        "lyrics": track.lyrics,
        "notes": track.comment,
    }
    for word in reading.words:
        held = [name for name, text in fields.items() if word in {stem(t.word) for t in tokens(text)}]
        if held:
            said = next((t.word for t in tokens(reading.text) if stem(t.word) == word), word)
            found.append(f"'{said}' in its {held[0]}")
    return found


def _of_changes(library: Snapshot, adjust: dict[str, float], seeds: Sequence[Sample], row: int) -> list[str]:
    found = []
    for axis, steps in adjust.items():
        name = "felt" if axis == "tempo" else axis
        value = axis_value(library.tracks[row], name)
        base = np.array([axis_value(seed.track, name) for seed in seeds], dtype=float)
        base = base[~np.isnan(base)]
        if np.isnan(value) or not steps:
            continue
        if len(base):
            middle = float(np.mean(base))
            if (value - middle) * np.sign(steps) > LEAST.get(axis, 0.01):
                what = seeds[0].track.title if len(seeds) == 1 and seeds[0].track.title else "before"
                found.append(
                    f"{side_words(axis, steps)} than {what} ({_written(axis, value)} against {_written(axis, middle)})"
                )
        else:
            place = library.percentile(name, value)
            found.append(f"{side_words(axis, steps)} than {place if steps > 0 else 100 - place:.0f}% of the library")
    return found


def _written(axis: str, value: float) -> str:
    if axis == "tempo":
        return f"{value:.0f} bpm"
    if axis == "length":
        return f"{int(value) // 60}:{int(value) % 60:02d}"
    return f"{value:.2f}" if axis != "familiarity" else f"{int(value)} plays"


def _of_seeds(library: Snapshot, seeds: Sequence[Sample], row: int, adjust: dict[str, float]) -> list[str]:
    if len(seeds) != 1:
        return []
    track, seed = library.tracks[row], seeds[0].track
    found = []
    if genre_names(tuple(seed.genres)) and has_genre(library.genres[row], genre_names(tuple(seed.genres))):
        found.append(f"{track.genres[0]} as well")
    shared = [name for name in (*track.moods, *track.instruments) if name in {*seed.moods, *seed.instruments}]
    if shared:
        found.append(f"{' and '.join(shared[:2])}, as there")
    if "tempo" not in adjust and track.bpm and seed.bpm and min(track.bpm_confidence, seed.bpm_confidence) >= UNSURE:
        gap = round(track.bpm) - round(seed.bpm)
        if abs(gap) <= _NEAR_TEMPO * seed.bpm:  # what lies farther off speaks for no likeness
            found.append("the same tempo" if gap == 0 else f"{abs(gap)} bpm {'faster' if gap > 0 else 'slower'}")
    one, other = key_of(track), key_of(seed)
    if one and other and (one.tonic, one.is_minor) == (other.tonic, other.is_minor):
        found.append(f"the same key, {one}")
    energy = axis_value(track, "energy") - axis_value(seed, "energy")
    if "energy" not in adjust and not np.isnan(energy) and abs(energy) <= 0.08:
        found.append("about as much energy")
    return found


def _of_limits(library: Snapshot, limits: Limits, row: int) -> list[str]:
    track, found = library.tracks[row], []
    if limits.artist:
        found.append(f"by {track.artist}")
    if limits.genre:
        found.append(("sounds like " if "genres" in track.measured else "tagged ") + ", ".join(track.genres[:2]))
    if limits.bpm_min is not None or limits.bpm_max is not None:
        low, high = limits.bpm_min or 0.0, limits.bpm_max or 1e9
        bpm = track.bpm or 0.0
        sure = low <= bpm <= high
        other = bpm * 2 if bpm < low else bpm / 2
        found.append(f"{bpm:.0f} bpm" if sure else f"measured {bpm:.0f} bpm, unsurely: it may be {other:.0f}")
    if limits.key and track.key:
        found.append(f"in {track.key}")
    if (limits.year_min or limits.year_max) and track.year:
        found.append(f"from {track.year}")
    if limits.vocals is not None and track.vocals is not None:
        found.append("sung" if limits.vocals else "no voice heard")
    if limits.rating_min is not None and track.rating:
        found.append(f"rated {track.rating:g}")
    if limits.language and track.language:
        found.append(f"language {track.language}")
    if (limits.duration_min_s or limits.duration_max_s) and track.duration_s:
        found.append(f"{_written('length', track.duration_s)} long")
    if limits.not_since:
        plays = f", {track.playcount} times in all" if track.playcount else ""
        found.append(f"last played {track.lastplayed[:10]}{plays}" if track.lastplayed else "never played")
    elif limits.unplayed:
        found.append("not played yet" if not track.lastplayed else f"last played {track.lastplayed[:10]}")
    return found


def _against(library: Snapshot, rows: Sequence[int], place: int) -> list[str]:
    """Contrast with an earlier item of the list: the tempo, else the energy, where they clearly differ."""
    track, before = library.tracks[rows[place]], library.tracks[rows[place - 1]]
    if track.bpm and before.bpm and min(track.bpm_confidence, before.bpm_confidence) >= UNSURE:
        gap = round(track.bpm) - round(before.bpm)
        if abs(gap) >= 4:
            return [f"{abs(gap)} bpm {'faster' if gap > 0 else 'slower'} than number {place}"]
    gap_energy = axis_value(track, "energy") - axis_value(before, "energy")
    if not np.isnan(gap_energy) and abs(gap_energy) >= 0.1:
        return [f"{side_words('energy', gap_energy)} than number {place}"]
    if track.genres and before.genres and normal(track.genres[0]) != normal(before.genres[0]):
        return [f"{track.genres[0]} where number {place} is {before.genres[0]}"]
    return []


def standing(library: Snapshot, row: int) -> list[str]:
    """Say where a track stands in this library, where it stands out."""
    found = []
    for axis, high, low in (("tempo", "fast", "slow"), ("energy", "full of energy", "calm"), ("brightness", "bright", "dark"),
                            ("acousticness", "acoustic", "electronic"), ("length", "long", "short")):  # fmt: skip
        values = library.axis(axis)
        place = float(library.percentiles(axis)[row])
        if np.count_nonzero(~np.isnan(values)) < _FAR or np.isnan(place) or 15 < place < 85:
            continue
        if axis == "tempo" and library.tracks[row].bpm_confidence < UNSURE:
            continue
        found.append(f"{high if place >= 85 else low} for this library: {ordinal(round(place))} percentile")
    return found[:1]


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 11th, …"""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _plain(library: Snapshot, row: int) -> list[str]:
    track = library.tracks[row]
    facts = [", ".join(track.genres[:2]), f"{track.bpm:.0f} bpm" if track.bpm else "", track.key or ""]
    said = [fact for fact in facts if fact]
    return said or ["known by its name only"]
