"""ACE-Step 1.5 through its own protocol: songs, bars written anew, other styles; and every way in which its server fails."""

import io

import numpy as np
import pytest
import soundfile

from segue.agent import Agent
from segue.tools.backends.acestep_server import AceStep
from segue.tools.core.base import Context
from segue.tools.core.errors import BackendUnavailable, Cancelled, CannotDo, Transient
from segue.tools.core.piece import Piece
from segue.tools.core.settings import load_settings
from segue.tools.core.store import Store, new_id
from tests.acestep_double import RATE, acestep
from tests.listen_support import band


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def recording():
    return band(["Dm", "Bb", "Gm", "A7"], 120, bars=8)[0]


def agent_at(url, home, **more):
    prefer = {"generate": "acestep", "edit": "acestep"}
    return Agent(load_settings(home=home, servers={"acestep": url}, prefer=prefer, retries=1, **more))


def made(url, home, tool="generate", **args):
    with agent_at(url, home) as agent:
        result = agent.run_tool(tool, {"prompt": "a slow waltz", **args} if tool == "generate" else args)
        kept = [agent.store.piece(p["id"], "local") for p in (result.out or {}).get("pieces", [])]
        return result, kept, [agent.store.wave(piece.clip) for piece in kept]


def test_a_song_is_asked_for_in_the_servers_own_words(shared_home):
    with acestep() as server:
        result, pieces, waves = made(
            server.url, shared_home, genre="folk", mood=["calm"], bpm=96, key="F# minor", meter="3/4", duration_s=14,
            lyrics="[verse]\nla la", takes=2, seed=7, instruments=["harp"],
        )  # fmt: skip
        fields = server.tasks["task-0"]["fields"]
    assert result.backend == "acestep"
    assert result.notes == []
    assert fields == {
        "task_type": "text2music", "prompt": "a slow waltz, folk, calm, with harp", "lyrics": "[verse]\nla la", "batch_size": 2,
        "use_random_seed": False, "seed": "7,8", "audio_format": "flac", "bpm": 96, "key_scale": "F# minor", "time_signature": "3",
        "audio_duration": 14.0,
    }  # fmt: skip
    assert [piece.made_by.seed for piece in pieces] == [7, 8]
    assert [(wave.sample_rate, wave.channels, wave.duration_s) for wave in waves] == [(RATE, 2, 14.0)] * 2
    assert not np.array_equal(waves[0].samples, waves[1].samples)


def test_what_it_cannot_say_is_told(shared_home):
    with acestep() as server:
        result, _, [wave] = made(
            server.url, shared_home, bpm=92.5, key="D dorian", meter="7/8", duration_s=4, chords=["C"], energy=[0, 1]
        )
        fields = server.tasks["task-0"]["fields"]
    assert (fields["bpm"], fields["key_scale"], fields["audio_duration"]) == (92, "D minor", 10.0)
    assert fields["lyrics"] == "[Instrumental]"
    assert wave.duration_s == pytest.approx(4)
    said = " ".join(result.notes)
    for words in ("asked for 92 bpm", "major and minor only", "no 7/8", "cut off", "the chords", "the energy curve"):
        assert words in said


def test_the_style_of_a_clip_is_sent_as_a_file(shared_home, recording):
    with acestep() as server, agent_at(server.url, shared_home) as agent:
        piece = agent.store.save(Piece(id=new_id(), title="ref", clip=agent.store.add_wave(recording)))
        result = agent.run_tool("generate", {"prompt": "like this", "style": {"id": piece.id}, "duration_s": 10})
        task = server.tasks["task-0"]
    assert result.status == "done", result.error
    assert set(task["sounds"]) == {"reference_audio"}
    assert task["fields"]["use_random_seed"] == "false", "forms hold text"


@pytest.fixture
def edited(shared_home, recording):
    def edit(url, *operations, wave=None):
        with agent_at(url, shared_home) as agent:
            piece = agent.store.save(Piece(id=new_id(), title="Take", clip=agent.store.add_wave(wave or recording)))
            result = agent.run_tool("edit", {"clip": {"id": piece.id}, "operations": list(operations)})
            out = agent.store.piece(result.out["piece"]["id"], "local") if result.out else None
            return result, agent.store.wave(piece.clip), agent.store.wave(out.clip) if out else None, out

    return edit


def test_bars_are_painted_anew_and_everything_else_stays(edited):
    with acestep() as server:
        result, before, after, piece = edited(server.url, {"op": "regenerate", "start_bar": 3, "end_bar": 4, "prompt": "a solo", "seed": 5})  # fmt: skip
        task = server.tasks["task-0"]
    assert result.backend == "acestep", result.notes
    fields = task["fields"]
    assert (fields["task_type"], fields["prompt"], fields["seed"]) == ("repaint", "a solo", "5")
    start, end = float(fields["repainting_start"]), float(fields["repainting_end"])
    assert end - start == pytest.approx(4.0, abs=0.15), "two bars at 120 bpm"
    sent, rate = soundfile.read(io.BytesIO(task["sounds"]["src_audio"]))
    assert (len(sent), rate) == (before.frames, before.sample_rate)
    first, last = int((start - 0.01) * before.sample_rate), int((end + 0.01) * before.sample_rate)
    assert after.frames == before.frames
    assert np.array_equal(after.samples[:, :first], before.samples[:, :first])
    assert np.array_equal(after.samples[:, last:], before.samples[:, last:])
    middle = slice(first + before.sample_rate, last - before.sample_rate)
    assert not np.allclose(after.samples[:, middle], before.samples[:, middle], atol=1e-3)
    assert piece.made_by.seed == 5
    assert result.out["details"][0]["how"] == "acestep-v15-turbo, repaint"


