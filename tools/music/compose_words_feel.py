"""Words about the playing: density, note lengths, voices, dynamics, register, swing, timing, mood quadrants."""

import re
from collections.abc import Sequence

from segue.tools.core import vocabulary

_NUMBER = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_DENSE = re.compile(r"\b(busy|busier|dense|complex|virtuosic|fast notes|many notes|lots of notes)\b", re.IGNORECASE)
_SPARSE = re.compile(
    r"\b(sparse|sparser|simple|minimal(?:ist)?|few notes|stripped(?:-| )down|understated)\b", re.IGNORECASE
)
_SWING = re.compile(r"\bswing(?:\s+of|\s+at)?\s+(\d{2}(?:\.\d)?)\s*%|\b(\d{2}(?:\.\d)?)\s*%\s+swing\b", re.IGNORECASE)
_STRAIGHT = re.compile(r"\b(straight(?: eighths?| feel| rhythm)?|no swing|without swing|unswung)\b", re.IGNORECASE)
_SWUNG = re.compile(r"\b(swung|with (?:a )?swing|swing feel|swinging|shuffled?|triplet feel)\b", re.IGNORECASE)
_PER_BEAT = re.compile(
    r"\b(?P<most>at most|no more than|less than|fewer than|under|up to|max(?:imum)?)?\s*(?P<least>at least|more than|over|min(?:imum)?)?\s*"
    r"(?P<low>\d+(?:\.\d+)?|one|two|three|four)(?:\s*(?:-|–|to|or)\s*(?P<high>\d+(?:\.\d+)?|one|two|three|four))?(?P<more>\s+or more)?\s+(?:notes?|onsets?|attacks?) (?:per|a|each|every) beat\b",
    re.IGNORECASE,
)
_INTENSITY = (
    (r"\b(?:low|sparse|serene|slow) (?:rhythm(?:ic)?|note|onset) (?:density|intensity)\b|\b(?:rhythm(?:ic)?|note) (?:density|intensity) (?:is |of )?(?:low|serene)\b|\bserene rhythm", "low"),
    (r"\b(?:medium|moderate) (?:rhythm(?:ic)?|note|onset) (?:density|intensity)\b|\b(?:rhythm(?:ic)?|note) (?:density|intensity) (?:is |of )?(?:medium|moderate)\b|\bmoderate rhythm", "medium"),
    (r"\b(?:high|dense|intense) (?:rhythm(?:ic)?|note|onset) (?:density|intensity)\b|\b(?:rhythm(?:ic)?|note) (?:density|intensity) (?:is |of )?(?:high|intense)\b|\bintense rhythm", "high"),
)  # fmt: skip
_MARKS = {"ppp": -1.0, "pp": -0.9, "pianissimo": -0.9, "mp": -0.2, "mezzo piano": -0.2, "mezzo-piano": -0.2, "mf": 0.1,
          "mezzo forte": 0.1, "mezzo-forte": 0.1, "forte": 0.6, "ff": 0.9, "fortissimo": 0.9, "fff": 1.0}  # fmt: skip
_MARK = re.compile(r"(?<![\w-])(" + "|".join(sorted(_MARKS, key=len, reverse=True)) + r")(?![\w-])")
_LOUDLY = re.compile(r"\b(?:loud(?:ly)?|forceful(?:ly)?|hard[- ]hit(?:ting)?)\b", re.IGNORECASE)
_SOFTLY = re.compile(r"\b(?:softly|quietly|soft dynamics|soft playing|hushed|soft(?= (?:piano|guitar|strings|and|,)))\b", re.IGNORECASE)  # fmt: skip
_OCTAVES = re.compile(
    r"\b(?:range|spans?|spanning|within|across|over|covers?)\s+(?:of\s+)?(?:about\s+|only\s+|exactly\s+)?(\d|one|two|three|four|five|six)[- ]octaves?\b"
    r"|\b(\d|one|two|three|four|five|six)[- ]octaves? (?:pitch )?range\b",
    re.IGNORECASE,
)
_VOICES = re.compile(r"\b(one|two|three|four|[1-4])[- ](?:voices?|part (?:harmony|texture|writing|counterpoint|invention|polyphony)|voiced)\b", re.IGNORECASE)  # fmt: skip
_QUADRANT = re.compile(r"\bQ([1-4])\b|\b(high|low|positive|negative)[- ]valence\b.{0,12}?\b(high|low)[- ]arousal\b|\b(high|low)[- ]arousal\b.{0,12}?\b(high|low|positive|negative)[- ]valence\b", re.IGNORECASE)  # fmt: skip
_QUADRANTS = {(True, True): "upbeat", (False, True): "tense", (False, False): "sad", (True, False): "peaceful"}
_EMOJI = {"😀😃😄😁😊🙂☀️🌞🎉🥳": "happy", "😢😭😞☹️💔🥀": "sad", "😡🤬👿": "angry", "🔥⚡💪🚀": "energetic", "😴🌙💤🛌": "peaceful",
          "😌🧘🌊🍃🌿": "calm", "❤️😍💕🌹💘": "romantic", "😱👻🎃💀": "scary", "🌧☔🍂": "melancholic", "✨🌌☁️": "dreamy", "🕺💃": "groovy",
          "😂🤡🐵": "funny", "🎆🏆👑": "triumphant", "🕵🌫": "mysterious"}  # fmt: skip
