"""Which parts a word means: "drums", "the melody", "guitars", "rhodes"."""

from collections.abc import Callable, Sequence

from segue.tools.core.errors import NotFound
from segue.tools.core.instruments import find_instrument, is_meant_by
from segue.tools.core.score import STEM_NAMES, Part

# What people call a role.
ROLE_WORDS = {"melody": ("melody", "lead"), "lead": ("lead", "melody"), "tune": ("melody", "lead"),
               "harmony": ("chords", "pad"), "chord": ("chords",), "comping": ("chords",), "pads": ("pad",),
               "beat": ("drums",), "beats": ("drums",), "drum": ("drums",), "bassline": ("bass",), "arp": ("arpeggio",),
               "countermelody": ("counter",)}  # fmt: skip


def parts_named(parts: Sequence[Part], word: str) -> list[str]:
    """Return the names of the parts that a word means: a part's name, a role, an instrument or a group.

    Raises
    ------
    NotFound : nothing of that name plays; the hint lists what does.
    """
    plain = " ".join(word.lower().replace("_", " ").split()).removeprefix("the ")
    instrument = find_instrument(plain)
    tests: list[Callable[[Part], bool]] = [
        lambda part: part.name.lower() == plain,
        lambda part: plain in (part.role, part.role + "s") or part.role in ROLE_WORDS.get(plain, ()),
        lambda part: part.instrument.lower() == plain,
        lambda part: instrument is not None and part.instrument == instrument.name,
        lambda part: plain in STEM_NAMES and part.stem == plain,
        lambda part: (found := find_instrument(part.instrument or part.name)) is not None and is_meant_by(found, plain),
    ]
    # "piano" as a group takes every piano; the same word as a part's own name takes that part only.
    if plain in STEM_NAMES and plain not in (part.name.lower() for part in parts):
        tests.insert(0, tests.pop(4))
    for test in tests:
        if found := [part.name for part in parts if test(part)]:
            return found
    there = ", ".join(part.name for part in parts) or "no parts"
    raise NotFound(f"There is no '{word}' in this piece.", f"There are: {there}.")
