"""Tunes and what surrounds them: motifs and their development, styles, second lines, given tunes, words."""

import itertools
import math
import random
import re
import statistics
from functools import cache

import pytest

from segue.tools.core.score import Note, Part, Score, TempoMark
from segue.tools.core.theory import Key, parse_chord, parse_key
from segue.tools.music.compose import Request, compose
from segue.tools.music.compose_from import theme_of
from segue.tools.music.compose_harmonise import chords_for_tune, key_of_tune, phrase_ends
from segue.tools.music.compose_plan import Plan, Span, Voice
from segue.tools.music.genres import all_genres
from segue.tools.music.melody_counter import write_counter
from segue.tools.music.melody_ideas import Idea, draw_contour, draw_rhythm
from segue.tools.music.melody_lyrics import lyric_blocks, set_lyrics, stressed_syllables, syllables
from segue.tools.music.melody_styles import style_of
from segue.tools.music.rhythm import Event, meter_of
from segue.tools.music.rules import check_rules
from tests import composer_support as measure

TUNE_RULES = {"melody_steps", "leap_returns", "melody_range", "strong_chord_tones", "dissonance_steps", "phrase_rests",
              "motif_returns", "motif_variants", "chorus_likeness", "verse_chorus_likeness", "melody_end", "breath_s"}  # fmt: skip
NAMES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@cache
def piece(genre, seed):
    return measure.piece(genre, seed)


def typed(text, key, meter, bpm=100):
    """A tune from "C4:1 D4:.5 r:1": names with octaves and lengths in beats, r a rest."""
    at, notes = 0.0, []
    for token in text.split():
        name, length = token.split(":")
        if name != "r":
            letter, sign, octave = re.fullmatch(r"([A-G])([#b]?)(\d)", name).groups()
            pitch = NAMES[letter] + (sign == "#") - (sign == "b") + 12 * (int(octave) + 1)
            notes.append(Note(start=at, duration=float(length) * 0.95, pitch=pitch))
        at += float(length)
    upper, lower = meter.split("/")
    return Score(key=key, meter=meter, tempo=[TempoMark(bpm=bpm)], bars=math.ceil(at / (int(upper) * 4 / int(lower)) - 1e-6),
                 parts=[Part(name="tune", role="melody", instrument="violin", program=40, notes=notes)])  # fmt: skip


TWINKLE = typed(
    "C4:1 C4:1 G4:1 G4:1 A4:1 A4:1 G4:2 F4:1 F4:1 E4:1 E4:1 D4:1 D4:1 C4:2 G4:1 G4:1 F4:1 F4:1 E4:1 E4:1 D4:2 "
    "G4:1 G4:1 F4:1 F4:1 E4:1 E4:1 D4:2 C4:1 C4:1 G4:1 G4:1 A4:1 A4:1 G4:2 F4:1 F4:1 E4:1 E4:1 D4:1 D4:1 C4:2",
    "C major", "4/4")  # fmt: skip
ODE = typed(
    "F#4:1 F#4:1 G4:1 A4:1 A4:1 G4:1 F#4:1 E4:1 D4:1 D4:1 E4:1 F#4:1 F#4:1.5 E4:.5 E4:2 F#4:1 F#4:1 G4:1 A4:1 A4:1 G4:1 "
    "F#4:1 E4:1 D4:1 D4:1 E4:1 F#4:1 E4:1.5 D4:.5 D4:2", "D major", "4/4", 110)  # fmt: skip
FRERE = typed(
    "F4:1 G4:1 A4:1 F4:1 F4:1 G4:1 A4:1 F4:1 A4:1 Bb4:1 C5:2 A4:1 Bb4:1 C5:2 C5:.5 D5:.5 C5:.5 Bb4:.5 A4:1 F4:1 "
    "C5:.5 D5:.5 C5:.5 Bb4:.5 A4:1 F4:1 F4:1 C4:1 F4:2 F4:1 C4:1 F4:2", "F major", "4/4")  # fmt: skip
