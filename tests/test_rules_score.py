"""Every measure of the rules: a score that meets it, and one made to break it and nothing else."""

import itertools
from pathlib import Path

import pytest

from segue.tools.core.score import ChordSpan, Note, Part, Score, Section, TempoMark
from segue.tools.music.compose import Request, compose
from segue.tools.music.rules import check_rules, rules_table, shares_met
from segue.tools.music.rules_view import Finding, ranges, wanted_of

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
CHORDS = ("C", "F", "G", "C")


def notes(*rows: tuple[float, float, int] | tuple[float, float, int, int]) -> list[Note]:
    return [Note(start=r[0], duration=r[1], pitch=r[2], velocity=r[3] if len(r) > 3 else 80) for r in rows]


def spans(symbols=CHORDS, bars: int = 16) -> list[ChordSpan]:
    return [ChordSpan(start=4.0 * i, duration=4.0, symbol=symbols[i % len(symbols)]) for i in range(bars)]


def sections(*rows: tuple[str, int]) -> list[Section]:
    starts = itertools.accumulate([1, *(bars for _, bars in rows)])
    return [Section(name=name, start_bar=start, bars=bars) for (name, bars), start in zip(rows, starts, strict=False)]


def song(*parts: Part, bars: int = 16, genre: str | None = "pop", form=None, **more) -> Score:
    form = form or (("verse", 8), ("chorus", bars - 8))
    more.setdefault("chords", spans(bars=bars))
    return Score(bars=bars, genre=genre, parts=list(parts), sections=sections(*form), **more)


def part(name: str, role: str, played: list[Note], **more) -> Part:
    return Part(name=name, role=role, notes=played, **more)


def lead(played: list[Note], **more) -> Part:
    return part("lead", "melody", played, instrument="vibraphone", **more)


def kit(played: list[Note]) -> Part:
    return part("drums", "drums", played, instrument="drums", is_drum=True)


def find(score: Score, name: str, **more) -> Finding:
    return next(f for f in check_rules(score, **more) if f.name == name)


def assert_mutation(name: str, good: Score, bad: Score, **more) -> None:
    """The good score meets the measure, the mutated one does not, and both were really measured."""
    kept, broken = find(good, name, **more), find(bad, name, **more)
    assert kept.met is True, kept
    assert broken.met is False, broken
    assert kept.value != broken.value


# -- 1 and 2 ------------------------------------------------------------------------------------------

NEAR = {"C": (60, 64, 67), "F": (60, 65, 69), "G": (59, 62, 67)}
FAR = {"C": (60, 64, 67), "F": (65, 69, 72), "G": (55, 59, 62)}


def comp(voicings, instrument: str = "piano") -> Part:
    rows = [(4.0 * i, 3.9, p) for i in range(16) for p in voicings[CHORDS[i % 4]]]
    return part("comp", "chords", notes(*rows), instrument=instrument)


def test_voices_move_little() -> None:
    assert_mutation("comp_motion", song(comp(NEAR)), song(comp(FAR)))


def test_parallel_fifths() -> None:
    assert_mutation("comp_parallels", song(comp(NEAR)), song(comp(FAR)))


def test_power_chords_are_exempt() -> None:
    power = {"C": (48, 55, 60), "F": (53, 60, 65), "G": (55, 62, 67)}
    found = find(song(comp(power, "distortion guitar")), "comp_parallels")
    assert found.met is None
    assert found.why.startswith("exempt")


def bass(pitches=(36, 41, 43, 36), at: float = 0.0) -> Part:
    rows = [(4.0 * i + at, 3.0, pitches[i % 4]) for i in range(16)]
    return part("bass", "bass", notes(*rows), instrument="electric bass")


def test_bass_on_the_root() -> None:
    assert_mutation("bass_root", song(bass()), song(bass((38, 41, 43, 36))))
    assert find(song(bass((40, 41, 43, 36)), chords=spans(("C/E", "F", "G", "C"))), "bass_root").met is True


def test_nothing_narrow_below_e3() -> None:
    low = part("comp", "chords", notes((0, 4, 43), (0, 4, 60)), instrument="piano")
    lower = part("comp", "chords", notes((0, 4, 40), (0, 4, 60)), instrument="piano")
    assert_mutation("low_intervals", song(bass(), low), song(bass(), lower))


