"""MusicGen (Copet et al. 2023) through transformers behind the job protocol: ``segue serve-tools musicgen_hf``.

For whoever has transformers and not audiocraft: text to as much as 30 s; with the melody weights led by a
recording, a score's tune or chords. ``--weights`` takes small, medium, large, melody, melody-large,
stereo-small … or a folder.
"""

import itertools
import threading
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.jobs import Honoured, JobRequest, ModelInfo
from segue.tools.core.models import Batch, Batching, Model, Options, Result, Row, compatible, duration_bucket
from segue.tools.core.settings import Settings
from segue.tools.music.conditions import MELODY_HONOURS, SIZES, guide_of
from segue.tools.sound.delivery import HONOURS as DELIVERY
from segue.tools.sound.delivery import delivered
from segue.tools.sound.torch_rows import (
    MUSIC_IN_WORDS,
    PROMPTED,
    described,
    device_of,
    filled,
    free_memory,
    generators,
    row_noise,
    weights_of,
)

EXTRA = "transformers"
_LONGEST_S = 30.0
_DEFAULT_S = 10.0
_TEXT_STEP = 16
_HONOURS = DELIVERY | PROMPTED | MUSIC_IN_WORDS | {
    "sample.temperature": "",
    "sample.top_k": "",
    "sample.top_p": "",
}  # fmt: skip


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had.
    """
    from transformers import AutoConfig, AutoFeatureExtractor, AutoTokenizer
    from transformers import MusicgenForConditionalGeneration as Plain
    from transformers import MusicgenMelodyForConditionalGeneration as Melody

    device = device_of(options.device)
    named = f"facebook/musicgen-{options.weights}" if options.weights in SIZES else options.weights
    name = weights_of(named, "facebook/musicgen-small")
    try:
        leads = AutoConfig.from_pretrained(name).model_type == "musicgen_melody"
        model = (Melody if leads else Plain).from_pretrained(name, use_safetensors=True).eval().to(device)
        tokenizer = AutoTokenizer.from_pretrained(name)
        chroma = AutoFeatureExtractor.from_pretrained(name) if leads else None
    except (OSError, ValueError, RuntimeError) as error:
        raise BackendUnavailable(
            f"The weights {name} cannot be loaded ({type(error).__name__}: {error}).",
            "Name a folder that holds them, or let them be fetched from huggingface.co.",
        ) from error
    server = _Server(model, tokenizer, chroma, device)
    info = ModelInfo(
        name="musicgen_hf",
        tasks=["generate"],
        licence="code Apache-2.0, weights CC-BY-NC 4.0",
        commercial=False,
        revision=name,
        honours=_HONOURS | (MELODY_HONOURS if leads else {}),
    )
    return Model(info, batching=Batching(options.batch or 8, server.run, server.key, free=free_memory), judge=_judge)


def _judge(request: JobRequest) -> Mapping[str, Honoured]:
    if (request.music.duration or 0) > _LONGEST_S:
        return {"music.duration": Honoured(status="rejected", how=f"at most {_LONGEST_S:g} s")}
    return {}


class _Server:
    """Runs the batches of a loaded model."""

    def __init__(self, model: Any, tokenizer: Any, chroma: Any, device: str) -> None:  # noqa: ANN401 - transformers' own
        self._model, self._tokenizer, self._chroma, self._device = model, tokenizer, chroma, device
        self._running = threading.Lock()

    def key(self, request: JobRequest) -> Hashable:
        """Say what requests must agree in: as ``compatible``, with the length of the text."""
        return compatible(request, _DEFAULT_S), self._text_length(request)

    def _text_length(self, request: JobRequest) -> int:
        return -(-len(self._tokenizer(described(request)).input_ids) // _TEXT_STEP) * _TEXT_STEP

    def run(self, batch: Batch) -> Sequence[Result]:
        """Make a batch."""
        import torch
        from transformers import StoppingCriteria, StoppingCriteriaList

        request, model = batch[0].request, self._model
        codec = model.config.audio_encoder
        seconds = duration_bucket(request.music.duration or _DEFAULT_S)
        steps = round(seconds * codec.frame_rate) + int(model.config.decoder.num_codebooks)
        calls = itertools.count(1)
        wish = request.sample

        class Watched(StoppingCriteria):  # type: ignore[misc]  # transformers has no types
            def __call__(self, ids: Any, scores: Any, **more: Any) -> Any:  # noqa: ANN401 - transformers' own
                batch.progress(min(next(calls), steps - 1), steps, "generating")
                return torch.zeros(ids.shape[0], dtype=torch.bool, device=ids.device)

        values: dict[str, Any] = {
            "top_k": 250 if wish.top_k is None else wish.top_k,
            "top_p": wish.top_p or 1.0,
            "temperature": wish.temperature or 1.0,
            "guidance_scale": 3.0 if wish.cfg is None else wish.cfg,
        }
        for row in batch:
            row.effective(**values, computed_s=seconds, batch=batch.size)
        rows = filled(batch)
        asked = self._asked(rows, seconds)
        with self._running, torch.inference_mode(), row_noise(generators(rows, self._device)):
            made = model.generate(
                **asked,
                **values,
                do_sample=True,
                max_new_tokens=steps,
                stopping_criteria=StoppingCriteriaList([Watched()]),
            )
        batch.progress(steps, steps, "delivering")
        results: list[Result] = []
        for row, sound in zip(batch, made, strict=False):
            frames = round((row.request.music.duration or _DEFAULT_S) * codec.sampling_rate)
            samples = np.ascontiguousarray(sound.float().cpu().numpy()[:, :frames])
            results.append({"mix": delivered(Waveform(samples, int(codec.sampling_rate)), row)})
        return results

    def _asked(self, rows: Sequence[Row], seconds: float) -> dict[str, Any]:
        """Return the model's inputs: text padded to its bucket, and the chroma of what leads."""
        texts = [described(row.request) for row in rows]
        length = self._text_length(rows[0].request)
        found = dict(self._tokenizer(texts, padding="max_length", max_length=length, return_tensors="pt"))
        if self._chroma is not None:
            rate = int(self._chroma.sampling_rate)
            guides = [guide_of(row, seconds, rate) for row in rows]
            sounds = [guide.mono() for guide in guides if guide is not None]
            if len(sounds) == len(rows):
                found["input_features"] = self._chroma(sounds, sampling_rate=rate, return_tensors="pt").input_features
        return {name: value.to(self._device) for name, value in found.items()}
