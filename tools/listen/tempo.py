"""Which tempo: candidates weighed by how onsets, basses and harmonies repeat at fractions and multiples of their beat.

Periodicity by autocorrelation (Percival & Tzanetakis 2014); harmonies change on beats and bars, not between them
(Klapuri et al. 2006), which tells a tempo from its double and from its dotted neighbours. The weights of
the cues are fitted by ``python -m segue.evals.listen_learn`` to rendered pieces of known tempo.
"""

import math

import numpy as np
import numpy.typing as npt

from segue.tools.listen.spectra import BINS_PER_SEMITONE, FRAME_RATE, STRIDE, Frames

Floats = npt.NDArray[np.float64]

SLOWEST, FASTEST = 40.0, 220.0  # bpm
WINDOW_S, STEP_S = 8.0, 1.0
LOW_WEIGHT = 0.5  # of the kick's and bass's band beside all onsets, where the pulse is sought
_USUAL = 110.0  # bpm round which the last two cues are centred
# What is read where: of all onsets, of the low band and of the harmony, at these multiples of the beat; a bar has three or four.
_BAR = (3.0, 4.0)
_AT: tuple[tuple[tuple[float, ...], ...], ...] = (
    ((0.5,), (1.0,), (2.0,), _BAR),
    ((1.0,), (2.0,)),
    ((1.0,), (2.0,), _BAR),
)
WEIGHTS = (1.46, 7.61, 3.82, 3.16, -0.61, -5.17, 4.38, 1.24, 4.77, 1.21, -4.68)
# Drums alone have no harmony: what it says of bars elsewhere, onsets say more of here.
_DRUM_WEIGHTS = (*WEIGHTS[:3], WEIGHTS[3] + 2.0, *WEIGHTS[4:6], 0.0, 0.0, 0.0, *WEIGHTS[9:])
_PLAINLY_TUNED = 0.25  # drum loops measure up to .16
_RINGS = 0.32  # drum loops measure .05–.30 (a wall of cymbals .38), music .34 and more
_STRETCH = 216  # frames of the pitch spectrum, 20 s
_HELD, _BROAD = 15, 9  # frames (1.4 s) and thirds of semitones over which medians are taken
_RELATIVES = (1 / 3, 1 / 2, 2 / 3, 3 / 4, 4 / 3, 3 / 2, 2.0, 3.0)
_FIRST, _KIN = 8, 4  # peaks that are candidates, and those whose relatives are, too
_SAME = 0.04  # octaves


