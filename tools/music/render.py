"""Scores into sound: parts → stems → mix.

Every part is played by an instance of its own (``render_parts``), placed in the mix (``mixdown_part``), makes
way where the genre has it (``mixdown_duck``), and is mastered together with the others by a stored gain
curve (``mixdown``). The mix is the sum of the stems, sample for sample, on the 24-bit grid.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform, quantised
from segue.tools.core.errors import Cancelled, InvalidArgument
from segue.tools.core.score import Part, Score
from segue.tools.core.settings import Settings
from segue.tools.music import mixdown, mixdown_duck
from segue.tools.music.mixdown_part import Place, placed
from segue.tools.music.mixdown_spaces import space_of
from segue.tools.music.render_notes import Event
from segue.tools.music.render_parts import choose_engine, doubled, part_events, play_part, trim_db
from segue.tools.music.render_stems import Shelf, Stems
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
VERSION = 2  # of ``Rendered.meta``; version 1 had no ducks
_THREADS = 2
_RING_S = 1.5  # the least that a piece rings after its last bar
_FLOOR = 10 ** (-66 / 20)  # what is under it at the end is cut off
# How loud a role stands in the mix when its part's gain_db is 0.
_ROLE_DB = {"drums": 3.0, "bass": 3.0, "melody": 1.5, "lead": 1.5, "counter": -3.5, "chords": -4.5, "pad": -6.5,
            "arpeggio": -5.0, "percussion": -5.0, "other": -4.5}  # fmt: skip


@dataclass
class Rendered:
    """A finished mix.

    Attributes
    ----------
    mix : stereo, float32 on the 24-bit grid.
    stems : by part name, as long as ``mix``; their sum is ``mix``, sample for sample. Long ones lie in a
        temporary file and are read whenever they are asked for.
    meta : JSON: the master's gain and curve, when parts make way, loudness, what played it; ``meta["note"]``
        where something must be said. Kept as ``Piece.mix``.
    """

    mix: Waveform
    stems: Mapping[str, Waveform]
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
    mix : an earlier ``meta`` whose gain, curve and ducks are applied again (same tempo and bars), instead of
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
    job = Job(score, settings, sample_rate, loop, mix)
    if loop:
        job.frames = job.music_frames
    elif reuse:
        job.frames = next(iter(reuse.values())).frames
    elif duration_s is not None:
        job.frames = max(1, round(duration_s * sample_rate))
    new = [part for part in score.parts if part.name not in reuse]
    tell = progress or (lambda done, total, label: None)
    each(job, new, job.play, tell, "playing")
    frames = job.settle_length()
    meta: dict[str, Any] = {
        "version": VERSION,
        "sample_rate": sample_rate,
        "frames": frames,
        "synthesiser": job.engine,
        "soundfont": job.soundfont.name,
        "ducks": job.ducks,
        "note": " ".join(job.notes),
    }
    if not score.parts:
        return _silence(frames, meta | {"gain_db": 0.0, "curve": mixdown.pack_curve(np.ones(2))})
    if mix:
        master = mixdown.Master(float(mix["gain_db"]), str(mix["curve"]))
    else:
        rides = [] if loop else mixdown.sections_of(score, sample_rate)
        master = mixdown.decide_master(job.total_of(frames), job.loudest, sample_rate, lufs, loop, rides)
    meta |= {"gain_db": master.gain_db, "curve": master.curve, "target_lufs": (mix or {}).get("target_lufs", lufs)}
    steps = job.start_sum(frames)
    curve, gain = mixdown.unpack_curve(master.curve), db_to_gain(master.gain_db)
    each(job, new, lambda part: job.master(part, curve, gain), tell, "mixing")
    for stem in reuse.values():
        mixdown.add_steps(steps, stem.samples)
    whole = Waveform(mixdown.from_steps(steps), sample_rate)
    stems = Stems(job.shelf, [part.name for part in score.parts], sample_rate, reuse)
    peak = true_peak_db(whole)
    if peak > mixdown.CEILING_DB + 0.001:
        return remix(stems, meta)
    loud = master.lufs
    if loud is None:
        energy = k_weighted_energy(whole.samples, sample_rate, mixdown.HOP)
        loud = lufs_of_energy(energy, sample_rate, mixdown.HOP)
    return Rendered(whole, stems, {**meta, "lufs": round(loud, 2), "true_peak_db": round(peak, 2)})


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


class Job:
    """What all parts of one rendering share, and what is known of the sum so far."""

    def __init__(
        self, score: Score, settings: Settings, sample_rate: int, loop: bool, mix: Mapping[str, Any] | None = None
    ) -> None:
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
        self.space = space_of(score.genre)
        self.ducks = mixdown_duck.known_ducks(score, self.space, mix)
        self.tail = round((4.0 + self.space.room_s) * sample_rate)
        self.frames: int | None = None  # the result's length, once it is known
        self.shelf = Shelf()
        self.stop = threading.Event()
        self._adding = threading.Lock()
        self.loudest = np.zeros(0, np.float32)
        self._sum = np.zeros((2, 0), np.int32)

    def check(self) -> None:
        """Stop a worker thread when the caller has given up."""
        if self.stop.is_set():
            raise Cancelled("Stopped.")

    @property
    def played(self) -> int:
        """How far parts are played, in frames: to the end of all ringing, so that a second time sounds the same."""
        longest = self.music_frames + self.tail
        return self.frames if self.frames is not None and self.frames < self.music_frames else longest

    def in_place(self, part: Part, events: list[Event], frames: int) -> Samples:
        """Play one part and put it in its place: float32 ``[2, frames]``, before ducking and the master."""
        if not events:
            return np.zeros((2, frames), np.float32)
        rate = self.sample_rate
        dry = play_part(part, events, frames, self.soundfont, self.engine, rate, self.check, self.score.genre)
        self.check()
        genre = self.score.genre if part.is_drum else None
        trim = trim_db(self.soundfont, self.engine, part.program, part.is_drum, part.synth, part.role, rate, genre)
        dry *= np.float32(db_to_gain(trim + _ROLE_DB.get(part.role, -4.5)))
        place = Place(part.role, part.gain_db, part.pan, part.reverb, self.space, self.score.bpm, doubled(part))
        return placed(dry, rate, place, self.check)

    def play(self, part: Part) -> None:
        """Play one part onto the shelf and add it to the sum."""
        sound = self.in_place(part, self.events[part.name], self.played)
        if self.loop:
            sound = _wrapped(sound, self.music_frames)
        curve = mixdown_duck.duck_curve(
            self.ducks, part, sound.shape[1], self.sample_rate, self.music_frames if self.loop else None
        )
        if curve is not None:
            mixdown.apply_curve(sound, curve)
        peaks = peak_envelope(sound, mixdown.HOP, floor=2.0)
        mixdown.silenced(sound, peaks)
        with self._adding:
            if self._sum.shape[1] == 0:
                self._sum, self.loudest = np.zeros(sound.shape, np.int32), np.zeros(len(peaks), np.float32)
            # In whole steps, so that the sum is the same in whatever order parts are done.
            mixdown.add_steps(self._sum, sound)
            np.maximum(self.loudest, peaks, out=self.loudest)
        self.shelf.put(part.name, sound)

    def settle_length(self) -> int:
        """Return the length; where none was fixed, all has died away, at least ``_RING_S`` after the music."""
        if self.frames is None:
            least = self.music_frames + round(_RING_S * self.sample_rate)
            heard = np.flatnonzero(self.loudest > _FLOOR * self.loudest.max(initial=0.0))
            self.frames = max(least, (int(heard[-1]) + 1) * mixdown.HOP if len(heard) else 0)
        return self.frames

    def total_of(self, frames: int) -> Samples:
        """Return the sum of the parts before the master, as long as the result; its memory is given away."""
        total = self._ended(mixdown.from_steps(self._sum), frames)
        self._sum = np.zeros((2, 0), np.int32)
        self.loudest = _fitted(self.loudest[None], -(-frames // mixdown.HOP))[0]
        return total

    def start_sum(self, frames: int) -> npt.NDArray[np.int32]:
        """Return the sum that ``master`` adds to, all zero."""
        self._sum = np.zeros((2, frames), np.int32)
        return self._sum

    def master(self, part: Part, curve: npt.NDArray[np.float64], gain: float) -> None:
        """Make the finished stem of what lies on the shelf, and add it to the mix."""
        self.check()
        stem = self._ended(self.shelf.get(part.name), self._sum.shape[1])
        mixdown.mastered(stem, curve, gain)
        with self._adding:
            mixdown.add_steps(self._sum, stem)
        self.shelf.put(part.name, stem)

    def _ended(self, samples: Samples, frames: int) -> Samples:
        """Return exactly ``frames`` frames; what would be cut off is faded out, at most 1.5 s long."""
        out = _fitted(samples, frames)
        if self.loop:
            return out
        fade_from = min(self.music_frames, frames)
        cut_short = frames < fade_from + round(_RING_S * self.sample_rate)
        longest = round((1.5 if cut_short else 0.25) * self.sample_rate)
        size = max(1, min(frames, longest, max(frames - fade_from, round(0.3 * self.sample_rate))))
        out[:, frames - size :] *= np.cos(np.linspace(0, np.pi / 2, size, dtype=np.float32)) ** 2
        return out


def each(job: Job, parts: list[Part], work: Callable[[Part], None], progress: Progress, label: str) -> None:
    """Do the same work to parts, two side by side; the caller's progress function may raise to stop."""
    total = max(1, 2 * len(parts))
    before = 0 if label == "playing" else len(parts)
    progress(before, total, label)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="render") as pool:
        waiting = {pool.submit(work, part) for part in parts}
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                progress(before + len(parts) - len(waiting), total, label)
        except BaseException:
            job.stop.set()
            for future in waiting:
                future.cancel()
            raise


def _wrapped(samples: Samples, period: int) -> Samples:
    """Fold everything after ``period`` frames back onto the start."""
    out = np.zeros((2, period), np.float32)
    for start in range(0, samples.shape[1], period):
        piece = samples[:, start : start + period]
        out[:, : piece.shape[1]] += piece
    return out


def _fitted(samples: Samples, frames: int) -> Samples:
    out = samples[:, :frames]
    if out.shape[1] < frames:
        out = np.concatenate([out, np.zeros((len(out), frames - out.shape[1]), np.float32)], axis=1)
    return out


def _silence(frames: int, meta: dict[str, Any]) -> Rendered:
    note = "The score has no parts, so the sound is silence."
    wave = Waveform(np.zeros((2, frames), np.float32), int(meta["sample_rate"]))
    return Rendered(wave, {}, {**meta, "lufs": -70.0, "true_peak_db": gain_to_db(0.0), "note": note})
