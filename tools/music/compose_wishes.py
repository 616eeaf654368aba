"""What can be wished of a piece, in one place, and how typed wishes and words are put together."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.instruments import find_instrument, is_meant_by
from segue.tools.core.theory import parse_key
from segue.tools.music.genres import find_genre

Say = Callable[[str], None]


@dataclass(frozen=True)
class KeyWish:
    """A key for a place.

    ``where`` is a section ("chorus", "last chorus", "second verse"), "bar 17", "middle" or "end". ``key`` is a
    key, or one of relative, parallel, dominant, subdominant to the home key; without it ``shift`` semitones from home.
    """

    where: str
    key: str | None = None
    shift: int = 0


@dataclass(frozen=True)
class Wishes:
    """Musical wishes; what is None or empty is left open.

    Attributes
    ----------
    genres : every genre that was named, the leading one first.
    bpm : quarter notes a minute; ``tempo_range`` (lowest, highest) where only a range was wished for.
    key, mode : a whole key, or a mode of ``theory.MODES`` with the tonic left open.
    keys : changes of key.
    grouping : how the units of a bar are grouped: (3, 2, 2) in 7/8.
    chords : one entry a bar, repeated; several chords in one entry share it.
    form : names of sections, each with its bars where they are asked for ("verse:16").
    section_bars : bars of sections whose form is left open.
    only : nobody plays but ``instruments``.
    energy : spread over the piece, each 0–1; ``fades`` holds "in" and "out"; ``ending`` is "big", "slowing" or "cold".
    swing : share of a beat that its first half takes.
    feel : how far players stray from the grid: 0 not at all, 1 as usual, 2 loosely.
    density, register, dynamics : −1..1 round the genre's own; ``registers`` the same for single instruments.
    onsets : onsets a beat, "low" (at most 1), "medium" (1–2) or "high" (2 and more).
    octaves : from the lowest to the highest pitched note.
    articulation : share of its length that a note sounds; ``notes`` is "long", "eighth" or "sixteenth".
    voices : how many pitched notes may sound at once.
    roles : roles that must be there ("arpeggio").
    dance : whether one can dance to it.
    """

    genre: str | None = None
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    bpm: float | None = None
    tempo_range: tuple[float, float] | None = None
    key: str | None = None
    mode: str | None = None
    keys: tuple[KeyWish, ...] = ()
    meter: str | None = None
    grouping: tuple[int, ...] = ()
    duration_s: float | None = None
    bars: int | None = None
    chords: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    section_bars: tuple[tuple[str, int], ...] = ()
    instruments: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only: bool = False
    energy: tuple[float, ...] = ()
    fades: tuple[str, ...] = ()
    ending: str | None = None
    loop: bool = False
    swing: float | None = None
    feel: float | None = None
    density: float | None = None
    register: float | None = None
    registers: tuple[tuple[str, float], ...] = ()
    dynamics: float | None = None
    onsets: str | None = None
    octaves: int | None = None
    articulation: float | None = None
    notes: str | None = None
    voices: int | None = None
    roles: tuple[str, ...] = ()
    dance: bool | None = None


W = TypeVar("W", bound=Wishes)
# What a contradiction between words and arguments is called, where both say something.
_NAMES = {"bpm": "bpm", "duration_s": "seconds", "meter": "meter", "bars": "bars", "genre": "", "key": "", "form": "",
          "chords": ""}  # fmt: skip


def with_words(typed: W, words: Wishes, say: Say) -> W:
    """Return typed wishes with what they leave open taken from words; where both speak the typed ones win, and that is said."""
    merged: dict[str, Any] = {}
    for one in fields(Wishes):
        name = one.name
        mine, theirs = getattr(typed, name), getattr(words, name)
        open_ = mine is None or mine == () or mine is False
        if not open_ and name in _NAMES and theirs not in (None, ()) and not _same(name, mine, theirs):
            say(f"The words say {_spoken(theirs, name)}, the arguments {_spoken(mine)}: {_spoken(mine)} was used.")
        merged[name] = theirs if open_ else mine
    merged["exclude"] = tuple(dict.fromkeys([*typed.exclude, *words.exclude]))
    merged["instruments"] = _without(merged["instruments"], merged["exclude"], say)
    if typed.instruments:  # "only" and registers of the words are about the instruments that they name
        missed = [n for n in words.instruments if not any(_one_player(n, other) for other in typed.instruments)]
        if missed:
            say(f"The words also name {', '.join(missed)}; the arguments' instruments were used.")
    if typed.genre is None and len(words.genres) > 1:
        _say_mixture(words.genres, say)
    if typed.key is not None:
        merged["mode"] = None
    if typed.bpm is not None:
        merged["tempo_range"] = None
    return replace(typed, **merged)


def _one_player(one: str, other: str) -> bool:
    a, b = find_instrument(one), find_instrument(other)
    if a is None or b is None:
        return one.lower() == other.lower()
    return a.name == b.name or is_meant_by(b, one) or is_meant_by(a, other)


def _same(name: str, mine: Any, theirs: Any) -> bool:  # noqa: ANN401 - any field
    if name == "key":
        try:
            return parse_key(mine) == parse_key(theirs)
        except InvalidArgument:
            return False
    if name == "genre":
        return find_genre(mine) == find_genre(theirs)
    if name == "form":
        return [str(x).lower() for x in mine] == [str(x).lower() for x in theirs]
    if name == "chords":
        return " ".join(mine).split() == " ".join(theirs).split()
    return bool(mine == theirs)


def _spoken(value: Any, name: str = "") -> str:  # noqa: ANN401 - any field
    text = f"{value:g}" if isinstance(value, float) else ", ".join(value) if isinstance(value, tuple) else str(value)
    return f"{text} {_NAMES.get(name, '')}".strip()


def _say_mixture(names: tuple[str, ...], say: Say) -> None:
    first, others = find_genre(names[0]), [find_genre(name) for name in names[1:]]
    missed = [g.title for g in others if g and g != first]
    if first and missed:
        say(f"{first.title} leads; of {' and '.join(missed)} only what fits it was used.")


def _without(instruments: tuple[str, ...], exclude: tuple[str, ...], say: Say) -> tuple[str, ...]:
    """Return the instruments that were not excluded as well."""
    kept = []
    for name in instruments:
        found = find_instrument(name)
        against = next((word for word in exclude if found and is_meant_by(found, word)), None)
        if against is None:
            kept.append(name)
        else:
            say(f"'{name}' was both asked for and excluded; it was left out.")
    return tuple(kept)
