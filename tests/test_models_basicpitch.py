"""Basic Pitch behind the job protocol over real HTTP: its shipped weights, and the notes that the tool hears itself."""

import numpy as np
import pytest

from segue.agent import Agent
from segue.tools.core.audio import Waveform, encode
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.jobs import JobRequest
from segue.tools.core.models import load_served
from segue.tools.core.piece import Piece
from segue.tools.core.remote import JobClient
from segue.tools.core.server import create_app
from segue.tools.core.settings import load_settings
from segue.tools.core.store import new_id
from tests.http_support import serving

RATE = 22050
PITCHES = (60, 64, 67, 72, 69, 65, 62, 60)


def tune():
    """Plucked tones, half a second each."""
    time = np.arange(RATE // 2) / RATE
    tones = [
        sum(0.3 / n * np.sin(2 * np.pi * n * 440 * 2 ** ((pitch - 69) / 12) * time) for n in (1, 2, 3)) * np.exp(-4 * time)
        for pitch in PITCHES
    ]  # fmt: skip
    return Waveform(np.concatenate(tones)[None].astype(np.float32), RATE)


@pytest.fixture(scope="module")
def url():
    with serving(create_app([load_served("basicpitch", load_settings())])) as url:
        yield url


def transcribed(home, **settings):
    with Agent(load_settings(home=home, **settings)) as agent:
        clip = agent.store.add_wave(tune())
        piece = agent.store.save(Piece(id=new_id(), owner="local", title="tune", clip=clip))
        result = agent.run_tool("transcribe", {"clip": {"id": piece.id}, "to": ["notes", "chords"], "stem": "melody"})
        assert result.status == "done", result.error
        made = agent.store.piece(result.out["piece"]["id"], "local")
        return result, agent.store.score(made.score)


def test_the_notes_that_a_server_hears_are_those_heard_here(url, tmp_path):
    result, served = transcribed(tmp_path / "a", servers={"transcribe": url}, prefer={"transcribe": "remote"})
    here, embedded = transcribed(tmp_path / "b")
    assert (result.backend, here.backend) == ("remote", "basicpitch")
    assert "The notes are what basicpitch hears; the rest was measured here." in result.notes
    heard, own = ([(n.pitch, round(n.start, 2)) for p in score.parts for n in p.notes] for score in (served, embedded))
    assert heard == own
    assert [pitch for pitch, _ in heard] == list(PITCHES)


def test_progress_ends_whole_and_a_job_without_sound_is_refused(url, tmp_path):
    client = JobClient(url)
    encode(tune(), tmp_path / "tune.wav")
    blob = client.upload((tmp_path / "tune.wav").read_bytes())
    told = []
    wish = {"task": "transcribe", "model": "basicpitch", "outputs": ["midi"]}
    request = JobRequest.model_validate(wish | {"audio": {"src": blob}, "edit": {"track": "kazoo"}})
    job = client.run(request, "key", lambda done, total, stage: told.append(done / total))
    assert told == sorted(told)
    assert job.status.done == job.status.total
    assert job.outputs["0/midi"].startswith(b"MThd")
    assert "It knows no part 'kazoo': every pitched note is written down." in job.status.notes
    with pytest.raises(InvalidArgument, match=r"audio\.src"):
        client.run(JobRequest.model_validate(wish), "other", lambda *told: None)
