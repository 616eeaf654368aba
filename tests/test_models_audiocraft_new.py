"""What audiocraft has since 1.4.0a2 (JASCO, MusicGen-Style), through its real loaders on tiny random weights.

PyPI's audiocraft is 1.3.0: with it these are skipped. ``AUDIOCRAFT=<what pip shall install> .ci/models`` brings another.
"""

import base64
import importlib.util
import pickle
from importlib.metadata import version

import numpy as np
import pytest

from segue.tools.backends.model_jasco import _labels
from segue.tools.core.errors import BackendUnavailable, Rejected
from segue.tools.core.models import Options, load_served
from segue.tools.core.score import Note, Part, Score
from segue.tools.core.settings import load_settings
from segue.tools.music.notation import midi_bytes
from tests import torch_support as support

if not importlib.util.find_spec("audiocraft"):
    pytest.skip("audiocraft is not installed", allow_module_level=True)
if version("audiocraft").startswith("1.3"):
    pytest.skip("this audiocraft has neither JASCO nor MusicGen-Style: 1.4.0a2 has", allow_module_level=True)

CODEC = (32000, (10, 16, 20))  # 10 tokens a second
WINDOW_S = 5


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    support.one_thread()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with support.craft_folder(tmp_path_factory) as folder:
        yield folder


def load(weights, name="jasco"):
    return load_served(name, load_settings(), Options(weights=str(weights), batch=2, device="cpu"))


@pytest.fixture(scope="module")
def jasco(folder):
    """JASCO with chords, drums and melody, written as it is released: EnCodec in transformers' form."""
    import torch
    import transformers
    from audiocraft.models.builders import get_jasco_model
    from audiocraft.models.encodec import HFEncodecCompressionModel

    language = support.language_model(
        WINDOW_S, lm_model="flow_matching", compression_model_framerate=10, compression_model_latent_dim=16,
        compression_model_latent_std=1.0, compression_model_latent_mean=0.0,
        transformer_lm={
            "causal": False, "flow_dim": 16, "chords_dim": 8, "melody_dim": 8, "drums_dim": 2,
            "skip_connections": False, "memory_efficient": False,
        },
        conditioners={
            "description": {"model": "lut", "lut": {"n_bins": 64, "dim": 16, "tokenizer": "noop"}},
            "chords": {"model": "chords_emb", "chords_emb": {"card": 194, "out_dim": 8}},
            "melody": {"model": "melody", "melody": {"card": 53, "out_dim": 8}},
            "self_wav": {"model": "drum_latents", "drum_latents": {
                    "sample_rate": 32000, "out_dim": 2, "blurring_factor": 3, "compression_model_latent_dim": 16,
                    "compression_model_framerate": 10, "segment_duration": WINDOW_S,
                }},
        },
        fuser={
            "cross_attention_pos_emb": False, "cross_attention_pos_emb_scale": 1, "sum": [], "prepend": [],
            "cross": ["description"], "ignore": ["chords", "melody", "self_wav"], "input_interpolate": [],
        },
        attribute_dropout={
            "text": {"description": 0.0}, "symbolic": {"chords": 0.5, "melody": 0.5}, "wav": {"self_wav": 0.5},
        },
    )  # fmt: skip
    for unused in ("n_q", "card", "emb_lr", "two_step_cfg"):
        language["transformer_lm"].pop(unused)
    config = transformers.EncodecConfig(
        sampling_rate=32000, num_filters=4, hidden_size=16, upsampling_ratios=[10, 16, 20], codebook_size=64,
        codebook_dim=16, target_bandwidths=[0.24], num_lstm_layers=1, num_residual_layers=1, audio_channels=1,
    )  # fmt: skip
    torch.manual_seed(0)
    made = transformers.EncodecModel(config)
    for layer in made.quantizer.layers:  # which are born all zeros
        layer.codebook.embed.normal_()
    made.save_pretrained(folder / "encodec")
    # The released weights name EncodecModel of transformers on the hub; here that name is a folder.
    patch = pytest.MonkeyPatch()
    own = transformers.EncodecModel.from_pretrained
    patch.setattr("audiocraft.models.encodec.HFEncodecModel.from_pretrained", lambda name: own(folder / "encodec"))
    codec = HFEncodecCompressionModel(own(folder / "encodec"))
    place = support.write_craft(
        folder / "jasco",
        language,
        support.encodec(*CODEC),
        lambda config: get_jasco_model(config, codec),
    )
    torch.save({"pretrained": "facebook/encodec_32khz"}, place / "compression_state_dict.bin")
    labels = {label: n for n, label in enumerate(["N", "C", "Am", "F", "G7", "C#", *map(str, range(188))])}
    (place / "chord_to_index_mapping.pkl").write_bytes(pickle.dumps(labels))
    with support.served(load(place)) as url:
        yield support.Served(url, "jasco")
    patch.undo()


