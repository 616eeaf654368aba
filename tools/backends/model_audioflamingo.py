"""Audio Flamingo 3 behind the job protocol, through transformers: ``segue serve-tools audioflamingo``.

Describes sound of any kind and answers questions about it: ``caption`` with ``audio.src`` and, for a question,
``text.prompt``.
"""

from segue.tools.core.models import Model, Options
from segue.tools.core.settings import Settings
from segue.tools.sound import flamingo

EXTRA = "transformers"


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had.
    """
    return flamingo.load("audioflamingo", "nvidia/audio-flamingo-3-hf", options)
