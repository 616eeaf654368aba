"""Places in a piece: bars by number, and sections by name ("the second chorus", "verse 2", "the ending")."""

import re
from dataclasses import dataclass, field
from typing import Any

from segue.agent.dialogue import Thing
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.tools.core.vocabulary import numbers_in

_ORDINAL = r"(?:first|second|third|fourth|last|final|1st|2nd|3rd|4th)"
_NAME = r"(?:intro(?:duction)?|verse|chorus|refrain|hook|bridge|middle[ -](?:eight|8)|pre-?[ ]?chorus|build-?[ ]?up|build|drop|breakdown|interlude|solo|outro|ending|coda|head|strophe)"
_SECTION = re.compile(rf"(?:\b(?:in|of|for|during|over|from|on|at|throughout|within|under|to)\s+)?(?:\b(?:the|its|this|that|my|every|each|both|all)\s+)?(?:\b(?P<new>(?:an?\s+)?(?:new|different|another|other|alternative|better))\s+|\b(?:entire|whole)\s+)?(?P<a>\ban?\s+)?\b(?P<which>(?:{_ORDINAL}\s+)?{_NAME}(?:\s+(?:\d|one|two|three|four)(?!\s*(?:times|x\b|bars?|beats?|seconds?|s\b)))?)\b(?!\s+(?:effect|vocals?|pedal|please be))(?P<part>\s+(?:section|part))?", re.IGNORECASE)  # fmt: skip
_IN_BARS = re.compile(r"\b(?:in|of|for|from|during|at|over|on|between|throughout|under)\s+(?:the\s+)?$", re.IGNORECASE)
# "drop the bass", "build it up", "hook me up": verbs and no sections.
_VERBAL = frozenset({"drop", "build", "hook", "head", "solo"})


@dataclass(frozen=True)
class Place:
    """Where in a piece: arguments of an operation, the section's name, and the characters it was read from."""

    args: dict[str, Any] = field(default_factory=dict)
    section: str = ""
    spans: list[tuple[int, int]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.args)


def place(clause: Clause, thing: Thing | None, draft: Draft) -> Place:
    """Return the bars or the section that a clause names; an empty place where it names none."""
    numbered = _bars(clause, thing, draft)
    if numbered:
        return numbered
    for match in _SECTION.finditer(clause.text):
        if match["a"]:
            continue  # "an intro" is one to be made
        name = " ".join(match["which"].lower().split())
        bare = name.split()[-1]
        announced = re.match(r"(?:\w+\s+)?(?:the|its|this|that|every|each|my|both|all)\s", match[0], re.IGNORECASE) or name != bare or match[0].lower().startswith(("in ", "of ", "for ", "during "))  # fmt: skip
        if bare in _VERBAL and not (announced or match["new"]):
            continue
        start = match.start() if not match["new"] else match.start("which")
        return Place({"section": name}, name, [(start, match.end())])
    return Place()


def _bars(clause: Clause, thing: Thing | None, draft: Draft) -> Place:
    for found in clause.bars:
        bars = found.value
        if bars.start is None or bars.end is None:
            continue
        spans = [(led_in(clause.text, found.start), found.end)]
        if bars.start > 0:
            return Place({"start_bar": bars.start, "end_bar": bars.end}, "", spans)
        total = round(thing.duration_s / thing.bar_s) if thing and thing.duration_s and thing.bar_s else 0
        if total < bars.count:
            draft.ask("How many bars has it? I do not know where the last ones begin.")
            return Place()
        return Place({"start_bar": total - bars.count + 1, "end_bar": total}, "", spans)
    return Place()


def led_in(text: str, start: int) -> int:
    """Return where the words begin that lead to bars at a position: "in the", "from"."""
    lead = _IN_BARS.search(text[:start])
    return lead.start() if lead else start


def bars_counted(clause: Clause) -> int | None:
    """Return a number of bars that is a length and no place ("8 bars"), or None."""
    counts = [found.value.count for found in clause.bars if found.value.start is None]
    if counts:
        return counts[0]
    spelt = re.search(r"\b(\w+)[ -]bars?\b", clause.text, re.IGNORECASE)
    value = numbers_in(spelt[1]) if spelt else []
    return int(value[0].value) if value else None
