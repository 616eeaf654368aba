"""Grooves, fills, bass and feel: what a drummer and a bass player would notice."""

import itertools
import statistics
from functools import cache

import pytest

from segue.tools.core.theory import parse_chord
from segue.tools.music import drums_fills, drums_grooves, feel, rules_rhythm
from segue.tools.music.bass_grids import grids
from segue.tools.music.compose import Request, compose
from segue.tools.music.genres import all_genres, find_genre, kicks
from segue.tools.music.rhythm import KNOWN_METERS, meter_of
from segue.tools.music.rules_view import View
from tests import composer_support as measure

SEEDS = (1, 2)
KICK, SNARE, CLAP, RIM = 36, 38, 39, 37


@cache
def findings(genre):
    """Return what the rules of rhythm measure in pieces of a genre: name → values."""
    out = {}
    for seed in SEEDS:
        for finding in rules_rhythm.check_rhythm(View(measure.piece(genre, seed))):
            if finding.value is not None:
                out.setdefault(finding.name, []).append(finding.value)
    return out


def steps(score, keys, bar):
    """Return the sixteenths of a bar on which one of some drums is struck, ghost notes left out."""
    part, length = measure.part_of(score, "drums"), score.beats_per_bar
    return {
        round((n.start - bar * length) * 4)
        for n in part.notes
        if n.pitch in keys and n.velocity > 55 and bar * length - 1e-3 <= n.start < (bar + 1) * length - 1e-3
    }


def share_of_bars(genre, keys, wanted, **wishes):
    """Return in how many bars, of those with drums, a drum strikes on all the wanted sixteenths."""
    hits = []
    for seed in SEEDS:
        score = measure.piece(genre, seed, **wishes)
        hits += [wanted <= steps(score, keys, bar) for bar in measure.drum_bars(score)]
    return statistics.mean(hits)


each_genre = pytest.mark.parametrize("genre", measure.GENRES)


@each_genre
def test_velocities_keep_the_rules_own_limits(genre):
    found = findings(genre)
    assert statistics.mean(found.get("accents", [8.0])) >= 8.0
    assert 5.8 <= statistics.mean(found.get("velocity_deviation", [13.0])) <= 20.0
    assert statistics.mean(found.get("velocity_jitter", [0.0])) <= 5.3
    assert min(found.get("ghost_notes", [1.0])) >= 0.95


@each_genre
def test_timing_is_human_or_exact_and_swings_as_asked(genre):
    found = findings(genre)
    assert max(found.get("machine_timing", [0.0])) < 0.01  # ms: nothing but the rounding of the score
    assert all(3.0 <= value <= 10.0 for value in found.get("timing_deviation", []))
    assert max(found.get("swing_error", [0.0])) <= 0.02


@each_genre
def test_fills_can_be_told_from_the_groove_and_land_on_crash_and_kick(genre):
    found = findings(genre)
    assert statistics.mean(found.get("fills", [1.0])) >= 0.9
    assert statistics.mean(found.get("fill_landings", [1.0])) >= 0.9


def test_every_genre_has_a_kick_of_its_own_and_the_numbers_make_sense():
    used = {genre.kick for genre in all_genres().values()}
    assert used <= set(kicks())
    assert len(used) >= 20
    assert all(35 <= kick.hz <= 90 and 0.05 <= kick.decay_s <= 1.0 for kick in kicks().values())
    assert kicks()[find_genre("hardstyle").kick].drive > kicks()[find_genre("house").kick].drive


@pytest.mark.parametrize(
    ("genre", "keys", "wanted", "share"),
    [
        ("rock", {SNARE, RIM}, {4, 12}, 0.75),
        ("house", {KICK}, {0, 4, 8, 12}, 0.8),
        ("trap", {SNARE, CLAP}, {8}, 0.65),
        ("reggae", {KICK}, {8}, 0.8),
        ("reggaeton", {SNARE, RIM}, {3, 6}, 0.65),
        ("jersey club", {KICK}, {0, 4, 8, 11, 14}, 0.45),
        ("punk", {SNARE}, {4, 12}, 0.3),
        ("hardstyle", {KICK}, {0, 4, 8, 12}, 0.7),
        ("ska", {SNARE, RIM}, {4, 12}, 0.6),
        ("dub", {KICK}, {0, 4, 8, 12}, 0.4),
        ("samba", {KICK}, {0, 3, 4, 7, 8, 11, 12, 15}, 0.6),
        ("big band", {44}, {4, 12}, 0.8),
    ],
)
def test_the_mark_of_a_style_is_in_its_drums(genre, keys, wanted, share):
    assert share_of_bars(genre, keys, wanted) >= share


