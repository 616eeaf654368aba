# ruff: noqa: ANN401 - what torch passes round has no types here
"""What models in torch share: the device, a generator for every row, and rows filled up to a batch's size."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from segue.tools.core.errors import ConfigError
from segue.tools.core.jobs import JobRequest
from segue.tools.core.models import Batch, Row

PROMPTED = {"text.prompt": "", "music.duration": "", "sample.n": "", "sample.seeds": "", "sample.cfg": ""}
"""What every model that makes sound from words honours."""
MUSIC_IN_WORDS = {
    "text.tags": "as words of the prompt",
    "text.instrumental": "as words of the prompt",
    "music.bpm": "as words of the prompt",
    "music.key": "as words of the prompt",
    "music.meter": "as words of the prompt",
    "music.instruments": "as words of the prompt",
}


def device_of(wanted: str | None) -> str:
    """Return the device to compute on: the one wanted, else the first CUDA card, else the processor.

    Raises
    ------
    ConfigError : a CUDA device is wanted and torch sees none.
    """
    import torch

    if wanted is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(
            f"torch sees no '{wanted}' here.", "Install a build of torch with CUDA, or take --device cpu."
        )
    return wanted


def weights_of(named: str | None, otherwise: str) -> str:
    """Return a name on the hub or a folder; ``~`` and relative folders are resolved."""
    name = named or otherwise
    path = os.path.abspath(os.path.expanduser(name))
    return path if os.path.isdir(path) else name


def free_memory() -> None:
    """Give back what torch holds without need."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def filled(batch: Batch) -> list[Row]:
    """Return the batch's rows, the last repeated up to its size: one shape, whatever the company."""
    return batch.rows + [batch.rows[-1]] * (batch.size - len(batch.rows))


def generators(rows: Sequence[Row], device: str = "cpu") -> list[Any]:
    """Return a ``torch.Generator`` a row, from its own seed."""
    import torch

    return [torch.Generator(device).manual_seed(row.seed) for row in rows]


class RowDraws:
    """Draws from categorical distributions, every row from its own generator.

    The draw is the place of the largest of p/e with e exponential, which is what ``torch.multinomial``
    computes for one sample; only where e comes from differs.
    """

    def __init__(self, generators: Sequence[Any]) -> None:
        self._generators = generators

    def noise(self, shape: Sequence[int], device: Any) -> Any:
        """Return exponential noise ``[rows, …]``."""
        import torch

        rows = [torch.empty(tuple(shape[1:]), device=device).exponential_(generator=g) for g in self._generators]
        return torch.stack(rows).clamp_(min=1e-30)

    def __call__(self, probabilities: Any) -> Any:
        """Return one index a distribution, ``[rows, …, 1]`` of ``[rows, …, classes]``."""
        noise = self.noise(probabilities.shape, probabilities.device)
        return (probabilities.float() / noise).argmax(dim=-1, keepdim=True)


@contextmanager
def row_noise(generators: Sequence[Any]) -> Iterator[None]:
    """Let ``torch.randn`` and ``torch.multinomial`` draw every row from its own generator, in this thread and block.

    A row is an equal share of the first dimension, in order.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    count = len(generators)
    draws = RowDraws(generators)

    class Rows(TorchFunctionMode):  # type: ignore[misc]  # torch has no types here
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            more = dict(kwargs or {})
            if function is torch.randn and not more.get("generator"):
                shape = args[0] if args and isinstance(args[0], (tuple, list, torch.Size)) else args
                if shape and shape[0] == count:
                    return torch.stack([torch.randn(tuple(shape[1:]), generator=g, **more) for g in generators])
            if function is torch.multinomial and not more.get("generator") and args[0].shape[0] % count == 0:
                probabilities = args[0]
                return draws(probabilities.reshape(count, -1, probabilities.shape[-1])).reshape(-1, 1)
            return function(*args, **more)

    with Rows():
        yield


def described(request: JobRequest) -> str:
    """Return a request's wishes in the words that a model with nothing but a prompt understands."""
    text, music = request.text, request.music
    words = [text.prompt, *text.tags]
    if music.instruments:
        words.append("with " + ", ".join(music.instruments))
    if music.bpm:
        words.append(f"{music.bpm:g} bpm")
    if music.key:
        words.append(f"in {music.key}")
    if music.meter:
        words.append(f"{music.meter} time")
    if text.instrumental:
        words.append("instrumental")
    return ", ".join(word for word in words if word)
