"""What a genre's checklist measures on a score: steps of drums, swing, bass, comping, chords, players.

Each measure is named as in ``genre_checklists.json``, where its meaning is written down; a predicate's other
fields are its arguments. Steps are sixteenths of the felt bar, from 0.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from segue.tools.core.instruments import Instrument, find_instrument, is_meant_by
from segue.tools.core.score import Note, Part, Score
from segue.tools.core.theory import Chord, parse_chord, parse_key
from segue.tools.music.rhythm import meter_of

Value = float | str
_KEYS: dict[str, frozenset[int]] = {
    "kick": frozenset({35, 36}), "snare": frozenset({38, 40}), "rim": frozenset({37}),
    "backbeat": frozenset({37, 38, 39, 40}), "accented snare": frozenset({38, 39, 40}),
    "ghost snare": frozenset({37, 38, 40}), "hat": frozenset({42, 44, 46}), "open hat": frozenset({46}),
    "backbeat or percussion": frozenset({37, 38, 39, 40, 54, 56, *range(60, 70), *range(73, 78)}),
    "ride": frozenset({51, 53, 59}), "shaker": frozenset({69, 70, 82}), "conga": frozenset({62, 63, 64}),
    "bongo": frozenset({60, 61}), "cowbell": frozenset({56}), "claves": frozenset({75}),
    "woodblock": frozenset({76, 77}), "groove": frozenset({35, 36, 38, 40, 51, 53, 59}),
}  # fmt: skip
_ACCENT = 56
_FAMILIES = frozenset({"guitar", "bass", "strings", "brass", "sax", "synth", "pad", "piano", "organ", "choir", "drums", "flute"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """One note in the felt reading: bar and step from 0, start and duration in felt beats."""

    bar: int
    step: int
    start: float
    duration: float
    pitch: int
    velocity: int

    @property
    def end(self) -> float:
        """Where it ends, in felt beats."""
        return self.start + self.duration


class Reading:
    """A score as it is felt: dotted quarters are the beat of 6/8 and 12/8, and ``speed`` doubles or halves the tempo."""

    def __init__(self, score: Score, speed: float = 1.0) -> None:
        self.score = score
        self.meter = meter_of(score.meter)
        self.pulse = 1.5 if self.meter.compound else 1.0
        self._scale = speed / self.pulse
        self.bar = self.meter.bar / self.pulse
        self.bars = max(1, round(score.bars * speed))
        self.key = parse_key(score.key)

    def hits(self, parts: Iterable[Part]) -> list[Hit]:
        """Return the notes of parts in order."""
        return sorted((self._hit(n) for p in parts for n in p.notes), key=lambda hit: (hit.start, hit.pitch))

    def _hit(self, note: Note) -> Hit:
        start = note.start * self._scale
        bar = math.floor(start / self.bar + 1e-4)
        place = start - bar * self.bar
        beat = math.floor(place + 1e-4)
        phase = place - beat
        # A triplet's second and third are swung sixteenths and eighths written out.
        step = 1 if 0.3 < phase < 0.36 else 2 if 0.63 < phase < 0.7 else round(phase * 4)
        return Hit(bar, beat * 4 + step, start, note.duration * self._scale, note.pitch, note.velocity)

    @cached_property
    def drums(self) -> list[Hit]:
        """All notes on drum parts."""
        return self.hits(p for p in self.score.parts if p.is_drum)

    @cached_property
    def chords(self) -> list[tuple[float, Chord]]:
        """Chords with their length in score beats, without "N"."""
        return [(span.duration, parse_chord(span.symbol)) for span in self.score.chords if span.symbol != "N"]

    @cached_property
    def roots(self) -> list[int]:
        """Roots in order, without repeats."""
        out: list[int] = []
        for _, chord in self.chords:
            if not out or out[-1] != chord.root:
                out.append(chord.root)
        return out

    @cached_property
    def groups(self) -> dict[str, list[Hit]]:
        """Notes by the groups of pitched parts."""
        pitched = [p for p in self.score.parts if not p.is_drum]
        by_role = defaultdict(list)
        for part in pitched:
            by_role[part.role].append(part)
        keys = [p for p in by_role["chords"] + by_role["arpeggio"] if _family(p) in ("piano", "organ", "mallets")]
        members = {
            "bass": by_role["bass"], "comp": by_role["chords"], "pads": by_role["pad"] or by_role["chords"], "keys": keys,
            "guitar": [p for p in pitched if _family(p) == "guitar" and p.role not in ("melody", "lead")],
            "lead": by_role["melody"] or by_role["lead"], "pitched": pitched,
        }  # fmt: skip
        return {name: self.hits(parts) for name, parts in members.items()}

    def group(self, names: str | Sequence[str]) -> list[Hit]:
        """Return the notes of one group or several."""
        found: list[Hit] = []
        for name in [names] if isinstance(names, str) else names:
            if name in self.groups:
                found += self.groups[name]
                continue
            hits = [hit for hit in self.drums if hit.pitch in _KEYS[name]]
            if name in ("backbeat", "accented snare"):
                hits = [hit for hit in hits if hit.velocity >= _ACCENT]
            elif name == "ghost snare":
                hits = [hit for hit in hits if hit.velocity < _ACCENT]
            found += hits
        return found

    def by_bar(self, hits: Iterable[Hit]) -> dict[int, set[int]]:
        """Return the steps played in each bar, the last bar left out: it holds the ending."""
        out: dict[int, set[int]] = defaultdict(set)
        for hit in hits:
            if hit.bar < self.bars - 1:
                out[hit.bar].add(hit.step)
        return out


def _instrument(part: Part) -> Instrument | None:
    return find_instrument(part.instrument) if part.instrument else None


def _family(part: Part) -> str:
    found = _instrument(part)
    return found.family if found else ""


def felt_tempo(score: Score) -> float:
    """Return the tempo of the felt beat: dotted quarters in compound meters."""
    return score.bpm / (1.5 if meter_of(score.meter).compound else 1.0)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _tempo(r: Reading, _: dict[str, Any]) -> Value:
    return felt_tempo(r.score) * r._scale * r.pulse


def _meter(r: Reading, _: dict[str, Any]) -> Value:
    return r.score.meter


def _mode(r: Reading, _: dict[str, Any]) -> Value:
    return r.key.mode


def _swing(r: Reading, a: dict[str, Any]) -> Value:
    """Median place of the off-beat between the performed ends of its pair; ends are each player's (each drum's) usual."""
    if r.meter.compound:
        return 0.5
    pair = 8.0 / a["unit"]  # two eighths are a beat, two sixteenths half of one
    clock = r.score.clock()
    found: list[float] = []
    for part in r.score.parts:
        if part.role in ("melody", "lead", "counter", "pad"):
            continue
        on: dict[tuple[int, float], list[float]] = defaultdict(list)
        off: list[tuple[int, float, float]] = []
        for note in part.notes:
            played = clock.beat(max(0.0, clock.seconds(note.start) + note.shift_s))
            phase = note.start / pair % 1.0
            voice = note.pitch if part.is_drum else 0
            if min(phase, 1 - phase) < 0.02:
                on[voice, round(note.start / pair) * pair % 1.0].append(played - note.start)
            elif abs(phase - 0.5) < 0.02 or 0.63 < phase < 0.7:
                off.append((voice, note.start - phase * pair, played))
        late = {place: statistics.median(shifts) for place, shifts in on.items()}
        for voice, begin, played in off:
            first = late.get((voice, round(begin, 3) % 1.0))
            if first is not None:
                last = late.get((voice, round(begin + pair, 3) % 1.0), first)
                found.append((played - begin - first) / (pair + last - first))
    return statistics.median(found) if found else 0.5


def _bars_with(r: Reading, a: dict[str, Any]) -> Value:
    bars = r.by_bar(r.group(a["hits"]))
    over = r.by_bar(r.group(a["over"])) if "over" in a else bars
    steps = set(a["steps"])
    met = sum(steps <= bars.get(b, set()) if a["mode"] == "all" else bool(steps & bars.get(b, set())) for b in over)
    return _share(met, len(over))


def _hit_share(r: Reading, a: dict[str, Any]) -> Value:
    places = {(hit.bar, hit.step) for hit in r.group(a["hits"]) if hit.bar < r.bars - 1}
    return _share(sum(step in a["steps"] for _, step in places), len(places))


def _density(r: Reading, a: dict[str, Any]) -> Value:
    hits = [hit for hit in r.group(a["hits"]) if hit.bar < r.bars - 1]
    over = r.by_bar(r.group(a["over"]) if "over" in a else hits)
    return _share(len({round(hit.start, 3) for hit in hits if hit.bar in over}), len(over))


def _rolls(r: Reading, a: dict[str, Any]) -> Value:
    hits = r.group(a["hits"])
    starts = sorted({round(hit.start, 3) for hit in hits})
    rolled = {int(x / r.bar) for x, y in pairwise(starts) if y - x < 0.24}
    return _share(len(rolled), len(r.by_bar(hits)))


def _clave(r: Reading, a: dict[str, Any]) -> Value:
    best = 0.0
    by_key: dict[int, list[Hit]] = defaultdict(list)
    for hit in r.group(a["hits"]):
        by_key[hit.pitch].append(hit)
    for hits in by_key.values():
        bars = r.by_bar(hits)
        for first in (0, 1):
            spans = [b for b in range(first, r.bars - 1, 2) if b in bars or b + 1 in bars]
            counts: dict[int, int] = defaultdict(int)
            for b in spans:
                for step in bars.get(b, set()) | {s + 16 for s in bars.get(b + 1, set())}:
                    counts[step] += 1
            usual = {step for step, n in counts.items() if 2 * n >= len(spans)}
            best = max([best, *(2 * _share(len(usual & set(p)), len(usual) + len(p)) for p in a["patterns"])])
    return best


def _median(r: Reading, a: dict[str, Any], pick: Callable[[Hit], float]) -> float:
    found = [pick(hit) for hit in r.group(a["hits"])]
    return statistics.median(found) if found else math.nan


def _note_length(r: Reading, a: dict[str, Any]) -> Value:
    return _median(r, a, lambda hit: hit.duration)


def _pitch_median(r: Reading, a: dict[str, Any]) -> Value:
    return _median(r, a, lambda hit: hit.pitch)


def _slides(r: Reading, _: dict[str, Any]) -> Value:
    line = r.groups["bass"]
    joined = sum(y.start - x.end < 0.125 and abs(y.pitch - x.pitch) >= 3 for x, y in pairwise(line))
    return _share(joined, len(line))


def _plays(part: Part, word: str, *, family: bool) -> bool:
    if word.startswith("synth:"):
        return part.synth == word[6:]
    if word.startswith("key:"):
        return part.is_drum and any(note.pitch == int(word[4:]) for note in part.notes)
    found, own = find_instrument(word), _instrument(part)
    if found and found.keys and part.is_drum:
        return any(note.pitch in found.keys for note in part.notes)
    if family and word in _FAMILIES and own:
        return is_meant_by(own, word)
    return bool(found and own and found.name == own.name)


def _instruments(r: Reading, a: dict[str, Any]) -> Value:
    """Name what is missing or in the way; empty when all is well."""
    parts = [part for part in r.score.parts if part.notes]
    missing = [
        " or ".join(words) for words in a["any"] if not any(_plays(p, w, family=True) for p in parts for w in words)
    ]
    unwanted = [word for word in a["none"] if any(_plays(p, word, family=False) for p in parts)]
    return "; ".join([f"lacks {words}" for words in missing] + [f"has {word}" for word in unwanted])


def _is_kind(chord: Chord, kind: str) -> bool:
    tones = chord.intervals
    if kind == "seventh":
        return 10 in tones or 11 in tones or chord.quality == "dim7"
    if kind == "dominant":
        return 4 in tones and 10 in tones
    if kind == "extended":
        return max(tones) >= 13
    return chord.quality not in ("", "m", "dim", "aug")


def _chord_time(r: Reading, wanted: Callable[[Chord], bool]) -> float:
    return _share(sum(n for n, chord in r.chords if wanted(chord)), sum(n for n, _ in r.chords))


def _chord_share(r: Reading, a: dict[str, Any]) -> Value:
    return _chord_time(r, lambda chord: _is_kind(chord, a["kind"]))


def _degree_share(r: Reading, a: dict[str, Any]) -> Value:
    return _chord_time(r, lambda chord: (chord.root - r.key.tonic) % 12 in a["degrees"])


def _diatonic_share(r: Reading, _: dict[str, Any]) -> Value:
    return _chord_time(r, lambda chord: chord.root in r.key.scale)


def _distinct_chords(r: Reading, _: dict[str, Any]) -> Value:
    return float(len({(chord.root, 3 in chord.intervals and 4 not in chord.intervals) for _, chord in r.chords}))


def _chords_per_bar(r: Reading, _: dict[str, Any]) -> Value:
    changes = 1 + sum(x.symbol != y.symbol for (_, x), (_, y) in pairwise(r.chords))
    return changes / r.bars


def _root_motion(r: Reading, a: dict[str, Any]) -> Value:
    moves = [(y - x) % 12 for x, y in pairwise(r.roots)]
    return _share(sum(move in a["intervals"] for move in moves), len(moves))


def _twelve_bar(r: Reading, _: dict[str, Any]) -> Value:
    score = r.score
    starts = [s.start_bar + 12 * k for s in score.sections for k in range(s.bars // 12)]

    def degree(bar: int) -> int:
        symbol = score.chord_at(score.bar_beat(bar))
        return (parse_chord(symbol).root - r.key.tonic) % 12 if symbol and symbol != "N" else -1

    good = sum(degree(s) == 0 and degree(s + 4) == 5 and degree(s + 6) == 0 and degree(s + 8) in (2, 7) for s in starts)
    return _share(good, len(starts))


def _cadence(r: Reading, a: dict[str, Any]) -> Value:
    degrees = [(root - r.key.tonic) % 12 for root in r.roots[-2:]]
    good = len(degrees) == 2 and degrees[0] in a["penultimate"] and degrees[1] in a["final"]
    return "" if good else f"ends on {degrees}"


def _lead_degrees(r: Reading, a: dict[str, Any]) -> Value:
    line = r.groups["lead"]
    return _share(sum((hit.pitch - r.key.tonic) % 12 in a["degrees"] for hit in line), len(line))


def _bass_degrees(r: Reading, a: dict[str, Any]) -> Value:
    good = total = 0
    for part in r.score.parts:
        for note in part.notes if part.role == "bass" else []:
            symbol = r.score.chord_at(note.start)
            if symbol and symbol != "N":
                chord = parse_chord(symbol)
                degree = 0 if note.pitch % 12 == chord.bass else (note.pitch - chord.root) % 12
                total += 1
                good += degree in a["degrees"]
    return _share(good, total)


def _bass_motion(r: Reading, a: dict[str, Any]) -> Value:
    moves = [abs(x.pitch - y.pitch) for x, y in pairwise(r.groups["bass"])]
    return _share(sum(move in a["semitones"] for move in moves), len(moves))


def _power_chords(r: Reading, _: dict[str, Any]) -> Value:
    at: dict[float, set[int]] = defaultdict(set)
    for hit in r.groups["guitar"]:
        at[round(hit.start, 3)].add(hit.pitch % 12)
    chords = [pitches for pitches in at.values() if len(pitches) > 1]
    return _share(sum(len(p) == 2 and (max(p) - min(p)) in (5, 7) for p in chords), len(chords))


def _meets(r: Reading, a: dict[str, Any]) -> Value:
    other = {round(hit.start, 2) for hit in r.group(a["other"])}
    hits = r.group(a["hits"])
    return _share(sum(round(hit.start, 2) in other for hit in hits), len(hits))


def _kit_share(r: Reading, a: dict[str, Any]) -> Value:
    kick, snare = r.by_bar(r.group("kick")), r.by_bar(r.group("snare"))
    bars = set(kick) & set(snare) if a.get("needs") == "both" else set(kick) | set(snare)
    return _share(len(bars), r.bars)


def _kickless_run(r: Reading, _: dict[str, Any]) -> Value:
    bars = sorted(r.by_bar(r.group("kick")))
    return float(max((y - x - 1 for x, y in pairwise(bars)), default=0))


def _growth(r: Reading, _: dict[str, Any]) -> Value:
    weights = [0.0] * r.bars
    for hit in r.drums + r.groups["pitched"]:
        if hit.bar < r.bars:
            weights[hit.bar] += hit.velocity
    quarter = max(1, r.bars // 4)
    quarters = [
        statistics.mean(weights[k : k + quarter]) for k in range(0, quarter * 4, quarter) if weights[k : k + quarter]
    ]
    return min(99.0, _share(max(quarters), quarters[0])) if quarters[0] else 99.0


def _busiest_part(r: Reading, _: dict[str, Any]) -> Value:
    best = 0.0
    for part in r.score.parts:
        if not part.is_drum and part.role not in ("melody", "lead"):
            hits = r.hits([part])
            best = max(best, _share(len({round(h.start, 3) for h in hits}), len({h.bar for h in hits})))
    return best


def _velocities(r: Reading) -> list[int]:
    return [hit.velocity for hit in r.groups["pitched"]]


def _velocity_spread(r: Reading, _: dict[str, Any]) -> Value:
    return statistics.pstdev(_velocities(r) or [0])


def _mean_velocity(r: Reading, _: dict[str, Any]) -> Value:
    return statistics.mean(_velocities(r) or [0])


def _has_section(r: Reading, a: dict[str, Any]) -> Value:
    names = {section.name.lower() for section in r.score.sections}
    return "" if any(word in name for name in names for word in a["any"]) else "no " + " or ".join(a["any"])


MEASURES: dict[str, Callable[[Reading, dict[str, Any]], Value]] = {
    "tempo": _tempo, "meter": _meter, "mode": _mode, "swing": _swing, "bars_with": _bars_with, "hit_share": _hit_share,
    "density": _density, "rolls": _rolls, "clave": _clave, "note_length": _note_length, "pitch_median": _pitch_median,
    "slides": _slides, "instruments": _instruments, "chord_share": _chord_share, "degree_share": _degree_share,
    "diatonic_share": _diatonic_share, "distinct_chords": _distinct_chords, "chords_per_bar": _chords_per_bar,
    "root_motion": _root_motion, "twelve_bar": _twelve_bar, "cadence": _cadence, "lead_degrees": _lead_degrees,
    "bass_degrees": _bass_degrees, "bass_motion": _bass_motion, "power_chords": _power_chords, "meets": _meets,
    "kit_share": _kit_share, "kickless_run": _kickless_run, "growth": _growth, "busiest_part": _busiest_part,
    "velocity_spread": _velocity_spread, "mean_velocity": _mean_velocity, "has_section": _has_section,
}  # fmt: skip
