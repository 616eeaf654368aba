"""The demo library: announced, resumable, labelled, with truth from its scores."""

from dataclasses import replace

import pytest

from segue.tools.collection import demo
from segue.tools.collection.catalogue import open_catalogue
from segue.tools.core.errors import Cancelled
from segue.tools.core.vocabulary import genres, moods
from tests.collection_support import make_home


def test_the_wishes_cover_the_genres():
    assert len(demo.WISHES) == len({wish.title for wish in demo.WISHES}) == 24
    assert len({wish.genre for wish in demo.WISHES}) == 24
    assert {wish.genre for wish in demo.WISHES} <= set(genres())
    assert {mood for wish in demo.WISHES for mood in wish.moods} <= set(moods())
    assert all(12 <= wish.seconds <= 20 for wish in demo.WISHES)
    assert len({wish.artist for wish in demo.WISHES}) >= 10


def test_a_demo_is_made_once_and_goes_on_where_it_was(home, monkeypatch):
    few = tuple(replace(wish, seconds=4.0) for wish in demo.WISHES if wish.genre in ("folk", "ambient"))
    monkeypatch.setattr(demo, "WISHES", few)
    settings, store, catalogue = make_home(home)
    shown: list[tuple[float, float, str]] = []

    def stop() -> None:
        if any(done == 1 for done, _, _ in shown):
            raise Cancelled("Stopped.")

    def report(done: float, total: float, label: str) -> None:
        shown.append((done, total, label))

    with pytest.raises(Cancelled):
        demo.make_demo(store, settings, report, stop)
    assert shown[0] == (0, 2, "composing")
    first = catalogue.find()[0]
    tracks = demo.make_demo(store, settings, report)
    assert [done for done, _, _ in shown] == [0, 1, 1, 2]
    assert len(tracks) == 2
    assert first.id in [track.id for track in tracks]
    for track in tracks:
        wish = next(wish for wish in few if wish.title == track.title)
        assert (track.bpm, track.bpm_confidence, track.key) == (pytest.approx(wish.bpm), 1.0, wish.key)
        assert (track.album, track.artist) == ("Segue demo", wish.artist)
        assert "Composed by Segue" in track.comment
        assert track.analysed
        assert track.axes
        piece = store.piece(track.id, "anybody")
        assert store.score(piece.score).bpm == pytest.approx(wish.bpm)
        assert store.wave(piece.clip).duration_s == pytest.approx(track.duration_s, abs=0.05)
    shown.clear()
    assert len(demo.make_demo(store, settings, report)) == 2
    assert shown == [(2, 2, "composing")]
    assert open_catalogue(settings).size == 2
    catalogue.close()
