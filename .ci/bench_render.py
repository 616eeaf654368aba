"""What a finished mix costs beside bare FluidSynth on the same notes: part of ``make bench``.

Bare is the same library with the same soundfont, an instance a part, two parts side by side, each to a stem,
and nothing else: once as the library comes (with its own reverb and chorus), once dry. The mix is ours: stems,
effects, master. All of it is processor time of a process of its own, the least of some turns in alternation.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GENRE, SECONDS, SEED = "house", 180.0, 1
FIRST_S = 10.0


def main() -> int:
    """Measure one thing in this process where asked to, or all of them in others, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=sorted(MEASURES))
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    if asked.what:
        with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
            print(json.dumps(MEASURES[asked.what](asked.seconds, Path(folder))))
        return 0
    found: dict[str, list[dict[str, float]]] = {what: [] for what in ("bare", "dry", "mix", "first")}
    for _ in range(asked.turns):
        for what, results in found.items():
            results.append(child(what, asked.seconds))
    cpu = {what: min(result["cpu_s"] for result in results) for what, results in found.items()}
    wall = {what: min(result["wall_s"] for result in results) for what, results in found.items()}
    mixes = found["mix"]
    print(
        f"| {asked.seconds:.0f} s of {GENRE}, {mixes[0]['parts']:.0f} parts | processor s | s | ÷ bare | ÷ bare, dry |"
    )
    print("|---|---|---|---|---|")
    for what, name in (
        ("bare", "FluidSynth as it comes, stems"),
        ("dry", "FluidSynth without its effects, stems"),
        ("mix", "Segue: stems, effects, master"),
    ):
        print(
            f"| {name} | {cpu[what]:.2f} | {wall[what]:.2f} | {cpu[what] / cpu['bare']:.2f} | {cpu[what] / cpu['dry']:.2f} |"
        )
    longer = {minutes: child("mix", minutes * 60) for minutes in (3, 10)}
    per_minute = {minutes: result["cpu_s"] / minutes for minutes, result in longer.items()}
    first = min(found["first"], key=lambda result: result["wall_s"])
    print("\n| rendering | |\n|---|---|")
    print(f"| peak memory | {min(result['peak_mb'] for result in mixes):.0f} MB |")
    print(f"| a minute of 10 ÷ a minute of 3 | {per_minute[10] / per_minute[3]:.2f} |")
    print(
        f"| first {FIRST_S:.0f} seconds playable after | {first['wall_s']:.2f} s ({first['cpu_s']:.2f} s of processor) |"
    )
    print(f"| the preview's gain less the final one | {first['gain_error_db']:+.2f} dB |")
    return 0


def child(what: str, seconds: float) -> dict[str, float]:
    """Return what another process measures."""
    command = [sys.executable, __file__, what, "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    if done.returncode != 0:
        sys.exit(f"bench_render {what} failed: {done.stderr[-800:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def piece(seconds: float) -> Any:  # noqa: ANN401
    """Return the composition that everybody plays."""
    from segue.tools.music.compose import compose
    from segue.tools.music.compose_request import Request

    return compose(Request(genre=GENRE, duration_s=seconds, seed=SEED), lambda said: None)


class Stopwatch:
    """Processor and wall seconds since it was made."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), self._cpu()

    @staticmethod
    def _cpu() -> float:
        return sum(os.times()[:2])

    def read(self) -> dict[str, float]:
        """Return both."""
        return {"cpu_s": self._cpu() - self.cpu, "wall_s": time.perf_counter() - self.wall}


def bare(seconds: float, folder: Path, effects: bool = True) -> dict[str, float]:
    """Play every part to a stem with the library alone."""
    import numpy as np

    from segue.tools.core.settings import Settings
    from segue.tools.music import fluid
    from segue.tools.music.render_parts import part_events
    from segue.tools.music.soundfont import find_soundfont

    score, library = piece(seconds), fluid.find_library()
    if library is None:
        sys.exit("there is no libfluidsynth to compare with")
    font = find_soundfont(Settings(home=folder))
    frames = round((seconds + 4) * 44_100)

    def play(part: Any) -> Any:  # noqa: ANN401
        settings = library.new_fluid_settings()
        library.fluid_settings_setnum(settings, b"synth.sample-rate", 44_100.0)
        if not effects:
            for name in (b"synth.reverb.active", b"synth.chorus.active"):
                library.fluid_settings_setint(settings, name, 0)
        synth = library.new_fluid_synth(settings)
        library.fluid_synth_sfload(synth, str(font).encode(), 0)
        channel = 9 if part.is_drum else 0
        library.fluid_synth_program_change(synth, channel, part.program)
        out = np.zeros((2, frames), np.float32)
        left, right = (out[side].ctypes.data for side in (0, 1))
        events = part_events(part, score.clock(), 44_100)
        actions = sorted(
            [(event.off // 64 * 64, 0, event.pitch, 0) for event in events]
            + [(event.on // 64 * 64, 1, event.pitch, event.velocity) for event in events]
        )
        at = 0
        for when, kind, pitch, velocity in [*actions, (frames // 64 * 64, 2, 0, 0)]:
            until = min(when, frames // 64 * 64)
            if until > at:
                library.fluid_synth_write_float(synth, until - at, left + at * 4, 0, 1, right + at * 4, 0, 1)
                at = until
            if kind == 1:
                library.fluid_synth_noteon(synth, channel, pitch, velocity)
            elif kind == 0:
                library.fluid_synth_noteoff(synth, channel, pitch)
        library.delete_fluid_synth(synth)
        library.delete_fluid_settings(settings)
        return float(np.abs(out[:, ::997]).max())

    watch = Stopwatch()
    with ThreadPoolExecutor(2) as pool:
        peaks = list(pool.map(play, score.parts))
    if not all(peaks):
        sys.exit("a part of the bare rendering is silent")
    return watch.read()


def dry(seconds: float, folder: Path) -> dict[str, float]:
    """Play every part with the library alone, its effects off."""
    return bare(seconds, folder, effects=False)


def mix(seconds: float, folder: Path) -> dict[str, float]:
    """Make the finished mix with its stems."""
    from segue.tools.core.settings import Settings
    from segue.tools.music.render import render

    score, settings = piece(seconds), Settings(home=folder)
    render(piece(4.0), settings)  # what Python loads once does not count; neither does it for the library
    watch = Stopwatch()
    render(score, settings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e3 if sys.platform != "darwin" else 1e6)
    return {**watch.read(), "parts": len(score.parts), "peak_mb": peak}


def first(seconds: float, folder: Path) -> dict[str, float]:
    """Make the preview of the first seconds, composing included, then compare its gain with the final one."""
    from segue.tools.core.settings import Settings
    from segue.tools.music.render import render
    from segue.tools.music.render_preview import preview

    settings = Settings(home=folder)
    preview(piece(20.0), settings, 2.0)  # what Python loads once does not count
    watch = Stopwatch()
    score = piece(seconds)
    _, meta = preview(score, settings, FIRST_S)
    found = watch.read()
    final = render(score, settings).meta["gain_db"]
    return {**found, "gain_error_db": meta["gain_db"] - final}


MEASURES = {"bare": bare, "dry": dry, "mix": mix, "first": first}

if __name__ == "__main__":
    sys.exit(main())
