"""Listening and scanning: speed next to other programs, memory on a two-hour mix, and a scan that is killed five times.

``python .ci/bench_listen.py [--data-home FOLDER] [PART …]``; parts: tags, hear, cores, memory, kill, plan (all without any). FOLDER is what
``.ci/eval_data.py`` fetched: with it real recordings are heard, without it a made-up band. Rates are of processor time on one core, so that
a busy machine says the same as an idle one; seconds of the clock stand beside them. librosa and mutagen are measured in the same
run where they are installed; bliss and AudioMuse-AI stand as their makers publish them. Prints tables; the exit status says whether every goal was met.
"""

import argparse
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import soundfile

from segue.tools.collection.abreast import cores
from segue.tools.collection.catalogue import Catalogue, open_catalogue
from segue.tools.collection.measure import measure, waiting
from segue.tools.collection.scan import scan
from segue.tools.core.audio import Waveform, decode, encode
from segue.tools.core.settings import Settings
from segue.tools.core.store import SHARED, Store

PARTS = ("tags", "hear", "cores", "memory", "kill", "plan")
SONG_S, RATE = 180.0, 44_100
TAGS, KILLED, KILLS = 300, 500, 5
GOALS = {"tags": 300.0, "measured": 60.0, "with musicnn": 35.0, "transcribed": 15.0, "memory": 1000.0}
BLISS_FILES_S = 10_000 / (56 * 60)  # as published: 10,000 files in 56 minutes, on all cores of its author's machine
AUDIOMUSE_S = 10.0  # a track, as published
_results: dict[str, float] = {}
_missed: list[str] = []


def main() -> int:
    """Measure the parts asked for and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    parser.add_argument("--data-home", type=Path)
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        return one(*asked.one)
    for part in asked.parts or PARTS:
        globals()[f"bench_{part}"](asked.data_home)
        print(flush=True)
    for goal in _missed:
        print(f"Missed: {goal}")
    return 1 if _missed else 0


def goal(name: str, found: float, wanted: float, most: bool = False) -> str:
    """Return a cell that says whether a goal is met; remember where it is not."""
    met = found <= wanted if most else found >= wanted
    if not met:
        _missed.append(f"{name}: {found:.1f}, wanted {'at most' if most else 'at least'} {wanted:.0f}")
    return "yes" if met else "**no**"


class Timed:
    """Seconds of the processor (of this process, its threads included) and of the clock."""

    def __enter__(self) -> "Timed":
        self.cpu, self.wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu, self.wall = time.process_time() - self.cpu, time.perf_counter() - self.wall


def song(data_home: Path | None) -> Waveform:
    """Return three minutes of music: a real recording where there is one, else a made-up band, stereo 44.1 kHz."""
    for path in sorted((data_home / "music").iterdir()) if data_home else []:
        wave = decode(path)
        if wave.duration_s >= SONG_S and wave.sample_rate == RATE:
            return Waveform(np.ascontiguousarray(wave.samples[:, : int(SONG_S * RATE)]), RATE)
    rng = np.random.default_rng(3)
    t = np.arange(int(SONG_S * RATE)) / RATE
    sound = 0.01 * rng.standard_normal(len(t))
    chords = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
    for n, at in enumerate(np.arange(0.0, SONG_S - 1, 0.5)):
        now = slice(int(at * RATE), int((at + 0.5) * RATE))
        since = t[now] - at
        for step in (-24, *chords[n // 4 % 4]):
            sound[now] += 0.1 * np.exp(-3 * since) * sum(np.sin(2 * np.pi * 261.6 * 2 ** (step / 12) * h * since) / h for h in (1, 2, 3, 4))  # fmt: skip
        sound[now] += (0.5 * np.sin(350 * np.exp(-20 * since)) if n % 2 == 0 else 0.15 * rng.standard_normal(len(since))) * np.exp(-25 * since)  # fmt: skip
    return Waveform(np.stack([sound, 0.9 * sound]).astype(np.float32), RATE)


def tagged_files(folder: Path, count: int, data_home: Path | None) -> None:
    """Write three-minute mp3 files that differ by their ID3 tags."""
    folder.mkdir(parents=True)
    encode(song(data_home), folder / "body.mp3")
    body = (folder / "body.mp3").read_bytes()
    (folder / "body.mp3").unlink()
    for n in range(count):
        texts = {"TIT2": f"Song {n}", "TPE1": f"Artist {n % 50}", "TALB": f"Album {n // 12}", "TCON": "Jazz", "TYER": "1999", "TBPM": "120", "TKEY": "Dm"}  # fmt: skip
        frames = b"".join(k.encode() + struct.pack(">IH", len(v) + 1, 0) + b"\0" + v.encode() for k, v in texts.items())
        size = bytes(len(frames) >> shift & 127 for shift in (21, 14, 7, 0))
        (folder / f"{n:05d}.mp3").write_bytes(b"ID3\x03\0\0" + size + frames + body)


def library(home: Path) -> tuple[Store, Catalogue]:
    """Return the store and the catalogue of a new home."""
    settings = Settings(home=home)
    return Store(settings), open_catalogue(settings)


def bench_tags(data_home: Path | None) -> None:
    """Files a second by their tags; then with their contents read."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "music"
        tagged_files(folder, TAGS, data_home)
        size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6 / TAGS
        store, catalogue = library(Path(place) / "home")
        first: list[float] = []
        passes: list[tuple[float, float]] = []

        def progress(done: float, total: float, label: str) -> None:
            if done in (0, total):
                passes.append((time.process_time(), time.perf_counter()))
            if done == 100 and not first:
                first.append(time.perf_counter())

        with Timed() as all_of_it:
            scan(catalogue, store, folder, progress=progress)
        tags = [TAGS / (b - a) for a, b in zip(passes[0], passes[1], strict=True)]
        _results["tags"] = tags[0]
        catalogue.close()
        print(f"Tags: {TAGS} files of three minutes, {size:.1f} MB each; the first hundred could be searched after {first[0] - passes[0][1]:.2f} s.\n")  # fmt: skip
        print("| what | files/s of processor time | files/s by the clock | goal | met |\n|---|---|---|---|---|")
        print(f"| Segue, tags into the library | {tags[0]:.0f} | {tags[1]:.0f} | {GOALS['tags']:.0f} | {goal('tags', tags[0], GOALS['tags'])} |")  # fmt: skip
        print(
            f"| Segue, tags and then the contents | {TAGS / all_of_it.cpu:.0f} | {TAGS / all_of_it.wall:.0f} | – | – |"
        )
        if find_spec("mutagen"):
            import mutagen

            with Timed() as theirs:
                for path in folder.iterdir():
                    mutagen.File(path)
            print(f"| mutagen, reading alone | {TAGS / theirs.cpu:.0f} | {TAGS / theirs.wall:.0f} | – | – |")
        else:
            print("| mutagen | not installed | | | |")


