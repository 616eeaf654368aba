"""Comping, pads and arpeggios: what stands between bass and tune."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from segue.tools.core.theory import Chord
from segue.tools.music.compose_plan import Plan, Span, Voice
from segue.tools.music.harmony import Voicer
from segue.tools.music.melody_ornaments import blows
from segue.tools.music.rhythm import Event, grid

# Grids of chords; the number is how much of the way to the next stroke a chord is held.
_STROKES: dict[str, tuple[tuple[str, ...], float]] = {
    "pop": (("x.......x.....x.", "x.....x.x.....x.", "x...x...x...x..."), 0.96),
    "strum": (("x...x.x...x.x.x.", "x...x.xx..xxx.x.", "x.......x.x.x.x."), 0.9),
    "power": (("x.x.x.x.x.x.x.x.", "x.x.x.xxx.x.x.x."), 0.85),
    "power_hold": (("x.......x.......", "x...........x.x.", "x.....x.x......."), 0.95),
    "gallop": (("x.xxx.xxx.xxx.xx", "xxx.xxx.xxx.xxx."), 0.7),
    "scratch": (("..xx.x..x.xx.x..", "x..x..x...xx.x..", "..x..xx...x..xx."), 0.45),
    "clav": (("x..x.xx..x.xx.x.", "x.xx..x.x..x.xx."), 0.5),
    "house": (("..x..x....x..x..", "...x..x...x..x..", "x..x..x...x..x.."), 0.55),
    "dub_stab": (("...x............", "......x.......x.", "...x......x....."), 1.0),
    "gate": (("x.xxx.xxx.xxx.xx", "x.x.xxx.x.x.xxx."), 0.55),
    "stab_sparse": (("......x.........", "x.............x.", "...x............"), 0.8),
    "lofi": (("x.........x.....", "x.....x.........", "x.......x..x...."), 0.97),
    "charleston": (("......x.......x.", "..x.......x.....", "x.....x.......x.", "..x...x.......x."), 0.7),
    "freddie": (("x...x...x...x...",), 0.6),
    "shuffle": (("....x.x.....x.x.", "x...x.x...x.x.x."), 0.55),
    "bossa": (("x...x.....x...x.", "..x...x...x.x..."), 0.8),
    "skank": (("....x.......x...", "....x.......x.xx"), 0.35),
    "bubble": (("..x...x...x...x.", "..xx..x...xx..x."), 0.4),
    "neo_soul": (("x.....x...x..x..", "x..x......x.....", "x........xx....."), 0.9),
    "tresillo": (("x..x..x.x..x..x.",), 0.7),
    "backbeat": (("....x.......x...", "....x..x....x..."), 0.5),
    "ostinato": (("x.x.x.x.x.x.x.x.", "x.xxx.x.x.xxx.x."), 0.6),
    "eighths": (("x.x.x.x.x.x.x.x.",), 0.9),
    "upbeats": (("..x...x...x...x.", "..x...x...x...xx"), 0.4),
    "afterbeats": (("....x...x.......", "....x...x......."), 0.5),
    "rumba": (("x.x..xx.x.x..xx.", "x.xx.xx.x.xx.xxx", "x..x.xx.x..x.xx."), 0.55),
    "partido": (("..x..x.x..x..x.x", "x..x..x.x..x.x..", "..x.x..x..x.x..x"), 0.5),
    "marcato": (("x...x...x...x...", "x.....xxx...x...", "x..x..x.x...x..."), 0.55),
}
_FLOOR = 52  # lower chords would be mud over the bass
# Manners that leave room for the tune: fewer strokes while it runs, more while it rests.
_TALKS = frozenset(
    {"pop", "charleston", "neo_soul", "lofi", "stab_sparse", "scratch", "clav", "backbeat", "bubble", "strum"}
)
# Manners that reach the next chord half a beat early.
_EARLY = frozenset({"charleston", "neo_soul", "bossa", "lofi"})
_BROKEN = frozenset({"fingerpick", "alberti", "arpeggio", "highlife", "montuno", "roll", "chip_arp"})
_POWER = frozenset({"power", "power_hold", "gallop"})
# Tones of the montuno's nine strokes in two bars, 0 the lowest.
_MONTUNO = (
    (0, 2, 1, 2, 0, 2, 1, 2, 0),
    (0, 1, 2, 1, 0, 2, 1, 2, 1),
    (2, 1, 0, 1, 2, 0, 1, 2, 0),
    (0, 2, 0, 1, 2, 1, 2, 0, 1),
)
# The order in which broken chords take their tones, from low (0) upwards.
_ORDERS: dict[str, tuple[tuple[int, ...], float]] = {
    "fingerpick": ((0, 2, 1, 3, 0, 3, 1, 2), 0.5),
    "alberti": ((0, 2, 1, 2), 0.5),
    "arpeggio": ((0, 1, 2, 3, 2, 1), 0.25),
    "highlife": ((0, 2, 3, 1, 2, 3, 0, 2), 0.5),
    "montuno": ((0, 3, 1, 3, 0, 3, 2, 3), 0.5),
    "roll": ((0, 2, 3, 1, 3, 0, 2, 3), 0.25),
    "chip_arp": ((0, 1, 2, 3), 0.25),
}


def write_comp(plan: Plan, voice: Voice, variant: int = 0, lead: Sequence[Event] = ()) -> list[Event]:
    """Write an accompanying part in the manner of ``voice.manner`` for ``voice.bars``, under ``lead`` where there is one."""
    manner = voice.manner
    voice = _under(voice, lead)
    if manner == "montuno" and plan.meter.is_common:
        return _montuno(plan, voice, variant)
    if manner in _BROKEN or voice.role == "arpeggio":
        return _broken(plan, voice, manner if manner in _ORDERS else "arpeggio", variant)
    if manner == "boom_chick":
        return _boom_chick(plan, voice)
    if manner in _STROKES:
        return _strokes(plan, voice, variant, lead)
    return write_pad(plan, voice, sparse=manner == "sparse")


def _under(voice: Voice, lead: Sequence[Event]) -> Voice:
    """Return the player of chords in a register that leaves the tune five semitones of air (MUSIC.md, rule 16)."""
    if not lead or voice.role != "chords":
        return voice
    middle = sorted(e.pitch for e in lead)[len(lead) // 2]
    high = max(_FLOOR + 15, min(voice.high, middle - 5))
    return replace(voice, low=max(voice.instrument.low, min(voice.low, max(_FLOOR, high - 16))), high=high)


def _voicer(plan: Plan, voice: Voice) -> Voicer:
    return Voicer(voice.low, voice.high, plan.genre.voices)


def _power_chord(chord: Chord, voice: Voice) -> tuple[int, ...]:
    low = max(voice.instrument.low, 40)  # the guitar's own strings, an octave over the bass
    root = low + (chord.root - low) % 12
    fifth = 7 if 7 in {i % 12 for i in chord.intervals} or 6 not in chord.intervals else 6
    return (root, root + fifth, root + 12)


def _strokes(plan: Plan, voice: Voice, variant: int, lead: Sequence[Event]) -> list[Event]:
    patterns, legato = _STROKES[voice.manner]
    voicer = _voicer(plan, voice)
    power = voice.manner in _POWER
    cycle = voice.manner in ("bossa", "house")
    first = plan.rng("comp", voice.name, variant).randrange(len(patterns))
    onsets = Counter(plan.bar_at(e.start) for e in lead)
    events: list[Event] = []
    for bar in sorted(voice.bars):
        start, end = plan.start_of(bar), plan.start_of(bar + 1)
        if bar == plan.final_bar:
            _final(plan, voice, voicer, events, start, power)
            continue
        rng = plan.rng("comp", voice.name, bar, variant)
        shift = {"c": 1, "b": 2}.get(plan.kind_of_bar(bar), 0)
        index = bar if cycle else first + shift + (rng.random() < 0.25)
        pattern = patterns[index % len(patterns)]
        if voice.manner in _TALKS and (sung := onsets.get(bar, 0) if lead else 0):
            pattern = _answering(pattern, patterns, sung, plan)
        hits = [start + at for at, _ in grid(pattern, plan.meter)]
        if plan.density < -0.4 and len(hits) > 3:
            hits = hits[::2]
        if voice.manner in ("pop", "lofi", "neo_soul", "strum", "ostinato", "power", "power_hold", "eighths"):
            changes = [s.start for s in plan.spans_in(start, end)]
            hits = sorted({*hits, *changes})
        for i, at in enumerate(hits):
            span = plan.span_at(at)
            if span.chord is None:
                continue
            following = hits[i + 1] if i + 1 < len(hits) else end
            chord = span.chord
            if voice.manner in _EARLY and abs(end - 0.5 - at) < 0.01 and bar + 1 in voice.bars:
                chord = plan.chord_at(end) or chord
            length = max(0.1, min(following, span.end) - at) * legato
            if legato < 0.6:
                length = min(length, 0.5)
            pitches = _power_chord(chord, voice) if power else voicer.voice(chord)
            if voice.manner == "scratch" and i % 3 == 1:
                pitches, length = pitches[-2:], min(length, 0.12)
            loud = 78.0 if at % 1 == 0 else 74.0
            events += [Event(at, length, p, loud - 3 * j * (not power)) for j, p in enumerate(pitches)]
    return events


def _answering(pattern: str, patterns: Sequence[str], sung: int, plan: Plan) -> str:
    """Return the pattern of a manner that suits a bar of the tune: the barest under a run, the fullest under a held note."""
    if sung >= 1.6 * plan.meter.bar:
        return min(patterns, key=lambda p: p.count("x"))
    if sung <= 0.4 * plan.meter.bar:
        return max(patterns, key=lambda p: p.count("x"))
    return pattern


def _final(plan: Plan, voice: Voice, voicer: Voicer, events: list[Event], start: float, power: bool) -> None:
    chord = plan.chord_at(start)
    if chord is None:
        return
    pitches = _power_chord(chord, voice) if power else voicer.voice(chord)
    events += [Event(start, plan.final_duration(), p, 80) for p in pitches]


def write_pad(plan: Plan, voice: Voice, *, sparse: bool = False) -> list[Event]:
    """Write held chords: one voicing for each chord; ``sparse`` strikes only at every second bar."""
    voicer = _voicer(plan, voice)
    breathes, seconds, since = blows(voice.instrument), 60.0 / plan.bpm, 0.0
    events: list[Event] = []
    for span in plan.spans:
        bar = plan.bar_at(span.start)
        if span.chord is None:
            continue
        if bar == plan.final_bar:
            if bar in voice.bars:
                _final(plan, voice, voicer, events, span.start, False)
            break
        pieces = _active(plan, voice, span)
        for start, end in pieces:
            if sparse and bar % 2 and span.duration <= plan.meter.bar and len(pieces) == 1:
                continue
            softness = 66.0 if voice.role == "pad" else 74.0
            length = (end - start) * 0.98 if not breathes else min((end - start) * 0.98, 7.0 / seconds)
            if breathes and (end - since) * seconds > 4.0:  # horns breathe together at the end of a chord
                length, since = max(0.5 * length, length - 0.3 / seconds), end
            events += [
                Event(start, length, pitch, softness - 2 * j) for j, pitch in enumerate(voicer.voice(span.chord))
            ]
    return events


def _active(plan: Plan, voice: Voice, span: Span) -> list[tuple[float, float]]:
    """Return the stretches of a span that lie in the part's bars, a chord struck anew every four bars."""
    out: list[tuple[float, float]] = []
    bar = plan.bar_at(span.start)
    at = span.start
    while at < span.end - 1e-6:
        end = min(span.end, plan.start_of(bar + 1))
        if bar in voice.bars and bar != plan.final_bar:
            out.append((at, end))
        at, bar = end, bar + 1
    joined: list[tuple[float, float]] = []
    for start, end in out:
        if joined and abs(joined[-1][1] - start) < 1e-6 and end - joined[-1][0] <= 4 * plan.meter.bar:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _broken(plan: Plan, voice: Voice, manner: str, variant: int) -> list[Event]:
    order, step = _ORDERS[manner]
    if plan.bpm > 118 and step == 0.25 and not plan.machine:
        step = 0.5
    if plan.meter.lower >= 8 or plan.density < -0.3:
        step = max(step, 0.5)
    voicer = Voicer(voice.low, voice.high, 4 if voice.manner != "alberti" else 3)
    turn = plan.rng("broken", voice.name, variant).randrange(2)
    events: list[Event] = []
    for bar in sorted(voice.bars):
        start, end = plan.start_of(bar), plan.start_of(bar + 1)
        if bar == plan.final_bar:
            _final(plan, voice, voicer, events, start, False)
            continue
        for span in plan.spans_in(start, end):
            if span.chord is None:
                continue
            pitches = list(voicer.voice(span.chord))
            while len(pitches) < 4:
                pitches.append(pitches[len(pitches) - 3 if len(pitches) >= 3 else 0] + 12)
            line = list(order) if not (turn and bar % 2) else [order[0], *reversed(order[1:])]
            count = max(1, round(span.duration / step))
            for i in range(count):
                at = span.start + i * step
                pitch = pitches[min(line[i % len(line)], len(pitches) - 1)]
                length = step * (1.9 if manner == "fingerpick" else 0.9)
                loud = 76.0 if i == 0 else 68.0
                events.append(Event(at, min(length, span.end - at), pitch, loud))
    return events


