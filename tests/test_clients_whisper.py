"""Lyrics by a Whisper server: words, times, honest refusals, everything else by the embedded engine."""

import io
import time

import numpy as np
import pytest
import soundfile

from segue.agent import Agent
from segue.tools.core.audio import Waveform
from segue.tools.core.errors import BackendUnavailable, Cancelled, CannotDo, DeadlineExceeded, Transient
from segue.tools.core.openai_server import OpenAiServer
from segue.tools.core.piece import Piece
from segue.tools.core.score import Note, Part, Score
from segue.tools.core.settings import load_settings
from segue.tools.core.store import new_id
from tests.listen_support import band
from tests.openai_double import double, verbose

LINES = [(0.5, 2.0, "Hello darkness"), (2.4, 4.0, "my old friend")]


def sung(seconds=4.0, rate=44_100):
    t = np.arange(int(seconds * rate)) / rate
    return Waveform((0.2 * np.sin(2 * np.pi * 220 * t))[None, :].astype(np.float32), rate)


@pytest.fixture
def asked(home):
    """Ask the transcribe tool, with a Whisper server or without one."""
    agents = []

    def ask(url=None, to=("lyrics", "lrc"), wave=None, score=None, stem=None, **more):
        agent = Agent(load_settings(home=home / str(len(agents)), servers={"whisper": url} if url else {}, retries=0, **more))  # fmt: skip
        agents.append(agent)
        store = agent.store
        clip = store.add_wave(wave or sung()) if score is None else None
        info = store.add_score(score) if score else None
        piece = store.save(Piece(id=new_id(), title="A song", clip=clip, score=info))
        result = agent.run_tool("transcribe", {"clip": {"id": piece.id}, "to": list(to), "stem": stem})
        files = {f["name"]: store.path(f["id"]).read_text() for f in (result.out or {}).get("files", []) if f["kind"] == "text"}  # fmt: skip
        return result, files

    yield ask
    for agent in agents:
        agent.close()


def test_words_come_with_the_times_that_the_server_gives(asked):
    with double(heard=verbose(*LINES), root="openai/whisper-small") as server:
        result, files = asked(server.url)
    assert result.backend == "whisper"
    assert result.out["text"] == "Hello darkness\nmy old friend"
    assert files["A_song.lyrics.txt"] == "Hello darkness\nmy old friend\n"
    assert files["A_song.lrc"] == "[00:00.50]Hello darkness\n[00:02.40]my old friend\n"
    assert any("language: en" in note and "misheard" in note for note in result.notes)
    [body] = server.sent("transcriptions")
    assert body["response_format"] == "verbose_json"
    heard, rate = soundfile.read(io.BytesIO(body["file"]))
    assert (rate, heard.ndim, len(heard)) == (16_000, 1, 4 * 16_000)


def test_without_times_lines_start_with_windows_and_it_is_said(asked):
    with double(plain=True, heard={"text": "la la"}) as server:
        result, files = asked(server.url, to=["lrc"], wave=sung(60))
    stamps = [line[1:9] for line in files["A_song.lrc"].splitlines()]
    assert len(stamps) == 3
    assert stamps[0] == "00:00.00"
    assert "00:20.00" < stamps[1] <= "00:28.00"
    assert any("gave no times" in note for note in result.notes)


def test_plain_words_need_no_windows(asked):
    with double(plain=True, heard={"text": "la la"}) as server:
        result, files = asked(server.url, to=["lyrics"], wave=sung(60))
    assert files == {"A_song.lyrics.txt": "la la\n"}
    assert len(server.sent("transcriptions")) == 1
    assert not any("gave no times" in note for note in result.notes)


def test_a_long_song_is_sent_in_parts_and_its_times_go_on(asked):
    with double(heard=verbose((1.0, 2.0, "once"))) as server:
        _, files = asked(server.url, to=["lrc"], wave=sung(330, 8000))
    first, second = files["A_song.lrc"].splitlines()
    assert first == "[00:01.00]once"
    assert "[04:55" < second < "[05:02"


def test_silence_that_the_recogniser_doubts_is_left_out(asked):
    heard = verbose(*LINES)
    heard["segments"][1] |= {"no_speech_prob": 0.9, "avg_logprob": -1.4}
    with double(heard=heard) as server:
        result, _ = asked(server.url)
        assert result.out["text"] == "Hello darkness"
        assert any("nobody sing" in note for note in result.notes)
        server.heard = verbose((0, 4, "Thank you."), no_speech_prob=0.95, avg_logprob=None)
        result, _ = asked(server.url)
    assert result.status == "failed"
    assert "No words can be heard" in result.error.message


def test_lines_that_the_recogniser_is_unsure_of_are_counted(asked):
    with double(heard=verbose(*LINES, avg_logprob=-1.7)) as server:
        result, _ = asked(server.url)
    assert any("unsure of 2 of 2 lines" in note for note in result.notes)


