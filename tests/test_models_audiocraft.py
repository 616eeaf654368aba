"""audiocraft's models through the library's real loaders on tiny random weights, over real HTTP.

Proves loading, conditions, shapes, seeds, batches, progress and cancelling; nothing about how it sounds.
Run by ``tests/test_served_models.py`` in the environment that ``.ci/models`` builds.
"""

import base64
import importlib.util
import threading
import time

import numpy as np
import pytest

from segue.tools.core.errors import BackendUnavailable, InvalidArgument, Rejected
from segue.tools.core.models import Options, load_served
from segue.tools.core.settings import load_settings
from tests import torch_support as support

if not importlib.util.find_spec("audiocraft"):
    pytest.skip("audiocraft is not installed", allow_module_level=True)

CODEC = (32000, (10, 16, 20))  # 10 tokens a second
CHROMA = {
    "description": {"model": "lut", "lut": {"n_bins": 64, "dim": 16, "tokenizer": "noop"}},
    "self_wav": {
        "model": "chroma_stem",
        "chroma_stem": {
            "sample_rate": 32000, "n_chroma": 12, "radix2_exp": 12, "argmax": False, "match_len_on_eval": False,
            "eval_wavs": None, "n_eval_wavs": 0,
        },
    },
}  # fmt: skip
PREPENDED = {
    "cross_attention_pos_emb": False, "cross_attention_pos_emb_scale": 1, "sum": [], "cross": [],
    "prepend": ["self_wav", "description"], "input_interpolate": [],
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    support.one_thread()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with support.craft_folder(tmp_path_factory) as folder:
        yield folder


def load(name, weights, batch=8):
    return load_served(name, load_settings(), Options(weights=str(weights), batch=batch, device="cpu"))


def serve(name, weights, batch=8):
    return support.served(load(name, weights, batch))


@pytest.fixture(scope="module")
def musicgen(folder):
    place = support.write_craft(folder / "text", support.language_model(20), support.encodec(*CODEC))
    with serve("musicgen", place) as url:
        yield support.Served(url, "musicgen")


def test_musicgen_makes_takes_of_the_length_asked_for(musicgen):
    job = musicgen.run(
        text={"prompt": "calm piano"}, music={"duration": 3, "bpm": 90}, sample={"seeds": [5, 6], "cfg": 2.5},
        delivery={"format": "flac", "sample_rate": 22050, "channels": 2, "lufs": -16}, audio={},
    )  # fmt: skip
    first, second = (support.sound(job.outputs[f"{n}/mix"]) for n in range(2))
    assert first.shape == second.shape == (3 * 22050, 2)
    assert np.abs(first).max() > 0.01
    assert not np.array_equal(first, second)
    assert job.status.seeds == [5, 6]
    assert job.status.effective["cfg_coef"] == 2.5
    assert {name: field.status for name, field in job.status.fields.items()} == {
        "text.prompt": "used", "music.duration": "used", "music.bpm": "approximated", "sample.seeds": "used",
        "sample.cfg": "used", "delivery.format": "used", "delivery.sample_rate": "used", "delivery.channels": "used",
        "delivery.lufs": "used",
    }  # fmt: skip
    shares = [done / total for done, total, _ in musicgen.told]
    assert shares == sorted(shares)
    assert job.status.done == job.status.total


def test_what_musicgen_cannot_do_is_said(musicgen):
    wish = {"text": {"prompt": "x", "negative": "drums", "lyrics": [{"text": "la"}]}, "music": {"duration": 1}}
    fields = musicgen.run(**wish).status.fields
    assert fields["text.negative"].status == fields["text.lyrics"].status == "ignored"
    with pytest.raises(Rejected, match="negative"):
        musicgen.run(strict=True, **wish)
    with pytest.raises(Rejected, match="300"):
        musicgen.run(music={"duration": 500})
    with pytest.raises(InvalidArgument, match="cannot separate"):
        musicgen.run("separate")


def alike_alone_and_in_company(served, wish, others):
    """Check one seed alone, as one of eight takes, and among eight requests of others at once."""
    alone = served.sounds(**wish, sample={"seeds": [7]})[0]
    takes = served.sounds(**wish, sample={"seeds": [1, 2, 3, 7, 4, 5, 6, 8]})
    assert np.array_equal(alone, takes[3])
    assert not np.array_equal(alone, takes[0])
    found = {}

    def ask(number, more, seed):
        one = support.Served(served.client.url, served.name)
        found[number] = one.sounds(**(wish | more), sample={"seeds": [seed]})[0]

    crowd = [(n, others[n % len(others)], 100 + n) for n in range(7)]
    crowd.insert(5, ("mine", {}, 7))
    threads = [threading.Thread(target=ask, args=person) for person in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert np.array_equal(alone, found["mine"])
    assert np.abs(alone).max() > 0
    return alone


def test_a_seed_sounds_the_same_alone_and_in_a_batch_of_eight(musicgen):
    others = [{"text": {"prompt": f"another {n}"}} for n in range(5)]
    alike_alone_and_in_company(musicgen, {"text": {"prompt": "a tune"}, "music": {"duration": 4}}, others)


def test_cancelling_frees_the_worker(musicgen):
    class Enough(Exception):
        pass

    begun = 0.0

    def cancel(done, total, stage):
        nonlocal begun
        if stage == "generating":
            begun = time.monotonic()
            raise Enough

    request = support.JobRequest.model_validate(
        {"task": "generate", "model": "musicgen", "music": {"duration": 300}, "text": {"prompt": "long"}}
    )
    with pytest.raises(Enough):
        musicgen.client.run(request, "to be cancelled", cancel)
    job = musicgen.run(text={"prompt": "next"}, music={"duration": 1}, sample={"seeds": [1]})
    assert time.monotonic() - begun - job.status.seconds < 20  # of minutes of work


def test_musicgen_goes_on_from_a_recording_and_leaves_it_as_it_was(musicgen):
    source = support.wav(2.5, 32000, 1)
    blob = musicgen.client.upload(source)
    job = musicgen.run(
        "continue", text={"prompt": "go on"}, audio={"src": blob}, music={"duration": 5}, sample={"seeds": [3]}
    )
    made, before = support.sound(job.outputs["0/mix"]), support.sound(source)
    assert made.shape == (5 * 32000, 1)
    scale = np.abs(before[:1000]).max() / np.abs(made[:1000]).max()  # turned down as a whole where it would clip
    kept = len(before) - round(0.02 * 32000)
    assert np.abs(made[:kept] * scale - before[:kept]).max() < 1e-3
    assert np.abs(made[len(before) :]).max() > 0.001
    with pytest.raises(InvalidArgument, match="long already"):
        musicgen.run("continue", audio={"src": blob}, music={"duration": 1})
    with pytest.raises(InvalidArgument, match=r"audio\.src"):
        musicgen.run("continue", music={"duration": 1})


def test_what_is_longer_than_the_window_is_made_by_windows(musicgen):
    made = musicgen.sounds(text={"prompt": "long"}, music={"duration": 27}, sample={"seeds": [1]})[0]
    assert made.shape == (27 * 32000, 1)
    parts = [np.abs(part).max() for part in np.array_split(made[:, 0], 9)]
    assert min(parts) > 0


@pytest.fixture(scope="module")
def melody(folder):
    place = support.write_craft(
        folder / "melody",
        support.language_model(20, conditioners=CHROMA, fuser=PREPENDED),
        support.encodec(*CODEC),
    )
    with serve("musicgen", place, batch=2) as url:
        yield support.Served(url, "musicgen")


def test_melody_weights_follow_a_recording_a_tune_and_chords(melody):
    from segue.tools.core.score import Note, Part, Score
    from segue.tools.music.notation import midi_bytes

    wish = {"text": {"prompt": "led"}, "music": {"duration": 4}, "sample": {"seeds": [9]}}
    free = melody.sounds(**wish)[0]
    blobs = [melody.client.upload(support.wav(seconds, level=level)) for seconds, level in ((1.5, 1), (6, 0))]
    led = [melody.sounds(**wish, audio={"melody": blob})[0] for blob in blobs]
    assert [sound.shape for sound in (free, *led)] == [(4 * 32000, 1)] * 3
    assert not np.array_equal(free, led[0])
    assert not np.array_equal(led[0], led[1])
    assert np.array_equal(led[0], melody.sounds(**wish | {"sample": {"seeds": [2, 9]}}, audio={"melody": blobs[0]})[1])
    tune = Score(
        parts=[Part(name="melody", role="melody", notes=[Note(start=n, duration=1, pitch=60 + n) for n in range(8)])]
    )
    music = {"duration": 4, "score": {"midi": base64.b64encode(midi_bytes(tune)).decode()}}
    job = melody.run(**wish | {"music": music})
    assert job.status.fields["music.score"].status == "approximated"
    assert not np.array_equal(free, support.sound(job.outputs["0/mix"]))
    chords = {"duration": 4, "chords": [{"beat": 0, "symbol": "Am7"}, {"beat": 4, "symbol": "F"}]}
    assert not np.array_equal(free, melody.sounds(**wish | {"music": chords})[0])
    with pytest.raises(InvalidArgument, match="base64"):
        melody.run(**wish | {"music": {"duration": 4, "score": {"midi": "?"}}})


def test_a_melody_leads_through_all_windows(melody):
    blob = melody.client.upload(support.wav(2))
    made = melody.sounds(text={"prompt": "long"}, music={"duration": 21}, audio={"melody": blob}, sample={"seeds": [1]})
    assert made[0].shape == (21 * 32000, 1)


def test_without_melody_weights_a_melody_is_ignored_and_said(musicgen):
    blob = musicgen.client.upload(support.wav(1))
    job = musicgen.run(text={"prompt": "x"}, audio={"melody": blob}, music={"duration": 1})
    assert job.status.fields["audio.melody"].status == "ignored"


def test_texts_of_other_lengths_beside_it_change_nothing(folder, tmp_path, monkeypatch):
    """With T5, as the released weights have it: what the library pads to the longest is padded to a bucket."""
    import transformers

    place = tmp_path / "t5-small"  # a name that the library knows, here a folder
    config = transformers.T5Config(vocab_size=64, d_model=512, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    transformers.T5EncoderModel(config).save_pretrained(place)
    support.t5_letters().save_pretrained(place)
    monkeypatch.chdir(tmp_path)
    t5 = {"model": "t5", "t5": {"name": "t5-small", "finetune": False, "word_dropout": 0.2, "normalize_text": False}}
    language = support.language_model(20, conditioners={"description": t5})
    with serve("musicgen", support.write_craft(folder / "t5", language, support.encodec(*CODEC))) as url:
        served = support.Served(url, "musicgen")
        others = [{"text": {"prompt": words}} for words in ("slow", "a very long wish for music with many words in it")]
        alike_alone_and_in_company(served, {"text": {"prompt": "a tune"}, "music": {"duration": 2}}, others)


def test_stereo_weights_make_two_channels(folder):
    place = support.write_craft(
        folder / "stereo",
        support.language_model(
            20,
            transformer_lm={"n_q": 8},
            interleave_stereo_codebooks={"use": True, "per_timestep": False},
            codebooks_pattern={
                "modeling": "delay", "delay": {"delays": [0, 0, 1, 1, 2, 2, 3, 3], "flatten_first": 0, "empty_initial": 0},
            },
            channels=2,
        ),
        support.encodec(*CODEC),
    )  # fmt: skip
    with serve("musicgen", place, batch=2) as url:
        served = support.Served(url, "musicgen")
        made = served.sounds(text={"prompt": "wide"}, music={"duration": 2}, sample={"seeds": [1]})[0]
        assert made.shape == (2 * 32000, 2)
        assert not np.array_equal(made[:, 0], made[:, 1])
        blob = served.client.upload(support.wav(1.5, 32000, 1))
        longer = served.sounds("continue", audio={"src": blob}, music={"duration": 3}, sample={"seeds": [1]})[0]
        assert longer.shape == (3 * 32000, 2)


def test_audiogen(folder):
    codec = support.encodec(16000, (8, 10, 20))
    place = support.write_craft(folder / "sound", support.language_model(10, sample_rate=16000), codec)
    with serve("audiogen", place) as url:
        served = support.Served(url, "audiogen")
        others = [{"text": {"prompt": f"noise {n}"}} for n in range(4)]
        made = alike_alone_and_in_company(served, {"text": {"prompt": "rain"}, "music": {"duration": 3}}, others)
        assert made.shape == (3 * 16000, 1)
        long = served.sounds(text={"prompt": "rain"}, music={"duration": 14}, sample={"seeds": [1]})[0]
        assert long.shape == (14 * 16000, 1)


def test_magnet(folder):
    language = support.language_model(
        12, lm_model="transformer_lm_magnet", masking={"span_len": 3},
        codebooks_pattern={"modeling": "parallel", "parallel": {"empty_initial": -1}},
        transformer_lm={
            "causal": False, "subcodes_context": 5, "compression_model_framerate": 10, "segment_duration": 0,
            "span_len": -1,
        },
    )  # fmt: skip
    place = support.write_craft(
        folder / "magnet", language, support.encodec(*CODEC), transformer_lm={"segment_duration": 12, "span_len": 3}
    )
    with serve("magnet", place) as url:
        served = support.Served(url, "magnet")
        others = [{"text": {"prompt": f"another {n}"}} for n in range(4)]
        wish = {"text": {"prompt": "a tune"}, "music": {"duration": 12}}
        made = alike_alone_and_in_company(served, wish, others)
        assert made.shape == (12 * 32000, 1)
        job = served.run(text={"prompt": "a tune"}, music={"duration": 5}, sample={"seeds": [7]})
        assert support.sound(job.outputs["0/mix"]).shape == (5 * 32000, 1)
        assert job.status.fields["music.duration"].status == "approximated"
        assert [done for done, _, stage in served.told if stage == "generating"]
        with pytest.raises(Rejected, match="12 s"):
            served.run(music={"duration": 20})
        few = served.run(text={"prompt": "a tune"}, sample={"seeds": [7], "steps": 2, "top_k": 5})
        assert few.status.effective["decoding_steps"] == [2, 1, 1, 1]


def test_commercial_use_is_refused_by_name(musicgen, tmp_path):
    from segue.agent import Agent

    settings = load_settings(
        home=tmp_path, servers={"generate": musicgen.client.url}, prefer={"generate": "remote"}, commercial=True
    )
    with Agent(settings) as agent:
        result = agent.run_tool("generate", {"prompt": "a tune", "duration_s": 2})
    assert result.backend != "remote"
    assert any("commercial" in note for note in result.notes)


def test_what_this_release_of_the_library_has_not_is_told_with_the_command(folder):
    import audiocraft.models

    if hasattr(audiocraft.models, "JASCO"):
        pytest.skip("this audiocraft has JASCO")
    for name, weights, lacking in (("jasco", "melody-400M", "JASCO"), ("musicgen", "style", "StyleConditioner")):
        with pytest.raises(BackendUnavailable, match=rf"has no {lacking}.*Run: pip install .*audiocraft @ git\+https"):
            load(name, weights)
