"""Drums: grooves that vary, ghost notes, fills before every new section, crash and kick after them."""

import random
from collections.abc import Iterable, Mapping

from segue.tools.music.compose_plan import Plan, Voice
from segue.tools.music.form import section_name
from segue.tools.music.rhythm import VELOCITY, Event, grid, kick_grid, snare_grid

KICK, SNARE, RIM, CLAP, HAT, PEDAL, OPEN, RIDE, CRASH = 36, 38, 37, 39, 42, 44, 46, 51, 49
_TOMS = (50, 48, 47, 45, 43, 41)
_FEET = frozenset({35, 36, PEDAL})
# Who keeps playing when more than two hands would be needed.
_HAND_ORDER = (CRASH, SNARE, CLAP, RIM, *_TOMS, RIDE, OPEN, HAT, 70)
_LIGHT_KITS = frozenset({"brush kit", "jazz kit"})


def write_drums(plan: Plan, voice: Voice, levels: Mapping[int, int], variant: int = 0) -> list[Event]:
    """Write the kit for the bars of ``voice.bars``.

    Parameters
    ----------
    levels : bar (from 0) → 1 light, 2 normal, 3 full.
    variant : another number gives another reading of the same groove (for bars written anew).
    """
    kit = _Kit(plan, voice, variant)
    events: list[Event] = []
    recent: list[tuple[tuple[float, int], ...]] = []
    for bar in sorted(voice.bars):
        hits = kit.bar(bar, levels.get(bar, 2))
        hits = _two_hands(hits)
        for _ in range(4):
            shape = tuple(sorted((round(h.start - plan.start_of(bar), 3), h.pitch) for h in hits))
            if recent[-2:] != [shape, shape] or not hits:
                break
            hits = _two_hands(kit.mutated(hits, bar))
        recent.append(shape)
        events += hits
    return events


def pickup_fill(plan: Plan, bar: int) -> list[Event]:
    """Return a short fill on the last beat of a bar, for drums that come in with the next one."""
    start = plan.start_of(bar) + plan.meter.bar - min(1.0, plan.meter.bar / 2)
    return [Event(start + i * 0.25, 0.25, pitch, 70 + 9 * i) for i, pitch in enumerate((SNARE, SNARE, 48, 45))]


def write_percussion(plan: Plan, voice: Voice, pattern: str, variant: int = 0) -> list[Event]:
    """Write a hand percussion part: its pattern, with a small change at every fourth bar."""
    keys = voice.instrument.keys or (70,)
    rng = plan.rng("perc", voice.name, variant)
    base = grid(pattern, plan.meter)
    order = [keys[rng.randrange(len(keys))] for _ in base]
    if len(keys) > 1 and order:
        order[0] = keys[-1]
    events: list[Event] = []
    for bar in sorted(voice.bars):
        start = plan.start_of(bar)
        if bar == plan.final_bar:
            events.append(Event(start, 0.5, keys[0], 84))
            continue
        changed = bar % 4 == 3 and len(base) > 2
        skip = rng.randrange(1, len(base)) if changed else -1
        for index, (at, mark) in enumerate(base):
            if index == skip or (plan.density < -0.4 and index % 2 and len(base) > 6):
                continue
            events.append(Event(start + at, 0.25, order[index], VELOCITY[mark] - (12 if index % 2 else 4)))
        if changed and rng.random() < 0.6:
            events.append(Event(start + plan.meter.bar - 0.25, 0.2, keys[0], 60))
    return events


