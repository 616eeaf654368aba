"""``edit`` by model servers: recordings separated by a trained model, spans painted anew, continued, added to.

Set ``servers = {edit = "http://…"}``. A server does what it offers and the embedded editor lacks on recordings; all
else, and every piece whose stems are known, stays with the embedded editor, which is exact there.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from segue.tools import edit as ops
from segue.tools.backends.edit_titles import titled
from segue.tools.backends.served_models import Asking, Served, Wish, heard, known_models, output, stems_of, unavailable
from segue.tools.core import registry
from segue.tools.core.audio import Waveform
from segue.tools.core.base import Backend, Context, PieceRef
from segue.tools.core.errors import CannotDo, InvalidArgument
from segue.tools.core.jobs import AudioWish, EditWish, JobRequest, ModelInfo, MusicWish, Task, TextWish
from segue.tools.core.piece import Piece
from segue.tools.core.settings import Settings
from segue.tools.sound import demucs
from segue.tools.sound.separate import stem_word

# Operations that a generating model does on a recording, and the task that this is.
_TASKS: dict[str, Task] = {
    "add": "add", "replace": "replace", "regenerate": "inpaint", "extend": "continue", "restyle": "cover",
}  # fmt: skip
_SEPARATE: tuple[Task, ...] = ("separate",)
_ALL = (*_SEPARATE, *_TASKS.values())


def _stems_named(operation: Any) -> list[str]:  # noqa: ANN401 - one of the operations
    """Return the stems of a recording that an operation needs."""
    names = getattr(operation, "stems", None) or [getattr(operation, "stem", None)]
    return [stem_word(name) for name in names if name and operation.op != "replace"]


def _load(settings: Settings) -> "_Editor":
    return _Editor(Served("edit", settings), settings)


class _Editor:
    """Goes through the operations: what a server does better it does, the rest the embedded editor."""

    def __init__(self, served: Served, settings: Settings) -> None:
        self._served, self._settings = served, settings

    def __call__(self, args: ops.Args, context: Context) -> ops.Out:
        piece = context.piece(args.clip)
        if piece.clip is None or piece.stems or piece.score is not None:
            return self._here(args, context)
        models = [offer.model for offer in self._served.offers(_ALL, context.settings.commercial)]
        offered = {task for model in models for task in model.tasks}
        waiting: list[Any] = []
        details: list[dict[str, Any]] = []
        for number, operation in enumerate(args.operations):
            task = _TASKS.get(operation.op)
            if task in offered and not (operation.op == "extend" and _shortens(operation, piece)):
                piece = self._worked_off(piece, waiting, details, context)
                piece = self._made(task, operation, piece, number, context)
                details.append({"op": operation.op, "how": f"by a served model ({task})"})
                continue
            named = _stems_named(operation)
            if named and not piece.stems and "separate" in offered:
                piece = self._worked_off(piece, waiting, details, context)
                piece = self._separated(piece, named, number, context)
            waiting.append(operation)
        piece = self._worked_off(piece, waiting, details, context)
        return ops.Out(piece=piece, details=details)

    def _worked_off(self, piece: Piece, waiting: list[Any], details: list[dict[str, Any]], context: Context) -> Piece:
        """Do the operations that wait for the embedded editor, and return what they made."""
        if not waiting:
            return piece
        out = self._here(ops.Args(clip=PieceRef(id=piece.id), operations=list(waiting)), context)
        waiting.clear()
        details += out.details
        return out.piece

    def _here(self, args: ops.Args, context: Context) -> ops.Out:
        """Let the embedded editor do it."""
        (engine,) = [backend for backend in registry.backends("edit") if backend.name == "dsp"]
        inner = replace(context, backend=engine.name, args=args.model_dump(mode="json", exclude_unset=True))
        out = registry.load(engine, self._settings)(args, inner)
        assert isinstance(out, ops.Out)
        return out

    # -- stems ------------------------------------------------------------------------------------

    def _separated(self, piece: Piece, named: Sequence[str], number: int, context: Context) -> Piece:
        """Return a piece with the stems of a recording; what the model leaves over goes to "other"."""

        def asking(model: ModelInfo) -> Wish | None:
            if "separate" not in model.tasks:
                return None
            src = AudioWish(src=piece.id)
            return Wish(JobRequest(task="separate", model=model.name, outputs=["stems"], audio=src), {piece.id: piece})

        job, offer = self._served.run(_SEPARATE, asking, context, part=f"stems {number}")
        mix = context.wave(piece)
        stems = {name: _like(mix, stem) for name, stem in stems_of(job).items()}
        if missing := [name for name in named if name not in stems]:
            there = ", ".join(stems) or "nothing"
            raise CannotDo(
                f"{offer.model.name} has no stem {', '.join(missing)}; it makes {there}.", "Name one of these."
            )
        left = mix.samples - np.sum([stem.samples for stem in stems.values()], axis=0, dtype=np.float32)
        rest = stems.get("other")
        stems["other"] = Waveform(left if rest is None else rest.samples + left, mix.sample_rate)
        context.note(f"{offer.model.name} took the recording apart into {', '.join(stems)}.")
        return context.add_piece(piece.title, clip=piece.clip, stems=stems, parents=[piece])

    # -- sound that a model makes -----------------------------------------------------------------

    def _made(self, task: Task, operation: Any, piece: Piece, number: int, context: Context) -> Piece:  # noqa: ANN401
        """Return what a model makes of a recording by one operation."""
        seed = getattr(operation, "seed", None)
        part = f"{operation.op} {number}"
        job, offer = self._served.run((task,), _asked(task, operation, piece, context), context, part=part)
        if not job.status.seeds:
            raise CannotDo(f"{offer.model.name} made nothing.", "Serve another model.")
        wave = heard(output(job, "0/mix", offer.model))
        words = getattr(operation, "prompt", None) or getattr(operation, "instrument", None) or operation.op
        return context.add_piece(
            titled(piece.title, [str(words)[:40]]), wave=wave, parents=[piece], seed=job.status.seeds[0] if seed is None else seed
        )  # fmt: skip


def _asked(task: Task, operation: Any, piece: Piece, context: Context) -> Asking:  # noqa: ANN401
    """Return what each model is asked for an operation on a recording."""
    spans = _spans(operation, piece, context)

    def asking(model: ModelInfo) -> Wish | None:
        if task not in model.tasks:
            return None
        seed = getattr(operation, "seed", None)
        track = getattr(operation, "instrument", None)
        if operation.op == "replace":
            track = operation.stem
        request = JobRequest(
            task=task,
            model=model.name,
            text=TextWish(prompt=_words(operation)),
            music=MusicWish(duration=operation.duration_s if operation.op == "extend" else None),
            audio=AudioWish(src=piece.id),
            edit=EditWish(spans=spans, track=track),
        )
        if seed is not None:
            request = request.model_copy(update={"sample": request.sample.model_copy(update={"seeds": [seed]})})
        return Wish(request, {piece.id: piece})

    return asking


def _words(operation: Any) -> str:  # noqa: ANN401
    """Return an operation's wish in words."""
    if operation.op in ("add", "replace"):
        return ", ".join(part for part in (operation.instrument, getattr(operation, "prompt", None)) if part)
    return str(getattr(operation, "prompt", None) or "")


