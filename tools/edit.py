"""The tool that changes a piece and leaves alone what was not asked for."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.base import PieceRef, Tool
from segue.tools.core.piece import Piece


class _Op(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Remove(_Op):
    """Take stems or parts out."""

    op: Literal["remove"]
    stems: list[str] = Field(min_length=1)


class Isolate(_Op):
    """Keep only these stems or parts."""

    op: Literal["isolate"]
    stems: list[str] = Field(min_length=1)


class Gain(_Op):
    """Make a stem, or everything, louder or softer by decibels."""

    op: Literal["gain"]
    stem: str | None = None
    db: float = Field(ge=-60, le=24)


class Replace(_Op):
    """Play a part on another instrument."""

    op: Literal["replace"]
    stem: str
    instrument: str


class Add(_Op):
    """Add a part."""

    op: Literal["add"]
    instrument: str
    prompt: str | None = None
    seed: int | None = Field(None, ge=0)


class Transpose(_Op):
    """Move up or down by semitones, or to a key."""

    op: Literal["transpose"]
    semitones: float | None = Field(None, ge=-24, le=24)
    key: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "Transpose":
        if (self.semitones is None) == (self.key is None):
            raise ValueError("transpose wants either semitones or key")
        return self


class Tempo(_Op):
    """Change the tempo and keep the pitch: to a bpm, or by a ratio (new ÷ old)."""

    op: Literal["tempo"]
    bpm: float | None = Field(None, ge=20, le=400)
    ratio: float | None = Field(None, ge=0.25, le=4)

    @model_validator(mode="after")
    def _one(self) -> "Tempo":
        if (self.bpm is None) == (self.ratio is None):
            raise ValueError("tempo wants either bpm or ratio")
        return self


class Trim(_Op):
    """Keep a span; negative seconds count from the end, no end means to the end."""

    op: Literal["trim"]
    start_s: float = 0.0
    end_s: float | None = None


class Concat(_Op):
    """Join: the piece, then these."""

    op: Literal["concat"]
    clips: list[PieceRef] = Field(min_length=1)


class Mix(_Op):
    """Lay these over the piece; one gain a clip, the piece first."""

    op: Literal["mix"]
    clips: list[PieceRef] = Field(min_length=1)
    gains_db: list[float] = []

    @model_validator(mode="after")
    def _gains_match(self) -> "Mix":
        if self.gains_db and len(self.gains_db) != len(self.clips) + 1:
            raise ValueError("gains_db has one entry a clip, the piece itself first")
        return self


class Fade(_Op):
    """Fade in and out over seconds."""

    op: Literal["fade"]
    in_s: float = Field(0.0, ge=0)
    out_s: float = Field(0.0, ge=0)


class Reverse(_Op):
    """Play it backwards."""

    op: Literal["reverse"]


class _Where(_Op):
    """Bars from 1, both included; or a section by name; neither means the whole piece."""

    start_bar: int | None = Field(None, ge=1)
    end_bar: int | None = Field(None, ge=1, description="alone start_bar means that one bar")
    section: str | None = Field(None, description='"the bridge", "second chorus", "ending"')

    @model_validator(mode="after")
    def _in_order(self) -> "_Where":
        if self.end_bar is not None and self.end_bar < (self.start_bar or 1):
            raise ValueError("end_bar comes before start_bar")
        if self.section and (self.start_bar or self.end_bar):
            raise ValueError("bars are named by number or by section, not by both")
        return self


class Loop(_Where):
    """Play it, or some of its bars, ``times`` times in all; ``seamless``: a file that can go round for ever."""

    op: Literal["loop"]
    times: int = Field(1, ge=1, le=100)
    seamless: bool = Field(False, description="exactly whole bars, what rings over the end is at the start")

    @model_validator(mode="after")
    def _does_something(self) -> "Loop":
        if self.times == 1 and not (self.seamless or self.section or self.start_bar):
            raise ValueError("a loop is played several times, seamless, or of some bars")
        return self


class Regenerate(_Where):
    """Write bars anew; everything else stays. Without bars or a section: another take of the whole piece."""

    op: Literal["regenerate"]
    prompt: str | None = Field(None, description='"busier", "more tension", "a variation", "a reggaeton beat"')
    parts: list[str] = Field([], description="only these are written anew")
    keep: list[str] = Field([], description="these are locked")
    seed: int | None = Field(None, ge=0, description="the same seed writes the same notes")


class Chords(_Where):
    """Put other chords under bars; the harmony follows, the tune keeps its rhythm, the drums stay."""

    op: Literal["chords"]
    chords: list[str] = Field(min_length=1, description='one a bar, repeated, e.g. ["Dm7", "G7 Db7"]')
    keep: list[str] = Field([], description="these are locked")
    seed: int | None = Field(None, ge=0)


class Mode(_Where):
    """Make the harmony brighter or darker: every note keeps its degree in another mode of the same tonic."""

    op: Literal["mode"]
    mode: Literal["brighter", "darker", "major", "minor", "dorian", "phrygian", "lydian", "mixolydian"]
    keep: list[str] = Field([], description="these are locked")


class Meter(_Op):
    """Put it into another meter, bar for bar."""

    op: Literal["meter"]
    meter: str = Field(description="e.g. 3/4, 6/8")
    seed: int | None = Field(None, ge=0)


class Feel(_Where):
    """Change how it is played: the beat's pace, swing, looseness. ``parts`` limits humanise and quantise."""

    op: Literal["feel"]
    beat: Literal["half_time", "double_time"] | None = None
    swing: float | None = Field(None, ge=0.5, le=0.8, description="share of a beat: 0.5 straight, 0.667 triplets")
    swing_by: float | None = Field(None, ge=-0.3, le=0.3, description="more or less swing than now")
    humanise: float | None = Field(None, gt=0, le=1)
    quantise: float | None = Field(None, gt=0, le=1)
    parts: list[str] = []
    seed: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _something(self) -> "Feel":
        wishes = (self.beat, self.swing, self.swing_by, self.humanise, self.quantise)
        if all(wish is None for wish in wishes):
            raise ValueError("feel wants a beat, swing, swing_by, humanise or quantise")
        if self.beat is None and (self.section or self.start_bar or self.end_bar):
            raise ValueError("only the beat can change in some bars; swing, humanise and quantise work on the whole")
        return self


