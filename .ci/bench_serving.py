"""What batching brings to a served model: takes asked for at once against one by one, in the same run. Part of ``make bench``.

::

    python .ci/bench_serving.py                                      tiny models on the processor
    python .ci/bench_serving.py musicgen --size small --device cuda --batches 1 2 4 8 16 32
    python .ci/bench_serving.py NAME --model PATH_OR_NAME            any model of `segue serve-tools`, with its own weights

``--size`` writes a MusicGen of that size with random weights (the shapes are the released ones, so are time and
memory; the sound is noise; the text encoder is a table) and wants audiocraft (``.ci/models``, or a GPU machine's own).
Every batch size is a process of its own, tells on stderr how long it will take, and is left out where that is more than
``--minutes``, which the table says. One by one is a server of batch 1 that is asked for a take after the other; at once are as many takes as stand beside it, from as many jobs. Less is better but for ×.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
MODELS = ROOT / ".venv-models" / "bin" / "python"
NUMPY = "tests.models_support"
# Width, layers and heads of MusicGen's language models (Copet et al. 2023); "tiny" is for processors.
SIZES = {"tiny": (64, 2, 4), "small": (1024, 24, 16), "medium": (1536, 48, 24), "large": (2048, 48, 32)}
ON_A_GPU = "python .ci/bench_serving.py musicgen --size small --device cuda --batches 1 2 4 8 16 32"
LEAST = 8  # takes asked for at once, where the batch is smaller


def main() -> int:
    """Measure and print a table, or one batch size as JSON where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", help="a model of `segue serve-tools`; none: the tiny ones")
    parser.add_argument("--model", help="its weights: a name that it knows, or a path")
    parser.add_argument("--size", choices=SIZES, help="write a MusicGen of this size with random weights instead")
    parser.add_argument("--device", help="cpu, cuda, cuda:1; none: what there is")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--seconds", type=float, default=5.0, help="of sound, a take")
    parser.add_argument("--minutes", type=float, default=15.0, help="what would take longer, a batch size, is left out")
    parser.add_argument("--turns", type=int, default=2, help="the best of so many")
    parser.add_argument("--python", default=sys.executable, help="the Python that has the model's package")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--write", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.write:
        write(Path(asked.write), asked.size)
    elif asked.one:
        print(json.dumps(measured(asked)))
    elif asked.name:
        print(bench(asked))
    else:
        asked.name = NUMPY
        print(bench(asked))
        if MODELS.is_file():
            asked.name, asked.size, asked.python, asked.batches, asked.seconds = (
                "musicgen",
                "tiny",
                str(MODELS),
                [1, 8],
                2.0,
            )
            print(bench(asked))
        else:
            print("musicgen: not measured here (.ci/models brings audiocraft)")
        if shutil.which("nvidia-smi") is None:
            print(f"released sizes: not measured, there is no GPU here; where there is one: {ON_A_GPU}")
    return 0


