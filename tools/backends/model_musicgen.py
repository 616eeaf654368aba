"""MusicGen (Copet et al. 2023) behind the job protocol: ``segue serve-tools musicgen``.

Text to music at 32 kHz, mono or stereo; with the melody weights led by a recording, a score's tune or
chords; continuation; longer than the 30 s window by windows that move on by 18 s. ``--weights`` takes
small, medium, large, melody, melody-large, stereo-small … or a folder.
"""

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.jobs import ModelInfo
from segue.tools.core.models import Batching, Model, Options, Row
from segue.tools.core.settings import Settings
from segue.tools.music.conditions import guide_melody, score_wished
from segue.tools.sound import audiocraft, craft_tokens
from segue.tools.sound.delivery import read_blob
from segue.tools.sound.torch_rows import free_memory

EXTRA = "audiocraft"
_SIZES = (
    "small", "medium", "large", "melody", "melody-large",
    "stereo-small", "stereo-medium", "stereo-large", "stereo-melody", "stereo-melody-large",
)  # fmt: skip
_MELODY = {
    "audio.melody": "its chroma leads, repeated where it is shorter; rhythm and octave are free",
    "music.score": "its tune's chroma leads",
    "music.chords": "their roots lead, where there is no tune",
}


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had.
    """
    named = f"facebook/musicgen-{options.weights}" if options.weights in _SIZES else options.weights
    craft = audiocraft.load("MusicGen", named, "facebook/musicgen-melody", options.device)
    leads = craft.hears("self_wav")

    def guide(row: Row, seconds: float) -> Waveform | None:
        found = _guide(row, seconds, craft.sample_rate)
        return found and found.with_channels(craft.channels)

    tokens = craft_tokens.TokenModel(craft, 18.0, guide if leads else None)
    info = ModelInfo(
        name="musicgen",
        tasks=["generate", "continue"],
        licence=audiocraft.LICENCE,
        commercial=False,
        revision=craft.name,
        honours=craft_tokens.HONOURS | (_MELODY if leads else {}),
    )
    batching = Batching(options.batch or 8, tokens.run, tokens.key, free=free_memory)
    return Model(info, batching=batching, judge=tokens.judge)


def _guide(row: Row, seconds: float, rate: int) -> Waveform | None:
    """Return what leads a row, mono, of exactly so many seconds: the same shape whatever is given.

    Raises
    ------
    InvalidArgument : a score without tune and chords.
    """
    if row.request.audio.melody:
        found = read_blob(row.blobs[row.request.audio.melody]).resampled(rate).with_channels(1)
    elif score := score_wished(row.request):
        played = guide_melody(score, seconds, rate)
        if played is None:
            raise InvalidArgument("The score has neither a tune nor chords to lead by.", "Leave it out.")
        found = played
    else:
        return None
    frames = round(seconds * rate)
    samples = np.tile(found.samples, -(-frames // found.frames))[:, :frames]
    return Waveform(np.ascontiguousarray(samples), rate)
