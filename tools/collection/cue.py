"""CUE sheets: what plays when in a file that holds a whole album, from a sheet beside it or inside its tags."""

import re
from pathlib import Path

from segue.tools.collection.credits import clean

_LARGEST = 1_000_000  # bytes of a sheet
_MOST = 999  # tracks of a sheet
_FRAMES = 75  # a second: a CD's
_LINE = re.compile(r'\s*(\w+)\s+(?:"([^"]*)"|(\S+))(?:\s+(\S+))?')

Mark = tuple[float, str, str]


def marks_of(path: Path, embedded: str = "") -> list[Mark]:
    """Return ``(start in seconds, title, performer)`` of each track inside a sound file; nothing without a sheet.

    Looked for are ``name.cue``, ``name.suffix.cue`` and, where it names this file, the folder's only sheet; ``embedded`` is one
    from the file's own tags. Sheets that cannot be read say nothing.
    """
    for sheet in _beside(path):
        if found := parse(_text(sheet), path.name):
            return found
    return parse(embedded, "") if embedded else []


def _beside(path: Path) -> list[Path]:
    named = [path.with_suffix(".cue"), path.with_name(path.name + ".cue")]
    try:
        if there := [sheet for sheet in named if sheet.is_file()]:
            return there
        return list(path.parent.glob("*.[cC][uU][eE]"))[:5]
    except OSError:
        return []


def _text(sheet: Path) -> str:
    try:
        if sheet.stat().st_size > _LARGEST:
            return ""
        data = sheet.read_bytes()
    except OSError:
        return ""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def parse(text: str, name: str) -> list[Mark]:
    """Return the tracks of a sheet that lie in the file ``name``; "" takes the sheet's first file.

    A sheet that names one file is taken for it whatever its suffix: rippers write .wav and encode later.
    """
    files: list[tuple[str, list[Mark]]] = []
    performer = title = singer = ""
    inside = False
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        word, value = match[1].upper(), clean(match[2] if match[2] is not None else match[3])
        if word == "FILE":
            files.append((value.replace("\\", "/").rsplit("/", 1)[-1], []))
            inside = False
        elif word == "TRACK":
            inside, title, singer = True, "", performer
        elif word == "TITLE":
            title = value if inside else ""
        elif word == "PERFORMER":
            performer, singer = (performer, value) if inside else (value, singer)
        elif word == "INDEX" and value == "01" and files and (start := _seconds(match[4] or "")) is not None:
            marks = files[-1][1]
            if len(marks) < _MOST:
                marks.append((start, title or f"Track {len(marks) + 1}", singer))
    wanted = name.casefold()
    stem = wanted.rsplit(".", 1)[0]
    for file, marks in files:
        if not name or file.casefold() == wanted or file.casefold().rsplit(".", 1)[0] == stem:
            return marks if len(marks) > 1 else []
    return []


def _seconds(time: str) -> float | None:
    match = re.fullmatch(r"(\d{1,4}):(\d{1,2}):(\d{1,2})", time)
    return round(60 * int(match[1]) + int(match[2]) + int(match[3]) / _FRAMES, 3) if match else None