GREENSLEEVES = typed(
    "r:2.5 A4:.5 C5:1 D5:.5 E5:.75 F5:.25 E5:.5 D5:1 B4:.5 G4:.75 A4:.25 B4:.5 C5:1 A4:.5 A4:.75 G#4:.25 A4:.5 B4:1 G#4:.5 "
    "E4:1 A4:.5 C5:1 D5:.5 E5:.75 F5:.25 E5:.5 D5:1 B4:.5 G4:.75 A4:.25 B4:.5 C5:.75 B4:.25 A4:.5 G#4:.75 F#4:.25 G#4:.5 "
    "A4:1.5 A4:1.5", "A minor", "6/8", 90)  # fmt: skip
PENTATONIC = typed(
    "A4:1 G4:1 E4:1 D4:1 E4:2 G4:2 A4:1 C5:1 A4:1 G4:1 E4:3 r:1 D4:1 E4:1 G4:1 A4:1 G4:1 E4:1 D4:2 C4:1 D4:1 E4:1 G4:1 "
    "D4:1 C4:3", "C major", "4/4")  # fmt: skip
FIVE = typed(
    "E4:1.5 G4:.5 A4:1 B4:1 A4:1 G4:1.5 F#4:.5 E4:1 D4:2 E4:1.5 G4:.5 A4:1 B4:1 D5:1 B4:3 A4:2 C5:1.5 B4:.5 A4:1 G4:1 A4:1 "
    "B4:1.5 A4:.5 G4:1 F#4:2 G4:1.5 F#4:.5 E4:1 D4:1 D#4:1 E4:5", "E minor", "5/4")  # fmt: skip
TUNES = {
    "twinkle": TWINKLE,
    "ode": ODE,
    "frere": FRERE,
    "greensleeves": GREENSLEEVES,
    "pentatonic": PENTATONIC,
    "five": FIVE,
}


def found_in(score, name):
    return next(f for f in check_rules(score) if f.name == name)


# -- ideas -----------------------------------------------------------------------------------------


def test_ideas_are_developed_as_textbooks_say():
    idea = Idea(((0.0, 1.0), (1.0, 0.5), (1.5, 0.5), (2.0, 1.0), (4.0, 1.0), (5.0, 2.0)), (0, 1, 2, 4, 3, 2))
    assert idea.sequence(2).contour == (2, 3, 4, 6, 5, 4)
    assert idea.inverted().contour == (0, -1, -2, -4, -3, -2)
    twice = idea.fragmented(4.0, 1)
    assert [at for at, _ in twice.rhythm] == [0.0, 1.0, 1.5, 2.0, 4.0, 5.0, 5.5, 6.0]
    assert twice.contour[4:] == tuple(c + 1 for c in twice.contour[:4])
    slow = idea.augmented(8.0, 1.0)
    assert [at for at, _ in slow.rhythm] == [0.0, 2.0, 3.0, 4.0]
    closed = idea.closed(8.0, meter_of("4/4"), 1.0)
    assert closed.rhythm[-1] == (4.0, 2.5)
    assert idea.likeness(idea) == 1.0 > idea.likeness(idea.inverted()) > 0.3
    varied = idea.rhythm_varied(random.Random(1))
    assert varied != idea
    assert len(varied.rhythm) == len(varied.contour)


@pytest.mark.parametrize("meter", ["4/4", "3/4", "2/4", "6/8", "12/8", "5/4", "7/8"])
def test_rhythms_fill_any_meter_and_leave_a_rest(meter):
    felt = meter_of(meter)
    for seed in range(20):
        rng = random.Random(seed)
        rhythm = draw_rhythm(rng, felt, 2, 1.0, {"even": 1.0, "long": 0.5, "sync": 0.5}, rest=(0.1, 0.2), rhyme=0.5)
        assert all(d > 0 and at >= 0 for at, d in rhythm)
        assert all(a + d <= b + 1e-6 for (a, d), (b, _) in itertools.pairwise(rhythm))
        assert 2 * felt.bar - sum(rhythm[-1]) >= 0.45


