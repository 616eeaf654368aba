"""``generate`` by a model server that speaks the job protocol: set ``servers = {generate = "http://…"}``."""

import base64
import math
import re
from collections.abc import Callable, Mapping

from segue.tools.backends.served_models import (  # fmt: skip
    Asking,
    Served,
    Wish,
    beats_per_bar,
    heard,
    known_models,
    output,
    read_bytes,
    stems_of,
    unavailable,
)
from segue.tools.core.audio import Waveform
from segue.tools.core.base import Backend, Context, Ref
from segue.tools.core.errors import CannotDo, SegueError
from segue.tools.core.jobs import (
    AudioWish,
    ChordAt,
    FormPart,
    JobRequest,
    LyricLine,
    ModelInfo,
    MusicWish,
    Sampling,
    Task,
    TextWish,
)
from segue.tools.core.piece import Clip, Piece
from segue.tools.core.remote import RemoteJob
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.generate import Args, Out
from segue.tools.music.notation import midi_bytes, read_midi

_TASKS: tuple[Task, ...] = ("generate", "continue", "complete")
_BY_SOURCE: tuple[tuple[str, Task], ...] = (("continue_from", "continue"), ("accompany", "complete"))
_SOME = Clip(id="", sample_rate=1, channels=1, frames=1)  # stands for a sound where only its being there counts
_TO_COME_S = 10.0  # what follows a recording where no length is wished for


def _load(settings: Settings) -> "_Remote":
    return _Remote(Served("generate", settings))


class _Remote:
    """Sends a wish to the server and keeps what comes back."""

    def __init__(self, served: Served) -> None:
        self._served = served

    def __call__(self, args: Args, context: Context) -> Out:
        given = {
            name: context.piece(ref)
            for name in ("melody", "style", "continue_from", "accompany")
            if (ref := getattr(args, name)) is not None
        }
        if (source := given.get("continue_from")) and source.clip is None:
            raise CannotDo(f"'{source.title}' is a score without sound.", "Ask for it to be rendered first.")
        scores = {piece.id: score for piece in given.values() if (score := context.score(piece))}
        job, offer = self._served.run(_TASKS, asking(args, given, scores, _composed), context)
        before = source.duration_s or 0.0 if source and job.status.task == "continue" else 0.0
        if before:
            context.note("The new piece holds what comes after; join the two to hear them in a row.")
        takes = range(len(job.status.seeds))
        parents = list({piece.id: piece for piece in given.values()}.values())
        return Out(pieces=[_piece(job, n, args, context, offer.model, before, parents) for n in takes])


def asking(
    args: Args, given: Mapping[str, Piece], scores: Mapping[str, Score], composed: Callable[[Args], Score | None]
) -> Asking:
    """Return what each model is asked for, by what it can do.

    Parameters
    ----------
    given : the pieces that the arguments refer to, by argument.
    scores : of those that have one, by id.
    composed : writes a score for wishes that a model can only follow in one.
    """

    def wish(model: ModelInfo) -> Wish | None:
        task: Task = "generate"
        lost = [words for words, asked in _NO_PLACE if asked(args)]
        for name, other in _BY_SOURCE:
            if name not in given:
                continue
            if other in model.tasks and given[name].clip:
                task = other
            else:
                lost.append(f"what to {'go on from' if name == 'continue_from' else 'accompany'}")
        if task not in model.tasks:
            return None
        sounds, audio, music = {}, {}, _music(args, model, given if task == "continue" else {})
        source = given.get({"continue": "continue_from", "complete": "accompany"}.get(task, ""))
        for field, piece in (("src", source), ("melody", given.get("melody")), ("style", given.get("style"))):
            if piece is None:
                continue
            if field == "melody" and piece.id in scores and ("music.score" in model.honours or piece.clip is None):
                music["score"] = {"midi": base64.b64encode(midi_bytes(scores[piece.id])).decode()}
            elif piece.clip is not None:
                sounds[piece.id], audio[field] = piece, piece.id
            else:
                lost.append(f"the {field} of a score without sound")
        notes = []
        if "score" not in music and _wants_score(args, model, task) and (score := composed(args)):
            music["score"] = {"midi": base64.b64encode(midi_bytes(score)).decode()}
            notes = [f"A score that was composed for these wishes leads {model.name}."]
        request = JobRequest(
            task=task,
            model=model.name,
            outputs=[name for name in ("mix", "stems", "midi") if name in model.outputs],
            text=_text(args),
            music=MusicWish.model_validate(music),
            audio=AudioWish.model_validate(audio),
            sample=Sampling(n=args.takes, seeds=[args.seed + n for n in range(args.takes)] if args.seed is not None else []),
        )  # fmt: skip
        return Wish(request, sounds, lost, notes)

    return wish


