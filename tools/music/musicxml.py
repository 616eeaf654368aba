"""Writing MusicXML 4.0 (partwise): measures, voices, ties, tuplets, beams, chord symbols, percussion.

Notes are put on sixteenths or eighth triplets, beat by beat; at most two voices a staff are written, and
what overlaps beyond that is cut at the next onset.
"""

from xml.sax.saxutils import escape, quoteattr

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.instruments import of_program
from segue.tools.core.score import Note, Part, Score
from segue.tools.core.theory import Key, parse_chord, parse_key
from segue.tools.music.musicxml_layout import DIVISIONS, Chord, Piece, beams_of, chords_of, share_out, values

_LETTERS = "FCGDAEB"
_TYPES = {72: ("whole", 1), 48: ("whole", 0), 36: ("half", 1), 24: ("half", 0), 18: ("quarter", 1), 12: ("quarter", 0),
          9: ("eighth", 1), 6: ("eighth", 0), 3: ("16th", 0), 8: ("quarter", 0), 4: ("eighth", 0)}  # fmt: skip
KINDS: dict[str, tuple[str, tuple[tuple[int, int, str], ...]]] = {
    "": ("major", ()), "m": ("minor", ()), "dim": ("diminished", ()), "aug": ("augmented", ()), "5": ("power", ()),
    "sus2": ("suspended-second", ()), "sus4": ("suspended-fourth", ()), "6": ("major-sixth", ()),
    "m6": ("minor-sixth", ()), "69": ("major-sixth", ((9, 0, "add"),)), "7": ("dominant", ()),
    "maj7": ("major-seventh", ()), "m7": ("minor-seventh", ()), "mmaj7": ("major-minor", ()),
    "dim7": ("diminished-seventh", ()), "m7b5": ("half-diminished", ()), "aug7": ("augmented-seventh", ()),
    "7sus4": ("suspended-fourth", ((7, -1, "add"),)), "add9": ("major", ((9, 0, "add"),)),
    "madd9": ("minor", ((9, 0, "add"),)), "9": ("dominant-ninth", ()), "maj9": ("major-ninth", ()),
    "m9": ("minor-ninth", ()), "9sus4": ("suspended-fourth", ((7, -1, "add"), (9, 0, "add"))),
    "7b9": ("dominant", ((9, -1, "add"),)), "7#9": ("dominant", ((9, 1, "add"),)),
    "7b5": ("dominant", ((5, -1, "alter"),)), "7#5": ("augmented-seventh", ()), "11": ("dominant-11th", ()),
    "m11": ("minor-11th", ()), "maj7#11": ("major-seventh", ((11, 1, "add"),)),
    "7#11": ("dominant", ((11, 1, "add"),)), "13": ("dominant-13th", ()), "m13": ("minor-13th", ()),
    "maj13": ("major-13th", ()), "7b13": ("dominant", ((13, -1, "add"),)),
    "7alt": ("augmented-seventh", ((9, 1, "add"),)), "9#11": ("dominant-ninth", ((11, 1, "add"),)),
    "13#11": ("dominant-13th", ((11, 1, "alter"),)), "13b9": ("dominant-13th", ((9, -1, "alter"),)),
    "13sus4": ("suspended-fourth", ((7, -1, "add"), (9, 0, "add"), (13, 0, "add"))),
    "7b9sus4": ("suspended-fourth", ((7, -1, "add"), (9, -1, "add"))), "m69": ("minor-sixth", ((9, 0, "add"),)),
    "mmaj9": ("major-minor", ((9, 0, "add"),)), "maj9#11": ("major-ninth", ((11, 1, "add"),)),
    "augmaj7": ("major-seventh", ((5, 1, "alter"),)), "9b5": ("dominant-ninth", ((5, -1, "alter"),)),
    "9#5": ("dominant-ninth", ((5, 1, "alter"),)), "m7b9": ("minor-seventh", ((9, -1, "add"),)),
    "add11": ("major", ((11, 0, "add"),)), "madd11": ("minor", ((11, 0, "add"),)),
    "dimmaj7": ("diminished", ((7, 0, "add"),)), "7b9#11": ("dominant", ((9, -1, "add"), (11, 1, "add"))),
    "7b9b13": ("dominant", ((9, -1, "add"), (13, -1, "add"))),
    "7#9b13": ("dominant", ((9, 1, "add"), (13, -1, "add"))),
}  # fmt: skip
# General MIDI key → where a drummer reads it: step, octave, head.
_DRUM_PLACES = {35: ("F", 4, ""), 36: ("F", 4, ""), 37: ("C", 5, "x"), 38: ("C", 5, ""), 39: ("C", 5, "x"),
                40: ("C", 5, ""), 41: ("G", 4, ""), 42: ("G", 5, "x"), 43: ("A", 4, ""), 44: ("D", 4, "x"),
                45: ("B", 4, ""), 46: ("G", 5, "circle-x"), 47: ("D", 5, ""), 48: ("E", 5, ""), 49: ("A", 5, "x"),
                50: ("E", 5, ""), 51: ("F", 5, "x"), 52: ("B", 5, "x"), 53: ("F", 5, "diamond"), 54: ("E", 5, "x"),
                55: ("B", 5, "x"), 56: ("E", 5, "triangle"), 57: ("A", 5, "x"), 59: ("F", 5, "x")}  # fmt: skip