def test_the_clave_keeps_its_direction_all_through():
    for seed in range(6):
        score = measure.piece("latin_salsa", seed)
        sides = {
            (bar - section.start_bar + 1) % 2: frozenset(found)
            for section in score.sections
            for bar in range(section.start_bar - 1, section.start_bar - 1 + section.bars)
            if len(found := steps(score, {RIM}, bar)) in (2, 3)
        }
        assert set(sides.values()) == {frozenset({0, 6, 12}), frozenset({4, 8})}


@pytest.mark.parametrize("meter", [m for m in KNOWN_METERS if m != "4/4"])
@pytest.mark.parametrize("genre", ["pop", "house", "jazz_swing", "trap", "reggae", "bossa_nova", "drum_and_bass"])
def test_other_meters_have_grooves_of_their_own(genre, meter):
    score = compose(Request(genre=genre, meter=meter, bars=13, seed=3))
    felt = meter_of(meter)
    bars = measure.drum_bars(score)
    assert bars
    assert all(at < felt.bar for hits in bars.values() for at, _ in hits)
    backs = [steps(score, {SNARE, CLAP, RIM}, bar) for bar in bars]
    cut = {4, 12} if felt.steps > 12 and not felt.compound else set()
    if genre in ("pop", "house") and felt.compound:
        assert statistics.mean(bool(hits & {6, 18}) for hits in backs) >= 0.4  # the second dotted beat
    assert not cut or statistics.mean(cut <= hits for hits in backs) < 0.9


@pytest.mark.parametrize("meter", KNOWN_METERS)
def test_every_groove_and_bass_pattern_fits_its_bar(meter):
    felt = meter_of(meter)
    for genre in all_genres().values():
        style = drums_grooves.style_of(genre, felt)
        for lanes in style.lanes.values():
            for texts in lanes.values():
                assert all(len(text) in (0, felt.steps, 2 * felt.steps) for text in texts), (genre.name, texts)
        if genre.bass[1] not in ("walking", "follow_kick", "double_kick", "sparse", "drill_slides"):
            assert all(len(text) == felt.steps for text in grids(genre.bass[1], felt)), genre.bass


def test_fills_are_read_and_grow():
    fill = drums_fills.parse_fill("s=xxxx.... t=....1234")
    assert fill.beats == 2.0
    assert [key for _, key, _ in fill.hits] == [38, 38, 38, 38, 50, 48, 45, 43]
    triplets = drums_fills.parse_fill("@3 stop s=xxx")
    assert (triplets.beats, triplets.stop, triplets.hits[1][0]) == (1.0, True, 0.3333)
    for family in {drums_grooves.style_of(g, meter_of("4/4")).fills for g in all_genres().values()}:
        assert len(drums_grooves.fill_texts(family)) >= 5
        for text in drums_grooves.fill_texts(family):
            assert drums_fills.parse_fill(text).beats <= 4.0


def test_everything_stops_or_builds_before_some_choruses():
    quiet = 0
    for seed in range(8):
        score = measure.piece("hiphop_boombap", seed)
        for section in score.sections[1:]:
            if section.name == "chorus":
                last = steps(score, {KICK, SNARE, 42, 46}, section.start_bar - 2)
                quiet += not last & {14, 15}
    assert quiet >= 3


def test_a_build_doubles_the_pace_of_its_snare():
    score = compose(Request(genre="house", form=("groove", "build", "drop"), bars=25, seed=4))
    build = next(s for s in score.sections if s.name == "build")
    counts = [
        len(steps(score, {SNARE, CLAP}, bar)) for bar in range(build.start_bar - 1, build.start_bar - 1 + build.bars)
    ]
    assert counts[0] <= 6 < max(counts)
    assert counts[-2] > counts[0]


