"""Beat This! through its package's real loader on small random weights, over real HTTP."""

import importlib.util
import json

import pytest

from segue.tools.core.errors import BackendUnavailable, InvalidArgument
from segue.tools.core.models import Options, load_served
from segue.tools.core.settings import load_settings
from tests import torch_support as support


def load(name, weights):
    return load_served(name, load_settings(), Options(weights=str(weights), device="cpu"))


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def beats(tmp_path_factory):
    if not importlib.util.find_spec("beat_this"):
        pytest.skip("beat_this is not installed")
    import torch
    from beat_this.model.beat_tracker import BeatThis

    shape = {"transformer_dim": 32, "n_layers": 1, "head_dim": 8, "stem_dim": 8, "ff_mult": 1}
    state = {f"model.{name}": value for name, value in BeatThis(**shape).state_dict().items()}
    path = tmp_path_factory.mktemp("beats") / "tiny.ckpt"
    torch.save({"hyper_parameters": shape | {"lr": 1e-3}, "state_dict": state}, path)
    with support.served(load("beat_this", path)) as url:
        yield support.Served(url, "beat_this")


def test_beat_this_tags_tempo_and_meter_or_says_there_is_no_beat(beats, tmp_path):
    clip = beats.client.upload(support.wav(32))
    job = beats.run("tag", audio={"src": clip})
    tags = json.loads(job.outputs["0/tags"])
    assert set(tags) <= {"bpm", "meter"}
    assert tags or "No steady beat was heard." in job.status.notes
    assert job.status.done == job.status.total
    assert tags == json.loads(beats.run("tag", audio={"src": clip}, key="again").outputs["0/tags"])
    with pytest.raises(InvalidArgument, match=r"audio\.src"):
        beats.run("tag")
    (tmp_path / "broken.ckpt").write_bytes(b"no checkpoint")
    with pytest.raises(BackendUnavailable, match="cannot be loaded"):
        load("beat_this", tmp_path / "broken.ckpt")