def test_contours_reach_a_fourth():
    spans = [max(c) - min(c) for c in (draw_contour(random.Random(seed), 8) for seed in range(50))]
    assert min(spans) >= 2
    assert statistics.mean(spans) >= 4


# -- the rules, and the character of styles -----------------------------------------------------------------


@pytest.mark.parametrize("genre", measure.GENRES)
def test_tunes_keep_the_rules(genre):
    judged = [f for seed in (11, 12) for f in check_rules(piece(genre, seed)) if f.name in TUNE_RULES]
    judged = [f for f in judged if f.met is not None]
    assert sum(f.met for f in judged) >= len(judged) - 3, [(f.name, f.value) for f in judged if not f.met]


def test_no_two_pieces_share_a_tune():
    for genre in ("pop", "techno", "blues"):
        owner: dict[tuple[object, ...], int] = {}
        for seed in range(20):
            score = compose(Request(genre=genre, seed=seed))
            tonic = parse_key(score.key).tonic
            line = [((n.pitch - tonic) % 12, round(n.duration, 2)) for n in measure.lead_notes(score)]
            for i in range(len(line) - 7):
                assert owner.setdefault(tuple(line[i : i + 8]), seed) == seed, genre


def degrees(genre, seeds=(1, 2, 3, 4)):
    out = []
    for seed in seeds:
        score = piece(genre, seed)
        key = parse_key(score.key)
        out += [((n.pitch - key.tonic) % 12, n, score) for n in measure.lead_notes(score)]
    return out


def test_the_blues_has_blue_notes():
    found = [d for d, _, _ in degrees("blues")]
    assert 0.03 <= sum(d in (3, 6) for d in found) / len(found) <= 0.4


