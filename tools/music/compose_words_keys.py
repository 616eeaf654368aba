"""Words about keys: the home key, a mode alone, and changes of key."""

import re
from collections.abc import Sequence

from segue.tools.core import vocabulary
from segue.tools.core.theory import MODES
from segue.tools.music.compose_wishes import KeyWish
from segue.tools.music.compose_words_form import SECTION
from segue.tools.music.form import section_name

_MODE = r"(?:harmonic minor|melodic minor|natural minor|major|minor|ionian|dorian|phrygian|lydian|mixolydian|aeolian|locrian)"
_MODE_ALONE = re.compile(
    rf"\bin (?:a |the )?(?P<in>{_MODE})\b(?! (?:second|third|sixth|seventh|change|detail))|\b(?P<of>{_MODE})[- ](?:key|mode|scale|tonality|sound)\b"
    r"|\b(?P<church>dorian|phrygian|lydian|mixolydian|locrian|aeolian|harmonic minor|melodic minor)\b",
    re.IGNORECASE,
)
_PLACE = rf"(?P<place>(?:last|final|first|second|third|every)?\s*{SECTION}|bars? \d+|measure \d+|middle|half ?way|end|second half)"
_CHANGE = re.compile(
    r"\bmodulat\w+|\bkey[- ]changes?\b|\bchang\w+ (?:of )?(?:the )?keys?\b|\btruck[- ]?driver\w*(?:['’]s)?|\bgear[- ]?(?:change|shift)\b|\bkey[- ]lift\b"
    r"|\b(?:goes|moves?|lifts?|lifted|shifts?|steps?|jumps?|raised?|transposed?|up) (?:up |by |it |the key )*(?=(?:up |by )*(?:an? |another |one )?(?:half|whole|full|semi|minor third|major third)[- ]?(?:step|tone)?)",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\b(relative|parallel|dominant|subdominant)(?: (?:major|minor|key))?\b", re.IGNORECASE)
_KEYED_BEFORE = re.compile(
    rf"(?:\b(?:the|an?)\s+)?\b(?P<place>(?:last |final |first |second |third )?{SECTION})\s*(?:(?:is|are|goes|moves|shifts|modulates|should be)\s+)?(?:(?:in|to|into)|[:=])\s*(?:the )?(?:key of )?$",
    re.IGNORECASE,
)
_KEYED_AFTER = re.compile(
    rf"^\s*(?:,\s*)?(?:(?:for|in|on|during)\s+(?:the\s+)?)(?P<place>(?:last |final |first |second |third )?{SECTION})\b",
    re.IGNORECASE,
)
_START = re.compile(r"\b(?:starts?|starting|begins?|opens?|from)\s+(?:out\s+|off\s+)?(?:in\s+)?$", re.IGNORECASE)
_END = re.compile(r"\b(?:ends?|ending|finish(?:es)?|closes?)\s+(?:up\s+)?in\s+$", re.IGNORECASE)


def keys_in(text: str) -> tuple[str | None, tuple[KeyWish, ...]]:
    """Return the home key and the changes of key.

    >>> keys_in("verse in A minor, chorus in C major")
    ('A minor', (KeyWish(where='chorus', key='C major', shift=0),))
    """
    found = vocabulary.key_in(text)
    wishes: list[tuple[int, KeyWish]] = []
    used: set[int] = set()
    for match in _CHANGE.finditer(text):
        start, end = _clause(text, match.start(), match.end())
        if any(start <= at < end for at, _ in wishes):
            continue
        inside = [f for f in found if match.start() <= f.start < end and f.start not in used]
        if len(inside) > 1 and re.search(r"\bfrom\s+$", text[match.start() : inside[0].start]):
            inside = inside[1:]  # "modulates from C major to D major"
        wish = _change(text[start:end], text[match.start() : end], inside[0].value if inside else None)
        if inside:
            used.add(inside[0].start)
        wishes.append((match.start(), wish))
    home: str | None = None
    placed: list[tuple[str, str]] = []
    for one in found:
        if one.start in used:
            continue
        before, after = text[max(0, one.start - 60) : one.start], text[one.end : one.end + 40]
        place = _KEYED_BEFORE.search(before) or _KEYED_AFTER.search(after)
        if place:
            placed.append((_where(place["place"]), one.value))
        elif _END.search(before) and (home or placed):
            placed.append(("end", one.value))
        elif home is None and not (placed and not _START.search(before)):
            home = one.value
    if home is None and placed:
        home = placed[0][1]
    wishes += [(len(text), KeyWish(where, key)) for where, key in placed if key != home]
    for match in re.finditer(rf"\b((?:last |final )?{SECTION})\s+in (?:the|its) ((?:relative|parallel) (?:major|minor)|dominant|subdominant)\b", text, re.I):  # fmt: skip
        wishes.append((match.start(), KeyWish(_where(match[1]), match[2].split()[0].lower())))
    return home, tuple(dict.fromkeys(wish for _, wish in wishes))


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the clause round a place: to the next full stop, and back to the last comma or stop."""
    before = max((m.end() for m in re.finditer(r"[.;,!?](?=\s)", text[:start])), default=0)
    stop = re.search(r"[.;!?](?=\s|$)", text[end:])
    return before, end + stop.start() if stop else len(text)


def _change(clause: str, after: str, key: str | None) -> KeyWish:
    place = re.search(
        rf"\b(?:at|in|on|for|before|into|with|from|to)\s+(?:the\s+)?(?:very\s+)?{_PLACE}\b", clause, re.IGNORECASE
    ) or re.search(
        rf"\b(?P<place>(?:last|final|second|third)\s+{SECTION}|bar \d+|measure \d+|half ?way)\b", clause, re.I
    )
    where = _where(place["place"]) if place else "last chorus"
    if key is not None:
        return KeyWish(where, key)
    near = _RELATIVE.search(after)
    if near:
        return KeyWish(where, near[1].lower())
    steps = vocabulary.interval_in(after) or vocabulary.interval_in("a " + " ".join(re.findall(r"\b(?:half|whole)[- ]?(?:step|tone)|semitone|tone\b", after)[:1]))  # fmt: skip
    size = round(steps[0].value) if steps else 1 if re.search(r"\bhalf[- ]?step|semitone\b", after) else 2
    return KeyWish(where, None, -size if re.search(r"\b(?:down|lower|below)\b", after, re.I) else size)


def _where(text: str) -> str:
    plain = " ".join(text.lower().replace("final", "last").replace("measure", "bar").replace("bars", "bar").split())
    if plain in ("middle", "halfway", "half way", "second half"):
        return "middle"
    if plain == "end" or re.fullmatch(r"bar \d+", plain):
        return plain
    order = re.match(r"(last|first|second|third|every)\s+(.*)", plain)
    name = section_name(re.sub(r"\s+(section|part)$|(?<=us)es$|(?<=verse)s$", "", order[2] if order else plain))
    return f"{order[1]} {name}" if order and order[1] != "every" else name


def mode_in(text: str, key_spans: Sequence[tuple[int, int]]) -> str | None:
    """Return a mode that is named without a tonic: "in minor", "dorian"."""
    for match in _MODE_ALONE.finditer(text):
        if any(start <= match.start() < end or start < match.end() <= end for start, end in key_spans):
            continue
        word = (match["in"] or match["of"] or match["church"]).lower()
        word = {"ionian": "major", "aeolian": "minor", "natural minor": "minor"}.get(word, word)
        if word in MODES and not re.search(r"\b(?:relative|parallel) $", text[: match.start()], re.IGNORECASE):
            return word
    return None
