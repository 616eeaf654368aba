"""Parts of a piece by the words people use: its own part names first, then stems and instruments."""

import re

from segue.agent.dialogue import Thing
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.tools.core.instruments import find_instrument, is_meant_by
from segue.tools.core.vocabulary import Found


def parts(clause: Clause, thing: Thing | None, within: tuple[int, int] | None = None) -> list[Found[str]]:
    """Return the parts that a clause names: parts of the piece by their own names first, then stems."""
    found: list[Found[str]] = []
    taken: list[tuple[int, int]] = [(m.start(), m.end()) for m in re.finditer(r"\b[\w-]+\.\w{2,8}\b", clause.text)]

    def add(value: str, start: int, end: int) -> None:
        if within and not (within[0] <= start and end <= within[1]):
            return
        if not any(low < end and start < high for low, high in taken):
            found.append(Found(value, start, end))
            taken.append((start, end))

    for name in sorted(thing.parts if thing else [], key=len, reverse=True):
        for match in re.finditer(rf"(?<!\w){re.escape(name)}s?(?!\w)", clause.text, re.IGNORECASE):
            add(name, match.start(), match.end())
    if thing and "melody" in thing.parts:
        for match in re.finditer(
            r"\b(?:lead|top ?line|tune|theme)\b(?! (?:guitar|vocals?|singer|sheet))", clause.text, re.IGNORECASE
        ):
            add("melody", match.start(), match.end())
    known = {"vocals", "drums", "bass", "guitar", "piano", "other"}
    by_length = [*((f, f.value) for f in clause.stems if f.value in known or f.value in ("melody", "chords")),
                 *((f, _stem_word(clause, f)) for f in clause.instruments)]  # fmt: skip
    for place, value in sorted(by_length, key=lambda pair: pair[0].start - pair[0].end):
        if value in ("melody", "chords") and not (thing and thing.parts):
            continue
        add(value, place.start, place.end)
    return sorted(found, key=lambda f: f.start)


def _stem_word(clause: Clause, found: Found[str]) -> str:
    """Return an instrument by its stem's name where it is one, else by its own."""
    instrument = find_instrument(found.value)
    word = clause.text[found.start : found.end].lower()
    if word in ("drums", "bass", "piano", "guitar", "vocals"):
        return word
    if instrument and instrument.stem == "bass" and "bass" in word and "double" not in word:
        return "bass"
    return found.value


def absent(part: str, thing: Thing | None) -> bool:
    """Tell whether a piece whose parts are known has no such part."""
    if thing is None or not thing.parts:
        return False
    return not any(_covers(part, own) for own in thing.parts)


def _covers(part: str, own: str) -> bool:
    if part.lower() == own.lower() or part.lower() in own.lower().split():
        return True
    instrument = find_instrument(own)
    if part in ("melody", "lead", "chords", "pad", "other"):
        return instrument is None or instrument.role == part or part == "other" or own.lower() in ("melody", "lead")
    if own.lower() in ("melody", "lead", "chords", "pad", "counter", "arpeggio", "other"):
        return part not in ("vocals", "drums", "bass") and own.lower() in ("melody", "lead", "other") and find_instrument(part) is None  # fmt: skip
    return instrument is not None and (is_meant_by(instrument, part) or instrument.stem == part)


def present(names: list[str], thing: Thing | None, draft: Draft) -> list[str]:
    """Return the parts that are there; of the others the user is told."""
    kept = [name for name in names if not absent(name, thing)]
    for name in names:
        if name not in kept and thing:
            draft.note(f"“{thing.title}” has no {name}; its parts are {', '.join(thing.parts)}.")
    return list(dict.fromkeys(kept))
