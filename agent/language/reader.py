"""What a message asks for, read by a small network: how likely each label of ``labels.py`` is.

The first three layers of MiniLM, with low-rank additions (Hu et al. 2021, "LoRA") and one linear map on the mean
and the maximum of their states, trained on the utterances and the phrase book of ``evals/`` by
``.ci/train_reader.py``. MiniLM's own weights come from its package; without it there is no reader,
and the rules stand alone.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from segue.agent.dialogue import Known, State
from segue.agent.language.draft import arena
from segue.agent.language.labels import is_main
from segue.tools.core import minilm
from segue.tools.core.minilm import Floats

LAYERS = 3
MOST_TOKENS = 96
_WEIGHTS = Path(__file__).with_name("reader.safetensors")
_FILE = re.compile(r"\b[\w-]+\.(?:wav|mp3|flac|ogg|m4a|aiff?|mid|midi|opus|mp4|mov)\b", re.IGNORECASE)
_DETAIL = 0.25  # of what a misread constraint counts beside a misread request: the rules see those better
_FLOOR = 1e-3


@dataclass(frozen=True)
class Reading:
    """How likely each label is, by a message and its situation."""

    likely: dict[str, float]

    def fit(self, asked: Iterable[str]) -> float:
        """Return the log-likelihood of labels (those that the reader knows; all others of them being absent)."""
        said = frozenset(asked)
        total = 0.0
        for label, p in self.likely.items():
            weight = 1.0 if is_main(label) else _DETAIL
            total += weight * math.log(max(_FLOOR, p if label in said else 1 - p))
        return total

    @property
    def most(self) -> float:
        """The log-likelihood that no set of labels exceeds."""
        return sum((1.0 if is_main(label) else _DETAIL) * math.log(max(p, 1 - p)) for label, p in self.likely.items())

    @property
    def best(self) -> frozenset[str]:
        """The labels that are more likely than not; the likeliest of the requests where none is."""
        found = frozenset(label for label, p in self.likely.items() if p > 0.5)
        return found or frozenset([max(self.likely, key=lambda label: self.likely[label])])


def read(message: str, state: State, names: Iterable[Known] = ()) -> Reading | None:
    """Read a message; None where the encoder's weights are missing.

    Parameters
    ----------
    names : names of the library and of artists shown, found in the message.
    """
    network = _network()
    if network is None:
        return None
    return Reading(network(situation(state), masked(message, state, names)))


def read_further(text: str, about: str, names: Iterable[Known] = ()) -> Reading | None:
    """Read a later clause of a message; ``about``: what the earlier ones made ("list", "piece" …)."""
    network = _network()
    return None if network is None else Reading(network(about, _masked(text, [(n.start, n.end, "some artist" if n.kind == "artist" else "some song") for n in names])))  # fmt: skip


def situation(state: State) -> str:
    """Return one word for what the message is said about: "list", "piece", "recording", "files" or "empty"."""
    if state.attached:
        return "files" if len(state.attached) > 1 else "recording"
    about = arena(state)
    if about != "piece":
        return about
    latest = state.thing(state.focus[0]) if state.focus else None
    if len(state.focus) > 1 and not (latest and latest.parents):
        return "files"
    return "piece" if latest and latest.has_score else "recording"


def masked(message: str, state: State, names: Iterable[Known] = ()) -> str:
    """Return a message in which names of songs, artists and files are replaced by what they name."""
    spans = [(name.start, name.end, "some artist" if name.kind == "artist" else "some song") for name in names]
    for thing in state.things.values():
        for name, word in ((thing.title, "some song"), (thing.artist, "some artist")):
            if name and len(name) > 2:
                spans += [
                    (m.start(), m.end(), "some file" if _FILE.fullmatch(name) else word)
                    for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", message, re.IGNORECASE)
                ]
    return _masked(message, spans)


def _masked(message: str, spans: list[tuple[int, int, str]]) -> str:
    spans = spans + [(m.start(), m.end(), "some file") for m in _FILE.finditer(message)]
    parts, at = [], 0
    for start, end, word in sorted(spans, key=lambda span: (span[0], span[0] - span[1])):
        if start >= at:
            parts += [message[at:start], word]
            at = end
    return "".join([*parts, message[at:]])


class _Network:
    def __init__(self, base: minilm.Encoder, head: Floats, shift: Floats, names: list[str]) -> None:
        tokenizer = minilm.tokenizer(MOST_TOKENS)
        assert tokenizer is not None  # its weights were found
        self._tokenizer, self._base, self._head, self._shift, self._names = tokenizer, base, head, shift, names

    @lru_cache(maxsize=256)  # noqa: B019 - there is one network in a process
    def __call__(self, where: str, message: str) -> dict[str, float]:
        coded = self._tokenizer.encode(where, message)
        x, _ = self._base.states([coded.ids], [coded.type_ids])
        logits = np.concatenate([x[0].mean(axis=0), x[0].max(axis=0)]) @ self._head + self._shift
        return dict(zip(self._names, (1 / (1 + np.exp(-logits))).tolist(), strict=True))


@lru_cache(maxsize=1)
def _network() -> _Network | None:
    weights = minilm.weights()
    if weights is None or not _WEIGHTS.is_file():
        return None
    from safetensors.numpy import load_file

    own: dict[str, Floats] = {
        name: array.astype(np.float32) for name, array in load_file(str(_WEIGHTS)).items() if name != "labels"
    }
    added: dict[str, Floats] = {}
    for n in range(LAYERS):
        for place in minilm.PLACES:
            added[f"{n}.{place}.weight"] = own[f"{n}.{place}.down"] @ own[f"{n}.{place}.up"]
            added[f"{n}.{place}.bias"] = own[f"{n}.{place}.bias"]
    names = bytes(load_file(str(_WEIGHTS))["labels"]).decode("utf-8").split("\n")
    return _Network(minilm.Encoder(weights, LAYERS, added), own["head.weight"], own["head.bias"], names)
