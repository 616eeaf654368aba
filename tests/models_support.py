"""Small honest models for tests of the model server: real arithmetic on rows side by side, no library but numpy."""

import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from segue.tools.backends.served_models import read_bytes
from segue.tools.core.audio import Waveform, decode, encode
from segue.tools.core.errors import CannotDo
from segue.tools.core.jobs import Honoured, ModelInfo
from segue.tools.core.models import Batching, Model, Output, duration_bucket

WIDTH, RATE = 48, 100
HONOURS = {
    "text.prompt": "", "music.bpm": "rounded to 5 bpm", "music.duration": "", "sample.n": "", "sample.seeds": "",
    "sample.temperature": "", "extra.fault": "",
}  # fmt: skip


class Recurrent:
    """A recurrent network of random weights that sings numbers: every step multiplies all rows by one matrix.

    ``memory`` is how many rows fit; more raise ``MemoryError``. ``gate`` holds the steps while it is closed.
    ``batches`` are the prompts and seeds of every batch that was finished.
    """

    def __init__(self, size=8, memory=99, step_s=0.0):
        draw = np.random.default_rng(1)
        self.weights = draw.normal(0, 1.2 / np.sqrt(WIDTH), (WIDTH, WIDTH)).astype(np.float32)
        self.size, self.memory, self.step_s = size, memory, step_s
        self.gate = threading.Event()
        self.gate.set()
        self.batches = []

    def model(self, name="recurrent", **more):
        info = ModelInfo(name=name, tasks=["generate"], licence="Apache-2.0", honours=HONOURS)
        return Model(info, batching=Batching(self.size, self.run, **more), judge=self.judge)

    def judge(self, request):
        if (request.music.duration or 0) > 30:
            return {"music.duration": Honoured(status="rejected", how="at most 30 s")}
        return {}

    def run(self, batch):
        if batch.size > self.memory:
            raise MemoryError
        for row in batch:
            if row.request.extra.get("fault") == "always":
                raise RuntimeError("broken")
        steps = int(duration_bucket(batch[0].request.music.duration or 5.0) * RATE)
        state = np.zeros((batch.size, WIDTH), np.float32)  # at its full size, however few rows there are
        for n, row in enumerate(batch):
            state[n] = np.random.default_rng(row.seed).normal(size=WIDTH) + len(row.request.text.prompt)
        heard = np.zeros((steps, batch.size), np.float32)
        for step in range(steps):
            if step % 25 == 0:
                batch.progress(step, steps, "sampling")
                while not self.gate.wait(0.01):
                    batch.progress(step, steps, "sampling")
                time.sleep(self.step_s)
            state = np.tanh(state @ self.weights)
            heard[step] = state[:, 0]
        self.batches.append([(row.request.text.prompt, row.seed) for row in batch])
        return [self._made(row, heard[:, n]) for n, row in enumerate(batch)]

    def _made(self, row, heard):
        if row.request.extra.get("fault") == "row":
            return CannotDo("This row cannot be made.", "Ask another.")
        row.effective(steps=len(heard))
        cropped = heard[: int((row.request.music.duration or 5.0) * RATE)]
        return {"mix": Output(cropped.tobytes(), "application/octet-stream")}


def load_model(settings, options):
    """As any model's file: ``segue serve-tools tests.models_support``."""
    return Recurrent(size=options.batch or 8, step_s=float(options.weights or 0)).model()


def until(condition, seconds=5.0):
    """Wait until something is so, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(0.005)


class Listener:
    """A model that answers with what a function makes of each row, and remembers what it was asked.

    ``answer(row, sound)`` returns outputs by name; ``sound`` is what ``audio.src`` refers to, decoded.
    """

    def __init__(self, name, tasks, answer, honours=(), outputs=("mix",), commercial=True, judge=lambda request: {}):
        licence = "Apache-2.0" if commercial else "CC-BY-NC-4.0 weights"
        known = dict.fromkeys(("text.prompt", "audio.src", "sample.n", "sample.seeds", *honours), "")
        self.info = ModelInfo(
            name=name, tasks=tasks, outputs=list(outputs), licence=licence, commercial=commercial, honours=known | dict(honours if isinstance(honours, dict) else {})
        )  # fmt: skip
        self.answer, self.judge, self.asked = answer, judge, []

    def model(self):
        return Model(self.info, batching=Batching(4, self.run), judge=self.judge)

    def run(self, batch):
        made = []
        for row in batch:
            self.asked.append(row)
            sounds = {name: self.decoded(row, name) for name in ("src", "melody", "style")}
            made.append(self.answer(row, **{name: sound for name, sound in sounds.items() if sound}))
            batch.progress(1, 1, "done")
        return made

    @staticmethod
    def decoded(row, name):
        id = getattr(row.request.audio, name)
        return read_bytes(row.blobs[id], "sound.wav", decode) if id else None


def as_wav(samples, rate=44100):
    """The output that a sound is, ``[channels, frames]``, with all its bits."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        encode(Waveform(np.asarray(samples, np.float32), rate), path)
        return Output(path.read_bytes(), "audio/wav")
