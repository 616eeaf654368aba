"""Effects by words: sixty descriptions, and whether what was measured moved the way and as far as the words say.

Each is done to the same sounds (a composed mix and real recordings, for tone and dynamics; a burst of noise in silence, for rooms and
echoes; a sine, for distortion). The bounds are ours, set before measuring from the mixing textbooks' figures (Izhaki; Owsinski):
least is what a listener can just hear, most is where it would stop being the same recording.
"""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segue.evals.edit_bench import Bench, bench
from segue.tools.core.audio import Samples, Waveform, quantised
from segue.tools.core.errors import SegueError
from segue.tools.sound.dynamics import loudness_lufs
from segue.tools.sound.loudness import with_gain

RATE = 44_100
KEPT_LU = 0.5  # how far the loudness may move where the words do not speak of it
Say = Callable[[str], None]
Measure = Callable[[Waveform], float]


@dataclass(frozen=True)
class Described:
    """A description, what is measured (a key of ``MEASURES``), and by how much it should change at least and at most."""

    words: str
    measure: str
    least: float
    most: float


def _share_db(low: float, high: float) -> Measure:
    """Energy between two frequencies in relation to the whole, dB."""

    def measure(wave: Waveform) -> float:
        power = np.zeros(1)
        for channel in wave.samples:
            power = power + np.abs(np.fft.rfft(channel.astype(np.float64))) ** 2
        hertz = np.fft.rfftfreq(wave.frames, 1 / wave.sample_rate)
        part = power[(hertz >= low) & (hertz < high)].sum()
        return float(10 * np.log10(max(part, 1e-20) / max(power.sum(), 1e-20)))

    return measure


def _width_db(wave: Waveform) -> float:
    """Sides over middle, dB."""
    middle, side = wave.samples.mean(axis=0), (wave.samples[0] - wave.samples[-1]) / 2
    return float(
        10
        * np.log10((np.mean(side.astype(np.float64) ** 2) + 1e-10) / (np.mean(middle.astype(np.float64) ** 2) + 1e-10))
    )


def _spread_db(wave: Waveform) -> float:
    """Standard deviation of the level over 50 ms, of what lies less than 30 dB under the loudest: dynamic range."""
    size = round(0.05 * wave.sample_rate)
    count = wave.frames // size
    power = np.mean(wave.samples[:, : count * size].astype(np.float64) ** 2, axis=0).reshape(count, size).mean(axis=1)
    level = 10 * np.log10(power + 1e-12)
    return float(np.std(level[level > level.max() - 30]))


def _attack_db(wave: Waveform) -> float:
    """By how much the 10 ms after a rise stand over the 100 ms around, 95th percentile, dB: punch."""
    size = round(0.01 * wave.sample_rate)
    count = wave.frames // size
    power = (
        np.mean(wave.samples[:, : count * size].astype(np.float64) ** 2, axis=0).reshape(count, size).mean(axis=1)
        + 1e-12
    )
    around = np.convolve(power, np.ones(10) / 10, mode="same")
    return float(np.percentile(10 * np.log10(power / around)[5:-5], 95))


def _loudness(wave: Waveform) -> float:
    return loudness_lufs(wave) or -70.0


def _decay_s(wave: Waveform) -> float:
    """Reverberation time of a burst: 60 dB at the slope from −5 to −25 dB of the backward integral (Schroeder 1965)."""
    burst = _BURST_S + 0.01
    energy = (wave.samples[0].astype(np.float64) ** 2)[round(burst * wave.sample_rate) :]
    level = 10 * np.log10(energy[::-1].cumsum()[::-1] / max(energy.sum(), 1e-20) + 1e-12)
    dry = float((wave.samples[0, : round(burst * wave.sample_rate)].astype(np.float64) ** 2).sum())
    if energy.sum() < 1e-4 * dry:
        return 0.0
    a, b = int(np.argmax(level < -5)), int(np.argmax(level < -25))
    return 3.0 * (b - a) / wave.sample_rate


