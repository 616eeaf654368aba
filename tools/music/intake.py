"""What a user attaches: a recording, or a score (MIDI, MusicXML) that is rendered to sound with stems.

Files are known by their content, never by their name.
"""

import zipfile
from pathlib import Path
from typing import Literal

from segue.tools.core.errors import NotFound, UnreadableMedia
from segue.tools.core.piece import MadeBy, Piece
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store, new_id
from segue.tools.music.notation import read_midi, read_musicxml
from segue.tools.music.render import Progress, render

Kind = Literal["audio", "midi", "musicxml"]
MAX_SCORE_S = 1800.0  # longest score that is rendered as it comes in
MAX_PART_SECONDS = 6000.0  # parts times seconds: a stem takes a third of a megabyte a second


def sniff(path: Path) -> Kind:
    """Tell what a file is by its first bytes; "audio" where only the decoders can tell.

    Raises
    ------
    NotFound : there is no such file.
    UnreadableMedia : empty, a folder, text, a picture, a document: nothing that holds music.
    """
    if path.is_dir():
        raise UnreadableMedia(f"{path} is a folder.", f"Add its music to the library: segue library add {path}")
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", "Check the name and the folder.")
    with open(path, "rb") as source:
        head = source.read(4096)
    if not head:
        raise UnreadableMedia(f"{path.name} is empty.", "Give a file that holds a recording or a score.")
    if head[:4] == b"MThd" or (head[:4] == b"RIFF" and head[8:12] == b"RMID"):
        return "midi"
    if head[:4] == b"PK\x03\x04":
        return _sniff_zip(path)
    text = _as_text(head)
    if text is not None:
        if "<score-partwise" in text or "<score-timewise" in text or "MusicXML" in text:
            return "musicxml"
        raise _not_music(path, text)
    for start, what in _OTHERS:
        if head.startswith(start):
            raise UnreadableMedia(f"{path.name} is {what}, not a recording or a score.", _WANTED)
    return "audio"


_WANTED = "Give a recording (wav, flac, mp3, ogg, opus, m4a …) or a score (MIDI, MusicXML)."
_OTHERS = (
    (b"%PDF", "a PDF"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
    (b"\x7fELF", "a program"), (b"MZ", "a program"), (b"\x1f\x8b", "a compressed file"), (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"), (b"SQLite format 3", "a database"),
)  # fmt: skip


def _sniff_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise UnreadableMedia(f"{path.name} is a broken archive.", _WANTED) from error
    if any(name.endswith((".xml", ".musicxml")) for name in names) and "[Content_Types].xml" not in names:
        return "musicxml"
    raise UnreadableMedia(
        f"{path.name} is an archive, not a recording or a score.", "Unpack it and attach what is inside."
    )


def _as_text(head: bytes) -> str | None:
    """Return the bytes as text if they are text: no control characters, and a known encoding."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        # MPEG audio starts with the same two bytes as UTF-16, but not with a letter after them.
        if head.startswith(mark) and head[2:20].count(0) >= 6:
            return head.decode(encoding, "ignore")
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # not just cut in the middle of a letter
            return None
        text = head[: error.start].decode("utf-8-sig")
    return None if any(c < " " and c not in "\t\r\n\f\x1b" for c in text) else text


def _not_music(path: Path, text: str) -> UnreadableMedia:
    first = text.lstrip().lower()
    if first.startswith(("ffconcat", "#extm3u", "[playlist]", "<?xml")) and "score" not in first:
        return UnreadableMedia(f"{path.name} is a playlist or a list of other files, not a recording.", _WANTED)
    if first.startswith(("<!doctype html", "<html")):
        return UnreadableMedia(f"{path.name} is a web page, not a recording.", "Download the recording itself.")
    return UnreadableMedia(f"{path.name} is a text file, not a recording or a score.", _WANTED)


def read_score(path: Path, kind: Kind, settings: Settings) -> Score:
    """Read a MIDI or MusicXML file as a score, within the limits that a score may have.

    Raises
    ------
    UnreadableMedia : broken, without notes, or too long to be rendered.
    """
    limit = min(MAX_SCORE_S, settings.max_input_s)
    score = read_midi(path, limit) if kind == "midi" else read_musicxml(path)
    seconds = score.clock().seconds(score.beats)
    if seconds > limit:
        raise UnreadableMedia(
            f"{path.name} lasts {seconds / 60:.0f} minutes; the limit for scores is {limit / 60:.0f}.", "Cut it."
        )
    if seconds * len(score.parts) > MAX_PART_SECONDS:
        raise UnreadableMedia(
            f"{path.name} has {len(score.parts)} parts of {seconds / 60:.0f} minutes, too much to render at once.",
            "Cut it, or join some of its tracks.",
        )
    return score


def import_file(
    store: Store,
    settings: Settings,
    path: Path,
    owner: str,
    title: str | None = None,
    link: bool = False,
    progress: Progress | None = None,
) -> Piece:
    """Take in a file that a user attaches and return its piece.

    Parameters
    ----------
    path : a recording (any format of ``core.audio``), or a MIDI or MusicXML file.
    link : know a recording where it is instead of copying it.
    progress : told how far the rendering of a score is.

    Raises
    ------
    NotFound, UnreadableMedia : what cannot be used, with what to do.
    """
    kind = sniff(path)
    name = (title or path.stem).strip()[:200] or "Untitled"
    made = MadeBy(tool="import", args={"file": path.name})
    if kind == "audio":
        clip = store.add_recording(path, link)
        return store.save(Piece(id=new_id(), owner=owner, title=name, clip=clip, made_by=made))
    score = read_score(path, kind, settings)
    if title:
        score.title = name
    rendered = render(score, settings, progress=progress)
    return store.save(
        Piece(
            id=new_id(),
            owner=owner,
            title=title or score.title or name,
            clip=store.add_wave(rendered.mix),
            score=store.add_score(score),
            stems={stem: store.add_wave(wave) for stem, wave in rendered.stems.items()},
            mix=rendered.meta,
            made_by=made,
        )
    )
