"""Fetch what the evaluations hear that is not ours. Usage: .ci/eval_data.py FOLDER   (then: segue eval … --data-home FOLDER)

Fills FOLDER with ``music`` (recordings), ``midi`` (scores) and ``soundfonts``, out of packages of Debian 12 that are free
software: 430 MB come over the network once, each package as pinned by its SHA-256. Every package's copyright file lies beside, under
``licences``: some of the music is under the GPL or CC BY-SA, so none of it is part of Segue.
"""

import argparse
import hashlib
import io
import sys
import tarfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

POOL = "http://deb.debian.org/debian/pool/main/"
LEAST_BYTES = 400_000  # of a recording: what is shorter is the noise of a game


@dataclass(frozen=True)
class Package:
    """A package: its place in Debian's pool, its SHA-256, the folder its files go to and how those begin inside."""

    path: str
    sha256: str
    place: str
    inside: str
    at_most: int = 99


PACKAGES = (
    Package("a/ardentryst/ardentryst_1.71-9_all.deb", "7a01180285a4acaa980b18118127c60ac0377f4e2bcd69244b1feb7de5fc566f", "music", "usr/share/games/ardentryst/Music/", 4),
    Package("a/asc-music/asc-music_1.3-6_all.deb", "369f2d396adb8db9003ef73b797d529e284a7764a5ff4b59a50a4c8b9294da5f", "music", "usr/share/games/asc/music/"),
    Package("e/extremetuxracer/extremetuxracer-data_0.8.2-1_all.deb", "8ce6c82e6fb89549d284f43f6c4b0a9d82e6c0e5da753bee0ef419276a21470c", "music", "usr/share/games/etr/music/"),
    Package("f/frozen-bubble/frozen-bubble-data_2.212-11_all.deb", "39cdfd07d9532d1558762cf265a844d09015c4540568573c50f444cc084166e0", "music", "usr/share/games/frozen-bubble/snd/"),
    Package("w/warzone2100/warzone2100-music_4.3.3-3_all.deb", "d3b2c9f90ea5438d45d4aff18339a03ec808e1affa9dac91f7dad61cb15ee64e", "music", "usr/share/games/warzone2100/music/albums/", 12),
    Package("w/wesnoth-1.16/wesnoth-1.16-music_1.16.9-1_all.deb", "f9bc3cde92b4ab30db5d7b85f89b4bcc3d788dd92602956d0347250850bf59bb", "music", "usr/share/games/wesnoth/1.16/data/core/music/", 16),
    Package("o/openttd-openmsx/openttd-openmsx_0.4.2-1_all.deb", "1a728a4ac37a1c614de1f597d3024caa7f54ce93d28f5b979b5758305b916a54", "midi", "usr/share/games/openttd/baseset/openmsx/"),
    Package("m/musescore-general-soundfont-small/musescore-general-soundfont-small_0.2.1-1_all.deb", "65f9c1cb658c49e8713d2c95238d5d26868f520341f74a4fe26248a8f763c739", "soundfonts", "usr/share/sounds/"),
    Package("f/fluid-soundfont/fluid-soundfont-gm_3.1-5.3_all.deb", "6f531493ac4e4d9772fd96b2488ea1790af81c196135fbdd25997da0781fc60e", "soundfonts", "usr/share/sounds/"),
)  # fmt: skip
SUFFIXES = {
    "music": (".ogg", ".opus", ".mp3", ".flac"),
    "midi": (".mid",),
    "soundfonts": (".sf2", ".sf3"),
}


def main() -> int:
    """Fetch, unpack, say what came; return the exit status: 1 where a package could not be had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the files go")
    folder: Path = parser.parse_args().folder
    lacking = 0
    for package in PACKAGES:
        name = PurePosixPath(package.path).name
        if (folder / "licences" / f"{name}.txt").exists():
            continue
        try:
            kept = unpacked(fetched(package), package, folder)
        except (OSError, ValueError) as error:
            lacking += 1
            print(f"{name}: {error}", file=sys.stderr)
            continue
        print(f"{name}: {kept} files into {folder / package.place}")
    return 1 if lacking else 0


def fetched(package: Package) -> bytes:
    """Return a package's bytes.

    Raises
    ------
    OSError : Debian does not answer, or has this version no longer.
    ValueError : it is not the file that was pinned.
    """
    with urllib.request.urlopen(POOL + package.path, timeout=60) as answer:
        data: bytes = answer.read()
    if hashlib.sha256(data).hexdigest() != package.sha256:
        raise ValueError("not the file that was pinned")
    return data


def unpacked(data: bytes, package: Package, folder: Path) -> int:
    """Write a package's files and its copyright file; return how many files came."""
    place, notes = folder / package.place, folder / "licences"
    place.mkdir(parents=True, exist_ok=True)
    notes.mkdir(exist_ok=True)
    kept, licence = 0, b""
    with tarfile.open(fileobj=io.BytesIO(contents(data))) as archive:
        files = sorted((entry for entry in archive if entry.isfile()), key=lambda entry: entry.name)
        for entry in files:
            name = PurePosixPath(entry.name.removeprefix("./"))
            wanted = name.suffix in SUFFIXES[package.place] and str(name).startswith(package.inside)
            small = package.place == "music" and entry.size < LEAST_BYTES
            stream = archive.extractfile(entry)
            assert stream
            if name.name == "copyright":
                licence = stream.read()
            elif wanted and not small and kept < package.at_most:
                write(place / name.name, stream.read())
                kept += 1
    write(notes / f"{PurePosixPath(package.path).name}.txt", licence)
    return kept


def write(path: Path, data: bytes) -> None:
    """Write a file at once or not at all."""
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)


def contents(data: bytes) -> bytes:
    """Return the archive of files inside a package, which is an ``ar`` of three members (deb(5))."""
    for name, member in members(data):
        if name.startswith("data.tar"):
            return member
    raise ValueError("a package without files")


def members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the members of an ``ar`` archive: headers of 60 bytes, contents padded to even."""
    if not data.startswith(b"!<arch>\n"):
        raise ValueError("not a package of Debian")
    at = 8
    while at < len(data):
        name, size = data[at : at + 16].decode().strip(" /"), int(data[at + 48 : at + 58])
        yield name, data[at + 60 : at + 60 + size]
        at += 60 + size + size % 2


if __name__ == "__main__":
    sys.exit(main())
