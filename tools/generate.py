"""The tool that makes music."""

from pydantic import Field

from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.base import PieceRef, Tool
from segue.tools.core.piece import Clip, Piece


class Args(BaseArgs):
    """Make a new piece of music from words and musical wishes: a whole song, a loop, an intro, variations, a continuation or an accompaniment."""

    prompt: str = Field("", description="what is wanted, in the user's words", max_length=4000)
    genre: str | None = Field(None, description="e.g. lo-fi, bossa nova, techno")
    mood: list[str] = Field([], description="e.g. calm, dark, upbeat")
    bpm: float | None = Field(None, ge=20, le=400, description="quarter notes a minute")
    key: str | None = Field(None, description='e.g. "D minor"')
    meter: str | None = Field(None, description="e.g. 4/4, 3/4, 6/8")
    duration_s: float | None = Field(None, gt=0, le=3600, description="length in seconds")
    bars: int | None = Field(None, ge=1, le=2000, description="length in bars")
    chords: list[str] = Field([], description='one a bar, repeated, e.g. ["C", "G", "Am7", "F/A"]')
    form: list[str] = Field([], description='e.g. ["intro", "verse", "chorus"]')
    instruments: list[str] = Field([], description="that must be there")
    exclude: list[str] = Field([], description="instruments or roles that must not be there")
    lyrics: str | None = Field(None, description="words to set to the melody, given or written by the planner")
    melody: PieceRef | None = Field(None, description="a clip or score whose tune is used")
    style: PieceRef | None = Field(None, description="a clip whose style is followed")
    continue_from: PieceRef | None = Field(None, description="a clip or score to go on from")
    accompany: PieceRef | None = Field(None, description="a clip or score to write an accompaniment for")
    video: PieceRef | None = Field(None, description="a video whose cuts are hit")
    energy: list[float] = Field([], description="energy over time, each 0..1")
    loop: bool = Field(False, description="make it loop without a seam")
    takes: int = Field(1, ge=1, le=8, description="how many different versions")
    seed: int | None = Field(None, description="the same seed gives the same piece; take k has seed + k − 1")


class Out(BaseOut):
    """The new pieces, one a take, the best first."""

    pieces: list[Piece]
    preview: Clip | None = Field(
        None, description="only while it runs: the first seconds of the next piece, at a predicted loudness"
    )


TOOL = Tool("generate", Args, Out, seconds=6.0)
