"""Searching: words, filters, likeness, critiques, lists; every result is checked against the known values."""

import itertools
from typing import get_args

import numpy as np
import pytest

from segue.tools import retrieve
from segue.tools.collection.felt import felt_bpm
from segue.tools.collection.postings import Postings
from segue.tools.core.base import ItemRef
from segue.tools.core.errors import CannotDo, NotFound
from segue.tools.core.registry import backends, load
from segue.tools.core.store import new_id
from tests.collection_support import fill, known_tracks, make_context, make_home


class Desk:
    """The retrieve tool over a library of known tracks."""

    def __init__(self, home, tracks):
        self.settings, self.store, self.catalogue = make_home(home)
        fill(self.store, self.catalogue, tracks)
        self.tracks = {track.id: track for track in tracks}
        self.context, self.notes = make_context(self.settings, self.store)
        backend = next(b for b in backends("retrieve") if b.name == "catalogue")
        self.run = load(backend, self.settings)

    def ask(self, query="", like=(), unlike=(), among=(), **rest) -> retrieve.Out:
        self.notes.clear()
        refs = {
            name: [ItemRef(id=id) for id in ids] for name, ids in (("like", like), ("unlike", unlike), ("among", among))
        }
        return self.run(retrieve.Args(query=query, **refs, **rest), self.context)

    def found(self, out):
        return [self.tracks[item.id] for item in out.items]


@pytest.fixture
def desk(home):
    desk = Desk(home, known_tracks())
    yield desk
    desk.catalogue.close()


def test_genre_and_mood_in_words(desk):
    out = desk.ask("calm ambient")
    assert {track.genres[0] for track in desk.found(out)} == {"Ambient"}
    assert out.total == 10
    assert len(out.items) == 5
    assert all("tagged Ambient" in item.reasons for item in out.items)
    assert all(item.score <= 1 for item in out.items)


def test_titles_are_found_exactly_and_misspelt(desk):
    assert desk.ask("play Kestrel Ja").items[0].title == "Kestrel Ja"
    out = desk.ask("play marmelade am")
    assert out.items[0].title == "Marmalade Am"
    assert any("you wrote 'marmelade am'" in reason for reason in out.items[0].reasons)


def test_every_hard_filter_holds(desk):
    cases = {
        "bpm": ({"bpm_min": 90, "bpm_max": 110}, lambda t: 90 <= t.bpm <= 110),
        "year": ({"year_min": 1990, "year_max": 1999}, lambda t: 1990 <= t.year <= 1999),
        "key": ({"key": "Dm"}, lambda t: t.key == "D minor"),
        "camelot": ({"key": "8A"}, lambda t: t.key == "A minor"),
        "length": ({"duration_max_s": 180}, lambda t: t.duration_s <= 180),
        "vocals": ({"vocals": False}, lambda t: t.vocals < 0.5),
        "rating": ({"rating_min": 4}, lambda t: t.rating >= 4),
        "unplayed": ({"unplayed": True}, lambda t: not t.playcount),
        "plays": ({"plays_max": 1}, lambda t: (t.playcount or 0) <= 1),
        "genre": ({"genre": "metal"}, lambda t: t.genres == ["Metal"]),
        "no genre": ({"exclude_genres": ["rap", "house"]}, lambda t: t.genres[0] not in ("Lo-Fi Hip Hop", "House")),
        "artist": ({"artist": "artist b"}, lambda t: t.artist == "Artist B"),
        "no artist": (
            {"exclude_artists": ["Artist A", "Artist C"]},
            lambda t: t.artist not in ("Artist A", "Artist C"),
        ),
    }
    for name, (filters, holds) in cases.items():
        for query in ("", "calm"):
            out = desk.ask(query, filters=filters, k=100)
            assert out.items, name
            assert all(holds(track) for track in desk.found(out)), name
        assert desk.ask(filters=filters).total == sum(map(holds, desk.tracks.values())), name


def test_excluded_ids_never_come_back(desk):
    seen: list[str] = []
    for _ in range(4):
        out = desk.ask("jazz", filters={"exclude": seen})
        ids = [item.id for item in out.items]
        assert not set(ids) & set(seen)
        seen += ids
    assert len(seen) == 10
    assert "shown before" in desk.notes[0]