# -- 3, 4 and 5 ------------------------------------------------------------------------------------------


def beat(bars: int = 16, fill: bool = True, crash: bool = True, vary: bool = True) -> list[Note]:
    rows = []
    for bar in range(bars):
        at = 4.0 * bar
        rows += [(at, 0.2, 36, 100), (at + 2, 0.2, 36, 90), (at + 1, 0.2, 38, 100), (at + 3, 0.2, 38, 98)]
        rows += [(at + i / 2, 0.2, 42, 70 + 9 * (i % 2 == 0) + (bar + i) % 3) for i in range(8)]
        if vary and bar % 2:
            rows.append((at + 2.5, 0.2, 36, 84))
        if fill and bar % 8 == 7:
            rows += [(at + 3 + i / 4, 0.2, 45 + 2 * (i % 2), 90) for i in range(1, 4)]
        if crash and bar % 8 == 0 and bar:
            rows.append((at, 0.2, 49, 110))
    return notes(*rows)


def test_kick_meets_bass() -> None:
    late = [n.model_copy(update={"shift_s": 0.03}) for n in bass().notes]
    plain = kit([n for n in beat(vary=False) if not (n.pitch == 36 and n.start % 4)])
    assert_mutation(
        "kick_bass", song(plain, bass()), song(plain, part("bass", "bass", late, instrument="electric bass"))
    )
    assert find(song(plain, bass(), genre="reggae"), "kick_bass").met is None


def test_drums_vary() -> None:
    assert_mutation("drum_repeats", song(kit(beat())), song(kit(beat(vary=False))))
    assert find(song(kit(beat(vary=False)), genre="techno"), "drum_repeats").wanted == (None, 7)


def test_fill_before_and_crash_after() -> None:
    form = (("verse", 8), ("chorus", 8), ("verse", 8))
    good = song(kit(beat(24)), bars=24, form=form)
    assert_mutation("fills", good, song(kit(beat(24, fill=False)), bars=24, form=form))
    assert_mutation("fill_landings", good, song(kit(beat(24, crash=False)), bars=24, form=form))


# -- 6 ----------------------------------------------------------------------------------------------------


def test_two_sticks() -> None:
    more = [*beat(), *notes((0, 0.2, 49), (0, 0.2, 45), (0, 0.2, 38))]
    assert_mutation("kit_hands", song(kit(beat())), song(kit(more)))
    assert find(song(kit(more), genre="techno"), "kit_hands").met is None


def test_two_hands() -> None:
    wide = {**NEAR, "C": (36, 60, 84)}
    assert_mutation("hand_spans", song(comp(NEAR)), song(comp(wide)))


def test_winds_breathe() -> None:
    line = [(i * 1.0, 1.0, SCALE[i % 8]) for i in range(60)]
    breathing = [(at, 0.5 if i % 8 == 7 else d, p) for i, (at, d, p) in enumerate(line)]
    flute = {"name": "lead", "role": "melody", "instrument": "flute", "program": 73}
    assert_mutation("breath_s", song(Part(notes=notes(*breathing), **flute)), song(Part(notes=notes(*line), **flute)))


def test_ranges() -> None:
    good = [(float(i), 0.9, 60 + i % 12) for i in range(20)]
    violin = {"name": "lead", "role": "melody", "instrument": "violin", "program": 40}
    bad = [*good, (20.0, 1.0, 50)]
    assert_mutation("in_range", song(Part(notes=notes(*good), **violin)), song(Part(notes=notes(*bad), **violin)))


# -- 7, 8 and 9 ---------------------------------------------------------------------------------------------


def loud(velocity) -> Part:
    return lead(notes(*((i / 2, 0.4, SCALE[i % 7], velocity(i)) for i in range(128))))


def test_strong_beats_are_louder() -> None:
    accented = song(loud(lambda i: 96 if i % 8 == 0 else 80))
    assert_mutation("accents", accented, song(loud(lambda i: 80 + i % 3)))


def test_velocity_deviates() -> None:
    assert_mutation("velocity_deviation", song(loud(lambda i: 70 + 20 * (i % 2))), song(loud(lambda i: 80)))
    assert find(song(loud(lambda i: 80), genre="techno"), "velocity_deviation").met is None


