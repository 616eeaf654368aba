"""The tool that looks after the user's library."""

from typing import Any, Literal

from pydantic import Field

from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import ItemRef, Tool
from segue.tools.core.base import Out as BaseOut


class Args(BaseArgs):
    """Look after the library: add or remove a folder or items, status, statistics, duplicates, write tags, import a table."""

    action: Literal["add", "remove", "status", "stats", "duplicates", "retag", "import"]
    items: list[ItemRef] = []
    folder: str | None = Field(None, description="a folder, or the table to import")
    fields: list[str] = Field([], description="which tags to write, or which statistics: bpm, key, mood, genre, …")


class Out(BaseOut):
    """Rows to show; for changes to the user's files first a preview."""

    rows: list[dict[str, Any]] = []
    preview: str | None = None


def _confirm(args: Args) -> str | None:
    if args.action == "retag":
        what = " and ".join(args.fields) or "tags"
        return f"This writes {what} into your own files. Shall I?"
    return None


TOOL = Tool("library", Args, Out, confirm=_confirm, seconds=1.0)
