"""Words for results: what each tool did, said from its arguments and output."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from segue.agent.check_types import ref_of
from segue.agent.events import ToolResult
from segue.agent.op_words import clock, done_words, listing, op_words
from segue.tools.core import registry

_SURE = 0.5
_LOOKS = ("stats", "duplicates", "taste", "playlists")  # where there is nothing, a note says so
_ROWS = 20  # rows of a table that a reply shows
_VERBS = {
    "generate": "make the music", "edit": "make the change", "caption": "describe it", "tag": "measure it",
    "retrieve": "search the library", "transcribe": "write it down", "library": "do that in the library",
    "export": "write the files",
}  # fmt: skip


def verb(result: ToolResult) -> str:
    """Say what a step was to do: "could not …"."""
    if result.tool == "edit":
        done = [op_words(op) for op in result.args.get("operations") or [] if isinstance(op, dict)]
        return "make the change (" + ", ".join(done) + ")" if done else _VERBS["edit"]
    return _VERBS.get(result.tool, f"run {result.tool}")


def about_result(result: ToolResult, titles: Mapping[str, str]) -> str:
    """Say what a finished step gave."""
    words = _ABOUT.get(result.tool, _other)(result.args, result.out or {}, titles)
    return f"{words} ({result.backend})" if words and _is_served(result) else words


def next_step(result: ToolResult) -> str:
    """Suggest one thing that can be done next with what is there now, or nothing."""
    out = result.out or {}
    if result.tool == "generate" and out.get("pieces"):
        if len(out["pieces"]) > 1:
            return "Tell me which one to go on with."
        stems = list(out["pieces"][0].get("stems") or {})
        return f"Next, say for example “remove the {stems[0]}” or “give me the stems”." if stems else ""
    if result.tool == "edit":
        return "If you liked it better before, say “undo that”."
    if result.tool == "retrieve" and out.get("items"):
        return "“More like number 1” or “not the second one” goes on from here." if len(out["items"]) > 1 else ""
    if result.tool == "tag":
        return "I can write down the chords or the notes too."
    return ""


def _is_served(result: ToolResult) -> bool:
    return any(b.name == result.backend and b.kind == "served" for b in registry.backends(result.tool))


def _name(ref: Any, titles: Mapping[str, str]) -> str:  # noqa: ANN401 - any JSON
    found = ref_of(ref)
    title = titles.get(found.id or "", "") if found else ""
    return f"“{title}”" if title else "it"


def _piece_line(piece: Mapping[str, Any]) -> str:
    score, clip = piece.get("score") or {}, piece.get("clip") or {}
    facts: list[str] = []
    if clip:
        facts.append(clock(clip["frames"] / clip["sample_rate"]))
    if score:
        facts += [str(score["genre"]).replace("_", " ")] if score.get("genre") else []
        facts += [f"{score['bpm']:.4g} bpm", score["key"], score["meter"]]
        facts += [f"with {listing(score['parts'])}"] if score.get("parts") else []
    return f"“{piece.get('title') or 'untitled'}”" + (f" ({', '.join(facts)})" if facts else "")


def _generated(args: Mapping[str, Any], out: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    pieces = out.get("pieces") or []
    if len(pieces) == 1:
        return f"Here is {_piece_line(pieces[0])}."
    lines = [f"{n}. {_piece_line(piece)}" for n, piece in enumerate(pieces, 1)]
    return "\n".join([f"Here are {len(pieces)} takes:", *lines]) if pieces else ""


def _edited(args: Mapping[str, Any], out: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    operations, details = args.get("operations") or [], out.get("details") or []
    shown = done_words(operations, details)
    plain = [op_words(op) for op in operations]
    done = listing([shown[n] if op.get("op") == "effect" else plain[n] for n, op in enumerate(operations)])
    return f"{_piece_line(out.get('piece') or {})} is ready: {done}."


def _captioned(args: Mapping[str, Any], out: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    texts, clips = out.get("texts") or [], args.get("clips") or []
    if len(texts) != len(clips) or len(texts) == 1:
        return "\n\n".join(texts)
    return "\n".join(f"{n}. {_name(clip, titles)}: {text}" for n, (clip, text) in enumerate(zip(clips, texts, strict=True), 1))  # fmt: skip


_FIELD_WORDS = {
    "bpm": r"tempo|bpm|how fast|how slow|speed",
    "key": r"keys?|tonality|tonart",
    "meter": r"met(?:er|re)|time signature",
    "genre": r"genres?|style",
    "mood": r"moods?|feel(?:ing)?",
    "instruments": r"instruments?|instrumentation",
    "vocals": r"vocals?|sing(?:ing|er|s)?|voice",
    "loudness": r"loud(?:ness)?|lufs|volume",
}


def asked_fields(message: str) -> set[str]:
    """Return the measurements that a message names; empty where it names none ("tag this")."""
    return {name for name, words in _FIELD_WORDS.items() if re.search(rf"\b(?:{words})\b", message, re.IGNORECASE)}


def _tagged(args: Mapping[str, Any], out: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    facts: list[str] = []
    unknown: list[str] = []

    def add(name: str, write: Callable[[Any], str], label: str) -> None:
        if name not in out:
            return
        measured = out.get(name) or {}
        value = measured.get("value")
        if value is None or value == []:
            unknown.append(label)
            return
        sure = measured.get("confidence", 0.0) >= _SURE
        facts.append(f"{label}: {write(value)}{'' if sure else ' (a guess)'}")

    add("bpm", lambda v: f"{v:.4g} bpm", "tempo")
    add("key", str, "key")
    add("meter", str, "meter")
    add("genre", str, "genre")
    add("mood", lambda v: ", ".join(v), "mood")
    add("instruments", lambda v: ", ".join(v), "instruments")
    add("vocals", lambda v: "yes" if v else "no", "vocals")
    add("loudness", lambda v: f"{v:.1f} LUFS", "loudness")
    missing = f" I am not sure enough about the {listing(unknown)} to say." if unknown else ""
    name = _name(args.get("clip"), titles)
    return f"{name[0].upper()}{name[1:]} – {'; '.join(facts)}.{missing}" if facts else missing.strip()  # fmt: skip


def _found(args: Mapping[str, Any], out: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    items, total = out.get("items") or [], out.get("total") or 0
    if not items:
        return "Nothing in your library matches that."
    if args.get("action") == "identify" and len(items) == 1:
        head = "This is the closest that I know:"
    elif total > len(items):
        head = f"{total} match; here {'is' if len(items) == 1 else 'are'} {len(items)}:"
    else:
        head = "Here is what I found:"
    return "\n".join([head, *_items(items)])


def _items(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return tracks as a numbered list with what speaks for each."""
    lines = []
    for n, item in enumerate(items, 1):
        by = f" by {item['artist']}" if item.get("artist") else ""
        why = f" – {'; '.join(item['reasons'])}" if item.get("reasons") else ""
        lines.append(f"{n}. {item.get('title') or item['id']}{by}{why}")
    return lines


