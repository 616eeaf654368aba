"""audiocraft (Copet et al. 2023 and others; code MIT, its released weights CC-BY-NC 4.0) as the model server needs it.

The library samples from torch's global generator and pads texts to the longest of the batch, so that a
seed's sound depends on its company. Here every row draws from its own generator, texts are padded to
buckets, and Demucs (which the melody models and JASCO listen through) does not shift at random. Where
xformers is not installed, torch's own attention takes its place. ``torch.load`` reads weights only;
nothing pickled is run.
"""

import importlib
import importlib.util
import itertools
import sys
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.models import Batch, Row
from segue.tools.sound.torch_rows import RowDraws, device_of, filled, generators, weights_of

LICENCE = "code MIT, weights CC-BY-NC 4.0"
INSTALL = (
    "pip install 'segue-music[audiocraft]' && pip install --no-deps audiocraft==1.3.0 encodec==0.1.1 torchaudio==2.11.0"
)
# JASCO and MusicGen-Style are in no release on PyPI.
NEWER = "pip install --no-deps 'audiocraft @ git+https://github.com/facebookresearch/audiocraft@896ec7c47f5e5d1e5aa1e4b260c4405328bf009d'"  # fmt: skip
_TEXT_STEP = 16
_TEXT_MOST = 256
_rows = threading.local()


