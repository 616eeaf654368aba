"""Words for changes of notes, whatever operation they came in with: "half-time feel", "the second half busier".

A planner may take such words for a style or a sound; here they are read as what they mean for the score.
"""

import re

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.settings import Settings
from segue.tools.core.theory import parse_chord
from segue.tools.core.vocabulary import genres_in
from segue.tools.music import exact_revise
from segue.tools.music.exact import Material
from segue.tools.music.exact_revise import Named
from segue.tools.music.exact_sound import Desk
from segue.tools.music.revise_places import span_in, without_places
from segue.tools.music.revise_words import Wish, wish_of
from segue.tools.sound import effects_words

_SWING_STEP = 0.06  # what "more swing" adds: from straight a light swing, from there triplets


def by_words(
    material: Material, desk: Desk, settings: Settings, text: str, bars: tuple[int, int] | None = None
) -> Named | None:  # fmt: skip
    """Do what words ask of the notes, in ``bars`` or where the words say; None where they ask nothing of them."""
    score = material.score
    if score is None or not material.stems:
        return None
    words = " ".join(text.lower().split())
    where = bars or span_in(score, words)
    first, last = where or (None, None)
    if found := re.search(r"\b(\d{1,2}/(?:2|4|8|16))\b", words):
        return exact_revise.metred(material, desk, settings, meter=found[1])
    if found := re.search(r"\b(half|double)[- ]time\b", words):
        return exact_revise.felt(material, desk, settings, beat=f"{found[1]}_time", start_bar=first, end_bar=last)
    if "seamless" in words:
        return exact_revise.seamless(material, desk, settings, start_bar=first, end_bar=last)
    if (swing := _swing_in(words)) is not None:
        straight, more = (0.5, None) if swing == 0 else (None, swing)
        return exact_revise.felt(material, desk, settings, swing=straight, swing_by=more)
    if re.search(r"\bquanti[sz]e|on the grid|tighten (?:up )?the timing\b", words):
        return exact_revise.felt(material, desk, settings, quantise=1.0, parts=sorted(wish_of(score, words).parts))
    if re.search(r"\bhumani[sz]e|loosen (?:up )?the timing|less robotic|less mechanical\b", words):
        return exact_revise.felt(material, desk, settings, humanise=0.6, parts=sorted(wish_of(score, words).parts))
    if chords := _chords_in(text):
        return exact_revise.rechorded(material, desk, settings, chords=chords, start_bar=first, end_bar=last)
    if re.search(r"\bharmon|\bchords?\b|\bkey\b|\bmode\b", words) and (found := re.search(r"\b(brighter|darker|major|minor|dorian|phrygian|lydian|mixolydian)\b", words)):  # fmt: skip
        return exact_revise.moded(material, desk, settings, mode=found[1], start_bar=first, end_bar=last)
    if re.search(r"\bending\b", words) and re.search(r"\b(?:new|another|different|other)\b", words):
        return exact_revise.ended(material, desk, settings)
    wish = wish_of(score, words)
    plain = Wish(
        parts=wish.parts, without=wish.without, genre=wish.genre, register=wish.register, loudness=wish.loudness
    )
    another = re.search(r"\b(?:another|new|different) (?:take|version|reading)\b", words)
    if wish != plain or another or (wish.genre is not None and wish.parts):
        prompt = without_places(text) if where else " ".join(text.split())
        return exact_revise.regenerated(material, desk, settings, prompt=prompt, start_bar=first, end_bar=last)
    return None


def _swing_in(words: str) -> float | None:
    """Return how much more or less swing words ask for, 0 for none at all; None where "swing" is a style or no word."""
    if re.search(r"\b(?:no swing|without swing|unswung|straight(?:en)?(?: (?:time|eighths|feel|it))?)\b", words):
        return 0.0
    if re.search(r"\bless (?:swing|swung)|swing (?:it )?less\b", words):
        return -_SWING_STEP
    if re.search(r"\bmore (?:swing|swung)|swing (?:it )?(?:more|harder)|swing feel|swing the\b", words):
        return _SWING_STEP
    return None


def _chords_in(text: str) -> list[str]:
    """Return the chord symbols behind the word "chords" or "to": two at least, or one that is no plain letter."""
    found = re.search(r"\bchords?\b(.*)", text, re.IGNORECASE | re.DOTALL)
    if not found:
        return []
    symbols = []
    for token in re.split(r"[\s,|]+|(?<=\w)[-–](?=[A-G])", found[1]):
        try:
            symbols.append(parse_chord(token.strip(".;:!?()")).symbol)
        except InvalidArgument:
            continue
    return symbols if len(symbols) > 1 or (symbols and symbols[0] not in ("A", "I")) else []


def restyled(material: Material, desk: Desk, settings: Settings, text: str) -> Named | None:
    """Do what words meant for a style ask of the notes: "more swing", "simpler"; None where they name a genre."""
    genres = [found for found in genres_in(text) if text[found.start : found.end].lower() not in ("swing", "swung")]
    return None if genres else by_words(material, desk, settings, text)


def sounded(material: Material, desk: Desk, settings: Settings, text: str) -> Named | None:
    """Do what words meant for a sound ask of the notes; None where they are about the sound, or about both."""
    if effects_words.read(text).stages and not re.search(r"\bharmon|\bchords?\b", text, re.IGNORECASE):
        return None
    return by_words(material, desk, settings, text)
