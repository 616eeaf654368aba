"""Clip and Piece: what tools pass to one another, and how a piece came to be."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from segue.tools.core.score import ScoreInfo


class Clip(BaseModel):
    """A sound in the store: its content's SHA-256, rate in Hz, channels, frames."""

    id: str
    sample_rate: int
    channels: int
    frames: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate


class MadeBy(BaseModel):
    """How a piece was made: enough to say it, and to make it again."""

    tool: str
    args: dict[str, Any] = {}
    backend: str = ""
    seed: int | None = None


class Piece(BaseModel):
    """A node of the version tree: a recording, a score, or both.

    ``id`` is its own, never a hash. ``stems`` are equal-length clips whose sum is ``clip``.
    ``kind`` is "piece" for what the conversation made or was given, "track" for a library row.
    ``mix`` holds what exact edits need to know of the master (the stored gain curve and the like).
    """

    id: str
    owner: str = "local"
    title: str = ""
    kind: str = "piece"
    clip: Clip | None = None
    score: ScoreInfo | None = None
    stems: dict[str, Clip] = {}
    analysis: dict[str, Any] | None = None
    mix: dict[str, Any] = {}
    parents: list[str] = []
    made_by: MadeBy | None = None
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))

    @property
    def duration_s(self) -> float | None:
        """Length in seconds where it has sound."""
        return self.clip.duration_s if self.clip else None


class FileOut(BaseModel):
    """A file in the store that a tool made: ``kind`` audio, midi, score, picture, playlist or text.

    ``id`` is the blob's; ``path`` is where a copy was written for the user, if it was.
    """

    id: str
    kind: str
    name: str
    path: str | None = None
    media_type: str = "application/octet-stream"