def test_nothing_matches_names_the_cheapest_constraint_to_drop(desk):
    out = desk.ask(filters={"genre": "jazz", "bpm_min": 300})
    assert (out.items, out.total) == ([], 0)
    assert "Without '300 or more bpm' there would be 10 tracks." in " ".join(desk.notes)
    out = desk.ask(filters={"artist": "Nobody Known"})
    assert out.items == []
    assert "no artist 'Nobody Known'" in " ".join(desk.notes)


def test_a_misspelt_artist_is_taken_and_said(home):
    tracks = [t.model_copy(update={"artist": "Óscar Lune"}) if n < 3 else t for n, t in enumerate(known_tracks(12))]
    desk = Desk(home, tracks)
    out = desk.ask(filters={"artist": "Oskar Lune"})
    assert {item.artist for item in out.items} == {"Óscar Lune"}
    assert "'Óscar Lune' was taken" in desk.notes[0]
    desk.catalogue.close()


def test_likeness_prefers_the_same_kind(desk):
    out = desk.ask(like=["t_031"])
    assert "t_031" not in [item.id for item in out.items]
    assert desk.tracks["t_031"].genres == ["Metal"]
    assert sum(track.genres == ["Metal"] for track in desk.found(out)) >= 4
    assert any("as well" in reason for item in out.items for reason in item.reasons)
    away = desk.ask(like=["t_031"], unlike=["t_037"])
    assert "t_037" not in [item.id for item in away.items]


@pytest.mark.parametrize("axis", ["energy", "tempo", "mood", "brightness", "length", "density"])
@pytest.mark.parametrize("steps", [-2, -1, 0.5, 1, 2])
def test_critiques_really_move_the_axis(desk, axis, steps):
    seed = desk.tracks["t_026"]
    value = {"tempo": lambda t: t.bpm, "length": lambda t: t.duration_s}.get(axis, lambda t: t.axes.get(axis))
    out = desk.ask(like=[seed.id], adjust={axis: steps})
    assert out.items
    for item, track in zip(out.items, desk.found(out), strict=True):
        assert (value(track) - value(seed)) * steps > 0
        assert any("than" in reason for reason in item.reasons)


def test_more_when_there_is_no_more_is_said(desk):
    top = max(desk.tracks.values(), key=lambda t: t.axes["energy"])
    out = desk.ask(like=[top.id], adjust={"energy": 1})
    assert out.items
    assert "Nothing that fits is more energy" in " ".join(desk.notes) or "Nothing that fits" in " ".join(desk.notes)
    assert not any(reason.startswith("more energy than") for item in out.items for reason in item.reasons)


def test_hold_keeps_the_other_axis(desk):
    seed = desk.tracks["t_026"]
    out = desk.ask(like=[seed.id], adjust={"tempo": 1}, hold=["energy"])
    assert not desk.notes
    for track in desk.found(out):
        assert felt_bpm(track) > felt_bpm(seed)
        assert abs(track.axes["energy"] - seed.axes["energy"]) < 0.25


def test_without_a_seed_more_means_more_than_this_library(desk):
    middle = np.median([t.axes["energy"] for t in desk.tracks.values()])
    out = desk.ask("music", adjust={"energy": 1})
    assert all(track.axes["energy"] > middle for track in desk.found(out))


def test_orders_totals_and_artists(desk):
    up = [t.axes["energy"] for t in desk.found(desk.ask("", k=20, order="energy_up"))]
    down = [t.axes["energy"] for t in desk.found(desk.ask("calm", k=9, order="energy_down"))]
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)
    for minutes in (10, 17, 45):
        out = desk.ask(filters={"bpm_max": 170}, total_s=minutes * 60, action="playlist")
        assert sum(t.duration_s for t in desk.found(out)) == pytest.approx(minutes * 60, abs=60)
    out = desk.ask("jazz", k=10, max_per_artist=1)
    artists = [track.artist for track in desk.found(out)]
    assert len(artists) == len(set(artists))


def test_a_path_leads_from_one_to_the_other(desk):
    start, end = "t_002", "t_055"
    out = desk.ask(like=[start, end], order="path", k=8, action="playlist")
    energies = [t.axes["energy"] for t in desk.found(out)]
    assert np.mean(energies[:4]) < np.mean(energies[4:])
    assert any("not smooth" in note for note in desk.notes)


