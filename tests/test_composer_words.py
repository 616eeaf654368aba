"""Words become wishes; arguments win; what cannot be done is said."""

import pytest

from segue.tools.backends.generate_composer import BACKEND, request_from
from segue.tools.generate import Args
from segue.tools.music.compose import Request, compose
from segue.tools.music.compose_words import wishes_in
from segue.tools.music.genres import all_genres, find_genre, find_mood


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("90 bpm lo-fi in D minor, 40 seconds, Rhodes and vinyl drums",
         {"genre": "lofi", "bpm": 90.0, "key": "D minor", "duration_s": 40.0, "instruments": ("rhodes", "vinyl drums")}),
        ("C G Am F, bossa nova", {"genre": "bossa_nova", "chords": ("C", "G", "Am", "F")}),
        ("a 20 second intro", {"duration_s": 20.0, "form": ("intro",)}),
        ("a calm string quartet in 3/4 with 16 bars, no drums or bass",
         {"moods": ("calm",), "meter": "3/4", "bars": 16, "only": True, "exclude": ("drums", "bass")}),
        ("verse chorus verse chorus bridge chorus",
         {"form": ("verse", "chorus", "verse", "chorus", "bridge", "chorus")}),
        ("techno loop, 4 bars at 130 bpm", {"genre": "techno", "loop": True, "bars": 4, "bpm": 130.0}),
        ("fast drum and bass", {"genre": "drum_and_bass", "instruments": ()}),
        ("solo piano", {"only": True, "instruments": ("piano",)}),
        ("three takes of a sad piano piece", {"only": True, "moods": ("sad",), "instruments": ("piano",)}),
        ("😀", {"genre": None, "bpm": None, "instruments": ()}),
        ("a waltz", {"meter": "3/4"}),
        ("epic trailer music in 7/8 at 140", {"bpm": 140.0, "meter": "7/8"}),
        ("a drop at 30 s", {"bpm": None}),
    ],
)  # fmt: skip
def test_prompts(prompt, wanted):
    found = wishes_in(prompt)
    assert {name: getattr(found, name) for name in wanted} == wanted


def test_arguments_win_over_words_and_the_conflict_is_said():
    said = []
    request = request_from(
        Args(prompt="90 bpm house in D minor", bpm=120, key="E minor", exclude=["piano"]), said.append
    )
    assert (request.bpm, request.key, request.genre) == (120, "E minor", "house")
    assert len(said) == 2
    assert "120 was used" in said[0]


def test_asked_and_excluded_at_once_is_said():
    said = []
    request = request_from(Args(prompt="rock without guitars", instruments=["electric guitar", "piano"]), said.append)
    assert request.instruments == ("piano",)
    assert "left out" in said[0]


def test_ignored_wishes_are_declared():
    assert BACKEND.ignores(Args(lyrics="la la")) == ["singing the lyrics"]
    assert BACKEND.ignores(Args(prompt="pop")) == []


def test_every_genre_is_found_by_its_title_and_aliases():
    for name, genre in all_genres().items():
        assert find_genre(genre.title).name == name
        assert all(find_genre(alias) is not None for alias in genre.aliases)
    assert len(all_genres()) >= 31
    assert find_genre("gregorian dubstep").name == "dubstep"
    assert find_genre("zzzz") is None


def test_every_mood_of_the_vocabulary_is_understood():
    from segue.tools.core.vocabulary import moods

    assert all(find_mood(name) is not None for name in moods())


def test_a_style_written_as_its_nearest_is_said():
    said = []
    compose(Request(genre="bluegrass", bars=2, seed=1), said.append)
    assert any("Bluegrass" in note and "country" in note for note in said)
    said.clear()
    compose(Request(genre="lo-fi", bars=2, seed=1), said.append)
    assert not any("rules of its own" in note for note in said)
