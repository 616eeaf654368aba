"""Demucs (Rouard, Massa & Défossez 2023) behind the job protocol: ``segue serve-tools demucs``.

A recording in, its stems out: drums, bass, other, vocals; with ``--weights htdemucs_6s`` guitar and piano,
too. Their sum is the recording to the sample: what the separator leaves over goes to "other".
"""

from typing import Any

import numpy as np

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.jobs import ModelInfo
from segue.tools.core.models import Job, Model, Options, Output, Row
from segue.tools.core.settings import Settings
from segue.tools.sound import demucs
from segue.tools.sound.delivery import blob_of, delivered
from segue.tools.sound.separate import stem_word
from segue.tools.sound.torch_rows import device_of

EXTRA = "demucs"
_HONOURS = {
    "audio.src": "",
    "edit.track": "",
    "edit.spans": "the whole recording is separated and the rest of it cut away",
    "delivery.format": "",
    "delivery.sample_rate": "",
    "delivery.channels": "",
}


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had.
    """
    name = options.weights or "htdemucs"
    device = device_of(options.device)
    separator = demucs.load_separator(name).to(device)
    sources = [str(source) for source in separator.sources]

    def run(job: Job) -> dict[str, Output]:
        row = Row(job, 0, 0)
        wave = blob_of(row, job.request.audio.src, "audio.src")
        wanted = _wanted(job, sources)
        stems = _stems(job, separator, wave)
        start, end = _span(job, wave)
        made: dict[str, Output] = {}
        for stem in sources:
            if stem in wanted:
                made[f"stems/{stem}"] = delivered(Waveform(stems[stem][:, start:end], wave.sample_rate), row, stem=True)
        return made

    info = ModelInfo(
        name="demucs",
        tasks=["separate", "extract"],
        outputs=["stems"],
        licence="MIT",
        revision=name,
        honours=_HONOURS,
    )
    return Model(info, run)


def _stems(job: Job, separator: Any, wave: Waveform) -> dict[str, Samples]:  # noqa: ANN401 - a demucs BagOfModels
    """Return every source at the recording's own rate and channels; together they are the recording."""

    def check() -> None:
        job.progress(job.status.done, job.status.total, "separating")

    found = demucs.separated(separator, wave, check, job.progress)
    found["other"] = found["other"] + (wave.samples - np.sum(list(found.values()), axis=0, dtype=np.float32))
    return found


def _wanted(job: Job, sources: list[str]) -> list[str]:
    """Return the stems that are asked for: all, or the one named as ``edit.track``.

    Raises
    ------
    InvalidArgument : these weights do not know the stem.
    """
    track = job.request.edit.track
    if track is None:
        return sources
    stem = stem_word(track)
    if stem not in sources:
        raise InvalidArgument(f"These weights do not know '{track}'.", f"They know: {', '.join(sources)}.")
    return [stem]


def _span(job: Job, wave: Waveform) -> tuple[int, int | None]:
    if not job.request.edit.spans:
        return 0, None
    start, end = job.request.edit.spans[0]
    return round(start * wave.sample_rate), round(end * wave.sample_rate)
