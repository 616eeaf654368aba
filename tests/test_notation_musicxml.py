"""MusicXML out and in, pictures, lead sheets, and files that mean harm."""

import zipfile
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.tools.core.errors import InvalidArgument, NotFound, UnreadableMedia
from segue.tools.core.score import ChordSpan, Note, Part, Score
from segue.tools.core.theory import QUALITIES, parse_key
from segue.tools.music.musicxml import spell
from segue.tools.music.notation import leadsheet, musicxml, piano_roll_svg, read_musicxml, score_svg, svg_png
from tests.render_support import make_score


def write(tmp_path, text, name="x.musicxml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def measure_lengths(xml: str) -> set[float]:
    """The sum of every voice in every measure, in beats."""
    out = set()
    for measure in ElementTree.fromstring(xml).iter("measure"):
        sums: dict[str, int] = {}
        for note in measure.findall("note"):
            if note.find("chord") is None:
                voice = note.findtext("voice")
                sums[voice] = sums.get(voice, 0) + int(note.findtext("duration"))
        out |= {total / 12 for total in sums.values()}
    return out


def test_what_is_written_is_read(tmp_path):
    score = make_score()
    read = read_musicxml(write(tmp_path, musicxml(score)))
    assert (read.title, read.key, read.meter, read.bars, read.bpm) == ("Four chords", "A minor", "4/4", 4, 120)
    assert [(c.start, c.symbol) for c in read.chords] == [(c.start, c.symbol) for c in score.chords]
    assert [(s.name, s.start_bar, s.bars) for s in read.sections] == [("verse", 1, 2), ("chorus", 3, 2)]
    for before, after in zip(score.parts, read.parts, strict=True):
        assert (before.name, before.program, before.is_drum) == (after.name, after.program, after.is_drum)
        assert sorted((n.start, n.pitch) for n in before.notes) == sorted((n.start, n.pitch) for n in after.notes)


def test_music21_reads_what_we_write(tmp_path):
    import music21

    score = make_score(bars=2)
    score.parts[3].notes[1] = Note(start=1, duration=4.25, pitch=73)
    parsed = music21.converter.parse(write(tmp_path, musicxml(score)))
    assert [part.partName for part in parsed.parts] == ["drums", "bass", "piano", "flute"]
    for part in parsed.parts:
        assert {m.duration.quarterLength for m in part.getElementsByClass("Measure")} == {4.0}
    assert [h.figure for h in parsed.parts[3].recurse().getElementsByClass("Harmony")] == ["Am", "F"]
    assert parsed.parts[3].recurse().getElementsByClass("KeySignature")[0].sharps == 0
    long = [n for n in parsed.parts[3].recurse().notes if n.isNote and n.pitch.midi == 73]
    assert sum(n.quarterLength for n in long) == 4.25
    assert [n.tie.type for n in long] == ["start", "continue", "stop"]


notes_strategy = st.lists(
    st.builds(
        Note,
        start=st.integers(0, 95).map(lambda i: i / 6) | st.floats(0, 15.9),
        duration=st.sampled_from([0.1, 0.25, 1 / 3, 0.5, 0.75, 1, 1.5, 2.25, 5]),
        pitch=st.integers(30, 90),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(notes_strategy, st.sampled_from(["4/4", "3/4", "6/8", "12/8", "5/4", "7/8", "2/2"]), st.booleans())
def test_every_voice_fills_its_measure_with_values_that_exist(notes, meter, is_drum):
    score = Score(meter=meter, bars=1, parts=[Part(name="a", program=0, is_drum=is_drum, notes=notes)])
    xml = musicxml(score)
    assert measure_lengths(xml) == {score.beats_per_bar}
    for note in ElementTree.fromstring(xml).iter("note"):
        rest = note.find("rest")
        assert note.findtext("type") or (rest is not None and rest.get("measure") == "yes")
    onsets = {round(o * 12) for o in _onsets(xml)}
    assert len(onsets) <= len(notes)


def _onsets(xml):
    for part in ElementTree.fromstring(xml).iter("part"):
        start = 0.0
        for measure in part.findall("measure"):
            now, longest = 0.0, 0.0
            for child in measure:
                if child.tag == "note" and child.find("chord") is None:
                    stop = any(t.get("type") == "stop" for t in child.findall("tie"))
                    if child.find("rest") is None and not stop:
                        yield start + now
                    now += int(child.findtext("duration")) / 12
                elif child.tag == "backup":
                    now -= int(child.findtext("duration")) / 12
                longest = max(longest, now)
            start += longest


def test_triplets_ties_and_dots():
    notes = [Note(start=i / 3, duration=1 / 3, pitch=60 + i) for i in range(3)]
    notes += [Note(start=1, duration=1.5, pitch=65), Note(start=2.5, duration=2.5, pitch=67)]
    xml = musicxml(Score(bars=2, parts=[Part(name="a", program=73, notes=notes)]))
    assert xml.count("<actual-notes>3</actual-notes>") == 3
    assert xml.count('<tuplet type="start"') == xml.count('<tuplet type="stop"') == 1
    assert "<dot/>" in xml
    assert xml.count('<tie type="start"/>') == xml.count('<tie type="stop"/>') == 2


@pytest.mark.parametrize(
    ("key", "pitch", "expected"),
    [
        ("A minor", 68, ("G", 1, 4)), ("C major", 70, ("B", -1, 4)), ("Eb major", 68, ("A", -1, 4)),
        ("E major", 63, ("D", 1, 4)), ("F# major", 65, ("E", 1, 4)), ("G minor", 66, ("F", 1, 4)),
        ("Db major", 60, ("C", 0, 4)), ("F# major", 60, ("B", 1, 3)), ("Gb major", 59, ("B", 0, 3)),
    ],
)  # fmt: skip
def test_spelling_follows_the_key(key, pitch, expected):
    if key == "Gb major" and parse_key(key).fifths != -6:
        expected = ("B", 0, 3)
    assert spell(pitch, parse_key(key)) == expected


def test_every_chord_quality_survives(tmp_path):
    symbols = [f"Bb{quality}" for quality in QUALITIES] + ["C/E", "F#m7/E", "N"]
    chords = [ChordSpan(start=4.0 * i, duration=4, symbol=symbol) for i, symbol in enumerate(symbols)]
    score = Score(bars=len(symbols), chords=chords, parts=[Part(name="a", notes=[Note(start=0, duration=1, pitch=60)])])
    score.parts[0].notes.append(Note(start=4.0 * len(symbols) - 1, duration=1, pitch=60))
    read = read_musicxml(write(tmp_path, musicxml(score)))
    assert [chord.symbol for chord in read.chords] == symbols


def test_wide_piano_has_two_staves():
    notes = [Note(start=0, duration=1, pitch=40), Note(start=0, duration=1, pitch=76)]
    xml = musicxml(Score(parts=[Part(name="piano", program=0, notes=notes)]))
    assert "<staves>2</staves>" in xml
    assert "<staff>2</staff>" in xml


def test_hostile_text_is_escaped(tmp_path):
    score = make_score(bars=1)
    score.title = 'A & B <i>"\x07'
    score.parts[0].name = "<script>"
    read = read_musicxml(write(tmp_path, musicxml(score)))
    assert read.title == 'A & B <i>"'
    ElementTree.fromstring(piano_roll_svg(score))


def test_leadsheet_is_melody_and_symbols(tmp_path):
    read = read_musicxml(write(tmp_path, leadsheet(make_score())))
    assert [part.name for part in read.parts] == ["Melody"]
    assert [chord.symbol for chord in read.chords] == ["Am", "F", "C", "G"]
    with pytest.raises(InvalidArgument):
        leadsheet(Score())


def test_pictures():
    score = make_score()
    for svg in (score_svg(score), piano_roll_svg(score)):
        ElementTree.fromstring(svg)
        png = svg_png(svg, width=600)
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        assert len(png) > 5000
    roll = piano_roll_svg(score)
    assert "verse" in roll
    assert ">Am<" in roll
    assert ">flute<" in roll


def test_long_scores_are_drawn():
    ElementTree.fromstring(score_svg(make_score(bars=300)))


def test_empty_scores_are_written(tmp_path):
    assert measure_lengths(musicxml(Score(bars=2))) == {4.0}
    ElementTree.fromstring(piano_roll_svg(Score()))


def test_compressed_scores(tmp_path):
    path = tmp_path / "x.mxl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="s/a.xml"/></rootfiles></container>'
        )
        archive.writestr("other.xml", "<nothing/>")
        archive.writestr("s/a.xml", musicxml(make_score()))
    assert read_musicxml(path).bars == 4


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9)
) + "]><score-partwise>&j;</score-partwise>"  # fmt: skip
HARM = {
    "billion laughs": LAUGHS,
    "outside entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><score-partwise>&x;</score-partwise>',
    "broken": "<score-partwise><part>",
    "not a score": "<html></html>",
    "no notes": '<score-partwise><part id="P1"><measure/></part></score-partwise>',
    "endless note": '<score-partwise><part id="P1"><measure><attributes><divisions>1</divisions></attributes><note><pitch>'
    "<step>C</step><octave>4</octave></pitch><duration>99999999999</duration></note></measure></part></score-partwise>",
    "zero divisions": '<score-partwise><part id="P1"><measure><attributes><divisions>0</divisions></attributes><note><pitch>'
    "<step>C</step><octave>4</octave></pitch><duration>1</duration></note></measure></part></score-partwise>",
    "words for numbers": '<score-partwise><part id="P1"><measure><note><pitch><step>C</step><octave>x</octave></pitch>'
    "<duration>1</duration></note></measure></part></score-partwise>",
    "deep": "<score-partwise>" + "<a>" * 2_000_000 + "</a>" * 2_000_000 + "</score-partwise>",
    "wide": "<score-partwise>" + "<a/>" * 5_000_000 + "</score-partwise>",
    "too many notes": '<score-partwise><part id="P1"><measure>'
    + "<note><pitch><step>C</step></pitch><duration>1</duration></note>" * 250_000
    + "</measure></part></score-partwise>",
}


@pytest.mark.parametrize("name", HARM)
def test_harm_is_refused(tmp_path, name):
    path = write(tmp_path, HARM[name])
    with pytest.raises(UnreadableMedia):
        read_musicxml(path)


def test_zip_bombs_and_slips(tmp_path):
    bomb = tmp_path / "bomb.mxl"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b" " * 40_000_000)
    slip = tmp_path / "slip.mxl"
    with zipfile.ZipFile(slip, "w") as archive:
        archive.writestr("../../../evil.xml", "<x/>")
    torn = tmp_path / "torn.mxl"
    torn.write_bytes(bomb.read_bytes()[:5000])
    for path in (bomb, slip, torn):
        with pytest.raises(UnreadableMedia):
            read_musicxml(path)
    assert not list(tmp_path.parent.glob("evil.xml"))


def test_missing_file(tmp_path):
    with pytest.raises(NotFound):
        read_musicxml(tmp_path / "none.xml")
