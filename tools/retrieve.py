"""The tool that finds music in the user's library."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from segue.tools.collection.found import Item as Item
from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import ItemRef, Tool
from segue.tools.core.base import Out as BaseOut

Axis = Literal["energy", "tempo", "mood", "brightness", "density", "acousticness", "loudness", "danceability",
               "distortion", "melody", "vocals", "familiarity", "length"]  # fmt: skip
Order = Literal["best", "energy_up", "energy_down", "path", "tempo_up", "tempo_down", "year_up", "year_down", "length_up",
                "length_down", "rating_down", "plays_up", "plays_down", "title", "artist", "key"]  # fmt: skip


class Filters(BaseModel):
    """Hard constraints: an item that misses one is not shown."""

    model_config = ConfigDict(extra="forbid")

    artist: str | None = None
    exclude_artists: list[str] = []
    genre: str | None = None
    exclude_genres: list[str] = []
    year_min: int | None = None
    year_max: int | None = None
    bpm_min: float | None = None
    bpm_max: float | None = None
    key: str | None = None
    duration_min_s: float | None = None
    duration_max_s: float | None = None
    vocals: bool | None = None
    language: str | None = Field(None, description="ISO 639-1, e.g. fr")
    rating_min: float | None = Field(None, ge=0, le=5)
    plays_max: int | None = None
    unplayed: bool | None = None
    not_since: str | None = Field(None, description="ISO date: not played since")
    exclude: list[str] = Field([], description="ids not to show again: shown before, or rejected")


class Talk(BaseModel):
    """The dialogue so far: the user's words turn by turn, the current ones last, and what each earlier turn's list met with."""

    model_config = ConfigDict(extra="forbid")

    said: list[str] = []
    liked: list[list[str]] = Field([], description="of each earlier turn the ids that were liked")
    disliked: list[list[str]] = Field([], description="of each earlier turn the ids that were rejected")


class Args(BaseArgs):
    """Find tracks in the user's library: by words, by likeness, by filters; identify a clip; make a playlist; sort or filter given items."""

    query: str = Field("", description="words about title, artist, lyrics, sound, mood, context")
    like: list[ItemRef] = Field([], description="more like these")
    unlike: list[ItemRef] = Field([], description="less like these")
    among: list[ItemRef] = Field([], description="sort or filter only these")
    filters: Filters = Filters()
    adjust: dict[Axis, float] = Field({}, description='steps −2..2 along an axis: "more upbeat" is {"energy": 1}')
    hold: list[Axis] = Field([], description="axes to keep as they are")
    max_per_artist: int | None = Field(None, ge=1)
    total_s: float | None = Field(None, gt=0, description="total length of the list, seconds")
    order: Order = Field("best", description="path: small steps; key: round the Camelot wheel; unknown values last")
    k: int = Field(5, ge=1, le=500)
    talk: Talk | None = Field(
        None, description="what was said and liked before: it ranks what fits", json_schema_extra={"llm": False}
    )
    action: Literal["search", "similar", "identify", "playlist"] = "search"


class Out(BaseOut):
    """The best ``k``, how many there are in all, and the question that would split all of them best."""

    items: list[Item]
    total: int = 0
    question: str | None = None


TOOL = Tool("retrieve", Args, Out, seconds=0.2)
