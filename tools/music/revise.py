"""Exact changes to a score: each returns a new score in which whatever was not named is identical.

Bars count from 1 and both ends are included. One module a kind of change: ``revise_parts`` (who plays),
``revise_bars`` (bars written anew), ``revise_time`` (key, tempo, cuts, loops), ``revise_extend``, ``revise_style``.
"""

from segue.tools.music.revise_bars import regenerate
from segue.tools.music.revise_extend import extend
from segue.tools.music.revise_parts import add_part, isolate_parts, known_instrument, remove_parts, replace_instrument
from segue.tools.music.revise_style import restyle
from segue.tools.music.revise_time import loop, set_tempo, transpose, transpose_to, trim_bars

__all__ = [
    "add_part", "extend", "isolate_parts", "known_instrument", "loop", "regenerate", "remove_parts",
    "replace_instrument", "restyle", "set_tempo", "transpose", "transpose_to", "trim_bars",
]  # fmt: skip