_TWO_STAVES = frozenset({"piano", "organ", "mallets"})


def musicxml(score: Score) -> str:
    """Return the score as MusicXML that notation programs open."""
    return _Writer(score).text()


def leadsheet(score: Score) -> str:
    """Return melody and chord symbols as MusicXML: the melody part, or the highest one where there is none.

    Raises
    ------
    InvalidArgument : the score has neither pitched notes nor chords.
    """
    pitched = [part for part in score.parts if not part.is_drum and part.notes]
    for role in ("melody", "lead", "counter", "arpeggio"):
        chosen = next((part for part in pitched if part.role == role), None)
        if chosen:
            break
    else:
        chosen = max(pitched, key=lambda part: sum(n.pitch for n in part.notes) / len(part.notes), default=None)
    if chosen is None and not score.chords:
        raise InvalidArgument("There is neither a melody nor a chord to write down.", "Choose a piece with notes.")
    line = _top_line(chosen.notes) if chosen else []
    melody = Part(name="Melody", role="melody", program=chosen.program if chosen else 0, notes=line)
    return _Writer(score.model_copy(update={"parts": [melody]})).text()


def _top_line(notes: list[Note]) -> list[Note]:
    best: dict[float, Note] = {}
    for note in notes:
        if note.start not in best or note.pitch > best[note.start].pitch:
            best[note.start] = note
    return [best[start] for start in sorted(best)]


def spell(pitch: int, key: Key) -> tuple[str, int, int]:
    """Return step, alter and octave of a MIDI pitch as its key writes it.

    The line of fifths decides: twelve names around the key's own seven, leaning to the raised sixth and
    seventh in minor.
    """
    low = key.fifths - (3 if key.is_minor else 4)
    place = low + (pitch * 7 - low) % 12
    letter, alter = _LETTERS[(place + 1) % 7], (place + 1) // 7
    return letter, alter, (pitch - alter) // 12 - 1


