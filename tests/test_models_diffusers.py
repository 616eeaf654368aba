"""diffusers' pipelines through the library's real loader on tiny random components, over real HTTP.

Proves loading, arguments, shapes, seeds, batches, progress and cancelling; nothing about how it sounds.
"""

import importlib.util

import numpy as np
import pytest

from segue.tools.core.errors import Rejected
from segue.tools.core.models import Options, load_served
from segue.tools.core.settings import load_settings
from tests import torch_support as support

if not importlib.util.find_spec("diffusers"):
    pytest.skip("diffusers is not installed", allow_module_level=True)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)


def stable_audio(folder):
    from diffusers import (
        AutoencoderOobleck,
        CosineDPMSolverMultistepScheduler,
        StableAudioDiTModel,
        StableAudioPipeline,
        StableAudioProjectionModel,
    )
    from transformers import T5Config, T5EncoderModel

    text = T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    StableAudioPipeline(
        vae=AutoencoderOobleck(
            encoder_hidden_size=6, downsampling_ratios=[8, 10], decoder_channels=3, decoder_input_channels=4,
            audio_channels=2, channel_multiples=[2, 4], sampling_rate=4000,
        ),
        text_encoder=T5EncoderModel(text),
        projection_model=StableAudioProjectionModel(16, 16, 0.0, 50.0),
        tokenizer=support.letters(),
        transformer=StableAudioDiTModel(
            sample_size=400, in_channels=4, num_layers=1, attention_head_dim=8, num_attention_heads=2,
            num_key_value_attention_heads=2, out_channels=4, cross_attention_dim=16, time_proj_dim=8,
            global_states_input_dim=32, cross_attention_input_dim=16,
        ),
        scheduler=CosineDPMSolverMultistepScheduler(
            solver_order=2, prediction_type="v_prediction", sigma_data=1.0, sigma_schedule="exponential"
        ),
    ).save_pretrained(folder, safe_serialization=True)  # fmt: skip
    return {"duration": 2, "channels": 2, "rate": 4000}


def vocoder():
    from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

    return SpeechT5HifiGan(
        SpeechT5HifiGanConfig(
            model_in_dim=8, sampling_rate=4000, upsample_initial_channel=8, upsample_rates=[2, 5],
            upsample_kernel_sizes=[4, 10], resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]],
            normalize_before=False,
        )
    )  # fmt: skip


def mel_vae():
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=[8, 16], in_channels=1, out_channels=1, norm_num_groups=4,
        down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2, latent_channels=4,
    )  # fmt: skip


def musicldm(folder):
    from diffusers import DDIMScheduler, MusicLDMPipeline, UNet2DConditionModel
    from transformers import ClapFeatureExtractor

    MusicLDMPipeline(
        vae=mel_vae(),
        text_encoder=support.tiny_clap(),
        tokenizer=support.letters(),
        feature_extractor=ClapFeatureExtractor(feature_size=64),
        unet=UNet2DConditionModel(
            block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4, sample_size=16, in_channels=4,
            out_channels=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=(8, 16), attention_head_dim=4,
            class_embed_type="simple_projection", projection_class_embeddings_input_dim=16, class_embeddings_concat=True,
        ),
        scheduler=DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False),
        vocoder=vocoder(),
    ).save_pretrained(folder, safe_serialization=True)  # fmt: skip
    return {"duration": 2, "channels": 1, "rate": 4000}


