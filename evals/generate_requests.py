"""The requests of ``segue eval generate``, drawn by chance from stated seeds: half typed arguments, half sentences.

Nothing here looks at the composer: the styles, keys, meters and words below are what people ask for, and request
number *n* of a seed is the same on every machine. Drawn are
- a style (9 of 10 requests) out of 31, a mood (1 of 4 sentences; it is not judged),
- a tempo (7 of 10): half from the range that the frozen checklist of the style gives, half anywhere from 50 to 200,
- a key (7 of 10): major 2, minor 2, a mode 1 (dorian, mixolydian, lydian, phrygian); the twelve tonics alike,
- a meter (half): 4/4 three times as often as each of 3/4, 2/4, 6/8, 12/8, 5/4 and 7/8,
- chords (one third): a progression of the key in Roman numerals, with sevenths, ninths, slashes and borrowed chords,
- a form (one quarter), bars (one third) or a length in seconds (one third),
- instruments that must be there (half, one to three) and one that must not (one third).
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from segue.tools.core.theory import Key, make_chord, parse_chord, parse_key
from segue.tools.generate import Args

SEED = 20260607
_MAJOR_KEYS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_KEYS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_MODES = ("dorian", "mixolydian", "lydian", "phrygian")
_METERS = {"4/4": 3, "3/4": 1, "2/4": 1, "6/8": 1, "12/8": 1, "5/4": 1, "7/8": 1}
_STYLES = {
    "pop": "pop", "rock": "rock", "metal": "metal", "funk": "funk", "disco": "disco", "house": "house",
    "techno": "techno", "trance": "trance", "drum_and_bass": "drum and bass", "dubstep": "dubstep", "trap": "trap",
    "hiphop_boombap": "boom bap", "lofi": "lo-fi", "jazz_swing": "jazz", "blues": "blues", "bossa_nova": "bossa nova",
    "reggae": "reggae", "latin_salsa": "salsa", "country": "country", "folk": "folk", "rnb": "R&B",
    "ambient": "ambient", "cinematic": "cinematic", "classical": "classical", "reggaeton": "reggaeton",
    "afrobeats": "afrobeats", "amapiano": "amapiano", "synthwave": "synthwave", "drill": "drill",
    "uk_garage": "UK garage", "soul": "soul",
}  # fmt: skip
_MOODS = ("calm", "dark", "happy", "sad", "dreamy", "energetic", "melancholic", "playful", "warm", "tense")
_INSTRUMENTS = ("piano", "electric piano", "organ", "acoustic guitar", "electric guitar", "nylon guitar", "bass",
                "upright bass", "strings", "violin", "cello", "harp", "trumpet", "trombone", "tenor sax", "clarinet",
                "flute", "oboe", "vibraphone", "marimba", "choir", "synth lead", "warm pad", "drums")  # fmt: skip
_EXCLUDED = ("drums", "bass", "piano", "guitar", "strings", "brass", "synth lead", "flute", "organ")
_FORMS = (
    ("intro", "verse", "chorus", "outro"), ("verse", "chorus", "verse", "chorus"), ("intro", "verse", "chorus"),
    ("verse", "chorus", "bridge", "chorus"), ("intro", "build", "drop", "outro"), ("verse", "pre-chorus", "chorus"),
    ("intro", "verse", "chorus", "verse", "chorus", "outro"), ("verse", "bridge", "verse"),
)  # fmt: skip
# Semitones above the tonic, then a quality behind a colon, then the bass behind a slash.
_MAJOR_PROGRESSIONS = (
    "0 7 9:m 5", "0 9:m 5 7", "9:m 5 0 7", "0:maj7 9:m7 2:m7 7:7", "2:m9 7:13 0:maj9", "0 7/11 9:m 5", "0 0/4 5 7:sus4",
    "0:add9 5:maj7 9:m7 7", "5:maj7 4:m7 2:m7 0:maj7", "0 5 5:m 0", "0 8 10 0", "0 4:m 5 7:7", "0 2:7 5 0",
    "9:m7 2:m7 7:7b9 0:6", "0 9:7 2:m7 7:7", "0 5/0 7/0 0", "0 11:m7b5 4:7 9:m7", "0:69 2:m11 7:9sus4 0:maj7#11",
)  # fmt: skip
_MINOR_PROGRESSIONS = (
    "0:m 8 3 10", "0:m 10 8 7", "0:m 5:m 7:7 0:m", "0:m7 5:m9 10:7 3:maj7", "0:m 0:m/10 8:maj7 7:sus4",
    "0:m9 8:maj7 2:m7b5 7:7#9", "0:m 3 10 5", "0:madd9 8 5:m7 7:m7", "0:m 0:mmaj7 0:m7 0:m6", "0:m 8/0 10/0 0:m",
    "2:m7b5 7:7b9 0:m6", "0:m7 10:6 8:maj7 10", "0:m 10/2 3 8",
)  # fmt: skip
_MODE_PROGRESSIONS = {
    "dorian": ("0:m7 5:7", "0:m 10 5 0:m", "0:m9 3:maj7 5:9 0:m7"),
    "mixolydian": ("0 10 5 0", "0:7 7:m7 5 0:7", "0 10/0 5/0 0"),
    "lydian": ("0 2 0 2/0", "0:maj7 2 11:m7 0:maj7", "0:maj7#11 7 2 0"),
    "phrygian": ("0:m 1 0:m 10:m", "0:m7 1:maj7", "0:m 3 1 0:m"),
}


@dataclass(frozen=True)
class Asked:
    """One request and what it asks; None and empty where it leaves something open.

    ``words`` is the sentence of a request in words, empty where the arguments are typed. ``key`` and ``chords``
    are spelt as they are asked; ``style`` is a name of the checklists.
    """

    number: int
    seed: int
    words: str = ""
    style: str | None = None
    mood: str | None = None
    bpm: int | None = None
    key: str | None = None
    meter: str | None = None
    chords: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    bars: int | None = None
    seconds: int | None = None
    instruments: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def args(self) -> Args:
        """Return the arguments of ``generate``: a prompt alone where the request is in words."""
        if self.words:
            return Args(prompt=self.words, seed=self.seed)
        return Args(
            genre=_STYLES[self.style] if self.style else None, bpm=self.bpm, key=self.key, meter=self.meter,
            duration_s=self.seconds, bars=self.bars, chords=list(self.chords), form=list(self.form),
            instruments=list(self.instruments), exclude=list(self.exclude), seed=self.seed,
        )  # fmt: skip

    def line(self) -> str:
        """Return the request in one line, as a person would paste it."""
        if self.words:
            return f"“{self.words}”"
        given = self.args().model_dump(exclude_defaults=True, exclude={"seed"})
        return ", ".join(f"{name}={value}" for name, value in given.items())


def drawn(count: int = 200, seed: int = SEED) -> list[Asked]:
    """Return that many requests; those with an even number are typed, the others sentences."""
    return [_drawn(number, seed) for number in range(count)]


def _drawn(number: int, seed: int) -> Asked:
    rng = random.Random(f"{seed}:{number}")
    style = rng.choice(sorted(_STYLES)) if rng.random() < 0.9 else None
    bpm = _tempo(style, rng) if rng.random() < 0.7 else None
    key = _key(rng)
    chords = _progression(key, rng) if rng.random() < 1 / 3 else ()
    form = rng.choice(_FORMS) if rng.random() < 0.25 else ()
    length = rng.random()
    least = max(4 * len(form), len(chords), 4)
    names = rng.sample(_INSTRUMENTS, rng.randint(1, 3)) if rng.random() < 0.5 else []
    not_wanted = [word for word in _EXCLUDED if not any(_touches(word, name) for name in names)]
    asked = Asked(
        number=number, seed=1000 + number, style=style, bpm=bpm,
        key=str(key) if rng.random() < 0.7 else None,
        meter=rng.choices(list(_METERS), list(_METERS.values()))[0] if rng.random() < 0.5 else None,
        chords=chords, form=form,
        bars=rng.randrange(least, 41, 2 if least % 2 == 0 else 1) if length < 1 / 3 else None,
        seconds=rng.randint(20, 90) if length > 2 / 3 else None,
        instruments=tuple(names),
        exclude=(rng.choice(not_wanted),) if rng.random() < 1 / 3 else (),
    )  # fmt: skip
    if number % 2 == 0:
        return asked
    asked = replace(asked, mood=rng.choice(_MOODS) if rng.random() < 0.25 else None)
    return replace(asked, words=_sentence(asked, rng))


def _tempo(style: str | None, rng: random.Random) -> int:
    low, high = _usual_tempo(style) if style and rng.random() < 0.5 else (50, 200)
    return rng.randint(round(low), round(high))


@lru_cache(maxsize=64)
def _usual_tempo(style: str) -> tuple[float, float]:
    """Return the range of tempi that the frozen checklist of a style gives."""
    loaded = json.loads(Path(__file__).with_name("genre_checklists.json").read_text("utf-8"))
    low, high = next(item["range"] for item in loaded["genres"][style] if item["measure"] == "tempo")
    return low, high


def _key(rng: random.Random) -> Key:
    mode = rng.choice(["major", "major", "minor", "minor", rng.choice(_MODES)])
    names = _MAJOR_KEYS if mode in ("major", "lydian", "mixolydian") else _MINOR_KEYS
    return parse_key(f"{rng.choice(names)} {mode}")


def _progression(key: Key, rng: random.Random) -> tuple[str, ...]:
    lines = {"major": _MAJOR_PROGRESSIONS, "minor": _MINOR_PROGRESSIONS}.get(key.mode) or _MODE_PROGRESSIONS[key.mode]
    return tuple(_chord(token, key) for token in rng.choice(lines).split())


def _chord(token: str, key: Key) -> str:
    upper, _, under = token.partition("/")
    degree, _, quality = upper.partition(":")
    bass = (key.tonic + int(under)) % 12 if under else None
    return make_chord((key.tonic + int(degree)) % 12, quality, bass, key).symbol


def _touches(word: str, name: str) -> bool:
    """Tell whether leaving out ``word`` would leave out the instrument ``name`` too."""
    groups = {"strings": ("violin", "cello", "strings"), "brass": ("trumpet", "trombone"), "synth lead": ("synth lead", "warm pad"),
              "piano": ("piano",), "guitar": ("guitar",), "bass": ("bass",), "organ": ("organ",)}  # fmt: skip
    return any(part in name for part in groups.get(word, (word,)))


# -- sentences --------------------------------------------------------------------------------------


def _listed(words: Sequence[str], joint: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"


def _said_length(asked: Asked, rng: random.Random) -> str:
    if asked.bars is not None:
        return f"{asked.bars} bars"
    seconds = asked.seconds or 0
    if seconds == 60 and rng.random() < 0.5:
        return "one minute"
    if seconds > 60 and rng.random() < 0.4:
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{seconds} seconds"


def _clauses(asked: Asked, rng: random.Random) -> dict[str, tuple[str, str]]:
    """Return for each thing asked a clause for inside a sentence, and a sentence of its own."""
    out: dict[str, tuple[str, str]] = {}
    if asked.key:
        out["key"] = (rng.choice([f"in {asked.key}", f"in the key of {asked.key}"]), f"The key is {asked.key}.")
    if asked.bpm:
        said = rng.choice([f"at {asked.bpm} bpm", f"{asked.bpm} bpm", f"at a tempo of {asked.bpm} bpm"])
        out["tempo"] = (said, f"The tempo is {asked.bpm} bpm.")
    if asked.meter:
        said = rng.choice([f"in {asked.meter}", f"in {asked.meter} time"])
        out["meter"] = (said, f"The time signature is {asked.meter}.")
    if asked.bars or asked.seconds:
        length = _said_length(asked, rng)
        out["length"] = (
            rng.choice([f"{length} long", f"lasting {length}"]),
            rng.choice([f"It lasts {length}.", f"Make it {length} long."]),
        )
    if asked.chords:
        joint = rng.choice([" - ", " ", ", "])
        line = joint.join(asked.chords)
        out["chords"] = (rng.choice([f"over {line}", f"with the chords {line}"]), f"The chords are {line}.")
    if asked.form:
        line = rng.choice([", ".join(asked.form), _listed(asked.form, "then")])
        out["form"] = (f"with the form {line}", rng.choice([f"The form is {line}.", f"It goes {line}."]))
    if asked.instruments:
        named = _listed(asked.instruments)
        out["players"] = (rng.choice([f"with {named}", f"featuring {named}"]), f"There should be {named} in it.")
    if asked.exclude:
        named = asked.exclude[0]
        out["without"] = (f"without {named}", rng.choice([f"No {named}, please.", f"Leave out the {named}."]))
    return out


def _sentence(asked: Asked, rng: random.Random) -> str:
    """Return the request as someone might write it: one of six shapes, with its clauses in a drawn order."""
    mood = f"{asked.mood} " if asked.mood else ""
    style = f"{_STYLES[asked.style]} " if asked.style else ""
    thing = mood + style + rng.choice(["track", "piece", "tune", "instrumental"])
    article = "an" if thing[0].lower() in "aeiou" and not thing.startswith("UK") else "a"
    clauses = _clauses(asked, rng)
    names = list(clauses)
    rng.shuffle(names)
    if "chords" in names and "form" in names and rng.random() < 0.9:  # two long lists in one sentence read badly
        names.remove("form")
        apart = ["form"]
    else:
        apart = []
    shape = rng.choice(_SHAPES)
    text = shape(thing, article, [clauses[n][0] for n in names], [clauses[n][1] for n in names], rng)
    return " ".join([text, *(clauses[n][1] for n in apart)]).strip()


def _commas(thing: str, article: str, inside: list[str], own: list[str], rng: random.Random) -> str:
    opening = rng.choice(["Write {}", "Make {}", "Compose {}", "I'd like {}", "Please make {}", "Give me {}"])
    return f"{', '.join([opening.format(f'{article} {thing}'), *inside])}."


def _running(thing: str, article: str, inside: list[str], own: list[str], rng: random.Random) -> str:
    first, rest = inside[:2], own[2:]
    opening = rng.choice(["I need", "We need", "I'm looking for", "Can you write"])
    end = "?" if opening.startswith("Can") else "."
    return " ".join([f"{' '.join([opening, article, thing, *first])}{end}", *rest])


def _notes(thing: str, article: str, inside: list[str], own: list[str], rng: random.Random) -> str:
    return ", ".join([thing, *inside])


def _statements(thing: str, article: str, inside: list[str], own: list[str], rng: random.Random) -> str:
    opening = rng.choice(["Compose {} for me.", "Let's have {}.", "I want {}."])
    return " ".join([opening.format(f"{article} {thing}"), *own])


def _purpose(thing: str, article: str, inside: list[str], own: list[str], rng: random.Random) -> str:
    purpose = rng.choice(["For a short film, ", "For my podcast, ", "For a game level, ", "For an advert, "])
    return f"{purpose}{', '.join([f'{article} {thing}', *inside])}."


def _dashed(thing: str, article: str, inside: list[str], own: list[str], rng: random.Random) -> str:
    return f"{article.capitalize()} {thing}: {'; '.join(inside)}." if inside else f"{article.capitalize()} {thing}."


_SHAPES: tuple[Callable[[str, str, list[str], list[str], random.Random], str], ...] = (
    _commas, _running, _notes, _statements, _purpose, _dashed,
)  # fmt: skip


def same_chord(one: str, other: str) -> bool:
    """Tell whether two symbols name one chord, however they are spelt."""
    a, b = parse_chord(one), parse_chord(other)
    return (a.root, a.quality, a.bass) == (b.root, b.quality, b.bass)
