"""The composer does exactly what it was asked for."""

import time

import pytest

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import Note, Part, Score
from segue.tools.core.theory import parse_chord, parse_key
from segue.tools.music.compose import Request, Style, compose
from tests.composer_support import GENRES, lead_notes, part_of


def notes_of(score):
    return [n for p in score.parts for n in p.notes]


def tune():
    pitches = [67, 69, 71, 72, 74, 72, 71, 69, 67, 71, 74, 71, 69, 66, 67]
    return Score(
        bars=4, key="G major",
        parts=[Part(name="hum", role="melody", notes=[Note(start=i, duration=1, pitch=p) for i, p in enumerate(pitches)])],
    )  # fmt: skip


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_in_its_tempo_range_at_the_asked_length(genre):
    from segue.tools.music.genres import all_genres

    score = compose(Request(genre=genre, duration_s=40, seed=7))
    low, _, high = all_genres()[genre].bpm
    assert low <= score.bpm <= high
    clock = score.clock()
    last = clock.seconds(score.bar_beat(score.bars))
    released = max(clock.seconds(n.end) for p in score.parts if not p.is_drum for n in p.notes)
    assert last < 40
    assert 40 - 4.0 <= released <= 40 - 1.0  # the rest is for the ring-out
    assert score.genre == genre
    assert sum(s.bars for s in score.sections) == score.bars


@pytest.mark.parametrize("bpm", [61, 90, 123.5, 174])
@pytest.mark.parametrize("seconds", [5, 20, 43.7])
def test_tempo_and_length_together(bpm, seconds):
    score = compose(Request(genre="pop", bpm=bpm, duration_s=seconds, seed=1))
    assert score.bpm == bpm
    assert len(score.tempo) == 1  # nothing slows down where a tempo is asked for
    assert score.clock().seconds(score.bar_beat(score.bars)) < seconds
    end = max(score.clock().seconds(n.end) for p in score.parts if not p.is_drum for n in p.notes)
    assert end <= seconds


@pytest.mark.parametrize("meter", ["4/4", "3/4", "2/4", "6/8", "12/8", "5/4", "7/8"])
@pytest.mark.parametrize("genre", ["pop", "jazz_swing", "techno", "classical", "latin_salsa"])
def test_meters_and_bars(meter, genre):
    score = compose(Request(genre=genre, meter=meter, bars=13, seed=3))
    assert score.meter == meter
    assert score.bars == 13
    length = 13 * score.beats_per_bar
    assert all(n.start < length for n in notes_of(score))
    bass = part_of(score, "bass")
    starts = {round(n.start % score.beats_per_bar, 3) for n in bass.notes}
    assert 0.0 in starts or genre in ("techno", "latin_salsa")


@pytest.mark.parametrize(
    "key",
    ["D minor", "F# major", "Bb dorian", "E phrygian", "G lydian", "A mixolydian", "C harmonic minor", "B locrian"],
)
def test_keys_and_modes_are_obeyed(key):
    score = compose(Request(genre="folk", key=key, seed=5, bars=17))
    wanted = parse_key(key)
    assert parse_key(score.key) == wanted
    pitched = [n for p in score.parts if not p.is_drum for n in p.notes]
    inside = sum(n.duration for n in pitched if n.pitch % 12 in wanted.scale) / sum(n.duration for n in pitched)
    assert inside > 0.85
    assert parse_chord(score.chords[-1].symbol).root == wanted.tonic


def test_chords_one_a_bar_repeated_and_shared_bars():
    score = compose(Request(genre="bossa_nova", chords=("C", "G", "Am7", "F/A"), seed=1, bars=9))
    assert [score.chord_at(bar * 4) for bar in range(9)] == ["C", "G", "Am7", "F/A", "C", "G", "Am7", "F/A", "C"]
    bass = part_of(score, "bass")
    assert next(n for n in bass.notes if n.start == 12).pitch % 12 == 9  # the slash note
    split = compose(Request(genre="jazz_swing", chords=("Dm7 G7", "Cmaj7"), seed=1, bars=4))
    assert [(c.start, c.symbol) for c in split.chords[:3]] == [(0, "Dm7"), (2, "G7"), (4, "Cmaj7")]
    assert split.key == "C major"


def test_form_as_asked():
    form = ("verse", "chorus", "verse", "chorus", "bridge", "chorus")
    score = compose(Request(genre="pop", form=form, seed=1))
    assert tuple(s.name for s in score.sections) == form
    intro = compose(Request(genre="pop", form=("intro",), duration_s=20, seed=1))
    assert [s.name for s in intro.sections] == ["intro"]
    assert len(intro.parts) >= 3


def test_energy_curve_reaches_the_sections():
    score = compose(Request(genre="house", bars=64, energy=(0.1, 1.0, 0.1), seed=1))
    levels = [s.energy for s in score.sections]
    assert max(levels) > 0.8
    assert levels[0] < 0.4
    assert levels[-1] < 0.4


def test_instruments_asked_for_are_there_and_excluded_ones_are_not():
    for seed in range(6):
        score = compose(Request(genre="lofi", instruments=("Rhodes", "vinyl drums"), seed=seed, duration_s=40))
        names = {p.instrument for p in score.parts}
        assert {"rhodes", "vinyl drums"} <= names
        assert all(p.notes for p in score.parts)
        quiet = compose(Request(genre="rock", exclude=("drums", "guitars"), seed=seed, duration_s=20))
        assert not any(p.is_drum for p in quiet.parts)
        assert not any(p.stem == "guitar" for p in quiet.parts)
        assert quiet.parts
    quartet = compose(Request(instruments=("string quartet",), seed=1, bars=9))
    assert sorted(p.instrument for p in quartet.parts) == ["cello", "viola", "violin", "violin"]
    alone = compose(Request(instruments=("piano",), only=True, seed=1, bars=9))
    assert [p.name for p in alone.parts] == ["piano"]
    assert {
        p.instrument for p in compose(Request(genre="jazz", instruments=("piano", "violin"), only=True, seed=1)).parts
    } == {"piano", "violin"}


