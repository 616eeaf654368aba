"""Several things asked of one tool at once, and descriptions with an order: as the reader sees them, with their values.

"Mark the verses, the chords too", "look for doubles, then write the genre into all my files", "a sentence on each,
calmest first": rules that read clause by clause tend to see one of the two.
"""

import re
from typing import Any

from segue.agent.language.chaining import energy_way, tell_in_order
from segue.agent.language.clause import Clause
from segue.agent.language.clauses import strip_polite
from segue.agent.language.draft import Draft, Target
from segue.agent.language.hearing import subjects
from segue.agent.language.labels import TOOLS, main_of
from segue.agent.language.reference import group, mentions
from segue.agent.plan import Plan

_SEVERAL = 2


def combined(asked: frozenset[str], message: str, draft: Draft) -> Plan | None:
    """Return the plan for several things at once that the reader sees; None where it is one thing, or a value is missing.

    Parameters
    ----------
    asked : labels, as the reader sees them. draft : an empty draft of the message.
    """
    build = {frozenset({"transcribe"}): _forms, frozenset({"library"}): _house, frozenset({"caption", "retrieve"}): _told_in_order}.get(main_of(asked))  # fmt: skip
    if build is None or not build(asked, Clause(strip_polite(message) or message), draft):
        return None
    return draft.plan()


def is_combined(asked: frozenset[str]) -> bool:
    """Tell whether labels speak of several things of one tool, or of descriptions in an order."""
    tools = asked & TOOLS
    if tools == {"caption", "retrieve"}:
        return "r.among" in asked
    kind = {"transcribe": "to.", "library": "library."}.get(next(iter(tools), "")) if len(tools) == 1 else None
    return kind is not None and len({label for label in asked if label.startswith(kind)} - {"to.picture"}) >= _SEVERAL


# -- written forms -------------------------------------------------------------------------------------------

_FORMS = {
    "notes": re.compile(r"\b(?:midi|notes?|tune|melody|piano ?roll)\b", re.IGNORECASE),
    "score": re.compile(r"\b(?:scores?|sheets?|notation|notated|staff|staves|dots|paper|musicxml|printed?)\b", re.IGNORECASE),
    "leadsheet": re.compile(r"\b(?:lead ?sheets?|fake ?book)\b", re.IGNORECASE),
    "lyrics": re.compile(r"\b(?:l[yi]ri?cs?|words|text|sing\w*|said|saying|verses)\b", re.IGNORECASE),
    "lrc": re.compile(r"\b(?:lrc|karaoke|l[yi]ri?cs?|words|text)\b", re.IGNORECASE),
    "chords": re.compile(r"\b(?:chords?|changes|harmon\w+|progression)\b", re.IGNORECASE),
    "beats": re.compile(r"\b(?:beats?|downbeats?)\b", re.IGNORECASE),
    "sections": re.compile(r"\b(?:sections?|parts|structure|form|verse|chorus|markers)\b", re.IGNORECASE),
}  # fmt: skip
"""Written forms, and words without one of which none is believed to be asked for."""
_TIMED = re.compile(r"\b(?:lrc|tim(?:e|ed|es|ings?|estamps?)|sync\w*|karaoke)\b", re.IGNORECASE)


def _forms(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    wanted = [form for form, said in _FORMS.items() if f"to.{form}" in asked and said.search(clause.text)]
    if {"lyrics", "lrc"} <= set(wanted):
        wanted.remove("lyrics" if _TIMED.search(clause.text) else "lrc")
    targets = subjects(clause, draft)
    if len(wanted) < _SEVERAL or not targets:
        return False
    if "score" in wanted and "notes" not in wanted:
        wanted.insert(wanted.index("score") + 1, "picture")
    draft.add("transcribe", {"clip": targets[0], "to": wanted})
    return True


# -- the library -----------------------------------------------------------------------------------------------

_ALL = re.compile(r"\b(?:all|every\w*|whole|entire|library|collection)\b", re.IGNORECASE)
_BREAK = re.compile(r"[,;.?!]|\b(?:and|then|plus|after)\b", re.IGNORECASE)
_CUES = {
    "duplicates": re.compile(r"\b(?:dup\w*|doubles?|twice|copies|repeat\w*|identical|same)\b", re.IGNORECASE),
    "status": re.compile(r"\b(?:status|how many|how big|how large|total|in all)\b", re.IGNORECASE),
    "retag": re.compile(r"\b(?:tags?|tagged|write|update|fill|fix|correct|set|retag|store|missing|save)\b", re.IGNORECASE),
    "stats": re.compile(r"\b(?:most|common\w*|average|how many|which|what|stats|statistics|spread|distribution|share)\b", re.IGNORECASE),
}  # fmt: skip
_FIELDS = ("retag", "stats")


def _house(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    seen = {label.removeprefix("library.") for label in asked if label.startswith("library.")}
    parts = [Clause(part) for part in _BREAK.split(clause.text) if part.strip()]
    said = {action: [n for n, part in enumerate(parts) if _CUES[action].search(part.text)] for action in seen & _CUES.keys()}  # fmt: skip
    wanted = [action for action in _CUES if said.get(action)]
    if not _SEVERAL <= len(wanted) == len(seen) or len({n for places in said.values() for n in places}) < _SEVERAL:
        return False
    for action in wanted:
        args: dict[str, Any] = {"action": action}
        if action in _FIELDS:
            both = set(_FIELDS) <= set(wanted)
            about = next((part for part in parts if both and part.fields and _CUES[action].search(part.text)), None)
            fields = [field.value for field in (about or clause).fields]
            if fields:
                args["fields"] = list(dict.fromkeys(fields))
            elif action == "retag":
                return False
        if action == "retag" and not _ALL.search(clause.text) and (items := group(clause, draft)):
            args["items"] = items
        draft.add("library", args)
    return True


# -- described, in an order ---------------------------------------------------------------------------------------

_BRIEF = re.compile(r"\b(?:short\w*|brief\w*|quick\w*|(?:one|a|single) (?:line|sentence)|one[- ]liners?|few words)\b", re.IGNORECASE)  # fmt: skip
_OF_ONE = re.compile(r"\b(?:describe|caption|tell me about|about|sum up) (?:whichever|the (?:first|top|opener|winner))\b", re.IGNORECASE)  # fmt: skip


def _told_in_order(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    items = _all_meant(clause, draft)
    way = energy_way(clause) or next((w for w in ("energy_up", "energy_down") if f"order.{w}" in asked), None)
    if len(items) < _SEVERAL or way is None or _OF_ONE.search(clause.text):
        return False
    tell_in_order(items, way, draft, short=_BRIEF.search(clause.text) is not None)
    return True


def _all_meant(clause: Clause, draft: Draft) -> list[Target]:
    """Return the things that are named, or the group that is meant, or all that is listed or came attached."""
    named = [m.target for m in mentions(clause, draft)]
    items = [target for n, target in enumerate(named) if target not in named[:n]]
    items = items if len(items) >= _SEVERAL else group(clause, draft)
    if len(items) >= _SEVERAL or clause.verb("find"):
        return items if not clause.verb("find") else []
    if len(draft.state.attached) >= _SEVERAL:
        return [{"id": id} for id in draft.state.attached]
    return [{"id": id} for id in draft.state.shown.ids] if draft.state.shown else []
