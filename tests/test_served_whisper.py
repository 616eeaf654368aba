"""Lyrics from a Whisper on a real vLLM engine. Its weights are random: the way there and back is tested, never the words."""

import numpy as np
import pytest

from segue.agent import Agent
from segue.tools.backends.sound_sent import listening, wav_bytes
from segue.tools.core.audio import Waveform
from segue.tools.core.openai_server import OpenAiServer
from segue.tools.core.piece import Piece
from segue.tools.core.settings import load_settings
from segue.tools.core.store import new_id
from segue.ui.doctor_servers import servers
from tests.vllm_models import write_tiny_whisper
from tests.vllm_support import vllm, vllm_python

pytestmark = [
    pytest.mark.served,
    pytest.mark.timeout(900),
    pytest.mark.skipif(vllm_python() is None, reason="no vLLM here: .ci/vllm builds it on x86-64 Linux"),
]

OPTIONS = ("--max-num-batched-tokens", "2048")  # a whole window of sound at once


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whisper")
    with vllm(folder, write_tiny_whisper(folder / "whisper-tiny"), OPTIONS) as address:
        yield address


def sound(seconds=3.0):
    t = np.arange(int(44_100 * seconds)) / 44_100
    return Waveform((0.2 * np.sin(2 * np.pi * 330 * t))[None, :].astype(np.float32), 44_100)


def nothing():
    """Take no notice."""


def test_the_engine_takes_our_sound_and_gives_words_or_none(url):
    server = OpenAiServer("whisper", load_settings(servers={"whisper": url}))
    model = server.model(nothing)
    assert model.id == "tiny"
    assert "whisper" in model.root
    heard = server.transcribe(model, wav_bytes(listening(sound())), nothing)
    assert isinstance(heard.words, str)
    for span in heard.spans or []:
        assert 0 <= span.start <= 30
        assert 0 <= span.end <= 30


def test_a_step_ends_with_files_or_with_an_honest_refusal(url, home):
    with Agent(load_settings(home=home, servers={"whisper": url}, retries=0)) as agent:
        piece = agent.store.save(Piece(id=new_id(), title="Hum", clip=agent.store.add_wave(sound())))
        result = agent.run_tool("transcribe", {"clip": {"id": piece.id}, "to": ["lyrics", "lrc"]})
    assert result.backend == "whisper"
    if result.status == "done":
        assert {file["name"] for file in result.out["files"]} == {"Hum.lyrics.txt", "Hum.lrc"}
        assert any("misheard" in note for note in result.notes)
    else:
        assert "No words can be heard" in result.error.message


def test_the_doctor_sees_it(url):
    [row] = [row for row in servers(load_settings(servers={"whisper": url})) if row.what == "server whisper"]
    assert row.level == "ok"
    assert row.says.startswith("tiny (MIT weights)")
