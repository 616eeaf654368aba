"""Tiny checkpoints with random weights in the libraries' own formats, and jobs sent to a model over HTTP."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from segue.tools.core.jobs import JobRequest
from segue.tools.core.models import Model
from segue.tools.core.remote import JobClient, RemoteJob
from segue.tools.core.server import create_app
from segue.tools.sound import demucs
from tests.http_support import serving

HTDEMUCS = {"channels": 4, "growth": 1, "dconv_mode": 0, "t_layers": 0, "samplerate": 8000, "segment": Fraction(2)}


def write_demucs(folder: Path) -> None:
    """Write HTDemucs with four and six stems as ``SEGUE_DEMUCS`` wants them."""
    import torch
    from demucs.htdemucs import HTDemucs
    from safetensors.torch import save_file

    torch.manual_seed(0)
    kwargs = {**HTDEMUCS, "segment": {"_type": "fraction", "numerator": 2, "denominator": 1}}
    for name, sources in (("htdemucs", demucs.FOUR), ("htdemucs_6s", demucs.SIX)):
        state = {
            key: value.clone().contiguous() for key, value in HTDemucs(list(sources), **HTDEMUCS).state_dict().items()
        }
        metadata = {
            "klass": "demucs.htdemucs.HTDemucs",
            "args": json.dumps([list(sources)]),
            "kwargs": json.dumps(kwargs),
        }
        save_file(state, folder / f"tiny_{name}.safetensors", metadata)
        (folder / f"{name}.yaml").write_text(f"models: [tiny_{name}]\n")


def encodec(sample_rate: int, ratios: tuple[int, ...], codebooks: int = 4) -> dict[str, Any]:
    """Return the configuration of a tiny EnCodec as audiocraft trains it."""
    return {
        "device": "cpu", "dtype": "float32", "sample_rate": sample_rate, "channels": 1, "compression_model": "encodec",
        "encodec": {
            "autoencoder": "seanet", "quantizer": "rvq", "sample_rate": sample_rate, "channels": 1, "causal": False,
            "renormalize": False,
        },
        "seanet": {
            "dimension": 16, "channels": 1, "causal": False, "n_filters": 4, "n_residual_layers": 1,
            "ratios": list(ratios), "activation": "ELU", "activation_params": {"alpha": 1.0}, "norm": "weight_norm",
            "norm_params": {}, "kernel_size": 7, "residual_kernel_size": 3, "last_kernel_size": 7, "dilation_base": 2,
            "pad_mode": "constant", "true_skip": True, "compress": 2, "lstm": 0, "disable_norm_outer_blocks": 0,
            "decoder": {"trim_right_ratio": 1.0, "final_activation": None, "final_activation_params": None},
            "encoder": {},
        },
        "rvq": {
            "n_q": codebooks, "q_dropout": False, "bins": 32, "decay": 0.99, "kmeans_init": False, "kmeans_iters": 1,
            "threshold_ema_dead_code": 2, "orthogonal_reg_weight": 0.0, "orthogonal_reg_active_codes_only": False,
        },
    }  # fmt: skip


def language_model(window_s: int, **more: Any) -> dict[str, Any]:
    """Return the configuration of a tiny language model over tokens, as audiocraft trains it."""
    transformer = {
        "dim": 32, "num_heads": 4, "num_layers": 2, "hidden_scale": 2, "n_q": 4, "card": 32, "dropout": 0.0,
        "emb_lr": None, "activation": "gelu", "norm_first": True, "bias_ff": False, "bias_attn": False,
        "bias_proj": False, "past_context": None, "causal": True, "custom": False, "memory_efficient": True,
        "attention_as_float32": False, "layer_scale": None, "positional_embedding": "sin", "xpos": False,
        "checkpointing": "none", "weight_init": "gaussian", "depthwise_init": "current", "zero_bias_init": True,
        "norm": "layer_norm", "cross_attention": False, "qk_layer_norm": False, "qk_layer_norm_cross": False,
        "attention_dropout": None, "kv_repeat": 1, "two_step_cfg": False,
    }  # fmt: skip
    config: dict[str, Any] = {
        "device": "cpu", "dtype": "float32", "sample_rate": 32000, "channels": 1, "lm_model": "transformer_lm",
        "compression_model_n_q": None, "interleave_stereo_codebooks": {"use": False, "per_timestep": False},
        "dataset": {"segment_duration": window_s}, "transformer_lm": transformer,
        "codebooks_pattern": {
            "modeling": "delay", "delay": {"delays": [0, 1, 2, 3], "flatten_first": 0, "empty_initial": 0},
        },
        "classifier_free_guidance": {"training_dropout": 0.2, "inference_coef": 3.0},
        "attribute_dropout": {"args": {"active_on_eval": False}, "text": {}, "wav": {}},
        "fuser": {
            "cross_attention_pos_emb": False, "cross_attention_pos_emb_scale": 1, "sum": [], "prepend": [],
            "cross": ["description"], "input_interpolate": [],
        },
        "conditioners": {"description": {"model": "lut", "lut": {"n_bins": 64, "dim": 16, "tokenizer": "noop"}}},
    }  # fmt: skip
    transformer |= more.pop("transformer_lm", {})
    return config | more


def write_craft(
    folder: Path,
    language: dict[str, Any],
    codec: dict[str, Any],
    builder: str | Callable[[Any], Any] = "get_lm_model",
    **built: dict[str, Any],
) -> Path:
    """Write a checkpoint as audiocraft's ``get_pretrained`` reads it.

    Parameters
    ----------
    builder : what makes the language model of its configuration; the library's function by its name.
    built : what the library's loader adds to the configuration, by group.
    """
    import torch
    from audiocraft.models import builders
    from omegaconf import OmegaConf

    from segue.tools.sound import audiocraft as ours

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    for config, make, name in (
        (codec, builders.get_compression_model, "compression_state_dict.bin"),
        (language, getattr(builders, builder) if isinstance(builder, str) else builder, "state_dict.bin"),
    ):
        full = {key: value | built.get(key, {}) if isinstance(value, dict) else value for key, value in config.items()}
        with ours.our_demucs(), ours.plain_mert():
            model = make(OmegaConf.create(full))
        parsed = OmegaConf.to_yaml(OmegaConf.create(config))
        torch.save({"xp.cfg": parsed, "best_state": model.state_dict()}, folder / name)
    return folder


def letters(length: int = 64) -> Any:
    """Return a tokenizer of letters with the usual marks, as transformers has them."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = ["<pad>", "<s>", "</s>", "<unk>", "<mask>", *"abcdefghijklmnopqrstuvwxyz0123456789 ,.[]#-:/\n"]
    tokenizer = Tokenizer(models.WordLevel({letter: n for n, letter in enumerate(letters)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>",
        mask_token="<mask>", cls_token="<s>", sep_token="</s>", model_max_length=length,
    )  # fmt: skip


def tiny_clap() -> Any:
    """Return a CLAP of two layers with random weights, as transformers has it."""
    from transformers import ClapAudioConfig, ClapConfig, ClapModel, ClapTextConfig

    text = ClapTextConfig(
        vocab_size=64, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=80, projection_dim=16, pad_token_id=0,
    )  # fmt: skip
    audio = ClapAudioConfig(
        spec_size=256, window_size=4, num_mel_bins=64, intermediate_size=16, hidden_size=32, depths=[1, 1],
        num_attention_heads=[1, 1], num_hidden_layers=2, projection_dim=16, patch_embeds_hidden_size=16,
        patch_size=4, patch_stride=[4, 4],
    )  # fmt: skip
    return ClapModel(ClapConfig(text_config=text.to_dict(), audio_config=audio.to_dict(), projection_dim=16))


def t5_letters() -> Any:
    """Return T5's kind of tokenizer with single letters."""
    from transformers import T5Tokenizer

    marks = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -9.0), ("▁", -2.0)]
    return T5Tokenizer(
        vocab=[*marks, *((letter, -3.0) for letter in "abcdefghijklmnopqrstuvwxyz")], extra_ids=0, model_max_length=64
    )


