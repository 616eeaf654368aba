"""Stable Audio Open (Evans et al. 2024) behind the job protocol, through diffusers: ``segue serve-tools stableaudio``.

Text, and words for what is not wanted, to as much as 47 s of stereo at 44.1 kHz. The weights are under the
Stability AI community licence: free for commercial use below a yearly revenue that it names, so not
counted as such here.
"""

from segue.tools.core.models import Model, Options
from segue.tools.core.settings import Settings
from segue.tools.sound import diffusion

EXTRA = "transformers"
KIND = diffusion.Kind(
    name="stableaudio",
    pipeline="StableAudioPipeline",
    weights="stabilityai/stable-audio-open-1.0",
    licence="Stability AI community licence",
    commercial=False,
    length="audio_end_in_s",
    rate=lambda pipe: int(pipe.vae.config.sampling_rate),
    steps=100,
    cfg=7.0,
    default_s=10.0,
    longest_s=47.0,
    exact=True,
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
