"""transcribe: Basic Pitch's notes on the measured beats; pieces with a score are written down from it, exactly."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from segue.tools.core.audio import Waveform
from segue.tools.core.base import Backend, Context, Runner
from segue.tools.core.errors import CannotDo, NotFound
from segue.tools.core.instruments import find_instrument
from segue.tools.core.piece import FileOut, Piece
from segue.tools.core.score import Part, Score
from segue.tools.core.settings import Settings
from segue.tools.listen import labels
from segue.tools.listen.facts import Analysis
from segue.tools.listen.notes import Heard, transcribe_wave
from segue.tools.transcribe import Args, Out

_WITH_NOTES = ("notes", "score", "picture", "leadsheet")
_WORDS = ("lyrics", "lrc")
_NO_WORDS = "Writing out sung words needs a speech recogniser, and none is set (SEGUE_SERVERS=whisper=http://…: docs/serving.md)."
_INSTEAD = "The notes, chords, beats and sections can be written down."
# What people call a part → what the listener can aim at, and the part's name in the score.
_AIMS = {
    "bass": "bass", "bassline": "bass", "bass line": "bass", "low": "bass",
    "melody": "melody", "lead": "melody", "tune": "melody", "top line": "melody",
    "vocals": "vocals", "vocal": "vocals", "voice": "vocals", "singing": "vocals", "singer": "vocals",
    "drums": "drums", "drum": "drums", "percussion": "drums", "percussive": "drums", "beat": "drums",
    "piano": "piano", "keys": "piano", "guitar": "guitar", "strings": "strings",
}  # fmt: skip
Ears = Callable[[Waveform, str | None, Callable[[], None], Callable[[float], None]], list[Heard]]
_ROLES = {"melody": ("melody", "lead"), "vocals": ("melody", "lead"), "bass": ("bass",), "drums": ("drums",)}


@dataclass
class _Made:
    """What one call has made so far."""

    context: Context
    stem_name: str
    files: list[FileOut] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, data: bytes | str, suffix: str, kind: str, media_type: str) -> None:
        """Keep a file named after the piece; ``suffix`` may have a middle part (".chords.txt")."""
        raw = data.encode() if isinstance(data, str) else data
        name = self.stem_name + suffix
        self.files.append(self.context.add_file(raw, "." + suffix.rsplit(".", 1)[-1], kind, name, media_type))


def transcribed(args: Args, context: Context, ears: Ears = transcribe_wave) -> Out:
    """Write a clip down; ``ears`` hear the notes of a recording: the sound, the part that is aimed at, check, progress."""
    from segue.tools.listen.analyse import analyse

    piece = context.piece(args.clip)
    score = context.score(piece)
    wanted = list(dict.fromkeys(args.to))
    stem = " ".join((args.stem or "").lower().replace("_", " ").split()) or None
    words = [kind for kind in wanted if kind in _WORDS]
    if words and len(words) == len(wanted) and not _sung(score):
        raise CannotDo(_NO_WORDS, _INSTEAD)
    made = _Made(context, _file_name(piece.title, stem))
    facts = analyse(
        context.store, piece, context.check, lambda done, total, label: context.progress(0.4 * done, total, label)
    )
    result = piece
    if any(kind in _WITH_NOTES for kind in wanted):
        result, notated = (
            _from_score(score, piece, stem, context)
            if score is not None
            else _from_sound(piece, facts, stem, wanted, context, ears)
        )
        _write_notes(notated, wanted, made)
    _write_times(facts, wanted, made)
    if words:
        if _sung(score) and score is not None:
            _write_words(score, words, made)
        else:
            context.note(f"{_NO_WORDS} {_INSTEAD}")
    context.progress(1.0, 1.0, "written down")
    return Out(piece=result, files=made.files, text="\n".join(made.texts))


# -- notes ---------------------------------------------------------------------------------------


def _from_score(score: Score, piece: Piece, stem: str | None, context: Context) -> tuple[Piece, Score]:
    """Return the piece and the notes its own score has, all or one part's: nothing is guessed."""
    if stem is None:
        return piece, score
    chosen = _parts(score, stem)
    if not chosen:
        names = ", ".join(part.name for part in score.parts)
        raise NotFound(f"'{piece.title}' has no part '{stem}'.", f"Its parts are: {names}.")
    alone = score.model_copy(update={"parts": chosen})
    made = context.add_piece(f"{piece.title} ({', '.join(part.name for part in chosen)})", score=alone, parents=[piece])
    return made, alone


