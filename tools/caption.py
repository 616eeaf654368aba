"""The tool that puts music into words."""

from typing import Literal

from pydantic import Field

from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.base import PieceRef, Tool


class Args(BaseArgs):
    """Describe music in words, answer a question about it, or compare several clips."""

    clips: list[PieceRef] = Field(min_length=1, max_length=50)
    question: str | None = Field(None, description="what the user wants to know, in their words")
    detail: Literal["short", "full", "sections"] = Field("full", description="one line, a paragraph, or with times")


class Out(BaseOut):
    """One text a clip; a question about several gives one text."""

    texts: list[str]


TOOL = Tool("caption", Args, Out, seconds=3.0)
