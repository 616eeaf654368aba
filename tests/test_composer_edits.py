"""Operations on scores over many pieces: what is not named stays identical, and the score stays sound."""

import itertools

import pytest

from segue.tools.core.errors import InvalidArgument, NotFound
from segue.tools.core.theory import parse_chord, parse_key
from segue.tools.music import revise
from segue.tools.music.compose import Request, compose

GENRES = ("pop", "lofi", "techno", "jazz_swing", "classical", "trap", "bossa_nova", "blues", "folk")


@pytest.fixture(scope="module", params=GENRES)
def song(request):
    return compose(Request(genre=request.param, seed=len(request.param), duration_s=50))


@pytest.fixture(scope="module")
def pop():
    return compose(Request(genre="pop", seed=3, duration_s=120, key="D major"))


def bare(part):
    return part.model_copy(update={"notes": []})


def outside(part, low, high):
    return [n for n in part.notes if not low - 1e-6 <= n.start < high - 1e-6]


def is_sound(score):
    """Chords without gaps, sections without gaps, nothing struck behind the last bar."""
    for before, after in itertools.pairwise(score.chords):
        assert before.start + before.duration == pytest.approx(after.start)
    for before, after in itertools.pairwise(score.sections):
        assert before.start_bar + before.bars == after.start_bar
    assert sum(s.bars for s in score.sections) == score.bars
    assert all(n.start < score.bar_beat(score.bars + 1) for p in score.parts for n in p.notes)
    type(score).model_validate(score.model_dump())


IN_BARS = {
    "anew": lambda s, a, b: revise.regenerate(s, a, b, seed=4),
    "busier": lambda s, a, b: revise.regenerate(s, a, b, "busier", seed=4),
    "simpler": lambda s, a, b: revise.regenerate(s, a, b, "simpler", seed=4),
    "tension": lambda s, a, b: revise.regenerate(s, a, b, "more tension", seed=4),
    "varied": lambda s, a, b: revise.regenerate(s, a, b, "a variation", seed=4),
    "mode": lambda s, a, b: revise.set_mode(s, "major" if parse_key(s.key).is_minor else "minor", a, b),
    "chords": lambda s, a, b: revise.set_chords(s, ["C", "Am F"], a, b, seed=4),
    "muted": lambda s, a, b: revise.regenerate(s, a, b, f"without the {s.parts[0].name}", seed=4),
}


@pytest.mark.parametrize("name", IN_BARS)
def test_nothing_outside_the_bars_changes(song, name):
    change = IN_BARS[name]
    first, last = 3, min(6, song.bars - 1)
    low, high = song.bar_beat(first), song.bar_beat(last + 1)
    new = change(song, first, last)
    for before, after in zip(song.parts, new.parts, strict=True):
        assert bare(before) == bare(after)
        assert outside(before, low, high) == outside(after, low, high)
    assert new.model_copy(update={"parts": [], "chords": []}) == song.model_copy(update={"parts": [], "chords": []})
    for beat in (*range(int(low)), *range(int(high), int(song.bar_beat(song.bars + 1)))):
        assert new.chord_at(beat) == song.chord_at(beat)
    assert new.parts != song.parts
    assert change(song, first, last) == new  # the same seed, the same notes
    is_sound(new)


@pytest.mark.parametrize("keep", ["drums", "bass", "melody"])
def test_a_locked_part_stays_while_the_rest_is_made_anew(pop, keep):
    new = revise.regenerate(pop, keep=[keep], seed=7)
    changed = {a.name for a, b in zip(pop.parts, new.parts, strict=True) if a != b}
    locked = next(p for p in pop.parts if keep in (p.name, p.role))
    assert locked.name not in changed
    assert len(changed) >= len(pop.parts) - 2  # a part without chance in it may come out as it was
    restyled = revise.restyle(pop, "bossa nova", keep=[keep], seed=7)
    assert restyled.part(locked.name) == locked
    assert restyled.genre == "bossa_nova"
    assert restyled.tempo == pop.tempo
    assert len({p.name for p in restyled.parts}) == len(restyled.parts)


