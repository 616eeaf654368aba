"""Search over what nobody plans for: hardly any library, filters that nothing satisfies, and text of every kind."""

import pytest

from segue.tools.core.errors import CannotDo
from tests.collection_support import known_tracks
from tests.test_collection_search import Desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("home"), known_tracks())
    yield desk
    desk.catalogue.close()


@pytest.mark.parametrize(
    "asked",
    [{"query": "jazz"}, {}, {"action": "playlist"}, {"filters": {"genre": "jazz"}}, {"adjust": {"energy": 1}}, {"query": "🎷"}],
)  # fmt: skip
def test_an_empty_library_always_says_what_to_do(home, asked):
    desk = Desk(home, [])
    with pytest.raises(CannotDo, match=r"empty.*segue library add"):
        desk.ask(**asked)
    desk.catalogue.close()


def test_a_library_of_one_track(home):
    desk = Desk(home, known_tracks(1))
    assert [item.id for item in desk.ask("jazz").items] == ["t_000"]
    assert [item.id for item in desk.ask(action="playlist", k=30).items] == ["t_000"]
    assert [item.id for item in desk.ask(order="path").items] == ["t_000"]
    assert desk.ask("more", adjust={"energy": 1}).items
    assert "more energy" in desk.notes[-1]
    assert not desk.ask("metal").items
    assert "'metal'" in desk.notes[-1]
    assert not desk.ask(like=["t_000"], action="similar").items
    assert "nothing besides" in desk.notes[-1]
    assert not desk.ask(filters={"exclude": ["t_000"]}).items
    assert "Without 'not shown before' there would be 1 track." in desk.notes[-1]
    desk.catalogue.close()


def relaxations(track):
    """Of each case the filters, and how many tracks the proposed constraint to drop would bring."""
    return [
        ({"genre": "metal", "bpm_max": 10}, "'up to 10 bpm'", track(lambda t: t.genres == ["Metal"])),
        ({"year_min": 2050}, "'from 2050 or more'", track(lambda t: True)),
        ({"genre": "polka", "rating_min": 5}, "'polka'", track(lambda t: t.rating == 5)),
        ({"genre": "jazz", "year_min": 2050, "rating_min": 4}, "'from 2050 or more'",
         track(lambda t: t.genres == ["Jazz"] and t.rating >= 4)),
        ({"year_min": 2050, "bpm_min": 400}, "'from 2050 or more' and '400 or more bpm'", track(lambda t: True)),
        ({"artist": "Artist A", "bpm_min": 400}, "'400 or more bpm'", track(lambda t: t.artist == "Artist A")),
    ]  # fmt: skip


@pytest.mark.parametrize("case", range(6))
def test_what_to_relax_is_proposed_with_what_it_would_bring(desk, case):
    def count(test):
        return sum(test(track) for track in desk.tracks.values())

    filters, dropped, would = relaxations(count)[case]
    assert desk.ask(filters=filters).items == []
    assert f"Without {dropped} there would be {would} track{'s' if would != 1 else ''}." in desk.notes[-1]


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"year_min": 2000, "year_max": 1990}, "No year is at least 2000 and at most 1990."),
        ({"bpm_min": 200, "bpm_max": 90}, "No tempo is at least 200 and at most 90."),
        ({"duration_min_s": 500, "duration_max_s": 100}, "No length is at least 500 and at most 100."),
        ({"genre": "jazz", "exclude_genres": ["Jazz"]}, "jazz is both asked for and excluded."),
        ({"artist": "Artist A", "exclude_artists": ["artist a"]}, "Artist A is both asked for and excluded."),
    ],
)
def test_contradictions_are_called_that_and_nothing_is_shown(desk, filters, said):
    assert desk.ask(filters=filters).items == []
    assert said in desk.notes
    assert "Without" in desk.notes[-1]


def test_contradictory_words_bring_the_nearest_and_say_so(desk):
    out = desk.ask("calm aggressive")
    assert out.items
    assert any("at once" in note or "known as" in note for note in desk.notes)


LONG = {
    "one word, repeated": "calm " * 2000,
    "one long word": "x" * 10_000,
    "words run together": "jazz" * 2500,
    "no two words alike": " ".join(f"word{n}" for n in range(1200)),
    "names over and over": "Kestrel Ja by Artist A, " * 400,
    "tempos": "120 bpm " * 1200,
    "brackets": "(" * 5000 + ")" * 5000,
    "accents": "e\u0301\u0302" * 3300,
}


@pytest.mark.parametrize("query", LONG.values(), ids=LONG.keys())
def test_ten_thousand_characters_are_read(desk, query):
    out = desk.ask(query)
    assert out.items or desk.notes


def test_what_is_said_a_thousand_times_is_said_once(desk):
    once, often = desk.ask("calm ambient"), desk.ask("calm ambient " * 700)
    assert [item.id for item in once.items] == [item.id for item in often.items]
    assert once.total == often.total


@pytest.mark.parametrize(
    "sign", ['"{}"', "{} AND NOT (", "title:{}", "NEAR({} , 2)", "{}*", "^{}", "{}' OR 1=1 --", "-{}", "{{{}}}", "{}\x00", "%{}%"]
)  # fmt: skip
def test_the_syntax_of_full_text_search_is_only_text(desk, sign):
    assert "Marmalade Am" in {item.title for item in desk.ask(sign.format("Marmalade Am")).items}


@pytest.mark.parametrize(
    "marks", ["\u202e{}", "\u200f{}\u200f", "{} \u2067موسيقى\u2069", "{} שיר", "🎷 {} 🔥", "{}\ufe0f"]
)
def test_marks_of_direction_and_emoji_hide_no_word(desk, marks):
    assert {track.genres[0] for track in desk.found(desk.ask(marks.format("jazz")))} == {"Jazz"}


def test_titles_from_right_to_left_and_with_emoji_are_found(home):
    tracks = known_tracks(6)
    tracks[1].title, tracks[1].artist = "أغنية المطر", "فيروز"
    tracks[2].title, tracks[2].artist = "שיר לשלום", "מירי אלוני"
    tracks[3].title = "🔥 Embers 🔥"
    desk = Desk(home, tracks)
    for query, id in (("أغنية المطر", "t_001"), ("فيروز", "t_001"), ("שיר לשלום", "t_002"), ("embers", "t_003")):
        assert [item.id for item in desk.ask(query).items][:1] == [id]
    desk.catalogue.close()


@pytest.mark.parametrize("query", ["🎷🔥", "…", '"', "* * *", "()[]{}"])
def test_signs_without_a_word_are_said_to_ask_for_nothing(desk, query):
    assert len(desk.ask(query).items) == 5
    assert "holds no word to search for" in desk.notes[0]
