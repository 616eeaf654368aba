"""Train the planner's reader: from words to what is asked for. Wants torch (the extra `demucs` brings it).

Learns from ``evals/utterances_*.json`` (not the test half), ``evals/planning_dev.json``, ``evals/phrase_book.jsonl`` and the tests' paraphrases;
writes ``agent/language/reader.safetensors``. With ``--held-out`` the check set is left out and figures on it are
printed, epoch by epoch; without, everything but the test half is learned and nothing is measured.
"""

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from segue.agent.language.labels import is_main, labels_of
from segue.agent.language.reader import LAYERS, MOST_TOKENS, masked, situation
from segue.evals import planning
from segue.evals.planning_contexts import names, state_for
from segue.tools.core import minilm

ROOT = Path(__file__).resolve().parent.parent
RANK = 8
RAREST = 4  # labels with fewer examples are left to the rules
BATCH, RATE, DROPOUT, DECAY = 24, 2e-3, 0.15, 0.02
BEFORE = ("please ", "can you ", "could you ", "ok so ", "hey, ", "i think ", "um ", "right, ", "now ", "and ", "so ", "i want you to ", "would you ", "hmm ", "just ", "ok ", "well, ")  # fmt: skip
AFTER = (" please", " thanks", " pls", " if you can", " for me", " ok?", "!", " now", "?", ".")
BASE = minilm.weights()
TOKENIZER = minilm.tokenizer(MOST_TOKENS)


@dataclass(frozen=True)
class Example:
    """A message, where it is said, the labels accepted for it, and whether all of its labels are known."""

    where: str
    message: str
    accepted: tuple[frozenset[str], ...]
    whole: bool = True