_EMOJI_INSTRUMENTS = {
    "🎹": "piano",
    "🎸": "guitar",
    "🎻": "violin",
    "🎺": "trumpet",
    "🎷": "tenor sax",
    "🥁": "drums",
    "🪕": "banjo",
}


def density_in(text: str) -> float | None:
    """Return how busy it is, −1..1."""
    return 0.7 if _DENSE.search(text) else -0.7 if _SPARSE.search(text) else None


def onsets_in(text: str) -> str | None:
    """Return the onsets a beat: "low" (at most 1), "medium" (1–2), "high" (2 and more)."""
    for pattern, band in _INTENSITY:
        if re.search(pattern, text, re.IGNORECASE):
            return band
    match = _PER_BEAT.search(text)
    if not match:
        return None
    low = float(_NUMBER.get(match["low"].lower(), 0) or match["low"])
    high = float(_NUMBER.get(match["high"].lower(), 0) or match["high"]) if match["high"] else None
    if match["most"]:
        return "low" if low <= 1 else "medium"
    if match["least"] or match["more"] or (high is not None and low >= 2):
        return "high" if low >= 2 else "medium"
    middle = low if high is None else (low + high) / 2
    return "low" if middle <= 1 else "medium" if middle < 2 else "high"


def notes_in(text: str) -> str | None:
    """Return the usual length of notes: "long", "eighth" or "sixteenth"."""
    if re.search(
        r"\b(?:long|sustained|held|drawn[- ]out|whole|slow) (?:notes|tones|chords)\b|\bdrones?\b(?! strike)", text, re.I
    ):
        return "long"
    if re.search(r"\b(?:sixteenths?|16ths?|semiquavers?)(?:[- ]notes?)?\b", text, re.IGNORECASE):
        return "sixteenth"
    if re.search(r"\b(?:eighth|8th)[- ]notes?\b|\b(?:running|constant|steady) (?:eighths|quavers)\b", text, re.I):
        return "eighth"
    return None


def articulation_in(text: str) -> float | None:
    """Return the share of its length that a note sounds."""
    if re.search(r"\b(?:staccato|short notes|detached|choppy|spiccato|clipped notes)\b", text, re.IGNORECASE):
        return 0.45
    return 1.0 if re.search(r"\b(?:legato|tenuto|smoothly connected|connected notes)\b", text, re.IGNORECASE) else None


def roles_in(text: str) -> tuple[str, ...]:
    """Return roles that must be there."""
    found = re.search(r"(?<!no )(?<!without )\b(?:arpeggios?|arpeggiat\w+|arps?|broken chords)\b", text, re.IGNORECASE)
    return ("arpeggio",) if found else ()


def voices_in(text: str) -> int | None:
    """Return how many pitched notes may sound at once."""
    if re.search(r"\b(?:monophonic|single[- ]line|single melodic line|melody only|only (?:a|the) melody|unaccompanied (?:melody|line))\b", text, re.I):  # fmt: skip
        return 1
    match = _VOICES.search(text)
    return (_NUMBER.get(match[1].lower()) or int(match[1])) if match else None


def dynamics_in(text: str, styled: Sequence[tuple[int, int]] = ()) -> float | None:
    """Return how hard it is played, −1..1; words inside the names of genres do not count."""
    match = _MARK.search(text)
    if match:
        return _MARKS[match[1]]
    for pattern, level in ((_LOUDLY, 0.6), (_SOFTLY, -0.6)):
        for found in pattern.finditer(text):
            before = text[max(0, found.start() - 16) : found.start()].lower()
            if any(start <= found.start() < end for start, end in styled):
                continue
            if not re.search(r"\b(?:starts?|begins?|ends?|opens?|not)\s*(?:out |off |too )?$", before):
                return level
    return None