def whitened(onset: Floats) -> Floats:
    """Return a curve with slow swells removed, in units of its own deviation."""
    size = max(3, round(0.4 * FRAME_RATE) | 1)
    local = np.convolve(np.pad(onset, size // 2, mode="edge"), np.ones(size) / size, "valid")[: len(onset)]
    out = np.maximum(0.0, onset - local)
    deviation = out.std()
    # A flux this small is the jitter of noise or of a steady tone, not an onset.
    return np.asarray(out / max(deviation, 0.01) if deviation > 0 else out)


def harmonic_flux(frames: Frames) -> Floats:
    """Return how much the chroma of 0.2 s later differs from that of 0.2 s before, at ``FRAME_RATE``, ``[n]``."""
    chroma = frames.pitch.reshape(len(frames.pitch), -1, 12, BINS_PER_SEMITONE).sum(axis=(1, 3)).astype(float)
    chroma /= np.maximum(np.linalg.norm(chroma, axis=1, keepdims=True), 1e-9)
    reach = 2
    flux = np.zeros(len(chroma))
    if len(chroma) > 2 * reach:
        flux[reach:-reach] = 1 - np.sum(chroma[2 * reach :] * chroma[: -2 * reach], axis=1)
    return np.interp(np.arange(len(frames.onset)), np.arange(len(flux)) * STRIDE, flux)


def tempogram(onset: Floats) -> Floats:
    """Return normalised autocorrelations ``[windows, lags]`` of eight seconds each."""
    from scipy import fft

    size = min(len(onset), round(WINDOW_S * FRAME_RATE))
    longest = min(size - 1, round(4 * 60 / SLOWEST * FRAME_RATE))
    starts = range(0, max(1, len(onset) - size + 1), round(STEP_S * FRAME_RATE))
    out = np.zeros((len(starts), longest + 1))
    length = fft.next_fast_len(2 * size)
    share = size / (size - np.arange(longest + 1))
    for row, start in enumerate(starts):
        part = onset[start : start + size]
        part = part - part.mean()
        spectrum = np.abs(fft.rfft(part, length)) ** 2
        correlation = fft.irfft(spectrum)[: longest + 1]
        if correlation[0] > 1e-9:
            out[row] = correlation / correlation[0] * np.minimum(share, 3.0)
    return out


def read(profile: Floats, lag_s: Floats) -> Floats:
    """Return an autocorrelation at lags in seconds; 0 beyond its end."""
    lag = lag_s * FRAME_RATE
    return np.where(lag < len(profile) - 1, np.interp(lag, np.arange(len(profile)), profile), 0.0)


def candidates(profile: Floats) -> Floats:
    """Return beat periods in seconds that may be the beat: peaks of the periodicity, and relatives of the highest."""
    periods = np.geomspace(60 / FASTEST, 60 / SLOWEST, 360)
    salience = read(profile, periods) + 0.3 * read(profile, 2 * periods)
    salience += 0.5 * np.maximum(read(profile, 3 * periods), read(profile, 4 * periods))
    salience = np.maximum(salience, 0) * np.exp(-0.5 * (np.log2(60 / periods / 125) / 1.2) ** 2)
    inner = salience[1:-1]
    peaks = np.nonzero((inner > salience[:-2]) & (inner >= salience[2:]))[0] + 1
    peaks = peaks[np.argsort(-salience[peaks])][:_FIRST]
    wanted = [float(p) for p in periods[peaks]]
    wanted += [period * factor for period in wanted[:_KIN] for factor in _RELATIVES]
    out: list[float] = []
    for period in wanted:
        if not 60 / FASTEST <= period <= 60 / SLOWEST:
            continue
        near = period * np.linspace(0.97, 1.03, 25)
        exact = float(near[int(np.argmax(read(profile, near) + 0.5 * read(profile, 2 * near)))])
        if all(abs(math.log2(exact / other)) > _SAME for other in out):
            out.append(exact)
    return np.array(out)


def cues_of(profiles: tuple[Floats, Floats, Floats], periods: Floats) -> Floats:
    """Return what speaks for and against each period, ``[periods, cues]``.

    Parameters
    ----------
    profiles : mean autocorrelations of all onsets, of the low band and of the harmonic flux.
    """
    rows = [
        np.max([read(profile, periods * multiple) for multiple in either], axis=0)
        for profile, places in zip(profiles, _AT, strict=True)
        for either in places
    ]
    octaves = np.log2(60 / periods / _USUAL)
    return np.array([*rows, octaves, octaves**2]).T


def drums_alone(frames: Frames) -> bool:
    """Tell whether nothing rings at a pitch: what changes there from stroke to stroke is no harmony.

    Harmonic against percussive by medians along time and pitch (Fitzgerald 2010), heard in three stretches, and only
    where the tuning is not plain already.
    """
    if frames.tuned >= _PLAINLY_TUNED:
        return False
    from scipy.ndimage import median_filter

    sound = frames.pitch
    if len(sound) > 3 * _STRETCH:
        starts = (np.array([0.2, 0.5, 0.8]) * len(sound)).astype(int) - _STRETCH // 2
        sound = np.concatenate([sound[start : start + _STRETCH] for start in starts])
    sound = sound.astype(float)
    total = float(sound.sum())
    if total <= 0:
        return False
    held, struck = median_filter(sound, (_HELD, 1)) ** 2, median_filter(sound, (1, _BROAD)) ** 2
    return float((sound * held / (held + struck + 1e-12)).sum()) / total < _RINGS


def likelihoods(profiles: tuple[Floats, Floats, Floats], periods: Floats, drums: bool = False) -> Floats:
    """Return how likely each period is the beat, ``[periods]``, with sum 1; of ``drums`` alone without harmony."""
    score = cues_of(profiles, periods) @ np.array(_DRUM_WEIGHTS if drums else WEIGHTS)
    likely = np.exp(score - score.max())
    return np.asarray(likely / likely.sum())
