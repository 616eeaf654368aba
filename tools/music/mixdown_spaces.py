"""What a genre's mix has: a room, echoes in time with the music, and what makes way for the kick.

Reverberation times, echoes and ducking are usual studio practice, by ear; pre-delays lie in 15–40 ms.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

_LEADS = ("lead", "melody", "arpeggio")


@dataclass(frozen=True, slots=True)
class Space:
    """The surroundings of a genre.

    Attributes
    ----------
    room_s : reverberation time to −60 dB; ``pre_delay_s`` before it.
    echo_beats, echo_db, feedback : an echo's distance in quarter notes (0: none), the level of the first one,
        and the factor from one to the next; for the roles in ``echoed``.
    pump_db : how far what sustains makes way for the kick; 0 where the genre does not do that.
    """

    room_s: float = 1.1
    pre_delay_s: float = 0.020
    echo_beats: float = 0.0
    echo_db: float = -15.0
    feedback: float = 0.35
    echoed: tuple[str, ...] = _LEADS
    pump_db: float = 0.0


# Words of a genre's name, the first that fits; more specific ones come first.
_SPACES: tuple[tuple[tuple[str, ...], Space], ...] = (
    (("synthwave", "retrowave", "vaporwave"), Space(1.7, 0.030, 0.5, -13.0, 0.4, pump_db=3.0)),
    (("ambient", "drone", "new age", "space"), Space(2.8, 0.035, 1.5, -11.0, 0.5, (*_LEADS, "counter"))),
    (("cinematic", "orchestral", "film", "epic", "trailer"), Space(2.4, 0.032)),
    (("classical", "choral", "baroque", "romantic"), Space(2.0, 0.028)),
    (("trance",), Space(1.9, 0.025, 0.75, -10.5, 0.42, pump_db=6.0)),
    (("future bass", "future_bass", "edm", "french", "big room"), Space(1.4, 0.022, 0.75, -15.0, pump_db=6.0)),
    (("deep house", "house"), Space(1.3, 0.020, 0.75, -15.0, pump_db=4.5)),
    (("techno",), Space(1.5, 0.022, 0.75, -13.0, 0.45, pump_db=4.0)),
    (("dubstep",), Space(1.2, 0.022, 0.75, -15.0, pump_db=3.0)),
    (("reggaeton", "dembow"), Space(0.9, 0.018, pump_db=2.0)),
    (("reggae", "dub", "ska"), Space(1.0, 0.024, 0.75, -11.0, 0.5, (*_LEADS, "counter"))),
    (("drum_and_bass", "drum and bass", "jungle", "dnb"), Space(1.3, 0.022, 0.75, -15.0, pump_db=2.0)),
    (("garage", "amapiano"), Space(1.0, 0.020, 0.75, -17.0, pump_db=2.5)),
    (("lo-fi", "lofi"), Space(0.9, 0.018, pump_db=2.0)),
    (("jazz", "bossa", "gospel", "ballad", "folk", "country"), Space(1.2, 0.018)),
    (("soul", "rnb", "r&b", "disco", "latin"), Space(1.2, 0.022)),
    (("hip", "trap", "drill", "funk", "punk", "metal"), Space(0.8, 0.016)),
    (("pop",), Space(1.1, 0.022, 0.5, -18.0, 0.3)),
)


def space_of(genre: str | None) -> Space:
    """Return the surroundings of a genre by the words in its name."""
    words = (genre or "").lower()
    return next((space for names, space in _SPACES if any(name in words for name in names)), Space())


@lru_cache(maxsize=4)
def room_response(sample_rate: int, seconds: float, pre_delay_s: float = 0.020) -> Any:  # noqa: ANN401 - lru_cache loses the type
    """Return a room's impulse response, float32 ``[2, taps]``, unit energy a channel.

    Exponentially decaying noise (Moorer 1979) in three bands, of which the high ones die sooner, after a
    pre-delay, high-passed at 200 Hz, with six early reflections. Left and right are independent.
    """
    from scipy.signal import butter, sosfilt

    random = np.random.default_rng(20)
    pre_delay, taps = int(pre_delay_s * sample_rate), int(seconds * sample_rate)
    time = np.arange(taps) / sample_rate
    body = np.zeros((2, taps), np.float32)
    for band, share in (((200, 1500), 1.0), ((1500, 5000), 0.75), ((5000, 12000), 0.45)):
        noise = random.standard_normal((2, taps)).astype(np.float32)
        noise = sosfilt(butter(2, band, "bandpass", fs=sample_rate, output="sos").astype(np.float32), noise)
        body += noise * np.exp(-6.91 * time / (seconds * share)).astype(np.float32)
    for delay in (0.0, 0.0047, 0.0089, 0.0131, 0.0192, 0.0271):
        for channel in range(2):
            at = int((delay + 0.0013 * channel * (delay > 0)) * sample_rate)
            if at < taps:
                body[channel, at] += np.float32(random.choice([-1, 1]) * 2.0 * np.exp(-delay * 40))
    # Noise builds up over the first milliseconds; a hard edge would sound like a second attack.
    body *= np.minimum(1.0, time / 0.004 + 0.2).astype(np.float32)
    end = max(1, taps // 8)
    body[:, -end:] *= np.cos(np.linspace(0, np.pi / 2, end, dtype=np.float32))
    out = np.concatenate([np.zeros((2, pre_delay), np.float32), body], axis=1)
    out = sosfilt(butter(2, 200.0, "highpass", fs=sample_rate, output="sos"), out)
    return (out / np.sqrt(np.square(out).sum(axis=1, keepdims=True))).astype(np.float32)


def echo_response(sample_rate: int, space: Space, bpm: float) -> Any:  # noqa: ANN401 - float32 [2, taps]
    """Return the echoes' impulse response: left and right in turn, each darker, 200 Hz to 6 kHz; None for none."""
    from scipy.signal import butter, sosfilt

    if not space.echo_beats:
        return None
    distance = round(min(1.2, space.echo_beats * 60.0 / bpm) * sample_rate)
    count = max(1, min(8, int(np.ceil(-46.0 / (20 * np.log10(space.feedback))))))
    out = np.zeros((2, distance * count + sample_rate // 20), np.float32)
    tone = np.zeros(sample_rate // 20, np.float32)
    tone[0] = 1.0
    sections = np.concatenate(
        [butter(1, 200, "highpass", fs=sample_rate, output="sos"), butter(1, 6000, fs=sample_rate, output="sos")]
    )
    level = 10 ** (space.echo_db / 20)
    for number in range(count):
        tone = sosfilt(sections, tone).astype(np.float32)
        at, near = distance * (number + 1), number % 2
        out[near, at : at + len(tone)] += np.float32(level) * tone
        out[1 - near, at : at + len(tone)] += np.float32(0.35 * level) * tone
        level *= space.feedback
    return out
