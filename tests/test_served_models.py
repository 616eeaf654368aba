"""Tools by served models, over real HTTP: who is asked, what is sent, what comes back and what is said about it."""

import base64
import json
from contextlib import contextmanager

import numpy as np
import pytest

from segue.agent import Agent
from segue.tools.core.audio import Waveform
from segue.tools.core.jobs import Honoured
from segue.tools.core.models import Output
from segue.tools.core.server import create_app
from segue.tools.core.settings import load_settings
from tests.http_support import serving
from tests.models_support import Listener, as_wav

RATE = 44100


def tone(hz, seconds=2.0, rate=RATE):
    at = np.arange(round(seconds * rate)) / rate
    return 0.3 * np.sin(2 * np.pi * hz * at, dtype=np.float32)[None].astype(np.float32)


def sings(row, **sounds):
    """As long as was wished, and at a pitch that tells the seeds apart."""
    return {"mix": as_wav(tone(200 + row.seed % 500, row.request.music.duration or 3.0, 32000), 32000)}


@contextmanager
def house(home, *models, tools=("generate", "edit", "caption", "tag"), **settings):
    """An agent whose tools know a server of these models."""
    with serving(create_app([model.model() for model in models])) as url:
        given = {"servers": dict.fromkeys(tools, url), "prefer": dict.fromkeys(tools, "remote")} | settings
        with Agent(load_settings(home=home, **given)) as agent:
            yield agent


def run(agent, tool, args):
    result = agent.run_tool(tool, args)
    assert result.status == "done", result.error
    return result


def failed(agent, tool, args):
    result = agent.run_tool(tool, args)
    assert result.status == "failed"
    return result.error


def recording(agent, samples, title="song"):
    """A recording of the user's: sound, and nothing that is known about it."""
    from segue.tools.core.piece import Piece
    from segue.tools.core.store import new_id

    clip = agent.store.add_wave(Waveform(samples, RATE))
    return agent.store.save(Piece(id=new_id(), owner="local", title=title, clip=clip))


def sound(agent, out, take=0):
    piece = agent.store.piece(out["pieces"][take]["id"] if "pieces" in out else out["piece"]["id"], "local")
    return piece, agent.store.wave(piece.clip)


# -- generate -----------------------------------------------------------------------------------------


def test_the_model_that_ignores_least_is_asked_and_says_what_it_did(home):
    plain = Listener("plain", ["generate"], sings, honours=["music.duration"])
    able = Listener(
        "able", ["generate"], sings, honours={"music.duration": "", "music.bpm": "", "music.key": "in words"}
    )
    with house(home, plain, able) as agent:
        result = run(agent, "generate", {"prompt": "rain", "bpm": 90, "key": "D minor", "duration_s": 4, "seed": 1})
        assert [row.request.music.key for row in able.asked] == ["D minor"]
        assert plain.asked == []
        assert "able: key was approximated (in words)." in result.notes
        run(agent, "generate", {"prompt": "rain", "duration_s": 4})
        assert len(plain.asked) == 1, "of equals the first"


def test_the_reply_itself_says_what_was_ignored_and_what_approximated(home):
    """From the words of a turn to the words of its reply, over HTTP."""
    model = Listener("singer", ["generate"], sings, honours={"music.duration": "", "music.key": "in words"})
    with house(home, model) as agent:
        reply = agent.chat("make 4 seconds of ambient piano at 90 bpm in D minor")
    assert [result.backend for result in reply.results] == ["remote"]
    assert model.asked[0].request.music.bpm == 90
    for said in (
        "singer: key was approximated (in words).",
        "singer: bpm was ignored (singer has no such control).",
        "singer: instruments were ignored (singer has no such control).",
    ):
        assert said in reply.reply
        assert said in reply.notes
    assert "duration" not in reply.reply


