"""Cuts of several clips in a row: "first 10 s of A then the last 10 s of B", in whatever order the words come."""

import re
from itertools import pairwise
from typing import Any

from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import Mention, mentions
from segue.tools.core.vocabulary import duration_in, numbers_in

# What divides the words about one clip from those about the next.
_STRONG = re.compile(r"\b(?:and then|and after that|after that|then|followed by|before|after|preceded by|on ?to|up against|straight into|into|with|plus|and|next to|against)\b|[;+&→]|->|\.\s", re.IGNORECASE)  # fmt: skip
_HEAD = re.compile(r"\b(?:first|opening|beginning|begin(?! with)|start(?! with)|starting(?! with)|initial|intro|head|front|top|leading)\b", re.IGNORECASE)  # fmt: skip
_TAIL = re.compile(r"\b(?:last|final|closing|ending|end|tail|finish|outro|rear|concluding)\b", re.IGNORECASE)
_POINT = r"(?:\d+(?::\d\d)?(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty)"  # fmt: skip
_UNIT = r"(?:\s?(?:s|secs?|seconds?|m|mins?|minutes?))?"
_RANGE = re.compile(rf"\b(?:from|between|seconds?|secs?|the part from|bit from|section from)?\s*({_POINT}{_UNIT})\s*(?:to|until|till|through|and|up to|-|–)\s*({_POINT}{_UNIT})(?![\w:])", re.IGNORECASE)  # fmt: skip
_CHAINED = r" (?:then|followed by|after that|onto|on to|one (?:clip|file|track|piece)|single (?:clip|file|track)|straight into|up against|in that order|in this order|together|back to back|chain\w*|plus|preceded by|end to end|in a row|butt) "  # fmt: skip
_BEHIND = r" (?:put|place|stick|add|append|paste|attach|glue|move|set) (?:it|that|this|them) (?:right |just |directly )?(?:after|behind|at the (?:very )?end of|onto the end of|to the end of) "  # fmt: skip


_FADED = re.compile(
    rf",?\s*(?:and |then |with |using )*(?:an? )?(?P<a>{_POINT}(?:[- ]?(?:s|secs?|seconds?))?)[- ](?:long )?cross-?fad\w+(?: between them| in between)?"
    rf"|,?\s*(?:and |then |with |using )*(?:an? )?cross-?fad\w+(?: \w+){{0,3}}? (?:over|of|for|lasting|by)?\s*(?:the )?(?P<b>{_POINT})\s?(?:s|secs?|seconds?)\b",
    re.IGNORECASE,
)


def splice(clause: Clause, draft: Draft) -> bool:
    """Take cuts of two clips or more that are put one behind the other."""
    named = _clips(clause, draft)
    if len(named) < 2 or clause.bars or clause.verb("fade", "transcribe", "compare", "find", "transpose", "replace"):
        return False
    cuts = _cuts(clause.text, named)
    if not any(cuts):
        return False
    chained = clause.match(_CHAINED) or "+" in clause.text or clause.verb("concat", "put", "mix", "add")
    if not (
        chained
        or (all(cuts) and not clause.head)
        or (clause.head != "trim" and (clause.verb("make", "take", "trim") or clause.has("and", "with")))
    ):
        return False
    _join(clause, named, cuts, draft)
    return True


def spliced(clause: Clause, draft: Draft) -> bool:
    """Take cuts of two clips or more where it is known that they are to be joined; the words between do not matter."""
    named = _clips(clause, draft)
    if len(named) < 2 or clause.bars or not any(cuts := _cuts(clause.text, named)):
        return False
    _join(clause, named, cuts, draft)
    return True


def _clips(clause: Clause, draft: Draft) -> list[Mention]:
    return [m for m in mentions(clause, draft) if m.end > m.start and not _counts(clause.text, m)]


def _cuts(text: str, named: list[Mention]) -> list[dict[str, Any] | None]:
    """Return the cut of each clip, None where it is taken whole; "the same from b.wav" repeats the one before."""
    faded = _FADED.search(text)
    held = text if faded is None else text[: faded.start()] + " " * len(faded[0]) + text[faded.end() :]
    found: list[dict[str, Any] | None] = []
    for window in _windows(held, named):
        cut = _cut(window, bool(found and found[-1] and re.search(r"\bseconds? \d", held, re.IGNORECASE)))
        if cut is None and found and re.search(r"\b(?:same|ditto|likewise)\b", window, re.IGNORECASE):
            cut = found[-1]
        found.append(cut)
    return found


