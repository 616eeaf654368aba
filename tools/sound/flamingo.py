"""Audio Flamingo 3 (Goel et al. 2025) and Music Flamingo (Ghosh et al. 2025) through transformers: sound and words → words.

One clip is answered at a time: these are language models whose arithmetic depends on how far a row is padded, and
vLLM serves them where many clips are to be heard at once. Without a temperature the likeliest word is taken, and
seeds change nothing.
"""

import itertools
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from segue.tools.core.errors import BackendUnavailable, InvalidArgument
from segue.tools.core.jobs import Honoured, JobRequest, ModelInfo
from segue.tools.core.models import Batch, Batching, Model, Options, Output, Result, Row
from segue.tools.sound.delivery import blob_of
from segue.tools.sound.torch_rows import device_of, free_memory, generators, row_noise, weights_of

LICENCE = "code Apache-2.0, weights NVIDIA's non-commercial licence"
_KINDS = {"audioflamingo3": "AudioFlamingo3", "musicflamingo": "MusicFlamingo"}
_WISHES = {
    "short": "Describe this music in one sentence.",
    "full": "Describe this music in four or five sentences: who plays, how it sounds, style and mood.",
    "sections": "Describe this music section by section, each with the time at which it begins.",
}
_MOST_TOKENS = {"short": 64, "full": 256, "sections": 512}
_HONOURS = {
    "text.prompt": "", "audio.src": "mono at 16 kHz", "extra.detail": "", "sample.n": "", "sample.seeds": "",
    "sample.temperature": "", "sample.top_k": "", "sample.top_p": "",
}  # fmt: skip


def load(name: str, default: str, options: Options) -> Model:
    """Return a model that answers ``caption``, ready to run.

    Parameters
    ----------
    name : what it is served as.
    default : weights where the options name none.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had, or are of another kind.
    """
    import torch
    import transformers

    device = device_of(options.device)
    weights = weights_of(options.weights, default)
    try:
        kind = _KINDS.get(transformers.AutoConfig.from_pretrained(weights).model_type)
        if kind is None:
            raise ValueError(f"neither {' nor '.join(_KINDS.values())}")
        made = getattr(transformers, f"{kind}ForConditionalGeneration").from_pretrained(
            weights, use_safetensors=True, dtype=torch.float32 if device == "cpu" else torch.bfloat16
        )
        processor = transformers.AutoProcessor.from_pretrained(weights)
    except (OSError, ValueError, RuntimeError) as error:
        raise BackendUnavailable(
            f"The weights {weights} cannot be loaded ({type(error).__name__}: {error}).",
            "Name a folder that holds them, or let them be fetched from huggingface.co.",
        ) from error
    hearing = _Hearing(made.eval().to(device), processor, device)
    info = ModelInfo(
        name=name, tasks=["caption"], outputs=[], licence=LICENCE, commercial=False, revision=weights, honours=_HONOURS
    )
    return Model(info, batching=Batching(1, hearing.run, free=free_memory), judge=_judge)


def _judge(request: JobRequest) -> Mapping[str, Honoured]:
    found: dict[str, Honoured] = {}
    if (detail := request.extra.get("detail", "full")) not in _WISHES:
        found["extra.detail"] = Honoured(status="rejected", how=f"one of {', '.join(_WISHES)}, not {detail!r}")
    elif "detail" in request.extra and request.text.prompt:
        found["extra.detail"] = Honoured(status="ignored", how="a question was asked")
    return found


class _Hearing:
    """A loaded model, asked about one clip at a time."""

    def __init__(self, model: Any, processor: Any, device: str) -> None:  # noqa: ANN401 - transformers' own
        self._model, self._processor, self._device = model, processor, device
        self._running = threading.Lock()

    def run(self, batch: Batch) -> Sequence[Result]:
        """Answer every row, one after the other."""
        return [{"text": Output(self._answered(row, batch).encode(), "text/plain")} for row in batch]

    def _answered(self, row: Row, batch: Batch) -> str:
        import torch
        from transformers import StoppingCriteria, StoppingCriteriaList

        wish = row.request.sample
        detail = str(row.request.extra.get("detail", "full"))
        most = _MOST_TOKENS[detail]
        calls = itertools.count(1)

        class Watched(StoppingCriteria):  # type: ignore[misc]  # transformers has no types
            def __call__(self, ids: Any, scores: Any, **more: Any) -> Any:  # noqa: ANN401 - transformers' own
                batch.progress(min(next(calls), most), most + 1, "answering")
                return torch.zeros(ids.shape[0], dtype=torch.bool, device=ids.device)

        values: dict[str, Any] = {"do_sample": bool(wish.temperature)}
        if wish.temperature:
            values |= {"temperature": wish.temperature, "top_k": wish.top_k or 50, "top_p": wish.top_p or 1.0}
        row.effective(**values, max_new_tokens=most)
        asked = self._asked(row, row.request.text.prompt or _WISHES[detail])
        start = asked["input_ids"].shape[1]
        with self._running, torch.inference_mode(), row_noise(generators([row], self._device)):
            made = self._model.generate(
                **asked, **values, max_new_tokens=most, stopping_criteria=StoppingCriteriaList([Watched()])
            )
        if made.shape[1] - start >= most:
            row.say(f"The answer was ended after {most} tokens.")
        return str(self._processor.tokenizer.decode(made[0, start:], skip_special_tokens=True)).strip()

    def _asked(self, row: Row, words: str) -> dict[str, Any]:
        """Return the model's inputs: the words in the weights' own form of a talk, and the sound."""
        processor = self._processor
        rate = int(processor.feature_extractor.sampling_rate)
        sound = blob_of(row, row.request.audio.src, "audio.src").resampled(rate).mono()
        if not len(sound):
            raise InvalidArgument("The sound is empty.", "Send at least a second.")
        longest = int(processor.max_audio_len) * rate
        if len(sound) > longest:
            row.say(f"Only the first {longest // rate} s are heard.")
        talk = [{"role": "user", "content": [{"type": "text", "text": words}, {"type": "audio"}]}]
        text = processor.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
        found = processor(text=[text], audio=[sound[:longest]], sampling_rate=rate)
        kind = next(self._model.parameters()).dtype
        return {
            name: (value.to(kind) if value.is_floating_point() else value).to(self._device)
            for name, value in found.items()
        }