class _Writer:
    """Writes one score."""

    def __init__(self, score: Score) -> None:
        self.score = score
        self.key = parse_key(score.key)  # of the measure that is being written
        self.changes = {bar - 1: parse_key(name) for bar, name in score.key_changes()}
        upper, lower = (int(number) for number in score.meter.split("/"))
        self.measure = max(1, round(score.beats_per_bar * DIVISIONS))
        self.compound = lower == 8 and upper % 3 == 0 and upper > 3
        self.pulse = 18 if self.compound else 12
        # Triplets fill beats, so beats have to lie the same way in every measure (not in 7/8).
        self.triplets = not self.compound and self.measure % DIVISIONS == 0
        last = max((note.start for part in score.parts for note in part.notes), default=0.0)
        self.bars = max(score.bars, 1 + int(last // score.beats_per_bar))
        chosen = next((p for p in score.parts if p.role == "melody"), None) or next(
            (p for p in score.parts if not p.is_drum), None
        )
        self.symbols_over = chosen.name if chosen else None  # one staff has the chord symbols

    def text(self) -> str:
        """Return the whole document."""
        score, listing, bodies = self.score, [], []
        for number, part in enumerate(score.parts, 1):
            listing.append(self._score_part(part, f"P{number}"))
            bodies.append(f'<part id="P{number}">{self._part(part, number)}</part>')
        if not bodies:
            listing.append('<score-part id="P1"><part-name>Empty</part-name></score-part>')
            bodies.append(f'<part id="P1">{self._part(Part(name="Empty"), 1)}</part>')
        title = escape(_clean(score.title or "Untitled"))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 '
            'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n<score-partwise version="4.0">'
            f"<work><work-title>{title}</work-title></work><movement-title>{title}</movement-title>"
            "<identification><encoding><software>Segue</software>"
            '<supports element="accidental" type="yes"/><supports element="beam" type="yes"/></encoding></identification>'
            f"<part-list>{''.join(listing)}</part-list>\n" + "\n".join(bodies) + "\n</score-partwise>\n"
        )

    def _score_part(self, part: Part, id: str) -> str:
        name = escape(_clean(part.name))
        if not part.is_drum:
            channel = (int(id[1:]) - 1) % 15
            return (
                f'<score-part id="{id}"><part-name>{name}</part-name>'
                f'<score-instrument id="{id}-I1"><instrument-name>{name}</instrument-name></score-instrument>'
                f'<midi-instrument id="{id}-I1"><midi-channel>{channel + 1 + (channel >= 9)}</midi-channel>'
                f"<midi-program>{part.program + 1}</midi-program></midi-instrument></score-part>"
            )
        keys = sorted({note.pitch for note in part.notes})
        instruments = "".join(
            f'<score-instrument id="{id}-I{key}"><instrument-name>Drum {key}</instrument-name></score-instrument>'
            for key in keys
        )
        sounds = "".join(
            f'<midi-instrument id="{id}-I{key}"><midi-channel>10</midi-channel><midi-program>{part.program + 1}'
            f"</midi-program><midi-unpitched>{key + 1}</midi-unpitched></midi-instrument>"
            for key in keys
        )
        return f'<score-part id="{id}"><part-name>{name}</part-name>{instruments}{sounds}</score-part>'

    def _part(self, part: Part, number: int) -> str:
        notes = sorted(part.notes, key=lambda note: (note.start, note.pitch))
        staves = [notes]
        pitches = [note.pitch for note in notes]
        wide = bool(pitches) and min(pitches) < 55 and max(pitches) > 65
        if wide and not part.is_drum and of_program(part.program).family in _TWO_STAVES:
            staves = [[n for n in notes if n.pitch >= 60], [n for n in notes if n.pitch < 60]]
        voices: list[tuple[int, int, list[Chord]]] = []  # staff, voice number, chords
        for staff, chosen in enumerate(staves):
            chords = chords_of(chosen, part.is_drum, self.triplets)
            for index, voice in enumerate(share_out(chords, 1 if part.is_drum else 2)):
                voices.append((staff + 1, 1 + index + 4 * staff, voice))
        measures = [self._cut(voice) for _, _, voice in voices]
        out = []
        for bar in range(self.bars):
            if bar in self.changes:
                self.key = self.changes[bar]
            body = [self._attributes(part, staves, bar), self._directions(bar) if number == 1 else ""]
            if part.name == self.symbols_over or (number == 1 and self.symbols_over is None):
                body.append(self._harmony(bar))
            accidentals: dict[tuple[int, str, int], int] = {}
            written = 0
            for (staff, voice_number, _), cut in zip(voices, measures, strict=True):
                pieces = cut.get(bar)
                if pieces is None and voice_number not in (1, 5):
                    continue
                if written:
                    body.append(f"<backup><duration>{self.measure}</duration></backup>")
                written += 1
                place = f"<voice>{voice_number}</voice>", f"<staff>{staff}</staff>" if len(staves) > 1 else ""
                body.append(self._voice_xml(pieces or self._rests(bar), part, place, accidentals, f"P{number}", staff))
            if bar == self.bars - 1:
                body.append('<barline location="right"><bar-style>light-heavy</bar-style></barline>')
            out.append(f'<measure number="{bar + 1}">{"".join(body)}</measure>')
        return "\n".join(out)

    def _attributes(self, part: Part, staves: list[list[Note]], bar: int) -> str:
        """Write what the first measure declares, and the key where it changes."""
        upper, lower = self.score.meter.split("/")
        mode = self.key.mode if " " not in self.key.mode else "minor"
        fifths = 0 if part.is_drum else self.key.fifths
        key = f"<key><fifths>{fifths}</fifths><mode>{mode}</mode></key>"
        if bar:
            return f"<attributes>{key}</attributes>" if bar in self.changes and not part.is_drum else ""
        clefs = []
        for staff, notes in enumerate(staves, 1):
            number = f' number="{staff}"' if len(staves) > 1 else ""
            pitches = sorted(note.pitch for note in notes)
            middle = pitches[len(pitches) // 2] if pitches else 71
            if part.is_drum:
                clef = "<sign>percussion</sign><line>2</line>"
            elif (staff == 2 or middle < 57) and not (len(staves) > 1 and staff == 1):
                clef = "<sign>F</sign><line>4</line>" + (
                    "<clef-octave-change>-1</clef-octave-change>" if middle < 40 else ""
                )
            else:
                clef = "<sign>G</sign><line>2</line>"
            clefs.append(f"<clef{number}>{clef}</clef>")
        several = f"<staves>{len(staves)}</staves>" if len(staves) > 1 else ""
        beats = "+".join(map(str, self.score.grouping)) or upper
        return (
            f"<attributes><divisions>{DIVISIONS}</divisions>{key}"
            f"<time><beats>{beats}</beats><beat-type>{lower}</beat-type></time>{several}{''.join(clefs)}</attributes>"
        )

    def _directions(self, bar: int) -> str:
        start, end = bar * self.score.beats_per_bar, (bar + 1) * self.score.beats_per_bar
        out = []
        for section in self.score.sections:
            if section.start_bar == bar + 1:
                out.append(
                    '<direction placement="above"><direction-type><rehearsal>'
                    f"{escape(_clean(section.name))}</rehearsal></direction-type></direction>"
                )
        for mark in self.score.tempo:
            if start <= mark.beat < end:
                offset = round((mark.beat - start) * DIVISIONS)
                unit = "<beat-unit>quarter</beat-unit>" + ("<beat-unit-dot/>" if self.compound else "")
                shown = mark.bpm * 2 / 3 if self.compound else mark.bpm
                out.append(
                    f'<direction placement="above"><direction-type><metronome>{unit}<per-minute>{shown:g}</per-minute>'
                    f"</metronome></direction-type><offset>{offset}</offset>"
                    f'<sound tempo="{mark.bpm:g}"/></direction>'
                )
        return "".join(out)

    def _harmony(self, bar: int) -> str:
        start, end = bar * self.score.beats_per_bar, (bar + 1) * self.score.beats_per_bar
        return "".join(
            _harmony_xml(chord.symbol, round((chord.start - start) * DIVISIONS))
            for chord in self.score.chords
            if start <= chord.start < end
        )

    # -- one voice in one measure --------------------------------------------------------------

    def _cut(self, voice: list[Chord]) -> dict[int, list[Piece]]:
        """Cut a voice into measures and written values, gaps filled with rests."""
        inside: dict[int, list[tuple[int, int, Chord]]] = {}
        for chord in voice:
            bar = chord.start // self.measure
            while bar * self.measure < chord.end and bar < self.bars:
                low, high = max(chord.start, bar * self.measure), min(chord.end, (bar + 1) * self.measure)
                inside.setdefault(bar, []).append((low, high, chord))
                bar += 1
        out = {}
        for bar, spans in inside.items():
            pieces, now = [], bar * self.measure
            for low, high, chord in spans:
                pieces += [Piece(a, b, None) for a, b in values(now, low, bar * self.measure, self.pulse)]
                pieces += [Piece(a, b, chord) for a, b in values(low, high, bar * self.measure, self.pulse)]
                now = high
            pieces += [
                Piece(a, b, None) for a, b in values(now, (bar + 1) * self.measure, bar * self.measure, self.pulse)
            ]
            out[bar] = pieces
        return out

    def _rests(self, bar: int) -> list[Piece]:
        return [Piece(bar * self.measure, self.measure, None, whole=True)]

    def _voice_xml(
        self, pieces: list[Piece], part: Part, place: tuple[str, str], accidentals: dict[tuple[int, str, int], int],
        id: str, staff: int,
    ) -> str:  # fmt: skip
        beams = beams_of(pieces, self.pulse)
        out = []
        for index, piece in enumerate(pieces):
            tuplet = _tuplet(pieces, index)
            if piece.chord is None:
                out.append(_rest_xml(piece, place, tuplet))
                continue
            ties = (piece.start > piece.chord.start, piece.start + piece.length < piece.chord.end)
            for position, note in enumerate(piece.chord.notes):
                out.append(
                    "<note>"
                    + ("<chord/>" if position else "")
                    + (_unpitched(note) if part.is_drum else self._pitch(note, staff))
                    + f"<duration>{piece.length}</duration>"
                    + ('<tie type="stop"/>' if ties[0] else "")
                    + ('<tie type="start"/>' if ties[1] else "")
                    + (f'<instrument id="{id}-I{note.pitch}"/>' if part.is_drum else "")
                    + place[0]
                    + _type_xml(piece)
                    + ("" if part.is_drum or ties[0] else self._accidental(note, staff, accidentals))
                    + _modification(piece)
                    + (_head(note) if part.is_drum else "")
                    + place[1]
                    + (beams[index] if position == 0 else "")
                    + _notations(ties, tuplet if position == 0 else "")
                    + (_lyric(note) if position == 0 and not ties[0] else "")
                    + "</note>"
                )
        return "".join(out)

    def _pitch(self, note: Note, staff: int) -> str:
        step, alter, octave = spell(note.pitch, self.key)
        altered = f"<alter>{alter}</alter>" if alter else ""
        return f"<pitch><step>{step}</step>{altered}<octave>{octave}</octave></pitch>"

    def _accidental(self, note: Note, staff: int, seen: dict[tuple[int, str, int], int]) -> str:
        """Write an accidental where the signature and the measure so far do not imply it."""
        step, alter, octave = spell(note.pitch, self.key)
        place, fifths = _LETTERS.index(step), self.key.fifths
        implied = (1 if place < fifths else 0) if fifths >= 0 else (-1 if place >= 7 + fifths else 0)
        before = seen.get((staff, step, octave), implied)
        seen[(staff, step, octave)] = alter
        if before == alter:
            return ""
        names = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
        return f"<accidental>{names[alter]}</accidental>"


def _clean(text: str) -> str:
    """Drop what XML 1.0 does not allow."""
    return "".join(c for c in text if c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")


def _type_xml(piece: Piece) -> str:
    if piece.whole or piece.length not in _TYPES:
        return ""
    name, dots = _TYPES[piece.length]
    return f"<type>{name}</type>" + "<dot/>" * dots


def _modification(piece: Piece) -> str:
    if not piece.triplet:
        return ""
    return (
        "<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes>"
        "<normal-type>eighth</normal-type></time-modification>"
    )


def _tuplet(pieces: list[Piece], index: int) -> str:
    """Return the bracket's ends: a triplet fills one beat."""
    piece = pieces[index]
    if not piece.triplet:
        return ""
    out = ""
    if piece.start % DIVISIONS == 0:
        out += '<tuplet type="start" bracket="yes"/>'
    if (piece.start + piece.length) % DIVISIONS == 0:
        out += '<tuplet type="stop"/>'
    return out


def _rest_xml(piece: Piece, place: tuple[str, str], tuplet: str) -> str:
    return (
        "<note>"
        + ('<rest measure="yes"/>' if piece.whole else "<rest/>")
        + f"<duration>{piece.length}</duration>{place[0]}{_type_xml(piece)}{_modification(piece)}{place[1]}"
        + _notations((False, False), tuplet)
        + "</note>"
    )


def _notations(ties: tuple[bool, bool], tuplet: str) -> str:
    inner = ('<tied type="stop"/>' if ties[0] else "") + ('<tied type="start"/>' if ties[1] else "") + tuplet
    return f"<notations>{inner}</notations>" if inner else ""


def _lyric(note: Note) -> str:
    if not note.lyric:
        return ""
    text = _clean(note.lyric).strip()
    syllabic = "begin" if text.endswith("-") else "single"
    return f'<lyric number="1"><syllabic>{syllabic}</syllabic><text>{escape(text.rstrip("-"))}</text></lyric>'


def _unpitched(note: Note) -> str:
    step, octave, _ = _DRUM_PLACES.get(note.pitch, ("E", 5, ""))
    return f"<unpitched><display-step>{step}</display-step><display-octave>{octave}</display-octave></unpitched>"


def _head(note: Note) -> str:
    head = _DRUM_PLACES.get(note.pitch, ("E", 5, "diamond"))[2]
    return f"<notehead>{head}</notehead>" if head else ""


def _harmony_xml(symbol: str, offset: int) -> str:
    place = f"<offset>{offset}</offset>" if offset else ""
    try:
        chord = parse_chord(symbol)
    except InvalidArgument:
        return f'<harmony><root><root-step text="">C</root-step></root><kind text="N.C.">none</kind>{place}</harmony>'
    kind, degrees = KINDS[chord.quality]
    shown = quoteattr(chord.symbol.split("/")[0].lstrip("ABCDEFG").lstrip("#b") if chord.quality else "")
    bass = ""
    if chord.bass != chord.root and "/" in chord.symbol:
        bass = f"<bass>{_step('bass', chord.symbol.rsplit('/', 1)[1])}</bass>"
    added = "".join(
        f"<degree><degree-value>{value}</degree-value><degree-alter>{alter}</degree-alter>"
        f"<degree-type>{how}</degree-type></degree>"
        for value, alter, how in degrees
    )
    return f"<harmony><root>{_step('root', chord.symbol)}</root><kind text={shown}>{kind}</kind>{bass}{added}{place}</harmony>"


def _step(what: str, name: str) -> str:
    alter = 0
    for character in name[1:]:
        if character not in "#b":
            break
        alter += 1 if character == "#" else -1
    altered = f"<{what}-alter>{alter}</{what}-alter>" if alter else ""
    return f"<{what}-step>{name[0]}</{what}-step>{altered}"