def _parts(score: Score, stem: str) -> list[Part]:
    """Return the parts a name means: by name, by instrument, by role, by stem; the first way that finds any."""
    known = find_instrument(stem)
    aim = _AIMS.get(stem, stem)
    for fits in (
        lambda part: part.name.lower() == stem,
        lambda part: part.instrument.lower() == (known.name if known else stem),
        lambda part: part.role in _ROLES.get(aim, (aim,)),
        lambda part: part.stem == aim,
        lambda part: aim == "drums" and part.is_drum,
    ):
        if found := [part for part in score.parts if fits(part)]:
            return found
    return []


def _from_sound(
    piece: Piece, facts: Analysis, stem: str | None, wanted: Sequence[str], context: Context, ears: Ears
) -> tuple[Piece, Score]:
    """Listen for notes and return the piece that holds them."""
    from segue.tools.listen.drums import drum_hits
    from segue.tools.listen.quantise import to_score

    aim = _AIMS.get(stem, "") if stem else ""
    if stem is None and list(wanted) == ["leadsheet"]:
        aim = "melody"  # a lead sheet is one line over chords
    own = piece.stems.get(stem or aim)
    wave = context.store.wave(own) if own else context.wave(piece)

    def step(done: float) -> None:
        context.progress(0.4 + 0.5 * done, 1.0, "listening for notes")

    heard: list[Heard] = []
    drums: list[Heard] = []
    if aim != "drums":
        heard = ears(wave, aim or None, context.check, step)
    if aim == "drums" or (not stem and not aim and facts.drums):
        drums = drum_hits(wave, context.check)
    if not heard and not drums:
        what = f"notes of the {stem}" if stem else "notes"
        raise CannotDo(f"No {what} can be heard in '{piece.title}'.", "Give a recording in which they sound clearly.")
    title = f"{piece.title} ({stem or 'transcribed'})"
    name = aim if aim in ("bass", "melody", "vocals", "drums", "strings") else stem
    score, grid = to_score(heard, facts, title, name, drums)
    for text in _cautions(facts, wave, stem, aim, own is not None, bool(drums)):
        context.note(text)
    if grid.free:
        context.note("No steady pulse was heard: the notes are written on a grid of 120 bpm without regard to bars.")
    elif abs(grid.offset_s) > 0.05:
        context.note(f"Bar 1 begins {abs(grid.offset_s):.2f} s {'before' if grid.offset_s > 0 else 'after'} the recording starts.")  # fmt: skip
    return context.add_piece(title, score=score, parents=[piece]), score


def _cautions(facts: Analysis, wave: Waveform, stem: str | None, aim: str, separated: bool, drums: bool) -> list[str]:
    """Return what a reader of the notes should know."""
    players = [name for name in facts.instruments if name != "drums"]
    alone = facts.drums is False and len(players) <= 1
    out = []
    if stem and aim not in ("bass", "melody", "vocals", "drums") and not separated and not alone:
        out.append(
            f"The {stem} of a recording cannot be told apart without a trained separator: every pitched note heard "
            "is written down (pip install 'segue-music[demucs]' brings one)."
        )
    if aim == "bass" and not separated and not alone:
        out.append("The bass was heard through the whole mix: the lowest line, a draft to check by ear.")
    if aim in ("melody", "vocals") and not separated and not alone:
        out.append("The melody is the strongest upper line of the mix: a draft to check by ear.")
    if drums:
        out.append("Drum hits are sorted into kick, snare and hi-hat only.")
    if not stem and not aim and not alone:
        out.append("Several instruments sound together: take these notes as a draft, some are wrong or missing.")
    if wave.duration_s < 1.0:
        out.append("Under a second of sound gives few notes to go by.")
    return out


def _write_notes(score: Score, wanted: Sequence[str], made: _Made) -> None:
    from segue.tools.music import notation

    if "notes" in wanted:
        made.add(notation.midi_bytes(score), ".mid", "midi", "audio/midi")
    if "score" in wanted:
        made.add(notation.musicxml(score), ".musicxml", "score", "application/vnd.recordare.musicxml+xml")
    if "picture" in wanted:
        made.add(notation.score_svg(score), ".svg", "picture", "image/svg+xml")
    if "leadsheet" in wanted:
        made.add(notation.leadsheet(score), ".leadsheet.musicxml", "score", "application/vnd.recordare.musicxml+xml")


