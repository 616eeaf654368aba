"""Sound changed by named stages with stated parameters: equaliser, room, echo, width, saturation, dynamics.

Stages that are linear, or that apply one gain curve, are applied to a mix's stems alike, so the stems
still sum to the mix; ``keeps_stems`` says which do.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.errors import InvalidArgument
from segue.tools.sound import dynamics
from segue.tools.sound.loudness import db_to_gain, gain_to_db

# Every stage's parameters, and what they are where nobody says.
PARAMETERS: Mapping[str, Mapping[str, float]] = {
    "highpass": {"hz": 100.0, "order": 2}, "lowpass": {"hz": 8000.0, "order": 2},
    "low_shelf": {"hz": 150.0, "db": 3.0, "q": 0.707}, "high_shelf": {"hz": 6000.0, "db": 3.0, "q": 0.707},
    "peak": {"hz": 1000.0, "db": 3.0, "q": 0.9}, "width": {"factor": 1.5}, "punch": {"db": 4.0},
    "compress": {"below_db": 4.0, "ratio": 2.5, "attack_ms": 12.0, "release_ms": 120.0},
    "reverb": {"decay_s": 1.6, "wet_db": -9.0, "predelay_ms": 20.0, "damping_hz": 5000.0, "size_ms": 20.0},
    "delay": {"time_s": 0.375, "feedback": 0.4, "wet_db": -8.0}, "saturate": {"drive_db": 5.0},
    "chorus": {"depth_ms": 4.0, "rate_hz": 0.7, "wet_db": -5.0}, "wow": {"depth_ms": 2.0, "rate_hz": 0.8},
    "tremolo": {"rate_hz": 5.0, "depth": 0.6}, "bits": {"bits": 8.0, "rate_hz": 22050.0}, "gain": {"db": -3.0},
    "loudness": {"lu": 3.0},
}  # fmt: skip
# The order in which stages follow one another.
ORDER = ("highpass", "lowpass", "low_shelf", "peak", "high_shelf", "punch", "compress", "saturate", "bits", "wow", "chorus",
         "tremolo", "width", "delay", "reverb", "gain", "loudness")  # fmt: skip
NONLINEAR = frozenset({"saturate", "bits"})
LEVELS = frozenset({"gain", "loudness"})  # stages whose purpose is another loudness
_BLOCK = 1 << 19
_TAIL_FADE_S = 0.03

Check = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: ``kind`` names it, ``values`` are its parameters (``PARAMETERS``) with their units in their names."""

    kind: str
    values: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the stage as plain data, as results show it."""
        return {"stage": self.kind, **{name: round(value, 3) for name, value in self.values.items()}}


def with_settings(stages: Sequence[Stage], settings: Sequence[Stage]) -> list[Stage]:
    """Return stages in their order, with settings laid over them; a setting of a kind that is not there is a new stage.

    Raises
    ------
    InvalidArgument : a stage has no parameter of that name; the hint lists those it has.
    """
    out = list(stages)
    for number, setting in enumerate(settings):
        known = PARAMETERS[setting.kind]
        if wrong := [name for name in setting.values if name not in known]:
            raise InvalidArgument(f"{setting.kind} has no {wrong[0]}.", f"It has {', '.join(known)}.")
        # The second peak that is set is the second peak there is.
        earlier = sum(before.kind == setting.kind for before in settings[:number])
        places = [at for at, stage in enumerate(out) if stage.kind == setting.kind]
        if earlier < len(places):
            at = places[earlier]
            out[at] = Stage(setting.kind, {**out[at].values, **setting.values})
        else:
            out.append(Stage(setting.kind, {**known, **setting.values}))
    return sorted(out, key=lambda stage: ORDER.index(stage.kind))


def keeps_stems(stages: Sequence[Stage]) -> bool:
    """Tell whether stems that went through these stages still sum to the mix that did."""
    return not any(stage.kind in NONLINEAR for stage in stages)


def apply(
    stages: Sequence[Stage], mix: Waveform, stems: Mapping[str, Waveform] | None = None, check: Check | None = None
) -> tuple[Waveform, dict[str, Waveform], dict[str, float]]:
    """Send a mix, and its stems where given, through stages.

    Length, rate and channels are kept. The loudness is kept by a constant gain, unless a stage is
    about loudness; a result that would clip gets one constant gain. Returned are the mix, the stems,
    and what was measured: ``loudness_before``, ``loudness_after`` (LUFS), ``constant_gain_db``.
    With stems, only stages for which ``keeps_stems`` holds may be given.
    """
    check = check or (lambda: None)
    if stems and not keeps_stems(stages):
        raise ValueError("stems do not survive a stage that is not linear")
    rate = mix.sample_rate
    sounds = {"": mix.samples, **{name: wave.samples for name, wave in (stems or {}).items()}}
    levels = [stage for stage in stages if stage.kind in LEVELS]
    before = dynamics.loudness_lufs(mix)
    _run([stage for stage in stages if stage.kind not in LEVELS], sounds, rate, check)
    after = dynamics.loudness_lufs(Waveform(sounds[""], rate))
    if before is not None and after is not None:
        _scale(sounds, before - after)
    _run(levels, sounds, rate, check)
    after = dynamics.loudness_lufs(Waveform(sounds[""], rate)) if levels else before if after is not None else None
    measured: dict[str, float] = {}
    loudest = max(dynamics.peak(sound) for sound in sounds.values())
    if loudest > dynamics.FULL_SCALE:
        measured["constant_gain_db"] = round(gain_to_db(dynamics.FULL_SCALE / loudest) - 0.01, 2)
        _scale(sounds, measured["constant_gain_db"])
    waves = {name: Waveform(sound, rate) for name, sound in sounds.items()}
    if before is not None and after is not None:
        after += measured.get("constant_gain_db", 0.0)
        measured |= {"loudness_before": round(before, 2), "loudness_after": round(after, 2)}
    return waves.pop(""), waves, measured


def _run(stages: Sequence[Stage], sounds: dict[str, Samples], rate: int, check: Check) -> None:
    for stage in stages:
        run = _prepared(stage, Waveform(sounds[""], rate), check)
        for name in sounds:
            check()
            sounds[name] = run(sounds[name])


def _scale(sounds: dict[str, Samples], db: float) -> None:
    factor = np.float32(db_to_gain(db))
    for name in sounds:
        sounds[name] = np.asarray(sounds[name] * factor, dtype=np.float32)


def _prepared(stage: Stage, mix: Waveform, check: Check) -> Callable[[Samples], Samples]:
    """Return the stage as a function of samples, its curves and filters worked out from the mix."""
    v, rate, frames = stage.values, mix.sample_rate, mix.frames
    kind = stage.kind
    if kind in ("low_shelf", "high_shelf", "peak", "highpass", "lowpass"):
        sections = sections_of(kind, v, rate)
        return lambda x: _filtered(x, sections, check)
    if kind in ("reverb", "delay"):
        response = room_response(v, rate, mix.channels) if kind == "reverb" else echo_response(v, rate, mix.channels)
        wet = np.float32(db_to_gain(v["wet_db"]))
        return lambda x: _with_wet(x, convolved(x, response, check)[:, :frames], wet, rate)
    if kind == "width":
        return lambda x: widened(x, v["factor"])
    if kind == "gain":
        return lambda x: np.asarray(x * np.float32(db_to_gain(v["db"])), dtype=np.float32)
    if kind in ("chorus", "wow"):
        return lambda x: wobbled(x, stage, rate)
    if kind == "saturate":
        reference = drive_reference(mix.samples[:, :: max(1, frames // 200_000)])
        return lambda x: saturated(x, reference, v["drive_db"])
    if kind == "bits":
        return lambda x: crushed(x, rate, v["bits"], v["rate_hz"])
    curve = _curve(stage, mix, check)
    return lambda x: np.asarray(x * curve, dtype=np.float32)


def _curve(stage: Stage, mix: Waveform, check: Check) -> dynamics.Curve:
    """The gain over time of the stages that are one: compress, punch, tremolo, loudness."""
    v, rate, frames = stage.values, mix.sample_rate, mix.frames
    if stage.kind == "tremolo":
        return tremolo(v, rate, 0, frames)
    if stage.kind in ("punch", "compress"):
        return dynamics.spread(gain_points(stage, dynamics.levels(mix.samples), rate), 0, frames)
    if stage.kind != "loudness":
        raise ValueError(f"no stage is called {stage.kind}")
    now = dynamics.loudness_lufs(mix)
    if now is None:
        return np.full(frames, db_to_gain(v["lu"]), np.float32)
    done = dynamics.to_loudness(mix, now + v["lu"], check)
    flat = np.full(frames, db_to_gain(done.gain_db), np.float32)
    return flat if done.curve is None else flat * done.curve


def tremolo(v: Mapping[str, float], rate: int, start: int, stop: int) -> dynamics.Curve:
    """Return the gain of a tremolo from one frame to another."""
    swing = np.cos(2 * np.pi * v["rate_hz"] * np.arange(start, stop) / rate)
    return np.asarray(1 - v["depth"] * (0.5 - 0.5 * swing), dtype=np.float32)


def gain_points(stage: Stage, power: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float64]:
    """Return the gain in dB of a compressor or of punch at every point of ``dynamics.levels``."""
    v = stage.values
    if stage.kind == "punch":
        return dynamics.punch_points(power, rate, v["db"])
    threshold = 10 * math.log10(max(float(power.mean()) if len(power) else 0.0, 1e-9)) - v["below_db"]
    return dynamics.compressor_points(power, rate, threshold, v["ratio"], v["attack_ms"], v["release_ms"])


def sections_of(kind: str, v: Mapping[str, float], rate: int) -> npt.NDArray[np.float64]:
    """Second-order sections: R. Bristow-Johnson, "Audio EQ Cookbook"; high and low pass are Butterworth."""
    from scipy.signal import butter

    hertz = min(v["hz"], 0.45 * rate)
    if kind in ("highpass", "lowpass"):
        return np.asarray(butter(int(v.get("order", 2)), hertz, kind, fs=rate, output="sos"), dtype=np.float64)
    a, w = 10 ** (v["db"] / 40), 2 * math.pi * hertz / rate
    cos, alpha = math.cos(w), math.sin(w) / (2 * v.get("q", 0.707))
    if kind == "peak":
        b = [1 + alpha * a, -2 * cos, 1 - alpha * a]
        d = [1 + alpha / a, -2 * cos, 1 - alpha / a]
    else:
        s = 1 if kind == "low_shelf" else -1
        root = 2 * math.sqrt(a) * alpha
        b = [a * (a + 1 - s * (a - 1) * cos + root), s * 2 * a * (a - 1 - s * (a + 1) * cos), a * (a + 1 - s * (a - 1) * cos - root)]  # fmt: skip
        d = [a + 1 + s * (a - 1) * cos + root, s * -2 * (a - 1 + s * (a + 1) * cos), a + 1 + s * (a - 1) * cos - root]
    return np.array([[*b, *d]]) / d[0]


def _filtered(samples: Samples, sections: npt.NDArray[np.float64], check: Check) -> Samples:
    from scipy.signal import sosfilt

    state = np.zeros((len(sections), samples.shape[0], 2))
    out = np.empty_like(samples)
    for start in range(0, samples.shape[1], _BLOCK):
        check()
        block = samples[:, start : start + _BLOCK]
        out[:, start : start + _BLOCK], state = sosfilt(sections, block, axis=1, zi=state)
    return out


def room_response(v: Mapping[str, float], rate: int, channels: int) -> Samples:
    """A synthetic room: early reflections, then noise that decays by 60 dB in ``decay_s``, sooner in the treble.

    Nothing below 200 Hz, where rooms only blur. Energy 1 in each channel.
    """
    from scipy.signal import butter, sosfilt

    rng = np.random.default_rng(7)  # the same room every time
    decay, size = v["decay_s"], v["size_ms"] / 1000
    frames = max(64, int(decay * 1.1 * rate))
    time = np.arange(frames) / rate
    noise = rng.standard_normal((max(channels, 1), frames))
    damped = sosfilt(butter(1, min(v["damping_hz"], 0.45 * rate), "lowpass", fs=rate, output="sos"), noise, axis=1)
    tail = (noise - damped) * np.exp(-6.9 * time / (0.45 * decay)) + damped * np.exp(-6.9 * time / decay)
    tail *= 1 - np.exp(-time / (size / 2))
    for channel in range(tail.shape[0]):
        for at in size * np.sort(rng.uniform(0.2, 1.6, 8)):
            if at < time[-1]:
                tail[channel, int(at * rate)] += rng.choice([-1.0, 1.0]) * 2.5 * math.exp(-at / size)
    tail = sosfilt(butter(2, 200, "highpass", fs=rate, output="sos"), tail, axis=1)
    tail /= np.sqrt(np.sum(tail**2, axis=1, keepdims=True))
    return np.pad(tail, ((0, 0), (int(v["predelay_ms"] / 1000 * rate), 0))).astype(np.float32)


def echo_response(v: Mapping[str, float], rate: int, channels: int) -> Samples:
    """Repeats every ``time_s``, each ``feedback`` times the last and darker, down to −60 dB."""
    count = max(1, math.ceil(math.log(1e-3) / math.log(max(v["feedback"], 0.01))))
    gap, kernel = max(1, int(v["time_s"] * rate)), np.array([0.25, 0.5, 0.25])
    out = np.zeros(gap * count + 2 * count + 4)
    tap = np.ones(1)
    for k in range(1, count + 1):
        out[gap * k : gap * k + len(tap)] += tap
        tap = np.convolve(tap, kernel) * v["feedback"]
    return np.repeat(out[None, :].astype(np.float32), channels, axis=0)


def convolved(samples: Samples, response: Samples, check: Check) -> Samples:
    """Return a convolution with its tail: as long as both less one frame. The response is transformed once."""
    from scipy import fft

    taps, frames = response.shape[1], samples.shape[1]
    size = fft.next_fast_len(min(max(_BLOCK, 4 * taps), frames + taps), real=True)
    transformed = fft.rfft(response, size, axis=1)
    step = size - taps + 1
    out = np.zeros((samples.shape[0], frames + taps - 1), np.float32)
    for start in range(0, frames, step):
        check()
        made = fft.irfft(fft.rfft(samples[:, start : start + step], size, axis=1) * transformed, size, axis=1)
        out[:, start : start + size] += made[:, : out.shape[1] - start]
    return out


def tail_frames(rate: int) -> int:
    """Return over how many frames that what still rings at the end fades out."""
    return int(_TAIL_FADE_S * rate)


def _with_wet(samples: Samples, wet: Samples, level: np.float32, rate: int) -> Samples:
    """The length is kept, so what still rings at the end fades out there."""
    count = min(tail_frames(rate), wet.shape[1])
    if count:
        wet[:, -count:] *= np.linspace(1, 0, count, dtype=np.float32)
    return np.asarray(samples + level * wet, dtype=np.float32)


def widened(samples: Samples, factor: float) -> Samples:
    """Return the sound with its sides ``factor`` times as strong."""
    if samples.shape[0] < 2:
        return samples
    middle = samples.mean(axis=0, keepdims=True)
    return np.asarray(middle + (samples - middle) * np.float32(factor), dtype=np.float32)


def wobbled(samples: Samples, stage: Stage, rate: int, first: int = 0) -> Samples:
    """Read every channel with a moving delay (chorus: the second channel half a turn later); ``first``: the frame it begins at."""
    v, axis = stage.values, np.arange(samples.shape[1])
    before = np.arange(-1, samples.shape[1])  # silence lies before the first frame
    wet = None if stage.kind == "wow" else np.float32(db_to_gain(v["wet_db"]))
    out = np.empty_like(samples)
    for channel in range(samples.shape[0]):
        turn = np.pi * channel if wet is not None else 0.0
        phase = 2 * np.pi * v["rate_hz"] * (axis + first) / rate + turn
        places = axis - rate * (v["depth_ms"] / 1000) * (1.2 + np.sin(phase))
        late = np.interp(places, before, np.concatenate([[0.0], samples[channel]]))
        out[channel] = late if wet is None else samples[channel] + wet * late
    return out


def drive_reference(samples: Samples) -> float:
    """Return the level that drive is measured against: what all but the highest peaks stay under."""
    return max(float(np.quantile(np.abs(samples), 0.995)), 1e-4)


def saturated(samples: Samples, reference: float, drive_db: float) -> Samples:
    """Soft clipping by tanh, at twice the rate so that its harmonics fold back less."""
    import soxr

    drive = db_to_gain(drive_db) / reference
    double = soxr.resample(samples.T, 1, 2)
    double *= np.float32(drive)
    np.tanh(double, out=double)
    double *= np.float32(math.sqrt(max(drive * reference, 1.0)) / drive)
    out = soxr.resample(double, 2, 1).T[:, : samples.shape[1]]
    missing = samples.shape[1] - out.shape[1]
    return np.ascontiguousarray(np.pad(out, ((0, 0), (0, missing))), dtype=np.float32)


def crushed(samples: Samples, rate: int, bits: float, low_rate: float) -> Samples:
    """Return the sound as few bits at a low rate would hold it."""
    import soxr

    if low_rate < rate:
        down = soxr.resample(samples.T, rate, low_rate)
        back = soxr.resample(down, low_rate, rate).T[:, : samples.shape[1]]
        samples = np.pad(back, ((0, 0), (0, samples.shape[1] - back.shape[1])))
    steps = 2.0 ** (bits - 1)
    return np.asarray(np.round(samples * steps) / steps, dtype=np.float32)