def test_jitter_is_small() -> None:
    wild = (0, 25, 4, -20, 9, -25, 14, -7, 21, -14, 2)
    good = song(loud(lambda i: 90 if i % 8 == 0 else 78))
    assert_mutation("velocity_jitter", good, song(loud(lambda i: 80 + wild[(i * i) % 11])))


def test_ghost_notes_are_soft() -> None:
    def ghosted(velocity: int) -> Score:
        return song(kit([*beat(), *notes(*((4.0 * b + 1.75, 0.1, 38, velocity) for b in range(16)))]))

    assert_mutation("ghost_notes", ghosted(40), ghosted(60))


def test_hats_differ() -> None:
    flat = [n.model_copy(update={"velocity": 80}) if n.pitch == 42 else n for n in beat()]
    assert_mutation("equal_hats", song(kit(beat())), song(kit(flat)))
    assert find(song(kit(flat), genre="techno"), "equal_hats").met is None


def timed(shift) -> Score:
    line = [Note(start=i / 2, duration=0.4, pitch=SCALE[i % 7], shift_s=shift(i)) for i in range(128)]
    return song(lead(line), tempo=[TempoMark(bpm=120)])


def test_timing_is_human() -> None:
    human = (0.012, 0.004, -0.003, 0.008, 0.0, 0.006, -0.006)
    assert_mutation("timing_deviation", timed(lambda i: human[i * i % 7]), timed(lambda i: 0.008))


def test_machines_are_exact() -> None:
    line = [Note(start=i / 2, duration=0.4, pitch=60, shift_s=0.002 * (i % 2)) for i in range(64)]
    exact = [n.model_copy(update={"shift_s": 0.0}) for n in line]
    assert_mutation("machine_timing", song(lead(exact), genre="techno"), song(lead(line), genre="techno"))


def test_swing_is_as_asked() -> None:
    good = timed(lambda i: 0.08 * (i % 2)).model_copy(update={"swing": 0.66})
    assert_mutation("swing_error", good, good.model_copy(update={"swing": 0.6}))


# -- 10 and 11 ----------------------------------------------------------------------------------------------

STEPWISE = (0, 1, 2, 4, 3, 2, 1, 0, 2, 3, 4, 2, 1, 3, 2, 1)
LEAPING = (0, 4, 1, 6, 2, 7, 0, 5, 1, 4, 0, 6, 3, 7, 1, 5)


def walk(steps, bars: int = 16, rest: bool = True) -> Part:
    rows = []
    for i in range(bars * 4):
        if rest and i % 8 == 7:
            continue
        rows.append((float(i), 0.9, SCALE[steps[i % len(steps)]]))
    return lead(notes(*rows))


def test_melody_moves_by_step() -> None:
    assert_mutation("melody_steps", song(walk(STEPWISE)), song(walk(LEAPING)))


def test_leaps_turn_back() -> None:
    back = [(float(i), 0.9, (60, 69, 67, 64, 62)[i % 5]) for i in range(60)]
    on = [(float(i), 0.9, (60, 69, 71, 64, 62)[i % 5]) for i in range(60)]
    assert_mutation("leap_returns", song(lead(notes(*back))), song(lead(notes(*on))))


def test_melody_range() -> None:
    wide = lead([*walk(STEPWISE).notes, *notes((63.0, 0.9, 96))])
    assert_mutation("melody_range", song(walk(STEPWISE)), song(wide))


def over_chords(strong: int, after: int) -> Score:
    """A tune whose downbeats are chord tones but for every fourth, which is ``strong`` and goes on to ``after``."""
    rows = []
    for bar in range(16):
        first = strong if bar % 8 == 0 else {"C": 64, "F": 65, "G": 67}[CHORDS[bar % 4]]
        rows += [(4.0 * bar, 1.5, first), (4.0 * bar + 1.5, 1.0, after if bar % 8 == 0 else first)]
    return song(lead(notes(*rows)))


def test_strong_beats_are_chord_tones() -> None:
    assert_mutation(
        "strong_chord_tones", over_chords(67, 67), song(lead(notes(*((4.0 * b, 2, 66) for b in range(16)))))
    )