def audioldm2(folder):
    from diffusers import AudioLDM2Pipeline, AudioLDM2ProjectionModel, AudioLDM2UNet2DConditionModel, DDIMScheduler
    from transformers import (
        ClapFeatureExtractor,
        GPT2Config,
        GPT2LMHeadModel,
        RobertaTokenizer,
        T5Config,
        T5EncoderModel,
    )

    marks = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    letters = {token: n for n, token in enumerate([*marks, *"abcdefghijklmnopqrstuvwxyz0123456789Ġ,.#-:"])}
    AudioLDM2Pipeline(
        vae=mel_vae(),
        text_encoder=support.tiny_clap(),
        text_encoder_2=T5EncoderModel(T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)),
        projection_model=AudioLDM2ProjectionModel(16, 16, 16),
        language_model=GPT2LMHeadModel(
            GPT2Config(n_embd=16, n_head=2, n_layer=1, vocab_size=64, n_positions=99, max_new_tokens=4)
        ),
        tokenizer=RobertaTokenizer(vocab=letters, merges=[], model_max_length=64),
        tokenizer_2=support.t5_letters(),
        feature_extractor=ClapFeatureExtractor(feature_size=64),
        unet=AudioLDM2UNet2DConditionModel(
            block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4, sample_size=16, in_channels=4,
            out_channels=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=(16, 16), attention_head_dim=4,
        ),
        scheduler=DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False),
        vocoder=vocoder(),
    ).save_pretrained(folder, safe_serialization=True)  # fmt: skip
    return {"duration": 2, "channels": 1, "rate": 4000}


def ace_step(folder):
    from diffusers import (
        AceStepConditionEncoder,
        AceStepPipeline,
        AceStepTransformer1DModel,
        AutoencoderOobleck,
        FlowMatchEulerDiscreteScheduler,
    )
    from transformers import Qwen3Config, Qwen3Model

    shape = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
    }
    AceStepPipeline(
        vae=AutoencoderOobleck(
            encoder_hidden_size=6, downsampling_ratios=[8, 10], decoder_channels=3, decoder_input_channels=8,
            audio_channels=2, channel_multiples=[2, 4], sampling_rate=4000,
        ),
        text_encoder=Qwen3Model(Qwen3Config(vocab_size=64, num_hidden_layers=1, **shape)),
        tokenizer=support.letters(512),
        transformer=AceStepTransformer1DModel(
            num_hidden_layers=2, in_channels=24, audio_acoustic_hidden_dim=8, **shape
        ),
        condition_encoder=AceStepConditionEncoder(
            text_hidden_dim=16, timbre_hidden_dim=8, num_lyric_encoder_hidden_layers=1,
            num_timbre_encoder_hidden_layers=1, **shape,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(),
    ).save_pretrained(folder, safe_serialization=True)  # fmt: skip
    return {"duration": 2, "channels": 2, "rate": 4000}


MAKERS = {"stableaudio": stable_audio, "musicldm": musicldm, "audioldm2": audioldm2, "acestep": ace_step}


@pytest.mark.parametrize("name", MAKERS)
def test_a_pipeline_from_its_own_loader(name, tmp_path):
    made = MAKERS[name](tmp_path)
    model = load_served(name, load_settings(), Options(weights=str(tmp_path), batch=4, device="cpu"))
    with support.served(model) as url:
        served = support.Served(url, name)
        wish = {"text": {"prompt": "a calm tune", "negative": "noise"}, "music": {"duration": made["duration"]}}
        if name == "acestep":
            wish = {
                "text": {"prompt": "a calm tune", "lyrics": [{"section": "verse", "text": "la la"}]},
                "music": {"duration": made["duration"], "bpm": 90, "key": "C major", "meter": "3/4"},
            }
        job = served.run(**wish, sample={"seeds": [7], "steps": 3})
        alone = support.sound(job.outputs["0/mix"])
        assert alone.shape == (made["duration"] * made["rate"], made["channels"])
        assert np.isfinite(alone).all()
        assert np.abs(alone).max() > 0
        assert "ignored" not in {field.status for field in job.status.fields.values()}
        assert job.status.effective["steps"] == 3
        takes = served.sounds(**wish, sample={"seeds": [1, 2, 7, 4], "steps": 3})
        assert np.array_equal(takes[2], alone)
        assert not np.array_equal(takes[0], alone)
        shares = [done / total for done, total, _ in served.told]
        assert shares == sorted(shares)
        with pytest.raises(Rejected, match="at most"):
            served.run(music={"duration": 5000})