def _wet_db(wave: Waveform) -> float:
    """Energy behind a burst over its own, dB."""
    cut = round((_BURST_S + 0.01) * wave.sample_rate)
    energy = wave.samples.astype(np.float64) ** 2
    return float(10 * np.log10(max(energy[:, cut:].sum(), 1e-9) / max(energy[:, :cut].sum(), 1e-20)))


def _echo_s(wave: Waveform) -> float:
    """When the first repeat of a burst comes; 0 where none does."""
    energy = wave.samples[0].astype(np.float64) ** 2
    smooth = np.convolve(energy, np.ones(441), mode="same")
    later = smooth[round((_BURST_S + 0.03) * wave.sample_rate) :]
    at = int(later.argmax())
    return (_BURST_S + 0.03 + at / wave.sample_rate - _BURST_S / 2) if later[at] > 1e-3 * smooth.max() else 0.0


def _harmonics_db(wave: Waveform) -> float:
    """Everything but the sine itself over the sine (total harmonic distortion and noise), dB."""
    power = np.abs(np.fft.rfft(wave.samples[0].astype(np.float64) * np.hanning(wave.frames))) ** 2
    k = round(_SINE_HZ * wave.frames / wave.sample_rate)
    own = power[k - 8 : k + 9].sum()
    return float(10 * np.log10(max(power[20:].sum() - own, 1e-12) / max(own, 1e-12)))


def _wobble_db(wave: Waveform) -> float:
    """Sidebands of a sine within 20 Hz, over it, dB: movement of pitch or level."""
    power = np.abs(np.fft.rfft(wave.samples[0].astype(np.float64) * np.hanning(wave.frames))) ** 2
    k, step = round(_SINE_HZ * wave.frames / wave.sample_rate), wave.frames / wave.sample_rate
    own = power[k - 2 : k + 3].sum()
    near = power[k - round(20 * step) : k + round(20 * step)].sum() - own
    return float(10 * np.log10(max(near, 1e-12) / max(own, 1e-12)))


_BURST_S, _SINE_HZ = 0.02, 441.0
MEASURES: Mapping[str, tuple[str, str, Measure]] = {
    "brightness": ("music", "dB", _share_db(3000, 20000)),
    "air": ("music", "dB", _share_db(9000, 20000)),
    "presence": ("music", "dB", _share_db(2500, 4800)),
    "mids": ("music", "dB", _share_db(600, 1800)),
    "low mids": ("music", "dB", _share_db(180, 420)),
    "bass": ("music", "dB", _share_db(20, 150)),
    "sub": ("music", "dB", _share_db(20, 65)),
    "width": ("music", "dB", _width_db),
    "range": ("music", "dB", _spread_db),
    "punch": ("music", "dB", _attack_db),
    "loudness": ("music", "LU", _loudness),
    "decay": ("burst", "s", _decay_s),
    "wetness": ("burst", "dB", _wet_db),
    "repeat": ("burst", "s", _echo_s),
    "distortion": ("sine", "dB", _harmonics_db),
    "movement": ("sine", "dB", _wobble_db),
}

