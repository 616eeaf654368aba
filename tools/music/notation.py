"""Everything between scores and the world's notations, in one place.

MIDI (``midi``), MusicXML (``musicxml``, ``musicxml_read``) and pictures (``pictures``).
"""

from segue.tools.music.midi import midi_bytes, read_midi
from segue.tools.music.musicxml import leadsheet, musicxml
from segue.tools.music.musicxml_read import read_musicxml
from segue.tools.music.pictures import engrave, piano_roll_svg, score_svg, svg_png

__all__ = [
    "engrave",
    "leadsheet",
    "midi_bytes",
    "musicxml",
    "piano_roll_svg",
    "read_midi",
    "read_musicxml",
    "score_svg",
    "svg_png",
]
