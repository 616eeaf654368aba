"""CLAP and MusicGen through transformers' real loaders on tiny random weights, over real HTTP."""

import importlib.util
import json

import numpy as np
import pytest

from segue.tools.core.errors import InvalidArgument, Rejected
from segue.tools.core.models import Options, load_served
from segue.tools.core.settings import load_settings
from tests import torch_support as support

if not importlib.util.find_spec("transformers"):
    pytest.skip("transformers is not installed", allow_module_level=True)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def clap(tmp_path_factory):
    from transformers import ClapFeatureExtractor

    folder = tmp_path_factory.mktemp("clap")
    support.tiny_clap().save_pretrained(folder)
    support.letters().save_pretrained(folder)
    ClapFeatureExtractor(feature_size=64, truncation="rand_trunc", padding="repeatpad").save_pretrained(folder)
    model = load_served("clap", load_settings(), Options(weights=str(folder), batch=4, device="cpu"))
    with support.served(model) as url:
        yield support.Served(url, "clap")


def vector(job):
    return np.array(json.loads(job.outputs["0/vector"]))


def test_clap_embeds_words_and_sound_in_one_space(clap):
    words = vector(clap.run("embed", text={"prompt": "slow violins"}))
    sound = clap.client.upload(support.wav(12.5))
    heard = vector(clap.run("embed", audio={"src": sound}))
    assert words.shape == heard.shape == (16,)
    assert abs(np.linalg.norm(words) - 1) < 1e-5
    assert abs(np.linalg.norm(heard) - 1) < 1e-5
    assert not np.allclose(words, vector(clap.run("embed", text={"prompt": "fast drums"})))
    again = clap.client.upload(support.wav(12.5, 22050, 1, hz=880))
    assert not np.allclose(heard, vector(clap.run("embed", audio={"src": again})))
    both = clap.run("embed", text={"prompt": "slow violins"}, audio={"src": sound}, key="both")
    assert both.status.fields["text.prompt"].status == "ignored"
    assert np.array_equal(vector(both), heard)
    with pytest.raises(InvalidArgument, match="wants"):
        clap.run("embed")


@pytest.fixture(scope="module", params=["musicgen", "musicgen_melody"])
def musicgen(request, tmp_path_factory):
    import transformers as library

    folder = tmp_path_factory.mktemp(request.param)
    text = library.T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    codec = library.EncodecConfig(
        sampling_rate=8000, num_filters=4, hidden_size=16, upsampling_ratios=[20, 20], codebook_size=64,
        codebook_dim=16, target_bandwidths=[0.24], num_lstm_layers=1, num_residual_layers=1, audio_channels=1,
    )  # fmt: skip
    melody = request.param == "musicgen_melody"
    decoder = {
        "vocab_size": 64, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "ffn_dim": 16,
        "num_codebooks": 2, "pad_token_id": 64, "bos_token_id": 64,
    }  # fmt: skip
    parts = (library.T5EncoderModel(text), library.EncodecModel(codec))
    if melody:
        decoder_model = library.MusicgenMelodyForCausalLM(library.MusicgenMelodyDecoderConfig(**decoder))
        config = library.MusicgenMelodyConfig(
            text_encoder=text.to_dict(),
            audio_encoder=codec.to_dict(),
            decoder=decoder_model.config.to_dict(),
            chroma_length=20,
        )
        model = library.MusicgenMelodyForConditionalGeneration(config, *parts, decoder_model)
        library.MusicgenMelodyFeatureExtractor(
            sampling_rate=8000, hop_length=1024, n_fft=4096, chunk_length=10
        ).save_pretrained(folder)
    else:
        decoder_model = library.MusicgenForCausalLM(library.MusicgenDecoderConfig(**decoder))
        model = library.MusicgenForConditionalGeneration(None, *parts, decoder_model)
    for layer in model.audio_encoder.quantizer.layers:  # which are born all zeros
        layer.codebook.embed.normal_()
    model.generation_config.decoder_start_token_id = 64
    model.generation_config.pad_token_id = 64
    model.generation_config.guidance_scale = 3.0
    model.generation_config.do_sample = True
    model.save_pretrained(folder)
    support.letters().save_pretrained(folder)
    served = load_served("musicgen_hf", load_settings(), Options(weights=str(folder), batch=8, device="cpu"))
    with support.served(served) as url:
        yield support.Served(url, "musicgen_hf"), melody


def test_musicgen_makes_the_same_alone_and_in_a_batch_of_eight(musicgen):
    served, melody = musicgen
    wish = {"text": {"prompt": "a tune"}, "music": {"duration": 2}}
    job = served.run(**wish, sample={"seeds": [7]})
    alone = support.sound(job.outputs["0/mix"])
    assert alone.shape == (2 * 8000, 1)
    assert np.abs(alone).max() > 0
    shares = [done / total for done, total, _ in served.told]
    assert shares == sorted(shares)
    takes = served.sounds(**wish, sample={"seeds": [1, 2, 3, 7, 4, 5, 6, 8]})
    assert np.array_equal(takes[3], alone)
    assert not np.array_equal(takes[0], alone)
    with pytest.raises(Rejected, match="30"):
        served.run(music={"duration": 31})
    blob = served.client.upload(support.wav(2))
    led = served.run(**wish, audio={"melody": blob}, sample={"seeds": [7]})
    assert led.status.fields["audio.melody"].status == ("approximated" if melody else "ignored")
    assert support.sound(led.outputs["0/mix"]).shape == alone.shape
