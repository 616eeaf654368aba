"""Audio Flamingo 3 and Music Flamingo through transformers' real loaders on tiny random weights, over real HTTP."""

import importlib.util

import numpy as np
import pytest

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import BackendUnavailable, InvalidArgument, Rejected
from segue.tools.core.models import Options, load_served
from segue.tools.core.piece import Piece
from segue.tools.core.settings import load_settings
from segue.tools.core.store import new_id
from tests import torch_support as support

if not importlib.util.find_spec("transformers"):
    pytest.skip("transformers is not installed", allow_module_level=True)

TALK = (
    "{% for turn in messages %}[{% for part in turn.content %}{% if part.type == 'audio' %}<sound>{% else %}"
    "{{ part.text }}{% endif %}{% endfor %}]{% endfor %}"
)


def load(name, folder):
    return load_served(name, load_settings(), Options(weights=str(folder), device="cpu"))


@pytest.fixture(scope="module", params=["audioflamingo", "musicflamingo"])
def listener(request, tmp_path_factory):
    import torch
    import transformers as library

    torch.set_num_threads(1)
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp(request.param)
    words = support.letters(2000)
    marks = ["<sound>", "<|sound_bos|>", "<|sound_eos|>"]
    words.add_special_tokens({"additional_special_tokens": marks})
    hears = library.WhisperFeatureExtractor(feature_size=8, n_fft=400)
    audio = library.AudioFlamingo3EncoderConfig(
        num_mel_bins=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, hidden_size=20
    )
    text = library.Qwen2Config(
        vocab_size=len(words), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, eos_token_id=2, pad_token_id=0, bos_token_id=1,
    )  # fmt: skip
    sound, begin, end = words.convert_tokens_to_ids(marks)
    kind = {"audioflamingo": "AudioFlamingo3", "musicflamingo": "MusicFlamingo"}[request.param]
    more = {"audio_bos_token_id": begin, "audio_eos_token_id": end} if kind == "MusicFlamingo" else {}
    config = getattr(library, f"{kind}Config")(
        audio_config=audio.to_dict(), text_config=text.to_dict(), audio_token_id=sound, **more
    )
    model = getattr(library, f"{kind}ForConditionalGeneration")(config)
    with torch.no_grad():
        for weights in model.parameters():  # as they are born, all that is heard and asked ends in the same word
            if weights.ndim > 1:
                weights.normal_(0, 0.7)
        model.lm_head.weight[[*range(5), sound, begin, end]] = 0  # words rather than marks
    model.save_pretrained(folder)
    getattr(library, f"{kind}Processor")(hears, words, chat_template=TALK).save_pretrained(folder)
    with support.served(load(request.param, folder)) as url:
        yield support.Served(url, request.param)


def said(job, take=0):
    return job.outputs[f"{take}/text"].decode()


def test_a_clip_is_described_and_asked_about(listener):
    clip = listener.client.upload(support.wav(4))
    job = listener.run("caption", audio={"src": clip})
    assert said(job)
    shares = [done / total for done, total, _ in listener.told]
    assert shares == sorted(shares)
    assert job.status.done == job.status.total
    assert said(job) == said(listener.run("caption", audio={"src": clip}, key="again"))
    longer = listener.client.upload(support.wav(35, 16000, 1, hz=90))
    assert said(job) != said(listener.run("caption", audio={"src": longer}))
    assert said(job) != said(listener.run("caption", audio={"src": clip}, text={"prompt": "who plays?"}))
    short = listener.run("caption", audio={"src": clip}, extra={"detail": "short"})
    assert short.status.effective["max_new_tokens"] == 64


def test_a_temperature_makes_answers_that_their_seeds_fix(listener):
    clip = listener.client.upload(support.wav(2))
    takes = listener.run("caption", audio={"src": clip}, sample={"seeds": [1, 2], "temperature": 1.2})
    alone = listener.run("caption", audio={"src": clip}, sample={"seeds": [2], "temperature": 1.2})
    assert said(takes) != said(takes, 1)
    assert said(takes, 1) == said(alone)


def test_what_cannot_be_is_refused(listener, tmp_path):
    with pytest.raises(InvalidArgument, match=r"audio\.src"):
        listener.run("caption")
    clip = listener.client.upload(support.wav(1))
    with pytest.raises(Rejected, match="short, full, sections"):
        listener.run("caption", audio={"src": clip}, extra={"detail": "long"})
    job = listener.run("caption", audio={"src": clip}, text={"prompt": "key?"}, extra={"detail": "short"})
    assert job.status.fields["extra.detail"].status == "ignored"
    with pytest.raises(BackendUnavailable, match="cannot be loaded"):
        load(listener.name, tmp_path)


def test_the_caption_tool_asks_it_and_commercial_mode_names_it(listener, tmp_path):
    from segue.agent import Agent

    def captioned(home, **more):
        settings = load_settings(home=home, servers={"caption": listener.client.url}, **more)
        tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(3 * 44100, dtype=np.float32) / 44100)
        with Agent(settings) as agent:
            clip = agent.store.add_wave(Waveform(tone[None], 44100))
            piece = agent.store.save(Piece(id=new_id(), owner="local", title="clip", clip=clip))
            return agent.run_tool("caption", {"clips": [{"id": piece.id}]})

    result = captioned(tmp_path / "free", prefer={"caption": "remote"})
    assert result.backend == "remote"
    assert f"{listener.name} hears: " in result.out["texts"][0]
    closed = captioned(tmp_path / "closed", prefer={"caption": "remote"}, commercial=True)
    assert closed.backend != "remote"
    assert any(listener.name in note and "commercial" in note for note in closed.notes)
