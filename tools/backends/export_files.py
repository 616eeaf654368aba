"""Writing files: audio, stems, MIDI, scores, pictures, playlists, a folder for a DAW."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from segue.tools import export
from segue.tools.backends.export_daw import Known, Lane, write_dawproject
from segue.tools.collection.catalogue import Catalogue, Track, open_catalogue
from segue.tools.collection.files import place, safe_name
from segue.tools.collection.playlist import Entry, m3u8, xspf
from segue.tools.core.audio import Waveform, encode
from segue.tools.core.audio_marks import Marks
from segue.tools.core.base import Backend, Context, Ref, Runner
from segue.tools.core.errors import CannotDo, InvalidArgument
from segue.tools.core.piece import Clip, FileOut, Piece
from segue.tools.core.piece_marks import marks_of
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.core.store import file_hash
from segue.tools.core.theory import parse_key
from segue.tools.listen import labels

if TYPE_CHECKING:
    from PIL import Image

_MEDIA = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".m4a": "audio/mp4",
          ".mid": "audio/midi", ".musicxml": "application/vnd.recordare.musicxml+xml", ".svg": "image/svg+xml",
          ".pdf": "application/pdf", ".lrc": "text/plain", ".txt": "text/plain", ".m3u8": "application/vnd.apple.mpegurl",
          ".xspf": "application/xspf+xml", ".dawproject": "application/zip"}  # fmt: skip
_KINDS = {".mid": "midi", ".musicxml": "score", ".svg": "picture", ".pdf": "picture", ".lrc": "text", ".txt": "text",
          ".m3u8": "playlist", ".xspf": "playlist", ".dawproject": "score"}  # fmt: skip
_AUDIO = ("wav", "flac", "mp3", "ogg", "m4a")
_SCORES = ("midi", "musicxml", "svg", "pdf")
_LISTS = ("m3u8", "xspf")
_QUICK = (*_LISTS, "lrc")  # text: no processor is kept busy
_SUFFIX = {"midi": ".mid"}
_SURE = 0.4  # confidence from which a tempo or key that was heard goes into file names
_NO_SCORE = "'{}' is a recording without notes, so there is no {}. Transcribe it first."


@dataclass
class _Item:
    """A thing to export: a piece (with its track, if it is one), or a file of the store."""

    title: str
    piece: Piece | None = None
    track: Track | None = None
    file: Path | None = None


@dataclass
class _Job:
    """One call: where to, what was written, and what could not be."""

    context: Context
    folder: Path
    files: list[FileOut] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    audio: dict[str, Path] = field(default_factory=dict)

    def write(self, name: str, suffix: str, fill: Callable[[Path], None], folder: Path | None = None) -> Path:
        """Write one file and record it; large sounds are known by link, small files are kept as well."""
        self.context.check()
        path = place(folder or self.folder, name, suffix, fill)
        store = self.context.store
        kind = _KINDS.get(suffix, "audio")
        blob = store.link_file(path, file_hash(path)) if kind == "audio" else store.put_bytes(path.read_bytes(), suffix)
        store.own_file(blob, self.context.owner)
        media = _MEDIA.get(suffix, "application/octet-stream")
        self.files.append(FileOut(id=blob, kind=kind, name=path.name, path=str(path), media_type=media))
        return path

    def refuse(self, text: str) -> None:
        """Say what could not be written; an error if nothing else was."""
        if text not in self.refused:
            self.refused.append(text)


def _load(settings: Settings) -> Runner:
    def run(args: export.Args, context: Context) -> export.Out:
        catalogue = open_catalogue(settings)
        items = [_resolve(ref, context, catalogue) for ref in args.items]
        formats = list(dict.fromkeys(args.formats))
        quick = all(name in _QUICK for name in formats) and all(_has_file(item) for item in items)
        folder = _folder(args, context)
        written: export.Out = (
            _written(context, items, formats, folder) if quick else context.apart(_written, items, formats, folder)
        )
        return written

    return run


def _written(context: Context, items: list[_Item], formats: Sequence[str], folder: Path) -> export.Out:
    """Write the files; what cannot be written is noted, and an error where nothing was."""
    job = _Job(context, folder)
    per_item = [name for name in formats if name not in _LISTS]
    for done, item in enumerate(items):
        context.progress(done, len(items), item.title)
        for name in per_item:
            _one(item, name, job)
    for name in formats:
        if name in _LISTS:
            _playlist(items, name, job)
    if not job.files:
        raise CannotDo(" ".join(job.refused) or "There was nothing to write.")
    for text in job.refused:
        context.note(text)
    return export.Out(files=job.files)


def _has_file(item: _Item) -> bool:
    """Tell whether a playlist names the item's own file, so that no sound is written for it."""
    return item.file is not None or bool(item.track and item.track.path)


