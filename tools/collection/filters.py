"""Hard constraints: an item that misses one is not shown; what is not known of it counts as missing it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from segue.tools.collection.snapshot import Mask, Snapshot, artist_names, genre_names
from segue.tools.collection.words import normal
from segue.tools.core.theory import parse_key

SHOWN = "not shown before"
UNSURE = 0.5  # a tempo less sure than this may be meant at half or double


@dataclass(frozen=True, slots=True)
class Limits:
    """The fields of the retrieve tool's filters."""

    artist: str | None = None
    exclude_artists: list[str] = field(default_factory=list)
    genre: str | None = None
    exclude_genres: list[str] = field(default_factory=list)
    year_min: int | None = None
    year_max: int | None = None
    bpm_min: float | None = None
    bpm_max: float | None = None
    key: str | None = None
    duration_min_s: float | None = None
    duration_max_s: float | None = None
    vocals: bool | None = None
    language: str | None = None
    rating_min: float | None = None
    plays_max: int | None = None
    unplayed: bool | None = None
    not_since: str | None = None
    exclude: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint in words, the rows that satisfy it, and how many rows it could not judge."""

    words: str
    mask: Mask
    unknown: int = 0
    needs_measuring: bool = False


def constraints(library: Snapshot, limits: Limits, note: Callable[[str], None]) -> list[Constraint]:
    """Return the constraints of ``limits`` over a library; unknown artists and doubtful tempi are noted."""
    for one in _contradictions(limits):
        note(one)
    found = [
        _artist(library, limits, note),
        _without_artists(library, limits),
        _genre(library, limits),
        _without_genres(library, limits),
        _span(library, "year", limits.year_min, limits.year_max, "from {}"),
        _tempo(library, limits, note),
        _key(library, limits),
        _span(library, "duration_s", limits.duration_min_s, limits.duration_max_s, "{} s long"),
        _vocals(library, limits),
        _language(library, limits),
        _span(library, "rating", limits.rating_min, None, "rated {}"),
        *_plays(library, limits, note),
    ]
    if limits.exclude:
        found.append(Constraint(SHOWN, ~library.mask_of(limits.exclude)))
    return [constraint for constraint in found if constraint is not None]


def _contradictions(limits: Limits) -> Iterator[str]:
    """Yield a sentence for every pair of filters that no track can satisfy."""
    ranges = [("year", limits.year_min, limits.year_max), ("tempo", limits.bpm_min, limits.bpm_max),
              ("length", limits.duration_min_s, limits.duration_max_s)]  # fmt: skip
    for name, low, high in ranges:
        if low is not None and high is not None and low > high:
            yield f"No {name} is at least {low:g} and at most {high:g}."
    if limits.artist and normal(limits.artist) in {normal(name) for name in limits.exclude_artists}:
        yield f"{limits.artist} is both asked for and excluded."
    if limits.genre and normal(limits.genre) in {normal(name) for name in limits.exclude_genres}:
        yield f"{limits.genre} is both asked for and excluded."


def all_of(found: list[Constraint], size: int, without: int | None = None) -> Mask:
    """Return the rows that satisfy every constraint, or all but one of them."""
    mask = np.ones(size, dtype=bool)
    for n, constraint in enumerate(found):
        if n != without:
            mask &= constraint.mask
    return mask


def relaxed(found: list[Constraint], base: Mask) -> str:
    """Say which constraint, or pair of them, to drop when nothing matches, and what that would bring."""
    size = len(base)
    singles = [(int(np.count_nonzero(all_of(found, size, n) & base)), c.words) for n, c in enumerate(found)]
    best = max(singles, default=(0, ""))
    if best[0] == int(np.count_nonzero(base)) and len(found) == 1 and best[1].startswith("by "):
        return ""  # an artist who is not here, and nothing else was asked
    if best[0]:
        return f"Without '{best[1]}' there {_are(best[0])}."
    pairs = []
    for i, first in enumerate(found):
        for second in found[i + 1 :]:
            rest = [c for c in found if c is not first and c is not second]
            pairs.append((int(np.count_nonzero(all_of(rest, size) & base)), f"'{first.words}' and '{second.words}'"))
    best = max(pairs, default=(0, ""))
    return f"Without {best[1]} there {_are(best[0])}." if best[0] else ""


def _are(count: int) -> str:
    return f"would be {count} track{'s' if count != 1 else ''}"


def _artist(library: Snapshot, limits: Limits, note: Callable[[str], None]) -> Constraint | None:
    if not limits.artist:
        return None
    wanted = normal(limits.artist)
    mask = library.of_artists([wanted])
    if not mask.any():
        near = library.names.ending(wanted, "artist") or library.names.nearest(wanted, "artist", floor=0.75)
        if near:
            written = library.names.written("artist", near)
            if not f" {normal(written)}".endswith(f" {wanted}"):  # a family name is no mistake
                note(f"No artist is called '{limits.artist}' here; '{written}' was taken.")
            mask = library.of_artists([near])
            return Constraint(f"by {written}", mask)
        note(f"This library has no artist '{limits.artist}'.")
    return Constraint(f"by {limits.artist}", mask)


def _without_artists(library: Snapshot, limits: Limits) -> Constraint | None:
    if not limits.exclude_artists:
        return None
    out: set[str] = set()
    for name in limits.exclude_artists:
        known = library.of_artists([normal(name)]).any()
        near = None if known else library.names.ending(normal(name), "artist") or library.names.nearest(name, "artist")
        out |= {near} if near else artist_names(name) | {normal(name)}
    mask = ~library.of_artists(out)
    return Constraint(f"not by {' or '.join(limits.exclude_artists)}", mask)


def _genre(library: Snapshot, limits: Limits) -> Constraint | None:
    if not limits.genre:
        return None
    wanted = genre_names((limits.genre,))
    mask = library.of_genres(wanted)
    return Constraint(limits.genre, mask, int(np.count_nonzero(library.without_genre)))


def _without_genres(library: Snapshot, limits: Limits) -> Constraint | None:
    if not limits.exclude_genres:
        return None
    unwanted = genre_names(tuple(limits.exclude_genres))
    mask = ~library.of_genres(unwanted)
    return Constraint(f"no {' or '.join(limits.exclude_genres)}", mask)


def _span(library: Snapshot, name: str, low: float | None, high: float | None, words: str) -> Constraint | None:
    if low is None and high is None:
        return None
    return Constraint(
        words.format(span_words(low, high)), within(library.column(name), low, high), library.unknown(name)
    )


def within(values: npt.NDArray[np.floating], low: float | None, high: float | None) -> Mask:
    """Return which values lie between two limits, both included; None is open, unknown lies nowhere."""
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (values >= (-np.inf if low is None else low)) & (values <= (np.inf if high is None else high))
        )


def span_words(low: float | None, high: float | None) -> str:
    """Return "90 to 110", "90 or more", "up to 110"."""
    if low is not None and high is not None:
        return f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return f"{low:g} or more" if low is not None else f"up to {high:g}"


def _tempo(library: Snapshot, limits: Limits, note: Callable[[str], None]) -> Constraint | None:
    low, high = limits.bpm_min, limits.bpm_max
    if low is None and high is None:
        return None
    bpm = library.bpm
    mask = within(bpm, low, high)
    unsure = (library.bpm_confidence < UNSURE) & ~mask
    octaves = unsure & (within(bpm * 2, low, high) | within(bpm / 2, low, high))
    if octaves.any():
        note(f"{int(octaves.sum())} tracks of unsure tempo count at half or double their measured tempo.")
    return Constraint(f"{span_words(low, high)} bpm", mask | octaves, library.unknown("bpm"), needs_measuring=True)


def _key(library: Snapshot, limits: Limits) -> Constraint | None:
    if not limits.key:
        return None
    wanted = parse_key(limits.key)
    mask = np.asarray(library.keys == wanted.tonic + 12 * wanted.is_minor)
    return Constraint(f"in {wanted}", mask, int((library.keys < 0).sum()), needs_measuring=True)


def _vocals(library: Snapshot, limits: Limits) -> Constraint | None:
    if limits.vocals is None:
        return None
    p = library.voices
    with np.errstate(invalid="ignore"):
        mask = np.asarray(p > 0.5 if limits.vocals else p < 0.5)
    words = "with vocals" if limits.vocals else "without vocals"
    return Constraint(words, mask, int(np.isnan(p).sum()), needs_measuring=True)


def _language(library: Snapshot, limits: Limits) -> Constraint | None:
    if not limits.language:
        return None
    wanted = limits.language.lower()[:2]
    mask = np.asarray(library.languages == wanted)
    return Constraint(f"language {wanted}", mask, int((library.languages == "").sum()))


def _plays(library: Snapshot, limits: Limits, note: Callable[[str], None]) -> list[Constraint]:
    found = []
    if limits.not_since:
        found.append(_not_since(library, limits.not_since))
    if limits.plays_max is None and limits.unplayed is None:
        return found
    plays = library.column("playcount")
    if np.isnan(plays).all():
        note("This library has no play counts, so every track counts as not played.")
    played = np.nan_to_num(plays)
    if limits.plays_max is not None:
        found.append(Constraint(f"played at most {limits.plays_max} times", np.asarray(played <= limits.plays_max)))
    if limits.unplayed is not None:
        words = "not played yet" if limits.unplayed else "played before"
        found.append(Constraint(words, np.asarray((played == 0) == limits.unplayed)))
    return found


def _not_since(library: Snapshot, day: str) -> Constraint:
    """Tracks last played before a day, and those never played; of others it is not known."""
    before = library.last_played < day
    played = np.nan_to_num(library.column("playcount")) > 0
    known = library.last_played != ""
    mask = np.where(known, before, ~played)
    return Constraint(f"not played since {day}", np.asarray(mask), int((~known & played).sum()))
