"""MusicGen (Copet et al. 2023) behind the job protocol: ``segue serve-tools musicgen``.

Text to music at 32 kHz, mono or stereo; with the melody weights led by a recording, a score's tune or
chords; continuation; longer than the 30 s window by windows that move on by 18 s. ``--weights`` takes
small, medium, large, melody, melody-large, stereo-small …, style (Rouard et al. 2024) or a folder. The style
weights take after a recording without following it; they want audiocraft 1.4.0a2, which PyPI does not have.
"""

from collections.abc import Mapping

from segue.tools.core.audio import Waveform
from segue.tools.core.jobs import Honoured, JobRequest, ModelInfo
from segue.tools.core.models import Batching, Model, Options, Row
from segue.tools.core.settings import Settings
from segue.tools.music.conditions import MELODY_HONOURS, SIZES, guide_of
from segue.tools.sound import audiocraft, craft_style, craft_tokens
from segue.tools.sound.torch_rows import free_memory

EXTRA = "audiocraft"


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had, or this audiocraft has no style.
    """
    if (options.weights or "").endswith("style"):
        audiocraft.library_class("StyleConditioner", "audiocraft.modules.conditioners")
    named = f"facebook/musicgen-{options.weights}" if options.weights in (*SIZES, "style") else options.weights
    craft = audiocraft.load("MusicGen", named, "facebook/musicgen-melody", options.device)
    style = craft_style.Style(craft) if craft.style is not None else None
    leads = craft.hears("self_wav") and style is None

    def guide(row: Row, seconds: float) -> Waveform | None:
        found = guide_of(row, seconds, craft.sample_rate)
        return found and found.with_channels(craft.channels)

    def judge(request: JobRequest) -> Mapping[str, Honoured]:
        return {**tokens.judge(request), **(style.judge(request) if style else {})}

    heard = style.excerpt if style else guide if leads else None
    tokens = craft_tokens.TokenModel(craft, 18.0, heard, style.settings if style else None)
    info = ModelInfo(
        name="musicgen",
        tasks=["generate", "continue"],
        licence=audiocraft.LICENCE,
        commercial=False,
        revision=craft.name,
        honours=craft_tokens.HONOURS | (MELODY_HONOURS if leads else craft_style.HONOURS if style else {}),
    )
    batching = Batching(options.batch or 8, tokens.run, tokens.key, free=free_memory)
    return Model(info, batching=batching, judge=judge)