def _folder(args: export.Args, context: Context) -> Path:
    """Return where to write. Only the user of this machine may name a folder of it."""
    own = context.settings.home / "exports"
    if args.folder and context.owner != "local":
        context.note("Folders can only be named on the machine itself; the files were kept for download.")
    elif args.folder:
        folder = Path(args.folder).expanduser().absolute()
        if folder.exists() and not folder.is_dir():
            raise InvalidArgument(f"{folder} is a file, not a folder.", "Name a folder.")
        return folder
    return own.absolute()


def _resolve(ref: Ref, context: Context, catalogue: Catalogue) -> _Item:
    id = ref.id or ""
    if len(id) == 64 and context.store.may_read(id, context.owner):
        path = context.store.path(id)
        return _Item(title=path.stem[:12], file=path)
    piece = context.piece(ref)
    track = catalogue.track(id) if piece.kind == "track" and catalogue.count("id = ?", (id,)) else None
    title = f"{track.artist} - {track.title}" if track and track.artist else piece.title or id
    return _Item(title=title, piece=piece, track=track)


def _one(item: _Item, name: str, job: _Job) -> None:
    if item.file is not None:
        _copy(item, name, job)
    elif name in _AUDIO:
        _audio(item, name, job)
    elif name in _SCORES:
        _score(item, name, job)
    elif name == "stems":
        _stems(item, job, job.folder)
    elif name == "lrc":
        _lrc(item, job)
    else:
        _daw(item, job)


def _copy(item: _Item, name: str, job: _Job) -> None:
    """A file of the store as it is, where that is what was asked for."""
    assert item.file is not None
    suffix = item.file.suffix.lower()
    if suffix not in (_SUFFIX.get(name, f".{name}"), f".{name}", ".midi" if name == "midi" else ""):
        job.refuse(f"A {suffix.lstrip('.') or 'nameless'} file cannot be written as {name}.")
        return
    data = item.file.read_bytes()
    job.write(safe_name(item.title), suffix, lambda path: _bytes(path, data))


def _bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _audio(item: _Item, name: str, job: _Job) -> Path | None:
    assert item.piece is not None
    if item.piece.clip is None:
        what = "a score without sound" if item.piece.score else "known by its name only: it has no file"
        job.refuse(f"'{item.title}' is {what}, so there is no {name} of it.")
        return None
    wave = job.context.wave(item.piece)
    marks = marks_of(item.piece, _score_of(item, job), wave.frames)
    path = job.write(safe_name(item.title), f".{name}", lambda path: encode(wave, path, name, marks=marks))
    job.audio[item.piece.id] = path
    return path


def _score_of(item: _Item, job: _Job) -> Score | None:
    assert item.piece is not None
    return job.context.score(item.piece)


def _score(item: _Item, name: str, job: _Job) -> None:
    from segue.tools.music import notation

    score = _score_of(item, job)
    if score is None:
        job.refuse(_NO_SCORE.format(item.title, "MIDI" if name == "midi" else name))
        return
    makers: dict[str, Callable[[Score], bytes]] = {
        "midi": notation.midi_bytes,
        "musicxml": lambda s: notation.musicxml(s).encode(),
        "svg": lambda s: notation.score_svg(s).encode(),
        "pdf": _pdf,
    }
    data = makers[name](score)
    job.write(safe_name(item.title), _SUFFIX.get(name, f".{name}"), lambda path: _bytes(path, data))


