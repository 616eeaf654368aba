"""A message as one request of one tool, whatever its words: what the reader sees, with the values that are said.

Rules divide a message into clauses by the verbs that they know; people say one wish in many sentences ("The name's
gone. Slow, Spanish guitar, a woman humming."). Where the reader sees one search or one new piece, the whole message
describes it.
"""

import re
from collections.abc import Callable
from typing import Any

from segue.agent.language import making, responding, searching
from segue.agent.language.clause import Clause
from segue.agent.language.clauses import strip_polite
from segue.agent.language.draft import Draft
from segue.agent.language.labels import main_of
from segue.agent.language.locking import locks
from segue.agent.language.parts import parts, present
from segue.agent.language.places import place
from segue.agent.language.reference import mentions, one
from segue.agent.plan import Plan
from segue.tools.core.vocabulary import numbers_in


def direct(asked: frozenset[str], message: str, draft: Draft) -> Plan | None:
    """Return the plan for a message that is one search or one new piece; None where it is something else.

    Parameters
    ----------
    asked : labels, as the reader sees them.
    """
    return draft.plan() if add(asked, message, draft) else None


def is_talk(asked: frozenset[str]) -> bool:
    """Tell whether one thing is asked for that no tool does: a turn of the talk, an answer, a question back."""
    return len(main := main_of(asked)) == 1 and main <= _TALK.keys()


def add(asked: frozenset[str], message: str, draft: Draft) -> bool:
    """Add such a request to a draft, behind what is there; tell whether it was one."""
    main = main_of(asked)
    clause = Clause(strip_polite(message) or message)
    if is_talk(asked) and clause.words:
        return _TALK[next(iter(main))](clause, draft)
    main -= {"state.reject", "state.like"} | ({"ask"} if "retrieve" in main else set())
    work = _WORK.get(main)
    return work is not None and bool(clause.words) and work(asked, clause, draft)


# -- a new piece -------------------------------------------------------------------------------------

_SOURCES = ("video", "melody", "style", "continue_from", "accompany")
_TRIED = re.compile(r"\b(?:takes?|versions?|variations?|options?|alternatives?|ideas?|attempts?|different|goes|ways|settings|alts?|tries|times|of them)\b", re.IGNORECASE)  # fmt: skip
_MOST_TAKES = 8


