"""Fits the weights of ``tools/listen/tempo.py`` to the tuning half: ``python -m segue.evals.listen_learn [DATA_HOME]`` prints them.

A conditional logit over each piece's candidates: the one within 8 % of the true tempo is to be the likeliest.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from segue.evals.listen_metrics import beats_of
from segue.evals.listen_pieces import Truth, pieces
from segue.evals.listen_sound import sound_of
from segue.tools.core.audio import Waveform
from segue.tools.listen import tempo
from segue.tools.listen.rhythm import novelty
from segue.tools.listen.spectra import RATE, SpectraBuilder

Floats = npt.NDArray[np.float64]
_NEAR, _RIDGE = 1.08, 0.3


@dataclass(frozen=True)
class Case:
    """One piece: what speaks for each candidate, ``[candidates, cues]``, and which are right, ``[candidates]``."""

    cues: Floats
    right: npt.NDArray[np.bool_]


def case_of(truth: Truth, data_home: Path | None) -> Case:
    """Listen to one piece."""
    wave = sound_of(truth.score, truth.number, truth.half, data_home)
    builder = SpectraBuilder()
    builder.push(Waveform(wave.mono()[None, :], wave.sample_rate).resampled(RATE).samples[0])
    frames = builder.finish()
    low = tempo.whitened(frames.bands[:, 0].astype(float))
    curves = (novelty(frames) + tempo.LOW_WEIGHT * low, low, tempo.whitened(tempo.harmonic_flux(frames)))
    onsets, basses, harmony = (tempo.tempogram(curve).mean(axis=0) for curve in curves)
    periods = tempo.candidates(onsets)
    beats = beats_of(truth.score)
    true = (beats[-1] - beats[0]) / (len(beats) - 1)
    return Case(tempo.cues_of((onsets, basses, harmony), periods), np.abs(np.log2(periods / true)) < np.log2(_NEAR))


def fitted(cases: Sequence[Case], ridge: float = _RIDGE) -> Floats:
    """Return the weights, ``[cues]``; cues are scaled to one deviation for the ridge alone."""
    from scipy.optimize import minimize

    spread = np.concatenate([case.cues for case in cases]).std(axis=0) + 1e-9
    usable = [(case.cues / spread, case.right) for case in cases if case.right.any()]

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = ridge * float(weights @ weights), 2 * ridge * weights
        for cues, right in usable:
            score = cues @ weights
            share = np.exp(score - score.max())
            share /= share.sum()
            hit = max(float(share[right].sum()), 1e-12)
            total -= np.log(hit)
            slope = slope + cues.T @ (share - share * right / hit)
        return total, slope

    return np.asarray(minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B").x / spread)


def main(data_home: Path | None = None) -> None:
    """Print the weights and how many pieces' tempi they choose rightly."""
    cases = [case_of(truth, data_home) for truth in pieces(data_home=data_home) if truth.half == "tuning"]
    weights = fitted(cases)
    right = sum(bool(case.right[int((case.cues @ weights).argmax())]) for case in cases)
    print(f"WEIGHTS = {tuple(np.round(weights, 2).tolist())}  # right on {right} of {len(cases)} pieces")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
