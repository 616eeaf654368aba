"""Stretching and transposing: exact in time and pitch, and what they do to attacks and to tone.

Beside our chain stands the library's own way in the same run: python-stretch called with its time factor and, for pitch, with its
``setTransposeSemitones``. *Attack*: the time from 10 to 90 % of a click's energy after the stretch, in ms (the click's own is
below 1). *Convergence*: ``‖|S| − |T|‖ ÷ ‖T‖`` between the magnitude spectrograms of what came out and of the same notes
synthesised at the new tempo or pitch (Arik et al., 2019), in dB: lower is nearer.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform
from segue.tools.sound import stretch
from segue.tools.sound.spectrum import forward

RATE = 44_100
RATIOS = (0.5, 0.8, 0.95, 1.05, 1.25, 2.0)
_GOAL_ATTACK_MS = 5.0
SEMITONES = (-7.0, -3.0, -1.0, 0.5, 1.0, 3.0, 7.0, 12.0)
_TONE_HZ, _SUNG_HZ = 440.0, 150.0
Say = Callable[[str], None]
Changer = Callable[[Waveform, float, float], Samples]


def clicks(seconds: float, every_s: float) -> Samples:
    """Short bursts of noise, stereo ``[2, frames]``."""
    rng = np.random.default_rng(3)
    out = np.zeros(round(seconds * RATE), np.float32)
    burst = rng.normal(size=300) * np.exp(-np.arange(300) / 60) * 0.3
    for k in range(int(seconds / every_s)):
        at = round((0.25 + k * every_s) * RATE)
        out[at : at + 300] += burst[: max(0, len(out) - at)].astype(np.float32)
    return np.stack([out, out])


def notes(seconds: float, ratio: float = 1.0, semitones: float = 0.0) -> Samples:
    """A scale of plucked tones through the formants of a body: the same tune at any tempo and pitch, on the same instrument."""
    out = np.zeros(round(seconds / ratio * RATE))
    length, count = 0.4 / ratio, int(seconds / 0.4)
    for k in range(count):
        hertz = 220 * 2 ** (((0, 2, 4, 5, 7, 9, 11, 12)[k % 8] + semitones) / 12)
        start, stop = round(k * length * RATE), min(len(out), round((k + 1) * length * RATE))
        time = np.arange(stop - start) / RATE
        tone = sum(np.sin(2 * np.pi * hertz * p * time) for p in range(1, 13))
        out[start:stop] = tone * np.minimum(time / 0.005, 1) * np.exp(-3 * time * ratio)
    sound = spoken(out)
    sound = (0.3 * sound / np.abs(sound).max()).astype(np.float32)
    return np.stack([sound, sound])


def vowel(seconds: float, hertz: float = _SUNG_HZ) -> Samples:
    """A sung "ah", one tone long."""
    pulse = np.zeros(round(seconds * RATE))
    pulse[(np.arange(0, seconds * hertz) / hertz * RATE).astype(int).clip(0, len(pulse) - 1)] = 1.0
    sound = spoken(pulse)
    sound = (0.3 * sound / np.abs(sound).max()).astype(np.float32)
    return np.stack([sound, sound])


def spoken(pulse: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return pulses through formants at 700, 1220 and 2600 Hz: "ah" (Peterson & Barney, 1952)."""
    from scipy.signal import lfilter

    for centre, width in ((700, 110), (1220, 120), (2600, 160)):
        r = math.exp(-math.pi * width / RATE)
        pulse = lfilter([1 - r], [1, -2 * r * math.cos(2 * math.pi * centre / RATE), r * r], pulse)
    return np.asarray(pulse)


