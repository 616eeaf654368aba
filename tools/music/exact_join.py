"""Pieces that have stems put behind one another or laid over one another, part by part."""

from collections.abc import Sequence

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.score import Score
from segue.tools.music import exact_score
from segue.tools.music.exact import Material, Say, curve_levelled, fitted, gain_noted, on_grid, summed
from segue.tools.sound import splice
from segue.tools.sound.loudness import with_gain


def joined(materials: Sequence[Material], softened: Sequence[bool], say: Say) -> Material:
    """Return materials that all have stems behind one another; the same part goes on in the same stem.

    All of one rate and channel count; ``softened`` are the joins of the mixes that would click.
    """
    names, score = _names_and_score(materials, say, one_after_another=True)
    rate = materials[0].sample_rate
    stems: dict[str, Waveform] = {}
    for name in dict.fromkeys(new for mapping in names for new in mapping.values()):
        pieces = []
        for material, mapping in zip(materials, names, strict=True):
            old = next((old for old, new in mapping.items() if new == name), None)
            silence = np.zeros((material.wave.channels, material.frames), np.float32)
            pieces.append(material.stems[old] if old is not None else Waveform(silence, rate))
        stems[name] = on_grid(splice.join_as(pieces, softened))
    return summed(stems, score, curve_levelled(materials[0].mix), say)


def overlaid(materials: Sequence[Material], gains_db: Sequence[float], say: Say) -> Material:
    """Return materials that all have stems at once, as long as the longest."""
    names, score = _names_and_score(materials, say, one_after_another=False)
    frames = max(material.frames for material in materials)
    stems: dict[str, Waveform] = {}
    for material, mapping, gain in zip(materials, names, gains_db, strict=True):
        for old, new in mapping.items():
            wave = material.stems[old] if gain == 0 else with_gain(material.stems[old], gain)
            padded = np.pad(wave.samples, ((0, 0), (0, frames - wave.frames)))
            if new in stems:
                padded = padded + stems[new].samples
            stems[new] = Waveform(padded, wave.sample_rate)
    in_range, down = fitted(stems, say)
    return summed(in_range, score, gain_noted(curve_levelled(materials[0].mix), down), say)


def _names_and_score(
    materials: Sequence[Material], say: Say, one_after_another: bool
) -> tuple[list[dict[str, str]], Score | None]:
    """Return each material's stem names in the result, and the scores as one where that can be."""
    score = materials[0].score
    names = [{name: name for name in materials[0].stems}]
    seconds = materials[0].frames / materials[0].sample_rate
    for material in materials[1:]:
        mapping = {name: name for name in material.stems}
        if score and material.score:
            mapping |= exact_score.renamed_parts(score, material.score)
            if one_after_another:
                score = exact_score.join_scores(score, seconds, material.score, mapping)
            else:
                score = exact_score.overlay_scores(score, material.score, mapping)
                if score is None:
                    say("The two have different tempi, so the result has its parts as sound but no common score.")
        else:
            score = None
        names.append(mapping)
        seconds += material.frames / material.sample_rate
    return names, score
