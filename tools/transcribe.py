"""The tool that writes music down."""

from typing import Literal

from pydantic import Field

from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.base import PieceRef, Tool
from segue.tools.core.piece import FileOut, Piece


class Args(BaseArgs):
    """Write a clip down: notes (MIDI), score (MusicXML), picture, lead sheet, lyrics, chords, beats, sections."""

    clip: PieceRef
    to: list[
        Literal["notes", "score", "picture", "leadsheet", "lyrics", "lrc", "chords", "beats", "sections", "labels"]
    ] = Field(default=["notes"], min_length=1)
    stem: str | None = Field(None, description="only this part: bass, piano, drums, melody, …")


class Out(BaseOut):
    """The piece with the notes as its score, and the files asked for."""

    piece: Piece
    files: list[FileOut] = []
    text: str = Field("", description="chords, sections or lyrics as plain text, for the reply")


TOOL = Tool("transcribe", Args, Out, seconds=8.0)
