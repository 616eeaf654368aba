"""The embedded composer as a model behind the job protocol: ``segue serve-tools composer``.

For moving composing and rendering to another machine, and the reference of what a model server does.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from segue.tools import generate
from segue.tools.core import registry
from segue.tools.core.audio import encode
from segue.tools.core.base import Context
from segue.tools.core.errors import ConfigError
from segue.tools.core.jobs import JobRequest, ModelInfo
from segue.tools.core.piece import Piece
from segue.tools.core.server import Job, Model, Output
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store

_HONOURS = {
    "text.prompt": "",
    "text.tags": "read as moods",
    "text.lyrics": "set to the melody in the score; nobody sings",
    "text.instrumental": "everything is instrumental",
    "music.bpm": "",
    "music.key": "",
    "music.meter": "",
    "music.duration": "",
    "music.bars": "",
    "music.structure": "the order of the sections; their bars are the composer's",
    "music.chords": "one chord a bar",
    "music.instruments": "",
    "sample.n": "",
    "sample.seeds": "",
    "delivery.format": "",
    "delivery.sample_rate": "",
    "delivery.channels": "",
}
_MEDIA = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg", "ogg": "audio/ogg"}


def load_model(settings: Settings) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    ConfigError : the composer's engine is not there.
    """
    engine = next((b for b in registry.backends("generate") if b.name == "composer"), None)
    if engine is None:
        raise ConfigError("The composer is not installed.", "Install Segue whole.")
    compose = registry.load(engine, settings)
    info = ModelInfo(
        name="composer",
        tasks=["generate"],
        outputs=["mix", "stems", "midi"],
        licence=engine.licence,
        commercial=engine.commercial,
        revision="embedded",
        honours=_HONOURS,
    )

    def run(job: Job) -> dict[str, Output]:
        with tempfile.TemporaryDirectory(prefix="segue-job-") as folder:
            store = Store(settings.model_copy(update={"home": Path(folder)}))
            try:
                outputs: dict[str, Output] = {}
                batches = _batches(job.request)
                for number, args in enumerate(batches):
                    context = Context(
                        store,
                        settings,
                        tool="generate",
                        backend="composer",
                        args=args.model_dump(mode="json"),
                        report=_part_of(job, number, len(batches)),
                        say=job.say,
                        stop=job.stop,
                    )
                    out = compose(args, context)
                    assert isinstance(out, generate.Out)
                    for piece in out.pieces:
                        outputs |= _outputs(store, piece, job.request, f"{len(job.status.seeds)}/")
                        job.status.seeds.append(piece.made_by.seed or 0 if piece.made_by else 0)
                return outputs
            finally:
                store.close()

    return Model(info, run)


def _part_of(job: Job, number: int, count: int) -> Callable[[float, float, str], None]:
    """Return the progress report of one call among several."""

    def report(done: float, total: float, label: str) -> None:
        job.progress(number + done / total, count, label)

    return report


def _batches(request: JobRequest) -> list[generate.Args]:
    """Return one call of the composer a given seed, or one for all takes."""
    music, text = request.music, request.text
    beats = _beats_per_bar(music.meter)
    bars = max((int(chord.beat // beats) + 1 for chord in music.chords), default=0)
    by_bar = {int(chord.beat // beats): chord.symbol for chord in reversed(music.chords)}
    chords: list[str] = []
    for bar in range(bars):
        chords.append(by_bar.get(bar) or (chords[-1] if chords else music.chords[0].symbol))
    args = generate.Args(
        prompt=text.prompt, mood=text.tags, bpm=music.bpm, key=music.key, meter=music.meter, duration_s=music.duration,
        bars=music.bars, chords=chords, form=[part.label for part in music.structure], instruments=music.instruments,
        lyrics="\n".join(line.text for line in text.lyrics) or None, takes=min(8, request.sample.n),
    )  # fmt: skip
    if not request.sample.seeds:
        return [args]
    return [args.model_copy(update={"seed": seed, "takes": 1}) for seed in request.sample.seeds]


def _beats_per_bar(meter: str | None) -> float:
    upper, _, lower = (meter or "4/4").partition("/")
    return int(upper) * 4 / int(lower or 4)


def _outputs(store: Store, piece: Piece, request: JobRequest, prefix: str) -> dict[str, Output]:
    """Return a take's files: ``0/mix``, ``0/stems/bass``, ``0/midi``."""
    made: dict[str, Output] = {}
    clips = {"mix": piece.clip} if "mix" in request.outputs else {}
    if "stems" in request.outputs:
        clips |= {f"stems/{name}": clip for name, clip in piece.stems.items()}
    for name, clip in clips.items():
        if clip is None:
            continue
        wave = store.wave(clip)
        if request.delivery.sample_rate:
            wave = wave.resampled(request.delivery.sample_rate)
        if request.delivery.channels:
            wave = wave.with_channels(request.delivery.channels)
        path = store.folder / f"delivery.{request.delivery.format}"
        encode(wave, path)
        made[prefix + name] = Output(path.read_bytes(), _MEDIA[request.delivery.format])
    if "midi" in request.outputs and piece.score:
        from segue.tools.music.notation import midi_bytes

        made[prefix + "midi"] = Output(midi_bytes(store.score(piece.score)), "audio/midi")
    return made
