"""Stems by a trained separator: HTDemucs (Rouard, Massa & Défossez 2023), where the extra is installed.

``pip install 'segue-music[demucs]'`` brings the code; the weights come from the Hugging Face hub at
first use, or from a folder that ``SEGUE_DEMUCS`` names (the hub's own files: ``htdemucs.yaml`` and
the ``.safetensors`` it lists). Pickled checkpoints are not read.
"""

import importlib.util
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.errors import BackendUnavailable
from segue.tools.sound.separate import Extract, stem_word

FOUR = ("drums", "bass", "other", "vocals")
SIX = (*FOUR, "guitar", "piano")


def separates(names: Sequence[str]) -> bool:
    """Tell whether these stems can be had from the separator here: it is installed and knows them all."""
    return bool(names) and set(map(stem_word, names)) <= set(SIX) and installed()


@lru_cache(maxsize=1)
def installed() -> bool:
    """Tell whether the extra is installed."""
    return all(importlib.util.find_spec(name) for name in ("demucs", "torch"))


def extract(
    wave: Waveform,
    names: Sequence[str],
    *,
    check: Callable[[], None] = lambda: None,
    progress: Callable[[float, float, str], None] = lambda done, total, label: None,
) -> Extract:
    """Take stems out of a recording, together; stem and rest sum to the mix.

    Guitar and piano take the six-stem model, everything else the four-stem one.

    Raises
    ------
    BackendUnavailable : the weights cannot be loaded.
    """
    wanted = tuple(dict.fromkeys(map(stem_word, names)))
    model = _model("htdemucs" if set(wanted) <= set(FOUR) else "htdemucs_6s")
    sources = separated(model, wave, check, progress)
    taken = np.sum([sources[name] for name in wanted], axis=0, dtype=np.float32)
    stem = Waveform(np.ascontiguousarray(taken), wave.sample_rate)
    rest = Waveform(np.ascontiguousarray(wave.samples - taken), wave.sample_rate)
    return Extract(stem, rest, wanted, None)


def load_separator(name: str) -> Any:  # noqa: ANN401 - a demucs BagOfModels
    """Load "htdemucs" (four stems) or "htdemucs_6s" (six).

    Raises
    ------
    BackendUnavailable : the weights cannot be loaded.
    """
    from demucs.apply import BagOfModels
    from demucs.hf import get_hf_model, load_safetensors_model

    folder = os.environ.get("SEGUE_DEMUCS")
    try:
        if folder is None:
            bag = get_hf_model(name)
        else:
            import yaml

            listed = yaml.safe_load((Path(folder) / f"{name}.yaml").read_text(encoding="utf-8"))
            models = [load_safetensors_model(Path(folder) / f"{model}.safetensors") for model in listed["models"]]
            bag = BagOfModels(models, listed.get("weights"), listed.get("segment"))
    except Exception as error:  # the hub's client, yaml and safetensors raise errors of many families
        raise BackendUnavailable(
            f"The weights of {name} cannot be loaded ({type(error).__name__}).",
            "They come from huggingface.co at first use, or from the folder that SEGUE_DEMUCS names.",
        ) from error
    return bag.eval()


_model = lru_cache(maxsize=2)(load_separator)


def separated(
    model: Any,  # noqa: ANN401 - a demucs BagOfModels
    wave: Waveform,
    check: Callable[[], None],
    progress: Callable[[float, float, str], None],
) -> dict[str, Samples]:
    """Return every source, ``[channels, frames]`` like the mix."""
    import torch
    from demucs.apply import apply_model

    rate = int(model.samplerate)
    mix = torch.from_numpy(np.array(wave.resampled(rate).with_channels(int(model.audio_channels)).samples))
    mono = mix.mean(0)
    mean, std = mono.mean(), mono.std() + 1e-8

    def report(state: dict[str, Any]) -> None:
        check()
        progress(state.get("segment_offset", 0), max(1, state.get("audio_length", 1)), "separating")

    with torch.inference_mode():
        device = next(model.parameters()).device
        found = apply_model(model, ((mix - mean) / std)[None], shifts=0, split=True, device=device, callback=report)
    return {name: _like(wave, (found[0, n].cpu() * std).numpy(), rate) for n, name in enumerate(model.sources)}


def _like(wave: Waveform, samples: Samples, rate: int) -> Samples:
    """Return a source at the mix's rate, channels and length."""
    back = Waveform(np.ascontiguousarray(samples, dtype=np.float32), rate).resampled(wave.sample_rate)
    fitted = back.with_channels(wave.channels).samples[:, : wave.frames]
    return np.pad(fitted, ((0, 0), (0, wave.frames - fitted.shape[1])))
