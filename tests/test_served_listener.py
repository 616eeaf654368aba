"""Captions from a Qwen2-Audio on a real vLLM engine, and ABC from it. Its weights are random: what it says is noise, and stays marked."""

import pytest

from segue.agent import Agent
from segue.tools.core.piece import Piece
from segue.tools.core.settings import load_settings
from segue.tools.core.store import new_id
from tests.listen_support import band
from tests.vllm_models import write_tiny_listener
from tests.vllm_support import vllm, vllm_python

pytestmark = [
    pytest.mark.served,
    pytest.mark.timeout(900),
    pytest.mark.skipif(vllm_python() is None, reason="no vLLM here: .ci/vllm builds it on x86-64 Linux"),
]
OPTIONS = ("--max-model-len", "4096", "--limit-mm-per-prompt", '{"audio": 2}')


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("listener")
    with vllm(folder, write_tiny_listener(folder / "qwen2-audio-tiny"), OPTIONS) as address:
        yield address


def asked(url, home, clips=1, **args):
    wave = band(["Dm", "A7"], 96, bars=4)[0]
    prefer = {"caption": "audio_llm", "generate": "abc_llm"}
    with Agent(load_settings(home=home, servers={"audio_llm": url, "abc_llm": url}, prefer=prefer, retries=0)) as agent:
        kept = [agent.store.save(Piece(id=new_id(), title=f"Take {n}", clip=agent.store.add_wave(wave))) for n in range(clips)]  # fmt: skip
        return agent.run_tool("caption", {"clips": [{"id": piece.id} for piece in kept], **args})


def test_what_it_says_is_marked_and_beside_the_measurement(url, home):
    result = asked(url, home)
    assert result.status == "done", result.error
    text = result.out["texts"][0]
    if result.backend == "audio_llm":
        assert text.startswith("tiny hears: ")
        assert "Measured: " in text
    else:  # it said nothing, or did not end
        assert any("did it instead" in note for note in result.notes)
    assert "96 bpm" in text


def test_two_sounds_go_in_one_message_and_three_are_refused(url, home):
    two = asked(url, home, clips=2, question="which one has more hiss?")
    assert two.status == "done", two.error
    assert not any("refused the request" in note for note in two.notes), two.notes
    three = asked(url, home, clips=3, question="which one has more hiss?")
    assert three.backend == "words"
    assert any("refused the request (400" in note for note in three.notes), three.notes


def test_noise_is_no_abc_and_the_composer_takes_over(url, home):
    settings = load_settings(home=home, servers={"abc_llm": url}, prefer={"generate": "abc_llm"}, retries=0)
    with Agent(settings) as agent:
        result = agent.run_tool("generate", {"prompt": "a reel", "bars": 1, "seed": 1})
    assert result.backend == "composer"
    assert any("no ABC that can be read" in note or "did not come to an end" in note for note in result.notes)