def test_servers_stand_side_by_side_and_one_of_their_models_can_be_named(home):
    one, two, three = (Listener(name, ["generate"], sings) for name in ("one", "two", "three"))
    with serving(create_app([one.model(), two.model()])) as first, serving(create_app([three.model()])) as second:
        for servers, asked in (
            (f"{first} {second}", one),
            (f"{first}#two {second}", two),
            (f"{second} {first}", three),
        ):
            settings = load_settings(home=home, servers={"generate": servers}, prefer={"generate": "remote"})
            with Agent(settings) as agent:
                run(agent, "generate", {"prompt": "rain", "seed": 1})
            assert [len(model.asked) for model in (one, two, three)].count(1) == 1
            assert len(asked.asked) == 1
            asked.asked.clear()


def test_all_takes_come_back_with_their_seeds(home):
    model = Listener("plain", ["generate"], sings, honours=["music.duration"])
    with house(home, model) as agent:
        out = run(agent, "generate", {"prompt": "rain", "takes": 3, "seed": 5, "duration_s": 1}).out
        seeds = [sound(agent, out, take)[0].made_by.seed for take in range(3)]
        waves = [sound(agent, out, take)[1] for take in range(3)]
    assert seeds == [5, 6, 7]
    assert len({wave.samples.tobytes() for wave in waves}) == 3
    assert {wave.duration_s for wave in waves} == {1.0}


def test_what_one_model_rejects_the_next_one_does(home):
    def judge(request):
        return {"music.duration": Honoured(status="rejected", how="exactly 10 s")}

    strict = Listener("strict", ["generate"], sings, honours=["music.duration", "music.bpm"], judge=judge)
    free = Listener("free", ["generate"], sings, honours=["music.duration"])
    with house(home, strict, free) as agent:
        result = run(agent, "generate", {"prompt": "rain", "bpm": 90, "duration_s": 4})
        assert any("free: bpm was ignored" in note for note in result.notes)


def test_what_every_model_rejects_the_composer_does_and_it_is_said(home):
    model = Listener("strict", ["generate"], sings, judge=lambda request: {"music.duration": Honoured(status="rejected", how="exactly 10 s")})  # fmt: skip
    with house(home, model) as agent:
        result = run(agent, "generate", {"prompt": "a solo piano", "duration_s": 3, "seed": 1})
    assert result.backend == "composer"
    assert any("exactly 10 s" in note and "composer did it instead" in note for note in result.notes)


def test_in_commercial_mode_weights_that_forbid_it_are_refused_by_name(home):
    closed = Listener("musicgen", ["generate"], sings, commercial=False)
    with house(home, closed, commercial=True) as agent:
        result = run(agent, "generate", {"prompt": "a lo-fi loop", "bars": 2, "seed": 1})
        assert result.backend == "composer"
        assert any("musicgen (CC-BY-NC-4.0 weights) forbids commercial use" in note for note in result.notes)
        assert closed.asked == []
    with house(home / "free", closed) as agent:
        result = run(agent, "generate", {"prompt": "rain", "seed": 1})
        assert "The weights of musicgen are not for commercial use (CC-BY-NC-4.0 weights)." in result.notes


def test_sounds_travel_as_bytes_and_what_follows_is_what_comes_after(home):
    heard = {}

    def goes_on(row, src, melody=None, style=None):
        heard.update(src=src, style=style)
        more = tone(500, row.request.music.duration - src.duration_s)
        return {"mix": as_wav(np.concatenate([src.samples, more], axis=1))}

    model = Listener("goes on", ["generate", "continue"], goes_on, honours=["music.duration", "audio.style"])
    with house(home, model) as agent:
        song, other = recording(agent, tone(300)), recording(agent, tone(700), "other")
        wish = {"prompt": "on", "continue_from": {"id": song.id}, "style": {"id": other.id}, "duration_s": 3, "seed": 2}
        result = run(agent, "generate", wish)
        piece, wave = sound(agent, result.out)
        assert np.array_equal(heard["src"].samples, agent.store.wave(song.clip).samples)
        assert np.array_equal(heard["style"].samples, agent.store.wave(other.clip).samples)
        assert model.asked[0].request.music.duration == 5.0
        assert wave.duration_s == 3.0
        assert np.abs(wave.samples - tone(500, 3.0)).max() < 1e-4
        assert set(piece.parents) == {song.id, other.id}
        assert "The new piece holds what comes after; join the two to hear them in a row." in result.notes


