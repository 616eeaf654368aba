"""From events to one part's sound: strokes that are alike are computed once and laid where they are struck.

A part of 900 notes has some 150 different strokes. What differs inaudibly (a length by 3%, a velocity by
4 of 127) is one stroke; velocity is made up for by gain. Every stroke starts on its own frame.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from segue.tools.core.audio import Samples

DARKEST_CENTS = -3600.0  # how far the softest stroke's low-pass lies under the strongest one's
_LAYER = 8  # velocities to a layer
_CHOKE_FRAMES = 256  # how long what is choked takes to fade
# General MIDI keys of which a new one ends the one that rings: hi-hats, whistles, guiros, cuicas, triangles.
_CHOKES = {42: 1, 44: 1, 46: 1, 71: 2, 72: 2, 73: 3, 74: 3, 78: 4, 79: 4, 80: 5, 81: 5}


@dataclass(frozen=True, slots=True)
class Event:
    """One note as it is played: ``on`` and ``off`` in frames, MIDI ``pitch`` and ``velocity``.

    ``slot`` counts sixteenths of the piece: repeated notes in neighbouring slots are given different takes.
    """

    on: int
    off: int
    pitch: int
    velocity: int
    slot: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Stroke:
    """What makes a note's sound: MIDI ``pitch`` and ``velocity``, ``held`` frames, ``cents`` off, which ``take``."""

    pitch: int
    velocity: int
    held: int
    cents: float = 0.0
    take: int = 0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a part plays.

    Attributes
    ----------
    takes : how many different strokes repeated notes go round through.
    cents : by how much neighbouring takes are detuned.
    double_cents : 0, or how far two players, left and right, are tuned apart.
    power : amplitude goes with velocity to this power.
    """

    takes: int = 1
    cents: float = 0.0
    double_cents: float = 0.0
    power: float = 2.0


PLAIN = Manner()


def strike(
    events: Sequence[Event],
    frames: int,
    sound: Callable[[Stroke], Samples],
    manner: Manner,
    *,
    is_drum: bool,
    check: Callable[[], None],
) -> Samples:
    """Return one part dry, float32 ``[2, frames]``; ``sound`` gives a stroke as float32 ``[2, any]``.

    ``sound``'s result is used before the next call.

    A sample is the sum of what sounds there in the order of strokes, so it never depends on other notes.
    """
    out = np.zeros((2, frames), np.float32)
    scratch = np.empty((2, 0), np.float32)
    used = out[:1]  # the left channel alone, as long as nothing differs to the right
    for stroke, places in sorted(_places(events, frames, manner, is_drum).items()):
        check()
        wave = _doubled(stroke, sound, manner.double_cents) if manner.double_cents else sound(stroke)
        if len(used) == 1 and not np.array_equal(wave[0], wave[1]):
            out[1] = out[0]
            used = out
        wave = wave[: len(used)]
        for on, gain, stop in places:
            size = min(wave.shape[1], stop - on)
            if scratch.shape[1] < size:
                scratch = np.empty((2, 2 * size), np.float32)
            piece = np.multiply(wave[:, :size], np.float32(gain), out=scratch[: len(wave), :size])
            if size < wave.shape[1] and stop < frames:
                fade = min(size, _CHOKE_FRAMES)
                piece[:, size - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
            used[:, on : on + size] += piece
    if len(used) == 1:
        out[1] = out[0]
    return out


def _places(
    events: Sequence[Event], frames: int, manner: Manner, is_drum: bool
) -> dict[Stroke, list[tuple[int, float, int]]]:
    """Return, by stroke, where it begins, its gain, and where it must have ended."""
    out: dict[Stroke, list[tuple[int, float, int]]] = {}
    following: dict[int, int] = {}
    for event in sorted(events, key=lambda e: (-e.on, e.pitch)):
        if event.on >= frames:
            continue
        group = _CHOKES.get(event.pitch, 0) if is_drum else 0
        stop = following.get(group, frames) if group else frames
        if group:
            following[group] = event.on
        if stop <= event.on:
            continue
        velocity = min(127, event.velocity // _LAYER * _LAYER + _LAYER // 2)
        take = event.slot % manner.takes
        cents = (take - (manner.takes - 1) / 2) * manner.cents
        stroke = Stroke(event.pitch, velocity, _rounded(event.off - event.on), cents, take)
        out.setdefault(stroke, []).append((event.on, (event.velocity / velocity) ** manner.power, stop))
    return {stroke: places[::-1] for stroke, places in out.items()}


def _rounded(held: int) -> int:
    """Return a length on a grid of about a 32nd of itself, between 64 frames and 1024."""
    step = 1 << min(10, max(6, math.floor(math.log2(max(held, 1) / 16))))
    return max(step, (held + step // 2) // step * step)


def _doubled(stroke: Stroke, sound: Callable[[Stroke], Samples], cents: float) -> Samples:
    """Two players, one to the left a little low, one to the right a little high: as wide as a section."""
    low, high = (
        sound(Stroke(stroke.pitch, stroke.velocity, stroke.held, stroke.cents + side, stroke.take)).mean(axis=0)
        for side in (-cents / 2, cents / 2)
    )
    out = np.zeros((2, max(len(low), len(high))), np.float32)
    out[0, : len(low)] = low
    out[1, : len(high)] = high
    return out
