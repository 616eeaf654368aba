"""Measures of MUSIC.md's rules on scores: each returns a figure that a test compares with a threshold."""

import itertools
import statistics
from functools import cache

from segue.tools.core.score import Note, Part, Score
from segue.tools.core.theory import parse_chord, parse_key
from segue.tools.music.compose import Request, compose
from segue.tools.music.genres import all_genres
from segue.tools.music.rhythm import meter_of

GENRES = tuple(all_genres())
_HATS = (42, 44, 46, 51)


@cache
def _composed(genre: str, seed: int, wishes: tuple[tuple[str, object], ...]) -> Score:
    return compose(Request(genre=genre, seed=seed, **dict(wishes)))


def piece(genre: str, seed: int = 1, **wishes) -> Score:
    """Return a piece, 90 s long unless asked otherwise; composed once a process, so no test may change it."""
    return _composed(genre, seed, tuple(sorted({"duration_s": 90.0, **wishes}.items())))


def part_of(score: Score, role: str) -> Part | None:
    return next((p for p in score.parts if p.role == role), None)


def lead_notes(score: Score) -> list[Note]:
    part = part_of(score, "melody")
    return sorted(part.notes, key=lambda n: n.start) if part else []


def onsets(part: Part) -> list[tuple[float, tuple[int, ...]]]:
    groups: dict[float, list[int]] = {}
    for note in part.notes:
        groups.setdefault(note.start, []).append(note.pitch)
    return [(t, tuple(sorted(groups[t]))) for t in sorted(groups)]


def comp_motion(score: Score) -> tuple[float, float]:
    """Rule 1: mean motion of voices in semitones at changes of chord, and the share of parallel fifths and octaves."""
    moves, pairs, parallel = [], 0, 0
    for part in score.parts:
        if part.role not in ("chords", "pad") or "guitar" in part.instrument:
            continue
        chords = [(t, ps) for t, ps in onsets(part) if len(ps) >= 3]
        for (t0, a), (t1, b) in itertools.pairwise(chords):
            if score.chord_at(t0) == score.chord_at(t1) or len(a) != len(b) or t1 - t0 > 2 * score.beats_per_bar:
                continue
            moves.append(sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a))
            for i, j in itertools.combinations(range(len(a)), 2):
                pairs += 1
                same = (a[j] - a[i]) % 12
                parallel += same in (0, 7) and (b[j] - b[i]) % 12 == same and (b[i] - a[i]) * (b[j] - a[j]) > 0
    return (statistics.mean(moves) if moves else 0.0), (parallel / pairs if pairs else 0.0)


def bass_on_root(score: Score) -> float:
    """Rule 2: share of chord changes where the bass's first note from then on (or one held over) is root or slash note."""
    part = part_of(score, "bass")
    if part is None:
        return 1.0
    notes = sorted(part.notes, key=lambda n: n.start)
    good = total = 0
    last = None
    for chord in score.chords:
        if chord.symbol in ("N", last):
            continue
        last = chord.symbol
        inside = [n for n in notes if n.end > chord.start + 0.05 and n.start < chord.start + chord.duration - 0.05]
        if not inside:
            continue
        total += 1
        wanted = parse_chord(chord.symbol)
        good += inside[0].pitch % 12 in (wanted.root, wanted.bass)
    return good / total if total else 1.0


def low_intervals(score: Score) -> float:
    """Rule 2: share of bass onsets with another pitched note less than a fifth above it, under E3."""
    part = part_of(score, "bass")
    if part is None:
        return 0.0
    others = sorted(
        (n.start, n.end, n.pitch)
        for p in score.parts
        if not p.is_drum and p.role in ("chords", "pad", "counter")
        for n in p.notes
    )
    bad = 0
    for note in part.notes:
        if note.pitch < 52:
            bad += any(
                s <= note.start + 0.01 < e and 0 < abs(x - note.pitch) < 7 and min(x, note.pitch) < 52
                for s, e, x in others
            )
    return bad / max(1, len(part.notes))