class _Kit:
    def __init__(self, plan: Plan, voice: Voice, variant: int) -> None:
        self.plan, self.voice, self.variant = plan, voice, variant
        self.data = plan.genre.drums or {
            "kick": ["x.......x......."], "snare": ["....X.......X..."], "hat": ["x.x.x.x.x.x.x.x."],
        }  # fmt: skip
        self.light = voice.instrument.name in _LIGHT_KITS
        self.snare_key = int(self.data.get("snare_key", SNARE))
        self.hat_key = int(self.data.get("hat_key", HAT))
        self.kick_key = int(self.data.get("kick_key", KICK))
        if voice.instrument.synth == "drum_machine":
            self.kick_key = KICK
        self.shift = plan.rng("groove", variant).randrange(12)

    def _pick(self, what: str, kind: str, bar: int, alternate: bool) -> str:
        patterns = self.data[what]
        if self.data.get("cycle") and what != "kick":
            return str(patterns[bar % len(patterns)])
        base = self.shift + {"c": 1, "b": 2, "p": 1}.get(kind, 0) + (1 if alternate else 0)
        return str(patterns[base % len(patterns)])

    def bar(self, bar: int, level: int) -> list[Event]:
        """Return the hits of one bar."""
        plan = self.plan
        start, kind = plan.start_of(bar), plan.kind_of_bar(bar)
        rng = plan.rng("drums", bar, self.variant)
        if bar == plan.final_bar and bar > 0:
            return [Event(start, 1.0, self.kick_key, 104), Event(start, 2.0, CRASH, 88 if self.light else 104)]
        section = plan.section_of(bar)
        if section_name(section.name) == "build" and section.bars > 1:
            risen = self._build(bar, start)
            return self._crashed(risen, start, level) if plan.is_first_of_section(bar) and bar > 0 else risen
        place = bar - (section.start_bar - 1)
        alternate = place % 4 == 3 or (place % 4 == 1 and rng.random() < 0.3)
        hits: list[Event] = []
        self._kicks(hits, start, self._pick("kick", kind, bar, alternate), level, rng)
        self._snares(hits, start, self._pick("snare", kind, bar, alternate), level, rng)
        self._hats(hits, start, bar, kind, level, alternate, rng)
        if plan.is_first_of_section(bar) and (bar > 0 or section.energy > 0.7):
            hits = self._crashed(hits, start, level)
        if plan.is_last_of_section(bar):
            hits = self._with_fill(hits, bar, level, rng)
        return hits

    def _crashed(self, hits: list[Event], start: float, level: int) -> list[Event]:
        """Return a bar that opens a section: a crash with the kick under it."""
        kept = [h for h in hits if not (h.start == start and h.pitch in (HAT, OPEN, RIDE))]
        kept.append(Event(start, 2.0, CRASH, 84 if level == 1 else 92 if self.light else 108))
        if not any(h.start == start and h.pitch == self.kick_key for h in kept):
            kept.append(Event(start, 0.5, self.kick_key, 88 if level == 1 else 96))
        return kept

    def _kicks(self, hits: list[Event], start: float, pattern: str, level: int, rng: random.Random) -> None:
        found = kick_grid(pattern, self.plan.meter)
        if level == 1 and not self.plan.machine:
            found = found[:1]
        elif self.plan.density < -0.4:
            found = found[: max(1, len(found) - 1)] if pattern != "x...x...x...x..." else found
        soft = 14 if level == 1 else 0
        for at, mark in found:
            hits.append(Event(start + at, 0.25, self.kick_key, VELOCITY[mark] + 8 - soft))
        room = self.plan.meter.bar - 0.25
        busier = self.plan.density > 0.3 and level >= 2 and len(found) <= 4 and rng.random() < 0.5 and room > 1
        if busier and all(abs(at - (room - 0.25)) > 0.2 for at, _ in found):
            hits.append(Event(start + room - 0.25, 0.25, self.kick_key, 78))

    def _snares(self, hits: list[Event], start: float, pattern: str, level: int, rng: random.Random) -> None:
        if level == 1 and not (self.light or self.data.get("cycle")):
            return
        found = snare_grid(pattern, self.plan.meter)
        ghosts_wanted = self.snare_key == SNARE and not self.plan.machine and level >= 2
        for at, mark in found:
            ghost = mark in ("o", "g")
            if ghost and self.plan.density < -0.3:
                continue
            key = SNARE if ghost and self.snare_key == CLAP else self.snare_key
            velocity = rng.uniform(30, 46) if ghost else VELOCITY[mark] + (6 if level == 3 else -4)
            if self.light and not ghost:
                velocity -= 14
            hits.append(Event(start + at, 0.25, key, velocity))
        if ghosts_wanted and not self.light and rng.random() < 0.35 + 0.3 * self.plan.density:
            taken = {round(at, 2) for at, _ in found}
            free = [p for p in (1.75, 2.25, 3.75, 0.75) if p < self.plan.meter.bar and p not in taken]
            if free:
                hits.append(Event(start + rng.choice(free), 0.2, SNARE, rng.uniform(28, 42)))

    def _hats(
        self, hits: list[Event], start: float, bar: int, kind: str, level: int, alternate: bool, rng: random.Random
    ) -> None:
        pattern = self._pick("hat", kind, bar, alternate)
        use_ride = bool(self.data.get("ride")) and kind in ("c", "s") and level == 3
        key = RIDE if use_ride else self.hat_key
        found = grid(pattern, self.plan.meter)
        if self.plan.density < -0.4 or (level == 1 and not self.plan.machine):
            found = [hit for hit in found if hit[0] % 0.5 == 0] or found
        last = -1.0
        for at, mark in found:
            opened = mark == "O" and not use_ride and key == HAT
            velocity = 88.0 if mark == "X" else 80.0 if at % 1 == 0 else 70.0 if at % 0.5 == 0 else 58.0
            velocity += rng.uniform(-5, 5) + (6 if level == 3 else -8 if level == 1 else 0)
            hits.append(Event(start + at, 0.5 if opened else 0.2, OPEN if opened else key, velocity))
            last = max(last, at)
        if level == 3 and key == HAT and alternate and found and "O" not in pattern:
            at = self.plan.meter.bar - 0.5
            hits[:] = [h for h in hits if not (h.pitch == HAT and h.start >= start + at - 0.01)]
            hits.append(Event(start + at, 0.5, OPEN, 84))
        if self.data.get("pedal"):
            hits += [Event(start + at, 0.25, PEDAL, 66) for at, _ in snare_grid(self.data["pedal"], self.plan.meter)]
        if self.data.get("rolls") and level >= 2 and rng.random() < 0.45:
            self._roll(hits, start, rng)

    def _roll(self, hits: list[Event], start: float, rng: random.Random) -> None:
        """A hi-hat roll in 32nds or triplets over one beat, as trap has it."""
        beat = start + rng.choice([p for p in (1.0, 2.5, 3.0, 3.5) if p + 0.5 <= self.plan.meter.bar] or [0.0])
        count, length = rng.choice(((4, 0.5), (3, 0.5), (6, 1.0)))
        hits[:] = [h for h in hits if h.pitch != HAT or not beat - 0.01 <= h.start < beat + length - 0.01]
        rising = rng.random() < 0.6
        for i in range(count):
            velocity = 60 + 30 * (i if rising else count - 1 - i) / max(1, count - 1)
            hits.append(Event(round(beat + i * length / count, 4), length / count, HAT, velocity))

    def _build(self, bar: int, start: float) -> list[Event]:
        """A riser: the snare doubles its pace towards the drop, the kick falls away in the last bar."""
        section = self.plan.section_of(bar)
        place = bar - (section.start_bar - 1)
        share = place / max(1, section.bars - 1)
        step = 1.0 if share < 0.45 else 0.5 if share < 0.8 else 0.25
        count = int(self.plan.meter.bar / step + 1e-6)
        last = place == section.bars - 1
        hits = [
            Event(start + i * step, step * 0.8, SNARE, 58 + 34 * share + 10 * (i / max(1, count)))
            for i in range(count)
            if not (last and i == count - 1 and count > 4)
        ]
        if not last:
            hits += [Event(start + pulse, 0.25, self.kick_key, 96) for pulse in self.plan.meter.pulses]
        if place % 2 == 1:
            hits.append(Event(start + self.plan.meter.bar - 0.5, 0.4, OPEN, 72))
        return hits

    def _with_fill(self, hits: list[Event], bar: int, level: int, rng: random.Random) -> list[Event]:
        """Replace the end of a bar by a fill that grows with the level."""
        plan = self.plan
        beats = min(plan.meter.bar, rng.choice((1.0, 2.0)) if level >= 2 else 1.0)
        if plan.meter.compound:
            beats = 1.5
        start = plan.start_of(bar) + plan.meter.bar - beats
        kept = [h for h in hits if h.start < start - 0.01 or h.pitch == self.kick_key]
        count = round(beats * 4)
        if self.light:
            cells = [i for i in range(count) if i % 2 == 0 or rng.random() < 0.4]
            fill = [Event(start + i * 0.25, 0.25, rng.choice((SNARE, SNARE, 45)), 56 + 3 * i) for i in cells]
        elif plan.machine:
            shape = rng.choice(("roll", "claps", "stop"))
            if shape == "roll":
                fill = [Event(start + i * 0.25, 0.2, SNARE, 62 + 40 * i / count) for i in range(count)]
            elif shape == "claps":
                cells = [0, 3, 6] if count >= 8 else [0, 2, 3]
                fill = [Event(start + i * 0.25, 0.25, self.snare_key, 84 + 3 * i) for i in cells if i < count]
            else:
                kept = [h for h in kept if h.start < start - 0.01]
                fill = [
                    Event(start + (count - 2) * 0.25, 0.25, SNARE, 88),
                    Event(start + (count - 1) * 0.25, 0.25, SNARE, 98),
                ]
        else:
            fill = self._acoustic_fill(start, count, rng)
        if level == 1:
            fill = fill[len(fill) // 2 :]
        return [*kept, *fill]

    def _acoustic_fill(self, start: float, count: int, rng: random.Random) -> list[Event]:
        shape = rng.choice(("toms", "snare", "mixed", "sparse"))
        if shape == "toms":
            order = [SNARE] * (count // 4) + [
                _TOMS[min(5, 1 + i * 4 // max(1, count))] for i in range(count - count // 4)
            ]
        elif shape == "snare":
            order = [SNARE] * count
        elif shape == "mixed":
            order = [(SNARE, 48, KICK, 45)[i % 4] for i in range(count)]
        else:
            order = [SNARE if i % 4 in (0, 3) else 0 for i in range(count)]
        return [
            Event(start + i * 0.25, 0.25, pitch, 74 + 28 * i / count + rng.uniform(-5, 5))
            for i, pitch in enumerate(order)
            if pitch
        ]

    def mutated(self, hits: list[Event], bar: int) -> list[Event]:
        """Return the bar with one small change, so that it does not stand identical too often."""
        rng = self.plan.rng("mutate", bar, self.variant)
        start, length = self.plan.start_of(bar), self.plan.meter.bar
        choice = rng.randrange(3)
        hats = [h for h in hits if h.pitch == HAT and h.start > start]
        if choice == 0 and hats:
            victim = rng.choice(hats)
            return [Event(h.start, 0.5, OPEN, h.velocity + 6) if h is victim else h for h in hits]
        at = start + length - (0.25 if choice == 1 else 0.75 if length > 1 else 0.25)
        pitch = self.kick_key if choice == 1 or self.plan.machine else SNARE
        velocity = 80 if pitch == self.kick_key else 38
        if any(abs(h.start - at) < 0.01 and h.pitch == pitch for h in hits):
            return [h for h in hits if not (abs(h.start - at) < 0.01 and h.pitch == pitch)]
        return [*hits, Event(at, 0.2, pitch, velocity)]


def _two_hands(hits: Iterable[Event]) -> list[Event]:
    """Keep at most two hand strokes at one time; feet are free."""
    at: dict[float, list[Event]] = {}
    for hit in hits:
        at.setdefault(round(hit.start, 3), []).append(hit)
    kept: list[Event] = []
    for time in sorted(at):
        by_pitch = {hit.pitch: hit for hit in at[time]}
        hands = sorted(
            (p for p in by_pitch if p not in _FEET), key=lambda p: _HAND_ORDER.index(p) if p in _HAND_ORDER else 99
        )
        kept += [by_pitch[p] for p in sorted(by_pitch) if p in _FEET or p in hands[:2]]
    return kept
