"""Substitutions that a style takes for granted: secondary dominants, tritone substitutes, borrowed chords, turnarounds."""

import random
from collections.abc import Callable, Sequence

from segue.tools.core.theory import Chord, Key, make_chord
from segue.tools.music.genres import Genre

Line = list[list[Chord | None]]

# Chance of each substitution in a progression, by genre. Loops of machine music stay as they are.
_TASTE: dict[str, dict[str, float]] = {
    "jazz_swing": {"secondary": 0.5, "tritone": 0.3, "minor_four": 0.2, "turn": 0.8},
    "bossa_nova": {"secondary": 0.4, "tritone": 0.4, "minor_four": 0.35, "turn": 0.7},
    "soul": {"secondary": 0.35, "minor_four": 0.25, "passing": 0.2, "turn": 0.6},
    "rnb": {"secondary": 0.25, "minor_four": 0.2, "turn": 0.5},
    "lofi": {"minor_four": 0.15},
    "disco": {"secondary": 0.15, "turn": 0.3},
    "latin_salsa": {"secondary": 0.15},
    "pop": {"secondary": 0.2, "minor_four": 0.25, "sus": 0.3, "inversion": 0.3},
    "rock": {"flat_seven": 0.35, "sus": 0.2},
    "country": {"secondary": 0.3},
    "folk": {"inversion": 0.35, "sus": 0.25},
    "classical": {"secondary": 0.4, "inversion": 0.4, "passing": 0.2},
    "cinematic": {"minor_four": 0.2, "sus": 0.3, "inversion": 0.2},
    "funk": {"sus": 0.2},
    "big band": {"secondary": 0.5, "tritone": 0.25, "passing": 0.3, "turn": 0.7},
    "samba": {"secondary": 0.4, "tritone": 0.3, "minor_four": 0.3, "turn": 0.6},
    "gospel": {"secondary": 0.45, "passing": 0.35, "minor_four": 0.3, "turn": 0.5},
    "ragtime": {"secondary": 0.5, "passing": 0.35},
    "waltz": {"secondary": 0.35, "inversion": 0.3},
    "march": {"secondary": 0.3, "inversion": 0.2},
    "tango": {"secondary": 0.3},
    "bluegrass": {"secondary": 0.25},
    "new age": {"sus": 0.3, "inversion": 0.35},
    "k-pop": {"secondary": 0.25, "minor_four": 0.2},
    "grunge": {"flat_seven": 0.2},
}  # fmt: skip


# Chance that a triad of a progression takes its seventh, and that a seventh chord takes its ninth.
_RICH: dict[str, tuple[float, float]] = {
    "house": (0.75, 0.25), "soul": (0.5, 0.15), "rnb": (0.7, 0.4), "lofi": (0.6, 0.35), "disco": (0.45, 0.2),
    "uk_garage": (0.6, 0.3), "amapiano": (0.6, 0.3), "funk": (0.5, 0.4), "jazz_swing": (1.0, 0.2), "bossa_nova": (1.0, 0.3),
    "drum_and_bass": (0.4, 0.2), "hiphop_boombap": (0.5, 0.2), "big band": (1.0, 0.2), "samba": (1.0, 0.3),
    "gospel": (0.4, 0.2), "deep house": (0.75, 0.35), "trip hop": (0.4, 0.25), "jungle": (0.4, 0.25), "k-pop": (0.25, 0.15),
}  # fmt: skip
# Where chords move slowly: one substitution in a progression.
_SLOW = frozenset({"cinematic", "ambient", "new age"})
_NINTHS = {"m7": "m9", "maj7": "maj9", "7": "9"}


def enriched(line: Line, genre: Genre, key: Key, rng: random.Random) -> Line:
    """Return a progression with the sevenths and ninths that its genre is fond of; equal chords stay equal."""
    sevenths, ninths = _RICH.get(genre.name, (0.0, 0.0))
    richer: dict[Chord, Chord] = {}

    def rich(chord: Chord | None) -> Chord | None:
        if chord is None or not sevenths:
            return chord
        if chord not in richer:
            quality = chord.quality
            if quality in ("", "m") and rng.random() < sevenths:
                major_seventh = (chord.root + 11) % 12 in key.scale and chord.root != (key.tonic + 7) % 12
                quality = "m7" if quality == "m" else "maj7" if major_seventh else "7"
            ninth = (chord.root + 2) % 12 in key.scale  # no flat ninths by accident
            if quality in _NINTHS and ninth and rng.random() < ninths and (quality != "7" or genre.name != "blues"):
                quality = _NINTHS[quality]
            richer[chord] = chord if quality == chord.quality else make_chord(chord.root, quality, chord.bass, key)
        return richer[chord]

    return [[rich(chord) for chord in bar] for bar in line]


def coloured(line: Line, genre: Genre, key: Key, rng: random.Random) -> Line:
    """Return a progression with at most two of the substitutions that its genre is fond of; modes keep their colour."""
    most = 1 if genre.name in _SLOW else 2
    out = enriched(line, genre, key, rng)
    if key.mode not in ("major", "minor") or len(out) < 4:
        return out
    changed = 0
    for name, chance in _TASTE.get(genre.name, {}).items():
        if name in _CHANGES and rng.random() < chance and changed < most:
            changed += _CHANGES[name](out, genre, key, rng)
    return out


