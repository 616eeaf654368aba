"""The composer behind the job protocol, over real HTTP, against the composer in this process."""

import numpy as np
import pytest

from segue.agent import Agent
from segue.tools.core.models import load_served
from segue.tools.core.server import create_app
from segue.tools.core.settings import load_settings
from tests.http_support import serving

WISH = {"prompt": "a calm loop", "genre": "lo-fi", "bpm": 90, "key": "D minor", "bars": 2, "seed": 7}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    model = load_served("composer", load_settings(home=tmp_path_factory.mktemp("server")))
    with serving(create_app([model])) as url:
        yield url


def made(home, **settings):
    with Agent(load_settings(home=home, **settings)) as agent:
        result = agent.run_tool("generate", WISH)
        assert result.status == "done", result.error
        piece = agent.store.piece(result.out["pieces"][0]["id"], "local")
        return result, piece, agent.store.wave(piece.clip), {n: agent.store.wave(c) for n, c in piece.stems.items()}


def test_the_served_take_is_complete_and_its_stems_are_its_sum(tmp_path, url):
    result, piece, mix, stems = made(tmp_path, servers={"generate": url}, prefer={"generate": "remote"})
    assert result.backend == "remote"
    assert abs(piece.score.bpm - 90) < 0.5
    assert piece.made_by.seed == 7
    assert len(stems) >= 3
    total = sum(wave.samples.astype(np.float64) for wave in stems.values())
    assert np.abs(total - mix.samples).max() < 2**-22


def test_the_served_composer_makes_what_the_embedded_one_makes_to_the_sample(tmp_path, url):
    here, _, mix, stems = made(tmp_path / "here")
    far, _, same, parts = made(tmp_path / "far", servers={"generate": url}, prefer={"generate": "remote"})
    assert (here.backend, far.backend) == ("composer", "remote")
    assert np.array_equal(mix.samples, same.samples)
    assert {name: wave.samples.tobytes() for name, wave in stems.items()} == {
        name: wave.samples.tobytes() for name, wave in parts.items()
    }
    assert here.out.keys() == far.out.keys()


def test_a_server_that_died_is_said_and_the_embedded_composer_takes_over(tmp_path):
    gone = {"generate": "http://127.0.0.1:9"}
    result, piece, *_ = made(tmp_path, servers=gone, prefer={"generate": "remote"})
    assert result.backend == "composer"
    assert any("127.0.0.1:9" in note for note in result.notes)
    assert piece.clip