DESCRIBED: tuple[Described, ...] = tuple(
    Described(*entry)
    for entry in (
        ("warmer", "brightness", -6, -0.5), ("a bit warmer", "brightness", -4, -0.2), ("much warmer", "brightness", -9, -1),
        ("brighter", "brightness", 0.8, 8), ("a touch brighter", "brightness", 0.3, 5), ("darker", "brightness", -9, -1.5),
        ("more mellow", "brightness", -9, -1.5), ("less bright", "brightness", -8, -0.8), ("less harsh", "presence", -6, -0.5),
        ("harsher", "presence", 0.5, 8), ("smoother", "presence", -6, -0.5), ("more air", "air", 0.8, 8),
        ("crisper, with more sparkle", "brightness", 1, 14), ("less muddy", "low mids", -6, -0.3), ("muddier", "low mids", 0.3, 7),
        ("clearer", "low mids", -6, -0.3), ("more bass", "bass", 0.3, 6), ("less bass", "bass", -8, -0.5),
        ("fuller, fatter", "bass", 0.3, 9), ("thinner", "bass", -10, -0.5), ("boomy", "low mids", 0.3, 7),
        ("more sub", "sub", 0.5, 8), ("tinny, like a small speaker", "bass", -60, -8), ("muffled", "brightness", -80, -15),
        ("as if underwater", "brightness", -80, -15), ("behind a wall", "brightness", -80, -15), ("more present", "presence", 0.5, 7),
        ("nasal", "mids", 0.5, 7), ("scooped mids", "mids", -7, -0.4), ("more upfront", "presence", 0.5, 7),
        ("telephone", "bass", -80, -8), ("like an old radio", "bass", -80, -4), ("through a megaphone", "bass", -80, -4),
        ("lo-fi", "brightness", -60, -1), ("punchier", "punch", 0.2, 5), ("less punchy", "punch", -5, -0.2),
        ("tighter kick", "punch", 0.1, 6), ("more compressed", "range", -6, -0.1), ("squashed", "range", -9, -0.4),
        ("glued together", "range", -6, -0.1), ("louder", "loudness", 1, 6), ("a bit quieter", "loudness", -4, -1),
        ("much louder", "loudness", 1.5, 10), ("softer", "loudness", -6, -2), ("wider", "width", 1, 8),
        ("narrower", "width", -9, -3), ("mono", "width", -200, -20), ("a small room", "decay", 0.15, 0.7),
        ("a big hall", "decay", 1.5, 3.5), ("a cathedral", "decay", 2.5, 6.5), ("plate reverb", "decay", 0.8, 2.2),
        ("a bathroom", "decay", 0.4, 1.3), ("a bit of reverb", "wetness", -25, -4), ("distant, from afar", "wetness", -14, 4),
        ("with an echo", "repeat", 0.2, 0.6), ("slapback", "repeat", 0.06, 0.18), ("a little saturated", "distortion", 3, 200),
        ("distorted", "distortion", 10, 200), ("8-bit", "distortion", 10, 200), ("tremolo", "movement", 6, 200),
    )
)  # fmt: skip


def measured(sounds: Sequence[tuple[str, Waveform]], say: Say) -> list[dict[str, Any]]:
    """Do every description to its sounds; one row each: words, measure, changes, and by how much the loudness moved."""
    rows = []
    with bench() as desk:
        kinds = {
            "music": [(name, _quiet(wave)) for name, wave in sounds],
            "burst": [("burst", _burst())],
            "sine": [("sine", _sine())],
        }
        for number, one in enumerate(DESCRIBED):
            if number % 15 == 0:
                say(f"effects {number} of {len(DESCRIBED)}")
            kind, unit, measure = MEASURES[one.measure]
            tried = [(name, wave) for name, wave in kinds[kind] if one.measure != "width" or wave.channels == 2]
            changes, moved = [], []
            stages: list[str] = []
            for _, wave in tried:
                try:
                    after, stages = _done(desk, wave, one.words)
                except SegueError as error:
                    stages = [f"refused: {error}"]
                    continue
                before = 0.0 if kind == "burst" else measure(wave)
                changes.append(round(measure(after) - before, 2))
                moved.append(_loudness(after) - _loudness(wave) if kind == "music" else 0.0)
            rows.append(
                {"words": one.words, "measure": one.measure, "unit": unit, "least": one.least, "most": one.most, "stages": stages,
                 "changes": changes, "n": len(tried), "loudness": round(max(map(abs, moved), default=0.0), 2)}
            )  # fmt: skip
    return rows


