"""The library tool: adding and measuring, identifying, statistics, duplicates, tables, sidecars."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from segue.tools import library, retrieve
from segue.tools.collection import embed as embedding
from segue.tools.collection import index as vector_index
from segue.tools.collection import tagblock
from segue.tools.collection.fingerprint import FingerprintIndex, landmarks
from segue.tools.collection.index import VectorIndex
from segue.tools.collection.measure import describe
from segue.tools.collection.scan import scan
from segue.tools.core import minilm
from segue.tools.core.audio import Waveform, encode
from segue.tools.core.base import ItemRef
from segue.tools.core.errors import Cancelled, CannotDo, InvalidArgument, NotFound
from segue.tools.core.piece import Piece
from segue.tools.core.registry import backends, load
from tests.collection_support import RATE, SONGS, fill, known_tracks, make_context, make_folder, make_home, tone


class Desk:
    """The library and retrieve tools over one data folder."""

    def __init__(self, home):
        self.settings, self.store, self.catalogue = make_home(home)
        self.context, self.notes = make_context(self.settings, self.store)
        self.engines = {name: load(backends(name)[0], self.settings) for name in ("library", "retrieve")}

    def act(self, action, items=(), **rest) -> list[dict]:
        self.notes.clear()
        args = library.Args(action=action, items=[ItemRef(id=id) for id in items], **rest)
        return self.engines["library"](args, self.context).rows

    def find(self, query="", like=(), **rest) -> retrieve.Out:
        self.notes.clear()
        return self.engines["retrieve"](
            retrieve.Args(query=query, like=[ItemRef(id=i) for i in like], **rest), self.context
        )


@pytest.fixture
def desk(home):
    desk = Desk(home)
    yield desk
    desk.catalogue.close()


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A folder that was added and measured once for all tests that only read."""
    place = tmp_path_factory.mktemp("measured")
    folder = make_folder(place / "music")
    desk = Desk(place / "home")
    desk.rows = desk.act("add", folder=str(folder))
    desk.folder = folder
    yield desk
    desk.catalogue.close()


def test_adding_a_small_folder_measures_it(measured):
    row = measured.rows[0]
    assert (row["added"], row["analysed"], row["waiting"], row["broken"]) == (len(SONGS), len(SONGS), 0, 0)
    for track in measured.catalogue.find():
        assert track.analysed
        assert 0 <= track.axes["energy"] <= 1
        assert track.lufs is not None
        assert track.title in [song[0] for song in SONGS]
    assert len(measured.catalogue.fingerprints()) == len(SONGS)
    assert len(measured.catalogue.vectors(embedding.SPACE)) == len(SONGS)


def test_words_tags_and_likeness_over_real_files(measured):
    out = measured.find("jazz")
    assert {item.title for item in out.items} == {"Low Tide", "Café Noir"}
    assert measured.find("glass rain").items[0].title == "Glass Rain"
    seed = out.items[0].id
    like = measured.find(like=[seed], action="similar")
    assert seed not in [item.id for item in like.items]
    assert like.items
    named = measured.find("Low Tide", action="similar")
    assert "Low Tide" not in [item.title for item in named.items]


