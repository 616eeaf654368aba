"""Rules 15, 16, 18, 19 and 20 as far as only the rendered sound tells. Sound is float32 ``[channels, frames]``."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.score import Score
from segue.tools.music.compose_request import Request
from segue.tools.music.mixdown_duck import ducks_of
from segue.tools.music.mixdown_spaces import room_response, space_of
from segue.tools.music.rules_harmony import lead_height
from segue.tools.music.rules_view import Finding, View, measured
from segue.tools.sound.loudness import gain_to_db, k_weighted_energy, lufs_of_energy, true_peak_db

Floats = npt.NDArray[np.float64]
_BASS_HZ = 120.0
_ROOM_HZ = 200.0
_SILENT = 1e-3  # −60 dBFS
_HOP = 512


def check_sound(
    score: Score, mix: Waveform, stems: Mapping[str, Waveform], request: Request | None = None
) -> list[Finding]:
    """Return what the measures that need sound found in a finished mix.

    Parameters
    ----------
    mix : the finished mix, stereo.
    stems : by part name; they tell which parts sound at all.
    request : what was asked for, where it is known: a loop has no end.
    """
    view = View(score)
    loop = request is not None and request.loop
    found = [
        *loudness(view, mix), lead_clear(view, stems), *stereo(mix), *tone(mix), *room(view), *ending(view, mix, loop),
    ]  # fmt: skip
    return sorted(found, key=lambda finding: finding.rule)


# -- how loud -------------------------------------------------------------------------------------------


def loudness(view: View, mix: Waveform) -> list[Finding]:
    """Rule 15: how many LU choruses are over verses; where the loudest five seconds lie."""
    energy = k_weighted_energy(mix.samples, mix.sample_rate, _HOP)
    verses, choruses = view.sections_of("a"), view.sections_of("c")
    if not verses or not choruses:
        gap = measured("chorus_loudness", None, "no verse and chorus")
    else:
        quiet, loud = (_lufs(view, mix, energy, bars) for bars in (verses, choruses))
        gap = measured("chorus_loudness", loud - quiet, f"LU: choruses {loud:.1f}, verses {quiet:.1f} LUFS")
    window = round(5.0 * mix.sample_rate / _HOP)
    if view.score.bars < 16 or len(energy) < 4 * window:
        return [gap, measured("loudest_place", None, "too short for a peak")]
    total = np.concatenate([[0.0], np.cumsum(energy)])
    place = (int(np.argmax(total[window:] - total[:-window])) + window / 2) / len(energy)
    return [gap, measured("loudest_place", place, "the middle of the loudest five seconds, as a share of the piece")]


def _lufs(view: View, mix: Waveform, energy: Floats, spans: Sequence[range]) -> float:
    """Return the gated loudness of some stretches of bars together."""
    clock = view.score.clock()
    pieces = []
    for bars in spans:
        start, end = (clock.seconds(bar * view.bar) * mix.sample_rate / _HOP for bar in (bars.start, bars.stop))
        pieces.append(energy[int(start) : int(end)])
    return lufs_of_energy(np.concatenate(pieces), mix.sample_rate, _HOP)


def lead_clear(view: View, stems: Mapping[str, Waveform]) -> Finding:
    """Rule 16: the lead lies high enough, or every comping part that collides with it ducks (1) or not (0)."""
    height = lead_height(view)[0]
    if height.value is None:
        return measured("lead_clear", None, height.why)
    if height.met:
        return measured("lead_clear", 1.0, f"the lead lies {height.value:g} semitones over the comping")
    ducking = set(ducks_of(view.score, space_of(view.score.genre))["under_s"])
    comping = {p.name for p in view.role("chords") if p is not view.lead_part and p.name in stems}
    return measured(
        "lead_clear", float(bool(comping & ducking)), "comping that collides with the lead is ducked by 3 dB"
    )


# -- how wide, how bright ---------------------------------------------------------------------------------


def _power(samples: Samples, sample_rate: int) -> tuple[Floats, Floats]:
    """Return frequencies and mean power spectrum ``[channels, bins]`` in blocks of 8,192 frames."""
    size = 8192
    window = np.hanning(size)
    total = np.zeros((len(samples), size // 2 + 1))
    for start in range(0, max(1, samples.shape[1] - size), size):
        block = samples[:, start : start + size]
        if block.shape[1] == size:
            total += np.abs(np.fft.rfft(block * window, axis=1)) ** 2
    return np.asarray(np.fft.rfftfreq(size, 1.0 / sample_rate), dtype=np.float64), total


def stereo(mix: Waveform) -> list[Finding]:
    """Rule 18: side against mid below 120 Hz in dB, left against right in dB, correlation of the channels."""
    names = ("bass_side", "balance_db", "correlation")
    if mix.channels != 2 or not mix.samples.any():
        return [measured(name, None, "not stereo, or silent") for name in names]
    left, right = mix.samples
    both = np.stack([(left + right) / 2, (left - right) / 2])
    hertz, power = _power(both, mix.sample_rate)
    low = hertz < _BASS_HZ
    mid, side = power[0, low].sum(), power[1, low].sum()
    bass = 10.0 * np.log10(max(side, 1e-12) / max(mid, 1e-12))
    levels = [float(np.sqrt(np.mean(np.square(channel, dtype=np.float64)))) for channel in (left, right)]
    cross = float(np.mean(left * right, dtype=np.float64)) / max(levels[0] * levels[1], 1e-12)
    return [
        measured(names[0], float(bass), "dB of the side signal against the middle below 120 Hz"),
        measured(names[1], abs(gain_to_db(levels[0]) - gain_to_db(levels[1])), "dB between left and right"),
        measured(names[2], cross, "correlation of left and right"),
    ]


def tone(mix: Waveform) -> list[Finding]:
    """Rule 19: third octaves of 200–400 Hz over the line through the others in dB; crest factor in dB."""
    if not mix.samples.any():
        return [measured(name, None, "silent") for name in ("low_mids_db", "crest_db")]
    hertz, power = _power(mix.samples, mix.sample_rate)
    whole = power.sum(axis=0)
    centres = 50.0 * 2.0 ** (np.arange(24) / 3.0)
    levels = [whole[(hertz >= c / 2 ** (1 / 6)) & (hertz < c * 2 ** (1 / 6))].sum() for c in centres]
    decibels = 10.0 * np.log10(np.maximum(levels, 1e-12))
    octaves = np.log2(centres)
    inside = (centres >= 200.0) & (centres <= 400.0)
    slope, base = np.polyfit(octaves[~inside], decibels[~inside], 1)
    excess = float(np.mean(decibels[inside] - (slope * octaves[inside] + base)))
    loud = np.abs(mix.samples).max(axis=0) > _SILENT
    rms = float(np.sqrt(np.mean(np.square(mix.samples[:, loud], dtype=np.float64))))
    return [
        measured("low_mids_db", excess, f"dB of 200–400 Hz over a tilt of {slope:.1f} dB an octave"),
        measured("crest_db", true_peak_db(mix) - gain_to_db(rms), "true peak over the level of what sounds"),
    ]


def room(view: View) -> list[Finding]:
    """Rule 19 on the room of the piece's genre: low end in dB, pre-delay in ms, time to −60 dB in s."""
    space, rate = space_of(view.score.genre), 44_100
    response = np.asarray(room_response(rate, space.room_s, space.pre_delay_s), dtype=np.float64)
    power = np.abs(np.fft.rfft(response, axis=1)) ** 2
    hertz = np.fft.rfftfreq(response.shape[1], 1.0 / rate)
    low = power[:, hertz < _ROOM_HZ / 2].mean() / power[:, (hertz > 2 * _ROOM_HZ) & (hertz < 1500)].mean()
    first = int(np.argmax(np.abs(response).max(axis=0) > 1e-4 * np.abs(response).max()))
    decay = np.cumsum(np.square(response).sum(axis=0)[::-1])[::-1]
    slope = np.flatnonzero(decay / decay[0] < 10**-2.5)[0] - np.flatnonzero(decay / decay[0] < 10**-0.5)[0]
    return [
        measured("room_low_db", float(10 * np.log10(low)), "power of the room an octave below 200 Hz against above"),
        measured("pre_delay_ms", 1000.0 * first / rate, "the room begins so many ms after the sound"),
        measured("room_s", 3.0 * float(slope) / rate, "reverberation time, from −5 to −25 dB"),
    ]


# -- the end ------------------------------------------------------------------------------------------------


def ending(view: View, mix: Waveform, loop: bool) -> list[Finding]:
    """Rule 20: seconds from the last onset until the sound stays under −60 dBFS; level of the last 10 ms."""
    notes = [n for p in view.score.parts for n in p.notes]
    if loop or not notes or not mix.samples.any():
        why = "a loop" if loop else "no sound"
        return [measured("ring_s", None, why), measured("cut_off_db", None, why)]
    clock = view.score.clock()
    last = max(clock.seconds(n.start) + n.shift_s for n in notes)
    heard = np.flatnonzero(np.abs(mix.samples).max(axis=0) > _SILENT)
    end = mix.samples[:, -round(0.01 * mix.sample_rate) :]
    return [
        measured("ring_s", (int(heard[-1]) + 1) / mix.sample_rate - last, "seconds from the last onset to −60 dBFS"),
        measured("cut_off_db", gain_to_db(float(np.abs(end).max())), "dBFS, the peak of the last 10 ms"),
    ]
