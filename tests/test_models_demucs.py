"""Demucs behind the job protocol, through its real loader on tiny random weights, over real HTTP."""

import importlib.util

import numpy as np
import pytest

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.models import Options, load_served
from segue.tools.core.settings import load_settings
from tests import torch_support as support

if not importlib.util.find_spec("demucs"):
    pytest.skip("the extra 'demucs' is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    support.write_demucs(folder)
    patch = pytest.MonkeyPatch()
    patch.setenv("SEGUE_DEMUCS", str(folder))
    with support.served(load_served("demucs", load_settings(), Options(weights="htdemucs_6s", device="cpu"))) as url:
        yield support.Served(url, "demucs")
    patch.undo()


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (22_050, 1)])
def test_the_stems_sum_to_the_recording(served, rate, channels):
    data = support.wav(3, rate, channels)
    job = served.run("separate", audio={"src": served.client.upload(data)}, outputs=["stems"])
    stems = {name: support.sound(made) for name, made in job.outputs.items()}
    assert set(stems) == {f"stems/{n}" for n in ("drums", "bass", "other", "vocals", "guitar", "piano")}
    mix = support.sound(data)
    assert np.abs(sum(stems.values()) - mix).max() < 1e-5
    assert all(stem.shape == mix.shape for stem in stems.values())
    assert job.status.done == job.status.total
    shares = [done / total for done, total, _ in served.told]
    assert shares == sorted(shares)


def test_one_stem_of_a_span(served):
    blob = served.client.upload(support.wav(3))
    job = served.run(
        "extract", audio={"src": blob}, edit={"track": "the singing", "spans": [[1, 2]]}, outputs=["stems"]
    )
    assert list(job.outputs) == ["stems/vocals"]
    assert len(support.sound(job.outputs["stems/vocals"])) == 44100
    assert job.status.fields["edit.spans"].status == "approximated"


def test_what_it_cannot_take_is_refused(served):
    with pytest.raises(InvalidArgument, match=r"audio\.src"):
        served.run("separate")
    blob = served.client.upload(support.wav(1))
    with pytest.raises(InvalidArgument, match="banjo"):
        served.run("separate", audio={"src": blob}, edit={"track": "banjo"})
    with pytest.raises(InvalidArgument, match="cannot generate"):
        served.run("generate")
