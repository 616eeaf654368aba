"""Drums: grooves that vary, ghost notes, fills before every new section, crash and kick after them."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from segue.tools.music.compose_plan import Plan, Voice
from segue.tools.music.drums_fills import choose_fills, is_noticed, played
from segue.tools.music.drums_grooves import (
    CLAP,
    CRASH,
    HAT,
    KICK,
    LANES,
    OPEN,
    PEDAL,
    RIDE,
    RIM,
    SNARE,
    TOMS,
    Groove,
    Hits,
    style_of,
)
from segue.tools.music.form import section_name
from segue.tools.music.rhythm import VELOCITY, Event

_FEET = frozenset({35, KICK, PEDAL})
_CYMBALS = frozenset({HAT, OPEN, RIDE})
# Who keeps playing when more than two hands would be needed.
_HAND_ORDER = (CRASH, RIM, SNARE, CLAP, *TOMS.values(), RIDE, OPEN, HAT, 56, 54)
_LIGHT_KITS = frozenset({"brush kit", "jazz kit"})
_IN_FOUR = ((1, 3), (0, 2), (0, 1, 2, 3), (1,), (2,), (1, 2), (0, 3), (2, 3))  # bars of four that have a stroke
_BIG = frozenset({"chorus", "drop", "climax", "mambo", "B"})


def write_drums(plan: Plan, voice: Voice, levels: Mapping[int, int], variant: int = 0) -> list[Event]:
    """Write the kit for the bars of ``voice.bars``.

    Parameters
    ----------
    levels : bar (from 0) → 1 light, 2 normal, 3 full.
    variant : another number gives another reading of the same groove (for bars written anew).
    """
    kit = _Kit(plan, voice, variant)
    longest = 7 if plan.machine and plan.genre.name == "techno" else 3
    events: list[Event] = []
    recent: list[tuple[tuple[float, int], ...]] = []
    for bar in sorted(voice.bars):
        hits = _two_hands(kit.bar(bar, levels.get(bar, 2)))
        for attempt in range(4):
            shape = tuple(sorted((round(h.start - plan.start_of(bar), 3), h.pitch) for h in hits))
            if not hits or recent[-longest:] != [shape] * longest:
                break
            hits = _two_hands(kit.mutated(hits, bar, attempt))
        recent.append(shape)
        events += hits
    return events


def pickup_fill(plan: Plan, bar: int) -> list[Event]:
    """Return a fill at the end of a bar, for drums that come in with the next one: half a beat to a whole bar."""
    rng = plan.rng("pickup", bar)
    steps = rng.choice([n for n in (4, 4, 6, 8, 12, 16) if n * 0.25 <= plan.meter.bar] or [2])
    start = plan.start_of(bar) + plan.meter.bar - steps * 0.25
    keys = rng.choice(((SNARE,), (SNARE, SNARE, *TOMS.values()), tuple(TOMS.values()), (SNARE, 45)))
    keys = (CLAP, SNARE) if plan.machine and rng.random() < 0.3 else keys
    thick = rng.choice((0.45, 0.6, 0.75))
    cells = [i for i in range(steps) if i >= steps - 2 or rng.random() < thick]
    return [
        Event(start + i * 0.25, 0.24, keys[min(len(keys) - 1, i * len(keys) // steps)], 76 + 26 * i / steps)
        for i in cells
    ]


@dataclass(frozen=True)
class _Own:
    """A light stroke that belongs to one piece: key, beat in the bar, in which bars of four."""

    key: int
    at: float
    bars: tuple[int, ...]


class _Kit:
    def __init__(self, plan: Plan, voice: Voice, variant: int) -> None:
        self.plan, self.voice, self.variant = plan, voice, variant
        self.light = voice.instrument.name in _LIGHT_KITS
        self.style = style_of(plan.genre, plan.meter)
        self.groove = Groove(
            self.style, plan.meter.steps, lambda kind: plan.rng("groove", variant, kind), density=plan.density
        )
        lanes = self.style.lanes["a"]
        self.backbeat = next((LANES[name] for name in "sci" if any(lanes.get(name, ()))), SNARE)
        self.quiet = plan.rng("quiet", variant).choice(("rim", "feet", "thin", "soft"))
        self._own: dict[str, tuple[_Own, ...]] = {}
        self.steady = self.style.feel in ("latin", "dembow", "swing")  # keeps its backbeat when it plays softly

    def _own_strokes(self, kind: str) -> tuple[_Own, ...]:
        """Return the light strokes that are a piece's own in a kind of section: what tells its plainest groove apart.

        Hi-hat and ghosted snare on weak sixteenths, in some bars of four; swing keeps to its ride and has none.
        """
        if kind not in self._own:
            rng = self.plan.rng("own", kind, self.variant)
            snare = self.backbeat == SNARE and not self.light and not self.plan.machine and not self.steady
            keys = [HAT, HAT, SNARE] if snare else [HAT]
            places = [i * 0.25 for i in range(1, self.plan.meter.steps, 2)] or [0.5]
            drawn = rng.sample(places, min(len(places), rng.choice((1, 2, 2))))
            none = self.style.feel == "swing"
            self._own[kind] = () if none else tuple(_Own(rng.choice(keys), at, rng.choice(_IN_FOUR)) for at in drawn)
        return self._own[kind]

    def bar(self, bar: int, level: int) -> list[Event]:
        """Return the hits of one bar."""
        plan = self.plan
        start, kind = plan.start_of(bar), plan.kind_of_bar(bar)
        rng = plan.rng("drums", bar, self.variant)
        if bar == plan.final_bar and bar > 0:
            return [Event(start, 1.0, KICK, 104), Event(start, 2.0, CRASH, 88 if self.light else 104)]
        section = plan.section_of(bar)
        opens = plan.is_first_of_section(bar) and (bar > 0 or section.energy > 0.7)
        name = section_name(section.name)
        if name == "build" and section.bars > 1:
            risen = self._build(bar, start)
            return self._crashed(risen, start, level) if opens and bar > 0 else risen
        place = bar - (section.start_bar - 1)
        turn = place % 4 == 3 and rng.random() < 0.6
        hits = self._played(self.groove.bar(kind, place, turn, rng), start, level, rng, kind)
        for own in self._own_strokes(kind):
            near = any(h.pitch in (own.key, OPEN) and abs(h.start - start - own.at) < 0.2 for h in hits)
            if hits and place % 4 in own.bars and not near:
                soft = self.plan.rng("own", bar, self.variant).uniform(48, 53)
                hits.append(Event(start + own.at, 0.2, own.key, soft if own.key == SNARE else soft + 12.0))
        if rng.random() < (0.4 + 0.3 * (level == 1) if not plan.machine else 0.75 if place % 4 == 3 else 0.2):
            hits = self._ornamented(hits, start, rng)
        if level == 3 and self.plan.density > 0.3 and not plan.machine:
            hits += self._busier(hits, start, rng)
        if opens:
            hits = self._crashed(hits, start, level)
        elif level == 3 and place % 4 == 0 and place and self.groove_is_loud(kind) and rng.random() < 0.4:
            hits = self._crashed(hits, start, 2)
        if plan.is_last_of_section(bar):
            hits = self._with_fill(hits, bar, level, rng)
        elif (
            level >= 2
            and section.bars >= 8
            and place % 8 in (3, 7)
            and rng.random() < (0.25 if self.light or self.style.feel == "break" else 0.4)
        ):
            hits = self._with_fill(hits, bar, 1, rng)
        return hits

    def groove_is_loud(self, kind: str) -> bool:
        """Return whether a kind of section may have crashes inside it."""
        return kind in ("c", "s") and not self.light

    def _played(
        self, lanes: Mapping[str, Hits], start: float, level: int, rng: random.Random, kind: str
    ) -> list[Event]:
        """Return the lanes of a bar as strokes with their velocities."""
        plan = self.plan
        out: list[Event] = []
        for lane, found in lanes.items():
            key = LANES[lane]
            if level == 1 and not self.steady:
                key, found = self._thinned(lane, key, found, kind)
            if plan.density < -0.4:
                sparse = tuple(hit for hit in found if lane not in "hr" or hit[0] % 0.5 == 0)
                found = sparse[:-1] if lane == "k" and len(sparse) > 2 and self.style.feel != "floor" else sparse
            for at, mark in found:
                out.append(self._stroke(lane, key, start + at, at, mark, level, rng))
        if level >= 2 and rng.random() < self.style.rolls:
            self._roll(out, start, rng)
        return out

    def _thinned(self, lane: str, key: int, found: Hits, kind: str) -> tuple[int, Hits]:
        """Return a lane as it is played in an introduction or a quiet verse: each piece has its own way.

        The backbeat may wait in an introduction; an outro keeps it.
        """
        bare = kind != "o" and lane in "sc"
        if self.plan.machine:
            return (key, ()) if bare and self.quiet != "soft" else (key, found)
        main = tuple(hit for hit in found if hit[1] not in "og")
        rng = self.plan.rng("quiet", self.variant, lane)
        if lane == "k":
            kept = rng.choice((0.0, 0.4, 0.7, 1.0))
            half = self.plan.meter.bar / 2
            return key, tuple(hit for hit in main if hit[0] in (0.0, half) or rng.random() < kept) or found[:1]
        if lane in "sc":
            return RIM, () if bare and self.quiet == "feet" else main
        if lane in "hr" and self.quiet != "soft":
            on, first = rng.choice(((1.0, 0.0), (0.5, 0.0), (0.5, 0.0), (1.0, 0.5)))
            return key, tuple(hit for hit in found if (hit[0] - first) % on == 0) or found
        return key, found

    def _ornamented(self, hits: list[Event], start: float, rng: random.Random) -> list[Event]:
        """Return a bar with one small change of the moment: a ghost note, an open hat, a kick, a stroke left out."""
        bar = self.plan.meter.bar
        taken = {round(h.start - start, 3) for h in hits if h.pitch in (SNARE, RIM, CLAP)}
        hats = [h for h in hits if h.pitch == HAT and h.start > start]
        kind = rng.choice(("ghost", "open", "kick", "skip") if not self.plan.machine else ("open", "kick", "skip"))
        if kind == "ghost" and self.backbeat == SNARE and any(h.pitch == SNARE for h in hits):
            free = [p for i in range(1, int(bar * 4)) if i % 2 and (p := i * 0.25) not in taken]
            return [*hits, Event(start + rng.choice(free), 0.2, SNARE, rng.uniform(48, 53))] if free else hits
        off = [h for h in hats if h.start % 1 == 0.5]
        if kind == "open" and off:
            victim = rng.choice(off)
            return [Event(h.start, 0.45, OPEN, 82.0) if h is victim else h for h in hits]
        if kind == "kick" and self.style.feel in ("straight", "half", "break", "brush", "train") and bar > 2:
            at = start + bar - rng.choice((0.25, 0.5, 1.25, 1.75))
            near = any(abs(h.start - at) < 0.24 and h.pitch == KICK for h in hits) or round(at - start, 3) in taken
            return hits if near else [*hits, Event(at, 0.25, KICK, 84.0)]
        if len(hats) > 4:
            victim = rng.choice(hats)
            return [h for h in hits if h is not victim]
        return hits

    def _stroke(self, lane: str, key: int, start: float, at: float, mark: str, level: int, rng: random.Random) -> Event:
        """Return one stroke: how loud depends on the drum, its mark and the level."""
        force = 5.0 if level == 3 else -8.0 if level == 1 else 0.0
        if mark in ("o", "g"):
            return Event(start, 0.2, key, 53.0 if self.plan.machine else rng.uniform(48, 53) if lane != "k" else 50.0)
        if lane in "hrp":
            if mark == "O":
                return Event(start, 0.45, OPEN if lane == "h" else 53, 82.0 + force)
            velocity = {"X": 92.0, "r": 62.0}.get(mark, 66.0 if lane == "p" else 80.0 if at % 1 == 0 else 74.0)
            return Event(start, 0.12 if mark == "r" else 0.2, key, velocity + force + rng.uniform(-3, 3))
        if lane == "t":
            return Event(start, 0.25, TOMS.get(mark, key), 80.0 + force)
        velocity = VELOCITY[mark] + force
        if lane == "k":
            train = 8.0 if self.style.feel == "train" else 0.0  # under brushes the foot is light
            velocity = VELOCITY[mark] + 8 - train + (-10.0 if level == 1 else 0.0)
        elif self.light:
            velocity = {"x": 72.0, "X": 86.0}.get(mark, velocity) + force / 2
        elif lane in "siwvb":
            velocity -= 6.0
        return Event(start, 0.25, key, velocity)

    def _crashed(self, hits: list[Event], start: float, level: int) -> list[Event]:
        """Return a bar that opens a section: a crash with the kick under it."""
        kept = [h for h in hits if not (h.start == start and (h.pitch in _CYMBALS or h.pitch == PEDAL))]
        kept.append(Event(start, 2.0, CRASH, 86 if level == 1 else 92 if self.light else 106))
        kicks = [h for h in kept if h.start == start and h.pitch == KICK]
        if not kicks:
            kept.append(
                Event(start, 0.5, KICK, 64 if self.style.feel == "swing" and self.light else 90 if level == 1 else 98)
            )
        for kick in kicks:
            kick.velocity = max(kick.velocity, 62.0 if self.style.feel == "swing" else 88.0)
        return kept

    def _busier(self, hits: list[Event], start: float, rng: random.Random) -> list[Event]:
        """Return a stroke more: a kick before the bar line, where none is near."""
        at = start + self.plan.meter.bar - rng.choice((0.25, 0.5))
        near = any(abs(h.start - at) < 0.3 and h.pitch == KICK for h in hits)
        return [] if near or rng.random() < 0.4 else [Event(at, 0.25, KICK, 82)]

    def _roll(self, hits: list[Event], start: float, rng: random.Random) -> None:
        """A hi-hat roll in 32nds or triplets over half a beat to two, as trap has it."""
        beat = start + rng.choice([p for p in (1.0, 2.5, 3.0, 3.5) if p + 0.5 <= self.plan.meter.bar] or [0.0])
        count, length = rng.choice(((4, 0.5), (3, 0.5), (6, 1.0), (6, 0.5), (8, 1.0), (3, 1.0)))
        length = min(length, start + self.plan.meter.bar - beat)
        hits[:] = [h for h in hits if h.pitch not in (HAT, OPEN) or not beat - 0.01 <= h.start < beat + length - 0.01]
        rising = rng.random() < 0.6
        for i in range(count):
            velocity = 62 + 28 * (i if rising else count - 1 - i) / max(1, count - 1)
            hits.append(Event(round(beat + i * length / count, 4), length / count, HAT, velocity))

    def _build(self, bar: int, start: float) -> list[Event]:
        """A riser: the snare doubles its pace towards the drop, the kick falls away, the last beat is empty."""
        section, meter = self.plan.section_of(bar), self.plan.meter
        place = bar - (section.start_bar - 1)
        share = place / max(1, section.bars - 1)
        last = place == section.bars - 1
        rng = self.plan.rng("build", section.start_bar, self.variant)
        halves = rng.choice(((0.4, 0.75), (0.45, 0.8), (0.3, 0.7)))
        step = 1.0 if share < halves[0] else 0.5 if share < halves[1] else 0.25
        if self.style.feel == "half" and share < 0.75:  # half-time: only its own snare until the last bars
            step = 2.0
        tail = rng.choice((0.5, 1.0)) if last else 0.0
        end = meter.bar - (tail if meter.bar > 2 else 0.0)
        key = rng.choice((SNARE, SNARE, CLAP)) if self.backbeat == CLAP and step >= 0.5 else SNARE
        hits = []
        at = step if step > 1.0 else 0.0
        while at < end - 1e-6:
            pace = 0.125 if last and at >= end - 1.0 and rng.random() < 0.9 else step
            hits.append(Event(start + at, pace * 0.8, key, 78 + 24 * (place + at / meter.bar) / section.bars))
            at = round(at + pace, 4)
        if place < section.bars - max(1, section.bars // 4):
            pulses = (
                meter.pulses
                if self.style.feel == "floor"
                else meter.pulses[:1]
                if place % 2
                else (0.0, meter.bar - 0.5)
            )
            hits += [Event(start + pulse, 0.25, KICK, 96) for pulse in pulses]
        if place % 2 == 1 and not last:
            hits.append(Event(start + meter.bar - 0.5, 0.4, OPEN, 76))
        own = self.plan.rng("build", bar, self.variant)
        if not last and step > 0.25 and own.random() < 0.5:  # a few strokes of the moment
            free = [i * 0.25 for i in range(int(meter.bar * 2), int(meter.bar * 4)) if i % 2]
            hits += [Event(start + p, 0.2, key, 80.0) for p in own.sample(free, min(len(free), own.choice((1, 2))))]
        cymbal = rng.choice((None, 0.0, 0.5))
        if cymbal is not None and not last:
            hits += [
                Event(start + pulse + cymbal, 0.2, HAT, 74) for pulse in meter.pulses if pulse + cymbal < meter.bar
            ]
        return hits

    def _with_fill(self, hits: list[Event], bar: int, level: int, rng: random.Random) -> list[Event]:
        """Replace the end of a bar by a fill; before a chorus it is long, or everything stops."""
        plan = self.plan
        start, length = plan.start_of(bar), plan.meter.bar
        follows = section_name(plan.section_of(min(bar + 1, plan.bars - 1)).name)
        big = plan.is_last_of_section(bar) and follows in _BIG and level >= 2
        soft = 16.0 if level == 1 else 8.0 if self.light else 0.0
        best = hits
        for fill in choose_fills(self.style.fills, length, big=big, small=level == 1, rng=rng):
            beats = fill.beats or 1.0
            at = start + length - beats
            snare = SNARE if self.light or self.backbeat != CLAP else CLAP
            kept = [
                h
                for h in hits
                if h.start < at - 0.01
                or (h.pitch in _FEET and not fill.cut and not (fill.own_kick and h.pitch == KICK))
                or (fill.cut and not fill.stop and h.pitch in _CYMBALS)
                or (self.style.feel == "latin" and not fill.stop and h.pitch == RIM)
            ]
            best = [*kept, *played(fill, at, snare, soft=soft, rng=rng)]
            if not plan.is_last_of_section(bar) or is_noticed(hits, _two_hands(best), start, length):
                return best
        return best

    def mutated(self, hits: list[Event], bar: int, attempt: int = 0) -> list[Event]:
        """Return the bar with one small change, so that it does not stand identical too often."""
        rng = self.plan.rng("mutate", bar, self.variant, attempt)
        start, length = self.plan.start_of(bar), self.plan.meter.bar
        hats = [h for h in hits if h.pitch == HAT and h.start > start and h.start % 0.5 == 0]
        if rng.randrange(3) == 0 and hats:
            victim = rng.choice(hats)
            return [Event(h.start, 0.45, OPEN, h.velocity + 6) if h is victim else h for h in hits]
        at = start + length - rng.choice([p for p in (0.25, 0.75, 0.5) if p < length])
        soft = not self.plan.machine and rng.random() < 0.5 and self.backbeat == SNARE
        pitch = SNARE if soft else KICK
        if any(abs(h.start - at) < 0.01 and h.pitch == pitch for h in hits):
            return [h for h in hits if not (abs(h.start - at) < 0.01 and h.pitch == pitch)]
        return [*hits, Event(at, 0.2, pitch, 49 if soft else 84)]


def _two_hands(hits: Iterable[Event]) -> list[Event]:
    """Keep at most two hand strokes at one time, and one of open and closed hi-hat; feet are free."""
    at: dict[float, list[Event]] = {}
    for hit in hits:
        at.setdefault(round(hit.start, 3), []).append(hit)
    kept: list[Event] = []
    for time in sorted(at):
        by_pitch = {hit.pitch: hit for hit in at[time]}
        if OPEN in by_pitch:
            by_pitch.pop(HAT, None)
        hands = sorted(
            (p for p in by_pitch if p not in _FEET), key=lambda p: _HAND_ORDER.index(p) if p in _HAND_ORDER else 99
        )
        kept += [by_pitch[p] for p in sorted(by_pitch) if p in _FEET or p in hands[:2]]
    return kept
