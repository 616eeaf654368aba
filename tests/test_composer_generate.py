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
    takes, notes, early = house(prompt="bossa nova", duration_s=6, seed=5, takes=2)
    by_seed = {piece.made_by.seed: piece for piece in takes}
    assert set(by_seed) == {5, 6}
    assert by_seed[5].clip.id == one.clip.id
    assert by_seed[6].clip.id != one.clip.id
    assert len({piece.title for piece in (one, *takes)}) == 3
    assert [len(out.pieces) for out in early] == [1]
    assert early[0].pieces[0].id == takes[0].id
    [why] = [note for note in notes if "critic" in note]
    assert f"(seed {takes[0].made_by.seed}) comes first" in why


def test_takes_stand_in_the_order_of_the_critic():
    from segue.tools.music.compose_request import Request
    from segue.tools.music.critic import rank
    from segue.tools.music.takes import compose_takes

    request = Request(genre="jazz", duration_s=30, seed=5)
    takes = compose_takes(request, 4, lambda text: None)
    assert sorted((take.number, take.seed) for take in takes) == [(1, 5), (2, 6), (3, 7), (4, 8)]
    scores = [take.score for take in sorted(takes, key=lambda take: take.seed)]
    assert [take.seed - 5 for take in takes] == [one.index for one in rank(scores, request)]
    one = compose_takes(Request(genre="jazz", duration_s=30), 1, lambda text: None)[0]  # the best of some drafts
    assert (
        compose_takes(Request(genre="jazz", duration_s=30, seed=one.seed), 1, lambda text: None)[0].score == one.score
    )


_HASHES = """
import sys
from segue.tools.backends.generate_composer import BACKEND
from segue.tools.core.base import Context
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store
from segue.tools.generate import Args
from segue.tools.music import revise
from segue.tools.music.compose import Request, compose
import hashlib

for genre in ("pop", "jazz_swing", "trap", "classical"):
    score = compose(Request(genre=genre, seed=9, duration_s=40))
    other = revise.set_meter(revise.restyle(score, "house", keep=["bass"], seed=2), "3/4", seed=3)
    other = revise.regenerate(other, 2, 4, "more tension", seed=4)
    print(hashlib.sha256(score.to_json() + other.to_json()).hexdigest())
settings = Settings(home=sys.argv[1])
store = Store(settings)
out = BACKEND.load(settings)(Args(prompt="lo-fi", duration_s=4, seed=3), Context(store, settings, tool="generate"))
print(out.pieces[0].clip.id, sorted(clip.id for clip in out.pieces[0].stems.values()))
store.close()
"""


def test_the_same_seed_gives_the_same_bytes_in_every_process(tmp_path):
    import os
    import subprocess
    import sys

    printed = []
    for number in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": number}
        command = [sys.executable, "-c", _HASHES, str(tmp_path / number)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        printed.append(done.stdout)
    assert len(printed[0].splitlines()) == 5
    assert printed[0] == printed[1]


def test_a_loop_is_exact_to_the_sample(house):
    [piece], _, _ = house(prompt="house loop, 2 bars at 125 bpm", seed=2)
    assert piece.clip.frames == round(2 * 4 * 60 / 125 * piece.clip.sample_rate)
    assert piece.mix["loop"] is True


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


def test_the_first_seconds_of_a_long_piece_come_first_and_are_no_piece(house):
    before = len(house.store.pieces("local", limit=500))
    [piece], _, early = house(prompt="lo-fi", duration_s=26, seed=8)
    assert len(early) == 1
    clip = early[0].preview
    assert early[0].pieces == []
    assert clip.duration_s == pytest.approx(10.0, abs=0.05)
    assert len(house.store.pieces("local", limit=500)) == before + 1
    assert not house.store.may_read(clip.id, "local")  # it was only lent while the rest was rendered
    first, whole = house.store.wave(clip).samples, house.store.wave(piece.clip).samples
    level = [20 * np.log10(np.sqrt(np.mean(part[:, 44_100:396_900] ** 2))) for part in (first, whole)]
    assert abs(level[0] - level[1]) < 1.5  # its gain was predicted
    _, _, early = house(prompt="lo-fi", duration_s=6, seed=8)
    assert early == []
