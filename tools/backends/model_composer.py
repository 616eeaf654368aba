"""The embedded composer as a model behind the job protocol: ``segue serve-tools composer``.

For moving composing and rendering to another machine, and the reference of what a model server does.
"""

import tempfile
from pathlib import Path

from segue.tools import generate
from segue.tools.backends.served_models import beats_per_bar
from segue.tools.core import registry
from segue.tools.core.audio import encode
from segue.tools.core.base import Context, Runner
from segue.tools.core.errors import ConfigError
from segue.tools.core.jobs import JobRequest, ModelInfo
from segue.tools.core.models import Batch, Batching, Model, Options, Output, Result, Row
from segue.tools.core.piece import Piece
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


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run; it has no weights to choose from and makes a take at a time.

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

    def run(batch: Batch) -> list[Result]:
        return [_take(row, compose, settings) for row in batch]

    return Model(info, batching=Batching(1, run, key=lambda request: None, wait_s=0.0))


def _take(row: Row, compose: Runner, settings: Settings) -> dict[str, Output]:
    """Compose one take and return its files."""
    args = _args(row)
    with tempfile.TemporaryDirectory(prefix="segue-job-") as folder:
        store = Store(settings.model_copy(update={"home": Path(folder)}))
        context = Context(
            store, settings, tool="generate", backend="composer", args=args.model_dump(mode="json"),
            report=row.progress, say=row.say, stop=row.stop,
        )  # fmt: skip
        try:
            out = compose(args, context)
            assert isinstance(out, generate.Out)
            return _outputs(store, out.pieces[0], row.request)
        finally:
            store.close()


def _args(row: Row) -> generate.Args:
    """Return the composer's arguments for one take."""
    music, text = row.request.music, row.request.text
    beats = beats_per_bar(music.meter)
    bars = max((int(chord.beat // beats) + 1 for chord in music.chords), default=0)
    by_bar = {int(chord.beat // beats): chord.symbol for chord in reversed(music.chords)}
    chords: list[str] = []
    for bar in range(bars):
        chords.append(by_bar.get(bar) or (chords[-1] if chords else music.chords[0].symbol))
    return generate.Args(
        prompt=text.prompt, mood=text.tags, bpm=music.bpm, key=music.key, meter=music.meter, duration_s=music.duration,
        bars=music.bars, chords=chords, form=[part.label for part in music.structure], instruments=music.instruments,
        lyrics="\n".join(line.text for line in text.lyrics) or None, seed=row.seed,
    )  # fmt: skip


def _outputs(store: Store, piece: Piece, request: JobRequest) -> dict[str, Output]:
    """Return a take's files: ``mix``, ``stems/bass``, ``midi``."""
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
        made[name] = Output(path.read_bytes(), _MEDIA[request.delivery.format])
    if "midi" in request.outputs and piece.score:
        from segue.tools.music.notation import midi_bytes

        made["midi"] = Output(midi_bytes(store.score(piece.score)), "audio/midi")
    return made
