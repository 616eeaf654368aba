"""What a genre's mix has: ducking that is stored, echoes in time, rooms, choruses that stand out, files for long stems."""

import numpy as np
import pytest

from segue.tools.core.score import Note, Part
from segue.tools.music import mixdown, mixdown_duck
from segue.tools.music.mixdown_part import Place, placed
from segue.tools.music.mixdown_spaces import Space, echo_response, room_response, space_of
from segue.tools.music.render import render
from segue.tools.music.render_notes import Event, Manner, Stroke, strike
from segue.tools.music.render_stems import Shelf
from segue.tools.music.synths_kits import kit_of
from tests.render_support import make_score, make_settings

RATE = 44_100


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return make_settings(tmp_path_factory.mktemp("home"))


def house_score(bars=4):
    score = make_score(bars)
    pad = [Note(start=bar * 4.0, duration=4, pitch=57 + step, velocity=70) for bar in range(bars) for step in (0, 4, 7)]
    parts = [*score.parts, Part(name="pad", role="pad", program=89, notes=pad)]
    return score.model_copy(update={"genre": "house", "parts": parts})


@pytest.fixture(scope="module")
def house(settings):
    return render(house_score(), settings)


def level(samples, start_s, end_s):
    piece = samples[:, int(start_s * RATE) : int(end_s * RATE)]
    return 20 * np.log10(np.sqrt(np.square(piece).mean()))


def test_pads_make_way_for_the_kick_where_the_genre_has_it(house, settings):
    assert house.meta["ducks"]["kicks_s"][:3] == [0.0, 1.0, 2.0]
    still = render(house_score().model_copy(update={"genre": "pop"}), settings)
    assert still.meta["ducks"]["pump_db"] == 0
    # Kicks come every second: right behind one the pad is softer than half a second later.
    depth = [
        np.mean([level(out.stems["pad"].samples, t + 0.45, t + 0.8) - level(out.stems["pad"].samples, t, t + 0.08)
                 for t in (2.0, 3.0, 4.0, 5.0)])
        for out in (house, still)
    ]  # fmt: skip
    assert depth[0] - depth[1] > 2.0


def test_ducks_are_stored_so_that_a_stem_is_the_same_without_the_drums(house, settings):
    score = house_score()
    without = score.model_copy(update={"parts": [p for p in score.parts if not p.is_drum]})
    kept = {name: stem for name, stem in house.stems.items() if name not in ("drums", "pad")}
    again = render(without, settings, reuse=kept, mix=house.meta)
    assert np.array_equal(again.stems["pad"].samples, house.stems["pad"].samples)
    assert again.meta["ducks"] == house.meta["ducks"]


def test_a_mix_of_version_1_has_no_ducks_and_can_be_edited(house, settings):
    first = {name: value for name, value in house.meta.items() if name != "ducks"} | {"version": 1}
    kept = {name: stem for name, stem in house.stems.items() if name != "pad"}
    out = render(house_score(), settings, reuse=kept, mix=first)
    assert all(np.array_equal(out.stems[name].samples, kept[name].samples) for name in kept)
    assert out.meta["ducks"]["pump_db"] == 0
    assert out.mix.frames == house.mix.frames


def test_accompaniment_ducks_where_the_lead_lies_in_it():
    score = make_score(2)
    flute = score.part("flute")
    low = flute.model_copy(update={"notes": [n.model_copy(update={"pitch": n.pitch - 12}) for n in flute.notes[:4]]})
    score = score.model_copy(update={"parts": [*score.parts[:3], low]})
    ducks = mixdown_duck.ducks_of(score, space_of("pop"))
    [[start, end]] = ducks["under_s"]["piano"]
    assert start == pytest.approx(0.0, abs=0.05)
    assert end == pytest.approx(1.5, abs=0.1)  # its fourth beat lies five semitones over the piano
    curve = mixdown_duck.duck_curve(ducks, score.part("piano"), 4 * RATE, RATE)
    points = [curve[round(second * RATE / mixdown.HOP)] for second in (1.0, 3.0)]
    assert 20 * np.log10(points[0]) == pytest.approx(-3.0, abs=0.01)
    assert points[1] == 1.0
    moved = mixdown_duck.moved(ducks, -1.0)
    assert moved["under_s"]["piano"] == [[0.0, pytest.approx(end - 1.0)]]


