"""The composer does exactly what it was asked for."""

import pytest

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.score import Note, Part, Score
from segue.tools.core.theory import parse_chord, parse_key
from segue.tools.music.compose import Request, Style, compose
from segue.tools.music.compose_wishes import KeyWish
from segue.tools.music.form_length import fills
from segue.tools.music.midi import midi_bytes, read_midi
from segue.tools.music.musicxml import musicxml
from segue.tools.music.musicxml_read import read_musicxml
from segue.tools.music.rhythm import meter_of
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


# -- keys that change ------------------------------------------------------------------------------


def inside(score, first, last, key):
    """Share of the pitched time of bars ``first``–``last`` (from 1) that lies in a key's scale."""
    low, high = score.bar_beat(first), score.bar_beat(last + 1)
    notes = [n for p in score.parts if not p.is_drum for n in p.notes if low <= n.start < high]
    return sum(n.duration for n in notes if n.pitch % 12 in parse_key(key).scale) / sum(n.duration for n in notes)


def test_the_last_chorus_goes_up_a_whole_step_prepared_by_its_dominant(tmp_path):
    said = []
    wish = KeyWish("last chorus", None, 2)
    score = compose(Request(genre="folk", key="C major", keys=(wish,), bars=41, seed=3), said.append)
    bar, key = score.key_changes()[1]
    assert (score.key, key) == ("C major", "D major")
    assert score.chord_at(score.bar_beat(bar) - 0.5) == "A7"
    assert inside(score, 5, bar - 2, "C major") > 0.95
    assert inside(score, bar, score.bars, "D major") > 0.95
    assert parse_chord(score.chords[-1].symbol).root == 2
    assert any(f"from C major to D major at bar {bar}" in note for note in said)
    (tmp_path / "a.mid").write_bytes(midi_bytes(score))
    (tmp_path / "a.musicxml").write_text(musicxml(score))
    for read in (read_midi(tmp_path / "a.mid"), read_musicxml(tmp_path / "a.musicxml")):
        assert read.key_changes() == score.key_changes()


@pytest.mark.parametrize(
    ("wish", "key", "bar"),
    [
        (KeyWish("bar 17", "E major"), "E major", 17),
        (KeyWish("chorus", "relative"), "C major", None),
        (KeyWish("middle", "parallel"), "A major", None),
        (KeyWish("bar 11", None, -1), "G# minor", 11),
    ],
)
def test_a_key_changes_where_and_whither_it_was_asked(wish, key, bar):
    score = compose(Request(genre="pop", key="A minor", keys=(wish,), bars=33, seed=5))
    changes = score.key_changes()
    assert key in [name for _, name in changes]
    if bar is not None:
        assert changes[1] == (bar, key)
    assert sum(s.bars for s in score.sections) == 33


def test_asked_chords_move_with_the_key_and_a_bar_outside_is_said():
    said = []
    wishes = (KeyWish("bar 5", None, 2), KeyWish("bar 99", "E major"))
    score = compose(Request(genre="pop", chords=("C", "G"), key="C major", keys=wishes, bars=8, seed=1), said.append)
    assert [score.chord_at(4 * bar) for bar in range(8)] == ["C", "G", "C", "G", "D", "A", "D", "A"]
    assert any("move with the key" in note for note in said)
    assert any("outside" in note for note in said)


# -- forms, exactly ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        (("intro:8", "verse:16", "chorus:8"), [("intro", 8), ("verse", 16), ("chorus", 8)]),
        (("AABA",), [("A", 8), ("A", 8), ("B", 8), ("A", 9)]),
        (("ABAB CB",), [("A", 8), ("B", 8), ("A", 8), ("B", 8), ("C", 8), ("B", 9)]),
        (("4 bar intro", "Verse 1 (8 bars)", "hook"), [("intro", 4), ("verse", 8), ("chorus", 9)]),
    ],
)
def test_forms_with_bars_and_letters(form, wanted):
    score = compose(Request(genre="pop", form=form, seed=1))
    assert [(s.name, s.bars) for s in score.sections] == wanted