def _make(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    named = [m.target for m in mentions(clause, draft)]
    it = named[0] if named else draft.it
    wanted = [name for name in _SOURCES if f"g.{name}" in asked and (name != "video") | making.is_film(draft.thing(it))]
    if wanted and it is None:
        return False
    making.generate(clause, draft, {wanted[0]: it} if wanted and it else {})
    args = draft.steps[-1].args
    if "g.takes" in asked and "takes" not in args:
        count = _takes(clause)
        if count is None:
            return False
        args["takes"] = count
    return True


def _takes(clause: Clause) -> int | None:
    """Return how many takes are asked for: the number nearest to a word for them, or the first that measures nothing."""
    if re.search(r"\b(?:a )?couple\b", clause.text, re.IGNORECASE):
        return 2
    measures = [(m.start, m.end) for kind in (clause.durations, clause.tempi, clause.bars, clause.meters) for m in kind]
    free = [
        n
        for n in numbers_in(clause.text)
        if 1 < n.value <= _MOST_TAKES and not any(low <= n.start < high for low, high in measures)
    ]
    if not free:
        return None
    tries = [match.start() for match in _TRIED.finditer(clause.text)]
    return int(min(free, key=lambda n: min((abs(n.start - at) for at in tries), default=n.start)).value)


# -- bars written anew -------------------------------------------------------------------------------

_NUMBERS = re.compile(r"(?<![\d:.])(\d{1,3})\s*(?:to|through|thru|till|until|-|–|\.\.+)\s*(\d{1,3})(?![\d:])(?!\s*(?:s|sec|min|bpm|%|db)\b)", re.IGNORECASE)  # fmt: skip
_SEGMENT = re.compile(
    r"[,.;:!?]+(?:\s+|$)|\s[-–—]\s|\b(?:so|and|but|could you|can you|would you|please|then)\b", re.IGNORECASE
)
_COMPLAINT = re.compile(r"n['’]t\b|\bdont\b|\b(?:hate|dislike|boring|dull|drags?|weak|wrong|lame|fizzles?|sounds?|feels?|is|are|mid|leads? nowhere|since|because|where|there(?:'s| is))\b", re.IGNORECASE)  # fmt: skip
_ORDER = re.compile(r"\b(?:redo\w*|rewrit\w*|regen\w*|recompos\w*|rework\w*|retry|tr(?:y|ied)|mak(?:e|ing)|do|done|compose\w*|writ(?:e|ten)|generate|give|have|get|be|come up with|cook up|anew|afresh|again|over|once more|another go|another version|something|anything|them|those|these|that|this|there|it|me|us|i|we|you|a|an|the|of|for|in|at|to|with|if|only|bars?|measures?|bit|part|section|time|want|need|like|would|could|can|let|i'd|time|maybe|dunno|new|different|from|between|intro|number|part|only|just|changes?|one|ones|take \w+|another|try|go|lines?|alone|tho|though|patterns?|second|third|take)\b", re.IGNORECASE)  # fmt: skip


def _anew(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    target = one(clause, draft)
    thing = draft.thing(target)
    if target is None or not thing or (not thing.has_score and not clause.bars):
        return False
    spared = locks(clause, thing)
    rest = spared.rest if spared else clause
    where = place(rest, thing, draft)
    args, spans = dict(where.args), list(where.spans)
    if not args and (span := _NUMBERS.search(rest.text)) and int(span[1]) < int(span[2]):
        args, spans = {"start_bar": int(span[1]), "end_bar": int(span[2])}, [span.span()]
    if not args or draft.question:
        return False
    operation: dict[str, Any] = {"op": "regenerate", **args}
    if spared and (kept := present(spared.parts, thing, draft)):
        operation["keep"] = kept
    said = rest.text.rfind(" where ") if " where " in rest.text else len(rest.text)
    named = [] if spared else [p for p in parts(rest, thing) if p.start < said and p.value != "vocals"]
    if len(named) == 1 and not (kept := present([named[0].value], thing, draft)):
        return False
    if len(named) == 1:
        operation["parts"] = kept
        spans += [(named[0].start, named[0].end)]
    if wish := _wished(rest.text, spans):
        operation["prompt"] = wish
    draft.edit(target, [operation])
    return True


def _wished(text: str, spans: list[tuple[int, int]]) -> str:
    """Return how the new notes are to be: the last part of a message that says something and finds no fault."""
    for low, high in sorted(spans, reverse=True):
        text = f"{text[:low]} {text[high:]}"
    found = ""
    for segment in _SEGMENT.split(text):
        said = " ".join(segment.split())
        if said and not _COMPLAINT.search(said) and re.sub(r"[\W\d_]", "", _ORDER.sub("", said)):
            found = said
    return re.sub(rf"^(?:{_ORDER.pattern}|\s)+", "", found, flags=re.IGNORECASE).strip(" ,.;:!?–-")


_WORK: dict[frozenset[str], Callable[[frozenset[str], Clause, Draft], bool]] = {
    frozenset({"retrieve"}): searching.searched,
    frozenset({"retrieve", "identify"}): searching.identified,
    frozenset({"retrieve", "state.branch"}): searching.branched,
    frozenset({"retrieve", "state.drop"}): searching.dropped,
    frozenset({"generate"}): _make,
    frozenset({"edit", "edit.regenerate"}): _anew,
}

_TALK: dict[str, Callable[[Clause, Draft], bool]] = {
    "reply": responding.replied, "ask": responding.asked, "state.back": responding.back, "state.cancel": responding.stopped,
    "state.undo": responding.undone, "state.confirm": responding.agreed,
}  # fmt: skip