def _spans(operation: Any, piece: Piece, context: Context) -> list[tuple[float, float]]:  # noqa: ANN401
    """Return where bars that are to be written anew lie, seconds.

    Raises
    ------
    CannotDo : no bar lines are heard.
    InvalidArgument : bars that are not there.
    """
    if operation.op != "regenerate" or not (operation.start_bar or operation.section):
        return []
    from segue.tools.listen.analyse import analyse

    if operation.section:
        raise CannotDo("A recording's sections have no names.", "Name bars by number.")
    lines = analyse(context.store, piece, context.check, context.progress).downbeats
    first, last = operation.start_bar, operation.end_bar or operation.start_bar
    if len(lines) < 2:
        raise CannotDo("No bars of this recording are heard clearly enough.", "Trim by seconds first.")
    if last > len(lines):
        raise InvalidArgument(f"Bar {last} is not there: {len(lines)} bars are heard.", "Name bars that are there.")
    return [(lines[first - 1], lines[last] if last < len(lines) else piece.duration_s or lines[-1])]


def _shortens(operation: ops.Extend, piece: Piece) -> bool:
    return operation.duration_s is None or operation.duration_s <= (piece.duration_s or 0.0)


def _like(mix: Waveform, stem: Waveform) -> Waveform:
    """Return a stem at the mix's rate, channels and length."""
    fitted = stem.resampled(mix.sample_rate).with_channels(mix.channels).samples[:, : mix.frames]
    return Waveform(np.pad(fitted, ((0, 0), (0, mix.frames - fitted.shape[1]))), mix.sample_rate)


def _cost(args: ops.Args, settings: Settings) -> float:
    """Return less than the embedded editor's nothing where a server separates and nothing here does."""
    named = [name for operation in args.operations for name in _stems_named(operation)]
    if named and not demucs.installed() and known_models("edit", settings, _SEPARATE):
        return -0.5
    return 0.0


BACKEND = Backend(
    "edit",
    "remote",
    _load,
    kind="served",
    server="edit",
    licence="as the server says of each model",
    unavailable=unavailable("edit", "demucs"),
    cost=_cost,
    says_so=True,
    heavy=True,
)
