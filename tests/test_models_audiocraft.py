"""audiocraft's models through the library's real loaders on tiny random weights, over real HTTP.

Proves loading, conditions, shapes, seeds, batches, progress and cancelling; nothing about how it sounds.
Run by ``tests/test_served_models.py`` in the environment that ``.ci/models`` builds.
"""

import importlib.util
import threading
import time

import numpy as np
import pytest

from segue.tools.core.errors import CannotDo, InvalidArgument
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
            "sample_rate": 32000, "n_chroma": 12, "radix2_exp": 12, "argmax": True, "match_len_on_eval": False,
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
    """Tiny matrices are quicker on one thread; and other tests run beside these."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from segue.tools.sound import audiocraft

    audiocraft._prepare()
    folder = tmp_path_factory.mktemp("weights")
    support.write_demucs(folder)
    patch = pytest.MonkeyPatch()
    patch.setenv("SEGUE_DEMUCS", str(folder))
    yield folder
    patch.undo()


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
    with pytest.raises(InvalidArgument, match="negative"):
        musicgen.run(strict=True, **wish)
    with pytest.raises(InvalidArgument, match="300"):
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
    assert time.monotonic() - begun - job.status.seconds < 2


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
    with pytest.raises(CannotDo, match="long already"):
        musicgen.run("continue", audio={"src": blob}, music={"duration": 1})
    with pytest.raises(CannotDo, match=r"audio\.src"):
        musicgen.run("continue", music={"duration": 1})


def test_what_is_longer_than_the_window_is_made_by_windows(musicgen):
    made = musicgen.sounds(text={"prompt": "long"}, music={"duration": 27}, sample={"seeds": [1]})[0]
    assert made.shape == (27 * 32000, 1)
    parts = [np.abs(part).max() for part in np.array_split(made[:, 0], 9)]
    assert min(parts) > 0
