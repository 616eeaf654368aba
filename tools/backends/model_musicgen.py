"""MusicGen (Copet et al. 2023) behind the job protocol: ``segue serve-tools musicgen``.

Text to music at 32 kHz, mono or stereo; with the melody weights led by a recording, a score's tune or
chords; continuation; longer than the 30 s window by windows that move on by 18 s. ``--weights`` takes
small, medium, large, melody, melody-large, stereo-small … or a folder.
"""

from segue.tools.core.audio import Waveform
from segue.tools.core.jobs import ModelInfo
from segue.tools.core.models import Batching, Model, Options, Row
from segue.tools.core.settings import Settings
from segue.tools.music.conditions import MELODY_HONOURS, SIZES, guide_of
from segue.tools.sound import audiocraft, craft_tokens
from segue.tools.sound.torch_rows import free_memory

EXTRA = "audiocraft"


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had.
    """
    named = f"facebook/musicgen-{options.weights}" if options.weights in SIZES else options.weights
    craft = audiocraft.load("MusicGen", named, "facebook/musicgen-melody", options.device)
    leads = craft.hears("self_wav")

    def guide(row: Row, seconds: float) -> Waveform | None:
        found = guide_of(row, seconds, craft.sample_rate)
        return found and found.with_channels(craft.channels)

    tokens = craft_tokens.TokenModel(craft, 18.0, guide if leads else None)
    info = ModelInfo(
        name="musicgen",
        tasks=["generate", "continue"],
        licence=audiocraft.LICENCE,
        commercial=False,
        revision=craft.name,
        honours=craft_tokens.HONOURS | (MELODY_HONOURS if leads else {}),
    )
    batching = Batching(options.batch or 8, tokens.run, tokens.key, free=free_memory)
    return Model(info, batching=batching, judge=tokens.judge)
