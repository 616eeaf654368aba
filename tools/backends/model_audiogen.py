"""AudioGen (Kreuk et al. 2023) behind the job protocol: ``segue serve-tools audiogen``.

Text to sound (effects, ambience) at 16 kHz; longer than the 10 s window by windows that move on by 2 s.
"""

from segue.tools.core.jobs import ModelInfo
from segue.tools.core.models import Batching, Model, Options
from segue.tools.core.settings import Settings
from segue.tools.sound import audiocraft, craft_tokens
from segue.tools.sound.torch_rows import free_memory


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had.
    """
    named = "facebook/audiogen-medium" if options.weights == "medium" else options.weights
    craft = audiocraft.load("AudioGen", named, "facebook/audiogen-medium", options.device)
    tokens = craft_tokens.TokenModel(craft, 2.0)
    info = ModelInfo(
        name="audiogen",
        tasks=["generate", "continue"],
        licence=audiocraft.LICENCE,
        commercial=False,
        revision=craft.name,
        honours=craft_tokens.HONOURS,
    )
    batching = Batching(options.batch or 8, tokens.run, tokens.key, free=free_memory)
    return Model(info, batching=batching, judge=tokens.judge)
