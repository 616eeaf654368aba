"""A real vLLM engine on the processor with a tiny model of random weights: protocol, schemas and limits, never quality."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
_START_S = 600  # on two busy cores; 40 to 90 s are usual
_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def vllm_python() -> Path | None:
    """Return the Python of the environment that ``.ci/vllm`` builds, or None."""
    chosen = ROOT / ".venv-vllm" / "bin" / "python"
    return chosen if chosen.exists() else None


def write_tiny_model(folder: Path) -> Path:
    """Write a Qwen3 of two layers without weights, with a tokenizer trained on the planner's own prompt."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    folder.mkdir(parents=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    text = [(ROOT / "prompts/plan.md").read_text("utf-8"), (ROOT / "evals/planning_dev.json").read_text("utf-8")]
    trainer = trainers.BpeTrainer(
        vocab_size=1024, special_tokens=list(_SPECIAL), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(text, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    end = tokenizer.token_to_id("<|im_end|>")
    config = {
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
        "num_key_value_heads": 1, "head_dim": 32, "max_position_embeddings": 16384, "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0, "tie_word_embeddings": True, "hidden_act": "silu", "attention_bias": False,
        "eos_token_id": end, "torch_dtype": "float32",
    }  # fmt: skip
    speaks = {
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
        "model_max_length": 16384, "chat_template": _TEMPLATE,
    }  # fmt: skip
    for name, content in (
        ("config", config),
        ("tokenizer_config", speaks),
        ("generation_config", {"eos_token_id": end}),
    ):
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
    return folder


# What the planner's model is served with; models that hear need less.
_PLANNER = (
    "--max-model-len", "16384", "--enable-prefix-caching",
    "--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}',
)  # fmt: skip


@contextmanager
def vllm(folder: Path, model: Path | None = None, options: tuple[str, ...] = _PLANNER) -> Iterator[str]:
    """Run the engine while the block runs and give its base URL; ``model`` is the folder of one, the planner's if None."""
    python = vllm_python()
    assert python is not None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        str(python), "-m", "vllm.entrypoints.openai.api_server", "--model", str(model or write_tiny_model(folder / "model")),
        "--served-model-name", "tiny", "--load-format", "dummy", "--dtype", "float32", "--enforce-eager",
        "--host", "127.0.0.1", "--port", str(port), "--max-num-seqs", "8", *options,
    ]  # fmt: skip
    quiet = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "HF_HUB_OFFLINE": "1",
             "VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "WARNING"}  # fmt: skip
    with (folder / "vllm.log").open("w") as log:
        process = subprocess.Popen(command, env={**os.environ, **quiet}, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/v1/models", process, folder / "vllm.log")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def running(url: str) -> int:
    """Return how many requests the engine works on, from its metrics."""
    text = httpx.get(f"{url.removesuffix('/v1')}/metrics", timeout=10).text
    lines = [line for line in text.splitlines() if line.startswith("vllm:num_requests_running")]
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines))


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
        if process.poll() is not None:
            break
    sys.exit(f"vLLM did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
