"""Tunes: a motif, its development and its return, in phrases that breathe.

A section's tune is a scheme of two-bar ideas (``melody_styles``) that come from one motif for each kind of
section (``melody_ideas``); pitches are searched (``melody_pitch``) and ornamented (``melody_ornaments``). What was
sung over the same chords comes back with the same notes.
"""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from segue.tools.core.score import Section
from segue.tools.core.theory import Chord
from segue.tools.music.compose_plan import Plan, Voice
from segue.tools.music.form import kind_of
from segue.tools.music.melody_ideas import Idea, Rhythm, Theme, draw_contour, draw_rhythm
from segue.tools.music.melody_ornaments import breathing, ornamented, turned_back, upbeat
from segue.tools.music.melody_pitch import Line, find_pitches
from segue.tools.music.melody_styles import Style, style_of
from segue.tools.music.rhythm import Event

Chords = tuple[tuple[float, Chord | None], ...]  # what sounds under an idea, beats from its start
_SOURCE = {"i": "a", "o": "a", "p": "a"}  # these kinds of section use the verse's motif
_LIFT = {"c": 4, "s": 2, "b": 2, "p": 2}  # semitones over the verse
_BUSY = {"b": 0.8, "c": 0.95}
_SHORT = 14  # bars of verse, with introduction and ending
_TRIES = 4
_ARC = (0, 1, 3, 0)  # semitones: the third of four ideas is the peak of its eight bars


@dataclass(frozen=True)
class _Slot:
    """Where an idea is placed: letter of the scheme, start and length in beats, its place in the section."""

    letter: str
    start: float
    length: float
    place: int
    kind: str
    ending: str
    count: int


def write_melody(plan: Plan, voice: Voice, variant: int = 0) -> list[Event]:
    """Write the lead for ``voice.bars``: the motif returns in every section of its kind."""
    tune = _Tune(plan, voice, variant)
    line = tune.written()
    # Chords that ask for skips, and those that allow steps only: listen, and write it again (rule 10).
    low, high, reach = 0.4, 3.0, 1.0
    share = nearest = _step_share(line)
    for _ in range(_TRIES):
        if 0.72 <= nearest <= 0.84:
            break
        low, high = (reach, high) if share < 0.78 else (low, reach)
        reach = (low * high) ** 0.5
        other = _Tune(plan, voice, variant, reach)
        other.ideas = tune.ideas
        again = other.written()
        share = _step_share(again)
        if abs(share - 0.78) < abs(nearest - 0.78):
            line, nearest = again, share
    return line


def lead_window(plan: Plan, voice: Voice) -> tuple[int, int]:
    """Return the tessitura of a lead: at most 19 semitones inside the voice's range, or a given theme's own."""
    if isinstance(plan.motif, Theme):
        inst, theme = voice.instrument, plan.motif
        spread = max(0, 12 - (theme.high - theme.low)) // 2
        octave = min(
            (0, 12, -12, 24, -24),
            key=lambda o: max(0, inst.low - theme.low - o) + max(0, theme.high + o - inst.high) + abs(o) / 3,
        )
        low = max(inst.low, theme.low + octave - spread)
        return low, max(low, min(inst.high, theme.high + octave + spread, low + 19))
    return voice.low, min(voice.high, voice.low + 19)


