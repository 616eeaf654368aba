"""Other pieces made to fit before they are joined or mixed: tempo, key, loudness, and where the beats fall.

DJs call it beat matching: the tempo that needs least stretching counts (a half or double is the same beat), keys are
reached by the shortest way, and a cross-fade begins on a bar line of the one and ends with a bar line of the other under it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.theory import key_distance_semitones, parse_key
from segue.tools.music.exact import Material, Say
from segue.tools.music.exact_sound import Desk, Done, recording, stretched
from segue.tools.sound import dynamics, splice
from segue.tools.sound.loudness import with_gain

_MOST = 1.35  # how much faster or slower a recording may be made to match
_FAR = 3  # semitones beyond which a match is remarked on
_QUIET_LUFS = -60.0


@dataclass(frozen=True)
class Heard:
    """What matching must know of a piece: quarter notes a minute, key, bar lines and beats in seconds."""

    bpm: float | None
    key: str | None
    lines_s: Sequence[float]
    beats_s: Sequence[float]


def matched(
    material: Material, own: Heard, target: Heard, match: Sequence[str], title: str, desk: Desk
) -> tuple[Material, Heard, dict[str, Any]]:
    """Return a material brought to another's tempo and key, what is then heard of it, and what was done."""
    ratio, semitones, there = way(own, target, match, title, desk.say)
    if ratio == 1.0 and semitones == 0:
        return material, own, {}
    made = stretched(material, ratio, float(semitones), desk).material
    return made, there, {"ratio": round(ratio, 6), "semitones": semitones}


def way(own: Heard, target: Heard, match: Sequence[str], title: str, say: Say) -> tuple[float, int, Heard]:
    """Return by what ratio and how many semitones a sound comes to another's tempo and key, and what is then heard of it."""
    ratio = _ratio(own, target, title, say) if "tempo" in match else 1.0
    semitones = _semitones(own, target, title, say) if "key" in match else 0
    key = parse_key(own.key).transposed(semitones) if own.key and semitones else own.key
    there = Heard(
        own.bpm * ratio if own.bpm else None,
        str(key) if key else None,
        [second / ratio for second in own.lines_s],
        [second / ratio for second in own.beats_s],
    )
    return float(ratio), semitones, there


def _ratio(own: Heard, target: Heard, title: str, say: Say) -> float:
    if own.bpm is None or target.bpm is None:
        say(f"The tempo of '{title}' was left as it is: no beat is heard clearly enough in one of the two.")
        return 1.0
    ratio = min((target.bpm / own.bpm * octave for octave in (0.5, 1.0, 2.0)), key=lambda r: abs(np.log2(r)))
    if not 1 / _MOST <= ratio <= _MOST:
        say(f"'{title}' ({own.bpm:.0f} bpm) is too far from {target.bpm:.0f} bpm to be matched; its tempo was left.")
        return 1.0
    say(f"'{title}' was brought from {own.bpm:.1f} to {own.bpm * ratio:.1f} bpm.")
    return float(ratio)


def _semitones(own: Heard, target: Heard, title: str, say: Say) -> int:
    if own.key is None or target.key is None:
        say(f"The key of '{title}' was left as it is: no key is heard clearly enough in one of the two.")
        return 0
    ours, theirs = parse_key(own.key), parse_key(target.key)
    # A major and its relative minor share their notes: to the relative is no way at all.
    goal = theirs if ours.is_minor == theirs.is_minor else theirs.transposed(-3 if ours.is_minor else 3)
    tonic = (goal.tonic - ours.tonic + 6) % 12 - 6
    semitones = key_distance_semitones(ours, theirs) if ours.is_minor == theirs.is_minor else tonic
    if semitones:
        far = " (far enough to be heard on voices)" if abs(semitones) > _FAR else ""
        say(f"'{title}' was moved by {semitones:+d} semitones, from {own.key} towards {target.key}{far}.")
    return int(semitones)


def keys_clash(first: Heard, second: Heard) -> bool:
    """Tell whether two keys share fewer than six notes: further than one step round the circle of fifths."""
    if first.key is None or second.key is None:
        return False
    a, b = (parse_key(key) for key in (first.key, second.key))
    tonics = [key.tonic + 3 if key.is_minor else key.tonic for key in (a, b)]  # of the major with the same notes
    return min((7 * (tonics[0] - tonics[1])) % 12, (7 * (tonics[1] - tonics[0])) % 12) > 1


def say_clashes(first: Heard, others: Sequence[tuple[str, Heard]], say: Say) -> None:
    """Say which of the others, (title, what is heard), will rub with the first."""
    for title, heard in others:
        if keys_clash(first, heard):
            say(f"'{title}' is in {heard.key} and this in {first.key}: the two will rub.")


def evened(material: Material, lufs: float | None, title: str, desk: Desk) -> tuple[Material, float]:
    """Return a material at a loudness by a constant gain, as far as nothing clips, and the gain in dB."""
    gain = gain_to(lufs, dynamics.loudness_lufs(material.wave), title, desk.say)
    if gain == 0:
        return material, 0.0
    wave = with_gain(material.wave, gain)
    stems = {name: with_gain(stem, gain) for name, stem in material.stems.items()}
    return Material(wave, stems, material.score, material.mix), round(gain, 2)


