"""Harmony: progressions from Roman numerals, asked chords, cadences, voice leading, chords for a tune."""

import itertools
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import Note, Section
from segue.tools.core.theory import Chord, Key, make_chord, parse_chord, parse_key
from segue.tools.music.compose_plan import Span
from segue.tools.music.form import kind_of
from segue.tools.music.genres import Genre
from segue.tools.music.harmony_colour import coloured, turn_round
from segue.tools.music.rhythm import Meter

_DEGREES = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_ROMAN = re.compile(r"(b|#)?(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)")


def roman_chord(numeral: str, key: Key) -> Chord:
    """Return the chord of a Roman numeral in a key: "bVImaj7" in D minor is B flat major seventh.

    Degrees count from the major scale; small letters are minor.

    Raises
    ------
    InvalidArgument : not a Roman numeral.
    """
    match = _ROMAN.fullmatch(numeral)
    if not match:
        raise InvalidArgument(f"'{numeral}' is not a Roman numeral.", "Write for example I, ii7, bVI or V7.")
    accidental = {"b": -1, "#": 1, None: 0}[match[1]]
    root = (key.tonic + _DEGREES[match[2].lower()] + accidental) % 12
    quality = match[3]
    if match[2].islower() and not quality.startswith(("dim", "m7b5")):
        quality = {"7b5": "m7b5"}.get(quality, "m" + quality if quality != "add9" else "madd9")
    return make_chord(root, quality, key=key)


def parse_chords(symbols: Sequence[str]) -> list[list[Chord | None]]:
    """Read asked chords: each entry is a bar; several in one entry ("Dm7 G7") share it; "N" is silence.

    Raises
    ------
    InvalidArgument : an entry is not a chord symbol.
    """
    bars: list[list[Chord | None]] = []
    for entry in symbols:
        slots: list[Chord | None] = []
        for token in re.split(r"[\s,|]+", entry.strip()):
            if token in ("", "-", ".", "%"):
                if token and (slots or bars):
                    slots.append(slots[-1] if slots else bars[-1][-1])
            elif token.upper() in ("N", "NC", "N.C.", "N.C"):
                slots.append(None)
            else:
                slots.append(parse_chord(token))
        if slots:
            bars.append(slots)
    return bars


def asked_spans(
    bars_of_chords: Sequence[Sequence[Chord | None]], bars: int, meter: Meter, sections: Sequence[Section] = ()
) -> list[Span]:
    """Return the asked chords, one entry a bar, repeated over ``bars`` bars.

    Where sections are given each of them starts with the first chord; an intro that is shorter than the
    progression, or no multiple of it, takes its end, so that the order holds across the bar line.
    """
    spans: list[Span] = []
    cycle = len(bars_of_chords)
    blocks = [(s.start_bar - 1, s.bars, s.name) for s in sections] or [(0, bars, "")]
    for index, (first, count, name) in enumerate(blocks):
        offset = -count % cycle if name == "intro" and index == 0 and len(blocks) > 1 else 0
        for bar in range(count):
            _fill_bar(spans, first + bar, bars_of_chords[(bar + offset) % cycle], meter)
    return spans


def _fill_bar(spans: list[Span], bar: int, chords: Sequence[Chord | None], meter: Meter) -> None:
    start = bar * meter.bar
    places = _places(len(chords), meter)
    for index, (at, chord) in enumerate(zip(places, chords, strict=True)):
        end = places[index + 1] if index + 1 < len(places) else meter.bar
        last = spans[-1] if spans else None
        if last and index and last.chord == chord:
            spans[-1] = Span(last.start, last.duration + end - at, chord)
        else:
            spans.append(Span(start + at, end - at, chord))


