"""tag, caption and transcribe: true words, honest refusals, files that open."""

import io
import json

import mido
import numpy as np
import pytest

from segue.tools import caption, tag, transcribe
from segue.tools.backends import caption_words, tag_listen, transcribe_basicpitch
from segue.tools.core.audio import Waveform
from segue.tools.core.base import Context, PieceRef
from segue.tools.core.errors import CannotDo, NotFound
from segue.tools.core.piece import MadeBy, Piece
from segue.tools.core.score import ChordSpan, Note, Part, Score, Section
from segue.tools.core.settings import load_settings
from segue.tools.core.store import Store, new_id
from segue.tools.listen.facts import Analysis
from segue.tools.listen.labels import chord_chart, clock
from segue.tools.listen.words import Subject, chord_loop, full
from tests.listen_support import RATE, band


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store(load_settings(home=tmp_path_factory.mktemp("home")))
    yield store
    store.close()


@pytest.fixture
def context(store):
    said = []
    context = Context(store=store, settings=store.settings, tool="test", backend="test", say=said.append)
    context.said = said
    return context


@pytest.fixture(scope="module")
def recording():
    return band(["Dm", "Bb", "Gm", "A7"], 96, bars=8)[0]


def kept(context, wave=None, score=None, **more):
    piece = Piece(
        id=new_id(),
        clip=context.store.add_wave(wave) if wave else None,
        score=context.store.add_score(score) if score else None,
        **more,
    )
    return PieceRef(id=context.store.save(piece).id)


def song():
    lead = [
        Note(start=i, duration=1, pitch=72 + i % 5, lyric=word)
        for i, word in enumerate(["la", "la", "lo-", "ve"] + [None] * 28)
    ]
    bass = [Note(start=4 * i, duration=4, pitch=40) for i in range(8)]
    return Score(
        title="Song",
        tempo=[{"bpm": 90}],
        key="A minor",
        bars=8,
        genre="folk",
        chords=[ChordSpan(start=8 * i, duration=8, symbol=s) for i, s in enumerate(["Am", "F", "C", "G"])],
        sections=[Section(name="verse", start_bar=1, bars=4), Section(name="chorus", start_bar=5, bars=4)],
        parts=[
            Part(name="tune", role="melody", instrument="flute", program=73, notes=lead),
            Part(name="bass", role="bass", stem="bass", instrument="upright bass", program=32, notes=bass[4:]),
        ],
    )


def run(backend, args, context):
    return backend.BACKEND.load(context.settings)(args, context)


def ask(context, question, *refs, detail="full"):
    out = run(caption_words, caption.Args(clips=list(refs), question=question, detail=detail), context)
    assert len(out.texts) == (1 if question else len(refs))
    return out.texts[0]


def test_tag_measures(context, recording):
    out = run(tag_listen, tag.Args(clip=kept(context, recording)), context)
    assert out.bpm.value == pytest.approx(96, rel=0.02)
    assert out.key.value == "D minor"
    assert out.meter.value == "4/4"
    assert -40 < out.loudness.value < 0
    assert out.duration_s == pytest.approx(recording.duration_s)
    assert out.valence.confidence < 0.5
    assert {0.5, 2.0} <= {round(t / out.bpm.value, 1) for t in out.tempo_alternatives.value}
    assert [(span.key, span.start_s) for span in out.keys.value] == [("D minor", 0.0)]
    assert out.replaygain.value == pytest.approx(-18 - out.loudness.value, abs=0.02)
    assert out.tempo_stability.value > 0.95
    assert abs(out.tuning_cents.value) < 5
    for name, measured in out.model_dump().items():
        assert name == "duration_s" or 0 <= measured["confidence"] <= 1
        assert name == "duration_s" or (measured["value"] is None) == (measured["confidence"] == 0), name


def test_tag_abstains_on_silence(context):
    out = run(tag_listen, tag.Args(clip=kept(context, Waveform(np.zeros((1, 2 * RATE), np.float32), RATE))), context)
    assert (out.bpm.value, out.key.value, out.genre.value, out.mood.value) == (None, None, None, None)
    assert all(value["value"] is None for name, value in out.model_dump().items() if name != "duration_s")
    assert "silent" in context.said[0]


def test_caption_says_what_was_measured(context, recording):
    ref = kept(context, recording, title="Take 1")
    text = ask(context, None, ref)
    assert "96 bpm" in text
    assert "D minor" in text
    assert "Dm – Bb – Gm – A7" in text
    assert "sings." not in text


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("how fast is it?", "96 bpm"),
        ("which key is it in?", "D minor"),
        ("is there a key change?", "no key change"),
        ("what are the chords?", "0:00 Dm"),
        ("what time signature?", "4/4"),
        ("who is singing this?", "cannot tell"),
        ("is this AI-made?", "cannot tell"),
        ("how loud is it?", "LUFS"),
        ("what ReplayGain would it get?", "dB to −18 LUFS"),
        ("what is the song about?", "speech recogniser"),
        ("does the drummer use brushes from 1962?", "drums"),
        ("is the mastering engineer famous?", "cannot hear that"),
    ],
)
def test_questions_are_answered_from_facts(context, recording, question, words):
    assert words in ask(context, question, kept(context, recording))


def test_our_own_piece_is_called_so(context):
    ref = kept(context, score=song(), title="Song", made_by=MadeBy(tool="generate", backend="composer"))
    assert ask(context, "is this AI-made?", ref).startswith("Yes")
    assert "composer" in ask(context, "who made this?", ref)


