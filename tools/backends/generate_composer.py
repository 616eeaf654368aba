"""generate by composing: words and arguments → score → sampled instruments → mix, stems, score."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from segue.tools.core.base import Backend, Context, PieceRef, Runner
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.piece import Clip, Piece
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.generate import Args, Out

if TYPE_CHECKING:
    from segue.tools.listen.facts import Analysis
    from segue.tools.music.compose_request import Request, Style
    from segue.tools.music.memory import Memory
    from segue.tools.music.takes import Take

Say = Callable[[str], None]
_PREVIEW_S = 10.0  # what can be heard first of a long piece
_LONG_S = 25.0  # from here on the rendering is long enough to wait for


def _ignores(args: Args) -> list[str]:
    ignored = []
    if args.video is not None:
        ignored.append("the video's cuts")
    if args.lyrics:
        ignored.append("singing the lyrics")
    return ignored


def request_from(args: Args, say: Say) -> "Request":
    """Return the wishes of words and arguments together; arguments win, and what they override is said."""
    from segue.tools.music.compose_request import Request
    from segue.tools.music.compose_wishes import with_words
    from segue.tools.music.compose_words import wishes_in

    typed = Request(
        genre=args.genre, moods=tuple(args.mood), bpm=args.bpm, key=args.key,
        meter=args.meter, duration_s=args.duration_s, bars=args.bars, chords=tuple(args.chords), form=tuple(args.form),
        instruments=tuple(_as_said(name, args.prompt) for name in args.instruments), exclude=tuple(args.exclude),
        lyrics=args.lyrics, energy=tuple(args.energy), loop=args.loop, seed=args.seed,
    )  # fmt: skip
    return with_words(typed, wishes_in(args.prompt, say), say)


def _as_said(name: str, prompt: str) -> str:
    """Return a general word where the prompt only has that: "bass" means each genre's own bass."""
    said = prompt.lower()
    for general, full in (("bass", "electric bass"), ("guitar", "acoustic guitar")):
        if name.lower() == full and said and general in said and full.split()[0] not in said:
            return general
    return name


# -- other pieces as starting points ----------------------------------------------------------------


class _Given:
    """What the clips named in the arguments are: their scores, or what can be heard of them."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.parents: list[Piece] = []

    def piece(self, ref: PieceRef) -> Piece:
        piece = self.context.piece(ref)
        if piece.id not in {p.id for p in self.parents}:
            self.parents.append(piece)
        return piece

    def facts(self, piece: Piece) -> "Analysis":
        from segue.tools.listen.analyse import analyse

        return analyse(self.context.store, piece, self.context.check, self.context.progress)

    def score(self, ref: PieceRef, stem: str | None = None) -> Score:
        """Return a piece's score; of a recording the notes that can be heard, and say so."""
        from segue.tools.listen.notes import transcribe_wave
        from segue.tools.listen.quantise import to_score

        piece = self.piece(ref)
        known = self.context.score(piece)
        if known is not None:
            return known
        facts = self.facts(piece)
        wave = self.context.wave(piece)
        heard = transcribe_wave(wave, stem, self.context.check)
        if not heard:
            raise InvalidArgument(
                f"No notes can be heard in '{piece.title}'.", "Give a clip with a clear tune, or a MIDI file."
            )
        score, _ = to_score(heard, facts, piece.title, stem)
        found = sum(len(p.notes) for p in score.parts)
        self.context.note(f"'{piece.title}' is a recording: {found} notes, its tempo and its key were taken by ear.")
        return score

    def style(self, ref: PieceRef) -> "Style":
        """Return tempo, key, genre and players of a piece, from its score or by ear."""
        from segue.tools.music.compose_request import Style

        piece = self.piece(ref)
        score = self.context.score(piece)
        if score is not None:
            names = tuple(p.instrument for p in score.parts if p.instrument and not p.is_drum)
            return Style(score.bpm, score.key, score.meter, score.genre, names[:2], swing=score.swing)
        facts = self.facts(piece)
        heard = [f"{facts.bpm:.0f} bpm"] if facts.bpm else []
        heard += [facts.key] if facts.key else []
        heard += [facts.genre] if facts.genre else []
        self.context.note(f"The style of '{piece.title}' was taken by ear: {', '.join(heard) or 'nothing certain'}.")
        return Style(
            bpm=round(facts.bpm, 1) if facts.bpm else None,
            key=facts.key,
            genre=_known_genre(facts.genre),
            moods=tuple(_known_moods(facts.moods)),
        )


def _known_genre(name: str | None) -> str | None:
    from segue.tools.music.genres import find_genre

    found = find_genre(name) if name else None
    return found.name if found else None


