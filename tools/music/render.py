"""Scores into sound: parts → stems → mix.

Every part is played by an instance of its own (``fluid``, ``sampler`` or ``synths``), placed in the mix
(``mixdown.mix_part``) and mastered together by a stored gain curve. The mix is the sum of the stems,
sample for sample, on the 24-bit grid.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from segue.tools.core.audio import Samples, Waveform, quantised
from segue.tools.core.errors import BackendUnavailable, Cancelled, InvalidArgument
from segue.tools.core.instruments import of_program
from segue.tools.core.score import Clock, Part, Score
from segue.tools.core.settings import Settings
from segue.tools.music import fluid, mixdown, sampler, synths
from segue.tools.music.fluid import Event
from segue.tools.music.soundfont import find_soundfont
from segue.tools.sound.loudness import (
    db_to_gain,
    gain_to_db,
    k_weighted_energy,
    lufs_of_energy,
    peak_envelope,
    true_peak_db,
)

Progress = Callable[[float, float, str], None]
_THREADS = 2
_RING_S = 1.5  # the least that a piece rings after its last bar
_FLOOR = 10 ** (-66 / 20)  # what is under it at the end is cut off
_REFERENCE_LUFS = -23.0  # every instrument's test phrase is brought to this loudness
# How loud a role stands in the mix when its part's gain_db is 0.
_ROLE_DB = {"drums": 3.0, "bass": 3.0, "melody": 1.5, "lead": 1.5, "counter": -3.5, "chords": -4.5, "pad": -6.5,
            "arpeggio": -5.0, "percussion": -5.0, "other": -4.5}  # fmt: skip


@dataclass
class Rendered:
    """A finished mix.

    Attributes
    ----------
    mix : stereo, float32 on the 24-bit grid.
    stems : by part name, as long as ``mix``; their sum is ``mix``, sample for sample.
    meta : JSON: the master's gain and curve, loudness, what played it; ``meta["note"]`` where
        something must be said. Kept as ``Piece.mix``.
    """

    mix: Waveform
    stems: dict[str, Waveform]
    meta: dict[str, Any] = field(default_factory=dict)


def render(
    score: Score,
    settings: Settings,
    *,
    progress: Progress | None = None,
    reuse: Mapping[str, Waveform] | None = None,
    mix: Mapping[str, Any] | None = None,
    lufs: float = -14.0,
    sample_rate: int = 44_100,
    duration_s: float | None = None,
    loop: bool = False,
) -> Rendered:
    """Render a score.

    Parameters
    ----------
    progress : called with (done, total, label) several times a second; what it raises stops the work.
    reuse : stems by part name that are taken as they are; they and the result have one length.
    mix : an earlier ``meta`` whose gain and curve are applied again (same tempo and bars), instead of
        mastering to ``lufs``. With ``reuse`` it is needed.
    lufs : integrated loudness of the result; true peaks stay under −1 dBTP.
    duration_s : the file's exact length; the end is faded or padded.
    loop : exactly the score's bars, the tail wrapped round to the start.

    Raises
    ------
    InvalidArgument : ``reuse`` without ``mix``, or stems that differ in length or rate.
    BackendUnavailable, UnreadableMedia : no soundfont, or one that cannot be read.
    """
    reuse = {name: stem for name, stem in (reuse or {}).items() if score.part(name)}
    _check_reuse(reuse, mix, sample_rate)
    job = _Job(score, settings, sample_rate, loop)
    frames = job.plan_frames(duration_s, next((stem.frames for stem in reuse.values()), None))
    new = [part for part in score.parts if part.name not in reuse]
    raw = _play_all(job, new, progress or (lambda done, total, label: None))
    if frames is None:
        frames = _natural_frames(raw, job.music_frames, sample_rate)
    if not loop:
        fade_from = min(job.music_frames, frames)
        for name in raw:  # one by one: a copy of everything at once would double the memory
            raw[name] = _ended(raw[name], frames, fade_from, sample_rate)
    meta: dict[str, Any] = {
        "version": 1,
        "sample_rate": sample_rate,
        "frames": frames,
        "synthesiser": job.engine,
        "soundfont": job.soundfont.name,
        "note": " ".join(job.notes),
    }
    if mix:
        master = mixdown.Master(float(mix["gain_db"]), str(mix["curve"]))
    else:
        total, loudest = _total(raw, frames)
        master = mixdown.decide_master(total, loudest, sample_rate, lufs, loop)
    gain, curve = db_to_gain(master.gain_db), mixdown.unpack_curve(master.curve)
    stems = dict(reuse)
    for name in list(raw):
        stems[name] = Waveform(mixdown.mastered(raw.pop(name), curve, gain), sample_rate)
    meta |= {"gain_db": master.gain_db, "curve": master.curve, "target_lufs": (mix or {}).get("target_lufs", lufs)}
    ordered = {part.name: stems[part.name] for part in score.parts}
    return remix(ordered, meta) if ordered else _silence(frames, meta)


def remix(stems: Mapping[str, Waveform], meta: Mapping[str, Any]) -> Rendered:
    """Sum stems that exist: what an edit that only drops parts needs. Their samples do not change.

    Only if the sum passes −1 dBTP is one constant gain put on all of them; ``meta["note"]`` says so.

    Raises
    ------
    InvalidArgument : no stems, or stems of different length or rate.
    """
    first = next(iter(stems.values()), None)
    if first is None or any((s.frames, s.sample_rate) != (first.frames, first.sample_rate) for s in stems.values()):
        raise InvalidArgument("Stems of different lengths cannot be summed.", "Render the piece again.")
    out = dict(meta)
    samples = {name: stem.samples for name, stem in stems.items()}
    total = mixdown.exact_sum(list(samples.values()))
    peak = true_peak_db(Waveform(total, first.sample_rate))
    if peak > mixdown.CEILING_DB + 0.001:
        down = mixdown.CEILING_DB - 0.02 - peak
        samples = {name: quantised(s * np.float32(db_to_gain(down))) for name, s in samples.items()}
        total = mixdown.exact_sum(list(samples.values()))
        peak = true_peak_db(Waveform(total, first.sample_rate))
        out["gain_db"] = round(float(out.get("gain_db", 0.0)) + down, 4)
        sentence = f"The whole was lowered by {-down:.1f} dB, so that its peaks stay under −1 dBTP."
        out["note"] = f"{out.get('note', '')} {sentence}".strip()
    energy = k_weighted_energy(total, first.sample_rate, mixdown.HOP)
    out["lufs"] = round(lufs_of_energy(energy, first.sample_rate, mixdown.HOP), 2)
    out["true_peak_db"] = round(peak, 2)
    return Rendered(
        Waveform(total, first.sample_rate), {n: Waveform(s, first.sample_rate) for n, s in samples.items()}, out
    )


def _check_reuse(reuse: Mapping[str, Waveform], mix: Mapping[str, Any] | None, sample_rate: int) -> None:
    if reuse and not mix:
        raise InvalidArgument("Reusing stems needs the mix that they came from.", "Pass the piece's `mix` as well.")
    if any(stem.sample_rate != sample_rate for stem in reuse.values()):
        raise InvalidArgument("The stems to reuse have another sample rate.", "Pass their rate as sample_rate.")


class _Job:
    """What all parts of one rendering share."""

    def __init__(self, score: Score, settings: Settings, sample_rate: int, loop: bool) -> None:
        self.score, self.sample_rate, self.loop = score, sample_rate, loop
        self.soundfont = find_soundfont(settings)
        self.engine = choose_engine(settings)
        self.notes: list[str] = []
        if self.engine == "sampler" and settings.synthesiser == "auto":
            self.notes.append("FluidSynth was not found, so Segue's own sampler played the soundfont.")
        clock = score.clock()
        self.music_frames = round(clock.seconds(score.bars * score.beats_per_bar) * sample_rate)
        self.events = {
            part.name: part_events(part, clock, sample_rate, loop, self.music_frames) for part in score.parts
        }
        if not loop:
            last = max((event.off for events in self.events.values() for event in events), default=0)
            self.music_frames = max(self.music_frames, last)
        self.room_s = mixdown.room_seconds(score.genre)
        self.tail = round((4.0 + self.room_s) * sample_rate)
        self.fixed: int | None = None
        self.stop = threading.Event()

    def plan_frames(self, duration_s: float | None, reused: int | None) -> int | None:
        """Settle the length where it is known beforehand, and how far parts are played."""
        if self.loop:
            self.fixed = self.music_frames
        elif reused is not None:
            self.fixed = reused
        elif duration_s is not None:
            self.fixed = max(1, round(duration_s * self.sample_rate))
        return self.fixed

    def check(self) -> None:
        """Stop a worker thread when the caller has given up."""
        if self.stop.is_set():
            raise Cancelled("Stopped.")

    def part(self, part: Part) -> Samples:
        """Play and place one part."""
        events = self.events[part.name]
        played = self.music_frames + self.tail
        if self.fixed is not None and not self.loop:
            played = min(played, self.fixed)
        if not events:
            return np.zeros((2, self.fixed or played), np.float32)
        dry = play_part(part, events, played, self.soundfont, self.engine, self.sample_rate, self.check)
        self.check()
        trim = _trim_db(
            self.soundfont, self.engine, part.program, part.is_drum, part.synth, part.role, self.sample_rate
        )
        dry *= np.float32(db_to_gain(trim + _ROLE_DB.get(part.role, -4.5)))
        placed = mixdown.mix_part(
            dry, self.sample_rate, role=part.role, gain_db=part.gain_db, pan=part.pan, reverb=part.reverb,
            room_s=self.room_s, check=self.check,
        )  # fmt: skip
        self.check()
        return _wrapped(placed, self.music_frames) if self.loop else placed


def choose_engine(settings: Settings) -> str:
    """Return "fluidsynth" or "sampler" as the setting ``synthesiser`` and the machine have it.

    Raises
    ------
    BackendUnavailable : FluidSynth is demanded and not there.
    """
    if settings.synthesiser == "sampler":
        return "sampler"
    if fluid.find_library() is not None:
        return "fluidsynth"
    if settings.synthesiser == "fluidsynth":
        raise BackendUnavailable("libfluidsynth was not found.", "Install FluidSynth, or set SEGUE_SYNTHESISER=auto.")
    return "sampler"


def part_events(part: Part, clock: Clock, sample_rate: int, loop: bool = False, period: int = 0) -> list[Event]:
    """Return a part's notes as they are played, in frames, sorted; a repeated pitch ends the one before."""
    events: dict[int, list[Event]] = {}
    for note in part.notes:
        on = round((clock.seconds(note.start) + note.shift_s) * sample_rate)
        off = round((clock.seconds(note.end) + note.shift_s) * sample_rate)
        if on < 0:
            on, off = (on + period, off + period) if loop else (0, max(off, 1))
        events.setdefault(note.pitch, []).append(Event(on, max(off, on + 2 * fluid.BLOCK), note.pitch, note.velocity))
    out = []
    for same in events.values():
        same.sort(key=lambda event: (event.on, -event.velocity))
        for here, after in zip(same, [*same[1:], None], strict=True):
            if after is None or here.off <= after.on:
                out.append(here)
            elif after.on - here.on >= 2 * fluid.BLOCK:
                out.append(Event(here.on, after.on, here.pitch, here.velocity))
            else:  # two at once are one: the later keeps its end, the earlier its beginning
                same[same.index(after)] = Event(
                    here.on, max(here.off, after.off), here.pitch, max(here.velocity, after.velocity)
                )
    return sorted(out, key=lambda event: (event.on, event.pitch))


