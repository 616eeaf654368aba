"""How tunes of each style go: phrase schemes, rhythm cells, gestures, rests, colours.

A scheme names the two-bar ideas of eight bars: ``m`` the motif, ``n`` its answer, ``v`` the motif turned
another way, ``s`` moved by a step or a third, ``i`` upside down, ``r`` in another rhythm, ``f`` its first bar twice,
``a`` at half speed, ``d`` something new, ``o`` the motif left open, ``c`` a close, ``l`` a short lick that answers,
``_`` a rest in which others answer.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache

from segue.tools.music.genres import Genre


@dataclass(frozen=True)
class Style:
    """A manner of making tunes.

    Attributes
    ----------
    verse, chorus, bridge : schemes to draw from.
    tags, gestures : how much each kind of rhythm cell and of contour is liked.
    rest : share of an idea left free at its end, lowest and highest.
    rhyme : chance that the second bar of an idea starts as the first.
    pickup : chance that an idea that follows a rest starts before its bar line.
    push : chance that the note of a second bar comes half a beat early.
    approach : chance that a weak short note leads by a semitone into the next strong one.
    bend : chance that a blue note slides into the third, fourth or fifth.
    grace : chance of an ornament on a note that is long enough.
    finest : the shortest note, in beats.
    legato : chance that a note is held over a short rest inside a cell.
    solo : how much busier a solo is.
    colour : what a strong note outside the chord costs: low where suspensions and ninths are liked.
    counter : what a second line does: "thirds", "guide", "stabs" or "answer".
    """

    verse: tuple[str, ...] = ("mnmc", "mvnc", "msnc", "mmnc", "momc", "mrnc")
    chorus: tuple[str, ...] = ("mmvc", "mnmc", "msmc", "mvmc", "mmnc")
    bridge: tuple[str, ...] = ("dsdo", "isfo", "dsfo", "dado")
    tags: dict[str, float] = field(default_factory=dict)
    gestures: dict[str, float] = field(default_factory=dict)
    rest: tuple[float, float] = (0.1, 0.18)
    rhyme: float = 0.4
    pickup: float = 0.1
    push: float = 0.0
    approach: float = 0.0
    bend: float = 0.0
    grace: float = 0.0
    finest: float = 0.25
    legato: float = 0.6
    solo: float = 1.35
    colour: float = 3.4
    counter: str = "answer"


_POP = Style(
    tags={"even": 1.0, "sync": 1.0, "off": 0.7, "long": 0.6, "dotted": 0.5, "three": 0.5, "run": 0.2, "gap": 0.2},
    gestures={"step": 1.0, "repeat": 1.0, "turn": 0.6, "leap": 0.5, "chord": 0.3, "swing": 0.4},
    push=0.35, pickup=0.15, counter="thirds",
)  # fmt: skip
_FAMILIES: dict[str, Style] = {
    "pop": _POP,
    "ballad": replace(_POP, tags={**_POP.tags, "run": 0.5, "snap": 0.4}, push=0.45, rest=(0.12, 0.2), grace=0.1, colour=3.2, counter="guide"),
    "tune": Style(
        verse=("mnmc", "mmnc", "mnvc", "mvnc", "msnc"), chorus=("mnmc", "msnc", "mmvc", "mvmc"),
        tags={"even": 1.1, "dotted": 0.9, "long": 0.8, "snap": 0.25, "run": 0.25, "off": 0.2, "sync": 0.15},
        gestures={"step": 1.0, "turn": 0.5, "chord": 0.6, "leap": 0.5, "repeat": 0.4, "swing": 0.5},
        pickup=0.45, grace=0.06, counter="thirds",
    ),
    "riff": Style(
        verse=("mmmf", "mmvc", "mvmc", "mmsc"), chorus=("mmsc", "mnmc", "mmvc", "msmc"), bridge=("asdo", "dafo", "dsfo"),
        tags={"even": 1.0, "dotted": 0.5, "three": 0.7, "run": 0.5, "off": 0.5, "sync": 0.6, "long": 0.5},
        gestures={"repeat": 1.2, "step": 0.8, "turn": 0.8, "chord": 0.3, "leap": 0.3, "swing": 0.5},
        rhyme=0.6, bend=0.08, counter="guide",
    ),
    "horns": Style(
        verse=("mlmc", "mmvc", "mlvc", "mnmc"), chorus=("mmmc", "mmvc", "mnmc"), bridge=("dsdo", "_s_o", "dlfo"),
        tags={"stab": 1.4, "off": 1.2, "sync": 1.2, "run": 0.8, "three": 0.7, "even": 0.5, "gap": 0.5, "long": 0.25},
        gestures={"repeat": 1.3, "turn": 0.7, "step": 0.7, "leap": 0.4, "swing": 0.6, "chord": 0.4},
        rest=(0.13, 0.22), legato=0.2, rhyme=0.5, push=0.3, bend=0.12, counter="stabs",
    ),
    "bop": Style(
        verse=("msnc", "mvic", "mnmc", "mfnc", "msfc"), chorus=("msnc", "dsnc", "mvnc"), bridge=("dsdo", "isio", "dsfo"),
        tags={"even": 1.4, "off": 1.1, "sync": 0.7, "run": 0.15, "long": 0.35, "gap": 0.4, "dotted": 0.3},
        gestures={"step": 1.0, "chord": 0.9, "turn": 0.8, "swing": 0.8, "leap": 0.5, "repeat": 0.15},
        push=0.4, pickup=0.3, legato=0.5, approach=0.45, grace=0.03, finest=0.5, rhyme=0.25, solo=1.5, colour=3.2, counter="guide",
    ),
    "blues": Style(
        verse=("mlmldc", "mlmlfc", "mlvldc", "mlmlrc"), chorus=("mlmldc",), bridge=("mlmldc",),
        tags={"even": 1.0, "off": 1.2, "sync": 0.9, "long": 0.6, "gap": 0.5, "dotted": 0.3},
        gestures={"repeat": 0.9, "step": 0.9, "turn": 0.9, "leap": 0.5, "swing": 0.6, "chord": 0.2},
        rest=(0.15, 0.26), pickup=0.3, push=0.3, approach=0.1, bend=0.3, solo=1.4, counter="answer",
    ),
    "bossa": Style(
        verse=("msnc", "mvnc", "mnmc", "mssc"), chorus=("dsnc", "msnc", "mvnc"), bridge=("dsdo", "dsfo"),
        tags={"sync": 1.6, "off": 1.1, "three": 1.0, "long": 0.6, "even": 0.5, "dotted": 0.4},
        gestures={"repeat": 1.1, "step": 1.0, "turn": 0.8, "swing": 0.4, "leap": 0.3, "chord": 0.3},
        push=0.6, pickup=0.15, approach=0.15, colour=3.0, finest=0.5, counter="guide",
    ),
    "hook": Style(
        verse=("mmmv", "mvmc", "msmv", "mrmc", "mmsc"), chorus=("mmmv", "mmvc", "mvmc", "msmc", "mrmc"), bridge=("aoac", "aiac", "daoc"),
        tags={"three": 1.5, "sync": 1.0, "off": 1.0, "even": 0.7, "run": 0.4, "long": 0.4, "stab": 0.4},
        gestures={"repeat": 1.1, "chord": 0.8, "swing": 0.8, "turn": 0.6, "step": 0.6, "leap": 0.4},
        rhyme=0.7, push=0.2, counter="guide",
    ),
    "ostinato": Style(
        verse=("mmmv", "mvmc", "mmrc", "mrmv"), chorus=("mmmv", "mmvc", "mmsc", "mrmc"), bridge=("aiac", "idic", "dadc"),
        tags={"even": 1.0, "off": 0.8, "three": 0.9, "gap": 0.3, "sync": 0.6, "run": 0.4, "long": 0.5},
        gestures={"turn": 1.1, "step": 0.8, "repeat": 0.8, "swing": 0.6, "chord": 0.5, "leap": 0.3},
        rest=(0.13, 0.22), rhyme=0.6, counter="guide",
    ),
    "period": Style(
        verse=("momc", "msfc", "mnvc", "movc", "mofc"), chorus=("momc", "msfc", "dsnc", "movc"), bridge=("dsfo", "isfo", "dsdo"),
        tags={"even": 1.1, "dotted": 0.9, "long": 0.7, "run": 0.6, "snap": 0.1},
        gestures={"step": 1.0, "chord": 0.8, "turn": 0.9, "leap": 0.5, "repeat": 0.3, "swing": 0.5},
        pickup=0.25, grace=0.16, rest=(0.12, 0.2), counter="thirds",
    ),
    "sparse": Style(
        verse=("mlmc", "mmlc", "mlmc", "mvmc"), chorus=("mnmc", "mmvc", "mlmc"), bridge=("dadc", "aiac"),
        tags={"off": 1.2, "even": 0.9, "sync": 0.6, "long": 0.6, "gap": 0.35, "three": 0.3},
        gestures={"repeat": 0.9, "step": 1.0, "turn": 0.6, "chord": 0.5, "leap": 0.3, "swing": 0.3},
        rest=(0.12, 0.2), rhyme=0.5, pickup=0.2, bend=0.06, counter="thirds",
    ),
    "long": Style(
        verse=("mvnc", "msnc", "manc", "mnvc"), chorus=("msnc", "mnvc", "manc"), bridge=("asdo", "aidc", "dadc"),
        tags={"hold": 1.4, "long": 1.5, "dotted": 0.3, "gap": 0.15, "even": 0.1, "sync": 0.2},
        gestures={"step": 1.0, "chord": 0.7, "leap": 0.5, "turn": 0.4, "repeat": 0.2, "swing": 0.3},
        rest=(0.12, 0.2), finest=0.5, colour=3.2, counter="guide",
    ),
    "coro": Style(
        verse=("mnmc", "mvnc", "msnc", "mrnc"), chorus=("mmmv", "mmvc", "mmmc", "mrmc"), bridge=("dldc", "dsdo"),
        tags={"sync": 1.6, "off": 1.3, "three": 0.6, "even": 0.7, "gap": 0.4, "long": 0.3, "stab": 0.4},
        gestures={"repeat": 1.0, "step": 0.9, "chord": 0.7, "turn": 0.5, "swing": 0.6, "leap": 0.3},
        push=0.5, pickup=0.2, finest=0.5, solo=1.4, counter="stabs",
    ),
    "theme": Style(
        verse=("msnc", "mmsc", "mnsc", "mvnc", "masc"), chorus=("mssc", "mnsc", "msnc"), bridge=("asdo", "iado", "dsfo"),
        tags={"long": 1.2, "dotted": 1.0, "even": 0.5, "hold": 0.5, "snap": 0.2},
        gestures={"leap": 1.0, "step": 1.0, "chord": 0.8, "turn": 0.4, "repeat": 0.3, "swing": 0.3},
        rest=(0.1, 0.2), finest=0.5, pickup=0.2, counter="guide",
    ),
}  # fmt: skip
_FAMILY_OF: dict[str, str] = {
    "pop": "pop", "disco": "pop", "rock": "riff", "metal": "riff", "funk": "horns", "afrobeats": "horns", "soul": "ballad",
    "rnb": "ballad", "house": "hook", "techno": "ostinato", "trance": "hook", "drum_and_bass": "hook", "dubstep": "hook",
    "uk_garage": "hook", "amapiano": "hook", "synthwave": "theme", "trap": "ostinato", "drill": "ostinato",
    "hiphop_boombap": "ostinato", "lofi": "ostinato", "jazz_swing": "bop", "blues": "blues", "bossa_nova": "bossa",
    "reggae": "sparse", "reggaeton": "hook", "latin_salsa": "coro", "country": "tune", "folk": "tune", "ambient": "long",
    "cinematic": "theme", "classical": "period", "big band": "bop", "gospel": "ballad", "ska": "horns", "punk": "riff",
    "grunge": "riff", "bluegrass": "tune", "flamenco": "ballad", "tango": "period", "waltz": "period", "samba": "bossa",
    "cumbia": "coro", "k-pop": "pop", "hyperpop": "hook", "phonk": "ostinato", "jersey club": "hook", "chiptune": "riff",
    "new age": "long", "ragtime": "period", "march": "period", "trip hop": "ostinato", "edm": "hook", "hardstyle": "hook",
    "dancehall": "hook", "celtic": "tune", "dub": "sparse", "jungle": "hook", "deep house": "hook", "bachata": "coro",
}  # fmt: skip


@lru_cache(maxsize=128)
def _style(name: str, form: str, machine: bool, blue: bool, chromatic: bool, pentatonic: bool) -> Style:
    family = _FAMILY_OF.get(name)
    if family is None:  # a genre that came later: by what its data say
        family = {"edm": "hook", "jazz": "bop", "blues": "blues", "ternary": "period", "arc": "long", "cinematic": "theme",
                  "salsa": "coro", "aaba": "bossa", "loop": "ostinato"}.get(form, "tune" if pentatonic and not machine else "pop")  # fmt: skip
    style = _FAMILIES[family]
    if chromatic and not style.approach:
        style = replace(style, approach=0.35)
    if not chromatic and family == "bop":
        style = replace(style, approach=0.0)
    if blue and not style.bend:
        style = replace(style, bend=0.25)
    return style


def style_of(genre: Genre) -> Style:
    """Return how a genre's tunes go."""
    return _style(genre.name, genre.form, genre.machine, genre.blue, genre.chromatic, genre.pentatonic)
