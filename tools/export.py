"""The tool that writes files for the user."""

from typing import Literal

from pydantic import Field

from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import ItemRef, Tool
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.piece import FileOut


class Args(BaseArgs):
    """Write files: audio in any format, stems, MIDI, MusicXML, score pictures, playlists (M3U8, XSPF), a folder for a DAW."""

    items: list[ItemRef] = Field(min_length=1, max_length=1000)
    formats: list[
        Literal[
            "wav",
            "flac",
            "mp3",
            "ogg",
            "m4a",
            "midi",
            "musicxml",
            "svg",
            "pdf",
            "lrc",
            "stems",
            "m3u8",
            "xspf",
            "daw",
        ]
    ] = Field(min_length=1)
    folder: str | None = Field(None, description="where to; the data folder's exports when not given")


class Out(BaseOut):
    """The files that were written."""

    files: list[FileOut]


TOOL = Tool("export", Args, Out, seconds=1.0)
