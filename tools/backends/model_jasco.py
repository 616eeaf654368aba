"""JASCO (Tal et al. 2024) behind the job protocol: ``segue serve-tools jasco``.

Text to ten seconds of music, led in time by chords, by a recording's drums, and with the melody weights by
a score's tune. It is in audiocraft since 1.4.0a2, which is in its repository and not on PyPI. The table of
chord labels, ``chord_to_index_mapping.pkl``, comes with the repository, too; it is looked for beside the
weights, then in the repository's ``assets``.
"""

import importlib.util
import pickle
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

from segue.tools.backends.model_magnet import fixed_length
from segue.tools.core.errors import BackendUnavailable, InvalidArgument
from segue.tools.core.jobs import Honoured, JobRequest, ModelInfo
from segue.tools.core.models import Batch, Batching, Model, Options, Result, Row, compatible
from segue.tools.core.settings import Settings
from segue.tools.music.conditions import SALIENCE_BINS, jasco_chords, jasco_salience, score_wished
from segue.tools.sound import audiocraft
from segue.tools.sound.delivery import HONOURS as DELIVERY
from segue.tools.sound.delivery import delivered, read_blob
from segue.tools.sound.torch_rows import MUSIC_IN_WORDS, PROMPTED, described, free_memory, generators, row_noise

_SIZES = ("400M", "1B", "melody-400M", "melody-1B")
_STEPS = 100
_HONOURS = DELIVERY | PROMPTED | MUSIC_IN_WORDS | {
    "sample.steps": "",
}  # fmt: skip
_CONDITIONS = {
    "chords": {"music.chords": "respelt to the labels it knows; what these do not say is left out"},
    "self_wav": {"audio.drums": ""},
    "melody": {"music.score": "its tune, moved by octaves into G2–B6"},
}


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : this audiocraft has no JASCO, or the weights or the device cannot be had.
    """
    named = f"facebook/jasco-chords-drums-{options.weights}" if options.weights in _SIZES else options.weights
    audiocraft.library_class("JASCO")
    craft = audiocraft.load(
        "JASCO", named, "facebook/jasco-chords-drums-melody-400M", options.device,
        chords_mapping_path=str(_labels(named)),
    )  # fmt: skip

    def key(request: JobRequest) -> Hashable:
        shared = (request.music.chords, request.music.score, request.music.bpm, request.audio.drums)
        return compatible(request, buckets_s=[craft.window_s]), craft.text_length(described(request)), repr(shared)

    def judge(request: JobRequest) -> Mapping[str, Honoured]:
        return fixed_length(request, craft.window_s)

    def run(batch: Batch) -> Sequence[Result]:
        return _run(batch, craft)

    info = ModelInfo(
        name="jasco",
        tasks=["generate"],
        licence=audiocraft.LICENCE,
        commercial=False,
        revision=craft.name,
        honours=_HONOURS
        | {
            field: how
            for condition, fields in _CONDITIONS.items()
            if craft.hears(condition)
            for field, how in fields.items()
        },
    )
    return Model(info, batching=Batching(options.batch or 8, run, key, free=free_memory), judge=judge)


def _run(batch: Batch, craft: audiocraft.Craft) -> Sequence[Result]:
    """Make a batch: Euler's method in equal steps, so that no row's steps depend on the others'."""
    model, wish = craft.model, batch[0].request.sample
    steps = wish.steps or _STEPS
    values = {"cfg_coef_all": 5.0 if wish.cfg is None else wish.cfg, "cfg_coef_txt": 0.0, "euler_steps": steps}
    model.set_generation_params(euler=True, **values)
    conditions = _conditions(batch, craft)
    for row in batch:
        row.effective(**values, batch=batch.size)

    def compute(rows: list[Row]) -> Any:  # noqa: ANN401 - a tensor
        words = [described(row.request) for row in rows]
        with row_noise(generators(rows, str(model.device))):
            return model.generate_music(words, **conditions)

    texts = [described(row.request) for row in batch]
    made = craft.make(batch, texts, steps, compute, counted=model.lm)
    return [
        {"mix": delivered(audiocraft.waveform(sound, craft.sample_rate, row.request.music.duration), row)}
        for row, sound in zip(batch, made, strict=True)
    ]


def _conditions(batch: Batch, craft: audiocraft.Craft) -> dict[str, Any]:
    """Return what leads the batch in time, the same for all its rows."""
    import torch

    first = batch[0]
    found: dict[str, Any] = {}
    beat_s = 60 / (first.request.music.bpm or 120)
    if first.request.music.chords and craft.hears("chords"):
        placed = [(chord.beat * beat_s, chord.symbol) for chord in first.request.music.chords]
        found["chords"], simplified = jasco_chords(placed, craft.window_s)
        for row in batch:
            if simplified:
                row.say(f"Chords that JASCO does not know: {', '.join(simplified)}.")
            if not first.request.music.bpm:
                row.say("No tempo was given: the chords' beats are those of 120 bpm.")
    if first.request.music.score and craft.hears("melody"):
        score = score_wished(first.request)
        if score is None:
            raise InvalidArgument("music.score holds no MIDI.", "Send music.score.midi as base64.")
        found["melody_salience_matrix"] = torch.from_numpy(jasco_salience(score, craft.window_s)).to(craft.model.device)
        found["melody_bins"] = SALIENCE_BINS
    if first.request.audio.drums and craft.hears("self_wav"):
        drums = read_blob(first.blobs[first.request.audio.drums]).resampled(craft.sample_rate)
        found["drums_wav"] = torch.from_numpy(drums.with_channels(craft.channels).samples.copy())
        found["drums_sample_rate"] = craft.sample_rate
    found["segment_duration"] = craft.window_s
    found["frame_rate"] = craft.model.frame_rate
    return found


class _Plain(pickle.Unpickler):
    """Reads dictionaries of numbers by names; a pickle that names anything to be run is refused."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - never returns
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def _labels(weights: str | None) -> Path:
    """Return the table of chord labels after reading it as nothing but a table.

    Raises
    ------
    BackendUnavailable : there is none, or it is something else.
    """
    places = [Path(weights).expanduser()] if weights else []
    if (spec := importlib.util.find_spec("audiocraft")) and spec.origin:
        places.append(Path(spec.origin).resolve().parent.parent / "assets")
    path = next((p for place in places if (p := place / "chord_to_index_mapping.pkl").is_file()), None)
    if path is None:
        raise BackendUnavailable(
            "JASCO's table of chord labels is missing.",
            "Copy assets/chord_to_index_mapping.pkl of audiocraft's repository beside the weights.",
        )
    with path.open("rb") as file:
        try:
            table = _Plain(file).load()
        except pickle.UnpicklingError as error:
            raise BackendUnavailable(f"{path} is no table of labels: {error}.", "Take the repository's.") from error
    if not isinstance(table, dict) or not all(isinstance(k, str) and isinstance(v, int) for k, v in table.items()):
        raise BackendUnavailable(f"{path} is no table of labels.", "Take the repository's.")
    return path
