"""Words become wishes; arguments win; what cannot be done is said."""

import pytest

from segue.tools.backends.generate_composer import BACKEND, request_from
from segue.tools.generate import Args
from segue.tools.music.compose import Request, compose
from segue.tools.music.compose_wishes import KeyWish
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
    compose(Request(genre="polka", bars=2, seed=1), said.append)
    assert any("Polka" in note and "folk" in note for note in said)
    said.clear()
    compose(Request(genre="lo-fi", bars=2, seed=1), said.append)
    assert not any("rules of its own" in note for note in said)


CAPTION = (
    "A melodic electronic song with ambient elements, featuring synth bass, drums and strings. Set in G minor with a 4/4 time "
    "signature, it moves at an Allegro tempo. The chord progression Gm, Eb, F, Cm forms the backbone."
)


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        (CAPTION, {"key": "G minor", "meter": "4/4", "tempo_range": (120, 156), "chords": ("Gm", "Eb", "F", "Cm"),
                   "instruments": ("synth bass", "drums", "strings")}),
        ("It is in the key of Bb major and moves at a Moderato tempo.", {"key": "Bb major", "tempo_range": (108, 120)}),
        ("a repeated chord sequence of Ebm7, Abm7, Db, Gb/Bb", {"chords": ("Ebm7", "Abm7", "Db", "Gb/Bb")}),
        ("Dm7 G7 | Cmaj7 | A7alt, bossa", {"chords": ("Dm7 G7", "Cmaj7", "A7alt")}),
        ("Cmaj9 Am7b5 D7#9 Gsus4 C6/9", {"chords": ("Cmaj9", "Am7b5", "D7#9", "Gsus4", "C6/9"), "meter": None}),
        # form
        ("8 bar intro, 16 bar verse, 8 bar chorus", {"form": ("intro:8", "verse:16", "chorus:8"), "bars": None}),
        ("4-bar intro then 8-bar verses and 8-bar choruses",
         {"form": ("intro:4", "verse:8", "chorus:8", "verse:8", "chorus:8")}),
        ("an AABA jazz tune in F", {"form": ("A", "A", "B", "A"), "key": "F major", "genre": "jazz_swing"}),
        ("ABAB CB form, pop", {"form": ("A", "B", "A", "B", "C", "B")}),
        ("like ABBA, happy", {"form": ()}),
        ("rondo form in G major", {"form": ("A", "B", "A", "C", "A")}),
        ("through-composed piece for piano", {"form": ("A", "B", "C", "D")}),
        ("head, solos, head", {"form": ("head", "solo", "solo", "head")}),
        ("a song with an 8 bar intro", {"section_bars": (("intro", 8),), "form": (), "bars": None}),
        ("12-bar blues in E", {"genre": "blues", "key": "E major", "bars": None}),
        # energy and endings
        ("starts quiet and builds to a big finish", {"energy": (0.2, 0.44, 0.68, 0.88, 1.0), "ending": "big", "moods": ()}),
        ("starts with a bang and ends softly", {"energy": (0.9, 0.9, 0.8, 0.55, 0.25)}),
        ("piano piece that fades out", {"fades": ("out",), "energy": ()}),
        ("high energy throughout", {"energy": (0.9,)}),
        ("slows down at the end", {"ending": "slowing"}),
        ("with an abrupt ending", {"ending": "cold"}),
        # keys
        ("verse in A minor, chorus in C major", {"key": "A minor", "keys": (KeyWish("chorus", "C major"),)}),
        ("chorus in the relative major, verse in E minor", {"key": "E minor", "keys": (KeyWish("chorus", "relative"),)}),
        ("pop in C major, modulate up a whole step for the last chorus",
         {"key": "C major", "keys": (KeyWish("last chorus", None, 2),)}),
        ("rock anthem, the last chorus goes up a half step", {"key": None, "keys": (KeyWish("last chorus", None, 1),)}),
        ("key change to E major at bar 17", {"key": None, "bars": None, "keys": (KeyWish("bar 17", "E major"),)}),
        ("a ballad with a truck driver's gear change", {"keys": (KeyWish("last chorus", None, 2),)}),
        ("modulates from C major to D major halfway", {"key": "C major", "keys": (KeyWish("middle", "D major"),)}),
        ("sad song in minor", {"mode": "minor", "key": None}),
        ("a dorian funk groove", {"mode": "dorian", "key": None}),
        ("in A minor with a minor change", {"mode": None, "key": "A minor"}),
        # playing
        ("long notes on strings", {"notes": "long", "instruments": ("strings",)}),
        ("staccato strings", {"articulation": 0.45}),
        ("sixteenth-note arpeggios on a harp", {"notes": "sixteenth", "roles": ("arpeggio",)}),
        ("a two-voice invention for harpsichord", {"voices": 2}),
        ("monophonic flute melody", {"voices": 1}),
        ("quantised techno", {"feel": 0.0}),
        ("loose hip hop beat", {"feel": 2.0}),
        ("humanised drums, jazz", {"feel": 1.2}),
        ("high melody over low strings", {"register": 0.9, "registers": (("strings", -1.0),)}),
        ("solo piano, pp, in D minor", {"dynamics": -0.9}),
        ("ff brass fanfare", {"dynamics": 0.9}),
        ("soft rock with electric piano", {"dynamics": None}),
        ("7/8 grouped 3+2+2 folk dance", {"meter": "7/8", "grouping": (3, 2, 2)}),
        ("pitch range of 3 octaves, flute", {"octaves": 3}),
        ("at most one onset per beat", {"onsets": "low", "instruments": ()}),
        ("2 or more notes per beat, piano", {"onsets": "high", "instruments": ("piano",)}),
        ("medium rhythm density pop song", {"onsets": "medium"}),
        ("not danceable at all, ambient", {"dance": False, "moods": ()}),
        ("a danceable tune", {"dance": True}),
        ("Q3 emotion", {"moods": ("sad",)}),
        ("low valence, high arousal", {"moods": ("tense",)}),
        ("swing at 60 %, 90 bpm", {"swing": 0.6, "genre": None, "bpm": 90.0}),
        ("just a simple rock song with guitar", {"only": False}),
        ("rock with a guitar solo", {"only": False}),
        ("strings only", {"only": True}),
        ("energetic dance track, not too fast", {"moods": ("energetic",)}),
        ("a loop of four bars, Am F C G", {"loop": True, "bars": 4}),
        ("😢🎹", {"moods": ("sad",), "instruments": ("piano",)}),
        # what cannot be played is passed on, so that the composer can offer what is nearest
        ("400 bars of 13/17", {"meter": "13/17", "bars": 400}),
        ("bpm 5000", {"bpm": 5000.0}),
        ("key H sharp", {"key": "H sharp"}),
    ],
)  # fmt: skip
def test_attributes_in_words(prompt, wanted):
    found = wishes_in(prompt)
    assert {name: getattr(found, name) for name in wanted} == wanted