def test_a_noisy_excerpt_is_identified(measured):
    rng = np.random.default_rng(5)
    for title in ("Glass Rain", "Low Tide"):
        track = measured.catalogue.find("title = ?", (title,))[0]
        sound = measured.store.wave(measured.store.piece(track.id, "local").clip)
        part = sound.samples[:, RATE // 2 : RATE * 7 // 2].copy()
        part += rng.normal(0, 0.02, part.shape).astype(np.float32)
        piece = Piece(id="p_clip", title="clip", clip=measured.store.add_wave(Waveform(part, RATE)))
        measured.store.save(piece)
        found = measured.find(like=["p_clip"], action="identify")
        assert found.items[0].id == track.id
        assert "same recording" in found.items[0].reasons[0]
        assert len(found.items) == 1


def test_an_unknown_excerpt_is_said_to_be_unknown(measured):
    other = tone(4.0, 133, seed=4242).T.copy()
    measured.store.save(Piece(id="p_other", title="other", clip=measured.store.add_wave(Waveform(other, RATE))))
    found = measured.find(like=["p_other"], action="identify", k=2)
    assert "No recording in the library is this one" in measured.notes[0]
    assert len(found.items) == 2


def test_among_pieces_that_are_not_in_the_library(measured):
    for n, gain in enumerate((0.9, 0.05)):
        sound = (tone(4.0, 100 + 40 * n, seed=n) * gain).T.copy()
        measured.store.save(
            Piece(id=f"p_take{n}", title=f"take {n}", clip=measured.store.add_wave(Waveform(sound, RATE)))
        )
    args = retrieve.Args(among=[ItemRef(id="p_take0"), ItemRef(id="p_take1")], order="energy_up")
    out = measured.engines["retrieve"](args, measured.context)
    assert {item.id for item in out.items} == {"p_take0", "p_take1"}


def test_cancelling_stops_soon_and_the_rest_waits(desk, tmp_path):
    folder = make_folder(tmp_path / "music", 3)
    seen = []

    def stop(done, total, label):
        seen.append(label)
        if len(seen) == 3 + 2:
            desk.context.stop.set()

    desk.context.report = stop
    began = time.monotonic()
    with pytest.raises(Cancelled):
        desk.act("add", folder=str(folder))
    assert time.monotonic() - began < 20
    assert desk.catalogue.size == 3
    desk.context.stop.clear()
    desk.context.report = lambda done, total, label: None
    row = desk.act("add", folder=str(folder))[0]
    assert (row["unchanged"], row["waiting"]) == (3, 0)


def test_status_of_nothing_says_what_to_do(desk):
    assert desk.act("status")[0]["tracks"] == 0
    assert "segue library add" in desk.notes[0]
    for action in ("stats", "duplicates", "retag"):
        with pytest.raises(CannotDo, match="empty"):
            desk.act(action)


def test_statistics_count(desk):
    fill(desk.store, desk.catalogue, known_tracks(60))
    rows = desk.act("stats")
    keys = {row["value"]: row["tracks"] for row in rows if row["what"] == "key"}
    assert keys == {"D minor": 20, "C major": 20, "A minor": 20}
    tempi = [row for row in rows if row["what"] == "tempo"]
    assert tempi[0] == {"what": "tempo", "value": "60–69 bpm", "tracks": 5, "share": "8%"}
    assert sum(row["tracks"] for row in tempi) == 60
    assert {row["value"] for row in desk.act("stats", fields=["decade"])} == {f"{y}s" for y in range(1970, 2020, 10)}
    assert desk.act("stats", fields=["colour"]) == []
    assert "no statistics of 'colour'" in desk.notes[0]


def test_duplicates_by_file_by_ear_and_by_name(desk, tmp_path):
    folder = make_folder(tmp_path / "music", 2)
    (folder / "copy.flac").write_bytes((folder / "01.flac").read_bytes())
    sound, rate = soundfile.read(folder / "00.ogg", always_2d=True, dtype="float32")
    encode(Waveform(sound.T.copy(), rate), folder / "00 as mp3.mp3")
    desk.act("add", folder=str(folder))
    rows = desk.act("duplicates")
    same = {row["same"]: sorted(Path(file).name for file in row["files"]) for row in rows}
    assert same["file"] == ["01.flac", "copy.flac"]
    assert same["recording"] == ["00 as mp3.mp3", "00.ogg"]
    assert len(rows) == 2


def test_removing_forgets_and_touches_no_file(desk, tmp_path):
    folder = make_folder(tmp_path / "music")
    scan(desk.catalogue, desk.store, folder)
    before = sorted(p.name for p in folder.iterdir())
    first = desk.catalogue.find()[0].id
    assert desk.act("remove", items=[first])[0]["removed"] == 1
    with pytest.raises(NotFound):
        desk.store.piece(first, "local")
    assert desk.act("remove", folder=str(folder))[0] == {"removed": len(SONGS) - 1, "tracks": 0}
    assert sorted(p.name for p in folder.iterdir()) == before
    with pytest.raises(NotFound, match="Nothing of"):
        desk.act("remove", folder=str(folder))
    with pytest.raises(InvalidArgument):
        desk.act("remove")


def test_retag_writes_sidecars_and_takes_them_back(measured, monkeypatch):
    monkeypatch.setattr(tagblock, "available", lambda: False)  # with it they go into the files: test_collection_retag
    before = {p: p.read_bytes() for p in measured.folder.iterdir()}
    rows = measured.act("retag", fields=["bpm", "key", "mood", "shoe size"])
    assert len(rows) == len(SONGS)
    assert "'shoe size' cannot be written" in measured.notes[0]
    written = json.loads(Path(rows[0]["file"] + ".tags.json").read_text())
    assert written == {k: v for k, v in rows[0].items() if k not in ("file", "written")}
    assert {p: p.read_bytes() for p in before} == before
    measured.act("retag", fields=["undo"])
    assert set(measured.folder.iterdir()) == set(before)
    with pytest.raises(NotFound, match="nothing to undo"):
        measured.act("retag", fields=["undo"])


def test_tables_add_tracks_and_know_plays(desk, tmp_path):
    table = tmp_path / "tracks.csv"
    table.write_text(
        "Track Name;Artist;Genre;BPM;Year;Duration (ms)\nLow Tide;Nina;Jazz;92;1994;181000\n;nobody;;;;\nGlass; Óscar ;Ambient;;2011;3000\n",
        encoding="utf-8",
    )
    row = desk.act("import", folder=str(table))[0]
    assert (row["rows"], row["added"], row["skipped"], row["tracks"]) == (3, 2, 1, 2)
    assert desk.act("import", folder=str(table))[0]["added"] == 0
    assert desk.find("jazz").items[0].duration_s == pytest.approx(181)
    plays = tmp_path / "plays.json"
    plays.write_text(json.dumps([{"title": "low tide", "artist": "NINA", "plays": 7, "rating": 4}]))
    assert desk.act("import", folder=str(plays))[0]["updated"] == 1
    track = desk.catalogue.find("title = 'Low Tide'")[0]
    assert (track.playcount, track.rating, track.genres) == (7, 4.0, ["Jazz"])
    assert desk.find(filters={"unplayed": True}).total == 1
    for bad, text in (("no.csv", "a,b\n1,2\n"), ("no.json", "{nonsense"), ("empty.tsv", "")):
        (tmp_path / bad).write_text(text)
        with pytest.raises(InvalidArgument):
            desk.act("import", folder=str(tmp_path / bad))


def test_midi_files_are_tracks_with_scores(desk, tmp_path):
    import mido

    folder = tmp_path / "midi"
    folder.mkdir()
    file, voice = mido.MidiFile(), mido.MidiTrack()
    file.tracks.append(voice)
    voice.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(90)))
    for pitch in (60, 64, 67, 72):
        voice.append(mido.Message("note_on", note=pitch, velocity=90))
        voice.append(mido.Message("note_off", note=pitch, time=480))
    file.save(folder / "Nina - Four Steps.mid")
    row = desk.act("add", folder=str(folder))[0]
    assert (row["added"], row["analysed"]) == (1, 1)
    [track] = desk.catalogue.find()
    assert (track.title, track.artist, track.bpm) == ("Four Steps", "Nina", pytest.approx(90))
    piece = desk.store.piece(track.id, "local")
    assert piece.score
    assert desk.store.wave(piece.clip).duration_s > 2


