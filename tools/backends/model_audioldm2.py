"""AudioLDM 2 (Liu et al. 2024) behind the job protocol, through diffusers: ``segue serve-tools audioldm2``.

Text, and words for what is not wanted, to music or sound at 16 kHz.
"""

from segue.tools.core.models import Model, Options
from segue.tools.core.settings import Settings
from segue.tools.sound import diffusion

EXTRA = "transformers"
KIND = diffusion.Kind(
    name="audioldm2",
    pipeline="AudioLDM2Pipeline",
    weights="cvssp/audioldm2-music",
    licence="weights CC-BY-NC-SA 4.0",
    commercial=False,
    length="audio_length_in_s",
    rate=lambda pipe: int(pipe.vocoder.config.sampling_rate),
    steps=200,
    cfg=3.5,
    default_s=10.0,
    longest_s=30.0,
    tokenizers=("tokenizer_2",),
    honours={"text.negative": ""},
    texts=diffusion.with_negative,
)


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had.
    """
    return diffusion.load(KIND, options)