# What the protocol has no field for.
_NO_PLACE = (
    ("the video's cuts", lambda args: args.video is not None),
    ("the energy over time", lambda args: bool(args.energy)),
    ("that it loops without a seam", lambda args: args.loop),
)


def _wants_score(args: Args, model: ModelInfo, task: Task) -> bool:
    """Tell whether a model follows a score better than the words and numbers of these wishes."""
    if task != "generate" or "music.score" not in model.honours or args.melody is not None:
        return False
    asked = {"music.key": args.key, "music.bpm": args.bpm, "music.meter": args.meter, "music.chords": args.chords}
    return any(wanted and model.honours.get(name) != "" for name, wanted in asked.items())


def _composed(args: Args) -> Score | None:
    """Return what the embedded composer writes for these wishes; None where it cannot."""
    from segue.tools.backends.generate_composer import composed

    alone = {"melody": None, "style": None, "continue_from": None, "accompany": None, "video": None, "takes": 1}
    try:
        return composed(args.model_copy(update=alone), lambda text: None)[1][0].score
    except SegueError:
        return None


def _text(args: Args) -> TextWish:
    words = ", ".join(part for part in [args.prompt, args.genre or "", *args.mood] if part)
    lines, section = [], ""
    for line in (args.lyrics or "").splitlines():
        if named := re.fullmatch(r"\s*\[(.+)\]\s*", line):
            section = named[1].strip().lower()
        elif line.strip():
            lines.append(LyricLine(section=section, text=line.strip()))
    return TextWish(prompt=words, negative=", ".join(args.exclude), lyrics=lines)


def _music(args: Args, model: ModelInfo, before: Mapping[str, Piece]) -> dict[str, object]:
    """Return the musical wishes; bars are given in seconds to models that only know these."""
    beats = beats_per_bar(args.meter)
    duration, bars = args.duration_s, args.bars
    if bars and args.bpm and not duration and "music.bars" not in model.honours and "music.duration" in model.honours:
        duration, bars = bars * beats * 60 / args.bpm, None
    if source := before.get("continue_from"):
        duration = (source.duration_s or 0.0) + (duration or _TO_COME_S)
    return {
        "bpm": args.bpm,
        "key": args.key,
        "meter": args.meter,
        "duration": duration,
        "bars": bars,
        "structure": [FormPart(label=label) for label in args.form],
        "chords": [ChordAt(beat=n * beats, symbol=symbol) for n, symbol in enumerate(_repeated(args, beats))],
        "instruments": args.instruments,
    }


def _repeated(args: Args, beats: float) -> list[str]:
    """Return the chords, one a bar, again and again until the end where that is known."""
    bars = args.bars or math.ceil((args.duration_s or 0) * (args.bpm or 120) / 60 / beats)
    return [args.chords[n % len(args.chords)] for n in range(max(bars, len(args.chords)))] if args.chords else []


def _piece(
    job: RemoteJob, take: int, args: Args, context: Context, model: ModelInfo, before: float, parents: list[Piece]
) -> Piece:
    """Keep one take: its sound, its stems where the server sent some, its score where it sent MIDI."""
    midi = job.outputs.get(f"{take}/midi")
    return context.add_piece(
        (args.prompt or args.genre or "A new piece")[:60],
        wave=_after(heard(output(job, f"{take}/mix", model)), before),
        stems={name: _after(stem, before) for name, stem in stems_of(job, take).items()},
        score=read_bytes(midi, "take.mid", read_midi) if midi else None,
        parents=parents,
        seed=job.status.seeds[take],
    )


def _after(wave: Waveform, seconds: float) -> Waveform:
    """Return a sound from a second on."""
    return Waveform(wave.samples[:, round(seconds * wave.sample_rate) :], wave.sample_rate) if seconds else wave


def _cost(args: Args, settings: Settings) -> float:
    """Return how many wishes the best of the models would ignore."""

    def stands_for(ref: Ref) -> Piece:
        return Piece(id=ref.id or "", owner="", title="", clip=_SOME)

    given = {n: stands_for(r) for n in ("melody", "style", "continue_from", "accompany") if (r := getattr(args, n))}
    ask = asking(args, given, {}, lambda args: None)
    wishes = [(model, ask(model)) for model in known_models("generate", settings, _TASKS)]
    return min((wish.cost(model)[0] for model, wish in wishes if wish), default=0)


BACKEND = Backend(
    "generate",
    "remote",
    _load,
    kind="served",
    server="generate",
    licence="as the server says of each model",
    unavailable=unavailable("generate", "musicgen"),
    cost=_cost,
    says_so=True,
)
