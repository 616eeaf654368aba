"""Bars as a place for what happens to parts: "mute the bass in bars 5 to 8", "drums 3 dB down in the first four bars".

The editor takes such spans in seconds; a piece whose tempo is known tells where its bars lie.
"""

import re
from collections.abc import Callable
from typing import Any

from segue.agent.dialogue import Thing
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.parts import parts
from segue.agent.language.places import led_in
from segue.agent.op_words import clock

Operation = dict[str, Any]
WITHIN = frozenset({"remove", "isolate", "gain", "effect", "reverse"})  # operations that can keep to a span
# "add strings in the second half", "a choir from bar 9 on": the composer keeps a new part to such a place.
_PLACE = re.compile(
    r",?\s*\b(?:(?:but|only|just)\s+)*(?:(?:in|for|during|over|throughout|from|on|at|to)\s+)?(?:the\s+)?(?:"
    r"(?:bars?|measures?)\s+\d+(?:\s*(?:-|–|to|through|and|till|until)\s*\d+|\s+on(?:wards)?)?|(?:first|last|final)\s+\d+\s+(?:bars|measures)|(?:first|second|last)\s+half"
    r"|(?<=the )(?:(?:first|second|third|last|final|every|each)\s+)?(?:intro|verses?|pre-?chorus|chorus(?:es)?|bridge|solo|outro|ending|drop|breakdown|interlude)(?:\s+\d)?)\b",
    re.IGNORECASE,
)
_REDONE = re.compile(r"\b(?:and|then)\s+(?:re-?do|rewrite|regenerate|make) (?:it|them|those)\b", re.IGNORECASE)
_WHERE = "Where the bars of"


def asks(question: str | None) -> bool:
    """Tell whether a question is the one for bars that are not known."""
    return (question or "").startswith(_WHERE)


def placed(clause: Clause) -> tuple[Clause, str] | None:
    """Return an order for a new part without the place that it names, and the place; None where it is none or names none."""
    adds = clause.verb("add") or clause.match(r" (?:put|throw|bring|drop|slip|layer|sneak) (?:in )?(?:a|an|some) ")
    found = _PLACE.search(clause.text) if adds else None
    if found is None:
        return None
    rest = " ".join(f"{clause.text[: found.start()]} {clause.text[found.end() :]}".split()).strip(" ,")
    return (Clause(rest), found[0].strip(" ,").lower()) if rest else None


def in_bars(
    clause: Clause, thing: Thing | None, draft: Draft, read: Callable[[Clause], list[Operation]]
) -> list[Operation] | None:
    """Return what is to happen to parts within the bars that a clause names; None where it says no such thing.

    Where the tempo is not known, seconds are asked for, and nothing is done.

    Parameters
    ----------
    read : reads a clause without its bars as operations.
    """
    if (
        len(clause.bars) != 1
        or thing is None
        or not parts(clause, thing)
        or clause.durations
        or clause.verb("replace", "add", "regenerate", "make")
    ):
        return None
    if _REDONE.search(draft.message):
        return None  # "kill the melody in bars 5 to 8 and redo it sparser": the bars are written anew
    found = clause.bars[0]
    bars = found.value
    if bars.start is None:
        return None
    lead = re.sub(r"\bthe\s*$", "", clause.text[: led_in(clause.text, found.start)], flags=re.IGNORECASE)
    operations = read(Clause(" ".join(f"{lead} {clause.text[found.end :]}".split()).strip(" ,")))
    if not operations or any(
        one["op"] not in WITHIN or not (one.get("stem") or one.get("stems")) for one in operations
    ):
        return None
    said = clause.text[found.start : found.end].strip()
    if thing.bar_s is None:
        draft.ask(f"{_WHERE} “{thing.title}” lie is not known yet: from which second to which is “{said}”?")
        return []
    if bars.start < 0:
        span = {"start_s": round(-bars.count * thing.bar_s, 3)}
    else:
        end = bars.end if bars.end is not None else bars.start + (bars.count or 1) - 1
        span = {"start_s": round((bars.start - 1) * thing.bar_s, 3), "end_s": round(end * thing.bar_s, 3)}
        draft.note(
            f"“{said}” is {clock(span['start_s'])} to {clock(span['end_s'])}, at {thing.bpm:g} bpm in {thing.meter or '4/4'}."
        )
    return [{**one, **span} for one in operations]
