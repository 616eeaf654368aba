"""The tool that changes a piece and leaves alone what was not asked for."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.base import PieceRef, Tool
from segue.tools.core.piece import Piece


class _Op(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Within(_Op):
    """Only from ``start_s`` to ``end_s``, negative seconds from the end; all else stays to the sample."""

    start_s: float | None = Field(None, description="only from here; negative: from the end")
    end_s: float | None = Field(None, description="only to here; negative: from the end")


class Remove(_Within):
    """Take stems or parts out."""

    op: Literal["remove"]
    stems: list[str] = Field(min_length=1)


class Isolate(_Within):
    """Keep only these stems or parts."""

    op: Literal["isolate"]
    stems: list[str] = Field(min_length=1)


class Gain(_Within):
    """Make a stem, or everything, louder or softer by decibels."""

    op: Literal["gain"]
    stem: str | None = None
    db: float = Field(ge=-60, le=60, description="upwards as far as nothing clips")


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
    formants: Literal["kept", "moved"] = Field(
        "kept", description="of sound: moved, a voice grows smaller or bigger", json_schema_extra={"llm": False}
    )

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


class _Matched(_Op):
    match: list[Literal["tempo", "key"]] = Field([], description="bring the others to the piece's tempo or key first")


class Concat(_Matched):
    """Join: the piece, then these; with ``crossfade_s`` they overlap, on a beat where beats are heard."""

    op: Literal["concat"]
    clips: list[PieceRef] = Field(min_length=1)
    crossfade_s: float = Field(0.0, ge=0, le=60)


class Mix(_Matched):
    """Lay these over the piece; one gain a clip, the piece first. ``even``: equally loud before the gains."""

    op: Literal["mix"]
    clips: list[PieceRef] = Field(min_length=1)
    gains_db: list[float] = []
    even: bool = Field(False, description="bring the clips to the piece's loudness first")

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


class Reverse(_Within):
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


class Setting(_Op):
    """A stage of an effect; parameters that are not given keep what the words, or else the stage, bring."""

    stage: Literal[
        "highpass", "lowpass", "low_shelf", "high_shelf", "peak", "reverb", "delay", "width", "compress", "punch", "chorus",
        "wow", "tremolo", "saturate", "bits", "gain", "loudness",
    ]  # fmt: skip
    hz: float | None = Field(None, ge=20, le=20000)
    db: float | None = Field(None, ge=-40, le=24)
    q: float | None = Field(None, ge=0.1, le=20)
    order: int | None = Field(None, ge=1, le=8)
    decay_s: float | None = Field(None, ge=0.05, le=20)
    wet_db: float | None = Field(None, ge=-60, le=12)
    predelay_ms: float | None = Field(None, ge=0, le=300)
    damping_hz: float | None = Field(None, ge=200, le=20000)
    size_ms: float | None = Field(None, ge=1, le=200)
    time_s: float | None = Field(None, ge=0.005, le=4)
    feedback: float | None = Field(None, ge=0, le=0.95)
    factor: float | None = Field(None, ge=0, le=3)
    below_db: float | None = Field(None, ge=-20, le=40)
    ratio: float | None = Field(None, ge=1, le=20)
    attack_ms: float | None = Field(None, ge=0.1, le=500)
    release_ms: float | None = Field(None, ge=1, le=5000)
    depth_ms: float | None = Field(None, ge=0, le=20)
    depth: float | None = Field(None, ge=0, le=1)
    rate_hz: float | None = Field(None, ge=0.05, le=48000)
    drive_db: float | None = Field(None, ge=0, le=40)
    bits: float | None = Field(None, ge=2, le=24)
    lu: float | None = Field(None, ge=-40, le=20)


class Effect(_Within):
    """Change the sound as described ("warmer", "a small room"); ``stages`` sets parameters that an earlier edit showed."""

    op: Literal["effect"]
    description: str = ""
    stages: list[Setting] = Field(
        [], description="named parameters, over those of the words", json_schema_extra={"llm": False}
    )
    stem: str | None = Field(None, description="only this stem or part")

    @model_validator(mode="after")
    def _something(self) -> "Effect":
        if not (self.description.strip() or self.stages):
            raise ValueError("an effect wants a description or stages")
        return self


class Loudness(_Op):
    """Bring it to an integrated loudness in LUFS."""

    op: Literal["loudness"]
    lufs: float = Field(ge=-50, le=-5)


class Compare(_Op):
    """Hear the piece and another version in turns, equally loud: this, that, this, that."""

    op: Literal["compare"]
    with_clip: PieceRef = Field(description="the other version")
    turn_s: float = Field(5.0, ge=1, le=60)
    turns: int = Field(4, ge=2, le=40, description="how many in all")


Operation = Annotated[
    Remove | Isolate | Gain | Replace | Add | Transpose | Tempo | Trim | Concat | Mix | Fade | Loop | Reverse
    | Regenerate | Chords | Mode | Meter | Feel | Ending | Lyrics | Extend | Restyle | Effect | Loudness | Compare,
    Field(discriminator="op"),
]  # fmt: skip


class Args(BaseArgs):
    """Change a piece: remove, isolate, level, replace or add parts; key, tempo, cuts, joins, mixes, fades, loops, effects, loudness, new bars or takes, chords, modes, meters, beats, endings, lyrics, another style, A/B. What is not named stays as it is."""

    clip: PieceRef = Field(description="what to change")
    operations: list[Operation] = Field(min_length=1, description="done in this order")


class Out(BaseOut):
    """The new version; the old one stays."""

    piece: Piece
    details: list[dict[str, Any]] = Field([], description="per operation: how it was done, measured residuals")


TOOL = Tool("edit", Args, Out, seconds=4.0)
