"""What the doctor finds: one line each."""

from typing import Literal

from pydantic import BaseModel

Level = Literal["ok", "note", "missing", "fault"]


class Finding(BaseModel):
    """One line of the doctor: ``missing`` takes something away, ``fault`` stops Segue from working."""

    what: str
    level: Level
    says: str
    do: str = ""