def test_an_accompaniment_is_a_completion_and_a_model_without_it_says_so(home):
    able = Listener("able", ["complete"], lambda row, src, **more: {"mix": as_wav(src.samples + tone(150))})
    with house(home, able) as agent:
        song = recording(agent, tone(300))
        out = run(agent, "generate", {"prompt": "bass", "accompany": {"id": song.id}}).out
        assert np.abs(sound(agent, out)[1].samples - tone(300) - tone(150)).max() < 1e-4
    unable = Listener("unable", ["generate"], sings)
    with house(home / "other", unable) as agent:
        song = recording(agent, tone(300))
        result = run(agent, "generate", {"prompt": "bass", "accompany": {"id": song.id}})
        assert "unable cannot take what to accompany into account." in result.notes


def test_a_score_leads_models_that_follow_one(home):
    from segue.tools.music.notation import read_midi
    from tests.models_support import read_bytes

    model = Listener(
        "led",
        ["generate"],
        sings,
        honours={"music.score": "", "music.key": "in words", "music.bpm": "in words", "music.duration": ""},
    )
    with house(home, model) as agent:
        result = run(
            agent, "generate", {"prompt": "a calm tune", "key": "D minor", "bpm": 80, "duration_s": 8, "seed": 3}
        )
        midi = base64.b64decode(model.asked[0].request.music.score["midi"])
        score = read_bytes(midi, "score.mid", read_midi)
        assert abs(score.bpm - 80) < 0.5
        assert any(part.notes for part in score.parts)
        assert "A score that was composed for these wishes leads led." in result.notes
        run(agent, "generate", {"prompt": "a calm tune", "duration_s": 8})
        assert model.asked[1].request.music.score == {}, "words alone need none"


def test_chords_fill_the_length_and_lyrics_keep_their_sections(home):
    model = Listener(
        "plain", ["generate"], sings, honours=["music.chords", "music.duration", "music.bpm", "text.lyrics"]
    )
    with house(home, model) as agent:
        run(agent, "generate", {
            "prompt": "song", "chords": ["C", "G"], "bpm": 120, "duration_s": 9, "lyrics": "[Verse]\nhello\n\n[Chorus]\noh",
        })  # fmt: skip
    request = model.asked[0].request
    assert [(chord.beat, chord.symbol) for chord in request.music.chords] == [
        (0, "C"), (4, "G"), (8, "C"), (12, "G"), (16, "C"),
    ]  # fmt: skip
    assert [(line.section, line.text) for line in request.text.lyrics] == [("verse", "hello"), ("chorus", "oh")]


def test_without_a_preference_the_server_is_asked_for_what_only_it_can(home):
    singer = Listener("singer", ["generate"], sings, honours=["text.lyrics", "music.key"])
    with house(home, singer, prefer={}) as agent:
        assert run(agent, "generate", {"prompt": "a song", "lyrics": "la la", "seed": 1}).backend == "remote"
        assert run(agent, "generate", {"prompt": "a lo-fi loop", "bars": 2, "seed": 1}).backend == "composer"


# -- edit ---------------------------------------------------------------------------------------------


def splits(row, src):
    """Low and high, by a filter; what is left over is nobody's."""
    spectrum = np.fft.rfft(src.samples)
    low = np.fft.irfft(spectrum * (np.fft.rfftfreq(src.frames, 1 / src.sample_rate) < 400), src.frames)
    return {"stems/bass": as_wav(low), "stems/other": as_wav(src.samples - low - 0.001)}


def test_stems_of_a_recording_come_from_the_server_and_sum_to_it(home):
    model = Listener("splitter", ["separate"], splits, outputs=["stems"])
    with house(home, model, prefer={}) as agent:
        mix = tone(100) + tone(900)
        song = recording(agent, mix)
        result = run(agent, "edit", {"clip": {"id": song.id}, "operations": [{"op": "remove", "stems": ["bass"]}]})
        assert result.backend == "remote"
        piece, wave = sound(agent, result.out)
        assert np.abs(wave.samples - (agent.store.wave(song.clip).samples - tone(100))).max() < 1e-3
        assert list(piece.stems) == ["other"]
        whole = agent.store.piece(piece.parents[0], "local")
        total = sum(agent.store.wave(clip).samples for clip in whole.stems.values())
        assert np.abs(total - agent.store.wave(song.clip).samples).max() < 2e-7
        assert whole.parents == [song.id]
        error = failed(agent, "edit", {"clip": {"id": song.id}, "operations": [{"op": "isolate", "stems": ["piano"]}]})
        assert "bass, other" in error.message or "piano" in error.message