class Ending(_Op):
    """Give it another ending: a held chord, a short stroke, a slowing, or four new bars with a cadence."""

    op: Literal["ending"]
    kind: Literal["new", "held", "cold", "slowing"] = "new"
    seed: int | None = Field(None, ge=0)


class Lyrics(_Op):
    """Set words to the tune in the score; nobody sings them."""

    op: Literal["lyrics"]
    text: str = Field(min_length=1, max_length=8000)


class Extend(_Op):
    """Make it last ``duration_s`` seconds or ``bars`` bars in all; with ``section`` that section's bars."""

    op: Literal["extend"]
    duration_s: float | None = Field(None, gt=0, le=7200)
    bars: int | None = Field(None, ge=1, le=2000)
    section: str | None = Field(None, description='whose length is meant: "intro"; with bars')

    @model_validator(mode="after")
    def _one(self) -> "Extend":
        if (self.duration_s is None) == (self.bars is None):
            raise ValueError("extend wants either duration_s or bars")
        if self.section and self.bars is None:
            raise ValueError("the length of a section is given in bars")
        return self


class Restyle(_Op):
    """Play the same tune in another style."""

    op: Literal["restyle"]
    prompt: str
    keep: list[str] = Field([], description="parts that are locked")
    seed: int | None = Field(None, ge=0)


class Effect(_Op):
    """Change the sound as described ("warmer", "a small room")."""

    op: Literal["effect"]
    description: str


class Loudness(_Op):
    """Bring it to an integrated loudness in LUFS."""

    op: Literal["loudness"]
    lufs: float = Field(ge=-50, le=-5)


Operation = Annotated[
    Remove | Isolate | Gain | Replace | Add | Transpose | Tempo | Trim | Concat | Mix | Fade | Loop | Reverse
    | Regenerate | Chords | Mode | Meter | Feel | Ending | Lyrics | Extend | Restyle | Effect | Loudness,
    Field(discriminator="op"),
]  # fmt: skip


class Args(BaseArgs):
    """Change a piece: remove, isolate, level, replace or add parts; key, tempo, cuts, joins, mixes, fades, loops, effects, loudness, new bars or takes, chords, modes, meters, beats, endings, lyrics, another style. What is not named stays as it is."""

    clip: PieceRef = Field(description="what to change")
    operations: list[Operation] = Field(min_length=1, description="done in this order")


class Out(BaseOut):
    """The new version; the old one stays."""

    piece: Piece
    details: list[dict[str, Any]] = Field([], description="per operation: how it was done, measured residuals")


TOOL = Tool("edit", Args, Out, seconds=4.0)