def test_dissonances_move_by_step() -> None:
    assert_mutation("dissonance_steps", over_chords(65, 64), over_chords(65, 72))


# -- 12 and 13 ----------------------------------------------------------------------------------------------


def test_phrases_end_with_rests() -> None:
    assert_mutation("phrase_rests", song(walk(STEPWISE)), song(walk(STEPWISE, rest=False)))


def test_lead_is_silent_now_and_then() -> None:
    full = lead([n.model_copy(update={"duration": 1.0}) for n in walk(STEPWISE, rest=False).notes])
    assert_mutation("lead_silence", song(walk(STEPWISE)), song(full))


def test_motif_returns() -> None:
    never = [(i * 0.5 + (0.25 if i % 3 else 0.0), 0.4, 48 + (i * i * 7) % 23) for i in range(124)]
    assert_mutation(
        "motif_returns",
        song(walk(STEPWISE[:8])),
        song(lead(notes(*never[:20], *((20 + 3.7 * i, 3, 60 + i % 5) for i in range(10))))),
    )


def test_motif_is_varied() -> None:
    varied = lead(
        [n.model_copy(update={"pitch": n.pitch + 12}) if n.start == 16 else n for n in walk(STEPWISE[:8]).notes]
    )
    assert_mutation("motif_variants", song(varied), song(walk(STEPWISE[:8])))


def verse_chorus(first, second, third) -> Score:
    rows = []
    for start, steps in ((0, STEPWISE), (32, first), (64, second), (96, third)):
        rows += [(float(start + i), 0.9, SCALE[steps[i % len(steps)]]) for i in range(32) if i % 8 != 7]
    return song(lead(notes(*rows)), bars=32, form=(("verse", 8), ("chorus", 8), ("verse", 8), ("chorus", 8)))


def test_choruses_are_alike() -> None:
    assert_mutation(
        "chorus_likeness", verse_chorus(LEAPING, STEPWISE, LEAPING), verse_chorus(LEAPING, STEPWISE, STEPWISE)
    )


def test_verse_and_chorus_differ() -> None:
    good = verse_chorus(LEAPING, STEPWISE, LEAPING)
    assert_mutation("verse_chorus_likeness", good, verse_chorus(STEPWISE, STEPWISE, STEPWISE))


# -- 14, 15, 16 and 17 -----------------------------------------------------------------------------------------


def test_sections_close() -> None:
    jazz = {"genre": "jazz_swing", "chords": spans(("Cmaj7", "Dm7", "G7", "Cmaj7"))}
    assert_mutation(
        "section_cadences",
        song(bass(), **jazz),
        song(bass(), genre="jazz_swing", chords=spans(("C", "G7", "Am7", "Dm7"))),
    )


def test_tune_ends_at_home() -> None:
    home, away = (lead([*walk(STEPWISE).notes[:-1], *notes((62.0, 2.0, p))]) for p in (60, 62))
    assert_mutation("melody_end", song(home), song(away))


def layered(chorus: bool) -> Score:
    pad = part(
        "pad", "pad", notes(*((4.0 * b + i / 2, 0.5, 60) for b in range(8, 15) for i in range(8))), instrument="strings"
    )
    return song(bass(), comp(NEAR), *([pad] if chorus else []))


def test_chorus_is_denser_and_richer() -> None:
    assert_mutation("chorus_density", layered(True), layered(False))
    assert_mutation("chorus_parts", layered(True), layered(False))


def peaking(bar: int) -> Score:
    crowd = notes(*((4.0 * (bar + b) + i / 4, 0.2, 72) for b in range(4) for i in range(16)))
    return song(bass(), part("crowd", "other", crowd, instrument="piano"), bars=32, form=(("A", 32),))


def test_peak_comes_late() -> None:
    assert_mutation("peak_place", peaking(20), peaking(0))


def test_lead_lies_over_comping() -> None:
    high = lead([n.model_copy(update={"pitch": n.pitch + 12}) for n in walk(STEPWISE).notes])
    low = lead([n.model_copy(update={"pitch": n.pitch}) for n in walk(STEPWISE).notes])
    assert_mutation("lead_over_comp", song(high, comp(NEAR)), song(low, comp(NEAR)))


