"""The whole way: arguments to sound, stems, score and title."""

import numpy as np
import pytest

from segue.tools.core.base import Context
from segue.tools.core.errors import Cancelled, InvalidArgument
from segue.tools.core.registry import backends, load
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store
from segue.tools.generate import Args


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    store = Store(settings)
    backend = next(b for b in backends("generate") if b.name == "composer")
    run = load(backend, settings)

    def generate(**wishes):
        notes, early = [], []
        context = Context(
            store=store, settings=settings, tool="generate", backend="composer", say=notes.append, early=early.append
        )
        out = run(Args(**wishes), context)
        return out.pieces, notes, early

    generate.store, generate.settings, generate.run = store, settings, run
    yield generate
    store.close()


def test_a_piece_of_exact_length_with_stems_that_sum_to_it(house):
    [piece], _, _ = house(prompt="90 bpm lo-fi in D minor, 12 seconds, Rhodes and vinyl drums", seed=1)
    score = house.store.score(piece.score)
    assert (score.bpm, score.key, score.genre) == (90, "D minor", "lofi")
    assert piece.duration_s == pytest.approx(12.0, abs=0.01)
    assert set(piece.stems) == {p.name for p in score.parts}
    assert {"rhodes", "vinyl drums"} <= {p.instrument for p in score.parts}
    mix = house.store.wave(piece.clip).samples
    total = sum(house.store.wave(stem).samples.astype(np.float64) for stem in piece.stems.values())
    assert np.array_equal(total.astype(np.float32), mix)
    assert np.abs(mix[:, -2000:]).max() < 0.01  # it rings out, it is not cut
    assert piece.title
    assert piece.made_by.seed == 1


def test_the_same_seed_sounds_the_same_and_takes_differ(house):
    [one], _, _ = house(prompt="bossa nova", duration_s=6, seed=5)
    takes, _, early = house(prompt="bossa nova", duration_s=6, seed=5, takes=2)
    assert takes[0].clip.id == one.clip.id
    assert takes[0].clip.id != takes[1].clip.id
    assert len({piece.title for piece in (one, *takes)}) == 3
    assert len(early) == 1


def test_a_loop_is_exact_to_the_sample(house):
    [piece], _, _ = house(prompt="house loop, 2 bars at 125 bpm", seed=2)
    assert piece.clip.frames == round(2 * 4 * 60 / 125 * piece.clip.sample_rate)


def test_a_given_piece_is_continued_and_its_parent_is_known(house):
    from segue.tools.core.base import PieceRef

    [first], _, _ = house(prompt="folk", duration_s=6, seed=3)
    [after], notes, _ = house(continue_from=PieceRef(id=first.id), duration_s=6, seed=4)
    assert after.parents == [first.id]
    assert house.store.score(after.score).key == house.store.score(first.score).key
    assert notes


def test_a_recording_gives_its_tempo_and_key_by_ear(house):
    from segue.tools.core.base import PieceRef

    context = Context(store=house.store, settings=house.settings)
    [source], _, _ = house(prompt="house in A minor at 126 bpm", duration_s=14, seed=6)
    recording = context.add_piece("a recording", wave=house.store.wave(source.clip))
    [made], notes, _ = house(style=PieceRef(id=recording.id), genre="house", duration_s=6, seed=7)
    assert any("by ear" in note for note in notes)
    assert house.store.score(made.score).bpm == pytest.approx(126, abs=1.5)


def test_unknown_instruments_are_refused_before_anything_is_made(house):
    with pytest.raises(InvalidArgument, match="kazooo"):
        house(prompt="pop", instruments=["kazooo"])


def test_cancelling_stops_it(house):
    import threading

    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        house.run(Args(prompt="pop"), Context(store=house.store, settings=house.settings, stop=stop))