def example(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value that a matcher of ``planning_match`` accepts."""
    if isinstance(value, list):
        return [example(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "in" in value:
        return sum(value["in"]) / 2
    for name in ("any", "set", "has", "each"):
        if name in value:
            return example(value[name][0] if name == "any" else value[name])
    return str(value["~"]) if "~" in value else {name.lstrip("?"): example(item) for name, item in value.items()}


def of_plan(accepted: dict[str, Any]) -> frozenset[str]:
    """Return the labels of an accepted plan."""
    state = [op if isinstance(op, str) else op["op"] for op in accepted.get("state", [])]
    steps = [{"tool": step["tool"], "args": example(step.get("args", {}))} for step in accepted.get("steps", [])]
    asks = accepted.get("question") not in (None, False)
    return labels_of(steps, state, asks=asks, replies=bool(accepted.get("reply")))


def utterances(*sets: str) -> list[Example]:
    """Return the examples of sets of the planning suite."""
    own = json.loads((ROOT / "tests" / "planner_paraphrases.json").read_text("utf-8"))
    found = []
    for case in [*(case for which in sets for case in planning.cases(which)), *(own if "train" in sets else ())]:
        state = state_for(case["context"])
        message = masked(case["message"], state, names(case["message"]))
        found.append(Example(situation(state), message, tuple(of_plan(accepted) for accepted in case["accept"])))
    return found


def phrases() -> list[Example]:
    """Return the phrase book: requests whose constraints were not written down."""
    lines = (ROOT / "evals" / "phrase_book.jsonl").read_text("utf-8").splitlines()
    groups = [json.loads(line) for line in lines]
    return [
        Example(g["when"], message, (frozenset(g["labels"]),), whole=False) for g in groups for message in g["messages"]
    ]


class Adapted(nn.Module):
    """A frozen linear map with a low-rank addition."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.fixed = torch.from_numpy(np.array(BASE[name + ".weight"])).T
        self.shift = torch.from_numpy(np.array(BASE[name + ".bias"]))
        wide, out = self.fixed.shape
        self.down = nn.Parameter(torch.randn(wide, RANK) / math.sqrt(wide))
        self.up = nn.Parameter(torch.zeros(RANK, out))
        self.bias = nn.Parameter(torch.zeros(out))

    def forward(self, x: Tensor) -> Tensor:
        """Return the map of ``[…, in]``, ``[…, out]``."""
        return x @ self.fixed + self.shift + self.bias + (x @ self.down) @ self.up


def frozen(name: str) -> Tensor:
    """Return one of MiniLM's own arrays, which stay as they are."""
    return torch.from_numpy(np.array(BASE[name]))


class Reader(nn.Module):
    """The network of ``segue.agent.language.reader``, for training."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleDict({place: Adapted(f"encoder.layer.{n}.{name}") for place, name in minilm.PLACES.items()})
            for n in range(LAYERS)
        )
        self.head = nn.Linear(2 * minilm.DIMENSIONS, labels)
        self.drop = nn.Dropout(DROPOUT)
        self.tables = [frozen(f"embeddings.{kind}_embeddings.weight") for kind in ("word", "position", "token_type")]

    def norm(self, x: Tensor, name: str) -> Tensor:
        """Normalise a layer's states."""
        return functional.layer_norm(x, (minilm.DIMENSIONS,), frozen(name + ".weight"), frozen(name + ".bias"), 1e-12)

    def forward(self, ids: Tensor, kinds: Tensor, mask: Tensor) -> Tensor:
        """Return the logits of the labels, ``[examples, labels]``, for ``[examples, tokens]``."""
        words, positions, types = self.tables
        x = self.norm(words[ids] + positions[: ids.shape[1]] + types[kinds], "embeddings.LayerNorm")
        hidden = (1 - mask)[:, None, None, :].bool()
        for n, layer in enumerate(self.layers):
            q, k, v = (layer[place](x).unflatten(-1, (12, 32)).transpose(1, 2) for place in ("query", "key", "value"))
            scores = (q @ k.transpose(-1, -2) / math.sqrt(32)).masked_fill(hidden, -1e9)
            mixed = (torch.softmax(scores, -1) @ v).transpose(1, 2).flatten(2)
            base = f"encoder.layer.{n}."
            x = self.norm(x + self.drop(layer["mixed"](mixed)), base + "attention.output.LayerNorm")
            x = self.norm(x + self.drop(layer["outer"](functional.gelu(layer["inner"](x)))), base + "output.LayerNorm")
        highest = x.masked_fill((1 - mask)[..., None].bool(), -1e4).max(1).values
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return self.head(self.drop(torch.cat([mean, highest], 1)))


def changed(message: str) -> str:
    """Return a message as somebody else might have typed it: politeness, noise, a slip, a word left out, no capitals."""
    words, chance = message.split(), random.random()
    if chance < 0.5:
        return message
    if chance < 0.65:
        return random.choice(BEFORE) + (message if message.startswith("I ") else message[:1].lower() + message[1:])
    if chance < 0.72:
        return message.rstrip(".?!") + random.choice(AFTER)
    n = random.randrange(len(words)) if words else 0
    if chance < 0.82 and words and len(words[n]) > 4 and words[n].isalpha():
        word, at = words[n], random.randrange(1, len(words[n]) - 2)
        words[n] = random.choice([word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]])  # fmt: skip
        return " ".join(words)
    if chance < 0.9 and len(words) > 4:
        return " ".join(words[:n] + words[n + 1 :])
    return message.lower().rstrip(".?!")