STRINGS = {"text": {"prompt": "strings"}, "music": {"bpm": 120}, "sample": {"seeds": [7], "steps": 4}}


def test_jasco_makes_ten_seconds_alike_alone_and_in_company(jasco):
    job = jasco.run(**STRINGS)
    alone = support.sound(job.outputs["0/mix"])
    assert alone.shape == (WINDOW_S * 32000, 1)
    assert np.abs(alone).max() > 0.001
    shares = [done / total for done, total, _ in jasco.told]
    assert shares == sorted(shares)
    assert job.status.done == job.status.total
    assert job.status.effective["euler_steps"] == 4
    assert job.status.fields["music.bpm"].status == "approximated"
    takes = jasco.sounds(**STRINGS | {"sample": {"seeds": [1, 2, 7, 3], "steps": 4}})
    assert np.array_equal(alone, takes[2])
    assert not np.array_equal(alone, takes[0])
    with pytest.raises(Rejected, match="5 s"):
        jasco.run(music={"duration": 20})


def test_jasco_follows_chords_a_tune_and_drums(jasco):
    free = jasco.sounds(**STRINGS)[0]
    chords = [{"beat": 0, "symbol": "Am"}, {"beat": 4, "symbol": "Dbadd9"}]
    job = jasco.run(**STRINGS | {"music": {"bpm": 120, "chords": chords}})
    assert "Chords that JASCO does not know: Dbadd9 as C#." in job.status.notes
    led = [support.sound(job.outputs["0/mix"])]
    tune = Score(
        parts=[Part(name="melody", role="melody", notes=[Note(start=n, duration=1, pitch=60 + n) for n in range(8)])]
    )
    midi = base64.b64encode(midi_bytes(tune)).decode()
    led += jasco.sounds(**STRINGS | {"music": {"bpm": 120, "score": {"midi": midi}}})
    drums = jasco.client.upload(support.wav(3))
    led += jasco.sounds(**STRINGS, audio={"drums": drums})
    assert not any(np.array_equal(one, other) for n, one in enumerate(led) for other in (free, *led[:n]))
    again = jasco.sounds(**STRINGS | {"sample": {"seeds": [3, 7], "steps": 4}}, audio={"drums": drums})
    assert np.array_equal(led[-1], again[1])


