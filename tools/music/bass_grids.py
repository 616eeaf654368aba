"""Bass idioms as text: 16 steps a bar of 4/4, other meters beside them.

``r`` root (or slash note), ``5`` fifth, ``8`` octave, ``3`` third, ``6`` sixth, ``7`` seventh, ``a`` approach to the
next root, ``n`` the next chord's root before its time, ``x`` a dead note, ``p`` a popped octave.
"""

from segue.tools.music.rhythm import Meter

_GRIDS: dict[str, tuple[str, ...]] = {
    "root_eighths": ("r.r.r.r.r.r.r.r.", "r.r.r.r.r.r.5.a.", "r.r.r.r.r.r.8.5.", "r...r.r.r...r.r."),
    "punk": ("r.r.r.r.r.r.r.r.", "r.r.r.r.r.r.r.a.", "r.r.r.r.8.8.r.r.", "r.r.r.r.r.r.5.6."),
    "lock_eighths": ("r.....r.r.....a.", "r.r.....r.r.5.a.", "r.....r.r...5...", "r...r.r.r.....5.", "r.......r.5.8.5."),
    "octaves": ("r.8.r.8.r.8.r.8.", "r.8.r.8.r.8.5.a.", "r.8rr.8.r.8rr.8.", "r.8.r.8.5.8.r.a."),
    "offbeat_eighths": ("..r...r...r...r.", "..r...r...r..r8.", "..r..r....r..r..", "..r...r...8...5."),
    "deep": ("..r..r.r...r..8.", "...r..r....r..5.", "..r...rr..r..r..", "r..r..r...8..r.."),
    "rolling": (".rrr.rrr.rrr.rrr", ".rrr.rr8.rrr.r8r", ".rr8.rrr.rr8.rrr", "..rr..rr..rr.8rr"),
    "acid": ("r.rr.8r.rr.8.r3.", "rr.r8.r.r.8rr.5r", "r.8rr.r.3r.r8.r.", "r..r8.rr..8r.r5."),
    "offbeat_sixteenths": ("..rr..rr..rr..rr", "..rr..rr..rr..r8", ".rrr.rrr.rrr.rrr"),
    "half_time": ("r.........r.....", "r.........5..a..", "r..............r", "r.....r.........", "r.......8...5.a."),
    "wobble": ("r.....r.r.......", "r.....r.....r...", "r..r......r.....", "r.....8...r..r.."),
    "funk": ("r..rx.8.x.r..x8a", "r..8..x.r.x.r5.a", "r..x..8rx.8rr.x.", "r.xr..5.8.xr..p.", "rx.r..p.x..r5.a.", "r...x.8r..xp.r5a"),
    "shuffle": ("r.r.3.3.5.5.6.5.", "r.r.3.5.6.5.3.a.", "r.r.3.3.5.5.6.8.", "r.r.8.7.6.6.5.a."),
    "bossa": ("r.....5.5.....r.", "r.....5.5.....a.", "r.....5.8.....5."),
    "samba": ("r..rr..r5..55..5", "r..rr..r5..55..a", "r.....rr5.....55"),
    "reggae": ("....r...r..5..8.", "....r.3.5.....r.", "....r.....5.r...", "..r.r...5.3.r...", "....r..r..r.5.3."),
    "dub": ("r.....r.5.......", "....r.r.....8.5.", "r..r......5.3...", "r.....8.....5.r."),
    "rocksteady": ("r...3.5.r...5.3.", "..r.3.5...5.3.r.", "r.r...5.3...5.6."),
    "tumbao": ("......5.....n...", "......5.....n...", "......r.....n..."),
    "cumbia": ("r.......5...8...", "r.......5...5...", "r.......3...5..."),
    "two_beat": ("r.......5.......", "r.......5...a...", "r.......5.......", "r.......5...6.a."),
    "oompah": ("r.......5.......", "r.......5.....a.", "r.......5...3.a."),
    "tango": ("r...5...8...5...", "r.....rr5...8...", "r...5...r...5.a.", "r..r..5.r...5..."),
    "march": ("r.......5.......", "r.......3...a...", "r...5...8...5..."),
    "drone": ("r...............",),
    "ostinato": ("r.r.r.r.r.r.r.r.", "r.r.r.5.r.r.5.r.", "r..r..r.r..r..r."),
    "half_notes": ("r.......5.......", "r.......3...5...", "r...3...5...a..."),
    "tresillo": ("r..r..r.r...r...", "r..r..r.r...r.5.", "r..r..5.r..r..8."),
    "dembow": ("r.....r.r.....r.", "r..r..r.....r.5.", "r.....5.r..r...."),
    "afro": ("r.....r5..r...5.", "r..r..5...r..8..", "r..5..8...5.r...", "r.....3.5...8.5."),
    "log_drum": ("r..r..8.....r.8.", "r.....r..8..8.r.", "r..8...r..8.r...", "..r..8r...r..8.8", "...r..r.8..r..8."),
    "sixteenth_pulse": ("r.rrr.rrr.rrr.rr", "r.rrr.8rr.rrr.8r", "rrrrrrrrrrrrrrrr", "r.8rr.8rr.8rr.8r"),
    "garage": ("r.....r...r..8..", "r..r......r...8.", "r......8..r..r..", "..r..r....8..r.5"),
    "motown": ("r..r5.8.r..35.a.", "r.....r.r.r35.a.", "r..r..5.8..5r.a.", "r..x.r8.5.3.r.xa", "r.....56r..53.a."),
    "gospel": ("r..r..5.8..5.3a.", "r.....r.6.5.3.a.", "r...3.5.6.8.5.a.", "r..rx.8.5..6.7a."),
    "flamenco": ("r.....5.r.......", "r.....r.5.....r.", "r..r..r.r...5..."),
    "chip": ("r.8.r.8.r.8.r.8.", "r.5.8.5.r.5.8.5.", "rr8r5r8rrr8r5r8r", "r.3.5.8.r.3.5.8."),
    "jersey": ("r..r..r...r..r..", "r.....r...8..5..", "r..r....r...8..."),
    "roots_fifths": ("r...5...r...5...", "r...5...r...a...", "r...3...5...a..."),
}  # fmt: skip
# The same manners in other meters, by what they are at heart.
_HEART = {
    "root_eighths": "eighths", "punk": "eighths", "ostinato": "eighths", "octaves": "octaves", "chip": "octaves", "shuffle": "walk",
    "offbeat_eighths": "off", "deep": "off", "rolling": "gallop", "acid": "gallop", "offbeat_sixteenths": "gallop",
    "sixteenth_pulse": "gallop", "half_time": "held", "wobble": "held", "drone": "drone", "reggae": "off", "dub": "held",
    "rocksteady": "walk", "two_beat": "two", "oompah": "two", "march": "two", "half_notes": "two", "cumbia": "two",
    "roots_fifths": "walk", "tango": "walk", "bossa": "latin", "samba": "latin", "tresillo": "latin", "dembow": "latin",
    "afro": "latin", "log_drum": "latin", "flamenco": "latin", "tumbao": "tumbao", "funk": "funk", "garage": "funk", "jersey": "funk",
}  # fmt: skip
_METERS: dict[str, dict[str, tuple[str, ...]]] = {
    "3/4": {
        "eighths": ("r.r.r.r.r.r.", "r.r.r.r.5.a."), "octaves": ("r.8.r.8.r.8.", "r.8.5.8.r.a."), "walk": ("r...3...5...", "r...5...a...", "r...3.5.a..."),
        "off": ("..r...r...r.", "..r...5...r."), "gallop": ("..rr..rr..rr", ".rrr.rrr.rr8"), "held": ("r...........", "r.......5..."), "drone": ("r...........",),
        "two": ("r...........", "r.......5...", "r...........", "r.......a..."), "latin": ("r.....5...8.", "r...5.....r."), "tumbao": ("....5...n...",),
        "funk": ("r..r..8.x.5a", "r.x.8.r..x5."), "lock": ("r.........a.", "r.....r...5.", "r.......5.a."),
    },
    "2/4": {
        "eighths": ("r.r.r.r.", "r.r.5.a."), "octaves": ("r.8.r.8.", "r.8.5.a."), "walk": ("r...5...", "r...a...", "r.3.5.a."), "off": ("..r...r.", "..r..r8."),
        "gallop": ("..rr..rr", ".rrr.rr8"), "held": ("r.......",), "drone": ("r.......",), "two": ("r...5...", "r...5...", "r...3.a."), "latin": ("r..rr..5", "r..55..r"),
        "tumbao": ("..5...n.",), "funk": ("r..r8.x.", "rx.8..5a"), "lock": ("r.....a.", "r..r..5."),
    },
    "6/8": {
        "eighths": ("r.r.r.r.r.r.", "r.r.r.5.5.a."), "octaves": ("r...8.r...8.", "r.8.8.5.8.8."), "walk": ("r.....5.....", "r...3.5...a.", "r...r.5...5."),
        "off": ("....r.....r.", "..r.r...r.r."), "gallop": ("..rrrr..rrrr", "r.rrr.r.rrr."), "held": ("r...........",), "drone": ("r...........",),
        "two": ("r.....5.....", "r...r.5...5.", "r.....5...a."), "latin": ("r...5...8...", "r.....5...8."), "tumbao": ("....5...n...",),
        "funk": ("r..x..8...5a", "r...8.r..x5."), "lock": ("r.........a.", "r.....5...a.", "r...r.5....."),
    },
    "12/8": {
        "eighths": ("r.r.r.r.r.r.r.r.r.r.r.r.",), "octaves": ("r...8.r...8.r...8.r...8.",), "walk": ("r.....3.....5.....6.....", "r...r.3...3.5...5.6...5.", "r.....3.....5.....a....."),
        "off": ("....r.....r.....r.....r.",), "gallop": ("..rrrr..rrrr..rrrr..rrrr",), "held": ("r.......................", "r...........5.........a."), "drone": ("r.......................",),
        "two": ("r...........5...........", "r...........5.....a....."), "latin": ("r...5...8...r...5...8...", "r.....5...8.r.....5...a."), "tumbao": ("......5.....8.....n.....",),
        "funk": ("r..x..8...r.5..x..8...a.",), "lock": ("r.........r.5.........a.", "r.....r...5.8.....5...a.", "r...........r.....5...a."),
    },
    "5/4": {
        "eighths": ("r.r.r.r.r.r.r.r.r.r.", "r.r.r.r.r.r.5.5.a.a."), "octaves": ("r.8.r.8.r.8.r.8.r.8.",), "walk": ("r...3...5...r...a...", "r...5...3...5...a...", "r.....5.....r...5..."),
        "off": ("..r...r...r...r...r.",), "gallop": ("..rr..rr..rr..rr..rr",), "held": ("r...........5.......", "r..................."), "drone": ("r...................",),
        "two": ("r...........5.......", "r...........5...a..."), "latin": ("r.....5.....r...5...", "r.....5...8.r.....a."), "tumbao": ("......5.....8...n...",),
        "funk": ("r..r..8.x...r..58.a.", "r.x.8.....r.5..xr.a."), "lock": ("r.....r.....r.....a.", "r...........5...a..."),
    },
    "7/8": {
        "eighths": ("r.r.r.r.r.r.r.", "r.r.r.r.5.5.a."), "octaves": ("r.8.r.8.r.8.8.",), "walk": ("r...5...r...a.", "r...3...5.6.a."), "off": ("..r...r...r.r.",),
        "gallop": ("..rr..rr..rrrr",), "held": ("r.......5.....", "r............."), "drone": ("r.............",), "two": ("r.......5.....", "r...5...r...a."),
        "latin": ("r..r..r.5...8.", "r.....5.r...a."), "tumbao": ("....5.....n...",), "funk": ("r..r..8.x.5.a.", "r.x.8...r..5.a"), "lock": ("r.......r...a.", "r.....5.r....."),
    },
}  # fmt: skip
# How long a note is held, as a share of the way to the next.
LEGATO = {"octaves": 0.6, "funk": 0.55, "rolling": 0.7, "acid": 0.6, "offbeat_sixteenths": 0.7, "offbeat_eighths": 0.8, "deep": 0.7,
          "sixteenth_pulse": 0.7, "root_eighths": 0.92, "punk": 0.9, "ostinato": 0.8, "motown": 0.8, "gospel": 0.85, "log_drum": 0.75,
          "oompah": 0.55, "march": 0.5, "tango": 0.6, "chip": 0.55, "cumbia": 0.8, "samba": 0.7, "rocksteady": 0.85, "dub": 0.9,
          "drill_slides": 1.0, "follow_kick": 0.98, "half_time": 1.0}  # fmt: skip
# Styles whose bass keeps away from the kick on purpose: they walk, rest on it, or answer it off the beat.
FREE_OF_KICK = frozenset(
    {"walking", "reggae", "offbeat_eighths", "deep", "rolling", "offbeat_sixteenths", "tumbao", "log_drum", "drone",
     "dub", "rocksteady", "oompah", "tango", "march", "samba"}
)  # fmt: skip


def grids(manner: str, meter: Meter) -> tuple[str, ...]:
    """Return the patterns of a manner in a meter, the plainest first; none where the meter is not known."""
    if meter.is_common:
        return _GRIDS.get(manner) or _GRIDS["lock_eighths"]
    table = _METERS.get(meter.name)
    return table[_HEART.get(manner, "lock")] if table else ()
