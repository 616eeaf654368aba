"""Asked against found, attribute by attribute: the field's own measures, each a plain right or wrong.

TB, TBT, CK, CKD and ECM are text2midi's (Bhandari et al. 2025) and Mustango's (Melechovsky et al. 2024); ASA is
MuseCoco's (Lu et al. 2023). Columns differ in what they read: the file as written, bare notes, or sound.
"""

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from segue.evals.generate_estimators import Bare, chord_of, key_of, pulse_of, third_of
from segue.evals.generate_requests import Asked, same_chord
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.instruments import find_instrument, is_meant_by, of_program
from segue.tools.core.score import Part, Score
from segue.tools.core.theory import Key, parse_chord, parse_key

# Edges of the tempo bins of MidiCaps' captions, from "very slow" to "very fast", as text2midi measures them.
TEMPO_EDGES = (40, 60, 70, 90, 110, 140, 160, 210)
DURATION_S = 0.5
_RING = (0.8, 4.5)  # seconds between the last release and the asked end of a file: room to ring, and no empty tail

NAMES = {
    "TB": "tempo in the right bin (TB)",
    "TBT": "tempo in the bin or one beside it (TBT)",
    "bpm": "tempo within 1 %",
    "CK": "key (CK)",
    "CKD": "key or its relative (CKD)",
    "meter": "meter",
    "bars": "bars",
    "form": "form",
    "ECM": "chords in order (ECM)",
    "any order": "chords in any order",
    "bar chords": "share of bars with the asked root and third",
    "present": "instruments present",
    "excluded": "instruments excluded",
    "duration": "duration: the file within 0.5 s; as written, room to ring",
}
# What one request asks once: MuseCoco's accuracy counts these, not two measures of one wish.
_COUNTED = ("TB", "CK", "meter", "bars", "form", "ECM", "present", "excluded", "duration")


@dataclass(frozen=True)
class Verdict:
    """One attribute of one piece: right or wrong, with both sides and, where wrong, what kind of error it is."""

    attribute: str
    ok: bool
    asked: str = ""
    found: str = ""
    why: str = ""


def share_asked(verdicts: Sequence[Verdict]) -> float | None:
    """Return correct ÷ requested attributes of one piece (its share of MuseCoco's ASA); None where nothing was asked."""
    counted = [verdict.ok for verdict in verdicts if verdict.attribute in _COUNTED]
    return sum(counted) / len(counted) if counted else None


def tempo_bin(bpm: float) -> int:
    """Return which of the nine tempo bins a tempo lies in, from 0.

    >>> tempo_bin(69.99), tempo_bin(70)
    (2, 3)
    """
    return bisect.bisect_right(TEMPO_EDGES, bpm)


# -- one attribute ----------------------------------------------------------------------------------


def judge_tempo(asked: float, found: float | None) -> list[Verdict]:
    """Return the verdicts TB, TBT and "bpm" on a tempo."""
    shown = (f"{asked:g} bpm", f"{found:.1f} bpm" if found else "none")
    if not found:
        return [Verdict(name, False, *shown, "no pulse was found") for name in ("TB", "TBT", "bpm")]
    found = round(found, 2)  # a MIDI file keeps whole microseconds a beat
    away = abs(tempo_bin(asked) - tempo_bin(found))
    why = tempo_error(asked, found)
    return [
        Verdict("TB", away == 0, *shown, why), Verdict("TBT", away <= 1, *shown, why),
        Verdict("bpm", abs(found - asked) <= 0.01 * asked, *shown, why),
    ]  # fmt: skip


def tempo_error(asked: float, found: float) -> str:
    """Say what relation a tempo has to the asked one.

    >>> tempo_error(90, 180.4)
    'twice the tempo'
    """
    ratio = found / asked
    relations = {2.0: "twice the tempo", 0.5: "half the tempo", 1.5: "dotted beats: 3/2 of the tempo",
                 2 / 3: "dotted beats: 2/3 of the tempo", 4 / 3: "4/3 of the tempo", 0.75: "3/4 of the tempo",
                 3.0: "three times the tempo", 1 / 3: "a third of the tempo"}  # fmt: skip
    if abs(ratio - 1) < 0.03:
        return "right, but on the other side of a bin's edge"
    near = min(relations, key=lambda known: abs(ratio / known - 1))
    return relations[near] if abs(ratio / near - 1) < 0.03 else f"{ratio:.2f} of the tempo"