def _join(clause: Clause, named: list[Mention], cuts: list[dict[str, Any] | None], draft: Draft) -> None:
    targets: list[Target] = [
        {"step": draft.add("edit", {"clip": mention.target, "operations": [cut]}), "field": "piece"} if cut else mention.target
        for mention, cut in zip(named, cuts, strict=True)
    ]  # fmt: skip
    between = clause.text[named[0].end : named[1].start]
    swapped = re.search(r"\b(?:after(?! that| which| this)|preceded by|behind)\b", between, re.IGNORECASE)
    if len(targets) == 2 and (
        clause.match(_BEHIND) or (swapped and not re.search(r"\bthen\b", between, re.IGNORECASE))
    ):
        targets.reverse()
    operation: dict[str, Any] = {"op": "concat", "clips": targets[1:]}
    if (faded := _FADED.search(clause.text)) and (length := _seconds(faded["a"] or faded["b"])):
        operation["crossfade_s"] = length
    draft.add("edit", {"clip": targets[0], "operations": [operation]})


def _counts(text: str, mention: Mention) -> bool:
    """Tell whether an ordinal only opens a length: "the first five of one.wav"."""
    word = text[mention.start : mention.end]
    return bool(
        (_HEAD.fullmatch(word) or _TAIL.fullmatch(word))
        and re.match(rf"\s+{_POINT}\b", text[mention.end :], re.IGNORECASE)
    )


def _windows(text: str, named: list[Mention]) -> list[str]:
    """Return the words that belong to each mention, the mention itself left out."""
    bounds = [0]
    for one, other in pairwise(named):
        gap = text[one.end : other.start]
        strong = next(iter(_STRONG.finditer(gap)), None)
        comma = gap.rfind(",")
        bounds.append(one.end + (strong.start() if strong else max(comma, 0)))
    bounds.append(len(text))
    return [f"{text[low : m.start]} {text[m.end : high]}" for low, high, m in zip(bounds, bounds[1:], named, strict=False)]  # fmt: skip


def _cut(window: str, in_seconds: bool = False) -> dict[str, Any] | None:
    """Return the trim that a window speaks of, or None: a head, a tail, or a span of seconds.

    Parameters
    ----------
    in_seconds : bare figures are seconds ("10 to 25" behind "seconds 0 to 10").
    """
    if (span := _RANGE.search(window)) and (
        in_seconds or re.search(r"\b(?:from|between|seconds?|secs?|s)\b|:", window, re.IGNORECASE)
    ):
        start, end = _seconds(span[1]), _seconds(span[2])
        if start is not None and end is not None and start < end:
            return {"op": "trim", "start_s": start, "end_s": end}
    onwards = re.search(rf"\b(?:from|after|starting at|beginning at)\s+(?:the )?({_POINT}{_UNIT})(?: mark)?\s+(?:on|onwards?|to the end|forward)\b", window, re.IGNORECASE)  # fmt: skip
    if onwards and (begins := _seconds(onwards[1])) is not None:
        return {"op": "trim", "start_s": begins}
    late = re.search(rf"\b(?:from|starting at|beginning at)\s+(?:the )?(\d+:\d\d|{_POINT}\s?(?:s|secs?|seconds?))(?: mark)?\W*$", window, re.IGNORECASE)  # fmt: skip
    if late and (begins := _seconds(late[1])) is not None:
        return {"op": "trim", "start_s": begins}
    head, tail = _HEAD.search(window), _TAIL.search(window)
    lengths = duration_in(window)
    length = lengths[0].value if lengths else None
    if length is None and (head or tail):
        counted = re.search(rf"\b(?:first|last|final|opening)\s+({_POINT})\b", window, re.IGNORECASE)
        length = _seconds(counted[1]) if counted else None
    if not length:
        return None
    dropped = re.search(r"\b(?:drop|remove|lose|skip|discard|delete|throw away|(?:cut|chop|take|trim|snip) (?:off|away)|without|minus)\b", window, re.IGNORECASE)  # fmt: skip
    if dropped and (head or tail):  # what is cut away leaves the rest
        behind = tail and not (head and head.start() < tail.start())
        return {"op": "trim", "end_s": -length} if behind else {"op": "trim", "start_s": length}
    if tail and not (head and head.start() < tail.start()):
        return {"op": "trim", "start_s": -length}
    return {"op": "trim", "start_s": 0.0, "end_s": length}


def _seconds(text: str) -> float | None:
    """Return a point in time in seconds: "0:05", "5 s", "twelve"."""
    if clock := re.fullmatch(r"(\d+):(\d\d)", text.strip()):
        return int(clock[1]) * 60.0 + int(clock[2])
    lengths, numbers = duration_in(text), numbers_in(text)
    return lengths[0].value if lengths else numbers[0].value if numbers else None
