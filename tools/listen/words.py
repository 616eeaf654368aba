"""Facts in words: one line, a paragraph, or a walk through the sections. Nothing is said that was not measured.

Sure values are stated, likely ones are called likely, unsure ones left out or named as unsure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from segue.tools.listen.facts import Analysis
from segue.tools.listen.labels import clock

_GENRE = 0.3  # genres are named bare, so a little more is wanted of them
SURE, LIKELY = 0.55, 0.2  # confidences from which a value is stated, or said to be likely


@dataclass(frozen=True)
class Subject:
    """A piece that is talked about: its facts, and what is known about it besides its sound.

    ``made_here`` says how it was made, where it was made by this program ("composed by …").
    """

    title: str
    facts: Analysis = field(default_factory=Analysis)
    artist: str = ""
    album: str = ""
    year: int | None = None
    genres: tuple[str, ...] = ()
    made_here: str = ""
    lyrics: str = ""

    def with_facts(self, facts: Analysis) -> "Subject":
        """Return the same subject with what was heard."""
        return replace(self, facts=facts)

    @property
    def name(self) -> str:
        """The title in quotation marks, or "the clip"."""
        return f"“{self.title}”" if self.title else "the clip"


def listing(items: Sequence[str], last: str = "and") -> str:
    """Return items as people list them: "a, b and c"."""
    items = [item for item in items if item]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def number(value: float) -> str:
    """Return a number with one decimal and a real minus sign."""
    return f"{value:.1f}".replace("-", "−")


def tempo_words(facts: Analysis) -> str:
    """Return the tempo: "104 bpm", "probably about 104 bpm", or "" where no pulse is found."""
    if facts.bpm is None or facts.bpm_confidence < LIKELY:
        return ""
    shown = f"{facts.bpm:.1f}".removesuffix(".0") if facts.source == "score" else f"{facts.bpm:.0f}"
    return f"{shown} bpm" if facts.bpm_confidence >= SURE else f"probably about {shown} bpm"


def pace(bpm: float) -> str:
    """Return how fast a tempo feels."""
    for limit, word in ((66, "very slow"), (84, "slow"), (108, "moderate"), (132, "lively"), (160, "fast")):
        if bpm < limit:
            return word
    return "very fast"


def key_words(facts: Analysis) -> str:
    """Return the key: "D minor", "probably D minor", or ""."""
    if facts.key is None or facts.key_confidence < LIKELY:
        return ""
    return facts.key if facts.key_confidence >= SURE else f"probably {facts.key}"


def genre_words(subject: Subject) -> str:
    """Return the genre as tagged or heard, or ""."""
    if subject.genres:
        return listing(list(subject.genres[:2]))
    facts = subject.facts
    return facts.genre or "" if facts.genre_confidence >= _GENRE else ""


def instrument_words(facts: Analysis) -> str:
    """Return the instruments: stated from a score, otherwise as what seems to be heard."""
    if not facts.instruments:
        return ""
    names = listing(facts.instruments)
    return names if facts.source == "score" or facts.instruments_confidence >= 0.75 else f"what sounds like {names}"


def short(subject: Subject) -> str:
    """Return one line."""
    facts = subject.facts
    if facts.silent:
        return f"{facts.duration_s:.1f} s of silence."
    mood = facts.moods[0] if facts.moods and facts.moods_confidence >= LIKELY else ""
    genre = genre_words(subject)
    head = " ".join(word for word in (mood, genre, "piece" if facts.duration_s >= 20 else "clip") if word)
    details = []
    if key := key_words(facts):
        details.append(f"in {key}" if not key.startswith("probably") else f"{key.replace('probably ', 'probably in ')}")
    if tempo := tempo_words(facts):
        details.append(f"at {tempo}" if not tempo.startswith("probably") else tempo)
    if facts.meter and facts.meter != "4/4" and facts.meter_confidence >= LIKELY:
        details.append(f"in {facts.meter}")
    if players := instrument_words(facts):
        details.append(f"with {players}")
    tail = "".join(f", {said}" if said.startswith("probably") else f" {said}" for said in details)
    long = f", {length_words(facts.duration_s)} long" if facts.duration_s else ""
    return f"{_article(head).capitalize()} {head}{tail}{long}."


def _article(word: str) -> str:
    return "an" if word[:1].lower() in "aeiou" else "a"


def length_words(seconds: float) -> str:
    """Return a length: "4.2 s", "42 s", "3:05"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else clock(seconds)


def full(subject: Subject) -> str:
    """Return a paragraph."""
    facts = subject.facts
    if facts.silent:
        return short(subject)
    out = [short(subject)]
    if facts.bpm is not None and facts.bpm_confidence < LIKELY:
        out.append("No steady pulse stands out.")
    if facts.key is None or facts.key_confidence < LIKELY:
        out.append("It has no clear key." if facts.axes or facts.source == "score" else "")
    if chords := chord_sentence(facts):
        out.append(chords)
    out.append(sound_sentence(facts))
    out.append(voice_sentence(facts))
    out.append(form_sentence(facts))
    if subject.made_here:
        out.append(f"It was {subject.made_here}.")
    return " ".join(part for part in out if part)


def main_chords(facts: Analysis, start: float = 0.0, end: float = 1e9, most: int = 4) -> list[str]:
    """Return the chords between two times in order of their entry, without repeats of the run."""
    inside = [
        (max(0.0, min(b, end) - max(a, start)), symbol)
        for a, b, symbol in facts.chords
        if symbol != "N" and min(b, end) - max(a, start) > 0.2
    ]
    out: list[str] = []
    for _, symbol in inside:
        if symbol not in out:
            out.append(symbol)
        if len(out) == most:
            break
    return out


