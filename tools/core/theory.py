"""Pitch names, keys and chord symbols: what composing, listening, planning and searching share.

Pitch classes are 0–11 from C. German names are read too (H, B = B flat only in "B-Dur", "Cis", "Es").
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from segue.tools.core.errors import InvalidArgument

SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_GERMAN = {"h": "B", "his": "B#", "cis": "C#", "dis": "D#", "fis": "F#", "gis": "G#", "ais": "A#",
           "des": "Db", "es": "Eb", "ges": "Gb", "as": "Ab", "ces": "Cb"}  # fmt: skip

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
}
_MINOR_MODES = frozenset({"minor", "dorian", "phrygian", "locrian", "harmonic minor", "melodic minor"})
_MODE_WORDS = {"maj": "major", "dur": "major", "ionian": "major", "m": "minor", "min": "minor", "moll": "minor",
               "aeolian": "minor", "natural minor": "minor", "": "major"}  # fmt: skip
# Keys that are written with flats (circle of fifths); the rest with sharps.
_FLAT_MAJORS = frozenset({5, 10, 3, 8, 1})
_FLAT_MINORS = frozenset({2, 7, 0, 5, 10, 3})


def pitch_class(name: str) -> int:
    """Return the pitch class of a note name such as "F#", "Bb", "cis" or "H".

    Raises
    ------
    InvalidArgument : not a note name.
    """
    text = name.strip().replace("♯", "#").replace("♭", "b").replace("-sharp", "#").replace("-flat", "b")
    text = re.sub(r"\s*(sharp|flat)$", lambda m: "#" if m[1] == "sharp" else "b", text, flags=re.IGNORECASE)
    text = _GERMAN.get(text.lower(), text)
    match = re.fullmatch(r"([A-Ga-g])(#{0,2}|b{0,2})", text)
    if not match:
        raise InvalidArgument(f"'{name}' is not a note name.", "Write for example C, F#, Bb or E flat.")
    accidental = match[2].count("#") - match[2].count("b")
    return (_LETTERS[match[1].upper()] + accidental) % 12


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic (pitch class) and a mode of ``MODES``."""

    tonic: int
    mode: str = "major"

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes, from the tonic."""
        return tuple((self.tonic + step) % 12 for step in MODES[self.mode])

    @property
    def is_minor(self) -> bool:
        """Whether its third is minor."""
        return self.mode in _MINOR_MODES

    @property
    def uses_flats(self) -> bool:
        """Whether it is written with flats."""
        if self.mode in ("major", "minor"):
            return self.tonic in (_FLAT_MINORS if self.is_minor else _FLAT_MAJORS)
        return Key(self.parent_major).uses_flats

    @property
    def parent_major(self) -> int:
        """The tonic of the major key with the same signature (C for A minor and D dorian)."""
        offsets = {"major": 0, "dorian": 2, "phrygian": 4, "lydian": 5, "mixolydian": 7, "minor": 9,
                   "locrian": 11, "harmonic minor": 9, "melodic minor": 9}  # fmt: skip
        return (self.tonic - offsets[self.mode]) % 12

    @property
    def fifths(self) -> int:
        """The signature: sharps positive, flats negative, as in MusicXML and MIDI."""
        value = (self.parent_major * 7) % 12
        return value - 12 if value > 6 or (value == 6 and self.uses_flats) else value

    @property
    def camelot(self) -> str:
        """The Camelot wheel's name, e.g. 8B for C major and 8A for A minor."""
        number = (self.parent_major * 7 + 7) % 12 + 1
        return f"{number}{'A' if self.is_minor else 'B'}"

    def transposed(self, semitones: int) -> "Key":
        """Return the key that many semitones higher."""
        return Key((self.tonic + semitones) % 12, self.mode)

    def name_of(self, pc: int) -> str:
        """Return the name of a pitch class as this key writes it."""
        return (FLAT_NAMES if self.uses_flats else SHARP_NAMES)[pc % 12]

    def __str__(self) -> str:
        return f"{self.name_of(self.tonic)} {self.mode}"


