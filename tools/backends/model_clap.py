"""CLAP (Wu et al. 2023) behind the job protocol, through transformers: ``segue serve-tools clap``.

Words and sound as vectors of one space: ``embed`` with ``text.prompt`` or ``audio.src``. Sound is heard in windows
of ten seconds whose mean is the vector; vectors have length 1. The same place serves other encoders that
transformers loads as a ``ClapModel``; ``laion/larger_clap_music`` ranks no better than chance and is warned of.
"""

import json
import threading
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.errors import BackendUnavailable, InvalidArgument
from segue.tools.core.jobs import Honoured, JobRequest, ModelInfo
from segue.tools.core.models import Batch, Batching, Model, Options, Output, Result
from segue.tools.core.settings import Settings
from segue.tools.sound.delivery import read_blob
from segue.tools.sound.torch_rows import device_of, filled, free_memory, weights_of

EXTRA = "transformers"
_WINDOW_S = 10.0
_DOUBTFUL = "larger_clap_music"

Vectors = npt.NDArray[np.float32]


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had.
    """
    from transformers import AutoFeatureExtractor, AutoTokenizer, ClapModel

    device = device_of(options.device)
    name = weights_of(options.weights, "laion/larger_clap_general")
    try:
        model = ClapModel.from_pretrained(name, use_safetensors=True).eval().to(device)
        encoder = _Encoder(
            model, AutoTokenizer.from_pretrained(name), AutoFeatureExtractor.from_pretrained(name), device
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise BackendUnavailable(
            f"The weights {name} cannot be loaded ({type(error).__name__}: {error}).",
            "Name a folder that holds them, or let them be fetched from huggingface.co.",
        ) from error
    laion = name.startswith("laion/")
    info = ModelInfo(
        name="clap",
        tasks=["embed"],
        outputs=[],
        licence="weights Apache-2.0" if laion else "as the weights say",
        commercial=laion,
        revision=name,
        honours={"text.prompt": "", "audio.src": "the mean of its ten-second windows"},
    )

    def run(batch: Batch) -> Sequence[Result]:
        if _DOUBTFUL in name:
            for row in batch:
                row.say(f"{name} was found to rank no better than chance; larger_clap_general works.")
        return encoder.run(batch)

    return Model(info, batching=Batching(options.batch or 16, run, _kind, free=free_memory), judge=_judge)


def _kind(request: JobRequest) -> Hashable:
    return "sound" if request.audio.src else "words"


def _judge(request: JobRequest) -> Mapping[str, Honoured]:
    if request.audio.src and request.text.prompt:
        return {"text.prompt": Honoured(status="ignored", how="sound was given: one vector a job")}
    return {}


class _Encoder:
    """Embeds words or sound, always as many at once as a batch holds."""

    def __init__(self, model: Any, tokenizer: Any, hear: Any, device: str) -> None:  # noqa: ANN401 - transformers' own
        self._model, self._tokenizer, self._hear, self._device = model, tokenizer, hear, device
        self._running = threading.Lock()

    def run(self, batch: Batch) -> Sequence[Result]:
        """Return a vector a row."""
        with self._running:
            made = self._sounds(batch) if batch[0].request.audio.src else self._words(batch)
        batch.progress(1, 1, "done")
        return [
            {"vector": Output(json.dumps([float(f"{x:.7g}") for x in vector]).encode(), "application/json")}
            for vector in made
        ]

    def _words(self, batch: Batch) -> Vectors:
        texts = [row.request.text.prompt for row in filled(batch)]
        if not all(texts):
            raise InvalidArgument("embed wants text.prompt or audio.src.", "Send one of them.")
        length = min(77, int(self._model.config.text_config.max_position_embeddings) - 2)
        asked = self._tokenizer(texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt")
        return self._units(self._model.get_text_features, **asked)[: len(batch)]

    def _sounds(self, batch: Batch) -> Vectors:
        rate = int(self._hear.sampling_rate)
        size = round(_WINDOW_S * rate)
        windows: list[npt.NDArray[np.float32]] = []
        owners: list[int] = []
        for number, row in enumerate(batch):
            sound = read_blob(row.blobs[str(row.request.audio.src)]).resampled(rate).mono()
            # A last piece shorter than a second says little beside whole windows, and is heard alone otherwise.
            starts = [at for at in range(0, len(sound), size) if at == 0 or len(sound) - at >= rate]
            windows += [sound[at : at + size] for at in starts]
            owners += [number] * len(starts)
        found = np.concatenate(
            [self._heard(windows[at : at + batch.size], batch, rate) for at in range(0, len(windows), batch.size)]
        )
        means = np.stack(
            [found[[n for n, owner in enumerate(owners) if owner == k]].mean(axis=0) for k in range(len(batch))]
        )
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)

    def _heard(self, windows: list[npt.NDArray[np.float32]], batch: Batch, rate: int) -> Vectors:
        batch.progress(0.5, 1, "listening")
        full = windows + [windows[-1]] * (batch.size - len(windows))
        asked = self._hear(full, sampling_rate=rate, return_tensors="pt")
        return self._units(self._model.get_audio_features, **asked)[: len(windows)]

    def _units(self, features: Any, **asked: Any) -> Vectors:  # noqa: ANN401 - transformers' own
        import torch

        with torch.inference_mode():
            found = features(**{name: value.to(self._device) for name, value in asked.items()})
        vectors = getattr(found, "pooler_output", found).float().cpu().numpy()
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