def test_every_section_starts_on_the_first_of_the_asked_chords():
    chords = ("C", "G", "Am", "F")
    for bars in (13, 22, 33, 41, 50):
        score = compose(Request(genre="rock", chords=chords, bars=bars, seed=2))
        assert [score.chord_at(4 * bar) for bar in range(bars)] == [chords[bar % 4] for bar in range(bars)]
        assert all(score.chord_at(score.bar_beat(s.start_bar)) == "C" for s in score.sections)
    said = []
    score = compose(Request(genre="rock", chords=chords, form=("intro:2", "verse:6", "chorus:8"), seed=2), said.append)
    assert [score.chord_at(4 * bar) for bar in range(10)] == ["Am", "F", "C", "G", "Am", "F", "C", "G", "C", "G"]
    assert len(said) == 2  # the intro takes the end, the verse is cut


def test_forms_that_do_not_fit_are_said():
    said = []
    score = compose(Request(genre="pop", form=("verse:16", "chorus:16"), bars=12, seed=1), said.append)
    assert score.bars == 12
    assert any("do not make 12 bars" in note for note in said)
    compose(Request(genre="pop", form=("banana",), bars=4, seed=1), said.append)
    assert any("banana" in note for note in said)


# -- how it is played --------------------------------------------------------------------------------


def onsets_a_beat(score):
    return len({round(n.start * 12) for n in notes_of(score)}) / (score.bars * score.beats_per_bar)


def most_at_once(score):
    edges = [(n.start + 0.03, 1) for p in score.parts if not p.is_drum for n in p.notes]
    edges += [(n.end, -1) for p in score.parts if not p.is_drum for n in p.notes]
    now, most = 0, 0
    for _, step in sorted(edges):
        now += step
        most = max(most, now)
    return most


@pytest.mark.parametrize("genre", ["pop", "techno", "classical"])
def test_onsets_range_and_voices_as_asked(genre):
    assert onsets_a_beat(compose(Request(genre=genre, onsets="low", bars=17, seed=1))) <= 1.05
    assert 1 <= onsets_a_beat(compose(Request(genre=genre, onsets="medium", bars=17, seed=1))) <= 2.05
    assert onsets_a_beat(compose(Request(genre=genre, onsets="high", bars=17, seed=1))) >= 2
    for octaves in (2, 3, 4):
        pitches = [
            n.pitch
            for p in compose(Request(genre=genre, octaves=octaves, bars=17, seed=1)).parts
            if not p.is_drum
            for n in p.notes
        ]
        assert 12 * (octaves - 1) < max(pitches) - min(pitches) <= 12 * octaves
    for voices in (1, 2, 4):
        assert most_at_once(compose(Request(genre=genre, voices=voices, bars=17, seed=1))) <= voices


def test_dynamics_fades_articulation_and_timing():
    def level(score, first, last):
        low, high = score.bar_beat(first), score.bar_beat(last + 1)
        found = [n.velocity for n in notes_of(score) if low <= n.start < high]
        return sum(found) / len(found)

    plain, soft, loud = (compose(Request(genre="folk", bars=17, seed=4, dynamics=d)) for d in (None, -0.9, 0.9))
    assert level(soft, 1, 17) < level(plain, 1, 17) - 12 < level(loud, 1, 17) - 20
    faded = compose(Request(genre="folk", bars=33, seed=4, fades=("in", "out")))
    assert level(faded, 1, 2) < 0.6 * level(faded, 15, 18) > level(faded, 32, 33)
    short = compose(Request(genre="classical", bars=17, seed=4, articulation=0.45))
    assert all(
        n.duration <= 0.5 for p in short.parts for n in p.notes if n.start < short.bar_beat(17) and not p.is_drum
    )
    exact = compose(Request(genre="folk", bars=9, seed=4, feel=0.0, swing=0.5))
    assert {n.shift_s for n in notes_of(exact)} == {0.0}
    assert any(n.shift_s for n in notes_of(compose(Request(genre="techno", bars=9, seed=4, feel=1.0))))


