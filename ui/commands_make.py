"""``segue generate | edit | caption | tag | transcribe | separate``: one thing at a time, on files."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from segue.tools.core.errors import CannotDo, InvalidArgument
from segue.ui.conversation import show
from segue.ui.deliver import check_target, deliver, finish, reference
from segue.ui.terminal import ShownProgress, as_json, log, out, plain, table
from segue.ui.voice import Voice, voice

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where to: a file, or a folder.")]
File = Annotated[str, typer.Argument(help="A sound file, MIDI or MusicXML; or an id.")]

# What the suffix of -o asks `transcribe` for.
FORMS = {
    ".mid": ["notes"], ".midi": ["notes"], ".musicxml": ["score"], ".xml": ["score"], ".svg": ["picture"],
    ".lrc": ["lrc"], ".json": ["chords", "beats", "sections"], ".txt": ["labels"],
}  # fmt: skip

# What a recording is taken apart into where it brings no stems of its own.
STEMS = ["vocals", "drums", "bass", "other"]


def _words(given: list[str] | None, separators: str) -> list[str]:
    """Return the parts of repeated options that may each hold several."""
    return [part.strip() for text in given or [] for part in re.split(separators, text) if part.strip()]


def generate_command(
    prompt: Annotated[str, typer.Argument(help="What is wanted, in your words.")],
    output: Output = None,
    genre: Annotated[str | None, typer.Option(help="e.g. lo-fi, bossa nova, techno")] = None,
    mood: Annotated[list[str] | None, typer.Option(help="e.g. calm, dark")] = None,
    bpm: Annotated[float | None, typer.Option(help="Quarter notes a minute.")] = None,
    key: Annotated[str | None, typer.Option(help='e.g. "D minor"')] = None,
    meter: Annotated[str | None, typer.Option(help="e.g. 4/4, 6/8")] = None,
    duration: Annotated[float | None, typer.Option(help="Seconds.")] = None,
    bars: Annotated[int | None, typer.Option(help="Length in bars.")] = None,
    chords: Annotated[list[str] | None, typer.Option(help='One a bar: "Dm7 G7 Cmaj7"')] = None,
    form: Annotated[list[str] | None, typer.Option(help='e.g. "intro verse chorus"')] = None,
    instruments: Annotated[list[str] | None, typer.Option(help='That must be there: "guitar, flute"')] = None,
    exclude: Annotated[list[str] | None, typer.Option(help='That must not: "drums"')] = None,
    melody: Annotated[str | None, typer.Option(help="A file whose tune is used.")] = None,
    style: Annotated[str | None, typer.Option(help="A file whose style is followed.")] = None,
    continue_from: Annotated[str | None, typer.Option(help="A file to go on from.")] = None,
    accompany: Annotated[str | None, typer.Option(help="A file to accompany.")] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Make it loop without a seam.")] = False,
    takes: Annotated[int, typer.Option(min=1, max=8, help="How many versions.")] = 1,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same piece.")] = None,
    json_output: Json = False,
) -> None:
    """Make a new piece of music."""
    check_target(output)
    given: dict[str, Any] = {
        "prompt": prompt, "genre": genre, "mood": _words(mood, ","), "bpm": bpm, "key": key, "meter": meter,
        "duration_s": duration, "bars": bars, "chords": _words(chords, r"[\s,|]+"), "form": _words(form, r"[\s,]+"),
        "instruments": _words(instruments, ","), "exclude": _words(exclude, ","), "loop": loop or None,
        "takes": takes if takes > 1 else None, "seed": seed,
    }  # fmt: skip
    args = {name: value for name, value in given.items() if value not in (None, [])}
    files = {"melody": melody, "style": style, "continue_from": continue_from, "accompany": accompany}
    with voice("generate") as speaker, ShownProgress() as shown:
        args |= {name: reference(speaker, text) for name, text in files.items() if text}
        result = speaker.run_tool("generate", args, shown)
        if not json_output and output is None:
            for made in speaker.artifacts([result]):
                out(made.path)
        finish(speaker, result, output, json_output)


def edit_command(
    file: File,
    change: Annotated[str, typer.Argument(help='What to change: "remove the drums", "two semitones up".')],
    output: Output = None,
    json_output: Json = False,
) -> None:
    """Change a file as you say; what is not named stays as it is."""
    check_target(output)
    if not change.strip():
        raise InvalidArgument("What to change is empty.", 'For example: segue edit song.wav "remove the drums"')
    with voice("edit") as speaker, ShownProgress() as shown:
        piece = reference(speaker, file)["id"]
        reply = speaker.chat(change, None, [piece], shown)
        changed = [one for one in reply.artifacts if one.kind in ("audio", "midi", "score")]
        written = deliver(changed, output) if output and changed and not reply.failed else []
    if json_output:
        as_json({**reply.model_dump(mode="json"), "written": [str(path) for path in written]})
    else:
        show(reply)
        for path in written:
            out(str(path))
    if reply.cancelled:
        raise typer.Exit(130)
    if reply.failed:
        raise typer.Exit(1)
    if not changed:
        raise CannotDo("Nothing was changed.", "Say it in other words; `segue plan` shows what was understood.")


def caption_command(
    files: Annotated[list[str], typer.Argument(help="Sound files; or ids.")],
    question: Annotated[str | None, typer.Option(help="What you want to know.")] = None,
    detail: Annotated[str, typer.Option(help="short, full or sections")] = "full",
    json_output: Json = False,
) -> None:
    """Describe music in words, or answer a question about it."""
    with voice("caption") as speaker, ShownProgress() as shown:
        args: dict[str, Any] = {"clips": [reference(speaker, file) for file in files], "detail": detail}
        if question:
            args["question"] = question
        result = speaker.run_tool("caption", args, shown)
        if not json_output:
            for text in (result.out or {}).get("texts", []):
                out(plain(text))
        finish(speaker, result, None, json_output)


def tag_command(file: File, json_output: Json = False) -> None:
    """Measure a file: tempo, key, meter, mood, genre, instruments, loudness, sections, each with its confidence."""
    with voice("tag") as speaker, ShownProgress() as shown:
        result = speaker.run_tool("tag", {"clip": reference(speaker, file)}, shown)
        if not json_output and result.out:
            table(_measured(result.out), ["what", "value", "confidence"])
        finish(speaker, result, None, json_output)


def _measured(values: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for name, value in values.items():
        if not isinstance(value, dict):
            rows.append({"what": name, "value": value})
        elif name == "sections":
            spans = [f"{part['label']} {part['start_s']:.1f}–{part['end_s']:.1f}" for part in value.get("value") or []]
            rows.append({"what": name, "value": spans, "confidence": value.get("confidence")})
        elif value.get("value") is not None:
            rows.append({"what": name, "value": value["value"], "confidence": value.get("confidence")})
    return rows


def transcribe_command(
    file: File,
    output: Output = None,
    to: Annotated[
        list[str] | None, typer.Option(help="notes, score, picture, leadsheet, lyrics, chords, beats, …")
    ] = None,
    stem: Annotated[str | None, typer.Option(help="Only this part: bass, piano, drums, melody.")] = None,
    json_output: Json = False,
) -> None:
    """Write music down; the suffix of -o says how: .mid, .musicxml, .svg, .lrc, .json."""
    check_target(output)
    suffix = output.suffix.lower() if output else ""
    if suffix and suffix not in FORMS:
        raise InvalidArgument(f"Music cannot be written down as '{suffix}'.", f"Choose one of {', '.join(FORMS)}.")
    wanted = _words(to, r"[\s,]+") or FORMS.get(suffix) or ["chords", "sections"]
    with voice("transcribe") as speaker, ShownProgress() as shown:
        args: dict[str, Any] = {"clip": reference(speaker, file), "to": wanted}
        if stem:
            args["stem"] = stem
        result = speaker.run_tool("transcribe", args, shown)
        if suffix == ".json" and output and result.out is not None:
            output.write_text(json.dumps(result.out, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            log(f"wrote {output}")
            output = None
        elif not output and not json_output:
            out(plain((result.out or {}).get("text", "")))
        finish(speaker, result, output, json_output)


def separate_command(file: File, output: Output = None, json_output: Json = False) -> None:
    """Take a file apart into stems: WAV files of equal length in a folder."""
    folder = (output or Path(f"{Path(file).stem} stems")).absolute()
    if folder.is_file():
        raise InvalidArgument(f"{folder} is a file.", "Name a folder for the stems.")
    with voice("separate") as speaker, ShownProgress() as shown:
        piece = reference(speaker, file)
        args = {"items": [piece], "formats": ["stems"], "folder": str(folder)}
        result = speaker.run_tool("export", args)
        if result.error and result.error.code == "CannotDo":
            _isolate(speaker, piece, folder, shown, json_output)
            return
        if not json_output:
            for one in (result.out or {}).get("files", []):
                out(plain(one.get("path") or one["name"]))
        finish(speaker, result, None, json_output)


def _isolate(speaker: Voice, piece: dict[str, str], folder: Path, shown: ShownProgress, json_output: bool) -> None:
    """Take a recording apart, stem by stem, as well as the engine for edits can; say what it cannot."""
    written: list[str] = []
    notes: list[str] = []
    for stem in STEMS:
        result = speaker.run_tool("edit", {"clip": piece, "operations": [{"op": "isolate", "stems": [stem]}]}, shown)
        notes += [*result.notes, *([f"{stem}: {result.error}"] if result.error else [])]
        sounds = [one for one in speaker.artifacts([result]) if one.kind == "audio"]
        if sounds:
            folder.mkdir(parents=True, exist_ok=True)
            written += [str(path) for path in deliver(sounds[:1], folder / f"{stem}.wav")]
    notes = list(dict.fromkeys(notes))
    if json_output:
        as_json({"written": written, "notes": notes})
    for note in notes:
        log(f"note: {plain(note)}")
    for path in written if not json_output else []:
        out(path)
    if not written:
        raise CannotDo("No stem could be taken out.", "segue doctor shows which engines separate.")
