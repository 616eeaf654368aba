"""What single-tool commands do with what was made: copy it to where the user said, and print it."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer

from segue.agent.events import Artifact, ToolResult
from segue.tools.core.audio import AUDIO_SUFFIXES, decode, encode
from segue.tools.core.errors import InvalidArgument, NotFound, SegueError
from segue.ui.terminal import ShownProgress, as_json, log, out, plain
from segue.ui.voice import Voice, voice

KINDS = {
    ".mid": "midi", ".midi": "midi", ".musicxml": "score", ".xml": "score", ".mxl": "score", ".svg": "picture",
    ".png": "picture", ".m3u8": "playlist", ".xspf": "playlist", ".lrc": "text", ".txt": "text", ".json": "text",
}  # fmt: skip


def check_target(path: Path | None) -> None:
    """Refuse a place that cannot be written to before anything is computed.

    Raises
    ------
    NotFound : its folder is not there.
    InvalidArgument : a form that cannot be written.
    """
    if path is None or path.is_dir():
        return
    if not path.absolute().parent.is_dir():
        raise NotFound(f"There is no folder {path.absolute().parent}.", "Make it first, or name another place.")
    if path.suffix and path.suffix.lower() not in {*AUDIO_SUFFIXES, *KINDS}:
        raise InvalidArgument(f"'{path.suffix}' is no form that is known.", "Choose wav, flac, mp3, mid, svg, …")


def reference(speaker: Voice, text: str) -> dict[str, str]:
    """Return a reference to what the user named: a file (kept as a piece first), or an id."""
    path = Path(text).expanduser()
    if path.exists() or not text.startswith(("p_", "t_")):
        return {"id": speaker.import_file(path).id}
    return {"id": text}


def deliver(made: list[Artifact], target: Path) -> list[Path]:
    """Copy artifacts to a file or a folder, in the form that the name's suffix says; return where they are.

    Several of one kind for one file name are numbered: ``take.wav``, ``take-2.wav``.
    """
    if target.is_dir() or not target.suffix:
        target.mkdir(parents=True, exist_ok=True)
        names = [_name(one) for one in made]
        return [_write(one, target / name) for one, name in zip(made, _unique(names), strict=True)]
    kind = KINDS.get(target.suffix.lower(), "audio")
    fitting = [one for one in made if one.kind == kind and _form_fits(one, target)]
    if not fitting:
        have = ", ".join(sorted({one.kind for one in made})) or "nothing"
        raise NotFound(f"There is no {target.suffix} to write: this made {have}.", "Choose another suffix for -o.")
    names = _unique([target.name] * len(fitting))
    return [_write(one, target.with_name(name)) for one, name in zip(fitting, names, strict=True)]


def _form_fits(one: Artifact, target: Path) -> bool:
    return one.kind == "audio" or Path(one.path).suffix.lower() in (
        target.suffix.lower(),
        *_SAME.get(target.suffix.lower(), ()),
    )


_SAME = {".midi": (".mid",), ".xml": (".musicxml",)}


def _name(one: Artifact) -> str:
    stem = "".join(char if char.isalnum() or char in " -_.()" else "_" for char in one.title).strip(" .") or one.kind
    suffix = Path(one.path).suffix
    suffix = ".wav" if one.kind == "audio" else suffix
    return stem if stem.lower().endswith(suffix) else stem + suffix


def _unique(names: Iterable[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        path = Path(name)
        result.append(name if seen[name] == 1 else f"{path.stem}-{seen[name]}{path.suffix}")
    return result


def _write(one: Artifact, target: Path) -> Path:
    """Write to a temporary file beside the target and rename: nobody sees half of one."""
    source = Path(one.path)
    handle, name = tempfile.mkstemp(prefix=".segue-", suffix=target.suffix, dir=target.absolute().parent)
    os.close(handle)
    temporary = Path(name)
    try:
        if one.kind == "audio" and source.suffix.lower() != target.suffix.lower():
            encode(decode(source), temporary)
        else:
            shutil.copyfile(source, temporary)
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def finish(
    speaker: Voice, result: ToolResult, output: Path | None, json_output: bool, wanted: list[Artifact] | None = None
) -> None:
    """Copy, print, and end with the exit status of a tool's result."""
    made = speaker.artifacts([result]) if wanted is None else wanted
    written = deliver(made, output) if output and result.status == "done" else []
    if json_output:
        body: dict[str, Any] = result.model_dump(mode="json", exclude={"step", "args", "attempts"})
        body["artifacts"] = [one.model_dump() for one in made]
        body["written"] = [str(path) for path in written]
        as_json(body)
    for note in result.notes:
        log(f"note: {plain(note)}")
    if result.status != "done":
        status = 1
        if result.error:
            log(f"segue: {plain(str(result.error))}")
            status = _status(result.error.code)
        raise typer.Exit(130 if result.status == "cancelled" else status)
    if not json_output:
        for path in written:
            out(str(path))


def _status(code: str) -> int:
    from segue.tools.core import errors

    kind = getattr(errors, code, SegueError)
    return int(getattr(kind, "exit_status", 1))


def run_and_print(
    name: str,
    args: dict[str, Any],
    output: Path | None,
    json_output: bool,
    files: dict[str, list[str] | str] | None = None,
) -> None:
    """Run a tool and print its output: the whole of a generated command.

    ``files`` are arguments that name files or ids: they become references here.
    """
    check_target(output)
    with voice(name) as speaker, ShownProgress() as shown:
        given = dict(args)
        if isinstance(given.get("folder"), str):  # a server's working folder is another
            given["folder"] = str(Path(given["folder"]).expanduser().absolute())
        for argument, named in (files or {}).items():
            many = isinstance(named, list)
            given[argument] = [reference(speaker, one) for one in named] if many else reference(speaker, str(named))
        result = speaker.run_tool(name, given, shown)
        if not json_output and output is None and result.out is not None:
            json_output = True
        finish(speaker, result, output, json_output)
