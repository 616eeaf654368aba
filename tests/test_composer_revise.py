"""Exact changes: what was not named stays identical."""

import pytest

from segue.tools.core.errors import InvalidArgument, NotFound
from segue.tools.core.theory import parse_chord
from segue.tools.music import revise
from segue.tools.music.compose import Request, compose
from segue.tools.music.parts import parts_named
from tests.composer_support import lead_notes


@pytest.fixture(scope="module")
def song():
    return compose(Request(genre="pop", seed=3, duration_s=60, bpm=110, key="D minor"))


def outside(part, low, high):
    return [n for n in part.notes if not low <= n.start < high]


def test_removing_and_isolating_leave_the_rest_alone(song):
    without = revise.remove_parts(song, ["drums"])
    assert [p for p in song.parts if p.name != "drums"] == without.parts
    only = revise.isolate_parts(song, ["bass"])
    assert only.parts == [song.part("bass")]
    with pytest.raises(NotFound, match="no 'banjo'"):
        revise.remove_parts(song, ["banjo"])
    with pytest.raises(InvalidArgument):
        revise.remove_parts(song, [p.name for p in song.parts])


def test_parts_are_found_by_name_role_family_and_instrument(song):
    assert parts_named(song.parts, "the drums") == parts_named(song.parts, "drums")
    assert parts_named(song.parts, "piano") == ["piano"]
    assert parts_named(song.parts, "guitars") == ["electric guitar"]
    assert parts_named(song.parts, "melody") == [next(p.name for p in song.parts if p.role == "melody")]


def test_replacing_an_instrument_keeps_its_notes_and_everybody_else(song):
    new = revise.replace_instrument(song, "piano", "nylon guitar")
    part = new.part("nylon guitar")
    assert part.program == 24
    assert [(n.start, n.pitch % 12, n.velocity) for n in part.notes] == [
        (n.start, n.pitch % 12, n.velocity) for n in song.part("piano").notes
    ]
    assert [p for p in new.parts if p.name != "nylon guitar"] == [p for p in song.parts if p.name != "piano"]
    with pytest.raises(InvalidArgument):
        revise.replace_instrument(song, "drums", "flute")


@pytest.mark.parametrize(
    ("words", "role"),
    [("walking bass", "bass"), ("congas", "percussion"), ("strings", "pad"), ("flute", "counter"), ("rhodes", "chords"),
     ("drums", "drums")],
)  # fmt: skip
def test_adding_a_part(song, words, role):
    more = revise.add_part(song, words, seed=1)
    assert more.parts[:-1] == song.parts
    assert more.parts[-1].role == role
    assert len(more.parts[-1].notes) > 10
    assert more.parts[-1].name not in {p.name for p in song.parts}