def parse_key(text: str) -> Key:
    """Read a key: "D minor", "Dm", "F# dorian", "b-Moll", "H-Dur", "E flat major", "8A" (Camelot).

    Raises
    ------
    InvalidArgument : not a key; the message says how to write one.
    """
    clean = " ".join(text.strip().replace("♯", "#").replace("♭", "b").split())
    if camelot := re.fullmatch(r"(1[0-2]|[1-9])([ABab])", clean):
        major = ((int(camelot[1]) - 8) * 7) % 12
        return Key((major + 9) % 12, "minor") if camelot[2] in "aA" else Key(major)
    clean = re.sub(r"\s+(sharp|flat)\b", lambda m: "#" if m[1].lower() == "sharp" else "b", clean, flags=re.IGNORECASE)
    german = re.fullmatch(r"([A-Ha-h](?:is|es|s)?)[- ]?(dur|moll)", clean, flags=re.IGNORECASE)
    if german:
        name = "Bb" if german[1].lower() == "b" else german[1]
        return Key(pitch_class(name), _MODE_WORDS[german[2].lower()])
    match = re.fullmatch(r"([A-Ha-h](?:#|b|is|es)?)[\s-]*([A-Za-z ]*)", clean)
    if match:
        word = match[2].strip()
        mode = "minor" if word == "m" else "major" if word == "M" else _MODE_WORDS.get(word.lower(), word.lower())
        if mode in MODES:
            try:
                return Key(pitch_class(match[1]), mode)
            except InvalidArgument:
                pass
    raise InvalidArgument(f"'{text}' is not a key.", 'Write for example "D minor", "F# major" or "Bb dorian".')


