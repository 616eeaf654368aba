"""Bass lines: one idiom a genre, roots on chord changes, locked to the kick where the style is."""

import random
from collections.abc import Sequence

from segue.tools.core.theory import Chord
from segue.tools.music.bass_grids import FREE_OF_KICK, LEGATO, grids
from segue.tools.music.bass_walk import walked
from segue.tools.music.compose_plan import Plan, Span, Voice
from segue.tools.music.rhythm import Event

__all__ = ["FREE_OF_KICK", "write_bass"]
CEILING = 45  # A2: above it the bass would crowd the comping hand (no small intervals below E3)
# Manners that play what the kick plays.
_WITH_KICK = frozenset({"follow_kick", "double_kick", "sparse", "drill_slides"})
_VELOCITY = {"r": 90.0, "n": 92.0, "p": 102.0, "x": 58.0, "8": 88.0}
# What a line may play on its last beat when the next bar brings another chord.
_NO_RUNS = frozenset(
    {"tumbao", "drone", "reggae", "dub", "two_beat", "cumbia", "bossa", "tango", "samba", "half_time", "wobble"}
)
_RUNS = ("3.a.", "5.a.", "..5a", "8.5a", "5.3a", "r.a.")


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
        ceiling = (
            CEILING - 5 if self.manner in ("root_eighths", "punk", "double_kick") else CEILING
        )  # under power chords
        self.high = max(self.low + 11, min(ceiling, voice.high)) + (3 if self.manner in ("walking", "octaves") else 0)
        self.kicks_by_bar: dict[int, list[float]] = {}
        for kick in plan.kicks:
            self.kicks_by_bar.setdefault(plan.bar_at(kick), []).append(kick)
        self.last = self.low + 8
        self._readings: dict[str, tuple[int, int, tuple[int, ...]]] = {}

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
        if mark in "8p":
            return root + 12 if root + 12 <= self.high + 5 else root
        if mark == "3":
            return self._fold(root + (above + (3 if 3 in intervals else 4 if 4 in intervals else 5)) % 12)
        if mark == "6":
            return self._fold(root + (above + (9 if 9 in intervals or 4 in intervals else 10)) % 12)
        if mark == "7":
            return self._fold(root + (above + (11 if 11 in intervals else 10)) % 12)
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
            for at, duration, pitch, velocity in walked(plan, spans, (self.low, self.high), self.root, rng):
                self._add(at, duration, pitch, velocity)
                self.last = pitch
            return
        hits = self._hits(bar, start, spans, rng)
        legato = LEGATO.get(self.manner, 0.9)
        for index, (at, mark) in enumerate(hits):
            nxt = hits[index + 1][0] if index + 1 < len(hits) else end
            span = plan.span_at(at if mark != "n" else end)
            if span.chord is None:
                continue
            root = self.root(span.chord)
            pitch = self._approach(span, root, rng) if mark == "a" else self.degree(mark, span.chord, root)
            sustained = mark == "n" and self.manner == "tumbao"
            limit = (end - at) + 1.4 if sustained else min(nxt, max(span.end, at + 0.25)) - at
            length = 0.1 if mark == "x" else min(limit, 0.3) if mark == "p" else max(0.12, limit * legato)
            self._add(at, length, pitch, _VELOCITY.get(mark, 84.0))
            self.last = root

    def _hits(self, bar: int, start: float, spans: Sequence[Span], rng: random.Random) -> list[tuple[float, str]]:
        """Return where the bar's notes start and what they are; every change of chord begins on the root."""
        plan = self.plan
        kicks = self.kicks_by_bar.get(bar, [])
        if self.manner in _WITH_KICK:
            found = self._with_kick(bar, start, kicks, rng)
        else:
            found = self._pattern(bar, start, rng)
            if self.manner not in FREE_OF_KICK:
                for kick in kicks:
                    wanted = 0.3 if self.manner == "two_beat" else 1.0 if plan.density > -0.5 else 0.7
                    if all(abs(kick - at) > 0.02 for at in found) and (wanted == 1.0 or rng.random() < wanted):
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
            elif self.manner not in ("reggae", "dub"):
                found[span.start] = "r"
        if self.manner == "tumbao" and (bar - 1) not in self.voice.bars:
            found[start] = "r"
        return sorted(found.items())

    def _with_kick(self, bar: int, start: float, kicks: Sequence[float], rng: random.Random) -> dict[float, str]:
        """Return a line that plays with the kick, with what its style adds: a fifth, an octave, a slide at the end."""
        meter = self.plan.meter
        found = dict.fromkeys(kicks, "r") if kicks else {start + p: "r" for p in meter.pulses[::2]}
        if self.manner == "sparse" and len(found) > 2 and rng.random() < 0.6:
            found[max(found)] = rng.choice("585")
        place = bar - (self.plan.section_of(bar).start_bar - 1)
        if self.manner == "drill_slides" and rng.random() < 0.6:
            tail = start + meter.bar - rng.choice((0.5, 0.5, 0.75, 1.0))
            found[tail] = rng.choice("8a8")
            if place % 4 == 3 and tail + 0.25 < start + meter.bar:
                found[tail + 0.25] = "a"
        if self.manner == "follow_kick" and len(found) > 1 and (place % 2 or rng.random() < 0.25):
            found[max(found)] = rng.choice("85888")
        return found

    def _pattern(self, bar: int, start: float, rng: random.Random) -> dict[float, str]:
        """Return the manner's pattern in a bar: one for each kind of section, a variant at the ends of phrases."""
        plan, meter = self.plan, self.plan.meter
        patterns = grids(self.manner, meter)
        if not patterns:
            return {start + pulse: ("r" if i % 2 == 0 else "5") for i, pulse in enumerate(meter.pulses)}
        kind = plan.kind_of_bar(bar)
        if kind not in self._readings:
            own = plan.rng("bassline", kind, self.variant)
            main = own.choices(range(len(patterns)), [2.0 if i == 0 else 1.0 for i in range(len(patterns))])[0]
            other = own.randrange(len(patterns))
            self._readings[kind] = (main, other, own.choice(((0, 0, 0, 1), (0, 1, 0, 1), (0, 0, 1, 0))))
        main, other, cycle = self._readings[kind]
        place = bar - (plan.section_of(bar).start_bar - 1)
        text = patterns[other if cycle[place % 4] else main]
        found = {start + i * 0.25: mark for i, mark in enumerate(text) if mark != "."}
        changes = plan.chord_at(plan.start_of(bar)) != plan.chord_at(plan.start_of(bar + 1))
        runs = place % 4 == 3 and changes and not plan.machine and self.manner not in _NO_RUNS
        if runs and meter.bar >= 3 and not meter.compound and plan.density > -0.4 and rng.random() < 0.55:
            tail = start + meter.bar - 1.0
            found = {at: mark for at, mark in found.items() if at < tail - 1e-6}
            found |= {tail + i * 0.25: mark for i, mark in enumerate(rng.choice(_RUNS)) if mark != "."}
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

    def _add(self, start: float, duration: float, pitch: int, velocity: float) -> None:
        if self.events and self.events[-1].end > start:
            self.events[-1].duration = max(0.1, start - self.events[-1].start)
        self.events.append(Event(start, duration, pitch, velocity))
