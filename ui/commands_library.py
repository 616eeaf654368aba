"""``segue library add | import | status | search | export``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from segue.tools.core.errors import InvalidArgument, NotFound
from segue.ui.deliver import check_target, deliver, finish, reference
from segue.ui.players import clock
from segue.ui.terminal import ShownProgress, as_json, guarded, out, plain, table
from segue.ui.voice import Voice, voice

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
library_command = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
)


def _act(args: dict[str, Any], json_output: bool) -> None:
    with voice("library") as speaker, ShownProgress() as shown:
        result = speaker.run_tool("library", args, shown)
        if not json_output and result.out:
            rows = result.out.get("rows", [])
            if len(rows) == 1:
                rows = [{"what": name.replace("_", " "), "value": value} for name, value in rows[0].items()]
            table(rows, list(dict.fromkeys(name for row in rows for name in row)))
        finish(speaker, result, None, json_output)


@library_command.command("add")
@guarded
def add(
    folder: Annotated[Path, typer.Argument(help="A folder with music; nothing in it is changed.")],
    json_output: Json = False,
) -> None:
    """Add a folder: its files are read and measured, never moved or changed."""
    if not folder.exists():
        raise NotFound(f"There is no folder {folder}.", "Check the name, or whether the disk is connected.")
    _act({"action": "add", "folder": str(folder.absolute())}, json_output)


@library_command.command("import")
@guarded
def import_table(
    table_file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A table (CSV, TSV, JSON), iTunes or rekordbox XML, ListenBrainz; or a folder: its files' ratings.",
        ),
    ],
    json_output: Json = False,
) -> None:
    """Take over what you have elsewhere: ratings, plays, tags."""
    if str(table_file) == "subsonic":
        _act({"action": "import", "folder": "subsonic"}, json_output)
        return
    if not table_file.exists():
        raise NotFound(f"There is no file {table_file}.", "Check the name and the folder.")
    _act({"action": "import", "folder": str(table_file.absolute())}, json_output)


@library_command.command("status")
@guarded
def status(json_output: Json = False) -> None:
    """Show what is in the library."""
    _act({"action": "status"}, json_output)


def _search(speaker: Voice, words: str, like: list[str] | None, k: int, shown: ShownProgress) -> Any:  # noqa: ANN401
    args: dict[str, Any] = {"query": words, "k": k}
    if like:
        args |= {"like": [reference(speaker, one) for one in like], "action": "similar"}
    return speaker.run_tool("retrieve", args, shown)


@library_command.command("search")
@guarded
def search(
    words: Annotated[str, typer.Argument(help="Title, artist, sound, mood, context.")] = "",
    like: Annotated[list[str] | None, typer.Option(help="A file, or an id: more like this.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=500, help="How many.")] = 10,
    json_output: Json = False,
) -> None:
    """Find tracks by words, or by likeness."""
    if not words and not like:
        raise InvalidArgument("There is nothing to search for.", 'Say words, or --like FILE; for example "calm piano".')
    with voice("library search") as speaker, ShownProgress() as shown:
        result = _search(speaker, words, like, k, shown)
        if not json_output and result.out:
            rows = [
                {
                    **{name: item.get(name) for name in ("artist", "title", "genre", "bpm", "key", "id")},
                    "n": number,
                    "length": clock(item.get("duration_s")),
                    "why": "; ".join(item.get("reasons", [])),
                }
                for number, item in enumerate(result.out["items"], start=1)
            ]
            table(rows, ["n", "artist", "title", "genre", "bpm", "key", "length", "why", "id"])
        finish(speaker, result, None, json_output)


@library_command.command("export")
@guarded
def export(
    file: Annotated[Path, typer.Argument(help="Where to: .m3u8 or .xspf.")],
    words: Annotated[str, typer.Option("--search", help="Only what fits these words.")] = "",
    like: Annotated[list[str] | None, typer.Option(help="Only what is like this.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=500, help="How many at most.")] = 500,
    json_output: Json = False,
) -> None:
    """Save the library, or what a search finds, as a playlist."""
    suffix = file.suffix.lower()
    if suffix not in (".m3u8", ".xspf"):
        raise InvalidArgument(f"'{file.suffix}' is no playlist.", "Name a .m3u8 or .xspf file.")
    check_target(file)
    with voice("library export") as speaker, ShownProgress() as shown:
        found = _search(speaker, words, like, k, shown)
        items = [{"id": item["id"]} for item in (found.out or {}).get("items", [])]
        if found.status != "done":
            finish(speaker, found, None, json_output, [])
        if not items:
            raise NotFound("There is nothing to save.", "Add a folder first: segue library add FOLDER")
        result = speaker.run_tool("export", {"items": items, "formats": [suffix[1:]]}, shown)
        if result.status != "done":
            finish(speaker, result, None, json_output, [])
        (written,) = deliver([one for one in speaker.artifacts([result]) if one.kind == "playlist"][:1], file)
    if json_output:
        as_json({"file": str(written), "items": len(items)})
    else:
        out(plain(f"{written}: {len(items)} tracks"))
