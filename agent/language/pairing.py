"""Several clips brought together: laid over one another, or put one behind the other, in whatever words.

What is named decides with what stands beside it: words of "at once" mix, words of "one after the other" join; the
order of joining is the order said, turned round by "after", "behind" and "preceded by".
"""

import re
from typing import Any

from segue.agent.language.clause import Clause
from segue.agent.language.curve import curve
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import group, mentions

_AT_ONCE = re.compile(
    r" (?:mix\w*|blend\w*|mash\w*|overlay\w*|overlaid|superimpos\w+|layer\w*|stack\w*|sum|summed|double|doubled|marry|marri\w+|fuse\w*|alongside|simultaneous\w*|"
    r"at (?:the same time|once)|at one time|in parallel|in unison|sound(?:ing|s)? (?:along|together|with)|play(?:ing|s)? (?:along|together|with|both|them)|together with|(?:on )?top of|over|above|onto|under|underneath|beneath|below|"
    r"one over the other|on top of (?:one another|each other)|over (?:one another|each other)|as (?:the |a )?(?:backing|bed|backdrop|background|accompaniment)|bed|pour|combin\w+ .*same time)(?= )"
)  # fmt: skip
_IN_TURN = re.compile(
    r" (?:then|followed by|and then|after|before|behind|ahead of|in front of|preceded by|next(?! to)|first|second|last|end to end|back to back|one after (?:the other|another|each other)|in (?:a row|order|turn|sequence|succession|that order|this order)|"
    r"join\w*|splic\w*|glue\w*|stitch\w*|append\w*|prepend\w*|attach\w*|concat\w*|string\w*|chain\w*|tack\w*|paste\w*|butt|crossfad\w*|segue|consecutive\w*|successive\w*|sequenc\w+|end of|onto the end|lead(?:s|ing)? into|straight into|into (?:one|a single))(?= )"
)  # fmt: skip
_AFTER = re.compile(
    r" (?:(?:append|add|attach|tack|paste|stick|glue)\w* \w+ (?:on)?to|after|behind|preceded by|onto the end of|(?:at|to|on) the end of)(?= )"
)
_NOT = frozenset({"transcribe", "compare", "caption", "find", "sort", "export", "tag", "replace", "transpose", "faster", "slower"})  # fmt: skip
_OVER = re.compile(r" (?:over|on top of|onto|above|along ?side|along with|with)(?= )")
_RANGE = re.compile(r" (?:through|to|until|up to)(?= )")


def paired(clause: Clause, draft: Draft) -> bool:
    """Take clips that are laid over one another or put in a row."""
    if (
        clause.verb(*_NOT)
        or clause.genres
        or clause.bars
        or clause.durations
        or clause.match(
            r" (?:like|similar|differ\w*|which|what|who|same|as \w+ as|match|matches|instead of|between|tempo|key|key of) "
        )
    ):
        return False
    if clause.match(r" (?:songs|tracks like|artists|playlist|library) ") or (draft.arena == "list" and curve(clause)):
        return False
    said = mentions(clause, draft)
    named = [m.target for n, m in enumerate(said) if m.target not in [k.target for k in said[:n]]]
    together = group(clause, draft) or _counted(clause, draft)
    if len(named) == 2 and _RANGE.search(clause.plain) and (whole := _from_to(named, draft)):
        named = whole
    if len(named) < 2 and len(together) > 1 and not named:
        named = together
    if len(named) < 2:
        return False
    at_once, in_turn = _AT_ONCE.search(clause.plain), _IN_TURN.search(clause.plain)
    if not (at_once or in_turn) or not _about_both(clause, draft, at_once is not None):
        return False
    if at_once and not (
        in_turn
        and clause.match(r" (?:then|followed by|in order|in a row|end of|one after|first) ")
        and not clause.match(r" (?:same time|at once|simultaneous\w*) ")
    ):
        draft.add("edit", _mixed(clause, [draft.newest(t) for t in named], [m.start for m in said]))
        return True
    if (
        len(named) == 2
        and _AFTER.search(clause.plain)
        and not clause.match(r" (?:one after|after that|then|followed by) ")
    ):
        named.reverse()
    draft.add(
        "edit",
        {
            "clip": draft.newest(named[0]),
            "operations": [{"op": "concat", "clips": [draft.newest(t) for t in named[1:]]}],
        },
    )
    return True


def _about_both(clause: Clause, draft: Draft, at_once: bool) -> bool:
    """Tell whether nothing else is asked of one of the clips (a stem, a pitch, an effect)."""
    others = (
        (clause.stems and not at_once)
        or clause.intervals
        or clause.percents
        or clause.tempi
        or clause.loudnesses
        or clause.keys
    )
    return not others or not clause.verb("remove", "isolate", "up", "down")


def _from_to(named: list[Target], draft: Draft) -> list[Target]:
    """Return all that stand between two of a list: "one.wav through five.wav"."""
    shown = draft.state.shown
    ids = shown.ids if shown else draft.state.attached
    if any("id" not in t or t["id"] not in ids for t in named):
        return []
    low, high = (ids.index(t["id"]) for t in named)
    return [{"id": id} for id in ids[low : high + 1]] if high > low + 1 else []


def _counted(clause: Clause, draft: Draft) -> list[Target]:
    """Return what "all three clips", "the first two" mean among what came attached or was listed."""
    shown = draft.state.shown
    ids = draft.state.attached if len(draft.state.attached) > 1 else shown.ids if shown else []
    many = re.search(
        r" (?P<which>first|last|all|both)(?: the)?(?: (?P<n>two|three|four|five))?(?: (?:clips|files|tracks|pieces|of (?:them|these|those)|takes))?(?= )",
        clause.plain,
    )
    if not many or len(ids) < 2:
        return (
            [{"id": id} for id in ids]
            if ids and clause.match(r" (?:them|these|those|the (?:two|three|four|five|lot|clips|files)) ")
            else []
        )
    size = {"two": 2, "three": 3, "four": 4, "five": 5}.get(many["n"] or "", 2 if many["which"] == "both" else len(ids))
    chosen = ids[-size:] if many["which"] == "last" else ids[:size]
    return [{"id": id} for id in chosen]


def _mixed(clause: Clause, named: list[Target], places: list[int]) -> dict[str, Any]:
    base, *laid = named
    if len(named) == 2 and _OVER.search(clause.plain):
        base, laid = named[1], [named[0]]
    operation: dict[str, Any] = {"op": "mix", "clips": laid}
    if clause.decibels and len(named) == 2 and len(places) >= 2:
        level = clause.decibels[0]
        down = re.search(r" (?:down|lower|quieter|softer|below|under|back|drop|reduce|less)(?= )", clause.plain)
        value = -abs(level.value) if down or level.value < 0 else level.value
        before = [n for n, start in enumerate(places) if start < level.start]
        whose = named[min(before[-1] if before else 0, 1)]
        operation["gains_db"] = [value if target == whose else 0.0 for target in (base, *laid)]
    return {"clip": base, "operations": [operation]}
