"""Second lines: thirds and sixths under a chorus, guide tones, horn stabs, answers where the tune rests.

A second line stays below the lead wherever both sound (MUSIC.md, rule 16), and its player has breath for it.
"""

import bisect
import itertools
import random
from collections.abc import Sequence

from segue.tools.core.theory import Chord
from segue.tools.music.arrange import is_mono
from segue.tools.music.compose_plan import Plan, Voice
from segue.tools.music.melody_ideas import draw_rhythm
from segue.tools.music.melody_ornaments import breathing
from segue.tools.music.melody_styles import style_of
from segue.tools.music.rhythm import Event

MANNERS = frozenset({"thirds", "guide", "stabs", "answer", "above", "below"})
_INTERVALS = {3: 0.0, 4: 0.0, 8: 1.2, 9: 1.2, 5: 1.6}  # semitones from the lead and how little each is liked
_STABS = {"stab": 1.6, "off": 1.2, "sync": 1.0, "three": 0.8, "gap": 0.8, "run": 0.3}


def write_counter(plan: Plan, voice: Voice, lead: Sequence[Event], variant: int = 0) -> list[Event]:
    """Write a second line for ``voice.bars`` that listens to ``lead``.

    ``voice.manner`` may name one of ``MANNERS`` ("above" and "below" are the lead's own rhythm in thirds and sixths);
    the genre's own is used otherwise.
    """
    return _Counter(plan, voice, lead, variant).written()


