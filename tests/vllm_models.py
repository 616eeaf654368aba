"""Tiny models for a real vLLM engine, written without weights: a Whisper, and a Qwen2-Audio, with tokenizers of their own."""

import json
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

# The languages of Whisper's tokenizer: vLLM looks all of them up to hear which one is spoken.
_LANGUAGES = [
    "en",
    "zh",
    "de",
    "es",
    "ru",
    "ko",
    "fr",
    "ja",
    "pt",
    "tr",
    "pl",
    "ca",
    "nl",
    "ar",
    "sv",
    "it",
    "id",
    "hi",
    "fi",
    "vi",
    "he",
    "uk",
    "el",
    "ms",
    "cs",
    "ro",
    "da",
    "hu",
    "ta",
    "no",
    "th",
    "ur",
    "hr",
    "bg",
    "lt",
    "la",
    "mi",
    "ml",
    "cy",
    "sk",
    "te",
    "fa",
    "lv",
    "bn",
    "sr",
    "az",
    "sl",
    "kn",
    "et",
    "mk",
    "br",
    "eu",
    "is",
    "hy",
    "ne",
    "mn",
    "bs",
    "kk",
    "sq",
    "sw",
    "gl",
    "mr",
    "pa",
    "si",
    "km",
    "sn",
    "yo",
    "so",
    "af",
    "oc",
    "ka",
    "be",
    "tg",
    "sd",
    "gu",
    "am",
    "yi",
    "lo",
    "uz",
    "fo",
    "ht",
    "ps",
    "tk",
    "nn",
    "mt",
    "sa",
    "lb",
    "my",
    "bo",
    "tl",
    "mg",
    "as",
    "tt",
    "haw",
    "ln",
    "ha",
    "ba",
    "jw",
    "su",
]
_MARKS = (
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|prev|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
_ENDS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_SOUND = ("<|audio_bos|>", "<|audio_eos|>", "<|AUDIO|>")
_LISTENER_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for p in m['content'] %}{% if p['type'] == 'text' %}{{ p['text'] }}{% else %}<|audio_bos|><|AUDIO|><|audio_eos|>{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# An encoder that the attention of vLLM's CPU build takes: heads of 32.
_EARS = {"d_model": 64, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 128, "max_source_positions": 1500}  # fmt: skip
_FEATURES = {
    "feature_extractor_type": "WhisperFeatureExtractor", "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400,
    "n_samples": 480000, "nb_max_frames": 3000, "padding_side": "right", "padding_value": 0.0,
}  # fmt: skip


def write_tiny_whisper(folder: Path) -> Path:
    """Write a Whisper of one layer, with all of Whisper's special tokens, that writes at most 64 tokens."""
    tokenizer = _tokenizer(())
    tokenizer.add_special_tokens(["<|endoftext|>", "<|startoftranscript|>", *(f"<|{name}|>" for name in _LANGUAGES), *_MARKS])  # fmt: skip
    tokenizer.add_tokens([AddedToken(f"<|{0.02 * n:.2f}|>", special=False) for n in range(1501)])
    end = tokenizer.token_to_id("<|endoftext|>")
    config = {
        **_EARS, "architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper", "vocab_size": tokenizer.get_vocab_size(),
        "num_mel_bins": 80, "decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 128, "max_target_positions": 64,
        "is_encoder_decoder": True, "decoder_start_token_id": tokenizer.token_to_id("<|startoftranscript|>"), "bos_token_id": end,
        "eos_token_id": end, "pad_token_id": end, "activation_function": "gelu", "torch_dtype": "float32",
    }  # fmt: skip
    speaks = {"bos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "model_max_length": 64}  # fmt: skip
    features = {"feature_size": 80, "return_attention_mask": False}
    return _written(folder, tokenizer, "WhisperProcessor", config, speaks, features, {"eos_token_id": end})


def write_tiny_listener(folder: Path) -> Path:
    """Write a Qwen2-Audio of two layers; every eighth token ends an answer and none likes to come again, so that answers end."""
    tokenizer = _tokenizer((*_ENDS, *_SOUND))
    size = tokenizer.get_vocab_size()
    config = {
        "architectures": ["Qwen2AudioForConditionalGeneration"], "model_type": "qwen2_audio", "vocab_size": size, "ignore_index": -100,
        "audio_token_index": tokenizer.token_to_id("<|AUDIO|>"), "torch_dtype": "float32",
        "audio_config": {**_EARS, "model_type": "qwen2_audio_encoder", "num_mel_bins": 128, "num_hidden_layers": 1},
        "text_config": {
            "model_type": "qwen2", "vocab_size": size, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
            "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 8192, "rms_norm_eps": 1e-6,
            "rope_theta": 10000.0, "tie_word_embeddings": False, "hidden_act": "silu", "torch_dtype": "float32",
        },
    }  # fmt: skip
    speaks = {"eos_token": "<|im_end|>", "model_max_length": 8192, "chat_template": _LISTENER_TEMPLATE}
    ends = [tokenizer.token_to_id("<|im_end|>"), *range(20, size, 8)]
    features = {"feature_size": 128, "return_attention_mask": True}
    return _written(
        folder,
        tokenizer,
        "Qwen2AudioProcessor",
        config,
        speaks,
        features,
        {"eos_token_id": ends, "repetition_penalty": 1.8},
    )


def _tokenizer(special: tuple[str, ...]) -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(["some words to sing along with, and to say about music"], trainer)
    return made


def _written(
    folder: Path, tokenizer: Tokenizer, processor: str, config: dict[str, Any], speaks: dict[str, Any],
    features: dict[str, Any], generation: dict[str, Any],
) -> Path:  # fmt: skip
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    speaks = {"tokenizer_class": "PreTrainedTokenizerFast", "processor_class": processor, "pad_token": "<|endoftext|>", **speaks}  # fmt: skip
    features = {**_FEATURES, "processor_class": processor, **features}
    files = {"config": config, "tokenizer_config": speaks, "preprocessor_config": features, "generation_config": generation}  # fmt: skip
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
    return folder
