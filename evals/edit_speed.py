"""How fast edits are on one core, and how much memory a two-hour file takes.

Each operation runs on three minutes of stereo at 44.1 kHz, decoded already, with its result kept in the store as a user gets it;
the time of reading and of writing FLAC is part of it. Long files are edited in a process of their own, whose greatest
resident size is read from the system.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segue.evals.edit_bench import bench
from segue.tools.core.audio import Waveform, quantised

RATE = 44_100
SECONDS = 180.0
_GOAL_MASKS, _GOAL_OTHERS, _GOAL_MB = 5.0, 50.0, 1000.0
_HOURS = 2.0
_ITSELF = {"id": "itself"}  # stands for the long file
Say = Callable[[str], None]

OPERATIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("remove drums", {"op": "remove", "stems": ["drums"]}),
    ("isolate bass", {"op": "isolate", "stems": ["bass"]}),
    ("isolate vocals", {"op": "isolate", "stems": ["vocals"]}),
    ("gain of drums", {"op": "gain", "stem": "drums", "db": -4}),
    ("gain", {"op": "gain", "db": -4}),
    ("trim", {"op": "trim", "start_s": 10, "end_s": -10}),
    ("fade", {"op": "fade", "in_s": 2, "out_s": 4}),
    ("reverse", {"op": "reverse"}),
    ("loudness", {"op": "loudness", "lufs": -20}),
    ("loudness, limited", {"op": "loudness", "lufs": -9}),
    ("effect: warmer", {"op": "effect", "description": "warmer"}),
    ("effect: a big hall", {"op": "effect", "description": "a big hall"}),
    ("effect: punchier", {"op": "effect", "description": "punchier"}),
    ("effect: telephone", {"op": "effect", "description": "telephone"}),
    ("transpose", {"op": "transpose", "semitones": 2}),
    ("tempo", {"op": "tempo", "ratio": 1.1}),
)
LONG: tuple[tuple[str, dict[str, Any]], ...] = (
    ("trim", {"op": "trim", "start_s": 60, "end_s": -60}),
    ("gain", {"op": "gain", "db": -4}),
    ("fade", {"op": "fade", "in_s": 5, "out_s": 10}),
    ("reverse", {"op": "reverse"}),
    ("loudness", {"op": "loudness", "lufs": -14}),
    ("effect: warmer, a small room", {"op": "effect", "description": "warmer, a small room"}),
    ("remove drums", {"op": "remove", "stems": ["drums"]}),
    ("drums removed for a minute", {"op": "remove", "stems": ["drums"], "start_s": 3600, "end_s": 3660}),
    ("tempo", {"op": "tempo", "ratio": 1.1}),
    ("gain of drums", {"op": "gain", "stem": "drums", "db": -4}),
    ("loop, twice", {"op": "loop", "times": 2}),
    ("concat with itself", {"op": "concat", "clips": [_ITSELF], "crossfade_s": 4}),
    ("mix with itself, even", {"op": "mix", "clips": [_ITSELF], "even": True, "gains_db": [-6, -6]}),
)


def music_like(seconds: float, seed: int = 1) -> Waveform:
    """Tones, noise and beats, stereo: as costly to transform, code and limit as music."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * RATE), dtype=np.float32) / RATE
    tone = sum(np.sin(2 * np.pi * f * time_s) for f in (110.0, 220.5, 331.0, 554.0)) * np.float32(0.06)
    beat = rng.normal(size=len(time_s)).astype(np.float32) * np.exp(-20 * (time_s % 0.5)) * np.float32(0.2)
    return Waveform(quantised(np.stack([tone + beat, 0.7 * tone + 0.9 * beat]).astype(np.float32)), RATE)


def measured(say: Say) -> list[dict[str, Any]]:
    """Time every operation; one row each, with how often real time it ran."""
    from threadpoolctl import threadpool_limits

    rows = []
    with bench() as desk, threadpool_limits(1):
        for name, operation in OPERATIONS:  # so that nothing is imported while the clock runs
            if name != "trim":
                desk.edit(desk.add(music_like(5.0)), operation)
        piece = desk.add(music_like(SECONDS))
        for name, operation in OPERATIONS:
            desk.wave(piece)
            start = _spent()
            desk.edit(piece, operation)
            seconds = _spent() - start
            rows.append({"operation": name, "minutes": SECONDS / 60, "times": SECONDS / seconds, "mb": None})
            say(f"speed: {name} {SECONDS / seconds:.0f} x")
        rows += [{"alone": name, "times": SECONDS / seconds} for name, seconds in _alone()]
    return rows


def _alone() -> Iterator[tuple[str, float]]:
    """Yield what libraries alone take, in seconds: the least that stretching and keeping the result can cost."""
    from python_stretch import Signalsmith

    from segue.tools.core.audio import encode

    wave = music_like(SECONDS)
    factors = {"tempo": 1.1, "transpose": 2 ** (-2 / 12)}
    for name, factor in factors.items():
        for kind, cheaper in (("", False), (", its cheaper setting", True)):
            machine = Signalsmith.Stretch(1)
            machine.preset(wave.channels, wave.sample_rate, cheaper)
            machine.timeFactor = factor
            start = _spent()
            machine.process(np.array(wave.samples))
            yield f"python-stretch alone, as for {name}{kind}", _spent() - start
    with tempfile.TemporaryDirectory(prefix="segue-eval-") as folder:
        start = _spent()
        encode(wave, Path(folder) / "out.flac")
        yield "writing FLAC alone", _spent() - start