class _Counter:
    """A second line while it is written."""

    def __init__(self, plan: Plan, voice: Voice, lead: Sequence[Event], variant: int) -> None:
        self.plan, self.voice, self.variant = plan, voice, variant
        self.lead = sorted(lead, key=lambda e: e.start)
        self.starts = [e.start for e in self.lead]
        self.longest = max((e.duration for e in self.lead), default=0.0)
        self.manner = voice.manner if voice.manner in MANNERS else style_of(plan.genre).counter
        self.last = (voice.low + voice.high) // 2

    def written(self) -> list[Event]:
        """Return the whole line."""
        plan = self.plan
        events: list[Event] = []
        for section in plan.sections:
            first, after = section.start_bar - 1, section.start_bar - 1 + section.bars
            bars = [b for b in range(first, after) if b in self.voice.bars and b != plan.final_bar]
            for start, end in _runs(bars):
                events += self._stretch(plan.start_of(start), plan.start_of(end + 1), plan.kind_of_bar(start))
        final = plan.final_bar
        if final is not None and final in self.voice.bars and (chord := plan.chord_at(plan.start_of(final))):
            at = plan.start_of(final)
            pitch = self._tone(chord, at, at + plan.meter.bar)
            if pitch is not None:
                events.append(Event(at, plan.final_duration(), pitch, 74))
        return breathing(plan, sorted(events, key=lambda e: e.start), self.voice.instrument)

    def _stretch(self, start: float, end: float, kind: str) -> list[Event]:
        sung = self._between(start, end)
        if self.manner in ("above", "below") and sung:
            return self._parallel(sung, above=self.manner == "above")
        if self.manner == "thirds" and kind == "c" and len(sung) >= 4:
            return self._parallel(sung, above=False)
        if self.manner == "stabs":
            return self._stabs(start, end, kind)
        long = self._guide(start, end)
        return long if self.plan.machine else self._answers(long, start, end)

    # -- what the lead does --------------------------------------------------------------------

    def _between(self, start: float, end: float) -> list[Event]:
        low = bisect.bisect_left(self.starts, start - 1e-6)
        return self.lead[low : bisect.bisect_left(self.starts, end - 1e-6)]

    def _ceiling(self, start: float, end: float) -> int:
        """Return the highest pitch that stays a third under everything the lead sings meanwhile."""
        low = bisect.bisect_left(self.starts, start - self.longest - 1e-6)
        sung = self.lead[low : bisect.bisect_left(self.starts, end - 1e-6)]
        return min((e.pitch for e in sung if e.end > start + 0.02), default=self.voice.high + 3) - 3

    def _tone(self, chord: Chord, start: float, end: float, *, leads: int = 0) -> int | None:
        """Return the chord tone to hold: thirds and sevenths first, near the last, against the lead's direction."""
        top = min(self.voice.high, self._ceiling(start, end))
        wanted = {(chord.root + i) % 12 for i in (3, 4, 10, 11)}
        tones = [p for p in range(self.voice.low, top + 1) if p % 12 in chord.pitch_classes]

        def cost(pitch: int) -> float:
            move = pitch - self.last
            return abs(move) - 1.2 * (pitch % 12 in wanted) + 1.6 * (move == 0) + 0.8 * (move * leads > 0)

        return min(tones, key=cost, default=None)

    # -- manners -------------------------------------------------------------------------------

    def _parallel(self, sung: Sequence[Event], *, above: bool) -> list[Event]:
        """The lead's rhythm a third or a sixth away (a fourth where the chord wants it)."""
        side = 1 if above else -1
        inst = self.voice.instrument
        out = []
        for event in sung:
            if event.duration < 0.2:
                continue
            chord = self.plan.chord_at(event.start)
            tones = chord.pitch_classes if chord else frozenset()
            dear = 2.5 if self.plan.meter.strength(event.start) >= 0.6 else 0.6
            scale = self.plan.scale(chord)
            away = {size: cost + dear * ((event.pitch + side * size) % 12 not in tones) for size, cost in _INTERVALS.items()
                    if (event.pitch + side * size) % 12 in scale and inst.low <= event.pitch + side * size <= inst.high}  # fmt: skip
            if away:
                self.last = event.pitch + side * min(away, key=lambda size: away[size])
                out.append(Event(event.start, event.duration, self.last, event.velocity - 12))
        return out

    def _guide(self, start: float, end: float) -> list[Event]:
        """Long tones that move by step from chord to chord; a note held over is resolved downwards."""
        out: list[Event] = []
        plan = self.plan
        for span in plan.spans_in(start, end):
            if span.chord is None:
                continue
            pieces = max(1, round(span.duration / (2 * plan.meter.bar)))
            size = span.duration / pieces
            for piece in range(pieces):
                at = span.start + piece * size
                sung = self._between(at, at + size)
                leads = sung[-1].pitch - sung[0].pitch if len(sung) > 1 else 0
                pitch = self._tone(span.chord, at, at + size, leads=leads)
                if pitch is None:
                    continue
                held = self.last - pitch in (1, 2) and self.last not in (0, pitch) and size >= 2.0
                rng = plan.rng("suspend", self.voice.name, at, self.variant)
                if held and self.last <= self._ceiling(at, at + size / 2) and rng.random() < 0.3:
                    half = plan.meter.pulses[1] if len(plan.meter.pulses) > 1 else size / 2
                    out.append(Event(at, half, self.last, 72))
                    out.append(Event(at + half, (size - half) * 0.97, pitch, 68))
                elif size >= plan.meter.bar and len(plan.meter.pulses) > 2 and rng.random() < 0.35:
                    out += self._moving(span.chord, at, size, pitch)
                else:
                    out.append(Event(at, size * 0.97, pitch, 72))
                self.last = out[-1].pitch
        return out

    def _moving(self, chord: Chord, at: float, size: float, pitch: int) -> list[Event]:
        """A held tone that walks a step or two before the chord changes: the inner voice that leads on."""
        plan = self.plan
        turn = plan.meter.pulses[len(plan.meter.pulses) // 2] if size < 1.5 * plan.meter.bar else plan.meter.bar
        following = plan.chord_at(at + size) or chord
        goals = [p for p in range(pitch - 5, pitch + 6) if p % 12 in following.pitch_classes and p != pitch]
        goal = min(goals, key=lambda p: abs(p - pitch), default=pitch)
        scale = [p for p in range(self.voice.low, self.voice.high + 1) if p % 12 in plan.scale(chord)]
        side = 1 if goal > pitch else -1
        step = next((p for p in scale[::side] if (p - pitch) * side > 0), pitch)
        if step > self._ceiling(at + turn, at + size) or step == pitch:
            return [Event(at, size * 0.97, pitch, 72)]
        return [Event(at, turn * 0.97, pitch, 72), Event(at + turn, (size - turn) * 0.97, step, 68)]

    def _answers(self, long: Sequence[Event], start: float, end: float) -> list[Event]:
        """Long tones, and where the tune rests for a beat and more an answer that echoes its rhythm."""
        out = list(long)
        for gap, after in self._gaps(start, end):
            rng = self.plan.rng("answer", self.voice.name, gap, self.variant)
            if rng.random() < (0.6 if self.manner == "guide" else 0.3):
                continue
            answer = self._echo(gap, after, rng)
            if not answer:
                continue
            first, last = answer[0].start, answer[-1].end
            kept = []
            for event in out:
                if event.start < first - 1e-6 and event.end > first:
                    event = Event(event.start, max(0.4, first - event.start - 0.05), event.pitch, event.velocity)
                if not first - 1e-6 <= event.start < last - 1e-6:
                    kept.append(event)
            out = [*kept, *answer]
        return sorted(out, key=lambda e: e.start)

    def _gaps(self, start: float, end: float) -> list[tuple[float, float]]:
        """Return the stretches, a beat or more, in which the lead rests between two of its phrases."""
        sung = self._between(start, end)
        edges = [*((e.end, n.start) for e, n in itertools.pairwise(sung)), *([(sung[-1].end, end)] if sung else [])]
        rounded = [(round(a * 2 + 0.45) / 2, b) for a, b in edges]
        return [(a, b) for a, b in rounded if b - a >= 1.0 - 1e-6]

    def _echo(self, start: float, end: float, rng: random.Random) -> list[Event]:
        """Return the rhythm of the lead's last notes before a gap, on steps that end on a chord tone."""
        room = min(end - start, 3.0)
        before = self._between(start - 4.0, start)[-5:]
        rhythm = [(e.start - before[0].start, e.duration) for e in before] if before else []
        rhythm = [(at, min(d, 1.0)) for at, d in rhythm if at < room - 0.45]
        if len(rhythm) < 2:
            rhythm = [(0.5 * i, 0.46) for i in range(int(room / 0.5))]
        goal_at = start + rhythm[-1][0]
        chord = self.plan.chord_at(goal_at)
        top = min(self.voice.high, self._ceiling(start, start + room))
        tones = [p for p in range(self.voice.low, top + 1) if chord and p % 12 in chord.pitch_classes]
        if not tones:
            return []
        goal = min(tones, key=lambda p: abs(p - self.last))
        scale = [p for p in range(self.voice.low, top + 1) if p % 12 in self.plan.scale(chord)]
        at = scale.index(goal) if goal in scale else min(range(len(scale)), key=lambda i: abs(scale[i] - goal))
        steps = [e.pitch for e in before][-len(rhythm) :]
        if len(steps) == len(rhythm) and rng.random() < 0.5:  # the tune's own turn, smaller
            moves = [(p > steps[-1]) - (p < steps[-1]) for p in steps]
            offsets = [
                m * (len(moves) - 1 - i > 0) * (1 + (abs(steps[i] - steps[-1]) > 4)) for i, m in enumerate(moves)
            ]
        else:
            side = rng.choice((-1, 1))
            offsets = [side * (len(rhythm) - 1 - i) for i in range(len(rhythm))]
        pitches = [scale[min(max(at + o, 0), len(scale) - 1)] for o in offsets]
        pitches[-1] = goal
        self.last = goal
        final = max(0.4, min(1.5, start + room - goal_at - 0.1))
        return [
            Event(start + t, final if i == len(rhythm) - 1 else d * 0.95, pitch, 72)
            for i, ((t, d), pitch) in enumerate(zip(rhythm, pitches, strict=True))
        ]

    def _stabs(self, start: float, end: float, kind: str) -> list[Event]:
        """Short chords of a section of horns, on a figure of two bars, out of the tune's way."""
        plan, voice = self.plan, self.voice
        rng = plan.rng("stabs", voice.name, kind, self.variant)
        density = 0.75 if kind == "c" else 0.45
        figure = draw_rhythm(rng, plan.meter, 2, density, _STABS, rest=(0.05, 0.3), rhyme=0.3,
                             finest=0.25 if plan.bpm < 125 else 0.5, legato=0.0)  # fmt: skip
        count = 1 if is_mono(voice.instrument) else 3
        out: list[Event] = []
        length = 2 * plan.meter.bar
        turn = 0
        while start + turn * length < end - 1e-6:
            for index, (offset, duration) in enumerate(figure):
                at = start + turn * length + offset
                chord = plan.chord_at(at)
                if at >= end - 0.2 or chord is None:
                    continue
                size = duration if duration >= 1.5 and index == len(figure) - 1 else min(duration, 0.5) * 0.8
                busy = self._between(at - 0.1, at + 0.3)
                if busy and kind != "c" and turn % 2 == 0:  # the tune speaks: wait for its rest
                    continue
                top = self._tone(chord, at, at + size)
                if top is None:
                    continue
                self.last = top
                below = [
                    p for p in range(max(voice.low - 4, voice.instrument.low), top) if p % 12 in chord.pitch_classes
                ]
                loud = 84.0 if plan.meter.strength(at) >= 0.6 else 78.0
                pitches = [top, *reversed(below)][:count]
                out += [Event(at, min(size, end - at), p, loud - 4 * i) for i, p in enumerate(pitches)]
            turn += 1
        return out


def _runs(bars: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and last of each stretch of bars without a gap."""
    out: list[tuple[int, int]] = []
    for bar in bars:
        if out and bar == out[-1][1] + 1:
            out[-1] = (out[-1][0], bar)
        else:
            out.append((bar, bar))
    return out
