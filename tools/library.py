"""The tool that looks after the user's library."""

from typing import Any, Literal

from pydantic import Field

from segue.tools.collection.found import Item
from segue.tools.core.base import Args as BaseArgs
from segue.tools.core.base import ItemRef, Tool
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.piece import FileOut


class Args(BaseArgs):
    """Look after the library: add or remove a folder or items, status, statistics, duplicates, write tags, import what other programs know; what is remembered of the user's taste; searches kept as smart playlists."""

    action: Literal[
        "add",
        "remove",
        "status",
        "stats",
        "duplicates",
        "retag",
        "import",
        "taste",
        "save",
        "refresh",
        "playlists",
        "push",
    ]
    items: list[ItemRef] = []
    folder: str | None = Field(None, description="a folder, or the table to import")
    fields: list[str] = Field([], description="which tags to write, or which statistics: bpm, key, mood, genre, …")
    name: str | None = Field(None, description="of a smart playlist; of an artist or track whose liking to forget")
    search: dict[str, Any] = Field(
        {}, description="the retrieve arguments of a smart playlist", json_schema_extra={"llm": False}
    )


class Out(BaseOut):
    """Rows to show; for changes to the user's files first a preview; of a smart playlist its tracks, of statistics a picture."""

    rows: list[dict[str, Any]] = []
    preview: str | None = None
    items: list[Item] = []
    files: list[FileOut] = []


_SPOKEN = {"bpm": "BPM", "tempo": "BPM", "loudness": "ReplayGain", "replaygain": "ReplayGain"}


def _confirm(args: Args) -> str | None:
    if args.action == "retag" and [field.lower() for field in args.fields] == ["undo"]:
        return "This takes back the tags that were written last, in your own files. Shall I?"
    if args.action == "retag":
        names = list(dict.fromkeys(_SPOKEN.get(field.lower(), field) for field in args.fields)) or ["tags"]
        what = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        return f"This writes {what} into your own files. Shall I?"
    if args.action == "push":
        return f"This writes the playlist {args.name or 'Segue'} to your music server. Shall I?"
    if args.action == "taste" and args.fields == ["forget"] and not args.items and not args.name:
        return "This forgets all that I know of your taste. Shall I?"
    return None


TOOL = Tool("library", Args, Out, confirm=_confirm, seconds=1.0)