CLASSES = {
    "piano": "piano", "keyboard": "piano", "percussion": "percussion", "organ": "organ", "guitar": "guitar", "bass": "bass",
    "violin": "violin", "viola": "viola", "cello": "cello", "harp": "harp", "strings": "strings", "voice": "choir",
    "trumpet": "trumpet", "trombone": "trombone", "tuba": "tuba", "horn": "french horn", "brass": "brass", "sax": "tenor sax",
    "oboe": "oboe", "bassoon": "bassoon", "clarinet": "clarinet", "piccolo": "piccolo", "flute": "flute", "pan pipes": "pan flute",
    "synthesizer": "saw lead", "sitar": "sitar", "drums": "drums",
}  # fmt: skip


@pytest.mark.parametrize("word", CLASSES)
def test_each_class_of_instruments_can_be_wanted_and_unwanted(word):
    assert wishes_in(f"a pop song with {word}").instruments
    assert wishes_in(f"a pop song without {word}").exclude


def test_contradicting_words_are_said():
    said = []
    wishes_in("house at 90 bpm and 120 bpm", said.append)
    wishes_in("a waltz in 4/4", said.append)
    wishes_in("a piece in the style of Taylor Swift", said.append)
    wishes_in("asdf qwer", said.append)
    assert [any(word in note for note in said) for word in ("90 and 120", "3/4", "Taylor Swift", "chosen freely")] == [
        True
    ] * 4


def test_typed_form_chords_and_genre_win_and_are_said():
    said = []
    args = Args(
        prompt="pop AABA tune with C G Am F, 16 bars",
        form=["verse", "chorus"],
        chords=["Dm", "G"],
        genre="jazz",
        bars=8,
    )
    request = request_from(args, said.append)
    assert (request.form, request.chords, request.genre, request.bars) == (("verse", "chorus"), ("Dm", "G"), "jazz", 8)
    assert len(said) == 4


@pytest.mark.parametrize(
    ("words", "players"),
    [
        ("a jazz swing trio", {"drums", "bass", "piano"}),
        ("jazz trio", {"drums", "bass", "piano"}),
        ("an acoustic folk duo", {"violin", "acoustic guitar"}),
        ("a smoky late night jazz quartet", {"drums", "bass", "piano", "tenor sax"}),
        ("heavy rock trio", {"drums", "bass", "overdriven guitar"}),
        ("a jazz duo with sax", {"tenor sax", "piano"}),
        ("a 3-piece punk band", {"drums", "bass", "overdriven guitar"}),
        ("a folk trio without violin", {"acoustic guitar", "bass", "flute"}),
        ("flute and harp duo", {"flute", "harp"}),
        ("brass quintet", {"trumpet", "french horn", "trombone", "bass"}),
    ],
)
def test_a_band_named_by_its_size_has_that_many_players(words, players):
    score = compose(request_from(Args(prompt=words, bars=16, seed=2), lambda text: None))
    assert {part.name for part in score.parts} == players


def test_a_size_that_is_no_band_adds_nobody():
    assert wishes_in("minuet and trio").instruments == ()
    assert wishes_in("a guitar duo").instruments == ("guitar",)
