"""What the tests of editing share: recordings made of sines and clicks, a small scored piece, and a runner."""

from dataclasses import dataclass, field

import numpy as np

from segue.tools import edit as edit_tool
from segue.tools.backends.edit_dsp import BACKEND
from segue.tools.core.audio import Waveform, quantised
from segue.tools.core.base import Context
from segue.tools.core.piece import Piece
from segue.tools.core.score import ChordSpan, Note, Part, Score, Section
from segue.tools.core.settings import load_settings
from segue.tools.core.store import Store, new_id

RATE = 44_100


def tones(seconds: float, hertz=(220.0, 330.0, 440.0), level: float = 0.08, rate: int = RATE) -> np.ndarray:
    """Steady sines, float32 ``[frames]``."""
    time = np.arange(round(seconds * rate)) / rate
    return np.asarray(sum(np.sin(2 * np.pi * f * time) for f in hertz) * level, dtype=np.float32)


def clicks(seconds: float, every_s: float = 0.5, level: float = 0.2, rate: int = RATE) -> np.ndarray:
    """Bursts of noise that die away in 7 ms, float32 ``[frames]``."""
    rng = np.random.default_rng(1)
    out = np.zeros(round(seconds * rate), np.float32)
    size = round(0.045 * rate)
    for k in range(int(seconds / every_s)):
        at = round(k * every_s * rate)
        burst = (rng.normal(size=size) * np.exp(-np.arange(size) / (0.007 * rate)) * level).astype(np.float32)
        out[at : at + size] += burst[: len(out) - at]
    return out


def recording(seconds: float = 8.0, rate: int = RATE) -> Waveform:
    """Tones a little to the left, clicks in the middle; on the 24-bit grid."""
    tone, click = tones(seconds, rate=rate), clicks(seconds, rate=rate)
    return Waveform(quantised(np.stack([tone + click, 0.6 * tone + click])), rate)


def small_score() -> Score:
    """Four bars of drums, bass and rhodes in A minor at 120 bpm."""
    beats = range(16)
    drums = [Note(start=b, duration=0.25, pitch=36 if b % 2 == 0 else 38, velocity=100) for b in beats]
    drums += [Note(start=b / 2, duration=0.25, pitch=42, velocity=70) for b in range(32)]
    roots = (45, 41, 48, 43)
    bass = [Note(start=4 * k + b, duration=0.9, pitch=roots[k] - 12, velocity=90) for k in range(4) for b in range(4)]
    chords = [
        Note(start=4 * k, duration=3.5, pitch=roots[k] + 12 + i, velocity=75)
        for k in range(4)
        for i in (0, 7, 16 if k else 15)
    ]
    return Score(
        title="Small", tempo=[{"bpm": 120}], key="A minor", bars=4, genre="pop", seed=3,
        chords=[ChordSpan(start=4 * k, duration=4, symbol=s) for k, s in enumerate(("Am", "F", "C", "G"))],
        sections=[Section(name="verse", start_bar=1, bars=4)],
        parts=[
            Part(name="drums", role="drums", stem="drums", instrument="drums", is_drum=True, notes=drums),
            Part(name="bass", role="bass", stem="bass", instrument="electric bass", program=33, notes=bass),
            Part(name="rhodes", role="chords", stem="piano", instrument="rhodes", program=4, pan=0.2, notes=chords),
        ],
    )  # fmt: skip


@dataclass
class Bench:
    """A store with an editor on it; ``notes`` collects what the user would be told."""

    store: Store
    notes: list[str] = field(default_factory=list)

    def add(self, wave: Waveform, title: str = "Song") -> Piece:
        return self.store.save(Piece(id=new_id(), title=title, clip=self.store.add_wave(wave)))

    def compose(self, score: Score | None = None) -> Piece:
        from segue.tools.music.render import render

        score = score or small_score()
        made = render(score, self.store.settings)
        return self.store.save(
            Piece(
                id=new_id(), title=score.title, clip=self.store.add_wave(made.mix), score=self.store.add_score(score),
                stems={name: self.store.add_wave(stem) for name, stem in made.stems.items()}, mix=made.meta,
            )
        )  # fmt: skip

    def edit(self, piece: Piece, *operations: dict, stop=None) -> edit_tool.Out:
        self.notes.clear()
        args = edit_tool.Args.model_validate({"clip": {"id": piece.id}, "operations": list(operations)})
        context = Context(
            self.store, self.store.settings, tool="edit", backend="dsp", say=self.notes.append, args=args.model_dump()
        )
        if stop is not None:
            context.stop = stop
        return BACKEND.load(self.store.settings)(args, context)

    def samples(self, piece: Piece) -> np.ndarray:
        return self.store.wave(piece.clip).samples

    def stem_sum(self, piece: Piece) -> np.ndarray:
        total = sum(self.store.wave(clip).samples.astype(np.float64) for clip in piece.stems.values())
        return total.astype(np.float32)


def open_bench(folder) -> Bench:
    return Bench(Store(load_settings(home=folder)))