def test_several_operations_go_to_whoever_does_them_best_and_in_order(home):
    def paints(row, src):
        ((start, end),) = row.request.edit.spans or [(0, src.duration_s)]
        samples = src.samples.copy()
        samples[:, round(start * RATE) : round(end * RATE)] = 0.1
        return {"mix": as_wav(samples)}

    def extends(row, src):
        return {
            "mix": as_wav(np.pad(src.samples, ((0, 0), (0, round(row.request.music.duration * RATE) - src.frames))))
        }

    painter = Listener("painter", ["inpaint"], paints, honours=["edit.spans"])
    extender = Listener("extender", ["continue"], extends, honours=["music.duration"])
    with house(home, painter, extender) as agent:
        song = recording(agent, tone(300))
        result = run(agent, "edit", {"clip": {"id": song.id}, "operations": [
            {"op": "reverse"}, {"op": "extend", "duration_s": 3}, {"op": "regenerate", "prompt": "bells", "seed": 9},
            {"op": "gain", "db": -6},
        ]})  # fmt: skip
        _, wave = sound(agent, result.out)
        assert extender.asked[0].request.music.duration == 3.0
        assert painter.asked[0].seed == 9
        assert painter.asked[0].request.text.prompt == "bells"
        assert wave.duration_s == 3.0
        assert np.abs(wave.samples - 0.1 * 10 ** (-6 / 20)).max() < 1e-3
        assert [detail["op"] for detail in result.out["details"]] == ["reverse", "extend", "regenerate", "gain"]


def test_bars_of_a_recording_become_seconds(home):
    painter = Listener("painter", ["inpaint"], lambda row, src: {"mix": as_wav(src.samples)}, honours=["edit.spans"])
    with house(home, painter) as agent:
        clicks = np.zeros((1, 12 * RATE), np.float32)
        click = tone(1500, 0.03) * np.linspace(1, 0, round(0.03 * RATE))
        for beat in range(24):
            start = beat * RATE // 2
            clicks[:, start : start + click.shape[1]] += click * (2.5 if beat % 4 == 0 else 1)
        song = recording(agent, clicks)
        run(
            agent, "edit", {"clip": {"id": song.id}, "operations": [{"op": "regenerate", "start_bar": 2, "end_bar": 3}]}
        )
        ((start, end),) = painter.asked[0].request.edit.spans
        assert abs((end - start) - 4.0) < 0.1
        error = failed(agent, "edit", {"clip": {"id": song.id}, "operations": [{"op": "regenerate", "start_bar": 90}]})
        assert "Bar 90" in error.message


def test_a_piece_whose_stems_are_known_stays_exact(home):
    model = Listener("splitter", ["separate", "cover"], splits, outputs=["stems"])
    with house(home, model) as agent:
        made = run(agent, "generate", {"prompt": "a lo-fi loop", "bars": 2, "seed": 1}).out["pieces"][0]
        out = run(agent, "edit", {"clip": {"id": made["id"]}, "operations": [{"op": "remove", "stems": ["drums"]}]}).out
        piece = agent.store.piece(out["piece"]["id"], "local")
        assert model.asked == []
        assert piece.made_by.backend == "dsp"
        assert piece.score is not None


# -- caption, tag --------------------------------------------------------------------------------------


