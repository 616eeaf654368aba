"""Models that come with a package of their own: what they say without it, and what can be shown without weights."""

import sys
import types

import numpy as np
import pytest

from segue.tools.backends.model_beat_this import tags_of
from segue.tools.backends.served_models import Served
from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.licences import licence_of
from segue.tools.core.models import Options, load_served
from segue.tools.core.server import create_app
from segue.tools.core.settings import load_settings
from tests.http_support import serving


@pytest.mark.parametrize(("bpm", "in_a_bar"), [(120, 4), (90, 3), (171, 4)])
def test_tempo_and_meter_come_from_beats(bpm, in_a_bar):
    beats = 0.3 + np.arange(24) * 60 / bpm
    found = tags_of(beats, beats[::in_a_bar])
    assert found["bpm"] == {"value": pytest.approx(bpm, abs=0.01), "confidence": 1.0}
    assert found["meter"] == {"value": f"{in_a_bar}/4", "confidence": 1.0}


def test_what_beats_do_not_tell_is_left_out():
    assert tags_of(np.array([0.1, 0.6]), np.array([])) == {}
    unsteady = np.array([0.0, 0.5, 1.0, 1.5, 2.3, 2.8])
    found = tags_of(unsteady, np.array([0.0]))
    assert found == {"bpm": {"value": 120.0, "confidence": 0.8}}


@pytest.mark.parametrize(
    ("name", "says"), [("muqmulan", "muq"), ("beat_this", "beat-this"), ("mt3", "mt3-infer==0.2.0")]
)
def test_without_its_package_the_command_is_told(name, says, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BackendUnavailable, match=says):
        load_served(name, load_settings())


def test_clamp3_says_why_there_is_none():
    with pytest.raises(BackendUnavailable, match="no package"):
        load_served("clamp3", load_settings())
    assert licence_of("sander-wood/clamp3") == ("MIT weights", True)


def test_weights_for_noncommercial_use_are_refused_by_name(monkeypatch):
    """MuQ-MuLan: the package is a double here, the licence, the server and the refusal are not."""

    class MuQMuLan:
        sr, device = 24000, "cpu"

        @classmethod
        def from_pretrained(cls, name):
            return cls()

        def eval(self):
            return self

        def to(self, device):
            return self

    double = types.ModuleType("muq")
    double.MuQMuLan = MuQMuLan
    monkeypatch.setitem(sys.modules, "muq", double)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    monkeypatch.setattr("segue.tools.backends.model_muqmulan.device_of", lambda wanted: "cpu")
    model = load_served("muqmulan", load_settings(), Options())
    assert not model.info.commercial
    with serving(create_app([model])) as url:
        served = Served("retrieve", load_settings(servers={"retrieve": url}))
        with pytest.raises(
            BackendUnavailable, match=r"muqmulan \(code MIT, weights CC-BY-NC 4\.0\) forbids commercial use"
        ):
            served.offers(["embed"], commercial=True)
        assert [offer.model.name for offer in served.offers(["embed"], commercial=False)] == ["muqmulan"]