def turn_round(bars: Line, genre: Genre, key: Key, rng: random.Random, onward: Chord | None) -> None:
    """Lead on at the end of a section, in place, where the style turns round.

    A tonic that closes it goes on to the dominant where the tonic comes again in ``onward``, the next section's
    first chord; a closing dominant becomes two-five.
    """
    chance = _TASTE.get(genre.name, {}).get("turn", 0.0)
    if len(bars) < 4 or key.mode not in ("major", "minor") or rng.random() >= chance:
        return
    five, two = _fifth(key, genre), make_chord((key.tonic + 2) % 12, "m7b5" if key.is_minor else "m7", key=key)
    last = bars[-1][-1]
    if last is None:
        return
    if last.root == key.tonic and len(bars[-1]) == 1:
        if onward is not None and onward.root == key.tonic:
            bars[-1] = [last, five]
    elif last.root == five.root and len(bars[-1]) == 1:
        bars[-1] = [two, five]


def _fifth(key: Key, genre: Genre) -> Chord:
    return make_chord((key.tonic + 7) % 12, "7" if genre.voices > 3 or key.is_minor else "", key=key)


def _single(bar: Sequence[Chord | None]) -> Chord | None:
    return bar[0] if len(bar) == 1 else None


def _pairs(line: Line) -> list[tuple[int, Chord, Chord]]:
    """Return (bar, its chord, the next bar's first chord) where a bar has one chord; the last bar leads to the first."""
    out = []
    for i, bar in enumerate(line):
        here, after = _single(bar), line[(i + 1) % len(line)][0]
        if here is not None and after is not None:
            out.append((i, here, after))
    return out


def _secondary(line: Line, genre: Genre, key: Key, rng: random.Random) -> int:
    """The second half of a bar becomes the dominant of the next bar's chord (not of the tonic)."""
    places = []
    for i, here, after in _pairs(line):
        root = (after.root + 7) % 12
        if after.root == key.tonic or after.root not in key.scale or here.root in (root, after.root):
            continue
        if 6 in after.intervals and 7 not in after.intervals:  # nothing leads to a diminished chord
            continue
        places.append((i, here, make_chord(root, "7", key=key)))
    if not places:
        return 0
    i, here, new = rng.choice(places)
    line[i] = [here, new]
    return 1


def _tritone(line: Line, genre: Genre, key: Key, rng: random.Random) -> int:
    """The second half of a dominant that falls a fifth becomes the one a tritone away."""
    places = [
        (i, here)
        for i, here, after in _pairs(line)
        if 4 in here.intervals and 10 in here.intervals and (here.root - after.root) % 12 == 7
    ]
    if not places:
        return 0
    i, here = rng.choice(places)
    line[i] = [here, make_chord((here.root + 6) % 12, "7", key=key)]
    return 1


def _minor_four(line: Line, genre: Genre, key: Key, rng: random.Random) -> int:
    """A major fourth degree turns minor before it moves on (borrowed from the parallel minor)."""
    root = (key.tonic + 5) % 12
    places = [i for i, here, after in _pairs(line) if here.root == root and 4 in here.intervals and after.root != root]
    if key.is_minor or not places:
        return 0
    i = rng.choice(places)
    before = line[i][0]
    line[i] = [before, make_chord(root, "m6" if genre.voices > 3 else "m", key=key)]
    return 1


def _flat_seven(line: Line, genre: Genre, key: Key, rng: random.Random) -> int:
    """The flat seventh degree comes before a fourth degree or the tonic (mixolydian, as rock has it)."""
    places = [
        (i, here) for i, here, after in _pairs(line) if after.root == (key.tonic + 5) % 12 and here.root == key.tonic
    ]
    if key.is_minor or not places:
        return 0
    i, here = rng.choice(places)
    line[i] = [here, make_chord((key.tonic + 10) % 12, "", key=key)]
    return 1


def _sus(line: Line, genre: Genre, key: Key, rng: random.Random) -> int:
    """A dominant is suspended before it sounds."""
    root = (key.tonic + 7) % 12
    places = [(i, here) for i, here, _ in _pairs(line) if here.root == root and here.quality in ("", "7")]
    if not places:
        return 0
    i, here = rng.choice(places)
    line[i] = [make_chord(root, "7sus4" if here.quality == "7" else "sus4", key=key), here]
    return 1


def _inversion(line: Line, genre: Genre, key: Key, rng: random.Random) -> int:
    """The bass steps to the next root over a chord in inversion: C C/E F, C G/B Am."""
    places = []
    for i, here, after in _pairs(line):
        if len(here.intervals) != 3 or here.bass != here.root:
            continue
        third = (here.root + here.intervals[1]) % 12
        if (after.bass - third) % 12 in (1, 2, 10, 11) and third != after.bass:
            places.append((i, here, third))
    if not places:
        return 0
    i, here, third = rng.choice(places)
    line[i] = [here, make_chord(here.root, here.quality, third, key)]
    return 1


def _passing(line: Line, genre: Genre, key: Key, rng: random.Random) -> int:
    """A diminished seventh on the raised root leads up a whole tone."""
    places = [
        (i, here) for i, here, after in _pairs(line) if (after.root - here.root) % 12 == 2 and 4 in here.intervals
    ]
    if not places:
        return 0
    i, here = rng.choice(places)
    line[i] = [here, make_chord((here.root + 1) % 12, "dim7", key=key)]
    return 1


_CHANGES: dict[str, Callable[[Line, Genre, Key, random.Random], int]] = {
    "secondary": _secondary, "tritone": _tritone, "minor_four": _minor_four, "flat_seven": _flat_seven, "sus": _sus,
    "inversion": _inversion, "passing": _passing,
}  # fmt: skip