def test_landmarks_tell_recordings_apart():
    sounds = [Waveform(tone(5.0, 80 + 7 * n, seed=n).T.copy(), RATE) for n in range(12)]
    index = FingerprintIndex({str(n): landmarks(sound) for n, sound in enumerate(sounds)})
    rng = np.random.default_rng(0)
    for n, sound in enumerate(sounds):
        part = sound.samples[:, 30_000:90_000] * 0.5
        part = (part + rng.normal(0, 0.02, part.shape)).astype(np.float32)
        matches = index.identify(landmarks(Waveform(part, RATE)))
        assert matches[0].id == str(n)
        assert matches[0].start_s == pytest.approx(30_000 / RATE, abs=0.1)
    stranger = Waveform(tone(5.0, 111, seed=999).T.copy(), RATE)
    assert index.identify(landmarks(stranger)) == []
    silence = Waveform(np.zeros((1, RATE), np.float32), RATE)
    assert index.identify(landmarks(silence)) == []


def test_a_large_index_is_kept_and_an_altered_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_index, "EXACT_UP_TO", 3000)
    rng = np.random.default_rng(0)
    matrix = (rng.normal(size=(100, 16))[rng.integers(0, 100, 4000)] + 0.3 * rng.normal(size=(4000, 16))).astype(
        np.float32
    )
    ids = [str(n) for n in range(len(matrix))]
    vectors = dict(zip(ids, matrix, strict=True))
    file = tmp_path / "audio.faiss"
    index = VectorIndex(vectors, ids, file)
    near = index.similarities(matrix[7], most=100)
    assert np.nanargmax(near) == 7
    assert np.isfinite(near).sum() <= 100
    some = np.arange(1, len(ids), 7)
    assert index.similarities(matrix[7], most=100, rows=some) == pytest.approx(near[some], nan_ok=True)
    stamp = file.stat().st_mtime_ns
    VectorIndex(vectors, ids, file)
    assert file.stat().st_mtime_ns == stamp
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    again = VectorIndex(vectors, ids, file)
    assert np.nanargmax(again.similarities(matrix[7])) == 7
    assert file.read_bytes() != bytes(data)