def coming_and_going(bars_on: int) -> Score:
    flute = [(4.0 * b, 3.9, 72) for b in range(24) if (b // bars_on) % 2]
    line = part("flute", "other", notes(*flute), instrument="vibraphone")
    return song(bass(), comp(NEAR), line, bars=24, form=(("A", 24),))


def test_somebody_enters_or_leaves() -> None:
    assert_mutation("unchanged_bars", coming_and_going(6), coming_and_going(12))


def test_not_everybody_all_the_time() -> None:
    always = part("flute", "other", notes(*((4.0 * b, 3.9, 72) for b in range(16))), instrument="vibraphone")
    rarely = part("flute", "other", notes(*((4.0 * b, 3.9, 72) for b in range(4))), instrument="vibraphone")
    assert_mutation("everybody", song(bass(), comp(NEAR), rarely), song(bass(), comp(NEAR), always))


# -- 20 and the whole -------------------------------------------------------------------------------------------


def test_ends_on_a_downbeat_and_is_held() -> None:
    good = song(part("a", "chords", notes((0, 4, 60), (60.0, 4.0, 60))))
    late = song(part("a", "chords", notes((0, 4, 60), (60.0, 4.0, 60), (61.0, 3.0, 60))))
    short = song(part("a", "chords", notes((0, 4, 60), (60.0, 0.5, 60))))
    assert_mutation("last_downbeat", good, late)
    assert_mutation("held_end_s", good, short)
    assert find(late, "last_downbeat", request=Request(loop=True)).met is None


def test_acoustic_styles_slow_down_where_they_may() -> None:
    free = Request(genre="folk")
    slow = song(bass(), genre="folk", tempo=[TempoMark(bpm=100), TempoMark(beat=56, bpm=90)])
    even = song(bass(), genre="folk", tempo=[TempoMark(bpm=100)])
    assert_mutation("slowing", slow, even, request=free)
    assert find(even, "slowing", request=Request(bpm=100)).met is None


def test_what_a_wish_decides_is_excused() -> None:
    score = song(walk(LEAPING), bass(), genre="jazz_swing", chords=spans(("C", "G7", "Am7", "Dm7")))
    wishes = Request(melody=score, chords=("C", "G7", "Am7", "Dm7"), feel=0.0, dynamics=-1.0, energy=(0.5,))
    names = ("melody_steps", "lead_silence", "section_cadences", "timing_deviation", "velocity_deviation")
    for name in names:
        assert find(score, name).met is not None or name == "velocity_deviation"
        assert find(score, name, request=wishes).met is None
    assert find(score, "section_cadences").met is False
    assert find(layered(False), "chorus_density").met is False
    assert find(layered(False), "chorus_density", request=wishes).met is None


def test_every_measure_of_the_file_has_a_test_and_a_range() -> None:
    here = Path(__file__)
    text = here.read_text() + here.with_name("test_rules_sound.py").read_text()
    for name, entry in ranges().items():
        assert f'"{name}"' in text, name
        assert 1 <= entry["rule"] <= 20
        assert any(limit is not None for limit in entry["used"]), name


def test_table_puts_the_worst_first() -> None:
    scores = [compose(Request(genre=name, seed=1, duration_s=60.0)) for name in ("pop", "techno")]
    rows = rules_table(scores)
    shares = [row.share for row in rows]
    assert shares == sorted(shares)
    assert {row.genre for row in rows} == {"pop", "techno"}
    assert {row.rule for row in rows} >= {1, 2, 4, 7, 10, 11, 12, 14, 17, 20}


def test_composed_pieces_meet_most_rules() -> None:
    found = check_rules(compose(Request(genre="pop", seed=3, duration_s=90.0)))
    shares = shares_met(found)
    assert sum(shares.values()) / len(shares) > 0.7
    assert find(compose(Request(genre="techno", seed=3, duration_s=60.0)), "drum_repeats").wanted == wanted_of(
        "drum_repeats", "techno"
    )


@pytest.mark.parametrize("score", [Score(), Score(parts=[Part(name="x", role="melody", notes=notes((0, 1, 60)))])])
def test_nothing_to_measure_is_no_failure(score: Score) -> None:
    assert all(f.met is None or f.value is not None for f in check_rules(score))