# Quality suffixes in canonical spelling → intervals above the root.
QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7), "m": (0, 3, 7), "dim": (0, 3, 6), "aug": (0, 4, 8), "5": (0, 7),
    "sus2": (0, 2, 7), "sus4": (0, 5, 7), "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9), "69": (0, 4, 7, 9, 14),
    "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10), "mmaj7": (0, 3, 7, 11),
    "dim7": (0, 3, 6, 9), "m7b5": (0, 3, 6, 10), "aug7": (0, 4, 8, 10), "7sus4": (0, 5, 7, 10),
    "add9": (0, 4, 7, 14), "madd9": (0, 3, 7, 14), "9": (0, 4, 7, 10, 14), "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14), "9sus4": (0, 5, 7, 10, 14), "7b9": (0, 4, 7, 10, 13), "7#9": (0, 4, 7, 10, 15),
    "7b5": (0, 4, 6, 10), "7#5": (0, 4, 8, 10), "11": (0, 4, 7, 10, 14, 17), "m11": (0, 3, 7, 10, 14, 17),
    "maj7#11": (0, 4, 7, 11, 18), "7#11": (0, 4, 7, 10, 18), "13": (0, 4, 7, 10, 14, 21),
    "m13": (0, 3, 7, 10, 14, 21), "maj13": (0, 4, 7, 11, 14, 21), "7b13": (0, 4, 7, 10, 20),
    "7alt": (0, 4, 8, 10, 15), "9#11": (0, 4, 7, 10, 14, 18), "13#11": (0, 4, 7, 10, 18, 21), "13b9": (0, 4, 7, 10, 13, 21),
    "13sus4": (0, 5, 7, 10, 14, 21), "7b9sus4": (0, 5, 7, 10, 13), "m69": (0, 3, 7, 9, 14), "mmaj9": (0, 3, 7, 11, 14),
    "maj9#11": (0, 4, 7, 11, 14, 18), "augmaj7": (0, 4, 8, 11), "9b5": (0, 4, 6, 10, 14), "9#5": (0, 4, 8, 10, 14),
    "m7b9": (0, 3, 7, 10, 13), "add11": (0, 4, 7, 17), "madd11": (0, 3, 7, 17), "dimmaj7": (0, 3, 6, 11),
    "7b9#11": (0, 4, 7, 10, 13, 18), "7b9b13": (0, 4, 7, 10, 13, 20), "7#9b13": (0, 4, 7, 10, 15, 20),
}  # fmt: skip
_QUALITY_WORDS = {"maj": "", "major": "", "M": "", "min": "m", "minor": "m", "-": "m", "mi": "m", "M7": "maj7", "Δ": "maj7",
                  "Δ7": "maj7", "j7": "maj7", "ma7": "maj7", "major7": "maj7", "min7": "m7", "-7": "m7", "mi7": "m7",
                  "minor7": "m7", "°": "dim", "o": "dim", "°7": "dim7", "o7": "dim7", "ø": "m7b5", "ø7": "m7b5",
                  "-7b5": "m7b5", "min7b5": "m7b5", "+": "aug", "+7": "aug7", "sus": "sus4", "7sus": "7sus4",
                  "6/9": "69", "6add9": "69", "2": "add9", "min9": "m9", "M9": "maj9", "min6": "m6", "-6": "m6",
                  "mM7": "mmaj7", "minmaj7": "mmaj7", "min11": "m11", "-9": "m9", "dom7": "7", "add2": "add9",
                  "9sus": "9sus4", "11sus": "9sus4", "13sus": "13sus4", "alt": "7alt", "alt7": "7alt", "m6/9": "m69",
                  "maj7#5": "augmaj7", "+maj7": "augmaj7", "+M7": "augmaj7", "7b9sus": "7b9sus4", "sus4b9": "7b9sus4",
                  "7sus4b9": "7b9sus4", "min13": "m13", "-11": "m11", "M13": "maj13", "minmaj9": "mmaj9", "dim9": "dim7",
                  "aug9": "9#5", "add4": "add11", "min69": "m69", "min6/9": "m69", "maj6": "6", "M6": "6", "maj69": "69",
                  "maj6/9": "69", "no3": "5", "7+": "aug7", "7aug": "aug7", "9+": "9#5", "m7sus4": "7sus4",
                  "lyd": "maj7#11", "7#5#9": "7alt", "7b5b9": "7alt", "7#9#5": "7alt", "h7": "m7b5", "h": "m7b5",
                  "min7(b5)": "m7b5", "madd2": "madd9", "minadd9": "madd9", "mi9": "m9", "ma9": "maj9", "Δ9": "maj9"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord symbol read: root and bass as pitch classes, quality of ``QUALITIES``, the symbol itself."""

    root: int
    quality: str
    bass: int
    symbol: str

    @property
    def intervals(self) -> tuple[int, ...]:
        """Semitones above the root."""
        return QUALITIES[self.quality]

    @property
    def pitch_classes(self) -> frozenset[int]:
        """All pitch classes, the bass included."""
        return frozenset([*((self.root + i) % 12 for i in self.intervals), self.bass])

    def transposed(self, semitones: int, key: Key | None = None) -> "Chord":
        """Return the chord that many semitones higher, spelt as ``key`` writes it."""
        return make_chord((self.root + semitones) % 12, self.quality, (self.bass + semitones) % 12, key)


def make_chord(root: int, quality: str = "", bass: int | None = None, key: Key | None = None) -> Chord:
    """Build a chord and its symbol."""
    bass = root if bass is None else bass
    names = key.name_of if key else lambda pc: FLAT_NAMES[pc % 12] if pc % 12 != 6 else "F#"
    symbol = names(root) + quality + (f"/{names(bass)}" if bass != root else "")
    return Chord(root % 12, quality, bass % 12, symbol)


def parse_chord(symbol: str) -> Chord:
    """Read a chord symbol: "C", "F#m7", "Bbmaj9", "Am7/G", "Gsus4", "C/E".

    Raises
    ------
    InvalidArgument : not a chord symbol.
    """
    text = symbol.strip().replace("♯", "#").replace("♭", "b")
    match = re.fullmatch(r"([A-G](?:#{1,2}|b{1,2})?)([^/]*(?:6/9)?)(?:/([A-G](?:#|b)?))?", text)
    if match:
        quality = match[2].replace("(", "").replace(")", "").replace(",", "").strip()
        quality = _QUALITY_WORDS.get(quality, quality)
        if quality in QUALITIES:
            root = pitch_class(match[1])
            return Chord(root, quality, pitch_class(match[3]) if match[3] else root, text)
    raise InvalidArgument(f"'{symbol}' is not a chord symbol.", "Write for example C, Am7, F#m, Bbmaj7 or C/E.")


def roman_numeral(symbol: str, key: Key) -> str:
    """Return a chord's degree in a key, e.g. "ii" for Dm in C major and "bVII" for Bb."""
    chord = parse_chord(symbol)
    degrees = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")
    name = degrees[(chord.root - key.tonic) % 12]
    minor = 3 in chord.intervals and 4 not in chord.intervals
    return name.lower() if minor else name


def key_distance_semitones(source: Key, target: Key) -> int:
    """Return the smallest shift from one tonic to another, −5..6 semitones."""
    shift = (target.tonic - source.tonic) % 12
    return shift - 12 if shift > 6 else shift


def best_key(weights: Iterable[float], minor_weights: Iterable[float] | None = None) -> tuple[Key, float]:
    """Return the key that fits 12 pitch-class weights best, with the margin over the next (0..1).

    Krumhansl & Kessler (1982) profiles with Pearson correlation; ``minor_weights`` replaces the
    weights for minor keys where a caller measured them apart.
    """
    import numpy as np

    major = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
    minor = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
    pcs = np.asarray(list(weights), dtype=float)
    pcs_minor = pcs if minor_weights is None else np.asarray(list(minor_weights), dtype=float)
    if pcs.std() == 0:
        return Key(0), 0.0
    scored = sorted(
        (
            (float(np.corrcoef(w, np.roll(profile, tonic))[0, 1]), Key(tonic, mode))
            for profile, mode, w in ((major, "major", pcs), (minor, "minor", pcs_minor))
            for tonic in range(12)
        ),
        key=lambda pair: -pair[0],
    )
    return scored[0][1], max(0.0, min(1.0, scored[0][0] - scored[1][0]))
