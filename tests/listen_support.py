"""Sound with a known truth, synthesised for the tests of listening."""

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.theory import parse_chord

RATE = 22050


def tone(pitch, seconds, velocity=0.5, harmonics=8, rate=RATE, decay=2.5):
    """One plucked note: harmonics that fall off and die away."""
    t = np.arange(int(seconds * rate)) / rate
    f = 440.0 * 2 ** ((pitch - 69) / 12)
    out = sum(0.7**h * np.sin(2 * np.pi * f * (h + 1) * t) for h in range(harmonics) if f * (h + 1) < rate / 2.2)
    return velocity * out * np.exp(-decay * t) * np.minimum(1, t / 0.004)


def place(buffer, start, sound, rate=RATE):
    at = int(start * rate)
    stop = min(len(buffer), at + len(sound))
    if stop > at:
        buffer[at:stop] += sound[: stop - at]


def kick(rate=RATE):
    t = np.arange(int(0.18 * rate)) / rate
    return 0.9 * np.sin(2 * np.pi * (50 * t + 8 * (1 - np.exp(-30 * t)))) * np.exp(-18 * t)


def noise_hit(seconds, seed, low=0.0, rate=RATE):
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    noise = rng.standard_normal(len(t)) * np.exp(-t / (seconds / 5))
    return noise - low * np.convolve(noise, np.ones(8) / 8, "same")


def wave_of(samples, rate=RATE):
    samples = np.asarray(samples, dtype=np.float64)
    return Waveform((0.7 * samples / max(1e-9, np.abs(samples).max())).astype(np.float32)[None, :], rate)


def band(chords, bpm, beats_per_bar=4, bars=16, drums=True, seed=0, start=0.3, arpeggio=False):
    """A little band: bass on the downbeat, a chord each beat, drums; returns (wave, beat times, chord spans)."""
    beat = 60 / bpm
    total = bars * beats_per_bar
    buffer = np.zeros(int((start + total * beat + 1.0) * RATE))
    beats = start + np.arange(total) * beat
    spans = []
    for bar in range(bars):
        chord = parse_chord(chords[bar % len(chords)])
        at = start + bar * beats_per_bar * beat
        spans.append((at, at + beats_per_bar * beat, chord.symbol))
        place(buffer, at, tone(36 + (chord.bass % 12), beats_per_bar * beat * 0.95, 0.8))
        for k in range(beats_per_bar):
            t = at + k * beat
            for i, step in enumerate(chord.intervals):
                delay = i * beat / 8 if arpeggio else 0
                place(buffer, t + delay, tone(55 + (chord.root + 5) % 12 + step, beat * 0.9, 0.3))
            if drums:
                if k == 0 or (beats_per_bar == 4 and k == 2):
                    place(buffer, t, kick())
                else:
                    place(buffer, t, 0.35 * noise_hit(0.15, seed + k))
                for half in (0, 0.5):
                    place(buffer, t + half * beat, 0.12 * noise_hit(0.05, seed + 9, low=1.0))
    return wave_of(buffer), beats, spans


def drum_loop(bpm, bars, seed=0):
    """Kick on 1 and 3, snare on 2 and 4, closed hi-hat on the off-beat eighths; returns (wave, [(time, key)])."""
    beat = 60 / bpm
    buffer = np.zeros(int((0.3 + bars * 4 * beat + 0.5) * RATE))
    t = np.arange(int(0.2 * RATE)) / RATE
    truth = []
    for k in range(bars * 4):
        at = 0.3 + k * beat
        if k % 2 == 0:
            place(buffer, at, kick())
            truth.append((at, 36))
        else:
            place(buffer, at, 0.5 * noise_hit(0.2, seed + k) + 0.4 * np.sin(2 * np.pi * 190 * t) * np.exp(-25 * t))
            truth.append((at, 38))
        place(buffer, at + beat / 2, 0.3 * noise_hit(0.06, seed + 99 + k, low=1.0))
        truth.append((at + beat / 2, 42))
    return wave_of(buffer), truth
