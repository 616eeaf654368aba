"""MusicGen-Style (Rouard et al. 2024): music that takes after a recording, not following its tune.

The library hears a few seconds at a random place and gives the same place to a whole batch. Here the place is
the middle of each row's own recording, so that a seed's sound does not depend on its company.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.jobs import Honoured, JobRequest
from segue.tools.core.models import Batch, Row
from segue.tools.sound.audiocraft import Craft
from segue.tools.sound.delivery import blob_of
from segue.tools.sound.torch_rows import described

HONOURS = {
    "audio.style": "heard are 3 s (or extra.excerpt_s) of its middle, repeated where it is shorter",
    "extra.excerpt_s": "",
    "extra.eval_q": "",
}
_EXCERPT_S, _EVAL_Q = 3.0, 3
_LIMITS = {"extra.excerpt_s": (1.5, 4.5), "extra.eval_q": (1, 6)}  # what it was trained on
_TEXT_BETA = 5.0  # how much more the words weigh than the recording: paragraph 4.3 of the paper


class Style:
    """What the style weights need beside words: the excerpt, and the library's settings for it."""

    def __init__(self, craft: Craft) -> None:
        self._craft = craft
        craft.style.use_middle_of_segment = True

    def judge(self, request: JobRequest) -> Mapping[str, Honoured]:
        """Refuse what the weights were not trained on."""
        found: dict[str, Honoured] = {}
        for field, (least, most) in _LIMITS.items():
            value = request.extra.get(field.removeprefix("extra."), least)
            whole = field == "extra.eval_q"
            if not isinstance(value, int if whole else int | float) or not least <= value <= most:
                how = f"a {'whole number' if whole else 'length in seconds'} from {least} to {most}"
                found[field] = Honoured(status="rejected", how=how)
        return found

    def excerpt(self, row: Row, seconds: float) -> Waveform | None:
        """Return what a row takes after, always of the same length; None where it names no recording."""
        if not row.request.audio.style:
            return None
        rate = self._craft.sample_rate
        heard = blob_of(row, row.request.audio.style, "audio.style").resampled(rate).with_channels(self._craft.channels)
        wanted = int(float(row.request.extra.get("excerpt_s", _EXCERPT_S)) * rate)
        start = max(0, heard.frames - wanted) // 2
        whole = np.tile(heard.samples, -(-wanted // heard.frames))
        return Waveform(np.ascontiguousarray(whole[:, start : start + wanted]), rate)

    def settings(self, batch: Batch) -> dict[str, Any]:
        """Set how the recording is heard, and return how words and recording are weighed against each other."""
        request = batch[0].request
        if not request.audio.style:
            return {"cfg_coef_beta": None}
        heard = {
            "eval_q": request.extra.get("eval_q", _EVAL_Q),
            "excerpt_length": float(request.extra.get("excerpt_s", _EXCERPT_S)),
        }
        self._craft.model.set_style_conditioner_params(**heard)
        for row in batch:
            row.effective(**heard)
        return {"cfg_coef_beta": _TEXT_BETA if described(request) else None}