def judge_key(asked: str, found: str | None, whole_modes: bool) -> list[Verdict]:
    """Return the verdicts CK and CKD; without ``whole_modes`` only tonic and third count (estimators know two modes)."""
    wanted = parse_key(asked)
    if found is None:
        return [Verdict(name, False, asked, "none", "no pitched notes") for name in ("CK", "CKD")]
    key = parse_key(found)
    same = key == wanted if whole_modes else (key.tonic, key.is_minor) == (wanted.tonic, wanted.is_minor)
    why = "" if same else key_error(wanted, key)
    return [
        Verdict("CK", same, asked, found, why),
        Verdict("CKD", same or key.parent_major == wanted.parent_major, asked, found, why),
    ]


def key_error(wanted: Key, key: Key) -> str:
    """Say what relation a key has to the wanted one."""
    if key.tonic == wanted.tonic:
        return "right tonic, another mode"
    if key.parent_major == wanted.parent_major:
        return "relative key" if wanted.mode in ("major", "minor") else "a key with the signature of the mode"
    fifths = ((key.parent_major - wanted.parent_major) * 7) % 12
    names = {1: "a fifth up", 11: "a fifth down", 2: "two fifths up", 10: "two fifths down"}
    return f"{names[fifths]} (signature)" if fifths in names else "a far key"


def judge_meter(asked: str, found: str | None) -> Verdict:
    """Return the verdict on a meter."""
    near = {frozenset(("2/4", "4/4")): "bars of two joined or halved", frozenset(("3/4", "6/8")): "six eighths grouped otherwise",
            frozenset(("6/8", "12/8")): "bars of two pulses joined or halved"}  # fmt: skip
    why = "" if asked == found else near.get(frozenset((asked, found or "")), "another meter")
    return Verdict("meter", asked == found, asked, found or "none", why)


def judge_players(asked: Asked, parts: Sequence[Part]) -> list[Verdict]:
    """Return one verdict an instrument that must, and must not, be there; players are known by their programs alone."""
    heard = [of_program(part.program, part.is_drum) for part in parts if part.notes]
    there = ", ".join(player.name for player in heard)
    out = []
    for word in asked.instruments:
        known = find_instrument(word)
        ok = known is not None and any(
            is_meant_by(player, word) or (player.is_drum, player.program) == (known.is_drum, known.program)
            for player in heard
        )
        out.append(Verdict("present", ok, word, there, "" if ok else "nobody plays it"))
    for word in asked.exclude:
        players = [player.name for player in heard if is_meant_by(player, word)]
        out.append(Verdict("excluded", not players, f"no {word}", there, ", ".join(players)))
    return out


# -- whole pieces -----------------------------------------------------------------------------------


def judge_written(asked: Asked, score: Score) -> list[Verdict]:
    """Judge a MIDI file that was read back: events as they are written."""
    out: list[Verdict] = []
    if asked.bpm:
        out += judge_tempo(asked.bpm, score.bpm)
    if asked.key:
        out += judge_key(asked.key, score.key, whole_modes=True)
    if asked.meter:
        out.append(judge_meter(asked.meter, score.meter))
    if asked.bars:
        out.append(Verdict("bars", score.bars == asked.bars, str(asked.bars), str(score.bars), "another length"))
    if asked.form:
        names = tuple(section.name.lower() for section in score.sections)
        out.append(Verdict("form", names == asked.form, " ".join(asked.form), " ".join(names), "other sections"))
    if asked.chords:
        out += _judge_symbols(asked, score)
    out += judge_players(asked, score.parts)
    if asked.seconds:
        end = _last_release(score)
        ok = _RING[0] <= asked.seconds - end <= _RING[1]
        found = f"last release at {end:.1f} s"
        out.append(
            Verdict(
                "duration",
                ok,
                f"{asked.seconds} s",
                found,
                "ends too late" if end > asked.seconds - _RING[0] else "ends early",
            )
        )
    return out