def coded(examples: Sequence[Example], *, vary: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return token ids, segments and mask, ``[examples, tokens]``."""
    found = [TOKENIZER.encode(e.where, changed(e.message) if vary else e.message) for e in examples]
    longest = max(len(f.ids) for f in found)
    rows = [(f.ids + [0] * (longest - len(f.ids)), f.type_ids + [0] * (longest - len(f.ids)), [1.0] * len(f.ids) + [0.0] * (longest - len(f.ids))) for f in found]  # fmt: skip
    ids, kinds, mask = zip(*rows, strict=True)
    return torch.tensor(ids), torch.tensor(kinds), torch.tensor(mask)


def targets(examples: Sequence[Example], known: list[str]) -> tuple[Tensor, Tensor]:
    """Return what is to be learned and where: absent constraints of the phrase book are not known to be absent."""
    place = {label: n for n, label in enumerate(known)}
    wanted, counts = torch.zeros(len(examples), len(known)), torch.ones(len(examples), len(known))
    details = [n for n, label in enumerate(known) if not is_main(label)]
    for row, e in enumerate(examples):
        if not e.whole:
            counts[row, details] = 0
        for label in e.accepted[0]:
            if label in place:
                wanted[row, place[label]] = counts[row, place[label]] = 1
    return wanted, counts


def batches(examples: list[Example]) -> Iterator[list[Example]]:
    """Yield batches in random order, of messages of like length."""
    random.shuffle(examples)
    span = 20 * BATCH
    parts = [sorted(examples[at : at + span], key=lambda e: len(e.message)) for at in range(0, len(examples), span)]
    cut = [part[at : at + BATCH] for part in parts for at in range(0, len(part), BATCH)]
    random.shuffle(cut)
    yield from cut


def likelihoods(net: Reader, examples: Sequence[Example]) -> Tensor:
    """Return how likely each label is, ``[examples, labels]``."""
    net.eval()
    with torch.no_grad():
        return torch.cat(
            [torch.sigmoid(net(*coded(examples[at : at + 64], vary=False))) for at in range(0, len(examples), 64)]
        )


def figures(net: Reader, examples: Sequence[Example], known: list[str]) -> str:
    """Return the shares of messages whose labels, and whose main labels, are all read right."""
    whole = main = 0
    for e, row in zip(examples, likelihoods(net, examples), strict=True):
        got = {label for label, p in zip(known, row.tolist(), strict=True) if p > 0.5}
        whole += any(got == accepted & set(known) for accepted in e.accepted)
        main += any(
            {x for x in got if is_main(x)} == {x for x in accepted & set(known) if is_main(x)}
            for accepted in e.accepted
        )
    return f"labels {whole / len(examples):.1%}, requests {main / len(examples):.1%}"


def write(net: Reader, known: list[str], file: Path) -> None:
    """Store what was learned, in half precision (the planner adds it to MiniLM's own weights)."""
    arrays = {"head.weight": net.head.weight.T, "head.bias": net.head.bias}
    for n, layer in enumerate(net.layers):
        for place in minilm.PLACES:
            arrays |= {f"{n}.{place}.{kind}": getattr(layer[place], kind) for kind in ("down", "up", "bias")}
    stored = {name: np.ascontiguousarray(array.detach().numpy().astype(np.float16)) for name, array in arrays.items()}
    save_file({**stored, "labels": np.frombuffer("\n".join(known).encode(), np.uint8)}, str(file))


def resume(net: Reader, known: list[str], file: Path) -> None:
    """Go on from what was learned before: labels are found again by their names, new ones begin anew."""
    arrays = load_file(str(file))
    before = {label: n for n, label in enumerate(bytes(arrays["labels"]).decode().split("\n"))}
    with torch.no_grad():
        for row, label in enumerate(known):
            if label in before:
                net.head.weight[row] = torch.from_numpy(arrays["head.weight"][:, before[label]].astype(np.float32))
                net.head.bias[row] = float(arrays["head.bias"][before[label]])
        for n, layer in enumerate(net.layers):
            for place in minilm.PLACES:
                for kind in ("down", "up", "bias"):
                    stored = arrays[f"{n}.{place}.{kind}"].astype(np.float32)
                    getattr(layer[place], kind).copy_(torch.from_numpy(stored))


def main() -> None:
    """Train, and print how it goes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--epochs", type=int, default=12)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--held-out", action="store_true")
    options.add_argument("--resume", action="store_true", help="go on from the stored reader")
    options.add_argument("--rate", type=float, default=RATE)
    options.add_argument("-o", type=Path, default=ROOT / "agent" / "language" / "reader.safetensors")
    asked = options.parse_args()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(0)
    random.seed(0)
    learned = utterances("intents", "dev", "train", *(() if asked.held_out else ("check",))) + phrases()
    held = utterances("check") if asked.held_out else []
    counted = Counter(label for e in learned for label in e.accepted[0])
    known = sorted(label for label, count in counted.items() if count >= RAREST)
    net = Reader(len(known))
    if asked.resume:
        resume(net, known, ROOT / "agent" / "language" / "reader.safetensors")
    optimiser = torch.optim.AdamW(net.parameters(), lr=asked.rate, weight_decay=DECAY)
    steps = asked.epochs * (len(learned) // BATCH + len(learned) // (20 * BATCH) + 2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, asked.rate, total_steps=steps, pct_start=0.1)
    print(f"{len(learned)} messages, {len(known)} labels", flush=True)
    for epoch in range(1, asked.epochs + 1):
        net.train()
        for part in batches(learned):
            wanted, counts = targets(part, known)
            loss = functional.binary_cross_entropy_with_logits(net(*coded(part, vary=True)), wanted, counts, reduction="sum") / len(part)  # fmt: skip
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        print(f"epoch {epoch}: loss {loss.item():.2f}", figures(net, held, known) if held else "", flush=True)
        write(net, known, asked.o)


if __name__ == "__main__":
    main()