def kick_meets_bass(score: Score) -> float:
    """Rule 3: share of kicks (in bars where the bass plays) that meet a bass onset."""
    drums, bass = part_of(score, "drums"), part_of(score, "bass")
    if drums is None or bass is None:
        return 1.0
    bar = score.beats_per_bar
    starts = {round(n.start, 2) for n in bass.notes}
    active = {int(n.start // bar) for n in bass.notes}
    kicks = [n for n in drums.notes if n.pitch in (36, 41) and int(n.start // bar) in active]
    return sum(round(n.start, 2) in starts for n in kicks) / len(kicks) if kicks else 1.0


def drum_bars(score: Score) -> dict[int, tuple[tuple[float, int], ...]]:
    part = part_of(score, "drums")
    bars: dict[int, list[tuple[float, int]]] = {}
    for note in part.notes if part else []:
        bar = int(note.start // score.beats_per_bar)
        bars.setdefault(bar, []).append((round(note.start - bar * score.beats_per_bar, 3), note.pitch))
    return {bar: tuple(sorted(hits)) for bar, hits in bars.items()}


def longest_identical_run(score: Score) -> int:
    """Rule 4: how many drum bars in a row are identical."""
    best = run = 0
    before = None
    for _, shape in sorted(drum_bars(score).items()):
        run = run + 1 if shape == before else 1
        best, before = max(best, run), shape
    return best


def fills(score: Score) -> tuple[float, float]:
    """Rule 5: shares of section changes (with drums on both sides) that have a fill before, and crash and kick after."""
    bars = drum_bars(score)
    changes = [s.start_bar - 1 for s in score.sections[1:] if s.start_bar - 1 in bars and s.start_bar - 2 in bars]
    changes = [b for b in changes if b < score.bars - 1]
    filled = crashed = 0
    for bar in changes:
        filled += bars[bar - 1] not in (bars.get(bar - 2), bars.get(bar - 3))
        pitches = {p for at, p in bars[bar] if at == 0}
        crashed += 49 in pitches and bool(pitches & {36, 41})
    return (filled / len(changes), crashed / len(changes)) if changes else (1.0, 1.0)


def most_hands(score: Score) -> int:
    """Rule 6: the most hand strokes at one time on the kit."""
    part = part_of(score, "drums")
    at: dict[float, set[int]] = {}
    for note in part.notes if part else []:
        if note.pitch not in (35, 36, 44):
            at.setdefault(round(note.start, 3), set()).add(note.pitch)
    return max((len(p) for p in at.values()), default=0)


def accents(part: Part, score: Score) -> tuple[float, float]:
    """Rule 7: how much louder strong beats are than weak ones, and the deviation of all velocities."""
    meter = meter_of(score.meter)
    strong = [n.velocity for n in part.notes if meter.strength(n.start) >= 0.99 and n.velocity > 55]
    weak = [n.velocity for n in part.notes if meter.strength(n.start) <= 0.3 and n.velocity > 55]
    spread = statistics.pstdev([n.velocity for n in part.notes]) if len(part.notes) > 1 else 0.0
    return (statistics.mean(strong) - statistics.mean(weak) if strong and weak else 99.0), spread


def equal_hats(score: Score) -> int:
    """Rule 8: the longest run of equal hi-hat velocities."""
    part = part_of(score, "drums")
    notes = sorted((n for n in (part.notes if part else []) if n.pitch in _HATS), key=lambda n: n.start)
    best = run = 0
    before = None
    for note in notes:
        run = run + 1 if note.velocity == before else 1
        best, before = max(best, run), note.velocity
    return best


def melody_steps(score: Score) -> tuple[float, float, int]:
    """Rule 10: share of steps ≤ 2 semitones, share of leaps > 7 that turn back, range."""
    line = lead_notes(score)
    if len(line) < 3:
        return 0.75, 1.0, 0
    moves = [b.pitch - a.pitch for a, b in itertools.pairwise(line)]
    leaps = [(a, b) for a, b in itertools.pairwise(moves) if abs(a) > 7]
    back = sum(a * b < 0 for a, b in leaps) / len(leaps) if leaps else 1.0
    pitches = [n.pitch for n in line]
    return sum(abs(m) <= 2 for m in moves) / len(moves), back, max(pitches) - min(pitches)


def chord_tones(score: Score) -> tuple[float, float]:
    """Rule 11: share of strong-beat melody notes that are chord tones; share of the others that leave by step."""
    meter = meter_of(score.meter)
    line = lead_notes(score)
    widest = 3 if "harmonic" in score.key else 2  # its steps include an augmented second
    inside = total = resolved = foreign = 0
    for index, note in enumerate(line):
        symbol = score.chord_at(note.start)
        if meter.strength(note.start) < 0.6 or not symbol or symbol == "N":
            continue
        total += 1
        if note.pitch % 12 in parse_chord(symbol).pitch_classes:
            inside += 1
        elif index + 1 < len(line):
            foreign += 1
            resolved += abs(line[index + 1].pitch - note.pitch) <= widest
    return (inside / total if total else 1.0), (resolved / foreign if foreign else 1.0)


def lead_silence(score: Score) -> float:
    """Rule 12: share of the lead's active bars in which it rests."""
    line = lead_notes(score)
    bar = score.beats_per_bar
    active = {int(n.start // bar) for n in line if n.start < (score.bars - 1) * bar}
    sounding = sum(n.duration for n in line if n.start < (score.bars - 1) * bar)
    return 1 - sounding / (len(active) * bar) if active else 0.0


def phrase_rests(score: Score) -> float:
    """Rule 12: share of the two- and four-bar phrases after which the lead rests for half a beat or more."""
    line = lead_notes(score)
    bar = score.beats_per_bar
    ends = rests = 0
    for section in score.sections:
        first = section.start_bar - 1
        for start in range(first, first + section.bars - 1, 2):
            after = (start + 2) * bar
            inside = [n for n in line if start * bar <= n.start < after - 0.01]
            if not inside or start + 2 >= score.bars:
                continue
            ends += 1
            # The rest may lie before an upbeat: up to two beats before the bar line, or after it.
            pairs = [(a, b) for a, b in itertools.pairwise(line) if start * bar <= a.start < after]
            gaps = [b.start - a.end for a, b in pairs if b.start > after - 2.0]
            rests += max(gaps, default=1.0) >= 0.45
    return rests / ends if ends else 1.0


def motif_returns(score: Score) -> tuple[int, int]:
    """Rule 13: how often the opening two-bar rhythm comes back, exactly in pitch and with changes."""
    line = lead_notes(score)
    bar = score.beats_per_bar
    if not line:
        return 9, 9
    shapes: list[tuple[tuple[float, ...], tuple[int, ...]]] = []
    for section in score.sections:
        first = section.start_bar - 1
        for start in range(first, first + section.bars, 2):
            inside = [n for n in line if start * bar <= n.start < (start + 2) * bar]
            if inside:
                shapes.append((tuple(round(n.start - start * bar, 2) for n in inside), tuple(n.pitch for n in inside)))
    opening = shapes[0]
    same_start = [s for s in shapes[1:] if _overlap(opening[0], s[0]) >= 0.5]
    return len(same_start), sum(s != opening for s in same_start)


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return len(set(a) & set(b)) / max(1, len(set(a) | set(b)))


def ends_at_home(score: Score) -> tuple[bool, bool]:
    """Rule 14: the last chord is the tonic; the tune ends on 1, 3 or 5."""
    key = parse_key(score.key)
    symbol = score.chords[-1].symbol
    line = lead_notes(score)
    home = {(key.tonic + i) % 12 for i in (0, 3 if key.is_minor else 4, 7)}
    return parse_chord(symbol).root == key.tonic, not line or line[-1].pitch % 12 in home


def sounding(score: Score) -> list[frozenset[str]]:
    """Who plays, bar by bar."""
    bar = score.beats_per_bar
    out: list[set[str]] = [set() for _ in range(score.bars)]
    for part in score.parts:
        for note in part.notes:
            for index in range(int(note.start // bar), min(score.bars - 1, int((note.end - 0.01) // bar)) + 1):
                out[index].add(part.name)
    return [frozenset(names) for names in out]


def longest_unchanged(score: Score) -> int:
    """Rule 17: the longest run of bars in which nobody enters or leaves."""
    best = run = 0
    for before, after in itertools.pairwise(sounding(score)):
        run = run + 1 if before == after else 0
        best = max(best, run + 1)
    return best


def everybody_share(score: Score) -> float:
    """Rule 17: share of the bars in which everybody plays."""
    everyone = {p.name for p in score.parts}
    bars = sounding(score)
    return sum(here == everyone for here in bars) / len(bars)