def test_no_two_pieces_share_the_drums_of_a_section():
    shared = total = 0
    for genre in ("pop", "techno", "jazz_swing", "hiphop_boombap"):
        seen = {}
        for seed in range(14):
            score = measure.piece(genre, seed, duration_s=50.0)
            bars = measure.drum_bars(score)
            for section in score.sections:
                own = [bars.get(b, ()) for b in range(section.start_bar - 1, section.start_bar - 1 + section.bars)]
                if section.bars >= 4 and sum(map(bool, own)) >= 2:
                    total += 1
                    shared += seen.setdefault(tuple(own), seed) != seed
    assert shared <= 0.01 * total


def test_walking_bass_steps_into_its_changes():
    near = total = 0
    for seed in SEEDS:
        score = measure.piece("jazz_swing", seed)
        notes = sorted(measure.part_of(score, "bass").notes, key=lambda n: n.start)
        for before, after in itertools.pairwise(notes):
            if score.chord_at(before.start) != score.chord_at(after.start):
                total += 1
                near += abs(before.pitch - after.pitch) <= 2 or abs(before.pitch - after.pitch) in (5, 7)
    assert near / total >= 0.75


def test_players_lean_where_their_style_does():
    soul, punk = find_genre("soul"), find_genre("punk")
    assert feel.drum_lateness_s(soul, SNARE) > 0.005 > 0 > feel.drum_lateness_s(punk, SNARE)
    assert feel.lateness_s(soul, "bass") > feel.lateness_s(punk, "bass")
    assert abs(feel.lateness_s(soul, "bass")) < 0.02  # still together with the kick
    assert feel.swell(0.95, 0, "chords", machine=False) > feel.swell(0.5, 0, "chords", machine=False) + 8


def test_small_bands_come_and_go_and_keep_their_tune():
    for seed in SEEDS:
        score = compose(
            Request(genre="pop", instruments=("piano", "electric bass", "drums"), only=True, duration_s=90, seed=seed)
        )
        playing = measure.sounding(score)
        assert measure.longest_unchanged(score) <= 18
        for section in score.sections:
            if section.name == "chorus":
                assert "drums" in playing[section.start_bar]
        duo = compose(Request(genre="pop", instruments=("violin", "piano"), only=True, duration_s=90, seed=seed))
        verse = next(s for s in duo.sections if s.name == "verse")
        bars = range(verse.start_bar - 1, verse.start_bar - 1 + verse.bars)
        assert any("violin" in measure.sounding(duo)[bar] for bar in bars)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_timpani_play_one_drum_at_a_time_on_tones_of_the_chord_and_roll_into_the_climax(seed):
    score = compose(Request(genre="cinematic", instruments=("orchestra",), seed=seed))
    part = next(part for part in score.parts if part.instrument == "timpani")
    starts = [note.start for note in part.notes]
    assert len(starts) == len(set(starts))
    for note in part.notes:
        chord = parse_chord(score.chord_at(note.start))
        assert note.pitch % 12 in {chord.bass, (chord.root + 7) % 12}
    climax = score.bar_beat(next(s.start_bar for s in score.sections if s.name == "climax"))
    roll = [note for note in part.notes if climax - 2 <= note.start < climax]
    assert len(roll) >= 12
    assert roll[-1].velocity > roll[1].velocity + 10


@pytest.mark.parametrize("genre", ["bossa_nova", "pop", "jazz_swing"])
@pytest.mark.parametrize("leads", [("flute",), ("trumpet", "flute")])
def test_leads_that_were_asked_for_are_heard_in_the_first_strain(genre, leads):
    score = compose(Request(genre=genre, instruments=leads, seed=1))
    intro = next((s.bars for s in score.sections[:1] if s.name == "intro"), 0)
    flute = next(part for part in score.parts if part.instrument == "flute")
    assert min(note.start for note in flute.notes) < score.bar_beat(intro + 9)


@pytest.mark.parametrize("genre", sorted(name for name, genre in all_genres().items() if genre.slows))
def test_players_slow_down_before_the_end(genre):
    score = measure.piece(genre, duration_s=None)
    assert 0.05 <= 1 - score.tempo[-1].bpm / score.bpm <= 0.15