def test_among_sorts_and_filters_only_these(desk):
    ids = ["t_000", "t_001", "t_002", "t_003", "t_004", "t_005", "t_006"]
    out = desk.ask(among=ids, order="energy_up")
    assert sorted(item.id for item in out.items) == ids
    energies = [t.axes["energy"] for t in desk.found(out)]
    assert energies == sorted(energies)
    fast = desk.ask(among=ids, filters={"bpm_min": 68})
    assert {item.id for item in fast.items} == {"t_004", "t_005", "t_006"}
    calm = desk.ask(among=ids, adjust={"energy": -1})
    assert all(t.axes["energy"] < np.median(energies) for t in desk.found(calm))


VALUES = {
    "tempo": lambda t: t.bpm, "year": lambda t: t.year, "length": lambda t: t.duration_s, "rating": lambda t: t.rating,
    "plays": lambda t: t.playcount, "title": lambda t: t.title.casefold(), "artist": lambda t: t.artist.casefold(),
    "key": lambda t: (int(t.camelot[:-1]), t.camelot[-1]),
}  # fmt: skip


@pytest.mark.parametrize("order", [order for order in get_args(retrieve.Order) if order.split("_")[0] in VALUES])
def test_a_list_is_ordered_by_a_field(home, order):
    """Equal ones keep the order they were given in, and what is not known stands at the end, which is said."""
    field, _, way = order.partition("_")
    empty = {
        "title": "",
        "artist": "",
        "length": {"duration_s": None},
        "plays": {"playcount": None},
        "tempo": {"bpm": None},
    }
    tracks = known_tracks(24)
    for n, track in enumerate(tracks):
        track.playcount, track.key, track.camelot = (
            n % 5,
            *[("D minor", "7A"), ("C major", "8B"), ("A minor", "8A")][n % 3],
        )
    gone = empty.get(field)
    unknown = [tracks[n].model_copy(update={"id": f"t_u{n}", **(gone if isinstance(gone, dict) else {field: gone})}) for n in (3, 7)]  # fmt: skip
    desk = Desk(home, tracks + unknown)
    ids = [track.id for track in [unknown[1], *tracks[::-1], unknown[0]]]
    out = desk.ask(among=ids, order=order, k=50)
    known = {track.id: VALUES[field](track) for track in tracks}
    wanted = sorted((id for id in ids if id in known), key=known.get, reverse=way == "down")
    assert [item.id for item in out.items] == [*wanted, "t_u7", "t_u3"]
    assert [
        note for note in desk.notes if note.startswith("2 of them have no ") and note.endswith(" stand at the end.")
    ]
    if field not in ("title", "artist"):
        assert any(char.isdigit() for char in out.items[0].reasons[0]) or out.items[0].key in out.items[0].reasons[0]
    desk.catalogue.close()


def test_what_nobody_rated_stays_as_it_was(home):
    tracks = [track.model_copy(update={"rating": None}) for track in known_tracks(4)]
    desk = Desk(home, tracks)
    out = desk.ask(among=["t_002", "t_000", "t_003"], order="rating_down")
    assert [item.id for item in out.items] == ["t_002", "t_000", "t_003"]
    assert desk.notes == ["None of them has a rating, so they stand as they were."]
    desk.catalogue.close()


def test_a_search_without_any_other_wish_begins_with_the_first_of_its_order(desk):
    years = sorted(track.year for track in desk.tracks.values())
    assert [item.year for item in desk.ask(order="year_up", k=7, action="playlist").items] == years[:7]
    fastest = desk.ask(filters={"genre": "Jazz"}, order="tempo_down", k=3).items
    assert [item.bpm for item in fastest] == sorted((t.bpm for t in desk.tracks.values() if t.genres == ["Jazz"]), reverse=True)[:3]  # fmt: skip
    found = desk.ask("jazz", order="length_down", k=4).items
    lengths = [item.duration_s for item in found]
    assert lengths == sorted(lengths, reverse=True)
    assert {item.genre for item in found} == {"Jazz"}


def test_versions_are_collapsed(home):
    tracks = known_tracks(12)
    tracks += [
        tracks[0].model_copy(update={"id": f"t_v{n}", "title": f"{tracks[0].title} {mark}"})
        for n, mark in enumerate(("(Live)", "- 2011 Remaster"))
    ]
    desk = Desk(home, tracks)
    out = desk.ask("jazz")
    family = [item for item in out.items if item.title.startswith(tracks[0].title)]
    assert len(family) == 1
    assert any("3 recordings" in reason for reason in family[0].reasons)
    desk.catalogue.close()


