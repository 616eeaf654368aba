"""Beat This! (Foscarin et al. 2024) behind the job protocol: ``segue serve-tools beat_this``.

Tempo and meter of a recording from beats and downbeats that a trained tracker hears: ``tag`` with ``audio.src``.
"""

import importlib.util
import itertools
import json
import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.jobs import ModelInfo
from segue.tools.core.models import Job, Model, Options, Output, Row
from segue.tools.core.settings import Settings
from segue.tools.sound.delivery import blob_of
from segue.tools.sound.torch_rows import device_of, weights_of

_INSTALL = "pip install 'segue-music[transformers]' && pip install --no-deps beat-this==1.1.0 rotary-embedding-torch einops torchaudio==2.11.0"  # fmt: skip
_RATE = 22050
_NEAR = 0.05  # intervals this close to the median one agree with it
_FEWEST = 4  # beats


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the package, the weights or the device cannot be had.
    """
    if not importlib.util.find_spec("beat_this"):
        raise BackendUnavailable("beat_this is not installed.", f"Run: {_INSTALL}.")
    from beat_this.inference import Audio2Beats

    name = weights_of(options.weights, "final0")
    try:
        tracker = Audio2Beats(name, device_of(options.device))
    except Exception as error:  # torch and its unpickler raise errors of many families
        raise BackendUnavailable(
            f"The weights {name} cannot be loaded ({type(error).__name__}: {error}).",
            "Name a checkpoint file, or let it be fetched from cloud.cp.jku.at.",
        ) from error
    running = threading.Lock()

    def run(job: Job) -> dict[str, Output]:
        sound = blob_of(Row(job, 0, 0), job.request.audio.src, "audio.src").resampled(_RATE).mono()
        job.progress(0.1, 1.0, "listening")
        with running:
            beats, downbeats = tracker(sound, _RATE)
        job.progress(0.9, 1.0, "counting")
        tags = tags_of(np.asarray(beats, dtype=np.float64), np.asarray(downbeats, dtype=np.float64))
        if not tags:
            job.say("No steady beat was heard.")
        return {"0/tags": Output(json.dumps(tags).encode(), "application/json")}

    info = ModelInfo(
        name="beat_this", tasks=["tag"], outputs=[], licence="MIT", revision=name, honours={"audio.src": "mono at 22,050 Hz"}
    )  # fmt: skip
    return Model(info, run)


def tags_of(beats: npt.NDArray[np.float64], downbeats: npt.NDArray[np.float64]) -> dict[str, dict[str, object]]:
    """Return tempo and meter as ``tag`` has them, from times in seconds; what cannot be told is left out.

    The confidence is the share of intervals, or bars, that agree with the one told. A beat is taken for a quarter note.
    """
    if len(beats) < _FEWEST:
        return {}
    steps = np.diff(beats)
    step = float(np.median(steps))
    agree = float(np.mean(np.abs(steps - step) <= _NEAR * step))
    found: dict[str, dict[str, object]] = {"bpm": {"value": round(60 / step, 2), "confidence": round(agree, 3)}}
    counts: Sequence[int] = [
        int(np.sum((beats >= start - step / 2) & (beats < end - step / 2)))
        for start, end in itertools.pairwise(downbeats)
    ]
    if counts and (usual := int(np.median(counts))):
        share = sum(count == usual for count in counts) / len(counts)
        found["meter"] = {"value": f"{usual}/4", "confidence": round(share, 3)}
    return found
