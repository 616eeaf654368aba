"""Licences of weights by the names of models: for servers that say which model they serve, and not under which licence.

From each model's own card, as read in November 2026. What is not in the table is unknown, and said to be.
"""

import re
from typing import NamedTuple


class Licence(NamedTuple):
    """A licence as users need to know it, and whether it allows commercial use; None: not known here."""

    name: str
    commercial: bool | None


# The first that is found in the name decides.
_KNOWN: tuple[tuple[str, Licence], ...] = (
    (r"music-?flamingo|audio-?flamingo", Licence("NVIDIA non-commercial weights", False)),
    (r"musicgen|magnet-|audiogen|jasco", Licence("CC-BY-NC-4.0 weights", False)),
    (r"muq-?mulan|yue2|ttmr|lp-?musiccaps", Licence("CC-BY-NC-4.0 weights", False)),
    (r"audioldm|musicldm", Licence("CC-BY-NC-SA-4.0 weights", False)),
    (r"qwen2\.5-omni-3b", Licence("Qwen research licence, non-commercial", False)),
    (r"qwen[23](\.5)?-(audio|omni|\d)|qwen3-", Licence("Apache-2.0 weights", True)),
    (r"voxtral|mupt", Licence("Apache-2.0 weights", True)),
    (r"whisper", Licence("MIT weights", True)),
    (r"chatmusician|ace-?step|clamp-?3|beat-?this", Licence("MIT weights", True)),
)


def licence_of(model: str) -> Licence:
    """Return the licence of a model's weights by its name ("openai/whisper-large-v3")."""
    name = model.lower().replace("_", "-")
    return next((known for pattern, known in _KNOWN if re.search(pattern, name)), Licence("licence not known here", None))  # fmt: skip
