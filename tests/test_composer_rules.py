"""What makes composed music sound like music: the rules that a score can check, over every genre."""

import statistics
from functools import cache

import pytest

from segue.tools.music.bass import FREE_OF_KICK
from segue.tools.music.genres import all_genres
from tests import composer_support as measure

SEEDS = (1, 2)


@cache
def pieces(genre):
    return tuple(measure.piece(genre, seed) for seed in SEEDS)


def mean(values):
    return statistics.mean(float(value) for value in values)


each_genre = pytest.mark.parametrize("genre", measure.GENRES)


@each_genre
def test_1_voices_move_little_and_not_in_parallel(genre):
    motion = [measure.comp_motion(score) for score in pieces(genre)]
    assert mean(m for m, _ in motion) <= 3.0
    assert mean(p for _, p in motion) < 0.02


@each_genre
def test_2_the_bass_has_the_root_and_room_above_it(genre):
    assert mean(measure.bass_on_root(score) for score in pieces(genre)) >= 0.95
    assert mean(measure.low_intervals(score) for score in pieces(genre)) <= 0.12


@each_genre
def test_3_kick_and_bass_meet(genre):
    if all_genres()[genre].bass[1] in FREE_OF_KICK:
        pytest.skip("this style keeps them apart on purpose")
    assert mean(measure.kick_meets_bass(score) for score in pieces(genre)) >= 0.6


@each_genre
def test_4_drum_bars_vary(genre):
    assert max(measure.longest_identical_run(score) for score in pieces(genre)) <= (7 if genre == "techno" else 3)


@each_genre
def test_5_fills_lead_into_sections_and_a_crash_opens_them(genre):
    found = [measure.fills(score) for score in pieces(genre)]
    assert mean(filled for filled, _ in found) >= 0.9
    assert mean(crashed for _, crashed in found) >= 0.9


@each_genre
def test_6_two_hands_are_enough_and_ranges_are_kept(genre):
    from segue.tools.core.instruments import find_instrument

    for score in pieces(genre):
        assert measure.most_hands(score) <= 2
        for part in score.parts:
            player = find_instrument(part.instrument)
            if not part.is_drum and part.role in ("melody", "bass", "counter"):
                assert all(player.low <= n.pitch <= player.high for n in part.notes), part.name


@each_genre
def test_7_strong_beats_are_louder_and_velocities_live(genre):
    for score in pieces(genre):
        for part in score.parts:
            if part.role in ("drums", "chords", "melody") and len(part.notes) > 30:
                stronger, spread = measure.accents(part, score)
                assert stronger >= 5.0, part.name
                assert 2.0 <= spread <= 30.0, part.name


@each_genre
def test_8_hi_hats_do_not_repeat_a_velocity_three_times(genre):
    assert max(measure.equal_hats(score) for score in pieces(genre)) <= 2


@each_genre
def test_9_machines_are_exact_and_people_are_not(genre):
    for score in pieces(genre):
        drums = measure.part_of(score, "drums")
        shifts = [abs(n.shift_s) for n in drums.notes if n.start % 1 == 0] if drums else []
        if shifts and all_genres()[genre].machine:
            assert max(shifts) == 0
        elif shifts:
            assert 0.001 < statistics.pstdev(shifts) < 0.012


@each_genre
def test_10_melodies_step_and_leaps_turn_back(genre):
    found = [measure.melody_steps(score) for score in pieces(genre)]
    assert 0.6 <= mean(steps for steps, _, _ in found) <= 0.95
    assert mean(back for _, back, _ in found) >= 0.75
    assert max(span for _, _, span in found) <= 19


@each_genre
def test_11_strong_beats_are_chord_tones(genre):
    found = [measure.chord_tones(score) for score in pieces(genre)]
    assert mean(inside for inside, _ in found) >= 0.8
    assert mean(resolved for _, resolved in found) >= 0.9


@each_genre
def test_12_the_lead_breathes(genre):
    assert 0.15 <= mean(measure.lead_silence(score) for score in pieces(genre)) <= 0.55
    assert mean(measure.phrase_rests(score) for score in pieces(genre)) >= 0.8


@each_genre
def test_13_the_motif_comes_back_changed_as_well(genre):
    returns = [measure.motif_returns(score) for score in pieces(genre)]
    assert mean(count for count, _ in returns) >= 2
    assert mean(changed for _, changed in returns) >= 0.5


@each_genre
def test_14_it_ends_at_home(genre):
    for score in pieces(genre):
        assert measure.ends_at_home(score) == (True, True)


@each_genre
def test_17_players_come_and_go(genre):
    for score in pieces(genre):
        assert measure.longest_unchanged(score) <= 10  # eight, and the last chord held
        assert measure.everybody_share(score) < 0.5


def test_different_seeds_give_different_tunes_and_grooves():
    tunes = {
        tuple((n.start, n.pitch) for n in measure.lead_notes(measure.piece("lofi", seed, duration_s=40.0)))[:8]
        for seed in range(12)
    }
    assert len(tunes) == 12
    grooves = {
        tuple(sorted(measure.drum_bars(measure.piece("rock", seed, duration_s=40.0)).items())) for seed in range(12)
    }
    assert len(grooves) == 12
