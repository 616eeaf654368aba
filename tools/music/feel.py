"""How players feel time and weight: who is early or late, who leans on the beat, how a phrase swells.

Everything is by genre and role; amounts are starting values by ear within the limits of the rules (a part
deviates by 3–10 ms round its own offset, and machines not at all).
"""

from dataclasses import dataclass, field

from segue.tools.music.genres import Genre
from segue.tools.music.rhythm import Meter

# How late each role plays in milliseconds, before the genre has its say; negative is early.
_LATE = {"drums": 0.0, "percussion": 2.0, "bass": 4.0, "chords": 6.0, "pad": 0.0, "melody": 8.0, "lead": 8.0}
_OTHERS = 5.0
_SNARES = frozenset({37, 38, 39, 40})
_HATS = frozenset({42, 44, 46})


@dataclass(frozen=True)
class _Feel:
    """Lateness in ms added to a role, and to some drums of the kit."""

    roles: dict[str, float] = field(default_factory=dict)
    snare: float = 0.0
    hats: float = 0.0
    others: float = 0.0


_LAID_BACK = _Feel({"bass": 5.0, "melody": 8.0}, snare=9.0, hats=2.0, others=5.0)
_DRAGGED = _Feel({"bass": 6.0, "melody": 9.0}, snare=12.0, hats=-2.0, others=7.0)
_PUSHED = _Feel({"bass": -6.0, "chords": -5.0, "melody": -3.0}, snare=-2.0, hats=-2.0, others=-3.0)
_TIGHT = _Feel({"bass": -3.0, "chords": -3.0}, snare=3.0)
_BOP = _Feel({"bass": -6.0, "melody": 10.0, "chords": 2.0}, others=4.0)
_FEELS: dict[str, _Feel] = {
    "soul": _LAID_BACK, "rnb": _LAID_BACK, "reggae": _LAID_BACK, "gospel": _LAID_BACK, "blues": _LAID_BACK, "dub": _LAID_BACK,
    "lofi": _DRAGGED, "hiphop_boombap": _DRAGGED, "trip hop": _DRAGGED, "downtempo": _DRAGGED,
    "punk": _PUSHED, "ska": _PUSHED, "latin_salsa": _PUSHED, "bluegrass": _PUSHED, "samba": _PUSHED, "march": _TIGHT,
    "funk": _TIGHT, "disco": _TIGHT, "metal": _TIGHT, "jazz_swing": _BOP, "big band": _BOP,
}  # fmt: skip
_PLAIN = _Feel()
# How much louder the strongest beat is than the weakest place, in velocity.
_ACCENT = {"pad": 30.0, "counter": 28.0, "chords": 24.0, "bass": 22.0, "melody": 22.0}
# What a player adds in each bar of a phrase of four: it leans on the first and grows into the next phrase.
_PHRASE = (4.0, -3.0, -5.0, 3.0)
# Genres that are played softly throughout.
_SOFTER = {"ambient": -9.0, "new age": -8.0, "lofi": -3.0, "classical": -2.0, "bossa_nova": -2.0}


def touch(genre: Genre) -> float:
    """Return what a genre adds to every velocity that is no ghost note: some are played softly throughout."""
    return _SOFTER.get(genre.name, 0.0)


def lateness_s(genre: Genre, role: str) -> float:
    """Return how late a role plays in a genre, in seconds; machines are asked elsewhere."""
    feel = _FEELS.get(genre.name, _PLAIN)
    ms = _LATE.get(role, _OTHERS)
    if role != "drums":
        ms += feel.roles.get(role, feel.others)
    return ms / 1000.0


def drum_lateness_s(genre: Genre, key: int) -> float:
    """Return how late one drum of the kit falls behind the kick, in seconds."""
    feel = _FEELS.get(genre.name, _PLAIN)
    return (feel.snare if key in _SNARES else feel.hats if key in _HATS else 0.0) / 1000.0


def accent(role: str, meter: Meter, beat: float) -> float:
    """Return what the place in the bar adds to a velocity."""
    third = len(meter.pulses) == 3 and abs(beat % meter.bar - meter.pulses[2]) < 0.02  # one, two, and a light three
    return (meter.strength(beat) - (0.75 if third else 0.45)) * _ACCENT.get(role, 20.0)


def swell(energy: float, place: int, role: str, *, machine: bool) -> float:
    """Return what a section's energy and a bar's place in it (from 0) add to a velocity: a chorus stands over its verse."""
    if machine:
        return (energy - 0.6) * 9.0
    slope, phrase = {"drums": (15.0, 0.4), "percussion": (30.0, 1.2), "counter": (34.0, 1.2)}.get(role, (32.0, 1.2))
    return (energy - 0.6) * slope + phrase * _PHRASE[place % 4]
