"""How well stems come out of mixtures whose true stems are known, beside what bounds it from below and above.

SI-SDR: Le Roux, Wisdom, Erdogan & Hershey, "SDR – half-baked or well done?" (ICASSP 2019). SDR, SIR and SAR: Vincent,
Gribonval & Févotte, "Performance measurement in blind audio source separation" (IEEE TASLP 2006), by ``museval``
where it is installed, else by ``mir_eval``, on the middle channel. Harmonic and percussive by librosa's own
``effects.hpss`` where it is installed, else the same method with its defaults (2048-point window, medians over 31).
"""

import importlib
import importlib.util
import statistics
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.evals.edit_mixtures import SECONDS, Mixture
from segue.tools.core.audio import Samples, Waveform
from segue.tools.sound import demucs, masks, separate
from segue.tools.sound.spectrum import forward, inverse

STEMS = ("drums", "bass", "vocals", "other", "percussive", "harmonic")
SYSTEMS = ("mixture", "librosa's HPSS", "Segue", "Demucs", "ideal ratio mask")
_BSS = ("drums", "bass")  # what SDR, SIR and SAR are measured of: the filters they allow are slow to fit
_N = 2048
_GOAL_DB, _GOAL_HPSS_DB = 5.0, 1.0

Say = Callable[[str], None]


def si_sdr(estimate: Samples, truth: Samples) -> float:
    """Return the scale-invariant signal-to-distortion ratio in dB, over all channels together."""
    e, t = estimate.ravel().astype(np.float64), truth.ravel().astype(np.float64)
    target = float(e @ t) / max(float(t @ t), 1e-20) * t
    rest = e - target
    return float(10 * np.log10(max(float(target @ target), 1e-20) / max(float(rest @ rest), 1e-20)))


def measured(mixtures: Iterable[Mixture], say: Say) -> list[dict[str, Any]]:
    """Separate every mixture by every system; one row a mixture, stem and system."""
    rows: list[dict[str, Any]] = []
    for number, mixture in enumerate(mixtures):
        say(f"separating {number + 1}: {mixture.title}")
        rows += _of(mixture)
    return rows


def _of(mixture: Mixture) -> list[dict[str, Any]]:
    mix = mixture.mix
    harmonic, percussive = hpss(mix)
    ours = separate.each(mix, STEMS)
    out = []
    for stem in STEMS:
        truth = mixture.truth(stem)
        if truth is None or not truth.any():
            continue
        found = {
            "mixture": mix.samples,
            "Segue": ours[stem],
            "ideal ratio mask": ideal(mix.samples, truth),
        }
        if stem in ("drums", "percussive", "harmonic"):
            found["librosa's HPSS"] = harmonic if stem == "harmonic" else percussive
        if demucs.separates([stem]):
            found["Demucs"] = demucs.extract(mix, [stem]).stem.samples
        for system, estimate in found.items():
            row: dict[str, Any] = {"mixture": mixture.title, "family": mixture.family, "stem": stem, "system": system}
            row["si_sdr"] = round(si_sdr(estimate, truth), 2)
            if stem in _BSS and system != "ideal ratio mask":
                row |= bss(estimate, truth, mix.samples, mix.sample_rate)
            out.append(row)
    return out


def hpss(mix: Waveform) -> tuple[Samples, Samples]:
    """Return harmonic and percussive as librosa's ``effects.hpss`` gives them with its defaults."""
    if importlib.util.find_spec("librosa"):
        first, second = importlib.import_module("librosa").effects.hpss(mix.samples)
        return np.asarray(first, dtype=np.float32), np.asarray(second, dtype=np.float32)
    spectrum = forward(mix.samples, _N)
    parts = [np.stack(both) ** 2 for both in zip(*(masks.medians(np.abs(one)) for one in spectrum), strict=True)]
    mask = parts[0] / np.maximum(parts[0] + parts[1], 1e-20)
    return inverse(spectrum * mask, mix.frames, _N), inverse(spectrum * (1 - mask), mix.frames, _N)


def ideal(mix: Samples, truth: Samples) -> Samples:
    """Return what the ratio of true powers as a mask gives: an upper bound for masks of the mix's own phase."""
    own, other = (np.abs(forward(x, _N)) ** 2 for x in (truth, mix - truth))
    return inverse(forward(mix, _N) * (own / np.maximum(own + other, 1e-20)), mix.shape[1], _N)


