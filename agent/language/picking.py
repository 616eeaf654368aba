"""The one of several that is most of something: "keep the wildest", "the shorter one wins", "the one with the least energy"."""

import re
from typing import Any

from segue.agent.language import keeping
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import group

_MOST = re.compile(
    r" (?:the |whichever (?:is|s|sounds) (?:the )?)(?:one (?:that s |that is |with the |which is )(?:the )?)?(?P<what>(?:most|least|more|less) (?!of\b)\w+|\w{3,}(?:est|iest))(?: (?P<noun>\w+))?(?= )| (?P<only>\w{3,}(?:est|iest)) (?:one |take |version )?wins(?= )|whichever (?:is|sounds) (?P<er>\w+er|more \w+)(?= )"
)
_CHOOSES = re.compile(r" (?:pick|keep|choose|select|take|use|save|go for|go with|give|hand|want|prefer|export|wins|one|ones|of (?:them|these|those)|whichever|only|just|then|and)(?= )")  # fmt: skip
_NO = frozenset(["latest", "newest", "rest", "west", "forest", "first", "last", "best", "request", "interest", "test", "guest", "honest", "chest"])  # fmt: skip


def picked(clause: Clause, draft: Draft) -> bool:
    """Take the choice of one among takes that were made, in this turn or before it."""
    if clause.is_question or clause.verb("find", "make", "sort", "compare") or (clause.songs and draft.arena == "list"):
        return False
    match = _MOST.search(clause.plain)
    if match is None or not _CHOOSES.search(clause.plain):
        return False
    what = match["what"] or match["only"] or match["er"]
    if what in _NO or match["noun"] in ("part", "section", "chord", "note", "bar", "track", "song"):
        return False
    items = _takes(clause, draft)
    if not items:
        return False
    args: dict[str, Any] = {"among": items, "k": 1}
    axis = next((a.value for a in clause.axes if a.value.name in ("energy", "tempo")), None)
    if axis is not None:
        args["order"] = "energy_down" if (axis.way > 0) != what.startswith(("least", "less")) else "energy_up"
    else:
        args["query"] = re.sub(r"^(?:most|more) ", "", what)
    step = draft.add("retrieve", args)
    draft.focus = [{"step": step, "field": "items", "index": 0}, *draft.focus]
    draft.group = []
    draft.arena = "piece"
    if clause.formats:
        keeping.export(Clause("export it as " + " and ".join(found.value for found in clause.formats)), draft)
    return True


def _takes(clause: Clause, draft: Draft) -> list[Target]:
    """Return the takes in reach: those of this plan, else those that were shown."""
    last = draft.steps[-1] if draft.steps else None
    if last is not None and last.tool == "generate" and draft.group:
        return list(draft.group)
    shown = draft.state.shown
    if draft.steps or shown is None or shown.kind != "takes":
        return []
    return group(clause, draft) or [{"id": id} for id in shown.ids]
