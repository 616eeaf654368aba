"""Requests that join or mix several things: "put it in front", "the vocals over the beat"."""

from typing import Any

from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import group, mentions, original, the_intro

_FRONT = r" (?:(?:in|to|at|onto|on) (?:the )?(?:front|start|beginning|head|opening)(?: of)?|at the top(?: of)?|before|ahead of|as (?:an |the |its )?(?:intro|opening|introduction)(?: (?:to|of|for))?|prepend|davanti(?: a)?|all inizio|devant|avant|davor|vor|an den anfang|delante(?: de)?|al principio|vorne) "  # fmt: skip
_BACK = r" (?:(?:at|to|onto|on) the (?:very )?(?:end|back|tail)(?: of)?|after|behind|as (?:an |the |its )?(?:outro|ending|coda)|append|alla fine|a la fin|danach|dahinter|ans ende|al final) "  # fmt: skip


def join(clause: Clause, draft: Draft) -> bool:
    """Take "put it in front", "join A and B", "add the outro at the end of track 2"."""
    front, back = clause.match(_FRONT), clause.match(_BACK)
    joins = clause.verb("concat") and not clause.durations
    places = clause.verb("put", "concat", "add", "extend", "take") and (front or back)
    if not (joins or places) or (clause.songs and clause.verb("find")) or clause.bars:
        return False
    if (
        clause.instruments
        and not mentions(clause, draft)
        and not clause.has("it", "that", "this", "them", "the intro", "the outro")
    ):
        return False
    if draft.it is None:
        draft.ask("What shall I join? Attach the clips, or make or find them first.")
        return True
    pair = _pair(clause, draft)
    if pair is None:
        draft.ask("I know only one piece: what shall I join it with?")
        return True
    first, rest = pair
    if back and not front and clause.verb("put", "add", "concat", "take") and not _then(clause):
        # "put A after B", "append A to B": what is moved comes last
        first, rest = rest[0], [first, *rest[1:]]
    draft.edit(first, [{"op": "concat", "clips": rest}]) if "step" not in first else draft.add(
        "edit", {"clip": first, "operations": [{"op": "concat", "clips": rest}]}
    )
    return True


_IN_A_ROW = r" (?:followed by|then|(?:in|into|as) one (?:file|track|clip|piece|go)|in a row|in that order|in this order|back to back|end to end|one after (?:the other|another)) "


def chain(clause: Clause, draft: Draft) -> bool:
    """Take "A followed by B followed by C"."""
    named = [m.target for m in mentions(clause, draft)]
    if len(named) < 2 or not clause.match(_IN_A_ROW) or clause.durations or clause.numbers or clause.verb("remove", "replace", "transpose", "trim", "compare", "transcribe", "make"):  # fmt: skip
        return False
    if any(clause.match(rf" (?:then|and) {word} ") for word in ("fade", "export", "save", "tell", "find", "describe")):
        return False
    draft.add("edit", {"clip": named[0], "operations": [{"op": "concat", "clips": named[1:]}]})
    return True


def _then(clause: Clause) -> bool:
    return clause.has("then", "followed by")


def _pair(clause: Clause, draft: Draft) -> tuple[Target, list[Target]] | None:
    """Return what is moved and what it is joined with."""
    named = [m.target for m in mentions(clause, draft)]
    if len(named) >= 2:
        return named[0], named[1:]
    together = group(clause, draft)
    if not named and len(together) >= 2:
        return together[0], together[1:]
    moved = the_intro(clause, draft)
    if named and moved and named[0] != moved:
        return moved, named
    if named:
        pronoun = clause.has("it", "this", "that", "them")
        other = draft.it if pronoun and draft.it != named[0] else draft.other_than(named[0])
        if other is None:
            return None
        place = clause.match(_FRONT) or clause.match(_BACK)
        said_first = _position(clause, named[0], draft) < (place.start() if place else 0)
        return (named[0], [other]) if said_first else (other, [named[0]])
    moved = moved or draft.it
    if moved is None:
        return None
    other = original(draft, moved) if clause.has("original", "the recording") else draft.other_than(moved)
    return (moved, [other]) if other else None


def _position(clause: Clause, target: Target, draft: Draft) -> int:
    mention = next((m for m in mentions(clause, draft) if m.target == target), None)
    return mention.start if mention else len(clause.text)


def mix(clause: Clause, draft: Draft) -> bool:
    """Take "lay the vocals over the beat", "mash up 1 and 2"."""
    over = clause.match(
        r" (?:over|on top of|onto|above|underneath|under|beneath|sopra|uber|sur|sobre|together with|with) "
    )
    layered = clause.verb("put", "mix", "add") and over and over[0].strip() != "with"
    if not (clause.verb("mix") or layered) or clause.genres or clause.durations:
        return False
    named = [m.target for m in mentions(clause, draft)] + by_word(clause, draft)
    named = [target for n, target in enumerate(named) if target not in named[:n]]
    together = group(clause, draft)
    if len(named) < 2 and len(together) >= 2:
        named = together
    if len(named) == 1 and (other := draft.other_than(named[0])):
        named.append(other)
    if len(named) < 2:
        if layered and not named and clause.has("it", "that", "this", "them") and draft.it and (other := draft.other_than(draft.it)):  # fmt: skip
            draft.add("edit", {"clip": draft.newest(other), "operations": [{"op": "mix", "clips": [draft.it]}]})
            return True
        if clause.verb("mix") and clause.has("it", "this", "that", "them", "these", "both") and draft.it and (other := draft.other_than(draft.it)):  # fmt: skip
            named = [draft.it, other]
        else:
            return False
    named = [draft.newest(target) for target in named]
    base, laid = (named[1], [named[0], *named[2:]]) if over and clause.match(r" (?:over|on top of|onto|above|sopra|uber|sur|sobre) ") else (named[0], named[1:])  # fmt: skip
    operation: dict[str, Any] = {"op": "mix", "clips": laid}
    if clause.decibels and len(laid) == 1:
        # The level is that of what is laid there, which is said first.
        operation["gains_db"] = [clause.decibels[0].value if target == named[0] else 0.0 for target in (base, *laid)]
    draft.add("edit", {"clip": base, "operations": [operation]})
    return True


def by_word(clause: Clause, draft: Draft) -> list[Target]:
    """Return pieces whose titles are words of the clause ("the beat" is beat.wav)."""
    found: list[tuple[int, Target]] = []
    for target in draft.reach():
        thing = draft.thing(target)
        stem = thing.title.rsplit(".", 1)[0].lower() if thing else ""
        at = clause.plain.find(f" the {stem} ")
        if stem and at >= 0:
            found.append((at, target))
    return [target for _, target in sorted(found, key=lambda pair: pair[0])]
