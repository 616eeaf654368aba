"""Real recordings: what can be checked without knowing the truth.

Tempo and key must move by exactly what the sound was moved by (3 % faster, two semitones higher), stay under mp3 at 96 kbit/s,
noise 12 dB below, mono and 22 kHz, and loudness must agree with ffmpeg's ebur128 to 0.1 LU. The recordings are those
of ``DATA_HOME/music`` and those that ship inside installed Python packages; none is ours.
"""

import math
import statistics
import tempfile
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from segue.evals.edit_mixtures import recordings
from segue.evals.listen_metrics import mir_eval_here, plain_key
from segue.tools.core.audio import Waveform, decode
from segue.tools.core.theory import parse_key
from segue.tools.listen.analyse import analyse_wave
from segue.tools.listen.facts import Analysis

COUNT = 30
FASTER, HIGHER = 1.03, 2  # times, semitones
_TEMPO_NEAR, _SURE_TEMPO, _SURE_KEY = 0.01, 0.3, 0.3
_LEAST_S = 8.0  # of a recording whose tempo and key are asked for
_LU = 0.1
Say = Callable[[str], None]


def tables(data_home: Path | None, limit: int | None, say: Say) -> list[dict[str, Any]]:
    """Return the table of invariance and the one of loudness."""
    found = recordings(min(COUNT, limit) if limit else COUNT, data_home)
    say(f"{len(found)} recordings")
    return [moved_table(found, say), loudness_table(found)]


def moved_table(found: list[tuple[str, Waveform]], say: Say) -> dict[str, Any]:
    """Return how tempo and key move when the sound is moved."""
    ways = treatments()
    rates: dict[str, list[tuple[bool | None, float | None]]] = {name: [] for name in ways}
    for name, wave in found:
        if wave.duration_s < _LEAST_S:
            continue
        plain = analyse_wave(wave, by_ear=False)
        for way, (change, tempo, cents) in ways.items():
            rates[way].append(compared(plain, analyse_wave(change(wave), by_ear=False), tempo, cents))
        say(f"{name}: heard in {len(ways) + 1} ways")
    lines, goals = [], []
    for way, pairs in rates.items():
        tempi = [float(ok) for ok, _ in pairs if ok is not None]
        keys = [score for _, score in pairs if score is not None]
        lines.append([way, f"{_share(tempi)} of {len(tempi)}", f"{_share(keys)} of {len(keys)}"])
        for what, values in (("tempo", tempi), ("key", keys)):
            if values:
                mean = statistics.fmean(values)
                goals.append({"goal": f"{what} {way}: at least 0.9", "found": f"{mean:.3f}", "met": mean >= 0.9})
    note = (
        f"Recordings of {_LEAST_S:.0f} s and more, at most 20 s of each. Of those whose tempo (key) was heard with a confidence of {_SURE_TEMPO} and more, how many "
        "have the tempo expected within 1 %, its half or double included, and MIREX's weighted score of the key expected."
    )
    return {
        "title": "Real recordings, moved",
        "note": note,
        "header": ["treatment", "tempo", "key"],
        "rows": lines,
        "goals": goals,
    }


def _share(values: list[float]) -> str:
    return f"{statistics.fmean(values):.3f}" if values else "–"


def treatments() -> Mapping[str, tuple[Callable[[Waveform], Waveform], float, float]]:
    """Return what is done to a recording: name → function, factor of the tempo, cents of the pitch."""
    return {
        "3 % faster": (faster, FASTER, 1200 * math.log2(FASTER)),
        "2 semitones higher": (higher, 1.0, 100.0 * HIGHER),
        "mp3, 96 kbit/s": (as_mp3, 1.0, 0.0),
        "noise at −12 dB": (noisy, 1.0, 0.0),
        "mono": (lambda wave: Waveform(wave.mono()[None, :], wave.sample_rate), 1.0, 0.0),
        "22 kHz": (lambda wave: wave.resampled(22_050), 1.0, 0.0),
    }


def compared(plain: Analysis, moved: Analysis, tempo: float, cents: float) -> tuple[bool | None, float | None]:
    """Return whether the tempo moved as it should, and the score of the key; None where it was not sure before.

    Pitch may move partly as the key and partly as the tuning: 51 cents are half a semitone either way.
    """
    ok: bool | None = None
    if plain.bpm and plain.bpm_confidence >= _SURE_TEMPO:
        ratio = (moved.bpm or 1.0) / (plain.bpm * tempo)
        ok = abs(2 ** (math.log2(ratio) - round(math.log2(ratio))) - 1) <= _TEMPO_NEAR
    score: float | None = None
    if plain.key and plain.key_confidence >= _SURE_KEY:
        semitones = round((plain.tuning_cents + cents - moved.tuning_cents) / 100)
        expected = plain_key(str(parse_key(plain.key).transposed(semitones)))
        score = float(mir_eval_here().key.weighted_score(expected, plain_key(moved.key) if moved.key else "X"))
    return ok, score