def _pdf(score: Score) -> bytes:
    """Engrave a score on A4 pages: one long picture, cut where there is only white."""
    from PIL import Image

    from segue.tools.music.notation import score_svg, svg_png

    picture = Image.open(io.BytesIO(svg_png(score_svg(score), width=1654))).convert("L")  # A4 at 200 dpi is 1654 x 2339
    pages, top, height = [], 0, round(picture.width * 297 / 210)
    while top < picture.height:
        bottom = min(top + height, picture.height)
        if bottom < picture.height:
            bottom = _white_line(picture, top + height * 2 // 3, bottom)
        page = Image.new("L", (picture.width, height), 255)
        page.paste(picture.crop((0, top, picture.width, bottom)), (0, 0))
        if page.getextrema() != (255, 255):
            pages.append(page)
        top = bottom
    out = io.BytesIO()
    pages = pages or [Image.new("L", (1654, 2339), 255)]
    pages[0].save(out, "PDF", resolution=200.0, save_all=True, append_images=pages[1:], title=score.title or "Score")
    return out.getvalue()


def _white_line(picture: "Image.Image", low: int, high: int) -> int:
    """Return the lowest white row between two heights, or ``high`` where there is none."""
    import numpy as np

    rows = np.asarray(picture)[low:high]
    white = np.nonzero((rows > 250).all(axis=1))[0]
    return low + int(white[-1]) if len(white) else high


@dataclass(frozen=True)
class _Time:
    """Tempo, key and meter of an item: of its score, of its tags, or as they were heard."""

    bpm: float | None = None
    key: str | None = None
    meter: str = "4/4"


def _time_of(item: _Item, job: _Job, listen: bool) -> _Time:
    """Return what is known of an item's tempo and key; ``listen`` for it where nobody wrote it down."""
    score = _score_of(item, job)
    if score:
        return _Time(score.bpm, score.key, score.meter)
    if item.track and (item.track.bpm or item.track.key):
        return _Time(item.track.bpm, item.track.key)
    if not listen or item.piece is None or item.piece.clip is None:
        return _Time()
    from segue.tools.listen.analyse import analyse

    facts = analyse(job.context.store, item.piece, check=job.context.check)
    bpm = facts.bpm if facts.bpm_confidence >= _SURE else None
    key = facts.key if facts.key_confidence >= _SURE else None
    if bpm or key:
        heard = " and ".join([*([f"{bpm:.1f} bpm"] if bpm else []), *([key] if key else [])])
        job.context.note(f"Tempo and key of '{item.title}' were heard, not written down: {heard}.")
    return _Time(bpm, key, facts.meter if facts.meter and facts.meter_confidence >= _SURE else "4/4")


def _stem_base(item: _Item, time: _Time) -> str:
    """``title_092bpm_Dm``: what a folder of stems is sorted by, and what workstations group files by."""
    parts = [safe_name(item.title).replace(" ", "_")]
    if time.bpm:
        parts.append(f"{time.bpm:03.0f}bpm")
    if time.key:
        tonic = parse_key(time.key)
        parts.append(tonic.name_of(tonic.tonic) + ("m" if tonic.is_minor else ""))
    return "_".join(parts)


def _marks(item: _Item, score: Score | None, time: _Time, frames: int) -> Marks | None:
    """Return tempo, key and loop points for inside the files."""
    assert item.piece is not None
    if score:
        return marks_of(item.piece, score, frames)
    tonic = parse_key(time.key).tonic if time.key else None
    return Marks(time.bpm, time.key, tonic, time.meter) if time.bpm or time.key else None


def _stems(item: _Item, job: _Job, folder: Path) -> list[Lane]:
    """24-bit WAV stems of equal length; they exist for generated music and separated recordings."""
    assert item.piece is not None
    if not item.piece.stems:
        job.refuse(
            f"'{item.title}' has no stems: it is one recording. Isolate what you want of it first (“just the drums”), then export that."
        )
        return []
    score, time = _score_of(item, job), _time_of(item, job, listen=False)
    base = _stem_base(item, time)
    frames = max(stem.frames for stem in item.piece.stems.values())
    lanes = []
    for name, clip in item.piece.stems.items():
        wave = _as_long_as(job.context.store.wave(clip), clip, frames)
        fill = partial(encode, wave, format="wav", bits=24, marks=_marks(item, score, time, frames))
        path = job.write(f"{base}_{safe_name(name).replace(' ', '_')}", ".wav", fill, folder)
        lanes.append(Lane(name, path, wave.channels, wave.sample_rate, wave.frames))
    return lanes


def _as_long_as(wave: Waveform, clip: Clip, frames: int) -> Waveform:
    import numpy as np

    if clip.frames == frames:
        return wave
    return Waveform(np.pad(wave.samples, ((0, 0), (0, frames - wave.frames))), wave.sample_rate)


def _lrc(item: _Item, job: _Job) -> None:
    """Lyrics with their times, from a sung score, or as the tags have them."""
    score = _score_of(item, job)
    lines = lrc_lines(score) if score else []
    if lines:
        text = (f"[ti:{score.title or item.title}]\n" if score else "") + labels.lrc(lines)
    elif item.track and item.track.lyrics:
        text = item.track.lyrics.strip() + "\n"
        if "[0" not in text:
            job.context.note(f"The lyrics of '{item.title}' are known without times, so the LRC has none.")
    else:
        job.refuse(f"No lyrics of '{item.title}' are known. Transcribe them first.")
        return
    data = text.encode()
    job.write(safe_name(item.title), ".lrc", lambda path: _bytes(path, data))


def lrc_lines(score: Score) -> list[tuple[float, str]]:
    """Return a score's sung lines and when each starts in seconds; a rest of two beats ends a line."""
    sung = sorted((n for part in score.parts for n in part.notes if n.lyric), key=lambda n: n.start)
    clock = score.clock()
    lines: list[tuple[float, str]] = []
    end = -1e9
    for note in sung:
        syllable = (note.lyric or "").strip()
        if note.start - end >= 2.0 or not lines:
            lines.append((clock.seconds(note.start), syllable))
        else:
            begun, words = lines[-1]
            joined = words[:-1] + syllable if words.endswith("-") else f"{words} {syllable}"
            lines[-1] = (begun, joined)
        end = note.end
    return lines


def _daw(item: _Item, job: _Job) -> None:
    """A folder that any DAW takes: stems (or the mix), MIDI with the tempo map, markers as text, a DAWproject file."""
    from segue.tools.music.notation import midi_bytes

    folder = job.folder / f"{safe_name(item.title)} DAW"
    number = 1
    while folder.exists():
        number += 1
        folder = job.folder / f"{safe_name(item.title)} DAW ({number})"
    score, time = _score_of(item, job), _time_of(item, job, listen=True)
    assert item.piece is not None
    lanes: list[Lane] = []
    if item.piece.stems:
        lanes = _stems(item, job, folder)
    elif item.piece.clip:
        wave = job.context.wave(item.piece)
        fill = partial(encode, wave, format="wav", bits=24, marks=_marks(item, score, time, wave.frames))
        path = job.write(f"{_stem_base(item, time)}_mix", ".wav", fill, folder)
        lanes = [Lane("mix", path, wave.channels, wave.sample_rate, wave.frames)]
        job.context.note(f"'{item.title}' has no stems: the folder holds its mix.")
    if score:
        data = midi_bytes(score)
        job.write(safe_name(item.title), ".mid", lambda path: _bytes(path, data), folder)
        text = _markers(score).encode()
        job.write("markers", ".txt", lambda path: _bytes(path, text), folder)
    if lanes:
        clock = score.clock() if score else None
        sections = (
            [(clock.seconds(score.bar_beat(s.start_bar)), s.name) for s in score.sections] if score and clock else []
        )
        known = Known(time.bpm, time.meter, sections)
        job.write(
            safe_name(item.title),
            ".dawproject",
            lambda path: write_dawproject(path, item.title, lanes, known, score),
            folder,
        )
    elif not score:
        job.refuse(f"'{item.title}' has neither sound nor notes to put into a DAW folder.")


def _markers(score: Score) -> str:
    clock = score.clock()
    lines = [f"tempo\t{score.bpm:g} bpm", f"key\t{score.key}", f"meter\t{score.meter}", ""]
    lines += [
        f"{clock.seconds(score.bar_beat(s.start_bar)):.3f} s\tbar {s.start_bar}\t{s.name}" for s in score.sections
    ]
    return "\n".join(lines) + "\n"


_NAMED = 3  # tracks without a file that are named


def _playlist(items: Sequence[_Item], name: str, job: _Job) -> None:
    entries = []
    absent = []
    for item in items:
        path = _file_of(item, job)
        if item.file is not None and path is None:
            job.refuse("Only music can stand in a playlist; other files were left out.")
            continue
        if path is None and name == "m3u8":
            absent.append(item.title)
            continue
        track, piece = item.track, item.piece
        entries.append(
            Entry(
                path=path,
                title=track.title if track else piece.title if piece else item.title,
                artist=track.artist if track else "",
                album=track.album if track else "",
                duration_s=(track.duration_s if track else None) or (piece.duration_s if piece else None),
            )
        )
    if absent:
        first = ", ".join(f"'{title}'" for title in absent[:_NAMED]) + (f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else "")  # fmt: skip
        some = f"{first} {'has no file' if len(absent) == 1 else 'have no files'}, so {'it is' if len(absent) == 1 else 'they are'} not in the M3U8"  # fmt: skip
        job.refuse(f"{some}. XSPF can name {'it' if len(absent) == 1 else 'them'} without.")
    if not entries:
        return
    title = "Segue playlist" if len(items) > 1 else f"{items[0].title} playlist"
    data = m3u8(entries) if name == "m3u8" else xspf(entries, title)
    job.write(safe_name(title), f".{name}", lambda path: _bytes(path, data))


def _file_of(item: _Item, job: _Job) -> Path | None:
    """Return a file that a player can open: the user's own, or one written beside the playlist."""
    if item.file is not None:
        return item.file if item.file.suffix.lower() in _MEDIA and item.file.suffix.lower() not in _KINDS else None
    assert item.piece is not None
    if item.track and item.track.path:
        if not Path(item.track.path).is_file():
            job.refuse(f"The file {item.track.path} is gone: put it back, or scan its folder again.")
            return None
        return Path(item.track.path)
    if item.piece.id in job.audio:
        return job.audio[item.piece.id]
    return _audio(item, "flac", job) if item.piece.clip else None


BACKEND = Backend(tool="export", name="files", load=_load)
