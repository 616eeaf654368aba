"""MAGNeT (Ziv et al. 2024) behind the job protocol: ``segue serve-tools magnet``.

Text to music (or sound) by iterative decoding: all tokens of a span at once, so faster than MusicGen.
A take is exactly as long as the weights were trained for, 10 or 30 s; shorter ones are cut.
``--weights`` takes small-10secs, medium-10secs, small-30secs, medium-30secs, a name on the hub or a folder.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from segue.tools.core.jobs import Honoured, JobRequest, ModelInfo
from segue.tools.core.models import Batch, Batching, Model, Options, Result, Row, compatible
from segue.tools.core.settings import Settings
from segue.tools.sound import audiocraft
from segue.tools.sound.delivery import HONOURS as DELIVERY
from segue.tools.sound.delivery import delivered
from segue.tools.sound.torch_rows import MUSIC_IN_WORDS, PROMPTED, described, free_memory

_SIZES = ("small-10secs", "medium-10secs", "small-30secs", "medium-30secs")
_STEPS = (20, 10, 10, 10)  # of the four codebooks, the library's own
_HONOURS = DELIVERY | PROMPTED | MUSIC_IN_WORDS | {
    "sample.steps": "of the first codebook; half as many of each other",
    "sample.cfg": "at the start; it falls to 1",
    "sample.temperature": "at the start; it falls to 0",
    "sample.top_k": "",
    "sample.top_p": "",
}  # fmt: skip


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had.
    """
    named = f"facebook/magnet-{options.weights}" if options.weights in _SIZES else options.weights
    craft = audiocraft.load("MAGNeT", named, "facebook/magnet-small-10secs", options.device)
    model = craft.model

    def key(request: JobRequest) -> Hashable:
        return compatible(request, buckets_s=[craft.window_s]), craft.text_length(described(request))

    def judge(request: JobRequest) -> Mapping[str, Honoured]:
        return fixed_length(request, craft.window_s)

    def run(batch: Batch) -> Sequence[Result]:
        wish = batch[0].request.sample
        steps = [wish.steps, *[max(1, wish.steps // 2)] * 3] if wish.steps else list(_STEPS)
        values: dict[str, Any] = {
            "top_k": min(wish.top_k or 0, int(model.lm.card)),
            "top_p": (0.0 if wish.top_k else 0.9) if wish.top_p is None else wish.top_p,
            "temperature": 3.0 if wish.temperature is None else wish.temperature,
            "max_cfg_coef": 10.0 if wish.cfg is None else wish.cfg,
            "decoding_steps": steps,
        }
        model.set_generation_params(**values)
        for row in batch:
            row.effective(**values, batch=batch.size)

        def compute(rows: list[Row]) -> Any:  # noqa: ANN401 - a tensor
            return model.generate([described(row.request) or None for row in rows], progress=True)

        made = craft.make(batch, [described(row.request) for row in batch], sum(steps), compute)
        return [
            {"mix": delivered(audiocraft.waveform(sound, craft.sample_rate, row.request.music.duration), row)}
            for row, sound in zip(batch, made, strict=True)
        ]

    info = ModelInfo(
        name="magnet",
        tasks=["generate"],
        licence=audiocraft.LICENCE,
        commercial=False,
        revision=craft.name,
        honours=_HONOURS,
    )
    return Model(info, batching=Batching(options.batch or 8, run, key, free=free_memory), judge=judge)


def fixed_length(request: JobRequest, window_s: float) -> Mapping[str, Honoured]:
    """Say what becomes of a length where weights make exactly one: shorter is cut, longer is refused."""
    wanted = request.music.duration
    if wanted is None or abs(wanted - window_s) < 1e-6:
        return {}
    if wanted > window_s:
        return {"music.duration": Honoured(status="rejected", how=f"these weights make {window_s:g} s")}
    return {"music.duration": Honoured(status="approximated", how=f"cut from {window_s:g} s")}