def test_tracks_not_analysed_are_said(home):
    tracks = known_tracks(20)
    tracks += [
        t.model_copy(
            update={"id": f"t_w{n}", "bpm": None, "analysed": False, "path": f"/gone/{n}.mp3", "title": f"New {n}"}
        )
        for n, t in enumerate(tracks[:3])
    ]
    desk = Desk(home, tracks)
    desk.ask(filters={"bpm_min": 60})
    assert any("3 tracks are not analysed yet" in note and "60 or more bpm" in note for note in desk.notes)
    desk.catalogue.close()


def test_an_unsure_tempo_matches_both_octaves(home):
    tracks = [t.model_copy(update={"bpm_confidence": 0.2}) if t.id == "t_012" else t for t in known_tracks(20)]
    desk = Desk(home, tracks)
    out = desk.ask(filters={"bpm_min": 165, "bpm_max": 171})
    assert [item.id for item in out.items] == ["t_012"]
    assert any("it may be 168" in reason for reason in out.items[0].reasons)
    assert "unsure tempo" in desk.notes[0]
    desk.catalogue.close()


def test_slower_and_faster_go_by_the_tempo_that_is_felt(home):
    tempi = {"Half": (84.0, "Metal"), "Blues": (90.0, "Blues"), "Lofi": (152.0, "Lo-Fi Hip Hop"), "Jungle": (117.0, "Drum & Bass"), "House": (124.0, "House")}  # fmt: skip
    tracks = known_tracks(len(tempi))
    for track, (title, (bpm, genre)) in zip(tracks, tempi.items(), strict=True):
        track.title, track.artist, track.bpm, track.genres, track.moods = title, title, bpm, [genre], []
        track.bpm_confidence = 0.3 if title == "Jungle" else 1.0
    desk = Desk(home, tracks)
    ids = {track.title: track.id for track in tracks}
    assert [felt_bpm(track) for track in tracks] == [168.0, 90.0, 76.0, 175.5, 124.0]

    def names(title, steps):
        return {t.title for t in desk.found(desk.ask(like=[ids[title]], action="similar", adjust={"tempo": steps}))}

    assert names("Blues", -1) == {"Lofi"}  # nothing is surely slower: the felt tempo decides
    assert names("Half", 1) == {"Jungle"}
    assert "Half" not in names("House", -1)
    assert names("Half", -1) == {"Blues", "Lofi", "House"}
    desk.catalogue.close()


@pytest.mark.parametrize(("said", "way"), [("music for the gym", 1), ("something to study to", -1), ("songs for a dinner party", -1), ("something to wake up to", 1)])  # fmt: skip
def test_an_occasion_is_more_or_less_energy(desk, said, way):
    out = desk.ask(said)
    energy = [track.axes["energy"] for track in desk.tracks.values()]
    assert len(out.items) == 5
    assert all(way * (track.axes["energy"] - np.median(energy)) > 0 for track in desk.found(out))
    assert all(any("energy than" in reason for reason in item.reasons) for item in out.items)


def test_reasons_are_true(desk):
    out = desk.ask("jazz", k=8, order="energy_up")
    items = out.items
    for before, item in itertools.pairwise(items):
        for reason in item.reasons:
            if "bpm faster than number" in reason or "bpm slower than number" in reason:
                number = int(reason.rsplit(" ", 1)[1])
                assert items[number - 1].id == before.id
                gap = round(item.bpm) - round(before.bpm)
                assert reason.startswith(f"{abs(gap)} bpm {'faster' if gap > 0 else 'slower'}")
            if "tagged" in reason:
                assert item.genre in reason
    assert any("than number" in reason for item in items for reason in item.reasons)


def test_surprise_is_diverse(desk):
    genres = [track.genres[0] for track in desk.found(desk.ask("", k=6))]
    assert len(set(genres)) >= 4
    draws = {tuple(item.id for item in desk.ask("", k=6).items) for _ in range(4)}
    assert len(draws) > 1


@pytest.mark.parametrize(
    "query",
    ['"', "title:jazz AND NOT (", "* * *", "NEAR(a b)", "jazz' OR 1=1 --", "🎷🎷", "موسيقى هادئة", "a" * 10_000, "%_%", "\x00"],
)  # fmt: skip
def test_any_text_may_be_asked(desk, query):
    out = desk.ask(query)
    assert out.total >= 0
    for item in out.items:
        assert item.id in desk.tracks


def test_words_nobody_carries_are_said(desk):
    out = desk.ask("accordion zydeco washboard")
    assert out.items == [] or any("nearest in meaning" in note or "known as" in note for note in desk.notes)
    assert desk.notes


