"""Axes, mood, genre, instruments and vocals, from measured features and musicnn's tags.

Every axis has a fixed calibration, written beside it, so that a value means the same in every library.
Genre, mood, instruments and vocals abstain where neither tags nor measures are sure. Valence and
arousal follow rules from the literature (tempo, mode, loudness, brightness) and are not validated.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.tools.core.theory import Key
from segue.tools.listen.rhythm import Rhythm, novelty
from segue.tools.listen.spectra import FRAME_RATE, Frames
from segue.tools.listen.tonal import Tones

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measures:
    """Plain measures behind the axes.

    ``onset_rate`` onsets a second; ``centroid`` Hz, power-weighted; ``flatness`` 0 tone … 1 noise at
    1–8 kHz; ``crest_db`` peak over RMS; ``low_hits`` and ``high_hits`` percussive onsets a second below
    150 Hz and above 2 kHz; ``melodic`` 0..1, how far one line stands out above the harmony.
    """

    onset_rate: float
    centroid: float
    flatness: float
    crest_db: float
    low_hits: float
    high_hits: float
    melodic: float


def measure(frames: Frames, tones: Tones, true_peak_db: float, rms_db: float) -> Measures:
    """Take the plain measures."""
    onset = novelty(frames)
    seconds = max(frames.seconds, 0.1)
    strong = frames.power[: len(onset)] > 1e-7
    rate = len(_peaks(onset * strong, 1.0)) / seconds
    power = frames.mel.mean(axis=1)
    audible = frames.centroid > 0
    weight = power * audible
    centroid = float(np.exp(np.average(np.log(np.maximum(frames.centroid, 1.0)), weights=weight))) if weight.sum() > 0 else 0.0  # fmt: skip
    flatness = float(np.average(frames.flatness, weights=weight)) if weight.sum() > 0 else 0.0
    low = _hits(frames.bands[:, 0].astype(float), 0.25)
    high = _hits(frames.bands[:, 2].astype(float), 0.25)
    return Measures(
        onset_rate=rate,
        centroid=centroid,
        flatness=flatness,
        crest_db=max(0.0, true_peak_db - rms_db),
        low_hits=low / seconds,
        high_hits=high / seconds,
        melodic=_melodic(tones),
    )


def _peaks(values: Floats, least: float) -> npt.NDArray[np.intp]:
    inner = values[1:-1]
    top = np.nonzero((inner > values[:-2]) & (inner >= values[2:]) & (inner > least))[0] + 1
    if len(top) < 2:
        return top
    kept = [int(top[0])]
    for i in top[1:]:
        if i - kept[-1] >= round(0.05 * FRAME_RATE):
            kept.append(int(i))
        elif values[i] > values[kept[-1]]:
            kept[-1] = int(i)
    return np.array(kept)


def _hits(flux: Floats, least: float) -> int:
    """Count onsets whose band rises by ``least`` (natural log of magnitude) at once, as percussion does."""
    return len(_peaks(flux, least))


def _melodic(tones: Tones) -> float:
    """Return how much the strongest tone from C4 up stands above the second, averaged, 0..1."""
    upper = tones.notes[:, 36:72]
    if not len(upper) or upper.max(initial=0.0) <= 0:
        return 0.0
    ordered = np.sort(upper, axis=1)
    loud = ordered[:, -1] > 0.1 * ordered[:, -1].max()
    if not loud.any():
        return 0.0
    return float(np.mean(1 - ordered[loud, -2] / np.maximum(ordered[loud, -1], 1e-9)))


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))


def axes_of(
    m: Measures, rhythm: Rhythm, bpm: float | None, loudness: float, tags: dict[str, float], valence: float | None
) -> dict[str, float]:
    """Return the eleven axes, each 0..1.

    loudness −36…−6 LUFS · tempo 50…200 bpm (log) · brightness centroid 300…4,000 Hz (log) · density
    0…9 onsets a second · energy .4 loudness + .3 density + .15 brightness + .15 percussion · danceability
    beat strength × steadiness × nearness to 118 bpm · distortion flatness at 1–8 kHz .02…0.35 (log) × low
    crest factor · acousticness 1 − mean of distortion, machine tags, percussion · melody how far a line
    stands out · vocals from tags (.5 without them) · mood (valence − 1) ÷ 8.
    """
    loud = _ramp(loudness, -36, -6)
    tempo = _ramp(math.log2(bpm / 50), 0, 2) if bpm else 0.5
    bright = _ramp(math.log2(max(m.centroid, 1) / 300), 0, math.log2(4000 / 300))
    density = _ramp(m.onset_rate, 0, 9)
    hits = _ramp(m.low_hits + m.high_hits, 0.2, 5)
    near = math.exp(-0.5 * (math.log2(bpm / 118) / 0.45) ** 2) if bpm else 0.0
    dance = math.sqrt(_ramp(rhythm.strength, 0.05, 0.6)) * (0.5 + 0.5 * rhythm.stability) * (0.35 + 0.65 * near)
    distortion = _ramp(math.log(max(m.flatness, 1e-4)), math.log(0.02), math.log(0.35)) * _ramp(-m.crest_db, -18, -9)
    machine = max(tags.get(t, 0.0) for t in ("techno", "electronic", "synth", "beat")) if tags else 0.3
    natural = max(tags.get(t, 0.0) for t in ("classical", "guitar", "piano", "strings", "violin", "harp", "cello", "flute", "harpsichord", "sitar", "country")) if tags else 0.3  # fmt: skip
    acoustic = 0.55 * (1 - (distortion + hits + min(1.0, 2 * machine)) / 3) + 0.45 * min(1.0, 1.8 * natural)
    voice = _voice(tags)
    raw = {
        "energy": 0.4 * loud + 0.3 * density + 0.15 * bright + 0.15 * hits,
        "tempo": tempo,
        "brightness": bright,
        "density": density,
        "acousticness": acoustic,
        "loudness": loud,
        "danceability": dance,
        "distortion": distortion,
        "melody": m.melodic,
        "vocals": 0.5 if voice is None else voice,
        "mood": 0.5 if valence is None else (valence - 1) / 8,
    }
    return {name: round(float(np.clip(value, 0, 1)), 4) for name, value in raw.items()}


def _voice(tags: dict[str, float]) -> float | None:
    """Return how vocal the tags say the music is, 0..1."""
    if not tags:
        return None
    yes = max(tags.get(t, 0.0) for t in ("vocal", "vocals", "singing", "voice", "female vocal", "male vocal", "female", "male", "female voice", "male voice", "opera", "choir", "choral", "woman", "man"))  # fmt: skip
    no = max(tags.get(t, 0.0) for t in ("no vocals", "no vocal", "no voice"))
    return float(np.clip(0.5 + 1.6 * (yes - 0.6 * no) - 0.12, 0, 1))


def vocals_of(tags: dict[str, float]) -> tuple[bool | None, float]:
    """Return whether somebody sings, and how sure that is; None where the tags do not tell."""
    voice = _voice(tags)
    if voice is None or 0.38 < voice < 0.62:
        return None, 0.0
    return voice >= 0.5, round(min(0.9, 2 * abs(voice - 0.5)), 3)


def drums_of(m: Measures, tags: dict[str, float]) -> tuple[bool | None, float]:
    """Tell whether drums play, and how sure that is: broadband hits low and high, or the tags; None where the signs disagree."""
    tag = max((tags.get(t, 0.0) for t in ("drums", "beat", "beats")), default=0.0)
    evidence = _ramp(m.low_hits, 0.3, 2.0) + _ramp(m.high_hits, 0.5, 3.0) + 2.5 * tag
    if evidence > 1.3:
        return True, round(min(0.9, 0.5 + 0.4 * (evidence - 1.3)), 3)
    return (False, round(0.8 - evidence, 3)) if evidence < 0.35 else (None, 0.0)


def percussiveness(m: Measures) -> float:
    """Return how much is struck, 0..1: strokes a second in the lows and highs, 0.2 … 5."""
    return round(_ramp(m.low_hits + m.high_hits, 0.2, 5), 4)


_INSTRUMENT_TAGS = {
    "guitar": "guitar", "piano": "piano", "strings": "strings", "violin": "violin", "synth": "synthesizer",
    "harpsichord": "harpsichord", "flute": "flute", "sitar": "sitar", "choir": "choir", "harp": "harp",
    "cello": "cello", "drums": "drums",
}  # fmt: skip


def instruments_of(tags: dict[str, float], drums: bool | None) -> tuple[list[str], float]:
    """Return instruments that are likely, the surest first, with a confidence."""
    found = {name: tags.get(tag, 0.0) for tag, name in _INSTRUMENT_TAGS.items() if tags.get(tag, 0.0) >= 0.22}
    if drums:
        found["drums"] = max(found.get("drums", 0.0), 0.5)
    elif drums is False:
        found.pop("drums", None)
    if {"violin", "cello"} & set(found):
        found.pop("strings", None)
    names = sorted(found, key=lambda name: -found[name])[:5]
    return names, round(float(np.mean([min(1.0, 0.3 + found[n]) for n in names])), 3) if names else 0.0


def genre_of(tags: dict[str, float], genres: dict[str, float], m: Measures) -> tuple[str | None, float]:
    """Return a broad genre and a confidence; None where nothing stands out.

    ``tags`` are MagnaTagATune's, ``genres`` the Million Song Dataset's. Rare labels reach lower
    probabilities than common ones, hence the factors.
    """
    if not tags:
        return None, 0.0
    t, g = tags.get, genres.get
    scores = {
        "classical": 0.9 * max(t("classical", 0.0), t("classic", 0.0), t("opera", 0.0), t("harpsichord", 0.0), t("choral", 0.0)),
        "techno": 0.6 * max(t("techno", 0.0), t("dance", 0.0)),
        "house": 1.3 * g("house", 0.0) + 0.3 * g("dance", 0.0),
        "electronic": 0.75 * max(t("electronic", 0.0), g("electronic", 0.0), g("electronica", 0.0)),
        "rock": max(0.9 * t("rock", 0.0), g("rock", 0.0), g("classic rock", 0.0), g("hard rock", 0.0), g("alternative rock", 0.0)),
        "metal": max(1.1 * t("metal", 0.0), g("metal", 0.0), g("heavy metal", 0.0)),
        "punk": 1.2 * g("punk", 0.0),
        "indie": 0.9 * max(g("indie", 0.0), g("indie rock", 0.0), g("indie pop", 0.0)),
        "pop": max(1.1 * t("pop", 0.0), g("pop", 0.0)),
        "jazz": 1.1 * g("jazz", 0.0),
        "blues": 1.4 * g("blues", 0.0),
        "soul": 1.2 * max(g("soul", 0.0), g("rnb", 0.0)),
        "funk": 1.2 * g("funk", 0.0),
        "hip hop": 1.2 * g("hip hop", 0.0),
        "folk": 1.1 * g("folk", 0.0),
        "country": 1.3 * max(t("country", 0.0), g("country", 0.0)),
        "ambient": max(t("ambient", 0.0), g("ambient", 0.0), 0.8 * t("new age", 0.0)) * (1.0 if m.high_hits < 2 else 0.5),
        "indian": t("indian", 0.0) * (1.0 if t("sitar", 0.0) > 0.1 else 0.6),
    }  # fmt: skip
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    name, score = ranked[0]
    if score < 0.23:
        return None, 0.0
    margin = (score - ranked[1][1]) / score
    return name, round(min(0.9, (0.1 + score) * (0.6 + 0.7 * margin)), 3)


def feeling(
    bpm: float | None, key: Key | None, key_confidence: float, m: Measures, loudness: float, tags: dict[str, float]
) -> tuple[float, float]:
    """Return valence and arousal, 1–9, by rules; unvalidated.

    Arousal rises with tempo, loudness, onset rate and brightness; valence with the major mode, tempo and
    brightness, and falls with low, slow, minor (Gabrielsson & Lindström 2010).
    """
    tempo = _ramp(math.log2(bpm / 60), 0, 1.5) if bpm else 0.35
    arousal = (
        0.3 * tempo
        + 0.25 * _ramp(loudness, -32, -8)
        + 0.25 * _ramp(m.onset_rate, 0.5, 8)
        + 0.2 * _ramp(m.centroid, 400, 3000)
    )
    arousal += 0.15 * (max(tags.get("fast", 0.0), tags.get("loud", 0.0)) - max(tags.get("slow", 0.0), tags.get("quiet", 0.0), tags.get("soft", 0.0)))  # fmt: skip
    mode = 0.5 if key is None else 0.5 + (0.35 if not key.is_minor else -0.3) * min(1.0, key_confidence / 0.6)
    valence = 0.55 * mode + 0.25 * tempo + 0.2 * _ramp(m.centroid, 400, 3000)
    return (round(1 + 8 * float(np.clip(valence, 0, 1)), 2), round(1 + 8 * float(np.clip(arousal, 0, 1)), 2))


_QUADRANTS = (
    # (valence from, to, arousal from, to) → words
    ((6.0, 9.0, 5.8, 9.0), ["happy", "energetic"]),
    ((6.0, 9.0, 4.2, 5.8), ["cheerful"]),
    ((6.0, 9.0, 1.0, 4.2), ["peaceful", "warm"]),
    ((4.2, 6.0, 6.0, 9.0), ["energetic"]),
    ((4.2, 6.0, 1.0, 3.8), ["calm"]),
    ((1.0, 4.2, 5.8, 9.0), ["tense", "driving"]),
    ((1.0, 4.2, 4.2, 5.8), ["dark"]),
    ((1.0, 4.2, 1.0, 4.2), ["sad", "melancholic"]),
)


def moods_of(valence: float, arousal: float, key_confidence: float) -> tuple[list[str], float]:
    """Return mood words for a point of the valence–arousal plane; none near its middle."""
    for (v0, v1, a0, a1), words in _QUADRANTS:
        if v0 <= valence <= v1 and a0 <= arousal <= a1:
            distance = math.hypot(valence - 5, arousal - 5) / 4
            return list(words), round(
                min(0.65, 0.25 + 0.4 * distance) * (0.6 + 0.4 * min(1.0, key_confidence / 0.6)), 3
            )
    return [], 0.0


def short_level(frames: Frames, edges: Floats) -> Floats:
    """Return the mean level in dBFS of each span."""
    at = np.clip(np.round(edges * FRAME_RATE).astype(int), 0, len(frames.power))
    sums = np.concatenate([[0.0], np.cumsum(frames.power, dtype=np.float64)])
    mean = (sums[at[1:]] - sums[at[:-1]]) / np.maximum(at[1:] - at[:-1], 1)
    return np.asarray(10 * np.log10(np.maximum(mean, 1e-12)))