def bench(asked: argparse.Namespace) -> str:
    """Return the table of a model."""
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        if asked.size:
            child(asked, "--write", folder, "--size", asked.size)
            asked.model = folder
        batches = sorted({1, *asked.batches})
        found = [json.loads(child(asked, "--one", str(batch)).splitlines()[-1]) for batch in batches]
    left_out = [one for one in found if "would_s" in one]
    found = [one for one in found if "would_s" not in one]
    told = [
        f"batch {one['batch']}: not measured: it would take about {one['would_s'] / 60:.0f} min at {one['first_s']:.0f} s a "
        f"take (--minutes {asked.minutes:g}; --turns 1 and fewer --seconds take less)"
        for one in left_out
    ]
    if not found or found[0]["batch"] != 1:
        return "\n".join([f"{asked.name} {asked.size or ''}", *told, ""])
    title = f"{asked.name}{f' {asked.size}, random weights' if asked.size else ''}"
    base = found[0]
    lines = [
        f"{title} on {base['device']}, {asked.seconds:g} s a take; one by one: {base['alone_s']:.2f} s a take",
        "",
        "| batch | at once | s | takes/s | × one by one | × real time | alone in it, s | memory, MB | GPU memory, MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        rate = one["takes"] / one["together_s"]
        gpu = f"{one['gpu_mb']:.0f}" if one["gpu_mb"] else "–"
        lines.append(
            f"| {one['batch']} | {one['takes']} | {one['together_s']:.2f} | {rate:.2f} | {rate * base['alone_s']:.2f} | "
            f"{rate * asked.seconds:.2f} | {one['alone_s']:.2f} | {one['peak_mb']:.0f} | {gpu} |"
        )
    return "\n".join([*lines, *told, ""])


def child(asked: argparse.Namespace, *more: str) -> str:
    """Return what another process of this file prints."""
    command = [asked.python, __file__, asked.name, *more]
    for name in ("seconds", "turns", "minutes"):
        command += [f"--{name}", str(getattr(asked, name))]
    for name in ("model", "device"):
        if value := getattr(asked, name):
            command += [f"--{name}", value]
    # What a child says on stderr is seen as it comes: how far it is, and why it ended where it did.
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    if done.returncode == -signal.SIGKILL:
        sys.exit(f"bench_serving {' '.join(more)} was killed: most likely out of memory")
    if done.returncode != 0:
        sys.exit(f"bench_serving {' '.join(more)} failed with {done.returncode}")
    return done.stdout


def measured(asked: argparse.Namespace) -> dict[str, Any]:
    """Return what a server of one batch size takes for takes after another and at once."""
    from segue.tools.core.job_queue import JobServer
    from segue.tools.core.models import Options, load_served
    from segue.tools.core.settings import load_settings

    batch: int = asked.one
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as home:
        model = load_served(asked.name, load_settings(home=Path(home)), Options(asked.model, batch, asked.device))
        server = JobServer([model], queue_size=10_000, kept=10_000)
        first_s = run(server, model, asked.seconds, 1)  # with whatever is made on first use
        takes = max(LEAST, batch)
        # A take in a batch of its size is computed at full size: so many of those follow.
        would_s = first_s * (2 * asked.turns + asked.turns * -(-takes // batch))
        print(f"batch {batch}: {first_s:.1f} s a take, about {would_s / 60:.1f} min", file=sys.stderr, flush=True)
        if would_s > 60 * asked.minutes:
            server.close()
            return {"batch": batch, "first_s": first_s, "would_s": would_s}
        alone = min(run(server, model, asked.seconds, 1) for _ in range(2 * asked.turns))
        together = min(run(server, model, asked.seconds, takes) for _ in range(asked.turns))
        server.close()
    gpu_mb, device = gpu()
    return {
        "batch": batch, "takes": takes, "alone_s": alone, "together_s": together, "gpu_mb": gpu_mb, "device": device,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


def run(server: Any, model: Any, seconds: float, takes: int) -> float:  # noqa: ANN401
    """Return the seconds that so many jobs of one take need when they come at once."""
    jobs = []
    start = time.perf_counter()
    for seed in range(takes):
        jobs.append(server.submit(wished(server, model, seconds, seed))[0])
    while any(job.status.state in ("queued", "running") for job in jobs):
        time.sleep(0.002)
    spent = time.perf_counter() - start
    if errors := [job.status.error for job in jobs if job.status.state != "done"]:
        sys.exit(f"a job did not end well: {errors[0]}")
    return spent


def wished(server: Any, model: Any, seconds: float, seed: int) -> Any:  # noqa: ANN401
    """Return a request that the model takes: words and a length, or a sound to work on."""
    import io

    import numpy as np
    import soundfile

    from segue.tools.core.jobs import AudioWish, JobRequest, MusicWish, Sampling, TextWish

    task = model.info.tasks[0]
    audio = AudioWish()
    if task != "generate":
        file = io.BytesIO()
        noise = np.random.default_rng(seed).normal(0, 0.1, (round(seconds * 44100), 2)).astype(np.float32)
        soundfile.write(file, noise, 44100, format="WAV")
        audio = AudioWish(src=server.add_blob(file.getvalue()))
    return JobRequest(
        task=task, model=model.info.name, text=TextWish(prompt="a calm piece for strings"), audio=audio,
        music=MusicWish(duration=seconds), sample=Sampling(seeds=[seed]),
    )  # fmt: skip


def gpu() -> tuple[float, str]:
    """Return the most memory of the GPU that was taken in MB, and the name of what computed."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return torch.cuda.max_memory_allocated() / 2**20, torch.cuda.get_device_name()
    return 0.0, f"{os.cpu_count()} cores ({platform.machine()})"


def write(folder: Path, size: str) -> None:
    """Write a MusicGen with random weights as audiocraft keeps it."""
    from segue.tools.sound import audiocraft
    from tests.torch_support import encodec, language_model, write_craft

    audiocraft.prepare()
    width, layers, heads = SIZES[size]
    codec = encodec(32_000, (8, 5, 4, 4))
    transformer: dict[str, Any] = {"dim": width, "num_layers": layers, "num_heads": heads}
    lookup: dict[str, Any] = {"n_bins": 1024, "dim": 768, "tokenizer": "noop"}
    if size != "tiny":
        transformer |= {"hidden_scale": 4, "card": 2048}
        codec["seanet"] |= {"dimension": 128, "n_filters": 64, "lstm": 2}
        codec["rvq"] |= {"bins": 2048}
    conditioners = {"description": {"model": "lut", "lut": lookup}}
    write_craft(folder, language_model(30, transformer_lm=transformer, conditioners=conditioners), codec)


if __name__ == "__main__":
    sys.exit(main())
