"""The first seconds of a piece while the rest is being rendered, at the gain that the whole will have.

The opening is played as it is, with one short window from each kind of section; repeated to the sections'
lengths, the windows stand for the whole piece, and the master is decided on that.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.score import Part, Score
from segue.tools.core.settings import Settings
from segue.tools.music import mixdown, mixdown_duck
from segue.tools.music.render import Job, each
from segue.tools.music.render_notes import Event
from segue.tools.sound.loudness import db_to_gain, k_weighted_energy, peak_envelope

_LEAD_S = 0.5  # played before a window, so that what was struck earlier and the room ring into it
_WINDOW_S = 2.0
_MOST_WINDOWS = 5
_FADE_S = 0.03


@dataclass(frozen=True, slots=True)
class _Window:
    """Hops ``start`` to ``stop`` of the piece, which stand for the hops ``spans`` of it."""

    start: int
    stop: int
    spans: tuple[tuple[int, int], ...]


def preview(
    score: Score,
    settings: Settings,
    seconds: float = 10.0,
    *,
    lufs: float = -14.0,
    sample_rate: int = 44_100,
    check: Callable[[], None] = lambda: None,
) -> tuple[Waveform, dict[str, Any]]:
    """Return the first ``seconds`` of a score's mix, and what it is: a preview, and its predicted gain.

    The samples are those of ``render`` but for the master: its gain is predicted (within about 1 LU), its
    limiter knows the opening only, and the end is cut off with a short fade. Not made for loops.

    Parameters
    ----------
    check : called often; may raise to stop.

    Returns
    -------
    float32 stereo, and ``{"preview": True, "seconds", "gain_db", "lufs", "sample_rate"}``, where ``lufs`` is the
    loudness that the whole piece is expected to have.
    """
    job = Job(score, settings, sample_rate, loop=False)
    hop_s = mixdown.HOP / sample_rate
    length = job.music_frames // mixdown.HOP
    opening = max(1, min(round(seconds / hop_s), length))
    windows = _windows(score, hop_s, opening, length)
    timeline = _Timeline(job, opening, windows)

    def tell(done: float, total: float, label: str) -> None:
        check()

    each(job, list(score.parts), timeline.add, tell, "playing")
    energy, peaks = timeline.measured()
    whole_energy, whole_peaks = np.zeros(length), np.zeros(length)
    whole_energy[:opening], whole_peaks[:opening] = energy[:opening], peaks[:opening]
    at = opening
    for window in windows:
        at += timeline.lead
        size = window.stop - window.start
        for start, stop in window.spans:
            index = at + np.arange(stop - start) % size
            whole_energy[start:stop], whole_peaks[start:stop] = energy[index], peaks[index]
        at += size
    sections = mixdown.sections_of(score, sample_rate)
    master = mixdown.master_of(whole_energy, whole_peaks, sample_rate, lufs, False, sections)
    sound = np.ascontiguousarray(timeline.total[:, : opening * mixdown.HOP])
    mixdown.mastered(sound, mixdown.unpack_curve(master.curve), db_to_gain(master.gain_db))
    fade = min(sound.shape[1], round(_FADE_S * sample_rate))
    sound[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    meta = {
        "preview": True,
        "seconds": seconds,
        "gain_db": master.gain_db,
        "lufs": master.lufs,
        "sample_rate": sample_rate,
    }
    return Waveform(sound, sample_rate), meta


def _windows(score: Score, hop_s: float, opening: int, length: int) -> list[_Window]:
    """Choose windows, and what each stands for, so that all behind the opening is stood for."""
    clock = score.clock()

    def hop_of(bar: int) -> int:
        return min(length, max(opening, round(clock.seconds(score.bar_beat(bar)) / hop_s)))

    size = round(_WINDOW_S / hop_s)
    kinds: dict[str, list[tuple[int, int, int]]] = {}  # name: where to listen, from, to
    for section in score.sections:
        spans = (section.start_bar + section.bars // 3, section.start_bar, section.start_bar + section.bars)
        middle, start, stop = (hop_of(bar) for bar in spans)
        if stop > start:
            kinds.setdefault(section.name.rstrip(" 0123456789"), []).append((middle, start, stop))
    if not kinds and length > opening:
        kinds[""] = [((opening + length) // 2, opening, length)]
    longest = sorted(kinds.values(), key=lambda found: -sum(stop - start for _, start, stop in found))
    out = []
    for found in longest[:_MOST_WINDOWS]:
        middle = min(found[len(found) // 2][0], max(opening, length - size))
        out.append(_Window(middle, min(length, middle + size), tuple((start, stop) for _, start, stop in found)))
    return [window for window in out if window.stop > window.start]


class _Timeline:
    """The opening and the windows behind each other, each window with a lead-in, as one sum of all parts."""

    def __init__(self, job: Job, opening: int, windows: list[_Window]) -> None:
        self.job = job
        self.lead = round(_LEAD_S * job.sample_rate / mixdown.HOP)
        self.pieces = [(0, opening)]  # hops of the piece, in the order of the timeline
        self.pieces += [(window.start - self.lead, window.stop) for window in windows]
        hops = sum(stop - start for start, stop in self.pieces)
        self.total: Samples = np.zeros((2, hops * mixdown.HOP), np.float32)
        self._adding = threading.Lock()
        self._steps = np.zeros(self.total.shape, np.int32)

    def add(self, part: Part) -> None:
        """Play a part's share of every piece."""
        sound = self.job.in_place(part, self._events(part), self.total.shape[1])
        curve = mixdown_duck.duck_curve(self.job.ducks, part, self.job.music_frames, self.job.sample_rate)
        if curve is not None:
            index = np.concatenate([np.arange(start, stop) for start, stop in self.pieces])
            mixdown.apply_curve(sound, curve[np.clip(index, 0, len(curve) - 1)])
        with self._adding:
            mixdown.add_steps(self._steps, sound)

    def _events(self, part: Part) -> list[Event]:
        out, at = [], 0
        for start, stop in self.pieces:
            first, last = start * mixdown.HOP, stop * mixdown.HOP
            out += [
                replace(event, on=max(event.on, first) - first + at, off=min(event.off, last) - first + at)
                for event in self.job.events[part.name]
                if event.on < last and event.off > first
            ]
            at += last - first
        return sorted(out, key=lambda event: (event.on, event.pitch))

    def measured(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
        """Return K-weighted energy and true peak of every hop."""
        self.total = mixdown.from_steps(self._steps)
        energy = k_weighted_energy(self.total, self.job.sample_rate, mixdown.HOP)
        return energy, peak_envelope(self.total, mixdown.HOP, floor=0.4)