def bench_hear(data_home: Path | None) -> None:
    """Times real time on one core: measuring, with musicnn, transcribing; librosa beside them."""
    from segue.tools.listen import musicnn
    from segue.tools.listen.analyse import analyse_wave
    from segue.tools.listen.notes import transcribe_wave

    wave = song(data_home)
    short = Waveform(wave.samples[:, : 5 * RATE], RATE)
    ways: dict[str, Callable[[Waveform], object]] = {
        "measured": lambda w: analyse_wave(w, by_ear=False),
        "with musicnn": lambda w: analyse_wave(w),
        "transcribed": transcribe_wave,
    }
    if not musicnn.available():
        ways.pop("with musicnn")
    print("| what | × real time of processor time | by the clock | goal | met |\n|---|---|---|---|---|")
    for name, way in ways.items():
        way(short)  # what is loaded and compiled once is not counted
        with Timed() as took:
            way(wave)
        _results[name] = SONG_S / took.cpu
        print(f"| Segue, {name} | {SONG_S / took.cpu:.0f} | {SONG_S / took.wall:.0f} | {GOALS[name]:.0f} | {goal(name, SONG_S / took.cpu, GOALS[name])} |", flush=True)  # fmt: skip
    if find_spec("librosa"):
        import librosa

        def theirs(w: Waveform) -> None:
            mono = librosa.resample(w.mono(), orig_sr=RATE, target_sr=22_050)
            librosa.beat.beat_track(y=mono, sr=22_050)
            librosa.feature.chroma_cqt(y=mono, sr=22_050)

        theirs(short)
        with Timed() as took:
            theirs(wave)
        print(f"| librosa, beats and chroma alone | {SONG_S / took.cpu:.0f} | {SONG_S / took.wall:.0f} | – | – |")
    else:
        print("| librosa | not installed | | | |")
    print(f"| bliss, as published, all cores | – | {BLISS_FILES_S * SONG_S:.0f} | – | – |")
    print(f"| AudioMuse-AI, as published | – | {SONG_S / AUDIOMUSE_S:.0f} | – | – |")


def bench_cores(data_home: Path | None) -> None:
    """How many processors a scan that measures keeps busy."""
    count = 6 * cores()  # so that starting the workers counts as little as in a library
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "music"
        tagged_files(folder, count, data_home)
        store, catalogue = library(Path(place) / "home")
        scan(catalogue, store, folder)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with Timed() as took:
            good = measure(catalogue, store, waiting(catalogue))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        catalogue.close()
    spent = took.cpu + after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    _results["measure_cpu_s"] = spent / max(good, 1)
    print(f"All cores: {good} files of three minutes measured in {took.wall:.1f} s; {spent / took.wall:.2f} of {cores()} processors were at it (on an idle machine), {spent / max(good, 1):.1f} s of processor time a file.")  # fmt: skip


