"""Requests that cannot be met as they stand: each wants a clear error with a hint, or the nearest thing with a word on it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from segue.evals.edit_bench import Bench, bench
from segue.evals.edit_speed import RATE, music_like
from segue.tools.core.audio import Samples, Waveform, quantised
from segue.tools.core.errors import SegueError

Say = Callable[[str], None]

# What is asked, of which sound, and what must come: "error" (one of the tools' own, with a hint), "note" (done, with a word
# that holds this), or "done".
CASES: tuple[tuple[str, str, list[dict[str, Any]], str, str], ...] = (
    ("a stem that no recording has", "song", [{"op": "remove", "stems": ["banjo"]}], "error", "banjo"),
    ("the guitar, by filters", "song", [{"op": "isolate", "stems": ["guitar"]}], "error", "Demucs"),
    ("the piano, by filters", "song", [{"op": "remove", "stems": ["piano"]}], "error", "Demucs"),
    ("the sides of a mono file", "mono", [{"op": "isolate", "stems": ["sides"]}], "error", "mono"),
    ("no stem at all", "song", [{"op": "remove", "stems": []}], "error", ""),
    ("negative seconds count from the end", "song", [{"op": "trim", "start_s": -3, "end_s": -1}], "done", ""),
    ("negative beyond the start", "song", [{"op": "trim", "start_s": -30}], "error", "outside"),
    ("end before start", "song", [{"op": "trim", "start_s": 5, "end_s": 2}], "error", "not after"),
    ("end where it starts", "song", [{"op": "trim", "start_s": 2, "end_s": 2}], "error", "not after"),
    ("a start behind the end", "song", [{"op": "trim", "start_s": 99}], "error", "outside"),
    ("a span outside", "song", [{"op": "gain", "db": -3, "start_s": 50, "end_s": 60}], "error", "outside"),
    ("a fade longer than the sound", "song", [{"op": "fade", "in_s": 60}], "error", "longer"),
    ("a fade of no length", "song", [{"op": "fade"}], "error", "no length"),
    ("joined: other rate, channels and length", "song", [{"op": "concat", "clips": ["other"]}], "note", "resampled"),
    ("mixed: other rate, channels and length", "song", [{"op": "mix", "clips": ["other"]}], "note", "resampled"),
    ("gains that do not match the clips", "song", [{"op": "mix", "clips": ["other"], "gains_db": [0]}], "error", "one entry"),
    ("40 dB up", "song", [{"op": "gain", "db": 40}], "note", "fit without clipping"),
    ("24 dB up", "song", [{"op": "gain", "db": 24}], "note", "fit without clipping"),
    ("a stem 24 dB up", "song", [{"op": "gain", "stem": "drums", "db": 24}], "note", "does not clip"),
    ("−1 LUFS", "song", [{"op": "loudness", "lufs": -1}], "error", ""),
    ("−6 LUFS of a quiet file", "quiet", [{"op": "loudness", "lufs": -6}], "note", "limited"),
    ("loudness of silence", "silence", [{"op": "loudness", "lufs": -14}], "error", "silent"),
    ("stems of silence", "silence", [{"op": "remove", "stems": ["drums"]}], "done", ""),
    ("effect on silence", "silence", [{"op": "effect", "description": "a big hall"}], "done", ""),
    ("tempo of silence in bpm", "silence", [{"op": "tempo", "bpm": 120}], "error", "tempo"),
    ("key of silence", "silence", [{"op": "transpose", "key": "D minor"}], "error", "key"),
    ("10 ms: trim", "tick", [{"op": "trim", "start_s": 0.002, "end_s": 0.008}], "done", ""),
    ("10 ms: stems", "tick", [{"op": "isolate", "stems": ["drums"]}], "error", "cannot be separated"),
    ("10 ms: stretch", "tick", [{"op": "tempo", "ratio": 2}], "error", "cannot be stretched"),
    ("10 ms: loudness", "tick", [{"op": "loudness", "lufs": -14}], "error", "too short"),
    ("10 ms: effect", "tick", [{"op": "effect", "description": "a small room"}], "done", ""),
    ("10 ms: loop", "tick", [{"op": "loop", "times": 4}], "done", ""),
    ("10 ms: reverse", "tick", [{"op": "reverse"}], "done", ""),
    ("10 ms: joined", "tick", [{"op": "concat", "clips": ["other"]}], "note", "resampled"),
    ("one sample: reverse", "sample", [{"op": "reverse"}], "done", ""),
    ("one sample: effect", "sample", [{"op": "effect", "description": "warmer, wider"}], "done", ""),
    ("a clipped file, brighter", "clipped", [{"op": "effect", "description": "much brighter"}], "done", ""),
    ("a clipped file, louder", "clipped", [{"op": "effect", "description": "louder"}], "done", ""),
    ("words that mean no sound", "song", [{"op": "effect", "description": "purple monkey dishwasher"}], "error", "not a sound"),
    ("a stage that does not exist", "song", [{"op": "effect", "stages": [{"stage": "sparkle"}]}], "error", "sparkle"),
    ("a parameter out of range", "song", [{"op": "effect", "stages": [{"stage": "reverb", "decay_s": 900}]}], "error", "decay_s"),
    ("nine times as fast", "song", [{"op": "tempo", "ratio": 9}], "error", ""),
    ("five octaves up", "song", [{"op": "transpose", "semitones": 60}], "error", ""),
    ("new bars of a recording", "song", [{"op": "regenerate", "start_bar": 2}], "error", "recording"),
    ("an operation that does not exist", "song", [{"op": "sprinkle"}], "error", ""),
    ("a clip that does not exist", "song", [{"op": "concat", "clips": ["nothing"]}], "error", ""),
)  # fmt: skip


def sounds() -> dict[str, Waveform]:
    """Return the sounds of the cases, by name."""
    song = music_like(8.0)
    rng = np.random.default_rng(4)
    return {
        "song": song,
        "mono": song.with_channels(1),
        "other": Waveform(quantised(music_like(3.0, 2).resampled(48_000).with_channels(1).samples), 48_000),
        "quiet": Waveform(quantised(song.samples * np.float32(0.02)), RATE),
        "silence": Waveform(np.zeros((2, 3 * RATE), np.float32), RATE),
        "tick": Waveform(quantised(rng.normal(0, 0.1, (2, RATE // 100)).astype(np.float32)), RATE),
        "sample": Waveform(np.full((1, 1), 0.25, np.float32), RATE),
        "clipped": Waveform(quantised(np.clip(song.samples * 8, -1, 1)), RATE),
    }


def measured(say: Say) -> list[dict[str, Any]]:
    """Ask every case; one row each: what came, and whether that was right."""
    say("bad requests")
    with bench() as desk:
        ids = {name: desk.add(wave, name).id for name, wave in sounds().items()}
        return [_asked(desk, ids, case) for case in CASES]


def _asked(
    desk: Bench, ids: Mapping[str, str], case: tuple[str, str, list[dict[str, Any]], str, str]
) -> dict[str, Any]:
    name, sound, operations, wanted, words = case
    filled = [
        {**one, "clips": [{"id": ids.get(clip, clip)} for clip in one["clips"]]} if "clips" in one else one
        for one in operations
    ]
    piece = desk.store.piece(ids[sound], "local")
    try:
        out = desk.edit(piece, *filled)
    except SegueError as error:
        came, text = "error", str(error)
        good = wanted == "error" and words.lower() in text.lower() and bool(error.hint)
    except ValidationError as error:
        came, text = "error", "; ".join(entry["msg"] for entry in error.errors())
        good = wanted == "error" and words.lower() in f"{text} {error}".lower()
    else:
        came, text = ("note" if desk.notes else "done"), " ".join(desk.notes)
        good = wanted in ("done", came) and words.lower() in text.lower() and _sane(desk.samples(out.piece))
    return {"asked": name, "wanted": wanted, "came": came, "text": text, "right": good}


def _sane(samples: Samples) -> bool:
    return bool(samples.size and np.isfinite(samples).all() and np.abs(samples).max() <= 1.0)


def table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sixth table and its goal."""
    good = sum(row["right"] for row in rows)
    return {
        "title": "Bad requests",
        "note": f"{len(rows)} requests that are wrong, at the edge, or of odd files.",
        "header": ["asked", "came", "in words", "right"],
        "rows": [[row["asked"], row["came"], row["text"][:160], "yes" if row["right"] else "no"] for row in rows],
        "goals": [{"goal": "answered clearly", "found": f"{good} of {len(rows)}", "met": good == len(rows)}],
    }