def faster(wave: Waveform) -> Waveform:
    """Play 3 % faster and, by the same, higher: half a semitone that the tuning has to take up."""
    return _at_speed(wave, FASTER)


def higher(wave: Waveform) -> Waveform:
    """Shift two semitones up at the same tempo."""
    from segue.tools.sound.stretch import change

    return change(wave, semitones=float(HIGHER), formants=False)


def _at_speed(wave: Waveform, factor: float) -> Waveform:
    import soxr

    ratio = Fraction(factor).limit_denominator(1000)
    sound = soxr.resample(wave.samples.T, ratio.numerator, ratio.denominator, quality="HQ").T
    return Waveform(np.ascontiguousarray(sound, dtype=np.float32), wave.sample_rate)


def as_mp3(wave: Waveform) -> Waveform:
    """Encode by LAME at 96 kbit/s and decode."""
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mp3"
        kept = wave if wave.sample_rate in (32_000, 44_100, 48_000) else wave.resampled(44_100)
        # libsndfile takes a level from 0 (320 kbit/s) to 1 (32): this one is 96.
        with soundfile.SoundFile(
            path, "w", kept.sample_rate, kept.channels, format="MP3", bitrate_mode="CONSTANT", compression_level=(320 - 96) / (320 - 32)
        ) as file:  # fmt: skip
            file.write(kept.samples.T)
        return decode(path)


def noisy(wave: Waveform) -> Waveform:
    """Add white noise 12 dB below the music's mean power."""
    rms = float(np.sqrt(np.mean(wave.samples.astype(np.float64) ** 2)))
    noise = np.random.default_rng(12).standard_normal(wave.samples.shape) * rms * 10 ** (-12 / 20)
    return Waveform(np.asarray(0.5 * (wave.samples + noise), dtype=np.float32), wave.sample_rate)


# -- loudness -------------------------------------------------------------------------------------


def loudness_table(found: list[tuple[str, Waveform]]) -> dict[str, Any]:
    """Return how far integrated loudness, range and true peak lie from ffmpeg's."""
    lines, worst = [], {"LUFS": 0.0, "LU": 0.0, "dBTP": 0.0}
    for name, wave in found:
        theirs = ebur128(wave)
        facts = analyse_wave(wave, by_ear=False)
        ours = (facts.loudness_lufs, facts.loudness_range_lu, facts.true_peak_db)
        if wave.duration_s < 3.0 or theirs[0] < -69.9:  # neither is defined for so short a sound in the standard
            continue
        far = [abs(a - b) for a, b in zip(ours, theirs, strict=True)]
        worst = {key: max(old, new) for (key, old), new in zip(worst.items(), far, strict=True)}
        lines.append([name[:40], *(f"{a:.2f} / {b:.2f}" for a, b in zip(ours, theirs, strict=True))])
    goals = [
        {"goal": f"integrated loudness within {_LU} LU of ffmpeg's ebur128, all {len(lines)}", "found": f"{worst['LUFS']:.3f} LU at worst",
         "met": bool(lines) and worst["LUFS"] <= _LU},
    ]  # fmt: skip
    note = f"Segue / ffmpeg's ebur128. Range differs by {worst['LU']:.2f} LU at worst, true peak by {worst['dBTP']:.2f} dB."
    header = ["recording", "integrated, LUFS", "range, LU", "true peak, dBTP"]
    return {"title": "Loudness", "note": note, "header": header, "rows": lines, "goals": goals}


def ebur128(wave: Waveform) -> tuple[float, float, float]:
    """Return integrated loudness (LUFS), range (LU) and true peak (dBTP) as ffmpeg's filter finds them, through PyAV."""
    import av
    from av.filter import Graph

    layout = "mono" if wave.channels == 1 else "stereo"
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=wave.sample_rate, format="fltp", layout=layout, time_base=Fraction(1, wave.sample_rate)
    )
    meter = graph.add("ebur128", "metadata=1:peak=true")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    found = {"I": -70.0, "LRA": 0.0}
    peak = 0.0

    def drain() -> None:
        nonlocal peak
        while True:
            try:
                out = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            data = out.metadata
            for key in found:
                found[key] = float(data.get(f"lavfi.r128.{key}", found[key]))
            for key, value in data.items():
                if key.startswith("lavfi.r128.true_peaks_ch"):
                    peak = max(peak, float(value))

    size = wave.sample_rate // 10
    for start in range(0, wave.frames, size):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave.samples[:, start : start + size]), "fltp", layout)
        frame.sample_rate, frame.pts = wave.sample_rate, start
        frame.time_base = Fraction(1, wave.sample_rate)
        graph.push(frame)
        drain()
    graph.push(None)
    drain()
    return found["I"], found["LRA"], 20 * math.log10(peak) if peak > 1e-6 else -120.0
