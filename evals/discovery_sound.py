"""Which recording is this? Excerpts of ten seconds as they reach a microphone, from the library and from outside it.

Every excerpt is identified through the retrieve tool, as an attached clip is.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segue.evals.discovery_pieces import Made
from segue.tools import retrieve
from segue.tools.collection.fingerprint import FingerprintIndex, landmarks
from segue.tools.core import registry
from segue.tools.core.audio import AUDIO_SUFFIXES, Waveform, decode
from segue.tools.core.base import Context, ItemRef
from segue.tools.core.piece import Piece
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store

EXCERPT_S = 10.0
SNR_DB = 14.0
_FEWEST = 4
KINDS = ("noise", "mp3", "equalised", "speed", "all")


def identification(made: dict[str, Made], outside: Sequence[Made], settings: Settings, count: int = 200) -> dict[str, Any]:  # fmt: skip
    """Return ``top1`` (share of ``count`` excerpts named rightly), ``false`` (share of as many strangers named), by kind.

    Parameters
    ----------
    made : the library's pieces by track id. outside : pieces that are not in it.
    """
    asker = _Asker(settings)
    rng = np.random.default_rng(1)
    right: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for n in range(count):
        id, kind = sorted(made)[n % len(made)], KINDS[n % len(KINDS)]
        right[kind].append(asker.names(excerpt(made[id], kind, rng)) == id)
    wrong = [
        asker.names(excerpt(outside[n % len(outside)], KINDS[n % len(KINDS)], rng)) is not None for n in range(count)
    ]
    asker.store.clean()
    every = [one for each in right.values() for one in each]
    return {
        "top1": float(np.mean(every)),
        "false": float(np.mean(wrong)),
        "excerpts": len(every),
        "strangers": len(wrong),
        "by_kind": {kind: float(np.mean(each)) for kind, each in right.items() if each},
    }


def recorded(folder: Path, count: int = 200) -> dict[str, Any] | None:
    """Return the same for real recordings: half of a folder's are known, the other half are strangers.

    None where the folder holds fewer than four. Their landmarks are compared as the retrieve tool compares them.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
    if len(paths) < _FEWEST:
        return None
    waves = [decode(path) for path in paths]
    known, strange = waves[::2], waves[1::2]
    index = FingerprintIndex({str(n): landmarks(wave) for n, wave in enumerate(known)})
    rng = np.random.default_rng(2)
    right, wrong = [], []
    for n in range(count):
        kind = KINDS[n % len(KINDS)]
        found = index.recognise(spoilt(known[n % len(known)], kind, rng), 1)
        right.append(bool(found) and found[0].id == str(n % len(known)))
        wrong.append(bool(index.recognise(spoilt(strange[n % len(strange)], kind, rng), 1)))
    return {"top1": float(np.mean(right)), "false": float(np.mean(wrong)), "excerpts": count, "strangers": count, "recordings": len(paths)}  # fmt: skip


class _NotThere(Exception):
    """No recording is this one: what sounds most like it need not be looked for here."""


def _no_other(note: str) -> None:
    if note.startswith("No recording in the library"):
        raise _NotThere


class _Asker:
    """Asks the retrieve tool which recording a sound is."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.store = settings, Store(settings)
        backend = registry.backends("retrieve")[0]  # embedded
        self._run = registry.load(backend, settings)

    def names(self, wave: Waveform) -> str | None:
        """Return the id that the tool gives as the same recording, or None."""
        piece = self.store.save(Piece(id="p_excerpt", owner="local", title="excerpt", clip=self.store.add_wave(wave)))
        args = retrieve.Args(action="identify", like=[ItemRef(id=piece.id)], k=1)
        try:
            found = self._run(args, Context(self.store, self.settings, tool="retrieve", say=_no_other))
        except _NotThere:
            return None
        finally:
            self.store.remove([piece.id])
        assert isinstance(found, retrieve.Out)
        same = bool(found.items) and any(reason.startswith("the same recording") for reason in found.items[0].reasons)
        return found.items[0].id if same else None


def excerpt(made: Made, kind: str, rng: np.random.Generator) -> Waveform:
    """Cut ten seconds anywhere in a piece and spoil them in one way, or in all four."""
    return spoilt(decode(made.path), kind, rng)


def spoilt(sound: Waveform, kind: str, rng: np.random.Generator) -> Waveform:
    """Cut ten seconds anywhere in a sound and spoil them in one way, or in all four."""
    rate, length = sound.sample_rate, round(EXCERPT_S * sound.sample_rate)
    start = int(rng.integers(0, max(1, sound.frames - length)))
    wave = Waveform(np.ascontiguousarray(sound.samples[:, start : start + length]), rate)
    if kind in ("speed", "all"):
        wave = _faster(wave, float(rng.choice([0.98, 1.02])))
    if kind in ("equalised", "all"):
        wave = _equalised(wave)
    if kind in ("noise", "all"):
        wave = _noisy(wave, rng)
    return _mp3(wave) if kind in ("mp3", "all") else wave


def _faster(wave: Waveform, speed: float) -> Waveform:
    """Play a sound so much faster, its pitch with it."""
    played = Waveform(wave.samples, round(wave.sample_rate * speed)).resampled(wave.sample_rate)
    return Waveform(played.samples, wave.sample_rate)


def _equalised(wave: Waveform) -> Waveform:
    """The band of a small loudspeaker, 300–4000 Hz."""
    from scipy.signal import butter, sosfilt

    sos = butter(2, [300, 4000], "bandpass", fs=wave.sample_rate, output="sos")
    return Waveform(sosfilt(sos, wave.samples, axis=1).astype(np.float32), wave.sample_rate)


def _noisy(wave: Waveform, rng: np.random.Generator) -> Waveform:
    level = float(np.sqrt(np.mean(wave.samples**2))) * 10 ** (-SNR_DB / 20)
    return Waveform(wave.samples + rng.normal(0, level, wave.samples.shape).astype(np.float32), wave.sample_rate)


def _mp3(wave: Waveform, kbit: int = 64) -> Waveform:
    """Encode as mp3 and decode again."""
    import av
    import soundfile

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp3") as out:
        stream = out.add_stream("libmp3lame", rate=wave.sample_rate, bit_rate=kbit * 1000, layout="mono")
        frame = av.AudioFrame.from_ndarray(wave.mono()[None, :].astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate = wave.sample_rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    buffer.seek(0)
    samples, rate = soundfile.read(buffer, dtype="float32", always_2d=True)
    return Waveform(np.ascontiguousarray(samples.T), rate)