def test_bebop_leads_in_by_semitones_and_folk_does_not():
    def share(genre):
        hits = total = 0
        for seed in (1, 2, 3, 4):
            score = piece(genre, seed)
            for a, b in itertools.pairwise(measure.lead_notes(score)):
                symbol = score.chord_at(a.start)
                scale = parse_key(score.key_at(int(a.start // score.beats_per_bar) + 1)).scale
                tones = parse_chord(symbol).pitch_classes if symbol and symbol != "N" else ()
                total += 1
                hits += a.pitch % 12 not in scale and a.pitch % 12 not in tones and abs(a.pitch - b.pitch) == 1
        return hits / total

    assert share("jazz_swing") > 0.015 > share("folk")


def off_beat(genre):
    notes = [n for _, n, _ in degrees(genre)]
    return sum(n.start % 1 > 0.01 for n in notes) / len(notes)


def test_bossa_and_salsa_are_syncopated_and_classical_is_not():
    assert min(off_beat("bossa_nova"), off_beat("latin_salsa")) > off_beat("classical") + 0.08


def test_ambient_tones_are_long_and_funk_is_short():
    def length(genre):
        return statistics.mean(n.duration * 60 / score.bpm for _, n, score in degrees(genre))

    assert length("ambient") > 2 * length("funk")


def test_a_solo_is_freer_than_the_head():
    for seed in (1, 2, 3):
        score = piece("jazz_swing", seed)
        shapes: dict[str, list[tuple[float, ...]]] = {"head": [], "solo": []}
        for section in score.sections:
            for bar in range(section.start_bar - 1, section.start_bar - 1 + section.bars, 2):
                start = bar * score.beats_per_bar
                inside = [n for n in measure.lead_notes(score) if start <= n.start < start + 2 * score.beats_per_bar]
                if inside and section.name in shapes:
                    shapes[section.name].append(tuple(round(n.start - start, 2) for n in inside))
        if shapes["solo"]:
            new = {name: len(set(found)) / len(found) for name, found in shapes.items()}
            assert new["solo"] > new["head"]


def test_every_genre_has_a_style_of_its_own_kind():
    assert style_of(all_genres()["blues"]).bend > 0
    assert style_of(all_genres()["jazz_swing"]).approach > style_of(all_genres()["pop"]).approach
    assert {style_of(g).counter for g in all_genres().values()} == {"thirds", "guide", "stabs", "answer"}


# -- second lines and comping -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "genre", ["country", "soul", "latin_salsa", "funk", "classical", "jazz_swing", "cinematic", "pop"]
)
def test_second_lines_stay_under_the_lead(genre):
    crossed = together = 0
    for seed in (1, 2, 3):
        score = piece(genre, seed)
        lead = measure.lead_notes(score)
        for note in (n for p in score.parts if p.role == "counter" for n in p.notes):
            sung = [e.pitch for e in lead if e.start < note.end - 0.05 and e.end > note.start + 0.05]
            if sung:
                together += 1
                crossed += note.pitch >= min(sung)
    assert crossed <= 0.02 * max(1, together)


def plan_of(chords, key="C major", genre="country", bars=4):
    spans = [Span(4.0 * i, 4.0, parse_chord(c)) for i, c in enumerate(chords)]
    from segue.tools.core.score import Section

    return Plan(key=parse_key(key), meter=meter_of("4/4"), bpm=100, genre=all_genres()[genre], spans=spans, seed=1, ends=False,
                sections=[Section(name="chorus", start_bar=1, bars=bars, energy=0.8)])  # fmt: skip


@pytest.mark.parametrize(("manner", "side"), [("above", 1), ("below", -1), ("", -1)])
def test_a_line_in_thirds_and_sixths(manner, side):
    from segue.tools.core.instruments import find_instrument

    lead = [Event(float(i), 0.95, p, 80) for i, p in enumerate((76, 77, 79, 76, 74, 72, 71, 72))]
    voice = Voice("fiddle", "counter", find_instrument("violin"), manner, frozenset(range(4)), 55, 96)
    line = write_counter(plan_of(["C", "C", "C", "C"]), voice, lead)
    assert [e.start for e in line] == [e.start for e in lead]
    away = [side * (b.pitch - a.pitch) for a, b in zip(lead, line, strict=True)]
    assert all(3 <= a <= 9 for a in away)
    assert statistics.median(away) in (3, 4, 5)
    assert all(e.pitch % 12 in Key(0).scale for e in line)


def test_chords_leave_the_tune_air():
    heights = [found_in(piece(genre, 3), "lead_over_comp").value for genre in measure.GENRES]
    assert sum(h >= 5 for h in heights if h is not None) >= 0.85 * len(heights)


# -- tunes that are given -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TUNES)
def test_given_tunes_are_kept_and_get_chords_that_fit(name):
    given = TUNES[name]
    score = compose(
        Request(melody=given, genre="folk", seed=1, instruments=("violin", "acoustic guitar", "double bass"))
    )
    line = measure.lead_notes(score)
    kept = given.parts[0].notes
    assert [(n.start, n.duration, n.pitch) for n in line[: len(kept)]] == [(n.start, n.duration, n.pitch) for n in kept]
    assert (score.key, score.meter) == (given.key, given.meter)
    meter = meter_of(score.meter)
    heavy = [n for n in line if meter.strength(n.start) >= 0.8]
    inside = [n.pitch % 12 in parse_chord(score.chord_at(n.start)).pitch_classes for n in heavy]
    assert statistics.mean(inside) >= 0.8
    key = parse_key(score.key)
    allowed = {*key.scale, (key.tonic + 11) % 12}
    assert all(pc in allowed for c in score.chords for pc in parse_chord(c.symbol).pitch_classes)
    assert parse_chord(score.chords[-1].symbol).root == key.tonic


def test_twinkle_gets_the_chords_that_everybody_plays():
    spans = chords_for_tune(TWINKLE.parts[0].notes, Key(0), meter_of("4/4"), 12)
    bars = [[s.chord.symbol for s in spans if 4 * b <= s.start < 4 * b + 4] for b in range(4)]
    assert bars == [["C"], ["F", "C"], ["F", "C"], ["G", "C"]]


def test_phrase_ends_are_found_where_the_tune_rests():
    assert phrase_ends(ODE.parts[0].notes, meter_of("4/4"), 8) == {3: "phrase", 7: "end"}


@pytest.mark.parametrize("name", TUNES)
def test_the_key_of_a_tune_is_found_where_its_file_is_wrong(name):
    given = TUNES[name]
    assert key_of_tune(given.parts[0].notes, parse_key(given.key)) == parse_key(given.key)
    found = key_of_tune(given.parts[0].notes, parse_key("F# major"))
    assert found.parent_major == parse_key(given.key).parent_major


def test_a_wrong_key_is_said():
    said = []
    wrong = ODE.model_copy(update={"key": "Ab major"})
    score = compose(Request(melody=wrong, genre="folk", seed=1), said.append)
    assert score.key == "D major"
    assert any("D major" in text for text in said)


def test_given_chords_are_kept_under_a_tune():
    score = compose(Request(melody=FRERE, genre="folk", seed=1, chords=("F", "Dm", "Gm", "C7")))
    assert [c.symbol for c in score.chords[:4]] == ["F", "Dm", "Gm", "C7"]


def test_a_theme_comes_back_note_for_note_round_a_free_chorus():
    score = compose(Request(melody=ODE, genre="jazz_swing", bars=33, seed=2))
    assert [s.name for s in score.sections] == ["theme", "theme", "solo", "theme"]
    line = measure.lead_notes(score)

    def bars(first):
        return [(round(n.start - 4 * first, 3), n.pitch) for n in line if 4 * first <= n.start < 4 * first + 32]

    assert bars(0) == bars(8) == bars(24) != bars(16)
    assert bars(16)


@pytest.mark.parametrize("name", ["ode", "greensleeves", "twinkle"])
def test_a_continuation_goes_on_in_the_manner_of_the_tune_and_brings_it_back(name):
    given = TUNES[name]
    score = compose(Request(continue_from=given, bars=25, seed=5))
    assert (score.bpm, score.key, score.meter) == (given.bpm, given.key, given.meter)
    bar = score.beats_per_bar
    back = next(s for s in score.sections if s.name == "theme")
    start = (back.start_bar - 1) * bar
    notes = [n for n in given.parts[0].notes if n.start < 8 * bar]
    stated = [n for n in measure.lead_notes(score) if start <= n.start < start + 8 * bar]
    assert [(round(n.start - start, 3), n.pitch) for n in stated] == [(round(n.start, 3), n.pitch) for n in notes]
    new = [n for n in measure.lead_notes(score) if n.start < start]
    low, high = min(n.pitch for n in notes), max(n.pitch for n in notes)
    assert low - 6 <= min(n.pitch for n in new) <= max(n.pitch for n in new) <= high + 6
    theme = theme_of(given.parts[0].notes, parse_key(given.key), meter_of(given.meter))
    assert len(new) / start == pytest.approx(theme.density, rel=0.5)
    shared = {round(n.start % (2 * bar), 2) for n in new} & {round(n.start % (2 * bar), 2) for n in notes}
    assert len(shared) >= 4


# -- words ------------------------------------------------------------------------------------------

WORDS = """[Verse 1]
Walking down the empty street tonight
The city lights are shining in the rain

[Chorus]
Oh, come back to me
Where the river meets the sea

[Verse 2]
Morning comes and I am on my own

[Chorus]
"""


@pytest.mark.parametrize(
    ("word", "parts"),
    [("beautiful", ["beau-", "ti-", "ful"]), ("little", ["lit-", "tle"]), ("ringing", ["ring-", "ing"]), ("home", ["home"]),
     ("mother", ["mo-", "ther"]), ("yellow", ["yel-", "low"]), ("hello", ["hel-", "lo"])],
)  # fmt: skip
def test_words_are_hyphenated(word, parts):
    assert syllables(word) == parts


def test_stress_is_guessed():
    def stressed(word):
        return [s.text.strip("-") for s in stressed_syllables(word) if s.stressed]

    assert [stressed(w) for w in ("morning", "away", "nation", "the", "love", "before")] == [
        ["mor"], ["way"], ["na"], [], ["love"], ["fore"]]  # fmt: skip


def test_blocks_and_their_repeats():
    blocks = lyric_blocks(WORDS)
    assert [label for label, _ in blocks] == ["Verse 1", "Chorus", "Verse 2", "Chorus"]
    assert blocks[1][1] == blocks[3][1]


@pytest.mark.parametrize(("genre", "seed"), [("pop", 1), ("folk", 2), ("country", 3)])
def test_words_go_to_the_sections_of_their_name_and_the_chorus_comes_back(genre, seed):
    score = compose(Request(genre=genre, seed=seed, lyrics=WORDS, form=("verse", "chorus", "verse", "chorus"), bars=33))

    def sung(index):
        section = score.sections[index]
        start = (section.start_bar - 1) * 4 - 1.6
        notes = [n for n in measure.lead_notes(score) if start <= n.start < start + section.bars * 4]
        return " ".join(n.lyric for n in notes if n.lyric).replace("- ", "")

    assert sung(0).startswith("Walking down the empty")
    assert sung(1).startswith("Oh, come back to me")
    assert sung(2).startswith("Morning comes")
    assert sung(3) == sung(1)


def test_stressed_syllables_meet_strong_beats_more_often_than_light_ones():
    score = compose(Request(genre="folk", seed=2, lyrics=WORDS, bars=33))
    heavy, light = [], []
    marks = {
        s.text: s.stressed for line in WORDS.splitlines() for word in line.split() for s in stressed_syllables(word)
    }
    for note in measure.lead_notes(score):
        if note.lyric in marks:
            (heavy if marks[note.lyric] else light).append(note.start % 1 < 0.01)
    assert statistics.mean(heavy) > statistics.mean(light) - 0.05


def test_a_given_tune_is_not_divided_for_words_and_too_many_are_said():
    said = []
    out = set_lyrics(TWINKLE, "Twinkle twinkle little star\nhow I wonder what you are", said.append, fixed=True)
    assert [n.pitch for n in out.parts[0].notes] == [n.pitch for n in TWINKLE.parts[0].notes]
    assert [n.lyric for n in out.parts[0].notes[:7]] == ["Twin-", "kle", "twin-", "kle", "lit-", "tle", "star"]
    short = typed("C4:1 D4:1 E4:2", "C major", "4/4")
    crowded = set_lyrics(short, "far too many words for such a little tune", said.append, fixed=True)
    assert len(crowded.parts[0].notes) == 3
    assert any("more syllables" in text for text in said)
    more = []
    set_lyrics(typed("C4:1 D4:1 E4:1", "C major", "4/4"), "\n".join(["one two three"] * 9), more.append)
    assert more


def test_the_motif_comes_back_in_a_short_piece_too():
    """Rule 13 where there is room for one verse only: it returns in the verse, and in the strain after it."""
    met = [
        finding.met
        for genre in ("pop", "lofi", "soul", "drill", "uk_garage")
        for seed in (1, 2, 3)
        for finding in check_rules(measure.piece(genre, seed, duration_s=None, bars=21))
        if finding.name == "motif_returns"
    ]
    assert sum(met) >= 0.9 * len(met)
