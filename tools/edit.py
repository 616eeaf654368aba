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


class Loop(_Op):
    """Play it ``times`` times in all."""

    op: Literal["loop"]
    times: int = Field(ge=1, le=100)


class Reverse(_Op):
    """Play it backwards."""

    op: Literal["reverse"]


class Regenerate(_Op):
    """Write bars anew (from 1, both included); everything else stays."""

    op: Literal["regenerate"]
    start_bar: int = Field(ge=1)
    end_bar: int = Field(ge=1)
    prompt: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Regenerate":
        if self.end_bar < self.start_bar:
            raise ValueError("end_bar comes before start_bar")
        return self


class Extend(_Op):
    """Make it last ``duration_s`` seconds in all."""

    op: Literal["extend"]
    duration_s: float = Field(gt=0, le=7200)


class Restyle(_Op):
    """Play the same tune in another style."""

    op: Literal["restyle"]
    prompt: str


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
    | Regenerate | Extend | Restyle | Effect | Loudness,
    Field(discriminator="op"),
]  # fmt: skip


class Args(BaseArgs):
    """Change a piece: remove, isolate, level, replace or add parts; key, tempo, cuts, joins, mixes, fades, loops, effects, loudness, new bars, another style. What is not named stays as it is."""

    clip: PieceRef = Field(description="what to change")
    operations: list[Operation] = Field(min_length=1, description="done in this order")


class Out(BaseOut):
    """The new version; the old one stays."""

    piece: Piece
    details: list[dict[str, Any]] = Field([], description="per operation: how it was done, measured residuals")


TOOL = Tool("edit", Args, Out, seconds=4.0)