def play_part(
    part: Part, events: list[Event], frames: int, soundfont: Path, engine: str, sample_rate: int,
    check: Callable[[], None],
) -> Samples:  # fmt: skip
    """Play one part dry: float32 ``[2, frames]``, at the instrument's own level."""
    if synths.knows(part.synth):
        return synths.play(str(part.synth), events, frames, sample_rate, check)
    player = fluid.play if engine == "fluidsynth" else sampler.play
    sound = player(
        soundfont, events, frames, program=part.program, is_drum=part.is_drum, sample_rate=sample_rate, check=check
    )
    return synths.aged(sound, sample_rate) if part.synth == "vinyl" else sound


@lru_cache(maxsize=256)
def _trim_db(
    soundfont: Path, engine: str, program: int, is_drum: bool, synth: str | None, role: str, sample_rate: int
) -> float:
    """Return the gain in dB that brings an instrument's test phrase to the reference loudness.

    Soundfonts differ by 15 dB from program to program; the phrase depends on the instrument only, so a
    part's level never depends on what it plays.
    """
    if is_drum:
        keys: tuple[int, ...] = (36, 42, 38, 42) if role != "percussion" else (62, 70, 63, 70)
    else:
        instrument = of_program(program)
        low, high = (28, 52) if role == "bass" else (instrument.low, instrument.high)
        keys = tuple(round(low + (high - low) * share) for share in (0.3, 0.45, 0.6))
    # Long enough for slow strings to swell; drums are struck as in a quick beat.
    step = round((0.25 if is_drum else 1.2) * sample_rate)
    events = [Event(i * step, round((i + 0.9) * step), key, 90) for i, key in enumerate(keys)]
    part = Part(name="test", program=program, is_drum=is_drum, synth=synth)
    sound = play_part(part, events, (len(keys) + 1) * step, soundfont, engine, sample_rate, lambda: None)
    energy = k_weighted_energy(sound, sample_rate, mixdown.HOP)
    size = max(1, round(0.4 * sample_rate / mixdown.HOP))
    blocks = np.convolve(energy, np.ones(size), "valid")
    loudest = np.partition(blocks, -len(blocks) // 4)[-len(blocks) // 4 :].mean() / (size * mixdown.HOP)
    loudness = -0.691 + 10 * np.log10(loudest + 1e-12)
    return float(np.clip(_REFERENCE_LUFS - loudness, -30.0, 40.0)) if loudness > -69 else 0.0


def _play_all(job: _Job, parts: list[Part], progress: Progress) -> dict[str, Samples]:
    """Play the parts, two side by side; the caller's progress function may raise to stop."""
    out: dict[str, Samples] = {}
    progress(0.0, max(1, len(parts)), "playing")
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="render") as pool:
        waiting: dict[Future[Samples], str] = {pool.submit(job.part, part): part.name for part in parts}
        try:
            while waiting:
                done, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    out[waiting.pop(future)] = future.result()
                progress(len(out), len(parts), "playing")
        except BaseException:
            job.stop.set()
            for future in waiting:
                future.cancel()
            raise
    return {part.name: out[part.name] for part in parts}


