"""Operations on sound as such, with or without stems: levels, filters' stems, loops, effects, loudness.

Each takes plain values and returns ``Done``: the new material, how in words, and what was measured.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from segue.tools.core.audio import Waveform, quantised
from segue.tools.core.errors import CannotDo, InvalidArgument
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.music import exact, exact_join
from segue.tools.music.compose import Request, compose
from segue.tools.music.exact import Material, Progress, Say
from segue.tools.music.render import render
from segue.tools.sound import demucs, dynamics, separate, splice, stretch
from segue.tools.sound.dynamics import fitting_gain_db
from segue.tools.sound.loudness import db_to_gain, gain_to_db, true_peak_db, with_gain

_UNDER_LU = 7.0  # how far an accompaniment lies under the recording that it goes with
_NEAR_LU = 0.3  # a loudness so near is the one that was asked for
_STEP_LU = 6.0  # a step in loudness at a join that a listener would notice


@dataclass(frozen=True)
class Done:
    """What one operation made."""

    material: Material
    how: str
    measured: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Desk:
    """How an operation speaks to whoever asked for it: notes, progress, and a check that raises to stop."""

    say: Say
    check: Callable[[], None]
    progress: Progress


def recording(wave: Waveform, desk: Desk) -> Material:
    """Return a sound without stems or score, lowered where it would clip."""
    return Material(exact.unclipped(wave, desk.say))


def difference_s(before: Waveform, after: Waveform) -> list[float]:
    """Return the first and the last second at which two sounds of one length differ at all; empty where nowhere."""
    frames = np.flatnonzero((before.samples != after.samples).any(axis=0))
    return [round(float(frames[i]) / before.sample_rate, 3) for i in (0, -1)] if len(frames) else []


# -- stems of a recording, levels --------------------------------------------------------------


def removed(material: Material, names: Sequence[str], desk: Desk) -> Done:
    """Take stems out of a recording by filters."""
    taken, measured = extracted(material, names, desk, "what went out holds other instruments")
    return Done(_beside(taken.rest, taken.stem, desk), "mix minus stem", measured)


def isolated(material: Material, names: Sequence[str], desk: Desk) -> Done:
    """Keep stems of a recording by filters."""
    taken, measured = extracted(material, names, desk, "other instruments are left in it")
    return Done(_beside(taken.stem, taken.rest, desk), "stem by filters", measured)


def _beside(wave: Waveform, other: Waveform, desk: Desk) -> Material:
    """Return one half of a recording, lowered by what either half needs so as not to clip: both still sum to the whole."""
    gain = min(fitting_gain_db(wave), fitting_gain_db(other))
    if gain == 0:
        return Material(wave)
    desk.say(
        f"The whole was lowered by {exact.decibels(gain)}, as the stem and what is left beside it need so as not to clip: "
        "each lowered by that much, they still sum to the recording."
    )
    return Material(with_gain(wave, gain))


def stem_gained(material: Material, name: str, db: float, desk: Desk) -> Done:
    """Make a stem of a recording louder or softer by filters."""
    taken, measured = extracted(material, [name], desk, "what moved holds other instruments")
    samples = material.wave.samples + taken.stem.samples * np.float32(db_to_gain(db) - 1)
    made = recording(Waveform(samples, material.sample_rate), desk)
    return Done(made, "mix plus stem", {"gain_db": db, **measured})


def extracted(
    material: Material, names: Sequence[str], desk: Desk, fate: str
) -> tuple[separate.Extract, dict[str, Any]]:
    """Take stems out by Demucs where it is installed and knows them, else by filters; say what a preview lacks."""
    separator = demucs if demucs.separates(names) else separate
    taken = separator.extract(material.wave, names, check=desk.check, progress=desk.progress)
    measured: dict[str, Any] = {"stems": list(taken.names), "residual_db": taken.residual_db()}
    if taken.bleed_db is not None:
        measured |= {"preview": True, "bleed_db": taken.bleed_db}
        names = " and ".join(taken.names)
        bleed = f"{round(taken.bleed_db):+d}".replace("-", "−")
        desk.say(
            f"This is a preview of {names}, made by filters: {fate} at about {bleed} dB relative to it (estimated); "
            f"Demucs gives clean stems: {separate.DEMUCS}."
        )
    return taken, measured


def gained(material: Material, db: float, desk: Desk) -> Done:
    """Make everything louder or softer by one gain, as far as nothing clips."""
    room = dynamics.headroom_db(material.wave)
    if material.stems:
        room = min(
            dynamics.CEILING_DB - true_peak_db(material.wave), *map(dynamics.headroom_db, material.stems.values())
        )
    gain = min(db, max(0.0, room)) if db > 0 else db
    if gain < db:
        desk.say(
            f"Only {gain:+.1f} dB of the {db:+g} dB fit without clipping; ask for a loudness in LUFS to go further "
            "with a limiter."
        )
    mix = exact.with_curve(material.mix, _flat(material, gain))
    made = exact.changed(material, lambda sound: with_gain(sound, gain), desk.say, material.score, mix)
    return Done(made, "constant gain", {"gain_db": round(gain, 2)})


def at_loudness(material: Material, lufs: float, desk: Desk) -> Done:
    """Bring everything to an integrated loudness; true peaks stay at or below −1 dBTP."""
    if dynamics.loudness_lufs(material.wave) is None:
        raise CannotDo("This is silent, or too short for its loudness to be measured.", "Give at least 0.4 s of sound.")
    done = dynamics.to_loudness(material.wave, lufs, desk.check)
    measured = {"lufs_before": round(done.before, 2), "gain_db": round(done.gain_db, 2)}
    curve = _flat(material, done.gain_db)
    if done.curve is not None:
        curve = curve * done.curve
        measured["limited_db"] = round(gain_to_db(float(done.curve.min())), 1)
        depth = f"{-measured['limited_db']:.1f} dB"
        desk.say(f"Peaks were limited by up to {depth}, so that the true peak stays under −1 dBTP.")
    made = exact.shaped(material, curve, desk.say)
    after = dynamics.loudness_lufs(made.wave) or lufs
    measured |= {"lufs_after": round(after, 2), "true_peak_db": round(done.true_peak_db, 2)}
    return Done(made, "gain" if done.curve is None else "gain and limiter", measured)


def level_label(lufs: float, measured: Mapping[str, Any], say: Say) -> str:
    """Return how a piece brought to a loudness is called: by the one that it has; one that was not reached is said."""
    after = measured["lufs_after"]
    if abs(after - lufs) <= _NEAR_LU:
        return f"at {lufs:g} LUFS"
    say(f"It reaches {after:.1f} LUFS: more would flatten it.".replace("-", "−"))
    return f"at {after:.1f} LUFS"


def _flat(material: Material, db: float) -> dynamics.Curve:
    return np.full(material.frames, db_to_gain(db), np.float32)


# -- pitch and time ----------------------------------------------------------------------------


def stretched(material: Material, ratio: float, semitones: float, desk: Desk, formants: bool = True) -> Done:
    """Change tempo or pitch of sound; stems are changed one by one, drums are not transposed. The score goes."""
    measured = {"formants": "kept" if formants else "moved"} if semitones else {}
    if not material.stems:
        wave = stretch.change(material.wave, ratio, semitones, formants=formants, check=desk.check)
        how = "stretched, pitch kept" if semitones == 0 else "pitch shifted, length kept"
        return Done(recording(wave, desk), how, measured)
    drums = {part.name for part in material.score.parts if part.is_drum} if material.score else set()
    stems = {}
    for number, (name, stem) in enumerate(material.stems.items()):
        desk.progress(number, len(material.stems), "stretching")
        moved = 0.0 if name in drums else semitones
        done = stretch.change(stem, ratio, moved, formants=formants, check=desk.check)
        stems[name] = Waveform(quantised(done.samples), done.sample_rate)
    if material.score:
        desk.say("The sound of each part was shifted; that cannot be written as notes, so the score was let go.")
    return Done(exact.summed(stems, None, {}, desk.say), "stems stretched", measured)


# -- cuts and joins ----------------------------------------------------------------------------


def joined(materials: Sequence[Material], desk: Desk) -> Done:
    """Put materials of one rate and channel count behind one another."""
    wave, softened = splice.join([material.wave for material in materials])
    levels = [dynamics.loudness_lufs(material.wave) for material in materials]
    say_steps(levels, desk.say)
    made = exact_join.joined(materials, softened, desk.say) if _all_parts(materials, desk) else recording(wave, desk)
    seams = list(itertools.accumulate(material.wave.duration_s for material in materials))[:-1]
    return Done(
        made, "one behind the other",
        {"joins_s": [round(s, 4) for s in seams], "softened": softened, "softened_ms": splice.JOIN_S * 2000},
    )  # fmt: skip


def say_steps(levels: Sequence[float | None], say: Say) -> None:
    """Say where the loudness, LUFS, steps from one sound to the next by more than a listener lets pass."""
    for before, after in itertools.pairwise(levels):
        if before is not None and after is not None and abs(after - before) > _STEP_LU:
            word = "louder" if after > before else "softer"
            say(f"At the join it becomes {abs(after - before):.0f} LU {word}; ask for a loudness to even it out.")


def mixed(materials: Sequence[Material], gains_db: Sequence[float], desk: Desk) -> Done:
    """Lay materials of one rate and channel count over one another."""
    gains = list(gains_db) or [0.0] * len(materials)
    if _all_parts(materials, desk):
        made = exact_join.overlaid(materials, gains, desk.say)
    else:
        made = recording(splice.overlay([material.wave for material in materials], gains), desk)
    return Done(made, "summed", {"gains_db": gains})


def _all_parts(materials: Sequence[Material], desk: Desk) -> bool:
    with_parts = [bool(material.stems) for material in materials]
    if any(with_parts) and not all(with_parts):
        desk.say("One of them is a recording, so the result has no separate parts and no score.")
    return all(with_parts)


def faded(material: Material, in_s: float, out_s: float, desk: Desk) -> Done:
    """Fade in and out; not a sample outside the fades changes."""
    if in_s == 0 and out_s == 0:
        raise InvalidArgument("A fade of no length does nothing.", "Give in_s, out_s or both in seconds.")
    curve = splice.fade_curve(material.frames, material.sample_rate, in_s, out_s)
    made = exact.shaped(material, curve, desk.say, {"fade": [in_s, out_s]})
    return Done(made, "equal-power fade", {"in_s": in_s, "out_s": out_s})


def looped(material: Material, times: int, bar_lines: Callable[[], Sequence[float]], desk: Desk) -> Done:
    """Play it ``times`` times: in step with its bars where they are known."""
    if material.stems and material.score is not None:
        made = exact.repeated(material, times, desk.say)
        return Done(made, "each pass from the bar line behind the last", {"times": times})
    segments, how = splice.loop_segments(material.wave, times, bar_lines())
    made = exact.changed(material, lambda sound: splice.assemble(sound, segments), desk.say, None, {})
    blends = [1000 * segment.blend / material.sample_rate for segment in segments[1:]]
    return Done(made, how, {"times": times, "blend_ms": max(blends, default=0.0)})


def extended(material: Material, frames: int, bar_lines: Sequence[float], desk: Desk) -> Done:
    """Make sound last ``frames`` from its own material: alike places are joined, at bar lines where known."""
    lines, at_bars = list(bar_lines), len(bar_lines) >= 3
    if not at_bars:
        lines = [2.0 * k for k in range(int(material.wave.duration_s / 2))]
    segments, over = splice.extend_segments(material.wave, frames, lines)
    desk.say(
        "A recording can only be extended from its own material: alike places were joined "
        + ("at bar lines." if at_bars else "without knowing its bars, because no clear beat was heard.")
    )
    made = exact.changed(material, lambda sound: splice.assemble(sound, segments), desk.say, None, {})
    rate = material.sample_rate
    jumps = [[round(a.stop / rate, 2), round(b.start / rate, 2)] for a, b in itertools.pairwise(segments)]
    made = _faded_to(made, frames, desk) if over else made
    return Done(made, "its own bars repeated", {"jumps_s": jumps, "at_bar_lines": at_bars})


def shortened(material: Material, frames: int, desk: Desk) -> Done:
    """Cut to ``frames`` with a fade at the end: what "make it last" means where it is longer."""
    if frames == material.frames:
        return Done(material, "already that long")
    desk.say("That is shorter than it is, so it was cut there and faded out.")
    return Done(_faded_to(material, frames, desk), "cut and faded out")


def _faded_to(material: Material, frames: int, desk: Desk) -> Material:
    made = exact.cut(material, 0, max(1, frames), desk.say)
    return faded(made, 0.0, min(2.0, made.wave.duration_s / 4), desk).material


def accompanied(
    material: Material, heard: Score, start_s: float, instrument: str, settings: Settings, desk: Desk
) -> Done:
    """Lay a composed part under a recording.

    ``heard`` is what was heard of the recording, as a score without parts (``exact_score.heard_score``);
    its beat 0 lies at ``start_s``.
    """
    request = Request(accompany=heard, instruments=(instrument,), only=True)
    made = render(compose(request, desk.say), settings, progress=desk.progress).mix.resampled(material.sample_rate)
    start = round(start_s * material.sample_rate)
    part = np.zeros((material.wave.channels, material.frames), np.float32)
    sound = made.with_channels(material.wave.channels).samples[:, : material.frames - start]
    part[:, start : start + sound.shape[1]] = sound
    curve = splice.fade_curve(material.frames, material.sample_rate, 0, min(0.5, material.wave.duration_s / 8))
    wave = Waveform(part * curve, material.sample_rate)
    theirs, ours = dynamics.loudness_lufs(material.wave), dynamics.loudness_lufs(wave)
    gain = theirs - _UNDER_LU - ours if theirs is not None and ours is not None else -_UNDER_LU
    desk.say(
        f"The {instrument} was composed over the chords heard, {heard.key} at {heard.bpm:.1f} bpm, and laid under."
    )
    total = splice.overlay([material.wave, wave], [0.0, gain])
    measured = {"bpm": round(heard.bpm, 2), "key": heard.key, "gain_db": round(gain, 1), "start_s": round(start_s, 3)}
    return Done(recording(total, desk), "a part composed over the chords heard", measured)
