"""Files that break readers: how long each takes to be refused, as a share of one second, and what a folder full of them does to a scan.

Bombs, lies in headers, noise and playlists under the names of sound files, hostile MIDI and MusicXML; each is made here. Every file
below 100 MB must be refused within the limit, by its reader or, where its header looks right, by its decoder. Then a folder that holds them all and a few
good songs is scanned and measured: every good song must be there. Prints a table; the exit status says whether all limits were kept.
"""

import struct
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from segue.tools.collection.catalogue import open_catalogue
from segue.tools.collection.hearing import Sound, heard
from segue.tools.collection.measure import measure, waiting
from segue.tools.collection.scan import scan
from segue.tools.collection.tags import read_tags
from segue.tools.core.audio import AUDIO_SUFFIXES
from segue.tools.core.errors import BadInput
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store
from segue.tools.music.notation import read_midi, read_musicxml

LIMIT_S = 1.0
GOOD = 5
LARGE = 99_000_000
MIDI_HEAD = b"MThd" + struct.pack(">IHHH", 6, 1, 1, 480)
Make = Callable[[Path], None]


def main() -> int:
    """Make, refuse, scan; print what was found."""
    kept = True
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "music"
        folder.mkdir()
        print("| file | MB | refused after, ms | of the limit | what was said |\n|---|---|---|---|---|")
        for name, make in FILES.items():
            path = folder / name
            make(path)
            said, seconds = refused(path)
            kept &= bool(said) and seconds <= LIMIT_S
            size = path.stat().st_size / 1e6
            print(f"| {name} | {size:.1f} | {1000 * seconds:.0f} | {seconds / LIMIT_S:.0%} | {said[:70] or '**accepted**'} |", flush=True)  # fmt: skip
        for n in range(GOOD):
            soundfile.write(folder / f"good {n}.wav", 0.1 * np.sin(np.arange(66_150) * (0.03 + 0.01 * n)), 22_050)
        kept &= scanned(folder, Path(place) / "home")
    return 0 if kept else 1


def refused(path: Path) -> tuple[str, float]:
    """Return what the readers say of a file ("" where it passes), and the seconds of processor time until then."""
    began = time.process_time()
    try:
        if path.suffix in AUDIO_SUFFIXES:
            facts = read_tags(path)
            rate = facts.get("samplerate") or 44_100
            frames = round((facts.get("duration_s") or 0.0) * rate)
            heard(Sound(path, rate, facts.get("channels") or 2, frames, 7200.0, 2_000_000_000))
        else:
            (read_midi if path.suffix == ".mid" else read_musicxml)(path)
    except BadInput as error:
        return str(error), time.process_time() - began
    return "", time.process_time() - began


def scanned(folder: Path, home: Path) -> bool:
    """Scan and measure the whole folder; tell whether each good song is there, measured, and nothing bad is."""
    settings = Settings(home=home)
    store, catalogue = Store(settings), open_catalogue(settings)
    result = scan(catalogue, store, folder)
    measure(catalogue, store, waiting(catalogue))
    good = catalogue.find("state = 'ok' AND analysed = 1")
    broken = catalogue.count("state = 'broken'")
    catalogue.close()
    fine = len(good) == GOOD and broken == len(FILES)
    print(f"\nA folder with all of them: {result.found} files, {len(good)} of {GOOD} good ones measured, {broken} of {len(FILES)} listed as broken: {'as it should be' if fine else '**not as it should be**'}.")  # fmt: skip
    return fine


def of(data: bytes | str) -> Make:
    """Return what writes these bytes."""
    return lambda path: (path.write_bytes(data.encode() if isinstance(data, str) else data), None)[1]


def noise(path: Path) -> None:
    """99 MB without any order."""
    path.write_bytes(np.random.default_rng(4).bytes(LARGE))


def zeros(path: Path) -> None:
    """99 MB of zeros, of which the disk holds none."""
    with open(path, "wb") as out:
        out.truncate(LARGE)


def headed(head: bytes) -> Make:
    """Return what writes a plausible beginning and then noise."""
    return lambda path: (path.write_bytes(head + np.random.default_rng(5).bytes(3_000_000)), None)[1]


def six_hours(path: Path) -> None:
    """Six hours of silence in a small file, with an honest header."""
    with soundfile.SoundFile(str(path), "w", 8_000, 1) as out:
        block = np.zeros(8_000 * 600, dtype=np.int16)
        for _ in range(36):
            out.write(block)