def test_a_model_that_writes_no_times_is_asked_for_plain_words(asked):
    """vLLM answers verbose_json with no spans and no words then."""

    def heard(body):
        return {"text": "la la" if body["response_format"] == "json" else "", "segments": [], "language": "en"}

    with double(heard=heard) as server:
        _, files = asked(server.url, to=["lyrics"])
    assert files == {"A_song.lyrics.txt": "la la\n"}


def test_the_rest_is_written_down_by_the_embedded_engine(asked):
    wave = band(["Dm", "Bb"], 96, bars=2)[0]
    with double(heard=verbose(*LINES)) as server:
        result, files = asked(server.url, to=["chords", "lyrics"], wave=wave)
    assert set(files) == {"A_song.chords.txt", "A_song.chords.json", "A_song.lyrics.txt"}
    assert "Chords: " in result.out["text"]
    assert "Hello darkness" in result.out["text"]


def test_words_of_a_score_are_exact_and_nobody_is_asked(asked):
    lead = Part(name="melody", notes=[Note(start=0, duration=1, pitch=72, lyric="la")])
    with double(heard=verbose(*LINES)) as server:
        result, _ = asked(server.url, score=Score(parts=[lead]))
        assert server.requests == []
    assert result.out["text"] == "la"


def test_without_a_server_it_is_refused_with_the_setting(asked):
    result, _ = asked(None)
    assert result.status == "failed"
    assert "SEGUE_SERVERS=whisper=" in result.error.message


def test_a_server_that_died_is_named(asked):
    result, _ = asked("http://127.0.0.1:9/v1")
    assert result.status == "failed"
    assert "127.0.0.1:9" in result.error.message


# -- the client itself -----------------------------------------------------------------------------


def nothing():
    """Take no notice."""


def client(server, **more):
    return OpenAiServer("x", load_settings(servers={"x": server.url}, **more))


def test_the_model_is_named_in_the_setting_or_is_the_first():
    with double(models=["a", "b"]) as server:
        assert client(server).model(nothing).id == "a"
        named = OpenAiServer("x", load_settings(servers={"x": server.url.removesuffix("/v1") + "#b"}))
        assert named.model(nothing).id == "b"
        with pytest.raises(BackendUnavailable, match="serves no 'c'"):
            OpenAiServer("x", load_settings(servers={"x": f"{server.url}#c"})).model(nothing)


def test_weights_that_forbid_it_are_refused_by_name_in_commercial_use():
    with double(models=["ears"], root="nvidia/music-flamingo-hf") as server:
        assert client(server).model(nothing).id == "ears"
        with pytest.raises(BackendUnavailable, match=r"nvidia/music-flamingo-hf.*non-commercial"):
            client(server, commercial=True).model(nothing)


def test_the_key_is_sent_and_a_wrong_one_is_said():
    with double(key="right") as server:
        assert client(server, server_key="right").models(nothing)[0].id == "tiny"
        with pytest.raises(BackendUnavailable, match="SEGUE_SERVER_KEY"):
            client(server, server_key="wrong").models(nothing)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"content": b"<html>nginx</html>", "media_type": "text/html"}, Transient),
        ({"content": b'{"choices": []}', "media_type": "application/json"}, Transient),
        ({"content": b'{"choices": [{"message": {"content": null}}]}', "media_type": "application/json"}, Transient),
        ({"content": b"{}", "status_code": 503}, Transient),
        ({"content": b"{}", "status_code": 429}, Transient),
        ({"content": b'{"error": {"message": "too long"}}', "status_code": 400}, CannotDo),
    ],
)
def test_whatever_a_server_does_is_one_typed_error(answer, error):
    from fastapi.responses import Response

    with double(chat=Response(**answer)) as server:
        one = client(server)
        with pytest.raises(error):
            one.chat(one.model(nothing), [], nothing)


def test_an_answer_that_was_cut_off_is_none():
    with double(chat="It is a so", finish="length") as server:
        one = client(server)
        with pytest.raises(CannotDo, match="did not come to an end"):
            one.chat(one.model(nothing), [], nothing)


def test_a_cancel_and_the_clock_end_a_call_at_once():
    def stopped():
        if time.monotonic() > start + 0.2:
            raise Cancelled("Stopped.")

    with double(chat="late", slow_s=2.0) as server:
        one = client(server)
        model = one.model(nothing)
        start = time.monotonic()
        with pytest.raises(Cancelled):
            one.chat(model, [], stopped)
        hurried = client(server, step_timeout_s=0.3)
        with pytest.raises(DeadlineExceeded):
            hurried.chat(model, [], nothing)
        assert time.monotonic() - start < 1.5