# -- times and words -----------------------------------------------------------------------------


def _write_times(facts: Analysis, wanted: Sequence[str], made: _Made) -> None:
    """Write chords, beats, sections and labels."""
    sections = [(start, end, label) for label, start, end in facts.sections]
    if "chords" in wanted:
        named = [c for c in facts.chords if c[2] != "N"]
        if named:
            made.texts.append("Chords: " + labels.chord_line(facts.chords))
            made.add(labels.chord_chart(facts), ".chords.txt", "text", "text/plain")
            made.add(
                labels.spans_json("chords", facts.chords, facts.chords_confidence), ".chords.json", "text", "application/json"
            )  # fmt: skip
            if facts.chords_confidence < 0.4:
                made.context.note("The chords are uncertain here: take them as a first guess.")
        else:
            made.context.note("No chords can be heard here.")
    if "beats" in wanted:
        if facts.beats:
            made.texts.append(_beat_line(facts))
            made.add(labels.beats_json(facts), ".beats.json", "text", "application/json")
            made.add(labels.audacity(labels.beat_spans(facts)), ".beats.txt", "text", "text/plain")
            if facts.bpm_confidence < 0.3:
                made.context.note("The beat is uncertain here: no pulse stands out clearly.")
        else:
            made.context.note("No beat can be heard here.")
    if "sections" in wanted:
        made.texts.append("Sections: " + labels.section_line(facts.sections) if sections else "No sections were found.")
        made.add(labels.spans_json("sections", sections, facts.sections_confidence), ".sections.json", "text", "application/json")  # fmt: skip
    if "labels" in wanted:
        made.add(labels.audacity(sections), ".sections.txt", "text", "text/plain")
        if "beats" not in wanted and facts.beats:
            made.add(labels.audacity(labels.beat_spans(facts)), ".beats.txt", "text", "text/plain")
        if facts.chords:
            made.add(labels.audacity(facts.chords), ".chord-labels.txt", "text", "text/plain")


def _beat_line(facts: Analysis) -> str:
    tempo = f"{facts.bpm:.1f} bpm" if facts.bpm else "no steady tempo"
    bars = f", {len(facts.downbeats)} bars of {facts.meter}" if facts.meter and facts.downbeats else ""
    return f"Beats: {len(facts.beats)} at {tempo}{bars}, the first at {facts.beats[0]:.2f} s."


def _sung(score: Score | None) -> bool:
    return score is not None and any(note.lyric for part in score.parts for note in part.notes)


def _write_words(score: Score, words: Sequence[str], made: _Made) -> None:
    """Write the syllables that the score carries under its notes, line by line."""
    clock = score.clock()
    lines: list[tuple[float, str]] = []
    for part in score.parts:
        last = -1e9
        for note in (n for n in part.notes if n.lyric):
            syllable = note.lyric or ""
            if note.start - last > 2.0 or not lines:
                lines.append((clock.seconds(note.start), syllable))
            else:
                start, text = lines[-1]
                lines[-1] = (start, text[:-1] + syllable if text.endswith("-") else f"{text} {syllable}")
            last = note.end
    plain = "\n".join(text for _, text in lines)
    made.texts.append(plain)
    if "lyrics" in words:
        made.add(plain + "\n", ".lyrics.txt", "text", "text/plain")
    if "lrc" in words:
        made.add(labels.lrc(lines), ".lrc", "text", "text/plain")


def _file_name(title: str, stem: str | None) -> str:
    base = re.sub(r"[^\w\- ]+", "", title).strip().replace(" ", "_") or "transcription"
    return f"{base[:80]}_{stem.replace(' ', '_')}" if stem else base[:80]


def _run(args: Args, context: Context) -> Out:
    return transcribed(args, context)


def _load(settings: Settings) -> Runner:
    return _run


BACKEND = Backend(
    tool="transcribe",
    name="basicpitch",
    load=_load,
    licence="Apache-2.0",
    ignores=lambda args: [kind for kind in args.to if kind in _WORDS],
    heavy=True,
)
