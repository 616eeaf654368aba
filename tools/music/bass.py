"""Bass lines: one idiom a genre, roots on chord changes, locked to the kick where the style is."""

import random
from collections.abc import Sequence

from segue.tools.core.theory import Chord
from segue.tools.music.compose_plan import Plan, Span, Voice
from segue.tools.music.rhythm import Event

# 16 steps: r root (or slash note), 5 fifth, 8 octave, 3 third, 6 sixth, a approach to the next root.
_GRIDS: dict[str, tuple[str, ...]] = {
    "root_eighths": ("r.r.r.r.r.r.r.r.", "r.r.r.r.r.r.5.a."),
    "lock_eighths": ("r.....r.r.....a.", "r.r.....r.r.5.a.", "r.....r.r...5..."),
    "octaves": ("r.8.r.8.r.8.r.8.", "r.8.r.8.r.8.5.a."),
    "offbeat_eighths": ("..r...r...r...r.", "..r...r...r..r8."),
    "rolling": (".rrr.rrr.rrr.rrr", ".rrr.rr8.rrr.r8r"),
    "offbeat_sixteenths": ("..rr..rr..rr..rr", "..rr..rr..rr..r8"),
    "half_time": ("r.........r.....", "r.........5..a.."),
    "wobble": ("r.....r.r.......", "r.....r.....r..."),
    "funk": ("r..r..8...r..8.a", "r..8......r..5.a", "r.....8..8r..r.."),
    "shuffle": ("r.r.3.3.5.5.6.5.", "r.r.3.5.6.5.3.a."),
    "bossa": ("r.....5.5.....r.", "r.....5.5.....a."),
    "reggae": ("....r...r..5..8.", "....r.3.5.....r.", "....r.....5.r..."),
    "tumbao": ("......5.....n...",),
    "two_beat": ("r.......5.......", "r.......5...a..."),
    "drone": ("r...............",),
    "ostinato": ("r.r.r.r.r.r.r.r.", "r.r.r.5.r.r.5.r."),
    "half_notes": ("r.......5.......", "r.......3...5...", "r...3...5...a..."),
    "tresillo": ("r..r..r.r...r...", "r..r..r.r...r.5."),
    "afro": ("r.....r5..r...5.", "r..r..5...r..8.."),
    "log_drum": ("r..r..8.....r.8.", "r.....r..8..8.r.", "r..8...r..8.r..."),
    "sixteenth_pulse": ("r.rrr.rrr.rrr.rr", "r.rrr.8rr.rrr.8r"),
    "garage": ("r.....r...r..8..", "r..r......r...8."),
    "motown": ("r..r5.8.r..35.a.", "r.....r.r.r35.a.", "r..r..5.8..5r.a."),
}  # fmt: skip
# How long a note is held, as a share of the way to the next.
_LEGATO = {"octaves": 0.6, "funk": 0.55, "rolling": 0.7, "offbeat_sixteenths": 0.7, "offbeat_eighths": 0.8,
           "sixteenth_pulse": 0.7, "root_eighths": 0.92, "ostinato": 0.8, "motown": 0.8, "log_drum": 0.75}  # fmt: skip
# Styles whose bass keeps away from the kick on purpose.
FREE_OF_KICK = frozenset(
    {"walking", "reggae", "offbeat_eighths", "rolling", "offbeat_sixteenths", "tumbao", "log_drum", "drone"}
)
CEILING = 45  # A2: above it the bass would crowd the comping hand (no small intervals below E3)


def write_bass(plan: Plan, voice: Voice, variant: int = 0) -> list[Event]:
    """Write the bass for ``voice.bars``: the root or the slash note on every change of chord."""
    line = _Line(plan, voice, variant)
    for bar in sorted(voice.bars):
        line.write_bar(bar)
    return line.events


