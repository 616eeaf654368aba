"""The trained separator through its real loader, on a tiny model with random weights.

Proves loading, shapes, sums, progress and cancelling; nothing about quality. Skipped where the extra
is not installed: ``pip install 'segue-music[demucs]'``.
"""

import json
from fractions import Fraction

import numpy as np
import pytest

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import BackendUnavailable, Cancelled
from segue.tools.sound import demucs

pytest.importorskip("demucs.hf", reason="the extra 'demucs' is not installed")

KWARGS = {"channels": 8, "growth": 1, "t_layers": 1, "t_heads": 2, "segment": Fraction(2)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    import torch
    from demucs.htdemucs import HTDemucs
    from safetensors.torch import save_file

    torch.manual_seed(0)
    kwargs = {**KWARGS, "segment": {"_type": "fraction", "numerator": 2, "denominator": 1}}
    for name, sources in (("htdemucs", demucs.FOUR), ("htdemucs_6s", demucs.SIX)):
        model = HTDemucs(list(sources), **KWARGS)
        state = {key: value.clone().contiguous() for key, value in model.state_dict().items()}
        metadata = {
            "klass": "demucs.htdemucs.HTDemucs",
            "args": json.dumps([list(sources)]),
            "kwargs": json.dumps(kwargs),
        }
        save_file(state, tmp_path / f"tiny_{name}.safetensors", metadata)
        (tmp_path / f"{name}.yaml").write_text(f"models: [tiny_{name}]\n")
    monkeypatch.setenv("SEGUE_DEMUCS", str(tmp_path))
    demucs._model.cache_clear()
    return tmp_path


@pytest.fixture
def wave():
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 5 * 48_000)).astype(np.float32)
    return Waveform(noise, 48_000)


@pytest.mark.parametrize("names", [["drums"], ["vocals", "bass"], ["the guitar"], ["piano", "drums"]])
def test_stem_and_rest_sum_to_the_mix(folder, wave, names):
    assert demucs.separates(names)
    told = []
    taken = demucs.extract(wave, names, progress=lambda done, total, label: told.append(done / total))
    assert taken.stem.samples.shape == wave.samples.shape
    assert np.abs(taken.stem.samples + taken.rest.samples - wave.samples).max() < 1e-6
    assert np.abs(taken.stem.samples).max() > 0
    assert not taken.is_preview
    assert told


def test_a_mono_recording_comes_back_mono(folder, wave):
    mono = wave.with_channels(1)
    assert demucs.extract(mono, ["drums"]).stem.samples.shape == mono.samples.shape


def test_what_it_does_not_know_is_left_to_the_filters():
    assert not demucs.separates(["percussive"])
    assert not demucs.separates(["banjo", "drums"])


def test_cancelling_stops_it(folder, wave):
    def stop():
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        demucs.extract(wave, ["drums"], check=stop)


def test_missing_weights_are_said_with_where_they_come_from(tmp_path, wave, monkeypatch):
    monkeypatch.setenv("SEGUE_DEMUCS", str(tmp_path / "nowhere"))
    demucs._model.cache_clear()
    with pytest.raises(BackendUnavailable, match="SEGUE_DEMUCS"):
        demucs.extract(wave, ["drums"])


def test_edit_takes_it_where_it_is_installed(folder, wave, tmp_path):
    from segue.agent import Agent
    from segue.tools.core.audio import encode

    encode(wave, tmp_path / "song.wav")
    with Agent(home=tmp_path / "home") as agent:
        song = agent.import_file(tmp_path / "song.wav")
        operations = [{"op": "remove", "stems": ["guitar"]}]
        result = agent.run_tool("edit", {"clip": {"id": song.id}, "operations": operations})
    assert result.status == "done", result.error
    assert "preview" not in result.out["details"][0]