def bss(estimate: Samples, truth: Samples, mix: Samples, rate: int) -> dict[str, float]:
    """Return SDR, SIR and SAR in dB of a stem against the rest, nothing where neither package is installed."""
    references = np.stack([truth.mean(axis=0), (mix - truth).mean(axis=0)])
    estimates = np.stack([estimate.mean(axis=0), (mix - estimate).mean(axis=0) + 1e-7 * references[1]])
    if importlib.util.find_spec("museval"):
        museval = importlib.import_module("museval")

        sdr, _, sir, sar = museval.evaluate(references[..., None], estimates[..., None], win=rate, hop=rate)
        return {name: float(np.nanmedian(v[0])) for name, v in zip(("sdr", "sir", "sar"), (sdr, sir, sar), strict=True)}
    if not importlib.util.find_spec("mir_eval"):
        return {}
    import mir_eval

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mir_eval.separation.bss_eval_sources(references, estimates, compute_permutation=False)
    return {name: float(values[0]) for name, values in zip(("sdr", "sir", "sar"), found[:3], strict=True)}


def table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the first table and its goals."""
    lines = []
    for stem in STEMS:
        for system in SYSTEMS:
            here = [row for row in rows if (row["stem"], row["system"]) == (stem, system)]
            if not here:
                if system == "Demucs" and stem in demucs.FOUR:
                    lines.append([stem, system, "", "not measured", "", "", "", ""])
                continue
            by_family = {family: _mean(here, "si_sdr", family) for family in sorted({row["family"] for row in here})}
            shown = ", ".join(f"{family} {value:.1f}" for family, value in by_family.items())
            lines.append([stem, system, str(len(here)), f"{_mean(here, 'si_sdr'):.1f}", shown, *_three(here)])
    return {
        "title": "Separation",
        "note": _note(rows),
        "header": ["stem", "system", "n", "SI-SDR, dB", "by kind of mixture", "SDR", "SIR", "SAR"],
        "rows": lines,
        "goals": _goals(rows),
    }


def _note(rows: Sequence[Mapping[str, Any]]) -> str:
    by = "museval (medians over 1 s)" if importlib.util.find_spec("museval") else "mir_eval (over the whole)"
    count = len({row["mixture"] for row in rows})
    return (
        f"{count} mixtures with known stems, {SECONDS:g} s each; means. SDR, SIR and SAR by {by}. *Mixture*: nothing done; *ideal "
        "ratio mask*: made from the true stems. Published on MUSDB18-HQ, which are other recordings: HTDemucs 9.00 dB SDR, "
        "models of the RoFormer family above 10. Vocals here are a sampled choir's: nobody sings in these mixtures."
    )


def _mean(rows: Sequence[Mapping[str, Any]], name: str, family: str | None = None) -> float:
    return statistics.fmean(row[name] for row in rows if name in row and family in (None, row["family"]))


def _three(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{_mean(rows, name):.1f}" if name in rows[0] else "" for name in ("sdr", "sir", "sar")]


def _gain(rows: Sequence[Mapping[str, Any]], stem: str, than: str) -> float | None:
    """Return by how many dB Segue's stem is better than another system's, on average."""
    values = {
        system: {row["mixture"]: row["si_sdr"] for row in rows if (row["stem"], row["system"]) == (stem, system)}
        for system in ("Segue", than)
    }
    gains = [value - values[than][name] for name, value in values["Segue"].items() if name in values[than]]
    return statistics.fmean(gains) if gains else None


def _goals(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    out = []
    for stem, than, least in (
        ("drums", "mixture", _GOAL_DB),
        ("percussive", "librosa's HPSS", _GOAL_HPSS_DB),
        ("harmonic", "librosa's HPSS", _GOAL_HPSS_DB),
    ):
        gain = _gain(rows, stem, than)
        if gain is not None:
            goal = f"{stem}: at least {least:g} dB better than {'the mixture' if than == 'mixture' else than} (SI-SDR)"
            out.append({"goal": goal, "found": f"{gain:+.1f} dB", "met": gain >= least})
    return out


def energy_picture(wave: Waveform, names: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Return a picture of a recording's stems: the spectrogram of each, one under another, greys 0–255."""
    strips = []
    for name in names:
        stem = wave.samples if name == "mix" else separate.extract(wave, [name]).stem.samples
        level = 20 * np.log10(np.abs(forward(stem, _N)).mean(axis=0)[: _N // 4] + 1e-6)
        strips.append(np.clip((level + 60) / 80, 0, 1)[::-1])
    return np.asarray(255 * (1 - np.concatenate(strips)), dtype=np.uint8)