def _places(count: int, meter: Meter) -> list[float]:
    """Return where ``count`` chords of one bar start: on pulses, as evenly as they allow."""
    pulses = meter.pulses
    if count <= len(pulses):
        return [pulses[min(len(pulses) - 1, (i * len(pulses) + count - 1) // count)] for i in range(count)]
    return [round(i * meter.bar / count * 4) / 4 for i in range(count)]


Line = list[list[Chord | None]]  # a progression: the chords of each bar
_LOOPED = 5  # most chords in a piece of loops


@dataclass(frozen=True)
class Material:
    """The progressions of a piece by kind of section."""

    by_kind: dict[str, Line]

    def of(self, kind: str) -> Line:
        """Return the progression of a kind of section."""
        return self.by_kind.get(kind, self.by_kind["a"])


def choose_material(genre: Genre, key: Key, seed: str) -> Material:
    """Choose a progression for each kind of section; verse and chorus differ where the genre has two.

    The same seed makes the same choice in every key of a mode.
    """
    rng = random.Random(seed)
    offered = list(genre.progressions(key.mode, key.is_minor))
    rng.shuffle(offered)
    read: list[Line] = [[[roman_chord(n, key) for n in bar.split(",")] for bar in line.split()] for line in offered]
    if genre.cadence == "loop":
        read = _few_chords(read, dominant_chords(genre, key)[0])
    first = read[0]
    another = 1.0 if genre.form in ("ternary", "aaba") else 0.45 if genre.form == "edm" else 0.8
    second = read[1] if len(read) > 1 and rng.random() < another else first  # a middle strain has chords of its own
    if genre.cadence == "authentic":  # a piece that closes in keys needs more than two chords and their dominant
        second = next((line for line in (second, *read) if len({c for bar in first + line for c in bar}) >= 4), second)
    third, fourth, fifth = (read[i] if len(read) > i else read[-1] for i in (2, 3, 4))
    lines = {"a": first, "c": second, "b": third, "d": fourth, "e": fifth, "s": first}
    if genre.cadence != "blues":
        lines = {
            k: coloured(line, genre, key, random.Random(f"{seed}:{k if k != 's' else 'a'}"))
            for k, line in lines.items()
        }
    return Material({**lines, "p": lines["c"], "i": lines["a"], "o": lines["a"]})


def _few_chords(lines: Sequence[Line], dominant: Chord) -> list[Line]:
    """Return the progressions, in order, that need, with the dominant, at most five chords together: loops have no more."""
    kept: list[Line] = []
    for line in lines:
        chords = [dominant, *(chord for one in (*kept, line) for bar in one for chord in bar if chord)]
        together = {(chord.root, 3 in chord.intervals) for chord in chords}
        if len(together) <= _LOOPED or not kept:
            kept.append(line)
    return kept


def write_chords(
    genre: Genre, key: Key, meter: Meter, sections: Sequence[Section], seed: str, *, ends: bool
) -> list[Span]:
    """Return the chords of every section in its key, each closed by the genre's cadence, the last one on the tonic."""
    materials: dict[Key, Material] = {}
    spans: list[Span] = []
    for index, section in enumerate(sections):
        here = parse_key(section.key) if section.key else key
        if here not in materials:
            materials[here] = choose_material(genre, here, seed)
        line = materials[here].of(kind_of(section.name))
        bars: Line = [list(line[i % len(line)]) for i in range(section.bars)]
        final = index == len(sections) - 1
        tonic = home_chord(genre, here, materials[here])
        close_section(bars, genre, here, tonic, final=final and ends, opens=section.name == "intro" and final)
        if not final:
            onward = materials[here].of(kind_of(sections[index + 1].name))[0][0]
            turn_round(bars, genre, here, random.Random(f"{seed}:turn:{section.name}"), onward)
        for offset, chords in enumerate(bars):
            _fill_bar(spans, section.start_bar - 1 + offset, chords, meter)
    return spans


def home_chord(genre: Genre, key: Key, material: Material | None = None) -> Chord:
    """Return the tonic chord as the genre colours it."""
    chords = [c for line in (material.by_kind.values() if material else ()) for bar in line for c in bar if c]
    found = next((c for c in chords if c.root == key.tonic and c.bass == key.tonic), None)
    if found:
        return found
    if key.mode == "locrian":
        return make_chord(key.tonic, "dim", key=key)
    return make_chord(
        key.tonic, ("m7" if key.is_minor else "maj7") if genre.voices > 3 else "m" if key.is_minor else "", key=key
    )


def dominant_chords(genre: Genre, key: Key) -> list[Chord]:
    """Return the chords that lead home in this genre and mode, the strongest first."""
    if key.mode in ("dorian", "mixolydian", "phrygian", "minor") and genre.cadence in ("half", "loop"):
        weak = {"phrygian": ("bII", "bvii"), "mixolydian": ("bVII", "IV"), "dorian": ("IV", "bVII")}
        names: tuple[str, ...] = weak.get(key.mode, ("bVII", "V", "v"))
    elif key.mode == "lydian":
        names = ("II", "V")
    elif key.mode == "locrian":
        names = ("bII", "bV")
    else:
        names = ("V7", "V") if genre.cadence == "authentic" else ("V", "IV")
    if genre.voices > 3:  # sevenths where the genre has them
        richer = {"V": "V7", "IV": "IVmaj7", "v": "v7", "bVII": "bVII7" if not key.is_minor else "bVII"}
        names = tuple(richer.get(name, name) for name in names)
    return [roman_chord(name, key) for name in names]


def close_section(
    bars: list[list[Chord | None]], genre: Genre, key: Key, tonic: Chord, *, final: bool, opens: bool
) -> None:
    """Bend the last bars of a section to the genre's cadence, in place."""
    if opens and len(bars) > 1:  # an intro that stands alone leads on: it stays on the dominant
        bars[-1] = [dominant_chords(genre, key)[0]]
        return
    lead_in = dominant_chords(genre, key)
    if final:
        bars[-1] = [tonic]
        before = bars[-2][-1] if len(bars) > 1 else None
        if len(bars) >= 3 and genre.cadence != "blues" and (before is None or before.root == tonic.root):
            bars[-2] = [*bars[-2][:1], lead_in[0]] if genre.cadence == "authentic" else [lead_in[0]]
        return
    if len(bars) < 4 or genre.cadence in ("loop", "blues"):
        return
    if genre.cadence == "authentic":
        bars[-1] = [tonic]
        before = bars[-2][-1]
        if before is None or before.root != lead_in[0].root:
            bars[-2] = [*bars[-2][:1], lead_in[0]]
    elif all(chord is None or chord.root not in {c.root for c in lead_in} for chord in bars[-1]):
        bars[-1] = [lead_in[0]]


# -- voicings --------------------------------------------------------------------------------------


def comp_tones(chord: Chord, count: int) -> list[int]:
    """Return the pitch classes a comping hand plays: all of a small chord, the telling ones of a large."""
    tones = list(dict.fromkeys((chord.root + i) % 12 for i in chord.intervals))
    if chord.bass not in tones:
        count = max(count, 3)
    if len(tones) <= count:
        return tones
    third = next((t for t in tones if (t - chord.root) % 12 in (3, 4)), tones[1])
    seventh = next((t for t in tones if (t - chord.root) % 12 in (10, 11)), None)
    order = [third, seventh, *[t for t in reversed(tones) if t not in (chord.root, third, seventh)], chord.root]
    if count >= 4 and len(chord.intervals) == 4:
        order = [chord.root, *order]
    kept = list(dict.fromkeys(t for t in order if t is not None))
    return kept[:count]


def _candidates(tones: Sequence[int], low: int, high: int) -> list[tuple[int, ...]]:
    found: set[tuple[int, ...]] = set()
    for base in range(low, low + 12):
        if base % 12 not in tones:
            continue
        close = [base]
        for _ in range(len(tones) - 1):
            close.append(next(p for p in range(close[-1] + 1, close[-1] + 13) if p % 12 in tones))
        found.add(tuple(close))
        if len(close) >= 4:  # drop 2: the second voice from the top goes an octave down
            found.add(tuple(sorted([*close[:-2], close[-2] - 12, close[-1]])))
    shifted = {tuple(p + shift for p in chord) for chord in found for shift in (-12, 0, 12)}
    return sorted(c for c in shifted if c[0] >= low and c[-1] <= high)


class Voicer:
    """Voices one chord after another, moving each voice as little as it can.

    Parameters
    ----------
    low, high : register of the hand, MIDI.
    count : voices where the chord has that many tones.
    """

    def __init__(self, low: int, high: int, count: int) -> None:
        self.low, self.high, self.count = low, max(high, low + 15), count
        self._last: tuple[int, ...] | None = None
        self._memory: dict[tuple[Chord, tuple[int, ...] | None], tuple[int, ...]] = {}

    def voice(self, chord: Chord) -> tuple[int, ...]:
        """Return the pitches, low to high, that follow best on the last voicing."""
        key = (chord, self._last)
        if key not in self._memory:
            tones = comp_tones(chord, self.count)
            options = _candidates(tones, self.low, self.high) or [
                tuple(sorted(self.low + (t - self.low) % 12 for t in tones))
            ]
            self._memory[key] = min(options, key=self._cost)
        self._last = self._memory[key]
        return self._last

    def _cost(self, option: tuple[int, ...]) -> float:
        centre = (self.low + self.high) / 2
        away = abs(sum(option) / len(option) - centre) * 0.25
        if self._last is None:
            return away + (option[-1] - option[0]) * 0.05
        return voice_motion(self._last, option) + 6.0 * parallels(self._last, option) + away


def voice_motion(before: Sequence[int], after: Sequence[int]) -> float:
    """Return the mean distance in semitones that voices move; unequal numbers are matched to the nearest."""
    if len(before) == len(after):
        return sum(abs(a - b) for a, b in zip(before, after, strict=True)) / len(before)
    return sum(min(abs(a - b) for b in before) for a in after) / len(after)


def parallels(before: Sequence[int], after: Sequence[int]) -> int:
    """Return how many pairs of voices move in parallel fifths or octaves."""
    if len(before) != len(after):
        return 0
    found = 0
    for i, j in itertools.combinations(range(len(before)), 2):
        same = (before[j] - before[i]) % 12
        if (
            same in (0, 7)
            and (after[j] - after[i]) % 12 == same
            and (after[i] - before[i]) * (after[j] - before[j]) > 0
        ):
            found += 1
    return found


# -- chords for a tune -----------------------------------------------------------------------------


def diatonic_chords(key: Key) -> list[Chord]:
    """Return the triads of a key (and the major dominant in minor), the tonic first."""
    if key.is_minor:
        names = ["i", "iv", "V7", "bVI", "bIII", "bVII", "v", "iidim"]
        names += ["IV"] if key.mode == "dorian" else ["bII"] if key.mode == "phrygian" else []
    else:
        names = ["I", "IV", "V", "vi", "ii", "iii"]
        names += ["bVII"] if key.mode == "mixolydian" else ["II"] if key.mode == "lydian" else []
    return [roman_chord(name, key) for name in names]


def harmonise(notes: Iterable[Note], key: Key, meter: Meter, bars: int) -> list[Span]:
    """Return one chord a bar that fits given notes best (Viterbi over the key's triads).

    A bar's notes weigh by duration and metric strength; moves by fifths and steps are favoured, and
    the piece starts and ends at home where the notes allow.
    """
    chords = diatonic_chords(key)
    weights = [[0.0] * 12 for _ in range(bars)]
    for note in notes:
        bar = int(note.start // meter.bar)
        if bar < bars:
            weights[bar][note.pitch % 12] += min(note.duration, meter.bar) * (0.5 + meter.strength(note.start))
    scores = []
    for bar in range(bars):
        total = sum(weights[bar]) or 1.0
        row = [
            sum(w if pc in chord.pitch_classes else -0.6 * w for pc, w in enumerate(weights[bar])) / total
            - 0.03 * index
            for index, chord in enumerate(chords)
        ]
        if bar in (0, bars - 1):
            row[0] += 0.35
        scores.append(row)
    best, back = list(scores[0]) if scores else [], []
    for row in scores[1:]:
        step, pointers = [], []
        for j, chord in enumerate(chords):
            options = [best[i] + _move(chords[i], chord) for i in range(len(chords))]
            i = max(range(len(options)), key=options.__getitem__)
            step.append(options[i] + row[j])
            pointers.append(i)
        best = step
        back.append(pointers)
    path = [max(range(len(best)), key=best.__getitem__)] if best else []
    for pointers in reversed(back):
        path.append(pointers[path[-1]])
    return [Span(bar * meter.bar, meter.bar, chords[i]) for bar, i in enumerate(reversed(path))]


def _move(before: Chord, after: Chord) -> float:
    step = (after.root - before.root) % 12
    return {0: -0.05, 5: 0.15, 7: 0.1, 2: 0.05, 10: 0.05, 9: 0.05, 8: 0.05}.get(step, -0.05)