def gain_to(lufs: float | None, now: float | None, title: str, say: Say) -> float:
    """Return the gain, dB, that brings a sound to another's loudness; none, said aloud, where one cannot be measured."""
    if lufs is None or now is None or min(lufs, now) < _QUIET_LUFS:
        say(f"The level of '{title}' was left as it is: its loudness cannot be measured.")
        return 0.0
    return lufs - now


def on_the_beat(first: Heard, second: Heard, frames: int, rate: int, crossfade_s: float) -> tuple[int, int, bool]:
    """Return where a cross-fade begins in the first, where in the second, in frames, and whether beats were met.

    The last bar line (or beat) of the first that leaves room for the fade meets the first one of the second.
    """
    latest = frames / rate - crossfade_s
    for ours, theirs in ((first.lines_s, second.lines_s), (first.beats_s, second.beats_s)):
        before = [at for at in ours if 0 < at <= latest + 1e-6]
        if before and theirs:
            return round(before[-1] * rate), round(max(0.0, theirs[0]) * rate), True
    return max(0, round(latest * rate)), 0, False


def crossfaded(
    material: Material, other: Material, first: Heard, second: Heard, crossfade_s: float, desk: Desk
) -> tuple[Done, Heard]:
    """Join two sounds of one rate and channel count with an equal-power cross-fade; return it and what is heard of it.

    Raises
    ------
    InvalidArgument : the cross-fade is longer than one of them.
    """
    rate = material.sample_rate
    at = meeting(first, second, (material.frames, other.frames), rate, crossfade_s, desk.say)
    count = at.count
    rise = np.sin(np.pi / 2 * (np.arange(count, dtype=np.float32) + 0.5) / max(count, 1))
    a, b = material.wave.samples, other.wave.samples[:, at.in_at :]
    overlap = a[:, at.out_at : at.out_at + count] * rise[::-1] + b[:, :count] * rise
    made = recording(Waveform(np.concatenate([a[:, : at.out_at], overlap, b[:, count:]], axis=1), rate), desk)
    return Done(made, "cross-faded", at.measured), at.heard


@dataclass(frozen=True)
class Meeting:
    """Where a cross-fade leaves the one sound and enters the other, and over how many frames; what is heard of the result."""

    out_at: int
    in_at: int
    count: int
    heard: Heard
    measured: dict[str, Any]


def meeting(
    first: Heard, second: Heard, frames: tuple[int, int], rate: int, crossfade_s: float, say: Say
) -> Meeting:  # fmt: skip
    """Return where two sounds meet, on a beat where beats are heard in both.

    Raises
    ------
    InvalidArgument : the cross-fade is longer than one of them.
    """
    count = round(crossfade_s * rate)
    if count >= min(frames):
        raise InvalidArgument(
            f"A cross-fade of {crossfade_s:g} s is longer than one of the sounds.",
            f"Stay below {min(frames) / rate:.1f} s.",
        )
    out_at, in_at, on_beat = on_the_beat(first, second, frames[0], rate, crossfade_s)
    in_at = in_at if frames[1] - in_at > count else 0
    if not on_beat:
        say("The cross-fade could not be put on a beat, because none is heard clearly in one of the two.")
    unheard = (frames[0] - out_at - count) / rate
    if unheard > 0.05 or in_at > 0.05 * rate:
        say(
            f"To meet on the beat, {unheard:.1f} s of the first's end and {in_at / rate:.1f} s before the other's beat are left out."
        )
    shift = (out_at - in_at) / rate
    moved = Heard(
        first.bpm,
        second.key,
        [*[s for s in first.lines_s if s * rate < out_at], *[s + shift for s in second.lines_s if s * rate >= in_at]],
        [*[s for s in first.beats_s if s * rate < out_at], *[s + shift for s in second.beats_s if s * rate >= in_at]],
    )
    measured = {"crossfade_s": crossfade_s, "at_s": round(out_at / rate, 3), "on_the_beat": on_beat}
    return Meeting(out_at, in_at, count, moved, measured)


def compared(material: Material, other: Material, turn_s: float, turns: int, desk: Desk) -> Done:
    """Play two versions in turns at one loudness, the softer of the two: an A/B by ear.

    Each turn goes on where the last one stopped, so that the same music is heard twice, once of each.
    """
    levels = [dynamics.loudness_lufs(one.wave) for one in (material, other)]
    if levels[0] is None or levels[1] is None:
        raise InvalidArgument(
            "One of the two is silent or too short to be levelled.", "Compare at least 0.4 s of sound."
        )
    level = min(levels[0], levels[1])
    sounds = [with_gain(one.wave, level - own) for one, own in zip((material, other), levels, strict=True) if own]
    rate, turn = material.sample_rate, round(turn_s * material.sample_rate)
    frames = min(sound.frames for sound in sounds)
    turn = min(turn, frames)
    pieces = []
    for number in range(turns):
        at = min((number // 2) * turn, frames - turn)
        span = sounds[number % 2].samples[:, at : at + turn].copy()
        span *= splice.fade_curve(turn, rate, min(0.02, turn_s / 4), min(0.02, turn_s / 4))
        pieces.append(span)
    made = recording(Waveform(np.concatenate(pieces, axis=1), rate), desk)
    gains = [round(level - own, 2) for own in levels if own is not None]
    desk.say(f"This version and the other in turns of {turn / rate:g} s, both at {level:.1f} LUFS.".replace("-", "−"))
    return Done(made, "in turns, equally loud", {"lufs": round(level, 2), "gains_db": gains, "turn_s": turn / rate})