def test_an_empty_library_says_what_to_do(home):
    desk = Desk(home, [])
    with pytest.raises(CannotDo, match=r"empty.*segue library add"):
        desk.ask("jazz")
    with pytest.raises(NotFound):
        desk.ask(like=["t_unknown"])
    desk.catalogue.close()


def test_one_track(home):
    desk = Desk(home, known_tracks(1))
    assert desk.ask("something").total >= 0
    assert len(desk.ask().items) == 1
    assert desk.ask(like=["t_000"]).items == []
    desk.catalogue.close()


def test_bm25_prefers_rare_words():
    postings = Postings([{"title": "red red house"}, {"title": "blue house"}, {"title": "house"}], {"title": 1.0})
    scores = postings.scores(["blue", "hous"])
    assert scores.argmax() == 1
    assert scores[0] < scores[2] < scores[1]
    assert "green" not in postings
    assert new_id("t").startswith("t_")


def test_a_named_artist_leaves_the_others_out(home):
    tracks = [
        t.model_copy(update={"artist": "Odalys Verne"}) if n in (1, 8) else t for n, t in enumerate(known_tracks(24))
    ]
    desk = Desk(home, tracks)
    out = desk.ask("calm songs by Odalis Verne")
    assert {item.artist for item in out.items} == {"Odalys Verne"}
    near = desk.ask("who sounds like Odalys Verne", action="similar")
    assert near.items
    assert "Odalys Verne" not in {item.artist for item in near.items}
    assert all(any(reason.startswith("most like") for reason in item.reasons) for item in near.items)
    desk.catalogue.close()


def test_a_title_that_is_not_here_is_not_replaced_by_another(desk):
    for query, action in (("The River by Springsteen", "search"), ("Wonderwall", "similar")):
        out = desk.ask(query, action=action)
        assert (out.items, out.total) == ([], 0)
        assert "called or described" in desk.notes[-1]


def test_a_genre_that_is_not_here_gives_its_nearest_and_says_so(desk):
    out = desk.ask("thrash metal")
    assert {track.genres[0] for track in desk.found(out)} == {"Metal"}
    out = desk.ask("vaporwave ambient music by nobody", filters={"genre": "ambient"})
    assert {track.genres[0] for track in desk.found(out)} == {"Ambient"}


def test_what_is_held_is_not_moved(desk):
    seed = desk.tracks["t_026"]
    out = desk.ask(like=[seed.id], adjust={"tempo": -1, "energy": 1}, hold=["energy"])
    assert out.items
    assert not desk.notes
    assert all(track.bpm < seed.bpm for track in desk.found(out))
    assert not any("energy than Paper" in reason for item in out.items for reason in item.reasons)


def test_what_to_drop_counts_only_what_the_words_mean(desk):
    desk.ask("jazz", filters={"year_min": 1800, "year_max": 1900})
    assert "Without 'from 1800 to 1900' there would be 10 tracks." in desk.notes[-1]


def test_the_most_of_something_is_in_order(desk):
    found = desk.ask(query="the calmest tracks", k=10)
    energies = [track.axes["energy"] for track in desk.found(found)]
    assert energies == sorted(energies)
    assert energies[0] == min(track.axes["energy"] for track in desk.tracks.values())


def test_a_far_tempo_is_no_reason_for_likeness(desk):
    found = desk.ask(like=["t_000"], action="similar", k=20)
    seed = desk.tracks["t_000"]
    for item in found.items:
        gap = abs(item.bpm - seed.bpm) / seed.bpm
        assert gap <= 0.12 or not any(reason.endswith((" bpm faster", " bpm slower")) for reason in item.reasons)


def test_where_both_cannot_be_the_move_counts_more_than_what_is_held(desk):
    """All that is as long as the seed is slower: the length is let go, and that is said."""
    seed = desk.tracks["t_030"]
    near = [t for t in desk.tracks.values() if abs(np.log(t.duration_s / seed.duration_s)) <= np.log(1.15)]
    faster = [t.id for t in near if felt_bpm(t) > felt_bpm(seed)]
    found = desk.ask(
        like=["t_030"], action="similar", adjust={"tempo": 1}, hold=["length"], filters={"exclude": faster}
    )
    assert found.items
    assert all(felt_bpm(desk.tracks[item.id]) > felt_bpm(seed) for item in found.items)
    assert any("length" in note and "let go" in note for note in desk.notes)