def test_moods_move_tempo_and_mode():
    sad = [compose(Request(genre="folk", moods=("sad",), seed=s)) for s in range(6)]
    happy = [compose(Request(genre="folk", moods=("happy",), seed=s)) for s in range(6)]
    assert sum(s.bpm for s in sad) < sum(s.bpm for s in happy)
    assert all(parse_key(s.key).is_minor for s in sad)
    assert not any(parse_key(s.key).is_minor for s in happy)


def test_loops_have_exact_bars_and_no_ending():
    score = compose(Request(genre="techno", loop=True, bars=4, bpm=130, seed=1))
    assert score.bars == 4
    drums = part_of(score, "drums")
    assert any(n.start >= 12.5 for n in drums.notes)  # it does not stop in its last bar
    exact = compose(Request(genre="house", loop=True, duration_s=15.5, seed=1))
    assert exact.bars * exact.beats_per_bar * 60 / exact.bpm == pytest.approx(15.5, abs=1e-4)


def test_the_same_seed_gives_the_same_bytes_and_no_seed_a_new_one():
    one, two = (compose(Request(genre="soul", duration_s=30, seed=11)) for _ in range(2))
    assert one.to_json() == two.to_json()
    free = [compose(Request(genre="soul", duration_s=30)) for _ in range(3)]
    assert len({score.seed for score in free}) == 3
    again = compose(Request(genre="soul", duration_s=30, seed=free[0].seed))
    assert again.to_json() == free[0].to_json()


def test_swing_is_performed_and_notation_stays_straight():
    score = compose(Request(genre="jazz_swing", bpm=120, bars=17, seed=1))
    assert score.swing == pytest.approx(0.667)
    bass = part_of(score, "drums")
    late = [n.shift_s for n in bass.notes if abs(n.start % 1 - 0.5) < 1e-6]
    early = [n.shift_s for n in bass.notes if n.start % 1 == 0]
    share = 0.5 + (sum(late) / len(late) - sum(early) / len(early)) / 0.5
    assert share == pytest.approx(0.667, abs=0.02)


def test_lyrics_go_to_the_tune():
    said = []
    score = compose(
        Request(genre="pop", bars=17, seed=1, lyrics="Hello beautiful morning\nthe sea is calling"), said.append
    )
    sung = [n.lyric for n in lead_notes(score) if n.lyric]
    assert sung[:6] == ["Hel-", "lo", "beau-", "ti-", "ful", "mor-"]
    assert any("not sung" in text for text in said)


def test_a_tune_is_kept_note_for_note():
    given = tune()
    for genre in ("jazz_swing", "house", None):
        score = compose(Request(melody=given, genre=genre, seed=2))
        kept = [(n.start, n.pitch % 12, n.duration) for n in lead_notes(score)]
        assert kept[:15] == [(n.start, n.pitch % 12, n.duration) for n in given.parts[0].notes]
        assert score.key == "G major"
        assert len(score.parts) > 2
    moved = compose(Request(melody=given, key="A major", seed=2))
    assert [n.pitch % 12 for n in lead_notes(moved)][:3] == [9, 11, 1]


def test_accompaniment_leaves_the_given_parts_alone():
    given = tune()
    score = compose(Request(accompany=given, instruments=("drums", "bass"), seed=4))
    assert score.parts[0] == given.parts[0]
    assert {p.role for p in score.parts[1:]} == {"drums", "bass"}


def test_a_continuation_keeps_key_tempo_meter_and_players():
    first = compose(Request(genre="soul", bpm=101, key="Eb major", meter="3/4", bars=16, seed=9))
    said = []
    after = compose(Request(continue_from=first, duration_s=25, seed=10), said.append)
    assert (after.bpm, after.key, after.meter) == (101, first.key, "3/4")
    assert {p.name for p in after.parts} <= {p.name for p in first.parts}
    assert said


def test_style_gives_what_was_left_open():
    score = compose(Request(style=Style(bpm=97, key="C minor", genre="rnb"), bpm=80, seed=1, bars=8))
    assert (score.bpm, score.key, score.genre) == (80, "C minor", "rnb")


@pytest.mark.parametrize(
    ("wish", "hint"),
    [
        ({"bpm": 5000}, "400"),
        ({"bpm": 0}, "20 bpm"),
        ({"duration_s": 36000}, "60 minutes"),
        ({"key": "H sharp"}, "D minor"),
        ({"meter": "13/17"}, "13/16"),
        ({"genre": "zydecoo polkacore"}, "nearest"),
        ({"instruments": ("kazooo",)}, "nearest"),
        ({"chords": ("Xm7",)}, "Am7"),
        ({"bars": 0}, "2000"),
    ],
)
def test_bad_wishes_are_refused_with_the_nearest_reading(wish, hint):
    with pytest.raises(InvalidArgument) as caught:
        compose(Request(seed=1, **wish))
    assert hint in caught.value.hint


def test_three_minutes_are_written_in_half_a_second():
    compose(Request(genre="pop", duration_s=20, seed=1))  # warm
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        compose(Request(genre="pop", duration_s=180, seed=1))
        best = min(best, time.perf_counter() - start)
    assert best < 1.0  # 0.15 s on an idle core; the margin is for busy machines