def test_sentences_of_like_meaning_are_near():
    vectors = embedding.embed(["relaxing gentle piano music", "calm slow piano", "aggressive metal guitars", ""])
    assert vectors.shape == (4, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[1] > 0.6 > vectors[0] @ vectors[2]
    alone = embedding.embed(["calm slow piano"])
    assert alone[0] == pytest.approx(vectors[1], abs=1e-5)


def test_a_missing_encoder_is_said(desk, monkeypatch):
    monkeypatch.setattr(minilm, "model_folder", lambda: None)
    for remembered in (minilm.weights, embedding._encoder, embedding.embed_query):
        remembered.cache_clear()
    try:
        assert embedding.embed(["x"]) is None
        fill(desk.store, desk.catalogue, known_tracks(6))
        assert desk.find("jazz").items
    finally:
        monkeypatch.undo()
        for remembered in (minilm.weights, embedding._encoder, embedding.embed_query):
            remembered.cache_clear()


def test_a_track_in_one_line():
    assert describe(known_tracks(1)[0]) == "relaxed jazz, slow, in D minor, instrumental"


@pytest.mark.parametrize("speed", [0.98, 1.02])
def test_an_excerpt_at_another_speed_is_recognised(speed):
    from segue.tools.collection.fingerprint import FingerprintIndex

    songs = {f"t_{n}": Waveform(tone(14, 90 + 10 * n, n).T, RATE) for n in range(4)}
    index = FingerprintIndex({id: landmarks(song) for id, song in songs.items()})
    part = songs["t_2"].samples[:, 2 * RATE : 12 * RATE]
    played = Waveform(part, round(RATE * speed)).resampled(RATE)
    [match, *_] = index.recognise(played)
    assert (match.id, match.speed) == ("t_2", speed)
    assert index.recognise(Waveform(tone(10, 120, 99).T, RATE)) == []