def bench_memory(data_home: Path | None) -> None:
    """The most memory that a worker takes on a mix of two hours."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "mix.flac"
        part = song(data_home).samples.T
        with soundfile.SoundFile(str(path), "w", RATE, 2, subtype="PCM_16") as out:
            for _ in range(int(7190 / SONG_S)):
                out.write(part)
        found = json.loads(inner("memory", str(path)))
    print("| file | seconds | most memory, MB | goal | met |\n|---|---|---|---|---|")
    print(f"| a mix of {found['minutes']:.0f} minutes | {found['seconds']:.0f} | {found['mb']:.0f} | {GOALS['memory']:.0f} | {goal('memory', found['mb'], GOALS['memory'], most=True)} |")  # fmt: skip
    print(f"\nIt was heard at {found['bpm']} bpm, with {found['sections']} sections and {found['marks']:,} landmarks.")


def bench_kill(data_home: Path | None) -> None:
    """A scan of 500 files killed five times: every file once, none lost."""
    with tempfile.TemporaryDirectory() as place:
        folder, home = Path(place) / "music", Path(place) / "home"
        folder.mkdir()
        for n in range(KILLED):
            soundfile.write(folder / f"{n:03d}.wav", np.full(4_000, n / 1000), 8_000)
        rng = np.random.default_rng()
        kept, counts = set[str](), []
        for _ in range(KILLS):
            child = subprocess.Popen([sys.executable, __file__, "--one", "scan", str(folder), str(home)], stdout=subprocess.PIPE)  # fmt: skip
            assert child.stdout
            for _ in range(len(kept) + int(rng.integers(40, 120))):
                child.stdout.readline()
            child.send_signal(signal.SIGKILL)
            child.wait()
            store, catalogue = library(home)
            ids = {track.id for track in catalogue.find()}
            lost = kept - ids
            kept = ids
            counts.append(len(kept))
            catalogue.close()
            if lost:
                _missed.append(f"{len(lost)} files that were kept are lost")
        store, catalogue = library(home)
        result = scan(catalogue, store, folder)
        tracks = catalogue.find()
        names = sorted(Path(track.path or "").name for track in tracks)
        whole = names == [f"{n:03d}.wav" for n in range(KILLED)] and all(track.content for track in tracks)
        pieces = len(store.pieces(SHARED, "track", 2 * KILLED))
        repeated = result.added - (KILLED - len(kept))
        catalogue.close()
    print(f"Killed {KILLS} times: {', '.join(map(str, counts))} files were kept at each kill; then {result.unchanged} were as they were and {result.added} new.")  # fmt: skip
    print(f"Every file once: {'yes' if whole and pieces == KILLED else '**no**'}; read again although kept: {repeated}; lost: {KILLED - len(names)}.")  # fmt: skip
    if not whole or pieces != KILLED or repeated:
        _missed.append("a killed scan")


def bench_plan(data_home: Path | None) -> None:
    """Hours for 10,000 files of three minutes on this machine's cores, from what was measured in this run."""
    if "tags" not in _results or "measure_cpu_s" not in _results:
        print("10,000 files are planned from the parts tags and cores: run these as well.")
        return
    tags = 10_000 / _results["tags"] / 60
    heard = 10_000 * _results["measure_cpu_s"] / cores() / 60
    print("| 10,000 files of three minutes | minutes |\n|---|---|")
    print(f"| Segue, by tags, one core | {tags:.1f} |\n| Segue, measured, all {cores()} cores | {heard:.0f} |\n| Segue, measured, as on 16 cores | {heard * cores() / 16:.0f} |")  # fmt: skip
    print(
        f"| bliss, as published | 56 |\n| AudioMuse-AI, as published, one after another | {10_000 * AUDIOMUSE_S / 60:.0f} |"
    )


def inner(*words: str) -> str:
    """Run a part in a process of its own and return the last line it prints."""
    done = subprocess.run([sys.executable, __file__, "--one", *words], check=True, capture_output=True, text=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"})  # fmt: skip
    return done.stdout.splitlines()[-1]


def one(what: str, *rest: str) -> int:
    """Do one thing in this process."""
    if what == "scan":
        store, catalogue = library(Path(rest[1]))
        scan(catalogue, store, Path(rest[0]), progress=lambda done, total, label: print(done, flush=True))
        return 0
    from segue.tools.collection.hearing import Sound, heard

    info = soundfile.info(rest[0])
    began = time.perf_counter()
    found, marks = heard(Sound(Path(rest[0]), info.samplerate, info.channels, info.frames, 7200.0, 4_000_000_000))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(json.dumps({"mb": peak, "seconds": time.perf_counter() - began, "minutes": info.duration / 60, "bpm": found.bpm, "sections": len(found.sections), "marks": len(marks)}))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