def test_another_style_is_a_cover_and_that_is_said(edited):
    with acestep() as server:
        result, _, after, _ = edited(server.url, {"op": "restyle", "prompt": "bossa nova"})
        fields = server.tasks["task-0"]["fields"]
    assert (fields["task_type"], fields["prompt"], fields["audio_cover_strength"]) == ("cover", "bossa nova", "0.6")
    assert after.sample_rate == RATE
    assert any("new recording" in note for note in result.notes)


def test_what_it_cannot_do_the_embedded_engine_does(edited):
    with acestep() as server:
        result, _, after, _ = edited(server.url, {"op": "trim", "end_s": 2})
        assert server.tasks == {}
    assert result.backend == "dsp"
    assert after.duration_s == pytest.approx(2)


@pytest.mark.parametrize(
    ("operation", "why"),
    [({"op": "regenerate", "start_bar": 90}, "Bar 90"), ({"op": "regenerate"}, "Which bars"), ({"op": "regenerate", "section": "solo"}, "No section")],
)  # fmt: skip
def test_bars_that_are_not_there_are_named(edited, operation, why):
    with acestep() as server:
        result, *_ = edited(server.url, operation)
        assert server.tasks == {}
    assert result.status == "failed"
    assert why in result.error.message


def test_a_sound_that_came_back_too_short_is_refused(edited):
    with acestep(short_s=12) as server:
        result, *_ = edited(server.url, {"op": "regenerate", "start_bar": 3, "end_bar": 4})
    assert result.status == "failed"
    assert "less than it was given" in result.error.message


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ({"fail": "CUDA out of memory"}, "CUDA out of memory"),
        ({"elsewhere": "http://127.0.0.1:9/elsewhere"}, "was none"),
    ],
)
def test_a_failure_is_said_and_the_composer_takes_over(shared_home, what, why):
    with acestep(**what) as server:
        result, *_ = made(server.url, shared_home, bars=2)
    assert result.backend == "composer"
    assert any(why in note for note in result.notes)


def test_a_full_queue_is_tried_again_and_one_task_comes_of_it(shared_home):
    with acestep(busy=1) as server:
        result, *_ = made(server.url, shared_home, duration_s=10)
        assert len(server.tasks) == 1
    assert result.backend == "acestep"
    assert result.attempts == 2


def test_a_submission_whose_answer_was_lost_is_not_made_twice(shared_home):
    with acestep(torn=True) as server:
        result, *_ = made(server.url, shared_home, bars=2)
        assert len(server.tasks) == 1
    assert result.backend == "composer"
    assert any("while taking a task" in note for note in result.notes)


@pytest.fixture
def context(tmp_path):
    store = Store(load_settings(home=tmp_path / "h"))
    yield Context(store, store.settings, attempt_key="turn:s1")
    store.close()


def client(server, **more):
    return AceStep(load_settings(servers={"acestep": server.url}, **more))


def test_a_step_that_is_tried_again_asks_about_the_task_it_released(context, monkeypatch):
    with acestep() as server:
        one = client(server)
        fetch = AceStep._fetch
        faults = iter([Transient("torn"), None])

        def sometimes(self, *args):
            if fault := next(faults):
                raise fault
            return fetch(self, *args)

        monkeypatch.setattr(AceStep, "_fetch", sometimes)
        fields = {"prompt": "x", "batch_size": 1, "audio_format": "flac", "audio_duration": 10}
        with pytest.raises(Transient):
            one.run(fields, context)
        assert len(one.run(fields, context)) == 1
        assert len(server.tasks) == 1


def test_a_task_that_the_server_forgot_is_given_up(context, monkeypatch):
    monkeypatch.setattr("segue.tools.backends.acestep_server._UNKNOWN_S", 0.5)
    with acestep(forget=True) as server, pytest.raises(CannotDo, match="does not know the task"):
        client(server).run({"prompt": "x"}, context)


def test_a_cancel_ends_the_waiting_at_once(context):
    def progress(done, total, label):
        context.stop.set()

    context.report = progress
    with acestep(polls=10_000) as server, pytest.raises(Cancelled):
        client(server).run({"prompt": "x"}, context)


def test_keys_and_dead_servers_are_named(context):
    with acestep(key="right") as server:
        with pytest.raises(BackendUnavailable, match="SEGUE_SERVER_KEY"):
            client(server).run({"prompt": "x"}, context)
        assert client(server, server_key="right").models(context.check) == ["acestep-v15-turbo", "other"]
    with pytest.raises(BackendUnavailable, match="does not answer"):
        client(server).run({"prompt": "x"}, context)


def test_a_model_that_forbids_it_is_refused_by_name_in_commercial_use(context):
    with (
        acestep(model="musicgen-large") as server,
        pytest.raises(BackendUnavailable, match=r"musicgen-large.*CC-BY-NC"),
    ):
        client(server, commercial=True).run({"prompt": "x"}, context)