def _montuno(plan: Plan, voice: Voice, variant: int) -> list[Event]:
    """The piano of salsa: octaves on a figure of two bars, the second all off the beat, chords reached half a beat early."""
    voicer = Voicer(min(max(voice.low, _FLOOR + 8), voice.high - 15), voice.high, 3)
    order = plan.rng("montuno", voice.name, variant).choice(_MONTUNO)
    events: list[Event] = []
    for bar in sorted(voice.bars):
        start = plan.start_of(bar)
        if bar == plan.final_bar:
            _final(plan, voice, voicer, events, start, False)
            continue
        figure = (0.0, 1.0, 1.5, 2.5, 3.5) if bar % 2 == 0 else (0.5, 1.5, 2.5, 3.5)
        for index, place in enumerate(figure):
            at = start + place
            early = place == 3.5 and bar + 1 in voice.bars
            chord = plan.chord_at(start + 4.0 if early else at)
            if chord is None:
                continue
            pitches = voicer.voice(chord)
            end = figure[index + 1] if index + 1 < len(figure) else 4.0
            length = min(end - place, 0.75) * 0.85
            pitch = pitches[min(order[(index + 5 * (bar % 2)) % len(order)], len(pitches) - 1)]
            loud = 80.0 if place in (0.0, 3.5) else 74.0
            events.append(Event(at, length, pitch, loud))
            if pitch - 12 >= voice.instrument.low:
                events.append(Event(at, length, pitch - 12, loud - 6))
            if index == 0 and len(pitches) > 2:  # the chord itself on the first stroke
                events += [Event(at, length, p, loud - 8) for p in pitches[1:] if p != pitch]
    return events


def _boom_chick(plan: Plan, voice: Voice) -> list[Event]:
    """A low note on the strong pulses and a chord on the others, as a country guitar does."""
    voicer = _voicer(plan, voice)
    events: list[Event] = []
    for bar in sorted(voice.bars):
        start = plan.start_of(bar)
        if bar == plan.final_bar:
            _final(plan, voice, voicer, events, start, False)
            continue
        pulses = plan.meter.pulses
        for index, pulse in enumerate(pulses):
            at = start + pulse
            chord = plan.chord_at(at)
            if chord is None:
                continue
            length = (pulses[index + 1] if index + 1 < len(pulses) else plan.meter.bar) - pulse
            pitches = voicer.voice(chord)
            strong = index == 0 or (len(pulses) % 2 == 0 and index == len(pulses) // 2)
            if strong:
                events.append(Event(at, length * 0.9, pitches[0], 80))
            else:
                events += [Event(at, length * 0.6, p, 70 - 2 * j) for j, p in enumerate(pitches[1:] or pitches)]
                events += [Event(at + length / 2, length * 0.4, p, 58) for p in pitches[-2:]]
    return events