def pitch_hz(samples: Samples) -> float:
    """Return the frequency of the strongest partial between 40 and 4000 Hz, by interpolation of its peak (Gaussian window)."""
    x = samples[0][len(samples[0]) // 4 : 3 * len(samples[0]) // 4].astype(np.float64)
    time = np.linspace(-1, 1, len(x))
    level = np.log(np.abs(np.fft.rfft(x * np.exp(-12 * time**2), 4 * len(x))) + 1e-12)
    step = RATE / (4 * len(x))
    low, high = int(40 / step), int(4000 / step)
    k = low + int(level[low:high].argmax())
    a, b, c = level[k - 1 : k + 2]
    return float((k + 0.5 * (a - c) / (a - 2 * b + c)) * step)


def onsets_s(samples: Samples) -> npt.NDArray[np.float64]:
    """Return when clicks come: the centre of energy around each."""
    energy = samples[0].astype(np.float64) ** 2
    smooth = np.convolve(energy, np.ones(441), mode="same")
    loud = np.flatnonzero(smooth > 0.1 * smooth.max())
    out, free = [], 0
    for at in loud.tolist():
        if at >= free:
            first = max(0, at - 1200)
            weight = energy[first : at + 2400]
            out.append((first + np.arange(len(weight)) @ weight / weight.sum()) / RATE)
            free = at + 4000
    return np.asarray(out)


def attack_ms(samples: Samples) -> float:
    """Return the median time in which a click's energy goes from 10 to 90 %."""
    energy = samples[0].astype(np.float64) ** 2
    widths = []
    for onset in onsets_s(samples)[1:-1]:
        near = energy[round((onset - 0.08) * RATE) : round((onset + 0.08) * RATE)].cumsum()
        if len(near) and near[-1] > 0:
            widths.append(
                1000 * float(np.searchsorted(near, 0.9 * near[-1]) - np.searchsorted(near, 0.1 * near[-1])) / RATE
            )
    return float(np.median(widths)) if widths else math.nan


def convergence_db(found: Samples, truth: Samples) -> float:
    """Return the spectral convergence in dB, lower is nearer."""
    length = min(found.shape[1], truth.shape[1])
    a, b = (np.abs(forward(x[:1, :length], 2048)) for x in (found, truth))
    return float(20 * np.log10(max(float(np.linalg.norm(a - b) / np.linalg.norm(b)), 1e-9)))


def formants_off_db(found: Samples, truth: Samples) -> float:
    """Return how far a vowel's envelope is from that of the same vowel sung at the new pitch: third octaves, 200–4000 Hz, dB."""
    levels = []
    for x in (truth, found):
        power = np.abs(np.fft.rfft(x[0].astype(np.float64))) ** 2
        hertz = np.fft.rfftfreq(x.shape[1], 1 / RATE)
        edges = np.geomspace(200, 4000, 14)
        levels.append(
            [10 * np.log10(power[(hertz >= a) & (hertz < b)].sum() + 1e-9) for a, b in itertools.pairwise(edges)]
        )
    change = np.subtract(levels[0], levels[1])
    return float(np.abs(change - change.mean()).mean())


def ours(wave: Waveform, ratio: float, semitones: float) -> Samples:
    """Our chain."""
    return stretch.change(wave, ratio, semitones).samples


def librarys(wave: Waveform, ratio: float, semitones: float) -> Samples:
    """python-stretch as its page shows it."""
    from python_stretch import Signalsmith

    machine = Signalsmith.Stretch(1)
    machine.preset(wave.channels, wave.sample_rate)
    machine.timeFactor = ratio
    machine.setTransposeSemitones(semitones)
    return np.asarray(machine.process(np.array(wave.samples)), dtype=np.float32)


def measured(say: Say) -> list[dict[str, Any]]:
    """Measure every ratio and interval with both; one row each."""
    rows = []
    for name, change in (("Segue", ours), ("python-stretch", librarys)):
        say(f"stretching by {name}")
        rows += [_tempo(name, change, ratio) for ratio in RATIOS]
        rows += [_pitch(name, change, semitones) for semitones in SEMITONES]
    return rows


def _tempo(name: str, change: Changer, ratio: float) -> dict[str, Any]:
    beat = Waveform(clicks(12.0, 0.5), RATE)
    found = change(beat, ratio, 0.0)
    gaps = np.diff(onsets_s(found))
    tune = Waveform(notes(8.0), RATE)
    tone = change(Waveform(_sine(4.0), RATE), ratio, 0.0)
    return {
        "system": name, "what": f"tempo × {ratio:g}", "kind": "tempo",
        "ratio_error": abs(0.5 / float(np.mean(gaps)) / ratio - 1) if len(gaps) else math.nan,
        "cents": abs(1200 * math.log2(pitch_hz(tone) / _TONE_HZ)),
        "attack_ms": attack_ms(found), "convergence_db": convergence_db(change(tune, ratio, 0.0), notes(8.0, ratio)),
    }  # fmt: skip


def _pitch(name: str, change: Changer, semitones: float) -> dict[str, Any]:
    tone = change(Waveform(_sine(4.0), RATE), 1.0, semitones)
    beat = change(Waveform(clicks(8.0, 0.5), RATE), 1.0, semitones)
    gaps = np.diff(onsets_s(beat))
    sung = vowel(3.0)
    return {
        "system": name, "what": f"{semitones:+g} semitones", "kind": "pitch",
        "ratio_error": abs(0.5 / float(np.mean(gaps)) - 1) if len(gaps) else math.nan,
        "cents": abs(1200 * math.log2(pitch_hz(tone) / _TONE_HZ) - 100 * semitones),
        "attack_ms": attack_ms(beat),
        "convergence_db": convergence_db(change(Waveform(notes(8.0), RATE), 1.0, semitones), notes(8.0, 1.0, semitones)),
        "formants_db": formants_off_db(change(Waveform(sung, RATE), 1.0, semitones), vowel(3.0, _SUNG_HZ * 2 ** (semitones / 12))),
    }  # fmt: skip


def _sine(seconds: float) -> Samples:
    tone = 0.3 * np.sin(2 * np.pi * _TONE_HZ * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([tone, tone]).astype(np.float32)


def _mean_of(rows: Sequence[Mapping[str, Any]], system: str, name: str) -> float:
    return float(np.mean([row[name] for row in rows if row["system"] == system and name in row]))


def table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the third table and its goals."""
    lines = []
    for row in rows:
        formants = f"{row['formants_db']:.1f}" if "formants_db" in row else ""
        lines.append(
            [row["what"], row["system"], f"{100 * row['ratio_error']:.3f} %", f"{row['cents']:.1f}",
             f"{row['attack_ms']:.1f}", f"{row['convergence_db']:.1f}", formants]
        )  # fmt: skip
    lines.sort(key=lambda line: line[0].startswith(("+", "-")))
    own = [row for row in rows if row["system"] == "Segue"]
    ratio, cents = max(row["ratio_error"] for row in own), max(row["cents"] for row in own)
    attack = max(row["attack_ms"] for row in own)
    off = {system: _mean_of(rows, system, "formants_db") for system in ("Segue", "python-stretch")}
    return {
        "title": "Stretch and pitch",
        "note": "Clicks half a second apart, a sine, a scale and a sung vowel, before and after. Attack: a click's 10 to 90 % of energy; "
        "convergence: beside the same notes synthesised at the new tempo or pitch on the same instrument (lower is nearer); formants: "
        "how far a vowel is from the same vowel sung at the new pitch, by third octaves. python-stretch: the library's own command.",
        "header": ["change", "by", "tempo error", "cents off", "attack, ms", "convergence, dB", "formants off, dB"],
        "rows": lines,
        "goals": [
            {"goal": "tempo exact to 0.1 %", "found": f"{100 * ratio:.3f} %", "met": ratio <= 0.001},
            {"goal": "pitch exact to 5 cents", "found": f"{cents:.1f} cents", "met": cents <= 5.0},
            {
                "goal": f"attacks within {_GOAL_ATTACK_MS:g} ms",
                "found": f"longest {attack:.1f} ms",
                "met": attack <= _GOAL_ATTACK_MS,
            },
            {
                "goal": "formants nearer than by the library's own command, on average",
                "found": f"{off['Segue']:.1f} dB off, not {off['python-stretch']:.1f} dB",
                "met": off["Segue"] < off["python-stretch"],
            },
        ],
    }
