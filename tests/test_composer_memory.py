"""A piece without a seed does not repeat one made before; with a seed nothing is consulted."""

import threading

import pytest

from segue.tools.core.base import Context
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store
from segue.tools.generate import Args
from segue.tools.music import memory as memory_module
from segue.tools.music import takes
from segue.tools.music.compose import Request, compose
from segue.tools.music.fingerprints import fingerprints
from segue.tools.music.memory import FILE, Memory
from tests import composer_support

WISH = Request(genre="rock", bars=12)


def silent(text):
    """Say nothing."""


def named(prints):
    """Return a stand-in for ``fingerprints`` that gives those of a score by its title."""
    return lambda score: frozenset(prints[score.title])


@pytest.fixture
def memory(tmp_path):
    return Memory(tmp_path / "home" / FILE)


@pytest.fixture
def same_seed(monkeypatch):
    """Draw the same first seed every time, and one draft: without a memory every piece would be the first one again."""
    monkeypatch.setattr(takes, "DRAFTS", 1)
    monkeypatch.setattr(takes.secrets, "randbelow", lambda most: 77)


def test_a_piece_is_known_again_after_a_restart_and_only_in_its_genre(memory):
    score = composer_support.piece("rock", 5, duration_s=None, bars=12)
    assert not memory.shared(score)
    memory.remember(score)
    again = Memory(memory.path)
    assert again.shared(score) == fingerprints(score)
    assert any(name[0] == "t" for name in fingerprints(score))
    assert any(name[0] == "d" for name in fingerprints(score))
    assert not again.shared(score.model_copy(update={"genre": "funk"}))


def test_what_was_made_before_is_drawn_again(memory, same_seed):
    first, second, third = (takes.compose_takes(WISH, 1, silent, memory)[0] for _ in range(3))
    assert [(take.seed, take.redrawn) for take in (first, second, third)] == [(77, 0), (78, 1), (79, 2)]
    prints = [fingerprints(take.score) for take in (first, second, third)]
    assert len(prints[0] | prints[1] | prints[2]) == sum(map(len, prints))
    assert compose(Request(genre="rock", bars=12, seed=second.seed)) == second.score  # its seed gives it again


def test_takes_of_one_request_differ_from_each_other(memory, monkeypatch):
    made = iter(range(1000))

    def twice(request, say):
        return composer_support.piece("rock", next(made) // 2, duration_s=None, bars=12)

    monkeypatch.setattr(takes, "compose", twice)
    chosen = takes.compose_takes(WISH, 2, silent, memory)
    assert chosen[0].redrawn >= 1
    assert not fingerprints(chosen[0].score) & fingerprints(chosen[1].score)


def test_with_a_seed_or_a_given_tune_nothing_is_consulted(memory):
    score = composer_support.piece("rock", 5, duration_s=None, bars=12)
    memory.remember(score)
    before = memory.path.read_bytes()
    [seeded] = takes.compose_takes(Request(genre="rock", bars=12, seed=5), 1, silent, memory)
    assert seeded.score == score
    takes.compose_takes(Request(genre="rock", melody=score), 1, silent, memory)
    assert memory.path.read_bytes() == before


def test_where_every_draft_repeats_something_it_is_said(memory, monkeypatch):
    said = []
    monkeypatch.setattr(memory, "shared", lambda score: frozenset({"d0", "t1"}))
    [take] = takes.compose_takes(WISH, 1, said.append, memory)
    assert take.redrawn == takes.REDRAWS
    [note] = [text for text in said if "earlier piece" in text]
    assert "tune" in note
    assert "drums" in note


def test_the_file_is_bounded_and_the_newest_are_kept(memory, monkeypatch):
    score = composer_support.piece("rock", 5, duration_s=None, bars=12)
    lines = {str(i): [f"t{i:012x}"] * 3 for i in range(40)}
    monkeypatch.setattr(memory_module, "_MOST_BYTES", 400)
    monkeypatch.setattr(memory_module, "fingerprints", named(lines))
    for i in range(40):
        memory.remember(score.model_copy(update={"title": str(i)}))
        assert memory.path.stat().st_size <= 400
    fresh = Memory(memory.path)
    assert fresh.shared(score.model_copy(update={"title": "39"}))
    assert not fresh.shared(score.model_copy(update={"title": "3"}))
    assert [path.name for path in memory.path.parent.iterdir()] == [FILE]


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe no tab", b"rock", b"rock\tt1\nrock\t\xff\xff t2 \n\n\t"])
def test_a_broken_file_does_no_harm(memory, content):
    memory.path.parent.mkdir()
    memory.path.write_bytes(content)
    score = composer_support.piece("rock", 5, duration_s=None, bars=12)
    assert not memory.shared(score)
    memory.remember(score)
    assert memory.shared(score)


def test_without_a_place_to_write_this_process_still_remembers(tmp_path):
    (tmp_path / "home").write_text("a file where the folder should be")
    memory = Memory(tmp_path / "home" / FILE)
    score = composer_support.piece("rock", 5, duration_s=None, bars=12)
    memory.remember(score)
    assert memory.shared(score) == fingerprints(score)


def test_many_write_at_once(memory, monkeypatch):
    score = composer_support.piece("rock", 5, duration_s=None, bars=12)
    lines = {str(i): {f"t{i:012x}-{k:04}" for k in range(200)} for i in range(60)}
    monkeypatch.setattr(memory_module, "fingerprints", named(lines))

    def write(first):
        own = Memory(memory.path)  # as another process would
        for i in range(first, first + 20):
            own.remember(score.model_copy(update={"title": str(i)}))

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 20, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for title, prints in lines.items():
        assert memory.shared(score.model_copy(update={"title": title})) == prints


def test_the_composer_keeps_its_memory_in_the_users_folder(tmp_path, same_seed):
    from segue.tools.backends.generate_composer import BACKEND

    settings = Settings(home=tmp_path)
    store = Store(settings)
    seeds = []
    for _ in range(2):  # two starts of the program
        context = Context(store, settings, tool="generate")
        out = BACKEND.load(settings)(Args(prompt="rock", bars=8), context)
        seeds.append(out.pieces[0].made_by.seed)
    BACKEND.load(settings)(Args(prompt="rock", bars=2, seed=1), Context(store, settings, tool="generate"))
    store.close()
    assert len((tmp_path / FILE).read_text().splitlines()) == 2
    assert seeds[0] != seeds[1]