class _Tune:
    """The tune of a piece while it is written: its ideas by kind of section, and what was sung so far."""

    def __init__(self, plan: Plan, voice: Voice, variant: int, reach: float = 1.0) -> None:
        self.plan, self.voice, self.variant, self.reach = plan, voice, variant, reach
        self.style: Style = style_of(plan.genre)
        self.keyed = plan.by_keys()
        density, syncopation = plan.genre.melody
        density = max(0.25, density * (1 + 0.45 * plan.density))
        if plan.bpm > 150:
            density *= 0.8
        if isinstance(plan.motif, Theme):
            density = max(0.2, plan.motif.density)
        self.density = density
        # How syncopated a genre is scales the cells that are off the beat.
        off = 0.5 + syncopation
        self.tags = {t: w * (off if t in ("sync", "off", "three", "snap") else 1.0) for t, w in self.style.tags.items()}
        # A sixteenth that lasts under 0.15 s is no note of a tune (funk and dance hooks have shorter ones).
        shortest = 0.11 if self.style.tags.get("run", 0) >= 0.4 else 0.15
        self.finest = max(self.style.finest, 0.25 if 15.0 / plan.bpm >= shortest else 0.5)
        self.low, self.high = lead_window(plan, voice)
        self.ideas: dict[tuple[str, str, int], Idea] = {}
        self.sung: dict[tuple[object, ...], tuple[Chords, str, list[Event]]] = {}
        self.seen: dict[str, int] = {}
        self.longest: dict[str, int] = {}  # bars of the longest section of a kind: shorter ones are cut from it
        for section in plan.sections:
            kind = kind_of(section.name)
            self.longest[kind] = max(section.bars, self.longest.get(kind, 0))
        # Where there is no verse, introductions and endings are on the hook.
        self.source = _SOURCE if "a" in self.longest or "c" not in self.longest else dict.fromkeys(_SOURCE, "c")
        strains = [s.bars for s in plan.sections if self.source.get(kind_of(s.name), kind_of(s.name)) == "a"]
        self.short = 0 < sum(strains) <= _SHORT  # then the motif has to come back in little room
        # Where a close falls: on the bar line, half a beat before it, or a pulse or two later.
        rng = plan.rng("closes", variant)
        early = [-0.5] * (self.style.push >= 0.3)
        late = [p for p in plan.meter.pulses[1:] if p <= plan.meter.bar / 2]
        self.closes_at = {kind: rng.choice([0.0, 0.0, *early, *late]) for kind in "abcs"}
        if isinstance(plan.motif, Idea):
            self.ideas["a", "m", 2] = plan.motif
        elif isinstance(plan.motif, Theme):
            self.ideas["a", "m", 2] = plan.motif.ideas[0]
            if len(plan.motif.ideas) > 1:
                self.ideas["a", "n", 2] = plan.motif.ideas[1]

    # -- the line ------------------------------------------------------------------------------

    def written(self) -> list[Event]:
        """Return the whole line."""
        events: list[Event] = []
        last: int | None = None
        for section in self.plan.sections:
            kind = kind_of(section.name)
            turn = self.seen.get(kind, 0)
            self.seen[kind] = turn + 1
            if (quoted := self._quoted(section)) is not None:
                last = quoted[-1].pitch if quoted else last
                continue
            chain: Idea | None = None
            for slot in self._slots(section, kind):
                if slot.letter == "_":
                    continue
                if slot.kind == "s":
                    idea = chain = self._solo_idea(slot, turn, chain)
                    phrase = self._pitched(slot, idea, last, (), turn)
                else:
                    phrase = self._sung(slot, last, turn)
                if not phrase:
                    continue
                phrase = self._led_in(slot, phrase, events[-1].end if events else None, turn)
                last = phrase[-1].pitch
                events += phrase
        final = self.plan.final_bar
        if final is not None and final in self.voice.bars:
            events += self._final_note(final, last)
        line = turned_back(self.plan, _without_overlap(events), self.low, self.high)
        line = breathing(self.plan, line, self.voice.instrument)
        stated = [e for section in self.plan.sections for e in self._quoted(section) or ()]
        return sorted([*line, *stated], key=lambda e: e.start)

    def _quoted(self, section: Section) -> list[Event] | None:
        """Return the given theme's own notes for a section that states it."""
        theme = self.plan.motif
        if section.name != "theme" or not isinstance(theme, Theme) or theme.quote is None:
            return None
        start = self.plan.start_of(section.start_bar - 1)
        end = start + min(section.bars, theme.quote.bars) * self.plan.meter.bar
        if self.plan.final_bar is not None:
            end = min(end, self.plan.start_of(self.plan.final_bar))
        return [
            Event(start + at, duration, pitch, 86)
            for at, duration, pitch in theme.quote.notes
            if start + at < end - 1e-6 and self.plan.bar_at(start + at) in self.voice.bars
        ]

    def _slots(self, section: Section, kind: str) -> list[_Slot]:
        """Return the ideas of a section in order, cut to the bars that are played."""
        plan = self.plan
        first, after = section.start_bar - 1, section.start_bar - 1 + section.bars
        whole = max(1, (section.bars + 1) // 2)
        scheme = self._scheme(kind, whole, section.bars)
        out = []
        for place in range(whole):
            bars = [first + 2 * place + i for i in (0, 1) if first + 2 * place + i < after]
            bars = [b for b in bars if b in self.voice.bars and b != plan.final_bar]
            if not bars:
                continue
            letter = scheme[place]
            follows = [b for b in range(bars[-1] + 1, after) if b in self.voice.bars and b != plan.final_bar]
            shortened = section.bars < self.longest.get(kind, 0)
            if not follows and letter not in ("c", "o", "_") and place and not shortened:
                letter = "c"
            ending = {"c": "closed", "o": "open"}.get(letter, "closed" if shortened and not follows else "")
            if letter == "c" and (kind == "p" or (place + 1 < whole and place % 4 == 3)):
                ending = "open"
            out.append(
                _Slot(letter, plan.start_of(bars[0]), len(bars) * plan.meter.bar, place, kind, ending, len(bars))
            )
        return out

    def _scheme(self, kind: str, whole: int, bars: int) -> str:
        """Return a letter for each two bars of a section: ``melody_styles``, and "M" the verse's motif in another strain."""
        rng = self.plan.rng("scheme", kind, self.variant)
        offered = {"c": self.style.chorus, "b": self.style.bridge, "p": ("msfo", "ssfo", "frfo")}.get(
            kind, self.style.verse
        )
        eights = [s for s in offered if len(s) != 6] or ["mnmc"]
        if self.short and kind not in "bcs":  # those that state the motif most often, as it was or developed
            most = max(sum(letter in "msvr" for letter in s) for s in eights)
            eights = [s for s in eights if sum(letter in "msvr" for letter in s) == most]
        scheme = rng.choice(eights)
        if self.short and kind in "bc" and len(scheme) == 4:  # a rounded strain: what it goes away from returns in it
            scheme = scheme[:2] + "M" + scheme[3]
        if bars % 12 == 0 and (long := [s for s in offered if len(s) == 6]):
            scheme = rng.choice(long)
        elif whole in (1, 2, 3) and bars >= self.longest.get(kind, 0):
            if kind == "p":
                return {1: "f", 2: "fo", 3: "fso"}[whole]
            back = "M" if self.short and kind == "b" else "m"
            return {1: "m", 2: f"{back}c", 3: f"m{'s' if self.short else 'n'}c"}[whole]
        out = (scheme * (whole // len(scheme) + 1))[:whole]
        if whole > 4 and out[-1] not in "co" and bars >= self.longest.get(kind, 0):
            out = out[:-1] + "c"
        return out

    def _plan_at(self, beat: float) -> Plan:
        """Return the plan in the key of a beat."""
        bar = self.plan.bar_at(beat)
        return next((plan for bars, plan in self.keyed if bar in bars), self.plan)

    # -- ideas ---------------------------------------------------------------------------------

    def idea(self, kind: str, part: str, bars: int) -> Idea:
        """Return an idea of a kind of section: "m" its motif, "n" its answer, "d" something new, "l" a lick."""
        source = self.source.get(kind, kind)
        key = (source, part, bars)
        if key not in self.ideas:
            rng = self.plan.rng("idea", *key, self.variant)
            new = self._drawn(rng, bars, _BUSY.get(source, 1.0), lick=part == "l")
            motif = None if part == "m" else self.idea(kind, "m", bars)
            if source != "a" and part == "m" and bars == 2:
                new = self._kin(self.idea("a", "m", bars), rng, source, bars)
            elif motif is not None and part == "n" and rng.random() < 0.6:
                new = motif.answered_by(new, self.plan.meter.bar)
            self.ideas[key] = new
        return self.ideas[key]

    def _drawn(self, rng: random.Random, bars: int, busy: float, *, lick: bool = False) -> Idea:
        style = self.style
        theme = self.plan.motif
        if isinstance(theme, Theme) and bars == 2 and not lick:
            return theme.recombined(rng, self.plan.meter.bar)
        rest = (0.45, 0.6) if lick else style.rest
        density = self.density * busy * (1.25 if lick else 1.0)
        rhythm = draw_rhythm(
            rng,
            self.plan.meter,
            bars,
            density,
            self.tags,
            rest=rest,
            rhyme=style.rhyme,
            finest=self.finest,
            legato=style.legato,
        )
        if style.push and bars == 2 and rng.random() < style.push:
            rhythm = _pushed(rhythm, self.plan.meter.bar)
        return Idea(rhythm, draw_contour(rng, len(rhythm), style.gestures))

    def _kin(self, first: Idea, rng: random.Random, source: str, bars: int) -> Idea:
        """Return a motif that is kin to the verse's: neither another piece nor the verse once more (rule 13)."""
        bar = self.plan.meter.bar
        best, closest = first, 9.0
        for _ in range(5):
            other = self._drawn(rng, bars, _BUSY.get(source, 1.0))
            inverted = first.inverted()
            for idea in (inverted.answered_by(other, bar), other.answered_by(first, bar), first.answered_by(other, bar),
                         _on_contour(other.rhythm, first.contour, other.contour)):  # fmt: skip
                away = abs(first.likeness(idea) - 0.57) + 0.08 * rng.random()
                if away < closest:
                    best, closest = idea, away
            if closest < 0.12:
                break
        return best

    def _developed(self, slot: _Slot) -> Idea:
        """Return the idea that a letter of the scheme asks for."""
        plan, kind, bars, letter = self.plan, slot.kind, slot.count, slot.letter
        motif = self.idea("a" if letter == "M" else kind, "m", bars)
        rng = plan.rng("develop", self.source.get(kind, kind), letter, self.variant)
        bar = plan.meter.bar
        if letter in ("n", "d", "l"):
            return self.idea(kind, letter, bars)
        if letter == "c":
            answer = slot.place % 4 == 3 and rng.random() < 0.6 and not (self.short and kind not in "bcs")
            base = self.idea(kind, "n", bars) if answer else motif
            late = self.closes_at.get(kind, 0.0) if slot.ending == "closed" else 0.0
            return base.closed(slot.length, plan.meter, max(1.0, self.style.rest[1] * slot.length), late=late)
        if bars == 1:
            return motif
        if letter == "o":
            return motif.closed(slot.length, plan.meter, 1.0)
        if letter == "s":
            return motif.sequence(rng.choice((1, 1, 2, -1, -2)))
        if letter == "f":
            return motif.fragmented(bar, rng.choice((1, 2, -1)))
        if letter == "a":
            return motif.augmented(slot.length, 1.0)
        if letter == "i":
            return motif.inverted()
        if letter == "v":
            return motif.varied(rng)
        return motif.rhythm_varied(rng) if letter == "r" else motif

    def _solo_idea(self, slot: _Slot, turn: int, before: Idea | None) -> Idea:
        """Return an idea for a solo: new, or going on from the one before; busiest before its end."""
        rng = self.plan.rng("solo", slot.start, self.variant)
        if before is None and turn == 0 and (rng.random() < 0.5 or self.short):
            return self.idea("a", "m", slot.count)
        heat = self.style.solo * (0.75 + 0.5 * ((slot.place % 4) / 3))
        new = self._drawn(rng, slot.count, heat)
        if slot.ending == "closed":
            return new.closed(slot.length, self.plan.meter)
        if before is not None and slot.count == 2 and rng.random() < 0.45:
            new = before.sequence(rng.choice((-2, -1, 1, 2))).answered_by(new, self.plan.meter.bar)
        return new

    # -- notes ---------------------------------------------------------------------------------

    def _sung(self, slot: _Slot, last: int | None, turn: int) -> list[Event]:
        """Return the notes of a slot: those that were sung there over the same chords, else new ones."""
        source = self.source.get(slot.kind, slot.kind)
        key = (source, slot.letter, slot.place % 8, slot.count, slot.kind == "p")
        chords = tuple(
            (round(s.start - slot.start, 3), s.chord) for s in self.plan.spans_in(slot.start, slot.start + slot.length)
        )
        known = self.sung.get(key)
        if known and (shift := _shift(known[0], chords)):
            moved = [Event(e.start, e.duration, e.pitch + shift, e.velocity) for e in known[2]]
            if all(self.low <= e.pitch <= self.high for e in moved):
                known = (chords, known[1], moved)
        # A verse that comes again is sung a little differently in one place, a chorus at its last return.
        returns = slot.letter not in "co" and (
            (source == "a" and turn > 0 and slot.place % 4 == 1 + turn % 2)
            or (source == "c" and turn > 1 and slot.place % 8 == 2)
        )
        if known and known[:2] == (chords, slot.ending) and not returns:
            return [Event(e.start + slot.start, e.duration, e.pitch, e.velocity) for e in known[2]]
        idea = self._developed(slot)
        if returns:
            idea = idea.rhythm_varied(self.plan.rng("again", source, slot.place, turn, self.variant))
        targets: tuple[int, ...] = ()
        stated = self.sung.get((source, "m"))
        if known and len(known[2]) == len(idea.rhythm):
            targets = tuple(e.pitch for e in known[2])
        elif slot.letter == "m" and stated and self.style.rhyme >= 0.4 and len(stated[2]) == len(idea.rhythm):
            targets = tuple(e.pitch for e in stated[2])  # a hook keeps its notes while the chords move under it
        plain = self._pitched(slot, idea, last, targets, turn, plain=True)
        here = [Event(e.start - slot.start, e.duration, e.pitch, e.velocity) for e in plain]
        if slot.letter == "m":
            self.sung.setdefault((source, "m"), (chords, slot.ending, here))
        if not known:
            self.sung[key] = (chords, slot.ending, here)
        return plain

    def _pitched(
        self, slot: _Slot, idea: Idea, last: int | None, targets: Sequence[int], turn: int, *, plain: bool = False
    ) -> list[Event]:
        """Return an idea as notes: pitches searched, louder towards its middle, ornamented."""
        times = [(slot.start + at, d) for at, d in idea.rhythm if at < slot.length - 0.2]
        lift = _LIFT.get(slot.kind, 0) + _ARC[slot.place % 4]
        centre = self.low + (self.high - self.low) * 0.36 + lift
        repeats = self.style.gestures.get("repeat", 0.5)
        line = Line(
            times,
            idea.contour,
            targets,
            self.low,
            self.high,
            centre,
            slot.ending,
            last,
            repeats,
            self.style.colour,
            self.reach,
        )
        pitches = find_pitches(self._plan_at(slot.start), line)
        count = len(times)
        out = []
        for index, ((at, duration), pitch) in enumerate(zip(times, pitches, strict=True)):
            arc = 6.0 * (1 - abs(2 * (index + 0.5) / count - 1))
            out.append(Event(at, duration * (0.94 if index < count - 1 else 0.97), pitch, 82 + arc))
        rng = self.plan.rng("ornament", slot.start if not plain else (slot.kind, slot.place), self.variant)
        return ornamented(self._plan_at(slot.start), self.style, out, rng, solo=slot.kind == "s")

    def _led_in(self, slot: _Slot, phrase: list[Event], end_before: float | None, turn: int) -> list[Event]:
        """Return a phrase with an upbeat now and then."""
        rng = self.plan.rng("upbeat", self.source.get(slot.kind, slot.kind), slot.place % 8, self.variant)
        if rng.random() >= self.style.pickup or slot.place % 2 or phrase[0].start > slot.start + 1e-6:
            return phrase
        before = max(end_before or 0.0, phrase[0].start - 2.0)
        lead = upbeat(self._plan_at(slot.start), phrase[0], before, self.low, self.high, rng, self.finest)
        if not lead or any(self.plan.bar_at(e.start) not in self.voice.bars for e in lead):
            return phrase
        return [*lead, *phrase]

    def _final_note(self, bar: int, last: int | None) -> list[Event]:
        """The last note: on 1, 3 or 5 of the key where the chord has it, near the note before."""
        low, high = self.low, self.high
        at = self.plan.start_of(bar)
        plan = self._plan_at(at)
        chord = plan.chord_at(at)
        third = 3 if plan.key.is_minor else 4
        home = {(plan.key.tonic + i) % 12 for i in (0, third, 7)}
        tones = set(chord.pitch_classes) if chord else home
        wanted = home & tones or tones
        near = last if last is not None else (low + high) // 2
        pitch = min(
            (p for p in range(low, high + 1) if p % 12 in wanted),
            key=lambda p: abs(p - near) - 1.5 * (p % 12 == plan.key.tonic),
            default=near,
        )
        return [Event(at, plan.final_duration(), pitch, 86)]


def _shift(known: Chords, here: Chords) -> int:
    """Return by how many semitones chords were moved that are otherwise the same; 0 where they were not."""
    if len(known) != len(here) or known == here:
        return 0
    moves = {
        (at == before, (now.root - then.root) % 12 if now and then and now.quality == then.quality else None)
        for (before, then), (at, now) in zip(known, here, strict=True)
    }
    same, move = next(iter(moves))
    if len(moves) != 1 or not same or not move:
        return 0
    return move if move <= 6 else move - 12


def _on_contour(rhythm: Rhythm, contour: Sequence[int], rest: Sequence[int]) -> Idea:
    """Return a rhythm with a contour that goes on as another does where it is too short."""
    steps = [*contour[: len(rhythm)], *rest[len(contour) : len(rhythm)]]
    return Idea(rhythm, tuple(steps + steps[-1:] * (len(rhythm) - len(steps))))


def _step_share(line: Sequence[Event]) -> float:
    """Return the share of moves of at most two semitones (rule 10); .78, the middle of its range, for a short line."""
    moves = [abs(b.pitch - a.pitch) for a, b in itertools.pairwise(line)]
    return sum(m <= 2 for m in moves) / len(moves) if len(moves) >= 8 else 0.78


def _pushed(rhythm: Rhythm, bar: float) -> Rhythm:
    """Return a rhythm whose second bar starts half a beat early (an anticipation)."""
    line = list(rhythm)
    for i in range(1, len(line)):
        at, d = line[i]
        before_at, before = line[i - 1]
        if abs(at - bar) < 1e-6 and at - before_at >= 1.0:
            line[i - 1] = (before_at, min(before, at - 0.5 - before_at))
            line[i] = (at - 0.5, d + 0.5)
            break
    return tuple(line)


def _without_overlap(events: Sequence[Event]) -> list[Event]:
    """Return a line for one breath: no two notes at once, in order."""
    line = sorted(events, key=lambda e: e.start)
    for event, following in itertools.pairwise(line):
        if event.end > following.start:
            event.duration = max(0.05, following.start - event.start)
    return line
