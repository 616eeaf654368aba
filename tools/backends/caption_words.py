"""caption by words: prose and answers from what was measured; nothing is said that was not."""

from typing import TYPE_CHECKING

from segue.tools.caption import Args, Out
from segue.tools.core.base import Backend, Context, Runner
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.errors import NotFound
from segue.tools.core.piece import Piece
from segue.tools.core.settings import Settings
from segue.tools.listen.answers import answer, answerable, compare
from segue.tools.listen.words import Subject, full, sections, short

if TYPE_CHECKING:
    from segue.tools.collection.catalogue import Track
    from segue.tools.listen.facts import Analysis

_TELL = {"short": short, "full": full, "sections": sections}


def described(args: Args, context: Context) -> list[Subject]:
    """Return the clips with what is measured and known of each, and say what must be said about the measuring."""
    from segue.tools.listen.analyse import analyse

    subjects: list[Subject] = []
    for number, ref in enumerate(args.clips):
        piece = context.piece(ref)
        share = number / len(args.clips)

        def step(done: float, total: float, label: str, share: float = share) -> None:
            context.progress(share + done / len(args.clips), 1.0, label)

        facts = _known(piece, context) or analyse(context.store, piece, context.check, step)
        subjects.append(_subject(piece, context).with_facts(facts))
    for note in dict.fromkeys(note for subject in subjects for note in subject.facts.notes):
        context.note(note)
    return subjects


def told(args: Args, subjects: list[Subject]) -> list[str]:
    """Return what can be said of them from measurements: one text a clip, one for a question about several."""
    if args.question and len(subjects) > 1:
        return [compare(args.question, subjects)]
    if args.question:
        return [answer(args.question, subjects[0])]
    return [_TELL[args.detail](subject) for subject in subjects]


def _run(args: Args, context: Context) -> BaseOut:
    return Out(texts=told(args, described(args, context)))


def _ignores(args: Args) -> list[str]:
    return ["what was not measured"] if args.question and not answerable(args.question) else []


def _subject(piece: Piece, context: Context) -> Subject:
    """Return what is known about a piece besides its sound: its making, or its tags in the library."""
    made = piece.made_by
    if piece.kind == "track":
        try:
            track: Track = context.home(_track, context.settings, piece.id)
        except NotFound:
            return Subject(piece.title)
        tagged = tuple(g for g in track.genres if "genres" not in track.measured)
        return Subject(track.title or piece.title, artist=track.artist, album=track.album, year=track.year, genres=tagged, lyrics=track.lyrics)  # fmt: skip
    if made is not None and made.tool == "generate":
        return Subject(piece.title, made_here=f"generated here by Segue (engine: {made.backend or 'composer'})")
    if made is not None and made.tool in ("edit", "transcribe"):
        origin = _origin(piece, context)
        if origin is not None and origin.made_by is not None and origin.made_by.tool == "generate":
            return Subject(piece.title, made_here=f"generated here by Segue (engine: {origin.made_by.backend or 'composer'}) and changed since")  # fmt: skip
    return Subject(piece.title)


def _known(piece: Piece, context: Context) -> "Analysis | None":
    """Return what the library's table says of a track that has no sound here; None for all others."""
    from segue.tools.listen.facts import Analysis

    if piece.kind != "track" or piece.clip is not None or piece.score is not None:
        return None
    try:
        track: Track = context.home(_track, context.settings, piece.id)
    except NotFound:
        return None
    fields = track.model_dump(include={"bpm", "bpm_confidence", "key", "key_confidence", "moods"})
    return Analysis(
        source="table", duration_s=track.duration_s or 0.0, moods_confidence=1.0 if track.moods else 0.0, **fields
    )


def _track(settings: Settings, id: str) -> "Track":
    from segue.tools.collection.catalogue import open_catalogue

    return open_catalogue(settings).track(id)


def _origin(piece: Piece, context: Context) -> Piece | None:
    """Return the first ancestor along first parents."""
    seen = {piece.id}
    while piece.parents and piece.parents[0] not in seen:
        try:
            piece = context.store.piece(piece.parents[0], context.owner)
        except NotFound:
            return None
        seen.add(piece.id)
    return piece


def _load(settings: Settings) -> Runner:
    return _run


BACKEND = Backend(tool="caption", name="words", load=_load, ignores=_ignores, says_so=True, heavy=True)
