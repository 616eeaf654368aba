"""What MusicGen and AudioGen have in common: text, a melody to follow, sound to go on from; long by windows.

Both are language models over EnCodec's tokens (Copet et al. 2023; Kreuk et al. 2023) and share their
library's interface.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.jobs import Honoured, JobRequest
from segue.tools.core.models import Batch, Result, Row, compatible, duration_bucket
from segue.tools.sound.audiocraft import Craft, waveform
from segue.tools.sound.delivery import HONOURS as DELIVERY
from segue.tools.sound.delivery import blob_of, delivered
from segue.tools.sound.torch_rows import MUSIC_IN_WORDS, PROMPTED, described

LONGEST_S = 300.0
_BUCKETS_S = (5.0, *(10.0 * n for n in range(1, 31)))
_JOIN_S = 0.02
_DEFAULT_S = 10.0

HONOURS = DELIVERY | PROMPTED | MUSIC_IN_WORDS | {
    "audio.src": "",
    "sample.temperature": "",
    "sample.top_k": "",
    "sample.top_p": "",
}  # fmt: skip

GUIDES = ("audio.melody", "audio.style", "music.score", "music.chords")
Guide = Callable[[Row, float], Waveform | None]
Settings = Callable[[Batch], dict[str, Any]]


class TokenModel:
    """Runs the batches of a MusicGen or AudioGen.

    Parameters
    ----------
    craft : the loaded model.
    stride_s : how far a window moves on where the piece is longer than one.
    guide : the sound that a row follows or takes after, in a piece of so many seconds; None for models without.
    settings : what else a batch sets with the model, as the library's parameters of generation.
    """

    def __init__(
        self, craft: Craft, stride_s: float, guide: Guide | None = None, settings: Settings | None = None
    ) -> None:
        self._craft = craft
        self._stride_s = stride_s
        self._guide = guide
        self._settings = settings

    def key(self, request: JobRequest) -> Hashable:
        """Say what requests must agree in: as ``compatible``, with the length of the text and what is gone on from."""
        length = self._craft.text_length(described(request))
        if request.task != "continue":
            return (compatible(request, _DEFAULT_S, _BUCKETS_S), length)
        return (compatible(request, _DEFAULT_S, _BUCKETS_S), length, request.audio.src, request.music.duration)

    def judge(self, request: JobRequest) -> Mapping[str, Honoured]:
        """Say what depends on the request: the length, and sound to go on from where nothing is to be continued."""
        found: dict[str, Honoured] = {}
        if (request.music.duration or 0) > LONGEST_S:
            found["music.duration"] = Honoured(status="rejected", how=f"at most {LONGEST_S:g} s")
        if request.audio.src and request.task != "continue":
            found["audio.src"] = Honoured(status="ignored", how='only the task "continue" goes on from it')
        if request.task == "continue":
            how = "a continuation follows what it goes on from"
            found |= {name: Honoured(status="ignored", how=how) for name in request.asked() if name in GUIDES}
        return found

    def run(self, batch: Batch) -> Sequence[Result]:
        """Make a batch."""
        first = batch[0]
        seconds = duration_bucket(first.request.music.duration or _DEFAULT_S, _BUCKETS_S)
        if first.request.task == "continue":
            return self._continued(batch)
        guides = [self._guide(row, seconds) if self._guide else None for row in batch]
        made = self._made(batch, seconds, None, guides)
        return [
            {"mix": delivered(waveform(sound, self._craft.sample_rate, row.request.music.duration or _DEFAULT_S), row)}
            for row, sound in zip(batch, made, strict=True)
        ]

    def _continued(self, batch: Batch) -> Sequence[Result]:
        """Make rows that go on from the same recording; what there was stays as it was."""
        craft, first = self._craft, batch[0]
        rate = craft.sample_rate
        source = blob_of(first, first.request.audio.src, "audio.src").resampled(rate).with_channels(craft.channels)
        total = round((first.request.music.duration or source.duration_s + _DEFAULT_S) * rate)
        new = total - source.frames
        if new <= 0:
            raise InvalidArgument(
                f"The recording is {source.duration_s:.1f} s long already.", "Ask for a longer music.duration."
            )
        hop = rate / craft.model.frame_rate
        tokens = int(min(source.frames, (craft.window_s - self._stride_s) * rate) // hop)
        if tokens < 1:
            raise InvalidArgument("The recording is too short to go on from.", "Give a second or more.")
        frames = round(tokens * hop)
        seconds = frames / rate + duration_bucket(new / rate, _BUCKETS_S)
        made = self._made(batch, seconds, source.samples[:, source.frames - frames :], [None] * len(batch))
        for row in batch:
            row.say(f"What there was is unchanged (at {rate} Hz); {new / rate:.1f} s follow it.")
        results: list[Result] = []
        for row, sound in zip(batch, made, strict=True):
            samples = waveform(sound, rate).samples[:, : frames + new]
            results.append({"mix": delivered(Waveform(_joined(source.samples, samples, frames, rate), rate), row)})
        return results

    def _made(
        self, batch: Batch, seconds: float, prompt: Samples | None, guides: Sequence[Waveform | None]
    ) -> list[Any]:
        """Compute a batch of so many seconds, what is gone on from included."""
        import torch

        craft, model = self._craft, self._craft.model
        texts = [described(row.request) for row in batch]
        self._set(batch, seconds)

        def compute(rows: list[Row]) -> Any:  # noqa: ANN401 - a tensor
            words = [described(row.request) or None for row in rows]
            if prompt is not None:
                sound = torch.from_numpy(prompt.copy()).expand(len(rows), -1, -1)
                return model.generate_continuation(sound, craft.sample_rate, words, progress=True)
            if any(guides):
                wide = [*guides, *[guides[-1]] * (len(rows) - len(guides))]
                sounds = [None if guide is None else torch.from_numpy(guide.samples.copy()) for guide in wide]
                return model.generate_with_chroma(words, sounds, craft.sample_rate, progress=True)
            return model.generate(words, progress=True)

        new_s = seconds - (0 if prompt is None else prompt.shape[1] / craft.sample_rate)
        return craft.make(batch, texts, new_s * model.frame_rate, compute)

    def _set(self, batch: Batch, seconds: float) -> None:
        """Set what the library keeps with the model, from the wishes that the whole batch shares."""
        wish, model = batch[0].request.sample, self._craft.model
        temperature = 1.0 if wish.temperature is None else wish.temperature
        values: dict[str, Any] = {
            "top_k": min(250 if wish.top_k is None else wish.top_k, int(model.lm.card)),
            "top_p": wish.top_p or 0.0,
            "temperature": temperature,
            "cfg_coef": 3.0 if wish.cfg is None else wish.cfg,
        } | (self._settings(batch) if self._settings else {})
        model.set_generation_params(
            use_sampling=temperature > 0, duration=seconds, extend_stride=self._stride_s, **values
        )
        for row in batch:
            row.effective(**values, computed_s=seconds, batch=batch.size)


def _joined(before: Samples, made: Samples, prompt: int, rate: int) -> Samples:
    """Return a recording and what follows it, ``made`` beginning with the model's own last ``prompt`` frames of it."""
    fade = min(prompt, round(_JOIN_S * rate))
    ramp = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)
    joined = np.concatenate([before, made[:, prompt:]], axis=1)
    end = before.shape[1]
    joined[:, end - fade : end] = before[:, end - fade :] * (1 - ramp) + made[:, prompt - fade : prompt] * ramp
    return joined