def _spent() -> float:
    """Return the processor time of this process and of the children that it has waited for."""
    import resource

    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def long_measured(say: Say) -> list[dict[str, Any]]:
    """Edit two-hour files; one row an operation, with how often real time it ran and the megabytes that it took."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="segue-eval-") as folder:
        path = Path(folder) / "long.flac"
        write_long(path)
        for name, operation in LONG:
            rows.append(_long(path, name, operation))
            size = rows[-1]["mb"]
            say(f"two hours: {name} {f'{size:.0f} MB' if size else rows[-1].get('error', '')}")
    return rows


def write_long(path: Path) -> None:
    """Write the two-hour file that every long edit begins with."""
    import soundfile

    minute = music_like(60.0).samples.T
    with soundfile.SoundFile(str(path), "w", RATE, 2, "PCM_24") as out:
        for _ in range(round(60 * _HOURS)):
            out.write(minute)


def _long(path: Path, name: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", __name__, str(path), json.dumps(operation)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    row = {"operation": name, "minutes": 60 * _HOURS, "times": None, "mb": None}
    if done.returncode == 0:
        row |= json.loads(done.stdout.splitlines()[-1])
    else:
        row["error"] = (done.stderr.strip().splitlines() or ["killed"])[-1][:120]
    return row


def edit_long(path: Path, operation: dict[str, Any]) -> dict[str, Any]:
    """Take a long file in, edit it, and return how often real time that was and the greatest size in MB."""
    import resource

    from segue.tools import edit
    from segue.tools.backends import edit_dsp
    from segue.tools.core.base import Context
    from segue.tools.core.piece import Piece
    from segue.tools.core.settings import load_settings
    from segue.tools.core.store import Store, new_id

    with tempfile.TemporaryDirectory(prefix="segue-eval-") as folder:
        settings = load_settings(home=Path(folder))
        store = Store(settings)
        piece = store.save(Piece(id=new_id(), title="long", clip=store.add_recording(path, link=True)))
        context = Context(store, settings, tool="edit", backend="dsp")
        start = _spent()
        if "clips" in operation:
            operation = {**operation, "clips": [{"id": piece.id}]}
        args = edit.Args.model_validate({"clip": {"id": piece.id}, "operations": [operation]})
        edit_dsp.BACKEND.load(settings)(args, context)
        spent = _spent() - start
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"times": 3600 * _HOURS / spent, "mb": most / 1024}


def table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the fifth table and its goals: what masks do, and all else."""
    done = [row for row in rows if "operation" in row]
    masks = [row["times"] for row in done if _by_masks(row["operation"])]
    others = [row for row in done if not _by_masks(row["operation"])]
    slow = sorted((row for row in others if row["times"] < _GOAL_OTHERS), key=lambda row: float(row["times"]))
    found = ", ".join(f"{row['operation']} {row['times']:.0f} ×" for row in slow)
    goals = [
        {"goal": f"remove and isolate at {_GOAL_MASKS:g} × real time", "found": f"{min(masks):.1f} ×", "met": min(masks) >= _GOAL_MASKS},
        {"goal": f"other operations at {_GOAL_OTHERS:g} × real time", "found": f"all but {found}" if slow else f"slowest {min(row['times'] for row in others):.0f} ×", "met": not slow},
    ]  # fmt: skip
    return {
        "title": "Speed",
        "note": f"Processor time of one core, {SECONDS / 60:g} minutes of stereo at 44.1 kHz, the result kept as FLAC. In "
        "brackets: what the libraries take that stretching and keeping rest on.",
        "header": ["operation", "real time"],
        "rows": [[row.get("operation") or f"({row['alone']})", f"{row['times']:.0f} ×"] for row in rows],
        "goals": goals,
    }


def long_table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the table of two-hour files and its goal."""
    sizes = [row["mb"] or float("inf") for row in rows]
    lines = [
        [row["operation"], f"{row['times']:.0f} ×" if row["times"] else row.get("error", ""), f"{row['mb']:.0f} MB" if row["mb"] else ""]
        for row in rows
    ]  # fmt: skip
    return {
        "title": "Two-hour files",
        "note": f"{_HOURS:g} hours of stereo at 44.1 kHz in FLAC, each in a process of its own: processor time, and the process's greatest size.",
        "header": ["operation", "real time", "memory"],
        "rows": lines,
        "goals": [
            {"goal": "two hours in under 1 GB", "found": f"most {max(sizes):.0f} MB", "met": max(sizes) < _GOAL_MB}
        ],
    }


def _by_masks(operation: str) -> bool:
    return operation.startswith(("remove", "isolate", "gain of"))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(edit_long(Path(sys.argv[1]), json.loads(sys.argv[2]))) + "\n")
