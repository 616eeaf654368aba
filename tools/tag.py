"""The tool that measures music: values with confidences."""

from pydantic import Field

from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.base import PieceRef, Tool, Value


class Args(BaseArgs):
    """Measure a clip: tempo, key, meter, mood, genre, instruments, vocals, loudness, sections."""

    clip: PieceRef


class SectionTag(BaseOut):
    """A section: its label (A, B, A' or a plain name), its span in seconds, how sure a plain name is (0 for a letter)."""

    label: str
    start_s: float
    end_s: float
    confidence: float = 0.0


class KeySpan(BaseOut):
    """A key and when it begins, in seconds."""

    key: str
    start_s: float


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
    tempo_alternatives: Value[list[float]] = Field(
        Value[list[float]](), description="other tempi that could be felt, bpm: the half and the double among them"
    )
    tempo_stability: Value[float] = Field(Value[float](), description="1 where all beats are equally long")
    keys: Value[list[KeySpan]] = Field(
        Value[list[KeySpan]](), description="each key with its start: more than one where it changes"
    )
    tuning_cents: Value[float] = Field(Value[float](), description="how far from A = 440 Hz")
    drums: Value[bool] = Value[bool]()
    loudness_range: Value[float] = Field(Value[float](), description="LU (EBU Tech 3342)")
    true_peak: Value[float] = Field(Value[float](), description="dBTP")
    replaygain: Value[float] = Field(
        Value[float](), description="gain in dB that brings it to −18 LUFS (ReplayGain 2.0)"
    )
    dynamics: Value[float] = Field(Value[float](), description="true peak over loudness, dB")
    energy: Value[float] = Field(Value[float](), description="0–1")
    danceability: Value[float] = Field(Value[float](), description="0–1")
    brightness: Value[float] = Field(Value[float](), description="0–1")
    percussiveness: Value[float] = Field(Value[float](), description="0–1")
    tags: Value[dict[str, float]] = Field(
        Value[dict[str, float]](), description="musicnn's likeliest tags and their probabilities"
    )


TOOL = Tool("tag", Args, Out, seconds=3.0)
