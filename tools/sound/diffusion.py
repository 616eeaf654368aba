# ruff: noqa: ANN401 - diffusers has no types
"""diffusers' pipelines from text to music as the model server needs them: a generator a row, progress, cancelling.

A batch's arguments are scalars in these pipelines (length, steps, guidance), and some pad texts to the
longest of the batch; so rows share a batch where these agree.
"""

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.jobs import Honoured, JobRequest, ModelInfo
from segue.tools.core.models import Batch, Batching, Model, Options, Result, compatible, duration_bucket
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
    weights_of,
)

_HONOURS = DELIVERY | PROMPTED | {
    "sample.steps": "",
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """What one of diffusers' pipelines is to the server.

    Attributes
    ----------
    name : under which it is served.
    pipeline : diffusers' class.
    weights : what is loaded where none are named, on the hub.
    licence, commercial : of those weights.
    length : the argument that takes the length in seconds.
    rate : the sample rate of a loaded pipeline, Hz.
    steps, cfg : used where the request names none.
    default_s, longest_s : seconds.
    exact : the length is a condition of its own, so it is passed as asked for; else a bucket's, and cut.
    tokenizers : which of its tokenizers pad to the longest text of the batch.
    honours : wishes beside prompt, length, seeds, steps and guidance.
    in_words : wishes about music go into the prompt.
    texts : a row's own arguments by name, from its request.
    prepare : called with the loaded pipeline.
    more : arguments that a whole batch shares, from its request; they stand in the key.
    """

    name: str
    pipeline: str
    weights: str
    licence: str
    commercial: bool
    length: str
    rate: Callable[[Any], int]
    steps: int
    cfg: float
    default_s: float
    longest_s: float
    exact: bool = False
    tokenizers: tuple[str, ...] = ()
    honours: Mapping[str, str] = field(default_factory=dict)
    in_words: bool = True
    texts: Callable[[JobRequest], dict[str, str]] = lambda request: {"prompt": described(request)}
    prepare: Callable[[Any], None] = lambda pipe: None
    more: Callable[[JobRequest], dict[str, Any]] = lambda request: {}


def with_negative(request: JobRequest) -> dict[str, str]:
    """Return the arguments of pipelines that take what is not wanted in words, too."""
    texts = {"prompt": described(request)}
    return texts | {"negative_prompt": request.text.negative} if request.text.negative else texts


def load(kind: Kind, options: Options) -> Model:
    """Load a pipeline by diffusers' own loader (safetensors only).

    Raises
    ------
    BackendUnavailable : the weights cannot be loaded.
    ConfigError : the device cannot be had.
    ImportError : diffusers or what it needs is not installed.
    """
    import diffusers
    import torch

    device = device_of(options.device)
    name = weights_of(options.weights, kind.weights)
    dtype = torch.float16 if device.startswith("cuda") else torch.float32
    try:
        pipe = getattr(diffusers, kind.pipeline).from_pretrained(name, dtype=dtype, use_safetensors=True)
    except Exception as error:  # the hub's client, torch and json raise errors of many families
        raise BackendUnavailable(
            f"The weights {name} cannot be loaded ({type(error).__name__}: {error}).",
            "Name a folder that holds them, or let them be fetched from huggingface.co.",
        ) from error
    kind.prepare(pipe)
    pipe.to(device)
    pipe.set_progress_bar_config(disable=True)
    server = _Server(kind, pipe, device)
    info = ModelInfo(
        name=kind.name,
        tasks=["generate"],
        licence=kind.licence,
        commercial=kind.commercial,
        revision=name,
        honours={**_HONOURS, **(MUSIC_IN_WORDS if kind.in_words else {}), **kind.honours},
    )
    batching = Batching(options.batch or 4, server.run, server.key, free=free_memory)
    return Model(info, batching=batching, judge=server.judge)


class _Server:
    """Runs the batches of a loaded pipeline."""

    def __init__(self, kind: Kind, pipe: Any, device: str) -> None:
        self._kind, self._pipe, self._device = kind, pipe, device
        self._running = threading.Lock()

    def _seconds(self, request: JobRequest) -> float:
        wanted = request.music.duration or self._kind.default_s
        return wanted if self._kind.exact else min(self._kind.longest_s, duration_bucket(wanted))

    def key(self, request: JobRequest) -> Hashable:
        kind = self._kind
        texts = kind.texts(request)
        lengths = [
            len(getattr(self._pipe, name)(text).input_ids) for name in kind.tokenizers for text in texts.values()
        ]
        shared = sorted(kind.more(request).items())
        return compatible(request, kind.default_s), self._seconds(request), tuple(lengths), repr(shared)

    def judge(self, request: JobRequest) -> Mapping[str, Honoured]:
        if (request.music.duration or 0) > self._kind.longest_s:
            return {"music.duration": Honoured(status="rejected", how=f"at most {self._kind.longest_s:g} s")}
        return {}

    def run(self, batch: Batch) -> Sequence[Result]:
        import torch

        kind, request = self._kind, batch[0].request
        steps = request.sample.steps or kind.steps
        cfg = kind.cfg if request.sample.cfg is None else request.sample.cfg
        rows = filled(batch)
        texts = [kind.texts(row.request) for row in rows]
        seconds = self._seconds(request)

        def moved(step: int, *_: Any) -> None:
            batch.progress(min(step + 1, steps) - 0.5, steps, "generating")

        for row in batch:
            row.effective(steps=steps, cfg=cfg, computed_s=seconds, batch=batch.size)
        batch.progress(0, steps, "reading")
        with self._running, torch.inference_mode():
            made = self._pipe(
                **{name: [text[name] for text in texts] for name in texts[0]},
                **{kind.length: seconds},
                **kind.more(request),
                num_inference_steps=steps,
                guidance_scale=cfg,
                generator=generators(rows, self._device),
                callback=moved,
                output_type="np",
            ).audios
        batch.progress(steps, steps, "delivering")
        rate = kind.rate(self._pipe)
        results: list[Result] = []
        for row, sound in zip(batch, made, strict=False):
            samples = np.ascontiguousarray(np.atleast_2d(np.asarray(sound, dtype=np.float32)))
            frames = round((row.request.music.duration or kind.default_s) * rate)
            results.append({"mix": delivered(Waveform(samples[:, :frames], rate), row)})
        return results
