"""The store keeps what it was given, bit for bit, and forgets nothing it acknowledged."""

import numpy as np
import pytest

from segue.tools.core.audio import Waveform, quantised
from segue.tools.core.errors import NotFound
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
