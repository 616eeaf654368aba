"""Exact changes to a score: each returns a new score in which whatever was not named is identical.

Bars count from 1 and both ends are included. One module a kind of change: ``revise_parts`` (who plays),
``revise_bars`` (bars written anew), ``revise_chords`` (chords and modes), ``revise_time`` (key, tempo, cuts,
loops), ``revise_feel`` (beat, swing, looseness), ``revise_meter``, ``revise_form`` (lengths of sections, endings),
``revise_extend``, ``revise_style``; ``revise_words`` reads what words ask for.
"""

from segue.tools.music.revise_bars import regenerate
from segue.tools.music.revise_chords import set_chords, set_key, set_mode
from segue.tools.music.revise_extend import extend
from segue.tools.music.revise_feel import double_time, half_time, humanise, quantise, set_swing
from segue.tools.music.revise_form import resize_section, set_ending
from segue.tools.music.revise_meter import set_meter
from segue.tools.music.revise_parts import add_part, isolate_parts, known_instrument, remove_parts, replace_instrument
from segue.tools.music.revise_style import restyle
from segue.tools.music.revise_time import loop, set_tempo, transpose, transpose_to, trim_bars
from segue.tools.music.revise_words import bars_meant, find_section

__all__ = [
    "add_part", "bars_meant", "double_time", "extend", "find_section", "half_time", "humanise", "isolate_parts",
    "known_instrument", "loop", "quantise", "regenerate", "remove_parts", "replace_instrument", "resize_section",
    "restyle", "set_chords", "set_ending", "set_key", "set_meter", "set_mode", "set_swing", "set_tempo", "transpose",
    "transpose_to", "trim_bars",
]  # fmt: skip