def test_jasco_without_its_labels_or_with_others_is_refused(jasco, folder, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:  # a library that lies in its repository has the table beside it
        patch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(BackendUnavailable, match="labels is missing"):
            _labels(str(tmp_path))
    (tmp_path / "chord_to_index_mapping.pkl").write_bytes(pickle.dumps(print))
    with pytest.raises(BackendUnavailable, match="is no table of labels"):
        load(tmp_path)


@pytest.fixture(scope="module")
def style(folder):
    """MusicGen-Style, its MERT a HuBERT of one layer in a folder of the name that the library asks for."""
    import torch
    import transformers
    from audiocraft.models.builders import get_lm_model

    config = transformers.HubertConfig(
        hidden_size=768, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=[8] * 7,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.HubertModel(config).save_pretrained(folder / "m-a-p" / "MERT-v1-95M")
    heard = {
        "model_name": "mert", "transformer_scale": "none", "sample_rate": 32000, "encodec_checkpoint": "none",
        "encodec_n_q": 3, "length": 3.0, "ds_factor": 15, "n_q_out": 6, "eval_q": 3, "q_dropout": True, "bins": 16,
        "varying_lengths": [1.5, 4.5], "batch_norm": True, "compute_mask": True, "num_codebooks_lm": 4,
        "ds_rate_compression": 3200, "use_middle_of_segment": False, "rvq_threshold_ema_dead_code": 0.1,
    }  # fmt: skip
    language = support.language_model(
        20,
        conditioners={
            "description": {"model": "lut", "lut": {"n_bins": 64, "dim": 16, "tokenizer": "noop"}},
            "self_wav": {"model": "style", "style": heard},
        },
        fuser={
            "cross_attention_pos_emb": False, "cross_attention_pos_emb_scale": 1, "sum": [], "cross": [],
            "prepend": ["self_wav", "description"], "input_interpolate": [],
        },
    )  # fmt: skip

    def trained(config):
        """The language model with codebooks as training leaves them: begun, and not all zeros."""
        model = get_lm_model(config)
        for name, buffer in model.named_buffers():
            if name.endswith("inited"):
                buffer.fill_(True)
            elif name.endswith("embed"):
                buffer.normal_()
        return model

    patch = pytest.MonkeyPatch()
    patch.chdir(folder)
    place = support.write_craft(folder / "style", language, support.encodec(*CODEC), trained)
    with support.served(load(place, "musicgen")) as url:
        yield support.Served(url, "musicgen")
    patch.undo()


def test_style_weights_take_after_a_recording(style):
    wish = {"text": {"prompt": "a waltz"}, "music": {"duration": 4}, "sample": {"seeds": [9]}}
    free = style.sounds(**wish)[0]
    short, other = (style.client.upload(support.wav(seconds, hz=hz)) for seconds, hz in ((2, 220), (6, 1760)))
    job = style.run(**wish, audio={"style": short})
    led = support.sound(job.outputs["0/mix"])
    assert led.shape == free.shape == (4 * 32000, 1)
    assert job.status.fields["audio.style"].status == "approximated"
    assert job.status.effective["cfg_coef_beta"] == 5.0
    assert not np.array_equal(led, free)
    assert not np.array_equal(led, style.sounds(**wish, audio={"style": other})[0])
    takes = style.sounds(**wish | {"sample": {"seeds": [1, 2, 9, 3]}}, audio={"style": short})
    assert np.array_equal(led, takes[2])
    assert not np.array_equal(led, takes[0])
    wordless = style.run(music={"duration": 4}, sample={"seeds": [9]}, audio={"style": short})
    assert wordless.status.effective["cfg_coef_beta"] is None
    narrow = style.run(**wish, audio={"style": short}, extra={"eval_q": 1, "excerpt_s": 1.5})
    assert (narrow.status.effective["eval_q"], narrow.status.effective["excerpt_length"]) == (1, 1.5)
    assert not np.array_equal(led, support.sound(narrow.outputs["0/mix"]))
    with pytest.raises(Rejected, match="from 1 to 6"):
        style.run(**wish, audio={"style": short}, extra={"eval_q": 9})


def test_a_style_lasts_through_all_windows_and_leads_no_tune(style):
    blob = style.client.upload(support.wav(4))
    wish = {"text": {"prompt": "long"}, "music": {"duration": 21}, "audio": {"style": blob}, "sample": {"seeds": [1]}}
    made = style.sounds(**wish)[0]
    assert made.shape == (21 * 32000, 1)
    assert np.array_equal(made, style.sounds(**wish | {"sample": {"seeds": [5, 1]}})[1])
    assert style.run(music={"duration": 1}, audio={"melody": blob}).status.fields["audio.melody"].status == "ignored"
