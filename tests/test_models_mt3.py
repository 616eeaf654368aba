"""MT3's family through the package's own network, spectrogram and vocabulary on small random weights, over real HTTP."""

import importlib.util

import numpy as np
import pytest

from segue.agent import Agent
from segue.tools.backends.served_models import read_bytes
from segue.tools.core.audio import decode
from segue.tools.core.errors import BackendUnavailable, InvalidArgument
from segue.tools.core.jobs import JobRequest
from segue.tools.core.models import Options, load_served
from segue.tools.core.piece import Piece
from segue.tools.core.settings import load_settings
from segue.tools.core.store import new_id
from segue.tools.music.notation import read_midi
from tests import torch_support as support

if not importlib.util.find_spec("mt3_infer"):
    pytest.skip("mt3-infer is not installed", allow_module_level=True)

SHAPE = {"num_layers": 2, "num_decoder_layers": 2, "num_heads": 1, "d_ff": 32}


def load(weights):
    return load_served("mt3", load_settings(), Options(weights=str(weights), batch=2, device="cpu"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A checkpoint as MR-MT3's: the names and the form of the released one, of two layers and with random numbers."""
    import torch
    from mt3_infer.adapters.mr_mt3 import MRMT3Adapter
    from mt3_infer.models.mr_mt3.t5 import T5ForConditionalGeneration
    from transformers import T5Config

    support.one_thread()
    torch.manual_seed(3)
    network = T5ForConditionalGeneration(T5Config.from_dict(MRMT3Adapter().model_config | SHAPE))
    path = tmp_path_factory.mktemp("mt3") / "mt3.pth"
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture
def heard(monkeypatch):
    """Bound what noise may say: random weights never end a segment by themselves."""
    from mt3_infer.models.mr_mt3.t5 import T5ForConditionalGeneration

    library = T5ForConditionalGeneration.generate
    monkeypatch.setattr(
        T5ForConditionalGeneration, "generate", lambda self, inputs, **more: library(self, inputs, max_length=24)
    )


@pytest.fixture(scope="module")
def mt3(weights):
    with support.served(load(weights)) as url:
        yield support.Served(url, "mt3")


def test_a_recording_becomes_midi_with_progress_and_alike_each_time(mt3, heard):
    clip = mt3.client.upload(support.wav(5))
    job = mt3.run("transcribe", audio={"src": clip}, outputs=["midi"])
    shares = [done / total for done, total, _ in mt3.told]
    assert shares == sorted(shares)
    assert job.status.done == job.status.total
    assert job.outputs["0/midi"] == mt3.run("transcribe", "again", audio={"src": clip}, outputs=["midi"]).outputs["0/midi"]  # fmt: skip
    with pytest.raises(InvalidArgument, match=r"audio\.src"):
        mt3.run("transcribe")


def test_the_network_is_what_transformers_makes_of_the_same_weights(weights):
    """Its own T5, with positions added and no bias by distance: the masks that the package misses are the right ones."""
    import torch
    from transformers import T5Config
    from transformers import T5ForConditionalGeneration as Plain

    from segue.tools.backends.model_mt3 import _ears, _state

    ears = _ears(_state(str(weights)), "cpu")
    plain = Plain(T5Config.from_dict(ears.model_config | SHAPE)).eval()
    state = {name: value for name, value in _state(str(weights)).items() if name != "encoder.embed_tokens.weight"}
    plain.load_state_dict(state, strict=False)
    for stack in (plain.encoder, plain.decoder):
        stack.block[0].layer[0].SelfAttention.relative_attention_bias.weight.data.zero_()
    generator = torch.Generator().manual_seed(0)
    sound = torch.randn(2, 30, 512, generator=generator)
    tokens = torch.randint(0, 1400, (2, 9), generator=generator)
    with torch.inference_mode():
        *_, decoded = ears.model.get_model_outputs(inputs=sound, decoder_input_ids=tokens, return_dict=True)
        ours = ears.model.lm_head(decoded.last_hidden_state)
        theirs = plain(
            inputs_embeds=ears.model.proj(sound) + ears.model.encoder.pos_emb(30),
            decoder_inputs_embeds=ears.model.decoder_embed_tokens(tokens) + ears.model.decoder.pos_emb(9),
        ).logits
    assert torch.allclose(ours, theirs, atol=1e-4)
    assert ours.std() > 0.01


@pytest.fixture
def given(monkeypatch):
    """Tokens in the place of the network's: a bass note, a drum, a piano note over the seam of two segments."""
    from mt3_infer.adapters.mr_mt3 import MRMT3Adapter
    from mt3_infer.adapters.vocab_utils import Event, build_codec

    codec = build_codec(1)

    def written(*events):
        return np.array([codec.encode_event(Event(*event)) for event in events] + [-1] * (16 - len(events)))

    first = written(
        ("tie", 0), ("shift", 50), ("velocity", 1), ("program", 33), ("pitch", 40), ("drum", 36),
        ("shift", 100), ("velocity", 0), ("program", 33), ("pitch", 40), ("velocity", 1), ("program", 0), ("pitch", 64),
    )  # fmt: skip
    second = written(("program", 0), ("pitch", 64), ("tie", 0), ("shift", 20), ("velocity", 0), ("pitch", 64))

    def forward(self, features):
        return {"tokens": np.stack([first, second])[: len(features["inputs"])], "frame_times": features["frame_times"]}

    monkeypatch.setattr(MRMT3Adapter, "forward", forward)


def score_of(job):
    return read_bytes(job.outputs["0/midi"], "heard.mid", read_midi)


def test_what_it_hears_is_written_by_instrument_and_a_part_can_be_asked_for(mt3, given):
    clip = mt3.client.upload(support.wav(4))
    parts = score_of(mt3.run("transcribe", "all", audio={"src": clip})).parts
    found = {
        (part.program, part.is_drum): [(round(n.start / 2, 2), round(n.end / 2, 2), n.pitch) for n in part.notes]
        for part in parts
    }
    assert set(found) == {(0, False), (33, False), (0, True)}
    assert found[33, False] == [(0.5, 1.0, 40)]
    assert found[0, False] == [(1.0, pytest.approx(2.048 + 0.2, abs=0.02), 64)]
    bass = mt3.run("transcribe", "bass", audio={"src": clip}, edit={"track": "bass"})
    assert [part.program for part in score_of(bass).parts] == [33]
    assert bass.status.notes == []
    brass = mt3.run("transcribe", "brass", audio={"src": clip}, edit={"track": "brass"})
    assert "It heard no 'brass': every note is written down." in brass.status.notes


def test_times_run_on_from_batch_to_batch(mt3, given):
    """Two segments a batch: of eight seconds the third and fourth begin where the first two end."""
    clip = mt3.client.upload(support.wav(8))
    (bass,) = score_of(mt3.run("transcribe", "long", audio={"src": clip}, edit={"track": "bass"})).parts
    assert [round(note.start / 2, 2) for note in bass.notes] == [0.5, pytest.approx(4.096 + 0.5, abs=0.03)]


def test_the_tool_writes_down_what_it_hears(mt3, given, tmp_path):
    path = tmp_path / "song.wav"
    path.write_bytes(support.wav(4))
    settings = load_settings(home=tmp_path, servers={"transcribe": mt3.client.url}, prefer={"transcribe": "remote"})
    with Agent(settings) as agent:
        piece = agent.store.save(Piece(id=new_id(), owner="local", title="song", clip=agent.store.add_wave(decode(path))))  # fmt: skip
        result = agent.run_tool("transcribe", {"clip": {"id": piece.id}, "to": ["notes"]})
        assert result.status == "done", result.error
        score = agent.store.score(agent.store.piece(result.out["piece"]["id"], "local").score)
    assert result.backend == "remote"
    assert "The notes are what mt3 hears; the rest was measured here." in result.notes
    assert {note.pitch for part in score.parts for note in part.notes} == {40, 64}


def test_cancelling_stops_it_at_its_next_step(mt3):
    class Enough(Exception):
        pass

    def cancel(done, total, stage):
        if stage == "listening":
            raise Enough

    clip = mt3.client.upload(support.wav(60))
    request = JobRequest.model_validate({"task": "transcribe", "model": "mt3", "audio": {"src": clip}})
    with pytest.raises(Enough):
        mt3.client.run(request, "to be cancelled", cancel)
    with pytest.raises(InvalidArgument, match=r"audio\.src"):  # the next job is taken up: the first let go
        mt3.run("transcribe", "after")


def test_weights_that_are_none_are_refused_and_nothing_in_them_is_run(tmp_path, weights):
    import pickle

    import torch

    ran = tmp_path / "ran"

    class Planted:
        def __reduce__(self):
            return open, (str(ran), "w")

    for name, write in (
        ("planted.pth", lambda path: path.write_bytes(pickle.dumps({"proj.weight": Planted()}))),
        ("other.pth", lambda path: torch.save({"encoder.block.0.x.y": torch.zeros(2)}, path)),
        ("torn.pth", lambda path: torch.save(dict(list(torch.load(weights).items())[3:]), path)),
    ):
        write(tmp_path / name)
        with pytest.raises(BackendUnavailable, match="cannot be loaded"):
            load(tmp_path / name)
    assert not ran.exists()