def test_a_caption_is_told_as_an_impression_beside_the_measurement(home):
    model = Listener(
        "listener", ["caption"], lambda row, src: {"text": Output(b"A sine at 200 bpm\x00.", "text/plain")}
    )
    with house(home, model) as agent:
        song = recording(agent, tone(440, 4.0))
        result = run(agent, "caption", {"clips": [{"id": song.id}]})
        (text,) = result.out["texts"]
        assert text.startswith("listener hears: A sine at 200 bpm .\nMeasured: ")
        assert "What listener hears is a model's impression, not a measurement." in result.notes
        run(agent, "caption", {"clips": [{"id": song.id}], "question": "Who plays?"})
        assert model.asked[-1].request.text.prompt == "Who plays?"


def test_tags_of_a_server_come_first_and_the_rest_is_measured(home):
    tags = {"genre": {"value": "drone", "confidence": 0.9}, "loudness": {"value": 3.0, "confidence": 1.0}, "colour": 3}
    model = Listener(
        "tagger", ["tag"], lambda row, src: {"tags": Output(json.dumps(tags).encode(), "application/json")}
    )
    with house(home, model, prefer={}) as agent:
        song = recording(agent, tone(440, 4.0))
        result = run(agent, "tag", {"clip": {"id": song.id}})
        assert result.backend == "remote"
        assert result.out["genre"] == {"value": "drone", "confidence": 0.9}
        assert result.out["loudness"]["value"] < 0
        tags["genre"] = "drone"
        assert run(agent, "tag", {"clip": {"id": song.id}}).backend == "listen"


# -- retrieve ------------------------------------------------------------------------------------------


def pitch(row, src=None):
    """A space of one meaning: how high it is. Words name it, sounds have it."""
    if src is None:
        high = {"high": 1.0, "low": -1.0}[row.request.text.prompt.split()[0]]
    else:
        spectrum = np.abs(np.fft.rfft(src.samples[0]))
        high = 1.0 if np.fft.rfftfreq(src.frames, 1 / src.sample_rate)[spectrum.argmax()] > 600 else -1.0
    return {"vector": Output(json.dumps([high, 0.1]).encode(), "application/json")}


HEARD = [f"number {place} by its sound (clap)" for place in range(1, 6)]


def test_words_are_sorted_by_what_a_served_space_hears_and_vectors_are_kept(home, tmp_path):
    from tests.collection_support import soundfile

    folder = tmp_path / "music"
    folder.mkdir()
    for number, hz in enumerate((200, 1500, 220, 1600, 240)):
        soundfile.write(folder / f"tune {number} {hz}.flac", tone(hz, 3.0)[0], RATE)
    model = Listener("clap", ["embed"], pitch)
    with house(home, model, tools=("retrieve",), prefer={}) as agent:
        run(agent, "library", {"action": "add", "folder": str(folder)})
        result = run(agent, "retrieve", {"query": "high tune", "k": 5})
        assert result.backend == "remote"
        high = {item["title"] for item in result.out["items"] if item["reasons"][-1] in HEARD[:2]}
        assert high == {"tune 1 1500", "tune 3 1600"}
        assert "Sorted by the catalogue and by what clap hears, in equal parts." in result.notes
        sent = len(model.asked)
        assert sent == 6, "the words and five tracks"
        again = run(agent, "retrieve", {"query": "low tune", "k": 5})
        low = {item["title"] for item in again.out["items"] if item["reasons"][-1] in HEARD[:3]}
        assert low == {"tune 0 200", "tune 2 220", "tune 4 240"}
        assert len(model.asked) == sent + 1, "the tracks' vectors were kept"
        playlist = run(agent, "retrieve", {"query": "low tune", "action": "playlist", "k": 2})
        assert playlist.backend == "catalogue"


# -- the same errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("generate", {"prompt": "x", "chords": ["Qx"]}),
        ("generate", {"prompt": "x", "meter": "5/3"}),
    ],
)
def test_the_served_composer_fails_as_the_embedded_one_does(home, tool, args):
    from segue.tools.core.models import load_served

    with Agent(load_settings(home=home)) as agent:
        embedded = failed(agent, tool, args)
    app = create_app([load_served("composer", load_settings(home=home / "server"))])
    with serving(app) as url, Agent(load_settings(home=home / "client", servers={tool: url}, prefer={tool: "remote"})) as agent:  # fmt: skip
        served = failed(agent, tool, args)
    assert served.code == embedded.code
    assert served.message == embedded.message