def _wrapped(samples: Samples, period: int) -> Samples:
    """Fold everything after ``period`` frames back onto the start."""
    out = np.zeros((2, period), np.float32)
    for start in range(0, samples.shape[1], period):
        piece = samples[:, start : start + period]
        out[:, : piece.shape[1]] += piece
    return out


def _natural_frames(raw: Mapping[str, Samples], music_frames: int, sample_rate: int) -> int:
    """Return where the last part has died away, at least ``_RING_S`` after the music's end."""
    least = music_frames + round(_RING_S * sample_rate)
    last = least
    peak = max((float(np.abs(samples).max(initial=0)) for samples in raw.values()), default=0.0)
    for samples in raw.values():
        heard = np.flatnonzero(peak_envelope(samples[:, least:], 1024, floor=2.0) > _FLOOR * peak)
        if len(heard):
            last = max(last, least + (int(heard[-1]) + 1) * 1024)
    return last


def _ended(samples: Samples, frames: int, fade_from: int, sample_rate: int) -> Samples:
    """Return exactly ``frames`` frames; what would be cut off is faded out, at most 1.5 s long."""
    out = samples[:, :frames]
    if out.shape[1] < frames:
        out = np.concatenate([out, np.zeros((2, frames - out.shape[1]), np.float32)], axis=1)
    cut_short = frames < fade_from + round(_RING_S * sample_rate)
    longest = round((1.5 if cut_short else 0.25) * sample_rate)
    size = max(1, min(frames, longest, max(frames - fade_from, round(0.3 * sample_rate))))
    out[:, frames - size :] *= np.cos(np.linspace(0, np.pi / 2, size, dtype=np.float32)) ** 2
    return out


def _total(raw: Mapping[str, Samples], frames: int) -> tuple[Samples, Any]:
    total = np.zeros((2, frames), np.float32)
    loudest = np.zeros(-(-frames // mixdown.HOP), np.float32)
    for samples in raw.values():
        total += samples
        np.maximum(loudest, peak_envelope(samples, mixdown.HOP, floor=2.0), out=loudest)
    return total, loudest


def _silence(frames: int, meta: dict[str, Any]) -> Rendered:
    note = "The score has no parts, so the sound is silence."
    wave = Waveform(np.zeros((2, frames), np.float32), int(meta["sample_rate"]))
    return Rendered(wave, {}, {**meta, "lufs": -70.0, "true_peak_db": gain_to_db(0.0), "note": note})