def claims(hours: int) -> Make:
    """Return what writes a tenth of a second of FLAC whose STREAMINFO claims hours."""

    def make(path: Path) -> None:
        soundfile.write(path, np.zeros(4_410), 44_100, format="FLAC")
        data = bytearray(path.read_bytes())
        packed = int.from_bytes(data[18:26], "big")  # rate, channels, bits, and 36 bits of samples
        data[18:26] = (packed >> 36 << 36 | (hours * 3600 * 44_100 & (1 << 36) - 1)).to_bytes(8, "big")
        path.write_bytes(data)

    return make


def cut(suffix: str) -> Make:
    """Return what writes the first 40 bytes of a good file."""

    def make(path: Path) -> None:
        whole = path.with_name("whole" + suffix)
        soundfile.write(whole, np.zeros(4_410), 44_100)
        path.write_bytes(whole.read_bytes()[:40])
        whole.unlink()

    return make


def zipped(data: bytes, name: str = "a.xml") -> Make:
    """Return what writes a compressed score that holds one entry."""

    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)

    return make


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a MIDI file."""
    return kind + struct.pack(">I", len(data)) + data


def _laughs() -> str:
    entities = "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
    return f'<!DOCTYPE a [<!ENTITY a "ha">{entities}]><score-partwise>&j;</score-partwise>'


def _files() -> Iterator[tuple[str, Make]]:
    yield "empty.mp3", of(b"")
    yield "text.wav", of("This is a text and no sound. " * 4000)
    yield "page.mp3", of("<html><body>404</body></html>" * 200)
    yield "playlist.wav", of("ffconcat version 1.0\nfile 'good 0.wav'\n")
    yield "stream.m4a", of("#EXTM3U\n#EXTINF:10,\ngood 0.wav\n")
    yield "network.mp3", of("[playlist]\nFile1=http://127.0.0.1:9/x.mp3\n")
    for suffix in (".wav", ".flac", ".ogg"):
        yield f"cut{suffix}", cut(suffix)
    for suffix in (".mp3", ".wav", ".flac", ".ogg", ".m4a", ".opus", ".aac", ".webm"):
        yield f"noise{suffix}", noise
        yield f"zeros{suffix}", zeros
    yield "tag and noise.mp3", headed(b"ID3\x04\0\0\x7f\x7f\x7f\x7f")
    yield "riff and noise.wav", headed(b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff")
    yield "ogg and noise.ogg", headed(b"OggS\0\2" + bytes(20))
    yield "no frames.wav", lambda path: soundfile.write(path, np.zeros(0), 44_100)
    yield "claims 398 hours.flac", claims(398)
    yield "six hours.flac", six_hours
    yield "garbage.mid", of(MIDI_HEAD + chunk(b"MTrk", bytes(range(100))))
    yield "centuries.mid", of(MIDI_HEAD + chunk(b"MTrk", b"\xff\xff\xff\x7f\x90\x3c\x40\xff\xff\xff\x7f\x80\x3c\x40" * 8 + b"\0\xff\x2f\0"))  # fmt: skip
    yield "a million events.mid", of(MIDI_HEAD + chunk(b"MTrk", b"\x00\x90\x3c\x40" + b"\x01\x3c\x40" * 1_000_000))
    yield "a million tempi.mid", of(MIDI_HEAD + chunk(b"MTrk", b"\x01\xff\x51\x03\x07\xa1\x20" * 300_000))
    yield "ten thousand parts.mid", of(b"MThd" + struct.pack(">IHHH", 6, 1, 10_000, 480) + chunk(b"MTrk", b"\0\x90\x3c\x40\x60\x80\x3c\x40\0\xff\x2f\0") * 10_000)  # fmt: skip
    yield "claims four gigabytes.mid", of(MIDI_HEAD + b"MTrk" + struct.pack(">I", 0xFFFFFFFF) + b"\0\xff\xff\xff")
    yield "laughs.musicxml", of(_laughs())
    yield "outside.musicxml", of('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><score-partwise>&x;</score-partwise>')  # fmt: skip
    yield "deep.musicxml", of("<score-partwise>" + "<a>" * 2_000_000 + "</a>" * 2_000_000 + "</score-partwise>")
    yield "wide.musicxml", of("<score-partwise>" + "<a/>" * 5_000_000 + "</score-partwise>")
    notes = "<note><pitch><step>C</step></pitch><duration>1</duration></note>" * 250_000
    yield "too many notes.musicxml", of(f'<score-partwise><part id="P1"><measure>{notes}</measure></part></score-partwise>')  # fmt: skip
    yield "bomb.mxl", zipped(b" " * 400_000_000)
    yield "slip.mxl", zipped(b"<x/>", "../../../evil.xml")


FILES: dict[str, Make] = dict(_files())

if __name__ == "__main__":
    sys.exit(main())
