"""``generate`` by a model server that speaks the job protocol: set ``servers = {generate = "http://…"}``."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from segue.tools.core.audio import Waveform, decode
from segue.tools.core.base import Backend, Context, Ref
from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.jobs import (
    AudioWish,
    ChordAt,
    FormPart,
    JobRequest,
    LyricLine,
    ModelInfo,
    MusicWish,
    Sampling,
    TextWish,
)
from segue.tools.core.piece import Piece
from segue.tools.core.remote import JobClient, RemoteJob
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.generate import Args, Out
from segue.tools.music.notation import read_midi

T = TypeVar("T")

_SETTING = "generate"


def _unavailable(settings: Settings) -> str | None:
    if _SETTING in settings.servers:
        return None
    return "no server is set: segue serve-tools composer, then SEGUE_SERVERS=generate=http://127.0.0.1:8100"


def _load(settings: Settings) -> "_Remote":
    return _Remote(JobClient(settings.servers[_SETTING], settings.server_key))


class _Remote:
    """Sends a wish to the server and keeps what comes back."""

    def __init__(self, client: JobClient) -> None:
        self._client = client

    def __call__(self, args: Args, context: Context) -> Out:
        model = self._model(args, context)
        request = self._request(args, context, model)
        job = self._client.run(request, context.attempt_key or "once", context.progress, context.deadline)
        self._tell(job, context, model)
        return Out(pieces=[_piece(job, number, args, context) for number in range(len(job.status.seeds))])

    def _model(self, args: Args, context: Context) -> ModelInfo:
        offered = [model for model in self._client.models() if "generate" in model.tasks]
        allowed = [model for model in offered if model.commercial or not context.settings.commercial]
        if not allowed:
            reason = "its models forbid commercial use" if offered else "it has no model that generates"
            raise BackendUnavailable(f"{self._client.url} cannot be used: {reason}.")
        return allowed[0]

    def _request(self, args: Args, context: Context, model: ModelInfo) -> JobRequest:
        words = ", ".join(part for part in [args.prompt, args.genre or "", *args.mood] if part)
        beats = Score(meter=args.meter or "4/4").beats_per_bar
        return JobRequest(
            task="generate",
            model=model.name,
            outputs=[name for name in ("mix", "stems", "midi") if name in model.outputs],
            text=TextWish(
                prompt=words,
                negative=", ".join(args.exclude),
                lyrics=[LyricLine(text=line) for line in (args.lyrics or "").splitlines() if line],
            ),
            music=MusicWish(
                bpm=args.bpm,
                key=args.key,
                meter=args.meter,
                duration=args.duration_s,
                bars=args.bars,
                structure=[FormPart(label=label, bars=8) for label in args.form],
                chords=[ChordAt(beat=i * beats, symbol=symbol) for i, symbol in enumerate(args.chords)],
                instruments=args.instruments,
            ),
            audio=AudioWish(melody=self._sent(args.melody, context), style=self._sent(args.style, context)),
            sample=Sampling(
                n=args.takes, seeds=[args.seed + i for i in range(args.takes)] if args.seed is not None else []
            ),
        )

    def _sent(self, ref: Ref | None, context: Context) -> str | None:
        if ref is None:
            return None
        clip = context.piece(ref).clip
        return self._client.upload(context.store.path(clip.id).read_bytes()) if clip else None

    def _tell(self, job: RemoteJob, context: Context, model: ModelInfo) -> None:
        for name, field in job.status.fields.items():
            if field.status != "used":
                context.note(f"{model.name}: {name.partition('.')[2]} was {field.status} ({field.how}).")
        for note in job.status.notes:
            context.note(note)


def _piece(job: RemoteJob, number: int, args: Args, context: Context) -> Piece:
    """Keep one take: its sound, its stems where the server sent some, its score where it sent MIDI."""
    stems = {
        name.split("/", 2)[2]: _wave(data) for name, data in job.outputs.items() if name.startswith(f"{number}/stems/")
    }
    midi = job.outputs.get(f"{number}/midi")
    return context.add_piece(
        (args.prompt or args.genre or "A new piece")[:60],
        wave=_wave(job.outputs[f"{number}/mix"]),
        stems=stems,
        score=_score(midi) if midi else None,
        seed=job.status.seeds[number],
    )


def _wave(data: bytes) -> Waveform:
    return _read(data, "take.wav", decode)


def _score(data: bytes) -> Score:
    return _read(data, "take.mid", read_midi)


def _read(data: bytes, name: str, read: Callable[[Path], T]) -> T:
    with tempfile.TemporaryDirectory(prefix="segue-remote-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return read(path)


BACKEND = Backend(
    "generate",
    "remote",
    _load,
    kind="served",
    licence="as the server says",
    unavailable=_unavailable,
    ignores=lambda args: ["loop"] if args.loop else [],
)