def test_sections_of_a_score_say_who_enters(context):
    text = ask(context, None, kept(context, score=song(), title="Song"), detail="sections")
    assert "0:11–0:21 chorus" in text
    assert "upright bass enters" in text


def test_comparisons_name_the_winner(context, recording):
    fast = kept(context, recording, title="Fast")
    slow = kept(context, band(["C", "F"], 72, bars=6)[0], title="Slow")
    assert ask(context, "which is slower?", fast, slow).startswith("“Slow” is slower")
    differences = ask(context, "what differs between these two?", fast, slow)
    assert "tempo" in differences
    assert "D minor" in differences


def test_nothing_is_said_without_evidence():
    text = full(Subject("x", Analysis(duration_s=12, axes=dict.fromkeys(["energy", "brightness", "density"], 0.5))))
    for word in ("drums", "sings", "major", "minor", "bpm", "piano", "guitar"):
        assert word not in text


def test_a_recording_becomes_notes_score_and_picture(context, recording):
    args = transcribe.Args(clip=kept(context, recording, title="Take 1"), to=["notes", "score", "picture", "leadsheet"])
    out = run(transcribe_basicpitch, args, context)
    files = {f.kind: f for f in out.files if "leadsheet" not in f.name}
    data = context.store.path(files["midi"].id).read_bytes()
    assert sum(m.type == "note_on" for track in mido.MidiFile(file=io.BytesIO(data)).tracks for m in track) > 20
    assert b"<score-partwise" in context.store.path(files["score"].id).read_bytes()
    assert b"<svg" in context.store.path(files["picture"].id).read_bytes()[:400]
    assert files["midi"].name == "Take_1.mid"
    assert out.piece.parents == [args.clip.id]
    assert context.store.score(out.piece.score).bpm == pytest.approx(96, rel=0.02)


def test_the_bass_alone(context, recording):
    out = run(transcribe_basicpitch, transcribe.Args(clip=kept(context, recording), to=["notes"], stem="bass"), context)
    part = context.store.score(out.piece.score).parts[0]
    assert part.name == "bass"
    roots = {n.pitch % 12 for n in part.notes}
    assert {2, 10, 7, 9} <= roots
    assert any("bass" in note for note in context.said)


def test_times_as_text_and_json(context, recording):
    args = transcribe.Args(clip=kept(context, recording, title="T"), to=["chords", "beats", "sections", "labels"])
    out = run(transcribe_basicpitch, args, context)
    assert "0:00 Dm | " in out.text
    assert out.piece.id == args.clip.id
    names = {f.name: context.store.path(f.id).read_text() for f in out.files}
    assert len(json.loads(names["T.beats.json"])["beats"]) >= 30
    assert json.loads(names["T.chords.json"])["chords"][0]["label"] == "Dm"
    first = names["T.beats.txt"].splitlines()[0].split("\t")
    assert float(first[0]) == float(first[1])
    assert first[2] == "1.1"


def test_lyrics_are_refused_honestly(context, recording):
    ref = kept(context, recording)
    with pytest.raises(CannotDo, match="speech recogniser"):
        run(transcribe_basicpitch, transcribe.Args(clip=ref, to=["lyrics"]), context)
    run(transcribe_basicpitch, transcribe.Args(clip=ref, to=["chords", "lrc"]), context)
    assert any("speech recogniser" in note for note in context.said)


def test_a_score_is_written_down_exactly(context):
    ref = kept(context, score=song(), title="Song")
    whole = run(transcribe_basicpitch, transcribe.Args(clip=ref, to=["notes", "chords", "lyrics", "lrc"]), context)
    assert whole.piece.id == ref.id
    assert "Am | " in whole.text
    lrc = next(f for f in whole.files if f.name.endswith(".lrc"))
    assert context.store.path(lrc.id).read_text() == "[00:00.00]la la love\n"
    bass = run(transcribe_basicpitch, transcribe.Args(clip=ref, to=["notes"], stem="bass"), context)
    assert context.store.score(bass.piece.score).parts == [song().part("bass")]
    tune = run(transcribe_basicpitch, transcribe.Args(clip=ref, to=["notes"], stem="melody"), context)
    assert context.store.score(tune.piece.score).parts[0].name == "tune"
    assert not context.said or all("sound" in note for note in context.said)
    with pytest.raises(NotFound, match="tune, bass"):
        run(transcribe_basicpitch, transcribe.Args(clip=ref, to=["notes"], stem="kazoo"), context)


def test_silence_has_nothing_to_write_down(context):
    ref = kept(context, Waveform(np.zeros((1, 2 * RATE), np.float32), RATE))
    with pytest.raises(CannotDo, match="No notes"):
        run(transcribe_basicpitch, transcribe.Args(clip=ref, to=["notes"]), context)


def test_small_words():
    assert [clock(s) for s in (0, 5, 65.4, 3729)] == ["0:00", "0:05", "1:05", "1:02:09"]
    loop = [(float(i), i + 1.0, s) for i, s in enumerate(["C", "G", "Am", "F"] * 4)]
    assert chord_loop(Analysis(chords=loop)) == ["C", "G", "Am", "F"]
    chart = chord_chart(Analysis(chords=loop, downbeats=[0, 1, 2, 3, 4, 5, 6, 7], key="C major", meter="1/4", bpm=60))
    assert "| C | G | Am | F |" in chart