def _known_moods(names: list[str] | None) -> list[str]:
    from segue.tools.music.genres import find_mood

    return [name for name in names or [] if find_mood(name)][:2]


def _with_given(request: "Request", args: Args, given: _Given) -> "Request":
    if args.style is not None:
        request = replace(request, style=given.style(args.style))
    if args.melody is not None:
        request = replace(request, melody=given.score(args.melody, "melody"))
    if args.continue_from is not None:
        request = replace(request, continue_from=given.score(args.continue_from))
    if args.accompany is not None:
        request = replace(request, accompany=given.score(args.accompany))
    return request


# -- the run ----------------------------------------------------------------------------------------


def composed(
    args: Args, say: Say, memory: "Memory | None" = None, given: "_Given | None" = None
) -> tuple["Request", "list[Take]"]:
    """Return the wishes that were understood, and the takes composed for them, the best first.

    ``memory`` is what was made before: a piece without a seed does not repeat it.
    """
    from segue.tools.music.takes import compose_takes

    request = request_from(args, say)
    if given is not None:
        request = _with_given(request, args, given)
    return request, compose_takes(request, args.takes, say, memory)


def _run(args: Args, context: Context, memory: "Memory") -> BaseOut:
    from segue.tools.music.compose_request import read_moods
    from segue.tools.music.compose_titles import title_for
    from segue.tools.music.render import render

    said: list[str] = []

    def say(text: str) -> None:
        if text not in said:
            said.append(text)
            context.note(text)

    given = _Given(context)
    if args.video is not None:
        say("The video's cuts cannot be seen here, so the music does not follow them.")
    context.progress(0.0, 1.0, "composing")
    request, takes = composed(args, say, memory, given)
    mood = read_moods(request.moods, lambda text: None)
    taken = {piece.title for piece in context.store.pieces(context.owner, limit=200)}
    pieces: list[Piece] = []
    for number, take in enumerate(takes):
        score = take.score.model_copy(update={"title": title_for(take.score, mood, taken)})
        taken.add(score.title)
        seconds = None if request.loop else _asked_seconds(request, score)

        def progress(done: float, total: float, label: str, number: int = number) -> None:
            label = f"take {number + 1} of {len(takes)}" if len(takes) > 1 else label
            context.progress((number + 0.02 + 0.95 * done / max(total, 1e-9)) / len(takes), 1.0, label)

        sketched = None if number or request.loop else _sketch(score, context)
        try:
            rendered = render(score, context.settings, progress=progress, duration_s=seconds, loop=request.loop)
        finally:
            if sketched is not None:  # it was only lent while the rest was rendered
                context.store.disown_file(sketched.id, context.owner)
        if rendered.meta.get("note"):
            say(str(rendered.meta["note"]))
        piece = context.add_piece(
            score.title,
            wave=rendered.mix,
            stems=rendered.stems,
            score=score,
            parents=given.parents,
            seed=take.seed,
            mix=_mix(rendered.meta, request),
        )
        pieces.append(piece)
        if number + 1 < len(takes):
            context.early(Out(pieces=list(pieces)))
    return Out(pieces=pieces)


def _sketch(score: Score, context: Context) -> Clip | None:
    """Let the first seconds be heard while the rest is rendered; None where the whole is nearly as soon there.

    It is a partial result, marked as a preview, and no piece of the user's.
    """
    if score.clock().seconds(score.beats) < _LONG_S:
        return None
    from segue.tools.music.render_preview import preview

    wave, _ = preview(score, context.settings, _PREVIEW_S, check=context.check)
    clip = context.store.add_wave(wave)
    context.store.own_file(clip.id, context.owner)
    context.early(Out(pieces=[], preview=clip))
    return clip


def _asked_seconds(request: "Request", score: Score) -> float | None:
    """Return the file's length where one was asked for and nothing stronger (bars at a tempo) contradicts it."""
    from segue.tools.music.form_length import fills

    seconds = request.duration_s
    if seconds is None or request.accompany is not None:
        return None
    return seconds if fills(score.bars, score.beats_per_bar, score.bpm, seconds) else None


def _mix(meta: dict[str, Any], request: "Request") -> dict[str, Any]:
    return {**meta, "loop": True} if request.loop else meta


def _load(settings: Settings) -> Runner:
    from segue.tools.music.memory import FILE, Memory

    memory = Memory(settings.home / FILE)

    def run(args: Args, context: Context) -> BaseOut:
        return _run(args, context, memory)

    return run


BACKEND = Backend(tool="generate", name="composer", load=_load, ignores=_ignores, says_so=True, heavy=True)
