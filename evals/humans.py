"""What human-made scores measure: ``python -m segue.evals.humans [folder of MIDI]`` writes ``humans.json``.

Three kinds: "tonal" (Bach chorales, quartets and other pieces in parts) and "melodies" (folk tunes, some with
chord symbols) from the corpus that ships inside music21; "popular" from a folder of MIDI files, kept from
the last run where none is given. Each figure has n and percentiles, made by the estimators that measure ours.
"""

import itertools
import json
import random
import statistics
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from segue.tools.core.errors import SegueError
from segue.tools.core.score import ChordSpan, Note, Part, Score, TempoMark
from segue.tools.core.theory import Key, parse_chord
from segue.tools.music.measures import measure_all, nearest_distances, pitched, tune
from segue.tools.music.midi import estimated_key, read_midi
from segue.tools.music.musicxml_read import read_musicxml
from segue.tools.music.rhythm import meter_of
from segue.tools.music.rules import check_rules

PERCENTILES = (1, 5, 10, 50, 90, 95, 99)
FILE = Path(__file__).with_name("humans.json")
TONAL = ("bach/*.mxl", "haydn/*/*.mxl", "mozart/*/*.mxl", "beethoven/*/*.mxl", "schumann_robert/*/*.mxl",
         "corelli/*/*.xml", "handel/*/*.mxl", "schubert/*.xml", "weber/*.mxl", "verdi/*.mxl", "joplin/*.mxl",
         "johnson_j_r/*.mxl", "schumann_clara/*.mxl")  # fmt: skip
TUNES = ("ryansMammoth/*.abc", "essenFolksong/erk5.abc", "essenFolksong/irl.abc", "essenFolksong/dva0.abc",
         "oneills1850/0001-0050.abc",
         "nottingham-dataset/*.abc", "leadSheet/*.mxl")  # fmt: skip
_EVERY = {"bach/*.mxl": 4, "ryansMammoth/*.abc": 5}  # one file of so many, in the order of their names
_PLAYED = frozenset({"accents", "velocity_deviation", "velocity_jitter", "timing_deviation", "swing_error"})
_LONGEST = 160  # bars; longer movements count with their first


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return n and the percentiles of ``PERCENTILES``, linearly interpolated."""
    ordered = sorted(values)
    out: dict[str, float] = {"n": len(ordered)}
    for percent in PERCENTILES:
        place = (len(ordered) - 1) * percent / 100.0
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        out[f"p{percent}"] = round(ordered[low] + (ordered[high] - ordered[low]) * (place - low), 4)
    return out


def human_figures() -> dict[str, Any]:
    """Return the stored figures: kind → measure → n and percentiles."""
    loaded: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return loaded


def main(folder: Path | None = None) -> dict[str, Any]:
    """Measure every source again, several at once, and return what ``humans.json`` holds."""
    wanted = ["tonal", "melodies"] + (["popular"] if folder else [])
    known = human_figures()["kinds"] if FILE.exists() else {}
    with ProcessPoolExecutor() as pool:
        found = dict(zip(wanted, pool.map(measured_kind, wanted, [folder] * len(wanted)), strict=True))
    kinds = {kind: found.get(kind) or known.get(kind, {}) for kind in ("tonal", "melodies", "popular")}
    return {"sources": _SOURCES, "estimators": _ESTIMATORS, "kinds": kinds}


def measured_kind(kind: str, folder: Path | None) -> dict[str, dict[str, float]]:
    """Measure one kind of source; ``folder`` is where the MIDI files of "popular" lie."""
    if kind == "popular" and folder is not None:
        return measured(list(midi_scores(folder)))
    return measured(list(tonal_scores() if kind == "tonal" else tune_scores()))


_SOURCES = {
    "tonal": "music21's corpus: every fourth Bach chorale; quartets by Haydn, Mozart and Beethoven; Schumann, Corelli, "
    "Handel, Schubert, Weber, Verdi, Joplin, Johnson; the first 160 bars of longer movements",
    "melodies": "music21's corpus: every fifth tune of Ryan's Mammoth Collection, three files of the Essen collection, "
    "O'Neill's first fifty, two Nottingham reels and two lead sheets",
    "popular": "the 31 MIDI files of OpenMSX 0.4.2 (music of the game OpenTTD, as Debian packages it)",
}
_ESTIMATORS = {
    "structure": "fitness scape of Müller et al. 2013 on one chroma vector a beat from the notes, not from audio; "
    "scores without a tempo count at 120",
    "compression": "COSIATEC on at most 400 points from the start of a piece",
    "chord_irregularity": "on one chord a bar, found from the notes",
    "nearest_melody": "Levenshtein distance of moves (semitones, sixteenths) in any key; nearest_of_50: among fifty at a time",
    "rules": "the measures of the rules on parts given roles by height: top the tune, bottom the bass",
}


def measured(scores: Sequence[Score]) -> dict[str, dict[str, float]]:
    """Return the percentiles of every figure over some scores."""
    values: dict[str, list[float]] = {}
    for score in scores:
        for name, value in {**rule_values(score), **measure_all(score)}.items():
            values.setdefault(name, []).append(value)
    values["nearest_melody"] = nearest_distances([tune(score) for score in scores])
    values["nearest_of_50"] = nearest_of_fifty([tune(score) for score in scores])
    return {name: percentiles(found) for name, found in sorted(values.items()) if len(found) >= 5}


def nearest_of_fifty(lines: Sequence[Sequence[Note]], draws: int = 20) -> list[float]:
    """Return distances from the nearest other tune within fifty drawn at random, many times: of more tunes one is nearer."""
    if len(lines) < 100:
        return []
    rng = random.Random("fifty")
    return [distance for _ in range(draws) for distance in nearest_distances(rng.sample(lines, 50))]


def rule_values(score: Score) -> dict[str, float]:
    """Return what the rules' measures find, by name; of a score in print nothing about how it is played."""
    printed = len({n.velocity for p in score.parts for n in p.notes}) <= 1
    found = {f.name: f.value for f in check_rules(score) if f.value is not None}
    return {name: value for name, value in found.items() if not (printed and name in _PLAYED)}