def _written(args: Mapping[str, Any], out: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    files = [entry["name"] for entry in out.get("files") or []]
    stem = f"the {args['stem']} of " if args.get("stem") else ""
    head = f"I wrote down {stem}{_name(args.get('clip'), titles)}"
    if files:
        head += f": {listing(files)}"
    text = (out.get("text") or "").strip()
    return f"{head}.\n\n{text}" if text and files else text or f"{head}."


def _exported(args: Mapping[str, Any], out: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    files = out.get("files") or []
    if len(files) == 1:
        return f"Written: {files[0].get('path') or files[0]['name']}"
    return "\n".join(["Written:", *(f"{n}. {file.get('path') or file['name']}" for n, file in enumerate(files, 1))])


def _library(args: Mapping[str, Any], out: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    rows = out.get("rows") or []
    if args.get("action") == "status" and rows:
        return _library_status(rows[0])
    if args.get("action") == "stats" and rows and {"what", "value", "tracks"} <= set(rows[0]):
        return _statistics(rows)
    if args.get("action") == "duplicates" and rows:
        return _duplicates(rows)
    if args.get("action") in ("save", "refresh") and rows:
        return "\n".join([_kept_list(args, rows[0]), *_items((out.get("items") or [])[:_ROWS])])
    if args.get("action") == "taste" and rows and "name" in rows[0]:
        sides = [(what, [row["name"] for row in rows if row["what"] == what]) for what in ("liked", "not liked")]
        return "\n".join(f"{what.capitalize()}: {listing(names)}." for what, names in sides if names)
    if args.get("action") == "import" and rows:
        return _imported(rows[0])
    lines = [", ".join(f"{_label(k)}: {_plain(v)}" for k, v in row.items() if v not in (None, "", [])) for row in rows[:_ROWS]]  # fmt: skip
    numbered = [f"{n}. {line}" for n, line in enumerate(lines, 1)] if len(lines) > 1 else lines
    more = [f"… and {len(rows) - _ROWS} more."] if len(rows) > _ROWS else []
    head = [out["preview"]] if out.get("preview") else []
    return "\n".join([*head, *numbered, *more]) or (
        "" if args.get("action") in _LOOKS else f"Library: {args.get('action')} done."
    )


_SAME = {
    "file": "the same file", "recording": "the same recording", "title and artist": "the same title, artist and length",
    "song, in versions": "versions of one song",
}  # fmt: skip


def _duplicates(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say each group in a line: how the tracks are the same, and which they are."""
    lines = [f"{n}. {_SAME.get(row['same'], row['same'])}: {listing(row['files'])}" for n, row in enumerate(rows[:_ROWS], 1)]  # fmt: skip
    more = [f"… and {len(rows) - _ROWS} more."] if len(rows) > _ROWS else []
    return "\n".join(
        [
            f"{len(rows)} group{'s' if len(rows) != 1 else ''} of tracks that are the same, or versions of one song:",
            *lines,
            *more,
        ]
    )


def _kept_list(args: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    count = f"{row['tracks']} track{'s' if row['tracks'] != 1 else ''}"
    if args["action"] == "save":
        return (
            f"“{row['playlist']}” is kept, with {count} now; “refresh the playlist {row['playlist']}” finds them anew:"
        )
    changes = [f"{row[name]} {name}" for name in ("new", "gone") if row[name]]
    return f"“{row['playlist']}” has {count}{', ' + listing(changes) if changes else ', the same as before'}:"


def _imported(row: Mapping[str, Any]) -> str:
    """Say what an import brought."""
    source = "The table" if row["program"] == "table" else "Your files" if row["program"] == "files" else row["program"]
    said = [f"{row[name]:,} {words}" for name, words in (("added", "added"), ("updated", "know more now")) if row[name]]
    if row["missing"]:
        said.append(f"{row['missing']:,} are not in this library")
    return f"{source}: {row['rows']:,} tracks; {listing(said) or 'nothing new in them'}."


def _library_status(row: Mapping[str, Any]) -> str:
    tracks = row.get("tracks") or 0
    if not tracks:
        return "Your library is empty."
    minutes = round((row.get("hours") or 0.0) * 60)
    length = f"{minutes / 60:.1f} hours" if minutes >= 120 else f"{minutes} minutes"
    words = [f"Your library has {tracks:,} track{'s' if tracks != 1 else ''}, {length} in all"]
    if folders := row.get("folders"):
        words.append(f"from {listing(folders) if isinstance(folders, list) else folders}")
    counts = [
        f"{row[name]:,} {told}"
        for name, told in (
            ("not_analysed", "not analysed yet"), ("broken", "that could not be read"),
            ("missing", "whose file is gone"), ("without_file", "known by name only"),
        )
        if row.get(name)
    ]  # fmt: skip
    return f"{' '.join(words)}.{f' Of these: {listing(counts)}.' if counts else ' All of it is analysed.'}"


def _statistics(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say the commonest values of each statistic, one line each."""
    lines: list[str] = []
    for what in dict.fromkeys(row["what"] for row in rows):
        of_it = [row for row in rows if row["what"] == what]
        if what != "tempo":
            of_it = sorted(of_it, key=lambda row: -row["tracks"])
        top = [
            f"{row['value']} ({row['tracks']}{', ' + row['share'] if row.get('share') else ''})" for row in of_it[:8]
        ]
        more = f" and {len(of_it) - 8} more" if len(of_it) > 8 else ""
        lines.append(f"{what[0].upper()}{what[1:]}: {', '.join(top)}{more}.")
    return "\n".join(lines)


def _label(name: str) -> str:
    return name.replace("_", " ")


def _plain(value: Any) -> str:  # noqa: ANN401 - any JSON
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _other(args: Mapping[str, Any], out: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Say any other tool's output: short values as they are, things by their titles."""
    facts: list[str] = []
    for name, value in out.items():
        if isinstance(value, dict) and set(value) == {"value", "confidence"}:
            value = value["value"]
        entries = value if isinstance(value, list) else [value]
        names = [titles.get(entry.get("id", ""), "") for entry in entries if isinstance(entry, dict)]
        shown = listing([f"“{title}”" for title in names if title]) or ("" if names else _plain(value))
        if shown and value is not None:
            facts.append(f"{_label(name)}: {shown}")
    return "; ".join(facts) + "." if facts else ""


_ABOUT: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any], Mapping[str, str]], str]] = {
    "generate": _generated, "edit": _edited, "caption": _captioned, "tag": _tagged, "retrieve": _found,
    "transcribe": _written, "export": _exported, "library": _library,
}  # fmt: skip