def chord_loop(facts: Analysis) -> list[str]:
    """Return the run of 2–8 chords that comes back most and covers half of the piece, or nothing."""
    symbols = [symbol for _, _, symbol in facts.chords if symbol != "N"]
    best: tuple[float, list[str]] = (0.0, [])
    for size in range(2, 9):
        for run in {tuple(symbols[i : i + size]): None for i in range(len(symbols) - size + 1)}:
            if len(set(run)) == 1 or run[0] == run[-1]:
                continue
            count = i = 0
            while i <= len(symbols) - size:
                found = tuple(symbols[i : i + size]) == run
                count += found
                i += size if found else 1
            cover = count * size / max(1, len(symbols))
            if count >= 3 and cover >= 0.5 and cover > best[0] + 0.1:
                best = (cover, list(run))
    return best[1]


def chord_sentence(facts: Analysis) -> str:
    """Return a sentence on the harmony, or "" where none was found."""
    if not facts.chords or facts.chords_confidence < LIKELY:
        return ""
    hedge = "" if facts.chords_confidence >= 0.4 else " (heard with some doubt)"
    if loop := chord_loop(facts):
        return f"The chords go round {' – '.join(loop)}{hedge}."
    chords = main_chords(facts, most=6)
    return f"The harmony begins with {' – '.join(chords)}{hedge}." if len(chords) > 1 else (
        f"It stays on {chords[0]}{hedge}." if chords else ""
    )  # fmt: skip


def sound_sentence(facts: Analysis) -> str:
    """Return a sentence on energy, brightness, density, drums and loudness."""
    if not facts.axes:
        return ""
    axes = facts.axes
    words = []
    words.append("high energy" if axes["energy"] > 0.66 else "gentle" if axes["energy"] < 0.34 else "medium energy")
    words.append("a bright sound" if axes["brightness"] > 0.66 else "a dark sound" if axes["brightness"] < 0.3 else "")
    words.append("a dense texture" if axes["density"] > 0.66 else "a sparse texture" if axes["density"] < 0.2 else "")
    drums = {True: "drums", False: "no drums", None: ""}[facts.drums]
    if "drums" in facts.instruments:
        drums = ""
    loud = f"it is mastered at {number(facts.loudness_lufs)} LUFS" if facts.duration_s >= 3 else ""
    head = listing([w for w in (*words, drums) if w])
    return f"{head[0].upper()}{head[1:]}; {loud}." if head and loud else f"{head[0].upper()}{head[1:]}." if head else ""


def voice_sentence(facts: Analysis) -> str:
    """Return a sentence on singing, or "" where unsure."""
    if facts.source == "score" and facts.vocals is False:
        return "It is instrumental."
    if facts.vocals is None or facts.vocals_confidence < LIKELY:
        return ""
    if facts.vocals:
        return "Somebody sings." if facts.vocals_confidence >= SURE else "Somebody seems to sing."
    return "It seems to be instrumental."


def form_sentence(facts: Analysis) -> str:
    """Return a sentence on the form and the key's changes."""
    out = []
    if len(facts.sections) > 1:
        parts = [f"{label} at {clock(start)}" for label, start, _ in facts.sections]
        heard = "It has" if facts.source == "score" else "It seems to fall into"
        out.append(f"{heard} {len(parts)} sections: {listing(parts)}.")
    if len(facts.keys) > 1:
        out.append(
            "The key seems to move: " + listing([f"{key} from {clock(start)}" for start, key in facts.keys]) + "."
        )
    return " ".join(out)


def sections(subject: Subject) -> str:
    """Return one line a section: its time, its name, what changes, its chords."""
    facts = subject.facts
    if facts.silent or not facts.sections:
        return short(subject)
    lines = [short(subject)]
    levels = [facts.level(start, end) for _, start, end in facts.sections]
    for i, (label, start, end) in enumerate(facts.sections):
        said = [said for said in (_entering(facts, i), _level_words(levels, i)) if said]
        if chords := main_chords(facts, start, end):
            said.append("chords " + " – ".join(chords))
        lines.append(f"{clock(start)}–{clock(end)} {label}" + (f": {'; '.join(said)}." if said else "."))
    return "\n".join(lines)


def _entering(facts: Analysis, i: int) -> str:
    """Return who enters and leaves at a section, where a score says it."""
    if i >= len(facts.section_parts):
        return ""
    now = facts.section_parts[i]
    if i == 0:
        return listing(now) + (" begin" if len(now) > 1 else " begins") if now else ""
    before = facts.section_parts[i - 1]
    fresh, gone = [p for p in now if p not in before], [p for p in before if p not in now]
    said = []
    if fresh:
        said.append(f"{listing(fresh)} {'enter' if len(fresh) > 1 else 'enters'}")
    if gone:
        said.append(f"{listing(gone)} {'drop' if len(gone) > 1 else 'drops'} out")
    return ", ".join(said) or f"{listing(now)} go on"


def _level_words(levels: Sequence[float | None], i: int) -> str:
    """Return how the level moves from the section before, from 1.5 dB on."""
    now, before = levels[i], levels[i - 1] if i else None
    if now is None or before is None or abs(now - before) < 1.5:
        return ""
    return f"{abs(now - before):.0f} dB {'louder' if now > before else 'quieter'}"
