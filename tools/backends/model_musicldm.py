"""MusicLDM (Chen et al. 2024) behind the job protocol, through diffusers: ``segue serve-tools musicldm``.

Text, and words for what is not wanted, to music at 16 kHz.
"""

from typing import Any

from segue.tools.core.models import Model, Options
from segue.tools.core.settings import Settings
from segue.tools.sound import diffusion

EXTRA = "transformers"


def _prepare(pipe: Any) -> None:  # noqa: ANN401 - diffusers has no types
    """Give the pipeline the text's vector, as it expects it: transformers 5 wraps that into an object."""
    encoder = pipe.text_encoder
    wrapped = encoder.get_text_features

    def features(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - a tensor
        found = wrapped(*args, **more)
        return getattr(found, "pooler_output", found)

    encoder.get_text_features = features


KIND = diffusion.Kind(
    name="musicldm",
    pipeline="MusicLDMPipeline",
    weights="ucsd-reach/musicldm",
    licence="weights CC-BY-NC-SA 4.0",
    commercial=False,
    length="audio_length_in_s",
    rate=lambda pipe: int(pipe.vocoder.config.sampling_rate),
    steps=200,
    cfg=2.0,
    default_s=10.0,
    longest_s=30.0,
    honours={"text.negative": ""},
    texts=diffusion.with_negative,
    prepare=_prepare,
)


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had.
    """
    return diffusion.load(KIND, options)