@pytest.mark.parametrize(
    ("words", "bars"),
    [
        ("in the second half", range(14, 29)), ("in the chorus", [*range(8, 12), *range(20, 28)]), ("in the choruses", [*range(8, 12), *range(20, 28)]),
        ("in the second chorus", range(20, 28)), ("only in bars 5 to 8", range(4, 8)), ("from bar 9 on", range(8, 28)),
        ("in the last 4 bars", range(25, 28)), ("at the end", range(20, 28)), ("every verse", [*range(4, 8), *range(12, 20)]),
    ],
)  # fmt: skip
def test_a_part_is_added_in_one_place_only(words, bars):
    song = compose(Request(genre="pop", duration_s=60, seed=3, form=["intro", "verse", "chorus", "verse", "chorus"]))
    notes = revise.add_part(song, "strings", words, seed=1).parts[-1].notes
    played = {int(note.start // song.beats_per_bar) for note in notes}
    allowed = {*bars, song.bars - 1} if max(bars) == 27 else {*bars}
    assert played <= allowed
    assert len(played) > len(allowed) / 2


def test_a_place_that_is_not_there_is_named(song):
    with pytest.raises(NotFound, match="bridge"):
        revise.add_part(song, "strings", "in the bridge", seed=1)


def test_transposing_moves_notes_chords_and_key_but_not_the_drums(song):
    up = revise.transpose(song, 2)
    assert up.key == "E minor"
    assert up.part("drums") == song.part("drums")
    for before, after in zip(song.part("bass").notes, up.part("bass").notes, strict=True):
        assert after == before.model_copy(update={"pitch": before.pitch + 2})
    roots = [
        (parse_chord(a.symbol).root - parse_chord(b.symbol).root) % 12
        for a, b in zip(up.chords, song.chords, strict=True)
    ]
    assert set(roots) == {2}
    assert revise.transpose(up, -2).parts == song.parts
    assert revise.transpose_to(song, "E minor").parts == up.parts


def test_tempo_changes_only_time(song):
    slow = revise.set_tempo(song, 55)
    assert slow.bpm == 55
    assert slow.clock().seconds(16) == pytest.approx(2 * song.clock().seconds(16))
    for before, after in zip(song.parts, slow.parts, strict=True):
        assert [(n.start, n.pitch, n.velocity) for n in before.notes] == [
            (n.start, n.pitch, n.velocity) for n in after.notes
        ]
    assert revise.set_tempo(song, ratio=0.5).bpm == 55
    with pytest.raises(InvalidArgument):
        revise.set_tempo(song, 5000)


@pytest.mark.parametrize("prompt", ["", "busier", "simpler", "more tension"])
def test_regenerating_touches_only_the_named_bars(song, prompt):
    low, high = song.bar_beat(9), song.bar_beat(13)
    new = revise.regenerate(song, 9, 12, prompt, seed=5)
    assert [p.name for p in new.parts] == [p.name for p in song.parts]
    for before, after in zip(song.parts, new.parts, strict=True):
        assert outside(before, low, high) == outside(after, low, high)
        assert before.model_copy(update={"notes": []}) == after.model_copy(update={"notes": []})
    assert new.parts != song.parts
    for bar in (*range(1, 9), *range(13, song.bars + 1)):
        assert new.chord_at(song.bar_beat(bar)) == song.chord_at(song.bar_beat(bar))


def test_busier_has_more_notes_and_simpler_fewer():
    def count(score):
        low, high = score.bar_beat(9), score.bar_beat(17)
        return sum(low <= n.start < high for p in score.parts for n in p.notes)

    busy = simple = 0
    for seed in range(4):
        song = compose(Request(genre="rock", seed=seed, bars=33))
        busy += count(revise.regenerate(song, 9, 16, "busier", seed=seed))
        simple += count(revise.regenerate(song, 9, 16, "simpler", seed=seed))
    assert busy > 1.1 * simple


def test_a_prompt_that_names_a_part_changes_only_that_one(song):
    new = revise.regenerate(song, 9, 12, "busier drums", seed=5)
    assert [b.name for a, b in zip(song.parts, new.parts, strict=True) if a != b] == ["drums"]


def test_regenerating_twice_differs_and_with_a_seed_does_not(song):
    assert revise.regenerate(song, 9, 12) != revise.regenerate(song, 9, 12)
    assert revise.regenerate(song, 9, 12, seed=1) == revise.regenerate(song, 9, 12, seed=1)
    with pytest.raises(InvalidArgument, match="not in this piece"):
        revise.regenerate(song, 9, 999)


def test_extending_keeps_what_was_there_and_moves_the_ending(song):
    longer = revise.extend(song, 120.0)
    clock = longer.clock()
    assert clock.seconds(longer.bar_beat(longer.bars)) < 120 < clock.seconds(longer.bar_beat(longer.bars + 2)) + 3
    edge = song.bar_beat(next(s.start_bar for s in song.sections if s.name == "outro"))
    for before, after in zip(song.parts, longer.parts, strict=True):
        kept = [n for n in before.notes if n.start < edge]
        assert after.notes[: len(kept)] == kept
    assert longer.sections[-1].name == "outro"
    assert longer.chords[-1].symbol == song.chords[-1].symbol
    assert sum(s.bars for s in longer.sections) == longer.bars
    for before, after in zip(longer.chords, longer.chords[1:], strict=False):
        assert before.start + before.duration == pytest.approx(after.start)
    assert revise.extend(song, 10.0) == song
    assert revise.extend(song, bars=song.bars + 8).bars == song.bars + 8


@pytest.mark.parametrize("style", ["make it jazz", "bossa nova", "techno"])
def test_restyling_keeps_tune_and_chords(song, style):
    new = revise.restyle(song, style, seed=2)
    assert new.genre != song.genre
    assert [(n.start, n.pitch % 12) for n in lead_notes(new)] == [(n.start, n.pitch % 12) for n in lead_notes(song)]
    assert new.chords == song.chords
    with pytest.raises(InvalidArgument, match="no style"):
        revise.restyle(song, "qwertz")


def test_loops_and_trims(song):
    four = revise.trim_bars(song, 5, 8)
    assert four.bars == 4
    assert sum(s.bars for s in four.sections) == 4
    low, high = song.bar_beat(5), song.bar_beat(9)
    for before, after in zip(song.parts, four.parts, strict=True):
        assert len(after.notes) == sum(low <= n.start < high for n in before.notes)
    thrice = revise.loop(four, 3)
    assert thrice.bars == 12
    assert len(thrice.parts[0].notes) == 3 * len(four.parts[0].notes)
    assert revise.trim_bars(thrice, 1, 4).parts == four.parts
