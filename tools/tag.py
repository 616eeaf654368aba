"""The tool that measures music: values with confidences."""

from pydantic import Field

from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.base import PieceRef, Tool, Value


class Args(BaseArgs):
    """Measure a clip: tempo, key, meter, mood, genre, instruments, vocals, loudness, sections."""

    clip: PieceRef


class SectionTag(BaseOut):
    """A section: its label (A, B, A' or a plain name) and its span in seconds."""

    label: str
    start_s: float
    end_s: float


class Out(BaseOut):
    """What was measured; each value has its confidence, and None means that nothing sure was found."""

    bpm: Value[float]
    key: Value[str]
    meter: Value[str]
    mood: Value[list[str]]
    genre: Value[str]
    instruments: Value[list[str]]
    vocals: Value[bool]
    valence: Value[float] = Field(description="1 (sad) to 9 (happy); unvalidated")
    arousal: Value[float] = Field(description="1 (calm) to 9 (excited); unvalidated")
    loudness: Value[float] = Field(description="integrated, LUFS (ITU-R BS.1770)")
    sections: Value[list[SectionTag]]
    duration_s: float


TOOL = Tool("tag", Args, Out, seconds=3.0)