class Craft:
    """A loaded model of audiocraft.

    Attributes
    ----------
    model : the library's own object.
    name : which weights.
    """

    def __init__(self, model: Any, name: str) -> None:  # noqa: ANN401 - the library has no types
        self.model = model
        self.name = name
        self._running = threading.Lock()
        self._text_length = _TEXT_STEP
        self._tokenizers = [c.t5_tokenizer for c in self._conditioners().values() if hasattr(c, "t5_tokenizer")]
        for conditioner in self._conditioners().values():
            if hasattr(conditioner, "t5_tokenizer"):
                conditioner.t5_tokenizer = self._padding(conditioner.t5_tokenizer)

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return int(self.model.sample_rate)

    @property
    def channels(self) -> int:
        """Channels of what it makes."""
        return int(self.model.audio_channels)

    @property
    def window_s(self) -> float:
        """Seconds that it makes in one go."""
        return float(self.model.max_duration)

    def hears(self, condition: str) -> bool:
        """Tell whether the weights have such a condition: "description", "self_wav", "chords", "melody"."""
        return condition in self._conditioners()

    @property
    def style(self) -> Any:  # noqa: ANN401 - a torch module
        """What hears a recording's style (MusicGen-Style); None where the weights have none."""
        heard = self._conditioners()["self_wav"] if self.hears("self_wav") else None
        return heard if hasattr(heard, "eval_q") else None

    def text_length(self, text: str) -> int:
        """Return the tokens that a text is padded to, the same for texts of about its length."""
        longest = max((len(tokens(text).input_ids) for tokens in self._tokenizers), default=1)
        return min(_TEXT_MOST, -(-longest // _TEXT_STEP) * _TEXT_STEP)

    def make(
        self,
        batch: Batch,
        texts: Sequence[str],
        steps: float,
        compute: Callable[[list[Row]], Any],
        counted: Any = None,  # noqa: ANN401 - a torch module
    ) -> list[Any]:
        """Compute a batch and return a tensor ``[channels, frames]`` a row.

        Parameters
        ----------
        texts : one a row of the batch; all are padded as the longest needs, which the batch's key makes equal.
        steps : calls of the model that it will take, for the progress.
        compute : gets the rows, filled up to the batch's size; returns ``[rows, channels, frames]``.
        counted : the module whose calls are the steps, where the library itself reports none.
        """
        import torch

        calls = itertools.count(1)

        def moved(*_: Any) -> None:  # noqa: ANN401 - the library counts in its own way
            batch.progress(min(next(calls), steps - 1), steps, "generating")

        rows = filled(batch)
        with self._running, torch.inference_mode():
            self._text_length = max(map(self.text_length, texts))
            self.model.set_custom_progress_callback(moved)
            hook = counted.register_forward_hook(moved) if counted is not None else None
            _rows.draws = RowDraws(generators(rows, str(self.model.device)))
            try:
                made = compute(rows)
            finally:
                _rows.draws = None
                if hook is not None:
                    hook.remove()
        batch.progress(steps, steps, "delivering")
        return [made[n].float().cpu() for n in range(len(batch))]

    def _conditioners(self) -> Any:  # noqa: ANN401 - the library has no types
        return self.model.lm.condition_provider.conditioners

    def _padding(self, tokenizer: Any) -> Callable[..., Any]:  # noqa: ANN401 - the library has no types
        def padded(texts: Sequence[str], **options: Any) -> Any:  # noqa: ANN401 - the library has no types
            length = {"padding": "max_length", "truncation": True, "max_length": self._text_length}
            return tokenizer(texts, **(options | length))

        return padded


def library_class(kind: str, module: str = "audiocraft.models") -> Any:  # noqa: ANN401 - the library has no types
    """Return a class of the library by its name and the module that has it.

    Raises
    ------
    BackendUnavailable : the library is not installed, or this release of it has no such class.
    """
    if not importlib.util.find_spec("audiocraft"):
        raise BackendUnavailable("audiocraft is not installed.", f"Run: {INSTALL}.")
    prepare()
    import audiocraft

    if (found := getattr(importlib.import_module(module), kind, None)) is None:
        raise BackendUnavailable(f"audiocraft {audiocraft.__version__} has no {kind}: 1.4.0a2 has.", f"Run: {NEWER}.")
    return found


def load(kind: str, weights: str | None, default: str, device: str | None, **more: Any) -> Craft:  # noqa: ANN401
    """Load a model by the library's own loader.

    Parameters
    ----------
    kind : the library's class: "MusicGen", "AudioGen", "MAGNeT", "JASCO".
    weights : a name on the hub or a folder with ``state_dict.bin`` and ``compression_state_dict.bin``.
    more : for the loader.

    Raises
    ------
    BackendUnavailable : the library is not installed or has no such class, or the weights cannot be loaded.
    """
    found = library_class(kind)
    name = weights_of(weights, default)
    try:
        with our_demucs(), plain_mert():
            model = found.get_pretrained(name, device=device_of(device), **more)
    except Exception as error:  # the hub's client, torch and OmegaConf raise errors of many families
        raise BackendUnavailable(
            f"The weights {name} cannot be loaded ({type(error).__name__}: {error}).",
            "Name a folder that holds them, or let them be fetched from huggingface.co.",
        ) from error
    return Craft(model, name)


def waveform(sound: Any, sample_rate: int, seconds: float | None = None) -> Waveform:  # noqa: ANN401 - a tensor
    """Return what a model made, ``[channels, frames]``, cut to so many seconds."""
    samples = np.ascontiguousarray(sound.numpy(), dtype=np.float32)
    return Waveform(samples if seconds is None else samples[:, : round(seconds * sample_rate)], sample_rate)


@lru_cache(maxsize=1)
def prepare() -> None:
    """Import the library once, with what it needs put in place."""
    if not importlib.util.find_spec("xformers"):
        sys.modules |= _torch_for_xformers()
    import demucs.apply
    from audiocraft.utils import utils

    library_draw, apply = utils.multinomial, demucs.apply.apply_model

    def draw(input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Any:  # noqa: ANN401
        draws = getattr(_rows, "draws", None)
        if draws is None or num_samples != 1 or generator is not None:
            return library_draw(input, num_samples, replacement, generator=generator)
        return draws(input)

    def steady(model: Any, mix: Any, shifts: int = 0, **more: Any) -> Any:  # noqa: ANN401 - the library has no types
        return apply(model, mix, shifts=shifts, **more)

    utils.multinomial = draw
    demucs.apply.apply_model = steady


def _torch_for_xformers() -> dict[str, types.ModuleType]:
    """Return modules with the three names of xformers that audiocraft uses, computed by torch."""
    import torch

    class LowerTriangularMask:
        """Stands for causal attention."""

    def attention(q: Any, k: Any, v: Any, bias: Any = None, p: float = 0.0) -> Any:  # noqa: ANN401 - tensors
        causal = isinstance(bias, LowerTriangularMask)
        heads_first = [x.transpose(1, 2) for x in (q, k, v)]
        out = torch.nn.functional.scaled_dot_product_attention(
            *heads_first, attn_mask=None if causal else bias, dropout_p=p, is_causal=causal
        )
        return out.transpose(1, 2)

    ops = types.ModuleType("xformers.ops")
    vars(ops).update(unbind=torch.unbind, memory_efficient_attention=attention, LowerTriangularMask=LowerTriangularMask)
    package = types.ModuleType("xformers")
    vars(package)["ops"] = ops
    return {"xformers": package, "xformers.ops": ops}


@contextmanager
def our_demucs() -> Iterator[None]:
    """Let the library's loader find Demucs where ``tools.sound.demucs`` finds it: safetensors, ``SEGUE_DEMUCS``."""
    from demucs import pretrained

    from segue.tools.sound.demucs import load_separator

    library_loader = pretrained.get_model
    pretrained.get_model = load_separator
    try:
        yield
    finally:
        pretrained.get_model = library_loader


@contextmanager
def plain_mert() -> Iterator[None]:
    """Let MusicGen-Style's loader read MERT (Li et al. 2024) without running code from the hub.

    The library asks for ``trust_remote_code``. At the size that it names MERT adds nothing to HuBERT (no constant-Q
    features, no relaxed attention), so transformers' own class reads the same weights.
    """
    import transformers

    library = transformers.AutoModel

    def read(name: str, trust_remote_code: bool = False, **options: Any) -> Any:  # noqa: ANN401 - a torch module
        return (transformers.HubertModel if trust_remote_code else library).from_pretrained(name, **options)

    transformers.AutoModel = types.SimpleNamespace(from_pretrained=read)
    try:
        yield
    finally:
        transformers.AutoModel = library
