"""CLaMP 3 (Wu et al. 2025) has its place here, and no model behind it: ``segue serve-tools clamp3`` says why.

Scores, MIDI, sound and words of a hundred languages in one space of 768 numbers. There is no package of it to install: its
code is a repository of scripts, and its weights are pickles. Whoever has wrapped it serves the wrapper by its module.
"""

from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.models import Model, Options
from segue.tools.core.settings import Settings

LICENCE = "MIT"


def load_model(settings: Settings, options: Options) -> Model:
    """Say what is missing.

    Raises
    ------
    BackendUnavailable : always.
    """
    raise BackendUnavailable(
        "CLaMP 3 has no package that could be installed, only a repository of scripts.",
        "Serve a module of your own with load_model (docs/serving.md): segue serve-tools your.module; "
        "for words and sound: segue serve-tools clap. segue doctor shows what answers.",
    )