def test_only_the_named_part_changes_in_the_named_section(pop):
    new = revise.regenerate(pop, section="second chorus", parts=["bass"], seed=1)
    assert [b.name for a, b in zip(pop.parts, new.parts, strict=True) if a != b] == ["bass"]
    second = [s for s in pop.sections if s.name == "chorus"][1]
    low, high = pop.bar_beat(second.start_bar), pop.bar_beat(second.start_bar + second.bars)
    assert outside(pop.part("bass"), low, high) == outside(new.part("bass"), low, high)
    with pytest.raises(NotFound, match="chorus") as caught:
        revise.regenerate(pop, section="ninth chorus 9")
    assert "verse (bars" in caught.value.hint
    with pytest.raises(InvalidArgument, match="locked"):
        revise.regenerate(pop, keep=[p.name for p in pop.parts])


def test_another_beat_is_another_genres_pattern(pop):
    new = revise.regenerate(pop, prompt="a reggaeton beat", seed=1)
    assert [b.name for a, b in zip(pop.parts, new.parts, strict=True) if a != b] == ["drums"]
    low = pop.bar_beat(8)
    snares = {round(n.start - low, 2) for n in new.part("drums").notes if low <= n.start < low + 4 and n.pitch == 38}
    assert 0.75 in snares  # three against two: the dembow


def test_tension_stands_on_a_dominant_pedal_and_ends_suspended(pop):
    bars = revise.find_section(pop, "bridge")
    first, last = bars.start_bar, bars.start_bar + bars.bars - 1
    new = revise.regenerate(pop, first, last, "more tension", seed=2)
    low, high = pop.bar_beat(first), pop.bar_beat(last + 1)
    inside = [parse_chord(c.symbol) for c in new.chords if low <= c.start < high]
    dominant = (parse_key(pop.key).tonic + 7) % 12
    assert {c.bass for c in inside} == {dominant}
    assert "7sus4" in inside[-2].quality

    def loudness(score):
        notes = [n.velocity for p in score.parts for n in p.notes if low <= n.start < high and n.velocity > 46]
        return sum(notes) / len(notes)

    assert loudness(new) > loudness(pop) + 2
    assert revise.regenerate(pop, first, last, "more tension in the drums", seed=2).chords == pop.chords


def test_a_variation_keeps_the_tune_on_the_pulses(pop):
    lead = next(p for p in pop.parts if p.role == "melody")
    new = revise.regenerate(pop, prompt="a variation", parts=["melody"], seed=5).part(lead.name)
    strong = {(n.start, n.pitch) for n in lead.notes if n.start % 2 == 0}
    kept = {(n.start, n.pitch) for n in new.notes}
    assert len(strong & kept) >= 0.9 * len(strong)
    assert new.notes != lead.notes


def test_a_mode_and_back_gives_the_keys_own_notes_again(pop):
    dark = revise.set_mode(pop, "darker")
    assert dark.key == "D minor"
    assert dark.part("drums") == pop.part("drums")
    scale = set(parse_key(pop.key).scale)
    for before, after in zip(pop.parts, revise.set_mode(dark, "brighter").parts, strict=True):
        for one, back in zip(before.notes, after.notes, strict=True):
            assert one == back or one.pitch % 12 not in scale  # what was foreign to the key may have come home
    thirds = {n.pitch % 12 for p in dark.parts if not p.is_drum for n in p.notes}
    assert 6 not in thirds or 5 in thirds
    moved = revise.set_key(pop, "E minor")
    assert moved.key == "E minor"
    assert moved.part("bass").notes != revise.transpose(pop, 2).part("bass").notes


def test_asked_chords_are_there_and_the_harmony_follows(pop):
    new = revise.set_chords(pop, ["Em7", "A7", "Dmaj7", "Bm7/A"], 9, 12, seed=1)
    low = pop.bar_beat(9)
    assert [c.symbol for c in new.chords if low <= c.start < low + 16] == ["Em7", "A7", "Dmaj7", "Bm7/A"]
    assert new.part("drums") == pop.part("drums")
    bass = [n for n in new.part("bass").notes if low <= n.start < low + 16]
    roots = [next(n.pitch % 12 for n in bass if n.start >= low + 4 * i - 0.01) for i in range(4)]
    assert roots == [4, 9, 2, 9]
    said = []
    revise.set_chords(pop, ["C", "D", "E"], 9, 10, say=said.append)
    assert "left out" in said[0]