def _judge_symbols(asked: Asked, score: Score) -> list[Verdict]:
    """Compare chord symbols bar by bar: the asked ones, one a bar, repeated to the end."""
    # A last chord that is held over one more bar line leaves a bar in which nothing starts.
    bars = int(max((n.start for part in score.parts for n in part.notes), default=0.0) // score.beats_per_bar) + 1
    wanted = [asked.chords[bar % len(asked.chords)] for bar in range(bars)]
    found = [score.chord_at(score.bar_beat(bar + 1) + 1e-3) or "N" for bar in range(bars)]
    right = [other != "N" and same_chord(one, other) for one, other in zip(wanted, found, strict=True)]
    lasting = all(chord.duration >= score.beats_per_bar - 1e-3 for chord in score.chords)
    known = {(c.root, c.quality, c.bass) for c in (parse_chord(symbol) for symbol in found if symbol != "N")}
    any_order = all((c.root, c.quality, c.bass) in known for c in map(parse_chord, asked.chords[:bars]))
    line, shown = " ".join(asked.chords), " ".join(found[: len(asked.chords) + 4])
    thirds = [
        other != "N" and parse_chord(one).root == parse_chord(other).root
        and third_of(parse_chord(one).quality) == third_of(parse_chord(other).quality)
        for one, other in zip(wanted, found, strict=True)
    ]  # fmt: skip
    wrong = [str(bar + 1) for bar, ok in enumerate(right) if not ok]
    return [
        Verdict("ECM", all(right) and lasting, line, shown, f"other chords in bars {', '.join(wrong[:8])}" if wrong else "other lengths"),
        Verdict("any order", any_order, line, shown, "some are missing"),
        *(Verdict("bar chords", ok) for ok in thirds),
    ]  # fmt: skip


def _last_release(score: Score) -> float:
    clock = score.clock()
    return max((clock.seconds(note.end) + note.shift_s for part in score.parts for note in part.notes), default=0.0)


def judge_bare(asked: Asked, notes: Bare, score: Score) -> list[Verdict]:
    """Judge notes without names by the estimators; of ``score`` only the bar lines are used, and only for chords."""
    out: list[Verdict] = []
    pulse = pulse_of(notes) if asked.bpm or asked.meter else None
    if asked.bpm:
        out += judge_tempo(asked.bpm, pulse.bpm if pulse else None)
    if asked.key:
        key = key_of(notes)
        out += judge_key(asked.key, str(key) if key else None, whole_modes=False)
    if asked.meter:
        out.append(judge_meter(asked.meter, pulse.meter if pulse else None))
    if asked.chords:
        clock = score.clock()
        lines = [clock.seconds(score.bar_beat(bar + 1)) for bar in range(score.bars + 1)]
        out += judge_bars(asked.chords, [chord_of(notes, a, b) for a, b in itertools.pairwise(lines)])
    return out


def judge_bars(asked: Sequence[str], found: Sequence[tuple[int, str] | None]) -> list[Verdict]:
    """Judge one estimated chord a bar: root and third; where the asked chord has no third, the root alone."""
    out = []
    for bar, chord in enumerate(found):
        wanted = parse_chord(asked[bar % len(asked)])
        third = third_of(wanted.quality)
        ok = chord is not None and chord[0] == wanted.root and third in ("none", third_of(chord[1]))
        out.append(Verdict("bar chords", ok, wanted.symbol, f"{chord[0]}{chord[1]}" if chord else "none"))
    return out


def readable(symbol: str) -> tuple[int, str] | None:
    """Return root and quality of a heard chord symbol; None where it names none."""
    try:
        chord = parse_chord(symbol)
    except InvalidArgument:
        return None
    return chord.root, chord.quality
