"""The store keeps what it was given, bit for bit, and forgets nothing it acknowledged."""

import errno
import shutil

import numpy as np
import pytest

from segue.tools.core.audio import Waveform, quantised
from segue.tools.core.errors import DiskFull, NotFound, StoreError, UnreadableMedia
from segue.tools.core.piece import Piece
from segue.tools.core.score import Note, Part, Score
from segue.tools.core.settings import load_settings
from segue.tools.core.store import Store, new_id


@pytest.fixture
def store(tmp_path):
    store = Store(load_settings(home=tmp_path))
    yield store
    store.close()


def test_a_quantised_sound_comes_back_bit_for_bit(store):
    noise = np.random.default_rng(0).uniform(-0.9, 0.9, (2, 50_000)).astype(np.float32)
    wave = Waveform(quantised(noise), 44100)
    clip = store.add_wave(wave)
    store._cache.clear()
    assert np.array_equal(store.wave(clip).samples, wave.samples)


def test_equal_scores_share_one_blob(store):
    score = Score(parts=[Part(name="bass", notes=[Note(start=0, duration=1, pitch=40)])])
    info = store.add_score(score)
    assert store.add_score(score.model_copy(deep=True)).id == info.id
    assert store.score(info) == score


def test_a_piece_is_seen_by_its_owner_only(store):
    piece = store.save(Piece(id=new_id(), owner="alice", title="mine"))
    assert store.piece(piece.id, "alice").title == "mine"
    with pytest.raises(NotFound):
        store.piece(piece.id, "bob")


def test_clean_removes_only_what_nothing_uses(store):
    used = store.add_wave(Waveform(np.zeros((1, 1000), np.float32), 44100))
    unused = store.add_wave(Waveform(np.ones((1, 1000), np.float32) / 2, 44100))
    store.save(Piece(id=new_id(), clip=used))
    assert store.clean()["blobs"] == 1
    assert store.path(used.id).is_file()
    with pytest.raises(NotFound):
        store.path(unused.id)


def test_a_linked_recording_is_not_copied_and_its_loss_is_said(store, tmp_path):
    song = tmp_path / "song.bin"
    song.write_bytes(b"music")
    blob = store.link_file(song)
    assert store.path(blob) == song.resolve()
    assert store.usage()["blobs"] == 0
    song.unlink()
    with pytest.raises(NotFound, match="scan its folder again"):
        store.path(blob)


def test_a_full_disk_is_said_and_leaves_no_half_written_file(store, monkeypatch, tmp_path):
    song = tmp_path / "song.wav"
    song.write_bytes(b"0" * 1000)

    def full(source, target):
        target.write_bytes(b"0" * 10)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(DiskFull, match="Free some room"):
        store.put_file(song)
    assert list(store.folder.rglob("*.wav")) == []


def test_a_home_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="SEGUE_HOME"):
        Store(load_settings(home=tmp_path / "home"))


def test_a_file_is_read_by_whom_it_was_made_for(store):
    blob = store.put_bytes(b"MThd", ".mid")
    store.own_file(blob, "alice")
    assert store.may_read(blob, "alice")
    assert not store.may_read(blob, "bob")


def test_above_the_quota_the_oldest_go_first_and_ancestors_of_kept_ones_stay(tmp_path):
    store = Store(load_settings(home=tmp_path / "small", store_quota_mb=1))
    rng = np.random.default_rng(1)

    def piece(parents=()):
        noise = quantised(rng.uniform(-0.9, 0.9, (1, 150_000)).astype(np.float32))
        clip = store.add_wave(Waveform(noise, 44100))
        return store.save(Piece(id=new_id(), clip=clip, parents=list(parents)))

    first, old, *_ = [piece() for _ in range(4)]
    kept = piece([first.id])
    removed = store.clean(keep=[kept.id])
    assert removed["pieces"] >= 1
    assert store.piece(first.id, "local")
    assert store.piece(kept.id, "local")
    with pytest.raises(NotFound):
        store.piece(old.id, "local")


@pytest.mark.parametrize("content", [b"", b"these are words, not sound\n" * 50])
def test_what_is_no_recording_is_refused_with_a_hint(store, tmp_path, content):
    path = tmp_path / "song.wav"
    path.write_bytes(content)
    with pytest.raises(UnreadableMedia):
        store.add_recording(path)
    assert store.usage()["blobs"] == 0