def test_meters_grouped_as_asked_and_modes_without_a_tonic():
    score = compose(Request(genre="folk", meter="7/8", grouping=(3, 2, 2), bars=8, seed=1))
    assert (score.meter, score.grouping) == ("7/8", [3, 2, 2])
    assert meter_of("7/8", (3, 2, 2)).pulses == (0.0, 1.5, 2.5)
    assert "<beats>3+2+2</beats>" in musicxml(score)
    for mode in ("minor", "major", "dorian", "phrygian"):
        assert parse_key(compose(Request(genre="folk", mode=mode, bars=8, seed=1)).key).mode == mode


def test_arpeggios_and_low_strings_are_there():
    score = compose(Request(genre="soul", roles=("arpeggio",), bars=17, seed=1))
    assert any(p.role == "arpeggio" and p.notes for p in score.parts)
    plain = compose(Request(genre="cinematic", instruments=("strings",), bars=17, seed=1))
    low = compose(Request(genre="cinematic", instruments=("strings",), registers=(("strings", -1.0),), bars=17, seed=1))

    def middle(one):
        pitches = sorted(n.pitch for p in one.parts if p.instrument == "strings" for n in p.notes)
        return pitches[len(pitches) // 2]

    assert middle(low) <= middle(plain) - 5


def test_wishes_for_music_that_exists_are_said_where_they_are_not_used():
    said = []
    compose(Request(melody=tune(), voices=2, keys=(KeyWish("middle", None, 2),), seed=1), said.append)
    assert any("changes of key" in note and "number of voices" in note for note in said)


def test_bars_that_cannot_fill_a_length_are_said_and_the_length_is_kept():
    said = []
    score = compose(Request(genre="pop", bars=2, duration_s=95, seed=1), said.append)
    assert 85 < score.clock().seconds(score.bar_beat(score.bars)) < 95
    assert any("2 bars in 95 s" in note for note in said)


def test_the_fullest_part_lies_about_three_quarters_through():
    places = []
    for genre in GENRES[::3]:
        score = compose(Request(genre=genre, duration_s=90, seed=7))
        if len(score.sections) > 2:
            top = max(score.sections, key=lambda s: s.energy)
            places.append((top.start_bar - 1 + top.bars / 2) / score.bars)
    assert sum(0.5 <= place <= 0.88 for place in places) >= 0.9 * len(places)


def test_harmony_differs_between_seeds():
    found = {
        tuple(c.symbol for c in compose(Request(genre="soul", key="C major", bars=17, seed=s)).chords) for s in range(8)
    }
    assert len(found) >= 6


@pytest.mark.parametrize("bpm", [61, 120, 240])
def test_bars_tempo_and_length_agree_or_it_is_said(bpm):
    for bars in (2, 8, 13):
        for more in (-4.0, -0.4, 0.0, 0.6, 3.0, 9.0):
            seconds = bars * 240 / bpm + more
            if seconds < 1:
                continue
            said = []
            score = compose(Request(genre="pop", bars=bars, bpm=bpm, duration_s=seconds, seed=1), said.append)
            assert (score.bars, score.bpm) == (bars, bpm)
            released = max(score.clock().seconds(n.end) for p in score.parts if not p.is_drum for n in p.notes)
            if fills(bars, 4.0, bpm, seconds):
                assert released <= seconds
                assert not said
            else:
                assert any("bars and tempo were kept" in note for note in said)


def test_a_slowing_end_keeps_the_length():
    score = compose(Request(genre="rock", duration_s=40, bpm=100, ending="slowing", seed=1))
    assert [round(mark.bpm) for mark in score.tempo] == [100, 95, 90, 87]
    released = max(score.clock().seconds(n.end) for p in score.parts if not p.is_drum for n in p.notes)
    assert 36 < released <= 39
    assert len(compose(Request(genre="folk", bars=17, seed=1)).tempo) == 4  # acoustic styles slow down by themselves
    assert len(compose(Request(genre="folk", bars=17, seed=1, ending="cold")).tempo) == 1


def test_a_pianist_alone_has_bass_notes_under_the_afterbeats_of_a_waltz():
    score = compose(Request(genre="waltz", instruments=("piano",), only=True, seed=3, duration_s=60))
    low = {
        int(note.start // 3) for part in score.parts for note in part.notes if note.pitch < 52 and note.start % 3 < 0.5
    }
    first, *_ = score.sections
    assert first.name == "A"
    assert low >= set(range(first.bars))