# -- scores in parts ------------------------------------------------------------------------------------


def corpus() -> Path:
    """Return the folder of music21's corpus."""
    import music21

    return Path(music21.__file__).parent / "corpus"


def _files(patterns: Sequence[str]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(corpus().glob(pattern))[:: _EVERY.get(pattern, 1)]


def tonal_scores() -> Iterator[Score]:
    """Yield the pieces in parts, the top part as the tune and the bottom one as the bass."""
    for path in _files(TONAL):
        try:
            score = read_musicxml(path)
        except SegueError:  # a few files are beyond what the reader takes
            continue
        if score.bars >= 8 and len(pitched(score)) >= 60:
            yield with_roles(_shortened(score))


def midi_scores(folder: Path) -> Iterator[Score]:
    """Yield the MIDI files of a folder."""
    for path in sorted(folder.rglob("*.mid")):
        score = read_midi(path)
        lines = [p for p in score.parts if p.role in ("melody", "lead") and len(p.notes) >= 24]
        lead = max(lines, key=lambda p: statistics.mean(n.pitch for n in p.notes), default=None)
        for part in score.parts:
            if part.role in ("melody", "lead") and part is not lead:
                part.role = "counter"
        yield score


def _shortened(score: Score) -> Score:
    if score.bars <= _LONGEST:
        return score
    end = _LONGEST * score.beats_per_bar
    parts = [p.model_copy(update={"notes": [n for n in p.notes if n.start < end - 1e-6]}) for p in score.parts]
    return score.model_copy(update={"bars": _LONGEST, "parts": parts, "sections": []})


def with_roles(score: Score) -> Score:
    """Return a score whose highest part that is a single line is the tune and whose lowest is the bass."""
    parts = sorted((p for p in score.parts if p.notes), key=lambda p: -statistics.mean(n.pitch for n in p.notes))
    out = []
    for place, part in enumerate(parts):
        single = len({n.start for n in part.notes}) > 0.8 * len(part.notes)
        role = "melody" if place == 0 and single else "bass" if place == len(parts) - 1 and single else "counter"
        out.append(part.model_copy(update={"role": role if single else "chords"}))
    return score.model_copy(update={"parts": out, "sections": []})


# -- tunes ------------------------------------------------------------------------------------------------


def tune_scores(patterns: Sequence[str] = TUNES) -> Iterator[Score]:
    """Yield the tunes of the corpus' files; of a file with many every one."""
    import music21

    warnings.filterwarnings("ignore", module="music21")
    for path in _files(patterns):
        parsed: Any = music21.converter.parse(path)
        for one in parsed.scores if isinstance(parsed, music21.stream.Opus) else [parsed]:
            score = _tune(one)
            if score is not None:
                yield score


def _tune(stream: Any) -> Score | None:  # noqa: ANN401 - a music21 stream, which has no types
    """Return a tune as a score, or None where it has no plain meter or fewer than 16 notes."""
    from music21 import harmony, meter

    part = stream.parts[0] if stream.parts else stream
    signature = next(iter(part.recurse().getElementsByClass(meter.TimeSignature)), None)
    first = next(iter(part.getElementsByClass("Measure")), None)
    if signature is None or first is None:
        return None
    bar = float(signature.barDuration.quarterLength)
    upbeat = float(first.duration.quarterLength)
    pad = bar - upbeat if upbeat < bar - 1e-6 else 0.0
    notes: list[Note] = []
    symbols: list[tuple[float, str]] = []
    for item in part.flatten().notes:
        start = float(item.offset) + pad
        if isinstance(item, harmony.ChordSymbol):
            symbols.append((start, _symbol(str(item.figure))))
        elif item.duration.quarterLength > 0:
            pitch = max(p.midi for p in item.pitches)
            notes.append(Note(start=start, duration=float(item.duration.quarterLength), pitch=pitch))
    if len(notes) < 16:
        return None
    end = max(n.end for n in notes)
    tune_part = Part(name="tune", role="melody", notes=notes)
    symbols.append((end, "N"))
    spans = [
        ChordSpan(start=start, duration=stop - start, symbol=symbol)
        for (start, symbol), (stop, _) in itertools.pairwise(symbols)
        if stop > start
    ]
    name = f"{signature.numerator}/{signature.denominator}"
    try:
        meter_of(name)
    except SegueError:
        return None
    key: Key = estimated_key([tune_part])
    return Score(tempo=[TempoMark(bpm=120)], key=str(key), meter=name, bars=max(1, -int(-(end - 0.01) // bar)),
                 chords=spans, parts=[tune_part])  # fmt: skip


def _symbol(figure: str) -> str:
    """Return music21's chord figure ("B-7") as a symbol ("Bb7"); "N" where it is none."""
    text = figure[:1] + figure[1:].replace("-", "b", 1) if figure[1:2] == "-" else figure
    try:
        return parse_chord(text).symbol
    except SegueError:
        return "N"


def table(figures: Mapping[str, Any]) -> str:
    """Return the figures as lines of text."""
    lines = []
    for kind, found in figures["kinds"].items():
        lines.append(f"{kind}:")
        for name, row in found.items():
            lines.append(f"  {name:24s} n {row['n']:4d}  " + "  ".join(f"p{p} {row[f'p{p}']:g}" for p in PERCENTILES))
    return "\n".join(lines)


if __name__ == "__main__":
    made = main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    FILE.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(table(made))