class _Line:
    def __init__(self, plan: Plan, voice: Voice, variant: int) -> None:
        self.plan, self.voice, self.variant = plan, voice, variant
        self.manner = voice.manner or "lock_eighths"
        self.events: list[Event] = []
        self.low = max(28, voice.low)
        self.high = max(self.low + 12, min(CEILING, voice.high)) + (3 if self.manner in ("walking", "octaves") else 0)
        self.kicks_by_bar: dict[int, list[float]] = {}
        for kick in plan.kicks:
            self.kicks_by_bar.setdefault(plan.bar_at(kick), []).append(kick)
        self.last = self.low + 8

    def root(self, chord: Chord) -> int:
        """Return the chord's bass note, in the octave nearest to the last note."""
        options = [p for p in range(self.low, min(self.high, self.low + 14) + 1) if p % 12 == chord.bass]
        options = options or [self.low + (chord.bass - self.low) % 12]
        return min(options, key=lambda p: abs(p - self.last) + 0.4 * abs(p - (self.low + 7)))

    def degree(self, mark: str, chord: Chord, root: int) -> int:
        """Return the pitch of a mark over a root."""
        intervals = {i % 12 for i in chord.intervals}
        above = (chord.root - chord.bass) % 12
        if mark == "5":
            fifth = above + next((i for i in (7, 6, 8) if i in intervals), 7)
            return self._fold(root + fifth % 12)
        if mark == "8":
            return root + 12 if root + 12 <= self.high + 5 else root
        if mark == "3":
            return self._fold(root + (above + (3 if 3 in intervals else 4 if 4 in intervals else 5)) % 12)
        if mark == "6":
            return self._fold(root + (above + (9 if 9 in intervals or 4 in intervals else 10)) % 12)
        return root

    def _fold(self, pitch: int) -> int:
        return pitch - 12 if pitch > self.high and pitch - 12 >= self.low else pitch

    def write_bar(self, bar: int) -> None:
        """Write one bar."""
        plan = self.plan
        start, end = plan.start_of(bar), plan.start_of(bar + 1)
        spans = plan.spans_in(start, end)
        if bar == plan.final_bar:
            chord = spans[0].chord
            if chord:
                self._add(start, plan.final_duration(), self.root(chord), 92)
            return
        rng = plan.rng("bass", bar, self.variant)
        if self.manner == "walking":
            self._walk(spans, rng)
            return
        hits = self._hits(bar, start, spans, rng)
        legato = _LEGATO.get(self.manner, 0.9)
        for index, (at, mark) in enumerate(hits):
            nxt = hits[index + 1][0] if index + 1 < len(hits) else end
            span = plan.span_at(at if mark != "n" else end)
            if span.chord is None:
                continue
            root = self.root(span.chord)
            if mark == "a":
                pitch = self._approach(span, root, rng)
            elif mark == "n":
                pitch = root
            else:
                pitch = self.degree(mark, span.chord, root)
            sustained = mark == "n" and self.manner == "tumbao"
            limit = (end - at) + 1.4 if sustained else min(nxt, max(span.end, at + 0.25)) - at
            velocity = 92 if mark in ("r", "n") else 84
            self._add(at, max(0.12, limit * legato), pitch, velocity)
            self.last = root

    def _hits(self, bar: int, start: float, spans: Sequence[Span], rng: random.Random) -> list[tuple[float, str]]:
        """Return where the bar's notes start and what they are; every change of chord begins on the root."""
        plan = self.plan
        kicks = self.kicks_by_bar.get(bar, [])
        if self.manner in ("follow_kick", "double_kick", "sparse", "drill_slides"):
            found = dict.fromkeys(kicks, "r") if kicks else {start + p: "r" for p in plan.meter.pulses[::2]}
            if self.manner == "sparse" and len(found) > 2 and rng.random() < 0.6:
                found[max(found)] = rng.choice("585")
            if self.manner == "drill_slides" and rng.random() < 0.5:
                found[start + plan.meter.bar - 0.5] = "8"
        else:
            patterns = _GRIDS[self.manner] if self.manner in _GRIDS else _GRIDS["lock_eighths"]
            place = bar - (plan.section_of(bar).start_bar - 1)
            index = 0 if place % 4 in (0, 2) else rng.randrange(len(patterns))
            found = self._fitted(patterns[index], start)
            if self.manner not in FREE_OF_KICK:
                for kick in kicks:
                    if all(abs(kick - at) > 0.02 for at in found) and (plan.density > -0.5 or rng.random() < 0.7):
                        found[kick] = "r"
        if plan.density < -0.4 and len(found) > 4 and self.manner not in FREE_OF_KICK:
            found = {
                at: m for at, m in found.items() if at in kicks or plan.meter.strength(at) >= 0.6 or at == min(found)
            }
        for span in spans:
            inside = sorted(at for at in found if span.start - 1e-6 <= at < span.end - 1e-6)
            if self.manner == "tumbao":
                continue
            if inside:
                found[inside[0]] = "r"
            elif self.manner != "reggae":
                found[span.start] = "r"
        if self.manner == "tumbao" and (bar - 1) not in self.voice.bars:
            found[start] = "r"
        return sorted(found.items())

    def _fitted(self, pattern: str, start: float) -> dict[float, str]:
        meter = self.plan.meter
        if meter.is_common or (meter.lower < 8 and meter.bar < 4):
            steps = min(16, meter.steps)
            return {start + i * 0.25: pattern[i] for i in range(steps) if pattern[i] != "."}
        busy = sum(mark != "." for mark in pattern) > 6
        found = {start + pulse: ("r" if i % 2 == 0 else "5") for i, pulse in enumerate(meter.pulses)}
        if busy:
            at = 0.0
            while at < meter.bar - 1e-6:
                found.setdefault(start + at, "r")
                at += 0.5
        elif pattern[0] == ".":
            found = {start + pulse: "r" for pulse in meter.pulses[1:]} or found
        return found

    def _approach(self, span: Span, root: int, rng: random.Random) -> int:
        """Return a note that leads to the next root by step, or the fifth where nothing changes."""
        following = self.plan.chord_at(span.end)
        if following is None or span.chord is None or following.bass == span.chord.bass:
            return self.degree("5", span.chord, root) if span.chord else root
        target = self.root(following)
        scale = self.plan.scale(span.chord)
        below = next((p for p in (target - 1, target - 2) if p % 12 in scale), target - 1)
        above = next((p for p in (target + 1, target + 2) if p % 12 in scale), target + 2)
        return below if below >= self.low and (root <= target or rng.random() < 0.3) else above

    def _walk(self, spans: Sequence[Span], rng: random.Random) -> None:
        """A walking line: root, steps and chord tones, and a half-step or step into the next chord."""
        pulses = [p + self.plan.start_of(self.plan.bar_at(spans[0].start)) for p in self.plan.meter.pulses]
        for span in spans:
            beats = [p for p in pulses if span.start - 1e-6 <= p < span.end - 1e-6] or [span.start]
            if beats[0] > span.start + 1e-6:
                beats.insert(0, span.start)
            chord = span.chord
            if chord is None:
                continue
            root = self.root(chord)
            scale = self.plan.scale(chord)
            tones = {(chord.root + i) % 12 for i in chord.intervals}
            pitch = root
            direction = 1 if root < self.low + 9 else -1
            for index, beat in enumerate(beats):
                if index == 0:
                    pitch = root
                elif index == len(beats) - 1 and len(beats) > 1:
                    pitch = self._approach(span, pitch, rng)
                else:
                    wanted = tones if index % 2 == 0 or rng.random() < 0.3 else set(scale)
                    options = [
                        p
                        for p in range(pitch - 5, pitch + 6)
                        if p % 12 in wanted and p != pitch and self.low <= p <= self.high
                    ]
                    forward = [p for p in options if (p - pitch) * direction > 0] or options
                    pitch = min(forward, key=lambda p: abs(p - pitch) + rng.random() * 2) if forward else root
                length = (beats[index + 1] if index + 1 < len(beats) else span.end) - beat
                self._add(beat, length * 0.93, pitch, 90)
                if rng.random() < 0.12 and length >= 0.9 and index:  # a skipped eighth before the next beat
                    self._add(beat + length / 2, length * 0.4, pitch, 66)
            self.last = pitch

    def _add(self, start: float, duration: float, pitch: int, velocity: float) -> None:
        if self.events and self.events[-1].end > start:
            self.events[-1].duration = max(0.1, start - self.events[-1].start)
        self.events.append(Event(start, duration, pitch, velocity))