def register_in(text: str) -> float | None:
    """Return how high the tune lies, −1..1."""
    tune = r"(?:melody|melodies|lead|tune|top ?line)"
    found = re.search(rf"\b(high|low)(?:[- ](?:pitched|register|lying))?(?: \w+)? {tune}\b|\b{tune} (?:is |lies |sits |plays? |in (?:a|the) )*(?:up |down )?(high|low)\b", text, re.I)  # fmt: skip
    if not found:
        return None
    return 0.9 if (found[1] or found[2]).lower() == "high" else -0.9


def registers_in(text: str) -> tuple[tuple[str, float], ...]:
    """Return instruments that are to play high or low: "low strings"."""
    out = []
    for found in vocabulary.instruments_in(text):
        match = re.search(r"\b(high|low|deep)(?:[- ](?:pitched|register))?\s+$", text[: found.start], re.IGNORECASE)
        if match and "bass" not in found.value:
            out.append((found.value, 1.0 if match[1].lower() == "high" else -1.0))
    return tuple(out)


def octaves_in(text: str) -> int | None:
    """Return the range from the lowest to the highest note, in octaves."""
    match = _OCTAVES.search(text)
    if not match:
        return None
    word = (match[1] or match[2]).lower()
    many = _NUMBER.get(word) or int(word)
    return many if many >= 1 else None


def swing_in(text: str) -> float | None:
    """Return the share of a beat that its first half takes."""
    match = _SWING.search(text)
    if match:
        return min(0.8, max(0.5, float(match[1] or match[2]) / 100))
    if _STRAIGHT.search(text):
        return 0.5
    if re.search(r"\blight swing\b|\bslight(?:ly)? swung?\b|\ba little swing\b", text, re.IGNORECASE):
        return 0.57
    if re.search(r"\b(?:hard|heavy) swing\b", text, re.IGNORECASE):
        return 0.667
    return 0.62 if _SWUNG.search(text) else None


def feel_in(text: str) -> float | None:
    """Return how far players stray from the grid: 0 not at all, 1 as usual, 2 loosely."""
    if re.search(r"\b(?:un-?quanti[sz]ed|humani[sz]ed|human feel|live feel|hand[- ]played|human timing)\b", text, re.I):
        return 1.2
    if re.search(r"\b(?:quanti[sz]ed|on the grid|machine[- ](?:tight|like)|mechanical(?:ly)?|metronomic|grid[- ]tight|dead on)\b", text, re.I):  # fmt: skip
        return 0.0
    if re.search(r"\b(?:loose(?:ly)?(?: played| feel| timing| groove)?|sloppy|drunken|wonky|off[- ]grid|behind the beat)\b", text, re.I):  # fmt: skip
        return 2.0
    return None


def dance_in(text: str) -> bool | None:
    """Return whether one can dance to it."""
    if re.search(r"\b(?:not|isn['’]t|un-?|non-?|hardly|never)\s?-?danceable\b|\bnot (?:for|meant for) dancing\b|\bhard to dance to\b", text, re.I):  # fmt: skip
        return False
    return True if re.search(r"\bdanceable\b|\bdance[- ]?able\b|\bto dance to\b|\bfor dancing\b", text, re.I) else None


def quadrants_in(text: str) -> tuple[str, ...]:
    """Return moods that stand for a quadrant of Russell's circumplex: Q1 is valence and arousal both high."""
    out = []
    for match in _QUADRANT.finditer(text):
        if match[1]:
            high = {"1": (True, True), "2": (False, True), "3": (False, False), "4": (True, False)}[match[1]]
        else:
            valence, arousal = (match[2], match[3]) if match[2] else (match[5], match[4])
            high = (valence.lower() in ("high", "positive"), arousal.lower() == "high")
        out.append(_QUADRANTS[high])
    return tuple(out)


def emoji_in(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the moods and the instruments that emoji stand for."""
    moods = [
        mood for faces, mood in _EMOJI.items() if any(c in faces for c in text if ord(c) > 0x2600 and c != "\ufe0f")
    ]
    return tuple(moods), tuple(name for sign, name in _EMOJI_INSTRUMENTS.items() if sign in text)


def grouping_in(text: str, meter: str | None) -> tuple[int, ...]:
    """Return how a bar's units are grouped: "7/8 as 3+2+2"."""
    match = re.search(r"(?<![\d+])([234](?:\s?[+–-]\s?[234]){1,6})(?![\d+])", text)
    if not match or not meter:
        return ()
    groups = tuple(int(digit) for digit in re.findall(r"\d", match[1]))
    return groups if sum(groups) == int(meter.split("/")[0]) else ()