def _done(desk: Bench, wave: Waveform, words: str) -> tuple[Waveform, list[str]]:
    out = desk.edit(desk.add(wave), {"op": "effect", "description": words})
    return desk.wave(out.piece), [_stage(stage) for stage in out.details[0]["stages"]]


def _stage(stage: Mapping[str, Any]) -> str:
    return f"{stage['stage']}({', '.join(f'{k} {v:g}' for k, v in stage.items() if k != 'stage')})"


def _quiet(wave: Waveform) -> Waveform:
    """At −23 LUFS, so that no limiter answers for what is measured."""
    now = loudness_lufs(wave)
    lowered = with_gain(wave, min(0.0, -23 - now) if now is not None else 0.0)
    return Waveform(quantised(lowered.samples), wave.sample_rate)


def _burst() -> Waveform:
    sound: Samples = np.zeros((2, 8 * RATE), np.float32)
    sound[:, : round(_BURST_S * RATE)] = 0.2 * np.random.default_rng(5).normal(size=round(_BURST_S * RATE))
    return Waveform(quantised(sound), RATE)


def _sine() -> Waveform:
    tone = 0.2 * np.sin(2 * math.pi * _SINE_HZ * np.arange(4 * RATE) / RATE)
    return Waveform(quantised(np.stack([tone, tone]).astype(np.float32)), RATE)


def right(row: Mapping[str, Any]) -> bool:
    """Tell whether every sound moved the right way and within the bounds, and kept its loudness where it should."""
    if not row["changes"]:
        return False
    return all(row["least"] <= c <= row["most"] for c in row["changes"]) and loudness_kept(row)


def _signed(row: Mapping[str, Any]) -> bool:
    """Tell whether every sound moved to the side that the bounds lie on (behind a burst there must be something)."""
    middle = row["least"] + row["most"]
    return bool(row["changes"]) and all(
        c > -60 if row["measure"] == "wetness" else c * middle > 0 for c in row["changes"]
    )


def loudness_kept(row: Mapping[str, Any]) -> bool:
    """Tell whether the loudness stayed, or was what the words spoke of."""
    return bool(row["measure"] == "loudness" or row["loudness"] <= KEPT_LU)


def table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the fourth table and its goals."""
    lines = []
    for row in rows:
        span = f"{min(row['changes']):+.1f} … {max(row['changes']):+.1f}" if row["changes"] else "refused"
        if row["changes"] and len(row["changes"]) == 1:
            span = f"{row['changes'][0]:+.2f}"
        lines.append(
            [row["words"], f"{row['measure']}, {row['unit']}", span, f"{row['least']:g} to {row['most']:g}",
             f"{row['loudness']:.2f}", "yes" if right(row) else "no", "; ".join(row["stages"])]
        )  # fmt: skip
    good = sum(map(right, rows))
    signs = sum(map(_signed, rows))
    kept = [row["loudness"] for row in rows if row["measure"] != "loudness" and MEASURES[row["measure"]][0] == "music"]
    sounds = max((row["n"] for row in rows), default=0)
    return {
        "title": "Effects by words",
        "note": f"{len(rows)} descriptions, those of tone and dynamics on {sounds} sounds at −23 LUFS. A row is right where every sound "
        "moved within the bounds and the loudness was kept. Rooms: reverberation time of a burst; wetness: energy behind it.",
        "header": ["words", "measured", "change", "should be", "loudness moved, LU", "right", "stages chosen"],
        "rows": lines,
        "goals": [
            {"goal": "the change has the right sign", "found": f"{signs} of {len(rows)}", "met": signs == len(rows)},
            {"goal": "and a sensible size on every sound", "found": f"{good} of {len(rows)}", "met": good == len(rows)},
            {"goal": f"loudness kept within {KEPT_LU:g} LU", "found": f"median {statistics.median(kept or [0]):.2f}, most {max(kept, default=0):.2f}",
             "met": max(kept, default=0.0) <= KEPT_LU},
        ],
    }  # fmt: skip
