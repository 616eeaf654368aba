"""MuQ-MuLan (Zhu et al. 2025) behind the job protocol, through its authors' package: ``segue serve-tools muqmulan``.

Words and sound as vectors of one space, as with CLAP: ``embed`` with ``text.prompt`` or ``audio.src``. Its weights are
CC-BY-NC 4.0, and so are those of MuQ, which it fetches. One vector is computed at a time.
"""

import importlib.util
import json
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from segue.tools.core.errors import BackendUnavailable, InvalidArgument
from segue.tools.core.jobs import ModelInfo
from segue.tools.core.models import Batch, Batching, Model, Options, Output, Result, Row
from segue.tools.core.settings import Settings
from segue.tools.sound.delivery import read_blob
from segue.tools.sound.torch_rows import device_of, free_memory, weights_of

LICENCE = "code MIT, weights CC-BY-NC 4.0"
_INSTALL = "pip install 'segue-music[transformers]' muq==0.1.0"


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the package, the weights or the device cannot be had.
    """
    if not importlib.util.find_spec("muq"):
        raise BackendUnavailable("muq is not installed.", f"Run: {_INSTALL}.")
    from muq import MuQMuLan

    name = weights_of(options.weights, "OpenMuQ/MuQ-MuLan-large")
    try:
        model = MuQMuLan.from_pretrained(name).eval().to(device_of(options.device))
    except (OSError, TypeError, ValueError, RuntimeError) as error:
        raise BackendUnavailable(
            f"The weights {name} cannot be loaded ({type(error).__name__}: {error}).",
            "Name a folder that holds them, or let them be fetched from huggingface.co.",
        ) from error
    running = threading.Lock()

    def run(batch: Batch) -> Sequence[Result]:
        with running:
            made = [{"vector": Output(_vector(model, row).encode(), "application/json")} for row in batch]
        batch.progress(1, 1, "done")
        return made

    info = ModelInfo(
        name="muqmulan", tasks=["embed"], outputs=[], licence=LICENCE, commercial=False, revision=name,
        honours={"text.prompt": "", "audio.src": "the mean of its ten-second windows"},
    )  # fmt: skip
    return Model(info, batching=Batching(1, run, free=free_memory))


def _vector(model: Any, row: Row) -> str:  # noqa: ANN401 - the package has no types
    """Return a row's vector of length 1 as JSON."""
    import torch

    audio, words = row.request.audio.src, row.request.text.prompt
    if not audio and not words:
        raise InvalidArgument("embed wants text.prompt or audio.src.", "Send one of them.")
    with torch.inference_mode():
        if audio:
            sound = read_blob(row.blobs[audio]).resampled(int(model.sr)).mono()
            found = model(wavs=torch.from_numpy(np.ascontiguousarray(sound))[None].to(model.device))
        else:
            found = model(texts=[words])
    vector = found[0].float().cpu().numpy()
    return json.dumps([float(f"{x:.7g}") for x in vector / np.linalg.norm(vector)])
