"""The drum sounds of a genre: its own bass drum, snare, hats and clap."""

from dataclasses import dataclass
from functools import lru_cache

from segue.tools.music.genres import Kick, find_genre, kicks


@dataclass(frozen=True, slots=True)
class Kit:
    """Numbers that a drum machine is set to.

    Attributes
    ----------
    kick : the bass drum.
    snare_hz, snare_tone, snare_s, snare_top_hz : the shell's pitch, its share, how long the snares rattle, how bright.
    hat_s, open_s : how long closed and open hats ring.
    clap_s : how long a clap rings.
    body : level of a synthesised bass drum under a sampled one; 0 for none.
    """

    kick: Kick
    snare_hz: float = 185.0
    snare_tone: float = 0.7
    snare_s: float = 0.19
    snare_top_hz: float = 12_000.0
    hat_s: float = 0.05
    open_s: float = 0.34
    clap_s: float = 0.16
    body: float = 0.16


# By the name of the genre's bass drum: what else differs from the usual kit.
_KITS: dict[str, dict[str, float]] = {
    "house": {"snare_s": 0.16, "hat_s": 0.045, "open_s": 0.28, "clap_s": 0.2},
    "techno": {"snare_hz": 200, "snare_tone": 0.4, "snare_s": 0.14, "hat_s": 0.035, "open_s": 0.22, "clap_s": 0.12},
    "trance": {
        "snare_hz": 195,
        "snare_tone": 0.5,
        "snare_s": 0.26,
        "snare_top_hz": 14_000,
        "open_s": 0.3,
        "clap_s": 0.24,
    },
    "break": {"snare_hz": 220, "snare_tone": 0.8, "snare_s": 0.15, "snare_top_hz": 14_000, "hat_s": 0.04},
    "dubstep": {"snare_hz": 205, "snare_tone": 0.9, "snare_s": 0.3, "snare_top_hz": 14_000},
    "808 short": {"snare_hz": 178, "snare_tone": 0.5, "snare_s": 0.15, "hat_s": 0.032, "clap_s": 0.18},
    "drill": {"snare_hz": 215, "snare_tone": 0.5, "snare_s": 0.13, "hat_s": 0.032, "clap_s": 0.14},
    "rnb": {"snare_hz": 180, "snare_s": 0.17, "hat_s": 0.04, "clap_s": 0.2},
    "garage": {"snare_hz": 235, "snare_tone": 0.5, "snare_s": 0.11, "hat_s": 0.04, "open_s": 0.2},
    "dembow": {"snare_hz": 245, "snare_tone": 1.0, "snare_s": 0.12, "snare_top_hz": 10_000},
    "afro": {"snare_hz": 240, "snare_tone": 0.9, "snare_s": 0.1, "hat_s": 0.04},
    "amapiano": {"snare_hz": 230, "snare_tone": 0.6, "snare_s": 0.1, "hat_s": 0.04, "open_s": 0.24},
    "eighties": {"snare_hz": 172, "snare_tone": 0.8, "snare_s": 0.34, "snare_top_hz": 10_000, "clap_s": 0.26},
    "jazz": {"body": 0.0},
    "concert": {"body": 0.0},
}


@lru_cache(maxsize=64)
def kit_of(genre: str | None) -> Kit:
    """Return the drum sounds of a genre; of an unknown one, a 909's bass drum with usual drums."""
    found = find_genre(genre) if genre else None
    name = found.kick if found else "909"
    return Kit(kicks()[name], **_KITS.get(name, {}))