@pytest.mark.parametrize("genre", ["house", "classical", "reggae", "trap", "nothing known", None])
def test_rooms_keep_their_time_and_leave_the_bass_alone(genre):
    space = space_of(genre)
    assert 0.015 <= space.pre_delay_s <= 0.040
    response = room_response(RATE, space.room_s, space.pre_delay_s)
    assert not np.any(np.abs(response[:, : int(space.pre_delay_s * RATE) - 1]) > 1e-6)
    power = np.abs(np.fft.rfft(response[0], 1 << 18)) ** 2
    hz = np.fft.rfftfreq(1 << 18, 1 / RATE)
    low, middle = (power[(hz > a) & (hz < b)].mean() for a, b in ((30, 90), (400, 1200)))
    assert 10 * np.log10(low / middle) < -12
    energy = np.cumsum(np.square(response[0])[::-1])[::-1]
    decay = 10 * np.log10(energy / energy[0] + 1e-12)
    at = [np.flatnonzero(decay < db)[0] / RATE for db in (-5, -25)]
    assert 3 * (at[1] - at[0]) == pytest.approx(space.room_s, rel=0.3)
    assert abs(np.corrcoef(response)[0, 1]) < 0.3


def test_echoes_come_in_time():
    response = echo_response(RATE, Space(echo_beats=0.75, echo_db=-12, feedback=0.5), 120.0)
    loud = np.abs(response).max(axis=0)
    step = int(0.375 * RATE)
    peaks = [loud[n * step - 20 : n * step + 200].max() for n in (1, 2, 3)]
    assert np.argmax(loud) == pytest.approx(step, abs=20)
    assert peaks[1] / peaks[0] == pytest.approx(0.5, abs=0.2)
    assert loud[: step - 20].max() == 0
    assert echo_response(RATE, Space(), 120.0) is None


def test_placing_is_linear_and_does_not_look_ahead():
    random = np.random.default_rng(3)
    sound = (0.02 * random.standard_normal((2, 4 * RATE))).astype(np.float32)
    place = Place("chords", 0.0, -0.3, 0.3, space_of("pop"), 120.0)
    short, whole = (placed(sound[:, :size].copy(), RATE, place) for size in (3 * RATE, 4 * RATE))
    assert np.abs(short - whole[:, : 3 * RATE]).max() < 1e-6
    half = placed(sound * np.float32(0.5), RATE, place)
    assert np.abs(half - 0.5 * whole).max() < 1e-6


def test_choruses_stand_out():
    energy = np.full(2000, 100.0)
    master = mixdown.master_of(
        energy, np.full(2000, 0.1), RATE, -14.0, sections=[("verse", 0, 1000), ("chorus", 1000, 2000)]
    )
    curve = mixdown.unpack_curve(master.curve)
    assert 20 * np.log10(curve[1500] / curve[500]) == pytest.approx(2.3, abs=0.15)
    assert np.abs(np.diff(20 * np.log10(curve))).max() < 0.2  # a fader, not a switch


def test_a_shelf_gives_back_what_was_put_there_from_memory_or_file():
    random = np.random.default_rng(4)
    sounds = {str(n): random.standard_normal((2, 200_000 + n)).astype(np.float32) for n in range(3)}
    sounds["1"][:, 65_536:131_072] = 0  # silence takes no room
    shelf = Shelf(in_memory=2_000_000)
    for name, sound in sounds.items():
        shelf.put(name, sound.copy())
    for name, sound in sounds.items():
        assert np.array_equal(shelf.get(name), sound)
        shelf.put(name, sound[:, :150_000] * 2)
    for name, sound in sounds.items():
        assert np.array_equal(shelf.get(name), sound[:, :150_000] * 2)


def test_stems_in_a_file_are_those_in_memory(settings, house, monkeypatch):
    from segue.tools.music import render_stems

    monkeypatch.setattr(render_stems.Shelf.__init__, "__defaults__", (0,))
    filed = render(house_score(), settings)
    assert all(np.array_equal(filed.stems[name].samples, house.stems[name].samples) for name in house.stems)
    assert np.array_equal(filed.mix.samples, house.mix.samples)


def test_repeated_strokes_take_turns_and_a_hat_chokes_the_one_before():
    seen = []

    def sound(stroke: Stroke):
        seen.append(stroke)
        return np.ones((2, 3000), np.float32)

    events = [Event(n * 1000, n * 1000 + 500, 42, 100, slot=n) for n in range(6)]
    out = strike(events, 8000, sound, Manner(takes=3, cents=3.0), is_drum=True, check=lambda: None)
    assert len(seen) == 3
    assert {stroke.cents for stroke in seen} == {-3.0, 0.0, 3.0}
    assert out.max() == 1.0  # never two at once
    free = strike(events, 8000, sound, Manner(), is_drum=False, check=lambda: None)
    assert free.max() == 3.0


def test_every_genre_has_a_kick_of_its_own_pitch():
    kicks = {
        genre: kit_of(genre).kick for genre in ("house", "techno", "trance", "trap", "drum and bass", "metal", "pop")
    }
    assert len(set(kicks.values())) == len(kicks)
    assert kit_of("no such genre").kick == kit_of(None).kick