@pytest.mark.parametrize("meter", ["3/4", "6/8", "7/8", "5/4", "12/8"])
def test_another_meter_keeps_bars_chords_and_players(song, meter):
    new = revise.set_meter(song, meter, seed=1)
    assert (new.meter, new.bars) == (meter, song.bars)
    assert [p.name for p in new.parts] == [p.name for p in song.parts]
    assert [c.symbol for c in new.chords] == [c.symbol for c in song.chords]
    assert revise.set_meter(song, meter, seed=1) == new
    is_sound(new)
    assert revise.set_meter(song, song.meter) == song


@pytest.mark.parametrize("kind", ["held", "cold", "slowing", "new"])
def test_another_ending_leaves_all_before_it_alone(song, kind):
    new = revise.set_ending(song, kind, seed=2)
    edge = song.bar_beat(max(1, song.bars - 3))
    for before, after in zip(song.parts, new.parts, strict=True):
        assert [n for n in before.notes if n.start < edge] == [n for n in after.notes if n.start < edge]
    assert new.bars == song.bars
    is_sound(new)
    if kind == "slowing":
        assert new.clock().seconds(new.beats) > song.clock().seconds(song.beats)


@pytest.mark.parametrize("bars", [2, 8])
def test_a_longer_or_shorter_section_only_moves_the_rest(pop, bars):
    new = revise.resize_section(pop, "intro", bars, seed=1)
    intro = revise.find_section(pop, "intro")
    assert [s.bars for s in new.sections] == [bars, *(s.bars for s in pop.sections[1:])]
    assert new.bars == pop.bars + bars - intro.bars
    shift = (bars - intro.bars) * 4
    edge = pop.bar_beat(intro.start_bar + intro.bars)
    for before, after in zip(pop.parts, new.parts, strict=True):
        rest = [n.model_copy(update={"start": n.start + shift}) for n in before.notes if n.start >= edge]
        assert [n for n in after.notes if n.start >= edge + shift - 1e-6] == rest
    is_sound(new)


def test_half_time_slows_the_beat_only(pop):
    slow, fast = revise.half_time(pop), revise.double_time(pop)
    for new in (slow, fast):
        assert [b.name for a, b in zip(pop.parts, new.parts, strict=True) if a != b] == ["drums"]
        is_sound(new)

    def backbeats(score):
        bar = score.bar_beat(7)  # a verse
        return {
            round(n.start - bar, 2)
            for n in score.part("drums").notes
            if bar <= n.start < bar + 4 and n.velocity > 60 and n.pitch in (38, 39)
        }

    assert backbeats(pop) >= {1.0, 3.0}
    assert backbeats(slow) == {2.0}
    assert backbeats(fast) >= {0.5, 1.5, 2.5, 3.5}
    with pytest.raises(InvalidArgument, match="drums"):
        revise.half_time(revise.remove_parts(pop, ["drums", "percussion"]))


def test_swing_and_quantising_change_only_when_notes_sound(song):
    straight = song.model_copy(update={"swing": 0.5}) if song.beats_per_bar == 3 else revise.set_swing(song, 0.5)
    swung = revise.set_swing(straight, 0.62)
    assert swung.swing == 0.62
    strip = [[n.model_copy(update={"shift_s": 0.0}) for n in p.notes] for p in song.parts]
    for new in (straight, swung, revise.quantise(song, 1.0)):
        assert [[n.model_copy(update={"shift_s": 0.0}) for n in p.notes] for p in new.parts] == strip
    back = revise.set_swing(swung, 0.5)
    for a, b in zip(back.parts, straight.parts, strict=True):
        assert [n.shift_s for n in a.notes] == pytest.approx([n.shift_s for n in b.notes], abs=3e-5)
    loose = revise.humanise(song, 1.0, ["bass"] if song.part("bass") else [], seed=1)
    assert revise.humanise(song, 1.0, ["bass"] if song.part("bass") else [], seed=1) == loose
    assert max(abs(n.shift_s) for p in revise.quantise(straight, 1.0).parts for n in p.notes) < 1e-9
