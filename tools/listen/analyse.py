"""``analyse``: everything that can be measured of a piece, from one decode and one set of spectra."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform, stream
from segue.tools.core.piece import Clip, Piece
from segue.tools.core.score import Score
from segue.tools.core.store import Store
from segue.tools.listen import character, musicnn
from segue.tools.listen.descriptor import descriptor_of
from segue.tools.listen.facts import AXES, Analysis
from segue.tools.listen.keys import find_key, key_changes
from segue.tools.listen.level import SILENT_LUFS, LevelMeter
from segue.tools.listen.read import read_score
from segue.tools.listen.rhythm import Bars, Rhythm, bars_of, follow
from segue.tools.listen.spectra import RATE, Array, Frames, SpectraBuilder
from segue.tools.listen.structure import Stretch, sections_of
from segue.tools.listen.tonal import (
    Tones,
    chord_name,
    chord_path,
    chord_scores,
    harmonic_change,
    pooled,
    spans_of,
    tones_of,
)

__all__ = ["VERSION", "Analysis", "analyse", "analyse_blocks", "analyse_score", "analyse_wave", "hear"]

VERSION = 6  # raise it when a measure changes: what was remembered under the old one is measured again
Floats = npt.NDArray[np.float64]
Check = Callable[[], None]
Progress = Callable[[float, float, str], None]

_BLOCK_S = 10.0
LONG_S = 1500.0  # recordings beyond this are read in blocks and never held as a whole
REPLAYGAIN_LUFS = -18.0  # what ReplayGain 2.0 brings everything to
_TUNED = 0.018  # drums alone measure .006–.016 and noise .007; recordings with notes .022 and more, most .2
_WINDOWS, _WINDOW_S = 3, 15.0
_NO_TAGS = "Tags by musicnn are missing (no genre, instruments or vocals by ear): run `segue doctor --fix`."


def analyse(store: Store, piece: Piece, check: Check | None = None, progress: Progress | None = None) -> Analysis:
    """Return everything known about a piece; measured once per content and version, then remembered.

    What a score says (tempo, key, meter, chords, sections, instruments, genre) is taken from it with
    confidence 1; loudness, axes and vector come from the sound.

    Parameters
    ----------
    check : called often; may raise to stop.
    progress : called with ``(done, total, label)``.
    """
    heard = hear(store, piece.clip, check, progress) if piece.clip else None
    if piece.score is None:
        return heard or Analysis(notes=["There is neither sound nor score."])
    return read_score(store.score(piece.score), heard)


def analyse_score(score: Score) -> Analysis:
    """Return what a score without sound says."""
    return read_score(score, None)


def hear(store: Store, clip: Clip, check: Check | None = None, progress: Progress | None = None) -> Analysis:
    """Return what is heard in a clip, remembered by its content."""
    known = remembered(store, clip)
    if known is not None:
        return known
    if clip.duration_s > LONG_S:
        blocks: Iterable[Samples] = stream(store.path(clip.id), store.settings.max_input_s)
    else:
        blocks = _blocks(store.wave(clip))
    found = analyse_blocks(blocks, clip.sample_rate, clip.channels, clip.frames, check, progress)
    remember(store, clip, found)
    return found


def remembered(store: Store, clip: Clip) -> Analysis | None:
    """Return what was heard in a clip before, by this version and with the tagger that is here; None where nothing was."""
    known = store.recall(_key(clip))
    return None if known is None else Analysis.model_validate(known)


def remember(store: Store, clip: Clip, found: Analysis) -> None:
    """Keep what was heard in a clip."""
    store.remember(_key(clip), found.model_dump(mode="json"))


def _key(clip: Clip) -> str:
    return f"analysis:{VERSION}:{int(musicnn.available())}:{clip.id}"


def analyse_wave(
    wave: Waveform, check: Check | None = None, progress: Progress | None = None, by_ear: bool = True
) -> Analysis:
    """Return what is heard in a sound; nothing is remembered.

    Parameters
    ----------
    by_ear : let musicnn hear three windows as well; without it there are no tags, genre, instruments or vocals.
    """
    return analyse_blocks(_blocks(wave), wave.sample_rate, wave.channels, wave.frames, check, progress, by_ear)


def _blocks(wave: Waveform) -> Iterable[Samples]:
    size = int(_BLOCK_S * wave.sample_rate)
    for start in range(0, max(1, wave.frames), size):
        yield wave.samples[:, start : start + size]


class _Windows:
    """Keeps the stretches of mono sound that musicnn hears: three of 15 s, or all of a short recording."""

    def __init__(self, total: int) -> None:
        size = int(_WINDOW_S * RATE)
        if total <= _WINDOWS * size:
            self._spans = [(0, total)]
        else:
            self._spans = [(int(c * total) - size // 2, int(c * total) + size - size // 2) for c in (0.2, 0.5, 0.8)]
        self.parts: list[list[Array]] = [[] for _ in self._spans]
        self._at = 0

    def push(self, block: Array) -> None:
        for (start, stop), part in zip(self._spans, self.parts, strict=True):
            a, b = max(start - self._at, 0), min(stop - self._at, len(block))
            if a < b:
                part.append(block[a:b].copy())
        self._at += len(block)

    def all(self) -> list[Array]:
        return [np.concatenate(part) for part in self.parts if part]


def analyse_blocks(
    blocks: Iterable[Samples],
    sample_rate: int,
    channels: int,
    frames: int,
    check: Check | None = None,
    progress: Progress | None = None,
    by_ear: bool = True,
) -> Analysis:
    """Return what is heard in sound that goes by in blocks, float32 ``[channels, any]``; ``frames`` is its length."""
    import soxr

    seconds = frames / sample_rate
    meter = LevelMeter(sample_rate, channels)
    builder = SpectraBuilder()
    windows = _Windows(round(seconds * RATE))
    resampler = soxr.ResampleStream(sample_rate, RATE, 1, dtype="float32", quality="HQ")
    done = 0
    for block in blocks:
        if check:
            check()
        meter.push(block)
        mono = np.ascontiguousarray(block.mean(axis=0), dtype=np.float32)
        low = mono if sample_rate == RATE else resampler.resample_chunk(mono)
        builder.push(low)
        windows.push(low)
        done += block.shape[1]
        if progress:
            progress(0.6 * done / max(frames, 1), 1.0, "measuring")
    if sample_rate != RATE:
        rest = resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
        builder.push(rest)
        windows.push(rest)
    spectra = builder.finish()
    if progress:
        progress(0.65, 1.0, "listening for beats and chords")
    lufs = meter.integrated()
    if lufs <= SILENT_LUFS or meter.sample_peak < 1e-4:
        return Analysis(
            duration_s=seconds,
            silent=True,
            loudness_lufs=SILENT_LUFS,
            true_peak_db=meter.true_peak_db,
            axes=dict.fromkeys(AXES, 0.0),
            notes=["There is nothing to hear: it is silent."],
        )
    if progress:
        progress(0.75, 1.0, "listening for instruments")
    heard = musicnn.tags(windows.all(), RATE, check) if by_ear else None
    if check:
        check()
    return _interpret(spectra, meter, heard, seconds, by_ear)


def _interpret(
    frames: Frames, meter: LevelMeter, heard: musicnn.Tagged | None, seconds: float, by_ear: bool
) -> Analysis:
    rhythm = follow(frames)
    edges = spans_of(frames, rhythm.beats)
    tones = tones_of(frames, edges)
    # A beat close to the start is the first edge itself.
    first = int(np.argmin(np.abs(edges - rhythm.beats[0]))) if len(rhythm.beats) >= 4 else 0
    change = harmonic_change(tones)
    bars = bars_of(frames, rhythm.beats, change[first:])
    downbeat = np.zeros(len(edges) - 1, dtype=bool)
    if bars.meter:
        downbeat[(np.arange(len(downbeat)) - first - bars.first) % bars.beats_per_bar == 0] = True
    lengths = np.diff(edges)
    scores = chord_scores(tones)
    key, sure = find_key(tones, chord_path(scores, downbeat, None), lengths)
    path = chord_path(scores, downbeat, key)
    key, sure = find_key(tones, path, lengths)
    if frames.tuned < _TUNED or rhythm.drums_alone:
        key, sure = None, 0.0
    tags, genres, vector = heard or musicnn.Tagged({}, {}, [])
    lufs = meter.integrated()
    measures = character.measure(frames, tones, meter.true_peak_db, meter.rms_db)
    toneless = key is None
    valence, arousal = character.feeling(rhythm.bpm, key, sure, measures, lufs, tags)
    moods, moods_sure = character.moods_of(valence, arousal, sure)
    genre, genre_sure = character.genre_of(tags, genres, measures)
    drums, drums_sure = character.drums_of(measures, tags)
    instruments, instruments_sure = character.instruments_of(tags, drums)
    vocals, vocals_sure = character.vocals_of(tags)
    sections = _sections(frames, tones, edges, downbeat, rhythm, bars)
    short = seconds < 3.0
    return Analysis(
        duration_s=seconds,
        bpm=round(rhythm.bpm, 2) if rhythm.bpm else None,
        bpm_confidence=round(rhythm.confidence * (0.4 if short else 1.0), 3),
        bpm_alternatives=rhythm.alternatives,
        tempo_stability=round(rhythm.stability, 3),
        beats=[round(float(t), 3) for t in rhythm.beats],
        downbeats=[round(float(t), 3) for t in rhythm.beats[bars.first :: bars.beats_per_bar]] if bars.meter else [],
        meter=bars.meter,
        meter_confidence=round(bars.confidence * min(1.0, rhythm.confidence / 0.5), 3),
        key=str(key) if key else None,
        key_confidence=round(sure * (0.5 if short else 1.0), 3),
        keys=[(round(t, 2), str(k)) for t, k in key_changes(tones, path, edges, key)],
        tuning_cents=round(100 * frames.tuning, 1),
        tuning_confidence=0.0 if toneless else round(min(1.0, 2 * frames.tuned), 3),
        chords=[] if toneless else _chord_spans(path, edges, key),
        chords_confidence=0.0 if toneless else round(_chord_confidence(scores, path), 3),
        sections=[(s.label, round(s.start, 2), round(s.end, 2)) for s in sections],
        sections_confidence=0.0 if len(sections) < 2 else 0.5,
        sections_sure=[s.sure for s in sections],
        levels=_levels(frames),
        loudness_lufs=round(lufs, 2),
        loudness_range_lu=round(meter.range_lu(), 2),
        true_peak_db=round(meter.true_peak_db, 2),
        replaygain_db=round(REPLAYGAIN_LUFS - lufs, 2),
        replaygain_peak=round(meter.true_peak, 6),
        dynamics_db=round(meter.true_peak_db - lufs, 2),
        percussiveness=character.percussiveness(measures),
        descriptor=descriptor_of(frames, tones, rhythm.bpm),
        axes=character.axes_of(measures, rhythm, rhythm.bpm, lufs, tags, valence),
        tags=tags,
        audio_vector=vector,
        genre=genre,
        genre_confidence=genre_sure,
        moods=moods,
        moods_confidence=moods_sure,
        instruments=instruments,
        instruments_confidence=instruments_sure,
        vocals=vocals,
        vocals_confidence=vocals_sure,
        drums=drums,
        drums_confidence=drums_sure,
        valence=valence,
        arousal=arousal,
        notes=[] if heard or not by_ear else [_NO_TAGS],
    )


def _chord_spans(path: list[int], edges: Floats, key: object) -> list[tuple[float, float, str]]:
    """Join equal neighbours to ``(start, end, symbol)``."""
    from segue.tools.core.theory import Key

    spelling = key if isinstance(key, Key) else None
    out: list[tuple[float, float, str]] = []
    last = -1
    for state, start, end in zip(path, edges[:-1], edges[1:], strict=True):
        if state == last:
            out[-1] = (out[-1][0], round(float(end), 3), out[-1][2])
        else:
            out.append((round(float(start), 3), round(float(end), 3), chord_name(state, spelling)))
            last = state
    return out


def _chord_confidence(scores: Floats, path: list[int]) -> float:
    """Return how far the chosen chords stand above the others with another root, 0..1."""
    chosen = scores[np.arange(len(path)), path]
    typical = np.sort(scores, axis=1)[:, -20]
    return float(np.clip(np.mean(chosen - typical) * 2.0, 0, 1))


def _sections(
    frames: Frames, tones: Tones, edges: Floats, downbeat: npt.NDArray[np.bool_], rhythm: Rhythm, bars: Bars
) -> list[Stretch]:
    if bars.meter:
        starts = np.nonzero(downbeat)[0]
        parts = bars.beats_per_bar
    else:
        starts, parts = np.arange(0, len(edges) - 1, 4), 4  # two seconds of half-second spans
    if len(starts) and starts[0] > 0.5 * parts:
        starts = np.concatenate([[0], starts])
    lines = np.concatenate([edges[starts], [edges[-1]]]) if len(starts) else np.array([edges[0], edges[-1]])
    if len(lines) > 2 and lines[-1] - lines[-2] < 0.6 * float(np.median(np.diff(lines))):
        lines = np.delete(lines, -2)
        starts = starts[:-1]
    lines[0] = 0.0
    rows = starts[:, None] + np.arange(parts)[None, :] if len(starts) else np.zeros((1, parts), dtype=int)
    chroma = tones.treble[np.clip(rows, 0, len(tones.treble) - 1)] + tones.bass[np.clip(rows, 0, len(tones.bass) - 1)]
    return sections_of(lines, chroma, pooled(frames.mel, lines, middle=False), character.short_level(frames, lines))


def _levels(frames: Frames) -> list[float]:
    edges = np.append(np.arange(0.0, max(frames.seconds - 0.25, 0.01), 1.0), frames.seconds)
    return [round(float(db), 1) for db in character.short_level(frames, edges)]