class Served:
    """A model over HTTP, and what tests ask of it."""

    def __init__(self, url: str, name: str) -> None:
        self.client = JobClient(url)
        self.name = name

    def run(self, task: str = "generate", key: str = "", **groups: Any) -> RemoteJob:
        """Run a job; keep what was reported on the way as ``self.told``."""
        self.told: list[tuple[float, float, str]] = []
        request = JobRequest.model_validate({"task": task, "model": self.name, **groups})
        return self.client.run(
            request, key or repr(request), lambda done, total, stage: self.told.append((done, total, stage))
        )

    def sounds(self, task: str = "generate", **groups: Any) -> list[np.ndarray]:
        """Run a job and return its takes, ``[frames, channels]``."""
        job = self.run(task, **groups)
        return [sound(job.outputs[f"{n}/mix"]) for n in range(len(job.status.seeds))]


@contextmanager
def served(*models: Model) -> Iterator[str]:
    """Serve models over real HTTP."""
    with serving(create_app(models)) as url:
        yield url


def sound(data: bytes) -> np.ndarray:
    """Return a file's samples, ``[frames, channels]``."""
    return soundfile.read(io.BytesIO(data), always_2d=True)[0]


def wav(seconds: float, sample_rate: int = 44100, channels: int = 2, hz: float = 440.0, level: float = 1.0) -> bytes:
    """Return a WAV of a sine under noise; silence at level 0."""
    frames = round(seconds * sample_rate)
    noise = np.random.default_rng(0).normal(0, 0.05, (frames, channels))
    tone = 0.3 * np.sin(2 * np.pi * hz * np.arange(frames) / sample_rate)
    file = io.BytesIO()
    soundfile.write(file, level * (noise + tone[:, None]), sample_rate, format="WAV")
    return file.getvalue()


def one_thread() -> None:
    """Tiny matrices are quicker on one thread; and other tests run beside these."""
    import torch

    torch.set_num_threads(1)


@contextmanager
def craft_folder(made: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder for tiny checkpoints of audiocraft, with HTDemucs (the melody's separator) in it."""
    from segue.tools.sound import audiocraft

    audiocraft.prepare()
    folder = made.mktemp("weights")
    write_demucs(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGUE_DEMUCS", str(folder))
        yield folder
