"""The job protocol that every model server speaks: what is asked, and what became of it.

One request type for all tasks; what a model does not know it says field by field (``Honoured``),
so that nothing is ignored in silence.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Task = Literal[
    "generate", "continue", "inpaint", "cover", "add", "remove", "extract", "replace", "complete",
    "separate", "render", "transcribe", "embed", "caption", "tag",
]  # fmt: skip
# Whose task it is: the name under which ``servers`` has the server.
TOOL_OF: dict[Task, str] = {
    "generate": "generate", "continue": "generate", "cover": "generate", "complete": "generate",
    "inpaint": "edit", "add": "edit", "remove": "edit", "extract": "edit", "replace": "edit", "separate": "edit",
    "render": "export", "transcribe": "transcribe", "embed": "retrieve", "caption": "caption", "tag": "tag",
}  # fmt: skip
State = Literal["queued", "running", "done", "failed", "cancelled"]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LyricLine(_Group):
    """A line of a lyric: its section, its words and, where known, its start in seconds."""

    section: str = ""
    text: str
    start: float | None = None


class TextWish(_Group):
    """What is wanted in words."""

    prompt: str = ""
    negative: str = ""
    tags: list[str] = []
    lyrics: list[LyricLine] = []
    lang: str | None = None
    instrumental: bool | None = None


class FormPart(_Group):
    """A section of the form and, where it matters, its length in bars."""

    label: str
    bars: int | None = Field(None, ge=1)


class ChordAt(_Group):
    """A chord symbol from a beat (quarter notes from 0) on."""

    beat: float = Field(ge=0)
    symbol: str


class MusicWish(_Group):
    """What is wanted in music: tempo in bpm, duration in seconds, score as MIDI (base64) or ABC."""

    bpm: float | None = Field(None, gt=0)
    key: str | None = None
    meter: str | None = None
    duration: float | None = Field(None, gt=0)
    bars: int | None = Field(None, ge=1)
    structure: list[FormPart] = []
    chords: list[ChordAt] = []
    score: dict[str, str] = {}
    instruments: list[str] = []


class BlobSpan(_Group):
    """A span of an uploaded blob, seconds."""

    blob: str
    start: float | None = None
    end: float | None = None
    weight: float = 1.0


class AudioWish(_Group):
    """Sound to work on or to follow, as blob ids: never paths, never URLs."""

    src: str | None = None
    melody: str | None = None
    drums: str | None = None
    style: str | None = None
    ref: list[BlobSpan] = []


class EditWish(_Group):
    """What to change: spans in seconds, a track, an instruction in words."""

    spans: list[tuple[float, float]] = []
    track: str | None = None
    instruction: str | None = None
    strength: float | None = None


class Sampling(_Group):
    """How many, with which seeds, and the sampler's parameters."""

    n: int = Field(1, ge=1, le=64)
    seeds: list[int] = []
    steps: int | None = None
    cfg: float | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None


class Delivery(_Group):
    """How the sound is delivered: rate in Hz, loudness in LUFS."""

    format: Literal["wav", "flac", "mp3", "ogg"] = "wav"
    sample_rate: int | None = Field(None, ge=8000, le=192_000)
    channels: int | None = Field(None, ge=1, le=2)
    lufs: float | None = Field(None, ge=-50, le=-5)


class JobRequest(_Group):
    """A job: which task by which model, with what wishes; ``strict`` makes an ignored wish an error."""

    task: Task
    model: str
    outputs: list[Literal["mix", "stems", "midi", "abc"]] = ["mix"]
    text: TextWish = TextWish()
    music: MusicWish = MusicWish()
    audio: AudioWish = AudioWish()
    edit: EditWish = EditWish()
    sample: Sampling = Sampling()
    delivery: Delivery = Delivery()
    strict: bool = False
    extra: dict[str, Any] = {}

    def asked(self) -> list[str]:
        """Return the wishes that differ from nothing, as "group.field"."""
        groups = ("text", "music", "audio", "edit", "sample", "delivery")
        found = [
            f"{group}.{name}" for group in groups for name in getattr(self, group).model_dump(exclude_defaults=True)
        ]
        return found + [f"extra.{name}" for name in self.extra]


class Honoured(BaseModel):
    """What became of one wish: ``how`` says it where it is not simply used."""

    status: Literal["used", "approximated", "ignored", "rejected"] = "used"
    how: str = ""


class JobStatus(BaseModel):
    """Where a job stands; ``outputs`` names what can be fetched so far, ``effective`` the parameters really used."""

    job_id: str
    state: State
    task: Task
    model: str
    position: int = 0
    eta_s: float = 0.0
    done: float = 0.0
    total: float = 1.0
    stage: str = ""
    fields: dict[str, Honoured] = {}
    outputs: list[str] = []
    seeds: list[int] = []
    notes: list[str] = []
    revision: str = ""
    effective: dict[str, Any] = {}
    queued_s: float = 0.0
    seconds: float = 0.0
    error: dict[str, str] | None = None


class ModelInfo(BaseModel):
    """What a model is, may be used for, and can honour ("group.field" → how, empty = exactly)."""

    name: str
    tasks: list[Task]
    outputs: list[str] = ["mix"]
    licence: str
    commercial: bool = True
    revision: str = ""
    honours: dict[str, str] = {}
